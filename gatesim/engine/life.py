"""How one gate decides the needs of one account, compiled: docs/model.md, sections 4 and 5, on flat arrays.

The reference engine says the same in plain Python; the tests hold the two to each other, need for need.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import (
    ASK_HOLDS,
    ASK_NEVER,
    END_LATE,
    END_LOST,
    END_PENDING,
    END_SERVED,
    FALLBACK_FOR,
    NONE,
    OPEN,
    REFUSED_FOR,
    ZERO,
    Floats,
    GateArrays,
    Ints,
)
from gatesim.engine.columns import WORDS, WRITTEN, Needs, Questions
from gatesim.engine.waits import LEVELS
from gatesim.gates.tables import ALLOW, ALLOWED, BLOCK, BLOCKED, CHECK_FAILED, CLEARED, FRESH
from gatesim.measures.ledger import (
    FAILED_CHECK,
    GAVE_UP,
    LEFT_QUEUE,
    NO_ANSWER,
    NO_DOCUMENT,
    NO_REASON,
    RULE,
    SHUTDOWN,
    STANDING_BLOCK,
    WAITING,
)
from gatesim.scenario.types import HOUR
from gatesim.world.compiled import compiled
from gatesim.world.draws import (
    CHECK_ERROR,
    FALL_BACK,
    GIVES_UP,
    LEAVE,
    NEVER,
    PATIENCE,
    RETURN,
    SERVICE,
    SLOT,
    TO_DESK,
    WAIT_TABLE,
    exponential_us,
    need_word,
    uniform,
    words_in_a_row,
)

HOUR_US = HOUR

# Columns of a check that an account opens.
K_ROW, K_DOCUMENT, K_JOINED, K_BEGUN, K_END = range(5)
CHECK_COLUMNS = 5

# How a case ends, and its columns: the next case of its account, how and when it ended, when its review began.
OPEN_CASE, VERDICT, LEFT, WITHDRAWN = range(4)
C_NEXT, C_ENDS, C_END_US, C_BEGUN = range(4)
CASE_COLUMNS = 4

# What is asked of a simulated desk: the case that joins next.
Q_BODY, Q_NEED, Q_OPENED, Q_JOINED, Q_LEAVES, Q_WITHDRAWN, Q_SERVICE, Q_PASSES = range(8)
REQUEST_COLUMNS = 8

IN_A_ROW = 32
"""Words of which some are needed, most likely, once two were: as many at once cost little more than one."""

ASKS = -1

ASKED = -2
"""In place of the row at which an account halts: it asks the desk, and is counted when that has run."""


class Ends(NamedTuple):
    """How the needs of one account end under one gate."""

    ending: NDArray[np.int8]
    """Number in `ENDS`, by the row of the need."""
    checks: Ints
    """[check, CHECK_COLUMNS]: the checks at which a document was presented, account by account, in order."""
    first_check: Ints
    """[account + 1]: the first of each account's checks."""
    requests: Ints
    """[account]: how many checks it opened, with or without a document."""
    halts: Ints
    """[account]: the row of the first need that is not decided by its cell alone, `NONE`, or `ASKED`."""
    gone: Ints
    """[body]: room to work in."""
    request: Ints
    """[REQUEST_COLUMNS]."""
    gives_up: NDArray[np.uint32]
    """[IN_A_ROW]: what is drawn for as many needs in a row, whether the owner gives up at a check."""
    asked: Questions
    """[question]: what is drawn once for owners."""
    once: Floats
    """[question]: the answers."""
    once_bits: NDArray[np.uint64]
    """The same memory."""
    drawn: Ints
    """[account]: where the answers of its owner begin."""
    vain: Ints
    """[account, 3]: accounts that are asked in vain: its number, the reason, and where the words of its needs begin."""
    words: NDArray[np.uint32]
    """[WORDS * block]: what is drawn of these, whether the owner gives up."""


