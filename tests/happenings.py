"""What really happens in a case: counted from the reference's ledger, not from what the scenario asks for.

A *tie* is two things at one microsecond of which the model says which comes first. Sessions never fall together by
chance, so ties are made (`tests.ties`); here they are counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.queueing import scaled_reviewers
from gatesim.law.law import microseconds, order_end_us
from gatesim.law.roster import roster
from gatesim.measures.ledger import (
    FALLBACK,
    LEFT_QUEUE,
    LOST,
    NO_REASON,
    PENDING,
    RULE,
    SERVED,
    SERVED_LATE,
    STANDING_BLOCK,
)
from gatesim.scenario.checks import Desk
from gatesim.scenario.types import FOREVER
from gatesim.world.draws import LEAVE, PATIENCE, RETURN, SERVICE, SLOT, TO_DESK, exponential_us, uniform
from gatesim.world.people import People, mean_us
from tests.kept_cases import Case

Ints = NDArray[np.int64]


class Seen:
    """A case that has been run by the reference, and the instants that matter in it."""

    def __init__(self, case: Case) -> None:
        self.case, self.scenario, self.ledger = case, case.scenario, case.ledger
        ledger = self.ledger
        self.key = (self.scenario.seed, case.replication)
        self.law_us = np.array([epoch.start_us for epoch in case.law.epochs[1:]], dtype=np.int64)
        self.late = ledger.asked & (ledger.end_us > ledger.time_us)
        at_law = np.isin(ledger.end_us, self.law_us)
        self.withdrawn = self.late & at_law & (ledger.outcome == SERVED_LATE)
        ended = ledger.outcome != PENDING
        self.left = ledger.reason == LEFT_QUEUE
        self.verdict = ledger.asked & ended & ~self.withdrawn & ~self.left
        self.passed = self.verdict & np.isin(ledger.outcome, (SERVED, SERVED_LATE))
        self.at_desk = (ledger.joined_us >= 0) & (case.waits is None)
        self.reviewed = self.verdict & (ledger.begun_us >= 0) & (case.waits is None)
        self.shift_us = np.array([at for at, _ in self.steps()[1:]], dtype=np.int64)

    def steps(self, desk: Desk | None = None) -> tuple[tuple[int, int], ...]:
        """The roster: instants, and the number at work from then on."""
        desk = self.scenario.desk if desk is None else desk
        return () if desk is None else roster(desk, self.scenario.start, self.scenario.length)

    def speed_at(self, time_us: int) -> float:
        """The speed of reviewers on shift (1 where waits are drawn: the table is made at the real size)."""
        if self.case.waits is not None:
            return 1.0
        real = [number for at, number in self.steps() if at <= time_us][-1]
        return scaled_reviewers(real, self.scenario.people, self.scenario.represents)[1]

    def due(self, row: int) -> set[int]:
        """When a case would join the desk, be begun or be over, if nothing came between, as far as that is known."""
        ledger, scenario, document = self.ledger, self.scenario, int(self.ledger.document[row])
        if document < 0:
            return set()
        owner, time, begun = (
            int(column[row]) for column in (ledger.account, ledger.time_us, ledger.begun_us)
        )
        kind = list(scenario.documents.values())[document]
        ready = time + kind.automatic_time
        if scenario.desk is None or uniform(*self.key, owner, TO_DESK, document) >= kind.to_desk:
            return {ready}
        request = int(ledger.need[row]) * 64 + int(ledger.body[row])
        found = {ready, self.leaves(row)} if begun < 0 else {ready}
        if begun < 0 and self.case.waits is not None:
            begun = ready + self.case.waits.draw_us(*self.key, owner, request, ready)
            found.add(begun)
        if begun >= 0:
            service = exponential_us(*self.key, owner, SERVICE, request, mean_us(scenario.desk.service))
            found.add(begun + int(service / self.speed_at(begun) + 0.5))
        return found

    def leaves(self, row: int) -> int:
        """When the patience of somebody who is asked runs out."""
        assert self.scenario.desk is not None
        owner, time, need, body = (
            int(column[row])
            for column in (self.ledger.account, self.ledger.time_us, self.ledger.need, self.ledger.body)
        )
        patience = mean_us(self.scenario.desk.patience)
        return time + exponential_us(*self.key, owner, PATIENCE, need * 64 + body, patience)

    def returns(self) -> list[tuple[int, int, int]]:
        """(row of the refusal, person, instant of the return) of everybody who leaves."""
        ledger, reactions = self.ledger, self.scenario.reactions
        found = []
        if reactions.leave > 0:
            for row in np.flatnonzero(ledger.reason != NO_REASON).tolist():
                person = int(ledger.account[row]) + int(ledger.body[row]) * SLOT
                need = int(ledger.need[row])
                if uniform(*self.key, person, LEAVE, need) < reactions.leave:
                    away = exponential_us(*self.key, person, RETURN, need, mean_us(reactions.away))
                    found.append((row, person, int(ledger.end_us[row]) + away))
        return found

    def expiries(self) -> list[tuple[int, int]]:
        """(account, instant) at which a state runs out that an account entered by a verdict or a block.

        That a change of the law may have ended it before is not looked at.
        """
        ledger, policy = self.ledger, self.scenario.policies[self.case.policy]
        failed = (self.verdict & ~self.passed) | self.left
        kinds = (
            (self.passed, policy.clearance),
            (failed, policy.ask_again_after),
            ((ledger.reason == RULE) & ~ledger.asked, policy.block_lasts),
        )
        return [
            (int(ledger.account[row]), int(ledger.end_us[row]) + lasts)
            for rows, lasts in kinds
            if 0 < lasts < FOREVER
            for row in np.flatnonzero(rows).tolist()
        ]


def happenings(seen: Seen) -> Counter[str]:
    """How often each thing happens that the generator must reach, ties aside."""
    ledger, case = seen.ledger, seen.case
    begun_late = (ledger.begun_us > ledger.joined_us) & (ledger.joined_us >= 0)
    found: Counter[str] = Counter()
    found["a queue"] = int((begun_late & seen.at_desk).sum())
    found["a table of waits"] = int((ledger.joined_us >= 0).sum()) if case.waits is not None else 0
    found["left the queue"] = int(seen.left.sum())
    found["gone for a while or for good"] = int((ledger.outcome == LOST).sum())
    found["falls back to an older model"] = int((ledger.outcome == FALLBACK).sum())
    found["pending at the end"] = int((ledger.outcome == PENDING).sum())
    found["a standing block"] = int((ledger.reason == STANDING_BLOCK).sum())
    found["co-users"] = int((ledger.body > 0).sum())
    found["withdrawn by the law"] = int(seen.withdrawn.sum())
    found["the law changes under way"] = int(
        sum(bool((ledger.time_us < at).any() and (ledger.time_us >= at).any()) for at in seen.law_us)
    )
    waiting = [(int(ledger.time_us[row]), int(ledger.end_us[row])) for row in np.flatnonzero(seen.late)]
    found["the law changes while somebody waits"] = sum(a < at < b for at in seen.law_us for a, b in waiting)
    found["several orders at once"] = _under_several_orders(seen)
    found["a clearance expires, and the account is asked again"] = _asked_again(seen)
    found |= _empty_shifts(seen)
    found |= _zero_shares(seen)
    return +found


def _under_several_orders(seen: Seen) -> int:
    """Needs that arise while several orders are in force."""
    scenario, times = seen.scenario, seen.ledger.time_us
    number = np.zeros(len(times), dtype=np.int64)
    for order in scenario.orders:
        begin = microseconds(scenario, order.issued) + order.grace
        number += (begin <= times) & (times < order_end_us(scenario, order))
    return int((number > 1).sum())


def _asked_again(seen: Seen) -> int:
    ledger = seen.ledger
    clearance = seen.scenario.policies[seen.case.policy].clearance
    expires: dict[int, int] = {}
    for row in np.flatnonzero(seen.passed).tolist():
        account = int(ledger.account[row])
        expires[account] = min(expires.get(account, FOREVER), int(ledger.end_us[row]) + clearance)
    asked = np.flatnonzero(ledger.asked).tolist()
    return sum(int(ledger.time_us[row]) >= expires.get(int(ledger.account[row]), FOREVER) for row in asked)


def _empty_shifts(seen: Seen) -> Counter[str]:
    """Cases that wait while nobody is at work, and while a shift of no reviewers is on."""
    ledger, desk = seen.ledger, seen.scenario.desk
    if desk is None:
        return Counter()
    rows = np.flatnonzero(seen.at_desk).tolist()
    waits = [(int(ledger.joined_us[r]), int(ledger.begun_us[r] if ledger.begun_us[r] >= 0 else ledger.end_us[r]))
             for r in rows]  # fmt: skip

    def during(steps: Iterable[tuple[int, int]], number: int) -> int:
        steps = [*steps, (seen.scenario.length, -1)]
        spans = [(a, b) for (a, at_work), (b, _) in pairwise(steps) if at_work == number]
        return sum(joined < b and a < begun for joined, begun in waits for a, b in spans)

    found = Counter({"somebody waits while nobody is at work": during(seen.steps(), 0)})
    for shift in desk.shifts:
        if shift.reviewers == 0:
            alone = desk.model_copy(update={"shifts": (shift.model_copy(update={"reviewers": 1}),)})
            found["somebody waits during a shift of no reviewers"] += during(seen.steps(alone), 1)
    return found


def _zero_shares(seen: Seen) -> Counter[str]:
    """Entries of zero that somebody with needs meets."""
    ledger, scenario = seen.ledger, seen.scenario
    segments = list(scenario.segments.values())
    makers = [segments[s] for s in np.unique(ledger.segment)]
    owners = [segments[s] for s in np.unique(ledger.owner_segment)]
    asked = [segments[s] for s in np.unique(ledger.owner_segment[ledger.asked])]
    accepted = scenario.policies[seen.case.policy].documents
    found: Counter[str] = Counter()
    found["a segment of share 0"] = sum(segment.share == 0.0 for segment in makers)
    found["a model of share 0"] = sum(0.0 in segment.models.values() for segment in makers)
    found["a region of share 0"] = sum(
        0.0 in {*s.card.values(), *s.declared.values(), *s.trips.to.values(), *s.vpn.exits.values()}
        for s in makers
    )
    co_users = [co_user for segment in owners for co_user in segment.co_users.values()]
    found["a co-user who is never there"] = sum(co_user.present == 0.0 for co_user in co_users)
    found["a co-user without needs"] = sum(c.present > 0.0 and c.share == 0.0 for c in co_users)
    found["a document that nobody holds"] = sum(
        s.documents.get(d, 0.0) == 0.0 for s in asked for d in accepted
    )
    return found


def ties(seen: Seen) -> Counter[str]:
    """How often two things of each kind fall on one microsecond."""
    ledger, scenario = seen.ledger, seen.scenario
    time, end, joined, begun = ledger.time_us, ledger.end_us, ledger.joined_us, ledger.begun_us
    by_account: dict[int, list[int]] = defaultdict(list)
    for account, at in zip(ledger.account.tolist(), time.tolist(), strict=True):
        by_account[account].append(at)
    found: Counter[str] = Counter()
    found["two sessions of an account"] = sum(len(times) - len(set(times)) for times in by_account.values())

    over = seen.verdict | seen.left
    found["a session as its account's case is over"] = sum(
        int(end[row]) in by_account[int(ledger.account[row])] for row in np.flatnonzero(seen.late & over)
    )
    found["a session as its account's state runs out"] = sum(
        at in by_account[who] for who, at in seen.expiries()
    )
    returns = {(person, at) for _, person, at in seen.returns()}
    people = (ledger.account + ledger.body.astype(np.int64) * SLOT).tolist()
    found["a session as its maker returns"] = len(returns & set(zip(people, time.tolist(), strict=True)))
    found["a session as a trip begins or ends"] = _trips(seen)

    found["a session as the law changes"] = int(np.isin(time, seen.law_us).sum())
    found["a case is over as the law changes"] = int((np.isin(end, seen.law_us) & seen.late & over).sum())
    withdrawn = np.flatnonzero(seen.withdrawn).tolist()
    found["withdrawn as it would join, be begun or be over"] = sum(
        int(end[row]) in seen.due(row) for row in withdrawn
    )

    found["a shift changes as a case joins"] = int((np.isin(joined, seen.shift_us) & seen.at_desk).sum())
    found["a shift changes as a review ends"] = int((np.isin(end, seen.shift_us) & seen.reviewed).sum())
    found["a shift changes as somebody leaves"] = int((np.isin(end, seen.shift_us) & seen.left).sum())
    found["a shift changes as the law does"] = int(np.isin(seen.law_us, seen.shift_us).sum())

    joins, ends = joined[seen.at_desk], end[seen.reviewed]
    found["two cases join"] = len(joins) - len(np.unique(joins))
    found["two reviews end"] = len(ends) - len(np.unique(ends))
    waited = end[seen.reviewed & (end > joined)]
    found["a case joins as another's review ends"] = int(np.isin(np.unique(joins), waited).sum())
    with_desk = np.flatnonzero(joined >= 0).tolist()
    leaves = {row: seen.leaves(row) for row in with_desk}
    found["patience runs out as a case joins"] = sum(
        time[row] < joined[row] == leaves[row] for row in with_desk
    )
    found["patience runs out as a review begins"] = sum(
        joined[row] < begun[row] == leaves[row] for row in with_desk
    )
    late = np.flatnonzero(ledger.asked & (ledger.outcome == PENDING)).tolist()
    found["the window ends as a case would join or be over"] = sum(
        scenario.length in seen.due(r) for r in late
    )
    return +found


def _trips(seen: Seen) -> int:
    """Needs at the instant at which a trip of their maker begins or ends."""
    ledger, found = seen.ledger, 0
    people = People(seen.scenario, *seen.key)
    segments = list(seen.scenario.segments.values())
    bodies: dict[tuple[int, int], set[int]] = defaultdict(set)
    for account, body, segment, at in zip(
        ledger.account.tolist(),
        ledger.body.tolist(),
        ledger.segment.tolist(),
        ledger.time_us.tolist(),
        strict=True,
    ):
        if segments[segment].trips.length > 0:
            bodies[account + body * SLOT, segment].add(at)
    for (person, segment), times in bodies.items():
        found += sum(
            (trip.begin_us in times) + (trip.end_us in times) for trip in people.trips(person, segment)
        )
    return found
