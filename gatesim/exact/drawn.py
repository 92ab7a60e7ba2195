"""What is drawn once for the accounts of a segment, before any gate looks at it.

None of it depends on a gate or on the law, so it is worked out once for a scenario. A gate only has to say what
it makes of the readings (see `gatesim.exact.classes`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product
from math import prod

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.different import different
from gatesim.exact.sticky import NO_EXIT, SEEN, Context, Group, Noises, OwnerFacts, StickyLaw, noises_of
from gatesim.scenario.people import CHANNELS, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import NO_ORGANISATION
from gatesim.world.kept import kept_by
from gatesim.world.space import CellSpace, age_band, value_space, word_for

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Columns = tuple[int, ...]
Chances = tuple[tuple[Columns, float], ...]
"""What noise that sticks to a place can come to in some contexts: for each context the column of
`Readings.rows`, and the probability."""


@dataclass(frozen=True)
class Trip:
    """A kind of trip: the region, its share, and what can be read there without VPN."""

    region: int
    share: float
    readings: Chances


@dataclass(frozen=True)
class Body:
    """A body that an account may have.

    Attributes
    ----------
    number, segment
        Its number on the account, and that of its own segment.
    home
        The region.
    regions
        Where it can be, ascending.
    trips
        Kinds of trips.
    exits
        For each exit of the VPN the share, and what can be read through it in each of the regions.
    users, on
        Shares of VPN users, and of the needs for which they have it on.
    """

    number: int
    segment: int
    home: int
    regions: tuple[int, ...]
    trips: tuple[Trip, ...]
    exits: tuple[tuple[float, Chances], ...]
    users: float
    on: float

    @cached_property
    def outline(self) -> Hashable:
        """All but the probabilities; how often the VPN is on makes a place what it is."""
        return (
            self.number,
            self.segment,
            self.home,
            self.regions,
            tuple((trip.region, _columns(trip.readings)) for trip in self.trips),
            tuple(_columns(readings) for _, readings in self.exits),
            self.users < 1,
            self.on,
        )


@dataclass(frozen=True)
class Scene:
    """Who is there on an account, and what causes on a shared home network do.

    Attributes
    ----------
    bodies
        Numbers of the bodies present.
    at_home
        For each of them the number of its case in `Readings.at_home`.
    present, causes
        Probabilities of the bodies, and of what the causes do given them.
    """

    bodies: tuple[int, ...]
    at_home: tuple[int, ...]
    present: float
    causes: float


@dataclass(frozen=True)
class Readings:
    """What signals that observe the account can read, and what those at a place can read besides.

    Accounts whose card or form matters to a reading at a place stand apart, each with its own `Readings`.

    Attributes
    ----------
    rows
        int64[row, column]: the readings that stick, told apart as far as any gate can. A column stands for a
        context and what is read of the place in it; a number for an entry of the session's laws (see
        `Drawn.sessions`), by readings.
    row, facts_number, weight
        By outcome of the account's noise, for one card and form after the other: number of the row, number of
        the card and form (see `Drawn.facts`), probability given these.
    at_home
        For each case of a body at home without VPN: the body's position in `bodies`, and what can be read.
    bodies
        The bodies that an account may have, the owner first.
    scenes
        All that can be the case on an account.
    """

    rows: Ints
    row: Ints
    facts_number: Ints
    weight: Floats
    at_home: tuple[tuple[int, Chances], ...]
    bodies: tuple[Body, ...]
    scenes: tuple[Scene, ...]

    @cached_property
    def outline(self) -> Hashable:
        """All but the probabilities."""
        return (
            self.rows.shape,
            self.rows.tobytes(),
            self.row.tobytes(),
            self.facts_number.tobytes(),
            tuple((body, _columns(readings)) for body, readings in self.at_home),
            tuple(body.outline for body in self.bodies),
            tuple((scene.bodies, scene.at_home) for scene in self.scenes),
        )


@dataclass(frozen=True)
class Drawn:
    """All that is drawn once for accounts of a segment.

    Attributes
    ----------
    channel, band
        Numbers of the channel and the age band.
    sessions
        Laws of the readings that are drawn anew for each session, told apart by what they say.
    facts
        Probability of each combination of card and form.
    parts
        Readings, for each combination of card and form that a reading at a place depends on.
    """

    channel: int
    band: int
    sessions: tuple[StickyLaw, ...]
    facts: tuple[float, ...]
    parts: tuple[Readings, ...]

    @cached_property
    def chances(self) -> Floats:
        """All probabilities but those of the account's own noise, in one row.

        For each part, for each body: not to use a VPN, to use each reading of each exit, to be on each
        trip with each reading; then the readings at home, case by case; then the scenes.
        """
        found: list[float] = []
        for part in self.parts:
            for body in part.bodies:
                found.append(1.0 - body.users)
                for share, readings in body.exits:
                    found += [body.users * share * weight for _, weight in readings]
                for trip in body.trips:
                    found += [trip.share * weight for _, weight in trip.readings]
            for _, readings in part.at_home:
                found += [weight for _, weight in readings]
            found += [scene.present * scene.causes for scene in part.scenes]
        return np.array(found)

    @cached_property
    def outline(self) -> Hashable:
        """All but the probabilities: where it is the same, the same can happen."""
        return (
            self.channel,
            self.band,
            tuple((law.offsets.tobytes(), law.weights.tobytes()) for law in self.sessions),
            *(part.outline for part in self.parts),
        )


@kept_by(*SEEN)
def alike(scenario: Scenario) -> tuple[int, ...]:
    """For each owner segment the first one whose accounts differ in nothing that a gate sees, but the number.

    What `drawn` says of the two differs in numbers of segments only; these segments have the same trips, the
    same VPN and use the same models.
    """
    segments = scenario.segments

    def body(segment: Segment) -> tuple[object, ...]:
        return (segment.home, repr(segment.trips), repr(segment.vpn), tuple(segment.models.items()))

    first: dict[tuple[object, ...], int] = {}
    found = []
    for number, segment in enumerate(segments.values()):
        key = (
            segment.channel,
            age_band(scenario, segment),
            segment.organisation,
            word_for(scenario, segment),
            tuple(segment.card.items()),
            tuple(segment.declared.items()),
            body(segment),
            *((entry.present, body(segments[name])) for name, entry in segment.co_users.items()),
        )
        found.append(first.setdefault(key, number))
    return tuple(found)


@kept_by(*SEEN)
def drawn(scenario: Scenario, owner: int) -> Drawn:
    """What is drawn once for the accounts of an owner segment (its number is given)."""
    like = alike(scenario)[owner]
    if like == owner:
        return _Owner(scenario, owner).drawn()
    known = drawn(scenario, like)
    names, segment = list(scenario.segments), scenario.segments[list(scenario.segments)[owner]]
    segments = [owner, *(names.index(name) for name in segment.co_users)]
    parts = []
    for part in known.parts:
        bodies = tuple(replace(body, segment=segments[body.number]) for body in part.bodies)
        parts.append(replace(part, bodies=bodies))
    return replace(known, parts=tuple(parts))


@dataclass(frozen=True)
class _Plan:
    """A body, before anything is known of what is read: regions of its trips and its VPN's exits, with shares."""

    number: int
    segment_number: int
    segment: Segment
    home: int
    trips: tuple[tuple[int, float], ...]
    exits: tuple[tuple[int, float], ...]

    @property
    def regions(self) -> tuple[int, ...]:
        return tuple(sorted({self.home, *(region for region, _ in self.trips)}))


