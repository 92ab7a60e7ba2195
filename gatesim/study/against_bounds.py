"""Where a scenario stands at a limit: what the list can do, and what bounds A and B say that any gate could.

The list is evaluated by the exact engine, which leaves the queue out; so bound A is taken without the desk here, and
holds for what the list is said to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import prod
from typing import Literal, cast

from gatesim.exact.varied import Served, Varied, leaves_needs_alone
from gatesim.gates.bounds import Bound, Program, Standard, most_served, program_a, program_b
from gatesim.gates.bounds.one_need import Cells
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import (
    Judgement,
    Outcome,
    PolicyResult,
    best_candidate,
    judge,
    outcome_if,
)
from gatesim.measures.verdict import first_order
from gatesim.scenario import Loaded, ScenarioError, load
from gatesim.scenario.errors import Problem
from gatesim.scenario.schema import Scenario

Which = Literal["list", "bound_A", "bound_B"]
WHICH: tuple[Which, ...] = ("list", "bound_A", "bound_B")
BOUNDS: tuple[Which, ...] = ("bound_A", "bound_B")


def loaded_with_order(source: object, sets: Sequence[str] = ()) -> Loaded:
    """A scenario that has an order, and so a limit.

    Raises
    ------
    ScenarioError
        If the scenario is wrong, or has no order.
    """
    if isinstance(source, Loaded):
        loaded = source.with_sets(list(sets)) if sets else source
    else:
        loaded = load(source, list(sets))  # type: ignore[arg-type]
    if not loaded.scenario.orders:
        file = loaded.files[-1][0]
        raise ScenarioError([Problem(file, None, "orders", "there is no order: nothing can be judged", "")])
    return loaded


@dataclass(frozen=True)
class Standing:
    """Where a scenario stands.

    Attributes
    ----------
    judged
        The candidates: listed policies other than shutting down that serve at least one need.
    best
        The candidate that the list's outcome is about.
    outcomes
        For the list and each bound its outcome; a bound knows no lead time.
    bounds
        The most served within the limit, by bound.
    """

    judged: tuple[Judgement, ...]
    best: str | None
    outcomes: Mapping[Which, Outcome]
    bounds: Mapping[Which, Bound]


def date_of(scenario: Scenario) -> datetime:
    """The date of the verdict."""
    order = first_order(scenario)
    assert order is not None
    return scenario.verdict.at or order.issued + timedelta(microseconds=order.grace)


def standard_of(scenario: Scenario) -> Standard:
    """The standard of the first order."""
    one = scenario.orders[0].standard
    return Standard(one.kind, one.limit)


def judgements(
    scenario: Scenario, served: Mapping[str, Served], standard: Standard, floor: float
) -> tuple[Judgement, ...]:
    """What is to be said of each candidate of the list."""
    issued, date = min(order.issued for order in scenario.orders), date_of(scenario)
    found = []
    for name, one in served.items():
        policy = scenario.policies[name]
        if policy.family == "shutdown" or not one.entitled + one.restricted > 0:
            continue
        result = policy_result(scenario, name, one, "")
        measures = result.measures[""]
        may_leak = one.restricted > 0
        found.append(
            judge(result, measures, may_leak, standard.kind, standard.limit, floor, issued, date, None)
        )
    return tuple(found)


def policy_result(scenario: Scenario, name: str, one: Served, reading: str) -> PolicyResult:
    """What a verdict needs to know of a policy."""
    both = one.entitled + one.restricted
    measures = {
        "served_entitled": Measure("served_entitled", one.entitled, one.all_entitled, one.served_entitled),
        "leak_rate": Measure("leak_rate", one.restricted, one.all_restricted, one.leak_rate),
        "leak_share": Measure("leak_share", one.restricted, both, one.leak_share),
    }
    policy = scenario.policies[name]
    return PolicyResult(
        name,
        {reading: measures},
        policy.lead_time,
        policy.family == "shutdown",
        {reading: one.restricted > 0},
    )


def bound_outcome(bound: Bound, floor: float) -> Outcome:
    """The outcome for all gates of a bound: one serves the floor within the limit, or fewer, or nobody."""
    value = bound.value
    if value is None or not bound.served + bound.leaks > 0:
        return "no_gate_meets_limit"
    return "gate_available" if value >= floor else "only_below_floor"


class Programs:
    """The programs of bounds A and B while numbers of a scenario are varied.

    Parameters
    ----------
    varied
        The scenario under one reading, and what is varied.
    """

    def __init__(self, varied: Varied) -> None:
        self._varied = varied
        moving = [p for p in varied.parameters if not _leaves_programs_alone(p.paths)]
        needs = [p for p in moving if not leaves_needs_alone(p)]
        self._moves = {"bound_A": bool(moving), "bound_B": any(p.table != "signals" for p in moving)}
        self._base: dict[Which, Program] = {}
        self._corners: tuple[Program, ...] | None = None
        # Only the needs move, and linearly: the programs at the corners say all in between.
        if varied.linear and moving and len(needs) == len(moving):
            self._corners = self._alike()

    def at(self, which: Which, values: Sequence[float]) -> Program:
        """The program of a bound at some values."""
        varied = self._varied
        if not self._moves[which]:
            if which not in self._base:
                self._base[which] = _made(which, varied.scenario, varied)
            return self._base[which]
        if which == "bound_A" and self._corners is not None:
            return _blended(self._corners, varied.weights(values).tolist())
        return _made(which, varied.at(values), varied)

    def _alike(self) -> tuple[Program, ...] | None:
        """Bound A's programs at the corners, if they have the same rows."""
        varied = self._varied
        ends = [(p.low, p.high) for p in varied.parameters]
        if prod(len(pair) for pair in ends) != len(varied.corners):
            return None  # some parameter moves no needs: corners and parameters do not match
        found = []
        for number in range(len(varied.corners)):
            bits = [number >> (len(ends) - 1 - place) & 1 for place in range(len(ends))]
            values = [pair[bit] for pair, bit in zip(ends, bits, strict=True)]
            found.append(_made("bound_A", varied.at(values), varied))
        first = [(cells.flat().tolist(), cells.epochs) for cells in _cells(found[0])]
        same = all(
            [(cells.flat().tolist(), cells.epochs) for cells in _cells(other)] == first for other in found[1:]
        )
        return tuple(found) if same else None


