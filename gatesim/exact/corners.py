"""Numbers that are linear in some parameters: those at the corners of the ranges say all in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gatesim.scenario.parameter import Parameter

Floats = NDArray[np.float64]
Made = TypeVar("Made")

SAME = 1e-12
"""What is no larger, as a share of all needs, is an error of floating point."""

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


def between(
    parameters: Sequence[Parameter], ends: Sequence[Sequence[Floats | float]], values: Sequence[float]
) -> list[Floats]:
    """Numbers at some values, from those at the corners."""
    share = weights(parameters, values)
    return [
        np.add.reduce([weight * np.asarray(one) for weight, one in zip(share, those, strict=True)])
        for those in zip(*ends, strict=True)
    ]


def at_corners(
    parameters: Sequence[Parameter],
    made: Callable[[Sequence[float]], Made],
    numbers: Callable[[Made], Sequence[Floats | float]],
    alike: Callable[[Made, Made], bool],
    size: Callable[[Made], float],
) -> list[Made] | None:
    """What is made at the corners, if its numbers say all in between: tried out at two points inside.

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
    list, or None
        None where they do not, or where there are no parameters, or more than three.
    """
    if not 1 <= len(parameters) <= _MOST:
        return None
    ends = [made(corner) for corner in corners(parameters)]
    if not all(alike(end, ends[0]) for end in ends):
        return None
    those = [numbers(end) for end in ends]
    for values in inside(parameters):
        real = made(values)
        if not alike(real, ends[0]):
            return None
        pairs = zip(numbers(real), between(parameters, those, values), strict=True)
        if max(float(np.abs(one - said).max(initial=0.0)) for one, said in pairs) > SAME * size(real):
            return None
    return ends
