"""The simulated desk of the fast engine: cases join, are reviewed, leave or are withdrawn.

Accounts are lived up to their first case that joins the desk. The desk takes events in the order of the model;
when a case is over, its account is lived again with what became of it, up to its next case, unless it is cleared for
the rest of the window. Nothing but cases is kept, so a waiting person costs the same whether ten wait or a hundred
thousand.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import GateArrays, Ints, LawArrays, WorldArrays
from gatesim.engine.asked import ask_owners
from gatesim.engine.columns import Bench, Needs
from gatesim.engine.life import (
    ASKS,
    C_BEGUN,
    C_END_US,
    C_ENDS,
    C_NEXT,
    CASE_COLUMNS,
    LEFT,
    OPEN_CASE,
    Q_BODY,
    Q_JOINED,
    Q_LEAVES,
    Q_NEED,
    Q_OPENED,
    Q_PASSES,
    Q_SERVICE,
    Q_WITHDRAWN,
    VERDICT,
    WITHDRAWN,
    Ends,
    decide,
)
from gatesim.engine.needs import make_needs
from gatesim.engine.queueing import scaled_reviewers
from gatesim.gates.tables import CHECK, CLEARED
from gatesim.law.roster import staffed
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.world.compiled import compiled

# Ranks of what happens at one instant; see docs/model.md, section 5.
LAW, SHIFT, END_OF_SERVICE, LEAVING, SESSION = range(5)

# Stages of a case.
COMING, QUEUED, IN_REVIEW, OVER = range(4)

# Columns of a case, after those that `decide` reads.
(
    D_GATE,
    D_ACCOUNT,
    D_FIRST,
    D_BODY,
    D_NEED,
    D_OWNER,
    D_OPENED,
    D_JOINED,
    D_LEAVES,
    D_WITHDRAWN,
    D_SERVICE,
    D_PASSES,
    D_STAGE,
) = range(CASE_COLUMNS, CASE_COLUMNS + 13)
DESK_COLUMNS = CASE_COLUMNS + 13

# Ties at one instant are broken by rank, account, body, need, packed into two numbers.
RANK = 2**44
BODY = 2**44


class Desk(NamedTuple):
    """A desk, scaled down to the people simulated."""

    rank: Ints  # [segment of the owner]: of its channel; the lowest first
    shifts: Ints  # [step, 2]: from when, how many reviewers
    speeds: NDArray[np.float64]  # [step]: at what speed


def desk_of(scenario: Scenario, accounts: int) -> Desk:
    """The desk of a scenario, for so many accounts."""
    assert scenario.desk is not None
    first = scenario.desk.priority
    rank = [first.index(name) if name in first else len(first) for name in CHANNELS]
    steps = staffed(scenario)
    scaled = [scaled_reviewers(real, accounts, scenario.represents) for _, real in steps]
    return Desk(
        np.array([rank[CHANNELS.index(s.channel)] for s in scenario.segments.values()], dtype=np.int64),
        np.array(
            [(at, servers) for (at, _), (servers, _) in zip(steps, scaled, strict=True)], dtype=np.int64
        ),
        np.array([speed for _, speed in scaled]),
    )


@compiled(forceinline=True, _nrt=False)
def write_case(cases: Ints, case: int, gate: int, account: int, owner: int, first: int, ends: Ends) -> None:
    """Write down the case that an account asks about; ``first`` is the account's first, or the case itself."""
    cases[case, C_NEXT] = -1
    cases[case, C_ENDS] = OPEN_CASE
    cases[case, C_END_US] = 0
    cases[case, C_BEGUN] = -1
    cases[case, D_GATE] = gate
    cases[case, D_ACCOUNT] = account
    cases[case, D_FIRST] = first
    cases[case, D_BODY] = ends.request[Q_BODY]
    cases[case, D_NEED] = ends.request[Q_NEED]
    cases[case, D_OWNER] = owner
    cases[case, D_OPENED] = ends.request[Q_OPENED]
    cases[case, D_JOINED] = ends.request[Q_JOINED]
    cases[case, D_LEAVES] = ends.request[Q_LEAVES]
    cases[case, D_WITHDRAWN] = ends.request[Q_WITHDRAWN]
    cases[case, D_SERVICE] = ends.request[Q_SERVICE]
    cases[case, D_PASSES] = ends.request[Q_PASSES]
    cases[case, D_STAGE] = COMING


@compiled
def _event(time: int, rank: int, case: int, cases: Ints) -> Any:
    """An event of a case; events are taken in the order of these numbers."""
    who = rank * RANK + cases[case, D_ACCOUNT]
    return np.int64(time), np.int64(who), cases[case, D_BODY] * BODY + cases[case, D_NEED], np.int64(case)


@compiled
def _joins(case: int, cases: Ints) -> Any:
    """A case joins; one without an automatic part within the turn of its session."""
    joined = cases[case, D_JOINED]
    return _event(joined, SESSION if joined == cases[case, D_OPENED] else END_OF_SERVICE, case, cases)


