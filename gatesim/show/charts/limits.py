"""The verdict at each limit, by reading of the order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatesim.law.law import counted_apart
from gatesim.measures.numbers import format_date, format_limit
from gatesim.measures.verdict import Row
from gatesim.measures.wording import no_reading_counts, own_words_note
from gatesim.show.charts.grammar import (
    DARK,
    INK,
    LABEL_SIZE,
    SHADES,
    altair,
    broken,
    finished,
    inline,
    nothing,
    small_print,
    unchecked,
)
from gatesim.show.charts.policies import OF
from gatesim.show.outcomes import outcome_words
from gatesim.study.result import Result

if TYPE_CHECKING:
    from altair import HConcatChart

WORDS = {
    "gate_available": "a gate is within, serves enough, is ready",
    "only_not_ready": "one would be, but is not ready",
    "only_below_floor": "one is within, but serves too few",
    "no_gate_meets_limit": "none: shutting down remains",
    "cannot_tell": "noise leaves it open",
}

CELL, LINE = 190, 13

APART = "all orders are counted together, with one limit on all; the verdict goes by each order's own"
"""What small print says where each order counts by itself."""


def limits_finding(rows: list[Row], date: str, apart: bool = False) -> str:
    """From which limit on a listed gate would do, as a title; under the own reading first.

    Parameters
    ----------
    rows
        Of one ratio.
    date
        The day of the verdict, in words.
    apart
        Whether orders count each by itself, so that no order has a limit on all of them.
    """
    found = _on_date(rows, date, "would do" if apart else "complies")
    return f"With one limit on all orders together, {found[0].lower()}{found[1:]}" if apart else found


def _on_date(rows: list[Row], date: str, does: str) -> str:
    limits = sorted({row.limit for row in rows})
    readings = list(dict.fromkeys(row.reading for row in rows))
    ready = [
        limit
        for limit in limits
        if all(row.outcome == "gate_available" for row in rows if row.limit == limit)
    ]
    if ready:
        each = " under every reading" if len(readings) > 1 else ""
        return f"From a limit of {format_limit(ready[0])} on a listed gate {does} on {date}{each}"
    some = [row for row in rows if row.outcome == "gate_available"]
    if some:
        first = min(some, key=lambda row: row.limit)
        return f"A listed gate {does} on {date} at {format_limit(first.limit)}, but not under every reading"
    if any(row.outcome == "cannot_tell" and row.at_best == "gate_available" for row in rows):
        return f"No listed gate surely {does} on {date}; noise leaves some limits open"
    which = f"any of {len(limits)} limits" if len(limits) > 1 else "the limit"
    return f"No listed gate {does} on {date} at {which}" + (
        f" under any of {len(readings)} readings" if len(readings) > 1 else ""
    )


def _words(row: Row) -> str:
    """An outcome, and below it the policy that it is about, on lines that fit into a cell."""
    outcome, _, policy = outcome_words(row).rpartition(": ")
    lines = [outcome + ":"] * bool(outcome)
    return "\n".join([*lines, *broken(policy, CELL - 8, LABEL_SIZE)])


def _read(result: Result, readings: Sequence[str]) -> str:
    """How the orders are read, where there is a column for each of several readings; else empty."""
    scenario = result.loaded.scenario
    if len(readings) < 2 or no_reading_counts(scenario):
        return ""
    read = f"order{'s' if len(scenario.orders) > 1 else ''} read as each column says"
    return "; ".join(filter(None, (read, own_words_note(scenario).rstrip("."))))


@unchecked()
def limits_chart(result: Result, ratio: str = "leak_share") -> HConcatChart:
    """For each limit and each reading of the order what can be concluded, and which policy it is about.

    Parameters
    ----------
    result
        The result of a run.
    ratio
        ``leak_share`` or ``leak_rate``: what is limited.

    Returns
    -------
    altair chart
        A row a limit, a column a reading; shade and words are the outcome.

    Raises
    ------
    ValueError
        If there is no such ratio.
    """
    if ratio not in OF:
        raise ValueError(f"ratio = {ratio!r}: there are {', '.join(OF)}")
    alt = altair()
    rows = [row for row in result.verdict.rows if row.ratio == ratio]
    readings = list(dict.fromkeys(row.reading for row in rows))
    apart = bool(counted_apart(result.loaded.scenario))
    date = result.verdict.date
    small = small_print(
        result,
        f"limits on leaks as a share {OF[ratio]}"
        + (
            ""
            if date is None
            else f"; which policy {'would do' if apart else 'complies'} on {format_date(date)}"
        ),
        f"floor {format_limit(result.verdict.floor)}",
        *([APART] if apart else []),
        noise="",
        read=_read(result, readings),
    )
    if not rows or date is None:
        return nothing(
            "What can be concluded at each limit", small, "There is no verdict: no need was measured."
        )
    limits = sorted({row.limit for row in rows})
    own = {row.limit for row in rows if row.own}
    names = {limit: format_limit(limit) + (" (the scenario's)" if limit in own else "") for limit in limits}
    cells: list[dict[str, Any]] = [
        {
            "limit": names[row.limit],
            "reading": row.reading.replace("_", " "),
            "outcome": WORDS[row.outcome],
            "words": _words(row),
            "dark": row.outcome in DARK,
        }
        for row in rows
    ]
    height = LINE * max(cell["words"].count("\n") + 1 for cell in cells) + 14
    shown = [outcome for outcome in SHADES if any(row.outcome == outcome for row in rows)]
    x = alt.X(
        "reading:N",
        sort=[reading.replace("_", " ") for reading in readings],
        title="reading of the order",
        axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False, labelPadding=6),
    )
    y = alt.Y(
        "limit:N",
        sort=list(names.values()),
        title=f"limit, {OF[ratio]}",
        axis=alt.Axis(ticks=False, domain=False, labelPadding=6),
    )
    shades = alt.Scale(
        domain=[WORDS[outcome] for outcome in shown], range=[SHADES[outcome] for outcome in shown]
    )
    up = alt.expr(f"-{LINE / 2} * (length(split(datum.words, '\\n')) - 1)")
    base = alt.Chart(inline(cells)).encode(x=x, y=y)
    boxes = base.mark_rect(
        stroke="#FFFFFF" if "cannot_tell" not in shown else "#999999", strokeWidth=2
    ).encode(
        color=alt.Color(
            "outcome:N",
            scale=shades,
            title=None,
            legend=alt.Legend(orient="bottom", columns=2, symbolStrokeColor="#999999", symbolStrokeWidth=1),
        )
    )
    text = base.mark_text(fontSize=11, lineBreak="\n", lineHeight=LINE, baseline="middle", dy=up).encode(
        text=alt.Text("words:N"),
        color=alt.condition("datum.dark", alt.value("#FFFFFF"), alt.value(INK)),
    )
    chart = alt.layer(boxes, text, width=CELL * len(readings), height=height * len(limits))
    says = "; ".join(
        f"{names[row.limit]}, {row.reading.replace('_', ' ')}: {outcome_words(row)}" for row in rows
    )
    title = limits_finding(rows, format_date(date.replace(hour=0, minute=0, second=0, microsecond=0)), apart)
    return finished(alt.hconcat(chart), title, small, CELL * len(readings) + 110, says)
