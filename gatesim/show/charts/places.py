"""Where names stand beside points, so that none lies on another, on a point or on a line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from gatesim.show.charts.letters import width_of

SIZE, HEIGHT, LETTER = 9.0, 11.0, 5.3
"""Of the letters of a name, and of a line of them; the width is that of a mean letter, rather more."""

GAP = 6.0
"""Between a point and its name."""


class Box(NamedTuple):
    """A rectangle in points; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two have some area in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


FAR = 9.0
"""A name that is so far from its point has a line that leads there."""

FARTHEST = 110.0
"""No name stands farther off; a number may."""

ROUNDS = 2
"""So often places are given at most, until every name has one."""

Point = tuple[Sequence[str], float, float]
"""Names of those that stand on it, and its place."""

STEP = 5.0
"""Of the grid on which a place is looked for where there is none close to a point."""


class Placed(NamedTuple):
    """A name, and the left end and middle of it.

    Attributes
    ----------
    text, x, y
        The name and where it stands.
    leader
        Ends of a line from the point to a name that stands off, as x, y, x, y; empty where it stands close.
    align
        At which end of its room it stands, rather wider than it is: at the one towards its point.
    """

    text: str
    x: float
    y: float
    leader: tuple[float, ...] = ()
    align: str = "left"

    @property
    def anchor(self) -> float:
        """Where it is aligned."""
        return self.x + {"left": 0.0, "center": 0.5, "right": 1.0}[self.align] * room_of(self.text)


def room_of(text: str) -> float:
    """Points that are kept for a name."""
    return max(LETTER * len(text), width_of(text, SIZE))


def around(x: float, y: float, radius: float = 4.0) -> Box:
    """What a point takes."""
    return Box(x - radius, y - radius, x + radius, y + radius)


def along(points: Sequence[tuple[float, float]], step: float = 4.0) -> Iterator[Box]:
    """What a line through some points takes, in small boxes."""
    for (x, y), (x2, y2) in pairwise(points):
        parts = max(1, int(max(abs(x2 - x), abs(y2 - y)) / step))
        for part in range(parts + 1):
            yield around(x + (x2 - x) * part / parts, y + (y2 - y) * part / parts, 1.5)


def _candidates(x: float, y: float, width: float) -> Iterator[tuple[float, float]]:
    """Left end and middle of a name, the best place first: beside the point, above, below, ever further off."""
    for off in (0.0, 8.0, 14.0, 22.0):
        for down in dict.fromkeys((-off, off)):
            yield x + GAP, y + down
            yield x - GAP - width, y + down
        yield x - width / 2, y - off - GAP - HEIGHT / 2
        yield x - width / 2, y + off + GAP + HEIGHT / 2


def _free(
    point: tuple[float, float],
    width: float,
    boxes: Any,
    crossed: Any,
    size: tuple[float, float],
    farthest: float,
) -> Box | None:
    """The nearest place of a panel in which no box is, and to which a line from a point leads that crosses nothing."""
    x, y = point
    left, top = (STEP * at for at in np.nonzero(_no_box(boxes, (width, HEIGHT), size)))
    # Where the line ends, as seen from the point.
    right, low = np.clip(x, left, left + width) - x, np.clip(y, top + 2, top + HEIGHT - 2) - y
    off = np.hypot(right, low)
    nearest = np.argsort(off, kind="stable")
    nearest = nearest[: np.searchsorted(off[nearest], farthest)]
    edges = _edges(point, crossed)
    for some in np.split(nearest, [100, 400]):
        ahead = right[some, None], low[some, None]
        (x1, y1), (x2, y2), distance = edges
        hidden = (x1 * ahead[1] >= y1 * ahead[0]) & (x2 * ahead[1] <= y2 * ahead[0])
        seen = some[~(hidden & (off[some, None] >= distance)).any(axis=1)]
        if len(seen):
            best = float(left[seen[0]]), float(top[seen[0]])
            return Box(*best, best[0] + width, best[1] + HEIGHT)
    return None


