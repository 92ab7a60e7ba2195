"""Tests that drive a browser are never skipped: a skip of one is a failure, here and in continuous integration.

Property tests try the same examples each time. ``HYPOTHESIS_PROFILE=others`` lets them look for others.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("others", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test marked ``browser`` into a failure that says why it was skipped."""
    report = yield
    if report.skipped and item.get_closest_marker("browser") is not None:
        report.outcome, report.longrepr = "failed", f"skipped, and it drives a browser: {report.longrepr}"
    return report
