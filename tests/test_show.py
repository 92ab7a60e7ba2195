"""What is shown: tables that cut nothing, escaped HTML, numbers, charts."""

from __future__ import annotations

import dataclasses
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

import gatesim
from gatesim.measures.definitions import Measure
from gatesim.scenario import load
from gatesim.scenario.types import DAY
from gatesim.show import charts
from gatesim.show.answer import answer_html, print_answer
from gatesim.show.charts.policies import LEAST
from gatesim.show.check import print_check, titles, values
from gatesim.show.decisions import print_decisions
from gatesim.show.html import run_html
from gatesim.show.lines import broken_lines
from gatesim.show.outcomes import SHORT, outcome_words
from gatesim.show.page import page, warn
from gatesim.show.pictures import SHARP, SIGNATURE, as_pictures, compressed
from gatesim.show.relief import relief_tables
from gatesim.show.run import lead_time, print_run, rate, transition_words, whom_table
from gatesim.show.shutdown import map_text, marks_words
from gatesim.show.tables import Column, Table, broken, compact, least_width, print_table, table_html
from gatesim.show.who import print_who
from gatesim.study.result import Result
from tests.scenarios import LASTING, SMALL

NAME = "a-policy-with-a-name-as-long-as-a-name-may-be-0123456789-abc"
ATTACK = "<script>alert('x')</script> & \"y\""


@pytest.fixture(scope="module")
def result() -> Result:
    return gatesim.run(SMALL, people=120)


def many(count: int, *more: str) -> Result:
    """A run of so many policies, computed without chance."""
    sets = [
        f'policies.{NAME[:-2]}{n:02}={{ family = "k_of_n", signals = ["ip"], k = 1 }}'
        for n in range(count - 1)
    ]
    loaded = load(SMALL, [*sets, *more])
    names = [*(name for name in loaded.scenario.policies if name.startswith(NAME[:9])), "open"]
    return gatesim.run(loaded, policies=names, engine="exact")


@pytest.fixture(scope="module")
def twelve() -> Result:
    return many(12, "readings.person_or_destination_and_more={ restricts = [{ located = ['abroad'] }] }")


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    out = capsys.readouterr().out
    assert "\x1b" not in out, "no colours but on a terminal"
    return out


def letters(text: str) -> Counter[str]:
    """What is to read, wherever lines are broken."""
    return Counter(re.sub(r"[\s─_]", "", text))


# Tables.

WORDS = st.text("abcdefghijkl %-0123456789", min_size=0, max_size=70).map(str.strip)


@st.composite
def any_table(draw: st.DrawFn) -> Table:
    number = draw(st.integers(1, 7))
    columns = tuple(
        Column(
            draw(WORDS) or "column",
            draw(st.sampled_from(("left", "right"))),
            draw(st.sampled_from((None, None, 1, 3))),
        )
        for _ in range(number)
    )
    rows = draw(st.lists(st.tuples(*[WORDS] * number), max_size=4))
    return Table(draw(WORDS), columns, tuple(rows), draw(WORDS))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(any_table(), st.integers(60, 100))
@pytest.mark.no_cover  # others cover the same lines
def test_a_table_cuts_nothing_and_keeps_to_the_page(table: Table, width: int) -> None:
    console = Console(width=width, highlight=False, emoji=False, markup=False, color_system=None)
    with console.capture() as capture:
        print_table(console, table)
    text = capture.get()
    assert max(map(len, text.splitlines())) <= width
    wanted = [table.title, table.note, *(column.title for column in table.columns), *sum(table.rows, ())]
    assert letters(text) == letters("".join(wanted))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(any_table(), st.integers(60, 100))
@pytest.mark.no_cover  # others cover the same lines
def test_no_word_of_a_table_is_broken_that_a_column_can_hold(table: Table, width: int) -> None:
    console = Console(width=width, highlight=False, emoji=False, markup=False, color_system=None)
    with console.capture() as capture:
        print_table(console, table)
    shown = set(words_of(capture.get()))
    wanted = {word for text in (table.title, table.note, *sum(table.rows, ())) for word in words_of(text)}
    assert wanted <= shown or least_width(table) > width


def words_of(text: str) -> list[str]:
    """What stays together: words, a number with its unit as one."""
    return re.sub(r"(?<=\d) %", "%", text).split()


