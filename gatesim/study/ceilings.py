"""Bounds A and B under a changing parameter: the most that any gate serves, at any value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.corners import SAME, Made, at_corners, between, corners, weighted
from gatesim.exact.rows import ENTITLED, RESTRICTED, Layout
from gatesim.exact.smooth import smooth
from gatesim.exact.varied import Varied, moves_answers
from gatesim.gates.bounds import Check, Program, all_checks, program_a, program_b
from gatesim.gates.bounds.desk import reviews_possible
from gatesim.gates.bounds.frontier import with_capacity
from gatesim.gates.bounds.most import Dense, dense_of
from gatesim.gates.bounds.one_need import clears_at_some_time
from gatesim.gates.bounds.requests import outcomes
from gatesim.scenario.parameter import Parameter
from gatesim.scenario.schema import Scenario

Floats = NDArray[np.float64]


class CeilingA:
    """Bound A: gates that decide each need from its own cell and keep nothing.

    The desk is left out, as the exact engine leaves it out, unless it is the desk that is varied.

    Parameters
    ----------
    varied
        The scenario and what is varied.
    """

    def __init__(self, varied: Varied) -> None:
        self._varied = varied
        parameters = varied.parameters
        self.by_desk = any(p.table == "desk" for p in parameters)
        self._by_rest = lru_cache(maxsize=KEPT)(self._program)
        self._answers_move = any(map(moves_answers, parameters))

    # What holds at all values is made when the first of them is asked for: a program alone needs nothing of it.

    @cached_property
    def _checks(self) -> tuple[Check, ...] | None:
        varied = self._varied
        if not varied.linear or self.by_desk:
            return None
        return checks_at_all_values(varied)

    @cached_property
    def _ends(self) -> list[Dense] | None:
        if self._checks is None or not self._answers_move:
            return None
        return _at_corners(self._varied.parameters, self._anew)

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
            return _between(varied.parameters, self._ends, values)
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
        if not self.by_desk or not values:
            return self._program(tuple(values))
        # Of the desk a program has but its capacity: the rest is made once for all desks.
        varied = self._varied
        program = self._by_rest(
            tuple(p.low if p.table == "desk" else x for p, x in zip(varied.parameters, values, strict=True))
        )
        if program.capacity is None:
            return program
        scenario = varied.at(values)
        return with_capacity(program, reviews_possible(scenario, varied.law_at(scenario)))

    def _program(self, values: tuple[float, ...]) -> Program:
        scenario = self._varied.at(values)
        return program_a(scenario, self._varied.law_at(scenario), desk=self.by_desk)


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


def _at_corners(
    parameters: Sequence[Parameter], dense_at: Callable[[Sequence[float]], Dense]
) -> list[Dense] | None:
    return at_corners(parameters, dense_at, _numbers, _alike, _size)


def _numbers(one: Dense) -> Sequence[Floats | float]:
    return one


def _alike(one: Dense, other: Dense) -> bool:
    return one.served.shape == other.served.shape


def _size(one: Dense) -> float:
    return one.entitled + one.restricted


def _between(parameters: Sequence[Parameter], ends: Sequence[Dense], values: Sequence[float]) -> Dense:
    """The program at some values, from those at the ends of the ranges."""
    served, leaks, *numbers = between(parameters, ends, values)
    return Dense(served, leaks, *map(float, numbers))


def leaves_b_alone(parameter: Parameter) -> bool:
    """Whether bound B does not depend on a parameter: what signals read, what policies and verdicts choose."""
    return all(
        path[0] in ("signals", "causes", "policies", "verdict", "desk")
        or (path[0] == "orders" and "standard" in path)
        for path in parameter.paths
    )


def of_b(parameters: Sequence[Parameter], values: Sequence[float]) -> tuple[float, ...]:
    """The values, those on which bound B does not depend all alike: so that what is known of it is known again."""
    if not parameters:
        return ()
    return tuple(p.low if leaves_b_alone(p) else value for p, value in zip(parameters, values, strict=True))


KEPT = 64
"""Programs of bound B that are kept: one for each value of one of two keys of a map, if the other is none of its."""


class _UnlikeError(ValueError):
    """Programs at two values have other rows."""


def smooth_of_b(
    parameters: Sequence[Parameter],
    made: Callable[[Sequence[float]], Made],
    numbers: Callable[[Made], Sequence[Floats | float]],
    alike: Callable[[Made, Made], bool],
    size: Callable[[Made], float],
) -> Callable[[Sequence[float]], list[Floats]] | None:
    """The numbers of a program of bound B at all values, where a polynomial in those that matter says them.

    They are products of probabilities: of as many as there are people on an account. The parameters are as for
    `gatesim.exact.corners.at_corners`; None where a polynomial of a low degree does not say the numbers, where rows
    come and go, or where more than two values matter.
    """
    own = [number for number, p in enumerate(parameters) if not leaves_b_alone(p)]
    if len(own) not in (1, 2) or any(parameters[number].whole for number in own):
        return None
    middle = [0.5 * (p.low + p.high) for p in parameters]
    first = made(middle)
    shapes = [np.shape(one) for one in numbers(first)]

    def flat(values: tuple[float, ...]) -> Floats:
        point = list(middle)
        for number, value in zip(own, values, strict=True):
            point[number] = value
        one = made(point)
        if not alike(one, first):
            raise _UnlikeError
        return np.concatenate([np.ravel(part) for part in numbers(one)])

    low, high = [parameters[n].low for n in own], [parameters[n].high for n in own]
    try:
        found = smooth(flat, low, high, SAME * size(first))
    except _UnlikeError:
        return None
    if found is None:
        return None
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]

    def at(values: Sequence[float]) -> list[Floats]:
        parts = np.split(found.at([values[number] for number in own]), ends)
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    return at


class CeilingB:
    """Bound B: gates with a memory of an account's own history.

    It knows where everybody is, so that it does not depend on what signals read of it. Where its program is linear in
    the parameters (that is tried out, by numbers), the ends of their ranges say all in between; where it is a
    polynomial of a low degree, a few points.

    Parameters
    ----------
    varied
        The scenario and what is varied.
    history
        The program as assumed, where it is made already: it holds at all values if none of them matters.
    """

    def __init__(self, varied: Varied, history: Program | None = None) -> None:
        self._varied, self._history = varied, history
        self._anew = lru_cache(maxsize=KEPT)(self._made)

    @cached_property
    def _constant(self) -> Dense | None:
        """The program, where nothing that varies has a part in it."""
        parameters = self._varied.parameters
        if not all(leaves_b_alone(p) for p in parameters):
            return None
        if self._history is not None:
            return dense_of(self._history)
        return self._anew(tuple(p.low for p in parameters))

    @cached_property
    def _at_ends(self) -> list[Dense] | None:
        return _at_corners(self._varied.parameters, self._of_b)

    def dense(self, values: Sequence[float] = ()) -> Dense:
        """The program at some values."""
        if self._constant is not None:
            return self._constant
        if self._at_ends is not None:
            return _between(self._varied.parameters, self._at_ends, values)
        if self._smooth is not None:
            served, leaks, *rest = self._smooth(values)
            return Dense(served, leaks, *map(float, rest))
        return self._anew(of_b(self._varied.parameters, values))

    @cached_property
    def _smooth(self) -> Callable[[Sequence[float]], list[Floats]] | None:
        parameters = self._varied.parameters
        return smooth_of_b(parameters, self._of_b, _numbers, _alike, _size)

    def _of_b(self, values: Sequence[float]) -> Dense:
        return self._anew(of_b(self._varied.parameters, values))

    def _made(self, values: tuple[float, ...]) -> Dense:
        return dense_of(self.program(values))

    def program(self, values: Sequence[float] = ()) -> Program:
        """The whole program at some values."""
        scenario = self._varied.at(values)
        return program_b(scenario, self._varied.law_at(scenario))
