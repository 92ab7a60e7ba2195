"""Checks of documents: what is acceptable, and the distribution of what a check comes to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, norm

from gatesim.gates.checks import CheckOutcomes, acceptable, outcome_types, shown_as_clearing, sufficient
from gatesim.gates.compile import compile_policy
from gatesim.gates.tables import Tables
from gatesim.law.law import Epoch, make_law
from gatesim.scenario.people import STATUSES
from gatesim.scenario.schema import Scenario
from tests.scenarios import Whole, small

FALSE_ALARM = 1e-6
N = 120_000

KINDS = {
    "passport": {"proves": {"citizen": "citizen"}, "checker": "typical", "cost": 1.5},
    "residence": {
        "proves": {"permanent": "permanent", "temporary": "temporary"},
        "checker": "typical",
        "cost": 2.0,
    },
    "selfie": {"proves": dict.fromkeys(STATUSES, "nothing"), "checker": "lax", "cost": 0.25},
    "foreign": {
        "proves": {"temporary": "nonresident", "nonresident": "nonresident"},
        "checker": "lax",
        "cost": 0.5,
    },
}
HELD = {
    "citizen": {"passport": 0.5, "selfie": 0.7},
    "permanent": {"residence": 0.8, "selfie": 0.6},
    "temporary": {"residence": 0.4, "foreign": 0.9, "selfie": 0.3},
    "nonresident": {"foreign": 0.9, "selfie": 0.2},
}


def world(accepts: list[str], **habits: Any) -> Scenario:
    """One segment for each status that can hold something; all answer alike."""
    answer = {
        "never_answers": 0.1,
        "gives_up": 0.2,
        "presents_forged": 0.3,
        "presents_borrowed": 0.15,
        **habits,
    }
    segments = {
        status: {
            "share": 0.25,
            "status": status,
            "citizenship": ["GB"],
            "home": "US",
            "needs_per_day": 1.0,
            "card": {"US": 1.0},
            "declared": {"US": 1.0},
            "models": {"new": 1.0},
            "documents": held,
            **answer,
        }
        for status, held in HELD.items()
    }
    return small(
        segments=Whole(segments),
        documents=Whole(KINDS),
        checkers={"lax": {"false_reject": 0.01, "false_accept": 0.4, "false_match": 0.2}},
        policies=Whole(ask={"family": "single", "signal": "ip", "then": "check", "documents": accepts}),
    )


def law_of(scenario: Scenario, *clears: str) -> Epoch:
    """An epoch in which proofs of these statuses count."""
    epoch = make_law(scenario, "person").epochs[1]
    return replace(epoch, clears=np.array([status in clears for status in STATUSES]))


def tables_of(scenario: Scenario) -> Tables:
    return compile_policy(scenario, "ask", "person", make_law(scenario, "person").epochs[1])


def outcome(status: str, documents: list[str], *clears: str, **habits: Any) -> CheckOutcomes:
    scenario = world(documents, **habits)
    return outcome_types(scenario, scenario.segments[status], tables_of(scenario), law_of(scenario, *clears))


# What counts.


def test_a_document_is_acceptable_if_it_shows_anybody_as_clearing_or_proves_no_status() -> None:
    scenario = world([])
    names = list(KINDS)

    def accepted(*clears: str) -> list[str]:
        return [names[d] for d in acceptable(scenario, (3, 2, 1, 0), law_of(scenario, *clears).clears)]

    assert accepted("citizen") == ["selfie", "passport"]
    assert accepted("citizen", "permanent") == ["selfie", "residence", "passport"]
    assert accepted() == ["selfie"]
    assert accepted("nonresident") == ["foreign", "selfie"]


def test_what_counts_is_the_status_shown_not_the_status_held() -> None:
    """A temporary resident who shows a foreign passport looks like a nonresident."""
    scenario = world([])
    shows = shown_as_clearing(scenario, law_of(scenario, "temporary").clears)
    temporary = STATUSES.index("temporary")
    assert shows[:, temporary].tolist() == [False, True, False, False]
    enough = sufficient(scenario, law_of(scenario, "temporary").clears)
    assert enough[:, temporary].tolist() == [False, True, True, False]


# Closed forms.


def test_a_citizen_with_a_passport_passes_unless_rejected() -> None:
    found = outcome("citizen", ["passport"], "citizen", presents_forged=0.0, presents_borrowed=0.0)
    assert found.no_answer == 0.1
    assert found.passes == pytest.approx(0.9 * 0.5 * 0.95, abs=1e-15)
    assert found.check_failed == pytest.approx(0.9 * 0.5 * 0.05, abs=1e-15)
    assert found.no_document == pytest.approx(0.9 * 0.5, abs=1e-15)
    assert found.collected == pytest.approx(0.8 * 0.9 * 0.5, abs=1e-15)
    assert found.cost == pytest.approx(0.8 * 0.9 * 0.5 * 1.5, abs=1e-15)


def test_who_holds_nothing_sufficient_borrows_first_then_forges() -> None:
    found = outcome("nonresident", ["passport"], "citizen")
    assert found.passes == pytest.approx(0.9 * (0.15 * 0.0001 + 0.85 * 0.3 * 0.08), abs=1e-15)
    assert found.no_document == pytest.approx(0.9 * 0.85 * 0.7, abs=1e-15)


def test_what_shows_too_little_is_collected_and_fails() -> None:
    found = outcome("nonresident", ["passport", "foreign"], "citizen")
    assert found.presented[3] == pytest.approx(0.9 * 0.85 * 0.7 * 0.9, abs=1e-15)
    assert found.passed[3] == 0.0


def test_where_nothing_is_acceptable_nobody_forges_and_nobody_passes() -> None:
    found = outcome("nonresident", ["passport", "foreign"])
    assert found.passes == 0.0
    assert found.presented.tolist() == pytest.approx([0.0, 0.0, 0.0, 0.9 * 0.9])


def test_a_policy_without_documents_clears_nobody() -> None:
    found = outcome("citizen", [], "citizen")
    assert (found.passes, found.check_failed, found.collected, found.cost) == (0.0, 0.0, 0.0, 0.0)
    assert found.no_document == pytest.approx(0.9)


def test_a_status_that_cannot_hold_a_kind_does_not() -> None:
    scenario = world(["passport"], documents={"passport": 1.0}, presents_forged=0.0, presents_borrowed=0.0)
    found = outcome_types(
        scenario, scenario.segments["nonresident"], tables_of(scenario), law_of(scenario, "citizen")
    )
    assert found.no_document == pytest.approx(0.9)


# Simulation, owner by owner, from the words of docs/model.md.


def simulated(
    scenario: Scenario, status: str, tables: Tables, epoch: Epoch, seed: int
) -> dict[str, NDArray[Any]]:
    """N owners, one request each: what they present (-1: nothing), whether they pass, why they fail."""
    rng = np.random.default_rng(seed)
    segment = scenario.segments[status]
    names = list(scenario.documents)
    kinds = list(scenario.documents.values())
    clears = {name for name, counts in zip(STATUSES, epoch.clears, strict=True) if counts}

    def enough(d: int, holder: str) -> bool:
        shown = kinds[d].proves.get(holder)  # type: ignore[call-overload]
        return shown is not None and (shown in clears or shown == "nothing")

    presented = np.full(N, -1)
    passes = np.zeros(N, dtype=bool)
    reason = np.full(N, "no_document", dtype=object)
    wanted = list(tables.documents)
    accepted = [d for d in wanted if any(enough(d, holder) for holder in kinds[d].proves)]
    for i in range(N):
        if rng.random() < segment.never_answers:
            reason[i] = "no_answer"
            continue
        if rng.random() < segment.gives_up:
            reason[i] = "gave_up"
            continue
        holds = [rng.random() < segment.documents.get(name, 0.0) for name in names]
        error = rng.random(len(kinds))
        genuine = next((d for d in accepted if holds[d] and enough(d, status)), None)
        if genuine is not None:
            presented[i], passes[i] = genuine, error[genuine] >= tables.false_reject[genuine]
        elif accepted and rng.random() < segment.presents_borrowed:
            presented[i], passes[i] = accepted[0], error[accepted[0]] < tables.false_match[accepted[0]]
        elif accepted and rng.random() < segment.presents_forged:
            presented[i], passes[i] = accepted[0], error[accepted[0]] < tables.false_accept[accepted[0]]
        else:
            presented[i] = next((d for d in wanted if holds[d]), -1)
        if presented[i] >= 0:
            reason[i] = "passed" if passes[i] else "check_failed"
    return {"presented": presented, "passes": passes, "reason": reason}


@pytest.mark.parametrize(
    ("status", "documents", "clears"),
    [
        ("citizen", ["passport", "selfie"], ("citizen",)),
        ("temporary", ["foreign", "passport", "residence"], ("citizen", "temporary")),
        ("nonresident", ["foreign", "residence"], ("permanent",)),
    ],
)
@pytest.mark.no_cover  # others cover the same lines
def test_outcomes_agree_with_simulated_owners(
    status: str, documents: list[str], clears: tuple[str, ...]
) -> None:
    scenario = world(documents)
    tables, epoch = tables_of(scenario), law_of(scenario, *clears)
    exact = outcome_types(scenario, scenario.segments[status], tables, epoch)
    seen = simulated(scenario, status, tables, epoch, seed=5)
    asked = 1 - exact.gives_up
    pairs = [
        ((seen["reason"] == "no_answer").sum(), exact.no_answer),
        ((seen["reason"] == "gave_up").sum(), (1 - exact.no_answer) * exact.gives_up),
        ((seen["reason"] == "no_document").sum(), asked * exact.no_document),
        ((seen["reason"] == "check_failed").sum(), asked * exact.check_failed),
        (seen["passes"].sum(), asked * exact.passes),
        ((seen["presented"] >= 0).sum(), exact.collected),
    ]
    for d in range(len(KINDS)):
        pairs.append(((seen["presented"] == d).sum(), asked * exact.presented[d]))
        pairs.append((((seen["presented"] == d) & seen["passes"]).sum(), asked * exact.passed[d]))
    level = FALSE_ALARM / (2 * len(pairs) + 2)
    for count, probability in pairs:
        assert binom.cdf(count, N, probability) > level
        assert binom.sf(count - 1, N, probability) > level
    price = np.array([*(kind["cost"] for kind in KINDS.values()), 0.0], dtype=float)[seen["presented"]]
    assert abs(price.mean() - exact.cost) < norm.isf(level) * price.std() / np.sqrt(N)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(HELD)),
    st.lists(st.sampled_from(list(KINDS)), unique=True),
    st.sets(st.sampled_from(STATUSES)),
    st.floats(0, 1),
    st.floats(0, 1),
)
@pytest.mark.no_cover  # others cover the same lines
def test_whatever_the_law_an_owner_ends_in_one_of_four_ways(
    status: str, documents: list[str], clears: set[str], forged: float, silent: float
) -> None:
    found = outcome(status, documents, *clears, presents_forged=forged, never_answers=silent)
    total = found.no_answer + found.no_document + found.passes + found.check_failed
    assert total == pytest.approx(1.0, abs=1e-12)
    assert (found.presented >= 0).all()
    assert (found.passed >= 0).all()
    assert (found.passed <= found.presented + 1e-15).all()
    assert found.collected <= 1 - silent + 1e-12
