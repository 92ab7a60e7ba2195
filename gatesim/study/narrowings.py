"""Narrowings of an order: by a status, country group, place, channel, model or organisation, or by several of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Literal

from gatesim.measures.wording import region_in_words
from gatesim.scenario.orders import CarveOut, Order
from gatesim.scenario.schema import Scenario

Manner = Literal["one", "together", "within"]
"""By one thing; by several things, each of which is taken out; by what is in all of several things."""

_JOINED = {"together": " and also ", "within": " within "}


@dataclass(frozen=True)
class Narrowing:
    """A carve-out from every order, from the instant it is in force; or several.

    Attributes
    ----------
    kind
        ``status``, ``citizenship``, ``place``, ``channel``, ``model``, ``organisation`` or ``organisations``; of
        several things their manner, ``together`` or ``within``.
    name
        Which; of a country group and a place the name of the region.
    called
        What the region is called in words; empty: its name.
    takes_out
        The conditions of the carve-out, as a scenario file has them; empty of things taken out together.
    parts
        The things that are taken out together, or within each other; empty of one thing.
    """

    kind: str
    name: str
    takes_out: Mapping[str, tuple[str, ...]]
    parts: tuple[Narrowing, ...] = ()
    called: str = ""

    @property
    def manner(self) -> Manner:
        """How many things it takes out, and how."""
        return "one" if not self.parts else "within" if self.takes_out else "together"

    @property
    def words(self) -> str:
        """What is taken out, in words."""
        if self.parts:
            return _JOINED[self.manner].join(part.words for part in self.parts)
        return {
            "status": f"status {self.name}",
            "citizenship": f"citizens of {self.called or self.name}",
            "place": f"needs from {self.called or self.name}",
            "channel": f"channel {self.name}",
            "model": f"model {self.name}",
            "organisation": f"organisation {self.name}",
            "organisations": f"organisations {self.name}",
        }[self.kind]

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario with its orders narrowed."""
        orders = tuple(self._narrowed(order) for order in scenario.orders)
        return scenario.model_copy(update={"orders": orders})

    def _narrowed(self, order: Order) -> Order:
        at = order.issued + timedelta(microseconds=order.grace)
        carve_outs = tuple(
            CarveOut.model_validate({"at": at, "title": one.words, **one.takes_out})
            for one in (self.parts if self.manner == "together" else (self,))
        )
        return order.model_copy(update={"carve_outs": (*order.carve_outs, *carve_outs)})


def together(parts: Iterable[Narrowing]) -> Narrowing:
    """Several things, each of which is taken out of the orders."""
    listed = tuple(parts)
    return Narrowing("together", " and ".join(part.name for part in listed), {}, listed)


def within(first: Narrowing, second: Narrowing) -> Narrowing | None:
    """What is in both of two things; None where both are conditions of one kind, which nobody meets or one implies."""
    if set(first.takes_out) & set(second.takes_out):
        return None
    name = f"{first.name} within {second.name}"
    return Narrowing("within", name, {**first.takes_out, **second.takes_out}, (first, second))


def narrower(parts: Iterable[Narrowing]) -> Iterator[Narrowing]:
    """All narrowings by what is in two of some things at once."""
    for first, second in combinations(parts, 2):
        found = within(first, second)
        if found is not None:
            yield found


def narrowings(scenario: Scenario) -> Iterator[Narrowing]:
    """All narrowings by one thing that occurs in a scenario.

    Country groups are the scenario's regions: once by citizenship (home only where a clause of an order or a reading
    names one of its countries), once by where the person is. Organisation lists are each organisation, and the list
    of each policy of family ``listed``.
    """
    segments = list(scenario.segments.values())
    for status in dict.fromkeys(segment.status for segment in segments):
        yield Narrowing("status", status, {"statuses": (status,)})
    for region, countries in _countries(scenario).items():
        if countries:
            yield Narrowing(
                "citizenship", region, {"citizenships": countries}, called=region_in_words(scenario, region)
            )
    for region in scenario.regions:
        yield Narrowing("place", region, {"regions": (region,)}, called=region_in_words(scenario, region))
    for channel in dict.fromkeys(segment.channel for segment in segments):
        yield Narrowing("channel", channel, {"channels": (channel,)})
    for model in dict.fromkeys(model for order in scenario.orders for model in order.models):
        yield Narrowing("model", model, {"models": (model,)})
    organisations = dict.fromkeys(
        s.organisation for s in segments if s.organisation in scenario.organisations
    )
    for name in organisations:
        yield Narrowing("organisation", str(name), {"organisations": (str(name),)})
    lists = {p.organisations for p in scenario.policies.values() if p.family == "listed"}
    for listed in sorted(names for names in lists if len(names) > 1):
        yield Narrowing("organisations", " and ".join(listed), {"organisations": listed})


def _countries(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """The citizenships that occur in each region; of home only those that a clause names."""
    region_of = {code: region for region, codes in scenario.regions.items() for code in codes}
    clauses = [
        clause
        for restricts in (
            *(reading.restricts for reading in scenario.readings.values()),
            *(order.restricts for order in scenario.orders),
        )
        for clause in restricts
    ]
    restricted = {code for clause in clauses for code in clause.citizenship}
    found: dict[str, list[str]] = {region: [] for region in scenario.regions}
    for code in sorted({segment.citizenship[0] for segment in scenario.segments.values()}):
        region = region_of.get(code, region_of.get("*"))
        if region in found and (region != scenario.home or code in restricted):
            found[region].append(code)
    return {region: tuple(codes) for region, codes in found.items()}
