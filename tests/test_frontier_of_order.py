"""The frontier of one order: by hand, against the bounds' own answers, the exact engine, and a copy with it alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import gatesim
from gatesim.cli.main import call
from gatesim.gates.bounds import Standard
from gatesim.gates.bounds.several import most_within, several
from gatesim.law.law import make_law, of_one_order
from gatesim.scenario import ScenarioError
from gatesim.show.charts.frontier import frontier_finding
from gatesim.show.frontier import tables
from gatesim.study.frontier import Frontier
from gatesim.study.points import COARSE, Point
from tests.inputs.rows import BASE
from tests.test_within_orders import by_hand

READING = "person"
ORDER = 'issued = 2026-06-12T00:00:00-04:00, models = ["new"], reading = "person"'
RATE = 'standard = { kind = "leak_rate", limit = 0.05 }'
SHARE = 'standard = { kind = "leak_share", limit = 0.1 }'
PROCESS = 'standard = { kind = "process", controls = ["log"] }'
LOG = 'controls.log={ title = "A log" }'
ONCE = (
    'policies.once={ family = "single", signal = "ip", then = "check", documents = ["passport"], '
    'clearance = "forever" }'
)
"""A policy that remembers."""


def two(first: str = SHARE, second: str = RATE, whom: str = 'located = ["abroad"]') -> tuple[str, ...]:
    """Two orders: the second restricts others, from a day later on."""
    orders = (
        f'orders=[{{ {ORDER}, {first} }}, {{ {ORDER}, {second}, grace = "1d", restricts = [{{ {whom} }}] }}]'
    )
    return orders, LOG, ONCE


@pytest.fixture(scope="module")
def governments() -> dict[str, Frontier]:
    return {n: gatesim.frontier("two-governments", limits=[0.02], order=n) for n in ("1", "2")}


@pytest.fixture(scope="module")
def differ() -> Frontier:
    """The second of two orders that differ, in a scenario with noise."""
    return gatesim.frontier(BASE, sets=two(), order="2")


def test_the_curve_by_hand(governments: dict[str, Frontier]) -> None:
    """The other order's limit stays at 1 %. Bound B's gates may serve whoever shows no document and is harmless to the
    second order alone, which makes its share smaller: a little more where the first order allows it."""
    for number, found in governments.items():
        here = [one for one in found.points if one.reading == READING]
        limits = {*COARSE, *found.loaded.scenario.verdict.limits, 0.02, 0.01}
        assert {(one.bound, one.limit) for one in here} == {
            (b, x) for b in ("bound_A", "bound_B") for x in limits
        }
        for one in here:
            hand = by_hand(one.limit, 0.01) if number == "1" else by_hand(0.01, one.limit)
            if one.bound == "bound_A":
                assert one.served == pytest.approx(hand, abs=1e-9), one
            else:
                assert one.served is not None
                assert hand - 1e-9 <= one.served < hand + 1e-3, one
    values = [{one.served for one in found.points if one.limit == 0.001} for found in governments.values()]
    assert values[0] != values[1]


def test_the_curve_is_the_most_within_both_limits(differ: Frontier) -> None:
    """The two orders the other way round in the program, so that it is not the same one."""
    scenario = differ.loaded.scenario
    assert differ.ratio == "leak_rate"
    for reading in differ.readings:
        law = make_law(scenario, reading)
        own = [of_one_order(scenario, law, number) for number in (0, 1)]
        for bound in ("A", "B"):
            program = several(scenario, law, own, "A" if bound == "A" else "B")
            for one in differ.points:
                if (one.reading, one.bound) == (reading, f"bound_{bound}"):
                    most = most_within(
                        program, [Standard("leak_share", 0.1), Standard("leak_rate", one.limit)]
                    )
                    assert one.served == pytest.approx(most.value, abs=1e-9)
                    whose = ("“order 1”", "“order 2”")
                    binds = [name for name, row in zip(whose, most.limits, strict=True) if row.binds]
                    assert sorted(one.binding) == binds


def test_the_point_at_the_orders_own_limit_is_the_same_from_either_order() -> None:
    """All limits hold there; it is also what the frontier of all orders says of their standards."""
    whole = gatesim.frontier(BASE, sets=two(), policies=["open"])
    assert whole.within is not None
    for number, limit in (("1", 0.1), ("2", 0.05)):
        found = gatesim.frontier(BASE, sets=two(), order=number, policies=["open"])
        for bound in ("bound_A", "bound_B"):
            (here,) = (
                one.served
                for one in found.points
                if (one.reading, one.bound, one.limit) == (READING, bound, limit)
            )
            (there,) = (
                one.served
                for one in whole.within.points
                if (one.reading, one.bound, one.limit) == (READING, bound, None)
            )
            assert here == pytest.approx(there, abs=1e-9)


def test_points_are_what_a_run_counts_for_the_order_alone(governments: dict[str, Frontier]) -> None:
    """Also of policies that remember; what breaks the other order's limit is told, and only that."""
    ran = gatesim.run("two-governments", engine="exact")
    small = gatesim.run(BASE, sets=two(), engine="exact")
    cases = [(ran, found, int(n) - 1, "leak_share", {0: 0.01, 1: 0.01}) for n, found in governments.items()]
    more = [(small, gatesim.frontier(BASE, sets=two(), order=str(n + 1)), n) for n in (0, 1)]
    cases += [(r, f, n, ("leak_share", "leak_rate")[n], {0: 0.1, 1: 0.05}) for r, f, n in more]
    told = set()
    for result, found, number, ratio, limits in cases:
        seen = 0
        for one in found.policies:
            if one.reading != result.reading:
                continue
            seen += 1
            own = {n: result.by_order[n][one.reading][one.policy].measures for n in (0, 1)}
            assert one.leak == pytest.approx(own[number][ratio].value, abs=1e-9)
            assert one.served == pytest.approx(
                result.policies[one.policy].measures["served_entitled"].value, abs=1e-9
            )
            other = 1 - number
            kind = found.loaded.scenario.orders[other].standard.kind
            leaks = own[other][kind].value
            assert bool(one.breaks) == (leaks is not None and leaks > limits[other] + 1e-12), one
            told.add(bool(one.breaks))
        assert seen >= 4
    assert told == {True, False}


