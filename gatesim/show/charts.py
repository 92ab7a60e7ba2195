"""Charts: one grammar (Altair) for notebooks, README and files.

They need the extra ``charts`` (``pip install "gatesim[charts]"``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatesim.law.standards import demands
from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.verdict import Row
from gatesim.show.pictures import SHARP, compressed
from gatesim.study.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from altair import HConcatChart, TopLevelMixin

# Okabe and Ito's colours: told apart by colour-blind readers, and in grey by their lightness.
BLOCKED, LEAKED, LIMIT, INK = "#0072B2", "#D55E00", "#666666", "#222222"

SERIES = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours of lines, in turn: the rest of Okabe and Ito's."""

PANEL_HEIGHT, LABEL_HEIGHT = 210, 13
"""Of a panel of lines, and of the name of a line; in points."""

_HUES = {"leak_share": LEAKED, "leak_rate": LEAKED, "false_block_rate": BLOCKED}

LEAST = 1e-4
"""The left end of a logarithmic axis of leaks; what is less, or nothing, stands on it."""


def _altair() -> Any:
    try:
        import altair
    except ImportError as missing:
        raise ImportError('charts need Altair: pip install "gatesim[charts]"') from missing
    return altair


def _standard(result: Result) -> Row | None:
    """The verdict at the scenario's own limit, under its own reading; None where the orders ask more, or else."""
    if len(demands(result.loaded.scenario)) > 1:
        return None
    rows = [row for row in result.verdict.rows if row.own and row.reading == result.reading]
    return rows[0] if rows else None


def finding(result: Result) -> str:
    """The verdict at the scenario's own limit as a title."""
    row = _standard(result)
    if row is None:
        return "What each policy refuses wrongly, and what it lets through"
    limit, count = format_limit(row.limit), len(row.policies)
    of = {"leak_share": "of served needs", "leak_rate": "of restricted needs"}[row.ratio]
    words = {
        "gate_available": f"{row.best} keeps leaks within {limit} {of} and serves enough",
        "only_not_ready": f"{row.best} would keep leaks within {limit} {of}, but is not ready",
        "only_below_floor": f"Only {row.best} keeps leaks within {limit} {of}, and it serves too few",
        "no_gate_meets_limit": f"None of {count} listed gates keeps leaks within {limit} {of}",
        "cannot_tell": f"Noise leaves open whether a listed gate keeps leaks within {limit} {of}",
    }
    return words[row.outcome]


def _frame(result: Result, leak: str) -> pd.DataFrame:
    import pandas as pd

    records = []
    for name, found in result.policies.items():
        blocked, leaked = found.measures["false_block_rate"], found.measures[leak]
        nothing = leaked.value is None or not found.may_leak
        high = LEAST if nothing or leaked.high is None else leaked.high
        value = 0.0 if leaked.value is None else leaked.value
        records.append(
            {
                "policy": name,
                "blocked": blocked.value,
                "blocked_low": blocked.value if blocked.low is None else blocked.low,
                "blocked_high": blocked.value if blocked.high is None else blocked.high,
                "blocked_text": format_rate(blocked.value, blocked.low, blocked.high),
                "leaked": max(value, LEAST),
                "leaked_low": max(value if leaked.low is None else leaked.low, LEAST),
                "leaked_high": max(value, high),
                "leaked_text": "none" if nothing else format_rate(leaked.value, leaked.low, leaked.high),
                "seen": value > 0,
            }
        )
    return pd.DataFrame(records).sort_values(["leaked", "blocked"], ascending=[False, True])


def policies(result: Result, leak: str = "leak_share") -> HConcatChart:
    """Policies compared: whom each refuses wrongly, and what it lets through.

    Parameters
    ----------
    result
        The result of a run.
    leak
        ``leak_share`` or ``leak_rate``.

    Returns
    -------
    altair chart
        Two panels with a row a policy, those that leak most at the top; lines are 95 % intervals, the dashed line
        is the scenario's own limit.
    """
    alt = _altair()
    frame = _frame(result, leak)
    order = list(frame["policy"])
    height = 22 * len(order)

    def panel(value: str, colour: str, title: str, scale: Any, axis: Any, labelled: bool) -> Any:
        y = alt.Y(
            "policy:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelLimit=220, labelPadding=10, ticks=False, domain=False) if labelled else None,
        )
        x = alt.X(f"{value}:Q", scale=scale, axis=axis, title=title)
        base = alt.Chart(frame)
        bars = base.mark_rule(color=colour, strokeWidth=2).encode(
            y=y, x=alt.X(f"{value}_low:Q", scale=scale, axis=axis, title=title), x2=f"{value}_high:Q"
        )
        dots = base.mark_point(color=colour, filled=True, size=70, opacity=1).encode(y=y, x=x)
        end = alt.X(f"{value}_high:Q", scale=scale, axis=axis, title=title)
        text = base.mark_text(align="left", dx=9, color=INK, fontSize=11).encode(
            y=y, x=end, text=f"{value}_text:N"
        )
        return bars + dots + text

    blocked = panel(
        "blocked",
        BLOCKED,
        "refused wrongly: entitled needs not served",
        alt.Scale(domain=[0, 1.2], nice=False),
        alt.Axis(format="~%", values=[0, 0.25, 0.5, 0.75, 1.0]),
        True,
    ).properties(width=300, height=height)
    of = {"leak_share": "of served needs", "leak_rate": "of restricted needs"}[leak]
    log = alt.Scale(type="log", domain=[LEAST, 30], nice=False)
    ticks = [10.0**power for power in range(math.floor(math.log10(LEAST)), 1)]
    leaked = panel(
        "leaked",
        LEAKED,
        f"let through: restricted needs, share {of}",
        log,
        alt.Axis(format="~%", values=ticks, labelOverlap=False, labelFontSize=10),
        False,
    )
    row = _standard(result)
    if row is not None and row.ratio == leak and row.limit >= LEAST:  # else it is off the axis
        line = alt.Chart(alt.Data(values=[{"limit": row.limit, "text": f"limit {format_limit(row.limit)}"}]))
        rule = line.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=alt.X("limit:Q", scale=log))
        words = line.mark_text(color=LIMIT, align="left", dx=3, dy=-5, y=0, baseline="bottom").encode(
            x=alt.X("limit:Q", scale=log), text="text:N"
        )
        leaked = rule + words + leaked
    both = alt.hconcat(blocked, leaked.properties(width=300, height=height), spacing=18)
    return _finished(both, _title(alt, finding(result), result))


