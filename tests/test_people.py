"""The people: the same in every population, and distributed as their scenario says.

Every comparison with a distribution is an exact test that raises a false alarm with probability 1e-7, so that
each test here stays below 1e-6. Seeds are fixed.
"""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from gatesim.law.law import make_law
from gatesim.scenario.types import DAY, HOUR
from gatesim.world.draws import SLOT
from gatesim.world.order_ends import draw_order_ends
from gatesim.world.people import Account, Body, People, populate
from gatesim.world.readings import AT_HOME, NETWORK_STRIDE, ON_VPN, Readings
from gatesim.world.space import CellSpace
from tests.scenarios import Whole, small

pytestmark = pytest.mark.no_cover  # others cover the same lines, but for a few

FALSE_ALARM = 1e-7
HOME, ABROAD = 0, 1
ALWAYS = Whole({"US": 1.0, "other": 0.0})


def agrees(hits: int, of: int, probability: float) -> bool:
    """Whether a count of independent trials is what its probability lets expect."""
    return bool(stats.binomtest(int(hits), int(of), probability).pvalue > FALSE_ALARM)


def bodies(people: list[Account]) -> list[Body]:
    return [body for account in people for body in account.bodies]


def travellers(**changes):
    """One segment that travels a third of its time, and exact signals of its place, network and kind."""
    native = {
        "share": 1.0,
        "status": "citizen",
        "citizenship": ["US"],
        "home": "US",
        "needs_per_day": 2.0,
        "card": {"US": 1.0},
        "declared": {"US": 1.0},
        "vpn": {"users": 0.3, "on": 0.5, "exits": {"US": 0.4, "other": 0.6}},
        "trips": {"every": "4d", "length": "2d", "to": {"other": 1.0}},
        "models": {"new": 0.8, "old": 0.2},
    }
    signals = {
        "device": {"observes": "device"},
        "network": {"observes": "network"},
        "kind": {"observes": "network_kind"},
    }
    return small(segments=Whole(natives=native), signals=Whole(signals), **changes)


# --- one person, whatever the population ------------------------------------------------------------------


def test_person_17_is_the_same_among_a_hundred_and_alone() -> None:
    scenario = small()
    among_hundred = populate(scenario, 7, 0, 100)
    assert populate(scenario, 7, 0, range(17, 18)) == [among_hundred[17]]
    assert populate(small(people=10**6, represents=10**9), 7, 0, 100) == among_hundred


def test_another_seed_and_another_replication_are_other_people() -> None:
    scenario = small()
    people = [populate(scenario, seed, replication, 20) for seed, replication in ((7, 0), (8, 0), (7, 1))]
    times = [{need.time_us for body in bodies(some) for need in body.needs} for some in people]
    assert not times[0] & times[1]
    assert not times[0] & times[2]


def test_a_seed_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        populate(small(), 2**32, 0, 1)


def test_needs_are_numbered_in_order_of_time_and_lie_in_the_window() -> None:
    scenario = small()
    for body in bodies(populate(scenario, 7, 0, 200)):
        assert [need.number for need in body.needs] == list(range(len(body.needs)))
        assert all(early.time_us <= late.time_us for early, late in pairwise(body.needs))
        assert all(0 <= need.time_us < scenario.length for need in body.needs)


def test_a_rate_of_zero_makes_no_needs() -> None:
    people = populate(small(segments__natives__needs_per_day=0.0), 7, 0, 100)
    natives = [account for account in people if account.segment == 0]
    assert natives
    assert not any(body.needs for account in natives for body in account.bodies)


# --- how many, how often ----------------------------------------------------------------------------------


def test_segments_have_their_shares_to_within_a_handful() -> None:
    counts = np.bincount([account.segment for account in populate(small(length="1h"), 7, 0, 1000)])
    assert np.abs(counts - [500, 100, 400]).max() <= 10  # stratified: log2(1000) points at each edge


def test_needs_are_poisson_of_the_accounts_rate() -> None:
    people = populate(travellers(), 7, 0, 3000)
    counts = np.array([len(account.bodies[0].needs) for account in people])
    expected = 2.0 * 10
    z = (counts.sum() - expected * len(counts)) / np.sqrt(expected * len(counts))
    dispersion = ((counts - expected) ** 2).sum() / expected
    assert stats.norm.sf(abs(z)) * 2 > FALSE_ALARM
    assert min(stats.chi2.cdf(dispersion, len(counts)), stats.chi2.sf(dispersion, len(counts))) > FALSE_ALARM


def test_activity_multiplies_the_rate_and_co_users_share_it() -> None:
    people = [a for a in populate(small(), 7, 0, 4000) if a.segment == 2]
    assert agrees(sum(a.rate == 2.5 for a in people), len(people), 0.25)
    assert {a.rate for a in people} == {0.5, 2.5}
    shared = [a for a in people if len(a.bodies) == 2]
    assert agrees(len(shared), len(people), 0.1)
    assert {(a.bodies[1].slot, a.bodies[1].segment, a.bodies[1].person - a.number) for a in shared} == {
        (1, 1, SLOT)
    }
    by_owner = sum(len(a.bodies[0].needs) for a in shared)
    by_both = by_owner + sum(len(a.bodies[1].needs) for a in shared)
    assert agrees(by_owner, by_both, 0.7)


