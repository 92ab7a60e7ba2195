"""Passes over the times of needs: the vector forms of the compiled engine say what plain whole numbers say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.engine.judging import count_again, days_of, epochs_of
from gatesim.scenario.types import DAY

AROUND = [-2, -1, 0, 1, 2]


def found_days(times: list[int], midnight: int, longest: int) -> list[int]:
    day = np.full(len(times), -7, dtype=np.int32)
    days_of(len(times), np.array(times, dtype=np.int64), midnight, longest, day)
    return [int(one) for one in day]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    days=st.lists(st.integers(1, 26_000), min_size=1, max_size=40),
    midnight=st.integers(0, DAY - 1),
    parts=st.lists(st.integers(0, DAY - 1), min_size=1, max_size=40),
)
def test_days_are_whole_quotients_above_all_around_midnight(
    days: list[int], midnight: int, parts: list[int]
) -> None:
    around = [day * DAY - midnight + step for day in days for step in AROUND]
    anywhere = [day * DAY - midnight + part for day, part in zip(days, parts, strict=False)]
    times = [time for time in (*around, *anywhere) if time >= 0]
    assert found_days(times, midnight, 30_000 * DAY) == [(time + midnight) // DAY for time in times]


@pytest.mark.parametrize("years", [1, 70, 72, 200, 999])
def test_a_window_may_be_as_long_as_a_duration_can_be(years: int) -> None:
    longest = years * 365 * DAY
    times = [0, DAY - 1, DAY, longest // 2, longest - 1]
    assert found_days(times, 0, longest) == [time // DAY for time in times]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    times=st.lists(st.integers(0, 1000), max_size=50),
    starts=st.lists(st.integers(1, 999), max_size=5, unique=True).map(sorted),
)
def test_a_need_is_in_the_last_epoch_that_has_begun(times: list[int], starts: list[int]) -> None:
    epoch = np.full(len(times), 9, dtype=np.int16)
    epochs_of(
        len(times), np.array(times, dtype=np.int64), np.array([0, *starts, 1001], dtype=np.int64), epoch
    )
    assert epoch.tolist() == [sum(time >= start for start in starts) for time in times]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(accounts=st.lists(st.lists(st.integers(0, 3), max_size=12).map(sorted), min_size=1, max_size=8))
def test_what_came_before_on_the_same_day_is_counted_for_each_account_anew(accounts: list[list[int]]) -> None:
    first = np.cumsum([0, *(len(days) for days in accounts)]).astype(np.int64)
    today = np.array([day for days in accounts for day in days] + [0], dtype=np.int32)
    again = np.full(len(today), 9, dtype=np.int32)
    count_again(len(accounts), first, today, again)
    wanted = [days[:i].count(day) for days in accounts for i, day in enumerate(days)]
    assert again[: len(wanted)].tolist() == wanted
