"""The reference, told as stories: tiny worlds, every instant known, whole traces asserted."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from gatesim.engine.reference import simulate
from gatesim.gates.compile import compile_gate
from gatesim.law.law import make_law
from gatesim.measures.ledger import ENDS, OUTCOMES, REASONS, Ledger
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, HOUR, MINUTE
from gatesim.world.draws import PATIENCE, RETURN, SERVICE, exponential_us
from gatesim.world.people import Account, populate
from tests.handmade import ALLOWS, ASKS, BLOCKS, NEW, OLD, UNTOUCHED, account, at_us, gate
from tests.scenarios import Whole, small

SEED = 7
ALL_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def clock(minutes: float) -> str:
    """The instant some minutes after the start, as a scenario file writes it."""
    hours, rest = divmod(minutes, 60)
    return f"2026-06-10T{int(hours):02}:{int(rest):02}:00-04:00"


def order(begin: float = 0, end: float | None = None, **changes: Any) -> dict[str, Any]:
    """An order against foreign persons from a minute to another."""
    ends = [] if end is None else [{"kind": "lifted", "at": clock(end)}]
    said = {"issued": clock(begin), "models": ["new"], "reading": "person", "standard": {"limit": 0.01}}
    return {**said, "ends": ends, **changes}


def world(*orders: dict[str, Any], **changes: Any) -> Scenario:
    """Ten hours; natives hold a passport and show it; one reviewer works day and night; nobody reacts."""
    shift = {"days": ALL_DAYS, "start": "00:00", "end": "24:00", "reviewers": 1}
    desk = {"service": "6m", "shifts": [shift], **changes.pop("desk", {})}
    base: dict[str, Any] = {
        "length": "10h",
        "orders": list(orders) or [order()],
        "desk": Whole(desk),
        "reactions": Whole(changes.pop("reactions", {})),
        "documents__passport": {"automatic_time": "4m", "to_desk": 0.0},
        "segments__natives": {"documents": {"passport": 1.0}, "gives_up": 0.0},
    }
    return small(**base | changes)


DESK_AT_ONCE = {"automatic_time": "0s", "to_desk": 1.0}


def live(scenario: Scenario, people: list[Account], **options: Any) -> tuple[list[Any], Ledger]:
    """Every event as (minutes, who, what), and the ledger; the desk is as large as the people it is for."""
    scenario = scenario.model_copy(update={"people": len(people), "represents": len(people)})
    law = make_law(scenario, "person")
    trace: list[Any] = []
    ledger = simulate(
        scenario,
        law,
        gate(law, **options),
        people,
        seed=SEED,
        replication=0,
        tell=lambda time, who, event: trace.append((time / MINUTE, who, event)),
    )
    return trace, ledger


def ends(scenario: Scenario, people: list[Account], **options: Any) -> list[str]:
    """How the needs end, in the order of the ledger."""
    _, ledger = live(scenario, people, **options)
    return endings(ledger)


def endings(ledger: Ledger) -> list[str]:
    words = [
        (OUTCOMES[outcome], REASONS[reason])
        for outcome, reason in zip(ledger.outcome, ledger.reason, strict=True)
    ]
    return [outcome if reason == "none" else f"{outcome}: {reason}" for outcome, reason in words]


def service(number: int, need: int = 0) -> float:
    """How many minutes the review of an owner's need lasts where one takes six on average."""
    return exponential_us(SEED, 0, number, SERVICE, need * 64, 6 * MINUTE) / MINUTE


# --- whole traces -----------------------------------------------------------------------------------------


def test_a_check_of_four_minutes_told_whole() -> None:
    trace, ledger = live(world(), [account(0, (10, ASKS), (12, ALLOWS), (14, BLOCKS), (600 - 1, BLOCKS))])
    assert trace == [
        (10, (0, 0, 0), "a check opens"),
        (10, (0, 0, 0), "presents passport"),
        (12, (0, 0, 1), "refused: waiting"),
        (14, (0, 0, 0), "served_late"),
        (14, (0, 0, 2), "served"),
        (599, (0, 0, 3), "served"),
    ]
    assert ledger.end_us.tolist() == [at_us(14), at_us(12), at_us(14), at_us(599)]
    assert ledger.asked.tolist() == [True, False, False, False]
    assert ledger.document.tolist() == [0, -1, -1, -1]
    assert ledger.joined_us.tolist() == [-1] * 4


