"""The space of cells: all that a gate can see, as one flat index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from gatesim.scenario.people import CHANNELS, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import (
    ATTESTATIONS,
    NETWORK_KINDS,
    NO_ORGANISATION,
    REVOCATIONS,
    UNKNOWN,
    Attribute,
)


def value_space(scenario: Scenario, attribute: Attribute) -> tuple[str, ...]:
    """The true values that an attribute can have, in the order of the file."""
    if attribute == "network_kind":
        return NETWORK_KINDS
    if attribute == "organisation":
        return (*scenario.organisations, NO_ORGANISATION)
    if attribute in ("attestation", "revocation"):
        return ATTESTATIONS if attribute == "attestation" else REVOCATIONS
    return tuple(scenario.regions)


def age_band(scenario: Scenario, segment: Segment) -> int:
    """The band of an account's age at the start: how many of the scenario's ages it has reached."""
    return sum(age <= segment.account_age for age in scenario.age_bands)


def word_for(scenario: Scenario, segment: Segment) -> int:
    """What a customer's word for an account of an owner segment would be: a number in `ATTESTATIONS`."""
    attestation = scenario.attestation.get(segment.channel)
    if attestation is None:
        return ATTESTATIONS.index("none")
    surely = [scenario.segments[name] for name, entry in segment.co_users.items() if entry.present == 1]
    everybody = all(one.status in attestation.statuses for one in (segment, *surely))
    return ATTESTATIONS.index("vouched" if everybody else "not_vouched")


@dataclass(frozen=True)
class CellSpace:
    """Names and sizes of the axes of a cell.

    Attributes
    ----------
    signals
        Names of the signals, in the order of the file.
    readings
        For each signal what it can read; ``unknown`` is the last.
    models
        Names of the models.
    bands
        Number of age bands.
    """

    signals: tuple[str, ...]
    readings: tuple[tuple[str, ...], ...]
    models: tuple[str, ...]
    bands: int

    @classmethod
    def of(cls, scenario: Scenario) -> CellSpace:
        """The cells of a scenario."""
        readings = tuple((*value_space(scenario, s.observes), UNKNOWN) for s in scenario.signals.values())
        return cls(tuple(scenario.signals), readings, tuple(scenario.models), len(scenario.age_bands) + 1)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes: each signal's readings, channels, models, age bands."""
        return (*(len(r) for r in self.readings), len(CHANNELS), len(self.models), self.bands)

    @property
    def size(self) -> int:
        """Number of cells."""
        return prod(self.shape)

    def index(self, readings: Sequence[int], channel: int, model: int, band: int) -> int:
        """Flat index (C order) of a cell, from the numbers of its parts."""
        flat = 0
        for number, length in zip((*readings, channel, model, band), self.shape, strict=True):
            flat = flat * length + number
        return flat

    def parts(self, cell: int) -> tuple[int, ...]:
        """The numbers of a cell's readings, channel, model and age band."""
        numbers = []
        for length in reversed(self.shape):
            cell, number = divmod(cell, length)
            numbers.append(number)
        return tuple(reversed(numbers))
