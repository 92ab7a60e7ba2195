"""An answer on a page: its scenario, what was found, the sentence, the tables that it rests on, the small print."""

from __future__ import annotations

import html
from collections.abc import Iterable

from rich.padding import Padding
from rich.text import Text

from gatesim.show.page import page
from gatesim.show.tables import Table, print_table, table_html


def print_answer(
    title: str, tables: Iterable[Table], sentence: str, small_print: Iterable[str], finding: str = ""
) -> None:
    """Print it; what was found, if it has words of its own, comes first."""
    console = page()
    console.print(Text(title, style="bold"))
    console.print()
    if finding:
        console.print(Padding(Text(finding, style="bold"), (0, 0, 1, 0)))
    console.print(Padding(Text(sentence), (0, 0, 1, 0)))
    for table in tables:
        print_table(console, table)
    for line in small_print:
        console.print(Text(line, style="dim"))


def answer_html(
    title: str, tables: Iterable[Table], sentence: str, small_print: Iterable[str], finding: str = ""
) -> str:
    """The same as a notebook shows it. All text is escaped."""
    return "\n".join(
        [
            f"<h4>{html.escape(title)}</h4>",
            *([f"<p><b>{html.escape(finding)}</b></p>"] if finding else []),
            f"<p>{html.escape(sentence)}</p>",
            *(table_html(table) for table in tables),
            *(f"<p><small>{html.escape(line)}</small></p>" for line in small_print),
        ]
    )
