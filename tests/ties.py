"""Two things at one microsecond: an input of a case is moved until they meet.

Times of needs are exponential draws, so they never fall together by chance. But every time hangs on an input: a mean,
a share, an instant of the law, the window's end. Each function here looks at a run, chooses a *target* (an instant at
which something happens) and returns the scenario's data with one input changed such that another thing happens at that
very microsecond. The engines know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from pydantic import ValidationError

from gatesim.measures.ledger import NO_REASON, PENDING, RULE
from gatesim.scenario.checks import WEEKDAYS
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.people import CHANNELS, STATUSES
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, FOREVER, MINUTE, WEEK, format_duration, parse_duration
from gatesim.world.draws import (
    LEAVE,
    PATIENCE,
    RETURN,
    SERVICE,
    SLOT,
    TRIP_GAP,
    TRIP_LENGTH,
    TRIP_START,
    exponential_from,
    exponential_of,
    need_gap,
    uniform,
)
from tests.happenings import Seen, ties
from tests.kept_cases import MOST_NEEDS, Case

Data = dict[str, Any]
Move = Callable[[Seen, np.random.Generator], Data | None]
"""Data with a tie that was not there, or None where the run offers none."""

RUNS, ATTEMPTS = 4, 12


def with_tie(case: Case, move: Move, rng: np.random.Generator) -> Case:
    """A case with more ties than before, or the case itself where a few attempts bring none.

    A moved input may change what happened before the target, so the run afterwards has the last word.
    """
    seen = Seen(case)
    before = ties(seen).total()
    runs = 0
    for _ in range(ATTEMPTS):
        scenario = _scenario(move(seen, rng))
        if scenario is None or any(inconsistencies(scenario)):
            continue
        changed = replace(case, scenario=scenario)
        if _same_people(case.scenario, scenario):
            vars(changed)["people"] = case.people  # what `Case.people` would make again
        if len(changed.ledger) <= MOST_NEEDS and ties(Seen(changed)).total() > before:
            return changed
        runs += 1
        if runs == RUNS:
            break
    return case


def _scenario(data: Data | None) -> Scenario | None:
    """The scenario of moved data; None where there is none, or an input was moved beyond what it may be."""
    try:
        return None if data is None else Scenario.model_validate(data)
    except ValidationError:
        return None


def _same_people(one: Scenario, other: Scenario) -> bool:
    """Whether two scenarios differ only in what people and their needs do not depend on."""
    gates = ("start", "documents", "checkers", "desk", "reactions", "readings", "orders", "policies")
    return one == other.model_copy(update={name: getattr(one, name) for name in gates})


# --- targets ------------------------------------------------------------------------------------------------


def _events(seen: Seen) -> list[int]:
    """Instants at which something happens to a case: it opens, joins, is begun, is over."""
    ledger = seen.ledger
    rows = ledger.asked & (ledger.outcome != PENDING)
    found = {*ledger.time_us[rows].tolist(), *ledger.end_us[rows].tolist()}
    found |= {*ledger.joined_us[rows].tolist(), *ledger.begun_us[rows].tolist()}
    return sorted(found - {-1, *seen.law_us.tolist()})


def _late_events(seen: Seen) -> list[int]:
    """The same, of cases that took time."""
    ledger = seen.ledger
    rows = seen.late & (ledger.outcome != PENDING)
    found = {*ledger.joined_us[rows].tolist(), *ledger.begun_us[rows].tolist(), *ledger.end_us[rows].tolist()}
    return sorted(found - {-1, *seen.law_us.tolist()})


def _after(seen: Seen, row: int, rng: np.random.Generator) -> int | None:
    """An instant after a need: its account's next sessions, a change of law or shift, what happens to other cases."""
    ledger, time = seen.ledger, int(seen.ledger.time_us[row])
    own = np.unique(ledger.time_us[ledger.account == ledger.account[row]])
    kinds = [
        own[own > time][:3],
        own[own > time][:3],
        own[own > time][:3],
        seen.law_us[seen.law_us > time][:1],
        seen.shift_us[seen.shift_us > time][:2],
        np.array([at for at in _events(seen) if at > time][:3]),
        np.array([seen.scenario.length]),
    ]
    offered = kinds[int(rng.integers(len(kinds)))]
    return int(rng.choice(offered)) if len(offered) else None