def test_two_cases_and_one_reviewer_told_whole() -> None:
    scenario = world(documents__passport={"automatic_time": "1m", "to_desk": 1.0})
    people = [account(0, (10, ASKS)), account(1, (10, ASKS), (11, ALLOWS))]
    first, second = 11 + service(0), 11 + service(0) + service(1)
    trace, ledger = live(scenario, people)
    assert trace == [
        (10, (0, 0, 0), "a check opens"),
        (10, (0, 0, 0), "presents passport"),
        (10, (1, 0, 0), "a check opens"),
        (10, (1, 0, 0), "presents passport"),
        (11, (0, 0, 0), "joins the desk"),
        (11, (0, 0, 0), "review begins"),
        (11, (1, 0, 0), "joins the desk"),
        (11, (1, 0, 1), "refused: waiting"),
        (pytest.approx(first), (0, 0, 0), "served_late"),
        (pytest.approx(first), (1, 0, 0), "review begins"),
        (pytest.approx(second), (1, 0, 0), "served_late"),
    ]
    assert ledger.joined_us.tolist() == [at_us(11), at_us(11), -1]
    assert ledger.begun_us.tolist() == [at_us(11), ledger.end_us[0], -1]


def test_a_law_that_comes_and_goes_told_whole() -> None:
    scenario = world(order(begin=20, end=40), documents__passport={"automatic_time": "30m"})
    needs = [(10, BLOCKS), (20, BLOCKS), (30, ASKS), (40, BLOCKS)]
    trace, ledger = live(scenario, [account(0, *needs)])
    assert trace == [
        (10, (0, 0, 0), "served"),
        (20, None, "the law changes"),
        (20, (0, 0, 1), "refused: rule"),
        (30, (0, 0, 2), "a check opens"),
        (30, (0, 0, 2), "presents passport"),
        (40, None, "the law changes"),
        (40, (0, 0, 2), "served_late"),
        (40, (0, 0, 3), "served"),
    ]
    assert ledger.measured.tolist() == [False, True, True, False]


# --- which gate is open -----------------------------------------------------------------------------------


def test_a_model_that_no_order_names_is_served_and_not_measured() -> None:
    _, ledger = live(world(), [account(0, (10, BLOCKS, OLD), (20, BLOCKS, NEW))])
    assert endings(ledger) == ["served", "refused: rule"]
    assert ledger.measured.tolist() == [False, True]


def test_where_the_policy_does_not_act_it_leaves_no_trace() -> None:
    lasting = {"allowed": 5 * HOUR}
    needs = account(0, (10, UNTOUCHED), (20, BLOCKS), (30, UNTOUCHED))
    assert ends(world(), [needs], durations=lasting) == ["served", "refused: rule", "served"]


def test_a_carve_out_for_a_channel_opens_the_gate_and_stays_measured() -> None:
    scenario = world(order(carve_outs=[{"at": clock(15), "channels": ["consumer"]}]))
    _, ledger = live(scenario, [account(0, (10, BLOCKS), (20, BLOCKS))])
    assert endings(ledger) == ["refused: rule", "served"]
    assert ledger.measured.tolist() == [True, True]


def test_restricted_is_judged_when_the_need_arises() -> None:
    scenario = world(order(carve_outs=[{"at": clock(15), "statuses": ["temporary"]}]))
    _, ledger = live(scenario, [account(0, (10, ALLOWS), (15, ALLOWS), segment=1)])
    assert ledger.restricted.tolist() == [True, False]


# --- everybody, one way -----------------------------------------------------------------------------------


@pytest.mark.parametrize("errors", [{}, {"false_accept": 1.0, "false_match": 1.0}])
def test_whoever_holds_a_passport_passes_a_perfect_checker(errors: dict[str, float]) -> None:
    people = [account(number, (number, ASKS)) for number in range(100)]
    assert set(ends(world(), people, **errors)) == {"served_late"}


def test_nobody_passes_a_checker_that_rejects_everything() -> None:
    people = [account(number, (number, ASKS)) for number in range(100)]
    assert set(ends(world(), people, false_reject=1.0)) == {"refused: check_failed"}