def _no_box(boxes: Any, own: tuple[float, float], size: tuple[float, float]) -> Any:
    """Places of a grid, across and down, at which a box of some size begins that meets no other: bool[across, down]."""
    across, down = (max(0, math.ceil((room - long) / STEP)) for room, long in zip(size, own, strict=True))
    box = boxes.T / STEP
    # Each box is in the way from some place to another, in both directions: added up from its corners.
    from_, to = np.floor(box[:2] - np.array([own]).T / STEP) + 1, np.ceil(box[2:])
    ends = np.array([across, down])[:, None]
    (x1, y1), (x2, y2) = (np.clip(at, 0, ends).astype(int) for at in (from_, np.maximum(from_, to)))
    met = np.zeros((across + 1, down + 1), dtype=int)
    for x, y, more in ((x1, y1, 1), (x1, y2, -1), (x2, y1, -1), (x2, y2, 1)):
        np.add.at(met, (x, y), more)
    return met.cumsum(axis=0).cumsum(axis=1)[:across, :down] == 0


def _edges(point: tuple[float, float], boxes: Any) -> tuple[Any, Any, Any]:
    """Of boxes that hide what is behind them: their two edges, as seen from a point, and how far off they are."""
    x, y = point
    box = boxes[~_met(boxes, np.array([around(x, y, 1.0)]))[0]] - [x, y, x, y]
    corners = np.stack([box[:, [0, 0, 2, 2]], box[:, [1, 3, 1, 3]]])
    to_middle = corners.mean(axis=2)[:, :, None]
    # The sine of the angle to the middle, times a length: of one sign on each side of it.
    turned = np.arctan2(
        to_middle[0] * corners[1] - to_middle[1] * corners[0], (to_middle * corners).sum(axis=0)
    )
    each = np.arange(len(box))
    first, last = corners[:, each, turned.argmin(axis=1)], corners[:, each, turned.argmax(axis=1)]
    distance = np.hypot(np.clip(0, box[:, 0], box[:, 2]), np.clip(0, box[:, 1], box[:, 3]))
    return first, last, distance


def _met(boxes: Any, others: Any) -> Any:
    """Which boxes have some area in common with which others: bool[other, box]."""
    left, top, right, bottom = others.T[:, :, None]
    return (left < boxes[:, 2]) & (boxes[:, 0] < right) & (top < boxes[:, 3]) & (boxes[:, 1] < bottom)


def _leader(x: float, y: float, box: Box) -> tuple[float, ...]:
    """A line from a point to the nearest place of a name that stands off."""
    end_x, end_y = min(max(x, box.left), box.right), min(max(y, box.top + 2), box.bottom - 2)
    if math.hypot(end_x - x, end_y - y) < FAR:
        return ()
    return (x, y, end_x, end_y)


def _under(leader: tuple[float, ...]) -> list[Box]:
    """What a line takes but for its ends, at its point and at its name; nothing where there is no line."""
    if not leader:
        return []
    x, y, end_x, end_y = leader
    long = math.hypot(end_x - x, end_y - y)
    ends = [(x + (end_x - x) * part, y + (end_y - y) * part) for part in (5 / long, 1 - 2 / long)]
    return list(along(ends))


