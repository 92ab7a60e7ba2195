"""How many people each policy refuses though they may be served, and how many it locks out, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from gatesim.measures.definitions import Measure
from gatesim.measures.numbers import format_count, format_span
from gatesim.scenario.types import about_duration
from gatesim.show.tables import LEFT, Column, Table, unit_of
from gatesim.study.result import Result

REFUSED, LOCKED_OUT = "people_blocked", "people_locked_out"

UNCOUNTED = (
    "The exact engine counts needs: how many people are refused at least once, and how many are locked out, is counted "
    "by a simulation alone (--engine fast)."
)


def people_table(result: Result) -> Table | None:
    """Of each policy the people with a false block, and those of whom no entitled need is served, with intervals.

    None where they are not counted: the exact engine has expected needs, and no people.
    """
    counted = {
        name: (found.measures[REFUSED], found.measures[LOCKED_OUT])
        for name, found in result.policies.items()
        if REFUSED in found.measures and LOCKED_OUT in found.measures
    }
    if not counted:
        return None
    known = any(measure.low is not None for both in counted.values() for measure in both)
    rows = [(name, *(cell for one in both for cell in _cells(one, known))) for name, both in counted.items()]
    ends = [Column("95 % interval")] * known
    columns = (
        Column("policy", LEFT),
        Column("refused at least once"),
        *ends,
        Column("locked out"),
        *ends,
    )
    return Table(
        "Entitled people whom each policy refuses",
        columns,
        tuple(rows),
        _note(result, known, list(counted.values())),
    )


def _cells(measure: Measure, known: bool) -> list[str]:
    """A number of people, and where any number has one its interval; of none that was seen the bound says it all."""
    if measure.value is None:
        return ["-", "-"] if known else ["-"]
    size, unit = unit_of(measure.value or measure.high or 0.0)
    low, high = (None if end is None else end / size for end in (measure.low, measure.high))
    text = format_count(measure.value / size, low, high) + unit
    if not known:
        return [text]
    if low is None or high is None:
        return [text, "-"]
    return [text, "none seen" if measure.value <= 0 else format_span(low, high) + unit]


def _note(result: Result, known: bool, counted: Sequence[tuple[Measure, Measure]]) -> str:
    scenario = result.loaded.scenario
    words = (
        "Refused at least once: people with an entitled need that was not served, at once or late, for whatever "
        "reason. Locked out, among them: not one of their entitled needs was served while an order was in force, "
        f"within the window of {about_duration(scenario.length)}. For all {scenario.represents:,} accounts "
        "represented; people without any entitled need in that time are not counted."
    )
    if known:
        words += " Intervals cover the noise of the simulation."
    if any(measure.value is not None and measure.low is None for both in counted for measure in both):
        words += " Where a desk couples people, an interval takes several replications (--reps R)."
    return words
