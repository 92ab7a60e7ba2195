"""Programs of bound B at all values of some parameters, by few that are made.

They are products of probabilities: of as many as there are people on an account. So near to each other, their rows
being the same, they are polynomials of a low degree; that is tried out, by numbers.

At an end of a range cases may not occur at all: nobody uses a VPN, everybody has a document. There rows are missing,
and what is told by programs within the range holds as long as these rows come to nothing. But a gate may be told less
as well, such as who uses a VPN that is never on. So each such end is held to a program of its own.

Bound B's gates are told segments apart whose habits differ, by however little, and not where they are the same. So at
values at which two segments come to have the same number, and there alone, a program is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.corners import SAME, Made, at_corners, settled, within
from gatesim.exact.smooth import smooth
from gatesim.scenario.errors import KeyPath
from gatesim.scenario.parameter import Parameter
from gatesim.scenario.schema import Scenario

Floats = NDArray[np.float64]

PRICES = np.geomspace(1e-4, 1e4, 9)
"""Prices of a leak at which two programs are held to each other."""

_CLOSE = 100 * SAME
"""What rounding leaves of two that are the same, in parts of all needs."""

_BESIDE = 0.37
"""Where an end is tried out, as a share of the other ranges."""


_KEPT = 64
"""Programs that are kept: one for each value of one of two keys of a map, if the other is none of bound B's."""

_SEGMENTS = "segments"

_TELL_NOBODY_APART = ("documents", "presents_forged", "presents_borrowed", "never_answers")
"""Numbers of a segment by which its owners answer: a gate learns of an answer, and never of how likely it is."""


def leaves_b_alone(parameter: Parameter) -> bool:
    """Whether bound B does not depend on a parameter: what signals read, what policies and verdicts choose."""
    return all(
        path[0] in ("signals", "causes", "policies", "verdict", "desk")
        or (path[0] == "orders" and "standard" in path)
        for path in parameter.paths
    )


@dataclass(frozen=True)
class Kind(Generic[Made]):
    """What programs of a kind consist of.

    Attributes
    ----------
    numbers
        A program's numbers, in needs.
    of_numbers
        A program with the rows of another, and other numbers.
    alike
        Whether two have the same rows.
    size
        All needs, by which errors are measured.
    worth
        What the best gate is worth at each of `PRICES`: two whose rows differ come to the same if these agree.
    """

    numbers: Callable[[Made], Sequence[Floats | float]]
    of_numbers: Callable[[Made, Sequence[Floats]], Made]
    alike: Callable[[Made, Made], bool]
    size: Callable[[Made], float]
    worth: Callable[[Made], Floats]


