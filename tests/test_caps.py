"""Caps on usage: which needs are over them, whose they are, and that no measure of an order knows of them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

import gatesim
from gatesim.engine.fast import Population
from gatesim.engine.fast_caps import count_capped
from gatesim.engine.reference_caps import capped_needs
from gatesim.exact.capped import expected_over_caps, over_cap
from gatesim.exact.expected import CannotDo
from gatesim.law.caps import CapDay, cap_days
from gatesim.law.law import make_law
from gatesim.measures.caps import (
    MET,
    MET_MET,
    NEEDS,
    NEEDS_NEEDS,
    OVER,
    OVER_OVER,
    CapTally,
    count_caps,
    counted_rows,
)
from gatesim.measures.intervals import variances_of_totals
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import HOUR
from gatesim.show.explain import print_story
from gatesim.show.run import print_run
from gatesim.study.stored import read_run
from gatesim.world.people import Account, Body, Need, populate
from tests.scenarios import SMALL, Whole, small

ALL = tuple(range(len(CHANNELS)))
CAP = {"models": ["new"], "per_day": 1, "at": "2026-06-18T00:00:00-04:00", "length": "2d"}
SET = 'usage_caps=[{ models = ["new"], per_day = %d, at = 2026-06-18T00:00:00-04:00, length = "2d" }]'


def days_of(scenario: Scenario) -> tuple[CapDay, ...]:
    return cap_days(scenario, make_law(scenario, "person"))


def hours(days: tuple[CapDay, ...]) -> list[tuple[tuple[float, float], ...]]:
    return [tuple((a / HOUR, b / HOUR) for a, b in day.spans) for day in days]


# When a cap holds.


def test_days_are_calendar_days_in_the_zone_of_the_start() -> None:
    """The window begins at 16:00; the cap at 06:00 UTC, two in the morning there."""
    scenario = small(
        start="2026-06-10T16:00:00-04:00",
        usage_caps=[{**CAP, "at": "2026-06-19T06:00:00+00:00", "length": "36h"}],
    )
    assert hours(days_of(scenario)) == [((202, 224),), ((224, 238),)]


def test_a_cap_waits_for_the_end_of_the_order_and_ends_with_the_window() -> None:
    """The order names the model until the 18th at midnight, and the window ends on the 20th."""
    scenario = small(usage_caps=[{**CAP, "at": "2026-06-17T12:00:00-04:00", "length": "forever"}])
    assert hours(days_of(scenario)) == [((192, 216),), ((216, 240),)]
    both = small(usage_caps=[{**CAP, "models": ["new", "old"], "at": "2026-06-17T12:00:00-04:00"}])
    assert [day.model for day in days_of(both)] == [0, 0, 1, 1, 1], "no order names the old one"


def test_a_day_that_an_order_cuts_in_two_is_one_day() -> None:
    cut = small(usage_caps=[{**CAP, "at": "2026-06-12T00:00:00-04:00", "length": "1d"}])
    cut = cut.model_copy(
        update={
            "orders": (
                cut.orders[0].model_copy(
                    update={
                        "carve_outs": (),
                        "ends": (
                            cut.orders[0]
                            .ends[0]
                            .model_copy(update={"at": cut.orders[0].issued.replace(hour=20)}),
                        ),
                    }
                ),
            )
        }
    )
    (day,) = days_of(cut)
    assert [round(b - a, 2) for a, b in hours((day,))[0]] == [17.35, 3.65]
    assert day.length_us == sum(b - a for a, b in day.spans)


# By hand.


def test_the_needs_after_the_first_ones_of_a_day_are_over_the_cap() -> None:
    """An owner and a co-user: the account is what is capped, in the order of time, at one instant the owner first."""

    def body(slot: int, segment: int, *needs: tuple[float, int]) -> Body:
        made = (Need(n, round(hour * HOUR), model, 0, 0) for n, (hour, model) in enumerate(needs))
        return Body(slot * 2**40, slot, segment, tuple(made))

    owner = body(0, 2, (1, 0), (3, 0), (5, 1), (30, 0))
    guest = body(1, 1, (1, 0), (2, 0), (26, 0), (49, 0))
    scenario = small()
    days = [CapDay(0, ALL, 2, ((0, 24 * HOUR),)), CapDay(0, ALL, 1, ((24 * HOUR, 48 * HOUR),))]
    found = capped_needs(scenario, days, [Account(0, 2, 1.0, 0, 0, (owner, guest))])
    # First day: owner 1 h, guest 1 h, guest 2 h, owner 3 h; second: guest 26 h, owner 30 h. The rest is not capped.
    assert found.body.tolist() == [0, 1, 1, 0, 1, 0]
    assert found.over.tolist() == [False, False, True, True, False, True]
    tally = count_caps(scenario, found, np.array([0, 0, 1]))
    assert tally.sums[2, -1, -1].tolist() == [3, 6, 9, 18, 36, 2, 4, 1]
    assert tally.sums[2, 2, 0].tolist() == [2, 3, 4, 6, 9, 1, 1, 1]
    assert tally.sums[2, 1, 0].tolist() == [1, 3, 1, 3, 9, 1, 1, 1]
    on_api = [CapDay(0, (CHANNELS.index("api"),), 0, ((0, 24 * HOUR),))]
    assert len(capped_needs(scenario, on_api, [Account(0, 2, 1.0, 0, 0, (owner, guest))]).over) == 0


# The law of needs over a cap.


@settings(derandomize=True, max_examples=30, deadline=None)
@given(mean=st.floats(1e-6, 300), cap=st.integers(0, 200), part=st.floats(0.001, 0.999))
def test_needs_over_a_cap_have_closed_forms(mean: float, cap: int, part: float) -> None:
    """By tails of Poisson numbers, and by thinning: what is spared is a Poisson number of mean mu (1 - p), tilted."""
    over, spared = over_cap(np.array([mean]), cap, np.array([part]))
    assert over[0] == pytest.approx(
        mean * poisson.sf(cap - 1, mean) - cap * poisson.sf(cap, mean), rel=1e-9, abs=1e-12
    )
    n = np.arange(cap)
    served = float((n * poisson.pmf(n, mean)).sum() + cap * poisson.sf(cap - 1, mean))
    assert over[0] + served == pytest.approx(mean, rel=1e-9), "what is served and what is over add up to all"
    if poisson.sf(cap, mean * (1 - part)) == 0:
        return  # beyond the range of the closed form
    tilted = poisson.logsf(cap, mean * (1 - part)) - mean * part - cap * math.log(1 - part)
    assert spared[0] == pytest.approx(poisson.cdf(cap, mean) + math.exp(tilted), rel=1e-9)


def test_whose_no_need_is_is_always_spared_and_whose_all_are_is_spared_below_the_cap() -> None:
    mean = np.array([0.0, 2.0, 2.0])
    over, spared = over_cap(mean, 3, np.array([0.5, 0.0, 1.0]))
    assert spared == pytest.approx([1.0, 1.0, poisson.cdf(3, 2.0)])
    assert over[0] == 0.0
    assert over_cap(mean, 0, np.ones(3))[0] == pytest.approx(mean), "a cap of nothing refuses everything"


# Engines.

LIVELY: dict[str, Any] = {
    "people": 500,
    "usage_caps": [
        {**CAP, "models": ["new", "old"], "per_day": 1, "at": "2026-06-17T07:00:00-04:00", "length": "60h"},
        {**CAP, "models": ["old"], "per_day": 0, "at": "2026-06-11T00:00:00-04:00", "channels": ["consumer"]},
    ],
}


def lively(**more: Any) -> Scenario:
    """Two capped models, one of them named until the 18th; co-users with another mix."""
    return small(
        people=LIVELY["people"],
        usage_caps=LIVELY["usage_caps"],
        segments__natives__channel="team",
        segments__natives__needs_per_day=2.0,
        segments__foreigners__needs_per_day=3.0,
        segments__foreigners__co_users=Whole(
            visitors={"present": 0.4, "share": 0.3}, natives={"present": 0.2, "share": 0.2}
        ),
        **more,
    )


def by_reference(scenario: Scenario, replication: int) -> CapTally:
    people = populate(scenario, scenario.seed, replication, scenario.people)
    owners = np.array([account.segment for account in people], dtype=np.int64)
    accounts = np.bincount(owners, minlength=len(scenario.segments))
    return count_caps(scenario, capped_needs(scenario, days_of(scenario), people), accounts)


@pytest.mark.compiled
def test_both_simulating_engines_count_the_same() -> None:
    scenario = lively()
    slow = by_reference(scenario, 3)
    population = Population(scenario, scenario.seed, 3, scenario.people)
    quick = count_capped(population, make_law(scenario, "national"), days_of(scenario), threads=2)
    assert slow.sums[..., OVER].sum() > 1000
    assert np.array_equal(slow.sums, quick.sums)
    assert np.array_equal(slow.accounts, quick.accounts)


def test_the_exact_engine_agrees_with_the_simulation() -> None:
    """Given the accounts that came out; by accounts, 6 standard errors: false alarms below 1e-6 over all numbers."""
    scenario = lively()
    tally = by_reference(scenario, 0) + by_reference(scenario, 1)
    expected = expected_over_caps(scenario, days_of(scenario), tally.accounts.astype(np.float64))
    compared = 0
    for numbers, which, square in zip(
        expected, (NEEDS, OVER, MET), (NEEDS_NEEDS, OVER_OVER, MET_MET), strict=True
    ):
        for s, m in np.ndindex(numbers.shape):
            sums = tally.sums[:, s, m]
            error = math.sqrt(variances_of_totals(sums[:, which], sums[:, square], tally.accounts))
            if sums[:, which].sum() >= 60:
                compared += 1
                assert abs(sums[:, which].sum() - numbers[s, m]) < 6 * error, (s, m, which)
            elif numbers[s, m] == 0:
                assert sums[:, which].sum() == 0
    assert compared > 25


def test_intervals_go_by_account() -> None:
    """The share's interval against the linearised variance, worked out account by account in one stratum."""
    # Those who use the service much are over the cap much: accounts differ by more than their needs would by chance.
    scenario = lively(segments__natives__activity=Whole(multipliers=[0.25, 4.0], shares=[0.8, 0.2]))
    tally = by_reference(scenario, 0)
    row = next(
        row for row in counted_rows(scenario, [0, 1], tally) if row.segment == "natives" and row.model is None
    )
    share = row.share
    assert share.value is not None
    assert share.low is not None
    assert share.high is not None
    assert share.low < share.value < share.high
    people = populate(scenario, scenario.seed, 0, scenario.people)
    needs = capped_needs(scenario, days_of(scenario), people)
    natives = needs.segment == 0
    d = {account.number: 0.0 for account in people}
    for account, over in zip(needs.account[natives].tolist(), needs.over[natives].tolist(), strict=True):
        d[account] += over - share.value
    groups = [[d[a.number] for a in people if a.segment == s] for s in range(3)]
    variance = sum(len(group) * np.var(group, ddof=1) for group in groups) / share.denominator**2
    assert variance > 1.2 * share.value * (1 - share.value) / share.denominator
    # Clopper and Pearson with the effective size are near the normal interval here.
    assert (share.high - share.low) / 2 == pytest.approx(1.97 * math.sqrt(variance), rel=0.05)
    assert row.people.value == pytest.approx(scenario.represents * row.people.numerator / scenario.people)


