"""Tables of a program, and mixtures of them: what each serves and uses of the limits.

At given prices of the limits every row of a program takes its best option by itself; together they are a table.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DIGITS = 53
"""Binary digits of a floating-point number."""


class Column(NamedTuple):
    """A table: what it serves and its left-hand sides, as shares of entitled needs; where its options stand."""

    served: float
    use: Floats
    places: Ints


class Mixed(NamedTuple):
    """The best mixture.

    Attributes
    ----------
    columns
        The tables that were tried; what they serve and use is in shares of entitled needs.
    weights
        float64[column]: the probability of each; they add up to 1.
    prices
        float64[limit]: what is served more for each unit of its right-hand side.
    """

    columns: list[Column]
    weights: Floats
    prices: Floats

    @property
    def served(self) -> float:
        """What the mixture serves."""
        return float(sum(w * one.served for w, one in zip(self.weights, self.columns, strict=True)))

    def shares(self, options: int) -> Floats:
        """float64[option of a row]: the probability of each option of so many."""
        found = np.zeros(options)
        for weight, column in zip(self.weights, self.columns, strict=True):
            if weight > 0:
                found[column.places] += weight
        return found

    def near(self) -> list[Ints]:
        """Where the options of its tables stand."""
        return [one.places for one, w in zip(self.columns, self.weights, strict=True) if w > 0]


def less_prices(
    served: Floats, prices: Floats, use: Floats, out: Floats | None = None, room: Floats | None = None
) -> Floats:
    """What options are worth at some prices of what they use: float64[option of a row].

    Added up limit by limit: for so few limits a product of matrices takes threads that cost more than they bring.
    ``out`` and ``room`` are float64[option of a row] to write into.
    """
    worth = np.empty_like(served) if out is None else out
    worth[:] = served
    for price, one in zip(prices.tolist(), use, strict=True):
        if price:
            worth -= np.multiply(price, one, out=room)
    return worth


class Rows:
    """The rows of a program, of which each can be decided by itself."""

    def __init__(self, served: Floats, use: Floats, begins: Ints, unit: float) -> None:
        self._served, self._use, self._begins, self._unit = served, use, begins, unit
        self._worth, self._room = np.empty_like(served), np.empty_like(served)

    def has(self, places: Ints) -> bool:
        """Whether places are those of one option in each row."""
        ends = np.append(self._begins[1:], len(self._served))
        return len(places) == len(ends) and bool(((places >= self._begins) & (places < ends)).all())

    def table(self, places: Ints) -> Column:
        unit = self._unit
        return Column(
            float(self._served[places].sum()) / unit, self._use[:, places].sum(axis=1) / unit, places
        )

    def exactly(self, places: Ints) -> list[Fraction]:
        """What a table serves, and its left-hand sides, without rounding: in needs, not in shares of them."""
        return [exact_sum(self._served[places]), *(exact_sum(one[places]) for one in self._use)]

    def better(self, prices: Floats, level: float) -> Column | None:
        """The table that is worth most at some prices, if it is worth more than a number."""
        worth = less_prices(self._served, prices, self._use, self._worth, self._room)
        if not len(self._begins):
            return self.table(self._begins) if level < 0 else None
        top = np.maximum.reduceat(worth, self._begins)
        if float(top.sum()) / self._unit <= level:
            return None
        sizes = np.diff(np.append(self._begins, len(worth)))
        where = np.flatnonzero(worth == np.repeat(top, sizes))
        # The first of equals.
        return self.table(where[np.searchsorted(where, self._begins)])

    def best(self, prices: Floats) -> Column:
        """The table that is worth most at some prices."""
        found = self.better(prices, -np.inf)
        assert found is not None
        return found


def exact_sum(numbers: Floats) -> Fraction:
    """The sum of binary fractions, without rounding."""
    if not len(numbers):
        return Fraction(0)
    parts, powers = np.frexp(numbers)
    lowest = int(powers.min())
    wholes = np.ldexp(parts, _DIGITS).astype(np.int64).tolist()
    total = sum(whole << shift for whole, shift in zip(wholes, (powers - lowest).tolist(), strict=True))
    return Fraction(total) * Fraction(2) ** (lowest - _DIGITS)
