"""The exact engine on policies without memory: closed forms, structural zeros, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatesim.exact.evaluate import World, evaluate
from gatesim.exact.expected import END_FALLBACK, END_LATE, END_REFUSED, END_SERVED, CannotDo, Expected
from gatesim.exact.inflow import cases_per_hour
from gatesim.exact.structure import may_leak, may_leak_by_epoch
from gatesim.gates.compile import compile_gate
from gatesim.gates.tables import ALLOWED, CHECK, STATES, Tables
from gatesim.law.law import Law, make_law
from gatesim.measures.ledger import (
    FAILED_CHECK,
    GAVE_UP,
    NO_ANSWER,
    NO_DOCUMENT,
    RULE,
    SHUTDOWN,
)
from gatesim.scenario.schema import Scenario
from tests.plain import DAYS, FOREIGNER, PEOPLE, RATE, SOMEBODY, START, order, plain, rules
from tests.random_scenarios import random_scenario
from tests.scenarios import small

NEEDS = PEOPLE * RATE * DAYS


def gate_of(
    scenario: Scenario, policy: str = "gate", reading: str = "person"
) -> tuple[Law, tuple[Tables, ...]]:
    law = make_law(scenario, reading)
    return law, compile_gate(scenario, policy, law)


def expected(scenario: Scenario, policy: str = "gate", reading: str = "person", **more: Any) -> Expected:
    law, gate = gate_of(scenario, policy, reading)
    return evaluate(scenario, law, gate, policy=policy, **more)


def ends(found: Expected) -> NDArray[np.float64]:
    return found.counts.sum(axis=(0, 1, 2, 3))


def leaks(found: Expected) -> float:
    return float(found.counts[..., 1, [END_SERVED, END_LATE]].sum())


def without_memory(gate: tuple[Tables, ...]) -> tuple[Tables, ...]:
    return tuple(replace(t, durations_us=np.zeros(len(STATES), dtype=np.int64)) for t in gate)


def test_an_open_gate_serves_every_need() -> None:
    assert ends(expected(plain(rules("allow"))))[END_SERVED] == pytest.approx(NEEDS, rel=1e-12)


def test_a_shutdown_refuses_every_need_and_nothing_else() -> None:
    found = ends(expected(plain({"family": "shutdown"})))
    assert found[END_REFUSED[SHUTDOWN]] == pytest.approx(NEEDS, rel=1e-12)
    assert np.count_nonzero(found) == 1


def test_needs_for_models_that_no_order_names_are_not_measured() -> None:
    half = SOMEBODY | {"models": {"new": 0.25, "old": 0.75}}
    found = expected(plain({"family": "shutdown"}, segments={"somebody": half}))
    assert found.counts[:, 1].sum() == 0
    assert found.counts.sum() == pytest.approx(NEEDS / 4, rel=1e-12)


def test_needs_are_measured_from_the_day_in_which_the_order_is_in_force() -> None:
    scenario = plain(
        rules("block"),
        orders=[order(2.25, ends=[{"kind": "lifted", "at": START + timedelta(days=4.5)}])],
    )
    by_day = expected(scenario).counts.sum(axis=(0, 1, 3, 4))
    assert by_day == pytest.approx(PEOPLE * RATE * np.array([0, 0, 0.75, 1, 0.5, 0, 0, 0, 0, 0]), rel=1e-12)


def test_without_days_the_window_is_one_sum() -> None:
    scenario = plain(rules("block"), orders=[order(2.25)])
    daily, whole = expected(scenario), expected(scenario, daily=False)
    assert whole.counts.shape[2] == 1
    assert whole.counts[:, :, 0] == pytest.approx(daily.counts.sum(axis=2), rel=1e-12)


def test_the_fallback_takes_its_share_of_refusals() -> None:
    models = {"new": {"fallback": "old"}, "old": {}}
    found = ends(expected(plain({"family": "shutdown"}, models=models, reactions={"fall_back": 0.3})))
    assert found[END_FALLBACK[SHUTDOWN]] == pytest.approx(0.3 * NEEDS, rel=1e-12)
    assert found[END_REFUSED[SHUTDOWN]] == pytest.approx(0.7 * NEEDS, rel=1e-12)


TRAVELLER = SOMEBODY | {"trips": {"every": "6d", "length": "2d", "to": {"other": 1.0}}}


def device_gate(accuracy: float, coverage: float = 1.0, **policy: Any) -> Scenario:
    signal = {"observes": "device", "accuracy": accuracy, "coverage": coverage}
    return plain(
        {"family": "single", "signal": "position", **policy},
        segments={"traveller": TRAVELLER},
        signals={"position": signal},
    )


def test_a_perfect_signal_of_what_the_order_asks_for_errs_never() -> None:
    found = expected(device_gate(1.0), reading="place")
    assert leaks(found) == 0
    assert found.counts[..., 0, END_SERVED].sum() == pytest.approx(0.75 * NEEDS, rel=1e-12)
    assert found.counts[..., 1, END_REFUSED[RULE]].sum() == pytest.approx(0.25 * NEEDS, rel=1e-12)


def test_an_imperfect_signal_errs_as_often_as_it_says() -> None:
    found = expected(device_gate(0.9), reading="place")
    assert leaks(found) == pytest.approx(0.1 * 0.25 * NEEDS, rel=1e-12)
    assert found.counts[..., 0, END_REFUSED[RULE]].sum() == pytest.approx(0.1 * 0.75 * NEEDS, rel=1e-12)


@pytest.mark.parametrize(("unknown", "served"), [("foreign", 0.0), ("home", 1.0), ("ignore", 1.0)])
def test_a_signal_that_never_reads_leaves_what_unknown_counts_as(unknown: str, served: float) -> None:
    found = expected(device_gate(1.0, coverage=0.0, unknown=unknown), reading="place")
    assert ends(found)[END_SERVED] == pytest.approx(served * NEEDS, rel=1e-12)


@pytest.mark.parametrize("refresh", ["account", "place", "session"])
@pytest.mark.parametrize(("k", "blocked"), [(1, 1 - 0.9 * 0.8), (2, 0.1 * 0.2)])
def test_k_of_two_independent_signals_by_hand(refresh: str, k: int, blocked: float) -> None:
    signals = {
        "payment": {"observes": "card", "accuracy": 0.9, "refresh": refresh},
        "account": {"observes": "declared", "accuracy": 0.8, "refresh": "session"},
    }
    found = expected(plain({"family": "k_of_n", "signals": ["payment", "account"], "k": k}, signals=signals))
    assert ends(found)[END_REFUSED[RULE]] == pytest.approx(blocked * NEEDS, rel=1e-12)


def test_a_shared_cause_makes_errors_come_together() -> None:
    signals = {
        "payment": {"observes": "card", "accuracy": 0.9},
        "account": {"observes": "declared", "accuracy": 0.8},
    }
    found = expected(
        plain(
            {"family": "k_of_n", "signals": ["payment", "account"], "k": 2},
            signals=signals,
            causes={"both": {"signals": ["payment", "account"], "probability": 0.5}},
        )
    )
    # Together, the one errs whenever the other does that errs less: min(0.1, 0.2).
    assert ends(found)[END_REFUSED[RULE]] == pytest.approx((0.5 * 0.1 + 0.5 * 0.02) * NEEDS, rel=1e-12)


def test_a_check_that_everybody_passes_serves_everybody() -> None:
    held = SOMEBODY | {"documents": {"passport": 1.0}}
    found = expected(plain(rules("check", clearance="0s"), segments={"somebody": held}))
    assert ends(found)[END_SERVED] == pytest.approx(NEEDS, rel=1e-12)
    assert found.asked[0] == found.collected[0] == pytest.approx(NEEDS, rel=1e-12)
    assert found.cost[0] == pytest.approx(2.0 * NEEDS, rel=1e-12)
    assert found.by_document == pytest.approx([NEEDS], rel=1e-12)


def test_a_check_fails_for_the_first_reason_that_applies() -> None:
    asked = FOREIGNER | {"never_answers": 0.1, "gives_up": 0.2, "presents_forged": 0.5}
    found = expected(plain(rules("check", clearance="0s"), segments={"asked": asked}))
    answers = 0.9 * 0.8
    assert ends(found)[END_REFUSED[NO_ANSWER]] == pytest.approx(0.1 * NEEDS, rel=1e-12)
    assert ends(found)[END_REFUSED[GAVE_UP]] == pytest.approx(0.9 * 0.2 * NEEDS, rel=1e-12)
    assert ends(found)[END_REFUSED[NO_DOCUMENT]] == pytest.approx(answers * 0.5 * NEEDS, rel=1e-12)
    assert ends(found)[END_REFUSED[FAILED_CHECK]] == pytest.approx(answers * 0.5 * 0.75 * NEEDS, rel=1e-12)
    assert leaks(found) == pytest.approx(answers * 0.5 * 0.25 * NEEDS, rel=1e-12)


@pytest.mark.parametrize(
    ("time", "to_desk", "late"),
    [("0s", 0.0, 0.0), ("0s", 0.3, 0.3), ("5m", 0.3, 1.0)],
)
def test_the_part_of_passed_checks_that_takes_time_ends_served_late(
    time: str, to_desk: float, late: float
) -> None:
    kind = {
        "proves": {"citizen": "citizen"},
        "checker": "typical",
        "automatic_time": time,
        "to_desk": to_desk,
    }
    held = SOMEBODY | {"documents": {"passport": 1.0}}
    scenario = plain(
        rules("check", clearance="0s"), segments={"somebody": held}, documents={"passport": kind}
    )
    found = expected(scenario)
    assert ends(found)[END_LATE] == pytest.approx(late * NEEDS, rel=1e-12)
    assert ends(found)[END_SERVED] == pytest.approx((1 - late) * NEEDS, rel=1e-12)
    assert bool(found.left_out) == (time != "0s" or to_desk > 0)


def test_leaving_is_named_as_left_out_where_somebody_is_refused() -> None:
    leave = {"leave": 0.1, "away": "1d"}
    assert "leaving" in expected(plain(rules("block"), reactions=leave)).left_out[0]
    assert expected(plain(rules("allow"), reactions=leave)).left_out == ()


def test_expected_numbers_are_conditioned_on_the_accounts_that_came_out() -> None:
    scenario = small()
    found = expected(scenario, "open", accounts=[7, 0, 3])
    assert found.accounts.tolist() == [7, 0, 3]
    assert found.people.tolist() == pytest.approx([7, 0, 3, 0.3])
    assert found.counts[1].sum() == 0


def test_accounts_must_be_one_number_for_each_segment() -> None:
    scenario = small()
    with pytest.raises(ValueError, match="one number for each of 3 segments"):
        World(scenario, make_law(scenario, "person"), [1, 2])


@pytest.mark.parametrize(
    ("key", "then", "value", "needed"),
    [
        ("allow_lasts", "allow", "9d", "10d"),
        ("block_lasts", "block", "2h", "10d"),
        ("clearance", "check", "5d", "10d"),
        ("ask_again_after", "check", "1d", "10d"),
    ],
)
def test_other_durations_are_refused_by_their_key(key: str, then: str, value: str, needed: str) -> None:
    held = SOMEBODY | {"documents": {"passport": 0.5}}
    policy = rules(then, **{"clearance": "0s", key: value})
    with pytest.raises(
        CannotDo, match=rf"policies\.gate\.{key} = {value}: .* rest of the window \({needed} here\)"
    ):
        expected(plain(policy, segments={"somebody": held}))
    expected(plain(policy | {key: needed}, segments={"somebody": held}))


def test_a_duration_of_a_state_that_is_never_entered_does_not_matter() -> None:
    assert ends(expected(plain(rules("block", clearance="5d", allow_lasts="1h"))))[END_REFUSED[RULE]] > 0


def test_checks_of_accounts_that_are_not_fresh_are_refused() -> None:
    scenario = plain(rules("allow", allow_lasts="forever"))
    law, (tables,) = gate_of(scenario)
    actions = tables.actions.copy()
    actions[ALLOWED] = CHECK
    with pytest.raises(CannotDo, match="asks for documents of accounts that are allowed"):
        evaluate(scenario, law, (replace(tables, actions=actions),))


def test_two_halves_of_a_segment_are_the_segment() -> None:
    whole = small()
    halves = {
        name: whole.segments["natives"].model_copy(update={"share": share})
        for name, share in (("natives", 0.2), ("natives-2", 0.3))
    }
    split = whole.model_copy(update={"segments": {**whole.segments, **halves}})
    assert len(split.segments) == len(whole.segments) + 1
    for policy in ("any_foreign", "open", "shutdown"):
        assert ends(expected(split, policy)) == pytest.approx(ends(expected(whole, policy)), rel=1e-12)


def seeds(count: int) -> Any:
    """Run a test on random scenarios, the same ones every time."""

    def decorate(test: Any) -> Any:
        return settings(max_examples=count, deadline=None, derandomize=True)(
            given(seed=st.integers(0, 2**32 - 1))(test)
        )

    return decorate


@seeds(6)
def test_every_measured_need_ends_in_one_way(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    law = make_law(scenario, "destination")
    world = World(scenario, law)
    needs = world.evaluate(compile_gate(scenario, "open", law)).counts.sum(axis=4)
    for name in scenario.policies:
        found = world.evaluate(compile_gate(scenario, name, law), name)
        assert (found.counts >= 0).all()
        assert found.counts.sum(axis=4) == pytest.approx(needs, rel=1e-9, abs=1e-12)
        assert found.left_out == ()


@seeds(6)
def test_a_stricter_threshold_serves_no_more(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    law = make_law(scenario, "person")
    world = World(scenario, law)
    policy = scenario.policies["posterior"]
    before = np.inf
    for limit in (0.9, 0.5, 0.1, 0.0):
        stricter = policy.model_copy(update={"block_above": limit, "check_above": None})
        changed = scenario.model_copy(update={"policies": {"posterior": stricter}})
        gate = without_memory(compile_gate(changed, "posterior", law))
        served = ends(world.evaluate(gate))[END_SERVED]
        assert served <= before * (1 + 1e-12)
        before = served


@seeds(10)
@pytest.mark.no_cover  # others cover the same lines
def test_a_gate_may_leak_exactly_where_it_is_expected_to(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    for reading in ("person", "destination"):
        law = make_law(scenario, reading)
        world = World(scenario, law)
        for name in scenario.policies:
            gate = compile_gate(scenario, name, law)
            found = leaks(world.evaluate(gate, name, daily=False))
            assert (found > 0) == may_leak(scenario, law, gate), (name, reading, found)


def test_a_perfect_signal_cannot_leak_and_a_nearly_perfect_one_can() -> None:
    for accuracy, leak in ((1.0, False), (1 - 1e-12, True)):
        scenario = device_gate(accuracy)
        assert may_leak(scenario, *gate_of(scenario, reading="place")) == leak


def test_an_account_allowed_at_home_leaks_when_it_travels() -> None:
    scenario = device_gate(1.0, allow_lasts="1h")
    assert may_leak(scenario, *gate_of(scenario, reading="place"))


def test_a_co_user_leaks_behind_the_clearance_of_an_owner() -> None:
    owner = SOMEBODY | {"documents": {"passport": 1.0}, "co_users": {"guest": {"present": 0.1, "share": 0.1}}}
    segments = {"owner": owner, "guest": FOREIGNER | {"share": 0.0}}
    scenario = plain(rules("check", clearance="1m"), segments=segments)
    assert may_leak(scenario, *gate_of(scenario))
    alone = {
        "owner": {**owner, "co_users": {"guest": {"present": 0.0, "share": 0.1}}},
        "guest": segments["guest"],
    }
    scenario = plain(rules("check", clearance="1m"), segments=alone)
    assert not may_leak(scenario, *gate_of(scenario))


@pytest.mark.parametrize(
    ("kind", "leak"),
    [({}, False), ({"automatic_time": "5m"}, True), ({"to_desk": 0.1}, True)],
)
def test_a_restricted_need_that_waits_when_the_order_is_lifted_leaks(
    kind: dict[str, Any], leak: bool
) -> None:
    document = {"proves": {"citizen": "citizen", "nonresident": "nonresident"}, "checker": "typical", **kind}
    scenario = plain(
        rules("check"),
        segments={"foreigner": FOREIGNER | {"documents": {"passport": 1.0}}},
        documents={"passport": document},
        orders=[order(2, ends=[{"kind": "lifted", "at": START + timedelta(days=5)}])],
    )
    assert may_leak_by_epoch(scenario, *gate_of(scenario)) == (False, leak, False)


def test_a_clearance_leaks_in_a_later_epoch_that_it_reaches() -> None:
    # Permanent residents are carved out at first: what they prove clears them. Then the carve-out's order
    # ends, and another one without it is in force.
    resident = SOMEBODY | {"status": "temporary", "citizenship": ["IN"], "documents": {"visa": 1.0}}
    visa = {"proves": {"temporary": "temporary"}, "checker": "typical"}
    first = order(
        0,
        carve_outs=[{"at": START, "statuses": ["temporary"]}],
        ends=[{"kind": "lifted", "at": START + timedelta(days=2)}],
    )
    for begin, clearance, leak in ((2, "1h", True), (4, "1h", False), (4, "3d", True)):
        scenario = plain(
            rules("check", documents=["visa"], clearance=clearance),
            segments={"resident": resident},
            documents={"visa": visa},
            orders=[first, order(begin)],
        )
        assert may_leak(scenario, *gate_of(scenario)) == leak, (begin, clearance)


def test_segments_without_needs_leak_nothing() -> None:
    idle = FOREIGNER | {"share": 0.5, "needs_per_day": 0.0}
    scenario = plain(rules("allow"), segments={"native": SOMEBODY | {"share": 0.5}, "idle": idle})
    assert not may_leak(scenario, *gate_of(scenario))


def desk_world(policy: dict[str, Any], **changes: Any) -> Scenario:
    kind = {"proves": {"citizen": "citizen"}, "checker": "typical", "to_desk": 0.3}
    shifts = [{"days": ["mon"], "start": "09:00", "end": "17:00", "reviewers": 1}]
    return plain(
        policy,
        segments={"somebody": SOMEBODY | {"documents": {"passport": 1.0}, "gives_up": 0.2}},
        documents={"passport": kind},
        desk={"service": "5m", "shifts": shifts},
        **changes,
    )


def test_without_memory_cases_join_the_desk_at_a_constant_rate() -> None:
    scenario = desk_world(rules("check", clearance="0s"), orders=[order(0.5 / 24)])
    cases, note = cases_per_hour(scenario, *gate_of(scenario))
    hourly = 10_000 * RATE / 24 * 0.8 * 0.3
    assert cases == pytest.approx([hourly / 2, *[hourly] * (24 * DAYS - 1)], rel=1e-12)
    assert note == ""


def test_cleared_accounts_join_the_desk_once() -> None:
    scenario = desk_world(rules("check", clearance="forever"))
    cases, _ = cases_per_hour(scenario, *gate_of(scenario))
    # An account is asked at a rate of RATE until it does not give up.
    hours = np.arange(24 * DAYS + 1) / 24
    assert cases == pytest.approx(10_000 * 0.3 * -np.diff(np.exp(-RATE * 0.8 * hours)), rel=1e-10)


@pytest.mark.parametrize(("clearance", "taken"), [("3h", "0d"), ("9d", "forever")])
def test_for_the_desk_other_durations_are_replaced_and_named(clearance: str, taken: str) -> None:
    scenario = desk_world(rules("check", clearance=clearance))
    simple = desk_world(rules("check", clearance=taken))
    cases, note = cases_per_hour(scenario, *gate_of(scenario))
    assert note == f"clearance = {clearance} is taken as {taken} for the desk's inflow"
    assert cases == pytest.approx(cases_per_hour(simple, *gate_of(simple)).cases, rel=1e-12)
