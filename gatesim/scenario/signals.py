"""What the gate can see: signals, each a noisy channel that observes one attribute, and their shared causes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gatesim.scenario.people import Channel
from gatesim.scenario.types import Distribution, Name, Part, Probability, Title

Attribute = Literal["device", "network", "network_kind", "card", "declared", "organisation"]
"""What a signal can observe. ``device``: the region where the person is. ``network``: the region where the
connection comes out (the VPN's exit when it is on, else the device's). ``network_kind``: ``direct`` or ``vpn``.
``card``, ``declared``: the owner's. ``organisation``: the owner's organisation or ``none``."""

Refresh = Literal["account", "place", "session"]

NETWORK_KINDS = ("direct", "vpn")
NO_ORGANISATION = "none"
UNKNOWN = "unknown"

Accuracy = Probability | dict[str, Probability] | dict[str, Distribution]
"""One number, one for each true value (``*`` for the others), or a confusion matrix: for each true value
(``*`` for the others) the distribution of what is read."""


class Noise(Part):
    """How a signal errs. A field left out falls back to the signal's own."""

    accuracy: Accuracy | None = None
    coverage: Probability | dict[str, Probability] | None = None
    """The probability that there is a reading at all, one number or one for each true value (``*`` for the
    others); otherwise the signal reads ``unknown``."""


class Signal(Part):
    """A noisy channel that observes one attribute."""

    title: Title = ""
    observes: Attribute
    accuracy: Accuracy = 1.0
    errors_to: Distribution | None = None
    """Where errors go; by default to the other values by their share of needs."""
    coverage: Probability | dict[str, Probability] = 1.0
    refresh: Refresh = "session"
    """When the noise is drawn anew: once for the account, for each place (home, this trip, the VPN's exit), or
    for each session."""
    vpn: Noise = Noise()
    """The noise while the VPN is on."""
    channels: dict[Channel, Noise] = {}
    """The noise for accounts of a channel, where it differs; it goes before ``vpn``."""


class Cause(Part):
    """A shared cause of errors: while it acts, the signals that it ties draw their noise from one number.

    Each signal keeps its own accuracy; what changes is that their errors come together. All its signals have the
    same ``refresh``, at which the cause is drawn anew as well.
    """

    title: Title = ""
    signals: Annotated[tuple[Name, ...], Field(min_length=1)]
    probability: Probability
    """The probability that the cause acts."""
    scope: Literal["person", "network"] = "person"
    """``network``: one draw for all people on a home network, of people who are at home without a VPN."""
    people_per_network: Annotated[int, Field(ge=1, le=1_000_000)] = 1
