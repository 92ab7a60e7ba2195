"""Who of several policies is best: the rule of a run, of the exact engine's answers and of charts about one policy."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from gatesim.measures.judgement import Judgement, Outcome, badness

_SAME = 12
"""Two shares are the same where they are in so many decimals: they may have been summed up in another order."""


class Contender(NamedTuple):
    """A candidate as far as it counts for who of several is best.

    Attributes
    ----------
    policy
        Its name.
    within, serves_floor, is_ready
        Whether it is surely within the limit, surely serves the floor, is in place on the date.
    ready
        When it could be in place, as a number that is larger where it is later; None: never.
    served
        The share of entitled needs that it serves; None where there are none.
    badness
        What is held against the limit, as a number that is better where it is smaller.
    """

    policy: str
    within: bool
    serves_floor: bool
    is_ready: bool
    ready: float | None
    served: float | None
    badness: float

    @property
    def _serves(self) -> float:
        return 1.0 if self.served is None else round(self.served, _SAME)

    @property
    def most_served(self) -> tuple[float, float]:
        """Larger where it serves more, or as much with less held against it."""
        return self._serves, -round(self.badness, _SAME)

    @property
    def least_leaking(self) -> tuple[float, float]:
        """Smaller where less is held against it, or as much while it serves more."""
        return round(self.badness, _SAME), -self._serves


def best_contender(contenders: Sequence[Contender], outcome: Outcome) -> str | None:
    """The candidate that an outcome is about (see `Row`); the first in the list among equals."""

    def serves_most(those: Sequence[Contender]) -> str:
        return max(those, key=attrgetter("most_served")).policy

    within = [one for one in contenders if one.within]
    useful = [one for one in within if one.serves_floor]
    if outcome == "gate_available":
        return serves_most([one for one in useful if one.is_ready])
    if outcome == "only_not_ready":
        # Those that are never ready come last.
        known = [one.ready for one in useful if one.ready is not None]
        return serves_most([one for one in useful if not known or one.ready == min(known)])
    if outcome == "only_below_floor":
        return serves_most(within)
    floor = [one for one in contenders if one.serves_floor]
    least = min(floor or contenders, key=attrgetter("least_leaking"), default=None)
    return None if least is None else least.policy


def best_candidate(judgements: Sequence[Judgement], outcome: Outcome) -> str | None:
    """The candidate that an outcome is about."""
    return best_contender(
        [
            Contender(
                one.policy,
                one.within == "yes",
                one.serves_floor == "yes",
                one.is_ready,
                None if one.ready is None else one.ready.timestamp(),
                one.served.value,
                badness(one),
            )
            for one in judgements
        ],
        outcome,
    )