class _Owner:
    """Works out `Drawn` for one owner segment."""

    def __init__(self, scenario: Scenario, owner: int) -> None:
        self._scenario = scenario
        self._noises: Noises = noises_of(scenario)
        self._names, self._segments = list(scenario.segments), list(scenario.segments.values())
        self._regions = list(scenario.regions)
        self._segment = self._segments[owner]
        self._place = self._noises.of_refresh("place")
        self._readings = prod(len(r) for r in CellSpace.of(scenario).readings)
        self._bodies = tuple(self._everybody(owner))
        contexts = {
            Context(region, exit_)
            for body in self._bodies
            for region in body.regions
            for exit_ in (NO_EXIT, *(e for e, _ in body.exits))
        }
        self._contexts = tuple(sorted(contexts))

    def drawn(self) -> Drawn:
        observed = {signal.observes for signal in self._noises.signals}
        at_place = {self._noises.signals[j].observes for group in self._place for j in group.signals}
        cards = self._values(self._segment.card) if "card" in observed else [(0, 1.0)]
        forms = self._values(self._segment.declared) if "declared" in observed else [(0, 1.0)]
        channel = CHANNELS.index(self._segment.channel)
        organisation = value_space(self._scenario, "organisation").index(
            self._segment.organisation or NO_ORGANISATION
        )
        word = word_for(self._scenario, self._segment)
        accounts, of_account = self._noises.apart_in("account", self._contexts, channel)
        sessions, of_session = self._noises.apart_in("session", self._contexts, channel)
        laws: dict[tuple[bytes, bytes], tuple[int, StickyLaw]] = {}
        parts: dict[tuple[int, int], list[tuple[OwnerFacts, int, Ints, Floats]]] = {}
        columns_of: dict[tuple[int, int], tuple[Ints, Ints]] = {}
        for number, ((card, _), (form, _)) in enumerate(product(cards, forms)):
            facts = OwnerFacts(channel, card, form, organisation, word)
            key = (card if "card" in at_place else 0, form if "declared" in at_place else 0)
            if key not in parts:
                parts[key], columns_of[key] = [], self._columns(facts)
            context_of, at = columns_of[key]
            once = self._noises.joint("account", accounts, facts)
            begins = []
            for context in sessions:
                anew = self._noises.joint("session", (context,), facts)
                law, _ = laws.setdefault((anew.offsets.tobytes(), anew.weights.tobytes()), (len(laws), anew))
                begins.append(law * self._readings)
            columns = np.array(begins)[of_session][context_of] + at
            rows = once.offsets[:, np.array(of_account)[context_of]] + columns
            parts[key].append((facts, number, rows, once.weights))
        return Drawn(
            channel,
            age_band(self._scenario, self._segment),
            tuple(law for _, law in laws.values()),
            tuple(p * q for (_, p), (_, q) in product(cards, forms)),
            tuple(self._part(entries) for entries in parts.values()),
        )

    def _columns(self, facts: OwnerFacts) -> tuple[Ints, Ints]:
        """Of each column the number of the context, and what is read of the place in it."""
        offsets = [self._offsets(context, facts) for context in self._contexts]
        context_of = np.repeat(np.arange(len(offsets)), [len(each) for each in offsets])
        return context_of, np.array([offset for each in offsets for offset in each], dtype=np.int64)

    def _part(self, entries: Sequence[tuple[OwnerFacts, int, Ints, Floats]]) -> Readings:
        """Put together what combinations of card and form have in common.

        Columns that are equal everywhere are one, and so are rows: there are many alike.
        """
        facts = entries[0][0]
        everything = np.concatenate([rows for _, _, rows, _ in entries])
        first, which = different(everything.T)
        begin, row = different(everything[:, first])
        numbers = which.tolist()
        column_of: dict[Context, dict[int, int]] = {}
        for context in self._contexts:
            offsets = self._offsets(context, facts)
            column_of[context] = dict(zip(offsets, numbers, strict=False))
            numbers = numbers[len(offsets) :]
        at_home: dict[tuple[object, ...], tuple[int, tuple[int, Chances]]] = {}
        return Readings(
            rows=everything[begin][:, first],
            row=row,
            facts_number=np.concatenate([np.full(len(rows), number) for _, number, rows, _ in entries]),
            weight=np.concatenate([weights for *_, weights in entries]),
            bodies=tuple(self._body(body, facts, column_of) for body in self._bodies),
            scenes=tuple(self._scenes(facts, column_of, at_home)),
            at_home=tuple(case for _, case in at_home.values()),
        )

    def _everybody(self, owner: int) -> Iterator[_Plan]:
        co_users = self._segments[owner].co_users.items()
        entries = [(owner, 1.0), *((self._names.index(name), entry.present) for name, entry in co_users)]
        for number, (segment_number, present) in enumerate(entries):
            if present == 0:
                continue
            segment = self._segments[segment_number]
            yield _Plan(
                number,
                segment_number,
                segment,
                self._regions.index(segment.home),
                tuple(self._values(segment.trips.to) if segment.trips.length > 0 else ()),
                tuple(self._values(segment.vpn.exits) if segment.vpn.users * segment.vpn.on > 0 else ()),
            )

    def _values(self, distribution: Mapping[str, float]) -> list[tuple[int, float]]:
        return [(self._regions.index(name), share) for name, share in distribution.items() if share > 0]

    def _offsets(self, context: Context, facts: OwnerFacts) -> list[int]:
        """All that the signals whose noise sticks to a place can read in a context."""
        return sorted(set(self._noises.joint("place", (context,), facts).offsets.ravel().tolist()))

    def _body(self, body: _Plan, facts: OwnerFacts, column_of: Mapping[Context, Mapping[int, int]]) -> Body:
        def chances(*contexts: Context) -> Chances:
            law = self._noises.joint("place", contexts, facts)
            return _chances(law, [column_of[context] for context in contexts])

        return Body(
            number=body.number,
            segment=body.segment_number,
            home=body.home,
            regions=body.regions,
            trips=tuple(
                Trip(region, share, chances(Context(region, NO_EXIT))) for region, share in body.trips
            ),
            exits=tuple(
                (share, chances(*(Context(region, exit_) for region in body.regions)))
                for exit_, share in body.exits
            ),
            users=body.segment.vpn.users if body.exits else 0.0,
            on=body.segment.vpn.on,
        )

    def _scenes(
        self,
        facts: OwnerFacts,
        column_of: Mapping[Context, Mapping[int, int]],
        at_home: dict[tuple[object, ...], tuple[int, tuple[int, Chances]]],
    ) -> Iterator[Scene]:
        """All that can be the case on an account; notes the cases of bodies at home in ``at_home``."""
        for present, p in self._presence():
            for causes, q in self._home_causes(present, facts):
                cases = []
                for body in present:
                    mine = tuple(
                        (key, law.offsets.tobytes()) for key, law in causes.items() if key[0] == body.home
                    )
                    key = (body.number, mine)
                    if key not in at_home:
                        law = self._at_home(body, facts, causes)
                        known = _chances(law, [column_of[Context(body.home, NO_EXIT)]])
                        at_home[key] = (len(at_home), (self._bodies.index(body), known))
                    cases.append(at_home[key][0])
                yield Scene(tuple(body.number for body in present), tuple(cases), p, q)

    def _presence(self) -> Iterator[tuple[tuple[_Plan, ...], float]]:
        """Every set of bodies that an account can have."""
        entries = list(self._segment.co_users.values())
        owner, *others = self._bodies
        for count in range(len(others) + 1):
            for chosen in combinations(others, count):
                weight = 1.0
                for body in others:
                    present = entries[body.number - 1].present
                    weight *= present if body in chosen else 1.0 - present
                if weight > 0:
                    yield (owner, *chosen), weight

    def _home_causes(
        self, present: tuple[_Plan, ...], facts: OwnerFacts
    ) -> Iterator[tuple[Mapping[tuple[int, Group], StickyLaw], float]]:
        """What causes on a network do where several bodies of the account live on one network.

        For home regions shared by two bodies, and causes that act on a network, what is known of the readings. A
        body alone on its network needs no such case: averaged over the cause, its readings are as anyone's.
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
                        apart = self._noises.apart(group, [context], facts)
                        case.append((key, apart, 1.0 - group.probability))
                    cases.append(case)
        for chosen in product(*cases):
            yield {key: law for key, law, _ in chosen}, prod(weight for *_, weight in chosen)

    def _at_home(
        self, body: _Plan, facts: OwnerFacts, causes: Mapping[tuple[int, Group], StickyLaw]
    ) -> StickyLaw:
        """Readings at home without VPN of the signals whose noise sticks to a place."""
        context = Context(body.home, NO_EXIT)
        law = StickyLaw(np.zeros((1, 1), dtype=np.int64), np.ones(1))
        for group in self._place:
            known = causes.get((body.home, group))
            law = law.times(self._noises.of_group(group, [context], facts) if known is None else known)
        return law


def _columns(chances: Chances) -> tuple[Columns, ...]:
    return tuple([columns for columns, _ in chances])


def _chances(law: StickyLaw, columns: Sequence[Mapping[int, int]]) -> Chances:
    """A law with the columns of its contexts in place of offsets."""
    return tuple(
        (tuple(column[offset] for column, offset in zip(columns, offsets, strict=True)), weight)
        for offsets, weight in zip(law.offsets.tolist(), law.weights.tolist(), strict=True)
        if weight > 0
    )
