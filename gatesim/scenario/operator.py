"""The operator: which policies it puts in place, and in which order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gatesim.scenario.types import Duration, Name, Part

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


class Operator(Part):
    """What the service does over time: a ladder of policies, and how it is climbed."""

    ladder: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    """Policies, each in place at the issue of the first order plus its lead time."""
    strategy: Literal["fixed", "listed"] = "listed"
    """How the ladder is climbed. `fixed`: one policy, which stays. `listed`: each that is ready replaces those
    that stand before it."""
    in_flight: Literal["drain", "kill"] = "drain"
    """What a switch does to cases in progress. `drain`: they go on. `kill`: those that the new policy would block
    end, refused."""
    contract: Contract | None = None
    """A contract against which dark time is held."""
