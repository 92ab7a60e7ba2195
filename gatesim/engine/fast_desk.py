"""The simulated desk of the fast engine: cases join, are reviewed, leave or are withdrawn.

Accounts are lived up to their first case that joins the desk. The desk takes events in the order of the model;
when a case is over, its account is lived again with what became of it, up to its next case. Nothing but cases is
kept, so a waiting person costs the same whether ten wait or a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import GateArrays, WorldArrays
from gatesim.engine.life import (
    ASKS,
    C_BEGUN,
    C_END_US,
    C_ENDS,
    C_NEXT,
    CASE_COLUMNS,
    FULL,
    LEFT,
    N_BODY,
    N_NUMBER,
    OPEN_CASE,
    Q_JOINED,
    Q_LEAVES,
    Q_OPENED,
    Q_ROW,
    Q_SERVICE,
    Q_WITHDRAWN,
    REQUEST_COLUMNS,
    VERDICT,
    WITHDRAWN,
    Ints,
    decide,
    make_needs,
)
from gatesim.engine.queueing import scaled_reviewers
from gatesim.engine.roster import roster
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.world.compiled import compiled

# Ranks of what happens at one instant; see docs/model.md, section 5.
LAW, SHIFT, END_OF_SERVICE, LEAVING, SESSION = range(5)

# Stages of a case.
COMING, QUEUED, IN_REVIEW, OVER = range(4)

# Columns of a case at the desk, beside those that `decide` reads.
D_ACCOUNT, D_BODY, D_NEED, D_RANK, D_JOINED, D_LEAVES, D_WITHDRAWN, D_SERVICE, D_STAGE, D_AUTOMATIC = range(
    10
)
DESK_COLUMNS = 10


class Reviewed(NamedTuple):
    """What became of the cases that joined the desk: for `decide`."""

    first_case: Ints  # [account], -1 where none; empty where no desk is simulated
    cases: Ints  # [case, CASE_COLUMNS]


@compiled
def _ask(
    account: int,
    seed: int,
    replication: int,
    w: WorldArrays,
    g: GateArrays,
    needs: Ints,
    bodies: Ints,
    noise: NDArray[np.float64],
    first_case: int,
    cases: Ints,
    request: Ints,
) -> int:
    """Live an account up to the next case that joins the desk: `ASKS`, `DONE`, or `FULL`."""
    made = make_needs(account, seed, replication, w, needs, bodies, noise)
    if made == FULL:
        return FULL
    owner = bodies[0, 1]
    return decide(
        account,
        0,
        seed,
        replication,
        w.length,
        w.channel[owner],
        owner,
        g,
        needs,
        bodies,
        first_case,
        cases,
        request,
    )


@compiled
def _desk(
    accounts: int,
    seed: int,
    replication: int,
    w: WorldArrays,
    g: GateArrays,
    rank: Ints,
    shifts: Ints,
    speeds: NDArray[np.float64],
    needs: Ints,
    bodies: Ints,
    noise: NDArray[np.float64],
    first_case: Ints,
    cases: Ints,
    desk: Ints,
) -> int:
    """Run the desk to the end of the window; give back the number of cases, `FULL` or -2 (too many cases)."""
    request = np.zeros(REQUEST_COLUMNS, dtype=np.int64)
    last_case = np.full(accounts, -1, dtype=np.int64)
    count = 0
    # Events: time, rank, account, body, need, what it concerns (a case, an epoch, a shift).
    events: list[Any] = [(np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0))]
    events.pop()
    queue: list[Any] = [(np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0))]
    queue.pop()
    for epoch in range(1, len(g.epoch_start) - 1):
        heappush(
            events,
            (g.epoch_start[epoch], np.int64(LAW), np.int64(0), np.int64(0), np.int64(0), np.int64(epoch)),
        )
    for shift in range(1, len(shifts)):
        heappush(
            events,
            (shifts[shift, 0], np.int64(SHIFT), np.int64(0), np.int64(0), np.int64(0), np.int64(shift)),
        )
    on_shift: Any = shifts[0, 1]
    speed: Any = speeds[0]
    busy = 0
    over = np.empty(accounts, dtype=np.int64)  # accounts whose case is over, to be lived on
    pending = accounts
    for number in range(accounts):
        over[number] = number
    while True:
        # Live on those whose case is over, up to their next case.
        for k in range(pending):
            account: Any = over[k]
            status = _ask(
                account, seed, replication, w, g, needs, bodies, noise, first_case[account], cases, request
            )
            if status == FULL:
                return FULL
            if status == ASKS:
                if count >= len(cases):
                    return -2
                row = request[Q_ROW]
                case = count
                count += 1
                cases[case, C_NEXT] = -1
                cases[case, C_ENDS] = OPEN_CASE
                cases[case, C_BEGUN] = -1
                if last_case[account] < 0:
                    first_case[account] = case
                else:
                    cases[last_case[account], C_NEXT] = case
                last_case[account] = case
                desk[case, D_ACCOUNT] = account
                desk[case, D_BODY] = needs[row, N_BODY]
                desk[case, D_NEED] = needs[row, N_NUMBER]
                desk[case, D_RANK] = rank[w.channel[bodies[0, 1]]]
                desk[case, D_JOINED] = request[Q_JOINED]
                desk[case, D_LEAVES] = request[Q_LEAVES]
                desk[case, D_WITHDRAWN] = request[Q_WITHDRAWN]
                desk[case, D_SERVICE] = request[Q_SERVICE]
                desk[case, D_STAGE] = COMING
                # A case without an automatic part joins within the turn of its session.
                when = SESSION if request[Q_JOINED] == request[Q_OPENED] else END_OF_SERVICE
                heappush(
                    events,
                    (
                        request[Q_JOINED],
                        np.int64(when),
                        np.int64(account),
                        needs[row, N_BODY],
                        needs[row, N_NUMBER],
                        np.int64(case),
                    ),
                )
        pending = 0
        if len(events) == 0:
            break
        now, what, account, body, need, case = heappop(events)
        if now >= w.length:
            break
        if what == LAW:
            for other in range(count):
                stage = desk[other, D_STAGE]
                if desk[other, D_WITHDRAWN] == now and stage in (QUEUED, IN_REVIEW):
                    if stage == IN_REVIEW:
                        busy -= 1
                    desk[other, D_STAGE] = OVER
                    cases[other, C_ENDS] = WITHDRAWN
                    over[pending] = desk[other, D_ACCOUNT]
                    pending += 1
        elif what == SHIFT:
            on_shift, speed = shifts[case, 1], speeds[case]
        elif desk[case, D_STAGE] == COMING and what != LEAVING:
            desk[case, D_STAGE] = QUEUED
            heappush(queue, (desk[case, D_RANK], now, account, body, need, case))
            if desk[case, D_LEAVES] < w.length:
                heappush(events, (desk[case, D_LEAVES], np.int64(LEAVING), account, body, need, case))
        elif what == LEAVING:
            if desk[case, D_STAGE] == QUEUED:
                desk[case, D_STAGE] = OVER
                cases[case, C_ENDS], cases[case, C_END_US] = LEFT, now
                over[pending] = account
                pending += 1
        elif desk[case, D_STAGE] == IN_REVIEW:
            busy -= 1
            desk[case, D_STAGE] = OVER
            cases[case, C_ENDS], cases[case, C_END_US] = VERDICT, now
            over[pending] = account
            pending += 1
        while busy < on_shift and len(queue) > 0:
            _, _, account, body, need, case = heappop(queue)
            if desk[case, D_STAGE] == QUEUED:
                busy += 1
                desk[case, D_STAGE] = IN_REVIEW
                cases[case, C_BEGUN] = now
                end = now + int(desk[case, D_SERVICE] / speed + 0.5)
                if end < w.length:
                    heappush(events, (end, np.int64(END_OF_SERVICE), account, body, need, case))
    return count


def review(
    rooms: Callable[[int], tuple[Ints, Ints, NDArray[np.float64]]],
    scenario: Scenario,
    gates: GateArrays,
    world: WorldArrays,
    key: tuple[int, int],
    accounts: int,
    from_table: bool,
) -> Reviewed:
    """What becomes of the cases of a population at the simulated desk.

    Parameters
    ----------
    rooms
        Makes room to work in, for accounts of at most so many needs.
    scenario, gates, world
        The scenario, one gate, the world.
    key
        Seed and replication.
    accounts
        How many; the desk is scaled to their number.
    from_table
        Waits come from a table: nobody meets.

    Returns
    -------
    Reviewed
        Empty where no desk is simulated.
    """
    if scenario.desk is None or from_table or not (gates.to_desk > 0).any():
        return Reviewed(np.empty(0, dtype=np.int64), np.empty((1, CASE_COLUMNS), dtype=np.int64))
    first = scenario.desk.priority
    rank = np.array([first.index(name) if name in first else len(first) for name in CHANNELS])
    steps = roster(scenario.desk, scenario.start, scenario.length)
    scaled = [scaled_reviewers(real, accounts, scenario.represents) for _, real in steps]
    shifts = np.array(
        [(at, servers) for (at, _), (servers, _) in zip(steps, scaled, strict=True)], dtype=np.int64
    )
    speeds = np.array([speed for _, speed in scaled])
    rows, room = 1024, max(1024, accounts // 4)
    while True:
        first_case = np.full(accounts, -1, dtype=np.int64)
        cases = np.zeros((room, CASE_COLUMNS), dtype=np.int64)
        desk = np.zeros((room, DESK_COLUMNS), dtype=np.int64)
        needs, bodies, noise = rooms(rows)
        done = _desk(
            accounts,
            *key,
            world,
            gates,
            rank,
            shifts,
            speeds,
            needs,
            bodies,
            noise,
            first_case,
            cases,
            desk,
        )
        if done >= 0:
            return Reviewed(first_case, cases[: max(1, done)].copy())
        rows, room = (4 * rows, room) if done == FULL else (rows, 4 * room)
