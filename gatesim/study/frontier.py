"""The frontier: the most entitled needs that can be served for each limit on leaks.

For every reading two curves, bound A and bound B, and the listed policies as points. The distance of a point to a
curve is what another gate could serve more at the leaks of that policy; the distance between the curves is what
memory can be worth at most.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatesim._version import __version__
from gatesim.exact.varied import Served, Varied
from gatesim.gates.bounds import Bound, Program, Standard, most_served
from gatesim.measures.judgement import RATIOS
from gatesim.measures.said import second_half
from gatesim.measures.sentence import write_sentence
from gatesim.measures.verdict import make_verdict
from gatesim.scenario import Loaded
from gatesim.scenario.assumptions import count_guesses, rests_on
from gatesim.scenario.errors import Problem, ScenarioError
from gatesim.study.gates import laws
from gatesim.study.shown import Shown
from gatesim.study.against_bounds import (
    BOUNDS,
    Programs,
    Which,
    bound_outcome,
    loaded_with_order,
    policy_result,
    standard_of,
)

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[float, str], None]

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
        Segments of owners whose entitled needs are refused most by the gate that attains it.
    """

    reading: str
    bound: Which
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
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    Frontier
        Two curves and the list, for every reading.

    Raises
    ------
    ScenarioError
        If the scenario is wrong or has no order, or a limit is below zero or above 1.
    CannotDo
        If the exact engine cannot do a policy.
    TooLarge
        If the signals have too many joint readings.
    """
    loaded = loaded_with_order(source, sets)
    scenario, say = loaded.scenario, progress or (lambda done, doing: None)
    standard = standard_of(scenario)
    ratio = ratio or standard.kind
    if ratio not in RATIOS:
        raise ValueError(f"ratio = {ratio!r}: there are {', '.join(RATIOS)}")
    asked = _limits(scenario.verdict.limits, limits, standard, ratio)
    first = scenario.orders[0].reading
    by_reading = laws(scenario, scenario.seed, 0)
    order = [first, *(name for name in by_reading if name != first)]
    inputs = rests_on(loaded)
    guesses, uncertain = count_guesses(inputs)
    points: list[Point] = []
    policies: list[ListedPoint] = []
    sentences, scopes = {}, {}
    told_apart: tuple[str, ...] = ()
    for number, reading in enumerate(order):
        law = by_reading[reading]
        varied = Varied(scenario, lambda _, law=law: law)
        made = {which: Programs(varied).at(which, ()) for which in BOUNDS}
        for which, program in made.items():
            points += _curve(program, which, reading, ratio, asked)
        served: dict[str, Served] = {}
        for place, name in enumerate(scenario.policies):
            say((number + place / len(scenario.policies)) / len(order), f"{reading}: {name}")
            served[name] = varied.served(name)
        policies += [
            _listed(reading, name, one, varied.remembers(name), made, ratio) for name, one in served.items()
        ]
        results = [policy_result(scenario, name, one, reading) for name, one in served.items()]
        verdict = make_verdict(scenario, results, None)
        bounds = {which: most_served(program, standard) for which, program in made.items()}
        outcomes = {which: bound_outcome(bound, verdict.floor) for which, bound in bounds.items()}
        remembering = [name for name in scenario.policies if varied.remembers(name)]
        rows = [
            row
            for row in verdict.rows
            if (row.reading, row.ratio, row.limit) == (reading, standard.kind, standard.limit)
        ]
        sentences[reading] = write_sentence(
            scenario,
            verdict,
            rows[0],
            guesses,
            uncertain,
            second_half(scenario, standard, verdict.floor, bounds, outcomes, remembering),
        )
        scopes |= {which: program.scope for which, program in made.items()}
        told_apart = told_apart or made["bound_B"].told_apart
    return Frontier(
        loaded,
        ratio,
        first,
        tuple(points),
        tuple(policies),
        scopes,
        told_apart,
        sentences,
        guesses,
        uncertain,
    )


def _limits(
    listed: Sequence[float], more: Sequence[float], standard: Standard, ratio: str
) -> tuple[float, ...]:
    """The limits that are asked for."""
    for limit in more:
        try:
            Standard("leak_share", limit)
        except ValueError as error:
            message = str(error).removeprefix("limit: ")
            raise ScenarioError([Problem("--limit", None, "limit", message, "")]) from None
    own = [standard.limit] if standard.kind == ratio else []
    return tuple(sorted({*listed, *more, *own}))


def _curve(program: Program, which: Which, reading: str, ratio: str, asked: Sequence[float]) -> list[Point]:
    found = []
    for limit in sorted({*asked, *GRID}):
        bound = most_served(program, Standard(ratio, limit))  # type: ignore[arg-type]
        price = next((price.up for price in bound.prices if price.constraint == ratio), None)
        found.append(
            Point(
                reading,
                which,
                limit,
                limit in asked,
                bound.value,
                bound.binding,
                None if price is None or bound.value is None else 0.01 * price,
                payers(bound) if limit in asked else (),
            )
        )
    return found


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


def _listed(
    reading: str, name: str, one: Served, remembers: bool, made: dict[Which, Program], ratio: str
) -> ListedPoint:
    leak = one.leak_rate if ratio == "leak_rate" else one.leak_share
    served = one.served_entitled
    more: dict[Which, float | None] = {}
    for which, program in made.items():
        value = None
        if leak is not None and served is not None:
            value = most_served(program, Standard(ratio, min(leak, 1.0))).value  # type: ignore[arg-type]
        # A policy on the curve may be a rounding beside it.
        more[which] = None if value is None or served is None else _tidy(value - served)
    return ListedPoint(reading, name, served, leak, remembers, more["bound_A"], more["bound_B"])


def _tidy(difference: float) -> float:
    return 0.0 if abs(difference) < 1e-12 else difference
