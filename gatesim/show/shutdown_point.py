"""The shutdown point as text: where the outcome changes, what binds on both sides, and in how many worlds."""

from __future__ import annotations

import html

from rich.padding import Padding
from rich.text import Text

from gatesim.measures.numbers import format_rate
from gatesim.scenario.parameter import Parameter
from gatesim.show.page import page
from gatesim.show.relief import SHORT
from gatesim.show.tables import LEFT, Column, Table, print_table, table_html
from gatesim.study.shutdown_map import ShutdownMap
from gatesim.study.shutdown_point import Half, ShutdownPoint
from gatesim.study.standing import SIDES

NAMES = {"list": "list", "bound_A": "A: keeps nothing", "bound_B": "B: remembers"}

OUTCOMES = SHORT | {"gate_available": "available"}


def number(value: float) -> str:
    """A value of a parameter, in six digits."""
    return f"{value:.6g}"


def range_words(parameter: Parameter) -> str:
    """What is varied, between what."""
    unit = f" {parameter.unit}" if parameter.unit else ""
    now = "" if parameter.now is None else f"; assumed: {number(parameter.now)}"
    return f"{parameter.key} from {number(parameter.low)} to {number(parameter.high)}{unit} ({parameter.why}{now})"


def _half(half: Half) -> str:
    name = f" ({half.best})" if half.best and half.best != "the best gate" else ""
    serves = "" if half.served is None else f", serves {format_rate(half.served)}"
    leaks = "" if half.leak is None else f", leaks {format_rate(half.leak)}"
    return f"{OUTCOMES[half.outcome]}{name}{serves}{leaks}; binds: {half.binds}"


def changes_table(found: ShutdownPoint) -> Table:
    """Every value at which an outcome changes."""
    rows = []
    for side in SIDES:
        changes = found.of(side)
        for change in changes:
            rows.append(
                (
                    NAMES[side],
                    number(change.value) + (" (jump)" if change.is_jump else ""),
                    _half(change.below),
                    _half(change.above),
                )
            )
        if not changes:
            low = found.ends[side][0]
            rows.append((NAMES[side], "nothing in its range changes it", _half(low), "the same"))
    columns = (
        Column("gates", LEFT),
        Column("changes at", LEFT),
        Column("below it", LEFT, 1),
        Column("above it", LEFT, 1),
    )
    note = (
        "Available: a gate is within the limit, serves the floor and is ready. B is an upper bound: available means "
        "that it leaves the question open. Jump: what is served or leaked is not continuous there."
    )
    return Table("Where the outcome changes", columns, tuple(rows), note)


def worlds_table(found: ShutdownPoint) -> Table | None:
    """The shutdown point in other plausible worlds; None where not asked for."""
    other = found.uncertain
    if other is None:
        return None
    rows = []
    for side in SIDES:
        share, interval = other.share(side), other.interval(side)
        rows.append(
            (
                NAMES[side],
                "-" if share is None else format_rate(share),
                "-" if interval is None else f"{number(interval[0])} to {number(interval[1])}",
            )
        )
    columns = (Column("gates", LEFT), Column("changes in, of worlds"), Column("first change, 90 % of these"))
    note = (
        f"{len(other.worlds)} sets of plausible assumptions (a Latin hypercube over {other.assumptions} of them"
        + (f"; {other.left_out} more made no scenario in order" if other.left_out else "")
        + "). Policies that remember are not looked at here."
    )
    return Table("Under other plausible assumptions", columns, tuple(rows), note)


def small_print(found: ShutdownPoint) -> list[str]:
    """How closely it was looked."""
    lines = ["Expected values of the exact engine, without the queue; people do not adapt."]
    if found.linear:
        lines.append(
            "Needs are linear in the parameter, so no change of a policy that keeps nothing is missed."
        )
    else:
        lines.append("Between the values looked at, two changes that undo each other can be missed.")
    if found.remembering:
        lines.append(f"Looked at less closely, because they remember: {', '.join(found.remembering)}.")
    return lines


def tables(found: ShutdownPoint) -> list[Table]:
    """All tables."""
    worlds = worlds_table(found)
    return [changes_table(found), *([] if worlds is None else [worlds])]


def print_shutdown_point(found: ShutdownPoint) -> None:
    """Print where the outcome changes, then the sentence."""
    console = page()
    console.print(Text(found.loaded.scenario.title, style="bold"))
    console.print(Text(range_words(found.parameter), style="dim"))
    console.print()
    for table in tables(found):
        print_table(console, table)
    console.print(Padding(Text(found.sentence), (0, 0, 1, 0)))
    for line in small_print(found):
        console.print(Text(line, style="dim"))


def shutdown_point_html(found: ShutdownPoint) -> str:
    """As a notebook shows it. All text is escaped."""
    return "\n".join(
        [
            f"<h4>{html.escape(found.loaded.scenario.title)}</h4>",
            f"<p><small>{html.escape(range_words(found.parameter))}</small></p>",
            *(table_html(table) for table in tables(found)),
            f"<p>{html.escape(found.sentence)}</p>",
            *(f"<p><small>{html.escape(line)}</small></p>" for line in small_print(found)),
        ]
    )


def map_table(found: ShutdownMap) -> Table:
    """Which part of a map has which outcome."""
    shares = found.shares()
    outcomes = [name for name in OUTCOMES if any(name in shares[side] for side in SIDES)]
    rows = tuple(
        (NAMES[side], *(format_rate(shares[side][o]) if o in shares[side] else "0 %" for o in outcomes))
        for side in SIDES
    )
    columns = (Column("gates", LEFT), *(Column(OUTCOMES[o]) for o in outcomes))
    first, second = found.values
    note = f"Shares of {len(first)} x {len(second)} points." + (
        f" Left out, because they remember: {', '.join(found.left_out)}." if found.left_out else ""
    )
    return Table("What part of the map has which outcome", columns, rows, note)


def print_map(found: ShutdownMap) -> None:
    """Print what a map holds, then the sentence."""
    console = page()
    console.print(Text(found.loaded.scenario.title, style="bold"))
    for parameter in found.parameters:
        console.print(Text(range_words(parameter), style="dim"))
    console.print()
    print_table(console, map_table(found))
    console.print(Padding(Text(found.sentence), (0, 0, 1, 0)))
    console.print(Text("A picture: --chart FILE.png. All points: --json.", style="dim"))


def map_html(found: ShutdownMap) -> str:
    """A map as a notebook shows it. All text is escaped."""
    return "\n".join(
        [
            f"<h4>{html.escape(found.loaded.scenario.title)}</h4>",
            *(f"<p><small>{html.escape(range_words(each))}</small></p>" for each in found.parameters),
            table_html(map_table(found)),
            f"<p>{html.escape(found.sentence)}</p>",
        ]
    )
