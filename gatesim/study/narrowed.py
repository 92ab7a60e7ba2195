"""What a narrowed order leaves, by itself and beside the order as it is: which gates do, and what they let through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.evaluate import World
from gatesim.exact.expected import END_LATE, END_SERVED
from gatesim.exact.rows import Layout, decided, rows_of
from gatesim.exact.structure import may_leak
from gatesim.exact.varied import OwnServed, Served
from gatesim.gates.bounds import Check, Part, Program, all_checks, most_served, program_b
from gatesim.gates.bounds.mixture import chosen
from gatesim.gates.bounds.most import dense_of, most_value
from gatesim.gates.bounds.one_need import clears_at_some_time
from gatesim.gates.bounds.program import ALLOW
from gatesim.gates.bounds.requests import outcomes
from gatesim.gates.bounds.several import Several, from_rows, most_value_within, most_within, several
from gatesim.gates.compile import compile_gate
from gatesim.law.law import Law
from gatesim.measures.finding import OwnLeak
from gatesim.measures.judgement import Outcome
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.study.ceilings import dense, passes_by_law
from gatesim.study.gates import laws
from gatesim.study.own_limits import as_json, leaks_of, own_laws
from gatesim.study.standing import (
    Candidate,
    Question,
    best_of,
    candidate,
    first_of,
    outcome_of_most,
)

if TYPE_CHECKING:
    pass


Floats = NDArray[np.float64]

KINDS = BOTH_ENTITLED, FREED, NEWLY_RESTRICTED, BOTH_RESTRICTED = range(4)
"""Kinds of needs: by the narrowed order and by the order as it is. Nothing is restricted by narrowing."""

_NEAR = 1e-9
"""Shares of entitled needs that may be one: the value alone may differ from the whole bound by rounding."""

_SLIGHT = 1e-6
"""Of gates that serve as much within the limit, the one that adds the fewest leaks is meant: it is the one that serves
the most where a need that was taken out counts for so much less than another."""


@dataclass(frozen=True)
class Gate:
    """What the best of the list, or of bound A, does under an order.

    Attributes
    ----------
    outcome
        The outcome under the order.
    policy
        The policy that it is about; empty for the gate of a bound, and where there is no candidate.
    served
        Share of entitled needs served, by that order; None where undefined.
    needs
        Needs served that the order allows.
    added
        Needs served that the order as it is restricts and the narrowed one does not.
    leak
        Its leak ratio, by that order; None where undefined.
    leaks
        Where orders count each by itself, what leaks by each count; ``leak`` is None then.
    """

    outcome: Outcome
    policy: str
    served: float | None
    needs: float
    added: float
    leak: float | None = None
    leaks: tuple[OwnLeak, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return as_json(self)


@dataclass(frozen=True)
class Narrowed:
    """A narrowed order, beside the order as it is.

    Attributes
    ----------
    scenario, asked
        The scenario with the narrowed order, and what is asked.
    law, before
        Its law; and one with the same gates that restricts whom the order as it is restricts.
    own
        Where orders count each by itself, the laws in which each limit's order alone counts.
    layout, needs
        The rows, and float64[kind, row, segment] of needs in them: the four of `KINDS`, then for each of ``own`` those
        that it restricts and those that it measures.
    """

    scenario: Scenario
    asked: Question
    law: Law
    before: Law
    own: tuple[Law, ...]
    layout: Layout
    needs: Floats


def law_of(scenario: Scenario, asked: Question) -> Law:
    """The law under the reading that is asked about."""
    return laws(scenario, scenario.seed, 0, (asked.reading,))[asked.reading]


def narrowed(scenario: Scenario, asked: Question, before: Law) -> Narrowed:
    """A scenario with a narrowed order, beside the law of the order as it is."""
    law = law_of(scenario, asked)
    judged_before = as_before(law, before)
    own = own_laws(scenario, law, asked.each)
    rows = rows_of(scenario, law, judged_before, own)
    return Narrowed(scenario, asked, law, judged_before, own, rows.layout, rows.needs)


def a_may_end(one: Narrowed) -> bool:
    """Whether bound A's value, which is found quickly, is the floor or more, or so near that rounding may decide."""
    asked = one.asked
    if one.own:
        most = most_value_within(_of_orders(one)[0], asked.standards)
    else:
        most = most_value(dense_of(_program(one)), asked.standard)
    return most is not None and most >= asked.floor - _NEAR


