"""The verdict follows from measures: first outcome that holds, and noise is never taken for a finding."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import OUTCOMES, PolicyResult, explain_outcome
from gatesim.measures.sentence import _finding
from gatesim.measures.verdict import Row, make_verdict
from gatesim.scenario.types import DAY, FOREVER
from gatesim.show.outcomes import outcome_words
from tests.scenarios import small

pytestmark = pytest.mark.no_cover  # others cover the same lines, but for a few

SMALL = small()
ISSUED = SMALL.orders[0].issued
LIMIT = 0.01
ACCOUNTS = 10_000


def measure(name: str, value: float | None, half: float | None = 0.0, **changes: Any) -> Measure:
    """A ratio of 1000 needs with a symmetric interval; a half width of None is no interval."""
    if value is None:
        return Measure(name, 0, 0, None, note="undefined")
    low, high = (None, None) if half is None else (max(value - half, 0.0), min(value + half, 1.0))
    return Measure(name, 1000 * value, 1000, value, low, high, **changes)


def found(leak: float | None, served: float | None, half: float | None = 0.0, floor_half: float | None = 0.0):
    return {
        "leak_rate": measure("leak_rate", leak, half),
        "leak_share": measure("leak_share", leak, half),
        "served_entitled": measure("served_entitled", served, floor_half),
    }


def policy(
    name: str,
    leak: float | None,
    served: float | None,
    half: float | None = 0.0,
    floor_half: float | None = 0.0,
    lead: int = 0,
    **changes: Any,
) -> PolicyResult:
    return PolicyResult(name, {"person": found(leak, served, half, floor_half)}, lead, **changes)


SHUTDOWN = policy("shutdown", 0.0, 0.0, is_shutdown=True)


def row_of(*policies: PolicyResult, limit: float = LIMIT, ratio: str = "leak_share", **changes: Any) -> Row:
    return make_verdict(small(**changes), policies, ACCOUNTS).row("person", ratio, limit)


def test_a_gate_within_the_limit_that_serves_the_floor_and_is_ready_is_available() -> None:
    row = row_of(
        policy("leaky", 0.3, 0.9), policy("good", 0.005, 0.6), policy("better", 0.009, 0.8), SHUTDOWN
    )
    assert row.outcome == "gate_available"
    assert row.best == "better", "the one that serves most"


def test_a_gate_that_comes_too_late_is_only_not_ready_and_its_date_is_told() -> None:
    late, later = policy("late", 0.0, 0.6, lead=20 * DAY), policy("later", 0.0, 0.9, lead=30 * DAY)
    row = row_of(later, late, SHUTDOWN)
    assert row.outcome == "only_not_ready"
    assert row.best == "late"
    assert row.judgement("late").ready == ISSUED + timedelta(days=20)


def test_a_policy_is_ready_exactly_at_the_issue_plus_its_lead_time() -> None:
    grace = {"orders": [{**small_order(), "grace": "5d"}]}
    assert row_of(policy("gate", 0.0, 0.6, lead=5 * DAY), **grace).outcome == "gate_available"
    assert row_of(policy("gate", 0.0, 0.6, lead=5 * DAY + 1), **grace).outcome == "only_not_ready"


def test_a_date_chosen_in_the_scenario_goes_before_the_instant_in_force() -> None:
    late = policy("late", 0.0, 0.6, lead=20 * DAY)
    assert row_of(late, verdict__at="2026-07-02T17:21:00-04:00").outcome == "gate_available"
    assert row_of(late, verdict__at="2026-07-02T17:20:00-04:00").outcome == "only_not_ready"


def test_a_policy_that_takes_forever_is_never_ready() -> None:
    row = row_of(policy("never", 0.0, 0.6, lead=FOREVER))
    assert row.outcome == "only_not_ready"
    assert row.judgement("never").ready is None


def test_a_gate_below_the_floor_is_named_with_what_it_serves() -> None:
    row = row_of(policy("strict", 0.0, 0.1), policy("less_strict", 0.001, 0.4), policy("leaky", 0.3, 0.9))
    assert row.outcome == "only_below_floor"
    assert row.best == "less_strict"
    assert any("less_strict serves 40.0 %" in note for note in row.notes)


def test_no_gate_meets_the_limit_and_the_least_leak_that_serves_the_floor_is_told() -> None:
    row = row_of(policy("leaky", 0.3, 0.9), policy("least", 0.02, 0.1), policy("best", 0.1, 0.6), SHUTDOWN)
    assert row.outcome == "no_gate_meets_limit"
    assert row.best == "best"


def test_shutting_down_and_policies_that_serve_nobody_are_no_candidates() -> None:
    row = row_of(policy("nobody", 0.0, 0.0), SHUTDOWN, policy("leaky", 0.3, 0.9))
    assert [judgement.policy for judgement in row.policies] == ["leaky"]
    empty = row_of(policy("nobody", 0.0, 0.0), SHUTDOWN)
    assert (empty.outcome, empty.best) == ("no_gate_meets_limit", None)


def test_noise_around_the_limit_cannot_tell_and_says_how_many_accounts_would() -> None:
    """The half width is four times the distance: sixteen times the accounts."""
    row = row_of(policy("near", 0.009, 0.9, half=0.004), policy("leaky", 0.3, 0.9))
    assert row.outcome == "cannot_tell"
    assert (row.at_best, row.at_worst) == ("gate_available", "no_gate_meets_limit")
    assert row.deciding == ("near",)
    assert row.accounts_needed == 160_000


def test_noise_around_the_floor_cannot_tell() -> None:
    row = row_of(policy("gate", 0.001, 0.52, floor_half=0.06))
    assert (row.outcome, row.at_best, row.at_worst) == ("cannot_tell", "gate_available", "only_below_floor")
    assert row.accounts_needed == 90_000


@pytest.mark.parametrize(
    ("gate", "at_best", "says", "explains"),
    [
        (
            policy("gate", 0.009, 0.1, half=0.004),
            "only_below_floor",
            "whether gate, which serves less, is within the limit:",
            "short perhaps of one that serves less than the floor",
        ),
        (
            policy("gate", 0.009, 0.6, half=0.004, lead=30 * DAY),
            "only_not_ready",
            "whether gate, which is not ready, would:",
            "a simulation leaves open whether one that is not ready would do",
        ),
    ],
)
def test_what_is_sure_whatever_the_noise_is_said(
    gate: PolicyResult, at_best: str, says: str, explains: str
) -> None:
    row = row_of(gate)
    assert (row.outcome, row.at_best, row.at_worst) == ("cannot_tell", at_best, "no_gate_meets_limit")
    said = _finding(row, "50 %", "12 June 2026")
    assert said.startswith("the only policy listed (")
    assert "does not serve at least 50 % of entitled needs within that limit on 12 June 2026. " in said
    assert says in said
    assert explains in explain_outcome(row.outcome, row.ratio, row.at_best)
    assert "cannot be told" not in explain_outcome(row.outcome, row.ratio, row.at_best)
    assert outcome_words(row).endswith("at best")


def test_noise_that_changes_nothing_does_not_hide_the_outcome() -> None:
    row = row_of(policy("near", 0.009, 0.6, half=0.004), policy("good", 0.001, 0.7))
    assert row.outcome == "gate_available"
    assert row.best == "good", "what is undecided is not recommended"
    assert any("near" in note for note in row.notes)


def test_only_policies_whose_noise_alone_matters_are_named() -> None:
    row = row_of(
        policy("near", 0.009, 0.6, half=0.004),
        policy("near_but_useless", 0.009, 0.1, half=0.004),
        policy("within", 0.0, 0.2),
    )
    assert (row.at_best, row.at_worst) == ("gate_available", "only_below_floor")
    assert row.deciding == ("near",)


def test_no_leak_among_few_cannot_tell_at_a_small_limit_and_the_number_is_linear() -> None:
    """After nothing seen the bound falls as 1/n: 0.03 to 0.01 takes three times the accounts."""
    bound = Measure("leak_share", 0, 100, 0.0, 0.0, 0.03, one_sided=True)
    row = row_of(PolicyResult("clean", {"person": found(0.0, 0.9) | {"leak_share": bound}}))
    assert row.outcome == "cannot_tell"
    assert row.accounts_needed == 30_000


def test_no_number_of_accounts_is_told_where_value_and_limit_are_next_to_each_other() -> None:
    assert row_of(policy("near", 0.01, 0.9, half=0.004)).accounts_needed is None
    assert row_of(policy("near", 0.01 + 1e-12, 0.9, half=0.004)).accounts_needed is None


def test_at_zero_structure_decides_and_not_luck() -> None:
    """Nothing seen is no proof; and a policy that may leak is above zero whatever was seen."""
    nothing_seen = {"half": 0.03}
    assert row_of(policy("gate", 0.0, 0.9, **nothing_seen), limit=0.0).outcome == "cannot_tell"
    assert row_of(policy("gate", 0.0, 0.9, **nothing_seen), limit=0.0).accounts_needed is None
    never = policy("gate", 0.0, 0.9, may_leak={"person": False}, **nothing_seen)
    assert row_of(never, limit=0.0).outcome == "gate_available"
    assert row_of(never, limit=1e-4).outcome == "gate_available", "nor can it leak more than any limit"
    may = policy("gate", 0.0, 0.9, may_leak={"person": True}, **nothing_seen)
    assert row_of(may, limit=0.0).outcome == "no_gate_meets_limit"


def test_a_leak_seen_is_above_zero() -> None:
    assert row_of(policy("gate", 0.001, 0.9, half=0.002), limit=0.0).outcome == "no_gate_meets_limit"


def test_without_an_interval_the_value_decides_and_the_note_says_so() -> None:
    row = row_of(policy("exact", 0.01, 0.5, half=None, floor_half=None))
    assert row.outcome == "gate_available", "at most the limit, at least the floor"
    assert any("value itself decides" in note for note in row.notes)
    assert row_of(policy("exact", 0.0100001, 0.5, half=None)).outcome == "no_gate_meets_limit"


def test_without_a_restricted_need_there_is_nothing_to_leak() -> None:
    """The standard is tested as leaks <= limit x base, which holds for no leaks of nothing."""
    assert row_of(policy("gate", None, 0.9), limit=0.0).outcome == "gate_available"


def test_each_reading_ratio_and_limit_has_its_row_and_the_orders_own_is_marked() -> None:
    verdict = make_verdict(SMALL, [policy("gate", 0.0, 0.9)], ACCOUNTS)
    assert [(row.ratio, row.limit) for row in verdict.rows] == [
        (ratio, limit) for ratio in ("leak_rate", "leak_share") for limit in (0, 1e-4, 1e-3, 1e-2, 5e-2)
    ]
    assert [(row.ratio, row.limit) for row in verdict.rows if row.own] == [("leak_share", 0.01)]


def test_an_own_limit_that_is_not_on_the_list_is_added() -> None:
    scenario = small(orders=[{**small_order(), "standard": {"kind": "leak_rate", "limit": 0.03}}])
    verdict = make_verdict(scenario, [policy("gate", 0.02, 0.9)], ACCOUNTS)
    assert verdict.row("person", "leak_rate", 0.03).own
    assert verdict.row("person", "leak_rate", 0.03).outcome == "gate_available"
    with pytest.raises(KeyError):
        verdict.row("person", "leak_share", 0.03)


def test_the_break_even_limit_is_the_policys_own_leak() -> None:
    verdict = make_verdict(SMALL, [policy("gate", 0.02, 0.9, half=0.01), SHUTDOWN], ACCOUNTS)
    even = verdict.break_even["person"]["gate"]["leak_share"]
    assert (even.value, even.low, even.high) == (0.02, 0.01, 0.03)
    assert "shutdown" not in verdict.break_even["person"]


def test_channels_and_models_have_their_own_outcomes() -> None:
    parts = {
        "channel": {"consumer": found(0.3, 0.9), "api": found(0.0, 0.9), "team": found(None, None)},
        "model": {"new": found(0.02, 0.9, half=0.03)},
    }
    gate = policy("gate", 0.1, 0.9, splits={"person": parts}, may_leak={"person": True})
    rows = {(r.by, r.which): r.outcome for r in make_verdict(SMALL, [gate], ACCOUNTS).splits if r.own}
    assert rows == {
        ("channel", "consumer"): "no_gate_meets_limit",
        ("channel", "api"): "gate_available",
        ("model", "new"): "cannot_tell",
    }, "nobody uses team: no outcome"


def test_that_a_policy_may_leak_somewhere_does_not_say_that_it_may_leak_here() -> None:
    parts = {"channel": {"api": found(0.0, 0.9)}, "model": {}}
    gate = policy("gate", 0.1, 0.9, splits={"person": parts}, may_leak={"person": True})
    verdict = make_verdict(SMALL, [gate], ACCOUNTS)
    assert {row.outcome for row in verdict.splits if row.limit == 0} == {"gate_available"}


def test_without_an_order_there_is_no_verdict() -> None:
    verdict = make_verdict(small(orders=[]), [policy("gate", 0.0, 0.9)], ACCOUNTS)
    assert (verdict.date, verdict.rows) == (None, ())


def test_every_outcome_says_in_which_sense_shutting_down_is_left() -> None:
    left = {outcome: "is the only compliant option left" in explain_outcome(outcome) for outcome in OUTCOMES}
    assert not left["gate_available"]
    assert left["only_below_floor"]
    assert left["no_gate_meets_limit"]
    assert "only compliant option left on that date" in explain_outcome("only_not_ready")
    assert "cannot be told" in explain_outcome("cannot_tell")


def test_a_verdict_is_plain_data() -> None:
    parts = {"channel": {"api": found(None, 0.9)}, "model": {}}
    gate = policy("gate", 0.009, 0.9, half=0.004, splits={"person": parts}, lead=FOREVER)
    data = json.loads(json.dumps(make_verdict(SMALL, [gate, SHUTDOWN], ACCOUNTS).to_dict(), allow_nan=False))
    assert data["date"] == ISSUED.isoformat()
    assert {"outcome", "explanation", "deciding", "accounts_needed"} <= set(data["rows"][0])
    assert data["break_even"]["person"]["gate"]["leak_rate"]["value"] == 0.009


def small_order() -> dict[str, Any]:
    return {
        "issued": "2026-06-12T17:21:00-04:00",
        "models": ["new"],
        "reading": "person",
        "standard": {"kind": "leak_share", "limit": 0.01},
    }


shares = st.floats(0, 1)
listed = st.lists(
    st.builds(
        policy,
        st.sampled_from("abc"),
        shares,
        shares,
        half=st.none() | st.floats(0, 0.3),
        floor_half=st.none() | st.floats(0, 0.3),
        lead=st.sampled_from([0, 3 * DAY, 9 * DAY]),
        may_leak=st.sampled_from([{}, {"person": True}]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda p: p.name,
)


@settings(max_examples=150, deadline=None)
@given(listed, st.lists(shares, min_size=2, max_size=5, unique=True))
def test_a_larger_limit_never_makes_the_outcome_worse(
    policies: Sequence[PolicyResult], limits: list[float]
) -> None:
    verdict = make_verdict(small(verdict__limits=sorted(limits)), policies, ACCOUNTS)
    rows = [row for row in verdict.rows if row.ratio == "leak_rate"]
    assert len(rows) == len(limits)
    for tight, wide in pairwise(rows):
        assert OUTCOMES.index(wide.at_best) <= OUTCOMES.index(tight.at_best)
        assert OUTCOMES.index(wide.at_worst) <= OUTCOMES.index(tight.at_worst)


@settings(max_examples=150, deadline=None)
@given(listed, shares, shares)
def test_a_higher_floor_never_makes_the_outcome_better(
    policies: Sequence[PolicyResult], one: float, other: float
) -> None:
    low, high = (row_of(*policies, verdict__floor=floor) for floor in sorted([one, other]))
    assert OUTCOMES.index(high.at_best) >= OUTCOMES.index(low.at_best)
    assert OUTCOMES.index(high.at_worst) >= OUTCOMES.index(low.at_worst)


@settings(max_examples=150, deadline=None)
@given(listed)
def test_the_outcome_is_told_exactly_where_noise_cannot_change_it(policies: Sequence[PolicyResult]) -> None:
    row = row_of(*policies)
    if row.outcome == "cannot_tell":
        assert row.at_best != row.at_worst
        assert row.deciding
        assert all(row.judgement(name).undecided for name in row.deciding)
    else:
        assert row.outcome == row.at_best == row.at_worst
        assert not row.deciding
        if row.outcome == "gate_available":
            best = row.judgement(row.best)
            assert (best.within, best.serves_floor, best.is_ready) == ("yes", "yes", True)
