"""Counting in the fast engine: what `gatesim.measures.tally.from_ledger` counts, without a ledger.

Each account is counted right after it was decided. What intervals need is sums over accounts of products of their
counts. Nearly all accounts have one maker, and nearly all needs of an account on one day end alike; so three kinds
of sums are kept, and put together at the end (`tally_of`):

- ``counts`` of needs, from which all first moments follow;
- by account, model and day: what the products are more than if each need were an account of its own;
- by account, whole: where all its needs are of one class, their number and its square; else products of the
  account's counts by class and of what else is known of it (its "entries").

Accounts with several makers are added to the sums by maker one by one. A test says that the tally has the same
integers as that of the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import FALLBACK_FOR, NONE, ONE, REFUSED_FOR, ZERO, Ints
from gatesim.engine.life import K_BEGUN, K_DOCUMENT, K_END, K_JOINED, K_ROW, Ends
from gatesim.engine.needs import Needs
from gatesim.measures.axes import (
    ACCOUNTS,
    BLOCKS,
    NEEDS,
    PEOPLE,
    SPLITS,
    component_matrix,
    components,
    makers_groups,
    number_of_days,
    split_names,
)
from gatesim.measures.ledger import ENDS, LEFT_QUEUE
from gatesim.measures.moments import Moments
from gatesim.measures.tally import DeskTally, Tally
from gatesim.scenario.schema import Scenario
from gatesim.world.compiled import compiled
from gatesim.world.makers import makers

CLASSES = 2 * len(ENDS)
"""A need's class: whether it was restricted, and how it ended."""

MOST_COMPONENTS = 62

J_JOINED, J_REVIEWED, J_LEFT, J_WAIT_REVIEWED, J_WAIT_LEFT, J_WAIT_OTHER, J_SERVICE = range(7)
_RESTRICTED, _LEAKS, _SERVED, _ENTITLED, _FALSE_BLOCKS = range(5)
assert NEEDS[:5] == ("restricted", "leaks", "served", "entitled", "false_blocks")
_NEEDS, _PEOPLE = len(NEEDS), len(PEOPLE)
_LEFT = (REFUSED_FOR + LEFT_QUEUE, FALLBACK_FOR + LEFT_QUEUE)

# Entries of an account: its needs by class, then these, then documents by kind.
_FIRST_PERSON = CLASSES
_LEAKED, _ASKED, _REQUESTS = range(CLASSES + _PEOPLE, CLASSES + _PEOPLE + len(ACCOUNTS))
_FIRST_DOCUMENT = CLASSES + _PEOPLE + len(ACCOUNTS)
BY_MAKER = ("all", "segment", "channel", "role")
"""Splits in which an account with one maker falls into one group."""


class Counting(NamedTuple):
    """What counting looks up."""

    matrix: Ints  # [class, component of NEEDS]
    mask: Ints  # [class]: which components of all it adds to, one bit each
    entry_mask: Ints  # [entry beyond the classes]: likewise
    maker: Ints  # [segment of the owner, body]: number in `makers`
    key: Ints  # [split of BY_MAKER, maker]: row of the sums by maker; see `keys_of`
    groups: Ints  # [split of BY_MAKER, maker]
    widths: Ints  # [split of BY_MAKER]: components
    whole: Ints  # [entry, component]: what an entry adds to the components of all
    known: Ints  # [class, component]: what is known of a maker of whom all needs are of one class
    models: int


class Room(NamedTuple):
    """Where the counts of each reading of each gate go. First axis: readings of gates ("views")."""

    counts: Ints  # [view, maker, model, day, class]
    people: Ints  # [view, maker, entry of PEOPLE]
    desk: Ints  # [gate, 7]
    # By the owner's segment and group (models, then days): how much more than if each need were alone.
    squares: Ints  # [view, segment, group, class]: n^2 - n, where all needs of the group are of one class
    repeats: Ints  # [view, segment, group, class]: n - 1
    mixed_second: Ints  # [view, segment, group, NEEDS, NEEDS]: where they are of several
    mixed_positive: Ints  # [view, segment, group, NEEDS]
    # Accounts with one maker, all needs of one class, no check: how many accounts, needs, squares of needs.
    alike: Ints  # [view, maker, class, 3]
    # Other accounts with one maker.
    solo_first: Ints  # [view, maker, entry]
    solo_second: Ints  # [view, maker, entry, entry]: the upper triangle
    solo_positive: Ints  # [view, maker, component]
    # Accounts with several, by split of BY_MAKER.
    shared_first: Ints  # [view, split, key, component]
    shared_second: Ints  # [view, split, key, component, component]
    shared_positive: Ints  # [view, split, key, component]
    shared_met: Ints  # [view, split, key]


