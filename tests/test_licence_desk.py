"""The government's desk: who waits how long for a decision on a licence."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.engine.queueing import erlang_c
from gatesim.law.law import has_random_dates, make_law, microseconds
from gatesim.scenario.orders import LicenceDesk, WorkingHours
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import HOUR, MINUTE, WEEK
from gatesim.study.gates import laws
from gatesim.study.licences import desk_words, licence_words
from gatesim.study.who import who
from gatesim.world.draws import LICENCE_DESK, exponential_us
from gatesim.world.licence_desk import WorkingTime, desk_times, finished, working_share
from gatesim.world.licences import draw_licences
from tests.scenarios import SMALL
from tests.test_law import day, order, spans, world

LAB = {
    "applied": day(3),
    "decided_after": "0d",
    "granted": 1.0,
    "organisations": ["lab"],
}
OFFICE = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}]
ALWAYS = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "24:00"}]


def before(desk: dict[str, Any], *licences: dict[str, Any], **changes: Any) -> Scenario:
    """The small world with an order from day 2 on, and licences that pass a desk."""
    return world(order(day(2), licences=list(licences or (LAB,)), licence_desk=desk), **changes)


def after_hours(scenario: Scenario, replication: int = 0) -> list[float]:
    """Hours that each licence of the order is before the desk."""
    return [time / HOUR for time in desk_times(scenario, 0, 5, replication)]


# The queue, and the clock that runs in working hours.


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    jobs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=30),
    officers=st.integers(1, 4),
)
def test_an_application_begins_when_fewer_than_all_officers_have_an_earlier_one(
    jobs: list[tuple[int, int]], officers: int
) -> None:
    """First come first served by another way: the c-th last end among those who came before."""
    arrivals = np.cumsum([gap for gap, _ in jobs]).tolist()
    done = finished(arrivals, [work for _, work in jobs], officers)
    for number, (arrival, (_, work)) in enumerate(zip(arrivals, jobs, strict=True)):
        earlier = sorted(done[:number])
        free = earlier[-officers] if number >= officers else 0
        assert done[number] == max(arrival, free) + work


def test_working_time_is_the_minutes_in_working_hours() -> None:
    """Minute by minute over three weeks, before and after the start."""
    hours = [
        WorkingHours.model_validate(one) for one in (*OFFICE, {**OFFICE[0], "start": "18:00", "end": "19:30"})
    ]
    start = datetime.fromisoformat("2026-06-10T07:20:00-04:00")
    clock = WorkingTime(hours, start)
    assert working_share(hours) == 5 * 9.5 / 168
    worked = clock.worked(-WEEK)
    for minute in range(-7 * 24 * 60, 14 * 24 * 60, 7):
        at = start + timedelta(minutes=minute)
        assert clock.worked(minute * MINUTE) == worked
        assert clock.first_at(worked) <= minute * MINUTE
        assert clock.worked(clock.first_at(worked)) == worked
        for later in range(7):
            now = at + timedelta(minutes=later)
            clocked = now.hour * 60 + now.minute
            worked += (now.weekday() < 5 and (540 <= clocked < 1020 or 1080 <= clocked < 1170)) * MINUTE


def test_an_officer_goes_home_and_takes_up_the_next_morning_what_was_laid_down() -> None:
    """Applied for on Saturday (13 June 2026), eight hours of work: Monday from nine to five."""
    assert after_hours(
        before({"officers": 1, "service": "8h", "service_at_least": "8h", "hours": OFFICE})
    ) == [65]
    friday = {**LAB, "applied": "2026-06-12T16:00:00-04:00"}
    assert after_hours(
        before({"officers": 1, "service": "8h", "service_at_least": "8h", "hours": OFFICE}, friday)
    ) == [72], "an hour on Friday, seven on Monday"


def test_licences_queue_behind_the_backlog_and_each_other() -> None:
    """Four before the desk, two officers, three hours each: two rounds; then first come first served."""
    later = {**LAB, "applied": day(2, hour=1)}
    desk = {"officers": 2, "service": "3h", "service_at_least": "3h", "backlog": 4}
    assert after_hours(before(desk, {**LAB, "applied": day(2)}, later, later)) == [9, 8, 11]
    assert after_hours(before(desk, later, later, {**LAB, "applied": day(2)})) == [8, 11, 9]


def test_a_desk_that_never_closes_is_one_without_hours() -> None:
    desk = {"officers": 2, "service": "3h", "others_per_day": 13.0, "backlog": 5}
    for replication in range(20):
        assert after_hours(before(desk), replication) == after_hours(
            before({**desk, "hours": ALWAYS}), replication
        )


# Against closed forms; false alarms below 1e-6 (5 standard errors).


def waits(desk: dict[str, Any], hours_after: float, count: int) -> np.ndarray:
    """Hours that a licence waits for an officer, over replications: the time at the desk less the officer's."""
    applied = datetime.fromisoformat(day(2)) + timedelta(hours=hours_after)
    scenario = before(desk, {**LAB, "applied": applied.isoformat()})
    made = scenario.orders[0].licence_desk
    assert made is not None
    found = np.empty(count)
    for replication in range(count):
        beyond = float(made.service - made.service_at_least)
        service = made.service_at_least + exponential_us(5, replication, 0, LICENCE_DESK, 3, beyond)
        found[replication] = desk_times(scenario, 0, 5, replication)[0] - service
    assert found.min() >= 0
    return found / HOUR


