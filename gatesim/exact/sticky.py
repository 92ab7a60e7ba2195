"""Numbers that stick: the joint law of what signals read in several contexts with noise drawn once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import ATTESTATIONS, Refresh
from gatesim.world.kept import kept_by
from gatesim.world.noise import DIRECT, VPN, breakpoints, cumulative, noise_rows, value_at
from gatesim.world.space import CellSpace

NO_EXIT = -1
"""In place of the region of the VPN's exit: the VPN is off."""

_NARROW = 1e-15
"""Narrower intervals of uniform numbers come from rounding in cumulative sums, not from the model."""


class Context(NamedTuple):
    """Where a session comes from: the device's region, and the region of the VPN's exit or `NO_EXIT`."""

    region: int
    exit: int

    @property
    def kind(self) -> int:
        """The kind of network."""
        return DIRECT if self.exit == NO_EXIT else VPN


class OwnerFacts(NamedTuple):
    """What signals can observe of the account: channel, card, declared region, organisation, word (numbers)."""

    channel: int
    card: int
    declared: int
    organisation: int
    word: int = ATTESTATIONS.index("none")


_NOTHING = OwnerFacts(0, 0, 0, 0)
"""Facts of no account: enough for signals that observe where a session comes from."""


@dataclass(frozen=True)
class Group:
    """Signals whose noise is tied by one cause, or a single signal.

    Attributes
    ----------
    signals
        Their numbers.
    probability
        The probability that the cause acts; 0 for a single signal.
    network
        Whether the cause is one draw for everybody on a home network.
    """

    signals: tuple[int, ...]
    probability: float
    network: bool


@dataclass(frozen=True)
class StickyLaw:
    """The joint law of readings in several contexts.

    Attributes
    ----------
    offsets
        int64[outcome, context]: sum over the signals of reading times stride, so that the offsets of all
        groups of signals add up to the flat index of the joint readings.
    weights
        float64[outcome]: probabilities, which add up to 1.
    """

    offsets: NDArray[np.int64]
    weights: NDArray[np.float64]

    def times(self, other: StickyLaw) -> StickyLaw:
        """The joint law with independent other signals, in the same contexts."""
        offsets = self.offsets[:, None, :] + other.offsets[None, :, :]
        weights = self.weights[:, None] * other.weights[None, :]
        return StickyLaw(offsets.reshape(-1, offsets.shape[-1]), weights.ravel())


