"""Why bound B leaves the desk out: what a desk could take off it, and what is known of a case without a reviewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise, product

import numpy as np
import pytest

from gatesim.engine.reference import simulate
from gatesim.gates.bounds import Standard, history, most_served, program_b
from gatesim.gates.bounds.desk import reviews_possible
from gatesim.gates.bounds.requests import useful_kinds
from gatesim.gates.checks import sufficient
from gatesim.gates.compile import compile_gate
from gatesim.gates.plugins import Context, Decisions, handed
from gatesim.gates.tables import ALLOW, CHECK
from gatesim.law.law import make_law
from gatesim.measures.ledger import SERVED, SERVED_LATE
from gatesim.scenario import load
from gatesim.scenario.people import STATUSES, Segment
from gatesim.scenario.schema import Scenario
from gatesim.world.people import populate
from tests.plain import FOREIGNER, SOMEBODY, plain

pytestmark = pytest.mark.no_cover  # others cover the same lines

LIMITS = (0.001, 0.01)
"""Leak shares."""


def never_reviewed(scenario: Scenario) -> Scenario:
    """The scenario in which whatever goes to a reviewer counts as refused for good: B needs no reviewer there."""
    checkers, documents = dict(scenario.checkers), {}
    for name, kind in scenario.documents.items():
        errors, left = scenario.checkers[kind.checker], 1.0 - kind.to_desk
        changed = {
            "false_reject": 1.0 - (1.0 - errors.false_reject) * left,
            "false_accept": errors.false_accept * left,
            "false_match": errors.false_match * left,
        }
        checkers[f"no desk {name}"] = errors.model_copy(update=changed)
        documents[name] = kind.model_copy(update={"checker": f"no desk {name}"})
    return scenario.model_copy(update={"documents": documents, "checkers": checkers})


def own_checkers(scenario: Scenario) -> Scenario:
    """The scenario with policies that name no checker of their own."""
    policies = {n: p.model_copy(update={"checker": None}) for n, p in scenario.policies.items()}
    return scenario.model_copy(update={"policies": policies})


Letter = tuple[tuple[str, bool], ...]
"""Of a kind of document, under each law: what shows without a reviewer, and whether it is genuine."""


def what_shows(
    scenario: Scenario, clears: Sequence[tuple[bool, ...]], owners: Sequence[Segment]
) -> np.ndarray:
    """As `all_answers`, where no case is ever reviewed: requests fail, are passed at once, or wait for a reviewer.

    It is the least that a gate can see: that documents which show too little may wait as well is left out.
    """
    kinds = useful_kinds(scenario, clears)
    laws = [sufficient(scenario, np.array(row)) for row in clears]
    joint: list[dict[tuple[Letter, ...], float]] = []
    for owner in owners:
        found: dict[tuple[Letter, ...], float] = {(): 1.0}
        for kind in kinds:
            enough = [law[list(scenario.documents).index(kind)] for law in laws]
            letters = _letters(scenario, kind, owner, enough)
            found = {(*before, letter): p * q for before, p in found.items() for letter, q in letters.items()}
        joint.append(found)
    numbers: dict[object, int] = {}
    told = [defaultdict[int, float](float) for _ in owners]
    for sums, owner, found in zip(told, owners, joint, strict=True):
        never = 1.0 if owner.gives_up == 1 else owner.never_answers
        nothing: tuple[Letter, ...] = ((("fails", False),) * len(laws),) * len(kinds)
        for combination, p in [*((c, p * (1 - never)) for c, p in found.items()), (nothing, never)]:
            sums[numbers.setdefault(_signs(combination), len(numbers))] += p
    return np.array([[sums[number] for number in range(len(numbers))] for sums in told])


def _letters(scenario: Scenario, kind: str, owner: Segment, enough: list[np.ndarray]) -> dict[Letter, float]:
    document = scenario.documents[kind]
    errors, status = scenario.checkers[document.checker], STATUSES.index(owner.status)
    holding = owner.documents.get(kind, 0.0) if owner.status in document.proves else 0.0
    chances = (holding, owner.presents_borrowed, owner.presents_forged, document.to_desk)
    points = sorted({0.0, errors.false_reject, errors.false_accept, errors.false_match, 1.0})
    found: dict[Letter, float] = defaultdict(float)
    for coins in product((True, False), repeat=4):
        holds, borrows, forges, to_desk = coins
        weight = float(np.prod([p if coin else 1 - p for p, coin in zip(chances, coins, strict=True)]))
        for low, high in pairwise(points):
            u, letter = 0.5 * (low + high), []
            for law in enough:
                genuine = holds and bool(law[status])
                shown = genuine or (bool(law.any()) and (borrows or forges))
                limit = errors.false_match if borrows else errors.false_accept
                accepted = u >= errors.false_reject if genuine else u < limit
                sign = "waits" if to_desk else "passed" if accepted else "fails"
                letter.append((sign if shown else "fails", genuine))
            if weight * (high - low) > 0:
                found[tuple(letter)] += weight * (high - low)
    return found


def _signs(combination: tuple[Letter, ...]) -> object:
    """What all lists of kinds tell: whether a kind is genuine only where both are found, and outcomes differ."""
    signs = []
    for letters in zip(*combination, strict=True):
        outcomes, genuine = zip(*letters, strict=True)
        alike = len(set(outcomes)) == 1 or len(set(genuine)) == 1
        signs.append((outcomes, None if alike else genuine))
    return tuple(signs)


@contextmanager
def no_reviewer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "all_answers", what_shows)
        yield


def world(name: str, to_desk: float | None) -> Scenario:
    """A shipped scenario, its policies without checkers of their own, with a part of all cases for the desk."""
    scenario = own_checkers(load(name).scenario)
    if to_desk is None:
        return scenario
    documents = {n: d.model_copy(update={"to_desk": to_desk}) for n, d in scenario.documents.items()}
    return scenario.model_copy(update={"documents": documents})


def most(scenario: Scenario) -> list[float]:
    """The most that B serves at each of the limits, in percent with one decimal."""
    program = program_b(scenario, make_law(scenario, scenario.orders[0].reading))
    values = [most_served(program, Standard("leak_share", limit)).value for limit in LIMITS]
    return [round(100 * value, 1) for value in values if value is not None]


@pytest.mark.parametrize(
    ("name", "to_desk", "told_all", "at_once", "shows"),
    [
        ("june-2026", None, [59.8, 77.0], [59.6, 76.7], [59.8, 77.0]),
        ("june-2026", 0.3, [59.8, 77.0], [57.0, 72.8], [59.8, 77.2]),
        ("june-2026", 1.0, [59.8, 77.0], [9.6, 12.0], [59.9, 77.6]),
        ("june-2026-not-lifted", None, [61.1, 78.3], [60.9, 78.0], [61.1, 78.3]),
        ("who-waits", None, [100.0, 100.0], [92.8, 94.3], [100.0, 100.0]),
        ("weekend-desk", None, [100.0, 100.0], [100.0, 100.0], [100.0, 100.0]),
        ("channels", None, [80.5, 83.5], [80.5, 83.5], [80.5, 83.5]),
    ],
)
def test_no_desk_however_small_brings_bound_b_down(
    name: str, to_desk: float | None, told_all: list[float], at_once: list[float], shows: list[float]
) -> None:
    """The table of docs/bounds.md: what shows without any reviewer is worth as much as all verdicts."""
    scenario = world(name, to_desk)
    assert most(scenario) == told_all
    assert most(never_reviewed(scenario)) == at_once
    with no_reviewer():
        assert most(scenario) == shows
    assert all(low <= b <= high for low, b, high in zip(at_once, told_all, shows, strict=True))


def test_where_nothing_goes_to_the_desk_no_reviewer_is_missed() -> None:
    """What is told without a reviewer is then what B is told: the two programs are the same."""
    scenario = world("june-2026", 0.0)
    told = most(scenario)
    with no_reviewer():
        assert most(scenario) == told


def test_where_many_forge_the_verdict_is_worth_more_than_the_wait() -> None:
    """Or the table would prove little: whoever waits may have forged; a reviewer who never errs tells them apart."""
    people = {
        "native": SOMEBODY | {"share": 0.5, "documents": {"passport": 1.0}},
        "foreign": FOREIGNER | {"share": 0.5, "presents_forged": 0.5},
    }
    documents = {"passport": {"proves": {"citizen": "citizen"}, "checker": "perfect", "to_desk": 1.0}}
    checkers = {"perfect": {"false_reject": 0.0, "false_accept": 0.0, "false_match": 0.0}}
    scenario = plain(
        {"family": "open", "documents": []}, segments=people, documents=documents, checkers=checkers
    )
    assert most(scenario) == [100.0, 100.0]
    with no_reviewer():
        # One in three who wait is a foreigner, and nothing tells them apart: nobody can be served.
        assert most(scenario) == [0.0, 0.0]


def test_reviews_that_few_could_make_are_worth_points() -> None:
    """What must be added for accounts that are reviewed at least once: the numbers of docs/bounds.md.

    Those with most needs come first: each has the need whose check it is, and those of the rest of the time.
    """
    scenario = load("june-2026").scenario
    law = make_law(scenario, "person")
    days = sum(epoch.length_us for epoch in law.epochs if epoch.named.any()) / 86_400e6
    kinds = sorted(
        (
            (
                1 + days * owner.needs_per_day * times * owner.models["fable-5"],
                scenario.represents * owner.share * part,
            )
            for owner in scenario.segments.values()
            if owner.status in ("citizen", "permanent", "protected")
            for times, part in zip(owner.activity.multipliers, owner.activity.shares, strict=True)
        ),
        reverse=True,
    )
    entitled = program_b(scenario, law).entitled
    found = []
    assert scenario.desk is not None
    for part in (0.1, 1.0):
        shifts = tuple(
            shift.model_copy(update={"reviewers": round(part * shift.reviewers)})
            for shift in scenario.desk.shifts
        )
        desk = scenario.desk.model_copy(update={"shifts": shifts})
        left = reviews_possible(scenario.model_copy(update={"desk": desk}), law)
        gain = 0.0
        for needs, accounts in kinds:
            gain += needs * min(accounts, left)
            left -= min(accounts, left)
        found.append(round(100 * gain / entitled))
    assert found == [11, 34]


def lets_in_whoever_fails(parameters: object, context: Context) -> Decisions:
    """Asks everybody once; whoever fails is served from then on."""
    shape = context.space.shape
    return Decisions(fresh=np.full(shape, CHECK), check_failed=np.full(shape, ALLOW))


@pytest.mark.parametrize("to_desk", [0.0, 1.0])
def test_waiting_may_keep_out_whom_bound_b_is_not_told(to_desk: float) -> None:
    """B takes it that requests are answered at once: a gate that uses the wait as its answer is not in its scope.

    All foreigners hold the document asked for, no native does, and it clears nobody. Natives fail at once; where a
    reviewer must look and none is there, foreigners wait. No chance decides it.
    """
    people = {
        "native": SOMEBODY | {"share": 0.5},
        "foreign": FOREIGNER | {"share": 0.5, "documents": {"foreign_passport": 1.0}},
    }
    documents = {
        "foreign_passport": {
            "proves": {"nonresident": "nonresident"},
            "checker": "typical",
            "to_desk": to_desk,
        }
    }
    nobody = {"days": ["mon"], "start": "09:00", "end": "10:00", "reviewers": 0}
    scenario = plain(
        {
            "family": "plug_in",
            "plug_in": "mine",
            "documents": ["foreign_passport"],
            "ask_again_after": "forever",
        },
        segments=people,
        documents=documents,
        desk={"service": "6m", "shifts": [nobody]},
        represents=100,
    )
    law = make_law(scenario, "person")
    assert most_served(program_b(scenario, law), Standard("zero")).value == 0.0
    with handed({"mine": lets_in_whoever_fails}):
        gate = compile_gate(scenario, "gate", law)
    accounts = populate(scenario, 1, 0, scenario.people)
    ledger = simulate(scenario, law, gate, accounts, seed=1, replication=0)
    served = np.isin(ledger.outcome, (SERVED, SERVED_LATE))
    assert (served & ~ledger.restricted).sum() > 100
    assert (served & ledger.restricted).any() == (to_desk == 0.0)
