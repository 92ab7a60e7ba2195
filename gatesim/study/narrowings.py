"""Narrowings of an order, each by one thing: a status, country group, place, channel, model or organisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from gatesim.scenario.orders import CarveOut, Order
from gatesim.scenario.schema import Scenario


@dataclass(frozen=True)
class Narrowing:
    """A carve-out from every order, from the instant it is in force.

    Attributes
    ----------
    kind
        ``status``, ``citizenship``, ``place``, ``channel``, ``model``, ``organisation`` or ``organisations``.
    name
        Which; of a country group and a place the name of the region.
    takes_out
        The conditions of the carve-out, as a scenario file has them.
    """

    kind: str
    name: str
    takes_out: dict[str, tuple[str, ...]]

    @property
    def words(self) -> str:
        """What is taken out, in words."""
        return {
            "status": f"status {self.name}",
            "citizenship": f"citizens of {self.name}",
            "place": f"needs from {self.name}",
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
        carve_out = CarveOut.model_validate({"at": at, "title": self.words, **self.takes_out})
        return order.model_copy(update={"carve_outs": (*order.carve_outs, carve_out)})


def narrowings(scenario: Scenario) -> Iterator[Narrowing]:
    """All narrowings by one thing that occurs in a scenario.

    Country groups are the scenario's regions but home: once by citizenship, once by where the person is. Organisation
    lists are each organisation, and the list of each policy of family ``listed``.
    """
    segments = list(scenario.segments.values())
    for status in dict.fromkeys(segment.status for segment in segments):
        yield Narrowing("status", status, {"statuses": (status,)})
    for region, countries in _countries(scenario).items():
        if countries:
            yield Narrowing("citizenship", region, {"citizenships": countries})
    for region in scenario.regions:
        if region != scenario.home:
            yield Narrowing("place", region, {"regions": (region,)})
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
    """The citizenships that occur in each region but home."""
    named = {code: region for region, codes in scenario.regions.items() for code in codes}
    found: dict[str, list[str]] = {region: [] for region in scenario.regions if region != scenario.home}
    for code in sorted({segment.citizenship[0] for segment in scenario.segments.values()}):
        region = named.get(code, named.get("*"))
        if region in found:
            found[region].append(code)
    return {region: tuple(codes) for region, codes in found.items()}
