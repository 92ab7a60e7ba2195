"""What the strategy `best` learns from outcomes of checks and from audits: by hand, and that it finds the truth."""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np
import pytest

from gatesim.exact.evaluate import World
from gatesim.exact.expected import CannotDo
from gatesim.gates.compile import compile_gate
from gatesim.law.law import make_law, microseconds
from gatesim.measures.ledger import FAILED_CHECK, GAVE_UP, NO_ANSWER, NO_DOCUMENT
from gatesim.scenario.beliefs import believed_findings
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.errors import dotted
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.study.learning import outcomes_of_checks, round_instants
from gatesim.study.plan import Plan, learnt, plan
from tests.kept_cases import Case
from tests.scenarios import Whole, small

ASK = {
    "family": "rules",
    "rules": [{"then": "check"}],
    "otherwise": "check",
    "documents": ["passport"],
    "clearance": "0s",
}
"""Ask everybody at each need: a check is opened by every need for the new model."""

IMPATIENT = {"segments": {"natives": {"gives_up": 0.9}}}
"""A world in which citizens mostly give up: no signal tells it from the truth."""

SEEN = {"segments": {"visitors": {"card": {"US": 0.95, "other": 0.05}}}}
"""A world in which visitors look American."""


def asking(world: dict[str, Any], tries: list[dict[str, Any]] | None = None, **operator: Any) -> Scenario:
    """The small scenario with an operator who asks everybody from the order on, and believes in two worlds alike."""
    beliefs = {"wrong": {"weight": 0.5, "world": world}, "right": {"weight": 0.5}}
    scenario = small(
        segments__foreigners__co_users=Whole(),
        policies=Whole(ask=ASK, any_foreign={"family": "k_of_n", "signals": ["ip", "payment"], "k": "any"}),
        operator={
            "ladder": ["ask"],
            "strategy": "best",
            "reviews": "12h",
            "sessions": 0,
            "beliefs": beliefs,
            **operator,
        },
    )
    order = scenario.orders[0]
    standard = order.standard.model_copy(update={"limit": 0.9})
    order = order.model_copy(update={"standard": standard})
    if tries is not None:
        audits = type(order).model_validate({**order.model_dump(), "audits": tries}).audits
        order = order.model_copy(update={"audits": audits})
    found = scenario.model_copy(update={"orders": (order,)})
    assert list(inconsistencies(found)) == []
    return found


def odds(found: Plan) -> list[float]:
    """Of the right world against the wrong one, at each review."""
    return [one.weights["right"] / one.weights["wrong"] for one in found.reviews]


# Natives, visitors, foreigners: their needs a day for the new model, and what comes of a check, as in `OUTCOMES`.
NEEDS = np.array([0.5 * 0.8, 0.1 * 2, 0.4 * 0.7])


def by_hand(gives_up: float) -> list[float]:
    stay = 1 - gives_up
    natives = [stay * 0.5 * 0.95, stay * 0.5 * 0.05, stay * 0.5, 0.0, gives_up]
    visitors = [0.9 * 0.05 * 0.0001, 0.9 * 0.05 * 0.9999, 0.9 * 0.95, 0.1, 0.0]
    foreigners = [0.1 * 0.08, 0.1 * 0.92, 0.9, 0.0, 0.0]
    each = NEEDS @ np.array([natives, visitors, foreigners])
    return list(each / each.sum())


def test_outcomes_of_checks_by_hand() -> None:
    for world, gives_up in (({}, 0.2), (IMPATIENT, 0.9)):
        scenario = believed_findings(asking(IMPATIENT), world)[0]
        assert scenario is not None
        law = make_law(scenario, "person")
        gate = compile_gate(asking(IMPATIENT), "ask", law)
        found = outcomes_of_checks(World(scenario, law).evaluate(gate, "ask", daily=False))
        assert list(found / found.sum()) == pytest.approx(by_hand(gives_up), rel=1e-9)


