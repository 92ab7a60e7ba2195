"""Lines of text: broken between words, never between a number and its unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial

from rich.cells import cell_len, chop_cells

_GLUE = "\x1f"
"""Stands for a blank at which no line may end."""

BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|[kMBT])(?!\w))")
"""A blank between a number and its unit."""

_PARTS = re.compile(r"[^_\-/.,]*[_\-/.,]+|[^_\-/.,]+")
"""A long word comes apart after these."""


def words(text: str) -> list[str]:
    """What stays together on a line: words, each with the blanks before it; a number with its unit is one."""
    return [word.replace(_GLUE, " ") for word in re.findall(r" *[^ ]+", BEFORE_UNIT.sub(_GLUE, text))]


def longest_word(text: str) -> int:
    """Columns that the longest word of a text takes."""
    return max((cell_len(word.lstrip()) for part in text.split("\n") for word in words(part)), default=0)


def broken_lines(text: str, width: int) -> list[str]:
    """A text on lines of a width.

    Parameters
    ----------
    text
        Its own ends of lines are kept.
    width
        Columns, at least one. A word that is longer comes apart, where it can after a hyphen, an underscore, a dot, a
        slash or a comma.

    Returns
    -------
    list of str
        Lines without blanks at their ends.
    """
    return [line for part in text.split("\n") for line in _filled(part, width)]


def _filled(text: str, width: int) -> list[str]:
    return _packed(
        words(text),
        width,
        lambda word: _packed(_PARTS.findall(word), width, partial(chop_cells, width=width)),
    )


def _packed(parts: Iterable[str], width: int, apart: Callable[[str], list[str]]) -> list[str]:
    """Parts on lines; one that begins a line, and is too long for it, comes apart."""
    found, line = [], ""
    for part in parts:
        if cell_len(line) + cell_len(part) <= width:
            line += part
            continue
        begins = part.lstrip() if line else part
        if line:
            found.append(line)
        *whole, line = [begins] if cell_len(begins) <= width else apart(begins)
        found += whole
    return [*found, line]
