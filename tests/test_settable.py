"""The keys that can be set: each can be, each with what is known about it."""

from __future__ import annotations

import json

import pytest

from gatesim.cli.main import call
from gatesim.scenario import ScenarioError, load
from gatesim.scenario.keys import parse_key
from gatesim.study.check import Check, check
from gatesim.study.settable import literal
from tests.scenarios import SMALL


@pytest.fixture(scope="module")
def checked() -> Check:
    return check(SMALL)


def test_every_key_can_be_set_to_what_it_is(checked: Check) -> None:
    """All of them at once, as the list writes them: the scenario stays what it was."""
    keys = [one for one in checked.settable() if one.text not in ("[]", "{}")]
    again = load(SMALL, [f"{one.key}={one.text}" for one in keys])
    assert again.scenario == checked.loaded.scenario
    assert len(keys) > 100


def test_numbers_have_what_is_known_about_them(checked: Check) -> None:
    inputs = {path: entry for entry in checked.inputs for path in entry.values}
    keys = {one.key: one for one in checked.settable()}
    assert set(inputs) <= {*keys, "people", "represents", "seed", "length"}
    for path, entry in inputs.items():
        one = keys[path]
        assert (one.unit, one.range, one.grade, one.sources) == (
            entry.unit,
            entry.range,
            entry.grade,
            entry.sources,
        )
        assert one.value == entry.values[path]


@pytest.mark.parametrize("prefix", ["signals.ip", "signals", "signals.*.accuracy", "signals.ip.", "orders.0"])
def test_a_prefix_leaves_what_begins_so(checked: Check, prefix: str) -> None:
    names = parse_key(prefix.rstrip("."))
    found = checked.settable(prefix)
    assert found
    for one in checked.settable():
        begins = all(name in ("*", step) for step, name in zip(parse_key(one.key), names, strict=False))
        assert (one in found) == (begins and len(parse_key(one.key)) >= len(names))


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("signls", 'no key of the scenario begins so or contains it; nearest: "signals"'),
        ("signals.ipp.accuracy", 'nearest: "ip"'),
        ("signals.zzzzzz", "below signals there are: ip, payment"),
        ("a b", "is no key"),
    ],
)
def test_a_prefix_of_nothing_is_an_error(checked: Check, prefix: str, said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        checked.settable(prefix)
    assert said in str(error.value)


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["check", "june-2026", "--keys", "signals.ip.accuracy"]) == 0
    out = capsys.readouterr().out
    assert "3 keys begin with signals.ip.accuracy." in out
    assert "signals.ip.accuracy.US" in out
    assert "[1] Own comparison of IP databases, 2026 (residential addresses)" in out
    assert "--set 'signals.ip.accuracy.US=0.985'" in out
    assert max(map(len, out.splitlines())) <= 100
    assert call(["check", str(SMALL), "--keys", "orders.0.reading", "--json"]) == 0
    (only,) = json.loads(capsys.readouterr().out)["keys"]
    assert (only["key"], only["text"], only["grade"]) == ("orders.0.reading", '"person"', "choice")
    assert call(["check", str(SMALL), "--keys"]) == 0
    assert "What --set can move" in capsys.readouterr().out
    assert call(["check", str(SMALL), "--keys", "nothing"]) == 2


def test_keys_are_found_by_what_they_contain(capsys: pytest.CaptureFixture[str]) -> None:
    checked = check("june-2026")
    inside = [one.key for one in checked.settable() if "coverage" in one.key]
    assert inside
    assert not any(key.startswith("coverage") for key in inside)
    assert [one.key for one in checked.settable("Coverage")] == inside
    # What begins so goes before what contains it.
    assert all(one.key.startswith("policies") for one in checked.settable("policies"))
    assert call(["check", "june-2026", "--keys", "coverage"]) == 0
    assert f"{len(inside)} keys contain coverage." in capsys.readouterr().out


def test_what_a_scenario_rests_on_begins_with_how_much_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["check", "june-2026"]) == 0
    lines = capsys.readouterr().out.splitlines()
    guesses, inputs = check("june-2026").guesses
    assert lines[1].startswith(f"In order; {guesses} of {inputs} inputs are guesses.")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (0.5, "0.5"),
        (100_000_000, "100_000_000"),
        ('a "b" \\ c', '"a \\"b\\" \\\\ c"'),
        ([], "[]"),
    ],
)
def test_values_are_written_as_toml_reads_them(value: object, text: str) -> None:
    assert literal(value) == text
