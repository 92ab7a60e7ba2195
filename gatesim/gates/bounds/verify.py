"""The proof of a bound without the solver, in exact fractions.

The numbers of a program are binary fractions, and so are the prices that come with a bound. For prices that are not
negative, weak duality gives a limit that no gate of the program can pass, whatever the solver did: with prices on
leaks and reviews each row by itself can at most bring its best option. That limit is worked out exactly, with each
row's slack set to exactly its best option, so that the prices are feasible whatever rounding did to them. The gate
that attains the bound is made feasible exactly, too, and the gap between the two is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np

from gatesim.gates.bounds.bound import Bound
from gatesim.gates.bounds.frontier import BLOCKED, frontier_of
from gatesim.gates.bounds.mixture import Table, amounts, at_vertex
from gatesim.gates.bounds.program import Program

GAP = Fraction(1, 10**9)
"""The largest gap with which a bound counts as proved, in the unit of its value."""

_ROUNDING = 1e-13
"""Relative rounding error of a row's value in floating point, generously: what is nearer is looked at exactly."""


class Verification(NamedTuple):
    """What the proof came to.

    Attributes
    ----------
    holds
        Whether the gap is at most `GAP` (relative for a count), and the bound's value is what is attained.
    gap
        Between what is proved and what is attained, in the unit of the bound's value; never negative.
    proved
        No gate of the program does better than this.
    attained
        A gate of the program does this well.
    """

    holds: bool
    gap: Fraction
    proved: Fraction
    attained: Fraction


_CORNERS = 6
"""Tables of a mixture that the proof looks at, the heaviest ones."""


def _heaviest(bound: Bound) -> list[Table]:
    return sorted(bound.mixture(), key=lambda table: -table.weight)[:_CORNERS]


def _spares(bound: Bound) -> list[Table]:
    """Tables with room, should rounding have put the mixture a hair beyond a constraint."""
    program, frontier = bound.program, frontier_of(bound.program)
    before = int(np.searchsorted(frontier.served, bound.served * (1 - 1e-9)))
    nobody, everybody = (np.full(program.size, option) for option in (BLOCKED, 0))
    return [
        Table(0.0, choice) for choice in (nobody, everybody, at_vertex(program, frontier, max(before - 1, 0)))
    ]


class _Totals(NamedTuple):
    served: Fraction
    leaks: Fraction
    reviews: Fraction


def verify(bound: Bound) -> Verification:
    """Prove a bound.

    Parameters
    ----------
    bound
        A bound with a value.

    Raises
    ------
    ValueError
        If it has none.
    """
    if bound.value is None:
        raise ValueError(f"there is nothing to verify: {bound.note}")
    corners = [_totals(bound.program, table) for table in (*_heaviest(bound), *_spares(bound))]
    if bound.question == "most_served":
        proved, attained = _most_served(bound, corners)
        gap = proved - attained
        scale = Fraction(1)
    else:
        proved, attained = _least_leak(bound, corners)
        gap = attained - proved
        scale = max(attained, Fraction(1)) if bound.leak == "leak_count" else Fraction(1)
    claimed = abs(Fraction(bound.value) - attained) <= GAP * scale
    return Verification(claimed and 0 <= gap <= GAP * scale, gap, proved, attained)


def _most_served(bound: Bound, corners: list[_Totals]) -> tuple[Fraction, Fraction]:
    program = bound.program
    prices = [Fraction(price) for price in bound.duals.standards]
    linear = [tuple(Fraction(x) for x in standard.linear(program.restricted)) for standard in bound.standards]
    on_served = 1 + sum((p * each[1] for p, each in zip(prices, linear, strict=True)), Fraction(0))
    on_leaks = sum((p * each[0] for p, each in zip(prices, linear, strict=True)), Fraction(0))
    most = sum((p * each[2] for p, each in zip(prices, linear, strict=True)), Fraction(0))
    review = Fraction(bound.duals.review)
    proved = best_possible(program, on_served, on_leaks, review) + most + review * _capacity(program)

    def room(point: _Totals) -> list[Fraction]:
        found = [m + s * point.served - k * point.leaks for k, s, m in linear]
        return [*found, _capacity(program) - point.reviews] if program.capacity is not None else found

    point = _best_mixture(corners, [room(corner) for corner in corners], lambda point: point.served)
    entitled = Fraction(program.entitled)
    return proved / entitled, (point.served if point is not None else Fraction(-1)) / entitled


