"""The needs of accounts and what signals read at each, compiled: docs/model.md, sections 1 and 2, on flat arrays.

Needs do not depend on any gate: they are made once, and every gate decides them (`gatesim.engine.life`). They are made
in passes over some hundred accounts, each of which first writes down all that it has to draw, and then draws it at
once: what each account is, who uses it, when needs arise, who these people are, where each need comes from. The
reference engine's world says the same in plain Python (`gatesim.world.people`); the tests hold the two to each other,
need for need.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import (
    ASK_ACTIVITY,
    ASK_CARD,
    ASK_DECLARED,
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
from gatesim.engine.judging import count_again, days_of, epochs_of, measure, measure_all
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.signals import NETWORK_KINDS
from gatesim.scenario.types import DAY
from gatesim.world.compiled import compiled
from gatesim.world.draws import (
    CAUSE,
    NEED_GAP,
    NEED_MODEL,
    NETWORK,
    READING_PLACE,
    READING_SESSION,
    SHIFT,
    SLOT,
    TRIP_GAP,
    TRIP_LENGTH,
    TRIP_TO,
    VPN_EXIT,
    VPN_ON,
    exponential_from,
    exponential_of,
    exponential_us,
    many_gaps,
    many_uniforms,
    many_words,
    shifted,
    uniform,
)

DAY_US = float(DAY)
HOME_PLACE, ON_VPN = typed(0, 2**40)
NETWORK_STRIDE = 2**32
NEVER_ENDS = 2**62

# Where a session comes from: home, the VPN, the present trip; each keeps noise of its own. `OWNER` is the account's.
HOME, VPN, TRIP, OWNER = typed(0, 1, 2, 3)

ACCOUNT, PLACE, SESSION = typed(0, 1, 2)

WORDS = 4
"""Words of a block; each makes a gap, or answers one question of a need."""

BLOCKS, MORE = 16, 4
"""Blocks of gaps: at most so many for a body at first, and so many again as long as they do not suffice."""

FILLED = 16
"""Rows that are filled at once: a loop over fewer costs more, as its end is guessed wrong."""

ASKED = 8
"""Blocks that are written down at once, as `FILLED`."""

_LOW = 2**32 - 1
_KINDS, _CHANNELS = len(NETWORK_KINDS), len(CHANNELS)


class Needs(NamedTuple):
    """The needs of some accounts, body by body, each body's in the order of time."""

    # One entry a need.
    time: Ints
    number: NDArray[np.int32]
    """Of accounts of several bodies its number among the body's; see `numbers_of` for the others."""
    body: NDArray[np.int16]
    """Of accounts of several bodies; of the others it is the owner, and nothing is written."""
    model: NDArray[np.int16]
    region: NDArray[np.int16]
    cell: NDArray[np.int32]
    order: NDArray[np.int32]
    """Of an account of several bodies the needs in the order in which they are decided: by time, then by body."""
    epoch: NDArray[np.int16]
    day: NDArray[np.int32]
    """The day of the window; of accounts of several bodies -1 where no order in force names the model."""
    restricted: NDArray[np.int32]
    """One bit for each reading."""
    # One entry an account.
    account: Ints
    owner: NDArray[np.int32]
    bodies: NDArray[np.int16]
    begin: Ints
    """The first of its needs; one entry more than there are accounts."""
    # What is counted: the measured needs, in the order of rows.
    seen: NDArray[np.int32]
    """[measured need]: its row."""
    slot: NDArray[np.int32]
    """[measured need]: its model times the number of days, plus its day."""
    today: NDArray[np.int32]
    """[measured need]: its day."""
    again: NDArray[np.int32]
    """[measured need]: how many of the account there are before it in a row on the same day."""
    first_seen: Ints
    """[account + 1]: the first of each account's."""
    of_model: Ints
    """[account, model]: how many."""


def bodies_of(n: Needs, accounts: int) -> Ints:
    """int64[need]: the body that has it, of the needs of so many accounts."""
    several = np.repeat(n.bodies[:accounts] > 1, np.diff(n.begin[: accounts + 1]))
    return np.where(several, n.body[: len(several)], 0).astype(np.int64)


def numbers_of(n: Needs, accounts: int) -> Ints:
    """int64[need]: its number among those of its body, of the needs of so many accounts."""
    counts = np.diff(n.begin[: accounts + 1])
    several, first = np.repeat(n.bodies[:accounts] > 1, counts), np.repeat(n.begin[:accounts], counts)
    return np.where(several, n.number[: len(first)], np.arange(len(first)) - first).astype(np.int64)


