"""The JSON Schema of scenario files, for editors and other programs."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from itertools import pairwise
from types import NoneType
from typing import Any

from gatesim.scenario.schema import SCHEMA, Scenario
from gatesim.scenario.shape import Beliefs, fields, is_part, kinds
from gatesim.scenario.types import Part, format_duration

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_OF_FILES = {
    "base": {
        "type": "string",
        "minLength": 1,
        "description": "What this file builds on: a shipped seed or scenario, or a path seen from the file.",
    },
    "without": {
        "type": "array",
        "items": {"type": "string"},
        "description": 'Inherited keys that this file does without, such as "policies.careful".',
    },
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scenario file.

    A file holds only what differs from its base, so every key may be left out but ``schema``; within arrays,
    which are replaced whole, nothing may. Dates count as strings. That shares add up and that names refer to
    something is beyond a JSON Schema: `load` checks it.

    Returns
    -------
    dict
        Plain data, ready for ``json.dumps``.
    """
    schema = Scenario.model_json_schema(by_alias=True)
    parts = {part.__name__: part for part in _parts(Scenario)}
    definitions = schema["$defs"]
    whole = set(_in_arrays(schema, definitions))
    for name, definition in [("", schema), *definitions.items()]:
        _describe(definition, parts.get(name, Scenario))
        if name not in whole:
            definition.pop("required", None)
    _settle(schema)
    definitions["Posterior"]["properties"]["beliefs"] = _beliefs(schema["properties"])
    definitions["Belief"]["properties"]["world"] = _beliefs(schema["properties"])
    schema["properties"]["schema"] = {"const": SCHEMA, "description": "The number of the scenario format."}
    schema["properties"] |= _OF_FILES
    schema["required"] = ["schema"]
    return {"$schema": _DIALECT, **schema, "title": "A gatesim scenario"}


def _parts(part: type[Part]) -> Iterator[type[Part]]:
    """A table's class and those of all tables in it."""
    seen: set[type[Part]] = set()
    todo: list[Any] = [part]
    while todo:
        for kind in kinds(todo.pop()):
            if is_part(kind) and kind not in seen and kind is not Beliefs:
                seen.add(kind)
                yield kind
                todo.extend(fields(kind).values())
            elif not is_part(kind):
                todo.extend(getattr(kind, "__args__", ()))


def _beliefs(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: properties[name] for name in fields(Beliefs)},
        "description": "What the operator believes otherwise: tables of the same shape.",
    }


def _in_arrays(schema: object, definitions: dict[str, Any], inside: bool = False) -> Iterator[str]:
    """Names of the definitions that stand in arrays, or in something that does."""
    if isinstance(schema, list):
        for entry in schema:
            yield from _in_arrays(entry, definitions, inside)
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if inside and isinstance(reference, str):
        name = reference.rpartition("/")[2]
        yield name
        yield from _in_arrays(definitions[name], definitions, True)
    for key, entry in schema.items():
        yield from _in_arrays(entry, definitions, inside or key in ("items", "prefixItems"))


def _settle(schema: Any) -> None:
    """What pydantic leaves open, or says in terms of Python."""
    if isinstance(schema, list):
        for entry in schema:
            _settle(entry)
    if not isinstance(schema, dict):
        return
    for entry in schema.values():
        _settle(entry)
    if isinstance(schema.get("type"), str):  # not a table of properties that has a key of this name
        for ours, theirs in _BOUNDS.items():
            if ours in schema:
                schema[theirs] = schema.pop(ours)
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        if schema["type"] == "string" and isinstance(schema.get("default"), int):
            schema["default"] = format_duration(schema["default"])
    if isinstance(schema.get("discriminator"), dict):
        del schema["discriminator"]
    # Without its family, a policy's part may fit several kinds.
    if isinstance(schema.get("oneOf"), list):
        schema["anyOf"] = schema.pop("oneOf")
    if isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [entry for entry in schema["anyOf"] if entry != {"type": "null"}]
        if len(schema["anyOf"]) == 1:
            schema |= schema.pop("anyOf")[0]
    if isinstance(schema.get("default", 0), dict | NoneType):
        del schema["default"]  # a table's keys have their own


def _describe(definition: dict[str, Any], part: type[Part]) -> None:
    """Descriptions of a table's keys, from the texts below its fields in the source."""
    definition["description"] = " ".join((part.__doc__ or "").split())
    aliases = {name: field.alias or name for name, field in part.model_fields.items()}
    for ancestor in reversed(part.__mro__):
        if not (issubclass(ancestor, Part) and ancestor is not Part):
            continue
        for name, text in _texts(ancestor):
            place = definition["properties"].get(aliases.get(name, name))
            if place is not None and "$ref" not in place:
                place["description"] = text


def _texts(part: type[Part]) -> Iterator[tuple[str, str]]:
    """The fields of a class that have a text below them."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[part.__module__]))
    except OSError:  # no source at hand, as in a packed application
        return
    classes = {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
    for field, below in pairwise(classes[part.__name__]):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.replace("``", "").split())
