"""What a point of a signal, a kind of document, a reviewer is worth at bound A."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gatesim.gates.bounds import Standard, least_leak, most_served, program_a, worths
from gatesim.gates.bounds.worth import Worth
from gatesim.law.law import make_law
from gatesim.scenario.schema import Scenario
from gatesim.show.sensitivity import tables
from gatesim.study.sensitivity import sensitivity
from tests.plain import FOREIGNER, SOMEBODY, plain, rules

PEOPLE = {
    "native": SOMEBODY | {"share": 0.5, "documents": {"passport": 0.5, "visa": 0.5}},
    "foreign": FOREIGNER | {"share": 0.5, "home": "other"},
}
SIGNALS: dict[str, Any] = {
    "good": {"observes": "device", "accuracy": 0.9},
    "matrix": {
        "observes": "network",
        "accuracy": {"US": {"US": 0.8, "other": 0.2}, "*": {"US": 0.3, "other": 0.7}},
        "coverage": 0.9,
    },
    "perfect": {"observes": "network_kind"},
    "useless": {"observes": "card", "accuracy": 0.5, "coverage": {"US": 0.5, "*": 0.5}},
}
DOCUMENTS = {
    "passport": {"proves": {"citizen": "citizen"}, "checker": "typical"},
    "visa": {"proves": {"citizen": "nonresident"}, "checker": "typical"},
}


def world(signals: dict[str, Any] | None = None, **changes: Any) -> Scenario:
    return plain(
        rules("check"),
        segments=PEOPLE,
        signals=SIGNALS if signals is None else signals,
        documents=DOCUMENTS,
        **changes,
    )


def by_key(scenario: Scenario, standard: Standard, floor: float = 0.8) -> dict[str, Worth]:
    return {worth.key: worth for worth in worths(scenario, make_law(scenario, "person"), standard, floor)}


def both(scenario: Scenario, **keys: Any) -> tuple[float, float]:
    program = program_a(scenario, make_law(scenario, "person"), **keys)
    served = most_served(program, Standard("leak_rate", 0.05)).value
    leak = least_leak(program, "leak_rate", 0.8).value
    assert served is not None
    assert leak is not None
    return served, leak


@pytest.mark.parametrize(
    ("key", "signal", "better"),
    [
        ("signals.good.accuracy", "good", {"accuracy": 0.91}),
        ("signals.good.coverage", "good", None),
        ("signals.matrix.coverage", "matrix", {"coverage": 0.91}),
        (
            "signals.matrix.accuracy",
            "matrix",
            {"accuracy": {"US": {"US": 0.81, "other": 0.19}, "other": {"US": 0.29, "other": 0.71}}},
        ),
    ],
)
def test_a_point_is_worth_what_a_scenario_written_with_it_shows(key: str, signal: str, better: Any) -> None:
    scenario = world()
    found = by_key(scenario, Standard("leak_rate", 0.05))[key]
    if better is None:
        assert found[2:] == (0.0, 0.0, "it is perfect already")
        return
    signals = copy.deepcopy(SIGNALS)
    signals[signal] |= better
    before, after = both(scenario), both(world(signals))
    assert found.served == pytest.approx(after[0] - before[0], abs=1e-12)
    assert found.leak == pytest.approx(after[1] - before[1], abs=1e-12)
    # Whether a little more coverage pays depends on which cells are divided; accuracy does here.
    if "accuracy" in better:
        assert found.served > 0
        assert found.leak < 0
        assert found.why == ""


def test_where_it_is_worth_nothing_it_says_why() -> None:
    found = by_key(world(), Standard("leak_rate", 0.05))
    assert found["signals.perfect.accuracy"].why == "it is perfect already"
    # Everybody's card is a home card: what it reads tells nothing.
    assert found["signals.useless.accuracy"][2:] == (0.0, 0.0, "no row that pays depends on it")
    assert found["documents.visa"].why == "it clears nobody under this reading"
    assert "desk.reviewers" not in found


def test_the_most_worth_comes_first() -> None:
    scenario = world()
    served = [
        worth.served or 0.0
        for worth in worths(scenario, make_law(scenario, "person"), Standard("leak_rate", 0.05), 0.8)
    ]
    assert served == sorted(served, reverse=True)
    assert served[0] > served[-1]


def test_a_kind_of_document_is_worth_what_is_lost_without_it() -> None:
    scenario = world()
    found = by_key(scenario, Standard("leak_rate", 0.05))["documents.passport"]
    with_it, without = both(scenario), both(scenario, checks="none")
    assert found.served == pytest.approx(with_it[0] - without[0])
    assert found.leak == pytest.approx(with_it[1] - without[1])
    assert found.served > 0


def test_a_reviewer_is_worth_the_reviews_that_they_add() -> None:
    shifts = [{"days": ["mon"], "start": "09:00", "end": "17:00", "reviewers": 3}]
    kinds = copy.deepcopy(DOCUMENTS)
    kinds["passport"]["to_desk"] = 1.0
    scenario = plain(
        rules("check"),
        segments=PEOPLE,
        documents=kinds,
        desk={"service": "6m", "shifts": shifts},
    )
    found = by_key(scenario, Standard("zero"))["desk.reviewers"]
    program = program_a(scenario, make_law(scenario, "person"))
    # One Monday in ten days: 80 reviews, and one that is begun. Without signals a half of the reviewed hold a
    # passport, and the others present nothing that a reviewer would look at.
    assert found.served == pytest.approx(81 / program.entitled)
    assert found.why == ""
    many = {**shifts[0], "reviewers": 1_000_000}
    plenty = plain(rules("check"), segments=PEOPLE, documents=kinds, desk={"service": "6m", "shifts": [many]})
    assert by_key(plenty, Standard("zero"))["desk.reviewers"].why == "the desk does not bind"


def test_without_needs_it_says_that_nothing_is_defined() -> None:
    scenario = plain(
        rules("allow"),
        segments={"foreign": FOREIGNER},
        signals={"a": {"observes": "device", "accuracy": 0.9}},
    )
    found = by_key(scenario, Standard("leak_share", 0.1), 0.0)["signals.a.accuracy"]
    assert found.served is None
    assert "no entitled needs" in found.why


@pytest.mark.parametrize("told", [False, True])
def test_exits_placed_more_rightly_hide_who_is_abroad_unless_the_vpn_shows(told: bool) -> None:
    """Everybody abroad comes out at home through a VPN; nobody at home has one. A reading of the exit without error
    says the same of all, and one that errs on exits says something of who has one: where nothing else tells that."""

    def most(accuracy: float) -> float:
        far = FOREIGNER | {"share": 0.2, "home": "other"}
        far |= {"vpn": {"users": 1.0, "on": 1.0, "exits": {"US": 1.0}}}
        signals = {
            "ip": {
                "observes": "network",
                "accuracy": 1.0,
                "refresh": "session",
                "vpn": {"accuracy": accuracy},
            }
        }
        if told:
            signals["kind"] = {"observes": "network_kind", "accuracy": 1.0, "refresh": "session"}
        scenario = plain(
            {"family": "open"}, segments={"home": SOMEBODY | {"share": 0.8}, "far": far}, signals=signals
        )
        found = most_served(
            program_a(scenario, make_law(scenario, "person")), Standard("leak_share", 0.05)
        ).value
        assert found is not None
        return found

    assert most(0.2) == 1.0
    assert most(0.9) == (1.0 if told else 0.0)


def test_the_output_says_what_better_readings_of_exits_do() -> None:
    words = "places the exit, not the person"
    (table, *_) = tables(sensitivity("june-2026"))
    assert words in table.note
    (table, *_) = tables(
        sensitivity("june-2026", sets=["signals.kind={ observes = 'network_kind', accuracy = 0.9 }"])
    )
    assert words not in table.note
