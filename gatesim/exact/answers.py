"""How an account's owner answers requests for a document, jointly over the epochs of the law."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.expected import END_LATE, END_REFUSED, END_SERVED
from gatesim.gates.checks import sufficient
from gatesim.gates.tables import Tables
from gatesim.law.law import Epoch
from gatesim.measures.ledger import ENDS, FAILED_CHECK, GAVE_UP, NO_ANSWER, NO_DOCUMENT, NO_REASON
from gatesim.scenario.people import STATUSES, Segment
from gatesim.scenario.schema import Scenario
from gatesim.world.kept import kept
from gatesim.world.noise import breakpoints

NOTHING = -1
"""In place of the number of a document: none was presented."""


@dataclass(frozen=True)
class Answer:
    """What the draws that are made once decide about every request in one epoch.

    Attributes
    ----------
    passes
        Whether the document is accepted (unless the owner gives up, which is drawn at each request).
    reason
        Why the check fails, else `NO_REASON`.
    document
        Number of the kind presented, or `NOTHING`.
    """

    passes: bool
    reason: int
    document: int


Answers = tuple[Answer, ...]
"""One answer for each epoch looked at."""


class _Terms(NamedTuple):
    """What the law and a gate make of documents in one epoch.

    Attributes
    ----------
    listed, accepted
        Numbers of kinds, in the policy's order: all that it lists, and those that are acceptable.
    enough
        By kind: whether a genuine one is enough for the owner.
    false_reject, false_accept, false_match
        By kind: the checker's errors.
    """

    listed: tuple[int, ...]
    accepted: tuple[int, ...]
    enough: tuple[bool, ...]
    false_reject: tuple[float, ...]
    false_accept: tuple[float, ...]
    false_match: tuple[float, ...]


class Asked(NamedTuple):
    """What a gate asks for in one epoch, and what the law makes of it.

    Attributes
    ----------
    clears
        By status: see `gatesim.law.law.Epoch`.
    documents
        Numbers of the kinds that the policy lists, in its order.
    false_reject, false_accept, false_match
        By kind: the checker's errors.
    """

    clears: tuple[bool, ...]
    documents: tuple[int, ...]
    false_reject: tuple[float, ...]
    false_accept: tuple[float, ...]
    false_match: tuple[float, ...]


def asked_in(epochs: Sequence[Epoch], gate: Sequence[Tables]) -> tuple[Asked, ...]:
    """What the gate's tables ask for in some epochs."""
    return tuple(
        Asked(
            tuple(epoch.clears.tolist()),
            tables.documents,
            tuple(tables.false_reject.tolist()),
            tuple(tables.false_accept.tolist()),
            tuple(tables.false_match.tolist()),
        )
        for epoch, tables in zip(epochs, gate, strict=True)
    )


def answers(
    scenario: Scenario, segment: Segment, epochs: Sequence[Epoch], gate: Sequence[Tables]
) -> Mapping[Answers, float]:
    """The joint law of an owner's answers in several epochs.

    Holding, borrowing, forging, never answering and the checker's number are drawn once for a person and
    document, so that answers in two epochs depend on each other.

    Parameters
    ----------
    scenario, segment
        The scenario and the owner's segment.
    epochs, gate
        The epochs, and the gate's tables in each of them.

    Returns
    -------
    mapping
        Probability of each combination of answers; only positive ones.
    """
    return answers_to(scenario, segment, asked_in(epochs, gate))


def answers_to(scenario: Scenario, segment: Segment, asked: Sequence[Asked]) -> Mapping[Answers, float]:
    """The same of what is asked for in each epoch."""
    status = STATUSES.index(segment.status)
    terms = []
    for one in asked:
        enough = _sufficient(scenario, one.clears)
        terms.append(
            _Terms(
                one.documents,
                tuple(d for d in one.documents if any(enough[d])),
                tuple(row[status] for row in enough),
                one.false_reject,
                one.false_accept,
                one.false_match,
            )
        )
    listed = sorted({d for one in asked for d in one.documents})
    return _answers(
        tuple(terms),
        tuple((d, _holding(scenario, segment, d)) for d in listed),
        segment.never_answers,
        segment.presents_borrowed,
        segment.presents_forged,
    )


@kept
def _sufficient(scenario: Scenario, clears: tuple[bool, ...]) -> tuple[tuple[bool, ...], ...]:
    """Whether a genuine kind of document is enough for a status: [kind][status]."""
    return tuple(tuple(row) for row in sufficient(scenario, np.array(clears)).tolist())


@lru_cache(maxsize=1024)
def _answers(
    terms: tuple[_Terms, ...],
    holding: tuple[tuple[int, float], ...],
    never: float,
    presents_borrowed: float,
    presents_forged: float,
) -> Mapping[Answers, float]:
    """See `answers`: segments and policies that do not differ in these numbers have the same law."""
    law: defaultdict[Answers, float] = defaultdict(float)
    if never > 0:
        law[(Answer(False, NO_ANSWER, NOTHING),) * len(terms)] += never
    firsts = sorted({term.accepted[0] for term in terms if term.accepted})
    for holds, p in _coins(dict(holding)):
        for borrows, q in _coins(dict.fromkeys(firsts, presents_borrowed)):
            for forges, r in _coins(dict.fromkeys(firsts, presents_forged)):
                presented = [_presented(term, holds, borrows, forges) for term in terms]
                for found, s in _judged(presented, terms):
                    law[found] += (1.0 - never) * p * q * r * s
    return {found: weight for found, weight in law.items() if weight > 0}


