"""Relief by several things: the search finds what going through all of them finds, and it is said right."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatesim.cli.main import call
from gatesim.exact.rows import rows_of
from gatesim.gates.bounds import most_served, program_a
from gatesim.law.law import make_law
from gatesim.measures.relieved import Left, ReliefClaim, Taken, relief_sentence
from gatesim.scenario import load
from gatesim.scenario.errors import ScenarioError
from gatesim.scenario.schema import Scenario
from gatesim.study.combined import how_many, least_sufficient
from gatesim.study.narrowed import FREED, as_before
from gatesim.study.narrowings import Narrowing, narrower, narrowings, together, within
from gatesim.study.relief import _Search, _sign, ends, relief
from gatesim.study.standing import Question, question
from tests.random_scenarios import random_scenario
from tests.scenarios import SMALL
from tests.test_relief import LASTING, SET, forgetful


def world(seed: int, floor: float) -> tuple[Scenario, Question]:
    scenario = forgetful(random_scenario(np.random.default_rng(seed)))
    return scenario, replace(question(scenario), policies=(), floor=floor, limit=0.001)


def by_bound_a(scenario: Scenario, asked: Question, narrowing: Narrowing) -> bool:
    """Whether a narrowing leaves a gate, by the program of the narrowed scenario alone."""
    narrowed = narrowing.of(scenario)
    program = program_a(narrowed, make_law(narrowed, asked.reading), desk=False)
    value = most_served(program, asked.standard).value
    return value is not None and value >= asked.floor


@given(
    things=st.integers(0, 6),
    most=st.integers(1, 4),
    families=st.lists(st.frozensets(st.integers(0, 5), min_size=2), max_size=5),
    alike=st.integers(1, 3),
)
def test_search_finds_all_least_sets_and_only_these(
    things: int, most: int, families: list[frozenset[int]], alike: int
) -> None:
    def suffices(numbers: tuple[int, ...]) -> bool:
        return any(family <= set(numbers) for family in families)

    every = [c for size in range(2, min(most, things) + 1) for c in combinations(range(things), size)]
    enough = [frozenset(c) for c in every if suffices(c)]
    least = {c for c in enough if not any(other < c for other in enough)}
    assert set(map(frozenset, least_sufficient(things, most, lambda c: c, suffices))) == least
    assert how_many(things, most) == len(every)

    # What is known to suffice is not listed again, and nothing that contains it.
    if least:
        first = min(map(sorted, least))
        known = {tuple(first): True}
        rest = set(map(frozenset, least_sufficient(things, most, lambda c: c, suffices, known)))
        assert rest == least - {frozenset(first)}

    # Of combinations that come to the same the first is asked, and none is asked twice.
    asked = []

    def sign(numbers: tuple[int, ...]) -> object:
        return frozenset(number // alike for number in numbers)

    def count(numbers: tuple[int, ...]) -> bool:
        asked.append(sign(numbers))
        return False

    assert list(least_sufficient(things, most, sign, count)) == []
    assert asked == list(dict.fromkeys(map(sign, every)))


@pytest.mark.parametrize(("seed", "floor", "most"), [(3, 0.9, 2), (0, 0.9, 2), (1, 0.99, 3)])
@pytest.mark.no_cover  # others cover the same lines
def test_combinations_are_those_that_brute_force_finds(seed: int, floor: float, most: int) -> None:
    scenario, asked = world(seed, floor)
    search = _Search(scenario, asked, False, lambda done, doing: None)
    singles = search.each(list(narrowings(scenario)))
    found = search.together(singles, most)
    things = [one.narrowing for one in singles]
    enough: list[frozenset[str]] = []
    signs = set()
    for size in range(1, most + 1):
        for parts in combinations(things, size):
            words = frozenset(part.words for part in parts)
            if any(smaller <= words for smaller in enough):
                continue
            one = together(parts) if size > 1 else parts[0]
            if by_bound_a(scenario, asked, one):
                enough.append(words)
                signs.add(_sign(make_law(one.of(scenario), asked.reading)))
    shown = [frozenset(part.words for part in one.narrowing.parts) for one in found]
    assert shown
    assert set(shown) <= set(enough)
    assert all(ends(one) for one in found)
    # What is not shown takes out the same as something that is, or as a single one.
    alone = [one.narrowing for one in singles if ends(one)]
    said = {
        _sign(make_law(one.of(scenario), asked.reading))
        for one in (*alone, *(each.narrowing for each in found))
    }
    assert said == signs


def test_two_things_together_take_out_what_either_does_and_at_once_what_both_do() -> None:
    scenario, asked = world(13, 0.9)
    before = make_law(scenario, asked.reading)

    def freed(narrowing: Narrowing) -> float:
        narrowed = narrowing.of(scenario)
        law = make_law(narrowed, asked.reading)
        return float(rows_of(narrowed, law, as_before(law, before)).needs[FREED].sum())

    everything = list(narrowings(scenario))
    alone = {one.words: freed(one) for one in everything}
    proper = 0
    for both in list(narrower(everything))[::6]:
        first, second = (alone[part.words] for part in both.parts)
        assert both.words == " within ".join(part.words for part in both.parts)
        in_both = freed(both)
        proper += 0 < in_both < min(first, second)
        assert freed(together(both.parts)) == pytest.approx(first + second - in_both, rel=1e-12)
    assert proper > 3


def test_what_is_in_two_things_is_listed_where_it_adds_fewer_leaks_than_either() -> None:
    scenario, asked = world(0, 0.6)
    search = _Search(scenario, asked, False, lambda done, doing: None)
    singles = search.each(list(narrowings(scenario)))
    found = {one.narrowing.words: one for one in search.at_once(singles)}
    alone = {one.narrowing.words: one for one in singles}
    assert found
    for narrowing in narrower(one.narrowing for one in singles):
        parts = [alone[part.words] for part in narrowing.parts]
        if narrowing.words in found:
            assert by_bound_a(scenario, asked, narrowing)
            added = found[narrowing.words].bound_A.added
            assert all(added < part.bound_A.added for part in parts if ends(part))
        elif not any(map(ends, parts)) and by_bound_a(scenario, asked, narrowing):
            law = make_law(narrowing.of(scenario), asked.reading)
            known = [make_law(each.narrowing.of(scenario), asked.reading) for each in found.values()]
            assert _sign(law) in map(_sign, known)


def test_conditions_of_one_kind_are_not_put_within_each_other() -> None:
    status = Narrowing("status", "temporary", {"statuses": ("temporary",)})
    other = Narrowing("status", "nonresident", {"statuses": ("nonresident",)})
    assert within(status, other) is None
    assert list(narrower((status, other))) == []


def test_all_kinds_of_narrowings_are_offered() -> None:
    scenario = load("june-2026").scenario
    found = list(narrowings(scenario))
    assert {one.kind for one in found} == {
        *("status", "citizenship", "place", "channel", "model", "organisation", "organisations")
    }
    words = {one.words for one in found}
    assert {f"status {s.status}" for s in scenario.segments.values()} <= words
    assert {f"channel {s.channel}" for s in scenario.segments.values()} <= words
    assert {f"model {m}" for m in scenario.orders[0].models} <= words
    assert {"needs from US", "needs from asia", "needs from the rest of the world"} <= words
    assert "citizens of the rest of the world" in words
    assert not [said for said in words if said.endswith(" rest")]


def test_citizens_of_home_are_offered_where_a_clause_names_them() -> None:
    scenario, _ = world(13, 0.9)
    clause = scenario.readings[scenario.orders[0].reading].restricts[0]
    code = next(s.citizenship[0] for s in scenario.segments.values() if s.status == "citizen")
    assert f"citizens of {scenario.home}" not in {one.words for one in narrowings(scenario)}
    named = scenario.orders[0].model_copy(
        update={"restricts": (clause.model_copy(update={"citizenship": (code,)}),)}
    )
    narrowed = scenario.model_copy(update={"orders": (named, *scenario.orders[1:])})
    assert f"citizens of {scenario.home}" in {one.words for one in narrowings(narrowed)}


# --- What is said ---


def taken(words: str, left: Left | None, added: float, gain: float, most: float | None = 0.4) -> Taken:
    return Taken(words, left, added, gain, most)


GATE = Left("", 0.583, 0.001)
CLAIM = ReliefClaim("leak_share", 0.001, 0.5, None, 8, (), 0, 1, 0, 0)


@pytest.mark.parametrize(
    ("changes", "says", "not_says"),
    [
        (
            {
                "ranked": (
                    taken("status temporary", GATE, 1.11e7, 1.04e8),
                    taken("channel team", GATE, 5e7, 1e8),
                )
            },
            [
                "Taking status temporary out of the order leaves a gate that is not one of the 8 policies looked at: a "
                "gate that decides each need from its own cell serves 58.3 % of entitled needs and leaks 0.100 % of "
                "served needs, within the limit of 0.1 %.",
                "serves 11,100,000 needs that the order as it is restricts, and gains 104,000,000 served needs: 9.37 "
                "for each.",
                "So does 1 other narrowing, with more such leaks.",
            ],
            ["listed", "remember"],
        ),
        (
            {"ranked": (taken("a", Left("strict", 1 - 1e-16, 0.0), 0.0, 5.0), taken("b", GATE, 2.0, 1.0))},
            [
                "the listed strict serves all entitled needs and leaks nothing",
                "It adds no leak under the order",
            ],
            ["one of the 8"],
        ),
        (
            {
                "ranked": (
                    taken("a", GATE, 10.0, 100.0),
                    taken("b", GATE, 2.0, 1.0),
                    taken("c", GATE, 3.0, 1.0),
                )
            },
            ["So do 2 other narrowings; the fewest leaks come with b: 2."],
            [],
        ),
        (
            {"count": 1, "ranked": (taken("a", GATE, 1.0, 0.0),)},
            ["leaves a gate that is not the one policy looked at: a gate that decides"],
            [],
        ),
        (
            {"count": 0, "ranked": (taken("a", GATE, 1.0, 0.0),)},
            ["leaves a gate: a gate that decides"],
            ["looked at,"],
        ),
        (
            {"ranked": (taken("a", GATE, 1.0, 0.0),)},
            ["gains no served need", "No other narrowing looked at does."],
            [],
        ),
        (
            {
                "ranked": (taken("a", None, 1.0, 1.0, 0.2), taken("b", None, 1.0, 1.0, 0.4)),
                "open_to_memory": 1,
            },
            [
                "None of the 2 narrowings by one thing leaves a listed gate, or any gate that decides each need from "
                "its own cell, that serves at least 50 % of entitled needs within the limit of 0.1 %.",
                "The most is 40.0 %, after taking out b.",
                "Gates that remember are not ruled out after 1 of the narrowings by one thing.",
            ],
            ["things together", "at once"],
        ),
        (
            {"ranked": (taken("a", None, 1.0, 1.0, None),), "combinations": 7, "size": 2, "narrower": 3},
            [
                "Not the one narrowing, of the 3 by what is in two things at once, of the 7 by two things together "
                "leaves",
                "Gates that remember are ruled out as well.",
            ],
            ["The most is"],
        ),
        (
            {"ranked": (taken("a", None, 1.0, 1.0),), "combinations": 7, "size": 3},
            ["by up to 3 things together"],
            [],
        ),
        ({}, ["Nothing can be taken out of the order"], ["leaves a"]),
        (
            {"now": Left("strict", 0.6, 0.0005), "ranked": (taken("a", GATE, 10.0, 100.0),)},
            [
                "The order as it is leaves a gate: the listed strict serves 60.0 % of entitled needs and leaks 0.0500 "
                "% of served needs, within the limit of 0.1 %. No narrowing is needed for that.",
                "Most is gained for each added leak by taking out a: 100 served needs for 10 leaks.",
            ],
            ["Taking a"],
        ),
        (
            {"now": GATE, "ranked": (taken("a", GATE, 0.0, 100.0),), "ratio": "leak_rate"},
            ["leaks 0.100 % of restricted needs", "Taking out a gains 100 served needs and adds no leak."],
            [],
        ),
        (
            {"now": GATE, "ranked": (taken("a", GATE, 1.0, -1.0),)},
            ["No narrowing is needed for that."],
            ["gained"],
        ),
    ],
)
def test_finding_says_what_was_found_and_no_more(
    changes: dict[str, object], says: list[str], not_says: list[str]
) -> None:
    text = relief_sentence(replace(CLAIM, **changes))  # type: ignore[arg-type]
    for part in says:
        assert part in text
    for part in not_says:
        assert part not in text


def test_command_puts_the_finding_first_and_looks_at_two_where_none_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Its one model named, one channel of consumers: nothing less than all of these leaves a gate.
    few = ["--policy", "any_foreign", "--limit", "0.0001", "--floor", "0.9"]
    assert call(["relief", str(SMALL), *SET, *few]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert text.index("out of the order leaves a gate") < text.index("Reading the order as")
    assert call(["relief", str(SMALL), *SET, *few, "--conditions", "3", "--at-once", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["looked_at"]["size"] == 3
    assert data["looked_at"]["combinations"] > 0
    assert data["verdict"]["finding"].startswith("Taking ")
    kinds = {one["kind"] for one in data["narrowings"]}
    assert "together" in kinds
    assert call(["relief", str(SMALL), *SET, "--conditions", "0"]) == 2
    assert "--conditions" in capsys.readouterr().err


def test_too_many_combinations_are_an_error_that_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatesim.study.relief.MOST", 3)
    with pytest.raises(ScenarioError, match="combinations of up to 3; at most 3 are gone through"):
        relief(SMALL, sets=LASTING, limit=0.0001, floor=0.9, conditions=3)
    with pytest.raises(ScenarioError, match="0 is no number of things"):
        relief(SMALL, sets=LASTING, conditions=0)
