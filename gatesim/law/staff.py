"""What the absence of foreign staff does: gates take longer to build, and fewer people review."""

from __future__ import annotations

from math import ceil, floor
from typing import NamedTuple

from gatesim.law.law import microseconds
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER


class Absence(NamedTuple):
    """From when, until when staff are away, in microseconds since the start; and what parts of the work are theirs."""

    start_us: int
    end_us: int
    builders: float
    reviewers: float


def absence(scenario: Scenario) -> Absence | None:
    """The absence of foreign staff: from the instant the first order is in force; None where nobody is away."""
    if scenario.operator is None or scenario.operator.staff is None or not scenario.orders:
        return None
    staff = scenario.operator.staff
    start = min(microseconds(scenario, order.issued) + order.grace for order in scenario.orders)
    end = FOREVER if staff.back is None else microseconds(scenario, staff.back)
    return Absence(start, end, staff.builders, staff.reviewers)


def lead_time(scenario: Scenario, policy: str) -> int:
    """Time from the issue of the first order until a policy could be in place, in microseconds.

    Parameters
    ----------
    scenario, policy
        The scenario, and the name of one of its policies.

    Returns
    -------
    int
        The policy's own ``lead_time`` is work that the whole staff does in that time. While a part s of the builders
        is away, work goes on at the rate 1 - s: a lead time of L takes L / (1 - s) if they are away throughout.
    """
    whole = scenario.policies[policy].lead_time
    away = absence(scenario)
    if away is None or away.builders == 0 or whole >= FOREVER:
        return whole
    issued = min(microseconds(scenario, order.issued) for order in scenario.orders)
    before = max(0, away.start_us - issued)
    if whole <= before:
        return whole
    rate = 1.0 - away.builders
    slowed = ceil((whole - before) / rate)
    if away.end_us >= FOREVER or before + slowed <= away.end_us - issued:
        return min(before + slowed, FOREVER)
    done = before + floor(max(0, away.end_us - issued - before) * rate)
    return max(away.end_us - issued, before) + whole - done


def at_work(reviewers: int, away: Absence | None) -> int:
    """How many of the reviewers of a shift are at work while some are away: whole ones, rounded down."""
    # A part such as 0.1 of ten reviewers is one, whatever its binary digits.
    return reviewers if away is None else floor(reviewers * (1.0 - away.reviewers) + 1e-9)
