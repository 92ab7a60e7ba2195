"""Charts of the shutdown point: what is served as a number moves, and a map of outcomes over two numbers.

They need the extra ``charts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatesim.show.charts import LIMIT, SERIES, _altair, _finished, _heading
from gatesim.show.shutdown_point import NAMES, OUTCOMES
from gatesim.study.shutdown_map import ShutdownMap
from gatesim.study.shutdown_point import ShutdownPoint
from gatesim.study.standing import SIDES

if TYPE_CHECKING:
    from altair import HConcatChart

PANELS = NAMES | {"bound_B": "B: remembers (available: left open)"}

SHADES = {"available": "#009E73", "not ready": "#56B4E9", "below floor": "#E69F00", "none": "#444444"}


def curve_chart(found: ShutdownPoint) -> HConcatChart:
    """The most served within the limit by the list and both bounds; dashed: what is assumed; dotted: the floor."""
    alt = _altair()
    parameter = found.parameter
    rows = [
        {"x": row["value"], "y": row[side] or 0.0, "gates": NAMES[side]}
        for row in found.curve
        for side in SIDES
    ]
    scale = alt.Scale(domain=[parameter.low, parameter.high], nice=False)
    x = alt.X(
        "x:Q", scale=scale, title=f"{parameter.key} {parameter.unit}".strip(), axis=alt.Axis(grid=False)
    )
    y = alt.Y(
        "y:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="~%"), title="entitled needs served"
    )
    hue = alt.Color(
        "gates:N",
        scale=alt.Scale(domain=[NAMES[side] for side in SIDES], range=["#222222", *SERIES[:2]]),
        legend=alt.Legend(title=None, orient="top"),
    )
    lines = alt.Chart(alt.Data(values=rows)).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=hue)
    floor = alt.Chart(alt.Data(values=[{"y": found.asked.floor}]))
    layers: list[Any] = [floor.mark_rule(color=LIMIT, strokeDash=[1, 3]).encode(y=y), lines]
    if parameter.now is not None and parameter.low <= parameter.now <= parameter.high:
        now = alt.Chart(alt.Data(values=[{"x": parameter.now}]))
        layers.insert(0, now.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=x))
    subtitle = "within the limit; list: policies that keep nothing; dashed: as assumed; dotted: the floor"
    return _finished(
        alt.hconcat(alt.layer(*layers).properties(width=420, height=260)),
        _heading(alt, f"What can be served as {parameter.key} moves", subtitle),
    )


def map_chart(found: ShutdownMap) -> HConcatChart:
    """Outcomes over two numbers: a panel each for the list, bound A, bound B."""
    from gatesim.measures.judgement import OUTCOMES as RANKS

    alt = _altair()
    first, second = found.parameters
    xs, ys = found.values
    panels = []
    for place, side in enumerate(SIDES):
        rows = [
            {
                "x": x,
                "x2": x + (xs[1] - xs[0]),
                "y": y,
                "y2": y + (ys[1] - ys[0]),
                "outcome": OUTCOMES[RANKS[int(found.ranks[side][i, j])]],
            }
            for i, x in enumerate(xs)
            for j, y in enumerate(ys)
        ]
        hue = alt.Color(
            "outcome:N",
            scale=alt.Scale(domain=list(SHADES), range=list(SHADES.values())),
            legend=alt.Legend(title=None, orient="top") if place == 0 else None,
        )
        axis = alt.Axis(grid=False, tickCount=5)
        panel = (
            alt.Chart(alt.Data(values=rows))
            .mark_rect()
            .encode(
                x=alt.X("x:Q", scale=alt.Scale(zero=False, nice=False), title=first.key, axis=axis),
                x2="x2:Q",
                y=alt.Y(
                    "y:Q",
                    scale=alt.Scale(zero=False, nice=False),
                    title=second.key if place == 0 else None,
                    axis=axis,
                ),
                y2="y2:Q",
                color=hue,
            )
            .properties(
                width=220, height=220, title=alt.TitleParams(PANELS[side], fontSize=11, anchor="start")
            )
        )
        panels.append(panel)
    title = "Where a gate serves the floor within the limit"
    return _finished(alt.hconcat(*panels, spacing=18), _heading(alt, title, found.loaded.scenario.title[:90]))