def _title(alt: Any, text: str, result: Result) -> Any:
    scenario = result.loaded.scenario
    size = (
        "exact engine"
        if result.engine == "exact"
        else f"{scenario.people:,} accounts simulated, seed {scenario.seed}; lines: 95 % of simulation noise"
    )
    small = f'{scenario.title[:90]}; order read as "{result.reading}"; {size}'
    return _heading(alt, text, small)


def _heading(alt: Any, title: str, subtitle: str) -> Any:
    return alt.TitleParams(
        title, subtitle=subtitle, anchor="start", fontSize=15, subtitleFontSize=11, offset=14
    )


def _finished(chart: Any, title: Any) -> HConcatChart:
    """A chart with its title, in the style of all charts."""
    styled: HConcatChart = (
        chart.properties(title=title)
        .configure_view(stroke=None)
        .configure_axis(gridColor="#e6e6e6", domainColor="#999999", labelFontSize=11, titleFontSize=11)
    )
    return styled


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
        The column that names the lines; at most as many as `SERIES` has colours. Each is named at its right end.
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
    alt = _altair()
    names = list(dict.fromkeys(frame[colour]))
    if len(names) > len(SERIES):
        raise ValueError(f"{len(names)} lines: there are colours for {len(SERIES)}")
    low, high = float(frame[x].min()), float(frame[x].max())

    def at(field: str) -> Any:
        # The same for every layer, or titles and scales would be merged.
        return alt.X(
            f"{field}:Q",
            title=x_title or x,
            scale=alt.Scale(domain=[low, high], nice=False),
            axis=alt.Axis(format="~%", tickCount=5, grid=False),
        )

    hue = alt.Color(
        f"{colour}:N", scale=alt.Scale(domain=names, range=list(SERIES[: len(names)])), legend=None
    )
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
        drawn = base.mark_line(strokeWidth=2).encode(x=at(x), y=up, color=hue)
        dots = base.mark_point(filled=True, size=40, opacity=1).encode(x=at(x), y=up, color=hue)
        ends = frame[frame[x] == high][[x, colour, share]]
        ends = ends.assign(**{share: _apart(list(ends[share]), LABEL_HEIGHT / PANEL_HEIGHT * top)})
        text = (
            alt.Chart(ends)
            .mark_text(align="left", dx=8, fontSize=11, color=INK)
            .encode(x=at(x), y=up, text=f"{colour}:N")
        )
        head = alt.TitleParams(
            words, color=_HUES.get(share, INK), fontSize=11, fontWeight="bold", anchor="start", offset=8
        )
        panels.append(
            alt.layer(*marks, drawn, dots, text).properties(width=270, height=PANEL_HEIGHT, title=head)
        )
    return _finished(alt.hconcat(*panels, spacing=24), _heading(alt, title, subtitle))


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
        band = alt.Chart(alt.Data(values=[{"low": low, "high": high}]))
        marks.append(band.mark_rect(color=INK, opacity=0.07).encode(x=at("low"), x2="high:Q"))
        said.append("shaded: plausible range")
    if assumed is not None:
        line = alt.Chart(alt.Data(values=[{"assumed": assumed}]))
        marks.append(line.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=at("assumed")))
        said.append("dashed: as assumed")
    if said:
        words = alt.Chart(alt.Data(values=[{}])).mark_text(
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


def save(chart: TopLevelMixin, path: str | Path) -> None:
    """Write a chart to a PNG or SVG file, by its ending; without a browser or network.

    Raises
    ------
    ValueError
        If the ending is neither.
    """
    target = Path(path)
    if target.suffix not in {".png", ".svg"}:
        raise ValueError(f"{target.name}: name a file that ends in .png or .svg")
    if target.suffix == ".svg":
        chart.save(str(target))
        return
    drawn = BytesIO()
    chart.save(drawn, format="png", scale_factor=SHARP)
    target.write_bytes(compressed(drawn.getvalue()))
