"""Sensitivity: what bounds say of a little more, sorted, and why where it is nothing."""

from __future__ import annotations

import json

import pytest

from gatesim.cli.main import call
from gatesim.gates.bounds import Standard, most_served, program_a, worths
from gatesim.law.law import make_law
from gatesim.scenario import load
from gatesim.show.sensitivity import tables, what
from gatesim.study.sensitivity import Sensitivity, sensitivity
from tests.scenarios import LASTING, SMALL

SET = [word for each in LASTING for word in ("--set", each)]


@pytest.fixture(scope="module")
def found() -> Sensitivity:
    return sensitivity(SMALL, sets=LASTING)


def test_says_what_the_bounds_say_under_the_orders_own_reading(found: Sensitivity) -> None:
    scenario = load(SMALL, LASTING).scenario
    order = scenario.orders[0]
    law = make_law(scenario, order.reading)
    standard = Standard(order.standard.kind, order.standard.limit)
    assert found.found == worths(scenario, law, standard, scenario.verdict.floor)


def test_every_signal_document_and_reviewer_is_there_once_with_its_worth_or_a_reason(
    found: Sensitivity,
) -> None:
    scenario = found.loaded.scenario
    keys = [one.key for one in found.found]
    expected = [f"signals.{name}.{what}" for name in scenario.signals for what in ("accuracy", "coverage")]
    expected += [f"documents.{name}" for name in scenario.documents]
    expected += ["desk.reviewers"] if found.desk else []
    assert sorted(keys) == sorted(expected)
    assert all(bool(one.why) != bool(one.served or one.leak) for one in found.found)
    served = [one.served or 0.0 for one in found.found]
    assert served == sorted(served, reverse=True)


def test_a_point_of_accuracy_is_a_finite_difference_of_the_program(found: Sensitivity) -> None:
    asked = found.asked
    for name, signal in found.loaded.scenario.signals.items():
        if isinstance(signal.accuracy, float) and signal.accuracy <= 0.99:
            better = load(SMALL, [*LASTING, f"signals.{name}.accuracy={signal.accuracy + 0.01}"]).scenario
            now = found.loaded.scenario
            values = [
                most_served(program_a(s, make_law(s, asked.reading)), asked.standard).value
                for s in (now, better)
            ]
            (worth,) = [one for one in found.found if one.key == f"signals.{name}.accuracy"]
            if signal.vpn.accuracy is None and not signal.channels:
                assert worth.served == pytest.approx((values[1] or 0.0) - (values[0] or 0.0), abs=1e-9)


def test_a_name_that_set_has_too_means_the_same_change(found: Sensitivity) -> None:
    """Better by a point in the one table that --vary moves; with numbers of its own elsewhere it is named otherwise."""
    plain = found
    first = next(iter(plain.loaded.scenario.signals))
    key = f"signals.{first}.accuracy"
    assert what(plain, key) == key
    apart = sensitivity(SMALL, sets=[*LASTING, f"signals.{first}.channels.api.accuracy=0.9"])
    assert what(apart, key) == f"{first} accuracy, everywhere"
    assert what(apart, f"signals.{first}.coverage") == f"signals.{first}.coverage"
    assert what(apart, "desk.reviewers") == "desk.reviewers"
    shown = [row[0] for table in tables(apart) for row in table.rows]
    assert f"{first} accuracy, everywhere" in shown
    assert key not in shown


def test_result_as_table_json_and_text(found: Sensitivity, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(found.to_json())
    assert [one["key"] for one in data["worth"]] == list(found.to_frame()["key"])
    assert call(["sensitivity", str(SMALL), *SET]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "What is worth" in text
    assert "Bound B does not depend on the signals" in text
    assert "is not legal advice" in text
    assert call(["sensitivity", str(SMALL), *SET, "--floor", "1.5"]) == 2
    assert "--floor: 1.5 is above 1" in capsys.readouterr().err