@pytest.mark.parametrize(("officers", "load", "after"), [(1, 0.5, 100), (2, 0.6, 80), (5, 0.6, 25)])
@pytest.mark.no_cover  # others cover the same lines
def test_waits_are_those_of_erlang_c(officers: int, load: float, after: int) -> None:
    """Long after the start: M/M/c with services of an hour."""
    count = 600
    found = waits(
        {"officers": officers, "service": "1h", "others_per_day": 24 * load * officers}, after, count
    )
    p_wait, mean = erlang_c(officers, load * officers, 1.0)
    assert abs((found > 0).mean() - p_wait) < 5 * math.sqrt(p_wait * (1 - p_wait) / count)
    # A wait is zero, or exponential with rate c - lambda: its variance by hand.
    rate = officers * (1 - load)
    variance = 2 * p_wait / rate**2 - mean**2
    assert abs(found.mean() - mean) < 5 * math.sqrt(variance / count)


def test_applications_that_all_take_as_long_wait_half_as_long() -> None:
    """M/D/1 (Pollaczek and Khinchine): load / (2 (1 - load)) services; the variance from the sample."""
    desk = {"officers": 1, "service": "1h", "service_at_least": "1h", "others_per_day": 24 * 0.6}
    found = waits(desk, 80, 700)
    assert abs(found.mean() - 0.75) < 5 * found.std() / math.sqrt(len(found))


def test_a_backlog_is_worked_off_before() -> None:
    """One officer, nobody else: a wait is the sum of so many exponential hours."""
    found = waits({"officers": 1, "service": "1h", "backlog": 9}, 0, 1500)
    assert abs(found.mean() - 9) < 5 * 3 / math.sqrt(1500)
    assert abs(found.var() - 9) < 5 * math.sqrt((6 * 9 + 2 * 81) / 1500)  # fourth central moment 3 n (n + 2)


def test_where_more_come_than_can_be_worked_on_the_wait_grows() -> None:
    """Fluid: after 50 hours at twice the capacity there are 50 applications too many, less what chance does."""
    found = waits({"officers": 1, "service": "1h", "others_per_day": 48.0}, 50, 300)
    # In and out are Poisson with 100 and 50; the wait is a sum of as many hours as are left over. At the start the
    # officer is idle for an hour in all, in the mean (a random walk upwards: 1 / (2 - 1)).
    assert abs(found.mean() - 50) < 5 * math.sqrt((100 + 50 + 50) / 300) + 1.5


# What it does not go by.


