"""What a cap on usage refuses, as a table."""

from __future__ import annotations

from datetime import timedelta

from gatesim.measures.definitions import Measure
from gatesim.measures.numbers import format_count, format_date, format_rate
from gatesim.scenario.operator import UsageCap
from gatesim.scenario.types import FOREVER
from gatesim.show.tables import LEFT, Column, Table, compact
from gatesim.study.result import Result

MOST_SEGMENTS = 8
"""Segments that have rows of their own."""


def caps_table(result: Result) -> Table | None:
    """Needs over the caps, and people who meet them; None where the scenario has no cap."""
    found = result.caps
    if found is None:
        return None
    words = " ".join(cap_words(cap) for cap in result.loaded.scenario.usage_caps)
    if not found.rows:
        return Table("Needs over the usage cap", (Column("", LEFT),), ((found.left_out,),), words)
    several = any(row.model is not None for row in found.rows)
    columns = [Column("made by", LEFT), *([Column("model", LEFT)] if several else [])]
    columns += [
        Column("needs while capped"),
        Column("over the cap"),
        Column("share"),
        Column("people who met it"),
    ]
    rows = []
    segments = [row for row in found.rows if row.segment is not None and row.model is None]
    ranked = sorted(segments, key=lambda row: -row.over.numerator)
    shown = {row.segment for row in ranked[:MOST_SEGMENTS] if row.needs.numerator > 0} | {None}
    for row in found.rows:
        if row.segment not in shown:
            continue
        rows.append(
            (
                row.segment or "everybody",
                *([row.model or "all"] if several else []),
                _amount(row.needs),
                _amount(row.over),
                "-"
                if row.share.value is None
                else format_rate(row.share.value, row.share.low, row.share.high),
                _amount(row.people),
            )
        )
    note = (
        f"{words} Needs over it are refused, whatever a gate would say, and are in no other number of this run. "
        "For all accounts represented; people who have left are counted as if they were there."
    )
    left = sum(row.needs.numerator > 0 for row in segments) - len(shown) + 1
    if left > 0:
        note += f" {left} more segments, which have less over it, are in --json."
    if result.engine == "exact":
        note += " Expected values; no chance in them."
    return Table("Needs over the usage cap", tuple(columns), tuple(rows), note)


def cap_words(cap: UsageCap) -> str:
    """A cap in a sentence."""
    begin = format_date(cap.at)
    if cap.length >= FOREVER // 2:
        span = f"from {begin} on"
    else:
        span = f"from {begin} to {format_date(cap.at + timedelta(microseconds=cap.length))}"
    where = f" of the channels {', '.join(cap.channels)}" if cap.channels else ""
    each = ("need" if cap.per_day == 1 else "needs") + (" each" if len(cap.models) > 1 else "")
    return (
        f"{span[0].upper()}{span[1:]} an account{where} is served {cap.per_day:,} {each} a day for "
        f"{', '.join(cap.models)}."
    )


def _amount(measure: Measure) -> str:
    """A number of needs or people, with the digits that its interval supports."""
    if measure.value is None:
        return "-"
    if measure.low is None:
        return compact(measure.value)
    return format_count(measure.value, measure.low, measure.high)
