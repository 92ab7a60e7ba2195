"""Policies held against each other, as text: what differs, by how much, and whether noise leaves it open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from gatesim.measures.definitions import BY_NAME, Measure
from gatesim.measures.intervals import NO_CHANCE
from gatesim.measures.numbers import format_accounts, format_rate
from gatesim.measures.paired import NO_ACCOUNT_DIFFERS, Difference
from gatesim.measures.parts import largest
from gatesim.measures.wording import orders_read
from gatesim.scenario.operator import OPERATOR
from gatesim.show.answer import answer_html, print_answer
from gatesim.show.tables import LEFT, Column, Table, compact
from gatesim.study.compare import Comparison

WHO = {
    "account": "needs on one account hang together, accounts do not",
    "network": "accounts on one network hang together, networks do not",
    "replication": "people meet at the desk, so that only replications are independent",
}
"""What is independent, in words."""


def _is_share(name: str) -> bool:
    return BY_NAME[name].unit == "share"


def value_words(measure: Measure) -> str:
    """A measure by itself: a share with the digits that its own interval supports."""
    if measure.value is None:
        return "-"
    if _is_share(measure.name):
        return format_rate(measure.value, measure.low, measure.high)
    return compact(measure.value)


def _decimals(found: Difference) -> int:
    """Decimals of a difference of shares, in points: to the second digit of the half width; else three digits."""
    assert found.value is not None
    if found.low is not None and found.high is not None and found.high > found.low:
        return max(0, 1 - math.floor(math.log10(50 * (found.high - found.low))))
    size = abs(100 * found.value)
    return max(0, 2 - math.floor(math.log10(size))) if size > 0 else 0


def _signed(found: Difference, value: float) -> str:
    """A number on the scale of a difference, with its sign."""
    if _is_share(found.measure):
        text = f"{100 * value:+,.{_decimals(found)}f}"
        return text if float(text.replace(",", "")) else text[1:]
    return "0" if value == 0 else f"{'+' if value > 0 else '-'}{compact(abs(value))}"


def difference_words(found: Difference) -> str:
    """A difference: of shares in points of a percentage, of amounts as a number; with its sign."""
    if found.value is None:
        return "-"
    return _signed(found, found.value) if found.value else "0"


def interval_words(found: Difference) -> str:
    """The interval of a difference; empty where there is none."""
    if found.value is None or found.low is None or found.high is None:
        return ""
    return f"{_signed(found, found.low)} to {_signed(found, found.high)}"


def comparison_table(found: Comparison, policy: str) -> Table:
    """One policy beside the first."""
    rows = []
    for name, one in found.differences[policy].items():
        unit = (
            "" if _is_share(name) else {"count": ", number", "US dollars": ", US dollars"}[BY_NAME[name].unit]
        )
        title = BY_NAME[name].title
        rows.append(
            (
                title if "number" in title else f"{title}{unit}",
                value_words(found.measures[found.first][name]),
                value_words(found.measures[policy][name]),
                difference_words(one),
                *((interval_words(one),) if found.unit else ()),
            )
        )
    columns = (
        Column("measure", LEFT),
        Column(found.first),
        Column(policy),
        Column("difference"),
        *((Column("95 % interval"),) if found.unit else ()),
    )
    return Table(
        f"{policy} beside {found.first}, the {orders_read(found.loaded.scenario, found.reading)}",
        columns,
        tuple(rows),
        _note(found, policy),
    )


def _note(found: Comparison, policy: str) -> str:
    notes = [
        "Difference: the second less the first"
        + (", of shares in percentage points" if any(map(_is_share, found.differences[policy])) else "")
        + "."
    ]
    without = dict.fromkeys(one.note for one in found.differences[policy].values() if one.note and found.unit)
    notes += [f"{note[0].upper()}{note[1:]}." for note in without]
    return " ".join(notes)


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


HEADLINES = ("false_block_rate", "leak_share")
"""Where several policies stand beside the first, what the sentence tells of each: all else is in the tables."""


def comparison_finding(found: Comparison) -> str:
    """Of several beside the first, who refuses fewest wrongly and who leaks least; nobody whom chance may have put
    there. Empty where there is one, or nothing to say."""
    said = []
    for name, words in zip(
        HEADLINES, ("refuses fewest wrongly", "leaks least of what it serves"), strict=True
    ):
        less = {
            policy: _negative(by_measure[name])
            for policy, by_measure in found.differences.items()
            if name in by_measure and by_measure[name].value is not None
        }
        if len(less) < 2:
            continue
        first = largest(less)
        if first is not None and (less[first].low or 0.0) > 0:
            said.append(f"{first} {words} ({difference_words(found.differences[first][name])} points)")
    return f"Beside {found.first}, {' and '.join(said)}." if said else ""


def _negative(one: Difference) -> Difference:
    """The same the other way round; where chance has no part in it the value is its own interval."""
    assert one.value is not None
    if one.low is None or one.high is None:
        end = -one.value if one.note in (NO_CHANCE, NO_ACCOUNT_DIFFERS) else None
        return replace(one, value=-one.value, low=end, high=end)
    return replace(one, value=-one.value, low=-one.high, high=-one.low)


def sentence(found: Comparison) -> str:
    """What differs, the most of it first, and what noise leaves open."""
    parts = []
    for policy, all_measures in found.differences.items():
        by_measure = _told_measures(found, all_measures)
        told = [
            _told(name, one) for name, one in by_measure.items() if one.value and (one.told or not found.unit)
        ]
        left = [
            BY_NAME[name].title.lower()
            for name, one in by_measure.items()
            if one.low is not None and not one.told
        ]
        same = [BY_NAME[name].title.lower() for name, one in by_measure.items() if one.value == 0]
        bare = [
            _told(name, one)
            for name, one in by_measure.items()
            if found.unit and one.value and one.low is None
        ]
        said = f"Against {found.first}, {policy} has {'; '.join(told)}." if told else ""
        if left:
            said += f" Noise leaves open which of {found.first} and {policy} has more: {', '.join(left)}."
        if bare:
            said += f" Without an interval, {policy} has {'; '.join(bare)}."
        if same:
            said += f" The same under {found.first} and {policy}: {', '.join(same)}."
        parts.append(said.strip() or f"{policy} and {found.first} cannot be compared: nothing was measured.")
    return " ".join(parts)


def _told_measures(found: Comparison, measures: Mapping[str, Difference]) -> dict[str, Difference]:
    """What the sentence tells: of several policies the headlines; what is served is what is not refused."""
    if len(found.differences) > 1 and all(name in measures for name in HEADLINES):
        return {name: measures[name] for name in HEADLINES}
    return {
        name: one
        for name, one in measures.items()
        if name != "served_entitled" or "false_block_rate" not in measures
    }


def _told(name: str, one: Difference) -> str:
    """A difference in words: "leak share 1.9 points lower (95 %: 0.4 to 3.4)"."""
    assert one.value is not None
    way = "higher" if one.value > 0 else "lower"
    points = " points" if _is_share(name) else ""
    within = ""
    if one.low is not None and one.high is not None:
        ends = sorted((one.low, one.high), key=abs)
        within = f" (95 %: {' to '.join(_signed(one, end).lstrip('+-') for end in ends)})"
    return f"{BY_NAME[name].title.lower()} {difference_words(one).lstrip('+-')}{points} {way}{within}"


def small_print(found: Comparison) -> list[str]:
    """What was run, and what the intervals cover."""
    scenario = found.loaded.scenario
    named = [name for name in found.measures if name != OPERATOR and scenario.policies[name].title]
    compared = next(iter(found.differences.values()))
    lines = [f"{BY_NAME[name].title}: {_lower(BY_NAME[name].meaning)}" for name in compared]
    lines += [f"{name}: {scenario.policies[name].title}." for name in named]
    if not found.unit:
        lines.append(
            f"Exact engine, for {format_accounts(scenario.represents)}: expected values, no chance in them."
        )
        return [*lines, *found.notes]
    reps = f", {found.reps} replications" if found.reps > 1 else ""
    lines.append(
        f"{format_accounts(scenario.people)} simulated for {scenario.represents:,}{reps}, seed {found.seed}, "
        f"{found.engine} engine. Every policy meets the same people with the same needs, and intervals are of the "
        f"paired difference ({WHO[found.unit]}). They cover the noise of the simulation, and nothing about the inputs."
    )
    return [*lines, *found.notes]


def tables(found: Comparison) -> list[Table]:
    """A table for each policy beside the first."""
    return [comparison_table(found, policy) for policy in found.differences]


def print_comparison(found: Comparison) -> None:
    """Print the sentence, then the tables."""
    finding = comparison_finding(found)
    print_answer(found.loaded.scenario.title, tables(found), sentence(found), small_print(found), finding)


def comparison_html(found: Comparison) -> str:
    """As a notebook shows it. All text is escaped."""
    finding = comparison_finding(found)
    return answer_html(
        found.loaded.scenario.title, tables(found), sentence(found), small_print(found), finding
    )
