"""Classes of accounts: all that is drawn once for an account, as far as a gate can tell the difference.

An account's card, declared region, sticking noise and shared causes, and its bodies' VPN and noise at home
(see `gatesim.exact.drawn`) decide which *places* (see `gatesim.exact.places`) its bodies can be in. Accounts
whose bodies have the same places are one class; their probabilities add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from gatesim.exact.different import different
from gatesim.exact.drawn import Body, Chances, Drawn, Readings, drawn
from gatesim.exact.expected import CannotDo
from gatesim.exact.places import Places

MAX_CLASSES = 200_000
"""The most classes of accounts of one segment that are told apart."""


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
        Numbers of the bodies present.
    types
        For each of them the number of its type (see `Classes.types`).
    """

    bodies: tuple[int, ...]
    types: tuple[int, ...]


class Classes:
    """The classes of accounts of a scenario under one gate.

    Attributes
    ----------
    types
        All types of bodies met so far.
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        self.types: list[BodyType] = []
        self._numbers: dict[BodyType, int] = {}
        self._names = list(places.scenario.segments)

    def of_owner(self, owner: int) -> dict[AccountClass, float]:
        """The classes of accounts of an owner segment and their probabilities, which add up to 1.

        Raises
        ------
        CannotDo
            If there are more than `MAX_CLASSES`.
        """
        found: defaultdict[AccountClass, float] = defaultdict(float)
        known = drawn(self.places.scenario, owner)
        for part, laws, weight in self._accounts(known):
            types: dict[int, list[tuple[int, float]]] = {}
            for scene in part.scenes:
                for case in scene.at_home:
                    if case not in types:
                        body, at_home = part.at_home[case]
                        types[case] = self._types(part.bodies[body], at_home, known.channel, laws)
                for chosen in product(*(types[case] for case in scene.at_home)):
                    r = prod(w for _, w in chosen)
                    key = AccountClass(scene.bodies, tuple(t for t, _ in chosen))
                    found[key] += weight * scene.present * scene.causes * r
                if len(found) > MAX_CLASSES:
                    raise CannotDo(
                        f"segments.{self._names[owner]}: more than {MAX_CLASSES} classes of accounts; "
                        "use fewer co-users, signals or VPN exits, or another engine"
                    )
        return dict(found)

    def _accounts(self, known: Drawn) -> Iterator[tuple[Readings, tuple[int, ...], float]]:
        """What is drawn once for the account, as far as it makes a difference.

        Yields
        ------
        tuple
            The readings that it is about, by column the law of a session, and the probability.
        """
        by_reading = [self.places.laws_by_reading(known.channel, known.band, law) for law in known.sessions]
        laws = np.concatenate(by_reading)
        found: list[tuple[int, tuple[int, ...], Readings, float]] = []
        for part in known.parts:
            rows = laws[part.rows]
            begin, which = different(rows)
            group = which[part.row]
            shape = (len(known.facts), len(begin))
            flat = np.bincount(part.facts_number * shape[1] + group, part.weight, shape[0] * shape[1])
            total = np.array(known.facts) @ flat.reshape(shape)
            first = np.full(shape[1], shape[0])
            np.minimum.at(first, group, part.facts_number)
            names = [tuple(row) for row in rows[begin].tolist()]
            found += zip(first.tolist(), names, [part] * len(names), total.tolist(), strict=True)
        # An order that does not depend on how readings are numbered.
        for _, row, part, weight in sorted(found, key=lambda entry: entry[:2]):
            yield part, row, weight

    def _types(
        self, body: Body, at_home: Chances, channel: int, laws: tuple[int, ...]
    ) -> list[tuple[int, float]]:
        """Numbers of the types of a body and their probabilities, given what is drawn for the account."""
        homes = _collect(at_home, laws)
        found: defaultdict[int, float] = defaultdict(float)
        for through_vpn, p in self._vpns(body, laws).items():
            trips = self._trips(body, channel, laws, through_vpn)
            for (direct,), q in homes.items():
                home = self._place(body, channel, body.home, direct, through_vpn)
                kind = _body_type(body, home, trips)
                number = self._numbers.setdefault(kind, len(self.types))
                if number == len(self.types):
                    self.types.append(kind)
                found[number] += p * q
        return list(found.items())

    def _vpns(self, body: Body, laws: tuple[int, ...]) -> dict[tuple[int, ...], float]:
        """For each region where the body can be the law of a session through the VPN; empty: no VPN."""
        found: defaultdict[tuple[int, ...], float] = defaultdict(float)
        if body.users < 1:
            found[()] += 1.0 - body.users
        for share, readings in body.exits:
            for law, weight in _collect(readings, laws).items():
                found[law] += body.users * share * weight
        return found

    def _trips(
        self, body: Body, channel: int, laws: tuple[int, ...], through_vpn: tuple[int, ...]
    ) -> dict[int, float]:
        """Share of trips to each place."""
        found: defaultdict[int, float] = defaultdict(float)
        for trip in body.trips:
            for (direct,), weight in _collect(trip.readings, laws).items():
                found[self._place(body, channel, trip.region, direct, through_vpn)] += trip.share * weight
        return found

    def _place(self, body: Body, channel: int, region: int, direct: int, through_vpn: tuple[int, ...]) -> int:
        vpn = through_vpn[body.regions.index(region)] if through_vpn else None
        return self.places.place(body.segment, channel, region, direct, vpn, body.on)


def _collect(chances: Chances, laws: tuple[int, ...]) -> dict[tuple[int, ...], float]:
    """Probabilities of the combinations of session laws that readings lead to."""
    found: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for columns, weight in chances:
        found[tuple([laws[column] for column in columns])] += weight
    return found


def _body_type(body: Body, home: int, trips: Mapping[int, float]) -> BodyType:
    """The type of a body; one place where all its places are alike."""
    order = [] if set(trips) <= {home} else sorted(trips)
    return BodyType(body.segment, (home, *order), tuple(trips[k] for k in order))
