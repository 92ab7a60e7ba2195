"""The best mixture of tables within several limits: decomposition with the simplex steps written out.

At given prices of the limits every row of a program takes its best option by itself; together they are a table. Tables
that are best at some prices are mixed by a small program with a row for each limit and one for the weights, whose dual
gives the next prices (Dantzig and Wolfe, "Decomposition principle for linear programs", Operations Research 8, 1960).
Seen from its dual it minimises a convex, piecewise linear function of the prices by cutting planes; with one limit it
is a line search. The small program has as few rows as there are limits: a general solver's overhead would be most of
the time, and stands by for what rounding keeps from ending.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS = 1000
_TINY = 1e-13
_BASIC = 1e-9
_ILL = 1e13

_PIVOT = 1e-11
"""What is no larger, in parts of the largest number of its column, is no pivot."""

_CLOSE = 1e-10
"""Prices may say this much more than the mixture serves, as a share of entitled needs, and a weight may be this much
below zero, before the solver is asked."""


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
    rows = _Rows(served, use, begins, entitled)
    most = most / entitled
    columns = [rows.table(begins), *(rows.table(places) for places in near if rows.has(places))]
    if len(columns) == 1:
        columns.append(rows.best(np.zeros(len(most))))
    return _by_steps(rows, most, list(columns)) or _by_solver(rows, most, columns)


class _Rows:
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


def _by_steps(rows: _Rows, most: Floats, columns: list[Column]) -> Mixed | None:
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
            if found is None:
                if small.fresh:
                    break
                small.clean()
                continue
            columns.append(found)
            small.add(found)
        else:
            return None
    except np.linalg.LinAlgError:
        return None
    inside = small.weights
    if inside.min() < -_CLOSE:
        return None
    weights = np.zeros(len(columns))
    for place, weight in zip(small.basis, np.maximum(inside, 0.0).tolist(), strict=True):
        if place >= count:
            weights[place - count] = weight
    answer = Mixed(columns, weights, prices)
    return answer if level + prices @ most - answer.served <= _CLOSE else None


def _by_solver(rows: _Rows, most: Floats, columns: list[Column]) -> Mixed:
    """The same with HiGHS for the small program.

    Raises
    ------
    ArithmeticError
        If that fails as well.
    """
    weights, prices = np.zeros(len(columns)), np.zeros(len(most))
    for _ in range(_STEPS):
        weights, prices, level = _small_program(columns, most)
        found = rows.best(prices)
        if found.served - prices @ (found.use - most) <= level + _TINY:
            break
        columns.append(found)
    weights = np.append(weights, np.zeros(len(columns) - len(weights)))
    return Mixed(columns, weights, prices)


def _small_program(columns: Sequence[Column], most: Floats) -> tuple[Floats, Floats, float]:
    """The best mixture of some tables: their weights, the prices of the limits, and what it serves."""
    from scipy.optimize import linprog

    served = np.array([one.served for one in columns])
    use = np.stack([one.use for one in columns], axis=1)
    found = linprog(-served, A_ub=use, b_ub=most, A_eq=np.ones((1, len(columns))), b_eq=[1.0], method="highs")
    if found.x is None:
        raise ArithmeticError(f"no way of solving the program ends: {found.message}")
    weights, prices = np.maximum(found.x, 0.0), np.maximum(-found.ineqlin.marginals, 0.0)
    weights, prices = _polished(served, use, most, weights, prices)
    return weights, prices, float(served @ weights)


def _polished(
    served: Floats, use: Floats, most: Floats, weights: Floats, prices: Floats
) -> tuple[Floats, Floats]:
    """The same vertex of a small program without the solver's tolerance: its basis solved again."""
    some, tight = np.flatnonzero(weights > _BASIC), np.flatnonzero(prices > _BASIC)
    square = np.vstack([use[np.ix_(tight, some)], np.ones(len(some))])
    if square.shape[0] != square.shape[1] or np.linalg.cond(square) > _ILL:
        return weights, prices
    better = np.linalg.solve(square, np.append(most[tight], 1.0))
    dear = np.linalg.solve(square.T, served[some])[:-1]
    if (better < 0).any() or (dear < 0).any():
        return weights, prices
    weights, prices = np.zeros_like(weights), np.zeros_like(prices)
    weights[some], prices[tight] = better, dear
    return weights, prices
