"""Key paths: written with dots, read back, and the values they lead to."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gatesim.scenario.errors import KeyPath

LONGEST_KEY = 2000
"""Characters that a key path may have."""


@lru_cache(maxsize=10_000)  # the same patterns are read for every value that is looked up
def parse_key(text: str) -> tuple[str, ...]:
    """The names of a dotted key; names with odd characters may stand in quotes.

    Raises
    ------
    ValueError
        If the text is no key.
    """
    if len(text) <= LONGEST_KEY and "\n" not in text and "=" not in text:
        try:
            node: Any = tomllib.loads(f"{_star_quoted(text)} = 0")
        except (ValueError, RecursionError):
            pass
        else:
            names = []
            while isinstance(node, dict) and len(node) == 1:
                ((name, node),) = node.items()
                names.append(name)
            if node == 0 and names:
                return tuple(names)
    raise ValueError("is no key: write names with dots between them, odd ones in quotes")


_NAME = re.compile(r"""("[^"]*"|'[^']*')|(?:(?<=\.)|^)(\s*)\*(\s*)(?=\.|$)""")


def _star_quoted(text: str) -> str:
    """A bare ``*`` is no key of TOML; in patterns and in ``--set`` it is. Names in quotes stay as they are."""
    return _NAME.sub(lambda found: found[1] or f'{found[2]}"*"{found[3]}', text)


def leaves(data: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """Every value that is no table and no array, with its key path; empty ones count as values."""
    if isinstance(data, dict) and data:
        for name, value in data.items():
            yield from leaves(value, (*path, name))
    elif isinstance(data, list) and data:
        for number, value in enumerate(data):
            yield from leaves(value, (*path, number))
    elif path:
        yield path, data
