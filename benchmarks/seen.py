"""What a person sees of the page of ``gatesim app``, and when: in a browser, from the key to verdict, table, chart.

Part of ``python -m benchmarks.glance``. It serves the page by the command that a user calls, opens it in Chromium
without a window, moves a slider by a key, and takes note of what changes in the document. Streamlit sends where a
slider stands when the key is let go, about 10 ms after it is pressed here: they are part of every time.
"""

from __future__ import annotations

import signal
import socket
import statistics
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from gatesim.scenario import load
from gatesim.show.app.levers import GROUPS
from gatesim.show.app.settings import Panel
from tests.browser import launched

PATIENCE = 60_000
"""Milliseconds that a busy machine gets."""

WATCH = """
() => {
  const parts = {verdict: "#verdict", table: "#policies", chart: "[data-testid=stVegaLiteChart]"};
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
def served() -> Iterator[str]:
    """The page, served by itself; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = subprocess.Popen(
        [sys.executable, "-m", "gatesim", "app", "--port", str(port)],
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


def moves(page: Page, panel: Panel, lever: str, count: int) -> dict[str, dict[str, float]]:
    """Move a slider by the right arrow key, time after time; the first move does not count.

    Returns
    -------
    dict
        ``verdict``, ``table``, ``chart``: seconds until they first change; ``whole``: until the last of them changed
        for the last time. Each with ``moves`` in which it changed, and their ``median``, ``least`` and ``most``.
    """
    one = panel.by_name[lever]
    label = f"{one.label} ({one.about})" if one.about else one.label
    slider = page.get_by_role("slider", name=label)
    if not slider.is_visible():
        page.get_by_text(GROUPS[one.group], exact=True).click()
    slider.focus()
    found: dict[str, list[float]] = {name: [] for name in ("verdict", "table", "chart", "whole")}
    for move in range(1 + count):
        slider.press("ArrowRight")
        page.wait_for_function("window.moved.first.verdict !== undefined", timeout=PATIENCE)
        settled(page)
        page.wait_for_function("window.moved.last.chart !== undefined", timeout=PATIENCE)
        # The chart is drawn by the browser when the script is done: give it the time to.
        page.wait_for_timeout(700)
        seen = page.evaluate("window.moved")
        if move:
            for name in ("verdict", "table", "chart"):
                if name in seen["first"]:  # a table in which no number and no word changes is right already
                    found[name].append(seen["first"][name])
            found["whole"].append(max(seen["last"].values()))
    return {name: _told(times) for name, times in found.items()}


def _told(times: list[float]) -> dict[str, float]:
    """Milliseconds of some moves in seconds, in few numbers."""
    if not times:
        return {"moves": 0}
    named = {"median": statistics.median(times), "least": min(times), "most": max(times)}
    return {"moves": len(times)} | {name: round(time / 1000, 2) for name, time in named.items()}


def measured(scenario: str, levers: dict[str, str], count: int) -> dict[str, dict[str, dict[str, float]]]:
    """The times of some moves of some sliders.

    Parameters
    ----------
    scenario
        What the page begins with.
    levers
        What the move is called -> the slider's name in the page's address.
    count
        So many moves of each.
    """
    panel = Panel(scenario, load(scenario), scenario)
    found = {}
    with served() as address, launched() as browser:
        for words, lever in levers.items():
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.goto(f"{address}/?scenario={scenario}")
            settled(page)
            page.evaluate(WATCH)
            found[words] = moves(page, panel, lever, count)
            page.context.close()
    return found
