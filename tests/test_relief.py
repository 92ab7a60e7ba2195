"""Relief: a narrowing takes out whom it names, adds the leaks that it frees, and ends the shutdown where it should."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from gatesim.cli.main import call
from gatesim.exact.rows import rows_of
from gatesim.gates.bounds import most_served, program_a
from gatesim.law.law import make_law
from gatesim.measures.verdict import first_order
from gatesim.scenario import load
from gatesim.scenario.errors import ScenarioError
from gatesim.scenario.schema import Scenario
from gatesim.show.relief import relief_tables
from gatesim.study.narrowed import NEWLY_RESTRICTED, Gate, as_before, law_of, narrowed, under
from gatesim.study.narrowings import Narrowing, narrowings
from gatesim.study.relief import Relief, _rank, relief
from gatesim.study.standing import Standings, question
from tests.random_scenarios import random_scenario
from tests.scenarios import LASTING, SMALL

SEEDS = range(6)

SET = [word for each in LASTING for word in ("--set", each)]


def forgetful(scenario: Scenario) -> Scenario:
    """The scenario with policies that keep nothing."""
    none = dict.fromkeys(("allow_lasts", "block_lasts", "clearance", "ask_again_after"), 0)
    policies = {name: policy.model_copy(update=none) for name, policy in scenario.policies.items()}
    return scenario.model_copy(update={"policies": policies})


@pytest.mark.parametrize("seed", SEEDS)
def test_narrowing_restricts_nobody_anew(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    reading = scenario.orders[0].reading
    before = make_law(scenario, reading)
    for narrowing in narrowings(scenario):
        less = narrowing.of(scenario)
        law = make_law(less, reading)
        rows = rows_of(less, law, as_before(law, before))
        assert rows.needs[NEWLY_RESTRICTED].sum() == 0, narrowing.words


@pytest.mark.parametrize("seed", SEEDS)
def test_a_narrowing_of_nothing_changes_nothing(seed: int) -> None:
    scenario = forgetful(random_scenario(np.random.default_rng(seed)))
    asked = question(scenario)
    freed, listed, a, (b, most) = under(narrowed(scenario, asked, law_of(scenario, asked)))
    standings = Standings(scenario, asked)
    assert freed == listed.added == a.added == 0
    assert (listed.outcome, a.outcome, b) == tuple(
        standings.outcome(side, ()) for side in ("list", "bound_A", "bound_B")
    )
    law = make_law(scenario, asked.reading)
    program = program_a(scenario, law, desk=False)
    bound = most_served(program, asked.standard)
    assert a.served == (None if bound.value is None else pytest.approx(bound.value, abs=1e-12))
    assert most == (None if most is None else pytest.approx(standings.most("bound_B", ()), abs=1e-9))


@pytest.mark.parametrize("seed", SEEDS)
def test_bound_of_the_narrowed_order_is_that_of_the_narrowed_scenario(seed: int) -> None:
    scenario = forgetful(random_scenario(np.random.default_rng(seed)))
    asked = question(scenario)
    for narrowing in list(narrowings(scenario))[::3]:
        less = narrowing.of(scenario)
        freed, _, a, _ = under(narrowed(less, replace(asked, policies=()), law_of(scenario, asked)))
        program = program_a(less, make_law(less, asked.reading), desk=False)
        value = most_served(program, asked.standard).value
        assert a.served == (None if value is None else pytest.approx(value, abs=1e-10))
        # What is freed was restricted: the totals say the same.
        was = program_a(scenario, make_law(scenario, asked.reading), desk=False)
        assert freed == pytest.approx(was.restricted - program.restricted, rel=1e-9, abs=1e-6)
        assert -1e-9 * freed <= a.added <= freed * (1 + 1e-9)
        if value == 1.0:  # everybody entitled is served, so all that was freed is
            assert a.added == pytest.approx(freed, rel=1e-6)


def test_taking_everybody_out_serves_everybody_and_leaks_what_was_restricted() -> None:
    scenario = forgetful(load(SMALL, LASTING).scenario)
    asked = question(scenario)
    models = tuple(model for order in scenario.orders for model in order.models)
    everything = Narrowing("model", "all", {"models": models})
    freed, listed, a, _ = under(narrowed(everything.of(scenario), asked, law_of(scenario, asked)))
    program = program_a(scenario, make_law(scenario, asked.reading), desk=False)
    assert freed == pytest.approx(program.restricted)
    assert (a.outcome, a.served) == ("gate_available", 1.0)
    assert a.added == pytest.approx(freed)
    assert listed.served == pytest.approx(1.0)
    assert listed.added == pytest.approx(freed)


@pytest.mark.no_cover  # others cover the same lines
def test_policies_that_remember_are_left_out_on_request_and_leak_what_is_freed() -> None:
    left = relief(SMALL, sets=LASTING, memory=False)
    assert left.left_out
    assert not relief(SMALL, sets=LASTING).left_out
    asked = replace(left.asked, policies=left.left_out[:1])
    scenario = left.loaded.scenario
    models = tuple(model for order in scenario.orders for model in order.models)
    everything = Narrowing("model", "all", {"models": models})
    freed, listed, _, _ = under(narrowed(everything.of(scenario), asked, law_of(scenario, asked)))
    assert listed.policy == left.left_out[0]
    assert listed.added == pytest.approx(freed)


def test_ranks_what_ends_it_first_then_gain_for_each_leak() -> None:
    def one(name: str, outcome: str, gain: float, added: float) -> Relief:
        gate = Gate(outcome, "", 0.5, 1.0, added)  # type: ignore[arg-type]
        none = replace(gate, outcome="no_gate_meets_limit")
        per = gain / added if added else None
        return Relief(Narrowing("model", name, {}), 1.0, none, gate, ("gate_available", 1.0), gain, per)

    found = [
        one("costly", "gate_available", 10.0, 10.0),
        one("useless", "only_below_floor", 10.0, 0.1),
        one("cheap", "gate_available", 10.0, 1.0),
        one("free", "gate_available", 1.0, 0.0),
    ]
    assert [each.narrowing.name for each in sorted(found, key=_rank)] == [
        "free",
        "cheap",
        "costly",
        "useless",
    ]
    # What rounding leaves between two that come to the same is no order: their words are.
    for noise in (1.0 - 4e-16, 1.0, 1.0 + 4e-16):
        twins = [one("b", "gate_available", 0.3 * noise, 0.1), one("a", "gate_available", 0.3, 0.1 * noise)]
        assert [each.narrowing.name for each in sorted(twins, key=_rank)] == ["a", "b"]


def test_result_as_table_and_as_json() -> None:
    found = relief(SMALL, sets=LASTING)
    frame = found.to_frame()
    data = json.loads(found.to_json())
    assert len(frame) == len(data["narrowings"]) == len(found.found)
    assert data["limit"] == found.loaded.scenario.orders[0].standard.limit
    assert data["verdict"]["sentence"].endswith("is not legal advice.")
    assert first_order(found.loaded.scenario) is not None
    assert found.to_json() == relief(SMALL, sets=LASTING).to_json()


def test_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["relief", str(SMALL), *SET, "--limit", "-0.1"]) == 2
    assert "--limit: -0.1 is below zero" in capsys.readouterr().err
    assert call(["relief", str(SMALL), *SET, "--reading", "nobody"]) == 2
    assert "no such reading" in capsys.readouterr().err
    with pytest.raises(ScenarioError, match="there is no order"):
        relief(SMALL, sets=["orders=[]"])


def test_command_prints_tables_and_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["relief", str(SMALL), *SET]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Narrowings that leave a gate" in text
    assert "Reading the order as" in text
    assert "is not legal advice" in text


def test_a_share_can_fall_where_more_is_served_and_the_table_says_so() -> None:
    """A narrowing adds the needs that it frees to those that a share is of."""
    found = relief("two-governments", policies=["eu_address"])
    fell = [
        one for one in found.found if one.gain > 0 and (one.bound_A.served or 0) < (found.now[1].served or 0)
    ]
    assert [one.narrowing.words for one in fell] == ["status temporary"]
    assert "it can fall although more needs are served" in relief_tables(found)[0].note
