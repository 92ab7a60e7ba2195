"""The sentence says what was found, every slot of it, with no digit too many."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatesim.measures.judgement import PolicyResult
from gatesim.measures.numbers import (
    SMALLEST,
    format_count,
    format_date,
    format_limit,
    format_rate,
    round_up,
)
from gatesim.measures.sentence import DISCLAIMER, sentence, write_sentence
from gatesim.measures.verdict import make_verdict
from gatesim.scenario import Loaded
from gatesim.scenario.types import DAY, FOREVER
from gatesim.study.claim import sentence_of
from gatesim.study.run import run
from gatesim.study.standing import Standings, question
from tests.scenarios import small, small_data
from tests.test_verdict import ACCOUNTS, LIMIT, SHUTDOWN, found, policy

SMALL = small()
BEGIN = (
    "Reading the order as “person” (not citizens, permanent residents or protected persons), with an assumed "
    "limit of 1 % (leaks as a share of served needs; the order states none), "
)
DATE = "12 June 2026, 17:21 (UTC-04:00)"
LISTED = "listed (shutting down is not counted, nor is a policy that serves nobody)"
END = f" 3 of 40 inputs are guesses. {DISCLAIMER}"


def said(*policies: PolicyResult, accounts: int | None = ACCOUNTS, limit: float = LIMIT) -> str:
    """What the sentence says between its beginning and its end."""
    verdict = make_verdict(SMALL, [*policies, SHUTDOWN], accounts)
    text = write_sentence(SMALL, verdict, verdict.row("person", "leak_share", limit), 3, 40)
    assert text.endswith(END)
    begin = BEGIN.replace("limit of 1 %", f"limit of {format_limit(limit)}")
    assert text.startswith(begin)
    return text[len(begin) : -len(END)]


def test_no_gate_meets_the_limit() -> None:
    assert said(policy("leaky", 0.3, 0.9), policy("near", 0.0432, 0.7, half=0.002, floor_half=0.01)) == (
        f"none of the 2 policies {LISTED} serves at least 50 % of entitled needs within that limit on "
        f"{DATE}. None is within the limit at all. Of those that serve that much, near leaks least: it leaks "
        "4.3 % of served needs and serves 70 % of entitled needs."
    )


def test_that_another_may_serve_as_much_and_leaks_less_is_not_hidden() -> None:
    near, perhaps = policy("near", 0.04, 0.7), policy("perhaps", 0.03, 0.501, floor_half=0.01)
    assert "Of those that are sure to serve that much, near leaks least" in said(near, perhaps)
    worse = policy("perhaps", 0.05, 0.501, floor_half=0.01)
    assert "Of those that serve that much, near leaks least" in said(near, worse)


def test_no_gate_meets_the_limit_nor_serves_the_floor() -> None:
    text = said(policy("leaky", 0.3, 0.2))
    assert text == (
        f"the only policy {LISTED} does not serve at least 50 % of entitled needs within that limit on {DATE}. "
        "It is leaky, which leaks 30.0 % of served needs and serves 20.0 % of entitled needs."
    )
    two = said(policy("leaky", 0.3, 0.2), policy("leakier", 0.4, 0.2))
    assert "None of them is sure to serve that much; leaky leaks least" in two


def test_nothing_listed_serves_anybody() -> None:
    assert (
        said() == f"no listed policy but shutting down serves anybody, within that limit or not, on {DATE}."
    )


def test_a_gate_is_available() -> None:
    assert said(policy("good", 0.005, 0.6, half=0.001), policy("leaky", 0.3, 0.9)) == (
        f"1 of the 2 policies {LISTED} serves at least 50 % of entitled needs within that limit on "
        f"{DATE}: good. It leaks 0.5 % of served needs and serves 60.0 % of entitled needs."
    )


def test_of_several_available_gates_the_one_that_serves_most_is_described() -> None:
    text = said(policy("a", 0.005, 0.6), policy("b", 0.001, 0.7), policy("c", 0.0, 0.55))
    assert f"3 of the 3 policies {LISTED} serve at least" in text
    assert ": a, b and c. Of these, b serves most: it leaks" in text


def test_a_gate_that_cannot_leak_is_said_to_be_so_by_structure() -> None:
    assert "leaks nothing, by its structure, and serves" in said(
        policy("g", 0.0, 0.6, may_leak={"person": False})
    )


def test_a_gate_is_ready_only_later() -> None:
    assert said(policy("late", 0.005, 0.6, half=0.001, lead=20 * DAY)).endswith(
        "The first listed policy that would, late, leaks 0.5 % of served needs and serves 60.0 % of entitled "
        "needs, but is ready on 2 July 2026, 17:21 (UTC-04:00) only (the order's issue and an assumed lead "
        "time)."
    )
    assert "and would never be ready" in said(policy("never", 0.0, 0.6, lead=FOREVER))


def test_a_gate_serves_too_little() -> None:
    assert said(policy("strict", 0.001, 0.12, half=0.0005, floor_half=0.01)).endswith(
        f"on {DATE}. The best listed policy within the limit, strict, leaks 0.10 % of served needs but "
        "serves only 12 % of entitled needs."
    )


def test_noise_decides() -> None:
    assert said(policy("near", 0.009, 0.9, half=0.004), policy("leaky", 0.3, 0.9)) == (
        f"10,000 simulated accounts cannot tell whether one of the 2 policies {LISTED} serves at least 50 % "
        f"of entitled needs within that limit on {DATE}: the noise of near decides, and about 160,000 would "
        "be needed."
    )
    assert "no number of accounts would settle it" in said(policy("clean", 0.0, 0.9, half=0.01), limit=0.0)


def test_a_part_of_the_service_is_named() -> None:
    parts = {"channel": {"api": found(0.3, 0.9)}, "model": {}}
    verdict = make_verdict(SMALL, [policy("gate", 0.1, 0.9, splits={"person": parts})], ACCOUNTS)
    text = write_sentence(SMALL, verdict, verdict.splits[0], 1, 40)
    assert "protected persons), for the channel api alone, with an assumed limit" in text
    assert "1 of 40 inputs is a guess." in text


def test_a_reading_without_a_title_and_the_other_ratio() -> None:
    scenario = small(readings__person__title="")
    verdict = make_verdict(scenario, [policy("gate", 0.1, 0.9)], None)
    text = write_sentence(scenario, verdict, verdict.row("person", "leak_rate", 1e-4), 0, 1)
    assert text.startswith(
        "Reading the order as “person”, with an assumed limit of 0.01 % (leaks as a share of re"
    )
    assert "leaks 10.0 % of restricted needs" in text


OWN = {"restricts": [{"citizenship": ["IN"]}]}
"""An order that says itself whom it restricts."""


def test_one_that_leaks_nothing_and_may_leak_is_said_to_do_so_by_waiting() -> None:
    """Of expected values, in which nobody waits; of a simulation, that none was seen."""
    waits = policy("waits", 0.0, 0.6, may_leak={"person": True})
    assert (
        "leaks 0 % of served needs (but can leak by waiting alone, which is not in expected values: a case may still "
        "wait when the law changes, and be served then) and serves"
    ) in said(waits, accounts=None, limit=0.0)
    seen = policy("waits", 0.0, 0.6, half=0.01, may_leak={"person": True})
    assert "of served needs (none was seen, but it can leak) and serves" in said(seen, limit=0.0)
    assert "can leak" not in said(waits, accounts=None), "it is within a limit above zero"
    assert "can leak" not in said(policy("leaky", 0.001, 0.6), accounts=None, limit=0.0)


def by_own_words(own: tuple[bool, ...], **changes: Any) -> Loaded:
    """The small scenario with so many orders, of which some say themselves whom they restrict."""
    order = small_data()["orders"][0]
    changes |= {"assumptions": None, "orders": [order | (OWN if each else {}) for each in own]}
    data = small_data(**changes)
    return Loaded(small(**changes), data, (("small", ""),), defaultdict(str), ())


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ((True,), "Reading the order by its own words on whom it restricts, with"),
        (
            (False, False),
            "Reading the orders as “person” (not citizens, permanent residents or protected persons), w",
        ),
        (
            (False, True),
            "Reading “order 2” by its own words on whom it restricts, and the other order as “person” (",
        ),
        ((True, True), "Reading the orders by their own words on whom they restrict, with"),
    ],
)
def test_no_reading_is_said_of_an_order_that_says_itself_whom_it_restricts(
    own: tuple[bool, ...], says: str
) -> None:
    loaded = by_own_words(own)
    assert run(loaded, policies=["open"], engine="exact").sentence.startswith(says)
    asked = question(loaded.scenario, policies=["open"], each=True)
    assert sentence_of(loaded, Standings(loaded.scenario, asked)).startswith(says)


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ((False,), "The order can be read in 2 ways, “national” with 25 % and “person” with 75 %, "),
        ((False, False), "The orders can be read in 2 ways, “national” with 25 %"),
        ((False, True), "But for “order 2”, the order can be read in 2 ways, “national” with 25 %"),
        ((True,), "Reading the order by its own words on whom it restricts, "),
    ],
)
def test_readings_in_doubt_are_those_of_orders_that_have_one(own: tuple[bool, ...], says: str) -> None:
    loaded = by_own_words(own, verdict={"readings": {"person": 0.75, "national": 0.25}})
    assert run(loaded, policies=["open"], engine="exact").sentence.startswith(says)


def test_the_sentence_of_a_scenario_is_about_its_first_orders_reading_and_standard() -> None:
    verdict = make_verdict(SMALL, [policy("gate", 0.1, 0.9)], ACCOUNTS)
    own = write_sentence(SMALL, verdict, verdict.row("person", "leak_share", 0.01), 3, 40)
    assert sentence(SMALL, verdict, 3, 40) == own
    nobody = make_verdict(SMALL, [policy("gate", None, None)], ACCOUNTS)
    assert sentence(SMALL, nobody, 3, 40).startswith("Nobody wanted what the order names")
    lawless = small(orders=[])
    assert sentence(lawless, make_verdict(lawless, [], 1), 3, 40).startswith("The scenario has no order")


def test_without_an_order_there_is_nothing_to_say() -> None:
    with_order = make_verdict(SMALL, [policy("gate", 0.0, 0.9)], 1)
    without = make_verdict(small(orders=[]), [], 1)
    with pytest.raises(ValueError, match="without an order"):
        write_sentence(SMALL, without, with_order.rows[0], 1, 2)


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.0432, 0.0412, 0.0452, "4.3 %"),
        (0.00012, 0.00009, 0.00015, "0.012 %"),
        (0.43, 0.38, 0.48, "43 %"),
        (0.434, 0.1, 0.8, "43 %"),
        (0.0004, 0.0, 0.02, "0.04 %"),
        (0.0, 0.0, 0.0000488, "<0.005 %"),
        (0.0, 0.0, 0.0362, "<4 %"),
        (0.0, 0.0, 1.0, "0 %"),
        (0.0, None, None, "0 %"),
        (1.0, 0.9638, 1.0, ">96 %"),
        (1.0, None, None, "100 %"),
        (0.9997, 0.9995, 0.9999, "99.97 %"),
        (0.99999, None, None, "99.99900 %"),
        (0.21637, None, None, "21.6 %"),
        (0.0000123, None, None, "0.00123 %"),
        (None, None, None, "undefined"),
    ],
)
def test_a_share_has_the_digits_that_its_interval_supports(
    value: float | None, low: float | None, high: float | None, text: str
) -> None:
    assert format_rate(value, low, high) == text


def test_a_share_too_small_for_any_model_is_shown_as_such() -> None:
    assert format_rate(1e-8) == "<0.0001 %"
    assert format_rate(1e-8, 0.0, 1e-3) == "0.000001 %", "its interval says something"
    assert format_rate(1 - 1e-8) == ">99.9999 %"
    assert format_rate(1 - 1e-8, 0.9, 1.0) == "99.999999 %", "its interval says something"
    assert format_rate(1 - 1e-15) == "100 %", "no more than the error of a sum"


def test_a_structural_zero_is_told_from_nothing_seen() -> None:
    assert format_rate(0.0, 0.0, 0.03, structural=True) == "0 % (structural)"


@given(st.floats(1e-9, 1 - 1e-9), st.floats(0, 0.5), st.floats(0, 0.5))
def test_what_is_not_nothing_and_not_all_is_never_rounded_to_it(
    value: float, below: float, above: float
) -> None:
    text = format_rate(value, max(value - below, 0.0), min(value + above, 1.0))
    if text == "<0.0001 %":
        assert 100 * min(value + above, 1.0) < SMALLEST
        return
    if text == ">99.9999 %":
        assert 100 * (1 - max(value - below, 0.0)) < SMALLEST
        return
    assert 0 < float(text.rstrip(" %")) < 100
    half = (min(value + above, 1.0) - max(value - below, 0.0)) / 2
    assert abs(float(text.rstrip(" %")) / 100 - value) <= max(half, 0.005 * value) + 1e-12


@given(st.floats(1e-9, 0.9))
def test_a_bound_is_rounded_away_from_nothing(high: float) -> None:
    assert float(format_rate(0.0, 0.0, high).strip("<% ")) >= 100 * high * (1 - 1e-7)


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (12_345.0, 12_200.0, 12_500.0, "12,300"),
        (12_345.0, None, None, "12,300"),
        (7.0, 2.0, 15.0, "7"),
        (0.0, 0.0, 29.957, "<30"),
        (0.0, None, None, "0"),
        (3.14159, 3.13, 3.15, "3.14"),
        (None, None, None, "undefined"),
    ],
)
def test_an_amount_has_the_digits_that_its_interval_supports(
    value: float | None, low: float | None, high: float | None, text: str
) -> None:
    assert format_count(value, low, high) == text


def test_numbers_of_accounts_are_rounded_up() -> None:
    assert [round_up(x) for x in (160_000.0000001, 161_000.0, 0.2, 99.1)] == [160_000, 170_000, 1, 100]


def test_limits_are_written_as_they_were_set() -> None:
    assert [format_limit(x) for x in (0.0, 1e-4, 0.01, 0.05, 0.125)] == [
        "0 %",
        "0.01 %",
        "1 %",
        "5 %",
        "12.5 %",
    ]


def test_dates_at_midnight_need_no_time_of_day() -> None:
    assert format_date(datetime.fromisoformat("2026-07-01T00:00:00-04:00")) == "1 July 2026"
    assert (
        format_date(datetime.fromisoformat("2026-07-01T09:05:00+05:30")) == "1 July 2026, 09:05 (UTC+05:30)"
    )
