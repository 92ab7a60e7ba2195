"""The shipped scenarios of two governments and of licences: what the exact engine finds is what a hand computes."""

from __future__ import annotations

from collections import defaultdict
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatesim
from gatesim.law.law import counted_apart, make_law, of_one_order
from gatesim.measures.definitions import Measure
from gatesim.measures.ledger import SERVED, SERVED_LATE
from gatesim.measures.tally import judged
from gatesim.scenario import Loaded, build, shipped
from gatesim.scenario.types import DAY
from gatesim.show import charts
from gatesim.show.orders import order_tables
from gatesim.show.run import verdict_table
from gatesim.study.frontier import Frontier
from gatesim.study.glance import glance
from gatesim.study.result import Result
from gatesim.study.standing import question
from tests.kept_cases import Case
from tests.scenarios import SMALL, Whole, small, small_data

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


@pytest.mark.no_cover  # others cover the same lines
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


# All orders counted together.


def head(chart: Any) -> tuple[str, str]:
    """Title and small print of a chart."""
    title = chart.to_dict(validate=False)["title"]
    return " ".join(title["text"]), " ".join(title["subtitle"])


def test_the_chart_of_limits_says_that_no_order_has_a_limit_on_all(governments: Result) -> None:
    title, small = head(charts.limits_chart(governments))
    assert title == (
        "With one limit on all orders together, from a limit of 5 % on a listed gate would do on 6 June 2026 under "
        "every reading"
    )
    assert (
        "all orders are counted together, with one limit on all; the verdict goes by each order's own"
        in small
    )
    assert "which policy would do on 6 June 2026" in small
    table = verdict_table(governments, "leak_share")
    assert table.title.startswith("Which listed policy would do under one limit on all orders, by leak share")
    assert table.note.startswith("All orders are counted together; the verdict goes by each order's own.")


def test_the_chart_of_limits_names_the_date() -> None:
    found = gatesim.run(SMALL, engine="exact", policies=["open", "any_foreign"])
    title, small = head(charts.limits_chart(found))
    assert title == "No listed gate complies on 12 June 2026 at any of 5 limits under any of 2 readings"
    assert "complies on 12 June 2026, 17:21 (UTC-04:00)" in small
    assert "together" not in title + small
    assert verdict_table(found, "leak_share").title.startswith("Which listed policy complies, by ")
    one = gatesim.run(SMALL, engine="exact", policies=["open"], sets=["verdict.limits=[0.001]"])
    asked = charts.limits_chart(one, "leak_rate")
    assert head(asked)[0].startswith("No listed gate complies on 12 June 2026 at the limit")


def test_the_frontier_of_all_orders_says_that_none_sets_a_limit_on_all() -> None:
    loaded = gatesim.load("two-governments")
    seen = glance(loaded, question(loaded.scenario, policies=["open", "citizens_only"])).frontier
    told = gatesim.frontier(loaded, policies=["open"])
    for found in (seen, told):
        title, small = head(charts.frontier_chart(found))
        assert title.startswith("With all orders counted together, within leaks of 1 % of served needs ")
        assert "dashed: the limit of the order first in force" in small
        assert "each counts its own leaks, and none sets that limit on all of them" in small
    assert "together" not in "".join(head(charts.frontier_chart(_of_one(loaded))))


def _of_one(loaded: Loaded) -> Frontier:
    return gatesim.frontier(loaded, policies=["open"], order="1")


def test_the_chart_of_policies_counts_one_that_refuses_none_but_restricted_needs(governments: Result) -> None:
    title, small = head(charts.policies_chart(governments))
    assert title == (
        "Policies that serve some and refuse some let through nothing (citizens_only) to 14.2 % (eu_address) of "
        "served needs"
    )
    assert "leaks of all orders counted together" in small


# Each order by itself.


