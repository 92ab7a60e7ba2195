"""Bounds A and B under a changing parameter: the most that any gate serves, at any value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.corners import Between, at_corners, corners, weighted
from gatesim.exact.rows import ENTITLED, RESTRICTED, Layout
from gatesim.exact.varied import Varied, moves_answers
from gatesim.gates.bounds import Check, Program, all_checks, program_a, program_b
from gatesim.gates.bounds.most import Dense, dense_of
from gatesim.gates.bounds.one_need import clears_at_some_time
from gatesim.gates.bounds.requests import outcomes
from gatesim.scenario.schema import Scenario
from gatesim.study.ceiling_by_desk import CeilingByDesk
from gatesim.study.few_programs import PRICES, FewPrograms, Kind, leaves_b_alone

Floats = NDArray[np.float64]


class CeilingA:
    """Bound A: gates that decide each need from its own cell and keep nothing.

    The desk is left out, as the exact engine leaves it out, unless it is the desk that is varied.

    Parameters
    ----------
    varied
        The scenario and what is varied.

    Attributes
    ----------
    by_desk
        The same with the desk, where something of it is varied; else None.
    """

    def __init__(self, varied: Varied) -> None:
        self._varied = varied
        parameters = varied.parameters
        self.by_desk = CeilingByDesk(varied) if any(p.table == "desk" for p in parameters) else None
        self._answers_move = any(map(moves_answers, parameters))

    # What holds at all values is made when the first of them is asked for: a program alone needs nothing of it.

    @cached_property
    def _checks(self) -> tuple[Check, ...] | None:
        varied = self._varied
        if not varied.linear or self.by_desk is not None:
            return None
        return checks_at_all_values(varied)

    @cached_property
    def _ends(self) -> Between[Dense] | None:
        if self._checks is None or not self._answers_move:
            return None
        return at_corners(self._varied.parameters, self._anew, _DENSE.numbers, _DENSE.alike, _DENSE.size)

    @cached_property
    def _corners(self) -> Floats | None:
        varied = self._varied
        if self._checks is None or self._answers_move:
            return None
        passes = self._passes(varied.scenario, varied.layout)
        options = np.stack([dense(needs, passes) for needs in varied.corners])
        return undominated(options, varied.corners, passes)

    def _passes(self, scenario: Scenario, layout: Layout) -> list[tuple[NDArray[np.bool_], Floats]]:
        assert self._checks is not None
        return passes_by_law(scenario, layout, self._checks)

    def dense(self, values: Sequence[float] = ()) -> Dense:
        """The program at some values."""
        varied = self._varied
        if self._ends is not None:
            return _of_numbers(self._ends.first, self._ends.at(values))
        if self._corners is not None:
            return self._made(values, weighted(varied.weights(values), self._corners))
        return self._anew(values)

    def _anew(self, values: Sequence[float]) -> Dense:
        varied = self._varied
        if not varied.linear or self._checks is None:
            return dense_of(self.program(values))
        _, needs = varied.needs(values)
        return self._made(values, dense(needs, self._passes(varied.at(values), varied.layout)))

    def _made(self, values: Sequence[float], both: Floats) -> Dense:
        varied = self._varied
        totals, by_row = varied.totals(values), varied.by_row(values)
        gated = varied.layout.gated
        opened = by_row[:, ~gated].sum(axis=1)
        return Dense(
            both[ENTITLED][gated],
            both[RESTRICTED][gated],
            float(opened[ENTITLED]),
            float(opened[RESTRICTED]),
            float(totals[ENTITLED]),
            float(totals[RESTRICTED]),
        )

    def program(self, values: Sequence[float] = ()) -> Program:
        """The whole program at some values: with its table, prices and proof."""
        if self.by_desk is not None and values:
            return self.by_desk.program(values)
        scenario = self._varied.at(values)
        return program_a(scenario, self._varied.law_at(scenario), desk=self.by_desk is not None)


def checks_at_all_values(varied: Varied) -> tuple[Check, ...]:
    """Every request that can make a difference as assumed, or at an end of a range.

    Kinds that nobody holds as assumed, or whose checkers err alike, may differ there.
    """
    clears = clears_at_some_time(varied.law)
    ends = corners(varied.parameters) if any(map(moves_answers, varied.parameters)) else []
    scenarios = [varied.scenario, *map(varied.at, ends)]
    return tuple(dict.fromkeys(check for each in scenarios for check in all_checks(each, clears)))


def passes_by_law(
    scenario: Scenario, layout: Layout, checks: Sequence[Check]
) -> list[tuple[NDArray[np.bool_], Floats]]:
    """For each law of proofs its rows, and float64[option, segment] of what is passed; to allow is the first."""
    laws, which = np.unique(layout.clears, axis=0, return_inverse=True)
    found = []
    for number, clears in enumerate(laws):
        everybody = np.ones((1, len(scenario.segments)))
        if checks:
            out = outcomes(scenario, checks, tuple(clears.tolist()))
            everybody = np.concatenate([everybody, out.at_once + out.reviewed])
        found.append((which.reshape(-1) == number, everybody))
    return found


def dense(needs: Floats, passes: Sequence[tuple[NDArray[np.bool_], Floats]]) -> Floats:
    """float64[kind, row, option] from float64[kind, row, segment]."""
    width = max(len(options) for _, options in passes) if passes else 1
    found = np.zeros((*needs.shape[:2], width))
    for rows, options in passes:
        found[:, rows, : len(options)] = needs[:, rows] @ options.T
    return found


def undominated(dense: Floats, needs: Floats, passes: Sequence[tuple[NDArray[np.bool_], Floats]]) -> Floats:
    """Only the options of each row that no other of its options beats whatever the needs are.

    Parameters
    ----------
    dense
        float64[corner, kind, row, option].
    needs
        float64[corner, kind, row, segment].
    passes
        As from `passes_by_law`.

    Returns
    -------
    ndarray, shape (corners, kinds, rows, fewer options)
        An option is beaten by one that passes as many of all owners with entitled needs in the row, and no more of
        those with restricted ones; of equal options the first stays.
    """
    rows, width = dense.shape[2:]
    keep = np.zeros((rows, width), dtype=np.bool_)
    has = (needs != 0).any(axis=0)
    for which, options in passes:
        kinds, group = np.unique(has[:, which].transpose(1, 0, 2), axis=0, return_inverse=True)
        own = np.zeros((len(kinds), width), dtype=np.bool_)
        for number, (entitled, restricted) in enumerate(kinds):
            points = np.concatenate([options[:, entitled], -options[:, restricted]], axis=1)
            as_good = (points[:, None, :] >= points[None, :, :]).all(axis=2)
            same = as_good & as_good.T
            earlier = np.tri(len(points), k=-1, dtype=np.bool_)
            beaten = ((as_good & ~same).T | (same & earlier)).any(axis=1)
            own[number, : len(options)] = ~beaten
        keep[which] = own[group.reshape(-1)]
    most = int(keep.sum(axis=1).max(initial=1))
    order = np.argsort(~keep, axis=1, kind="stable")[:, :most]
    chosen = np.take_along_axis(keep, order, axis=1)
    found: Floats = np.where(chosen, np.take_along_axis(dense, order[None, None], axis=3), 0.0)
    return found


def _of_numbers(like: Dense, numbers: Sequence[Floats]) -> Dense:
    served, leaks, *rest = numbers
    return Dense(served, leaks, *map(float, rest))


def _worth(one: Dense) -> Floats:
    """What the best gate is worth at each price of a leak."""
    best = [np.maximum((one.served - p * one.leaks).max(axis=1), 0.0).sum() for p in PRICES.tolist()]
    found: Floats = np.array(best) + one.open_entitled - PRICES * one.open_leaks
    return found


_DENSE: Kind[Dense] = Kind(
    numbers=lambda one: one,
    of_numbers=_of_numbers,
    alike=lambda one, other: one.served.shape == other.served.shape,
    size=lambda one: one.entitled + one.restricted,
    worth=_worth,
)


class CeilingB:
    """Bound B: gates with a memory of an account's own history.

    It knows where everybody is, so that it does not depend on what signals read of it.

    Parameters
    ----------
    varied
        The scenario and what is varied.
    history
        The program as assumed, where it is made already: it holds at all values if none of them matters.
    """

    def __init__(self, varied: Varied, history: Program | None = None) -> None:
        self._varied, self._history = varied, history
        self._few = FewPrograms(
            varied.scenario, varied.parameters, lambda values: dense_of(self.program(values)), _DENSE
        )

    @cached_property
    def _constant(self) -> Dense | None:
        """The program, where nothing that varies has a part in it."""
        parameters = self._varied.parameters
        if not all(leaves_b_alone(p) for p in parameters):
            return None
        if self._history is not None:
            return dense_of(self._history)
        return self._few.made([p.low for p in parameters])

    def dense(self, values: Sequence[float] = ()) -> Dense:
        """The program at some values."""
        return self._few.at(values) if self._constant is None else self._constant

    def program(self, values: Sequence[float] = ()) -> Program:
        """The whole program at some values."""
        scenario = self._varied.at(values)
        return program_b(scenario, self._varied.law_at(scenario))