def _leaves_programs_alone(paths: Sequence[Sequence[object]]) -> bool:
    return all(path[0] in ("policies", "verdict", "desk") or "standard" in path for path in paths)


def _made(which: Which, scenario: Scenario, varied: Varied) -> Program:
    law = varied.law_at(scenario)
    return program_a(scenario, law, desk=False) if which == "bound_A" else program_b(scenario, law)


def _cells(program: Program) -> list[Cells]:
    return [cast(Cells, part.describe) for part in program.parts]


def _blended(programs: Sequence[Program], weights: Sequence[float]) -> Program:
    from dataclasses import replace

    first = programs[0]
    parts = []
    for several in zip(*(program.parts for program in programs), strict=True):
        entitled = sum(weight * part.entitled for weight, part in zip(weights, several, strict=True))
        restricted = sum(weight * part.restricted for weight, part in zip(weights, several, strict=True))
        parts.append(replace(several[0], entitled=entitled, restricted=restricted))

    def mixed(field: str) -> float:
        return float(
            sum(weight * getattr(program, field) for weight, program in zip(weights, programs, strict=True))
        )

    return replace(
        first,
        parts=tuple(parts),
        entitled=mixed("entitled"),
        restricted=mixed("restricted"),
        open_entitled=mixed("open_entitled"),
        open_leaks=mixed("open_leaks"),
    )


def standing(
    varied: Varied, programs: Programs, policies: Sequence[str], values: Sequence[float] = ()
) -> Standing:
    """Where a scenario stands at some values of what is varied, by the first order's standard.

    Parameters
    ----------
    varied, programs
        The scenario under one reading.
    policies
        The list.
    values
        Values of the varied parameters.

    Raises
    ------
    CannotDo
        If the exact engine cannot do a policy.
    """
    scenario = varied.at(values)
    standard, floor = standard_of(scenario), scenario.verdict.floor
    served = {name: varied.served(name, values) for name in policies}
    judged = judgements(scenario, served, standard, floor)
    bounds = {which: most_served(programs.at(which, values), standard) for which in BOUNDS}
    listed = outcome_if(judged, ())
    outcomes: dict[Which, Outcome] = {"list": listed}
    outcomes |= {which: bound_outcome(bound, floor) for which, bound in bounds.items()}
    return Standing(judged, best_candidate(judged, listed), outcomes, bounds)
