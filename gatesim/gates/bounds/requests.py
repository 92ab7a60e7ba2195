"""Requests for a document that a gate may make, and how each comes out, for all kinds of owners at once.

What a request is and how it comes out: docs/model.md, section 4. For one policy and one segment the same is said
by `gatesim.gates.checks.outcome_types`.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
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


def _held_kinds(scenario: Scenario, kinds: Iterable[Name]) -> tuple[Name, ...]:
    """Those of some kinds of documents that an owner of an account may hold."""
    owners = [segment for segment in scenario.segments.values() if segment.share > 0]
    return tuple(
        kind
        for kind in kinds
        if any(
            segment.documents.get(kind, 0.0) > 0 and segment.status in scenario.documents[kind].proves
            for segment in owners
        )
    )


def all_checks(
    scenario: Scenario, clears: Iterable[tuple[bool, ...]], *, without: Name | None = None
) -> tuple[Check, ...]:
    """Every request that can make a difference: all lists of useful kinds, for every checker.

    In a list the first kind is the one that is borrowed or forged; of the others only the order among kinds whose
    genuine documents are refused by mistake with different probabilities matters. So a kind that nobody holds can only
    be the first, where somebody borrows or forges; and of several that are alike then, under every law, one stands for
    all.

    Parameters
    ----------
    scenario
        The scenario.
    clears
        For each law that holds at some time whether a proof of each status is a proof of being entitled.
    without
        A kind of document that cannot be asked for.

    Raises
    ------
    TooLarge
        If there are more than `MAX_CHECKS`.
    """
    laws = [sufficient(scenario, np.array(row)).any(axis=1).tolist() for row in clears]
    clearing = dict(zip(scenario.documents, zip(*laws, strict=True), strict=True)) if laws else {}
    kinds = [name for name, under in clearing.items() if any(under) and name != without]
    held = _held_kinds(scenario, kinds)
    found = []
    for checker in checkers_of(scenario):
        firsts = _firsts(scenario, {kind: clearing[kind] for kind in kinds}, held, checker)
        for documents in _lists(scenario, firsts, held, checker):
            found.append(Check(documents, checker))
            if len(found) > MAX_CHECKS:
                raise TooLarge(
                    f"{len(firsts)} kinds of documents can be asked for in more than {MAX_CHECKS} ways "
                    f"({', '.join(firsts)}): leave out kinds, or give their checkers the same errors"
                )
    return tuple(found)


def _firsts(
    scenario: Scenario,
    kinds: Mapping[Name, tuple[bool, ...]],
    held: Collection[Name],
    checker: Name | None,
) -> tuple[Name, ...]:
    """Kinds that may come first in a list: those that are held, and of others one for each way to be taken in.

    ``kinds`` says under which laws each clears anybody.
    """
    owners = [segment for segment in scenario.segments.values() if segment.share > 0]
    deceived = any(segment.presents_borrowed > 0 or segment.presents_forged > 0 for segment in owners)
    seen = set()
    found = []
    for kind, under in kinds.items():
        if kind not in held:
            document = scenario.documents[kind]
            errors = scenario.checkers[checker or document.checker]
            way = (errors.false_accept, errors.false_match, document.to_desk, under)
            if not deceived or way in seen:
                continue
            seen.add(way)
        found.append(kind)
    return tuple(found)


def _lists(
    scenario: Scenario, firsts: Sequence[Name], held: Collection[Name], checker: Name | None
) -> Iterator[tuple[Name, ...]]:
    errors = {
        kind: scenario.checkers[checker or scenario.documents[kind].checker].false_reject for kind in firsts
    }
    known = [place for place, kind in enumerate(firsts) if kind in held]
    others = [place for place, kind in enumerate(firsts) if kind not in held]
    for size in range(1, len(known) + 2):
        # Of kinds that nobody holds there is one at most: the first.
        some = [*combinations(known, size)]
        some += [tuple(sorted((one, *rest))) for one in others for rest in combinations(known, size - 1)]
        for chosen in ([firsts[place] for place in places] for places in sorted(some)):
            for first in chosen:
                rest = [kind for kind in chosen if kind != first]
                if any(kind not in held for kind in rest):
                    continue
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
    key = (_all_that_matters(scenario), tuple(checks), clears)
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.pop(next(iter(_KNOWN)))
        _KNOWN[key] = _outcomes(scenario, checks, clears)
    return _KNOWN[key]


_KNOWN: dict[Hashable, Outcomes] = {}
_MOST_KNOWN = 64
"""Outcomes that are kept: scenarios that differ in their signals have the same."""


def _all_that_matters(scenario: Scenario) -> Hashable:
    """The numbers on which outcomes depend."""
    return (
        tuple(
            (
                s.status,
                tuple(s.documents.items()),
                s.never_answers,
                s.gives_up,
                s.presents_borrowed,
                s.presents_forged,
            )
            for s in scenario.segments.values()
        ),
        tuple(
            (name, tuple(d.proves.items()), d.checker, d.to_desk) for name, d in scenario.documents.items()
        ),
        tuple((name, c.false_reject, c.false_accept, c.false_match) for name, c in scenario.checkers.items()),
    )


def _outcomes(scenario: Scenario, checks: Sequence[Check], clears: tuple[bool, ...]) -> Outcomes:
    asked, accepted, errors = _as_arrays(scenario, checks, clears)
    enough, holds, to_desk = _of_owners(scenario, clears)
    never, gives_up, borrows, forges = (
        np.array([getattr(segment, key) for segment in scenario.segments.values()])
        for key in ("never_answers", "gives_up", "presents_borrowed", "presents_forged")
    )
    left = np.broadcast_to((1.0 - never) * (1.0 - gives_up), (len(checks), len(never)))
    # In turn what is presented: by check the kind (the last stands for none), and by owner the probability that it is
    # presented and that it passes.
    presented: list[tuple[NDArray[np.int64], Floats, Floats]] = []
    for turn in range(asked.shape[1]):
        kind = np.where(accepted[:, turn], asked[:, turn], -1)
        shows = left * holds[kind] * enough[kind]
        presented.append((kind, shows, shows * (1.0 - errors[:, turn, :1])))
        left = left * (1.0 - holds[kind] * enough[kind])
    if asked.shape[1]:
        rows, turns = np.arange(len(checks)), accepted.argmax(axis=1)
        # Where nothing is acceptable the first place is no kind.
        first = np.where(accepted[rows, turns], asked[rows, turns], -1)
        for share, error in ((borrows, 2), (forges, 1)):
            tries = left * share * (first >= 0).astype(np.float64)[:, None]
            presented.append((first, tries, tries * errors[rows, turns, error][:, None]))
            left = left - tries
    for turn in range(asked.shape[1]):
        # A genuine document that shows too little is collected all the same.
        kind = asked[:, turn]
        little = holds[kind] * (1.0 - enough[kind] * accepted[:, turn, None])
        presented.append((kind, left * little, np.zeros_like(left)))
        left = left * (1.0 - little)
    at_once, reviewed, reviews = (np.zeros((len(checks), len(never))) for _ in range(3))
    for kind, shown, passed in presented:
        review = to_desk[kind][:, None]
        at_once += passed * (1.0 - review)
        reviewed += passed * review
        reviews += shown * review
    for array in (at_once, reviewed, reviews):
        array.flags.writeable = False
    return Outcomes(at_once, reviewed, reviews)


def _as_arrays(
    scenario: Scenario, checks: Sequence[Check], clears: tuple[bool, ...]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], Floats]:
    """Of each check, in its order: kinds (-1: no more), whether they are acceptable, and the checker's errors."""
    kinds = {name: number for number, name in enumerate(scenario.documents)}
    acceptable = np.append(sufficient(scenario, np.array(clears)).any(axis=1), False)
    longest = max((len(check.documents) for check in checks), default=0)
    asked = np.full((len(checks), longest), -1)
    errors = np.zeros((len(checks), longest, 3))
    for number, check in enumerate(checks):
        for place, name in enumerate(check.documents):
            asked[number, place] = kinds[name]
            checker = scenario.checkers[check.checker or scenario.documents[name].checker]
            errors[number, place] = checker.false_reject, checker.false_accept, checker.false_match
    return asked, acceptable[asked], errors


def _of_owners(scenario: Scenario, clears: tuple[bool, ...]) -> tuple[Floats, Floats, Floats]:
    """By kind and owner whether a genuine one is enough, and how likely it is held; by kind the desk's part.

    A last row of zeros stands for no kind.
    """
    segments = list(scenario.segments.values())
    status = [STATUSES.index(segment.status) for segment in segments]
    enough = sufficient(scenario, np.array(clears))[:, status].astype(np.float64)
    holds = np.array(
        [
            [
                segment.documents.get(name, 0.0) if segment.status in kind.proves else 0.0
                for segment in segments
            ]
            for name, kind in scenario.documents.items()
        ]
    ).reshape(enough.shape)
    nothing = np.zeros((1, len(segments)))
    to_desk = np.array([*(kind.to_desk for kind in scenario.documents.values()), 0.0])
    return np.concatenate([enough, nothing]), np.concatenate([holds, nothing]), to_desk
