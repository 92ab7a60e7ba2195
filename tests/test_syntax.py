"""Files that are no TOML, and values that are allowed but doubtful: what is said is what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatesim.scenario import ScenarioError, load
from gatesim.scenario.reading import parse
from gatesim.scenario.syntax import hint
from gatesim.scenario.types import DAY, FOREVER, HOUR, MINUTE, about_duration
from tests.scenarios import SMALL

DATE = "write a date and time with its zone: 2026-06-12T17:21:00-04:00"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\nb = person\n", 2, 'write a text, or a duration, in quotes: b = "person"'),
        ("b = 30d # a month\n", 1, 'write a text, or a duration, in quotes: b = "30d"'),
        ("a = 1\n\nb person\n", 3, 'write = between key and value: b = "person"'),
        ("b: 3\n", 1, "write = between key and value: b = 3"),
        ("b\n", 1, "write = and a value after the key: b = ..."),
        ("b = \n", 1, "write a value after the =: b = ..."),
        ("b == 3\n", 1, "write one =: b = 3"),
        ("b = 12 June 2026\n", 1, DATE),
        ("b = 2026/06/12\n", 1, DATE),
        ("b = 2026-6-12\n", 1, DATE),
        ("b = 2026-06-12 17:21\n", 1, DATE),
        ("b = 12.06.2026\n", 1, DATE),
        ("[signals.ip\na=1\n", 1, "write the name of a table in brackets: [signals.ip]"),
        ("[[orders]\na=1\n", 1, "write the name of a table in brackets: [[orders]]"),
        ('b = "abc\nc=1\n', 1, 'close the quotes: "abc"'),
        ("b = [1, 2\nc = 3\n", 2, "the bracket [ that opens in line 1 is not closed"),
        ("b = {a = 1,\nc = 3}\n", 1, "close the bracket in the same line: {a = 1 }"),
        ("b = 0,5\n", 1, "write a decimal point: 0.5"),
        ("b = 1.5 %\n", 1, "write a share in place of a percentage: 0.015"),
        ("b = Yes\n", 1, "write true"),
        ("b = FALSE\n", 1, "write false"),
        ("b = .5\n", 1, "write a digit before the point: 0.5"),
        ("b = 1.\n", 1, "write a digit after the point: 1.0"),
        ("b = 007\n", 1, "write a number without noughts before it: 7"),
        ("b = “x”\n", 1, 'write straight quotes around a text: "..."'),
        ("a b = 3\n", 1, 'write a key with odd characters in quotes: "a b" = ...'),
        ("b = null\n", 1, 'leave the key out: without = ["b"] takes away what a base has'),
        ("b = 0.5.3\n", 1, ""),
    ],
)
def test_what_is_no_toml_says_what_is_meant(text: str, line: int, said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        parse(text, "file.toml")
    (problem,) = error.value.problems
    assert (problem.line, problem.hint) == (line, said)
    assert problem.message.startswith("is no valid TOML")


@pytest.mark.parametrize(
    "said", ['b = "person"', 'b = "30d"', "b = 3", "[signals.ip]", "[[orders]]", "b = 0.5"]
)
def test_what_is_written_as_it_is_said_is_toml(said: str) -> None:
    parse(f"schema = 1\n{said}\n", "file.toml")


@given(st.text(alphabet="ab=[]{}\"'#.,% 0123\n-", max_size=40), st.none() | st.integers(-1, 5))
def test_a_hint_is_a_line_whatever_the_text(text: str, line: int | None) -> None:
    assert "\n" not in hint(text, line)


# --- doubtful values ----------------------------------------------------------------------------------------------


def test_a_number_for_a_whole_table_is_held_against_its_entries() -> None:
    (said,) = load("june-2026", ["signals.ip.accuracy=0.5"]).warnings
    assert said.startswith(
        "--set: signals.ip.accuracy: 0.5 stands for a whole table, and is outside the plausible range"
    )
    assert "0.95 to 0.995" in said
    assert said.endswith(", and 2 more")
    assert load("june-2026", ["signals.ip.accuracy=0.99"]).warnings == (), "within the range of each"
    (said,) = load("june-2026", ["signals.ip.accuracy=0.97"]).warnings
    assert "0.975 to 0.9975" in said, "of one entry only"
    assert "more" not in said


def test_a_file_is_held_to_the_same(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('schema = 1\nbase = "june-2026"\n\n[signals.ip]\naccuracy = 0.5\n')
    (said,) = load(own).warnings
    assert said.startswith(f"{own}:5: signals.ip.accuracy: 0.5 stands for a whole table")


def test_hard_limits_hold_for_a_whole_table() -> None:
    sets = ['assumptions."signals.ip.accuracy.US".limits=[0.6, 1.0]', "signals.ip.accuracy=0.5"]
    with pytest.raises(ScenarioError, match=r"outside the limits of an entry: 0\.6 to 1 .* and 2 more"):
        load("june-2026", sets)


@pytest.mark.parametrize(
    ("issued", "days"), [("2025-06-12T17:21:00-04:00", 361), ("2026-06-12T17:21:00-04:00", 0)]
)
def test_an_order_of_the_year_before_is_doubtful(issued: str, days: int) -> None:
    """361 days and some hours before 9 June 2026."""
    said = [one for one in load("june-2026", [f"orders.0.issued={issued}"]).warnings if "issued" in one]
    if not days:
        assert said == []
        return
    (only,) = said
    assert only.startswith(
        f"--set: orders.0.issued: the order is issued {days} days before the window begins"
    )
    assert "is the year right?" in only


def test_it_names_file_and_line(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = SMALL.read_text().replace("issued = 2026", "issued = 2025", 1)
    own.write_text(text)
    line = next(n for n, one in enumerate(text.splitlines(), 1) if one.startswith("issued"))
    assert any(one.startswith(f"{own}:{line}: orders.0.issued: ") for one in load(own).warnings)


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0d"),
        (90 * MINUTE, "90m"),
        (19_839 * MINUTE, "13.8d"),
        (493_714_285_714, "5.71d"),
        (100_000 * DAY + 5 * HOUR, "100,000d"),
        (1_234_567, "1.23s"),
        (FOREVER, "forever"),
    ],
)
def test_a_duration_for_a_reader_is_exact_or_has_three_digits(microseconds: int, text: str) -> None:
    assert about_duration(microseconds) == text
