"""A number of a scenario that is varied: which values it may take, and the scenario with another value in its place.

What ``--vary KEY`` does with a value is what ``--set KEY=VALUE`` does. Two things are added. A ``*`` in the key, where
no entry has that name, stands for all entries: they get the same value. And a value is a plain number: of a duration,
in the unit of its assumption (or in days).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from gatesim.scenario.assumptions import TIMES, Patterns
from gatesim.scenario.errors import KeyPath, Problem, ScenarioError, dotted, nearest
from gatesim.scenario.keys import parse_key
from gatesim.scenario.schema import Assumption, Scenario
from gatesim.scenario.shape import at, entry, is_duration, is_whole
from gatesim.scenario.types import DAY, FOREVER, Part, format_duration, parse_duration

if TYPE_CHECKING:
    from gatesim.scenario.files import Loaded

MOST_ENTRIES = 500
"""So many values a key with stars may stand for."""


@dataclass(frozen=True)
class Parameter:
    """A number that is varied.

    Attributes
    ----------
    key
        As given.
    paths
        The values that it stands for.
    title, unit, grade
        What is known about it; the key where nothing is.
    assumed
        The values that the scenario has there, in the unit; empty where a whole table is replaced.
    low, high
        The range that is looked at, in the unit.
    why
        Where the range comes from.
    shape
        How values are spread over the plausible range.
    whole
        Whether only whole numbers make sense.
    scale
        Microseconds of the unit of a duration; None for what is none.
    """

    key: str
    paths: tuple[KeyPath, ...]
    title: str
    unit: str
    grade: str
    assumed: tuple[float, ...]
    low: float
    high: float
    why: str
    shape: str = "uniform"
    whole: bool = False
    scale: int | None = None

    @property
    def now(self) -> float | None:
        """The value that the scenario assumes; None where it has several, or a table."""
        return self.assumed[0] if len(set(self.assumed)) == 1 else None

    @property
    def is_inside(self) -> bool:
        """Whether a single value is assumed, and that between the ends of the range."""
        return self.now is not None and self.low <= self.now <= self.high

    @property
    def table(self) -> str:
        """The table of the scenario that it belongs to: ``signals``, ``segments``, ``policies`` and so on."""
        return str(self.paths[0][0])

    def stored(self, value: float) -> float | int:
        """A value as the typed scenario holds it."""
        if self.scale is not None:
            return min(round(value * self.scale), FOREVER)
        return round(value) if self.whole else float(value)

    def text(self, value: float) -> str:
        """A value as a scenario file writes it."""
        return f'"{format_duration(int(self.stored(value)))}"' if self.scale else repr(self.stored(value))

    def sets(self, value: float) -> tuple[str, ...]:
        """The ``KEY=VALUE`` that say the same."""
        return tuple(f"{dotted(path)}={self.text(value)}" for path in self.paths)


def changed(scenario: Scenario, parameters: Sequence[Parameter], values: Sequence[float]) -> Scenario:
    """A scenario with other values of some parameters. It is not checked: the ends of their ranges were.

    Parameters
    ----------
    scenario
        The scenario.
    parameters, values
        What is changed, and to what, in the parameters' units.
    """
    found: Any = scenario
    for parameter, value in zip(parameters, values, strict=True):
        for path in parameter.paths:
            found = _replaced(found, path, parameter.stored(value))
    assert isinstance(found, Scenario)
    return found


def _replaced(node: Any, path: KeyPath, value: object) -> Any:
    if not path:
        return value
    name, rest = path[0], path[1:]
    if isinstance(node, Part):
        field = _field(node, str(name))
        return node.model_copy(update={field: _replaced(getattr(node, field), rest, value)})
    if isinstance(node, tuple):
        number = int(name)
        return (*node[:number], _replaced(node[number], rest, value), *node[number + 1 :])
    if isinstance(node, Mapping):
        return {**node, name: _replaced(node.get(name), rest, value)}
    raise KeyError(name)


def _field(part: Part, name: str) -> str:
    for field, about in type(part).model_fields.items():
        if name in (field, about.alias):
            return field
    raise KeyError(name)


def _typed(node: Any, path: KeyPath) -> Any:
    """The value at a key path of the typed scenario; None where there is none."""
    for name in path:
        try:
            if isinstance(node, Part):
                node = getattr(node, _field(node, str(name)))
            elif isinstance(node, tuple):
                node = node[int(name)]
            else:
                node = node[name]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return node


def find_parameter(
    loaded: Loaded,
    key: str,
    low: float | str | None = None,
    high: float | str | None = None,
    option: str = "--vary",
) -> Parameter:
    """The parameter of a key, and the range that is looked at.

    Parameters
    ----------
    loaded
        The scenario.
    key
        A key as ``--set`` has it; a ``*`` stands for all entries of a table.
    low, high
        The ends of the range; by default those of the plausible range of its assumption, or its hard limits. Of a
        duration also as text (``"30d"``).
    option
        What messages call the option.

    Returns
    -------
    Parameter
        A value at either end of the range makes a scenario that is in order.

    Raises
    ------
    ScenarioError
        If the key leads nowhere or to no number, no range is known, or a value in it is not allowed.
    """
    try:
        names = parse_key(key)
    except ValueError as error:
        raise _wrong(option, key, str(error)) from None
    paths = _paths(loaded, names, key, option)
    now = [_typed(loaded.scenario, path) for path in paths]
    duration = is_duration(at(paths[0], loaded.data))
    known = assumption_of(loaded, paths[0])
    for path, value in zip(paths, now, strict=True):
        _refuse_no_number(loaded, path, value, key, option)
    scale = scale_of(known) if duration else None
    size = scale or 1
    assumed = tuple(
        float(value) / size for value in now if isinstance(value, int | float) and value < FOREVER
    )
    ends, why = _range(loaded, paths[0], known)
    ends = (
        _number(low, scale, "--from", key) if low is not None else ends[0],
        _number(high, scale, "--to", key) if high is not None else ends[1],
    )
    if low is not None or high is not None:
        why = "as asked for"
    if ends[0] is None or ends[1] is None:
        raise _wrong(option, key, "no plausible range is known: give one", "--from LOW --to HIGH")
    if not ends[0] < ends[1]:
        raise _wrong(option, key, f"the range from {ends[0]:g} to {ends[1]:g} holds no two values")
    found = Parameter(
        key,
        paths,
        _title(key, paths[0], loaded, known),
        known.unit if known else ("days" if duration else ""),
        known.grade if known else "",
        assumed if len(assumed) == len(paths) else (),
        ends[0],
        ends[1],
        why,
        known.shape if known else "uniform",
        not duration and all(isinstance(value, int) for value in now),
        scale,
    )
    for end in (found.low, found.high):
        _allowed(loaded, found, end, known, option)
    return found


def _title(key: str, path: KeyPath, loaded: Loaded, known: Assumption | None) -> str:
    """What a parameter is called: a number that stands for a whole table is none of its entries."""
    if known is None:
        return key
    is_table = isinstance(_at(loaded.data, path), Mapping)
    whole = not is_table or Patterns(loaded.scenario.assumptions).best(path) is not None
    return known.title if whole else "all of its entries at once"


def assumption_of(loaded: Loaded, path: KeyPath) -> Assumption | None:
    """What is known about the value at a key path, or about the values of the table that stands there."""
    known = loaded.scenario.assumptions
    patterns = Patterns(known)
    best = patterns.best(path)
    if best is None:
        value = _at(loaded.data, path)
        if isinstance(value, Mapping) and value:
            best = patterns.best((*path, next(iter(value))))
    return None if best is None else known[best]


def _at(data: object, path: KeyPath) -> object:
    for name in path:
        data = entry(data, name)
    return data


def _paths(loaded: Loaded, names: Sequence[str], key: str, option: str) -> tuple[KeyPath, ...]:
    """The key paths that a key stands for."""
    found: list[KeyPath] = [()]
    starred = False
    for name in names:
        longer: list[KeyPath] = []
        for path in found:
            table = _at(loaded.data, path)
            if isinstance(table, list):
                steps: list[str | int] = [int(name)] if name.isdigit() and int(name) < len(table) else []
                steps = list(range(len(table))) if name == "*" else steps
            elif name == "*" and isinstance(table, Mapping) and "*" not in table:
                steps, starred = list(table), True
            else:
                steps = [name]
            longer += [(*path, step) for step in steps]
        found = longer
        if len(found) > MOST_ENTRIES:
            raise _wrong(option, key, f"stands for more than {MOST_ENTRIES} values")
    unset: KeyPath | None = None
    if starred:
        found = [path for path in found if _typed(loaded.scenario, path) is not None]
        unset = found[0] if found else None
        found = [path for path in found if _at(loaded.data, path) is not None]
    # The key of an assumption stands for the values that it covers, not for those that a more specific one covers.
    if key in loaded.scenario.assumptions:
        patterns = Patterns(loaded.scenario.assumptions)
        found = [path for path in found if patterns.best(path) == key]
    known = [path for path in found if at(path, loaded.data) is not None and _is_there(loaded, path)]
    if not known:
        if unset is not None and not found:
            hint = f"name one, such as {dotted(unset)}"
            raise _wrong(option, key, "a * stands for entries that set it, and none does", hint)
        raise _wrong(option, key, "the scenario has no such key", _near(loaded, names))
    return tuple(known)


def _is_there(loaded: Loaded, path: KeyPath) -> bool:
    """Whether the tables that lead to a value are there; the value itself may be left to its default."""
    return all(_typed(loaded.scenario, path[:length]) is not None for length in range(1, len(path)))


def _near(loaded: Loaded, names: Sequence[str]) -> str:
    """A hint where a key leads astray."""
    table: Any = loaded.scenario
    for name in names:
        known = type(table).model_fields if isinstance(table, Part) else table
        if not isinstance(known, Mapping):
            return ""
        if name != "*" and name not in known:
            return nearest(name, known)
        table = _typed(table, (next(iter(known)) if name == "*" and name not in known else name,))
    return ""


def _refuse_no_number(loaded: Loaded, path: KeyPath, value: object, key: str, option: str) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return
    written = _at(loaded.data, path)
    if isinstance(value, Mapping):
        shape = at(path, loaded.data)
        if is_whole(shape) and _accepts_share(shape):
            return
        inside = [name for name, each in value.items() if isinstance(each, int | float)]
        hint = f"name one of its entries, such as {dotted((*path, inside[0]))}" if inside else ""
        raise _wrong(option, key, f"{dotted(path)} is a table, no number", hint)
    if isinstance(value, Part):
        inside = [name for name in type(value).model_fields if isinstance(getattr(value, name), int | float)]
        hint = f"name one of its entries, such as {dotted((*path, inside[0]))}" if inside else ""
        raise _wrong(option, key, f"{dotted(path)} is a table, no number", hint)
    if value is None:
        raise _wrong(option, key, f"{dotted(path)} is not set", f"set it first: --set {dotted(path)}=...")
    raise _wrong(option, key, f"{dotted(path)} is no number: it is {written!r}")


def _accepts_share(shape: Any) -> bool:
    """Whether one share may stand there, perhaps in the place of a table, and no larger number."""
    return _takes(shape, 0.0) and _takes(shape, 1.0) and not _takes(shape, 1.5)


def _takes(shape: Any, value: float) -> bool:
    try:
        TypeAdapter(shape).validate_python(value)
    except ValidationError:
        return False
    return True


def scale_of(known: Assumption | None) -> int:
    """Microseconds of the unit in which a duration is known; of a day where none is said."""
    unit = known.unit.split()[0].lower() if known is not None and known.unit.strip() else "days"
    return TIMES.get(unit, DAY)


def _number(value: float | str, scale: int | None, option: str, key: str) -> float:
    """An end of the range, in the unit."""
    try:
        number = float(value)
    except ValueError:
        if scale is None:
            raise _wrong(option, key, f"{value!r} is no number") from None
        try:
            return parse_duration(value) / scale
        except ValueError as error:
            raise _wrong(option, key, f"{value!r} {error}") from None
    if not isfinite(number):
        raise _wrong(option, key, f"{value} is no finite number")
    return number


def _range(
    loaded: Loaded, path: KeyPath, known: Assumption | None
) -> tuple[tuple[float | None, float | None], str]:
    if known is not None and known.range:
        return (known.range[0], known.range[1]), f"the plausible range ({known.grade})"
    if known is not None and known.limits:
        return (known.limits[0], known.limits[1]), "the hard limits; no plausible range is known"
    if _accepts_share(at(path, loaded.data)):
        return (0.0, 1.0), "all that a share can be; no plausible range is known"
    return (None, None), ""


def _allowed(
    loaded: Loaded, parameter: Parameter, value: float, known: Assumption | None, option: str
) -> None:
    """Refuse a value beyond the hard limits, or with which the scenario is not in order."""
    if known is not None and known.limits and not known.limits[0] <= value <= known.limits[1]:
        low, high = known.limits
        raise _wrong(
            option,
            parameter.key,
            f"{value:.12g} is outside its hard limits, {low:.12g} to {high:.12g} {known.unit}".rstrip(),
        )
    try:
        loaded.with_sets(parameter.sets(value))
    except ScenarioError as error:
        first = error.problems[0]
        raise _wrong(
            option,
            parameter.key,
            f"at {value:.12g} the scenario is not in order: {first.key}: {first.message}",
        ) from None


def _wrong(option: str, key: str, message: str, hint: str = "") -> ScenarioError:
    return ScenarioError([Problem(option, None, key, message, hint)])
