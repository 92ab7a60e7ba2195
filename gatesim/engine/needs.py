"""The needs of accounts and what signals read at each, compiled: docs/model.md, sections 1 and 2, on flat arrays.

Needs do not depend on any gate: they are made once, and every gate decides them (`gatesim.engine.life`). The
reference engine's world says the same in plain Python (`gatesim.world.people`); the tests hold the two to each
other, need for need.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import (
    ASK_ACTIVITY,
    ASK_CARD,
    ASK_DECLARED,
    ASK_NOISE,
    ASK_TRIP,
    ASK_VPN,
    NONE,
    ONE,
    ZERO,
    Floats,
    Ints,
    LawArrays,
    WorldArrays,
    typed,
)
from gatesim.scenario.types import DAY
from gatesim.world.compiled import compiled
from gatesim.world.draws import (
    CAUSE,
    LANES,
    NEED_LANES,
    NETWORK,
    READING_PLACE,
    READING_SESSION,
    SHIFT,
    SLOT,
    TRIP_GAP,
    TRIP_LENGTH,
    TRIP_TO,
    VPN_EXIT,
    exponential_of,
    exponential_us,
    need_lanes,
    shifted,
    uniform,
    uniform_lanes,
    word_uniform,
)

DAY_US = float(DAY)
HOME_PLACE, ON_VPN = typed(0, 2**40)
NETWORK_STRIDE = 2**32
NEVER_ENDS = 2**62

# Where a session comes from: home, the VPN, the present trip; each keeps noise of its own. `OWNER` is the account's.
HOME, VPN, TRIP, OWNER = typed(0, 1, 2, 3)

ACCOUNT, PLACE, SESSION = typed(0, 1, 2)
STICKS, ANEW = (cast(bool, np.bool_(anew)) for anew in (False, True))


class Needs(NamedTuple):
    """The needs of some accounts, body by body, each body's in the order of time."""

    # One entry a need.
    time: Ints
    number: NDArray[np.int32]
    body: NDArray[np.int16]
    model: NDArray[np.int16]
    region: NDArray[np.int16]
    cell: NDArray[np.int32]
    order: NDArray[np.int32]
    """The account's needs in the order in which they are decided: by time, then by body."""
    # What `judge` fills in.
    epoch: NDArray[np.int16]
    day: NDArray[np.int16]
    """Day of the window; -1 where no order in force names the model."""
    restricted: NDArray[np.int32]
    """One bit for each reading."""
    # One entry an account.
    account: Ints
    owner: NDArray[np.int32]
    bodies: NDArray[np.int16]
    begin: Ints
    """The first of its needs; one entry more than there are accounts."""


class Bench(NamedTuple):
    """Room to work in, for one thread."""

    gaps: Floats  # [NEED_LANES]
    bits: Ints  # [NEED_LANES]: the same memory
    scale: Floats  # [NEED_LANES]
    vpn: NDArray[np.uint64]  # [NEED_LANES]
    model: NDArray[np.uint64]  # [NEED_LANES]
    lanes: Floats  # [widest set of questions]
    answers: Floats  # [questions]
    noise: Floats  # [4, signals]
    session: Floats  # [signals, NEED_LANES]: noise of needs in a row
    purposes: NDArray[np.uint64]  # [NEED_LANES]
    indices: NDArray[np.uint64]  # [NEED_LANES]
    drawn: Ints  # [3]: whether the noise of home, VPN, trip has been drawn
    known: Ints  # [3]: what was read there last; -1 where it must be read anew
    slots: Ints  # [bodies]
    at: Ints  # [2, bodies]


def new_needs(rows: int, accounts: int) -> Needs:
    """Room for so many needs of so many accounts."""
    small = [np.zeros(rows, dtype=np.int16) for _ in range(5)]
    body, model, region, epoch, day = small
    return Needs(
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows, dtype=np.int32),
        body,
        model,
        region,
        np.zeros(rows, dtype=np.int32),
        np.zeros(rows, dtype=np.int32),
        epoch,
        day,
        np.zeros(rows, dtype=np.int32),
        np.zeros(accounts, dtype=np.int64),
        np.zeros(accounts, dtype=np.int32),
        np.zeros(accounts, dtype=np.int16),
        np.zeros(accounts + 1, dtype=np.int64),
    )


