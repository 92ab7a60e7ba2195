"""Where needs come from and what signals read at each, for bodies that move, and where readings share a cause.

They are gone through one by one, each from stay to stay: see `gatesim.engine.readings` for all others.
"""

from __future__ import annotations

from gatesim.engine.arrays import (
    ASK_NOISE,
    ASK_TRIP,
    ASK_TRIP_GAP,
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
from gatesim.engine.columns import Bench, Needs
from gatesim.engine.readings import (
    ACCOUNT,
    OFF,
    ON,
    ON_VPN,
    PLACE,
    SESSION,
    correction,
    law_at,
    row_of,
)
from gatesim.engine.steps import above, answer, uniform_of
from gatesim.world.compiled import compiled
from gatesim.world.draws import (
    CAUSE,
    NETWORK,
    NEVER,
    READING_PLACE,
    SLOT,
    TRIP_GAP,
    TRIP_LENGTH,
    TRIP_TO,
    VPN_EXIT,
    exponential_from,
    exponential_us,
    uniform,
)

HOME_PLACE, VPN_PLACE = typed(0, ON_VPN)
NETWORK_STRIDE = 2**32

# Where a session comes from: home, the VPN, the present trip; each keeps noise of its own. `OWNER` is the account's.
HOME, VPN, TRIP, OWNER = typed(0, 1, 2, 3)


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


@compiled(forceinline=True, _nrt=False)
def _place_noise(
    seed: int, replication: int, person: int, unit: int, account: int, w: WorldArrays,
    noise: Floats, slot: int,
) -> None:  # fmt: skip
    """Draw the noise of all signals that keep it for a place, away from home networks."""
    for j in range(len(w.observes)):
        noise[slot, j] = noise[OWNER, j]
        if w.refresh[j] == PLACE and not w.sure[j]:
            noise[slot, j] = uniform(seed, replication, person, READING_PLACE, 256 * unit + j)
    if len(w.cause_refresh) > 0:
        _causes(PLACE, seed, replication, person, unit, account, NONE, w, noise, slot)


@compiled(forceinline=True, _nrt=False)
def _readings(
    slot: int, device: int, network: int, kind: int, card: int, declared: int, organisation: int, channel: int,
    w: WorldArrays, bench: Bench,
) -> int:  # fmt: skip
    """What readings add to the cell; of those drawn anew each session, what they add where they are right.

    For these it is written down where the readings that are not right will be looked up.
    """
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
        row, step = row_of(j, channel, kind, value, w), j * w.values + value
        if w.refresh[j] == SESSION and not w.sure[j]:
            cell += w.step[step, 0]
            bench.row[kind, j] = row
            bench.step[kind, j] = step
            bench.right[kind, j] = w.right[row]
        else:
            cell += w.step[step, above(bench.noise[slot, j], w.rows, row)]
    return cell


@compiled(forceinline=True, _nrt=False)
def read_on_journeys(
    seed: int, replication: int, accounts: Ints, moving: int, by_place: bool, w: WorldArrays, law: LawArrays, n: Needs,
    bench: Bench,
) -> None:  # fmt: skip
    """Where needs come from, and what is read, of the bodies that `read_at_home` left.

    Parameters
    ----------
    moving
        How many they are; else as there.
    """
    noise, signals = bench.noise, len(w.observes)
    session_causes = False
    for q in range(len(w.cause_refresh)):
        session_causes |= w.cause_refresh[q] == SESSION
    for k in range(moving):
        b = bench.places.moving[k]
        first, last = bench.bodies.first[b], bench.bodies.last[b]
        a, slot, own = bench.bodies.account[b], bench.bodies.slot[b], bench.bodies.segment[b]
        account, owner = accounts[a], n.owner[a]
        person, drawn = account + slot * SLOT, bench.bodies.drawn[b]
        channel, home = w.channel[owner], w.home[own]
        card, declared, organisation = bench.card[a], bench.declared[a], w.organisation[owner]
        # Noise of the account, and at home: of the account, or drawn for the body.
        for j in range(signals):
            noise[OWNER, j] = 0.5
            noise[HOME, j] = 0.5
            if w.refresh[j] == ACCOUNT:
                noise[OWNER, j] = answer(
                    ASK_NOISE + j, w.account_answer, owner, bench.drawn[a], bench.account
                )
                noise[HOME, j] = noise[OWNER, j]
            elif w.refresh[j] == PLACE:
                noise[HOME, j] = answer(ASK_NOISE + j, w.body_answer, own, drawn, bench.answers)
        if len(w.cause_refresh) > 0:
            _causes(ACCOUNT, seed, replication, account, HOME_PLACE, account, NONE, w, noise, OWNER)
            for j in range(signals):
                if w.refresh[j] == ACCOUNT:
                    noise[HOME, j] = noise[OWNER, j]
            _causes(PLACE, seed, replication, person, HOME_PLACE, account, home, w, noise, HOME)
        vpn_exit = NONE
        if answer(ASK_VPN, w.body_answer, own, drawn, bench.answers) < w.vpn_users[own]:
            vpn_exit = above(uniform(seed, replication, person, VPN_EXIT, 0), w.vpn_exits, own)
            _place_noise(seed, replication, person, VPN_PLACE, account, w, noise, VPN)
        vpn_words, session_words = bench.places.vpn[b], bench.bodies.words[b]

        # The trip that is on, or the next one; ``change`` is when it begins or ends.
        trip, away, device, change = ZERO, False, home, NEVER
        if w.trip_length[own] > 0:
            if answer(ASK_TRIP, w.body_answer, own, drawn, bench.answers) < w.trip_start[own]:
                away = True
                change = exponential_us(seed, replication, person, TRIP_LENGTH, 0, w.trip_length[own])
                device = above(uniform(seed, replication, person, TRIP_TO, 0), w.trip_to, own)
                _place_noise(seed, replication, person, ONE, account, w, noise, TRIP)
            else:
                trip = ONE
                gap = answer(ASK_TRIP_GAP, w.body_answer, own, drawn, bench.answers)
                change = exponential_from(gap, w.trip_every[own])
        vpn_on = w.vpn_on[own]
        row = first
        while row < last:
            time = n.time[row]
            arrives = False
            while time >= change:
                if away:
                    trip += 1
                    away, device = False, home
                    change += exponential_us(seed, replication, person, TRIP_GAP, trip, w.trip_every[own])
                else:
                    away = True
                    arrives = True
                    change += exponential_us(seed, replication, person, TRIP_LENGTH, trip, w.trip_length[own])
            if arrives and away:
                device = above(uniform(seed, replication, person, TRIP_TO, trip), w.trip_to, own)
                _place_noise(seed, replication, person, trip + 1, account, w, noise, TRIP)
            # All needs until then come from one place, by the VPN or not.
            place = TRIP if away else HOME
            direct = bench.fixed[a] + _readings(
                place, device, device, OFF, card, declared, organisation, channel, w, bench
            )
            tunnelled = direct
            if vpn_exit >= 0:
                tunnelled = bench.fixed[a] + _readings(
                    VPN, device, vpn_exit, ON, card, declared, organisation, channel, w, bench
                )
            end = last
            if change < w.length:
                end = row + 1
                while end < last and n.time[end] < change:
                    end += 1
            begin, number = row - first, end - row
            for at in range(row, end):
                n.region[at] = device
                n.cell[at] = direct + n.model[at] * w.steps[1]
                n.restricted[at] = law_at(device, b, by_place, law, n, bench)
            if vpn_exit >= 0:
                for i in range(number):
                    u = 0.5 if vpn_words < 0 else uniform_of(bench.words[vpn_words + begin + i])
                    on = int(u < vpn_on)
                    bench.on[row + i] = on
                    n.cell[row + i] += on * (tunnelled - direct)
            if session_causes:
                for i in range(number):
                    on = int(bench.on[row + i]) if vpn_exit >= 0 else ZERO
                    for j in w.each_session:
                        noise[place, j] = uniform_of(bench.words[bench.asks[j] + session_words + begin + i])
                    _causes(SESSION, seed, replication, person, begin + i, account, NONE, w, noise, place)
                    for j in w.each_session:
                        n.cell[row + i] += correction(noise[place, j], bench.step[on, j], bench.row[on, j], w)
            else:
                for j in w.each_session:
                    asked = bench.asks[j] + session_words + begin
                    for i in range(number):
                        word = ZERO + bench.words[asked + i]
                        on = int(bench.on[row + i]) if vpn_exit >= 0 else ZERO
                        if word >= bench.right[on, j]:
                            n.cell[row + i] += correction(
                                uniform_of(word), bench.step[on, j], bench.row[on, j], w
                            )
            row = end
