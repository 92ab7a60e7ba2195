"""Intervals for simulation noise, where needs come in clusters (accounts, networks) and clusters in strata.

An interval says how far chance in the simulation may have moved a result, and nothing about the assumptions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALPHA = 0.05
"""Intervals hold with probability 1 - ALPHA."""

NO_CHANCE = "no interval: computed without chance"
ONE_REPLICATION = (
    "no interval: people meet at the desk, so only replications are independent, and there is one "
    "(more come with --reps)"
)
ONE_CLUSTER = "no interval: fewer than two accounts (or networks) with such needs"
EMPTY = "undefined: nothing to divide by"
NONE_SEEN = "none seen: an upper bound, as if they came singly"
SINGLY = "as if each case were of another account"
NOT_COVERED = "no interval: it would take replications"


@dataclass(frozen=True)
class Interval:
    """An interval, or the reason why there is none.

    Attributes
    ----------
    low, high
        Its ends; None where there is no interval.
    one_sided
        Whether only one end is an estimate, because nothing, or everything, was of the kind counted.
    note
        In words, what is special about it; empty where nothing is.
    """

    low: float | None = None
    high: float | None = None
    one_sided: bool = False
    note: str = ""


# scipy.special takes a third of a second to load: it is loaded when the first interval is computed.


def _beta_quantiles(a: Floats, b: Floats, p: float) -> Floats:
    from scipy.special import betaincinv

    found: Floats = betaincinv(a, b, p)
    return found


def _gamma_quantiles(shape: Floats, p: float) -> Floats:
    from scipy.special import gammaincinv

    found: Floats = gammaincinv(shape, p)
    return found


def student(freedom: Floats, alpha: float) -> Floats:
    """Student's t that is exceeded, on either side, with probability alpha."""
    from scipy.special import stdtrit

    found: Floats = stdtrit(freedom, 1 - alpha / 2)
    return found


