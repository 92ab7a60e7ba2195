"""The shutdown point: every value of a parameter at which the outcome changes, for the list and for both bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatesim.gates.bounds import Bound
from gatesim.gates.bounds.several import Within
from gatesim.measures.crossed import Moves, OtherWorlds, PointClaim, Side, point_sentence
from gatesim.measures.finding import OwnLeak
from gatesim.measures.judgement import RATIOS, Outcome
from gatesim.measures.numbers import format_value
from gatesim.measures.wording import and_list
from gatesim.scenario import Loaded, loaded_from
from gatesim.scenario.parameter import Parameter, find_parameter
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import ask
from gatesim.study.claim import best_listed, bound_at, sentence_of, within_at
from gatesim.study.crossings import Crossing, crossings
from gatesim.study.own_limits import as_json, leaks_of, limits_as_json
from gatesim.study.placing import placing
from gatesim.study.progress import Progress
from gatesim.study.shown import Shown
from gatesim.study.standing import SIDES, Question, Standings
from gatesim.study.uncertain import Uncertain, in_worlds

if TYPE_CHECKING:
    import pandas as pd


POINTS = 65
"""Values at which policies and bounds are looked at, besides those at which tables change."""

POINTS_WITH_MEMORY = 9
"""The same for policies with a memory of which a few values do not say all in between: each takes the whole engine."""

_WIDTH_WITH_MEMORY = 1e-7

_JUMP = 1e-6
"""A share of entitled needs by which the best policy listed serves more or less at once: what no picture shows is no
jump."""


@dataclass(frozen=True)
class Half:
    """One side of a change.

    Attributes
    ----------
    outcome
        The outcome there.
    best
        The policy that it is about; for a bound the best gate that it allows.
    served, leak
        The share of entitled needs that it serves, its leak ratio; None where undefined.
    binds
        In words, what stops it.
    leaks
        Where orders count each by itself, what leaks by each count; ``leak`` is None then.
    """

    outcome: Outcome
    best: str
    served: float | None
    leak: float | None
    binds: str
    leaks: tuple[OwnLeak, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return as_json(self)


@dataclass(frozen=True)
class Change:
    """A value at which the outcome changes.

    Attributes
    ----------
    side
        ``list``, ``bound_A`` or ``bound_B``.
    value
        The value, in the parameter's unit.
    is_jump
        Whether what is served or leaked jumps there (a cell changes its action, a policy is ready).
    below, above
        What holds just below and just above.
    """

    side: str
    value: float
    is_jump: bool
    below: Half
    above: Half


@dataclass(frozen=True)
class ShutdownPoint(Shown):
    """Where the outcome changes as one number moves.

    Attributes
    ----------
    loaded, asked, parameter
        The scenario, what is asked, what is varied.
    changes
        All changes, in ascending order; for the list, bound A, bound B.
    ends
        Side -> what holds at the lower and at the upper end of the range.
    curve
        A row for each value looked at: what the best of each side serves within the limit.
    linear
        Whether needs are linear in the parameter: then no change of a policy without memory is missed.
    policies, remembering, coarse
        The policies looked at; those with a memory; of these the ones looked at less closely.
    sentence
        What holds as assumed.
    uncertain
        The same under other plausible assumptions; None where not asked for.
    """

    loaded: Loaded
    asked: Question
    parameter: Parameter
    changes: tuple[Change, ...]
    ends: Mapping[str, tuple[Half, Half]]
    curve: tuple[Mapping[str, float | None], ...]
    linear: bool
    policies: tuple[str, ...]
    remembering: tuple[str, ...]
    coarse: tuple[str, ...]
    sentence: str
    uncertain: Uncertain | None = None

    def of(self, side: str) -> tuple[Change, ...]:
        """The changes of one side."""
        return tuple(change for change in self.changes if change.side == side)

    def in_words(self, value: float) -> str:
        """A value of the parameter, with as many digits as its range asks for.

        What stands beside it in percent, a limit on a leak ratio or the floor, is in percent, to four digits.
        """
        span = self.parameter.high - self.parameter.low
        if self._in_percent:
            return f"{format_value(100 * value, 100 * min(span, value or span))} %"
        return format_value(value, span)

    @property
    def unit(self) -> str:
        """The unit after a value, with a blank before it; empty where there is none."""
        unit = self.parameter.unit
        return f" {unit.removeprefix('share ') if self._in_percent else unit}" if unit else ""

    @property
    def _in_percent(self) -> bool:
        return is_in_percent(self.loaded.scenario, self.parameter)

    @property
    def finding(self) -> str:
        """What was found, in words: where the outcome changes, from what to what, for whom."""
        moves = self.parameter.table == "verdict"
        unit = "" if self.parameter.unit == "probability" else self.unit
        listed, a, b = (self._moves(side) for side in SIDES)
        claim = PointClaim(
            self.parameter.key,
            self.in_words(self.parameter.low),
            self.in_words(self.parameter.high) + unit,
            None if moves else self.asked.floor,
            listed,
            a,
            b,
            len(self.coarse),
            self._worlds(),
            len(self.asked.each) > 1,
        )
        return point_sentence(claim)

    def _moves(self, side: str) -> Moves:
        def said(half: Half) -> Side:
            policy = half.best if side == "list" else ""
            return Side(half.outcome, policy, half.served, half.leak, half.leaks)

        low, high = self.ends[side]
        changes = tuple(
            (self.in_words(change.value), said(change.below), said(change.above)) for change in self.of(side)
        )
        return Moves(changes, said(low), said(high))

    def _worlds(self) -> tuple[OtherWorlds, OtherWorlds] | None:
        found = self.uncertain
        if found is None:
            return None

        def of(side: str) -> OtherWorlds:
            changed = sum(bool(world.points[side]) for world in found.worlds)
            between = found.interval(side)
            ends = None if between is None else (self.in_words(between[0]), self.in_words(between[1]))
            return OtherWorlds(len(found.worlds), changed, ends)

        return of("list"), of("bound_A")

    def __repr__(self) -> str:
        title = self.loaded.scenario.title
        return f"<ShutdownPoint of {title!r}, {self.parameter.key}: {len(self.changes)} changes>"

    def to_frame(self) -> pd.DataFrame:
        """A row for each change."""
        import pandas as pd

        columns = ["side", "value", "is_jump"]
        names = [name for name in Half.__dataclass_fields__ if self.asked.each or name != "leaks"]
        halves = [f"{name}_{half}" for half in ("below", "above") for name in names]
        return pd.DataFrame([_flat(change) for change in self.changes], columns=[*columns, *halves])

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "schema": 1,
            "scenario": self.loaded.scenario.title,
            "engine": "exact",
            "parameter": {
                "key": self.parameter.key,
                "title": self.parameter.title,
                "unit": self.parameter.unit,
                "assumed": self.parameter.now,
                "from": self.parameter.low,
                "to": self.parameter.high,
                "range": self.parameter.why,
                "linear": self.linear,
            },
            "asked": _asked(self.asked),
            "remembering": list(self.remembering),
            "coarse": list(self.coarse),
            "changes": [
                asdict(change) | {"below": change.below.to_dict(), "above": change.above.to_dict()}
                for change in self.changes
            ],
            "ends": {side: [half.to_dict() for half in halves] for side, halves in self.ends.items()},
            "uncertain": None if self.uncertain is None else self.uncertain.to_dict(),
            "finding": self.finding,
            "sentence": self.sentence,
        }

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, default=str)


def _flat(change: Change) -> dict[str, object]:
    row: dict[str, object] = {"side": change.side, "value": change.value, "is_jump": change.is_jump}
    for half in ("below", "above"):
        row |= {f"{name}_{half}": value for name, value in getattr(change, half).to_dict().items()}
    return row


def _asked(asked: Question) -> dict[str, object]:
    of_orders = ("each", "order", "left_out")
    plain = {name: value for name, value in vars(asked).items() if name not in of_orders}
    plain |= {"date": asked.date.isoformat(), "policies": list(asked.policies)}
    return plain | limits_as_json(asked)


@placing
def shutdown_point(
    source: str | Path | Loaded,
    *,
    vary: str,
    low: float | str | None = None,
    high: float | str | None = None,
    reading: str | None = None,
    ratio: str | None = None,
    limit: float | None = None,
    floor: float | None = None,
    policies: Sequence[str] | None = None,
    sets: Sequence[str] = (),
    uncertain: bool = False,
    worlds: int = 32,
    remembering: bool = False,
    order: str | None = None,
    progress: Progress | None = None,
) -> ShutdownPoint:
    """Every value of a parameter at which the outcome changes.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    vary
        The key that is varied, as ``--set`` has it; a ``*`` stands for all entries of a table.
    low, high
        The range; by default the plausible range of its assumption, or its hard limits.
    reading, ratio, limit, floor
        The reading, the standard and the floor; by default the first order's and the verdict's.
    policies
        Names of the candidates; by default all.
    sets
        Keys to set, each ``KEY=VALUE``.
    uncertain
        Whether to do the same in other worlds, drawn from the plausible ranges of all assumptions.
    worlds
        How many.
    remembering
        Whether policies with a memory are looked at in the other worlds as well: some tens of evaluations of the
        whole engine in each.
    order
        The place in the file (from 1), or the title, of an order whose own leaks alone are limited; by default those
        of all orders at once, where they differ.
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    ShutdownPoint
        Expected values: the desk and what refused people do are left out.

    Raises
    ------
    ScenarioError
        If the scenario, the key, its range or another choice is wrong.
    CannotDo
        If the exact engine cannot do a policy.
    """
    loaded = loaded_from(source, sets)
    say = progress or (lambda done, doing: None)
    parameter = find_parameter(loaded, vary, low, high)
    asked = ask(
        loaded,
        reading=reading,
        ratio=ratio,
        limit=limit,
        floor=floor,
        policies=policies,
        each=True,
        order=order,
    )
    say(0.0, "preparing")
    standings = Standings(loaded.scenario, asked, [parameter])
    share = 0.3 if uncertain else 1.0
    changes: list[Change] = []
    for number, side in enumerate(SIDES):
        changes += side_changes(standings, side, _part(say, share * number / 3, share / 3))
    ends = {
        side: (half_at(standings, side, parameter.low), half_at(standings, side, parameter.high))
        for side in SIDES
    }
    now = [parameter.now] if parameter.now is not None else None
    found, held = None, None
    if uncertain:
        found = in_worlds(
            loaded, asked, parameter, worlds, _part(say, share, 1 - share), remembering=remembering
        )
        held = found.held
    if now is not None and parameter.low <= now[0] <= parameter.high:
        claim = sentence_of(loaded, standings, now, held, None if found is None else len(found.worlds))
    else:
        plain = Standings(loaded.scenario, asked)
        claim = sentence_of(loaded, plain, (), held, None if found is None else len(found.worlds))
    return ShutdownPoint(
        loaded,
        asked,
        parameter,
        tuple(sorted(changes, key=lambda change: (change.value, SIDES.index(change.side)))),
        ends,
        tuple(_curve(standings, changes)),
        standings.varied.linear,
        asked.policies,
        standings.remembering,
        tuple(name for name in standings.remembering if not standings.closely(name)),
        claim,
        found,
    )


def _part(say: Progress, begin: float, share: float) -> Progress:
    """Progress of a part of the work."""
    return lambda done, doing: say(begin + share * done, doing)


def _grid(parameter: Parameter, points: int, extra: Sequence[float] = ()) -> list[float]:
    """Values to look at: evenly spread, what is assumed, and whatever else is known to matter."""
    if parameter.whole:
        span = round(parameter.high - parameter.low)
        step = max(1, span // (4 * points))
        return [float(v) for v in range(round(parameter.low), round(parameter.high) + 1, step)]
    even = np.linspace(parameter.low, parameter.high, points).tolist()
    now = [v for v in parameter.assumed if parameter.low < v < parameter.high]
    return sorted({*even, *now, *extra})


def _close_grid(standings: Standings, policy: str) -> list[float]:
    """Where to look at a policy that can be looked at closely: on both sides of every change of its tables as well."""
    (parameter,) = standings.parameters
    tiny = 1e-12 * (parameter.high - parameter.low)
    jumps = standings.varied.breakpoints(policy)
    return _grid(parameter, POINTS, [v + d for v in jumps for d in (-tiny, tiny)])


class _Sign(NamedTuple):
    """A function whose sign decides an outcome, where to look at it, and how closely; whether nothing lies between its
    signs: a policy is ready on a date or it is not."""

    function: Callable[[float], float]
    points: list[float]
    width: float
    at_once: bool = False


def _functions(standings: Standings, side: str) -> list[_Sign]:
    """The functions whose signs decide the outcome of a side."""
    (parameter,) = standings.parameters
    even = _grid(parameter, POINTS)
    if side != "list":
        return [
            _Sign(lambda v: standings.most_above(side, (v,)), even, 1e-12),
            _Sign(lambda v: standings.most_above(side, (v,), 1e-15), even, 1e-12),
        ]
    found: list[_Sign] = []
    for policy in standings.asked.policies:
        if not standings.closely(policy):
            points, width = _grid(parameter, POINTS_WITH_MEMORY), _WIDTH_WITH_MEMORY
        else:
            points, width = _close_grid(standings, policy), 1e-12
        found.append(_Sign(partial(_of_one, standings.room, policy), points, width))
        found.append(_Sign(partial(_of_one, standings.above_floor, policy), points, width))
        if any(path[-1] == "lead_time" or path[0] == "orders" for path in parameter.paths):
            found.append(_Sign(partial(_of_one, standings.ready, policy), even, 1e-12, at_once=True))
    return found


def is_in_percent(scenario: Scenario, parameter: Parameter) -> bool:
    """Whether values of a parameter are told in percent: limits on leak ratios, and the floor."""
    return all(_is_limit_of_a_ratio(scenario, path) for path in parameter.paths)


def _is_limit_of_a_ratio(scenario: Scenario, path: Sequence[str | int]) -> bool:
    """Whether a key is the floor, or the limit of an order's standard on a leak ratio."""
    if tuple(path) == ("verdict", "floor"):
        return True
    if path[0] != "orders" or path[-1] != "limit":
        return False
    found: Any = scenario
    for key in path[:-1]:
        found = getattr(found, key) if isinstance(key, str) and hasattr(found, key) else found[key]
    return getattr(found, "kind", "") in RATIOS


