"""Bounds within the limits of several orders at once: against hand-made programs, and against each order alone."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import gatesim
from gatesim.cli.main import call
from gatesim.gates.bounds import Standard, most_served, program_a, program_b
from gatesim.gates.bounds.several import Several, most_within, several, single_table
from gatesim.law.law import make_law, of_models, of_one_order
from gatesim.scenario import ScenarioError
from gatesim.scenario.schema import Scenario
from gatesim.show.frontier import tables
from gatesim.study.frontier import Frontier
from gatesim.study.result import Result
from gatesim.study.within_orders import WithinOrders, find_order, together_words, within_orders
from tests.inputs.rows import BASE
from tests.scenarios import small, small_data

BOUNDS = ("A", "B")
ORDER = 'issued = 2026-06-12T00:00:00-04:00, models = ["new"], reading = "person"'
LIMIT = 'standard = { kind = "leak_share", limit = 0.1 }'
TWO = f'orders=[{{ {ORDER}, {LIMIT} }}, {{ {ORDER}, {LIMIT}, restricts = [{{ located = ["abroad"] }}] }}]'


@pytest.fixture(scope="module")
def governments() -> Scenario:
    return gatesim.load("two-governments").scenario


@pytest.fixture(scope="module")
def within(governments: Scenario) -> WithinOrders:
    policies = ["eu_address", "any_status", "citizens_only"]
    return within_orders(governments, ["person"], policies, "leak_share", [0.02])


@pytest.fixture(scope="module")
def found() -> Frontier:
    """The frontier of a small scenario with two orders."""
    return gatesim.frontier(BASE, sets=[TWO], policies=["any"])


def program(scenario: Scenario, bound: str) -> Several:
    law = make_law(scenario, "person")
    own = [of_one_order(scenario, law, number) for number in range(len(scenario.orders))]
    return several(scenario, law, own, "A" if bound == "A" else "B")


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize(
    "standard",
    [
        Standard("leak_share", 0.02),
        Standard("leak_rate", 0.1),
        Standard("leak_count", 300),
        Standard("leak_share", 0.0),
        Standard("leak_rate", 1.0),
    ],
)
def test_one_order_is_the_program_that_there_was(bound: str, standard: Standard) -> None:
    """The same program by another method: a frontier there, a decomposition here."""
    scenario = small(desk=None)
    law = make_law(scenario, "person")
    alone = most_within(program(scenario, bound), [standard])
    whole = program_a(scenario, law, desk=False) if bound == "A" else program_b(scenario, law)
    before = most_served(whole, standard)
    assert alone.value == pytest.approx(before.value, abs=1e-12)
    assert alone.proved == pytest.approx(before.value, abs=1e-12)
    assert [row.binds for row in alone.limits] == [bool(before.binding)]


def by_hand(limit: float, second: float | None = None) -> float:
    """Two governments, per hundred accounts: in the EU 60 citizens, 4 permanent residents whom the second order
    names, 6 others, 10 whom the first restricts; elsewhere 20, all restricted by the first. Documents without error.

    Options in the EU: refuse, allow, ask for a passport (citizens pass), for a card (permanent residents), for
    either; over 10 days of the first order alone and 5 of both. While both hold, a card shows a status and no
    citizenship: who asks for it lets those pass whom the second order names.
    Elsewhere to allow while both hold: that leaks under the first order, and makes the second's leaks a smaller share.
    The second order's limit is that of the first unless it is given.
    """
    groups = np.array([60.0, 4.0, 6.0, 10.0])
    passes = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0], [0, 1, 1, 0], [1, 1, 1, 0]], dtype=float)
    first, both = 10 * passes * groups, 5 * passes * groups
    served = np.r_[first[:, :3].sum(axis=1), both[:, [0, 2]].sum(axis=1), 0]
    leaks_1 = np.r_[first[:, 3], both[:, 3], 100]
    leaks_2 = np.r_[np.zeros(5), both[:, 1], 0]
    all_1 = np.r_[first.sum(axis=1), both.sum(axis=1), 100]
    all_2 = np.r_[np.zeros(5), both.sum(axis=1), 100]
    solved = linprog(
        -served,
        A_ub=[leaks_1 - limit * all_1, leaks_2 - (limit if second is None else second) * all_2],
        b_ub=[0, 0],
        A_eq=[[1] * 5 + [0] * 6, [0] * 5 + [1] * 5 + [0]],
        b_eq=[1, 1],
        bounds=[(0, 1)] * 11,
    )
    return float(-solved.fun / (10 * 70 + 5 * 66))


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("limit", [0.0, 0.001, 0.03, 0.05])
def test_two_governments_by_hand(governments: Scenario, bound: str, limit: float) -> None:
    """Their gates have nothing to remember here, so that both bounds are the same."""
    standards = [Standard("leak_share", limit)] * 2
    both = most_within(program(governments, bound), standards)
    assert both.value == pytest.approx(by_hand(limit), abs=1e-9)
    if limit == 0:
        assert both.value == pytest.approx(10 / 10.3)


def test_a_limit_more_serves_no_more_and_each_order_alone_serves_no_less(governments: Scenario) -> None:
    law = make_law(governments, "person")
    own = [of_one_order(governments, law, number) for number in (0, 1)]
    standard = Standard("leak_share", 0.01)
    both = most_within(several(governments, law, own, "A"), [standard] * 2).value
    for one in own:
        alone = most_within(several(governments, law, [one], "A"), [standard]).value
        assert both is not None
        assert alone is not None
        assert alone > both
    none = most_within(several(governments, law, [], "A"), []).value
    assert none == 1.0


def test_no_table_within_all_limits_serves_more() -> None:
    """Four thousand mixtures of options at random, the law of the second order being another one; made as good as
    they can be by leaving out the worst rows until all limits are kept."""
    first = small_data()["orders"][0]
    second = {
        **first,
        "restricts": [{"located": ["abroad"]}],
        "standard": {"kind": "leak_rate", "limit": 0.1},
    }
    one = program(small(desk=None, orders=[first, second]), "A")
    standards = [Standard("leak_share", 0.05), Standard("leak_rate", 0.1)]
    most = most_within(one, standards)
    assert most.value is not None
    assert most.proved == pytest.approx(most.value, abs=1e-9)
    sizes = np.diff(np.append(one.begins, len(one.served)))
    made = np.random.default_rng(5)
    best, tried = 0.0, 0
    for _ in range(4000):
        price = 10 ** made.uniform(-2, 3, size=2)
        worth = one.served - price @ one.leaks + made.normal(0, 1e-3, len(one.served))
        top = np.repeat(np.maximum.reduceat(worth, one.begins), sizes)
        pick = worth == top
        leaks = one.leaks @ pick + one.opened[1:3]
        counted = one.counted @ pick + one.opened[3:]
        if leaks[0] <= 0.05 * counted[0] and leaks[1] <= 0.1 * one.restricted[1]:
            tried += 1
            best = max(best, float(one.served @ pick + one.opened[0]) / one.entitled)
    assert tried > 100
    assert best <= most.value + 1e-12
    assert best > 0.8 * most.value, "the tables that were tried are not all bad ones"


def test_an_order_that_measures_nothing_limits_nothing() -> None:
    """Not even its share is defined."""
    scenario = small(desk=None)
    law = make_law(scenario, "person")
    none = most_within(
        several(scenario, law, [of_models(scenario, law, ())], "A"), [Standard("leak_share", 0.0)]
    )
    assert none.value == 1.0
    assert none.limits[0].value is None
    assert not none.limits[0].binds


def test_both_bounds_and_the_list_within_all_orders_at_once(within: WithinOrders) -> None:
    at = {(one.bound, one.limit): one for one in within.points}
    for bound in ("bound_A", "bound_B"):
        assert at[bound, 0.02].served == pytest.approx(by_hand(0.02), abs=1e-9)
        assert at[bound, None].served == pytest.approx(by_hand(0.01), abs=1e-9)
        assert at[bound, None].binding == ('"The Union\'s order"', '"The other government\'s order"')
        # Floor 50 %: while the first order stands alone 70 of 103 can be served without a leak.
        assert at[bound, None].least == (0.0, 0.0)
        assert at[bound, 0.02].least == ()
    listed = {one.policy: one for one in within.policies}
    assert dict(listed["any_status"].leaks) == {0: 0.0, 1: pytest.approx(0.04 / 0.7)}
    assert [one.meets for one in listed.values()] == [False, False, True]
    assert listed["citizens_only"].served == pytest.approx(9 / 10.3)
    assert within.to_dict()["orders"] == {"0": "The Union's order", "1": "The other government's order"}


def test_the_frontier_shows_what_is_within_all_orders_at_once(found: Frontier) -> None:
    data = json.loads(found.to_json())["within_orders"]
    assert data["orders"] == {"0": "order 1", "1": "order 2"}
    assert {one["bound"] for one in data["bounds"]} == {"bound_A", "bound_B"}
    shown = [table for table in tables(found) if "each order's own leak share" in table.title]
    assert len(shown) == len(found.readings)
    assert shown[0].rows[-1][0] == "standards"
    (listed,) = (table for table in tables(found) if "as each order counts" in table.title)
    assert [column.title for column in listed.columns[1:3]] == ["(1) leaks", "(2) leaks"]


def test_one_order_may_be_chosen(governments: Scenario, within: WithinOrders) -> None:
    """The second order alone: at 5.71 % of what is served while it is in force all may pass who are in the EU."""
    assert find_order(governments, "2") == find_order(governments, "The other government's order") == 1
    alone = within_orders(governments, ["person"], ["any_status"], "leak_share", [0.02], 1)
    a, of_both = (next(p for p in one.points if p.bound == "bound_A") for one in (alone, within))
    assert a.served is not None
    assert of_both.served is not None
    assert a.served > of_both.served
    assert a.binding == ('"The other government\'s order"',)
    assert list(alone.policies[0].leaks) == [1]


def test_a_wrong_order_is_an_error_in_the_users_terms() -> None:
    scenario = gatesim.load("two-governments").scenario
    for text in ("3", "0", "The Unions order", ""):
        with pytest.raises(ScenarioError, match=r"--order.*no such order"):
            find_order(scenario, text)
    with pytest.raises(ScenarioError, match='nearest: "The Union\'s order"'):
        gatesim.frontier("two-governments", order="The Unions order", policies=["open"])


def test_one_order_with_one_standard_needs_no_further_tables() -> None:
    assert gatesim.frontier(BASE, policies=["open"]).within is None


def test_what_counts_orders_together_says_so(
    governments: Scenario, capsys: pytest.CaptureFixture[str]
) -> None:
    (words,) = together_words(governments)
    assert "count them together" in words
    assert together_words(gatesim.load("june-2026").scenario) == ()
    assert call(["frontier", str(BASE), "--set", TWO, "--policy", "open"]) == 0
    assert "warning: several orders count leaks each by itself" in capsys.readouterr().err


# The family `best` within the limit of each order.

BEST = 'policies.best={{ family = "best", documents = ["eu_passport", "eu_residence_card"], {} }}'


def best(*sets: str, extra: str = "each_order = true") -> Result:
    return gatesim.run("two-governments", engine="exact", policies=["best"], sets=[BEST.format(extra), *sets])


def leak_shares(result: Result) -> list[float]:
    found = [result.by_order[number]["person"]["best"].measures["leak_share"].value for number in (0, 1)]
    return [0.0 if value is None else value for value in found]


def test_best_within_each_order_by_hand() -> None:
    """Who asks for a passport or a card while both hold serves 4 of 70 that the second restricts, 5.7 %. Who lets all
    in the EU pass then serves 4 of 80, 5 %, and 10 of 80 that the first restricts: over its time 50 of 1100. Counted
    together the first is better, 20 of 1050, and breaks the second's limit."""
    limit = ', ratio = "leak_share", limit = 0.05'
    each, together = best(extra="each_order = true" + limit), best(extra=limit.removeprefix(", "))
    assert leak_shares(each) == pytest.approx([50 / 1100, 0.05])
    assert leak_shares(together) == pytest.approx([0.0, 4 / 70])
    for found in (each, together):
        assert found.policies["best"].measures["served_entitled"].value == pytest.approx(1.0)