def _one(rows: np.ndarray, rng: np.random.Generator, first: int = 10**9) -> int | None:
    """The number of one of the rows that are true, among the first few."""
    found = np.flatnonzero(rows)[:first]
    return int(rng.choice(found)) if len(found) else None


# --- inputs that make a time --------------------------------------------------------------------------------


def mean_for(u: float, time_us: int) -> int | None:
    """The whole mean, in microseconds, for which a uniform number gives an exponential time; None where none does."""
    near = round(time_us / -np.log(u))
    return next(
        (mean for mean in (near, near - 1, near + 1) if exponential_from(u, float(mean)) == time_us), None
    )


def bisect(rises: Callable[[float], int], low: float, high: float) -> float | None:
    """A number between two for which a rising function of whole values is zero."""
    for _ in range(200):
        middle = (low + high) / 2
        value = rises(middle)
        if value == 0:
            return middle
        low, high = (middle, high) if value < 0 else (low, middle)
    return None


def _data(seen: Seen) -> Data:
    return seen.scenario.model_dump(by_alias=True)


def _at(seen: Seen, time_us: int) -> datetime:
    return seen.scenario.start + timedelta(microseconds=time_us)


def _us(data: Data, instant: datetime) -> int:
    return (instant - data["start"]) // timedelta(microseconds=1)


def law_at_an_event(seen: Seen, rng: np.random.Generator) -> Data | None:
    """An order ends, is narrowed or comes into force as a session is made, or a case joins, is begun or is over."""
    ledger = seen.ledger
    targets = (
        ledger.time_us[ledger.measured],
        ledger.joined_us[ledger.joined_us > ledger.time_us],
        ledger.begun_us[ledger.begun_us > ledger.joined_us],
        ledger.end_us[seen.late & (ledger.outcome != PENDING)],
        ledger.end_us[seen.late & (ledger.outcome != PENDING)],
    )[int(rng.integers(5))]
    targets = targets[~np.isin(targets, seen.law_us)]
    if len(targets) == 0:
        return None
    at = int(rng.choice(targets))
    data = _data(seen)
    order = data["orders"][int(rng.integers(len(data["orders"])))]
    end = min((_us(data, end["at"]) for end in order["ends"]), default=FOREVER)
    in_force = _us(data, order["issued"]) + parse_duration(order["grace"])
    if in_force > at:
        order |= {"issued": _at(seen, at - parse_duration(order["grace"])), "carve_outs": []}
    elif at >= end:
        return None
    elif rng.random() < 0.6:
        order["ends"] = [{"kind": "lifted", "at": _at(seen, at)}]
        order["carve_outs"] = [c for c in order["carve_outs"] if _us(data, c["at"]) < at]
    else:
        order["carve_outs"] = [*order["carve_outs"], {"at": _at(seen, at), **_condition(order, rng)}]
    return data


def law_at_a_shift(seen: Seen, rng: np.random.Generator) -> Data | None:
    """An order ends, or is narrowed, as a shift changes."""
    data = _data(seen)
    order = data["orders"][int(rng.integers(len(data["orders"])))]
    begin = max(0, _us(data, order["issued"]) + parse_duration(order["grace"]))
    shifts = seen.shift_us[seen.shift_us > begin]
    if len(shifts) == 0:
        return None
    at = int(rng.choice(shifts))
    if rng.random() < 0.5:
        order["ends"] = [{"kind": "lapsed", "at": _at(seen, at)}]
        order["carve_outs"] = [c for c in order["carve_outs"] if _us(data, c["at"]) < at]
    else:
        order["carve_outs"] = [*order["carve_outs"], {"at": _at(seen, at), **_condition(order, rng)}]
    return data


def _condition(order: Data, rng: np.random.Generator) -> Data:
    """Whom or what a narrowing takes out; all but statuses open the gate."""
    return (
        {"channels": [str(rng.choice(CHANNELS[:3]))]},
        {"statuses": [str(rng.choice(STATUSES))]},
        {"models": order["models"][:1]},
    )[int(rng.integers(3))]


