"""The best single table by branch and bound.

Fix some rows to single options, and mix tables over the others: what the best such mixture comes to is a bound for
every single table with those options, read off the frontier of the other rows. At most one row is divided in it; each
of that row's options makes a branch (Land and Doig, "An automatic method of solving discrete programming problems",
Econometrica 28, 1960). Branches whose bound is no better than the best single table known are dropped, the best bound
comes first. Going along a frontier only as far as whole edges fit makes single tables on the way.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.bound import Bound
from gatesim.gates.bounds.frontier import BLOCKED, frontier_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_BRANCHES = 1_500
"""The most branches that are opened: a quarter of a second on the flagship."""

_HAIR = 1e-12
"""Room for rounding, in parts of all needs."""


class Searched(NamedTuple):
    """What branching has found.

    Attributes
    ----------
    choices
        int64[table, row]: single tables that came to more than all before, the last one best.
    worth
        No single table comes to more: needs served; or leaks, or their share, below zero. Minus infinity where there
        is none.
    """

    choices: Ints
    worth: float


class _Relaxed(NamedTuple):
    """The best mixture over the rows that are not fixed.

    Attributes
    ----------
    worth
        What it comes to, minus infinity where nothing is within the limits.
    divided
        The row that is divided; -1 where none is.
    taken
        How many edges of the frontier of the other rows are taken wholly by the best single table along it; -1 where
        no such table is within the limits.
    single
        What that table comes to.
    """

    worth: float
    divided: int
    taken: int
    single: float


def search(bound: Bound, known: float) -> Searched:
    """Go through single tables by branch and bound.

    Parameters
    ----------
    bound
        A bound with a value. Its desk is left out: what no table exceeds without it none exceeds with it.
    known
        What the best single table known comes to: needs served; or leaks, or their share, below zero; minus infinity
        if none is.
    """
    branches = _Branches(bound)
    hair = _HAIR * (1.0 if bound.leak == "leak_share" else bound.program.entitled + bound.program.restricted)
    best, found = known, []
    fixed: dict[int, int] = {}
    first = branches.relaxed(fixed)
    heap = [(-first.worth, 0, fixed, first)]
    opened = 0
    while heap and opened < MOST_BRANCHES:
        if -heap[0][0] <= best + hair:
            heap = []
            break
        _, _, fixed, at = heapq.heappop(heap)
        if at.taken >= 0 and at.single > best:
            best = at.single
            found.append(branches.table(fixed, at.taken))
        if at.divided < 0:
            continue
        for option in range(len(branches.options[at.divided])):
            opened += 1
            child = {**fixed, at.divided: option}
            below = branches.relaxed(child)
            if below.worth > best + hair:
                heapq.heappush(heap, (-below.worth, opened, child, below))
    worth = max(best, -heap[0][0]) if heap else best
    return Searched(np.array(found, dtype=np.int64).reshape(-1, bound.program.size), worth)


class _Branches:
    """The rows with their options, and the frontier of those that are not fixed."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        program = bound.program
        frontier = frontier_of(program)
        self._row, self._after = frontier.row[1:], frontier.after[1:]
        self._gain, self._cost = frontier.gain[1:], frontier.cost[1:]
        self._linear = [standard.linear(program.restricted) for standard in bound.standards]
        self._needed = (bound.floor or 0.0) * program.entitled
        self.options: list[Ints] = []
        self._points: list[Floats] = []
        for dense in program.dense():
            blocked = np.zeros((len(dense.served), 1))
            served = np.concatenate([blocked, dense.served], axis=1)
            leaks = np.concatenate([blocked, dense.leaks], axis=1)
            numbers = np.concatenate([[BLOCKED], dense.part.options])
            for own_served, own_leaks in zip(served, leaks, strict=True):
                keep = _unbeaten(own_served, own_leaks)
                self.options.append(numbers[keep])
                self._points.append(np.stack([own_served[keep], own_leaks[keep]], axis=1))

    def relaxed(self, fixed: dict[int, int]) -> _Relaxed:
        """The best mixture with some rows fixed to options of theirs."""
        program = self._bound.program
        start = np.array([program.open_entitled, program.open_leaks])
        for row, option in fixed.items():
            start = start + self._points[row][option]
        mine = np.flatnonzero(~np.isin(self._row, list(fixed))) if fixed else np.arange(len(self._row))
        served = start[0] + np.concatenate([[0.0], np.cumsum(self._gain[mine])])
        leaks = start[1] + np.concatenate([[0.0], np.cumsum(self._cost[mine])])
        if self._bound.question == "least_leak":
            return self._at_floor(mine, served, leaks)
        last, part = len(mine), 0.0
        for a, b, most in self._linear:
            room = most + b * served - a * leaks
            within = np.flatnonzero(room >= 0)
            if not len(within):
                return _nothing()
            end = int(within[-1])
            over = float(room[end] / (room[end] - room[end + 1])) if end + 1 < len(room) else 0.0
            last, part = min((last, part), (end, over))
        if part == 0.0:
            return _Relaxed(float(served[last]), -1, last, float(served[last]))
        worth = float(served[last] + part * (served[last + 1] - served[last]))
        return _Relaxed(worth, int(self._row[mine[last]]), last, float(served[last]))

    def _at_floor(self, mine: Ints, served: Floats, leaks: Floats) -> _Relaxed:
        """The fewest leaks, or the least share, with the floor served."""
        is_share = self._bound.leak == "leak_share"
        cost = leaks / np.maximum(served + leaks, np.finfo(float).tiny) if is_share else leaks
        at = int(np.searchsorted(served, self._needed))
        if at == len(served):
            # All of it may be short by the rounding of a sum.
            if self._needed - served[-1] > _HAIR * self._bound.program.entitled:
                return _nothing()
            at -= 1
        # Where needs are served whatever the gate does, serving more than the floor may dilute their leaks.
        single = at + int(cost[at:].argmin())
        least, divided = float(cost[single]), -1
        if at > 0 and served[at] > self._needed:
            part = (self._needed - served[at - 1]) / (served[at] - served[at - 1])
            mixed = float(leaks[at - 1] + part * (leaks[at] - leaks[at - 1]))
            if is_share:
                mixed /= max(self._needed + mixed, np.finfo(float).tiny)
            if mixed < least:
                least, divided = mixed, int(self._row[mine[at - 1]])
        return _Relaxed(-least, divided, single, -float(cost[single]))

    def table(self, fixed: dict[int, int], taken: int) -> Ints:
        """The table with some rows fixed, and so many edges of the others."""
        choice = np.full(self._bound.program.size, BLOCKED)
        mine = np.flatnonzero(~np.isin(self._row, list(fixed)))[:taken] if fixed else np.arange(taken)
        choice[self._row[mine]] = self._after[mine]
        for row, option in fixed.items():
            choice[row] = self.options[row][option]
        return choice


def _nothing() -> _Relaxed:
    return _Relaxed(-np.inf, -1, -1, -np.inf)


def _unbeaten(served: Floats, leaks: Floats) -> Ints:
    """Numbers of the options of a row that no other one beats."""
    order = np.lexsort((leaks, -served))
    fewest = np.concatenate([[np.inf], np.minimum.accumulate(leaks[order])[:-1]])
    found: Ints = order[leaks[order] < fewest]
    return found
