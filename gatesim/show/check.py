"""What a scenario rests on, as text."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from gatesim.scenario.assumptions import Input
from gatesim.show.page import page
from gatesim.show.tables import LEFT, Column, Table, print_table
from gatesim.study.check import Check


def inputs_table(checked: Check) -> Table:
    """Every input: value, plausible range, grade, source."""
    rows = [
        (
            entry.title,
            values(entry.values),
            _range(entry),
            entry.grade,
            "; ".join(entry.sources) or entry.origin,
        )
        for entry in checked.inputs
    ]
    columns = (
        Column("input", LEFT, 5),
        Column("value", "right", 2),
        Column("plausible", LEFT, 3),
        Column("grade", LEFT),
        Column("source", LEFT, 5),
    )
    return Table("What it rests on", columns, tuple(rows))


def values(found: Mapping[str, object]) -> str:
    """The value of an input, or the span of its values."""
    shown = list(dict.fromkeys(_value(value) for value in found.values()))
    if len(shown) <= 2:
        return ", ".join(shown)
    numbers = [value for value in found.values() if isinstance(value, int | float)]
    if len(numbers) == len(found):
        return f"{_value(min(numbers))} to {_value(max(numbers))}"
    return f"{shown[0]} and {len(shown) - 1} more"


def _value(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def _range(entry: Input) -> str:
    if not entry.range:
        return ""
    low, high = entry.range
    return f"{_value(low)} to {_value(high)} {entry.unit}".strip()


def print_check(checked: Check) -> None:
    """Print what a scenario rests on."""
    console = page()
    scenario = checked.loaded.scenario
    guesses, inputs = checked.guesses
    console.print(Text(scenario.title, style="bold"))
    files = ", ".join(name for name, _ in checked.loaded.files)
    console.print(Text(f"In order. Files: {files}", style="dim"))
    if scenario.expected:
        console.print()
        console.print(Text("What was expected before its first run: " + " ".join(scenario.expected.split())))
    console.print()
    print_table(console, inputs_table(checked))
    console.print(Text(f"{guesses} of {inputs} inputs are guesses."))
