"""The flat arrays that the passes over some accounts fill: their needs, who has them, and room to work in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.arrays import Floats, Ints, WorldArrays

WORDS = 4
"""Words of a block; each makes a gap, or answers one question of a need."""

BLOCKS, MORE = 16, 4
"""Blocks of gaps: at most so many for a body at first, and so many again as long as they do not suffice."""

FILLED = 16
"""Rows that are filled at once: a loop over fewer costs more, as its end is guessed wrong."""

WRITTEN = 8
"""Blocks that are written down at once, as `FILLED`."""


class Needs(NamedTuple):
    """The needs of some accounts, body by body, each body's in the order of time."""

    # One entry a need.
    time: Ints
    number: NDArray[np.int32]
    """Of accounts of several bodies its number among the body's; see `numbers_of` for the others."""
    body: NDArray[np.int16]
    """Of accounts of several bodies; of the others it is the owner, and nothing is written."""
    model: NDArray[np.int16]
    region: NDArray[np.int16]
    cell: NDArray[np.int32]
    order: NDArray[np.int32]
    """Of an account of several bodies the needs in the order in which they are decided: by time, then by body."""
    epoch: NDArray[np.int16]
    day: NDArray[np.int32]
    """The day of the window; of accounts of several bodies -1 where no order in force names the model."""
    restricted: NDArray[np.int32]
    """One bit for each reading; before the law has been looked up, where it begins for maker and region."""
    # One entry an account.
    account: Ints
    owner: NDArray[np.int32]
    bodies: NDArray[np.int16]
    begin: Ints
    """The first of its needs; one entry more than there are accounts."""
    # What is counted: the measured needs, in the order of rows.
    seen: NDArray[np.int32]
    """[measured need]: its row."""
    slot: NDArray[np.int32]
    """[measured need]: its model times the number of days, plus its day."""
    today: NDArray[np.int32]
    """[measured need]: its day."""
    again: NDArray[np.int32]
    """[measured need]: how many of the account there are before it in a row on the same day."""
    first_seen: Ints
    """[account + 1]: the first of each account's."""
    of_model: Ints
    """[account, model]: how many."""


def bodies_of(n: Needs, accounts: int) -> Ints:
    """int64[need]: the body that has it, of the needs of so many accounts."""
    several = np.repeat(n.bodies[:accounts] > 1, np.diff(n.begin[: accounts + 1]))
    return np.where(several, n.body[: len(several)], 0).astype(np.int64)


def numbers_of(n: Needs, accounts: int) -> Ints:
    """int64[need]: its number among those of its body, of the needs of so many accounts."""
    counts = np.diff(n.begin[: accounts + 1])
    several, first = np.repeat(n.bodies[:accounts] > 1, counts), np.repeat(n.begin[:accounts], counts)
    return np.where(several, n.number[: len(first)], np.arange(len(first)) - first).astype(np.int64)


class Questions(NamedTuple):
    """What is to be drawn, as `many_uniforms` takes it."""

    number: NDArray[np.uint64]
    person: NDArray[np.uint64]
    what: NDArray[np.uint64]


class Bodies(NamedTuple):
    """The bodies of some accounts, account by account. One entry a body, but where another axis is named."""

    begin: Ints  # [account + 1]: the first body of each account
    account: Ints  # number among the accounts
    slot: Ints
    segment: Ints
    mean: Floats  # mean time between needs, microseconds; infinite: no needs
    first: Ints  # row of its first need
    last: Ints  # row after its last need
    drawn: Ints  # [body + 1]: where what was drawn of it begins: gaps, then answers
    words: Ints  # [body + 1]: where its words begin among those of a question that all are asked


class Places(NamedTuple):
    """Where some bodies are, and what is read there: see `gatesim.engine.readings`. One entry a body."""

    home: Ints
    channel: Ints
    at_home: Ints  # what readings at home add to the cell, those that are read anew each session where they are right
    models: Ints  # where the words of its models begin; -1: there is but one
    vpn: Ints  # where the words of its VPN begin; -1: whether it is on is not drawn
    # [2, signals, body]: for each signal that is read anew each session, with the VPN off and on: its row of noise, its
    # row of steps, and how many words read what is right.
    row: Ints
    step: Ints
    right: Ints
    has_vpn: NDArray[np.bool_]  # of those who do not move
    everybody: Ints  # the numbers of all
    moving: Ints  # those who are not at home all the time, or whose readings share a cause
    hidden: Ints  # those with a VPN, of the others
    # One entry each of those that are looked at.
    noise: Floats  # [signals, body]
    value: Ints  # what a signal observes
    network: Ints
    cell: Ints


