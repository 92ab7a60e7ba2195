"""Runs: many simulations, their measures, what they leave in a folder, and who is restricted."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gatesim
from gatesim.exact.expected import CannotDo
from gatesim.law.law import make_law
from gatesim.measures.axes import SPLITS
from gatesim.measures.definitions import Measure
from gatesim.measures.ledger import Ledger
from gatesim.measures.tally import Tally
from gatesim.scenario import Loaded, ScenarioError, load
from gatesim.show.outcomes import dollars
from gatesim.show.run import policies_table, transition_words
from gatesim.show.who import print_who
from gatesim.study import simulate, store
from gatesim.study.folder import sha256, whole_folder, write_json
from gatesim.study.gates import Job, jobs, laws
from gatesim.study.result import Found, Result
from gatesim.study.shown import Shown
from gatesim.study.simulate import Task, Worker, carry_out
from gatesim.study.transition import Transition, transition
from tests.random_scenarios import random_scenario
from tests.scenarios import SMALL, Whole, small

PEOPLE = 120


@pytest.fixture(scope="module")
def result() -> Result:
    """All policies of the small scenario, few people, two replications."""
    return gatesim.run(SMALL, people=PEOPLE, reps=2)


@pytest.fixture(scope="module")
def exact() -> Result:
    return gatesim.run(SMALL, engine="exact", policies=["open", "any_foreign"])


def numbers(found: Result) -> dict[str, Any]:
    """All that a result says, without the time it took."""
    return {key: value for key, value in found.to_dict().items() if key != "timing"}


RATES = ("leak_rate", "leak_share", "false_block_rate", "refused_by_gate", "not_served", "served_entitled")
"""Measures whose value is the numerator divided by the denominator."""


def all_measures(found: Found) -> list[Measure]:
    splits = [group for groups in found.by.values() for group in groups.values()]
    return [m for part in (found.measures, *splits, found.reasons) for m in part.values()]


# What a run gives.


def test_a_run_says_something_of_every_policy_under_every_reading(result: Result) -> None:
    scenario = result.loaded.scenario
    assert list(result.found) == list(scenario.readings)
    assert all(list(policies) == list(scenario.policies) for policies in result.found.values())
    assert result.reading == "person"
    assert result.policies is result.found["person"]
    assert (result.engine, result.seed, result.reps) == ("fast", 7, 2)
    assert repr(result) == "<Result of 'A small world': 5 policies>"
    assert {"compile", "simulate", "measure"} <= set(result.seconds)


def test_open_serves_all_and_shutdown_none(result: Result) -> None:
    opened, closed = result.policies["open"].measures, result.policies["shutdown"].measures
    assert (opened["leak_rate"].value, opened["false_block_rate"].value) == (1.0, 0.0)
    assert (closed["leak_rate"].value, closed["false_block_rate"].value) == (0.0, 1.0)
    assert closed["leak_share"].value is None, "nothing is served: undefined, not zero"
    assert not result.policies["shutdown"].may_leak
    assert result.policies["open"].may_leak


def test_what_is_certain_is_no_bound_of_noise(result: Result) -> None:
    """None and all, where that is the model's; a bound where chance left nothing of what may be."""
    flagship = gatesim.run("june-2026", people=500, policies=["open", "shutdown"])
    cells = {row[0]: row[2:] for one in (result, flagship) for row in policies_table(one).rows}
    assert cells["open"][:4] == ("100 %", "0 %", "0 %", "100 %")
    assert cells["shutdown"][:4] == ("0 %", "100 %", "0 %", "0 %")
    assert "careful" not in result.expected
    assert cells["careful"][0] != "100 %"


def test_an_amount_has_its_interval_below_it_where_that_is_wide() -> None:
    wide = Measure("civil_exposure", 5, 1, 977e9, 753e9, 1246e9)
    assert dollars(wide) == "$980 B\n(750 B to 1.2 T)"
    assert dollars(replace(wide, low=976e9, high=978e9)) == "$977 B"


def test_every_policy_meets_the_same_needs(result: Result) -> None:
    """What happens to a need differs; that it arises, and whom it restricts, does not (pending ones apart)."""
    for policies in result.found.values():
        without_desk = [policies[name].measures for name in ("open", "shutdown", "any_foreign")]
        for measure in ("leak_rate", "false_block_rate"):
            assert len({measures[measure].denominator for measures in without_desk}) == 1


