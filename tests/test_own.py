"""What the orders' own standards come to: every kind, unknown limits and readings, several at once."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.law.standards import Demand, Limits
from gatesim.measures.definitions import Measure
from gatesim.measures.demands import held, joined, within_demand
from gatesim.measures.judgement import NoLeak, PolicyResult, explain_outcome
from gatesim.measures.own import Combined
from gatesim.measures.sentence import sentence
from gatesim.measures.verdict import Verdict, make_verdict
from gatesim.measures.wording import NOT_ACCEPTED, ONLY_REFUTED
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from tests.scenarios import small, small_data
from tests.test_verdict import ACCOUNTS, SHUTDOWN, found, measure, policy

ORDER = {**small_data()["orders"][0], "carve_outs": []}
SCALE = 3000
"""Accounts that the small scenario represents."""


def scenario_of(standard: dict[str, Any] | None = None, **changes: Any) -> Scenario:
    order = {**ORDER, **({"standard": standard} if standard else {}), **changes.pop("order", {})}
    return small(**({"orders": [order], "controls": {"log": {}, "seal": {}}} | changes))


def counted(
    name: str, leaks: float, served: float = 0.9, half: float | None = None, **changes: Any
) -> PolicyResult:
    """A policy with a number of leaks (of all accounts represented) as well."""
    made = {**found(0.01, served, None, None), "leaks": amount(leaks, half)}
    return PolicyResult(name, {"person": made}, **changes)


def amount(leaks: float, half: float | None = None, name: str = "leaks") -> Measure:
    ends = (None, None) if half is None else (leaks - half, leaks + half)
    return Measure(name, leaks / SCALE * ACCOUNTS, ACCOUNTS, leaks, *ends, scale=SCALE)


def own(
    scenario: Scenario, *policies: PolicyResult, accounts: int | None = None, reading: str = "person"
) -> Combined:
    verdict = make_verdict(scenario, [*policies, SHUTDOWN], accounts)
    return next(one for one in verdict.own if one.reading == reading)


COUNT = {"kind": "leak_count", "limit": 1000}
ZERO = {"kind": "zero", "probability": 0.95}
PROCESS = {"kind": "process", "controls": ["log", "seal"]}


# --- Each kind by itself ---


def test_a_number_of_leaks_is_held_against_the_limit_of_all_periods() -> None:
    assert own(scenario_of(COUNT), counted("a", 900)).together.outcome == "gate_available"
    assert own(scenario_of(COUNT), counted("a", 1100)).together.outcome == "no_gate_meets_limit"
    daily = own(scenario_of({**COUNT, "per": "1d"}), counted("a", 5000))
    assert daily.together.outcome == "gate_available", "5.28 days in force, 1,000 each"
    assert (
        own(scenario_of({**COUNT, "per": "1d"}), counted("a", 5400)).together.outcome == "no_gate_meets_limit"
    )


def test_noise_around_a_number_of_leaks_says_how_many_accounts_would_tell() -> None:
    """The half width is four times the distance: sixteen times the accounts."""
    row = own(scenario_of(COUNT), counted("a", 900, half=400), accounts=ACCOUNTS).together
    assert (row.outcome, row.accounts_needed) == ("cannot_tell", 160_000)


def zero(name: str, probability: float | None, leaks: float = 0.0, **changes: Any) -> PolicyResult:
    made = {
        **found(0.0, 0.9, None, None),
        "leaks": amount(leaks),
        "accounts_leaked": Measure("accounts_leaked", leaks, ACCOUNTS, leaks * SCALE / ACCOUNTS, scale=SCALE),
    }
    no_leak = {} if probability is None else {"person": {("new",): NoLeak(probability)}}
    return PolicyResult(name, {"person": made}, no_leak=no_leak, **changes)


def test_no_leak_at_all_is_decided_by_the_exact_probability() -> None:
    assert own(scenario_of(ZERO), zero("a", 0.96)).together.outcome == "gate_available"
    assert own(scenario_of(ZERO), zero("a", 0.95)).together.outcome == "gate_available"
    assert own(scenario_of(ZERO), zero("a", 0.94)).together.outcome == "no_gate_meets_limit"
    both = own(scenario_of(ZERO), zero("a", 0.5), zero("b", 0.9)).together
    assert both.best == "b", "the surest"
    never = zero("a", None, may_leak={"person": False})
    assert own(scenario_of(ZERO), never).together.judgement("a").leak.value == 1.0


def test_simulation_can_only_refute_that_nothing_leaks() -> None:
    """10,000 accounts for 3,000: at 95 % the mean number of accounts that leak is 0.17 or less; 1 has 16 %, 2 have
    1.3 %."""
    at = [
        own(scenario_of(ZERO), zero("a", None, leaks=n), accounts=ACCOUNTS).together.outcome
        for n in (0, 1, 2)
    ]
    assert at == ["cannot_tell", "cannot_tell", "no_gate_meets_limit"]
    mean = -math.log(0.95) * ACCOUNTS / SCALE
    assert 1 - math.exp(-mean) == pytest.approx(0.157, abs=1e-3)
    assert 1 - math.exp(-mean) * (1 + mean) == pytest.approx(0.0131, abs=1e-3)
    row = own(scenario_of(ZERO), zero("a", None), accounts=ACCOUNTS).together
    assert row.accounts_needed is None, "no number would do"
    assert own(scenario_of(ZERO), zero("a", None, leaks=5)).together.outcome == "cannot_tell", (
        "without a simulation nothing was seen"
    )


def test_a_single_leak_among_few_of_many_refutes() -> None:
    """A hundredth of those represented: if it held, one leak would come with 0.05 %."""
    many = scenario_of(ZERO, people=100, represents=1_000_000)
    assert own(many, zero("a", None, leaks=1), accounts=10_000).together.outcome == "no_gate_meets_limit"


def test_controls_stand_or_do_not() -> None:
    have = replace(counted("a", 10**6), controls=("seal", "log", "other"))
    lacks = replace(counted("b", 0), controls=("log",))
    one = own(scenario_of(PROCESS), have, lacks)
    assert [(j.policy, j.within) for j in one.together.policies] == [("a", "yes"), ("b", "no")]
    assert one.together.best == "a"
    assert own(scenario_of(PROCESS), lacks).together.outcome == "no_gate_meets_limit"


def test_a_standard_of_one_model_is_about_its_needs() -> None:
    changes = {
        "models": {"second": {}},
        "order": {"models": ["new", "second"], "standards": {"second": {"kind": "leak_rate", "limit": 0.1}}},
    }
    parts = {"channel": {}, "model": {"new": found(0.005, 0.9), "second": found(0.2, 0.1)}}
    gate = policy("gate", 0.02, 0.8, half=None, floor_half=None, splits={"person": parts})
    one = own(scenario_of(**changes), gate)
    assert [(row.ratio, row.by, row.which, row.outcome) for row in one.rows] == [
        ("leak_share", "model", "new", "gate_available"),
        ("leak_rate", "model", "second", "no_gate_meets_limit"),
    ]
    assert one.together.outcome == "no_gate_meets_limit"
    assert one.together.judgement("gate").leak.numerator == 1, "meets one of two"
    good = {**parts, "model": {**parts["model"], "second": found(0.05, 0.1)}}
    better = own(scenario_of(**changes), replace(gate, splits={"person": good}))
    assert better.rows[1].outcome == "only_below_floor", "for this model alone"
    assert better.together.outcome == "gate_available", "the floor is of all needs"


def test_measures_of_several_models_are_put_together() -> None:
    a = Measure("leak_share", 10, 100, 0.1, 0.08, 0.12)
    b = Measure("leak_share", 60, 300, 0.2, 0.18, 0.22)
    both = joined("leak_share", [a, b])
    assert (both.numerator, both.denominator, both.value) == (70, 400, 0.175)
    assert (both.low, both.high) == (pytest.approx(0.155), pytest.approx(0.195))
    empty = Measure("leak_share", 0, 0, None)
    assert joined("leak_share", [a, empty]).value == 0.1
    assert joined("leak_share", [empty, empty]).value is None
    assert joined("leak_share", [a, replace(b, low=None, high=None)]).low is None
    sums = joined("leaks", [amount(5, 1), amount(7, 2)])
    assert (sums.value, sums.low, sums.high) == (pytest.approx(12), 9, 15)


# --- Unknown limits ---

LOG = {"kind": "leak_share", "limit": {"distribution": "loguniform", "low": 0.001, "high": 0.1}}


def test_the_probability_of_an_outcome_is_that_of_the_limits_between_break_even_points() -> None:
    """Break-even at 0.01, the middle of the scale; below it only what serves too few."""
    one = own(
        scenario_of(LOG), policy("good", 0.01, 0.9, None, None), policy("strict", 0.0001, 0.1, None, None)
    )
    assert one.outcomes == {"gate_available": pytest.approx(0.5), "only_below_floor": pytest.approx(0.5)}
    assert one.meets["good"]["yes"] == pytest.approx(0.5)
    assert one.meets["strict"]["yes"] == pytest.approx(1.0)
    assert one.together is None
    assert [(e.policy, e.leak.value) for e in one.break_even] == [("good", 0.01), ("strict", 0.0001)]


def test_noise_takes_its_part_of_the_limits() -> None:
    """An interval from 0.005 to 0.02 of limits evenly spread to 0.1."""
    even = {"kind": "leak_share", "limit": {"distribution": "uniform", "low": 0.0, "high": 0.1}}
    near = Measure("leak_share", 10, 1000, 0.01, 0.005, 0.02)
    gate = PolicyResult("gate", {"person": {**found(0.01, 0.9, None, None), "leak_share": near}})
    one = own(scenario_of(even), gate, accounts=ACCOUNTS)
    assert one.outcomes == {
        "gate_available": pytest.approx(0.8),
        "no_gate_meets_limit": pytest.approx(0.05),
        "cannot_tell": pytest.approx(0.15),
    }
    assert one.meets["gate"] == {
        "yes": pytest.approx(0.8),
        "no": pytest.approx(0.05),
        "undecided": pytest.approx(0.15),
    }


def test_listed_limits_have_their_weights_and_zero_is_structural() -> None:
    some = {"kind": "leak_share", "limit": {"limits": [0.0, 0.02, 0.3], "weights": [0.2, 0.5, 0.3]}}
    gate = policy("gate", 0.0, 0.9, None, None, may_leak={"person": True})
    assert own(scenario_of(some), gate).outcomes == {
        "gate_available": pytest.approx(0.8),
        "no_gate_meets_limit": pytest.approx(0.2),
    }


def test_unknown_limits_of_two_orders_are_independent() -> None:
    """Each is met with one half: both with a quarter."""
    second = {**ORDER, "title": "The same again", "standard": LOG}
    scenario = scenario_of(LOG, orders=[{**ORDER, "standard": LOG}, second])
    one = own(scenario, policy("gate", 0.01, 0.9, None, None))
    assert one.outcomes["gate_available"] == pytest.approx(0.25)


def test_an_unknown_number_of_leaks_breaks_even_in_one_period() -> None:
    limit = {"distribution": "uniform", "low": 0.0, "high": 2000.0}
    scenario = scenario_of({"kind": "leak_count", "limit": limit, "per": "1d"})
    periods = (5 * 24 * 60 + 6 * 60 + 39) / (24 * 60)
    one = own(scenario, counted("a", 1000 * periods))
    assert one.break_even[0].leak.value == pytest.approx(1000)
    assert one.outcomes["gate_available"] == pytest.approx(0.5)


# --- Unknown readings ---


def two_readings(person: float, national: float, leak: str = "leak_share") -> PolicyResult:
    both = {"person": found(person, 0.9, None, None), "national": found(national, 0.9, None, None)}
    return PolicyResult("gate", both)


def test_readings_have_their_weights() -> None:
    scenario = scenario_of(verdict={"readings": {"person": 0.7, "national": 0.3}})
    verdict = make_verdict(scenario, [two_readings(0.001, 0.5), SHUTDOWN_BOTH], None)
    assert verdict.chances == {
        "gate_available": pytest.approx(0.7),
        "no_gate_meets_limit": pytest.approx(0.3),
    }
    assert [one.weight for one in verdict.own] == [0.7, 0.3]


SHUTDOWN_BOTH = PolicyResult(
    "shutdown", {"person": found(0.0, 0.0), "national": found(0.0, 0.0)}, is_shutdown=True
)


def test_limits_and_readings_together() -> None:
    scenario = scenario_of(LOG, verdict={"readings": {"person": 0.5, "national": 0.5}})
    verdict = make_verdict(scenario, [two_readings(0.01, 0.1), SHUTDOWN_BOTH], None)
    assert verdict.chances["gate_available"] == pytest.approx(0.25)


@pytest.mark.parametrize("standard", [None, LOG])
def test_where_only_shutting_down_is_listed_none_would_do(standard: dict[str, Any] | None) -> None:
    scenario = scenario_of(standard, verdict={"readings": {"person": 0.7, "national": 0.3}})
    verdict = make_verdict(scenario, [SHUTDOWN_BOTH], None)
    assert verdict.chances == {"no_gate_meets_limit": pytest.approx(1.0)}
    assert "none would do with a probability of 100 %" in sentence(scenario, verdict, 3, 40)
    certain = scenario_of()
    said = sentence(certain, make_verdict(certain, [SHUTDOWN_BOTH], None), 3, 40)
    assert "no listed policy but shutting down serves anybody" in said


# --- Neutral values change nothing ---


def same(one: Verdict, other: Verdict) -> bool:
    """All numbers equal, bit for bit; what was asked may be worded otherwise."""
    return json.dumps(one.to_dict(), sort_keys=True) == json.dumps(other.to_dict(), sort_keys=True)


shares = st.floats(0.0, 1.0)
halves = st.none() | st.floats(0, 0.3)
policies_ = st.lists(
    st.builds(
        policy,
        st.sampled_from("abc"),
        shares,
        shares,
        half=halves,
        floor_half=halves,
        lead=st.sampled_from([0, 9 * DAY]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda p: p.name,
)


@settings(max_examples=60, deadline=None)
@given(policies_, shares, st.sampled_from(["leak_rate", "leak_share"]))
@pytest.mark.no_cover  # others cover the same lines
def test_a_limit_at_one_point_is_that_limit(policies: list[PolicyResult], limit: float, kind: str) -> None:
    plain = make_verdict(scenario_of({"kind": kind, "limit": limit}), policies, ACCOUNTS)
    point = {"kind": kind, "limit": {"limits": [limit], "weights": [1.0]}}
    assert same(make_verdict(scenario_of(point), policies, ACCOUNTS), plain)
    width = {"kind": kind, "limit": {"distribution": "uniform", "low": limit, "high": limit}}
    assert same(make_verdict(scenario_of(width), policies, ACCOUNTS), plain)


@settings(max_examples=40, deadline=None)
@given(policies_)
@pytest.mark.no_cover  # others cover the same lines
def test_all_weight_on_the_orders_reading_changes_nothing(policies: list[PolicyResult]) -> None:
    plain = make_verdict(scenario_of(), policies, ACCOUNTS)
    assert same(make_verdict(scenario_of(verdict={"readings": {"person": 1.0}}), policies, ACCOUNTS), plain)
    (combined,) = plain.own
    assert combined.outcomes == {combined.together.outcome: 1.0} == plain.chances


@settings(max_examples=60, deadline=None)
@given(policies_, shares)
@pytest.mark.no_cover  # others cover the same lines
def test_the_own_row_is_the_row_of_the_table(policies: list[PolicyResult], limit: float) -> None:
    verdict = make_verdict(scenario_of({"kind": "leak_rate", "limit": limit}), policies, ACCOUNTS)
    row = verdict.row("person", "leak_rate", limit)
    assert replace(verdict.own[0].together, demands=()) == row


@settings(max_examples=60, deadline=None)
@given(policies_, st.floats(1e-4, 0.1), st.floats(1.5, 50.0), st.floats(1.0, 5.0))
@pytest.mark.no_cover  # others cover the same lines
def test_a_more_lenient_distribution_never_makes_a_gate_less_available(
    policies: list[PolicyResult], low: float, width: float, shift: float
) -> None:
    def available(low: float, high: float) -> float:
        limit = {"distribution": "loguniform", "low": min(low, 1.0), "high": min(high, 1.0)}
        one = make_verdict(scenario_of({"kind": "leak_share", "limit": limit}), policies, None).own
        return sum(o.outcomes.get("gate_available", 0.0) for o in one)

    assert available(low * shift, low * width * shift) >= available(low, low * width) - 1e-9


@settings(max_examples=60, deadline=None)
@given(policies_, st.floats(1e-4, 0.5), st.floats(1.1, 2.0))
@pytest.mark.no_cover  # others cover the same lines
def test_probabilities_of_outcomes_add_up_to_one(
    policies: list[PolicyResult], low: float, width: float
) -> None:
    limit = {"distribution": "uniform", "low": low, "high": min(low * width, 1.0)}
    for one in make_verdict(scenario_of({"kind": "leak_share", "limit": limit}), policies, ACCOUNTS).own:
        assert sum(one.outcomes.values()) == pytest.approx(1.0)
        for chances in one.meets.values():
            assert sum(chances.values()) == pytest.approx(1.0)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 1))
def test_a_surer_zero_is_harder_to_meet(probability: float, a: float, b: float) -> None:
    def within(asked: float) -> str:
        demand = Demand(0, ("new",), True, "zero", Limits.of(None), probability=asked)
        return within_demand(held(zero("a", probability), "person", demand, False), demand, 0.0, None, 10)[0]

    low, high = sorted([max(a, 0.001), b])
    assert not (within(high) == "yes" and within(low) == "no")


# --- Words ---


def said(scenario: Scenario, *policies: PolicyResult, accounts: int | None = None) -> str:
    return sentence(scenario, make_verdict(scenario, [*policies, SHUTDOWN], accounts), 3, 40)


def test_the_sentence_of_a_count() -> None:
    text = said(scenario_of({**COUNT, "per": "1d"}), counted("a", 1234), counted("b", 99_999))
    assert (
        "with the assumed standard that at most 1,000 leaks are to be expected among 3,000 accounts in 1d (it is in "
        "force for 5.28 times that) (the order states none), 1 of the 2 policies listed"
    ) in text
    assert "serves at least 50 % of entitled needs within that limit on" in text
    assert "It leaks 1,230 needs in all the time in force and serves 90.0 % of entitled needs." in text
    assert "in all the time in force (the order states none)" in said(scenario_of(COUNT), counted("a", 10))


def test_the_sentence_of_zero() -> None:
    text = said(scenario_of(ZERO), zero("a", 0.99))
    assert (
        "with the assumed standard that none of 3,000 accounts leaks, with a probability of at least 95 % (the order "
        "states none), the only policy listed"
    ) in text
    assert "serves at least 50 % of entitled needs so surely without a leak on" in text
    assert "It leaks nothing at all with a probability of 99.0 % and serves" in text
    fails = said(scenario_of(ZERO), zero("a", 0.5), zero("b", 0.9))
    assert (
        "None is so surely without a leak at all. Of those that serve that much, b is the surest: it" in fails
    )
    why = {"person": {("new",): NoLeak(None, "the exact engine cannot do it: it keeps a state for a day")}}
    unknown = said(scenario_of(ZERO), replace(zero("a", None), no_leak=why), accounts=ACCOUNTS)
    assert "it cannot be told whether the only policy listed" in unknown
    assert "of a not enough leaks were seen to refute it, and no simulation could show it" in unknown
    assert "it keeps a state for a day" in unknown
    never = zero("a", None, may_leak={"person": False})
    assert "It leaks nothing, by its structure, and serves" in said(scenario_of(ZERO), never)


def test_the_sentence_of_a_process() -> None:
    have = replace(counted("a", 10**6, may_leak={"person": False}), controls=("log", "seal"))
    text = said(scenario_of(PROCESS), have)
    assert "with the assumed standard that these controls stand: log and seal (the order states none)" in text
    assert "50 % of entitled needs with these controls on" in text
    assert "It has 2 of 2 controls and serves" in text, "what it leaks is no matter"
    assert NOT_ACCEPTED in text
    assert "It is a, which has 1 of 2 controls and serves" in said(
        scenario_of(PROCESS), replace(have, controls=("log",))
    )
    strict = replace(counted("a", 0, served=0.1), controls=("log", "seal"))
    assert (
        "The best listed policy with these controls, a, has 2 of 2 controls but serves only 10.0 %"
        in said(scenario_of(PROCESS), strict)
    )
    assert NOT_ACCEPTED not in said(scenario_of(), policy("a", 0.001, 0.9))


def test_the_sentence_of_several_standards() -> None:
    changes = {
        "models": {"second": {}},
        "order": {"models": ["new", "second"], "standards": {"second": PROCESS}},
    }
    parts = {"channel": {}, "model": {"new": found(0.005, 0.9), "second": found(0.2, 0.1)}}
    gate = policy("gate", 0.02, 0.8, None, None, splits={"person": parts})
    text = said(scenario_of(**changes), gate)
    assert (
        "with 2 standards assumed together, (1) at most 1 % of served needs leak for new; (2) these controls stand for "
        "second: log and seal (the orders state none), the only policy listed"
    ) in text
    assert "It is gate, which meets 1 of 2 standards" in text
    assert NOT_ACCEPTED in text


def test_the_sentence_of_one_models_standard() -> None:
    changes = {"models": {"second": {}}, "orders": [ORDER, {**ORDER, "models": ["second"], "standard": ZERO}]}
    parts = {
        "channel": {},
        "model": {"new": found(0.005, 0.9), "second": {**found(0.0, 0.9), "leaks": amount(0)}},
    }
    no_leak = {"person": {("second",): NoLeak(0.99)}}
    gate = policy("gate", 0.02, 0.8, None, None, splits={"person": parts}, no_leak=no_leak)
    text = said(scenario_of(**changes), gate)
    assert (
        "(1) at most 1 % of served needs leak for new; (2) none of 3,000 accounts leaks for second," in text
    )
    assert "It meets 2 of 2 standards and serves 80.0 %" in text


def test_the_sentence_of_an_unknown_limit() -> None:
    text = said(
        scenario_of(LOG), policy("good", 0.01, 0.9, None, None), policy("low", 0.0001, 0.1, None, None)
    )
    assert (
        "with the assumed standard that no larger share of served needs leaks than one that is unknown, anywhere from "
        "0.1 % to 10 %, all equally likely on a logarithmic scale (the order states none): of the listed policies on "
        "12 June 2026, 17:21 (UTC-04:00), with a floor of 50 % of entitled needs, a listed policy is available with a "
        "probability of 50.0 % and only one that serves less than the floor would do with a probability of 50.0 %. "
        "Of those that serve the floor, good meets it most likely, with a probability of 50.0 % (from a limit of "
        "1.00 % on). 3 of 40 inputs are guesses."
    ) in text
    listed = {"kind": "leak_share", "limit": {"limits": [0.001, 0.05], "weights": [0.25, 0.75]}}
    text = said(scenario_of(listed), policy("good", 0.01, 0.9, None, None))
    assert "unknown, 0.1 % (with 25 %) and 5 % (with 75 %) (the order" in text
    assert "a listed policy is available with a probability of 75.0 % and none would do with" in text
    none = said(scenario_of(LOG), policy("bad", 0.5, 0.9, None, None))
    assert (
        "none would do with a probability of 100 %. None that serves the floor is sure to meet it at any"
        in none
    )


def test_the_sentence_of_unknown_readings() -> None:
    scenario = scenario_of(verdict={"readings": {"person": 0.7, "national": 0.3}})
    verdict = make_verdict(scenario, [two_readings(0.001, 0.5), SHUTDOWN_BOTH], None)
    text = sentence(scenario, verdict, 1, 40)
    assert text.startswith(
        "The order can be read in 2 ways, “person” with 70 % and “national” with 30 %, with the "
    )
    assert "a listed policy is available with a probability of 70.0 % and none would do with" in text
    assert "gate meets it most likely, with a probability of 70.0 %." in text


def test_what_simulation_cannot_show_is_said_beside_probabilities() -> None:
    scenario = scenario_of(ZERO, verdict={"readings": {"person": 0.5, "national": 0.5}})
    gate = replace(
        zero("a", None), measures=dict.fromkeys(["person", "national"], zero("a", None).measures["person"])
    )
    verdict = make_verdict(scenario, [gate, SHUTDOWN_BOTH], ACCOUNTS)
    assert ONLY_REFUTED in sentence(scenario, verdict, 1, 40)


def test_every_outcome_is_explained_for_every_kind() -> None:
    texts = {
        (outcome, kind): explain_outcome(outcome, kind)
        for outcome in (
            "gate_available",
            "only_not_ready",
            "only_below_floor",
            "no_gate_meets_limit",
            "cannot_tell",
        )
        for kind in ("leak_share", "leak_count", "zero", "process", "together")
    }
    assert "leaks more than the limit" in texts["no_gate_meets_limit", "leak_count"]
    assert "lacks one of the controls" in texts["no_gate_meets_limit", "process"]
    assert "may leak more easily" in texts["no_gate_meets_limit", "zero"]
    assert "fails one of the standards" in texts["no_gate_meets_limit", "together"]
    assert all("  " not in text and text.endswith(".") for text in texts.values())


def test_a_verdict_with_every_kind_is_plain_data() -> None:
    for standard in (COUNT, ZERO, PROCESS, LOG):
        gate = replace(counted("a", 10), no_leak={"person": {("new",): NoLeak(0.5)}})
        data = make_verdict(scenario_of(standard), [gate, SHUTDOWN], None).to_dict()
        again = json.loads(json.dumps(data, allow_nan=False))
        assert again["own"][0]["reading"] == "person"
        assert sum(again["chances"].values()) == pytest.approx(1.0)


def test_a_standard_about_zero_leaks_by_count_is_structural() -> None:
    gate = counted("a", 0.0, may_leak={"person": True})
    assert (
        own(scenario_of({"kind": "leak_count", "limit": 0}), gate).together.outcome == "no_gate_meets_limit"
    )
    assert measure("leak_rate", 0.0).value == 0.0