def _of_one(function: Callable[[str, tuple[float, ...]], float], policy: str, value: float) -> float:
    return function(policy, (value,))


def side_changes(standings: Standings, side: str, say: Progress) -> list[Change]:
    """All values at which the outcome of one side changes."""
    (parameter,) = standings.parameters
    events: list[Crossing] = []
    functions = _functions(standings, side)
    for number, one in enumerate(functions):
        say(number / len(functions), side.replace("_", " "))
        for event in crossings(one.function, one.points, one.width):
            events.append(event._replace(is_jump=event.is_jump or one.at_once))
    found = []
    for together in _groups(events, 1e-9 * (parameter.high - parameter.low)):
        low, high = min(event.below for event in together), max(event.above for event in together)
        if standings.outcome(side, (low,)) == standings.outcome(side, (high,)):
            continue
        halves = half_at(standings, side, low), half_at(standings, side, high)
        is_jump = parameter.whole or any(event.is_jump for event in together)
        at = high if parameter.whole else 0.5 * (low + high)
        found.append(Change(side, at, is_jump, *halves))
    return found


def _groups(events: Sequence[Crossing], near: float) -> list[list[Crossing]]:
    """Crossings that are one place, as where a cell that changes its action moves what is served and what leaks."""
    found: list[list[Crossing]] = []
    for event in sorted(events, key=lambda event: event.below):
        if found and event.below - found[-1][-1].above <= near:
            found[-1].append(event)
        else:
            found.append([event])
    return found


