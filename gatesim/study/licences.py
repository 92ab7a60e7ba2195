"""What became of the licences of a scenario, in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from gatesim.engine.queueing import erlang_c
from gatesim.law.law import LicenceDraw, has_random_licence, licence_from_us
from gatesim.measures.numbers import format_date, format_rate
from gatesim.scenario.orders import Licence, LicenceDesk, Order, has_working_desk
from gatesim.scenario.people import Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.licence_desk import working_share
from gatesim.world.licences import draw_licences


def licence_title(licence: Licence, number: int) -> str:
    """A licence's title, or its number within its order."""
    return licence.title or f"licence {number + 1}"


def has_part(licence: Licence, name: str, segment: Segment, channel: str) -> bool:
    """Whether people of a segment, on accounts of a channel, are among a licence's holders once it is granted."""
    return (
        (not licence.segments or name in licence.segments)
        and (not licence.organisations or segment.organisation in licence.organisations)
        and (not licence.channels or channel in licence.channels)
    )


def licence_words(scenario: Scenario, reps: int) -> tuple[str, ...]:
    """For each licence whether it was granted, and when; how often, where there are several replications.

    Before the licences of an order that has a desk of the government stands what that desk has to do.

    Parameters
    ----------
    scenario
        The scenario, with the seed of the run.
    reps
        How many replications there were.
    """
    if not any(order.licences for order in scenario.orders):
        return ()
    reps = reps if has_random_licence(scenario) else 1
    drawn = [draw_licences(scenario, scenario.seed, replication) for replication in range(reps)]
    said: list[str] = []
    for o, order in enumerate(scenario.orders):
        if order.licences and order.licence_desk is not None and has_working_desk(order):
            said.append(desk_words(order.licence_desk))
        for n, licence in enumerate(order.licences):
            words = _became(scenario, order, licence, [draws[o][n] for draws in drawn])
            said.append(f"Licence. {licence_title(licence, n)}: {words}.")
    return tuple(said)


def _became(scenario: Scenario, order: Order, licence: Licence, drawn: list[LicenceDraw]) -> str:
    from_us = [licence_from_us(scenario, licence, draw) for draw in drawn]
    granted = [at for at in from_us if at is not None]
    first = min(granted, default=None)
    words = "refused"
    if len(drawn) > 1:
        words = f"granted in {len(granted)} of {len(drawn)} replications"
        if first is not None:
            words += f", first from {format_date(_whole_minute(scenario, first))}"
    elif first is not None:
        words = f"granted, from {format_date(_whole_minute(scenario, first))}"
        if licence.until is not None and first >= (licence.until - scenario.start) // timedelta(
            microseconds=1
        ):
            words += f", after it expires ({format_date(licence.until)})"
        elif first >= scenario.length:
            words += ", after the window"
    if has_working_desk(order):
        days = sum(draw.desk_us for draw in drawn) / len(drawn) / DAY
        words += f"; {days:.1f} days before the desk" + (" in the mean" if len(drawn) > 1 else "")
    return words


def desk_words(desk: LicenceDesk) -> str:
    """What a desk of the government has to do, and how long applications wait there in the long run.

    The wait is that of M/M/c (Erlang C), which is exact where the desk never closes and the time of an application is
    exponential; elsewhere none is said. What is drawn for a licence has the start of the queue in it as well.
    """
    open_share = working_share(desk.hours)
    officers, days = desk.officers, desk.service / DAY
    load = desk.others_per_day * days / (officers * open_share)
    words = f"The government's desk. {officers:,} {'officer' if officers == 1 else 'officers'}"
    if open_share < 1:
        words += f", at work {format_rate(open_share)} of the time"
    words += f"; {desk.others_per_day:,.6g} other applications a day, {desk.backlog:,} before it at the start"
    if load >= 1:
        return f"{words}: more than it can work on ({load:.3g} times as many), so that the queue grows."
    words += f": a load of {load:.3g}"
    if open_share == 1 and desk.service_at_least == 0:
        p_wait, wait = erlang_c(officers, desk.others_per_day, 1 / days)
        words += (
            f", under which {format_rate(p_wait)} wait in the long run, {wait:.3g} days in the mean of all"
        )
    return f"{words}."


def _whole_minute(scenario: Scenario, time_us: int) -> datetime:
    at = scenario.start + timedelta(microseconds=time_us)
    return at.replace(second=0, microsecond=0)
