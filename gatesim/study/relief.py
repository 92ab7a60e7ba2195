"""Relief: which narrowing of the order would leave something else than shutting down, and what it would let through.

A narrowing is judged twice. Under the narrowed order: which outcome holds for the list and for both bounds, and how
many needs the best gate of each serves. Under the order as it is: how many of the needs that it restricts are served
now (*added leaks*: what the narrowing takes out, as far as the gate serves it). Needs gained for each added leak rank
the narrowings.

Where no single thing that is taken out leaves a gate, two together are looked at; on request more, or what is in two
things at once.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gatesim._version import __version__
from gatesim.exact.evaluate import World
from gatesim.exact.expected import END_LATE, END_SERVED
from gatesim.exact.rows import Layout, decided, rows_of
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
from gatesim.measures.relieved import Left, ReliefClaim, Taken, relief_sentence
from gatesim.scenario import Loaded, ScenarioError, loaded_from
from gatesim.scenario.errors import Problem
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import ask
from gatesim.study.ceilings import dense, passes_by_law
from gatesim.study.claim import sentence_of
from gatesim.study.combined import MOST, Numbers, how_many, least_sufficient
from gatesim.study.gates import laws
from gatesim.study.narrowings import Narrowing, narrower, narrowings, together
from gatesim.study.own_limits import leaks_of, limits_as_json, own_laws
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

KINDS = BOTH_ENTITLED, FREED, NEWLY_RESTRICTED, BOTH_RESTRICTED = range(4)
"""Kinds of needs: by the narrowed order and by the order as it is. Nothing is restricted by narrowing."""

_LESS = 0.99
"""What is in two things at once is listed if it adds fewer leaks than this part of those of one that does alone."""

_NEAR = 1e-9
"""Shares of entitled needs that may be one: the value alone may differ from the whole bound by rounding."""


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
        found = dict(vars(self))
        leaks = found.pop("leaks")
        return found | ({"leaks": [one._asdict() for one in leaks]} if leaks else {})


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
class Looked:
    """What was looked at besides narrowings by one thing.

    Attributes
    ----------
    size
        Up to how many things were taken out together.
    combinations
        How many such combinations of two and more were looked at: those that contain none that leaves a gate, and
        take out what no smaller one does.
    narrower
        How many narrowings by what is in two things at once were looked at.
    """

    size: int = 1
    combinations: int = 0
    narrower: int = 0


@dataclass(frozen=True)
class Reliefs(Shown):
    """The answer of `relief`.

    Attributes
    ----------
    now
        The best of the list and of bound A under the order as it is; for B outcome and most served.
    found
        All narrowings by one thing that take something out, and those by several that leave a gate: first those after
        which a gate of the list or of bound A serves the floor within the limit, by needs gained for each added leak;
        then the others in the same way.
    idle
        Narrowings that take nothing out under the reading.
    left_out
        Listed policies that remember and were not evaluated.
    looked
        What was looked at besides narrowings by one thing.
    finding
        What was found, in words.
    sentence
        The sentence under the order as it is.
    """

    loaded: Loaded
    asked: Question
    now: tuple[Gate, Gate, tuple[Outcome, float | None]]
    found: tuple[Relief, ...]
    idle: tuple[Narrowing, ...]
    left_out: tuple[str, ...]
    looked: Looked
    finding: str
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
            **limits_as_json(self.asked),
            "now": {
                "list": self.now[0].to_dict(),
                "bound_A": self.now[1].to_dict(),
                "bound_B": {"outcome": self.now[2][0], "served": self.now[2][1]},
            },
            "narrowings": [_flat(one) for one in self.found],
            "idle": [one.words for one in self.idle],
            "looked_at": asdict(self.looked),
            "left_out": list(self.left_out),
            "verdict": {"finding": self.finding, "sentence": self.sentence},
            "warnings": list(self.loaded.warnings),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)


def _flat(one: Relief) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": one.narrowing.kind,
        "name": one.narrowing.name,
        "words": one.narrowing.words,
        "needs_taken_out": one.freed,
        "gain": one.gain,
        "gain_per_added_leak": one.per_leak,
    }
    for side, gate in (("list", one.list), ("bound_A", one.bound_A)):
        found |= {f"{side}_{name}": value for name, value in gate.to_dict().items()}
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
    conditions: int | None = None,
    at_once: bool = False,
    order: str | None = None,
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
    conditions
        Up to how many things are taken out together. By default one, and two where nothing less leaves a gate.
        Combinations that contain a smaller one that leaves a gate are passed over.
    at_once
        Whether to look at what is in two things at once as well, such as a status within a channel.
    order
        The place in the file (from 1), or the title, of an order whose own leaks alone are limited; by default those
        of all orders at once, where they differ. What is taken out is taken out of every order all the same.
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    Reliefs
        The narrowings, ranked.

    Raises
    ------
    ScenarioError
        If the scenario is wrong or has no order, what is asked for does not exist, or there are too many combinations.
    CannotDo
        If the exact engine cannot do a policy.
    TooLarge
        If the signals have too many joint readings.
    """
    if conditions is not None and conditions < 1:
        problem = Problem("--conditions", None, "", f"{conditions} is no number of things: write 1 or more")
        raise ScenarioError([problem])
    loaded = loaded_from(source, sets)
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
    say = progress or (lambda done, doing: None)
    standings = Standings(loaded.scenario, asked)
    judged = replace(asked, policies=asked.policies if memory else standings.plain)
    sentence = sentence_of(loaded, standings)
    search = _Search(loaded.scenario, judged, memory, say)
    singles = search.each(list(narrowings(loaded.scenario)))
    idle = [one for one in search.every if one not in [relief.narrowing for relief in singles]]
    several = search.at_once(singles) if at_once else []
    most = conditions
    if most is None:
        most = 1 if search.now_ends or any(map(ends, [*singles, *several])) else 2
    several += search.together(singles, most)
    found = tuple(sorted([*singles, *several], key=_rank))
    looked = Looked(most, search.combinations, search.narrower)
    return Reliefs(
        loaded,
        asked,
        search.now,
        found,
        tuple(idle),
        tuple(name for name in standings.remembering if not memory),
        looked,
        relief_sentence(_claim(judged, search.now, found, looked)),
        sentence,
    )


