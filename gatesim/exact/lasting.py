"""Policies whose states last: sums over classes of accounts of the times spent in each state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

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
from gatesim.exact.classes import AccountClass, BodyType, Classes
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

Occupancy = dict[tuple[tuple[bool, ...], int, int], list[Floats]]
"""By what the owner's checks come to in each counted epoch (passes or not), body and number of the place:
for each counted epoch needs by [state, interval], for one account."""


BATCH = 2**20
"""Numbers in the largest array of the cases that are worked out together."""


@dataclass(frozen=True)
class _Case:
    """Accounts of one class, of one level of activity, whose checks come to the same.

    Attributes
    ----------
    account, weight
        The class, and the probability of the case within the owner segment.
    rates
        Needs a day of each body that is present.
    passing
        Whether the owner passes checks, in each counted epoch.
    gives_up
        The probability of giving up at a request.
    """

    account: AccountClass
    weight: float
    rates: tuple[float, ...]
    passing: tuple[bool, ...]
    gives_up: float


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


class Lasting:
    """One gate on one world, by classes of accounts.

    Parameters
    ----------
    scenario, law, gate
        The world, its law, and the gate's tables for each epoch; `refuse_other_durations` has been asked.
    """

    def __init__(self, scenario: Scenario, law: Law, gate: Sequence[Tables]) -> None:
        self.scenario, self.law, self.gate = scenario, law, gate
        self.places = Places(scenario, law, gate)
        self.epochs = self.places.epochs
        self._classes = Classes(self.places)
        self._segments = list(scenario.segments.values())
        self._names = list(scenario.segments)
        self._mix = np.array([[s.models.get(m, 0.0) for m in scenario.models] for s in self._segments])
        self._left: dict[tuple[BodyType, int, float], Floats] = {}
        self._taken: dict[tuple[int, int], Floats] = {}

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
        found: Occupancy = {}
        intervals = max(len(e) - 1 for e in edges)
        for batch in self._batches(owner, law, intervals):
            for row, chains, part, cleared in self._epochs(batch):
                by_body = chains.times(part, cleared, edges[row])
                for b, body in enumerate(batch[0].account.bodies):
                    scale = np.array([case.weight * case.rates[b] for case in batch])
                    needs = np.moveaxis(by_body[b] * scale[:, None, None, None], 2, 1)
                    numbers = np.array([case.account.types[b].places for case in batch])
                    for place in np.unique(numbers).tolist():
                        key = (batch[0].passing, body, place)
                        if key not in found:
                            found[key] = [np.zeros((len(STATES), len(e) - 1)) for e in edges]
                        found[key][row] += needs[numbers == place].sum(axis=0)
        return found

    def requests(
        self, owner: int, law: OwnerLaw, edges: Sequence[Floats]
    ) -> dict[tuple[bool, ...], list[Floats]]:
        """Expected requests for a document to one account, by whether its owner passes, and interval of time.

        Quicker than `occupancy`, for thousands of intervals. Parameters as there.
        """
        found = {passing: [np.zeros(len(e) - 1) for e in edges] for passing in law.passing}
        for batch in self._batches(owner, law, 1):
            for row, chains, part, _ in self._epochs(batch):
                weights = np.zeros(part.values.shape)
                for b in range(len(batch[0].rates)):
                    checked = np.array(
                        [
                            case.weight * case.rates[b] * self._checked(case.account.types[b], row)
                            for case in batch
                        ]
                    )
                    weights += np.einsum("zx,zxi->zi", checked, chains.fresh_modes(part, b))
                for length, members in equal_steps(edges[row]):
                    rise = weights * integral(part.values, length)
                    sums = sums_of_exponentials(part.values.ravel(), rise.ravel(), edges[row][members])
                    found[batch[0].passing][row][members] += sums
        return found

    def _checked(self, body: BodyType, row: int) -> Floats:
        """Probabilities that a need of a fresh account from each place opens a check."""
        return np.array([self.taken(place, body.segment)[row, FRESH, CHECK] for place in body.places])

    def _batches(self, owner: int, law: OwnerLaw, intervals: int) -> Iterator[list[_Case]]:
        """All cases of an owner segment; together those with equally many places that pass alike."""
        segment = self._segments[owner]
        alike: defaultdict[tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...]], list[_Case]] = (
            defaultdict(list)
        )
        for account, weight in self._classes.of_owner(owner).items():
            places = tuple(len(t.places) for t in account.types)
            for multiplier, share in zip(segment.activity.multipliers, segment.activity.shares, strict=True):
                rates = self._rates(segment, account, segment.needs_per_day * multiplier)
                for passing, part in law.passing.items():
                    if rates[0] * weight * share * part > 0:
                        case = _Case(account, weight * share * part, rates, passing, segment.gives_up)
                        alike[account.bodies, places, passing].append(case)
        for (_, places, _), cases in alike.items():
            size = max(1, BATCH // (prod(places) * max(prod(places), intervals)))
            for start in range(0, len(cases), size):
                yield cases[start : start + size]

    def _rates(self, segment: Segment, account: AccountClass, rate: float) -> tuple[float, ...]:
        """Needs a day of each body that is present."""
        entries = list(segment.co_users.values())
        others = [entries[number - 1].share for number in account.bodies[1:]]
        return (rate * (1.0 - sum(others)), *(rate * share for share in others))

    def _moving(self, types: Sequence[BodyType]) -> Moving:
        """How a body moves among its places, for each account of a batch."""
        trips = self._segments[types[0].segment].trips
        if len(types[0].places) == 1:
            return Moving(np.ones((len(types), 1)), 0.0, 0.0)
        shares = np.array([one.shares for one in types])
        away = trips.length / (trips.length + trips.every)
        trips_law = away * shares / shares.sum(axis=1, keepdims=True)
        stationary = np.concatenate([np.full((len(types), 1), 1.0 - away), trips_law], axis=1)
        return Moving(stationary, DAY / trips.every, DAY / trips.length)

    def _epochs(
        self, batch: Sequence[_Case]
    ) -> Iterator[tuple[int, AccountChains, FreshPart, Floats | None]]:
        """The counted epochs in order: number, chains, fresh part, and who is cleared at the start."""
        bodies = range(len(batch[0].rates))
        chains = AccountChains([self._moving([case.account.types[b] for case in batch]) for b in bodies])
        cleared: Floats | None = None
        row = 0
        for e, epoch in enumerate(self.law.epochs):
            length = epoch.length_us / DAY
            if row == len(self.epochs):
                return
            if e != self.epochs[row]:
                cleared = None if cleared is None else chains.still(cleared, length)
                continue
            leaves = [
                np.array([case.rates[b] * self._leaves(case, b, row) for case in batch]) for b in bodies
            ]
            part = chains.fresh(leaves, cleared)
            yield row, chains, part, cleared
            row += 1
            if row < len(self.epochs):
                cleared = chains.cleared_after(part, cleared, length)

    def _leaves(self, case: _Case, body: int, row: int) -> Floats:
        """The probability that a need puts a fresh account into each target: [place, target]."""
        kind = case.account.types[body]
        succeeds = (1.0 - case.gives_up) if case.passing[row] else 0.0
        key = (kind, row, succeeds)
        if key not in self._left:
            lasts = self.gate[self.epochs[row]].durations_us > 0
            found = np.zeros((len(kind.places), len(TARGETS)))
            for x, place in enumerate(kind.places):
                taken = self.taken(place, kind.segment)[row, FRESH]
                into = {
                    ALLOWED: taken[ALLOW],
                    BLOCKED: taken[BLOCK],
                    CLEARED: taken[CHECK] * succeeds,
                    CHECK_FAILED: taken[CHECK] * (1.0 - succeeds),
                }
                found[x] = [into[state] if lasts[state] else 0.0 for state in TARGETS]
            self._left[key] = found
        return self._left[key]

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
        for owner in np.flatnonzero(accounts > 0).tolist():
            law = self.owner_law(owner)
            for (passing, body, place), needs in self.occupancy(
                owner, law, [edges for edges, _ in cuts]
            ).items():
                number = numbers[owner, body]
                for row, (_, first) in enumerate(cuts):
                    part = counts[number, :, first : first + needs[row].shape[1]]
                    check = law.checks[passing][row]
                    made = accounts[owner] * needs[row]
                    opened = self._count(part, place, everybody[number].segment, row, made, check)
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
            if not self.law.epochs[self.epochs[row]].named[m]:
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
