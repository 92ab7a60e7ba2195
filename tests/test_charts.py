"""Charts: each says what it found, to those who see it and to those who do not, in colour and in grey, or why not."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gatesim
from gatesim.measures.axes import SPLITS
from gatesim.measures.definitions import Measure
from gatesim.scenario import load
from gatesim.show import charts
from gatesim.show.app.parts import frontier_key
from gatesim.show.charts import days, grammar, law_lines, life
from gatesim.show.charts.days import _finding
from gatesim.show.charts.desk import _finding as _desk_finding
from gatesim.show.charts.desk import _records, _spread
from gatesim.show.charts.frontier import (
    ALONE,
    HEIGHT,
    LEFT_END,
    NARROW,
    TOP,
    WIDTH,
    _numbers,
    _rows,
    drawn,
    one_reading,
)
from gatesim.show.charts.grammar import broken
from gatesim.show.charts.law_lines import law_small, law_words
from gatesim.show.charts.letters import width_of
from gatesim.show.charts.places import LETTER, Box, around, place, room_of
from gatesim.show.charts.policies import LEAST, _extremes, _frame
from gatesim.show.charts.shutdown import map_alone
from gatesim.show.charts.who_pays import _commonest, shown_policy, who_pays_chart
from gatesim.show.figures import CHARTS
from gatesim.show.run import whom_table
from gatesim.show.shutdown import _on_the_map, map_finding, shutdown_finding
from gatesim.study.asking import ask
from gatesim.study.glance import glance
from gatesim.study.result import Found, Result
from gatesim.study.shutdown_map import ShutdownMap
from gatesim.study.standing import SIDES, question
from tests.scenarios import LASTING, SMALL

WIDE_OF_LAW = 210.0
NAME = "a-policy-with-a-name-as-long-as-a-name-may-be-0123456789-abc"
ATTACK = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def result() -> Result:
    return gatesim.run(SMALL, people=120)


def test_a_desk_simulated_once_has_no_lines() -> None:
    _, small, _ = texts(gatesim.run("weekend-desk", people=400).plot.desk())
    assert "lines: 95 %" not in small
    assert "noise not known (several replications tell): how busy the desk is, mean wait" in small
    _, from_table, _ = texts(gatesim.run("june-2026", people=2000, policies=["careful"]).plot.desk())
    assert from_table.endswith("noise not known (several replications tell): mean wait")


def test_a_desk_of_several_replications_has_lines_and_says_so() -> None:
    _, small, _ = texts(gatesim.run(SMALL, people=120, reps=3).plot.desk())
    assert "noise not known" not in small
    assert "lines: 95 %" in small


def _days(values: list[float], half: float) -> list[dict[str, Any]]:
    of = {"policy": "p", "what": charts.days.PARTS["not_served"], "from": 0.0}
    return [
        of | {"day": f"2026-06-{12 + n}", "value": v, "low": v - half, "high": v + half}
        for n, v in enumerate(values)
    ]


def test_the_title_of_the_days_says_no_change_that_chance_may_have_made() -> None:
    rng = np.random.default_rng(20260612)
    # Twenty days of one share, 600 needs each: farthest apart by some ten points.
    share, needs = 0.55, 600
    error = math.sqrt(share * (1 - share) / needs)
    # Two given days differ by more than 4.5 standard errors with probability 7e-6, one of 190 pairs in 13 of 10,000
    # runs at most; more than 5 of these 200 by chance: 1e-7 (Poisson, mean 0.26).
    said = [_finding(_days(rng.binomial(needs, share, 20) / needs, 1.96 * error), []) for _ in range(200)]
    assert sum("Too few needs are simulated" not in one for one in said) <= 5
    apart = _finding(_days([0.3] * 9 + [0.6] * 9, 1.96 * error), [])
    assert apart == "p changes from day to day: it leaves between 30 % and 60 % of entitled needs unserved"
    # With the one change of the law on the day between, of which shares have both, and not with one in a drift.
    step, drift = [0.3] * 8 + [0.5] + [0.6] * 8, [0.3 + 0.02 * day for day in range(17)]
    law = [date(2026, 6, 15), date(2026, 6, 20)]
    with_law = _finding(_days(step, 0.02), [], law)
    assert (
        with_law
        == "p changes with the law on 20 June 2026: it leaves between 30 % and 60 % of entitled needs unserved"
    )
    assert _finding(_days(step, 0.02), [], law[:1]).startswith("p changes from day to day")
    assert _finding(_days(drift, 0.02), [], law).startswith("p changes from day to day")
    known = [row | {"low": None, "high": None} for row in _days([0.5, 0.53], 0.0)]
    assert _finding(known, []).startswith("p changes from day to day: it leaves between 50.0 % and 53.0 %")
    # Of several one changes most where no other may have changed as much.
    calm = [row | {"policy": "q"} for row in _days([0.5] * 18, 1.96 * error)]
    wild = [row | {"policy": "q"} for row in _days([0.3] * 9 + [0.6] * 9, 1.96 * error)]
    assert _finding([*known, *calm], []).startswith("p changes most")
    one = _finding([*_days(step, 0.02), *calm[:17]], [], law)
    assert one.startswith("p changes most, with the law on 20 June 2026: ")
    assert _finding([*wild, *_days([0.3] * 9 + [0.61] * 9, 1.96 * error)], []).startswith("p changes from")


@pytest.mark.parametrize(
    ("text", "size"), [("POSTERIOR_HALF_FOR_FOREIGN_CARDS", 11), ("WWWWWWWWWW", 9), ("a-small-name", 11)]
)
def test_no_name_takes_more_room_than_is_kept_for_it(text: str, size: int) -> None:
    import vl_convert

    # As the converter draws it, by the box that it gives to a text alone.
    spec = {
        "data": {"values": [{}]},
        "mark": {"type": "text", "fontSize": size, "text": text},
        "autosize": {"type": "pad"},
        "width": 1,
        "height": 1,
        "padding": 0,
        "config": {"font": grammar.FONTS, "view": {"stroke": None}},
    }
    drawn = re.search(r'<svg[^>]* width="([0-9.]+)"', vl_convert.vegalite_to_svg(spec))
    assert drawn is not None
    assert float(drawn[1]) <= width_of(text, size) + 2.5
    assert float(drawn[1]) >= 0.9 * width_of(text, size) - 2.5
    for width in (60, 120, 300):
        lines = broken(f"not ready: {text} or {text}", width, size)
        assert all(width_of(line, size) <= max(width, width_of("W" * 12, size)) for line in lines)


@pytest.fixture(scope="module")
def twelve() -> Result:
    sets = [f'policies.{NAME[:-2]}{n:02}={{ family = "k_of_n", signals = ["ip"], k = 1 }}' for n in range(11)]
    loaded = load(SMALL, [*sets, f'title="{ATTACK}"'])
    names = [*(name for name in loaded.scenario.policies if name.startswith(NAME[:9])), "open"]
    return gatesim.run(loaded, policies=names, engine="exact")


@pytest.fixture(scope="module")
def nobody_asks(result: Result) -> Result:
    """A run in which nobody needs what the order is about: every ratio is undefined, and there is no verdict."""

    def none(measures: Mapping[str, Measure]) -> dict[str, Measure]:
        return {name: Measure(name, 0, 0, None) for name in measures if not name.startswith("desk")}

    found = {
        reading: {
            policy: dataclasses.replace(
                one,
                measures=none(one.measures),
                by={by: {name: none(of) for name, of in one.by[by].items()} for by in SPLITS},
                reasons=none(one.reasons),
            )
            for policy, one in policies.items()
        }
        for reading, policies in result.found.items()
    }
    verdict = dataclasses.replace(result.verdict, rows=())
    return dataclasses.replace(result, found=found, verdict=verdict)


DRAWN = {
    "policies": lambda result: result.plot.policies(),
    "limits": lambda result: result.plot.limits(),
    "who pays, by segment": lambda result: result.plot.who_pays(),
    "who pays, by channel": lambda result: result.plot.who_pays("channel"),
    "who pays, by reason": lambda result: result.plot.who_pays("reason"),
    "days": lambda result: result.plot.days(),
    "desk": lambda result: result.plot.desk(),
}


def texts(chart: Any) -> tuple[str, str, str]:
    """Title, small print, alternative text."""
    spec = chart.to_dict()
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"]), spec["description"]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.no_cover  # others cover the same lines
def test_a_chart_says_what_it_found_and_on_what_it_rests(name: str, result: Result) -> None:
    title, small, says = texts(DRAWN[name](result))
    assert len(title) > 20
    assert says.startswith(title)
    assert len(says) > len(title) + 20
    # Limits are shown under every reading, and the small print names none of them.
    read = "order read as each column says" if name == "limits" else 'order read as "person"'
    assert all(part in small for part in ("A small world", read, "seed 7"))
    # Charts of cells have no lines, and speak of none.
    assert ("lines: 95 %" in small) == (name not in ("limits", "who pays, by reason"))


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_without_data_says_so(name: str, nobody_asks: Result) -> None:
    spec = DRAWN[name](nobody_asks).to_dict()
    why = spec["description"].split(". ", 1)[1]
    drawn = [mark["text"] for mark in found_in(spec, "mark") if isinstance(mark, dict) and "text" in mark]
    assert " ".join(drawn[0]) == why
    assert why.startswith(("No ", "There is no", "The exact engine"))


def found_in(part: Any, key: str) -> list[Any]:
    """Every value of a key, anywhere in a chart."""
    if isinstance(part, list):
        return [value for entry in part for value in found_in(entry, key)]
    if not isinstance(part, dict):
        return []
    here = [part[key]] if key in part else []
    return here + [value for entry in part.values() for value in found_in(entry, key)]


@pytest.mark.no_cover  # others cover the same lines
def test_long_names_are_whole_and_markup_is_text(twelve: Result, tmp_path: Path) -> None:
    for chart in (twelve.plot.policies(), twelve.plot.limits(), twelve.plot.days(list(twelve.policies)[:2])):
        charts.save(chart, tmp_path / "chart.svg")
        svg = (tmp_path / "chart.svg").read_text(encoding="utf-8")
        assert "<script" not in svg
        assert "…" not in svg
        words = re.sub(r"\s", "", "".join(re.findall(r">([^<]*)<", svg)))
        assert "alert('x')" in words
    assert all(len(line) < 60 for line in twelve.plot.days([NAME[:-2] + "00"]).to_dict()["title"]["text"])


def test_the_limits_are_the_verdicts(result: Result) -> None:
    for ratio in ("leak_share", "leak_rate"):
        cells = [
            cell
            for values in found_in(result.plot.limits(ratio).to_dict(), "values")
            for cell in values
            if isinstance(cell, dict) and "outcome" in cell
        ][: len(result.verdict.rows)]
        rows = [row for row in result.verdict.rows if row.ratio == ratio]
        assert {(c["reading"], c["outcome"]) for c in cells} == {
            (row.reading.replace("_", " "), charts.limits.WORDS[row.outcome]) for row in rows
        }
    with pytest.raises(ValueError, match="there are leak_share, leak_rate"):
        result.plot.limits("leaks")


def rows_of(chart: Any) -> list[dict[str, Any]]:
    return rows_in(chart.to_dict())


def rows_in(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for rows in spec.get("datasets", {}).values() for row in rows]


def test_a_title_that_does_not_rest_on_what_is_drawn_says_on_what() -> None:
    run = gatesim.run("june-2026", people=3000, policies=["posterior_strict", "any_foreign"])
    title, small, _ = texts(run.plot.policies())
    assert title.startswith("Only posterior_strict keeps leaks within")
    assert "posterior_strict is judged by what is expected without noise, a leak of 0.0" in small
    assert "judged by" not in texts(run.plot.policies("leak_rate"))[1]


def test_who_pays_names_nobody_whom_chance_may_have_put_first() -> None:
    few = texts(
        gatesim.run("june-2026", people=2000, policies=["careful"]).plot.who_pays("segment", "careful")
    )
    assert few[0] == "Too few needs are simulated to say whom careful refuses and lets through most"
    assert "from where to where it may be by chance" in few[1]
    many = texts(gatesim.run("june-2026", people=200_000, policies=["any_foreign"]).plot.who_pays())
    first = (
        r"Under any_foreign, \d+ % of the false blocks fall on “Citizens born in the US” \(native born\) and "
    )
    assert re.match(first, many[0])
    # Waits at a desk that is simulated once: no interval is known.
    sets = ["segments.foreign.status='citizen'", "segments.foreign.citizenship=['US']"]
    ran = gatesim.run("weekend-desk", people=400, sets=sets, policies=["human_desk"])
    once = texts(ran.plot.who_pays("segment", "human_desk"))
    assert " in this simulation" in once[0]


def test_the_only_group_that_can_be_refused_wrongly_has_all_false_blocks() -> None:
    """Of the weekend's two segments one is foreign: few false blocks, and no doubt on whom they fall."""
    for reps in (1, 2):
        ran = gatesim.run("weekend-desk", people=400, reps=reps, policies=["human_desk", "machine_check"])
        for policy in ran.policies:
            if ran.policies[policy].measures["false_blocks"].value:
                title = texts(ran.plot.who_pays("segment", policy))[0]
                assert "100 % of the false blocks fall on" in title
                assert "in this simulation" not in title
        assert {row[1] for row in whom_table(ran).rows} <= {"citizen 100 %", "nobody"}


