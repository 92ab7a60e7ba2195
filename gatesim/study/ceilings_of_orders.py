"""Bounds A and B under a changing parameter, where the limits of several orders hold at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.corners import Between, at_corners, weighted
from gatesim.exact.varied import Varied, moves_answers
from gatesim.gates.bounds import Check, all_checks
from gatesim.gates.bounds.one_need import clears_at_some_time
from gatesim.gates.bounds.several import Several, from_options, from_rows, several
from gatesim.scenario.schema import Scenario
from gatesim.study.ceilings import checks_at_all_values, dense, passes_by_law
from gatesim.study.few_programs import PRICES, FewPrograms, Kind, leaves_b_alone

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class CeilingOfOrders:
    """What the gates of a bound serve, and what leaks as each of several orders counts it.

    The desk is left out. Of bound A, where needs are linear in the parameters, the rows of the exact engine at the ends
    of their ranges say all in between; where owners' answers move, that is tried out by numbers. Of bound B few
    programs say all others (`gatesim.study.few_programs`).

    Parameters
    ----------
    varied
        The scenario and what is varied; its ``own`` are the laws in which each order alone counts.
    bound
        ``A`` or ``B``.
    """

    def __init__(self, varied: Varied, bound: Literal["A", "B"]) -> None:
        self._varied, self._bound = varied, bound
        self._few = FewPrograms(varied.scenario, varied.parameters, self._made_b, _SEVERAL)

    @property
    def _answers_move(self) -> bool:
        return any(map(moves_answers, self._varied.parameters))

    @cached_property
    def _constant(self) -> Several | None:
        """The sums, where nothing that varies has a part in them."""
        parameters = self._varied.parameters
        if self._bound == "A":
            alone = all(p.table in ("policies", "verdict", "desk") for p in parameters)
        else:
            alone = all(leaves_b_alone(p) for p in parameters)
        return self._anew([p.low for p in parameters]) if alone else None

    @cached_property
    def _at_ends(self) -> Between[Several] | None:
        """Of bound A."""
        return at_corners(
            self._varied.parameters, self._anew, _SEVERAL.numbers, _SEVERAL.alike, _SEVERAL.size
        )

    @cached_property
    def _corners(self) -> tuple[Floats, Ints] | None:
        """Of bound A the sums by option at each corner of the ranges, and where each row begins."""
        varied = self._varied
        if self._bound == "B" or not varied.linear or self._answers_move:
            return None
        checks = all_checks(varied.scenario, clears_at_some_time(varied.law))
        passes = passes_by_law(varied.scenario, varied.layout, checks)
        options = np.stack([sums_of(dense(needs, passes)) for needs in varied.corners])
        return unbeaten(options[:, :, varied.layout.gated])

    def sums(self, values: Sequence[float] = ()) -> Several:
        """The program at some values."""
        if self._constant is not None:
            return self._constant
        if self._bound == "B":
            return self._few.at(values)
        if self._corners is not None:
            options, begins = self._corners
            sums = weighted(self._varied.weights(values), options)
            needs = sums_of(self._varied.by_row(values))
            return from_options(sums, begins, self._varied.layout.gated, needs)
        if self._varied.linear and self._at_ends is not None:
            return _of_numbers(self._at_ends.first, self._at_ends.at(values))
        return self._anew(values)

    def _anew(self, values: Sequence[float]) -> Several:
        varied = self._varied
        if self._bound == "B":
            return self._few.made(values)
        scenario = varied.at(values)
        layout, needs = varied.needs(values)
        checks = self._checks(scenario)
        options = sums_of(dense(needs, passes_by_law(scenario, layout, checks)))
        return from_rows(options, layout.gated, sums_of(needs.sum(axis=2)))

    def _made_b(self, values: tuple[float, ...]) -> Several:
        scenario = self._varied.at(values)
        law, own = self._varied.laws_at(scenario)
        return several(scenario, law, own, "B")

    def _checks(self, scenario: Scenario) -> tuple[Check, ...]:
        """Every request that can make a difference here, or at an end of a range: the same at all values."""
        varied = self._varied
        law = varied.law_at(scenario)
        if not varied.linear or not self._answers_move:
            return all_checks(scenario, clears_at_some_time(law))
        return self._at_all_values

    @cached_property
    def _at_all_values(self) -> tuple[Check, ...]:
        return checks_at_all_values(self._varied)


def sums_of(kinds: Floats) -> Floats:
    """Entitled needs, and for each order those it restricts and those it measures: all kinds of rows but the second."""
    return np.delete(kinds, 1, axis=0)


def unbeaten(options: Floats) -> tuple[Floats, Ints]:
    """The options of each row that no other beats at all corners, so that none beats them anywhere in between.

    Parameters
    ----------
    options
        float64[corner, 1 + 2 orders, row, option]: entitled needs served, and for each order those served that it
        restricts and those that it measures.

    Returns
    -------
    tuple
        float64[corner, 1 + 2 orders, option of a row] with refusing first in each row, and int64[row], where each row
        begins. An option is beaten by one that serves as many entitled needs, and of each order's as few restricted
        and as many others, for they make its leak share smaller; of equal options the first stays.
    """
    corners, kinds, rows, width = options.shape
    served, leaks, measured = options[:, :1], options[:, 1::2], options[:, 2::2]
    more = np.concatenate([served, -leaks, measured - leaks], axis=1)
    points = np.zeros((rows, corners * more.shape[1], width + 1))
    points[:, :, 1:] = more.transpose(2, 0, 1, 3).reshape(rows, -1, width)
    earlier = np.tri(width + 1, k=-1, dtype=np.bool_).T
    keep = np.zeros((rows, width + 1), dtype=np.bool_)
    for number, those in enumerate(points):
        as_good = np.ones((width + 1, width + 1), dtype=np.bool_)
        for one in those:
            as_good &= one[:, None] >= one[None, :]
        keep[number] = ~(as_good & (~as_good.T | earlier)).any(axis=0)
    keep[:, 0] = True
    whole = np.concatenate([np.zeros((corners, kinds, rows, 1)), options], axis=3)
    sizes = keep.sum(axis=1)
    return np.ascontiguousarray(whole[:, :, keep]), np.cumsum(sizes) - sizes


_NUMBERS = ("served", "leaks", "counted", "opened", "entitled", "restricted")

_BASE = 0.01
"""The part of what an order measures that is weighed against its leaks where two programs are held to each other."""


def _of_numbers(like: Several, numbers: Sequence[Floats]) -> Several:
    """Sums with the rows of others."""
    served, leaks, counted, opened, entitled, restricted = numbers
    return Several(like.bound, served, leaks, counted, like.begins, opened, float(entitled), restricted)


def _worth(sums: Several) -> Floats:
    """What the best gate is worth at each price of a leak, the orders' being different ones."""
    orders = len(sums.leaks)
    weights = 1.0 / np.arange(1, 1 + orders)
    over = weights @ (sums.leaks - _BASE * sums.counted)
    opened = weights @ (sums.opened[1 : 1 + orders] - _BASE * sums.opened[1 + orders :])
    return np.array(
        [
            np.maximum.reduceat(sums.served - price * over, sums.begins).sum()
            + float(sums.opened[0])
            - price * float(opened)
            for price in PRICES.tolist()
        ]
    )


_SEVERAL: Kind[Several] = Kind(
    numbers=lambda sums: [getattr(sums, name) for name in _NUMBERS],
    of_numbers=_of_numbers,
    alike=lambda one, other: (
        np.array_equal(one.begins, other.begins) and one.served.shape == other.served.shape
    ),
    size=lambda sums: max(sums.entitled + float(sums.restricted.sum()), 1.0),
    worth=_worth,
)
