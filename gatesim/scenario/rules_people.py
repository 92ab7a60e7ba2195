"""Rules for regions, models and segments."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from gatesim.scenario.countries import COUNTRIES
from gatesim.scenario.errors import Finding, KeyPath, nearest
from gatesim.scenario.orders import ABROAD
from gatesim.scenario.people import Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import NO_ORGANISATION, UNKNOWN
from gatesim.scenario.types import FOREVER

MOST_CO_USERS = 63
"""The draws of a check are numbered ``need * 64 + body``."""
REST = "*"
_CLOSE = 1e-9
_CLOSE_MEAN = 1e-6


def dangling(path: KeyPath, name: str, known: Iterable[str], what: str) -> Iterator[Finding]:
    """A name that refers to nothing."""
    known = dict.fromkeys(known)
    if name not in known:
        yield Finding(path, f'there is no {what} "{name}"', nearest(name, known, "there are"))


def dangling_keys(path: KeyPath, table: Iterable[str], known: Iterable[str], what: str) -> Iterator[Finding]:
    """Keys of a table that refer to nothing."""
    known = dict.fromkeys(known)
    for name in table:
        if name not in known:
            yield from dangling((*path, name), name, known, what)


def each(path: KeyPath, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[Finding]:
    """Names of an array that refer to nothing, or stand there twice."""
    known, seen = dict.fromkeys(known), set()
    for number, name in enumerate(names):
        if name not in known:
            yield from dangling((*path, number), name, known, what)
        if name in seen:
            yield Finding((*path, number), f'"{name}" stands here twice')
        seen.add(name)


def countries(path: KeyPath, codes: Iterable[str]) -> Iterator[Finding]:
    """Codes that are no countries."""
    for number, code in enumerate(codes):
        if code != REST and code not in COUNTRIES:
            hint = 'the United Kingdom is "GB"' if code == "UK" else ""
            yield Finding((*path, number), f'"{code}" is no country of ISO 3166', hint)


def people_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with regions, models, organisations and segments."""
    yield from _regions(scenario)
    yield from _reserved(scenario)
    for name, model in scenario.models.items():
        if model.fallback is not None:
            path: KeyPath = ("models", name, "fallback")
            yield from dangling(path, model.fallback, scenario.models, "model")
            if model.fallback == name:
                yield Finding(path, "a model cannot be its own fallback")
    for name, segment in scenario.segments.items():
        yield from _segment(scenario, name, segment)
    yield from _totals(scenario)


def _regions(scenario: Scenario) -> Iterator[Finding]:
    yield from dangling(("home",), scenario.home, scenario.regions, "region")
    owner: dict[str, str] = {}
    for region, codes in scenario.regions.items():
        yield from countries(("regions", region), codes)
        for number, code in enumerate(codes):
            path = ("regions", region, number)
            if code in owner and code == REST:
                yield Finding(path, f'"*", the rest of the world, stands in "{owner[code]}" already')
            elif code in owner:
                yield Finding(path, f'"{code}" stands in the region "{owner[code]}" already')
            owner.setdefault(code, region)


def _reserved(scenario: Scenario) -> Iterator[Finding]:
    """Names that mean something else already."""
    for region in scenario.regions:
        if region in (ABROAD, UNKNOWN):
            yield Finding(
                ("regions", region), f'"{region}" cannot be the name of a region: it has a meaning already'
            )
    for name in scenario.organisations:
        if name in (NO_ORGANISATION, UNKNOWN):
            yield Finding(("organisations", name), f'"{name}" cannot be a name: it has a meaning already')


def _segment(scenario: Scenario, name: str, segment: Segment) -> Iterator[Finding]:
    path = ("segments", name)
    regions = scenario.regions
    yield from dangling((*path, "home"), segment.home, regions, "region")
    yield from countries((*path, "citizenship"), segment.citizenship)
    yield from _citizenship(scenario, path, segment)
    if segment.organisation is not None:
        yield from dangling(
            (*path, "organisation"), segment.organisation, scenario.organisations, "organisation"
        )
    yield from dangling_keys((*path, "card"), segment.card, regions, "region")
    yield from dangling_keys((*path, "declared"), segment.declared, regions, "region")
    yield from dangling_keys((*path, "vpn", "exits"), segment.vpn.exits, regions, "region")
    yield from dangling_keys((*path, "trips", "to"), segment.trips.to, regions, "region")
    yield from dangling_keys((*path, "models"), segment.models, scenario.models, "model")
    yield from _documents(scenario, path, segment)
    yield from _activity(path, segment)
    if segment.vpn.users > 0 and not segment.vpn.exits:
        yield Finding((*path, "vpn", "exits"), "is missing: where does the VPN of its users come out?")
    yield from _trips(path, segment)
    yield from _co_users(scenario, path, name, segment)


