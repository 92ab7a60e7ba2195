"""The best mixture of tables in exact fractions, where rounding keeps the steps from ending.

With a limit that is next to nothing, columns of the small program differ by less than rounding shows at the prices that
they bring, and a solver's tolerances are larger than the limit. In fractions nothing is rounded: the first column that
is better comes in (Bland, 1977), so that the steps end. It is slow, and seldom asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.tables import Column, Mixed, Rows

Floats = NDArray[np.float64]

_STEPS = 10_000


def mixed_exactly(rows: Rows, most: Floats, columns: Sequence[Column]) -> Mixed:
    """The best mixture of tables, which `gatesim.gates.bounds.mixing.mixed` describes.

    Only the table that is best at some prices is looked for in floating-point numbers; whether it is better than what
    there is, fractions say.

    Parameters
    ----------
    rows
        The rows of the program.
    most
        float64[limit]: the right-hand sides, in needs.
    columns
        Tables to begin with. The first is within all limits.

    Raises
    ------
    ArithmeticError
        If so many tables are wanted that something must be wrong.
    """
    found = list(columns)
    small = _Small([Fraction(one) for one in most.tolist()])
    for one in found:
        small.add(rows.exactly(one.places))
    small.begin_with(len(most))
    for _ in range(_STEPS):
        small.solve()
        prices = np.array([float(one) for one in small.prices])
        column = rows.best(prices)
        if not small.add(rows.exactly(column.places)):
            weights = np.array([float(one) for one in small.weights(len(found))])
            return Mixed(found, weights, prices)
        found.append(column)
    raise ArithmeticError("the best mixture of tables is not found: a defect of gatesim")


class _Small:
    """The small program in fractions; what is left of each limit comes first among its columns.

    Parameters
    ----------
    most
        The right-hand sides, none below zero.
    """

    def __init__(self, most: Sequence[Fraction]) -> None:
        self._limits = len(most)
        self._right = [*most, Fraction(1)]
        self._entries = [[Fraction(i == k) for i in range(len(most) + 1)] for k in range(len(most))]
        self._worth = [Fraction(0)] * len(most)
        self._basis: list[int] = []
        self._inverse: list[list[Fraction]] = []
        self._duals: list[Fraction] = []

    @property
    def prices(self) -> list[Fraction]:
        """What is served more for each unit of a right-hand side."""
        return self._duals[:-1]

    def weights(self, tables: int) -> list[Fraction]:
        """The weight of each of so many tables."""
        found = [Fraction(0)] * (self._limits + tables)
        for place, row in zip(self._basis, self._inverse, strict=True):
            found[place] = _times(row, self._right)
        return found[self._limits :]

    def begin_with(self, place: int) -> None:
        """Begin with one table alone; what is served when the limits leave room comes later."""
        size = self._limits + 1
        self._basis = [*range(self._limits), place]
        column = self._entries[place]
        self._inverse = [[Fraction(i == k) for i in range(size)] for k in range(size)]
        for k in range(self._limits):
            self._inverse[k][-1] = -column[k]

    def add(self, sums: Sequence[Fraction]) -> bool:
        """Add a table if it is better than the mixture at its prices; before there are prices, in any case."""
        entry = [*sums[1:], Fraction(1)]
        if self._duals and sums[0] <= _times(self._duals, entry):
            return False
        self._entries.append(entry)
        self._worth.append(sums[0])
        return True

    def solve(self) -> None:
        """Make the mixture the best of the tables that there are."""
        while True:
            worth = [self._worth[place] for place in self._basis]
            self._duals = [_times(worth, column) for column in zip(*self._inverse, strict=True)]
            place = next((k for k in range(len(self._worth)) if self._gain(k) > 0), None)
            if place is None:
                return
            direction = [_times(row, self._entries[place]) for row in self._inverse]
            # The weights add up to one and what is left is bounded, so that something always goes.
            _, _, out = min(
                (_times(row, self._right) / going, self._basis[k], k)
                for k, (row, going) in enumerate(zip(self._inverse, direction, strict=True))
                if going > 0
            )
            pivot = [one / direction[out] for one in self._inverse[out]]
            for k, row in enumerate(self._inverse):
                if k != out and direction[k]:
                    self._inverse[k] = [a - direction[k] * b for a, b in zip(row, pivot, strict=True)]
            self._inverse[out] = pivot
            self._basis[out] = place

    def _gain(self, place: int) -> Fraction:
        """What a column is worth more than the mixture at its prices."""
        return self._worth[place] - _times(self._duals, self._entries[place])


def _times(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    """The sum of the products."""
    return sum((a * b for a, b in zip(one, other, strict=True) if a and b), Fraction(0))
