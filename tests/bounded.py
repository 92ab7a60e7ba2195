"""What the tests of bounds share: programs made by hand, gates made of a bound's tables, and their exact numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.evaluate import World
from gatesim.exact.expected import END_LATE, END_SERVED
from gatesim.gates.bounds import Bound, Part, Program
from gatesim.gates.bounds.one_need import Cells
from gatesim.gates.tables import ALLOW, BLOCK, CHECK, FRESH, Tables
from gatesim.law.law import Law
from gatesim.scenario.schema import Scenario


def program(
    rows: Sequence[Sequence[tuple[float, float]]],
    *,
    restricted_more: float = 0.0,
    opened: tuple[float, float] = (0.0, 0.0),
    capacity: float | None = None,
    reviews: Sequence[float] = (),
) -> Program:
    """A program by hand: for each row the (served, leaks) of its options, the first of which serves all.

    ``restricted_more`` are restricted needs in no row, ``opened`` needs for which the gate is open; ``reviews`` is for
    each option the reviews for each need.
    """
    parts = []
    for row in rows:
        (entitled, restricted), *others = row
        # Two kinds of owners, those of entitled and those of restricted needs, so that any point can be had.
        passes = [
            (1.0, 1.0),
            *((e / entitled if entitled else 0.0, r / restricted if restricted else 0.0) for e, r in others),
        ]
        parts.append(
            Part(
                np.array([[entitled, 0.0]]),
                np.array([[0.0, restricted]]),
                np.array(passes),
                np.array([[each, each] for each in (reviews or [0.0] * len(row))][: len(row)]),
                np.arange(len(row)),
                ("native", "foreign"),
                lambda number: {"row": str(number)},
            )
        )
    options = max((len(row) for row in rows), default=1)
    return Program(
        "A",
        "person",
        tuple(parts),
        ("allow", *(f"check {k}" for k in range(1, options))),
        sum(row[0][0] for row in rows) + opened[0],
        sum(row[0][1] for row in rows) + opened[1] + restricted_more,
        *opened,
        capacity,
        "made by hand",
    )


def all_tables(made: Program) -> NDArray[np.float64]:
    """Served, leaks and reviews of every single table, by going through all of them: [table, 3]."""
    options = []
    for part in made.parts:
        for e, r in zip(part.entitled, part.restricted, strict=True):
            own = [(0.0, 0.0, 0.0)]
            for passes, reviews in zip(part.passes, part.reviews, strict=True):
                own.append((float(e @ passes), float(r @ passes), float((e + r) @ reviews)))
            options.append(own)
    start = np.array([made.open_entitled, made.open_leaks, 0.0])
    return np.array([start + np.sum(chosen, axis=0) for chosen in product(*options)])


def best_mixture(points: NDArray[np.float64], a: float, b: float, most: float) -> float | None:
    """The most served with ``a * leaks - b * served <= most``, over single tables and mixtures of two."""
    room = most + b * points[:, 0] - a * points[:, 1]
    inside = points[room >= -1e-12, 0]
    found = [float(inside.max())] if len(inside) else []
    found += mixtures(points, room)[:, 0].tolist()
    return max(found, default=None)


def mixtures(points: NDArray[np.float64], room: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[mixture, 3]: every mixture of two points of which one is inside and one outside, where it has no room."""
    inside, outside = np.flatnonzero(room > 0), np.flatnonzero(room < 0)
    part = room[inside, None] / (room[inside, None] - room[outside])
    found = (1 - part)[..., None] * points[inside, None] + part[..., None] * points[outside]
    return np.asarray(found.reshape(-1, points.shape[1]))


def served_and_leaks(scenario: Scenario, law: Law, gate: Sequence[Tables]) -> tuple[float, float]:
    """Entitled and restricted needs served, by the exact engine, of all accounts represented."""
    counts = World(scenario, law).evaluate(tuple(gate), "", False).counts
    ends = counts[..., [END_SERVED, END_LATE]].sum(axis=(0, 1, 2, 4)) * (
        scenario.represents / scenario.people
    )
    return float(ends[0]), float(ends[1])


def gates_of(
    scenario: Scenario, law: Law, bound: Bound, like: Sequence[Tables]
) -> list[tuple[float, list[Tables]]]:
    """The tables of a bound's mixture as gates, with their weights; ``like`` says what documents they accept."""
    found = []
    for table in bound.mixture():
        actions = [np.full(tables.actions.shape, BLOCK, dtype=np.int8) for tables in like]
        first = 0
        for part in bound.program.parts:
            assert isinstance(part.describe, Cells)
            own = table.choice[first : first + len(part)]
            first += len(part)
            for e in part.describe.epochs:
                actions[e][FRESH][part.describe.flat()] = np.where(
                    own < 0, BLOCK, np.where(own == 0, ALLOW, CHECK)
                )
        gate = [
            replace(tables, actions=a, durations_us=np.zeros_like(tables.durations_us))
            for tables, a in zip(like, actions, strict=True)
        ]
        found.append((table.weight, gate))
    return found
