"""The shutdown point: every change of the outcome is found, and each is one."""

import itertools
import json
import math
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatesim
from gatesim.cli.main import WRONG_INPUT, call
from gatesim.exact.varied import Varied
from gatesim.gates.bounds import Program, Standard, least_leak, most_served, program_a, program_b
from gatesim.measures.finding import Best, Claim, full_sentence
from gatesim.measures.judgement import OUTCOMES
from gatesim.scenario import Loaded, ScenarioError, load
from gatesim.scenario.parameter import changed, find_parameter
from gatesim.study.crossings import crossings
from gatesim.study.gates import laws
from gatesim.study.run import run
from gatesim.study.shutdown_map import KeptMap, ShutdownMap, names_of, shutdown_map
from gatesim.study.shutdown_point import ShutdownPoint, shutdown_point
from gatesim.study.standing import SIDES, Standings, question
from gatesim.study.uncertain import movable, quantile, worlds
from tests.scenarios import SMALL


@pytest.fixture(scope="module")
def flagship() -> Loaded:
    return load("june-2026")


FEW = ["ip_block", "majority", "posterior_half", "posterior_strict"]


# --- Crossings ---


def test_crossings_of_a_polynomial_are_its_roots() -> None:
    found = crossings(lambda x: (x - 0.2) * (x - 0.5) * (x - 0.83), np.linspace(0, 1, 11).tolist())
    assert [each.at for each in found] == pytest.approx([0.2, 0.5, 0.83], abs=1e-11)
    assert not any(each.is_jump for each in found)


def test_a_jump_is_found_and_is_said_to_be_one() -> None:
    (found,) = crossings(lambda x: -1.0 if x < math.pi / 4 else 2.0, [0.0, 0.3, 1.0])
    assert found.at == pytest.approx(math.pi / 4, abs=1e-11)
    assert found.below < math.pi / 4 <= found.above
    assert found.is_jump


def test_a_function_that_touches_zero_at_the_lower_end_leaves_it_there() -> None:
    (found,) = crossings(lambda x: -x, [0.0, 1.0])
    assert found.below == 0.0
    assert found.above < 1e-10


def test_no_change_of_sign_no_crossing() -> None:
    assert crossings(lambda x: x + 1, [0.0, 0.5, 1.0]) == []


# --- Parameters ---


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("title", "no number"),
        ("signals.ip", "a table, no number"),
        ("segments.native_born.card", "name one of its entries"),
        ("signals.ipp.accuracy", 'nearest: "ip"'),
        ("segments.native_born.share", "add up"),
        ("signals..x", "is no key"),
        ("policies.majority.k", "no number"),
    ],
)
def test_a_key_that_leads_to_no_number_is_an_error_that_says_so(
    flagship: Loaded, key: str, says: str
) -> None:
    with pytest.raises(ScenarioError, match=says):
        find_parameter(flagship, key)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.5, 1.5, "hard limits, 0 to 1"),
        (-0.1, 1, "hard limits"),
        (0.9, 0.9, "no two values"),
        ("x", 1, "no number"),
    ],
)
def test_a_range_that_cannot_be_is_an_error(
    flagship: Loaded, low: float | str, high: float, says: str
) -> None:
    with pytest.raises(ScenarioError, match=says):
        find_parameter(flagship, "signals.ip.accuracy", low, high)


@pytest.mark.parametrize(
    "key", ["signals.ip.accuracy", "segments.*.gives_up", "desk.service", "desk.shifts.0.reviewers"]
)
def test_a_changed_scenario_is_the_one_that_set_makes(flagship: Loaded, key: str) -> None:
    one = find_parameter(flagship, key)
    value = one.low + 0.3 * (one.high - one.low)
    assert changed(flagship.scenario, [one], [value]) == flagship.with_sets(one.sets(value)).scenario


def test_the_key_of_an_assumption_stands_for_what_it_covers(flagship: Loaded) -> None:
    paths = find_parameter(flagship, "segments.*.vpn.users").paths
    names = {path[1] for path in paths}
    assert "native_born" in names
    assert "abroad_evading" not in names  # they use a VPN by definition, by an assumption of their own


def test_durations_are_numbers_in_the_unit_of_their_assumption(flagship: Loaded) -> None:
    one = find_parameter(flagship, "policies.majority.lead_time", "1d", "2w")
    assert (one.low, one.high, one.now) == (1.0, 14.0, 7.0)
    other = changed(flagship.scenario, [one], [2.5])
    assert other.policies["majority"].lead_time == 2.5 * 86_400e6


