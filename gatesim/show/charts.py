"""Charts: one grammar (Altair) for notebooks, README and files.

They need the extra ``charts`` (``pip install "gatesim[charts]"``).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.verdict import Row
from gatesim.study.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from altair import HConcatChart, TopLevelMixin

# Okabe and Ito's colours: told apart by colour-blind readers, and in grey by their lightness.
BLOCKED, LEAKED, LIMIT, INK = "#0072B2", "#D55E00", "#666666", "#222222"

LEAST = 1e-4
"""The left end of a logarithmic axis of leaks; what is less, or nothing, stands on it."""


def _altair() -> Any:
    try:
        import altair
    except ImportError as missing:
        raise ImportError('charts need Altair: pip install "gatesim[charts]"') from missing
    return altair


def _standard(result: Result) -> Row | None:
    """The verdict at the scenario's own limit, under its own reading."""
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
    if row is not None and row.ratio == leak and row.limit > 0:
        line = alt.Chart(alt.Data(values=[{"limit": row.limit, "text": f"limit {format_limit(row.limit)}"}]))
        rule = line.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=alt.X("limit:Q", scale=log))
        words = line.mark_text(color=LIMIT, align="left", dx=3, dy=-5, y=0, baseline="bottom").encode(
            x=alt.X("limit:Q", scale=log), text="text:N"
        )
        leaked = rule + words + leaked
    chart: HConcatChart = (
        alt.hconcat(blocked, leaked.properties(width=300, height=height), spacing=18)
        .properties(title=_title(alt, finding(result), result))
        .configure_view(stroke=None)
        .configure_axis(gridColor="#e6e6e6", domainColor="#999999", labelFontSize=11, titleFontSize=11)
    )
    return chart


def _title(alt: Any, text: str, result: Result) -> Any:
    scenario = result.loaded.scenario
    size = (
        "exact engine"
        if result.engine == "exact"
        else f"{scenario.people:,} accounts simulated, seed {scenario.seed}; lines: 95 % of simulation noise"
    )
    small = f'{scenario.title[:90]}; order read as "{result.reading}"; {size}'
    return alt.TitleParams(text, subtitle=small, anchor="start", fontSize=15, subtitleFontSize=11, offset=14)


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
    chart.save(str(target), scale_factor=2 if target.suffix == ".png" else 1)