def ends(one: Relief) -> bool:
    """Whether a narrowing leaves a gate of the list or of bound A."""
    return one.ends("list") or one.ends("bound_A")


def _rank(one: Relief) -> tuple[bool, bool, float, float, str]:
    """First those that end it; of these first what gains without any added leak; then by gain for each."""
    free = one.per_leak is None and one.gain > 0
    return not ends(one), not free, -(one.per_leak or 0.0), one.bound_A.added, one.narrowing.words


def _claim(
    asked: Question,
    now: tuple[Gate, Gate, tuple[Outcome, float | None]],
    found: Iterable[Relief],
    looked: Looked,
) -> ReliefClaim:
    """What the finding says."""
    found = tuple(found)
    singles = [one for one in found if one.narrowing.manner == "one"]
    return ReliefClaim(
        asked.ratio,
        asked.limit,
        asked.floor,
        _left(now[0], now[1]),
        len(asked.policies),
        tuple(
            Taken(
                one.narrowing.words,
                _left(one.list, one.bound_A),
                one.bound_A.added,
                one.gain,
                one.bound_A.served,
            )
            for one in found
        ),
        looked.combinations,
        looked.size,
        looked.narrower,
        sum(one.ends("bound_B") for one in singles),
        tuple(one.words for one in asked.each),
    )


def _left(listed: Gate, a: Gate) -> Left | None:
    """The gate that is left: one of the list, if there is one."""
    for gate in (listed, a):
        if gate.outcome == "gate_available":
            return Left(gate.policy, gate.served, gate.leak, gate.leaks)
    return None