@given(st.text("ab12 %_-/é語", max_size=60), st.integers(1, 20))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_lines_have_all_words_in_order_and_keep_to_their_width(text: str, width: int) -> None:
    lines = broken_lines(text, max(2, width))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= max(2, width) for line in lines)


def test_lines_end_between_words_and_not_before_a_unit() -> None:
    assert broken_lines("serves 59.8 % of", 13) == ["serves 59.8 %", "of"]
    assert broken_lines("serves 59.8 % of", 12) == ["serves", "59.8 % of"]
    assert broken_lines("about 12.8 M needs", 12) == ["about 12.8 M", "needs"]
    assert broken_lines("posterior_strict_at_two", 16) == ["posterior_", "strict_at_two"]
    assert broken_lines("a" * 7, 3) == ["aaa", "aaa", "a"]
    assert broken_lines("one\n\ntwo", 9) == ["one", "", "two"]


@pytest.mark.no_cover  # others cover the same lines
def test_names_of_policies_are_whole_beside_narrowings() -> None:
    found = gatesim.relief("june-2026", policies=["posterior_strict"], memory=False)
    for width, table in product((80, 100), relief_tables(found)):
        console = Console(width=width, highlight=False, color_system=None)
        with console.capture() as capture:
            print_table(console, table)
        text = capture.get()
        assert least_width(table) <= width
        assert text.count("posterior_strict") == sum(
            "posterior_strict" in cell for row in table.rows for cell in row
        )


def test_a_decision_table_breaks_no_word_on_a_narrow_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Console(width=80, highlight=False, color_system=None, file=sys.stdout)
    monkeypatch.setattr("gatesim.show.decisions.page", lambda: narrow)
    print_decisions(gatesim.explain("june-2026", policy="careful"))
    shown = words_of(printed(capsys))
    assert {"consumer", "mythos-5", "decision", "restricted", "organisation"} <= set(shown)
    assert "r" not in shown


def test_numbers_stay_whole_as_long_as_they_can(capsys: pytest.CaptureFixture[str]) -> None:
    columns = (Column("policy", "left"), *(Column(f"number {n}") for n in range(6)))
    print_table(page(), Table("Wide", columns, ((NAME * 2, *["12.345 %"] * 6),)))
    assert printed(capsys).count("12.345 %") == 6


def test_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(page(), Table("[bold]x[/bold]", (Column("[red]"),), (("[/] :smile:",),), "[dim]"))
    out = printed(capsys)
    assert all(text in out for text in ("[bold]x[/bold]", "[red]", "[/] :smile:", "[dim]"))


def test_html_is_escaped() -> None:
    html = table_html(Table(ATTACK, (Column(ATTACK), Column("b", "left")), ((ATTACK, "1"),), ATTACK))
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;y&quot;") == 4
    assert '<td style="text-align:right">' in html
    assert "<small>" not in table_html(Table("t", (Column("a"),), ()))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.01234, "0.0123"),
        (3.4, "3"),
        (999.4, "999"),
        (999.6, "1.00 k"),
        (1000, "1.00 k"),
        (17_650, "17.6 k"),
        (123_456, "123 k"),
        (999_499, "999 k"),
        (999_600, "1.00 M"),
        (17_700_000, "17.7 M"),
        (2.5e9, "2.50 B"),
        (8.1e12, "8100 B"),
    ],
)
def test_compact_numbers(number: float, text: str) -> None:
    assert compact(number) == text


@given(st.floats(100, 9e11))
def test_compact_numbers_are_right_to_half_a_percent(number: float) -> None:
    digits, _, unit = compact(number).partition(" ")
    assert float(digits) * {"": 1, "k": 1e3, "M": 1e6, "B": 1e9}[unit] == pytest.approx(number, rel=0.0051)
    assert len(digits.replace(".", "")) == 3


def test_headings_are_broken_at_words() -> None:
    assert broken("person_or_destination") == "person or\ndestination"
    assert broken("entitled needs served", 8) == "entitled\nneeds\nserved"
    assert broken("x") == "x"
    assert broken("") == ""


# The page.