def test_who_pays_has_the_rates_of_each_segment(result: Result) -> None:
    chart = result.plot.who_pays(policy="any_foreign")
    groups = result.policies["any_foreign"].by["segment"]
    rows = {row["group"]: row for row in rows_of(chart)}
    for name, measures in groups.items():
        if measures["false_block_rate"].value is not None:
            assert rows[name.replace("_", " ")]["blocked"] == measures["false_block_rate"].value
        if measures["leak_rate"].value is not None:
            assert rows[name.replace("_", " ")]["leaked"] == measures["leak_rate"].value
    # The one that is shown unasked is the one that would do, or else the nearest: it serves the floor and leaks least.
    row = result.own_row
    assert row is not None
    served = {name: found.measures["served_entitled"].value or 0.0 for name, found in result.policies.items()}
    floor = result.loaded.scenario.verdict.floor
    enough = [name for name, share in served.items() if floor <= share < 1]
    shown = row.best
    if row.outcome not in ("gate_available", "only_not_ready"):
        shown = min(enough, key=lambda name: result.policies[name].measures[row.ratio].value or 0.0)
    assert f" {shown}" in texts(result.plot.who_pays())[0]
    assert f"Under {shown} the commonest reason is " in texts(result.plot.who_pays("reason"))[0]
    for wrong in ({"by": "day"}, {"policy": "nobody"}):
        with pytest.raises(ValueError, match="there are "):
            result.plot.who_pays(**wrong)