def _clopper_pearson(events: Floats, trials: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Clopper's and Pearson's intervals for many proportions, none of them 0 or 1."""
    low = _beta_quantiles(events, trials - events + 1, alpha / 2)
    return low, _beta_quantiles(events + 1, trials - events, 1 - alpha / 2)


def _poisson(events: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Garwood's intervals for many counts, none of them 0."""
    return _gamma_quantiles(events, alpha / 2), _gamma_quantiles(events + 1, 1 - alpha / 2)


def clopper_pearson(events: float, trials: float, alpha: float = ALPHA) -> tuple[float, float]:
    """The two-sided interval of Clopper and Pearson (1934) for a proportion.

    Parameters
    ----------
    events, trials
        Need not be whole numbers (effective numbers: Korn and Graubard, 1998).
    alpha
        The probability of missing the truth, half on each side at most.

    Returns
    -------
    tuple of float
        Low and high.
    """
    # Where there are no events, or nothing but events, one of the two quantiles means nothing.
    low, high = _clopper_pearson(np.array(float(events)), np.array(float(trials)), alpha)
    return float(low) if events > 0 else 0.0, float(high) if events < trials else 1.0


def poisson(events: float, alpha: float = ALPHA) -> tuple[float, float]:
    """The two-sided interval of Garwood (1936) for the mean of a Poisson count, whole or effective."""
    low, high = _poisson(np.array(float(events)), alpha)
    return float(low) if events > 0 else 0.0, float(high)


def variance_of_total(first: Floats, second: Floats, clusters: NDArray[np.int64]) -> float:
    """Variance of a sum over independent clusters, in strata of given sizes.

    Parameters
    ----------
    first, second
        float64[stratum]: sums of d and of d^2 over the clusters of each stratum.
    clusters
        int64[stratum]: numbers of clusters, also of those where d = 0.

    Returns
    -------
    float
        The sum over strata of n / (n - 1) (sum d^2 - (sum d)^2 / n) (Cochran, 1977, 5.6). A stratum with a
        single cluster has no spread of its own: its d counts from 0, the mean of a linearised ratio's d.
    """
    return float(variances_of_totals(first, second, clusters))


def variances_of_totals(first: Floats, second: Floats, clusters: NDArray[np.int64]) -> Floats:
    """The same for many sums over the same clusters: [..., stratum] and [stratum] give [...]."""
    n = clusters.astype(np.float64)
    many = n > 1
    spread = np.where(many, n / np.maximum(n - 1, 1) * (second - first**2 / np.maximum(n, 1)), second)
    found: Floats = np.maximum(spread, 0.0).sum(axis=-1)
    return found


def ratio_interval(
    events: float,
    trials: float,
    variance: float,
    clusters: int,
    strata: int,
    alpha: float = ALPHA,
    unit: str = "accounts (or networks)",
) -> Interval:
    """Interval of a ratio whose numerator counts a part of what its denominator counts.

    Parameters
    ----------
    events, trials
        Numerator and denominator.
    variance
        Variance of the ratio.
    clusters, strata
        Numbers of clusters in which the denominator is positive, and of strata that have such clusters.
    unit
        What the clusters are, in words.

    Returns
    -------
    Interval
        Korn and Graubard (1998): Clopper and Pearson with the effective sample size p (1 - p) / variance,
        adjusted for degrees of freedom, and at most the true size. Without events the upper bound
        1 - alpha^(1/n) for n clusters, with nothing but events its mirror image.
    """
    return ratio_intervals([events], [trials], [variance], [clusters], [strata], alpha, unit)[0]


def ratio_intervals(
    events: Sequence[float],
    trials: Sequence[float],
    variances: Sequence[float],
    clusters: Sequence[int],
    strata: Sequence[int],
    alpha: float = ALPHA,
    unit: str = "accounts (or networks)",
) -> list[Interval]:
    """Intervals of many ratios; see `ratio_interval`. Together they are much quicker than one by one."""
    found: list[Interval] = []
    inside: list[int] = []
    for number, (x, n, k) in enumerate(zip(events, trials, clusters, strict=True)):
        if n <= 0:
            found.append(Interval(note=EMPTY))
        elif x <= 0:
            bound = 1 - alpha ** (1 / max(k, 1))
            found.append(Interval(0.0, bound, True, f"none seen in {k} {unit}: an upper bound"))
        elif x >= n:
            bound = 1 - alpha ** (1 / max(k, 1))
            found.append(Interval(1 - bound, 1.0, True, f"no other seen in {k} {unit}: a lower bound"))
        else:
            found.append(Interval(note=ONE_CLUSTER))
            if k >= 2:
                inside.append(number)
    if inside:
        shares = [events[k] / trials[k] for k in inside]
        freedom = [max(clusters[k] - strata[k], 1) for k in inside]
        sizes = _effective_sizes(
            shares,
            [trials[k] for k in inside],
            [variances[k] for k in inside],
            [clusters[k] for k in inside],
            freedom,
            alpha,
        )
        low, high = _clopper_pearson(np.array(shares) * sizes, sizes, alpha)
        for number, p, begin, end in zip(inside, shares, low.tolist(), high.tolist(), strict=True):
            found[number] = Interval(min(begin, p), max(end, p))
    return found


def _effective_sizes(
    shares: Sequence[float],
    trials: Sequence[float],
    variances: Sequence[float],
    clusters: Sequence[int],
    freedom: Sequence[int],
    alpha: float,
) -> Floats:
    """Numbers of needs that, if they were independent, would tell as much (see `ratio_interval`)."""
    mine = student(np.array([n - 1 if n > 1 else 1.0 for n in trials]), alpha).tolist()
    theirs = student(np.array(freedom, dtype=np.float64), alpha).tolist()
    sizes = []
    for p, n, variance, k, t, u in zip(shares, trials, variances, clusters, mine, theirs, strict=True):
        if variance <= 0:
            # Every cluster has the same ratio: chance or a law of the model, the clusters cannot tell.
            sizes.append(float(k))
        else:
            adjust = (t / u) ** 2 if n > 1 else 1.0
            sizes.append(min(p * (1 - p) / variance * adjust, n))
    return np.array(sizes)


def count_interval(events: float, variance: float, unit: float = 1.0, alpha: float = ALPHA) -> Interval:
    """Interval of a count, or of another total of positive amounts.

    Parameters
    ----------
    events, variance
        The total and its variance.
    unit
        The amount of one event; it matters where there are none.

    Returns
    -------
    Interval
        That of a Poisson count with as many effective events as have the total's relative variance: the
        normal interval where there are many, never below 0, and honest where there are few. Without events
        the upper bound -log(alpha) units.
    """
    return count_intervals([events], [variance], [unit], alpha)[0]


def count_intervals(
    events: Sequence[float], variances: Sequence[float], units: Sequence[float], alpha: float = ALPHA
) -> list[Interval]:
    """Intervals of many counts or totals; see `count_interval`."""
    found = [Interval(0.0, -math.log(alpha) * unit, True, NONE_SEEN) for unit in units]
    some = [number for number, count in enumerate(events) if count > 0]
    if some:
        sizes = [variances[k] / events[k] if variances[k] > 0 else units[k] for k in some]
        effective = np.array([events[k] / size for k, size in zip(some, sizes, strict=True)])
        low, high = _poisson(effective, alpha)
        for number, size, begin, end in zip(some, sizes, low.tolist(), high.tolist(), strict=True):
            found[number] = Interval(begin * size, end * size)
    return found


def across_replications(
    numerators: Sequence[float], denominators: Sequence[float], proportion: bool = True, alpha: float = ALPHA
) -> Interval:
    """Interval of a ratio from independent replications, each with its numerator and denominator.

    Parameters
    ----------
    numerators, denominators
        One of each for each replication.
    proportion
        Whether the ratio cannot lie above 1.

    Returns
    -------
    Interval
        Student's t around the pooled ratio, with the linearised variance; cut to the possible values. One
        replication has none. Where no replication had an event, the bound 1 - alpha^(1/R).
    """
    x, y = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if y.sum() <= 0:
        return Interval(note=EMPTY)
    used = int((y > 0).sum())
    if used < 2:
        return Interval(note=ONE_REPLICATION)
    ratio = float(x.sum() / y.sum())
    if proportion and (ratio <= 0 or ratio >= 1):
        return ratio_interval(float(x.sum()), float(y.sum()), 0.0, used, 1, alpha, "replications")
    if ratio <= 0:
        return Interval(note="no interval: none seen in any replication")
    d = (x - ratio * y)[y > 0]
    spread = math.sqrt(used / (used - 1) * float((d**2).sum())) / float(y.sum())
    half = float(student(np.array(used - 1.0), alpha)) * spread
    return Interval(max(ratio - half, 0.0), min(ratio + half, 1.0) if proportion else ratio + half)
