"""What the gate can see: signals, each a noisy channel of one attribute, and their shared causes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from gatesim.scenario.people import Channel, Status
from gatesim.scenario.types import FOREVER, Count, Distribution, Duration, Name, Part, Probability, Title

Attribute = Literal[
    "device", "network", "network_kind", "card", "declared", "organisation", "attestation", "revocation"
]
"""What a signal can observe. ``device``: the region where the person is. ``network``: the region where the
connection comes out (the VPN's exit when it is on, else the device's). ``network_kind``: ``direct``, ``vpn``.
``card``, ``declared``: the owner's. ``organisation``: the owner's organisation or ``none``. ``attestation``: what
the customer says of the account; ``revocation``: whether its word has been found false (see `Attestation`)."""

WORDS = ("attestation", "revocation")
"""A customer's word: a signal of it has no noise of its own."""

Refresh = Literal["account", "place", "session"]

NETWORK_KINDS = ("direct", "vpn")
NO_ORGANISATION = "none"
ATTESTATIONS = ("vouched", "not_vouched", "none")
"""Whether everybody on an account is of a status that its customer may vouch for; ``none``: no customer gives its
word on that channel."""
REVOCATIONS = ("standing", "revoked", "none")
"""What becomes of a word: it stands, or is found false; in the order of `ATTESTATIONS`."""
UNKNOWN = "unknown"


def _how_given(value: object) -> str:
    if not isinstance(value, Mapping):
        return "<number>"
    return "<matrix>" if any(isinstance(entry, Mapping) for entry in value.values()) else "<table>"


# The tags keep messages to the one form that was meant; no name can begin with "<".
Accuracy = Annotated[
    Annotated[Probability, Tag("<number>")]
    | Annotated[dict[str, Probability], Tag("<table>")]
    | Annotated[dict[str, Distribution], Tag("<matrix>")],
    Discriminator(_how_given),
]
"""One number, one for each true value (``*`` for the others), or a confusion matrix: for each true value
(``*`` for the others) the distribution of what is read."""

Coverage = Annotated[
    Annotated[Probability, Tag("<number>")] | Annotated[dict[str, Probability], Tag("<table>")],
    Discriminator(lambda value: "<table>" if isinstance(value, Mapping) else "<number>"),
]
"""The probability that there is a reading at all; one number or one a true value (``*``: the others)."""


class Noise(Part):
    """How a signal errs. A field left out falls back to the signal's own."""

    accuracy: Accuracy | None = None
    coverage: Coverage | None = None
    """The probability that there is a reading at all; otherwise the signal reads ``unknown``."""


class Signal(Part):
    """A noisy channel that observes one attribute."""

    title: Title = ""
    observes: Attribute
    accuracy: Accuracy = 1.0
    errors_to: Distribution | None = None
    """Where errors go; by default to the other values by their share of needs."""
    coverage: Coverage = 1.0
    refresh: Refresh = "session"
    """When the noise is drawn anew: once for the account, for each place (home, this trip, the VPN's exit),
    or for each session."""
    vpn: Noise = Noise()
    """The noise while the VPN is on."""
    channels: dict[Channel, Noise] = {}
    """The noise for accounts of a channel, where it differs; it goes before ``vpn``."""


class Cause(Part):
    """A shared cause of errors: while it acts, the signals that it ties draw their noise from one number.

    Each signal keeps its own accuracy; what changes is that their errors come together. All its signals have
    the same ``refresh``, at which the cause is drawn anew as well.
    """

    title: Title = ""
    signals: Annotated[tuple[Name, ...], Field(min_length=1)]
    probability: Probability
    """The probability that the cause acts."""
    scope: Literal["person", "network"] = "person"
    """``network``: one draw for all people on a home network, of people who are at home without a VPN."""
    people_per_network: Annotated[Count, Field(ge=1, le=1_000_000)] = 1


class Attestation(Part):
    """The word that customers of a channel give for the people on their accounts, account by account.

    A word is true if everybody who is surely on the account (its owner, and co-users with ``present = 1``) is of
    one of the ``statuses``. Co-users who are there on some accounts only are people whom it does not reach.
    """

    title: Title = ""
    statuses: Annotated[tuple[Status, ...], Field(min_length=1)] = ("citizen", "permanent", "protected")
    """People whom the customer may vouch for."""
    given: Probability = 1.0
    """Share of accounts for which a word is given at all; of the others the signal reads ``unknown``."""
    honest: Probability
    """Share of accounts with somebody else on them whose customer would not give a false word."""
    enforced: Probability = 1.0
    """Of these accounts, the share of which the customer knows who is on them; of the rest its word is false, too."""
    revoked_after: Duration = FOREVER
    """Mean time until a false word is found out, on an account with the mean rate of needs of such accounts."""