class Noises:
    """The noise of all signals of a scenario, and which of them stick together."""

    def __init__(self, scenario: Scenario) -> None:
        self.signals = list(scenario.signals.values())
        self.rows = [noise_rows(scenario, signal) for signal in self.signals]
        self.cumulative = [cumulative(rows) for rows in self.rows]
        # By signal and channel whether the noise differs with the kind of network.
        self._by_kind = [(rows[:, DIRECT] != rows[:, VPN]).any(axis=(1, 2)).tolist() for rows in self.rows]
        lengths = [len(r) for r in CellSpace.of(scenario).readings]
        self.strides = [prod(lengths[j + 1 :]) for j in range(len(lengths))]
        names = list(scenario.signals)
        self.groups: list[Group] = []
        tied: set[str] = set()
        for cause in scenario.causes.values():
            tied |= set(cause.signals)
            numbers = tuple(sorted({names.index(name) for name in cause.signals}))
            self.groups.append(Group(numbers, cause.probability, cause.scope == "network"))
        self.groups += [Group((j,), 0.0, False) for j, name in enumerate(names) if name not in tied]
        self._known: dict[tuple[Refresh, tuple[Context, ...], OwnerFacts], StickyLaw] = {}
        self._of_group: dict[tuple[object, ...], StickyLaw] = {}

    def of_refresh(self, refresh: Refresh) -> list[Group]:
        """The groups whose noise sticks equally long."""
        return [group for group in self.groups if self.signals[group.signals[0]].refresh == refresh]

    def value(self, signal: int, context: Context, facts: OwnerFacts) -> int:
        """The true value of the attribute that a signal observes."""
        network = context.region if context.exit == NO_EXIT else context.exit
        truth = {
            "device": context.region,
            "network": network,
            "network_kind": context.kind,
            "card": facts.card,
            "declared": facts.declared,
            "organisation": facts.organisation,
            "attestation": facts.word,
            "revocation": facts.word,
        }
        return truth[self.signals[signal].observes]

    def apart_in(
        self, refresh: Refresh, contexts: Sequence[Context], channel: int
    ) -> tuple[tuple[Context, ...], list[int]]:
        """Contexts in which signals read different values, or with different noise.

        Parameters
        ----------
        refresh
            How long the noise of the signals sticks.
        contexts, channel
            The contexts, and the number of the account's channel.

        Returns
        -------
        tuple
            One context of each kind that is told apart, and for each of the contexts the number of its kind.
        """
        signals = [j for group in self.of_refresh(refresh) for j in group.signals]
        kinds: dict[tuple[object, ...], int] = {}
        first: list[Context] = []
        which = []
        for context in contexts:
            seen: list[object] = []
            for j in signals:
                observes = self.signals[j].observes
                if observes in ("device", "network", "network_kind"):
                    seen.append(self.value(j, context, _NOTHING))
                if not self._by_kind[j][channel]:
                    continue
                seen.append(context.kind)
            number = kinds.setdefault(tuple(seen), len(kinds))
            if number == len(first):
                first.append(context)
            which.append(number)
        return tuple(first), which

    def joint(self, refresh: Refresh, contexts: tuple[Context, ...], facts: OwnerFacts) -> StickyLaw:
        """The joint law of what signals read in several contexts, drawn once for all of these.

        Parameters
        ----------
        refresh
            How long their noise sticks.
        contexts, facts
            The contexts, and what can be observed of the account.
        """
        key = (refresh, contexts, facts)
        if key not in self._known:
            law = StickyLaw(np.zeros((1, len(contexts)), dtype=np.int64), np.ones(1))
            for group in self.of_refresh(refresh):
                law = law.times(self.of_group(group, contexts, facts))
            self._known[key] = law
        return self._known[key]

    def of_group(self, group: Group, contexts: Sequence[Context], facts: OwnerFacts) -> StickyLaw:
        """The same for one group, whether or not its cause acts."""
        # It depends on nothing but the true values of what its signals observe, and where they observe it.
        true = tuple((c.kind, self.value(j, c, facts)) for j in group.signals for c in contexts)
        key = (group, facts.channel, true)
        if key not in self._of_group:
            self._of_group[key] = self._law_of_group(group, contexts, facts)
        return self._of_group[key]

    def _law_of_group(self, group: Group, contexts: Sequence[Context], facts: OwnerFacts) -> StickyLaw:
        apart = self.apart(group, contexts, facts)
        if group.probability == 0:
            return apart
        parts = [
            (apart, 1.0 - group.probability),
            *(
                (StickyLaw(o[None, :], np.ones(1)), group.probability * w)
                for o, w in self.acting(group, contexts, facts)
            ),
        ]
        kept = [(law, weight) for law, weight in parts if weight > 0]
        return StickyLaw(
            np.concatenate([law.offsets for law, _ in kept]),
            np.concatenate([law.weights * weight for law, weight in kept]),
        )

    def apart(self, group: Group, contexts: Sequence[Context], facts: OwnerFacts) -> StickyLaw:
        """The law while the group's cause does not act: each signal has a number of its own."""
        law = StickyLaw(np.zeros((1, len(contexts)), dtype=np.int64), np.ones(1))
        for j in group.signals:
            outcomes = self._one_number((j,), contexts, facts)
            law = law.times(
                StickyLaw(
                    np.array(list(outcomes), dtype=np.int64).reshape(len(outcomes), len(contexts)),
                    np.array(list(outcomes.values())),
                )
            )
        return law

    def acting(
        self, group: Group, contexts: Sequence[Context], facts: OwnerFacts
    ) -> list[tuple[NDArray[np.int64], float]]:
        """Outcomes (offsets by context) and their probabilities while the group's cause acts."""
        return [(np.array(o), w) for o, w in self._one_number(group.signals, contexts, facts).items()]

    def _one_number(
        self, signals: Sequence[int], contexts: Sequence[Context], facts: OwnerFacts
    ) -> dict[tuple[int, ...], float]:
        """What one uniform number, looked up by all signals in all contexts, makes of the readings."""
        entries = [
            [(j, context.kind, self.value(j, context, facts)) for context in contexts] for j in signals
        ]
        rows = {entry for line in entries for entry in line}
        if len(rows) == 1:
            # One row only: its probabilities as they stand, without the rounding of cumulative sums.
            j, kind, v = next(iter(rows))
            row = self.rows[j][facts.channel, kind, v]
            return {
                (value_at(v, p) * self.strides[j] if p < len(row) - 1 else p * self.strides[j],)
                * len(contexts): float(w)
                for p, w in enumerate(row)
                if w > 0
            }
        sums = {(j, kind, v): self.cumulative[j][facts.channel, kind, v] for j, kind, v in rows}
        found: defaultdict[tuple[int, ...], float] = defaultdict(float)
        for low, high in breakpoints(*sums.values()):
            if high - low <= _NARROW:
                continue
            read = {}
            for (j, kind, v), c in sums.items():
                p = int(np.searchsorted(c, 0.5 * (low + high), side="right"))
                read[j, kind, v] = (value_at(v, p) if p < len(c) - 1 else p) * self.strides[j]
            found[
                tuple(
                    sum(line[k] for line in ([read[e] for e in es] for es in entries))
                    for k in range(len(contexts))
                )
            ] += high - low
        return dict(found)


SEEN = (
    "signals",
    "causes",
    "segments",
    "regions",
    "organisations",
    "attestation",
    "age_bands",
    "models",
)
"""Tables of a scenario that say what there is to be seen of accounts, and how it is read; no law, no gate."""


@kept_by(*SEEN)
def noises_of(scenario: Scenario) -> Noises:
    """The noise of all signals of a scenario, worked out once."""
    return Noises(scenario)