def _citizenship(scenario: Scenario, path: KeyPath, segment: Segment) -> Iterator[Finding]:
    """Status is relative to home: where home is one country, its citizens are those with its citizenship."""
    codes = scenario.regions.get(scenario.home, ())
    if len(codes) != 1 or codes[0] == REST:
        return
    because = ((*path, "status"),)
    if segment.status == "citizen" and codes[0] not in segment.citizenship:
        message = f'a citizen of home must have the citizenship "{codes[0]}"'
        yield Finding((*path, "citizenship"), message, because=because)
    if segment.status != "citizen" and codes[0] in segment.citizenship:
        message = (
            f'somebody with the citizenship "{codes[0]}" has the status "citizen", not "{segment.status}"'
        )
        yield Finding((*path, "status"), message, because=((*path, "citizenship"),))


def _documents(scenario: Scenario, path: KeyPath, segment: Segment) -> Iterator[Finding]:
    for kind, holding in segment.documents.items():
        place = (*path, "documents", kind)
        document = scenario.documents.get(kind)
        if document is None:
            yield from dangling(place, kind, scenario.documents, "document")
        elif holding > 0 and segment.status not in document.proves:
            can = ", ".join(f'"{status}"' for status in document.proves) or "nobody"
            message = f'people of the status "{segment.status}" cannot hold "{kind}"'
            yield Finding(place, message, f"by documents.{kind}.proves it is held by: {can}")


def _activity(path: KeyPath, segment: Segment) -> Iterator[Finding]:
    activity = segment.activity
    path = (*path, "activity")
    if len(activity.multipliers) != len(activity.shares):
        counts = f"{len(activity.multipliers)} multipliers and {len(activity.shares)} shares"
        yield Finding(path, f"has {counts}: there must be one share for each multiplier")
        return
    total = math.fsum(activity.shares)
    mean = math.fsum(m * s for m, s in zip(activity.multipliers, activity.shares, strict=True))
    if abs(total - 1.0) > _CLOSE:
        yield Finding((*path, "shares"), f"adds up to {total:.12g}: the shares must add up to 1")
    elif abs(mean - 1.0) > _CLOSE_MEAN:
        message = (
            f"the mean of the multipliers is {mean:.9g}: it must be 1, so that needs_per_day is the mean rate"
        )
        yield Finding((*path, "multipliers"), message)


def _trips(path: KeyPath, segment: Segment) -> Iterator[Finding]:
    trips, path = segment.trips, (*path, "trips")
    if trips.to.get(segment.home, 0.0) > 0:
        yield Finding((*path, "to", segment.home), "a trip to the region in which people live is no trip")
    if trips.length == 0:
        return
    if trips.length >= FOREVER:
        yield Finding((*path, "length"), "must have an end: who never returns has another home")
    if not trips.to:
        yield Finding((*path, "to"), "is missing: where do the trips go?")
    if trips.every >= FOREVER:
        yield Finding(
            (*path, "every"), 'is missing, or "forever": how long are people at home between two trips?'
        )
    elif trips.every == 0:
        yield Finding((*path, "every"), "must be more than zero: who is never at home has another home")


def _co_users(scenario: Scenario, path: KeyPath, name: str, segment: Segment) -> Iterator[Finding]:
    path = (*path, "co_users")
    yield from dangling_keys(path, segment.co_users, scenario.segments, "segment")
    total = math.fsum(co_user.share for co_user in segment.co_users.values())
    if total >= 1.0:
        yield Finding(
            path, f"their shares add up to {total:.12g}: less than 1, for the owner has needs as well"
        )
    if len(segment.co_users) > MOST_CO_USERS:
        yield Finding(path, f"has {len(segment.co_users)} entries: at most {MOST_CO_USERS}")
    for other in segment.co_users:
        known = scenario.segments.get(other)
        if known is not None and other != name and known.co_users and known.share == 0:
            message = f'"{other}" owns no account (its share is 0), so it cannot have co_users of its own'
            if name in known.co_users:
                message = f'circular: "{name}" and "{other}" are co-users of each other, and {message}'
            hint = f'leave its co_users out, or give "{other}" a share'
            yield Finding(("segments", other, "co_users"), message, hint)


def _totals(scenario: Scenario) -> Iterator[Finding]:
    segments: Mapping[str, Segment] = scenario.segments
    total = math.fsum(segment.share for segment in segments.values())
    if abs(total - 1.0) > _CLOSE:
        yield Finding(
            ("segments",),
            f"the shares of the segments add up to {total:.12g}: they must add up to 1",
            because=tuple(("segments", name, "share") for name in segments),
        )
    if not any(segment.share * segment.needs_per_day > 0 for segment in segments.values()):
        yield Finding(("segments",), "nobody ever needs the service: every share or needs_per_day is 0")
