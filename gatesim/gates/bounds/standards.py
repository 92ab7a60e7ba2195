"""Standards: the test that says whether leaks are within a limit, in linear form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isnan
from typing import Literal, NamedTuple

Kind = Literal["leak_rate", "leak_share", "leak_count", "zero"]
KINDS: tuple[Kind, ...] = ("leak_rate", "leak_share", "leak_count", "zero")
RATIOS = ("leak_rate", "leak_share")


class Linear(NamedTuple):
    """A standard as ``on_leaks * leaks - on_served * served entitled needs <= most``."""

    on_leaks: float
    on_served: float
    most: float


@dataclass(frozen=True)
class Standard:
    """A limit on leaks.

    Attributes
    ----------
    kind
        ``leak_rate``: leaks for each restricted need. ``leak_share``: leaks for each served need. ``leak_count``:
        leaks over the time in force, among all accounts represented. ``zero``: no leak is possible at all.
    limit
        A share for the two ratios, a number of needs for the count; without meaning (0) for ``zero``.

    Raises
    ------
    ValueError
        If the limit is no number, below zero, or above 1 for a ratio.
    """

    kind: Kind
    limit: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"standard: {self.kind!r} is none of {', '.join(KINDS)}")
        if isnan(self.limit):
            raise ValueError("limit: is no number")
        if self.limit < 0:
            raise ValueError(f"limit: {self.limit:.6g} is below zero: leaks cannot be fewer than none")
        if self.kind in RATIOS and self.limit > 1:
            raise ValueError(
                f"limit: {self.limit:.6g} is above 1: a {self.kind} is a share, so write 0.05 for 5 %"
            )
        if self.kind == "zero" and self.limit != 0:
            raise ValueError('limit: the standard "zero" has none; leave it out')
        if self.limit == inf:
            raise ValueError("limit: must be finite")

    @classmethod
    def of_ratio(cls, ratio: str, limit: float) -> Standard:
        """A limit on a leak ratio: on the leak rate if it is called so, else on the leak share."""
        return cls("leak_rate" if ratio == "leak_rate" else "leak_share", limit)

    def at(self, limit: float) -> Standard:
        """The same with another limit; what is above 1 for a ratio is 1."""
        return replace(self, limit=min(limit, 1.0) if self.kind in RATIOS else limit)

    def linear(self, restricted: float) -> Linear:
        """The standard in linear form.

        Parameters
        ----------
        restricted
            Restricted needs: the base of the leak rate.
        """
        if self.kind == "leak_rate":
            return Linear(1.0, 0.0, self.limit * restricted)
        if self.kind == "leak_share":
            return Linear(1.0 - self.limit, self.limit, 0.0)
        return Linear(1.0, 0.0, self.limit)
