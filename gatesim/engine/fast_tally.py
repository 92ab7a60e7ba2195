"""Counting in the fast engine: what `gatesim.measures.tally.from_ledger` counts, without a ledger.

Accounts are counted right after a gate decided them, some hundred at a time. What intervals need is sums over accounts
of products of their counts. Nearly all accounts have one maker, and nearly all needs of an account on one day add to
the same components; so these sums are kept, and put together at the end (`gatesim.engine.fast_totals`):

- by maker, class, model and day: needs, from which all first moments follow; and what the products by account and day
  are more than if each need were an account of its own, as if those of one day added to the same components;
- by account, where all its needs are of one class: whole and by model, their number and its square; so are those of
  accounts that are asked at each need in vain, and how many of these end as their owner gives up;
- by account else: products of the account's counts by class and of what else is known of it (its "entries"); what the
  products by model are more; and what must be put right on days on which its needs add to different components.

Accounts with several makers are added to the sums by maker one by one. A test says that the tally has the same
integers as that of the ledger.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import FALLBACK_FOR, NONE, ONE, REFUSED_FOR, ZERO, Ints
from gatesim.engine.columns import Needs
from gatesim.engine.life import ASKED, K_BEGUN, K_DOCUMENT, K_END, K_JOINED, K_ROW, Ends
from gatesim.measures.axes import (
    ACCOUNTS,
    BLOCKS,
    NEEDS,
    PEOPLE,
    component_matrix,
    components,
    makers_groups,
    number_of_days,
)
from gatesim.measures.ledger import ENDS, GAVE_UP, LEFT_QUEUE, NO_ANSWER, NO_DOCUMENT
from gatesim.scenario.schema import Scenario
from gatesim.world.compiled import compiled
from gatesim.world.makers import makers

CLASSES = 2 * len(ENDS)
"""A need's class: whether it was restricted, and how it ended."""

GRID = ("needs", "before", "again")
"""Needs; how many of the same account come before each on the same day; needs that others of the day come before."""

MOST_COMPONENTS = 62
_SERVED_ENTITLED = MOST_COMPONENTS

J_JOINED, J_REVIEWED, J_LEFT, J_WAIT_REVIEWED, J_WAIT_LEFT, J_WAIT_OTHER, J_SERVICE = range(7)
_RESTRICTED, _LEAKS, _SERVED, _ENTITLED, _FALSE_BLOCKS = range(5)
assert NEEDS[:5] == ("restricted", "leaks", "served", "entitled", "false_blocks")
_NEEDS, _PEOPLE = len(NEEDS), len(PEOPLE)
_LEFT = (REFUSED_FOR + LEFT_QUEUE, FALLBACK_FOR + LEFT_QUEUE)
_IN_VAIN = (NO_ANSWER, GAVE_UP, NO_DOCUMENT)
"""Reasons of needs at which a document was asked for, and none presented."""

PATTERNS = 3 * 4 * 2
"""What is known of an account with one maker, beside its needs: it has no restricted need, one, a leak; it has no
entitled need, one, a false block, only false blocks; it was asked for a document or not."""

# Entries of an account: its needs by class, then its pattern, its requests for documents, documents by kind.
REQUESTS = CLASSES + PATTERNS
_FIRST_DOCUMENT = REQUESTS + 1
BY_MAKER = ("all", "segment", "channel", "role")
"""Splits in which an account with one maker falls into one group."""


class Counting(NamedTuple):
    """What counting looks up. A class's effect: which of the distinct rows of the matrix it has."""

    effect: Ints  # [class]
    effects: Ints  # [effect, component of NEEDS]
    packed: Ints  # [effect]: the same, four bits each
    mask: Ints  # [entry]: which components of all it adds to, one bit each
    maker: Ints  # [segment of the owner, body]: number in `makers`
    key: Ints  # [split of BY_MAKER, maker]: row of the sums by maker; see `keys_of`
    groups: Ints  # [split of BY_MAKER, maker]
    widths: Ints  # [split of BY_MAKER]: components
    whole: Ints  # [entry, component]: what an entry adds to the components of all
    # Of accounts whose needs are all of one class. One whose owner is asked in vain at each need has two at most: the
    # owner has no document, or gives up. It is counted as if all were of the first, and how many are of the second.
    counted_as: Ints  # [class]
    gives_up: Ints  # [class]: 1 where it is the second
    given_up: Ints  # [class]: the second of a first, of others themselves
    in_vain: Ints  # [class]: 1 where a document was asked for, and none presented
    known: Ints  # [class, component]: what is known of a maker of whom all needs are of one class
    models: int
    days: int


