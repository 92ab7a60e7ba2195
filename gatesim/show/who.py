"""Whom an order restricts, as text."""

from __future__ import annotations

import html

from gatesim.measures.numbers import format_rate
from gatesim.measures.wording import and_list
from gatesim.show.page import page, say
from gatesim.show.tables import LEFT, Column, Table, broken, compact, print_table, table_html, whole_width
from gatesim.study.who import Restricted, Row, Who


def who_table(found: Who) -> Table:
    """Segments by readings: people, and under each reading people and share of needs restricted."""
    return _table(found, found.readings, f"Whom {_orders(found)}, by reading", noted=True)


def by_reading(found: Who) -> list[Table]:
    """The same for a narrow page: a table for each reading."""
    last = found.readings[-1]
    return [
        _table(found, (reading,), f'Whom {_orders(found)}, read as "{reading}"', noted=reading == last)
        for reading in found.readings
    ]


def who_finding(found: Who) -> str:
    """How many an order restricts under each reading, in a sentence."""
    if not found.at:
        return "No order is in force within the window: nobody is restricted."
    said = []
    for reading in found.readings:
        one = found.total.by_reading[reading]
        share = "" if one.share_of_needs is None else f" with {format_rate(one.share_of_needs)} of the needs"
        said.append(f'{compact(one.people)} people{share} read as "{reading}"')
    orders = _orders(found)
    return f"Of {compact(found.total.people)} people {orders} {and_list(said)}."


def _orders(found: Who) -> str:
    several = len(found.orders)
    return f"any of the {several} orders restricts" if several > 1 else "the order restricts"


def _table(found: Who, readings: tuple[str, ...], title: str, noted: bool) -> Table:
    rows = [_cells(row, readings) for row in (*found.rows, found.total)]
    columns = (
        Column("segment", LEFT),
        Column("status", LEFT),
        Column("people"),
        *(Column(words) for reading in readings for words in (f"{broken(reading)}\npeople", "\nneeds")),
    )
    note = (
        "People: expected number whom an order restricts at some time while it is in force, the first from "
        f"{found.at} on, of all that the accounts stand for, where they are at any one instant. Needs: share of the "
        "needs for models that an order names, while it is in force." + _together(found)
        if found.at
        else "No order is in force within the window."
    )
    return Table(title, columns, tuple(rows), note if noted else "")


def _together(found: Who) -> str:
    """Which orders are counted together, and which go by their own words; empty where there is one, by the reading."""
    names = ", ".join(f"“{name}”" for name in found.orders)
    own = f" {found.own_words}" if found.own_words else ""
    return (f" Of all orders together: {names}." if len(found.orders) > 1 else "") + own


def _cells(row: Row, readings: tuple[str, ...]) -> tuple[str, ...]:
    cells = [row.segment, row.status, compact(row.people)]
    for reading in readings:
        cells += _restricted(row.by_reading[reading])
    return tuple(cells)


def _restricted(found: Restricted) -> tuple[str, str]:
    share = "-" if found.share_of_needs is None else format_rate(found.share_of_needs)
    return compact(found.people), share


def print_who(found: Who) -> None:
    """Print whom an order restricts."""
    console = page()
    say(console, found.title, "bold", after=True)
    say(console, who_finding(found), after=True)
    whole = who_table(found)
    for table in [whole] if whole_width(whole) <= console.width else by_reading(found):
        print_table(console, table)


def who_html(found: Who) -> str:
    """As a notebook shows it. All text is escaped."""
    return f"<p>{html.escape(who_finding(found))}</p>\n{table_html(who_table(found))}"
