"""A map of outcomes over two parameters: for the listed policies, and for both bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.expected import CannotDo
from gatesim.exact.varied import Served
from gatesim.gates.bounds.program import Program
from gatesim.measures.judgement import OUTCOMES, RANKS, Outcome, of_bound_b
from gatesim.scenario import Loaded, loaded_from
from gatesim.scenario.parameter import Parameter, find_parameter
from gatesim.study.asking import ask
from gatesim.study.claim import sentence_of
from gatesim.study.own_limits import limits_as_json
from gatesim.study.placing import placing
from gatesim.study.progress import Progress
from gatesim.study.shown import Shown
from gatesim.study.standing import SIDES, Question, Standings, outcome_of_most

if TYPE_CHECKING:
    import pandas as pd


Ranks = NDArray[np.int8]

_OF_MEMORY = 0.6
"""About the part of the work that policies that remember take, where there are any."""


@dataclass(frozen=True)
class ShutdownMap(Shown):
    """Outcomes over two parameters.

    Attributes
    ----------
    loaded, asked, parameters
        The scenario, what is asked, what is varied: the first along the page, the second upwards.
    values
        For each parameter the values looked at.
    ranks
        Side -> int8[first, second]: the outcome, as its place in `gatesim.measures.judgement.OUTCOMES`; `names_of` a
        side says how it is called.
    most
        Side -> float64[first, second]: the most that is served within the limit, as a share of entitled needs; for the
        list that of the best listed policy. NaN where nothing is within the limit.
    policies, left_out
        The listed policies looked at, and those left out: policies with a memory where not asked for, and those of
        which a few points do not say what they serve at all others.
    sentence
        What holds as assumed.
    here
        Side -> the outcome exactly as assumed, by rank: the nearest point of the map may have another. Empty where that
        is beyond the map.
    """

    loaded: Loaded
    asked: Question
    parameters: tuple[Parameter, Parameter]
    values: tuple[tuple[float, ...], tuple[float, ...]]
    ranks: Mapping[str, Ranks]
    most: Mapping[str, NDArray[np.float64]]
    policies: tuple[str, ...]
    left_out: tuple[str, ...]
    sentence: str
    here: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        first, second = self.parameters
        return f"<ShutdownMap of {self.loaded.scenario.title!r}, {first.key} by {second.key}>"

    def to_frame(self) -> pd.DataFrame:
        """A row for each point and side."""
        import pandas as pd

        first, second = self.values
        return pd.DataFrame(
            [
                {
                    self.parameters[0].key: x,
                    self.parameters[1].key: y,
                    "side": side,
                    "outcome": names_of(side)[self.ranks[side][i, j]],
                    "most_served": None if np.isnan(self.most[side][i, j]) else float(self.most[side][i, j]),
                }
                for i, x in enumerate(first)
                for j, y in enumerate(second)
                for side in SIDES
            ]
        )

    def shares(self) -> dict[str, dict[str, float]]:
        """Side -> outcome -> share of the points."""
        return {
            side: {names_of(side)[k]: float(np.mean(ranks == k)) for k in range(4) if (ranks == k).any()}
            for side, ranks in self.ranks.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "schema": 1,
            "scenario": self.loaded.scenario.title,
            "engine": "exact",
            "parameters": [
                {"key": p.key, "unit": p.unit, "assumed": p.now, "values": list(values)}
                for p, values in zip(self.parameters, self.values, strict=True)
            ],
            "outcomes": {
                side: [[names_of(side)[k] for k in row] for row in ranks.tolist()]
                for side, ranks in self.ranks.items()
            },
            **({"asked": limits_as_json(self.asked)} if self.asked.each else {}),
            "as_assumed": {side: names_of(side)[rank] for side, rank in self.here.items()},
            "policies": list(self.policies),
            "left_out": list(self.left_out),
            "sentence": self.sentence,
        }

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, default=str)


@dataclass
class KeptMap:
    """What was worked out for a map, and what of it holds for another one over the same ranges.

    Attributes
    ----------
    standings
        Needs, tables and bounds at all values. They hold whatever the two inputs are assumed to be, and, where neither
        is a limit, the floor, of a policy or of the desk, under other limits, floors and desks.
    history
        The program of bound B as assumed: it holds while nothing changes that it depends on
        (`gatesim.study.few_programs.leaves_b_alone`).
    last
        The map that was worked out last: it holds for the same question.
    """

    standings: Standings | None = None
    history: Program | None = None
    last: ShutdownMap | None = None


def keeps_under_questions(parameters: Sequence[Parameter]) -> bool:
    """Whether what a `KeptMap` holds over some parameters holds under other limits, floors and desks as well."""
    return not any(p.table in ("orders", "verdict", "policies", "desk") for p in parameters)


def names_of(side: str) -> tuple[Outcome, ...]:
    """How the outcomes of a side are called, by rank; bound B shows no gate, and says less where it allows one."""
    return tuple(of_bound_b(outcome) for outcome in OUTCOMES) if side == "bound_B" else OUTCOMES


@placing
def shutdown_map(
    source: str | Path | Loaded,
    *,
    vary: Sequence[str | Parameter],
    low: Sequence[float | str | None] = (None, None),
    high: Sequence[float | str | None] = (None, None),
    steps: int = 50,
    reading: str | None = None,
    ratio: str | None = None,
    limit: float | None = None,
    floor: float | None = None,
    policies: Sequence[str] | None = None,
    sets: Sequence[str] = (),
    sentence: str | None = None,
    remembering: bool = True,
    order: str | None = None,
    each: bool = True,
    kept: KeptMap | None = None,
    progress: Progress | None = None,
) -> ShutdownMap:
    """Outcomes over two parameters.

    Parameters
    ----------
    vary
        The two keys, or parameters that are known already.
    low, high
        The ends of their ranges.
    steps
        Values of each.
    sentence
        What holds as assumed, where it is known already.
    remembering
        Whether policies with a memory are looked at, where a few points say what they serve at all others: they take
        some tens of evaluations of the whole engine each. For those left out bound B speaks.
    each
        Whether the limits of several orders hold at once, each on what its order counts by itself; else the first
        order's limit is on what all of them restrict together.
    kept
        What still holds of what was worked out before; given what is worked out now.
    source, reading, ratio, limit, floor, policies, sets, order, progress
        As for `gatesim.study.shutdown_point.shutdown_point`.

    Raises
    ------
    ScenarioError
        As there.
    """
    loaded = loaded_from(source, sets)
    say = progress or (lambda done, doing: None)
    pairs = zip(vary, low, high, strict=True)
    first, second = (
        key if isinstance(key, Parameter) else find_parameter(loaded, key, a, b) for key, a, b in pairs
    )
    asked = ask(
        loaded,
        reading=reading,
        ratio=ratio,
        limit=limit,
        floor=floor,
        policies=policies,
        each=each,
        order=order,
    )
    kept = kept or KeptMap()
    last = kept.last
    if (
        last is not None
        and last.asked == asked
        and last.values == (_values(first, steps), _values(second, steps))
    ):
        now = _sentence(loaded, asked) if sentence is None else sentence
        assert kept.standings is not None
        here = _here(kept.standings.asking(loaded.scenario, asked), first, second, last.policies)
        return replace(last, loaded=loaded, parameters=(first, second), sentence=now, here=here)
    say(0.0, "preparing")
    if kept.standings is None:
        kept.standings = Standings(loaded.scenario, asked, [first, second], history=kept.history)
    standings = kept.standings.asking(loaded.scenario, asked)
    values = (_values(first, steps), _values(second, steps))
    shape = (len(values[0]), len(values[1]))
    grid = np.array([(x, y) for x in values[0] for y in values[1]])
    ranks = {side: np.empty(shape, dtype=np.int8) for side in SIDES}
    most = {side: np.full(shape, np.nan) for side in SIDES}
    slow = standings.remembering if remembering else ()
    # Policies that remember take most of the time.
    begin = _OF_MEMORY if slow else 0.0
    quick = _Listed(standings, grid, slow, lambda done, name: say(begin * done, name))
    for number, point in enumerate(map(tuple, grid.tolist())):
        if number % 16 == 0:
            say(begin + (1.0 - begin) * number / len(grid), "map")
        at = divmod(number, shape[1])
        ranks["list"][at], most["list"][at] = quick.at(number, point)
        asked_here = standings.asked_at(point)
        for side in SIDES[1:]:
            found = standings._most(side, point)
            ranks[side][at] = RANKS[outcome_of_most(side, found, asked_here.floor)]
            most[side][at] = np.nan if found is None else found
    kept.last = ShutdownMap(
        loaded,
        asked,
        (first, second),
        values,
        ranks,
        most,
        quick.policies,
        tuple(name for name in asked.policies if name not in quick.policies),
        _sentence(loaded, asked) if sentence is None else sentence,
        _here(standings, first, second, quick.policies),
    )
    return kept.last


def _here(
    standings: Standings, first: Parameter, second: Parameter, policies: Sequence[str]
) -> dict[str, int]:
    """Side -> the outcome as assumed, by rank; empty where that is beyond the map."""
    if not (first.is_inside and second.is_inside):
        return {}
    assert first.now is not None
    assert second.now is not None
    point = (first.now, second.now)
    found = standings.among(policies).outcomes(point)
    return {side: RANKS[outcome] for side, outcome in found.items()}


def _sentence(loaded: Loaded, asked: Question) -> str:
    return sentence_of(loaded, Standings(loaded.scenario, asked))


def _values(parameter: Parameter, steps: int) -> tuple[float, ...]:
    even = np.linspace(parameter.low, parameter.high, steps).tolist()
    return tuple(sorted({float(round(v)) for v in even}) if parameter.whole else even)


class _Listed:
    """Listed policies at the points of a grid; what is linear or smooth is worked out for all points at once.

    Attributes
    ----------
    policies
        Those that are looked at.
    """

    def __init__(
        self,
        standings: Standings,
        grid: NDArray[np.float64],
        remembering: Sequence[str],
        say: Progress,
    ) -> None:
        self._standings = standings
        varied = standings.varied
        self._served = {
            name: varied.served_at(name, grid) for name in standings.plain if varied.is_fixed(name)
        }
        for number, name in enumerate(remembering):
            say(number / len(remembering), name)
            try:
                served = varied.remembering_at(name, grid)
            except CannotDo:
                continue
            if served is not None:
                self._served[name] = served
        found = {*standings.plain, *self._served}
        self.policies = tuple(name for name in standings.asked.policies if name in found)

    def at(self, number: int, point: tuple[float, ...]) -> tuple[int, float]:
        """The place of the outcome among all, and the most that a policy within the limit serves."""
        standings = self._standings
        asked = standings.asked_at(point)
        total = standings.varied.totals(point)
        rank, best = RANKS["no_gate_meets_limit"], float("nan")
        for name in self.policies:
            if name in self._served:
                served = Served.of(self._served[name][number], total)
            else:
                served = standings.varied.served(name, point)
            found = standings.candidate(name, point, served, asked)
            if found is None or not found.within:
                continue
            share = served.served_entitled
            best = float(np.fmax(best, 1.0 if share is None else share))
            rank = min(rank, RANKS[found.outcome])
        return rank, best
