"""The legal demand: readings, orders, carve-outs, ends, standards, and the verdict's choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from gatesim.scenario.checks import Clock, Weekday
from gatesim.scenario.people import Channel, Country, Status, Where
from gatesim.scenario.types import Count, Duration, Instant, Name, Number, Part, Probability, Title

ABROAD = "abroad"
"""Names, in a clause's ``located``, every region but the order's home."""


class Clause(Part):
    """People whom an order restricts: those who meet every condition that is given."""

    status: tuple[Status, ...] = ()
    citizenship: tuple[Country, ...] = ()
    """The person's most recent citizenship is one of these."""
    located: tuple[Name, ...] = ()
    """The person's device is in one of these regions; ``abroad`` is every region but home."""
    entity: tuple[Name, ...] = ()
    """The person belongs to one of these organisations."""


class Reading(Part):
    """A way to read whom an order restricts: the union of its clauses."""

    title: Title = ""
    restricts: Annotated[tuple[Clause, ...], Field(min_length=1)]


class CarveOut(Part):
    """A narrowing: from ``at`` on, needs that meet every condition given are not restricted."""

    title: Title = ""
    at: Instant
    statuses: tuple[Status, ...] = ()
    citizenships: tuple[Country, ...] = ()
    regions: tuple[Name, ...] = ()
    """Regions in which the person is (the device) when the need arises."""
    segments: tuple[Name, ...] = ()
    organisations: tuple[Name, ...] = ()
    channels: tuple[Channel, ...] = ()
    models: tuple[Name, ...] = ()


class End(Part):
    """How an order ends: at a date, or after a time drawn from an exponential distribution."""

    kind: Literal["lifted", "stayed", "lapsed"]
    at: Instant | None = None
    after: Duration | None = None
    """Mean time from the instant in force to the end, drawn once a replication."""


class Licence(Part):
    """A licence that somebody applies for. Once granted, needs that meet every condition are not restricted."""

    title: Title = ""
    applied: Instant
    """When the application is filed."""
    decided_after: Duration
    """Mean time from the application to the decision; it stands for the queue before the government's desk. Where
    the order has a ``licence_desk``, the time that passes after the desk is done with the application."""
    at_least: Duration = 0
    """The shortest time to the decision. What is above it is drawn from an exponential distribution, once a
    replication; equal to ``decided_after``: nothing is drawn."""
    granted: Probability
    """The probability that it is granted and not refused, drawn once a replication."""
    until: Instant | None = None
    """When a granted licence expires; by default with the order."""
    segments: tuple[Name, ...] = ()
    organisations: tuple[Name, ...] = ()
    channels: tuple[Channel, ...] = ()
    models: tuple[Name, ...] = ()


