"""The tables at the top of a scenario's data, and what is read off them: kept for as long as nothing in them is set.

Whoever moves one number of a scenario changes one table. What the others hold was read and held against their
assumptions before.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from gatesim.scenario.errors import Finding, KeyPath, dotted
from gatesim.scenario.keys import leaves
from gatesim.scenario.shape import at, is_duration, is_whole
from gatesim.scenario.types import reads_as_duration

if TYPE_CHECKING:
    from gatesim.scenario.assumptions import Patterns


class Number(NamedTuple):
    """A number or a duration of the data.

    Attributes
    ----------
    path, name
        Its key path, and the same with dots.
    value
        As a file writes it.
    """

    path: KeyPath
    name: str
    value: float | str


class Table:
    """A table at the top of a scenario's data, or a value that stands there by itself.

    Parameters
    ----------
    top, value
        Its name, and the plain data; they are not changed as long as the table is used.
    """

    def __init__(self, top: str, value: object) -> None:
        self.top, self.value = top, value
        self.outside: tuple[object, tuple[Finding, ...], tuple[Finding, ...]] | None = None
        """Values outside their limits, and their ranges, with the table of assumptions that says so."""
        self.in_order = False
        """Whether assumptions, where it is their table, were found to be in order."""
        self._groups: dict[str, str] = {}
        self._covered: tuple[tuple[str, ...], list[str | None]] | None = None

    def __reduce__(self) -> tuple[type[Table], tuple[str, object]]:
        # To another process goes what it is, not what was read off it.
        return Table, (self.top, self.value)

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """Every number and duration; what is known about them is none of the scenario's."""
        if self.top == "assumptions":
            return ()
        data = {self.top: self.value}
        found = []
        for path, value in leaves(self.value, (self.top,)):
            if isinstance(value, bool):
                continue
            if isinstance(value, int | float) or (
                isinstance(value, str) and reads_as_duration(value) and is_duration(at(path, data))
            ):
                found.append(Number(path, dotted(path), value))
        return tuple(found)

    def group(self, one: Number) -> str:
        """The key under which a number is listed, with those that belong to it, where no assumption covers it."""
        found = self._groups.get(one.name)
        if found is None:
            starred = dotted(_starred(one.path, {self.top: self.value})).replace('"*"', "*")
            found = self._groups[one.name] = starred
        return found

    def covered(self, patterns: Patterns) -> list[str | None]:
        """For each number the pattern that covers it, or None."""
        if self._covered is None or self._covered[0] != patterns.keys:
            self._covered = patterns.keys, [patterns.best(one.path) for one in self.numbers]
        return self._covered[1]


def tables(data: Mapping[str, Any], kept: Mapping[str, Table] | None = None) -> dict[str, Table]:
    """The tables of a scenario's data.

    Parameters
    ----------
    data
        Plain data.
    kept
        Tables of data that were looked at before: what is the very same object in both is not looked at again.
    """
    kept = kept or {}
    found = {}
    for top, value in data.items():
        before = kept.get(top)
        found[top] = before if before is not None and before.value is value else Table(top, value)
    return found


def _starred(path: KeyPath, data: Mapping[str, Any]) -> KeyPath:
    """A key path without what tells apart values that belong together."""
    for length in range(1, len(path)):
        if is_whole(at(path[:length], data)):
            path = path[:length]
            break
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return tuple(
        "*" if isinstance(step, int) or (position == 1 and path[0] in ("segments", "policies")) else step
        for position, step in enumerate(path)
    )
