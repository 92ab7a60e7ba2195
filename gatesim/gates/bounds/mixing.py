"""The best mixture of tables within several limits: decomposition with the simplex steps written out.

At given prices of the limits every row of a program takes its best option by itself; together they are a table. Tables
that are best at some prices are mixed by a small program with a row for each limit and one for the weights, whose dual
gives the next prices (Dantzig and Wolfe, "Decomposition principle for linear programs", Operations Research 8, 1960).
Seen from its dual it minimises a convex, piecewise linear function of the prices by cutting planes; with one limit it
is a line search. The small program has as few rows as there are limits: a general solver's overhead would be most of
the time. What rounding keeps from ending is done again in exact fractions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.mixing_exactly import mixed_exactly
from gatesim.gates.bounds.tables import Column, Mixed, Rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS = 1000
_TINY = 1e-13

_PIVOT = 1e-11
"""What is no larger, in parts of the largest number of its column, is no pivot."""

_CLOSE = 1e-10
"""Prices may say this much more than the mixture serves, as a share of entitled needs, and a weight may be this much
below zero, before it is done again in fractions."""

_NONE = 1e-12
"""A weight that is no larger may be all rounding, and is none: where everybody is refused, what is left would be a
mixture of its own, with leaks of any share."""


def mixed(
    served: Floats, use: Floats, most: Floats, begins: Ints, entitled: float, near: Sequence[Ints] = ()
) -> Mixed:
    """The mixture of tables that serves most within all limits.

    To refuse everybody is within all limits. Options that are not allowed must serve nothing and leak nothing, as
    refusing does.

    Parameters
    ----------
    served, use
        float64[option of a row] and float64[limit, option of a row].
    most
        float64[limit]: the right-hand sides, none below zero.
    begins
        int64[row]: where each row begins; its first option is to refuse.
    entitled
        All needs that can be served: the mixture and its tables are in shares of them.
    near
        Tables to begin with: those of the best mixture of a program that differs little. Those that are none of this
        one are left out.
    """
    rows = Rows(served, use, begins, entitled)
    columns = [rows.table(begins), *(rows.table(places) for places in near if rows.has(places))]
    if len(columns) == 1:
        columns.append(rows.best(np.zeros(len(most))))
    return _by_steps(rows, most / entitled, list(columns)) or mixed_exactly(rows, most, columns)


class _Small:
    """The small program: some columns, and a basis of them and of what is left of each limit.

    Parameters
    ----------
    first
        A column that is within all limits.
    most
        The right-hand sides.
    """

    def __init__(self, first: Column, most: Floats) -> None:
        count = len(most)
        self.right = np.append(most, 1.0)
        # What is left of each limit comes first among the columns.
        self._entries = [*np.eye(count, count + 1), np.append(first.use, 1.0)]
        self._worth = [*np.zeros(count), first.served]
        self.basis = list(range(count + 1))
        self.clean()

    def add(self, column: Column) -> None:
        self._entries.append(np.append(column.use, 1.0))
        self._worth.append(column.served)

    def clean(self) -> None:
        """Work the inverse of the basis out anew: steps leave rounding errors in it."""
        self._inverse = np.linalg.inv(np.array([self._entries[place] for place in self.basis]).T)
        self.fresh = True

    @property
    def weights(self) -> Floats:
        """The weight of each column of the basis."""
        found: Floats = self._inverse @ self.right
        return found

    @property
    def duals(self) -> Floats:
        """The prices of the limits, and what a column must be worth to come in."""
        found: Floats = np.array([self._worth[place] for place in self.basis]) @ self._inverse
        return found

    def solve(self) -> bool:
        """The best mixture of the columns that there are; False where rounding keeps the steps from ending."""
        entries, worth = np.array(self._entries).T, np.array(self._worth)
        stuck = False
        for _ in range(_STEPS):
            better = worth - self.duals @ entries
            better[self.basis] = 0.0
            # After a step that brought nothing the first that is better comes in, so that none comes back for ever
            # (Bland, 1977).
            place = int((better > _TINY).argmax() if stuck else better.argmax())
            if better[place] <= _TINY:
                return True
            direction = self._inverse @ entries[:, place]
            going = direction > _PIVOT * max(1.0, float(np.abs(direction).max()))
            if not going.any():
                return False
            weights = np.maximum(self.weights, 0.0)
            ratios = np.where(going, weights / np.where(going, direction, 1.0), np.inf)
            least = float(ratios.min())
            stuck = least <= _TINY
            ties = np.flatnonzero(ratios <= least)
            out = min(ties.tolist(), key=lambda one: self.basis[one]) if stuck else int(ties[0])
            self.basis[out] = place
            pivot = self._inverse[out] / direction[out]
            self._inverse = self._inverse - np.outer(direction, pivot)
            self._inverse[out] = pivot
            self.fresh = False
        return False


def _by_steps(rows: Rows, most: Floats, columns: list[Column]) -> Mixed | None:
    """The best mixture; None where rounding keeps the steps from ending at one that its prices prove."""
    count = len(most)
    small = _Small(columns[0], most)
    for one in columns[1:]:
        small.add(one)
    try:
        for _ in range(_STEPS):
            if not small.solve():
                return None
            duals = small.duals
            prices = np.maximum(duals[:count], 0.0)
            level = float(duals[count]) + _TINY
            found = rows.better(prices, level)
            # That a table is better which there is already, only rounding can say.
            again = found is not None and any(np.array_equal(found.places, one.places) for one in columns)
            if (found is None or again) and not small.fresh:
                small.clean()
                continue
            if found is None:
                break
            if again:
                return None
            columns.append(found)
            small.add(found)
        else:
            return None
    except np.linalg.LinAlgError:
        return None
    inside = small.weights
    if inside.min() < -_CLOSE:
        return None
    inside = np.where(inside <= _NONE, 0.0, inside)
    weights = np.zeros(len(columns))
    for place, weight in zip(small.basis, inside.tolist(), strict=True):
        if place >= count:
            weights[place - count] = weight
    answer = Mixed(columns, weights, prices)
    return answer if level + prices @ most - answer.served <= _CLOSE else None
