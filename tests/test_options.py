"""What there is to choose from on a date."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

import gatesim
from gatesim.cli.main import call
from gatesim.scenario import Loaded, ScenarioError, load
from gatesim.show.html import options_html
from gatesim.show.options import _standing, lines, options_table, print_options
from gatesim.show.people import UNCOUNTED
from gatesim.show.run import small_print
from gatesim.study.options import Options, instant, options
from gatesim.study.run import run

NEW_YORK = timezone(timedelta(hours=-4))

TEXT = """
schema = 1
base = "licence-is-not-status"
title = "Dates"
start = 2026-06-10T00:00:00-04:00
length = "20d"
without = ["orders"]

[[orders]]
issued = 2026-06-12T17:21:00-04:00
grace = "72h"
models = ["model"]
reading = "person"
standard = { kind = "leak_share", limit = 0.04 }
[[orders.ends]]
kind = "stayed"
at = 2026-06-20T00:00:00-04:00

[[orders]]
issued = 2026-06-24T00:00:00-04:00
models = ["model"]
reading = "person"
standard = { kind = "leak_share", limit = 0.04 }
[[orders.ends]]
kind = "lifted"
at = 2026-06-27T00:00:00-04:00

[policies.licence_check]
lead_time = "6d"
"""


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Two orders: one with a grace of three days, stayed; and a later one, lifted."""
    path = tmp_path_factory.mktemp("dates") / "dates.toml"
    path.write_text(TEXT, encoding="utf-8")
    return load(path)


def standing(found: Options, policy: str) -> str:
    return next(option for option in found.options if option.policy == policy).standing


@pytest.mark.parametrize(
    ("at", "phase", "said"),
    [
        ("2026-06-09", "before_window", "before the window, which begins on 10 June 2026"),
        ("2026-06-10", "before_issue", "No order is issued yet"),
        ("2026-06-12T17:20:59-04:00", "before_issue", "the first one is on 12 June 2026, 17:21"),
        ("2026-06-12T17:21:00-04:00", "grace", "in force from 15 June 2026, 17:21"),
        ("2026-06-15T17:20:59-04:00", "grace", "in force from 15 June"),
        ("2026-06-15T17:21:00-04:00", "in_force", "An order is in force"),
        ("2026-06-19", "in_force", "An order is in force on 19 June 2026."),
        ("2026-06-20", "between", "the next is in force from 24 June 2026"),
        ("2026-06-24", "in_force", "An order is in force"),
        ("2026-06-27", "over", "the last one ended on 27 June 2026"),
        ("2026-06-29T23:59:59-04:00", "over", "the last one ended"),
        ("2026-06-30", "after_window", "after the window, which ends on 30 June 2026"),
    ],
)
def test_a_date_is_put_into_words(dated: Loaded, at: str, phase: str, said: str) -> None:
    found = options(dated, at=at, policies=["open", "licence_check"])
    assert found.phase == phase
    assert said in found.words
    asked = phase in ("grace", "in_force")
    assert (found.own is not None) is asked
    assert (standing(found, "open") == "not_asked") is not asked


def test_a_bare_date_is_midnight_in_the_zone_of_the_start(dated: Loaded) -> None:
    midnight = datetime(2026, 6, 13, tzinfo=NEW_YORK)
    assert instant(dated.scenario, "2026-06-13") == midnight
    assert instant(dated.scenario, date(2026, 6, 13)) == midnight
    assert instant(dated.scenario, "2026-06-13T04:00:00Z") == midnight
    assert instant(dated.scenario, datetime(2026, 6, 13, 4, tzinfo=UTC)).utcoffset() == timedelta(hours=-4)