class _Search:
    """Narrowings of one scenario, each looked at once.

    Parameters
    ----------
    scenario, asked, memory
        The scenario, what is asked, whether policies that remember are among those asked about.
    say
        Called with the share of the work that is done and what is being done.
    """

    def __init__(self, scenario: Scenario, asked: Question, memory: bool, say: Progress) -> None:
        self._scenario, self._asked, self._memory, self._say = scenario, asked, memory, say
        self._before = _law(scenario, asked)
        self.now = _under(scenario, scenario, asked)[1:]
        self.every: list[Narrowing] = []
        self.combinations = self.narrower = 0
        self._signs: dict[Hashable, bool] = {_sign(self._before): False}
        """What has been looked at, and whether it leaves a gate."""

    @property
    def now_ends(self) -> bool:
        """Whether the order as it is leaves a gate."""
        return any(gate.outcome == "gate_available" for gate in self.now[:2])

    def each(self, every: list[Narrowing]) -> list[Relief]:
        """All narrowings by one thing; those that take nothing out are dropped."""
        self.every = every
        found = []
        for number, narrowing in enumerate(every):
            self._say(number / len(every), narrowing.words)
            one = self._relief(narrowing)
            if one.freed > 0:
                found.append(one)
                self._signs[_sign(_law(narrowing.of(self._scenario), self._asked))] = ends(one)
        return found

    def at_once(self, singles: Sequence[Relief]) -> list[Relief]:
        """What is in two things at once, where it leaves a gate and fewer added leaks than either that does alone."""
        alone = {one.narrowing.words: one.bound_A.added for one in singles if ends(one)}
        every = list(narrower(one.narrowing for one in singles))
        found = []
        for number, narrowing in enumerate(every):
            self._say(number / len(every), f"two at once: {narrowing.words}")
            sign = _sign(_law(narrowing.of(self._scenario), self._asked))
            if sign in self._signs:
                continue
            self.narrower += 1
            most = min((alone[part.words] for part in narrowing.parts if part.words in alone), default=inf)
            one = self._if_it_ends(narrowing)
            listed = one is not None and one.bound_A.added < _LESS * most
            if one is None or listed:
                # One that suffices and is not listed must not stand for a combination that takes out the same.
                self._signs[sign] = listed
            if one is not None and listed:
                found.append(one)
        return found

    def together(self, singles: Sequence[Relief], most: int) -> list[Relief]:
        """Several things together that leave a gate, where no fewer of them do.

        Raises
        ------
        ScenarioError
            If there are too many combinations.
        """
        things = [one.narrowing for one in singles if not ends(one)]
        count = how_many(len(things), most)
        if count > MOST:
            message = (
                f"{len(things)} things can be taken out, in {count:,} combinations of up to {most}; at most {MOST:,} "
                "are gone through: ask for fewer"
            )
            raise ScenarioError([Problem("--conditions", None, "", message)])
        found: dict[Numbers, Relief | None] = {}

        def sign(numbers: Numbers) -> Hashable:
            narrowed = together(things[k] for k in numbers).of(self._scenario)
            return _sign(_law(narrowed, self._asked))

        def suffices(numbers: Numbers) -> bool:
            narrowing = together(things[k] for k in numbers)
            self._say(self.combinations / count, f"together: {narrowing.words}")
            self.combinations += 1
            found[numbers] = self._if_it_ends(narrowing)
            return found[numbers] is not None

        sufficient = least_sufficient(len(things), most, sign, suffices, self._signs)
        return [one for numbers in sufficient if (one := found[numbers]) is not None]

    def _if_it_ends(self, narrowing: Narrowing) -> Relief | None:
        """The narrowing, if it leaves a gate.

        Plain policies are among bound A's gates: where none of these is left, none of the list is.
        """
        if not self._memory and not self._a_may_end(narrowing):
            return None
        one = self._relief(narrowing)
        return one if ends(one) else None

    def _a_may_end(self, narrowing: Narrowing) -> bool:
        narrowed = narrowing.of(self._scenario)
        law = _law(narrowed, self._asked)
        own = own_laws(narrowed, law, self._asked.each)
        rows = rows_of(narrowed, law, as_before(law, self._before), own)
        if own:
            sums, _ = _of_orders(narrowed, law, rows.layout, rows.needs)
            most = most_value_within(sums, self._asked.standards)
            return most is not None and most >= self._asked.floor - _NEAR
        most = most_value(dense_of(_program(narrowed, law, rows.layout, rows.needs)), self._asked.standard)
        return most is not None and most >= self._asked.floor - _NEAR

    def _relief(self, narrowing: Narrowing) -> Relief:
        freed, listed, a, b = _under(self._scenario, narrowing.of(self._scenario), self._asked)
        gain = a.needs - self.now[1].needs
        per_leak = gain / a.added if a.added > 0 else None
        return Relief(narrowing, freed, listed, a, b, gain, per_leak)


def _law(scenario: Scenario, asked: Question) -> Law:
    return laws(scenario, scenario.seed, 0, (asked.reading,))[asked.reading]


def _sign(law: Law) -> Hashable:
    """What a law says: whom it restricts, where gates act, what clears."""
    return tuple(
        (e.start_us, e.named.tobytes(), e.gated.tobytes(), e.restricted.tobytes(), e.clears.tobytes())
        for e in law.epochs
    )


def _under(
    scenario: Scenario, narrowed: Scenario, asked: Question
) -> tuple[float, Gate, Gate, tuple[Outcome, float | None]]:
    """Needs taken out; the best of the list, of bound A; outcome and most served by bound B."""
    law = _law(narrowed, asked)
    before = as_before(law, _law(scenario, asked))
    own = own_laws(narrowed, law, asked.each)
    rows = rows_of(narrowed, law, before, own)
    needs, layout = rows.needs, rows.layout
    listed = _best_listed(narrowed, law, before, own, layout, needs, asked)
    freed = float(needs[FREED].sum())
    if own:
        return freed, listed, *_bounds_of_orders(narrowed, law, own, layout, needs, asked)
    program = _program(narrowed, law, layout, needs)
    bound = most_served(program, asked.standard)
    added = 0.0
    if bound.value is not None:
        for weight, choice in bound.mixture():
            added += weight * _freed_served(program, choice, needs[FREED], layout)
    added += float(needs[FREED][~layout.gated].sum())
    leak = bound.leak_rate if asked.ratio == "leak_rate" else bound.leak_share
    a = Gate(outcome_of_most(bound.value, asked.floor), "", bound.value, bound.served, added, leak)
    b = most_served(program_b(narrowed, law), asked.standard).value
    return freed, listed, a, (outcome_of_most(b, asked.floor), b)


