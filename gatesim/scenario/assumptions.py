"""What a scenario rests on: each number with what is known about it, its grade and its sources.

An assumption stands under a pattern, ``[assumptions."signals.*.accuracy"]``. A ``*`` stands for one name; a
pattern may end before the value and then holds for every number below. Of several patterns that fit a value
the most specific wins: the longest, then the one with the fewest stars, then the one whose first star comes
last.

An assumption vouches for the values of the file that states it and of its bases. A value changed by a file
above (or by ``--set``) without stating the assumption anew is somebody's *choice*: it is shown with that
grade, without sources, and its plausible range still holds.

Numbers that no assumption covers are shown as guesses, so that nothing hides. Those that are choices by
nature are shown as such: parameters of policies (but not ``lead_time``), orders (but not the mean time to
an end, nor when a licence is decided, how likely it is granted and what the desk for licences has to do), the
verdict, the ages at which accounts are told apart. What only sizes the run (``people``, ``represents``,
``seed``, ``schema``, ``length``) is listed only where an assumption covers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatesim.scenario.errors import Finding, KeyPath, dotted, nearest
from gatesim.scenario.keys import parse_key
from gatesim.scenario.schema import Assumption, Scenario
from gatesim.scenario.shape import Shape, below, fields, is_part, kinds
from gatesim.scenario.sources import SET
from gatesim.scenario.tables import Number, Table, tables
from gatesim.scenario.types import (
    DAY,
    FOREVER,
    HOUR,
    MINUTE,
    SECOND,
    WEEK,
    YEAR,
    parse_duration,
)

if TYPE_CHECKING:
    from gatesim.scenario.files import Loaded

CHOICE, GUESS = "choice", "guess"
_SIZES = ("people", "represents", "seed", "schema", "length")
_CHOICES = ("policies", "orders", "verdict", "age_bands")
_UNCERTAIN_AMONG_CHOICES = (
    "lead_time",
    "after",
    "decided_after",
    "at_least",
    "granted",
    "officers",
    "service",
    "service_at_least",
    "others_per_day",
    "backlog",
)
_WITH_SOURCES = ("measured", "published", "reported", "proxy", "vendor")
_TIME_UNITS = "seconds, minutes, hours, days, weeks or years"
TIMES = {
    **dict.fromkeys(("s", "second", "seconds"), SECOND),
    **dict.fromkeys(("m", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hour", "hours"), HOUR),
    **dict.fromkeys(("d", "day", "days"), DAY),
    **dict.fromkeys(("w", "week", "weeks"), WEEK),
    **dict.fromkeys(("y", "year", "years"), YEAR),
}


@dataclass(frozen=True)
class Input:
    """An input of a scenario, or several that are known together.

    Attributes
    ----------
    key
        The pattern of the assumption; for a number that none covers its key, segments and policies starred.
    title, unit
        From the assumption; the key where there is none.
    values
        The values, as a file writes them, by their key path.
    grade
        How well they are known; ``choice`` where somebody set them.
    sources, range, shape, limits, note
        From the assumption. No sources where its value was changed.
    origin
        The files that gave the values, or ``--set``.
    overridden
        Whether the values were changed by a file (or ``--set``) that does not state the assumption anew, or take the
        place of a table of which assumptions speak. Then they are a choice.
    was
        What the grade was before, where they were changed: a choice that another took the place of was never counted.
    """

    key: str
    title: str
    unit: str
    values: dict[str, float | str]
    grade: str
    sources: tuple[str, ...] = ()
    range: tuple[float, ...] = ()
    shape: str = "uniform"
    limits: tuple[float, ...] = ()
    note: str = ""
    origin: str = ""
    overridden: bool = False
    was: str = ""


def rests_on(loaded: Loaded) -> tuple[Input, ...]:
    """The inputs of a scenario, in the order of the resolved data.

    Parameters
    ----------
    loaded
        A loaded scenario.

    Returns
    -------
    tuple of Input
        Every number and duration that matters is in exactly one of them.
    """
    order = {file: number for number, (file, _) in enumerate(loaded.files)}
    known = loaded.scenario.assumptions
    patterns = Patterns(known)
    stated = _last_stated(loaded, order)
    groups: dict[tuple[str, bool, bool], list[Number]] = {}
    for table in tables(loaded.data, loaded.tables).values():
        for one, pattern in zip(table.numbers, table.covered(patterns), strict=True):
            if pattern is not None:
                overridden = order.get(loaded.origin[one.name], len(order)) > stated[pattern]
                groups.setdefault((pattern, True, overridden), []).append(one)
            elif table.top not in _SIZES:
                # A number in place of a table of which assumptions speak is what somebody set; so is one of which
                # none speaks, if it is set.
                by_hand = loaded.origin[one.name] == SET and _by_nature(one.path) != CHOICE
                instead = by_hand or bool(patterns.below(one.path))
                groups.setdefault((table.group(one), False, instead), []).append(one)
    return tuple(
        _input(key, overridden, entries, known[key] if covered else None, loaded.origin)
        for (key, covered, overridden), entries in groups.items()
    )


def count_guesses(inputs: Sequence[Input]) -> tuple[int, int]:
    """How many inputs are guesses, and how many inputs there are; choices are not counted."""
    uncertain = [entry for entry in inputs if entry.grade != CHOICE]
    return sum(entry.grade == GUESS for entry in uncertain), len(uncertain)


def set_words(inputs: Sequence[Input]) -> str:
    """Why inputs that ``--set`` changed are not counted among the others, in a sentence; empty where none was."""
    changed = sum(
        len(entry.values)
        for entry in inputs
        if entry.overridden and entry.was != CHOICE and SET in entry.origin
    )
    if not changed:
        return ""
    who = "One number that was" if changed == 1 else f"{changed} numbers that were"
    return f"{who} set (--set) {'is a choice' if changed == 1 else 'are choices'}, and no longer counted."


class Patterns:
    """The assumptions of a scenario, found by the key paths that their patterns fit."""

    def __init__(self, assumptions: Mapping[str, Assumption]) -> None:
        self.keys = tuple(assumptions)
        self._root: dict[str, Any] = {}
        for key in assumptions:
            node = self._root
            for name in parse_key(key):
                node = node.setdefault(name, {})
            node[_HERE] = key

    def best(self, path: KeyPath) -> str | None:
        """The most specific pattern that covers the value at a key path."""
        found = None
        nodes = [self._root]  # the more specific first
        for step in path:
            nodes = [node[name] for node in nodes for name in (str(step), "*") if name in node]
            # Fewer stars are better, so at equal depth all are compared; a longer pattern always wins.
            here = [node[_HERE] for node in nodes if _HERE in node]
            found = min(here, key=_stars, default=found)
        return found

    def below(self, path: KeyPath) -> list[str]:
        """Patterns of values below a key path: what a single number in place of a table stands for."""
        nodes = [self._root]
        for step in path:
            nodes = [node[name] for node in nodes for name in (str(step), "*") if name in node]
        found: dict[str, None] = {}
        while nodes:
            nodes = [child for node in nodes for name, child in node.items() if name != _HERE]
            found |= dict.fromkeys(node[_HERE] for node in nodes if _HERE in node)
        return list(found)


_HERE = "."
"""No name: the key of the pattern that ends at a node."""


def _stars(key: str) -> int:
    return parse_key(key).count("*")


def _last_stated(loaded: Loaded, order: Mapping[str, int]) -> dict[str, int]:
    """For each assumption the number of the last file that states it."""
    starts = {dotted(("assumptions", key)): key for key in loaded.scenario.assumptions}
    last: dict[str, int] = {}
    for name, file in loaded.origin.items():
        if not name.startswith("assumptions."):
            continue
        start = name
        while start and start not in starts:
            start = start.rpartition(".")[0]
        if start:
            last[starts[start]] = max(last.get(starts[start], 0), order.get(file, len(order)))
    return last


def _by_nature(path: KeyPath) -> str:
    if path[0] in _CHOICES and path[-1] not in _UNCERTAIN_AMONG_CHOICES:
        return CHOICE
    return GUESS


def _input(
    key: str,
    overridden: bool,
    entries: Sequence[Number],
    known: Assumption | None,
    origin: Mapping[str, str],
) -> Input:
    values = {one.name: one.value for one in entries}
    files = ", ".join(dict.fromkeys(origin[name] for name in values))
    if known is None:
        nature = _by_nature(entries[0].path)
        grade, was = (CHOICE, nature) if overridden else (nature, "")
        return Input(key, key, "", values, grade, origin=files, overridden=overridden, was=was)
    return Input(
        key,
        known.title,
        known.unit,
        values,
        CHOICE if overridden else known.grade,
        () if overridden else known.sources,
        known.range,
        known.shape,
        known.limits,
        "" if overridden else known.note,
        files,
        overridden,
        known.grade if overridden else "",
    )


def assumption_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with assumptions as such."""
    for key, one in scenario.assumptions.items():
        path: KeyPath = ("assumptions", key)
        try:
            names = parse_key(key)
        except ValueError as error:
            yield Finding(path, f"{error}")
            continue
        yield from _dangling_pattern(path, names)
        if one.limits and one.range and not (one.limits[0] <= one.range[0] and one.range[1] <= one.limits[1]):
            yield Finding((*path, "range"), "the plausible range lies outside the hard limits")
        if one.shape == "loguniform" and one.range and one.range[0] <= 0:
            yield Finding((*path, "range"), "a loguniform range begins above zero")
        if one.grade in _WITH_SOURCES and not one.sources:
            message = f'the grade "{one.grade}" needs a source'
            yield Finding((*path, "grade"), message, 'add sources = ["..."], or write grade = "guess"')


