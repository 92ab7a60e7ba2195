"""Bounds: programs solved right, with prices that are derivatives and a proof that does not need the solver."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.gates.bounds import (
    Bound,
    Check,
    Program,
    Standard,
    TooLarge,
    all_checks,
    frontier_of,
    least_leak,
    most_served,
    program_a,
    program_b,
)
from gatesim.gates.bounds.answers import all_answers
from gatesim.gates.bounds.bound import Duals
from gatesim.gates.bounds.desk import reviews_possible
from gatesim.gates.bounds.general import maximise
from gatesim.gates.bounds.one_need import clears_at_some_time
from gatesim.gates.bounds.requests import outcomes
from gatesim.gates.bounds.two_prices import _points_of
from gatesim.gates.checks import outcome_types
from gatesim.gates.compile import compile_gate, compile_policy
from gatesim.law.law import make_law
from gatesim.scenario import load
from gatesim.scenario.people import STATUSES
from gatesim.scenario.schema import Scenario
from tests.bounded import all_tables, best_mixture, gates_of, mixtures, program, served_and_leaks
from tests.plain import FOREIGNER, SOMEBODY, order, plain, rules
from tests.random_scenarios import random_scenario
from tests.watched import watched

# --- Closed forms ---


def three_flags() -> Scenario:
    """Three independent flags of known rates, on people who are half entitled and half restricted."""
    flags = {}
    for name, caught, false in (("a", 0.95, 0.05), ("b", 0.90, 0.02), ("c", 0.70, 0.10)):
        matrix = {"US": {"US": 1 - false, "other": false}, "other": {"US": 1 - caught, "other": caught}}
        flags[name] = {"observes": "device", "accuracy": matrix}
    people = {"home": SOMEBODY | {"share": 0.5}, "abroad": FOREIGNER | {"share": 0.5, "home": "other"}}
    return plain(rules("allow"), segments=people, signals=flags)


def test_three_flags_have_the_published_corners() -> None:
    scenario = three_flags()
    made = program_a(scenario, make_law(scenario, "person"))
    frontier = frontier_of(made)
    corners = [
        (1 - s / made.entitled, 1 - k / made.restricted)
        for s, k in zip(frontier.served, frontier.leaks, strict=True)
    ]
    published = [
        (0.0001, 0.5985),
        (0.001, 0.855),
        (0.0029, 0.8865),
        (0.0078, 0.953),
        (0.0249, 0.9665),
        (0.069, 0.995),
        (0.1621, 0.9985),
        (1.0, 1.0),
    ]
    # The last corner is to serve everybody, which catches nobody.
    assert corners[::-1][0] == pytest.approx((0.0, 0.0), abs=1e-12)
    assert np.array(corners[::-1][1:]) == pytest.approx(np.array(published), abs=1e-12)


def test_without_checks_rows_come_in_the_order_of_likelihood_ratios() -> None:
    """Neyman and Pearson: no edge is flatter than a later one, and each row is a whole edge."""
    for seed in range(10):
        scenario = random_scenario(np.random.default_rng(seed))
        made = program_a(scenario, make_law(scenario, "person"), checks="none")
        frontier = frontier_of(made)
        entitled = np.concatenate([part.entitled.sum(axis=1) for part in made.parts] or [np.zeros(0)])
        restricted = np.concatenate([part.restricted.sum(axis=1) for part in made.parts] or [np.zeros(0)])
        rows = frontier.row[1:]
        assert sorted(rows.tolist()) == np.flatnonzero(entitled > 0).tolist()
        ratio = restricted[rows] / entitled[rows]
        assert (np.diff(ratio) >= -1e-12 * ratio[1:]).all()


def test_a_signal_that_says_nothing_leaves_serving_a_share_of_everybody() -> None:
    people = {"native": SOMEBODY | {"share": 0.75}, "foreign": FOREIGNER | {"share": 0.25}}
    scenario = plain(rules("allow"), segments=people)
    made = program_a(scenario, make_law(scenario, "person"), checks="none")
    assert most_served(made, Standard("leak_rate", 0.1)).value == pytest.approx(0.1, rel=1e-12)
    # A quarter of whatever is served are leaks.
    assert most_served(made, Standard("leak_share", 0.2)).value == 0
    assert most_served(made, Standard("leak_share", 0.25)).value == 1
    assert least_leak(made, "leak_share", 0.5).value == pytest.approx(0.25, rel=1e-12)


def test_a_check_is_a_way_to_serve_some() -> None:
    """Half of the natives hold a passport; a tenth of the foreigners forge one, a quarter of which is accepted."""
    people = {
        "native": SOMEBODY | {"share": 0.5, "documents": {"passport": 0.5}, "gives_up": 0.2},
        "foreign": FOREIGNER | {"share": 0.5, "presents_forged": 0.1},
    }
    scenario = plain(rules("allow"), segments=people)
    made = program_a(scenario, make_law(scenario, "person"))
    assert made.options == ("allow", "check passport")
    # To ask everybody serves 0.4 and leaks 0.025 of the needs; the rest of the way is to allow.
    assert most_served(made, Standard("leak_rate", 0.025)).value == pytest.approx(0.4, rel=1e-12)
    assert most_served(made, Standard("leak_rate", 0.0125)).value == pytest.approx(0.2, rel=1e-12)
    halfway = most_served(made, Standard("leak_rate", (1 + 0.025) / 2))
    assert halfway.value == pytest.approx(0.7, rel=1e-12)
    assert halfway.table()[0].actions == pytest.approx({"check passport": 0.5, "allow": 0.5})


def test_what_is_open_is_served_and_leaks_whatever_a_gate_does() -> None:
    people = {
        "native": SOMEBODY | {"share": 0.5},
        "foreign": FOREIGNER | {"share": 0.25},
        "team": FOREIGNER | {"share": 0.25, "channel": "team"},
    }
    scenario = plain(rules("allow"), segments=people, signals={"where": {"observes": "device"}})
    law = make_law(scenario, "person")
    made = program_a(scenario, law, channels=["consumer"])
    assert made.open_leaks == pytest.approx(made.restricted / 2, rel=1e-12)
    nothing = most_served(made, Standard("leak_rate", 0.4))
    assert nothing.value is None
    assert "open" in nothing.note
    # A share can be diluted: half of the entitled needs make the open leaks a third... at the cost of others.
    assert most_served(made, Standard("leak_share", 0.5)).value == pytest.approx(1.0, rel=1e-12)
    assert least_leak(made, "leak_share", 0.1).value == pytest.approx(0.5, rel=1e-12)


# --- Brute force ---

shares = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


@st.composite
def small_programs(draw: st.DrawFn) -> Program:
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        entitled, restricted = draw(shares), draw(shares)
        others = draw(st.lists(st.tuples(shares, shares), max_size=2))
        rows.append([(entitled, restricted), *((entitled * p, restricted * q) for p, q in others)])
    opened = draw(st.sampled_from([(0.0, 0.0), (0.1, 0.05)]))
    return program(rows, opened=opened)


@given(small_programs(), st.sampled_from(["leak_rate", "leak_share", "leak_count"]), shares)
@settings(max_examples=150, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_the_most_served_is_what_brute_force_finds(made: Program, kind: Any, limit: float) -> None:
    standard = Standard(kind, limit)
    points = all_tables(made)
    found = most_served(made, standard)
    if made.entitled == 0:
        assert found.value is None
        return
    brute = best_mixture(points, *standard.linear(made.restricted))
    if found.value is None:
        assert brute is None or brute == pytest.approx(made.open_entitled, abs=1e-9)
        return
    assert brute is not None
    assert found.value * made.entitled == pytest.approx(brute, rel=1e-9, abs=1e-12)
    assert found.verification is not None
    assert found.verification.holds
    a, b, most = standard.linear(made.restricted)
    alone = points[a * points[:, 1] - b * points[:, 0] <= most]
    single = found.deterministic
    assert single is not None
    assert single.exact
    assert (single.found is None) == (len(alone) == 0)
    if len(alone):
        assert single.found == pytest.approx(float(alone[:, 0].max()) / made.entitled, rel=1e-9, abs=1e-12)


@given(small_programs(), st.sampled_from(["leak_rate", "leak_share", "leak_count"]), shares)
@settings(max_examples=150, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_the_least_leak_is_what_brute_force_finds(made: Program, kind: Any, floor: float) -> None:
    points = all_tables(made)
    found = least_leak(made, kind, floor)
    needed = floor * made.entitled
    # The best mixture meets the floor exactly, or is a single table.
    candidates = [point for point in points if point[0] >= needed - 1e-12]
    candidates += list(mixtures(points, points[:, 0] - needed))
    if kind == "leak_share":
        brute = min((k / (s + k) for s, k, _ in candidates if s + k > 0), default=None)
    elif kind == "leak_rate":
        brute = min(k / made.restricted for _, k, _ in candidates) if made.restricted > 0 else None
    else:
        brute = min(k for _, k, _ in candidates)
    if found.value is None:
        # A share of nothing: somebody must be served for it to have a value.
        assert brute is None or (kind == "leak_share" and needed == 0)
        return
    assert found.value == pytest.approx(brute, rel=1e-9, abs=1e-11)
    assert found.verification is not None
    assert found.verification.holds


def six_cells() -> Scenario:
    people = {
        "native": SOMEBODY | {"share": 0.4, "documents": {"passport": 0.7}, "gives_up": 0.1},
        "foreign": FOREIGNER | {"share": 0.3, "presents_forged": 0.3, "home": "other"},
        "team": SOMEBODY
        | {"share": 0.2, "channel": "team", "co_users": {"guest": {"present": 0.5, "share": 0.4}}}
        | {"documents": {"passport": 0.4}},
        "foreign_team": FOREIGNER | {"share": 0.1, "channel": "team"},
        "guest": FOREIGNER | {"share": 0.0, "home": "other"},
    }
    signal = {"observes": "device", "accuracy": 0.8, "coverage": 0.9}
    return plain(rules("check"), segments=people, signals={"where": signal})


@pytest.mark.no_cover  # others cover the same lines
def test_all_tables_over_six_cells_of_a_scenario_by_the_exact_engine() -> None:
    """Every one of the 729 tables is evaluated by the engine that knows nothing of programs."""
    scenario = six_cells()
    law = make_law(scenario, "person")
    made = program_a(scenario, law)
    assert made.size == 6
    gate = compile_gate(scenario, "gate", law)
    cells = np.concatenate([part.describe.flat() for part in made.parts])  # type: ignore[attr-defined]
    points = []
    for actions in product(range(3), repeat=6):
        changed = gate[0].actions.copy()
        changed[0][cells] = actions
        still = np.zeros_like(gate[0].durations_us)
        points.append(
            (*served_and_leaks(scenario, law, [replace(gate[0], actions=changed, durations_us=still)]), 0.0)
        )
    brute = np.array(points)
    for standard in (Standard("leak_rate", 0.07), Standard("leak_share", 0.05), Standard("leak_share", 0.2)):
        a, b, most = standard.linear(made.restricted)
        found = most_served(made, standard)
        assert found.value == pytest.approx(best_mixture(brute, a, b, most) / made.entitled, rel=1e-9)  # type: ignore[operator]
        single = found.deterministic
        assert single is not None
        assert single.exact
        alone = brute[a * brute[:, 1] - b * brute[:, 0] <= most, 0].max() / made.entitled
        assert single.found == pytest.approx(alone, rel=1e-9)
        assert single.found <= found.value + 1e-12  # type: ignore[operator]


# --- Against the exact engine ---


def _check_table(bound: Bound, size: float) -> None:
    """The table, and the same by owners, add up to what is served besides what is open."""
    made, table, owners = bound.program, bound.table(), bound.by_owner().values()
    assert all(sum(row.actions.values()) == pytest.approx(1.0) for row in table)
    for key, opened in (("served", made.open_entitled), ("leaks", made.open_leaks)):
        expected = pytest.approx(getattr(bound, key) - opened, rel=1e-9, abs=1e-9 * size)
        assert sum(getattr(row, key) for row in table) == expected
        assert sum(getattr(owner, key) for owner in owners) == expected
    assert sum(row.entitled for row in table) == pytest.approx(
        made.entitled - made.open_entitled, abs=1e-9 * size
    )


@pytest.mark.parametrize("seed", watched(range(12)))
def test_the_gate_of_a_bound_does_what_the_bound_says(seed: int) -> None:
    """Its tables, evaluated by the exact engine and mixed with their weights, attain the value within the limit."""
    scenario = random_scenario(np.random.default_rng(seed))
    name = "k_of_n"
    documents = scenario.policies[name].documents
    for reading in scenario.readings:
        law = make_law(scenario, reading)
        made = program_a(scenario, law, checks=(Check(documents, scenario.policies[name].checker),))
        like = [
            replace(tables, acts=np.ones_like(tables.acts)) for tables in compile_gate(scenario, name, law)
        ]
        for bound in (
            most_served(made, Standard("leak_share", 0.05)),
            most_served(made, Standard("leak_rate", 0.2)),
            least_leak(made, "leak_rate", 0.6),
        ):
            if bound.value is None:
                continue
            sums = np.zeros(2)
            for weight, gate in gates_of(scenario, law, bound, like):
                sums += weight * np.array(served_and_leaks(scenario, law, gate))
            size = made.entitled + made.restricted
            assert sums == pytest.approx([bound.served, bound.leaks], rel=1e-9, abs=1e-9 * size)
            _check_table(bound, size)


@pytest.mark.parametrize("seed", watched(range(20)))
def test_checks_come_out_as_those_of_a_policy_do(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    law = make_law(scenario, "person")
    for name, policy in scenario.policies.items():
        for epoch in law.epochs:
            found = outcomes(
                scenario, [Check(policy.documents, policy.checker)], tuple(epoch.clears.tolist())
            )
            tables = compile_policy(scenario, name, "person", epoch)
            for number, segment in enumerate(scenario.segments.values()):
                one = outcome_types(scenario, segment, tables, epoch)
                passes = found.at_once[0, number] + found.reviewed[0, number]
                assert passes == pytest.approx((1 - one.gives_up) * one.passes, abs=1e-12)


# --- The desk ---


def desk_world(*, operator: dict[str, Any] | None = None, **segment: Any) -> Scenario:
    people = {
        "native": SOMEBODY | {"share": 0.5, "documents": {"passport": 1.0}} | segment,
        "foreign": FOREIGNER | {"share": 0.5},
    }
    kind = {"proves": {"citizen": "citizen"}, "checker": "typical", "to_desk": 0.5}
    shifts = [{"days": ["mon", "wed"], "start": "09:00", "end": "17:00", "reviewers": 3}]
    return plain(
        rules("check"),
        segments=people,
        documents={"passport": kind},
        desk={"service": "6m", "shifts": shifts},
        orders=[order(1.5)],
        **({} if operator is None else {"operator": operator}),
    )


def test_reviews_possible_are_those_of_the_shifts_while_the_order_is_in_force() -> None:
    scenario = desk_world()
    # The order is in force from Wednesday noon: half of that shift is left (5 hours), then a Monday and a Wednesday.
    expected = 3 * ((1 + 5 * 10) + 2 * (1 + 8 * 10))
    assert scenario.start.strftime("%a") == "Tue"
    assert reviews_possible(scenario, make_law(scenario, "person")) == pytest.approx(expected)


def test_reviews_possible_leave_out_the_foreign_reviewers_whom_the_order_keeps_away() -> None:
    scenario = desk_world()
    names = list(scenario.policies)
    operator = {"ladder": names[:1], "staff": {"reviewers": 0.5, "back": "2026-06-15T13:00:00-04:00"}}
    less = desk_world(operator=operator)
    # Of three one is there (a part of one half, rounded down): on Wednesday, and on Monday until 13:00, when the two
    # others come in addition for four hours.
    assert less.start.strftime("%a %d") == "Tue 09"
    expected = (1 + 5 * 10) + (1 + 4 * 10) + 2 + 3 * 4 * 10 + 3 * (1 + 8 * 10)
    assert reviews_possible(less, make_law(less, "person")) == pytest.approx(expected)


def test_the_desk_binds_by_its_mean_flow() -> None:
    scenario = desk_world()
    made = program_a(scenario, make_law(scenario, "person"))
    # Half of the checks of natives are passed without a reviewer; the others only as far as the desk goes.
    bound = most_served(made, Standard("zero"))
    assert made.capacity is not None
    assert bound.served == pytest.approx(0.5 * made.entitled + made.capacity, rel=1e-9)
    assert bound.binding == ("zero", "desk")
    price = next(price for price in bound.prices if price.constraint == "desk")
    assert price.down == price.up == pytest.approx(1 / made.entitled, rel=1e-9)
    assert price.high == pytest.approx(0.5 * made.entitled, rel=1e-9)
    assert bound.verification is not None
    assert bound.verification.holds
    without = program_a(scenario, make_law(scenario, "person"), desk=False)
    assert most_served(without, Standard("zero")).value == pytest.approx(1.0, rel=1e-12)
    assert "mean flow" in bound.scope
    assert "however many" in without.scope


@pytest.mark.no_cover
def test_two_prices_end_by_themselves_under_any_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    # Where leaks are dear, what a table gains is a small difference of large numbers: rounding must not keep it going.
    def asked(*_: object) -> None:
        raise AssertionError("the general solver is asked, which takes a hundred times as long")

    monkeypatch.setattr("gatesim.gates.bounds.two_prices.maximise", asked)
    scenario = load("june-2026").scenario
    made = program_a(scenario, make_law(scenario, "person"))
    assert made.capacity is not None
    standard, last = Standard("leak_share", 0.001), 0.0
    # One of these is a capacity at which it went on without end.
    for capacity in sorted([2531940.301611245, *np.geomspace(1e3, 1e8, 60).tolist()]):
        bound = most_served(replace(made, capacity=capacity), standard)
        assert bound.verification is not None
        assert bound.verification.holds
        assert bound.value is not None
        assert bound.value >= last - 1e-12
        last = bound.value


@pytest.mark.parametrize("seed", watched(range(25)))
@pytest.mark.no_cover  # others cover the same lines
def test_two_prices_find_what_a_general_solver_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(30):
        e, r = rng.random(2) * (rng.random(2) < 0.9)
        rows.append([(e, r), *((e * p, r * q) for p, q in rng.random((3, 2)) ** [1, 3])])
    opened = (0.3, 0.2) if seed % 2 else (0.0, 0.0)
    made = program(rows, opened=opened, capacity=float(rng.random()), reviews=[0.0, 0.2, 0.5, 1.0])
    points = _points_of(made)
    for standards in (
        (Standard("leak_rate", 0.15),),
        (Standard("leak_share", 0.1),),
        (Standard("leak_rate", 0.2), Standard("leak_share", 0.15)),
    ):
        bound = most_served(made, standards)
        linear = [standard.linear(made.restricted) for standard in standards]
        use = np.array([*([-b, a, 0.0] for a, b, _ in linear), [0.0, 0.0, 1.0]])
        most = np.array([*(m for _, _, m in linear), made.capacity]) - use @ points.open
        general = maximise(points.values, points.begins, np.array([1.0, 0.0, 0.0]), use, most)
        if general is None:
            assert bound.value is None
            continue
        assert bound.served == pytest.approx(points.values[0] @ general.shares + points.open[0], rel=1e-9)
        assert bound.verification is not None
        assert bound.verification.holds
    for kind in ("leak_rate", "leak_share", "leak_count"):
        least = least_leak(made, kind, 0.7)  # type: ignore[arg-type]
        assert least.verification is not None
        assert least.verification.holds, float(least.verification.gap)
        assert least.reviews <= made.capacity * (1 + 1e-9)  # type: ignore[operator]


def test_the_general_solver_takes_over_where_refusing_all_is_no_start() -> None:
    """What is open leaks too much by itself, and only reviewed checks dilute it."""
    made = program([[(1.0, 1.0), (0.9, 0.0)]], opened=(0.0, 0.1), capacity=0.9, reviews=[0.0, 0.5])
    bound = most_served(made, Standard("leak_share", 0.11))
    # 0.9 of the checks can be reviewed: they serve 0.81, and of those and the open leaks 0.1 / 0.91 leak.
    assert bound.value == pytest.approx(0.81, rel=1e-3)
    assert bound.verification is not None
    assert bound.verification.holds
    assert most_served(replace(made, capacity=0.1), Standard("leak_share", 0.11)).value is None


# --- Prices ---


def _moved(bound: Bound, constraint: str, to: float) -> float:
    if constraint == "desk":
        made = replace(bound.program, capacity=to)
        again = (
            most_served(made, bound.standards)
            if bound.standards
            else least_leak(made, bound.leak, bound.floor)
        )  # type: ignore[arg-type]
    elif constraint == "floor":
        again = least_leak(bound.program, bound.leak, to)  # type: ignore[arg-type]
    else:
        again = most_served(
            bound.program, [replace(s, limit=to) if s.kind == constraint else s for s in bound.standards]
        )
    assert again.value is not None
    return again.value


def _check_prices(bound: Bound) -> int:
    """Each price against a finite difference within its range; returns how many were looked at."""
    count = 0
    for price in bound.prices:
        for side, derivative in ((-1, price.down), (1, price.up)):
            end = price.low if side < 0 else price.high
            room = abs(end - price.at) if end is not None else 1e-3 * max(price.at, 1e-3)
            if derivative is None or room < 1e-7 * max(price.at, 1e-3):
                continue
            step = side * min(1e-4 * room, 1e-4 * max(price.at, 1e-9))
            assert bound.value is not None
            difference = (_moved(bound, price.constraint, price.at + step) - bound.value) / step
            assert difference == pytest.approx(derivative, rel=2e-3, abs=1e-9), price
            count += 1
    return count


@pytest.mark.parametrize("seed", watched(range(12)))
def test_prices_are_one_sided_derivatives(seed: int) -> None:
    held = 0
    scenario = random_scenario(np.random.default_rng(seed))
    made = program_a(scenario, make_law(scenario, "person"))
    for bound in (
        most_served(made, Standard("leak_share", 0.03)),
        most_served(made, Standard("leak_rate", 0.12)),
        most_served(made, (Standard("leak_rate", 0.05), Standard("leak_share", 0.2))),
        least_leak(made, "leak_rate", 0.45),
        least_leak(made, "leak_share", 0.45),
        least_leak(made, "leak_count", 0.45),
    ):
        if bound.value is not None:
            held += _check_prices(bound)
    assert held >= 4


def test_prices_with_a_desk_are_one_sided_derivatives() -> None:
    rng = np.random.default_rng(5)
    rows = [[(e, r), (0.7 * e, 0.1 * r), (0.9 * e, 0.3 * r)] for e, r in rng.random((20, 2))]
    made = program(rows, capacity=1.5, reviews=[0.0, 0.3, 0.8])
    looked_at = 0
    for bound in (
        most_served(made, Standard("leak_rate", 0.1)),
        least_leak(made, "leak_rate", 0.5),
        least_leak(made, "leak_count", 0.6),
    ):
        assert "desk" in bound.binding
        looked_at += _check_prices(bound)
    assert looked_at >= 8


def test_a_price_at_a_corner_differs_to_the_left_and_to_the_right() -> None:
    made = program([[(1.0, 0.1)], [(1.0, 0.4)], [(1.0, 0.5)]])
    price = most_served(made, Standard("leak_rate", 0.1)).prices[0]
    assert price.down == pytest.approx(10 / 3)
    assert price.up == pytest.approx(2.5 / 3)
    assert (price.low, price.high) == pytest.approx((0.0, 0.5))
    # Where nothing binds, a limit is worth nothing down to the leaks of serving all.
    loose = most_served(made, Standard("leak_share", 0.5))
    assert loose.binding == ()
    assert loose.prices[0][2:] == (0.0, 0.0, pytest.approx(0.25), None)
    # Where all is served with just as many leaks, less of it would be too little.
    (price,) = most_served(made, Standard("leak_rate", 1.0)).prices
    assert price[2:] == (pytest.approx(2 / 3), 0.0, pytest.approx(0.5), None)
    # On the last edge served = 1 + 2 leaks, and leaks = odds served: served = 1 / (1 - 2 odds).
    (price,) = most_served(made, Standard("leak_share", 0.25)).prices
    assert price[2:] == (pytest.approx(32 / 3), 0.0, pytest.approx(0.2), None)


# --- The proof ---


def test_a_proof_is_exact_and_notices_what_is_wrong() -> None:
    scenario = random_scenario(np.random.default_rng(0))
    bound = most_served(program_a(scenario, make_law(scenario, "person")), Standard("leak_rate", 0.1))
    proof = bound.verification
    assert proof is not None
    assert proof.holds
    assert isinstance(proof.gap, Fraction)
    assert 0 <= proof.gap <= Fraction(1, 10**9)
    assert float(proof.proved) == pytest.approx(bound.value, abs=1e-9)
    # Any prices give a limit that holds, but only the right ones one without a gap.
    other = replace(bound, duals=Duals((bound.duals.standards[0] * 0.5,)))
    assert other.verification is not None
    assert not other.verification.holds
    assert other.verification.proved > proof.proved
    # Nor does a value that is claimed, and not attained, count as proved.
    claimed = replace(bound, value=bound.value * 1.01)
    assert claimed.verification is not None
    assert not claimed.verification.holds
    # A gate that is beyond the limit attains nothing.
    beyond = replace(bound, mixture=most_served(bound.program, Standard("leak_rate", 0.2)).mixture)
    assert beyond.verification is not None
    assert beyond.verification.attained <= proof.proved


def test_a_bound_is_plain_data_too() -> None:
    scenario = six_cells()
    made = program_a(scenario, make_law(scenario, "person"))
    for bound in (most_served(made, Standard("leak_share", 0.05)), least_leak(made, "leak_rate", 0.5)):
        data = json.loads(json.dumps(bound.to_dict(), allow_nan=False))
        assert data["value"] == bound.value
        assert data["proof"]["holds"]
        assert data["prices"][0]["constraint"] in ("leak_share", "floor")
    nothing = plain(rules("allow"), segments={"foreign": FOREIGNER})
    empty = most_served(
        program_a(nothing, make_law(nothing, "person")), Standard("leak_share", 0.05)
    ).to_dict()
    assert empty["value"] is None
    assert empty["proof"] is None


def test_zero_is_structural() -> None:
    """However unlikely, what can leak is not served; what cannot is."""
    for accuracy, served in ((1.0, 1.0), (1 - 1e-12, 0.0)):
        people = {"native": SOMEBODY | {"share": 0.5}, "foreign": FOREIGNER | {"share": 0.5, "home": "other"}}
        scenario = plain(
            rules("allow"),
            segments=people,
            signals={"where": {"observes": "device", "accuracy": {"US": 1.0, "other": accuracy}}},
        )
        made = program_a(scenario, make_law(scenario, "person"), checks="none")
        for standard in (Standard("zero"), Standard("leak_rate", 0.0), Standard("leak_share", 0.0)):
            assert most_served(made, standard).value == served


# --- What can be learnt of an owner ---


@pytest.mark.parametrize("seed", watched(range(15)))
@pytest.mark.no_cover  # others cover the same lines
def test_all_answers_are_all_that_lists_can_tell(seed: int) -> None:
    """Every draw and every list by brute force: owners fall into the same combinations with the same probability."""
    rng = np.random.default_rng(seed)
    chance = lambda: float(np.round(rng.random(), 2))  # noqa: E731
    kinds = ["passport", "card", "vendor"][: 1 + seed % 3]
    shows = {
        "passport": {"citizen": "citizen"},
        "card": {"citizen": "citizen", "temporary": "temporary"},
        "vendor": {"citizen": "nothing", "temporary": "nothing"},
    }
    people = {
        name: SOMEBODY
        | {"share": 0.5, "status": status, "documents": {k: chance() for k in kinds if status in shows[k]}}
        | {"presents_forged": chance(), "presents_borrowed": chance(), "never_answers": chance()}
        for name, status in (("native", "citizen"), ("guest", "temporary"))
    }
    checkers = {
        k: {"false_reject": chance(), "false_accept": chance(), "false_match": chance()} for k in kinds
    }
    scenario = plain(
        rules("check", documents=kinds[:1]),
        segments=people,
        checkers=checkers,
        documents={k: {"proves": shows[k], "checker": k} for k in kinds},
    )
    law = make_law(scenario, "person")
    clears = tuple(law.epochs[0].clears.tolist())
    segments = list(scenario.segments.values())
    lists = [order for size in range(1, len(kinds) + 1) for order in permutations(kinds, size)]
    sums: dict[tuple[bool, ...], list[float]] = {}
    for number, segment in enumerate(segments):
        good = {
            k: segment.status in shows[k]
            and (shows[k][segment.status] == "nothing" or clears[STATUSES.index(shows[k][segment.status])])  # type: ignore[arg-type]
            for k in kinds
        }
        states = list(product((True, False), (True, False), (True, False), range(4)))
        for drawn in product(states, repeat=len(kinds)):
            weight, fate = 1.0 - segment.never_answers, {}
            for kind, (holds, borrows, forges, part) in zip(kinds, drawn, strict=True):
                c = scenario.checkers[kind]
                edges = [0.0, *sorted((c.false_reject, c.false_accept, c.false_match)), 1.0]
                held = segment.documents.get(kind, 0.0)
                weight *= (held if holds else 1 - held) * (edges[part + 1] - edges[part])
                weight *= segment.presents_borrowed if borrows else 1 - segment.presents_borrowed
                weight *= segment.presents_forged if forges else 1 - segment.presents_forged
                u = (edges[part] + edges[part + 1]) / 2
                genuine = holds and good[kind]
                fake = (borrows and u < c.false_match) or (not borrows and forges and u < c.false_accept)
                fate[kind] = (genuine, u >= c.false_reject if genuine else fake)
            outcome = tuple(
                next((fate[k][1] for k in order if fate[k][0]), fate[order[0]][1]) for order in lists
            )
            sums.setdefault(outcome, [0.0] * len(segments))[number] += weight
        sums.setdefault((False,) * len(lists), [0.0] * len(segments))[number] += segment.never_answers
    expected = sorted(tuple(row) for row in sums.values() if any(row))
    found = sorted(tuple(column) for column in all_answers(scenario, [clears], segments).T.tolist())
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-12)


def test_every_list_that_differs_is_among_all_checks() -> None:
    scenario = random_scenario(np.random.default_rng(11))
    law = make_law(scenario, "person")
    clears = tuple(tuple(epoch.clears.tolist()) for epoch in law.epochs)
    for row in clears:
        kept = outcomes(scenario, all_checks(scenario, clears), row)
        known = {tuple(np.round(column, 12)) for column in kept.at_once + kept.reviewed}
        for size in range(1, len(scenario.documents) + 1):
            for documents in permutations(scenario.documents, size):
                one = outcomes(scenario, [Check(documents)], row)
                passes = tuple(np.round((one.at_once + one.reviewed)[0], 12))
                assert passes in known or not any(passes), documents


def test_kinds_that_clear_under_different_laws_do_not_stand_for_each_other() -> None:
    """Nobody holds either, and both are forged alike; but a proof of citizenship clears under one law only."""
    documents = {
        "first": {"proves": {"citizen": "citizen"}, "checker": "weak"},
        "second": {"proves": {"permanent": "permanent"}, "checker": "weak"},
        "third": {"proves": {"permanent": "permanent"}, "checker": "weak"},
    }
    people = {"somebody": SOMEBODY | {"presents_forged": 0.4}}
    weak = {"weak": {"false_reject": 0.0, "false_accept": 0.5, "false_match": 0.5}}
    scenario = plain(rules("check", documents=["first"]), checkers=weak, documents=documents, segments=people)
    laws = [
        tuple(status in cleared for status in STATUSES)
        for cleared in (("citizen", "permanent"), ("permanent",))
    ]
    assert all_checks(scenario, laws) == (Check(("first",)), Check(("second",)))
    assert all_checks(scenario, laws, without="second") == (Check(("first",)), Check(("third",)))
    for row in laws:
        found = outcomes(scenario, all_checks(scenario, laws), row).at_once.max()
        assert found == outcomes(scenario, [Check((kind,)) for kind in documents], row).at_once.max() > 0


# --- What has no value, and what is refused ---


def test_without_entitled_needs_nothing_is_defined() -> None:
    scenario = plain(rules("allow"), segments={"foreign": FOREIGNER})
    for made in (
        program_a(scenario, make_law(scenario, "person")),
        program_b(scenario, make_law(scenario, "person")),
    ):
        bound = most_served(made, Standard("leak_rate", 0.1))
        assert bound.value is None
        assert bound.served_entitled is None
        assert "no entitled needs" in bound.note
        assert bound.verification is None
        assert bound.deterministic is None


def test_without_restricted_needs_a_leak_rate_is_undefined() -> None:
    scenario = plain(rules("allow"))
    made = program_a(scenario, make_law(scenario, "person"))
    assert most_served(made, Standard("zero")).value == 1.0
    bound = least_leak(made, "leak_rate", 0.5)
    assert bound.value is None
    assert "no restricted needs" in bound.note
    assert least_leak(made, "leak_share", 0.5).value == 0
    assert least_leak(made, "leak_share", 0.0).value is None


@pytest.mark.parametrize(
    ("kind", "limit", "words"),
    [
        ("leak_rate", -0.1, "below zero"),
        ("leak_share", 1.5, "above 1"),
        ("leak_count", float("nan"), "is no number"),
        ("leak_count", float("inf"), "finite"),
        ("zero", 0.1, "leave it out"),
        ("leak", 0.1, "is none of"),
    ],
)
def test_a_wrong_limit_is_refused(kind: Any, limit: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Standard(kind, limit)


@pytest.mark.parametrize(
    ("leak", "floor", "words"),
    [
        ("leak_rate", 1.2, "the most that any gate serves is 1"),
        ("leak_rate", -0.2, "is no share"),
        ("leak_rate", float("nan"), "is no share"),
        ("leaks", 0.5, "is none of"),
    ],
)
def test_a_wrong_floor_is_refused(leak: Any, floor: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        least_leak(program([[(1.0, 1.0)]]), leak, floor)


def test_too_many_signals_are_refused_with_what_would_help() -> None:
    signals = {f"s{k}": {"observes": "device", "accuracy": 0.9} for k in range(12)}
    regions = {name: [name.upper()] for name in ("us", "de", "in", "jp", "fr")} | {"other": ["*"]}
    people = {"somebody": SOMEBODY | {"home": "us", "card": {"us": 1.0}, "declared": {"us": 1.0}}}
    scenario = plain(rules("allow"), signals=signals, regions=regions, segments=people, home="us")
    with pytest.raises(
        TooLarge, match=r"13841287201 joint readings of 12 signals .* leave out signals or regions"
    ):
        program_a(scenario, make_law(scenario, "person"))


def nine_kinds(held: int, **owner: Any) -> Scenario:
    """Citizens who may hold some of nine kinds of documents, and foreign persons who hold none."""
    checkers = {
        f"c{k}": {"false_reject": 0.01 * k, "false_accept": 0.1 * (k % 3), "false_match": 0.1}
        for k in range(9)
    }
    documents = {f"d{k}": {"proves": {"citizen": "citizen"}, "checker": f"c{k}"} for k in range(9)}
    holds = {f"d{k}": 0.5 for k in range(held)}
    people = {
        "somebody": SOMEBODY | {"share": 0.5, "documents": holds, **owner},
        "foreign": FOREIGNER | {"share": 0.5, **owner},
    }
    return plain(rules("check", documents=["d0"]), checkers=checkers, documents=documents, segments=people)


def test_too_many_kinds_of_documents_are_refused_with_what_would_help() -> None:
    scenario = nine_kinds(9)
    with pytest.raises(TooLarge, match=r"9 kinds of documents .* leave out kinds"):
        program_a(scenario, make_law(scenario, "person"))
    assert program_a(scenario, make_law(scenario, "person"), checks=[Check(("d0", "d5"))]).size == 1


@pytest.mark.parametrize("forges", [0.0, 0.4])
def test_kinds_that_nobody_holds_add_only_what_they_keep_out(forges: float) -> None:
    """Nine kinds, two of them held: as much is served as if every list of up to three kinds were tried. A list that
    begins with a kind that nobody holds keeps those out who forge; without forgers it adds nothing."""
    scenario = nine_kinds(2, presents_forged=forges, presents_borrowed=0.0)
    law = make_law(scenario, "person")
    few = all_checks(scenario, clears_at_some_time(law))
    assert len(few) == (2 + 2 if forges == 0 else 2 + 2 + 3 * (1 + 2 + 2))
    every = [Check(kinds) for size in (1, 2, 3) for kinds in permutations(scenario.documents, size)]
    for limit in (0.0, 0.01, 0.1):
        standard = Standard("leak_share", limit)
        found = most_served(program_a(scenario, law), standard).value
        assert found == pytest.approx(most_served(program_a(scenario, law, checks=every), standard).value)
        assert found is not None