def under(one: Narrowed) -> tuple[float, Gate, Gate, tuple[Outcome, float | None]]:
    """Needs taken out; the best of the list, of bound A; outcome and most served by bound B."""
    asked, needs, layout = one.asked, one.needs, one.layout
    listed = _best_listed(one)
    freed = float(needs[FREED].sum())
    if one.own:
        return freed, listed, *_bounds_of_orders(one)
    bound = most_served(_program(one), asked.standard)
    added = float(needs[FREED][~layout.gated].sum())
    if bound.value is not None and freed > 0:
        program = _program(one, 1.0 - _SLIGHT)
        for weight, choice in most_served(program, asked.standard).mixture():
            added += weight * _freed_served(program, choice, needs[FREED], layout)
    leak = bound.leak_rate if asked.ratio == "leak_rate" else bound.leak_share
    a = Gate(outcome_of_most("bound_A", bound.value, asked.floor), "", bound.value, bound.served, added, leak)
    b = most_served(program_b(one.scenario, one.law), asked.standard).value
    return freed, listed, a, (outcome_of_most("bound_B", b, asked.floor), b)


def _bounds_of_orders(one: Narrowed) -> tuple[Gate, tuple[Outcome, float | None]]:
    """The best gate of bound A, outcome and most served by bound B, within the limits of all orders at once."""
    asked = one.asked
    sums, freed = _of_orders(one)
    within = most_within(sums, asked.standards)
    added = float(one.needs[FREED][~one.layout.gated].sum())
    served = 0.0
    if within.value is not None:
        fewest = replace(sums, served=sums.served - _SLIGHT * freed)
        added += float(freed @ most_within(fewest, asked.standards).shares)
        served = within.value * sums.entitled
    a = Gate(
        outcome_of_most("bound_A", within.value, asked.floor),
        "",
        within.value,
        served,
        added,
        None,
        leaks_of(asked.each, within),
    )
    b = most_value_within(several(one.scenario, one.law, one.own, "B"), asked.standards)
    return a, (outcome_of_most("bound_B", b, asked.floor), b)


def _of_orders(one: Narrowed) -> tuple[Several, Floats]:
    """Bound A's sums as each order counts them, and what each of its options serves of needs taken out."""
    needs, layout = one.needs, one.layout
    checks = all_checks(one.scenario, clears_at_some_time(one.law))
    kinds = np.concatenate([needs[[BOTH_ENTITLED]] + needs[[FREED]], needs[len(KINDS) :], needs[[FREED]]])
    options = dense(kinds, passes_by_law(one.scenario, layout, checks))
    by_row = kinds.sum(axis=2)
    sums = from_rows(options[:-1], layout.gated, by_row[:-1])
    refusing = np.zeros((int(layout.gated.sum()), 1))
    return sums, np.concatenate([refusing, options[-1][layout.gated]], axis=1).ravel()


def as_before(law: Law, before: Law) -> Law:
    """A law with the gates of one and the judgement of another.

    Parameters
    ----------
    law
        Says what gates are compiled for, where they act, and what clears.
    before
        Says which needs are restricted.
    """
    epochs = tuple(
        replace(epoch, restricted=before.epochs[before.epoch_at(epoch.start_us)].restricted)
        for epoch in law.epochs
    )
    return replace(law, epochs=epochs)


def _program(one: Narrowed, worth: float = 1.0) -> Program:
    """Bound A's program over the rows of needs that are judged by two laws; without the desk.

    Each need that was taken out is worth a number of other entitled needs.
    """
    scenario, law, layout, needs = one.scenario, one.law, one.layout, one.needs
    checks: tuple[Check, ...] = tuple(all_checks(scenario, clears_at_some_time(law)))
    entitled = needs[BOTH_ENTITLED] + worth * needs[FREED]
    restricted = needs[NEWLY_RESTRICTED] + needs[BOTH_RESTRICTED]
    parts = []
    for clears in np.unique(layout.clears[layout.gated], axis=0):
        rows = _rows(layout, clears)
        out = outcomes(scenario, checks, tuple(clears.tolist())) if checks else None
        passes = np.ones((1, len(scenario.segments)))
        if out is not None:
            passes = np.concatenate([passes, out.at_once + out.reviewed])
        parts.append(
            Part(
                entitled[rows],
                restricted[rows],
                passes,
                np.zeros_like(passes),
                np.arange(len(passes)),
                tuple(scenario.segments),
                _Described(layout.cell[rows]),
            )
        )
    return Program(
        "A",
        law.reading,
        tuple(parts),
        (ALLOW, *(check.name for check in checks)),
        float(entitled.sum()),
        float(restricted.sum()),
        float(entitled[~layout.gated].sum()),
        float(restricted[~layout.gated].sum()),
        None,
        "gates that decide each need from its own cell",
    )