def test_who_serves_too_few_and_is_not_ready_is_said_to_be_both(dated: Loaded) -> None:
    """Of a passport check alone, which serves 48 %: before it is ready, and after."""
    early, late = (
        options(dated, at=at, policies=["passport_check"], sets=["policies.passport_check.lead_time=8d"])
        for at in ("2026-06-19", "2026-06-24")
    )
    for found, said, either in (
        (early, "not ready; serves too few", "which is not ready before 20 June 2026"),
        (late, "serves too few", "The one that serves most is passport_check."),
    ):
        assert standing(found, "passport_check") == "below_floor"
        (row,) = options_table(found).rows
        assert row[-1] == said
        assert either in " ".join(lines(found))


def test_the_limit_is_named_before_it_is_spoken_of() -> None:
    found = gatesim.options("june-2026", at="2026-06-20", policies=["open", "any_foreign"])
    words = " ".join(lines(found))
    assert words.index("Asked: at most 0.1 % of served needs leak.") < words.index("within that limit")


@pytest.mark.parametrize("at", ["tomorrow", "2026-06-31", "2026-06-13T12:00", "", 20260613])
def test_what_is_no_date_is_refused(dated: Loaded, at: object) -> None:
    with pytest.raises(ScenarioError, match="write 2026-06-10 for 00:00 of that day"):
        instant(dated.scenario, at)  # type: ignore[arg-type]


@pytest.mark.no_cover  # others cover the same lines
def test_ready_is_the_issue_and_the_lead_time(dated: Loaded) -> None:
    """The first order is issued on 12 June at 17:21; six days later the check of licences is ready."""
    just_before, then = "2026-06-18T17:20:59.999999-04:00", "2026-06-18T17:21:00-04:00"
    early, late = options(dated, at=just_before), options(dated, at=then)
    ready = {option.policy: option for option in early.options}
    assert ready["licence_check"].ready == datetime(2026, 6, 18, 17, 21, tzinfo=NEW_YORK)
    assert ready["open"].ready == datetime(2026, 6, 12, 17, 21, tzinfo=NEW_YORK)
    assert not ready["licence_check"].is_ready
    assert standing(early, "licence_check") == "not_ready"
    assert standing(late, "licence_check") == "available"


def test_each_policy_comes_to_what_its_numbers_say(dated: Loaded) -> None:
    """Leak share of the open gate 5 %, of the licence check 3.6 %; a passport check serves 48 % (by hand)."""
    found = options(dated, at="2026-06-19")
    by_name = {option.policy: option for option in found.options}
    assert standing(found, "open") == "not_within"
    assert standing(found, "licence_check") == "available"
    assert standing(found, "passport_check") == "below_floor"
    assert standing(found, "foreign_passport_check") == "serves_nobody"
    assert standing(found, "shutdown") == "serves_nobody"
    assert by_name["open"].leak_share.value == pytest.approx(0.05, abs=1e-12)
    share = 0.05 * 0.6 / (0.95 * 0.85 + 0.05 * 0.6)
    assert by_name["licence_check"].leak_share.value == pytest.approx(share, abs=1e-12)
    assert by_name["licence_check"].served.value == pytest.approx(0.85, abs=1e-12)
    assert found.own is not None
    assert found.own.together is not None
    assert found.own.together.best == "licence_check"
    assert found.own.outcomes == {"gate_available": 1.0}


@pytest.mark.no_cover  # others cover the same lines
def test_the_numbers_are_those_of_a_run(dated: Loaded) -> None:
    found, ran = options(dated, at="2026-06-19"), run(dated, engine="exact")
    for option in found.options:
        measures = ran.policies[option.policy].measures
        assert option.served == measures["served_entitled"]
        assert option.leak_rate == measures["leak_rate"]


def test_another_reading_and_a_policy_of_the_list(dated: Loaded) -> None:
    found = gatesim.options(dated, at="2026-06-19", policies=["open"], reading="national")
    assert found.reading == "national"
    assert [option.policy for option in found.options] == ["open"]
    with pytest.raises(ScenarioError, match='nearest: "national"'):
        options(dated, at="2026-06-19", reading="natonal")


def test_a_table_has_a_row_for_each_policy(dated: Loaded) -> None:
    found = options(dated, at="2026-06-19")
    frame = found.to_frame()
    assert frame["policy"].tolist() == [option.policy for option in found.options]
    assert set(frame.columns) >= {"ready", "is_ready", "served_entitled", "leak_share", "standing", "chance"}


