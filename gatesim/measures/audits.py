"""The power of audits: how probably test accounts find that a gate leaks, or leaks more than it may.

A test account makes restricted needs, which leak with the leak rate p of its segment. Needs of different accounts
leak independently of each other. Those of one account may be alike: their number of leaks is beta-binomial with
mean p and intraclass correlation rho, P(no leak among k) = prod over j < k of (1 - p) (1 - rho) + j rho over
(1 - rho) + j rho; rho = 0 is the binomial law, rho = 1 says that all needs of an account leak or none (Skellam,
1948, J. R. Stat. Soc. B 10).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.measures.definitions import Measure

Floats = NDArray[np.float64]

MOST_NEEDS = 200_000
"""Needs of an audit up to which the law of their number of leaks is worked out."""

ROUNDING = 1e-11
"""Probabilities below it are what the fast Fourier transform leaves of nothing."""


@dataclass(frozen=True)
class Plan:
    """An audit as statistics see it.

    Attributes
    ----------
    accounts
        Segment -> independent test accounts, over all rounds.
    needs
        Needs of each of them, over all rounds in which it takes part.
    alike
        Correlation rho of the needs of one account.
    level
        The most probable it may be to find fault with a gate whose leak rate is at its limit.
    """

    accounts: Mapping[str, int]
    needs: int
    alike: float
    level: float = 0.05

    @property
    def total(self) -> int:
        """Needs of all test accounts."""
        return self.needs * sum(self.accounts.values())


def no_leak(p: float, needs: int, alike: float) -> float:
    """The probability that none of the needs of one test account leaks.

    Parameters
    ----------
    p
        The probability that a need leaks.
    needs
        How many needs.
    alike
        Their correlation, from 0 (binomial) to 1 (all the same).
    """
    if p <= 0:
        return 1.0
    if p >= 1:
        return 0.0
    if alike >= 1:
        return 1.0 - p
    j = np.arange(needs)
    return float(np.prod(((1.0 - p) * (1.0 - alike) + j * alike) / (1.0 - alike + j * alike)))


def finds_a_leak(plan: Plan, rates: Mapping[str, float]) -> float:
    """The probability that an audit sees at least one leak.

    Parameters
    ----------
    plan
        The audit.
    rates
        Segment -> leak rate.

    Returns
    -------
    float
        1 - prod over segments of P(no leak of an account)^accounts.
    """
    log = 0.0
    for segment, accounts in plan.accounts.items():
        none = no_leak(rates[segment], plan.needs, plan.alike)
        if none <= 0:
            return 1.0
        log += accounts * math.log(none)
    return -math.expm1(log)


def of_one_account(p: float, needs: int, alike: float) -> Floats:
    """The law of the number of leaks among the needs of one test account: float64[needs + 1]."""
    law = np.zeros(needs + 1)
    if p <= 0 or p >= 1:
        law[0 if p <= 0 else needs] = 1.0
    elif alike >= 1 or needs == 1:
        law[0], law[needs] = 1.0 - p, p
    elif alike <= 0:
        from scipy.stats import binom

        law = binom.pmf(np.arange(needs + 1), needs, p)
    else:
        from scipy.stats import betabinom

        strength = (1.0 - alike) / alike
        law = betabinom.pmf(np.arange(needs + 1), needs, p * strength, (1.0 - p) * strength)
    return law


def number_of_leaks(plan: Plan, rates: Mapping[str, float]) -> Floats:
    """The law of the number of leaks among all needs of an audit: float64[needs of all + 1]."""
    size = plan.total + 1
    wide = 1 << (size - 1).bit_length() + 1
    product = np.ones(wide // 2 + 1, dtype=np.complex128)
    for segment, accounts in plan.accounts.items():
        one = of_one_account(rates[segment], plan.needs, plan.alike)
        product *= np.fft.rfft(one, wide) ** accounts
    law: Floats = np.fft.irfft(product, wide)[:size]
    law[law < ROUNDING] = 0.0
    law /= law.sum()
    return law


def leaks_to_object(plan: Plan, limit: float) -> int | None:
    """The least number of leaks at which an audit finds that the leak rate is above a limit.

    Returns
    -------
    int or None
        The least c such that c leaks or more come with at most the plan's ``level`` where every segment's leak
        rate is the limit (the exact binomial test, for needs of an account that are alike the beta-binomial one).
        None where no number is that improbable.
    """
    law = number_of_leaks(plan, dict.fromkeys(plan.accounts, limit))
    tails = np.cumsum(law[::-1])[::-1]  # P(at least c)
    enough = np.flatnonzero(tails <= plan.level)
    return int(enough[0]) if len(enough) else None


def objects(plan: Plan, rates: Mapping[str, float], limit: float) -> float:
    """The probability that an audit finds that the leak rate is above a limit."""
    least = leaks_to_object(plan, limit)
    if least is None:
        return 0.0
    law = number_of_leaks(plan, rates)
    fewer, more = float(law[:least].sum()), float(law[least:].sum())
    return more if more < fewer else 1.0 - fewer


@dataclass(frozen=True)
class Power:
    """How probable it is that an audit finds something.

    Attributes
    ----------
    value
        The probability; None where it is undefined.
    low, high
        It between the ends of what is not known: the simulation's noise in the leak rates and, where the plan
        does not say how alike the needs of one account are, all that they could be. None where nothing is open.
    note
        Why it is undefined; else empty.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return dict(vars(self))


def power(
    plans: Sequence[Plan], leak_rates: Mapping[str, Measure], limit: float | None, structural_zero: bool
) -> Power:
    """The power of an audit against a policy.

    Parameters
    ----------
    plans
        The audit; twice, with the ends of ``alike``, where it is not known.
    leak_rates
        Segment -> leak rate, with its interval.
    limit
        Find a leak rate above this limit; None: find a leak.
    structural_zero
        Whether the policy cannot leak.
    """
    segments = list(plans[0].accounts)
    undefined = [name for name in segments if leak_rates[name].value is None]
    if undefined:
        return Power(None, note=f"nobody of {', '.join(undefined)} has a restricted need")
    if limit is not None and plans[0].total > MOST_NEEDS:
        return Power(None, note=f"more than {MOST_NEEDS:,} needs")

    def chance(plan: Plan, rates: Mapping[str, float]) -> float:
        return finds_a_leak(plan, rates) if limit is None else objects(plan, rates, limit)

    if structural_zero:
        return Power(chance(plans[0], dict.fromkeys(segments, 0.0)))
    values = {name: leak_rates[name].value or 0.0 for name in segments}
    found = [chance(plan, values) for plan in plans]
    ends = list(found)
    for plan in plans:
        for side in ("low", "high"):
            ends_of = {name: getattr(leak_rates[name], side) for name in segments}
            if all(end is None for end in ends_of.values()):
                continue
            ends.append(chance(plan, {n: values[n] if e is None else e for n, e in ends_of.items()}))
    if len(ends) == 1:
        return Power(found[0])
    return Power(min(found), min(ends), max(ends))
