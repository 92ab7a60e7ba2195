"""Rows that are the same, told from those that are not."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.int8, np.int64, np.float64)


def different(rows: NDArray[Number]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the rows of a table that differ.

    On some hundreds of rows far quicker than `numpy.unique`, which sorts.

    Parameters
    ----------
    rows
        A table; rows are the same if they are to the last bit.

    Returns
    -------
    first
        Numbers of the rows that differ from all before them.
    which
        For each row the number, among these, of the one that it equals.
    """
    if rows.shape[1] == 0:
        return np.zeros(min(len(rows), 1), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    data, width = np.ascontiguousarray(rows).tobytes(), rows.shape[1] * rows.itemsize
    numbers: dict[bytes, int] = {}
    which = [numbers.setdefault(data[at : at + width], len(numbers)) for at in range(0, len(data), width)]
    first, seen = [], -1
    for row, number in enumerate(which):
        if number > seen:
            first.append(row)
            seen = number
    return np.array(first, dtype=np.int64), np.array(which, dtype=np.int64)