def spans(numbers: Sequence[int]) -> str:
    """Whole numbers in few signs, such as ``"2-12, 14"``."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(f"{one[0]}-{one[-1]}" if len(one) > 1 else f"{one[0]}" for one in found)


def place(
    points: Sequence[Point],
    taken: Sequence[Box],
    size: tuple[float, float],
    numbers: Mapping[str, int],
) -> tuple[list[Placed], list[str], list[str]]:
    """Places for the names of points.

    Parameters
    ----------
    points
        Names of those that stand on the point, and its place, in points from the upper left corner.
    taken
        Where no name may lie, besides the points themselves.
    size
        Width and height of the panel, which no name leaves.
    numbers
        What stands in place of a name that finds no room.

    Returns
    -------
    placed, numbered, nameless
        Names, or numbers, and where they stand; the names in whose place numbers stand; those for which there was not
        even room for a number.
    """
    others = sorted(points, key=lambda point: (len(", ".join(point[0])), point[2]))
    first: list[Point] = []
    rounds = []
    for _ in range(ROUNDS):
        rounds.append(_Placing(taken, points, size, numbers))
        left = rounds[-1].put_all(first, others)
        if not left:
            break
        # What found no room for its name chooses before all others in the next round.
        first = [*left, *(one for one in first if one not in left)]
        others = [one for one in others if one not in left]
    best = min(rounds, key=_Placing.lacks)
    return best.placed, best.numbered, best.nameless


class _Placing:
    """One round of giving names their places, each in turn."""

    def __init__(
        self,
        taken: Sequence[Box],
        points: Sequence[Point],
        size: tuple[float, float],
        numbers: Mapping[str, int],
    ) -> None:
        # Where no name may lie, and what no line may cross: float64[box, 4], as a `Box` has them.
        self._boxes = np.array([*taken, *(around(x, y) for _, x, y in points)]).reshape(-1, 4)
        self._crossed = np.array([around(x, y, 2.5) for _, x, y in points]).reshape(-1, 4)
        self._size, self._numbers = size, numbers
        self.placed: list[Placed] = []
        self.numbered: list[str] = []
        self.nameless: list[str] = []

    def lacks(self) -> tuple[int, int, float]:
        """How many have no name or number, how many have a number, and how far names stand off: less is better."""
        off = sum(math.dist(one.leader[:2], one.leader[2:]) for one in self.placed)
        return len(self.nameless), len(self.numbered), off

    def put_all(self, first: Sequence[Point], others: Sequence[Point]) -> list[Point]:
        """All names: some first; others close to their points, then farther off; those whose names found no room."""
        left = [one for one in first if not (self._close(one) or self._anywhere(one))]
        self._put_numbers(left)
        others = [one for one in others if not self._close(one)]
        others = [one for one in others if not self._anywhere(one)]
        self._put_numbers(others)
        return [*left, *others]

    def _put_numbers(self, points: Sequence[Point]) -> None:
        for names, x, y in points:
            number = ([spans([self._numbers[name] for name in names])], x, y)
            found = self._close(number) or self._anywhere(number, math.inf)
            (self.numbered if found else self.nameless).extend(names)

    def _close(self, point: Point) -> bool:
        names, x, y = point
        text = ", ".join(names)
        room = room_of(text)
        left, middle = np.array(list(_candidates(x, y, room))).T
        boxes = np.stack([left, middle - HEIGHT / 2, left + room, middle + HEIGHT / 2], axis=1)
        inside = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= self._size).all(axis=1)
        for number in np.flatnonzero(inside & ~_met(self._boxes, boxes).any(axis=1)):
            box = Box(*boxes[number].tolist())
            leader = _leader(x, y, box)
            if not leader or not _met(self._crossed, np.array(_under(leader))).any():
                self._put(point, box, leader)
                return True
        return False

    def _anywhere(self, point: Point, farthest: float = FARTHEST) -> bool:
        names, x, y = point
        text = ", ".join(names)
        box = _free((x, y), room_of(text), self._boxes, self._crossed, self._size, farthest)
        if box is not None:
            self._put(point, box, _leader(x, y, box))
        return box is not None

    def _put(self, point: Point, box: Box, leader: tuple[float, ...]) -> None:
        names, x, _ = point
        taken = np.array([box, *_under(leader)])
        self._boxes = np.concatenate([self._boxes, taken])
        self._crossed = np.concatenate([self._crossed, taken])
        text = ", ".join(names)
        # In the middle of its room, unless it would then stand beside the end of its line.
        half, middle = width_of(text, SIZE) / 2, (box.left + box.right) / 2
        align = "left" if x < middle - half else "right" if x > middle + half else "center"
        self.placed.append(Placed(text, box.left, (box.top + box.bottom) / 2, leader, align))