# Apart from all else.


@pytest.mark.parametrize("engine", ["exact", "reference"])
def test_no_measure_of_an_order_knows_of_a_cap(engine: str) -> None:
    def said(*sets: str) -> dict[str, Any]:
        found = gatesim.run(
            SMALL, engine=engine, policies=["open", "any_foreign"], sets=sets, people=40
        ).to_dict()
        return {key: found[key] for key in ("readings", "verdict", "transition", "desk", "notes")}

    without, with_it = said(), said(SET % 0)
    for one in (without, with_it):
        one["verdict"].pop("sentence")  # it counts the inputs
    assert without == with_it


def test_a_result_tells_of_the_cap_and_is_read_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = gatesim.run(SMALL, engine="exact", policies=["open"], sets=[SET % 1], out=tmp_path / "run")
    assert found.caps is not None
    everybody = found.caps.rows[0]
    assert (everybody.segment, everybody.model) == (None, None)
    assert sum(row.over.numerator for row in found.caps.rows[1:]) == pytest.approx(everybody.over.numerator)
    assert everybody.share.value == pytest.approx(everybody.over.value / everybody.needs.value)  # type: ignore[operator]
    # By hand: natives have 0.8 a day, for two days.
    natives = next(row for row in found.caps.rows if row.segment == "natives")
    assert natives.needs.value == pytest.approx(1500 * 2 * 0.8)
    assert natives.over.value == pytest.approx(1500 * 2 * (0.8 - 1 + math.exp(-0.8)))
    assert natives.people.value == pytest.approx(1500 * (1 - (1.8 * math.exp(-0.8)) ** 2))
    assert read_run(tmp_path / "run").caps == found.caps
    assert json.loads(found.to_json())["caps"]["rows"][0]["over"]["value"] == everybody.over.value
    print_run(found)
    printed = " ".join(capsys.readouterr().out.split())
    assert "Needs over the usage cap" in printed
    assert "From 18 June 2026 to 20 June 2026 an account is served 1 need a day for new." in printed
    assert gatesim.run(SMALL, engine="exact", policies=["open"]).caps is None


