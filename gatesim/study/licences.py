"""What became of the licences of a scenario, in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from gatesim.law.law import has_random_licence, licence_from_us
from gatesim.measures.numbers import format_date
from gatesim.scenario.orders import Licence
from gatesim.scenario.people import Segment
from gatesim.scenario.schema import Scenario
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
    said = []
    for o, order in enumerate(scenario.orders):
        for n, licence in enumerate(order.licences):
            from_us = [licence_from_us(scenario, licence, draws[o][n]) for draws in drawn]
            granted = [at for at in from_us if at is not None]
            first = min(granted, default=None)
            words = f"{licence_title(licence, n)}: refused"
            if first is not None:
                when = format_date(_whole_minute(scenario, first))
                words = f"{licence_title(licence, n)}: granted, from {when}"
                if licence.until is not None and first >= (licence.until - scenario.start) // timedelta(
                    microseconds=1
                ):
                    words += f", after it expires ({format_date(licence.until)})"
                elif first >= scenario.length:
                    words += ", after the window"
            if reps > 1:
                words = f"{licence_title(licence, n)}: granted in {len(granted)} of {reps} replications"
                if first is not None:
                    words += f", first from {format_date(_whole_minute(scenario, first))}"
            said.append(f"Licence. {words}.")
    return tuple(said)


def _whole_minute(scenario: Scenario, time_us: int) -> datetime:
    at = scenario.start + timedelta(microseconds=time_us)
    return at.replace(second=0, microsecond=0)
