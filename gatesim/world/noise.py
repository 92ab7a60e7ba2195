"""The noise of signals: for each true value the probabilities of what is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gatesim.scenario.people import CHANNELS, Channel
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import ATTESTATIONS, NETWORK_KINDS, Accuracy, Noise, Signal
from gatesim.scenario.types import DAY, FOREVER
from gatesim.world.space import value_space, word_for

DIRECT, VPN = range(len(NETWORK_KINDS))


def value_at(value: int, position: int) -> int:
    """What is read at a position of the row of a true value.

    Position 0 is the truth, then come the other values in the order of the file; the last position is
    ``unknown`` (its number is the number of values).
    """
    if position == 0:
        return value
    return position - 1 if position <= value else position


def shares_of_needs(scenario: Scenario) -> NDArray[np.float64]:
    """Share of needs made by people whose home is in each region; co-users count by their own home.

    Returns
    -------
    ndarray, shape (regions,)
        Adds up to 1; uniform where nobody has needs.
    """
    regions = list(scenario.regions)
    weight = np.zeros(len(regions))
    for segment in scenario.segments.values():
        needs = segment.share * segment.needs_per_day
        others = 0.0
        for name, co_user in segment.co_users.items():
            part = co_user.present * co_user.share
            weight[regions.index(scenario.segments[name].home)] += needs * part
            others += part
        weight[regions.index(segment.home)] += needs * (1.0 - others)
    total = weight.sum()
    return weight / total if total > 0 else np.full(len(regions), 1.0 / len(regions))


def _at(numbers: float | Mapping[str, float], value: str, default: float) -> float:
    if isinstance(numbers, Mapping):
        return numbers.get(value, numbers.get("*", default))
    return numbers


def _known(
    accuracy: Accuracy, errors: NDArray[np.float64], values: Sequence[str], v: int
) -> NDArray[np.float64]:
    """Distribution over values of a reading that is there, given the true value ``v``."""
    others = [j for j in range(len(values)) if j != v]
    row = np.zeros(len(values))
    if isinstance(accuracy, Mapping) and any(isinstance(entry, Mapping) for entry in accuracy.values()):
        given = accuracy.get(values[v], accuracy.get("*"))
        assert isinstance(given, Mapping), "checked when the scenario was read"
        for name, probability in given.items():
            row[values.index(name)] = probability
        return row
    right = _at(accuracy, values[v], 1.0)  # type: ignore[arg-type]
    row[v] = right if others else 1.0
    if others:
        weights = errors[others]
        weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(others), 1.0 / len(others))
        row[others] = (1.0 - right) * weights
    return row


def noise_rows(scenario: Scenario, signal: Signal) -> NDArray[np.float64]:
    """Probabilities of the positions of a signal's rows.

    Parameters
    ----------
    scenario, signal
        A signal of the scenario.

    Returns
    -------
    ndarray, shape (channels, network kinds, values, values + 1)
        ``rows[h, n, v, p]``: the probability that the noise of an account of channel h, with the VPN off (n = 0)
        or on (n = 1), reads `value_at(v, p)` when the truth is v. Each row adds up to 1.
    """
    if signal.observes in ("attestation", "revocation"):
        return _rows_of_words(scenario, signal)
    values = value_space(scenario, signal.observes)
    if signal.errors_to is not None:
        errors = np.array([signal.errors_to.get(name, 0.0) for name in values])
    elif len(values) == len(scenario.regions) and tuple(values) == tuple(scenario.regions):
        errors = shares_of_needs(scenario)
    else:
        errors = np.full(len(values), 1.0 / len(values))
    rows = np.zeros((len(CHANNELS), len(NETWORK_KINDS), len(values), len(values) + 1))
    for h, channel in enumerate(CHANNELS):
        for kind in (DIRECT, VPN):
            for v, name in enumerate(values):
                noise = _noise(signal, channel, kind)
                coverage = _at(noise[1], name, 1.0)
                known = coverage * _known(noise[0], errors, values, v)
                positions = [value_at(v, p) for p in range(len(values))]
                rows[h, kind, v, : len(values)] = known[positions]
                rows[h, kind, v, len(values)] = 1.0 - coverage
    return rows


def found_false(scenario: Scenario, channel: Channel) -> float:
    """The probability that one session shows a false word of a channel to be false.

    It is 1 / (rate x ``revoked_after``), with the mean rate of accounts whose word would be false: of Poisson needs
    each of which shows it with probability q, the first that does comes after 1 / (rate x q) on average.
    """
    attestation = scenario.attestation[channel]
    if attestation.revoked_after >= FOREVER:
        return 0.0
    false = ATTESTATIONS.index("not_vouched")
    those = [s for s in scenario.segments.values() if s.channel == channel and word_for(scenario, s) == false]
    share = sum(s.share for s in those)
    rate = sum(s.share * s.needs_per_day for s in those) / share if share > 0 else 0.0
    return min(1.0, 1.0 / (rate * attestation.revoked_after / DAY)) if rate > 0 else 0.0


def _rows_of_words(scenario: Scenario, signal: Signal) -> NDArray[np.float64]:
    """See `noise_rows`; of signals that observe the word of a customer, or what becomes of it."""
    values = len(ATTESTATIONS)
    rows = np.zeros((len(CHANNELS), len(NETWORK_KINDS), values, values + 1))
    rows[..., 0] = 1.0
    true, false = ATTESTATIONS.index("vouched"), ATTESTATIONS.index("not_vouched")
    for channel, attestation in scenario.attestation.items():
        h = CHANNELS.index(channel)
        if signal.observes == "revocation":
            # What is true of a false word is that it will be revoked; until it shows it reads as one that stands.
            shows = found_false(scenario, channel)
            rows[h, :, false, :2] = shows, 1.0 - shows
            continue
        admits = attestation.honest * attestation.enforced
        for v in (true, false):
            rows[h, :, v, 0] = attestation.given * (admits if v == false else 1.0)
            rows[h, :, v, values] = 1.0 - attestation.given
        rows[h, :, false, 1] = attestation.given * (1.0 - admits)
    return rows


def _noise(signal: Signal, channel: Channel, kind: int) -> tuple[Accuracy, float | Mapping[str, float]]:
    """Accuracy and coverage that hold for a channel and a kind of network."""
    layers: list[Noise] = []
    if channel in signal.channels:
        layers.append(signal.channels[channel])
    if kind == VPN:
        layers.append(signal.vpn)
    accuracy = next((layer.accuracy for layer in layers if layer.accuracy is not None), signal.accuracy)
    coverage = next((layer.coverage for layer in layers if layer.coverage is not None), signal.coverage)
    return accuracy, coverage


def cumulative(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cumulative probabilities along the last axis, the last positive entry raised to exactly 1."""
    sums = np.cumsum(rows, axis=-1)
    last = rows.shape[-1] - 1 - np.argmax(rows[..., ::-1] > 0, axis=-1)
    sums[np.arange(rows.shape[-1]) >= last[..., None]] = 1.0
    return sums


def breakpoints(*cumulatives: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Intervals of [0, 1) on which every one of several inverse distribution functions is constant."""
    points = sorted({0.0, 1.0, *(float(x) for c in cumulatives for x in c if 0.0 < x < 1.0)})
    return list(pairwise(points))
