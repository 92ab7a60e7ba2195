"""Charts of shutdown points and maps; in the style of `gatesim.show.charts`, and with the same extra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatesim.measures.judgement import OUTCOMES as NAMES
from gatesim.measures.numbers import format_limit
from gatesim.scenario.parameter import Parameter
from gatesim.show.charts import INK, LIMIT, SERIES, _altair, _finished, _heading
from gatesim.show.sides import OUTCOMES, SIDES
from gatesim.study.shutdown_map import ShutdownMap
from gatesim.study.shutdown_point import ShutdownPoint
from gatesim.study.standing import Question

if TYPE_CHECKING:
    from altair import HConcatChart

LINES = {"list": SERIES[2], "bound_A": SERIES[0], "bound_B": SERIES[1]}
"""Colours of the list and of the bounds."""

SHORT = {"list": "best policy listed", "bound_A": "bound A", "bound_B": "bound B"}

SHADES = ("#009E73", "#E69F00", "#F0E442", "#D55E00")
"""Colours of outcomes on a map, in the order of `OUTCOMES`."""


def _colours(alt: Any, field: str = "side") -> Any:
    scale = alt.Scale(domain=list(SHORT.values()), range=list(LINES.values()))
    return alt.Color(f"{field}:N", scale=scale, title=None, legend=alt.Legend(orient="bottom"))


def shutdown_point(found: ShutdownPoint) -> HConcatChart:
    """What the best gate of each side serves within the limit, as the number moves; dots where the outcome changes."""
    alt = _altair()
    p = found.parameter
    x = alt.X(
        "value:Q",
        title=f"{p.key}" + (f" ({p.unit})" if p.unit else ""),
        scale=alt.Scale(domain=[p.low, p.high], nice=False),
        axis=alt.Axis(grid=False),
    )
    y = alt.Y(
        "served:Q",
        title="entitled needs served within the limit",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(format="~%", tickCount=5),
    )
    rows = [
        {"value": row["value"], "served": row[side], "side": SHORT[side]}
        for row in found.curve
        for side in SIDES
        if row[side] is not None
    ]
    changes = [
        {"value": change.value, "served": change.above.served or 0.0, "side": SHORT[change.side]}
        for change in found.changes
        if change.above.outcome != "no_gate_meets_limit"
    ]
    layers = [
        alt.Chart(alt.Data(values=[{"served": found.asked.floor}]))
        .mark_rule(color=LIMIT, strokeDash=[4, 3])
        .encode(y=y),
        alt.Chart(alt.Data(values=rows)).mark_line(strokeWidth=2).encode(x=x, y=y, color=_colours(alt)),
    ]
    if changes:
        layers.append(
            alt.Chart(alt.Data(values=changes))
            .mark_point(filled=True, size=80, opacity=1)
            .encode(x=x, y=y, color=_colours(alt))
        )
    if p.now is not None and p.low <= p.now <= p.high:
        layers.append(
            alt.Chart(alt.Data(values=[{"value": p.now}]))
            .mark_rule(color=LIMIT, strokeDash=[1, 3])
            .encode(x=x)
        )
    small = (
        f"{_limit(found.asked, p)}; dashed: the floor; dotted: as assumed; of the list those without memory"
    )
    chart = alt.hconcat(alt.layer(*layers).properties(width=520, height=260))
    return _finished(chart, _heading(alt, shutdown_says(found), small))


def _limit(asked: Question, *parameters: Parameter) -> str:
    """The limit in words; where it is itself what moves, that."""
    if any("standard" in path for parameter in parameters for path in parameter.paths):
        return "limit as it moves"
    return f"limit {format_limit(asked.limit)}"


def shutdown_says(found: ShutdownPoint) -> str:
    """The finding, as a title."""
    count = len(found.of("list")), len(found.of("bound_A"))
    if not any(count):
        return f"Nothing in the range of {found.parameter.key} changes the outcome"
    return f"The outcome changes {count[0]} time{'' if count[0] == 1 else 's'} for the list, {count[1]} for bound A"


def shutdown_map(found: ShutdownMap) -> HConcatChart:
    """A map of outcomes over two numbers, a panel for each side."""
    alt = _altair()
    first, second = found.parameters
    scale = alt.Scale(domain=[OUTCOMES[name] for name in NAMES[:4]], range=list(SHADES))
    # A little wider than the step, so that no lines show between neighbours.
    half = [0.52 * (values[-1] - values[0]) / max(len(values) - 1, 1) for values in found.values]
    panels: list[Any] = []
    for side, words in SHORT.items():
        cells = [
            {
                "x": x - half[0],
                "x2": x + half[0],
                "y": y - half[1],
                "y2": y + half[1],
                "outcome": OUTCOMES[NAMES[int(found.ranks[side][i, j])]],
            }
            for i, x in enumerate(found.values[0])
            for j, y in enumerate(found.values[1])
        ]
        axis = alt.Axis(grid=False, tickCount=5)
        across = alt.Scale(domain=[first.low - half[0], first.high + half[0]], nice=False)
        up = alt.Scale(domain=[second.low - half[1], second.high + half[1]], nice=False)
        head = alt.TitleParams(words, fontSize=11, anchor="start", color=INK, offset=8)
        panels.append(
            alt.Chart(alt.Data(values=cells))
            .mark_rect(strokeWidth=0)
            .encode(
                x=alt.X("x:Q", title=first.key, scale=across, axis=axis),
                x2="x2:Q",
                y=alt.Y("y:Q", title=second.key if not panels else None, scale=up, axis=axis),
                y2="y2:Q",
                color=alt.Color("outcome:N", scale=scale, title=None, legend=alt.Legend(orient="bottom")),
            )
            .properties(width=230, height=230, title=head)
        )
    floor = format_limit(found.asked.floor)
    small = f"{_limit(found.asked, first, second)}, floor {floor}; policies with a memory left out"
    return _finished(
        alt.hconcat(*panels, spacing=20), _heading(alt, "Where a gate is within the limit", small)
    )
