"""Gates that do the same with all needs of a row: between what numbers the best of them lies.

A program mixes tables. The best mixture is a bound for every single table, and is attained by one wherever no row is
divided. With few rows the best single table is found for certain, by going through all of them row by row and
dropping what another beats; with many, one is found by rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.bound import Bound
from gatesim.gates.bounds.frontier import BLOCKED, Frontier, frontier_of
from gatesim.gates.bounds.mixture import amounts, at_vertex
from gatesim.gates.bounds.program import Program

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT_ROWS = 6
"""Up to so many rows the best single table is found for certain."""

_MOST_POINTS = 200_000


class Interval(NamedTuple):
    """What the best single table comes to.

    Attributes
    ----------
    found
        The value of the best that was found; None where none was.
    bound
        The value of the best mixture.
    exact
        Whether no single table is better than the one found.
    choice
        int64[row]: its options (or `BLOCKED`); None where none was found.
    """

    found: float | None
    bound: float
    exact: bool
    choice: Ints | None


def interval(bound: Bound) -> Interval:
    """The best single table for a bound's question.

    Parameters
    ----------
    bound
        A bound with a value.
    """
    assert bound.value is not None, "a bound without a value is attained by nothing"
    if bound.program.size <= EXACT_ROWS:
        listed = _all_tables(bound.program)
        if listed is not None:
            points, choices = listed
            return _best(bound, points, choices, True)
    if bound.program.capacity is not None and "desk" in bound.binding:
        choices = np.stack([table.choice for table in bound.mixture()])
        return _best(bound, np.array([_point(bound.program, c) for c in choices]), choices, False)
    choices = np.stack(_rounded(bound, frontier_of(bound.program)))
    return _best(bound, np.array([_point(bound.program, c) for c in choices]), choices, False)


def _point(program: Program, choice: Ints) -> Floats:
    open_ = np.array([program.open_entitled, program.open_leaks, 0.0])
    return open_ + np.array([column.sum() for column in amounts(program, choice)])


def _best(bound: Bound, points: Floats, choices: Ints, exact: bool) -> Interval:
    assert bound.value is not None
    program = bound.program
    served, leaks, reviews = points.T
    within = np.ones(len(points), dtype=np.bool_)
    if program.capacity is not None:
        within &= reviews <= program.capacity
    for standard in bound.standards:
        on_leaks, on_served, most = standard.linear(program.restricted)
        within &= on_leaks * leaks - on_served * served <= most
    if bound.question == "most_served":
        worth = served / program.entitled
    else:
        # A single table may reach the floor only up to the rounding of its sum.
        within &= served >= min((bound.floor or 0.0) * program.entitled, program.entitled * (1 - 1e-12))
        base = {"leak_rate": program.restricted, "leak_count": 1.0}.get(bound.leak, served + leaks)
        with np.errstate(divide="ignore", invalid="ignore"):
            worth = -np.where(np.asarray(base) > 0, leaks / base, np.inf)
    if not within.any():
        return Interval(None, bound.value, exact, None)
    best = int(np.where(within, worth, -np.inf).argmax())
    return Interval(float(abs(worth[best])), bound.value, exact, choices[best])


def _all_tables(program: Program) -> tuple[Floats, Ints] | None:
    """Totals and options of all tables that no other one beats; None where there are too many."""
    points = np.array([[program.open_entitled, program.open_leaks, 0.0]])
    choices = np.zeros((1, 0), dtype=np.int64)
    for dense in program.dense():
        reviews = dense.reviews()
        for row in range(len(dense.served)):
            own = np.stack([dense.served[row], dense.leaks[row], reviews[row]], axis=1)
            own = np.concatenate([np.zeros((1, 3)), own])
            options = np.concatenate([[BLOCKED], dense.part.options])
            keep = _efficient(own)
            own, options = own[keep], options[keep]
            if len(points) * len(own) > _MOST_POINTS:
                return None
            points = (points[:, None] + own[None]).reshape(-1, 3)
            choices = np.concatenate(
                [np.repeat(choices, len(own), axis=0), np.tile(options, len(choices))[:, None]], axis=1
            )
            keep = _efficient(points)
            points, choices = points[keep], choices[keep]
    return points, choices


def _efficient(points: Floats) -> NDArray[np.bool_]:
    """Which points no other one beats: more served, fewer leaks, fewer reviews; the first of equal ones stays."""
    order = np.lexsort((points[:, 2], points[:, 1], -points[:, 0]))
    keep = np.zeros(len(points), dtype=np.bool_)
    # Only points that serve at least as much can beat one: those before it in this order.
    front = np.zeros((0, 2))
    for k in order.tolist():
        leaks, reviews = points[k, 1:]
        if not ((front[:, 0] <= leaks) & (front[:, 1] <= reviews)).any():
            keep[k] = True
            front = front[~((front[:, 0] >= leaks) & (front[:, 1] >= reviews))]
            front = np.concatenate([front, points[k : k + 1, 1:]])
    return keep


def _rounded(bound: Bound, frontier: Frontier) -> list[Ints]:
    """Single tables near the best mixture: the vertex before it with whatever further edges fit, and the one after."""
    program = bound.program
    tables = bound.mixture()
    if bound.question == "least_leak":
        return [table.choice for table in tables]
    here = tables[0].choice.copy()
    served, leaks, _ = _point(program, here).tolist()
    linear = [standard.linear(program.restricted) for standard in bound.standards]
    start = int(np.searchsorted(frontier.served, served * (1 - 1e-12)))
    skipped: set[int] = set()
    filled = here.copy()
    for edge in range(start + 1, len(frontier.served)):
        row = int(frontier.row[edge])
        if row in skipped or filled[row] != frontier.before[edge]:
            continue
        gain = float(frontier.served[edge] - frontier.served[edge - 1])
        cost = float(frontier.leaks[edge] - frontier.leaks[edge - 1])
        if all(a * (leaks + cost) - b * (served + gain) <= m * (1 - 1e-12) for a, b, m in linear):
            filled[row] = frontier.after[edge]
            served, leaks = served + gain, leaks + cost
        else:
            skipped.add(row)
    return [here, filled, *(table.choice for table in tables[1:]), at_vertex(program, frontier, 0)]
