"""The frontier as a chart: two lines for each reading, and the listed policies as points."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from gatesim.law.law import counted_apart
from gatesim.law.standards import Limits
from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.verdict import first_order
from gatesim.measures.wording import BASES, how_read, no_reading_counts, own_words_note
from gatesim.scenario.rules_gates import can_check
from gatesim.show.charts.grammar import (
    INK,
    LIMIT,
    altair,
    finished,
    inline,
    line_scales,
    locale,
    named_data,
    nothing,
    short_title,
    unchecked,
)
from gatesim.show.charts.places import along, around, place
from gatesim.study.asking import no_single_ratio
from gatesim.study.frontier import Frontier
from gatesim.study.points import ListedPoint
from gatesim.study.standing import Question

if TYPE_CHECKING:
    from altair import HConcatChart

LEFT_END = 1e-5
"""The left end of the axis of limits: what is less, or nothing, is an arrow on it."""

WIDTH, HEIGHT, TOP = 270, 250, 1.04
"""Of a panel in points; the upper end of its axis."""

ALONE = (500, 280)
"""Width and height of a panel that stands by itself."""

NARROW = (290, 280)
"""The same on a phone, where it is all to be seen without scrolling sideways."""

SAME = 4.0
"""Dots that are nearer to each other, in points, cannot be told apart: they share a name."""

ARROW = f"arrow: leaks less than {format_limit(LEFT_END)}, or nothing"

NAMES = {"bound_A": "A: keeps nothing", "bound_B": "B: remembers"}


class Drawn(NamedTuple):
    """What is drawn beside the curves: the order's limit, if it is one of the ratio on the axis, and the floor."""

    ratio: str
    limit: float | None
    floor: float


def drawn(found: Frontier) -> Drawn:
    """The limit of the order that is asked about, or of the first order, and the verdict's floor."""
    scenario = found.loaded.scenario
    if found.of_order is not None:
        return Drawn(found.ratio, found.of_order.limit, scenario.verdict.floor)
    order = first_order(scenario)
    if order is None or no_single_ratio(scenario) or order.standard.kind != found.ratio:
        return Drawn(found.ratio, None, scenario.verdict.floor)
    return Drawn(found.ratio, Limits.of(order.standard.limit).known, scenario.verdict.floor)


def frontier_finding(found: Frontier) -> str:
    """The most that is served within the order's limit, as a title."""
    asked, of = drawn(found), found.of_order
    at = {
        point.bound: point.served
        for point in found.points
        if point.limit == asked.limit and point.reading == found.reading and point.served is not None
    }
    whose = "" if of is None else f" under “{of.name}”" + (f", {of.while_words}," if of.while_words else "")
    apart = _all_together(found)
    if asked.limit is None or set(at) != set(NAMES):
        return (
            f"What no gate can beat{whose.removesuffix(',')}: entitled needs served within a limit on leaks"
            + (", with all orders counted together" if apart else "")
        )
    a, b = (format_rate(at[bound]) for bound in NAMES)
    within = f"ithin leaks of {format_limit(asked.limit)} of {BASES[found.ratio]}{whose}"
    within = f"With all orders counted together, w{within}" if apart else f"W{within}"
    if min(at.values()) >= 1.0:
        return f"{within} nothing keeps a gate from serving all entitled needs"
    memory = "even if it remembers" if a == b else f"or {b} if it remembers"
    return f"{within} no gate serves more than {a} of entitled needs, {memory}"


def _all_together(found: Frontier) -> bool:
    """Whether all orders are counted together here though each counts by itself: none sets a limit on all of them."""
    return found.of_order is None and bool(counted_apart(found.loaded.scenario))


