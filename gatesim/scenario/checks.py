"""Checks: kinds of documents, checkers, and the desk of reviewers."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gatesim.scenario.people import Channel, Status
from gatesim.scenario.types import HOUR, MINUTE, Count, Duration, Name, Number, Part, Probability, Title

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Checker(Part):
    """How well documents are told from forgeries: a named preset."""

    title: Title = ""
    false_reject: Probability
    """The probability that a genuine document of its holder is refused."""
    false_accept: Probability
    """The probability that a forged document is accepted."""
    false_match: Probability
    """The probability that a borrowed genuine document is accepted."""


class Document(Part):
    """A kind of document, and what it proves."""

    title: Title = ""
    proves: dict[Status, Status | Literal["nothing"]]
    """For each status of people who can hold it: the status that it shows, or ``nothing``. A status that is
    not listed cannot hold it."""
    checker: Name
    automatic_time: Duration = 0
    """Time that the automatic part takes."""
    to_desk: Probability = 0.0
    """The part that a reviewer must look at."""
    cost: Annotated[Number, Field(ge=0)] = 0.0
    """US dollars for one document presented."""


_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


def clock_to_us(text: str) -> int:
    """Microseconds since midnight of a time such as ``"17:30"``; ``"24:00"`` is the end of the day.

    Raises
    ------
    ValueError
        If the text is no time of day.
    """
    match = _CLOCK.fullmatch(text)
    if match is None or (match[1] == "24" and match[2] != "00"):
        raise ValueError('is no time of day: write "09:00", or "24:00" for the end of the day')
    return int(match[1]) * HOUR + int(match[2]) * MINUTE


def _clock(text: str) -> str:
    clock_to_us(text)
    return text


Clock = Annotated[str, AfterValidator(_clock)]


class Shift(Part):
    """Reviewers at work on some days of the week, in the zone of the scenario's start."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    start: Clock
    end: Clock
    reviewers: Annotated[Count, Field(ge=0, le=10_000_000)]


class Desk(Part):
    """The reviewers, their shifts and the queue before them."""

    shifts: Annotated[tuple[Shift, ...], Field(min_length=1)]
    service: Duration
    """Mean time of one review (exponential)."""
    patience: Duration = 2**62
    """Mean patience of a person who waits (exponential); one clock from the need that opened the check."""
    priority: tuple[Channel, ...] = ()
    """Channels served first, in this order; the others after them, first come first served."""


class Reactions(Part):
    """What people do when refused. Zero switches a reaction off."""

    fall_back: Probability = 0.0
    """The probability that a refused need is met by the model's fallback."""
    leave: Probability = 0.0
    """The probability that a refused person leaves, at each refusal."""
    away: Duration = 2**62
    """Mean time that a person who left stays away (exponential), or ``"forever"``."""