class Sums(NamedTuple):
    """Room for the sums of one account."""

    by_model: Ints  # [model, class]
    met: Ints  # [model * CLASSES]: codes model * CLASSES + class that are not zero
    by_body: Ints  # [body, class]
    entries: Ints  # [entry]
    met_entries: Ints  # [entry]
    run: Ints  # [2, CLASSES]: classes and numbers of the needs of one group
    groups: Ints  # [maker's split key]: components of a group
    vector: Ints  # [body, component]


# Functions that are not made part of their caller take the arrays they need: handed over whole, all would be copied.
@compiled(_nrt=False)
def _add_mixed(length: int, run: Ints, matrix: Ints, positive: Ints, second: Ints) -> None:
    """Add the needs that one account has in one group, of several classes: ``length`` of them in ``run``."""
    for c in range(_NEEDS):
        x = 0
        for i in range(length):
            x += run[1, i] * matrix[run[0, i], c]
        if x > 1:
            positive[c] += x - 1
        for d in range(_NEEDS):
            y, alone = 0, 0
            for i in range(length):
                both = run[1, i] * matrix[run[0, i], d]
                y += both
                alone += both * matrix[run[0, i], c]
            second[c, d] += x * y - alone


@compiled(forceinline=True, _nrt=False)
def _add_alike(view: int, owner: int, group: int, kind: int, number: int, room: Room) -> None:
    """Add the needs that one account has in one group, all of one class; one alone adds nothing."""
    if number > 1:
        room.squares[view, owner, group, kind] += number * number - number
        room.repeats[view, owner, group, kind] += number - 1


@compiled(_nrt=False)
def _add_solo(
    length: int, met: Ints, entries: Ints, mask: int, first: Ints, second: Ints, positive: Ints
) -> None:
    """Add an account with one maker: ``length`` entries that are not zero."""
    for i in range(length):
        one = met[i]
        x = entries[one]
        first[one] += x
        for j in range(length):
            other = met[j]
            if other >= one:
                second[one, other] += x * entries[other]
    for c in range(len(positive)):
        positive[c] += (mask >> c) & 1


@compiled(_nrt=False)
def _add_shared(view: int, owner: int, checks: Ints, k: Counting, room: Room, sums: Sums) -> None:
    """Add an account with several makers to the sums by maker."""
    leaked, bodies = 0, len(sums.by_body)
    width = k.whole.shape[1]
    first_person = _NEEDS + len(BLOCKS)
    first_account = first_person + _PEOPLE
    for b in range(bodies):
        present = 0
        for c in range(width):
            sums.vector[b, c] = 0
        for e in range(CLASSES):
            number = sums.by_body[b, e]
            if number > 0:
                present = 1
                for c in range(width):
                    sums.vector[b, c] += number * k.whole[e, c]
        if present == 0:
            sums.vector[b, 0] = -1
            continue
        x = sums.vector[b]
        maker = k.maker[owner, b]
        entitled, blocked = x[_ENTITLED], x[_FALSE_BLOCKS]
        # Where every entitled need was a false block, none was served; one that is pending is in neither.
        x[first_person] = min(1, x[_RESTRICTED])
        x[first_person + 1] = min(1, x[_LEAKS])
        x[first_person + 2] = min(1, entitled)
        x[first_person + 3] = min(1, blocked)
        x[first_person + 4] = 1 if entitled > 0 and entitled == blocked else 0
        leaked |= x[first_person + 1]
        for c in range(_PEOPLE):
            room.people[view, maker, c] += x[first_person + c]
    for split in range(len(BY_MAKER)):
        size = k.widths[split]
        for b in range(bodies):
            if sums.vector[b, 0] < 0:
                continue
            key = k.key[split, k.maker[owner, b]]
            earlier = False
            for other in range(b):
                earlier |= sums.vector[other, 0] >= 0 and k.key[split, k.maker[owner, other]] == key
            if earlier:
                continue
            total = sums.groups
            for c in range(width):
                total[c] = 0
            for other in range(b, bodies):
                if sums.vector[other, 0] >= 0 and k.key[split, k.maker[owner, other]] == key:
                    for c in range(width):
                        total[c] += sums.vector[other, c]
            if split == 0:
                total[first_account] = leaked
                total[first_account + 1] = min(1, len(checks))
                total[first_account + 2] = len(checks)
                for check in range(len(checks)):
                    if checks[check, K_DOCUMENT] >= 0:
                        total[first_account + 3 + checks[check, K_DOCUMENT]] += 1
            elif split == 1:
                for c in range(_PEOPLE):
                    total[_NEEDS + c] = total[first_person + c]
            room.shared_met[view, split, key] = 1
            for c in range(size):
                if total[c] != 0:
                    room.shared_first[view, split, key, c] += total[c]
                    room.shared_positive[view, split, key, c] += 1
                    for d in range(size):
                        room.shared_second[view, split, key, c, d] += total[c] * total[d]


