"""The power of audits, against scipy, enumeration and hand values; and exposure, which is arithmetic."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, binom

from gatesim.measures.audits import (
    Plan,
    finds_a_leak,
    leaks_to_object,
    no_leak,
    number_of_leaks,
    objects,
    of_one_account,
    power,
)
from gatesim.measures.definitions import Measure
from gatesim.measures.exposure import bounds, civil_amount
from gatesim.scenario.orders import Audit, Exposure
from gatesim.study.audits import audited, plans, rounds
from tests.scenarios import small, small_data

ORDER = {**small_data()["orders"][0], "carve_outs": []}


def rate(value: float | None, low: float | None = None, high: float | None = None) -> Measure:
    return Measure("leak_rate", 0, 0 if value is None else 1000, value, low, high)


# --- Closed forms ---


def test_by_hand() -> None:
    """Ten accounts at 5 %: 1 - 0.95^10 = 40.1 %."""
    assert finds_a_leak(Plan({"a": 10}, 1, 0.0), {"a": 0.05}) == pytest.approx(0.4012630608)
    two = finds_a_leak(Plan({"a": 2, "b": 1}, 1, 0.0), {"a": 0.1, "b": 0.5})
    assert two == pytest.approx(1 - 0.81 * 0.5)


@pytest.mark.parametrize(
    ("p", "needs", "alike"), [(0.03, 1, 0.4), (0.2, 7, 0.3), (0.5, 40, 0.01), (0.9, 5, 0.99)]
)
def test_needs_of_one_account_are_beta_binomial(p: float, needs: int, alike: float) -> None:
    strength = (1 - alike) / alike
    law = betabinom(needs, p * strength, (1 - p) * strength)
    assert no_leak(p, needs, alike) == pytest.approx(law.pmf(0), rel=1e-9)
    found = of_one_account(p, needs, alike)
    assert found == pytest.approx(law.pmf(np.arange(needs + 1)), abs=1e-12)
    if needs > 1:
        mean = found @ np.arange(needs + 1)
        spread = found @ np.arange(needs + 1) ** 2 - mean**2
        assert mean == pytest.approx(needs * p)
        assert spread == pytest.approx(needs * p * (1 - p) * (1 + (needs - 1) * alike)), "its correlation"


def test_the_ends_of_alike() -> None:
    assert no_leak(0.1, 9, 0.0) == pytest.approx(0.9**9)
    assert no_leak(0.1, 9, 1.0) == pytest.approx(0.9)
    assert no_leak(0.0, 9, 0.5) == 1.0
    assert no_leak(1.0, 9, 0.5) == 0.0


def test_the_number_of_leaks_is_binomial_for_strangers() -> None:
    law = number_of_leaks(Plan({"a": 30, "b": 20}, 2, 0.0), {"a": 0.1, "b": 0.1})
    assert law == pytest.approx(binom.pmf(np.arange(101), 100, 0.1), abs=1e-10)


def test_the_number_of_leaks_by_enumeration() -> None:
    """Two accounts of one segment and one of another, two needs each, alike by a third."""
    rates = {"a": 0.3, "b": 0.6}
    one = {name: of_one_account(p, 2, 1 / 3) for name, p in rates.items()}
    expected = np.zeros(7)
    for i, j, k in product(range(3), repeat=3):
        expected[i + j + k] += one["a"][i] * one["a"][j] * one["b"][k]
    assert number_of_leaks(Plan({"a": 2, "b": 1}, 2, 1 / 3), rates) == pytest.approx(expected, abs=1e-10)


def test_objecting_is_the_exact_binomial_test() -> None:
    """Of 100 needs at a limit of 2 %, six leaks or more come with 1.5 %, five or more with 5.1 %."""
    plan = Plan({"a": 100}, 1, 0.0)
    assert binom.sf(4, 100, 0.02) > 0.05 > binom.sf(5, 100, 0.02)
    assert leaks_to_object(plan, 0.02) == 6
    assert objects(plan, {"a": 0.08}, 0.02) == pytest.approx(binom.sf(5, 100, 0.08), abs=1e-9)
    assert objects(plan, {"a": 0.02}, 0.02) <= 0.05, "it seldom objects to a gate at its limit"


def test_an_audit_that_is_too_small_never_objects() -> None:
    plan = Plan({"a": 1}, 1, 0.0)
    assert leaks_to_object(plan, 0.5) is None
    assert objects(plan, {"a": 1.0}, 0.5) == 0.0


def test_needs_that_are_alike_need_more_leaks_to_object() -> None:
    loose, tied = (leaks_to_object(Plan({"a": 20}, 10, rho), 0.02) for rho in (0.0, 0.8))
    assert loose is not None
    assert tied is not None
    assert tied > loose


probabilities = st.floats(0.001, 0.999)


@settings(max_examples=60, deadline=None)
@given(probabilities, probabilities, st.integers(1, 40), st.integers(1, 10), st.floats(0, 1), st.floats(0, 1))
def test_more_of_anything_finds_more(
    p: float, q: float, accounts: int, needs: int, one: float, other: float
) -> None:
    low, high = sorted([p, q])
    loose, tied = sorted([one, other])
    base = finds_a_leak(Plan({"a": accounts}, needs, tied), {"a": low})
    assert finds_a_leak(Plan({"a": accounts}, needs, tied), {"a": high}) >= base - 1e-12
    assert finds_a_leak(Plan({"a": accounts + 1}, needs, tied), {"a": low}) >= base - 1e-12
    assert finds_a_leak(Plan({"a": accounts}, needs + 1, tied), {"a": low}) >= base - 1e-12
    assert finds_a_leak(Plan({"a": accounts}, needs, loose), {"a": low}) >= base - 1e-12


# --- Power against a policy ---


def test_power_spans_what_is_not_known() -> None:
    plan = Plan({"a": 10}, 1, 0.0)
    sure = power([plan], {"a": rate(0.05)}, None, False)
    assert (sure.value, sure.low, sure.high) == (pytest.approx(0.4012630608), None, None)
    noisy = power([plan], {"a": rate(0.05, 0.04, 0.06)}, None, False)
    assert (noisy.low, noisy.high) == (pytest.approx(1 - 0.96**10), pytest.approx(1 - 0.94**10))
    both = [Plan({"a": 10}, 5, 0.0), Plan({"a": 10}, 5, 1.0)]
    open_ = power(both, {"a": rate(0.05)}, None, False)
    assert (open_.low, open_.high) == (pytest.approx(1 - 0.95**10), pytest.approx(1 - 0.95**50))
    assert open_.value == open_.low, "the least that it can be"


def test_a_gate_that_cannot_leak_is_never_found_to() -> None:
    found = power([Plan({"a": 10}, 1, 0.0)], {"a": rate(0.0, 0.0, 0.03)}, None, True)
    assert (found.value, found.low, found.high) == (0.0, None, None)


def test_a_segment_without_restricted_needs_cannot_be_audited() -> None:
    found = power([Plan({"a": 10, "b": 1}, 1, 0.0)], {"a": rate(0.1), "b": rate(None)}, None, False)
    assert found.value is None
    assert found.note == "nobody of b has a restricted need"


# --- Rounds ---


@pytest.mark.parametrize(
    ("audit", "times"),
    [
        ({}, 1),
        ({"every": "1d"}, 6),  # 12 June 17:21 and the five evenings after it; lifted on the 18th
        ({"every": "30d"}, 1),
        ({"at": "2026-06-17T00:00:00-04:00"}, 1),
        ({"at": "2026-06-11T00:00:00-04:00", "every": "1d"}, 5),  # from the 13th to the 17th
        ({"at": "2026-06-17T23:59:00-04:00", "every": "1m"}, 1),
    ],
)
def test_rounds_take_place_while_the_order_is_in_force(audit: dict[str, Any], times: int) -> None:
    scenario = small(orders=[{**ORDER, "audits": [{"segments": {"foreigners": 5}, **audit}]}])
    assert rounds(scenario, scenario.orders[0], scenario.orders[0].audits[0]) == times


def test_new_accounts_are_strangers_and_kept_ones_are_the_same() -> None:
    (new,) = plans(Audit(segments={"a": 5}), 6)
    assert (dict(new.accounts), new.needs, new.total) == ({"a": 30}, 1, 30)
    loose, tied = plans(Audit(segments={"a": 5}, accounts="kept"), 6)
    assert (dict(loose.accounts), loose.needs, loose.alike, tied.alike) == ({"a": 5}, 6, 0.0, 1.0)
    (known,) = plans(Audit(segments={"a": 5}, needs=3, alike=0.25), 1)
    assert (known.needs, known.alike) == (3, 0.25)


def test_an_audit_of_a_scenario() -> None:
    standard = {"kind": "leak_rate", "limit": 0.02}
    audit = {"segments": {"foreigners": 100}, "title": "Hundred"}
    scenario = small(orders=[{**ORDER, "standard": standard, "audits": [audit]}])
    (one,) = audited(scenario, {"person": {"gate": ({"foreigners": rate(0.08)}, False)}})
    assert (one.title, one.rounds, one.accounts, one.needs, one.least) == ("Hundred", 1, 100, 100, 6)
    assert one.finds["person"]["gate"].value == pytest.approx(1 - 0.92**100)
    assert one.objects["person"]["gate"].value == pytest.approx(binom.sf(5, 100, 0.08), abs=1e-9)
    share = small(orders=[{**ORDER, "audits": [audit]}])
    (other,) = audited(share, {"person": {"gate": ({"foreigners": rate(0.08)}, False)}})
    assert (other.limit, other.objects) == (None, {}), "test accounts do not tell a share of served needs"
    assert audited(small(), {}) == ()


# --- Exposure ---


def count(name: str, value: float | None, low: float | None = None, high: float | None = None) -> Measure:
    return Measure(name, 10, 0 if value is None else 100, value, low, high, scale=1000.0)


def test_a_violation_costs_the_larger_of_two_amounts() -> None:
    assert civil_amount(Exposure(civil_penalty=374_474)) == 374_474
    assert civil_amount(Exposure(civil_penalty=374_474, transaction=187_237)) == 374_474
    assert civil_amount(Exposure(civil_penalty=374_474, transaction=200_000)) == 400_000
    assert (
        civil_amount(Exposure(civil_penalty=374_474, transaction=200_000, transaction_multiple=3)) == 600_000
    )


def test_the_bound_is_violations_times_the_amount_by_unit() -> None:
    found = bounds(
        Exposure(civil_penalty=374_474, criminal_penalty=1_000_000),
        {"leaks": count("leaks", 100.0, 50.0, 200.0), "people_leaked": count("people_leaked", 7.0)},
    )
    assert set(found) == {"need", "person"}, "accounts were not counted"
    assert found["need"].civil.value == pytest.approx(37_447_400)
    assert (found["need"].civil.low, found["need"].civil.high) == (18_723_700, 74_894_800)
    assert found["person"].civil.value == pytest.approx(7 * 374_474)
    assert found["person"].criminal.value == pytest.approx(7e6)
    nothing = bounds(Exposure(civil_penalty=1), {"leaks": count("leaks", None)})
    assert nothing["need"].civil.value is None


@given(st.floats(0, 1e9), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 5))
def test_more_leaks_and_larger_amounts_never_cost_less(
    leaks: float, penalty: float, transaction: float, multiple: float
) -> None:
    def most(leaks: float, **amounts: float) -> float:
        value = bounds(Exposure(**amounts), {"leaks": count("leaks", leaks)})["need"].civil.value
        assert value is not None
        return value

    amounts = {"civil_penalty": penalty, "transaction": transaction, "transaction_multiple": multiple}
    base = most(leaks, **amounts)
    assert math.isfinite(base)
    assert most(leaks * 2, **amounts) >= base
    for key, amount in amounts.items():
        assert most(leaks, **{**amounts, key: amount * 2}) >= base
    assert most(0.0, **amounts) == 0.0


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 60), st.floats(0.01, 0.3), st.floats(0.01, 0.4), st.floats(0.01, 0.4))
def test_a_laxer_level_objects_sooner(accounts: int, limit: float, one: float, other: float) -> None:
    strict, lax = (Plan({"a": accounts}, 1, 0.0, level) for level in sorted([one, other]))
    rates = {"a": min(2 * limit, 1.0)}
    assert objects(lax, rates, limit) >= objects(strict, rates, limit) - 1e-9
    assert objects(lax, rates, limit) >= objects(lax, rates, min(1.5 * limit, 1.0)) - 1e-9, (
        "a lower limit too"
    )
