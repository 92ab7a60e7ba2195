"""What a number that moves is called on charts: in the page's words, and by its key where no words say which it is."""

from __future__ import annotations

import pytest

import gatesim
from gatesim.scenario.parameter import find_parameter
from gatesim.show.app.levers import levers_of
from gatesim.show.called import called, key_words, lever_words
from gatesim.show.charts import map_chart, shutdown_chart
from gatesim.show.shutdown import range_words


def test_it_is_called_what_the_page_calls_it() -> None:
    loaded = gatesim.load("june-2026")
    single = [lever for lever in levers_of(loaded) if len(lever.parameter.paths) == 1]
    assert len(single) > 20
    for lever in single:
        if lever.name != "limit":  # no range is known for it
            parameter = find_parameter(loaded, lever.parameter.key)
            assert called(loaded, parameter) == lever_words(lever)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("signals.ip.accuracy", "Region of the IP address: accuracy"),
        ("signals.ip.vpn.accuracy", "Region of the IP address: accuracy (on a VPN)"),
        ("signals.payment.channels.api.coverage", "Country of the card: coverage (api)"),
        ("segments.*.vpn.users", "People who use a VPN"),
        ("desk.shifts.*.reviewers", "Reviewers at work"),
        # What is known speaks of other documents, too.
        (
            "segments.naturalised.documents.vendor_identity",
            "Documents that people hold: segments.naturalised.documents.vendor_identity",
        ),
        # What is known differs from value to value.
        ("checkers.*.false_reject", "checkers.*.false_reject"),
    ],
)
def test_its_words_say_which_number_it_is(key: str, words: str) -> None:
    loaded = gatesim.load("june-2026")
    assert called(loaded, find_parameter(loaded, key)) == words


def test_axes_are_in_words_and_the_key_is_small_print() -> None:
    first, second = "signals.ip.accuracy", "verdict.floor"
    point = shutdown_chart(
        gatesim.shutdown_point("june-2026", vary=first, policies=["any_foreign"])
    ).to_dict()
    map_ = map_chart(
        gatesim.shutdown_map("june-2026", vary=(first, second), steps=3, policies=["any_foreign"])
    ).to_dict()
    words = "Region of the IP address: accuracy (probability)"
    assert set(titles(point, "x")) == {words}
    assert f"“{words.removesuffix(' (probability)')}”" in " ".join(point["title"]["text"])
    assert " ".join(point["title"]["subtitle"]).endswith(f"; along: {first}")
    assert set(titles(map_, "x")) == {words}
    assert set(titles(map_, "y")) == {"Floor: entitled needs to serve (of entitled needs)"}
    assert " ".join(map_["title"]["subtitle"]).endswith(f"; across: {first}; upwards: {second}")


def titles(spec: dict, axis: str) -> list[str]:  # type: ignore[type-arg]
    """The titles of an axis, of each layer that has one."""
    layers = [layer for panel in spec["hconcat"] for layer in panel["layer"]]
    found = [
        layer["encoding"][axis]["title"] for layer in layers if "title" in layer["encoding"].get(axis, {})
    ]
    return [" ".join(one) if isinstance(one, list) else one for one in found if one]


def test_of_several_orders_it_is_said_whose_number_it_is() -> None:
    loaded = gatesim.load("two-governments")
    other = "“The other government's order”"
    for key, words in (
        ("orders.0.standard.limit", "Limit on leaks (“The Union's order”)"),
        ("orders.1.standard.limit", f"Limit on leaks ({other})"),
    ):
        parameter = find_parameter(loaded, key, 0.0, 0.1)
        assert called(loaded, parameter) == words
        assert key_words(loaded.scenario, parameter).startswith(f"{key} (“The ")
    found = gatesim.shutdown_point(
        loaded, vary="orders.1.standard.limit", low=0.0, high=0.1, policies=["open"]
    )
    assert " ".join(shutdown_chart(found).to_dict()["title"]["subtitle"]).endswith(
        f"along: orders.1.standard.limit ({other})"
    )
    assert range_words(found).startswith(f"orders.1.standard.limit ({other}) ")
    alone = gatesim.load("june-2026")
    parameter = find_parameter(alone, "orders.0.standard.limit", 0.0, 0.1)
    assert called(alone, parameter) == "Limit on leaks"
    assert key_words(alone.scenario, parameter) == parameter.key
