"""The frontier: the most entitled needs that can be served for each limit on leaks.

For every reading two curves, bound A and bound B, and the listed policies as points. The distance of a point to a
curve is what another gate could serve more at the leaks of that policy; the distance between the curves is what
memory can be worth at most.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from gatesim._version import __version__
from gatesim.exact.varied import Served
from gatesim.gates.bounds import Bound, Program, Standard, most_served
from gatesim.measures.finding import full_sentence
from gatesim.scenario import Loaded, loaded_from
from gatesim.scenario.assumptions import count_guesses, rests_on
from gatesim.scenario.errors import Problem, ScenarioError
from gatesim.study.asking import ask, no_single_ratio
from gatesim.study.claim import claim_from
from gatesim.study.own_limits import own_limits
from gatesim.study.progress import Progress
from gatesim.study.shown import Shown
from gatesim.study.standing import SIDES, Question, Standings
from gatesim.study.within_orders import WithinOrders, find_order, several_count, within_orders

if TYPE_CHECKING:
    import pandas as pd


GRID = tuple(round(10.0 ** (step / 4), 12) for step in range(-20, 1))
"""Limits of the curves besides those asked for: four in each power of ten, from 0.001 % on."""

PAYERS = 3
"""So many segments are named that pay at a point."""


@dataclass(frozen=True)
class Payer:
    """A segment of owners, and the share of all refused entitled needs that is theirs."""

    segment: str
    share: float


@dataclass(frozen=True)
class Point:
    """A point of a curve.

    Attributes
    ----------
    reading, bound, limit
        Which.
    own
        Whether the limit is one that was asked for (the verdict's, or an order's), not one of the grid.
    served
        The most share of entitled needs served; None where there are none or nothing is within the limit.
    binding
        What stops it from being more.
    per_point
        Share of entitled needs that one more point of the limit (0.01) would bring, by the one-sided price; None
        where there is none.
    pays
        Segments of owners whose entitled needs are refused most by the gate that attains it; empty where none are,
        or where it was not asked for.
    """

    reading: str
    bound: str
    limit: float
    own: bool
    served: float | None
    binding: tuple[str, ...]
    per_point: float | None
    pays: tuple[Payer, ...]


@dataclass(frozen=True)
class ListedPoint:
    """A listed policy.

    Attributes
    ----------
    served, leak
        Share of entitled needs served, and its leak ratio; None where undefined.
    remembers
        Whether it keeps something about accounts, so that it is outside of bound A's scope.
    to_a, to_b
        What each bound says could be served more at the same leak ratio; below zero only for a policy that remembers,
        against bound A. None where the leak ratio is undefined.
    """

    reading: str
    policy: str
    served: float | None
    leak: float | None
    remembers: bool
    to_a: float | None
    to_b: float | None


@dataclass(frozen=True)
class Frontier(Shown):
    """The answer of `frontier`.

    Attributes
    ----------
    ratio
        The leak ratio that is limited.
    reading
        The reading of the first order, shown first.
    points, policies
        The curves, and the list.
    scopes
        What each bound is about, in words.
    told_apart
        Segments of which bound B's gates know more than a real gate could.
    sentences
        For each reading the sentence at the first order's limit.
    guesses, inputs
        How many of the inputs are guesses.
    within
        What can be served within the limits of several orders at once, each counting its own; None where all orders
        count the same. The curves and the list count all orders together; the sentences do not.
    """

    loaded: Loaded
    ratio: str
    reading: str
    points: tuple[Point, ...]
    policies: tuple[ListedPoint, ...]
    scopes: dict[str, str]
    told_apart: tuple[str, ...]
    sentences: dict[str, str]
    guesses: int
    inputs: int
    within: WithinOrders | None = None

    @property
    def readings(self) -> tuple[str, ...]:
        """The readings, the first order's first."""
        return tuple(self.sentences)

    @property
    def sentence(self) -> str:
        """The sentence for the first order's reading."""
        return self.sentences[self.reading]

    def to_frame(self, what: str = "curves") -> pd.DataFrame:
        """A table: a row for each point of the ``curves``, or of the ``policies``."""
        import pandas as pd

        if what == "policies":
            return pd.DataFrame([asdict(one) for one in self.policies])
        if what != "curves":
            raise ValueError(f"what = {what!r}: there are curves, policies")
        rows = []
        for point in self.points:
            row = asdict(point) | {
                "binding": ", ".join(point.binding),
                "pays": ", ".join(f"{payer.segment} {payer.share:.1%}" for payer in point.pays),
            }
            rows.append(row)
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "schema": 1,
            "scenario": self.loaded.scenario.title,
            "engine": "exact",
            "version": __version__,
            "ratio": self.ratio,
            "reading": self.reading,
            "curves": [asdict(point) for point in self.points],
            "policies": [asdict(one) for one in self.policies],
            "scopes": self.scopes,
            "told_apart": list(self.told_apart),
            "within_orders": None if self.within is None else self.within.to_dict(),
            "verdict": {"sentence": self.sentence, "sentences": self.sentences},
            "guesses": self.guesses,
            "inputs": self.inputs,
            "warnings": list(self.loaded.warnings),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)