def test_a_story_says_which_needs_are_over_the_cap(capsys: pytest.CaptureFixture[str]) -> None:
    """For the owners and co-users of some accounts, against the count over everybody."""
    sets = [
        'usage_caps=[{ models = ["new", "old"], per_day = 1, at = 2026-06-16T00:00:00-04:00, length = "4d" }]',
        "segments.foreigners.needs_per_day=3",
        "segments.foreigners.co_users={ natives = { present = 1, share = 0.4 } }",
    ]
    scenario = gatesim.load(SMALL, sets=sets).scenario
    world = populate(scenario, scenario.seed, 0, 60)
    needs = capped_needs(scenario, days_of(scenario), world)
    shared = [account for account in world if len(account.bodies) > 1][:4]
    alone = [account for account in world if len(account.bodies) == 1][:4]
    refused = 0
    for number, slot in [(one.number, body.slot) for one in shared + alone for body in one.bodies]:
        story = gatesim.explain(
            SMALL, person=f"{number}.{slot}" if slot else number, policy="any_foreign", sets=sets, people=60
        )
        over = needs.over[(needs.account == number) & (needs.body == slot)]
        assert (story.counts.capped, story.counts.over_cap) == (len(over), int(over.sum()))
        assert [n.over_cap for n in story.own if n.over_cap is not None] == over.tolist()
        refused += int(over.sum())
        print_story(story, everything=True)
        printed = " ".join(capsys.readouterr().out.split())
        assert "From 16 June 2026 to 20 June 2026 an account is served 1 need each a day" in printed
        said = f"A cap on usage refuses {over.sum()} of the {len(over)} that arise while it holds."
        assert (said in printed) == bool(over.any())
        assert ("Over the cap: the account has had its needs of the day" in printed) >= bool(over.any())
    assert refused > 10


def test_more_kinds_of_co_users_than_can_be_gone_through_are_told_of() -> None:
    kinds = {f"kind{n}": {"present": 0.1, "share": 0.01} for n in range(13)}
    makers = {
        name: {**small().model_dump(mode="json")["segments"]["visitors"], "share": 0.0} for name in kinds
    }
    changes = {f"segments__{name}": Whole(maker) for name, maker in makers.items()}
    scenario = small(usage_caps=[CAP], segments__natives__co_users=Whole(kinds), **changes)
    with pytest.raises(CannotDo, match="13 kinds of co-users"):
        expected_over_caps(scenario, days_of(scenario), np.array([1.0] * len(scenario.segments)))
