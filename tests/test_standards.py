"""Standards as data: linear forms, limits that are unknown, what orders demand, and what no standard can be."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatesim.law.standards import Limits, LinearStandard, demands
from gatesim.scenario import ScenarioError, build, load
from gatesim.scenario.orders import UnknownLimit
from gatesim.scenario.types import DAY, HOUR, MINUTE
from tests.scenarios import SMALL, small, small_data

ORDER = {**small_data()["orders"][0], "carve_outs": []}


def order(**changes: Any) -> list[dict[str, Any]]:
    return [{**ORDER, **changes}]


def demanded(standard: dict[str, Any], **changes: Any) -> Any:
    return demands(small(orders=order(standard=standard, **changes)))


# --- Linear form ---


@pytest.mark.parametrize(
    ("standard", "most"),
    [
        (LinearStandard("leak_rate", 0.1), 20.0),
        (LinearStandard("leak_share", 0.1), 30.0),
        (LinearStandard("leak_count", 7, periods=3.0), 21.0),
        (LinearStandard("zero"), 0.0),
    ],
)
def test_leaks_are_held_against_limit_times_base(standard: LinearStandard, most: float) -> None:
    """200 restricted needs, 300 served ones."""
    assert standard.most(200, 300) == pytest.approx(most)
    assert standard.allows(most, 200, 300)
    assert not standard.allows(most + 1, 200, 300)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("leak_rate", -0.1),
        ("leak_rate", 1.5),
        ("leak_count", math.inf),
        ("leak_share", math.nan),
        ("zero", 1.0),
    ],
)
def test_a_limit_that_is_none_is_refused(kind: Any, limit: float) -> None:
    with pytest.raises(ValueError, match="limit"):
        LinearStandard(kind, limit)


# --- Unknown limits ---


def test_a_known_limit_is_one_piece() -> None:
    assert Limits.of(0.3).pieces([0.1, 0.3, 0.5]) == [(0.3, 1.0)]
    assert Limits.of(UnknownLimit(limits=(0.3,), weights=(1.0,))) == Limits.of(0.3)
    assert Limits.of(UnknownLimit(distribution="loguniform", low=0.3, high=0.3)) == Limits.of(0.3)
    assert Limits.of(UnknownLimit(limits=(0.3, 0.4), weights=(1.0, 0.0))) == Limits.of(0.3)


def test_pieces_of_a_density_by_hand() -> None:
    """Between 0.001 and 0.1 on a logarithmic scale, 0.01 is in the middle."""
    log = Limits.of(UnknownLimit(distribution="loguniform", low=0.001, high=0.1))
    assert [w for _, w in log.pieces([0.01])] == pytest.approx([0.5, 0.5])
    even = Limits.of(UnknownLimit(distribution="uniform", low=0.0, high=0.1))
    assert even.pieces([0.02, 0.5]) == [(0.01, pytest.approx(0.2)), (pytest.approx(0.06), pytest.approx(0.8))]


ends = st.tuples(st.floats(1e-6, 0.5), st.floats(1.01, 1000.0))
cuts = st.lists(st.floats(0, 1), max_size=6)


@given(ends, st.sampled_from(["uniform", "loguniform"]), cuts)
def test_pieces_add_up_and_lie_between_the_cuts(
    pair: tuple[float, float], shape: Any, at: list[float]
) -> None:
    low, high = pair[0], pair[0] * pair[1]
    limits = Limits.of(UnknownLimit(distribution=shape, low=low, high=high))
    pieces = limits.pieces(at)
    assert math.fsum(w for _, w in pieces) == pytest.approx(1.0, abs=1e-12)
    inner = sorted({c for c in at if low < c < high})
    for middle, _ in pieces:
        assert low < middle < high
    # Each limit below a cut lies in a piece below it: the weights on one side are the distribution function.
    for cut in inner:
        below = math.fsum(w for x, w in pieces if x < cut)
        assert below == pytest.approx(limits.below(cut), abs=1e-9)


# --- What orders demand ---


def test_an_orders_standard_is_about_all_its_models() -> None:
    (one,) = demanded({"kind": "leak_share", "limit": 0.01})
    assert (one.models, one.whole, one.kind, one.limits.known) == (("new",), True, "leak_share", 0.01)
    assert one.linear(0.01) == LinearStandard("leak_share", 0.01)


def test_a_model_with_a_standard_of_its_own_is_not_the_orders() -> None:
    scenario = small(
        models={"second": {}},
        orders=order(models=["new", "second"], standards={"second": {"kind": "zero", "probability": 0.9}}),
    )
    first, second = demands(scenario)
    assert (first.models, first.whole, first.kind) == (("new",), False, "leak_share")
    assert (second.models, second.whole, second.kind, second.probability) == (("second",), False, "zero", 0.9)


def test_a_count_is_for_a_period_or_for_all_the_time_in_force() -> None:
    (one,) = demanded({"kind": "leak_count", "limit": 100})
    assert (one.per_us, one.periods) == (None, 1.0)
    (one,) = demanded({"kind": "leak_count", "limit": 100, "per": "1d"})
    assert one.periods * DAY == pytest.approx(5 * DAY + 6 * HOUR + 39 * MINUTE)
    (one,) = demanded({"kind": "leak_count", "limit": 100, "per": "1d"}, ends=[])
    assert one.periods * DAY == pytest.approx(7 * DAY + 6 * HOUR + 39 * MINUTE), "to the end of the window"
    (one,) = demanded({"kind": "leak_count", "limit": 100, "per": "1d"}, grace="39m")
    assert one.periods * DAY == pytest.approx(5 * DAY + 6 * HOUR)


def test_equal_demands_of_two_orders_are_one_and_unknown_ones_are_not() -> None:
    again = {**ORDER, "title": "The same again"}
    assert len(demands(small(orders=[ORDER, again]))) == 1
    later = {**ORDER, "issued": "2026-06-13T17:21:00-04:00"}
    assert [one.apart for one in demands(small(orders=[ORDER, later]))] == [True, True], "each counts its own"
    unknown = {"kind": "leak_share", "limit": {"distribution": "uniform", "low": 0.0, "high": 0.5}}
    both = [{**ORDER, "standard": unknown}, {**again, "standard": unknown}]
    assert len(demands(small(orders=both))) == 2


def test_a_process_counts_no_leaks() -> None:
    (one,) = demanded({"kind": "process", "controls": ["log"]})
    assert one.linear(0.0) is None
    assert one.controls == ("log",)


# --- What no standard can be ---

SHARE = {"kind": "leak_share"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"standard": {"kind": "leak_share"}}, "standard.limit: is missing: a standard of the kind"),
        ({"standard": {**SHARE, "limit": 1.2}}, "standard.limit: must be at most 1, is 1.2"),
        ({"standard": {**SHARE, "limit": -0.1}}, "standard.limit: must be at least 0, is -0.1"),
        ({"standard": {**SHARE, "limit": 0.1, "per": "1d"}}, "standard.per: does not belong to a standard"),
        (
            {"standard": {"kind": "zero", "limit": 0.0, "probability": 0.9}},
            'standard.limit: does not belong to a standard of the kind "zero"; it takes probability',
        ),
        ({"standard": {"kind": "zero"}}, "standard.probability: is missing"),
        ({"standard": {"kind": "zero", "probability": 0}}, "standard.probability: must be more than 0"),
        ({"standard": {"kind": "process"}}, "standard.controls: is missing"),
        (
            {"standard": {"kind": "process", "controls": ["logs"]}},
            'standard.controls.0: there is no control "logs"; nearest: "log"',
        ),
        (
            {"standard": {"kind": "process", "controls": ["log", "log"]}},
            'controls.1: "log" stands here twice',
        ),
        (
            {"standard": {"kind": "leak_count", "limit": 5, "per": "0d"}},
            "standard.per: must be more than zero",
        ),
        (
            {
                "standard": {"kind": "leak_count", "limit": 5, "per": "1d"},
                "ends": [{"kind": "lapsed", "after": "3d"}],
            },
            "standard.per: needs an order that ends at a date",
        ),
        (
            {"standard": {"kind": "leak_shares", "limit": 1}},
            'standard.kind: "leak_shares" is none of the values',
        ),
        (
            {"standard": {**SHARE, "limit": {"distribution": "normal", "low": 0.1, "high": 0.2}}},
            'limit.distribution: "normal" is none of the values allowed',
        ),
        (
            {"standard": {**SHARE, "limit": {"distribution": "uniform", "low": 0.1}}},
            "standard.limit: an unknown limit needs distribution, low and high, or limits and weights",
        ),
        (
            {"standard": {**SHARE, "limit": {"distribution": "uniform", "low": 0.3, "high": 0.2}}},
            "standard.limit.high: must be at least low",
        ),
        (
            {"standard": {**SHARE, "limit": {"distribution": "loguniform", "low": 0, "high": 0.2}}},
            "standard.limit.low: must be more than 0",
        ),
        (
            {"standard": {**SHARE, "limit": {"distribution": "uniform", "low": 0, "high": 2}}},
            "standard.limit.high: must be at most 1, is 2",
        ),
        (
            {"standard": {**SHARE, "limit": {"limits": [0.1, 0.2], "weights": [1.0]}}},
            "standard.limit: needs one weight for each limit: 2 limits, 1 weights",
        ),
        (
            {"standard": {**SHARE, "limit": {"limits": [0.2, 0.1], "weights": [0.5, 0.5]}}},
            "standard.limit.limits.1: limits must ascend",
        ),
        (
            {"standard": {**SHARE, "limit": {"limits": [0.1, 0.2], "weights": [0.5, 0.4]}}},
            "standard.limit.weights: adds up to 0.9: the weights must add up to 1",
        ),
        (
            {"standard": {**SHARE, "limit": {"limits": [0.1], "weights": [1.0], "low": 0.1}}},
            "standard.limit: is either a distribution or a list of limits, not both",
        ),
        (
            {"standards": {"nwe": {**SHARE, "limit": 0.1}}},
            'standards.nwe: there is no model in this order "nwe"; nearest: "new"',
        ),
        (
            {"standards": {"new": {**SHARE, "limit": 0.1}}},
            "standards: every model of the order has a standard of its own",
        ),
        ({"audits": [{"segments": {"native": 3}}]}, 'segments.native: there is no segment "native"; nearest'),
        ({"audits": [{"segments": {"natives": 0}}]}, "segments.natives: must be at least 1, is 0"),
        ({"audits": [{"segments": {}}]}, "audits.0.segments: needs at least 1 entry"),
        ({"audits": [{"segments": {"natives": 1}, "every": "0d"}]}, "audits.0.every: must be more than zero"),
        (
            {"audits": [{"segments": {"natives": 1}, "accounts": "kept"}]},
            "audits.0.accounts: there is one round only",
        ),
        (
            {"audits": [{"segments": {"natives": 1}, "at": "2026-06-18T00:00:00-04:00"}]},
            "audits.0.at: the order has ended by this instant",
        ),
        (
            {"audits": [{"segments": {"natives": 1}, "at": "2026-06-11T00:00:00-04:00"}]},
            "audits.0.at: the order is not in force yet at this instant",
        ),
    ],
)
def test_nonsense_is_refused_with_its_key(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        build(small_data(orders=order(**changes), controls={"log": {}}))
    assert "orders.0." in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"verdict": {"readings": {"persons": 1.0}}},
            'verdict.readings.persons: there is no reading "persons"',
        ),
        ({"verdict": {"readings": {"person": 0.5}}}, "verdict.readings: adds up to 0.5"),
        ({"policies__open__controls": ["log"]}, 'policies.open.controls.0: there is no control "log"'),
        (
            {"exposure": {"unit": "needs"}},
            'exposure.unit: "needs" is none of the values allowed; nearest: "need"',
        ),
        ({"exposure": {"civil_penalty": -1}}, "exposure.civil_penalty: must be at least 0, is -1"),
    ],
)
def test_nonsense_elsewhere_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        build(small_data(**changes))
    assert message in str(caught.value)


def test_more_than_three_unknown_limits_are_too_many() -> None:
    unknown = {"kind": "leak_share", "limit": {"distribution": "uniform", "low": 0.0, "high": 0.5}}
    with pytest.raises(ScenarioError, match="4 limits are unknown: a verdict can be about 3 at most"):
        build(small_data(orders=order(standard=unknown) * 4))


def test_a_limit_is_one_value_and_is_replaced_whole() -> None:
    """A number set from the command line takes the place of a distribution, and the other way round."""
    set_ = 'orders.0.standard.limit={ distribution = "uniform", low = 0.0, high = 0.5 }'
    loaded = load(SMALL, [set_])
    assert loaded.scenario.orders[0].standard.limit == UnknownLimit(distribution="uniform", low=0.0, high=0.5)
    assert loaded.with_sets(["orders.0.standard.limit=0.25"]).scenario.orders[0].standard.limit == 0.25
