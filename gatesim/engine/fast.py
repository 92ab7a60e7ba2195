"""The fast engine: the same model as the reference, for millions.

A person is a row of needs until they must wait for a reviewer. Between two changes of the world people do not
meet, so each account is lived by itself, from its draws (`gatesim.engine.life`). Only a simulated desk makes
people meet: accounts are then lived up to the case that joins it, and again from the start once the desk has said
what became of the case (`gatesim.engine.fast_desk`). That is cheaper than to keep anything of them: what happened
before follows from the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import GateArrays, WorldArrays, gate_arrays, world_arrays
from gatesim.engine.fast_desk import Reviewed, review
from gatesim.engine.fast_tally import as_tally, counting, live_and_count, new_room, new_slots
from gatesim.engine.life import (
    FULL,
    N_ASKED,
    N_BEGUN,
    N_BODY,
    N_CELL,
    N_DOCUMENT,
    N_END,
    N_JOINED,
    N_MODEL,
    N_NUMBER,
    N_OUTCOME,
    N_REASON,
    N_REGION,
    N_SEGMENT,
    N_TIME,
    NEED_COLUMNS,
    REQUEST_COLUMNS,
    Ints,
    decide,
    first_above,
    make_needs,
)
from gatesim.engine.waits import WaitTable
from gatesim.gates.tables import Tables
from gatesim.law.law import Law
from gatesim.measures.ledger import Ledger
from gatesim.measures.tally import Tally
from gatesim.scenario.schema import Scenario
from gatesim.world.compiled import cache_folder, compiled
from gatesim.world.draws import check_key, stratified

Progress = Callable[[float], None]

CHUNK = 4096
"""Accounts that one call of the compiled code lives."""

R_ACCOUNT, R_OWNER = NEED_COLUMNS, NEED_COLUMNS + 1
ROW_COLUMNS = NEED_COLUMNS + 2


@compiled(nogil=True)
def _live(
    first: int,
    last: int,
    gate: int,
    seed: int,
    replication: int,
    w: WorldArrays,
    g: GateArrays,
    first_case: Ints,
    cases: Ints,
    needs: Ints,
    bodies: Ints,
    noise: NDArray[np.float64],
    rows: Ints,
) -> int:
    """Live the accounts from ``first`` to before ``last``; give back the rows filled, or `FULL`."""
    filled = 0
    request = np.zeros(REQUEST_COLUMNS, dtype=np.int64)
    for account in range(first, last):
        made = make_needs(account, seed, replication, w, needs, bodies, noise)
        if made == FULL or filled + made > len(rows):
            return FULL
        owner = bodies[0, 1]
        case = first_case[account] if account < len(first_case) else -1
        decide(
            account,
            gate,
            seed,
            replication,
            w.length,
            w.channel[owner],
            owner,
            g,
            needs,
            bodies,
            case,
            cases,
            request,
        )
        for row in range(made):
            for column in range(NEED_COLUMNS):
                rows[filled + row, column] = needs[row, column]
            rows[filled + row, R_ACCOUNT] = account
            rows[filled + row, R_OWNER] = owner
        filled += made
    return filled


@compiled
def _owners(accounts: int, seed: int, replication: int, segments: NDArray[np.float64]) -> Ints:
    """Accounts by the owner's segment."""
    found = np.zeros(len(segments), dtype=np.int64)
    for account in range(accounts):
        found[first_above(stratified(seed, replication, account), segments)] += 1
    return found


class Population:
    """People of a scenario, ready to be lived under one gate after the other.

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
        self._signals = len(scenario.signals)
        self._bodies = 2 + max(len(segment.co_users) for segment in scenario.segments.values())

    def by_segment(self) -> Ints:
        """int64[segment]: accounts by the owner's segment."""
        return _owners(self.accounts, *self.key, self.world.segments)

    def rooms(self, rows: int) -> tuple[Ints, Ints, NDArray[np.float64]]:
        """Room to work in, for accounts of at most so many needs."""
        return (
            np.zeros((rows, NEED_COLUMNS), dtype=np.int64),
            np.zeros((self._bodies, 3), dtype=np.int64),
            np.zeros((4, max(1, self._signals))),
        )

    def under(self, law: Law, gate: Sequence[Tables], waits: WaitTable | None = None) -> Lives:
        """The population under a gate; where a desk is simulated, it is run here.

        Parameters
        ----------
        law, gate
            The law, and the policy's tables, one for each epoch.
        waits
            Draw waits for the desk from this table instead of simulating it.

        Raises
        ------
        ValueError
            If the tables do not match the epochs, or a document of the policy goes to a desk that is not there.
        """
        if self.scenario.desk is None:
            for tables in gate:
                for d in tables.documents:
                    if list(self.scenario.documents.values())[d].to_desk > 0:
                        raise ValueError(
                            f"{list(self.scenario.documents)[d]} goes to a desk, and there is none"
                        )
        arrays = gate_arrays(self.scenario, [law], [gate], [waits])
        reviewed = review(
            self.rooms, self.scenario, arrays, self.world, self.key, self.accounts, waits is not None
        )
        return Lives(self, law, arrays, reviewed)


