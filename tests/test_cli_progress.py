"""The line that says how far work is: after a while, also where the work itself says nothing."""

import time

import pytest

from gatesim.cli import options


def test_work_that_says_nothing_for_long_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(options, "PATIENCE", 0.05)
    told = ""
    with options.progress() as say:
        say(0.25, "one long step")
        until = time.monotonic() + 30
        while not told and time.monotonic() < until:
            time.sleep(0.01)
            told = capsys.readouterr().err
    assert told == " 25%  one long step\n"
    assert capsys.readouterr().err == ""


def test_quick_work_shows_nothing_and_leaves_no_thread(capsys: pytest.CaptureFixture[str]) -> None:
    with options.progress() as say:
        say(0.5, "half")
    assert not say._watch.is_alive()
    assert capsys.readouterr().err == ""
