"""The desk: how busy it is, how long cases wait, who leaves, by policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatesim.measures.definitions import DEFINITIONS
from gatesim.measures.numbers import format_count, format_rate
from gatesim.show.charts.grammar import BLOCKED, INK, LEAKED, altair, finished, nothing, small_print
from gatesim.show.charts.panels import label_room, rows_panel
from gatesim.study.result import Result

if TYPE_CHECKING:
    from altair import HConcatChart

PANELS = {
    "desk_utilisation": ("busy: share of reviewers' time on shift", INK),
    "desk_wait": ("mean wait, hours", BLOCKED),
    "desk_queue": ("mean queue, cases (at the simulated size)", BLOCKED),
    "desk_abandonment": ("left the queue: share of cases", LEAKED),
}

UNITS = {one.name: one.unit for one in DEFINITIONS}


def desk_chart(result: Result) -> HConcatChart:
    """How busy the desk is under each policy that sends it cases, how long they wait, and how many leave.

    Parameters
    ----------
    result
        The result of a run that simulates; the exact engine has no desk.

    Returns
    -------
    altair chart
        A panel for each measure of the desk, a row a policy; lines are 95 % intervals over replications, where there
        are several. A measure that the run did not take has no panel: where each wait is drawn from a table, nobody
        is at work.
    """
    import pandas as pd

    alt = altair()
    small = small_print(result, *dict.fromkeys(result.desk.values()))
    records = []
    for name, found in result.policies.items():
        measured = {key: found.measures[key] for key in PANELS if key in found.measures}
        if not any(measure.value is not None for measure in measured.values()):
            continue
        record: dict[str, Any] = {"policy": name}
        for key, measure in measured.items():
            sure = measure.low is None or measure.high is None
            in_words = format_rate if UNITS[key] == "share" else format_count
            record |= {
                key: measure.value,
                f"{key}_low": measure.value if sure else measure.low,
                f"{key}_high": measure.value if sure else measure.high,
                f"{key}_text": ""
                if measure.value is None
                else in_words(measure.value, measure.low, measure.high),
            }
        records.append(record)
    if not records:
        why = (
            "The exact engine leaves out the desk: simulate to see it."
            if result.engine == "exact"
            else "No case came before a reviewer under any of these policies."
        )
        return nothing("The desk", small, why)
    frame = pd.DataFrame(records)
    panels: list[Any] = []
    for key, (words, colour) in PANELS.items():
        if key not in frame or frame[key].isna().all():
            continue
        top = max(float(frame[f"{key}_high"].max()), 1.0 if UNITS[key] == "share" else 0.0) or 1.0
        axis = alt.Axis(format="~%" if UNITS[key] == "share" else "~s", tickCount=4)
        scale = alt.Scale(domain=[0, 1.45 * top], nice=False)
        panels.append(
            rows_panel(frame, key, colour, words, scale, axis, row="policy", labelled=not panels, width=215)
        )
    says = "; ".join(
        f"{one['policy']}: "
        + ", ".join(
            f"{words} {one[f'{key}_text']}" for key, (words, _) in PANELS.items() if one.get(f"{key}_text")
        )
        for one in records
    )
    wide = 233 * len(panels) + label_room(list(frame["policy"]))
    return finished(alt.hconcat(*panels, spacing=18), _finding(frame), small, wide, says)


def _finding(frame: Any) -> str:
    """Under which policy the desk is fullest, as a title."""
    for key, words in (("desk_wait", "cases wait longest"), ("desk_utilisation", "the desk is busiest")):
        if key in frame and not frame[key].isna().all():
            row = frame.loc[frame[key].idxmax()]
            unit = " h" if key == "desk_wait" else ""
            return f"Under {row['policy']} {words}: {row[f'{key}_text']}{unit}" + (
                f"; {row['desk_abandonment_text']} leave the queue"
                if "desk_abandonment" in frame and row["desk_abandonment_text"]
                else ""
            )
    return "The desk"
