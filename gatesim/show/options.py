"""What there is to choose from on a date, as text."""

from __future__ import annotations

from datetime import datetime

from gatesim.law.standards import demands
from gatesim.measures.judgement import explain_outcome
from gatesim.measures.numbers import format_date, format_rate
from gatesim.measures.remains import Remains, bounds_words
from gatesim.measures.rows import Row
from gatesim.measures.wording import NOT_ACCEPTED, asked, orders_read, waiting_note
from gatesim.show.certain import certain
from gatesim.show.outcomes import rate
from gatesim.show.page import page, say
from gatesim.show.run import heading, remains_table, small_print, transition_words
from gatesim.show.tables import LEFT, Column, Table, print_table
from gatesim.study.options import Option, Options

STANDINGS = {
    "available": "would do",
    "not_ready": "would do, later",
    "below_floor": "serves too few",
    "not_within": "not within",
    "depends": "depends on the limit",
    "cannot_tell": "cannot tell",
    "serves_nobody": "serves nobody",
    "not_asked": "-",
}


def options_table(found: Options) -> Table:
    """Each policy: when it is ready, what it serves and leaks, what it comes to by the orders' standards."""
    same = found.reading == found.result.reading
    rows = []
    for option in found.options:
        sure = certain(found.result, option.policy) if same else {}
        served, leak_rate, leak_share = (
            sure.get(one.name, one) for one in (option.served, option.leak_rate, option.leak_share)
        )
        rows.append(
            (
                option.policy,
                _ready(option, found),
                "yes" if option.is_ready else "no",
                rate(served),
                rate(leak_rate, not option.may_leak),
                rate(leak_share, not option.may_leak),
                _standing(option, found.result.verdict.floor),
            )
        )
    columns = (
        Column("policy", LEFT),
        Column("from"),
        Column("ready"),
        Column("serves"),
        Column("leak rate"),
        Column("leak share"),
        Column("comes to", LEFT),
    )
    return Table(
        f"What there is on {format_date(found.at)}, the {orders_read(found.result.loaded.scenario, found.reading)}",
        columns,
        tuple(rows),
        _note(found),
    )


def _standing(option: Option, floor: float) -> str:
    said = STANDINGS[option.standing]
    if option.standing == "cannot_tell" and option.served.high is not None and option.served.high < floor:
        return "serves too few at best"
    if option.standing == "depends" and option.chance is not None:
        return f"within it with {format_rate(option.chance)}"
    return f"not ready; {said}" if option.standing == "below_floor" and not option.is_ready else said


def _ready(option: Option, found: Options) -> str:
    """When it could be in place; without the year where all are of one."""
    if option.ready is None:
        return "never"
    years = {found.at.year, *(one.ready.year for one in found.options if one.ready is not None)}
    if len(years) > 1:
        return short_date(option.ready)
    return f"{option.ready.day} {option.ready:%b %H:%M}"


def short_date(instant: datetime) -> str:
    """A date and time in figures, in the instant's own zone."""
    return f"{instant:%Y-%m-%d %H:%M}"


def _note(found: Options) -> str:
    zone = found.at.strftime("%z")
    words = (
        f"From: issue of the first order plus lead time (UTC{zone[:3]}:{zone[3:5]}); ready: whether that is so on the "
        "date. Serves: of entitled needs. Serves and leaks: over all the time that an order is in force, as if the "
        "policy had been there from the first instant."
    )
    if found.own is not None:
        words += (
            " Comes to, by what the order asks: would do: within it, serving the floor, and ready; serves too few: "
            "within it, below the floor."
        )
    waiting = [one.policy for one in found.options if one.may_leak and one.leak_rate.value == 0]
    if found.result.engine == "exact" and waiting:
        words += f" {waiting_note(waiting)}"
    return words


def outcome_lines(found: Options) -> list[str]:
    """What the orders ask, and the outcome of it, in words."""
    own = found.own
    if own is None:
        return []
    scenario = found.result.loaded.scenario
    parts = [f"Asked: {'; '.join(asked(scenario, one) for one in demands(scenario))}."]
    if len(own.outcomes) == 1:
        (outcome,) = own.outcomes
        row = own.together
        parts.append(
            explain_outcome(outcome)
            if row is None
            else explain_outcome(outcome, row.ratio, row.at_best) + _best(found, row)
        )
    else:
        parts += [
            f"With a probability of {format_rate(chance)}: {explain_outcome(outcome)}"
            for outcome, chance in own.outcomes.items()
        ]
    if any(one.kind == "process" for one in demands(scenario)):
        parts.append(NOT_ACCEPTED)
    return parts


def _best(found: Options, row: Row) -> str:
    """The policy that an outcome is about."""
    if row.best is None or row.outcome in ("no_gate_meets_limit", "cannot_tell"):
        return ""
    option = next(option for option in found.options if option.policy == row.best)
    if row.outcome == "only_not_ready":
        if option.ready is None:
            return f" It is {row.best}, which is never ready."
        return f" The first of them is {row.best}, from {format_date(option.ready)} on."
    if not option.is_ready:
        when = "never ready" if option.ready is None else f"not ready before {format_date(option.ready)}"
        return f" The one that serves most is {row.best}, which is {when} either."
    return f" The one that serves most is {row.best}."


def lines(found: Options) -> list[str]:
    """What is said above the table: what is asked first, with the limit that the outcome speaks of."""
    if found.own is None:
        return [found.words]
    asked_for, *outcome = outcome_lines(found)
    bounds = bounds_beside(found)
    if bounds is not None:
        outcome[-1] = f"{outcome[-1]} {bounds_words(bounds)}"
    parts = [f"{found.words} {asked_for}", *outcome]
    if found.result.transition is not None:
        parts.append(transition_words(found.result))
    return parts


def bounds_beside(found: Options) -> Remains | None:
    """What the bounds say beside the list, where they are about the same reading; None where nothing is asked."""
    bounds = found.result.remains
    return (
        bounds if found.own is not None and bounds is not None and bounds.reading == found.reading else None
    )


def tables(found: Options) -> list[Table]:
    """The options, and the list beside the bounds where they are known."""
    beside = None if bounds_beside(found) is None else remains_table(found.result)
    return [options_table(found), *([] if beside is None else [beside])]


def print_options(found: Options) -> None:
    """Print what there is to choose from on a date."""
    console = page()
    say(console, found.result.loaded.scenario.title, "bold")
    say(console, heading(found.result), "dim", after=True)
    for line in lines(found):
        say(console, line, after=True)
    for table in tables(found):
        print_table(console, table)
    for line in small_print(found.result, people=False):
        say(console, line, "dim")
