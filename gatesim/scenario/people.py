"""Who uses the service: regions, models, organisations, segments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gatesim.scenario.types import (
    Distribution,
    Duration,
    Name,
    Number,
    Part,
    Probability,
    Title,
    _adds_to_one,
)

Status = Literal["citizen", "permanent", "protected", "temporary", "without_status", "nonresident"]
"""Status relative to the home of the order: what a person is, and no signal reads."""

Channel = Literal["consumer", "team", "api", "cloud", "reseller", "internal"]
"""How an account reaches the service; the service knows it exactly."""

Role = Literal["ordinary", "defender", "adversary"]

STATUSES: tuple[Status, ...] = (
    "citizen",
    "permanent",
    "protected",
    "temporary",
    "without_status",
    "nonresident",
)
CHANNELS: tuple[Channel, ...] = ("consumer", "team", "api", "cloud", "reseller", "internal")
ROLES: tuple[Role, ...] = ("ordinary", "defender", "adversary")

Country = Annotated[str, Field(pattern=r"^([A-Z]{2}|\*)$")]
"""An ISO 3166 code of two letters, or ``*`` for every country that no region names."""


class Model(Part):
    """A model that the service offers."""

    title: Title = ""
    fallback: Name | None = None
    """A model outside the order that a refused person may be given instead."""


class Organisation(Part):
    """An organisation whose members use the service."""

    title: Title = ""


class Activity(Part):
    """How the rate of needs differs among the accounts of a segment: a finite mixture.

    The mean of the multipliers must be 1, so that ``needs_per_day`` stays the mean rate.
    """

    multipliers: Annotated[
        tuple[Annotated[Number, Field(ge=0, le=1000)], ...], Field(min_length=1, max_length=6)
    ]
    shares: Annotated[tuple[Probability, ...], Field(min_length=1, max_length=6)]


def _empty_or_adds_to_one(weights: dict[str, float]) -> dict[str, float]:
    return _adds_to_one(weights) if weights else weights


Where = Annotated[dict[str, Probability], AfterValidator(_empty_or_adds_to_one)]
"""A distribution over regions, or nothing where nobody goes."""


class Vpn(Part):
    """Who uses a VPN, how often it is on, and where it comes out."""

    users: Probability = 0.0
    on: Probability = 1.0
    """For a user: the probability that a session goes through the VPN, drawn anew each session."""
    exits: Where = {}
    """Region of the usual exit, drawn once for a person; needed when ``users`` is above zero."""


class Trips(Part):
    """Travel: times at home and trip lengths are exponential, in equilibrium at the start."""

    every: Duration = 2**62
    """Mean time at home between two trips."""
    length: Duration = 0
    """Mean length of a trip; zero means that nobody travels."""
    to: Where = {}
    """Region of the destination, drawn for each trip; needed when ``length`` is above zero."""


class CoUser(Part):
    """Another body on the account of a segment's owner, at most one for each co-user segment."""

    present: Probability
    """The probability that an account has this co-user."""
    share: Annotated[Number, Field(ge=0.0, lt=1.0)]
    """The share of the account's needs that the co-user makes, where present."""


class Segment(Part):
    """People of one kind."""

    title: Title = ""
    share: Probability
    """Share of accounts whose owner is of this kind; zero for people who are co-users only."""
    status: Status
    citizenship: Annotated[tuple[Country, ...], Field(min_length=1)]
    """Citizenships, the most recent first."""
    home: Name
    """The region in which the person lives."""
    channel: Channel = "consumer"
    role: Role = "ordinary"
    organisation: Name | None = None
    account_age: Duration = 2**62
    """Age of the account at the start of the window."""
    needs_per_day: Annotated[Number, Field(ge=0, le=10_000)]
    """Mean rate of needs of an account, all its bodies together."""
    activity: Activity = Activity(multipliers=(1.0,), shares=(1.0,))
    card: Distribution
    """Region in which the card was issued."""
    declared: Distribution
    """Region that the account form says."""
    vpn: Vpn = Vpn()
    trips: Trips = Trips()
    models: Distribution
    """Share of needs for each model."""
    documents: dict[Name, Probability] = {}
    """The probability of holding a genuine document, for each kind."""
    never_answers: Probability = 0.0
    """The probability that the owner never answers a request for a document."""
    gives_up: Probability = 0.0
    """The probability of giving up, at each request."""
    presents_forged: Probability = 0.0
    """The probability that an owner without an acceptable document presents a forged one."""
    presents_borrowed: Probability = 0.0
    """The same with somebody else's genuine document; tried before a forged one."""
    co_users: dict[Name, CoUser] = {}
