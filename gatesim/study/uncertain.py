"""Other worlds: the plausible ranges of all assumptions, sampled with a stated design.

Each world is a point of a Latin hypercube (McKay, Beckman and Conover, Technometrics 21, 1979; scipy.stats.qmc) with a
dimension for each assumption that has a plausible range, and a fixed seed. An assumption about one value takes the
value at that part of its range, by its shape. An assumption about several values moves them all together: at one half
they are as assumed, at zero all at the lower end, at one all at the upper end, and in between on the straight way.
Choices do not move. Shares that add up to one are rescaled afterwards, and so
are multipliers whose mean is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np

from gatesim.measures.judgement import RANKS, Outcome
from gatesim.scenario import Loaded
from gatesim.scenario.assumptions import CHOICE, Input, rests_on
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.errors import KeyPath
from gatesim.scenario.keys import parse_key
from gatesim.scenario.parameter import Parameter, _replaced, _typed, assumption_of, scale_of
from gatesim.scenario.people import Activity
from gatesim.scenario.schema import Scenario
from gatesim.scenario.shape import at, is_duration
from gatesim.scenario.types import FOREVER
from gatesim.study.crossings import crossings
from gatesim.study.progress import Progress
from gatesim.study.standing import SIDES, Question, Standings

SEED = 20260612
"""Of the Latin hypercube."""

_POINTS = 17
_UNSURE = ("people", "represents", "seed", "length")


@dataclass(frozen=True)
class World:
    """One set of plausible assumptions.

    Attributes
    ----------
    outcomes
        Side -> the outcome with the parameter as assumed.
    points
        Side -> values of the parameter at which the outcome changes.
    """

    outcomes: Mapping[str, Outcome]
    points: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Uncertain:
    """The shutdown point under plausible assumptions.

    Attributes
    ----------
    worlds
        What was found in each world.
    here
        Side -> the outcome as assumed.
    assumptions
        How many assumptions moved.
    left_out
        Worlds that made no scenario in order.
    policies, unseen
        The policies looked at; those that were not, for their memory.
    """

    worlds: tuple[World, ...]
    here: Mapping[str, Outcome]
    assumptions: int
    left_out: int
    policies: tuple[str, ...]
    unseen: tuple[str, ...] = ()

    @property
    def held(self) -> int:
        """In how many worlds list and bound A have the outcomes that they have as assumed."""
        return sum(
            all(world.outcomes[side] == self.here[side] for side in ("list", "bound_A"))
            for world in self.worlds
        )

    def share(self, side: str) -> float | None:
        """The share of worlds in which the outcome changes somewhere in the range; None without worlds."""
        if not self.worlds:
            return None
        return sum(bool(world.points[side]) for world in self.worlds) / len(self.worlds)

    def interval(self, side: str, level: float = 0.9) -> tuple[float, float] | None:
        """Between which values the first change lies in so many of the worlds that have one; None without any."""
        first = sorted(world.points[side][0] for world in self.worlds if world.points[side])
        if not first:
            return None
        tail = 50 * (1 - level)
        low, high = np.percentile(first, [tail, 100 - tail])
        return float(low), float(high)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "worlds": len(self.worlds),
            "left_out": self.left_out,
            "assumptions": self.assumptions,
            "held": self.held,
            "policies": list(self.policies),
            "sides": {side: {"share": self.share(side), "interval": self.interval(side)} for side in SIDES},
        }


def movable(loaded: Loaded, without: Sequence[KeyPath] = ()) -> list[Input]:
    """The inputs that other worlds differ in: uncertain, with a plausible range."""
    found = []
    for entry in rests_on(loaded):
        paths = [_path(loaded, key) for key in entry.values]
        if entry.grade == CHOICE or not entry.range or paths[0][0] in _UNSURE:
            continue
        if any(path[: len(skip)] == skip for path in paths for skip in without):
            continue
        found.append(entry)
    return found


def _path(loaded: Loaded, key: str) -> KeyPath:
    """The key path of a dotted key, with numbers for elements of arrays."""
    path: list[str | int] = []
    node: Any = loaded.data
    for name in parse_key(key):
        step: str | int = int(name) if isinstance(node, list) else name
        path.append(step)
        node = node[step]
    return tuple(path)


def worlds(
    loaded: Loaded, count: int, without: Sequence[KeyPath] = (), seed: int = SEED
) -> Iterator[Scenario | None]:
    """Other plausible scenarios.

    Parameters
    ----------
    loaded
        The scenario.
    count
        How many.
    without
        Keys that do not move.
    seed
        Of the Latin hypercube.

    Yields
    ------
    Scenario or None
        None where what came out makes no scenario that is in order.
    """
    from scipy.stats import qmc

    inputs = movable(loaded, without)
    sample = qmc.LatinHypercube(d=max(len(inputs), 1), rng=np.random.default_rng(seed)).random(count)
    for row in sample:
        scenario: Any = loaded.scenario
        for entry, part in zip(inputs, row.tolist(), strict=False):
            scenario = _moved(loaded, scenario, entry, part)
        scenario = rescaled(scenario)
        yield None if next(iter(inconsistencies(scenario)), None) is not None else scenario


def _moved(loaded: Loaded, scenario: Scenario, entry: Input, part: float) -> Scenario:
    low, high = entry.range
    paths = [_path(loaded, key) for key in entry.values]
    several = len(paths) > 1
    moved: Any = scenario
    for path in paths:
        old = _typed(loaded.scenario, path)
        scale = scale_of(assumption_of(loaded, path)) if is_duration(at(path, loaded.data)) else 1
        if not isinstance(old, int | float) or old >= FOREVER:
            continue
        value = _together(old / scale, low, high, part) if several else quantile(entry, part)
        moved = _replaced(moved, path, round(value * scale) if isinstance(old, int) else value)
    assert isinstance(moved, Scenario)
    return moved


def _together(value: float, low: float, high: float, part: float) -> float:
    """On the way from the lower end by the assumed value to the upper end."""
    value = min(max(value, low), high)
    return low + 2 * part * (value - low) if part < 0.5 else value + (2 * part - 1) * (high - value)


def quantile(entry: Input, part: float) -> float:
    """The value at a part of the plausible range, by its shape (a triangle stands on its middle)."""
    low, high = entry.range
    if entry.shape == "loguniform":
        return exp(log(low) + part * (log(high) - log(low)))
    if entry.shape == "triangular":
        way = sqrt(part / 2) if part < 0.5 else 1.0 - sqrt((1.0 - part) / 2)
        return low + way * (high - low)
    return low + part * (high - low)


def rescaled(scenario: Scenario) -> Scenario:
    """A scenario whose distributions, and whose shares of accounts, add up to one again."""
    total = sum(segment.share for segment in scenario.segments.values())
    segments = {}
    for name, segment in scenario.segments.items():
        change: dict[str, Any] = {key: _one(getattr(segment, key)) for key in ("card", "declared", "models")}
        change["share"] = segment.share / total
        change["activity"] = _activity(segment.activity)
        change["vpn"] = segment.vpn.model_copy(update={"exits": _one(segment.vpn.exits)})
        change["trips"] = segment.trips.model_copy(update={"to": _one(segment.trips.to)})
        segments[name] = segment.model_copy(update=change)
    signals = {
        name: signal
        if signal.errors_to is None
        else signal.model_copy(update={"errors_to": _one(signal.errors_to)})
        for name, signal in scenario.signals.items()
    }
    return scenario.model_copy(update={"segments": segments, "signals": signals})


def _activity(activity: Activity) -> Activity:
    """Shares that add up to one, and multipliers whose mean is one."""
    total = sum(activity.shares)
    shares = tuple(share / total for share in activity.shares)
    mean = sum(share * times for share, times in zip(shares, activity.multipliers, strict=True))
    multipliers = tuple(times / mean for times in activity.multipliers)
    return activity.model_copy(update={"shares": shares, "multipliers": multipliers})


def _one(shares: Mapping[str, float]) -> dict[str, float]:
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()} if total > 0 else dict(shares)


def in_worlds(
    loaded: Loaded,
    asked: Question,
    parameter: Parameter,
    count: int,
    say: Progress,
    *,
    remembering: bool = False,
) -> Uncertain:
    """The shutdown point of a parameter in other plausible worlds.

    Without ``remembering``, policies with a memory are not looked at, which take longest: bound B speaks for them.
    """
    here = Standings(loaded.scenario, asked)
    unseen = () if remembering else here.remembering
    here = here.among([name for name in asked.policies if name not in unseen])
    asked = here.asked
    assumed = {side: here.outcome(side, ()) for side in SIDES}
    found, left_out = [], 0
    for number, scenario in enumerate(worlds(loaded, count, parameter.paths)):
        say(number / count, f"world {number + 1} of {count}")
        if scenario is None:
            left_out += 1
            continue
        found.append(_world(scenario, asked, parameter))
    moved = len(movable(loaded, parameter.paths))
    return Uncertain(tuple(found), assumed, moved, left_out, asked.policies, unseen)


def _world(scenario: Scenario, asked: Question, parameter: Parameter) -> World:
    standings = Standings(scenario, asked, [parameter])
    assumed = Standings(scenario, asked)
    points = {}
    grid = np.linspace(parameter.low, parameter.high, _POINTS).tolist()
    if parameter.whole:
        grid = sorted({float(round(value)) for value in grid})
    for side in SIDES:
        points[side] = _changes(standings, side, grid)
    return World({side: assumed.outcome(side, ()) for side in SIDES}, points)


def _changes(standings: Standings, side: str, grid: Sequence[float]) -> tuple[float, ...]:
    """Values at which the outcome of a side changes: for each outcome where it begins or ends to hold."""
    found = set()
    for rank in range(RANKS["no_gate_meets_limit"]):

        def holds(value: float, rank: int = rank) -> float:
            return 1.0 if RANKS[standings.outcome(side, (value,))] <= rank else -1.0

        found |= {crossing.at for crossing in crossings(holds, grid, 1e-6)}
    return tuple(sorted(found))
