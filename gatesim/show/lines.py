"""Lines of text: broken between words, never between a number and its unit."""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells

_GLUE = "\x1f"
"""Stands for a blank at which no line may end."""

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|[kMBT])(?!\w))")

_PARTS = re.compile(r"[^_\-/.,]*[_\-/.,]+|[^_\-/.,]+")
"""A long word comes apart after these."""


def words(text: str) -> list[str]:
    """What stays together on a line: words, each with the blanks before it; a number with its unit is one."""
    return [word.replace(_GLUE, " ") for word in re.findall(r" *[^ ]+", _BEFORE_UNIT.sub(_GLUE, text))]


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
    found, line = [], ""
    for word in words(text):
        if line and cell_len(line) + cell_len(word) <= width:
            line += word
            continue
        if line:
            found.append(line)
        *whole, line = _apart(word.lstrip() if line else word, width)
        found += whole
    return [*found, line]


def _apart(word: str, width: int) -> list[str]:
    """A word on as many lines as it takes."""
    if cell_len(word) <= width:
        return [word]
    found, line = [], ""
    for part in _PARTS.findall(word):
        if cell_len(line) + cell_len(part) <= width:
            line += part
            continue
        if line:
            found.append(line)
        *whole, line = chop_cells(part, width) if cell_len(part) > width else [part]
        found += whole
    return [*found, line]