def _dangling_pattern(path: KeyPath, names: Sequence[str]) -> Iterator[Finding]:
    """A pattern that no key of any scenario could fit."""
    shapes: list[Shape] = [Scenario]
    for name in names:
        known = [
            field for shape in shapes for kind in kinds(shape) if is_part(kind) for field in fields(kind)
        ]
        free = [kind for shape in shapes for kind in kinds(shape) if not is_part(kind)]
        if name != "*" and known and not free and name not in known:
            yield Finding(
                path, f'no scenario has the key "{name}" there', nearest(name, dict.fromkeys(known))
            )
            return
        shapes = [entry for shape in shapes for entry in _entries(shape, name)]
        if not shapes:
            return


def _entries(shape: Shape, name: str) -> Iterator[Shape]:
    for kind in kinds(shape):
        if is_part(kind):
            table = fields(kind)
            yield from table.values() if name == "*" else [table[name]] if name in table else []
        else:
            entry = below(kind, name)
            if entry is not None:
                yield entry


@dataclass(frozen=True)
class OutOfRange:
    """Values outside their hard limits (errors), and outside their plausible range (warnings)."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def out_of_range(scenario: Scenario, found: Mapping[str, Table]) -> OutOfRange:
    """The values of a scenario that lie outside what their assumptions say.

    Parameters
    ----------
    scenario
        The typed scenario.
    found
        The tables of its resolved data. One that was held against the very same assumptions is not again.

    Returns
    -------
    OutOfRange
        One finding a value.
    """
    patterns = Patterns(scenario.assumptions)
    stated = found["assumptions"].value if "assumptions" in found else None
    errors: list[Finding] = []
    warnings: list[Finding] = []
    for table in found.values():
        if table.outside is None or table.outside[0] is not stated:
            table.outside = stated, *_outside(scenario, table, patterns)
        errors += table.outside[1]
        warnings += table.outside[2]
    return OutOfRange(tuple(errors), tuple(warnings))


def _outside(
    scenario: Scenario, table: Table, patterns: Patterns
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The values of a table outside their hard limits, and those outside their plausible range."""
    errors: list[Finding] = []
    warnings: list[Finding] = []
    for (path, _, value), pattern in zip(table.numbers, table.covered(patterns), strict=True):
        if pattern is None:
            of_table = _of_a_table(scenario, patterns, path, value)
            errors += of_table.errors
            warnings += of_table.warnings
            continue
        known = scenario.assumptions[pattern]
        if not (known.range or known.limits):
            continue
        size = TIMES.get(known.unit.split()[0].lower()) if known.unit.strip() else None
        if isinstance(value, str) and size is None:
            place: KeyPath = ("assumptions", pattern)
            message = f"holds for the duration {dotted(path)}: write the unit as {_TIME_UNITS}"
            errors.append(Finding((*place, "unit") if known.unit else place, message))
            continue
        number = _in_unit(value, size)
        about = f"({known.title}; {known.grade})"
        if known.limits and not known.limits[0] <= number <= known.limits[1]:
            message = f"{value} is outside its limits, {_span(known.limits, known.unit)} {about}"
            errors.append(Finding(path, message))
        elif known.range and not known.range[0] <= number <= known.range[1]:
            message = f"{value} is outside its plausible range, {_span(known.range, known.unit)} {about}"
            warnings.append(Finding(path, message))
    return tuple(errors), tuple(warnings)


