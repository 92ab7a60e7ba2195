"""Gates as mixtures of tables: which option each row takes, and what that adds up to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.frontier import BLOCKED, Frontier
from gatesim.gates.bounds.program import Part, Program

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Table(NamedTuple):
    """A table, and the probability with which a gate uses it.

    Attributes
    ----------
    weight
        The probability; those of a mixture add up to 1.
    choice
        int64[row]: number of the option, or `BLOCKED`.
    """

    weight: float
    choice: Ints


Mixture = tuple[Table, ...]


def at_vertex(program: Program, frontier: Frontier, vertex: int) -> Ints:
    """The table at a vertex of the frontier: int64[row]."""
    choice = np.full(program.size, BLOCKED)
    rows = frontier.row[1 : vertex + 1]
    # A row's edges come in order: the last one stays.
    choice[rows] = frontier.after[1 : vertex + 1]
    return choice


def between(program: Program, frontier: Frontier, vertex: int, part: float) -> Mixture:
    """The mixture at a part of the way from a vertex to the next one."""
    here = at_vertex(program, frontier, vertex)
    if part == 0:
        return (Table(1.0, here),)
    there = here.copy()
    there[frontier.row[vertex + 1]] = frontier.after[vertex + 1]
    return (Table(1.0 - part, here), Table(part, there))


def chosen(part: Part, choice: Ints) -> tuple[Ints, Ints]:
    """The rows of a part that are not refused, and for each the position of its option in the part."""
    rows = np.flatnonzero(choice != BLOCKED)
    return rows, np.searchsorted(part.options, choice[rows])


def amounts(program: Program, choice: Ints) -> tuple[Floats, Floats, Floats]:
    """Entitled needs served, leaks and reviews of each row under a table: three of float64[row]."""
    served, leaks, reviews = np.zeros(len(choice)), np.zeros(len(choice)), np.zeros(len(choice))
    for dense in program.dense():
        count = len(dense.served)
        rows, options = chosen(dense.part, choice[dense.first : dense.first + count])
        served[dense.first + rows] = dense.served[rows, options]
        leaks[dense.first + rows] = dense.leaks[rows, options]
        if program.capacity is not None:
            reviews[dense.first + rows] = dense.reviews()[rows, options]
    return served, leaks, reviews
