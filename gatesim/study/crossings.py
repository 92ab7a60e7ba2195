"""Where a function of one number changes sign: a bracketed scan, then root finding; jumps are found as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

Function = Callable[[float], float]

_WIDTH = 1e-12
"""A crossing is found to this part of the range."""

_STEEP = 0.5
"""A jump: what is left of the step between the two ends of the last bracket, in parts of the whole step."""


class Crossing(NamedTuple):
    """A value at which a function goes from below zero to zero or above, or the other way.

    Attributes
    ----------
    below, above
        Two values as near to each other as can be told apart, between which the sign changes.
    is_jump
        Whether the function jumps there.
    """

    below: float
    above: float
    is_jump: bool

    @property
    def at(self) -> float:
        """The value in between."""
        return 0.5 * (self.below + self.above)


def crossings(function: Function, points: Sequence[float], width: float = _WIDTH) -> list[Crossing]:
    """All changes of sign that some points reveal.

    Parameters
    ----------
    function
        A function; zero counts as positive.
    points
        Ascending values. Between two neighbours one change at most is found: where the function has one sign at both,
        it is taken to have it in between.
    width
        How near the two ends of a crossing shall be, in parts of the whole range.

    Returns
    -------
    list of Crossing
        In ascending order.

    Notes
    -----
    The root in a bracket is Brent's (Algorithms for Minimization without Derivatives, 1973, chapter 4), which holds for
    jumps too: it then ends at the place where the sign changes.
    """
    values = [function(point) for point in points]
    span = points[-1] - points[0]
    found = []
    for low, high, left, right in zip(points, points[1:], values, values[1:], strict=False):
        if (left >= 0) != (right >= 0):
            found.append(_crossing(function, low, high, left, right, width * span))
    return found


def _crossing(
    function: Function, low: float, high: float, left: float, right: float, width: float
) -> Crossing:
    whole = abs(right - left)
    if function(low) == 0.0 and right < 0:
        # Zero is on the positive side: the sign changes right behind it.
        low, high = _narrowed(function, low, high, width)
    if high - low > width:
        from scipy.optimize import brentq

        # Brent stops at a zero of the function itself; nudged, so that zero is on the positive side.
        root = float(brentq(lambda x: function(x) or 0.0, low, high, xtol=width / 4, rtol=8.9e-16))
        step = width / 2
        while True:
            a, b = max(low, root - step), min(high, root + step)
            if (function(a) >= 0) == (left >= 0) and (function(b) >= 0) == (right >= 0):
                break
            if a == low and b == high:
                break
            step *= 4
        low, high = _narrowed(function, a, b, width)
    is_jump = abs(function(high) - function(low)) > _STEEP * whole
    return Crossing(low, high, is_jump)


def _narrowed(function: Function, low: float, high: float, width: float) -> tuple[float, float]:
    """A bracket halved until it is narrow."""
    sign = function(low) >= 0
    while high - low > width:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if (function(middle) >= 0) == sign:
            low = middle
        else:
            high = middle
    return low, high