class Room(NamedTuple):
    """Where the counts of each reading of each gate go. First axis: readings of gates ("views")."""

    grid: Ints  # [view, maker, class, model * days + day, column of `GRID`]
    people: Ints  # [view, maker, entry of PEOPLE]: of accounts with several makers
    desk: Ints  # [gate, 7]
    # By the owner's segment and group (models, then days): how much more than if each need were alone, and than
    # ``grid`` and ``alike`` say.
    pairs: Ints  # [view, segment, group, effect, effect]: ordered pairs of different needs, upper triangle
    repeats: Ints  # [view, segment, group, effect]: n - 1
    mixed_positive: Ints  # [view, segment, group, NEEDS]: and more, where several effects add to a component
    # Accounts with one maker, all needs of one class (see `Counting`), no document presented: how many accounts, needs,
    # squares of needs; first all of the account's, then those of each model.
    alike: Ints  # [view, maker, class, 1 + model, 3]
    # And of those asked in vain: how many needs g end as the owner gives up; g squared; g times the needs; accounts in
    # which some end so, and some do not.
    gave_up: Ints  # [view, maker, class, 1 + model, 5]
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
    run: Ints  # [2, effect]: effects and numbers of the needs of one group
    groups: Ints  # [maker's split key]: components of a group
    vector: Ints  # [body, component]
    by_effect: Ints  # [model, effect]
    met_effects: Ints  # [effect]: those that are not zero for all models
    owners: Ints  # [segment of the owner]: accounts, summed up for all
    left: Ints  # [account]: numbers of those that are not counted by `_count_needs` alone


# Functions that are not made part of their caller take the arrays they need: handed over whole, all would be copied.
@compiled(_nrt=False)
def _add_mixed(length: int, run: Ints, effects: Ints, pairs: Ints, positive: Ints) -> None:
    """Add the needs that one account has in one group, of several effects: ``length`` of them in ``run``."""
    for i in range(length):
        one, number = run[0, i], run[1, i]
        pairs[one, one] += number * (number - 1)
        for j in range(i):
            other = run[0, j]
            pairs[min(one, other), max(one, other)] += number * run[1, j]
    for c in range(_NEEDS):
        x = 0
        for i in range(length):
            x += run[1, i] * effects[run[0, i], c]
        positive[c] += max(0, x - 1)


@compiled(forceinline=True, _nrt=False)
def _add_alike(view: int, owner: int, group: int, effect: int, number: int, room: Room) -> None:
    """Add the needs that one account has in one group, all of one effect; one alone adds nothing."""
    if number > 1:
        room.pairs[view, owner, group, effect, effect] += number * number - number
        room.repeats[view, owner, group, effect] += number - 1


@compiled(forceinline=True, _nrt=False)
def _add_group(view: int, owner: int, group: int, length: int, run: Ints, k: Counting, room: Room) -> None:
    """Add the needs that one account has in one group, of ``length`` effects."""
    if length > 1:
        _add_mixed(
            length, run, k.effects, room.pairs[view, owner, group], room.mixed_positive[view, owner, group]
        )
    elif length == 1:
        _add_alike(view, owner, group, run[0, 0], run[1, 0], room)


@compiled(forceinline=True, _nrt=False)
def _enter(effect: int, number: int, length: int, run: Ints) -> int:
    """Add needs of one effect to those in ``run``; gives back how many effects are there now."""
    place = 0
    while place < length and run[0, place] != effect:
        place += 1
    if place == length:
        run[0, place] = effect
        run[1, place] = 0
        length += 1
    run[1, place] += number
    return length


@compiled(_nrt=False)
def _add_solo(
    length: int, met: Ints, entries: Ints, mask: int, first: Ints, second: Ints, positive: Ints
) -> None:
    """Add an account with one maker: ``length`` entries that are not zero, which are zero afterwards."""
    for i in range(length):
        one = met[i]
        x = entries[one]
        first[one] += x
        second[one, one] += x * x
        for j in range(i):
            other = met[j]
            second[min(one, other), max(one, other)] += x * entries[other]
    for c in range(len(positive)):
        positive[c] += (mask >> c) & 1