@pytest.mark.parametrize(
    ("policy", "order", "leaks", "served"),
    [
        ("open", 0, 15 * 0.3, 15.0),
        ("open", 1, 5 * 0.04, 5.0),
        ("eu_address", 0, 15 * 0.1, 15 * 0.8),
        ("eu_address", 1, 5 * 0.04, 5 * 0.8),
        ("any_status", 0, 0.0, 15 * 0.7),
        ("any_status", 1, 5 * 0.04, 5 * 0.7),
        ("citizens_only", 1, 0.0, 5 * 0.6),
    ],
)
def test_each_government_counts_its_own_restricted_needs(
    governments: Result, policy: str, order: int, leaks: float, served: float
) -> None:
    """The first forbids it to who is no EU person, for 15 days; the second to one country's citizens, for 5."""
    accounts = governments.loaded.scenario.represents
    share = governments.by_order[order]["person"][policy].measures["leak_share"]
    assert share.numerator == pytest.approx(leaks * accounts, abs=1e-6)
    assert share.denominator == pytest.approx(served * accounts)


def test_a_standard_is_judged_by_the_orders_own_numbers(governments: Result) -> None:
    """Whoever shows a residence card complies with the first order, and not with the second."""
    own = next(one for one in governments.verdict.own if one.reading == "person")
    first, second = own.rows
    found = [
        {one.policy: (one.leak.value, one.within) for one in row.policies}["any_status"]
        for row in (first, second)
    ]
    assert found == [(0.0, "yes"), (pytest.approx(0.04 / 0.7), "no")]
    assert own.meets["any_status"]["no"] == 1
    assert own.meets["citizens_only"]["yes"] == 1
    served = {one.policy: one.served.value for one in second.policies}
    assert served["any_status"] == pytest.approx(1.0), "of needs that no order restricts"


def test_orders_add_up_where_they_restrict_different_people() -> None:
    """Leaks of the two, less those whom both restrict, are the leaks counted together."""
    sets = ['orders.1.restricts=[{ citizenship = ["CN"], status = ["permanent"] }]']
    found = gatesim.run("two-governments", engine="exact", policies=["open", "eu_address"], sets=sets)
    for policy in ("open", "eu_address"):
        parts = [found.by_order[n]["person"][policy].measures["leaks"].numerator for n in (0, 1)]
        assert sum(parts) == pytest.approx(found.policies[policy].measures["leaks"].numerator, rel=1e-12)


def test_one_order_alone_and_orders_on_different_models_are_not_counted_twice() -> None:
    assert gatesim.run("june-2026", engine="exact", policies=["open"]).by_order == {}
    alike = small(orders=[small_data()["orders"][0]] * 2)
    assert counted_apart(alike) == ()
    later = {**small_data()["orders"][0], "grace": "1d"}
    assert counted_apart(small(orders=[small_data()["orders"][0], later])) == (0, 1)
    other = {**later, "models": ["old"]}
    assert counted_apart(small(orders=[small_data()["orders"][0], other])) == ()


@pytest.mark.no_cover  # others cover the same lines
def test_simulations_count_orders_apart_as_well(governments: Result) -> None:
    """Fast and reference alike; the exact engine within 5.5 standard errors. Cleared accounts stay so across orders."""
    fast, slow = (
        gatesim.run("two-governments", engine=engine, people=400, seed=4, policies=["any_status"]).by_order
        for engine in ("fast", "reference")
    )
    for order in (0, 1):
        one, other = (found[order]["person"]["any_status"].measures for found in (fast, slow))
        assert set(one) >= {"leak_rate", "leak_share", "leaks", "accounts_leaked"}
        assert one == other
    simulated = fast[1]["person"]["any_status"].measures["leak_share"]
    exact = governments.by_order[1]["person"]["any_status"].measures["leak_share"]
    assert simulated.high is not None
    assert simulated.value is not None
    assert exact.value is not None
    assert abs(simulated.value - exact.value) < 5.5 * (simulated.high - simulated.value) / 1.96


@pytest.mark.no_cover  # others cover the same lines
def test_no_leak_at_all_is_asked_of_each_order(tmp_path: Path) -> None:
    """A standard of no leak: the card never fails the first order, and the second only by those of one country."""
    path = tmp_path / "zero.toml"
    text = shipped()["two-governments"].read_text(encoding="utf-8")
    text = text.replace('{ kind = "leak_share", limit = 0.01 }', '{ kind = "zero", probability = 0.5 }')
    path.write_text(text, encoding="utf-8")
    sets = ["people=3", "represents=3"]
    found = gatesim.run(path, engine="exact", policies=["any_status"], sets=sets)
    own = next(one for one in found.verdict.own if one.reading == "person")
    chances = [row.policies[0].leak.value for row in own.rows]
    # Of three accounts 4 % leak, those with a need in the five days of the second order: a Poisson number of needs.
    assert chances == [1.0, pytest.approx(exp(-5 * 0.04 * 3))]


