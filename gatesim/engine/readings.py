"""Where needs come from and what signals read at each, in passes over all bodies of some accounts.

A body that stays at home, and whose readings share no cause, has the same readings at each need, but for its VPN and
what is read anew each session. So what readings add to the cell is found signal by signal for all such bodies, and
written into the rows of their needs; models, VPN and wrong readings of sessions are put right after. The others are
gone through one by one: `gatesim.engine.journeys`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
from gatesim.engine.columns import FILLED, WORDS, Bench, Needs
from gatesim.engine.steps import above, answer, ask_blocks, fill, uniform_of
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.signals import NETWORK_KINDS
from gatesim.world.compiled import compiled
from gatesim.world.draws import (
    NEED_MODEL,
    READING_PLACE,
    READING_SESSION,
    VPN_EXIT,
    VPN_ON,
    many_uniforms,
    many_words,
)

ON_VPN = 2**40
"""The place that stands for the VPN: its noise is drawn at an index that no trip has."""

ACCOUNT, PLACE, SESSION = typed(0, 1, 2)
"""When the noise of a signal is drawn anew."""

_OF_PLACE = (256 * ON_VPN) >> 32
"""What many draws of that place take as the upper bits of their indexes."""

OFF, ON = ZERO, ONE
"""The VPN: the place in arrays of what is read, and the kind of the network."""

NOTHING_WRONG = 2**32
"""More words than there are."""

_LOW = 2**32 - 1
_KINDS, _CHANNELS = len(NETWORK_KINDS), len(CHANNELS)


@compiled(forceinline=True, _nrt=False)
def row_of(j: int, channel: int, kind: int, value: int, w: WorldArrays) -> int:
    """Where in ``w.rows`` a signal's reading of a value is, seen on a channel and a kind of network."""
    return int(((j * _CHANNELS + channel) * _KINDS + kind) * w.values + value)


@compiled(forceinline=True, _nrt=False)
def correction(u: float, step: int, row: int, w: WorldArrays) -> int:
    """What a reading that is drawn anew adds to the cell, less what it adds where it is right."""
    return int(w.step[step, above(u, w.rows, row)] - w.step[step, 0])


@compiled(forceinline=True, _nrt=False)
def draw_words(
    seed: int, replication: int, accounts: Ints, bodies: int, w: WorldArrays, bench: Bench
) -> None:
    """All that is drawn anew for each need: readings of the session, the model, whether the VPN is on."""
    people, places, asked, at = bench.bodies, bench.places, bench.asked, ZERO
    for b in range(bodies):
        people.words[b] = WORDS * at
        at += (people.last[b] - people.first[b] + 3) >> 2
    people.words[bodies] = WORDS * at
    at = ZERO
    for j in w.each_session:
        bench.asks[j] = WORDS * at
        for b in range(bodies):
            at = _ask_words(b, READING_SESSION, j, at, accounts, bench)
    for b in range(bodies):
        places.models[b] = NONE
        if w.only_model[people.segment[b]] < 0:
            places.models[b] = WORDS * at
            at = _ask_words(b, NEED_MODEL, ZERO, at, accounts, bench)
    for b in range(bodies):
        own = people.segment[b]
        places.vpn[b] = NONE
        if w.vpn_users[own] > 0 and w.vpn_by_chance[own]:
            places.vpn[b] = WORDS * at
            at = _ask_words(b, VPN_ON, ZERO, at, accounts, bench)
    many_words(seed, replication, at, asked.number, asked.person, asked.what, bench.words)


@compiled(forceinline=True, _nrt=False)
def _ask_words(b: int, purpose: int, question: int, at: int, accounts: Ints, bench: Bench) -> int:
    """Write down the blocks of one question for the needs of a body; gives back where the next ones go."""
    people = bench.bodies
    account = accounts[people.account[b]]
    person = np.uint64(account & _LOW)
    what = np.uint64((account >> 32) + (people.slot[b] << 8) + (purpose << 16))
    blocks = (people.last[b] - people.first[b] + 3) >> 2
    ask_blocks(at, blocks, np.uint64(256), np.uint64(question), person, what, bench.asked)
    return int(at + blocks)


