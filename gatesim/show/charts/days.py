"""The days around the order: what is refused, what is served, what leaks, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatesim.law.law import has_random_dates
from gatesim.measures.numbers import format_rate
from gatesim.scenario.schema import Scenario
from gatesim.show.certain import decides_alike
from gatesim.show.charts.grammar import (
    BLOCKED,
    INK,
    LABEL_SIZE,
    LEAKED,
    PHONE,
    WAITING,
    altair,
    broken,
    finished,
    inline,
    nothing,
    small_print,
    unchecked,
)
from gatesim.show.charts.law_lines import law_lines, law_small, law_words
from gatesim.study.result import Found, Result

if TYPE_CHECKING:
    from altair import HConcatChart

PARTS = {
    "refused_by_gate": "entitled, refused by the gate",
    "not_served": "entitled, not served otherwise",
}
LEAK = "restricted, let through"

WIDTH, HEIGHT, COLUMNS = 210, 96, 3
"""Of a panel, in points; panels side by side."""

LITTLE = 0.02
"""A change of a share that is not worth a title."""

STEADY = 0.25
"""Shares are steady beside a step if they drift by no more than this part of it."""

NORMAL_95 = 1.96
"""Standard errors from the middle of a 95 % interval to its ends, where it is that of a normal distribution."""

SURE = 4.5
"""Standard errors by which two days have to differ: of hundreds of pairs the farthest apart do so by chance in one run
of some hundreds."""

MANY = 62
"""Of more days than these, bars are a step line filled below, and intervals are bands: fewer marks, same picture."""


@unchecked()
def days_chart(result: Result, policies: Sequence[str] | None = None, narrow: bool = False) -> HConcatChart:
    """Day by day what each policy does with the needs that the order is about.

    Parameters
    ----------
    result
        The result of a run.
    policies
        Which; by default all.
    narrow
        For a phone: the panels below each other.

    Returns
    -------
    altair chart
        A panel a policy. Bars: shares of entitled needs that were not served, the rest was; line: the share of
        restricted needs that was; thin lines are 95 % intervals. Days without such needs are empty. Dashed lines, each
        with a word: the law changes.

    Raises
    ------
    ValueError
        If there is no such policy.
    """
    names = list(result.policies) if policies is None else list(policies)
    for name in names:
        if name not in result.policies:
            raise ValueError(f"policy = {name!r}: there are {', '.join(result.policies)}")
    alt = altair()
    bars, leaks = [], []
    for name in names:
        more_bars, more_leaks = _rows(result.policies[name], name, decides_alike(result, name))
        bars += more_bars
        leaks += more_leaks
    if not bars and not leaks:
        title, why = "The days around the order", "no order is in force inside the window"
        return nothing(title, small_print(result, noise=""), f"No need was measured on any day: {why}.")
    days = sorted({row["day"] for row in (*bars, *leaks)})
    x = _x(alt, days, "day")
    up = {
        "title": None,
        "scale": alt.Scale(domain=[0, 1], nice=False),
        "axis": alt.Axis(format="~%", values=[0, 0.5, 1]),
    }
    y, low = alt.Y("value:Q", **up), alt.Y("low:Q", **up)
    scale = alt.Scale(domain=[*PARTS.values(), LEAK], range=[BLOCKED, WAITING, LEAKED])
    legend = alt.Legend(orient="top", symbolType="square", columns=1 if narrow else 3)
    hue = alt.Color("what:N", scale=scale, title=None, legend=legend)
    marks = _bands if len(days) > MANY else _bars
    width = PHONE - 64 if narrow else WIDTH
    layers = [*marks(alt, x, y, low, hue, width / len(days)), *_law(alt, result.loaded.scenario, days, width)]
    rows = [*(row | {"kind": "bar"} for row in bars), *(row | {"kind": "line"} for row in leaks)]
    rows = rows if len(days) <= MANY else _with_gaps(rows)
    columns = 1 if narrow else min(COLUMNS, len(names))
    heads = {name: "\n".join(broken(name, width, LABEL_SIZE, bold=True)) for name in names}
    head = alt.Header(
        labelAnchor="start",
        labelExpr="split(datum.label, '\\n')",
        labelFontSize=11,
        labelFontWeight="bold",
        labelColor=INK,
        labelPadding=6,
        labelLimit=0,
    )
    # One panel, repeated: a chart of many would be put together panel by panel, which takes seconds.
    panels = (
        alt.layer(
            *layers,
            data=inline([row | {"panel": heads[row["policy"]]} for row in rows]),
            width=width,
            height=HEIGHT,
        )
        .facet(
            facet=alt.Facet("panel:N", sort=[heads[name] for name in names], title=None, header=head),
            columns=columns,
            spacing=14,
        )
        .resolve_axis(x="independent", y="independent")
    )
    chart = alt.hconcat(panels)
    wide = PHONE if narrow else max(420, (WIDTH + 46) * columns)
    return finished(
        chart,
        _finding(bars, leaks, _changes_of_law(result)),
        _small(result, days),
        wide,
        _says(bars, leaks, names),
    )


def _small(result: Result, days: Sequence[str]) -> str:
    """The small print: what is counted, and what shows it."""
    scenario = result.loaded.scenario
    bars, noise = ("areas", "bands") if len(days) > MANY else ("bars", "thin lines")
    counted = (
        f"needs for models that an order in force names; {bars}: the share of entitled needs that is not served (the "
        "rest is); line: the share of restricted needs that is"
    )
    chance = (
        ["what is drawn by chance (an end, a licence) has no such line"] if has_random_dates(scenario) else []
    )
    return small_print(result, counted, law_small(scenario), *chance, noise=noise)


def _law(alt: Any, scenario: Scenario, days: Sequence[str], width: float) -> list[Any]:
    """The lines of the law. A day's bar stands in the middle of what an axis of time has as the midnights beside it:
    so an instant stands half a day before where that has it."""
    begin, half = scenario.start.replace(tzinfo=UTC), timedelta(days=0.5)

    def clock(at_us: int) -> str:
        return (begin + timedelta(microseconds=at_us) - half).isoformat()

    ends = (datetime.fromisoformat(f"{day}T00:00+00:00") for day in _ends_of_axis(days))
    first, last = ((end + half - begin) // timedelta(microseconds=1) for end in ends)
    return law_lines(law_words(scenario), clock, _x(alt, days, "at"), (first, last), (width, HEIGHT))


def _bars(alt: Any, x: Any, y: Any, low: Any, hue: Any, room: float) -> list[Any]:
    """A bar and a point a day, each with its interval as a thin line."""
    width = max(1.0, min(14.0, 0.8 * room))
    return [
        _of("bar", alt).mark_bar(size=width).encode(x=x, y=y, y2=alt.Y2("from:Q"), color=hue),
        _of("bar", alt, "low").mark_rule(color=INK, strokeWidth=1).encode(x=x, y=low, y2=alt.Y2("high:Q")),
        _of("line", alt).mark_line(strokeWidth=2).encode(x=x, y=y, color=hue),
        _of("line", alt)
        .mark_point(filled=True, size=16, opacity=1, stroke="#FFFFFF", strokeWidth=0.6)
        .encode(x=x, y=y, color=hue),
        _of("line", alt, "low")
        .mark_rule(color=LEAKED, strokeWidth=1)
        .encode(x=x, y=low, y2=alt.Y2("high:Q")),
    ]


def _bands(alt: Any, x: Any, y: Any, low: Any, hue: Any, room: float) -> list[Any]:
    """The same of many days: areas by steps, and intervals as bands.

    A line shows where an area ends below its band; and leaks lie on white, so that they are seen on areas in grey too.
    """
    high = alt.Y2("high:Q")
    whole = _of("bar", alt).transform_filter("datum.last")
    return [
        _of("bar", alt).mark_area(interpolate="step").encode(x=x, y=y, y2=alt.Y2("from:Q"), color=hue),
        whole.mark_area(interpolate="step", color=INK, opacity=0.2).encode(x=x, y=low, y2=high),
        whole.mark_line(interpolate="step", color=INK, strokeWidth=0.8).encode(x=x, y=y),
        _of("line", alt).mark_area(color=LEAKED, opacity=0.3).encode(x=x, y=low, y2=high),
        _of("line", alt).mark_line(color="white", strokeWidth=3.5).encode(x=x, y=y),
        _of("line", alt).mark_line(strokeWidth=1.5).encode(x=x, y=y, color=hue),
    ]


def _with_gaps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by policy and part, with an empty one after each before a day that is missing: there areas and lines end."""
    filled: list[dict[str, Any]] = []
    empty = {"from": None, "value": None, "low": None, "high": None}
    for row in sorted(rows, key=lambda row: (row["policy"], row["what"], row["day"])):
        before = filled[-1] if filled else row
        same = (before["policy"], before["what"]) == (row["policy"], row["what"])
        after = (date.fromisoformat(before["day"]) + timedelta(days=1)).isoformat()
        if same and after < row["day"]:
            filled.append(before | empty | {"day": after})
        filled.append(row)
    return filled