def new_bench(w: WorldArrays) -> Bench:
    """Room to work in."""
    signals, bodies = len(w.observes), 1 + w.co_segment.shape[1]
    gaps = np.zeros(NEED_LANES)
    return Bench(
        gaps,
        gaps.view(np.int64),
        np.zeros(NEED_LANES),
        np.zeros(NEED_LANES, dtype=np.uint64),
        np.zeros(NEED_LANES, dtype=np.uint64),
        np.zeros(max(w.account_asks.shape[1], w.body_asks.shape[1])),
        np.zeros(ASK_NOISE + signals + bodies),
        np.zeros((4, max(1, signals))),
        np.full((max(1, signals), NEED_LANES), 0.5),
        np.full(NEED_LANES, READING_SESSION << 16, dtype=np.uint64),
        np.zeros(NEED_LANES, dtype=np.uint64),
        np.zeros(3, dtype=np.int64),
        np.zeros(3, dtype=np.int64),
        np.zeros(bodies, dtype=np.int64),
        np.zeros((2, bodies), dtype=np.int64),
    )


@compiled(forceinline=True, _nrt=False)
def _above(u: float, shares: Floats, row: int) -> int:
    """The first position of a row of cumulative shares that is above a uniform number."""
    position = 0
    for j in range(shares.shape[1] - 1):
        position += u >= shares[row, j]
    return position


@compiled(_nrt=False)
def owner_of(account: int, shift: float, segments: Floats) -> int:
    """The segment of an account's owner; ``shift`` is the uniform number of `SHIFT`."""
    u = shifted(account, shift)
    position = 0
    for j in range(len(segments) - 1):
        position += u >= segments[j]
    return position


@compiled(_nrt=False)
def _causes(
    refresh: int, seed: int, replication: int, person: int, unit: int, account: int, home: int,
    w: WorldArrays, noise: Floats, slot: int,
) -> None:  # fmt: skip
    """Causes that act give their signals one number; ``home`` is -1 where networks do not act."""
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
                    noise[slot, j] = shared


@compiled(_nrt=False)
def _place_noise(
    seed: int, replication: int, person: int, unit: int, account: int, w: WorldArrays,
    noise: Floats, slot: int,
) -> None:  # fmt: skip
    """Draw the noise of all signals that keep it for a place, away from home networks."""
    for j in range(len(w.observes)):
        if w.refresh[j] == PLACE and not w.sure[j]:
            noise[slot, j] = uniform(seed, replication, person, READING_PLACE, 256 * unit + j)
    _causes(PLACE, seed, replication, person, unit, account, NONE, w, noise, slot)


@compiled(forceinline=True, _nrt=False)
def _readings(
    anew: bool, noise: Floats, slot: int, device: int, network: int, kind: int, card: int, declared: int,
    organisation: int, channel: int, w: WorldArrays,
) -> int:  # fmt: skip
    """What the readings of signals add to the cell: of those that are drawn anew each session, or of the others."""
    cell = 0
    for j in range(len(w.observes)):
        if (w.refresh[j] == SESSION) != anew:
            continue
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
        position, u = 0, noise[slot, j]
        for p in range(w.rows.shape[4] - 1):
            position += u >= w.rows[j, channel, kind, value, p]
        cell += w.step[j, value, position]
    return cell


@compiled(_nrt=False)
def _session_noise(
    seed: int, replication: int, account: int, slot: int, first: int, w: WorldArrays, bench: Bench
) -> None:
    """The noise of signals that are drawn anew each session, for `NEED_LANES` needs from ``first`` on."""
    for j in range(len(w.observes)):
        if w.refresh[j] == SESSION and not w.sure[j]:
            for lane in range(NEED_LANES):
                bench.indices[lane] = np.uint64(256 * (first + lane) + j)
            uniform_lanes(seed, replication, account, slot, bench.purposes, bench.indices, bench.session[j])


@compiled(_nrt=False)
def _in_order(n: Needs, first: int, last: int, count: int, at: Ints) -> None:
    """The order of the needs of an account of several bodies, whose rows begin and end at ``at``."""
    for row in range(first, last):
        best = -1
        for b in range(count):
            if at[0, b] < at[1, b] and (best < 0 or n.time[at[0, b]] < n.time[at[0, best]]):
                best = b
        n.order[row] = at[0, best]
        at[0, best] += 1


