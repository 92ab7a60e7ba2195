"""Panels of rows: a dot and its interval in each, and the number in words beside it."""

from __future__ import annotations

from typing import Any

from gatesim.show.charts.grammar import INK, LABEL_SIZE, PHONE, altair, broken, inline
from gatesim.show.charts.letters import width_of

ROW = 22
"""Height of a row, in points."""


def rows_panel(
    frame: Any,
    value: str,
    colour: str,
    title: Any,
    scale: Any,
    axis: Any,
    *,
    row: str,
    labelled: bool,
    width: int = 300,
    narrow: bool = False,
) -> Any:
    """Dots with intervals, a row for each of what is compared.

    Parameters
    ----------
    frame
        In order of rows; columns ``row``, and of ``value`` itself, ``_low``, ``_high`` and ``_text``. Where ``_beyond``
        holds, if there is that column, the value lies beyond the left end of the axis: an arrow instead of a dot.
    value
        Name of the column. Where its ``_longer`` holds, if there is that column, the interval goes on beyond the left
        end of the axis: a small arrow.
    colour, title, scale, axis
        Of the panel.
    row
        The column that names the rows.
    labelled
        Whether the names stand at its left.
    width
        Of the panel, in points.
    narrow
        Whether its title is broken to fit.
    """
    alt = altair()
    if narrow:
        title = broken(title, width, LABEL_SIZE)
    order = list(frame[row])
    y = alt.Y(
        f"{row}:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelPadding=10, ticks=False, domain=False) if labelled else None,
    )
    base = alt.Chart(frame)
    bars = base.mark_rule(color=colour, strokeWidth=2).encode(
        y=y, x=alt.X(f"{value}_low:Q", scale=scale, axis=axis, title=title), x2=alt.X2(f"{value}_high:Q")
    )
    longer = []
    if f"{value}_longer" in frame:
        longer = [
            alt.Chart(frame[frame[f"{value}_longer"]])
            .mark_point(color=colour, filled=True, size=30, opacity=1, shape="triangle-left", aria=False)
            .encode(y=y, x=alt.X(f"{value}_low:Q", scale=scale, axis=axis, title=title))
        ]
    shape = {"shape": "circle"}
    if f"{value}_beyond" in frame:
        shape = {"shape": alt.expr(f"datum['{value}_beyond'] ? 'triangle-left' : 'circle'")}
    dots = base.mark_point(color=colour, filled=True, size=70, opacity=1, **shape).encode(
        y=y, x=alt.X(f"{value}:Q", scale=scale, axis=axis, title=title)
    )
    end = alt.X(f"{value}_high:Q", scale=scale, axis=axis, title=title)
    # Whatever lies below a number keeps off it.
    halo, text = (
        base.mark_text(align="left", dx=9, fontSize=LABEL_SIZE, **look).encode(
            y=y, x=end, text=alt.Text(f"{value}_text:N")
        )
        for look in ({"color": "white", "stroke": "white", "strokeWidth": 4}, {"color": INK})
    )
    layers = [bars, halo, *longer, dots, text]
    if frame[value].isna().all():
        # One row more than there is would move the others.
        words = alt.Chart(inline([{}])).mark_text(text=NOBODY, color=INK, align="left", fontSize=LABEL_SIZE)
        layers.append(words.encode(x=alt.value(6), y=alt.value(ROW * len(order) / 2)))
    return alt.layer(*layers, width=width, height=ROW * len(order))


NOBODY = "no needs of this kind"
"""What a panel says in which there is nothing to show."""


NARROWEST = 150
"""Of a panel, in points."""


def narrow_width(names: list[str]) -> int:
    """Of a panel with names at its left, on a phone: what they leave; where that is little, it does not fit."""
    return max(NARROWEST, round(PHONE - 24 - label_room(names)))


def fits_a_phone(names: list[str]) -> bool:
    """Whether names leave enough of it."""
    return PHONE - 24 - label_room(names) >= NARROWEST


def side_by_side(panels: list[Any], narrow: bool) -> Any:
    """Panels beside each other; below each other where it is narrow."""
    alt = altair()
    return alt.hconcat(alt.vconcat(*panels, spacing=18)) if narrow else alt.hconcat(*panels, spacing=18)


def shares_end(width: int, words: int) -> float:
    """Where an axis of shares ends, so that there is room for words in points beside a dot at 100 %."""
    return width / (width - words)


def label_room(names: list[str]) -> float:
    """Points that the longest of some names takes."""
    return max((max(6.2 * len(name), width_of(name, LABEL_SIZE)) for name in names), default=0.0)
