"""Policies: the parameters of each family of gates. How a family decides: ``gatesim.gates.policies``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from gatesim.scenario.people import Channel
from gatesim.scenario.types import FOREVER, Count, Duration, Name, Number, Part, Probability, Title

Action = Literal["allow", "check", "block"]
Unknown = Literal["foreign", "home", "ignore"]
"""What a reading ``unknown`` counts as."""


class Policy(Part):
    """What every policy has, whatever its family."""

    title: Title = ""
    """What the policy is, in a line."""
    channels: tuple[Channel, ...] = ()
    """The policy acts on accounts of these channels only; empty: on all. Others are served."""
    models: tuple[Name, ...] = ()
    """The policy acts on these models only; empty: on all that an order names."""
    lead_time: Duration = 0
    """Time from the issue of the order until the policy could be in place."""
    documents: tuple[Name, ...] = ()
    """Kinds of documents that a check accepts: the first that the owner holds is presented."""
    checker: Name | None = None
    """A checker used instead of each document's own."""
    clearance: Duration = FOREVER
    """How long an account that passed a check stays cleared."""
    ask_again_after: Duration = 0
    """How long after a check without success the account is refused before it is asked again; zero: until the
    next need."""
    allow_lasts: Duration = 0
    """How long an allowed account is not looked at again."""
    block_lasts: Duration = 0
    """How long a blocked account stays blocked without being looked at again."""
    controls: tuple[Name, ...] = ()
    """Named controls that stand under the policy; a standard of the kind ``process`` asks for them."""

    @property
    def is_shutdown(self) -> bool:
        """Whether it closes the service: no candidate. One that closes some channels only serves on the others."""
        return False


class Open(Policy):
    """Serve everybody."""

    family: Literal["open"]


class Shutdown(Policy):
    """Serve nobody.

    The verdict counts it for no candidate. One that closes some channels or models only is one: it serves the others.
    """

    family: Literal["shutdown"]

    @property
    def is_shutdown(self) -> bool:
        """See `Policy`; of several models, closing some is closing those alone."""
        return not self.channels and not self.models


HowMany = Annotated[
    Annotated[Count, Field(ge=1), Tag("<number>")]
    | Annotated[Literal["any", "majority", "all"], Tag("<word>")],
    Discriminator(lambda value: "<word>" if isinstance(value, str) else "<number>"),
]


class KOfN(Policy):
    """Act when at least ``k`` of the named signals read foreign."""

    family: Literal["k_of_n"]
    signals: Annotated[tuple[Name, ...], Field(min_length=1, max_length=12)]
    """Signals that are counted."""
    k: HowMany
    """How many must read foreign: a number, `any` (1), `majority` or `all`."""
    then: Literal["check", "block"] = "block"
    """What is done then."""
    unknown: Unknown = "foreign"
    """What a reading `unknown` counts as."""


class Single(Policy):
    """Act on what one signal reads."""

    family: Literal["single"]
    signal: Name
    """The signal."""
    then: Literal["check", "block"] = "block"
    """What is done where it reads foreign."""
    unknown: Unknown = "foreign"
    """What a reading `unknown` counts as."""


class Score(Policy):
    """Add up a weight for each signal that reads foreign, and compare the sum with two thresholds."""

    family: Literal["score"]
    weights: Annotated[dict[Name, Number], Field(min_length=1)]
    """Weight of each signal that reads foreign."""
    unknown_weights: dict[Name, Number] = {}
    """Weight of a reading ``unknown``; 0 where not given."""
    check_at: Number | None = None
    """Check from this score on."""
    block_at: Number | None = None
    """Block from this score on; it goes before the check."""


class Posterior(Policy):
    """Compare the probability that the need is restricted, given its cell, with two thresholds (Bayes)."""

    family: Literal["posterior"]
    check_above: Probability | None = None
    """Check where the probability is above this."""
    block_above: Probability | None = None
    """Block where the probability is above this; it goes before the check."""
    beliefs: dict[str, Any] = {}
    """What the operator believes where it differs from the scenario: a table of the same shape, for example
    ``{ signals = { ip = { accuracy = 0.95 } } }``."""


