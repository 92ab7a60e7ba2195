"""What a little more of each signal, document and reviewer is worth, as text."""

from __future__ import annotations

from gatesim.gates.bounds.worth import Worth
from gatesim.measures.numbers import format_limit
from gatesim.measures.wording import BASES, how_read
from gatesim.show.answer import answer_html, print_answer
from gatesim.show.sides import limits_words
from gatesim.show.tables import LEFT, Column, Table
from gatesim.study.sensitivity import Sensitivity
from gatesim.study.standing import Question


def points(difference: float | None) -> str:
    """A difference of shares, in percentage points: to a thousandth, so that numbers below each other are aligned."""
    if difference is None:
        return "-"
    if difference == 0:
        return "0"
    size = 100 * difference
    return f"{size:+.3f}" if abs(size) >= 0.0005 else f"{'+' if size > 0 else '-'}<0.001"


def what(found: Sensitivity, key: str) -> str:
    """What is changed, by the name that --set and --vary have for the same change.

    Where a signal has numbers of its own for VPN exits or channels, a point more is one there too, and no single key
    does that: then it is ``"ip accuracy, everywhere"``.
    """
    table, _, rest = key.partition(".")
    if table != "signals":
        return key
    name, _, number = rest.rpartition(".")
    signal = found.loaded.scenario.signals[name]
    elsewhere = (signal.vpn, *signal.channels.values())
    if all(getattr(noise, number) is None for noise in elsewhere):
        return key
    return f"{name} {number}, everywhere"


def worth_table(found: Sensitivity) -> Table:
    """Each change that is worth something, most first."""
    rows = [
        (
            what(found, one.key),
            one.change,
            points(one.served),
            (multiple if found.asked.each else points)(one.leak),
        )
        for one in found.found
        if one.served or one.leak
    ]
    columns = (
        Column("what", LEFT),
        Column("change", LEFT),
        Column("served"),
        Column("least multiple" if found.asked.each else "least leak"),
    )
    asked = found.asked
    note = (_note_of_orders(asked) if asked.each else _note(asked)) + _of_exits(found)
    return Table(
        f"What is worth something to the best gate, read {how_read(found.loaded.scenario, asked.reading)}",
        columns,
        tuple(rows),
        note,
    )


_ANEW = (
    "Bound A, solved anew with each change; a kind of document: against the same without it. Everywhere: a point more "
    "in all that is said of the signal, VPN exits and channels included; --set and --vary move one table of it, which "
    "is worth less or more."
)


_EXITS = (
    " Through a VPN the address places the exit, not the person: placed more rightly it can hide who is abroad, so "
    "that a point more may be worth less than nothing where no signal tells that there is a VPN."
)


def _of_exits(found: Sensitivity) -> str:
    """What has to be said where a signal goes by the place of VPN exits, and none by whether there is a VPN."""
    scenario = found.loaded.scenario
    observed = {signal.observes for signal in scenario.signals.values()}
    through = any(s.vpn.users * s.vpn.on > 0 for s in scenario.segments.values())
    return _EXITS if through and "network" in observed and "network_kind" not in observed else ""


def _note(asked: Question) -> str:
    base = BASES[asked.ratio]
    return (
        "Served: points of entitled needs that the best gate serves more within "
        f"{format_limit(asked.limit)} of leaks in {base}. Least leak: points by which leaks in {base} change where the "
        f"best gate serves {format_limit(asked.floor)} of entitled needs. {_ANEW}"
    )


def multiple(difference: float | None) -> str:
    """A difference of multiples of the limits."""
    return "-" if difference is None else "0" if difference == 0 else f"{difference:+.3g}"


def _note_of_orders(asked: Question) -> str:
    return (
        f"Served: points of entitled needs that the best gate serves more within {limits_words(asked)}. Least "
        "multiple: how much the least number changes by which all limits would have to be multiplied so that the best "
        f"gate serves {format_limit(asked.floor)} of entitled needs. {_ANEW}"
    )


def nothing_table(found: Sensitivity) -> Table:
    """Each change that is worth nothing, and why."""
    rows = [
        (what(found, one.key), one.change, one.why) for one in found.found if not one.served and not one.leak
    ]
    columns = (Column("what", LEFT), Column("change", LEFT), Column("why", LEFT, 1))
    return Table("What is worth nothing, and why", columns, tuple(rows))


MEMORY = (
    "Bound B does not depend on the signals: its gates are told the truth that signals observe, so no better "
    "signal moves it."
)


def sensitivity_finding(found: Sensitivity) -> str:
    """What is worth most to the best gate, and of the signals which: in a sentence."""
    asked = found.asked
    within = (
        limits_words(asked) if asked.each else f"leaks of {format_limit(asked.limit)} of {BASES[asked.ratio]}"
    )
    # Those worth most come first.
    worth = [one for one in found.found if (one.served or 0.0) > 0]
    if not worth:
        return f"Nothing that was changed lets the best gate serve more within {within}."
    first, signal = worth[0], next((one for one in worth if one.key.startswith("signals.")), None)
    words = f"Within {within}, worth most to the best gate: {_worth(found, first)}"
    if signal is None:
        return f"{words}; no point of a signal is worth anything."
    return f"{words}." if signal is first else f"{words}; of the signals: {_worth(found, signal)}."


def _worth(found: Sensitivity, one: Worth) -> str:
    """A change and what it is worth: "ip accuracy, everywhere: +1 point (+0.441 points of entitled needs served)"."""
    return f"{what(found, one.key)}, {one.change} ({points(one.served)} points of entitled needs served)"


def tables(found: Sensitivity) -> list[Table]:
    """All tables that have rows."""
    return [table for table in (worth_table(found), nothing_table(found)) if table.rows]


def print_sensitivity(found: Sensitivity) -> None:
    """Print the sentence, then the tables."""
    finding = sensitivity_finding(found)
    print_answer(found.loaded.scenario.title, tables(found), found.sentence, [MEMORY], finding)


def sensitivity_html(found: Sensitivity) -> str:
    """As a notebook shows it. All text is escaped."""
    finding = sensitivity_finding(found)
    return answer_html(found.loaded.scenario.title, tables(found), found.sentence, [MEMORY], finding)