@compiled(_nrt=False)
def _add_shared(
    view: int, owner: int, requests: int, checks: Ints, k: Counting, room: Room, sums: Sums
) -> None:
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
                total[first_account + 1] = min(1, requests)
                total[first_account + 2] = requests
                for check in range(len(checks)):
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


# A function of its own with few arrays, for what is in the loop over needs to fit into registers.
@compiled(_nrt=False)
def _count_needs(
    accounts: int, bit: int, halts: Ints, requests: Ints, bodies: NDArray[np.int16], owner: NDArray[np.int32],
    first_seen: Ints, of_model: Ints, seen: NDArray[np.int32], slot: NDArray[np.int32], again: NDArray[np.int32],
    restricted: NDArray[np.int32], ending: NDArray[np.int8], maker: Ints, grid: Ints, alike: Ints, left: Ints,
) -> int:  # fmt: skip
    """Count the needs of accounts of one maker; add those that have needs of one class and no checks.

    The others are written into ``left``; gives back how many they are.
    """
    others = ZERO
    for a in range(accounts):
        first, last = first_seen[a], first_seen[a + 1]
        if first == last or halts[a] == ASKED:
            continue
        left[others] = a
        if bodies[a] > 1:
            others += 1
            continue
        whose = maker[owner[a], 0]
        cells = grid[whose]
        row = np.uint64(seen[first])
        one = ((restricted[row] >> bit) & 1) * len(ENDS) + ending[row]
        differs = requests[a]
        for i in range(first, last):
            at = np.uint64(i)
            row = np.uint64(seen[at])
            kind = ((restricted[row] >> bit) & 1) * len(ENDS) + ending[row]
            differs |= kind ^ one
            cell, before = cells[np.uint64(kind), np.uint64(slot[at])], np.int64(again[at])
            cell[0] += 1
            cell[1] += before
            cell[2] += np.int64(before > 0)
        if differs != 0:
            others += 1
            continue
        sums, number = alike[whose, one], last - first
        sums[0, 0] += 1
        sums[0, 1] += number
        sums[0, 2] += number * number
        for model in range(of_model.shape[1]):
            number = of_model[a, model]
            sums[model + 1, 0] += np.int64(number > 0)
            sums[model + 1, 1] += number
            sums[model + 1, 2] += number * number
    return others


@compiled(_nrt=False)
def _mend_days(
    first: int, last: int, bit: int, models: int, days: int, seen: NDArray[np.int32], slot: NDArray[np.int32],
    again: NDArray[np.int32], restricted: NDArray[np.int32], ending: NDArray[np.int8], run: Ints, effect: Ints,
    effects: Ints, pairs: Ints, repeats: Ints, positive: Ints,
) -> None:  # fmt: skip
    """Put right what ``grid`` says of the days of an account on which its needs have different effects."""
    begin = first
    while begin < last:
        end, length = begin, ZERO
        while end < last and (end == begin or again[end] > 0):
            row = seen[end]
            kind = ((restricted[row] >> bit) & 1) * len(ENDS) + ending[row]
            length = _enter(effect[kind], 1, length, run)
            end += 1
        if length > 1:
            group = models + slot[begin] % days
            for i in range(begin, end):
                row = seen[i]
                one = effect[((restricted[row] >> bit) & 1) * len(ENDS) + ending[row]]
                pairs[group, one, one] -= 2 * again[i]
                repeats[group, one] -= np.int64(again[i] > 0)
            _add_mixed(length, run, effects, pairs[group], positive[group])
        begin = end


@compiled(_nrt=False)
def _mend_vain(
    first: int, last: int, bit: int, models: int, seen: NDArray[np.int32], today: NDArray[np.int32],
    again: NDArray[np.int32], restricted: NDArray[np.int32], ending: NDArray[np.int8], gives_up: Ints,
    plain: int, given_up: int, effects: Ints, pairs: Ints, repeats: Ints, positive: Ints,
) -> None:  # fmt: skip
    """`_mend_days` of an account asked in vain: its needs have the effect ``given_up`` where its owner gives up.

    Of those before a need on its day, ``grid`` takes all to have the need's own effect.
    """
    of_plain, of_given_up = ZERO, ZERO
    for i in range(first, last):
        at = np.uint64(i)
        row = np.uint64(seen[at])
        gave = gives_up[np.uint64(((restricted[row] >> bit) & 1) * len(ENDS) + ending[row])]
        if again[at] == 0:
            of_plain, of_given_up = ZERO, ZERO
        same, others = (of_given_up, of_plain) if gave else (of_plain, of_given_up)
        if others > 0:
            group, own = models + today[at], given_up if gave else plain
            pairs[group, own, own] -= 2 * others
            pairs[group, min(plain, given_up), max(plain, given_up)] += others
            if same == 0:
                repeats[group, own] -= 1
                for c in range(_NEEDS):
                    positive[group, c] += min(effects[plain, c], effects[given_up, c])
        of_given_up += gave
        of_plain += 1 - gave


