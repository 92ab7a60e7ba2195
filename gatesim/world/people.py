"""People and their needs: docs/model.md, section 1, in plain code.

A need stands here with all that does not depend on any gate: when it arises, for which model, where the
device is, and the cell that the gate will see. So every policy meets the same people with the same needs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from gatesim.scenario.people import CHANNELS, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import NO_ORGANISATION
from gatesim.scenario.types import DAY, FOREVER
from gatesim.world.draws import (
    ACTIVITY,
    CARD,
    COUSER_PRESENT,
    DECLARED,
    NEED_MODEL,
    SLOT,
    TRIP_GAP,
    TRIP_LENGTH,
    TRIP_START,
    TRIP_TO,
    VPN_EXIT,
    VPN_ON,
    VPN_USER,
    check_key,
    exponential_of,
    exponential_us,
    need_gap,
    need_word,
    stratified,
    uniform,
)
from gatesim.world.noise import DIRECT, VPN, cumulative
from gatesim.world.readings import AT_HOME, ON_VPN, Readings, Truth
from gatesim.world.space import age_band, value_space, word_for

Cumulative = tuple[float, ...]


class Need(NamedTuple):
    """A moment at which a person wants the service.

    Attributes
    ----------
    number
        k: the how-manieth need of its body, from 0.
    time_us
        When it arises.
    model
        Number of the model.
    region
        Number of the region in which the device is.
    cell
        What the gate sees: a flat index into the cells.
    """

    number: int
    time_us: int
    model: int
    region: int
    cell: int


class Trip(NamedTuple):
    """A time away from home, ``[begin_us, end_us)``, in a region."""

    number: int
    begin_us: int
    end_us: int
    region: int


@dataclass(frozen=True, slots=True)
class Body:
    """A person, with the needs of the whole window.

    Attributes
    ----------
    person
        Number of the person for draws: account + slot * 2**40.
    slot
        0 for the owner, else 1 + the position of the co-user's entry.
    segment
        Number of the body's own segment.
    needs
        In order of time.
    """

    person: int
    slot: int
    segment: int
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """An account and everybody on it.

    Attributes
    ----------
    number
        0, 1, ...; also the person number of the owner.
    segment
        Number of the owner's segment.
    rate
        Needs a day of all its bodies together.
    card, declared
        Numbers of the regions where the card was issued and that the form says.
    bodies
        The owner, then the co-users that are present.
    """

    number: int
    segment: int
    rate: float
    card: int
    declared: int
    bodies: tuple[Body, ...]


class _Owner(NamedTuple):
    """What everybody on an account has from its owner."""

    account: int
    segment: int
    card: int
    declared: int
    noise: dict[int, float]


@dataclass(frozen=True, slots=True)
class _CoUser:
    slot: int
    segment: int
    present: float
    share: float


@dataclass(frozen=True, slots=True)
class _Kind:
    """A segment, ready for draws: names are numbers, distributions are cumulative, durations are means."""

    home: int
    channel: int
    band: int
    organisation: int
    word: int
    needs_per_day: float
    multipliers: tuple[float, ...]
    activity: Cumulative
    card: Cumulative
    declared: Cumulative
    vpn_users: float
    vpn_on: float
    vpn_exits: Cumulative
    trips_every_us: float
    trips_length_us: float
    trip_at_start: float
    trips_to: Cumulative
    models: Cumulative
    co_users: tuple[_CoUser, ...]


def mean_us(duration: int) -> float:
    """A mean time for draws, in microseconds; a mean of ``forever`` is infinite."""
    return inf if duration >= FOREVER else float(duration)


def _cumulative(shares: Iterable[float]) -> Cumulative:
    return tuple(cumulative(np.array(list(shares), dtype=np.float64)).tolist())


def _over(names: Iterable[str], shares: Mapping[str, float]) -> Cumulative:
    """Cumulative shares in the order of ``names``; empty where there is no distribution."""
    return _cumulative(shares.get(name, 0.0) for name in names) if shares else ()


def _kind(scenario: Scenario, segment: Segment) -> _Kind:
    regions, segments = list(scenario.regions), list(scenario.segments)
    organisations = value_space(scenario, "organisation")
    trips = segment.trips
    return _Kind(
        home=regions.index(segment.home),
        channel=CHANNELS.index(segment.channel),
        band=age_band(scenario, segment),
        organisation=organisations.index(segment.organisation or NO_ORGANISATION),
        word=word_for(scenario, segment),
        needs_per_day=segment.needs_per_day,
        multipliers=segment.activity.multipliers,
        activity=_cumulative(segment.activity.shares),
        card=_over(regions, segment.card),
        declared=_over(regions, segment.declared),
        vpn_users=segment.vpn.users,
        vpn_on=segment.vpn.on,
        vpn_exits=_over(regions, segment.vpn.exits),
        trips_every_us=mean_us(trips.every),
        trips_length_us=mean_us(trips.length),
        trip_at_start=trips.length / (trips.length + trips.every) if trips.length > 0 else 0.0,
        trips_to=_over(regions, trips.to),
        models=_over(scenario.models, segment.models),
        co_users=tuple(
            _CoUser(position + 1, segments.index(name), entry.present, entry.share)
            for position, (name, entry) in enumerate(segment.co_users.items())
        ),
    )


class People:
    """The people of a scenario under one seed: constants are worked out once, accounts one by one.

    Parameters
    ----------
    scenario
        The scenario.
    seed, replication
        Key of the draws.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """

    def __init__(self, scenario: Scenario, seed: int, replication: int) -> None:
        self._seed, self._replication = check_key(seed, replication)
        self._length_us = scenario.length
        self._kinds = [_kind(scenario, segment) for segment in scenario.segments.values()]
        self._segments = _cumulative(segment.share for segment in scenario.segments.values())
        self._readings = Readings(scenario, self._seed, self._replication)
        self._signals = range(len(scenario.signals))
        self._by_place = self._readings.reads_by("place")
        self._by_session = self._readings.reads_by("session")

    def account(self, number: int) -> Account:
        """Account ``number``: the same whatever the size of the population."""
        segment = self.segment(number)
        kind = self._kinds[segment]
        rate = kind.needs_per_day * kind.multipliers[self._pick(number, ACTIVITY, 0, kind.activity)]
        card = self._pick(number, CARD, 0, kind.card)
        declared = self._pick(number, DECLARED, 0, kind.declared)
        present = [
            co_user
            for co_user in kind.co_users
            if self._happens(number + co_user.slot * SLOT, COUSER_PRESENT, 0, co_user.present)
        ]
        shares = [(0, segment, 1.0 - sum(co_user.share for co_user in present))]
        shares += [(co_user.slot, co_user.segment, co_user.share) for co_user in present]
        owner = _Owner(number, segment, card, declared, self._readings.noise("account", number, 0))
        bodies = tuple(
            Body(number + slot * SLOT, slot, own, tuple(self._needs(owner, slot, own, rate * share)))
            for slot, own, share in shares
        )
        return Account(number, segment, rate, card, declared, bodies)

    def segment(self, account: int) -> int:
        """The segment of an account's owner: stratified over the accounts."""
        return bisect_right(self._segments, stratified(self._seed, self._replication, account))

    def trips(self, person: int, segment: int) -> list[Trip]:
        """All trips of a person of a segment that begin within the window, in order of time."""
        kind = self._kinds[segment]
        if kind.trips_length_us == 0:
            return []
        trips = []
        time = 0
        if self._happens(person, TRIP_START, 0, kind.trip_at_start):
            time = self._time(person, TRIP_LENGTH, 0, kind.trips_length_us)
            trips.append(Trip(0, 0, time, self._pick(person, TRIP_TO, 0, kind.trips_to)))
        number = 1
        while True:
            begin = time + self._time(person, TRIP_GAP, number, kind.trips_every_us)
            if begin >= self._length_us:
                return trips
            time = begin + self._time(person, TRIP_LENGTH, number, kind.trips_length_us)
            trips.append(Trip(number, begin, time, self._pick(person, TRIP_TO, number, kind.trips_to)))
            number += 1

    def vpn_exit(self, person: int, segment: int) -> int | None:
        """The region of a person's usual exit, or None for people without a VPN."""
        kind = self._kinds[segment]
        if not self._happens(person, VPN_USER, 0, kind.vpn_users):
            return None
        return self._pick(person, VPN_EXIT, 0, kind.vpn_exits)

    def vpn_and_model(self, person: int, segment: int, need: int) -> tuple[bool, int]:
        """Whether the VPN of a person who has one is on at a need, and which model the need is for."""
        kind = self._kinds[segment]
        vpn = need_word(self._seed, self._replication, person, VPN_ON, need, 0)
        model = need_word(self._seed, self._replication, person, NEED_MODEL, need, 0)
        return vpn < kind.vpn_on, bisect_right(kind.models, model)

    def need_times(self, person: int, rate: float) -> list[int]:
        """The instants of all needs of a person who has ``rate`` needs a day."""
        if rate <= 0:
            return []
        mean = DAY / rate
        times = []
        time = self._gap(person, 0, mean)
        while time < self._length_us:
            times.append(time)
            time += self._gap(person, len(times), mean)
        return times

    def _needs(self, owner: _Owner, slot: int, segment: int, rate: float) -> Iterator[Need]:
        """The needs of one body: card, form, channel and age are the owner's, places and models its own."""
        person = owner.account + slot * SLOT
        times = self.need_times(person, rate)
        if not times:
            return
        account, own = self._kinds[owner.segment], self._kinds[segment]
        trips = iter(self.trips(person, segment))
        vpn_exit = self.vpn_exit(person, segment)
        place_noise: dict[int, dict[int, float]] = {}
        noise = [0.5] * len(self._signals)
        for j, u in owner.noise.items():
            noise[j] = u
        trip = next(trips, None)
        for number, time in enumerate(times):
            while trip is not None and trip.end_us <= time:
                trip = next(trips, None)
            place, region = AT_HOME, own.home
            if trip is not None and trip.begin_us <= time:
                place, region = trip.number + 1, trip.region
            network, network_kind = region, DIRECT
            vpn_on, model = self.vpn_and_model(person, segment, number)
            if vpn_exit is not None and vpn_on:
                place, network, network_kind = ON_VPN, vpn_exit, VPN
            if self._by_place:
                if place not in place_noise:
                    home_of = (owner.account, own.home) if place == AT_HOME else None
                    place_noise[place] = self._readings.noise("place", person, place, home_of)
                for j, u in place_noise[place].items():
                    noise[j] = u
            if self._by_session:
                for j, u in self._readings.noise("session", person, number).items():
                    noise[j] = u
            of_owner = (owner.card, owner.declared, account.organisation, account.word, account.word)
            truth = Truth(region, network, network_kind, *of_owner)
            cell = self._readings.cell(noise, truth, account.channel, model, account.band)
            yield Need(number, time, model, region, cell)

    def _pick(self, person: int, purpose: int, index: int, shares: Cumulative) -> int:
        return bisect_right(shares, uniform(self._seed, self._replication, person, purpose, index))

    def _happens(self, person: int, purpose: int, index: int, probability: float) -> bool:
        return uniform(self._seed, self._replication, person, purpose, index) < probability

    def _gap(self, person: int, need: int, mean: float) -> int:
        return exponential_of(need_gap(self._seed, self._replication, person, need), mean)

    def _time(self, person: int, purpose: int, index: int, mean: float) -> int:
        return exponential_us(self._seed, self._replication, person, purpose, index, mean)


def populate(scenario: Scenario, seed: int, replication: int, accounts: int | range) -> list[Account]:
    """Accounts with their bodies, and every need of the window.

    Parameters
    ----------
    scenario
        The scenario.
    seed, replication
        Key of the draws, each in [0, 2**32).
    accounts
        How many, from account 0; or which.

    Returns
    -------
    list of Account
        In the order of their numbers. Account 17 is the same in every population that contains it.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    people = People(scenario, seed, replication)
    return [people.account(number) for number in (range(accounts) if isinstance(accounts, int) else accounts)]