def test_who_pays_is_about_the_policy_that_the_verdict_names() -> None:
    """Whether the limit is known or not; of one that may serve the floor and leaks less it is said."""
    names = ["any_foreign", "licence_check", "passport_or_card"]
    unknown = gatesim.run("unknown-tolerance", people=4000, policies=names)
    shown, why = shown_policy(unknown)
    assert f"Of those that are sure to serve the floor, {shown} meets it most likely" in unknown.sentence
    assert why == ", of those that surely serve the floor the one that most likely meets what is asked"
    known = gatesim.run("june-2026", people=4000, policies=names)
    shown, why = shown_policy(known)
    assert f"Of those that are sure to serve that much, {shown} leaks least" in known.sentence
    assert why == (
        ", of those that surely serve the floor the one that leaks least by the verdict, which takes what is expected "
        "where it is known"
    )
    exact = gatesim.run("june-2026", engine="exact", policies=["open", "any_foreign", "ip_block"])
    assert shown_policy(exact) == ("any_foreign", ", of those that serve the floor the one that leaks least")


def test_who_pays_of_several_orders_is_about_the_verdict_on_all_of_them() -> None:
    found = gatesim.run("two-governments", engine="exact", policies=["any_status", "citizens_only"])
    assert shown_policy(found) == ("citizens_only", ", were it ready")


def test_each_day_adds_up(result: Result) -> None:
    values = [row for rows in found_in(result.plot.days(["careful"]).to_dict(), "values") for row in rows]
    bars = {
        (row["day"], row["what"]): row for row in values if isinstance(row, dict) and row.get("kind") == "bar"
    }
    days = result.policies["careful"].by["day"]
    counted = [day for day, measures in days.items() if measures["false_block_rate"].value is not None]
    assert counted
    for day in counted:
        lower, upper = (bars[day, words] for words in charts.days.PARTS.values())
        assert lower["from"] == 0
        assert lower["value"] == upper["from"] == days[day]["refused_by_gate"].value
        assert upper["value"] == pytest.approx(days[day]["false_block_rate"].value)
    with pytest.raises(ValueError, match="there are "):
        result.plot.days(["nobody"])


def test_of_many_days_a_part_is_one_mark_and_ends_at_a_gap() -> None:
    """Half a year under three orders, with a pause between the first two: bars would be thousands of marks."""
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 7) for day in range(1, 29)]
    without = [day for day in days if not "2026-03-05" <= day <= "2026-03-20"]
    part = {"policy": "open", "what": "a", "from": 0.0, "value": 0.5, "low": None, "high": None}
    rows = [part | {"day": day} for day in without]
    filled = charts.days._with_gaps(rows[::-1])
    empty = [row["day"] for row in filled if row["value"] is None]
    # After the 28th of the longer months, too, days are missing here.
    assert "2026-03-05" in empty
    assert [row for row in filled if row["value"] is not None] == rows
    assert len(empty) == 6 - 1 - 1 + 1


@pytest.mark.no_cover  # others cover the same lines
def test_a_chart_may_have_more_rows_than_altair_takes_as_a_table() -> None:
    rows = [{"x": number, "y": None} for number in range(6000)]
    chart = grammar.altair().Chart(grammar.inline(rows)).mark_point().encode(x="x:Q")
    assert chart.to_dict()["data"]["values"] == rows


@pytest.mark.no_cover  # others cover the same lines
def test_the_desk_shows_what_was_measured(result: Result) -> None:
    rows = {row["policy"]: row for row in rows_of(result.plot.desk()) if "policy" in row}
    measured = {
        name: found.measures["desk_wait"].value
        for name, found in result.policies.items()
        if "desk_wait" in found.measures and found.measures["desk_wait"].value is not None
    }
    assert measured
    assert {name: rows[name]["desk_wait"] for name in measured} == measured


def test_a_life_has_all_its_needs() -> None:
    story = gatesim.explain(SMALL, person=1, policy="careful", people=60)
    spec = story.plot.life().to_dict()
    values = [row for rows in found_in(spec, "values") for row in rows if isinstance(row, dict)]
    needs = [row for row in values if row.get("lane") == "needs"]
    assert len(needs) == len(story.own) > 0
    wrong = [row for row in needs if row["what"] == "refused wrongly"]
    assert len(wrong) == story.counts.false_blocks
    assert "Person 1" in texts(story.plot.life())[0]
    for band in (row for row in values if row.get("lane") in ("account", "place")):
        assert band["begin"] < band["end"]


def test_a_long_life_has_one_mark_for_needs_that_cannot_be_told_apart() -> None:
    story = gatesim.explain(
        SMALL, find="refused", policy="careful", people=60, sets=["length='365d'", "orders.0.ends=[]"]
    )
    chart = story.plot.life()
    rows = [row for rows in found_in(chart.to_dict(), "values") for row in rows if isinstance(row, dict)]
    needs = [row for row in rows if row.get("lane") == "needs"]
    least = timedelta(days=365) * life.THIN / life.WIDTH
    for what in {row["what"] for row in needs}:
        marks = sorted(datetime.fromisoformat(row["begin"]) for row in needs if row["what"] == what)
        every = [need.time_us for need in story.own if life.KINDS[life.kind(need)][0] == what]
        assert f"{what}: {len(every)}" in str(chart.description), "none is lost to those who cannot see it"
        assert all(
            after - before >= least - timedelta(seconds=2) for before, after in itertools.pairwise(marks)
        )
        for time in every:
            at = story.at(time).replace(tzinfo=UTC)
            assert any(-timedelta(seconds=2) <= at - mark < least for mark in marks)
    assert len(needs) < len(story.own) / 1.5
    assert "too close to be told apart are one mark" in " ".join(texts(chart)[1].split())
    bands = [row for row in rows if row.get("lane") in ("account", "place")]
    assert len(bands) <= 2 * life.WIDTH / life.THIN


def test_a_life_marks_what_was_served_late_and_shows_each_state_however_short() -> None:
    story = gatesim.explain("june-2026", policy="careful", find="late")
    late = [need for need in story.own if need.outcome == "served_late"]
    spec = story.plot.life().to_dict()
    rows = [row for rows in found_in(spec, "values") for row in rows]
    assert [row.get("what") for row in rows].count("served rightly, but late") == len(late) > 0
    shapes = next(scale for scale in found_in(spec, "scale") if "diamond" in scale.get("range", ()))
    assert dict(zip(shapes["domain"], shapes["range"], strict=True))["served rightly, but late"] == "diamond"
    title, small, _ = texts(story.plot.life())
    assert title.endswith(f"all were decided rightly, {len(late)} of them late")
    # The wait took minutes, less than the strip can show.
    long = [
        datetime.fromisoformat(row["end"]) - datetime.fromisoformat(row["begin"])
        for row in rows
        if row.get("lane") == "account"
    ]
    points = [life.WIDTH * one / timedelta(microseconds=story.loaded.scenario.length) for one in long]
    assert min(points) == pytest.approx(life.THIN, abs=0.01)
    assert "too short to be seen is drawn wider" in small


