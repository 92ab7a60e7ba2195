"""Curves: how shares move with one input."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gatesim.show.charts.grammar import (
    BLOCKED,
    INK,
    LEAKED,
    LIMIT,
    altair,
    finished,
    inline,
    line_scales,
    unchecked,
)
from gatesim.show.charts.panels import label_room

if TYPE_CHECKING:
    import pandas as pd
    from altair import HConcatChart

PANEL_HEIGHT, LABEL_HEIGHT = 210, 13
"""Of a panel of lines, and of the name of a line; in points."""

_HUES = {"leak_share": LEAKED, "leak_rate": LEAKED, "false_block_rate": BLOCKED}


@unchecked()
def lines(
    frame: pd.DataFrame,
    x: str,
    y: Mapping[str, str],
    colour: str,
    *,
    title: str,
    subtitle: str = "",
    x_title: str = "",
    plausible: tuple[float, float] | None = None,
    assumed: float | None = None,
) -> HConcatChart:
    """How shares move with one input: a panel for each share, a line for each policy (or what else is told apart).

    Parameters
    ----------
    frame
        A row for each value of the input and each line.
    x
        The column of the input; a share.
    y
        Column of a share -> title of its panel. ``leak_share`` and ``false_block_rate`` keep their colours.
    colour
        The column that names the lines; at most as many as there are styles. Each is named at its right end.
    title, subtitle, x_title
        What the picture shows, in words; what moves.
    plausible
        The input's plausible range: shaded.
    assumed
        The value that the scenario assumes: marked.

    Returns
    -------
    altair chart
        The panels, side by side; axes of shares begin at 0.

    Raises
    ------
    ValueError
        If there are more lines than colours.
    """
    alt = altair()
    names = list(dict.fromkeys(frame[colour]))
    colours, dashes, shapes = line_scales(names)
    low, high = float(frame[x].min()), float(frame[x].max())

    def at(field: str) -> Any:
        # The same for every layer, or titles and scales would be merged.
        return alt.X(
            f"{field}:Q",
            title=x_title or x,
            scale=alt.Scale(domain=[low, high], nice=False),
            axis=alt.Axis(format="~%", tickCount=5, grid=False),
        )

    hue = alt.Color(f"{colour}:N", scale=colours, legend=None)
    dash = alt.StrokeDash(f"{colour}:N", scale=dashes, legend=None)
    shape = alt.Shape(f"{colour}:N", scale=shapes, legend=None)
    marks = _marks(alt, at, plausible, assumed, (low, high))
    panels = []
    for share, words in y.items():
        top = _round_top(float(frame[share].max()))
        up = alt.Y(
            f"{share}:Q",
            title=None,
            scale=alt.Scale(domain=[0, top], nice=False),
            axis=alt.Axis(format="~%", tickCount=5),
        )
        base = alt.Chart(frame)
        drawn = base.mark_line(strokeWidth=2).encode(x=at(x), y=up, color=hue, strokeDash=dash)
        dots = base.mark_point(filled=True, size=40, opacity=1).encode(x=at(x), y=up, color=hue, shape=shape)
        ends = frame[frame[x] == high][[x, colour, share]]
        ends = ends.assign(**{share: _apart(list(ends[share]), LABEL_HEIGHT / PANEL_HEIGHT * top)})
        text = (
            alt.Chart(ends)
            .mark_text(align="left", dx=8, fontSize=11, color=INK)
            .encode(x=at(x), y=up, text=alt.Text(f"{colour}:N"))
        )
        head = alt.TitleParams(
            words, color=_HUES.get(share, INK), fontSize=11, fontWeight="bold", anchor="start", offset=8
        )
        panels.append(alt.layer(*marks, drawn, dots, text, width=270, height=PANEL_HEIGHT, title=head))
    wide = 300 * len(panels) + label_room([str(name) for name in names])
    return finished(alt.hconcat(*panels, spacing=24), title, subtitle, wide, _says(frame, x, y, colour))


def _says(frame: pd.DataFrame, x: str, y: Mapping[str, str], colour: str) -> str:
    """Where each line begins and ends."""
    parts = []
    for share, words in y.items():
        for name, line in frame.sort_values(x).groupby(colour, sort=False):
            first, last = line.iloc[0], line.iloc[-1]
            parts.append(
                f"{words}, {name}: {first[share]:.3g} at {first[x]:g}, {last[share]:.3g} at {last[x]:g}"
            )
    return "; ".join(parts)


def _marks(
    alt: Any,
    at: Callable[[str], Any],
    plausible: tuple[float, float] | None,
    assumed: float | None,
    domain: tuple[float, float],
) -> list[Any]:
    """What lies behind the lines: the plausible range, the value assumed, and the words that say so."""
    marks, said = [], []
    if plausible is not None:
        low, high = max(plausible[0], domain[0]), min(plausible[1], domain[1])
        band = alt.Chart(inline([{"low": low, "high": high}]))
        marks.append(band.mark_rect(color=INK, opacity=0.07).encode(x=at("low"), x2=alt.X2("high:Q")))
        said.append("shaded: plausible range")
    if assumed is not None:
        line = alt.Chart(inline([{"assumed": assumed}]))
        marks.append(line.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=at("assumed")))
        said.append("dashed: as assumed")
    if said:
        words = alt.Chart(inline([{}])).mark_text(
            text="; ".join(said), color=LIMIT, fontSize=10, align="left", baseline="bottom", x=0, y=-5
        )
        marks.append(words)
    return marks


def _round_top(value: float) -> float:
    """The end of an axis: the next of 1, 2, 3, 4, 5, 6, 8, 10 times a power of ten that leaves some room."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 0.1
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10, 20) if step * power >= 1.02 * value)


def _apart(values: Sequence[float], least: float) -> list[float]:
    """Where labels stand: at their values, the upper ones moved up where they would overlap."""
    stand = list(values)
    below = -math.inf
    for number in sorted(range(len(values)), key=lambda number: values[number]):
        below = stand[number] = max(values[number], below + least)
    return stand