ANSWERS = [
    ({"never_answers": 1.0, "gives_up": 1.0}, "refused: no_answer", -1),
    ({"gives_up": 1.0}, "refused: gave_up", -1),
    ({"documents": {"passport": 0.0}}, "refused: no_document", -1),
    ({"documents": {"passport": 0.0}, "presents_borrowed": 1.0}, "served_late", 0),
    ({"documents": {"passport": 0.0}, "presents_forged": 1.0}, "refused: check_failed", 0),
    ({"documents": {"passport": 0.0}, "presents_borrowed": 1.0, "presents_forged": 1.0}, "served_late", 0),
    ({"presents_borrowed": 1.0, "presents_forged": 1.0}, "refused: check_failed", 0),
]


@pytest.mark.parametrize(("answer", "end", "document"), ANSWERS)
def test_how_the_owner_answers_decides_a_check(answer: dict[str, Any], end: str, document: int) -> None:
    """This checker knows no genuine document when it sees one, and passes every borrowed one."""
    natives = {"documents": {"passport": 1.0}, "gives_up": 0.0, **answer}
    people = [account(number, (10, ASKS)) for number in range(20)]
    _, ledger = live(world(segments__natives=natives), people, false_reject=1.0, false_match=1.0)
    assert set(endings(ledger)) == {end}
    assert set(ledger.document.tolist()) == {document}


def test_a_document_that_shows_too_little_is_collected_and_fails() -> None:
    proves = {"citizen": "citizen", "temporary": "temporary"}
    scenario = world(
        documents__passport={"proves": Whole(proves)},
        segments__visitors={"documents": {"passport": 1.0}, "never_answers": 0.0, "presents_borrowed": 0.0},
    )
    _, ledger = live(scenario, [account(0, (10, ASKS), segment=1)])
    assert endings(ledger) == ["refused: check_failed"]
    assert ledger.document.tolist() == [0]


@pytest.mark.parametrize(
    ("shown", "end"), [("nothing", "served_late"), ("temporary", "refused: no_document")]
)
def test_a_document_that_shows_no_status_is_enough_where_it_is_accepted(shown: str, end: str) -> None:
    """Where nothing that the kind can show clears, there is nothing acceptable to borrow or to forge."""
    visitors = {"documents": {"passport": float(shown == "nothing")}, "never_answers": 0.0}
    visitors |= {"presents_borrowed": 1.0, "presents_forged": 1.0}
    scenario = world(documents__passport={"proves": Whole({"temporary": shown})}, segments__visitors=visitors)
    assert ends(scenario, [account(0, (10, ASKS), segment=1)], false_match=1.0) == [end]


def test_a_status_that_cannot_hold_a_document_does_not() -> None:
    visitors = {"documents": {"passport": 1.0}, "never_answers": 0.0, "presents_borrowed": 0.0}
    scenario = world(segments__visitors=visitors)
    assert ends(scenario, [account(0, (10, ASKS), segment=1)]) == ["refused: no_document"]


def test_a_check_without_time_and_desk_is_decided_at_once() -> None:
    scenario = world(documents__passport={"automatic_time": "0s", "to_desk": 0.0})
    assert ends(scenario, [account(0, (10, ASKS), (10, BLOCKS))]) == ["served", "served"]
    refused = ["refused: check_failed", "refused: rule"]
    assert ends(scenario, [account(0, (10, ASKS), (10, BLOCKS))], false_reject=1.0) == refused


def test_the_owner_answers_and_the_clearance_covers_the_co_user() -> None:
    people = [account(0, (20, BLOCKS), co_user=[(10, ASKS), (12, ALLOWS), (30, BLOCKS)])]
    trace, _ = live(world(), people)
    assert trace == [
        (10, (0, 1, 0), "a check opens"),
        (10, (0, 1, 0), "presents passport"),
        (12, (0, 1, 1), "refused: waiting"),
        (14, (0, 1, 0), "served_late"),
        (20, (0, 0, 0), "served"),
        (30, (0, 1, 2), "served"),
    ]


# --- the table of section 5: waiting ----------------------------------------------------------------------


