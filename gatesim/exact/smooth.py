"""A smooth function by its values at a few points: interpolation at Chebyshev points, checked in between.

What a policy with memory serves is a sum of products of probabilities and of integrals of exponentials. As long as its
tables stay, it is an analytic function of most numbers of a scenario, of a low degree in those that are
probabilities; so a polynomial through few points says it everywhere (Trefethen, Approximation Theory and Approximation
Practice, SIAM 2013, chapters 2 and 8). Whether it does is checked at other points; where it does not, there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import product

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_COUNTS: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((3,), (5,), (9,), (17,), (33,)),
    2: ((3, 3), (5, 3), (3, 5), (5, 5), (9, 9)),
}
"""Points along each axis, by number of axes: more are taken where fewer do not do. Those of fewer are among them."""

_CHECKS = {
    1: ((0.137,), (0.338,), (0.611,), (0.917,)),
    2: ((0.137, 0.338), (0.611, 0.917), (0.338, 0.137), (0.917, 0.611), (0.459, 0.541), (0.063, 0.871)),
}
"""Where it is checked: parts of the way from the lower to the upper end."""


class Smooth:
    """A function with vectors of numbers as values, on an interval or a rectangle.

    Parameters
    ----------
    low, high
        The ends of its axes.
    coefficients
        float64[power along the first axis, ..., component]: of Chebyshev polynomials.

    Attributes
    ----------
    size
        float64[component]: what no value within the range exceeds, by which rounding is measured.
    """

    def __init__(self, low: Sequence[float], high: Sequence[float], coefficients: Floats) -> None:
        self._low, self._high = np.array(low), np.array(high)
        self._coefficients = coefficients
        self.size: Floats = np.abs(coefficients).sum(axis=tuple(range(coefficients.ndim - 1)))

    def at(self, values: Floats | Sequence[float]) -> Floats:
        """The value at a point, or float64[point, component] at several (float64[point, axis])."""
        points = np.atleast_2d(np.asarray(values, dtype=np.float64))
        unit = (2.0 * points - self._low - self._high) / (self._high - self._low)
        found = self._coefficients[None]
        for axis, count in enumerate(self._coefficients.shape[:-1]):
            # The first axis that is left, point by point.
            found = np.einsum(
                "pk,pk...->p...",
                chebvander(unit[:, axis], count - 1),
                np.broadcast_to(found, (len(points), *found.shape[1:])),
            )
        return found if np.ndim(values) == 2 else found[0]


def smooth(
    function: Callable[[tuple[float, ...]], Floats],
    low: Sequence[float],
    high: Sequence[float],
    tolerance: float,
) -> Smooth | None:
    """Interpolate a function; None where it is not smooth enough for a few points to say it.

    Parameters
    ----------
    function
        The function; its values are vectors.
    low, high
        The ends of its one or two axes.
    tolerance
        How far it may be off at the points where it is checked.
    """
    axes = len(low)
    known: dict[tuple[float, ...], Floats] = {}

    def value(parts: tuple[float, ...]) -> Floats:
        if parts not in known:
            # The ends themselves come out without rounding.
            point = tuple((1.0 - part) * a + part * b for part, a, b in zip(parts, low, high, strict=True))
            known[parts] = function(point)
        return known[parts]

    for counts in _COUNTS[axes]:
        parts = [_parts(count) for count in counts]
        values = np.array([value(each) for each in product(*parts)])
        table = values.reshape(*counts, -1)
        inverses = [np.linalg.inv(chebvander(2.0 * np.array(those) - 1.0, len(those) - 1)) for those in parts]
        coefficients = reduce(
            lambda found, one: np.moveaxis(np.tensordot(one[1], found, axes=(1, one[0])), 0, one[0]),
            enumerate(inverses),
            table,
        )
        found = Smooth(low, high, coefficients)
        if all(
            np.abs(
                found.at([(1.0 - p) * a + p * b for p, a, b in zip(check, low, high, strict=True)])
                - value(check)
            ).max()
            <= tolerance
            for check in _CHECKS[axes]
        ):
            return found
    return None


def _parts(count: int) -> list[float]:
    """Chebyshev points as parts of the way from the lower to the upper end.

    Points of a smaller count are among those of a larger one; rounding must not tell them apart.
    """
    nodes = np.cos(np.pi * np.arange(count) / (count - 1))
    return [round(float(0.5 + 0.5 * node), 15) for node in nodes]
