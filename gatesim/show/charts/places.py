"""Where names stand beside points, so that none lies on another, on a point or on a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

HEIGHT, LETTER = 11.0, 5.3
"""Of a name in letters of 9 points; the width is that of a mean letter, rather more."""

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
        return self.meets_any((other,))

    def meets_any(self, others: Iterable[Box]) -> bool:
        """Whether it has some area in common with any of the others."""
        left, top, right, bottom = self
        # A name is held against hundreds of boxes at dozens of places.
        for its_left, its_top, its_right, its_bottom in others:
            if left < its_right and its_left < right and top < its_bottom and its_top < bottom:
                return True
        return False


FAR = 9.0
"""A name whose middle is so far above or below its point, and beside it, has a line that leads there."""


class Placed(NamedTuple):
    """A name, and the left end and middle of it.

    Attributes
    ----------
    text, x, y
        The name and where it stands.
    leader
        Ends of a line from the point to a name that stands off, as x, y, x, y; empty where it stands close.
    """

    text: str
    x: float
    y: float
    leader: tuple[float, ...] = ()


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


def _leader(x: float, y: float, box: Box) -> tuple[float, ...]:
    """A line from a point to the nearest place of a name that stands off."""
    end_x, end_y = min(max(x, box.left), box.right), min(max(y, box.top + 2), box.bottom - 2)
    if abs((box.top + box.bottom) / 2 - y) < FAR or abs(end_y - y) < FAR:
        return ()
    return (x, y, end_x, end_y)


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
    points: Sequence[tuple[Sequence[str], float, float]],
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
    boxes = [*taken, *(around(x, y) for _, x, y in points)]
    placed: list[Placed] = []
    numbered: list[str] = []
    nameless: list[str] = []

    def try_to(text: str, x: float, y: float) -> bool:
        width = LETTER * len(text)
        for at, middle in _candidates(x, y, width):
            box = Box(at, middle - HEIGHT / 2, at + width, middle + HEIGHT / 2)
            inside = box.left >= 0 and box.right <= size[0] and box.top >= 0 and box.bottom <= size[1]
            if inside and not box.meets_any(boxes):
                boxes.append(box)
                placed.append(Placed(text, at, middle, _leader(x, y, box)))
                return True
        return False

    for names, x, y in sorted(points, key=lambda point: (len(", ".join(point[0])), point[2])):
        if not try_to(", ".join(names), x, y):
            (numbered if try_to(spans([numbers[name] for name in names]), x, y) else nameless).extend(names)
    return placed, numbered, nameless
