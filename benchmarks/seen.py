"""What a person sees of the page of ``gatesim app``, and when: in a browser, from the key to verdict, table, chart.

Part of ``python -m benchmarks.glance``. It serves the page by the command that a user calls, opens it in Chromium
without a window, moves a slider by a key, and takes note of what changes in the document. Streamlit sends where a
slider stands when the key is let go, about 10 ms after it is pressed here: they are part of every time.
"""

from __future__ import annotations

import re
import signal
import socket
import statistics
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from gatesim.scenario import load
from gatesim.show.app.levers import GROUPS, ORDER
from gatesim.show.app.orders import TOGETHER
from gatesim.show.app.settings import Panel
from gatesim.show.called import lever_words
from tests.browser import launched

PATIENCE = 60_000
"""Milliseconds that a busy machine gets."""

MAP = "Draw the map"

WATCH = """
() => {
  const parts = {
    verdict: "#verdict",
    table: "#policies",
    chart: ".st-key-frontier [data-testid=stVegaLiteChart]",
    map: ".st-key-map_chart [data-testid=stVegaLiteChart]",
  };
  window.moved = {pressed: 0, first: {}, last: {}};
  document.addEventListener("keydown", () => {
    window.moved = {pressed: performance.now(), first: {}, last: {}};
  }, true);
  new MutationObserver((changes) => {
    const now = performance.now() - window.moved.pressed;
    for (const change of changes) {
      const where = change.target.nodeType === 1 ? change.target : change.target.parentElement;
      const touched = [where, ...change.addedNodes].filter((it) => it && it.nodeType === 1);
      for (const [name, selector] of Object.entries(parts)) {
        if (touched.some((it) => it.closest(selector) || it.querySelector(selector) && it !== where)) {
          window.moved.first[name] ??= now;
          window.moved.last[name] = now;
        }
      }
    }
  }).observe(document.body, {childList: true, subtree: true, characterData: true});
}
"""
"""Notes when each part changes after a key: first, and last. What only looks otherwise (attributes) is no change."""


@contextmanager
def served(file: Path | None = None) -> Iterator[str]:
    """The page, served by itself, with a file to begin with; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = subprocess.Popen(
        [sys.executable, "-m", "gatesim", "app", "--port", str(port), *([str(file)] if file else [])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                signal.sigtimedwait([], 0.1)
        yield address
    finally:
        page.send_signal(signal.SIGINT)
        try:
            page.wait(20)
        finally:
            page.kill()


def settled(page: Page) -> None:
    """Wait until nothing is being worked out."""
    expect(page.locator("[data-test-script-state=notRunning]")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator("[data-stale=true]")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator("#sentence")).to_have_count(1, timeout=PATIENCE)


def _slider(page: Page, panel: Panel, lever: str) -> Locator:
    """A lever's slider, its group opened."""
    one = panel.by_name[lever]
    label = f"{one.label} ({one.about})" if one.about else one.label
    slider = page.get_by_role("slider", name=label)
    if not slider.is_visible():
        page.get_by_text(GROUPS[one.group], exact=True).click()
        expect(slider).to_be_visible(timeout=PATIENCE)
        _rest(page)
    return slider


def _rest(page: Page) -> None:
    """Wait until all is drawn: a chart is drawn by the browser when the script is done."""
    settled(page)
    page.wait_for_timeout(700)


def _pressed(page: Page, where: Locator, key: str, waits_for: str) -> dict[str, dict[str, float]]:
    """Press a key, and wait until all is drawn: when each part changed first and last, in milliseconds."""
    where.press(key)
    page.wait_for_function(f"window.moved.last.{waits_for} !== undefined", timeout=PATIENCE)
    _rest(page)
    seen: dict[str, dict[str, float]] = page.evaluate("window.moved")
    return seen


def moves(page: Page, panel: Panel, lever: str, count: int) -> dict[str, dict[str, float]]:
    """Move a slider by the right arrow key, time after time; the first move does not count.

    Returns
    -------
    dict
        ``verdict``, ``table``, ``chart``, ``map``: seconds until they first change; ``whole``: until the last of them
        changed for the last time. Each with ``moves`` in which it changed, and their ``median``, ``least`` and
        ``most``.
    """
    slider = _slider(page, panel, lever)
    slider.focus()
    found: dict[str, list[float]] = {name: [] for name in ("verdict", "table", "chart", "map", "whole")}
    for move in range(1 + count):
        seen = _pressed(page, slider, "ArrowRight", "chart")
        if move:
            for name in ("verdict", "table", "chart", "map"):
                if name in seen["first"]:  # a table in which no number and no word changes is right already
                    found[name].append(seen["first"][name])
            found["whole"].append(max(seen["last"].values()))
    return {name: _told(times) for name, times in found.items()}


