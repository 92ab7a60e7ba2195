"""How long somebody is locked out of a model: from the first false block to the next need served."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import cast

import pytest

from gatesim.scenario import load
from gatesim.show.explain import summary
from gatesim.study.explain import explain
from gatesim.study.lock_out import LockOut, lock_outs
from gatesim.study.story import Story, Told
from tests.scenarios import SMALL

LIFT = datetime.fromisoformat("2026-06-18T00:00:00-04:00")
"""Of the order of the small world."""

CAP = "usage_caps=[{ models = ['new'], per_day = 1, at = 2026-06-10T00:00:00-04:00, length = '10d' }]"


def walked(story: Story) -> list[LockOut]:
    """The same by walking through what happened, model by model, instant by instant."""
    end, found = story.loaded.scenario.length, []
    lift = (LIFT - story.loaded.scenario.start) // timedelta(microseconds=1)
    for model in {need.model for need in story.own}:
        happened = []
        for need in story.own:
            if need.model != model:
                continue
            served = need.outcome in ("served", "served_late")
            if need.measured and not need.restricted and not served and need.outcome != "pending":
                happened.append((need.time_us, need.outcome))
            elif served and not need.over_cap:
                happened.append((need.end_us or 0, "Served"))
        begin, blocks = None, 0
        happened.append((lift, "The order is lifted"))
        for instant, outcome in sorted(happened):
            # Words in capitals come first of what happens at one instant.
            ends = outcome in ("Served", "The order is lifted")
            if not ends and (begin is not None or outcome != "lost"):
                begin, blocks = instant if begin is None else begin, blocks + 1
            elif ends and begin is not None:
                opened = outcome != "Served"
                found.append(LockOut(model, begin, instant, instant - begin, blocks, opened))
                begin, blocks = None, 0
        if begin is not None:
            found.append(LockOut(model, begin, None, end - begin, blocks))
    return sorted(found, key=lambda one: (one.from_us, one.model))


@pytest.mark.no_cover  # others cover the same lines
@pytest.mark.parametrize("policy", ["careful", "any_foreign", "ask", "shutdown"])
def test_lock_outs_are_those_of_a_walk_through_the_needs(policy: str) -> None:
    seen: Counter[str] = Counter()
    for number in range(60):
        story = explain(SMALL, person=number, policy=policy)
        assert list(story.lock_outs) == walked(story)
        lost = sum(need.judgement == "false_block" and need.outcome == "lost" for need in story.own)
        said = sum(one.false_blocks for one in story.lock_outs)
        assert story.counts.false_blocks - lost <= said <= story.counts.false_blocks
        seen["lost within one"] += said > story.counts.false_blocks - lost
        assert {one.model for one in story.lock_outs} <= {"new"}, "no order names the older model"
        for one, later in pairwise(story.lock_outs):
            assert one.until_us is not None
            assert one.until_us <= later.from_us
        assert all(one.until_us is not None for one in story.lock_outs), "the order is lifted within the run"
        seen["ended"] += sum(not one.opened for one in story.lock_outs)
        seen["lifted"] += sum(one.opened for one in story.lock_outs)
        seen["of several needs"] += sum(one.false_blocks > 1 for one in story.lock_outs)
    assert min(seen["ended"] + seen["lifted"], seen["of several needs"]) > 0, seen
    assert seen["ended"] > 0 or policy not in ("careful", "any_foreign"), (
        "a shutdown serves nobody before the lift"
    )
    assert seen["lost within one"] > 0 or policy != "shutdown", seen


def test_who_is_served_late_is_locked_out_until_the_verdict() -> None:
    """Of account 74 of the small world: it leaves the queue on a Saturday, and is cleared on Wednesday."""
    story = explain(SMALL, person=74, policy="careful")
    assert summary(story).endswith(
        "Locked out of new for 4 d: from Sat 13 Jun 09:14 until the next need served, Wed 17 Jun 09:27."
    )


def test_what_a_lift_ends_and_what_the_run_leaves_open_is_said() -> None:
    """Time after the lift is not counted: who had no need after it had been locked out to the end of the run."""
    said = [summary(explain(SMALL, person=number, policy="shutdown")) for number in range(60)]
    assert any("until the gate opens, Thu 18 Jun 00:00." in words for words in said)
    assert not any("to the end of the run" in words or "next need served" in words for words in said)
    stays = load(SMALL, ["orders.0.ends=[]"])
    story = next(story for n in range(60) if (story := explain(stays, person=n, policy="shutdown")).lock_outs)
    assert summary(story).endswith("to the end of the run.")
    (one,) = story.lock_outs
    assert (one.until_us, one.length_us) == (None, stays.scenario.length - one.from_us)
    several = [summary(explain(SMALL, person=number, policy="any_foreign")) for number in range(60)]
    assert any("Locked out 2 times, at the longest of new for " in words for words in several)
    nobody = [summary(explain(SMALL, person=number, policy="open")) for number in range(60)]
    assert not any("ocked out" in words for words in nobody)


def test_what_a_cap_refuses_does_not_end_a_lock_out() -> None:
    """One need a day: the second of a day after the lift is served by the gate, and refused by the cap."""
    found = 0
    for number in range(60):
        story = explain(load(SMALL, [CAP]), person=number, policy="shutdown")
        assert list(story.lock_outs) == walked(story)
        over = {need.time_us for need in story.own if need.over_cap}
        assert not over & {one.until_us for one in story.lock_outs}
        found += len(over)
    assert found > 0


def test_models_are_apart() -> None:
    """Of two models under a shutdown of one of them, somebody is locked out of that one alone."""
    sets = [
        "models.other={ fallback = 'old' }",
        "segments.natives.models={ new = 0.4, other = 0.4, old = 0.2 }",
        "orders.0.models=['new', 'other']",
        "policies.shutdown={ family = 'shutdown', models = ['new'] }",
    ]
    loaded, served = load(SMALL, sets), 0
    for number in range(30):
        story = explain(loaded, person=number, policy="shutdown")
        assert {one.model for one in story.lock_outs} <= {"new"}
        for one in story.lock_outs:
            until = one.until_us or loaded.scenario.length
            served += sum(need.model == "other" and one.from_us < need.time_us < until for need in story.own)
    assert served > 0


def test_frames_and_json_have_them() -> None:
    story = explain(SMALL, person=74, policy="careful")
    (one,) = story.lock_outs
    frame = story.to_frame("lock_outs")
    assert list(frame.columns) == ["model", "from", "until", "days", "false_blocks", "opened"]
    assert (frame["until"] - frame["from"]).tolist() == [timedelta(microseconds=one.length_us)]
    assert frame["days"].tolist() == [one.length_us / 86_400_000_000]
    (data,) = json.loads(story.to_json())["lock_outs"]
    assert (data["model"], data["from"], data["false_blocks"]) == (
        "new",
        story.at(one.from_us).isoformat(),
        1,
    )
    stays = load(SMALL, ["orders.0.ends=[]"])
    shut = next(
        story
        for number in range(60)
        if (story := explain(stays, person=number, policy="shutdown")).lock_outs
        and story.lock_outs[-1].until_us is None
    )
    assert json.loads(shut.to_json())["lock_outs"][-1]["until"] is None
    assert shut.to_frame("lock_outs")["until"].isna().tolist()[-1]
    assert list(explain(SMALL, person=0, policy="open").to_frame("lock_outs").columns) == list(frame.columns)
    assert lock_outs((), 1, {}) == ()


def test_a_policy_that_comes_into_place_and_does_not_act_opens_the_gate() -> None:
    """The operator closes for all, and later for another model only; or opens."""
    closed = "policies.elsewhere={ family = 'shutdown', models = ['old'], lead_time = '2d' }"
    opened = "policies.elsewhere={ family = 'open', lead_time = '2d' }"
    for later in (closed, opened):
        sets = [later, "operator={ ladder = ['shutdown', 'elsewhere'], strategy = 'listed' }"]
        loaded, seen = load(SMALL, sets), 0
        for number in range(60):
            story = explain(loaded, person=number, policy="operator")
            switch = next(at for at, name in story.switches.items() if name == "elsewhere")
            assert all(one.until_us is not None and one.until_us <= switch for one in story.lock_outs)
            seen += any(one.opened for one in story.lock_outs)
        assert seen > 0


def test_a_gate_that_closes_again_locks_out_again() -> None:
    def refused(at: int) -> Told:
        return cast(
            "Told",
            SimpleNamespace(
                model="new", time_us=at, served_us=None, judgement="false_block", outcome="refused"
            ),
        )

    needs = [refused(at) for at in (10, 12, 30)]
    assert lock_outs(needs, 40, {"new": (20,)}) == (
        LockOut("new", 10, 20, 10, 2, opened=True),
        LockOut("new", 30, None, 10, 1),
    )
