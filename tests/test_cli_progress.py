"""The line that says how far work is: after a while, also where the work itself says nothing."""

import time
from typing import Any

import pytest

import gatesim
from gatesim.cli import options
from gatesim.engine import fast
from gatesim.study import search
from tests.scenarios import SMALL


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
    assert told == " 25 %  one long step\n"
    assert capsys.readouterr().err == ""


def test_quick_work_shows_nothing_and_leaves_no_thread(capsys: pytest.CaptureFixture[str]) -> None:
    with options.progress() as say:
        say(0.5, "half")
    assert not say._watch.is_alive()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("who", [{"person": 3}, {"find": "lost"}], ids=["person", "find"])
def test_a_story_says_how_far_the_run_is_and_the_search(
    who: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three hundred accounts, ten at a time: thirty steps of the run, and as many of a search that finds nobody."""
    monkeypatch.setattr(fast, "CHUNK", 10)
    monkeypatch.setattr(search, "STEP", 10)
    said: list[tuple[float, str]] = []

    def tell() -> None:
        gatesim.explain(
            SMALL,
            **who,
            policy="careful",
            sets=["reactions.leave=0", "represents=300"],  # so the desk is simulated
            progress=lambda done, doing: said.append((done, doing)),
        )

    if "find" in who:
        with pytest.raises(gatesim.ScenarioError, match="there is nobody"):
            tell()
    else:
        tell()
        assert said[-1] == (0.9, "telling the story")
    assert said[0][0] == 0
    assert [done for done, _ in said] == sorted(done for done, _ in said)
    run = [done for done, doing in said if doing == "the run of 300 accounts"]
    assert len(set(run)) == 31
    looked = [done for done, doing in said if doing == "looking for somebody"]
    assert len(set(looked)) == (31 if "find" in who else 0)
