"""The desk hour by hour: what is expected agrees with closed forms, and the chart says what it is."""

from __future__ import annotations

import numpy as np
import pytest

import gatesim
from gatesim.engine.queueing import erlang_c
from gatesim.engine.waits import LEVELS, WaitTable, wait_table
from gatesim.scenario import load
from gatesim.scenario.types import HOUR
from gatesim.show.charts.desk_hours import plain_words
from gatesim.study.desk_hours import DeskHours, desk_hours, mean_waits
from tests.test_charts import found_in

FRIDAY_EVENING, OVER_THE_WEEKEND = 17, 63.5
"""The hour of the order in `weekend-desk`; from its middle to Monday at nine, in hours."""


@pytest.fixture(scope="module")
def weekend() -> DeskHours:
    found = desk_hours(
        load("weekend-desk").scenario, ["open", "human_desk", "machine_check", "shutdown"], "person"
    )
    assert list(found) == ["human_desk"], "the others send nobody to the desk"
    return found["human_desk"]


def test_the_mean_of_a_table_is_erlangs() -> None:
    scenario = load("weekend-desk", ['desk.patience="100000d"']).scenario
    cases, reviewers = np.full(3, 90.0), np.full(3, 10.0)
    mean = mean_waits(wait_table(scenario, cases, reviewers))
    _, expected = erlang_c(10, 90.0, 10.0)
    # Straight lines between 64 levels miss an exponential's mean by less than 0.2 %.
    assert mean == pytest.approx(np.full(3, expected), rel=2e-3)


def test_a_wait_of_nobody_is_none_and_one_without_end_is_infinite() -> None:
    waits = np.array([[5.0], [7.0], [np.inf]]) * HOUR * np.ones((1, len(LEVELS)))
    table = WaitTable(np.array([0.0, 1.0, 1.0]), waits)
    assert mean_waits(table).tolist() == pytest.approx([0.0, 7.0, np.inf])


def test_cases_are_first_needs_and_wait_for_monday(weekend: DeskHours) -> None:
    """The 1,800 citizens have a need a day each, and their first after the order opens their check."""
    begin = weekend.in_force
    assert begin == pytest.approx(17.35)
    after = np.arange(1, len(weekend.cases) + 1) - begin
    joined = np.cumsum(weekend.cases)
    assert joined[after > 0] == pytest.approx(1800 * -np.expm1(-after[after > 0] / 24), rel=1e-9)
    assert not weekend.cases[after <= 0].any()
    assert weekend.capacity.max() == pytest.approx(100.0)
    ahead = weekend.cases[FRIDAY_EVENING] / 100.0
    assert OVER_THE_WEEKEND <= weekend.wait[FRIDAY_EVENING] <= OVER_THE_WEEKEND + ahead


def test_without_a_desk_there_are_no_hours() -> None:
    scenario = load("june-2026", ["policies.only={ family = 'open' }"]).scenario
    assert desk_hours(scenario, ["only", "majority"], "person") == {}


def test_the_chart_says_what_is_expected_and_what_was_simulated(weekend: DeskHours) -> None:
    result = gatesim.run("weekend-desk", engine="exact", policies=["human_desk", "open"])
    spec = result.plot.desk().to_dict()
    small = " ".join(spec["title"]["subtitle"])
    assert "expected at the real size, not simulated" in small
    assert "light blue: cases that join the queue, line: cases that reviewers on shift can decide" in small
    assert "scales of its own" not in small, "there is one row"
    assert "each policy has scales of its own" in plain_words({"one": weekend, "another": weekend})
    assert "The longest expected wait is 63." in " ".join(spec["title"]["text"])
    rows = [row for rows in found_in(spec, "values") for row in rows if isinstance(row, dict)]
    told = {row["at"]: row for row in rows if "capacity" in row}
    assert len(told) == len(weekend.cases)
    assert sum(row["cases"] for row in told.values()) == pytest.approx(weekend.cases.sum())
    assert max(row["wait"] or 0 for row in told.values()) == pytest.approx(
        weekend.wait[np.isfinite(weekend.wait)].max()
    )
    assert any(row["wait"] is None for row in told.values()), "before the order nobody joins"
    none = gatesim.run("weekend-desk", engine="exact", policies=["machine_check"]).plot.desk()
    assert "No case came before a reviewer" in none.description


@pytest.mark.no_cover  # others cover the same lines
def test_of_a_long_window_a_step_is_a_day() -> None:
    result = gatesim.run("weekend-desk", engine="exact", sets=["length='120d'"], policies=["human_desk"])
    hours = desk_hours(result.loaded.scenario, ["human_desk"], "person")["human_desk"]
    spec = result.plot.desk().to_dict()
    assert "a step is 24 hours" in " ".join(spec["title"]["subtitle"])
    rows = [row for rows in found_in(spec, "values") for row in rows if isinstance(row, dict)]
    told = {row["at"]: row for row in rows if "capacity" in row}
    assert len(told) == 120
    assert 24 * sum(row["cases"] for row in told.values()) == pytest.approx(hours.cases.sum())
    assert 24 * sum(row["capacity"] for row in told.values()) == pytest.approx(hours.capacity.sum())
    joined = hours.wait[(hours.cases > 0) & np.isfinite(hours.wait)]
    assert max(row["wait"] or 0 for row in told.values()) == pytest.approx(joined.max())
