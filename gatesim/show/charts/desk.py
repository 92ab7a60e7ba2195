"""The desk: how busy it was, how long cases waited, who left, by policy; and hour by hour, as it is expected."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from gatesim.measures.definitions import DEFINITIONS, Measure
from gatesim.measures.numbers import (
    digits_of,
    format_count,
    format_interval,
    format_rate,
    format_span,
    is_wide,
)
from gatesim.measures.parts import largest
from gatesim.show.charts.desk_hours import LABELS, WIDE, hours_panels, hours_says, longest, plain_words
from gatesim.show.charts.grammar import (
    BLOCKED,
    INK,
    LEAKED,
    PHONE,
    altair,
    finished,
    nothing,
    small_print,
    unchecked,
)
from gatesim.show.charts.panels import label_room, narrow_width, rows_panel, shares_end, side_by_side
from gatesim.study.desk_hours import DeskHours, desk_hours
from gatesim.study.result import Result

if TYPE_CHECKING:
    from altair import HConcatChart

PANELS = {
    "desk_utilisation": ("busy: share of reviewers' time on shift", INK),
    "desk_wait": ("mean wait, hours", BLOCKED),
    "desk_queue": ("mean queue, cases (at the simulated size)", BLOCKED),
    "desk_abandonment": ("left the queue: share of cases", LEAKED),
}

IN_WORDS = {
    "desk_utilisation": "how busy the desk is",
    "desk_wait": "mean wait",
    "desk_queue": "mean queue",
    "desk_abandonment": "who leaves",
}
"""The same in small print."""

UNITS = {one.name: one.unit for one in DEFINITIONS}


@unchecked()
def desk_chart(result: Result, narrow: bool = False) -> HConcatChart:
    """How busy the desk is under each policy that sends it cases, how long they wait, and how many leave.

    Parameters
    ----------
    result
        The result of a run. The exact engine has no desk: of its runs only what is expected hour by hour is drawn.
    narrow
        For a phone: all panels below each other.

    Returns
    -------
    altair chart
        Above, a panel for each measure of the simulated desk, a row a policy; lines are 95 % intervals, where there are
        any: over replications, and of who leaves where waits are drawn from a table. A measure that the run did not
        take has no panel: where each wait is drawn from a table, nobody is at work. Below, hour by hour, what is
        expected at the real size: see `gatesim.study.desk_hours`.
    """
    alt = altair()
    records = _records(result)
    names = [one["policy"] for one in records] if result.engine != "exact" else list(result.policies)
    hours = desk_hours(result.loaded.scenario, names, result.reading)
    is_noisy = any(one[f"{key}_low"] != one[f"{key}_high"] for one in records for key in PANELS if key in one)
    small = small_print(
        result,
        *dict.fromkeys(result.desk.values()),
        *([plain_words(hours)] if hours else []),
        *_simplified(result, hours),
        *_unknown(result, records),
        noise="lines" if is_noisy else "",
    )
    if not records and not hours:
        return nothing("The desk", small, "No case came before a reviewer under any of these policies.")
    parts, says, wide, title = [], [], 0.0, "The desk"
    if records:
        totals, wide = _totals(alt, records, narrow)
        parts.append(totals)
        says.append(_says(records))
        title = _finding(result, records) or (longest(hours, result.loaded.scenario.start) if hours else "")
        title = title or _spread(records)
    if hours:
        # On a phone all panels begin below each other, to the right of names.
        left = label_room([one["policy"] for one in records])
        room = round(PHONE - 40 - max(left, LABELS + 10)) if narrow else 0  # dates stick out
        parts.append(hours_panels(hours, result.loaded.scenario.start, room))
        says.append(hours_says(hours, result.loaded.scenario.start))
        wide = max(wide, WIDE)
        title = title if records else longest(hours, result.loaded.scenario.start)
    both = parts[0] if len(parts) == 1 else alt.vconcat(*parts, spacing=26)
    return finished(both, title, small, PHONE if narrow else wide, "; ".join(says))


def _unknown(result: Result, records: list[dict[str, Any]]) -> list[str]:
    """Of which measures the noise is not known: their dots have no lines."""
    those = [
        words
        for key, words in IN_WORDS.items()
        if any(
            (one := result.policies[record["policy"]].measures.get(key)) is not None
            and one.value is not None
            and one.low is None
            for record in records
        )
    ]
    return [f"noise not known (several replications tell): {', '.join(those)}"] if those else []


def _simplified(result: Result, hours: Mapping[str, DeskHours]) -> list[str]:
    """What the hours take more simply than the run does, where the run does not say so itself."""
    said = " ".join(result.desk.values())
    return [note for note in dict.fromkeys(one.note for one in hours.values()) if note and note not in said]


def _records(result: Result) -> list[dict[str, Any]]:
    """A record for each policy that had cases at the desk."""
    records = []
    for name, found in result.policies.items():
        measured = {key: found.measures[key] for key in PANELS if key in found.measures}
        if not any(measure.value is not None for measure in measured.values()):
            continue
        record: dict[str, Any] = {"policy": name}
        for key, measure in measured.items():
            sure = measure.low is None or measure.high is None
            record |= {
                key: measure.value,
                f"{key}_low": measure.value if sure else measure.low,
                f"{key}_high": measure.value if sure else measure.high,
                f"{key}_text": _in_words(key, measure),
            }
        records.append(record)
    return records


def _in_words(key: str, measure: Measure) -> str:
    """A measure of the desk; amounts have two digits at least, which tell dots apart whose lines lie beside them."""
    value, low, high = measure.value, measure.low, measure.high
    if value is None:
        return ""
    if UNITS[key] == "share":
        return format_rate(value, low, high)
    if value <= 0 or low is None or high is None:
        return format_count(value, low, high, digits=2)
    return format_count(value, digits=max(digits_of(value, low, high), 2))


def _or_range(key: str, measure: Measure) -> str:
    """The same for a title, which has no lines beside it: where its interval is wide, from where to where it goes."""
    value, low, high = measure.value, measure.low, measure.high
    if low is None or high is None or not is_wide(value, low, high):
        return _in_words(key, measure)
    share = UNITS[key] == "share"
    ends = format_interval(low, high) if share else format_span(low, high)
    return ends.replace("-", " to ") + (" %" if share else "")


def _totals(alt: Any, records: list[dict[str, Any]], narrow: bool) -> tuple[Any, float]:
    """The panels of what was measured, and their width."""
    import pandas as pd

    frame = pd.DataFrame(records)
    names = list(frame["policy"])
    width = narrow_width(names) if narrow else 215
    panels: list[Any] = []
    for key, (words, colour) in PANELS.items():
        if key not in frame or frame[key].isna().all():
            continue
        top = max(float(frame[f"{key}_high"].max()), 1.0 if UNITS[key] == "share" else 0.0) or 1.0
        axis = alt.Axis(format="~%" if UNITS[key] == "share" else "~s", tickCount=4)
        scale = alt.Scale(domain=[0, shares_end(width, 67) * top], nice=False)
        labelled = narrow or not panels
        panels.append(
            rows_panel(
                frame,
                key,
                colour,
                words,
                scale,
                axis,
                row="policy",
                labelled=labelled,
                width=width,
                narrow=narrow,
            )
        )
    return side_by_side(panels, narrow), 233 * len(panels) + label_room(names)


def _says(records: list[dict[str, Any]]) -> str:
    return "; ".join(
        f"{one['policy']}: "
        + ", ".join(
            f"{words} {one[f'{key}_text']}" for key, (words, _) in PANELS.items() if one.get(f"{key}_text")
        )
        for one in records
    )


RANKED = {
    "desk_wait": ("cases wait longest", "cases wait {} on average", " h"),
    "desk_utilisation": ("the desk is busiest", "the desk is busy {} of the time", ""),
}
"""By what desks are compared: who is first; what one does; the unit."""


def _finding(result: Result, records: list[dict[str, Any]]) -> str:
    """Under which policy the desk is fullest, as a title; empty where chance may have put it first."""
    for key, (first, alone, unit) in RANKED.items():
        some = {one["policy"]: one for one in records if one.get(key) is not None}
        if some:
            name = largest({policy: result.policies[policy].measures[key] for policy in some})
            if name is None:
                return ""
            measures = result.policies[name].measures
            value = f"{_or_range(key, measures[key])}{unit}"
            share = measures.get("desk_abandonment")
            left = "" if share is None else _or_range("desk_abandonment", share)
            words = f"{first}: {value}" if len(some) > 1 else alone.format(value)
            return f"Under {name} {words}" + (f"; {left} leave the queue" if left else "")
    return "The desk"


def _spread(records: list[dict[str, Any]]) -> str:
    """Between which values the policies are, as a title that puts none of them first."""
    for key, (first, alone, unit) in RANKED.items():
        some = sorted((one for one in records if one.get(key) is not None), key=itemgetter(key))
        if some:
            low, high = (f"{one[f'{key}_text']}{unit}" for one in (some[0], some[-1]))
            span = low if low == high else f"{low.removesuffix(unit)} to {high}"
            return f"By policy {alone.format(span)}; the simulation cannot tell under which {first}"
    return "The desk"
