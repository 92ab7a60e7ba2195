"""Rules for the government's desk, before which applications for licences queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from gatesim.scenario.checks import WEEKDAYS, clock_to_us
from gatesim.scenario.errors import Finding, KeyPath
from gatesim.scenario.orders import Order
from gatesim.scenario.types import DAY, FOREVER

MOST_APPLICATIONS = 500_000
"""How many applications may be expected before the last licence's: each is drawn by itself."""


def licence_desk_rules(path: KeyPath, order: Order) -> Iterator[Finding]:
    """What is wrong with the desk of an order."""
    desk = order.licence_desk
    if desk is None:
        return
    path = (*path, "licence_desk")
    if desk.service >= FOREVER:
        yield Finding((*path, "service"), "must have an end, or no licence is ever decided")
    elif desk.service < desk.service_at_least:
        message = "the mean time for an application is shorter than the shortest one (service_at_least)"
        yield Finding((*path, "service"), message, because=((*path, "service_at_least"),))
    for number, one in enumerate(desk.hours):
        place: KeyPath = (*path, "hours", number)
        if clock_to_us(one.start) >= clock_to_us(one.end):
            message = f"hours from {one.start} to {one.end} end before they begin"
            hint = "those past midnight are two: some to 24:00, some from 00:00 of the next day"
            yield Finding((*place, "end"), message, hint, ((*place, "start"),))
        for position, day in enumerate(one.days):
            if day in one.days[:position]:
                yield Finding((*place, "days", position), f'"{day}" stands here twice')
    yield from _overlaps(path, order)
    yield from _too_many(path, order)


def _overlaps(path: KeyPath, order: Order) -> Iterator[Finding]:
    """Hours that are there twice: all officers are at work in all hours, so they would not add up."""
    assert order.licence_desk is not None
    hours = order.licence_desk.hours
    for number, one in enumerate(hours):
        for other in range(number):
            days = [day for day in WEEKDAYS if day in one.days and day in hours[other].days]
            begin = max(clock_to_us(one.start), clock_to_us(hours[other].start))
            if days and begin < min(clock_to_us(one.end), clock_to_us(hours[other].end)):
                message = f'overlap with hours {other} on "{days[0]}"'
                hint = "each hour of the week may stand here once; more officers are a higher officers"
                yield Finding((*path, "hours", number, "start"), message, hint, ((*path, "hours", other),))


def _too_many(path: KeyPath, order: Order) -> Iterator[Finding]:
    assert order.licence_desk is not None
    last = max((licence.applied for licence in order.licences), default=order.issued)
    days = max((last - order.issued) // timedelta(microseconds=1), 0) / DAY
    expected = order.licence_desk.others_per_day * days
    if expected > MOST_APPLICATIONS:
        message = f"some {expected:,.0f} applications would come before that for the last licence"
        hint = f"at most {MOST_APPLICATIONS:,} are drawn: at most {MOST_APPLICATIONS / days:,.6g} a day here"
        yield Finding((*path, "others_per_day"), message, hint, ((*path[:-1], "licences"),))
