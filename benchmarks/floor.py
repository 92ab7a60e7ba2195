"""The floor: for each need draw one number, look up what the gate does, count. Nothing is faster and still simulates.

One Philox block (Salmon et al., 2011) gives two needs 64 bits each. These pick, by Walker's alias method, a segment
and a cell with the probabilities that needs have; the gate's table is folded into it. No time passes, nobody is
remembered, and nobody waits: what a check comes to is not asked.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.contender import contend
from benchmarks.workload import Cell, Workload, read
from gatesim.world.compiled import compiled

LANES = 32
"""Blocks that are drawn side by side, so that the processor's vectors are filled."""

SLOTS = 256
"""Entries of the alias table: a byte of the number picks one."""

ACTIONS = ("allow", "check", "block")

Word = np.uint64
Words = NDArray[np.uint64]

# Unsigned throughout: products of 32-bit numbers fit, and an index needs no look at its sign.
_M0, _M1, _B0, _B1 = (
    np.uint64(0xD2511F53),
    np.uint64(0xCD9E8D57),
    np.uint64(0x9E3779B9),
    np.uint64(0xBB67AE85),
)
_LOW, _HALF, _BYTE, _ONE, _ZERO = (np.uint64(n) for n in (0xFFFFFFFF, 32, SLOTS - 1, 1, 0))


@compiled("UniTuple(uint64, 4)(uint64, uint64, uint64, uint64, uint64, uint64)", forceinline=True)
def _philox(c0: Word, c1: Word, c2: Word, c3: Word, k0: Word, k1: Word) -> tuple[Word, Word, Word, Word]:
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c2 = (p1 >> _HALF) ^ c1 ^ k0, (p0 >> _HALF) ^ c3 ^ k1
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _B0) & _LOW, (k1 + _B1) & _LOW
    return c0, c1, c2, c3


@compiled("void(int64, uint64, uint64[::1], uint64[::1], int64[:, ::1])")
def count(batches: int, seed: Word, keep: Words, codes: Words, counts: NDArray[np.int64]) -> None:
    """Draw ``2 * LANES`` needs a batch and count their codes; every lane counts for itself."""
    words = np.empty((4, LANES), dtype=np.uint64)
    for batch in range(batches):
        for lane in range(LANES):
            words[0, lane], words[1, lane], words[2, lane], words[3, lane] = _philox(
                np.uint64(lane), _ZERO, np.uint64(batch), _ZERO, seed, _ZERO
            )
        for lane in range(LANES):
            slot = words[0, lane] & _BYTE
            counts[lane, codes[(slot << _ONE) | np.uint64(words[1, lane] >= keep[slot])]] += 1
            slot = words[2, lane] & _BYTE
            counts[lane, codes[(slot << _ONE) | np.uint64(words[3, lane] >= keep[slot])]] += 1


def alias(probabilities: NDArray[np.float64]) -> tuple[Words, NDArray[np.int64]]:
    """Walker's tables: slot i gives i where a 32-bit number is below ``keep[i]``, else ``other[i]``."""
    scaled = np.zeros(SLOTS)
    scaled[: len(probabilities)] = probabilities * SLOTS
    keep, other = np.full(SLOTS, 2**32, dtype=np.uint64), np.arange(SLOTS, dtype=np.int64)
    small = [i for i in range(SLOTS) if scaled[i] < 1]
    large = [i for i in range(SLOTS) if scaled[i] >= 1]
    while small and large:
        little, big = small.pop(), large[-1]
        keep[little], other[little] = np.uint64(scaled[little] * 2**32), big
        scaled[big] -= 1 - scaled[little]
        if scaled[big] < 1:
            small.append(large.pop())
    return keep, other


def tables(world: Workload) -> tuple[Words, Words]:
    """The alias tables over segments and cells; in the second, two for each slot, ``3 * segment + action``."""
    law: dict[tuple[int, Cell], float] = {}
    for number, one in enumerate(world.segments):
        for cell, p in world.cells(one):
            law[number, cell] = law.get((number, cell), 0.0) + one.share * one.needs_per_day * p
    weights = np.array(list(law.values()))
    code = np.zeros(SLOTS, dtype=np.uint64)
    code[: len(law)] = [3 * number + ACTIONS.index(world.gate[cell]) for number, cell in law]
    keep, other = alias(weights / weights.sum())
    return keep, np.stack([code, code[other]], axis=1).ravel()


def run(people: int, seed: int) -> dict[str, float]:
    """As many needs as the workload has."""
    world = read()
    keep, codes = tables(world)
    needs = people * world.length * sum(one.share * one.needs_per_day for one in world.segments)
    batches = max(1, round(needs / (2 * LANES)))
    counts = np.zeros((LANES, 3 * len(world.segments)), dtype=np.int64)
    count(batches, np.uint64(seed), keep, codes, counts)
    by_segment = counts.sum(axis=0).reshape(-1, len(ACTIONS))
    entitled = np.array([one.entitled for one in world.segments])
    allowed, checked = by_segment[:, 0], by_segment[:, 1]
    return {
        "needs": int(by_segment.sum()),
        "served": int(allowed.sum()),
        "restricted": int(by_segment[~entitled].sum()),
        "leaks": int(allowed[~entitled].sum()),
        "entitled": int(by_segment[entitled].sum()),
        "false_blocks": int((by_segment.sum(axis=1) - allowed)[entitled].sum()),
        "requests": int(checked.sum()),
    }


if __name__ == "__main__":
    contend("floor", run)
