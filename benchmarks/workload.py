"""The workload in plain Python, for contenders that know nothing of gatesim.

Reads workload.toml and works out what any modeller would have to: the gate's table by Bayes' rule, and how many
reviewers a population needs. It imports nothing of gatesim, so that agreement with gatesim means something.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("workload.toml")

ENTITLED = ("citizen", "permanent", "protected")
"""Statuses that the reading of workload.toml does not restrict."""

UTILISATION = 0.8
"""Of the desk, at the mean over the window."""

Cell = tuple[str, str, str]
"""What the address, the card and the form read."""

MINUTE = 1 / (24 * 60)
_UNITS = {"m": MINUTE, "h": 1 / 24, "d": 1.0}


def days(text: str) -> float:
    """A duration such as ``"4m"`` or ``"30d"`` in days."""
    return float(text[:-1]) * _UNITS[text[-1]]


@dataclass(frozen=True)
class Signal:
    """A noisy channel: for each true region, what is read with which probability."""

    accuracy: Mapping[str, float]
    others: Mapping[str, tuple[list[str], list[float]]]
    """For each true region the others, and where errors go among them (adds up to 1)."""

    def law(self, true: str) -> Iterator[tuple[str, float]]:
        """Readings of a region, with their probabilities."""
        right = self.accuracy[true]
        yield true, right
        for other, weight in zip(*self.others[true], strict=True):
            yield other, (1 - right) * weight


@dataclass(frozen=True)
class Segment:
    """People of one kind."""

    name: str
    share: float
    entitled: bool
    home: str
    needs_per_day: float
    card: Mapping[str, float]
    declared: Mapping[str, float]
    passport: float
    """The probability of holding one that shows a citizen."""
    never_answers: float
    gives_up: float
    forges: float


@dataclass(frozen=True)
class Workload:
    """All that a contender needs; times are in days."""

    length: float
    regions: list[str]
    segments: list[Segment]
    ip: Signal
    payment: Signal
    account: Signal
    gate: Mapping[Cell, str]
    """``allow``, ``check`` or ``block``, for an account that is not cleared. One that is cleared is served."""
    automatic: float
    patience: float
    false_reject: float
    false_accept: float

    def cells(self, segment: Segment) -> Iterator[tuple[Cell, float]]:
        """What a need of the segment shows, with probabilities."""
        for payment, account, likely in self.sticky(segment):
            for ip, reads in self.ip.law(segment.home):
                yield (ip, payment, account), likely * reads

    def sticky(self, segment: Segment) -> Iterator[tuple[str, str, float]]:
        """What the card and the form read, once for an account, with probabilities."""
        for card, has in segment.card.items():
            for declared, says in segment.declared.items():
                for payment, p in self.payment.law(card):
                    for account, q in self.account.law(declared):
                        yield payment, account, has * says * p * q

    def cases_a_person(self) -> float:
        """Cases that a person is expected to bring before the desk in the window, if verdicts took no time.

        A session that shows a cell to be checked asks; whoever answers and has something to show goes to the desk.
        Who passes goes there once; who fails, at each request.
        """
        total = 0.0
        for one in self.segments:
            holds = one.passport if one.entitled else 0.0
            forges = (1 - holds) * one.forges
            passing = holds * (1 - self.false_reject) + forges * self.false_accept
            failing = holds * self.false_reject + forges * (1 - self.false_accept)
            for payment, account, likely in self.sticky(one):
                asked = sum(
                    p for ip, p in self.ip.law(one.home) if self.gate[ip, payment, account] == "check"
                )
                requests = self.length * one.needs_per_day * asked * (1 - one.gives_up)
                cases = passing * (1 - math.exp(-requests)) + failing * requests
                total += one.share * likely * (1 - one.never_answers) * cases
        return total

    def size_of_desk(self, people: int) -> tuple[int, float]:
        """How many reviewers, and the mean time of a review in days, for a utilisation of `UTILISATION`.

        Reviews last 20 minutes where that makes at least one reviewer; the rounding to whole reviewers, and all
        of it where one reviewer is too many, is made up for by the length of a review.
        """
        a_day = people * self.cases_a_person() / self.length
        reviewers = max(1, round(a_day * 20 * MINUTE / UTILISATION))
        return reviewers, UTILISATION * reviewers / a_day


def read() -> Workload:
    """The workload of workload.toml."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    regions = list(data["regions"])
    ip, payment, account = (_signal(data["signals"][name], regions) for name in ("ip", "payment", "account"))
    segments = [_segment(name, entry) for name, entry in data["segments"].items()]
    checker = data["checkers"]["typical"]
    ungated = Workload(
        days(data["length"]),
        regions,
        segments,
        ip,
        payment,
        account,
        {},
        days(data["documents"]["passport"]["automatic_time"]),
        days(data["desk"]["patience"]),
        checker["false_reject"],
        checker["false_accept"],
    )
    policy = data["policies"]["gate"]
    return Workload(**{**vars(ungated), "gate": _gate(ungated, policy["check_above"], policy["block_above"])})


def _signal(entry: Mapping[str, Any], regions: list[str]) -> Signal:
    given = entry["accuracy"]
    accuracy = given if isinstance(given, dict) else dict.fromkeys(regions, given)
    errors = entry.get("errors_to", dict.fromkeys(regions, 1.0))
    others = {}
    for true in regions:
        names = [name for name in regions if name != true]
        total = sum(errors[name] for name in names)
        others[true] = names, [errors[name] / total for name in names]
    return Signal(accuracy, others)


def _segment(name: str, entry: Mapping[str, Any]) -> Segment:
    return Segment(
        name,
        entry["share"],
        entry["status"] in ENTITLED,
        entry["home"],
        entry["needs_per_day"],
        entry["card"],
        entry["declared"],
        entry.get("documents", {}).get("passport", 0.0),
        entry["never_answers"],
        entry["gives_up"],
        entry.get("presents_forged", 0.0),
    )


def _gate(world: Workload, check_above: float, block_above: float) -> dict[Cell, str]:
    """The action in each cell: the probability that its needs are restricted, against two thresholds."""
    every: dict[Cell, float] = {}
    restricted: dict[Cell, float] = {}
    for one in world.segments:
        for cell, p in world.cells(one):
            weight = one.share * one.needs_per_day * p
            every[cell] = every.get(cell, 0.0) + weight
            restricted[cell] = restricted.get(cell, 0.0) + weight * (not one.entitled)
    gate = {}
    for cell, weight in every.items():
        posterior = restricted[cell] / weight
        gate[cell] = "block" if posterior > block_above else "check" if posterior > check_above else "allow"
    return gate
