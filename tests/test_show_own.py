"""Tables of what the orders ask, of audits and exposure: every cell says what it is, nothing is shown for nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

import gatesim
from gatesim.measures.audits import Power
from gatesim.measures.definitions import Measure
from gatesim.scenario import build, load
from gatesim.show.outcomes import dollars
from gatesim.show.own import own_tables, power_words
from gatesim.show.run import tables, verdict_table
from gatesim.show.tables import Table
from gatesim.study.result import Result
from tests.scenarios import SMALL, small_data

ORDER = {**small_data()["orders"][0], "carve_outs": []}
POLICIES = ["open", "any_foreign", "shutdown"]


def run(standard: dict[str, Any] | None = None, engine: str = "exact", **changes: Any) -> Result:
    order = {**ORDER, **({"standard": standard} if standard else {}), **changes.pop("order", {})}
    data = small_data(orders=[order], controls={"log": {}}, **changes)
    loaded = load(SMALL)
    origin = defaultdict(lambda: str(SMALL), loaded.origin)
    loaded = replace(loaded, scenario=build(data), data=data, origin=origin)
    return gatesim.run(loaded, engine=engine, policies=POLICIES)


@cache
def plain() -> Result:
    return run()


def table(result: Result, title: str) -> Table:
    (found,) = [one for one in own_tables(result) if one.title.startswith(title)]
    return found


def test_where_a_star_says_it_all_there_is_no_further_table() -> None:
    assert own_tables(plain()) == []
    assert "* The scenario's own limit." in verdict_table(plain(), "leak_share").note


def test_a_point_or_all_the_weight_on_one_reading_shows_nothing_else() -> None:
    point = run({"kind": "leak_share", "limit": {"limits": [0.01], "weights": [1.0]}})
    weight = run(verdict={"readings": {"person": 1.0}})
    for result in (point, weight):
        assert own_tables(result) == []
        assert [t.rows for t in tables(result)] == [t.rows for t in tables(plain())]
        assert result.sentence.split(" inputs ")[0][:-9] == plain().sentence.split(" inputs ")[0][:-9]


def test_a_count_in_a_table() -> None:
    result = run({"kind": "leak_count", "limit": 1000, "per": "1d"})
    found = table(result, 'What the order asks, read as "person"')
    assert [column.title for column in found.columns] == ["policy", "what it has", "meets it"]
    rows = {name: cells for name, *cells in found.rows}
    assert set(rows) == {"open", "any_foreign"}, "shutting down is no candidate"
    leaks = result.policies["open"].measures["leaks"].value
    periods = (5 * 24 * 60 + 6 * 60 + 39) / (24 * 60)
    assert leaks is not None
    assert float(rows["open"][0].split()[0]) == pytest.approx(leaks / periods / 1000, rel=0.01)
    assert rows["open"][0].endswith(" k")
    assert rows["open"][1] == "no"
    assert "Asked: at most 1,000 leaks are to be expected among 3,000 accounts in 1d" in found.note
    assert "expected ones, in one of the standard's periods" in found.note
    assert "own limit" not in verdict_table(result, "leak_share").note, "no row of that table is the order's"


def test_zero_in_a_table_says_what_simulation_cannot() -> None:
    result = run({"kind": "zero", "probability": 0.9})
    found = table(result, "What the order asks")
    assert {name: cells for name, *cells in found.rows}["open"] == ["0 %", "no"]
    assert "Simulation can only refute" not in found.note
    simulated = run({"kind": "zero", "probability": 0.9}, engine="reference", people=60)
    assert "Simulation can only refute that nothing leaks." in table(simulated, "What the order asks").note


def test_controls_in_a_table_stand_beside_what_nobody_has_accepted() -> None:
    result = run({"kind": "process", "controls": ["log"]}, policies__open__controls=["log"])
    found = table(result, "What the order asks")
    assert found.rows == (("open", "1 of 1", "yes"), ("any_foreign", "0 of 1", "no"))
    assert found.note.endswith("No court or agency has accepted this list for hosted models.")
    assert "No court or agency" in result.sentence


def test_an_unknown_limit_in_tables() -> None:
    limit = {"distribution": "loguniform", "low": 0.001, "high": 1.0}
    result = run({"kind": "leak_share", "limit": limit})
    found = table(result, "What the order asks")
    (one,) = [own for own in result.verdict.own if own.reading == "person"]
    cells = {name: cells for name, *cells in found.rows}["any_foreign"]
    assert cells[1].startswith("with ")
    assert float(cells[1].split()[1]) == pytest.approx(100 * one.meets["any_foreign"]["yes"], rel=0.01)
    chances = table(result, "What comes of it")
    assert [column.title for column in chances.columns] == ["outcome", "national", "person"]
    assert "from the policies' break-even limits, not from samples" in chances.note


def test_where_only_shutting_down_is_listed_nothing_is_held_against_the_standard() -> None:
    limit = '{ kind = "leak_share", limit = { distribution = "uniform", low = 0.0, high = 1.0 } }'
    result = gatesim.run(SMALL, engine="exact", policies=["shutdown"], sets=[f"orders.0.standard={limit}"])
    (chances,) = own_tables(result)
    assert chances.rows == (("none would do", "100 %", "100 %"),)


def test_weights_of_readings_add_a_column() -> None:
    result = run(verdict={"readings": {"person": 0.7, "national": 0.3}})
    chances = table(result, "What comes of it")
    assert [column.title for column in chances.columns][-1] == "all readings"
    assert "Weights of readings: national 30 %, person 70 %." in chances.note
    data = json.loads(result.to_json())
    assert sum(data["verdict"]["chances"].values()) == pytest.approx(1.0)


AUDIT = {"segments": {"foreigners": 40}, "title": "Forty"}


def test_audits_in_a_table() -> None:
    standard = {"kind": "leak_rate", "limit": 0.02}
    result = run(standard, order={"audits": [AUDIT, {"segments": {"foreigners": 1}, "needs": 3}]})
    found = table(result, "Audits by test accounts")
    titles = [column.title for column in found.columns]
    assert titles == ["policy", "(1) sees a leak", "(1) objects", "(2) sees a leak", "(2) objects"]
    rows = {name: cells for name, *cells in found.rows}
    assert rows["open"] == ["100 %", "100 %", "100 %", "100 %"]
    assert rows["shutdown"] == ["0 %", "0 %", "0 %", "0 %"]
    assert " to " in rows["any_foreign"][2], "how alike three needs of one account are is not said"
    assert (
        "(1) Forty: 40 test accounts, 40 needs, once. It objects to a leak rate above 2 % from" in found.note
    )
    assert "(2) audit 2: 1 test account, 3 needs, once." in found.note
    data = json.loads(result.to_json())["audits"]
    assert data[0]["finds"]["person"]["open"]["value"] == 1.0


def test_no_audit_changes_nothing() -> None:
    audited, none = run(order={"audits": [AUDIT]}), plain()
    assert [t for t in own_tables(audited) if not t.title.startswith("Audits")] == own_tables(none)
    for reading in none.found:
        for name in POLICIES:
            assert audited.found[reading][name].measures == none.found[reading][name].measures
    assert audited.verdict.to_dict() == none.verdict.to_dict()


def test_the_power_is_that_of_the_leak_rates_found() -> None:
    result = run(order={"audits": [AUDIT]})
    leak = result.policies["any_foreign"].by["segment"]["foreigners"]["leak_rate"].value
    assert leak is not None
    assert 0 < leak < 1
    assert result.audits[0].finds["person"]["any_foreign"].value == pytest.approx(1 - (1 - leak) ** 40)


def test_a_power_in_words() -> None:
    assert power_words(Power(None, note="nobody")) == "-"
    assert power_words(Power(0.25)) == "25.0 %"
    assert power_words(Power(0.25, 0.2, 0.5)) == "20.0 % to 50.0 %"
    assert power_words(Power(1.0, 1.0, 1.0)) == "100 %"


EXPOSURE = {"civil_penalty": 1000, "criminal_penalty": 5}


def test_exposure_in_a_table() -> None:
    result = run(exposure=EXPOSURE)
    found = table(result, "Civil penalties at most")
    assert [column.title for column in found.columns] == ["policy", "each leak *"]
    rows = {name: cells for name, *cells in found.rows}
    assert rows["shutdown"] == ["$0"]
    leaks = result.policies["open"].measures["leaks"].value
    assert leaks is not None
    assert rows["open"][0].startswith("$")
    assert result.exposure["open"]["need"].civil.value == pytest.approx(1000 * leaks)
    assert "At most $1,000 for each violation" in found.note
    assert (
        "An upper bound: every violation at the most that the law can ask, which is no forecast."
        in found.note
    )
    assert "up to $5 each" in found.note
    assert plain().exposure == {}


@pytest.mark.parametrize(("unit", "measure"), [("person", "people_leaked"), ("account", "accounts_leaked")])
def test_the_exact_engine_counts_people_or_accounts_where_they_are_violations(
    unit: str, measure: str
) -> None:
    result = run(exposure={**EXPOSURE, "unit": unit})
    (titles,) = [[c.title for c in t.columns] for t in own_tables(result)]
    assert titles == ["policy", "each leak", f"each {unit} *"]
    count = result.policies["open"].measures[measure].value
    assert count is not None
    assert 0 < count <= result.policies["open"].measures["leaks"].value
    assert result.exposure["open"][unit].civil.value == pytest.approx(1000 * count)
    assert set(result.policies["open"].measures) - {measure} == set(plain().policies["open"].measures)


def test_a_simulation_counts_all_three() -> None:
    result = run(exposure=EXPOSURE, engine="reference", people=60)
    (titles,) = [[c.title for c in t.columns] for t in own_tables(result)]
    assert titles == ["policy", "each leak *", "each person", "each account"]


@pytest.mark.parametrize(
    ("value", "high", "text"),
    [
        (None, None, "-"),
        (0.0, None, "$0"),
        (0.0, 5000.0, "<$5.00 k"),
        (16.9e6, None, "$16.9 M"),
        (8.12e12, None, "$8.12 T"),
        (12.34e12, None, "$12.3 T"),
        (2.458343e15, None, "$2,460 T"),
    ],
)
def test_dollars_have_three_digits(value: float | None, high: float | None, text: str) -> None:
    assert dollars(Measure("civil_exposure", 1, 1, value, None, high)) == text
