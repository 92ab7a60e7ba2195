"""What a cap on usage refuses, without chance.

An account's needs for a model on a day are Poisson, given how much it uses the service and who is on it: with mean mu
and a cap of k there are E max(N - k, 0) over it. Which of the day's needs are whose does not go by their order, so each
maker has a part of them that is his part of the account's needs. Somebody meets the cap on a day unless none of the
needs after the k-th is his: with a part p of the needs, that has probability P(N <= k) + sum over n > k of
P(N = n) (1 - p)^(n - k). Days and models are independent, given the account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.expected import CannotDo
from gatesim.law.caps import CapDay
from gatesim.scenario.people import CHANNELS, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY

Floats = NDArray[np.float64]

MOST_CO_USERS = 12
"""Kinds of co-users on an account: each may be there or not, and all combinations are gone through."""


def over_cap(mean: Floats, cap: int, part: Floats) -> tuple[Floats, Floats]:
    """Needs over a cap, of a Poisson number, and the probability that none of them is a given maker's.

    Parameters
    ----------
    mean
        Of the number, any shape.
    cap
        How many are served.
    part
        The probability that a need is the maker's; of the same shape.

    Returns
    -------
    over : ndarray
        E max(N - cap, 0).
    spared : ndarray
        P(N <= cap) + sum over n > cap of P(N = n) (1 - part)^(n - cap).

    Notes
    -----
    Sums of terms that are never negative: nothing cancels. They stop where what is left is below 1e-16 of the whole.
    """
    from scipy.special import gammaln, pdtr

    top = float(np.max(mean, initial=0.0))
    last = int(max(cap, top) + 12 * np.sqrt(max(cap, top)) + 60)
    beyond = np.arange(1, last - cap + 1, dtype=np.float64)
    shape = (-1, *(1,) * np.ndim(mean))
    n = (beyond + cap).reshape(shape)
    with np.errstate(divide="ignore"):
        chance = np.exp(n * np.log(mean) - mean - gammaln(n + 1))
    over: Floats = (beyond.reshape(shape) * chance).sum(axis=0)
    spared: Floats = pdtr(cap, mean) + (chance * (1.0 - part) ** beyond.reshape(shape)).sum(axis=0)
    return over, np.minimum(spared, 1.0)


def expected_over_caps(
    scenario: Scenario, days: Sequence[CapDay], accounts: Floats
) -> tuple[Floats, Floats, Floats]:
    """Expected needs under caps, needs over them, and people who meet one at least once.

    Parameters
    ----------
    scenario
        The scenario.
    days
        The days of its caps (`gatesim.law.caps.cap_days`).
    accounts
        float64[segment]: accounts by the owner's segment.

    Returns
    -------
    needs, over, people
        float64[maker's segment + 1, model + 1]; the last of each stands for all.

    Raises
    ------
    CannotDo
        If an account may have more than `MOST_CO_USERS` kinds of co-users.
    """
    names, models = list(scenario.segments), list(scenario.models)
    segments = list(scenario.segments.values())
    found = np.zeros((3, len(segments) + 1, len(models) + 1))
    for number, owner in enumerate(segments):
        channel = CHANNELS.index(owner.channel)
        # Days that are alike are worked out once.
        alike = Counter((day.model, day.per_day, day.length_us) for day in days if channel in day.channels)
        if accounts[number] == 0 or not alike:
            continue
        mixes = {}
        makers = [owner, *(scenario.segments[name] for name in owner.co_users)]
        places = [number, *(names.index(name) for name in owner.co_users)]
        for model in {model for model, _, _ in alike}:
            mixes[model] = np.array([one.models.get(models[model], 0.0) for one in makers])
        for there, chance, shares in _who_is_there(names[number], owner):
            _add(found, owner, accounts[number] * chance, there, shares, mixes, places, alike)
    found[:2, -1] = found[:2, :-1].sum(axis=1)
    found[:2, :, -1] = found[:2, :, :-1].sum(axis=2)
    found[2, -1] = found[2, :-1].sum(axis=0)
    return found[0], found[1], found[2]


def _who_is_there(name: str, owner: Segment) -> Iterator[tuple[list[bool], float, Floats]]:
    """For each combination of co-users: who is there, its probability, and everybody's part of the account's needs."""
    co_users = list(owner.co_users.values())
    if len(co_users) > MOST_CO_USERS:
        raise CannotDo(
            f"usage_caps: accounts of {name} may have {len(co_users)} kinds of co-users (segments.{name}.co_users), "
            f"and the exact engine goes through all combinations of at most {MOST_CO_USERS}; use another engine"
        )
    for combination in product((False, True), repeat=len(co_users)):
        chance = 1.0
        for here, one in zip(combination, co_users, strict=True):
            chance *= one.present if here else 1.0 - one.present
        if chance == 0:
            continue
        others = [one.share if here else 0.0 for here, one in zip(combination, co_users, strict=True)]
        yield [True, *combination], chance, np.array([1.0 - sum(others), *others])


def _add(
    found: Floats,
    owner: Segment,
    accounts: float,
    there: Sequence[bool],
    shares: Floats,
    mixes: dict[int, Floats],
    places: Sequence[int],
    alike: Counter[tuple[int, int, int]],
) -> None:
    """Add what accounts with the same people on them have to the numbers of `expected_over_caps`."""
    rates = owner.needs_per_day * np.array(owner.activity.multipliers)  # [class]
    weights = accounts * np.array(owner.activity.shares)
    everywhere = np.ones((len(there), len(rates)))
    spared_of = {model: everywhere.copy() for model in mixes}
    for (model, per_day, length), times in alike.items():
        mine = shares * mixes[model]  # [maker]
        total = mine.sum()
        if total == 0:
            continue
        mean = rates * total * length / DAY
        part = mine[:, None] / total
        over, spared = over_cap(
            np.broadcast_to(mean, everywhere.shape), per_day, np.broadcast_to(part, everywhere.shape)
        )
        spared_of[model] *= spared**times
        for maker, place in enumerate(places):
            found[0, place, model] += times * float(weights @ mean) * part[maker, 0]
            found[1, place, model] += times * float(weights @ over[maker]) * part[maker, 0]
    for maker, place in enumerate(places):
        if there[maker]:
            for model, spared in spared_of.items():
                found[2, place, model] += float(weights @ (1.0 - spared[maker]))
                everywhere[maker] *= spared[maker]
            found[2, place, -1] += float(weights @ (1.0 - everywhere[maker]))