def test_models_cards_and_forms_come_in_their_shares() -> None:
    people = populate(small(), 7, 0, 4000)
    natives = [a for a in people if a.segment == 0]
    needs = [need for a in natives for need in a.bodies[0].needs]
    assert agrees(sum(need.model == 1 for need in needs), len(needs), 0.2)
    assert agrees(sum(a.card == ABROAD for a in natives), len(natives), 0.02)
    assert all(a.declared == HOME for a in natives)


# --- trips and VPN ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [0, 5, 9.999])
def test_people_are_abroad_in_the_stationary_share_from_the_start(day: float) -> None:
    people = People(travellers(), 7, 0)
    instant = int(day * DAY)
    away = sum(
        any(trip.begin_us <= instant < trip.end_us for trip in people.trips(person, 0))
        for person in range(5000)
    )
    assert agrees(away, 5000, 2 / 6)


@pytest.mark.no_cover  # others cover the same lines
def test_needs_arise_abroad_in_the_stationary_share() -> None:
    counts = [
        (sum(need.region == ABROAD for need in body.needs), len(body.needs))
        for body in bodies(populate(travellers(), 7, 0, 5000))
    ]
    abroad, needs = np.array(counts, dtype=float).T
    residual = abroad - needs / 3  # needs of one person are correlated: the person is the unit
    z = residual.sum() / np.sqrt((residual**2).sum())
    assert stats.norm.sf(abs(z)) * 2 > FALSE_ALARM


def test_the_device_is_abroad_during_trips_and_only_then() -> None:
    people = People(travellers(), 7, 0)
    for number in range(200):
        trips = people.trips(number, 0)
        assert [trip.number for trip in trips] in (list(range(len(trips))), list(range(1, len(trips) + 1)))
        for need in people.account(number).bodies[0].needs:
            away = any(trip.begin_us <= need.time_us < trip.end_us for trip in trips)
            assert need.region == (ABROAD if away else HOME)


def test_nobody_travels_when_trips_last_no_time() -> None:
    scenario = travellers(segments__natives__trips={"length": "0s"})
    assert all(need.region == HOME for body in bodies(populate(scenario, 7, 0, 200)) for need in body.needs)


def test_a_vpn_hides_the_device_behind_its_exit() -> None:
    scenario = travellers()
    people, space = People(scenario, 7, 0), CellSpace.of(scenario)
    users, through_vpn, by_users, exits_abroad = 0, 0, 0, 0
    for number in range(4000):
        vpn_exit = people.vpn_exit(number, 0)
        users += vpn_exit is not None
        exits_abroad += vpn_exit == ABROAD
        for need in people.account(number).bodies[0].needs:
            device, network, kind = space.parts(need.cell)[:3]
            assert device == need.region
            assert network == (vpn_exit if kind == 1 else device)
            assert kind == 0 or vpn_exit is not None
            by_users += vpn_exit is not None
            through_vpn += kind
    assert agrees(users, 4000, 0.3)
    assert agrees(exits_abroad, users, 0.6)
    assert agrees(through_vpn, by_users, 0.5)


# --- readings ---------------------------------------------------------------------------------------------


def readings_of(scenario, people: list[Account], signal: int) -> list[list[int]]:
    space = CellSpace.of(scenario)
    return [[space.parts(need.cell)[signal] for need in body.needs] for body in bodies(people)]


def test_the_cell_holds_channel_model_and_age_of_the_account() -> None:
    scenario = small(segments__visitors={"account_age": "30d", "channel": "team"})
    space = CellSpace.of(scenario)
    for account in populate(scenario, 7, 0, 300):
        channel, band = [(0, 1), (1, 0), (0, 1)][account.segment]
        for body in account.bodies:  # co-users are visitors, too, but the account is the owner's
            assert all(space.parts(need.cell)[-3:] == (channel, need.model, band) for need in body.needs)


def test_a_perfect_signal_reads_the_truth_and_one_without_coverage_nothing() -> None:
    signals = {"card": {"observes": "card"}, "blind": {"observes": "declared", "coverage": 0.0}}
    scenario = small(signals=Whole(signals))
    people = populate(scenario, 7, 0, 300)
    for account in people:
        for card, blind in zip(
            readings_of(scenario, [account], 0), readings_of(scenario, [account], 1), strict=True
        ):
            assert set(card) <= {account.card}
            assert set(blind) <= {2}