def test_lines_of_the_law_say_what_changes() -> None:
    story = gatesim.explain("june-2026", policy="careful", person=3)
    spec = story.plot.life().to_dict()
    words = [mark["text"] for mark in found_in(spec, "mark") if isinstance(mark, dict) and "text" in mark]
    assert words == ["order in force", "narrowed", "lifted"]
    two = load("two-governments").scenario
    assert list(law_words(two).values()) == ["order 1 in force", "order 2 in force", "order 2 lifted"]
    assert law_small(two).endswith("order 1: The Union's order; order 2: The other government's order")
    # What is drawn has no line where no population is told.
    drawn = load("licences").scenario
    assert list(law_words(drawn).values()) == ["order in force"]
    assert list(law_words(drawn, 0).values()) == ["order in force", "licence granted", "licence granted"]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, WIDE_OF_LAW), st.text("abcMW ", min_size=1, max_size=20)), max_size=9))
def test_no_word_of_the_law_lies_on_another_or_on_its_line(words: list[tuple[float, str]]) -> None:
    rows = law_lines._rows(words, WIDE_OF_LAW)
    boxes, lines = [], []
    for (at, said), (row, is_left) in zip(words, rows, strict=True):
        wide = width_of(said, law_lines.SIZE) + law_lines.GAP
        boxes.append((row, *((at - wide, at) if is_left else (at, at + wide))))
        lines += [(below, at) for below in range(row)]
        assert at + wide <= WIDE_OF_LAW or is_left or at < wide + 2 * law_lines.GAP
    for (row, a, b), (other, c, d) in itertools.combinations(boxes, 2):
        assert row != other or b <= c or d <= a
    if not any(is_left for _, is_left in rows):
        assert not any(row == below and a < at < b for row, a, b in boxes for below, at in lines)


# Colours.


