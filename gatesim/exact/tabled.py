"""What a policy with memory serves over two numbers that move its tables.

With its tables held, what such a policy serves is a smooth function of both numbers, also where it would have other
tables. A map meets few different tables: one polynomial for each of them says what is served where it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.smooth import smooth

Floats = NDArray[np.float64]
Gate = TypeVar("Gate")

MOST_TABLES = 12
"""With more tables that hold at many points each, nothing is worked out."""

FEW = 15
"""A table that holds at no more points is looked at in each of them: a polynomial would take as many."""


def over_points(
    points: Floats,
    tables: Sequence[bytes],
    gate_at: Callable[[tuple[float, ...]], Gate],
    served: Callable[[Gate, tuple[float, ...]], Floats],
    ends: tuple[Sequence[float], Sequence[float]],
    tolerance: float,
) -> Floats | None:
    """What is served at many points; None where that would take too long, or is not smooth enough.

    Parameters
    ----------
    points
        float64[point, parameter].
    tables
        For each point what says which tables hold there: the same bytes, the same tables.
    gate_at
        The tables at a point.
    served
        What a gate with some tables serves at a point, whatever its tables would be there: float64[quantity].
    ends
        The lower and the upper ends of the parameters.
    tolerance
        How far a polynomial may be off at the points where it is checked.

    Returns
    -------
    ndarray, shape (points, quantities), or None
    """
    groups: dict[bytes, list[int]] = {}
    for number, those in enumerate(tables):
        groups.setdefault(those, []).append(number)
    small = [group for group in groups.values() if len(group) <= FEW]
    if len(groups) - len(small) > MOST_TABLES or sum(map(len, small)) > FEW * MOST_TABLES:
        return None
    found: Floats | None = None
    for group in groups.values():
        where = points[group]
        gate = gate_at(_point(where[len(where) // 2]))
        if len(group) <= FEW:
            values = np.array([served(gate, _point(each)) for each in where])
        else:
            said = smooth(partial(served, gate), *ends, tolerance)
            if said is None:
                return None
            values = said.at(where)
        if found is None:
            found = np.empty((len(points), values.shape[1]))
        found[group] = values
    return found


def _point(values: Floats) -> tuple[float, ...]:
    return tuple(values.tolist())
