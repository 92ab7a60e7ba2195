"""The fast engine: the same model as the reference, for millions.

Accounts are taken a few thousand at a time: their needs are made once (`gatesim.engine.needs`), every gate decides
them (`gatesim.engine.life`), and what came of it is counted at once (`gatesim.engine.fast_tally`). So nothing is
kept of an account, unless it asks for a review at a simulated desk, where people meet: then its case is written
down, the desk takes all cases in the order of time (`gatesim.engine.fast_desk`), and the account is lived again
from its draws with what became of the case.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import (
    NONE,
    ZERO,
    GateArrays,
    Ints,
    LawArrays,
    WorldArrays,
    gate_arrays,
    law_arrays,
    world_arrays,
)
from gatesim.engine.asked import ask_owners, decide_vain
from gatesim.engine.columns import Bench, Needs, bodies_of, new_bench, new_needs, numbers_of
from gatesim.engine.fast_desk import D_ACCOUNT, D_FIRST, D_GATE, DESK_COLUMNS, desk_of, run_desk, write_case
from gatesim.engine.fast_tally import (
    Counting,
    Room,
    Sums,
    count_accounts,
    count_desk,
    counting,
    new_room,
    new_sums,
)
from gatesim.engine.fast_totals import tallies_of
from gatesim.engine.life import (
    ASKED,
    ASKS,
    K_BEGUN,
    K_DOCUMENT,
    K_END,
    K_JOINED,
    K_ROW,
    Ends,
    decide,
    decide_plainly,
    new_ends,
)
from gatesim.engine.needs import make_needs, owner_of
from gatesim.engine.waits import WaitTable
from gatesim.gates.tables import FRESH, Tables
from gatesim.law.law import Law
from gatesim.measures.ledger import ENDS, GAVE_UP, NO_ANSWER, NO_DOCUMENT, Ledger
from gatesim.measures.tally import Tally
from gatesim.scenario.schema import Scenario
from gatesim.world.compiled import compiled, used_folder
from gatesim.world.draws import SHIFT, check_key, uniform

Progress = Callable[[float], None]

CHUNK = 8192
"""Accounts that one call of the compiled code takes; of many accounts up to `LARGER` times as many."""

LARGER, PARTS = 4, 32
"""A call costs some hundred microseconds; but as many calls as `PARTS` are wanted for threads to end together."""

PORTION = 128
"""Accounts of which the needs are made before gates decide them: few enough for the processor's caches."""

ROWS = 8192
"""Needs that there is room for at first."""

_OUTCOME = np.array([outcome for outcome, _ in ENDS], dtype=np.int8)
_REASON = np.array([reason for _, reason in ENDS], dtype=np.int8)
_WITHOUT_DOCUMENT = np.isin(_REASON, (NO_ANSWER, GAVE_UP, NO_DOCUMENT))
"""Whether a need that ends so opened a check at which no document was presented."""

_NO_CASES: Ints = np.full(0, -1, dtype=np.int64)


class Views(NamedTuple):
    """Under which readings each gate is counted. Axes: G gates, V readings of gates."""

    begin: Ints  # [G + 1]
    bit: Ints  # [V]: the bit of the reading, see `LawArrays`


