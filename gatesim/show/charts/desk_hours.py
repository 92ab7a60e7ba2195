"""The desk hour by hour, as it is expected: two panels for each policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from gatesim.measures.numbers import format_count, format_date
from gatesim.show.charts.grammar import BLOCKED, INK, LIMIT, WAITING, altair, inline
from gatesim.study.desk_hours import DeskHours

if TYPE_CHECKING:
    from altair import VConcatChart


def plain_words(hours: Mapping[str, DeskHours]) -> str:
    """What small print says of the hours."""
    step = hours_a_step(max(len(one.cases) for one in hours.values()))
    each = "" if step == 1 else f" (a step is {step} hours: their mean, and the longest wait)"
    scales = "; each policy has scales of its own" if len(hours) > 1 else ""
    return (
        f"hour by hour{each}: expected at the real size, not simulated, without what refused people do; light blue: "
        "cases that join the queue, line: cases that reviewers on shift can decide; dark blue: the wait of a case that "
        f"joins then, with endless patience, empty where none joins or its turn comes after the window{scales}"
    )


WIDTH, HEIGHT, LABELS = 310, 70, 44
"""Of a panel, and of the labels at its left, in points."""

WIDE = 2.0 * (WIDTH + LABELS) + 60
"""Of all panels together."""

_HOUR_MS = 3_600_000


MOST_STEPS = 750
"""Steps that a panel can show: a month of hours. Of a longer window a step is a day, or several."""


def hours_panels(hours: Mapping[str, DeskHours], start: datetime, narrow: int = 0) -> VConcatChart:
    """A row for each policy: left the cases that join and what reviewers can decide, right the wait.

    Parameters
    ----------
    hours
        Policy -> its desk.
    start
        Begin of the window; clock times are of its zone.
    narrow
        Where the wait stands below the cases, the width of both.
    """
    alt = altair()
    width = narrow or WIDTH
    rows: list[Any] = []
    for name, one in hours.items():
        marked = not rows
        data = _hours(one, start)
        panels = [
            _panel(alt, one, data, start, value, marked and not (narrow and value == "wait"), width)
            for value in TITLES
        ]
        head = alt.TitleParams(
            name, fontSize=11, anchor="start", color=INK, offset=18 if marked else 6, limit=0
        )
        beside = alt.vconcat if narrow else alt.hconcat
        rows.append(beside(*panels, spacing=20, title=head))
    together: VConcatChart = alt.vconcat(*rows, spacing=12)
    return together


TITLES = {"cases": "cases an hour", "wait": "wait, hours"}
"""What the panels show."""


def _panel(alt: Any, one: DeskHours, data: Any, start: datetime, value: str, marked: bool, width: int) -> Any:
    """One panel; ``marked``: it says what the dashed line is."""
    ends = [_clock(start, 0), _clock(start, len(one.cases))]
    x = alt.X(
        "at:T",
        title=None,
        scale=alt.Scale(type="utc", domain=ends, nice=False),
        axis=alt.Axis(
            format="%-d %b",
            tickCount=5,
            grid=False,
            labelFlush=False,
            labelOverlap=True,
            labelFontSize=10,
        ),
    )
    axis = alt.Axis(tickCount=3, format=",~f", labelFontSize=10, titleFontSize=10, minExtent=LABELS)
    y = alt.Y(f"{value}:Q", title=TITLES[value], axis=axis, scale=alt.Scale(nice=True, zero=True))
    base = alt.Chart(data)
    fill = WAITING if value == "cases" else BLOCKED
    layers = [base.mark_area(color=fill, interpolate="step-after").encode(x=x, y=y)]
    if value == "cases":
        capacity = alt.Y("capacity:Q", title=TITLES[value])
        line = base.mark_line(color=INK, strokeWidth=1, interpolate="step-after")
        layers.append(line.encode(x=x, y=capacity))
    if one.in_force is not None:
        mark = alt.Chart(inline([{"at": _clock(start, one.in_force), "text": "order in force"}]))
        layers.append(mark.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=x))
        if marked:
            words = mark.mark_text(
                color=LIMIT, align="left", dx=3, y=0, dy=-4, baseline="bottom", fontSize=10
            )
            layers.append(words.encode(x=x, text=alt.Text("text:N")))
    return alt.layer(*layers, width=width, height=HEIGHT)


def hours_a_step(hours: int) -> int:
    """Hours that one step of a panel stands for: one, or whole days, for shifts repeat by the day."""
    return 1 if hours <= MOST_STEPS else 24 * -(-hours // (24 * MOST_STEPS))


def _hours(one: DeskHours, start: datetime) -> Any:
    """A row a step: cases and capacity in the mean of its hours, and the longest wait of them.

    The wait of an hour in which no case joins, or whose end is not known, is left empty.
    """
    told = (one.cases > 0) & np.isfinite(one.wait)
    step = hours_a_step(len(one.cases))
    return inline(
        {
            "at": _clock(start, begin),
            "cases": float(one.cases[begin : begin + step].mean()),
            "capacity": float(one.capacity[begin : begin + step].mean()),
            "wait": float(one.wait[begin : begin + step].max(where=joined, initial=0.0))
            if joined.any()
            else None,
        }
        for begin in range(0, len(one.cases), step)
        for joined in (told[begin : begin + step],)
    )


def _clock(start: datetime, hours: float) -> float:
    """What a clock on the wall shows so many hours after the start, as milliseconds since 1970 were it in UTC."""
    return start.replace(tzinfo=UTC).timestamp() * 1000 + hours * _HOUR_MS


def _worst(one: DeskHours) -> tuple[int, float] | None:
    """The hour in which joining means the longest wait, and that wait; None where it is known of no hour."""
    told = (one.cases > 0) & np.isfinite(one.wait)
    if not told.any():
        return None
    hour = int(np.argmax(np.where(told, one.wait, -1.0)))
    return hour, float(one.wait[hour])


def longest(hours: Mapping[str, DeskHours], start: datetime) -> str:
    """Under which policy and when a case would wait longest, as a title."""
    known = [(found[1], name, found[0]) for name, one in hours.items() if (found := _worst(one)) is not None]
    if not known:
        return "The desk: no case's turn comes within the window"
    wait, name, hour = max(known)
    if wait <= 0:
        return "Under none of these policies does a case wait for a reviewer"
    when = _when(start, hour)
    return f"The longest expected wait is {format_count(wait)} h: of a case that joins on {when} under {name}"


def hours_says(hours: Mapping[str, DeskHours], start: datetime) -> str:
    """What can be read off the panels."""
    parts = []
    for name, one in hours.items():
        most, found = int(np.argmax(one.cases)), _worst(one)
        wait = (
            "no case's turn comes within the window"
            if found is None
            else f"the longest wait is {format_count(found[1])} h, on {_when(start, found[0])}"
        )
        parts.append(
            f"expected hour by hour under {name}: at most {format_count(float(one.cases[most]))} cases an hour, on "
            f"{_when(start, most)}; {wait}"
        )
    return "; ".join(parts)


def _when(start: datetime, hour: int) -> str:
    return format_date(start + timedelta(hours=hour))
