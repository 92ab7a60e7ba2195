"""Measures are ratios of what was counted, and their parts add up."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.measures.axes import BLOCK_REASONS, SPLITS, number_of_days
from gatesim.measures.definitions import BY_NAME, DEFINITIONS
from gatesim.measures.intervals import EMPTY, NO_CHANCE, NOT_COVERED, ONE_REPLICATION, clopper_pearson
from gatesim.measures.ledger import ENDS, LEFT_QUEUE, LOST, REFUSED, RULE, SERVED, SERVED_LATE, WAITING
from gatesim.measures.measured import DeskTime, Expected, false_blocks_by_reason, measures, split
from gatesim.measures.tally import Tally, from_ledger
from gatesim.scenario.types import HOUR
from gatesim.world.makers import makers
from tests.ledgers import ledger_of, random_ledger
from tests.scenarios import small

SMALL = small()
RATES = [definition.name for definition in DEFINITIONS if definition.unit == "share"]
seeds = st.integers(0, 2**32)


def random_tally(seed: int, needs: int = 150, accounts: int = 40) -> Tally:
    return from_ledger(SMALL, *random_ledger(SMALL, seed, needs, accounts))


def expected(counts: np.ndarray, accounts: float = 300.0) -> Expected:
    return Expected(counts, accounts, {"document_requests": 150.0, "documents:passport": 75.0})


def shape() -> tuple[int, ...]:
    return (len(makers(SMALL)), len(SMALL.models), number_of_days(SMALL), 2, len(ENDS))


def test_every_measure_of_the_design_is_there() -> None:
    names = set(measures(SMALL, random_tally(1), desk=DeskTime(1.0, 1.0)))
    assert names == set(BY_NAME)
    assert names >= {
        *("false_block_rate", "refused_by_gate", "not_served", "leak_rate", "leak_share", "served_entitled"),
        *("leaks", "false_blocks", "people_leaked", "people_blocked", "people_locked_out", "accounts_leaked"),
        *("people_asked_for_documents", "documents_collected", "cost", "desk_wait", "desk_abandonment"),
    }


def test_rates_of_a_few_needs_by_hand() -> None:
    ledger = ledger_of(
        [
            {"account": 0, "restricted": True, "outcome": SERVED},
            {"account": 1, "restricted": True, "outcome": REFUSED, "reason": RULE},
            {"account": 2, "outcome": SERVED},
            {"account": 3, "outcome": SERVED_LATE},
            {"account": 4, "outcome": SERVED},
            {"account": 5, "outcome": REFUSED, "reason": RULE},
            {"account": 6, "outcome": REFUSED, "reason": WAITING},
        ]
    )
    found = measures(SMALL, from_ledger(SMALL, ledger, np.array([30, 0, 0])))
    values = {name: found[name].value for name in found}
    assert values["leak_rate"] == pytest.approx(1 / 2)
    assert values["leak_share"] == pytest.approx(1 / 4)
    assert values["false_block_rate"] == pytest.approx(2 / 5)
    assert values["refused_by_gate"] == values["not_served"] == pytest.approx(1 / 5)
    assert values["served_entitled"] == pytest.approx(3 / 5)
    assert values["leaks"] == pytest.approx(1 * 3000 / 30), "30 accounts stand for 3000"
    assert found["leaks"].numerator == 1
    assert (found["leaks"].denominator, found["leaks"].scale) == (30, 3000)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, needs=st.integers(0, 150))
def test_rates_lie_between_zero_and_one_and_in_their_intervals(seed: int, needs: int) -> None:
    tally = random_tally(seed, needs)
    whole = measures(SMALL, tally)
    parts = [entry for by in SPLITS for entry in split(SMALL, tally, by).values()]
    for found in (whole, *parts):
        for measure in found.values():
            if measure.value is None:
                assert measure.denominator == 0
                assert (measure.low, measure.high, measure.note) == (None, None, EMPTY)
            elif measure.low is not None and measure.high is not None:
                assert measure.low <= measure.value * (1 + 1e-12)
                assert measure.value <= measure.high * (1 + 1e-12)
            else:
                assert measure.note
            if measure.name in RATES and measure.value is not None:
                assert 0 <= measure.value <= 1
        json.dumps([measure.to_dict() for measure in found.values()], allow_nan=False)


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_parts_of_false_blocks_add_up(seed: int) -> None:
    tally = random_tally(seed)
    found = measures(SMALL, tally)
    blocked, by_gate, otherwise = (
        found[n].numerator for n in ("false_block_rate", "refused_by_gate", "not_served")
    )
    assert by_gate + otherwise == blocked
    assert found["served_entitled"].numerator + blocked == found["served_entitled"].denominator
    reasons = false_blocks_by_reason(SMALL, tally)
    assert tuple(reasons) == BLOCK_REASONS
    assert sum(measure.numerator for measure in reasons.values()) == blocked


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_parts_of_a_split_add_up_to_the_whole(seed: int) -> None:
    tally = random_tally(seed)
    whole = measures(SMALL, tally)
    for by in SPLITS:
        groups = split(SMALL, tally, by).values()
        for name in ("leak_rate", "leak_share", "false_block_rate", "refused_by_gate", "lost_share", "leaks"):
            assert sum(group[name].numerator for group in groups) == whole[name].numerator
        for name in ("leak_rate", "leak_share", "false_block_rate"):
            assert sum(group[name].denominator for group in groups) == whole[name].denominator
    people = split(SMALL, tally, "segment").values()
    assert sum(group["people_leaked"].numerator for group in people) == whole["people_leaked"].numerator


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_expected_counts_go_through_the_same_definitions(seed: int) -> None:
    tally = random_tally(seed)
    exact = expected(tally.counts.astype(np.float64), float(tally.accounts.sum()))
    mine, theirs = measures(SMALL, exact), measures(SMALL, tally)
    for name in (*RATES, "leaks", "false_blocks"):
        if name in mine:
            assert mine[name].value == theirs[name].value
            assert (mine[name].low, mine[name].high) == (None, None)
            assert mine[name].note == (NO_CHANCE if mine[name].value is not None else EMPTY)
    for by in SPLITS:
        counted = split(SMALL, tally, by)
        for group, found in split(SMALL, exact, by).items():
            assert found["leak_rate"].value == counted[group]["leak_rate"].value
    assert [m.numerator for m in false_blocks_by_reason(SMALL, exact).values()] == [
        m.numerator for m in false_blocks_by_reason(SMALL, tally).values()
    ]


def test_expected_documents_and_cost_are_scaled_to_what_is_represented() -> None:
    found = measures(SMALL, expected(np.zeros(shape())))
    assert [found[n].value for n in ("document_requests", "documents_collected", "cost")] == [1500, 750, 1125]
    assert "people_leaked" not in found, "expected counts of needs say nothing about people"


def test_documents_cost_what_their_kind_costs() -> None:
    asked = {"asked": True, "document": 0, "outcome": SERVED}
    ledger = ledger_of([{"account": a, **asked} for a in range(4)])
    found = measures(SMALL, from_ledger(SMALL, ledger, np.array([300, 0, 0])))
    assert found["documents_collected"].value == 40
    assert found["cost"].value == pytest.approx(60), "a passport costs 1.50 to check"
    ratio = found["cost"].high / found["documents_collected"].high
    assert ratio == pytest.approx(1.5), "so does its interval"


def test_undefined_is_none_and_never_zero() -> None:
    ledger = ledger_of([{"account": 0, "outcome": SERVED}, {"account": 1, "outcome": LOST}])
    tally = from_ledger(SMALL, ledger, np.array([9, 0, 0]))
    assert measures(SMALL, tally)["leak_rate"].value is None
    assert measures(SMALL, tally)["leak_share"].value == 0
    empty = from_ledger(SMALL, ledger_of([]), np.array([9, 0, 0]))
    assert {measures(SMALL, empty)[name].value for name in RATES if name in measures(SMALL, empty)} == {None}


def test_one_need_an_account_gets_nearly_clopper_pearsons_interval() -> None:
    rows = [
        {"account": a, "restricted": True, "outcome": SERVED}
        if a < 40
        else {"account": a, "restricted": True, "outcome": REFUSED, "reason": RULE}
        for a in range(1000)
    ]
    found = measures(SMALL, from_ledger(SMALL, ledger_of(rows), np.array([1000, 0, 0])))["leak_rate"]
    assert (found.low, found.high) == pytest.approx(clopper_pearson(40, 1000), rel=2e-3)


def test_the_same_needs_on_fewer_accounts_have_a_wider_interval() -> None:
    """Forty accounts of five needs each, all ending alike, tell as much as forty needs."""

    def width(per_account: int) -> float:
        rows = [
            {"account": n // per_account, "need": n, "restricted": True}
            | ({"outcome": SERVED} if n < 50 else {"outcome": REFUSED, "reason": RULE})
            for n in range(200)
        ]
        found = measures(SMALL, from_ledger(SMALL, ledger_of(rows), np.array([200 // per_account, 0, 0])))
        return found["leak_rate"].high - found["leak_rate"].low

    assert width(5) == pytest.approx(width(1) * np.sqrt(5), rel=0.1)


def test_no_leak_seen_gives_an_upper_bound() -> None:
    rows = [{"account": a, "restricted": True, "outcome": REFUSED, "reason": RULE} for a in range(60)]
    found = measures(SMALL, from_ledger(SMALL, ledger_of(rows), np.array([300, 0, 0])))
    assert found["leak_rate"].one_sided
    assert (1 - found["leak_rate"].high) ** 60 == pytest.approx(0.05)
    assert found["leaks"].high == pytest.approx(-np.log(0.05) * 3000 / 300)


def test_where_a_desk_couples_people_only_replications_have_intervals() -> None:
    one, two = random_tally(1, needs=900), random_tally(2, needs=900)
    alone = measures(SMALL, one, unit="replication", replications=[one])
    assert (alone["leak_rate"].low, alone["leak_rate"].note) == (None, ONE_REPLICATION)
    assert alone["leak_rate"].value is not None
    both = measures(SMALL, one + two, unit="replication", replications=[one, two])
    assert both["leak_rate"].low < both["leak_rate"].value < both["leak_rate"].high
    assert both["leaks"].low < both["leaks"].value < both["leaks"].high
    assert both["leak_rate"].value == measures(SMALL, one + two)["leak_rate"].value
    day = split(SMALL, one + two, "day", unit="replication", replications=[one, two])["2026-06-11"]
    assert day["leak_rate"].low < day["leak_rate"].value < day["leak_rate"].high
    reasons = false_blocks_by_reason(SMALL, one + two, unit="replication", replications=[one, two])
    assert reasons["lost"].low < reasons["lost"].value < reasons["lost"].high


def test_where_a_desk_couples_people_what_none_had_is_bounded_by_their_number() -> None:
    """Two replications alike would bound it by 78 %, whatever the number of accounts in them."""
    tallies = []
    for _ in range(2):
        rows = [{"account": a, "restricted": True, "outcome": REFUSED, "reason": RULE} for a in range(60)]
        rows += [{"account": a, "outcome": SERVED} for a in range(60, 100)]
        tallies.append(from_ledger(SMALL, ledger_of(rows), np.array([300, 0, 0])))
    found = measures(SMALL, tallies[0] + tallies[1], unit="replication", replications=tallies)
    leaks, served = found["leak_rate"], found["served_entitled"]
    assert (1 - leaks.high) ** 120 == pytest.approx(0.05)
    assert served.low**80 == pytest.approx(0.05)
    assert leaks.one_sided
    assert leaks.note.startswith("none seen in 120 accounts")
    assert leaks.note.endswith("as if they did not meet at the desk")
    (rule,) = [
        one
        for reason, one in false_blocks_by_reason(
            SMALL, tallies[0] + tallies[1], unit="replication", replications=tallies
        ).items()
        if reason == "rule"
    ]
    assert rule.high < 0.04


def test_the_desks_measures_by_hand() -> None:
    late, left = {"outcome": SERVED_LATE}, {"outcome": REFUSED, "reason": LEFT_QUEUE}
    ledger = ledger_of(
        [
            {"account": 0, **late, "joined_us": 1 * HOUR, "begun_us": 3 * HOUR, "end_us": 4 * HOUR},
            {"account": 1, **late, "joined_us": 1 * HOUR, "begun_us": 2 * HOUR, "end_us": 4 * HOUR},
            {"account": 2, **left, "joined_us": 1 * HOUR, "end_us": 7 * HOUR},
        ]
    )
    tally = from_ledger(SMALL, ledger, np.array([9, 0, 0]))
    found = measures(SMALL, tally, desk=DeskTime(staffed_us=12.0 * HOUR, window_us=10.0 * HOUR))
    assert found["desk_wait"].value == pytest.approx((2 + 1 + 6) / 3), "hours"
    assert found["desk_abandonment"].value == pytest.approx(1 / 3)
    assert found["desk_utilisation"].value == pytest.approx(3 / 12)
    assert found["desk_queue"].value == pytest.approx(9 / 10), "Little's law"
    assert found["desk_wait"].note == NOT_COVERED
    # Each case by itself, unless people meet.
    leave = found["desk_abandonment"]
    assert (leave.low, leave.high) == pytest.approx(clopper_pearson(1, 3))
    meeting = measures(SMALL, tally, unit="replication", replications=[tally])["desk_abandonment"]
    assert (meeting.low, meeting.high, meeting.note) == (None, None, NOT_COVERED)
    twice = measures(
        SMALL, tally + tally, desk=DeskTime(24.0 * HOUR, 20.0 * HOUR), replications=[tally, tally]
    )
    assert twice["desk_utilisation"].value == pytest.approx(3 / 12)
    assert twice["desk_utilisation"].low == pytest.approx(3 / 12), "two equal replications"


def test_no_case_at_the_desk_no_measure_of_it() -> None:
    tally = from_ledger(SMALL, ledger_of([{"outcome": SERVED}]), np.array([1, 0, 0]))
    assert not {name for name in measures(SMALL, tally, desk=DeskTime(1.0, 1.0)) if name.startswith("desk")}


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ValueError, match="no split by weather"):
        split(SMALL, expected(np.zeros(shape())), "weather")


def test_every_definition_is_a_sentence_with_a_ratio_in_words() -> None:
    for definition in DEFINITIONS:
        assert definition.meaning.endswith(".")
        assert definition.numerator
        assert definition.denominator
        assert definition.title