@compiled(forceinline=True, _nrt=False)
def _decide_and_count(
    first_gate: int,
    last_gate: int,
    accounts: int,
    seed: int,
    replication: int,
    length: int,
    n: Needs,
    g: GateArrays,
    views: Views,
    first_case: Ints,
    cases: Ints,
    asked: Ints,
    count: int,
    ends: Ends,
    k: Counting,
    room: Room,
    sums: Sums,
) -> int:
    """Let gates decide the needs of accounts, and count; accounts that ask the desk go to ``asked`` instead.

    Parameters
    ----------
    first_gate, last_gate
        The gates, before the last.
    accounts
        How many of ``n``.
    first_case, cases
        For each account its first case at the desk (or -1); what became of all cases. Empty before the desk has run.
    asked, count
        int64[room, DESK_COLUMNS]: where cases are written down, and how many there are. No room, once the desk has
        run.

    Returns
    -------
    int
        How many cases there are now.
    """
    for gate in range(first_gate, last_gate):
        decide_plainly(
            accounts, n.begin, n.epoch, n.cell, g.table[gate], g.plain_ends[FRESH], ends.ending, ends.halts
        )
        ask_owners(gate, accounts, seed, replication, n, g, ends)
        for a in range(accounts):
            ends.requests[a] = 0
        if g.forgets[gate]:
            decide_vain(gate, accounts, seed, replication, n, g, ends)
        checks = ZERO
        for a in range(accounts):
            ends.first_check[a] = checks
            if ends.halts[a] == NONE:
                continue
            start = ends.halts[a] if n.bodies[a] == 1 else n.begin[a]
            case = first_case[a] if a < len(first_case) else NONE
            opened = decide(a, gate, seed, replication, length, n, g, start, checks, case, cases, ends)
            if opened == ASKS:
                write_case(asked, count, gate, n.account[a], n.owner[a], count, ends)
                count += 1
                ends.halts[a] = ASKED
                continue
            count_desk(gate, checks, opened, ends, room)
            checks += opened
        ends.first_check[accounts] = checks
        for view in range(views.begin[gate], views.begin[gate + 1]):
            count_accounts(accounts, view, views.bit[view], n, ends, k, room, sums)
    return count


@compiled(nogil=True, _nrt=False)
def _live(
    first_gate: int,
    last_gate: int,
    accounts: Ints,
    seed: int,
    replication: int,
    w: WorldArrays,
    law: LawArrays,
    g: GateArrays,
    views: Views,
    first_case: Ints,
    cases: Ints,
    asked: Ints,
    count: int,
    n: Needs,
    bench: Bench,
    ends: Ends,
    k: Counting,
    room: Room,
    sums: Sums,
) -> tuple[int, int]:
    """Live accounts under gates, and count: see `_decide_and_count`; before the desk has run, count owners as well.

    Returns
    -------
    lived : int
        How many accounts were lived: all, or those before one for whose needs there is no room.
    count : int
        How many cases there are now.
    """
    lived = 0
    while lived < len(accounts):
        made = make_needs(accounts[lived : lived + PORTION], seed, replication, w, law, n, bench)
        if made == 0:
            break
        count = _decide_and_count(
            first_gate, last_gate, made, seed, replication, w.length, n, g, views,
            first_case[lived : lived + made], cases, asked, count, ends, k, room, sums,
        )  # fmt: skip
        if len(asked) > 0:
            for a in range(made):
                sums.owners[n.owner[a]] += 1
        lived += made
    return lived, count


@compiled(nogil=True, _nrt=False)
def _decide_rows(
    gate: int,
    accounts: int,
    seed: int,
    replication: int,
    length: int,
    n: Needs,
    g: GateArrays,
    first_case: Ints,
    cases: Ints,
    ends: Ends,
    rows: Ints,
) -> None:
    """Let a gate decide, and write how checks with a document went into int64[CHECK_COLUMNS, row]; -1 elsewhere."""
    rows[:] = -1
    for a in range(accounts):
        ends.halts[a] = n.begin[a]
    ask_owners(gate, accounts, seed, replication, n, g, ends)
    for a in range(accounts):
        checks = decide(a, gate, seed, replication, length, n, g, n.begin[a], 0, first_case[a], cases, ends)
        for check in range(checks):
            row = ends.checks[check, K_ROW]
            for column in (K_ROW, K_DOCUMENT, K_JOINED, K_BEGUN, K_END):
                rows[column, row] = ends.checks[check, column]


@compiled
def _owners(accounts: int, shift: float, segments: NDArray[np.float64]) -> Ints:
    """Accounts by the owner's segment."""
    found = np.zeros(len(segments), dtype=np.int64)
    for account in range(accounts):
        found[owner_of(account, shift, segments)] += 1
    return found


