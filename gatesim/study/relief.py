"""Relief: which narrowing of the order would leave something else than shutting down, and what it would let through.

A narrowing is judged twice. Under the narrowed order: which outcome holds for the list and for both bounds, and how
many needs the best gate of each serves. Under the order as it is: how many of the needs that it restricts are served
now (*added leaks*: what the narrowing takes out, as far as the gate serves it). Needs gained for each added leak rank
the narrowings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gatesim._version import __version__
from gatesim.exact.evaluate import World
from gatesim.exact.expected import END_LATE, END_SERVED
from gatesim.exact.rows import Layout, decided, rows_of
from gatesim.exact.varied import Served
from gatesim.gates.bounds import Check, Part, Program, all_checks, most_served, program_b
from gatesim.gates.bounds.mixture import chosen
from gatesim.gates.bounds.one_need import clears_at_some_time
from gatesim.gates.bounds.program import ALLOW
from gatesim.gates.bounds.requests import outcomes
from gatesim.gates.compile import compile_gate
from gatesim.law.law import Law
from gatesim.measures.judgement import Outcome
from gatesim.scenario import Loaded, loaded_from
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import ask
from gatesim.study.claim import sentence_of
from gatesim.study.gates import laws
from gatesim.study.narrowings import Narrowing, narrowings
from gatesim.study.progress import Progress
from gatesim.study.shown import Shown
from gatesim.study.standing import (
    Candidate,
    Question,
    Standings,
    best_of,
    first_of,
    outcome_of_most,
)

if TYPE_CHECKING:
    import pandas as pd


Floats = NDArray[np.float64]

BOTH_ENTITLED, FREED, NEWLY_RESTRICTED, BOTH_RESTRICTED = range(4)
"""Kinds of needs: by the narrowed order and by the order as it is. Nothing is restricted by narrowing."""


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
    """

    outcome: Outcome
    policy: str
    served: float | None
    needs: float
    added: float


@dataclass(frozen=True)
class Relief:
    """A narrowing and what follows from it.

    Attributes
    ----------
    narrowing
        What is taken out of the order.
    freed
        Needs that it takes out.
    list, bound_A
        The best of each under the narrowed order.
    bound_B
        The outcome for gates that remember, and the most that they serve.
    gain
        Needs that bound A's best gate serves more than under the order as it is.
    per_leak
        Gain for each added leak; None where no leak is added.
    """

    narrowing: Narrowing
    freed: float
    list: Gate
    bound_A: Gate  # noqa: N815 -- the name that every result has for it
    bound_B: tuple[Outcome, float | None]  # noqa: N815
    gain: float
    per_leak: float | None

    def ends(self, side: str) -> bool:
        """Whether something else than shutting down is left for the list, or for bound A or B."""
        outcome = self.bound_B[0] if side == "bound_B" else getattr(self, side).outcome
        return outcome == "gate_available"


