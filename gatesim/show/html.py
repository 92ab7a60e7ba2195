"""Results as a notebook shows them."""

from __future__ import annotations

import html
from collections.abc import Sequence

from gatesim.show.options import lines
from gatesim.show.options import tables as options_tables
from gatesim.show.run import heading, small_print, tables, transition_words
from gatesim.show.tables import Table, table_html
from gatesim.study.options import Options
from gatesim.study.result import Result


def run_html(result: Result) -> str:
    """A result as HTML: the verdict, then its tables. All text is escaped."""
    parts = [
        f"<h4>{html.escape(result.loaded.scenario.title)}</h4>",
        f"<p><small>{html.escape(heading(result))}</small></p>",
        f"<p>{html.escape(result.sentence)}</p>",
        *(
            f"<p>{html.escape(words)}</p>"
            for words in (result.shutting_down, transition_words(result))
            if words
        ),
        *(table_html(table) for table in tables(result)),
        *(f"<p><small>{html.escape(line)}</small></p>" for line in small_print(result)),
    ]
    return "\n".join(parts)


def tables_html(title: str, words: str, shown: Sequence[Table], last: str) -> str:
    """Tables as HTML, between some words and a last sentence. All text is escaped."""
    parts = [
        f"<h4>{html.escape(title)}</h4>",
        f"<p>{html.escape(words)}</p>" if words else "",
        *(table_html(table) for table in shown),
        f"<p>{html.escape(last)}</p>",
    ]
    return "\n".join(parts)


def options_html(found: Options) -> str:
    """What there is on a date as HTML. All text is escaped."""
    parts = [
        f"<h4>{html.escape(found.result.loaded.scenario.title)}</h4>",
        *(f"<p>{html.escape(line)}</p>" for line in lines(found)),
        *(table_html(table) for table in options_tables(found)),
        *(f"<p><small>{html.escape(line)}</small></p>" for line in small_print(found.result, people=False)),
    ]
    return "\n".join(parts)
