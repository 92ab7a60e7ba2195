"""Rules for standards, the controls they ask for, unknown limits, audits and weights of readings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from gatesim.scenario.errors import Finding, KeyPath
from gatesim.scenario.orders import Audit, Order, Standard, UnknownLimit
from gatesim.scenario.rules_people import dangling, each
from gatesim.scenario.schema import Scenario

MOST_UNKNOWN = 3
"""Unknown limits that one verdict can be about: every combination of their pieces is looked at."""

_KEYS = {
    "leak_rate": ("limit",),
    "leak_share": ("limit",),
    "leak_count": ("limit", "per"),
    "zero": ("probability",),
    "process": ("controls",),
}
"""Keys that belong to each kind of standard."""


def standard_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with standards, controls, audits and the weights of readings."""
    unknown = 0
    for number, order in enumerate(scenario.orders):
        path: KeyPath = ("orders", number)
        yield from _standard(scenario, (*path, "standard"), order, order.standard)
        for model, standard in order.standards.items():
            place = (*path, "standards", model)
            if model in order.models:
                yield from _standard(scenario, place, order, standard)
            else:
                yield from dangling(place, model, order.models, "model in this order")
        if set(order.models) <= set(order.standards):
            message = "every model of the order has a standard of its own: its standard is then for none"
            yield Finding(
                (*path, "standards"), message, "leave out the model that the order's standard is for"
            )
        unknown += sum(
            isinstance(one.limit, UnknownLimit) for one in (order.standard, *order.standards.values())
        )
        for k, audit in enumerate(order.audits):
            yield from _audit(scenario, (*path, "audits", k), order, audit)
    if unknown > MOST_UNKNOWN:
        message = f"{unknown} limits are unknown: a verdict can be about {MOST_UNKNOWN} at most"
        yield Finding(("orders",), message)
    for name in scenario.verdict.readings:
        yield from dangling(("verdict", "readings", name), name, scenario.readings, "reading")
    for name, policy in scenario.policies.items():
        yield from each(("policies", name, "controls"), policy.controls, scenario.controls, "control")


def _standard(scenario: Scenario, path: KeyPath, order: Order, standard: Standard) -> Iterator[Finding]:
    needed = _KEYS[standard.kind]
    given = {
        "limit": standard.limit is not None,
        "per": standard.per is not None,
        "probability": standard.probability is not None,
        "controls": bool(standard.controls),
    }
    for key, is_given in given.items():
        if is_given and key not in needed:
            hint = f"it takes {' and '.join(needed)}"
            yield Finding((*path, key), f'does not belong to a standard of the kind "{standard.kind}"', hint)
        elif not is_given and key in needed and key != "per":
            yield Finding((*path, key), f'is missing: a standard of the kind "{standard.kind}" needs it')
    if standard.limit is not None and "limit" in needed:
        most = 1.0 if standard.kind in ("leak_rate", "leak_share") else math.inf
        yield from _limit((*path, "limit"), standard.limit, most)
    if standard.probability == 0:
        yield Finding((*path, "probability"), "must be more than 0, or nothing is asked for")
    if standard.per is not None and "per" in needed:
        if standard.per == 0:
            yield Finding((*path, "per"), "must be more than zero")
        elif any(end.after is not None for end in order.ends):
            message = "needs an order that ends at a date: this one ends after a random time"
            yield Finding((*path, "per"), message)
    yield from each((*path, "controls"), standard.controls, scenario.controls, "control")


def _limit(path: KeyPath, limit: float | UnknownLimit, most: float) -> Iterator[Finding]:
    if not isinstance(limit, UnknownLimit):
        if limit > most:
            yield Finding(path, f"must be at most {most:g}, is {limit:.12g}")
        return
    spread = (limit.distribution, limit.low, limit.high)
    if any(x is not None for x in spread) and (limit.limits or limit.weights):
        yield Finding(path, "is either a distribution or a list of limits, not both")
    elif limit.limits or limit.weights:
        yield from _list(path, limit)
    elif None in spread:
        message = "an unknown limit needs distribution, low and high, or limits and weights"
        yield Finding(path, message)
    else:
        assert limit.low is not None
        assert limit.high is not None
        if limit.high < limit.low:
            yield Finding((*path, "high"), "must be at least low", because=((*path, "low"),))
        if limit.distribution == "loguniform" and limit.low <= 0:
            yield Finding((*path, "low"), "must be more than 0: a loguniform distribution begins above zero")
    for key, value in (("low", limit.low), ("high", limit.high)):
        if value is not None and value > most:
            yield Finding((*path, key), f"must be at most {most:g}, is {value:.12g}")
    for number, value in enumerate(limit.limits):
        if value > most:
            yield Finding((*path, "limits", number), f"must be at most {most:g}, is {value:.12g}")


def _list(path: KeyPath, limit: UnknownLimit) -> Iterator[Finding]:
    if len(limit.limits) != len(limit.weights):
        message = f"needs one weight for each limit: {len(limit.limits)} limits, {len(limit.weights)} weights"
        yield Finding(path, message)
        return
    for number, (low, high) in enumerate(pairwise(limit.limits), start=1):
        if high <= low:
            yield Finding((*path, "limits", number), "limits must ascend, each above the one before")
    total = math.fsum(limit.weights)
    if abs(total - 1.0) > 1e-9:
        yield Finding((*path, "weights"), f"adds up to {total:.12g}: the weights must add up to 1")


def _audit(scenario: Scenario, path: KeyPath, order: Order, audit: Audit) -> Iterator[Finding]:
    for name in audit.segments:
        yield from dangling((*path, "segments", name), name, scenario.segments, "segment")
    if audit.every == 0:
        yield Finding((*path, "every"), "must be more than zero; leave it out for a single round")
    if audit.accounts == "kept" and audit.every is None:
        message = "there is one round only: accounts are kept from one round to the next"
        yield Finding((*path, "accounts"), message, "say how often with every, or leave it out")
    begin = order.issued + timedelta(microseconds=min(order.grace, scenario.length))
    if audit.at is not None:
        late = (audit.at - scenario.start) // timedelta(microseconds=1) >= scenario.length
        if late or any(end.at is not None and audit.at >= end.at for end in order.ends):
            yield Finding((*path, "at"), "the order has ended by this instant, or the window has")
        elif audit.every is None and audit.at < begin:
            yield Finding((*path, "at"), "the order is not in force yet at this instant")
