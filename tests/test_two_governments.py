"""The shipped scenarios of two governments and of licences: what the exact engine finds is what a hand computes."""

from __future__ import annotations

from math import exp

import pytest

import gatesim
from gatesim.law.law import make_law
from gatesim.measures.definitions import Measure
from gatesim.study.result import Result

CAME = 1 - exp(-5)
"""Who had a need, one a day, in the five days before the second order."""


@pytest.fixture(scope="module")
def governments() -> Result:
    return gatesim.run("two-governments", engine="exact")


def measure(result: Result, policy: str, name: str) -> Measure:
    return result.policies[policy].measures[name]


@pytest.mark.parametrize(
    ("policy", "leaks", "served", "entitled_served"),
    [
        ("open", 15 - 10.3, 15.0, 10.3),
        ("eu_address", 1.7, 12.0, 10.3),
        ("any_status", 0.2, 10.5, 10.3),
        ("citizens_only", 0.0, 9.0, 9.0),
        ("shutdown", 0.0, 0.0, 0.0),
        # Permanent residents who had asked stay cleared under the policy that would not have cleared them.
        ("operator", 5 * 0.04 * CAME, 3.5 + 6 + 10 * 0.1 * CAME, 3.5 + 6 + (1 - 0.2) * CAME),
    ],
)
def test_two_governments_by_hand(
    governments: Result, policy: str, leaks: float, served: float, entitled_served: float
) -> None:
    accounts = governments.loaded.scenario.represents
    share = measure(governments, policy, "leak_share")
    assert share.numerator == pytest.approx(leaks * accounts, abs=1e-6)
    assert share.denominator == pytest.approx(served * accounts)
    rate = measure(governments, policy, "served_entitled")
    assert rate.value == pytest.approx(entitled_served / 10.3)


def test_the_second_order_holds_under_every_reading() -> None:
    scenario = gatesim.load("two-governments").scenario
    named = list(scenario.segments).index("permanent_named")
    for reading in scenario.readings:
        both = make_law(scenario, reading).epochs[2]
        assert both.restricted[named].any(), reading


def test_a_licence_of_the_vetted_frees_the_gate_that_serves_them() -> None:
    def leak_share(granted: float) -> float:
        sets = [f"orders.0.licences.{n}.granted={granted}" for n in (0, 1)]
        found = gatesim.run("licences", engine="exact", policies=["vetted_only"], sets=sets)
        value = found.policies["vetted_only"].measures["leak_share"].value
        assert value is not None
        return value

    refused, granted = leak_share(0.0), leak_share(1.0)
    # Nothing else changes, so the leaks that remain are those of the time before the decision, 137 of 267 days.
    assert granted == pytest.approx(refused * 137 / 267, rel=0.05)
