"""The value of bound A or B alone, without prices, table or proof: for studies that ask thousands of times.

The same program as in `gatesim.gates.bounds.solve`, by a line search over the price of a leak. For one price each row
takes the option with the most entitled needs served less the price times the leaks; the price moves along chords of
the frontier until the chord is one of its edges (the dual simplex method in one dimension; it ends after finitely many
steps, since every step finds a new vertex).
"""

from __future__ import annotations

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


_AROUND = (0.98, 1.02)
"""Around a price at which a search ended it begins at these parts of it."""


class _Vertex(NamedTuple):
    served: float
    leaks: float


def most_value(dense: Dense, standard: Standard, near: list[float] | None = None) -> float | None:
    """The most of entitled needs that any gate serves within a standard.

    Parameters
    ----------
    dense
        The program.
    standard
        The limit.
    near
        Prices at which the search begins: where it ended for a program that differs little. Given the price at which
        it ends here.

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
    # The edge is near that of a program like this one: vertices on both sides of it are tried first.
    for price in (each * factor for each in near or () for factor in _AROUND):
        found = _at_price(dense, price)
        if room(found) >= 0:
            if found.served > within.served:
                within = found
        elif found.leaks < beyond.leaks:
            beyond = found
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
    if near is not None:
        near[:] = [price] if 0 < price < _STEEP else []
    inside, outside = room(within), room(beyond)
    part = inside / (inside - outside) if inside > outside else 0.0
    return min((within.served + part * (beyond.served - within.served)) / dense.entitled, 1.0)


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
