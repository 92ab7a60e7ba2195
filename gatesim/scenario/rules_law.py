"""Rules for readings, orders, the verdict and the window of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from gatesim.scenario.errors import Finding, KeyPath
from gatesim.scenario.orders import ABROAD, CarveOut, Clause, Licence, Order
from gatesim.scenario.rules_licences import licence_desk_rules
from gatesim.scenario.rules_people import countries, dangling, each
from gatesim.scenario.rules_standards import standard_rules
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER


def law_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with the window, readings, orders and the verdict."""
    if not 0 < scenario.length < FOREVER:
        yield Finding(("length",), "the window must be longer than zero, and have an end")
    for name, reading in scenario.readings.items():
        yield from _clauses(scenario, ("readings", name, "restricts"), reading.restricts)
    for number, order in enumerate(scenario.orders):
        yield from _order(scenario, ("orders", number), order)
    yield from standard_rules(scenario)
    limits = scenario.verdict.limits
    for number, (low, high) in enumerate(pairwise(limits), start=1):
        if high <= low:
            yield Finding(("verdict", "limits", number), "limits must ascend, each above the one before")
    if scenario.verdict.at is not None and not 0 <= _us(scenario, scenario.verdict.at) < scenario.length:
        yield Finding(("verdict", "at"), "lies outside the window", _window(scenario))


def _clauses(scenario: Scenario, path: KeyPath, clauses: Sequence[Clause]) -> Iterator[Finding]:
    for number, clause in enumerate(clauses):
        yield from countries((*path, number, "citizenship"), clause.citizenship)
        yield from each((*path, number, "located"), clause.located, (*scenario.regions, ABROAD), "region")
        yield from each((*path, number, "entity"), clause.entity, scenario.organisations, "organisation")


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
    yield from _clauses(scenario, (*path, "restricts"), order.restricts)
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
                hint = f"it comes into force {_when(order.issued, order.grace)}"
                yield Finding((*place, "at"), message, hint, ((*path, "issued"), (*path, "grace")))
        elif one.after == 0:
            yield Finding((*place, "after"), "must be more than zero, or the order never is in force")
    if begin >= scenario.length or end <= 0:
        where = ((*path, "issued"), ("start",), ("length",))
        yield Finding(
            (*path, "issued"), "the order is never in force inside the window", _window(scenario), where
        )
    for number, carve_out in enumerate(order.carve_outs):
        yield from _carve_out(scenario, (*path, "carve_outs", number), order, carve_out)
        at = _us(scenario, carve_out.at)
        place = (*path, "carve_outs", number, "at")
        if at < _us(scenario, order.issued):
            hint = f"it is issued {_when(order.issued)}"
            yield Finding(place, "the order is not issued yet at this instant", hint, ((*path, "issued"),))
        elif at >= end:
            hint = f"it ends {_when(scenario.start, end)}"
            yield Finding(place, "the order has ended by this instant", hint, ((*path, "ends"),))
    yield from licence_desk_rules(path, order)
    for number, licence in enumerate(order.licences):
        yield from _licence(scenario, (*path, "licences", number), order, licence)
        if _us(scenario, licence.applied) + _shortest(order, licence) >= end:
            message = "the order has ended before the licence can be granted"
            yield Finding((*path, "licences", number, "applied"), message, because=((*path, "ends"),))


