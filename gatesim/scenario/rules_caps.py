"""Rules for caps on usage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from gatesim.scenario.errors import Finding, KeyPath
from gatesim.scenario.operator import UsageCap
from gatesim.scenario.rules_people import each
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER


def cap_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with the caps of a scenario."""
    for number, cap in enumerate(scenario.usage_caps):
        path: KeyPath = ("usage_caps", number)
        yield from each((*path, "models"), cap.models, scenario.models, "model")
        used = dict.fromkeys(segment.channel for segment in scenario.segments.values())
        for position, channel in enumerate(cap.channels):
            if channel not in used:
                message = f'no segment uses the channel "{channel}"'
                hint = "there are: " + ", ".join(f'"{name}"' for name in used)
                yield Finding((*path, "channels", position), message, hint)
        begin, end = _span(scenario, cap)
        if cap.length == 0:
            yield Finding((*path, "length"), "must be more than zero, or nothing is capped")
        elif begin < 0:
            message = "the cap begins before the window: needs before it are not known"
            hint = f"the window begins {scenario.start.isoformat()}"
            yield Finding((*path, "at"), message, hint, (("start",),))
        elif begin >= scenario.length:
            message = "the cap begins after the window: no need would meet it"
            yield Finding((*path, "at"), message, "give the window a greater length", (("length",),))
        else:
            yield from _always_named(scenario, path, cap)
        for position, model in enumerate(cap.models):
            for other in range(number):
                one = scenario.usage_caps[other]
                first, last = _span(scenario, one)
                meet = not cap.channels or not one.channels or set(cap.channels) & set(one.channels)
                if model in one.models and meet and max(first, begin) < min(last, end):
                    message = f'"{model}" is capped by usage_caps {other} at the same time'
                    hint = "one cap must end before the next begins"
                    yield Finding((*path, "models", position), message, hint, (("usage_caps", other),))


def _span(scenario: Scenario, cap: UsageCap) -> tuple[int, int]:
    begin = (cap.at - scenario.start) // timedelta(microseconds=1)
    return begin, begin + min(cap.length, FOREVER // 2)


def _always_named(scenario: Scenario, path: KeyPath, cap: UsageCap) -> Iterator[Finding]:
    """A cap of a model that a single order names all the time that the cap is there."""
    begin, end = _span(scenario, cap)
    for number, order in enumerate(scenario.orders):
        force = (order.issued - scenario.start) // timedelta(microseconds=1) + order.grace
        dates = [(one.at - scenario.start) // timedelta(microseconds=1) for one in order.ends if one.at]
        if any(one.after is not None for one in order.ends):
            continue
        over = min([FOREVER, *dates])
        for position, model in enumerate(cap.models):
            if model in order.models and force <= begin and over >= min(end, scenario.length):
                message = f'an order names "{model}" in all that time, and a cap holds only where none does'
                hint = "begin the cap when the order has ended"
                yield Finding((*path, "models", position), message, hint, (("orders", number),))