@compiled(forceinline=True, _nrt=False)
def _sort_out(bodies: int, w: WorldArrays, n: Needs, bench: Bench) -> tuple[int, int]:
    """Where bodies live, which of them move or share a cause, and which of the others have a VPN; how many each."""
    people, places = bench.bodies, bench.places
    causes, moving, hidden = len(w.cause_refresh) > 0, ZERO, ZERO
    for b in range(bodies):
        own, drawn = people.segment[b], people.drawn[b]
        places.home[b] = w.home[own]
        places.channel[b] = w.channel[n.owner[people.account[b]]]
        there = people.first[b] < people.last[b]
        leaves = answer(ASK_TRIP_GAP, w.body_answer, own, drawn, bench.answers) >= w.stays_below[own]
        away = answer(ASK_TRIP, w.body_answer, own, drawn, bench.answers) < w.trip_start[own]
        moves = there & (causes | leaves | away)
        has_vpn = answer(ASK_VPN, w.body_answer, own, drawn, bench.answers) < w.vpn_users[own]
        # Written for each, and kept where it holds: no branch that would be guessed wrong.
        places.moving[np.uint64(moving)] = b
        moving += moves
        places.hidden[np.uint64(hidden)] = b
        places.has_vpn[b] = there & has_vpn & (not moves)
        hidden += places.has_vpn[b]
    return moving, hidden


@compiled(forceinline=True, _nrt=False)
def _read(
    vpn: int,
    count: int,
    who: Ints,
    network: Ints,
    noise: Floats,
    cell: Ints,
    w: WorldArrays,
    n: Needs,
    bench: Bench,
) -> None:
    """Add up what readings of some bodies at home add to the cell, with the VPN off or on.

    Parameters
    ----------
    vpn
        `OFF` or `ON`.
    count, who
        How many bodies; int64[k], their numbers.
    network
        int64[k]: the region that their network shows.
    noise
        float64[signal, k].
    cell
        int64[k]: added to.
    """
    people, places = bench.bodies, bench.places
    value = places.value
    for j in range(len(w.observes)):
        observes = w.observes[j]
        if observes == 0:
            for k in range(count):
                value[k] = places.home[who[k]]
        elif observes == 1:
            for k in range(count):
                value[k] = network[k]
        elif observes == 2:
            for k in range(count):
                value[k] = vpn
        elif observes == 3:
            for k in range(count):
                value[k] = bench.card[people.account[who[k]]]
        elif observes == 4:
            for k in range(count):
                value[k] = bench.declared[people.account[who[k]]]
        else:
            for k in range(count):
                value[k] = w.organisation[n.owner[people.account[who[k]]]]
        first, each = j * w.values, w.refresh[j] == SESSION and not w.sure[j]
        if each:
            row, right, step = places.row[vpn, j], places.right[vpn, j], places.step[vpn, j]
            for k in range(count):
                b = who[k]
                row[b] = row_of(j, places.channel[b], vpn, value[k], w)
                step[b] = first + value[k]
                right[b] = w.right[row[b]]
                cell[k] += w.step[step[b], 0]
        else:
            for k in range(count):
                at = row_of(j, places.channel[who[k]], vpn, value[k], w)
                cell[k] += w.step[first + value[k], above(noise[j, k], w.rows, at)]


@compiled(forceinline=True, _nrt=False)
def _at_home(bodies: int, w: WorldArrays, n: Needs, bench: Bench) -> None:
    """What readings at home add to the cells of all bodies."""
    people, places = bench.bodies, bench.places
    for j in range(len(w.observes)):
        noise = places.noise[j]
        if w.sure[j] or w.refresh[j] == SESSION:
            for b in range(bodies):
                noise[b] = 0.5
        elif w.refresh[j] == ACCOUNT:
            for b in range(bodies):
                a = people.account[b]
                noise[b] = answer(ASK_NOISE + j, w.account_answer, n.owner[a], bench.drawn[a], bench.account)
        else:
            for b in range(bodies):
                noise[b] = answer(
                    ASK_NOISE + j, w.body_answer, people.segment[b], people.drawn[b], bench.answers
                )
    for b in range(bodies):
        places.at_home[b] = (
            bench.fixed[people.account[b]] + max(w.only_model[people.segment[b]], ZERO) * w.steps[1]
        )
    _read(OFF, bodies, places.everybody, places.home, places.noise, places.at_home, w, n, bench)


