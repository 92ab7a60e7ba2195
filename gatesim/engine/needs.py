"""The needs of accounts and what signals read at each, compiled: docs/model.md, sections 1 and 2, on flat arrays.

Needs do not depend on any gate: they are made once, and every gate decides them (`gatesim.engine.life`). They are made
in passes over some hundred accounts, each of which first writes down all that it has to draw, and then draws it at
once: what each account is, who uses it, when needs arise, who these people are, where each need comes from. The
reference engine's world says the same in plain Python (`gatesim.world.people`); the tests hold the two to each other,
need for need.

All passes become parts of one function (``forceinline``): what is handed to a compiled function is copied, number by
number, and these arrays are some thousand numbers. What they call is handed few arrays.
"""

from __future__ import annotations

import numpy as np

from gatesim.engine.arrays import (
    ASK_ACTIVITY,
    ASK_CARD,
    ASK_DECLARED,
    ASK_NOISE,
    ZERO,
    Floats,
    Ints,
    LawArrays,
    WorldArrays,
)
from gatesim.engine.columns import BLOCKS, MORE, WORDS, Bench, Needs
from gatesim.engine.journeys import read_on_journeys
from gatesim.engine.judging import count_again, days_of, epochs_of, measure, measure_all
from gatesim.engine.readings import draw_words, read_at_home
from gatesim.engine.steps import above, answer, ask_blocks, place_of
from gatesim.scenario.types import DAY
from gatesim.world.compiled import compiled
from gatesim.world.draws import (
    NEED_GAP,
    SHIFT,
    exponential_of,
    many_gaps,
    many_uniforms,
    shifted,
    uniform,
)

DAY_US = float(DAY)

_LOW = 2**32 - 1


@compiled(_nrt=False)
def owner_of(account: int, shift: float, segments: Floats) -> int:
    """The segment of an account's owner; ``shift`` is the uniform number of `SHIFT`."""
    u = shifted(account, shift)
    position = 0
    for j in range(len(segments) - 1):
        position += u >= segments[j]
    return position


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


@compiled(forceinline=True, _nrt=False)
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
        seed, replication, at, asked.number, asked.person, asked.what, bench.account, bench.account_bits, ZERO
    )


@compiled(forceinline=True, _nrt=False)
def _find_bodies(accounts: int, w: WorldArrays, n: Needs, bench: Bench) -> int:
    """Who uses each account, and how often; gives back how many bodies there are."""
    bodies, b = bench.bodies, ZERO
    presence = ASK_NOISE + len(w.observes)
    for a in range(accounts):
        owner, drawn = n.owner[a], bench.drawn[a]
        activity = answer(ASK_ACTIVITY, w.account_answer, owner, drawn, bench.account)
        rate = w.rate[owner] * w.multipliers[owner, place_of(activity, w.activity, owner)]
        bench.card[a] = above(answer(ASK_CARD, w.account_answer, owner, drawn, bench.account), w.card, owner)
        bench.declared[a] = above(
            answer(ASK_DECLARED, w.account_answer, owner, drawn, bench.account), w.declared, owner
        )
        bench.fixed[a] = w.channel[owner] * w.steps[0] + w.band[owner] * w.steps[2]
        bodies.begin[a] = b
        bodies.account[b] = a
        bodies.slot[b] = 0
        bodies.segment[b] = owner
        first, others = b, 0.0
        b += 1
        for k in range(w.co_count[owner]):
            if answer(presence + k, w.account_answer, owner, drawn, bench.account) < w.co_present[owner, k]:
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
            ask_blocks(at, blocks, np.uint64(1), np.uint64(0), person, what, asked)
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


@compiled(forceinline=True, _nrt=False)
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


@compiled(forceinline=True, _nrt=False)
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
        seed, replication, at, asked.number, asked.person, asked.what, bench.answers, bench.answers_bits, ZERO
    )


@compiled(forceinline=True, _nrt=False)
def _all_measured(law: LawArrays, n: Needs) -> bool:
    """Whether there is one model, and one law that names it all the time."""
    return len(law.epoch_start) == 2 and n.of_model.shape[1] == 1 and law.named[0]


@compiled(forceinline=True, _nrt=False)
def _judge(accounts: int, length: int, law: LawArrays, n: Needs, bench: Bench) -> None:
    """What the law says of each need, and what is counted."""
    rows = n.begin[accounts]
    days_of(rows, n.time, law.midnight, length, n.day)
    if len(law.epoch_start) > 2:
        epochs_of(rows, n.time, law.epoch_start, n.epoch)
    if _all_measured(law, n):
        measure_all(accounts, n.begin, n.day, n.seen, n.slot, n.today, n.first_seen, n.of_model)
    else:
        measure(
            accounts, n.begin, law.named, law.restricted, law.of_epoch, law.days, n.bodies, n.model, n.epoch, n.day,
            n.restricted, bench.upto, n.seen, n.slot, n.today, n.first_seen, n.of_model,
        )  # fmt: skip
    count_again(accounts, n.first_seen, n.today, n.again)


@compiled(nogil=True, forceinline=True, _nrt=False)
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
    draw_words(seed, replication, accounts, bodies, w, bench)
    by_place = _all_measured(law, n)
    moving = read_at_home(seed, replication, accounts, bodies, by_place, w, law, n, bench)
    if moving > 0:
        read_on_journeys(seed, replication, accounts, moving, by_place, w, law, n, bench)
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
