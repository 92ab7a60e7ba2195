"""Policies whose states last: sums over classes of accounts of the times spent in each state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.answers import Answer, Answers, CheckLaw, answers, check_law, marginal
from gatesim.exact.chain import (
    TARGETS,
    AccountChains,
    FreshPart,
    Moving,
    equal_steps,
    integral,
    sums_of_exponentials,
)
from gatesim.exact.classes import AccountClass, Classes
from gatesim.exact.drawn import alike
from gatesim.exact.expected import END_REFUSED, END_SERVED, with_fallback
from gatesim.exact.memoryless import OPEN
from gatesim.exact.places import Places
from gatesim.gates.tables import (
    ALLOW,
    ALLOWED,
    BLOCK,
    BLOCKED,
    CHECK,
    CHECK_FAILED,
    CLEARED,
    FRESH,
    STATES,
    Tables,
)
from gatesim.law.law import Law
from gatesim.measures.axes import midnight_us, number_of_days
from gatesim.measures.ledger import ENDS, RULE, SHUTDOWN, STANDING_BLOCK
from gatesim.scenario.people import Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.makers import makers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.float64)

Occupancy = dict[tuple[tuple[bool, ...], int, int], list[Floats]]
"""By what the owner's checks come to in each counted epoch (passes or not), body and number of the place:
for each counted epoch needs by [state, interval], for one account."""


BATCH = 2**20
"""Numbers in the largest array of the cases that are worked out together."""


@dataclass(frozen=True)
class Batch:
    """Cases that are worked out together: accounts with equally many bodies, each with equally many places.

    A case is the accounts of one class, of one level of activity, whose checks come to the same.

    Attributes
    ----------
    bodies
        Numbers of the bodies present, by the first case (they may differ where owners are put together).
    types
        int64[case, body]: numbers of their types.
    weight
        float64[case]: the probability of the case within the owner segment, or the number of such accounts.
    rates
        float64[case, body]: needs a day.
    passing
        bool[case, counted epoch]: whether the owner passes checks.
    gives_up
        float64[case]: the probability of giving up at a request.
    desk
        float64[case, counted epoch]: expected cases at the desk for a request.
    """

    bodies: tuple[int, ...]
    types: Ints
    weight: Floats
    rates: Floats
    passing: NDArray[np.bool_]
    gives_up: Floats
    desk: Floats

    def __len__(self) -> int:
        return len(self.weight)

    def part(self, rows: slice) -> Batch:
        """Some of the cases."""
        arrays = {name: value[rows] for name, value in vars(self).items() if name != "bodies"}
        return Batch(self.bodies, **arrays)

    @classmethod
    def of(cls, batches: Sequence[Batch]) -> Batch:
        """Several batches in one."""
        names = [name for name in vars(batches[0]) if name != "bodies"]
        arrays = {name: np.concatenate([getattr(batch, name) for batch in batches]) for name in names}
        return cls(batches[0].bodies, **arrays)


@dataclass(frozen=True)
class OwnerLaw:
    """How checks of the accounts of one owner segment come out.

    Attributes
    ----------
    passing
        Probability of each combination of passing and failing in the counted epochs.
    checks
        For each combination and each counted epoch what a request leads to.
    """

    passing: dict[tuple[bool, ...], float]
    checks: dict[tuple[bool, ...], list[CheckLaw]]


def _sums(member: Ints, where: Ints, needs: Floats) -> Iterator[tuple[tuple[int, int], Floats]]:
    """Needs summed over cases and places that are the same.

    Parameters
    ----------
    member
        int64[case]: what the case belongs to.
    where
        int64[case, place]: numbers of the places.
    needs
        float64[case, place, state, interval].

    Yields
    ------
    tuple
        What the cases belong to and the number of the place; float64[state, interval].
    """
    many = int(where.max()) + 1
    keys = (member[:, None] * many + where).ravel()
    order = np.argsort(keys, kind="stable")
    known, starts = np.unique(keys[order], return_index=True)
    totals = np.add.reduceat(needs.reshape(-1, *needs.shape[2:])[order], starts, axis=0)
    for key, total in zip(known.tolist(), totals, strict=True):
        yield divmod(key, many), total


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
        self.places = Places(scenario, law, gate, only_fresh=only_fresh)
        self.epochs = self.places.epochs
        self._classes = Classes(self.places)
        self._segments = list(scenario.segments.values())
        self._names = list(scenario.segments)
        self._mix = np.array([[s.models.get(m, 0.0) for m in scenario.models] for s in self._segments])
        self._taken: dict[tuple[int, int], Floats] = {}
        self._fresh: dict[int, Floats] = {}
        # Owners whose accounts look the same to the gate have the same classes, where the law does not matter.
        self._like = alike(scenario) if only_fresh else tuple(range(len(self._segments)))
        self._of_owner: dict[int, dict[AccountClass, float]] = {}

    def owner_law(self, owner: int) -> OwnerLaw:
        """How checks of the accounts of an owner segment come out."""
        segment = self._segments[owner]
        epochs = [self.law.epochs[e] for e in self.epochs]
        gate = [self.gate[e] for e in self.epochs]
        parts: defaultdict[tuple[bool, ...], dict[Answers, float]] = defaultdict(dict)
        for combination, weight in answers(self.scenario, segment, epochs, gate).items():
            parts[tuple(answer.passes for answer in combination)][combination] = weight
        return OwnerLaw(
            {passing: sum(part.values()) for passing, part in parts.items()},
            {
                passing: [self._check(segment, marginal(part, k)) for k in range(len(self.epochs))]
                for passing, part in parts.items()
            },
        )

    def _check(self, segment: Segment, law: dict[Answer, float]) -> CheckLaw:
        return check_law(self.scenario, segment, law)

    def taken(self, place: int, segment: int) -> Floats:
        """What the gate does with a need of a body from a place: float64[counted epoch, state, action]."""
        key = (place, segment)
        if key not in self._taken:
            self._taken[key] = np.einsum("esma,m->esa", self.places.known[place].actions, self._mix[segment])
        return self._taken[key]

    def occupancy(self, owner: int, law: OwnerLaw, edges: Sequence[Floats]) -> Occupancy:
        """Expected needs of one account, by state, place, and interval of time.

        Parameters
        ----------
        owner, law
            Number of the owner's segment, and how its checks come out.
        edges
            For each counted epoch the instants (days since the epoch's start) between which to count, from
            0 to the epoch's length.
        """
        return self._occupancies({owner: law}, np.ones(owner + 1), edges)[owner]

    def _occupancies(
        self, laws: Mapping[int, OwnerLaw], accounts: Floats, edges: Sequence[Floats]
    ) -> dict[int, Occupancy]:
        """The same for several owner segments, times their accounts.

        Cases of all owners with equally many bodies and places are worked out together: a few large arrays take far
        less time than many small ones.
        """
        found: dict[int, Occupancy] = {owner: {} for owner in laws}
        same: defaultdict[tuple[int, ...], list[tuple[int, tuple[bool, ...], Batch]]] = defaultdict(list)
        for owner, law in laws.items():
            for passing, batch in self._cases(owner, law):
                places = tuple(len(self._classes.types[t].places) for t in batch.types[0].tolist())
                weight = accounts[owner] * batch.weight
                same[places].append((owner, passing, replace(batch, weight=weight)))
        intervals = max(len(e) - 1 for e in edges)
        for group in same.values():
            whole = Batch.of([batch for _, _, batch in group])
            which = np.repeat(np.arange(len(group)), [len(batch) for _, _, batch in group])
            for rows in self._slices(whole, intervals):
                part, member = whole.part(rows), which[rows]
                places_of = [
                    self._by_type(part.types[:, b], self._places_of) for b in range(part.types.shape[1])
                ]
                for row, chains, fresh, cleared in self._epochs(part):
                    by_body = chains.times(fresh, cleared, edges[row])
                    for b, where in enumerate(places_of):
                        scale = part.weight * part.rates[:, b]
                        needs = np.moveaxis(by_body[b] * scale[:, None, None, None], 2, 1)
                        for (m, place), total in _sums(member, where, needs):
                            owner, passing, batch = group[m]
                            key = (passing, batch.bodies[b], place)
                            if key not in found[owner]:
                                found[owner][key] = [np.zeros((len(STATES), len(e) - 1)) for e in edges]
                            found[owner][key][row] += total
        return found

    def joining(self, accounts: Floats, edges: Sequence[Floats]) -> list[Floats]:
        """Expected cases that join the desk, by interval of time; quick for thousands of intervals.

        Parameters
        ----------
        accounts
            Accounts by owner segment.
        edges
            As in `occupancy`.

        Returns
        -------
        list of ndarray, shape (intervals,)
            For each counted epoch, all accounts together.
        """
        found = [np.zeros(len(e) - 1) for e in edges]
        same: defaultdict[tuple[int, ...], list[Batch]] = defaultdict(list)
        for owner in np.flatnonzero(accounts > 0).tolist():
            for _, batch in self._cases(owner, self.owner_law(owner)):
                if batch.desk.any():
                    places = tuple(len(self._classes.types[t].places) for t in batch.types[0].tolist())
                    same[places].append(replace(batch, weight=accounts[owner] * batch.weight))
        for batches in same.values():
            for part in self._split(Batch.of(batches), 1):
                for row, chains, fresh, _ in self._epochs(part):
                    weights = np.zeros(fresh.values.shape)
                    for b in range(len(part.bodies)):
                        checked = self._fresh_actions(part.types[:, b], row)[..., CHECK]
                        scale = part.weight * part.desk[:, row] * part.rates[:, b]
                        modes = chains.fresh_modes(fresh, b)
                        weights += np.einsum("zx,zxi->zi", scale[:, None] * checked, modes)
                    used = weights != 0
                    values, weights = fresh.values[used], weights[used]
                    for length, members in equal_steps(edges[row]):
                        rise = weights * integral(values, length)
                        found[row][members] += sums_of_exponentials(values, rise, edges[row][members])
        return found

    def _cases(self, owner: int, law: OwnerLaw) -> Iterator[tuple[tuple[bool, ...], Batch]]:
        """All cases of an owner segment; together those with equally many places that pass alike."""
        segment = self._segments[owner]
        types = self._classes.types
        same: defaultdict[tuple[tuple[int, ...], tuple[int, ...]], list[tuple[AccountClass, float]]]
        same = defaultdict(list)
        like = self._like[owner]
        if like not in self._of_owner:
            self._of_owner[like] = self._classes.of_owner(like)
        for account, weight in self._of_owner[like].items():
            same[account.bodies, tuple(len(types[t].places) for t in account.types)].append((account, weight))
        multipliers, shares = np.array(segment.activity.multipliers), np.array(segment.activity.shares)
        for (bodies, _), members in same.items():
            rates = np.stack(self._rates(segment, bodies, segment.needs_per_day * multipliers), axis=1)
            chance = np.array([weight for _, weight in members])[:, None] * shares
            for passing, part in law.passing.items():
                occurs = (rates[:, 0] * chance * part > 0).ravel()
                count = int(occurs.sum())
                if count:
                    desk = [law.checks[passing][row].desk for row in range(len(self.epochs))]
                    yield (
                        passing,
                        Batch(
                            bodies,
                            np.repeat([a.types for a, _ in members], len(multipliers), axis=0)[occurs],
                            (chance * part).ravel()[occurs],
                            np.tile(rates, (len(members), 1))[occurs],
                            np.tile(passing, (count, 1)),
                            np.full(count, segment.gives_up),
                            np.tile(desk, (count, 1)),
                        ),
                    )

    def _split(self, batch: Batch, intervals: int) -> Iterator[Batch]:
        """Parts of a batch that are small enough for `BATCH`."""
        for rows in self._slices(batch, intervals):
            yield batch.part(rows)

    def _slices(self, batch: Batch, intervals: int) -> Iterator[slice]:
        places = prod(len(self._classes.types[t].places) for t in batch.types[0].tolist())
        size = max(1, BATCH // (places * max(places, intervals)))
        for start in range(0, len(batch), size):
            yield slice(start, start + size)

    def _rates(self, segment: Segment, bodies: Sequence[int], rate: Floats) -> list[Floats]:
        """Needs a day of each body that is present."""
        entries = list(segment.co_users.values())
        others = [entries[number - 1].share for number in bodies[1:]]
        return [rate * (1.0 - sum(others)), *(rate * share for share in others)]

    def _by_type(self, types: Ints, of: Callable[[int], NDArray[Number]]) -> NDArray[Number]:
        """Look something up for each of some types of bodies: [case, ...]."""
        known, which = np.unique(types, return_inverse=True)
        return np.stack([of(k) for k in known.tolist()])[which.ravel()]

    def _places_of(self, kind: int) -> Ints:
        return np.array(self._classes.types[kind].places)

    def _fresh_actions(self, types: Ints, row: int) -> Floats:
        """Probabilities of what the gate does with a need of a fresh account: [case, place, action]."""
        return self._by_type(types, self._fresh_actions_of)[:, :, row]

    def _fresh_actions_of(self, kind: int) -> Floats:
        """The same for one type, in all counted epochs: [place, counted epoch, action]."""
        if kind not in self._fresh:
            body = self._classes.types[kind]
            taken = [self.taken(place, body.segment)[:, FRESH] for place in body.places]
            self._fresh[kind] = np.stack(taken)
        return self._fresh[kind]

    def _moving(self, types: Ints) -> Moving:
        """How a body moves among its places, for each account of a batch."""
        kinds = self._classes.types
        if len(kinds[types[0]].places) == 1:
            return Moving(np.ones((len(types), 1)), np.zeros(len(types)), np.zeros(len(types)))
        shares = self._by_type(types, lambda kind: np.array(kinds[kind].shares))

        def of_trips(kind: int) -> Floats:
            trips = self._segments[kinds[kind].segment].trips
            away = trips.length / (trips.length + trips.every)
            return np.array([away, DAY / trips.every, DAY / trips.length])

        away, starts, ends = self._by_type(types, of_trips).T
        trips_law = away[:, None] * shares / shares.sum(axis=1, keepdims=True)
        return Moving(np.concatenate([1.0 - away[:, None], trips_law], axis=1), starts, ends)

    def _epochs(self, batch: Batch) -> Iterator[tuple[int, AccountChains, FreshPart, Floats | None]]:
        """The counted epochs in order: number, chains, fresh part, and who is cleared at the start."""
        bodies = range(len(batch.bodies))
        chains = AccountChains([self._moving(batch.types[:, b]) for b in bodies])
        cleared: Floats | None = None
        row = 0
        for e, epoch in enumerate(self.law.epochs):
            length = epoch.length_us / DAY
            if row == len(self.epochs):
                return
            if e != self.epochs[row]:
                cleared = None if cleared is None else chains.still(cleared, length)
                continue
            leaves = [batch.rates[:, b, None, None] * self._leaves(batch, b, row) for b in bodies]
            part = chains.fresh(leaves, cleared)
            yield row, chains, part, cleared
            row += 1
            if row < len(self.epochs):
                cleared = chains.cleared_after(part, cleared, length)

    def _leaves(self, batch: Batch, body: int, row: int) -> Floats:
        """The probability that a need puts a fresh account into each target: [case, place, target]."""
        lasts = self.gate[self.epochs[row]].durations_us > 0
        succeeds = np.where(batch.passing[:, row], 1.0 - batch.gives_up, 0.0)[:, None]
        taken = self._fresh_actions(batch.types[:, body], row)
        into = {
            ALLOWED: taken[..., ALLOW],
            BLOCKED: taken[..., BLOCK],
            CLEARED: taken[..., CHECK] * succeeds,
            CHECK_FAILED: taken[..., CHECK] * (1.0 - succeeds),
        }
        nowhere = np.zeros(taken.shape[:2])
        return np.stack([into[state] if lasts[state] else nowhere for state in TARGETS], axis=2)

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
        everybody = makers(self.scenario)
        numbers = {(maker.owner, maker.body): k for k, maker in enumerate(everybody)}
        count = number_of_days(self.scenario) if daily else 1
        counts = np.zeros((len(everybody), len(self.scenario.models), count, 2, len(ENDS)))
        asked = np.zeros(len(self._segments))
        presented = np.zeros((len(self._segments), len(self.scenario.documents)))
        cuts = [self._cuts(e, daily) for e in self.epochs]
        laws = {owner: self.owner_law(owner) for owner in np.flatnonzero(accounts > 0).tolist()}
        for owner, occupancy in self._occupancies(laws, accounts, [edges for edges, _ in cuts]).items():
            for (passing, body, place), made in occupancy.items():
                number = numbers[owner, body]
                for row, (_, first) in enumerate(cuts):
                    part = counts[number, :, first : first + made[row].shape[1]]
                    check = laws[owner].checks[passing][row]
                    opened = self._count(part, place, everybody[number].segment, row, made[row], check)
                    asked[owner] += opened
                    presented[owner] += opened * check.presented
        return with_fallback(self.scenario, counts), asked, presented

    def _cuts(self, epoch: int, daily: bool) -> tuple[Floats, int]:
        """Between which instants of an epoch to count (days since its start), and the day of its start."""
        start, end = self.law.epochs[epoch].start_us, self.law.epochs[epoch].end_us
        if not daily:
            return np.array([0.0, (end - start) / DAY]), 0
        before = midnight_us(self.scenario)
        first = (start + before) // DAY
        midnights = np.arange(first + 1, -(-(end + before) // DAY)) * DAY - before
        return (np.concatenate([[start], midnights, [end]]) - start) / DAY, first

    def _count(
        self, counts: Floats, place: int, segment: int, row: int, needs: Floats, check: CheckLaw
    ) -> float:
        """Add needs from a place, [state, day], to [model, day, restricted, end]; returns requests."""
        found = self.places.known[place]
        is_shutdown = self.gate[self.epochs[row]].is_shutdown
        opened = 0.0
        for m in np.flatnonzero(self._mix[segment]).tolist():
            if not self.law.epochs[self.epochs[row]].measured[m]:
                continue
            part = counts[m, :, int(found.restricted[row, m])]
            by_action = self._mix[segment, m] * np.einsum("sd,sa->sad", needs, found.actions[row, :, m])
            part[:, END_SERVED] += by_action[:, ALLOW].sum(axis=0) + by_action[:, OPEN].sum(axis=0)
            for state in (FRESH, *TARGETS):
                reason = STANDING_BLOCK if state in (BLOCKED, CHECK_FAILED) else RULE
                part[:, END_REFUSED[SHUTDOWN if is_shutdown else reason]] += by_action[state, BLOCK]
            asked = by_action[FRESH, CHECK]
            part += asked[:, None] * check.ends
            opened += float(asked.sum())
        return opened