@compiled(forceinline=True, _nrt=False)
def law_at(region: int, b: int, by_place: bool, law: LawArrays, n: Needs, bench: Bench) -> int:
    """Where the law begins for a body's needs in a region; if it goes by that alone, what it says."""
    begins = (
        law.maker[n.owner[bench.bodies.account[b]], bench.bodies.slot[b]] * law.of_maker
        + region * n.of_model.shape[1]
    )
    return int(law.restricted[begins]) if by_place else begins


@compiled(forceinline=True, _nrt=False)
def _write_rows(bodies: int, by_place: bool, w: WorldArrays, law: LawArrays, n: Needs, bench: Bench) -> None:
    """Write into the rows of all needs their models, and what holds where they are made at home.

    As many rows at a time as `FILLED`, over a body's last: those that follow come later, or are not there.
    """
    people, places, models = bench.bodies, bench.places, w.models.shape[1]
    for b in range(bodies):
        begin, end, home, own = people.first[b], people.last[b], places.home[b], people.segment[b]
        law_there, at_home, words = (
            law_at(home, b, by_place, law, n, bench),
            places.at_home[b],
            places.models[b],
        )
        for first in range(begin, end, FILLED):
            fill(n.region, first, home)
            fill(n.restricted, first, law_there)
            if words >= 0:
                _draw_models(first, words + first - begin, own, w.models, bench.words, n.model)
                for i in range(FILLED):
                    at = np.uint64(first + i)
                    n.cell[at] = at_home + np.int64(n.model[at]) * w.steps[1]
            else:
                fill(n.cell, first, at_home)
                if models > 1:  # Else no other model was ever written there.
                    fill(n.model, first, w.only_model[own])
        if n.bodies[people.account[b]] > 1:
            for row in range(begin, end):
                n.body[row] = people.slot[b]
                n.number[row] = row - begin


@compiled(forceinline=True, _nrt=False)
def _draw_models(
    first: int, word: int, own: int, models: Ints, words: NDArray[np.uint32], model: NDArray[np.int16]
) -> None:
    """The models of some needs, of their words: the first above whose words each lies."""
    fill(model, first, ZERO)
    for m in range(models.shape[1] - 1):
        below = models[own, m]
        for i in range(FILLED):
            model[np.uint64(first + i)] += ZERO + words[np.uint64(word + i)] >= below


@compiled(forceinline=True, _nrt=False)
def _write_vpn(
    seed: int, replication: int, accounts: Ints, hidden: int, w: WorldArrays, n: Needs, bench: Bench
) -> None:
    """What the VPN changes for those who have one."""
    people, places, asked = bench.bodies, bench.places, bench.asked
    who, at = places.hidden, ZERO
    for k in range(hidden):
        at = _ask_once(at, who[k], VPN_EXIT, ZERO, accounts, bench)
    many_uniforms(
        seed, replication, at, asked.number, asked.person, asked.what, bench.hidden, bench.hidden_bits, ZERO
    )
    for k in range(hidden):
        places.network[k] = above(bench.hidden[k], w.vpn_exits, people.segment[who[k]])
        places.cell[k] = (
            bench.fixed[people.account[who[k]]] + max(w.only_model[people.segment[who[k]]], ZERO) * w.steps[1]
        )
    at = ZERO
    for j in range(len(w.observes)):
        if w.refresh[j] == PLACE and not w.sure[j]:
            for k in range(hidden):
                at = _ask_once(at, who[k], READING_PLACE, j, accounts, bench)
        else:
            # What the account keeps is kept on the VPN. The noise of `who[k]` stands at or after place k.
            for k in range(hidden):
                places.noise[j, k] = places.noise[j, who[k]]
    many_uniforms(
        seed,
        replication,
        at,
        asked.number,
        asked.person,
        asked.what,
        bench.hidden,
        bench.hidden_bits,
        _OF_PLACE,
    )
    at = ZERO
    for j in range(len(w.observes)):
        if w.refresh[j] == PLACE and not w.sure[j]:
            for k in range(hidden):
                places.noise[j, k] = bench.hidden[at]
                at += 1
    _read(ON, hidden, who, places.network, places.noise, places.cell, w, n, bench)
    for k in range(hidden):
        b = who[k]
        first, words, adds, share = (
            people.first[b],
            places.vpn[b],
            places.cell[k] - places.at_home[b],
            w.vpn_on[people.segment[b]],
        )
        for i in range(people.last[b] - first):
            u = 0.5 if words < 0 else uniform_of(bench.words[np.uint64(words + i)])
            on = int(u < share)
            bench.on[np.uint64(first + i)] = on
            n.cell[np.uint64(first + i)] += on * adds