def test_waiting_and_the_gate_opens_withdraws_from_queue_and_reviewer() -> None:
    """A lift of one model: its cases leave together, and then the reviewer takes a case of the other one."""
    both = order(models=["new", "old"], carve_outs=[{"at": clock(11), "models": ["new"]}])
    scenario = world(both, documents__passport=DESK_AT_ONCE, desk={"service": "60d"})
    people = [
        account(0, (10, ASKS, NEW), (12, BLOCKS, OLD)),
        account(1, (10, ASKS, NEW)),
        account(2, (10, ASKS, OLD)),
    ]
    trace, ledger = live(scenario, people, durations={"cleared": 0})
    assert trace[-5:] == [
        (11, None, "the law changes"),
        (11, (0, 0, 0), "served_late"),
        (11, (1, 0, 0), "served_late"),
        (11, (2, 0, 0), "review begins"),
        (12, (0, 0, 1), "refused: rule"),  # the account is fresh, and waits no more
    ]
    assert endings(ledger) == ["served_late", "refused: rule", "served_late", "pending"]
    assert ledger.begun_us.tolist() == [at_us(10), -1, -1, at_us(11)]


def test_waiting_and_the_gate_opens_during_the_automatic_part() -> None:
    scenario = world(order(end=12))
    assert ends(scenario, [account(0, (10, ASKS), (12, BLOCKS))]) == ["served_late", "served"]
    trace, _ = live(scenario, [account(0, (10, ASKS))])
    assert trace[-1] == (12, (0, 0, 0), "served_late")


def test_waiting_and_the_law_changes_otherwise_goes_on() -> None:
    scenario = world(order(), order(begin=12, models=["old"]))
    trace, _ = live(scenario, [account(0, (10, ASKS), (13, ALLOWS))])
    assert trace[-3:] == [
        (12, None, "the law changes"),
        (13, (0, 0, 1), "refused: waiting"),
        (14, (0, 0, 0), "served_late"),
    ]


def test_what_was_presented_is_weighed_by_the_law_of_that_time() -> None:
    """The carve-out for temporary residents comes while the document is looked at: too late."""
    proves = {"citizen": "citizen", "temporary": "temporary"}
    visitors = {"documents": {"passport": 1.0}, "never_answers": 0.0, "presents_borrowed": 0.0}
    scenario = world(
        order(carve_outs=[{"at": clock(12), "statuses": ["temporary"]}]),
        documents__passport={"proves": Whole(proves)},
        segments__visitors=visitors,
    )
    needs = account(0, (10, ASKS), (20, ASKS), segment=1)
    assert ends(scenario, [needs]) == ["refused: check_failed", "served_late"]


@pytest.mark.parametrize(
    ("reject", "expected"),
    [
        (0.0, ["served_late", "served", "served"]),
        (1.0, ["refused: check_failed", "refused: standing_block", "refused: rule"]),
    ],
)
def test_waiting_and_the_verdict_clears_or_fails(reject: float, expected: list[str]) -> None:
    scenario = world(documents__passport=DESK_AT_ONCE)
    verdict = 10 + service(0)
    people = [account(0, (10, ASKS), (verdict, BLOCKS), (verdict + 61, BLOCKS))]
    assert ends(scenario, people, durations={"check_failed": HOUR}, false_reject=reject) == expected


def patience(number: int, minutes: float = 30) -> float:
    mean = minutes * MINUTE
    return exponential_us(SEED, 0, number, PATIENCE, 0, mean) / MINUTE


def test_waiting_and_patience_runs_out_leaves_the_desk() -> None:
    nobody = {
        "patience": "30m",
        "shifts": [{"days": ["sat"], "start": "09:00", "end": "17:00", "reviewers": 1}],
    }
    scenario = world(documents__passport=DESK_AT_ONCE, desk=nobody)
    leaves = 10 + patience(0)
    people = [account(0, (10, ASKS), (leaves, ALLOWS), (leaves + 60, ALLOWS))]
    trace, ledger = live(scenario, people, durations={"check_failed": HOUR})
    assert trace[2:] == [
        (10, (0, 0, 0), "joins the desk"),
        (pytest.approx(leaves), (0, 0, 0), "refused: left_queue"),
        (pytest.approx(leaves), (0, 0, 1), "refused: standing_block"),
        (pytest.approx(leaves + 60), (0, 0, 2), "served"),
    ]
    assert ledger.begun_us.tolist() == [-1, -1, -1]