def automatic_part_ends(seen: Seen, rng: np.random.Generator) -> Data | None:
    """The automatic part of a case ends at a target."""
    row = _one(seen.ledger.document >= 0, rng)
    at = None if row is None else _after(seen, row, rng)
    return None if row is None or at is None else _with_automatic_part(seen, row, at)


def automatic_part_ends_at_the_desk(seen: Seen, rng: np.random.Generator) -> Data | None:
    """The automatic part of a case ends as a case with another kind of document joins the desk, or is over."""
    ledger = seen.ledger
    row = _one(ledger.document >= 0, rng)
    if row is None:
        return None
    others = seen.at_desk & (ledger.document != ledger.document[row])
    joins = rng.random() < 0.4
    targets = ledger.joined_us[others] if joins else ledger.end_us[others & seen.reviewed]
    targets = np.sort(targets[targets > ledger.time_us[row]])[:5]
    return _with_automatic_part(seen, row, int(rng.choice(targets))) if len(targets) else None


def _with_automatic_part(seen: Seen, row: int, until: int) -> Data:
    data = _data(seen)
    name = list(data["documents"])[int(seen.ledger.document[row])]
    data["documents"][name]["automatic_time"] = format_duration(until - int(seen.ledger.time_us[row]))
    return data


def state_runs_out(seen: Seen, rng: np.random.Generator) -> Data | None:
    """A state that a verdict or a block began runs out as the account's next session is made."""
    ledger = seen.ledger
    failed = (seen.verdict & ~seen.passed) | seen.left
    kinds = {
        "clearance": seen.passed,
        "ask_again_after": failed,
        "block_lasts": (ledger.reason == RULE) & ~ledger.asked,
        "allow_lasts": (ledger.reason == NO_REASON) & ledger.measured & ~ledger.asked,
    }
    key = str(rng.choice(list(kinds)))
    row = _one(kinds[key], rng)
    if row is None:
        return None
    end = int(ledger.end_us[row])
    own = ledger.time_us[(ledger.account == ledger.account[row]) & (ledger.time_us > end)]
    if len(own) == 0:
        return None
    data = _data(seen)
    data["policies"][seen.case.policy][key] = format_duration(int(own.min()) - end)
    return data


def patience_runs_out(seen: Seen, rng: np.random.Generator) -> Data | None:
    """Somebody's patience runs out at a target: often as the case joins, or as its review would begin."""
    ledger = seen.ledger
    joins = rng.random() < 0.3
    rows = ledger.joined_us > ledger.time_us if joins else ledger.begun_us != ledger.joined_us
    row = _one((ledger.joined_us >= 0) & rows, rng, first=4)
    if row is None:
        return None
    time = int(ledger.time_us[row])
    if joins:
        at = int(ledger.joined_us[row])
    else:
        at = int(ledger.begun_us[row]) if rng.random() < 0.6 else _after(seen, row, rng)
    if at is None or at <= time:
        return None
    request = int(ledger.need[row]) * 64 + int(ledger.body[row])
    mean = mean_for(uniform(*seen.key, int(ledger.account[row]), PATIENCE, request), at - time)
    data = _data(seen)
    if not mean or data["desk"] is None:
        return None
    data["desk"]["patience"] = format_duration(mean)
    return data


def review_ends(seen: Seen, rng: np.random.Generator) -> Data | None:
    """A review ends at a target."""
    ledger = seen.ledger
    row = _one(ledger.begun_us >= 0, rng, first=4)
    if row is None:
        return None
    at, begun = _after(seen, row, rng), int(ledger.begun_us[row])
    if at is None or at <= begun:
        return None
    speed = seen.speed_at(begun)
    request = int(ledger.need[row]) * 64 + int(ledger.body[row])
    mean = mean_for(
        uniform(*seen.key, int(ledger.account[row]), SERVICE, request), round((at - begun) * speed)
    )
    data = _data(seen)
    if not mean or data["desk"] is None:
        return None
    data["desk"]["service"] = format_duration(mean)
    return data


