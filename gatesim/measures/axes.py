"""The axes of tallies: what is counted, and by what it is split."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gatesim.measures.ledger import (
    BY_GATE,
    ENDS,
    FALLBACK,
    LOST,
    OUTCOMES,
    PENDING,
    REASONS,
    SERVED,
    SERVED_LATE,
)
from gatesim.scenario.people import CHANNELS, ROLES
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.makers import makers

NEEDS = (
    "restricted",
    "leaks",
    "served",
    "entitled",
    "false_blocks",
    "refused_by_gate",
    "needs",
    "fallback",
    "lost",
)
"""Components counted over needs (pending ones are in none of them)."""

BLOCK_REASONS = ("lost", *REASONS[1:])
"""Why an entitled need was not served: it was lost, or one of the gate's reasons."""

BLOCKS = tuple(f"blocked:{reason}" for reason in BLOCK_REASONS)
"""False blocks by reason."""

PEOPLE = ("people_restricted", "people_leaked", "people_entitled", "people_blocked", "people_locked_out")
"""Makers with at least one restricted need, one leak, one entitled need, one false block; and makers with at
least one entitled need of which none was served."""

ACCOUNTS = ("accounts_leaked", "people_asked_for_documents", "document_requests")

SPLITS = ("segment", "channel", "role", "model", "day")
"""What measures are split by, apart from the reason of false blocks."""


def components(scenario: Scenario) -> tuple[str, ...]:
    """Names of everything that is counted over all needs: the last are the documents of each kind."""
    return (*NEEDS, *BLOCKS, *PEOPLE, *ACCOUNTS, *(f"documents:{kind}" for kind in scenario.documents))


def component_matrix() -> NDArray[np.int64]:
    """What a need adds to the components of `NEEDS` and `BLOCKS`.

    Returns
    -------
    ndarray, shape (2, ends, components)
        By whether the need was restricted, and how it ended.
    """
    return _component_matrix().copy()


@cache
def _component_matrix() -> NDArray[np.int64]:
    names = (*NEEDS, *BLOCKS)
    matrix = np.zeros((2, len(ENDS), len(names)), dtype=np.int64)
    for restricted in (False, True):
        for end, (outcome, reason) in enumerate(ENDS):
            if outcome == PENDING:
                continue
            served = outcome in {SERVED, SERVED_LATE}
            blocked = not restricted and not served
            true = {
                "restricted": restricted,
                "leaks": restricted and served,
                "served": served,
                "entitled": not restricted,
                "false_blocks": blocked,
                "refused_by_gate": blocked and reason in BY_GATE,
                "needs": True,
                "fallback": outcome == FALLBACK,
                "lost": outcome == LOST,
                BLOCKS[reason]: blocked,
            }
            matrix[int(restricted), end] = [true.get(name, False) for name in names]
    return matrix


def end_numbers() -> NDArray[np.int64]:
    """int64[outcome, reason]: the position in `ENDS`, -1 for combinations that do not occur."""
    numbers = np.full((len(OUTCOMES), len(REASONS)), -1, dtype=np.int64)
    for number, end in enumerate(ENDS):
        numbers[end] = number
    return numbers


def midnight_us(scenario: Scenario) -> int:
    """Microseconds from the midnight before the start, in the zone of the start, to the start."""
    start = scenario.start
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    # Wall-clock difference: both have the offset of the start.
    return (start.replace(tzinfo=None) - midnight.replace(tzinfo=None)) // timedelta(microseconds=1)


def number_of_days(scenario: Scenario) -> int:
    """Calendar days that the window touches."""
    return (scenario.length - 1 + midnight_us(scenario)) // DAY + 1


def split_names(scenario: Scenario, by: str) -> tuple[str, ...]:
    """Names of the groups of a split (see `SPLITS`); days are dates, such as ``2026-06-12``.

    Raises
    ------
    ValueError
        If there is no such split.
    """
    if by == "day":
        first = scenario.start.date()
        return tuple(str(first + timedelta(days=day)) for day in range(number_of_days(scenario)))
    names: dict[str, tuple[str, ...]] = {
        "segment": tuple(scenario.segments),
        "channel": CHANNELS,
        "role": ROLES,
        "model": tuple(scenario.models),
    }
    if by not in names:
        raise ValueError(f"no split by {by}: there are {', '.join(SPLITS)}")
    return names[by]


def makers_groups(scenario: Scenario, by: str) -> NDArray[np.int64]:
    """int64[maker]: the group, for a split by segment, by (the account's) channel or by role."""
    segments = list(scenario.segments.values())
    if by == "segment":
        groups = [maker.segment for maker in makers(scenario)]
    elif by == "channel":
        groups = [CHANNELS.index(segments[maker.owner].channel) for maker in makers(scenario)]
    else:
        groups = [ROLES.index(segments[maker.segment].role) for maker in makers(scenario)]
    return np.array(groups, dtype=np.int64)
