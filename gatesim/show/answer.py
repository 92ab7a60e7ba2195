"""An answer on a page: its scenario, what was found, the sentence, the tables that it rests on, the small print."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from gatesim.scenario.assumptions import Input, set_words
from gatesim.show.page import page, say
from gatesim.show.tables import Table, print_table, table_html


def rests_words(inputs: int, guesses: int, all_inputs: Sequence[Input]) -> str:
    """How many uncertain inputs an answer rests on, and what was set of all of them, in a sentence or two."""
    words = (
        f"It rests on {inputs} inputs, {guesses} of them guesses: gatesim check lists each with its source."
    )
    return " ".join(filter(None, (words, set_words(all_inputs))))


def print_answer(
    title: str, tables: Iterable[Table], sentence: str, small_print: Iterable[str], finding: str = ""
) -> None:
    """Print it; what was found, if it has words of its own, comes first."""
    console = page()
    say(console, title, "bold", after=True)
    if finding:
        say(console, finding, "bold", after=True)
    say(console, sentence, after=True)
    for table in tables:
        print_table(console, table)
    for line in small_print:
        say(console, line, "dim")


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
