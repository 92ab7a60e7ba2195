"""Classes of accounts: all that is drawn once for an account, as far as a gate can tell the difference.

An account's card, declared region, sticking noise and shared causes, and its bodies' VPN and noise at home
decide which *places* (see `gatesim.exact.places`) its bodies can be in. Accounts whose bodies have the same
places are one class; their probabilities add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from gatesim.exact.expected import CannotDo
from gatesim.exact.places import Places
from gatesim.exact.sticky import NO_EXIT, Context, Group, OwnerFacts, StickyLaw
from gatesim.scenario.people import CHANNELS, Segment
from gatesim.scenario.signals import NO_ORGANISATION
from gatesim.world.space import age_band, value_space

MAX_CLASSES = 200_000
"""The most classes of accounts of one segment that are told apart."""


@dataclass(frozen=True)
class BodyType:
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


@dataclass(frozen=True)
class AccountClass:
    """Accounts of an owner segment that cannot be told apart: the bodies present, and their types."""

    bodies: tuple[int, ...]
    types: tuple[BodyType, ...]


@dataclass(frozen=True)
class _Body:
    """A body that an account may have."""

    number: int
    segment_number: int
    segment: Segment
    home: int
    trips: tuple[tuple[int, float], ...]
    exits: tuple[tuple[int, float], ...]

    @property
    def regions(self) -> tuple[int, ...]:
        """Where the body can be."""
        return tuple(sorted({self.home, *(region for region, _ in self.trips)}))


_Lookup = Mapping[Context, Mapping[int, int]]
"""For each context and each offset of the readings that stick to a place the number of the session's law."""

_HomeCauses = Mapping[tuple[int, Group], StickyLaw]
"""For home regions shared by two bodies, and causes that act on a network, what is known of the readings."""


