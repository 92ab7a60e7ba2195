"""The frontier as text: the most served at each limit, who pays, and the distance of the listed policies."""

from __future__ import annotations

from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.wording import BASES, and_list, how_read
from gatesim.scenario.assumptions import rests_on
from gatesim.show.answer import answer_html, print_answer, rests_words
from gatesim.show.tables import LEFT, Column, Table, three
from gatesim.show.within_orders import within_tables
from gatesim.study.frontier import Frontier
from gatesim.study.one_order import OneOrder
from gatesim.study.points import Point

RATIOS = {"leak_rate": "leak rate (of restricted needs)", "leak_share": "leak share (of served needs)"}


def curves_table(found: Frontier, reading: str) -> Table:
    """The most served at each limit that was asked for, by both bounds, and who pays."""
    at = {
        (point.bound, point.limit): point for point in found.points if point.reading == reading and point.own
    }
    rows = []
    for limit in sorted({limit for _, limit in at}):
        a, b = at["bound_A", limit], at["bound_B", limit]
        memory = "-" if a.served is None or b.served is None else _points(max(0.0, b.served - a.served))
        rows.append((format_limit(limit), _served(a), _served(b), memory, _pays(a)))
    columns = (
        Column("limit"),
        Column("A keeps nothing"),
        Column("B remembers"),
        Column("memory, at most"),
        Column("who pays at A: refused entitled needs, by the account's owner", LEFT, 1),
    )
    note = (
        "Who pays: of the entitled needs that the best gate of A refuses, the share that falls on the segment; B shows "
        "no gate, and who pays under a listed policy is in gatesim run. Expected values: no noise is in them."
    )
    whose = ""
    if found.of_order is not None:
        meanwhile = found.of_order.while_words
        whose = f" of “{found.of_order.name}”" + (f" {meanwhile}" if meanwhile else "")
        note = f"{_of_order(found.of_order)} {note}"
    title = f"The most of entitled needs that can be served within a {RATIOS[found.ratio]}{whose}"
    return Table(f"{title}, read {how_read(found.loaded.scenario, reading)}", columns, tuple(rows), note)


def _of_order(one: OneOrder) -> str:
    """What leaks and limits are where one order is asked about."""
    return (
        f"Leaks: of the needs that “{one.name}” restricts itself, while it is in force; entitled needs are those that "
        f"no order restricts. {one.kept_words}"
    ).strip()


def policies_table(found: Frontier, reading: str) -> Table:
    """The listed policies, and what another gate could serve at the same leaks."""
    rows = []
    keeps = found.of_order is not None and found.of_order.kept
    for one in found.policies:
        if one.reading != reading:
            continue
        rows.append(
            (
                one.policy + (" +" if one.remembers else ""),
                "-" if one.leak is None else format_rate(one.leak),
                "-" if one.served is None else format_rate(one.served),
                "-" if one.to_a is None else _points(one.to_a),
                "-" if one.to_b is None else _points(one.to_b),
                *([] if not keeps else [and_list(one.breaks) if one.breaks else "-"]),
            )
        )
    columns = (
        Column("policy", LEFT),
        Column("leaks"),
        Column("serves"),
        Column("more at A"),
        Column("more at B"),
        *([Column("breaks the limit of", LEFT, 1)] if keeps else []),
    )
    note = (
        f"Leaks: in {BASES[found.ratio]}. More: points of entitled needs that the best gate of each kind serves beyond "
        "the policy, at the same leaks. + It keeps something about accounts, so bound A does not hold for it. Expected "
        "values, without the queue."
    )
    if found.of_order is not None:
        note += f" Leaks are those that “{found.of_order.name}” counts itself."
    if keeps:
        note += " Who breaks another order's limit may serve more than a gate that keeps it: a minus."
    return Table(
        f"The listed policies beside it, read {how_read(found.loaded.scenario, reading)}",
        columns,
        tuple(rows),
        note,
    )


def _served(point: Point) -> str:
    return "none" if point.served is None else format_rate(point.served)


def _points(difference: float) -> str:
    points = 100 * difference
    if points == 0:
        return "0"
    return ("+" if points > 0 else "-") + (three(abs(points)) if abs(points) >= 0.01 else "<0.01")


def _pays(point: Point) -> str:
    if point.served is None:
        return "nothing is within the limit"
    if not point.pays:
        return "nobody"
    return ", ".join(f"{payer.segment} {100 * payer.share:.0f} %" for payer in point.pays)


def small_print(found: Frontier) -> list[str]:
    """What the bounds are about, and what they leave out."""
    lines = [
        "A, gates that keep nothing: " + found.scopes["bound_A"] + ".",
        "B, gates that remember: " + found.scopes["bound_B"] + ".",
    ]
    if found.of_order is not None and found.of_order.kept:
        lines.append(
            "Of both, gates that keep the limits of the other orders as well: each counts its own leaks."
        )
    if found.within is not None:
        lines.append(
            "The curves and the list count all orders together: a need is restricted if any order in force restricts "
            "it. The tables of each order's own leaks say what is within the limits of all of them."
        )
    if found.told_apart:
        lines.append(
            f"B knows {len(found.told_apart)} segments apart that a real gate might not: it is looser there."
        )
    lines.append(rests_words(found.inputs, found.guesses, rests_on(found.loaded)))
    return lines


def tables(found: Frontier) -> list[Table]:
    """All tables, the first order's reading first."""
    return [
        table
        for reading in found.readings
        for table in (
            curves_table(found, reading),
            policies_table(found, reading),
            *([] if found.within is None else within_tables(found.loaded.scenario, found.within, reading)),
        )
    ]


def print_frontier(found: Frontier) -> None:
    """Print a frontier: the sentence, then tables."""
    print_answer(found.loaded.scenario.title, tables(found), found.sentence, small_print(found))


def frontier_html(found: Frontier) -> str:
    """A frontier as a notebook shows it. All text is escaped."""
    return answer_html(found.loaded.scenario.title, tables(found), found.sentence, small_print(found))
