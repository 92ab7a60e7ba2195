"""Putting together what the fast engine counted: tallies with their moments, from the sums of `fast_tally`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatesim.engine.arrays import Ints
from gatesim.engine.fast_tally import BY_MAKER, CLASSES, REQUESTS, Counting, Room, keys_of
from gatesim.measures.axes import BLOCKS, NEEDS, PEOPLE, SPLITS, components, split_names
from gatesim.measures.ledger import ENDS
from gatesim.measures.moments import Moments
from gatesim.measures.tally import DeskTally, Tally
from gatesim.scenario.schema import Scenario
from gatesim.world.makers import makers


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
    grid = parts.pop("grid")
    grid = grid.reshape(*grid.shape[:2], k.models, k.days, -1)
    # By maker, model, day, class.
    counts = np.ascontiguousarray(np.moveaxis(grid[..., 0], 1, -1))
    first_person = len(NEEDS) + len(BLOCKS)
    people = slice(first_person, first_person + len(PEOPLE))
    parts["people"] += parts["alike"][:, :, 0, 0] @ k.known[:, people]
    parts["people"] += parts["solo_first"] @ k.whole[:, people]
    of_makers = _of_makers(k, parts)
    moments = {by: _by_maker(scenario, parts, of_makers, split) for split, by in enumerate(BY_MAKER)}
    _add_groups(k, parts, grid)
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
    accounts = parts["solo_first"][:, :CLASSES].sum(axis=1) + parts["alike"][:, :, 0, 0].sum(axis=1)
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
    # Most kinds of entries are met nowhere.
    entries = np.flatnonzero(parts["solo_first"].any(axis=0))
    alike = parts["alike"][:, :, 0]
    classes = np.flatnonzero(alike.any(axis=(0, 2)))
    whole = k.whole[entries].astype(np.float64)
    upper = parts["solo_second"][:, entries[:, None], entries].astype(np.float64)
    symmetric = upper + np.swapaxes(np.triu(upper, 1), 1, 2)
    # An account of n needs of one class, at g of which its owner gives up, has the vector n a + g c + b.
    a, b, c = (x[classes].astype(np.float64) for x in _alike_vectors(k))
    accounts, needs, squares = np.moveaxis(alike[:, classes].astype(np.float64), 2, 0)
    gave, gave_squares, gave_needs, some, some_not = np.moveaxis(
        parts["gave_up"][:, classes, 0].astype(np.float64), 2, 0
    )
    first = parts["solo_first"][:, entries] @ whole + needs @ a + accounts @ b + gave @ c
    second = whole.T @ symmetric @ whole
    products = (
        (squares, a, a), (needs, a, b), (needs, b, a), (accounts, b, b), (gave_squares, c, c),
        (gave_needs, a, c), (gave_needs, c, a), (gave, b, c), (gave, c, b),
    )  # fmt: skip
    for weight, x, y in products:
        of_class = np.einsum("ec,ed->ecd", x, y).reshape(len(classes), whole.shape[1] ** 2)
        second += (weight @ of_class).reshape(second.shape)
    plain, given_up = (a + b) > 0, (a + c + b) > 0
    positive = parts["solo_positive"] + accounts @ (plain & given_up)
    positive = positive + some @ (given_up & ~plain) + some_not @ (plain & ~given_up)
    positive += (accounts * (k.in_vain[classes] == 0)) @ (plain & ~given_up)
    return first.astype(np.int64), second.astype(np.int64), positive.astype(np.int64)


def _alike_vectors(k: Counting) -> tuple[Ints, Ints, Ints]:
    """Of accounts in ``alike``, by class: what a need adds; what is known; what is more for each that is given up."""
    a = k.whole[:CLASSES] + k.in_vain[:, None] * k.whole[REQUESTS]
    c = np.zeros_like(a)
    for given_up in np.flatnonzero(k.gives_up):
        c[k.counted_as[given_up]] = k.whole[given_up] - k.whole[k.counted_as[given_up]]
    return a, k.known, c


def _add_groups(k: Counting, parts: dict[str, Ints], grid: Ints) -> None:
    """Add to the pairs and repeats by model and day those of ``alike`` and of ``grid``: accounts with one maker.

    ``grid`` is int64[maker, class, model, day, column of `GRID`].
    """
    accounts, needs, squares = np.moveaxis(parts["alike"][:, :, 1:], -1, 0)
    # Of n needs of an account g end as its owner gives up: they are of another class.
    gave, gave_squares, gave_needs, some, some_not = np.moveaxis(parts["gave_up"][:, :, 1:], -1, 0)
    before, again = np.moveaxis(grid[..., 1:].sum(axis=2), -1, 0)
    of_models = (squares - needs) - 2 * gave_needs + gave_squares + gave
    with_some_not = np.where(k.in_vain[:, None] == 1, some_not, accounts)
    pairs = np.concatenate([of_models, 2 * before], axis=2)
    repeats = np.concatenate([needs - gave - with_some_not, again], axis=2)
    owners = k.maker[:, 0]
    for kind in np.flatnonzero(pairs.any(axis=(0, 2)) | repeats.any(axis=(0, 2))):
        effect = k.effect[kind]
        parts["pairs"][:, :, effect, effect] += pairs[owners, kind]
        parts["repeats"][:, :, effect] += repeats[owners, kind]
    models = slice(0, k.models)
    for kind in np.flatnonzero(k.gives_up):
        counted_as = k.counted_as[kind]
        given_up, other = k.effect[kind], k.effect[counted_as]
        mine = owners, counted_as
        parts["pairs"][:, models, given_up, given_up] += (gave_squares - gave)[mine]
        # Pairs of both, once for the upper triangle; on its diagonal in either order.
        across = (gave_needs - gave_squares)[mine] * (2 if given_up == other else 1)
        parts["pairs"][:, models, min(given_up, other), max(given_up, other)] += across
        parts["repeats"][:, models, given_up] += (gave - some)[mine]
        both = (some + some_not - accounts)[mine]
        in_both = (k.effects[given_up] > 0) & (k.effects[other] > 0)
        parts["mixed_positive"][:, models] += both[..., None] * in_both


def _by_group(
    scenario: Scenario, k: Counting, parts: dict[str, Ints], counts: Ints, groups: slice
) -> Moments:
    """Moments by model or by day; ``counts`` is int64[maker, group, class]."""
    segments = len(scenario.segments)
    needs = np.zeros((segments, *counts.shape[1:]))
    for kind, of_kind in zip(makers(scenario), counts, strict=True):
        needs[kind.owner] += of_kind
    # As in `_of_makers`: exact in float64. Most effects and classes are met nowhere.
    repeats = parts["repeats"][:, groups]
    upper = parts["pairs"][:, groups]
    used = np.flatnonzero(upper.any(axis=(0, 1, 2)) | upper.any(axis=(0, 1, 3)) | repeats.any(axis=(0, 1)))
    met_classes = np.flatnonzero(needs.any(axis=(0, 1)))
    effects, needs_met = k.effects[used].astype(np.float64), needs[..., met_classes]
    of_class = k.effects[k.effect[met_classes]].astype(np.float64)
    upper, repeats = upper[..., used[:, None], used].astype(np.float64), repeats[..., used]
    pairs = upper + np.swapaxes(np.triu(upper, 1), -1, -2)
    first = (needs_met @ of_class).astype(np.int64)
    second = needs_met @ np.einsum("ec,ed->ecd", of_class, of_class).reshape(
        len(met_classes), len(NEEDS) ** 2
    )
    second += pairs.reshape(*pairs.shape[:2], len(used) ** 2) @ np.einsum(
        "ac,bd->abcd", effects, effects
    ).reshape(len(used) ** 2, len(NEEDS) ** 2)
    second = second.astype(np.int64).reshape(*first.shape, len(NEEDS))
    positive = first - (repeats @ effects).astype(np.int64) - parts["mixed_positive"][:, groups]
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
        first.reshape(-1, len(NEEDS))[keys],
        second.reshape(-1, len(NEEDS), len(NEEDS))[keys],
        positive.reshape(-1, len(NEEDS))[keys],
    )