class When(Part):
    """A condition on the cell: everything that is given must hold."""

    readings: dict[Name, tuple[Name, ...]] = {}
    """For each signal the readings that meet the condition."""
    channels: tuple[Channel, ...] = ()
    """Channels of the account that meet the condition; empty: all."""
    models: tuple[Name, ...] = ()
    """Models that meet the condition; empty: all."""
    age_at_least: Duration = 0
    """The account is at least this old; one of the scenario's ``age_bands``."""


class Rule(Part):
    """One rule."""

    when: When = When()
    """The condition; empty: always."""
    then: Action
    """What is done."""


class Rules(Policy):
    """The first rule whose condition holds decides."""

    family: Literal["rules"]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=200)]
    """Looked at in order."""
    otherwise: Action
    """What is done where no condition holds."""


class Listed(Policy):
    """Allow what is on a list: organisations (read through a signal), existing users, staff; act on the rest."""

    family: Literal["listed"]
    signal: Name | None = None
    """The signal that reads the organisation."""
    organisations: tuple[Name, ...] = ()
    """Organisations on the list."""
    age_at_least: Duration | None = None
    """Accounts at least this old are on the list; one of the scenario's ``age_bands``."""
    staff: bool = False
    """The lab's own staff, accounts of the channel ``internal``, are on the list."""
    otherwise: Literal["check", "block"] = "block"
    """What is done with everybody else."""


class Best(Policy):
    """The best single table for a limit that decides each need from its own cell, by the scenario's own numbers.

    It knows the truth, which no operator does: it shows what is attainable (docs/bounds.md). It keeps nothing unless
    told to.
    """

    family: Literal["best"]
    ratio: Literal["leak_rate", "leak_share"] | None = None
    """Which leak ratio is limited, or made small; by default that of the first order's standard."""
    limit: Probability | None = None
    """The most leak ratio; by default the limit of the first order's standard."""
    floor: Probability | None = None
    """Instead of a limit: leak least while serving this share of entitled needs."""
    each_order: bool = False
    """Whether each order's own leaks are within the limit (its own one, where the policy names none), and not those
    of all orders together."""
    clearance: Duration = 0
    """How long an account that passed a check stays cleared; zero: a check is asked each time."""


class Attested(Policy):
    """Serve the accounts that their customer vouches for (see ``[attestation]``); act on the rest.

    A word that is found false is revoked: the account is blocked, by default for good.
    """

    family: Literal["attested"]
    signal: Name
    """The signal that observes the ``attestation``: what the customer says."""
    revocation: Name | None = None
    """The signal that observes the ``revocation``: whether the word has been found false. None: nobody looks."""
    otherwise: Literal["check", "block"] = "block"
    """What is done with accounts that nobody vouches for."""
    block_lasts: Duration = FOREVER
    """How long an account whose word was revoked stays blocked; here without end unless said otherwise."""


class ByChannel(Policy):
    """Another policy's decisions on each channel; memory, documents and lead time are its own.

    Channels that are not named are left open.
    """

    family: Literal["by_channel"]
    parts: Annotated[dict[Channel, Name], Field(min_length=1)]
    """For each channel the policy of this scenario that decides there."""


class Plugin(Policy):
    """A gate from outside: found by its name among the plug-ins that are installed or handed to the API."""

    family: Literal["plug_in"]
    plug_in: Annotated[str, Field(min_length=1, max_length=100)]
    """Name of the plug-in."""
    parameters: dict[str, Any] = {}
    """What the plug-in is told; it says itself what it knows."""


AnyPolicy = Annotated[
    Open
    | Shutdown
    | KOfN
    | Single
    | Score
    | Posterior
    | Rules
    | Listed
    | Best
    | Attested
    | ByChannel
    | Plugin,
    Field(discriminator="family"),
]
FAMILIES: tuple[str, ...] = (
    "open",
    "shutdown",
    "k_of_n",
    "single",
    "score",
    "posterior",
    "rules",
    "listed",
    "best",
    "attested",
    "by_channel",
    "plug_in",
)
