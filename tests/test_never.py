"""How sure a run is that nothing leaks: by the exact engine, or with the reason why not."""

from __future__ import annotations

from typing import Any

import pytest

from gatesim.exact.leakless import no_leak_at_all
from gatesim.gates.compile import compile_gate
from gatesim.law.law import make_law
from gatesim.measures.judgement import NoLeak
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import jobs, laws
from gatesim.study.never import asks_for_zero, no_leaks
from tests.scenarios import Whole, small, small_data

ORDER = {**small_data()["orders"][0], "carve_outs": [], "standard": {"kind": "zero", "probability": 0.9}}
KEY = ("new",)


def found(scenario: Scenario, name: str, leave_out: bool) -> NoLeak:
    gates = jobs(scenario, [name], laws(scenario, scenario.seed, 0))
    return no_leaks(scenario, gates, leave_out=leave_out)["person", name][KEY]


def asking(**changes: Any) -> Scenario:
    return small(**{"orders": [ORDER], "reactions": Whole(), **changes})


def test_only_a_zero_is_worth_the_work() -> None:
    assert asks_for_zero(asking())
    assert not asks_for_zero(small())


def test_what_keeps_nothing_and_leaves_nothing_out_is_known_for_every_engine() -> None:
    scenario = asking(represents=300)
    law = make_law(scenario, "person")
    exactly = no_leak_at_all(scenario, law, compile_gate(scenario, "any_foreign", law))
    assert 0 < exactly < 1
    for leave_out in (True, False):
        assert found(scenario, "any_foreign", leave_out) == NoLeak(exactly, "")
    assert found(scenario, "shutdown", False) == NoLeak(1.0)


def test_what_is_left_out_counts_for_the_exact_engine_only_and_is_named() -> None:
    ask = {"family": "single", "signal": "ip", "then": "check", "documents": ["passport"]}
    scenario = asking(policies=Whole(asks={**ask, "clearance": "forever"}), represents=300)
    rough, none = found(scenario, "asks", True), found(scenario, "asks", False)
    assert rough.probability is not None
    assert rough.why.startswith("without the desk: every review ends at once")
    assert none.probability is None
    assert none.why.startswith("the exact engine leaves out the desk")


def test_what_it_cannot_do_is_named_with_the_key() -> None:
    one = found(asking(), "careful", True)
    assert one.probability is None
    assert one.why.startswith("the exact engine cannot do it: policies.careful.")


def test_a_random_end_is_none_of_its_business() -> None:
    scenario = asking(orders=[{**ORDER, "ends": [{"kind": "lapsed", "after": "5d"}]}])
    assert found(scenario, "any_foreign", False) == NoLeak(None, "the end of an order is random")
    assert found(scenario, "any_foreign", True).probability is not None


@pytest.mark.parametrize("model", ["new", "second"])
def test_a_standard_of_one_model_is_about_its_leaks(model: str) -> None:
    """Nobody uses the second model: nothing can leak there."""
    standards = {"second": ORDER["standard"]}
    order = {**ORDER, "models": ["new", "second"], "standards": standards}
    scenario = asking(orders=[order], models={"second": {}}, represents=300)
    gates = jobs(scenario, ["any_foreign"], laws(scenario, scenario.seed, 0))
    both = no_leaks(scenario, gates, leave_out=True)["person", "any_foreign"]
    assert set(both) == {("new",), ("second",)}
    assert (both[(model,)].probability == 1.0) is (model == "second")