def _bounds_of_orders(
    scenario: Scenario, law: Law, own: Sequence[Law], layout: Layout, needs: Floats, asked: Question
) -> tuple[Gate, tuple[Outcome, float | None]]:
    """The best gate of bound A, outcome and most served by bound B, within the limits of all orders at once."""
    sums, freed = _of_orders(scenario, law, layout, needs)
    within = most_within(sums, asked.standards)
    added = float(needs[FREED][~layout.gated].sum())
    served = 0.0
    if within.value is not None:
        added += float(freed @ within.shares)
        served = within.value * sums.entitled
    a = Gate(
        outcome_of_most(within.value, asked.floor),
        "",
        within.value,
        served,
        added,
        None,
        leaks_of(asked.each, within),
    )
    b = most_value_within(several(scenario, law, own, "B"), asked.standards)
    return a, (outcome_of_most(b, asked.floor), b)


def _of_orders(scenario: Scenario, law: Law, layout: Layout, needs: Floats) -> tuple[Several, Floats]:
    """Bound A's sums as each order counts them, and what each of its options serves of needs taken out."""
    checks = all_checks(scenario, clears_at_some_time(law))
    kinds = np.concatenate([needs[[BOTH_ENTITLED]] + needs[[FREED]], needs[len(KINDS) :], needs[[FREED]]])
    options = dense(kinds, passes_by_law(scenario, layout, checks))
    by_row = kinds.sum(axis=2)
    sums = from_rows("A", options[:-1], layout.gated, by_row[:-1], by_row[1:-1:2].sum(axis=1).tolist())
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
    scenario: Scenario,
    law: Law,
    before: Law,
    own: Sequence[Law],
    layout: Layout,
    needs: Floats,
    asked: Question,
) -> Gate:
    """The listed policy that the outcome is about."""
    candidates, added = [], {}
    for name in asked.policies:
        served, extra = _served(scenario, law, before, own, layout, needs, name)
        if served.entitled + served.restricted <= 0:
            continue
        added[name] = extra
        candidates.append(_candidate(scenario, asked, name, served))
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


def _candidate(scenario: Scenario, asked: Question, name: str, served: Served) -> Candidate:
    share = served.served_entitled
    issued = min(order.issued for order in scenario.orders)
    lead = scenario.policies[name].lead_time
    waits = (asked.date - issued).total_seconds() * 1e6
    serves_floor = asked.floor <= 0 or share is None or share >= asked.floor
    if asked.each:
        pairs = list(zip(asked.each, served.own, strict=True))
        room = min(one.room(own) for one, own in pairs)
        leaks = tuple(one.leak(own) for one, own in pairs)
        return Candidate(name, served, None, room >= 0, serves_floor, lead <= waits, leaks, max(-room, 0.0))
    return Candidate(
        name,
        served,
        served.leak_rate if asked.ratio == "leak_rate" else served.leak_share,
        served.restricted <= asked.limit * served.base(asked.ratio),
        serves_floor,
        lead <= waits,
    )


def _served(
    scenario: Scenario,
    law: Law,
    before: Law,
    own: Sequence[Law],
    layout: Layout,
    needs: Floats,
    name: str,
) -> tuple[Served, float]:
    """What a policy serves by the narrowed order, and how much of it the order as it is restricts besides."""
    from gatesim.exact.states import has_memory

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
    for judged_by in (law, before, *own):
        ends = World(scenario, judged_by).evaluate(gate, name, daily=False).counts.sum(axis=(0, 1, 2))
        sums.append(ends[:, [END_SERVED, END_LATE]].sum(axis=1) * scenario.represents / scenario.people)
    by_order = tuple(
        OwnServed(float(one[1]), float(one.sum()), float(total[len(KINDS) + 2 * number]))
        for number, one in enumerate(sums[2:])
    )
    served = Served(float(sums[0][0]), float(sums[0][1]), all_entitled, all_restricted, by_order)
    return served, max(0.0, float(sums[1][1] - sums[0][1]))
