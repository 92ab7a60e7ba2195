"""salabim: one component a person with a process, one a case, a `Resource` for the desk.

Written with ``yield``, which is salabim's older and quicker way; traces and monitors are off.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import salabim as sim

from benchmarks.contender import contend, totals
from benchmarks.plain import Person, Service
from benchmarks.workload import read

Process = Generator[Any, None, None]


class Living(sim.Component):  # type: ignore[misc]
    """A person's needs, one after the other."""

    def setup(self, person: Person, service: Service, desk: sim.Resource) -> None:
        """Take what the process needs."""
        self.person, self.service, self.desk = person, service, desk
        self.mode.monitor(False)
        self.status.monitor(False)

    def process(self) -> Process:
        """Wait, ask, count."""
        person, service = self.person, self.service
        expovariate, needs, segment = service.rng.expovariate, service.counts.needs, person.segment
        while True:
            yield self.hold(expovariate(segment.needs_per_day))
            end = service.decide(person)
            if end:
                needs[segment.name, int(self.env.now()), end] += 1
            else:
                Case(person=person, service=service, desk=self.desk)


class Case(sim.Component):  # type: ignore[misc]
    """The automatic part, the queue, the review, the verdict."""

    def setup(self, person: Person, service: Service, desk: sim.Resource) -> None:
        """Take what the process needs."""
        self.person, self.service, self.desk = person, service, desk

    def process(self) -> Process:
        """Wait for the desk and for its verdict."""
        person, service = self.person, self.service
        world, rng, counts, day = service.world, service.rng, service.counts, int(self.env.now())
        patience = rng.expovariate(1 / world.patience)
        yield self.hold(min(world.automatic, patience))
        end = "left the queue"
        if patience > world.automatic:
            joined = self.env.now()
            counts.joined += 1
            yield self.request(self.desk, fail_delay=patience - world.automatic)
            if self.failed():
                counts.left += 1
            else:
                counts.reviewed += 1
                counts.wait += self.env.now() - joined
                review = rng.expovariate(1 / service.review)
                counts.busy += min(review, world.length - self.env.now())
                yield self.hold(review)
                self.release()
                end = service.verdict(person)
        person.waiting = False
        counts.needs[person.segment.name, day, end] += 1


def run(people: int, seed: int) -> dict[str, float]:
    """Simulate the workload."""
    sim.yieldless(False)
    world, rng = read(), random.Random(seed)
    service = Service(world, people, rng)
    env = sim.Environment(trace=False)
    desk = sim.Resource("desk", service.reviewers, monitor=False)
    for segment in service.crowd(people):
        Living(person=Person(segment, world, rng), service=service, desk=desk)
    env.run(till=world.length)
    return totals(service.counts, world)


if __name__ == "__main__":
    contend("salabim", run)