# --- Outcomes ---


def test_another_desk_takes_no_program_of_its_own_and_changes_nothing_in_what_is_found(
    flagship: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(*given: Any, **named: Any) -> Program:
        made.append(program_a(*given, **named))
        return made[-1]

    monkeypatch.setattr("gatesim.study.ceiling_by_desk.program_a", counted)
    asked = question(flagship.scenario, policies=FEW)
    for keys, programs in (
        # Where the rest is linear in a number, two near its ends and two at which that is tried out say all. Where it
        # is not (two on an account may use a VPN; options that are alike up to rounding are left out), each value takes
        # its own.
        (("desk.shifts.0.reviewers", "signals.ip.accuracy.US"), 4),
        (("segments.*.gives_up", "desk.service"), 8),
        (("desk.service", "segments.*.vpn.users"), 8),
        (("desk.service", "desk.shifts.0.reviewers"), 1),
    ):
        parameters = [find_parameter(flagship, key) for key in keys]
        standings = Standings(flagship.scenario, asked, parameters)
        made.clear()
        found = {}
        sides = (np.linspace(one.low, one.high, 5).round(0 if one.whole else 6) for one in parameters)
        for values in itertools.product(*(side.tolist() for side in sides)):
            scenario = standings.varied.at(values)
            found[values] = standings.most("bound_A", values)
            anew = program_a(scenario, standings.varied.law_at(scenario), desk=True)
            assert found[values] == pytest.approx(
                most_served(anew, asked.standard).value, rel=1e-11, abs=1e-12
            )
        assert 1 <= len(made) <= programs
        # The desk decides somewhere: it is not that nothing had to be made anew.
        assert len({round(one, 9) for one in found.values() if one is not None}) > programs, keys


def test_the_list_stands_where_the_verdict_of_a_run_puts_it(flagship: Loaded) -> None:
    result = run(flagship, policies=FEW, engine="exact")
    for row in result.verdict.rows:
        asked = question(
            flagship.scenario, reading=row.reading, ratio=row.ratio, limit=row.limit, policies=FEW
        )
        if row.reading == "person":
            assert Standings(flagship.scenario, asked).outcome("list", ()) == row.outcome, row.limit


@pytest.fixture(scope="module")
def over_limits(flagship: Loaded) -> ShutdownPoint:
    return shutdown_point(flagship, vary="orders.0.standard.limit", low=0, high=0.3, policies=FEW)


@pytest.mark.no_cover  # others cover the same lines
def test_over_the_limit_the_list_changes_at_the_leaks_of_its_policies(
    flagship: Loaded, over_limits: ShutdownPoint
) -> None:
    varied = Varied(flagship.scenario, lambda s: laws(s, s.seed, 0)["person"], (), FEW)
    leaks = {name: varied.served(name).leak_share for name in FEW}
    at = [change.value for change in over_limits.of("list")]
    # The strict one is within first, below the floor; then the first that serves the floor, which is not ready.
    useful = [leak for name, leak in leaks.items() if name != "posterior_strict"]
    assert at == pytest.approx([leaks["posterior_strict"], min(useful)], abs=1e-10)
    assert [change.above.outcome for change in over_limits.of("list")] == [
        "only_below_floor",
        "only_not_ready",
    ]


def test_over_the_limit_bound_a_changes_where_its_least_leak_at_the_floor_is(
    flagship: Loaded, over_limits: ShutdownPoint
) -> None:
    law = laws(flagship.scenario, flagship.scenario.seed, 0)["person"]
    least = least_leak(program_a(flagship.scenario, law, desk=False), "leak_share", 0.5)
    (change,) = over_limits.of("bound_A")
    assert change.value == pytest.approx(least.value, abs=1e-9)
    assert change.below.binds == change.above.binds == "the leak share"
    assert (change.below.outcome, change.above.outcome) == ("only_below_floor", "gate_available")


def test_halves_of_every_change_differ_and_the_ends_fit(over_limits: ShutdownPoint) -> None:
    for side in SIDES:
        changes, (low, high) = over_limits.of(side), over_limits.ends[side]
        outcomes = [low.outcome, *(change.above.outcome for change in changes)]
        assert [change.below.outcome for change in changes] == outcomes[:-1]
        assert outcomes[-1] == high.outcome
        assert all(a != b for a, b in itertools.pairwise(outcomes))


def test_a_jump_of_a_posterior_is_found_where_its_cell_changes(flagship: Loaded) -> None:
    found = shutdown_point(
        flagship, vary="signals.ip.accuracy", low=0.9, high=1.0, policies=["posterior_strict"]
    )
    (change,) = found.of("list")
    assert change.is_jump
    varied = Varied(
        flagship.scenario,
        lambda s: laws(s, s.seed, 0)["person"],
        [find_parameter(flagship, "signals.ip.accuracy", 0.9, 1.0)],
        ["posterior_strict"],
    )
    assert min(abs(at - change.value) for at in varied.breakpoints("posterior_strict")) < 1e-9


@pytest.mark.no_cover  # others cover the same lines
def test_a_lead_time_changes_the_outcome_on_the_day_it_is_too_long(flagship: Loaded) -> None:
    at = flagship.with_sets(["verdict.at=2026-06-20T00:00:00-04:00"])
    found = shutdown_point(at, vary="policies.majority.lead_time", limit=0.12, policies=["majority"])
    (change,) = found.of("list")
    issued = flagship.scenario.orders[0].issued
    days = (datetime(2026, 6, 20, tzinfo=timezone(timedelta(hours=-4))) - issued) / timedelta(days=1)
    assert change.value == pytest.approx(days, abs=1e-6)
    assert change.is_jump
    assert (change.below.outcome, change.above.outcome) == ("gate_available", "only_not_ready")


def test_a_limit_crossed_smoothly_is_no_jump_though_the_policy_before_was_not_ready(flagship: Loaded) -> None:
    """On 20 June posterior_half is within the limit and not ready; from its leak share on majority, which is."""
    at = flagship.with_sets(["verdict.at=2026-06-20T00:00:00-04:00"])
    few = ["posterior_half", "majority"]
    found = shutdown_point(at, vary="orders.0.standard.limit", low=0.095, high=0.12, policies=few)
    (change,) = found.of("list")
    leaks = gatesim.run(flagship, policies=["majority"], engine="exact").policies["majority"]
    assert change.value == pytest.approx(leaks.measures["leak_share"].value, rel=1e-9)
    assert (change.below.outcome, change.above.outcome) == ("only_not_ready", "gate_available")
    assert not change.is_jump


def test_that_nothing_changes_is_an_answer_too(flagship: Loaded, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["shutdown-point", "june-2026", "--vary", "segments.*.gives_up", "-p", "majority"]) == 0
    said = capsys.readouterr().out
    assert "Nothing in the range of segments.*.gives_up changes the outcome" in said
    flat = " ".join(said.split())
    assert flat.index("is not legal advice.") < flat.index("Where the outcome changes"), (
        "the verdict stands first"
    )


@pytest.mark.no_cover  # others cover the same lines
def test_a_map_agrees_with_the_line_through_it(flagship: Loaded) -> None:
    keys = ["orders.0.standard.limit", "signals.ip.accuracy"]
    found = shutdown_map(
        flagship, vary=keys, low=[0, 0.9], high=[0.3, 1.0], steps=7, policies=["majority", "posterior_half"]
    )
    for j, accuracy in enumerate(found.values[1]):
        at = flagship.with_sets([f"signals.ip.accuracy={accuracy}"])
        for i, limit in enumerate(found.values[0]):
            asked = question(at.scenario, limit=limit, policies=["majority", "posterior_half"])
            law = laws(at.scenario, at.scenario.seed, 0)["person"]
            if i == j:
                standings = Standings(at.scenario, asked)
                assert standings.outcome("list", ()) == OUTCOMES[found.ranks["list"][i, j]]
                whole = most_served(
                    program_a(at.scenario, law, desk=False), Standard("leak_share", limit)
                ).value
                assert found.most["bound_A"][i, j] == pytest.approx(whole, abs=1e-9)


@pytest.mark.no_cover  # others cover the same lines
@pytest.mark.parametrize(
    ("keys", "moved"),
    [
        (["signals.ip.accuracy", "signals.ip.coverage"], ["signals.ip.coverage=0.93", "verdict.floor=0.9"]),
        (["signals.ip.accuracy", "signals.ip.coverage"], ["orders.0.standard.limit=0.05"]),
        (["orders.0.standard.limit", "signals.ip.accuracy"], ["signals.ip.accuracy=0.95"]),
    ],
)
def test_a_map_from_what_is_kept_is_the_map_worked_out_anew(
    keys: list[str], moved: list[str], flagship: Loaded
) -> None:
    def drawn(loaded: Loaded, kept: KeptMap | None) -> ShutdownMap:
        return shutdown_map(
            loaded, vary=keys, low=[0, 0.9], high=[0.3, 1.0], steps=5, remembering=False, kept=kept
        )

    kept = KeptMap(history=program_b(flagship.scenario, laws(flagship.scenario, 1, 0)["person"]))
    before = drawn(flagship, kept)
    now = flagship.with_sets(moved)
    found, anew = drawn(now, kept), drawn(now, None)
    assert found.to_dict() == anew.to_dict()
    for side, most in anew.most.items():
        np.testing.assert_allclose(found.most[side], most, rtol=1e-12, atol=1e-12)
    if "verdict.floor=0.9" in moved or "orders" in moved[0]:
        assert any((before.ranks[side] != found.ranks[side]).any() for side in found.ranks), "nothing moved"


@pytest.mark.parametrize("remembering", [True, False])
def test_a_map_knows_what_holds_exactly_as_assumed_beside_what_its_nearest_point_says(
    remembering: bool,
) -> None:
    loaded = load("licence-is-not-status")
    # Of the limit by even steps the first is zero: what is assumed, 0.1 %, stands in its cell.
    axes = ["orders.0.standard.limit", "verdict.floor"]
    found = shutdown_map(loaded, vary=axes, low=[0, 0], high=[0.05, 1], steps=12, remembering=remembering)
    standings = Standings(loaded.scenario, question(loaded.scenario, policies=found.policies))
    held = standings.outcomes(())
    assert {side: names_of(side)[rank] for side, rank in found.here.items()} == held
    assert found.to_dict()["as_assumed"] == held
    assert found.parameters[1].now == 0.5
    side, nearest = "list" if remembering else "bound_B", 6  # of 0, 1/11, ..., 1
    assert found.here[side] < found.ranks[side][0, nearest], "the cell says less"
    assert shutdown_map(loaded, vary=axes, low=[0.01, 0], high=[0.05, 1], steps=3).here == {}


def test_what_holds_as_assumed_follows_a_move_along_an_axis_without_a_new_map() -> None:
    keys = ["signals.ip.accuracy", "verdict.floor"]
    kept = KeptMap()

    def drawn(loaded: Loaded, kept: KeptMap | None) -> ShutdownMap:
        return shutdown_map(loaded, vary=keys, low=[0, 0], high=[1, 1], steps=4, remembering=False, kept=kept)

    base = load("perfect-place", ["orders.0.standard.limit=0.2"])
    first = drawn(base, kept)
    last = kept.last
    for value in ("0.2", "0.7", "1.0"):
        now = base.with_sets([f"signals.ip.accuracy={value}"])
        found = drawn(now, kept)
        assert kept.last is last, "nothing of it was worked out again"
        assert found.here == drawn(now, None).here
    assert first.here != drawn(base.with_sets(["signals.ip.accuracy=0.2"]), kept).here


CAUGHT = [
    "policies.careful.check_above=0",
    "policies.careful.block_above=1",
    "policies.careful.ask_again_after=0s",
    "policies.careful.lead_time=0s",
    "checkers.typical.false_accept=0",
    "checkers.typical.false_match=0",
    "orders.0.standard.limit=0",
    "verdict.floor=0.2",
]
"""Everybody who may be restricted is asked, and every wrong document is seen to be one. But a case that waits when the
order is lifted is served, and the exact engine leaves waiting out: by its value nothing leaks."""


@pytest.mark.parametrize("clearance", ["forever", "0s"])
@pytest.mark.parametrize("who_waits", [True, False])
def test_a_limit_of_zero_is_held_by_what_may_be_served_not_by_its_value(
    clearance: str, who_waits: bool
) -> None:
    waiting = [] if who_waits else ["documents.passport.to_desk=0", "documents.passport.automatic_time=0s"]
    loaded = load(SMALL, [*CAUGHT, *waiting, f"policies.careful.clearance={clearance}"])
    assert Varied(loaded.scenario, lambda s: laws(s, s.seed, 0)["person"]).served("careful").restricted == 0
    outcome = "no_gate_meets_limit" if who_waits else "gate_available"
    keys = ["signals.ip.coverage", "signals.payment.coverage"]
    map_ = shutdown_map(loaded, vary=keys, low=[0.9, 0.9], high=[1, 1], steps=3, policies=["careful"])
    assert map_.policies == ("careful",)
    assert {OUTCOMES[rank] for rank in map_.ranks["list"].ravel().tolist()} == {outcome}
    for key in keys:
        point = shutdown_point(loaded, vary=key, low=0.9, high=1, policies=["careful"])
        assert point.changes == ()
        assert point.ends["list"][0].outcome == outcome
    assert gatesim.relief(loaded, policies=["careful"]).now[0].outcome == outcome
    verdict = run(loaded, policies=["careful"], engine="exact").verdict
    assert {row.outcome for row in verdict.rows if row.own and row.reading == "person"} == {outcome}


# --- Other worlds ---


@pytest.mark.no_cover  # others cover the same lines
def test_other_worlds_lie_in_the_plausible_ranges_and_are_the_same_each_time(flagship: Loaded) -> None:
    first, again = (list(worlds(flagship, 4)) for _ in range(2))
    assert first == again
    made = [world for world in first if world is not None]
    assert made
    for world in made:
        assert 0.05 <= world.segments["native_born"].gives_up <= 0.5
        assert sum(segment.share for segment in world.segments.values()) == pytest.approx(1.0, abs=1e-12)
        # Choices do not move.
        assert world.policies["careful"].block_above == 0.5  # type: ignore[union-attr]
        assert world.orders[0].standard == flagship.scenario.orders[0].standard


def test_a_latin_hypercube_takes_every_part_of_a_range_once(flagship: Loaded) -> None:
    count = 4
    values = sorted(
        world.segments["native_born"].gives_up for world in worlds(flagship, count) if world is not None
    )
    entry = next(e for e in movable(flagship) if "segments.native_born.gives_up" in e.values)
    assert len(values) == count
    # All values move together: below one half between the lower end and 0.2, above between it and the upper end.
    low, high = entry.range
    edges = [low, 0.5 * (low + 0.2), 0.2, 0.5 * (0.2 + high), high]
    for value, a, b in zip(values, edges, edges[1:], strict=False):
        assert a <= value <= b


@pytest.mark.parametrize(
    ("shape", "part", "value"),
    [
        ("uniform", 0.25, 2.5),
        ("loguniform", 0.5, math.sqrt(10.0)),
        ("triangular", 0.5, 5.5),
        ("triangular", 0.125, 3.25),
    ],
)
def test_quantiles_of_the_shapes(flagship: Loaded, shape: str, part: float, value: float) -> None:
    entry = next(iter(movable(flagship)))
    low = 0.0 if shape == "uniform" else 1.0
    changed_entry = type(entry)(**(vars(entry) | {"shape": shape, "range": (low, 10.0)}))
    assert quantile(changed_entry, part) == pytest.approx(value)


@pytest.mark.slow
def test_uncertain_gives_an_interval_and_a_share_of_worlds(flagship: Loaded) -> None:
    found = shutdown_point(
        flagship, vary="orders.0.standard.limit", low=0, high=0.3, policies=FEW, uncertain=True, worlds=3
    )
    assert found.uncertain is not None
    assert len(found.uncertain.worlds) + found.uncertain.left_out == 3
    assert found.uncertain.share("bound_A") == 1.0
    interval = found.uncertain.interval("bound_A")
    assert interval is not None
    assert 0 < interval[0] <= interval[1] < 0.3
    assert f"of {len(found.uncertain.worlds)} sets of plausible assumptions" in found.sentence


# --- The sentence, slot by slot ---

ZONE = timezone(timedelta(hours=-4))
CLAIM = Claim(
    reading="“person” (no citizen)",
    ratio="leak_share",
    limit=0.001,
    floor=0.5,
    date=datetime(2026, 6, 12, 17, 21, tzinfo=ZONE),
    count=13,
    listed=Best("no_gate_meets_limit", "majority", 0.99, 0.106),
    a=Best("only_below_floor", "", 0.213, 0.001),
    b=None,
    signals=("ip", "payment", "account"),
    guesses=86,
    inputs=126,
)


def say(**slots: object) -> str:
    return full_sentence(Claim(**(vars(CLAIM) | slots)))  # type: ignore[arg-type]


def test_the_whole_sentence_where_no_gate_does() -> None:
    assert say(held=29, worlds=32) == (
        "Reading the order as “person” (no citizen), with an assumed limit of 0.1 % (leaks as a share of served needs; "
        "the order states none), none of the 13 policies listed and no gate that decides from one session's ip, "
        "payment and account serves at least 50 % of entitled needs within that limit on 12 June 2026, 17:21 "
        "(UTC-04:00). The best such gate leaks 0.100 % of served needs and serves 21.3 %. This holds in 29 of 32 sets "
        "of plausible assumptions; 86 of 126 inputs are guesses. It describes this model, not any company's conduct "
        "or legal position, and is not legal advice."
    )


@pytest.mark.parametrize(
    ("slots", "says"),
    [
        ({"reading": "“national”"}, "Reading the order as “national”, with"),
        ({"limit": 0.05}, "assumed limit of 5 % ("),
        ({"ratio": "leak_rate"}, "(leaks as a share of restricted needs; the order states none)"),
        ({"count": 1}, "neither the only policy listed nor any gate that decides from one session's"),
        (
            {"count": 1, "a": Best("gate_available", "", 0.6, 0.001)},
            "the only policy listed does not serve at least 50 %",
        ),
        (
            {
                "count": 1,
                "listed": Best("gate_available", "careful", 0.55, 0.0009),
                "a": Best("gate_available", "", 0.6, 0.001),
            },
            "careful, the only policy listed, serves at least 50 % of entitled needs",
        ),
        ({"signals": ("ip",)}, "one session's ip serves at least"),
        ({"floor": 0.25}, "at least 25 % of entitled needs"),
        ({"date": datetime(2026, 7, 1, tzinfo=ZONE)}, "on 1 July 2026. The best"),
        (
            {"a": Best("only_below_floor", "", 0.4, 0.0005)},
            "leaks 0.0500 % of served needs and serves 40.0 %.",
        ),
        ({"a": Best("no_gate_meets_limit")}, "No such gate is within the limit and serves anybody."),
        (
            {"a": Best("gate_available", "", 0.6, 0.001)},
            "none of the 13 policies listed serves at least 50 %",
        ),
        ({"a": Best("gate_available", "", 0.6, 0.001)}, "but a gate that decides from one session's"),
        (
            {
                "listed": Best("gate_available", "careful", 0.55, 0.0009),
                "a": Best("gate_available", "", 0.6, 0.001),
            },
            "careful, one of the 13 policies listed, serves at least 50 % of entitled needs",
        ),
        (
            {"listed": Best("gate_available", "careful", 0.55, 0.0009)},
            "but no gate that decides from one session's",
        ),
        (
            {"listed": Best("only_not_ready", "careful", 0.55, 0.0009, datetime(2026, 7, 27, tzinfo=ZONE))},
            "but is ready on 27 July 2026 only (an assumed lead time).",
        ),
        (
            {"b": Best("not_ruled_out", "", 0.598, 0.001)},
            "Whether a gate that remembers an account's own history could is left open: it serves at most "
            "59.8 % (bound B, with requests answered at once).",
        ),
        (
            {"b": Best("not_ruled_out", "", 0.598, 0.001), "a": Best("gate_available", "", 0.59, 0.001)},
            "serves 59.0 %. A gate that remembers an account's own history serves at most 59.8 % "
            "(bound B, with requests answered at once).",
        ),
        (
            {
                "b": Best("not_ruled_out", "", 0.598, 0.001),
                "listed": Best("gate_available", "careful", 0.55, 0.0009),
            },
            "serves 21.3 %. A gate that remembers an account's own history serves at most 59.8 % "
            "(bound B, with requests answered at once).",
        ),
        (
            {
                "b": Best("not_ruled_out", "", 0.598, 0.001),
                "listed": Best("only_not_ready", "careful", 0.55, 0.0009),
            },
            "serves 21.3 %. A gate that remembers an account's own history serves at most 59.8 % "
            "(bound B, with requests answered at once).",
        ),
        (
            {
                "listed": Best("gate_available", "careful", 0.55, 0.0009),
                "a": Best("gate_available", "", 0.6, 0.001),
            },
            "The best gate that decides from one session's ip, payment and account leaks 0.100 % of served needs",
        ),
        (
            {"documents": True},
            "no gate that may ask for documents and decides from one session's ip, payment and account serves",
        ),
        (
            {"b": Best("none_at_floor", "", 0.3, 0.001)},
            "Nor can a gate that remembers an account's own history: it serves at most 30.0 % "
            "(bound B, with requests answered at once).",
        ),
        ({"b": Best("no_gate_meets_limit")}, "none is within the limit and serves anybody (bound B, with "),
        ({"guesses": 1}, "1 of 126 inputs is a guess."),
        ({"orders": 2}, "Reading the orders as “person” (no citizen), with an assumed limit"),
        (
            {"by_themselves": ("“A”",)},
            "Reading the order by its own words on whom it restricts, with an assumed",
        ),
        (
            {"orders": 2, "by_themselves": ("“A”", "“B”")},
            "Reading the orders by their own words on whom they restrict, with an assumed",
        ),
        (
            {"orders": 2, "by_themselves": ("“A”",)},
            "Reading “A” by its own words on whom it restricts, and the other order as “person” (no citizen), with",
        ),
        (
            {"orders": 4, "by_themselves": ("“A”", "“B”")},
            "Reading “A” and “B” by their own words on whom they restrict, and the other orders as “person” (no ",
        ),
        ({}, "It was not tried under other plausible assumptions;"),
    ],
)
def test_every_slot_of_the_sentence(slots: dict[str, object], says: str) -> None:
    assert says in say(**slots)


def test_b_is_not_spoken_of_where_no_policy_remembers() -> None:
    assert "bound B" not in say()
    assert "history" not in say()


# --- The command ---


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--vary", "title"], "is no number"),
        (["--vary", "signals.ip.accuracy", "--to", "2"], "hard limits"),
        (["--vary", "signals.ip.accuracy", "--limit", "-0.1"], "below zero"),
        (["--vary", "signals.ip.accuracy", "--floor", "2"], "above 1"),
        (["--vary", "signals.ip.accuracy", "--reading", "persn"], 'nearest: "person"'),
        (["--vary", "signals.ip.accuracy", "-p", "careflu"], 'nearest: "careful"'),
        (["--vary", "a", "--vary", "b", "--vary", "c"], "two for a map"),
        (["--vary", "a", "--vary", "b", "--from", "0"], "give one for each --vary"),
        (["--vary", "a", "--vary", "b", "--uncertain"], "takes one --vary"),
        (["--vary", "signals.ip.accuracy", "--chart", "x.pdf"], ".png or .svg"),
        ([], "--vary"),
    ],
)
def test_wrong_input_is_said_and_exits_with_2(
    args: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["shutdown-point", "june-2026", *args]) == WRONG_INPUT
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said


