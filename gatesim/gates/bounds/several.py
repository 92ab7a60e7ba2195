"""Bounds A and B within several limits at once, each on the needs that one order restricts itself.

Where orders differ, a need can be restricted by one and not by another, so that a row has more than two sums: the
needs that no order restricts, and for each limit the leaks and the base that its own order counts. What is served and
what leaks stay linear in the probabilities of the options, so that the most entitled needs served within all limits
is a linear program with one constraint for each. At given prices of the limits every row is decided by itself; tables
that are best at some prices are mixed by a small program, whose dual gives the next prices (Dantzig and Wolfe, 1960).
The answer is proved without all that: for any prices y >= 0 of the limits,

    served <= sum of y * right-hand sides + sum over rows of the best option's (served - sum of y * left-hand side),

computed in exact fractions. The queue is left out, and so is the desk unless it is asked for (of A
only, by its mean flow).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.history import program_b
from gatesim.gates.bounds.mixing import mixed
from gatesim.gates.bounds.one_need import program_a
from gatesim.gates.bounds.program import Dense, Program
from gatesim.gates.bounds.requests import Check
from gatesim.gates.bounds.standards import RATIOS, Standard
from gatesim.gates.bounds.tables import Mixed, exact_sum, less_prices
from gatesim.law.law import Epoch, Law
from gatesim.scenario.schema import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLOSE = 1e-9
"""The answer and its proof may differ by this part of all entitled needs."""

_REPAIRS = 500
_TINY = 1e-13
_ROUNDING = 1e-12

_SLACK = 1e-9
"""A limit binds if what is left of it is less than this part of all needs that it is a limit of."""


class Row(NamedTuple):
    """What a limit comes to.

    Attributes
    ----------
    leaks, base
        Leaks as its order counts them, and what they are a share of: restricted or served needs; for a count 1.
    value
        The leak ratio, or the number of leaks; None where the base is empty.
    binds
        Whether the limit stops the gate from serving more.
    """

    leaks: float
    base: float
    value: float | None
    binds: bool


@dataclass(frozen=True)
class Within:
    """The most that any gate serves within all limits.

    Attributes
    ----------
    bound
        ``A`` or ``B``.
    value
        Share of the entitled needs (those that no order restricts); None where there are none.
    limits
        What each comes to, in the order asked; empty without a value.
    proved
        The share that no gate exceeds, by the proof without the solver; None without a value.
    note
        In words, why there is no value.
    shares
        float64[option of a row]: the gate that attains it, as the probabilities of the options of each row, refusing
        among them; empty without a value.
    """

    bound: str
    value: float | None
    limits: tuple[Row, ...]
    proved: float | None
    note: str = ""
    shares: Floats = field(default_factory=lambda: np.zeros(0), repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Several:
    """A program with several limits, all of whose sums are known.

    Attributes
    ----------
    bound
        ``A`` or ``B``.
    served
        float64[option of a row]: needs served that no order restricts; the options of a row stand together, the
        first of each is to refuse.
    leaks, counted
        float64[order, option of a row]: needs served that the order restricts; that it measures.
    begins
        int64[row]: where each row begins.
    opened
        float64[1 + 2 orders]: the same sums for needs for which the gate is open whatever it would decide.
    entitled
        All needs that no order restricts.
    restricted
        float64[order]: all that the order restricts.
    program
        The program as all orders count it together: what the rows are, and which options they have; None where the
        sums were made without it.
    reviews, capacity
        float64[option of a row]: reviews that it brings; and how many the desk can make on average. None where they
        are not counted.
    """

    bound: str
    served: Floats
    leaks: Floats
    counted: Floats
    begins: Ints
    opened: Floats
    entitled: float
    restricted: Floats
    program: Program | None = None
    reviews: Floats | None = None
    capacity: float | None = None

    @property
    def row_of(self) -> Ints:
        """int64[option of a row]: the row of each option."""
        return np.repeat(np.arange(len(self.begins)), np.diff(np.append(self.begins, len(self.served))))

    def leaks_and_base(self, number: int, kind: str, places: Ints, shares: Floats) -> tuple[float, float]:
        """What leaks as an order counts it, and what a standard of a kind holds it against.

        ``shares`` are the probabilities of the options that stand at ``places``; all others are never taken.
        """
        opened, opened_base = self.opened[1 + number], self.opened[1 + len(self.leaks) + number]
        leaks = float(self.leaks[number, places] @ shares + opened)
        if kind == "leak_rate":
            return leaks, float(self.restricted[number])
        if kind == "leak_share":
            return leaks, float(self.counted[number, places] @ shares + opened_base)
        return leaks, 1.0

    def refused(self, shares: Floats) -> dict[str, float]:
        """Entitled needs that a gate refuses, by the segment of the account's owner.

        Parameters
        ----------
        shares
            float64[option of a row]: the gate, as `Within.shares` has it.

        Returns
        -------
        dict
            For bound B by those segments that are not told apart, as in `gatesim.gates.bounds.Bound.by_owner`.
        """
        assert self.program is not None, "sums that were made without their program have no owners"
        found: dict[str, float] = {}
        first = 0
        for part in self.program.parts:
            width = len(part.options) + 1
            mixture = shares[first : first + len(part) * width].reshape(len(part), width)
            refused = (part.entitled * (1.0 - mixture[:, 1:] @ part.passes)).sum(axis=0)
            for name, needs in zip(part.owners, refused.tolist(), strict=True):
                found[name] = found.get(name, 0.0) + needs
            first += len(part) * width
        return found


def several(
    scenario: Scenario,
    law: Law,
    own: Sequence[Law],
    bound: Literal["A", "B"],
    checks: Literal["all"] | Sequence[Check] = "all",
    desk: bool = False,
) -> Several:
    """The sums of a bound's program, as each of several orders counts them.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under all orders.
    own
        For each limit the law in which its order alone counts.
    bound
        Of which gates.
    checks
        For A: requests that the gates may make.
    desk
        For A: whether the desk limits the reviews, by its mean flow.

    Raises
    ------
    TooLarge
        If a program is too large to be listed.
    """
    kinds = _kinds(law, own)
    everywhere = [_as_restricted(law, one) for one in own]
    make: Callable[[Scenario, Law], Program] = (
        partial(program_a, desk=desk, checks=checks) if bound == "A" else partial(program_b, whole=True)
    )
    alone = [_counting(one) for one in own]
    programs = [make(scenario, _of_kinds(one, kinds)) for one in (law, *alone, *everywhere)]
    _hold_alike(programs)
    first, rest = programs[0], programs[1:]
    served, begins = _options(first, lambda block: block.served)
    sums = [_options(one, lambda block: block.leaks)[0] for one in rest]
    empty = np.zeros((0, len(served)))
    count = len(own)
    return Several(
        bound,
        served,
        np.stack(sums[:count]) if own else empty,
        np.stack(sums[count:]) if own else empty,
        begins,
        np.array([first.open_entitled, *(one.open_leaks for one in rest)]),
        first.entitled,
        np.array([one.restricted for one in rest[:count]]),
        first,
        None if first.capacity is None else _options(first, lambda block: block.reviews())[0],
        first.capacity,
    )


def from_rows(options: Floats, gated: NDArray[np.bool_], needs: Floats) -> Several:
    """The sums of bound A's program, where its rows are known; without the desk.

    Parameters
    ----------
    options
        float64[1 + 2 orders, row, option]: needs served that no order restricts; then for each order those that it
        restricts, and those that it measures. To refuse is no option of these.
    gated
        bool[row]: whether the gate is asked.
    needs
        float64[1 + 2 orders, row]: the same sums of all needs.
    """
    rows, width = int(gated.sum()), options.shape[2] + 1
    sums = np.zeros((len(options), rows, width))
    sums[:, :, 1:] = options[:, gated]
    return from_options(sums.reshape(len(options), rows * width), np.arange(rows) * width, gated, needs)


def from_options(sums: Floats, begins: Ints, gated: NDArray[np.bool_], needs: Floats) -> Several:
    """The same of options that stand one after the other.

    Parameters
    ----------
    sums
        float64[1 + 2 orders, option of a row]: as in `from_rows`; the first option of each row is to refuse.
    begins
        int64[row the gate is asked about]: where each begins.
    gated, needs
        As in `from_rows`.
    """
    opened = needs[:, ~gated].sum(axis=1)
    return Several(
        "A",
        sums[0],
        sums[1::2],
        sums[2::2],
        begins,
        np.concatenate([opened[:1], opened[1::2], opened[2::2]]),
        float(needs[0].sum()),
        needs[1::2].sum(axis=1),
    )


def _kinds(law: Law, own: Sequence[Law]) -> list[int]:
    """Numbers of the kinds of epochs: in those of one kind all orders say the same."""
    seen: dict[tuple[bytes, ...], int] = {}
    found = []
    for epochs in zip(law.epochs, *(one.epochs for one in own), strict=True):
        key = tuple(
            part.tobytes()
            for epoch in epochs
            for part in (epoch.restricted, epoch.measured, epoch.clears, epoch.gated)
        )
        found.append(seen.setdefault(key, len(seen)))
    return found


def _of_kinds(law: Law, kinds: Sequence[int]) -> Law:
    return replace(
        law, epochs=tuple(replace(epoch, kind=kind) for epoch, kind in zip(law.epochs, kinds, strict=True))
    )


def _counting(own: Law) -> Law:
    """A law in which only needs that are measured can be restricted."""
    return replace(
        own,
        epochs=tuple(
            replace(epoch, restricted=epoch.restricted & epoch.measured[None, None, :, None])
            for epoch in own.epochs
        ),
    )


def _as_restricted(law: Law, own: Law) -> Law:
    """A law in which all needs that an order measures are restricted: leaks are what is served of them."""

    def of(epoch: Epoch, one: Epoch) -> Epoch:
        restricted = np.broadcast_to(one.measured[None, None, :, None], epoch.restricted.shape)
        return replace(epoch, restricted=np.ascontiguousarray(restricted))

    return replace(law, epochs=tuple(of(*both) for both in zip(law.epochs, own.epochs, strict=True)))


def _hold_alike(programs: Sequence[Program]) -> None:
    """Make sure that the rows of all programs are the same: only who is restricted differs.

    Raises
    ------
    RuntimeError
        If they are not: a defect.
    """
    first = programs[0]
    for one in programs[1:]:
        alike = len(one.parts) == len(first.parts) and all(
            len(a) == len(b)
            and np.array_equal(a.passes, b.passes)
            and np.allclose(a.entitled + a.restricted, b.entitled + b.restricted, rtol=1e-9, atol=0)
            for a, b in zip(one.parts, first.parts, strict=True)
        )
        if not alike:
            raise RuntimeError("rows of the program differ by who counts: a defect of gatesim")


def _options(program: Program, sums_of: Callable[[Dense], Floats]) -> tuple[Floats, Ints]:
    """Sums of the options of all rows, one after the other, refusing first; and where each row begins."""
    blocks, sizes = [], []
    for block in program.dense():
        sums = sums_of(block)
        blocks.append(np.concatenate([np.zeros((len(sums), 1)), sums], axis=1).ravel())
        sizes += [sums.shape[1] + 1] * len(sums)
    if not blocks:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    return np.concatenate(blocks), np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)


def most_within(program: Several, standards: Sequence[Standard]) -> Within:
    """The most entitled needs that any gate serves within all limits at once.

    Parameters
    ----------
    program
        The sums.
    standards
        A limit for each order that the program counts for.

    Raises
    ------
    ValueError
        If needs leak for which the gate is open. Where it is open no order restricts anybody.
    RuntimeError
        If the answer and its proof differ by more than `CLOSE`: a defect.
    """
    if program.entitled <= 0:
        return Within(program.bound, None, (), None, "there are no needs that no order restricts")
    use, most, allowed = linear_limits(program, standards)
    priced = priced_limits(program, standards)
    prices = np.zeros(len(most))
    best = best_mixture(program, use, most, allowed, priced)
    prices[priced] = best.prices
    shares = best.shares(len(allowed))
    some = np.flatnonzero(shares)
    value = float(program.served[some] @ shares[some] + program.opened[0]) / program.entitled
    proved = _proved(program, use, most, prices, allowed)
    if not abs(proved - value) <= CLOSE:
        raise RuntimeError(f"the bound is {value!r} and its proof {proved!r}: a defect of gatesim")
    rows = [
        _row(program, number, standard, some, shares[some], prices[number], use, most)
        for number, standard in enumerate(standards)
    ]
    everything = float(program.opened[0] + _top(program.served, program.begins).sum()) / program.entitled
    if value >= everything - _TINY:
        rows = [row._replace(binds=False) for row in rows]
    return Within(program.bound, min(value, 1.0), tuple(rows), proved, shares=shares)


def most_value_within(
    program: Several, standards: Sequence[Standard], near: list[Ints] | None = None
) -> float | None:
    """The value of `most_within` alone, without its proof: for studies that ask thousands of times.

    Parameters
    ----------
    program, standards
        The sums, and a limit for each order that the program counts for.
    near
        Tables with which to begin: those of the best mixture of a program that differs little. Given those of this
        one.
    """
    if program.entitled <= 0:
        return None
    use, most, allowed = linear_limits(program, standards)
    priced = priced_limits(program, standards)
    best = best_mixture(program, use, most, allowed, priced, near or ())
    if near is not None:
        near[:] = best.near()
    return min(best.served + float(program.opened[0]) / program.entitled, 1.0)


def best_mixture(
    program: Several,
    use: Floats,
    most: Floats,
    allowed: NDArray[np.bool_],
    priced: Sequence[int],
    near: Sequence[Ints] = (),
) -> Mixed:
    """The best mixture of tables within the limits that have a price; what is not allowed is as refusing.

    Parameters
    ----------
    program
        The sums.
    use, most, allowed, priced
        From `linear_limits` and `priced_limits`.
    near
        As for `gatesim.gates.bounds.mixing.mixed`.
    """
    if len(priced) < len(use):
        use, most = use[priced], most[priced]
    served = program.served
    if not allowed.all():
        served, use = np.where(allowed, served, 0.0), np.where(allowed, use, 0.0)
    return mixed(served, use, most, program.begins, program.entitled, near)


def least_multiple(program: Several, standards: Sequence[Standard], floor: float) -> float | None:
    """The least number by which all limits can be multiplied so that some gate serves the floor within them.

    Parameters
    ----------
    program, standards
        The sums, and a limit for each order that the program counts for. Those of zero stay zero.
    floor
        The least share of entitled needs to serve.

    Returns
    -------
    float or None
        To about nine digits; None where no multiple will do, there are no needs that no order restricts, or all limits
        are zero.
    """
    from scipy.optimize import brentq

    some = [
        1.0 / one.limit if one.kind in RATIOS else max(float(restricted), one.limit) / one.limit
        for one, restricted in zip(standards, program.restricted, strict=True)
        if one.limit > 0
    ]

    @cache
    def above(multiple: float) -> float:
        most = most_value_within(program, [one.at(multiple * one.limit) for one in standards])
        return -1.0 if most is None else most - floor

    if not some or above(max(some)) < 0:
        return None
    if above(0.0) >= 0:
        return 0.0
    return float(brentq(above, 0.0, max(some), xtol=1e-12, rtol=1e-10))


def least_of_one(program: Several, standards: Sequence[Standard], number: int, floor: float) -> float | None:
    """The least limit of one order at which some gate serves the floor, the other limits being as they are.

    Parameters
    ----------
    program, standards
        The sums, and a limit for each order that the program counts for.
    number
        Which limit.
    floor
        The least share of entitled needs to serve.

    Returns
    -------
    float or None
        A leak ratio, or a number of leaks, to about nine digits; None where the other limits keep every gate below the
        floor whatever this one is, or there are no needs that no order restricts.
    """
    from scipy.optimize import brentq

    one = standards[number]
    # To allow no leak at all is a limit of zero of any kind.
    kind = "leak_count" if one.kind == "zero" else one.kind
    top = 1.0 if kind in RATIOS else float(program.restricted[number])
    near: list[Ints] = []

    @cache
    def above(limit: float) -> float:
        moved = [Standard(kind, limit) if place == number else other for place, other in enumerate(standards)]
        most = most_value_within(program, moved, near)
        return -1.0 if most is None else most - floor

    if above(0.0) >= 0:
        return 0.0
    return float(brentq(above, 0.0, top, xtol=1e-12, rtol=1e-10)) if above(top) >= 0 else None


def linear_limits(
    program: Several, standards: Sequence[Standard]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Every limit as ``use @ x <= most``, and which options are left by the limits that allow nothing."""
    if (program.opened[1 : 1 + len(standards)] > 0).any():
        raise ValueError(
            "needs leak for which the gate is open: who is restricted by an order, its gate sees"
        )
    allowed = np.ones(len(program.served), dtype=np.bool_)
    for number, standard in enumerate(standards):
        if standard.limit == 0:
            allowed &= program.leaks[number] == 0
    use, most = _linear(program, standards)
    if program.reviews is not None and program.capacity is not None:
        use, most = np.vstack([use, program.reviews]), np.append(most, program.capacity)
    return use, most, allowed


