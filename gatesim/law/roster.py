"""How many reviewers are on shift, instant by instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gatesim.law.staff import absence, at_work
from gatesim.scenario.checks import WEEKDAYS, Desk, clock_to_us
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, HOUR, MINUTE, SECOND, WEEK


def roster(desk: Desk, start: datetime, length_us: int) -> tuple[tuple[int, int], ...]:
    """The real number of reviewers on shift over the window.

    Parameters
    ----------
    desk
        Its shifts repeat every week, in the zone of ``start`` (a fixed offset). Shifts that overlap add up.
    start
        Begin of the window.
    length_us
        Length of the window in microseconds.

    Returns
    -------
    tuple of (time_us, reviewers)
        The number from each instant on. The first instant is 0; the others are those within the window at
        which the number changes.
    """
    into_day = start.hour * HOUR + start.minute * MINUTE + start.second * SECOND + start.microsecond
    into_week = start.weekday() * DAY + into_day
    change: dict[int, int] = defaultdict(int)
    for monday in range(-into_week, length_us, WEEK):
        for shift in desk.shifts:
            for day in shift.days:
                midnight = monday + WEEKDAYS.index(day) * DAY
                change[midnight + clock_to_us(shift.start)] += shift.reviewers
                change[midnight + clock_to_us(shift.end)] -= shift.reviewers
    on_shift = sum(by for time, by in change.items() if time <= 0)
    steps = [(0, on_shift)]
    for time in sorted(time for time, by in change.items() if 0 < time < length_us and by != 0):
        on_shift += change[time]
        steps.append((time, on_shift))
    return tuple(steps)


def staffed(scenario: Scenario) -> tuple[tuple[int, int], ...]:
    """The roster of a scenario's desk, less the foreign staff whom an order keeps away.

    Parameters
    ----------
    scenario
        A scenario with a desk.

    Returns
    -------
    tuple of (time_us, reviewers)
        As `roster`; the numbers may change at the instants at which the absence begins and ends as well.
    """
    assert scenario.desk is not None
    steps = roster(scenario.desk, scenario.start, scenario.length)
    away = absence(scenario)
    if away is None or away.reviewers == 0:
        return steps
    instants = {time for time, _ in steps}
    instants |= {at for at in (away.start_us, away.end_us) if 0 < at < scenario.length}
    found: list[tuple[int, int]] = []
    for at in sorted(instants):
        whole = [number for time, number in steps if time <= at][-1]
        there = at_work(whole, away) if away.start_us <= at < away.end_us else whole
        if not found or found[-1][1] != there:
            found.append((at, there))
    return tuple(found)


def reviewers_by_hour(
    steps: Sequence[tuple[int, int]], length_us: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mean number of reviewers on shift in each hour of the window.

    Parameters
    ----------
    steps, length_us
        A roster, as `staffed` gives it, and the length of the window in microseconds.

    Returns
    -------
    reviewers : ndarray, shape (hours,)
        Hours count from ``start``; the last may be cut short by the window's end, and its mean is over what
        is left of it.
    steady : ndarray of bool, shape (hours,)
        Whether the number stays the same through the hour.
    """
    times = np.array([time for time, _ in steps], dtype=np.int64)
    numbers = np.array([number for _, number in steps], dtype=np.float64)
    edges = np.append(np.arange(0, length_us, HOUR, dtype=np.int64), length_us)
    # Reviewer-microseconds worked until each step and, in between, until each edge of an hour.
    worked = np.concatenate(([0.0], np.cumsum(numbers[:-1] * np.diff(times))))
    last = np.searchsorted(times, edges, side="right") - 1
    until = worked[last] + numbers[last] * (edges - times[last])
    means: NDArray[np.float64] = np.diff(until) / np.diff(edges)
    steady: NDArray[np.bool_] = np.searchsorted(times, edges[1:], side="left") - 1 == last[:-1]
    return means, steady
