"""A base and what differs from it, as plain data.

Tables are merged key by key; everything else (numbers, texts, arrays) is replaced. Two exceptions:

* a table that is *one value* is replaced whole: a distribution, or an accuracy or coverage by region, because
  an inherited region must not stay behind in new shares; and a policy whose ``family`` changes;
* ``without = ["policies.careful"]``, at the top of a file, takes inherited keys away before the merge.
"""

from __future__ import annotations

import copy
from collections.abc import Container, Mapping, Sequence
from typing import Any

from gatesim.scenario.errors import Finding, KeyPath, dotted, nearest, shown
from gatesim.scenario.keys import leaves, parse_key
from gatesim.scenario.schema import Scenario
from gatesim.scenario.shape import Shape, below, families, is_whole, kinds

Data = dict[str, Any]


class WrongKeyError(Exception):
    """A key of ``without`` or ``--set`` leads nowhere.

    Attributes
    ----------
    finding
        What is wrong.
    """

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding)


def merged(base: Mapping[str, Any], top: Mapping[str, Any], shape: Shape = Scenario) -> Data:
    """A table on top of another.

    Parameters
    ----------
    base, top
        Plain data; neither is changed.
    shape
        The shape of both.

    Returns
    -------
    dict
        New data that shares nothing with either.
    """
    result = copy.deepcopy(dict(base))
    both = {**base, **top}
    for name, value in top.items():
        result[name] = _on_top(result.get(name), value, below(shape, name, both))
    return result


def _on_top(old: object, new: object, shape: Shape) -> object:
    if not isinstance(old, dict) or not isinstance(new, dict) or is_whole(shape):
        return copy.deepcopy(new)
    other_family = "family" in new and new["family"] != old.get("family")
    if other_family and families(kinds(shape)):
        return copy.deepcopy(new)
    return merged(old, new, shape)


def without(data: Mapping[str, Any], keys: Sequence[object]) -> Data:
    """Data without some keys.

    Raises
    ------
    WrongKeyError
        If an entry is no key, or there is no such key.
    """
    result = copy.deepcopy(dict(data))
    for number, key in enumerate(keys):
        place: KeyPath = ("without", number)
        if not isinstance(key, str):
            raise WrongKeyError(Finding(place, f"must be a key in quotes, is {shown(key)}"))
        try:
            names = parse_key(key)
        except ValueError as error:
            raise WrongKeyError(Finding(place, f"{shown(key)} {error}")) from None
        table: Any = result
        for position, name in enumerate(names):
            if not isinstance(table, dict) or name not in table:
                known = (
                    [".".join((*names[:position], str(k))) for k in table] if isinstance(table, dict) else []
                )
                hint = nearest(".".join(names[: position + 1]), known, "there are")
                raise WrongKeyError(Finding(place, f"{shown(key)} is not in the base", hint))
            if position == len(names) - 1:
                del table[name]
            else:
                table = table[name]
    return result


def with_value(data: Mapping[str, Any], names: Sequence[str], value: object) -> tuple[Data, KeyPath]:
    """Data with one key set.

    Parameters
    ----------
    data
        Plain data of a scenario; not changed.
    names
        The key; elements of arrays by number. Tables that are missing are made.
    value
        The value; a table is merged into the table that is there, as from a file.

    Returns
    -------
    tuple
        The new data, which share with the old what is not on the way, and the key path with numbers for elements.

    Raises
    ------
    WrongKeyError
        If the key leads through something that is no table and no array, or to no element.
    """
    # Only the tables on the way are copied: what is beside it stays shared, and is not changed.
    result = dict(data)
    node: Any = result
    shape: Shape = Scenario
    path: KeyPath = ()
    for position, name in enumerate(names):
        last = position == len(names) - 1
        step: Any = name
        if isinstance(node, list):
            step = _element(node, name, path)
        elif not isinstance(node, dict):
            whole = f"set it whole: {'.'.join(map(str, path))}=..."
            raise WrongKeyError(Finding((*path, name), f"there is no table here but {shown(node)}", whole))
        shape = below(shape, step, node)
        path = (*path, step)
        if last:
            old = node[step] if isinstance(node, list) else node.get(step)
            node[step] = _on_top(old, value, shape)
        else:
            inner = node[step] if isinstance(node, list) else node.get(step, {})
            node[step] = dict(inner) if isinstance(inner, dict) else copy.copy(inner)
            node = node[step]
    return result, path


def _element(array: list[Any], name: str, path: KeyPath) -> int:
    if name.isascii() and name.isdigit() and len(name) < 6 and int(name) < len(array):
        return int(name)
    count = len(array)
    there_are = "it is empty" if count == 0 else f"elements are numbered 0 to {count - 1}"
    raise WrongKeyError(Finding((*path, name), f"this array has no element {shown(name)}: {there_are}"))


class Origins:
    """Which file gave each value.

    A value that a file merely repeats keeps its origin; an assumption (what is known about a value) belongs
    to the last file that states it.
    """

    def __init__(self) -> None:
        # By the name at the top, so that what nobody touches can be passed over.
        self._of: dict[str, dict[KeyPath, str]] = {}
        self._values: dict[str, dict[KeyPath, object]] = {}
        self._named: dict[str, dict[str, str]] = {}

    @property
    def named(self) -> dict[str, str]:
        """The file of each value, by its dotted key path, in the order of the data."""
        found: dict[str, str] = {}
        for top, of in self._of.items():
            if top not in self._named:
                self._named[top] = {dotted(path): file for path, file in of.items()}
            found.update(self._named[top])
        return found

    def copy(self) -> Origins:
        """The same, to be updated by itself."""
        other = Origins()
        other._of, other._values = dict(self._of), dict(self._values)
        other._named = dict(self._named)
        return other

    def update(self, data: Data, stated: Data, file: str, touched: Container[str] | None = None) -> None:
        """Take note of the data that came out of a file on top of what there was.

        Parameters
        ----------
        data
            The merged data.
        stated
            What the file itself says.
        file
            The file as shown.
        touched
            Names at the top under which something may be another than before; None where all may.
        """
        restated = {path for path, _ in leaves(stated) if path[0] == "assumptions"}
        of, values = {}, {}
        for top, table in data.items():
            was, before = self._of.get(top, {}), self._values.get(top, {})
            if touched is not None and top in self._of and top not in touched:
                of[top], values[top] = was, before
                continue
            self._named.pop(top, None)
            values[top] = dict(leaves(table, (top,)))
            of[top] = {
                path: was[path]
                if path in was
                and path not in restated
                and type(before[path]) is type(value)
                and before[path] == value
                else file
                for path, value in values[top].items()
            }
        self._of, self._values = of, values
