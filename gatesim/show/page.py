"""The page that text is printed on: a console of a fixed width, and warnings beside it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from gatesim.show.lines import broken_lines

WIDTH = 100
"""Columns of a page, unless the terminal is narrower."""


class Trimmed:
    """A stream that writes no blanks at the ends of lines: what is copied out of a file has none to take away."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write whole lines."""
        self._stream.write(re.sub(r"[ \t]+(?=\n)", "", text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def page() -> Console:
    """Standard output; colour on a terminal only, at most `WIDTH` columns."""
    console = Console(highlight=False, soft_wrap=False, emoji=False, markup=False)
    look: dict[str, Any] = {"highlight": False, "emoji": False, "markup": False}
    if console.is_terminal:
        return Console(width=max(min(console.width, WIDTH), 60), **look)
    return Console(width=WIDTH, file=Trimmed(sys.stdout), **look)  # type: ignore[arg-type]


def say(console: Console, words: str, style: str = "", *, after: bool = False) -> None:
    """Print a paragraph, with an empty line after it where wanted."""
    console.print(Text("\n".join(broken_lines(words, console.width)), style=style))
    if after:
        console.print()


def warn(warnings: Iterable[str]) -> None:
    """Write warnings to standard error, one line each."""
    console = Console(file=sys.stderr, highlight=False, emoji=False, markup=False, soft_wrap=True)
    for warning in warnings:
        console.print(Text("warning: ", style="yellow").append(Text(warning, style="default")))
