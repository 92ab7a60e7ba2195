"""Policies compared: false blocks against leaks, with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gatesim.law.law import counted_apart
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import serves_somebody
from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.parts import largest
from gatesim.measures.wording import BASES
from gatesim.show.certain import certain
from gatesim.show.charts.grammar import (
    BLOCKED,
    LEAKED,
    LIMIT,
    PHONE,
    altair,
    finished,
    inline,
    nothing,
    small_print,
    unchecked,
)
from gatesim.show.charts.panels import (
    ROW,
    label_room,
    narrow_width,
    rows_panel,
    shares_end,
    side_by_side,
)
from gatesim.study.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from altair import HConcatChart

LEAST = 1e-4
"""The left end of a logarithmic axis of leaks; what is less, or nothing, is an arrow on it."""

OF = {ratio: f"of {BASES[ratio]}" for ratio in ("leak_share", "leak_rate")}


def finding(result: Result, leak: str | None = None) -> str:
    """The verdict at the scenario's own limit as a title; where that is on another ratio than the one shown, else."""
    row = result.own_row
    if row is None or leak not in (None, row.ratio):
        return _extremes(result, leak or "leak_share")
    limit, count = format_limit(row.limit), len(row.policies)
    of = OF[row.ratio]
    words = {
        "gate_available": f"{row.best} keeps leaks within {limit} {of} and serves enough",
        "only_not_ready": f"{row.best} would keep leaks within {limit} {of}, but is not ready",
        "only_below_floor": f"Only {row.best} keeps leaks within {limit} {of}, and it serves too few",
        "no_gate_meets_limit": f"{_none_of(count)} keeps leaks within {limit} {of}",
        "cannot_tell": f"Noise leaves open whether a listed gate keeps leaks within {limit} {of}"
        if row.at_best == "gate_available"
        else f"No listed gate {'that is ready ' * (row.at_best == 'only_not_ready')}keeps leaks within {limit} {of} "
        "and serves enough",
    }
    return words[row.outcome]


def _none_of(count: int) -> str:
    """Candidates are those that serve anybody; shutting down is none."""
    return f"None of {count} listed gates" if count > 1 else "No listed gate that serves anybody"


def _extremes(result: Result, leak: str) -> str:
    """What policies that serve some and refuse some let through: between which two."""
    found = {
        name: one.measures
        for name, one in result.policies.items()
        if one.measures[leak].value is not None and serves_some(one.measures)
    }
    if not found:
        return f"What each policy refuses wrongly, and what it lets through {OF[leak]}"
    ranges = {name: _range(result, name, leak) for name in found}
    least, most = (choose(ranges, key=lambda name: ranges[name].value or 0.0) for choose in (min, max))
    if len(ranges) == 1:
        return f"{most}, which serves some and refuses some, lets through {_says(ranges[most])} {OF[leak]}"
    # Whoever is named is so whatever chance did.
    surely = largest(ranges)
    top = (
        f"{_says(ranges[most])} ({most})"
        if surely == most or result.engine == "exact"
        else _says(ranges[most])
    )
    others = [one.low for name, one in ranges.items() if name != least]
    high = ranges[least].high
    lowest = high is not None and all(low is not None and low > high for low in others)
    bottom = f"{_says(ranges[least])} ({least}) to " if lowest or result.engine == "exact" else "up to "
    return f"Policies that serve some and refuse some let through {bottom}{top} {OF[leak]}"


def serves_some(found: Mapping[str, Measure]) -> bool:
    """Whether a policy serves some needs and refuses some, be they entitled or restricted."""
    both = found["served_entitled"].value, found["leak_rate"].value
    return serves_somebody(found) and any(share is not None and share < 1 for share in both)


def _range(result: Result, name: str, leak: str) -> Measure:
    """What a policy leaks; without an interval where it cannot leak."""
    found = result.policies[name]
    return found.measures[leak] if found.may_leak else replace(found.measures[leak], low=0.0, high=0.0)


def _says(measure: Measure) -> str:
    return "nothing" if measure.high == 0 else format_rate(measure.value, measure.low, measure.high)


def _without_noise(result: Result, leak: str) -> str:
    """What the title rests on, where it is not on what the chart shows."""
    row = result.own_row
    if row is None or leak != row.ratio or row.best is None or row.best not in result.expected:
        return ""
    expected = format_rate(result.expected[row.best][leak].value)
    return f"; {row.best} is judged by what is expected without noise, a leak of {expected}"


