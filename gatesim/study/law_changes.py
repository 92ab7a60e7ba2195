"""When the law changes within the window, and what changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gatesim.law.law import LicenceDraw, licence_from_us, microseconds, order_end_us
from gatesim.scenario.orders import CarveOut, is_drawn
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER
from gatesim.study.licences import licence_title
from gatesim.world.licences import draw_licences
from gatesim.world.order_ends import draw_order_ends

IN_FORCE = "in force"

_ENDED = {"lifted": "is lifted", "stayed": "is stayed", "lapsed": "lapses"}


class LawChange(NamedTuple):
    """A change of the law.

    Attributes
    ----------
    at_us
        The instant; 0: what holds from the start.
    order
        The number of the order, from 0.
    kind
        What changes, in a word or two: ``in force``, ``narrowed``, ``licence granted``, ``licence expires``,
        ``lifted``, ``stayed``, ``lapsed``.
    words
        The same with the names of order, models and licence.
    """

    at_us: int
    order: int
    kind: str
    words: str


def law_changes(scenario: Scenario, replication: int | None) -> list[LawChange]:
    """What changes in the law within the window, in order of time.

    Parameters
    ----------
    scenario
        The scenario.
    replication
        Which population, whose draws count; None: without the ends and licences that are drawn.
    """
    found: list[LawChange] = []
    for number, order in enumerate(scenario.orders):
        name = order.title or (f"order {number + 1}" if len(scenario.orders) > 1 else "the order")
        ends = _ends(scenario, number, replication)
        begin = microseconds(scenario, order.issued) + order.grace
        end = min((at for at, _ in ends), default=FOREVER)
        if begin >= end or end <= 0:
            continue
        models = ", ".join(order.models)
        found.append(LawChange(max(begin, 0), number, IN_FORCE, f"{name} is in force, for {models}"))
        for carve_out in order.carve_outs:
            at = max(microseconds(scenario, carve_out.at), begin)
            if at < end:
                words = f"{name} is narrowed. {carve_out.title or _taken_out(carve_out)}"
                found.append(LawChange(max(at, 0), number, "narrowed", words))
        for at, kind, title in _licences(scenario, number, replication):
            if at < end:
                words = f"{name}: {title} {'is granted' if kind == 'granted' else kind}"
                found.append(LawChange(max(at, begin, 0), number, f"licence {kind}", words))
        if end < FOREVER:
            kind = next(kind for at, kind in ends if at == end)
            found.append(LawChange(end, number, kind, f"{name} {_ENDED[kind]}"))
    return sorted((one for one in found if one.at_us < scenario.length), key=lambda one: one.at_us)


def _ends(scenario: Scenario, number: int, replication: int | None) -> list[tuple[int, str]]:
    """When each end of an order would come, and of which kind it is."""
    order = scenario.orders[number]
    drawn = () if replication is None else draw_order_ends(scenario, scenario.seed, replication)[number]
    return [
        (order_end_us(scenario, order.model_copy(update={"ends": (one,)}), drawn[n : n + 1]), one.kind)
        for n, one in enumerate(order.ends)
        if drawn or one.after is None
    ]


def _licences(scenario: Scenario, number: int, replication: int | None) -> Iterator[tuple[int, str, str]]:
    """When each granted licence of an order begins to hold, and when it expires; which of both; its title."""
    order = scenario.orders[number]
    drawn = None if replication is None else draw_licences(scenario, scenario.seed, replication)[number]
    for n, licence in enumerate(order.licences):
        if drawn is None and is_drawn(order, licence):
            continue
        start = licence_from_us(scenario, licence, drawn[n] if drawn else LicenceDraw(0.0, 0.0))
        expires = FOREVER if licence.until is None else microseconds(scenario, licence.until)
        if start is not None and start < expires:
            yield start, "granted", licence_title(licence, n)
            if expires < FOREVER:
                yield expires, "expires", licence_title(licence, n)


def _taken_out(carve_out: CarveOut) -> str:
    """Whom a carve-out without a title takes out."""
    conditions = {name: value for name, value in carve_out if name not in ("title", "at") and value}
    words = [f"{name} {', '.join(value)}" for name, value in conditions.items()]
    return f"Taken out: {'; '.join(words) or 'everybody'}"