def test_the_desk_is_at_its_real_size() -> None:
    """Dates go by officers and other applicants in real numbers, not by how many people are simulated."""
    desk = {"officers": 2, "service": "3h", "others_per_day": 13.0}
    assert after_hours(before(desk)) == after_hours(before(desk, people=7, represents=10**9))


def test_a_later_application_holds_up_nobody() -> None:
    desk = {"officers": 1, "service": "5h", "others_per_day": 4.0}
    later = {**LAB, "applied": day(5)}
    for replication in range(10):
        assert (
            after_hours(before(desk, LAB, later), replication)[0] == after_hours(before(desk), replication)[0]
        )


def test_a_desk_where_nothing_takes_time_changes_no_bit() -> None:
    drawn = {**LAB, "decided_after": "3d", "granted": 0.5}
    idle = before(
        {"officers": 1, "service": "0h", "others_per_day": 900.0, "backlog": 9, "hours": OFFICE}, drawn
    )
    assert draw_licences(idle, 3, 1) == draw_licences(world(order(day(2), licences=[drawn])), 3, 1)
    assert not has_random_dates(before({"officers": 1, "service": "0h"}))


# What comes of it.


def test_a_licence_holds_from_what_desk_and_decision_take_together() -> None:
    scenario = before(
        {"officers": 1, "service": "36h", "service_at_least": "36h"},
        {**LAB, "decided_after": "1d", "at_least": "1d"},
    )
    assert spans(laws(scenario, 1, 0)["person"]) == [(0, 2), (2, 5.5), (5.5, 10)]
    assert has_random_dates(scenario)
    with pytest.raises(ValueError, match="its draws are needed"):
        make_law(scenario, "person")


def test_the_law_before_a_desk_is_that_of_a_licence_of_the_same_date() -> None:
    """No engine knows of the desk: all are given the same law."""
    scenario = before({"officers": 2, "service": "20h", "others_per_day": 2.0})
    for replication in range(3):
        (((_, _, desk_us),),) = draw_licences(scenario, 1, replication)
        at = scenario.start + timedelta(
            microseconds=microseconds(scenario, scenario.orders[0].licences[0].applied)
        )
        dated = world(
            order(day(2), licences=[{**LAB, "applied": (at + timedelta(microseconds=desk_us)).isoformat()}])
        )
        one, other = laws(scenario, 1, replication)["person"], make_law(dated, "person")
        assert spans(one) == spans(other)
        for a, b in zip(one.epochs, other.epochs, strict=True):
            assert np.array_equal(a.restricted, b.restricted)


def test_a_result_says_what_the_desk_has_to_do() -> None:
    desk = {"officers": 2, "service": "12h", "others_per_day": 2.0, "backlog": 1}
    said, licence = licence_words(before(desk), 1)
    assert said == (
        "The government's desk. 2 officers; 2 other applications a day, 1 before it at the start: a load of 0.5, under "
        "which 33.3 % wait in the long run, 0.167 days in the mean of all."
    )
    assert licence.startswith("Licence. licence 1: granted, from 1")
    assert licence.endswith(" days before the desk.")
    assert licence_words(before(desk), 3)[1].endswith(" days before the desk in the mean.")
    full = desk_words(LicenceDesk(officers=1, service="12h", others_per_day=3.0, hours=OFFICE))
    assert full.endswith(": more than it can work on (6.3 times as many), so that the queue grows.")
    assert "at work 23.8 % of the time" in full


def test_who_goes_by_the_mean_date() -> None:
    """Two days at the desk for certain: as a licence decided after two days."""
    licence = (
        "orders.0.licences=[{ applied = 2026-06-13T00:00:00-04:00, decided_after = '%s', at_least = '%s', "
        "granted = 1.0, organisations = ['lab'] }]"
    )
    desk = "orders.0.licence_desk={ officers = 1, service = '2d', service_at_least = '2d' }"
    assert (
        who(SMALL, sets=[licence % ("0d", "0d"), desk]).rows == who(SMALL, sets=[licence % ("2d", "2d")]).rows
    )