def test_distances_are_to_the_curves_at_the_policys_own_leaks(differ: Frontier) -> None:
    scenario = differ.loaded.scenario
    law = make_law(scenario, READING)
    own = [of_one_order(scenario, law, number) for number in (0, 1)]
    programs = [several(scenario, law, own, "A"), several(scenario, law, own, "B")]
    checked = 0
    for one in differ.policies:
        if one.reading != READING or one.leak is None or one.served is None:
            continue
        checked += 1
        held = [Standard("leak_share", 0.1), Standard("leak_rate", min(one.leak, 1.0))]
        for program, distance in zip(programs, (one.to_a, one.to_b), strict=True):
            most = most_within(program, held).value
            assert most is not None
            assert distance == pytest.approx(most - one.served, abs=1e-9)
        if not one.breaks:
            assert one.to_b is not None
            assert one.to_b >= -1e-9, "no gate that keeps the other limit beats bound B"
            assert one.remembers or (one.to_a is not None and one.to_a >= -1e-9)
    assert checked >= 4
    assert any(one.breaks and one.to_a is not None and one.to_a < 0 for one in differ.policies)


def test_who_pays_is_all_that_is_refused(differ: Frontier) -> None:
    scenario = differ.loaded.scenario
    law = make_law(scenario, READING)
    own = [of_one_order(scenario, law, number) for number in (1, 0)]
    for bound in ("A", "B"):
        program = several(scenario, law, own, "A" if bound == "A" else "B")
        within = most_within(program, [Standard("leak_rate", 0.001), Standard("leak_share", 0.1)])
        refused = program.refused(within.shares)
        assert within.value is not None
        assert sum(refused.values()) == pytest.approx((1 - within.value) * program.entitled, rel=1e-9)
        assert min(refused.values()) >= -1e-9 * program.entitled
    for one in differ.points:
        assert one.served is not None
        assert bool(one.pays) == (one.served < 1 - 1e-9), one
        assert sum(payer.share for payer in one.pays) <= 1 + 1e-12


