"""A scenario written as a file: only what differs from its base."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from gatesim.scenario.merge import Data
from gatesim.scenario.schema import SCHEMA, Scenario
from gatesim.scenario.shape import Shape, below, families, is_whole, kinds

_FIRST = ("title", "expected")
_LONGEST_LINE = 300
_DEEPEST_HEAD = 2


def differences(base: Mapping[str, Any], data: Mapping[str, Any], shape: Shape = Scenario) -> Data:
    """What a file on top of a base must say, so that the two together are some data.

    Parameters
    ----------
    base, data
        Resolved plain data; neither is changed.
    shape
        The shape of both.

    Returns
    -------
    dict
        What `gatesim.scenario.merge.merged` puts on the base to get the data: tables key by key; an array, and a
        table that is one value, whole.

    Raises
    ------
    ValueError
        If the base has a key that the data do not have: a file cannot say that by what differs.
    """
    missing = [name for name in base if name not in data]
    if missing:
        raise ValueError(f"the base has more: {', '.join(map(str, missing))}")
    found: Data = {}
    for name, value in data.items():
        if name in base and _same(base[name], value):
            continue
        inner = below(shape, name, data)
        if _merges(base.get(name), value, inner):
            found[name] = differences(base[name], value, inner)
        else:
            found[name] = copy.deepcopy(value)
    return found


def _merges(old: object, new: object, shape: Shape) -> bool:
    """Whether a file's table is merged into the base's, not put in its place."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping) or is_whole(shape):
        return False
    other_family = "family" in new and new["family"] != old.get("family")
    return not (other_family and families(kinds(shape)))


def _same(one: object, other: object) -> bool:
    """Whether two values are written alike: 1 and 1.0 are not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other


def toml_text(base: str, stated: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """A scenario file as text. It takes the extra ``app`` (tomlkit).

    Parameters
    ----------
    base
        The file's base: a shipped name, or a path.
    stated
        What it says on top of it.
    comments
        Lines to begin with; a line break within one would end the comment, and is written as a space.

    Returns
    -------
    str
        TOML; tables that are one value stand on one line.
    """
    import tomlkit

    document = tomlkit.document()
    for line in comments:
        document.add(tomlkit.comment(" ".join(line.split())[:_LONGEST_LINE]))
    if comments:
        document.add(tomlkit.nl())
    document.add("schema", tomlkit.item(SCHEMA))
    document.add("base", tomlkit.item(base))
    # What is no table comes first: below the head of a table a key would belong to it.
    rest = [name for name in stated if name not in (*_FIRST, "schema", "base")]
    for name in [*(name for name in _FIRST if name in stated), *_values_first(stated, rest)]:
        document.add(name, _item(stated[name], below(Scenario, name, stated), 1))
    return tomlkit.dumps(document)


def _is_tables(value: object) -> bool:
    """Whether a value is an array of tables."""
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _values_first(table: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return sorted(names, key=lambda name: isinstance(table[name], Mapping) or _is_tables(table[name]))


def _item(value: object, shape: Shape, depth: int) -> Any:
    """A value as the library writes it; tables have a head of their own down to the second level, or in an array."""
    import tomlkit

    if _is_tables(value) and isinstance(value, list):
        tables = tomlkit.aot()
        for entry in value:
            tables.append(_table(entry, below(shape, 0, value), _DEEPEST_HEAD))
        return tables
    if isinstance(value, Mapping) and depth <= _DEEPEST_HEAD and not is_whole(shape):
        return _table(value, shape, depth)
    return _inline(value)


def _table(value: Mapping[str, Any], shape: Shape, depth: int) -> Any:
    import tomlkit

    made = tomlkit.table()
    for name in _values_first(value, list(value)):
        made.add(name, _item(value[name], below(shape, name, value), depth + 1))
    return made


def _inline(value: object) -> Any:
    """A value on one line."""
    import tomlkit

    if isinstance(value, Mapping):
        made = tomlkit.inline_table()
        for name, entry in value.items():
            made.add(name, _inline(entry))
        return made
    if isinstance(value, list):
        array = tomlkit.array()
        for entry in value:
            array.append(_inline(entry))
        return array
    return tomlkit.item(value)
