"""Programs: what a gate can tell apart, and what each action brings there.

A program is a list of *rows* (what the gate can tell apart: a cell, or a class of accounts and what is known of a
session) and for each row some *options* besides refusing: allow, or one of the checks. A gate is a mixture of
options for each row. What it serves and leaks is the sum over rows; standards tie the rows together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK = 30_000
"""The most numbers of a dense table of rows and options that are held at once: few enough for a processor's cache."""

ALLOW = "allow"


class TooLarge(ValueError):  # noqa: N818 -- reads as a statement where it is raised
    """The program has too many rows or options to be listed; the message says how many, and what would help."""


@dataclass(frozen=True)
class Part:
    """Rows whose options are alike.

    Attributes
    ----------
    entitled, restricted
        float64[row, kind of owner]: expected needs.
    passes
        float64[option, kind of owner]: the share of these needs that the option serves.
    reviews
        float64[option, kind of owner]: reviews for each of these needs.
    options
        int64[option]: numbers of the options in `Program.options`; the first is to allow.
    owners
        Names of the kinds of owners: their segments.
    describe
        Of a row (its number in the part) what it is, in words: axis -> value.
    """

    entitled: Floats
    restricted: Floats
    passes: Floats
    reviews: Floats
    options: Ints
    owners: tuple[str, ...]
    describe: Callable[[int], Mapping[str, str]]

    def __len__(self) -> int:
        return len(self.entitled)


class Dense(NamedTuple):
    """Some rows with all their options.

    Attributes
    ----------
    first
        Number of the first of these rows in the program.
    part
        The part they belong to.
    served, leaks
        float64[row, option]: entitled and restricted needs that the option serves.
    needs
        float64[row, kind of owner]: all needs.
    """

    first: int
    part: Part
    served: Floats
    leaks: Floats
    needs: Floats

    def reviews(self) -> Floats:
        """Reviews that each option brings: float64[row, option]."""
        return self.needs @ self.part.reviews.T


@dataclass(frozen=True, eq=False)
class Program:
    """All that a bound rests on; needs over the time in force, of all accounts represented.

    Attributes
    ----------
    name
        ``A`` or ``B``.
    reading
        Name of the reading of the orders.
    parts
        The rows.
    options
        Names of the options; the first is `ALLOW`.
    entitled, restricted
        All entitled and all restricted needs.
    open_entitled, open_leaks
        Those for which the gate is open whatever it would decide.
    capacity
        Reviews that the desk can make on average; None where they are not counted.
    scope
        In words: which gates the program is about, and under what assumptions.
    told_apart
        Segments of which the program's gates know more than a real one could (see docs/bounds.md); only for B.
    """

    name: str
    reading: str
    parts: tuple[Part, ...]
    options: tuple[str, ...]
    entitled: float
    restricted: float
    open_entitled: float
    open_leaks: float
    capacity: float | None
    scope: str
    told_apart: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of rows."""
        return sum(len(part) for part in self.parts)

    def dense(self) -> Iterator[Dense]:
        """All rows with all their options, some at a time."""
        first = 0
        for part in self.parts:
            step = max(1, CHUNK // len(part.options))
            for begin in range(0, len(part), step):
                rows = slice(begin, begin + step)
                # Allowing comes first, and serves everything: sums without a product keep it exact.
                yield Dense(
                    first + begin,
                    part,
                    _by_option(part.entitled[rows], part.passes),
                    _by_option(part.restricted[rows], part.passes),
                    part.entitled[rows] + part.restricted[rows],
                )
            first += len(part)

    def place(self, row: int) -> tuple[Part, int]:
        """The part that a row belongs to, and its number there."""
        for part in self.parts:
            if row < len(part):
                return part, row
            row -= len(part)
        raise IndexError(row)


def _by_option(needs: Floats, passes: Floats) -> Floats:
    found = np.empty((len(needs), len(passes)))
    found[:, 0] = needs.sum(axis=1)
    if len(passes) > 1:
        np.matmul(needs, passes[1:].T, out=found[:, 1:])
    return found