class Lives:
    """What a gate does to a population, account by account: `Population.under` makes it."""

    def __init__(self, population: Population, law: Law, arrays: GateArrays, reviewed: Reviewed) -> None:
        self._population, self._law, self._arrays, self._reviewed = population, law, arrays, reviewed

    def _rows(self, first: int, last: int) -> Ints:
        people = self._population
        rows, out = 1024, 16 * (last - first)
        while True:
            needs, bodies, noise = people.rooms(rows)
            buffer = np.empty((out, ROW_COLUMNS), dtype=np.int64)
            filled = _live(
                first,
                last,
                0,
                *people.key,
                people.world,
                self._arrays,
                *self._reviewed,
                needs,
                bodies,
                noise,
                buffer,
            )
            if filled != FULL:
                return buffer[:filled]
            rows, out = 4 * rows, 4 * out

    def tallies(self, laws: Sequence[Law], progress: Progress | None = None) -> list[Tally]:
        """The tally under each of several readings that share this run, without a ledger.

        Parameters
        ----------
        laws
            The law under each reading, the one the gate was compiled for among them.
        progress
            Called now and then with the part that is done, from 0 to 1.

        Returns
        -------
        list of Tally
            The same integers as `gatesim.measures.tally.from_ledger` counts. Accounts are the clusters: where people
            share a cause by network, count the ledger instead.
        """
        people = self._population
        scenario, accounts = people.scenario, people.by_segment()
        k = counting(scenario, laws)
        rooms = [new_room(scenario, k) for _ in laws]
        slots = new_slots(scenario, k)
        for number, room in enumerate(rooms):
            rows, first = 1024, 0
            while first < people.accounts:
                last = min(first + CHUNK, people.accounts)
                needs, bodies, noise = people.rooms(rows)
                reached = live_and_count(
                    first,
                    last,
                    *people.key,
                    people.world,
                    self._arrays,
                    *self._reviewed,
                    needs,
                    bodies,
                    noise,
                    number,
                    k,
                    room,
                    *slots,
                )
                if reached < last:
                    rows *= 4
                first = reached
                if progress is not None:
                    progress((number + first / people.accounts) / len(rooms))
        return [as_tally(scenario, k, room, rooms[0].desk, accounts) for room in rooms]

    def ledger(
        self, first: int = 0, last: int | None = None, threads: int = 1, progress: Progress | None = None
    ) -> Ledger:
        """The ledger of the accounts from ``first`` to before ``last`` (all, if not given)."""
        end = self._population.accounts if last is None else last
        chunks = [(begin, min(begin + CHUNK, end)) for begin in range(first, end, CHUNK)]
        parts = []
        with ThreadPoolExecutor(threads) as pool:
            for number, part in enumerate(pool.map(lambda chunk: self._rows(*chunk), chunks)):
                parts.append(part)
                if progress is not None:
                    progress((number + 1) / len(chunks))
        return _ledger(self._law, self._population.world, parts)


def is_compiled() -> bool:
    """Whether the compiled code of this version is already in the cache of this machine and user."""
    folder = cache_folder()
    return folder is not None and any(folder.rglob("life.decide-*.nbi"))


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
    progress: Progress | None = None,
) -> Ledger:
    """What a gate does to a population: the fast engine.

    Parameters
    ----------
    scenario
        The scenario.
    law
        The law over the window, under one reading.
    gate
        The policy's tables, one for each epoch of the law.
    accounts
        How many accounts; the desk is scaled to their number.
    seed, replication
        Key of the draws.
    waits
        Draw waits for the desk from this table instead of simulating it.
    threads
        Cores to use; the result does not depend on it.
    progress
        Called now and then with the part that is done, from 0 to 1.

    Returns
    -------
    Ledger
        Sorted by account, body, need: the same, need for need, as that of the reference engine.

    Raises
    ------
    ValueError
        If the tables do not match the epochs, if a document of the policy goes to a desk that is not there,
        or if seed or replication is out of range.
    """
    population = Population(scenario, seed, replication, accounts)
    return population.under(law, gate, waits).ledger(threads=threads, progress=progress)


def _ledger(law: Law, world: WorldArrays, parts: Sequence[Ints]) -> Ledger:
    """Rows as a ledger; the law judges each need at the instant it arose."""
    rows = np.concatenate(parts) if parts else np.empty((0, ROW_COLUMNS), dtype=np.int64)
    time, model = rows[:, N_TIME], rows[:, N_MODEL]
    epoch = np.searchsorted([e.start_us for e in law.epochs], time, side="right") - 1
    segment, region, owner = rows[:, N_SEGMENT], rows[:, N_REGION], rows[:, R_OWNER]
    restricted = np.array([e.restricted for e in law.epochs])
    return Ledger(
        account=rows[:, R_ACCOUNT].copy(),
        body=rows[:, N_BODY].astype(np.int16),
        need=rows[:, N_NUMBER].copy(),
        segment=segment.astype(np.int16),
        owner_segment=owner.astype(np.int16),
        time_us=time.copy(),
        end_us=rows[:, N_END].copy(),
        model=model.astype(np.int16),
        region=region.astype(np.int16),
        cell=rows[:, N_CELL].copy(),
        measured=np.array([e.named for e in law.epochs])[epoch, model],
        restricted=restricted[epoch, segment, region, model, world.channel[owner]],
        outcome=rows[:, N_OUTCOME].astype(np.int8),
        reason=rows[:, N_REASON].astype(np.int8),
        asked=rows[:, N_ASKED].astype(np.bool_),
        document=rows[:, N_DOCUMENT].astype(np.int16),
        joined_us=rows[:, N_JOINED].copy(),
        begun_us=rows[:, N_BEGUN].copy(),
    )