def frontier(
    source: str | Path | Loaded,
    *,
    sets: Sequence[str] = (),
    ratio: str | None = None,
    limits: Sequence[float] = (),
    policies: Sequence[str] | None = None,
    order: str | None = None,
    progress: Progress | None = None,
) -> Frontier:
    """The most that gates can serve for each limit on leaks, and where the listed policies stand.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    sets
        Keys to set, each ``KEY=VALUE``.
    ratio
        ``leak_rate`` or ``leak_share``; by default that of the first order's standard.
    limits
        Limits to show besides the scenario's own.
    policies
        Names of the policies to show; by default all.
    order
        The place in the file (from 1), or the title, of an order whose own leaks alone are limited besides; by
        default those of all orders at once, where they differ.
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    Frontier
        Two curves and the list, for every reading.

    Raises
    ------
    ScenarioError
        If the scenario is wrong or has no such order, or a limit is below zero or above 1.
    CannotDo
        If the exact engine cannot do a policy.
    TooLarge
        If the signals have too many joint readings.
    """
    loaded = loaded_from(source, sets)
    scenario, say = loaded.scenario, progress or (lambda done, doing: None)
    # Where the order names no single ratio, the sentence is about the one that is asked for.
    instead: dict[str, Any] = {}
    if no_single_ratio(scenario):
        instead = {"ratio": ratio, "limit": limits[0] if limits else None}
    own = ask(loaded, policies=policies, **(instead or {"ratio": ratio}))
    asked = limits_shown(scenario.verdict.limits, limits, ask(loaded, **instead), own.ratio)
    readings = [own.reading, *(name for name in scenario.readings if name != own.reading)]
    only = None if order is None else find_order(scenario, order)
    points: list[Point] = []
    listed: list[ListedPoint] = []
    sentences: dict[str, str] = {}
    scopes: dict[str, str] = {}
    told_apart: tuple[str, ...] = ()
    guesses, inputs = count_guesses(rests_on(loaded))
    for number, reading in enumerate(readings):
        standings = Standings(scenario, ask(loaded, reading=reading, policies=policies, **instead))
        say(number / len(readings), f"{reading}: bounds")
        made = programs(standings)
        points += curves(standings, made, own.ratio, asked)
        for place, name in enumerate(standings.asked.policies):
            say((number + place / len(standings.asked.policies)) / len(readings), f"{reading}: {name}")
            listed.append(listed_point(standings, name, made, own.ratio))
        sentences[reading] = full_sentence(
            claim_from(loaded, _each(standings, loaded, order, instead), made, counts=(guesses, inputs))
        )
        scopes |= {which: program.scope for which, program in made.items()}
        told_apart = told_apart or made["bound_B"].told_apart
    within = None
    if only is not None or several_count(scenario):
        within = within_orders(scenario, readings, own.policies, own.ratio, asked, only, say)
    return Frontier(
        loaded,
        own.ratio,
        own.reading,
        tuple(points),
        tuple(listed),
        scopes,
        told_apart,
        sentences,
        guesses,
        inputs,
        within,
    )


def _each(standings: Standings, loaded: Loaded, order: str | None, instead: Mapping[str, Any]) -> Standings:
    """What the sentence is about: the limits of all orders at once where each counts by itself, else the same.

    The same also where an order is chosen that states no known limit on leaks.
    """
    asked = standings.asked
    number = None if order is None else find_order(loaded.scenario, order)
    if not own_limits(loaded.scenario, number, instead.get("ratio"), instead.get("limit"))[0]:
        return standings
    own = ask(loaded, reading=asked.reading, policies=asked.policies, each=True, order=order, **instead)
    return Standings(loaded.scenario, own) if own.each else standings


