"""Counting in the fast engine: what `gatesim.measures.tally.from_ledger` counts, without a ledger.

Each account is counted right after it was lived, while its needs are still at hand. The test says that both ways
give the same integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import GateArrays, WorldArrays
from gatesim.engine.life import (
    FULL,
    N_ASKED,
    N_BEGUN,
    N_BODY,
    N_DOCUMENT,
    N_END,
    N_JOINED,
    N_MODEL,
    N_OUTCOME,
    N_REASON,
    N_REGION,
    N_SEGMENT,
    N_TIME,
    REQUEST_COLUMNS,
    Floats,
    Ints,
    decide,
    make_needs,
)
from gatesim.law.law import Law
from gatesim.measures.axes import (
    ACCOUNTS,
    BLOCKS,
    NEEDS,
    PEOPLE,
    SPLITS,
    component_matrix,
    components,
    end_numbers,
    makers_groups,
    midnight_us,
    number_of_days,
    split_names,
)
from gatesim.measures.ledger import ENDS, LEFT_QUEUE
from gatesim.measures.moments import Moments
from gatesim.measures.tally import DeskTally, Tally
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.compiled import compiled
from gatesim.world.makers import makers

J_JOINED, J_REVIEWED, J_LEFT, J_WAIT_REVIEWED, J_WAIT_LEFT, J_WAIT_OTHER, J_SERVICE = range(7)
_RESTRICTED, _LEAKS, _SERVED, _ENTITLED, _FALSE_BLOCKS = range(5)
assert NEEDS[:5] == ("restricted", "leaks", "served", "entitled", "false_blocks")
_FIRST_PERSON = len(NEEDS) + len(BLOCKS)
_PER_NEED = len(NEEDS) + len(BLOCKS)
_PEOPLE = len(PEOPLE)
_FIRST_ACCOUNT = _FIRST_PERSON + _PEOPLE
_FIRST_DOCUMENT = _FIRST_ACCOUNT + len(ACCOUNTS)
_NEEDS = len(NEEDS)


class Counting(NamedTuple):
    """What counting looks up. Axes: L readings of one run, E epochs."""

    restricted: NDArray[np.bool_]  # [L, E, segment, region, model, channel]
    ends: Ints  # [outcome, reason]
    matrix: Ints  # [restricted, end, component of a need]
    maker: Ints  # [owner's segment, body]
    groups: Ints  # [split, maker]: of the splits that go by the maker
    sizes: Ints  # [split]: groups of each split
    midnight: int
    strata: int


class Room(NamedTuple):
    """Where counts of one reading go. For each split: first moments [group * strata + stratum, component],
    second, positive, and whether the group and stratum were met.
    """

    counts: Ints  # [maker, model, day, restricted, end]
    people: Ints  # [maker, entry of PEOPLE]
    desk: Ints  # [7]
    all_first: Ints
    all_second: Ints
    all_positive: Ints
    all_met: Ints
    segment_first: Ints
    segment_second: Ints
    segment_positive: Ints
    segment_met: Ints
    channel_first: Ints
    channel_second: Ints
    channel_positive: Ints
    channel_met: Ints
    role_first: Ints
    role_second: Ints
    role_positive: Ints
    role_met: Ints
    model_first: Ints
    model_second: Ints
    model_positive: Ints
    model_met: Ints
    day_first: Ints
    day_second: Ints
    day_positive: Ints
    day_met: Ints


class Slots(NamedTuple):
    """Room for the sums of one account over the groups of one split that it meets."""

    of: Ints  # [group]: the slot, -1 where it was not met
    group: Ints  # [slot]
    sums: Ints  # [slot, component]
    used: Ints  # [1]


@compiled
def _slot(slots: Slots, group: int) -> int:
    """The slot of a group; an empty one where it is met for the first time."""
    slot: int = slots.of[group]
    if slot < 0:
        slot = slots.used[0]
        slots.used[0] += 1
        slots.of[group] = slot
        slots.group[slot] = group
        for c in range(slots.sums.shape[1]):
            slots.sums[slot, c] = 0
    return slot


@compiled
def _flush(
    slots: Slots, stratum: int, strata: int, first: Ints, second: Ints, positive: Ints, met: Ints
) -> None:
    """Add what an account summed up to the moments, and empty the slots."""
    size = first.shape[1]
    for slot in range(slots.used[0]):
        group = slots.group[slot]
        slots.of[group] = -1
        key = group * strata + stratum
        met[key] = 1
        for c in range(size):
            x = slots.sums[slot, c]
            if x != 0:
                first[key, c] += x
                positive[key, c] += 1
                for d in range(size):
                    second[key, c, d] += x * slots.sums[slot, d]
    slots.used[0] = 0


@compiled
def _count(
    owner: int,
    channel: int,
    reading: int,
    needs: Ints,
    bodies: Ints,
    g: GateArrays,
    k: Counting,
    room: Room,
    whole: Slots,
    segment: Slots,
    by_channel: Slots,
    role: Slots,
    model_slots: Slots,
    day_slots: Slots,
) -> None:
    """Count the needs of one account."""
    epochs = len(g.epoch_start) - 1
    leaked, asked = 0, 0
    for b in range(bodies[0, 0]):
        epoch = 0
        restricted_any, leaked_any, entitled_any, blocked_any, served_any = 0, 0, 0, 0, 0
        own = -1
        maker = -1
        for row in range(bodies[b + 1, 1], bodies[b + 1, 2]):
            if reading == 0 and needs[row, N_JOINED] >= 0:
                joined, begun, ended = needs[row, N_JOINED], needs[row, N_BEGUN], needs[row, N_END]
                room.desk[J_JOINED] += 1
                if begun >= 0:
                    room.desk[J_REVIEWED] += 1
                    room.desk[J_WAIT_REVIEWED] += begun - joined
                    room.desk[J_SERVICE] += ended - begun
                elif needs[row, N_REASON] == LEFT_QUEUE:
                    room.desk[J_LEFT] += 1
                    room.desk[J_WAIT_LEFT] += ended - joined
                else:
                    room.desk[J_WAIT_OTHER] += ended - joined
            time, model = needs[row, N_TIME], needs[row, N_MODEL]
            while epoch + 1 < epochs and g.epoch_start[epoch + 1] <= time:
                epoch += 1
            if not g.named[epoch, model]:
                continue
            own = needs[row, N_SEGMENT]
            maker = k.maker[owner, needs[row, N_BODY]]
            restricted = 1 if k.restricted[reading, epoch, own, needs[row, N_REGION], model, channel] else 0
            end = k.ends[needs[row, N_OUTCOME], needs[row, N_REASON]]
            day = (time + k.midnight) // DAY
            room.counts[maker, model, day, restricted, end] += 1
            slots = (
                _slot(whole, 0),
                _slot(segment, k.groups[0, maker]),
                _slot(by_channel, k.groups[1, maker]),
                _slot(role, k.groups[2, maker]),
                _slot(model_slots, model),
                _slot(day_slots, day),
            )
            for c in range(_PER_NEED):
                x = k.matrix[restricted, end, c]
                if x != 0:
                    whole.sums[slots[0], c] += x
                    if c < _NEEDS:
                        segment.sums[slots[1], c] += x
                        by_channel.sums[slots[2], c] += x
                        role.sums[slots[3], c] += x
                        model_slots.sums[slots[4], c] += x
                        day_slots.sums[slots[5], c] += x
            restricted_any |= k.matrix[restricted, end, _RESTRICTED]
            leaked_any |= k.matrix[restricted, end, _LEAKS]
            entitled_any |= k.matrix[restricted, end, _ENTITLED]
            blocked_any |= k.matrix[restricted, end, _FALSE_BLOCKS]
            served_any |= k.matrix[restricted, end, _ENTITLED] & k.matrix[restricted, end, _SERVED]
            if needs[row, N_ASKED] == 1:
                asked += 1
            if needs[row, N_DOCUMENT] >= 0:
                whole.sums[slots[0], _FIRST_DOCUMENT + needs[row, N_DOCUMENT]] += 1
        if maker >= 0:
            flags = (restricted_any, leaked_any, entitled_any, blocked_any, entitled_any & (1 - served_any))
            mine, ours = segment.of[k.groups[0, maker]], whole.of[0]
            for c in range(_PEOPLE):
                room.people[maker, c] += flags[c]
                segment.sums[mine, _NEEDS + c] += flags[c]
                whole.sums[ours, _FIRST_PERSON + c] += flags[c]
            leaked |= leaked_any
    if whole.used[0] == 1:
        whole.sums[0, _FIRST_ACCOUNT] += leaked
        whole.sums[0, _FIRST_ACCOUNT + 1] += min(asked, 1)
        whole.sums[0, _FIRST_ACCOUNT + 2] += asked
    _flush(whole, owner, k.strata, room.all_first, room.all_second, room.all_positive, room.all_met)
    _flush(
        segment,
        owner,
        k.strata,
        room.segment_first,
        room.segment_second,
        room.segment_positive,
        room.segment_met,
    )
    _flush(
        by_channel,
        owner,
        k.strata,
        room.channel_first,
        room.channel_second,
        room.channel_positive,
        room.channel_met,
    )
    _flush(role, owner, k.strata, room.role_first, room.role_second, room.role_positive, room.role_met)
    _flush(
        model_slots, owner, k.strata, room.model_first, room.model_second, room.model_positive, room.model_met
    )
    _flush(day_slots, owner, k.strata, room.day_first, room.day_second, room.day_positive, room.day_met)


@compiled(nogil=True)
def live_and_count(
    first: int,
    last: int,
    seed: int,
    replication: int,
    w: WorldArrays,
    g: GateArrays,
    first_case: Ints,
    cases: Ints,
    needs: Ints,
    bodies: Ints,
    noise: Floats,
    reading: int,
    k: Counting,
    room: Room,
    whole: Slots,
    segment: Slots,
    by_channel: Slots,
    role: Slots,
    model_slots: Slots,
    day_slots: Slots,
) -> int:
    """Live and count accounts; give back the first that found no room, or ``last``."""
    request = np.zeros(REQUEST_COLUMNS, dtype=np.int64)
    for account in range(first, last):
        made = make_needs(account, seed, replication, w, needs, bodies, noise)
        if made == FULL:
            return account
        owner = bodies[0, 1]
        channel = w.channel[owner]
        case = first_case[account] if account < len(first_case) else -1
        decide(
            account, 0, seed, replication, w.length, channel, owner, g, needs, bodies, case, cases, request
        )
        _count(
            owner,
            channel,
            reading,
            needs,
            bodies,
            g,
            k,
            room,
            whole,
            segment,
            by_channel,
            role,
            model_slots,
            day_slots,
        )
    return last


def counting(scenario: Scenario, laws: Sequence[Law]) -> Counting:
    """What counting looks up, for the laws under which one run is judged."""
    kinds = makers(scenario)
    maker = np.full((len(scenario.segments), 1 + max(m.body for m in kinds)), -1, dtype=np.int64)
    for number, kind in enumerate(kinds):
        maker[kind.owner, kind.body] = number
    return Counting(
        np.array([[epoch.restricted for epoch in law.epochs] for law in laws]),
        end_numbers(),
        component_matrix(),
        maker,
        np.array([makers_groups(scenario, by) for by in ("segment", "channel", "role")]),
        np.array([1, *(len(split_names(scenario, by)) for by in SPLITS)]),
        midnight_us(scenario),
        len(scenario.segments),
    )


def _widths(scenario: Scenario) -> tuple[int, ...]:
    """Components of each split: all, then `SPLITS`."""
    return (len(components(scenario)), len(NEEDS) + len(PEOPLE), *[len(NEEDS)] * (len(SPLITS) - 1))


def new_room(scenario: Scenario, k: Counting) -> Room:
    """Room for the counts of one reading, all zero."""
    shape = (len(makers(scenario)), len(scenario.models), number_of_days(scenario), 2, len(ENDS))
    moments = []
    for groups, width in zip(k.sizes.tolist(), _widths(scenario), strict=True):
        keys = groups * k.strata
        moments += [
            np.zeros((keys, width), dtype=np.int64),
            np.zeros((keys, width, width), dtype=np.int64),
            np.zeros((keys, width), dtype=np.int64),
            np.zeros(keys, dtype=np.int64),
        ]
    return Room(
        np.zeros(shape, dtype=np.int64),
        np.zeros((shape[0], len(PEOPLE)), dtype=np.int64),
        np.zeros(7, dtype=np.int64),
        *moments,
    )


def new_slots(scenario: Scenario, k: Counting) -> list[Slots]:
    """Room for the sums of one account, for each split."""
    return [
        Slots(
            np.full(groups, -1, dtype=np.int64),
            np.zeros(groups, dtype=np.int64),
            np.zeros((groups, width), dtype=np.int64),
            np.zeros(1, dtype=np.int64),
        )
        for groups, width in zip(k.sizes.tolist(), _widths(scenario), strict=True)
    ]


def as_tally(scenario: Scenario, k: Counting, room: Room, desk: Ints, accounts: Ints) -> Tally:
    """What was counted, as a tally."""
    names = [components(scenario), (*NEEDS, *PEOPLE), *[NEEDS] * (len(SPLITS) - 1)]
    parts = {}
    for number, by in enumerate(("all", *SPLITS)):
        first, second, positive, met = room[3 + 4 * number : 7 + 4 * number]
        keys = np.flatnonzero(met)
        groups = int(k.sizes[number])
        parts[by] = Moments(names[number], groups, k.strata, keys, first[keys], second[keys], positive[keys])
    joined, reviewed, left, wait_reviewed, wait_left, wait_other, service = desk.tolist()
    return Tally(
        room.counts,
        accounts,
        room.people,
        accounts.copy(),
        parts,
        DeskTally(joined, reviewed, left, wait_reviewed, wait_left, wait_other, service),
    )