def test_patience_can_run_out_during_the_automatic_part() -> None:
    desk = {"patience": "30m"}
    scenario = world(documents__passport={"automatic_time": "9h", "to_desk": 1.0}, desk=desk)
    trace, ledger = live(scenario, [account(0, (10, ASKS))])
    assert trace[-1] == (pytest.approx(10 + patience(0)), (0, 0, 0), "refused: left_queue")
    assert ledger.joined_us.tolist() == [-1]


def test_without_a_desk_in_it_a_check_knows_no_patience() -> None:
    scenario = world(documents__passport={"automatic_time": "9h"}, desk={"patience": "1s"})
    assert ends(scenario, [account(0, (10, ASKS))]) == ["served_late"]


def test_patience_that_begins_a_review_is_at_rest() -> None:
    scenario = world(documents__passport=DESK_AT_ONCE, desk={"service": "6m", "patience": "1s"})
    assert ends(scenario, [account(0, (10, ASKS))]) == ["served_late"]


def test_waiting_at_the_end_of_the_window_is_pending() -> None:
    scenario = world(documents__passport={"automatic_time": "10m"})
    _, ledger = live(scenario, [account(0, (590, ASKS))])
    assert endings(ledger) == ["pending"]
    assert ledger.end_us.tolist() == [scenario.length]


# --- the table of section 5: cleared, allowed, blocked, check_failed, fresh -------------------------------