def _of_a_table(scenario: Scenario, patterns: Patterns, path: KeyPath, value: float | str) -> OutOfRange:
    """The same for a number that stands for a whole table, whose entries are known one by one: one finding at most."""
    beyond: list[tuple[Assumption, bool]] = []
    for pattern in patterns.below(path):
        known = scenario.assumptions[pattern]
        size = TIMES.get(known.unit.split()[0].lower()) if known.unit.strip() else None
        if isinstance(value, str) and size is None:
            continue
        number = _in_unit(value, size)
        for span, hard in ((known.limits, True), (known.range, False)):
            if span and not span[0] <= number <= span[1]:
                beyond.append((known, hard))
                break
    if not beyond:
        return OutOfRange((), ())
    beyond.sort(key=lambda one: not one[1])
    known, hard = beyond[0]
    what, span = ("limits", known.limits) if hard else ("plausible range", known.range)
    more = f", and {len(beyond) - 1} more" if len(beyond) > 1 else ""
    message = (
        f"{value} stands for a whole table, and is outside the {what} of an entry: "
        f"{_span(span, known.unit)} ({known.title}; {known.grade}){more}"
    )
    found = (Finding(path, message),)
    return OutOfRange(found, ()) if hard else OutOfRange((), found)


def _in_unit(value: float | str, size: int | None) -> float:
    if not isinstance(value, str) or size is None:
        return float(value)
    microseconds = parse_duration(value)
    return float("inf") if microseconds >= FOREVER else microseconds / size


def _span(bounds: Sequence[float], unit: str) -> str:
    return f"{bounds[0]:.12g} to {bounds[1]:.12g}" + (f" {unit}" if unit else "")