@compiled(forceinline=True, _nrt=False)
def _count_vain(
    a: int, view: int, bit: int, n: Needs, ends: Ends, k: Counting, room: Room, sums: Sums
) -> bool:
    """Add an account with one maker whose owner is asked in vain at each need; gives back whether it is one."""
    first, last = n.first_seen[a], n.first_seen[a + 1]
    number = last - first
    if ends.requests[a] != number:
        return False
    row = n.seen[first]
    one = k.counted_as[((n.restricted[row] >> bit) & 1) * len(ENDS) + ends.ending[row]]
    if not k.in_vain[one]:
        return False
    differs, gave = ZERO, ZERO
    for i in range(first, last):
        at = np.uint64(i)
        row = np.uint64(n.seen[at])
        kind = np.uint64(((n.restricted[row] >> bit) & 1) * len(ENDS) + ends.ending[row])
        differs |= k.counted_as[kind] ^ one
        gave += k.gives_up[kind]
    if differs != 0:
        return False
    owner, models = int(n.owner[a]), k.models
    maker = k.maker[owner, 0]
    _add_given_up(number, gave, room.alike[view, maker, one, 0], room.gave_up[view, maker, one, 0])
    for model in range(models):
        of_model = n.of_model[a, model]
        if of_model == 0:
            continue
        of_gave = gave
        if of_model < number and gave > 0:
            of_gave = ZERO
            for i in range(first, last):
                row = n.seen[i]
                kind = ((n.restricted[row] >> bit) & 1) * len(ENDS) + ends.ending[row]
                of_gave += k.gives_up[kind] * np.int64(n.model[row] == model)
        _add_given_up(
            of_model,
            of_gave,
            room.alike[view, maker, one, model + 1],
            room.gave_up[view, maker, one, model + 1],
        )
    plain, given_up = k.effect[one], k.effect[k.given_up[one]]
    if 0 < gave < number and plain != given_up:
        _mend_vain(
            first, last, bit, models, n.seen, n.today, n.again, n.restricted, ends.ending, k.gives_up, plain,
            given_up, k.effects, room.pairs[view, owner], room.repeats[view, owner], room.mixed_positive[view, owner],
        )  # fmt: skip
    return True


@compiled(forceinline=True, _nrt=False)
def _add_given_up(number: int, gave: int, alike: Ints, gave_up: Ints) -> None:
    """Add so many needs of an account, or of one of its models, of which so many end as the owner gives up."""
    alike[0] += 1
    alike[1] += number
    alike[2] += number * number
    gave_up[0] += gave
    gave_up[1] += gave * gave
    gave_up[2] += gave * number
    gave_up[3] += np.int64(gave > 0)
    gave_up[4] += np.int64(gave < number)


@compiled(forceinline=True, _nrt=False)
def _add_model(
    length: int, met: Ints, numbers: Ints, packed: Ints, pairs: Ints, repeats: Ints, positive: Ints
) -> None:
    """Add the needs that one account has of one model, by effect: ``numbers``, which are zero afterwards."""
    components, different = ZERO, ZERO
    for i in range(length):
        one = met[i]
        number = numbers[one]
        pairs[one, one] += number * (number - 1)
        for j in range(i):
            other = met[j]
            pairs[min(one, other), max(one, other)] += number * numbers[other]
        if number > 0:
            repeats[one] += number - 1
            components += packed[one]
            different += 1
    for i in range(length):
        numbers[met[i]] = 0
    if different > 1:
        for c in range(_NEEDS):
            positive[c] += max(ZERO, ((components >> (4 * c)) & 15) - 1)