@compiled(forceinline=True, _nrt=False)
def _count_alike(
    a: int,
    view: int,
    bit: int,
    owner: int,
    maker: int,
    n: Needs,
    ends: Ends,
    k: Counting,
    room: Room,
) -> bool:
    """Count an account of one maker and no checks if all its needs are of one class; whether it was."""
    first, last = n.begin[a], n.begin[a + 1]
    while first < last and n.day[first] < 0:
        first += 1
    if first == last:
        return True
    only = ((n.restricted[first] >> bit) & 1) * len(ENDS) + ends.ending[first]
    differs = False
    for row in range(first, last):
        at = np.uint64(row)
        kind = ((n.restricted[at] >> bit) & 1) * len(ENDS) + ends.ending[at]
        differs |= (kind != only) & (n.day[at] >= 0)
    if differs:
        return False
    counts, models = room.counts[view, maker], k.models
    total, day, run = 0, -1, 0
    for row in range(first, last):
        at = np.uint64(row)
        today = int(n.day[at])
        if today < 0:
            continue
        counts[np.uint64(n.model[at]), np.uint64(today), np.uint64(only)] += 1
        total += 1
        # Needs of one day come one after the other; one alone adds nothing.
        if today != day:
            if run > 1:
                _add_alike(view, owner, models + day, only, run, room)
            day, run = today, 0
        run += 1
    if run > 1:
        _add_alike(view, owner, models + day, only, run, room)
    for model in range(models):
        number = total
        if models > 1:
            number = 0
            for row in range(first, last):
                number += (n.model[row] == model) & (n.day[row] >= 0)
        _add_alike(view, owner, model, only, number, room)
    room.alike[view, maker, only, 0] += 1
    room.alike[view, maker, only, 1] += total
    room.alike[view, maker, only, 2] += total * total
    return True