def test_outcomes_are_those_of_a_simulation() -> None:
    """The reference's ledger, within 5.5 standard errors of each share: one false alarm in 5e6.

    Needs of an account share its documents, so that the variance is taken by account.
    """
    scenario = asking(IMPATIENT).model_copy(update={"desk": None})
    document = scenario.documents["passport"].model_copy(update={"to_desk": 0.0, "automatic_time": 0})
    scenario = scenario.model_copy(
        update={
            "documents": {"passport": document},
            "people": 600,
            "reactions": scenario.reactions.model_copy(update={"leave": 0.0}),
        }
    )
    ledger = Case(scenario, "ask", "person", replication=0).ledger
    mine = ledger.measured & ledger.asked
    per_account = np.bincount(ledger.account[mine], minlength=600)
    failures = (FAILED_CHECK, NO_DOCUMENT, NO_ANSWER, GAVE_UP)
    for reason, share in zip(failures, by_hand(0.2)[1:], strict=True):
        count = np.bincount(ledger.account[mine & (ledger.reason == reason)], minlength=600)
        off = count - share * per_account
        assert abs(off.sum()) < 5.5 * np.sqrt((off**2).sum())


def test_odds_after_so_many_checks_by_hand() -> None:
    """Fifty a day multiply the odds by e to the fiftyfold divergence of the two laws of outcomes."""
    scenario = asking(IMPATIENT, checks=50)
    found = odds(plan(scenario))
    divergence = sum(p * log(p / q) for p, q in zip(by_hand(0.2), by_hand(0.9), strict=True))
    assert found == pytest.approx([exp(50 * 0.5 * n * divergence) for n in range(len(found))], rel=1e-9)


def test_no_more_checks_are_looked_at_than_are_opened() -> None:
    """Three thousand accounts open 2640 checks a day."""
    divergence = sum(p * log(p / q) for p, q in zip(by_hand(0.2), by_hand(0.9), strict=True))
    weights = plan(asking(IMPATIENT, checks=10**9, reviews="15m")).reviews[1].weights
    assert log(weights["right"] / weights["wrong"]) == pytest.approx(3000 * NEEDS.sum() / 96 * divergence)


def test_what_readings_never_tell_checks_do() -> None:
    """Beliefs that no signal tells apart; outcomes of checks do, and the weight goes to the truth."""
    blind = plan(asking(IMPATIENT, sessions=10**6))
    assert odds(blind) == pytest.approx([1.0] * len(blind.reviews))
    seeing = plan(asking(IMPATIENT, sessions=0, checks=200))
    right = [one.weights["right"] for one in seeing.reviews]
    assert right == sorted(right)
    assert right[0] == 0.5
    assert right[-1] > 1 - 1e-12


def test_worlds_with_the_same_checks_are_never_told_apart_by_them() -> None:
    """What a card says has no part in a check that everybody is asked for."""
    found = plan(asking(SEEN, checks=10**6))
    assert odds(found) == pytest.approx([1.0] * len(found.reviews))


def test_nothing_seen_stays_at_the_prior_bit_for_bit() -> None:
    audit = {"segments": {"visitors": 30}}
    none = plan(asking(IMPATIENT, [audit]))
    assert all(dict(one.weights) == {"wrong": 0.5, "right": 0.5} for one in none.reviews)
    prior = np.array([0.3, 0.7])
    cells = np.array([1.0])
    assert learnt(prior, cells, [cells, cells], 0) is prior
    # Before the first review nothing is in place; a gate that nobody dares to put in place shows nothing.
    scenario = asking(IMPATIENT, checks=100)
    order = scenario.orders[0]
    strict = order.model_copy(update={"standard": order.standard.model_copy(update={"limit": 0.0})})
    idle = plan(scenario.model_copy(update={"orders": (strict,)}))
    assert idle.steps == ()
    assert all(dict(one.weights) == {"wrong": 0.5, "right": 0.5} for one in idle.reviews)


def tried(audit: dict[str, Any]) -> Plan:
    """The plan of an operator with the gate that goes by signals, who learns what an audit finds."""
    return plan(asking(SEEN, [audit], ladder=["any_foreign"], audits=True))


