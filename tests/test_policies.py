"""Families of gates: what each compiles to, and that none sees more than the cell."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatesim.gates.beliefs import believed
from gatesim.gates.compile import COMPILERS, compile_gate, compile_policy, same_gate
from gatesim.gates.policies.posterior import restricted_given_cell
from gatesim.gates.tables import (
    ACTIONS,
    ALLOW,
    ALLOWED,
    BLOCK,
    BLOCKED,
    CHECK,
    CHECK_FAILED,
    CLEARED,
    FRESH,
    STATES,
    Tables,
)
from gatesim.law.law import Epoch, make_law
from gatesim.scenario.beliefs import belief_rules
from gatesim.scenario.errors import dotted
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.policies import FAMILIES, Posterior
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, FOREVER, HOUR
from gatesim.world.cells import needs_by_cell, readings_given
from gatesim.world.makers import makers
from gatesim.world.space import CellSpace
from tests.scenarios import Whole, small, small_data

SIGNALS = Whole(
    ip={"observes": "network", "accuracy": 0.9, "coverage": 0.8},
    kind={"observes": "network_kind", "accuracy": 0.95},
    payment={"observes": "card", "accuracy": 0.98, "coverage": 0.9},
    club={"observes": "organisation", "accuracy": 0.99},
)
READS_FOREIGN = {"ip": "other", "kind": "vpn", "payment": "other", "club": "none"}


ELSEWHERE = {"attested", "by_channel", "plug_in"}
"""Families with a test file of their own: `test_attested`, `test_channels`, `test_plugins`."""


def world(policies: dict[str, Any], **changes: Any) -> Scenario:
    return small(signals=SIGNALS, policies=Whole(policies), **changes)


def in_force(scenario: Scenario, reading: str = "person") -> Epoch:
    law = make_law(scenario, reading)
    assert law.in_force_us is not None
    return law.epochs[law.epoch_at(law.in_force_us)]


def compiled(policy: dict[str, Any], reading: str = "person", **changes: Any) -> tuple[Scenario, Tables]:
    scenario = world({"p": policy}, **changes)
    return scenario, compile_policy(scenario, "p", reading, in_force(scenario, reading))


def cells(scenario: Scenario) -> list[dict[str, Any]]:
    """Every cell in words, in the order of the flat index: by itertools, not by the code under test."""
    space = CellSpace.of(scenario)
    axes = [*space.readings, CHANNELS, tuple(scenario.models), range(len(scenario.age_bands) + 1)]
    names = [*scenario.signals, "channel", "model", "band"]
    return [dict(zip(names, cell, strict=True)) for cell in itertools.product(*axes)]


def decided(scenario: Scenario, tables: Tables, state: int = FRESH) -> list[tuple[dict[str, Any], str]]:
    return [
        (cell, ACTIONS[action]) for cell, action in zip(cells(scenario), tables.actions[state], strict=True)
    ]


def test_every_family_of_the_schema_can_be_compiled() -> None:
    assert set(COMPILERS) == set(FAMILIES)
    assert set(POLICIES) | ELSEWHERE == set(FAMILIES)


# Counting gates.


@pytest.mark.parametrize("unknown", ["foreign", "home", "ignore"])
@pytest.mark.parametrize("k", ["any", "majority", "all", 1, 2, 3])
def test_k_of_n_counts_signals_that_read_foreign(k: str | int, unknown: str) -> None:
    signals = ["ip", "kind", "payment", "club"]
    scenario, tables = compiled({"family": "k_of_n", "signals": signals, "k": k, "unknown": unknown})
    for cell, action in decided(scenario, tables):
        known = [cell[s] for s in signals if cell[s] != "unknown" or unknown != "ignore"]
        count = sum(
            cell[s] == READS_FOREIGN[s] or (cell[s] == "unknown" and unknown == "foreign") for s in signals
        )
        if k == "all":
            acts = len(known) > 0 and count == len(known)
        else:
            needed = {"any": 1, "majority": len(known) // 2 + 1}.get(k, k) if isinstance(k, str) else k
            acts = count >= int(needed)
        assert action == ("block" if acts else "allow"), cell


def actions_of(k: str | int) -> NDArray[np.int8]:
    return compiled({"family": "k_of_n", "signals": ["ip", "kind", "payment"], "k": k})[1].actions


def test_any_is_one_of_n_and_all_is_n_of_n() -> None:
    np.testing.assert_array_equal(actions_of("any"), actions_of(1))
    np.testing.assert_array_equal(actions_of("all"), actions_of(3))
    np.testing.assert_array_equal(actions_of("majority"), actions_of(2))


def test_where_no_signal_counts_nobody_is_foreign() -> None:
    for k in ("any", "majority", "all"):
        policy = {"family": "k_of_n", "signals": ["ip", "payment"], "k": k, "unknown": "ignore"}
        for cell, action in decided(*compiled(policy)):
            if cell["ip"] == cell["payment"] == "unknown":
                assert action == "allow"


@pytest.mark.parametrize("unknown", ["foreign", "home", "ignore"])
@pytest.mark.parametrize("signal", list(READS_FOREIGN))
def test_single_looks_at_one_signal(signal: str, unknown: str) -> None:
    policy = {"family": "single", "signal": signal, "then": "check", "unknown": unknown}
    for cell, action in decided(*compiled(policy)):
        foreign = cell[signal] == READS_FOREIGN[signal] or (
            cell[signal] == "unknown" and unknown == "foreign"
        )
        assert action == ("check" if foreign else "allow")


def test_score_adds_weights_and_compares() -> None:
    policy = {
        "family": "score",
        "weights": {"ip": 0.1, "payment": 0.7, "kind": -0.2},
        "unknown_weights": {"ip": 0.05, "club": 1.0},
        "check_at": 0.5,
        "block_at": 0.8,
    }
    for cell, action in decided(*compiled(policy)):
        # In hundredths: whole numbers, so that 0.1 + 0.7 is 0.8.
        score = (
            10 * (cell["ip"] == "other") + 70 * (cell["payment"] == "other") - 20 * (cell["kind"] == "vpn")
        )
        score += 5 * (cell["ip"] == "unknown") + 100 * (cell["club"] == "unknown")
        assert action == ("block" if score >= 80 else "check" if score >= 50 else "allow"), cell


def test_a_score_without_a_threshold_to_block_only_checks() -> None:
    policy = {"family": "score", "weights": {"ip": 1.0}, "check_at": 1.0}
    for cell, action in decided(*compiled(policy)):
        assert action == ("check" if cell["ip"] == "other" else "allow")


def test_the_first_rule_that_holds_decides() -> None:
    policy = {
        "family": "rules",
        "rules": [
            {"when": {"channels": ["team"], "models": ["new"]}, "then": "allow"},
            {"when": {"readings": {"ip": ["other", "unknown"], "payment": ["other"]}}, "then": "block"},
            {"when": {"age_at_least": "90d"}, "then": "allow"},
        ],
        "otherwise": "check",
    }
    for cell, action in decided(*compiled(policy)):
        if cell["channel"] == "team" and cell["model"] == "new":
            expected = "allow"
        elif cell["ip"] in ("other", "unknown") and cell["payment"] == "other":
            expected = "block"
        else:
            expected = "allow" if cell["band"] == 1 else "check"
        assert action == expected, cell


def test_listed_allows_what_is_on_the_list() -> None:
    policy = {
        "family": "listed",
        "signal": "club",
        "organisations": ["lab"],
        "age_at_least": "90d",
        "otherwise": "block",
    }
    for cell, action in decided(*compiled(policy)):
        assert action == ("allow" if cell["club"] == "lab" or cell["band"] == 1 else "block")


def test_without_a_list_of_organisations_only_age_counts() -> None:
    for cell, action in decided(*compiled({"family": "listed", "age_at_least": "90d", "otherwise": "check"})):
        assert action == ("allow" if cell["band"] == 1 else "check")


def test_open_and_shutdown_do_the_same_in_every_state() -> None:
    for family, action in (("open", ALLOW), ("shutdown", BLOCK)):
        _, tables = compiled({"family": family})
        assert (tables.actions == action).all()
        assert tables.is_shutdown == (family == "shutdown")


# What all families have in common.

POLICIES: dict[str, dict[str, Any]] = {
    "open": {"family": "open"},
    "shutdown": {"family": "shutdown"},
    "k_of_n": {"family": "k_of_n", "signals": ["ip", "payment"], "k": "majority"},
    "single": {"family": "single", "signal": "ip", "then": "check"},
    "score": {"family": "score", "weights": {"ip": 1.0}, "block_at": 1.0},
    "posterior": {"family": "posterior", "check_above": 0.1, "block_above": 0.6},
    "rules": {"family": "rules", "rules": [{"then": "check"}], "otherwise": "block"},
    "listed": {"family": "listed", "signal": "club", "organisations": ["lab"]},
    "best": {"family": "best", "limit": 0.05},
}


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    policy = dict(draw(st.sampled_from(list(POLICIES.values()))))
    duration = st.sampled_from(["0s", "12h", "30d", "forever"])
    for key in ("clearance", "ask_again_after", "allow_lasts", "block_lasts"):
        policy[key] = draw(duration)
    policy["channels"] = draw(st.lists(st.sampled_from(CHANNELS), max_size=2, unique=True))
    policy["models"] = draw(st.lists(st.sampled_from(["new", "old"]), max_size=1))
    policy["documents"] = draw(st.sampled_from([[], ["passport"]]))
    return policy


@settings(max_examples=40, deadline=None)
@given(policies(), st.sampled_from(["person", "national"]))
@pytest.mark.no_cover  # others cover the same lines
def test_all_tables_have_one_shape_and_type(policy: dict[str, Any], reading: str) -> None:
    scenario, tables = compiled(policy, reading)
    size = CellSpace.of(scenario).size
    for array, dtype, shape in (
        (tables.actions, np.int8, (len(STATES), size)),
        (tables.acts, np.bool_, (size,)),
        (tables.durations_us, np.int64, (len(STATES),)),
        (tables.false_reject, np.float64, (1,)),
        (tables.false_accept, np.float64, (1,)),
        (tables.false_match, np.float64, (1,)),
    ):
        assert array.dtype == dtype
        assert array.shape == shape
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert set(np.unique(tables.actions)) <= {ALLOW, CHECK, BLOCK}
    assert (tables.actions[[ALLOWED, BLOCKED, CLEARED, CHECK_FAILED]] != CHECK).all()
    expected = {"0s": 0, "12h": 12 * HOUR, "30d": 30 * DAY, "forever": FOREVER}
    keys = ("allow_lasts", "block_lasts", "clearance", "ask_again_after")
    assert tables.durations_us[1:].tolist() == [expected[policy[key]] for key in keys]
    for cell, acts in zip(cells(scenario), tables.acts, strict=True):
        assert acts == (
            (not policy["channels"] or cell["channel"] in policy["channels"])
            and (not policy["models"] or cell["model"] in policy["models"])
        )
    assert tables.documents == ((0,) if policy["documents"] else ())


@pytest.mark.parametrize("family", [f for f in POLICIES if f not in ("open", "shutdown", "posterior")])
def test_as_a_rule_a_decision_stands_while_its_state_lasts(family: str) -> None:
    _, tables = compiled(POLICIES[family])
    assert (tables.actions[ALLOWED] == ALLOW).all()
    assert (tables.actions[BLOCKED] == BLOCK).all()
    assert (tables.actions[CLEARED] == ALLOW).all()
    assert (tables.actions[CHECK_FAILED] == BLOCK).all()


@pytest.mark.parametrize("family", [f for f in POLICIES if f not in ("posterior", "best")])
def test_a_gate_knows_nothing_of_the_people(family: str) -> None:
    """Whoever they are, wherever they live, whatever they use: the same readings, the same action."""
    _, tables = compiled(POLICIES[family])
    _, others = compiled(
        POLICIES[family],
        segments__natives__status="nonresident",
        segments__natives__home="other",
        segments__natives__needs_per_day=7.0,
        segments__foreigners__vpn=Whole(users=1.0, exits={"US": 1.0}),
        signals__ip__accuracy=0.6,
    )
    np.testing.assert_array_equal(tables.actions, others.actions)


def test_a_policy_may_bring_its_own_checker() -> None:
    strict = {"false_reject": 0.2, "false_accept": 0.01, "false_match": 0.3}
    _, tables = compiled({**POLICIES["single"], "checker": "strict"}, checkers={"strict": strict})
    assert (*tables.false_reject, *tables.false_accept, *tables.false_match) == (0.2, 0.01, 0.3)
    _, tables = compiled(POLICIES["single"])
    assert (*tables.false_reject, *tables.false_accept, *tables.false_match) == (0.05, 0.08, 0.0001)


def test_documents_are_numbered_in_the_policys_order() -> None:
    card = {"proves": {"permanent": "permanent"}, "checker": "typical"}
    _, tables = compiled({**POLICIES["single"], "documents": ["card", "passport"]}, documents={"card": card})
    assert tables.documents == (1, 0)


# Bayes.


def flags(entitled: float = 0.5, **policy: Any) -> Scenario:
    """Three independent yes/no flags: P(flag | restricted) .95 .90 .70, P(flag | entitled) .05 .02 .10."""
    person = {"needs_per_day": 1.0, "models": {"new": 1.0}}
    return small(
        segments=Whole(
            entitled={
                **person,
                "share": entitled,
                "status": "citizen",
                "citizenship": ["US"],
                "home": "US",
                "card": {"US": 1.0},
                "declared": {"US": 1.0},
            },
            restricted={
                **person,
                "share": 1 - entitled,
                "status": "nonresident",
                "citizenship": ["IN"],
                "home": "other",
                "card": {"other": 1.0},
                "declared": {"other": 1.0},
            },
        ),
        signals=Whole(
            first={"observes": "card", "accuracy": {"US": 0.95, "other": 0.95}},
            second={"observes": "declared", "accuracy": {"US": 0.98, "other": 0.90}},
            third={"observes": "network", "accuracy": {"US": 0.90, "other": 0.70}},
        ),
        policies=Whole(p={"family": "posterior", **policy}),
        orders=[{**small_data()["orders"][0], "carve_outs": []}],
    )


RESTRICTED, ENTITLED = (0.95, 0.90, 0.70), (0.05, 0.02, 0.10)
CORNERS = [
    (0.0001, 0.5985),
    (0.001, 0.855),
    (0.0029, 0.8865),
    (0.0078, 0.953),
    (0.0249, 0.9665),
    (0.069, 0.995),
    (0.1621, 0.9985),
    (1.0, 1.0),
]


def by_hand(entitled: float) -> dict[tuple[int, ...], float]:
    """P(restricted | flags), from Bayes' rule written out."""
    table = {}
    for cell in itertools.product((0, 1), repeat=3):
        bad, good = 1 - entitled, entitled
        for flag, r, e in zip(cell, RESTRICTED, ENTITLED, strict=True):
            bad *= r if flag else 1 - r
            good *= e if flag else 1 - e
        table[cell] = bad / (bad + good)
    return table


