"""What signals read of a session, and the cell that it falls into: docs/model.md, section 2, in plain code.

A reading is the noise of its signal, one uniform number that sticks for a while, looked up in the row of the
attribute's current value. Here are a rule for the number (`Readings.noise`), one for the network that people
share (`Readings.network`), and one for the cell (`Readings.cell`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple, get_args

from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import Attribute, Refresh
from gatesim.world.draws import (
    CAUSE,
    NETWORK,
    READING_ACCOUNT,
    READING_PLACE,
    READING_SESSION,
    need_word,
    uniform,
)
from gatesim.world.noise import cumulative, noise_rows, value_at
from gatesim.world.space import CellSpace, value_space

AT_HOME = 0
"""Number of the place where a body is when it is neither on a trip nor on the VPN."""

ON_VPN = 2**40
"""Number of the place "on the VPN"; trip k is place k + 1."""

NETWORK_STRIDE = 2**32
"""Networks of the region at position r have numbers from r times this."""

PURPOSE: dict[Refresh, int] = {
    "account": READING_ACCOUNT,
    "place": READING_PLACE,
    "session": READING_SESSION,
}

ATTRIBUTES: tuple[Attribute, ...] = get_args(Attribute)


class Truth(NamedTuple):
    """The true values that signals observe, as numbers in their value spaces; fields as `ATTRIBUTES`."""

    device: int
    network: int
    network_kind: int
    card: int
    declared: int
    organisation: int
    attestation: int = 2
    revocation: int = 2


@dataclass(frozen=True, slots=True)
class _Signal:
    """A signal, ready for look-ups.

    ``rows[channel][kind][value]`` are cumulative probabilities of positions, and ``step[value][position]`` is
    what the reading at a position adds to the flat index of the cell.
    """

    number: int
    observes: int
    refresh: Refresh
    rows: tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]
    step: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Cause:
    """A shared cause, ready for draws."""

    number: int
    signals: tuple[int, ...]
    probability: float
    by_network: bool


class Readings:
    """The signals of a scenario under one seed.

    Parameters
    ----------
    scenario
        The scenario.
    seed, replication
        Key of the draws.
    """

    def __init__(self, scenario: Scenario, seed: int, replication: int) -> None:
        self._key = (seed, replication)
        shape = CellSpace.of(scenario).shape
        strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
        self._channel_step, self._model_step, self._band_step = strides[-3:]
        self._signals = []
        for number, signal in enumerate(scenario.signals.values()):
            values = range(len(value_space(scenario, signal.observes)))
            rows = cumulative(noise_rows(scenario, signal)).tolist()
            self._signals.append(
                _Signal(
                    number,
                    ATTRIBUTES.index(signal.observes),
                    signal.refresh,
                    tuple(tuple(tuple(tuple(row) for row in kind) for kind in channel) for channel in rows),
                    tuple(
                        tuple(value_at(v, position) * strides[number] for position in range(len(values) + 1))
                        for v in values
                    ),
                )
            )
        names = list(scenario.signals)
        self._by_refresh: dict[Refresh, list[int]] = {refresh: [] for refresh in PURPOSE}
        for entry in self._signals:
            self._by_refresh[entry.refresh].append(entry.number)
        self._causes: dict[Refresh, list[_Cause]] = {refresh: [] for refresh in PURPOSE}
        for number, cause in enumerate(scenario.causes.values()):
            tied = tuple(names.index(name) for name in cause.signals)
            by_network = cause.scope == "network"
            self._causes[self._signals[tied[0]].refresh].append(
                _Cause(number, tied, cause.probability, by_network)
            )
        self._network_block = network_blocks(scenario)

    def reads_by(self, refresh: Refresh) -> bool:
        """Whether any signal draws its noise anew at this refresh."""
        return bool(self._by_refresh[refresh])

    def network(self, cause: int, account: int, home: int) -> int:
        """Number of the home network of a body of an account whose home is a region, as a cause sees it."""
        return account // self._network_block[cause][home] + home * NETWORK_STRIDE

    def noise(
        self, refresh: Refresh, person: int, unit: int, home_of: tuple[int, int] | None = None
    ) -> dict[int, float]:
        """The noise of all signals of one refresh for one unit.

        Parameters
        ----------
        refresh, person, unit
            ``account``: the owner and 0; ``place``: the body and the number of the place; ``session``: the
            body and the number of the need.
        home_of
            ``(account, home region)`` of a body that is at home without VPN: there causes act by network.

        Returns
        -------
        dict
            Number of the signal to a uniform number.
        """
        seed, replication = self._key
        purpose = PURPOSE[refresh]
        noise = {
            j: need_word(seed, replication, person, purpose, unit, j)
            if refresh == "session"
            else uniform(seed, replication, person, purpose, 256 * unit + j)
            for j in self._by_refresh[refresh]
        }
        for cause in self._causes[refresh]:
            if cause.by_network and home_of is not None:
                who, what, first = self.network(cause.number, *home_of), NETWORK, 2 * cause.number
            else:
                who, what, first = person, CAUSE, 256 * unit + 2 * cause.number
            if uniform(seed, replication, who, what, first) < cause.probability:
                shared = uniform(seed, replication, who, what, first + 1)
                noise.update(dict.fromkeys(cause.signals, shared))
        return noise

    def cell(self, noise: Sequence[float], truth: Truth, channel: int, model: int, band: int) -> int:
        """Flat index of the cell of a session.

        Parameters
        ----------
        noise
            For each signal its uniform number.
        truth
            The true values at that moment.
        channel, model, band
            What the service knows exactly.
        """
        cell = channel * self._channel_step + model * self._model_step + band * self._band_step
        kind = truth.network_kind
        for u, signal in zip(noise, self._signals, strict=True):
            value = truth[signal.observes]
            cell += signal.step[value][bisect_right(signal.rows[channel][kind][value], u)]
        return cell


def network_blocks(scenario: Scenario) -> list[list[int]]:
    """For each cause and home region: how many consecutive accounts share a network.

    Account numbers mix all regions, so a block that holds ``people_per_network`` accounts of a region must be
    that many divided by the region's share of accounts.
    """
    shares = [
        sum(segment.share for segment in scenario.segments.values() if segment.home == region)
        for region in scenario.regions
    ]
    return [
        [
            max(1, round(cause.people_per_network / share)) if share > 0 else cause.people_per_network
            for share in shares
        ]
        for cause in scenario.causes.values()
    ]
