"""Where a wrong value stands: the file and line, or ``--set``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gatesim.scenario.errors import Finding, KeyPath, Problem, dotted
from gatesim.scenario.positions import Positions
from gatesim.scenario.reading import Layer
from gatesim.scenario.shape import at, entry, is_whole

SET = "--set"


class Sources:
    """The files of a chain, and what was set on top of them.

    Parameters
    ----------
    layers
        The files, from base to top.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = list(layers)
        self._sets: list[tuple[KeyPath, object]] = []
        self._positions: dict[str, Positions] = {}

    def note_set(self, path: KeyPath, value: object) -> None:
        """Take note of a value set on top of the files."""
        self._sets.append((path, value))

    def problem(self, finding: Finding, data: dict[str, Any]) -> Problem:
        """A finding with the file and line in which the value stands.

        Parameters
        ----------
        finding
            What is wrong.
        data
            The merged data.
        """
        file, line = self._place(finding, data)
        return Problem(file, line, dotted(finding.path), finding.message, finding.hint)

    def _place(self, finding: Finding, data: dict[str, Any]) -> tuple[str, int | None]:
        concerned = (finding.path, *finding.because)
        if any(self._was_set(path, data) for path in concerned):
            return SET, None
        for layer in reversed(self._layers):
            held = [path for path in concerned if path and _holds(layer.data, path)]
            if held:  # a value rather than the table around it
                return self._in_file(layer, min(held, key=lambda path: _is_table(layer.data, path)))
        path = finding.path[:-1]
        while path:
            for layer in reversed(self._layers):
                if _holds(layer.data, path):
                    return self._in_file(layer, path)
            if any(_leads_to(path, place) for place, _ in self._sets):
                return SET, None
            path = path[:-1]
        return (self._layers[-1].file, None) if self._layers else (SET, None)

    def _in_file(self, layer: Layer, path: KeyPath) -> tuple[str, int | None]:
        if layer.file not in self._positions:
            self._positions[layer.file] = Positions(layer.text)
        return layer.file, self._positions[layer.file].line(path)

    def _was_set(self, path: KeyPath, data: dict[str, Any]) -> bool:
        """Whether the value at a path was set, or is one value of which a part was set."""
        for place, value in self._sets:
            if _leads_to(place, path) and _holds(value, path[len(place) :]):
                return True
            if _leads_to(path, place):
                found: object = data
                for name in path:
                    found = entry(found, name)
                if isinstance(found, list) or (path and is_whole(at(path, data))):
                    return True
        return False


def _leads_to(start: KeyPath, path: KeyPath) -> bool:
    return path[: len(start)] == start


def _is_table(data: object, path: KeyPath) -> bool:
    for name in path:
        data = entry(data, name)
    return isinstance(data, dict)


def _holds(data: object, path: KeyPath) -> bool:
    for name in path:
        if isinstance(data, list) and isinstance(name, int):
            if not 0 <= name < len(data):
                return False
            data = data[name]
        elif isinstance(data, dict) and name in data:
            data = data[name]
        else:
            return False
    return True