def limits_shown(
    listed: Sequence[float], more: Sequence[float], order: Question, ratio: str
) -> tuple[float, ...]:
    """The limits that are asked for: the verdict's, those given, the order's own if it limits the same ratio."""
    for limit in more:
        if not 0 <= limit <= 1:
            what = "below zero" if limit < 0 else "above 1" if limit > 1 else "no number"
            message = f"{limit:g} is {what}: write a share, such as 0.001 for 0.1 %"
            raise ScenarioError([Problem("--limit", None, "", message)])
    own = [order.limit] if order.ratio == ratio else []
    return tuple(sorted({*listed, *more, *own}))


def standard(ratio: str, limit: float) -> Standard:
    """A limit on a leak ratio, as bounds take it."""
    return Standard("leak_rate" if ratio == "leak_rate" else "leak_share", limit)


def programs(standings: Standings, history: Program | None = None) -> dict[str, Program]:
    """The programs of both bounds; ``history`` is that of bound B where it is made already."""
    return {"bound_A": standings.a.program(), "bound_B": history or standings.b.program()}


def curves(
    standings: Standings,
    made: Mapping[str, Program],
    ratio: str,
    asked: Sequence[float],
    *,
    pays: bool = True,
) -> list[Point]:
    """Both curves under one reading, at the limits that are asked for and those of the grid; and who pays there."""
    reading = standings.asked.reading
    return [
        point
        for which, program in made.items()
        for point in _curve(program, which, reading, ratio, asked, pays)
    ]


_KNOWN: WeakKeyDictionary[Program, dict[tuple[object, ...], Point]] = WeakKeyDictionary()


def _curve(
    program: Program, which: str, reading: str, ratio: str, asked: Sequence[float], pays: bool
) -> list[Point]:
    """A program's curve; its points are worked out once, as long as the program lives."""
    known = _KNOWN.setdefault(program, {})
    found = []
    for limit in sorted({*asked, *GRID}):
        key = (which, reading, ratio, limit, limit in asked, pays)
        if key not in known:
            known[key] = _point(program, *key)
        found.append(known[key])
    return found


def _point(
    program: Program, which: str, reading: str, ratio: str, limit: float, own: bool, pays: bool
) -> Point:
    bound = most_served(program, standard(ratio, limit))
    price = next((price.up for price in bound.prices if price.constraint == ratio), None)
    return Point(
        reading,
        which,
        limit,
        own,
        bound.value,
        bound.binding,
        None if price is None or bound.value is None else 0.01 * price,
        payers(bound) if pays else (),
    )


def payers(bound: Bound) -> tuple[Payer, ...]:
    """The segments of owners whose entitled needs a bound's gate refuses most."""
    if bound.value is None:
        return ()
    refused = {name: one.entitled - one.served for name, one in bound.by_owner().items()}
    total = sum(refused.values())
    # What rounding leaves is nobody's.
    if not total > 1e-9 * max(bound.program.entitled, 1.0):
        return ()
    most = sorted(refused.items(), key=lambda item: (-item[1], item[0]))[:PAYERS]
    return tuple(Payer(name, each / total) for name, each in most if each > 0)


def listed_point(standings: Standings, name: str, made: Mapping[str, Program], ratio: str) -> ListedPoint:
    """Where a listed policy stands, and what the bounds say could be served more at its leaks."""
    one: Served = standings.served(name, ())
    leak = one.leak_rate if ratio == "leak_rate" else one.leak_share
    served = one.served_entitled
    more: list[float | None] = []
    for which in SIDES[1:]:
        value = None
        if leak is not None and served is not None:
            value = most_served(made[which], standard(ratio, min(leak, 1.0))).value
        # A policy on the curve may be a rounding beside it.
        more.append(None if value is None or served is None else _tidy(value - served))
    reading = standings.asked.reading
    return ListedPoint(reading, name, served, leak, standings.varied.remembers(name), more[0], more[1])


def _tidy(difference: float) -> float:
    return 0.0 if abs(difference) < 1e-12 else difference