@compiled(forceinline=True, _nrt=False)
def _count_mixed(
    a: int, view: int, bit: int, checks: Ints, n: Needs, ends: Ends, k: Counting, room: Room, sums: Sums
) -> None:
    """Add an account with one maker that is not among those in ``alike``; its needs are in ``grid``."""
    owner, requests = int(n.owner[a]), ends.requests[a]
    maker, models = k.maker[owner, 0], k.models
    first, last = n.first_seen[a], n.first_seen[a + 1]
    entries, length, mask, effects, met = ZERO, ZERO, ZERO, ZERO, ZERO
    mixed, previous = False, NONE
    for i in range(first, last):
        at = np.uint64(i)
        row = np.uint64(n.seen[at])
        kind = ((n.restricted[row] >> bit) & 1) * len(ENDS) + ends.ending[row]
        effect = k.effect[np.uint64(kind)]
        mixed |= (n.again[at] > 0) & (effect != previous)
        previous = effect
        sums.by_model[np.uint64(n.model[row]), np.uint64(kind)] += 1
        # Written each time, and kept the first time: without a branch that would be guessed wrong.
        sums.met_entries[np.uint64(entries)] = kind
        entries += 1 - ((met >> kind) & 1)
        met |= ONE << kind
    for i in range(entries):
        kind = sums.met_entries[i]
        mask |= k.mask[kind]
        effect = k.effect[kind]
        if (effects >> effect) & 1 == 0:
            effects |= 1 << effect
            sums.met_effects[length] = effect
            length += 1
        for model in range(models):
            number = sums.by_model[model, kind]
            sums.by_model[model, kind] = 0
            sums.by_effect[model, effect] += number
            sums.entries[kind] += number
    for model in range(models):
        if n.of_model[a, model] == 0:
            continue
        _add_model(
            length, sums.met_effects, sums.by_effect[model], k.packed, room.pairs[view, owner, model],
            room.repeats[view, owner, model], room.mixed_positive[view, owner, model],
        )  # fmt: skip
    if mixed:
        _mend_days(
            first, last, bit, models, k.days, n.seen, n.slot, n.again, n.restricted, ends.ending, sums.run,
            k.effect, k.effects, room.pairs[view, owner], room.repeats[view, owner], room.mixed_positive[view, owner],
        )  # fmt: skip
    served = (mask >> _SERVED_ENTITLED) & 1
    entitled = (mask >> _ENTITLED) & 1
    blocked = entitled + ((mask >> _FALSE_BLOCKS) & 1) + int(entitled == 1 and served == 0)
    leaked = ((mask >> _RESTRICTED) & 1) + ((mask >> _LEAKS) & 1)
    pattern = CLASSES + (leaked * 4 + blocked) * 2 + int(requests > 0)
    sums.entries[pattern] = 1
    sums.met_entries[entries] = pattern
    entries += 1
    mask |= k.mask[pattern]
    if requests > 0:
        sums.entries[REQUESTS] = requests
        sums.met_entries[entries] = REQUESTS
        entries += 1
        mask |= k.mask[REQUESTS]
        for check in range(len(checks)):
            entry = _FIRST_DOCUMENT + checks[check, K_DOCUMENT]
            if sums.entries[entry] == 0:
                sums.met_entries[entries] = entry
                entries += 1
                mask |= k.mask[entry]
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
def _by_model(view: int, owner: int, met: int, k: Counting, room: Room, sums: Sums) -> tuple[int, int]:
    """Add the needs of an account by model, and collect them by class.

    Returns
    -------
    entries, mask : int
        How many classes were met; which components they add to.
    """
    run, entries, mask = sums.run, ZERO, ZERO
    for model in range(k.models):
        length = ZERO
        for i in range(met):
            kind = sums.met[i] - model * CLASSES
            if 0 <= kind < CLASSES:
                number = sums.by_model[model, kind]
                sums.by_model[model, kind] = 0
                if sums.entries[kind] == 0:
                    sums.met_entries[entries] = kind
                    entries += 1
                    mask |= k.mask[kind]
                sums.entries[kind] += number
                length = _enter(k.effect[kind], number, length, run)
        _add_group(view, owner, model, length, run, k, room)
    return entries, mask


