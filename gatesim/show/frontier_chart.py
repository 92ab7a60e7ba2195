"""The frontier as a chart: two lines for each reading, and the listed policies as points.

It needs the extra ``charts``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gatesim.measures.numbers import format_limit
from gatesim.show.charts import INK, LIMIT, SERIES, _altair, _finished, _heading
from gatesim.show.frontier import BASES
from gatesim.study.frontier import Frontier
from gatesim.study.standing import Question, question

if TYPE_CHECKING:
    from altair import HConcatChart, LayerChart

LEFT_END = 1e-5
"""The left end of the axis of limits: what is less, or nothing, stands on it."""

LABEL_WIDTH = 1.9
"""Room that the name of a policy takes on the axis of limits, in powers of ten."""

NAMES = {"bound_A": "A: keeps nothing", "bound_B": "B: remembers"}


def frontier_chart(found: Frontier) -> HConcatChart:
    """For each reading the most served against the limit, by both bounds, and the listed policies as points.

    Parameters
    ----------
    found
        The frontier.

    Returns
    -------
    altair chart
        A panel a reading; the dashed line is the first order's limit, the dotted one the floor.
    """
    alt = _altair()
    panels = [_panel(alt, found, reading, number == 0) for number, reading in enumerate(found.readings)]
    chart = alt.hconcat(*panels, spacing=18)
    scenario = found.loaded.scenario
    title = "What no gate can beat: entitled needs served within a limit on leaks"
    return _finished(
        chart,
        _heading(
            alt,
            title,
            f"{scenario.title[:90]}; exact engine; the area between the lines is what memory is worth at most",
        ),
    )


def one_reading(found: Frontier, asked: Question, height: int = 320) -> LayerChart:
    """The panel of one reading by itself, as wide as the page that it is put on; its title is the page's.

    Parameters
    ----------
    found
        The frontier.
    asked
        What is asked: the reading, and the limit and the floor that are drawn.
    height
        Of the panel, in points.
    """
    alt = _altair()
    chart = _panel(alt, found, asked.reading, True, asked).properties(width="container", height=height)
    chart.title = alt.Undefined
    styled: LayerChart = chart.configure_view(stroke=None).configure_axis(
        gridColor="#e6e6e6", domainColor="#999999", labelFontSize=12, titleFontSize=12
    )
    return styled


def _panel(alt: Any, found: Frontier, reading: str, first: bool, asked: Question | None = None) -> Any:
    scenario = found.loaded.scenario
    asked = asked or question(scenario)
    curves = [
        {"x": point.limit, "y": point.served, "bound": NAMES[point.bound]}
        for point in found.points
        if point.reading == reading and point.served is not None and point.limit >= LEFT_END
    ]
    dots = [
        {"x": min(max(one.leak, LEFT_END), 1.0), "y": one.served, "policy": one.policy}
        for one in found.policies
        if one.reading == reading and one.leak is not None and one.served is not None
    ]
    scale = alt.Scale(type="log", domain=[LEFT_END, 1], nice=False)
    ticks = [10.0**power for power in range(-5, 1)]
    x = alt.X(
        "x:Q",
        scale=scale,
        axis=alt.Axis(format="~%", values=ticks, labelOverlap=False, labelFontSize=10, grid=False),
        title=f"leaks in {BASES[found.ratio]}",
    )
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, 1.04], nice=False),
        axis=alt.Axis(format="~%", values=[0, 0.25, 0.5, 0.75, 1]),
        title="entitled needs served" if first else None,
    )
    hue = alt.Color(
        "bound:N",
        scale=alt.Scale(domain=list(NAMES.values()), range=list(SERIES[:2])),
        legend=alt.Legend(title=None, orient="top") if first else None,
    )
    layers = [
        alt.Chart(alt.Data(values=curves))
        .mark_line(strokeWidth=2.5, interpolate="linear")
        .encode(x=x, y=y, color=hue),
        alt.Chart(alt.Data(values=dots))
        .mark_point(color=INK, filled=True, size=35, opacity=1)
        .encode(x=x, y=y),
        *_labels(alt, dots, x, y),
    ]
    floor = alt.Chart(alt.Data(values=[{"y": asked.floor}]))
    layers.insert(0, floor.mark_rule(color=LIMIT, strokeDash=[1, 3]).encode(y=y))
    if asked.ratio == found.ratio and asked.limit >= LEFT_END:
        line = alt.Chart(alt.Data(values=[{"x": asked.limit, "text": f"limit {format_limit(asked.limit)}"}]))
        layers.insert(0, line.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=x))
        layers.append(
            line.mark_text(color=LIMIT, align="left", dx=3, y=-4, baseline="bottom", fontSize=10).encode(
                x=x, text="text:N"
            )
        )
    return alt.layer(*layers).properties(
        width=250,
        height=230,
        title=alt.TitleParams(f'read as "{reading}"', fontSize=11, anchor="start", offset=14),
    )


def _labels(alt: Any, dots: list[dict[str, Any]], x: Any, y: Any) -> list[Any]:
    """Names beside the points: to the left of those that have no room to the right; one name where they coincide."""
    placed: list[tuple[float, float]] = []
    left: list[dict[str, Any]] = []
    right: list[dict[str, Any]] = []
    for dot in sorted(dots, key=lambda dot: -dot["y"]):
        at = (math.log10(dot["x"]), dot["y"])
        # Too near to one that is named already: the table has it.
        if any(abs(at[0] - other[0]) < LABEL_WIDTH and abs(at[1] - other[1]) < 0.05 for other in placed):
            continue
        placed.append(at)
        (left if at[0] > -1.6 else right).append(dot)
    return [
        alt.Chart(alt.Data(values=rows))
        .mark_text(align=align, dx=dx, dy=-7, fontSize=9, color=INK)
        .encode(x=x, y=y, text="policy:N")
        for rows, align, dx in ((left, "right", -3), (right, "left", 3))
        if rows
    ]
