"""The value of bound A or B alone, without prices, table or proof: for studies that ask thousands of times.

The same program as in `gatesim.gates.bounds.solve`, by a line search over the price of a leak. For one price each row
takes the option with the most entitled needs served less the price times the leaks; the price moves along chords of
the frontier until the chord is one of its edges (the dual simplex method in one dimension; it ends after finitely many
steps, since every step finds a new vertex).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.program import Program
from gatesim.gates.bounds.standards import Standard

Floats = NDArray[np.float64]

_ENOUGH = 1e-13
"""A step that gains no more than this part of all needs finds nothing new."""

_STEPS = 200

_STEEP = 1e12
"""At prices above this a row takes only what leaks nothing."""


class Dense(NamedTuple):
    """All rows of a program with all their options, in one table.

    Attributes
    ----------
    served, leaks
        float64[row, option]: entitled and restricted needs that the option serves; zeros where a row lacks it.
    open_entitled, open_leaks
        Needs for which the gate is open whatever it would decide.
    entitled, restricted
        All needs.
    """

    served: Floats
    leaks: Floats
    open_entitled: float
    open_leaks: float
    entitled: float
    restricted: float


def dense_of(program: Program) -> Dense:
    """A program in one table; its desk does not count."""
    blocks = list(program.dense())
    width = max((block.served.shape[1] for block in blocks), default=1)
    served, leaks = np.zeros((program.size, width)), np.zeros((program.size, width))
    for block in blocks:
        rows, options = block.served.shape
        served[block.first : block.first + rows, :options] = block.served
        leaks[block.first : block.first + rows, :options] = block.leaks
    return Dense(
        served, leaks, program.open_entitled, program.open_leaks, program.entitled, program.restricted
    )


class _Vertex(NamedTuple):
    served: float
    leaks: float


def most_value(dense: Dense, standard: Standard) -> float | None:
    """The most of entitled needs that any gate serves within a standard.

    Parameters
    ----------
    dense
        The program.
    standard
        The limit.

    Returns
    -------
    float or None
        A share of all entitled needs; None where there are none, or no gate is within the standard.
    """
    if dense.entitled <= 0:
        return None
    on_leaks, on_served, most = standard.linear(dense.restricted)
    scale = dense.entitled + dense.restricted

    def room(at: _Vertex) -> float:
        return most + on_served * at.served - on_leaks * at.leaks

    beyond = _everything(dense)
    if room(beyond) >= 0:
        return min(beyond.served / dense.entitled, 1.0)
    price = on_leaks / on_served if on_served > 0 else inf
    within = _at_price(dense, price) if price < _STEEP else _harmless(dense)
    if room(within) < 0:
        within = _harmless(dense)
        if room(within) < 0:
            return None
    for _ in range(_STEPS):
        rise, run = beyond.served - within.served, beyond.leaks - within.leaks
        if rise <= 0 or run <= 0:
            break
        price = rise / run
        found = _at_price(dense, price)
        gain = (found.served - price * found.leaks) - (within.served - price * within.leaks)
        if gain <= _ENOUGH * scale:
            break
        if room(found) >= 0:
            within = found
        else:
            beyond = found
    inside, outside = room(within), room(beyond)
    part = inside / (inside - outside) if inside > outside else 0.0
    return min((within.served + part * (beyond.served - within.served)) / dense.entitled, 1.0)


class Several(NamedTuple):
    """Programs with rows and options in common, as `Dense` with one more axis before the others.

    Attributes
    ----------
    served, leaks
        float64[program, row, option].
    open_entitled, open_leaks, entitled, restricted
        float64[program].
    """

    served: Floats
    leaks: Floats
    open_entitled: Floats
    open_leaks: Floats
    entitled: Floats
    restricted: Floats

    def part(self, those: NDArray[np.int64]) -> Several:
        """Some of the programs."""
        return Several(*(each[those] for each in self))


def most_values(several: Several, standard: Standard) -> Floats:
    """What `most_value` says of several programs, up to rounding; far quicker than one by one.

    Parameters
    ----------
    several
        The programs.
    standard
        The limit.

    Returns
    -------
    ndarray, shape (program,)
        NaN in place of None.
    """
    found = np.full(len(several.entitled), np.nan)
    some = np.flatnonzero(several.entitled > 0)
    if not len(some):
        return found
    several = several.part(some)
    linear = np.array([standard.linear(each) for each in several.restricted.tolist()])
    on_leaks, on_served, most = linear.T
    scale = several.entitled + several.restricted

    def room(at: Floats) -> Floats:
        left: Floats = most + on_served * at[:, 0] - on_leaks * at[:, 1]
        return left

    beyond = _of_each(_everything, several)
    fits = room(beyond) >= 0
    with np.errstate(divide="ignore"):
        price = np.where(on_served > 0, on_leaks / on_served, np.inf)
    within = _at_prices(several, np.minimum(price, _STEEP))
    strict = np.flatnonzero((price >= _STEEP) | (room(within) < 0))
    if len(strict):
        within[strict] = _of_each(_harmless, several.part(strict))
    nothing = ~fits & (room(within) < 0)
    goes_on = np.flatnonzero(~fits & ~nothing)
    for _ in range(_STEPS):
        rise, run = (beyond - within)[goes_on].T
        rises = (rise > 0) & (run > 0)
        goes_on, price = goes_on[rises], rise[rises] / run[rises]
        if not len(goes_on):
            break
        new = _at_prices(several.part(goes_on), price)
        old = within[goes_on]
        gain = (new[:, 0] - price * new[:, 1]) - (old[:, 0] - price * old[:, 1])
        gains = gain > _ENOUGH * scale[goes_on]
        goes_on, new = goes_on[gains], new[gains]
        at = within.copy()
        at[goes_on] = new
        inside = room(at)[goes_on] >= 0
        within[goes_on[inside]], beyond[goes_on[~inside]] = new[inside], new[~inside]
    inside, outside = room(within), room(beyond)
    between = inside > outside
    part = np.where(between, inside / np.where(between, inside - outside, 1.0), 0.0)
    served = np.where(fits, beyond[:, 0], within[:, 0] + part * (beyond[:, 0] - within[:, 0]))
    found[some] = np.where(nothing, np.nan, np.minimum(served / several.entitled, 1.0))
    return found


def _of_each(vertex: Callable[[Dense], _Vertex], several: Several) -> Floats:
    """A vertex of each of several programs: float64[program, served or leaks]."""
    return np.array([vertex(Dense(*each)) for each in zip(*several, strict=True)])


def _at_prices(several: Several, prices: Floats) -> Floats:
    """See `_at_price`, for each of several programs at a price of its own: float64[program, served or leaks]."""
    if not several.served.size:
        return np.stack([several.open_entitled, several.open_leaks], axis=1)
    value = several.served - prices[:, None, None] * several.leaks
    best = value.argmax(axis=2)[..., None]
    takes = np.take_along_axis(value, best, 2) > 0
    served, leaks = (
        np.where(takes, np.take_along_axis(each, best, 2), 0.0).sum(axis=(1, 2))
        for each in (several.served, several.leaks)
    )
    return np.stack([served + several.open_entitled, leaks + several.open_leaks], axis=1)


def _vertex(dense: Dense, served: Floats, leaks: Floats) -> _Vertex:
    return _Vertex(float(served.sum()) + dense.open_entitled, float(leaks.sum()) + dense.open_leaks)


def _at_price(dense: Dense, price: float) -> _Vertex:
    """What is best for every row at a price of leaks; refusing is always possible."""
    value = dense.served - price * dense.leaks
    best = value.argmax(axis=1)
    rows = np.arange(len(best))
    takes = value[rows, best] > 0
    return _vertex(dense, dense.served[rows, best][takes], dense.leaks[rows, best][takes])


def _everything(dense: Dense) -> _Vertex:
    """Every row serves all entitled needs that it can, with as few leaks as that allows."""
    if not dense.served.size:
        return _vertex(dense, np.zeros(0), np.zeros(0))
    top = dense.served.max(axis=1)
    leaks = np.where(dense.served == top[:, None], dense.leaks, np.inf).min(axis=1)
    return _vertex(dense, top, np.where(top > 0, leaks, 0.0))


def _harmless(dense: Dense) -> _Vertex:
    """Every row serves what it can without a single leak."""
    if not dense.served.size:
        return _vertex(dense, np.zeros(0), np.zeros(0))
    served = np.where(dense.leaks == 0, dense.served, 0.0).max(axis=1)
    return _vertex(dense, served, np.zeros_like(served))
