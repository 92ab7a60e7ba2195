"""What is served before any gate can be in place: common to all policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gatesim.law.law import Law
from gatesim.law.staff import lead_time
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import Answer
from gatesim.measures.own import Combined
from gatesim.measures.verdict import first_order
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, FOREVER
from gatesim.world.cells import device_weights, model_mix, needs_per_day
from gatesim.world.makers import makers

_SURELY = 1.0 - 1e-12
"""A sum of probabilities that is one but for rounding."""


@dataclass(frozen=True)
class Transition:
    """The time between the instant in force and the first possible switch.

    Attributes
    ----------
    until
        The first instant at which a listed policy other than an open one could be in place, or an open one that
        meets what the orders ask; None where none ever is.
    policy
        The policy that could, which need not comply; empty where none. Of several that could at once one that shuts
        down, or else the one that leaks least.
    leaks
        Expected restricted needs served until then, among all represented accounts: within the window, and while
        an order is in force.
    over
        The instant from which on no order is in force within the window, where that is no later than ``until``; else
        None.
    unless_open
        Whether an open policy that is in place earlier may meet what the orders ask.
    but_open
        Whether an open policy that does not surely meet it could be in place earlier.
    """

    until: datetime | None
    policy: str
    leaks: float
    over: datetime | None = None
    unless_open: bool = False
    but_open: bool = False


def transition(
    scenario: Scenario,
    law: Law,
    own: Combined | None = None,
    measured: Mapping[str, Mapping[str, Measure]] | None = None,
) -> Transition | None:
    """The transition, under one reading.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under the reading.
    own
        What the orders' own standards come to under the reading. An open policy gates nobody, and counts only where
        it meets them, from its own lead time on. None: no open one does.
    measured
        Policy -> measures under the reading; of several that are ready at once they tell which leaks least.

    Returns
    -------
    Transition or None
        None where no order is in force within the window, where a policy that counts is ready by then, or where none
        does.

    Notes
    -----
    Needs are Poisson and people are in equilibrium, so the expected number is the rate of restricted needs
    times the time, epoch by epoch.
    """
    order = first_order(scenario)
    opened = {name: _open_complies(own, name) for name, p in scenario.policies.items() if p.family == "open"}
    able = [name for name in scenario.policies if opened.get(name, "yes") == "yes"]
    if order is None or law.in_force_us is None or law.issued_us is None or not able:
        return None

    def first(name: str) -> tuple[int, bool, float]:
        leak = (measured or {}).get(name, {}).get("leak_rate")
        of_all = 1.0 if leak is None or leak.value is None else leak.value
        return lead_time(scenario, name), not scenario.policies[name].is_shutdown, of_all

    policy = min(able, key=first)
    lead = lead_time(scenario, policy)
    earlier = [opened[name] for name in opened if name not in able and lead_time(scenario, name) < lead]
    over_us = max(epoch.end_us for epoch in law.epochs if epoch.named.any())
    ready_us = law.issued_us + lead
    if ready_us <= law.in_force_us:
        return None
    leaks = _restricted_between(scenario, law, law.in_force_us, min(ready_us, over_us))
    over = scenario.start + timedelta(microseconds=over_us) if over_us <= ready_us else None
    try:
        until = None if lead >= FOREVER else scenario.start + timedelta(microseconds=ready_us)
    except OverflowError:
        until = None
    return Transition(until, policy if until else "", leaks, over, "undecided" in earlier, bool(earlier))


def _open_complies(own: Combined | None, name: str) -> Answer:
    """Whether an open policy meets all standards and serves the floor; one that was not judged does not."""
    if own is None or name not in own.meets:
        return "no"
    if own.meets[name]["yes"] >= _SURELY and own.serves_floor[name] == "yes":
        return "yes"
    if own.meets[name]["no"] >= _SURELY or own.serves_floor[name] == "no":
        return "no"
    return "undecided"


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
