"""What is drawn once for owners who are asked for a document, and those who are asked in vain, compiled.

Passes over many accounts: what every owner would have drawn one by one costs less drawn together, and whoever has
nothing to show, or never answers, needs no walk through states under a gate that forgets. `gatesim.engine.life.decide`
says the same of one account.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import NONE, SHOWS_IF, ZERO, Floats, GateArrays, Ints
from gatesim.engine.columns import WORDS, Needs, Questions
from gatesim.engine.life import Ends
from gatesim.engine.steps import ask_blocks
from gatesim.gates.tables import FRESH
from gatesim.measures.ledger import GAVE_UP, NO_ANSWER, NO_DOCUMENT
from gatesim.world.compiled import compiled
from gatesim.world.draws import GIVES_UP, many_uniforms, many_words

_LOW = 2**32 - 1


# A function of its own with few arrays: what is handed over is copied at each call, and little fits into registers.
@compiled(_nrt=False)
def _ask_owners(
    accounts: int, seed: int, replication: int, halts: Ints, account: Ints, owner: NDArray[np.int32], asks: Ints,
    ask_what: NDArray[np.uint64], ask_index: NDArray[np.uint64], drawn: Ints, asked: Questions, once: Floats,
    bits: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Draw what a gate has drawn once for the owners of accounts that halt."""
    at = ZERO
    for a in range(accounts):
        if halts[a] == NONE:
            continue
        drawn[a] = at
        person, high = np.uint64(account[a] & _LOW), np.uint64(account[a] >> 32)
        for q in range(asks[owner[a]]):
            asked.number[at] = ask_index[owner[a], q]
            asked.person[at] = person
            asked.what[at] = ask_what[owner[a], q] + high
            at += 1
    many_uniforms(seed, replication, at, asked.number, asked.person, asked.what, once, bits, 0)


@compiled(forceinline=True, _nrt=False)
def ask_owners(
    gate: int, accounts: int, seed: int, replication: int, n: Needs, g: GateArrays, ends: Ends
) -> None:
    """Draw what is drawn once for the owners of accounts that halt; `decide` reads it."""
    _ask_owners(
        accounts, seed, replication, ends.halts, n.account, n.owner, g.asks[gate], g.ask_what[gate],
        g.ask_index[gate], ends.drawn, ends.asked, ends.once, ends.once_bits,
    )  # fmt: skip


@compiled(_nrt=False)
def _find_vain(
    accounts: int, halts: Ints, bodies: NDArray[np.int16], account: Ints, owner: NDArray[np.int32], begin: Ints,
    asks: Ints, below: Floats, what_if: Ints, at_first: Ints, gives_up_words: Ints, drawn: Ints, once: Floats,
    vain: Ints, asked: Questions,
) -> tuple[int, int]:  # fmt: skip
    """Find the accounts of one body whose owners never answer, or have nothing to show; what is to be drawn of them.

    Gives back how many there are, and how many blocks.
    """
    count, at = ZERO, ZERO
    for a in range(accounts):
        if halts[a] == NONE or bodies[a] > 1:
            continue
        own = owner[a]
        known = at_first[own]
        for q in range(asks[own]):
            known |= what_if[own, q] * np.int64(once[drawn[a] + q] < below[own, q])
        if known == SHOWS_IF:
            continue
        vain[count, 0] = a
        vain[count, 1] = NO_DOCUMENT if known == 0 else NO_ANSWER
        vain[count, 2] = NONE
        if known == 0 and gives_up_words[own] > 0:
            first = (halts[a] - begin[a]) & ~3
            vain[count, 2] = WORDS * at - first
            person, high = np.uint64(account[a] & _LOW), np.uint64((account[a] >> 32) + (GIVES_UP << 16))
            blocks = (begin[a + 1] - begin[a] - first + 3) >> 2
            ask_blocks(at, blocks, np.uint64(64 * WORDS), np.uint64(64 * first), person, high, asked)
            at += blocks
        count += 1
    return count, at


@compiled(_nrt=False)
def _decide_vain(
    count: int, vain: Ints, begin: Ints, epoch: NDArray[np.int16], cell: NDArray[np.int32], model: NDArray[np.int16],
    owner: NDArray[np.int32], table: Ints, plain: NDArray[np.int8], refused_for: Ints, gives_up_words: Ints,
    words: NDArray[np.uint32], ending: NDArray[np.int8], halts: Ints, requests: Ints,
) -> None:  # fmt: skip
    """Decide accounts that are asked in vain: each of their needs ends by itself."""
    for i in range(count):
        a, reason, first, asked = vain[i, 0], vain[i, 1], vain[i, 2], ZERO
        below = gives_up_words[owner[a]] if first != NONE else ZERO
        word = first - begin[a] if first != NONE else -begin[a]
        for row in range(halts[a], begin[a + 1]):
            at = np.uint64(row)
            end = int(plain[np.uint64(table[np.uint64(epoch[at])]), np.uint64(cell[at])])
            gives_up = ZERO + words[np.uint64(word + row)] < below
            refused = refused_for[np.uint64(model[at])] + (GAVE_UP if gives_up else reason)
            ending[at] = refused if end < 0 else end
            asked += int(end < 0)
        requests[a] = asked
        halts[a] = NONE


@compiled(forceinline=True, _nrt=False)
def decide_vain(
    gate: int, accounts: int, seed: int, replication: int, n: Needs, g: GateArrays, ends: Ends
) -> None:
    """Decide accounts that halt and are asked in vain, under a gate that forgets: no need leaves a trace."""
    count, blocks = _find_vain(
        accounts, ends.halts, n.bodies, n.account, n.owner, n.begin, g.asks[gate], g.ask_below[gate],
        g.ask_what_if[gate], g.at_first[gate], g.gives_up_words, ends.drawn, ends.once, ends.vain, ends.asked,
    )  # fmt: skip
    asked = ends.asked
    many_words(seed, replication, blocks, asked.number, asked.person, asked.what, ends.words)
    _decide_vain(
        count, ends.vain, n.begin, n.epoch, n.cell, n.model, n.owner, g.table[gate], g.plain_ends[FRESH],
        g.refused_for, g.gives_up_words, ends.words, ends.ending, ends.halts, ends.requests,
    )  # fmt: skip
