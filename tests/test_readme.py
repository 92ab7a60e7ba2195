"""The numbers of the README are those that the flagship gives, each rounded once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gatesim
from gatesim.study.result import Result

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")

GATES = {
    "block foreign addresses": "ip_block",
    "block if address, card or form says abroad": "any_foreign",
    "block if two of the three do": "majority",
    "ask the doubtful for a US passport": "careful",
    "ask everybody for a document that proves a status": "passport_or_card",
    "ask for a driver's licence": "licence_check",
    "shut down": "shutdown",
}


@pytest.fixture(scope="module")
def flagship() -> Result:
    return gatesim.run("june-2026", engine="exact", policies=list(GATES.values()))


def rounds_to(value: float, text: str) -> bool:
    """Whether a share, in percent, is the text: rounded to its decimals, and not twice."""
    digits = len(text.partition(".")[2])
    return f"{100 * value:.{digits}f}" == text


def test_the_table_is_what_is_expected_of_each_gate(flagship: Result) -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+|-)[^|]* \|$", README, re.MULTILINE
    )
    assert [row[0] for row in rows] == list(GATES)
    for title, *numbers in rows:
        measures = flagship.policies[GATES[title]].measures
        for name, text in zip(("served_entitled", "leak_rate", "leak_share"), numbers, strict=True):
            value = measures[name].value
            assert (text == "-") == (value is None), (title, name)
            assert value is None or rounds_to(value, text), (title, name, value)


def test_what_is_said_below_it_holds(flagship: Result) -> None:
    assert flagship.remains is not None
    best = flagship.remains.a.best
    (share,) = re.findall(r"could: the best serves (\d+) %\.\*\*", README)
    assert best.outcome == "only_below_floor"
    assert best.served is not None
    assert rounds_to(best.served, share)
    assert f"{flagship.guesses} of the {flagship.uncertain} inputs are guesses" in README
    assert flagship.transition is not None
    (millions,) = re.findall(r"about ([\d.]+) million restricted needs are served", README)
    assert f"{flagship.transition.leaks / 1e6:.1f}" == millions
