"""Everything that an owner's answers to requests can tell, for those who may tell it all.

Holding, borrowing, forging, never answering and the checker's errors are drawn once for a person and document, and
independently for each kind of document. So how *every* request of an owner would come out is settled beforehand
(giving up apart: who asks again and again gets an answer at last). The most that a gate can ever learn of an owner is
which of these combinations holds.

For each kind of document, law and checker an owner has a letter: whether they would present a genuine and sufficient
one, and whether what they would present (or, lacking it, would borrow or forge) is accepted. A list of kinds is
passed if the first genuine kind in it is accepted or, where none is genuine, what is borrowed or forged of the first
kind is. From the outcomes of all lists a gate can tell the letters apart but for two cases: where all kinds come out
alike, all lists do; and where all are genuine, or none is, each list comes out as its first kind does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.program import TooLarge
from gatesim.gates.bounds.requests import checkers_of, useful_kinds
from gatesim.gates.checks import sufficient
from gatesim.scenario.people import STATUSES, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import Name
from gatesim.world.noise import breakpoints

Floats = NDArray[np.float64]

MAX_COMBINATIONS = 300_000
"""The most combinations of letters that are gone through."""


class _Letter(NamedTuple):
    """What is the case with one kind of document: by law and checker whether it is genuine, whether it is accepted."""

    genuine: tuple[bool, ...]
    accepted: tuple[bool, ...]


class _Terms(NamedTuple):
    """A law and a checker: by status whether a kind is enough, and the checker's errors."""

    enough: tuple[bool, ...]
    false_reject: float
    false_accept: float
    false_match: float


def all_answers(
    scenario: Scenario, clears: Sequence[tuple[bool, ...]], segments: Sequence[Segment]
) -> Floats:
    """The law of all that can be learnt of an owner by asking for documents.

    Parameters
    ----------
    scenario
        The scenario.
    clears
        For each law that holds at some time whether a proof of each status is a proof of being entitled.
    segments
        Segments of owners.

    Returns
    -------
    ndarray, shape (segments, combinations)
        Probabilities of the combinations of outcomes of all requests; each segment's add up to 1.

    Raises
    ------
    TooLarge
        If there are more than `MAX_COMBINATIONS`.
    """
    kinds = useful_kinds(scenario, clears)
    if not kinds:
        return np.ones((len(segments), 1))
    enough = [sufficient(scenario, np.array(row)) for row in clears]
    checkers = checkers_of(scenario)
    number = list(scenario.documents)
    joint = np.ones((len(segments), 1))
    genuine, accepted = np.zeros((1, 0, 0)), np.zeros((1, 0, 0))
    counts = np.zeros((len(clears) * len(checkers), 0), dtype=np.bool_)
    for kind in kinds:
        terms = []
        for table in enough:
            for checker in checkers:
                errors = scenario.checkers[checker or scenario.documents[kind].checker]
                row = tuple(table[number.index(kind)].tolist())
                terms.append(_Terms(row, errors.false_reject, errors.false_accept, errors.false_match))
        laws = [_letters(scenario, kind, segment, terms) for segment in segments]
        letters = list(dict.fromkeys(letter for law in laws for letter in law))
        chances = np.array([[law.get(letter, 0.0) for letter in letters] for law in laws])
        joint = (joint[:, :, None] * chances[:, None, :]).reshape(len(segments), -1)
        if joint.shape[1] > MAX_COMBINATIONS:
            raise TooLarge(
                f"owners can answer requests for {len(kinds)} kinds of documents in more than {MAX_COMBINATIONS} "
                f"ways ({', '.join(kinds)}): leave out kinds, checkers or carve-outs"
            )
        genuine = _extended(genuine, np.array([letter.genuine for letter in letters]))
        accepted = _extended(accepted, np.array([letter.accepted for letter in letters]))
        counts = np.concatenate([counts, [[any(t.enough)] for t in terms]], axis=1)
        occur = joint.any(axis=0)
        joint, genuine, accepted = joint[:, occur], genuine[occur], accepted[occur]
    signs = _told(genuine.astype(np.bool_), accepted.astype(np.bool_), counts)
    never = np.array([1.0 if s.gives_up == 1 else s.never_answers for s in segments])
    # Whoever never answers fails every request.
    signs = np.concatenate([signs, np.zeros((1, signs.shape[1]), dtype=np.bool_)])
    joint = np.concatenate([joint * (1.0 - never)[:, None], never[:, None]], axis=1)
    which = np.unique(np.packbits(signs, axis=1), axis=0, return_inverse=True)[1].ravel()
    found = np.zeros((len(segments), int(which.max()) + 1))
    for sums, weights in zip(found, joint, strict=True):
        np.add.at(sums, which, weights)
    return found[:, found.any(axis=0)]


def _extended(known: Floats, letters: NDArray[np.bool_]) -> Floats:
    """Append each letter of one more kind to all combinations: [combination, kind, law and checker]."""
    combinations, count, _ = known.shape
    found = np.zeros((combinations, len(letters), count + 1, letters.shape[1]))
    if count:
        found[:, :, :count] = known[:, None]
    found[:, :, count] = letters[None]
    return found.reshape(-1, count + 1, letters.shape[1])


def _letters(
    scenario: Scenario, kind: Name, segment: Segment, terms: Sequence[_Terms]
) -> dict[_Letter, float]:
    """Probabilities of the letters of one kind of document."""
    document = scenario.documents[kind]
    status = STATUSES.index(segment.status)
    holding = segment.documents.get(kind, 0.0) if segment.status in document.proves else 0.0
    points = np.array([[t.false_reject, t.false_accept, t.false_match] for t in terms])
    found: defaultdict[_Letter, float] = defaultdict(float)
    coins = product((True, False), repeat=3)
    for holds, borrows, forges in coins:
        weight = (
            (holding if holds else 1.0 - holding)
            * (segment.presents_borrowed if borrows else 1.0 - segment.presents_borrowed)
            * (segment.presents_forged if forges else 1.0 - segment.presents_forged)
        )
        if weight == 0:
            continue
        for low, high in breakpoints(*points):
            u = 0.5 * (low + high)
            genuine, accepted = [], []
            for term in terms:
                true = holds and term.enough[status]
                genuine.append(true)
                accepted.append(
                    (u >= term.false_reject)
                    if true
                    else (borrows and u < term.false_match)
                    or (not borrows and forges and u < term.false_accept)
                )
            found[_Letter(tuple(genuine), tuple(accepted))] += weight * (high - low)
    return {letter: weight for letter, weight in found.items() if weight > 0}


def _told(
    genuine: NDArray[np.bool_], accepted: NDArray[np.bool_], counts: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """What the outcomes of all lists tell of the letters: bool[combination, sign].

    Parameters
    ----------
    genuine, accepted
        bool[combination, kind, law and checker].
    counts
        bool[law and checker, kind]: whether the kind can be asked for.
    """
    signs = []
    for term, asked in enumerate(counts):
        true, passed = genuine[:, asked, term], accepted[:, asked, term]
        alike = (passed == passed[:, :1]).all(axis=1) | (true == true[:, :1]).all(axis=1)
        signs += [passed, true & ~alike[:, None]]
    return np.concatenate(signs, axis=1)