class Classes:
    """The classes of accounts of a scenario under one gate."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._noises = places.noises
        scenario = places.scenario
        self._segments = list(scenario.segments.values())
        self._names = list(scenario.segments)
        self._regions = list(scenario.regions)
        self._organisations = value_space(scenario, "organisation")
        self._account = self._noises.of_refresh("account")
        self._place = self._noises.of_refresh("place")
        self._joint: dict[tuple[tuple[Context, ...], OwnerFacts], StickyLaw] = {}

    def of_owner(self, owner: int) -> dict[AccountClass, float]:
        """The classes of accounts of an owner segment and their probabilities, which add up to 1.

        Raises
        ------
        CannotDo
            If there are more than `MAX_CLASSES`.
        """
        found: defaultdict[AccountClass, float] = defaultdict(float)
        everybody = self._bodies(owner)
        for lookup, facts, weight in self._accounts(owner, everybody):
            types: dict[tuple[object, ...], dict[BodyType, float]] = {}
            for present, p in self._presence(owner, everybody):
                for causes, q in self._home_causes(present, facts):
                    laws = []
                    for body in present:
                        mine = tuple(
                            (key, law.offsets.tobytes()) for key, law in causes.items() if key[0] == body.home
                        )
                        known = (body.number, mine)
                        if known not in types:
                            types[known] = self._types(body, facts, lookup, causes)
                        laws.append(types[known])
                    numbers = tuple(body.number for body in present)
                    for chosen in product(*(law.items() for law in laws)):
                        r = float(np.prod([w for _, w in chosen]))
                        found[AccountClass(numbers, tuple(t for t, _ in chosen))] += weight * p * q * r
                    if len(found) > MAX_CLASSES:
                        raise CannotDo(
                            f"segments.{self._names[owner]}: more than {MAX_CLASSES} classes of accounts; "
                            "use fewer co-users, signals or VPN exits, or another engine"
                        )
        return dict(found)

    def _bodies(self, owner: int) -> tuple[_Body, ...]:
        entries = [
            (owner, 1.0),
            *((self._names.index(n), c.present) for n, c in self._segments[owner].co_users.items()),
        ]
        found = []
        for number, (segment_number, present) in enumerate(entries):
            if present == 0:
                continue
            segment = self._segments[segment_number]
            trips = segment.trips.to.items() if segment.trips.length > 0 else ()
            exits = segment.vpn.exits.items() if segment.vpn.users * segment.vpn.on > 0 else ()
            found.append(
                _Body(
                    number,
                    segment_number,
                    segment,
                    self._regions.index(segment.home),
                    tuple((self._regions.index(name), share) for name, share in trips if share > 0),
                    tuple((self._regions.index(name), share) for name, share in exits if share > 0),
                )
            )
        return tuple(found)

    def _presence(
        self, owner: int, everybody: tuple[_Body, ...]
    ) -> Iterator[tuple[tuple[_Body, ...], float]]:
        """Every set of bodies that an account can have."""
        entries = list(self._segments[owner].co_users.values())
        others = everybody[1:]
        for count in range(len(others) + 1):
            for chosen in combinations(others, count):
                weight = 1.0
                for body in others:
                    present = entries[body.number - 1].present
                    weight *= present if body in chosen else 1.0 - present
                if weight > 0:
                    yield (everybody[0], *chosen), weight

    def _accounts(
        self, owner: int, everybody: tuple[_Body, ...]
    ) -> Iterator[tuple[_Lookup, OwnerFacts, float]]:
        """What is drawn once for the account: facts and noise, as far as they make a difference."""
        segment = self._segments[owner]
        channel, band = CHANNELS.index(segment.channel), age_band(self.places.scenario, segment)
        contexts = sorted(
            {
                Context(region, exit_)
                for body in everybody
                for region in body.regions
                for exit_ in (NO_EXIT, *(e for e, _ in body.exits))
            },
            key=lambda context: (context.region, context.exit),
        )
        observed = {signal.observes for signal in self._noises.signals}
        sticks_to_place = {self._noises.signals[j].observes for group in self._place for j in group.signals}
        cards = self._values(segment.card) if "card" in observed else [(0, 1.0)]
        forms = self._values(segment.declared) if "declared" in observed else [(0, 1.0)]
        merged: defaultdict[tuple[int, int, bytes], float] = defaultdict(float)
        kept: dict[tuple[int, int, bytes], tuple[_Lookup, OwnerFacts]] = {}
        for (card, p), (form, q) in product(cards, forms):
            organisation = self._organisations.index(segment.organisation or NO_ORGANISATION)
            facts = OwnerFacts(channel, card, form, organisation)
            once = self._noises.joint(self._account, contexts, facts)
            offsets = [np.unique(self._at_place((context,), facts).offsets) for context in contexts]
            columns = [
                self.places.laws_by_reading(channel, band, context, facts)[
                    once.offsets[:, k, None] + offsets[k]
                ]
                for k, context in enumerate(contexts)
            ]
            rows, inverse = np.unique(np.concatenate(columns, axis=1), axis=0, return_inverse=True)
            weights = np.bincount(inverse.ravel(), once.weights, len(rows))
            ends = np.cumsum([0, *(len(o) for o in offsets)])
            for row, weight in zip(rows, weights, strict=True):
                key = (
                    card if "card" in sticks_to_place else 0,
                    form if "declared" in sticks_to_place else 0,
                    row.tobytes(),
                )
                merged[key] += p * q * float(weight)
                if key not in kept:
                    lookup = {
                        context: dict(
                            zip(offsets[k].tolist(), row[ends[k] : ends[k + 1]].tolist(), strict=True)
                        )
                        for k, context in enumerate(contexts)
                    }
                    kept[key] = lookup, facts
        for key, weight in merged.items():
            yield *kept[key], weight

    def _values(self, distribution: Mapping[str, float]) -> list[tuple[int, float]]:
        return [(self._regions.index(name), share) for name, share in distribution.items() if share > 0]

    def _at_place(self, contexts: tuple[Context, ...], facts: OwnerFacts) -> StickyLaw:
        """Joint readings of the signals whose noise sticks to a place, drawn once for several contexts."""
        key = (contexts, facts)
        if key not in self._joint:
            self._joint[key] = self._noises.joint(self._place, contexts, facts)
        return self._joint[key]

    def _home_causes(
        self, present: tuple[_Body, ...], facts: OwnerFacts
    ) -> Iterator[tuple[_HomeCauses, float]]:
        """What causes on a network do where several bodies of the account live on one network.

        A body alone on its network needs no such case: averaged over the cause, its readings are as anyone's.
        """
        homes = [body.home for body in present]
        cases: list[list[tuple[tuple[int, Group], StickyLaw, float]]] = []
        for region in sorted({r for r in homes if homes.count(r) > 1}):
            context = Context(region, NO_EXIT)
            for group in self._place:
                if group.network and group.probability > 0:
                    key = (region, group)
                    case = [
                        (key, StickyLaw(offsets[None, :], np.ones(1)), group.probability * weight)
                        for offsets, weight in self._noises.acting(group, [context], facts)
                    ]
                    if group.probability < 1:
                        case.append(
                            (key, self._noises.apart(group, [context], facts), 1.0 - group.probability)
                        )
                    cases.append(case)
        for chosen in product(*cases):
            yield {key: law for key, law, _ in chosen}, float(np.prod([weight for _, _, weight in chosen]))

    def _at_home(self, body: _Body, facts: OwnerFacts, causes: _HomeCauses) -> StickyLaw:
        """Readings at home without VPN of the signals whose noise sticks to a place."""
        context = Context(body.home, NO_EXIT)
        law = StickyLaw(np.zeros((1, 1), dtype=np.int64), np.ones(1))
        for group in self._place:
            known = causes.get((body.home, group))
            law = law.times(self._noises.of_group(group, [context], facts) if known is None else known)
        return law

    def _types(
        self, body: _Body, facts: OwnerFacts, lookup: _Lookup, causes: _HomeCauses
    ) -> dict[BodyType, float]:
        """The types of a body and their probabilities, given what is drawn for the account."""
        at_home = _collect(self._at_home(body, facts, causes), [lookup[Context(body.home, NO_EXIT)]])
        found: defaultdict[BodyType, float] = defaultdict(float)
        for through_vpn, p in self._vpns(body, facts, lookup).items():
            trips = self._trips(body, facts, lookup, through_vpn)
            for (direct,), q in at_home.items():
                home = self._place_number(body, facts, body.home, direct, through_vpn)
                found[_body_type(body, home, trips)] += p * q
        return found

    def _vpns(self, body: _Body, facts: OwnerFacts, lookup: _Lookup) -> dict[tuple[int, ...], float]:
        """For each region where the body can be the law of a session through the VPN; empty: no VPN."""
        users = body.segment.vpn.users if body.exits else 0.0
        found: defaultdict[tuple[int, ...], float] = defaultdict(float)
        if users < 1:
            found[()] += 1.0 - users
        for exit_, share in body.exits:
            contexts = tuple(Context(region, exit_) for region in body.regions)
            laws = _collect(self._at_place(contexts, facts), [lookup[context] for context in contexts])
            for law, weight in laws.items():
                found[law] += users * share * weight
        return found

    def _trips(
        self, body: _Body, facts: OwnerFacts, lookup: _Lookup, through_vpn: tuple[int, ...]
    ) -> dict[int, float]:
        """Share of trips to each place."""
        found: defaultdict[int, float] = defaultdict(float)
        for region, share in body.trips:
            context = Context(region, NO_EXIT)
            for (direct,), weight in _collect(self._at_place((context,), facts), [lookup[context]]).items():
                found[self._place_number(body, facts, region, direct, through_vpn)] += share * weight
        return found

    def _place_number(
        self, body: _Body, facts: OwnerFacts, region: int, direct: int, through_vpn: tuple[int, ...]
    ) -> int:
        vpn = through_vpn[body.regions.index(region)] if through_vpn else None
        return self.places.place(body.segment_number, facts.channel, region, direct, vpn, body.segment.vpn.on)


def _collect(law: StickyLaw, lookups: list[Mapping[int, int]]) -> dict[tuple[int, ...], float]:
    """Probabilities of the combinations of session laws that readings lead to."""
    found: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for offsets, weight in zip(law.offsets.tolist(), law.weights.tolist(), strict=True):
        if weight > 0:
            found[tuple(table[offset] for table, offset in zip(lookups, offsets, strict=True))] += weight
    return found


def _body_type(body: _Body, home: int, trips: Mapping[int, float]) -> BodyType:
    """The type of a body; one place where all its places are alike."""
    order = [] if set(trips) <= {home} else sorted(trips)
    return BodyType(body.segment_number, (home, *order), tuple(trips[k] for k in order))
