"""Tests that drive a browser are never skipped: a skip of one is a failure, here and in continuous integration."""

from __future__ import annotations

from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test marked ``browser`` into a failure that says why it was skipped."""
    report = yield
    if report.skipped and item.get_closest_marker("browser") is not None:
        report.outcome, report.longrepr = "failed", f"skipped, and it drives a browser: {report.longrepr}"
    return report
