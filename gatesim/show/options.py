"""What there is to choose from on a date, as text."""

from __future__ import annotations

from datetime import datetime

from rich.padding import Padding
from rich.text import Text

from gatesim.measures.judgement import explain_outcome
from gatesim.measures.numbers import format_date, format_limit
from gatesim.measures.verdict import Row
from gatesim.show.page import page
from gatesim.show.run import heading, rate, small_print, transition_words
from gatesim.show.tables import LEFT, Column, Table, print_table
from gatesim.study.options import Option, Options

STANDINGS = {
    "available": "would do",
    "not_ready": "would do, later",
    "below_floor": "serves too few",
    "above_limit": "leaks more",
    "cannot_tell": "cannot tell",
    "serves_nobody": "serves nobody",
    "not_asked": "-",
}

_BASE = {"leak_rate": "restricted needs", "leak_share": "served needs"}


def options_table(found: Options) -> Table:
    """Each policy: when it is ready, what it serves and leaks, what it comes to at the orders' limits."""
    keys = list(found.options[0].standings) if found.options else []
    rows = [
        (
            option.policy,
            _ready(option),
            "yes" if option.is_ready else "no",
            rate(option.served),
            rate(option.leak_rate, not option.may_leak),
            rate(option.leak_share, not option.may_leak),
            *(STANDINGS[option.standings[key]] for key in keys),
        )
        for option in found.options
    ]
    columns = (
        Column("policy", LEFT),
        Column("ready", LEFT),
        Column("on the date"),
        Column("entitled needs served"),
        Column("leak rate"),
        Column("leak share"),
        *(Column(f"at {format_limit(limit)}\nof {_BASE[ratio]}", LEFT) for ratio, limit in keys),
    )
    return Table(
        f'What there is on {format_date(found.at)}, the order read as "{found.reading}"',
        columns,
        tuple(rows),
        _note(found),
    )


def _ready(option: Option) -> str:
    return "never" if option.ready is None else short_date(option.ready)


def short_date(instant: datetime) -> str:
    """A date and time in figures, in the instant's own zone."""
    return f"{instant:%Y-%m-%d %H:%M}"


def _note(found: Options) -> str:
    zone = found.at.strftime("%z")
    words = (
        f"Ready: issue of the first order plus lead time (UTC{zone[:3]}:{zone[3:5]}). Served and leaked: over all "
        "the time that an order is in force, as if the policy had been there from the first instant."
    )
    if any(standing != "not_asked" for option in found.options for standing in option.standings.values()):
        words += (
            " Would do: within the limit, serving the floor, and ready. Leaks more: above the limit. Serves too few: "
            "within the limit, below the floor."
        )
    return words


def outcome_lines(found: Options) -> list[str]:
    """The outcome for each standard, in words."""
    return [f"{_at(row)}: {explain_outcome(row.outcome)}{_best(found, row)}" for row in found.outcomes]


def _at(row: Row) -> str:
    return f"At a limit of {format_limit(row.limit)} of {_BASE[row.ratio]}"


def _best(found: Options, row: Row) -> str:
    """The policy that an outcome is about."""
    if row.best is None or row.outcome in ("no_gate_meets_limit", "cannot_tell"):
        return ""
    option = next(option for option in found.options if option.policy == row.best)
    if row.outcome == "only_not_ready":
        if option.ready is None:
            return f" It is {row.best}, which is never ready."
        return f" The first of them is {row.best}, from {format_date(option.ready)} on."
    return f" The one that serves most is {row.best}."


def lines(found: Options) -> list[str]:
    """What is said above the table."""
    parts = [found.words, *outcome_lines(found)]
    if found.outcomes and found.result.transition is not None:
        parts.append(transition_words(found.result))
    return parts


def print_options(found: Options) -> None:
    """Print what there is to choose from on a date."""
    console = page()
    console.print(Text(found.result.loaded.scenario.title, style="bold"))
    console.print(Text(heading(found.result), style="dim"))
    console.print()
    for line in lines(found):
        console.print(Padding(Text(line), (0, 0, 1, 0)))
    print_table(console, options_table(found))
    for line in small_print(found.result):
        console.print(Text(line, style="dim"))