def test_best_within_each_order_takes_their_own_limits() -> None:
    """Under 1 % of the first nothing can be served while both hold: to ask leaks 5.7 % under the second."""
    for limits, served in (
        ((0.01, 0.05), 7 / 10.3),
        ((0.05, 0.05), 1.0),
        ((0.0, 0.06), 1.0),
        ((0.0, 0.0), 7 / 10.3),
    ):
        found = best(*(f"orders.{number}.standard.limit={limit}" for number, limit in enumerate(limits)))
        assert found.policies["best"].measures["served_entitled"].value == pytest.approx(served)
        assert all(leak <= limit + 1e-12 for leak, limit in zip(leak_shares(found), limits, strict=True))


@settings(derandomize=True, deadline=None, max_examples=8)
@given(st.floats(0.0, 0.3), st.floats(0.0, 1.0))
def test_a_single_table_keeps_all_limits_and_serves_no_more_than_the_best_mixture(
    share: float, rate: float
) -> None:
    one = rows_of_two_orders()
    standards = [Standard("leak_share", share), Standard("leak_rate", rate)]
    most = most_within(one, standards)
    table = single_table(one, standards)
    pick = one.begins + table
    leaks, counted = one.leaks[:, pick].sum(axis=1), one.counted[:, pick].sum(axis=1)
    assert leaks[0] <= share * counted[0] + 1e-9
    assert leaks[1] <= rate * one.restricted[1] + 1e-9
    served = (one.served[pick].sum() + one.opened[0]) / one.entitled
    assert most.value is not None
    assert served <= most.value + 1e-12
    # A mixture that is best divides no more rows than there are limits: rounding them down loses at most these.
    tops = np.maximum.reduceat(one.served, one.begins)
    assert served >= most.value - np.sort(tops)[-2:].sum() / one.entitled - 1e-12


