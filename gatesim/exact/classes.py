"""Classes of accounts: all that is drawn once for an account, as far as a gate can tell the difference.

An account's card, declared region, sticking noise and shared causes, and its bodies' VPN and noise at home
(see `gatesim.exact.drawn`) decide which *places* (see `gatesim.exact.places`) its bodies can be in. Accounts
whose bodies have the same places are one class; their probabilities add up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gatesim.exact.drawn import Drawn, drawn
from gatesim.exact.places import Places
from gatesim.exact.plan_of_classes import Plan, Planner
from gatesim.scenario.schema import Scenario


class BodyType(NamedTuple):
    """The places of a body.

    Attributes
    ----------
    segment
        Number of the body's segment.
    places
        Numbers of places: home, then the kinds of trips.
    shares
        Share of trips of each kind.
    """

    segment: int
    places: tuple[int, ...]
    shares: tuple[float, ...]


class AccountClass(NamedTuple):
    """Accounts of an owner segment that cannot be told apart.

    Attributes
    ----------
    bodies
        Numbers of the bodies present, those with most places first.
    types
        For each of them the number of its type (see `Classes.types`).
    shape
        For each of those with several places how many.
    """

    bodies: tuple[int, ...]
    types: tuple[int, ...]
    shape: tuple[int, ...]


class Classes:
    """The classes of accounts of a scenario under one gate.

    Attributes
    ----------
    types
        All types of bodies met so far.
    """

    def __init__(self, scenario: Scenario, places: Places) -> None:
        self.scenario, self.places = scenario, places
        self.types: list[BodyType] = []
        self._names = list(scenario.segments)

    def planned(self, owner: int) -> tuple[Plan, Drawn]:
        """Which classes of accounts of an owner segment there can be, and what is drawn once for these.

        Raises
        ------
        CannotDo
            If there are more than `MAX_CLASSES`.
        """
        known = drawn(self.scenario, owner)
        plan = self.places.plans.get(known.outline)
        if plan is None:
            laws = [self.places.laws_by_reading(known.channel, known.band, law) for law in known.sessions]
            plan = Planner(self.places, known, np.concatenate(laws), self._names[owner]).plan()
            self.places.plans[known.outline] = plan
        return plan, known

    def of_owner(self, owner: int) -> list[tuple[AccountClass, float]]:
        """The classes of accounts of an owner segment and their probabilities, which add up to 1.

        Raises
        ------
        CannotDo
            If there are more than `MAX_CLASSES`.
        """
        plan, known = self.planned(owner)
        chances = known.chances
        first = len(self.types)
        for kind in plan.types:
            shares = tuple([float(sum(chances[k] for k in trips)) for trips in kind.trips])
            self.types.append(BodyType(kind.segment, kind.places, shares))
        return [
            (AccountClass(bodies, tuple([first + kind for kind in kinds]), shape), weight)
            for (bodies, kinds, shape), weight in zip(plan.classes, plan.weights(known).tolist(), strict=True)
        ]