@pytest.mark.parametrize("entitled", [0.5, 0.9, 0.01])
def test_the_posterior_is_bayes_by_hand(entitled: float) -> None:
    scenario = flags(entitled)
    space = CellSpace.of(scenario)
    found = restricted_given_cell(scenario, in_force(scenario)).reshape(space.shape)
    for cell, probability in by_hand(entitled).items():
        index = (*cell, CHANNELS.index("consumer"), 0, 1)
        assert found[index] == pytest.approx(probability, abs=1e-12)


@pytest.mark.parametrize("entitled", [0.5, 0.9])
def test_a_sweep_of_the_threshold_reproduces_the_published_corners(entitled: float) -> None:
    """Facts, section 8: the best achievable (false block, caught), in likelihood-ratio order."""
    steps = sorted(by_hand(entitled).values(), reverse=True)
    middles = [(a + b) / 2 for a, b in itertools.pairwise(steps)]
    corners = []
    for threshold in (*middles, 0.0):
        scenario = flags(entitled, block_above=threshold)
        tables = compile_policy(scenario, "p", "person", in_force(scenario))
        space = CellSpace.of(scenario)
        blocks = (tables.actions[FRESH] == BLOCK).reshape(space.shape)[:, :, :, 0, 0, 1].ravel()
        seen = readings_given(scenario).sum(axis=1)
        corners.append((float(seen[0] @ blocks), float(seen[1] @ blocks)))
    np.testing.assert_allclose(corners, CORNERS, atol=1e-12)