@pytest.mark.parametrize(
    ("asked", "policy", "comes_to", "chance"),
    [
        # 60 % of the restricted needs pass a check of licences; nobody's pass a check of passports, or nearly.
        ('{ kind = "leak_rate", limit = 0.6 }', "licence_check", "not_ready", 1.0),
        ('{ kind = "leak_rate", limit = 0.59 }', "licence_check", "not_within", 0.0),
        ('{ kind = "leak_count", limit = 1 }', "open", "not_within", 0.0),
        ('{ kind = "leak_count", limit = 1_000_000_000 }', "open", "available", 1.0),
        ('{ kind = "zero", probability = 0.5 }', "open", "not_within", 0.0),
        # Each limit up to a tenth is as likely: the open gate's leak share is 5 %.
        (
            '{ kind = "leak_share", limit = { distribution = "uniform", low = 0.0, high = 0.1 } }',
            "open",
            "depends",
            0.25,
        ),
    ],
)
@pytest.mark.no_cover  # others cover the same lines
def test_every_kind_of_standard_is_judged(
    tmp_path: Path, asked: str, policy: str, comes_to: str, chance: float
) -> None:
    path = tmp_path / "other.toml"
    path.write_text(TEXT.replace('{ kind = "leak_share", limit = 0.04 }', asked), encoding="utf-8")
    found = options(path, at="2026-06-17", policies=["open", "licence_check"])
    option = next(option for option in found.options if option.policy == policy)
    assert option.standing == comes_to
    assert option.chance == pytest.approx(chance, abs=1e-9)


def test_controls_are_looked_at_and_nobody_has_accepted_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (
        call(
            [
                "options",
                "controls-not-leaks",
                "--at",
                "2026-06-30T18:00:00-04:00",
                "-p",
                "open",
                "-p",
                "safeguards",
            ]
        )
        == 0
    )
    said = " ".join(capsys.readouterr().out.split())
    assert "Asked: these controls stand: classifier and reporting." in said
    assert "No court or agency has accepted this list for hosted models." in said


@pytest.mark.no_cover  # others cover the same lines
def test_simulated_numbers_can_be_asked_for(dated: Loaded) -> None:
    small = dated.with_sets(["people=300"])
    found = options(small, at="2026-06-19", policies=["open"], engine="reference", workers=1)
    assert found.result.engine == "reference"
    assert found.options[0].leak_share.low is not None