def _coins(probabilities: dict[int, float]) -> Iterator[tuple[frozenset[int], float]]:
    """Every set of heads of independent coins, with its probability; impossible sets are left out."""
    names = list(probabilities)
    for heads in product((True, False), repeat=len(names)):
        weight = 1.0
        for name, head in zip(names, heads, strict=True):
            weight *= probabilities[name] if head else 1.0 - probabilities[name]
        if weight > 0:
            yield frozenset(name for name, head in zip(names, heads, strict=True) if head), weight


_GENUINE, _BORROWED, _FORGED, _TOO_LITTLE = range(4)


def _holding(scenario: Scenario, segment: Segment, document: int) -> float:
    """The probability of holding a genuine document of a kind; none where the status cannot hold it."""
    name, kind = list(scenario.documents.items())[document]
    return segment.documents.get(name, 0.0) if segment.status in kind.proves else 0.0


def _presented(
    term: _Terms, holds: frozenset[int], borrows: frozenset[int], forges: frozenset[int]
) -> tuple[int, int]:
    """Kind presented (or `NOTHING`) and what it is, by step 3 of a check in docs/model.md."""
    accepted = term.accepted
    for d in accepted:
        if d in holds and term.enough[d]:
            return d, _GENUINE
    if accepted and accepted[0] in borrows:
        return accepted[0], _BORROWED
    if accepted and accepted[0] in forges:
        return accepted[0], _FORGED
    return next(((d, _TOO_LITTLE) for d in term.listed if d in holds), (NOTHING, _TOO_LITTLE))


def _judged(presented: Sequence[tuple[int, int]], terms: Sequence[_Terms]) -> Iterator[tuple[Answers, float]]:
    """The checker's verdicts on what is presented: one number for each kind decides in every epoch."""
    kinds = sorted({d for d, what in presented if d != NOTHING and what != _TOO_LITTLE})
    cuts = []
    for d in kinds:
        points = [(t.false_reject[d], t.false_accept[d], t.false_match[d]) for t in terms]
        cuts.append(breakpoints(*(np.array(p) for p in points)))
    for chosen in product(*cuts):
        number = {d: 0.5 * (low + high) for d, (low, high) in zip(kinds, chosen, strict=True)}
        weight = float(np.prod([high - low for low, high in chosen]))
        yield (
            tuple(_verdict(*one, number, term) for one, term in zip(presented, terms, strict=True)),
            weight,
        )


def _verdict(document: int, what: int, number: dict[int, float], term: _Terms) -> Answer:
    if document == NOTHING:
        return Answer(False, NO_DOCUMENT, NOTHING)
    passes = bool(
        (what == _GENUINE and number[document] >= term.false_reject[document])
        or (what == _BORROWED and number[document] < term.false_match[document])
        or (what == _FORGED and number[document] < term.false_accept[document])
    )
    return Answer(passes, NO_REASON if passes else FAILED_CHECK, document)


@dataclass(frozen=True)
class CheckLaw:
    """What one request leads to, on average over the answers it stands for.

    Attributes
    ----------
    ends
        float64[end]: how the need that opens the check ends (before the fallback is split off).
    presented
        float64[kind of document]: expected documents.
    desk
        Expected cases that join the desk.
    """

    ends: NDArray[np.float64]
    presented: NDArray[np.float64]
    desk: float


def check_law(scenario: Scenario, segment: Segment, law: Mapping[Answer, float]) -> CheckLaw:
    """Average over answers (weights that add up to 1) of what a request leads to.

    The part of the passed checks that takes time (the automatic part, or the desk) ends `served_late`.
    """
    kinds = list(scenario.documents.values())
    ends = np.zeros(len(ENDS))
    presented = np.zeros(len(kinds))
    desk = 0.0
    for answer, weight in law.items():
        if answer.reason == NO_ANSWER:
            ends[END_REFUSED[NO_ANSWER]] += weight
            continue
        ends[END_REFUSED[GAVE_UP]] += weight * segment.gives_up
        rest = weight * (1.0 - segment.gives_up)
        if answer.document != NOTHING:
            presented[answer.document] += rest
            desk += rest * kinds[answer.document].to_desk
        if answer.passes:
            kind = kinds[answer.document]
            late = 1.0 if kind.automatic_time > 0 else kind.to_desk
            ends[END_LATE] += rest * late
            ends[END_SERVED] += rest * (1.0 - late)
        else:
            ends[END_REFUSED[answer.reason]] += rest
    return CheckLaw(ends, presented, desk)


def marginal(law: Mapping[Answers, float], epoch: int) -> dict[Answer, float]:
    """The law of the answer in one of the epochs, rescaled to add up to 1."""
    found: defaultdict[Answer, float] = defaultdict(float)
    total = sum(law.values())
    for combination, weight in law.items():
        found[combination[epoch]] += weight / total
    return dict(found)