def _of(kind: str, alt: Any, known: str = "") -> Any:
    """The part of the rows that one mark shows; ``known``: a column that must have a value."""
    wanted = f"datum.kind === '{kind}'" + (f" && datum.{known} !== null" if known else "")
    return alt.Chart().transform_filter(wanted)


def _ends_of_axis(days: Sequence[str]) -> tuple[str, str]:
    """The day before the first and that after the last: a little room."""
    first, last = (date.fromisoformat(day) for day in (days[0], days[-1]))
    return (first - timedelta(days=1)).isoformat(), (last + timedelta(days=1)).isoformat()


def _x(alt: Any, days: Sequence[str], of: str) -> Any:
    """The axis of days, for a column."""
    scale = alt.Scale(type="utc", domain=list(_ends_of_axis(days)), nice=False)
    axis = alt.Axis(format="%-d %b", tickCount=4, grid=False, labelOverlap=True, labelFontSize=10)
    return alt.X(f"{of}:T", title=None, scale=scale, axis=axis)


def _rows(found: Found, policy: str, sure: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Bars and points of a policy; ``sure``: chance has no part in them."""
    bars, leaks = [], []
    for day, measures in found.by["day"].items():
        total = measures["false_block_rate"]
        below = 0.0
        for name, words in PARTS.items():
            value = measures[name].value
            if value is None:
                continue
            # The interval is that of the whole bar, and stands at the end of its upper part.
            last = name == "not_served"
            noisy = last and total.high != total.low and not sure
            low, high = (total.low, total.high) if noisy else (None, None)
            row = {"policy": policy, "day": day, "what": words, "from": below, "value": below + value}
            bars.append(row | {"low": low, "high": high, "last": last})
            below += value
        leak = measures["leak_rate"]
        if leak.value is not None:
            given = leak.low is not None and found.may_leak and not sure
            leaks.append(
                {
                    "policy": policy,
                    "day": day,
                    "what": LEAK,
                    "value": leak.value,
                    "low": leak.low if given else None,
                    "high": leak.high if given else None,
                }
            )
    return bars, leaks


def _ends(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first and the last whole bar or point; the first and last day are cut by the hour of the order."""
    return rows[0], rows[-1]


class _Change(NamedTuple):
    """Of a policy the two days that most surely differ in what it leaves unserved, and by how much at least; and by how
    much the two do that are farthest apart, chance or not."""

    least: dict[str, Any]
    most: dict[str, Any]
    surely: float
    span: float


def _change(days: Sequence[dict[str, Any]]) -> _Change:
    """From day to day, beyond what chance may have brought about in any two of them."""
    values, noise = (np.array(of) for of in zip(*((row["value"], _noise(row)) for row in days), strict=True))
    surely = values[None, :] - values[:, None] - SURE * np.hypot(noise[None, :], noise[:, None])
    least, most = np.unravel_index(int(surely.argmax()), surely.shape)
    return _Change(days[int(least)], days[int(most)], float(surely[least, most]), float(np.ptp(values)))


def _noise(row: dict[str, Any]) -> float:
    """The standard error of a day's share, from its interval; none where there is no interval."""
    return 0.0 if row["low"] is None else (row["high"] - row["low"]) / (2 * NORMAL_95)


def _changes_of_law(result: Result) -> list[date]:
    """The days on which the law changes; of several replications but for what each draws for itself."""
    scenario = result.loaded.scenario
    words = law_words(scenario, 0 if result.reps == 1 else None)
    return sorted({(scenario.start + timedelta(microseconds=at)).date() for at in words})


def _by_law(days: Sequence[dict[str, Any]], changes: Sequence[date]) -> date | None:
    """The change of the law with which shares change most that are steady before and after; None: they are not.

    They are steady where the means of the earlier and the later half of the days differ little beside the step.
    """
    found = []
    for change in changes:
        sides = [
            np.array([row["value"] for row in days if row["day"] < change.isoformat()]),
            np.array([row["value"] for row in days if row["day"] > change.isoformat()]),
        ]
        if min(map(len, sides)) >= 2:
            step = abs(float(sides[1].mean() - sides[0].mean()))
            halves = [(side[: len(side) // 2].mean(), side[len(side) // 2 :].mean()) for side in sides]
            if all(abs(float(later - earlier)) <= STEADY * step for earlier, later in halves):
                found.append((step, change))
    return max(found)[1] if found else None


def _finding(bars: list[dict[str, Any]], leaks: list[dict[str, Any]], of_law: Sequence[date] = ()) -> str:
    """What goes unserved under which policy changes most from day to day, or with the law, as a title."""
    whole = [row for row in bars if row["what"] == PARTS["not_served"]]
    changes = {
        policy: _change([row for row in whole if row["policy"] == policy])
        for policy in dict.fromkeys(row["policy"] for row in whole)
    }
    if not changes:
        return "Nobody who may be served is refused, day by day: no need is entitled"
    if all(one.span < LITTLE for one in changes.values()):
        return "From day to day the policies hardly change what they leave unserved: by less than two points"
    policy, one = max(changes.items(), key=lambda item: item[1].surely)
    if one.surely <= 0:
        return "Too few needs are simulated to say on which days a policy leaves more unserved than on others"
    low, high = (format_rate(row["value"], row["low"], row["high"]) for row in (one.least, one.most))
    # Another one may have changed as much, but for chance.
    others = [other.span for name, other in changes.items() if name != policy]
    alone = others and max(others) < one.surely
    law = _by_law([row for row in whole if row["policy"] == policy], of_law)
    how = "" if law is None else f" with the law on {law.day} {law:%B %Y}"
    how = f" most{',' * bool(how)}{how}" if alone else how or " from day to day"
    return f"{policy} changes{how}: it leaves between {low} and {high} of entitled needs unserved"


def _says(bars: list[dict[str, Any]], leaks: list[dict[str, Any]], names: Sequence[str]) -> str:
    parts = []
    for name in names:
        whole = [row for row in bars if row["policy"] == name and row["what"] == PARTS["not_served"]]
        let = [row for row in leaks if row["policy"] == name]
        words = []
        for rows, what in ((whole, "leaves unserved"), (let, "lets through")):
            if rows:
                first, last = _ends(rows)
                words.append(
                    f"{what} {format_rate(first['value'])} on {first['day']}, "
                    f"{format_rate(last['value'])} on {last['day']}"
                )
        parts.append(f"{name} {'; '.join(words) or 'has no needs'}")
    return ". ".join(parts)
