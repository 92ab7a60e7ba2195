"""The page of ``gatesim app`` as a person meets it: served, and driven in a real browser without a window."""

from __future__ import annotations

import dataclasses
import random
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import gatesim.show.app
from gatesim.scenario import load
from gatesim.show.app import parts
from gatesim.show.app.levers import GROUPS
from gatesim.show.app.orders import frontier_seen
from gatesim.show.app.settings import Panel, Settings
from gatesim.show.app.view import LATE
from gatesim.show.charts.frontier import drawn
from gatesim.study.frontier import Frontier, frontier_of_order
from gatesim.study.one_order import one_order
from gatesim.study.run import run
from tests import browser
from tests.browser import is_local

pytestmark = pytest.mark.browser

browser_page, chromium = browser.browser_page, browser.chromium

QUICK = "licence-is-not-status"
TWO = "two-governments"
SCRIPT = Path(gatesim.show.app.__file__).with_name("script.py")
PATIENCE = 30_000
"""Milliseconds that a busy machine gets."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is served, by the command that a user calls, with a file of the user's own."""
    own = tmp_path_factory.mktemp("own") / "mine.toml"
    own.write_text(
        f'schema = 1\nbase = "{QUICK}"\ntitle = "Mine <b>bold</b> *stars* $1$"\n[verdict]\nfloor = 0.4\n',
        encoding="utf-8",
    )
    port = free_port()
    served = subprocess.Popen(
        [sys.executable, "-m", "gatesim", "app", str(own), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    found = f"http://127.0.0.1:{port}"
    assert served.stdout is not None
    try:
        assert found in served.stdout.readline()
        for _ in range(300):
            if served.poll() is not None:
                pytest.fail(served.stdout.read())
            try:
                urllib.request.urlopen(f"{found}/_stcore/health", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                signal.sigtimedwait([], 0.1)
        yield found
    finally:
        served.send_signal(signal.SIGINT)
        try:
            served.wait(20)
        finally:
            served.kill()
            served.stdout.close()


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    expect(page.locator("#sentence").first).to_be_visible(timeout=PATIENCE)
    return settled(page)


def settled(page: Page) -> Page:
    """The page, once nothing is being worked out."""
    # What tells that something runs comes late: the script's own state does not.
    expect(page.locator("[data-test-script-state=notRunning]")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator("[data-stale=true]")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator("#waiting")).to_have_count(0)
    return page


def in_the_way(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds on the page that keeps somebody from using it."""
    found = Axe().run(settled(page)).response["violations"]
    return [(one["help"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]


@pytest.mark.no_cover  # others cover the same lines
def test_the_page_begins_with_the_users_file_and_reaches_nothing_else(
    address: str, browser_page: Page
) -> None:
    reached: list[str] = []
    browser_page.on("request", lambda request: reached.append(request.url))
    opened(browser_page, address)
    expect(browser_page.locator("h1")).to_have_text("Mine <b>bold</b> *stars* $1$")
    expect(browser_page.locator("#verdict")).to_contain_text("passport_or_enhanced keeps leaks within 0.1 %")
    expect(browser_page.locator("#policies tbody tr")).to_have_count(len(load(QUICK).scenario.policies))
    expect(browser_page.locator("canvas:visible, svg.marks:visible").first).to_be_visible(timeout=PATIENCE)
    assert [url for url in reached if not is_local(url)] == []


@pytest.mark.no_cover  # others cover the same lines
def test_move_a_slider_read_the_verdict_save_and_run_the_file(
    address: str,
    browser_page: Page,
    tmp_path: Path,
) -> None:
    page = opened(browser_page, f"{address}/?scenario={QUICK}")
    before = page.locator("#verdict").inner_text()
    floor = page.get_by_role("slider", name="Floor: entitled needs to serve")
    expect(floor).to_have_value("50")
    floor.focus()
    for _ in range(8):
        floor.press("ArrowRight")
    expect(page.locator("#verdict")).to_contain_text("serves 53.2 % of entitled needs", timeout=PATIENCE)
    expect(page.locator("#verdict")).to_contain_text(
        "Within a limit of 0.1 % of served needs", timeout=PATIENCE
    )
    settled(page)
    assert page.locator("#verdict").inner_text() != before
    expect(page).to_have_url(re.compile(r"floor=0\.54"))
    expect(page.locator("#differs")).to_contain_text("54 %")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Save as scenario file").click()
    path = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(path)
    assert path.name == f"{QUICK}-changed.toml"
    result = run(path, engine="exact")
    assert result.loaded.scenario.verdict.floor == 0.54
    (own,) = [row for row in result.verdict.rows if row.own and row.reading == result.reading]
    assert own.outcome == "only_below_floor"
    titles = page.locator("#policies thead th").all_inner_texts()
    for row in page.locator("#policies tbody tr").all():
        name = row.locator("th").evaluate("cell => cell.firstChild.textContent")
        columns = [titles.index(words) for words in ("entitled needs served", "leak rate", "leak share")]
        served, rate, share = (row.locator("td").nth(number - 1).inner_text() for number in columns)
        measures = result.policies[name].measures
        for text, measure in ((served, "served_entitled"), (rate, "leak_rate"), (share, "leak_share")):
            value = measures[measure].value
            if value is None:
                assert text == "undefined"
            else:
                shown = re.fullmatch(r"(<?)([\d.]+) %", text)
                assert shown is not None, text
                # Three digits are shown.
                assert float(shown[2]) == pytest.approx(100 * value, rel=0.006, abs=1e-4)
    # The way back is the browser's own. Right after a move the address before it counts as late, not as gone back to.
    page.wait_for_timeout(1000 * LATE + 100)
    page.go_back()
    expect(page).not_to_have_url(re.compile(r"floor=0\.54"))


WATCH = """
() => {
  window.gone = {};
  window.painted = 0;
  const parts = ["#verdict", "#policies tbody tr", "[data-testid=stVegaLiteChart] :is(canvas, svg.marks)"];
  const look = () => {
    window.painted += 1;
    for (const part of parts)
      if (!(document.querySelector(part)?.getBoundingClientRect().height > 10))
        window.gone[part] = (window.gone[part] ?? 0) + 1;
    requestAnimationFrame(look);
  };
  look();
}
"""
"""Counts, before every frame that is painted, what of the page is not on it."""


def test_nothing_vanishes_from_before_a_move_until_all_of_it_is_followed(
    address: str, browser_page: Page
) -> None:
    # The flagship has policies that are waited for.
    page = opened(browser_page, f"{address}/?scenario=june-2026&signals.ip.accuracy.US=0.9")
    expect(page.locator("canvas:visible, svg.marks:visible").first).to_be_visible(timeout=PATIENCE)
    slider = page.get_by_role("slider", name="The IP says US: device in the US, no VPN")
    group = page.get_by_text(GROUPS["accuracy"], exact=True)
    group.click()
    expect(slider).to_be_visible(timeout=PATIENCE)
    settled(page)
    page.evaluate(WATCH)
    slider.focus()
    slider.press("ArrowRight")
    stands = slider.input_value()
    assert stands != "90"
    # It is there with the first look, which has no sentence.
    expect(page.locator("#differs")).to_contain_text(f"{stands} %", timeout=PATIENCE)
    settled(page)
    expect(page.locator("#sentence")).to_have_count(1, timeout=PATIENCE)
    assert page.evaluate("window.painted") > 0
    assert page.evaluate("window.gone") == {}, "frames that were painted without a part of the page"
    # What was moved stays so where its group is closed, and the slider stands there when it is opened again.
    moved = page.locator("#differs").inner_text()
    group.click()
    expect(slider).to_have_count(0, timeout=PATIENCE)
    group.click()
    expect(slider).to_have_value(stands, timeout=PATIENCE)
    assert settled(page).locator("#differs").inner_text() == moved


def test_wrong_values_in_the_address_do_no_harm(address: str, browser_page: Page) -> None:
    page = opened(
        browser_page,
        f"{address}/?scenario={QUICK}&floor=0.6&limit=nan&reading=%3Cscript%3Ealert(1)%3C/script%3E&x=1&x=2",
    )
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Left out of the address")
    expect(notice).to_contain_text('limit = "nan" is no number')
    expect(notice).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("#differs li")).to_have_count(1)
    expect(page).to_have_url(f"{address}/?scenario={QUICK}&floor=0.6")
    page = opened(page, f"{address}/?scenario=nowhere&floor=0.6")
    expect(page.get_by_role("alert")).to_contain_text("there is no scenario")
    expect(page).to_have_url(f"{address}/?scenario=mine.toml")


@pytest.mark.no_cover  # others cover the same lines
def test_another_scenario_takes_all_changes_back_and_its_map_is_drawn_when_asked_for(
    address: str,
    browser_page: Page,
) -> None:
    page = opened(browser_page, f"{address}/?scenario={QUICK}&floor=0.6")
    page.get_by_role("combobox", name="Scenario to begin with").click()
    page.keyboard.type("perfect-place")
    page.get_by_role("option", name="perfect-place").click()
    expect(page.locator("h1")).to_have_text(load("perfect-place").scenario.title, timeout=PATIENCE)
    expect(page).to_have_url(f"{address}/?scenario=perfect-place")
    page.get_by_text("Draw the map", exact=True).click()
    expect(page.get_by_text("Policies looked at:")).to_be_visible(timeout=PATIENCE)
    # Its axes say in words what is chosen above, not by keys.
    chart = page.locator(".st-key-map_chart svg.marks")
    expect(chart).to_contain_text("accuracy")
    expect(chart).not_to_contain_text("signals.")
    # It is kept, and drawn anew when something else happens.
    page.get_by_text("What the file says").click()
    page.get_by_role("switch", name="Go beyond the plausible ranges").focus()
    page.keyboard.press("Space")
    page.get_by_text(GROUPS["accuracy"], exact=True).click()
    expect(page.get_by_text("no plausible range is known").first).to_be_attached(timeout=PATIENCE)
    expect(page.get_by_text("Policies looked at:")).to_be_visible(timeout=PATIENCE)
    assert page.get_by_text("encountered an error").count() == 0


def test_an_order_by_itself_is_chosen_at_the_frontier_and_stays_in_the_address(
    address: str, browser_page: Page
) -> None:
    page = opened(browser_page, f"{address}/?scenario={TWO}")
    key = page.locator("[data-testid=stHtml]").filter(has_text="Lines: any gate without memory")
    expect(key).not_to_contain_text("restricts itself")
    page.get_by_role("combobox", name="Whose leaks are limited").click()
    page.get_by_role("option", name="order 2: The other government's order").click()
    expect(key).to_contain_text(
        "of the needs that “The other government's order” restricts itself", timeout=PATIENCE
    )
    expect(key).to_contain_text("Kept meanwhile: 1 % of served needs under “The Union's order”")
    expect(page).to_have_url(f"{address}/?scenario={TWO}&order=2")
    assert in_the_way(page) == []
    # It is no difference, and what is moved beside it is.
    expect(page.locator("#differs")).to_have_count(0)
    floor = page.get_by_role("slider", name="Floor: entitled needs to serve")
    floor.focus()
    floor.press("ArrowRight")
    expect(page.locator("#differs li")).to_have_count(1, timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"order=2&floor=0\.5\d+$"))
    expect(key).to_contain_text("restricts itself")
    # The address alone says it, too; and the way back is in the same box.
    page = opened(page, f"{address}/?scenario={TWO}&order=1")
    expect(key).to_contain_text("of the needs that “The Union's order” restricts itself", timeout=PATIENCE)
    page.get_by_role("combobox", name="Whose leaks are limited").click()
    page.get_by_role("option", name="all orders together").click()
    expect(key).not_to_contain_text("restricts itself", timeout=PATIENCE)
    expect(page).to_have_url(f"{address}/?scenario={TWO}")
    # Where one order counts, there is no box; its place in the address is nothing then.
    page = opened(page, f"{address}/?scenario={QUICK}&order=1")
    expect(page.get_by_role("combobox", name="Whose leaks are limited")).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text('"order" is nothing that can be set here')


def test_what_is_on_screen_is_simulated(address: str, browser_page: Page) -> None:
    page = opened(browser_page, f"{address}/?scenario=perfect-place&signals.ip.accuracy=0.9")
    people = page.get_by_role("spinbutton", name="Accounts to simulate")
    people.fill("500")
    people.press("Enter")
    # The page is drawn anew for the number; a click meanwhile would be lost.
    page.wait_for_timeout(1500)
    settled(page).get_by_role("button", name="Simulate", exact=True).click()
    # The engine may have to be compiled first.
    expect(page.locator("#simulated")).to_contain_text("500 accounts simulated", timeout=240_000)
    expect(page.get_by_role("region", name="Simulated")).to_contain_text("ip_block")
    assert in_the_way(page) == []
    wide, narrow = (page.locator(f".st-key-simulated_{name} svg.marks") for name in ("chart", "phone"))
    expect(wide).to_be_visible(timeout=PATIENCE)
    expect(narrow).to_be_visible(visible=False)
    # On a phone it is narrower: nothing of it has to be swiped.
    page.set_viewport_size({"width": 390, "height": 800})
    expect(narrow).to_be_visible(timeout=PATIENCE)
    expect(wide).to_be_visible(visible=False)
    expect(page.locator(".swipe:visible")).to_have_count(0)
    assert narrow.evaluate("it => it.getBoundingClientRect().right") <= 390


@pytest.mark.parametrize("width", [1280, 390])
def test_what_differs_is_all_on_screen_and_long_names_of_inputs_are_told_in_full(
    width: int, address: str, browser_page: Page
) -> None:
    browser_page.set_viewport_size({"width": width, "height": 800})
    page = opened(browser_page, f"{address}/?scenario=june-2026&signals.ip.accuracy.US=0.9&desk.service=9")
    rows = page.locator("#differs li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("base 98.5 %, now 90 %")
    expect(rows.first).to_contain_text("plausible 95 to 99.5 %; a proxy: ")
    for row in rows.all():
        assert (
            row.evaluate("it => it.scrollWidth <= it.clientWidth && it.getBoundingClientRect().right")
            <= width
        )
    # What would do is said beside each name.
    second = page.locator("#policies tbody tr").first.locator("td").first
    expect(second).to_have_text("leaks too much")
    assert second.evaluate("it => it.getBoundingClientRect().right") <= width
    expect(page.get_by_text("Across: The IP says US: device in the US, no VPN. Upwards: ")).to_be_visible()


def test_on_a_phone_nothing_is_cut_and_every_widget_has_a_name(address: str, browser_page: Page) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 800})
    page = opened(browser_page, f"{address}/?scenario={QUICK}&floor=0.6")
    settled(page)
    # No sideways scrolling of the page; the chart takes its width from the page after it is drawn.
    page.wait_for_function(
        """() => { const it = document.querySelector("[data-testid=stMain]");
                   return it.scrollWidth <= it.clientWidth + 1; }""",
        timeout=PATIENCE,
    )
    # Of each policy what it serves and leaks, too; where more is to the right, a shade says so.
    seen = "it => [...it.querySelectorAll('td, th')].slice(0, 4).at(-1).getBoundingClientRect().right"
    assert page.locator(".gs table", has_text="leak rate").locator("tbody tr").first.evaluate(seen) <= 390
    # The frontier is all to be seen, its words as large as they are elsewhere.
    scale = "it => it.getBoundingClientRect().width / it.viewBox.baseVal.width"
    expect(page.locator(".st-key-frontier svg.marks")).not_to_be_visible()
    narrow = page.locator(".st-key-narrow svg.marks")
    expect(narrow).to_be_visible()
    assert narrow.evaluate(scale) == pytest.approx(1.0, abs=0.01)
    assert narrow.evaluate("it => it.getBoundingClientRect().right") <= 390
    assert page.locator(".on-wide:visible").count() == 0
    for width, is_narrow in ((800, True), (1280, False)):
        page.set_viewport_size({"width": width, "height": 800})
        expect(narrow).to_be_visible(visible=is_narrow)
        expect(page.locator(".st-key-frontier svg.marks")).to_be_visible(visible=not is_narrow)
    page.set_viewport_size({"width": 390, "height": 800})
    # Other charts keep their size, so that their words can be read, and scroll by themselves.
    page.get_by_text("Draw the map", exact=True).click()
    chart = page.locator(".st-key-map_chart svg.marks")
    expect(chart).to_be_visible(timeout=PATIENCE)
    settled(page)
    assert chart.evaluate(scale) == pytest.approx(1.0, abs=0.01)
    room = page.locator(".st-key-map_chart")
    assert room.evaluate("it => it.scrollWidth > it.clientWidth + 100 && it.clientWidth <= 390")
    # The keyboard gets there, too.
    chart.evaluate("it => it.closest('.st-key-map_chart').querySelector('button').focus()")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.st-key-map_chart').scrollLeft > 0", timeout=PATIENCE)
    expect(page.locator(".swipe:visible")).to_have_count(1)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("[data-testid=stMain] input, [data-testid=stMain] button")]
            .filter(it => it.offsetParent !== null && !it.getAttribute("aria-label") && !it.innerText.trim()
                    && !it.labels?.length && !it.title)
            .map(it => it.outerHTML.slice(0, 200))"""
    )
    assert nameless == []


@pytest.mark.parametrize(
    "state", ["as it begins", "moved, on a phone", "a wrong address", "with its map", "its map, on a phone"]
)
def test_axe_finds_nothing(state: str, address: str, browser_page: Page) -> None:
    queries = {"moved, on a phone": "&floor=0.6", "a wrong address": "&floor=nan"}
    if "on a phone" in state:
        browser_page.set_viewport_size({"width": 390, "height": 800})
    page = opened(browser_page, f"{address}/?scenario={QUICK}{queries.get(state, '')}")
    expect(page.locator("canvas:visible, svg.marks:visible").first).to_be_visible(timeout=PATIENCE)
    if "its map" in state:
        page.get_by_text("Draw the map", exact=True).click()
        expect(page.get_by_text("Policies looked at:")).to_be_visible(timeout=PATIENCE)
    assert in_the_way(page) == []


# --- Without a browser: Streamlit's own test of a script ---


def random_settings(panel: Panel, draws: random.Random) -> Settings:
    settings = Settings()
    for lever in draws.sample(panel.levers, draws.randint(1, min(6, len(panel.levers)))):
        low, high = lever.limits
        value = draws.choice([low, high, draws.uniform(low, high)])
        settings = panel.moved(settings, lever.name, float(round(value)) if lever.parameter.whole else value)
    reading = draws.choice(list(panel.choices["reading"]))
    chosen = panel.chosen(settings, reading, draws.choice(list(panel.choices["ratio"])))
    orders = list(panel.choices.get("order", {}))
    return dataclasses.replace(chosen, order=draws.choice([None, *orders])) if orders else chosen


@pytest.mark.filterwarnings("default")
def test_a_hundred_random_settings_without_an_exception() -> None:
    from streamlit.testing.v1 import AppTest

    draws = random.Random(20260612)
    counts = {"perfect-place": 54, "travellers-month": 22, QUICK: 13, TWO: 10, "june-2026": 1}
    assert sum(counts.values()) == 100
    for name, count in counts.items():
        panel = Panel(name, load(name), name)
        page = AppTest.from_file(str(SCRIPT), default_timeout=60)
        for _ in range(count):
            # As somebody does who writes another address over this one.
            query = panel.query(random_settings(panel, draws))
            page.query_params.clear()
            for key, value in query.items():
                page.query_params[key] = value
            if "written_at" in page.session_state:
                page.session_state.written_at = -60.0
            page.run()
            assert ([one.value for one in page.exception], [one.value for one in page.error]) == ([], []), (
                query
            )
            assert [one.value for one in page.warning] == []
            assert panel.query(page.session_state.settings) == query
            assert ("order" in panel.choices) == (
                "Whose leaks are limited" in [b.label for b in page.selectbox]
            )


def page_of(name: str, **query: str) -> Any:
    """The page as Streamlit's test of a script has it, after its first run."""
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_file(str(SCRIPT), default_timeout=60)
    page.query_params["scenario"] = name
    for key, value in query.items():
        page.query_params[key] = value
    return page.run()


def told(page: Any) -> str:
    """All that the page says as HTML, and beside its widgets."""
    html = [element.proto.body for element in page.get("html")]
    return unescape(" ".join([*html, *(one.value for one in page.caption)]))


@pytest.mark.filterwarnings("default")
def test_what_the_model_refuses_is_said_and_all_else_stays_with_a_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'schema = 1\nbase = "weekend-desk"\n[assumptions."desk.patience"]\ntitle = "Patience"\nunit = "days"\n'
        'grade = "choice"\nlimits = [0, 10]\nrange = [0, 10]\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(sys, "argv", ["script", str(own)])
    page = page_of("own.toml", floor="0.4")
    page.session_state["open staff"] = True
    page.run()
    (patience,) = [one for one in page.slider if one.label == "Patience"]
    assert patience.proto.format.endswith("f days")
    patience.set_value(0.0).run()
    assert not page.exception
    (error,) = page.error
    assert "must be more than zero" in error.value
    assert 'id="sentence"' in told(page)
    assert 'id="differs"' in told(page)
    assert "gatesim run own-changed.toml --engine exact" in told(page)
    assert page.query_params["floor"] == "0.4"
    assert "desk.patience" not in page.query_params
    (back,) = [one for one in page.button if one.label == "Take it back"]
    back.click().run()
    assert not page.error
    assert [one.value for one in page.slider if one.label == "Patience"] == [5.0]
    # Where it is moved to what the model takes, it is followed at once.
    (patience,) = [one for one in page.slider if one.label == "Patience"]
    patience.set_value(0.0).run()
    (patience,) = [one for one in page.slider if one.label == "Patience"]
    patience.set_value(2.0).run()
    assert not page.error
    assert page.query_params["desk.patience"] == "2.0"


@pytest.mark.filterwarnings("default")
def test_what_is_wrong_in_an_address_is_said_until_the_next_move() -> None:
    for move in ("floor", "back", "base"):
        page = page_of(QUICK, limit="nan", floor="0.6")
        (notice,) = page.warning
        assert 'limit = "nan" is no number' in notice.value
        if move == "floor":
            (floor,) = [one for one in page.slider if one.label.startswith("Floor")]
            floor.set_value(70.0).run()
        elif move == "back":
            (back,) = [one for one in page.button if one.label == "Back to the base"]
            back.click().run()
        else:
            page.sidebar.selectbox[0].set_value("perfect-place").run()
        assert not page.exception
        assert not page.warning, move


@pytest.mark.filterwarnings("default")
def test_a_number_of_accounts_that_cannot_be_simulated_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatesim.study.run.run", lambda *given, **named: pytest.fail("simulated"))
    page = page_of("perfect-place")
    for box, wrong, says in (
        (0, 5, "from 100 to 1,000,000"),
        (0, 2_000_000, "1,000,000"),
        (1, -1, "Seed: from 0"),
    ):
        right = page.number_input[box].value
        page.number_input[box].set_value(wrong)
        # Without waiting for the page to say so.
        (button,) = [one for one in page.button if one.label == "Simulate"]
        button.click().run()
        assert not page.exception
        assert says in page.error[0].value
        (button,) = [one for one in page.button if one.label == "Simulate"]
        assert button.disabled
        page.number_input[box].set_value(right).run()
        assert not page.error


@pytest.mark.filterwarnings("default")
def test_a_run_that_a_move_stops_is_named_and_one_from_before_comes_back_with_its_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from streamlit.runtime.scriptrunner import StopException

    def stopped(*given: Any, **named: Any) -> None:
        raise StopException

    # The exact engine need not be compiled.
    monkeypatch.setattr("gatesim.study.run.run", lambda loaded, **named: run(loaded, engine="exact"))

    def press(page: Any) -> None:
        (button,) = [one for one in page.button if one.label == "Simulate"]
        button.click().run()

    def move(page: Any, value: float) -> None:
        (floor,) = [one for one in page.slider if one.label.startswith("Floor")]
        floor.set_value(value).run()

    page = page_of("perfect-place")
    press(page)
    assert 'id="simulated"' in told(page)
    assert not page.info
    move(page, 60.0)
    assert "what follows was simulated before that" in page.info[0].value
    # As Streamlit stops it where something moves.
    with monkeypatch.context() as patched:
        patched.setattr("gatesim.study.run.run", stopped)
        press(page)
    move(page, 70.0)
    assert "the run was stopped" in page.info[0].value
    assert 'id="simulated"' in told(page)
    move(page, 50.0)
    assert [one.value for one in page.info if "before that" in one.value] == []
    assert 'id="simulated"' in told(page)
    press(page)
    assert not page.info


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("place", ["1", "2"])
def test_the_frontier_of_an_order_is_that_of_the_command_and_is_kept_while_floor_and_desk_move(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out = []

    def counted(*given: Any, **named: Any) -> Frontier:
        worked_out.append(frontier_of_order(*given, **named))
        return worked_out[-1]

    monkeypatch.setattr("gatesim.show.app.orders.frontier_of_order", counted)
    # Settings that no other test has: what is worked out is kept for all.
    sets = [f"orders.0.standard.limit=0.0{place}7"]
    panel = Panel(f"two-{place}", load(TWO, sets), f"two-{place}")
    number = int(place) - 1

    def seen(**values: float) -> Frontier:
        settings = Settings(values, order=place)
        return frontier_seen(panel, settings, panel.scenario(settings), number)

    first, floor, other = seen(), seen(floor=0.3), seen(limit=0.002)
    assert len(worked_out) == 2, "not anew for the floor"
    command = gatesim.frontier(TWO, sets=sets, order=place)
    points = [one for one in command.points if one.reading == command.reading]
    assert [(p.bound, p.limit, p.own) for p in first.points] == [(p.bound, p.limit, p.own) for p in points]
    for here, there in zip(first.points, points, strict=True):
        assert here.served == pytest.approx(there.served, abs=1e-9)
    assert list(first.policies) == [one for one in command.policies if one.reading == command.reading]
    assert (drawn(first).floor, drawn(floor).floor) == (0.5, 0.3)
    assert first.points == floor.points
    assert first.points != other.points
    anew = frontier_of_order(
        other.loaded, one_order(other.loaded, number), readings=[other.reading], pays=False, cannot={}
    )
    assert (other.points, other.policies) == (anew.points, anew.policies), "whatever was kept of the first"
    # The second order's own limit is not the page's; the first order's is kept meanwhile.
    assert drawn(other).limit == (0.002 if place == "1" else 0.01)
    told = unescape(parts.frontier_key(first, "2: a, 3: b", "1-2: c & d"))
    assert (
        '<span class="on-wide">2:\xa0a, 3:\xa0b.</span><span class="on-narrow">1-2:\xa0c & d.</span>' in told
    )
    assert "“The other government's order”" in told
    assert "“The Union's order”" in told


def test_an_order_that_states_no_ratio_is_asked_about_by_that_of_the_page() -> None:
    count = 'orders.1.standard={ kind = "leak_count", limit = 5 }'
    panel = Panel("of-a-count", load(TWO, [count]), "of-a-count")
    found = frontier_seen(panel, Settings(order="2"), panel.loaded, 1)
    assert found.ratio == panel.question(panel.loaded, Settings()).ratio
    assert found.of_order is not None
    assert found.of_order.limit is None
    assert "Dashed" not in parts.frontier_key(found, "", "")
    first = frontier_seen(panel, Settings(order="1"), panel.loaded, 0)
    assert "Kept meanwhile: 5 leaks under" in parts.frontier_key(first, "", "")
    assert "Dashed" in parts.frontier_key(first, "", "")


@pytest.mark.filterwarnings("default")
def test_no_place_of_the_page_is_ever_sent_empty() -> None:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
    from streamlit.testing.v1 import AppTest

    # What stood in a place that is sent empty is gone until it is filled: on a busy machine for many frames.
    sent: list[ForwardMsg] = []
    ForwardMsgQueue.on_before_enqueue_msg(sent.append)
    try:
        page = AppTest.from_file(str(SCRIPT), default_timeout=60)
        page.query_params["scenario"] = "june-2026"  # with policies that are waited for
        page.run()
    finally:
        ForwardMsgQueue.on_before_enqueue_msg(None)
    elements = [one.delta.new_element for one in sent if one.WhichOneof("type") == "delta"]
    told = [one.html.body for one in elements if one.WhichOneof("type") == "html"]
    assert [('id="waiting"' in text, 'id="sentence"' in text) for text in told if 'id="verdict"' in text] == [
        (True, False),
        (False, True),
    ]
    assert [one for one in elements if one.WhichOneof("type") == "empty"] == []
