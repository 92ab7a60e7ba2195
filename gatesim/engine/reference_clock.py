"""What comes first at one instant, in SimPy's terms.

SimPy takes events in the order of time, then of an integer priority, then of being scheduled. The priority of
a `Moment` spells out the model's order: the rank of what happens, then the account, the body and the need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import simpy
from simpy.events import EventPriority

LAW, SHIFT, END_OF_SERVICE, LEAVING, SESSION = range(5)
"""Ranks: at one instant the law changes first; the end of the automatic part ranks as an end of service."""

Who = tuple[int, int, int]
"""Account, body, need."""

NOBODY: Who = (0, 0, 0)
"""For the law and for shifts, which are nobody's."""

_AFTER_SIMPY = 2  # SimPy's own events (a process begins, a process ends) have the priorities 0 and 1.


def priority(rank: int, who: Who = NOBODY) -> int:
    """The priority of an event: by rank, then account, body, need; that of the next need is one more."""
    account, body, need = who
    return (((((rank << 40) + account) << 8) + body) << 40) + need + _AFTER_SIMPY


class Moment(simpy.Event):
    """An event at a known instant, with its place among the events of that instant.

    Parameters
    ----------
    env
        The environment.
    at_us
        The instant, not before now, in microseconds.
    place
        Its place in the order at that instant: a `priority`.
    then
        What is done then; a process that yields the moment needs nothing else.
    """

    def __init__(
        self,
        env: simpy.Environment,
        at_us: int,
        place: int,
        then: Callable[[], None] | None = None,
    ) -> None:
        self.env = env
        self.callbacks: list[Callable[[Any], None]] = [] if then is None else [lambda _: then()]
        self._ok = True
        self._value = None
        env.schedule(self, EventPriority(place), at_us - env.now)