def test_block_goes_before_check_and_neither_acts_at_its_threshold() -> None:
    scenario = flags(0.5, check_above=0.2, block_above=0.9)
    tables = compile_policy(scenario, "p", "person", in_force(scenario))
    space = CellSpace.of(scenario)
    table = tables.actions[FRESH].reshape(space.shape)[..., 0, 0, 1]
    for cell, p in by_hand(0.5).items():
        assert ACTIONS[table[cell]] == ("block" if p > 0.9 else "check" if p > 0.2 else "allow")
    certain = flags(0.0, block_above=1.0)
    tables = compile_policy(certain, "p", "person", in_force(certain))
    seen = needs_by_cell(certain, np.ones((2, 2, 2))) > 0
    assert (tables.actions[FRESH][seen] == ALLOW).all()


def test_a_threshold_of_zero_blocks_all_that_may_be_restricted_and_no_more() -> None:
    scenario, tables = compiled({"family": "posterior", "block_above": 0.0})
    epoch = in_force(scenario)
    law = np.array([epoch.restricted[m.segment, :, :, CHANNELS.index("consumer")] for m in makers(scenario)])
    bad, good = needs_by_cell(scenario, law), needs_by_cell(scenario, ~law)
    assert (tables.actions[FRESH][bad > 0] == BLOCK).all()
    assert (tables.actions[FRESH][(bad == 0) & (good > 0)] == ALLOW).all()


