"""That a skipped test of the page or the report counts as a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

TESTS = """
import pytest

@pytest.mark.browser
@pytest.mark.skipif(True, reason="no display")
def test_before(): ...

@pytest.mark.browser
def test_meanwhile():
    pytest.skip("no browser")

def test_without_a_browser():
    pytest.skip("anything else")
"""


def test_a_skip_of_a_test_that_drives_a_browser_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_skips.py").write_text(TESTS)
    # The hook comes with the tests' folder; these lie elsewhere.
    given = ["-q", "-p", "no:cacheprovider", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *given, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 skipped, 1 error" in done.stdout
    assert "skipped, and it drives a browser" in done.stdout
    assert "no display" in done.stdout
