"""The keys of a scenario that ``--set`` can move: each with its value, and what is known about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any

from gatesim.scenario import Loaded, ScenarioError
from gatesim.scenario.assumptions import CHOICE, GUESS, Input
from gatesim.scenario.errors import KeyPath, Problem, dotted
from gatesim.scenario.keys import leaves, parse_key

_NOT_SET = ("schema", "base", "without", "assumptions")
"""Tables that belong into files, or say what is known about values."""

_WORDS = ("title", "expected", "note", "names_other_order")
"""Keys that only say something to readers."""


@dataclass(frozen=True)
class Key:
    """A value that can be set.

    Attributes
    ----------
    key
        Its path, as ``--set`` takes it.
    value
        The value, as the file has it.
    text
        The value as ``--set`` takes it.
    unit, range, grade, sources, note
        What is known about it; the grade is ``choice`` where somebody set it.
    title
        What it is; empty where no assumption says.
    origin
        The file that gave the value, or ``--set``.
    """

    key: str
    value: Any
    text: str
    unit: str
    range: tuple[float, ...]
    grade: str
    sources: tuple[str, ...]
    note: str
    title: str
    origin: str

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)


def settable(loaded: Loaded, inputs: Sequence[Input], prefix: str = "") -> tuple[Key, ...]:
    """The keys that can be set, in the order of the resolved data.

    Parameters
    ----------
    loaded
        The scenario.
    inputs
        What it rests on (`gatesim.scenario.rests_on`).
    prefix
        Only keys that begin with these names, such as ``signals.ip``; ``*`` stands for any one name. Where none begins
        so, those that contain it, such as ``coverage``, in capitals or not.

    Returns
    -------
    tuple of Key
        Numbers, durations, dates, names; not titles and other words for readers.

    Raises
    ------
    ScenarioError
        If no key begins so or contains it.
    """
    of_path = {path: entry for entry in inputs for path in entry.values}
    wanted = _names(prefix)
    every = [
        (path, value)
        for path, value in leaves(loaded.data)
        if path[0] not in _NOT_SET and path[-1] not in _WORDS
    ]
    found = [(path, value) for path, value in every if _begins(path, wanted)]
    if not found:
        found = [(path, value) for path, value in every if prefix.lower() in dotted(path).lower()]
    if not found:
        raise ScenarioError([_nothing(loaded, prefix, wanted)])
    return tuple(_key(loaded, path, value, of_path.get(dotted(path))) for path, value in found)


def begin_so(keys: Sequence[Key], prefix: str) -> bool:
    """Whether keys that `settable` found begin with a prefix; else they contain it."""
    return _begins(parse_key(keys[0].key), _names(prefix))


def _names(prefix: str) -> tuple[str, ...]:
    if not prefix.strip("."):
        return ()
    try:
        return parse_key(prefix.rstrip("."))
    except ValueError as error:
        raise ScenarioError([Problem("--keys", None, prefix[:60], str(error))]) from None


def _begins(path: KeyPath, wanted: Sequence[str]) -> bool:
    if len(path) < len(wanted):
        return False
    return all(name in ("*", str(step)) for step, name in zip(path, wanted, strict=False))


def _nothing(loaded: Loaded, prefix: str, wanted: Sequence[str]) -> Problem:
    """That no key begins so, with what does: the nearest name at the place where it goes wrong."""
    for length in range(len(wanted), 0, -1):
        there = dict.fromkeys(_next(loaded, wanted[: length - 1]))
        if there:
            near = get_close_matches(wanted[length - 1], there, n=1)
            start = ".".join(wanted[: length - 1])
            where = f"below {start} there are" if start else "there are"
            hint = f'nearest: "{near[0]}"' if near else f"{where}: {', '.join(there)}"
            return Problem("--keys", None, prefix, "no key of the scenario begins so or contains it", hint)
    return Problem("--keys", None, prefix, "no key of the scenario begins so or contains it")


def _next(loaded: Loaded, start: Sequence[str]) -> Iterator[str]:
    """Names that may come after the first ones of a key."""
    for path, _ in leaves(loaded.data):
        if path[0] not in _NOT_SET and len(path) > len(start) and _begins(path, start):
            yield str(path[len(start)])


def _key(loaded: Loaded, path: KeyPath, value: object, entry: Input | None) -> Key:
    origin = loaded.origin.get(dotted(path), "")
    if entry is None:
        return Key(dotted(path), value, literal(value), "", (), CHOICE, (), "", "", origin)
    title = "" if entry.title == entry.key else entry.title
    return Key(
        dotted(path),
        value,
        literal(value),
        entry.unit,
        entry.range,
        entry.grade or GUESS,
        entry.sources,
        entry.note,
        title,
        origin,
    )


def literal(value: object) -> str:
    """A value as TOML writes it, which is how ``--set`` takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return f"{value:_}" if isinstance(value, int) and abs(value) >= 10_000 else f"{value}"
