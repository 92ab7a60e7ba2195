"""What a scenario rests on, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatesim.scenario.assumptions import Input, set_words
from gatesim.show.page import page, say
from gatesim.show.tables import LEFT, Column, Table, print_table
from gatesim.study.check import Check
from gatesim.study.settable import Key, begin_so


def inputs_table(checked: Check) -> Table:
    """Every input: value, plausible range, grade, source."""
    rows = [
        (
            title,
            values(entry.values),
            _plausible(entry.range, entry.unit) if entry.range else "",
            entry.grade,
            "; ".join(entry.sources) or entry.origin,
        )
        for title, entry in zip(titles(checked.inputs), checked.inputs, strict=True)
    ]
    columns = (
        Column("input", LEFT, 5),
        Column("value", "right", 2),
        Column("plausible", LEFT, 3),
        Column("grade", LEFT),
        Column("source", LEFT, 5),
    )
    return Table("What it rests on", columns, tuple(rows))


def titles(inputs: Sequence[Input]) -> list[str]:
    """Their titles; those that several have with what their keys have apart, such as a segment's name."""
    keys: dict[str, list[list[str]]] = {}
    for entry in inputs:
        keys.setdefault(entry.title, []).append(entry.key.split("."))
    found = []
    for entry in inputs:
        alike, parts = keys[entry.title], entry.key.split(".")
        first, last = _shared(alike), _shared([key[::-1] for key in alike])
        apart = ", ".join("others" if part == "*" else part for part in parts[first : len(parts) - last])
        found.append(f"{entry.title} ({apart})" if len(alike) > 1 and apart else entry.title)
    return found


def _shared(keys: Sequence[Sequence[str]]) -> int:
    """How many parts keys have in common, from the first on."""
    return next((place for place, parts in enumerate(zip(*keys, strict=False)) if len(set(parts)) > 1), 0)


def values(found: Mapping[str, object]) -> str:
    """The value of an input, or the span of its values."""
    shown = list(dict.fromkeys(plain_number(value) for value in found.values()))
    if len(shown) <= 2:
        return ", ".join(shown)
    numbers = [value for value in found.values() if isinstance(value, int | float)]
    if len(numbers) == len(found):
        return f"{plain_number(min(numbers))} to {plain_number(max(numbers))}"
    return f"{shown[0]} and {len(shown) - 1} more"


def plain_number(value: object) -> str:
    """A number in at most six digits, without a power of ten where it can do without."""
    if not isinstance(value, int | float):
        return str(value)
    text = f"{value:,.6g}"
    if "e" not in text or not 1e-9 <= abs(value) < 1e15:
        return text
    return f"{float(text):,.0f}" if abs(value) >= 1 else f"{float(text):.14f}".rstrip("0")


def keys_table(keys: Sequence[Key]) -> tuple[Table, list[str]]:
    """The keys that can be set, and by number where their values come from."""
    files = dict.fromkeys(_from_file(one) for one in keys if not one.sources)
    known = [*dict.fromkeys(source for one in keys for source in one.sources), *files]
    numbers = {words: f"[{number}]" for number, words in enumerate(known, 1)}
    rows = [
        (
            one.key,
            one.text,
            _plausible(one.range, one.unit),
            one.grade,
            " ".join(numbers[source] for source in one.sources or (_from_file(one),)),
        )
        for one in keys
    ]
    columns = (
        Column("key", LEFT),
        Column("value"),
        Column("plausible", LEFT, 1),
        Column("grade", LEFT),
        Column("from", LEFT),
    )
    return Table("What --set can move", columns, tuple(rows)), [
        f"{n} {words}" for words, n in numbers.items()
    ]


def _from_file(one: Key) -> str:
    return f"{one.origin}, without a source" if one.origin else "without a source"


def _plausible(span: tuple[float, ...], unit: str) -> str:
    return f"{' to '.join(map(plain_number, span))} {unit}".strip()


def print_keys(checked: Check, prefix: str) -> None:
    """Print the keys that can be set, and where their values come from."""
    keys = checked.settable(prefix)
    console = page()
    say(console, checked.loaded.scenario.title, "bold")
    which = ""
    if prefix.strip("."):
        which = f" begin with {prefix.rstrip('.')}" if begin_so(keys, prefix) else f" contain {prefix}"
    say(console, f"{len(keys)} keys{which}." if len(keys) != 1 else "One key.", "dim", after=True)
    table, sources = keys_table(keys)
    print_table(console, table)
    for line in sources:
        say(console, line)
    console.print()
    first = next((one for one in keys if one.range), keys[0])
    say(
        console,
        f"To set one: --set '{first.key}={first.text}'. A number that is set for a whole table, such as "
        "signals.ip.accuracy, holds for all below it.",
        "dim",
    )


def paragraphs(text: str) -> list[str]:
    """What an author wrote, by its ends of lines."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def print_check(checked: Check) -> None:
    """Print what a scenario rests on."""
    console = page()
    scenario = checked.loaded.scenario
    guesses, inputs = checked.guesses
    say(console, scenario.title, "bold")
    words = (
        f"In order; {guesses} of {inputs} inputs are guesses.",
        set_words(checked.inputs),
        f"Files, base first: {', '.join(name for name, _ in checked.loaded.files)}.",
    )
    say(console, " ".join(filter(None, words)), after=True)
    print_table(console, inputs_table(checked))
    if scenario.expected:
        say(console, "What was expected before its first run, and what came out", "bold")
        for line in paragraphs(scenario.expected):
            say(console, line)
