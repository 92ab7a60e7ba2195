"""Which desk is used, and the waits that stand in for it."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from gatesim.engine.queueing import erlang_a, fluid_offered_wait, scaled_reviewers
from gatesim.engine.waits import LEVELS, WaitTable, choose_desk, wait_table
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import HOUR, MINUTE
from gatesim.world.draws import NEVER
from tests.scenarios import Whole, small

FALSE_ALARM = 1e-7
ALWAYS = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "24:00"}
HOURS = 24


def world(reviewers: int = 100, times: int = 1, **desk: Any) -> Scenario:
    """A day; reviews of an hour; a hundred people who stand for so many times as many."""
    said = {"service": "1h", "patience": "2h", "shifts": [{**ALWAYS, "reviewers": reviewers}], **desk}
    return small(length="24h", people=100, represents=100 * times, desk=Whole(said))


def cases(an_hour: float) -> np.ndarray:
    return np.full(HOURS, an_hour)


# --- which desk -------------------------------------------------------------------------------------------


def test_at_the_real_size_the_desk_is_simulated() -> None:
    assert choose_desk(world(times=1), 100, cases(95.0)) is None


def test_without_a_desk_there_is_none_to_choose() -> None:
    scenario = world(times=10).model_copy(update={"desk": None})
    assert choose_desk(scenario, 100, cases(95.0)) is None


def test_a_desk_near_its_capacity_must_not_be_scaled_down() -> None:
    """A tenth of a hundred reviewers wait far more: chance is larger in the small."""
    scenario = world(times=10)
    real, scaled = erlang_a(100, 95.0, 1.0, 0.5), erlang_a(10, 9.5, 1.0, 0.5)
    assert scaled.p_abandon > 2 * real.p_abandon
    assert isinstance(choose_desk(scenario, 100, cases(95.0)), WaitTable)


def test_a_desk_far_beyond_its_capacity_may_be_scaled_down() -> None:
    """Three times too many cases: nearly all of the wait is overload, at any size."""
    assert choose_desk(world(times=10), 100, cases(300.0)) is None


def test_an_idle_desk_may_be_scaled_down_because_nobody_waits_anyway() -> None:
    assert choose_desk(world(reviewers=1000, times=10), 100, cases(100.0)) is None


def test_the_switch_lies_where_erlang_a_moves_by_a_tenth() -> None:
    scenario = world(reviewers=1000, times=2)
    chosen = []
    for load in (950.0, 1000.0, 1050.0, 1200.0):
        servers, speed = scaled_reviewers(1000, 100, 200)
        real, scaled = erlang_a(1000, load, 1.0, 0.5), erlang_a(servers, load / 2, speed, 0.5)
        moved = max(abs(scaled.p_abandon / real.p_abandon - 1), abs(scaled.mean_wait / real.mean_wait - 1))
        chosen.append(choose_desk(scenario, 100, cases(load)) is None)
        assert chosen[-1] == (moved <= 0.1)
    assert chosen == [False, False, True, True]


def test_it_is_the_peak_hour_that_decides() -> None:
    scenario = world(times=10)
    peak = cases(1.0)
    assert choose_desk(scenario, 100, peak) is None
    peak[7] = 95.0
    assert choose_desk(scenario, 100, peak) is not None


def test_reviewers_that_become_few_and_slow_must_not_be_simulated() -> None:
    """Five hundred for a hundred million become one of a tenth of their speed: a review would last an hour."""
    cases_of_a_crowd = cases(50_000.0)
    assert choose_desk(world(reviewers=500, times=5000), 100, cases_of_a_crowd) is not None
    assert choose_desk(world(reviewers=500, times=50), 100, cases_of_a_crowd) is None


def test_hours_without_reviewers_do_not_decide() -> None:
    shift = {"days": ["wed"], "start": "09:00", "end": "17:00", "reviewers": 100}
    arrivals = cases(0.0)
    arrivals[:8] = 1e6
    assert choose_desk(world(times=10, shifts=[shift]), 100, arrivals) is None


def test_an_overloaded_desk_that_nobody_leaves_cannot_be_compared() -> None:
    assert choose_desk(world(times=10, patience="forever"), 100, cases(110.0)) is not None


def test_cases_must_be_given_for_every_hour() -> None:
    with pytest.raises(ValueError, match="24 hours"):
        choose_desk(world(), 100, np.ones(23))


# --- the table --------------------------------------------------------------------------------------------


def table(an_hour: float | np.ndarray, reviewers: float | np.ndarray, **desk: Any) -> WaitTable:
    return wait_table(world(**desk), np.broadcast_to(an_hour, HOURS), np.broadcast_to(reviewers, HOURS))


def midpoints(number: int) -> np.ndarray:
    return (np.arange(number) + 0.5) / number


def test_in_underload_waits_have_the_mean_and_the_leavers_of_erlang_a() -> None:
    """Integration over the levels of the table against the closed form."""
    for reviewers, load in ((100, 95.0), (10, 9.0), (2, 1.0)):
        waits = table(load, reviewers)
        offered = np.array([waits.quantile_us(0, u) for u in midpoints(20_000)]) / HOUR
        theory = erlang_a(reviewers, load, 1.0, 0.5)
        leave = -np.expm1(-0.5 * offered)  # whoever has exponential patience of two hours
        assert leave.mean() == pytest.approx(theory.p_abandon, rel=0.01)
        assert (leave / 0.5).mean() == pytest.approx(theory.mean_wait, rel=0.01)
        assert (offered > 0).mean() == pytest.approx(theory.p_wait, abs=1e-4)


def test_in_overload_all_wait_for_the_fluid() -> None:
    waits = table(150.0, 100.0)
    fluid = fluid_offered_wait(cases(150.0), cases(100.0), 1.0, 0.5)
    assert fluid[20] == pytest.approx(np.log(1.5) / 0.5, rel=1e-3)
    for u in (0.001, 0.5, 0.999):
        assert waits.quantile_us(20 * HOUR + 30 * MINUTE, u) == pytest.approx(fluid[20] * HOUR, abs=1)


def test_at_night_all_wait_for_the_morning() -> None:
    reviewers = np.where(np.arange(HOURS) >= 9, 100.0, 0.0)
    waits = table(1e-3, reviewers)
    for hour in (3, 8):
        assert waits.quantile_us(hour * HOUR, 0.5) == pytest.approx((8.5 - hour) * HOUR, rel=1e-3)


def test_what_is_left_of_the_night_makes_the_morning_wait() -> None:
    reviewers = np.where(np.arange(HOURS) >= 9, 100.0, 0.0)
    waits = table(60.0, reviewers)
    morning, evening = waits.quantile_us(9 * HOUR, 0.5), waits.quantile_us(20 * HOUR, 0.5)
    assert morning > HOUR / 2
    assert evening == 0


def test_whoever_comes_when_no_reviewer_will_ever_come_waits_for_ever() -> None:
    assert table(10.0, 0.0).quantile_us(0, 0.5) == NEVER


def test_nobody_waits_where_nobody_comes() -> None:
    waits = table(0.0, 10.0)
    assert [waits.quantile_us(HOUR, u) for u in (1e-12, 0.5, 1 - 1e-12)] == [0, 0, 0]


def test_a_longer_wait_for_a_higher_level() -> None:
    waits = table(95.0, 100.0)
    row = [waits.quantile_us(0, u) for u in midpoints(1000)]
    assert row == sorted(row)
    assert row[0] == 0 < row[-1]
    assert waits.quantile_us(0, 1 - 2**-53) == pytest.approx(waits.waits_us[0, -1], abs=1)


def test_hours_go_by_when_the_case_joins() -> None:
    quantiles = np.repeat([[10.0], [20.0]], len(LEVELS), axis=1) * MINUTE
    waits = WaitTable(np.ones(2), quantiles)
    assert [waits.quantile_us(t, 0.5) // MINUTE for t in (0, HOUR - 1, HOUR, 2 * HOUR)] == [10, 10, 20, 20]


def test_a_drawn_wait_belongs_to_the_need() -> None:
    waits = table(9.0, 10.0)
    request = 3 * 64 + 1
    drawn = [waits.draw_us(7, 0, owner, request, 0) for owner in range(2000)]
    assert drawn == [waits.draw_us(7, 0, owner, request, 0) for owner in range(2000)]
    assert drawn != [waits.draw_us(7, 0, owner, request + 1, 0) for owner in range(2000)]
    positive = sum(wait > 0 for wait in drawn)
    assert stats.binomtest(positive, 2000, erlang_a(10, 9.0, 1.0, 0.5).p_wait).pvalue > FALSE_ALARM