def _shortest(order: Order, licence: Licence) -> int:
    """The shortest time from the application to the decision: at the desk, where there is one, and after it."""
    desk = 0 if order.licence_desk is None else order.licence_desk.service_at_least
    return min(desk, FOREVER // 4) + min(licence.at_least, FOREVER // 4)


def _when(begin: datetime, after_us: int = 0) -> str:
    try:
        return f"on {(begin + timedelta(microseconds=after_us)).isoformat()}"
    except OverflowError:
        return "after the year 9999"


def _licence(scenario: Scenario, path: KeyPath, order: Order, licence: Licence) -> Iterator[Finding]:
    yield from each((*path, "segments"), licence.segments, scenario.segments, "segment")
    yield from each((*path, "organisations"), licence.organisations, scenario.organisations, "organisation")
    yield from each((*path, "models"), licence.models, scenario.models, "model")
    if licence.applied < order.issued:
        yield Finding(
            (*path, "applied"),
            "the order is not issued yet at this instant",
            f"it is issued {_when(order.issued)}",
            ((*path[:2], "issued"),),
        )
    if licence.decided_after >= FOREVER:
        yield Finding((*path, "decided_after"), "must have an end; a licence never granted has granted = 0")
    elif licence.decided_after < licence.at_least:
        message = "the mean time to the decision is shorter than the shortest one (at_least)"
        yield Finding((*path, "decided_after"), message, because=((*path, "at_least"),))
    shortest = _shortest(order, licence)
    if (
        licence.until is not None
        and (licence.until - licence.applied) // timedelta(microseconds=1) <= shortest
    ):
        message = "the licence expires before it can be granted"
        hint = f"it is decided {_when(licence.applied, shortest)} at the earliest"
        yield Finding((*path, "until"), message, hint, ((*path, "applied"), (*path, "at_least")))
    if not (licence.segments or licence.organisations or licence.channels):
        message = "a licence for everybody would be an end"
        yield Finding(path, message, "name its holders: segments, organisations or channels")
    else:
        yield from _for_nobody(scenario, path, order, licence, "licence")


def _for_nobody(
    scenario: Scenario, path: KeyPath, order: Order, what: CarveOut | Licence, kind: str
) -> Iterator[Finding]:
    """A carve-out or licence that no need for the order's models can ever meet; unknown names are found elsewhere."""
    belong = {segment.organisation for segment in scenario.segments.values()} - {None}
    if belong - set(scenario.organisations):
        return
    if isinstance(what, CarveOut) and any(countries(path, what.citizenships)):
        return
    named = ((what.segments, scenario.segments), (what.organisations, scenario.organisations))
    if any(set(names) - set(there) for names, there in (*named, (what.models, scenario.models))):
        return
    if what.models and not set(what.models) & set(order.models):
        message = f"the {kind} is for {', '.join(what.models)}, but the order names {', '.join(order.models)}"
        yield Finding((*path, "models"), message, because=((*path[:2], "models"),))
        return
    pairs = [(name, name) for name in scenario.segments]
    pairs += [(name, other) for name, segment in scenario.segments.items() for other in segment.co_users]
    if not any(_fits(scenario, what, owner, maker) for owner, maker in pairs):
        message = f"the {kind} is for nobody: no segment meets its conditions"
        yield Finding(path, message, _who_there_is(scenario, what))


def _who_there_is(scenario: Scenario, what: CarveOut | Licence) -> str:
    """What segments are, in the conditions that are asked of them."""
    segments = scenario.segments.values()
    there: dict[str, Iterable[str | None]] = {
        "statuses": (one.status for one in segments),
        "citizenships": (one.citizenship[0] for one in segments),
        "organisations": (one.organisation for one in segments),
        "channels": (one.channel for one in segments),
    }
    known = {
        name: ", ".join(f'"{value}"' for value in dict.fromkeys(values) if value) or "none"
        for name, values in there.items()
        if getattr(what, name, ())
    }
    return "; ".join(f"{name} of segments: {values}" for name, values in known.items())


def _fits(scenario: Scenario, what: CarveOut | Licence, owner: str, maker: str) -> bool:
    """Whether people of one segment, on an account of another, meet the conditions on people and channels."""
    person, account = scenario.segments.get(maker), scenario.segments[owner]
    if person is None:
        return False
    if isinstance(what, CarveOut) and (
        (what.statuses and person.status not in what.statuses)
        or (what.citizenships and person.citizenship[0] not in what.citizenships)
    ):
        return False
    return (
        (not what.segments or maker in what.segments)
        and (not what.organisations or person.organisation in what.organisations)
        and (not what.channels or account.channel in what.channels)
    )


def _fallbacks(scenario: Scenario, path: KeyPath, order: Order) -> Iterator[Finding]:
    """Somebody refused is given the fallback without another look, so it must lie outside the order."""
    for number, name in enumerate(order.models):
        model = scenario.models.get(name)
        if model is not None and model.fallback in order.models:
            message = f'the fallback of "{name}", "{model.fallback}", is named by the same order'
            yield Finding((*path, "models", number), message, because=(("models", name, "fallback"),))


def _carve_out(scenario: Scenario, path: KeyPath, order: Order, carve_out: CarveOut) -> Iterator[Finding]:
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
    else:
        yield from _for_nobody(scenario, path, order, carve_out, "carve-out")