def new_ends(rows: int, accounts: int, bodies: int, documents: int) -> Ends:
    """Room for the ends of so many needs, of so many accounts of so many bodies, with so many kinds of documents."""
    blocks = rows // WORDS + 2 * accounts
    questions = max(accounts * (ASK_HOLDS + 3 * documents), blocks)
    number, person, what = (np.zeros(questions + WRITTEN, dtype=np.uint64) for _ in range(3))
    once = np.zeros(questions)
    return Ends(
        np.zeros(rows, dtype=np.int8),
        np.zeros((rows + 1, CHECK_COLUMNS), dtype=np.int64),
        np.zeros(accounts + 1, dtype=np.int64),
        np.zeros(accounts, dtype=np.int64),
        np.zeros(accounts, dtype=np.int64),
        np.zeros(bodies, dtype=np.int64),
        np.zeros(REQUEST_COLUMNS, dtype=np.int64),
        np.zeros(IN_A_ROW, dtype=np.uint32),
        Questions(number, person, what),
        once,
        once.view(np.uint64),
        np.zeros(accounts, dtype=np.int64),
        np.zeros((accounts, 3), dtype=np.int64),
        np.zeros(WORDS * blocks, dtype=np.uint32),
    )


@compiled(_nrt=False)
def _wait_us(
    gate: int, g: GateArrays, seed: int, replication: int, owner: int, request: int, joined: int
) -> int:
    """The wait that the table offers; as `gatesim.engine.waits.WaitTable.draw_us`."""
    u = uniform(seed, replication, owner, WAIT_TABLE, request)
    hour = min(joined // HOUR_US, g.p_wait.shape[1] - 1)
    waits = g.p_wait[gate, hour]
    if u < 1.0 - waits or waits == 0.0:
        return 0
    level = 1.0 - (1.0 - u) / waits
    place = min(np.searchsorted(LEVELS, level, side="right"), len(LEVELS) - 1)
    low, high = g.quantiles[gate, hour, place - 1], g.quantiles[gate, hour, place]
    if high >= NEVER:
        return NEVER
    part = min((level - LEVELS[place - 1]) / (LEVELS[place] - LEVELS[place - 1]), 1.0)
    return int(low + part * (high - low) + 0.5)


@compiled(forceinline=True, _nrt=False)
def _once(question: int, answers: Ints, begin: int, once: Floats) -> float:
    """The uniform number that was drawn for a question; one half where nothing was."""
    place = answers[question]
    return once[begin + place] if place >= 0 else 0.5


@compiled(_nrt=False)
def _presents(
    gate: int, epoch: int, table: int, owner: int, account: int, begin: int, seed: int, replication: int,
    g: GateArrays, once: Floats,
) -> tuple[int, bool]:  # fmt: skip
    """The kind of document presented (-1: none), and whether it passes."""
    status, answers, kinds = g.status[owner], g.ask_answer[gate, owner], g.holds.shape[1]
    for d in g.acceptable[gate, epoch]:
        if d < 0:
            break
        if (
            g.suffices[gate, epoch, d, status]
            and _once(ASK_HOLDS + d, answers, begin, once) < g.holds[owner, d]
        ):
            return d, uniform(seed, replication, account, CHECK_ERROR, d) >= g.errors[table, 0, d]
    first = g.acceptable[gate, epoch, 0]
    if first >= 0:
        if _once(ASK_HOLDS + kinds + first, answers, begin, once) < g.borrows[owner]:
            return first, uniform(seed, replication, account, CHECK_ERROR, first) < g.errors[table, 2, first]
        if _once(ASK_HOLDS + 2 * kinds + first, answers, begin, once) < g.forges[owner]:
            return first, uniform(seed, replication, account, CHECK_ERROR, first) < g.errors[table, 1, first]
    for d in g.documents[table]:
        if d < 0:
            break
        if _once(ASK_HOLDS + d, answers, begin, once) < g.holds[owner, d]:
            return d, False
    return -1, False


@compiled(forceinline=True, _nrt=False)
def _refused(
    reason: int, model: int, person: int, number: int, seed: int, replication: int, g: GateArrays
) -> int:
    """How a refused need ends: refused, or served by an older model."""
    ends = g.refused_for[model]
    if ends < 0:
        falls_back = uniform(seed, replication, person, FALL_BACK, number) < g.fall_back
        ends = FALLBACK_FOR if falls_back else REFUSED_FOR
    return int(ends + reason)


@compiled(forceinline=True, _nrt=False)
def _give_up_from(need: int, known_from: int, seed: int, replication: int, account: int, ends: Ends) -> int:
    """Have it drawn whether an owner gives up at a check of a need; gives back from which need on that is known."""
    if not known_from <= need < known_from + IN_A_ROW:
        known_from = need & ~3
        words_in_a_row(seed, replication, account, GIVES_UP, known_from, ends.gives_up)
    return known_from


@compiled(forceinline=True, _nrt=False)
def _gone_until(
    gone: int, now: int, person: int, number: int, seed: int, replication: int, g: GateArrays
) -> int:
    """Until when a person is gone who has been refused."""
    if g.leave > 0 and uniform(seed, replication, person, LEAVE, number) < g.leave:
        return max(gone, now + exponential_us(seed, replication, person, RETURN, number, g.away))
    return gone


@compiled(forceinline=True, _nrt=False)
def _ends_case(table: int, cell: int, g: GateArrays) -> bool:
    """Whether tables, as they come into place, end a case: the gate is open for it, or they kill and block it."""
    action = g.decisions[table, FRESH, cell]
    return bool(action == OPEN or (g.kills[table] and action == BLOCK))


# A function of its own with few arrays: what is handed over is copied at each call, and little fits into registers.
@compiled(_nrt=False)
def decide_plainly(
    accounts: int, begin: Ints, epoch: NDArray[np.int16], cell: NDArray[np.int32], table: Ints,
    plain: NDArray[np.int8], ending: NDArray[np.int8], halts: Ints,
) -> None:  # fmt: skip
    """Let a gate decide by cells alone, as if nobody's need left a trace; find where one does.

    Parameters
    ----------
    accounts
        How many.
    begin, epoch, cell
        Columns of their `Needs`.
    table, plain
        The gate's tables, by epoch; the plain ends of fresh accounts: see `GateArrays`.
    ending, halts
        Filled; endings up to the need at which the account halts.
    """
    for a in range(accounts):
        halts[a] = NONE
        for row in range(begin[a], begin[a + 1]):
            at = np.uint64(row)
            end = plain[np.uint64(table[np.uint64(epoch[at])]), np.uint64(cell[at])]
            ending[at] = end
            if end < 0:
                halts[a] = row
                break


@compiled(forceinline=True, _nrt=False)
def decide(
    a: int,
    gate: int,
    seed: int,
    replication: int,
    length: int,
    n: Needs,
    g: GateArrays,
    start: int,
    first_check: int,
    first_case: int,
    cases: Ints,
    ends: Ends,
) -> int:
    """Let a gate decide the needs of an account, in the order of time.

    Parameters
    ----------
    a, gate
        Number of the account among those of ``n``; number of the gate.
    seed, replication, length
        Key of the draws; the window's length in microseconds.
    n, g
        The needs; the gates.
    start
        The row of the account's first need that is left to decide: of an account of several bodies its first.
    first_check
        Where its checks begin.
    first_case
        For a simulated desk: the number of the account's first case that joined it, or -1.
    cases
        int64[cases, CASE_COLUMNS]: how each ended, and the account's next.
    ends
        Filled.

    Returns
    -------
    int
        At how many checks the account presented a document; `ASKS` where the outcome of a case must be asked of the
        desk: then the request is filled, and the rest is not.
    """
    account, owner = n.account[a], n.owner[a]
    last = n.begin[a + 1]
    epochs, several = len(g.epoch_start) - 1, n.bodies[a] > 1
    for b in range(len(ends.gone)):
        ends.gone[b] = 0
    # Up to its first need that is left, the account is fresh: changes of the law are nothing to it.
    epoch = ZERO
    if not several and start < last:
        epoch = int(n.epoch[start])
    law_at = g.epoch_start[epoch + 1] if epoch + 1 < epochs else NEVER
    table = g.table[gate, epoch]
    state, until = FRESH, NEVER
    # The case that the account waits for: the row of its need (-1: none), and how and when it will end.
    case_row, ends_how, case_at = -1, VERDICT, NEVER
    case_body, case_need = ZERO, ZERO
    passed = False
    # What is presented depends on the law as well.
    begin = ends.drawn[a]
    never = _once(ASK_NEVER, g.ask_answer[gate, owner], begin, ends.once) < g.never_answers[owner]
    presented_in, presented, passes = -1, -1, False
    to_desk_of, to_desk = -1, 0.0
    # The need from which on it is drawn whether the owner gives up.
    known_from, gives_up_words = NEVER, g.gives_up_words[owner]
    checks, requests = first_check, ZERO
    case = first_case
    turn = start - 1
    while turn < last:
        turn += 1
        if case_row < 0 and not several and ends.gone[0] == 0:
            # Pass over needs that leave no trace, as long as the account's state holds.
            limit = NEVER if state == FRESH else until
            if state not in (FRESH, CLEARED):
                limit = min(limit, law_at)
            plain, tables = g.plain_ends[state], g.table[gate]
            while turn < last:
                at = np.uint64(turn)
                if n.time[at] >= limit:
                    break
                ending = plain[np.uint64(tables[np.uint64(n.epoch[at])]), np.uint64(n.cell[at])]
                if ending < 0:
                    break
                ends.ending[at] = ending
                turn += 1
        # After the last session come the events up to the end of the window.
        row = -1
        if turn < last:
            row = n.order[turn] if several else turn
        now = n.time[row] if turn < last else length - 1
        # Before the session: changes of the law, switches, and the end of the case; at one instant the law comes first.
        while min(law_at, case_at) <= now:
            if law_at <= case_at:
                epoch += 1
                table = g.table[gate, epoch]
                if state != CLEARED:
                    state = FRESH
                if case_row >= 0 and _ends_case(table, n.cell[case_row], g):
                    state = FRESH
                    check = ends.checks[checks - 1]
                    ends.ending[case_row] = END_LATE
                    if g.decisions[table, FRESH, n.cell[case_row]] == BLOCK:
                        reason = SHUTDOWN if g.shutdown[table] else RULE
                        body, number = case_body, case_need
                        person, model = account + body * SLOT, int(n.model[case_row])
                        ends.ending[case_row] = _refused(reason, model, person, number, seed, replication, g)
                        ends.gone[body] = _gone_until(
                            ends.gone[body], law_at, person, number, seed, replication, g
                        )
                    check[K_END] = law_at
                    if check[K_JOINED] >= law_at:
                        check[K_JOINED] = -1
                    if check[K_BEGUN] >= law_at:
                        check[K_BEGUN] = -1
                    case_row, case_at = -1, NEVER
                law_at = g.epoch_start[epoch + 1] if epoch + 1 < epochs else NEVER
            else:
                if ends_how == VERDICT and passed:
                    late = case_at > n.time[case_row]
                    ends.ending[case_row] = END_LATE if late else END_SERVED
                    entered = CLEARED
                else:
                    reason = FAILED_CHECK if ends_how == VERDICT else LEFT_QUEUE
                    body, number = case_body, case_need
                    person, model = account + body * SLOT, int(n.model[case_row])
                    ends.ending[case_row] = _refused(reason, model, person, number, seed, replication, g)
                    ends.gone[body] = _gone_until(
                        ends.gone[body], case_at, person, number, seed, replication, g
                    )
                    entered = CHECK_FAILED
                ends.checks[checks - 1, K_END] = case_at
                if g.durations[table, entered] > 0:
                    state, until = entered, case_at + g.durations[table, entered]
                case_row, case_at = -1, NEVER
        if row < 0:
            break
        body, need = ZERO, row - n.begin[a]
        if several:
            body, need = int(n.body[row]), int(n.number[row])
        if now < ends.gone[body]:
            ends.ending[row] = END_LOST
            continue
        if state != FRESH and now >= until:
            state = FRESH
        action = g.decisions[table, state, n.cell[row]]
        if action == OPEN:
            ends.ending[row] = END_SERVED
            continue
        reason = NO_REASON
        entered = FRESH
        if case_row >= 0:
            reason = WAITING
        elif action == ALLOW:
            ends.ending[row] = END_SERVED
            entered = ALLOWED
        elif action == BLOCK:
            reason = RULE
            if g.shutdown[table]:
                reason = SHUTDOWN
            elif state in (BLOCKED, CHECK_FAILED):
                reason = STANDING_BLOCK
            entered = BLOCKED
        else:
            # A check opens.
            asks = need * 64 + body
            requests += 1
            document = -1
            if never:
                reason = NO_ANSWER
            elif gives_up_words > 0:
                person = account + body * SLOT
                if several or requests == 1:
                    gives = need_word(seed, replication, person, GIVES_UP, need, 0) < g.gives_up[owner]
                else:
                    known_from = _give_up_from(need, known_from, seed, replication, account, ends)
                    gives = ZERO + ends.gives_up[need - known_from] < gives_up_words
                if gives:
                    reason = GAVE_UP
            if reason == NO_REASON:
                if presented_in != g.presents[gate, epoch]:
                    presented, passes = _presents(
                        gate, epoch, table, owner, account, begin, seed, replication, g, ends.once
                    )
                    presented_in = g.presents[gate, epoch]
                document, passed = presented, passes
                if document < 0:
                    reason = NO_DOCUMENT
            entered = CHECK_FAILED
            if reason == NO_REASON:
                check = ends.checks[checks]
                checks += 1
                check[K_ROW] = row
                check[K_DOCUMENT] = document
                check[K_JOINED] = -1
                check[K_BEGUN] = -1
                check[K_END] = length
                ends.ending[row] = END_PENDING
                case_row, ends_how, case_at = row, VERDICT, NEVER
                case_body, case_need = body, need
                ready = now + g.automatic[document]
                if to_desk_of != document:
                    to_desk, to_desk_of = uniform(seed, replication, account, TO_DESK, document), document
                if to_desk >= g.to_desk[document]:
                    if ready < length:
                        case_at = ready
                    continue
                # Times from the window's end on are never reached.
                leaves = now + exponential_us(seed, replication, account, PATIENCE, asks, g.patience)
                service = exponential_us(seed, replication, account, SERVICE, asks, g.service)
                if leaves < ready or ready >= length:
                    ends_how, case_at = LEFT, leaves if leaves < length else NEVER
                    continue
                if g.waits[gate]:
                    check[K_JOINED] = ready
                    begins = ready + _wait_us(gate, g, seed, replication, account, asks, ready)
                    if leaves < begins or begins >= length:
                        ends_how, case_at = LEFT, leaves if leaves < length else NEVER
                    else:
                        check[K_BEGUN] = begins
                        case_at = begins + service if begins + service < length else NEVER
                    continue
                # The law or a switch may end the case before it joins; else the desk must say what became of it.
                opens = NEVER
                for later in range(epoch + 1, epochs):
                    if _ends_case(g.table[gate, later], n.cell[row], g):
                        opens = g.epoch_start[later]
                        break
                if opens <= ready:
                    continue
                if case < 0:
                    ends.request[Q_BODY] = body
                    ends.request[Q_NEED] = need
                    ends.request[Q_OPENED] = now
                    ends.request[Q_JOINED] = ready
                    ends.request[Q_LEAVES] = leaves
                    ends.request[Q_WITHDRAWN] = opens
                    ends.request[Q_SERVICE] = service
                    ends.request[Q_PASSES] = int(passed)
                    return ASKS
                check[K_JOINED] = ready
                check[K_BEGUN] = cases[case, C_BEGUN]
                if cases[case, C_ENDS] == VERDICT or cases[case, C_ENDS] == LEFT:
                    ends_how, case_at = cases[case, C_ENDS], cases[case, C_END_US]
                case = cases[case, C_NEXT]
                continue
        if reason != NO_REASON:
            person, number = account + body * SLOT, need
            ends.ending[row] = _refused(reason, int(n.model[row]), person, number, seed, replication, g)
            ends.gone[body] = _gone_until(ends.gone[body], now, person, number, seed, replication, g)
        if (state == FRESH or entered == CHECK_FAILED) and g.durations[table, entered] > 0:
            state, until = entered, now + g.durations[table, entered]
    ends.requests[a] = requests
    return checks - first_check