class Bench(NamedTuple):
    """Room to work in, for one thread."""

    asked: Questions
    account: Floats  # [question]: what was drawn once for the accounts
    account_bits: NDArray[np.uint64]  # here and below: the same memory
    answers: Floats  # [question]: and for their bodies
    answers_bits: NDArray[np.uint64]
    hidden: Floats  # [question]: and for those with a VPN
    hidden_bits: NDArray[np.uint64]
    gaps: Floats  # [WORDS * block]
    more: Floats  # [WORDS * MORE]
    words: NDArray[np.uint32]  # [WORDS * block]
    bodies: Bodies
    places: Places
    drawn: Ints  # [account]: where the answers of each begin
    fixed: Ints  # [account]: what channel and age add to the cell
    card: Ints  # [account]
    declared: Ints  # [account]
    on: NDArray[np.int8]  # [need]: 1 where the VPN is on, of those who have one
    upto: Ints  # [need + 1]: see `gatesim.engine.judging.measure`
    asks: Ints  # [signals]: where the words of each begin
    found: NDArray[np.int32]  # [word]: those that may read what is wrong
    # Of a body that moves: noise by where it is, and as in `Places` for the place where it is.
    noise: Floats  # [4, signals]
    row: Ints  # [2, signals]
    step: Ints  # [2, signals]
    right: Ints  # [2, signals]
    at: Ints  # [2, bodies]


def new_needs(rows: int, accounts: int, models: int) -> Needs:
    """Room for so many needs of so many accounts, and of so many models."""
    # Some columns are filled over the last need.
    filled = rows + FILLED
    model, region = (np.zeros(filled, dtype=np.int16) for _ in range(2))
    body, epoch = (np.zeros(rows, dtype=np.int16) for _ in range(2))
    # Writing of a need that is not kept goes one row past those that are.
    seen, slot, today, again = (np.zeros(rows + 1, dtype=np.int32) for _ in range(4))
    return Needs(
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows, dtype=np.int32),
        body,
        model,
        region,
        np.zeros(filled, dtype=np.int32),
        np.zeros(rows, dtype=np.int32),
        epoch,
        np.zeros(rows, dtype=np.int32),
        np.zeros(filled, dtype=np.int32),
        np.zeros(accounts, dtype=np.int64),
        np.zeros(accounts, dtype=np.int32),
        np.zeros(accounts, dtype=np.int16),
        np.zeros(accounts + 1, dtype=np.int64),
        seen,
        slot,
        today,
        again,
        np.zeros(accounts + 1, dtype=np.int64),
        np.zeros((accounts, models), dtype=np.int64),
    )


def new_bench(w: WorldArrays, rows: int, accounts: int) -> Bench:
    """Room to work in, for so many needs of so many accounts."""
    signals, bodies = max(1, len(w.observes)), 1 + w.co_segment.shape[1]
    people = bodies * accounts
    of_accounts, of_bodies = accounts * w.account_what.shape[1], people * w.body_what.shape[1]
    of_hidden = people * (1 + signals)
    blocks = people * BLOCKS
    words = (2 + len(w.each_session)) * (rows // WORDS + people)
    room = max(of_accounts, of_bodies, of_hidden, blocks, words, MORE)

    def doubles(number: int) -> tuple[Floats, NDArray[np.uint64]]:
        made = np.zeros(max(1, number))
        return made, made.view(np.uint64)

    def ints(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    number, person, what = (np.zeros(room + WRITTEN, dtype=np.uint64) for _ in range(3))
    (account, account_bits), (answers, answers_bits) = doubles(of_accounts), doubles(of_bodies)
    hidden, hidden_bits = doubles(of_hidden)
    return Bench(
        asked=Questions(number, person, what),
        account=account,
        account_bits=account_bits,
        answers=answers,
        answers_bits=answers_bits,
        hidden=hidden,
        hidden_bits=hidden_bits,
        gaps=np.zeros(WORDS * blocks),
        more=np.zeros(WORDS * MORE),
        words=np.zeros(WORDS * max(words, blocks, MORE) + FILLED, dtype=np.uint32),
        bodies=Bodies(
            begin=ints(accounts + 1),
            account=ints(people),
            slot=ints(people),
            segment=ints(people),
            mean=np.zeros(people),
            first=ints(people),
            last=ints(people),
            drawn=ints(people + 1),
            words=ints(people + 1),
        ),
        places=Places(
            home=ints(people),
            channel=ints(people),
            at_home=ints(people),
            models=ints(people),
            vpn=ints(people),
            row=ints(2, signals, people),
            step=ints(2, signals, people),
            right=ints(2, signals, people),
            has_vpn=np.zeros(people, dtype=np.bool_),
            everybody=np.arange(people),
            moving=ints(people + 1),
            hidden=ints(people + 1),
            noise=np.zeros((signals, people)),
            value=ints(people),
            network=ints(people),
            cell=ints(people),
        ),
        drawn=ints(accounts),
        fixed=ints(accounts),
        card=ints(accounts),
        declared=ints(accounts),
        on=np.zeros(rows, dtype=np.int8),
        upto=ints(rows + 1),
        asks=ints(signals),
        found=np.zeros(WORDS * words + 1, dtype=np.int32),
        noise=np.zeros((4, signals)),
        row=ints(2, signals),
        step=ints(2, signals),
        right=ints(2, signals),
        at=ints(2, bodies),
    )
