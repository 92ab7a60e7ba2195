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
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1] * rows.itemsize)))
    names = whole.ravel().tolist()
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    which = np.array([numbers[name] for name in names], dtype=np.int64)
    return np.unique(which, return_index=True)[1], which
