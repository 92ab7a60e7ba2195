"""Tables as data: a title, columns, rows of text. Each is shown by the console, by a notebook, by a report."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from gatesim.show.lines import broken_lines, longest_word
from gatesim.show.page import say

LEFT: Final = "left"
ROOMY = 14
"""Columns that words get at least, where they run over several lines: less where others would be broken else."""


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
    size, unit = unit_of(number)
    if unit:
        digits = number / size
        return f"{digits:.{2 if digits < 9.995 else 1 if digits < 99.95 else 0}f}{unit}"
    return f"{number:.3g}" if number < 1 else f"{number:.0f}"


def unit_of(number: float) -> tuple[float, str]:
    """The unit in which a large number is written: its size, and its sign with a blank before it."""
    for size, unit in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if number >= 0.9995 * size:
            return size, unit
    return 1.0, ""


def three(number: float) -> str:
    """A positive number in three digits, such as ``"1.30"``; a large one with its unit."""
    return f"{number:#.3g}".rstrip(".") if number < 999.5 else compact(number)


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
    say(console, table.title, "bold")
    titles, natural = _headings(table)
    widths = _widths(table, titles, natural, console.width)
    shown = RichTable(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column, title, width in zip(table.columns, titles, widths, strict=True):
        shown.add_column(_cell(title, width), justify=column.align, no_wrap=True, width=width)
    for row in table.rows:
        shown.add_row(*(_cell(text, width) for text, width in zip(row, widths, strict=True)))
    console.print(shown)
    if table.note:
        say(console, table.note, "dim")
    console.print()


def _cell(text: str, width: int) -> Text:
    return Text("\n".join(broken_lines(text, width)))


def _headings(table: Table) -> tuple[list[str], list[int]]:
    """Headings on as many lines as they take, and the width of each column whose text is not broken."""
    cells = [
        [line for row in table.rows for line in row[number].split("\n")]
        for number in range(len(table.columns))
    ]
    titles = [
        column.title if "\n" in column.title else broken(column.title, max([8, *map(cell_len, texts)]))
        for column, texts in zip(table.columns, cells, strict=True)
    ]
    widths = [
        max(map(cell_len, (*title.split("\n"), *texts))) for title, texts in zip(titles, cells, strict=True)
    ]
    return titles, [max(1, width) for width in widths]


def whole_width(table: Table) -> int:
    """Columns of a page that a table takes where no text of it is broken."""
    return sum(_headings(table)[1]) + _between(table)


def least_width(table: Table) -> int:
    """Columns of a page that a table takes where its words run over several lines, and none is broken."""
    titles, _ = _headings(table)
    return sum(_narrowest(table, titles)) + _between(table)


def _between(table: Table) -> int:
    """Columns of a page between those of a table."""
    return 2 * (len(table.columns) - 1)


def _narrowest(table: Table, titles: Sequence[str]) -> list[int]:
    """The longest word of each column; what has digits in a column of numbers counts as one."""
    return [
        max(
            1,
            longest_word(title),
            *(_unbroken(row[number], column) for row in table.rows),
        )
        for number, (column, title) in enumerate(zip(table.columns, titles, strict=True))
    ]


def _unbroken(text: str, column: Column) -> int:
    """Columns of a page that a text takes at least."""
    is_number = column.align == "right" and column.ratio is None and any(map(str.isdigit, text))
    return max(map(cell_len, text.split("\n"))) if is_number else longest_word(text)


def _widths(table: Table, titles: Sequence[str], natural: Sequence[int], page: int) -> list[int]:
    """The width of each column on a page.

    What stays on one line: all columns that may, where the others keep room for words; else the first, which says what
    a row is about, and those of numbers; else those of numbers; else none. No word is broken, unless the page is too
    narrow for all of them: then the longest are.
    """
    room = page - _between(table)
    narrowest = _narrowest(table, titles)
    numbers = [column.align == "right" and column.ratio is None for column in table.columns]
    fixed = [column.ratio is None for column in table.columns]
    first = [number or (place == 0 and fixed[0]) for place, number in enumerate(numbers)]
    for roomy in (ROOMY, 0):
        for whole in (fixed, first, numbers, [False] * len(natural)):
            least = [
                width if kept else min(width, max(word, roomy))
                for width, word, kept in zip(natural, narrowest, whole, strict=True)
            ]
            if sum(least) <= room:
                return _shared(least, natural, [column.ratio for column in table.columns], room)
    longest = max(narrowest)
    while sum(min(word, longest) for word in narrowest) > room and longest > 1:
        longest -= 1
    return [min(word, longest) for word in narrowest]


def _shared(
    least: Sequence[int], natural: Sequence[int], ratios: Sequence[int | None], room: int
) -> list[int]:
    """The least widths, and what is left of the room in parts: as the ratios say, else by what is lacking."""
    widths = list(least)
    while left := room - sum(widths):
        lacking = [full - width for full, width in zip(natural, widths, strict=True)]
        if not any(lacking):
            break
        wish = [
            lack and (lack if ratio is None else ratio) for lack, ratio in zip(lacking, ratios, strict=True)
        ]
        parts = [min(lack, left * part // sum(wish)) for lack, part in zip(lacking, wish, strict=True)]
        if not any(parts):
            parts[wish.index(max(wish))] = 1
        widths = [width + part for width, part in zip(widths, parts, strict=True)]
    return widths


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
