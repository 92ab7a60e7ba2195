"""The probability that nothing leaks, against closed forms, matrix exponentials, and simulations."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

import gatesim
from gatesim.exact.expected import CannotDo
from gatesim.exact.leakless import leak_probabilities, no_leak_at_all
from gatesim.gates.compile import compile_gate
from gatesim.law.law import make_law
from gatesim.scenario import load
from gatesim.scenario.schema import Scenario
from gatesim.world.makers import makers
from tests.scenarios import SMALL, Whole, small, small_data

DAYS = 5 + (6 * 60 + 39) / 1440
"""From 12 June, 17:21, to 18 June."""

NO_SURPRISE = 5.2
"""Standard errors that a normal variate exceeds, either way, with a probability of 2e-7."""


def plain(**changes: Any) -> Scenario:
    """One foreign segment at home, one signal without memory, no carve-out, order to the 18th."""
    foreigner = {
        "share": 1.0,
        "status": "temporary",
        "citizenship": ["GB"],
        "home": "US",
        "needs_per_day": 0.4,
        "card": {"US": 1.0},
        "declared": {"US": 1.0},
        "models": {"new": 1.0},
    }
    order = {**small_data()["orders"][0], "carve_outs": []}
    parts = {
        "segments": Whole(foreigner=foreigner | changes.pop("foreigner", {})),
        "signals": Whole(ip={"observes": "network", "accuracy": 0.9, "refresh": "session"}),
        "policies": Whole(gate={"family": "single", "signal": "ip"}),
        "orders": [order],
        "assumptions": None,
    }
    return small(**(parts | changes))


def of(scenario: Scenario, name: str = "gate", reading: str = "person", **changes: Any) -> np.ndarray:
    law = make_law(scenario, reading)
    return leak_probabilities(scenario, law, compile_gate(scenario, name, law), **changes)


def at_all(scenario: Scenario, name: str = "gate", reading: str = "person", **changes: Any) -> float:
    law = make_law(scenario, reading)
    return no_leak_at_all(scenario, law, compile_gate(scenario, name, law), **changes)


def test_noise_anew_at_each_session_is_a_thinned_poisson_process() -> None:
    """Leaks come at the rate 0.4 x 0.9 a day: none with exp(-rate x days)."""
    (leak,) = of(plain())
    assert leak == pytest.approx(1 - math.exp(-0.4 * 0.9 * DAYS), abs=1e-13)


def test_noise_that_sticks_is_a_mixture() -> None:
    """Who reads abroad never leaks, who reads home leaks with each need."""
    sticky = plain(signals=Whole(ip={"observes": "network", "accuracy": 0.9, "refresh": "account"}))
    (leak,) = of(sticky)
    assert leak == pytest.approx(0.9 * (1 - math.exp(-0.4 * DAYS)), abs=1e-13)
    assert leak < of(plain())[0]


def test_activity_is_a_mixture_as_well() -> None:
    lively = {"activity": {"multipliers": [0.0, 4.0], "shares": [0.75, 0.25]}}
    (leak,) = of(plain(foreigner=lively))
    assert leak == pytest.approx(0.25 * (1 - math.exp(-1.6 * 0.9 * DAYS)), abs=1e-13)


def test_all_accounts_together_are_a_power() -> None:
    scenario = plain(people=10, represents=1000, foreigner={"needs_per_day": 1e-4})
    each = math.exp(-1e-4 * 0.9 * DAYS)
    assert at_all(scenario) == pytest.approx(each**1000, rel=1e-9)
    assert at_all(plain(represents=10**11)) == 0.0
    assert at_all(plain(), models=["old"]) == 1.0, "nothing restricted for the other model"


def test_a_block_that_lasts_ends_the_risk() -> None:
    """The first need decides: a race between a leak and a block, 0.9 to 0.1, if it comes in time."""
    lasting = plain(
        policies=Whole(gate={"family": "single", "signal": "ip", "block_lasts": "forever"}),
    )
    rate, leak = 0.4, 0.9
    found = of(lasting)[0]
    assert found == pytest.approx(leak * (1 - math.exp(-rate * DAYS)), abs=1e-12)


def test_travel_and_a_passed_check_against_a_matrix_exponential() -> None:
    """An owner who travels and is cleared once, with a co-user: the chain on places and states, by scipy.

    At home the gate asks for the passport, abroad it blocks. The owner is a citizen and passes; the co-user is
    restricted and leaks as soon as the account is cleared (or if it opens the check itself).
    """
    citizen = {
        "share": 1.0,
        "status": "citizen",
        "citizenship": ["US"],
        "home": "US",
        "needs_per_day": 0.6,
        "card": {"US": 1.0},
        "declared": {"US": 1.0},
        "models": {"new": 1.0},
        "trips": {"every": "6d", "length": "2d", "to": {"other": 1.0}},
        "documents": {"passport": 1.0},
        "gives_up": 0.3,
        "co_users": {"guest": {"present": 1.0, "share": 0.25}},
    }
    guest = {
        "share": 0.0,
        "status": "temporary",
        "citizenship": ["GB"],
        "home": "US",
        "needs_per_day": 0.0,
        "card": {"US": 1.0},
        "declared": {"US": 1.0},
        "models": {"new": 1.0},
    }
    gate = {
        "family": "rules",
        "rules": [{"when": {"readings": {"ip": ["US"]}}, "then": "check"}],
        "otherwise": "block",
        "documents": ["passport"],
        "clearance": "forever",
    }
    scenario = plain(
        segments=Whole(owner=citizen, guest=guest),
        signals=Whole(ip={"observes": "device", "accuracy": 1.0, "refresh": "place"}),
        policies=Whole(gate=gate),
        checkers=Whole(typical={"false_reject": 0.0, "false_accept": 0.0, "false_match": 0.0}),
        documents__passport={"automatic_time": "0m", "to_desk": 0.0},
    )
    # States: fresh at home, fresh abroad, cleared at home, cleared abroad (of the owner), leaked. The guest
    # stays at home; what opens a check is decided by the owner, who gives up with 0.3.
    out, back, owner, other, passes = 1 / 6, 1 / 2, 0.6 * 0.75, 0.6 * 0.25, 0.7
    q = np.zeros((5, 5))
    q[0, 1], q[1, 0], q[2, 3], q[3, 2] = out, back, out, back
    q[0, 2] = owner * passes
    q[0, 4] = q[1, 4] = other * passes
    q[2, 4] = q[3, 4] = other
    q -= np.diag(q.sum(axis=1))
    start = np.array([0.75, 0.25, 0, 0, 0])
    expected = float((start @ expm(q * DAYS))[4])
    found = of(scenario)
    assert found[0] == pytest.approx(expected, abs=1e-12)
    whose = of(scenario, whose="person")
    names = [maker.body for maker in makers(scenario)]
    assert names == [0, 1, 0]
    assert whose[0] == 0.0
    assert whose[1] == pytest.approx(expected, abs=1e-12), "the guest alone can leak"


def test_a_clearance_outlives_a_change_of_the_law() -> None:
    """Nothing changes for a person when a carve-out for somebody else begins."""
    order = {**small_data()["orders"][0], "carve_outs": []}
    later = {"at": "2026-06-15T00:00:00-04:00", "organisations": ["lab"]}
    gate = {
        "family": "single",
        "signal": "ip",
        "then": "check",
        "documents": ["passport"],
        "clearance": "forever",
    }
    settings_ = {
        "policies": Whole(gate=gate),
        "foreigner": {"presents_forged": 0.5},
        "documents__passport": {"automatic_time": "0m", "to_desk": 0.0},
    }
    before = of(plain(orders=[order], **settings_))
    after = of(plain(orders=[{**order, "carve_outs": [later]}], **settings_))
    assert after[0] == pytest.approx(before[0], abs=1e-12)
    assert 0 < before[0] < 1


def test_what_cannot_be_done_is_refused_by_name() -> None:
    with pytest.raises(CannotDo, match=r"policies\.ask\.allow_lasts"):
        at_all(small(), "ask", policy="ask")
    tied = plain(
        signals=Whole(ip={"observes": "network", "accuracy": 0.9, "refresh": "place"}),
        causes={"nat": {"signals": ["ip"], "probability": 0.5, "scope": "network", "people_per_network": 20}},
    )
    with pytest.raises(CannotDo, match=r"causes\.nat: it ties the accounts"):
        at_all(tied)


def lively() -> dict[str, Any]:
    """The small scenario without what the exact engine leaves out, with policies that it can follow."""
    ask = {"family": "single", "signal": "ip", "then": "check", "documents": ["passport"]}
    return {
        "people": 1500,
        "represents": 1500,
        "reactions": Whole(fall_back=0.5),
        "documents__passport": {"automatic_time": "0m", "to_desk": 0.0},
        "policies": Whole(
            any_foreign={"family": "k_of_n", "signals": ["ip", "payment"], "k": "any"},
            sticky={**ask, "clearance": "forever", "block_lasts": "forever", "allow_lasts": "forever"},
            asks={**ask, "clearance": "forever", "ask_again_after": "forever"},
        ),
    }


@pytest.mark.no_cover  # others cover the same lines
def test_simulated_accounts_and_people_leak_as_often() -> None:
    """Three gates, accounts and people: six comparisons, each off by chance with 2e-7."""
    scenario = small(**lively())
    sets = [f"people={scenario.people}", f"represents={scenario.people}"]
    result = gatesim.run(replace(load(SMALL, sets), scenario=scenario), engine="reference")
    shares = np.array([segment.share for segment in scenario.segments.values()])
    everybody = makers(scenario)
    for name in scenario.policies:
        measures = result.policies[name].measures
        q = of(scenario, name)
        expected = scenario.people * float(shares @ q)
        spread = math.sqrt(scenario.people * float(shares @ (q * (1 - q))))
        seen = measures["accounts_leaked"].numerator
        assert abs(seen - expected) <= NO_SURPRISE * spread + 1, name
        q = of(scenario, name, whose="person")
        n = np.array([scenario.people * shares[m.owner] * m.present for m in everybody])
        expected, spread = float(n @ q), math.sqrt(float(n @ q))
        assert abs(measures["people_leaked"].numerator - expected) <= NO_SURPRISE * spread + 1, name
        assert expected > 50, "the comparison says something"


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 3.0), st.floats(0.5, 0.99), st.floats(1.01, 2.0))
@pytest.mark.no_cover  # others cover the same lines
def test_more_needs_and_a_worse_signal_make_a_leak_more_likely(
    rate: float, accuracy: float, more: float
) -> None:
    def leaks(rate: float, accuracy: float) -> float:
        # The signal errs to home for people abroad.
        foreigner = {"needs_per_day": rate, "home": "other", "status": "nonresident", "card": {"other": 1.0}}
        ip = {"observes": "device", "accuracy": accuracy, "refresh": "session"}
        return float(of(plain(foreigner=foreigner, signals=Whole(ip=ip)))[0])

    assert leaks(rate * more, accuracy) > leaks(rate, accuracy)
    assert leaks(rate, accuracy / more) > leaks(rate, accuracy)
    assert leaks(0.0, accuracy) == leaks(rate, 1.0) == 0.0
