"""Requests for a document that a gate may make, and how each comes out, for all kinds of owners at once.

What a request is and how it comes out: docs/model.md, section 4. For one policy and one segment the same is said
by `gatesim.gates.checks.outcome_types`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.program import TooLarge
from gatesim.gates.checks import sufficient
from gatesim.scenario.people import STATUSES
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import Name

Floats = NDArray[np.float64]

MAX_CHECKS = 5000
"""The most ways to ask for documents that are told apart."""


@dataclass(frozen=True)
class Check:
    """A request for a document.

    Attributes
    ----------
    documents
        Kinds that are accepted: the first that the owner holds is presented.
    checker
        Name of the checker used instead of each document's own; None: its own.
    """

    documents: tuple[Name, ...]
    checker: Name | None = None

    @property
    def name(self) -> str:
        """As shown."""
        return f"check {' or '.join(self.documents)}" + (f" by {self.checker}" if self.checker else "")


def checkers_of(scenario: Scenario) -> tuple[Name | None, ...]:
    """Checkers that a gate may use: each document's own, and those that listed policies name."""
    named = {policy.checker for policy in scenario.policies.values() if policy.checker is not None}
    return (None, *(name for name in scenario.checkers if name in named))


def useful_kinds(scenario: Scenario, clears: Iterable[tuple[bool, ...]]) -> tuple[Name, ...]:
    """Kinds of documents that can clear somebody under the law at some time."""
    laws = [sufficient(scenario, np.array(row)) for row in clears]
    return tuple(name for d, name in enumerate(scenario.documents) if any(enough[d].any() for enough in laws))


def all_checks(scenario: Scenario, clears: Iterable[tuple[bool, ...]]) -> tuple[Check, ...]:
    """Every request that can make a difference: all lists of useful kinds, for every checker.

    In a list the first kind is the one that is borrowed or forged; of the others only the order among kinds whose
    genuine documents are refused by mistake with different probabilities matters.

    Parameters
    ----------
    scenario
        The scenario.
    clears
        For each law that holds at some time whether a proof of each status is a proof of being entitled.

    Raises
    ------
    TooLarge
        If there are more than `MAX_CHECKS`.
    """
    kinds = useful_kinds(scenario, clears)
    found = []
    for checker in checkers_of(scenario):
        for documents in _lists(scenario, kinds, checker):
            found.append(Check(documents, checker))
            if len(found) > MAX_CHECKS:
                raise TooLarge(
                    f"{len(kinds)} kinds of documents can be asked for in more than {MAX_CHECKS} ways "
                    f"({', '.join(kinds)}): leave out kinds, or give those with one checker the same errors"
                )
    return tuple(found)


def _lists(scenario: Scenario, kinds: Sequence[Name], checker: Name | None) -> Iterator[tuple[Name, ...]]:
    errors = {
        kind: scenario.checkers[checker or scenario.documents[kind].checker].false_reject for kind in kinds
    }
    for size in range(1, len(kinds) + 1):
        for chosen in combinations(kinds, size):
            for first in chosen:
                rest = [kind for kind in chosen if kind != first]
                seen = set()
                for order in permutations(rest) if len({errors[k] for k in rest}) > 1 else (tuple(rest),):
                    # Kinds with the same error may change places: one order of each class stands for all.
                    key = tuple(errors[kind] for kind in order)
                    if key not in seen:
                        seen.add(key)
                        by_error = {e: iter([k for k in rest if errors[k] == e]) for e in key}
                        yield (first, *(next(by_error[e]) for e in key))


@dataclass(frozen=True)
class Outcomes:
    """How requests come out: float64[check, segment of the owner], for one need of an owner of whom nothing is known.

    Attributes
    ----------
    at_once
        Probability that the request is passed, and no reviewer looks at it.
    reviewed
        Probability that it is passed if a reviewer looks at it, and goes to one.
    reviews
        Probability that it goes to a reviewer.
    """

    at_once: Floats
    reviewed: Floats
    reviews: Floats


def outcomes(scenario: Scenario, checks: Sequence[Check], clears: tuple[bool, ...]) -> Outcomes:
    """How each of some requests comes out for owners of each segment, under one law.

    Parameters
    ----------
    scenario, checks
        The scenario and the requests.
    clears
        Whether a proof of each status is a proof of being entitled.
    """
    segments = list(scenario.segments.values())
    kinds = list(scenario.documents)
    status = [STATUSES.index(segment.status) for segment in segments]
    enough_by_status = sufficient(scenario, np.array(clears))
    acceptable = enough_by_status.any(axis=1)
    enough = enough_by_status[:, status]
    holds = np.array(
        [
            [
                segment.documents.get(name, 0.0) if segment.status in kind.proves else 0.0
                for segment in segments
            ]
            for name, kind in scenario.documents.items()
        ]
    ).reshape(len(kinds), len(segments))
    to_desk = np.array([kind.to_desk for kind in scenario.documents.values()])
    never, gives_up, borrows, forges = (
        np.array([getattr(segment, key) for segment in segments])
        for key in ("never_answers", "gives_up", "presents_borrowed", "presents_forged")
    )
    answers = (1.0 - never) * (1.0 - gives_up)
    shape = (len(checks), len(segments))
    at_once, reviewed, reviews = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for number, check in enumerate(checks):
        errors = [
            scenario.checkers[check.checker or scenario.documents[kind].checker] for kind in check.documents
        ]
        asked = [kinds.index(kind) for kind in check.documents]
        accepted = [d for d in asked if acceptable[d]]
        left = answers.copy()
        presented: list[tuple[int, Floats, Floats | float]] = []
        for d in accepted:
            shows = left * holds[d] * enough[d]
            presented.append((d, shows, shows * (1.0 - errors[asked.index(d)].false_reject)))
            left = left * (1.0 - holds[d] * enough[d])
        if accepted:
            first, error = accepted[0], errors[asked.index(accepted[0])]
            for share, accepts in ((borrows, error.false_match), (forges, error.false_accept)):
                presented.append((first, left * share, left * share * accepts))
                left = left * (1.0 - share)
        for d in asked:
            # A genuine document that shows too little is collected all the same.
            little = holds[d] * ~(enough[d] & acceptable[d])
            presented.append((d, left * little, 0.0))
            left = left * (1.0 - little)
        for d, shown, passed in presented:
            at_once[number] += passed * (1.0 - to_desk[d])
            reviewed[number] += passed * to_desk[d]
            reviews[number] += shown * to_desk[d]
    return Outcomes(at_once, reviewed, reviews)