@unchecked()
def frontier_chart(found: Frontier, missing: Collection[str] = (), narrow: bool = False) -> HConcatChart:
    """For each reading the most served against the limit, by both bounds, and the listed policies as points.

    Parameters
    ----------
    found
        The frontier.
    missing
        Policies that have no point because the exact engine cannot do them; the small print names them.
    narrow
        For a phone: narrow enough, where there is one reading.

    Returns
    -------
    altair chart
        A panel a reading; the dashed line is the first order's limit, the dotted one the floor. A policy whose name
        finds no room has a number, which the small print explains; an arrow leads to what leaks less than the axis
        shows.
    """
    alt, beside = altair(), drawn(found)
    apart = _all_together(found)
    whose = "the limit of the order first in force" if apart else "the order's limit"
    dashed = "" if beside.limit is None else f"; dashed: {whose}"
    if beside.limit is not None and beside.limit < LEFT_END:
        dashed = f"; {whose}, {format_limit(beside.limit)}, lies left of the axis"
    if apart:
        no_limit = "" if beside.limit is None else ", and none sets that limit on all of them"
        dashed += f"; all orders are counted together, while each counts its own leaks{no_limit}"
    small = (
        f"{short_title(found.loaded)}; exact engine, no chance in it; the area between the lines is what memory is "
        f"worth at most{dashed}; dotted: the floor{_left_out(found)}"
    )
    if not any(point.served is not None for point in found.points):
        return nothing(frontier_finding(found), small, _why_empty(found))
    size = (NARROW if narrow else ALONE) if len(found.readings) == 1 else (WIDTH, HEIGHT)
    scenario = found.loaded.scenario
    all_own = no_reading_counts(scenario)
    panels = []
    numbered: set[str] = set()
    nameless: set[str] = set()
    for number, reading in enumerate(found.readings):
        rows, by_number, without = _rows(found, reading, beside, size)
        layers = _layers(alt, rows, BASES[found.ratio], number == 0)
        # Which of several orders goes by its own words would not fit: small print says it.
        read = how_read(scenario, reading) if all_own else f'as "{reading}"'
        title = alt.TitleParams(f"read {read}", fontSize=11, anchor="start", offset=16)
        panels.append(alt.layer(*layers, width=size[0], height=size[1], title=title))
        numbered.update(by_number)
        nameless.update(without)
    own = own_words_note(scenario)
    if own and not all_own:
        small += f"; {own[0].lower()}{own[1:].rstrip('.')}"
    if found.of_order is not None:
        small += f"; leaks: of the needs that “{found.of_order.name}” restricts itself"
    if any(one.breaks for one in found.policies):
        small += "; rings: policies that break another order's limit, so that they may stand above the lines"
    key = _key(found, numbered, nameless - numbered)
    if key:
        small += f"; {key}"
    nobody = [
        name for name in dict.fromkeys(one.policy for one in found.policies) if name not in _numbers(found)
    ]
    if nobody:
        why = "no need is restricted" if found.ratio == "leak_rate" else "nobody is served"
        small += f"; without a point, since {why}: {', '.join(nobody)}"
    if any(is_beyond(one) for one in found.policies):
        small += f"; {ARROW}"
    if missing:
        small += f"; without a point, since the exact engine cannot do it: {', '.join(missing)}"
    says = "; ".join(
        f"read {how_read(scenario, one.reading)}, {one.policy} serves {format_rate(one.served)} "
        f"and leaks {format_rate(one.leak)}"
        for one in found.policies
        if one.served is not None and one.leak is not None
    )
    wide = (size[0] + 22) * len(panels) + 50
    return finished(alt.hconcat(*panels, spacing=18), frontier_finding(found), small, wide, says)


def _why_empty(found: Frontier) -> str:
    """Why there is no curve."""
    if any(one.leak is not None for one in found.policies):
        return "No need is entitled under any reading of the order: there is nobody whom a gate could serve."
    return "No need was measured under any reading of the order."


