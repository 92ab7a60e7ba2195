"""How many people are refused at least once and how many are locked out: text and report, as a simulation counts it."""

from __future__ import annotations

import dataclasses
import sys

import pytest
from rich.console import Console

import gatesim
from gatesim.measures.definitions import Measure
from gatesim.measures.numbers import format_span
from gatesim.show.html import run_html
from gatesim.show.people import LOCKED_OUT, REFUSED, UNCOUNTED, people_table
from gatesim.show.run import print_run
from gatesim.show.tables import least_width, print_table
from gatesim.study.result import Result
from tests.scenarios import SMALL


@pytest.fixture(scope="module")
def result() -> Result:
    return gatesim.run(SMALL, people=400)


def counted(result: Result, **numbers: tuple[float, float | None, float | None]) -> Result:
    """The result with other numbers of people for every policy: value, low, high."""

    def changed(measures: dict[str, Measure]) -> dict[str, Measure]:
        new = {
            name: dataclasses.replace(measures[name], value=value, low=low, high=high)
            for name, (value, low, high) in numbers.items()
        }
        return measures | new

    found = {
        reading: {
            name: dataclasses.replace(one, measures=changed(one.measures)) for name, one in policies.items()
        }
        for reading, policies in result.found.items()
    }
    return dataclasses.replace(result, found=found)


def test_every_policy_says_whom_it_refuses_and_locks_out(
    result: Result, capsys: pytest.CaptureFixture[str]
) -> None:
    table = people_table(result)
    assert table is not None
    assert [row[0] for row in table.rows] == list(result.policies)
    assert all(len(row) == len(table.columns) for row in table.rows)
    print_run(result)
    text = capsys.readouterr().out
    assert table.title in text
    assert table.title in run_html(result)
    assert UNCOUNTED not in text


def test_numbers_of_people_have_their_intervals(result: Result) -> None:
    table = people_table(
        counted(result, people_blocked=(12.88e6, 12.56e6, 13.2e6), people_locked_out=(314e3, 260e3, 378e3))
    )
    assert table is not None
    assert {row[1:] for row in table.rows} == {("12.9 M", "12.6-13.2 M", "310 k", "260-380 k")}
    assert "noise" in table.note


def test_of_nobody_seen_there_is_a_bound(result: Result) -> None:
    table = people_table(
        counted(result, people_blocked=(0.0, 0.0, 14_978.0), people_locked_out=(0.0, 0.0, 3.2))
    )
    assert table is not None
    assert {row[1:] for row in table.rows} == {("<20 k", "none seen", "<4", "none seen")}


def test_where_noise_is_not_known_that_is_said(result: Result) -> None:
    """One simulation of a shared desk has no interval, and then no column for it."""
    table = people_table(
        counted(result, people_blocked=(5.0, None, None), people_locked_out=(1.0, None, None))
    )
    assert table is not None
    assert {row[1:] for row in table.rows} == {("5", "1")}
    assert "--reps" in table.note
    mixed = people_table(counted(result, people_blocked=(5.0, 2.0, 9.0), people_locked_out=(1.0, None, None)))
    assert mixed is not None
    assert {row[1:] for row in mixed.rows} == {("5", "2-9", "1", "-")}
    assert "--reps" in mixed.note


def test_the_table_stays_within_eighty_columns(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    huge = counted(result, people_blocked=(2.05e9, 2.04e9, 2.06e9), people_locked_out=(2e9, 1.99e9, 2.01e9))
    table = people_table(huge)
    assert table is not None
    assert least_width(table) <= 80
    print_table(Console(width=80, highlight=False, color_system=None, file=sys.stdout), table)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_the_exact_engine_has_no_people_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    exact = gatesim.run(SMALL, engine="exact", policies=["open"])
    assert not any({REFUSED, LOCKED_OUT} & set(one.measures) for one in exact.policies.values())
    assert people_table(exact) is None
    print_run(exact)
    assert "counted by a simulation alone" in " ".join(capsys.readouterr().out.split())


def test_a_span_is_that_of_an_interval_in_percent() -> None:
    assert format_span(12.56, 13.2) == "12.6-13.2"
    assert format_span(0.04, 0.9) == "0.04-0.90"
    assert format_span(207, 509) == "200-500"
    assert format_span(842, 1090) == "800-1,100"
    assert format_span(40, 1090) == "40-1,090"
    assert format_span(1e-103, 100) == "0-100"
