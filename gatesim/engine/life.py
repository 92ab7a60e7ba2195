"""The life of one account, compiled: docs/model.md, sections 1, 2 and 4, on flat arrays.

`make_needs` makes the needs of everybody on an account: they do not depend on any gate, so all gates share them.
`decide` lets one gate meet them, in the order of time. The reference engine says the same in plain Python; the
tests hold the two to each other, need for need.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import GateArrays, WorldArrays
from gatesim.engine.waits import LEVELS
from gatesim.gates.tables import ALLOW, ALLOWED, BLOCK, BLOCKED, CHECK_FAILED, CLEARED, FRESH
from gatesim.measures.ledger import (
    FAILED_CHECK,
    FALLBACK,
    GAVE_UP,
    LEFT_QUEUE,
    LOST,
    NO_ANSWER,
    NO_DOCUMENT,
    NO_REASON,
    PENDING,
    REFUSED,
    RULE,
    SERVED,
    SERVED_LATE,
    SHUTDOWN,
    STANDING_BLOCK,
    WAITING,
)
from gatesim.world.compiled import compiled
from gatesim.world.draws import (
    ACTIVITY,
    BORROWS,
    CARD,
    CAUSE,
    CHECK_ERROR,
    COUSER_PRESENT,
    DECLARED,
    FALL_BACK,
    FORGES,
    GIVES_UP,
    HOLDS_DOCUMENT,
    LEAVE,
    NETWORK,
    NEVER,
    NEVER_ANSWERS,
    PATIENCE,
    READING_ACCOUNT,
    READING_PLACE,
    READING_SESSION,
    RETURN,
    SERVICE,
    SLOT,
    TO_DESK,
    TRIP_GAP,
    TRIP_LENGTH,
    TRIP_START,
    TRIP_TO,
    VPN_EXIT,
    VPN_USER,
    WAIT_TABLE,
    exponential_from,
    exponential_us,
    need_draws,
    stratified,
    uniform,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DAY_US = 86_400_000_000.0
HOUR_US = 3_600_000_000
ON_VPN = 2**40
NETWORK_STRIDE = 2**32
NEVER_ENDS = 2**62

# Columns of a need, as it is made and as it ends.
N_TIME, N_NUMBER, N_MODEL, N_REGION, N_CELL, N_BODY, N_SEGMENT = range(7)
N_END, N_OUTCOME, N_REASON, N_ASKED, N_DOCUMENT, N_JOINED, N_BEGUN = range(7, 14)
NEED_COLUMNS = 14

# Slots of noise that a body keeps: at home, on the VPN, on the present trip.
HOME, VPN, TRIP = range(3)

# How a case ends, and its columns.
OPEN_CASE, VERDICT, LEFT, WITHDRAWN = range(4)
C_NEXT, C_ENDS, C_END_US, C_BEGUN = range(4)
CASE_COLUMNS = 4

# What `decide` asks of a simulated desk: the case that joins next.
Q_ROW, Q_OPENED, Q_JOINED, Q_LEAVES, Q_WITHDRAWN, Q_SERVICE, Q_PASSED = range(7)
REQUEST_COLUMNS = 7

FULL = -1
DONE, ASKS = 0, 1


@compiled
def first_above(u: float, shares: Floats) -> int:
    """The first position whose cumulative share is above a uniform number."""
    for j in range(len(shares) - 1):
        if u < shares[j]:
            return j
    return len(shares) - 1


@compiled
def _noise(
    refresh: int,
    purpose: int,
    seed: int,
    replication: int,
    person: int,
    unit: int,
    account: int,
    home: int,
    w: WorldArrays,
    noise: Floats,
) -> None:
    """Draw the noise of all signals of one refresh for one unit; ``home`` is -1 where networks do not act."""
    for j in range(len(w.observes)):
        if w.refresh[j] == refresh:
            noise[j] = uniform(seed, replication, person, purpose, 256 * unit + j)
    for q in range(len(w.cause_probability)):
        if w.cause_refresh[q] != refresh:
            continue
        if w.cause_by_network[q] == 1 and home >= 0:
            who, what, first = account // w.network_block[q, home] + home * NETWORK_STRIDE, NETWORK, 2 * q
        else:
            who, what, first = person, CAUSE, 256 * unit + 2 * q
        if uniform(seed, replication, who, what, first) < w.cause_probability[q]:
            shared = uniform(seed, replication, who, what, first + 1)
            for j in range(len(w.observes)):
                if w.cause_of[j] == q:
                    noise[j] = shared


@compiled
def _readings(
    noise: Floats,
    device: int,
    network: int,
    kind: int,
    card: int,
    declared: int,
    organisation: int,
    channel: int,
    w: WorldArrays,
) -> int:
    """What the readings of all signals add to the cell."""
    cell = 0
    for j in range(len(w.observes)):
        observes = w.observes[j]
        if observes == 0:
            value = device
        elif observes == 1:
            value = network
        elif observes == 2:
            value = kind
        elif observes == 3:
            value = card
        elif observes == 4:
            value = declared
        else:
            value = organisation
        cell += w.step[j, value, first_above(noise[j], w.rows[j, channel, kind, value])]
    return cell


@compiled
def make_needs(
    account: int, seed: int, replication: int, w: WorldArrays, needs: Ints, bodies: Ints, noise: Floats
) -> int:
    """Make the needs of everybody on an account.

    Parameters
    ----------
    account, seed, replication
        Whose, and the key of the draws.
    w
        The world.
    needs
        int64[rows, NEED_COLUMNS]: filled body by body, in the order of time.
    bodies
        int64[1 + bodies, 3]: row 0 is (number of bodies, owner's segment, 0); each further row is (person, first
        row of its needs, row after the last).
    noise
        float64[4, signals]: room to work in.

    Returns
    -------
    int
        Rows filled; `FULL` if there was no room.
    """
    signals = len(w.observes)
    by_session = False
    by_place = False
    for j in range(signals):
        by_place |= w.refresh[j] == 1
        by_session |= w.refresh[j] == 2
    owner = first_above(stratified(seed, replication, account), w.segments)
    activity = first_above(uniform(seed, replication, account, ACTIVITY, 0), w.activity[owner])
    rate = w.rate[owner] * w.multipliers[owner, activity]
    card = first_above(uniform(seed, replication, account, CARD, 0), w.card[owner])
    declared = first_above(uniform(seed, replication, account, DECLARED, 0), w.declared[owner])
    channel, organisation = w.channel[owner], w.organisation[owner]
    fixed = channel * w.steps[0] + w.band[owner] * w.steps[2]
    owner_noise = noise[3]
    for j in range(signals):
        owner_noise[j] = 0.5
    _noise(0, READING_ACCOUNT, seed, replication, account, 0, account, -1, w, owner_noise)

    count = 1
    others = 0.0
    bodies[1, 0] = account
    bodies[1, 1] = 0
    for k in range(w.co_count[owner]):
        person = account + (k + 1) * SLOT
        if uniform(seed, replication, person, COUSER_PRESENT, 0) < w.co_present[owner, k]:
            count += 1
            bodies[count, 0] = person
            bodies[count, 1] = k + 1
            others += w.co_share[owner, k]
    bodies[0, 0] = count
    bodies[0, 1] = owner

    row = 0
    reading = np.zeros(3, dtype=np.int64)
    for b in range(1, count + 1):
        person, slot = bodies[b, 0], bodies[b, 1]
        own = owner if slot == 0 else w.co_segment[owner, slot - 1]
        share = 1.0 - others if slot == 0 else w.co_share[owner, slot - 1]
        bodies[b, 1] = row
        own_rate = rate * share
        if own_rate <= 0:
            bodies[b, 2] = row
            continue
        mean = DAY_US / own_rate
        gap, vpn_draw, model_draw = need_draws(seed, replication, person, 0)
        time = exponential_from(gap, mean)
        if time >= w.length:
            bodies[b, 2] = row
            continue
        home = w.home[own]
        vpn_exit = -1
        if uniform(seed, replication, person, VPN_USER, 0) < w.vpn_users[own]:
            vpn_exit = first_above(uniform(seed, replication, person, VPN_EXIT, 0), w.vpn_exits[own])
        # The trip that is on, or the next one.
        trip, begin, end, region = 0, NEVER_ENDS, NEVER_ENDS, home
        travels = w.trip_length[own] > 0
        if travels:
            if uniform(seed, replication, person, TRIP_START, 0) < w.trip_start[own]:
                begin = 0
                end = exponential_us(seed, replication, person, TRIP_LENGTH, 0, w.trip_length[own])
                region = first_above(uniform(seed, replication, person, TRIP_TO, 0), w.trip_to[own])
            else:
                trip = 1
                begin = exponential_us(seed, replication, person, TRIP_GAP, 1, w.trip_every[own])
                end, region = NEVER_ENDS, home
                if begin < w.length:
                    end = begin + exponential_us(
                        seed, replication, person, TRIP_LENGTH, 1, w.trip_length[own]
                    )
                    region = first_above(uniform(seed, replication, person, TRIP_TO, 1), w.trip_to[own])
        have = np.zeros(3, dtype=np.bool_)
        number = 0
        while time < w.length:
            if row >= len(needs):
                return FULL
            while travels and end <= time:
                trip += 1
                begin = end + exponential_us(seed, replication, person, TRIP_GAP, trip, w.trip_every[own])
                end = NEVER_ENDS
                if begin < w.length:
                    end = begin + exponential_us(
                        seed, replication, person, TRIP_LENGTH, trip, w.trip_length[own]
                    )
                    region = first_above(uniform(seed, replication, person, TRIP_TO, trip), w.trip_to[own])
                have[TRIP] = False
            away = begin <= time < end
            device = region if away else home
            network, kind, where = device, 0, TRIP if away else HOME
            if vpn_exit >= 0 and vpn_draw < w.vpn_on[own]:
                network, kind, where = vpn_exit, 1, VPN
            if by_session or not have[where] or where == VPN:
                if not have[where]:
                    for j in range(signals):
                        noise[where, j] = owner_noise[j]
                    if by_place:
                        place = 0 if where == HOME else (ON_VPN if where == VPN else trip + 1)
                        here = home if where == HOME else -1
                        _noise(
                            1, READING_PLACE, seed, replication, person, place, account, here, w, noise[where]
                        )
                    have[where] = True
                if by_session:
                    _noise(
                        2, READING_SESSION, seed, replication, person, number, account, -1, w, noise[where]
                    )
                reading[where] = _readings(
                    noise[where], device, network, kind, card, declared, organisation, channel, w
                )
            model = first_above(model_draw, w.models[own])
            needs[row, N_TIME] = time
            needs[row, N_NUMBER] = number
            needs[row, N_MODEL] = model
            needs[row, N_REGION] = device
            needs[row, N_CELL] = fixed + reading[where] + model * w.steps[1]
            needs[row, N_BODY] = slot
            needs[row, N_SEGMENT] = own
            row += 1
            number += 1
            gap, vpn_draw, model_draw = need_draws(seed, replication, person, number)
            time += exponential_from(gap, mean)
        bodies[b, 2] = row
    return row


@compiled
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


@compiled
def _presents(
    gate: int, epoch: int, table: int, owner: int, account: int, seed: int, replication: int, g: GateArrays
) -> tuple[int, bool]:
    """The kind of document presented (-1: none), and whether it passes."""
    status = g.status[owner]
    for d in g.acceptable[gate, epoch]:
        if d < 0:
            break
        if (
            g.suffices[gate, epoch, d, status]
            and uniform(seed, replication, account, HOLDS_DOCUMENT, d) < g.holds[owner, d]
        ):
            return d, uniform(seed, replication, account, CHECK_ERROR, d) >= g.errors[table, 0, d]
    first = g.acceptable[gate, epoch, 0]
    if first >= 0:
        if uniform(seed, replication, account, BORROWS, first) < g.borrows[owner]:
            return first, uniform(seed, replication, account, CHECK_ERROR, first) < g.errors[table, 2, first]
        if uniform(seed, replication, account, FORGES, first) < g.forges[owner]:
            return first, uniform(seed, replication, account, CHECK_ERROR, first) < g.errors[table, 1, first]
    for d in g.documents[table]:
        if d < 0:
            break
        if uniform(seed, replication, account, HOLDS_DOCUMENT, d) < g.holds[owner, d]:
            return d, False
    return -1, False


@compiled
def _refuse(
    needs: Ints,
    row: int,
    reason: int,
    now: int,
    person: int,
    gone_until: int,
    seed: int,
    replication: int,
    g: GateArrays,
) -> int:
    """A need is refused; gives back until when the person is gone."""
    number = needs[row, N_NUMBER]
    needs[row, N_REASON] = reason
    needs[row, N_END] = now
    needs[row, N_OUTCOME] = REFUSED
    if (
        g.has_fallback[needs[row, N_MODEL]]
        and uniform(seed, replication, person, FALL_BACK, number) < g.fall_back
    ):
        needs[row, N_OUTCOME] = FALLBACK
    if g.leave > 0 and uniform(seed, replication, person, LEAVE, number) < g.leave:
        return max(gone_until, now + exponential_us(seed, replication, person, RETURN, number, g.away))
    return gone_until


@compiled
def decide(
    account: int,
    gate: int,
    seed: int,
    replication: int,
    length: int,
    channel: int,
    owner: int,
    g: GateArrays,
    needs: Ints,
    bodies: Ints,
    first_case: int,
    cases: Ints,
    request: Ints,
) -> int:
    """Let a gate decide the needs of an account, in the order of time.

    Parameters
    ----------
    account, gate
        Numbers.
    seed, replication, length
        Key of the draws; the window's length in microseconds.
    channel, owner
        Of the account: its channel and the owner's segment.
    g
        The gates.
    needs, bodies
        As `make_needs` filled them; the columns of how needs end are filled here.
    first_case
        For a simulated desk: the number of the account's first case that joined it, or -1.
    cases
        int64[cases, CASE_COLUMNS]: how each ended, and the account's next.
    request
        int64[REQUEST_COLUMNS]: filled where the outcome of a case must be asked of the desk.

    Returns
    -------
    int
        `DONE`, or `ASKS`.
    """
    count = bodies[0, 0]
    epochs = len(g.epoch_start) - 1
    at = np.empty(count, dtype=np.int64)
    gone = np.zeros(count, dtype=np.int64)
    for b in range(count):
        at[b] = bodies[b + 1, 1]
        for row in range(bodies[b + 1, 1], bodies[b + 1, 2]):
            needs[row, N_END] = length
            needs[row, N_OUTCOME] = PENDING
            needs[row, N_REASON] = NO_REASON
            needs[row, N_ASKED] = 0
            needs[row, N_DOCUMENT] = -1
            needs[row, N_JOINED] = -1
            needs[row, N_BEGUN] = -1
    epoch = 0
    table = g.table[gate, 0]
    state, until = FRESH, NEVER_ENDS
    # The case that the account waits for: the row of its need (-1: none), and how and when it will end.
    case_row, case_body, ends_how, ends_at = -1, 0, VERDICT, NEVER_ENDS
    passed = False
    case = first_case
    while True:
        # The next session: the earliest, then the lowest body.
        body = -1
        now = length - 1
        for b in range(count):
            if at[b] < bodies[b + 1, 2] and (body < 0 or needs[at[b], N_TIME] < now):
                body, now = b, needs[at[b], N_TIME]
        # Before it: changes of the law, and the end of the case; at one instant the law comes first.
        while True:
            law_at = g.epoch_start[epoch + 1] if epoch + 1 < epochs else NEVER_ENDS
            case_at = ends_at if case_row >= 0 else NEVER_ENDS
            if min(law_at, case_at) > now:
                break
            if law_at <= case_at:
                epoch += 1
                table = g.table[gate, epoch]
                if state != CLEARED:
                    state = FRESH
                if case_row >= 0:
                    model = needs[case_row, N_MODEL]
                    if g.open_for[epoch, model, channel] or not g.acts[table, needs[case_row, N_CELL]]:
                        state = FRESH
                        needs[case_row, N_OUTCOME] = SERVED_LATE
                        needs[case_row, N_END] = law_at
                        if needs[case_row, N_JOINED] >= law_at:
                            needs[case_row, N_JOINED] = -1
                        if needs[case_row, N_BEGUN] >= law_at:
                            needs[case_row, N_BEGUN] = -1
                        case_row = -1
            else:
                person = bodies[case_body + 1, 0]
                if ends_how == VERDICT and passed:
                    late = case_at > needs[case_row, N_TIME]
                    needs[case_row, N_OUTCOME] = SERVED_LATE if late else SERVED
                    needs[case_row, N_END] = case_at
                    entered = CLEARED
                else:
                    reason = FAILED_CHECK if ends_how == VERDICT else LEFT_QUEUE
                    gone[case_body] = _refuse(
                        needs, case_row, reason, case_at, person, gone[case_body], seed, replication, g
                    )
                    entered = CHECK_FAILED
                if g.durations[table, entered] > 0:
                    state, until = entered, case_at + g.durations[table, entered]
                case_row = -1
        if body < 0:
            break
        row = at[body]
        at[body] += 1
        model, cell, person = needs[row, N_MODEL], needs[row, N_CELL], bodies[body + 1, 0]
        if now < gone[body]:
            needs[row, N_OUTCOME] = LOST
            needs[row, N_END] = now
            continue
        if g.open_for[epoch, model, channel] or not g.acts[table, cell]:
            needs[row, N_OUTCOME] = SERVED
            needs[row, N_END] = now
            continue
        if case_row >= 0:
            gone[body] = _refuse(needs, row, WAITING, now, person, gone[body], seed, replication, g)
            continue
        if state != FRESH and now >= until:
            state = FRESH
        action = g.actions[table, state, cell]
        if action == ALLOW:
            needs[row, N_OUTCOME] = SERVED
            needs[row, N_END] = now
            if state == FRESH and g.durations[table, ALLOWED] > 0:
                state, until = ALLOWED, now + g.durations[table, ALLOWED]
            continue
        if action == BLOCK:
            reason = RULE
            if g.shutdown[table]:
                reason = SHUTDOWN
            elif state in (BLOCKED, CHECK_FAILED):
                reason = STANDING_BLOCK
            gone[body] = _refuse(needs, row, reason, now, person, gone[body], seed, replication, g)
            if state == FRESH and g.durations[table, BLOCKED] > 0:
                state, until = BLOCKED, now + g.durations[table, BLOCKED]
            continue
        # A check opens.
        needs[row, N_ASKED] = 1
        asks = needs[row, N_NUMBER] * 64 + needs[row, N_BODY]
        reason = NO_REASON
        document = -1
        if uniform(seed, replication, account, NEVER_ANSWERS, 0) < g.never_answers[owner]:
            reason = NO_ANSWER
        elif uniform(seed, replication, account, GIVES_UP, asks) < g.gives_up[owner]:
            reason = GAVE_UP
        else:
            document, passed = _presents(gate, epoch, table, owner, account, seed, replication, g)
            if document < 0:
                reason = NO_DOCUMENT
        if reason != NO_REASON:
            gone[body] = _refuse(needs, row, reason, now, person, gone[body], seed, replication, g)
            if g.durations[table, CHECK_FAILED] > 0:
                state, until = CHECK_FAILED, now + g.durations[table, CHECK_FAILED]
            continue
        needs[row, N_DOCUMENT] = document
        case_row, case_body, ends_how, ends_at = row, body, VERDICT, NEVER_ENDS
        ready = now + g.automatic[document]
        if uniform(seed, replication, account, TO_DESK, document) >= g.to_desk[document]:
            if ready < length:
                ends_at = ready
            continue
        # Times from the window's end on are never reached.
        leaves = now + exponential_us(seed, replication, account, PATIENCE, asks, g.patience)
        service = exponential_us(seed, replication, account, SERVICE, asks, g.service)
        if leaves < ready or ready >= length:
            ends_how, ends_at = LEFT, leaves if leaves < length else NEVER_ENDS
            continue
        if g.waits[gate]:
            needs[row, N_JOINED] = ready
            begins = ready + _wait_us(gate, g, seed, replication, account, asks, ready)
            if leaves < begins or begins >= length:
                ends_how, ends_at = LEFT, leaves if leaves < length else NEVER_ENDS
            else:
                needs[row, N_BEGUN] = begins
                ends_at = begins + service if begins + service < length else NEVER_ENDS
            continue
        # The law may withdraw the case before it joins; else the desk must say what became of it.
        opens = NEVER_ENDS
        for later in range(epoch + 1, epochs):
            if g.open_for[later, model, channel] or not g.acts[g.table[gate, later], cell]:
                opens = g.epoch_start[later]
                break
        if opens <= ready:
            continue
        if case < 0:
            request[Q_ROW] = row
            request[Q_OPENED] = now
            request[Q_JOINED] = ready
            request[Q_LEAVES] = leaves
            request[Q_WITHDRAWN] = opens
            request[Q_SERVICE] = service
            request[Q_PASSED] = 1 if passed else 0
            return ASKS
        needs[row, N_JOINED] = ready
        needs[row, N_BEGUN] = cases[case, C_BEGUN]
        how = cases[case, C_ENDS]
        if how in (VERDICT, LEFT):
            ends_how, ends_at = how, cases[case, C_END_US]
        case = cases[case, C_NEXT]
    return DONE
