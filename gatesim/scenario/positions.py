"""The line of a key in a TOML text. tomllib has no positions, so tree-sitter reads the text once more; it is
loaded only when something is wrong."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from gatesim.scenario.errors import Finding, KeyPath, Problem, dotted

if TYPE_CHECKING:
    from tree_sitter import Node


DEEPEST = 40
"""Deeper values than any file may have keep the line of what they are in."""


class Positions:
    """The lines of all keys of a text that tomllib could read."""

    def __init__(self, text: str) -> None:
        import tree_sitter_toml
        from tree_sitter import Language, Parser

        tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
        self._lines: dict[KeyPath, int] = {}
        self._elements: dict[KeyPath, int] = {}
        for node in tree.root_node.named_children:
            self._statement(node)

    def line(self, path: KeyPath) -> int | None:
        """The line of a key; where the text lacks it, that of the table it would stand in; else None."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return None

    def problem(self, file: str, finding: Finding) -> Problem:
        """A finding with its file and line."""
        return Problem(file, self.line(finding.path), dotted(finding.path), finding.message, finding.hint)

    def _statement(self, node: Node) -> None:
        if node.type == "pair":
            self._pair(node, ())
        elif node.type in ("table", "table_array_element"):
            head, *rest = node.named_children
            path = self._placed(_names(head))
            if node.type == "table_array_element":
                number = self._elements.get(path, -1) + 1
                self._elements[path] = number
                path = (*path, number)
            for length in range(1, len(path) + 1):
                self._note(path[:length], head)
            for child in rest:
                if child.type == "pair":
                    self._pair(child, path)

    def _placed(self, names: tuple[str, ...]) -> KeyPath:
        """The path that the names of a header lead to: into the last element of each array on the way."""
        path: KeyPath = ()
        for position, name in enumerate(names):
            path = (*path, name)
            if path in self._elements and position < len(names) - 1:
                path = (*path, self._elements[path])
        return path

    def _pair(self, node: Node, table: KeyPath) -> None:
        key, value = node.named_children[0], node.named_children[-1]
        path = table
        for name in _names(key):
            path = (*path, name)
            self._note(path, key)
        self._value(value, path)

    def _value(self, node: Node, path: KeyPath) -> None:
        if len(path) > DEEPEST:
            return
        if node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self._pair(child, path)
        elif node.type == "array":
            values = [child for child in node.named_children if child.type != "comment"]
            for number, child in enumerate(values):
                self._note((*path, number), child)
                self._value(child, (*path, number))

    def _note(self, path: KeyPath, node: Node) -> None:
        self._lines.setdefault(path, node.start_point[0] + 1)


def _names(key: Node) -> tuple[str, ...]:
    """The names of a key: bare, quoted, or several with dots between them."""
    if key.type == "dotted_key":
        return tuple(name for child in key.named_children for name in _names(child))
    text = (key.text or b"").decode()
    if key.type == "quoted_key":
        return tuple(tomllib.loads(f"{text} = 0"))
    return (text,)
