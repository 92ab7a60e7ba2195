"""Points of a frontier: those of its curves, and those of the listed policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

GRID = tuple(round(10.0 ** (step / 12), 12) for step in range(-60, 1))
"""Limits of the curves besides those asked for: twelve in each power of ten, from 0.001 % on."""

COARSE = GRID[::3]
"""The same where a point takes a linear program of its own: four in each power of ten."""

PAYERS = 3
"""So many segments are named that pay at a point."""


@dataclass(frozen=True)
class Payer:
    """A segment of owners, and the share of all refused entitled needs that is theirs."""

    segment: str
    share: float


@dataclass(frozen=True)
class Point:
    """A point of a curve.

    Attributes
    ----------
    reading, bound, limit
        Which.
    own
        Whether the limit is one that was asked for (the verdict's, or an order's), not one of the grid.
    served
        The most share of entitled needs served; None where there are none or nothing is within the limit.
    binding
        What stops it from being more.
    per_point
        Share of entitled needs that one more point of the limit (0.01) would bring, by the one-sided price; None
        where there is none, and on one order's curve at limits of the grid.
    pays
        Segments of owners whose entitled needs are refused most by the gate that attains it; empty where none are,
        or where it was not asked for.
    """

    reading: str
    bound: str
    limit: float
    own: bool
    served: float | None
    binding: tuple[str, ...]
    per_point: float | None
    pays: tuple[Payer, ...]


@dataclass(frozen=True)
class ListedPoint:
    """A listed policy.

    Attributes
    ----------
    served, leak
        Share of entitled needs served, and its leak ratio; None where undefined.
    remembers
        Whether it keeps something about accounts, so that it is outside of bound A's scope.
    to_a, to_b
        What each bound says could be served more at the same leak ratio; below zero only for a policy that remembers,
        against bound A, and for one that breaks a limit that the bound's gates keep. None where the leak ratio is
        undefined.
    breaks
        Where the leaks of one order are limited while others keep their limits: whose of these it breaks.
    """

    reading: str
    policy: str
    served: float | None
    leak: float | None
    remembers: bool
    to_a: float | None
    to_b: float | None
    breaks: tuple[str, ...] = ()


def most_refused(refused: Mapping[str, float], entitled: float) -> tuple[Payer, ...]:
    """The segments of owners whose entitled needs are refused most.

    Parameters
    ----------
    refused
        Segment -> its entitled needs that are refused.
    entitled
        All entitled needs.
    """
    total = sum(refused.values())
    # What rounding leaves is nobody's.
    if not total > 1e-9 * max(entitled, 1.0):
        return ()
    most = sorted(refused.items(), key=lambda item: (-item[1], item[0]))[:PAYERS]
    return tuple(Payer(name, each / total) for name, each in most if each > 0)


def point_of(
    reading: str,
    policy: str,
    served: float | None,
    leak: float | None,
    remembers: bool,
    most: Callable[[str, float], float | None],
    breaks: tuple[str, ...] = (),
) -> ListedPoint:
    """A listed policy beside the curves.

    Parameters
    ----------
    reading, policy, served, leak, remembers, breaks
        As `ListedPoint` has them.
    most
        What gates of a bound serve at most within a limit: by the bound's name and the limit.
    """

    def more(bound: str) -> float | None:
        if served is None or leak is None:
            return None
        value = most(bound, min(leak, 1.0))
        if value is None:
            return None
        # A policy on a curve may be a rounding beside it.
        return 0.0 if abs(value - served) < 1e-12 else value - served

    return ListedPoint(reading, policy, served, leak, remembers, more("bound_A"), more("bound_B"), breaks)