def priced_limits(program: Several, standards: Sequence[Standard]) -> list[int]:
    """The limits that have a price: those that allow something, and the desk, the last of all."""
    priced = [number for number, standard in enumerate(standards) if standard.limit > 0]
    return priced if program.capacity is None else [*priced, len(standards)]


def single_table(program: Several, standards: Sequence[Standard]) -> Ints:
    """The option that a good single table takes in each row: 0 to refuse, else its place in the row.

    The tables of which the best mixture is made are tried, and refusing everybody. Where one is not within all limits,
    rows that lose least for it serve less; then rows serve more where the limits leave room, those first that serve
    most for what they use. It serves no more than the mixture, and need not be the best table.

    Returns
    -------
    ndarray of int64, shape (rows,)
    """
    if program.entitled <= 0:
        return np.zeros(len(program.begins), dtype=np.int64)
    use, most, allowed = linear_limits(program, standards)
    priced = priced_limits(program, standards)
    served = np.where(allowed, program.served, 0.0) / program.entitled
    used = np.where(allowed, use[priced], 0.0) / program.entitled
    room = most[priced] / program.entitled
    columns, weights, prices = best_mixture(program, use, most, allowed, priced)
    table = _Table(served, used, room, program.row_of, allowed)
    starts = [one.places for one, weight in zip(columns, weights, strict=True) if weight > 0]
    within = [one for one in columns if (one.use <= room).all()]
    starts.append(max(within, key=lambda one: one.served).places)
    tried = [table.bettered(table.repaired(start.copy()), prices) for start in starts]
    places = max(tried, key=lambda one: float(served[one].sum()))
    left = table.left(places)
    # What serves nobody entitled is there to make a leak share smaller; where that is not needed, it goes.
    leaks = program.leaks.sum(axis=0)
    for row in np.flatnonzero((served[places] == 0) & (leaks[places] > 0)):
        after = left + used[:, places[row]]
        if (after >= 0).all():
            left, places[row] = after, program.begins[row]
    found: Ints = places - program.begins
    return found