@pytest.mark.parametrize(
    ("thresholds", "action"),
    [
        ({"block_above": 1.0}, BLOCK),
        ({"check_above": 1.0, "block_above": 1.0}, BLOCK),
        ({"check_above": 1.0}, CHECK),
        ({}, ALLOW),
    ],
)
def test_a_cell_that_cannot_occur_gets_the_strictest_action(
    thresholds: dict[str, float], action: int
) -> None:
    scenario, tables = compiled({"family": "posterior", **thresholds})
    never = needs_by_cell(scenario, np.ones((4, 2, 2))) == 0
    assert never.any()
    assert (tables.actions[FRESH][never] == action).all()


def test_before_the_order_nothing_is_restricted_and_nobody_blocked() -> None:
    scenario = world({"p": {"family": "posterior", "block_above": 0.0}})
    law = make_law(scenario, "person")
    before = compile_gate(scenario, "p", law)[0]
    seen = needs_by_cell(scenario, np.ones((4, 2, 2))) > 0
    assert (before.actions[FRESH][seen] == ALLOW).all()


# What is left to decide once a document was shown.

ABROAD = {
    "restricts": [
        {"status": ["temporary", "without_status", "nonresident"]},
        {"located": ["abroad"]},
    ]
}
CAREFUL = {"family": "posterior", "check_above": 0.1, "block_above": 0.5, "documents": ["passport"]}