@dataclass(frozen=True)
class Job:
    """A gate, the law under each reading for which it is the same, and its table of waits.

    Attributes
    ----------
    laws
        The first is the one that the gate was compiled for.
    gate
        Its tables, one for each epoch.
    waits
        Draw waits for the desk from this table; None: simulate the desk.
    """

    laws: Sequence[Law]
    gate: Sequence[Tables]
    waits: WaitTable | None = None


@contextmanager
def _threads(number: int) -> Iterator[ThreadPoolExecutor]:
    """Threads; where the work is interrupted, what has not begun is not begun."""
    pool = ThreadPoolExecutor(number)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


class _Room:
    """Room for one thread to live accounts in; it grows with the account of most needs."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._make(ROWS)

    def _make(self, rows: int) -> None:
        self.needs: Needs = new_needs(rows, PORTION, len(self._population.scenario.models))
        self.bench: Bench = new_bench(self._population.world, rows, PORTION)
        self.ends: Ends = new_ends(
            rows, PORTION, self._population.bodies, len(self._population.scenario.documents)
        )

    def hold(self, rows: int) -> None:
        """Have room for an account of so many needs."""
        if rows > len(self.needs.time):
            self._make(rows)

    def lived(self, accounts: Ints, law: LawArrays) -> Iterator[tuple[Needs, int, int]]:
        """Make the needs of accounts, some at a time: (needs, first account, how many)."""
        first = 0
        while first < len(accounts):
            people, part = self._population, accounts[first : first + PORTION]
            made = make_needs(part, *people.key, people.world, law, self.needs, self.bench)
            if made == 0:
                self.hold(4 * len(self.needs.time))
                continue
            yield self.needs, first, made
            first += made


class Population:
    """People of a scenario, ready to be lived under gates.

    Parameters
    ----------
    scenario
        The scenario.
    seed, replication
        Key of the draws.
    accounts
        How many.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """

    def __init__(self, scenario: Scenario, seed: int, replication: int, accounts: int) -> None:
        self.scenario, self.accounts = scenario, accounts
        self.key = check_key(seed, replication)
        self.world = world_arrays(scenario)
        self.bodies = 1 + max(len(segment.co_users) for segment in scenario.segments.values())

    def by_segment(self) -> Ints:
        """int64[segment]: accounts by the owner's segment."""
        return _owners(self.accounts, uniform(*self.key, 0, SHIFT, 0), self.world.segments)

    def chunks(self, first: int, last: int) -> list[Ints]:
        """The accounts from ``first`` to before ``last`` in parts, by number."""
        return [np.arange(begin, min(begin + CHUNK, last)) for begin in range(first, last, CHUNK)]

    def gates(self, jobs: Sequence[Job]) -> GateArrays:
        """The gates of some jobs as arrays.

        Raises
        ------
        ValueError
            If tables do not match the epochs or the cells, or a document goes to a desk that is not there.
        """
        if self.scenario.desk is None:
            for d in {d for job in jobs for tables in job.gate for d in tables.documents}:
                if list(self.scenario.documents.values())[d].to_desk > 0:
                    raise ValueError(f"{list(self.scenario.documents)[d]} goes to a desk, and there is none")
        return gate_arrays(
            self.scenario,
            [job.laws[0] for job in jobs],
            [job.gate for job in jobs],
            [job.waits for job in jobs],
        )

    def tallies(
        self, jobs: Sequence[Job], threads: int = 1, progress: Progress | None = None
    ) -> list[list[Tally]]:
        """What gates do to the population, counted: all of them meet the same needs.

        Parameters
        ----------
        jobs
            The gates; the epochs of all their laws must be the same.
        threads
            Cores to use; the result does not depend on it.
        progress
            Called now and then with the part that is done, from 0 to 1.

        Returns
        -------
        list of list of Tally
            For each job a tally for each of its readings: the same integers as
            `gatesim.measures.tally.from_ledger` counts. Accounts are the clusters: where people share a cause
            by network, count the ledger instead.

        Raises
        ------
        ValueError
            As `gates`.
        """
        return _Run(self, jobs, threads, progress or (lambda part: None)).tallies()

    def under(
        self,
        law: Law,
        gate: Sequence[Tables],
        waits: WaitTable | None = None,
        threads: int = 1,
        progress: Progress | None = None,
    ) -> Lives:
        """The population under one gate; where a desk is simulated, it is run here.

        Parameters
        ----------
        law, gate
            The law, and the policy's tables, one for each epoch.
        waits
            Draw waits for the desk from this table instead of simulating it.
        threads
            Cores to use; the result does not depend on it.
        progress
            Where a desk is simulated: called now and then with the part that is done, from 0 to 1.

        Raises
        ------
        ValueError
            As `gates`.
        """
        return Lives(self, Job([law], gate, waits), threads, progress or (lambda part: None))


