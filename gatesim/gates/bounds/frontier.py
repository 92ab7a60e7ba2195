"""The frontier: the most entitled needs that can be served for every number of leaks.

With one price on leaks the rows of a program are independent of each other: each takes the option with the most
entitled needs served less the price times the leaks. So the options of a row that matter are those on the upper
concave hull of its points (leaks, served), and the frontier of all rows together is made of the edges of all hulls
in the order of their slope (a fractional knapsack; Dantzig, "Discrete-variable extremum problems", Operations
Research 5, 1957). Where there is no check it is the order of likelihood ratios (Neyman and Pearson, 1933).
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.program import Program

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCKED = -1
"""In place of the number of an option: the need is refused."""

_STEEP = 1e300
"""Slopes above this count as equal; only what costs nothing at all is steeper."""


@dataclass(frozen=True, eq=False)
class Frontier:
    """The curve of a program, from refusing all (vertex 0) to serving all entitled needs.

    Attributes
    ----------
    served, leaks
        float64[vertex]: entitled needs served, and leaks; both ascend, the curve is concave.
    gain, cost
        float64[vertex]: by how much they ascend on the edge from the vertex before; 0 at vertex 0.
    reviews
        float64[vertex]: reviews that come with it; zeros where the program does not count them.
    row, before, after
        int64[vertex]: the row that changes between the vertex before and this one, and the numbers (in
        `Program.options`) of its option before and after; `BLOCKED` for none. The entries of vertex 0 mean nothing.
    """

    served: Floats
    leaks: Floats
    gain: Floats
    cost: Floats
    reviews: Floats
    row: Ints
    before: Ints
    after: Ints


_KNOWN: weakref.WeakKeyDictionary[Program, Frontier] = weakref.WeakKeyDictionary()


def frontier_of(program: Program) -> Frontier:
    """The frontier of a program; worked out once.

    Parameters
    ----------
    program
        The program. Its desk does not matter here.

    Notes
    -----
    Equal slopes are taken in the order of rows, so that the curve does not depend on chance.
    """
    known = _KNOWN.get(program)
    if known is None:
        known = _KNOWN[program] = _frontier(program)
    return known


def with_capacity(program: Program, capacity: float) -> Program:
    """The same program under another desk; the frontier is the same.

    Parameters
    ----------
    program
        A program in which the desk counts.
    capacity
        Reviews that the desk can make on average.
    """
    other = replace(program, capacity=capacity)
    _KNOWN[other] = frontier_of(program)
    return other


def _frontier(program: Program) -> Frontier:
    found = []
    for dense in program.dense():
        reviews = np.zeros_like(dense.served) if program.capacity is None else dense.reviews()
        found += _edges(dense.served, dense.leaks, reviews, dense.first, dense.part.options)
    if found:
        gain, cost, more, slope, row, before, after = (
            np.concatenate(column) for column in zip(*found, strict=True)
        )
        # What costs nothing comes before what costs hardly anything.
        order = np.lexsort((cost > 0, -slope))
    else:
        gain = cost = more = np.zeros(0)
        row = before = after = np.zeros(0, dtype=np.int64)
        order = np.zeros(0, dtype=np.int64)

    def vertices(values: NDArray[np.int64]) -> Ints:
        return np.concatenate([[BLOCKED], values[order]])

    gain, cost = (np.concatenate([[0.0], values[order]]) for values in (gain, cost))
    return Frontier(
        np.cumsum(gain) + program.open_entitled,
        np.cumsum(cost) + program.open_leaks,
        gain,
        cost,
        np.concatenate([[0.0], np.cumsum(more[order])]),
        vertices(row),
        vertices(before),
        vertices(after),
    )


_Edges = tuple[Floats, Floats, Floats, Floats, Ints, Ints, Ints]


def _edges(served: Floats, leaks: Floats, reviews: Floats, first: int, options: Ints) -> list[_Edges]:
    """Edges of the hulls of some rows: gain, cost, reviews, slope, row, option before and after; steepest first.

    All rows at once: from where each row is on its hull, the next vertex is the option with the steepest slope.
    """
    rows = np.arange(len(served))
    at_served, at_leaks, at_reviews = (np.zeros(len(rows)) for _ in range(3))
    at = np.full(len(rows), BLOCKED)
    last = np.full(len(rows), np.inf)
    found: list[_Edges] = []
    while len(rows):
        gain, cost = served - at_served[:, None], leaks - at_leaks[:, None]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slope = np.where(cost > 0, np.minimum(gain / cost, _STEEP), np.inf)
            slope = np.where(gain > 0, slope, -1.0)
        steepest = slope.max(axis=1)
        # Among equally steep options the farthest.
        best = np.where(slope == steepest[:, None], gain, -1.0).argmax(axis=1)
        goes_on = steepest > 0
        here = np.flatnonzero(goes_on)
        best = best[here]
        # Rounding must not put a later edge of a row before an earlier one.
        last = np.minimum(last[here], steepest[here])
        gained, paid = gain[here, best], np.maximum(cost[here, best], 0.0)
        reviewed = reviews[here, best]
        found.append(
            (gained, paid, reviewed - at_reviews[here], last, rows[here] + first, at[here], options[best])
        )
        at_served, at_leaks = served[here, best], np.maximum(leaks[here, best], at_leaks[here])
        at, rows, at_reviews = options[best], rows[here], reviewed
        served, leaks, reviews = served[here], leaks[here], reviews[here]
    return [edge for edge in found if len(edge[0])]
