"""The frontier: no listed policy in a bound's scope lies above it, it rises, and it says what bounds say."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import gatesim
from gatesim.cli.main import call
from gatesim.gates.bounds import Standard, most_served, program_a, program_b
from gatesim.law.law import make_law
from gatesim.scenario import load
from gatesim.scenario.errors import ScenarioError
from gatesim.show.charts.frontier import LEFT_END, _curve
from gatesim.study.asking import ask
from gatesim.study.frontier import Frontier, frontier, payers
from gatesim.study.points import GRID
from tests.scenarios import LASTING, SMALL

SET = [word for each in LASTING for word in ("--set", each)]


@pytest.fixture(scope="module")
def found() -> Frontier:
    return frontier(SMALL, limits=[0.002], sets=LASTING)


def test_all_readings_and_limits_by_both_bounds(found: Frontier) -> None:
    scenario = found.loaded.scenario
    limits = {*scenario.verdict.limits, *GRID, 0.002, scenario.orders[0].standard.limit}
    expected = {(r, b, x) for r in scenario.readings for b in ("bound_A", "bound_B") for x in limits}
    assert {(p.reading, p.bound, p.limit) for p in found.points} == expected
    assert found.readings[0] == scenario.orders[0].reading


def test_points_are_what_the_bounds_say(found: Frontier) -> None:
    scenario = found.loaded.scenario
    for reading in scenario.readings:
        law = make_law(scenario, reading)
        programs = {"bound_A": program_a(scenario, law, desk=False), "bound_B": program_b(scenario, law)}
        for point in found.points:
            if point.reading == reading:
                bound = most_served(programs[point.bound], Standard(found.ratio, point.limit))  # type: ignore[arg-type]
                assert point.served == bound.value


def test_a_curve_rises_and_memory_is_worth_something_or_nothing(found: Frontier) -> None:
    for reading in found.readings:
        curves = {
            bound: [p for p in found.points if (p.reading, p.bound) == (reading, bound)]
            for bound in ("bound_A", "bound_B")
        }
        for points in curves.values():
            served = [p.served or 0.0 for p in points]
            assert served == sorted(served)
        for a, b in zip(curves["bound_A"], curves["bound_B"], strict=True):
            assert (a.served or 0.0) <= (b.served or 0.0) + 1e-9


def test_no_listed_policy_lies_above_a_bound_that_holds_for_it(found: Frontier) -> None:
    for one in found.policies:
        assert one.to_b is None or one.to_b >= -1e-9, one
        if not one.remembers:
            assert one.to_a is None or one.to_a >= -1e-9, one


def test_no_dot_is_drawn_above_the_line_of_a_bound_that_holds_for_it() -> None:
    """Between its points a line is straight on the chart, where limits go by factors."""
    found = gatesim.frontier("june-2026")
    compared = 0
    for one in found.policies:
        if one.leak is None or one.served is None or one.leak < LEFT_END:
            continue
        for bound in ("bound_B",) if one.remembers else ("bound_A", "bound_B"):
            line = _curve(found, one.reading, bound)
            limits, served = (list(of) for of in zip(*line, strict=True))
            drawn = np.interp(math.log(one.leak), np.log(limits), served)
            assert one.served <= drawn + 1e-9
            compared += 1
    assert compared > 40


def test_who_pays_adds_up_to_what_is_refused(found: Frontier) -> None:
    scenario = found.loaded.scenario
    program = program_a(scenario, make_law(scenario, found.reading), desk=False)
    bound = most_served(program, Standard("leak_share", 0.001))
    by_owner = bound.by_owner()
    refused = sum(one.entitled - one.served for one in by_owner.values())
    assert refused == pytest.approx(program.entitled - bound.served, rel=1e-9)
    shares = [payer.share for payer in payers(bound)]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1 + 1e-12
    assert payers(most_served(program, Standard("leak_share", 1.0))) == ()
    for point in found.points:
        assert bool(point.pays) == (point.served is not None and point.served < 1 - 1e-9), point


def test_wrong_limits_are_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ScenarioError, match="below zero"):
        frontier(SMALL, limits=[-0.1])
    assert call(["frontier", str(SMALL), *SET, "--limit", "2"]) == 2
    assert "above 1" in capsys.readouterr().err
    assert call(["frontier", str(SMALL), *SET, "--chart", "x.pdf"]) == 2
    assert ".png or .svg" in capsys.readouterr().err
    with pytest.raises(ScenarioError, match="there is no order"):
        frontier(SMALL, sets=["orders=[]"])


def test_table_json_and_picture(found: Frontier, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(found.to_frame()) == len(found.points)
    assert len(found.to_frame("policies")) == len(found.policies)
    data = json.loads(found.to_json())
    assert [point["served"] for point in data["curves"]] == [point.served for point in found.points]
    html = gatesim.frontier(found.loaded, policies=["any_foreign"])._repr_html_()
    assert "<table>" in str(html)
    picture = tmp_path / "frontier.svg"
    assert call(["frontier", str(SMALL), *SET, "--ratio", "leak_rate", "--chart", str(picture)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "within a leak rate (of restricted needs)" in text
    assert "is not legal advice" in text
    assert "A: keeps nothing" in picture.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("unknown-tolerance", "its limit is not known"),
        ("no-leak-at-all", "its standard is zero"),
        ("controls-not-leaks", "its standard is process"),
    ],
)
def test_a_standard_that_is_no_single_ratio_asks_for_one(name: str, why: str) -> None:
    loaded = load(name)
    with pytest.raises(ScenarioError, match=rf"orders\.0: {why}.*--ratio leak_share --limit"):
        ask(loaded)
    question = ask(loaded, ratio="leak_rate", limit=0.01)
    assert (question.ratio, question.limit, question.own) == ("leak_rate", 0.01, False)


def test_a_perfect_signal_has_a_frontier_though_no_smaller_share_of_leaks_can_be_had() -> None:
    found = frontier("perfect-place")
    (ip_block,) = [one for one in found.policies if one.policy == "ip_block" and one.reading == found.reading]
    # One kind of people is served, among them a few restricted: less of the limit leaves nothing.
    assert ip_block.leak == pytest.approx(0.01 / 0.21, rel=1e-3)
    assert ip_block.to_a == pytest.approx(0.0, abs=1e-9)