@dataclass(frozen=True)
class _Described:
    """What a row is: its cell."""

    cell: NDArray[np.int64]

    def __call__(self, row: int) -> dict[str, str]:
        return {"cell": str(self.cell[row])}


def _rows(layout: Layout, clears: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(layout.gated & (layout.clears == clears).all(axis=1))


def _freed_served(program: Program, choice: NDArray[np.int64], freed: Floats, layout: Layout) -> float:
    """Needs taken out of the order that a table serves."""
    total, first = 0.0, 0
    laws_of_rows = np.unique(layout.clears[layout.gated], axis=0)
    for part, clears in zip(program.parts, laws_of_rows, strict=True):
        rows, options = chosen(part, choice[first : first + len(part)])
        total += float((freed[_rows(layout, clears)][rows] * part.passes[options]).sum())
        first += len(part)
    return total


def _best_listed(one: Narrowed) -> Gate:
    """The listed policy that the outcome is about."""
    candidates, added = [], {}
    for name in one.asked.policies:
        served, extra = _served(one, name)
        found = _candidate(one, name, served)
        if found is None:
            continue
        added[name] = extra
        candidates.append(found)
    outcome = first_of(candidate.outcome for candidate in candidates)
    best = best_of(candidates)
    if best is None:
        return Gate(outcome, "", None, 0.0, 0.0)
    return Gate(
        outcome,
        best.policy,
        best.served.served_entitled,
        best.served.entitled,
        added[best.policy],
        best.leak,
        best.leaks,
    )


def _candidate(one: Narrowed, name: str, served: Served) -> Candidate | None:
    scenario, asked = one.scenario, one.asked
    issued = min(order.issued for order in scenario.orders)
    lead = scenario.policies[name].lead_time
    waits = (asked.date - issued).total_seconds() * 1e6
    rooms = asked.rooms(served, partial(_structure, one, name))
    return candidate(asked, name, served, rooms, (waits - lead) / DAY)


def _structure(one: Narrowed, name: str) -> list[bool]:
    """For each limit whether a need that it counts may be served, where what is served does not say it."""
    from gatesim.exact.states import has_memory

    gate = compile_gate(one.scenario, name, one.law)
    if not one.scenario.policies[name].documents and not has_memory(one.scenario, one.law, gate):
        return []
    return [may_leak(one.scenario, law, gate) for law in one.own or (one.law,)]


def _served(one: Narrowed, name: str) -> tuple[Served, float]:
    """What a policy serves by the narrowed order, and how much of it the order as it is restricts besides."""
    from gatesim.exact.states import has_memory

    scenario, law, layout, needs = one.scenario, one.law, one.layout, one.needs
    policy = scenario.policies[name]
    gate = compile_gate(scenario, name, law)
    total = needs.sum(axis=(1, 2))
    all_entitled, all_restricted = float(total[:2].sum()), float(total[2 : len(KINDS)].sum())
    if not has_memory(scenario, law, gate):
        check = Check(policy.documents, policy.checker) if policy.documents else None
        found = decided(scenario, gate, layout, check).of(needs)
        by_order = tuple(
            OwnServed(float(found[kind]), float(found[kind + 1]), float(total[kind]))
            for kind in range(len(KINDS), len(found), 2)
        )
        served = Served(
            float(found[:2].sum()), float(found[2 : len(KINDS)].sum()), all_entitled, all_restricted, by_order
        )
        return served, float(found[FREED])
    sums = []
    for judged_by in (law, one.before, *one.own):
        ends = World(scenario, judged_by).evaluate(gate, name, daily=False).counts.sum(axis=(0, 1, 2))
        sums.append(ends[:, [END_SERVED, END_LATE]].sum(axis=1) * scenario.represents / scenario.people)
    by_order = tuple(
        OwnServed(float(mine[1]), float(mine.sum()), float(total[len(KINDS) + 2 * number]))
        for number, mine in enumerate(sums[2:])
    )
    served = Served(float(sums[0][0]), float(sums[0][1]), all_entitled, all_restricted, by_order)
    return served, max(0.0, float(sums[1][1] - sums[0][1]))