def _frame(result: Result, leak: str) -> pd.DataFrame:
    import pandas as pd

    records = []
    for name, found in result.policies.items():
        measures = {**found.measures, **certain(result, name)}
        blocked, leaked = measures["false_block_rate"], measures[leak]
        none = leaked.value is None or not found.may_leak
        high = LEAST if none or leaked.high is None else leaked.high
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
                "leaked_text": "none" if none else format_rate(leaked.value, leaked.low, leaked.high),
                "leaked_beyond": value < LEAST,
                "leaked_longer": leaked.low is not None and leaked.low < LEAST <= value,
            }
        )
    frame = pd.DataFrame(records)
    return frame.sort_values(["leaked", "blocked"], ascending=[False, True]) if records else frame


def _uncounted(result: Result, leak: str) -> str:
    """What small print says of rows that the title does not count, and of a limit that is off the axis."""
    row = result.own_row
    if row is None or leak != row.ratio:
        return ""
    candidates = {one.policy for one in row.policies}
    words = ""
    if others := [name for name in result.policies if name not in candidates]:
        words += f"; no candidates, for they serve nobody or only shut down: {', '.join(others)}"
    if row.limit < LEAST:
        words += f"; the limit, {format_limit(row.limit)}, lies left of the axis"
    return words


@unchecked()
def policies_chart(result: Result, leak: str = "leak_share", narrow: bool = False) -> HConcatChart:
    """Policies compared: whom each refuses wrongly, and what it lets through.

    Parameters
    ----------
    result
        The result of a run.
    leak
        ``leak_share`` or ``leak_rate``.
    narrow
        For a phone: one panel below the other.

    Returns
    -------
    altair chart
        Two panels with a row a policy, those that leak most at the top; lines are 95 % intervals, the dashed line
        is the scenario's own limit, an arrow leads to what leaks less than the axis shows.

    Raises
    ------
    ValueError
        If there is no such ratio.
    """
    if leak not in OF:
        raise ValueError(f"leak = {leak!r}: there are {', '.join(OF)}")
    alt = altair()
    title, small = finding(result, leak), small_print(result) + _without_noise(result, leak)
    if counted_apart(result.loaded.scenario):
        small += "; leaks of all orders counted together"
    if not any(one.measures["leak_rate"].denominator + one.measures["false_block_rate"].denominator > 0
               for one in result.policies.values()):  # fmt: skip
        return nothing(title, small, "No need was measured: no order is in force inside the window.")
    frame = _frame(result, leak)
    if frame["leaked_beyond"].any():
        small += f"; arrow: leaks less than {format_limit(LEAST)}, or nothing"
    if frame["leaked_longer"].any():
        small += "; small arrow: the interval goes on below the axis"
    small += _uncounted(result, leak)
    height, names = ROW * len(frame), list(frame["policy"])
    width = narrow_width(names) if narrow else 300
    blocked = rows_panel(
        frame,
        "blocked",
        BLOCKED,
        "refused wrongly: entitled needs not served",
        alt.Scale(domain=[0, shares_end(width, 60)], nice=False),
        alt.Axis(format="~%", values=[0, 0.25, 0.5, 0.75, 1.0]),
        row="policy",
        labelled=True,
        width=width,
        narrow=narrow,
    )
    # A wide one leaves room for words to the right of 100 %, too.
    end = LEAST ** (1 - shares_end(width, 81))
    log = alt.Scale(type="log", domain=[LEAST, end], nice=False)
    ticks = [10.0**power for power in range(math.floor(math.log10(LEAST)), 1, 2 if narrow else 1)]
    leaked = rows_panel(
        frame,
        "leaked",
        LEAKED,
        f"let through: restricted needs, share {OF[leak]}",
        log,
        alt.Axis(format="~%", values=ticks, labelOverlap=False, labelFontSize=10),
        row="policy",
        labelled=narrow,
        width=width,
        narrow=narrow,
    )
    row = result.own_row
    if row is not None and row.ratio == leak and row.limit >= LEAST:  # else it is off the axis
        line = alt.Chart(inline([{"limit": row.limit, "text": f"limit {format_limit(row.limit)}"}]))
        rule = line.mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=alt.X("limit:Q", scale=log))
        words = line.mark_text(color=LIMIT, align="left", dx=3, dy=-5, y=0, baseline="bottom").encode(
            x=alt.X("limit:Q", scale=log), text=alt.Text("text:N")
        )
        leaked = alt.layer(rule, words, leaked, width=width, height=height)
    both = side_by_side([blocked, leaked], narrow)
    says = "; ".join(
        f"{one['policy']}: refuses wrongly {one['blocked_text']}, lets through {one['leaked_text']}"
        for one in frame.to_dict("records")
    )
    return finished(both, title, small, PHONE if narrow else 618 + label_room(names), says)