@cache
def rows_of_two_orders() -> Several:
    first = small_data()["orders"][0]
    second = {**first, "restricts": [{"located": ["abroad"]}]}
    return program(small(desk=None, orders=[first, second]), "A")


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("each_order = true, floor = 0.5", "each_order: is about limits"),
        ('each_order = true, channels = ["consumer"]', "each_order: and channels do not go together"),
    ],
)
def test_best_within_each_order_refuses_what_it_cannot_say(extra: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        best(extra=extra)


def test_best_within_each_order_needs_a_limit_from_each() -> None:
    with pytest.raises(ScenarioError, match="needs one leak ratio with a known limit from each order"):
        best('orders.1.standard={ kind = "leak_count", limit = 3.0 }')
    with pytest.raises(ScenarioError, match="cannot look ahead to a date that is drawn"):
        best('orders.1.ends=[{ kind = "lapsed", after = "5d" }]')
    licence = "orders.1.licences=[{{ applied = 2026-06-12T00:00:00Z, granted = 1.0, "
    licence += 'segments = ["permanent_named"], {} }}]'
    desk = 'orders.1.licence_desk={ officers = 2.0, service = "1h" }'
    with pytest.raises(ScenarioError, match="cannot look ahead to a date that is drawn"):
        best(licence.format('decided_after = "1d", at_least = "1d"'), desk)
    assert best(licence.format('decided_after = "1d", at_least = "1d"')).policies["best"].may_leak is not None
    limit = 'each_order = true, ratio = "leak_share", limit = 0.05'
    assert (
        best('orders.1.standard={ kind = "leak_count", limit = 3.0 }', extra=limit).policies["best"].may_leak
    )
