"""What is served before any gate can be in place: common to all policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gatesim.law.law import Law
from gatesim.law.staff import lead_time
from gatesim.measures.verdict import first_order
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.cells import device_weights, model_mix, needs_per_day
from gatesim.world.makers import makers


@dataclass(frozen=True)
class Transition:
    """The time between the instant in force and the first possible switch.

    Attributes
    ----------
    until
        The first instant at which a listed policy other than an open one could be in place.
    policy
        The policy that could.
    leaks
        Expected restricted needs served until then, among all represented accounts.
    """

    until: datetime
    policy: str
    leaks: float


def transition(scenario: Scenario, law: Law) -> Transition | None:
    """The transition, under one reading.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under the reading.

    Returns
    -------
    Transition or None
        None where no order is in force within the window, where a policy is ready by then, or where none is
        listed.

    Notes
    -----
    Needs are Poisson and people are in equilibrium, so the expected number is the rate of restricted needs
    times the time, epoch by epoch.
    """
    order = first_order(scenario)
    able = [(lead_time(scenario, name), name) for name, p in scenario.policies.items() if p.family != "open"]
    if order is None or law.in_force_us is None or law.issued_us is None or not able:
        return None
    lead, policy = min(able)
    ready_us = min(law.issued_us + lead, scenario.length)
    if ready_us <= law.in_force_us:
        return None
    until = scenario.start + timedelta(microseconds=ready_us)
    return Transition(until, policy, _restricted_between(scenario, law, law.in_force_us, ready_us))


def _restricted_between(scenario: Scenario, law: Law, start_us: int, end_us: int) -> float:
    segments = list(scenario.segments.values())
    mix, rates = model_mix(scenario), needs_per_day(scenario)
    total = 0.0
    for epoch in law.epochs:
        days = max(0, min(epoch.end_us, end_us) - max(epoch.start_us, start_us)) / DAY
        if days == 0 or not epoch.restricted.any():
            continue
        for number, maker in enumerate(makers(scenario)):
            owner = segments[maker.owner]
            places = device_weights(scenario, segments[maker.segment])
            restricted = epoch.restricted[maker.segment, :, :, CHANNELS.index(owner.channel)]
            per_need = float(places @ restricted @ mix[number])
            total += days * scenario.represents * owner.share * rates[number] * per_need
    return total