def _least_leak(bound: Bound, corners: list[_Totals]) -> tuple[Fraction, Fraction]:
    program = bound.program
    price, review = Fraction(bound.duals.floor), Fraction(bound.duals.review)
    # The frontier's sums may fall short of all entitled needs by rounding: a floor of all of them is that much less.
    most = Fraction(program.open_entitled) + sum(
        (Fraction(float(x)) for part in program.parts for x in part.entitled.sum(axis=1)), Fraction(0)
    )
    needed = min(Fraction(bound.floor or 0.0) * Fraction(program.entitled), most)

    def goodness(point: _Totals) -> Fraction:
        served = point.served + point.leaks if bound.leak == "leak_share" else Fraction(1)
        return -point.leaks / served if served > 0 else Fraction(-1)

    def room(point: _Totals) -> list[Fraction]:
        found = [point.served - needed]
        return [*found, _capacity(program) - point.reviews] if program.capacity is not None else found

    point = _best_mixture(corners, [room(corner) for corner in corners], goodness)
    served, leaks = (Fraction(0), Fraction(-1)) if point is None else point[:2]
    if bound.leak == "leak_share":
        attained = leaks / (served + leaks)
        # For every gate that serves the floor: leaks - share * (served + leaks) >= short.
        share = attained
        short = (
            price * needed
            - best_possible(program, share + price, 1 - share, review)
            - review * _capacity(program)
        )
        least = max(needed, Fraction(program.open_entitled) + Fraction(program.open_leaks))
        everything = Fraction(program.entitled) + Fraction(program.restricted)
        proved = share + short / (least if short < 0 and least > 0 else everything)
        return proved, attained
    proved = price * needed - best_possible(program, price, Fraction(1), review) - review * _capacity(program)
    base = Fraction(program.restricted) if bound.leak == "leak_rate" else Fraction(1)
    return proved / base, leaks / base


def _capacity(program: Program) -> Fraction:
    return Fraction(program.capacity) if program.capacity is not None else Fraction(0)


def best_possible(
    program: Program, on_served: Fraction, on_leaks: Fraction, on_reviews: Fraction
) -> Fraction:
    """The most that any gate brings, with prices instead of constraints; exact.

    Parameters
    ----------
    program
        The program.
    on_served, on_leaks, on_reviews
        What an entitled need served is worth; what a leak and a review cost.
    """
    total = on_served * Fraction(program.open_entitled) - on_leaks * Fraction(program.open_leaks)
    a, b, c = float(on_served), float(on_leaks), float(on_reviews)
    for dense in program.dense():
        reviews = dense.reviews() if c else np.zeros_like(dense.served)
        worth = a * dense.served - b * dense.leaks - c * reviews
        about = _ROUNDING * (abs(a) * dense.served + abs(b) * dense.leaks + abs(c) * reviews)
        at_least = np.maximum((worth - about).max(axis=1), 0.0)
        # Only options that rounding cannot tell from the best are compared exactly.
        near = (worth + about >= at_least[:, None]) & (worth + about > 0)
        rows, options = np.nonzero(near)
        best: dict[int, Fraction] = {}
        for row, served, leaks, review in zip(
            rows.tolist(),
            dense.served[rows, options].tolist(),
            dense.leaks[rows, options].tolist(),
            reviews[rows, options].tolist(),
            strict=True,
        ):
            exact = on_served * Fraction(served) - on_leaks * Fraction(leaks) - on_reviews * Fraction(review)
            if exact > best.get(row, 0):
                best[row] = exact
        total += sum(best.values(), Fraction(0))
    return total


def _totals(program: Program, table: Table) -> _Totals:
    found = [
        sum((Fraction(x) for x in column.tolist() if x), Fraction(0))
        for column in amounts(program, table.choice)
    ]
    return _Totals(
        found[0] + Fraction(program.open_entitled), found[1] + Fraction(program.open_leaks), found[2]
    )


def _best_mixture(
    corners: Sequence[_Totals], rooms: Sequence[Sequence[Fraction]], worth: Callable[[_Totals], Fraction]
) -> _Totals | None:
    """The best mixture of some tables that meets every constraint exactly; None where none does.

    The best is a basic one: with as many constraints met without slack as tables are mixed, less one.

    Parameters
    ----------
    corners
        What the tables come to.
    rooms
        What each of them leaves of each constraint.
    worth
        What is to be large.
    """
    best = None
    constraints = range(len(rooms[0]))
    for count in range(1, len(constraints) + 2):
        for mixed in combinations(range(len(corners)), count):
            for tight in combinations(constraints, count - 1):
                system = [[Fraction(1)] * count, *([rooms[k][c] for k in mixed] for c in tight)]
                weights = _solve(system, [Fraction(1), *([Fraction(0)] * (count - 1))])
                if weights is None or min(weights) < 0:
                    continue
                slack = (
                    sum((w * rooms[k][c] for w, k in zip(weights, mixed, strict=True)), Fraction(0))
                    for c in constraints
                )
                if any(each < 0 for each in slack):
                    continue
                point = _Totals(
                    *(
                        sum((w * corners[k][q] for w, k in zip(weights, mixed, strict=True)), Fraction(0))
                        for q in range(3)
                    )
                )
                if best is None or worth(point) > worth(best):
                    best = point
    return best


def _solve(system: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Solve a small system of equations by elimination; None where it has no single solution."""
    rows = [[*row, value] for row, value in zip(system, right, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = next((k for k in range(column, size) if rows[k][column] != 0), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        rows[column] = [x / head for x in rows[column]]
        for k in range(size):
            if k != column and rows[k][column] != 0:
                factor = rows[k][column]
                rows[k] = [x - factor * y for x, y in zip(rows[k], rows[column], strict=True)]
    return [row[-1] for row in rows]
