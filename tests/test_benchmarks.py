"""The benchmarks compare like with like: who simulates the workload gets what the exact engine expects.

Nothing is timed here. Comparisons under chance allow `FAR` standard errors either way: a false alarm once in
twenty-five million, of which there are seven. Seeds are fixed.
"""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from benchmarks import floor, gatesim_fast, simpy_plain
from benchmarks.expected import FAR, deviations, expected
from benchmarks.page import NAMES, PAGE, RESULTS, page
from benchmarks.suite import HERE, carry_out, often, sections
from benchmarks.workload import FILE, UTILISATION, read
from gatesim.exact.inflow import cases_per_hour
from gatesim.gates.tables import CLEARED, FRESH
from gatesim.scenario import load
from gatesim.scenario.policies import Action
from gatesim.study.gates import Job, jobs, laws

PEOPLE = 10_000
ACTIONS: tuple[Action, ...] = ("allow", "check", "block")


@pytest.fixture(scope="module")
def job() -> Job:
    scenario = load(FILE).scenario
    (only,) = jobs(scenario, list(scenario.policies), laws(scenario, scenario.seed, 0))
    return only


def test_gate_by_dictionary_is_gatesims_table(job: Job) -> None:
    world = read()
    assert len(world.gate) == len(world.regions) ** 3
    readings = len(world.regions) + 1  # and unknown
    (tables,) = job.gate
    table = tables.actions.reshape(len(tables.actions), readings, readings, readings, -1)
    for cell in product(range(len(world.regions)), repeat=3):
        ip, payment, account = (world.regions[number] for number in cell)
        assert ACTIONS[table[FRESH, *cell, 0]] == world.gate[ip, payment, account]
        assert ACTIONS[table[CLEARED, *cell, 0]] == "allow"


def test_expected_cases_are_gatesims_and_keep_the_desk_busy(job: Job) -> None:
    world, people = read(), 100_000
    scenario = load(FILE, [f"represents={people}"]).scenario
    cases = cases_per_hour(scenario, job.law, job.gate).cases.sum()
    assert people * world.cases_a_person() == pytest.approx(cases, rel=1e-9)
    for size in (1_000, 10_000, 1_000_000):
        reviewers, review = world.size_of_desk(size)
        work = size * world.cases_a_person() * review
        assert work / (reviewers * world.length) == pytest.approx(UTILISATION)
    assert 0.025 < world.cases_a_person() < 0.035  # about three people in a hundred


@pytest.mark.parametrize("contender", [simpy_plain, floor])
@pytest.mark.no_cover  # it runs code of the benchmarks
def test_contender_agrees_with_the_exact_engine(contender: Any) -> None:
    line = contender.run(PEOPLE, 1) | {"people": PEOPLE}
    off = deviations(line, expected(PEOPLE))
    assert len(off) == (1 if contender is floor else 3)
    assert all(abs(errors) < FAR for errors in off.values()), off
    assert line["leaks"] > 0
    assert line["served"] == line["leaks"] + line["entitled"] - line["false_blocks"]


def test_gatesim_as_the_suite_runs_it_agrees_with_the_exact_engine() -> None:
    scenario = load(FILE, [f"people={PEOPLE}", *gatesim_fast.sized(PEOPLE)]).scenario
    (tally,) = gatesim_fast.simulate(scenario, list(scenario.policies), workers=1)
    line = gatesim_fast.totals(scenario, tally)
    off = deviations(line | {"people": PEOPLE}, expected(PEOPLE))
    assert len(off) == 3
    assert all(abs(errors) < FAR for errors in off.values()), off


@pytest.mark.no_cover  # it runs code of the benchmarks
def test_a_contender_that_errs_is_noticed() -> None:
    law, line = expected(PEOPLE), simpy_plain.run(PEOPLE, 1)
    off = deviations(line | {"leaks": 1.5 * line["leaks"]}, law)
    assert off["leak rate"] > FAR


def test_scenarios_beside_the_workload_are_right() -> None:
    assert len(load(HERE / "ten.toml", gatesim_fast.sized(100_000)).scenario.policies) == 10
    desk = load(HERE / "backlog.toml", [f"desk.shifts={often(4)}"]).scenario.desk
    assert desk is not None
    assert len(desk.shifts) == 24 * 60 // 5


def test_a_run_that_fails_is_told_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert carry_out("floor", ["--people", "none"]) == {"error": "exit 2"}
    assert "--people" in capsys.readouterr().err


@pytest.mark.parametrize("quick", [False, True])
def test_every_section_says_its_people(quick: bool) -> None:
    plan = sections(quick)
    assert {section.name for section in plan} == {"main", "others", "growth", "ten", "backlog", "command"}
    for section in plan:
        for label, _, arguments in section.runs:
            assert int(arguments[arguments.index("--people") + 1]) > 0, label


def test_page_is_that_of_the_results() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    text = page(results)
    assert PAGE.read_text(encoding="utf-8") == text, "run python -m benchmarks.page"
    assert all(name in text for name in NAMES.values())


def test_page_can_be_made_where_everything_failed() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    keep = ("section", "round", "label", "people")
    failed = [{name: line[name] for name in keep} | {"error": "exit 1"} for line in results["runs"]]
    text = page(results | {"runs": failed})
    assert "not measured" in text
    assert "plain SimPy: exit 1" in text
