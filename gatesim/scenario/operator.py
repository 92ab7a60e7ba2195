"""The operator: which policies it puts in place, and in which order."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from gatesim.scenario.people import Channel
from gatesim.scenario.types import DAY, Count, Duration, Instant, Name, Part, Probability, Title

WEEK = 7 * DAY

OPERATOR = "operator"
"""The name under which a strategy stands among the results; no policy may have it."""

INTERIM = "interim"
"""The name under which the time before its first switch is worked out; no policy may have it where there is an
operator."""


class Contract(Part):
    """What a customer's contract tolerates."""

    tolerates: Duration
    """Time that a model may be dark, that is, refused to everybody whatever the gate sees, in the window."""
    fallback_counts: bool = False
    """Whether the older model counts as the service: then a model with a fallback is never dark."""


class Staff(Part):
    """Foreign staff whom the order keeps from their work, from its force on."""

    builders: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The part of the work on gates that they would have done: lead times lengthen."""
    reviewers: Probability = 0.0
    """The part of the reviewers of each shift that they are: the desk shrinks, to whole reviewers."""
    back: Instant | None = None
    """When they are back at work; by default not within the window."""


class Belief(Part):
    """One world that the operator holds possible."""

    weight: Annotated[float, Field(gt=0, le=1)]
    """How likely the operator holds it before it has seen anything; all weights together are 1."""
    world: dict[str, Any] = {}
    """What is believed otherwise of `segments`, `signals` and `causes`; written as in a scenario. Empty: the
    scenario as it is."""


class Operator(Part):
    """What the service does over time: a ladder of policies, and how it is climbed."""

    ladder: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    """Policies, each in place at the issue of the first order plus its lead time."""
    strategy: Literal["fixed", "listed", "best"] = "listed"
    """How the ladder is climbed. `fixed`: one policy, which stays. `listed`: each that is ready replaces those
    that stand before it. `best`: at each review, and whenever one gets ready, of those ready the one that serves
    most and is believed to be within the limit of the first order; else a shutdown, if the ladder has one that is
    ready."""
    reviews: Duration = WEEK
    """For `best`: time between reviews; the first is at the issue of the first order."""
    confidence: Annotated[float, Field(gt=0, le=1)] = 0.95
    """For `best`: the least probability, as believed, of being within the limit."""
    sessions: Annotated[Count, Field(ge=0)] = 1000
    """For `best`: sessions a day, of all for the models that an order names, whose readings it looks at."""
    checks: Annotated[Count, Field(ge=0)] = 0
    """For `best`: checks a day, of those that the policy in place opens among all accounts represented, whose
    outcomes it looks at; where fewer are opened, all."""
    audits: bool = False
    """For `best`: whether it learns what the orders' audits find."""
    beliefs: Annotated[dict[Name, Belief], Field(max_length=50)] = {}
    """For `best`: the worlds it holds possible. Empty: it knows the truth."""
    in_flight: Literal["drain", "kill"] = "drain"
    """What a switch does to cases in progress. `drain`: they go on. `kill`: those that the new policy would block
    end, refused."""
    staff: Staff | None = None
    """Staff who are away because of the order."""
    contract: Contract | None = None
    """A contract against which dark time is held."""


class UsageCap(Part):
    """A cap on usage: of an account's needs for a model so many are served on each calendar day, the rest refused.

    It holds for a model only while no order in force names it. No gate is asked, and no measure of an order changes.
    """

    title: Title = ""
    models: Annotated[tuple[Name, ...], Field(min_length=1, max_length=12)]
    """Models that are capped, each by itself."""
    channels: tuple[Channel, ...] = ()
    """Channels of the accounts that are capped; empty: all."""
    per_day: Annotated[Count, Field(ge=0, le=10_000)]
    """Needs for the model that are served to an account on a day, in the zone of the scenario's start."""
    at: Instant
    """When the cap begins."""
    length: Duration
    """How long it holds."""
