"""Thin lines at the instants at which the law changes, each with a word above it, for charts over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gatesim.scenario.schema import Scenario
from gatesim.show.charts.grammar import LIMIT, altair, inline
from gatesim.show.charts.letters import width_of
from gatesim.study.law_changes import IN_FORCE, law_changes

SIZE, ROW, GAP = 10, 12, 3
"""Of the letters; of a row of words above the chart; between a word and its line; in points."""


def law_words(scenario: Scenario, replication: int | None = None) -> dict[int, str]:
    """Instant within the window -> what changes in the law there, in a few words.

    Parameters
    ----------
    scenario
        The scenario; where it has several orders, words begin with the number of theirs.
    replication
        Which population, whose draws count; None: without the ends and licences that are drawn.
    """
    several = len(scenario.orders) > 1
    found: dict[int, list[str]] = {}
    for change in law_changes(scenario, replication):
        which = f"order {change.order + 1} " if several else "order " if change.kind == IN_FORCE else ""
        if change.at_us > 0:
            found.setdefault(change.at_us, []).append(which + change.kind)
    return {at: ", ".join(dict.fromkeys(words)) for at, words in found.items()}


def law_small(scenario: Scenario) -> str:
    """What small print says of the lines."""
    titles = [
        f"order {number}: {order.title}"
        for number, order in enumerate(scenario.orders, start=1)
        if order.title
    ]
    return "; ".join(["dashed: the law changes", *(titles if len(scenario.orders) > 1 else [])])


def law_lines(
    words: Mapping[int, str],
    clock: Callable[[int], Any],
    x: Any,
    span: tuple[int, int],
    size: tuple[float, float],
) -> list[Any]:
    """Layers of a chart: for each change of the law within it a line, up to its word, and the word.

    Parameters
    ----------
    words
        Instant -> what changes.
    clock
        An instant as the axis has it.
    x
        The axis, of a column ``at``.
    span
        The instants at its ends.
    size
        Width and height of the chart, in points.
    """
    alt = altair()
    (first, last), (width, height) = span, size
    within = {at: said for at, said in words.items() if first < at < last}
    rows = _rows([(width * (at - first) / (last - first), said) for at, said in within.items()], width)
    layers = []
    for (at, said), (row, is_left) in zip(within.items(), rows, strict=True):
        base = alt.Chart(inline([{"at": clock(at)}]))
        layers += [
            base.mark_rule(color=LIMIT, strokeDash=[4, 3], strokeWidth=1).encode(
                x=x, y=alt.value(-ROW * row), y2=alt.value(height)
            ),
            base.mark_text(
                text=said,
                color=LIMIT,
                fontSize=SIZE,
                align="right" if is_left else "left",
                dx=-GAP if is_left else GAP,
                baseline="bottom",
            ).encode(x=x, y=alt.value(-ROW * row - 2)),
        ]
    return layers


def _rows(words: Sequence[tuple[float, str]], width: float) -> list[tuple[int, bool]]:
    """For each word, at its place in points, its row, and whether it stands left of its line: where it would run over
    the right end.

    No word overlaps another one; nor, where all stand right of their lines, a line that leads up to one above it.
    """
    found: dict[int, tuple[int, bool]] = {}
    taken: list[tuple[int, float, float]] = []
    # From right to left: so the line of each rises left of the words below it.
    for number in sorted(range(len(words)), key=lambda number: -words[number][0]):
        at, said = words[number]
        wide = width_of(said, SIZE) + 2 * GAP
        is_left = width < at + wide <= 2 * at
        begin, end = (at - wide, at) if is_left else (at, at + wide)
        row = min(set(range(len(words))) - {row for row, a, b in taken if begin < b and a < end})
        found[number] = (row, is_left)
        taken += [(row, begin, end), *((below, at, at) for below in range(row))]
    return [found[number] for number in range(len(words))]
