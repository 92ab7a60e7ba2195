"""Which things suffice together of which no fewer do: a search by size that leaves out what can tell nothing new."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import combinations
from math import comb

MOST = 5_000
"""The most combinations that are gone through."""

Numbers = tuple[int, ...]


def how_many(things: int, most: int) -> int:
    """How many combinations of two and more, up to ``most``, of some things there are."""
    return sum(comb(things, size) for size in range(2, min(most, things) + 1))


def least_sufficient(
    things: int,
    most: int,
    sign: Callable[[Numbers], Hashable],
    suffices: Callable[[Numbers], bool],
    known: Mapping[Hashable, bool] | None = None,
) -> Iterator[Numbers]:
    """Combinations of two and more things that suffice, and contain no smaller one that does.

    What comes to the same as something asked before is not listed again.

    Parameters
    ----------
    things
        How many there are; none of them suffices alone.
    most
        How many are put together at most.
    sign
        What a combination comes to: combinations of one sign suffice alike, so that only the first is asked.
    suffices
        Whether a combination suffices.
    known
        Signs that have been asked already, and whether they suffice.

    Yields
    ------
    tuple of int
        The numbers of the things, ascending; smaller combinations first.
    """
    answers = dict(known or {})
    enough: list[frozenset[int]] = []
    for size in range(2, min(most, things) + 1):
        for numbers in combinations(range(things), size):
            if any(each <= frozenset(numbers) for each in enough):
                continue
            mark = sign(numbers)
            is_new = mark not in answers
            if is_new:
                answers[mark] = suffices(numbers)
            if answers[mark]:
                enough.append(frozenset(numbers))
                if is_new:
                    yield numbers