@dataclass(frozen=True)
class Reliefs(Shown):
    """The answer of `relief`.

    Attributes
    ----------
    now
        The best of the list and of bound A under the order as it is; for B outcome and most served.
    found
        All narrowings that take something out: first those after which a gate of the list or of bound A serves the
        floor within the limit, by needs gained for each added leak; then the others in the same way.
    idle
        Narrowings that take nothing out under the reading.
    left_out
        Listed policies that remember and were not evaluated.
    sentence
        The sentence under the order as it is.
    """

    loaded: Loaded
    asked: Question
    now: tuple[Gate, Gate, tuple[Outcome, float | None]]
    found: tuple[Relief, ...]
    idle: tuple[Narrowing, ...]
    left_out: tuple[str, ...]
    sentence: str

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each narrowing."""
        import pandas as pd

        return pd.DataFrame([_flat(one) for one in self.found])

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "schema": 1,
            "scenario": self.loaded.scenario.title,
            "engine": "exact",
            "version": __version__,
            "reading": self.asked.reading,
            "ratio": self.asked.ratio,
            "limit": self.asked.limit,
            "floor": self.asked.floor,
            "now": {
                "list": asdict(self.now[0]),
                "bound_A": asdict(self.now[1]),
                "bound_B": {"outcome": self.now[2][0], "served": self.now[2][1]},
            },
            "narrowings": [_flat(one) for one in self.found],
            "idle": [one.words for one in self.idle],
            "left_out": list(self.left_out),
            "verdict": {"sentence": self.sentence},
            "warnings": list(self.loaded.warnings),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)


def _flat(one: Relief) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": one.narrowing.kind,
        "name": one.narrowing.name,
        "needs_taken_out": one.freed,
        "gain": one.gain,
        "gain_per_added_leak": one.per_leak,
    }
    for side, gate in (("list", one.list), ("bound_A", one.bound_A)):
        found |= {f"{side}_{name}": value for name, value in asdict(gate).items()}
    return found | {"bound_B_outcome": one.bound_B[0], "bound_B_served": one.bound_B[1]}


def relief(
    source: str | Path | Loaded,
    *,
    sets: Sequence[str] = (),
    reading: str | None = None,
    ratio: str | None = None,
    limit: float | None = None,
    floor: float | None = None,
    policies: Sequence[str] | None = None,
    memory: bool = True,
    progress: Progress | None = None,
) -> Reliefs:
    """Say which narrowing of the order would leave something else than shutting down, and what it would let through.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    sets
        Keys to set, each ``KEY=VALUE``.
    reading, ratio, limit, floor
        What is asked; by default the first order's reading and standard, and the verdict's floor.
    policies
        Names of the candidates; by default all.
    memory
        Whether listed policies that remember are evaluated as well: they take longest.
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    Reliefs
        The narrowings, ranked.

    Raises
    ------
    ScenarioError
        If the scenario is wrong or has no order, or what is asked for does not exist.
    CannotDo
        If the exact engine cannot do a policy.
    TooLarge
        If the signals have too many joint readings.
    """
    loaded = loaded_from(source, sets)
    asked = ask(loaded, reading=reading, ratio=ratio, limit=limit, floor=floor, policies=policies)
    scenario, say = loaded.scenario, progress or (lambda done, doing: None)
    standings = Standings(scenario, asked)
    judged = replace(asked, policies=asked.policies if memory else standings.plain)
    sentence = sentence_of(loaded, standings)
    now = _under(scenario, scenario, judged)
    found, idle = [], []
    every = list(narrowings(scenario))
    for number, narrowing in enumerate(every):
        say(number / len(every), narrowing.words)
        freed, listed, a, b = _under(scenario, narrowing.of(scenario), judged)
        if not freed > 0:
            idle.append(narrowing)
            continue
        gain = a.needs - now[2].needs
        per_leak = gain / a.added if a.added > 0 else None
        found.append(Relief(narrowing, freed, listed, a, b, gain, per_leak))
    return Reliefs(
        loaded,
        asked,
        now[1:],
        tuple(sorted(found, key=_rank)),
        tuple(idle),
        tuple(name for name in standings.remembering if not memory),
        sentence,
    )


def _rank(one: Relief) -> tuple[bool, bool, float, float, str]:
    """First those that end it; of these first what gains without any added leak; then by gain for each."""
    ends = one.ends("list") or one.ends("bound_A")
    free = one.per_leak is None and one.gain > 0
    return not ends, not free, -(one.per_leak or 0.0), one.bound_A.added, one.narrowing.words


def _under(
    scenario: Scenario, narrowed: Scenario, asked: Question
) -> tuple[float, Gate, Gate, tuple[Outcome, float | None]]:
    """Needs taken out; the best of the list, of bound A; outcome and most served by bound B."""
    law = laws(narrowed, narrowed.seed, 0)[asked.reading]
    before = as_before(law, laws(scenario, scenario.seed, 0)[asked.reading])
    rows = rows_of(narrowed, law, before)
    needs, layout = rows.needs, rows.layout
    program = _program(narrowed, law, layout, needs)
    bound = most_served(program, asked.standard)
    added = 0.0
    if bound.value is not None:
        for weight, choice in bound.mixture():
            added += weight * _freed_served(program, choice, needs[FREED], layout)
    added += float(needs[FREED][~layout.gated].sum())
    a = Gate(outcome_of_most(bound.value, asked.floor), "", bound.value, bound.served, added)
    b = most_served(program_b(narrowed, law), asked.standard).value
    listed = _best_listed(narrowed, law, before, layout, needs, asked)
    return float(needs[FREED].sum()), listed, a, (outcome_of_most(b, asked.floor), b)


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


def _program(scenario: Scenario, law: Law, layout: Layout, needs: Floats) -> Program:
    """Bound A's program over the rows of needs that are judged by two laws; without the desk."""
    checks: tuple[Check, ...] = tuple(all_checks(scenario, clears_at_some_time(law)))
    entitled = needs[BOTH_ENTITLED] + needs[FREED]
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


def _best_listed(
    scenario: Scenario, law: Law, before: Law, layout: Layout, needs: Floats, asked: Question
) -> Gate:
    """The listed policy that the outcome is about."""
    candidates, added = [], {}
    for name in asked.policies:
        served, extra = _served(scenario, law, before, layout, needs, name)
        if served.entitled + served.restricted <= 0:
            continue
        added[name] = extra
        candidates.append(_candidate(scenario, asked, name, served))
    outcome = first_of(candidate.outcome for candidate in candidates)
    best = best_of(candidates)
    if best is None:
        return Gate(outcome, "", None, 0.0, 0.0)
    return Gate(outcome, best.policy, best.served.served_entitled, best.served.entitled, added[best.policy])


def _candidate(scenario: Scenario, asked: Question, name: str, served: Served) -> Candidate:
    share = served.served_entitled
    issued = min(order.issued for order in scenario.orders)
    lead = scenario.policies[name].lead_time
    waits = (asked.date - issued).total_seconds() * 1e6
    return Candidate(
        name,
        served,
        served.leak_rate if asked.ratio == "leak_rate" else served.leak_share,
        served.restricted <= asked.limit * served.base(asked.ratio),
        asked.floor <= 0 or share is None or share >= asked.floor,
        lead <= waits,
    )


def _served(
    scenario: Scenario, law: Law, before: Law, layout: Layout, needs: Floats, name: str
) -> tuple[Served, float]:
    """What a policy serves by the narrowed order, and how much of it the order as it is restricts besides."""
    from gatesim.exact.states import has_memory

    policy = scenario.policies[name]
    gate = compile_gate(scenario, name, law)
    total = needs.sum(axis=(1, 2))
    all_entitled, all_restricted = float(total[:2].sum()), float(total[2:].sum())
    if not has_memory(scenario, law, gate):
        check = Check(policy.documents, policy.checker) if policy.documents else None
        found = decided(scenario, gate, layout, check).of(needs)
        served = Served(float(found[:2].sum()), float(found[2:].sum()), all_entitled, all_restricted)
        return served, float(found[FREED])
    sums = []
    for judged_by in (law, before):
        ends = World(scenario, judged_by).evaluate(gate, name, daily=False).counts.sum(axis=(0, 1, 2))
        sums.append(ends[:, [END_SERVED, END_LATE]].sum(axis=1) * scenario.represents / scenario.people)
    served = Served(float(sums[0][0]), float(sums[0][1]), all_entitled, all_restricted)
    return served, max(0.0, float(sums[1][1] - sums[0][1]))
