"""The frontier: the most entitled needs that can be served for each limit on leaks.

For every reading two curves, bound A and bound B, and the listed policies as points. The distance of a point to a
curve is what another gate could serve more at the leaks of that policy; the distance between the curves is what
memory can be worth at most. Leaks are those of all orders together, or one order's own while the others keep their
limits (`gatesim.study.one_order`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from gatesim._version import __version__
from gatesim.exact.expected import CannotDo
from gatesim.exact.varied import Served
from gatesim.gates.bounds import Bound, Program, Standard, most_served
from gatesim.measures.finding import full_sentence
from gatesim.measures.wording import no_reading_counts
from gatesim.scenario import Loaded, loaded_from
from gatesim.scenario.assumptions import count_guesses, rests_on
from gatesim.scenario.errors import Problem, ScenarioError
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import ask, no_single_ratio
from gatesim.study.claim import claim_from
from gatesim.study.one_order import (
    OneOrder,
    curves_of_order,
    listed_point_of_order,
    one_order,
    programs_of_order,
    question_of_order,
    question_of_sentence,
)
from gatesim.study.own_limits import own_limits
from gatesim.study.placing import placing
from gatesim.study.points import GRID, ListedPoint, Payer, Point, most_refused, point_of
from gatesim.study.progress import Progress
from gatesim.study.shown import Shown
from gatesim.study.standing import Question, Standings
from gatesim.study.within_orders import WithinOrders, find_order, several_count, within_orders

if TYPE_CHECKING:
    import pandas as pd


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
        count the same, and where one order is asked about. The curves and the list count all orders together; the
        sentences do not.
    of_order
        The order whose own leaks the curves and the list are about, if one is asked about.
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
    of_order: OneOrder | None = None

    def __repr__(self) -> str:
        return f"<Frontier of {self.loaded.scenario.title!r}: {len(self.policies)} points of policies>"

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
            return pd.DataFrame([asdict(one) | {"breaks": ", ".join(one.breaks)} for one in self.policies])
        if what != "curves":
            raise ValueError(f"what = {what!r}: there are curves, policies")
        rows = []
        for point in self.points:
            row = asdict(point) | {
                "binding": ", ".join(point.binding),
                "pays": ", ".join(f"{payer.segment} {100 * payer.share:.1f} %" for payer in point.pays),
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
            "of_order": None if self.of_order is None else self.of_order.to_dict(),
            "verdict": {"sentence": self.sentence, "sentences": self.sentences},
            "guesses": self.guesses,
            "inputs": self.inputs,
            "warnings": list(self.loaded.warnings),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)


@placing
def frontier(
    source: str | Path | Loaded,
    *,
    sets: Sequence[str] = (),
    ratio: str | None = None,
    limits: Sequence[float] = (),
    policies: Sequence[str] | None = None,
    order: str | None = None,
    alone: bool = False,
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
        ``leak_rate`` or ``leak_share``; by default that of the first order's standard, or of the order's that is asked
        about.
    limits
        Limits to show besides the scenario's own.
    policies
        Names of the policies to show; by default all.
    order
        The place in the file (from 1), or the title, of the order whose own leaks the curves and the list are about,
        while the others keep their limits; by default the leaks of all orders together.
    alone
        Whether to leave out the limits of the others.
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    Frontier
        Two curves and the list, for every reading; for one, where every order says itself whom it restricts.

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
    if order is not None:
        one = one_order(loaded, find_order(scenario, order), ratio, alone)
        return frontier_of_order(loaded, one, limits=limits, policies=policies, progress=progress)
    if alone:
        raise ScenarioError([Problem("--alone", None, "", "is about one order", "say which: --order 1")])
    # Where the order names no single ratio, the sentence is about the one that is asked for.
    instead: dict[str, Any] = {}
    if no_single_ratio(scenario):
        instead = {"ratio": ratio, "limit": limits[0] if limits else None}
    own = ask(loaded, policies=policies, **(instead or {"ratio": ratio}))
    first = ask(loaded, **instead)
    asked = limits_shown(scenario.verdict.limits, limits, first.limit if first.ratio == own.ratio else None)
    readings = _readings(scenario, own)
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
            claim_from(loaded, _each(standings, loaded, instead), made, counts=(guesses, inputs))
        )
        scopes |= {which: program.scope for which, program in made.items()}
        told_apart = told_apart or made["bound_B"].told_apart
    within = None
    if several_count(scenario):
        within = within_orders(scenario, readings, own.policies, own.ratio, asked, say=say)
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


def _readings(scenario: Scenario, asked: Question) -> list[str]:
    """The readings, that of the first order first; it alone where every order goes by its own words."""
    if no_reading_counts(scenario):
        return [asked.reading]
    return [asked.reading, *(name for name in scenario.readings if name != asked.reading)]


def frontier_of_order(
    loaded: Loaded,
    one: OneOrder,
    *,
    limits: Sequence[float] = (),
    policies: Sequence[str] | None = None,
    readings: Sequence[str] = (),
    pays: bool = True,
    cannot: dict[str, str] | None = None,
    kept: dict[str, Standings] | None = None,
    progress: Progress | None = None,
) -> Frontier:
    """The frontier of one order.

    Parameters
    ----------
    loaded, one, limits, policies, progress
        As for `frontier`; the order is from `gatesim.study.one_order.one_order`.
    readings
        Names of readings, the one that is shown first at their head; by default all.
    pays
        Whether to say who pays, as for `gatesim.study.one_order.curves_of_order`: a picture does not need it.
    cannot
        Where it is given, a policy that the exact engine cannot do is left out, and put into it with the reason.
    kept
        By reading what was worked out before of the same order, where nothing but limits, the floor or the desk was
        another; it is given what is worked out now.

    Raises
    ------
    ScenarioError, CannotDo, TooLarge
        As for `frontier`.
    """
    scenario, say = loaded.scenario, progress or (lambda done, doing: None)
    asked = limits_shown(scenario.verdict.limits, limits, one.limit)
    own = question_of_order(loaded, one, limits=limits, policies=policies)
    readings = readings or _readings(scenario, own)
    counts = count_guesses(rests_on(loaded))
    points: list[Point] = []
    listed: list[ListedPoint] = []
    sentences: dict[str, str] = {}
    scopes: dict[str, str] = {}
    told_apart: tuple[str, ...] = ()
    for number, reading in enumerate(readings):
        say(number / len(readings), f"{reading}: bounds")
        standings = _standings(scenario, replace(own, reading=reading), kept)
        made = programs_of_order(standings)
        points += curves_of_order(standings, one, made, asked, pays=pays)
        for place, name in enumerate(own.policies):
            say((number + place / len(own.policies)) / len(readings), f"{reading}: {name}")
            try:
                listed.append(listed_point_of_order(standings, one, name, made))
            except CannotDo as why:
                if cannot is None:
                    raise
                cannot[name] = str(why)
        if cannot:
            standings = standings.among([name for name in own.policies if name not in cannot])
        said = question_of_sentence(loaded, one, standings.asked, limits)
        about = standings if said.each == standings.asked.each else Standings(scenario, said)
        sentences[reading] = full_sentence(claim_from(loaded, about, {}, counts=counts))
        whole = {which: several.program for which, several in made.items() if several.program is not None}
        scopes |= {which: program.scope for which, program in whole.items()}
        told_apart = told_apart or whole["bound_B"].told_apart
    return Frontier(
        loaded,
        one.ratio,
        readings[0],
        tuple(points),
        tuple(listed),
        scopes,
        told_apart,
        sentences,
        *counts,
        of_order=one,
    )


def _standings(scenario: Scenario, asked: Question, kept: dict[str, Standings] | None) -> Standings:
    """Standings under a reading, from those that are kept where there are any."""
    if kept is None or asked.reading not in kept:
        found = Standings(scenario, asked)
    else:
        found = kept[asked.reading].asking(scenario, asked)
    if kept is not None:
        kept[asked.reading] = found
    return found


def _each(standings: Standings, loaded: Loaded, instead: Mapping[str, Any]) -> Standings:
    """What the sentence is about: the limits of all orders at once where each counts by itself, else the same."""
    asked = standings.asked
    if not own_limits(loaded.scenario, None, instead.get("ratio"), instead.get("limit"))[0]:
        return standings
    own = ask(loaded, reading=asked.reading, policies=asked.policies, each=True, **instead)
    return Standings(loaded.scenario, own) if own.each else standings


def limits_shown(listed: Sequence[float], more: Sequence[float], own: float | None) -> tuple[float, ...]:
    """The limits that are asked for: the verdict's, those given, the order's own if it has one of the same ratio."""
    for limit in more:
        if not 0 <= limit <= 1:
            what = "below zero" if limit < 0 else "above 1" if limit > 1 else "no number"
            message = f"{limit:g} is {what}: write a share, such as 0.001 for 0.1 %"
            raise ScenarioError([Problem("--limit", None, "", message)])
    return tuple(sorted({*listed, *more, *(() if own is None else (own,))}))


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
    bound = most_served(program, Standard.of_ratio(ratio, limit))
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
    return most_refused(refused, bound.program.entitled)


def listed_point(standings: Standings, name: str, made: Mapping[str, Program], ratio: str) -> ListedPoint:
    """Where a listed policy stands, and what the bounds say could be served more at its leaks."""
    one: Served = standings.served(name, ())
    return point_of(
        standings.asked.reading,
        name,
        one.served_entitled,
        one.leak_rate if ratio == "leak_rate" else one.leak_share,
        standings.varied.remembers(name),
        lambda which, leak: most_served(made[which], Standard.of_ratio(ratio, leak)).value,
    )
