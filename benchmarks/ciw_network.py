"""Ciw: a network of queues. Its customers are needs, not people: a class for each segment, three nodes (gate,
automatic part, desk) and a rule at each that says where a need goes next.

Ciw has no people who come again. They are kept beside it: each arriving need of a segment picks one of its people at
random, which gives the same law. Patience runs from joining the desk, for Ciw measures it there.
"""

from __future__ import annotations

import random
from math import inf

import ciw

from benchmarks.contender import contend, totals
from benchmarks.plain import Person, Service
from benchmarks.workload import read

GATE, AUTOMATIC, DESK = 1, 2, 3


class Rule(ciw.routing.NodeRouting):  # type: ignore[misc]
    """Where needs go from a node."""

    def __init__(self, service: Service, people: dict[str, list[Person]]) -> None:
        self.service, self.people = service, people

    def count(self, need: ciw.Individual, day: int, end: str) -> ciw.Node:
        """The need is over."""
        self.service.counts.needs[need.customer_class, day, end] += 1
        return self.simulation.nodes[-1]


class AtGate(Rule):
    """A person is picked, and the gate decides."""

    def next_node(self, need: ciw.Individual) -> ciw.Node:
        """On to a check, or out."""
        need.person = self.service.rng.choice(self.people[need.customer_class])
        need.day = int(self.simulation.current_time)
        end = self.service.decide(need.person)
        return self.count(need, need.day, end) if end else self.simulation.nodes[AUTOMATIC]


class AfterAutomatic(Rule):
    """Everybody goes on to the desk."""

    def next_node(self, need: ciw.Individual) -> ciw.Node:
        """To the desk."""
        self.service.counts.joined += 1
        return self.simulation.nodes[DESK]


class AtDesk(Rule):
    """The verdict falls, or patience runs out."""

    def next_node(self, need: ciw.Individual) -> ciw.Node:
        """Out, with a verdict."""
        self.service.counts.reviewed += 1
        self.service.counts.wait += need.service_start_date - need.arrival_date
        return self.count(need, need.day, self.service.verdict(need.person))

    def next_node_for_jockeying(self, need: ciw.Individual) -> ciw.Node:
        """Out, without one."""
        self.service.counts.left += 1
        need.person.waiting = False
        return self.count(need, need.day, "left the queue")


def run(people: int, seed: int) -> dict[str, float]:
    """Simulate the workload."""
    ciw.seed(seed)
    world, rng = read(), random.Random(seed)
    service = Service(world, people, rng)
    crowd: dict[str, list[Person]] = {segment.name: [] for segment in world.segments}
    for segment in service.crowd(people):
        crowd[segment.name].append(Person(segment, world, rng))
    present = [segment for segment in world.segments if crowd[segment.name]]
    services = [ciw.dists.Deterministic(0), ciw.dists.Deterministic(world.automatic)]
    services.append(ciw.dists.Exponential(1 / service.review))
    rules = (AtGate, AfterAutomatic, AtDesk)
    network = ciw.create_network(
        arrival_distributions={
            one.name: [ciw.dists.Exponential(one.needs_per_day * len(crowd[one.name])), None, None]
            for one in present
        },
        service_distributions={one.name: services for one in present},
        number_of_servers=[inf, inf, service.reviewers],
        routing={
            one.name: ciw.routing.NetworkRouting([rule(service, crowd) for rule in rules]) for one in present
        },
        reneging_time_distributions={
            one.name: [None, None, ciw.dists.Exponential(1 / world.patience)] for one in present
        },
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(world.length)
    desk = simulation.nodes[DESK]
    service.counts.busy = desk.server_utilisation * service.reviewers * world.length
    return totals(service.counts, world)


if __name__ == "__main__":
    contend("ciw", run)