def trying(audit: dict[str, Any]) -> list[float]:
    """Its odds."""
    return odds(tried(audit))


def visitors_leak(world: dict[str, Any]) -> float:
    """The probability that a visitor, at home, shows no foreign reading; to this gate what is unknown is foreign."""
    cards = world["segments"]["visitors"]["card"] if world else {"US": 0.6, "other": 0.4}
    payment = 0.9 * (cards["US"] * 0.98 + cards["other"] * 0.02)
    return float(0.985 * payment)


def test_odds_after_an_audit_by_hand() -> None:
    """Thirty accounts, needs of one of which all fare the same for all that is known; one round, at the order."""
    p, q = visitors_leak({}), visitors_leak(SEEN)
    one = p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))
    found = trying({"segments": {"visitors": 30}, "needs": 4})
    assert found[0] == 1.0, "the round at the very instant of the order is seen at the next review"
    assert found[1:] == pytest.approx([exp(30 * one)] * (len(found) - 1), rel=1e-9)
    independent = trying({"segments": {"visitors": 30}, "needs": 4, "alike": 0.0})
    assert independent[-1] == pytest.approx(exp(30 * 4 * one), rel=1e-9)
    between = trying({"segments": {"visitors": 30}, "needs": 4, "alike": 0.3})
    assert found[-1] < between[-1] < independent[-1]


def test_rounds_with_new_accounts_add_up_and_with_the_same_ones_only_if_needs_are_not_alike() -> None:
    audit = {"segments": {"visitors": 5}, "every": "1d"}
    new = trying(audit)
    steps = np.diff(np.log(new))
    assert steps[steps > 0] == pytest.approx(steps[steps > 0][0])
    assert (steps[::2] > 0).all()
    kept = trying({**audit, "accounts": "kept"})
    assert kept[-1] == pytest.approx(exp(steps[0]))
    strangers = trying({**audit, "accounts": "kept", "alike": 0.0})
    assert strangers == pytest.approx(new)
    some = trying({**audit, "accounts": "kept", "alike": 0.5})
    assert kept[-1] < some[-1] < new[-1]


def test_long_data_finds_the_truth_whoever_looks() -> None:
    assert tried({"segments": {"visitors": 2000}, "every": "12h"}).reviews[-1].weights["right"] == 1.0
    no_weight = trying({"segments": {"foreigners": 1000}})
    assert no_weight == pytest.approx([1.0] * len(no_weight)), (
        "of those whom it tries the worlds say the same"
    )


def test_a_result_that_no_world_allows_stops_the_plan() -> None:
    never = {"segments": {"natives": {"gives_up": 0.0}}}
    beliefs = {"never": {"weight": 1.0, "world": never}}
    with pytest.raises(CannotDo, match=r"operator\.beliefs: checks or audits come out as they can in none"):
        plan(asking(IMPATIENT, checks=10, beliefs=beliefs))


def test_rounds_are_as_many_as_an_audit_has() -> None:
    scenario = asking(IMPATIENT, [{"segments": {"visitors": 1}, "every": "2d"}])
    order = scenario.orders[0]
    found = round_instants(scenario, order, order.audits[0])
    begin = microseconds(scenario, order.issued)
    assert found == [begin, begin + 2 * DAY, begin + 4 * DAY]


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        ({"audits": True}, "operator.audits: no order has audits"),
        (
            {"checks": 5, "ladder": ["any_foreign"]},
            "operator.checks: no policy of the ladder asks for a document",
        ),
    ],
)
def test_what_can_bring_nothing_to_light_is_refused(operator: dict[str, Any], message: str) -> None:
    base = asking(IMPATIENT)
    assert base.operator is not None
    changed = base.model_copy(update={"operator": base.operator.model_copy(update=operator)})
    found = [f"{dotted(one.path)}: {one.message}" for one in inconsistencies(changed)]
    assert any(message in one for one in found), found