def _left_out(found: Frontier) -> str:
    """That queues are not here, where a listed policy sends cases to the desk; empty where none does."""
    scenario = found.loaded.scenario
    listed = [
        scenario.policies[name] for name in {one.policy for one in found.policies} & set(scenario.policies)
    ]
    asked = {kind for one in listed if can_check(one, scenario.policies) for kind in one.documents}
    if scenario.desk is None or not any(scenario.documents[kind].to_desk > 0 for kind in asked):
        return ""
    return "; without the desk's queue and what refused people do"


def is_beyond(one: ListedPoint) -> bool:
    """Whether a listed policy leaks less than the axis shows."""
    return one.served is not None and one.leak is not None and one.leak < LEFT_END


def _numbers(found: Frontier) -> dict[str, int]:
    """Policy -> its number in the list, the same in every panel; only for those that are points in some."""
    dotted = [one.policy for one in found.policies if one.served is not None and one.leak is not None]
    return {name: n for n, name in enumerate(dict.fromkeys(dotted), start=1)}


def _key(found: Frontier, numbered: Collection[str], nameless: Collection[str]) -> str:
    """What numbers stand for, and which dots have neither a name nor a number."""
    numbers = _numbers(found)
    words = []
    if numbered:
        words.append(
            ", ".join(f"{numbers[name]}: {name}" for name in sorted(numbered, key=numbers.__getitem__))
        )
    if nameless:
        names = ", ".join(sorted(nameless, key=numbers.__getitem__))
        words.append(f"dots without room for a name: {names}")
    return "; ".join(words)


def one_reading(
    found: Frontier, asked: Question | Drawn, says: str, size: tuple[int, int] = ALONE
) -> tuple[dict[str, Any], str]:
    """The panel of one reading by itself, for a page that has a title and small print of its own.

    What does not depend on a row is made once: Altair takes far longer to put a chart together than to fill it.

    Parameters
    ----------
    found
        The frontier, of one reading.
    asked
        What is asked: the limit and the floor that are drawn.
    says
        Alternative text.
    size
        Width and height of the panel, in points.

    Returns
    -------
    spec, small
        A Vega-Lite chart whose rows stand in its ``datasets``: between charts of the same ratio nothing else differs.
        And what an arrow stands for, if there is one, and numbers, where a name found no room.
    """
    rows, numbered, nameless = _rows(found, found.reading, asked, size)
    small = _key(found, numbered, nameless)
    spec: dict[str, Any] = json.loads(_empty_panel(tuple(map(bool, rows)), BASES[found.ratio], says, size))
    for layer, those in zip(spec["layer"], rows.by_layer, strict=True):
        if those:
            spec["datasets"][layer["data"]["name"]] = those
    return spec, small


@lru_cache(maxsize=64)
@unchecked()
def _empty_panel(has: tuple[bool, ...], over: str, says: str, size: tuple[int, int]) -> str:
    """A panel as JSON, with nothing in its datasets; ``has`` says which of `_Rows` there are."""
    alt = altair()
    empty: list[list[dict[str, Any]]] = [[{}] if there else [] for there in has]
    rows = _Rows(*empty)
    # All at once: Altair copies every layer for each thing that is set later.
    chart = alt.layer(
        *_layers(alt, rows, over, True),
        width=size[0],
        height=size[1],
        description=" ".join(says.split()),
        autosize="pad",  # names stand at points of the panel: it must not be squeezed
        config=alt.Config(
            view=alt.ViewConfig(stroke=None),
            axis=alt.AxisConfig(
                gridColor="#e6e6e6", domainColor="#999999", labelFontSize=11, titleFontSize=11
            ),
            legend=alt.LegendConfig(labelLimit=0, labelFontSize=11),
            locale=locale(),
        ),
    )
    return json.dumps(named_data(chart.to_dict(validate=False)) | {"datasets": {}})


def _across(limit: float, width: int = WIDTH) -> float:
    """Points from the left end of a panel."""
    return width * (math.log10(min(max(limit, LEFT_END), 1.0)) - math.log10(LEFT_END)) / -math.log10(LEFT_END)


