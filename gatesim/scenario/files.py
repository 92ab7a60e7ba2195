"""Scenario files: found, read, put on their base, set, checked. Whatever is wrong is a `ScenarioError`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gatesim.scenario.assumptions import assumption_rules, out_of_range
from gatesim.scenario.beliefs import belief_rules
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.doubts import doubts
from gatesim.scenario.errors import (
    SHOWN_PROBLEMS,
    Finding,
    KeyPath,
    Problem,
    ScenarioError,
    UnplacedError,
    dotted,
    nearest,
    shown,
)
from gatesim.scenario.keys import parse_key
from gatesim.scenario.merge import Data, Origins, WrongKeyError, merged, with_value, without
from gatesim.scenario.places import seeds, shipped
from gatesim.scenario.reading import NOT_THERE, Layer, impossible, no_text, read_layer
from gatesim.scenario.schema import Scenario
from gatesim.scenario.sources import SET, Sources
from gatesim.scenario.tables import Table, tables
from gatesim.scenario.wording import findings

LONGEST_CHAIN = 20
"""So many files may stand on each other."""
LISTED = "gatesim check lists all that are shipped"
"""A hint, where no scenario is found."""
_OF_FILES = ("base", "without")
_LONGEST_VALUE = 100_000
_Place = Callable[[Finding], Problem]


@dataclass(frozen=True)
class Loaded:
    """A scenario, and where it comes from.

    Attributes
    ----------
    scenario
        The typed scenario: complete and consistent.
    data
        The same as plain data, as one file would write it: base and differences merged, durations as text.
    files
        The files it was made from, base first: name as shown, and SHA-256 of the bytes in hex.
    origin
        For each value (by its dotted key path) the file that gave it, or ``--set``.
    warnings
        One line for each value outside its plausible range.
    sets
        What was set on top of the files.
    layers
        The files as they were read.
    ground
        The files put together, on which further values are set.
    tables
        What was read off the data, table by table.
    """

    scenario: Scenario
    data: Data
    files: tuple[tuple[str, str], ...]
    origin: dict[str, str]
    warnings: tuple[str, ...]
    sets: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = field(default=(), repr=False)
    ground: Ground | None = field(default=None, repr=False, compare=False)
    tables: Mapping[str, Table] = field(default_factory=dict, repr=False, compare=False)

    def with_sets(self, sets: Sequence[str]) -> Loaded:
        """The same files, not read anew, with further values set on top.

        Parameters
        ----------
        sets
            As for `load`; they go on top of those set before.

        Raises
        ------
        ScenarioError
            As for `load`.
        """
        return _made(self.ground or Ground(self.layers), (*self.sets, *sets))

    def placed(self, error: UnplacedError) -> ScenarioError:
        """What was found wrong while work went on, with its file and line."""
        sources = Sources(self.layers)
        for one in self.sets:
            sources.note_set(*_set(self.data, one)[1:])
        return ScenarioError([sources.problem(error.finding, self.data)])


class Ground:
    """Files put together, base first, before anything is set on top of them.

    Parameters
    ----------
    layers
        The files as they were read.

    Raises
    ------
    ScenarioError
        When it is put together, if a file does without what is not there.
    """

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers

    def __reduce__(self) -> tuple[type[Ground], tuple[tuple[Layer, ...]]]:
        # To another process go the files: they are put together there if they are needed.
        return Ground, (self.layers,)

    @cached_property
    def made(self) -> tuple[Data, Origins, dict[str, Table]]:
        """The merged data, where its values are from, and its tables. None of them is changed later."""
        data: Data = {}
        origins = Origins()
        for number, layer in enumerate(self.layers):
            stated = {name: value for name, value in layer.data.items() if name not in _OF_FILES}
            data = merged(_without(layer, data, number), stated)
            origins.update(data, stated, layer.file)
        return data, origins, tables(data)


def load(source: str | Path, sets: Sequence[str] = ()) -> Loaded:
    """Read a scenario.

    Parameters
    ----------
    source
        A path, or the name of a shipped scenario.
    sets
        Values set on top, each ``KEY=VALUE``: the key with dots (elements of arrays by number, odd names in
        quotes), the value as in TOML, or a bare text where it is no TOML (``length=30d``).

    Returns
    -------
    Loaded
        The scenario.

    Raises
    ------
    ScenarioError
        If anything is wrong: up to twenty problems, each with file, line, key and what would be right.
    """
    return _made(Ground(_chain(*_find(source))), tuple(sets))


def shipped_titles() -> dict[str, str]:
    """The scenarios that come with gatesim: name -> title, as its own file states it, on one line."""
    return {
        name: " ".join(str(read_layer(*_of_package("scenarios", path)).data.get("title", "")).split())
        for name, path in shipped().items()
    }


def loaded_from(source: str | Path | Loaded, sets: Sequence[str] = ()) -> Loaded:
    """A scenario as Python callers give one: read from a path or a shipped name, or already loaded.

    Parameters
    ----------
    source, sets
        As for `load`; on a scenario that is loaded already the values are set on top.

    Raises
    ------
    ScenarioError
        As for `load`.
    """
    if not isinstance(source, Loaded):
        return load(source, sets)
    return source.with_sets(sets) if sets else source


def _made(ground: Ground, sets: tuple[str, ...]) -> Loaded:
    """A scenario from its files and what is set on top."""
    data, origins, read = ground.made
    layers = ground.layers
    sources = Sources(layers)
    restated: Data = {}
    touched = set()
    for one in sets:
        data, path, value = _set(data, one)
        sources.note_set(path, value)
        touched.add(str(path[0]))
        if path[0] == "assumptions":
            restated = merged(restated, _nested(path, value))
    if sets:
        origins = origins.copy()
        origins.update(data, restated, SET, touched)
        read = tables(data, read)

    def problem(finding: Finding) -> Problem:
        return sources.problem(finding, data)

    scenario, outside = _validated(data, read, problem)
    return Loaded(
        scenario,
        data,
        tuple((layer.file, layer.sha256) for layer in layers),
        origins.named,
        tuple(str(problem(finding)) for finding in outside),
        sets,
        layers,
        ground,
        read,
    )


def build(data: Mapping[str, Any], file: str = "the scenario") -> Scenario:
    """A scenario from plain data, checked as a file's is.

    Parameters
    ----------
    data
        Resolved data: a `Loaded`'s, or of the same shape.
    file
        What messages call it.

    Raises
    ------
    ScenarioError
        If anything is wrong.
    """

    def problem(finding: Finding) -> Problem:
        return Problem(file, None, dotted(finding.path), finding.message, finding.hint)

    resolved = dict(data)
    _refuse(impossible(resolved), problem)
    return _validated(resolved, tables(resolved), problem)[0]


def _validated(
    data: Data, read: Mapping[str, Table], problem: _Place
) -> tuple[Scenario, tuple[Finding, ...]]:
    """The typed scenario, and its values outside their plausible range or otherwise doubtful.

    Each step is looked at only where the ones before found nothing.
    """
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        _refuse(findings(error, data), problem)
        raise
    _refuse(inconsistencies(scenario), problem)
    _refuse(belief_rules(scenario), problem)
    stated = read.get("assumptions")
    if stated is not None and not stated.in_order:
        _refuse(assumption_rules(scenario), problem)
        stated.in_order = True
    outside = out_of_range(scenario, read)
    _refuse(outside.errors, problem)
    return scenario, (*outside.warnings, *doubts(scenario))


def _refuse(found: Iterable[Finding], problem: _Place) -> None:
    every = list(found)
    if every:
        first = every[:SHOWN_PROBLEMS]
        raise ScenarioError([problem(finding) for finding in first], len(every) - len(first))


def _visible(text: str) -> str:
    """A file name without what would upset a terminal."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "?" for c in text)