@compiled(forceinline=True, _nrt=False)
def count_account(
    a: int, view: int, bit: int, checks: Ints, n: Needs, ends: Ends, k: Counting, room: Room, sums: Sums
) -> None:
    """Count the needs of one account as one reading judges them.

    Parameters
    ----------
    a
        Number of the account among those of ``n``.
    view, bit
        Where it is counted; the bit of the reading.
    checks
        int64[check, CHECK_COLUMNS]: the checks that opened for a measured need.
    n, ends
        The needs, and how they ended.
    k, room, sums
        What is looked up; where the counts go; room to work in.
    """
    owner, bodies = int(n.owner[a]), n.bodies[a]
    maker = k.maker[owner, 0]
    if bodies == 1 and len(checks) == 0 and _count_alike(a, view, bit, owner, maker, n, ends, k, room):
        return
    run = sums.run
    met, length, day = ZERO, ZERO, NONE
    models = k.models
    for turn in range(n.begin[a], n.begin[a + 1]):
        row = n.order[turn] if bodies > 1 else turn
        if n.day[row] < 0:
            continue
        kind = ((n.restricted[row] >> bit) & 1) * len(ENDS) + ends.ending[row]
        model = n.model[row]
        if bodies > 1:
            body = n.body[row]
            maker = k.maker[owner, body]
            sums.by_body[body, kind] += 1
        room.counts[view, maker, model, n.day[row], kind] += 1
        if sums.by_model[model, kind] == 0:
            sums.met[met] = model * CLASSES + kind
            met += 1
        sums.by_model[model, kind] += 1
        # Needs of one day come one after the other.
        if n.day[row] != day:
            if length > 1:
                _add_mixed(
                    length,
                    run,
                    k.matrix,
                    room.mixed_positive[view, owner, models + day],
                    room.mixed_second[view, owner, models + day],
                )
            elif length == 1:
                _add_alike(view, owner, models + day, run[0, 0], run[1, 0], room)
            day, length = n.day[row], ONE
            run[0, 0] = kind
            run[1, 0] = 1
        else:
            place = 0
            while place < length and run[0, place] != kind:
                place += 1
            if place == length:
                run[0, place] = kind
                run[1, place] = 0
                length += 1
            run[1, place] += 1
    if met == 0:
        return
    if length > 1:
        _add_mixed(
            length,
            run,
            k.matrix,
            room.mixed_positive[view, owner, models + day],
            room.mixed_second[view, owner, models + day],
        )
    else:
        _add_alike(view, owner, models + day, run[0, 0], run[1, 0], room)
    # The same for models, and the whole account.
    entries, mask = ZERO, ZERO
    for model in range(models):
        length = ZERO
        for i in range(met):
            kind = sums.met[i] - model * CLASSES
            if 0 <= kind < CLASSES:
                run[0, length] = kind
                run[1, length] = sums.by_model[model, kind]
                sums.by_model[model, kind] = 0
                if sums.entries[kind] == 0:
                    sums.met_entries[entries] = kind
                    entries += 1
                    mask |= k.mask[kind]
                sums.entries[kind] += run[1, length]
                length += 1
        if length > 1:
            _add_mixed(
                length,
                run,
                k.matrix,
                room.mixed_positive[view, owner, model],
                room.mixed_second[view, owner, model],
            )
        elif length == 1:
            _add_alike(view, owner, model, run[0, 0], run[1, 0], room)
    if bodies > 1:
        _add_shared(view, owner, checks, k, room, sums)
        for b in range(len(sums.by_body)):
            for kind in range(CLASSES):
                sums.by_body[b, kind] = 0
    else:
        entitled, blocked = (mask >> _ENTITLED) & 1, (mask >> _FALSE_BLOCKS) & 1
        served = False
        for i in range(entries):
            kind = sums.met_entries[i]
            served |= k.matrix[kind, _ENTITLED] == 1 and k.matrix[kind, _FALSE_BLOCKS] == 0
        flags = (
            (mask >> _RESTRICTED) & 1,
            (mask >> _LEAKS) & 1,
            entitled,
            blocked,
            1 if entitled == 1 and not served else 0,
        )
        for c in range(_PEOPLE):
            if flags[c] == 1:
                room.people[view, maker, c] += 1
                sums.entries[_FIRST_PERSON + c] = 1
                sums.met_entries[entries] = _FIRST_PERSON + c
                entries += 1
                mask |= k.entry_mask[c]
        if flags[1] == 1:
            sums.entries[_LEAKED] = 1
            sums.met_entries[entries] = _LEAKED
            entries += 1
            mask |= k.entry_mask[_LEAKED - CLASSES]
        if len(checks) > 0:
            sums.entries[_ASKED] = 1
            sums.entries[_REQUESTS] = len(checks)
            sums.met_entries[entries] = _ASKED
            sums.met_entries[entries + 1] = _REQUESTS
            entries += 2
            mask |= k.entry_mask[_ASKED - CLASSES] | k.entry_mask[_REQUESTS - CLASSES]
            for check in range(len(checks)):
                entry = _FIRST_DOCUMENT + checks[check, K_DOCUMENT]
                if entry >= _FIRST_DOCUMENT:
                    if sums.entries[entry] == 0:
                        sums.met_entries[entries] = entry
                        entries += 1
                        mask |= k.entry_mask[entry - CLASSES]
                    sums.entries[entry] += 1
        _add_solo(
            entries,
            sums.met_entries,
            sums.entries,
            mask,
            room.solo_first[view, maker],
            room.solo_second[view, maker],
            room.solo_positive[view, maker],
        )
    for i in range(entries):
        sums.entries[sums.met_entries[i]] = 0


