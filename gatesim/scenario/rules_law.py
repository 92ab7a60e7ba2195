"""Rules for readings, orders, the verdict and the window of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from gatesim.scenario.errors import Finding, KeyPath
from gatesim.scenario.orders import ABROAD, CarveOut, Order
from gatesim.scenario.rules_people import countries, dangling, each
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER


def law_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with the window, readings, orders and the verdict."""
    if not 0 < scenario.length < FOREVER:
        yield Finding(("length",), "the window must be longer than zero, and have an end")
    for name, reading in scenario.readings.items():
        for number, clause in enumerate(reading.restricts):
            path: KeyPath = ("readings", name, "restricts", number)
            yield from countries((*path, "citizenship"), clause.citizenship)
            yield from each((*path, "located"), clause.located, (*scenario.regions, ABROAD), "region")
            yield from each((*path, "entity"), clause.entity, scenario.organisations, "organisation")
    for number, order in enumerate(scenario.orders):
        yield from _order(scenario, ("orders", number), order)
    limits = scenario.verdict.limits
    for number, (low, high) in enumerate(pairwise(limits), start=1):
        if high <= low:
            yield Finding(("verdict", "limits", number), "limits must ascend, each above the one before")
    if scenario.verdict.at is not None and not 0 <= _us(scenario, scenario.verdict.at) < scenario.length:
        yield Finding(("verdict", "at"), "lies outside the window", _window(scenario))


def _us(scenario: Scenario, instant: datetime) -> int:
    """Microseconds from the start."""
    return (instant - scenario.start) // timedelta(microseconds=1)


def _window(scenario: Scenario) -> str:
    begin = f"the window begins {scenario.start.isoformat()}"
    try:
        end = scenario.start + timedelta(microseconds=scenario.length)
    except OverflowError:
        return begin
    return f"{begin} and ends {end.isoformat()}"


def _order(scenario: Scenario, path: KeyPath, order: Order) -> Iterator[Finding]:
    yield from each((*path, "models"), order.models, scenario.models, "model")
    yield from dangling((*path, "reading"), order.reading, scenario.readings, "reading")
    yield from _fallbacks(scenario, path, order)
    begin = _us(scenario, order.issued) + order.grace
    end = FOREVER
    for number, one in enumerate(order.ends):
        place = (*path, "ends", number)
        if (one.at is None) == (one.after is None):
            yield Finding(place, "an end needs a date (at) or a mean time (after), and not both")
        elif one.at is not None:
            end = min(end, _us(scenario, one.at))
            if _us(scenario, one.at) <= begin:
                message = "the order ends before it is in force"
                yield Finding((*place, "at"), message, because=((*path, "issued"), (*path, "grace")))
        elif one.after == 0:
            yield Finding((*place, "after"), "must be more than zero, or the order never is in force")
    if begin >= scenario.length or end <= 0:
        where = ((*path, "issued"), ("start",), ("length",))
        yield Finding(
            (*path, "issued"), "the order is never in force inside the window", _window(scenario), where
        )
    for number, carve_out in enumerate(order.carve_outs):
        yield from _carve_out(scenario, (*path, "carve_outs", number), carve_out)
        at = _us(scenario, carve_out.at)
        if at < _us(scenario, order.issued):
            yield Finding((*path, "carve_outs", number, "at"), "the order is not issued yet at this instant")
        elif at >= end:
            yield Finding((*path, "carve_outs", number, "at"), "the order has ended by this instant")


def _fallbacks(scenario: Scenario, path: KeyPath, order: Order) -> Iterator[Finding]:
    """Somebody refused is given the fallback without another look, so it must lie outside the order."""
    for number, name in enumerate(order.models):
        model = scenario.models.get(name)
        if model is not None and model.fallback in order.models:
            message = f'the fallback of "{name}", "{model.fallback}", is named by the same order'
            yield Finding((*path, "models", number), message, because=(("models", name, "fallback"),))


def _carve_out(scenario: Scenario, path: KeyPath, carve_out: CarveOut) -> Iterator[Finding]:
    yield from countries((*path, "citizenships"), carve_out.citizenships)
    yield from each((*path, "regions"), carve_out.regions, scenario.regions, "region")
    yield from each((*path, "segments"), carve_out.segments, scenario.segments, "segment")
    yield from each((*path, "organisations"), carve_out.organisations, scenario.organisations, "organisation")
    yield from each((*path, "models"), carve_out.models, scenario.models, "model")
    conditions = (
        carve_out.statuses,
        carve_out.citizenships,
        carve_out.regions,
        carve_out.segments,
        carve_out.organisations,
        carve_out.channels,
        carve_out.models,
    )
    if not any(conditions):
        message = "a carve-out of everything would be an end"
        yield Finding(
            path, message, 'name whom or what it takes out, or write [[orders.ends]] with kind = "lifted"'
        )