class _Table(NamedTuple):
    """Single tables, given by where their options stand, and what would make them better.

    Attributes
    ----------
    served, use
        float64[option of a row] and float64[limit, option of a row].
    room
        float64[limit]: the right-hand sides.
    rows, allowed
        int64 and bool[option of a row]: its row, and whether it may be taken.
    """

    served: Floats
    use: Floats
    room: Floats
    rows: Ints
    allowed: NDArray[np.bool_]

    def left(self, places: Ints) -> Floats:
        """What a table leaves of each limit; below zero where it is not within it."""
        found: Floats = self.room - self.use[:, places].sum(axis=1)
        return found

    def repaired(self, places: Ints) -> Ints:
        """The table with rows that serve less, until it is within all limits; where that leads nowhere, nobody."""
        nobody = np.flatnonzero(np.diff(self.rows, prepend=-1))
        for _ in range(_REPAIRS):
            beyond = np.maximum(-self.left(places), 0.0)
            if not beyond.any():
                return places
            now = places[self.rows]
            fewer = np.minimum(np.maximum(self.use[:, now] - self.use, 0.0), beyond[:, None]).sum(axis=0)
            lost = np.maximum(self.served[now] - self.served, 0.0)
            worth = np.where(self.allowed, fewer / (lost + _TINY), 0.0)
            best = int(worth.argmax())
            if worth[best] <= 0:
                break
            places[self.rows[best]] = best
        return nobody

    def bettered(self, places: Ints, prices: Floats) -> Ints:
        """The table with rows that serve more, as far as the limits leave room: in place."""
        left = self.left(places)
        now = places[self.rows]
        gain = self.served - self.served[now]
        price = prices @ (self.use - self.use[:, now])
        better = np.flatnonzero(self.allowed & (gain > 0))
        for point in better[np.argsort(price[better] / gain[better], kind="stable")].tolist():
            row = self.rows[point]
            after = left - self.use[:, point] + self.use[:, places[row]]
            if self.served[point] > self.served[places[row]] and (after >= 0).all():
                left, places[row] = after, point
        return places