class FewPrograms(Generic[Made]):
    """Programs of bound B at all values.

    Parameters
    ----------
    scenario, parameters
        The scenario and what is varied.
    made
        The program that is made at some values; bound B leaves some of them alone.
    kind
        What it consists of.
    """

    def __init__(
        self,
        scenario: Scenario,
        parameters: Sequence[Parameter],
        made: Callable[[tuple[float, ...]], Made],
        kind: Kind[Made],
    ) -> None:
        self._parameters, self._kind = tuple(parameters), kind
        self._own = [n for n, p in enumerate(parameters) if not leaves_b_alone(p)]
        self._kept = lru_cache(maxsize=_KEPT)(made)
        self._within = tuple(
            within(p, *(self._is_end(n, end) for end in (p.low, p.high))) for n, p in enumerate(parameters)
        )
        self._holds = lru_cache(maxsize=_KEPT)(self._holds_at)
        self._others = [_others(scenario, p) for p in parameters]

    def at(self, values: Sequence[float]) -> Made:
        """The program at some values."""
        told = self._told
        if told is None or self._coincide(values):
            return self.made(values)
        ends = [(n, values[n]) for n in self._own if self._is_end(n, values[n])]
        if len(ends) > 1 or not all(self._holds(*end) for end in ends):
            return self.made(values)
        return told(values)

    def made(self, values: Sequence[float]) -> Made:
        """The program that is made at some values: once for all values that it leaves alone."""
        return self._kept(
            tuple(
                x if n in self._own else p.low
                for n, (p, x) in enumerate(zip(self._parameters, values, strict=True))
            )
        )

    def _coincide(self, values: Sequence[float]) -> bool:
        """Whether two segments come to have the same number, of those that are varied."""
        seen: set[tuple[object, object]] = set()
        for n in self._own:
            p = self._parameters[n]
            stored = p.stored(values[n])
            for which, others in self._others[n].items():
                if (which, stored) in seen or stored in others:
                    return True
                seen.add((which, stored))
        return False

    def _is_end(self, number: int, value: float) -> bool:
        """Whether a value is an end of a range at which cases may not occur."""
        p = self._parameters[number]
        return number in self._own and not p.whole and value in (p.low, p.high) and value in (0.0, 1.0)

    def _holds_at(self, number: int, end: float) -> bool:
        """Whether what is told by programs within the range holds at an end."""
        point = [p.low + _BESIDE * (p.high - p.low) for p in self._parameters]
        point[number] = end
        assert self._told is not None
        real, said = self.made(point), self._told(point)
        apart = np.abs(self._kind.worth(real) - self._kind.worth(said)) / (1.0 + PRICES)
        return bool(apart.max() <= _CLOSE * self._kind.size(real))

    @cached_property
    def _told(self) -> Callable[[Sequence[float]], Made] | None:
        """Programs by few, if these say all others within the range."""
        kind = self._kind
        linear = at_corners(self._within, self.made, kind.numbers, kind.alike, kind.size)
        if linear is not None:
            return lambda values: kind.of_numbers(linear.first, linear.at(values))
        return self._smooth()

    def _smooth(self) -> Callable[[Sequence[float]], Made] | None:
        """The same where a polynomial of a low degree in one or two of the values says the numbers."""
        kind, own, parameters = self._kind, self._own, self._within
        if len(own) not in (1, 2) or any(parameters[number].whole for number in own):
            return None
        middle = [0.5 * (p.low + p.high) for p in parameters]
        first = self.made(middle)
        shapes = [np.shape(one) for one in kind.numbers(first)]

        def flat(values: tuple[float, ...]) -> Floats:
            point = list(middle)
            for number, value in zip(own, values, strict=True):
                point[number] = value
            one = self.made(point)
            if not kind.alike(one, first):
                raise _UnlikeError
            return np.concatenate([np.ravel(part) for part in kind.numbers(one)])

        low, high = [parameters[n].low for n in own], [parameters[n].high for n in own]
        try:
            found = smooth(flat, low, high, SAME * kind.size(first))
        except _UnlikeError:
            return None
        if found is None:
            return None
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]

        def at(values: Sequence[float]) -> Made:
            parts = np.split(settled(found.at([values[number] for number in own]), found.size), ends)
            return kind.of_numbers(
                first, [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
            )

        return at


def _others(scenario: Scenario, parameter: Parameter) -> dict[KeyPath, set[object]]:
    """By number (its path within a segment) the values that segments have of which it is not varied."""
    found: dict[KeyPath, set[object]] = {}
    for path in parameter.paths:
        if path[0] != _SEGMENTS or path[2] in _TELL_NOBODY_APART:
            continue
        varied = {other[1] for other in parameter.paths if other[0] == _SEGMENTS and other[2:] == path[2:]}
        found[path[2:]] = {
            _at(segment, path[2:]) for name, segment in scenario.segments.items() if name not in varied
        }
    return found


def _at(node: Any, path: KeyPath) -> object:
    """What stands at a path; None where nothing does."""
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else getattr(node, str(name), None)
    return node if isinstance(node, int | float) else None


class _UnlikeError(ValueError):
    """Programs at two values have other rows."""
