"""Tables as data: a title, columns, rows of text. Each is shown by the console, by a notebook, by a report."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

LEFT: Final = "left"
NARROWEST = (10, 6)
"""Columns that words get at least, where they run over several lines: less where numbers would be broken else."""


@dataclass(frozen=True)
class Column:
    """A column: its heading, and the side on which its text stands."""

    title: str
    align: Literal["left", "right"] = "right"
    ratio: int | None = None
    """Its part of the width of the page, for columns of words that may run over several lines; None: as wide as
    its text."""


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes
    ----------
    title
        What the table says.
    columns
        Headings.
    rows
        One text a column in each row.
    note
        Small print below.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def compact(number: float) -> str:
    """A large number in three digits, such as ``"17.7 M"``."""
    for size, unit in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if number >= 0.9995 * size:
            digits = number / size
            return f"{digits:.{2 if digits < 9.995 else 1 if digits < 99.95 else 0}f}{unit}"
    return f"{number:.3g}" if number < 1 else f"{number:.0f}"


def broken(name: str, width: int = 11) -> str:
    """A name as a heading: its words on as few lines as a width allows."""
    lines: list[str] = []
    for word in name.replace("_", " ").split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def print_table(console: Console, table: Table) -> None:
    """Print a table on a console; where it is wider, words run over several lines, and are never cut."""
    console.print(Text(table.title, style="bold"))
    flexible = any(column.ratio for column in table.columns)
    titles, widths = _headings(table)
    whole = _whole(table.columns, widths, console.width)
    shown = RichTable(
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, expand=flexible
    )
    for column, title, kept in zip(table.columns, titles, whole, strict=True):
        shown.add_column(Text(title), justify=column.align, overflow="fold", no_wrap=kept, ratio=column.ratio)
    for row in table.rows:
        shown.add_row(*(Text(cell) for cell in row))
    console.print(shown)
    if table.note:
        console.print(Text(table.note, style="dim"))
    console.print()


def _headings(table: Table) -> tuple[list[str], list[int]]:
    """Headings on as many lines as they take, and the width of each column whose text is not broken."""
    cells = [
        [line for row in table.rows for line in row[number].split("\n")]
        for number in range(len(table.columns))
    ]
    titles = [
        column.title if "\n" in column.title else broken(column.title, max([8, *map(len, texts)]))
        for column, texts in zip(table.columns, cells, strict=True)
    ]
    widths = [max(map(len, (*title.split("\n"), *texts))) for title, texts in zip(titles, cells, strict=True)]
    return titles, widths


def whole_width(table: Table) -> int:
    """Columns of a page that a table takes where no text of it is broken."""
    return sum(_headings(table)[1]) + 2 * (len(table.columns) - 1)


def _whole(columns: Sequence[Column], widths: Sequence[int], page: int) -> list[bool]:
    """Which columns stay on one line: all that may, where they fit; else the first, which says what a row is about,
    and those of numbers; else those of numbers; else none."""
    between = 2 * (len(columns) - 1)
    for least, (candidates, first) in product(
        NARROWEST, (("left right", True), ("right", True), ("right", False))
    ):
        kept = [
            column.ratio is None and (column.align in candidates or (first and number == 0))
            for number, column in enumerate(columns)
        ]
        narrowest = [width if whole else min(width, least) for width, whole in zip(widths, kept, strict=True)]
        if sum(narrowest) + between <= page:
            return kept
    return [False] * len(columns)


def table_html(table: Table) -> str:
    """A table as HTML; all text is escaped."""
    align = [f' style="text-align:{column.align}"' for column in table.columns]
    head = "".join(f"<th{a}>{html.escape(c.title)}</th>" for a, c in zip(align, table.columns, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{a}>{html.escape(cell)}</td>" for a, cell in zip(align, row, strict=True))
        + "</tr>"
        for row in table.rows
    )
    note = f"<p><small>{html.escape(table.note)}</small></p>" if table.note else ""
    return (
        f"<table><caption>{html.escape(table.title)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"
    )