def asked_for(page: Page, panel: Panel, lever: str, count: int) -> dict[str, float]:
    """Ask for the map by its switch, time after time, each time of another world; the first does not count.

    Returns
    -------
    dict
        Seconds until the map stands there: ``moves``, ``median``, ``least`` and ``most``.
    """
    switch, found = page.get_by_role("switch", name=MAP), []
    for move in range(1 + count):
        _pressed(page, _slider(page, panel, lever), "ArrowRight", "chart")
        seen = _pressed(page, switch, "Space", "map")
        switch.press("Space")
        settled(page)
        expect(page.locator(".st-key-map_chart")).to_have_count(0, timeout=PATIENCE)
        if move:
            found.append(seen["first"]["map"])
    return _told(found)


def maps(page: Page, panel: Panel, lever: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Ask for a map of each of some pairs of inputs, once in a world that no map was drawn of.

    Returns
    -------
    dict
        As `asked_for`, over the pairs; and ``slowest``, which pair took most.
    """
    switch, found = page.get_by_role("switch", name=MAP), []
    for pair in pairs:
        for side, name in zip(("Across", "Upwards"), pair, strict=True):
            box, words = page.get_by_role("combobox", name=side), lever_words(panel.by_name[name])
            box.click()
            box.fill(words)
            page.get_by_role("option", name=words, exact=True).click()
            _rest(page)
        _pressed(page, _slider(page, panel, lever), "ArrowRight", "chart")
        seen = _pressed(page, switch, "Space", "map")
        switch.press("Space")
        settled(page)
        expect(page.locator(".st-key-map_chart")).to_have_count(0, timeout=PATIENCE)
        found.append(seen["first"]["map"])
    return _told(found) | {"slowest": " by ".join(pairs[found.index(max(found))])}


def orders(file: Path, lever: str, count: int) -> dict[str, Any]:
    """Ask for the frontier of the first order of a file by itself, time after time, each time of another world.

    Returns
    -------
    dict
        As `asked_for`; the first does not count.
    """
    panel, found = Panel(file.name, load(file), str(file)), []
    first = next(words for place, words in panel.choices[ORDER].items() if place)
    with launched() as browser, served(file) as address:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(address)
        settled(page)
        page.evaluate(WATCH)
        for move in range(1 + count):
            _pressed(page, _slider(page, panel, lever), "ArrowRight", "chart")
            box = page.get_by_role("combobox", name="Whose leaks are limited")
            box.click()
            box.fill(first)
            expect(page.get_by_role("option")).to_have_count(1)
            seen = _pressed(page, box, "Enter", "chart")
            box.click()
            page.get_by_role("option", name=TOGETHER).click()
            expect(page).not_to_have_url(re.compile("order="), timeout=PATIENCE)
            _rest(page)
            if move:
                found.append(seen["first"]["chart"])
    return _told(found)


def _told(times: list[float]) -> dict[str, float]:
    """Milliseconds of some moves in seconds, in few numbers."""
    if not times:
        return {"moves": 0}
    named = {"median": statistics.median(times), "least": min(times), "most": max(times)}
    return {"moves": len(times)} | {name: round(time / 1000, 2) for name, time in named.items()}


def measured(
    scenario: str, levers: dict[str, str], count: int, pairs: Mapping[str, Sequence[tuple[str, str]]]
) -> dict[str, Any]:
    """The times of some moves of some sliders, without the map and with it, and of the map when it is asked for.

    Parameters
    ----------
    scenario
        What the page begins with.
    levers
        What the move is called -> the slider's name in the page's address. Of the last the map knows nothing: it is
        moved each time before the map is asked for.
    count
        So many moves of each.
    pairs
        Besides, maps of some pairs of inputs, by what the pairs are called.
    """
    panel = Panel(scenario, load(scenario), scenario)
    *_, last = levers.values()
    found: dict[str, Any] = {}
    with launched() as browser:

        @contextmanager
        def opened() -> Iterator[Page]:
            # Served anew: what was worked out before would be known.
            with served() as address:
                page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
                page.goto(f"{address}/?scenario={scenario}")
                settled(page)
                page.evaluate(WATCH)
                yield page
                page.context.close()

        for words, lever in levers.items():
            with opened() as page:
                found[words] = moves(page, panel, lever, count)
        for words, lever in levers.items():
            with opened() as page:
                _pressed(page, page.get_by_role("switch", name=MAP), "Space", "map")
                found[f"{words}, with the map"] = moves(page, panel, lever, count)
        with opened() as page:
            found["the map, asked for"] = asked_for(page, panel, last, count)
        for words, those in pairs.items():
            with opened() as page:
                _pressed(page, page.get_by_role("switch", name=MAP), "Space", "map")
                page.get_by_role("switch", name=MAP).press("Space")
                settled(page)
                found[f"maps of {words}, asked for"] = maps(page, panel, last, those)
    return found
