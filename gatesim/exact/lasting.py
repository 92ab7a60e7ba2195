"""Policies whose states last: sums over classes of accounts of the times spent in each state."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.cases import ABSENT, Batch, Cases
from gatesim.exact.chain import (
    TARGETS,
    AccountChains,
    FreshPart,
    Moving,
    equal_steps,
    integral,
    sums_of_exponentials,
)
from gatesim.exact.classes import Classes
from gatesim.exact.counting import Counts, Needs, joined
from gatesim.exact.different import different
from gatesim.exact.expected import with_fallback
from gatesim.exact.places import Places, places_of
from gatesim.exact.spent import Spent
from gatesim.gates.tables import (
    ALLOW,
    ALLOWED,
    BLOCK,
    BLOCKED,
    CHECK,
    CHECK_FAILED,
    CLEARED,
    FRESH,
    Tables,
)
from gatesim.law.law import Law
from gatesim.measures.axes import midnight_us, number_of_days
from gatesim.scenario.people import Trips
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.makers import makers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BATCH = 2**20
"""Numbers in the largest array of the cases that are worked out together."""

_KEPT = 2
"""So many times the times that cases spend in states are kept of a gate."""


@dataclass(frozen=True)
class Kinds:
    """Types of bodies with equally many places, as arrays.

    Attributes
    ----------
    row
        int64[type]: where a type stands here; -1 for those with another number of places.
    places
        int64[row, place]: numbers of the places.
    stationary, starts, ends
        How such bodies move (see `Moving`): float64[row, place], float64[row], float64[row].
    fresh
        float64[row, place, counted epoch, action]: what the gate does with a need of a fresh account.
    """

    row: Ints
    places: Ints
    stationary: Floats
    starts: Floats
    ends: Floats
    fresh: Floats


@dataclass(frozen=True)
class Chains:
    """The different chains of a batch of cases: many cases have the same one.

    Attributes
    ----------
    moving
        How the bodies with several places move; where there are none, one that stays where it is.
    leaves
        For each counted epoch and body float64[chain, place, target]: rates a day at which needs put a fresh account
        into each target. Those of the bodies that stay where they are come on top of the first body's.
    """

    moving: list[Moving]
    leaves: list[list[Floats]]

    def __len__(self) -> int:
        return len(self.moving[0].stationary)


class Lasting:
    """One gate on one world, by classes of accounts.

    Parameters
    ----------
    scenario, law, gate
        The world, its law, and the gate's tables for each epoch; `refuse_other_durations` has been asked.
    only_fresh
        Tell places apart only by what happens to fresh accounts there, whoever is restricted: enough for
        `joining`, and there are fewer classes.
    """

    def __init__(
        self, scenario: Scenario, law: Law, gate: Sequence[Tables], *, only_fresh: bool = False
    ) -> None:
        self.scenario, self.law, self.gate = scenario, law, gate
        # From what joins the desk waits are drawn: it must not depend on what was worked out before.
        self.places = (
            Places(scenario, law, gate, only_fresh=True) if only_fresh else places_of(scenario, law, gate)
        )
        self.epochs = self.places.epochs
        self._classes = Classes(scenario, self.places)
        self._cases = Cases(scenario, law, gate, self._classes, share_alike=only_fresh)
        self._segments = list(scenario.segments.values())
        self._mix = np.array([[s.models.get(m, 0.0) for m in scenario.models] for s in self._segments])
        self._kinds: dict[int, Kinds] = {}
        self._trips = np.array([_of_trips(segment.trips) for segment in self._segments])
        most = max(len(segment.co_users) for segment in self._segments) + 1
        self._maker_of = np.zeros((len(self._segments), most), dtype=np.int64)
        for number, maker in enumerate(makers(scenario)):
            self._maker_of[maker.owner, maker.body] = number

    def evaluate(self, accounts: Floats, daily: bool = True) -> tuple[Floats, Floats, Floats]:
        """Expected numbers over the window.

        Parameters
        ----------
        accounts
            Accounts by owner segment.
        daily
            Whether to tell the days apart.

        Returns
        -------
        counts
            float64[maker, model, day, restricted, end].
        asked
            float64[owner segment]: requests.
        presented
            float64[owner segment, kind of document].
        """
        cuts = [self._cuts(e, daily) for e in self.epochs]
        edges = [each for each, _ in cuts]
        intervals = max(len(each) - 1 for each in edges)
        owners = np.flatnonzero(accounts > 0).tolist()
        days = number_of_days(self.scenario) if daily else 1
        found = Counts(self.scenario, self.law, self.gate, self.places, self._cases.laws, days)
        parts: Iterable[Needs]
        if daily:
            classes = np.concatenate([np.zeros(0), *(self._cases.weights(owner)[0] for owner in owners)])
            # Part by part: day by day they are many numbers.
            parts = (spent.needs(accounts, classes) for spent in self._spent(owners, edges, intervals))
        else:
            parts = joined([*self._whole(owners, edges, accounts)])
        for needs in parts:
            for row, (_, first) in enumerate(cuts):
                found.add(needs, row, first)
        return with_fallback(self.scenario, found.counts), found.asked, found.presented

    def _whole(self, owners: Sequence[int], edges: Sequence[Floats], accounts: Floats) -> Iterator[Needs]:
        """Needs where an epoch is one interval, by times that are kept."""
        weights = {owner: self._cases.weights(owner) for owner in owners}
        for group in self._apart(weights):
            classes = np.concatenate([weights[owner][0] for owner in group])
            follows_from = tuple(weights[owner][1] for owner in group)
            for spent in self._kept(group, edges, follows_from, classes > 0):
                yield spent.needs(accounts, classes)

    def _apart(self, weights: Mapping[int, tuple[Floats, tuple[int, bytes]]]) -> list[list[int]]:
        """Owners whose bodies' places have stayed so far, and those of whom they moved with a number of the world."""
        last, moved = self.places.last, self.places.moved
        for owner, (_, follows_from) in weights.items():
            if last.setdefault(owner, follows_from) != follows_from:
                moved.add(owner)
                last[owner] = follows_from
        groups = [[owner for owner in weights if (owner in moved) is which] for which in (False, True)]
        return [group for group in groups if group]

    def _kept(
        self,
        owners: Sequence[int],
        edges: Sequence[Floats],
        follows_from: Hashable,
        occurs: NDArray[np.bool_],
    ) -> tuple[Spent, ...]:
        """What `_spent` finds where an epoch is one interval, worked out once for whatever it follows from."""
        epochs = tuple((epoch.start_us, epoch.end_us) for epoch in self.law.epochs)
        durations = [self.gate[e].durations_us for e in self.epochs]
        arrays = (occurs, *edges, self._mix, self._trips, self._maker_of, *durations)
        key = (
            tuple(owners),
            follows_from,
            self._cases.numbers(),
            epochs,
            *(each.tobytes() for each in arrays),
        )
        spent = self.places.spent
        if key not in spent:
            found = tuple(self._spent(owners, edges, 1))
            while len(spent) >= _KEPT:
                del spent[next(iter(spent))]
            spent[key] = found
        else:
            spent[key] = spent.pop(key)  # the one used last goes last
        return spent[key]

    def _spent(self, owners: Sequence[int], edges: Sequence[Floats], intervals: int) -> Iterator[Spent]:
        """Times that the cases of some owners spend in each state, part by part."""
        for whole in self._cases.batches(owners):
            for batch in self._parts(whole, intervals):
                yield self._spent_by(batch, edges)

    def joining(self, accounts: Floats, edges: Sequence[Floats]) -> list[Floats]:
        """Expected cases that join the desk, by interval of time; quick for thousands of intervals.

        Parameters
        ----------
        accounts
            Accounts by owner segment.
        edges
            For each counted epoch the instants (days since the epoch's start) between which to count, from
            0 to the epoch's length.

        Returns
        -------
        list of ndarray, shape (intervals,)
            For each counted epoch, all accounts together.
        """
        found = [np.zeros(len(e) - 1) for e in edges]
        for whole in self._cases.batches(np.flatnonzero(accounts > 0).tolist()):
            for batch in self._parts(whole.part(np.any(whole.desk > 0, axis=1)), 1):
                chains, which = self._chains(batch)
                for row, solver, fresh, _ in self._epochs(chains):
                    weights = np.zeros(fresh.values.shape)
                    for b in range(batch.types.shape[1]):
                        kinds = self._kinds_of(batch.types[:, b])
                        checked = kinds.fresh[kinds.row[batch.types[:, b]], :, row, CHECK]
                        scale = accounts[batch.owner] * batch.weight * batch.desk[:, row] * batch.rates[:, b]
                        asked = [np.bincount(which, scale * each, len(chains)) for each in checked.T]
                        modes = solver.fresh_modes(fresh, b if b < batch.movers else None)
                        weights += np.einsum("xz,zxi->zi", asked, modes)
                    used = weights != 0
                    values, weights = fresh.values[used], weights[used]
                    for length, members in equal_steps(edges[row]):
                        rise = weights * integral(values, length)
                        found[row][members] += sums_of_exponentials(values, rise, edges[row][members])
        return found

    def _cuts(self, epoch: int, daily: bool) -> tuple[Floats, int]:
        """Between which instants of an epoch to count (days since its start), and the day of its start."""
        start, end = self.law.epochs[epoch].start_us, self.law.epochs[epoch].end_us
        if not daily:
            return np.array([0.0, (end - start) / DAY]), 0
        before = midnight_us(self.scenario)
        first = (start + before) // DAY
        midnights = np.arange(first + 1, -(-(end + before) // DAY)) * DAY - before
        return (np.concatenate([[start], midnights, [end]]) - start) / DAY, first

    def _spent_by(self, batch: Batch, edges: Sequence[Floats]) -> Spent:
        """Times that a batch spends in each state, by interval of time."""
        chains, which = self._chains(batch)
        places, combinations = len(self.places.known), self._cases.laws.weight.shape[1]
        movers = [moving.stationary.shape[1] for moving in chains.moving[: batch.movers]]
        begins = np.cumsum([0, *movers]) * len(chains)
        keys, cases, rates, rows = [], [], [], []
        for b in range(batch.types.shape[1]):
            there = np.flatnonzero(batch.bodies[:, b] != ABSENT)
            kinds, owner = self._kinds_of(batch.types[:, b]), batch.owner[there]
            where = kinds.places[kinds.row[batch.types[there, b]]]
            count = where.shape[1]
            maker = self._maker_of[owner, batch.bodies[there, b]]
            key = maker * combinations + batch.combination[there]
            keys.append((key[:, None] * places + where).ravel())
            cases.append(np.repeat(there, count))
            rates.append(np.repeat(batch.rates[there, b], count))
            # Bodies that stay where they are all have the times of the account, which stand last.
            begin = begins[min(b, batch.movers)]
            rows.append((begin + which[there, None] * count + np.arange(count)).ravel())
        groups, group = np.unique(np.concatenate(keys), return_inverse=True)
        key, place = np.divmod(groups, places)
        maker, combination = np.divmod(key, combinations)
        times = []
        for row, solver, fresh, cleared in self._epochs(chains):
            spent = solver.times(fresh, cleared, edges[row])
            apart = [np.moveaxis(each, 2, 1) for each in spent[: batch.movers]]
            together = spent[0].sum(axis=2)
            shape = together.shape[1:]
            times.append(np.concatenate([each.reshape(-1, *shape) for each in (*apart, together)]))
        return Spent(
            batch.owner,
            batch.of_class,
            batch.within,
            maker,
            combination,
            place,
            np.concatenate(cases),
            np.concatenate(rates),
            group.ravel(),
            np.concatenate(rows),
            times,
        )

    def _chains(self, batch: Batch) -> tuple[Chains, Ints]:
        """The different chains of the cases, and for each case the number of its chain."""
        moving = [self._moving(batch.types[:, b]) for b in range(batch.movers)]
        if not moving:
            moving = [Moving(np.ones((len(batch), 1)), np.zeros(len(batch)), np.zeros(len(batch)))]
        leaves = []
        for row in range(len(self.epochs)):
            several = [self._leaves(batch, b, row) for b in range(batch.types.shape[1])]
            apart = several[: batch.movers] or [np.zeros((len(batch), 1, len(TARGETS)))]
            for each in several[batch.movers :]:
                apart[0] = apart[0] + each
            leaves.append(apart)
        laws = [np.column_stack([each.stationary, each.starts_per_day, each.ends_per_day]) for each in moving]
        first, which = different(
            np.concatenate([*laws, *(_flat(each) for row in leaves for each in row)], axis=1)
        )
        chains = Chains(
            [Moving(*(np.asarray(part)[first] for part in vars(each).values())) for each in moving],
            [[each[first] for each in row] for row in leaves],
        )
        return chains, which

    def _epochs(self, chains: Chains) -> Iterator[tuple[int, AccountChains, FreshPart, Floats | None]]:
        """The counted epochs in order: number, solver, fresh part, and who is cleared at the start."""
        solver = AccountChains(chains.moving)
        cleared: Floats | None = None
        row = 0
        for e, epoch in enumerate(self.law.epochs):
            length = epoch.length_us / DAY
            if row == len(self.epochs):
                return
            if e != self.epochs[row]:
                cleared = None if cleared is None else solver.still(cleared, length)
                continue
            part = solver.fresh(chains.leaves[row], cleared)
            yield row, solver, part, cleared
            row += 1
            if row < len(self.epochs):
                cleared = solver.cleared_after(part, cleared, length)

    def _parts(self, batch: Batch, intervals: int) -> Iterator[Batch]:
        """Parts of a batch that are small enough for `BATCH`."""
        if not len(batch):
            return
        counts = [len(self._classes.types[t].places) for t in batch.types[0].tolist()]
        places = prod(counts)
        size = max(1, BATCH // (places * max(places, intervals)))
        for start in range(0, len(batch), size):
            yield batch.part(slice(start, start + size))

    def _kinds_of(self, types: Ints) -> Kinds:
        """The types of bodies with as many places as those given, which have equally many."""
        kinds = self._classes.types
        count = len(kinds[types[0]].places)
        known = self._kinds.get(count)
        if known is None or len(known.row) < len(kinds):
            known = self._kinds[count] = self._as_arrays(count)
        return known

    def _as_arrays(self, count: int) -> Kinds:
        kinds = self._classes.types
        numbers = [t for t, kind in enumerate(kinds) if len(kind.places) == count]
        row = np.full(len(kinds), -1)
        row[numbers] = np.arange(len(numbers))
        places = np.array([kinds[t].places for t in numbers])
        segments = [kinds[t].segment for t in numbers]
        stationary, starts, ends = (
            np.ones((len(numbers), count)),
            np.zeros(len(numbers)),
            np.zeros(len(numbers)),
        )
        if count > 1:
            shares = np.array([kinds[t].shares for t in numbers])
            away, starts, ends = self._trips[segments].T
            stationary[:, 0] = 1.0 - away
            stationary[:, 1:] = away[:, None] * shares / shares.sum(axis=1, keepdims=True)
        actions = self.places.actions[:, :, FRESH]
        fresh = np.einsum("knema,km->knea", actions[places], self._mix[segments])
        return Kinds(row, places, stationary, starts, ends, fresh)

    def _moving(self, types: Ints) -> Moving:
        """How a body moves among its places, for each account of a batch."""
        kinds = self._kinds_of(types)
        rows = kinds.row[types]
        return Moving(kinds.stationary[rows], kinds.starts[rows], kinds.ends[rows])

    def _leaves(self, batch: Batch, body: int, row: int) -> Floats:
        """Rates a day at which needs put a fresh account into each target: float64[case, place, target]."""
        lasts = self.gate[self.epochs[row]].durations_us > 0
        succeeds = np.where(batch.passing[:, row], 1.0 - batch.gives_up, 0.0)[:, None]
        kinds = self._kinds_of(batch.types[:, body])
        taken = batch.rates[:, body, None, None] * kinds.fresh[kinds.row[batch.types[:, body]], :, row]
        into = {
            ALLOWED: taken[..., ALLOW],
            BLOCKED: taken[..., BLOCK],
            CLEARED: taken[..., CHECK] * succeeds,
            CHECK_FAILED: taken[..., CHECK] * (1.0 - succeeds),
        }
        found = np.zeros((*taken.shape[:2], len(TARGETS)))
        for column, state in enumerate(TARGETS):
            if lasts[state]:
                found[..., column] = into[state]
        return found


def _of_trips(trips: Trips) -> tuple[float, float, float]:
    """The share of time away, and the rates a day at which trips begin and end."""
    if trips.length == 0:
        return 0.0, 0.0, 0.0
    return trips.length / (trips.length + trips.every), DAY / trips.every, DAY / trips.length


def _flat(array: Floats) -> Floats:
    return array.reshape(len(array), -1)