def lightness(colour: str) -> float:
    """CIE L* of a colour, 0 to 100: what a copy in grey keeps of it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_colours_survive_grey() -> None:
    shades = [lightness(shade) for shade in grammar.SHADES.values()]
    assert all(abs(a - b) > 10 for a, b in itertools.combinations(shades, 2))
    assert abs(lightness(grammar.BLOCKED) - lightness(grammar.WAITING)) > 30
    for lane in (life.STATES.values(), (life.HOME, *life.TRIPS)):
        assert all(abs(lightness(a) - lightness(b)) > 8 for a, b in itertools.combinations(lane, 2))
    for one, other in itertools.combinations(grammar.LINES, 2):
        assert one.dash != other.dash
        assert one.shape != other.shape
        assert one.colour != other.colour


# Names beside points.

WIDE, HIGH = 270.0, 250.0
points = st.lists(
    st.tuples(st.text("abcMW_", min_size=1, max_size=40), st.floats(0, WIDE), st.floats(0, HIGH)),
    max_size=14,
    unique_by=lambda point: point[0],
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(points)
def test_no_name_lies_on_another_or_on_a_point(found: list[tuple[str, float, float]]) -> None:
    taken = [Box(0, 120, WIDE, 122)]
    numbers = {name: n for n, (name, _, _) in enumerate(found, start=1)}
    placed, left, nameless = place([([name], x, y) for name, x, y in found], taken, (WIDE, HIGH), numbers)
    boxes = [Box(one.x, one.y - 5.5, one.x + room_of(one.text), one.y + 5.5) for one in placed]
    for box in boxes:
        assert box.left >= 0
        assert box.right <= WIDE
        assert not any(box.meets(around(x, y)) for _, x, y in found)
        assert not box.meets(taken[0])
    assert not any(a.meets(b) for a, b in itertools.combinations(boxes, 2))
    # A line crosses no name but its own, at which it ends, and it ends at the end at which the name is aligned.
    for one, own in zip(placed, boxes, strict=True):
        if one.leader:
            x, y, end_x, end_y = one.leader
            way = [(x + part * (end_x - x) / 50, y + part * (end_y - y) / 50) for part in range(50)]
            crossed = [box for box in boxes if box is not own and any(box.meets(Box(*at, *at)) for at in way)]
            assert crossed == []
            # The letters are above, below or beside the end of the line.
            wide = width_of(one.text, 9)
            begins = one.anchor - {"left": 0.0, "center": 0.5, "right": 1.0}[one.align] * wide
            assert begins - 1e-6 <= end_x <= begins + wide + 1e-6
    shown = {one.text for one in placed}
    # A number is explained where it stands, and no other.
    for name, _, _ in found:
        assert [name in shown, name in left, name in nameless].count(True) == 1
        assert name not in left or str(numbers[name]) in shown


def test_a_name_that_stands_off_has_a_line_to_its_point() -> None:
    """Close on every side there is something else: the name goes further off, and a line leads there."""
    close = [around(100, 100, 10)]
    (far,), left, nameless = place([(["name"], 100, 100)], close, (WIDE, HIGH), {"name": 1})
    assert left == nameless == []
    assert far.leader
    assert far.leader[:2] == (100, 100)
    x, y = far.leader[2:]
    assert far.x <= x <= far.x + LETTER * 4
    assert abs(y - far.y) <= 5.5
    (near,), *_ = place([(["name"], 100, 100)], [], (WIDE, HIGH), {"name": 1})
    assert near.leader == ()


@pytest.mark.parametrize("size", [ALONE, NARROW])
@pytest.mark.parametrize("count", range(1, 13))
def test_every_one_of_a_crowd_has_a_name_or_a_number(count: int, size: tuple[int, int]) -> None:
    """Dots close together at the upper end of a line, as those of gates that hardly refuse anybody are."""
    turns = [(7 * n % 12, n * n % 12) for n in range(count)]
    crowd = [([f"policy_{n}"], 0.65 * size[0] + 12 * x, 12.0 + 4 * y) for n, (x, y) in enumerate(turns)]
    line = [around(x, 11, 1.5) for x in range(int(size[0] / 2), size[0], 3)]
    numbers = {names[0]: n for n, (names, *_) in enumerate(crowd, start=1)}
    for long in ("", "_with_a_name_as_long_as_a_name_may_be_0123456789_abc"):
        named = [([names[0] + long], x, y) for names, x, y in crowd]
        placed, numbered, nameless = place(named, line, size, {name + long: n for name, n in numbers.items()})
        assert nameless == []
        assert len(placed) == count
        assert len(numbered) <= (count if long else count / 2)


def test_no_name_lies_on_the_line_of_the_floor() -> None:
    found = gatesim.frontier("june-2026")
    asked = drawn(found)
    assert asked.floor is not None
    floor = HEIGHT * (1 - asked.floor / TOP)
    for reading in found.readings:
        rows, *_ = _rows(found, reading, asked, (WIDTH, HEIGHT))
        assert len(rows.names) > 5
        assert all(abs(name["y"] - floor) > 5.5 for name in rows.names)


def test_every_policy_of_the_flagship_is_named_beside_its_dot() -> None:
    loaded = load("june-2026")
    found = glance(loaded, ask(loaded)).frontier
    rows, numbered, nameless = _rows(found, found.reading, drawn(found), ALONE)
    assert (numbered, nameless) == ([], [])
    named = {name for row in rows.names for name in row["text"].split(", ")}
    assert {"posterior_half", "all_foreign"} < named == set(_numbers(found))


def test_points_that_coincide_share_a_name_or_a_span_of_numbers() -> None:
    names = [f"{NAME}{n}" for n in range(3)]
    placed, left, nameless = place(
        [(names, 100, 100)], [], (WIDE, HIGH), dict(zip(names, (2, 3, 7), strict=True))
    )
    assert [one.text for one in placed] == ["2-3, 7"]
    assert left == names
    assert nameless == []


def test_a_point_without_room_for_a_number_is_named_apart() -> None:
    everywhere = [Box(0, 0, WIDE, HIGH)]
    placed, numbered, nameless = place([(["name"], 100, 100)], everywhere, (WIDE, HIGH), {"name": 1})
    assert (placed, numbered, nameless) == ([], [], ["name"])


def test_the_frontier_numbers_nothing_that_has_no_number_in_it() -> None:
    found = gatesim.frontier("licence-is-not-status")
    assert {one.leak for one in found.policies if one.policy == "foreign_passport_check"} == {None}
    _, small, _ = texts(found.plot.frontier())
    assert "without a point, since nobody is served: foreign_passport_check" in small
    assert ": foreign_passport_check," not in small.replace("served: foreign_passport_check", "")
    rows = [row for rows in found_in(found.plot.frontier().to_dict(), "values") for row in rows]
    shown = {row["text"] for row in rows if isinstance(row, dict) and "text" in row}
    for number in re.findall(r"(\d+): [a-z_]+", small):
        assert number in shown


def test_the_frontiers_title_is_its_point_at_the_limit() -> None:
    found = gatesim.frontier(SMALL, policies=["open", "any_foreign"])
    title, _, says = texts(found.plot.frontier())
    at = {p.bound: p.served for p in found.points if p.limit == 0.01 and p.reading == found.reading}
    from gatesim.measures.numbers import format_rate

    assert (
        f"more than {format_rate(at['bound_A'])} of entitled needs, or {format_rate(at['bound_B'])}" in title
    )
    assert "any_foreign serves" in says


def test_the_panel_for_the_page_is_in_order_and_names_every_policy_within_it() -> None:
    names = ["open", "shutdown", "any_foreign"]
    found = gatesim.frontier(SMALL, policies=names)
    spec, numbers = one_reading(found, question(found.loaded.scenario), "What it shows.")
    grammar.altair().LayerChart.from_dict(spec, validate=True)
    assert numbers == ""
    assert spec["description"] == "What it shows."
    shown = {row["text"]: row for row in rows_in(spec) if "text" in row and "y" in row}
    assert {part for text in shown for part in text.split(", ")} == {
        one.policy
        for one in found.policies
        if one.reading == found.reading and one.leak is not None and one.served is not None
    }
    assert all(0 < row["x"] < spec["width"] and 0 < row["y"] < spec["height"] for row in shown.values())


@pytest.mark.no_cover  # others cover the same lines
def test_the_panel_for_the_page_shows_the_rows_of_the_chart_of_all_readings() -> None:
    found = gatesim.frontier(SMALL, policies=["open", "shutdown", "any_foreign"])
    size = ALONE if len(found.readings) == 1 else (WIDTH, HEIGHT)
    spec, _ = one_reading(found, question(found.loaded.scenario), "What it shows.", size)
    panel = charts.frontier_chart(found).to_dict()["hconcat"][0]
    subtitle = charts.frontier_chart(found, ["careful"]).to_dict()["title"]["subtitle"]
    assert "the exact engine cannot do it: careful" in " ".join(subtitle)
    drawn = [layer["data"]["values"] for layer in panel["layer"]]
    assert [spec["datasets"][layer["data"]["name"]] for layer in spec["layer"]] == drawn
    assert [{**layer, "data": {}} for layer in spec["layer"]] == [
        {**layer, "data": {}} for layer in panel["layer"]
    ]


@pytest.mark.no_cover  # others cover the same lines
def test_panels_for_the_page_differ_in_nothing_but_their_rows() -> None:
    # Where only rows differ the page's chart is given the new ones; otherwise it is taken away and drawn anew.
    specs, numbers = [], []
    for policies in (["open", "any_foreign"], ["open", "shutdown", "any_foreign", NAME]):
        loaded = load(SMALL, [f'policies.{NAME}={{ family = "k_of_n", signals = ["ip"], k = 1 }}'])
        found = gatesim.frontier(loaded, policies=policies)
        spec, small = one_reading(
            found, question(loaded.scenario, limit=0.01 * len(policies)), "What it shows."
        )
        grammar.altair().LayerChart.from_dict(spec, validate=True)
        specs.append(spec)
        numbers.append(small)
    assert specs[0]["datasets"] != specs[1]["datasets"]
    assert {**specs[0], "datasets": {}} == {**specs[1], "datasets": {}}
    assert all(layer["data"]["name"] in specs[0]["datasets"] for layer in specs[0]["layer"])
    assert all(name in f"{numbers[1]} {specs[1]['datasets']}" for name in ("any_foreign", NAME))


@pytest.mark.no_cover  # others cover the same lines
@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (("signals.ip.accuracy", "segments.*.vpn.users"), ("The IP, in words", "Users of a VPN")),
        (("segments.*.never_answers", "signals.ip.coverage"), ('A "quoted" name, long ' * 4, "b")),
    ],
)
def test_a_map_for_the_page_is_the_chart_of_the_map_filled_in(
    keys: tuple[str, str], names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = gatesim.shutdown_map(SMALL, vary=keys, steps=3, policies=["open", "any_foreign"])
    for number, parameter in enumerate(found.parameters):
        assert parameter.key == keys[number]
    monkeypatch.setattr("gatesim.show.charts.shutdown.called", lambda _, p: names[keys.index(p.key)])
    alone = map_alone(found, "What it shows.", names)
    whole = charts.map_chart(found).to_dict()
    assert len(alone["hconcat"]) == len(whole["hconcat"]) == 3
    for panel, other in zip(alone["hconcat"], whole["hconcat"], strict=True):
        rows = [alone["datasets"][one["data"]["name"]] for one in _with_data(panel)]
        assert rows == [one["data"]["values"] for one in _with_data(other)]
        assert _plain(panel) == _plain(other)


def _with_data(panel: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers of a panel; where there is one only, the rows are the panel's."""
    return [{"data": panel.get("data"), **layer} for layer in panel["layer"]]


def _plain(panel: dict[str, Any]) -> dict[str, Any]:
    layers = [{key: value for key, value in layer.items() if key != "data"} for layer in panel["layer"]]
    return {key: value for key, value in panel.items() if key != "data"} | {"layer": layers}