def half_at(standings: Standings, side: str, value: float) -> Half:
    """What holds on one side at a value."""
    values = (value,)
    asked = standings.asked_at(values)
    if side == "list":
        best, _ = best_listed(standings, values)
        binds = _what_binds(best.outcome)
        return Half(best.outcome, best.name, best.served, best.leak, binds, best.leaks)
    if asked.each:
        within = within_at(standings, side, values)
        leaks = leaks_of(asked.each, within)
        words = _binding_of_orders(asked, within)
        return Half(standings.outcome(side, values), "the best gate", within.value, None, words, leaks)
    ceiling = standings.a if side == "bound_A" else standings.b
    bound = bound_at(asked, ceiling.program(values))
    leak = bound.leak_rate if asked.ratio == "leak_rate" else bound.leak_share
    words = _binding(bound)
    return Half(standings.outcome(side, values), "the best gate", bound.served_entitled, leak, words)


def _what_binds(outcome: Outcome) -> str:
    return {
        "gate_available": "nothing",
        "only_not_ready": "its lead time",
        "only_below_floor": "the floor",
        "no_gate_meets_limit": "the limit",
        "cannot_tell": "",
    }[outcome]


def _binding_of_orders(asked: Question, within: Within) -> str:
    if within.value is None:
        return within.note
    bind = [one.whose for one, row in zip(asked.each, within.limits, strict=False) if row.binds]
    return f"the limit of {and_list(bind)}" if bind else "nothing"