def _down(served: float, height: int = HEIGHT) -> float:
    """Points from the top of a panel."""
    return height * (1 - served / TOP)


class _Rows(NamedTuple):
    """The rows of a panel's layers; where there is no limit, ring, leader or name to draw, there is no such layer."""

    limit: list[dict[str, Any]]
    floor: list[dict[str, Any]]
    curves: list[dict[str, Any]]
    dots: list[dict[str, Any]]
    rings: list[dict[str, Any]]
    leaders: list[dict[str, Any]]
    names: list[dict[str, Any]]

    @property
    def by_layer(self) -> list[list[dict[str, Any]]]:
        """As the layers of `_layers` have them, in their order."""
        line = [self.limit] if self.limit else []
        rings, more = (
            [rows for rows in those if rows] for those in ((self.rings,), (self.leaders, self.names))
        )
        return [*line, self.floor, self.curves, self.dots, *rings, *line, *more]


def _rows(
    found: Frontier, reading: str, asked: Question | Drawn, size: tuple[int, int]
) -> tuple[_Rows, list[str], list[str]]:
    """What a panel shows; the policies in whose names' place numbers stand; those with neither."""
    width, height = size
    curves: list[dict[str, Any]] = [
        {"x": limit, "y": served, "bound": NAMES[bound]}
        for bound in NAMES
        for limit, served in _curve(found, reading, bound)
    ]
    dots: list[dict[str, Any]] = [
        {
            "x": min(max(one.leak, LEFT_END), 1.0),
            "y": one.served,
            "policy": one.policy,
            "beyond": is_beyond(one),
        }
        for one in found.policies
        if one.reading == reading and one.leak is not None and one.served is not None
    ]
    taken = [
        box
        for bound in NAMES.values()
        for box in along(
            [(_across(c["x"], width), _down(c["y"], height)) for c in curves if c["bound"] == bound]
        )
    ]
    limit = []
    if asked.ratio == found.ratio and asked.limit is not None and asked.limit >= LEFT_END:
        limit = [{"x": asked.limit, "text": f"limit {format_limit(asked.limit)}"}]
        taken += along([(_across(asked.limit, width), 0.0), (_across(asked.limit, width), float(height))])
    floor = _down(asked.floor, height)
    taken += along([(0.0, floor), (float(width), floor)])
    placed, numbered, nameless = _named(dots, taken, _numbers(found), size)
    leaders = [dict(zip(("x", "y", "x2", "y2"), one.leader, strict=True)) for one in placed if one.leader]
    if placed and not leaders:  # one of no length: with or without, the page's chart has the same layers
        leaders = [{"x": 0.0, "y": 0.0, "x2": 0.0, "y2": 0.0}]
    names = [{"text": one.text, "x": one.anchor, "y": one.y, "align": one.align} for one in placed]
    broken = {one.policy for one in found.policies if one.breaks and one.reading == reading}
    full = [dot for dot in dots if dot["policy"] not in broken]
    rings = [dot for dot in dots if dot["policy"] in broken]
    rows = _Rows(limit, [{"y": asked.floor}], curves, full, rings, leaders, names)
    return rows, numbered, nameless


def _curve(found: Frontier, reading: str, bound: str) -> list[tuple[float, float]]:
    """Limits on the axis, and the most that is served within each.

    Also at the leaks of each listed policy: between points a line would run below what the bound allows, and so might
    below a policy's dot.
    """
    at = {
        point.limit: point.served
        for point in found.points
        if point.reading == reading and point.bound == bound and point.served is not None
    }
    for one in found.policies:
        more = one.to_a if bound == "bound_A" else one.to_b
        if one.reading == reading and one.leak is not None and one.served is not None and more is not None:
            at.setdefault(one.leak, one.served + more)
    return [(limit, at[limit]) for limit in sorted(at) if limit >= LEFT_END]


