"""The desk by its mean flow: how many reviews its reviewers can make at most, on average."""

from __future__ import annotations

from datetime import timedelta

from gatesim.law.law import Law
from gatesim.scenario.checks import WEEKDAYS, clock_to_us
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY


def reviews_possible(scenario: Scenario, law: Law) -> float:
    """Reviews that the desk can make on average while an order names a model.

    A reviewer who works without a break for a time t on reviews of mean length s (exponential) begins at most
    1 + t / s of them on average: a Poisson number end within t, and one more may have begun, which is finished
    after the shift.

    Parameters
    ----------
    scenario, law
        The scenario, with a desk, and its law.

    Raises
    ------
    ValueError
        If the scenario has no desk.
    """
    desk = scenario.desk
    if desk is None:
        raise ValueError("the scenario has no desk")
    midnight = scenario.start.replace(hour=0, minute=0, second=0, microsecond=0)
    before = (scenario.start - midnight) // timedelta(microseconds=1)
    most = 0.0
    for day in range((scenario.length + before) // DAY + 1):
        name = WEEKDAYS[(midnight + timedelta(days=day)).weekday()]
        for shift in desk.shifts:
            if name not in shift.days:
                continue
            begin = day * DAY - before + clock_to_us(shift.start)
            end = day * DAY - before + clock_to_us(shift.end)
            for epoch in law.epochs:
                worked = min(end, epoch.end_us) - max(begin, epoch.start_us)
                if epoch.named.any() and worked > 0:
                    most += shift.reviewers * (1.0 + worked / desk.service)
    return most
