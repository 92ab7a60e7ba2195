"""Limits that hold at once, each on what one order counts by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from gatesim.exact.varied import OwnServed
from gatesim.gates.bounds import Standard
from gatesim.gates.bounds.several import Within
from gatesim.law.law import Law, of_models
from gatesim.law.standards import Limits, demands
from gatesim.measures.finding import OwnLeak, own_limit
from gatesim.measures.judgement import RATIOS
from gatesim.measures.wording import and_list, asked, order_name
from gatesim.scenario.schema import Scenario
from gatesim.study.orders_apart import law_alone
from gatesim.study.within_orders import standard_of


@dataclass(frozen=True)
class OwnLimit:
    """A limit on what one order counts by itself.

    Attributes
    ----------
    order, name
        The number of the order, and how it is called.
    models
        The models whose needs are counted; empty: all that the order names.
    standard
        The limit.
    """

    order: int
    name: str
    models: tuple[str, ...]
    standard: Standard

    @property
    def whose(self) -> str:
        """The order, and the models where the limit is not for all of them."""
        return f"“{self.name}”" + (f" for {and_list(self.models)}" if self.models else "")

    @property
    def words(self) -> str:
        """The limit in words."""
        return own_limit(self.standard.kind, self.standard.limit, self.whose)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; orders are numbered from 0, as in a run."""
        return {
            "order": self.order,
            "name": self.name,
            "models": list(self.models),
            **asdict(self.standard),
        }

    def base(self, own: OwnServed) -> float:
        """What the limit is a limit of: needs that the order restricts, those served that it measures, or one."""
        return {"leak_rate": own.restricted, "leak_share": own.served}.get(self.standard.kind, 1.0)

    def room(self, own: OwnServed) -> float:
        """How many more leaks would be within the limit; below zero where there are too many."""
        return self.standard.limit * self.base(own) - own.leaks

    def leak(self, own: OwnServed) -> OwnLeak:
        """The leak ratio, or the number of leaks."""
        base = self.base(own)
        return OwnLeak(self.whose, self.standard.kind, own.leaks / base if base > 0 else None)


class Limited(Protocol):
    """A question with limits of each order."""

    @property
    def each(self) -> tuple[OwnLimit, ...]:
        """The limits."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """What counts for none."""


def own_limits(
    scenario: Scenario, order: int | None, ratio: str | None, limit: float | None
) -> tuple[tuple[OwnLimit, ...], tuple[str, ...]]:
    """The limits of all orders, or of one, and what counts for none, in words.

    Parameters
    ----------
    scenario
        The scenario.
    order
        The number of an order: only its own leaks are limited. None: those of all.
    ratio, limit
        Take the place of the orders' own standards: the ratio and the limit are the same for each, and where one of
        them is missing it is the order's own.

    Returns
    -------
    tuple
        No known limit on expected leaks follows from what counts for none.
    """
    numbers = range(len(scenario.orders)) if order is None else (order,)
    if ratio is None and limit is None:
        own = [one for one in demands(scenario) if one.order in numbers]
        found = [(one, standard) for one in own if (standard := standard_of(one)) is not None]
        counting = [one for one, _ in found]
        return (
            tuple(
                OwnLimit(
                    one.order, order_name(scenario, one.order), () if one.of_order else one.models, standard
                )
                for one, standard in found
            ),
            tuple(asked(scenario, one) for one in own if one not in counting),
        )
    limits, left_out = [], []
    for number in numbers:
        stated = scenario.orders[number].standard
        kind = ratio or stated.kind
        most = Limits.of(stated.limit).known if limit is None and stated.kind == kind else limit
        name = order_name(scenario, number)
        if kind not in RATIOS or most is None:
            left_out.append(f"“{name}”, which states no such limit")
            continue
        standard = Standard.of_ratio(kind, most)
        limits.append(OwnLimit(number, name, (), standard))
    return tuple(limits), tuple(left_out)


def own_laws(scenario: Scenario, law: Law, limits: Sequence[OwnLimit]) -> tuple[Law, ...]:
    """For each limit the law in which its order alone counts, and of that only the limit's models."""
    alone = {one.order: law_alone(scenario, law, one.order, 0) for one in limits}
    return tuple(
        of_models(scenario, alone[one.order], one.models) if one.models else alone[one.order]
        for one in limits
    )


def leaks_of(limits: Sequence[OwnLimit], within: Within) -> tuple[OwnLeak, ...]:
    """What the gate of a bound leaks, as each order counts it."""
    return tuple(
        OwnLeak(one.whose, one.standard.kind, row.value)
        for one, row in zip(limits, within.limits, strict=False)
    )


class Leaking(Protocol):
    """What leaks, by one count of all orders, or by each order's own; a dataclass."""

    @property
    def leaks(self) -> tuple[OwnLeak, ...]:
        """By each order's own count."""


def as_json(one: Leaking) -> dict[str, Any]:
    """All fields; ``leaks`` only where orders count each by itself."""
    found = dict(vars(one))
    leaks = found.pop("leaks")
    return found | ({"leaks": [leak._asdict() for leak in leaks]} if leaks else {})


def limits_as_json(asked: Limited) -> dict[str, Any]:
    """What JSON has of the limits of each order besides: nothing where one limit is on all leaks together.

    ``ratio`` and ``limit`` are null where there are several.
    """
    if not asked.each:
        return {}
    return {
        "ratio": None,
        "limit": None,
        "limits": [one.to_dict() for one in asked.each],
        "not_limited": list(asked.left_out),
    }
