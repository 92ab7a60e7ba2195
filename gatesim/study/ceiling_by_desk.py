"""Bound A under a changing desk: of the desk a program has but its capacity, so that the rest is made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.corners import Between, at_corners, within
from gatesim.exact.varied import Varied
from gatesim.gates.bounds import Program, most_served, program_a
from gatesim.gates.bounds.desk import reviews_possible
from gatesim.gates.bounds.frontier import with_capacity
from gatesim.gates.bounds.standards import Standard

Floats = NDArray[np.float64]

_NOT_OF_DESK = ("segments", "signals", "causes", "documents", "checkers", "policies", "verdict", "reactions")
"""Tables of a scenario on which it does not depend how many reviews a desk can make."""

_KEPT = 64
"""Programs and capacities that are kept: one for each value of one of two keys of a map."""


class CeilingByDesk:
    """Bound A with the desk, by its mean flow.

    Parameters
    ----------
    varied
        The scenario and what is varied: something of the desk, and perhaps of all else.
    """

    def __init__(self, varied: Varied) -> None:
        self._varied = varied
        self._rest = [p for p in varied.parameters if p.table != "desk"]
        self._anew = lru_cache(maxsize=_KEPT)(self._made)
        self._told = lru_cache(maxsize=_KEPT)(self._of_rest)
        self._capacity = lru_cache(maxsize=_KEPT)(self._capacity_at)
        # Of what makes no difference to how much a desk can do, such as patience, all values come to the same.
        self._value = lru_cache(maxsize=_KEPT**2)(self._value_at)

    def program(self, values: Sequence[float]) -> Program:
        """The whole program at some values."""
        return _with(self._anew(self._rest_of(values)), self._capacity_of(values))

    def value(self, values: Sequence[float], standard: Standard) -> float | None:
        """The most of entitled needs that any gate serves within a standard at some values."""
        return self._value(self._rest_of(values), self._capacity_of(values), standard)

    def _rest_of(self, values: Sequence[float]) -> tuple[float, ...]:
        pairs = zip(self._varied.parameters, values, strict=True)
        return tuple(value for p, value in pairs if p.table != "desk")

    def _made(self, rest: tuple[float, ...]) -> Program:
        """The program at some values of what is not the desk's, whatever the desk."""
        values = iter(rest)
        scenario = self._varied.at(
            [p.low if p.table == "desk" else next(values) for p in self._varied.parameters]
        )
        return program_a(scenario, self._varied.law_at(scenario), desk=True)

    def _of_rest(self, rest: tuple[float, ...]) -> Program:
        """The same by the programs near the ends of the ranges, if they say all others."""
        ends = self._ends
        return self._anew(rest) if ends is None else self._of_numbers(ends.first, ends.at(rest))

    @cached_property
    def _ends(self) -> Between[Program] | None:
        inner = [p if p.whole else within(p) for p in self._rest]
        return at_corners(inner, lambda rest: self._anew(tuple(rest)), self._numbers, _alike, _size)

    def _numbers(self, program: Program) -> list[Floats | float]:
        """All of a program in numbers of needs, by which errors are measured; shares as those of all needs."""
        needs = self._varied.needs_at_most
        return [
            program.entitled,
            program.restricted,
            program.open_entitled,
            program.open_leaks,
            *(part.entitled for part in program.parts),
            *(part.restricted for part in program.parts),
            *(needs * part.passes for part in program.parts),
            *(needs * part.reviews for part in program.parts),
        ]

    def _of_numbers(self, like: Program, numbers: Sequence[Floats]) -> Program:
        """A program with the rows and options of another."""
        needs, count = self._varied.needs_at_most, len(like.parts)
        entitled, restricted, passes, reviews = (numbers[4 + k * count :][:count] for k in range(4))
        parts = tuple(
            replace(
                part,
                entitled=entitled[k],
                restricted=restricted[k],
                passes=np.minimum(passes[k] / needs, 1.0),
                reviews=reviews[k] / needs,
            )
            for k, part in enumerate(like.parts)
        )
        all_entitled, all_restricted, open_entitled, open_leaks = map(float, numbers[:4])
        return replace(
            like,
            parts=parts,
            entitled=all_entitled,
            restricted=all_restricted,
            open_entitled=open_entitled,
            open_leaks=open_leaks,
        )

    def _value_at(self, rest: tuple[float, ...], capacity: float, standard: Standard) -> float | None:
        return most_served(_with(self._told(rest), capacity), standard).value

    def _capacity_of(self, values: Sequence[float]) -> float:
        pairs = zip(self._varied.parameters, values, strict=True)
        return self._capacity(tuple(p.low if p.table in _NOT_OF_DESK else x for p, x in pairs))

    def _capacity_at(self, values: tuple[float, ...]) -> float:
        scenario = self._varied.at(values)
        return reviews_possible(scenario, self._varied.law_at(scenario))


def _with(program: Program, capacity: float) -> Program:
    return program if program.capacity is None else with_capacity(program, capacity)


def _alike(one: Program, other: Program) -> bool:
    if len(one.parts) != len(other.parts):
        return False
    return (one.capacity is None) == (other.capacity is None) and all(
        len(a) == len(b) and a.owners == b.owners and np.array_equal(a.options, b.options)
        for a, b in zip(one.parts, other.parts, strict=True)
    )


def _size(program: Program) -> float:
    return program.entitled + program.restricted
