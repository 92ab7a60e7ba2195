"""The desk: shifts, scale, priorities, and the closed forms of queueing through the whole engine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from scipy import stats

from gatesim.engine.queueing import erlang_a, erlang_c
from gatesim.engine.reference import simulate
from gatesim.engine.waits import WaitTable, wait_table
from gatesim.law.law import make_law
from gatesim.law.roster import reviewers_by_hour, roster
from gatesim.measures.ledger import LEFT_QUEUE, Ledger
from gatesim.scenario.checks import Desk
from gatesim.scenario.people import Trips, Vpn
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, HOUR, MINUTE
from gatesim.world.draws import PATIENCE, SERVICE, exponential_us
from gatesim.world.people import Account, Body, populate
from tests.handmade import ASKS, NEW, account, at_us, gate
from tests.scenarios import Whole, small

SEED = 7
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
ALWAYS = {"days": [*WORKDAYS, "sat", "sun"], "start": "00:00", "end": "24:00"}
FRIDAY_EVENING = datetime.fromisoformat("2026-06-12T17:21:00-04:00")

FALSE_ALARM = 1e-7


def desk_of(*shifts: dict[str, Any]) -> Desk:
    return Desk.model_validate({"shifts": shifts, "service": "6m"})


# --- shifts -----------------------------------------------------------------------------------------------


def test_an_order_of_friday_evening_meets_a_weekend() -> None:
    office = desk_of({"days": WORKDAYS, "start": "09:00", "end": "17:00", "reviewers": 4})
    monday = 2 * DAY + at_us(24 * 60 - (17 * 60 + 21)) + 9 * HOUR
    assert roster(office, FRIDAY_EVENING, 3 * DAY + 2 * HOUR) == (
        (0, 0),
        (monday, 4),
        (monday + 8 * HOUR, 0),
    )


def test_shifts_run_on_over_midnight_and_add_up() -> None:
    desk = desk_of(
        {"days": ["fri", "sun"], "start": "22:00", "end": "24:00", "reviewers": 2},
        {"days": ["mon", "sat"], "start": "00:00", "end": "06:00", "reviewers": 2},
        {"days": ["sat"], "start": "05:00", "end": "07:00", "reviewers": 3},
    )
    midnight = datetime.fromisoformat("2026-06-13T00:00:00+02:00")  # a Saturday
    hours = [(time // HOUR, number) for time, number in roster(desk, midnight, 3 * DAY)]
    assert hours == [(0, 2), (5, 5), (6, 3), (7, 0), (46, 2), (54, 0)]


def test_one_shift_after_the_other_is_no_change() -> None:
    desk = desk_of({**ALWAYS, "reviewers": 3})
    assert roster(desk, FRIDAY_EVENING, 9 * DAY) == ((0, 3),)


def test_reviewers_by_hour_are_means_and_know_which_hours_are_steady() -> None:
    desk = desk_of({"days": ["fri"], "start": "18:00", "end": "20:00", "reviewers": 4})
    means, steady = reviewers_by_hour(
        roster(desk, FRIDAY_EVENING, 3 * HOUR + 30 * MINUTE), 3 * HOUR + 30 * MINUTE
    )
    assert means == pytest.approx([4 * 21 / 60, 4, 4 * 39 / 60, 0])
    assert steady.tolist() == [False, True, False, True]


# --- one desk, told whole ---------------------------------------------------------------------------------


def desk_world(ends: Sequence[dict[str, Any]] = (), **desk: Any) -> Scenario:
    """Everybody who is asked goes to the desk at once, shows a passport and passes."""
    order = {
        "issued": "2026-06-10T00:00:00-04:00",
        "models": ["new"],
        "reading": "person",
        "standard": {"limit": 0.01},
        "ends": list(ends),
    }
    return small(
        length="10h",
        orders=[order],
        desk=Whole({"service": "6m", **desk}),
        reactions=Whole(),
        documents__passport={"automatic_time": "0s", "to_desk": 1.0},
        segments__natives={"documents": {"passport": 1.0}, "gives_up": 0.0},
        segments__visitors={"channel": "team", "never_answers": 0.0, "presents_borrowed": 1.0},
    )


def live(scenario: Scenario, people: list[Account], **options: Any) -> Ledger:
    law = make_law(scenario, "person")
    tables = gate(law, durations={"cleared": 0}, false_match=1.0)
    return simulate(scenario, law, tables, people, seed=SEED, replication=0, **options)


def at_size(scenario: Scenario, people: list[Account], times: int = 1) -> Scenario:
    """The scenario with every account standing for so many."""
    return scenario.model_copy(update={"people": len(people), "represents": times * len(people)})


def service_us(number: int) -> int:
    return exponential_us(SEED, 0, number, SERVICE, 0, 6 * MINUTE)


def test_a_channel_with_priority_overtakes_then_first_come_first_served() -> None:
    shift = {**ALWAYS, "reviewers": 1}
    scenario = desk_world(shifts=[shift], priority=["team"])
    team, others = 1, 0
    people = [
        account(0, (10, ASKS), segment=others),
        account(1, (10.03, ASKS), segment=others),
        account(2, (10.02, ASKS), segment=others),
        account(3, (10.04, ASKS), segment=team),
    ]
    ledger = live(at_size(scenario, people), people)
    assert service_us(0) > at_us(0.04)
    assert np.argsort(ledger.begun_us).tolist() == [0, 3, 2, 1]
    turns = np.argsort(ledger.begun_us)
    assert ledger.begun_us[turns[1:]].tolist() == ledger.end_us[turns[:-1]].tolist()


def test_who_joins_outside_the_shifts_waits_for_the_next_one() -> None:
    scenario = desk_world(shifts=[{"days": ["wed"], "start": "09:00", "end": "10:00", "reviewers": 2}])
    people = [account(number, (5 * 60 + number, ASKS)) for number in range(3)]
    ledger = live(at_size(scenario, people), people)
    assert ledger.begun_us[:2].tolist() == [at_us(9 * 60)] * 2
    assert ledger.begun_us[2] == ledger.end_us[:2].min()


def test_reviews_in_progress_are_finished_when_the_shift_ends_and_no_other_begins() -> None:
    scenario = desk_world(
        shifts=[
            {"days": ["wed"], "start": "00:00", "end": "01:00", "reviewers": 2},
            {"days": ["wed"], "start": "01:00", "end": "02:00", "reviewers": 1},
        ]
    )
    # Two are in the middle of a review at one o'clock; the third must wait until both have ended.
    people = [account(number, (59.99, ASKS)) for number in (1, 4)] + [account(5, (60.01, ASKS))]
    ledger = live(at_size(scenario, people), people)
    assert ledger.end_us[:2].tolist() == [at_us(59.99) + service_us(number) for number in (1, 4)]
    assert ledger.begun_us[2] == ledger.end_us[:2].max()


def test_a_shift_goes_before_leaving_the_queue() -> None:
    shift = {"days": ["wed"], "start": "01:00", "end": "02:00", "reviewers": 1}
    scenario = desk_world(shifts=[shift], patience="30m")
    patience = exponential_us(SEED, 0, 0, PATIENCE, 0, 30 * MINUTE)
    people = [account(0, ((HOUR - patience) / MINUTE, ASKS))]
    assert live(at_size(scenario, people), people).begun_us.tolist() == [HOUR]


def test_the_law_goes_before_a_shift() -> None:
    lift = {"kind": "lifted", "at": "2026-06-10T01:00:00-04:00"}
    shift = {"days": ["wed"], "start": "01:00", "end": "02:00", "reviewers": 1}
    people = [account(0, (10, ASKS))]
    ledger = live(at_size(desk_world([lift], shifts=[shift]), people), people)
    assert (ledger.end_us[0], ledger.begun_us[0]) == (HOUR, -1)


def test_fewer_people_have_fewer_slower_reviewers() -> None:
    """Three reviewers for ten times as many people: one, at three tenths of the speed; by shift."""
    scenario = desk_world(
        shifts=[
            {"days": ["wed"], "start": "00:00", "end": "05:00", "reviewers": 3},
            {"days": ["wed"], "start": "05:00", "end": "10:00", "reviewers": 6},
        ]
    )
    people = [account(0, (10, ASKS)), account(1, (5 * 60 + 10, ASKS))]
    ledger = live(at_size(scenario, people, times=5), people)
    assert (ledger.end_us - ledger.begun_us).tolist() == [
        int(service_us(0) / 0.6 + 0.5),
        int(service_us(1) / 0.6 + 0.5),
    ]
    ledger = live(at_size(scenario, people, times=10), people)
    assert (ledger.end_us - ledger.begun_us).tolist() == [
        int(service_us(0) / 0.3 + 0.5),
        int(service_us(1) / 0.6 + 0.5),
    ]


# --- waits from the table ---------------------------------------------------------------------------------

LEVELS = 64


def certain_wait(minutes: float) -> WaitTable:
    return WaitTable(np.ones(10), np.full((10, LEVELS), float(at_us(minutes))))


def test_a_drawn_wait_replaces_the_queue_and_not_the_service() -> None:
    scenario = desk_world(shifts=[{**ALWAYS, "reviewers": 1}])
    people = [account(number, (10, ASKS)) for number in range(5)]
    ledger = live(at_size(scenario, people, times=10), people, waits=certain_wait(20))
    assert ledger.joined_us.tolist() == [at_us(10)] * 5
    assert ledger.begun_us.tolist() == [at_us(30)] * 5
    assert ledger.end_us.tolist() == [at_us(30) + service_us(number) for number in range(5)]


def test_patience_that_runs_out_before_a_drawn_wait_leaves() -> None:
    scenario = desk_world(shifts=[{**ALWAYS, "reviewers": 1}], patience="30m")
    people = [account(number, (10, ASKS)) for number in range(40)]
    ledger = live(at_size(scenario, people), people, waits=certain_wait(20))
    leaves = np.array([exponential_us(SEED, 0, n, PATIENCE, 0, 30 * MINUTE) for n in range(40)]) + at_us(10)
    gone = leaves < at_us(30)
    assert 0 < gone.sum() < 40
    assert np.array_equal(ledger.reason == LEFT_QUEUE, gone)
    assert np.array_equal(ledger.end_us[gone], leaves[gone])
    assert np.array_equal(ledger.begun_us >= 0, ~gone)


def test_a_drawn_wait_beyond_the_window_is_pending_and_a_lift_withdraws() -> None:
    scenario = desk_world(shifts=[{**ALWAYS, "reviewers": 1}])
    people = [account(0, (10, ASKS))]
    never = live(at_size(scenario, people), people, waits=WaitTable(np.ones(10), np.full((10, 64), np.inf)))
    assert (never.end_us[0], never.begun_us[0]) == (scenario.length, -1)
    end = {"kind": "lifted", "at": "2026-06-10T00:20:00-04:00"}
    lifted = desk_world([end], shifts=[{**ALWAYS, "reviewers": 1}])
    ledger = live(at_size(lifted, people), people, waits=certain_wait(20))
    assert (ledger.end_us[0], ledger.begun_us[0]) == (at_us(20), -1)


# --- closed forms through the whole engine ----------------------------------------------------------------


def queue_world(reviewers: int, load: float, hours: int, patience: str = "forever") -> Scenario:
    """Very many accounts, each with very few needs, all of which go to the desk: Poisson arrivals.

    A review takes an hour on average; ``load`` cases come in an hour.
    """
    accounts = 20_000
    world = desk_world(shifts=[{**ALWAYS, "reviewers": reviewers}], service="1h", patience=patience)
    native = world.segments["natives"].model_copy(
        update={"share": 1.0, "needs_per_day": 24 * load / accounts, "vpn": Vpn(), "trips": Trips()}
    )
    size = {"length": hours * HOUR, "people": accounts, "represents": accounts}
    return world.model_copy(update={**size, "segments": {"natives": native}, "signals": {}})


def ask_all(scenario: Scenario, **options: Any) -> Ledger:
    """Ask everybody for a document, at every need for the model that the order names."""

    def asked(body: Body) -> Body:
        return replace(body, needs=tuple(need._replace(cell=ASKS, model=NEW) for need in body.needs))

    people = populate(scenario, SEED, 0, scenario.people)
    people = [replace(one, bodies=tuple(asked(body) for body in one.bodies)) for one in people]
    return live(scenario, people, **options)


def agrees(values: np.ndarray, theory: float) -> bool:
    """Whether the mean of a correlated series is the theory's, by 25 batch means and Student's t."""
    means = np.array([batch.mean() for batch in np.array_split(values, 25)])
    error = means.std(ddof=1) / 5
    assert error < 0.2 * theory, "too few cases to say anything"
    return bool(2 * stats.t.sf(abs(means.mean() - theory) / error, 24) > FALSE_ALARM)


def series(ledger: Ledger, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In the order of joining, after a tenth of the window: waited at all, hours waited, left the queue."""
    turn = np.argsort(ledger.joined_us, kind="stable")
    settled = (ledger.joined_us[turn] > length // 10) & (ledger.joined_us[turn] < length - 30 * HOUR)
    turn = turn[settled]
    left = ledger.reason[turn] == LEFT_QUEUE
    until = np.where(left, ledger.end_us[turn], ledger.begun_us[turn])
    assert np.all(until >= 0), "everybody's wait has ended within the window"
    waited = (until - ledger.joined_us[turn]) / HOUR
    return waited > 0, waited, left


@pytest.mark.parametrize(("servers", "load", "hours"), [(1, 0.8, 20_000), (5, 4.0, 4_000)])
@pytest.mark.no_cover  # others cover the same lines
def test_waits_are_those_of_erlang_c(servers: int, load: float, hours: int) -> None:
    p_wait, mean_wait = erlang_c(servers, load, 1.0)
    scenario = queue_world(servers, load, hours)
    waits, waited, left = series(ask_all(scenario), scenario.length)
    assert not left.any()
    assert agrees(waits, p_wait)
    assert agrees(waited, mean_wait)


@pytest.mark.parametrize(("servers", "load", "hours"), [(2, 3.0, 4_000), (10, 12.0, 1_000)])
@pytest.mark.no_cover  # others cover the same lines
def test_waits_and_leavers_are_those_of_erlang_a(servers: int, load: float, hours: int) -> None:
    theory = erlang_a(servers, load, 1.0, 0.5)
    scenario = queue_world(servers, load, hours, patience="2h")
    waits, waited, left = series(ask_all(scenario), scenario.length)
    assert agrees(waits, theory.p_wait)
    assert agrees(waited, theory.mean_wait)
    assert agrees(left, theory.p_abandon)


@pytest.mark.no_cover  # others cover the same lines
def test_waits_drawn_from_the_table_are_those_of_erlang_a() -> None:
    scenario = queue_world(10, 9.0, 1_000, patience="2h")
    hours = np.ones(1_000)
    theory = erlang_a(10, 9.0, 1.0, 0.5)
    ledger = ask_all(scenario, waits=wait_table(scenario, 9.0 * hours, 10.0 * hours))
    waits, waited, left = series(ledger, scenario.length)
    assert agrees(waited, theory.mean_wait)
    assert agrees(left, theory.p_abandon)
    assert agrees(waits, theory.p_wait)