def test_a_value_is_numerator_by_denominator_within_its_interval(result: Result, exact: Result) -> None:
    for run in (result, exact):
        for policies in run.found.values():
            for found in policies.values():
                for measure in all_measures(found):
                    if measure.value is None:
                        continue
                    if measure.name in RATES:
                        assert measure.value == pytest.approx(measure.numerator / measure.denominator)
                    assert measure.low is None or measure.low <= measure.value
                    assert measure.high is None or measure.value <= measure.high


@pytest.mark.parametrize("by", SPLITS)
def test_groups_add_up_to_the_whole(result: Result, exact: Result, by: str) -> None:
    for run in (result, exact):
        for policies in run.found.values():
            for found in policies.values():
                for count in ("leaks", "false_blocks"):
                    parts = [group[count].numerator for group in found.by[by].values()]
                    assert math.fsum(parts) == pytest.approx(found.measures[count].numerator)


def test_reasons_add_up_to_the_false_blocks(result: Result) -> None:
    for found in result.policies.values():
        blocked = sum(measure.numerator for measure in found.reasons.values())
        assert blocked == found.measures["false_block_rate"].numerator


def test_the_exact_engine_has_no_intervals_and_says_what_it_leaves_out(exact: Result) -> None:
    assert all(m.low is None and m.high is None for f in exact.policies.values() for m in all_measures(f))
    assert any("leaving" in note for note in exact.notes)
    assert exact.desk == {}


def test_too_few_people_of_a_segment_are_named(result: Result) -> None:
    few = gatesim.run(SMALL, people=50, policies=["open"])
    note = next(note for note in few.notes if "Fewer than ten" in note)
    assert "visitors (7)" in note, "five owners and two guests are expected"
    assert not any("Fewer than ten" in note for note in result.notes)


# Frames and JSON.


@pytest.mark.parametrize("by", ["all", *SPLITS])
def test_a_frame_has_a_row_for_each_reading_policy_group_and_measure(result: Result, by: str) -> None:
    frame = result.to_frame(by)
    assert set(frame.by) == {by}
    assert not frame.duplicated(["reading", "policy", "group", "measure"]).any()
    for (reading, policy), part in frame.groupby(["reading", "policy"]):
        found = result.found[reading][policy]
        groups = {"": found.measures} if by == "all" else found.by[by]
        assert list(part.group.unique()) == list(groups)
        for row in part.itertuples():
            measure = groups[row.group][row.measure]
            assert row.numerator == measure.numerator
            assert (None if pd.isna(row.value) else row.value) == measure.value


def test_a_frame_of_reasons(result: Result) -> None:
    frame = result.to_frame("reason")
    assert len(frame) == sum(len(f.reasons) for ps in result.found.values() for f in ps.values())
    row = frame.query("reading == 'person' and policy == 'shutdown' and group == 'shutdown'")
    lost = frame.query("reading == 'person' and policy == 'shutdown' and group == 'lost'")
    assert row.numerator.item() + lost.numerator.item() == row.denominator.item()


def test_there_is_no_frame_by_anything_else(result: Result) -> None:
    with pytest.raises(ValueError, match="segment, channel, role, model, day, reason"):
        result.to_frame("shoe_size")


def test_json_holds_no_nan_and_null_where_undefined(result: Result, exact: Result) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for run in (result, exact):
        found = json.loads(run.to_json(), parse_constant=refuse)
        assert {"schema", "scenario", "engine", "policies", "verdict", "timing"} <= set(found)
        assert list(found["policies"]) == list(run.policies)
        leak = found["policies"]["open"]["leak_rate"]
        assert set(leak) == {"numerator", "denominator", "value", "low", "high"}
        assert found["readings"]["person"]["open"]["measures"]["leak_rate"] == leak
        assert found["verdict"]["sentence"] == run.sentence
    assert json.loads(result.to_json())["policies"]["shutdown"]["leak_share"]["value"] is None


# What results depend on, and what not.


