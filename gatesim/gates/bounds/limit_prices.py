"""One-sided prices of several limits, and the ranges in which they hold.

The price of a limit is the derivative of the most that is served within all limits by this one, the others staying as
they are. Beside the limit, on either side, the best gate divides as many rows between two options as limits bind. As
long as the same rows are divided between the same options (a basis of the program), the shares of their options and
the prices are ratios of linear functions of the limit: a leak share is in one row of the basis only, so that Cramer's
rule says so. So each condition on which the basis stays the best one (no share below zero, no price below zero, no
other option better, no other limit broken) becomes linear in the limit, and the range in which all of them hold is
known in closed form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.bound import Price
from gatesim.gates.bounds.several import (
    Several,
    best_mixture,
    linear_limits,
    most_value_within,
    priced_limits,
)
from gatesim.gates.bounds.standards import RATIOS, Standard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS = (1e-4, 1e-6, 1e-8)
"""How far beside a limit its prices are looked for, in parts of it (of one where it is zero): less if it has a corner
so near."""

_LESS = 1e-2
"""The other limits are moved by this part of that, so that they are at no corner."""

_SAME = 1e-3

_CLOSE = 1e-9
_FREE = 1e-11
_NONE = 1e-12
_NOISE = 1e-12
"""What rounding leaves, in parts of what is compared."""


class _Piece(NamedTuple):
    """What holds beside a limit: the price at the limit, and from where to where the basis stays."""

    price: float
    low: float
    high: float


def limit_prices(program: Several, standards: Sequence[Standard]) -> tuple[Price, ...]:
    """The one-sided prices of all limits.

    Parameters
    ----------
    program
        The sums; its desk does not count.
    standards
        A limit for each order that the program counts for.

    Returns
    -------
    tuple of Price
        In the share of entitled needs that is served more for each unit of a limit (a ratio, or a number of leaks).
        Down is None at a limit of zero, up where a ratio's limit is one, or where steps too small to be told follow
        on a limit of zero. Where exact ties leave no single basis the price holds at the limit alone.
    """
    return tuple(limit_price(program, standards, number) for number in range(len(standards)))


def limit_price(program: Several, standards: Sequence[Standard], number: int) -> Price:
    """The one-sided prices of one limit: see `limit_prices`."""
    one = standards[number]
    at = one.limit
    most = 1.0 if one.kind in RATIOS else inf
    up = _beside(program, standards, number, 1.0) if at < most and one.kind != "zero" else None
    # A basis that begins before the limit and ends behind it holds on both sides.
    down = None
    if at > 0:
        both = up is not None and up.low < at * (1.0 - _CLOSE) and up.high > at
        down = up if both else _beside(program, standards, number, -1.0)
    low = at if down is None else max(down.low, 0.0)
    high = at if up is None else up.high if up.high == inf else min(up.high, most)
    return Price(
        one.kind,
        at,
        None if down is None else down.price,
        None if up is None else up.price,
        low,
        None if high == inf else high,
    )


def _beside(program: Several, standards: Sequence[Standard], number: int, side: float) -> _Piece | None:
    """What holds on one side of a limit."""
    at = standards[number].limit
    for step in _STEPS:
        moved = [
            _moved(one, step * (side if place == number else _LESS * (place + 1)), place == number)
            for place, one in enumerate(standards)
        ]
        # A basis that begins a thousandth of the step further on is the one that begins here.
        slack = _SAME * step * (at or 1.0)
        for found in _pieces(program, moved, standards, number):
            if found.low - slack <= at <= found.high + slack:
                return found
    return _flat(program, standards, number) or _quotient(program, standards, number, side)


def _flat(program: Several, standards: Sequence[Standard], number: int) -> _Piece | None:
    """Where a little more of a limit brings nothing: from where to where nothing comes of it."""

    def most(limit: float) -> float:
        try:
            found = most_value_within(program, _with(standards, number, limit))
        except ArithmeticError:
            return inf
        return 0.0 if found is None else found

    at, top = standards[number].limit, 1.0 if standards[number].kind in RATIOS else inf
    value = most(at)
    low, high = at, at
    for step in _STEPS:
        if at + step * (at or 1.0) < top and most(at + step * (at or 1.0)) <= value + _NONE:
            high = at + step * (at or 1.0)
            break
    else:
        return None
    if at > 0 and most(0.0) >= value - _NONE:
        low = 0.0
    beyond = min(2.0 * high, top) if top < inf else 2.0 * high
    while most(beyond) <= value + _NONE:
        if beyond >= top or beyond > 1e3 * (float(program.restricted[number]) + 1.0):
            return _Piece(0.0, low, inf)
        high, beyond = beyond, min(2.0 * beyond, top)
    while beyond - high > _CLOSE * beyond:
        middle = 0.5 * (high + beyond)
        high, beyond = (middle, beyond) if most(middle) <= value + _NONE else (high, middle)
    return _Piece(0.0, low, high)


def _quotient(program: Several, standards: Sequence[Standard], number: int, side: float) -> _Piece | None:
    """Where exact ties leave no single basis: the price at the limit alone, by what a little more of it brings."""
    at = standards[number].limit
    if at == 0:
        return None
    step = side * _STEPS[1] * at
    values = [most_value_within(program, _with(standards, number, limit)) for limit in (at, at + step)]
    if values[0] is None or values[1] is None:
        return None
    return _Piece((values[1] - values[0]) / step, at, at)


def _with(standards: Sequence[Standard], number: int, limit: float) -> list[Standard]:
    return [one.at(limit) if place == number else one for place, one in enumerate(standards)]


def _moved(standard: Standard, part: float, chosen: bool) -> Standard:
    """A limit moved by a part of it. Of the others those of zero stay: they allow nothing."""
    by = part * standard.limit if standard.limit > 0 else part if chosen else 0.0
    return standard.at(standard.limit + by)


def _pieces(
    program: Several, moved: Sequence[Standard], standards: Sequence[Standard], number: int
) -> Iterator[_Piece]:
    """The basis of the best gate within limits that are moved, and where it stays if one of them moves further.

    The other limits are as they are, if the basis has a range then; else, at a corner, where they have been moved to.
    """
    use, most, allowed = linear_limits(program, moved)
    priced = priced_limits(program, moved)
    best = best_mixture(program, use, most, allowed, priced)
    tight = [limit for limit, price in zip(priced, best.prices.tolist(), strict=True) if price > 0]
    shares = best.shares(len(program.served))
    if number not in tight:
        yield _Piece(0.0, _level(program, moved[number], number, shares), inf)
        return
    basis = _basis(program, use[tight], shares)
    if basis is None or len(basis.other) != len(tight):
        return
    for others in (standards, moved):
        those = _with(others, number, moved[number].limit)
        found = _Moving(program, those, number, tight, priced, allowed, basis).piece(standards[number].limit)
        if found is not None:
            yield found


def _level(program: Several, standard: Standard, number: int, shares: Floats) -> float:
    """The limit that a gate would just meet."""
    some = np.flatnonzero(shares)
    leaks, base = program.leaks_and_base(number, standard.kind, some, shares[some])
    return leaks / base if base > 0 else 0.0


class _Basis(NamedTuple):
    """A gate that divides few rows.

    Attributes
    ----------
    first
        int64[row]: where the option stands that each row takes, or one of those that it takes.
    other
        int64[further option]: where the further options stand of rows that are divided.
    rows
        int64[further option]: their rows.
    """

    first: Ints
    other: Ints
    rows: Ints


def _basis(program: Several, use: Floats, shares: Floats) -> _Basis | None:
    """The same gate, or one as good, with no more further options than there are limits that bind.

    Where more rows are divided, they can be shifted against each other without any change of the left-hand sides,
    until one of them is no longer divided.
    """
    shares = np.where(shares > _FREE, shares, 0.0)
    rows_of = program.row_of
    while True:
        some = np.flatnonzero(shares)
        rows = rows_of[some]
        starts = np.searchsorted(rows, np.arange(len(program.begins)))
        first = some[starts]
        further = np.ones(len(some), dtype=np.bool_)
        further[starts] = False
        other, own = some[further], rows[further]
        if len(other) <= len(use):
            return _Basis(first, other, own)
        steps = use[:, other] - use[:, first[own]]
        steps = steps / np.maximum(np.abs(steps).max(axis=1, keepdims=True), 1e-300)
        way = np.linalg.svd(steps)[2][-1]
        change = np.zeros(len(shares))
        np.add.at(change, other, way)
        np.add.at(change, first[own], -way)
        falls = change < -_NONE
        if not falls.any():
            return None
        length = float((shares[falls] / -change[falls]).min())
        after = shares + length * change
        gone = falls & (after <= _FREE)
        if not gone.any():
            return None
        shares = np.where(gone, 0.0, np.maximum(after, 0.0))


class _Moving:
    """A basis while one limit moves: all of it as two values of functions that are linear in the limit.

    Parameters
    ----------
    program, standards, number
        The sums, the limits, and which of them moves.
    tight, priced
        Limits that bind, and all that have a price.
    allowed
        Options that are left by the limits that allow nothing.
    basis
        The basis.
    """

    def __init__(
        self,
        program: Several,
        standards: Sequence[Standard],
        number: int,
        tight: Sequence[int],
        priced: Sequence[int],
        allowed: NDArray[np.bool_],
        basis: _Basis,
    ) -> None:
        self._program, self._standards, self._number = program, standards, number
        self._tight, self._slack = list(tight), [limit for limit in priced if limit not in tight]
        self._allowed, self._basis = allowed, basis

    def piece(self, at: float) -> _Piece | None:
        """The price at a limit, and from where to where the basis stays."""
        here = self._standards[self._number].limit
        # Any other value will do to tell a linear function.
        there = 0.5 * here if here > 0 else 0.5
        scale = self._determinant(here)
        if scale == 0:
            return None
        now, then = self._conditions(here, scale), self._conditions(there, scale)
        slope = (then - now) / (there - here)
        now = np.maximum(now, 0.0)
        up, down = slope < 0, slope > 0
        high = here + float((now[up] / -slope[up]).min(initial=inf))
        low = here - float((now[down] / slope[down]).min(initial=inf))
        one = self._standards[self._number]
        solved = self._solved(at)
        if solved is None:
            return None
        weights, prices = solved
        price = float(prices[self._tight.index(self._number)])
        first, other, rows = self._basis
        firsts = 1.0 - np.bincount(rows, weights, minlength=len(first))
        places, shares = np.append(first, other), np.append(firsts, weights)
        _, base = self._program.leaks_and_base(self._number, one.kind, places, shares)
        return _Piece(max(price, 0.0) * base / self._program.entitled, low, high)

    def _at(self, limit: float) -> tuple[Floats, Floats]:
        """The limits as ``use @ x <= most``, this one being another."""
        use, most, _ = linear_limits(self._program, _with(self._standards, self._number, limit))
        return use, most

    def _square(self, use: Floats) -> Floats:
        first, other, rows = self._basis
        tight = use[self._tight]
        found: Floats = tight[:, other] - tight[:, first[rows]]
        return found

    def _determinant(self, limit: float) -> float:
        return float(np.linalg.det(self._square(self._at(limit)[0])))

    def _solved(self, limit: float) -> tuple[Floats, Floats] | None:
        """The shares of the further options, and the prices of the limits that bind."""
        use, most = self._at(limit)
        square = self._square(use)
        first, other, rows = self._basis
        left = most[self._tight] - use[self._tight][:, first].sum(axis=1)
        gain = self._program.served[other] - self._program.served[first[rows]]
        try:
            weights = np.linalg.solve(square, left)
            prices = np.linalg.solve(square.T, gain)
        except np.linalg.LinAlgError:
            return None
        return np.asarray(weights, dtype=np.float64), np.asarray(prices, dtype=np.float64)

    def _conditions(self, limit: float, scale: float) -> Floats:
        """What must not be below zero, times the determinant in parts of a scale: linear in the limit."""
        use, most = self._at(limit)
        square = self._square(use)
        first, other, rows = self._basis
        program = self._program
        size = float(np.linalg.det(square)) / scale
        adjugate = _adjugate(square) / scale
        left = most[self._tight] - use[self._tight][:, first].sum(axis=1)
        weights = adjugate @ left
        prices = adjugate.T @ (program.served[other] - program.served[first[rows]])
        firsts = np.bincount(rows, weights, minlength=len(first))[np.unique(rows)]
        found = [np.array([size]), weights, size - firsts, prices]
        for place in self._slack:
            steps = use[place, other] - use[place, first[rows]]
            found.append(np.array([(most[place] - use[place, first].sum()) * size - steps @ weights]))
        reference = first[program.row_of]
        worth = (program.served[reference] - program.served) * size
        noise = np.abs(program.served) + np.abs(program.served[reference])
        for place, price in zip(self._tight, prices.tolist(), strict=True):
            worth -= price * (use[place, reference] - use[place])
            noise += abs(price) * (np.abs(use[place]) + np.abs(use[place, reference]))
        outside = self._allowed.copy()
        outside[first] = outside[other] = False
        found.append((worth + _NOISE * noise)[outside])
        return np.concatenate(found)


def _adjugate(square: Floats) -> Floats:
    """The inverse times the determinant, each element a determinant: right also where there is no inverse."""
    count = len(square)
    if count == 1:
        return np.ones((1, 1))
    found = np.empty((count, count))
    for row in range(count):
        for column in range(count):
            minor = np.delete(np.delete(square, row, axis=0), column, axis=1)
            found[column, row] = (-1.0) ** (row + column) * np.linalg.det(minor)
    return found
