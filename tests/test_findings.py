"""What answers begin with: a sentence that follows from the tables below it, and names nobody by chance."""

from __future__ import annotations

from dataclasses import replace

import pytest

import gatesim
from gatesim.measures.numbers import format_rate
from gatesim.show.certain import certain
from gatesim.show.compare import HEADLINES, comparison_finding, sentence
from gatesim.show.decisions import decisions_finding
from gatesim.show.sensitivity import points, sensitivity_finding, what
from gatesim.show.tables import compact
from gatesim.show.who import who_finding
from gatesim.study.compare import Comparison, compare
from tests.scenarios import LASTING, SMALL


def test_who_begins_with_how_many_are_restricted() -> None:
    found = gatesim.who(SMALL)
    words = who_finding(found)
    for reading in found.readings:
        one = found.total.by_reading[reading]
        assert one.share_of_needs is not None
        assert (
            f'{compact(one.people)} people with {format_rate(one.share_of_needs)} of the needs read as "{reading}"'
            in words
        )
    assert "nobody is restricted" in who_finding(replace(found, at=""))


def test_a_table_begins_with_what_it_does_to_whom() -> None:
    table = gatesim.explain(SMALL, policy="careful")
    words = decisions_finding(table)
    for flow in table.flows:
        for share in (flow.entitled, flow.restricted):
            if share:
                assert format_rate(share) in words
    assert decisions_finding(gatesim.explain(SMALL, policy="open")) == (
        "At first sight, of entitled needs 100 % are served, and of restricted needs 100 % are served."
    )


def test_sensitivity_begins_with_what_is_worth_most() -> None:
    found = gatesim.sensitivity(SMALL, sets=LASTING)
    worth = [one for one in found.found if one.served]
    most = max(worth, key=lambda one: one.served)
    signal = max((one for one in worth if one.key.startswith("signals.")), key=lambda one: one.served)
    words = sensitivity_finding(found)
    for one in (most, signal):
        assert f"{what(found, one.key)}, {one.change} ({points(one.served)} points" in words
    nothing = replace(found, found=tuple(replace_worth(one) for one in found.found))
    assert sensitivity_finding(nothing).startswith("Nothing that was changed")


def replace_worth(one):  # type: ignore[no-untyped-def]
    return one._replace(served=0.0)


def several() -> Comparison:
    return compare("june-2026", ("any_foreign", "careful", "passport_check", "majority"), engine="exact")


def test_a_comparison_of_several_begins_with_who_refuses_fewest_and_who_leaks_least() -> None:
    found = several()
    fewest = min(found.differences, key=lambda name: found.differences[name]["false_block_rate"].value)
    least = min(found.differences, key=lambda name: found.differences[name]["leak_share"].value)
    words = comparison_finding(found)
    assert f"{fewest} refuses fewest wrongly" in words
    assert f"{least} leaks least" in words
    assert "leak rate" not in sentence(found), "the tables have it"
    noisy = {
        policy: {
            name: replace(one, low=one.value - 1, high=one.value + 1) if name in HEADLINES else one
            for name, one in by.items()
        }
        for policy, by in found.differences.items()
    }
    assert comparison_finding(replace(found, differences=noisy)) == "", "chance may have put anybody first"
    unknown = {
        policy: {name: replace(one, note="no interval: one replication") for name, one in by.items()}
        for policy, by in found.differences.items()
    }
    assert comparison_finding(replace(found, differences=unknown)) == "", "its noise is not known"
    alone = compare("june-2026", ("any_foreign", "careful"), engine="exact")
    assert comparison_finding(alone) == ""
    assert "leak rate" in sentence(alone)
    assert "served" not in sentence(alone), "it is what is not refused"


def test_what_opening_lets_through_of_what_it_serves_is_left_to_chance() -> None:
    """Whoever is drawn, all are served; how many of these are restricted goes by who is drawn."""
    found = gatesim.run("no-leak-at-all", people=6, seed=1, policies=["open"])
    measured = found.policies["open"].measures["leak_share"]
    assert measured.value == 0
    assert measured.high is not None
    assert found.expected["open"]["leak_share"].value == pytest.approx(0.05, abs=0.05)
    assert found.expected["open"]["leak_share"].value > 0
    assert "leak_share" not in certain(found, "open")
    assert certain(found, "open")["served_entitled"].low is None