def somebody_returns(seen: Seen, rng: np.random.Generator) -> Data | None:
    """Somebody who left returns at the very instant of a need."""
    ledger, found = seen.ledger, seen.returns()
    if not found:
        return None
    row, person, _ = found[int(rng.integers(len(found)))]
    number, end = int(ledger.need[row]), int(ledger.end_us[row])
    mine = (
        (ledger.account == ledger.account[row]) & (ledger.body == ledger.body[row]) & (ledger.time_us > end)
    )
    later = ledger.time_us[mine][:4]
    assert uniform(*seen.key, person, LEAVE, number) < seen.scenario.reactions.leave
    if len(later) == 0:
        return None
    mean = mean_for(uniform(*seen.key, person, RETURN, number), int(rng.choice(later)) - end)
    if not mean:
        return None
    data = _data(seen)
    data["reactions"]["away"] = format_duration(mean)
    return data


def trip_meets_a_need(seen: Seen, rng: np.random.Generator) -> Data | None:
    """The trip that somebody is on at the start ends, or somebody's first trip begins, at the instant of a need."""
    ledger = seen.ledger
    segments = list(seen.scenario.segments.items())
    travels = np.array([segment.trips.length > 0 for _, segment in segments])
    row = _one(travels[ledger.segment] & (ledger.time_us > 0), rng)
    if row is None:
        return None
    name, segment = segments[int(ledger.segment[row])]
    length, every = segment.trips.length, segment.trips.every
    person, at = int(ledger.account[row]) + int(ledger.body[row]) * SLOT, int(ledger.time_us[row])
    away = uniform(*seen.key, person, TRIP_START, 0) < length / (length + every)
    draw = uniform(*seen.key, person, *((TRIP_LENGTH, 0) if away else (TRIP_GAP, 1)))
    mean = mean_for(draw, at)
    if not mean:
        return None
    # The other mean goes along, so that the share of people who are on a trip at the start stays.
    other = max(1, round(mean * (every / length if away else length / every)))
    data = _data(seen)
    keys = ("length", "every") if away else ("every", "length")
    data["segments"][name]["trips"] |= {keys[0]: format_duration(mean), keys[1]: format_duration(other)}
    return data


def two_bodies_at_once(seen: Seen, rng: np.random.Generator) -> Data | None:
    """The first needs of an owner and of a co-user fall together: the co-user's share is chosen so."""
    scenario = seen.scenario
    segments = list(scenario.segments.items())
    accounts = [account for account in seen.case.people if len(account.bodies) > 1 and account.rate > 0]
    if not accounts:
        return None
    account = accounts[int(rng.integers(len(accounts)))]
    name, segment = segments[account.segment]
    names, slots = list(segment.co_users), [body.slot for body in account.bodies[1:]]
    shares = {slot: segment.co_users[names[slot - 1]].share for slot in slots}
    slot = int(rng.choice(slots))
    others = sum(share for one, share in shares.items() if one != slot)
    gap_owner = need_gap(*seen.key, account.number, 0)
    gap_other = need_gap(*seen.key, account.number + slot * SLOT, 0)

    def behind(share: float) -> int:
        """By how much the owner's first need comes after the co-user's: the more, the greater the share."""
        owner = 1.0 - sum({**shares, slot: share}.values())
        return exponential_of(gap_owner, DAY / (account.rate * owner)) - exponential_of(
            gap_other, DAY / (account.rate * share)
        )

    share = bisect(behind, 1e-6, 1.0 - others - 1e-6)
    if share is None:
        return None
    data = _data(seen)
    data["segments"][name]["co_users"][names[slot - 1]]["share"] = share
    return data