def test_a_chart_that_is_not_in_order_is_refused_when_it_is_drawn() -> None:
    from altair.utils import schemapi

    alt = grammar.altair()
    with grammar.unchecked():
        wrong = alt.hconcat(alt.Chart(grammar.inline([{}])).mark_text(baseline="nowhere"))
    with pytest.raises(schemapi.SchemaValidationError, match="nowhere"):
        grammar.finished(wrong, "t", "s", 100).to_dict()
    with pytest.raises(schemapi.SchemaValidationError, match="nowhere"):
        alt.Chart(grammar.inline([{}])).mark_text(baseline="nowhere")


def test_without_the_extra_the_message_says_how_to_get_it() -> None:
    code = (
        "import sys; sys.modules['altair'] = None\n"
        "import gatesim.show.charts as charts\n"
        "try: charts.nothing('a', 'b', 'c')\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "gatesim[charts]"' in done.stdout


@pytest.mark.parametrize("width", range(80, 400, 7))
def test_a_percent_sign_stays_with_its_number(width: int) -> None:
    text = "None of 13 listed gates keeps leaks within 0.1 % and serves at least 50 % of entitled needs"
    lines = broken(text, width, 12)
    assert " ".join(lines) == text
    assert not any(line.startswith("%") for line in lines)


def test_a_number_stays_with_the_name_that_it_stands_for() -> None:
    lines = broken("dotted: the floor; 2: a_first_name, 3: a_second_name, 4: a_third_name", 130, 11)
    assert not any(line.endswith(":") for line in lines)


def test_what_leaks_less_than_its_axis_shows_is_an_arrow_that_the_small_print_explains() -> None:
    result = gatesim.run("june-2026", policies=["posterior_strict", "open", "shutdown"], engine="exact")
    spec = charts.policies_chart(result).to_dict()
    rows = {
        row["policy"]: row for data in spec["datasets"].values() for row in data if "leaked_beyond" in row
    }
    leaks = {name: found.measures["leak_share"].value or 0.0 for name, found in result.policies.items()}
    assert {name: row["leaked_beyond"] for name, row in rows.items()} == {
        name: leak < LEAST for name, leak in leaks.items()
    }
    assert 0 < leaks["posterior_strict"] < LEAST < leaks["open"]
    assert "triangle-left" in json.dumps(spec)
    assert "arrow: leaks less than 0.01 %, or nothing" in " ".join(spec["title"]["subtitle"])
    alone = charts.policies_chart(gatesim.run("june-2026", policies=["open"], engine="exact")).to_dict()
    assert "arrow" not in " ".join(alone["title"]["subtitle"])


def test_charts_of_a_number_that_moves_say_under_which_reading_and_limit() -> None:
    point = gatesim.shutdown_point(SMALL, vary="signals.ip.accuracy", policies=["open", "any_foreign"])
    both = gatesim.shutdown_map(
        SMALL, vary=["signals.ip.accuracy", "verdict.floor"], policies=["open"], steps=3
    )
    for chart in (point.plot.served(), both.plot.outcomes()):
        _, small, _ = texts(chart)
        assert 'order read as "person"' in small
        assert re.search(r"limit \d[\d.]* % of (served|restricted) needs", small)
        assert "%" not in re.sub(r"\d %", "", " ".join(texts(chart)[::2])), "a blank before each percent sign"


def test_the_best_policy_listed_is_drawn_by_steps_and_the_title_says_where_the_outcome_changes() -> None:
    point = gatesim.shutdown_point("june-2026", vary="orders.0.standard.limit", low=0, high=0.2)
    policies = gatesim.run("june-2026", engine="exact").policies
    served = [found.measures["served_entitled"].value or 0.0 for found in policies.values()]
    drawn = [
        row["served"] for row in rows_drawn(point.plot.served()) if row.get("side") == "best policy listed"
    ]
    # Whatever the limit, what is drawn is what some listed policy serves, or nothing; nor is there a slope in between.
    assert all(min(abs(share - one) for one in (0.0, *served)) < 1e-9 for share in drawn)
    line = [(row["value"], row["list"]) for row in point.curve]
    rises = [b[0] - a[0] for a, b in itertools.pairwise(line) if a[1] != b[1]]
    assert len(rises) > 4
    assert max(rises) < 1e-8
    title, *_ = texts(point.plot.served())
    assert "changes at 0.001633 % and 1.777 % for the policies listed, at 1.397 % for bound A, but" in title


def test_of_many_changes_a_title_says_how_many_and_between_which_values() -> None:
    moved = {"vary": "orders.0.standard.limit", "low": 0, "high": 0.5}
    point = gatesim.shutdown_point(SMALL, **moved, policies=["any_foreign"])
    change = dataclasses.replace(point.changes[0], side="list")
    at = tuple(dataclasses.replace(change, value=0.1 * n) for n in range(1, 5))
    many = dataclasses.replace(point, changes=at)
    assert "changes at 4 values from 10 % to 40 % for the policies listed" in shutdown_finding(many, "x")


def rows_drawn(chart: Any) -> list[dict[str, Any]]:
    """The rows of all layers."""
    return [row for rows in found_in(chart.to_dict(), "values") for row in rows if isinstance(row, dict)]


def test_a_frontier_says_that_it_knows_no_queue_where_a_listed_policy_has_one() -> None:
    """Of the weekend's desk 40 % are not served, and its dot stands at 100 %."""
    for policies, words in ((["open", "human_desk"], True), (["open", "machine_check"], False)):
        found = gatesim.frontier("weekend-desk", policies=policies)
        spec = charts.frontier_chart(found).to_dict()
        small = " ".join(spec["title"]["subtitle"])
        assert ("without the desk's queue and what refused people do" in small) is words


def test_on_the_frontier_too_what_leaks_less_than_its_axis_shows_is_an_arrow_that_is_explained() -> None:
    said = "arrow: leaks less than 0.001 %, or nothing"
    found = gatesim.frontier("who-waits")
    spec = found.plot.frontier().to_dict()
    rows = [row for row in rows_drawn(found.plot.frontier()) if "beyond" in row]
    leaks = {(one.policy, one.leak or 0.0) for one in found.policies}
    beyond = {policy for policy, leak in leaks if leak < LEFT_END}
    assert (
        {row["policy"] for row in rows if row["beyond"]}
        == beyond
        == {"passport_only", "by_hand", "cards_by_machine"}
    )
    assert {row["policy"] for row in rows if not row["beyond"]} == {"open"}
    assert "triangle-left" in json.dumps(spec)
    assert said in texts(found.plot.frontier())[1]
    assert f"{said.capitalize()}." in frontier_key(found, "", "")
    other = gatesim.frontier(SMALL, policies=["open"])
    assert "arrow" not in f"{texts(other.plot.frontier())[1]} {frontier_key(other, '', '')}".lower()


@pytest.fixture(scope="module")
def small_map() -> ShutdownMap:
    keys = ["orders.0.standard.limit", "verdict.floor"]
    return gatesim.shutdown_map(SMALL, vary=keys, low=[0, 0.1], high=[0.5, 1], steps=5, policies=["open"])


@pytest.mark.parametrize(
    ("listed", "plain", "remembering", "says"),
    [
        (0, 0, 0, "Nowhere on the map is any gate within the limit and above the floor"),
        (
            0,
            0,
            25,
            "Nowhere on the map does a listed gate that is ready, or any gate without memory, serve enough within "
            "the limit; one that remembers is nowhere ruled out",
        ),
        (
            0,
            5,
            10,
            "Within the limit a listed gate that is ready serves enough nowhere on the map, and some gate without "
            "memory on 20 % of it; one that remembers is not ruled out on 40 % of it",
        ),
        (
            5,
            25,
            25,
            "Within the limit a listed gate that is ready serves enough on 20 % of the map, and some gate without "
            "memory everywhere; one that remembers is nowhere ruled out",
        ),
        (25, 25, 25, "Everywhere on the map a listed gate that is ready serves enough within the limit"),
    ],
)
def test_a_maps_title_is_one_sentence(
    listed: int, plain: int, remembering: int, says: str, small_map: ShutdownMap
) -> None:
    def ranks(count: int) -> Any:
        return np.where(np.arange(25) < count, 0, 2).astype(np.int8).reshape(5, 5)

    of = dict(zip(SIDES, map(ranks, (listed, plain, remembering)), strict=True))
    made = dataclasses.replace(small_map, ranks=of, left_out=())
    assert map_finding(made) == says
    without = map_finding(dataclasses.replace(made, left_out=("careful",)))
    assert without.replace(" (1 listed are not looked at)", "") == says
    assert without != says
    none = map_finding(dataclasses.replace(made, policies=(), left_out=("careful",)))
    assert none.startswith("No listed policy can be looked at on the map; some gate without memory")


def test_a_map_has_a_cross_where_what_is_assumed_is_one_point_of_it_and_says_why_there_is_none(
    small_map: ShutdownMap,
) -> None:
    first, second = small_map.parameters
    crosses = [row for row in rows_drawn(small_map.plot.outcomes()) if row.keys() == {"x", "y", "outcome"}]
    # One for each panel, drawn twice: white, and on it the colour of what holds there.
    assert {(row["x"], row["y"]) for row in crosses} == {(first.now, second.now)}
    assert len(crosses) == 6
    assert (
        "; cross: as assumed, in the colour of what holds there; across"
        in texts(small_map.plot.outcomes())[1]
    )
    beyond = dataclasses.replace(first, low=0.4)
    several = dataclasses.replace(second, assumed=(0.2, 0.3))
    for parameters, why in (
        ((beyond, second), "no cross: what is assumed lies beyond the map"),
        ((beyond, several), "no cross: no single value is assumed of “"),
    ):
        other = dataclasses.replace(small_map, parameters=parameters, here={}).plot.outcomes()
        assert why in texts(other)[1]
        assert not any(row.keys() == {"x", "y", "outcome"} for row in rows_drawn(other))


def test_the_days_have_lines_at_changes_of_the_law_and_say_what_shows_what() -> None:
    result = gatesim.run("june-2026", people=200, policies=["open"])
    spec = result.plot.days().to_dict()
    words = [mark["text"] for mark in found_in(spec, "mark") if isinstance(mark, dict) and "text" in mark]
    assert words == ["order in force", "narrowed", "lifted"]
    # At 17:21 on 12 June; the bar of a day has its noon where the axis has its midnight.
    at = next(row["at"] for row in rows_drawn(result.plot.days()) if "at" in row)
    assert at == "2026-06-12T05:21:00+00:00"
    small = texts(result.plot.days())[1]
    assert "thin lines: 95 % of simulation noise" in small
    assert (
        "bars: the share of entitled needs that is not served (the rest is); line: the share of restricted"
        in small
    )
    assert small.endswith("dashed: the law changes")
    long = gatesim.run("licences", people=60, policies=["open"])
    _, small, _ = texts(long.plot.days())
    assert "; bands: 95 %" in small
    assert "; areas: the share of entitled needs" in small
    assert small.endswith("what is drawn by chance (an end, a licence) has no such line")


# What a title says is no chance.


def _of(result: Result, policies: Mapping[str, Found]) -> Result:
    """The result with other findings under its own reading."""
    return replace(result, found=dict(result.found) | {result.reading: policies})


def ranged(value: float, half: float | None) -> Measure:
    low, high = (None, None) if half is None else (value - half, value + half)
    return Measure("desk_wait", 1, 1, value, low, high)


def test_no_desk_is_called_the_fullest_that_chance_may_have_made_so(result: Result) -> None:
    several = {"careful": ranged(20, 4), "passport": ranged(18, 4), "licence": ranged(10, 1)}
    for measured, first in (
        (several, None),
        (several | {"careful": ranged(30, 4)}, "careful"),
        ({name: replace(one, low=None, high=None) for name, one in several.items()}, None),
    ):
        made = _of(result, {name: _with(result, desk_wait=one) for name, one in measured.items()})
        title = _desk_finding(made, _records(made))
        assert title.startswith(f"Under {first} cases wait longest: " if first else "") == bool(
            title or not first
        )
        assert bool(title) == (first is not None)
        if first is None:
            said = _spread(_records(made))
            assert said.startswith("By policy cases wait 10")
            assert said.endswith("the simulation cannot tell under which cases wait longest")
    alone = _of(result, {"careful": _with(result, desk_wait=ranged(20, None))})
    assert _desk_finding(alone, _records(alone)) == "Under careful cases wait 20 h on average"


def _with(result: Result, **measures: Measure) -> Found:
    one = next(iter(result.policies.values()))
    others = {name: each for name, each in one.measures.items() if not name.startswith("desk_")}
    return replace(one, measures=others | measures)


def test_no_reason_is_called_the_commonest_that_chance_may_have_made_so() -> None:
    def cell(reason: str, value: float, half: float) -> dict[str, Any]:
        text = f"{100 * value:.0f} %"
        bounds = {"low": value - half, "high": value + half}
        return {"policy": "p", "reason": reason, "value": value, "text": text} | bounds

    sure = [cell("no document", 0.4, 0.05), cell("no answer", 0.2, 0.05)]
    assert _commonest(sure) == 'Under p the commonest reason is "no document": 40 % of entitled needs'
    wide = [sure[0] | {"range": "30-52 %"}, sure[1]]
    assert _commonest(wide) == 'Under p the commonest reason is "no document": 30 to 52 % of entitled needs'
    near = [cell("no document", 0.2, 0.08), cell("no answer", 0.25, 0.05), cell("rule", 0.05, 0.01)]
    assert _commonest(near) == (
        'The simulation cannot tell which reason is the commonest under p: "no answer" and "no document" may be'
    )


def test_a_title_of_the_desk_has_the_range_of_what_is_not_known_well(result: Result) -> None:
    """Of two replications 34 % leave the queue: anything up to 77 % would be no surprise."""
    for half, words in ((0.34, "0 to 68 % leave the queue"), (0.02, "34 % leave the queue")):
        left = replace(ranged(0.34, half), name="desk_abandonment")
        one = _of(result, {"careful": _with(result, desk_wait=ranged(20, 6), desk_abandonment=left)})
        title = _desk_finding(one, _records(one))
        assert title == f"Under careful cases wait 14 to 26 h on average; {words}"


def test_dots_of_the_desk_have_as_many_digits_as_tell_them_apart(result: Result) -> None:
    """Dots at 16 and at 22 hours were both called 20."""
    several = {"a": ranged(16.2, 8), "b": ranged(22.4, 9), "c": ranged(16.24, 0.1), "d": ranged(0.0, None)}
    made = _of(result, {name: _with(result, desk_wait=one) for name, one in several.items()})
    assert [one["desk_wait_text"] for one in _records(made)] == ["16", "22", "16.2", "0"]


def test_a_reason_has_the_interval_of_its_share_where_that_is_wide(result: Result) -> None:
    reasons = {
        "rule": Measure("false_block_rate", 1, 1, 0.35, 0.34, 0.36),
        "waiting": Measure("false_block_rate", 1, 1, 0.02, 0.01, 0.05),
    }
    one = replace(next(iter(result.policies.values())), reasons=reasons)
    chart = who_pays_chart(_of(result, {"p": one}), "reason")
    cells = [row for rows in found_in(chart.to_dict(), "values") for row in rows if isinstance(row, dict)]
    ranges = {row["reason"]: row["range"] for row in cells if "range" in row}
    assert ranges == {"gate's rule": "", "waiting": "1-5 %"}
    assert "below it its 95 % interval of simulation noise" in texts(chart)[1]
    assert "p, waiting: 2 % (1-5 %)" in texts(chart)[2]
    sure = replace(one, reasons={"rule": reasons["rule"]})
    assert "below it" not in texts(who_pays_chart(_of(result, {"p": sure}), "reason"))[1]


def test_between_which_policies_leaks_lie_names_nobody_whom_chance_may_have_put_there(result: Result) -> None:
    one = next(iter(result.policies.values()))

    def leaks(value: float, half: float | None, may: bool = True) -> Found:
        bounds = {} if half is None else {"low": max(value - half, 0.0), "high": value + half}
        leak = Measure("leak_share", 1, 1, value, **bounds)
        served = replace(one.measures["served_entitled"], value=0.5)
        return replace(
            one, measures=dict(one.measures) | {"leak_share": leak, "served_entitled": served}, may_leak=may
        )

    names = {"a": leaks(0.01, 0.005), "b": leaks(0.2, 0.05), "c": leaks(0.6, 0.1)}
    assert "let through 1.0 % (a) to 60 % (c) of served" in _extremes(_of(result, names), "leak_share")
    near = names | {"d": leaks(0.0, 0.3), "e": leaks(0.7, 0.1)}
    assert "let through up to 70 % of served" in _extremes(_of(result, near), "leak_share")
    never = names | {"d": leaks(0.0, 0.3, may=False)}
    assert "let through nothing (d) to 60 % (c)" in _extremes(_of(result, never), "leak_share")


def test_a_chart_says_whom_its_title_does_not_count_and_where_a_limit_off_the_axis_is() -> None:
    found = gatesim.run(SMALL, engine="exact", sets=["orders.0.standard.limit=0", *LASTING])
    small = " ".join(texts(found.plot.policies())[1].split())
    assert "no candidates, for they serve nobody or only shut down: shutdown" in small
    assert "the limit, 0 %, lies left of the axis" in small
    drawn = gatesim.frontier(SMALL, sets=["orders.0.standard.limit=0", *LASTING]).plot.frontier()
    assert "the order's limit, 0 %, lies left of the axis" in " ".join(texts(drawn)[1].split())


def test_an_interval_that_goes_on_below_the_axis_has_an_arrow(result: Result) -> None:
    frame = _frame(result, "leak_share")
    for row in frame.to_dict("records"):
        leaked = result.policies[row["policy"]].measures["leak_share"]
        longer = leaked.low is not None and leaked.value is not None and leaked.low < LEAST <= leaked.value
        assert row["leaked_longer"] == longer
    assert ("small arrow" in texts(result.plot.policies())[1]) == frame["leaked_longer"].any()


def test_opening_and_closing_leave_nothing_to_chance() -> None:
    found = gatesim.run(SMALL, people=200, policies=["open", "shutdown"])
    found = replace(found, expected={})  # as where the exact engine does not know
    for name, refused in (("open", "0 %"), ("shutdown", "100 %")):
        (row,) = (row for row in _frame(found, "leak_share").to_dict("records") if row["policy"] == name)
        assert row["blocked_text"] == refused
    closed = found.policies["shutdown"]
    whole = Measure("shutdown", 50, 50, 1.0, 0.93, 1.0, one_sided=True)
    all_shut = _of(found, {"shutdown": replace(closed, reasons={"shutdown": whole})})
    surely = {"shutdown": {"refused_by_gate": Measure("refused_by_gate", 1, 1, 1.0)}}
    for expected, text in (
        ({}, ">93 %"),
        (surely, "100 %"),
    ):  # somebody may leave, where that is not ruled out
        spec = replace(all_shut, expected=expected).plot.who_pays("reason").to_dict()
        cells = [row for rows in found_in(spec, "values") for row in rows]
        assert [cell["text"] for cell in cells if cell.get("reason") == "shut down"] == [text]


def test_a_group_too_small_to_know_its_noise_is_said_to_be(result: Result) -> None:
    name, one = next(iter(result.policies.items()))
    few = {
        "false_block_rate": Measure("false_block_rate", 1, 3, 0.2953),
        "leak_rate": Measure("leak_rate", 0, 0, None),
    }
    counts = {
        "false_blocks": replace(one.measures["false_blocks"], value=1.0),
        "leaks": one.measures["leaks"],
    }
    made = _of(result, {name: replace(one, by=dict(one.by) | {"segment": {"staff": few | counts}})})
    assert "refused wrongly about 30 %, too few to tell" in str(
        made.plot.who_pays("segment", name).description
    )


def test_names_longer_than_a_panel_of_days_stand_on_two_lines_and_panels_beside_each_other() -> None:
    rule = f'policies.{NAME}={{ family = "k_of_n", signals = ["ip"], k = 1 }}'
    names = ["open", NAME, "any_foreign"]
    found = gatesim.run(SMALL, engine="exact", policies=names, sets=[rule])
    spec = found.plot.days().to_dict()
    (facet,) = spec["hconcat"]
    assert facet["columns"] == 3
    heads = {row["panel"] for row in spec["data"]["values"]}
    assert {head.replace("\n", "") for head in heads} == set(names)
    for head in heads:
        assert all(width_of(line, 11, bold=True) <= days.WIDTH for line in head.split("\n"))


def test_a_little_of_a_map_is_not_none_of_it() -> None:
    said = [_on_the_map(share) for share in (0.0, 0.002, 0.5, 0.998, 1.0)]
    assert said == [
        "nowhere on the map",
        "on less than 1 % of the map",
        "on 50 % of the map",
        "on more than 99 % of the map",
        "everywhere on the map",
    ]


def test_where_a_listed_policy_cannot_be_followed_the_reports_map_is_over_the_floor() -> None:
    found = gatesim.run("weekend-desk", people=200)
    chart = CHARTS["map"](found).wide
    assert "Floor" in str(chart.to_dict())
    assert "not looked at" not in " ".join(chart.title.text)
    assert "of the list without" not in " ".join(texts(chart)[1].split())
