"""Where several orders count leaks each by itself: shutdown point, relief and sensitivity hold a gate to all of them.

Against tables gone through one by one, numbers by hand, the exact engine under the law of each order, and the same
question about one order.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import gatesim
from gatesim.cli.main import call
from gatesim.exact.evaluate import World
from gatesim.exact.expected import END_LATE, END_SERVED, CannotDo
from gatesim.exact.rows import rows_of
from gatesim.gates.bounds import Standard, least_leak, program_a, worths
from gatesim.gates.bounds.several import least_multiple, most_within, several
from gatesim.gates.bounds.worth import worths_of_orders
from gatesim.gates.compile import compile_gate
from gatesim.law.law import make_law, of_one_order
from gatesim.measures.finding import Best, Claim, OwnLeak, full_sentence, own_leaks, own_limit
from gatesim.measures.relieved import Left, ReliefClaim, relief_sentence
from gatesim.scenario import ScenarioError
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.parameter import changed, find_parameter
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import ask
from gatesim.study.shutdown_map import names_of
from gatesim.study.standing import Standings, question
from gatesim.world.space import CellSpace
from tests.inputs.rows import BASE
from tests.plain import FOREIGNER, SOMEBODY, order, plain
from tests.random_scenarios import random_scenario

LIMITS = [(0.0, 0.0), (0.02, 0.3), (0.2, 0.05), (0.1, 1.0), (1.0, 1.0)]


def counted(
    scenario: Scenario, gate: Any, policy: str = ""
) -> tuple[float, list[tuple[float, float, float]]]:
    """The share of entitled needs served, and for each order leaks, needs served, and all that it restricts: the
    exact engine, once for each order."""
    law = make_law(scenario, "person")
    scale = scenario.represents / scenario.people

    def ends(one: Any) -> tuple[np.ndarray, np.ndarray]:
        counts = World(scenario, one).evaluate(gate, policy, daily=False).counts.sum(axis=(0, 1, 2)) * scale
        return counts[:, [END_SERVED, END_LATE]].sum(axis=1), counts.sum(axis=1)

    done, every = ends(law)
    by_order = []
    for number in range(len(scenario.orders)):
        own, all_own = ends(of_one_order(scenario, law, number))
        by_order.append((float(own[1]), float(own.sum()), float(all_own[1])))
    return float(done[0] / every[0]), by_order


def two_orders(*limits: float, accuracy: float = 0.8) -> Scenario:
    """Citizens at home and travelling, citizens of another country, foreign persons; three cells and two orders: one
    against foreign persons, and, for a part of the time, one against whoever is abroad."""
    people = {
        "home": SOMEBODY | {"share": 0.5},
        "abroad": SOMEBODY | {"share": 0.2, "home": "other"},
        "foreign": FOREIGNER | {"share": 0.2},
        "far": FOREIGNER | {"share": 0.1, "home": "other"},
    }
    cells = [{"when": {"readings": {"ip": [reading]}}} for reading in ("US", "other")]
    policies = {
        f"table_{'_'.join(acts)}": {
            "family": "rules",
            "rules": [rule | {"then": act} for rule, act in zip(cells, acts, strict=False)],
            "otherwise": acts[2],
        }
        for acts in product(("allow", "block"), repeat=3)
    }
    second = order(
        3.0,
        restricts=[{"located": ["abroad"]}],
        standard={"kind": "leak_rate", "limit": limits[1]},
    )
    return plain(
        policies["table_allow_allow_allow"],
        segments=people,
        signals={"ip": {"observes": "device", "accuracy": accuracy, "coverage": 0.9, "refresh": "session"}},
        orders=[order(standard={"kind": "leak_share", "limit": limits[0]}), second],
        policies=policies,
    )


def best_of_mixtures(scenario: Scenario, limits: tuple[float, float]) -> float:
    """The most that a mixture of the eight tables serves in each of the two stretches of time: by hand a row may do one
    thing while one order is in force and another while both are, so that the time is cut there."""
    law = make_law(scenario, "person")
    spans = [epoch for epoch in law.epochs if epoch.named.any()]
    columns = []
    for span in spans:
        only = {number: epoch is span for number, epoch in enumerate(law.epochs)}
        for policy in scenario.policies:
            gate = tuple(
                tables if only[number] else compile_gate(scenario, "table_block_block_block", law)[number]
                for number, tables in enumerate(compile_gate(scenario, policy, law))
            )
            columns.append(counted(scenario, gate))
    served = np.array([one[0] for one in columns])
    first = np.array([one[1][0][0] - limits[0] * one[1][0][1] for one in columns])
    second = np.array([one[1][1][0] for one in columns])
    each = len(scenario.policies)
    found = linprog(
        -served,
        A_ub=[first, second],
        b_ub=[0.0, limits[1] * columns[0][1][1][2]],
        A_eq=[[float(k // each == span) for k in range(len(columns))] for span in range(len(spans))],
        b_eq=[1.0] * len(spans),
    )
    return float(-found.fun)


@pytest.mark.parametrize("limits", LIMITS)
def test_bound_a_is_the_best_mixture_of_all_tables(limits: tuple[float, float]) -> None:
    """Gone through one by one: sixteen tables, evaluated by the exact engine under the law of each order."""
    scenario = two_orders(*limits)
    best = best_of_mixtures(scenario, limits)
    standings = Standings(scenario, question(scenario, each=True))
    assert [one.order for one in standings.asked.each] == [0, 1]
    assert standings.most("bound_A", ()) == pytest.approx(best, abs=1e-9)
    most_b = standings.most("bound_B", ())
    assert most_b is not None
    assert most_b >= best - 1e-9
    serving = [c for c in standings.candidates(()) if c.within]
    assert all((c.served.served_entitled or 0.0) <= best + 1e-9 for c in serving)


def test_a_policy_is_within_the_limits_of_all_orders_or_not_at_all() -> None:
    scenario = two_orders(0.3, 0.3)
    standings = Standings(scenario, question(scenario, each=True))
    law = make_law(scenario, "person")
    for one in standings.candidates(()):
        served, (first, second) = counted(scenario, compile_gate(scenario, one.policy, law))
        assert one.served.served_entitled == pytest.approx(served)
        assert one.within == (first[0] <= 0.3 * first[1] and second[0] <= 0.3 * second[2])
        assert [leak.value for leak in one.leaks] == pytest.approx(
            [first[0] / first[1], second[0] / second[2]]
        )
        assert one.leak is None
    assert {one.within for one in standings.candidates(())} == {True, False}


KEYS = (
    "signals.ip.accuracy",  # linear: rows at the ends say all
    "segments.natives.gives_up",  # how owners answer
    "segments.*.needs_per_day",  # no linear function
    "orders.1.standard.limit",
    "policies.follows.block_above",
)

ORDER = 'issued = 2026-06-12T00:00:00-04:00, models = ["new"], reading = "person"'
SETS = (
    f'orders=[{{ {ORDER}, standard = {{ kind = "leak_share", limit = 0.1 }} }}, '
    f'{{ {ORDER}, standard = {{ kind = "leak_rate", limit = 0.1 }}, grace = "1d", '
    'restricts = [{ located = ["abroad"] }] }]',
    'policies.follows={ family = "posterior", block_above = 0.5 }',
    'policies.once={ family = "single", signal = "ip", then = "check", documents = ["passport"], '
    'clearance = "forever" }',
)
"""Two orders from different instants on, a policy that follows the needs, and one that remembers."""


@pytest.mark.parametrize("key", KEYS)
def test_what_is_served_as_a_number_moves_is_what_the_changed_scenario_serves(key: str) -> None:
    """For policies that keep nothing, that follow the needs, and that remember."""
    loaded = gatesim.load(BASE, SETS)
    names = ["any", "follows", "once"]
    one = find_parameter(loaded, key, 0.2, 0.8)
    standings = Standings(loaded.scenario, question(loaded.scenario, policies=names, each=True), [one])
    assert standings.remembering == ("once",)
    there = changed(loaded.scenario, [one], [0.38])
    law = make_law(there, "person")
    for name in names:
        served, by_order = counted(there, compile_gate(there, name, law), name)
        said = standings.served(name, (0.38,))
        assert said.served_entitled == pytest.approx(served, abs=1e-9)
        assert np.array(said.own) == pytest.approx(np.array(by_order), rel=1e-9)
    own = [of_one_order(there, law, number) for number in (0, 1)]
    standards = standings.asked_at((0.38,)).standards
    for side, bound in (("bound_A", "A"), ("bound_B", "B")):
        whole = most_within(several(there, law, own, bound), standards)  # type: ignore[arg-type]
        assert standings.most(side, (0.38,)) == pytest.approx(whole.value, abs=1e-9)


# --- One order: nothing changes ---


@pytest.mark.no_cover  # others cover the same lines
def test_one_order_is_asked_as_before() -> None:
    loaded = gatesim.load("june-2026")
    assert ask(loaded, each=True) == ask(loaded)
    law = make_law(loaded.scenario, "person")
    alone = rows_of(loaded.scenario, law)
    more = rows_of(loaded.scenario, law, own=[of_one_order(loaded.scenario, law, 0)])
    assert more.layout.key == alone.layout.key
    assert more.needs[:2] == pytest.approx(alone.needs, rel=1e-14)
    # Whom the only order restricts, and all that it measures.
    assert more.needs[2] == pytest.approx(alone.needs[1], rel=1e-14)
    assert more.needs[3] == pytest.approx(alone.needs.sum(axis=0), rel=1e-14)


@pytest.mark.no_cover  # others cover the same lines
def test_the_only_order_chosen_says_what_is_said_without() -> None:
    """The same numbers by another way: a program with a constraint for each order, of which there is one."""
    policies = ["open", "any"]
    before, chosen = (gatesim.relief(BASE, policies=policies, order=order) for order in (None, "1"))
    mine_by_name, others = ({one.narrowing.words: one for one in each.found} for each in (chosen, before))
    assert mine_by_name.keys() == others.keys()
    for words, a in mine_by_name.items():
        b = others[words]
        for side in ("list", "bound_A"):
            mine, other = getattr(a, side), getattr(b, side)
            assert (mine.outcome, mine.policy) == (other.outcome, other.policy)
            assert mine.served == pytest.approx(other.served, abs=1e-9)
            assert mine.needs == pytest.approx(other.needs, abs=1e-4)
        assert a.bound_B[0] == b.bound_B[0]
        assert a.freed == pytest.approx(b.freed)
    assert all(len(one.bound_A.leaks) == 1 and one.bound_A.leak is None for one in chosen.found)
    points = [
        gatesim.shutdown_point(
            BASE, vary="orders.0.standard.limit", low=0.0, high=1.0, policies=policies, order=order
        )
        for order in (None, "1")
    ]
    assert {change.side for change in points[0].changes} >= {"list", "bound_A"}
    assert [c.side for c in points[0].changes] == [c.side for c in points[1].changes]
    for a, b in zip(*(one.changes for one in points), strict=True):
        assert a.value == pytest.approx(b.value, abs=1e-6)


@pytest.mark.no_cover  # others cover the same lines
def test_worths_of_one_order_are_those_of_one_limit() -> None:
    scenario = gatesim.load(BASE).scenario
    law = make_law(scenario, "person")
    standard = Standard("leak_rate", 0.02)
    before = {one.key: one for one in worths(scenario, law, standard, 0.5)}
    own = [of_one_order(scenario, law, 0)]
    found = worths_of_orders(scenario, law, own, [standard], 0.5)
    assert {one.key for one in found} == set(before)
    for one in found:
        assert one.served == pytest.approx(before[one.key].served, abs=1e-9)
        # With one limit the least multiple of it is the least leak.
        assert (one.leak or 0.0) * 0.02 == pytest.approx(before[one.key].leak, abs=1e-8)
    program = several(scenario, law, own, "A")
    least = least_leak(program_a(scenario, law, desk=False), "leak_rate", 0.9)
    assert least.value is not None
    multiple = least_multiple(program, [standard], 0.9)
    assert multiple == pytest.approx(least.value / 0.02, rel=1e-7)


# --- By hand ---


def test_relief_of_two_governments_by_hand() -> None:
    """Per hundred accounts and 10 days under the Union's order alone, 5 under both. 60 citizens, 10 permanent residents
    of whom the other government names 4. While both hold, a card is no proof. Within no leak at all, 10 / 10.3 of
    entitled needs: all but 6 permanent residents for 5 days. Taken out of both orders, permanent residents are entitled
    all the time: a card is a proof of it, and nobody is left out; who asks for either serves 4 for 5 days whom the
    order as it is restricts: 20 of 70 x 15 needs."""
    found = gatesim.relief("two-governments", limit=0.0, ratio="leak_share", policies=["any_status"])
    assert found.now[1].served == pytest.approx(10 / 10.3)
    assert found.now[2][1] == pytest.approx(10 / 10.3)
    assert [leak.value for leak in found.now[1].leaks] == [0.0, 0.0]
    assert found.now[0].outcome == "no_gate_meets_limit"
    assert [leak.value for leak in found.now[0].leaks] == pytest.approx([0.0, 4 / 70])
    (permanent,) = (one for one in found.found if one.narrowing.name == "permanent")
    assert permanent.bound_A.served == pytest.approx(1.0)
    assert permanent.list.outcome == "gate_available"
    represents = found.loaded.scenario.represents / 100
    assert permanent.freed == pytest.approx(20 * represents)
    assert permanent.bound_A.added == pytest.approx(20 * represents)
    assert permanent.list.added == pytest.approx(20 * represents)
    assert permanent.gain == pytest.approx((15 * 70 - 10 * 70 - 5 * 60) * represents)
    data = json.loads(found.to_json())
    assert (data["ratio"], data["limit"]) == (None, None)
    assert [one["limit"] for one in data["limits"]] == [0.0, 0.0]


@pytest.mark.no_cover  # others cover the same lines
def test_the_limit_of_the_second_order_at_which_a_policy_becomes_one_by_hand() -> None:
    """Who asks for a passport or a card leaks 4 of 70 under the second order and nothing under the first; counted
    together it would be 20 of 1050, less than 2 %."""
    vary = "orders.1.standard.limit"
    found = gatesim.shutdown_point("two-governments", vary=vary, low=0.0, high=0.1, policies=["any_status"])
    (change,) = found.of("list")
    assert change.value == pytest.approx(4 / 70)
    assert (change.below.outcome, change.above.outcome) == ("no_gate_meets_limit", "gate_available")
    assert found.of("bound_A") == ()
    alone = gatesim.shutdown_point(
        "two-governments", vary=vary, low=0.0, high=0.1, policies=["any_status"], order="1"
    )
    assert alone.changes == ()
    assert "hold at once" in found.sentence
    assert "one order counts by itself" in alone.sentence
    assert "under “The other government's order”" not in alone.sentence


def test_a_map_has_at_each_point_the_outcome_of_the_scenario_there() -> None:
    vary = ["orders.0.standard.limit", "orders.1.standard.limit"]
    found = gatesim.shutdown_map(
        "two-governments",
        vary=vary,
        low=[0.0, 0.0],
        high=[0.2, 0.1],
        steps=3,
        policies=["eu_address", "any_status"],
    )
    for (i, x), (j, y) in product(enumerate(found.values[0]), enumerate(found.values[1])):
        there = changed(found.loaded.scenario, found.parameters, (x, y))
        standings = Standings(there, question(there, policies=["eu_address", "any_status"], each=True))
        for side in ("list", "bound_A", "bound_B"):
            assert names_of(side)[found.ranks[side][i, j]] == standings.outcome(side, ()), (side, x, y)
    assert len(set(found.ranks["list"].ravel().tolist())) > 1
    assert json.loads(found.to_json())["asked"]["limits"][1]["name"] == "The other government's order"


def test_standards_of_single_models_hold_at_once_too() -> None:
    """One order with a standard for each of two models: two limits, each on the needs for its model."""
    scenario = plain(
        {"family": "rules", "rules": [{"then": "allow"}], "otherwise": "allow"},
        segments={
            "somebody": SOMEBODY | {"share": 0.9, "models": {"new": 0.5, "old": 0.5}},
            "foreign": FOREIGNER | {"share": 0.1, "models": {"new": 0.2, "old": 0.8}},
        },
        orders=[
            order(
                models=["new", "old"],
                standard={"kind": "leak_share", "limit": 0.1},
                standards={"old": {"kind": "leak_share", "limit": 0.1}},
            )
        ],
    )
    asked = question(scenario, each=True)
    assert [(one.models, one.standard.limit) for one in asked.each] == [(("new",), 0.1), (("old",), 0.1)]
    (gate,) = Standings(scenario, asked).candidates(())
    new, old = (0.1 * x / (0.1 * x + 0.45) for x in (0.2, 0.8))
    assert [leak.value for leak in gate.leaks] == pytest.approx([new, old])
    assert not gate.within, "15 % of what is served of the second model leaks"
    together = Standings(scenario, question(scenario)).candidates(())
    assert together[0].within, "of all that is served 10 % leaks"


# --- No listed policy exceeds a bound ---


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.no_cover  # others cover the same lines
def test_no_policy_within_all_limits_serves_more_than_a_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(30):
        scenario = _with_a_second_order(random_scenario(rng), rng)
        if scenario is None or prod(CellSpace.of(scenario).shape) > MOST_CELLS:
            continue
        standings = Standings(scenario, question(scenario, each=True))
        for name in scenario.policies:
            if scenario.policies[name].family == "shutdown":
                continue
            try:
                served = standings.served(name, ())
            except CannotDo:
                continue
            share = served.served_entitled
            if share is None:
                continue
            # The limits that this policy just keeps.
            own = [one.leak(o).value or 0.0 for one, o in zip(standings.asked.each, served.own, strict=True)]
            limits = [
                Standard(kind, min(leak * (1 + 1e-9), 1.0)) for kind, leak in zip(KINDS, own, strict=True)
            ]
            for side in ("bound_A", "bound_B"):
                if side == "bound_A" and standings.varied.remembers(name):
                    continue
                most = most_within(standings.of_orders[side].sums(()), limits).value
                assert most is not None
                assert share <= most + 1e-9, (seed, name, side)
                held += 1
        if held >= 12:
            break
    assert held >= 12


MOST_CELLS = 400
KINDS = ("leak_share", "leak_rate")


def _with_a_second_order(scenario: Scenario, rng: np.random.Generator) -> Scenario | None:
    """The same with an order against whoever is abroad, or some citizens; None where what comes out is not in order."""
    if not scenario.orders:
        return None
    first = scenario.orders[0]
    data = first.model_dump(by_alias=True)
    clause = {"located": ["abroad"]} if rng.random() < 0.5 else {"citizenship": ["IN", "US"]}
    data |= {"restricts": [clause], "carve_outs": [], "standards": {}, "licences": [], "title": "The second"}
    data["standard"] = {"kind": "leak_rate", "limit": 0.1}
    data["ends"] = []
    own = first.model_dump(by_alias=True) | {"standards": {}, "ends": []}
    own["standard"] = {"kind": "leak_share", "limit": 0.05}
    whole = scenario.model_dump(by_alias=True) | {"orders": [own, data]}
    found = Scenario.model_validate(whole)
    return None if list(inconsistencies(found)) else found


# --- Commands ---


@pytest.mark.parametrize(
    "words",
    [
        ["relief", "two-governments", "--no-memory", "--policy", "eu_address"],
        ["sensitivity", "two-governments"],
        ["shutdown-point", "two-governments", "--vary", "signals.ip.accuracy", "--policy", "eu_address"],
    ],
    ids=lambda words: words[0],
)
def test_commands_take_an_order_and_do_not_warn(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call([*words, "--json"]) == 0
    both = capsys.readouterr()
    assert "warning" not in both.err
    assert call([*words, "--order", "2", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    limits = [(data.get("asked") or data)["limits"] for data in (json.loads(both.out), alone)]
    assert [[one["order"] for one in each] for each in limits] == [[0, 1], [1]]
    assert call([*words, "--order", "The other government's order"]) == 0
    assert "“The other government's order”" in " ".join(capsys.readouterr().out.split())
    assert call([*words, "--order", "3"]) == 2
    assert "no such order" in capsys.readouterr().err


def test_what_no_limit_follows_from_is_named_or_asked_for() -> None:
    loaded = gatesim.load("two-governments")
    zero = loaded.scenario.orders[1].standard.model_copy(
        update={"kind": "zero", "limit": None, "probability": 0.5}
    )
    orders = (loaded.scenario.orders[0], loaded.scenario.orders[1].model_copy(update={"standard": zero}))
    loaded = replace(loaded, scenario=loaded.scenario.model_copy(update={"orders": orders}))
    asked = ask(loaded, each=True)
    assert [one.order for one in asked.each] == [0]
    assert len(asked.left_out) == 1
    assert "none of 5,000 accounts leaks" in asked.left_out[0]
    with pytest.raises(ScenarioError, match=r"no known limit on leaks .* --ratio leak_share --limit"):
        ask(loaded, each=True, order="2")
    given = ask(loaded, each=True, order="2", ratio="leak_share", limit=0.03)
    assert [one.standard for one in given.each] == [Standard("leak_share", 0.03)]
    ratio = ask(loaded, each=True, ratio="leak_share")
    assert [one.order for one in ratio.each] == [0]
    assert ratio.left_out == ("“The other government's order”, which states no such limit",)


@pytest.mark.parametrize(
    ("order", "at", "day"),
    [
        (None, None, 6),
        ("1", None, 6),
        ("2", None, 11),
        ("2", "2026-06-08T00:00:00+02:00", 11),
        ("2", "2026-06-13T00:00:00+02:00", 13),
        ("1", "2026-06-08T00:00:00+02:00", 8),
    ],
)
def test_an_order_is_asked_about_from_when_it_is_in_force(
    order: str | None, at: str | None, day: int
) -> None:
    loaded = gatesim.load("two-governments", [] if at is None else [f"verdict.at={at}"])
    assert ask(loaded, each=True, order=order).date == datetime.fromisoformat(
        f"2026-06-{day:02}T00:00:00+02:00"
    )


def test_what_is_ready_when_the_second_order_begins_is_found() -> None:
    """citizens_only takes the five days between the two orders."""
    found = gatesim.relief("two-governments", order="2", policies=["citizens_only"])
    assert found.now[0].outcome == "gate_available"
    assert "within that limit on 11 June 2026" in found.sentence
    point = gatesim.shutdown_point(
        "two-governments", vary="policies.citizens_only.lead_time", low=1.0, high=9.0, order="2"
    )
    (change,) = point.of("list")
    assert change.value == pytest.approx(5.0)


# --- Words ---

LEAKS = (OwnLeak("“A”", "leak_share", 0.0123), OwnLeak("“B”", "leak_count", 3.0), OwnLeak("“C”", "zero", 0.0))
WORDS = ("1 % of served needs under “A”", "2 leaks under “B”", "no leak under “C”")


def test_limits_and_leaks_of_each_order_in_words() -> None:
    kinds = (("leak_share", 0.01), ("leak_count", 2.0), ("zero", 0.0))
    names = ("“A”", "“B”", "“C”")
    said = tuple(own_limit(kind, limit, name) for (kind, limit), name in zip(kinds, names, strict=True))
    assert said == WORDS
    assert own_leaks(LEAKS) == "1.23 % of served needs under “A”, 3 leaks under “B” and nothing under “C”"
    assert own_leaks((OwnLeak("“A”", "leak_rate", 0.0), OwnLeak("“B”", "leak_rate", None))) == "nothing"


def claim(*limits: str, **changes: Any) -> Claim:
    a = Best("no_gate_meets_limit")
    date = datetime(2026, 6, 12, tzinfo=UTC)
    empty = Claim(
        "“person”", "leak_share", 0.5, 0.5, date, 2, a, a, None, ("ip",), 1, 3, limits=limits, orders=2
    )
    return replace(empty, **changes)


def test_the_sentence_says_whose_limits_hold() -> None:
    several = full_sentence(claim(*WORDS))
    assert several.startswith(
        "Reading the orders as “person”, with assumed limits that hold at once, each on what its order counts by "
        "itself (1 % of served needs under “A”, 2 leaks under “B” and no leak under “C”; the orders state none), none "
        "of the 2 policies listed and no gate that decides from one session's ip serves at least 50 % of entitled "
        "needs within those limits on 12 June 2026. No such gate is within all limits and serves anybody."
    )
    gate = Best("gate_available", "passport", 0.75, leaks=LEAKS)
    one = full_sentence(claim(WORDS[0], listed=gate, a=replace(gate, name="")))
    assert "with an assumed limit on what one order counts by itself (1 % of served needs under “A”; " in one
    assert (
        "passport, one of the 2 policies listed, serves at least 50 % of entitled needs within that limit"
        in one
    )
    assert (
        "It leaks 1.23 % of served needs under “A”, 3 leaks under “B” and nothing under “C”, and serves 75.0 %."
        in one
    )
    assert "50 % (leaks as a share" not in one


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (WORDS[:1], "within the limit of 1 % of served needs under “A”."),
        (WORDS[:2], "within all limits (1 % of served needs under “A” and 2 leaks under “B”)."),
    ],
)
def test_the_finding_of_a_relief_says_whose_limits_hold(limits: tuple[str, ...], words: str) -> None:
    left = Left("passport", 0.75, None, LEAKS[:2])
    said = relief_sentence(ReliefClaim("leak_share", 0.5, 0.5, left, 2, (), 0, 1, 0, 0, limits))
    assert said.startswith(
        "The orders as they are leave a gate: the listed passport serves 75.0 % of entitled needs"
    )
    assert "leaks 1.23 % of served needs under “A” and 3 leaks under “B”" in said
    assert words in said


def test_an_order_without_a_known_limit_has_no_part_in_the_sentence_of_a_frontier() -> None:
    process = '{ kind = "process", controls = ["log"] }'
    orders = SETS[0].replace('{ kind = "leak_rate", limit = 0.1 }', process)
    two = ['controls.log={ title = "A log" }', orders]
    plain = gatesim.frontier(BASE, sets=two, policies=["open"])
    first = gatesim.frontier(BASE, sets=two, policies=["open"], order="1")
    assert "an assumed limit on what one order counts by itself (10 % of served needs" in first.sentence
    assert plain.sentence == first.sentence
