"""Mesa: one agent a person. Needs are events of Mesa's `DEVSimulator`, since steps of a fixed length would not do:
between two needs lie two days, and between joining the desk and a review minutes.

Mesa has no queue; the desk is written by hand.
"""

from __future__ import annotations

import random
from collections import deque

import mesa
from mesa.experimental.devs import DEVSimulator
from mesa.experimental.devs.eventlist import SimulationEvent

from benchmarks.contender import contend, totals
from benchmarks.plain import Person, Service
from benchmarks.workload import Workload, read


class Case:
    """A case before the desk."""

    def __init__(self, person: Person, day: int, patience: SimulationEvent) -> None:
        self.person, self.day, self.patience = person, day, patience
        self.joined = 0.0


class World(mesa.Model):  # type: ignore[misc]
    """The people, the gate and the desk."""

    def __init__(self, simulator: DEVSimulator, world: Workload, people: int, rng: random.Random) -> None:
        super().__init__(seed=1)
        self.simulator, self.world = simulator, world
        self.service = Service(world, people, rng)
        self.free = self.service.reviewers
        self.queue: deque[Case] = deque()
        simulator.setup(self)
        for segment in self.service.crowd(people):
            Living(self, Person(segment, world, rng))

    def open(self, person: Person) -> None:
        """A check opens: the automatic part begins, and patience."""
        day, rng = int(self.simulator.time), self.service.rng
        patience = rng.expovariate(1 / self.world.patience)
        if patience <= self.world.automatic:
            self.simulator.schedule_event_relative(self.leave, patience, function_args=[person, day, False])
            return
        leaving = self.simulator.schedule_event_relative(
            self.leave, patience, function_args=[person, day, True]
        )
        case = Case(person, day, leaving)
        self.simulator.schedule_event_relative(self.join, self.world.automatic, function_args=[case])

    def leave(self, person: Person, day: int, from_queue: bool) -> None:
        """Patience runs out."""
        self.service.counts.left += from_queue
        self.end(person, day, "left the queue")

    def join(self, case: Case) -> None:
        """A case joins the desk."""
        case.joined = self.simulator.time
        self.service.counts.joined += 1
        self.queue.append(case)
        self.begin()

    def begin(self) -> None:
        """Free reviewers take waiting cases; one whose patience has run out is passed over."""
        service, now = self.service, self.simulator.time
        while self.free and self.queue:
            case = self.queue.popleft()
            if not case.person.waiting:
                continue
            self.free -= 1
            case.patience.cancel()
            service.counts.reviewed += 1
            service.counts.wait += now - case.joined
            review = service.rng.expovariate(1 / service.review)
            service.counts.busy += min(review, self.world.length - now)
            self.simulator.schedule_event_relative(self.decide, review, function_args=[case])

    def decide(self, case: Case) -> None:
        """The verdict falls."""
        self.end(case.person, case.day, self.service.verdict(case.person))
        self.free += 1
        self.begin()

    def end(self, person: Person, day: int, how: str) -> None:
        """A need ends that opened a check."""
        person.waiting = False
        self.service.counts.needs[person.segment.name, day, how] += 1


class Living(mesa.Agent):  # type: ignore[misc]
    """A person's needs, one after the other."""

    def __init__(self, model: World, person: Person) -> None:
        super().__init__(model)
        self.world, self.person = model, person
        self.wait()

    def wait(self) -> None:
        """Until the next need."""
        gap = self.world.service.rng.expovariate(self.person.segment.needs_per_day)
        self.world.simulator.schedule_event_relative(self.need, gap)

    def need(self) -> None:
        """A need arises."""
        end = self.world.service.decide(self.person)
        if end:
            day = int(self.world.simulator.time)
            self.world.service.counts.needs[self.person.segment.name, day, end] += 1
        else:
            self.world.open(self.person)
        self.wait()


def run(people: int, seed: int) -> dict[str, float]:
    """Simulate the workload."""
    world, simulator = read(), DEVSimulator()
    model = World(simulator, world, people, random.Random(seed))
    simulator.run_until(world.length)
    return totals(model.service.counts, world)


if __name__ == "__main__":
    contend("mesa", run)
