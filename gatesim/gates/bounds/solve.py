"""Answers to the two questions: the most served within standards, the least leak at a floor.

Without the desk both are read off the frontier. Where the desk binds, a second price is looked for
(`gatesim.gates.bounds.two_prices`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import isnan
from typing import Literal

import numpy as np

from gatesim.gates.bounds.bound import Bound, Duals, Price
from gatesim.gates.bounds.frontier import Frontier, frontier_of
from gatesim.gates.bounds.mixture import between
from gatesim.gates.bounds.program import Program
from gatesim.gates.bounds.standards import Standard

LEAKS = ("leak_rate", "leak_share", "leak_count")

_TIE = 1e-14
"""Room within a limit, in parts of what is weighed against it, that is none but rounding."""

_STRAIGHT = 1e-12
"""An edge along which the share of leaks changes by less, in parts of itself, keeps it."""


def most_served(program: Program, standards: Standard | Sequence[Standard]) -> Bound:
    """The most entitled needs that any gate of a program serves within all of some standards.

    Parameters
    ----------
    program
        The program.
    standards
        One or several limits on leaks.

    Returns
    -------
    Bound
        Its ``value`` is a share of all entitled needs; None where there are none, or no gate is within the
        standards (which can only be where some needs are served whatever a gate does).
    """
    if isinstance(standards, Standard):
        standards = (standards,)
    standards = tuple(standards)
    frontier = frontier_of(program)
    if program.entitled == 0:
        return _nothing(program, standards, "there are no entitled needs: nothing to serve")
    best, part, which = len(frontier.served) - 1, 0.0, -1
    just_met = set()
    for number, standard in enumerate(standards):
        on_leaks, on_served, most = standard.linear(program.restricted)
        room = most + on_served * frontier.served - on_leaks * frontier.leaks
        # What rounding leaves of a tie is none: else the way to a gate that is just within would begin nowhere.
        room[np.abs(room) <= _TIE * (abs(most) + on_leaks * frontier.leaks)] = 0.0
        within = np.flatnonzero(room >= 0)
        if not len(within):
            return _nothing(
                program,
                standards,
                f"no gate is within the {standard.kind} limit: needs for which the gate is open leak too much",
            )
        last = int(within[-1])
        if last + 1 == len(room) and room[last] == 0:
            just_met.add(number)
        over = 0.0 if last + 1 == len(room) else float(room[last] / (room[last] - room[last + 1]))
        if last + 1 < len(room) and (last, over) < (best, part):
            best, part, which = last, over, number
    served, leaks = _at(frontier, best, part)
    mixture = partial(between, program, frontier, best, part)
    if program.capacity is not None:
        reviews = _reviews(frontier, best, part)
        if reviews > program.capacity:
            from gatesim.gates.bounds.two_prices import most_served_by_desk

            return most_served_by_desk(program, standards) or _nothing(
                program, standards, "no gate is within the limits with so few reviews"
            )
    else:
        reviews = 0.0
    prices, duals = [], []
    for number, standard in enumerate(standards):
        if number == which:
            slope = _slope(frontier, best + 1)
            on_leaks, on_served, _ = standard.linear(program.restricted)
            duals.append(slope / (on_leaks - on_served * slope))
            prices.append(_price_of_limit(program, frontier, standard, best, part))
            continue
        duals.append(0.0)
        if which < 0 and number in just_met:
            # All is served, and a little less of the limit would be too little.
            prices.append(_price_of_limit(program, frontier, standard, best, part))
        else:
            prices.append(
                Price(standard.kind, standard.limit, 0.0, 0.0, _level(program, standard, served, leaks), None)
            )
    if program.capacity is not None:
        prices.append(Price("desk", program.capacity, 0.0, 0.0, reviews, None))
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
        () if which < 0 else (standards[which].kind,),
        tuple(prices),
        Duals(tuple(duals)),
        mixture,
    )


def _nothing(program: Program, standards: tuple[Standard, ...], note: str) -> Bound:
    frontier = frontier_of(program)
    return Bound(
        program,
        "most_served",
        standards,
        "",
        None,
        None,
        program.open_entitled,
        program.open_leaks,
        0.0,
        (),
        (),
        Duals(),
        partial(between, program, frontier, 0, 0.0),
        note,
    )


def _at(frontier: Frontier, vertex: int, part: float) -> tuple[float, float]:
    """Served and leaks at a part of the way from a vertex to the next."""
    served, leaks = float(frontier.served[vertex]), float(frontier.leaks[vertex])
    if part > 0:
        served += part * float(frontier.served[vertex + 1] - served)
        leaks += part * float(frontier.leaks[vertex + 1] - leaks)
    return served, leaks


def _reviews(frontier: Frontier, vertex: int, part: float) -> float:
    """Reviews at a part of the way from a vertex to the next."""
    reviews = float(frontier.reviews[vertex])
    return reviews + part * float(frontier.reviews[vertex + 1] - reviews) if part > 0 else reviews


def _slope(frontier: Frontier, vertex: int) -> float:
    """Entitled needs served for each leak, on the edge that ends at a vertex; 0 beyond the last."""
    if vertex >= len(frontier.served):
        return 0.0
    gain, cost = float(frontier.gain[vertex]), float(frontier.cost[vertex])
    return gain / cost if cost > 0 else float("inf")


def _level(program: Program, standard: Standard, served: float, leaks: float) -> float | None:
    """The limit that a gate would just meet."""
    if standard.kind == "leak_rate":
        return leaks / program.restricted if program.restricted > 0 else 0.0
    if standard.kind == "leak_share":
        return leaks / (served + leaks) if served + leaks > 0 else 0.0
    return leaks


def _price_of_limit(
    program: Program, frontier: Frontier, standard: Standard, vertex: int, part: float
) -> Price:
    """What the binding limit is worth in the share of entitled needs served."""
    served = _at(frontier, vertex, part)[0]

    def worth(edge: int) -> float | None:
        slope = _slope(frontier, edge)
        if not 0 <= slope < float("inf"):
            return None
        if standard.kind == "leak_rate":
            return slope * program.restricted / program.entitled
        if standard.kind == "leak_share":
            # On the edge, leaks = odds * served with odds = limit / (1 - limit); differentiate served by the limit.
            odds = standard.limit / (1.0 - standard.limit)
            rest = 1.0 - odds * slope
            if rest <= _STRAIGHT:
                return None  # the share of leaks is the same all along the edge: a little less of it is worth it all
            return slope * served / rest / (1.0 - standard.limit) ** 2 / program.entitled
        return slope / program.entitled

    def level(at: int) -> float | None:
        if at >= len(frontier.served):
            return None
        return _level(program, standard, float(frontier.served[at]), float(frontier.leaks[at]))

    at_vertex = part == 0
    up = worth(vertex + 1)
    down = up if not at_vertex else worth(vertex) if vertex > 0 else None
    low = level(max(vertex - 1, 0) if at_vertex else vertex)
    if standard.limit == 0:
        down, low = None, 0.0
    return Price(standard.kind, standard.limit, down, up, low, level(vertex + 1))


def least_leak(
    program: Program, leak: Literal["leak_rate", "leak_share", "leak_count"], floor: float
) -> Bound:
    """The least leak at which any gate of a program serves a share of entitled needs.

    Parameters
    ----------
    program
        The program.
    leak
        What is made small: leaks for each restricted need, for each served need, or their number.
    floor
        The least share of entitled needs to serve.

    Returns
    -------
    Bound
        Its ``value`` is None where the ratio has an empty denominator.

    Raises
    ------
    ValueError
        If ``leak`` is something else, or the floor no share.
    """
    if leak not in LEAKS:
        raise ValueError(f"leak: {leak!r} is none of {', '.join(LEAKS)}")
    if isnan(floor) or floor < 0:
        raise ValueError(f"floor: {floor:.6g} is no share: write 0.5 for one half")
    if floor > 1:
        raise ValueError(
            f"floor: {floor:.6g} cannot be reached: the most that any gate serves is 1 (everybody)"
        )
    frontier = frontier_of(program)
    needed = min(floor * program.entitled, float(frontier.served[-1]))
    after = int(np.searchsorted(frontier.served, needed, side="left"))
    vertex, part = after, 0.0
    if after > 0 and frontier.served[after] > needed:
        vertex = after - 1
        part = float((needed - frontier.served[vertex]) / (frontier.served[after] - frontier.served[vertex]))
    binds = after > 0
    here = sum(_at(frontier, vertex, part))
    if leak == "leak_share" and here > 0:
        # Where needs are served whatever the gate does, serving more than the floor may dilute their leaks.
        shares = frontier.leaks[after:] / (frontier.served[after:] + frontier.leaks[after:])
        if shares.min() < _at(frontier, vertex, part)[1] / here:
            vertex, part, binds = after + int(shares.argmin()), 0.0, False
    served_, leaks_ = _at(frontier, vertex, part)
    mixture = partial(between, program, frontier, vertex, part)
    reviews = 0.0
    if program.capacity is not None:
        reviews = _reviews(frontier, vertex, part)
        if reviews > program.capacity:
            from gatesim.gates.bounds.two_prices import least_leak_by_desk

            return least_leak_by_desk(program, leak, floor, needed)
    value, note = _leak_value(program, leak, served_, leaks_)
    prices, dual = [], 0.0
    if value is not None:
        price, dual = _price_of_floor(program, frontier, leak, floor, vertex, part, binds)
        prices.append(price)
    if program.capacity is not None and value is not None:
        prices.append(Price("desk", program.capacity, 0.0, 0.0, reviews, None))
    return Bound(
        program,
        "least_leak",
        (),
        leak,
        floor,
        value,
        served_,
        leaks_,
        reviews,
        ("floor",) if binds and value is not None else (),
        tuple(prices),
        Duals((), dual),
        mixture,
        note,
    )


def _leak_value(program: Program, leak: str, served: float, leaks: float) -> tuple[float | None, str]:
    if leak == "leak_count":
        return leaks, ""
    if leak == "leak_rate":
        if program.restricted == 0:
            return None, "there are no restricted needs: a leak rate is undefined"
        return leaks / program.restricted, ""
    if served + leaks == 0:
        return None, "a gate that serves nobody reaches the floor: its leak share is undefined"
    return leaks / (served + leaks), ""


def _price_of_floor(
    program: Program, frontier: Frontier, leak: str, floor: float, vertex: int, part: float, binds: bool
) -> tuple[Price, float]:
    """What the floor costs in the leak ratio, and its price in the proof."""
    if not binds:
        top = float(frontier.served[vertex]) / program.entitled if program.entitled > 0 else 1.0
        return Price("floor", floor, 0.0, 0.0, 0.0, top), 0.0
    served, leaks = _at(frontier, vertex, part)

    def cost(edge: int) -> float | None:
        """Leaks for each further entitled need served; None beyond the ends."""
        if not 0 < edge < len(frontier.served):
            return None
        slope = _slope(frontier, edge)
        return 1.0 / slope

    def worth(each: float | None) -> float | None:
        if each is None:
            return None
        if leak == "leak_share":
            # The derivative of leaks / (served + leaks).
            return (each * served - leaks) / (served + leaks) ** 2 * program.entitled
        return each * program.entitled / (program.restricted if leak == "leak_rate" else 1.0)

    up = cost(vertex + 1)
    down = up if part > 0 else cost(vertex)
    # At a vertex the edge before it proves the bound as well as the one after it; beyond the end there is none.
    dual = down if down is not None else 0.0
    if leak == "leak_share":
        share = leaks / (served + leaks) if served + leaks > 0 else 0.0
        # leaks - share * (served + leaks) - price * (served - floor) must not fall along the edge.
        dual = (1.0 - share) * dual - share
    low, high = (vertex - 1, vertex + 1) if part == 0 else (vertex, vertex + 1)
    return (
        Price(
            "floor",
            floor,
            worth(down),
            worth(up),
            float(frontier.served[max(low, 0)]) / program.entitled,
            float(frontier.served[min(high, len(frontier.served) - 1)]) / program.entitled,
        ),
        max(dual, 0.0),
    )