@compiled(forceinline=True, _nrt=False)
def _ask_once(at: int, b: int, purpose: int, question: int, accounts: Ints, bench: Bench) -> int:
    """Write down what is drawn once for a body; gives back where the next one goes."""
    asked, account = bench.asked, accounts[bench.bodies.account[b]]
    asked.number[at] = question
    asked.person[at] = account & _LOW
    asked.what[at] = (account >> 32) + (bench.bodies.slot[b] << 8) + (purpose << 16)
    return at + 1


@compiled(_nrt=False)
def _possibly_wrong(
    first: int, last: int, least: int, words: NDArray[np.uint32], found: NDArray[np.int32]
) -> int:
    """Find the words that are ``least`` or more; gives back how many: ``found`` counts from the first word."""
    count, bound = ZERO, np.uint32(least)
    for i in range(last - first):
        found[np.uint64(count)] = i
        count += words[np.uint64(first + i)] >= bound
    return count


@compiled(forceinline=True, _nrt=False)
def _write_wrong(bodies: int, moving: int, w: WorldArrays, n: Needs, bench: Bench) -> None:
    """Readings that are drawn anew each session, where they are wrong."""
    people, places = bench.bodies, bench.places
    for j in w.each_session:
        off, on, least = places.right[OFF, j], places.right[ON, j], NOTHING_WRONG
        for k in range(moving):
            off[places.moving[k]] = NOTHING_WRONG
        for b in range(bodies):
            least = min(least, off[b])
            if places.has_vpn[b]:
                least = min(least, on[b])
        if least == NOTHING_WRONG:
            continue
        begin, b = bench.asks[j], ZERO
        count = _possibly_wrong(begin, begin + people.words[bodies], least, bench.words, bench.found)
        for c in range(count):
            i = bench.found[c]
            while i >= people.words[b + 1]:
                b += 1
            row = people.first[b] + i - people.words[b]
            if row >= people.last[b]:
                continue
            vpn = ZERO + bench.on[row] if places.has_vpn[b] else OFF
            word = ZERO + bench.words[begin + i]
            if word >= places.right[vpn, j, b]:
                n.cell[row] += correction(uniform_of(word), places.step[vpn, j, b], places.row[vpn, j, b], w)


@compiled(forceinline=True, _nrt=False)
def read_at_home(
    seed: int, replication: int, accounts: Ints, bodies: int, by_place: bool, w: WorldArrays, law: LawArrays, n: Needs,
    bench: Bench,
) -> int:  # fmt: skip
    """Where needs come from, and what is read, of bodies that stay at home and share no cause.

    Parameters
    ----------
    seed, replication
        Key of the draws.
    accounts
        int64[account]: their numbers.
    bodies
        How many, of all of them.
    by_place
        Whether what the law says goes by the place alone: then it is written down, too.
    w, law
        The world; the law.
    n
        Filled: places, cells, models, numbers and bodies.
    bench
        What was drawn; room to work in.

    Returns
    -------
    int
        How many bodies are left to go through one by one: those in ``bench.places.moving``. Of these what holds at home
        is in ``n``, and their models are.
    """
    moving, hidden = _sort_out(bodies, w, n, bench)
    _at_home(bodies, w, n, bench)
    _write_rows(bodies, by_place, w, law, n, bench)
    if hidden > 0:
        _write_vpn(seed, replication, accounts, hidden, w, n, bench)
    if len(w.each_session) > 0:
        _write_wrong(bodies, moving, w, n, bench)
    return moving
