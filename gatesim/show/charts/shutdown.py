"""Charts of shutdown points and maps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from gatesim.measures.judgement import OUTCOMES as NAMES
from gatesim.measures.numbers import format_limit
from gatesim.measures.wording import BASES, orders_read
from gatesim.scenario import Loaded
from gatesim.scenario.parameter import Parameter
from gatesim.show.called import called, key_words
from gatesim.show.charts.grammar import (
    INK,
    LIMIT,
    PHONE,
    SHADES,
    altair,
    broken,
    finished,
    in_style,
    inline,
    line_scales,
    nothing,
    short_title,
    unchecked,
)
from gatesim.show.charts.panels import side_by_side
from gatesim.show.shutdown import map_finding, shutdown_finding
from gatesim.show.sides import OUTCOMES, SIDES
from gatesim.study.shutdown_map import ShutdownMap, names_of
from gatesim.study.shutdown_point import ShutdownPoint, is_in_percent
from gatesim.study.standing import Question

if TYPE_CHECKING:
    from altair import HConcatChart

SHORT = {
    "list": "best policy listed",
    "bound_A": "bound A: keeps nothing",
    "bound_B": "bound B: remembers",
}

MAP, GAP = 230, 20
"""Width and height of a map, and what is between two, in points."""

_HERE = tuple(f"here_{side}" for side in SHORT)
"""What the crosses of each panel are called, where rows stand apart from the chart."""

_TITLES = ("(title across)", "(title upwards)")
_ENDS = ((-1.25, 1.25), (-1.75, 1.75))
"""What stands for titles and ends where a map is put together for all pairs of numbers."""


def _is_limit(parameter: Parameter) -> bool:
    return any("standard" in path for path in parameter.paths)


def _limit(asked: Question, *parameters: Parameter) -> str:
    """The limit in words; where it is itself what moves, that."""
    if any(_is_limit(parameter) for parameter in parameters):
        return "limit as it moves"
    if asked.each:
        return "limits of each order"
    return f"limit {format_limit(asked.limit)} of {BASES[asked.ratio]}"


def _rests(loaded: Loaded, asked: Question) -> str:
    """What small print begins with."""
    return (
        f"{short_title(loaded)}; {orders_read(loaded.scenario, asked.reading)}; exact engine, no chance in it"
    )


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
    name = called(found.loaded, p)
    title = shutdown_finding(found, name)
    none = [words for side, words in SHORT.items() if all(row[side] is None for row in found.curve)]
    small = (
        f"{_rests(found.loaded, found.asked)}; {_limit(found.asked, p)}; dashed: the floor"
        + (f"; without a line, for nothing is within the limit anywhere: {', '.join(none)}" if none else "")
        + ("; dotted: as assumed" if p.is_inside else "")
        + (f"; of the list without {', '.join(found.coarse)}" if found.coarse else "")
        + _keys(found.loaded, ("along", p, name))
    )
    rows = [
        {"value": row["value"], "served": row[side], "side": SHORT[side]}
        for row in found.curve
        for side in SIDES
        if row[side] is not None
    ]
    if not rows:
        return nothing(
            title,
            small,
            "Nothing is within the limit anywhere in the range: no gate serves a need.",
        )
    x = alt.X(
        "value:Q",
        title=broken(_titled(found.loaded, found.asked, p, name), 560, 11),
        scale=alt.Scale(domain=[p.low, p.high], nice=False),
        axis=alt.Axis(grid=False, **_format(is_in_percent(found.loaded.scenario, p))),
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
        # There is nothing between two whole numbers.
        alt.Chart(inline(rows))
        .mark_line(strokeWidth=2, interpolate="step-after" if p.whole else "linear")
        .encode(x=x, y=y, color=hue, strokeDash=dash),
    ]
    if changes:
        layers.append(
            alt.Chart(inline(changes))
            .mark_point(filled=True, size=80, opacity=1)
            .encode(x=x, y=y, color=alt.Color("side:N", scale=colours, legend=None), shape=shape)
        )
    if p.is_inside:
        now = alt.Chart(inline([{"value": p.now}]))
        layers.append(now.mark_rule(color=LIMIT, strokeDash=[1, 3]).encode(x=x))
    says = "; ".join(
        f"{SHORT[change.side]} changes at {change.value:.4g}: above it {OUTCOMES[change.above.outcome]}"
        for change in found.changes
    )
    # The legend shows lines: points keep out of it.
    apart = alt.Resolve(legend=alt.LegendResolveMap(shape="independent"))
    chart = alt.hconcat(alt.layer(*layers, width=560, height=260, resolve=apart))
    return finished(chart, title, small, 600, says)


def _legend(outcome: str) -> str:
    """An outcome on the map of any side."""
    return "a gate does (bound B: is not ruled out)" if outcome == "gate_available" else OUTCOMES[outcome]


@unchecked()
def map_chart(found: ShutdownMap, narrow: bool = False) -> HConcatChart:
    """A map of outcomes over two numbers, a panel for each side.

    Parameters
    ----------
    found
        The map.
    narrow
        For a phone: the panels below each other.

    Returns
    -------
    altair chart
        Three panels; the cross is what the scenario assumes. Where that is no point of the map, small print says so.
    """
    alt = altair()
    first, second = found.parameters
    names = (called(found.loaded, first), called(found.loaded, second))
    panels = _panels(alt, _look(found, names), _cells(found), _here(found), narrow)
    small = map_small(found) + _keys(found.loaded, ("across", first, names[0]), ("upwards", second, names[1]))
    width = PHONE if narrow else 3 * MAP + 80
    return finished(side_by_side(panels, narrow), map_finding(found), small, width, map_words(found))


def map_alone(found: ShutdownMap, says: str, names: tuple[str, str]) -> dict[str, Any]:
    """The panels by themselves, for a page that has a title and small print of its own.

    It is put together once for all pairs of numbers: Altair takes far longer for that than it takes to fill it in.

    Parameters
    ----------
    found
        The map.
    says
        Alternative text.
    names
        What the two numbers are called.

    Returns
    -------
    dict
        A Vega-Lite chart whose rows stand in its ``datasets``: between maps over the same ranges nothing else differs,
        as long as they show the same outcomes.
    """
    look = _look(found, names)
    written = _empty_map(look._replace(titles=_TITLES, ends=_ENDS), says)
    blanks = [
        *zip(_ENDS, look.ends, strict=True),
        *((broken(a, MAP, 11), broken(b, MAP, 11)) for a, b in zip(_TITLES, look.titles, strict=True)),
    ]
    for blank, filled in blanks:
        written = written.replace(json.dumps(blank), json.dumps(filled))
    spec: dict[str, Any] = json.loads(written)
    cells, here = zip(SHORT, _cells(found), strict=True), zip(_HERE, _here(found), strict=True)
    spec["datasets"] = dict(cells) | dict(here)
    return spec


def map_small(found: ShutdownMap) -> str:
    """The small print of a map."""
    first, second = found.parameters
    floor_moves = any("floor" in path for p in found.parameters for path in p.paths)
    floor = "as it moves" if floor_moves else format_limit(found.asked.floor)
    return (
        f"{_rests(found.loaded, found.asked)}; {_limit(found.asked, first, second)}, floor {floor}"
        + f"; {len(found.values[0])} by {len(found.values[1])} values, a cell round each; {_cross_words(found)}"
        + (f"; of the list without {', '.join(found.left_out)}" if found.left_out else "")
    )


def _cross_words(found: ShutdownMap) -> str:
    """What the cross is, or why there is none."""
    if found.here:
        return "cross: as assumed, in the colour of what holds there"
    several = [called(found.loaded, p) for p in found.parameters if p.now is None]
    if several:
        return f"no cross: no single value is assumed of “{'” and of “'.join(several)}”"
    return "no cross: what is assumed lies beyond the map"


def map_words(found: ShutdownMap) -> str:
    """What can be read off a map."""
    return "; ".join(
        f"{SHORT[side]}: "
        + ", ".join(f"{OUTCOMES[name]} on {100 * share:.0f} %" for name, share in of.items())
        + (f", as assumed {OUTCOMES[names_of(side)[found.here[side]]]}" if found.here else "")
        for side, of in found.shares().items()
    )


def _keys(loaded: Loaded, *moved: tuple[str, Parameter, str]) -> str:
    """The keys of what moves in a direction, where its name does not have it."""
    return "".join(
        f"; {where}: {key_words(loaded.scenario, p)}" for where, p, name in moved if p.key not in name
    )


class _Look(NamedTuple):
    """What a map looks like, whatever its cells: for each direction title, whether in percent, and ends; the outcomes
    that it shows; whether there is a cross."""

    titles: tuple[str, str]
    in_percent: tuple[bool, bool]
    ends: tuple[tuple[float, float], tuple[float, float]]
    shown: tuple[str, ...]
    crossed: bool


def _look(found: ShutdownMap, names: tuple[str, str]) -> _Look:
    (first, second), (across, up) = found.parameters, names
    half = _half(found)
    shown = (
        name
        for name in NAMES[:4]
        if NAMES.index(name) in found.here.values()
        or any((ranks == NAMES.index(name)).any() for ranks in found.ranks.values())
    )
    return _Look(
        (
            _titled(found.loaded, found.asked, first, across),
            _titled(found.loaded, found.asked, second, up),
        ),
        (is_in_percent(found.loaded.scenario, first), is_in_percent(found.loaded.scenario, second)),
        ((first.low - half[0], first.high + half[0]), (second.low - half[1], second.high + half[1])),
        tuple(shown),
        bool(found.here),
    )


def _half(found: ShutdownMap) -> list[float]:
    # A little wider than the step, so that no lines show between neighbours.
    return [0.52 * (values[-1] - values[0]) / max(len(values) - 1, 1) for values in found.values]


def _cells(found: ShutdownMap) -> list[list[dict[str, Any]]]:
    """The cells of each panel; neighbours upwards that are alike are one."""
    half = _half(found)
    across, up = (
        [(x - wide, x + wide) for x in values] for values, wide in zip(found.values, half, strict=True)
    )
    names = [_legend(name) for name in NAMES]
    return [
        [
            {"x": x, "x2": x2, "y": y, "y2": y2, "outcome": names[rank]}
            for (x, x2), row in zip(across, found.ranks[side].tolist(), strict=True)
            for rank, y, y2 in _runs(row, up)
        ]
        for side in SHORT
    ]


def _runs(ranks: Sequence[int], ends: Sequence[tuple[float, float]]) -> Iterator[tuple[int, float, float]]:
    """Each rank, and from where to where it is the same without a break."""
    for rank, alike in groupby(zip(ranks, ends, strict=True), key=itemgetter(0)):
        those = [of for _, of in alike]
        yield rank, those[0][0], those[-1][1]


def _here(found: ShutdownMap) -> list[list[dict[str, Any]]]:
    """Where the scenario stands in each panel, and what holds exactly there; nothing where that is beyond the map."""
    first, second = found.parameters
    names = [_legend(name) for name in NAMES]
    return [
        [{"x": first.now, "y": second.now, "outcome": names[found.here[side]]}] if found.here else []
        for side in SHORT
    ]


def _panels(
    alt: Any, look: _Look, cells: Sequence[Any], here: Sequence[Any], narrow: bool = False
) -> list[Any]:
    """A panel for each side, with its cells and its cross."""
    legend = alt.Legend(orient="bottom", columns=1) if narrow else alt.Legend(orient="bottom")
    scale = alt.Scale(
        domain=[_legend(name) for name in look.shown], range=[SHADES[name] for name in look.shown]
    )
    across, up = (alt.Scale(domain=list(ends), nice=False) for ends in look.ends)
    panels: list[Any] = []
    for words, rows, cross in zip(SHORT.values(), cells, here, strict=True):
        along, upward = (alt.Axis(grid=False, tickCount=5, **_format(those)) for those in look.in_percent)
        x, y = (
            alt.X("x:Q", title=broken(look.titles[0], MAP, 11), scale=across, axis=along),
            alt.Y(
                "y:Q",
                title=broken(look.titles[1], MAP, 11) if narrow or not panels else None,
                scale=up,
                axis=upward,
            ),
        )
        map_ = (
            alt.Chart(_data(rows))
            # Drawn round each in its own colour, so that no lines show between neighbours.
            .mark_rect(strokeWidth=1)
            .encode(
                x=x,
                x2=alt.X2("x2:Q"),
                y=y,
                y2=alt.Y2("y2:Q"),
                color=alt.Color("outcome:N", scale=scale, title=None, legend=legend),
                stroke=alt.Stroke("outcome:N", scale=scale, legend=None),
            )
        )
        layers = [map_]
        if look.crossed:
            # The white round it is seen on the darkest cells, too.
            stands = alt.Chart(_data(cross)).encode(x=x, y=y)
            layers += [
                stands.mark_point(
                    shape="cross",
                    size=160,
                    filled=True,
                    color="#FFFFFF",
                    stroke="#FFFFFF",
                    strokeWidth=5,
                    opacity=1,
                ),
                stands.mark_point(
                    shape="cross", size=160, filled=True, stroke=INK, strokeWidth=1, opacity=1
                ).encode(color=alt.Color("outcome:N", scale=scale, title=None, legend=legend)),
            ]
        head = alt.TitleParams(words, fontSize=11, anchor="start", color=INK, offset=8)
        panels.append(alt.layer(*layers, width=MAP, height=MAP, title=head))
    return panels


def _data(rows: Any) -> Any:
    """Rows inside the chart, or, where they are a word, those of that name."""
    return altair().NamedData(name=rows) if isinstance(rows, str) else inline(rows)


@lru_cache(maxsize=16)
@unchecked()
def _empty_map(look: _Look, says: str) -> str:
    """A map as JSON, without its rows."""
    alt = altair()
    chart = alt.hconcat(*_panels(alt, look, list(SHORT), _HERE), spacing=GAP)
    return json.dumps(in_style(chart, says).to_dict(validate=False))


def _titled(loaded: Loaded, asked: Question, parameter: Parameter, name: str) -> str:
    """What it is called, and its unit; what is told in percent is no share any more. Of a limit, of what it is one."""
    if _is_limit(parameter):
        return f"{name} (of {BASES[asked.ratio]})" if not asked.each else name
    unit = (
        parameter.unit.removeprefix("share ") if is_in_percent(loaded.scenario, parameter) else parameter.unit
    )
    return name + (f" ({unit})" if unit else "")


def _format(in_percent: bool) -> dict[str, str]:
    """How an axis has its numbers."""
    return {"format": "~%"} if in_percent else {}