def two_accounts_at_once(seen: Seen, rng: np.random.Generator) -> Data | None:
    """An account's first case joins the desk as one of another kind of account does, or is over: by its rate."""
    ledger, scenario = seen.ledger, seen.scenario
    row = _one(seen.at_desk & (ledger.need == 0) & (ledger.body == 0), rng)
    if row is None:
        return None
    segment = int(ledger.owner_segment[row])
    name = list(scenario.segments)[segment]
    others = seen.at_desk & (ledger.owner_segment != segment)
    joins = rng.random() < 0.4
    targets = ledger.joined_us[others] if joins else ledger.end_us[others & seen.reviewed]
    time = int(ledger.time_us[row])
    targets = targets - (int(ledger.joined_us[row]) - time)
    targets = np.sort(targets[(targets > time / 3) & (targets < time * 3)])[:5]
    if len(targets) == 0:
        return None
    at = int(rng.choice(targets))
    account = seen.case.people[int(ledger.account[row])]
    before = scenario.segments[name].needs_per_day
    slots = [body.slot for body in account.bodies[1:]]
    co_users = list(scenario.segments[name].co_users.values())
    owner = 1.0 - sum(co_users[slot - 1].share for slot in slots)
    gap, multiplier = need_gap(*seen.key, account.number, 0), account.rate / before

    def early(rate: float) -> int:
        return at - exponential_of(gap, DAY / (rate * multiplier * owner))

    rate = bisect(early, before / 4, before * 4)
    if rate is None:
        return None
    data = _data(seen)
    data["segments"][name]["needs_per_day"] = rate
    return data


def window_ends(seen: Seen, rng: np.random.Generator) -> Data | None:
    """The window ends at an event, or a microsecond after it."""
    targets = [at for at in (_late_events(seen) or _events(seen)) if at > seen.scenario.length / 2]
    if not targets:
        return None
    data = _data(seen)
    data["length"] = format_duration(int(rng.choice(targets)) + int(rng.random() < 0.2))
    return data


def level_desk(seen: Seen, rng: np.random.Generator) -> Data | None:
    """The same number of reviewers day and night: a shift that begins later changes nothing of what was before."""
    data = _data(seen)
    if data["desk"] is None:
        return None
    reviewers = int(rng.choice([1, 1, 2]))
    data["desk"]["shifts"] = [
        {"days": list(WEEKDAYS), "start": "00:00", "end": "24:00", "reviewers": reviewers}
    ]
    return data


def shift_changes(seen: Seen, rng: np.random.Generator) -> Data | None:
    """A shift changes as something happens at a desk that was level before; the start is moved to a whole minute."""
    data = level_desk(seen, rng)
    if data is None:
        return None
    case = seen.case
    level = Seen(replace(case, scenario=Scenario.model_validate(data)))
    targets = [at for at in _late_events(level) or _events(level) if at < WEEK]
    if not targets:
        return None
    at = int(rng.choice(targets))
    clock = data["start"] + timedelta(microseconds=at)
    moved = timedelta(microseconds=-(clock.second * 1_000_000 + clock.microsecond) % MINUTE)
    clock += moved
    if (clock.hour, clock.minute) == (0, 0):
        return None
    data["start"] += moved
    for order in data["orders"]:
        order["issued"] += moved
        for one in (*order["ends"], *order["carve_outs"]):
            one["at"] += moved
    before = data["desk"]["shifts"][0]["reviewers"]
    after = int(rng.choice([number for number in (0, 1, 2, 5) if number != before]))
    day, time = WEEKDAYS[clock.weekday()], f"{clock.hour:02}:{clock.minute:02}"
    data["desk"]["shifts"] = [
        {"days": [d for d in WEEKDAYS if d != day], "start": "00:00", "end": "24:00", "reviewers": before},
        {"days": [day], "start": "00:00", "end": time, "reviewers": before},
        {"days": [day], "start": time, "end": "24:00", "reviewers": after},
    ]
    return data


MOVES: dict[Move, int] = {
    law_at_an_event: 4,
    law_at_a_shift: 1,
    automatic_part_ends: 3,
    automatic_part_ends_at_the_desk: 5,
    state_runs_out: 1,
    patience_runs_out: 4,
    review_ends: 2,
    somebody_returns: 1,
    trip_meets_a_need: 1,
    two_bodies_at_once: 1,
    two_accounts_at_once: 6,
    window_ends: 1,
    shift_changes: 2,
}
"""The moves, and how often to try each: those that seldom succeed more often."""

AT_THE_DESK: tuple[Move, ...] = (
    law_at_a_shift,
    automatic_part_ends_at_the_desk,
    two_accounts_at_once,
    shift_changes,
)
"""Moves that want a simulated desk."""
