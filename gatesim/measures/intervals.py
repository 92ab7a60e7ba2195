"""Intervals for simulation noise, where needs come in clusters (accounts, networks) and clusters in strata.

An interval says how far chance in the simulation may have moved a result, and nothing about the assumptions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv, stdtrit

ALPHA = 0.05
"""Intervals hold with probability 1 - ALPHA."""

NO_CHANCE = "no interval: computed without chance"
ONE_REPLICATION = (
    "no interval: people meet at the desk, so only replications are independent, and there is one "
    "(more come with --reps)"
)
ONE_CLUSTER = "no interval: fewer than two accounts (or networks) with such needs"
EMPTY = "undefined: nothing to divide by"
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
    low = float(betaincinv(events, trials - events + 1, alpha / 2)) if events > 0 else 0.0
    high = float(betaincinv(events + 1, trials - events, 1 - alpha / 2)) if events < trials else 1.0
    return low, high


def poisson(events: float, alpha: float = ALPHA) -> tuple[float, float]:
    """The two-sided interval of Garwood (1936) for the mean of a Poisson count, whole or effective."""
    low = float(gammaincinv(events, alpha / 2)) if events > 0 else 0.0
    return low, float(gammaincinv(events + 1, 1 - alpha / 2))


def variance_of_total(
    first: NDArray[np.float64], second: NDArray[np.float64], clusters: NDArray[np.int64]
) -> float:
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
    n = clusters.astype(np.float64)
    many = n > 1
    spread = np.where(many, n / np.maximum(n - 1, 1) * (second - first**2 / np.maximum(n, 1)), second)
    return float(np.maximum(spread, 0.0).sum())


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
    if trials <= 0:
        return Interval(note=EMPTY)
    bound = 1 - alpha ** (1 / max(clusters, 1))
    if events <= 0:
        return Interval(0.0, bound, True, f"none seen in {clusters} {unit}: an upper bound")
    if events >= trials:
        return Interval(1 - bound, 1.0, True, f"no other seen in {clusters} {unit}: a lower bound")
    if clusters < 2:
        return Interval(note=ONE_CLUSTER)
    p = events / trials
    if variance <= 0:
        # Every cluster has the same ratio: chance or a law of the model, the clusters cannot tell.
        size = float(clusters)
    else:
        freedom = max(clusters - strata, 1)
        adjust = 1.0
        if trials > 1:
            adjust = float(stdtrit(trials - 1, 1 - alpha / 2) / stdtrit(freedom, 1 - alpha / 2)) ** 2
        size = min(p * (1 - p) / variance * adjust, trials)
    low, high = clopper_pearson(p * size, size, alpha)
    return Interval(min(low, p), max(high, p))


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
    if events <= 0:
        return Interval(
            0.0, -math.log(alpha) * unit, True, "none seen: an upper bound, as if they came singly"
        )
    size_of_event = variance / events if variance > 0 else unit
    low, high = poisson(events / size_of_event, alpha)
    return Interval(low * size_of_event, high * size_of_event)


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
    half = float(stdtrit(used - 1, 1 - alpha / 2)) * spread
    return Interval(max(ratio - half, 0.0), min(ratio + half, 1.0) if proportion else ratio + half)
