"""Plain SimPy: one process a person, `random`, small objects and dicts, a `simpy.Resource` for the desk.

As a modeller would write it who knows SimPy and cares about time a little: slots, no monitoring, a look-up for the
gate, readings that stick drawn once.
"""

from __future__ import annotations

import random
from collections.abc import Generator

import simpy

from benchmarks.contender import contend, totals
from benchmarks.plain import Person, Service
from benchmarks.workload import read

Process = Generator[simpy.Event, object, None]


def live(env: simpy.Environment, person: Person, service: Service, desk: simpy.Resource) -> Process:
    """A person's needs, one after the other."""
    expovariate, needs, segment = service.rng.expovariate, service.counts.needs, person.segment
    while True:
        yield env.timeout(expovariate(segment.needs_per_day))
        end = service.decide(person)
        if end:
            needs[segment.name, int(env.now), end] += 1
        else:
            env.process(check(env, person, service, desk))


def check(env: simpy.Environment, person: Person, service: Service, desk: simpy.Resource) -> Process:
    """A case: the automatic part, the queue, the review, the verdict."""
    world, rng, counts, day = service.world, service.rng, service.counts, int(env.now)
    patience = rng.expovariate(1 / world.patience)
    yield env.timeout(min(world.automatic, patience))
    end = "left the queue"
    if patience > world.automatic:
        joined = env.now
        counts.joined += 1
        with desk.request() as turn:
            yield turn | env.timeout(patience - world.automatic)
            if turn.triggered:
                counts.reviewed += 1
                counts.wait += env.now - joined
                review = rng.expovariate(1 / service.review)
                counts.busy += min(review, world.length - env.now)
                yield env.timeout(review)
                end = service.verdict(person)
            else:
                counts.left += 1
    person.waiting = False
    counts.needs[person.segment.name, day, end] += 1


def run(people: int, seed: int) -> dict[str, float]:
    """Simulate the workload."""
    world, rng, env = read(), random.Random(seed), simpy.Environment()
    service = Service(world, people, rng)
    desk = simpy.Resource(env, service.reviewers)
    for segment in service.crowd(people):
        env.process(live(env, Person(segment, world, rng), service, desk))
    env.run(until=world.length)
    return totals(service.counts, world)


if __name__ == "__main__":
    contend("simpy", run)
