"""The verdict at each limit, by reading of the order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatesim.measures.numbers import format_limit
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


def limits_finding(rows: list[Row]) -> str:
    """From which limit on a listed gate would do, as a title; under the own reading first."""
    limits = sorted({row.limit for row in rows})
    readings = list(dict.fromkeys(row.reading for row in rows))
    ready = [
        limit
        for limit in limits
        if all(row.outcome == "gate_available" for row in rows if row.limit == limit)
    ]
    if ready:
        return f"From a limit of {format_limit(ready[0])} on a listed gate complies under every reading"
    some = [row for row in rows if row.outcome == "gate_available"]
    if some:
        first = min(some, key=lambda row: row.limit)
        return f"A listed gate complies at {format_limit(first.limit)}, but not under every reading"
    if any(row.outcome == "cannot_tell" and row.at_best == "gate_available" for row in rows):
        return "No listed gate surely complies on the date; noise leaves some limits open"
    count = f"{len(limits)} limits" if len(limits) > 1 else "the limit"
    return f"No listed gate complies on the date at any of {count}" + (
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
    small = small_print(
        result,
        f"limits on leaks as a share {OF[ratio]}",
        f"floor {format_limit(result.verdict.floor)}",
        noise="",
        read=_read(result, readings),
    )
    if not rows:
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
    return finished(alt.hconcat(chart), limits_finding(rows), small, CELL * len(readings) + 110, says)
