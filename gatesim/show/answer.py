"""An answer on a page: its scenario, tables, the sentence, and the small print."""

from __future__ import annotations

import html
from collections.abc import Iterable

from rich.padding import Padding
from rich.text import Text

from gatesim.show.page import page
from gatesim.show.tables import Table, print_table, table_html


def print_answer(title: str, tables: Iterable[Table], sentence: str, small_print: Iterable[str]) -> None:
    """Print it."""
    console = page()
    console.print(Text(title, style="bold"))
    console.print()
    for table in tables:
        print_table(console, table)
    console.print(Padding(Text(sentence), (0, 0, 1, 0)))
    for line in small_print:
        console.print(Text(line, style="dim"))


def answer_html(title: str, tables: Iterable[Table], sentence: str, small_print: Iterable[str]) -> str:
    """The same as a notebook shows it. All text is escaped."""
    return "\n".join(
        [
            f"<h4>{html.escape(title)}</h4>",
            *(table_html(table) for table in tables),
            f"<p>{html.escape(sentence)}</p>",
            *(f"<p><small>{html.escape(line)}</small></p>" for line in small_print),
        ]
    )