def test_an_operator_that_goes_by_its_beliefs_holds_each_order_to_its_own() -> None:
    """At 5 % the card is within what the first order asks, and what both ask together; not what the second does."""
    shared = ["operator.strategy='best'", "operator.ladder=['shutdown', 'any_status']"]
    shared += ["policies.any_status.lead_time='0d'", "policies.shutdown.lead_time='0d'"]
    steps = []
    for limit in (0.05, 0.06):
        limits = [f"orders.{n}.standard={{ kind = 'leak_share', limit = {limit} }}" for n in (0, 1)]
        found = gatesim.run("two-governments", engine="exact", policies=["operator"], sets=[*shared, *limits])
        assert found.course is not None
        steps.append([step.policy for step in found.course.steps])
    assert steps == [["shutdown"], ["any_status"]]


def test_an_audit_of_an_order_meets_what_that_order_restricts() -> None:
    """Permanent residents of one country: free under the first order, and all served to under the second."""
    audit = "[{ segments = { permanent_named = 1 } }]"
    sets = [f"orders.{n}.audits={audit}" for n in (0, 1)]
    found = gatesim.run("two-governments", engine="exact", policies=["any_status"], sets=sets)
    finds = [one.finds["person"]["any_status"].value for one in found.audits]
    assert finds == [None, 1.0], "of the first order there is no restricted need of theirs"


def test_a_folder_keeps_what_orders_count_apart(tmp_path: Path) -> None:
    found = gatesim.run("two-governments", engine="exact", policies=["any_status"], out=tmp_path / "run")
    again = gatesim.read_run(tmp_path / "run")
    assert again.by_order == found.by_order
    assert again.verdict.by_order == found.verdict.by_order


@pytest.mark.no_cover  # others cover the same lines
def test_counting_apart_is_counting_a_ledger_again() -> None:
    """A gate that remembers, under an order of three days and a later one: of the whole ledger, what each restricts.

    The later one meets accounts that were cleared, or failed, before it came. The exact engine within 5.5 standard
    errors of each: one false alarm in 1e7.
    """
    first = {**small_data()["orders"][0], "issued": "2026-06-12T00:00:00-04:00", "carve_outs": []}
    first |= {"ends": [{"kind": "lifted", "at": "2026-06-16T00:00:00-04:00"}]}
    second = {**first, "issued": "2026-06-14T00:00:00-04:00", "restricts": [{"located": ["abroad"]}]}
    second |= {"ends": [{"kind": "lifted", "at": "2026-06-18T00:00:00-04:00"}]}
    gate = {"family": "single", "signal": "ip", "then": "check", "documents": ["passport"]}
    gate |= {"ask_again_after": "forever", "allow_lasts": "forever", "block_lasts": "0s"}
    data = small_data(
        people=700,
        represents=700,
        orders=[first, second],
        policies=Whole(gate=gate),
        desk=None,
        reactions=None,
        assumptions=None,
        readings__national=None,
        documents__passport={"automatic_time": "0s", "to_desk": 0.0},
    )
    scenario = build(data)
    source = Loaded(scenario, data, (("small", ""),), defaultdict(str), ())
    simulated = gatesim.run(source, engine="reference")
    exact = gatesim.run(source, engine="exact")
    law = make_law(scenario, "person")
    ledger = Case(scenario, "gate", "person", replication=0).ledger
    for number, (begin, end) in enumerate(((2, 6), (4, 8))):
        again = judged(ledger, scenario, of_one_order(scenario, law, number))
        inside = (ledger.time_us >= begin * DAY) & (ledger.time_us < end * DAY) & (ledger.model == 0)
        served = inside & np.isin(ledger.outcome, (SERVED, SERVED_LATE))
        share = simulated.by_order[number]["person"]["gate"].measures["leak_share"]
        assert share.numerator == (served & again.restricted).sum() > 30
        assert share.denominator == served.sum()
        rate = simulated.by_order[number]["person"]["gate"].measures["leak_rate"]
        assert rate.denominator == (inside & again.restricted).sum()
        for measure in (share, rate):
            expected = exact.by_order[number]["person"]["gate"].measures[measure.name].value
            assert measure.value is not None
            assert measure.high is not None
            assert expected is not None
            assert abs(measure.value - expected) < 5.5 * (measure.high - measure.value) / 1.96


