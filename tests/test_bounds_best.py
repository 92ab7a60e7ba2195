"""Family ``best``: the best single table of bound A as a policy that every engine can run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gatesim.engine.reference import simulate
from gatesim.gates.bounds import Standard, frontier_of, most_served, program_a
from gatesim.gates.compile import compile_gate
from gatesim.gates.policies.best import question
from gatesim.law.law import Law, make_law
from gatesim.measures.ledger import SERVED, SERVED_LATE
from gatesim.scenario import load
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.errors import ScenarioError
from gatesim.scenario.policies import Best
from gatesim.scenario.schema import Scenario
from gatesim.world.people import populate
from tests.bounded import served_and_leaks
from tests.plain import FOREIGNER, SOMEBODY, START, order, plain
from tests.random_scenarios import random_scenario
from tests.watched import watched


def with_best(scenario: Scenario, **keys: Any) -> Scenario:
    """The scenario with one policy, called ``best``."""
    return scenario.model_copy(update={"policies": {"best": Best(family="best", **keys)}})


def world(**keys: Any) -> Scenario:
    people = {
        "native": SOMEBODY | {"share": 0.5, "documents": {"passport": 0.6}, "gives_up": 0.1},
        "abroad": SOMEBODY | {"share": 0.1, "home": "other", "documents": {"passport": 0.9}},
        "foreign": FOREIGNER | {"share": 0.3, "home": "other", "presents_forged": 0.2},
        "near": FOREIGNER | {"share": 0.1, "presents_forged": 0.2},
    }
    signals = {
        "ip": {"observes": "network", "accuracy": 0.9, "refresh": "session"},
        "form": {"observes": "declared", "accuracy": 0.8, "coverage": 0.9, "refresh": "account"},
    }
    return with_best(plain({"family": "open"}, segments=people, signals=signals), **keys)


@pytest.mark.parametrize("seed", watched(range(20)))
@pytest.mark.no_cover  # others cover the same lines
def test_the_exact_engine_finds_what_the_rounding_promises(seed: int) -> None:
    for documents in ((), None):
        scenario = random_scenario(np.random.default_rng(seed))
        kinds = tuple(scenario.documents) if documents is None else documents
        for keys in ({"ratio": "leak_share", "limit": 0.1}, {"ratio": "leak_rate", "floor": 0.5}):
            changed = with_best(scenario, documents=kinds, **keys)
            for reading in changed.readings:
                law = make_law(changed, reading)
                bound = question(changed, changed.policies["best"], law)  # type: ignore[arg-type]
                if bound.deterministic is None or bound.deterministic.found is None:
                    continue
                served, leaks = served_and_leaks(changed, law, compile_gate(changed, "best", law))
                made = bound.program
                if "floor" in keys:
                    assert served >= 0.5 * made.entitled * (1 - 1e-9)
                    assert leaks / made.restricted == pytest.approx(bound.deterministic.found, abs=1e-9)
                else:
                    assert served / made.entitled == pytest.approx(bound.deterministic.found, abs=1e-9)
                    assert leaks <= 0.1 * (served + leaks) + 1e-9 * (made.entitled + made.restricted)


def at_a_corner(scenario: Scenario) -> tuple[Scenario, Law, float]:
    """The limit moved to a corner of the frontier, where no cell is divided; and what is served there."""
    law = make_law(scenario, "person")
    policy = scenario.policies["best"]
    assert isinstance(policy, Best)
    made = question(scenario, policy, law).program
    frontier = frontier_of(made)
    k = len(frontier.served) // 2
    limit = frontier.leaks[k] / made.restricted * (1 + 1e-9)
    changed = with_best(scenario, documents=policy.documents, ratio="leak_rate", limit=limit)
    bound = question(changed, changed.policies["best"], law)  # type: ignore[arg-type]
    assert bound.value == pytest.approx(frontier.served[k] / made.entitled, rel=1e-6)
    assert bound.deterministic is not None
    assert bound.deterministic.found == pytest.approx(bound.value, rel=1e-6)
    return changed, law, float(frontier.served[k] / made.entitled)


@pytest.mark.parametrize("documents", [(), ("passport",)])
@pytest.mark.no_cover  # others cover the same lines
def test_a_simulation_attains_bound_a(documents: tuple[str, ...]) -> None:
    """Five standard errors, accounts as units: each of four comparisons is a false alarm in 6e-7 of all runs."""
    scenario, law, share = at_a_corner(world(documents=documents))
    people = populate(scenario, 7, 0, 4000)
    ledger = simulate(scenario, law, compile_gate(scenario, "best", law), people, seed=7, replication=0)
    served = np.isin(ledger.outcome, (SERVED, SERVED_LATE))
    limit = scenario.policies["best"].limit  # type: ignore[union-attr]
    for who, expected in ((~ledger.restricted, share), (ledger.restricted, limit)):
        # A ratio's standard error, by the accounts' residuals.
        needs = np.bincount(ledger.account[who], minlength=4000)
        residual = np.bincount(ledger.account[who & served], minlength=4000) - expected * needs
        assert abs(residual.sum()) <= 5 * residual.std() * np.sqrt(4000)


def test_its_limit_is_the_first_orders_unless_it_has_one() -> None:
    scenario = world()
    law = make_law(scenario, "person")
    first = scenario.orders[0].standard
    made = program_a(scenario, law, checks="none")
    policy = scenario.policies["best"]
    assert isinstance(policy, Best)
    assert question(scenario, policy, law).value == most_served(made, Standard(first.kind, first.limit)).value
    strict = world(limit=0.001).policies["best"]
    assert isinstance(strict, Best)
    assert question(scenario, strict, law).value == most_served(made, Standard(first.kind, 0.001)).value


def test_it_acts_where_it_is_told_to() -> None:
    everywhere, nowhere = world(limit=0.0), world(limit=0.0, channels=("team",))
    law = make_law(everywhere, "person")
    assert served_and_leaks(everywhere, law, compile_gate(everywhere, "best", law)) == (0.0, 0.0)
    served, leaks = served_and_leaks(nowhere, law, compile_gate(nowhere, "best", law))
    assert served > 0
    assert leaks > 0


def test_where_an_end_is_random_every_epoch_keeps_the_limit() -> None:
    carve_out = {"at": START + timedelta(days=4), "statuses": ["nonresident"]}
    orders = [order(1, carve_outs=[carve_out], ends=[{"kind": "stayed", "after": "5d"}])]
    scenario = world(limit=0.3, ratio="leak_share")
    scenario = Scenario.model_validate(scenario.model_dump(by_alias=True) | {"orders": orders})
    for draw in (0.2, 1.0, 3.0):
        law = make_law(scenario, "person", [[draw]])
        gate = compile_gate(scenario, "best", law)
        served, leaks = served_and_leaks(scenario, law, gate)
        assert served > 0
        assert leaks <= 0.3 * (served + leaks) * (1 + 1e-9)


def test_a_limit_and_a_floor_are_two_questions() -> None:
    (found,) = inconsistencies(world(limit=0.1, floor=0.5))
    assert found.path == ("policies", "best", "floor")
    assert found.hint == "leave one of them out"
    assert not list(inconsistencies(world(floor=0.5, documents=("passport",))))


def test_best_needs_what_the_first_orders_standard_leaves_open(tmp_path: Path) -> None:
    file = tmp_path / "best.toml"
    file.write_text('schema = 1\ntitle = "t"\nbase = "no-leak-at-all"\n[policies.x]\nfamily = "best"\n')
    with pytest.raises(
        ScenarioError, match=r"(?s)policies\.x\.ratio: is missing.*policies\.x\.limit: is missing"
    ):
        load(str(file))