def test_a_pipe_gets_a_hundred_columns_and_a_terminal_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for columns in ("40", "80", "300"):
        monkeypatch.setenv("COLUMNS", columns)
        assert page().width == 100
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    for columns, width in (("40", 60), ("80", 80), ("300", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        assert page().width == width


def test_a_warning_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    warn(["x" * 300, "[b] and more"])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"warning: {'x' * 300}", "warning: [b] and more"]


def test_a_warning_on_a_terminal_breaks_between_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    warn(["several orders count leaks each by itself, and here together"])
    lines = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().err).splitlines()
    assert lines == ["warning: several orders count leaks each", "by itself, and here together"]


def test_a_map_that_is_all_alike_is_one_line() -> None:
    found = gatesim.shutdown_map(
        SMALL, vary=["signals.ip.accuracy", "verdict.floor"], steps=3, policies=["any_foreign"]
    )
    assert {"everywhere" in map_text(found, side) for side in found.ranks} == {True, False}
    for side, ranks in found.ranks.items():
        text = map_text(found, side)
        assert ("everywhere" in text) == (len(set(ranks.ravel().tolist())) == 1)
        assert set(text) - set(" \neverywhere") <= set(marks_words(found))


# A run.


def test_a_run_fits_the_page_and_cuts_no_name(twelve: Result, capsys: pytest.CaptureFixture[str]) -> None:
    print_run(twelve)
    out = printed(capsys)
    assert max(map(len, out.splitlines())) <= 100
    together = re.sub(r"\s", "", out)
    for table in (whom_table(twelve),):
        for row in table.rows:
            assert letters("".join(row)) <= letters(together)
    assert len([line for line in out.splitlines() if line.startswith("a-policy-with-a-name")]) >= 2 * 11
    assert "Expected values; no chance in them." in " ".join(out.split())