class Questions(NamedTuple):
    """What is to be drawn, as `many_uniforms` takes it."""

    number: NDArray[np.uint64]
    person: NDArray[np.uint64]
    what: NDArray[np.uint64]


class Bodies(NamedTuple):
    """The bodies of some accounts, account by account. One entry a body, but where another axis is named."""

    begin: Ints  # [account + 1]: the first body of each account
    account: Ints  # number among the accounts
    slot: Ints
    segment: Ints
    mean: Floats  # mean time between needs, microseconds; infinite: no needs
    first: Ints  # row of its first need
    last: Ints  # row after its last need
    drawn: Ints  # [body + 1]: where what was drawn of it begins: gaps, then answers
    words: Ints  # where its words begin


class Bench(NamedTuple):
    """Room to work in, for one thread."""

    asked: Questions
    account: Floats  # [question]: what was drawn once for the accounts
    account_bits: NDArray[np.uint64]  # here and below: the same memory
    answers: Floats  # [question]: and for their bodies
    answers_bits: NDArray[np.uint64]
    gaps: Floats  # [WORDS * block]
    more: Floats  # [WORDS * MORE]
    words: NDArray[np.uint32]  # [WORDS * block]
    bodies: Bodies
    drawn: Ints  # [account]: where the answers of each begin
    fixed: Ints  # [account]: what channel and age add to the cell
    card: Ints  # [account]
    declared: Ints  # [account]
    noise: Floats  # [4, signals]
    row: Ints  # [2, signals]: for each that is read anew each session, with the VPN off and on, its row of noise
    step: Ints  # [2, signals]: and its row of steps
    right: Ints  # [2, signals]: and how many words read what is right
    on: NDArray[np.int8]  # [row]: 1 where the VPN is on, for the needs of a body that has one
    asks: Ints  # [signals]: where the words of each begin
    at: Ints  # [2, bodies]


def new_needs(rows: int, accounts: int, models: int) -> Needs:
    """Room for so many needs of so many accounts, and of so many models."""
    filled = rows + FILLED
    body, model, region, epoch = (np.zeros(filled, dtype=np.int16) for _ in range(4))
    # Writing of a need that is not kept goes one row past those that are.
    seen, slot, today, again = (np.zeros(rows + 1, dtype=np.int32) for _ in range(4))
    return Needs(
        np.zeros(rows, dtype=np.int64),
        np.zeros(filled, dtype=np.int32),
        body,
        model,
        region,
        np.zeros(filled, dtype=np.int32),
        np.zeros(rows, dtype=np.int32),
        epoch,
        np.zeros(rows, dtype=np.int32),
        np.zeros(filled, dtype=np.int32),
        np.zeros(accounts, dtype=np.int64),
        np.zeros(accounts, dtype=np.int32),
        np.zeros(accounts, dtype=np.int16),
        np.zeros(accounts + 1, dtype=np.int64),
        seen,
        slot,
        today,
        again,
        np.zeros(accounts + 1, dtype=np.int64),
        np.zeros((accounts, models), dtype=np.int64),
    )


