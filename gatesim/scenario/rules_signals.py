"""Rules for signals and the shared causes of their errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from gatesim.scenario.errors import Finding, KeyPath
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.rules_people import REST, dangling_keys, each
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import (
    ATTESTATIONS,
    NETWORK_KINDS,
    NO_ORGANISATION,
    REVOCATIONS,
    WORDS,
    Accuracy,
    Attribute,
    Cause,
    Coverage,
    Signal,
)
from gatesim.scenario.types import FOREVER

MOST_CELLS = 5_000_000


def values_of(scenario: Scenario, attribute: Attribute) -> tuple[str, ...]:
    """The true values that an attribute can have."""
    if attribute == "network_kind":
        return NETWORK_KINDS
    if attribute == "organisation":
        return (*scenario.organisations, NO_ORGANISATION)
    if attribute in WORDS:
        return ATTESTATIONS if attribute == "attestation" else REVOCATIONS
    return tuple(scenario.regions)


def signal_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with signals, causes and the space of cells."""
    for name, signal in scenario.signals.items():
        yield from _signal(scenario, name, signal)
    yield from _attested(scenario)
    yield from _causes(scenario)
    yield from _age_bands(scenario)
    readings = [len(values_of(scenario, signal.observes)) + 1 for signal in scenario.signals.values()]
    cells = prod(readings) * len(CHANNELS) * len(scenario.models) * (len(scenario.age_bands) + 1)
    if cells > MOST_CELLS:
        message = f"the signals, channels, models and age bands make {cells:,} cells: at most {MOST_CELLS:,}"
        yield Finding(("signals",), message, "leave out a signal, or join regions")


def _signal(scenario: Scenario, name: str, signal: Signal) -> Iterator[Finding]:
    path: KeyPath = ("signals", name)
    values = values_of(scenario, signal.observes)
    what = {"network_kind": "kind of network", "organisation": "organisation"}.get(signal.observes, "region")
    if signal.errors_to is not None:
        yield from dangling_keys((*path, "errors_to"), signal.errors_to, values, what)
    layers = {(): (signal.accuracy, signal.coverage), ("vpn",): (signal.vpn.accuracy, signal.vpn.coverage)}
    yield from _words(path, signal)
    for channel, noise in signal.channels.items():
        layers["channels", channel] = (noise.accuracy, noise.coverage)
    for place, (accuracy, coverage) in layers.items():
        yield from _by_value((*path, *place, "accuracy"), accuracy, values, what)
        yield from _by_value((*path, *place, "coverage"), coverage, values, what)


_REFRESH_OF_WORDS = {"attestation": "account", "revocation": "session"}


def _words(path: KeyPath, signal: Signal) -> Iterator[Finding]:
    """A customer's word: its noise stands in [attestation], and how long it sticks follows from what it is."""
    refresh = _REFRESH_OF_WORDS.get(signal.observes)
    if refresh is None:
        return
    if signal.refresh != refresh:
        message = f'a signal that observes "{signal.observes}" has refresh = "{refresh}"'
        yield Finding((*path, "refresh"), message)
    for key in ("accuracy", "coverage", "errors_to", "vpn", "channels"):
        if key in signal.model_fields_set and getattr(signal, key) != type(signal).model_fields[key].default:
            message = (
                f'"{signal.observes}" takes no {key}: how far a word can be trusted stands in [attestation]'
            )
            yield Finding((*path, key), message, "set attestation.CHANNEL.honest and the keys beside it")


def _by_value(
    path: KeyPath, numbers: Accuracy | Coverage | None, values: tuple[str, ...], what: str
) -> Iterator[Finding]:
    """An entry for each true value, and none for anything else."""
    if not isinstance(numbers, Mapping):
        return
    yield from dangling_keys(path, numbers, (*values, REST), what)
    missing = [value for value in values if value not in numbers]
    if missing and REST not in numbers:
        names = ", ".join(f'"{value}"' for value in missing)
        yield Finding(path, f"says nothing of {names}", 'add them, or "*" for all others')
    for value, row in numbers.items():
        if isinstance(row, Mapping):
            yield from dangling_keys((*path, value), row, values, what)


def _attested(scenario: Scenario) -> Iterator[Finding]:
    """Words that nobody reads, or that nobody gives."""
    used = {s.channel for s in scenario.segments.values()}
    for channel in scenario.attestation:
        if channel not in used:
            message = f'no segment uses the channel "{channel}": nobody gives this word'
            hint = "there are: " + ", ".join(f'"{name}"' for name in CHANNELS if name in used)
            yield Finding(("attestation", channel), message, hint)
        if scenario.attestation[channel].revoked_after == 0:
            yield Finding(("attestation", channel, "revoked_after"), "must be more than zero")
    for name, signal in scenario.signals.items():
        if signal.observes in _REFRESH_OF_WORDS and not scenario.attestation:
            message = f'"{signal.observes}" has nothing to observe: no customer gives a word'
            yield Finding(("signals", name, "observes"), message, "add [attestation.CHANNEL]")


def _causes(scenario: Scenario) -> Iterator[Finding]:
    tied: dict[str, str] = {}
    for name, cause in scenario.causes.items():
        path: KeyPath = ("causes", name)
        yield from each((*path, "signals"), cause.signals, scenario.signals, "signal")
        for number, signal in enumerate(cause.signals):
            if tied.setdefault(signal, name) != name:
                message = f'"{signal}" is tied by the cause "{tied[signal]}" already'
                yield Finding((*path, "signals", number), message)
        known = [scenario.signals[signal] for signal in cause.signals if signal in scenario.signals]
        yield from _cause(path, cause, known)


def _cause(path: KeyPath, cause: Cause, signals: list[Signal]) -> Iterator[Finding]:
    refreshes = sorted({signal.refresh for signal in signals})
    if len(refreshes) > 1:
        both = ", ".join(f'"{refresh}"' for refresh in refreshes)
        yield Finding(
            (*path, "signals"), f"signals with one cause must share their refresh: these have {both}"
        )
    if cause.scope == "network":
        for number, signal in enumerate(signals):
            if signal.observes != "network" or signal.refresh != "place":
                message = 'the scope "network" is for signals that observe "network" with refresh = "place"'
                yield Finding((*path, "signals", number), message)
    elif cause.people_per_network != 1:
        yield Finding((*path, "people_per_network"), 'has a meaning only with scope = "network"')


def _age_bands(scenario: Scenario) -> Iterator[Finding]:
    before = 0
    for number, age in enumerate(scenario.age_bands):
        if age <= before:
            yield Finding(("age_bands", number), "ages must be above zero, each above the one before")
        elif age >= FOREVER:
            yield Finding(("age_bands", number), "must be an age, not forever")
        before = age