def _top(values: Floats, begins: Ints) -> Floats:
    """The largest value of each row."""
    if not len(begins):
        return np.zeros(0)
    found: Floats = np.maximum.reduceat(values, begins)
    return found


def _linear(program: Several, standards: Sequence[Standard]) -> tuple[Floats, Floats]:
    """Every limit as ``use @ x <= most``, open needs taken to the right."""
    count = len(program.leaks)
    use, most = np.empty_like(program.leaks), np.zeros(count)
    for number, standard in enumerate(standards):
        opened_leaks, opened = program.opened[1 + number], program.opened[1 + count + number]
        if standard.kind == "leak_share":
            np.multiply(-standard.limit, program.counted[number], out=use[number])
            use[number] += program.leaks[number]
            most[number] = standard.limit * opened - opened_leaks
        else:
            base = program.restricted[number] if standard.kind == "leak_rate" else 1.0
            use[number] = program.leaks[number]
            most[number] = standard.limit * base - opened_leaks
    return use, most


def _proved(program: Several, use: Floats, most: Floats, prices: Floats, allowed: NDArray[np.bool_]) -> float:
    """What no gate exceeds, by the prices alone: weak duality in exact fractions."""
    total = Fraction(program.opened[0])
    priced = [(Fraction(float(y)), number) for number, y in enumerate(prices) if y > 0]
    for price, number in priced:
        total += price * Fraction(float(most[number]))
    # Only options that rounding could have kept from being their row's best are looked at exactly.
    rounded = np.where(allowed, less_prices(program.served, prices, use), -np.inf)
    size = np.where(allowed, less_prices(program.served, -prices, np.abs(use)), 0.0)
    rows = program.row_of
    least = (_top(rounded, program.begins) - _ROUNDING * _top(size, program.begins))[rows]
    near = np.flatnonzero(rounded >= least)
    alone = np.bincount(rows[near], minlength=len(program.begins)) == 1
    clear = near[alone[rows[near]]]
    total += exact_sum(program.served[clear])
    for price, number in priced:
        total -= price * exact_sum(use[number, clear])
    best: dict[int, Fraction] = {}
    tied = near[~alone[rows[near]]]
    # Of options that are alike to the last digit one is enough.
    tied = tied[
        np.unique(np.vstack([rows[tied], program.served[tied], use[:, tied]]), axis=1, return_index=True)[1]
    ]
    for point in tied.tolist():
        exact = Fraction(float(program.served[point]))
        for price, number in priced:
            exact -= price * Fraction(float(use[number, point]))
        row = int(rows[point])
        best[row] = max(best.get(row, exact), exact)
    total += sum(best.values())
    return float(total / Fraction(program.entitled))


def _row(
    program: Several,
    number: int,
    standard: Standard,
    some: Ints,
    shares: Floats,
    price: float,
    use: Floats,
    most: Floats,
) -> Row:
    leaks, base = program.leaks_and_base(number, standard.kind, some, shares)
    left = float(most[number] - use[number, some] @ shares)
    scale = float(program.restricted[number] + program.entitled)
    stops = price > 0 and left <= _SLACK * scale
    if standard.limit == 0:
        # Whatever leaks is out: it stops a gate if that serves more in some row than what does not leak.
        harmless = np.where(program.leaks[number] == 0, program.served, 0.0)
        stops = bool((_top(harmless, program.begins) < _top(program.served, program.begins)).any())
    return Row(leaks, base, leaks / base if base > 0 else None, bool(stops))