def _binding(bound: Bound) -> str:
    if bound.value is None:
        return bound.note
    names = {"leak_rate": "the leak rate", "leak_share": "the leak share", "desk": "the desk"}
    return " and ".join(names[each] for each in bound.binding if each in names) or "nothing"


def _curve(standings: Standings, changes: Sequence[Change]) -> list[dict[str, float | None]]:
    (parameter,) = standings.parameters
    closely = [name for name in standings.asked.policies if standings.closely(name)]
    # On both sides of every change as well, and of every other jump of the list, so that a jump shows as one.
    places = [] if parameter.whole else [c.value for c in changes] + _jumps(standings, closely)
    beside = [value for at in places for value in _beside(parameter, at)]
    return [
        {
            "value": value,
            "list": _most_listed(standings, closely, value),
            "bound_A": standings.most("bound_A", (value,)),
            "bound_B": standings.most("bound_B", (value,)),
        }
        for value in _grid(parameter, POINTS, beside)
    ]


def _beside(parameter: Parameter, at: float) -> tuple[float, float]:
    """Just below a value and just above it, within the range."""
    tiny = 1e-9 * (parameter.high - parameter.low)
    return max(at - tiny, parameter.low), min(at + tiny, parameter.high)


def _most_listed(standings: Standings, policies: Sequence[str], value: float) -> float:
    """The most that one of some policies serves within the limit, as a share of entitled needs."""
    within = [c.served.served_entitled for c in standings.candidates((value,), policies) if c.within]
    return max((share for share in within if share is not None), default=0.0)


def _jumps(standings: Standings, policies: Sequence[str]) -> list[float]:
    """Where the most that one of some policies serves within the limit jumps.

    That is where one comes within the limit or leaves it, or where its tables change, and no other serves more.
    """
    (parameter,) = standings.parameters
    places: set[float] = set()
    for name in policies:
        room = partial(_of_one, standings.room, name)
        places.update(each.at for each in crossings(room, _close_grid(standings, name)))
        places.update(standings.varied.breakpoints(name))
    found = []
    for at in sorted(places):
        below, above = (_most_listed(standings, policies, value) for value in _beside(parameter, at))
        if abs(above - below) > _JUMP:
            found.append(at)
    return found
