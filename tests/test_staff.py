"""Foreign staff whom an order keeps away: gates come later, and the desk is smaller."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gatesim
from gatesim.gates.strategy import switches
from gatesim.law.law import microseconds
from gatesim.law.roster import roster, staffed
from gatesim.law.staff import absence, at_work, lead_time
from gatesim.measures.ledger import WAITING
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.rules_gates import can_check
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, FOREVER, HOUR, MINUTE
from tests.kept_cases import Case, hold_together
from tests.scenarios import SMALL, small

ISSUED = 2 * DAY + 17 * HOUR + 21 * MINUTE
"""When the small scenario's order is issued, in force at once."""
LIMITED = {"family": "single", "signal": "ip", "lead_time": "3d"}


def with_staff(*, grace: str = "0h", lead: str = "3d", **staff: Any) -> Scenario:
    orders = [{**small().model_dump()["orders"][0], "grace": grace, "reading": "person"}]
    return small(
        orders=orders,
        policies={"gate": {**LIMITED, "lead_time": lead}},
        operator={"ladder": ["gate"], "staff": staff},
    )


def test_a_part_of_the_builders_away_stretches_a_lead_time() -> None:
    assert lead_time(with_staff(builders=0.25), "gate") == 4 * DAY
    assert lead_time(with_staff(builders=0.5), "gate") == 6 * DAY
    assert switches(with_staff(builders=0.5))[0].at_us == ISSUED + 6 * DAY


def test_work_is_slow_only_while_they_are_away() -> None:
    # A day at the full rate before the force, two at half of it, the last day of work at the full rate.
    scenario = with_staff(builders=0.5, grace="24h", back="2026-06-15T17:21:00-04:00")
    assert lead_time(scenario, "gate") == 4 * DAY
    assert lead_time(with_staff(builders=0.5, grace="72h"), "gate") == 3 * DAY, "done when they leave"
    assert lead_time(with_staff(builders=0.5, grace="48h"), "gate") == 4 * DAY


def test_what_takes_no_time_takes_none_and_what_never_comes_never_does() -> None:
    assert lead_time(with_staff(builders=0.9, lead="0h"), "gate") == 0
    assert lead_time(with_staff(builders=0.9, lead="forever"), "gate") == FOREVER


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    builders=st.floats(0, 0.95),
    more=st.floats(0, 0.04),
    days=st.integers(0, 9),
    grace=st.integers(0, 5),
    back=st.one_of(st.none(), st.integers(1, 9)),
)
@pytest.mark.no_cover  # others cover the same lines
def test_more_absence_is_never_earlier_and_work_adds_up(
    builders: float, more: float, days: int, grace: int, back: int | None
) -> None:
    staff = {} if back is None else {"back": f"2026-06-{12 + grace + back}T17:21:00-04:00"}
    lead, hours = f"{days}d", f"{24 * grace}h"
    scenario = with_staff(lead=lead, grace=hours, builders=builders, **staff)
    found = lead_time(scenario, "gate")
    assert (
        days * DAY
        <= found
        <= lead_time(with_staff(lead=lead, grace=hours, builders=builders + more, **staff), "gate")
    )
    # The work done until then, counted by itself: all of it, to within the rounding to microseconds.
    away = max(0, min(found, FOREVER if back is None else (grace + back) * DAY) - grace * DAY)
    assert found - away * builders == pytest.approx(days * DAY, abs=2)


def test_a_desk_shrinks_to_whole_reviewers_while_they_are_away() -> None:
    assert [at_work(n, absence(with_staff(reviewers=0.1))) for n in (0, 1, 9, 10, 20)] == [0, 0, 8, 9, 18]
    scenario = with_staff(reviewers=0.5, back="2026-06-16T12:00:00-04:00")
    assert scenario.desk is not None
    whole = dict(roster(scenario.desk, scenario.start, scenario.length))
    back = microseconds(scenario, scenario.operator.staff.back)  # type: ignore[union-attr,arg-type]

    def number(steps: Any, at: int) -> int:
        return [n for time, n in steps if time <= at][-1]

    steps = staffed(scenario)
    for at in range(0, scenario.length, HOUR):
        full = number(whole.items(), at)
        assert number(steps, at) == (full // 2 if ISSUED <= at < back else full), at
    assert all(a[1] != b[1] for a, b in pairwise(steps))


def test_nobody_away_changes_nothing() -> None:
    scenario = with_staff(builders=0.0, reviewers=0.0)
    assert scenario.desk is not None
    assert staffed(scenario) == roster(scenario.desk, scenario.start, scenario.length)
    assert lead_time(scenario, "gate") == 3 * DAY
    assert absence(small()) is None


def test_the_verdict_and_the_table_have_the_longer_time() -> None:
    name = "any_foreign"
    sets = [
        'operator={ ladder = ["any_foreign"], strategy = "fixed", staff = { builders = 0.5 } }',
        'policies.any_foreign.lead_time="30h"',
    ]
    found = gatesim.run(SMALL, engine="exact", policies=[name, "operator"], sets=sets)
    scenario = found.loaded.scenario
    assert lead_time(scenario, name) == 2 * scenario.policies[name].lead_time
    ready = found.verdict.rows[0].policies[0].ready
    assert ready is not None
    assert microseconds(scenario, ready) == ISSUED + lead_time(scenario, name)


def test_both_engines_agree_on_a_smaller_desk_and_more_wait() -> None:
    ledgers = []
    for staff in ({}, {"reviewers": 0.9, "back": "2026-06-16T10:30:00-04:00"}):
        scenario = small(
            people=80,
            represents=80,
            desk__service="2h",
            documents={name: {"to_desk": 1.0} for name in small().documents},
            operator={"ladder": ["shutdown"], "staff": staff},
        )
        policy = next(name for name, one in scenario.policies.items() if can_check(one) and one.documents)
        case = Case(scenario, policy, "person")
        hold_together(case)
        ledgers.append(case.ledger)
    waits = [int(np.sum(ledger.reason == WAITING)) for ledger in ledgers]
    assert waits[1] >= waits[0]
    assert not np.array_equal(ledgers[0].begun_us, ledgers[1].begun_us)


@pytest.mark.parametrize(
    ("staff", "message"),
    [
        ({"back": "2026-06-12T17:21:00-04:00"}, "the staff are back before they are away"),
        ({"builders": 0.1, "back": "2026-06-01T00:00:00-04:00"}, "the staff are back before they are away"),
    ],
)
def test_what_does_not_fit_is_named(staff: dict[str, Any], message: str) -> None:
    (found,) = inconsistencies(with_staff(**staff))
    assert (found.path, found.message) == (("operator", "staff", "back"), message)


def test_a_desk_that_is_not_there_cannot_shrink() -> None:
    scenario = with_staff(reviewers=0.5).model_copy(update={"desk": None, "documents": {}})
    paths = [found.path for found in inconsistencies(scenario)]
    assert ("operator", "staff", "reviewers") in paths