def test_what_needs_no_simulation_is_judged_without_noise_by_order_as_well() -> None:
    """A gate that keeps nothing: the result has what was simulated, the verdict what is expected."""
    found = gatesim.run("two-governments", engine="reference", people=60, policies=["eu_address"])
    own = next(one for one in found.verdict.own if one.reading == "person")
    judged_by = [row.policies[0].leak.value for row in own.rows]
    assert judged_by == [pytest.approx(0.125), pytest.approx(0.05)]
    simulated = found.by_order[0]["person"]["eu_address"].measures["leak_share"]
    assert simulated.value != judged_by[0]
    assert simulated.low is not None


# Tables, break-even limits and exposure of each order by itself.


def test_each_order_has_its_own_table_by_limit(governments: Result) -> None:
    """At 5 % of served needs: any_status leaks 0 of the first and 5.71 % of the second, open 30 and 4 %."""
    first, second = (governments.verdict.by_order[number] for number in (0, 1))
    assert {(row.ratio, row.limit) for row in first.rows if row.own} == {("leak_share", 0.01)}
    for ratio in ("leak_rate", "leak_share"):
        assert first.row("person", ratio, 0.0).best == "any_status"
        assert second.row("person", ratio, 0.05 if ratio == "leak_rate" else 0.01).best == "citizens_only"
    row = second.row("person", "leak_share", 0.05)
    assert {one.policy: one.within for one in row.policies} == {
        "open": "yes",
        "eu_address": "yes",
        "any_status": "no",
        "citizens_only": "yes",
    }
    assert row.outcome == "gate_available"
    assert row.best == "open", "it serves all of those whom no order restricts"
    served = {one.policy: one.served.value for one in row.policies}
    assert served["citizens_only"] == pytest.approx(9 / 10.3)


def test_break_even_limits_of_an_order_are_its_own_leak_ratios(governments: Result) -> None:
    for number, shares in ((0, (0.3, 0.125, 0.0, 0.0)), (1, (0.04, 0.05, 0.04 / 0.7, 0.0))):
        found = governments.verdict.by_order[number].break_even["person"]
        assert [found[name]["leak_share"].value for name in found] == pytest.approx(list(shares))


def test_exposure_by_order_adds_up_where_the_orders_restrict_different_people(governments: Result) -> None:
    """Who is restricted by both counts once together, and in each of the two: here nobody is served who is."""
    together = governments.exposure["any_status"]["need"].civil
    parts = [governments.exposure_by_order[number]["any_status"]["need"].civil for number in (0, 1)]
    assert parts[0].value == 0
    assert parts[1].value == pytest.approx(together.value)
    assert parts[1].value == pytest.approx(0.2 * 5000 * 374_474)
    data = governments.to_dict()
    assert data["exposure_by_order"]["1"]["any_status"]["need"]["civil"]["value"] == parts[1].value
    assert set(data["verdict"]["by_order"]) == {"0", "1"}


def test_one_order_has_no_tables_of_its_own() -> None:
    found = gatesim.run("june-2026", engine="exact", policies=["open"])
    assert found.verdict.by_order == {}
    assert found.exposure_by_order == {}
    assert order_tables(found) == []


def test_a_person_sees_each_order_by_itself(governments: Result) -> None:
    limits, even = order_tables(governments)
    assert [column.title for column in limits.columns[1:]] == [
        "(1) leak rate",
        "(1) leak share",
        "(2) leak rate",
        "(2) leak share",
    ]
    assert (
        "1 %",
        "any_status",
        "any_status *",
        "not ready: citizens_only",
        "not ready: citizens_only *",
    ) in (limits.rows)
    assert ("any_status", "0 %", "0 %", "$0", "100 %", "5.71 %", "$374 M") in even.rows


def test_the_law_of_one_country_is_quoted_for_its_own_orders_only() -> None:
    quoted = set()
    for name in shipped():
        scenario = gatesim.load(name).scenario
        titles = " ".join(reading.title for reading in scenario.readings.values())
        if "USC" in titles or "CFR" in titles:
            quoted.add(name)
            assert scenario.home == "US", name
    assert "june-2026" in quoted
    assert "two-governments" not in quoted
