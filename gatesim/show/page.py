"""The page that text is printed on: a console of a fixed width, and warnings beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

WIDTH = 100
"""Columns of a page, unless the terminal is narrower."""


def page() -> Console:
    """Standard output; colour on a terminal only, at most `WIDTH` columns."""
    console = Console(highlight=False, soft_wrap=False, emoji=False, markup=False)
    width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return Console(highlight=False, emoji=False, markup=False, width=max(width, 60))


def warn(warnings: Iterable[str]) -> None:
    """Write warnings to standard error, one line each."""
    console = Console(file=sys.stderr, highlight=False, emoji=False, markup=False, soft_wrap=True)
    for warning in warnings:
        console.print(Text("warning: ", style="yellow").append(Text(warning, style="default")))
