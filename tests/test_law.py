"""The law, instant by instant: when orders are in force, whom they restrict, what is narrowed, what ends."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.law.law import Epoch, Law, has_random_end, make_law, microseconds, order_end_us
from gatesim.scenario.orders import ABROAD, CarveOut
from gatesim.scenario.people import CHANNELS, STATUSES, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, FOREVER, HOUR, MINUTE
from gatesim.world.order_ends import draw_order_ends
from tests.random_scenarios import random_scenario
from tests.scenarios import Whole, small

NEW, OLD = 0, 1
US, OTHER = 0, 1
NATIVES, VISITORS, FOREIGNERS = range(3)
CONSUMER, API = CHANNELS.index("consumer"), CHANNELS.index("api")
NOT_CITIZENS = list(STATUSES[1:])
FOREIGN = ["temporary", "without_status", "nonresident"]


def day(days: float, hour: int = 0) -> str:
    """An instant so many days after the start of the small scenario."""
    return f"2026-06-{10 + days:02}T{hour:02}:00:00-04:00"


def order(issued: str = day(2), **changes: Any) -> dict[str, Any]:
    said = {"issued": issued, "models": ["new"], "reading": "person", "standard": {"limit": 0.01}}
    return {**said, **changes}


def world(*orders: dict[str, Any], **changes: Any) -> Scenario:
    return small(orders=list(orders), **changes)


def law_of(*orders: dict[str, Any], reading: str = "person", **changes: Any) -> Law:
    return make_law(world(*orders, **changes), reading)


def epoch_of(*orders: dict[str, Any], reading: str = "person", **changes: Any) -> Epoch:
    """The last epoch, in which everything that was issued and never ends is in force."""
    return law_of(*orders, reading=reading, **changes).epochs[-1]


def spans(law: Law) -> list[tuple[float, float]]:
    """Epochs in days."""
    return [(epoch.start_us / DAY, epoch.end_us / DAY) for epoch in law.epochs]


def names(flags: np.ndarray) -> list[str]:
    return [status for status, flag in zip(STATUSES, flags, strict=True) if flag]


# When.


def test_epochs_of_the_small_scenario() -> None:
    law = make_law(small(), "person")
    begin = 2 * DAY + 17 * HOUR + 21 * MINUTE
    cuts = [0, begin, 6 * DAY, 8 * DAY, 10 * DAY]
    assert [(e.start_us, e.end_us) for e in law.epochs] == list(pairwise(cuts))
    assert [e.named[NEW] for e in law.epochs] == [False, True, True, False]
    # Visitors belong to the lab, which the carve-out takes out.
    restricted = [bool(e.restricted[VISITORS, US, NEW, CONSUMER]) for e in law.epochs]
    assert restricted == [False, True, False, False]
    assert law.in_force_us == law.issued_us == begin
    assert law.epochs[0].length_us == begin


def test_an_instant_belongs_to_the_epoch_that_begins_with_it() -> None:
    law = law_of(order(day(2)))
    assert [law.epoch_at(t) for t in (0, 2 * DAY - 1, 2 * DAY, 10 * DAY - 1)] == [0, 0, 1, 1]
    with pytest.raises(ValueError, match="after the window"):
        law.epoch_at(10 * DAY)


def test_grace_lies_between_the_order_and_its_force() -> None:
    law = law_of(order(day(2), grace="36h"))
    assert spans(law) == [(0, 3.5), (3.5, 10)]
    assert (law.issued_us, law.in_force_us) == (2 * DAY, 3.5 * DAY)


def test_an_order_from_before_the_window_is_in_force_from_the_start() -> None:
    law = law_of(order("2026-06-01T00:00:00-04:00"))
    assert (law.issued_us, law.in_force_us) == (-9 * DAY, 0)
    assert spans(law) == [(0, 10)]
    assert law.epochs[0].named[NEW]


def test_instants_of_other_zones_are_the_same_instants() -> None:
    assert microseconds(small(), small().start) == 0
    assert law_of(order("2026-06-12T06:00:00+02:00")).in_force_us == 2 * DAY


@pytest.mark.parametrize(
    ("orders", "issued"),
    [
        ([], None),
        ([order("2026-07-01T00:00:00-04:00")], 21 * DAY),
        ([order("2026-05-01T00:00:00-04:00", ends=[{"kind": "lapsed", "at": day(0)}])], -40 * DAY),
    ],
    ids=["no order", "after the window", "before the window"],
)
def test_no_order_is_ever_in_force(orders: list[dict[str, Any]], issued: int | None) -> None:
    law = law_of(*orders)
    assert (law.in_force_us, law.issued_us) == (None, issued)
    assert spans(law) == [(0, 10)]
    epoch = law.epochs[0]
    assert not any(part.any() for part in (epoch.named, epoch.gated, epoch.restricted))
    assert epoch.clears.all(), "where nothing is restricted every proof is enough"


def test_of_several_ends_the_first_counts() -> None:
    ends = [
        {"kind": "lapsed", "at": day(7)},
        {"kind": "stayed", "at": day(5)},
        {"kind": "lifted", "at": day(9)},
    ]
    assert spans(law_of(order(day(2), ends=ends))) == [(0, 2), (2, 5), (5, 10)]


def test_an_order_that_ends_before_its_force_never_is_in_force() -> None:
    law = law_of(order(day(2), grace="3d", ends=[{"kind": "stayed", "at": day(4)}]))
    assert law.in_force_us is None
    assert not any(epoch.named.any() for epoch in law.epochs)


def test_a_carve_out_outside_the_time_of_its_order_cuts_nothing() -> None:
    early = {"at": day(1), "statuses": ["nonresident"]}
    late = {"at": day(8), "statuses": ["temporary"]}
    law = law_of(order(day(2), carve_outs=[early, late], ends=[{"kind": "lifted", "at": day(6)}]))
    assert spans(law) == [(0, 2), (2, 6), (6, 10)]
    assert not law.epochs[1].restricted[FOREIGNERS].any(), "what was carved out before counts from the start"
    assert law.epochs[1].restricted[VISITORS, :, NEW].all()


# Ends that are drawn.

RANDOM_END = order(day(2), ends=[{"kind": "lifted", "at": day(9)}, {"kind": "stayed", "after": "2d"}])


def test_a_random_end_needs_its_draw() -> None:
    scenario = world(RANDOM_END)
    assert has_random_end(scenario)
    assert not has_random_end(small())
    with pytest.raises(ValueError, match="random"):
        make_law(scenario, "person")


@pytest.mark.parametrize(("drawn", "end"), [(0.5, 3), (1.0, 4), (2.5, 7), (50.0, 9)])
def test_a_random_end_lies_its_draw_times_its_mean_after_the_force(drawn: float, end: float) -> None:
    scenario = world(RANDOM_END)
    assert spans(make_law(scenario, "person", [[0.0, drawn]])) == [(0, 2), (2, end), (end, 10)]


def test_an_end_after_forever_never_comes_and_needs_no_draw() -> None:
    scenario = world(order(ends=[{"kind": "lapsed", "after": "forever"}]))
    assert order_end_us(scenario, scenario.orders[0]) == FOREVER


def test_a_mean_of_centuries_overflows_nothing() -> None:
    scenario = world(order(ends=[{"kind": "lapsed", "after": "1000y"}]))
    assert 10 * DAY < order_end_us(scenario, scenario.orders[0], [700.0]) < FOREVER


def test_ends_differ_by_replication_and_stay_with_the_seed() -> None:
    scenario = world(RANDOM_END)
    ends = [order_end_us(scenario, scenario.orders[0], draw_order_ends(scenario, 7, r)[0]) for r in range(5)]
    again = [order_end_us(scenario, scenario.orders[0], draw_order_ends(scenario, 7, r)[0]) for r in range(5)]
    assert ends == again
    assert len(set(ends)) > 1


# Whom: the three readings, by hand.

READINGS = {
    "national": {"restricts": [{"status": NOT_CITIZENS}]},
    "person": {"restricts": [{"status": FOREIGN}]},
    "person_or_destination": {"restricts": [{"status": FOREIGN}, {"located": [ABROAD]}]},
}


@pytest.mark.parametrize(
    ("reading", "status", "at_home", "abroad"),
    [
        ("national", "citizen", False, False),
        ("national", "permanent", True, True),
        ("national", "nonresident", True, True),
        ("person", "citizen", False, False),
        ("person", "permanent", False, False),
        ("person", "protected", False, False),
        ("person", "temporary", True, True),
        ("person_or_destination", "citizen", False, True),
        ("person_or_destination", "protected", False, True),
        ("person_or_destination", "without_status", True, True),
    ],
)
def test_whom_a_reading_restricts(reading: str, status: str, at_home: bool, abroad: bool) -> None:
    epoch = epoch_of(order(), reading=reading, readings=READINGS, segments__natives__status=status)
    for channel in range(len(CHANNELS)):
        assert bool(epoch.restricted[NATIVES, US, NEW, channel]) == at_home
        assert bool(epoch.restricted[NATIVES, OTHER, NEW, channel]) == abroad
    assert not epoch.restricted[:, :, OLD].any(), "no order names the old model"


@pytest.mark.parametrize(
    ("reading", "cleared"),
    [
        ("national", ["citizen"]),
        ("person", ["citizen", "permanent", "protected"]),
        ("person_or_destination", ["citizen", "permanent", "protected"]),
    ],
)
def test_which_proven_statuses_clear(reading: str, cleared: list[str]) -> None:
    assert names(epoch_of(order(), reading=reading, readings=READINGS).clears) == cleared


def test_all_orders_are_read_in_the_same_way() -> None:
    first, second = order(), order(models=["old"], reading="national")
    readings = {"readings": READINGS, "segments__natives__status": "permanent"}
    as_person = epoch_of(first, second, reading="person", **readings)
    as_national = epoch_of(first, second, reading="national", **readings)
    assert not as_person.restricted[NATIVES].any()
    assert as_national.restricted[NATIVES].all()


def test_a_reading_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        make_law(small(), "gut feeling")


CLAUSES = [
    ({"status": ["nonresident"]}, [FOREIGNERS], "both"),
    ({"citizenship": ["GB"]}, [VISITORS], "both"),
    ({"citizenship": ["US", "IN"]}, [NATIVES, FOREIGNERS], "both"),
    ({"located": ["other"]}, [NATIVES, VISITORS, FOREIGNERS], "other"),
    ({"located": ["US"]}, [NATIVES, VISITORS, FOREIGNERS], "US"),
    ({"located": [ABROAD, "US"]}, [NATIVES, VISITORS, FOREIGNERS], "both"),
    ({"entity": ["lab"]}, [VISITORS], "both"),
    ({"status": ["citizen"], "located": [ABROAD]}, [NATIVES], "other"),
    ({"status": ["citizen"], "entity": ["lab"]}, [], "both"),
]


@pytest.mark.parametrize(("clause", "whom", "where"), CLAUSES)
def test_a_clause_restricts_who_meets_all_its_conditions(
    clause: dict[str, Any], whom: list[int], where: str
) -> None:
    epoch = epoch_of(order(), reading="own", readings={"own": Whole(restricts=[clause])})
    expected = np.zeros((3, 2), dtype=bool)
    for segment in whom:
        expected[segment] = [where in ("both", "US"), where in ("both", "other")]
    assert np.array_equal(epoch.restricted[:, :, NEW, CONSUMER], expected)


def test_clauses_are_a_union() -> None:
    both = Whole(restricts=[{"entity": ["lab"]}, {"status": ["nonresident"]}])
    epoch = epoch_of(order(), reading="own", readings={"own": both})
    assert epoch.restricted[:, US, NEW, CONSUMER].tolist() == [False, True, True]


def test_of_several_citizenships_the_most_recent_counts() -> None:
    readings = {"own": Whole(restricts=[{"citizenship": ["GB"]}])}
    for citizenship, restricted in ((["GB", "US"], True), (["US", "GB"], False)):
        epoch = epoch_of(
            order(), reading="own", readings=readings, segments__natives__citizenship=citizenship
        )
        assert bool(epoch.restricted[NATIVES, US, NEW, CONSUMER]) == restricted


# What is narrowed.


def narrowed(*carve_outs: dict[str, Any], **changes: Any) -> Epoch:
    """Under an order of the national reading, narrowed; both models are named."""
    taken_out = [{"at": day(3), **carve_out} for carve_out in carve_outs]
    return epoch_of(order(models=["new", "old"], carve_outs=taken_out), reading="national", **changes)


@pytest.mark.parametrize(
    ("carve_out", "free"),
    [
        ({"statuses": ["temporary"]}, lambda s, r, m, h: s == VISITORS),
        ({"citizenships": ["IN", "FR"]}, lambda s, r, m, h: s == FOREIGNERS),
        ({"regions": ["US"]}, lambda s, r, m, h: r == US),
        ({"segments": ["foreigners"]}, lambda s, r, m, h: s == FOREIGNERS),
        ({"organisations": ["lab"]}, lambda s, r, m, h: s == VISITORS),
        ({"channels": ["api"]}, lambda s, r, m, h: h == API),
        ({"models": ["old"]}, lambda s, r, m, h: m == OLD),
        ({"models": ["old"], "channels": ["api"]}, lambda s, r, m, h: m == OLD and h == API),
        ({"statuses": ["temporary"], "regions": ["other"]}, lambda s, r, m, h: s == VISITORS and r == OTHER),
        ({"statuses": ["temporary"], "citizenships": ["IN"]}, lambda s, r, m, h: False),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_a_carve_out_takes_out_who_meets_all_its_conditions(carve_out: dict[str, Any], free: Any) -> None:
    epoch = narrowed(carve_out)
    for s, r, m, h in np.ndindex(epoch.restricted.shape):
        assert bool(epoch.restricted[s, r, m, h]) == (s != NATIVES and not free(s, r, m, h))
    assert epoch.named.all(), "needs that a carve-out takes out are measured all the same"


def test_a_carve_out_takes_nothing_out_before_its_time() -> None:
    law = law_of(order(day(2), carve_outs=[{"at": day(3), "statuses": ["nonresident"]}]))
    assert spans(law) == [(0, 2), (2, 3), (3, 10)]
    assert [bool(e.restricted[FOREIGNERS, US, NEW, 0]) for e in law.epochs] == [False, True, False]


def test_what_any_carve_out_matches_is_free() -> None:
    epoch = narrowed({"statuses": ["temporary"]}, {"citizenships": ["IN"]})
    assert not epoch.restricted.any()


def test_a_carve_out_narrows_its_own_order_only() -> None:
    free = [{"at": day(2), "organisations": ["lab"]}]
    epoch = epoch_of(order(carve_outs=free), order(models=["new", "old"]))
    assert epoch.restricted[VISITORS].all(), "the second order holds all the same"
    epoch = epoch_of(order(carve_outs=free), order(models=["old"]))
    assert not epoch.restricted[VISITORS, :, NEW].any()
    assert epoch.restricted[VISITORS, :, OLD].all()


def test_several_orders_in_force_at_different_times() -> None:
    first = order(day(1), ends=[{"kind": "lifted", "at": day(4)}])
    second = order(day(3), models=["old"], ends=[{"kind": "lapsed", "at": day(6)}])
    law = law_of(first, second)
    assert spans(law) == [(0, 1), (1, 3), (3, 4), (4, 6), (6, 10)]
    named = [[False, False], [True, False], [True, True], [False, True], [False, False]]
    assert [epoch.named.tolist() for epoch in law.epochs] == named
    assert (law.issued_us, law.in_force_us) == (DAY, DAY)


# Where the gate is closed.


@pytest.mark.parametrize(
    ("carve_out", "is_open"),
    [
        ({"channels": ["api"]}, lambda m, h: h == API),
        ({"models": ["old"]}, lambda m, h: m == OLD),
        ({"models": ["old"], "channels": ["api"]}, lambda m, h: m == OLD and h == API),
        ({"statuses": ["nonresident"]}, lambda m, h: False),
        ({"channels": ["api"], "organisations": ["lab"]}, lambda m, h: False),
        ({"models": ["old"], "regions": ["US"]}, lambda m, h: False),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_the_gate_is_open_for_what_it_can_see_to_be_taken_out(
    carve_out: dict[str, Any], is_open: Any
) -> None:
    epoch = narrowed(carve_out)
    for m, h in np.ndindex(epoch.gated.shape):
        assert bool(epoch.gated[m, h]) == (not is_open(m, h))


def test_the_gate_stays_closed_where_another_order_holds() -> None:
    free = [{"at": day(2), "channels": ["api"]}]
    assert epoch_of(order(carve_outs=free), order()).gated[NEW, API]
    assert not epoch_of(order(carve_outs=free), order(carve_outs=free)).gated[NEW, API]


# What a proof is worth.


@pytest.mark.parametrize(
    ("carve_outs", "cleared"),
    [
        ([{"statuses": ["permanent"]}], ["citizen", "permanent"]),
        ([{"statuses": ["permanent"], "models": ["new", "old"]}], ["citizen", "permanent"]),
        ([{"statuses": ["permanent"], "models": ["new"]}], ["citizen"]),
        (
            [{"statuses": ["permanent"], "models": ["new"]}, {"statuses": ["permanent"], "models": ["old"]}],
            ["citizen", "permanent"],
        ),
        # The old model is open for all; for the new one the proof is enough.
        ([{"models": ["old"]}, {"statuses": ["permanent"], "models": ["new"]}], ["citizen", "permanent"]),
        ([{"statuses": ["permanent"], "channels": ["api"]}], ["citizen"]),
        ([{"statuses": ["permanent"], "regions": ["US"]}], ["citizen", "permanent"]),
        ([{"statuses": ["permanent"], "regions": ["other"]}], ["citizen"]),
        # A document proves a status: neither a citizenship nor an organisation.
        ([{"statuses": ["permanent"], "citizenships": ["IN"]}], ["citizen"]),
        ([{"statuses": ["permanent"], "organisations": ["lab"]}], ["citizen"]),
        ([{"statuses": ["permanent"], "segments": ["natives"]}], ["citizen"]),
    ],
)
def test_a_carve_out_of_a_status_makes_its_proof_count(
    carve_outs: list[dict[str, Any]], cleared: list[str]
) -> None:
    assert names(narrowed(*carve_outs).clears) == cleared


def test_a_proof_must_be_enough_for_every_order() -> None:
    free = [{"at": day(2), "statuses": ["temporary"]}]
    assert names(epoch_of(order(carve_outs=free), order()).clears) == ["citizen", "permanent", "protected"]
    assert "temporary" in names(epoch_of(order(carve_outs=free), order(carve_outs=free)).clears)


def test_a_clause_of_citizenship_or_organisation_stands_in_nobodys_way() -> None:
    clauses = [{"status": ["citizen"], "citizenship": ["IN"]}, {"status": ["temporary"], "entity": ["lab"]}]
    assert epoch_of(order(), reading="own", readings={"own": Whole(restricts=clauses)}).clears.all()


def test_nobody_clears_where_home_itself_is_restricted() -> None:
    everywhere = Whole(restricts=[{"located": ["US", ABROAD]}])
    assert not epoch_of(order(), reading="own", readings={"own": everywhere}).clears.any()


# All of it, over random worlds.

SEEDS = st.integers(0, 2**32 - 1)


def _in_force(scenario: Scenario, time_us: int) -> list[Any]:
    """Orders in force at an instant, with the carve-outs that hold."""
    found = []
    for one in scenario.orders:
        begin = microseconds(scenario, one.issued) + one.grace
        ends = [microseconds(scenario, end.at) for end in one.ends if end.at is not None]
        if begin <= time_us < min(ends, default=FOREVER):
            found.append((one, [c for c in one.carve_outs if microseconds(scenario, c.at) <= time_us]))
    return found


def _matches(c: CarveOut, name: str, segment: Segment, region: str, model: str, channel: str) -> bool:
    pairs = [
        (c.statuses, segment.status),
        (c.citizenships, segment.citizenship[0]),
        (c.regions, region),
        (c.segments, name),
        (c.organisations, segment.organisation),
        (c.models, model),
        (c.channels, channel),
    ]
    return all(value in given for given, value in pairs if given)


def _is_restricted(
    scenario: Scenario, reading: str, time_us: int, name: str, region: str, model: str, channel: str
) -> bool:
    """A need judged at its instant, as the page on the model says it."""
    segment = scenario.segments[name]
    abroad = [ABROAD] if region != scenario.home else []
    meets = any(
        (not clause.status or segment.status in clause.status)
        and (not clause.citizenship or segment.citizenship[0] in clause.citizenship)
        and (not clause.located or bool({region, *abroad} & set(clause.located)))
        and (not clause.entity or segment.organisation in clause.entity)
        for clause in scenario.readings[reading].restricts
    )
    return meets and any(
        model in one.models and not any(_matches(c, name, segment, region, model, channel) for c in free)
        for one, free in _in_force(scenario, time_us)
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS)
@pytest.mark.no_cover  # others cover the same lines
def test_a_need_is_judged_as_the_page_says_at_any_instant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenario = random_scenario(rng)
    for reading in scenario.readings:
        law = make_law(scenario, reading)
        starts = [epoch.start_us for epoch in law.epochs]
        assert [*starts[1:], scenario.length] == [epoch.end_us for epoch in law.epochs]
        assert starts[0] == 0
        assert all(epoch.length_us > 0 for epoch in law.epochs)
        times = [*starts, *(t - 1 for t in starts[1:]), *rng.integers(0, scenario.length, 3).tolist()]
        for time_us in times:
            epoch = law.epochs[law.epoch_at(time_us)]
            assert epoch.start_us <= time_us < epoch.end_us
            for _ in range(8):
                s, r = rng.integers(len(scenario.segments)), rng.integers(len(scenario.regions))
                m, h = rng.integers(len(scenario.models)), rng.integers(len(CHANNELS))
                said = _is_restricted(
                    scenario,
                    reading,
                    time_us,
                    list(scenario.segments)[s],
                    list(scenario.regions)[r],
                    list(scenario.models)[m],
                    CHANNELS[h],
                )
                assert bool(epoch.restricted[s, r, m, h]) == said


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS)
def test_restricted_lies_within_gated_within_named(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    for reading in scenario.readings:
        for epoch in make_law(scenario, reading).epochs:
            assert not (epoch.restricted & ~epoch.gated).any()
            assert not (epoch.gated & ~epoch.named[:, None]).any()
            for array in (epoch.named, epoch.gated, epoch.restricted, epoch.clears):
                assert not array.flags.writeable


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS)
def test_a_status_clears_where_an_unremarkable_person_of_it_at_home_is_free(seed: int) -> None:
    scenario = random_scenario(np.random.default_rng(seed))
    anybody = next(iter(scenario.segments.values()))
    nobody_in_particular = {
        f"nobody-{status}": anybody.model_copy(
            update={
                "status": status,
                "citizenship": ("ZZ",),
                "home": scenario.home,
                "organisation": None,
                "share": 0.0,
                "co_users": {},
            }
        )
        for status in STATUSES
    }
    scenario = scenario.model_copy(update={"segments": {**scenario.segments, **nobody_in_particular}})
    home = list(scenario.regions).index(scenario.home)
    for reading in scenario.readings:
        for epoch in make_law(scenario, reading).epochs:
            free = ~epoch.restricted[-len(STATUSES) :, home][:, epoch.gated].any(axis=1)
            assert np.array_equal(epoch.clears, free)


# Two governments: an order with clauses of its own.


def test_an_order_with_clauses_of_its_own_is_no_matter_of_reading() -> None:
    other = order(day(4), restricts=[{"located": ["US"]}])
    for reading in ("person", "national"):
        law = law_of(order(day(2)), other, reading=reading)
        before, both = law.epochs[1], law.epochs[2]
        assert np.array_equal(before.restricted, law_of(order(day(2)), reading=reading).epochs[1].restricted)
        assert both.restricted[NATIVES, US, NEW].all(), "the other government's order takes the place alone"
        assert not both.restricted[NATIVES, OTHER, NEW].any()
        assert both.restricted[FOREIGNERS, OTHER, NEW].all(), "the first order goes by the reading still"
        assert not both.clears.any(), "at home nobody is free of both"


def test_own_clauses_equal_to_the_reading_change_nothing() -> None:
    own = order(day(2), restricts=[{"status": FOREIGN}])
    one, other = law_of(own), law_of(order(day(2)))
    for a, b in zip(one.epochs, other.epochs, strict=True):
        assert np.array_equal(a.restricted, b.restricted)
        assert np.array_equal(a.clears, b.clears)


def test_what_one_order_carves_out_the_other_does_not() -> None:
    free = {"at": day(3), "statuses": ["temporary"]}
    law = law_of(order(day(2), carve_outs=[free]), order(day(5), restricts=[{"status": ["temporary"]}]))
    assert [bool(e.restricted[VISITORS, US, NEW, CONSUMER]) for e in law.epochs] == [False, True, False, True]
    assert [bool(e.clears[STATUSES.index("temporary")]) for e in law.epochs] == [True, False, True, False]