def test_a_point_of_the_limit_is_worth_what_the_curve_rises(differ: Frontier) -> None:
    """The price is that of a small step to the right; it is told at the limits that are asked for."""
    scenario = differ.loaded.scenario
    law = make_law(scenario, READING)
    own = [of_one_order(scenario, law, number) for number in (1, 0)]
    program = several(scenario, law, own, "A")

    def most(limit: float) -> float:
        value = most_within(program, [Standard("leak_rate", limit), Standard("leak_share", 0.1)]).value
        assert value is not None
        return value

    rises = 0
    assert not any(one.per_point is not None and not one.own for one in differ.points)
    for one in differ.points:
        if (one.reading, one.bound) == (READING, "bound_A") and one.per_point is not None:
            step = 1e-7 * max(one.limit, 1e-3)
            slope = (most(one.limit + step) - most(one.limit)) / step
            assert 100 * one.per_point == pytest.approx(slope, rel=1e-3, abs=1e-3)
            rises += one.per_point > 0
    assert rises >= 2


def coarse(found: Frontier) -> list[Point]:
    """The points of a frontier at limits at which that of one order has some as well."""
    return [point for point in found.points if point.own or point.limit in COARSE]


@pytest.mark.parametrize("first", [SHARE, 'standard = { kind = "leak_rate", limit = 0.02 }'])
def test_an_order_whose_others_do_not_bind_has_the_curve_of_a_scenario_with_it_alone(first: str) -> None:
    """The other order restricts a part of those whom the first does, later, and allows all of it: nobody else is
    restricted by it, no document proves less, and no gate is kept by it."""
    other = 'standard = { kind = "leak_share", limit = 1.0 }'
    found = gatesim.frontier(BASE, sets=two(first, other, 'status = ["nonresident"]'), order="1")
    alone = gatesim.frontier(BASE, sets=[f"orders=[{{ {ORDER}, {first} }}]", LOG, ONCE])
    assert alone.of_order is None
    for one, same in zip(found.points, coarse(alone), strict=True):
        assert (one.reading, one.bound, one.limit, one.own) == (
            same.reading,
            same.bound,
            same.limit,
            same.own,
        )
        assert one.served == pytest.approx(same.served, abs=1e-9)
        assert one.binding == tuple("“order 1”" for _ in same.binding)
        if one.bound == "bound_A" and one.limit in (0.001, 0.01):
            assert [(p.segment, pytest.approx(p.share, abs=1e-6)) for p in one.pays] == [
                (p.segment, p.share) for p in same.pays
            ]
    for here, there in zip(found.policies, alone.policies, strict=True):
        assert (here.policy, here.remembers, here.breaks) == (there.policy, there.remembers, ())
        for name in ("served", "leak", "to_a", "to_b"):
            assert getattr(here, name) == pytest.approx(getattr(there, name), abs=1e-9)


def test_a_scenario_with_one_order_says_the_same_with_it_chosen() -> None:
    plain = gatesim.frontier(BASE, policies=["any"])
    chosen = gatesim.frontier(BASE, policies=["any"], order="1")
    assert chosen.of_order is not None
    assert chosen.of_order.kept_words == chosen.of_order.while_words == ""
    for one, same in zip(chosen.points, coarse(plain), strict=True):
        assert one.served == pytest.approx(same.served, abs=1e-9)
    assert [one.to_a for one in chosen.policies] == pytest.approx(
        [one.to_a for one in plain.policies], abs=1e-9
    )


def test_alone_leaves_the_other_limits_out() -> None:
    kept = gatesim.frontier(BASE, sets=two(), order="2", policies=["any"])
    alone = gatesim.frontier(BASE, sets=two(), order="2", alone=True, policies=["any"])
    scenario = alone.loaded.scenario
    law = make_law(scenario, READING)
    program = several(scenario, law, [of_one_order(scenario, law, 1)], "A")
    more = 0
    for one, less in zip(alone.points, kept.points, strict=True):
        assert one.served is not None
        assert less.served is not None
        assert one.served >= less.served - 1e-9
        more += one.served > less.served + 1e-6
        if (one.reading, one.bound) == (READING, "bound_A"):
            most = most_within(program, [Standard("leak_rate", one.limit)]).value
            assert one.served == pytest.approx(most, abs=1e-9)
    assert more > 5
    assert "an assumed limit on what one order counts by itself (5 %" in alone.sentence
    assert "limits that hold at once" in kept.sentence
    assert not any(one.breaks for one in alone.policies)
    assert "while the other" not in frontier_finding(alone)


