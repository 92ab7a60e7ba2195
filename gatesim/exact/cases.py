"""Cases: accounts of one class, of one level of activity, whose checks come to the same, as rows of a few arrays.

Cases of all owner segments whose bodies have equally many places stand together: a few large arrays take far less time
than many small ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.answers import asked_in
from gatesim.exact.classes import AccountClass, Classes
from gatesim.exact.drawn import alike
from gatesim.exact.expected import counted_epochs
from gatesim.exact.owner_laws import OwnerLaws, owner_laws
from gatesim.gates.tables import Tables
from gatesim.law.law import Law
from gatesim.scenario.schema import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ABSENT = -1
"""In place of the number of a body: the account has fewer bodies than others in the batch."""


@dataclass(frozen=True)
class Batch:
    """Cases whose bodies have equally many places.

    Attributes
    ----------
    movers
        How many bodies have more than one place; they come first. The others stay at their only one.
    owner
        int64[case]: number of the owner's segment.
    combination
        int64[case]: what the owner's checks come to (see `OwnerLaws`).
    bodies, types
        int64[case, body]: numbers of the bodies, or `ABSENT`, and of their types.
    of_class
        int64[case]: number of its class, among all classes of all owners asked about.
    within
        float64[case, 2]: the probabilities of the level of activity and of the combination, given the class.
    weight
        float64[case]: the probability of the case within the owner's segment.
    rates
        float64[case, body]: needs a day; none of a body that is absent.
    passing
        bool[case, counted epoch]: whether the owner passes checks.
    gives_up
        float64[case]: the probability of giving up at a request.
    desk
        float64[case, counted epoch]: expected cases at the desk for a request.
    """

    movers: int
    owner: Ints
    combination: Ints
    bodies: Ints
    types: Ints
    of_class: Ints
    within: Floats
    weight: Floats
    rates: Floats
    passing: NDArray[np.bool_]
    gives_up: Floats
    desk: Floats

    def __len__(self) -> int:
        return len(self.weight)

    def part(self, rows: slice | NDArray[np.bool_]) -> Batch:
        """Some of the cases."""
        arrays = {name: value[rows] for name, value in vars(self).items() if name != "movers"}
        return Batch(self.movers, **arrays)


def weighed(classes: Floats, within: Floats) -> Floats:
    """The probabilities of cases: those of their classes by those within the class."""
    found: Floats = classes * within[:, 0] * within[:, 1]
    return found


class Cases:
    """All cases under one gate.

    Parameters
    ----------
    scenario, law, gate
        The scenario, its law, and the gate's tables for each epoch.
    classes
        The classes of accounts.
    share_alike
        Take owners whose accounts look the same to the gate to have the same classes, where who is restricted does
        not matter.
    """

    def __init__(
        self, scenario: Scenario, law: Law, gate: Sequence[Tables], classes: Classes, *, share_alike: bool
    ) -> None:
        self.scenario, self.classes = scenario, classes
        self.epochs = counted_epochs(law)
        self._law, self._gate = law, gate
        self._segments = list(scenario.segments.values())
        self._like = alike(scenario) if share_alike else tuple(range(len(self._segments)))
        self._of_owner: dict[int, list[tuple[AccountClass, float]]] = {}

    @cached_property
    def laws(self) -> OwnerLaws:
        """How checks come out."""
        epochs, gate = [self._law.epochs[e] for e in self.epochs], [self._gate[e] for e in self.epochs]
        return owner_laws(self.scenario, asked_in(epochs, gate))

    def batches(self, owners: Iterable[int]) -> list[Batch]:
        """All cases of some owner segments; those that make no needs are left out."""
        same: defaultdict[tuple[int, ...], list[tuple[int, int, AccountClass, float]]] = defaultdict(list)
        number = count()
        for owner in owners:
            like = self._like[owner]
            if like not in self._of_owner:
                self._of_owner[like] = self.classes.of_owner(like)
            for account, weight in self._of_owner[like]:
                same[account.shape].append((next(number), owner, account, weight))
        found = [self._batch(len(shape), members) for shape, members in same.items()]
        return [batch for batch in found if len(batch)]

    def _batch(self, movers: int, members: Sequence[tuple[int, int, AccountClass, float]]) -> Batch:
        """The cases of some classes of accounts: for each level of activity and combination of passing one."""
        most = max(len(account.bodies) for _, _, account, _ in members)
        owner_of = np.array([owner for _, owner, _, _ in members])
        bodies = np.full((len(members), most), ABSENT)
        stays = [account.types[-1] for _, _, account, _ in members if len(account.types) > movers]
        types = np.full((len(members), most), stays[0] if stays else 0)
        shares = np.zeros((len(members), most))
        known: dict[tuple[int, tuple[int, ...]], list[float]] = {}
        for k, (_, owner, account, _) in enumerate(members):
            present = len(account.bodies)
            if (owner, account.bodies) not in known:
                known[owner, account.bodies] = self._shares(owner, account.bodies)
            bodies[k, :present], types[k, :present] = account.bodies, account.types
            shares[k, :present] = known[owner, account.bodies]
        laws, (times, parts) = self.laws, self._activity
        levels, combinations = times.shape[1], laws.weight.shape[1]
        which, level, combination = (
            index.ravel() for index in np.indices((len(members), levels, combinations))
        )
        owner = owner_of[which]
        within = np.stack([parts[owner, level], laws.weight[owner, combination]], axis=1)
        weight = weighed(np.array([weight for *_, weight in members])[which], within)
        rates = times[owner, level][:, None] * shares[which]
        occurs = (weight > 0) & (rates > 0).any(axis=1)
        which, owner, combination = which[occurs], owner[occurs], combination[occurs]
        gives_up = np.array([segment.gives_up for segment in self._segments])
        return Batch(
            movers,
            owner,
            combination,
            bodies[which],
            types[which],
            np.array([number for number, *_ in members])[which],
            within[occurs],
            weight[occurs],
            rates[occurs],
            laws.passing[owner, combination],
            gives_up[owner],
            laws.desk[owner, combination],
        )

    def _shares(self, owner: int, bodies: Sequence[int]) -> list[float]:
        """Shares of an account's needs that its bodies make."""
        entries = list(self._segments[owner].co_users.values())
        others = {number: entries[number - 1].share for number in bodies if number > 0}
        return [others[number] if number > 0 else 1.0 - sum(others.values()) for number in bodies]

    def weights(self, owner: int) -> tuple[Floats, tuple[int, bytes]]:
        """The probabilities of the classes of an owner segment, and what their bodies' places follow from."""
        plan, known = self.classes.planned(owner)
        # A plan lives as long as the places that it is about.
        return plan.weights(known), (id(plan), known.chances[plan.of_trips].tobytes())

    def numbers(self) -> tuple[Hashable, ...]:
        """All that cases follow from besides their classes and the gate."""
        laws = (self.laws.passing, self.laws.weight, self.laws.desk)
        return (
            tuple(tuple(entry.share for entry in segment.co_users.values()) for segment in self._segments),
            tuple(segment.gives_up for segment in self._segments),
            *(each.tobytes() for each in (*laws, *self._activity)),
        )

    @cached_property
    def _activity(self) -> tuple[Floats, Floats]:
        """Needs a day, and share of accounts, by segment and level of activity; levels that it lacks have no share."""
        most = max(len(segment.activity.shares) for segment in self._segments)
        rates, shares = np.zeros((len(self._segments), most)), np.zeros((len(self._segments), most))
        for k, segment in enumerate(self._segments):
            levels = len(segment.activity.shares)
            rates[k, :levels] = segment.needs_per_day * np.array(segment.activity.multipliers)
            shares[k, :levels] = segment.activity.shares
        return rates, shares
