"""What is the same in every contender in plain Python: a person, a reading, the gate's decision."""

from __future__ import annotations

import random

from benchmarks.contender import Counts
from benchmarks.workload import Segment, Signal, Workload


class Person:
    """An account and its owner: what is drawn once, and what the gate has come to know."""

    __slots__ = ("account", "answers", "asked", "cleared", "passes", "payment", "segment", "shows", "waiting")

    def __init__(self, segment: Segment, world: Workload, rng: random.Random) -> None:
        self.segment = segment
        card = rng.choices(list(segment.card), list(segment.card.values()))[0]
        declared = rng.choices(list(segment.declared), list(segment.declared.values()))[0]
        self.payment = reading(world.payment, card, rng)
        self.account = reading(world.account, declared, rng)
        self.answers = rng.random() >= segment.never_answers
        genuine = segment.entitled and rng.random() < segment.passport
        self.shows = genuine or rng.random() < segment.forges
        self.passes = rng.random() < (1 - world.false_reject if genuine else world.false_accept)
        self.cleared = self.waiting = self.asked = False


def reading(signal: Signal, true: str, rng: random.Random) -> str:
    """What a signal reads of a region."""
    if rng.random() < signal.accuracy[true]:
        return true
    names, weights = signal.others[true]
    return rng.choices(names, weights)[0]


class Service:
    """The gate, and what is counted."""

    def __init__(self, world: Workload, people: int, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        self.reviewers, self.review = world.size_of_desk(people)
        self.counts = Counts(self.reviewers)

    def decide(self, person: Person) -> str:
        """How a need ends that arises now; nothing where the person goes to the desk first."""
        if person.waiting:
            return "waiting"
        ip = reading(self.world.ip, person.segment.home, self.rng)
        if person.cleared:
            return "served"
        action = self.world.gate[ip, person.payment, person.account]
        if action == "allow":
            return "served"
        if action == "block":
            return "rule"
        return self.ask(person)

    def ask(self, person: Person) -> str:
        """Ask for a document."""
        self.counts.requests += 1
        if not person.asked:
            person.asked = True
            self.counts.asked += 1
        if not person.answers:
            return "no answer"
        if self.rng.random() < person.segment.gives_up:
            return "gave up"
        if not person.shows:
            return "no document"
        person.waiting = True
        return ""

    def verdict(self, person: Person) -> str:
        """How the need ends that opened the case, after its review."""
        person.waiting = False
        person.cleared = person.passes
        return "served late" if person.passes else "check failed"

    def crowd(self, people: int) -> list[Segment]:
        """The segment of each person."""
        return self.rng.choices(self.world.segments, [one.share for one in self.world.segments], k=people)
