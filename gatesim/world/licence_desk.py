"""The government's desk: when officers are done with each application for a licence.

A queue with several servers, first come first served. Applications of everybody else come as a Poisson process from
the issue of the order on; those before the desk at that instant are the backlog, and all of them came earlier. All is
at real size: an application for a licence is one application, however many people are simulated, and officers and
other applicants are real numbers, so that nothing is scaled by ``represents``.

Officers work in *working time*, a clock that stands still outside their hours. In it the queue has no shifts: an
officer who goes home takes up the next morning what was laid down in the evening. Where the desk never closes,
working time is time, and with exponential services the queue is M/M/c, with the transient of its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from heapq import heapify, heapreplace

from gatesim.law.law import microseconds
from gatesim.scenario.checks import WEEKDAYS, clock_to_us
from gatesim.scenario.orders import LicenceDesk, Order, WorkingHours, has_working_desk
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, HOUR, MINUTE, SECOND, WEEK
from gatesim.world.draws import LICENCE_DESK, exponential_us

_OTHER_GAP, _OTHER_SERVICE, _BACKLOG_SERVICE, _LICENCE_SERVICE = range(4)
_KINDS = 4
"""What a draw of the purpose `LICENCE_DESK` is for; its index is ``4 * number + kind``, its person the order."""

_MEAN_OF = 64


class WorkingTime:
    """The clock that runs only in working hours.

    Parameters
    ----------
    hours
        The working hours, which do not overlap; empty: always.
    start
        The instant that is time 0; days of the week are those of its zone (a fixed offset).
    """

    def __init__(self, hours: Sequence[WorkingHours], start: datetime) -> None:
        self._into_week = (
            start.weekday() * DAY
            + start.hour * HOUR
            + start.minute * MINUTE
            + start.second * SECOND
            + start.microsecond
        )
        self._spans = sorted(spans_of_week(hours)) if hours else [(0, WEEK)]
        self._a_week = sum(end - begin for begin, end in self._spans)

    def worked(self, time_us: int) -> int:
        """Working time at an instant, counted from the Monday of the week of time 0; negative before it."""
        weeks, rest = divmod(time_us + self._into_week, WEEK)
        return weeks * self._a_week + sum(min(max(rest - a, 0), b - a) for a, b in self._spans)

    def first_at(self, worked_us: int) -> int:
        """The first instant at which so much working time has passed."""
        weeks, rest = divmod(worked_us, self._a_week)
        if rest == 0:  # reached when the last hours of the week before end
            weeks, rest = weeks - 1, self._a_week
        for begin, end in self._spans:
            if rest <= end - begin:
                break
            rest -= end - begin
        return weeks * WEEK + begin + rest - self._into_week


def spans_of_week(hours: Sequence[WorkingHours]) -> list[tuple[int, int]]:
    """Working hours as spans of a week, in microseconds from Monday 00:00, in the order in which they are written."""
    return [
        (WEEKDAYS.index(day) * DAY + clock_to_us(one.start), WEEKDAYS.index(day) * DAY + clock_to_us(one.end))
        for one in hours
        for day in one.days
    ]


def working_share(hours: Sequence[WorkingHours]) -> float:
    """The share of the week in which officers are at work."""
    return sum(end - begin for begin, end in spans_of_week(hours)) / WEEK if hours else 1.0


def finished(arrivals: Sequence[int], services: Sequence[int], officers: int) -> list[int]:
    """When each of some applications is done, first come first served (Kiefer and Wolfowitz 1955).

    Parameters
    ----------
    arrivals
        When each comes, in working time, ascending.
    services
        How long an officer works on each.
    officers
        At least 1.

    Returns
    -------
    list of int
        Each is taken by the officer who is free first, and not before it comes.
    """
    if not arrivals:
        return []
    free = [arrivals[0]] * officers
    heapify(free)
    done = []
    for arrival, service in zip(arrivals, services, strict=True):
        end = max(arrival, free[0]) + service
        heapreplace(free, end)
        done.append(end)
    return done


def desk_times(scenario: Scenario, number: int, seed: int, replication: int) -> tuple[int, ...]:
    """How long each licence of an order is before the government's desk.

    Parameters
    ----------
    scenario
        The scenario.
    number
        Number of the order.
    seed, replication
        Key of the draws, in range.

    Returns
    -------
    tuple of int
        For each licence the microseconds from its application until an officer is done with it; 0 where the order
        has no desk, or one where nothing takes time.
    """
    order = scenario.orders[number]
    desk = order.licence_desk
    if desk is None or not has_working_desk(order) or not order.licences:
        return (0,) * len(order.licences)
    clock = WorkingTime(desk.hours, scenario.start)
    applied = [microseconds(scenario, licence.applied) for licence in order.licences]

    def service(index: int, kind: int) -> int:
        beyond = float(desk.service - desk.service_at_least)
        drawn = exponential_us(seed, replication, number, LICENCE_DESK, _KINDS * index + kind, beyond)
        return desk.service_at_least + int(drawn)

    # Time of arrival, rank among equals, service. Whoever comes after the last licence does not hold it up.
    issued = microseconds(scenario, order.issued)
    queue = [(issued, -1, service(k, _BACKLOG_SERVICE)) for k in range(desk.backlog)]
    for k, at in enumerate(_others(desk, issued, max(applied), (seed, replication, number))):
        queue.append((at, -1, service(k, _OTHER_SERVICE)))
    queue += [(at, rank, service(rank, _LICENCE_SERVICE)) for rank, at in enumerate(applied)]
    queue.sort(key=lambda one: one[:2])
    done = finished([clock.worked(at) for at, _, _ in queue], [work for _, _, work in queue], desk.officers)
    times = [0] * len(applied)
    for (at, rank, _), end in zip(queue, done, strict=True):
        if rank >= 0:
            times[rank] = max(clock.first_at(end) - at, 0)
    return tuple(times)


def _others(desk: LicenceDesk, issued: int, until: int, key: tuple[int, int, int]) -> list[int]:
    """When everybody else applies, up to the last licence."""
    if desk.others_per_day == 0:
        return []
    mean = DAY / desk.others_per_day
    found: list[int] = []
    at = issued
    while True:
        at += int(exponential_us(*key, LICENCE_DESK, _KINDS * len(found) + _OTHER_GAP, mean))
        if at > until:
            return found
        found.append(at)


def mean_desk_times(scenario: Scenario, number: int) -> tuple[int, ...]:
    """The same in the mean over 64 replications of the scenario's own seed."""
    order: Order = scenario.orders[number]
    if not has_working_desk(order):
        return (0,) * len(order.licences)
    drawn = [desk_times(scenario, number, scenario.seed, replication) for replication in range(_MEAN_OF)]
    return tuple(sum(times) // _MEAN_OF for times in zip(*drawn, strict=True))