@compiled(_nrt=False)
def _settles(gate: int, length: int, g: GateArrays, settled: Ints) -> None:
    """Write into ``settled``, by epoch, whether who is cleared then is asked no more until the window ends."""
    never = True
    for epoch in range(len(settled) - 1, -1, -1):
        table = g.table[gate, epoch]
        for cell in range(g.decisions.shape[2]):
            never &= g.decisions[table, CLEARED, cell] != CHECK
        settled[epoch] = never and g.durations[table, CLEARED] >= length


@compiled(nogil=True)
def run_desk(
    gate: int,
    cases: Ints,
    count: int,
    seed: int,
    replication: int,
    w: WorldArrays,
    law: LawArrays,
    g: GateArrays,
    desk: Desk,
    n: Needs,
    bench: Bench,
    ends: Ends,
) -> tuple[Ints, int]:
    """Run the desk to the end of the window.

    Parameters
    ----------
    gate
        Number of the gate.
    cases
        int64[room, DESK_COLUMNS]: the first case of each account that asks; those that follow are added.
    count
        How many there are.
    seed, replication
        Key of the draws.
    w, law, g, desk
        The world; the law; the gates; the desk.
    n, bench, ends
        Room for the needs of any one account, and to work in.

    Returns
    -------
    cases : ndarray
        What became of them; a longer array where more came than there was room for.
    count : int
        How many there are now.
    """
    who = np.zeros(1, dtype=np.int64)
    # Ends of the law's epochs and of shifts are events as well; their last number says which.
    # Lists that are empty, and of which the compiler knows what they hold.
    events: list[Any] = [(np.int64(0), np.int64(0), np.int64(0), np.int64(0)) for _ in range(0)]
    queue: list[Any] = [(np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)) for _ in range(0)]
    for epoch in range(1, len(g.epoch_start) - 1):
        events.append((g.epoch_start[epoch], np.int64(LAW * RANK), np.int64(0), np.int64(epoch)))
    for shift in range(1, len(desk.shifts)):
        events.append((desk.shifts[shift, 0], np.int64(SHIFT * RANK), np.int64(0), np.int64(shift)))
    for known in range(count):
        events.append(_joins(known, cases))
    heapify(events)
    on_shift, speed = desk.shifts[0, 1], desk.speeds[0]
    busy, epoch = 0, 0
    settled = np.zeros(len(g.epoch_start) - 1, dtype=np.int64)
    _settles(gate, w.length, g, settled)
    # Cases that are over, whose accounts are to be lived on.
    over: list[Any] = [np.int64(0) for _ in range(0)]
    while len(events) > 0:
        now, what, tie, case = heappop(events)
        if now >= w.length:
            break
        rank = what // RANK
        if rank == LAW:
            epoch = case
            for other in range(count):
                stage = cases[other, D_STAGE]
                if cases[other, D_WITHDRAWN] == now and stage in (QUEUED, IN_REVIEW):
                    if stage == IN_REVIEW:
                        busy -= 1
                    cases[other, D_STAGE] = OVER
                    cases[other, C_ENDS] = WITHDRAWN
                    over.append(np.int64(other))
        elif rank == SHIFT:
            on_shift, speed = desk.shifts[case, 1], desk.speeds[case]
        elif cases[case, D_STAGE] == COMING:
            cases[case, D_STAGE] = QUEUED
            best = desk.rank[cases[case, D_OWNER]]
            heappush(queue, (best, now, cases[case, D_ACCOUNT], tie, case))
            if cases[case, D_LEAVES] < w.length:
                heappush(events, _event(cases[case, D_LEAVES], LEAVING, case, cases))
        elif rank == LEAVING:
            if cases[case, D_STAGE] == QUEUED:
                cases[case, D_STAGE] = OVER
                cases[case, C_ENDS] = LEFT
                cases[case, C_END_US] = now
                over.append(case)
        elif cases[case, D_STAGE] == IN_REVIEW:
            busy -= 1
            cases[case, D_STAGE] = OVER
            cases[case, C_ENDS] = VERDICT
            cases[case, C_END_US] = now
            if not (cases[case, D_PASSES] and settled[epoch]):
                over.append(case)
        while busy < on_shift and len(queue) > 0:
            _, _, _, _, case = heappop(queue)
            if cases[case, D_STAGE] == QUEUED:
                busy += 1
                cases[case, D_STAGE] = IN_REVIEW
                cases[case, C_BEGUN] = now
                end = now + int(cases[case, D_SERVICE] / speed + 0.5)
                if end < w.length:
                    heappush(events, _event(end, END_OF_SERVICE, case, cases))
        # Live on those whose case is over, up to their next case.
        while len(over) > 0:
            last = over.pop()
            who[0] = cases[last, D_ACCOUNT]
            first = cases[last, D_FIRST]
            make_needs(who, seed, replication, w, law, n, bench)
            ends.halts[0] = n.begin[0]
            ask_owners(gate, 1, seed, replication, n, g, ends)
            if decide(0, gate, seed, replication, w.length, n, g, n.begin[0], 0, first, cases, ends) == ASKS:
                if count == len(cases):
                    more = np.empty((2 * count, cases.shape[1]), dtype=np.int64)
                    more[:count] = cases
                    cases = more
                write_case(cases, count, gate, who[0], n.owner[0], first, ends)
                cases[last, C_NEXT] = count
                heappush(events, _joins(count, cases))
                count += 1
    return cases, count
