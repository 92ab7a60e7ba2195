"""The small types that scenario files are made of: durations, shares, distributions, instants."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from gatesim.scenario.errors import shown

MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
YEAR = 365 * DAY
FOREVER = 2**62
"""The duration that outlasts every window, in microseconds."""
FIRST_YEAR, LAST_YEAR = 1900, 2200

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK, "y": YEAR}
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*([smhdwy])")


def parse_duration(value: object) -> int:
    """Read a duration such as ``"90m"`` or ``"2.5d"``.

    Parameters
    ----------
    value
        A string, a number and one of ``s m h d w y`` (a year is 365 days), or ``"forever"``.

    Returns
    -------
    int
        Microseconds.

    Raises
    ------
    ValueError
        If the text is no duration, or longer than a thousand years.
    """
    if value == "forever":
        return FOREVER
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            'is no duration: write a number and a unit in quotes: "90m", "36h", "30d", or "forever"'
        )
    microseconds = round(float(match[1]) * _UNITS[match[2]])
    if microseconds > 1000 * YEAR:
        raise ValueError('is longer than a thousand years: write "forever" where no end is meant')
    return microseconds


def reads_as_duration(text: str) -> bool:
    """Whether a text can be a duration at all; names can look like one."""
    return text == "forever" or _DURATION.fullmatch(text.strip()) is not None


def format_duration(microseconds: int) -> str:
    """Write microseconds as the shortest exact duration a scenario file accepts."""
    if microseconds >= FOREVER:
        return "forever"
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND)):
        if microseconds % size == 0:
            return f"{microseconds // size}{unit}"
    return f"{microseconds / SECOND:.6f}".rstrip("0") + "s"


def about_duration(microseconds: int) -> str:
    """Write microseconds for a reader: exactly where that is short, else with three digits, as ``"13.8d"``."""
    exact = format_duration(microseconds)
    if len(exact) <= 4 or microseconds >= FOREVER:
        return exact
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if microseconds >= size:
            amount = microseconds / size
            return f"{amount:.3g}{unit}" if amount < 1000 else f"{amount:,.0f}{unit}"
    return f"{microseconds / SECOND:.3g}s"


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("has no time zone: write an offset, such as 2026-06-12T17:21:00-04:00")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _instant(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("is no date with time and zone: write, without quotes, 2026-06-12T17:21:00-04:00")


def _adds_to_one(weights: dict[str, float]) -> dict[str, float]:
    if not weights:
        raise ValueError("is empty: a distribution needs at least one entry")
    total = math.fsum(weights.values())
    if abs(total - 1.0) > 1e-9:
        raise ValueError(f"adds up to {total:.12g}: the shares must add up to 1")
    return weights


def _number(value: object) -> object:
    """Refuse true, false and text where a number is meant (pydantic would read them as one)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, is {shown(value)}")
    return value


def _whole(value: object) -> object:
    """Take 1e6 for a million, but neither true nor "12" nor 0.5."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"must be a whole number, is {shown(value)}")
    if value != int(value):
        raise ValueError(f"must be a whole number, is {shown(value)}")
    return int(value)


_DURATION_SCHEMA = {
    "type": "string",
    "pattern": r"^(\d{1,12}(\.\d{1,9})?\s*[smhdwy]|forever)$",
    "description": 'a number and a unit (s, m, h, d, w, y), or "forever"',
}
Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(_DURATION_SCHEMA),
]
"""A duration in microseconds, written as text."""

Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    AfterValidator(_aware),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A date and time with a zone."""

Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_whole)]
"""A whole number; 1e6 is one."""

Probability = Annotated[float, BeforeValidator(_number), Field(ge=0.0, le=1.0, allow_inf_nan=False)]
"""A probability or a share, from 0 to 1."""

Distribution = Annotated[dict[str, Probability], AfterValidator(_adds_to_one)]
"""A share for each name; the shares add up to 1."""

Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
"""The name of a thing in the file: letters, digits, dash, underscore."""

Title = Annotated[str, Field(max_length=300)]


class Part(BaseModel):
    """A part of a scenario: strict about its keys, and not changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
