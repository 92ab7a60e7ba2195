"""The legal demand: readings, orders, carve-outs, ends, standards, and the verdict's choices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gatesim.scenario.people import Channel, Country, Status
from gatesim.scenario.types import Duration, Instant, Name, Part, Probability, Title

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
    """Mean time from the application to the decision; it stands for the queue before the government's desk."""
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


class Standard(Part):
    """The test that says whether leaks are within the limit."""

    kind: Literal["leak_rate", "leak_share"] = "leak_share"
    limit: Probability


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
    carve_outs: Annotated[tuple[CarveOut, ...], Field(max_length=100)] = ()
    ends: Annotated[tuple[End, ...], Field(max_length=20)] = ()
    licences: Annotated[tuple[Licence, ...], Field(max_length=100)] = ()


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