class WorkingHours(Part):
    """Hours of some days of the week, in the zone of the scenario's start."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    start: Clock
    end: Clock


class LicenceDesk(Part):
    """The government's desk: officers who work on applications for licences in the order in which they come.

    It is drawn at its real size, application by application: neither ``people`` nor ``represents`` scales it.
    """

    officers: Annotated[Count, Field(ge=1, le=100_000)]
    """Officers at work, each on one application at a time."""
    service: Duration
    """Mean time that an officer works on one application."""
    service_at_least: Duration = 0
    """The shortest such time. What is above it is drawn from an exponential distribution; equal to ``service``: all
    applications take the same time."""
    others_per_day: Annotated[Number, Field(ge=0.0, le=1_000_000.0)] = 0.0
    """Applications of everybody else, a day and at real size, from the issue of the order on (Poisson)."""
    backlog: Annotated[Count, Field(ge=0, le=1_000_000)] = 0
    """Applications that are before the desk when the order is issued."""
    hours: Annotated[tuple[WorkingHours, ...], Field(max_length=50)] = ()
    """When the officers are at work; outside these hours they lay down what they are at. Empty: always."""


Amount = Annotated[Number, Field(ge=0.0)]


class UnknownLimit(Part):
    """A tolerance that nobody has stated: a distribution between two ends, or a list of limits with weights."""

    distribution: Literal["uniform", "loguniform"] | None = None
    """How likely limits between ``low`` and ``high`` are."""
    low: Amount | None = None
    high: Amount | None = None
    limits: Annotated[tuple[Amount, ...], Field(max_length=50)] = ()
    """Instead of a distribution: the limits that are thought possible, ascending."""
    weights: Annotated[tuple[Probability, ...], Field(max_length=50)] = ()
    """How likely each of ``limits`` is; together 1."""


Limit = Annotated[
    Annotated[Amount, Tag("<number>")] | Annotated[UnknownLimit, Tag("<table>")],
    Discriminator(lambda value: "<table>" if isinstance(value, Mapping | UnknownLimit) else "<number>"),
]
"""A limit, or a distribution of limits where the tolerance is unknown."""

StandardKind = Literal["leak_rate", "leak_share", "leak_count", "zero", "process"]


class Standard(Part):
    """The test that says whether leaks are within the limit: leaks <= limit x base, or a list of controls."""

    kind: StandardKind = "leak_share"
    """Share of restricted needs (``leak_rate``), share of served needs (``leak_share``), number of leaks of all
    represented accounts (``leak_count``), no leak at all (``zero``), or named controls (``process``)."""
    limit: Limit | None = None
    """The most that may leak; of ``leak_rate``, ``leak_share`` and ``leak_count``."""
    per: Duration | None = None
    """Of ``leak_count``: the time for which the limit is; by default all the time that the order is in force."""
    probability: Probability | None = None
    """Of ``zero``: how sure it must be that none of the represented accounts leaks."""
    controls: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    """Of ``process``: the controls that must stand."""


class Control(Part):
    """A control that a standard of the kind ``process`` can ask for, and that policies say they have."""

    title: Title = ""


class Audit(Part):
    """Test accounts that somebody sends through the gate to see whether restricted needs are served."""

    title: Title = ""
    segments: Annotated[dict[Name, Annotated[Count, Field(ge=1, le=100_000)]], Field(min_length=1)]
    """How many test accounts of people of each segment; their needs are restricted ones."""
    needs: Annotated[Count, Field(ge=1, le=1000)] = 1
    """Needs that each test account makes in a round."""
    at: Instant | None = None
    """The first round; by default the instant in force."""
    every: Duration | None = None
    """Time between two rounds; by default there is one round."""
    accounts: Literal["new", "kept"] = "new"
    """Whether each round uses accounts of its own, or the same ones again."""
    alike: Probability | None = None
    """How alike the needs of one test account fare: 0 as those of strangers, 1 all the same. By default both
    ends are shown."""
    level: Annotated[Number, Field(gt=0.0, lt=1.0)] = 0.05
    """The most probable it may be that the audit finds fault with a gate whose leak rate is at its limit."""


class Order(Part):
    """One order."""

    title: Title = ""
    issued: Instant
    grace: Duration = 0
    models: Annotated[tuple[Name, ...], Field(min_length=1, max_length=12)]
    reading: Name
    restricts: tuple[Clause, ...] = ()
    """Whom the order restricts where that is in no doubt, such as another government's order: these clauses hold
    under every reading. Empty: whom the reading says."""
    standard: Standard
    standards: Annotated[dict[Name, Standard], Field(max_length=12)] = {}
    """Standards of single models, in place of ``standard``, which then is for the others."""
    audits: Annotated[tuple[Audit, ...], Field(max_length=20)] = ()
    carve_outs: Annotated[tuple[CarveOut, ...], Field(max_length=100)] = ()
    ends: Annotated[tuple[End, ...], Field(max_length=20)] = ()
    licences: Annotated[tuple[Licence, ...], Field(max_length=100)] = ()
    licence_desk: LicenceDesk | None = None
    """The government's desk, before which all applications for licences of this order queue."""


class Verdict(Part):
    """Choices that the verdict rests on."""

    floor: Probability = 0.5
    """The least share of entitled needs that a gate must serve to count as more than shutting down."""
    limits: Annotated[tuple[Probability, ...], Field(min_length=1, max_length=12)] = (
        0.0,
        1e-4,
        1e-3,
        1e-2,
        5e-2,
    )
    at: Instant | None = None
    """The date for which the verdict is given; by default the instant the (first) order comes into force."""
    readings: Where = {}
    """How likely each reading of the orders is; empty: that of the first order."""


class Exposure(Part):
    """What the law can ask for violations: an upper bound, by what counts as one."""

    unit: Literal["need", "person", "account"] = "need"
    """What counts as one violation: every leak, or everybody, or every account, with at least one."""
    civil_penalty: Amount = 0.0
    """US dollars a violation, unless a multiple of the transaction is more."""
    transaction: Amount = 0.0
    """What the transaction of one violation is worth, in US dollars."""
    transaction_multiple: Amount = 2.0
    """How many times the transaction the civil penalty can be."""
    criminal_penalty: Amount = 0.0
    """US dollars a violation, where it is wilful."""


def has_working_desk(order: Order) -> bool:
    """Whether applications for an order's licences take time at the government's desk."""
    return order.licence_desk is not None and order.licence_desk.service > 0


def is_drawn(order: Order, licence: Licence) -> bool:
    """Whether a licence, or its date, is decided by a draw.

    What has to pass a desk counts as drawn: its date goes by everybody else's applications.
    """
    return licence.granted > 0 and (
        licence.granted < 1 or licence.decided_after > licence.at_least or has_working_desk(order)
    )
