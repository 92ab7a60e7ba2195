"""The tally counts what the ledger says, need by need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatesim.law.law import make_law, microseconds
from gatesim.measures.axes import (
    BLOCKS,
    NEEDS,
    PEOPLE,
    SPLITS,
    component_matrix,
    components,
    makers_groups,
    number_of_days,
    split_names,
)
from gatesim.measures.ledger import (
    ENDS,
    FAILED_CHECK,
    FALLBACK,
    LEFT_QUEUE,
    LOST,
    NO_REASON,
    PENDING,
    REFUSED,
    RULE,
    SERVED,
    SERVED_LATE,
    Ledger,
)
from gatesim.measures.moments import Moments
from gatesim.measures.tally import Tally, cluster_numbers, clusters, from_ledger, judged
from gatesim.scenario.types import DAY, HOUR
from gatesim.study.simulate import whole_clusters
from tests.ledgers import ledger_of, random_ledger
from tests.scenarios import small

SMALL = small()
NETWORKS = small(
    causes__carrier={"signals": ["ip"], "probability": 0.1, "scope": "network", "people_per_network": 4}
)


def tally_of(*rows: dict[str, int], scenario=SMALL, accounts=(10, 5, 8)) -> Tally:
    return from_ledger(scenario, ledger_of(list(rows)), np.array(accounts))


def totals(tally: Tally) -> dict[str, int]:
    part = tally.moments["all"]
    return dict(zip(part.components, part.totals()[0].tolist(), strict=True))


def brute_moments(scenario, ledger: Ledger, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """First and second moments over accounts of the components of needs, one need after another."""
    matrix, sums = component_matrix(), {}
    for row in range(len(ledger)):
        if ledger.measured[row]:
            end = ENDS.index((ledger.outcome[row], ledger.reason[row]))
            z = sums.setdefault(ledger.account[row], np.zeros(len(names), dtype=np.int64))
            z += matrix[int(ledger.restricted[row]), end][: len(names)]
    stack = np.array(list(sums.values()))
    return stack.sum(axis=0), stack.T @ stack


def test_needs_end_in_the_components_that_their_words_say() -> None:
    tally = tally_of(
        {"account": 0, "restricted": True, "outcome": SERVED},
        {"account": 0, "need": 1, "restricted": True, "outcome": SERVED_LATE},
        {"account": 1, "restricted": True, "outcome": REFUSED, "reason": RULE},
        {"account": 2, "outcome": SERVED},
        {"account": 2, "need": 1, "outcome": REFUSED, "reason": RULE},
        {"account": 3, "outcome": FALLBACK, "reason": LEFT_QUEUE},
        {"account": 4, "outcome": LOST},
        {"account": 5, "outcome": PENDING},
        {"account": 6, "restricted": True, "outcome": PENDING},
        {"account": 7, "outcome": SERVED, "measured": False},
    )
    counted = totals(tally)
    assert [counted[name] for name in NEEDS] == [3, 2, 3, 4, 3, 1, 7, 1, 1]
    assert counted["blocked:rule"] == counted["blocked:left_queue"] == counted["blocked:lost"] == 1
    assert tally.counts.sum() == 9, "pending needs are shown, needs outside the order are not"


def test_people_are_counted_once_however_many_needs_they_have() -> None:
    foreigner = {"owner_segment": 2, "segment": 2, "restricted": True}
    visitor = {"owner_segment": 2, "segment": 1, "body": 1, "restricted": True}
    tally = tally_of(
        {"account": 0, **foreigner, "outcome": SERVED},
        {"account": 0, **foreigner, "need": 1, "outcome": SERVED},
        {"account": 0, **visitor, "outcome": SERVED_LATE},
        {"account": 1, **foreigner, "outcome": REFUSED, "reason": RULE},
        {"account": 2, "outcome": REFUSED, "reason": RULE},
        {"account": 2, "need": 1, "outcome": LOST},
        {"account": 3, "outcome": REFUSED, "reason": FAILED_CHECK},
        {"account": 3, "need": 1, "outcome": SERVED},
        {"account": 4, "outcome": PENDING},
    )
    owner_natives, _, owner_foreigners, co_visitors = tally.people.tolist()
    assert owner_natives == [0, 0, 2, 2, 1], "one of two blocked people is locked out"
    assert owner_foreigners == [2, 1, 0, 0, 0]
    assert co_visitors == [1, 1, 0, 0, 0], "co-users are people of their own"
    assert totals(tally)["accounts_leaked"] == 1, "both leaks are on one account"


def test_one_owner_asked_twice_is_one_person_asked_with_two_requests() -> None:
    tally = tally_of(
        {"account": 0, "asked": True, "document": 0, "outcome": REFUSED, "reason": FAILED_CHECK},
        {"account": 0, "need": 1, "asked": True, "outcome": REFUSED, "reason": FAILED_CHECK},
        {"account": 1, "asked": True, "document": 0, "outcome": SERVED},
    )
    counted = totals(tally)
    assert counted["people_asked_for_documents"] == 2
    assert counted["document_requests"] == 3
    assert counted["documents:passport"] == 2


def test_the_desk_tells_reviewed_from_left_and_from_withdrawn() -> None:
    late, left = {"outcome": SERVED_LATE}, {"outcome": REFUSED, "reason": LEFT_QUEUE}
    tally = tally_of(
        {"account": 0, **late, "joined_us": 1 * HOUR, "begun_us": 3 * HOUR, "end_us": 4 * HOUR},
        {"account": 1, **left, "joined_us": 1 * HOUR, "end_us": 6 * HOUR},
        {"account": 2, **left, "end_us": 6 * HOUR},
        {"account": 3, **late, "joined_us": 2 * HOUR, "end_us": 9 * HOUR},
        {"account": 4, "outcome": PENDING, "joined_us": 2 * HOUR, "end_us": 4 * HOUR},
    )
    desk = tally.desk
    assert (desk.joined, desk.reviewed, desk.left) == (4, 1, 1), (
        "patience can run out before the desk is joined"
    )
    assert (desk.wait_reviewed_us, desk.wait_left_us, desk.wait_other_us) == (2 * HOUR, 5 * HOUR, 9 * HOUR)
    assert desk.service_us == HOUR


def test_days_begin_at_midnight_in_the_zone_of_the_start() -> None:
    evening = small(start="2026-06-10T22:00:00-04:00", length="3d")
    assert number_of_days(evening) == 4
    assert split_names(evening, "day")[:2] == ("2026-06-10", "2026-06-11")
    tally = tally_of(
        {"account": 0, "time_us": 2 * HOUR - 1, "outcome": SERVED},
        {"account": 0, "need": 1, "time_us": 2 * HOUR, "outcome": SERVED},
        {"account": 0, "need": 2, "time_us": 3 * DAY - 1, "outcome": SERVED},
        scenario=evening,
    )
    assert tally.counts.sum(axis=(0, 1, 3, 4)).tolist() == [1, 1, 0, 1]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), needs=st.integers(0, 200), accounts=st.integers(1, 40))
def test_moments_and_counts_tell_the_same(seed: int, needs: int, accounts: int) -> None:
    ledger, by_segment = random_ledger(SMALL, seed, needs, accounts)
    tally = from_ledger(SMALL, ledger, by_segment)
    z = np.tensordot(tally.counts, component_matrix(), axes=2)
    size = len(NEEDS)
    assert tally.moments["all"].totals()[0][: size + len(BLOCKS)].tolist() == z.sum(axis=(0, 1, 2)).tolist()
    assert np.array_equal(tally.moments["model"].totals(), z[..., :size].sum(axis=(0, 2)))
    assert np.array_equal(tally.moments["day"].totals(), z[..., :size].sum(axis=(0, 1)))
    for by in ("segment", "channel", "role"):
        want = np.zeros((len(split_names(SMALL, by)), size), dtype=np.int64)
        np.add.at(want, makers_groups(SMALL, by), z[..., :size].sum(axis=(1, 2)))
        assert np.array_equal(tally.moments[by].totals()[:, :size], want)
    people = tally.moments["segment"].totals()[:, size:]
    assert np.array_equal(people.sum(axis=0), tally.people.sum(axis=0))
    assert all(
        tally.moments["all"].totals()[0][components(SMALL).index(name)] == n
        for name, n in zip(PEOPLE, tally.people.sum(axis=0), strict=True)
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), needs=st.integers(1, 120))
def test_second_moments_are_sums_over_accounts(seed: int, needs: int) -> None:
    ledger, by_segment = random_ledger(SMALL, seed, needs, 30)
    part = from_ledger(SMALL, ledger, by_segment).moments["all"]
    size = len(NEEDS) + len(BLOCKS)
    if ledger.measured.any():
        first, second = brute_moments(SMALL, ledger, (*NEEDS, *BLOCKS))
        assert np.array_equal(part.first.sum(axis=0)[:size], first)
        assert np.array_equal(part.second.sum(axis=0)[:size, :size], second)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), cut=st.integers(0, 40))
def test_tallies_of_two_halves_of_the_accounts_add_up_to_the_whole(seed: int, cut: int) -> None:
    ledger, by_segment = random_ledger(SMALL, seed, 150, 40)
    whole = from_ledger(SMALL, ledger, by_segment)

    def part(keep: np.ndarray, accounts: np.ndarray) -> Tally:
        some = Ledger(**{name: getattr(ledger, name)[keep] for name in Ledger.columns()})
        return from_ledger(SMALL, some, accounts)

    first = np.minimum(by_segment, cut)
    added = part(ledger.account < cut, first) + part(ledger.account >= cut, by_segment - first)
    assert np.array_equal(added.counts, whole.counts)
    assert np.array_equal(added.people, whole.people)
    assert np.array_equal(added.clusters, whole.clusters)
    assert added.desk == whole.desk
    for name in ("all", *SPLITS):
        mine, theirs = added.moments[name], whole.moments[name]
        for array in ("keys", "first", "second", "positive"):
            assert np.array_equal(getattr(mine, array), getattr(theirs, array)), (name, array)


def test_moments_of_different_scenarios_do_not_add_up() -> None:
    one = tally_of({"outcome": SERVED}).moments["all"]
    other = Moments(one.components, 2, one.strata, one.keys, one.first, one.second, one.positive)
    with pytest.raises(ValueError, match="different scenarios"):
        one + other


def test_an_unsorted_ledger_is_refused() -> None:
    ledger = ledger_of([{"account": 0}, {"account": 1}])
    with pytest.raises(ValueError, match="not sorted"):
        from_ledger(SMALL, replace(ledger, account=ledger.account[::-1]), np.array([2, 0, 0]))


def test_a_reason_that_an_outcome_cannot_have_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot have"):
        tally_of({"outcome": SERVED, "reason": RULE})
    with pytest.raises(ValueError, match="cannot have"):
        tally_of({"outcome": REFUSED, "reason": NO_REASON})


def test_an_empty_ledger_has_an_empty_tally() -> None:
    tally = tally_of()
    assert tally.counts.sum() == 0
    assert not tally.people.any()
    assert set(totals(tally).values()) == {0}


def test_accounts_are_the_clusters_where_nobody_shares_a_network() -> None:
    ledger, by_segment = random_ledger(SMALL, 1, 50, 20)
    assert np.array_equal(clusters(SMALL, ledger), ledger.account)
    assert np.array_equal(cluster_numbers(SMALL, by_segment), by_segment)


def test_people_on_a_shared_network_are_one_cluster() -> None:
    """Homes: 0.6 of the owners in the US, 0.4 elsewhere; four people to a network are 7 and 10 accounts."""
    rows = [
        {"account": account, "owner_segment": segment, "segment": segment, "outcome": SERVED}
        for account, segment in [(0, 0), (6, 1), (7, 0), (9, 2), (10, 2)]
    ]
    ledger = ledger_of(rows)
    assert clusters(NETWORKS, ledger).tolist() == [0, 0, 1, 2**32, 2**32 + 1]
    assert cluster_numbers(NETWORKS, np.array([10, 2, 8])).tolist() == [3, 0, 2]
    part = from_ledger(NETWORKS, ledger, np.array([10, 2, 8])).moments["all"]
    served = part.components.index("served")
    assert part.keys.tolist() == [0, 2], "natives and visitors of one home are one stratum"
    assert part.second[:, served, served].tolist() == [4 + 1, 1 + 1]


@pytest.mark.parametrize("rows", [1, 100, 10_000])
def test_a_ledger_is_counted_in_parts_that_split_no_network(rows: int) -> None:
    ledger, by_segment = random_ledger(NETWORKS, 3, 400, 120)
    few = [ledger.where(ledger.account // 5 == number) for number in range(24)]
    parts = list(whole_clusters(NETWORKS, few, rows))
    assert (len(parts) > 3) == (rows < 400)
    of_parts = [set(clusters(NETWORKS, part).tolist()) for part in parts]
    assert sum(map(len, of_parts)) == len(set().union(*of_parts)), "no network is in two parts"
    none = np.zeros_like(by_segment)
    total = from_ledger(NETWORKS, parts[0], by_segment)
    for part in parts[1:]:
        total += from_ledger(NETWORKS, part, none)
    whole = from_ledger(NETWORKS, ledger, by_segment)
    for name in ("counts", "accounts", "people", "clusters"):
        assert np.array_equal(getattr(total, name), getattr(whole, name)), name
    assert total.desk == whole.desk
    for by, moments in whole.moments.items():
        for name in ("keys", "first", "second", "positive"):
            assert np.array_equal(getattr(moments, name), getattr(total.moments[by], name)), (by, name)


def test_another_reading_changes_who_was_restricted_and_nothing_else() -> None:
    """A visitor of the lab is restricted from the order to its carve-out."""
    issued = microseconds(SMALL, SMALL.orders[0].issued)
    carved = microseconds(SMALL, SMALL.orders[0].carve_outs[0].at)
    visitor = {"owner_segment": 1, "segment": 1, "outcome": SERVED}
    ledger = ledger_of(
        [
            {"account": 0, "outcome": SERVED, "time_us": issued, "restricted": True},
            {"account": 1, **visitor, "time_us": issued - 1},
            {"account": 1, **visitor, "need": 1, "time_us": issued},
            {"account": 1, **visitor, "need": 2, "time_us": carved - 1},
            {"account": 1, **visitor, "need": 3, "time_us": carved},
            {"account": 1, **visitor, "need": 4, "time_us": issued, "model": 1},
        ]
    )
    again = judged(ledger, SMALL, make_law(SMALL, "person"))
    assert again.restricted.tolist() == [False, False, True, True, False, False]
    others = [name for name in Ledger.columns() if name != "restricted"]
    assert all(np.array_equal(getattr(again, name), getattr(ledger, name)) for name in others)