def test_the_same_seed_gives_the_same_and_another_gives_another(result: Result) -> None:
    def again(**changes: Any) -> Result:
        return gatesim.run(SMALL, people=PEOPLE, reps=2, policies=["any_foreign"], **changes)

    same = again().found["person"]["any_foreign"]
    assert same == result.found["person"]["any_foreign"], "whatever else is run beside it"
    assert again(seed=8).found["person"]["any_foreign"] != same


def test_processes_change_no_bit(result: Result) -> None:
    with_two = gatesim.run(SMALL, people=PEOPLE, reps=2, workers=2)
    assert numbers(with_two) == numbers(result)


def test_what_a_worker_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two functions that run in another process, in this one."""
    scenario = load(SMALL, ["people=40"]).scenario
    task = Task(0, jobs(scenario, ["any_foreign"], laws(scenario, 7, 0))[0], "reference", None)
    monkeypatch.setattr(simulate, "_worker", None)
    simulate._begin(scenario, 7)
    assert same_tallies(simulate._do(task).tallies, Worker(scenario, 7).do(task).tallies)


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(carry_out(load(SMALL, ["people=40"]).scenario, 7, [])) == []


def test_more_replications_give_more_precise_numbers() -> None:
    def width(reps: int) -> float:
        measure = gatesim.run(SMALL, people=60, reps=reps, policies=["any_foreign"]).policies["any_foreign"]
        rate = measure.measures["false_block_rate"]
        assert rate.low is not None
        assert rate.high is not None
        return rate.high - rate.low

    # Nine times the people: a third of the width.
    assert width(9) == pytest.approx(width(1) / 3, rel=0.35)


def test_replications_are_other_people() -> None:
    one, three = (gatesim.run(SMALL, people=60, reps=reps, policies=["open"]) for reps in (1, 3))
    needs = [run.policies["open"].measures["leak_rate"].denominator for run in (one, three)]
    assert needs[1] != 3 * needs[0]
    assert needs[1] == pytest.approx(3 * needs[0], rel=0.5)


def same_tallies(a: dict[str, Tally], b: dict[str, Tally]) -> bool:
    def equal(x: Any, y: Any) -> bool:
        if isinstance(x, np.ndarray):
            return np.array_equal(x, y)
        if isinstance(x, dict):
            return x.keys() == y.keys() and all(equal(x[k], y[k]) for k in x)
        if hasattr(x, "__dataclass_fields__"):
            return all(equal(getattr(x, f.name), getattr(y, f.name)) for f in fields(x))
        return bool(x == y)

    return equal(a, b)


@pytest.mark.no_cover  # others cover the same lines
def test_readings_that_share_a_run_are_judged_as_in_a_run_of_their_own() -> None:
    rng = np.random.default_rng(20260612)
    shared = 0
    for _ in range(4):
        scenario = random_scenario(rng).model_copy(update={"people": 30})
        by_reading = laws(scenario, scenario.seed, 0)
        worker = Worker(scenario, scenario.seed)
        for job in jobs(scenario, list(scenario.policies), by_reading):
            together = worker.do(Task(0, job, "reference", None)).tallies
            assert set(together) == set(job.laws)
            shared += len(job.laws) - 1
            for reading in list(job.laws)[1:]:
                apart = worker.do(Task(0, _own_job(scenario, job, reading), "reference", None)).tallies
                assert same_tallies({reading: together[reading]}, apart)
    assert shared > 20


def _own_job(scenario: Any, job: Job, reading: str) -> Job:
    return jobs(scenario, [job.policy], {reading: job.laws[reading]})[0]


def test_a_gate_that_depends_on_the_reading_has_a_job_for_each() -> None:
    scenario = small()
    found = jobs(scenario, ["open", "careful"], laws(scenario, 7, 0))
    assert [(job.policy, list(job.laws)) for job in found] == [
        ("open", ["national", "person"]),
        ("careful", ["national"]),
        ("careful", ["person"]),
    ]


def test_exact_and_reference_agree_on_the_small_scenario(exact: Result) -> None:
    """Four rates, each within 5.2 standard errors: a false alarm of 1e-6 over all."""
    assert exact.found["person"]["open"].measures["leak_share"].value is not None
    simulated = gatesim.run(
        SMALL, people=1500, policies=["open", "any_foreign"], sets=["reactions.leave=0.0"]
    )
    for reading in ("national", "person"):
        for measure in ("leak_rate", "false_block_rate"):
            said = exact.found[reading]["any_foreign"].measures[measure].value
            seen = simulated.found[reading]["any_foreign"].measures[measure]
            assert said is not None
            assert seen.value is not None
            assert seen.low is not None
            assert seen.high is not None
            error = (seen.high - seen.low) / 2 / 1.96
            assert abs(seen.value - said) < 5.2 * error


def test_progress_goes_from_none_to_all() -> None:
    said: list[tuple[float, str]] = []
    gatesim.run(
        SMALL, people=30, policies=["open", "ask"], progress=lambda done, doing: said.append((done, doing))
    )
    assert [done for done, _ in said] == sorted(done for done, _ in said)
    assert said[-1][0] == 1.0
    assert {"compiling policies", "simulating"} <= {doing for _, doing in said}
    said.clear()
    gatesim.run(
        SMALL, engine="exact", policies=["open"], progress=lambda done, doing: said.append((done, doing))
    )
    assert said == [(0.0, "open")]


# The desk.


def test_the_result_says_how_the_desk_was_worked_out() -> None:
    real = gatesim.run(SMALL, people=100, policies=["open", "ask"], sets=["represents=100"])
    assert set(real.desk) == {"ask"}, "an open gate sends nobody to a desk"
    assert real.desk["ask"].startswith("simulated")
    scaled = gatesim.run(SMALL, people=100, policies=["ask"], sets=["represents=1000000"])
    assert scaled.desk["ask"].startswith("waits drawn from a table")


def test_a_desk_that_couples_people_leaves_the_replication_as_the_unit() -> None:
    def rate(reps: int) -> Measure:
        run = gatesim.run(SMALL, people=100, reps=reps, policies=["ask"], sets=["represents=100"])
        assert run.policies["ask"].measures["desk_utilisation"].value is not None
        return run.policies["ask"].measures["leak_rate"]

    one, five = rate(1), rate(5)
    assert one.value is not None
    assert (one.low, one.high) == (None, None), "one replication has no interval"
    assert five.low is not None
    assert five.value is not None
    assert five.low < five.value


def test_a_random_end_differs_by_replication_and_the_exact_engine_says_which_it_took() -> None:
    loaded = load(SMALL, ['orders.0.ends=[{ kind = "lapsed", after = "3d" }]'])
    both = laws(loaded.scenario, 7, 0), laws(loaded.scenario, 7, 1)
    assert both[0]["person"].epochs[-1].start_us != both[1]["person"].epochs[-1].start_us
    run = gatesim.run(loaded, people=40, reps=2, policies=["open"])
    assert run.policies["open"].may_leak
    exact = gatesim.run(loaded, engine="exact", policies=["open"])
    assert any("end of an order is random" in note for note in exact.notes)


# What is wrong is refused.


def test_a_policy_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match='nearest: "any_foreign"'):
        gatesim.run(SMALL, policies=["any_foriegn"])
    with pytest.raises(ScenarioError, match="there are: open, shutdown"):
        gatesim.run(SMALL, policies=["qqq"])


def test_policies_keep_the_order_of_the_file() -> None:
    run = gatesim.run(SMALL, people=30, policies=["shutdown", "open", "shutdown"])
    assert list(run.policies) == ["open", "shutdown"]


def test_there_must_be_a_policy_to_run(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no policy"):
        gatesim.run(SMALL, policies=[])
    path = tmp_path / "no-policies.toml"
    text = SMALL.read_text(encoding="utf-8")
    begin, end = text.index("[policies.open]"), text.index("[assumptions.")
    path.write_text(text[:begin] + text[end:], encoding="utf-8")
    with pytest.raises(ScenarioError, match="no policy"):
        gatesim.run(path)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"engine": "warp"}, "reference, exact"),
        ({"reps": 0}, "at least one"),
        ({"ledger": True}, "folder"),
        ({"ledger": True, "engine": "exact", "out": Path("never-made")}, "engine that simulates"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gatesim.run(SMALL, people=30, **more)
    assert not Path("never-made").exists()


def test_more_people_than_accounts_are_refused() -> None:
    with pytest.raises(ScenarioError, match="cannot stand for"):
        gatesim.run(SMALL, people=3001)


def test_what_the_exact_engine_cannot_do_is_named() -> None:
    with pytest.raises(CannotDo, match=r"policies\.careful\.clearance = 5d"):
        gatesim.run(SMALL, engine="exact")


def test_sets_go_on_top_of_a_loaded_scenario() -> None:
    loaded = load(SMALL, ["people=30"])
    assert gatesim.run(loaded, policies=["open"]).loaded is loaded
    more = gatesim.run(loaded, policies=["open"], sets=["seed=9"], people=31)
    assert (more.seed, more.loaded.scenario.people) == (9, 31)


# The folder.


def test_a_run_leaves_a_folder_that_says_how_it_was_made(tmp_path: Path) -> None:
    out = tmp_path / "made" / "for it"
    run = gatesim.run(SMALL, people=30, policies=["open"], out=out)
    assert {path.name for path in out.iterdir()} == {
        "manifest.json",
        "result.json",
        "kept.json.gz",
        "measures.parquet",
        "daily.parquet",
    }
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["files"] == [{"name": SMALL.name, "sha256": sha256(SMALL)}] or manifest["files"][0][
        "sha256"
    ] == sha256(SMALL)
    assert (manifest["seed"], manifest["replications"], manifest["engine"]) == (7, 1, "fast")
    assert manifest["scenario"]["people"] == 30
    assert manifest["results"] == {
        path.name: sha256(path) for path in out.iterdir() if path.name != "manifest.json"
    }
    assert manifest["libraries"]["numpy"] == np.__version__
    assert json.loads((out / "result.json").read_text()) == json.loads(run.to_json())
    measures = pd.read_parquet(out / "measures.parquet")
    assert set(measures.by) == {"all", "segment", "channel", "role", "model", "reason"}
    daily = pd.read_parquet(out / "daily.parquet")
    assert set(daily.by) == {"day"}
    pd.testing.assert_frame_equal(daily, run.to_frame("day"), check_dtype=False)
    assert out.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in out.parent.iterdir()] == ["for it"]


def test_the_same_scenario_can_be_made_from_a_manifest(tmp_path: Path) -> None:
    gatesim.run(SMALL, people=30, policies=["open"], out=tmp_path / "x")
    data = json.loads((tmp_path / "x" / "manifest.json").read_text())["scenario"]
    assert data["segments"]["natives"]["share"] == 0.5
    assert data["orders"][0]["issued"].startswith("2026-06-12")


def test_ledgers_are_written_for_each_gate_that_differs(tmp_path: Path) -> None:
    out = tmp_path / "x"
    run = gatesim.run(SMALL, people=60, reps=2, policies=["open", "careful"], out=str(out), ledger=True)
    assert {path.name for path in out.glob("ledger.*")} == {
        f"ledger.{name}.{replication}.parquet"
        for name in ("open", "careful.national", "careful.person")
        for replication in (0, 1)
    }
    shared = pd.concat(pd.read_parquet(out / f"ledger.open.{r}.parquet") for r in (0, 1))
    own = pd.concat(pd.read_parquet(out / f"ledger.careful.person.{r}.parquet") for r in (0, 1))
    assert "restricted" not in shared, "restricted by what reading?"
    assert "restricted_national" not in own
    for ledger, policy, readings in ((shared, "open", ("national", "person")), (own, "careful", ("person",))):
        for reading in readings:
            counted = ledger[ledger.measured & (ledger.outcome != "pending")]
            restricted = counted[counted[f"restricted_{reading}"]]
            leaks = restricted.outcome.isin(["served", "served_late"]).sum()
            rate = run.found[reading][policy].measures["leak_rate"]
            assert (rate.numerator, rate.denominator) == (leaks, len(restricted))
    assert set(shared.reads_ip) <= {"US", "other", "unknown"}
    assert set(shared.segment) == {"natives", "visitors", "foreigners"}
    assert {*Ledger.columns(), "reads_ip", "reads_payment"} - {"restricted"} <= set(shared.columns)
    assert own.document.dropna().unique().tolist() == ["passport"]


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: float, doing: str) -> None:
        if done > 0.3:
            assert [path.name[:3] for path in tmp_path.iterdir()] == [".x-"], "something was under way"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gatesim.run(SMALL, people=30, out=tmp_path / "x", ledger=True, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "x"

    def fail() -> None:
        with whole_folder(target) as folder:
            (folder / "half").write_text("half")
            assert not target.exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with whole_folder(target) as folder:
        (folder / "whole").write_text("whole")
    assert [path.name for path in target.iterdir()] == ["whole"]
    with pytest.raises(FileExistsError, match="exists already"), whole_folder(target):
        pass
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_a_folder_that_came_in_between_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "x"

    def come_second() -> None:
        with whole_folder(target) as folder:
            (folder / "mine").write_text("mine")
            target.mkdir()
            (target / "theirs").write_text("theirs")

    with pytest.raises(OSError, match="not empty"):
        come_second()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert [path.name for path in target.iterdir()] == ["theirs"]


def test_a_library_that_is_not_installed_has_no_version() -> None:
    assert store._version("no-such-library-as-this") == "unknown"


def test_nothing_that_is_no_number_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"value": float("nan")})


# Who, and what it rests on.


def restricted(found: gatesim.Who, segment: str, reading: str) -> tuple[float, float | None]:
    row = next(row for row in (*found.rows, found.total) if row.segment == segment)
    return row.by_reading[reading].people, row.by_reading[reading].share_of_needs


def test_who_is_restricted_by_hand() -> None:
    found = gatesim.who(SMALL)
    assert found.readings == ("national", "person")
    assert found.at == "2026-06-12T17:21-04:00"
    people = {row.segment: row.people for row in (*found.rows, found.total)}
    # 3,000 accounts; a tenth of the foreigners' 1,200 have a visitor as co-user.
    assert people == pytest.approx({"natives": 1500, "visitors": 300 + 120, "foreigners": 1200, "all": 3120})
    assert restricted(found, "natives", "person") == (0.0, 0.0)
    assert restricted(found, "foreigners", "person") == (pytest.approx(1200), pytest.approx(1.0))
    # The lab is carved out from 16 June on; the order holds from 12 June 17:21 to 18 June.
    before, whole = 4 - (17 + 21 / 60) / 24, 6 - (17 + 21 / 60) / 24
    assert restricted(found, "visitors", "person") == (pytest.approx(420), pytest.approx(before / whole))
    needs = {row.segment: row.needs for row in found.rows}
    assert needs == pytest.approx({"natives": 1500, "visitors": 600 + 36, "foreigners": 1164})


def test_who_as_a_frame_and_as_json() -> None:
    found = gatesim.who(load(SMALL))
    frame = found.to_frame()
    assert len(frame) == 4 * 2
    row = frame.query("segment == 'foreigners' and reading == 'person'")
    assert row.people_restricted.item() == pytest.approx(1200)
    data = json.loads(found.to_json())
    assert data["at"] == found.at
    assert [row["segment"] for row in data["segments"]] == ["natives", "visitors", "foreigners", "all"]
    assert data["segments"][0]["readings"]["person"] == {"people": 0.0, "share_of_needs": 0.0}


def test_who_counts_the_people_of_every_order(capsys: pytest.CaptureFixture[str]) -> None:
    """The second order restricts permanent residents whom the first does not: people where there are needs."""
    found = gatesim.who("two-governments")
    assert found.orders == ("The Union's order", "The other government's order")
    people, share = restricted(found, "permanent_named", "person")
    assert people == pytest.approx(200)
    assert share is not None
    assert 0 < share < 1
    for row in (*found.rows, found.total):
        for one in row.by_reading.values():
            assert (one.people > 0) == bool(one.share_of_needs)
    print_who(found)
    out = " ".join(capsys.readouterr().out.split())
    assert "Whom any of the 2 orders restricts" in out
    assert "“The other government's order”" in out
    alone = gatesim.who(SMALL)
    assert len(alone.orders) == 1
    print_who(alone)
    assert "Whom the order restricts" in capsys.readouterr().out


def test_who_takes_a_random_end_at_its_mean() -> None:
    found = gatesim.who(SMALL, sets=['orders.0.ends=[{ kind = "lapsed", after = "3d" }]'])
    before = 4 - (17 + 21 / 60) / 24
    assert restricted(found, "visitors", "person")[1] == pytest.approx(before / 3 if before < 3 else 1.0)


def test_a_segment_without_measured_needs_has_no_share() -> None:
    found = gatesim.who(SMALL, sets=["segments.natives.models={ old = 1.0 }"])
    assert restricted(found, "natives", "person") == (0.0, None)


def test_check_lists_what_a_scenario_rests_on() -> None:
    checked = gatesim.check(SMALL, sets=["seed=8"])
    guesses, inputs = checked.guesses
    frame = checked.to_frame()
    assert len(frame) == len(checked.inputs)
    assert 0 < guesses < inputs == frame.grade.ne("choice").sum(), "a choice is no input to be uncertain of"
    assert frame.grade.eq("guess").sum() == guesses
    data = json.loads(checked.to_json())
    assert (data["guesses"], data["inputs"]) == (guesses, inputs)
    assert [entry["key"] for entry in data["rests_on"]] == list(frame.key)
    assert gatesim.check(load(SMALL)).loaded.scenario == load(SMALL).scenario


def without_orders(folder: Path) -> Path:
    """The small scenario without its order."""
    path = folder / "free.toml"
    text = SMALL.read_text(encoding="utf-8")
    begin, end = text.index("[[orders]]"), text.index("[verdict]")
    path.write_text(text[:begin] + text[end:], encoding="utf-8")
    return path


def test_without_an_order_nobody_is_restricted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = gatesim.who(without_orders(tmp_path))
    assert found.at == ""
    assert restricted(found, "all", "national") == (0.0, None)
    print_who(found)
    assert "No order is in force within the window." in capsys.readouterr().out


# Before any gate.


def transition_of(**leads: str) -> Transition | None:
    scenario = small(policies={name: {"lead_time": lead} for name, lead in leads.items()})
    return transition(scenario, make_law(scenario, "national"))


def test_the_first_policy_that_could_be_in_place_ends_the_transition() -> None:
    found = transition_of(any_foreign="2d", shutdown="5h", ask="5d")
    assert found is not None
    assert found.policy == "shutdown"
    assert found.until is not None
    assert found.until.isoformat() == "2026-06-12T22:21:00-04:00"
    assert found.over is None
    # National: visitors, and foreigners; the new model only.
    assert found.leaks == pytest.approx(3000 * (0.1 * 2.0 + 0.4 * (0.97 * 0.7 + 0.03)) * 5 / 24)


def test_leaks_of_the_transition_go_by_epoch() -> None:
    """Until 16 June the lab counts, then it is carved out; the order is lifted on 18 June."""
    found = transition_of(any_foreign="300d", shutdown="300d", ask="300d", careful="300d")
    assert found is not None
    assert found.until == small().orders[0].issued + timedelta(days=300)
    assert found.over == small().start + timedelta(days=8), "the order is lifted before any gate is ready"
    foreigners, visitors = 0.4 * 0.97 * 0.7, 0.1 * 2.0 + 0.4 * 0.03
    before, whole = 4 - (17 + 21 / 60) / 24, 6 - (17 + 21 / 60) / 24
    assert found.leaks == pytest.approx(3000 * (foreigners * whole + visitors * before))


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (
            "5h",
            "could be in place before 12 June 2026, 22:21 (UTC-04:00), when any_foreign could be: until then",
        ),
        (
            "300d",
            "could be in place before 8 April 2027, 17:21 (UTC-04:00), when any_foreign could be, and within the "
            "window no order is in force from 18 June 2026 on: in all that time",
        ),
        (
            "forever",
            "is ever ready, and within the window no order is in "
            "force from 18 June 2026 on: in all that time",
        ),
    ],
)
def test_what_is_said_of_the_transition_is_so(lead: str, words: str) -> None:
    """No policy is in place because the window ends; and one that is need not comply."""
    leads = dict.fromkeys((name for name in small().policies if name != "open"), "forever") | {
        "any_foreign": lead
    }
    sets = [f'policies.{name}.lead_time="{time}"' for name, time in leads.items()]
    result = gatesim.run(SMALL, sets=sets, policies=["open"], engine="exact")
    assert transition_words(result).startswith(f"No policy but an open one {words} about ")


@pytest.mark.parametrize(
    ("sets", "first"),
    [(["policies.shutdown.lead_time='5h'"], "shutdown"), (["policies.shutdown.lead_time='9d'"], "strict")],
)
def test_of_policies_ready_at_once_shutting_down_is_named_or_the_one_that_leaks_least(
    sets: list[str], first: str
) -> None:
    strict = 'policies.strict={ family = "k_of_n", signals = ["ip", "payment"], k = "any" }'
    leads = [f"policies.{name}.lead_time='5h'" for name in ("strict", "ask", "any_foreign")]
    leads += [f"policies.ask.{key}='0s'" for key in ("allow_lasts", "block_lasts", "ask_again_after")]
    result = gatesim.run(SMALL, policies=["ask", "strict"], sets=[strict, *leads, *sets], engine="exact")
    leaks = {name: found.measures["leak_rate"].value or 0.0 for name, found in result.policies.items()}
    assert result.transition is not None
    assert result.transition.policy == first, leaks
    assert leaks["strict"] < leaks["ask"]


def test_there_is_no_transition_where_a_policy_is_there_at_once() -> None:
    assert transition_of(any_foreign="2d", ask="0s") is None


def small_open(limit: str) -> gatesim.Result:
    """Open and a gate that takes time, under a limit on the leak rate: open leaks all."""
    leads = [f'policies.{name}.lead_time="5h"' for name in small().policies if name != "open"]
    standard = f'orders.0.standard={{ kind = "leak_rate", limit = {limit} }}'
    return gatesim.run(SMALL, policies=["open", "any_foreign"], sets=[*leads, standard], engine="exact")


def test_an_open_policy_that_complies_leaves_no_transition() -> None:
    complies = small_open("1.0")
    assert complies.verdict.own[0].together is not None
    assert complies.verdict.own[0].together.outcome == "gate_available"
    assert complies.transition is None
    assert transition_words(complies) == ""
    fails = small_open("0.5")
    assert fails.transition is not None
    assert not fails.transition.unless_open
    assert "not sure" not in transition_words(fails)
    assert transition_words(fails).startswith("No policy but an open one could be in place before ")


@pytest.mark.parametrize(
    ("lead", "first", "until"),
    [("18d", "shutdown", "2026-06-12T21:21:00-04:00"), ("2h", "safeguards", "2026-06-12T19:21:00-04:00")],
)
def test_an_open_policy_that_complies_does_so_from_its_lead_time_on(
    lead: str, first: str, until: str
) -> None:
    """The order asks for controls that an open policy has; shutting down takes four hours."""
    sets = [f'policies.safeguards.lead_time="{lead}"', 'policies.shutdown.lead_time="4h"']
    found = gatesim.run("controls-not-leaks", policies=["safeguards", "open"], sets=sets, engine="exact")
    assert found.verdict.own[0].together is not None
    assert found.verdict.own[0].together.outcome == "only_not_ready"
    assert found.transition is not None
    assert found.transition.until is not None
    assert (found.transition.policy, found.transition.until.isoformat()) == (first, until)
    assert not found.transition.unless_open


def test_of_an_open_policy_that_may_comply_it_is_said() -> None:
    perhaps = small_open("{ limits = [0.5, 1.0], weights = [0.5, 0.5] }")
    assert perhaps.transition is not None
    assert perhaps.transition.unless_open
    assert "(whether an open one complies is not sure here)" in transition_words(perhaps)


def test_there_is_no_transition_without_an_order_or_a_gate() -> None:
    scenario = small(policies=Whole(open={"family": "open"}))
    assert transition(scenario, make_law(scenario, "person")) is None
    free = small(orders=[])
    assert transition(free, make_law(free, "person")) is None


# The package.


def test_the_package_names_what_it_offers() -> None:
    assert {"run", "check", "who", "load", "shipped", "Result"} <= set(dir(gatesim))
    assert gatesim.Loaded is Loaded
    assert isinstance(gatesim.__version__, str)
    with pytest.raises(AttributeError, match="nonsense"):
        gatesim.nonsense  # noqa: B018


def test_an_object_that_nobody_says_how_to_show_shows_nothing() -> None:
    class Plain(Shown):
        pass

    assert Plain()._repr_html_() is None
    with pytest.raises(AttributeError, match="Plain has no charts"):
        _ = Plain().plot


def test_results_can_be_compared_without_their_order(result: Result) -> None:
    reordered = replace(result, desk=dict(reversed(list(result.desk.items()))))
    assert numbers(reordered) == numbers(result)