def _is_path(text: str) -> bool:
    return text.endswith(".toml") or os.sep in text or "/" in text


def _of_package(kind: str, path: Path) -> tuple[Path, str]:
    return path, f"{kind}/{path.name}"


def _find(source: str | Path) -> tuple[Path, str]:
    """The file of a scenario, and its name in messages."""
    if isinstance(source, Path) or _is_path(source):
        return Path(source), _visible(str(source))
    names = shipped()
    if source in names:
        return _of_package("scenarios", names[source])
    # Of a folder, reading it says what is wrong.
    if source and (os.path.isfile(source) or os.path.isdir(source)):
        return Path(source), _visible(source)
    message = f"there is no file and no shipped scenario {shown(source)}"
    if source in seeds():
        raise ScenarioError(
            [Problem(source, None, "", f'is a seed: a scenario builds on it by base = "{source}"')]
        )
    hint = f"{nearest(source, names, 'shipped')}; {LISTED}"
    raise ScenarioError([Problem("gatesim", None, "", message, hint)])


def _find_base(layer: Layer, path: Path) -> tuple[Path, str] | None:
    """The file that a file builds on: a seed, a shipped scenario, or a path seen from the file."""
    base = layer.data.get("base")
    if base is None:
        return None
    if not isinstance(base, str) or not base:
        raise _at(layer, ("base",), f"must be a name or a path in quotes, is {shown(base)}")
    if not _is_path(base):
        for kind, names in (("seeds", seeds()), ("scenarios", shipped())):
            if base in names:
                return _of_package(kind, names[base])
    beside = path.parent / base
    if _is_path(base) or os.path.isfile(beside):
        return beside, _visible(os.path.normpath(os.path.join(os.path.dirname(layer.file), base)))
    known = [*seeds(), *shipped()]
    message = f"there is no seed, shipped scenario or file {shown(base)}"
    raise _at(layer, ("base",), message, nearest(base, known, "shipped"))


