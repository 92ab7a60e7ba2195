"""A real browser for tests: Chromium without a window, driven by Playwright.

Without one, tests fail, and a skip of one is a failure (`tests.conftest`). Import the fixture `browser_page`, and
with it `chromium`, into a test module, and mark its tests ``browser``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")

# As root there is no sandbox; the rest keeps a browser from the network, and from asking anything.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str:
    """The browser's program.

    Raises
    ------
    FileNotFoundError
        If there is none: install Debian's package chromium (`make browser`).
    """
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    raise FileNotFoundError(f"no browser (looked for {', '.join(NAMES)}): make browser installs one")


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, closed at the end; its profile is new and thrown away."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a file: Playwright runs once at a time in a process."""
    with launched() as browser:
        yield browser


@pytest.fixture
def browser_page(chromium: Browser) -> Iterator[Page]:
    """A page of its own, 1280 by 900; nothing but this machine can be reached from it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.route("**/*", lambda route: route.continue_() if is_local(route.request.url) else route.abort())
    page = context.new_page()
    try:
        yield page
    finally:
        context.close()


def is_local(url: str) -> bool:
    """Whether an address is on this machine."""
    starts = (
        "file:",
        "data:",
        "blob:",
        "about:",
        "http://localhost",
        "http://127.0.0.1",
        "ws://localhost",
        "ws://127.0.0.1",
    )
    return url.startswith(starts)
