"""The strategy `best`: what the operator believes, how it learns, and when it could know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.exact.expected import CannotDo
from gatesim.law.law import make_law, microseconds
from gatesim.scenario import ScenarioError, load
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.errors import dotted
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, HOUR
from gatesim.study.plan import Plan, cell_distribution, learnt, plan
from gatesim.study.strategy import course
from gatesim.world.space import CellSpace
from tests.scenarios import SMALL, Whole, small

WRONG = {"segments": {"visitors": {"card": {"US": 0.95, "other": 0.05}}}}
"""A world in which visitors look American: any_foreign leaks 24 % of what it serves there, 17 % in truth."""


def deciding(beliefs: dict[str, Any] | None = None, limit: float = 0.18, **operator: Any) -> Scenario:
    """The small scenario with an operator that decides by its beliefs."""
    scenario = small(
        policies__shutdown__lead_time="4h",
        policies__any_foreign__lead_time="1d",
        operator={
            "ladder": ["shutdown", "any_foreign"],
            "strategy": "best",
            "reviews": "12h",
            "beliefs": beliefs or {},
            **operator,
        },
    )
    order = scenario.orders[0]
    standard = order.standard.model_copy(update={"limit": limit})
    return scenario.model_copy(update={"orders": (order.model_copy(update={"standard": standard}),)})


def doubting(**operator: Any) -> Scenario:
    beliefs = {"wrong": {"weight": 0.9, "world": WRONG}, "right": {"weight": 0.1}}
    return deciding(beliefs, **{"sessions": 20, "confidence": 0.5} | operator)


def issued(scenario: Scenario) -> int:
    return microseconds(scenario, scenario.orders[0].issued)


def named(scenario: Scenario, found: Plan) -> list[tuple[float, str]]:
    return [((step.at_us - issued(scenario)) / HOUR, step.policy) for step in found.steps]


# --- learning -----------------------------------------------------------------------------------------------------


def test_two_worlds_and_one_coin_by_hand() -> None:
    # A coin of 1/2; worlds 1/2 and 1/4. A session multiplies the odds by 1/2 / ((1/4)^(1/2) (3/4)^(1/2)).
    truth, worlds = np.array([0.5, 0.5]), [np.array([0.5, 0.5]), np.array([0.25, 0.75])]
    odds = (0.75 / 0.25) * (0.5 / (0.25**0.5 * 0.75**0.5)) ** 10
    found = learnt(np.array([0.75, 0.25]), truth, worlds, 10)
    assert found[0] / found[1] == pytest.approx(odds, rel=1e-12)


def positive(size: int) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(0.05, 1.0), min_size=size, max_size=size)


@settings(derandomize=True, deadline=None)
@given(positive(4), positive(4), positive(4), st.floats(0.0, 50.0), st.floats(0.0, 50.0))
def test_learning_in_two_parts_is_learning_at_once(
    p: list[float], q: list[float], r: list[float], n: float, m: float
) -> None:
    truth, *worlds = (np.array(x) / sum(x) for x in (p, q, r))
    prior = np.array([0.4, 0.6])
    twice = learnt(learnt(prior, truth, worlds, n), truth, worlds, m)
    assert twice == pytest.approx(learnt(prior, truth, worlds, n + m), rel=1e-9)
    assert twice.sum() == pytest.approx(1.0)


@settings(derandomize=True, deadline=None)
@given(positive(4), positive(4), st.floats(0.1, 100.0))
def test_the_truth_never_loses_weight(p: list[float], q: list[float], n: float) -> None:
    truth, other = (np.array(x) / sum(x) for x in (p, q))
    assert learnt(np.array([0.3, 0.7]), truth, [truth, other], n)[0] >= 0.3 - 1e-12


def test_worlds_that_look_the_same_are_never_told_apart() -> None:
    truth = np.array([0.2, 0.8])
    assert learnt(np.array([0.3, 0.7]), truth, [truth, truth], 1e6) == pytest.approx([0.3, 0.7])


def test_a_world_without_a_cell_that_occurs_is_ruled_out() -> None:
    truth, never = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    assert learnt(np.array([0.01, 0.99]), truth, [truth, never], 1).tolist() == [1.0, 0.0]
    with pytest.raises(CannotDo, match="none of the worlds"):
        learnt(np.array([1.0]), truth, [never], 1)


def test_nothing_seen_nothing_learnt() -> None:
    truth, never = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    assert learnt(np.array([0.01, 0.99]), truth, [truth, never], 0).tolist() == [0.01, 0.99]


def test_cells_by_hand() -> None:
    """Perfect signals, nobody on a VPN: a cell says where people are, and needs for the old model are not in it."""
    plain = {"vpn": None, "trips": None, "co_users": None}
    scenario = small(
        segments=dict.fromkeys(("natives", "visitors", "foreigners"), plain),
        signals__ip={"accuracy": 1.0, "coverage": 1.0},
    )
    found = cell_distribution(scenario, ["new"])
    assert found.sum() == pytest.approx(1.0)
    by_ip = found.reshape(CellSpace.of(scenario).shape).sum(
        axis=tuple(range(1, len(CellSpace.of(scenario).shape)))
    )
    # Natives 0.5 x 0.8, visitors 0.1 x 2 x 1, both at home; foreigners 0.4 x 0.7 abroad.
    assert by_ip == pytest.approx([0.6 / 0.88, 0.28 / 0.88, 0.0])


# --- deciding -----------------------------------------------------------------------------------------------------


def test_who_knows_the_truth_acts_when_a_gate_is_ready() -> None:
    scenario = deciding()
    found = plan(scenario)
    assert named(scenario, found) == [(4, "shutdown"), (24, "any_foreign")]
    assert found.possible_us == found.known_us == issued(scenario) + DAY


def test_a_limit_that_nothing_meets_leaves_the_shutdown() -> None:
    scenario = deciding(limit=0.05)
    found = plan(scenario)
    assert named(scenario, found) == [(4, "shutdown")]
    assert found.possible_us is None
    assert found.known_us is None


def test_a_doubting_operator_knows_later() -> None:
    scenario = doubting()
    found = plan(scenario)
    assert found.possible_us == issued(scenario) + DAY
    assert found.known_us is not None
    assert found.known_us > found.possible_us
    assert named(scenario, found) == [
        (4, "shutdown"),
        ((found.known_us - issued(scenario)) / HOUR, "any_foreign"),
    ]
    right = [one.weights["right"] for one in found.reviews]
    assert right == sorted(right)
    assert right[0] == 0.1
    before = [one for one in found.reviews if one.at_us < found.known_us]
    assert all(one.within.get("any_foreign", 0.0) < 0.5 for one in before)


def test_whoever_looks_at_more_knows_earlier_and_whoever_looks_at_none_never() -> None:
    some, many, none = (plan(doubting(sessions=n)).known_us for n in (20, 200, 0))
    assert some is not None
    assert many is not None
    assert many < some
    assert none is None


def test_more_confidence_takes_longer() -> None:
    low, high = (plan(doubting(confidence=c)).known_us for c in (0.3, 0.6))
    assert low is not None
    assert high is not None
    assert low < high


def test_what_no_signal_sees_is_never_learnt() -> None:
    beliefs = {
        "patient": {"weight": 0.5, "world": {"segments": {"natives": {"gives_up": 0.9}}}},
        "as_it_is": {"weight": 0.5},
    }
    for one in plan(deciding(beliefs, sessions=100_000)).reviews:
        assert dict(one.weights) == pytest.approx({"patient": 0.5, "as_it_is": 0.5})


def test_reviews_do_not_depend_on_seed_or_people() -> None:
    one = doubting()
    other = one.model_copy(update={"seed": 99, "people": 17})
    assert plan(one) == plan(other)


def test_the_course_shows_both_dates() -> None:
    scenario = doubting()
    found = course(scenario, make_law(scenario, "person"))
    assert found.possible is not None
    assert found.known is not None
    assert found.possible < found.known
    assert len(found.reviews) == len(plan(scenario).reviews)


# --- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        ({"reviews": "0h"}, "operator.reviews: must be more than zero"),
        ({"reviews": "1s"}, "operator.reviews: makes more than 1000 reviews in the window"),
        ({"beliefs": {"one": {"weight": 0.4}}}, "operator.beliefs: their weights add up to 0.4, not to 1"),
        (
            {"strategy": "listed", "beliefs": {"one": {"weight": 1.0}}},
            'operator.beliefs: only the strategy "best" goes by beliefs',
        ),
    ],
)
def test_bad_operators_are_named(operator: dict[str, Any], message: str) -> None:
    changed = small(
        policies__shutdown__lead_time="4h",
        operator={"ladder": ["shutdown"], "strategy": "best", **operator},
    )
    assert message in [f"{dotted(one.path)}: {one.message}" for one in inconsistencies(changed)]


def test_where_nobody_wants_what_the_order_names_there_is_nothing_to_learn_from() -> None:
    data = load(SMALL, ['operator={ ladder = ["any_foreign"], strategy = "best" }']).data
    old = {name: {"models": Whole(new=0.0, old=1.0)} for name in data["segments"]}
    scenario = small(operator=data["operator"], segments=old)
    with pytest.raises(CannotDo, match="nobody has a need for a model that an order names"):
        plan(scenario)


def test_a_world_that_does_not_fit_is_named() -> None:
    world = "{segments={nobody={gives_up=0.1}}}"
    operator = (
        f'operator={{ladder=["shutdown"], strategy="best", beliefs={{a={{weight=1.0, world={world}}}}}}}'
    )
    with pytest.raises(ScenarioError, match=r"operator\.beliefs\.a\.world\.segments\.nobody"):
        load(SMALL, [operator])
