"""Small steps that passes over accounts share; each becomes a part of its caller."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import ZERO, Floats, Ints
from gatesim.engine.columns import FILLED, WRITTEN, Questions
from gatesim.world.compiled import compiled


@compiled(forceinline=True, _nrt=False)
def above(u: float, shares: Floats, row: int) -> int:
    """The first position of a row of cumulative shares that is above a uniform number."""
    position = 0
    while u >= shares[row, position]:
        position += 1
    return position


@compiled(forceinline=True, _nrt=False)
def place_of(u: float, shares: Floats, row: int) -> int:
    """`above`, looking at all shares: where any may be, no branch is guessed wrong."""
    position = ZERO
    for j in range(shares.shape[1] - 1):
        position += u >= shares[row, j]
    return position


@compiled(forceinline=True, _nrt=False)
def answer(question: int, places: Ints, row: int, begin: int, answers: Floats) -> float:
    """The uniform number that was drawn for a question; one half where nothing was."""
    place = places[row, question]
    drawn = answers[np.uint64(begin + max(place, ZERO))]
    return drawn if place >= 0 else 0.5


@compiled(forceinline=True, _nrt=False)
def ask_blocks(
    at: int,
    blocks: int,
    step: np.uint64,
    first: np.uint64,
    person: np.uint64,
    what: np.uint64,
    asked: Questions,
) -> None:
    """Write down so many blocks of a person from ``at`` on, and fewer than `WRITTEN` that follow."""
    for begin in range(0, blocks, WRITTEN):
        for i in range(WRITTEN):
            place = np.uint64(at + begin + i)
            asked.number[place] = step * np.uint64(begin + i) + first
            asked.person[place] = person
            asked.what[place] = what


@compiled(forceinline=True, _nrt=False)
def uniform_of(word: int) -> float:
    """The uniform number of a word."""
    return (word + 0.5) / 4294967296.0


@compiled(forceinline=True, _nrt=False)
def fill(column: NDArray[Any], first: int, value: int) -> None:
    """Write one number into as many rows as `FILLED`."""
    for i in range(FILLED):
        column[np.uint64(first + i)] = value
