"""Bounds A and B under a changing parameter, where the limits of several orders hold at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.corners import at_corners, between
from gatesim.exact.varied import Varied, moves_answers
from gatesim.gates.bounds import Check, all_checks
from gatesim.gates.bounds.one_need import clears_at_some_time
from gatesim.gates.bounds.several import Several, from_rows, several
from gatesim.scenario.parameter import Parameter
from gatesim.scenario.schema import Scenario
from gatesim.study.ceilings import checks_at_all_values, dense, leaves_b_alone, passes_by_law, undominated

Floats = NDArray[np.float64]


class CeilingOfOrders:
    """What the gates of a bound serve, and what leaks as each of several orders counts it.

    The desk is left out. Where needs are linear in the parameters, the rows of the exact engine at the ends of their
    ranges say all in between; of bound B, and where owners' answers move, that is tried out by numbers.

    Parameters
    ----------
    varied
        The scenario and what is varied; its ``own`` are the laws in which each order alone counts.
    bound
        ``A`` or ``B``.
    """

    def __init__(self, varied: Varied, bound: Literal["A", "B"]) -> None:
        self._varied, self._bound = varied, bound

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
    def _at_ends(self) -> list[Several] | None:
        return at_corners(self._varied.parameters, self._anew, _numbers, _alike, _size)

    @cached_property
    def _corners(self) -> Floats | None:
        """Of bound A the sums by option at each corner of the ranges."""
        varied = self._varied
        if self._bound == "B" or not varied.linear or self._answers_move:
            return None
        checks = all_checks(varied.scenario, clears_at_some_time(varied.law))
        passes = passes_by_law(varied.scenario, varied.layout, checks)
        options = np.stack([sums_of(dense(needs, passes)) for needs in varied.corners])
        return undominated(options, _wanted(varied.corners), passes)

    def sums(self, values: Sequence[float] = ()) -> Several:
        """The program at some values."""
        if self._constant is not None:
            return self._constant
        if self._corners is not None:
            weights = self._varied.weights(values)
            options = np.tensordot(weights, self._corners, axes=1)
            return from_rows(options, self._varied.layout.gated, sums_of(self._varied.by_row(values)))
        if (self._bound == "B" or self._varied.linear) and self._at_ends is not None:
            return _between(self._varied.parameters, self._at_ends, values)
        return self._anew(values)

    def _anew(self, values: Sequence[float]) -> Several:
        varied = self._varied
        scenario = varied.at(values)
        law, own = varied.laws_at(scenario)
        if self._bound == "B":
            return several(scenario, law, own, "B")
        layout, needs = varied.needs(values)
        checks = self._checks(scenario)
        options = sums_of(dense(needs, passes_by_law(scenario, layout, checks)))
        return from_rows(options, layout.gated, sums_of(needs.sum(axis=2)))

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


def _wanted(corners: Floats) -> Floats:
    """Needs of which more may be good, and needs of which less may be: float64[corner, 2, row, segment].

    Whom an order measures and does not restrict makes its leak share smaller, whatever others say of them.
    """
    leaks, measured = corners[:, 2::2], corners[:, 3::2]
    more = corners[:, 0] + (measured - leaks).sum(axis=1)
    return np.stack([more, leaks.sum(axis=1)], axis=1)


_NUMBERS = ("served", "leaks", "counted", "opened", "entitled", "restricted")


def _numbers(sums: Several) -> list[Floats | float]:
    return [getattr(sums, name) for name in _NUMBERS]


def _alike(sums: Several, other: Several) -> bool:
    return np.array_equal(sums.begins, other.begins) and sums.served.shape == other.served.shape


def _size(sums: Several) -> float:
    return max(sums.entitled + float(sums.restricted.sum()), 1.0)


def _between(parameters: Sequence[Parameter], ends: Sequence[Several], values: Sequence[float]) -> Several:
    """The sums at some values, from those at the ends of the ranges."""
    numbers = between(parameters, [_numbers(end) for end in ends], values)
    served, leaks, counted, opened, entitled, restricted = numbers
    first = ends[0]
    return Several(first.bound, served, leaks, counted, first.begins, opened, float(entitled), restricted)
