"""Differences of two policies' measures, with intervals that make use of both meeting the same people and needs.

With z the counts of an account under both policies, and measures r = X / Y under each, the difference of the two is,
to first order, a sum over accounts of

    d = (x'' - r'' y'') / Y'' - (x' - r' y') / Y'

(Taylor linearisation; Cochran, 1977, 6.3), where ' and '' are the first and the second policy. Accounts are
independent, so the variance is that of a sum over clusters in strata, as for a single measure. What chance did to
an account under both policies alike cancels in d.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.measures.definitions import Measure
from gatesim.measures.intervals import (
    ALPHA,
    EMPTY,
    NO_CHANCE,
    ONE_CLUSTER,
    ONE_REPLICATION,
    Interval,
    student,
    variance_of_total,
)
from gatesim.measures.measured import weights_of
from gatesim.measures.moments import Moments
from gatesim.scenario.schema import Scenario

Floats = NDArray[np.float64]

NO_ACCOUNT_DIFFERS = "no interval: under both policies every account has the same"


@dataclass(frozen=True)
class Difference:
    """How much more of a measure a policy has than another.

    Attributes
    ----------
    measure
        Name of the measure.
    first, second
        Its values; None where undefined.
    value
        The second less the first; None where one of them is undefined.
    low, high
        The interval for simulation noise; None where there is none.
    note
        Why there is no interval.
    """

    measure: str
    first: float | None
    second: float | None
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def told(self) -> bool:
        """Whether the noise leaves no doubt on which side of 0 the difference is."""
        if self.low is None or self.high is None:
            return False
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return dict(vars(self))


def rows_of(scenario: Scenario, components: Sequence[str], measure: str) -> tuple[Floats, Floats, float]:
    """A measure as weights of components: of its numerator, of its denominator, and its scale.

    The accounts, which an amount is divided by, are no component: they are the same under every policy.

    Raises
    ------
    KeyError
        If the measure is not made of components.
    """
    over, under, scale = weights_of(scenario)[measure]
    numbers = {name: number for number, name in enumerate(components)}
    rows = np.zeros((2, len(components)))
    for side, terms in enumerate((over, under)):
        for name, weight in terms.items():
            if name != "accounts":
                rows[side, numbers[name]] = weight
    return rows[0], rows[1], scale


def of_clusters(
    scenario: Scenario,
    moments: Moments,
    clusters: NDArray[np.int64],
    first: Measure,
    second: Measure,
) -> Difference:
    """The difference of a measure under two policies, the accounts (or networks) being independent.

    Parameters
    ----------
    scenario
        The scenario.
    moments
        As from `gatesim.measures.tally.side_by_side`.
    clusters
        int64[stratum]: numbers of clusters.
    first, second
        The measure under each policy.

    Returns
    -------
    Difference
        With the interval of Student's t around it; its degrees of freedom are the clusters with such needs less the
        strata that have some.
    """
    plain = _plain(first, second)
    if plain.value is None:
        return plain
    half = len(moments.components) // 2
    v, bases = _linearised(scenario, moments.components[:half], first, second)
    sums = moments.first.astype(np.float64) @ v
    squares = np.einsum("j,rjk,k->r", v, moments.second.astype(np.float64), v)
    n = clusters[moments.keys % moments.strata]
    variance = variance_of_total(sums, np.maximum(squares, 0.0), n)
    positive = moments.positive[:, bases].max(axis=1) if bases.any() else moments.positive.max(axis=1)
    used, strata = int(positive.sum()), int((positive > 0).sum())
    if used < 2:
        return _noted(plain, ONE_CLUSTER)
    if variance <= _NOTHING * float(squares.sum() + 1e-300) or not squares.any():
        return _noted(plain, NO_ACCOUNT_DIFFERS)
    return _around(plain, math.sqrt(variance), max(used - strata, 1))


_NOTHING = 1e-12
"""A variance that is a smaller part of the squares is rounding."""


def _linearised(
    scenario: Scenario, components: Sequence[str], first: Measure, second: Measure
) -> tuple[Floats, NDArray[np.bool_]]:
    """What an account's counts under both policies add to the difference, and which of them are denominators."""
    over, under, scale = rows_of(scenario, components, first.name)
    parts = []
    for sign, measure in ((-1.0, first), (1.0, second)):
        ratio = 0.0 if not under.any() else measure.numerator / measure.denominator
        parts.append(sign * scale * (over - ratio * under) / measure.denominator)
    return np.concatenate(parts), np.concatenate([under, under]) != 0


def of_replications(pairs: Sequence[tuple[Measure, Measure]], first: Measure, second: Measure) -> Difference:
    """The same where only whole replications are independent.

    Parameters
    ----------
    pairs
        The measure under each policy in each replication.
    first, second
        The same over all replications.
    """
    plain = _plain(first, second)
    if plain.value is None:
        return plain
    if len(pairs) < 2:
        return _noted(plain, ONE_REPLICATION)
    d = np.zeros(len(pairs))
    for sign, whole, side in ((-1.0, first, 0), (1.0, second, 1)):
        top = np.array([pair[side].numerator for pair in pairs])
        bottom = np.array([pair[side].denominator for pair in pairs])
        ratio = whole.numerator / whole.denominator
        d += sign * whole.scale * (top - ratio * bottom) / whole.denominator
    if not d.any():
        return _noted(plain, NO_ACCOUNT_DIFFERS)
    spread = math.sqrt(len(d) / (len(d) - 1) * float((d**2).sum()))
    return _around(plain, spread, len(d) - 1)


def without_chance(first: Measure, second: Measure) -> Difference:
    """The difference of two expected values."""
    plain = _plain(first, second)
    return plain if plain.value is None else _noted(plain, NO_CHANCE)


def _plain(first: Measure, second: Measure) -> Difference:
    a, b = first.value, second.value
    if a is None or b is None:
        return Difference(first.name, a, b, None, note=EMPTY)
    return Difference(first.name, a, b, b - a)


def _noted(plain: Difference, note: str) -> Difference:
    return Difference(plain.measure, plain.first, plain.second, plain.value, note=note)


def _around(plain: Difference, spread: float, freedom: int) -> Difference:
    assert plain.value is not None
    half = float(student(np.array(float(freedom)), ALPHA)) * spread
    interval = Interval(plain.value - half, plain.value + half)
    return Difference(
        plain.measure, plain.first, plain.second, plain.value, interval.low, interval.high, interval.note
    )


def comparable(scenario: Scenario) -> Mapping[str, str]:
    """Names of the measures of which differences have intervals, and their titles."""
    from gatesim.measures.definitions import BY_NAME

    return {name: BY_NAME[name].title for name in weights_of(scenario)}