SWITCHES = {
    "lift and return": [order(end=60), order(begin=120)],
    "narrowing": [order(carve_outs=[{"at": clock(60), "statuses": ["protected"]}])],
    "another order in force": [order(), order(begin=60, models=["old"])],
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_cleared_stays_cleared_when_the_law_changes(switch: str) -> None:
    people = [account(0, (10, ASKS), (59, BLOCKS), (121, BLOCKS))]
    assert ends(world(*SWITCHES[switch]), people) == ["served_late", "served", "served"]


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize(
    ("first", "state", "then", "held", "expected"),
    [
        (ALLOWS, "allowed", BLOCKS, "served", "refused: rule"),
        (BLOCKS, "blocked", ALLOWS, "refused: standing_block", "served"),
        (ASKS, "check_failed", ALLOWS, "refused: standing_block", "served"),
    ],
)
def test_other_states_end_with_the_law_they_were_made_under(
    switch: str, first: int, state: str, then: int, held: str, expected: str
) -> None:
    people = [account(0, (10, first), (59, then), (121, then))]
    got = ends(world(*SWITCHES[switch]), people, durations={state: 9 * HOUR}, false_reject=1.0)
    assert got[1:] == [held, expected]


@pytest.mark.parametrize(
    ("first", "state", "begin", "then", "held", "expected"),
    [
        (ALLOWS, "allowed", 10, BLOCKS, "served", "refused: rule"),
        (BLOCKS, "blocked", 10, ALLOWS, "refused: standing_block", "served"),
        (ASKS, "check_failed", 14, ALLOWS, "refused: standing_block", "served"),
        (ASKS, "cleared", 14, BLOCKS, "served", "refused: rule"),
    ],
)
def test_a_state_holds_for_its_duration_and_not_at_its_end(
    first: int, state: str, begin: float, then: int, held: str, expected: str
) -> None:
    reject = float(state == "check_failed")
    just_before = begin + 60 - 1e-7
    people = [account(0, (10, first), (just_before, then), (begin + 60, then))]
    got = ends(world(), people, durations={state: HOUR}, false_reject=reject)
    assert got[1:] == [held, expected]


@pytest.mark.parametrize("first", [ALLOWS, BLOCKS, ASKS])
def test_a_state_without_duration_is_never_entered(first: int) -> None:
    people = [account(0, (10, first), (30, BLOCKS), (30, ALLOWS))]
    got = ends(world(), people, durations={"cleared": 0})
    assert got[1:] == ["refused: rule", "served"]


def test_only_a_fresh_account_is_allowed_or_blocked_anew() -> None:
    """Sessions of an allowed account do not prolong it."""
    people = [account(0, (10, ALLOWS), (60, ALLOWS), (71, BLOCKS))]
    assert ends(world(), people, durations={"allowed": HOUR}) == ["served", "served", "refused: rule"]


@pytest.mark.parametrize("switch", SWITCHES)
def test_fresh_stays_fresh_when_the_law_changes(switch: str) -> None:
    people = [account(0, (130, BLOCKS), (140, ALLOWS))]
    assert ends(world(*SWITCHES[switch]), people) == ["refused: rule", "served"]


def test_a_shutdown_says_so() -> None:
    got = ends(
        world(), [account(0, (10, BLOCKS), (20, ALLOWS))], is_shutdown=True, durations={"blocked": DAY}
    )
    assert got == ["refused: shutdown", "refused: shutdown"]


# --- reactions --------------------------------------------------------------------------------------------


def test_everybody_falls_back_where_the_model_has_a_fallback() -> None:
    orders = order(models=["new", "old"])
    scenario = world(orders, reactions={"fall_back": 1.0})
    got = ends(scenario, [account(0, (10, BLOCKS, NEW), (20, BLOCKS, OLD))])
    assert got == ["fallback: rule", "refused: rule"]


@pytest.mark.parametrize("switch", SWITCHES)
def test_gone_stays_gone_when_the_law_changes_and_returns_in_time(switch: str) -> None:
    scenario = world(*SWITCHES[switch], reactions={"leave": 1.0, "away": "90m"})
    back = 10 + exponential_us(SEED, 0, 5, RETURN, 0, 90 * MINUTE) / MINUTE
    assert back > 123
    people = [account(5, (10, BLOCKS), (62, ALLOWS), (122, ALLOWS), (back - 1e-7, ALLOWS), (back, ALLOWS))]
    assert ends(scenario, people) == ["refused: rule", "lost", "lost", "lost", "served"]


def test_who_leaves_for_ever_is_lost_for_every_model() -> None:
    scenario = world(reactions={"leave": 1.0})
    people = [account(0, (10, BLOCKS, NEW), (20, ALLOWS, OLD), co_user=[(30, ALLOWS)])]
    assert ends(scenario, people) == ["refused: rule", "lost", "served"]


def test_a_person_leaves_at_the_verdict_and_not_before() -> None:
    scenario = world(reactions={"leave": 1.0})
    people = [account(0, (10, ASKS), co_user=[(20, ALLOWS)]), account(1, (14, ALLOWS))]
    assert ends(scenario, people, false_reject=1.0) == ["refused: check_failed", "served", "served"]
    _, ledger = live(scenario, [account(0, (10, ASKS), (14, ALLOWS))], false_reject=1.0)
    assert endings(ledger) == ["refused: check_failed", "lost"]


def test_who_is_gone_already_and_refused_by_a_verdict_returns_at_the_later_instant() -> None:
    """Refused at 12 because the account waits, and again at 14 by the verdict on the first need."""
    scenario = world(reactions={"leave": 1.0, "away": "90m"})
    minutes = [exponential_us(SEED, 0, 3, RETURN, need, 90 * MINUTE) / MINUTE for need in (0, 1)]
    back = 12 + minutes[1]
    assert 14 + minutes[0] < back - 1
    people = [account(3, (10, ASKS), (12, ALLOWS), (back - 1, ALLOWS), (back, ALLOWS))]
    got = ends(scenario, people, false_reject=1.0)
    assert got == ["refused: check_failed", "refused: waiting", "lost", "served"]


# --- what comes first at one microsecond ------------------------------------------------------------------


def test_of_two_at_once_the_lower_account_gets_the_reviewer() -> None:
    scenario = world(documents__passport=DESK_AT_ONCE)
    people = [account(0), account(1, (10, ASKS)), account(2, (10, ASKS))]
    _, ledger = live(scenario, people)
    assert ledger.begun_us.tolist() == [at_us(10), ledger.end_us[0]]


def test_of_two_bodies_at_once_the_owner_goes_first() -> None:
    people = [account(0, (10, ASKS), co_user=[(10, ASKS)])]
    assert ends(world(), people) == ["served_late", "refused: waiting"]


def test_of_two_needs_at_once_the_earlier_number_goes_first() -> None:
    assert ends(world(), [account(0, (10, ASKS), (10, ASKS))]) == ["served_late", "refused: waiting"]


def test_a_verdict_goes_before_a_session_even_of_a_lower_account_or_body() -> None:
    people = [account(0, (14, BLOCKS), co_user=[(10, ASKS)])]
    assert ends(world(), people) == ["served", "served_late"]


def test_the_law_goes_before_the_verdict() -> None:
    """At the instant of a verdict that would fail, the order is lifted: the need is served."""
    assert ends(world(order(end=14)), [account(0, (10, ASKS))], false_reject=1.0) == ["served_late"]


def test_the_end_of_a_service_goes_before_leaving_the_queue() -> None:
    """The patience of the second ends at the very microsecond at which the first one's review does."""
    scenario = world(documents__passport=DESK_AT_ONCE, desk={"service": "6m", "patience": "30m"})
    first_ends = 100 + service(1)
    second_comes = first_ends - patience(5)
    assert second_comes > 100
    people = [account(1, (100, ASKS)), account(5, (second_comes, ASKS))]
    _, ledger = live(scenario, people)
    assert endings(ledger) == ["served_late", "served_late"]
    assert ledger.begun_us[1] == ledger.end_us[0] == ledger.time_us[1] + round(patience(5) * MINUTE)


# --- everything at once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["open", "shutdown", "any_foreign", "careful", "ask"])
def test_every_need_ends_once_and_in_a_way_that_makes_sense(policy: str) -> None:
    scenario = small()
    people = populate(scenario, SEED, 0, 300)
    law = make_law(scenario, "person")
    done: list[float] = []
    seen = simulate(
        scenario,
        law,
        compile_gate(scenario, policy, law),
        people,
        seed=SEED,
        replication=0,
        progress=done.append,
    )
    needs = [(a.number, b.slot, n.number) for a in people for b in a.bodies for n in b.needs]
    assert list(zip(seen.account, seen.body, seen.need, strict=True)) == needs
    assert set(zip(seen.outcome, seen.reason, strict=True)) <= set(ENDS)
    assert np.all(seen.end_us >= seen.time_us)
    assert np.all(seen.end_us <= scenario.length)
    late = np.isin(seen.outcome, [OUTCOMES.index("served_late"), OUTCOMES.index("pending")])
    assert np.all(seen.asked[late])
    assert np.all(seen.end_us[~seen.asked] == seen.time_us[~seen.asked])
    assert np.all(seen.document[~seen.asked] == -1)
    joined, begun = seen.joined_us >= 0, seen.begun_us >= 0
    assert np.all(joined[begun])
    assert np.all(seen.begun_us[begun] >= seen.joined_us[begun])
    assert not np.any(seen.restricted & ~seen.measured)
    assert done == sorted(done)
    assert done[-1] == 1.0


def test_the_same_run_twice_is_the_same_ledger() -> None:
    scenario = small()
    people = populate(scenario, SEED, 0, 100)
    law = make_law(scenario, "person")
    compiled = compile_gate(scenario, "ask", law)
    one, two = (simulate(scenario, law, compiled, people, seed=SEED, replication=0) for _ in range(2))
    for column in Ledger.columns():
        assert np.array_equal(getattr(one, column), getattr(two, column)), column
    assert Counter(one.outcome.tolist())[0] > 0


def test_without_people_who_wait_for_each_other_a_population_is_the_sum_of_its_parts() -> None:
    scenario = small(documents__passport={"to_desk": 0.0})
    law = make_law(scenario, "person")
    compiled = compile_gate(scenario, "ask", law)
    whole, first, second = (
        simulate(scenario, law, compiled, populate(scenario, SEED, 0, part), seed=SEED, replication=0)
        for part in (range(60), range(35), range(35, 60))
    )
    for column in Ledger.columns():
        parts = [getattr(first, column), getattr(second, column)]
        assert np.array_equal(getattr(whole, column), np.concatenate(parts)), column


# --- what it refuses to do --------------------------------------------------------------------------------


def test_a_desk_that_is_not_there_is_missed_before_the_run() -> None:
    scenario = world(documents__passport=DESK_AT_ONCE).model_copy(update={"desk": None})
    with pytest.raises(ValueError, match="passport goes to a desk"):
        live(scenario, [account(0, (10, ASKS))])


def test_checks_without_a_desk_work_without_one() -> None:
    scenario = world(order(end=12)).model_copy(update={"desk": None})
    people = [account(0, (5, ASKS)), account(1, (10, ASKS))]
    assert ends(scenario, people) == ["served_late", "served_late"]


def test_tables_that_do_not_match_the_epochs_are_refused() -> None:
    scenario = world(order(end=60))
    law = make_law(scenario, "person")
    with pytest.raises(ValueError, match="2 epochs"):
        simulate(scenario, law, gate(law)[:1], [], seed=SEED, replication=0)
