"""A whole scenario, as the model sees it: typed, complete, consistent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gatesim.scenario.checks import Checker, Desk, Document, Reactions
from gatesim.scenario.operator import Operator, UsageCap
from gatesim.scenario.orders import Control, Exposure, Order, Reading, Verdict
from gatesim.scenario.people import Channel, Country, Model, Organisation, Segment
from gatesim.scenario.policies import AnyPolicy
from gatesim.scenario.signals import Attestation, Cause, Signal
from gatesim.scenario.types import Count, Duration, Instant, Name, Number, Part, Title

SCHEMA = 1
"""The number of the scenario format."""

Grade = Literal["measured", "published", "reported", "proxy", "vendor", "derived", "guess", "choice"]
"""How well an input is known; ``choice`` is no assumption: somebody sets it."""


def _two(bounds: tuple[float, ...]) -> tuple[float, ...]:
    if len(bounds) not in (0, 2) or (bounds and bounds[0] > bounds[1]):
        raise ValueError("must be two numbers, the lower one first: [0.1, 0.3]")
    return bounds


Bounds = Annotated[tuple[Number, ...], AfterValidator(_two)]
"""The lower and the upper end; empty where there are none."""


class Assumption(Part):
    """What is known about an input, or about all inputs whose key fits a pattern."""

    title: Title
    unit: Title = ""
    range: Bounds = ()
    """The plausible range; a value outside it brings a warning."""
    shape: Literal["uniform", "triangular", "loguniform"] = "uniform"
    limits: Bounds = ()
    """Hard limits; a value outside them is an error."""
    grade: Grade
    sources: tuple[Annotated[str, Field(max_length=500)], ...] = ()
    note: Annotated[str, Field(max_length=2000)] = ""


class Scenario(Part):
    """Everything that the three engines need to know."""

    schema_number: Annotated[Literal[1], Field(alias="schema")] = 1
    title: Title
    expected: Annotated[str, Field(max_length=5000)] = ""
    """What its author expected before it was first run, and what came out otherwise."""
    start: Instant
    length: Duration
    people: Annotated[Count, Field(ge=1)]
    """Accounts that are simulated; co-users come on top."""
    represents: Annotated[Count, Field(ge=1, le=10**11)]
    """Real accounts that these stand for."""
    seed: Annotated[Count, Field(ge=0, lt=2**32)] = 1
    home: Name
    """The region that the orders are relative to."""
    age_bands: Annotated[tuple[Duration, ...], Field(max_length=12)] = ()
    """Ages at which the service tells accounts apart."""
    regions: Annotated[
        dict[Name, Annotated[tuple[Country, ...], Field(min_length=1)]], Field(min_length=1, max_length=12)
    ]
    models: Annotated[dict[Name, Model], Field(min_length=1, max_length=12)]
    organisations: dict[Name, Organisation] = {}
    segments: Annotated[dict[Name, Segment], Field(min_length=1, max_length=200)]
    signals: Annotated[dict[Name, Signal], Field(max_length=12)] = {}
    causes: dict[Name, Cause] = {}
    attestation: dict[Channel, Attestation] = {}
    """The word that customers of a channel give for the people on their accounts."""
    checkers: dict[Name, Checker] = {}
    documents: dict[Name, Document] = {}
    desk: Desk | None = None
    reactions: Reactions = Reactions()
    readings: dict[Name, Reading] = {}
    controls: Annotated[dict[Name, Control], Field(max_length=50)] = {}
    orders: Annotated[tuple[Order, ...], Field(max_length=20)] = ()
    exposure: Exposure | None = None
    verdict: Verdict = Verdict()
    policies: Annotated[dict[Name, AnyPolicy], Field(max_length=200)] = {}
    operator: Operator | None = None
    usage_caps: Annotated[tuple[UsageCap, ...], Field(max_length=20)] = ()
    assumptions: dict[str, Assumption] = {}
    """Metadata by key; a ``*`` stands for any one name in the key."""
