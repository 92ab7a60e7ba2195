"""Whose part of a total is how large: counts by group, each with its interval, against all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from gatesim.measures.definitions import Measure
from gatesim.measures.intervals import NO_CHANCE


@dataclass(frozen=True)
class Part:
    """A group's part of a total.

    Attributes
    ----------
    value
        The part, from 0 to 1.
    low, high
        Its interval: at least 95 %. The value twice where nothing is left to chance; None where it is not known.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def known(self) -> bool:
        """Whether it is known how far chance may have moved it."""
        return self.low is not None


def parts_of(counts: Mapping[str, Measure], total: Measure) -> dict[str, Part]:
    """Each group's part of a total.

    Parameters
    ----------
    counts
        The count of each group that can have any; what no group has is nobody's.
    total
        The same count of all.

    Returns
    -------
    dict
        Group -> part; empty where there is nothing to divide.

    Notes
    -----
    A part x / (x + r), r being all others', grows with x and falls with r. Its ends are those at the ends of the 95 %
    intervals of both. Where x and r are independent it holds with 95 % at least, for half widths are added up of which
    the squares would do; whatever they are, with 90 %. The half width of r is the root of the others' squares, or, if
    that is more, of what the total's square has beyond that of x: accounts whose needs are of several groups are in it.
    """
    everything = sum(one.numerator for one in counts.values())
    if everything <= 0:
        return {}
    if len(counts) == 1:
        # There is nobody else who could have any.
        return dict.fromkeys(counts, Part(1.0, 1.0, 1.0))
    widths = {group: _widths(one) for group, one in counts.items()}
    return {
        group: _part(
            one, everything, total, widths[group], [widths[name] for name in counts if name != group]
        )
        for group, one in counts.items()
    }


_Widths = tuple[float, float] | None
"""How far below and above a count its interval reaches; None where there is none."""


def _part(one: Measure, everything: float, total: Measure, mine: _Widths, others: Sequence[_Widths]) -> Part:
    value = one.numerator / everything
    if one.note == NO_CHANCE:
        return Part(value, value, value)
    of_total = _widths(total)
    if mine is None or of_total is None or one.value is None or total.value is None or None in others:
        return Part(value, None, None)
    down, up = (
        sqrt(max(sum(width[side] ** 2 for width in others if width), of_total[side] ** 2 - mine[side] ** 2))
        for side in (0, 1)
    )
    low, high, rest = one.value - mine[0], one.value + mine[1], (1.0 - value) * total.value
    least = max(0.0, rest - down)
    return Part(
        value, low / (low + rest + up) if low > 0 else 0.0, high / (high + least) if high > 0 else 0.0
    )


def _widths(count: Measure) -> _Widths:
    if count.value is None or count.low is None or count.high is None:
        return None
    return count.value - count.low, count.high - count.value


class Ranged(Protocol):
    """A value and its interval; no interval where noise is not known."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def largest(found: Mapping[str, Ranged]) -> str | None:
    """Whose value is larger than that of any other, whatever chance did; None where nobody's is known to be.

    It is where its interval lies above all others': by more than noise of one of them alone may do.
    """
    known = {name: one for name, one in found.items() if one.value is not None}
    if not known:
        return None
    first = max(known, key=lambda name: known[name].value or 0.0)
    low = known[first].low
    others = [one.high for name, one in known.items() if name != first]
    if others and (low is None or any(high is None or high >= low for high in others)):
        return None
    return first


_FEW = 0.05
"""By more than this chance is said to move a part of all."""


def is_wide_part(part: Part) -> bool:
    """Whether chance may have moved a part by more than a few per cents."""
    return part.low is not None and part.high is not None and part.high - part.low >= 2 * _FEW


def part_words(part: Part) -> str:
    """A part of all in words: whole per cents; if chance may have moved it much, from where to where."""
    if part.low is not None and part.high is not None and is_wide_part(part):
        return f"{100 * part.low:.0f} to {100 * part.high:.0f} %"
    return f"{100 * part.value:.0f} %"