def _layers(alt: Any, rows: _Rows, over: str, first: bool) -> list[Any]:
    """The layers of a panel: what each looks like, whatever its rows; leaks are a share of ``over``."""
    x = alt.X(
        "x:Q",
        scale=alt.Scale(type="log", domain=[LEFT_END, 1], nice=False),
        axis=alt.Axis(
            format="~%",
            values=[10.0**power for power in range(-5, 1)],
            labelOverlap=False,
            labelFontSize=9,
            grid=False,
        ),
        title=f"leaks in {over}",
    )
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, TOP], nice=False),
        axis=alt.Axis(format="~%", values=[0, 0.25, 0.5, 0.75, 1]),
        title="entitled needs served" if first else None,
    )
    shape = alt.expr("datum.beyond ? 'triangle-left' : 'circle'")
    size = alt.expr("datum.beyond ? 70 : 35")
    colours, dashes, _ = line_scales(list(NAMES.values()))
    key = {"title": None, "orient": "top", "symbolSize": 400, "symbolStrokeWidth": 2.5}
    layers = [
        alt.Chart(inline(rows.floor)).mark_rule(color=LIMIT, strokeDash=[1, 3]).encode(y=y),
        alt.Chart(inline(rows.curves))
        .mark_line(strokeWidth=2.5, interpolate="linear")
        .encode(
            x=x,
            y=y,
            color=alt.Color("bound:N", scale=colours, legend=alt.Legend(**key) if first else None),
            strokeDash=alt.StrokeDash("bound:N", scale=dashes, legend=alt.Legend(**key) if first else None),
        ),
        alt.Chart(inline(rows.dots))
        .mark_point(color=INK, filled=True, shape=shape, size=size, opacity=1)
        .encode(x=x, y=y),
    ]
    if rows.rings:
        rings = alt.Chart(inline(rows.rings)).mark_point(
            fill="white", stroke=INK, strokeWidth=1.5, shape=shape, size=size, opacity=1
        )
        layers.append(rings.encode(x=x, y=y))
    if rows.limit:
        line = alt.Chart(inline(rows.limit))
        layers.insert(0, line.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=x))
        layers.append(
            line.mark_text(
                color=LIMIT, align="left", dx=3, dy=-4, y=0, baseline="bottom", fontSize=10
            ).encode(x=x, text=alt.Text("text:N"))
        )
    if rows.leaders:
        pixels = {name: alt.value(alt.expr(f"datum.{name}")) for name in ("x", "y", "x2", "y2")}
        lines = alt.Chart(inline(rows.leaders)).mark_rule(color="#999999", strokeWidth=0.7, aria=False)
        layers.append(lines.encode(**pixels))
    if rows.names:
        # They stand at points of the panel, not at values of its axes.
        names = alt.Chart(inline(rows.names)).mark_text(
            x={"expr": "datum.x"},
            y={"expr": "datum.y"},
            align={"expr": "datum.align"},
            baseline="middle",
            fontSize=9,
            color=INK,
        )
        layers.append(names.encode(text=alt.Text("text:N")))
    return layers


def _named(
    dots: list[dict[str, Any]], taken: list[Any], numbers: dict[str, int], size: tuple[int, int]
) -> tuple[list[Any], list[str], list[str]]:
    """Places of names; policies that stand on the same point share one."""
    width, height = size
    points: list[tuple[list[str], float, float]] = []
    for dot in dots:
        x, y = _across(dot["x"], width), _down(dot["y"], height)
        names = next((one for one, x2, y2 in points if math.hypot(x - x2, y - y2) < SAME), None)
        if names is None:
            points.append(([dot["policy"]], x, y))
        else:
            names.append(dot["policy"])
    dotted = [around(_across(dot["x"], width), _down(dot["y"], height)) for dot in dots]
    return place(points, [*taken, *dotted], size, numbers)
