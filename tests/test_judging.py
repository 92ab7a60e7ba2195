"""Passes over the times of needs: the vector forms of the compiled engine say what plain whole numbers say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.engine.judging import count_again, days_of, epochs_of, measure
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


@pytest.mark.parametrize("models", [1, 2, 3, 7, 9, 33, 63, 64, 65, 100])
def test_what_is_measured_and_what_the_law_says_by_plain_loops(models: int) -> None:
    """Accounts of few needs, and of more than fit into the part of a number that a model has."""
    rng = np.random.default_rng(models)
    epochs, regions, makers, days = 3, 2, 2, 5
    sizes = [0, 3, 200, 1, 40, 0, 300, 7]
    begin = np.cumsum([0, *sizes])
    rows = int(begin[-1])
    bodies = np.array([1, 1, 1, 2, 2, 1, 1, 1], dtype=np.int16)
    model = rng.integers(0, models, rows).astype(np.int16)
    epoch, day = rng.integers(0, epochs, rows).astype(np.int16), rng.integers(0, days, rows).astype(np.int32)
    named, law = rng.random(epochs * models) < 0.6, rng.integers(0, 99, makers * epochs * regions * models)
    place = (
        rng.integers(0, makers, rows) * epochs * regions * models + rng.integers(0, regions, rows) * models
    )
    restricted, day_after = place.astype(np.int32), day.copy()
    seen, slot, today = (np.full(rows + 1, -9, dtype=np.int32) for _ in range(3))
    first_seen, of_model = np.full(len(sizes) + 1, -9), np.full((len(sizes), models), -9)
    measure(
        len(sizes), begin, named, law.astype(np.int32), regions * models, days, bodies, model, epoch, day_after,
        restricted, np.zeros(rows + 1, dtype=np.int64), seen, slot, today, first_seen, of_model,
    )  # fmt: skip
    assert restricted.tolist() == law[place + epoch * regions * models + model].tolist()
    counts = [row for row in range(rows) if named[epoch[row] * models + model[row]]]
    assert seen[: len(counts)].tolist() == counts
    assert slot[: len(counts)].tolist() == [model[row] * days + day[row] for row in counts]
    assert today[: len(counts)].tolist() == day[counts].tolist()
    for a in range(len(sizes)):
        mine = [row for row in counts if begin[a] <= row < begin[a + 1]]
        assert first_seen[a + 1] - first_seen[a] == len(mine)
        assert of_model[a].tolist() == np.bincount(model[mine], minlength=models).tolist()
        if bodies[a] > 1:
            kept = [day[row] if row in mine else -1 for row in range(begin[a], begin[a + 1])]
            assert day_after[begin[a] : begin[a + 1]].tolist() == kept
    assert first_seen[0] == 0
