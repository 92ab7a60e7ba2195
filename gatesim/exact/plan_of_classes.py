"""Which classes of accounts there can be, before any probability: worked out once for a gate.

As a number of the world moves, such as the accuracy of a signal, the same can happen as before, with other
probabilities. So what can happen is noted here, with the sums of products that its probability is;
`gatesim.exact.classes` fills in the numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, product

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.different import different
from gatesim.exact.drawn import Body, Chances, Drawn, Readings
from gatesim.exact.expected import CannotDo
from gatesim.exact.places import Places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_CLASSES = 200_000
"""The most classes of accounts of one segment that are told apart."""


@dataclass(frozen=True)
class PlannedType:
    """A type of body, but for the shares of its trips.

    Attributes
    ----------
    segment, places
        See `gatesim.exact.classes.BodyType`.
    trips
        For each place but home the numbers of the chances that add up to its share of trips.
    """

    segment: int
    places: tuple[int, ...]
    trips: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Plan:
    """The classes of accounts of an owner segment.

    Attributes
    ----------
    accounts
        How many groups of outcomes of the account's noise a gate tells apart.
    groups
        For each part int64[outcome of the account's noise]: outcomes that a gate treats alike have one number, and no
        other part has it.
    types
        The types of bodies.
    classes
        For each class numbers of the bodies present and of their types, those with most places first; and how many
        places those have that have several.
    term, vpn, home
        int64[...]: a case of a body is of a type with the probability, summed up, of chances ``vpn`` x ``home``.
    of_class, group, scene, terms
        int64[...] and int64[..., body]: a class has the probability, summed up, of a group x a scene x the terms of
        the bodies; the last term is a one.
    """

    accounts: int
    groups: tuple[Ints, ...]
    types: tuple[PlannedType, ...]
    classes: tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...]
    term: Ints
    vpn: Ints
    home: Ints
    of_class: Ints
    group: Ints
    scene: Ints
    terms: Ints

    @cached_property
    def of_trips(self) -> Ints:
        """Numbers of the chances that shares of trips are made of."""
        return np.array([k for kind in self.types for trips in kind.trips for k in trips], dtype=np.int64)

    def weights(self, known: Drawn) -> Floats:
        """The probabilities of the classes, which add up to 1."""
        chances = known.chances
        facts = np.array(known.facts)
        account: Floats = np.zeros(self.accounts)
        for part, group in zip(known.parts, self.groups, strict=True):
            account = account + np.bincount(group, part.weight * facts[part.facts_number], self.accounts)
        terms = np.bincount(self.term, chances[self.vpn] * chances[self.home]).astype(np.float64)
        each = account[self.group] * chances[self.scene] * np.append(terms, 1.0)[self.terms].prod(axis=1)
        return np.bincount(self.of_class, each, len(self.classes)).astype(np.float64)


@dataclass(frozen=True)
class _Numbers:
    """Where the chances of a part begin: of each body's VPN and trips, each case at home, the scenes."""

    vpn: list[int]
    trips: list[int]
    at_home: list[int]
    scenes: int


def _numbered(known: Drawn) -> Iterator[_Numbers]:
    """Numbers of the chances of each part; see `gatesim.exact.drawn.Drawn.chances`."""
    at = 0
    for part in known.parts:
        vpn, trips, homes = [], [], []
        for body in part.bodies:
            vpn.append(at)
            at += 1 + sum(len(readings) for _, readings in body.exits)
            trips.append(at)
            at += sum(len(trip.readings) for trip in body.trips)
        for _, readings in part.at_home:
            homes.append(at)
            at += len(readings)
        yield _Numbers(vpn, trips, homes, at)
        at += len(part.scenes)


class Planner:
    """Finds the classes of accounts of an owner segment under a gate.

    Parameters
    ----------
    places
        The places under the gate.
    known, laws
        What is drawn once, and by column the law of a session.
    name
        Of the segment, for messages.
    """

    def __init__(self, places: Places, known: Drawn, laws: Ints, name: str) -> None:
        self._places, self._known, self._laws, self._name = places, known, laws, name
        self._types: dict[PlannedType, int] = {}
        self._terms: list[tuple[int, int, int]] = []
        self._next = count()

    def plan(self) -> Plan:
        """The classes, in an order that does not depend on how readings are numbered.

        Raises
        ------
        CannotDo
            If there are more than `MAX_CLASSES`.
        """
        found: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        entries: list[tuple[int, int, int, tuple[int, ...]]] = []
        groups, accounts = self._accounts()
        for number, row, part, numbers in accounts:
            cases: dict[int, list[tuple[int, int]]] = {}
            for s, scene in enumerate(part.scenes):
                for case in scene.at_home:
                    if case not in cases:
                        cases[case] = self._case(part, numbers, case, row)
                for chosen in product(*(cases[case] for case in scene.at_home)):
                    key = (scene.bodies, tuple([kind for kind, _ in chosen]))
                    of_class = found.setdefault(key, len(found))
                    entries.append(
                        (of_class, number, numbers.scenes + s, tuple([term for _, term in chosen]))
                    )
                if len(found) > MAX_CLASSES:
                    raise CannotDo(
                        f"segments.{self._name}: more than {MAX_CLASSES} classes of accounts; "
                        "use fewer co-users, signals or VPN exits, or another engine"
                    )
        most = max(len(terms) for *_, terms in entries)
        one = next(self._next)
        types = tuple(self._types)
        term, vpn, home = np.array(self._terms).T
        of_class, group, scene = np.array([entry[:3] for entry in entries]).T
        return Plan(
            len(accounts),
            groups,
            types,
            tuple(_ordered(bodies, kinds, types) for bodies, kinds in found),
            term,
            vpn,
            home,
            of_class,
            group,
            scene,
            np.array([(*terms, *[one] * (most - len(terms))) for *_, terms in entries]),
        )

    def _accounts(
        self,
    ) -> tuple[tuple[Ints, ...], list[tuple[int, tuple[int, ...], Readings, _Numbers]]]:
        """What is drawn once for the account, as far as it makes a difference.

        Returns
        -------
        tuple
            The groups of `Plan`; and of each its number, the law of a session by column, and the readings that it is
            about with the numbers of their chances.
        """
        groups, found, total = [], [], 0
        for part, numbers in zip(self._known.parts, _numbered(self._known), strict=True):
            rows = self._laws[part.rows]
            begin, which = different(rows)
            group = which[part.row]
            first = np.full(len(begin), len(self._known.facts))
            np.minimum.at(first, group, part.facts_number)
            for k, row in enumerate(rows[begin].tolist()):
                found.append((int(first[k]), tuple(row), total + k, part, numbers))
            groups.append(group + total)
            total += len(begin)
        found.sort(key=lambda entry: entry[:2])
        return tuple(groups), [(number, row, part, numbers) for _, row, number, part, numbers in found]

    def _case(
        self, part: Readings, numbers: _Numbers, case: int, laws: tuple[int, ...]
    ) -> list[tuple[int, int]]:
        """Types that a body can be of, and terms of their probabilities, given what is drawn for the account."""
        of_body, at_home = part.at_home[case]
        body = part.bodies[of_body]
        homes = _collected(at_home, laws, numbers.at_home[case])
        terms: dict[int, int] = {}
        for through_vpn, vpns in self._vpns(body, laws, numbers.vpn[of_body]).items():
            trips = self._trips(body, laws, numbers.trips[of_body], through_vpn)
            for (direct,), readings in homes.items():
                home = self._place(body, body.home, direct, through_vpn)
                # One place where all its places are alike.
                order = [] if set(trips) <= {home} else sorted(trips)
                kind = PlannedType(body.segment, (home, *order), tuple(tuple(trips[k]) for k in order))
                number = self._types.setdefault(kind, len(self._types))
                if number not in terms:
                    terms[number] = next(self._next)
                self._terms += [(terms[number], vpn, reading) for vpn in vpns for reading in readings]
        return list(terms.items())

    def _vpns(self, body: Body, laws: tuple[int, ...], at: int) -> dict[tuple[int, ...], list[int]]:
        """For each region where the body can be the law of a session through the VPN; empty: no VPN."""
        found: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        if body.users < 1:
            found[()].append(at)
        at += 1
        for _, readings in body.exits:
            for law, chances in _collected(readings, laws, at).items():
                found[law] += chances
            at += len(readings)
        return found

    def _trips(
        self, body: Body, laws: tuple[int, ...], at: int, through_vpn: tuple[int, ...]
    ) -> dict[int, list[int]]:
        """By place the chances of trips to there."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for trip in body.trips:
            for (direct,), chances in _collected(trip.readings, laws, at).items():
                found[self._place(body, trip.region, direct, through_vpn)] += chances
            at += len(trip.readings)
        return found

    def _place(self, body: Body, region: int, direct: int, through_vpn: tuple[int, ...]) -> int:
        vpn = through_vpn[body.regions.index(region)] if through_vpn else None
        return self._places.place(body.segment, self._known.channel, region, direct, vpn, body.on)


def _ordered(
    bodies: tuple[int, ...], kinds: tuple[int, ...], types: Sequence[PlannedType]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """See `Plan.classes`."""
    counts = [len(types[kind].places) for kind in kinds]
    order = sorted(range(len(kinds)), key=lambda k: -counts[k])
    shape = tuple(counts[k] for k in order if counts[k] > 1)
    return tuple(bodies[k] for k in order), tuple(kinds[k] for k in order), shape


def _collected(chances: Chances, laws: Sequence[int], at: int) -> dict[tuple[int, ...], list[int]]:
    """By combination of session laws the numbers of the chances of the readings that lead to it."""
    found: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, (columns, _) in enumerate(chances, at):
        found[tuple([laws[column] for column in columns])].append(number)
    return found
