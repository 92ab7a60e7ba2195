"""The shape of a scenario file, read off the schema: which keys a table has, which tables are one value."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_type_hints
from typing import get_origin as _typed_origin

from pydantic import AfterValidator, BeforeValidator

from gatesim.scenario.errors import KeyPath
from gatesim.scenario.operator import Belief
from gatesim.scenario.people import Segment, _empty_or_adds_to_one
from gatesim.scenario.policies import Policy, Posterior
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import Cause, Signal
from gatesim.scenario.types import Part, _adds_to_one, parse_duration


class Beliefs(Part):
    """What an operator may believe otherwise: tables of the same shape as the scenario's."""

    segments: dict[str, Segment] = {}
    signals: dict[str, Signal] = {}
    causes: dict[str, Cause] = {}


Shape = Any
"""An annotation of the schema; None where there is none."""

get_origin: Callable[[Shape], Any] = _typed_origin
"""Without the narrow type of `typing`, by which nothing could be told apart."""

_ADD_UP: tuple[Callable[..., Any], ...] = (_adds_to_one, _empty_or_adds_to_one)


def is_part(shape: Shape) -> TypeGuard[type[Part]]:
    """Whether a shape is a table with fixed keys."""
    return isinstance(shape, type) and issubclass(shape, Part)


@cache
def fields(part: type[Part]) -> dict[str, Shape]:
    """The keys of a table, as a file writes them, with their shapes."""
    hints = get_type_hints(part, include_extras=True)
    shapes = {field.alias or name: hints[name] for name, field in part.model_fields.items()}
    if part is Posterior:
        shapes["beliefs"] = Beliefs
    if part is Belief:
        shapes["world"] = Beliefs
    return shapes


def _split(shape: Shape) -> tuple[Shape, tuple[Any, ...]]:
    """A shape without None, and what is annotated to it."""
    if get_origin(shape) is Annotated:
        inner, *notes = get_args(shape)
        return inner, tuple(notes)
    if get_origin(shape) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(shape) if kind is not type(None)]
        return _split(kinds[0]) if len(kinds) == 1 else (shape, ())
    return shape, ()


def kinds(shape: Shape) -> list[Shape]:
    """The shapes that a value can have, without what is annotated to them."""
    inner, _ = _split(shape)
    if get_origin(inner) in (Union, types.UnionType):
        return [kind for entry in get_args(inner) if entry is not type(None) for kind in kinds(entry)]
    return [inner]


def below(shape: Shape, name: str | int, table: object = None) -> Shape:
    """The shape of an entry of a table or an array.

    Parameters
    ----------
    shape
        The shape of the table.
    name
        The key of the entry.
    table
        The table; where it may be of several shapes (policies), its family says which.
    """
    for kind in kinds(shape):
        if is_part(kind):
            family = table.get("family") if isinstance(table, Mapping) else None
            if issubclass(kind, Policy) and family is not None and family not in families((kind,)):
                continue
            if name in fields(kind):
                return fields(kind)[str(name)]
        elif get_origin(kind) is dict:
            return get_args(kind)[1]
        elif get_origin(kind) is tuple and get_args(kind):
            return get_args(kind)[0]
    return None


def at(path: KeyPath, data: object) -> Shape:
    """The shape of the value at a key path of a scenario's data."""
    shape: Shape = Scenario
    for name in path:
        shape = below(shape, name, data)
        data = entry(data, name)
    return shape


def entry(data: object, name: str | int) -> object:
    """The entry of a table or an array; None where there is none."""
    if isinstance(data, Mapping):
        return data.get(name)
    if isinstance(data, list | tuple) and isinstance(name, int) and 0 <= name < len(data):
        found: object = data[name]
        return found
    return None


def names_at(path: KeyPath, data: object) -> list[str]:
    """The keys that the table at a key path may have; empty where its names are free."""
    table = data
    for name in path:
        table = entry(table, name)
    family = table.get("family") if isinstance(table, Mapping) else None
    names: dict[str, None] = {}
    for kind in kinds(at(path, data)):
        if is_part(kind) and (family is None or not issubclass(kind, Policy) or family in families((kind,))):
            names |= dict.fromkeys(fields(kind))
    if not path:
        names |= dict.fromkeys(("base", "without"))
    return list(names)


def families(shapes: Iterable[Shape]) -> list[str]:
    """The families of policies among some shapes."""
    found = []
    for shape in shapes:
        for kind in kinds(shape):
            if is_part(kind) and "family" in fields(kind):
                tag = fields(kind)["family"]
                found += [str(name) for name in get_args(tag)] if get_origin(tag) is Literal else []
    return found


def is_whole(shape: Shape) -> bool:
    """Whether a table of this shape is one value: shares that add up, or what could be one number as well.

    Such a table is replaced, never merged: the regions of an inherited distribution must not stay behind in a
    new one.
    """
    inner, notes = _split(shape)
    if get_origin(inner) is dict:
        return any(isinstance(note, AfterValidator) and note.func in _ADD_UP for note in notes)
    every = kinds(shape)
    tables = [kind for kind in every if get_origin(kind) is dict or is_part(kind)]
    return bool(tables) and len(tables) < len(every)


def is_duration(shape: Shape) -> bool:
    """Whether values of this shape are durations."""
    _, notes = _split(shape)
    return any(isinstance(note, BeforeValidator) and note.func is parse_duration for note in notes)