def test_the_verdict_comes_before_its_tables(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    print_run(result)
    out = " ".join(printed(capsys).split())
    parts = [
        "A small world",
        "120 accounts simulated for 3,000, seed 7",
        "Reading the order",
        "Each policy",
        "Whom",
    ]
    places = [out.index(part) for part in parts]
    assert places == sorted(places)
    assert f"It rests on {result.uncertain} inputs, {result.guesses} of them guesses" in out
    assert result.sentence in out
    assert "Desk (careful)" in out
    assert "Desk (ask)" in out


def test_what_is_undefined_is_a_dash_and_what_cannot_happen_is_zero() -> None:
    def measure(value: float | None, low: float | None, high: float | None) -> Measure:
        return Measure("leak_rate", 0, 100, value, low, high)

    assert rate(measure(None, None, None)) == "-"
    assert rate(measure(0.0, 0.0, 0.003)) == "<0.3 %"
    assert rate(measure(0.0, 0.0, 0.003), structural_zero=True) == "0 %"


def test_every_outcome_has_words(result: Result) -> None:
    row = result.verdict.rows[0]
    for outcome in SHORT:
        words = outcome_words(dataclasses.replace(row, outcome=outcome, best="careful"))
        assert words
        assert "{" not in words


def test_lead_times_in_words(result: Result) -> None:
    scenario = result.loaded.scenario
    assert lead_time(scenario, "open") == "at once"
    assert lead_time(scenario, "careful") == "45d"
    assert scenario.policies["careful"].lead_time == 45 * DAY


def test_until_a_first_policy_is_ready_none_complies() -> None:
    leads = [f'policies.{name}.lead_time="12h"' for name in ("shutdown", "any_foreign", "ask")]
    run = gatesim.run(SMALL, engine="exact", policies=["any_foreign"], sets=leads)
    words = transition_words(run)
    assert "before 13 June 2026, 05:21 (UTC-04:00)" in words
    # Half a day of needs for the new model by foreigners and visitors: 3000 accounts.
    a_day = 3000 * (0.1 * 2.0 + 0.4 * (0.97 * 0.7 + 0.03))
    assert run.transition is not None
    assert run.transition.leaks == pytest.approx(a_day / 2)
    at_once = gatesim.run(SMALL, engine="exact", policies=["any_foreign"])
    assert transition_words(at_once) == ""


def test_whom_names_who_is_hit_most(result: Result) -> None:
    rows = {name: (refused, through) for name, refused, through in whom_table(result).rows}
    assert rows["open"][0] == "nobody"
    assert rows["shutdown"][0].startswith("natives")
    assert rows["shutdown"][1] == "nobody"
    assert rows["open"][1].startswith("foreigners")


def test_whom_says_what_the_segments_are_that_it_names() -> None:
    run = gatesim.run("licence-is-not-status", engine="exact")
    table = whom_table(run)
    named = {word for _, *cells in table.rows for cell in cells for word in cell.split()}
    titles = {name: one.title for name, one in run.loaded.scenario.segments.items() if one.title}
    assert set(titles) & named
    for name, title in titles.items():
        assert (f"{name}: {title.rstrip('.')}" in table.note) == (name in named)


def test_a_run_in_a_notebook_is_escaped() -> None:
    loaded = load(SMALL, [f"title={ATTACK!r}" if "'" not in ATTACK else f'title="""{ATTACK[:-1]}" """'])
    run = gatesim.run(loaded, policies=["open", "any_foreign"], engine="exact")
    assert "<script" in run.loaded.scenario.title
    html = run._repr_html_()
    assert html == run_html(run)
    assert html is not None
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert html.count("<table>") == 5
    assert html.count("<table") == html.count("</table>")


# Check and who.


def test_check_fits_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    checked = gatesim.check("june-2026")
    print_check(checked)
    out = printed(capsys)
    assert max(map(len, out.splitlines())) <= 100
    assert "What was expected before its first run, and what came out" in out
    assert f"{checked.guesses[0]} of {checked.guesses[1]} inputs are guesses." in out
    html = checked._repr_html_()
    assert html is not None
    assert html.count("<tr>") == 1 + len(checked.inputs)


def test_many_values_are_shown_by_their_span() -> None:
    assert values({"a": 0.5}) == "0.5"
    assert values({"a": 0.5, "b": 0.5, "c": 2000}) == "0.5, 2,000"
    assert values({"a": 0.5, "b": 0.25, "c": 1}) == "0.25 to 1"
    assert values({"a": "x", "b": "y", "c": 1}) == "x and 2 more"


def test_numbers_are_written_without_powers_of_ten() -> None:
    assert values({"a": 1_000_000, "b": 1e-5}) == "1,000,000, 0.00001"
    assert values({"a": 374_474}) == "374,474"


def test_inputs_that_share_a_title_are_told_apart() -> None:
    shown = titles(gatesim.check("june-2026").inputs)
    assert len(set(shown)) == len(shown)
    assert "People abroad who hold a US card (abroad_korea)" in shown
    assert "Time of the automatic part of a check" in shown


def test_who_has_a_table_for_each_reading_where_the_page_is_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = gatesim.who("june-2026")
    narrow = Console(width=80, highlight=False, color_system=None, file=sys.stdout)
    monkeypatch.setattr("gatesim.show.who.page", lambda: narrow)
    print_who(found)
    lines = printed(capsys).splitlines()
    assert max(map(len, lines)) <= 80
    for row in found.rows:
        assert len([line for line in lines if line.startswith(f"{row.segment} ")]) == len(found.readings)
    for reading in found.readings:
        assert f'Whom the order restricts, read as "{reading}"' in lines


def test_the_sentence_stands_before_the_tables_and_no_line_ends_in_blanks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    columns = (Column("what", "left"), Column("how much", "left"))
    table = Table("The table", columns, (("a", "1"), ("a long one", "2")), "A note.")
    print_answer("The title", [table], "The sentence. " * 20, ["Small print."])
    out = printed(capsys)
    places = [
        out.index(words) for words in ("The title", "The sentence.", "The table", "A note.", "Small print.")
    ]
    assert places == sorted(places)
    assert [line for line in out.splitlines() if line != line.rstrip()] == []
    html = answer_html("The title", [table], "The sentence.", [])
    assert html.index("The sentence.") < html.index("The table")


def test_who_fits_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    found = gatesim.who("june-2026")
    print_who(found)
    out = printed(capsys)
    assert max(map(len, out.splitlines())) <= 100
    assert "everybody" not in out.splitlines()[-1]
    for row in found.rows:
        assert row.segment in out
    html = found._repr_html_()
    assert html is not None
    assert html.count("<tr>") == 1 + len(found.rows) + 1


# Charts.


def found_in(part: Any, key: str) -> list[Any]:
    """Every value of a key, anywhere in a chart."""
    if isinstance(part, list):
        return [value for entry in part for value in found_in(entry, key)]
    if not isinstance(part, dict):
        return []
    here = [part[key]] if key in part else []
    return here + [value for entry in part.values() for value in found_in(entry, key)]


@pytest.mark.parametrize("leak", ["leak_share", "leak_rate"])
@pytest.mark.no_cover  # others cover the same lines
def test_a_chart_has_a_row_for_each_policy(result: Result, leak: str) -> None:
    chart = result.plot.policies(leak)
    rows = next(iter(chart.to_dict()["datasets"].values()))
    assert {row["policy"] for row in rows} == set(result.policies)
    for row in rows:
        assert row["leaked_low"] <= row["leaked"] <= row["leaked_high"]
        assert row["leaked_low"] >= LEAST, "nothing stands on the left end of a logarithmic axis"
    leaks = [row["leaked"] for row in rows]
    assert leaks == sorted(leaks, reverse=True)
    by_name = {row["policy"]: row for row in rows}
    assert by_name["shutdown"]["leaked_text"] == "none"
    assert "datasets" in chart.to_dict()


def limits(run: Result, leak: str) -> set[tuple[float, str]]:
    """Limits that a chart marks, with their words."""
    values = found_in(charts.policies_chart(run, leak).to_dict(), "values")
    data = [entry for found in values for entry in found if isinstance(entry, dict)]
    return {(entry["limit"], entry["text"]) for entry in data if "limit" in entry}


def test_the_limit_is_a_line_where_it_is_about_the_same_ratio(result: Result) -> None:
    assert limits(result, "leak_share") == {(0.01, "limit 1 %")}
    assert limits(result, "leak_rate") == set()


@pytest.mark.parametrize(("limit", "drawn"), [("0.0", False), ("0.00001", False), ("0.0001", True)])
def test_a_limit_off_the_axis_is_no_line(limit: str, drawn: bool) -> None:
    changed = [f"orders.0.standard.limit={limit}"]
    run = gatesim.run(SMALL, engine="exact", policies=["open"], sets=changed)
    assert bool(limits(run, "leak_share")) == drawn


def test_the_title_is_what_was_found(result: Result) -> None:
    title = result.plot.policies().to_dict()["title"]
    assert " ".join(title["text"]) == charts.finding(result)
    assert "120 accounts simulated, seed 7" in " ".join(title["subtitle"])
    row = next(row for row in result.verdict.rows if row.own and row.reading == "person")
    for outcome in SHORT:
        other = dataclasses.replace(row, outcome=outcome, best="careful")
        verdict = dataclasses.replace(result.verdict, rows=(other,))
        words = charts.finding(dataclasses.replace(result, verdict=verdict))
        assert "within 1 % of served needs" in words
    nothing = dataclasses.replace(result, verdict=dataclasses.replace(result.verdict, rows=()))
    assert charts.finding(nothing).startswith("Policies that serve some and refuse some let through")


@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("ending", ["png", "svg"])
@pytest.mark.no_cover  # others cover the same lines
def test_charts_are_written_without_a_browser(
    count: int, ending: str, twelve: Result, tmp_path: Path
) -> None:
    run = twelve if count == 12 else gatesim.run(SMALL, engine="exact", policies=["any_foreign"])
    assert len(run.policies) == count
    path = tmp_path / f"chart.{ending}"
    charts.save(run.plot.policies(), path)
    content = path.read_bytes()
    if ending == "png":
        assert content.startswith(b"\x89PNG")
        height = int.from_bytes(content[20:24], "big")
        assert height > 2 * 22 * count, "a row for each policy, at double size"
    else:
        text = content.decode()
        assert text.startswith("<svg")
        assert "refused wrongly" in text
        assert "exact engine" in text


def test_a_picture_is_the_same_in_fewer_bytes(twelve: Result, tmp_path: Path) -> None:
    twelve.plot.policies().save(str(tmp_path / "chart.png"))
    png = (tmp_path / "chart.png").read_bytes()
    small = compressed(png)
    assert len(small) < 0.9 * len(png)

    def chunks(data: bytes) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        at = 8
        while at < len(data):
            length = int.from_bytes(data[at : at + 4])
            body = data[at + 4 : at + 8 + length]
            assert zlib.crc32(body) == int.from_bytes(data[at + 8 + length : at + 12 + length])
            found[body[:4]] = found.get(body[:4], b"") + body[4:]
            at += 12 + length
        return found

    before, after = chunks(png), chunks(small)
    assert zlib.decompress(before.pop(b"IDAT")) == zlib.decompress(after.pop(b"IDAT"))
    assert before == after
    with pytest.raises(ValueError, match="not a PNG"):
        compressed(b"<svg/>")


def test_a_notebook_is_given_pictures(twelve: Result) -> None:
    before = alt.renderers.active
    try:
        as_pictures()
        shown = twelve.plot.policies()._repr_mimebundle_(None, None)
    finally:
        alt.renderers.enable(before)
    data, size = shown
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == size["image/png"]["alt"] == twelve.plot.policies().to_dict()["description"]
    assert data["image/png"].startswith(SIGNATURE)
    width = int.from_bytes(data["image/png"][16:20])
    assert width == pytest.approx(SHARP * size["image/png"]["width"], abs=2)


ANSWERS: dict[str, Callable[[], object]] = {
    "Check": lambda: gatesim.check(SMALL),
    "Who": lambda: gatesim.who(SMALL),
    "Options": lambda: gatesim.options(load(SMALL, LASTING), at="2026-06-20", policies=["open"]),
    "DecisionTable": lambda: gatesim.explain(load(SMALL, LASTING), policy="any_foreign"),
    "CellStory": lambda: gatesim.explain(load(SMALL, LASTING), policy="any_foreign", cell="ip=US"),
    "Frontier": lambda: gatesim.frontier(load(SMALL, LASTING), policies=["open"]),
    "Reliefs": lambda: gatesim.relief(load(SMALL, LASTING), policies=["open"]),
    "Sensitivity": lambda: gatesim.sensitivity(load(SMALL, LASTING)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_one_line_of_text_beside_its_tables(name: str) -> None:
    """A notebook keeps it beside the HTML; it was all of the scenario."""
    said = repr(ANSWERS[name]())
    assert said.startswith(f"<{name} of ")
    assert len(said.splitlines()) == 1
    assert len(said) < 100


def test_other_endings_are_refused(twelve: Result, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.png or \.svg"):
        charts.save(twelve.plot.policies(), tmp_path / "chart.pdf")
    assert list(tmp_path.iterdir()) == []


def test_without_altair_the_extra_is_named(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "altair", None)
    with pytest.raises(ImportError, match=r"gatesim\[charts\]"):
        result.plot.policies()


# Lines.


def swept() -> pd.DataFrame:
    """Three policies at three values of an input."""
    accuracy, policies = (0.9, 0.95, 0.99), ("a", "b", "c")
    return pd.DataFrame(
        {
            "accuracy": [x for x in accuracy for _ in policies],
            "policy": [*policies] * len(accuracy),
            "leak_share": [0.10, 0.101, 0.3, 0.05, 0.051, 0.2, 0.01, 0.011, 0.1],
            "other": [0.0] * 9,
        }
    )


def test_lines_are_named_at_their_right_ends_without_overlap() -> None:
    chart = charts.lines(swept(), "accuracy", {"leak_share": "leaks"}, "policy", title="t")
    ends = [rows for rows in chart.to_dict()["datasets"].values() if len(rows) == 3]
    stand = {row["policy"]: row["leak_share"] for row in ends[0]}
    assert stand["a"] == 0.01
    assert stand["b"] > 0.011 + 0.005, "moved up, away from a"
    assert stand["c"] == 0.1


def test_what_is_assumed_and_plausible_is_marked() -> None:
    share = {"leak_share": "leaks", "other": "other"}
    marked = charts.lines(
        swept(),
        "accuracy",
        share,
        "policy",
        title="t",
        plausible=(0.5, 0.97),
        assumed=0.95,
        x_title="accuracy of x",
    ).to_dict()
    assert found_in(marked, "low")[0] == 0.9, "no wider than the axis"
    assert found_in(marked, "high")[0] == 0.97
    assert 0.95 in found_in(marked, "assumed")
    assert "shaded: plausible range; dashed: as assumed" in str(marked)
    bare = charts.lines(swept(), "accuracy", share, "policy", title="t").to_dict()
    assert "shaded" not in str(bare)
    assert "dashed" not in str(bare)
    assert len(found_in(bare, "hconcat")[0]) == 2


def test_more_lines_than_colours_are_refused() -> None:
    frame = pd.DataFrame({"x": [0.1] * 9, "y": [0.1] * 9, "policy": list("abcdefghi")})
    with pytest.raises(ValueError, match="9 lines: there are colours for"):
        charts.lines(frame, "x", {"y": "y"}, "policy", title="t")
