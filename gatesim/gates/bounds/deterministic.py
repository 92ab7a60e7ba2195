"""Gates that do the same with all needs of a row: between what numbers the best of them lies.

A program mixes tables. The best mixture is a bound for every single table, and is attained by one wherever no row is
divided. With few rows the best single table is found for certain, by going through all of them row by row and
dropping what another beats. With many, one is looked for by branch and bound
(`gatesim.gates.bounds.branches`), which also says what no single table exceeds: less than what mixtures come to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.bound import Bound
from gatesim.gates.bounds.branches import search
from gatesim.gates.bounds.frontier import BLOCKED
from gatesim.gates.bounds.mixture import amounts
from gatesim.gates.bounds.program import Program

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT_ROWS = 6
"""Up to so many rows the best single table is found for certain."""

_MOST_POINTS = 200_000

_HAIR = 1e-12
"""Values that differ by no more, in parts of themselves or of 1, are one."""


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
    limit
        No single table is better than this: the value of the best one where it was found for certain, else between
        that and ``bound``. None where no single table was found.
    """

    found: float | None
    bound: float
    exact: bool
    choice: Ints | None
    limit: float | None = None


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
            best = _best(bound, points, choices, True)
            return best._replace(limit=best.found)
    tables = [table.choice for table in bound.mixture()]
    if bound.question == "most_served" and bound.program.capacity is not None:
        tables += [_trimmed(bound, choice) for choice in tables]
    choices = np.stack(tables)
    found = _of(bound, choices, False)
    unit = {"leak_rate": bound.program.restricted, "leak_share": 1.0, "leak_count": 1.0}.get(
        bound.leak, bound.program.entitled
    )
    sign = 1.0 if bound.question == "most_served" else -1.0
    searched = search(bound, -np.inf if found.found is None else sign * found.found * unit)
    if len(searched.choices):
        known = searched.choices if found.choice is None else np.vstack([searched.choices, found.choice])
        found = _of(bound, known, False)
    if found.found is None:
        # Where the desk counts, what branching left out of account may be all that stands against a table.
        return found._replace(exact=searched.worth == -np.inf)
    limit = sign * searched.worth / unit
    is_best = sign * (limit - found.found) <= _HAIR * max(1.0, abs(found.found))
    return found._replace(exact=is_best, limit=found.found if is_best else limit)


def _trimmed(bound: Bound, choice: Ints) -> Ints:
    """A table with rows refused, those first that serve least for what they take of the limits, until it is within."""
    program, duals = bound.program, bound.duals
    rows = np.stack(amounts(program, choice), axis=1)
    takes = sum(duals.standards) * rows[:, 1] + duals.review * rows[:, 2]
    order = np.argsort(rows[:, 0] / np.maximum(takes, np.finfo(float).tiny), kind="stable")
    gone = np.concatenate([np.zeros((1, 3)), np.cumsum(rows[order], axis=0)])
    left = _point(program, choice) - gone
    within = left[:, 2] <= (program.capacity or 0.0)
    for standard in bound.standards:
        on_leaks, on_served, most = standard.linear(program.restricted)
        within &= on_leaks * left[:, 1] - on_served * left[:, 0] <= most
    trimmed = choice.copy()
    trimmed[order[: int(within.argmax()) if within.any() else len(order)]] = BLOCKED
    return trimmed


def _of(bound: Bound, choices: Ints, exact: bool) -> Interval:
    return _best(bound, np.array([_point(bound.program, choice) for choice in choices]), choices, exact)


def _point(program: Program, choice: Ints) -> Floats:
    open_ = np.array([program.open_entitled, program.open_leaks, 0.0])
    point: Floats = open_ + np.array([column.sum() for column in amounts(program, choice)])
    return point


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