@compiled(forceinline=True, _nrt=False)
def _count_shared(
    a: int, view: int, bit: int, checks: Ints, n: Needs, ends: Ends, k: Counting, room: Room, sums: Sums
) -> None:
    """Count the needs of an account with several makers."""
    owner, run = int(n.owner[a]), sums.run
    met, length, day = ZERO, ZERO, NONE
    for turn in range(n.begin[a], n.begin[a + 1]):
        row = n.order[turn]
        today = n.day[row]
        if today < 0:
            continue
        kind = ((n.restricted[row] >> bit) & 1) * len(ENDS) + ends.ending[row]
        model, body = np.int64(n.model[row]), n.body[row]
        sums.by_body[body, kind] += 1
        room.grid[view, k.maker[owner, body], kind, model * k.days + today, 0] += 1
        if sums.by_model[model, kind] == 0:
            sums.met[met] = model * CLASSES + kind
            met += 1
        sums.by_model[model, kind] += 1
        # Needs of one day come one after the other.
        if today != day:
            _add_group(view, owner, k.models + day, length, run, k, room)
            day, length = today, ZERO
        length = _enter(k.effect[kind], 1, length, run)
    if met == 0:
        return
    _add_group(view, owner, k.models + day, length, run, k, room)
    entries, _ = _by_model(view, owner, met, k, room, sums)
    _add_shared(view, owner, ends.requests[a], checks, k, room, sums)
    for b in range(len(sums.by_body)):
        for kind in range(CLASSES):
            sums.by_body[b, kind] = 0
    for i in range(entries):
        sums.entries[sums.met_entries[i]] = 0


@compiled(forceinline=True, _nrt=False)
def count_accounts(
    accounts: int, view: int, bit: int, n: Needs, ends: Ends, k: Counting, room: Room, sums: Sums
) -> None:
    """Count the needs of accounts as one reading judges them; not of those that ask the desk.

    Parameters
    ----------
    accounts
        How many.
    view, bit
        Where they are counted; the bit of the reading.
    n, ends
        The needs, and how they ended.
    k, room, sums
        What is looked up; where the counts go; room to work in.
    """
    left = _count_needs(
        accounts, bit, ends.halts, ends.requests, n.bodies, n.owner, n.first_seen, n.of_model, n.seen, n.slot,
        n.again, n.restricted, ends.ending, k.maker, room.grid[view], room.alike[view], sums.left,
    )  # fmt: skip
    for i in range(left):
        a = sums.left[i]
        # Checks open for measured needs only.
        checks = ends.checks[ends.first_check[a] : ends.first_check[a + 1]]
        if n.bodies[a] > 1:
            _count_shared(a, view, bit, checks, n, ends, k, room, sums)
        elif not _count_vain(a, view, bit, n, ends, k, room, sums):
            _count_mixed(a, view, bit, checks, n, ends, k, room, sums)


@compiled(forceinline=True, _nrt=False)
def count_desk(gate: int, first: int, checks: int, ends: Ends, room: Room) -> None:
    """Count what the desk did for one account, which presented a document at so many checks."""
    for check in range(first, first + checks):
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