@compiled(forceinline=True, _nrt=False)
def count_desk(gate: int, checks: int, ends: Ends, room: Room) -> None:
    """Count what the desk did for one account; ``checks`` is how many the account opened."""
    for check in range(checks):
        joined, begun = ends.checks[check, K_JOINED], ends.checks[check, K_BEGUN]
        end = ends.checks[check, K_END]
        if joined < 0:
            continue
        kind = ends.ending[ends.checks[check, K_ROW]]
        room.desk[gate, J_JOINED] += 1
        if begun >= 0:
            room.desk[gate, J_REVIEWED] += 1
            room.desk[gate, J_WAIT_REVIEWED] += begun - joined
            room.desk[gate, J_SERVICE] += end - begun
        elif kind in _LEFT:
            room.desk[gate, J_LEFT] += 1
            room.desk[gate, J_WAIT_LEFT] += end - joined
        else:
            room.desk[gate, J_WAIT_OTHER] += end - joined


def keys_of(scenario: Scenario, by: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs of group and stratum that makers can be in, for a split of `BY_MAKER`.

    Returns
    -------
    keys : ndarray of int64
        ``group * strata + stratum`` (strata are the owners' segments), increasing.
    key_of : ndarray of int64
        For each maker the row of its key.
    """
    kinds = makers(scenario)
    owners = np.array([kind.owner for kind in kinds], dtype=np.int64)
    groups = np.zeros(len(kinds), dtype=np.int64) if by == "all" else makers_groups(scenario, by)
    keys, key_of = np.unique(groups * len(scenario.segments) + owners, return_inverse=True)
    return keys, key_of.astype(np.int64)


def counting(scenario: Scenario) -> Counting:
    """What counting looks up."""
    kinds = makers(scenario)
    maker = np.full((len(scenario.segments), 1 + max(m.body for m in kinds)), -1, dtype=np.int64)
    for number, kind in enumerate(kinds):
        maker[kind.owner, kind.body] = number
    names = components(scenario)
    if len(names) > MOST_COMPONENTS:
        kinds_of_documents = len(scenario.documents) - (len(names) - MOST_COMPONENTS)
        raise ValueError(f"at most {kinds_of_documents} kinds of documents, not {len(scenario.documents)}")
    of_needs = component_matrix().reshape(CLASSES, -1)
    whole = np.zeros((len(names) + CLASSES - of_needs.shape[1], len(names)), dtype=np.int64)
    whole[:CLASSES, : of_needs.shape[1]] = of_needs
    whole[CLASSES:, of_needs.shape[1] :] = np.eye(len(names) - of_needs.shape[1], dtype=np.int64)
    mask = (whole << np.arange(len(names))).sum(axis=1)
    known = np.zeros((CLASSES, len(names)), dtype=np.int64)
    place = {name: names.index(name) for name in (*NEEDS, *PEOPLE, *ACCOUNTS)}
    for person, need in zip(PEOPLE, ("restricted", "leaks", "entitled", "false_blocks"), strict=False):
        known[:, place[person]] = whole[:CLASSES, place[need]]
    known[:, place["people_locked_out"]] = known[:, place["people_blocked"]]
    known[:, place["accounts_leaked"]] = known[:, place["people_leaked"]]
    return Counting(
        np.ascontiguousarray(of_needs[:, :_NEEDS]),
        mask[:CLASSES].copy(),
        mask[CLASSES:].copy(),
        maker,
        np.array([keys_of(scenario, by)[1] for by in BY_MAKER]),
        np.array(
            [np.zeros(len(kinds), dtype=np.int64), *(makers_groups(scenario, by) for by in BY_MAKER[1:])]
        ),
        np.array([len(names), _NEEDS + _PEOPLE, _NEEDS, _NEEDS]),
        whole,
        known,
        len(scenario.models),
    )


def new_room(scenario: Scenario, views: int, gates: int) -> Room:
    """Room for the counts of so many readings of so many gates, all zero."""
    kinds, segments, models = len(makers(scenario)), len(scenario.segments), len(scenario.models)
    days, width = number_of_days(scenario), len(components(scenario))
    groups = models + days
    entries = width + CLASSES - len(NEEDS) - len(BLOCKS)
    splits = len(BY_MAKER)

    def zeros(*shape: int) -> Ints:
        return np.zeros((views, *shape), dtype=np.int64)

    return Room(
        zeros(kinds, models, days, CLASSES),
        zeros(kinds, _PEOPLE),
        np.zeros((gates, 7), dtype=np.int64),
        zeros(segments, groups, CLASSES),
        zeros(segments, groups, CLASSES),
        zeros(segments, groups, _NEEDS, _NEEDS),
        zeros(segments, groups, _NEEDS),
        zeros(kinds, CLASSES, 3),
        zeros(kinds, entries),
        zeros(kinds, entries, entries),
        zeros(kinds, width),
        zeros(splits, kinds, width),
        zeros(splits, kinds, width, width),
        zeros(splits, kinds, width),
        zeros(splits, kinds),
    )


def new_sums(scenario: Scenario) -> Sums:
    """Room for the sums of one account."""
    models, width = len(scenario.models), len(components(scenario))
    bodies = 1 + max(kind.body for kind in makers(scenario))
    entries = width + CLASSES - len(NEEDS) - len(BLOCKS)
    return Sums(
        np.zeros((models, CLASSES), dtype=np.int64),
        np.zeros(models * CLASSES, dtype=np.int64),
        np.zeros((bodies, CLASSES), dtype=np.int64),
        np.zeros(entries, dtype=np.int64),
        np.zeros(entries, dtype=np.int64),
        np.zeros((2, CLASSES), dtype=np.int64),
        np.zeros(width, dtype=np.int64),
        np.zeros((bodies, width), dtype=np.int64),
    )


def tallies_of(
    scenario: Scenario, k: Counting, rooms: Sequence[Room], gate_of: Sequence[int], accounts: Ints
) -> list[Tally]:
    """What was counted, as tallies.

    Parameters
    ----------
    scenario, k
        The scenario; what counting looked up.
    rooms
        The counts, of each thread.
    gate_of
        For each view its gate.
    accounts
        int64[segment of the owner]: accounts simulated.

    Returns
    -------
    list of Tally
        One for each view.
    """
    return [_tally(scenario, k, rooms, view, gate, accounts) for view, gate in enumerate(gate_of)]


def _tally(
    scenario: Scenario, k: Counting, rooms: Sequence[Room], view: int, gate: int, accounts: Ints
) -> Tally:
    parts = {
        name: sum(getattr(room, name)[gate if name == "desk" else view] for room in rooms)
        for name in Room._fields
    }
    counts = parts["counts"]
    first_person = len(NEEDS) + len(BLOCKS)
    parts["people"] += parts["alike"][:, :, 0] @ k.known[:, first_person : first_person + _PEOPLE]
    of_makers = _of_makers(k, parts)
    moments = {by: _by_maker(scenario, parts, of_makers, split) for split, by in enumerate(BY_MAKER)}
    moments["model"] = _by_group(scenario, k, parts, counts.sum(axis=2), slice(0, k.models))
    moments["day"] = _by_group(scenario, k, parts, counts.sum(axis=1), slice(k.models, None))
    return Tally(
        counts.reshape(*counts.shape[:3], 2, len(ENDS)),
        accounts,
        parts["people"],
        accounts.copy(),
        {by: moments[by] for by in ("all", *SPLITS)},
        DeskTally(*parts["desk"].tolist()),
    )


def _by_maker(
    scenario: Scenario, parts: dict[str, Ints], of_makers: tuple[Ints, Ints, Ints], split: int
) -> Moments:
    """Moments of a split in which an account with one maker falls into one group."""
    keys, key_of = keys_of(scenario, BY_MAKER[split])
    names = {0: components(scenario), 1: (*NEEDS, *PEOPLE)}.get(split, NEEDS)
    columns = np.array([components(scenario).index(name) for name in names])
    size = len(columns)
    first = parts["shared_first"][split, : len(keys), :size].copy()
    second = parts["shared_second"][split, : len(keys), :size, :size].copy()
    positive = parts["shared_positive"][split, : len(keys), :size].copy()
    met = parts["shared_met"][split, : len(keys)].copy()
    accounts = parts["solo_first"][:, :CLASSES].sum(axis=1) + parts["alike"][:, :, 0].sum(axis=1)
    for maker, key in enumerate(key_of):
        met[key] += accounts[maker]
        first[key] += of_makers[0][maker, columns]
        second[key] += of_makers[1][maker][np.ix_(columns, columns)]
        positive[key] += of_makers[2][maker, columns]
    seen = met > 0
    groups = 1 if split == 0 else len(split_names(scenario, BY_MAKER[split]))
    return Moments(
        names, groups, len(scenario.segments), keys[seen], first[seen], second[seen], positive[seen]
    )


def _of_makers(k: Counting, parts: dict[str, Ints]) -> tuple[Ints, Ints, Ints]:
    """Moments and positive numbers of all components, of accounts with one maker; the first axis is makers.

    Whole numbers below 2**53 are exact in float64, and products of float matrices are fast.
    """
    whole, known = k.whole.astype(np.float64), k.known.astype(np.float64)
    upper = parts["solo_second"].astype(np.float64)
    symmetric = upper + np.swapaxes(np.triu(upper, 1), 1, 2)
    # An account of n needs of one class has the vector n a + b.
    a, b = whole[:CLASSES], known
    accounts, needs, squares = np.moveaxis(parts["alike"].astype(np.float64), 2, 0)
    first = parts["solo_first"] @ whole + needs @ a + accounts @ b
    second = whole.T @ symmetric @ whole
    for weight, x, y in ((squares, a, a), (needs, a, b), (needs, b, a), (accounts, b, b)):
        second += (weight @ np.einsum("ec,ed->ecd", x, y).reshape(CLASSES, -1)).reshape(second.shape)
    positive = parts["solo_positive"] + accounts @ ((a + b) > 0)
    return first.astype(np.int64), second.astype(np.int64), positive.astype(np.int64)


def _by_group(
    scenario: Scenario, k: Counting, parts: dict[str, Ints], counts: Ints, groups: slice
) -> Moments:
    """Moments by model or by day; ``counts`` is int64[maker, group, class]."""
    segments = len(scenario.segments)
    needs = np.zeros((segments, *counts.shape[1:]))
    for kind, of_kind in zip(makers(scenario), counts, strict=True):
        needs[kind.owner] += of_kind
    # As in `_of_makers`: exact in float64.
    matrix = k.matrix.astype(np.float64)
    squares, repeats = parts["squares"][:, groups], parts["repeats"][:, groups].astype(np.float64)
    products = np.einsum("ec,ed->ecd", matrix, matrix).reshape(CLASSES, -1)
    first = (needs @ matrix).astype(np.int64)
    alone = ((needs + squares) @ products).astype(np.int64)
    second = alone.reshape(*first.shape, _NEEDS) + parts["mixed_second"][:, groups]
    positive = first - (repeats @ matrix).astype(np.int64) - parts["mixed_positive"][:, groups]
    # Rows are sorted by group, then by stratum.
    first, second, positive = (np.swapaxes(x, 0, 1) for x in (first, second, positive))
    met = np.swapaxes(needs.sum(axis=2), 0, 1).reshape(-1)
    keys = np.flatnonzero(met > 0)
    number = first.shape[0]
    return Moments(
        NEEDS,
        number,
        segments,
        keys,
        first.reshape(-1, _NEEDS)[keys],
        second.reshape(-1, _NEEDS, _NEEDS)[keys],
        positive.reshape(-1, _NEEDS)[keys],
    )