def _chain(path: Path, file: str) -> tuple[Layer, ...]:
    """A file and all that it builds on, base first."""
    layers: list[Layer] = []
    seen: list[str] = []
    here: tuple[Path, str] | None = (path, file)
    while here is not None:
        path, file = here
        real = os.path.realpath(path) if "\0" not in str(path) else ""
        if real in seen:
            ring = " -> ".join([*(layer.file for layer in layers[seen.index(real) :]), file])
            raise _at(layers[-1], ("base",), f"the bases go round in a circle: {ring}")
        if len(seen) == LONGEST_CHAIN:
            raise _at(layers[-1], ("base",), f"more than {LONGEST_CHAIN} files stand on each other")
        try:
            layer = read_layer(path, file)
        except ScenarioError as error:
            if layers and error.problems[0].message == NOT_THERE:
                raise _at(layers[-1], ("base",), f"there is no file {shown(file)}") from None
            raise
        layers.append(layer)
        seen.append(real)
        here = _find_base(layer, path)
    return tuple(layers[::-1])


def _at(layer: Layer, path: KeyPath, message: str, hint: str = "") -> ScenarioError:
    return ScenarioError([Sources([layer]).problem(Finding(path, message, hint), layer.data)])


def _without(layer: Layer, data: Data, number: int) -> Data:
    """Inherited data without the keys that a file does without."""
    keys = layer.data.get("without")
    if keys is None:
        return data
    if not isinstance(keys, list):
        raise _at(layer, ("without",), f'must be an array of keys: ["policies.careful"], is {shown(keys)}')
    if number == 0:
        raise _at(layer, ("without",), "there is no base whose keys it could take away")
    try:
        return without(data, keys)
    except WrongKeyError as error:
        raise ScenarioError([Sources([layer]).problem(error.finding, layer.data)]) from None


def _set(data: Data, one: str) -> tuple[Data, KeyPath, object]:
    """Data with one ``KEY=VALUE`` set; the key path and the value."""
    key, equals, text = one.partition("=")
    if no_text(one):
        raise _wrong_set(key if not no_text(key) else "", no_text(one))
    if not equals:
        raise _wrong_set("", f"{shown(one)} is no KEY=VALUE")
    try:
        names = parse_key(key)
    except ValueError as error:
        raise _wrong_set("", f"{shown(key)} {error}") from None
    if names[0] in (*_OF_FILES, "schema"):
        raise _wrong_set(dotted(names), "cannot be set: it belongs into a file")
    if len(names) > 1 and names[0] != "assumptions" and names[1] == "*":
        known = data.get(names[0])
        hint = f"name one, such as {next(iter(known))}" if isinstance(known, dict) and known else ""
        raise _wrong_set(
            dotted(names), '"*" stands for all entries where a key is varied, not where it is set', hint
        )
    value = _value(names, text)
    for finding in impossible(_nested(names, value)):
        raise _wrong_set(dotted(finding.path), finding.message)
    try:
        changed, path = with_value(data, names, value)
    except WrongKeyError as error:
        raise _wrong_set(dotted(error.finding.path), error.finding.message, error.finding.hint) from None
    return changed, path, value


def _value(names: Sequence[str], text: str) -> object:
    """A value as TOML reads it, or the bare text."""
    if len(text) > _LONGEST_VALUE:
        raise _wrong_set(dotted(names), f"the value is longer than {_LONGEST_VALUE:,} characters")
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        parsed = {}
    if set(parsed) == {"value"}:
        return parsed["value"]
    if text.strip()[:1] in ("{", "[", '"', "'"):
        raise _wrong_set(dotted(names), f"{shown(text)} is no valid TOML")
    return text.strip()


def _wrong_set(key: str, message: str, hint: str = "") -> ScenarioError:
    return ScenarioError([Problem(SET, None, key, message, hint)])


def _nested(path: KeyPath, value: object) -> Data:
    for name in reversed(path):
        value = {name: value}
    assert isinstance(value, dict)
    return value