def new_bench(w: WorldArrays, rows: int, accounts: int) -> Bench:
    """Room to work in, for so many needs of so many accounts."""
    signals, bodies = len(w.observes), 1 + w.co_segment.shape[1]
    people = bodies * accounts
    of_accounts, of_bodies = accounts * w.account_what.shape[1], people * w.body_what.shape[1]
    blocks = people * BLOCKS
    words = (2 + len(w.each_session)) * (rows // WORDS + people)
    room = max(of_accounts, of_bodies, blocks, words, MORE)

    def doubles(number: int) -> tuple[Floats, NDArray[np.uint64]]:
        made = np.zeros(number)
        return made, made.view(np.uint64)

    def ints(number: int) -> Ints:
        return np.zeros(number, dtype=np.int64)

    number, person, what = (np.zeros(room + ASKED, dtype=np.uint64) for _ in range(3))
    return Bench(
        Questions(number, person, what),
        *doubles(of_accounts),
        *doubles(of_bodies),
        np.zeros(WORDS * blocks),
        np.zeros(WORDS * MORE),
        np.zeros(WORDS * max(words, blocks, MORE), dtype=np.uint32),
        Bodies(
            ints(accounts + 1),
            ints(people),
            ints(people),
            ints(people),
            np.zeros(people),
            ints(people),
            ints(people),
            ints(people + 1),
            ints(people),
        ),
        ints(accounts),
        ints(accounts),
        ints(accounts),
        ints(accounts),
        np.zeros((4, max(1, signals))),
        np.zeros((2, max(1, signals)), dtype=np.int64),
        np.zeros((2, max(1, signals)), dtype=np.int64),
        np.zeros((2, max(1, signals)), dtype=np.int64),
        np.zeros(rows, dtype=np.int8),
        ints(max(1, signals)),
        np.zeros((2, bodies), dtype=np.int64),
    )


@compiled(forceinline=True, _nrt=False)
def _above(u: float, shares: Floats, row: int) -> int:
    """The first position of a row of cumulative shares that is above a uniform number."""
    position = 0
    while u >= shares[row, position]:
        position += 1
    return position


@compiled(forceinline=True, _nrt=False)
def _place(u: float, shares: Floats, row: int) -> int:
    """`_above`, looking at all shares: where any may be, no branch is guessed wrong."""
    position = ZERO
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


@compiled(forceinline=True, _nrt=False)
def _answer(question: int, places: Ints, row: int, begin: int, answers: Floats) -> float:
    """The uniform number that was drawn for a question; one half where nothing was."""
    place = places[row, question]
    return answers[begin + place] if place >= 0 else 0.5


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
        row, step = ((j * _CHANNELS + channel) * _KINDS + kind) * w.values + value, j * w.values + value
        if w.refresh[j] == SESSION and not w.sure[j]:
            cell += w.step[step, 0]
            bench.row[kind, j] = row
            bench.step[kind, j] = step
            bench.right[kind, j] = w.right[row]
        else:
            cell += w.step[step, _above(bench.noise[slot, j], w.rows, row)]
    return cell


@compiled(forceinline=True, _nrt=False)
def _uniform(word: int) -> float:
    """The uniform number of a word."""
    return (word + 0.5) / 4294967296.0


@compiled(forceinline=True, _nrt=False)
def _correction(u: float, on: int, j: int, w: WorldArrays, bench: Bench) -> int:
    """What a reading that is drawn anew adds to the cell, less what it adds where it is right."""
    step = bench.step[on, j]
    return int(w.step[step, _above(u, w.rows, bench.row[on, j])] - w.step[step, 0])


@compiled(forceinline=True, _nrt=False)
def _fill(column: NDArray[Any], begin: int, end: int, value: int) -> None:
    """Write one number into some rows, and into fewer than `FILLED` that follow: they come later, or are not there."""
    for first in range(begin, end, FILLED):
        for i in range(FILLED):
            column[np.uint64(first + i)] = value


@compiled(forceinline=True, _nrt=False)
def _count_up(column: NDArray[Any], begin: int, end: int, value: int) -> None:
    """As `_fill`, with the next number in each row."""
    for first in range(begin, end, FILLED):
        for i in range(FILLED):
            column[np.uint64(first + i)] = value + (first - begin) + i


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


@compiled(_nrt=False)
def _ask_accounts(
    accounts: Ints, seed: int, replication: int, w: WorldArrays, n: Needs, bench: Bench
) -> None:
    """Whose each account is, and all that is drawn once for it."""
    shift = uniform(seed, replication, 0, SHIFT, 0)
    asked, at = bench.asked, ZERO
    for a in range(len(accounts)):
        account = accounts[a]
        owner = owner_of(account, shift, w.segments)
        n.account[a] = account
        n.owner[a] = owner
        bench.drawn[a] = at
        person, slot = np.uint64(account & _LOW), np.uint64(account >> 32)
        for q in range(w.account_asks[owner]):
            asked.number[at] = w.account_index[owner, q]
            asked.person[at] = person
            asked.what[at] = w.account_what[owner, q] + slot
            at += 1
    many_uniforms(
        seed, replication, at, asked.number, asked.person, asked.what, bench.account, bench.account_bits
    )


@compiled(_nrt=False)
def _find_bodies(accounts: int, w: WorldArrays, n: Needs, bench: Bench) -> int:
    """Who uses each account, and how often; gives back how many bodies there are."""
    bodies, b = bench.bodies, ZERO
    presence = ASK_NOISE + len(w.observes)
    for a in range(accounts):
        owner, drawn = n.owner[a], bench.drawn[a]
        activity = _answer(ASK_ACTIVITY, w.account_answer, owner, drawn, bench.account)
        rate = w.rate[owner] * w.multipliers[owner, _place(activity, w.activity, owner)]
        bench.card[a] = _above(
            _answer(ASK_CARD, w.account_answer, owner, drawn, bench.account), w.card, owner
        )
        bench.declared[a] = _above(
            _answer(ASK_DECLARED, w.account_answer, owner, drawn, bench.account), w.declared, owner
        )
        bench.fixed[a] = w.channel[owner] * w.steps[0] + w.band[owner] * w.steps[2]
        bodies.begin[a] = b
        bodies.account[b] = a
        bodies.slot[b] = 0
        bodies.segment[b] = owner
        first, others = b, 0.0
        b += 1
        for k in range(w.co_count[owner]):
            if _answer(presence + k, w.account_answer, owner, drawn, bench.account) < w.co_present[owner, k]:
                others += w.co_share[owner, k]
                bodies.account[b] = a
                bodies.slot[b] = k + 1
                bodies.segment[b] = w.co_segment[owner, k]
                bodies.mean[b] = _mean(rate * w.co_share[owner, k])
                b += 1
        bodies.mean[first] = _mean(rate * (1.0 - others))
        n.bodies[a] = b - first
    bodies.begin[accounts] = b
    return b


@compiled(forceinline=True, _nrt=False)
def _mean(rate: float) -> float:
    """The mean time between needs in microseconds."""
    return DAY_US / rate if rate > 0 else np.inf


@compiled(forceinline=True, _nrt=False)
def _ask_blocks(
    at: int,
    blocks: int,
    step: np.uint64,
    first: np.uint64,
    person: np.uint64,
    what: np.uint64,
    asked: Questions,
) -> None:
    """Write down so many blocks of a person from ``at`` on, and fewer than `ASKED` that follow, as `_fill` does."""
    for begin in range(0, blocks, ASKED):
        for i in range(ASKED):
            place = np.uint64(at + begin + i)
            asked.number[place] = step * np.uint64(begin + i) + first
            asked.person[place] = person
            asked.what[place] = what


@compiled(_nrt=False)
def _gaps(seed: int, replication: int, accounts: Ints, bodies: int, w: WorldArrays, bench: Bench) -> None:
    """Draw, for each body, about as many gaps as the window has room for."""
    asked, at = bench.asked, ZERO
    for b in range(bodies):
        bench.bodies.drawn[b] = at
        expected = w.length / bench.bodies.mean[b]
        if expected > 0:
            account = accounts[bench.bodies.account[b]]
            person = np.uint64(account & _LOW)
            what = np.uint64((account >> 32) + (bench.bodies.slot[b] << 8) + (NEED_GAP << 16))
            blocks = BLOCKS
            if expected < WORDS * BLOCKS:
                blocks = min(BLOCKS, 1 + int(0.25 * (expected + 1.0 + 1.3 * np.sqrt(expected))))
            _ask_blocks(at, blocks, np.uint64(1), np.uint64(0), person, what, asked)
            at += blocks
    bench.bodies.drawn[bodies] = at
    many_gaps(
        seed,
        replication,
        at,
        asked.number,
        asked.person,
        asked.what,
        bench.gaps,
        bench.words,
    )


@compiled(_nrt=False)
def _more_gaps(block: int, seed: int, replication: int, account: int, slot: int, bench: Bench) -> None:
    """Draw `MORE` more blocks for a body."""
    asked = bench.asked
    for j in range(MORE):
        asked.number[j] = np.uint64(block + j)
        asked.person[j] = np.uint64(account & _LOW)
        asked.what[j] = np.uint64((account >> 32) + (slot << 8) + (NEED_GAP << 16))
    many_gaps(
        seed,
        replication,
        MORE,
        asked.number,
        asked.person,
        asked.what,
        bench.more,
        bench.words,
    )


@compiled(_nrt=False)
def _times(seed: int, replication: int, accounts: Ints, w: WorldArrays, n: Needs, bench: Bench) -> int:
    """When needs arise; gives back for how many accounts there was room."""
    bodies, rows, row = bench.bodies, len(n.time), ZERO
    for a in range(len(accounts)):
        n.begin[a] = row
        for b in range(bodies.begin[a], bodies.begin[a + 1]):
            bodies.first[b] = row
            bodies.last[b] = row
            mean = bodies.mean[b]
            if mean == np.inf:
                continue
            begin, blocks = WORDS * bodies.drawn[b], bodies.drawn[b + 1] - bodies.drawn[b]
            if row + WORDS * blocks > rows:
                return a
            time, row = _sum_gaps(
                ZERO, row, begin, begin + WORDS * blocks, mean, w.length, bench.gaps, n.time
            )
            while time < w.length:
                if row + WORDS * MORE > rows:
                    return a
                _more_gaps(blocks, seed, replication, accounts[a], bodies.slot[b], bench)
                blocks += MORE
                time, row = _sum_gaps(time, row, ZERO, WORDS * MORE, mean, w.length, bench.more, n.time)
            bodies.last[b] = row
    n.begin[len(accounts)] = row
    return len(accounts)


@compiled(forceinline=True, _nrt=False)
def _sum_gaps(
    time: int, row: int, begin: int, end: int, mean: float, length: int, gaps: Floats, times: Ints
) -> tuple[int, int]:
    """Write down when needs arise, as long as there are gaps; gives back the time reached, and the next row."""
    for gap in range(begin, end):
        time += exponential_of(gaps[np.uint64(gap)], mean)
        if time >= length:
            break
        times[np.uint64(row)] = time
        row += 1
    return time, row


@compiled(_nrt=False)
def _ask_bodies(
    seed: int, replication: int, accounts: Ints, bodies: int, w: WorldArrays, bench: Bench
) -> None:
    """All that is drawn once for those who have needs."""
    asked, at = bench.asked, ZERO
    for b in range(bodies):
        bench.bodies.drawn[b] = at
        if bench.bodies.first[b] == bench.bodies.last[b]:
            continue
        account, own = accounts[bench.bodies.account[b]], bench.bodies.segment[b]
        person = np.uint64(account & _LOW)
        slot = np.uint64((account >> 32) + (bench.bodies.slot[b] << 8))
        for q in range(w.body_asks[own]):
            asked.number[at] = w.body_index[own, q]
            asked.person[at] = person
            asked.what[at] = w.body_what[own, q] + slot
            at += 1
    many_uniforms(
        seed, replication, at, asked.number, asked.person, asked.what, bench.answers, bench.answers_bits
    )


@compiled(_nrt=False)
def _words(seed: int, replication: int, accounts: Ints, bodies: int, w: WorldArrays, bench: Bench) -> None:
    """All that is drawn anew for each need: the model, whether the VPN is on, readings of the session."""
    asked, at = bench.asked, ZERO
    for b in range(bodies):
        bench.bodies.words[b] = at
        number = bench.bodies.last[b] - bench.bodies.first[b]
        if number == 0:
            continue
        own = bench.bodies.segment[b]
        account = accounts[bench.bodies.account[b]]
        slot = (account >> 32) + (bench.bodies.slot[b] << 8)
        if w.only_model[own] < 0:
            at = _ask_words(at, number, account, NEED_MODEL, slot, 0, asked)
        if w.vpn_users[own] > 0 and w.vpn_by_chance[own]:
            at = _ask_words(at, number, account, VPN_ON, slot, 0, asked)
        for j in w.each_session:
            at = _ask_words(at, number, account, READING_SESSION, slot, j, asked)
    many_words(seed, replication, at, asked.number, asked.person, asked.what, bench.words)


@compiled(forceinline=True, _nrt=False)
def _ask_words(
    at: int, number: int, account: int, purpose: int, slot: int, question: int, asked: Questions
) -> int:
    """Write down the blocks of one question for so many needs; gives back where the next ones go."""
    person, what = np.uint64(account & _LOW), np.uint64((purpose << 16) + slot)
    blocks = (number + 3) >> 2
    _ask_blocks(at, blocks, np.uint64(256), np.uint64(question), person, what, asked)
    return at + blocks


# What is handed to a compiled function is copied at each call, all its arrays one by one. So this one takes all bodies.
@compiled(_nrt=False)
def _sessions(
    seed: int,
    replication: int,
    accounts: Ints,
    bodies: int,
    w: WorldArrays,
    law: LawArrays,
    n: Needs,
    bench: Bench,
) -> None:
    """Where needs come from, and what is read; where only that counts, what the law says."""
    by_place = _all_measured(law, n)
    noise, signals = bench.noise, len(w.observes)
    session_causes = False
    for q in range(len(w.cause_refresh)):
        session_causes |= w.cause_refresh[q] == SESSION
    for b in range(bodies):
        first, last = bench.bodies.first[b], bench.bodies.last[b]
        if first == last:
            continue
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
                noise[OWNER, j] = _answer(
                    ASK_NOISE + j, w.account_answer, owner, bench.drawn[a], bench.account
                )
                noise[HOME, j] = noise[OWNER, j]
            elif w.refresh[j] == PLACE:
                noise[HOME, j] = _answer(ASK_NOISE + j, w.body_answer, own, drawn, bench.answers)
        if len(w.cause_refresh) > 0:
            _causes(ACCOUNT, seed, replication, account, HOME_PLACE, account, NONE, w, noise, OWNER)
            for j in range(signals):
                if w.refresh[j] == ACCOUNT:
                    noise[HOME, j] = noise[OWNER, j]
            _causes(PLACE, seed, replication, person, HOME_PLACE, account, home, w, noise, HOME)
        vpn_exit = NONE
        if _answer(ASK_VPN, w.body_answer, own, drawn, bench.answers) < w.vpn_users[own]:
            vpn_exit = _above(uniform(seed, replication, person, VPN_EXIT, 0), w.vpn_exits, own)
            _place_noise(seed, replication, person, ON_VPN, account, w, noise, VPN)
        # Where the words of each question begin: in the order of `_words`.
        words, quarter = WORDS * bench.bodies.words[b], WORDS * ((last - first + 3) >> 2)
        models, vpn_words = NONE, NONE
        if w.only_model[own] < 0:
            models = words
            words += quarter
        if w.vpn_users[own] > 0 and w.vpn_by_chance[own]:
            vpn_words = words
            words += quarter
        for j in w.each_session:
            bench.asks[j] = words
            words += quarter

        # The trip that is on, or the next one; ``change`` is when it begins or ends.
        trip, away, device, change = ZERO, False, home, NEVER_ENDS
        if w.trip_length[own] > 0:
            if _answer(ASK_TRIP, w.body_answer, own, drawn, bench.answers) < w.trip_start[own]:
                away = True
                change = exponential_us(seed, replication, person, TRIP_LENGTH, 0, w.trip_length[own])
                device = _above(uniform(seed, replication, person, TRIP_TO, 0), w.trip_to, own)
                _place_noise(seed, replication, person, ONE, account, w, noise, TRIP)
            else:
                trip = ONE
                gap = _answer(ASK_TRIP_GAP, w.body_answer, own, drawn, bench.answers)
                change = exponential_from(gap, w.trip_every[own])
        only_model, vpn_on = w.only_model[own], w.vpn_on[own]
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
                device = _above(uniform(seed, replication, person, TRIP_TO, trip), w.trip_to, own)
                _place_noise(seed, replication, person, trip + 1, account, w, noise, TRIP)
            # All needs until then come from one place, by the VPN or not.
            place = TRIP if away else HOME
            direct = bench.fixed[a] + _readings(
                place, device, device, 0, card, declared, organisation, channel, w, bench
            )
            tunnelled = direct
            if vpn_exit >= 0:
                tunnelled = bench.fixed[a] + _readings(
                    VPN, device, vpn_exit, 1, card, declared, organisation, channel, w, bench
                )
            end = last
            if change < w.length:
                end = row + 1
                while end < last and n.time[end] < change:
                    end += 1
            begin, number = row - first, end - row
            _fill(n.region, row, end, device)
            _fill(n.cell, row, end, direct + max(only_model, ZERO) * w.steps[1])
            if by_place:
                _fill(n.restricted, row, end, law.restricted[law.maker[owner, slot], device])
            if n.bodies[a] > 1:
                _fill(n.body, row, end, slot)
                _count_up(n.number, row, end, begin)
            if w.models.shape[1] == 1:
                pass  # No other model was ever written there.
            elif only_model >= 0:
                _fill(n.model, row, end, only_model)
            else:
                for i in range(number):
                    model = _place(_uniform(bench.words[np.uint64(models + begin + i)]), w.models, own)
                    n.model[np.uint64(row + i)] = model
                    n.cell[np.uint64(row + i)] += model * w.steps[1]
            if vpn_exit >= 0:
                for i in range(number):
                    u = 0.5 if vpn_words < 0 else _uniform(bench.words[np.uint64(vpn_words + begin + i)])
                    on = int(u < vpn_on)
                    bench.on[np.uint64(begin + i)] = on
                    n.cell[np.uint64(row + i)] += on * (tunnelled - direct)
            if session_causes:
                for i in range(number):
                    on = int(bench.on[begin + i]) if vpn_exit >= 0 else ZERO
                    for j in w.each_session:
                        noise[place, j] = _uniform(bench.words[bench.asks[j] + begin + i])
                    _causes(SESSION, seed, replication, person, begin + i, account, NONE, w, noise, place)
                    for j in w.each_session:
                        n.cell[row + i] += _correction(noise[place, j], on, j, w, bench)
            elif vpn_exit >= 0:
                for j in w.each_session:
                    asked = bench.asks[j] + begin
                    for i in range(number):
                        word, on = (
                            ZERO + bench.words[np.uint64(asked + i)],
                            int(bench.on[np.uint64(begin + i)]),
                        )
                        if word >= bench.right[on, j]:
                            n.cell[row + i] += _correction(_uniform(word), on, j, w, bench)
            else:
                for j in w.each_session:
                    asked, right = bench.asks[j] + begin, bench.right[0, j]
                    for i in range(number):
                        word = ZERO + bench.words[np.uint64(asked + i)]
                        if word >= right:
                            n.cell[row + i] += _correction(_uniform(word), ZERO, j, w, bench)
            row = end


@compiled(forceinline=True, _nrt=False)
def _all_measured(law: LawArrays, n: Needs) -> bool:
    """Whether there is one model, and one law that names it all the time."""
    return len(law.epoch_start) == 2 and n.of_model.shape[1] == 1 and law.named[0]


@compiled(forceinline=True, _nrt=False)
def _judge(accounts: int, length: int, law: LawArrays, n: Needs, bench: Bench) -> None:
    """What the law says of each need, and what is counted."""
    people, epochs, rows = bench.bodies, len(law.epoch_start) - 1, n.begin[accounts]
    days_of(rows, n.time, law.midnight, length, n.day)
    if epochs > 1:
        epochs_of(rows, n.time, law.epoch_start, n.epoch)
    if _all_measured(law, n):
        measure_all(accounts, n.begin, n.day, n.seen, n.slot, n.today, n.first_seen, n.of_model)
    else:
        measure(
            accounts, n.begin, people.begin, people.first, people.last, people.slot, epochs, law.named, law.restricted,
            law.maker, law.days, n.owner, n.bodies, n.model, n.region, n.epoch, n.day, n.restricted, n.seen,
            n.slot, n.today, n.first_seen, n.of_model,
        )  # fmt: skip
    count_again(accounts, n.first_seen, n.today, n.again)


@compiled(nogil=True, _nrt=False)
def make_needs(
    accounts: Ints, seed: int, replication: int, w: WorldArrays, law: LawArrays, n: Needs, bench: Bench
) -> int:
    """Make the needs of everybody on some accounts.

    Parameters
    ----------
    accounts
        int64[account]: their numbers; at most as many as ``n`` has room for.
    seed, replication
        Key of the draws.
    w, law
        The world; the law.
    n
        Filled.
    bench
        Room to work in.

    Returns
    -------
    int
        How many accounts were made: all of them, or those for whose needs there was room.
    """
    _ask_accounts(accounts, seed, replication, w, n, bench)
    bodies = _find_bodies(len(accounts), w, n, bench)
    _gaps(seed, replication, accounts, bodies, w, bench)
    made = _times(seed, replication, accounts, w, n, bench)
    bodies = bench.bodies.begin[made]
    _ask_bodies(seed, replication, accounts, bodies, w, bench)
    _words(seed, replication, accounts, bodies, w, bench)
    _sessions(seed, replication, accounts, bodies, w, law, n, bench)
    _judge(made, w.length, law, n, bench)
    for a in range(made):
        if n.bodies[a] > 1:
            count = ZERO
            for b in range(bench.bodies.begin[a], bench.bodies.begin[a + 1]):
                bench.at[0, count] = bench.bodies.first[b]
                bench.at[1, count] = bench.bodies.last[b]
                count += 1
            _in_order(n, n.begin[a], n.begin[a + 1], count, bench.at)
    return made
