"""What a customer's word tells a gate that remembers: what was said, and for how long it has stood.

A word is about statuses, which bound B is never told. What it reads is drawn once for the account, with a law that
depends on whether the word would be true; so a gate is told what was said, as it is told what a card says. Whether it
would be true (`truth`) shows in time: where it would be false, every session shows so with the same probability,
independently. All that a gate can know of it at an account's k-th session is k, and whether any session so far has
shown it. With rate r the needs of number k up to time t are on average P(k, r t), the regularised incomplete gamma
function: of a Poisson process the k-th need falls before t with that probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.scenario.people import CHANNELS, Channel, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import ATTESTATIONS
from gatesim.world.noise import found_false, noise_rows, value_at
from gatesim.world.space import word_for

Floats = NDArray[np.float64]

WORDS = frozenset({"attestation", "revocation"})
"""Attributes that are a customer's word."""

_FORGOTTEN = 1e-4
"""Where a false word would have stood so long with no more than this probability it is told to be false."""

_FALSE = ATTESTATIONS.index("not_vouched")


class Words(NamedTuple):
    """What words tell of some kinds of accounts on one channel.

    Attributes
    ----------
    is_false
        bool[kind]: whether the word would be false.
    said
        float64[kind, what is said]: probabilities; each row adds up to 1.
    stands
        The probability that a session does not show a false word to be false.
    """

    is_false: NDArray[np.bool_]
    said: Floats
    stands: float

    @property
    def show_in_time(self) -> bool:
        """Whether some accounts differ from others by what becomes of their word."""
        return self.stands < 1.0 and bool(self.is_false.any()) and not self.is_false.all()


def are_tied(scenario: Scenario) -> bool:
    """Whether a cause ties a word's noise to that of another signal, whose readings then tell of it, too."""
    return any(
        scenario.signals[name].observes in WORDS
        for cause in scenario.causes.values()
        for name in cause.signals
    )


def words_of(scenario: Scenario, channel: Channel, owners: Sequence[Segment]) -> Words:
    """What words tell of accounts of some owners.

    Parameters
    ----------
    scenario
        The scenario; no cause ties its words (see `are_tied`).
    channel, owners
        The channel, and of each kind of accounts the segment of the owner.
    """
    truths = [word_for(scenario, owner) for owner in owners]
    is_false = np.array([truth == _FALSE for truth in truths])
    if channel not in scenario.attestation:
        return Words(is_false, np.ones((len(owners), 1)), 1.0)
    signals = list(scenario.signals.values())
    h = CHANNELS.index(channel)
    rows = [noise_rows(scenario, signal)[h, 0] for signal in signals if signal.observes == "attestation"]
    what: dict[tuple[int, ...], int] = {}
    entries = []
    for kind, truth in enumerate(truths):
        for places in product(range(len(ATTESTATIONS) + 1), repeat=len(rows)):
            chance = float(np.prod([row[truth, place] for row, place in zip(rows, places, strict=True)]))
            if chance > 0:
                read = tuple(value_at(truth, place) for place in places)
                entries.append((kind, what.setdefault(read, len(what)), chance))
    said = np.zeros((len(owners), len(what)))
    for kind, number, chance in entries:
        said[kind, number] += chance
    looks = sum(signal.observes == "revocation" for signal in signals)
    return Words(is_false, said, (1.0 - found_false(scenario, channel)) ** looks)


def followed(words: Words, rate: float, days: float, most: int) -> int:
    """Up to which of an account's sessions a gate is told only that nothing has shown its word to be false."""
    if words.stands <= 0:
        return 0
    expected = rate * days
    last = ceil(expected + 8.0 * sqrt(expected) + 8.0)
    return max(0, min(most, last, ceil(log(_FORGOTTEN) / log(words.stands))))


def over_time(
    words: Words, known: Floats, rates: Floats, spans: Sequence[tuple[float, float]], sessions: int
) -> Floats:
    """Split what is known of accounts by how long their word has stood.

    Parameters
    ----------
    words
        What they tell.
    known
        float64[kind, value]: needs of accounts of each kind with each value of what is drawn once.
    rates
        float64[value]: needs a day of such an account.
    spans
        Times between which the needs arise, in days since the start.
    sessions
        Up to which session it is told only that the word stands; from the next on it is told whether it is false.

    Returns
    -------
    ndarray, shape (kinds, values * (sessions + 2))
        The same needs; first those of sessions by which a false word has not shown, by their number, then those by
        which it has, or would be told, and of words that are true.
    """
    from scipy.special import gammainc

    total = sum(end - begin for begin, end in spans)
    number = np.arange(1, sessions + 1)[:, None]
    within = sum(
        (gammainc(number, rates * end) - gammainc(number, rates * begin) for begin, end in spans),
        np.zeros((sessions, len(rates))),
    )
    expected = rates * total
    shares = np.divide(within, expected, out=np.zeros_like(within), where=expected > 0)
    # What rounding adds to a whole is nobody's.
    shares /= np.maximum(shares.sum(axis=0), 1.0)
    standing = np.where(words.is_false[:, None], words.stands ** number[:, 0], 1.0)
    by_number = known[:, None, :] * shares * standing[:, :, None]
    rest = np.maximum(known - by_number.sum(axis=1), 0.0)
    found_out = rest * words.is_false[:, None]
    found: Floats = np.concatenate(
        [by_number.reshape(len(known), -1), found_out, rest * ~words.is_false[:, None]], axis=1
    )
    return found
