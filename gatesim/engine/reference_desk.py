"""The desk as a textbook writes it: reviewers on shifts, and a queue with priorities before them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from heapq import heappop, heappush
from typing import Protocol

import simpy

from gatesim.engine.queueing import scaled_reviewers
from gatesim.engine.reference_clock import END_OF_SERVICE, SHIFT, Moment, Who, priority
from gatesim.engine.waits import WaitTable
from gatesim.law.roster import staffed
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario

Tell = Callable[[int, Who | None, str], None]
"""Told of each event: the instant, account, body and need (None where it is nobody's), and what happens."""


class Stage(Enum):
    """How far a case has come."""

    AUTOMATIC = auto()
    """The automatic part is not yet over."""
    QUEUE = auto()
    REVIEW = auto()
    OVER = auto()
    """There is a verdict, or the case was withdrawn, or it left."""


@dataclass(slots=True, eq=False)
class Case:
    """A check that takes time.

    Attributes
    ----------
    who
        Account, body and need that opened it.
    channel
        Number of the account's channel.
    opened_us
        When the check opened.
    passed
        What the verdict will be: decided by what was presented, and kept until it falls.
    service_us
        How long the review lasts at a speed of 1.
    request
        Index of the draws of this request.
    joined_us, begun_us
        When it joined the desk and when its review began; -1 before that.
    """

    who: Who
    channel: int
    opened_us: int
    passed: bool
    request: int
    service_us: int = 0
    stage: Stage = Stage.AUTOMATIC
    joined_us: int = -1
    begun_us: int = -1


class Reviews(Protocol):
    """What the simulation asks of a desk."""

    def join(self, case: Case) -> None:
        """A case joins now."""

    def withdraw(self, cases: Iterable[Case]) -> None:
        """Cases leave now, all at once, wherever they stand."""


class Desk:
    """Reviewers on shifts, and the cases that wait for them.

    Parameters
    ----------
    env
        The environment.
    scenario
        A scenario with a desk.
    people
        Number of accounts simulated: the desk is scaled to it.
    verdict
        Called when the review of a case ends.
    tell
        Called at each event, if given.
    """

    def __init__(
        self,
        env: simpy.Environment,
        scenario: Scenario,
        people: int,
        verdict: Callable[[Case], None],
        tell: Tell | None = None,
    ) -> None:
        assert scenario.desk is not None
        self._env, self._verdict, self._tell = env, verdict, tell
        self._length_us = scenario.length
        first = scenario.desk.priority
        self._rank = [first.index(name) if name in first else len(first) for name in CHANNELS]
        self._queue: list[tuple[int, int, Who, Case]] = []
        self._busy = 0
        self._on_shift, self._speed = 0, 1.0
        for time, real in staffed(scenario):
            servers, speed = scaled_reviewers(real, people, scenario.represents)
            if time == 0:
                self._on_shift, self._speed = servers, speed
            else:
                Moment(env, time, priority(SHIFT), partial(self._shift, servers, speed))

    def join(self, case: Case) -> None:
        """A case joins the queue, or a free reviewer takes it at once."""
        case.stage, case.joined_us = Stage.QUEUE, int(self._env.now)
        heappush(self._queue, (self._rank[case.channel], case.joined_us, case.who, case))
        self._say(case.who, "joins the desk")
        self._take_waiting()

    def withdraw(self, cases: Iterable[Case]) -> None:
        """Cases leave, from the queue or from their reviewer; only then do freed reviewers take others."""
        for case in cases:
            if case.stage is Stage.REVIEW:
                self._busy -= 1
            case.stage = Stage.OVER
        self._take_waiting()

    def _shift(self, reviewers: int, speed: float) -> None:
        """Another number of reviewers is at work; those in the middle of a review finish it."""
        self._on_shift, self._speed = reviewers, speed
        self._say(None, f"{reviewers} reviewers on shift")
        self._take_waiting()

    def _take_waiting(self) -> None:
        """Free reviewers take waiting cases: the best rank of channel, then who joined first."""
        while self._busy < self._on_shift and self._queue:
            case = heappop(self._queue)[-1]
            if case.stage is Stage.QUEUE:
                self._busy += 1
                case.stage, case.begun_us = Stage.REVIEW, int(self._env.now)
                self._say(case.who, "review begins")
                end = case.begun_us + int(case.service_us / self._speed + 0.5)
                if end < self._length_us:
                    Moment(
                        self._env,
                        end,
                        priority(END_OF_SERVICE, case.who),
                        partial(self._review_ends, case),
                    )

    def _review_ends(self, case: Case) -> None:
        """The verdict falls; the reviewer takes the next case, or goes home after the end of the shift."""
        if case.stage is Stage.REVIEW:
            self._busy -= 1
            case.stage = Stage.OVER
            self._verdict(case)
            self._take_waiting()

    def _say(self, who: Who | None, event: str) -> None:
        if self._tell is not None:
            self._tell(int(self._env.now), who, event)


class DrawnWaits:
    """In place of the desk: each case waits for a time from the table of waits, whatever the others do.

    Parameters
    ----------
    env
        The environment.
    waits
        The table.
    seed, replication
        Key of the draws.
    length_us
        Length of the window.
    verdict, tell
        As for `Desk`.
    """

    def __init__(
        self,
        env: simpy.Environment,
        waits: WaitTable,
        seed: int,
        replication: int,
        length_us: int,
        verdict: Callable[[Case], None],
        tell: Tell | None = None,
    ) -> None:
        self._env, self._waits, self._key, self._length_us = env, waits, (seed, replication), length_us
        self._verdict, self._tell = verdict, tell

    def join(self, case: Case) -> None:
        """The case waits for its drawn time, unless its patience runs out before."""
        case.stage, case.joined_us = Stage.QUEUE, int(self._env.now)
        self._say(case.who, "joins the desk")
        wait = self._waits.draw_us(*self._key, case.who[0], case.request, case.joined_us)
        if wait == 0:
            self._review_begins(case)
        elif case.joined_us + wait < self._length_us:
            begin = case.joined_us + wait
            Moment(self._env, begin, priority(END_OF_SERVICE, case.who), partial(self._review_begins, case))

    def withdraw(self, cases: Iterable[Case]) -> None:
        """Cases leave."""
        for case in cases:
            case.stage = Stage.OVER

    def _review_begins(self, case: Case) -> None:
        if case.stage is Stage.QUEUE:
            case.stage, case.begun_us = Stage.REVIEW, int(self._env.now)
            self._say(case.who, "review begins")
            end = case.begun_us + case.service_us
            if end < self._length_us:
                Moment(self._env, end, priority(END_OF_SERVICE, case.who), partial(self._review_ends, case))

    def _review_ends(self, case: Case) -> None:
        if case.stage is Stage.REVIEW:
            case.stage = Stage.OVER
            self._verdict(case)

    def _say(self, who: Who | None, event: str) -> None:
        if self._tell is not None:
            self._tell(int(self._env.now), who, event)