def test_a_star_asks_for_entries_that_set_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["shutdown-point", "channels", "--vary", "signals.*.coverage"]) == WRONG_INPUT
    assert "none does; name one, such as signals.ip.coverage" in capsys.readouterr().err


@pytest.mark.no_cover  # others cover the same lines
def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    args = ["--vary", "signals.ip.accuracy", "-p", "majority", "--json"]
    assert call(["shutdown-point", "june-2026", *args]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["parameter"]["key"] == "signals.ip.accuracy"
    assert set(said["ends"]) == set(SIDES)


@pytest.mark.parametrize(
    "vary", [["signals.ip.accuracy"], ["signals.ip.accuracy", "signals.payment.accuracy"]]
)
def test_it_is_drawn_into_a_file(vary: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "shutdown.svg"
    keys = [word for key in vary for word in ("--vary", key)]
    args = ["june-2026", *keys, "--steps", "4", "-p", "majority", "--chart", str(picture)]
    assert call(["shutdown-point", *args]) == 0
    assert capsys.readouterr().out.strip(), "the table is printed as well"
    drawn = picture.read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    for key in vary:
        assert key in drawn


def test_in_python_it_shows_itself(over_limits: ShutdownPoint) -> None:
    assert gatesim.shutdown_point is shutdown_point
    assert len(over_limits.to_frame()) == len(over_limits.changes)
    assert "Where the outcome changes" in (over_limits._repr_html_() or "")
    assert over_limits.plot.served().to_dict()["hconcat"]


def test_a_scenario_that_it_cannot_do_is_refused_with_the_key_to_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = ["--vary", "policies.careful.lead_time", "--from", "0", "--to", "60d", "--policy", "careful"]
    assert call(["shutdown-point", str(SMALL), *args]) == WRONG_INPUT
    assert "policies.careful.clearance = 5d" in capsys.readouterr().err
    found = shutdown_point(load(SMALL), vary="signals.*.accuracy", policies=["any_foreign"])
    assert len(found.parameter.paths) > 1
    assert found.sentence.endswith("not legal advice.")
