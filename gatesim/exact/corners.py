"""Numbers that are linear in some parameters: those at the corners of the ranges say all in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from gatesim.scenario.parameter import Parameter

Floats = NDArray[np.float64]
Made = TypeVar("Made")

SAME = 1e-12
"""What is no larger, as a share of all needs, is an error of floating point."""

_MARGIN = 2.0**-7
"""By so much, in parts of it, a range is made smaller at both ends."""

_ROUNDING = 64 * float(np.finfo(np.float64).eps)

_INSIDE = ((0.37, 0.71), (0.83, 0.24))
"""Where it is tried out whether needs are linear, as shares of the ranges."""

_MOST = 3
"""Of more parameters there are too many corners."""


def corners(parameters: Sequence[Parameter]) -> list[tuple[float, ...]]:
    """The ends of all ranges; of several parameters the last varies fastest."""
    return list(product(*((p.low, p.high) for p in parameters)))


def inside(parameters: Sequence[Parameter]) -> list[list[float]]:
    """Two points inside the ranges."""
    return [
        [p.low + shares[number % 2] * (p.high - p.low) for number, p in enumerate(parameters)]
        for shares in _INSIDE
    ]


def within(parameter: Parameter, low: bool = True, high: bool = True) -> Parameter:
    """The same parameter over a range a little smaller at its low end, its high end, or both.

    At an end cases may not occur at all, so that numbers are missing; those within the range say what comes to nothing.
    """
    margin = _MARGIN * (parameter.high - parameter.low)
    return replace(
        parameter,
        low=parameter.low + (margin if low else 0.0),
        high=parameter.high - (margin if high else 0.0),
    )


def settled(found: Floats, size: Floats) -> Floats:
    """Numbers, of which what rounding leaves of nothing is nothing; ``size`` is that of what they are a sum of."""
    return np.where(np.abs(found) <= _ROUNDING * size, 0.0, found)


def weights(parameters: Sequence[Parameter], values: Sequence[float]) -> Floats:
    """How much each corner counts at some values: float64[corner]."""
    found = np.ones(1)
    for parameter, value in zip(parameters, values, strict=True):
        part = (value - parameter.low) / (parameter.high - parameter.low)
        found = np.multiply.outer(found, np.array([1.0 - part, part])).ravel()
    return found


def weighted(share: Floats, those: Floats) -> Floats:
    """The sum of some arrays, each as much as its weight says.

    One by one: for so few a product of matrices takes threads that cost more than they bring.
    """
    found = share[0] * those[0]
    for weight, one in zip(share[1:].tolist(), those[1:], strict=True):
        found += weight * one
    return np.asarray(found)


class Between(Generic[Made]):
    """Numbers at all values, by those at the corners.

    Parameters
    ----------
    parameters
        What is varied.
    ends
        What is made at the corners of their ranges.
    numbers
        Its numbers.

    Attributes
    ----------
    first
        What is made at the first corner.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        ends: Sequence[Made],
        numbers: Callable[[Made], Sequence[Floats | float]],
    ) -> None:
        self.first = ends[0]
        self._parameters = parameters
        self._those = [np.stack(those) for those in zip(*map(numbers, ends), strict=True)]
        self._sizes = [np.abs(those).max(axis=0) for those in self._those]

    def at(self, values: Sequence[float]) -> list[Floats]:
        """The numbers at some values."""
        share = weights(self._parameters, values)
        return [
            settled(weighted(share, those), size)
            for those, size in zip(self._those, self._sizes, strict=True)
        ]


def at_corners(
    parameters: Sequence[Parameter],
    made: Callable[[Sequence[float]], Made],
    numbers: Callable[[Made], Sequence[Floats | float]],
    alike: Callable[[Made, Made], bool],
    size: Callable[[Made], float],
) -> Between[Made] | None:
    """Numbers at all values, if those at the corners say all in between: tried out at two points inside.

    Parameters
    ----------
    parameters
        What is varied.
    made
        What is made at some values.
    numbers
        Its numbers.
    alike
        Whether two of them have numbers of the same things.
    size
        The number of needs in one, by which errors are measured.

    Returns
    -------
    Between, or None
        None where they do not, or where there are no parameters, or more than three.
    """
    if not 1 <= len(parameters) <= _MOST:
        return None
    ends = [made(corner) for corner in corners(parameters)]
    if not all(alike(end, ends[0]) for end in ends):
        return None
    found = Between(parameters, ends, numbers)
    for values in inside(parameters):
        real = made(values)
        if not alike(real, ends[0]):
            return None
        pairs = zip(numbers(real), found.at(values), strict=True)
        if max(float(np.abs(one - said).max(initial=0.0)) for one, said in pairs) > SAME * size(real):
            return None
    return found
