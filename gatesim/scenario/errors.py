"""What is wrong with a scenario: problems, each with its file, line, key and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
"""The way to a value: names of tables, numbers of array elements."""

SHOWN_PROBLEMS = 20

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 60
_LONGEST_KEY = 200


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes
    ----------
    file
        The file as shown to the user, or ``--set``.
    line
        Line in the file, from 1; None where there is none.
    key
        The whole key path, dotted; empty where the file as such is wrong.
    message
        What is wrong, and what would be right.
    hint
        The nearest valid name or a way out; may be empty.
    """

    file: str
    line: int | None
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        key = self.key if len(self.key) <= _LONGEST_KEY else self.key[:_LONGEST_KEY] + "..."
        parts = [part for part in (place, key, self.message) if part]
        return ": ".join(parts) + (f"; {self.hint}" if self.hint else "")


class ScenarioError(Exception):
    """A scenario is wrong. Nothing was done.

    Attributes
    ----------
    problems
        What is wrong, the first twenty things.
    more
        How many further problems there are.
    """

    def __init__(self, problems: Iterable[Problem], more: int = 0) -> None:
        found = tuple(problems)
        self.problems = found[:SHOWN_PROBLEMS]
        self.more = more + max(0, len(found) - SHOWN_PROBLEMS)
        # SimPy and pickle build an exception anew from its `args`.
        super().__init__(self.problems, self.more)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        if self.more:
            lines.append(f"and {self.more} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class Finding:
    """A problem whose file and line are not looked up yet.

    Attributes
    ----------
    path
        The key that is wrong.
    message, hint
        As for a problem.
    because
        Keys of the values that together are wrong, where it is not the one at ``path`` alone.
    """

    path: KeyPath
    message: str
    hint: str = ""
    because: tuple[KeyPath, ...] = field(default=())


class UnplacedError(ScenarioError):
    """A scenario is wrong at a key whose file and line are not looked up yet; `Loaded.placed` does that."""

    def __init__(self, finding: Finding) -> None:
        super().__init__([Problem("", None, dotted(finding.path), finding.message, finding.hint)])
        self.finding = finding
        self.args = (finding,)


def dotted(path: Sequence[str | int]) -> str:
    """A key path as text; names with odd characters stand in quotes, as in TOML."""
    return ".".join([str(name) if isinstance(name, int) else _named(name) for name in path])


@lru_cache(maxsize=4096)
def _named(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _quoted(name)


def shown(value: object) -> str:
    """A value as a scenario file would write it, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "an array"
    text = repr(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _quoted(text: str) -> str:
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    marked = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in marked) + '"'


def nearest(name: str, names: Iterable[str], what: str = "known here") -> str:
    """A hint: the name that was probably meant, or those there are."""
    names = [str(known) for known in names]
    close = get_close_matches(name[:_LONGEST].lower(), [known.lower() for known in names], n=1, cutoff=0.5)
    if close:
        meant = next(known for known in names if known.lower() == close[0])
        return f"nearest: {_quoted(meant)}"
    if not names:
        return f"{what}: none"
    few = ", ".join(_quoted(known) for known in names[:15])
    return f"{what}: {few}" + (", ..." if len(names) > 15 else "")
