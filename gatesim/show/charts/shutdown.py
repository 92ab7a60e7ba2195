"""Charts of shutdown points and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatesim.measures.judgement import OUTCOMES as NAMES
from gatesim.measures.numbers import format_limit
from gatesim.scenario.parameter import Parameter
from gatesim.show.charts.grammar import (
    INK,
    LIMIT,
    SHADES,
    altair,
    broken,
    finished,
    inline,
    line_scales,
    nothing,
    short_title,
    unchecked,
)
from gatesim.show.shutdown import map_finding, shutdown_finding
from gatesim.show.sides import OUTCOMES, SIDES
from gatesim.study.shutdown_map import ShutdownMap
from gatesim.study.shutdown_point import ShutdownPoint
from gatesim.study.standing import Question

if TYPE_CHECKING:
    from altair import HConcatChart

SHORT = {
    "list": "best policy listed",
    "bound_A": "bound A: keeps nothing",
    "bound_B": "bound B: remembers",
}

MAP = 230
"""Width and height of a map, in points."""


def _limit(asked: Question, *parameters: Parameter) -> str:
    """The limit in words; where it is itself what moves, that."""
    if any("standard" in path for parameter in parameters for path in parameter.paths):
        return "limit as it moves"
    if asked.each:
        return "limits of each order"
    return f"limit {format_limit(asked.limit)}"


@unchecked()
def shutdown_chart(found: ShutdownPoint) -> HConcatChart:
    """What the best gate of each side serves within the limit, as the number moves.

    Parameters
    ----------
    found
        The shutdown point.

    Returns
    -------
    altair chart
        A line for the list and for each bound; points where the outcome changes; dashed: the floor; dotted: the value
        assumed.
    """
    alt = altair()
    p = found.parameter
    small = (
        f"{short_title(found.loaded)}; exact engine, no chance in it; {_limit(found.asked, p)}; dashed: the floor"
        + ("; dotted: as assumed" if _inside(p) else "")
        + (f"; of the list without {', '.join(found.coarse)}" if found.coarse else "")
    )
    rows = [
        {"value": row["value"], "served": row[side], "side": SHORT[side]}
        for row in found.curve
        for side in SIDES
        if row[side] is not None
    ]
    if not rows:
        return nothing(
            shutdown_finding(found),
            small,
            "Nothing is within the limit anywhere in the range: no gate serves a need.",
        )
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
    colours, dashes, shapes = line_scales(list(SHORT.values()))
    legend = alt.Legend(
        orient="bottom", symbolType="stroke", symbolSize=600, symbolStrokeWidth=2.5, columnPadding=24
    )
    hue = alt.Color("side:N", scale=colours, title=None, legend=legend)
    dash = alt.StrokeDash("side:N", scale=dashes, title=None, legend=legend)
    shape = alt.Shape("side:N", scale=shapes, legend=None)
    changes = [
        {"value": change.value, "served": change.above.served or 0.0, "side": SHORT[change.side]}
        for change in found.changes
        if change.above.outcome != "no_gate_meets_limit"
    ]
    layers = [
        alt.Chart(inline([{"served": found.asked.floor}]))
        .mark_rule(color=LIMIT, strokeDash=[4, 3])
        .encode(y=y),
        alt.Chart(inline(rows)).mark_line(strokeWidth=2).encode(x=x, y=y, color=hue, strokeDash=dash),
    ]
    if changes:
        layers.append(
            alt.Chart(inline(changes))
            .mark_point(filled=True, size=80, opacity=1)
            .encode(x=x, y=y, color=alt.Color("side:N", scale=colours, legend=None), shape=shape)
        )
    if _inside(p):
        now = alt.Chart(inline([{"value": p.now}]))
        layers.append(now.mark_rule(color=LIMIT, strokeDash=[1, 3]).encode(x=x))
    says = "; ".join(
        f"{SHORT[change.side]} changes at {change.value:.4g}: above it {OUTCOMES[change.above.outcome]}"
        for change in found.changes
    )
    # The legend shows lines: points keep out of it.
    apart = alt.Resolve(legend=alt.LegendResolveMap(shape="independent"))
    chart = alt.hconcat(alt.layer(*layers, width=560, height=260, resolve=apart))
    return finished(chart, shutdown_finding(found), small, 600, says)


def _legend(outcome: str) -> str:
    """An outcome on the map of any side."""
    return "a gate does (bound B: is not ruled out)" if outcome == "gate_available" else OUTCOMES[outcome]


@unchecked()
def map_chart(found: ShutdownMap) -> HConcatChart:
    """A map of outcomes over two numbers, a panel for each side.

    Parameters
    ----------
    found
        The map.

    Returns
    -------
    altair chart
        Three panels; the cross is what the scenario assumes.
    """
    alt = altair()
    first, second = found.parameters
    shown = [
        name
        for name in NAMES[:4]
        if any((ranks == NAMES.index(name)).any() for ranks in found.ranks.values())
    ]
    scale = alt.Scale(domain=[_legend(name) for name in shown], range=[SHADES[name] for name in shown])
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
                "outcome": _legend(NAMES[int(found.ranks[side][i, j])]),
            }
            for i, x in enumerate(found.values[0])
            for j, y in enumerate(found.values[1])
        ]
        axis = alt.Axis(grid=False, tickCount=5)
        across = alt.Scale(domain=[first.low - half[0], first.high + half[0]], nice=False)
        up = alt.Scale(domain=[second.low - half[1], second.high + half[1]], nice=False)
        x, y = (
            alt.X("x:Q", title=_titled(first), scale=across, axis=axis),
            alt.Y("y:Q", title=broken(_titled(second), MAP, 11) if not panels else None, scale=up, axis=axis),
        )
        map_ = (
            alt.Chart(inline(cells))
            .mark_rect(strokeWidth=0)
            .encode(
                x=x,
                x2=alt.X2("x2:Q"),
                y=y,
                y2=alt.Y2("y2:Q"),
                color=alt.Color("outcome:N", scale=scale, title=None, legend=alt.Legend(orient="bottom")),
            )
        )
        layers = [map_]
        if _inside(first) and _inside(second):
            here = alt.Chart(inline([{"x": first.now, "y": second.now}]))
            layers += [
                here.mark_point(
                    shape="cross", size=120, filled=True, color="#FFFFFF", stroke=INK, opacity=1
                ).encode(x=x, y=y)
            ]
        head = alt.TitleParams(words, fontSize=11, anchor="start", color=INK, offset=8)
        panels.append(alt.layer(*layers, width=MAP, height=MAP, title=head))
    small = (
        f"{short_title(found.loaded)}; exact engine, no chance in it; {_limit(found.asked, first, second)}, floor "
        f"{format_limit(found.asked.floor)}"
        + ("; cross: as assumed" if _inside(first) and _inside(second) else "")
        + (f"; of the list without {', '.join(found.left_out)}" if found.left_out else "")
    )
    says = "; ".join(
        f"{SHORT[side]}: " + ", ".join(f"{OUTCOMES[name]} on {share:.0%}" for name, share in of.items())
        for side, of in found.shares().items()
    )
    return finished(alt.hconcat(*panels, spacing=20), map_finding(found), small, 3 * MAP + 80, says)


def _titled(parameter: Parameter) -> str:
    return parameter.key + (f" ({parameter.unit})" if parameter.unit else "")


def _inside(parameter: Parameter) -> bool:
    return parameter.now is not None and parameter.low <= parameter.now <= parameter.high
