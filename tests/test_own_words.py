"""Titles name no reading for an order that says itself whom it restricts: there no reading makes a difference."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gatesim
from gatesim.measures.wording import how_read, orders_read, own_words_note
from gatesim.scenario import Loaded, load
from gatesim.show.app import parts
from gatesim.show.sides import asked_words
from gatesim.study.glance import glance
from gatesim.study.standing import question
from tests.scenarios import LASTING, SMALL
from tests.test_sentence import by_own_words


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ((False,), 'order read as "person"'),
        ((False, False), 'orders read as "person"'),
        ((True,), "order read by its own words"),
        ((True, True), "orders read by their own words"),
        ((False, True), 'orders read as "person", but “order 2” by its own words'),
        ((True, False, True), 'orders read as "person", but “order 1” and “order 3” by their own words'),
    ],
)
def test_how_orders_are_read(own: tuple[bool, ...], says: str) -> None:
    scenario = by_own_words(own).scenario
    assert orders_read(scenario, "person") == says
    assert says.endswith(how_read(scenario, "person"))
    assert orders_read(scenario, "person", "“”") == says.replace('"person"', "“person”")


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ((False, False), ""),
        ((False, True), "Under every reading “order 2” goes by its own words."),
        ((True, True), "Under every reading “order 1” and “order 2” go by their own words."),
    ],
)
def test_what_stands_beside_several_readings(own: tuple[bool, ...], says: str) -> None:
    assert own_words_note(by_own_words(own).scenario) == says


SHOWN: dict[str, Callable[[Loaded], Any]] = {
    "run": lambda loaded: gatesim.run(loaded, engine="exact"),
    "options": lambda loaded: gatesim.options(loaded, at="2026-06-20"),
    "compare": lambda loaded: gatesim.compare(loaded, ["open", "any_foreign"], engine="exact"),
    "explain": lambda loaded: gatesim.explain(loaded, policy="any_foreign"),
    "frontier": gatesim.frontier,
    "relief": gatesim.relief,
    "sensitivity": gatesim.sensitivity,
}
OWN = "orders.0.restricts=[{ status = ['nonresident'] }]"


def small_with(*sets: str) -> Loaded:
    """The small scenario, its memory such that the exact engine follows it."""
    return load(SMALL, [*LASTING, *sets])


def visible(found: Any) -> str:
    text: str = html.unescape(found._repr_html_())
    return text


@pytest.mark.parametrize("verb", SHOWN)
def test_no_title_names_a_reading(verb: str) -> None:
    ask = SHOWN[verb]
    assert 'read as "person"' in visible(ask(small_with()))
    shown = visible(ask(small_with(OWN)))
    assert "read as" not in shown
    assert "order read by its own words" in shown or ", read by its own words" in shown


def test_neither_does_what_a_shutdown_point_was_asked() -> None:
    scenario = small_with(OWN).scenario
    assert asked_words(scenario, question(scenario)).startswith("The order read by its own words; limit ")


def test_neither_does_the_page() -> None:
    loaded = small_with(OWN)
    found = glance(loaded, question(loaded.scenario))
    for part in (parts.question(found, "A title"), parts.policies(found)):
        assert "order read by its own words" in part


def test_a_report_says_of_each_order_how_it_is_read(tmp_path: Path) -> None:
    gatesim.run(small_with(OWN), policies=["open"], engine="exact", out=tmp_path / "run")
    text = html.unescape(gatesim.report(tmp_path / "run").read_text(encoding="utf-8"))
    assert "read here by its own words on whom it restricts" in text
    assert "read as" not in text


def test_a_frontier_has_one_reading_for_there_all_are_alike() -> None:
    """Read otherwise, the same order has the same curves: no reading is left out that would say something else."""
    found = [gatesim.frontier(small_with(OWN, f"orders.0.reading={name}")) for name in ("person", "national")]
    assert [one.readings for one in found] == [("person",), ("national",)]
    person, national = ([(p.bound, p.limit, p.served) for p in one.points] for one in found)
    assert person == national
    assert len(gatesim.frontier(small_with()).readings) == len(small_with().scenario.readings) > 1


def test_limits_under_several_readings_say_that_each_has_a_column() -> None:
    def small(*sets: str) -> str:
        chart = gatesim.run(small_with(*sets), policies=["open"], engine="exact").plot.limits()
        return " ".join(chart.to_dict()["title"]["subtitle"])

    assert "; order read as each column says; " in small()
    assert "order read by its own words" in small(OWN)
    assert "column" not in small(OWN)