class _Run:
    """One run of several gates."""

    def __init__(self, population: Population, jobs: Sequence[Job], threads: int, progress: Progress) -> None:
        self.population, self.jobs, self.threads, self.progress = population, jobs, threads, progress
        self.arrays = population.gates(jobs)
        scenario = population.scenario
        # Readings that say the same of everybody are counted once.
        self.laws: list[Law] = []
        self.bits: list[list[int]] = [[self._bit(law) for law in job.laws] for job in jobs]
        self.law = law_arrays(scenario, self.laws)
        of_gate = [list(dict.fromkeys(bits)) for bits in self.bits]
        self.views = Views(
            np.cumsum([0, *(len(bits) for bits in of_gate)]), np.array([b for bits in of_gate for b in bits])
        )
        self.of_gate = of_gate
        self.counting = counting(scenario)
        self._local = threading.local()
        self.rooms: list[Room] = []
        self.owners: list[Ints] = []
        self.most_needs = ROWS
        """Room that the account of most needs takes."""
        self._done = 0

    def _bit(self, law: Law) -> int:
        for bit, known in enumerate(self.laws):
            pairs = zip(known.epochs, law.epochs, strict=True)
            if known is law or all(np.array_equal(x.restricted, y.restricted) for x, y in pairs):
                return bit
        self.laws.append(law)
        return len(self.laws) - 1

    def reviewed(self) -> dict[int, Ints]:
        """Live everybody, and count those who ask no desk; then run the desks: for each gate all its cases."""
        accounts = self.population.accounts
        size = min(LARGER * CHUNK, max(CHUNK, accounts // PARTS))
        parts = [range(begin, min(begin + size, accounts)) for begin in range(0, accounts, size)]
        with _threads(self.threads) as pool:
            asked = np.concatenate(
                [np.empty((0, DESK_COLUMNS), dtype=np.int64), *pool.map(self._first, parts)]
            )
            gates = [int(gate) for gate in np.unique(asked[:, D_GATE])]
            of_gate = [asked[asked[:, D_GATE] == gate] for gate in gates]
            return dict(zip(gates, pool.map(self._desk, gates, of_gate), strict=True))

    def tallies(self) -> list[list[Tally]]:
        """What is counted, for each job and reading."""
        reviewed = self.reviewed()
        again = [(gate, cases, part) for gate, cases in reviewed.items() for part in _firsts(cases)]
        with _threads(self.threads) as pool:
            list(pool.map(lambda one: self._after(*one), again))
        self.progress(1.0)
        gate_of = [gate for gate, bits in enumerate(self.of_gate) for _ in bits]
        scenario, accounts = self.population.scenario, np.sum(self.owners, axis=0)
        found = tallies_of(scenario, self.counting, self.rooms, gate_of, accounts)
        return [
            [found[int(self.views.begin[gate]) + self.of_gate[gate].index(bit)] for bit in bits]
            for gate, bits in enumerate(self.bits)
        ]

    def _mine(self) -> tuple[_Room, Room, Sums]:
        """What belongs to this thread."""
        if not hasattr(self._local, "mine"):
            scenario = self.population.scenario
            room = new_room(scenario, len(self.views.bit), len(self.jobs))
            sums = new_sums(scenario, PORTION)
            self._local.mine = (_Room(self.population), room, sums)
            self.rooms.append(room)
            self.owners.append(sums.owners)
        mine: tuple[_Room, Room, Sums] = self._local.mine
        return mine

    def _first(self, part: range) -> Ints:
        """Live accounts up to their first case at a simulated desk; count those without one."""
        accounts = np.arange(part.start, part.stop)
        asked = np.empty((len(accounts) * len(self.jobs), DESK_COLUMNS), dtype=np.int64)
        count = self._lived(0, len(self.jobs), accounts, _NO_CASES, asked[:0], asked)
        self._done += len(accounts)
        self.progress(0.95 * self._done / self.population.accounts)
        return asked[:count].copy()

    def _lived(
        self, first_gate: int, last_gate: int, accounts: Ints, first_case: Ints, cases: Ints, asked: Ints
    ) -> int:
        """Live accounts under some gates, and count; give back how many of them ask."""
        mine, room, sums = self._mine()
        people, first, count = self.population, 0, 0
        while True:
            lived, count = _live(
                first_gate, last_gate, accounts[first:], *people.key, people.world, self.law, self.arrays,
                self.views, first_case[first:], cases, asked, count,
                mine.needs, mine.bench, mine.ends, self.counting, room, sums,
            )  # fmt: skip
            first += lived
            if first == len(accounts):
                self.most_needs = max(self.most_needs, len(mine.needs.time))
                return count
            mine.hold(4 * len(mine.needs.time))

    def _desk(self, gate: int, asked: Ints) -> Ints:
        """Run the desk of one gate; ``asked`` holds the first case of each account that asks."""
        mine, _, _ = self._mine()
        cases = np.concatenate([asked, np.empty_like(asked)])
        first = np.arange(len(asked))
        cases[first, D_FIRST] = first
        people = self.population
        desk = desk_of(people.scenario, people.accounts)
        mine.hold(self.most_needs)
        reviewed, count = run_desk(
            gate, cases, len(asked), *people.key, people.world, self.law, self.arrays, desk,
            mine.needs, mine.bench, mine.ends,
        )  # fmt: skip
        return reviewed[:count]

    def _after(self, gate: int, cases: Ints, first: Ints) -> None:
        """Count accounts that had a case, given their first ones."""
        self._lived(gate, gate + 1, cases[first, D_ACCOUNT], first, cases, cases[:0])


def _firsts(cases: Ints) -> list[Ints]:
    """The first case of each account, a chunk of accounts at a time."""
    first = np.flatnonzero(cases[:, D_FIRST] == np.arange(len(cases)))
    return [first[begin : begin + CHUNK] for begin in range(0, len(first), CHUNK)]


class Lives:
    """What a gate does to a population, account by account: `Population.under` makes it."""

    def __init__(self, population: Population, job: Job, threads: int, progress: Progress) -> None:
        self._population, self._law = population, job.laws[0]
        self._arrays = population.gates([job])
        self._judge = law_arrays(population.scenario, [self._law])
        self._cases = np.empty((0, DESK_COLUMNS), dtype=np.int64)
        if population.scenario.desk is not None and job.waits is None and (self._arrays.to_desk > 0).any():
            run = _Run(population, [job], threads, progress)
            self._cases = run.reviewed().get(0, self._cases)
        first = np.concatenate([_NO_CASES, *_firsts(self._cases)])
        order = np.argsort(self._cases[first, D_ACCOUNT])
        self._first_case = first[order]
        self._with_case = self._cases[self._first_case, D_ACCOUNT]

    def _cases_of(self, accounts: Ints) -> Ints:
        """int64[account]: the first case of each, -1 where there is none."""
        found = np.full(len(accounts), -1, dtype=np.int64)
        if len(self._with_case):
            place = np.minimum(np.searchsorted(self._with_case, accounts), len(self._with_case) - 1)
            there = self._with_case[place] == accounts
            found[there] = self._first_case[place[there]]
        return found

    def _part(self, accounts: Ints) -> list[Ledger]:
        people, room = self._population, _Room(self._population)
        parts = []
        first_case = self._cases_of(accounts)
        for needs, first, made in room.lived(accounts, self._judge):
            rows = np.empty((5, int(needs.begin[made])), dtype=np.int64)
            _decide_rows(
                0,
                made,
                *people.key,
                people.world.length,
                needs,
                self._arrays,
                first_case[first : first + made],
                self._cases,
                room.ends,
                rows,
            )
            parts.append(self._ledger(needs, made, room.ends, rows))
        return parts

    def _ledger(self, n: Needs, accounts: int, ends: Ends, checks: Ints) -> Ledger:
        rows = checks.shape[1]
        number = np.diff(n.begin[: accounts + 1])
        owner, body = np.repeat(n.owner[:accounts], number), bodies_of(n, accounts)
        time, ending = n.time[:rows].copy(), ends.ending[:rows]
        presented, measured = checks[K_ROW] >= 0, np.zeros(rows, dtype=np.bool_)
        measured[n.seen[: n.first_seen[accounts]]] = True
        return Ledger(
            account=np.repeat(n.account[:accounts], number),
            body=body.astype(np.int16),
            need=numbers_of(n, accounts),
            segment=self._judge.segment[self._judge.maker[owner, body]].astype(np.int16),
            owner_segment=owner.astype(np.int16),
            time_us=time,
            end_us=np.where(presented, checks[K_END], time),
            model=n.model[:rows].copy(),
            region=n.region[:rows].copy(),
            cell=n.cell[:rows].astype(np.int64),
            measured=measured,
            restricted=n.restricted[:rows] > 0,
            outcome=_OUTCOME[ending],
            reason=_REASON[ending],
            asked=presented | _WITHOUT_DOCUMENT[ending],
            document=checks[K_DOCUMENT].astype(np.int16),
            joined_us=checks[K_JOINED].copy(),
            begun_us=checks[K_BEGUN].copy(),
        )

    def parts(self, first: int = 0, last: int | None = None, threads: int = 1) -> Iterator[Ledger]:
        """The ledger of the accounts from ``first`` to before ``last``, some hundred accounts at a time.

        No more than some chunks are made before they are asked for.
        """
        end = self._population.accounts if last is None else last
        with _threads(threads) as pool:
            coming: deque[Future[list[Ledger]]] = deque()
            for chunk in self._population.chunks(first, end):
                coming.append(pool.submit(self._part, chunk))
                if len(coming) > 2 * threads:
                    yield from coming.popleft().result()
            while coming:
                yield from coming.popleft().result()

    def ledger(self, first: int = 0, last: int | None = None, threads: int = 1) -> Ledger:
        """The ledger of the accounts from ``first`` to before ``last`` (all, if not given)."""
        return joined(list(self.parts(first, last, threads)))


def joined(parts: Sequence[Ledger]) -> Ledger:
    """Parts of a ledger, one after the other."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        if parts
        else np.zeros(0, dtype=np.int64)
        for name in Ledger.columns()
    }
    return Ledger(**columns)


def is_compiled(what: str) -> bool:
    """Whether the code of this version that makes a ``tally`` or a ``ledger`` is already in this user's cache.

    With the compiler off nothing is left to compile.
    """
    if not hasattr(_live, "py_func"):
        return True
    folder, last = used_folder(), {"tally": "_live", "ledger": "_decide_rows"}[what]
    return folder is not None and any(folder.rglob(f"fast.{last}-*.nbi"))


def simulate(
    scenario: Scenario,
    law: Law,
    gate: Sequence[Tables],
    accounts: int,
    *,
    seed: int,
    replication: int,
    waits: WaitTable | None = None,
    threads: int = 1,
) -> Ledger:
    """The ledger of a population under a gate: the same, need for need, as that of the reference engine.

    Parameters and errors are those of `Population`, `Population.under` and `Lives.ledger`.
    """
    return Population(scenario, seed, replication, accounts).under(law, gate, waits).ledger(threads=threads)