def test_what_is_not_kept_is_said() -> None:
    """An order that asks for a control has no limit on leaks that a curve could keep."""
    found = gatesim.frontier(BASE, sets=two(second=PROCESS), order="1", policies=["any"])
    assert found.of_order is not None
    assert found.of_order.kept == ()
    assert "No other order has a known limit" in found.of_order.kept_words
    assert "these controls stand: log (“order 2”)" in found.of_order.kept_words
    other = gatesim.frontier(BASE, sets=two(second=PROCESS), order="2", ratio="leak_rate", policies=["any"])
    assert other.of_order is not None
    assert other.of_order.limit is None
    assert [one.words for one in other.of_order.kept] == ["10 % of served needs under “order 1”"]
    assert "(10 % of served needs under “order 1”; " in other.sentence
    with_limit = gatesim.frontier(
        BASE, sets=two(second=PROCESS), order="2", ratio="leak_rate", limits=[0.02], policies=["any"]
    )
    assert (
        "2 % of restricted needs under “order 2” and 10 % of served needs under “order 1”"
        in with_limit.sentence
    )


def test_a_limit_of_zero_is_broken_by_what_may_leak() -> None:
    """By a policy that remembers as well, whose leaks no sum of rows has."""
    strict = 'standard = { kind = "leak_share", limit = 0.0 }'
    found = gatesim.frontier(BASE, sets=two(first=strict), order="2", policies=["open", "once"])
    broken = {one.policy: one.breaks for one in found.policies if one.reading == READING}
    assert broken == {"open": ("“order 1”",), "once": ("“order 1”",)}


def test_words_json_frame_and_picture(
    governments: dict[str, Frontier], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = governments["2"]
    data = json.loads(found.to_json())
    assert data["within_orders"] is None
    assert data["of_order"]["order"] == 1
    assert data["of_order"]["name"] == "The other government's order"
    assert [one["name"] for one in data["of_order"]["kept"]] == ["The Union's order"]
    breaks = {one["policy"]: one["breaks"] for one in data["policies"] if one["reading"] == READING}
    assert breaks["open"] == ["“The Union's order”"]
    assert breaks["citizens_only"] == []
    assert set(found.to_frame("policies")["breaks"]) == {"", "“The Union's order”"}
    shown = tables(found)
    assert len(shown) == 2 * len(found.readings)
    assert "of “The other government's order” while the other order keeps its limit" in shown[0].title
    assert shown[1].columns[-1].title == "breaks the limit of"
    served = next(
        p.served for p in found.points if (p.bound, p.limit, p.reading) == ("bound_A", 0.01, READING)
    )
    assert served is not None
    assert frontier_finding(found) == (
        "Within leaks of 1 % of served needs under “The other government's order”, while the other order keeps its "
        f"limit, no gate serves more than {100 * served:.1f} % of entitled needs, even if it remembers"
    )
    picture = tmp_path / "of-order.svg"
    words = ["frontier", "two-governments", "-p", "open", "-p", "citizens_only"]
    assert call([*words, "--order", "The other government's order", "--chart", str(picture)]) == 0
    out, err = capsys.readouterr()
    assert "count them together" not in err
    assert "Kept meanwhile: 1 % of served needs under “The Union's order”." in " ".join(out.split())
    assert "rings: policies that break" in picture.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--order", "3"], '--order: 3: the scenario has no such order; there are: "1", "2"'),
        (["--order", "0"], "--order: 0: the scenario has no such order"),
        (["--alone"], "--alone: is about one order; say which: --order 1"),
    ],
)
def test_what_is_wrong_is_told(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    sets = [word for one in two() for word in ("--set", one)]
    assert call(["frontier", str(BASE), *sets, *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in " ".join(err.split())


def test_an_order_without_a_leak_ratio_asks_for_one() -> None:
    with pytest.raises(
        ScenarioError, match=r"orders\.1\.standard: its standard is process.*--ratio leak_share"
    ):
        gatesim.frontier(BASE, sets=two(second=PROCESS), order="2")
    with pytest.raises(ScenarioError, match=r"orders\.1: no known limit on leaks.*--limit 0\.001"):
        gatesim.frontier(BASE, sets=two(second=PROCESS), order="2", ratio="leak_rate", alone=True)


def test_a_picture_does_not_need_a_limit_of_the_order(tmp_path: Path) -> None:
    """It had been an error where the first order's standard is no leak ratio."""
    picture = tmp_path / "no-limit.svg"
    words = ["frontier", "unknown-tolerance", "-p", "open", "--ratio", "leak_share", "--limit", "0.01"]
    assert call([*words, "--chart", str(picture)]) == 0
    assert "dashed: the order" not in picture.read_text(encoding="utf-8")
