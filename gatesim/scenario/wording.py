"""What pydantic finds, in plain words: what is wrong with a value, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gatesim.scenario.errors import Finding, KeyPath, nearest, shown
from gatesim.scenario.policies import FAMILIES
from gatesim.scenario.shape import entry, names_at

_MOST = 200
"""So many problems are worded; the others are only counted."""


def findings(error: ValidationError, data: Mapping[str, Any]) -> list[Finding]:
    """The problems of a failed validation.

    Parameters
    ----------
    error
        What pydantic raised.
    data
        The plain data that was validated.
    """
    details = error.errors(include_url=False)
    # An array with a wrong element counts as too short as well.
    inside = {detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))}
    details = [one for one in details if one["type"] != "too_short" or one["loc"] not in inside]
    worded = [_finding(detail, data) for detail in details[:_MOST]]
    return worded + [Finding(_path(detail["loc"])[0], "is wrong") for detail in details[_MOST:]]


def _path(location: tuple[int | str, ...]) -> tuple[KeyPath, bool]:
    """The key path of a location, and whether the key itself is wrong rather than its value.

    pydantic puts into its locations also which kind of a value it tried: our tags, and families of policies.
    """
    about_key = location[-1:] == ("[key]",)
    steps = location[:-1] if about_key else location
    path: KeyPath = ()
    for position, step in enumerate(steps):
        is_tag = isinstance(step, str) and step.startswith("<")
        is_family = position == 2 and steps[0] == "policies" and step in FAMILIES
        if not is_tag and not is_family:
            path = (*path, step)
    return path, about_key


def _finding(detail: ErrorDetails, data: Mapping[str, Any]) -> Finding:
    path, about_key = _path(detail["loc"])
    context: dict[str, Any] = detail.get("ctx", {})
    kind, value = detail["type"], detail["input"]
    if about_key:
        return _wrong_key(path, kind, context)
    if kind == "extra_forbidden":
        return Finding(path, "unknown key", nearest(str(path[-1]), names_at(path[:-1], data)))
    if kind == "missing":
        return Finding(path, "is missing: this key must be given")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_family(path, data)
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return Finding(
            path, f"{shown(value)} is none of the values allowed", nearest(str(value), allowed, "allowed")
        )
    return Finding(path, _message(kind, value, context))


def _wrong_key(path: KeyPath, kind: str, context: dict[str, Any]) -> Finding:
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return Finding(path, "unknown key", nearest(str(path[-1]), allowed))
    return Finding(path, "is no name: " + _NAME)


def _wrong_family(path: KeyPath, data: Mapping[str, Any]) -> Finding:
    table: object = data
    for step in path:
        table = entry(table, step)
    family = table.get("family") if isinstance(table, Mapping) else None
    families = "families: " + ", ".join(f'"{name}"' for name in FAMILIES)
    if family is None:
        return Finding((*path, "family"), "is missing: a policy belongs to a family", families)
    hint = nearest(family, FAMILIES) if isinstance(family, str) else families
    if hint.startswith("nearest"):
        hint = f"{hint}; {families}"
    return Finding((*path, "family"), f"there is no family {shown(family)}", hint)


_NAME = "letters, digits, - and _, beginning with a letter or digit, at most 60"


def _message(kind: str, value: object, context: dict[str, Any]) -> str:
    """What is wrong with a value, by pydantic's kind of error."""
    what = shown(value)
    match kind:
        case "value_error":
            return str(context.get("error", "is not valid"))
        case "model_type" | "model_attributes_type" | "dict_type" | "mapping_type":
            return f"must be a table, is {what}"
        case "tuple_type" | "list_type":
            return f"must be an array: [...], is {what}"
        case "string_type":
            return f"must be a text in quotes, is {what}"
        case "greater_than_equal":
            return f"must be at least {_bound(context['ge'])}, is {what}"
        case "less_than_equal":
            return f"must be at most {_bound(context['le'])}, is {what}"
        case "less_than":
            return f"must be less than {_bound(context['lt'])}, is {what}"
        case "too_short":
            least = context["min_length"]
            return f"needs at least {least} {'entry' if least == 1 else 'entries'}"
        case "too_long":
            return f"has more than {context['max_length']} entries"
        case "string_too_short":
            return "is an empty text"
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
        case "string_pattern_mismatch" if "A-Z]{2}" in str(context.get("pattern")):
            return f'is no country code of ISO 3166, two capital letters, nor "*": {what}'
        case "string_pattern_mismatch":
            return f"{what} is no name: {_NAME}"
    return f"{what} is not what belongs here"


def _bound(number: object) -> str:
    return f"{number:,.12g}" if isinstance(number, float) else f"{number:,}"