@pytest.mark.parametrize("refresh", ["account", "session"])
def test_a_signal_errs_as_often_as_its_accuracy_says(refresh: str) -> None:
    signal = {"observes": "declared", "accuracy": {"US": 0.7, "other": 0.9}, "refresh": refresh}
    scenario = small(signals=Whole(form=signal), segments__natives__declared=ALWAYS)
    people = [a for a in populate(scenario, 7, 0, 3000) if a.segment == 0]
    read = readings_of(scenario, people, 0)
    if refresh == "account":
        assert all(len(set(one)) <= 1 for one in read)
        read = [one[:1] for one in read]
    flat = [reading for one in read for reading in one]
    assert agrees(sum(reading == HOME for reading in flat), len(flat), 0.7)


def test_the_error_of_a_place_sticks_to_it() -> None:
    signals = {"ip": {"observes": "network", "accuracy": 0.5, "refresh": "place"}}
    native = {"vpn": {"users": 0.0}, "trips": {"every": "1d", "length": "1d"}}
    scenario = travellers(segments__natives=native).model_copy(
        update={"signals": small(signals=Whole(signals)).signals}
    )
    people = People(scenario, 7, 0)
    space = CellSpace.of(scenario)
    at_places, wrong_at_home = [], 0
    for number in range(600):
        trips = people.trips(number, 0)
        seen: dict[int, set[int]] = {}
        for need in people.account(number).bodies[0].needs:
            place = next((t.number + 1 for t in trips if t.begin_us <= need.time_us < t.end_us), AT_HOME)
            seen.setdefault(place, set()).add(space.parts(need.cell)[0])
        at_places += [len(read) for read in seen.values()]
        wrong_at_home += seen.get(AT_HOME, {HOME}) == {ABROAD}
    assert set(at_places) == {1}
    assert wrong_at_home > 100


def test_the_noise_of_one_refresh_differs_by_place_and_on_the_vpn() -> None:
    scenario = small()
    readings = Readings(scenario, 7, 0)
    places = [readings.noise("place", 5, place)[0] for place in (AT_HOME, 1, 2, ON_VPN)]
    assert len(set(places)) == 4
    assert readings.noise("place", 5, AT_HOME) == {0: places[0]}
    assert readings.noise("account", 5, 0).keys() == {1}


def test_a_shared_cause_makes_signals_err_together() -> None:
    signals = {
        name: {"observes": "declared", "accuracy": 0.5, "refresh": "session"} for name in ("form", "mail")
    }
    together = {"signals": ["form", "mail"], "probability": 0.6}
    scenario = small(
        signals=Whole(signals), causes={"careless": together}, segments__natives__declared=ALWAYS
    )
    people = [a for a in populate(scenario, 7, 0, 1000) if a.segment == 0]
    pairs = [
        pair
        for form, mail in zip(readings_of(scenario, people, 0), readings_of(scenario, people, 1), strict=True)
        for pair in zip(form, mail, strict=True)
    ]
    same = sum(form == mail for form, mail in pairs)
    assert agrees(same, len(pairs), 0.6 + 0.4 * 0.5)
    assert agrees(sum(form == HOME for form, _ in pairs), len(pairs), 0.5)


def test_people_on_one_home_network_share_its_errors() -> None:
    cause = {"signals": ["ip"], "probability": 1.0, "scope": "network", "people_per_network": 10}
    scenario = small(signals__ip__accuracy=0.5, causes={"network": cause})
    readings = Readings(scenario, 7, 0)
    # 60 % of accounts are at home in the first region: ten of them are among 17 accounts in a row.
    assert readings.network(0, 33, HOME) == 1
    assert readings.network(0, 34, HOME) == 2
    assert readings.network(0, 34, ABROAD) == 34 // 25 + NETWORK_STRIDE
    homes = [readings.noise("place", number, AT_HOME, (number, HOME))[0] for number in range(51)]
    assert [len(set(homes[k : k + 17])) for k in (0, 17, 34)] == [1, 1, 1]
    assert len(set(homes)) == 3
    away = [readings.noise("place", number, 1)[0] for number in range(51)]
    assert len(set(away)) == 51


# --- the end of orders ------------------------------------------------------------------------------------


def test_a_random_end_is_exponential_and_one_world_a_replication() -> None:
    order = {
        "issued": "2026-06-10T00:00:00-04:00",
        "models": ["new"],
        "reading": "person",
        "standard": {"limit": 0.01},
        "ends": [{"kind": "stayed", "after": "12h"}, {"kind": "lapsed", "after": "forever"}],
    }
    scenario = small(orders=[order])
    draws = [draw_order_ends(scenario, 7, replication) for replication in range(2000)]
    assert draws[0] == draw_order_ends(scenario, 7, 0)
    assert {(len(world), len(world[0])) for world in draws} == {(1, 2)}
    assert stats.kstest([world[0][0] for world in draws], "expon").pvalue > FALSE_ALARM
    law = make_law(scenario, "person", draws[0])
    assert law.epochs[0].end_us == round(draws[0][0][0] * 12 * HOUR)