@pytest.mark.parametrize("reading", ["person", "national"])
def test_under_a_reading_of_status_who_is_cleared_is_served_everywhere(reading: str) -> None:
    _, tables = compiled(CAREFUL, reading)
    assert (tables.actions[CLEARED] == ALLOW).all()


@pytest.mark.parametrize("network", ["US", "other"])
@pytest.mark.parametrize("step", [-1e-9, 1e-9])
def test_under_a_reading_of_place_a_cleared_citizen_is_blocked_where_it_looks_abroad(
    network: str, step: float
) -> None:
    """Bayes among citizens, without VPN: abroad 5 days of 65, seen by a signal right 9 times in 10."""
    here, abroad = (60 * 0.9, 5 * 0.1) if network == "US" else (60 * 0.1, 5 * 0.9)
    probability = abroad / (here + abroad)
    scenario, tables = compiled(
        {**CAREFUL, "block_above": probability + step},
        "sent_abroad",
        readings={"sent_abroad": ABROAD},
        segments__natives__vpn=Whole(users=0.0),
    )
    of_a_citizen = {
        "ip": network,
        "kind": "direct",
        "payment": "US",
        "club": "none",
        "channel": "consumer",
        "model": "new",
        "band": 1,
    }
    [action] = [a for cell, a in decided(scenario, tables, CLEARED) if cell == of_a_citizen]
    assert action == ("block" if step < 0 else "allow")


def test_where_no_cleared_owner_is_ever_seen_the_place_alone_decides() -> None:
    scenario, tables = compiled(CAREFUL, "sent_abroad", readings={"sent_abroad": ABROAD})
    for cell, action in decided(scenario, tables, CLEARED):
        # Nobody has an account with a cloud; the order names the new model only.
        if cell["channel"] == "cloud":
            assert action == ("block" if cell["model"] == "new" else "allow")


