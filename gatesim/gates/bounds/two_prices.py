"""Programs with a second price: where the desk binds besides a limit or the floor.

Given prices on leaks and on reviews the rows are independent of each other, so the program is decomposed: tables
that are best at some prices are mixed by a small linear program whose dual gives the next prices (Dantzig and
Wolfe, "Decomposition principle for linear programs", Operations Research 8, 1960). The small program has one row a
constraint; its simplex steps are written out, for a general solver's overhead would be most of the time.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.bound import Bound, Duals, Price
from gatesim.gates.bounds.frontier import BLOCKED, Frontier, frontier_of
from gatesim.gates.bounds.general import maximise
from gatesim.gates.bounds.mixture import Mixture, Table
from gatesim.gates.bounds.program import Program
from gatesim.gates.bounds.standards import Standard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS = 1000
_TINY = 1e-14

_ROUNDING = 1e-13
"""What rounding leaves, in parts of what is summed up."""

_TABLES = 64
"""So many tables of a program are kept."""

_DEAR = 1e9
"""A price of reviews at which hardly any is worth it."""


class _Points:
    """All rows with their options, flat; in each row refusing comes first.

    Few options of a row are ever best. Those that were stand in an active part that is looked through first; before
    it tables that were good under another limit or desk.
    """

    def __init__(self, program: Program) -> None:
        self._sizes = np.concatenate([np.full(len(part), len(part.options) + 1) for part in program.parts])
        self.begins = np.cumsum(self._sizes) - self._sizes
        self.values = np.zeros((3, int(self._sizes.sum())))
        self.options = np.full(self.values.shape[1], BLOCKED)
        for dense in program.dense():
            rows, count = dense.served.shape
            begin = self.begins[dense.first]
            part = slice(begin, begin + rows * (count + 1))
            for row, quantity in zip(self.values, (dense.served, dense.leaks, dense.reviews()), strict=True):
                row[part].reshape(rows, count + 1)[:, 1:] = quantity
            self.options[part].reshape(rows, count + 1)[:, 1:] = dense.part.options
        self.open = np.array([program.open_entitled, program.open_leaks, 0.0])
        self._good: tuple[list[Ints], Floats] = [], np.zeros((0, 3))
        self._rows = np.arange(len(self.begins))
        self._is_active = np.zeros(len(self.options), dtype=np.bool_)
        self.activate(self._promising(program))

    def _promising(self, program: Program) -> Ints:
        """Refusing, to allow, what is best where the desk does not matter, and its neighbours."""
        frontier = frontier_of(program)
        found = [self.begins, self.begins + 1]
        first = 0
        for part in program.parts:
            mine = (frontier.row[1:] >= first) & (frontier.row[1:] < first + len(part))
            place = np.searchsorted(part.options, frontier.after[1:][mine])
            begins = self.begins[frontier.row[1:][mine]] + 1
            found += [begins + place, begins + np.minimum(place + 1, len(part.options) - 1)]
            first += len(part)
        return np.concatenate(found)

    def totals_of(self, places: Ints) -> Floats:
        """Totals (served, leaks, reviews) of a table, given by where its options stand."""
        total: Floats = self.values[:, places].sum(axis=1) + self.open
        return total

    def remember(self, tables: Sequence[Ints]) -> None:
        """Tables that were good: the last ones are kept."""
        known, totals = self._good
        for places in tables:
            total = self.totals_of(places)
            if not (totals == total).all(axis=1).any():
                known, totals = [*known, places][-_TABLES:], np.vstack([totals, total])[-_TABLES:]
        # Both at once: another thread may look.
        self._good = known, totals

    def best_remembered(self, prices: Floats) -> Ints | None:
        """The table that is worth most of those that were good; None where there are none."""
        known, totals = self._good
        return known[int((totals @ prices).argmax())] if known else None

    def activate(self, places: Ints) -> None:
        """Make options active."""
        self._is_active[places] = True
        active = np.flatnonzero(self._is_active)
        row = np.searchsorted(self.begins, active, side="right") - 1
        turn = np.arange(len(active)) - np.searchsorted(row, row)
        # Rows with fewer active options are filled up with refusing.
        table = np.repeat(self.begins[:, None], int(turn.max(initial=0)) + 1, axis=1)
        table[row, turn] = active
        # Both at once: another thread may look.
        self._active = table, np.ascontiguousarray(self.values[:, table])

    def best_active(self, prices: Floats) -> Ints:
        """Where the options of the table stand that is worth most, of the active ones."""
        table, (served, leaks, reviews) = self._active
        worth = prices[0] * served + prices[1] * leaks + prices[2] * reviews
        found: Ints = table[self._rows, worth.argmax(axis=1)]
        return found

    def best(self, prices: Floats, more_than: float = -inf) -> Ints | None:
        """The same of all options; None where the table is worth no more than a number."""
        worth = prices @ self.values
        most = np.maximum.reduceat(worth, self.begins)
        if float(most.sum() + prices @ self.open) <= more_than:
            return None
        where = np.flatnonzero(worth == np.repeat(most, self._sizes))
        found: Ints = where[np.searchsorted(where, self.begins)]
        return found


_KNOWN: weakref.WeakKeyDictionary[Frontier, _Points] = weakref.WeakKeyDictionary()


def _points_of(program: Program) -> _Points:
    """The rows of a program, flat; worked out once for all desks, as its frontier is."""
    frontier = frontier_of(program)
    if frontier not in _KNOWN:
        _KNOWN[frontier] = _Points(program)
    return _KNOWN[frontier]


def _unit_of(program: Program) -> Floats:
    """float64[3]: what served needs, leaks and reviews are measured by."""
    return np.array([program.entitled, max(program.restricted, 1.0), max(program.capacity or 0.0, 1.0)])


class _Column(NamedTuple):
    """A column of the small program: a table (where its options stand), or the slack of a constraint (None).

    Its size is that of the numbers of which its entries are sums, by constraint.
    """

    entries: Floats
    worth: float
    places: Ints | None
    size: Floats


class _Solution(NamedTuple):
    """The best mixture.

    Attributes
    ----------
    totals
        Served, leaks, reviews.
    prices
        By constraint.
    tables
        The mixture.
    less, more
        By constraint how much its right-hand side can fall and rise while the prices stay.
    """

    totals: Floats
    prices: Floats
    tables: Mixture
    less: Floats
    more: Floats


def _maximise(
    points: _Points, unit: Floats, worth: Floats, use: Floats, most: Floats, start: Floats
) -> _Solution | None:
    """Maximise ``worth @ x`` over mixtures of tables with totals x such that ``use @ x <= most``.

    Parameters
    ----------
    points
        The rows.
    unit
        float64[3]: what served needs, leaks and reviews are measured by.
    worth
        float64[3]: of served, leaks, reviews.
    use, most
        float64[constraint, 3] and float64[constraint].
    start
        float64[3]: prices whose best table meets every constraint; None is returned where it does not.
    """
    count = len(most)
    # In the loop all quantities are shares of their totals, and every constraint and the objective are of size 1.
    size = float(np.abs(worth * unit).max())
    sizes = np.abs(use * unit).max(axis=1)
    gain, uses, right = worth / size, use / sizes[:, None], np.append(most / sizes, 1.0)
    uses_size = np.abs(uses)

    def column(places: Ints) -> _Column:
        total = points.totals_of(places)
        return _Column(np.append(uses @ total, 1.0), float(gain @ total), places, uses_size @ total)

    slacks = [_Column(row, 0.0, None, row[:count]) for row in np.eye(count, count + 1)]
    columns = [column(points.best_active(start)), *slacks]
    if (columns[0].entries[:count] > right[:count] + _TINY).any():
        return None
    inverse, is_fresh = _inverse(columns), True
    for _ in range(_STEPS):
        weights = np.maximum(inverse @ right, 0.0)
        duals = np.array([each.worth for each in columns]) @ inverse
        entering = _entering(points, column, slacks, duals, gain, uses, is_fresh)
        if entering is None:
            if is_fresh:
                break
            # The steps have left rounding errors in the inverse: look once more with a clean one.
            inverse, is_fresh = _inverse(columns), True
            continue
        direction = inverse @ entering.entries
        out = _leaving(weights.tolist(), direction.tolist())
        columns[out] = entering
        pivot = inverse[out] / direction[out]
        inverse = inverse - np.outer(direction, pivot)
        inverse[out] = pivot
        is_fresh = False
    else:
        return None
    tables, total = [], np.zeros(3)
    for weight, each in zip(weights, columns, strict=True):
        if each.places is not None and weight > 0:
            tables.append(Table(float(weight), points.options[each.places]))
            total += weight * points.totals_of(each.places)
    points.remember([each.places for each in columns if each.places is not None])
    step = inverse[:, :count]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(np.abs(step) > _TINY, weights[:, None] / step, np.nan) * sizes
    less = np.where(ratios > 0, ratios, inf).min(axis=0, initial=inf)
    more = np.where(ratios < 0, -ratios, inf).min(axis=0, initial=inf)
    prices = np.maximum(duals[:count], 0.0) * size / sizes
    return _Solution(total, prices, tuple(tables), less, more)


def _inverse(columns: Sequence[_Column]) -> Floats:
    return np.linalg.inv(np.array([each.entries for each in columns]).T)


def _entering(
    points: _Points,
    column: Callable[[Ints], _Column],
    slacks: Sequence[_Column],
    duals: Floats,
    gain: Floats,
    uses: Floats,
    thorough: bool,
) -> _Column | None:
    """A column that makes the mixture better; None where there is none, among active options unless thorough."""
    count = len(slacks)
    slack = int(np.argmin(duals[:count]))
    if duals[slack] < -_TINY:
        return slacks[slack]
    prices = gain - np.maximum(duals[:count], 0.0) @ uses

    def gains(found: _Column) -> bool:
        # A gain is a difference of numbers of this size: a smaller one is but what rounding leaves of them.
        size = 1.0 + float(np.abs(duals[:count]) @ found.size)
        return bool(found.worth - duals @ found.entries > _ROUNDING * size)

    for best in (points.best_remembered, points.best_active):
        places = best(prices)
        if places is not None and gains(found := column(places)):
            return found
    if not thorough:
        return None
    # The last of the duals is what a table must be worth to come in.
    places = points.best(prices, float(duals[count]))
    if places is None or not gains(found := column(places)):
        return None
    points.activate(places)
    return found


def _leaving(weights: Sequence[float], direction: Sequence[float]) -> int:
    """The column of the basis that is used up first on the way."""
    least = _TINY * max(1.0, *(abs(d) for d in direction))
    ratios = [w / d if d > least else inf for w, d in zip(weights, direction, strict=True)]
    return ratios.index(min(ratios))


def most_served_by_desk(program: Program, standards: tuple[Standard, ...]) -> Bound | None:
    """The most served where the desk binds; see `gatesim.gates.bounds.solve.most_served`.

    None where no gate is within the standards.
    """
    assert program.capacity is not None
    points, unit = _points_of(program), _unit_of(program)
    linear = [standard.linear(program.restricted) for standard in standards]
    use = np.array([*([-each.on_served, each.on_leaks, 0.0] for each in linear), [0.0, 0.0, 1.0]])
    most = np.array([*(each.most for each in linear), program.capacity])
    # Refuse everybody; should what is open leak too much for that, serve as many as need no review.
    starts = (np.array([0.0, -1.0, -1.0]), *(np.array([e.on_served, -e.on_leaks, -_DEAR]) for e in linear))
    found = _solve(points, unit, np.array([1.0, 0.0, 0.0]), use, most, starts)
    if found is None:
        return None
    served, leaks, reviews = found.totals.tolist()
    prices = []
    for k, standard in enumerate(standards):
        price = float(found.prices[k])
        if standard.kind == "leak_share":
            each = price * (served + leaks) / program.entitled
            prices.append(Price(standard.kind, standard.limit, each, each, standard.limit, standard.limit))
        else:
            base = program.restricted if standard.kind == "leak_rate" else 1.0
            prices.append(
                _price(standard.kind, standard.limit, price * base / program.entitled, found, k, base)
            )
    last = len(standards)
    prices.append(
        _price("desk", program.capacity, float(found.prices[last]) / program.entitled, found, last, 1.0)
    )
    kinds = [*(standard.kind for standard in standards), "desk"]
    return Bound(
        program,
        "most_served",
        standards,
        "",
        None,
        min(served / program.entitled, 1.0),
        served,
        leaks,
        reviews,
        tuple(kind for kind, price in zip(kinds, found.prices, strict=True) if price > 0),
        tuple(prices),
        Duals(tuple(found.prices[:last].tolist()), 0.0, float(found.prices[last])),
        lambda: found.tables,
    )


def least_leak_by_desk(program: Program, leak: str, floor: float, needed: float) -> Bound:
    """The least leak where the desk binds; see `gatesim.gates.bounds.solve.least_leak`.

    A share is found by Dinkelbach's method ("On nonlinear fractional programming", Management Science 13, 1967):
    the program that is linear at the best share so far gives a better one, until there is none.

    Raises
    ------
    ArithmeticError
        If neither way of solving the program succeeds.
    """
    assert program.capacity is not None
    points, unit = _points_of(program), _unit_of(program)
    use, most = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.array([-needed, program.capacity])
    starts = (np.array([1.0, 0.0, -1.0]),)
    share = 0.0
    found = _solved(_solve(points, unit, np.array([0.0, -1.0, 0.0]), use, most, starts))
    while leak == "leak_share":
        better = float(found.totals[1] / found.totals[:2].sum())
        if share > 0 and better >= share * (1.0 - 1e-14):
            break
        share = better
        found = _solved(_solve(points, unit, np.array([share, share - 1.0, 0.0]), use, most, starts))
    served, leaks, reviews = found.totals.tolist()
    base = {"leak_rate": program.restricted, "leak_count": 1.0, "leak_share": served + leaks}[leak]
    value = leaks / base
    on_floor, on_review = (found.prices / base).tolist()
    floor_price = _price("floor", floor, on_floor * program.entitled, found, 0, program.entitled, -1.0)
    desk_price = _price("desk", program.capacity, -on_review, found, 1, 1.0)
    binding = tuple(name for name, price in zip(("floor", "desk"), found.prices, strict=True) if price > 0)
    return Bound(
        program,
        "least_leak",
        (),
        leak,
        floor,
        value,
        served,
        leaks,
        reviews,
        binding,
        (floor_price, desk_price),
        Duals((), float(found.prices[0]), float(found.prices[1])),
        lambda: found.tables,
    )


def _solve(
    points: _Points, unit: Floats, worth: Floats, use: Floats, most: Floats, starts: Sequence[Floats]
) -> _Solution | None:
    """The best mixture by decomposition; by the general solver where that has no start, or does not end."""
    for start in starts:
        found = _maximise(points, unit, worth, use, most, start)
        if found is not None:
            return found
    return _by_general_solver(points, unit, worth, use, most)


def _by_general_solver(
    points: _Points, unit: Floats, worth: Floats, use: Floats, most: Floats
) -> _Solution | None:
    """The same by HiGHS; None where nothing meets the constraints."""
    size, sizes = float(np.abs(worth * unit).max()), np.abs(use * unit).max(axis=1)
    left = (most - use @ points.open) / sizes
    found = maximise(points.values, points.begins, worth / size, use / sizes[:, None], left)
    if found is None:
        return None
    tables, total = [], np.zeros(3)
    for weight, places in _as_tables(points, found.shares):
        tables.append(Table(weight, points.options[places]))
        total += weight * points.totals_of(places)
    # How far the prices hold is not looked for: on neither side is anything said.
    nowhere = np.zeros(len(most))
    return _Solution(total, found.prices * size / sizes, tuple(tables), nowhere, nowhere)


def _as_tables(points: _Points, shares: Floats) -> Iterator[tuple[float, Ints]]:
    """Tables, and weights, of which the shares of options are the mixture.

    Few rows are divided: each cut of the unit interval at one of their cumulative shares makes another table.
    """
    upto = np.cumsum(shares)
    sizes = np.diff(np.append(points.begins, len(shares)))
    before = np.repeat(np.concatenate([[0.0], upto[points.begins[1:] - 1]]), sizes)
    ends = np.minimum(upto - before, 1.0)
    last = np.append(points.begins[1:], len(shares)) - 1
    ends[last] = 1.0
    cuts = np.unique(np.concatenate([[0.0], ends[(ends > 1e-12) & (ends < 1.0 - 1e-12)], [1.0]]))
    for low, high in pairwise(cuts.tolist()):
        beyond = np.flatnonzero(ends > 0.5 * (low + high))
        yield high - low, beyond[np.searchsorted(beyond, points.begins)]


def _solved(found: _Solution | None) -> _Solution:
    if found is None:
        raise ArithmeticError("the program with the desk could not be solved")
    return found


def _price(
    constraint: str, at: float, each: float, found: _Solution, k: int, base: float, sign: float = 1.0
) -> Price:
    """A price that is the same on both sides where there is room on both; unknown on a side without room."""
    less, more = float(found.less[k]) / base, float(found.more[k]) / base
    if sign < 0:
        less, more = more, less
    return Price(
        constraint,
        at,
        each if less > 0 else None,
        each if more > 0 else None,
        at - less if less < inf else None,
        at + more if more < inf else None,
    )
