"""Checks of documents: what is acceptable, and how a check comes out (docs/model.md, section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.tables import Tables
from gatesim.law.law import Epoch
from gatesim.scenario.people import STATUSES, Segment
from gatesim.scenario.schema import Scenario

NOTHING = "nothing"
"""What a document shows that proves who its holder is, and no status."""


def shown_as_clearing(scenario: Scenario, clears: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a kind of document shows, for a holder of some status, a status that clears.

    Parameters
    ----------
    scenario
        The scenario.
    clears
        bool[status]: see `gatesim.law.law.Epoch`.

    Returns
    -------
    ndarray, shape (documents, statuses)
    """
    table = np.zeros((len(scenario.documents), len(STATUSES)), dtype=np.bool_)
    for d, document in enumerate(scenario.documents.values()):
        for status, shows in document.proves.items():
            if shows != NOTHING:
                table[d, STATUSES.index(status)] = clears[STATUSES.index(shows)]
    return table


def sufficient(scenario: Scenario, clears: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a genuine kind of document is enough for a holder of some status.

    It is if it shows a status that clears, and also if it shows ``nothing``: a policy that accepts a kind
    which proves no status has chosen to be content with that.

    Returns
    -------
    ndarray, shape (documents, statuses)
    """
    table = shown_as_clearing(scenario, clears)
    for d, document in enumerate(scenario.documents.values()):
        for status, shows in document.proves.items():
            table[d, STATUSES.index(status)] |= shows == NOTHING
    return table


def acceptable(scenario: Scenario, documents: Sequence[int], clears: NDArray[np.bool_]) -> tuple[int, ...]:
    """The kinds of documents that can clear anybody under the law.

    Parameters
    ----------
    scenario
        The scenario.
    documents
        Numbers of the kinds that a policy accepts, in its order.
    clears
        bool[status]: see `gatesim.law.law.Epoch`.

    Returns
    -------
    tuple of int
        Those that are enough for a holder of at least one status, in the same order.
    """
    enough = sufficient(scenario, clears)
    return tuple(d for d in documents if enough[d].any())


@dataclass(frozen=True)
class CheckOutcomes:
    """How checks of the owners of a segment come out, under one law.

    All but `gives_up` is drawn once for an owner: whoever fails a check fails every later one for the same
    reason, unless they had given up.

    Attributes
    ----------
    no_answer
        Share of owners who never answer.
    no_document
        Share of owners who answer and have nothing to present.
    presented
        float64[document]: share of owners who answer and present the kind, genuine, borrowed or forged.
    passed
        float64[document]: share of owners who present the kind and pass with it.
    gives_up
        The probability that an owner who answers gives up, anew at each request.
    cost
        Expected US dollars of one request.
    """

    no_answer: float
    no_document: float
    presented: NDArray[np.float64]
    passed: NDArray[np.float64]
    gives_up: float
    cost: float

    @property
    def passes(self) -> float:
        """Share of owners who pass, at the first request at which they do not give up."""
        return float(self.passed.sum())

    @property
    def check_failed(self) -> float:
        """Share of owners who present a document that fails."""
        return float((self.presented - self.passed).sum())

    @property
    def has_document(self) -> float:
        """Share of owners whose document is collected at each request at which they do not give up."""
        return float(self.presented.sum())

    @property
    def collected(self) -> float:
        """The probability that one request, of an owner of whom nothing is known, collects a document."""
        return (1.0 - self.gives_up) * self.has_document


def _holding(scenario: Scenario, segment: Segment) -> NDArray[np.float64]:
    """float64[document]: the probability of holding a genuine one; none where the status cannot hold it."""
    return np.array(
        [
            segment.documents.get(name, 0.0) if segment.status in document.proves else 0.0
            for name, document in scenario.documents.items()
        ]
    )


def outcome_types(scenario: Scenario, segment: Segment, tables: Tables, epoch: Epoch) -> CheckOutcomes:
    """The exact distribution of what a check of an owner comes to.

    Parameters
    ----------
    scenario
        The scenario.
    segment
        The owner's segment.
    tables
        A compiled policy: the kinds of documents it accepts and its checker's errors.
    epoch
        The law by which documents are weighed.

    Returns
    -------
    CheckOutcomes
        Owners hold each kind of document independently of the others. `no_answer`, `no_document`, `passes`
        and `check_failed` add up to 1.
    """
    holding = _holding(scenario, segment)
    enough = sufficient(scenario, epoch.clears)[:, STATUSES.index(segment.status)]
    accepted = acceptable(scenario, tables.documents, epoch.clears)
    presented, passed = np.zeros(len(scenario.documents)), np.zeros(len(scenario.documents))
    left = 1.0 - segment.never_answers
    for d in accepted:
        if enough[d]:
            presented[d] += left * holding[d]
            passed[d] += left * holding[d] * (1.0 - tables.false_reject[d])
            left *= 1.0 - holding[d]
    if accepted:
        first = accepted[0]
        for share, accept in (
            (segment.presents_borrowed, tables.false_match),
            (segment.presents_forged, tables.false_accept),
        ):
            presented[first] += left * share
            passed[first] += left * share * accept[first]
            left *= 1.0 - share
    tried = {d for d in accepted if enough[d]}
    for d in tables.documents:
        if d not in tried:
            presented[d] += left * holding[d]
            left *= 1.0 - holding[d]
    costs = np.array([document.cost for document in scenario.documents.values()])
    return CheckOutcomes(
        no_answer=segment.never_answers,
        no_document=left,
        presented=presented,
        passed=passed,
        gives_up=segment.gives_up,
        cost=float((1.0 - segment.gives_up) * (presented * costs).sum()),
    )