def test_an_identity_check_that_proves_no_status_is_taken_for_enough() -> None:
    proves = dict.fromkeys(("citizen", "temporary", "nonresident"), "nothing")
    _, tables = compiled(
        {"family": "posterior", "check_above": 0.1, "documents": ["selfie"]},
        documents={"selfie": {"proves": proves, "checker": "typical"}},
    )
    assert (tables.actions[CLEARED] == ALLOW).all()


def test_where_no_document_clears_any_more_a_clearance_proves_nothing() -> None:
    everybody = {"restricts": [{"located": ["US", "other"]}]}
    scenario, tables = compiled(CAREFUL, "everybody", readings={"everybody": everybody})
    seen = needs_by_cell(scenario, np.ones((4, 2, 2))) > 0
    new = np.array([cell["model"] == "new" for cell in cells(scenario)])
    assert (tables.actions[CLEARED][seen & new] == BLOCK).all()
    assert (tables.actions[CLEARED][seen & ~new] == ALLOW).all()


# Beliefs.


def as_believed(beliefs: dict[str, Any], **changes: Any) -> Scenario:
    scenario = world({"p": {"family": "posterior", "block_above": 0.5, "beliefs": beliefs}}, **changes)
    policy = scenario.policies["p"]
    assert isinstance(policy, Posterior)
    return believed(scenario, policy)


def test_without_beliefs_the_operator_believes_the_truth() -> None:
    scenario = small()
    policy = scenario.policies["careful"]
    assert isinstance(policy, Posterior)
    assert believed(scenario, policy) is scenario


def test_beliefs_change_what_they_name_and_nothing_else() -> None:
    beliefs = {
        "signals": {"ip": {"accuracy": 0.7}},
        "segments": {"natives": {"card": {"other": 1.0}, "vpn": {"users": 0.1}, "trips": {"every": "9.5d"}}},
        "causes": {"q": {"signals": ["kind", "payment"], "probability": 0.3}},
    }
    truth, belief = as_believed({}), as_believed(beliefs)
    assert belief.signals["ip"] == truth.signals["ip"].model_copy(update={"accuracy": 0.7})
    assert belief.signals["payment"] == truth.signals["payment"]
    assert belief.causes["q"].probability == 0.3
    natives = belief.segments["natives"]
    assert natives.card == {"other": 1.0}
    assert (natives.vpn.users, natives.vpn.on) == (0.1, 0.5)
    assert (natives.trips.every, natives.trips.length) == (9.5 * DAY, 5 * DAY)
    assert belief.segments["visitors"] == truth.segments["visitors"]
    assert belief.documents == truth.documents
    assert truth.segments["natives"].card == {"US": 0.98, "other": 0.02}


def test_a_belief_that_repeats_the_truth_decides_as_the_truth_does() -> None:
    truth = flags(0.7, block_above=0.5)
    repeated = flags(0.7, block_above=0.5, beliefs={"segments": {"entitled": {"share": 0.7}}})
    np.testing.assert_array_equal(
        compile_policy(truth, "p", "person", in_force(truth)).actions,
        compile_policy(repeated, "p", "person", in_force(repeated)).actions,
    )


def test_the_posterior_is_of_the_world_that_is_believed() -> None:
    shares = {"segments": {"entitled": {"share": 0.99}, "restricted": {"share": 0.01}}}
    believing = flags(0.2, block_above=0.5, beliefs=shares)
    so_it_is, truth = flags(0.99, block_above=0.5), flags(0.2, block_above=0.5)
    actions = [compile_policy(s, "p", "person", in_force(s)).actions for s in (believing, so_it_is, truth)]
    np.testing.assert_array_equal(actions[0], actions[1])
    assert not np.array_equal(actions[0], actions[2])


def test_who_believes_all_signals_useless_blocks_nobody_who_is_seen() -> None:
    useless = {"signals": {name: {"accuracy": 0.5} for name in ("first", "second", "third")}}
    scenario = flags(0.5, block_above=0.6, beliefs=useless)
    tables = compile_policy(scenario, "p", "person", in_force(scenario))
    seen = needs_by_cell(scenario, np.ones((2, 2, 2))) > 0
    assert (tables.actions[FRESH][seen] == ALLOW).all()