def test_the_command_prints_a_page_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dates.toml"
    path.write_text(TEXT, encoding="utf-8")
    few = ["-p", "open", "-p", "licence_check", "-p", "shutdown"]
    assert call(["options", str(path), "--at", "2026-06-13", *few]) == 0
    out = capsys.readouterr().out
    assert "What there is on 13 June 2026" in out
    assert "The first of them is licence_check, from 18 June 2026, 17:21 (UTC-04:00) on." in " ".join(
        out.split()
    )
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 100
    assert call(["options", str(path), "--at", "2026-06-13", *few, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["at"] == "2026-06-13T00:00:00-04:00"
    assert found["phase"] == "grace"
    licence = next(option for option in found["options"] if option["policy"] == "licence_check")
    assert (licence["standing"], licence["chance"]) == ("not_ready", 1.0)
    shutdown = next(option for option in found["options"] if option["policy"] == "shutdown")
    assert shutdown["leak_share"]["value"] is None
    assert found["outcomes"][0]["outcome"] == "only_not_ready"


def test_wrong_input_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["options", "june-2026"]) == 2
    assert "--at" in capsys.readouterr().err
    assert call(["options", "june-2026", "--at", "soon"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("--at: soon: is no date")
    assert call(["options", "june-2026", "--at", "2026-06-13", "-p", "majorty"]) == 2
    assert 'nearest: "majority"' in capsys.readouterr().err
    path = tmp_path / "none.toml"
    path.write_text('schema = 1\nbase = "june-2026"\nwithout = ["orders"]\n', encoding="utf-8")
    assert call(["options", str(path), "--at", "2026-06-13"]) == 2
    assert "there is no order" in capsys.readouterr().err


def test_it_shows_itself_in_a_notebook(dated: Loaded) -> None:
    found = gatesim.options(dated.with_sets(["title=A <b>bold</b> title"]), at="2026-06-13")
    html = found._repr_html_()
    assert html == options_html(found)
    assert "<table>" in html
    assert "A &lt;b&gt;bold&lt;/b&gt; title" in html
    assert options_table(found).columns[0].title == "policy"


def test_a_policy_that_is_never_ready_is_said_to_be(
    dated: Loaded, capsys: pytest.CaptureFixture[str]
) -> None:
    from gatesim.show.options import print_options

    found = options(
        dated, at="2026-06-19", policies=["licence_check"], sets=["policies.licence_check.lead_time=forever"]
    )
    (option,) = found.options
    assert (option.ready, option.is_ready) == (None, False)
    assert found.own is not None
    assert found.own.outcomes == {"only_not_ready": 1.0}
    print_options(found)
    said = " ".join(capsys.readouterr().out.split())
    assert "licence_check never no" in said
    assert "It is licence_check, which is never ready." in said
    assert json.loads(found.to_json())["options"][0]["ready"] is None


def test_a_strategy_is_no_option() -> None:
    """Where a scenario has an operator, the options are its policies; the strategy is refused by name."""
    found = options("two-governments", at="2026-06-12")
    assert [one.policy for one in found.options] == list(load("two-governments").scenario.policies)
    with pytest.raises(ScenarioError, match="no option by itself"):
        options("two-governments", at="2026-06-12", policies=["operator"])


def test_the_transition_is_told_of_the_reading_that_is_asked_for() -> None:
    def leaks(found: Options) -> float:
        assert found.result.transition is not None
        return found.result.transition.leaks

    names = ["open", "shutdown"]
    other = load("june-2026", ["orders.0.reading=national"])
    asked = options(
        "june-2026", at="2026-06-12T18:00:00-04:00", reading="national", policies=names, engine="exact"
    )
    by_itself = options(other, at="2026-06-12T18:00:00-04:00", policies=names, engine="exact")
    first = options("june-2026", at="2026-06-12T18:00:00-04:00", policies=names, engine="exact")
    assert leaks(asked) == pytest.approx(leaks(by_itself), rel=1e-12)
    assert leaks(asked) > 1.01 * leaks(first), "read otherwise other needs are restricted"
    assert asked.to_dict()["transition"]["leaks"] == leaks(asked)


def test_that_the_exact_engine_counts_no_people_is_not_said_where_none_are_shown(
    capsys: pytest.CaptureFixture[str], dated: Loaded
) -> None:
    found = options(dated, at=date(2026, 6, 13), engine="exact")
    print_options(found)
    assert UNCOUNTED not in " ".join(capsys.readouterr().out.split())
    assert UNCOUNTED not in options_html(found)
    assert UNCOUNTED in small_print(found.result)


def test_a_policy_that_surely_serves_too_few_is_said_to_whatever_its_leaks_are() -> None:
    found = gatesim.options("june-2026", at="2026-06-20", policies=["majority"], engine="exact")
    option = replace(
        found.options[0],
        standing="cannot_tell",
        served=replace(found.options[0].served, value=0.04, low=0.03, high=0.05),
    )
    assert _standing(option, 0.5) == "serves too few at best"
    assert _standing(option, 0.04) == "cannot tell"


def test_opening_and_closing_leave_nothing_to_chance() -> None:
    found = gatesim.options(
        "june-2026", at="2026-06-20", policies=["open", "shutdown"], sets=["people=500"], engine="fast"
    )
    cells = {row[0]: row[3] for row in options_table(found).rows}
    assert cells == {"open": "100 %", "shutdown": "0 %"}
