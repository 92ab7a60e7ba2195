"""What the law says of needs, and which of them are counted, on which days: passes over flat arrays, compiled.

What goes by a need's time alone, its day and its epoch, is found in loops over all needs of many accounts, without
branches: the compiler makes vector instructions of them. See `gatesim.law.law` for what the law says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import NONE, ONE, ZERO, Ints
from gatesim.scenario.types import DAY
from gatesim.world.compiled import compiled

_DAY_US = float(DAY)
_DAYS = 1.0 / _DAY_US

# A whole number below 2**52, written into the last digits of the double 2**52.
_DIGITS = 2.0**52
_BITS_OF_DIGITS = np.uint64(np.float64(_DIGITS).view(np.uint64))
# Numbers below 2**51, added to it, become whole.
_WHOLE = 1.5 * _DIGITS
_BITS_OF_WHOLE = np.int64(np.float64(_WHOLE).view(np.int64))


@compiled(_nrt=False)
def days_of(rows: int, times: Ints, midnight: int, longest: int, day: NDArray[np.int32]) -> None:
    """The day of the window on which each need arises.

    Parameters
    ----------
    rows
        How many needs.
    times
        int64[need]: microseconds from the window's start.
    midnight, longest
        Microseconds from midnight to the window's start; the window's length.
    day
        int32[need]: filled.
    """
    if longest + midnight >= 2**51:
        for row in range(rows):
            day[row] = (times[row] + midnight) // DAY
        return
    # A product with 1 / DAY, made whole, is the quotient or, where it was rounded up, one more.
    for row in range(rows):
        x = np.uint64(np.uint64(times[row] + midnight) | _BITS_OF_DIGITS).view(np.float64) - _DIGITS
        near = (x * _DAYS + _WHOLE) - _WHOLE
        whole = (near - (1.0 if near * _DAY_US > x else 0.0)) + _WHOLE
        day[row] = np.float64(whole).view(np.int64) - _BITS_OF_WHOLE


@compiled(_nrt=False)
def epochs_of(rows: int, times: Ints, epoch_start: Ints, epoch: NDArray[np.int16]) -> None:
    """The epoch in which each need arises: int16[need], filled; ``epoch_start`` has the window's length at its end."""
    for row in range(rows):
        epoch[row] = 0
    for later in range(1, len(epoch_start) - 1):
        start = epoch_start[later]
        for row in range(rows):
            epoch[row] += times[row] >= start


@compiled(_nrt=False)
def measure(
    accounts: int, begin: Ints, named: NDArray[np.bool_], restricts: NDArray[np.int32], width: int, days: int,
    bodies: NDArray[np.int16], model_of: NDArray[np.int16], epoch_of: NDArray[np.int16], day_of: NDArray[np.int32],
    restricted: NDArray[np.int32], upto: Ints, seen_row: NDArray[np.int32], slot: NDArray[np.int32],
    today: NDArray[np.int32], first_seen: Ints, of_model: Ints,
) -> None:  # fmt: skip
    """What the law says of each need, and which are measured: those of models that an order in force names.

    Parameters are columns of the accounts' `Needs` and of the `LawArrays`; ``width`` is how far its epochs stand apart.
    ``restricted`` holds for each need where the law of its maker and region begins, and what it says afterwards.
    ``upto`` is int64[need + 1], room to work in. The days of accounts of several bodies become -1 where a need is not
    measured.
    """
    models, rows, seen, numbers = of_model.shape[1], begin[accounts], ZERO, ZERO
    apart = np.int32(width)
    for row in range(rows):
        restricted[row] += np.int32(epoch_of[row]) * apart + np.int32(model_of[row])
    for row in range(rows):
        restricted[row] = restricts[np.uint64(restricted[row])]
    # Needs of each model are counted in parts of one number, and an account's are the difference of two such sums: what
    # runs over a part is the same in both.
    bits = 64 // models
    for row in range(rows):
        at = np.uint64(row)
        model, day = int(model_of[at]), day_of[at]
        measured = int(named[np.uint64(np.int64(epoch_of[at]) * models + model)])
        # Written for each need, and kept where it is measured: no branch that would be guessed wrong.
        kept = np.uint64(seen)
        seen_row[kept] = row
        slot[kept] = model * days + day
        today[kept] = day
        upto[at] = numbers
        numbers += measured << (bits * model)
        seen += measured
    upto[rows] = numbers
    most, seen = (ONE << min(bits, 62)) - 1, ZERO
    for a in range(accounts):
        first_seen[a] = seen
        first, last = begin[a], begin[a + 1]
        if last - first <= most:
            numbers = upto[last] - upto[first]
            for model in range(models):
                of_model[a, model] = (numbers >> (bits * model)) & most
                seen += of_model[a, model]
        else:
            for model in range(models):
                of_model[a, model] = 0
            for row in range(first, last):
                measured = int(named[epoch_of[row] * models + model_of[row]])
                of_model[a, model_of[row]] += measured
                seen += measured
        if bodies[a] > 1:
            for row in range(first, last):
                if not named[epoch_of[row] * models + model_of[row]]:
                    day_of[row] = NONE
    first_seen[accounts] = seen


@compiled(_nrt=False)
def measure_all(
    accounts: int, begin: Ints, day_of: NDArray[np.int32], seen_row: NDArray[np.int32], slot: NDArray[np.int32],
    today: NDArray[np.int32], first_seen: Ints, of_model: Ints,
) -> None:  # fmt: skip
    """`measure`, where every need is measured, and what the law says is known: it goes by the place."""
    rows = begin[accounts]
    for a in range(accounts + 1):
        first_seen[a] = begin[a]
    for a in range(accounts):
        of_model[a, 0] = begin[a + 1] - begin[a]
    for row in range(rows):
        seen_row[row] = row
        slot[row] = day_of[row]
        today[row] = day_of[row]


@compiled(_nrt=False)
def count_again(accounts: int, first_seen: Ints, today: NDArray[np.int32], again: NDArray[np.int32]) -> None:
    """How many measured needs of its account come before each in a row on the same day.

    Parameters
    ----------
    accounts
        How many.
    first_seen
        int64[account + 1]: the first of each account's.
    today
        int32[measured need]: the day.
    again
        int32[measured need]: filled.
    """
    seen = first_seen[accounts]
    for i in range(1, seen):
        again[i] = -np.int32(today[i] == today[i - 1])
    for a in range(accounts):
        again[first_seen[a]] = 0
    first = ZERO
    for i in range(seen):
        first = first if again[i] else i
        again[i] = i - first