WRONG = [
    ({"signal": {}}, "signal", 'nearest: "signals"'),
    ({"people": 5}, "people", ""),
    ({"signals": {"firts": {}}}, "signals.firts", 'nearest: "first"'),
    ({"segments": {"robots": {"share": 0.1}}}, "segments.robots", "entitled"),
    ({"signals": {"first": {"acuracy": 0.9}}}, "signals.first.acuracy", 'nearest: "accuracy"'),
    ({"signals": {"first": {"accuracy": {"US": 0.9}}}}, "signals.first.accuracy", "add them"),
    ({"signals": {"first": {"observes": "network_kind"}}}, "signals.first.observes", ""),
    ({"signals": {"first": 3}}, "signals.first", ""),
    ({"signals": 3}, "signals", ""),
    ({"segments": {"entitled": {"share": 0.9}}}, "segments", ""),
    ({"segments": {"entitled": {"status": "temporary"}}}, "segments.entitled.status", "shares"),
    ({"segments": {"entitled": {"card": {"Mars": 1.0}}}}, "segments.entitled.card.Mars", ""),
    ({"causes": {"q": {"signals": ["fist"], "probability": 1.0}}}, "causes.q.signals.0", "first"),
]


@pytest.mark.parametrize(("beliefs", "key", "hint"), WRONG)
def test_a_belief_that_does_not_fit_is_named(beliefs: dict[str, Any], key: str, hint: str) -> None:
    scenario = flags(0.5, beliefs=beliefs)
    first = next(belief_rules(scenario))
    assert dotted(first.path).startswith(f"policies.p.beliefs.{key}")
    assert hint in first.hint
    with pytest.raises(ValueError, match=rf"^beliefs\.{key}"):
        compile_policy(scenario, "p", "person", in_force(scenario))


def test_beliefs_that_fit_pass() -> None:
    beliefs = {
        "signals": {"first": {"coverage": 0.5, "vpn": {"accuracy": 0.7}}},
        "segments": {"entitled": {"trips": {"every": "90d", "length": "3d", "to": {"other": 1.0}}}},
        "causes": {"q": {"signals": ["first", "second"], "probability": 0.3}},
    }
    assert list(belief_rules(flags(0.5, beliefs=beliefs))) == []


# Epochs and readings.


def test_epochs_with_equal_tables_share_them() -> None:
    scenario = world({"count": POLICIES["k_of_n"], "bayes": POLICIES["posterior"]})
    law = make_law(scenario, "person")
    assert len(law.epochs) == 4
    assert len({id(tables) for tables in compile_gate(scenario, "count", law)}) == 1
    before, first, narrowed, after = compile_gate(scenario, "bayes", law)
    assert before is after
    assert len({id(tables) for tables in (before, first, narrowed)}) == 3


def same(policy: dict[str, Any]) -> bool:
    scenario = world({"p": policy})
    laws = [make_law(scenario, reading) for reading in ("person", "national")]
    gates = [compile_gate(scenario, "p", law) for law in laws]
    assert same_gate(gates[0], laws[0], gates[0], laws[0])
    return same_gate(gates[0], laws[0], gates[1], laws[1])


def test_laws_that_change_at_other_instants_share_no_run() -> None:
    scenario = world({"p": POLICIES["open"]})
    later = scenario.model_copy(update={"orders": ()})
    laws = [make_law(s, "person") for s in (scenario, later)]
    gates = [compile_gate(scenario, "p", law) for law in laws]
    assert not same_gate(gates[0], laws[0], gates[1], laws[1])


def test_one_run_serves_both_readings_where_the_gate_does_not_know_them() -> None:
    assert same(POLICIES["open"])
    assert same(POLICIES["k_of_n"])


def test_a_check_ties_the_gate_to_the_reading_by_what_counts_as_proof() -> None:
    """Residence cards clear under ``person``, not under ``national``."""
    assert not same(POLICIES["single"])
    assert same({**POLICIES["single"], "then": "block"})


def test_a_posterior_follows_the_reading_where_it_makes_a_difference() -> None:
    scenario = world(
        {"p": {"family": "posterior", "block_above": 0.3}}, segments__natives__status="permanent"
    )
    laws = [make_law(scenario, reading) for reading in ("person", "national")]
    gates = [compile_gate(scenario, "p", law) for law in laws]
    assert not same_gate(gates[0], laws[0], gates[1], laws[1])