@compiled(nogil=True, _nrt=False)
def make_needs(accounts: Ints, seed: int, replication: int, w: WorldArrays, n: Needs, bench: Bench) -> int:
    """Make the needs of everybody on some accounts.

    Parameters
    ----------
    accounts
        int64[account]: their numbers; at most as many as ``n`` has room for.
    seed, replication
        Key of the draws.
    w
        The world.
    n
        Filled; what the law says of the needs is left to `judge`.
    bench
        Room to work in.

    Returns
    -------
    int
        How many accounts were made: all of them, or those for whose needs there was room.
    """
    signals, rows = len(w.observes), len(n.time)
    by_session, by_place, session_causes, causes = False, False, False, len(w.cause_refresh) > 0
    for j in range(signals):
        by_place |= w.refresh[j] == PLACE
        by_session |= w.refresh[j] == SESSION
    for q in range(len(w.cause_refresh)):
        session_causes |= w.cause_refresh[q] == SESSION
    shift = uniform(seed, replication, 0, SHIFT, 0)
    ask_co_user = ASK_NOISE + signals
    noise, answers = bench.noise, bench.answers
    row = ZERO
    n.begin[0] = 0
    for made in range(len(accounts)):
        account = accounts[made]
        owner = owner_of(account, shift, w.segments)
        lanes = w.account_lanes[owner]
        for begin in range(0, lanes, LANES):
            uniform_lanes(
                seed,
                replication,
                account,
                0,
                w.account_purposes[owner, begin : begin + LANES],
                w.account_indices[owner, begin : begin + LANES],
                bench.lanes[begin : begin + LANES],
            )
        for k in range(len(answers)):
            answers[k] = 0.5
        for lane in range(lanes):
            if w.account_asks[owner, lane] >= 0:
                answers[w.account_asks[owner, lane]] = bench.lanes[lane]
        rate = w.rate[owner] * w.multipliers[owner, _above(answers[ASK_ACTIVITY], w.activity, owner)]
        card = _above(answers[ASK_CARD], w.card, owner)
        declared = _above(answers[ASK_DECLARED], w.declared, owner)
        channel, organisation = w.channel[owner], w.organisation[owner]
        fixed = channel * w.steps[0] + w.band[owner] * w.steps[2]
        for j in range(signals):
            noise[OWNER, j] = answers[ASK_NOISE + j] if w.refresh[j] == ACCOUNT else 0.5
        if causes:
            _causes(ACCOUNT, seed, replication, account, HOME_PLACE, account, NONE, w, noise, OWNER)

        count = ONE
        others = 0.0
        bench.slots[0] = 0
        for k in range(w.co_count[owner]):
            if answers[ask_co_user + k] < w.co_present[owner, k]:
                bench.slots[count] = k + 1
                others += w.co_share[owner, k]
                count += 1

        begin_row = row
        for b in range(count):
            slot = bench.slots[b]
            person = account + slot * SLOT
            own = owner if slot == 0 else w.co_segment[owner, slot - 1]
            bench.at[0, b] = row
            bench.at[1, b] = row
            own_rate = rate * ((1.0 - others) if slot == 0 else w.co_share[owner, slot - 1])
            if own_rate <= 0:
                continue
            mean = DAY_US / own_rate
            need_lanes(
                seed, replication, person, 0, bench.gaps, bench.bits, bench.scale, bench.vpn, bench.model
            )
            time = exponential_of(bench.gaps[0], mean)
            if time >= w.length:
                continue
            if slot > 0:
                lanes = w.body_lanes[own]
                for begin in range(0, lanes, LANES):
                    uniform_lanes(
                        seed,
                        replication,
                        account,
                        slot,
                        w.body_purposes[own, begin : begin + LANES],
                        w.body_indices[own, begin : begin + LANES],
                        bench.lanes[begin : begin + LANES],
                    )
                answers[ASK_VPN] = 0.5
                for lane in range(lanes):
                    if w.body_asks[own, lane] >= 0:
                        answers[w.body_asks[own, lane]] = bench.lanes[lane]
            # Noise at home: of the account, or drawn with the questions that are asked once.
            for j in range(signals):
                if w.refresh[j] == ACCOUNT:
                    noise[HOME, j] = noise[OWNER, j]
                elif w.refresh[j] == PLACE and not w.sure[j]:
                    noise[HOME, j] = answers[ASK_NOISE + j]
                else:
                    noise[HOME, j] = 0.5
            home = w.home[own]
            if causes:
                _causes(PLACE, seed, replication, person, HOME_PLACE, account, home, w, noise, HOME)
            vpn_exit = -1
            if answers[ASK_VPN] < w.vpn_users[own]:
                vpn_exit = _above(uniform(seed, replication, person, VPN_EXIT, 0), w.vpn_exits, own)
            # The trip that is on, or the next one; ``change`` is when it begins or ends.
            trip, away, device = ZERO, False, home
            change = NEVER_ENDS
            if w.trip_length[own] > 0:
                if answers[ASK_TRIP] < w.trip_start[own]:
                    away = True
                    change = exponential_us(seed, replication, person, TRIP_LENGTH, 0, w.trip_length[own])
                    device = _above(uniform(seed, replication, person, TRIP_TO, 0), w.trip_to, own)
                else:
                    trip += 1
                    change = exponential_us(seed, replication, person, TRIP_GAP, 1, w.trip_every[own])
            bench.drawn[:] = 0
            bench.drawn[HOME] = 1
            bench.known[:] = -1
            number, lane = ZERO, 0
            if by_session:
                _session_noise(seed, replication, account, slot, number, w, bench)
            vpn_on = w.vpn_on[own]
            while time < w.length:
                if row >= rows:
                    return made
                while time >= change:
                    if away:
                        trip += 1
                        away, device = False, home
                        change += exponential_us(seed, replication, person, TRIP_GAP, trip, w.trip_every[own])
                    else:
                        away = True
                        bench.drawn[TRIP] = 0
                        device = _above(uniform(seed, replication, person, TRIP_TO, trip), w.trip_to, own)
                        change += exponential_us(
                            seed, replication, person, TRIP_LENGTH, trip, w.trip_length[own]
                        )
                    bench.known[VPN] = -1
                    bench.known[TRIP] = -1
                where, place, network, kind = HOME, HOME_PLACE, device, 0
                if vpn_exit >= 0 and word_uniform(bench.vpn[lane]) < vpn_on:
                    where, place, network, kind = VPN, ON_VPN, vpn_exit, 1
                elif away:
                    where, place = TRIP, trip + 1
                if bench.known[where] < 0:
                    if bench.drawn[where] == 0:
                        for j in range(signals):
                            noise[where, j] = noise[OWNER, j]
                        if by_place:
                            _place_noise(seed, replication, person, place, account, w, noise, where)
                        bench.drawn[where] = 1
                    bench.known[where] = _readings(
                        STICKS, noise, where, device, network, kind, card, declared, organisation, channel, w
                    )
                reading = bench.known[where]
                if by_session:
                    for j in range(signals):
                        if w.refresh[j] == SESSION:
                            noise[where, j] = bench.session[j, lane]
                    if session_causes:
                        _causes(SESSION, seed, replication, person, number, account, NONE, w, noise, where)
                    reading += _readings(
                        ANEW, noise, where, device, network, kind, card, declared, organisation, channel, w
                    )
                model = _above(word_uniform(bench.model[lane]), w.models, own)
                n.time[row] = time
                n.number[row] = number
                n.body[row] = slot
                n.model[row] = model
                n.region[row] = device
                n.cell[row] = fixed + reading + model * w.steps[1]
                n.order[row] = row
                row += 1
                number += 1
                lane += 1
                if lane == NEED_LANES:
                    need_lanes(
                        seed,
                        replication,
                        person,
                        number,
                        bench.gaps,
                        bench.bits,
                        bench.scale,
                        bench.vpn,
                        bench.model,
                    )
                    if by_session:
                        _session_noise(seed, replication, account, slot, number, w, bench)
                    lane = 0
                time += exponential_of(bench.gaps[lane], mean)
            bench.at[1, b] = row
        if count > 1:
            _in_order(n, begin_row, row, count, bench.at)
        n.account[made] = account
        n.owner[made] = owner
        n.bodies[made] = count
        n.begin[made + 1] = row
    return len(accounts)


@compiled(_nrt=False)
def judge(accounts: int, n: Needs, law: LawArrays) -> None:
    """Say of each need of the first ``accounts`` accounts in which epoch it arises, and what the law says of it."""
    epochs, models = law.named.shape
    regions = law.restricted.shape[1] // (epochs * models)
    for a in range(accounts):
        owner = n.owner[a]
        last_body = -1
        epoch, day, midnight, maker, until = 0, 0, 0, 0, 0
        for row in range(n.begin[a], n.begin[a + 1]):
            body, time, model = n.body[row], n.time[row], n.model[row]
            if body != last_body:
                last_body = body
                maker = law.maker[owner, body]
                epoch, until = 0, law.epoch_start[1]
                day, midnight = 0, DAY - law.midnight
            while time >= until:
                epoch += 1
                until = law.epoch_start[epoch + 1]
            if time >= midnight:
                day = (time + law.midnight) // DAY
                midnight = (day + 1) * DAY - law.midnight
            n.epoch[row] = epoch
            n.day[row] = day if law.named[epoch, model] else -1
            n.restricted[row] = law.restricted[maker, (epoch * regions + n.region[row]) * models + model]