def _effects() -> tuple[Ints, Ints]:
    """What needs add to the components of NEEDS: the distinct rows, and for each class which of them it has."""
    of_needs = component_matrix().reshape(CLASSES, -1)[:, :_NEEDS]
    effects, effect = np.unique(of_needs, axis=0, return_inverse=True)
    return effects, effect.reshape(-1).astype(np.int64)


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
    effects, effect = _effects()
    whole = np.zeros((_FIRST_DOCUMENT + len(scenario.documents), len(names)), dtype=np.int64)
    whole[:CLASSES, : of_needs.shape[1]] = of_needs
    place = {name: names.index(name) for name in (*NEEDS, *PEOPLE, *ACCOUNTS)}
    for entry, (restricted, entitled, asked) in enumerate(np.ndindex(3, 4, 2), start=CLASSES):
        true = {
            "people_restricted": restricted > 0,
            "people_leaked": restricted > 1,
            "accounts_leaked": restricted > 1,
            "people_entitled": entitled > 0,
            "people_blocked": entitled > 1,
            "people_locked_out": entitled > 2,
            "people_asked_for_documents": asked > 0,
        }
        for name, holds in true.items():
            whole[entry, place[name]] = holds
    whole[REQUESTS, place["document_requests"]] = 1
    for document in range(len(scenario.documents)):
        whole[_FIRST_DOCUMENT + document, document - len(scenario.documents)] = 1
    mask = (whole << np.arange(len(names))).sum(axis=1)
    known = np.zeros((CLASSES, len(names)), dtype=np.int64)
    for person, need in zip(PEOPLE, ("restricted", "leaks", "entitled", "false_blocks"), strict=False):
        known[:, place[person]] = whole[:CLASSES, place[need]]
    known[:, place["people_locked_out"]] = known[:, place["people_blocked"]]
    known[:, place["accounts_leaked"]] = known[:, place["people_leaked"]]
    counted_as, given_up, in_vain = np.arange(CLASSES), np.arange(CLASSES), np.zeros(CLASSES, dtype=np.int64)
    for first in (refused + law for refused in (REFUSED_FOR, FALLBACK_FOR) for law in (0, len(ENDS))):
        counted_as[first + GAVE_UP] = first + NO_DOCUMENT
        given_up[first + NO_DOCUMENT] = first + GAVE_UP
        in_vain[[first + reason for reason in _IN_VAIN]] = 1
    known[:, place["people_asked_for_documents"]] = in_vain
    # A class of needs that are entitled and no false block has a bit of its own.
    mask[:CLASSES] |= (of_needs[:, _ENTITLED] - of_needs[:, _FALSE_BLOCKS]) << _SERVED_ENTITLED
    return Counting(
        effect,
        effects,
        (effects << 4 * np.arange(_NEEDS)).sum(axis=1),
        mask,
        maker,
        np.array([keys_of(scenario, by)[1] for by in BY_MAKER]),
        np.array(
            [np.zeros(len(kinds), dtype=np.int64), *(makers_groups(scenario, by) for by in BY_MAKER[1:])]
        ),
        np.array([len(names), _NEEDS + _PEOPLE, _NEEDS, _NEEDS]),
        whole,
        counted_as,
        (counted_as != np.arange(CLASSES)).astype(np.int64),
        given_up,
        in_vain,
        known,
        len(scenario.models),
        number_of_days(scenario),
    )


def new_room(scenario: Scenario, views: int, gates: int) -> Room:
    """Room for the counts of so many readings of so many gates, all zero."""
    kinds, segments, models = len(makers(scenario)), len(scenario.segments), len(scenario.models)
    days, width = number_of_days(scenario), len(components(scenario))
    groups = models + days
    entries = _FIRST_DOCUMENT + len(scenario.documents)
    splits = len(BY_MAKER)
    effects = len(_effects()[0])

    def zeros(*shape: int) -> Ints:
        return np.zeros((views, *shape), dtype=np.int64)

    return Room(
        zeros(kinds, CLASSES, models * days, len(GRID)),
        zeros(kinds, _PEOPLE),
        np.zeros((gates, 7), dtype=np.int64),
        zeros(segments, groups, effects, effects),
        zeros(segments, groups, effects),
        zeros(segments, groups, _NEEDS),
        zeros(kinds, CLASSES, 1 + models, 3),
        zeros(kinds, CLASSES, 1 + models, 5),
        zeros(kinds, entries),
        zeros(kinds, entries, entries),
        zeros(kinds, width),
        zeros(splits, kinds, width),
        zeros(splits, kinds, width, width),
        zeros(splits, kinds, width),
        zeros(splits, kinds),
    )


def new_sums(scenario: Scenario, accounts: int) -> Sums:
    """Room for the sums of one account, and what is found of each of some."""
    models, width = len(scenario.models), len(components(scenario))
    bodies = 1 + max(kind.body for kind in makers(scenario))
    entries, effects = _FIRST_DOCUMENT + len(scenario.documents), len(_effects()[0])
    return Sums(
        np.zeros((models, CLASSES), dtype=np.int64),
        np.zeros(models * CLASSES, dtype=np.int64),
        np.zeros((bodies, CLASSES), dtype=np.int64),
        np.zeros(entries, dtype=np.int64),
        np.zeros(entries, dtype=np.int64),
        np.zeros((2, CLASSES), dtype=np.int64),
        np.zeros(width, dtype=np.int64),
        np.zeros((bodies, width), dtype=np.int64),
        np.zeros((models, effects), dtype=np.int64),
        np.zeros(effects, dtype=np.int64),
        np.zeros(len(scenario.segments), dtype=np.int64),
        np.zeros(accounts, dtype=np.int64),
    )
