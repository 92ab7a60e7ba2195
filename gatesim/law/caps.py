"""On which days a cap on usage holds: pure functions of a scenario and its law."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gatesim.law.law import Law, microseconds
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, FOREVER, HOUR, MINUTE, SECOND


@dataclass(frozen=True)
class CapDay:
    """A calendar day on which a model is capped.

    Attributes
    ----------
    model
        Number of the model.
    channels
        Numbers of the channels of the accounts that are capped.
    per_day
        Needs of an account for it that are served on the day.
    spans
        The stretches ``[start, end)`` of the day in which the cap holds, in microseconds since the start.
    """

    model: int
    channels: tuple[int, ...]
    per_day: int
    spans: tuple[tuple[int, int], ...]

    @property
    def length_us(self) -> int:
        """How much of the day it is."""
        return sum(end - start for start, end in self.spans)


def cap_days(scenario: Scenario, law: Law) -> tuple[CapDay, ...]:
    """The days of all caps on usage, model by model, each model's in the order of time.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under any reading: which models orders name does not go by it.

    Returns
    -------
    tuple of CapDay
        Days are calendar days in the zone of the scenario's start. A cap holds inside the window only, and for a model
        only while no order in force names it: what an order asks, and what a gate does, is told by other measures.
    """
    start = scenario.start
    midnight = -(start.hour * HOUR + start.minute * MINUTE + start.second * SECOND + start.microsecond)
    found = []
    for model, name in enumerate(scenario.models):
        free = [(epoch.start_us, epoch.end_us) for epoch in law.epochs if not epoch.named[model]]
        for cap in sorted(scenario.usage_caps, key=lambda one: one.at):
            if name not in cap.models:
                continue
            channels = tuple(n for n, one in enumerate(CHANNELS) if not cap.channels or one in cap.channels)
            begin = max(microseconds(scenario, cap.at), 0)
            end = min(microseconds(scenario, cap.at) + min(cap.length, FOREVER // 2), scenario.length)
            for day in range((begin - midnight) // DAY, (end - 1 - midnight) // DAY + 1):
                low, high = max(begin, midnight + day * DAY), min(end, midnight + (day + 1) * DAY)
                spans = tuple((max(a, low), min(b, high)) for a, b in free if max(a, low) < min(b, high))
                if spans:
                    found.append(CapDay(model, channels, cap.per_day, spans))
    return tuple(found)


def over_caps(
    days: Sequence[CapDay], channel: int, needs: Iterable[tuple[int, int]]
) -> Iterator[bool | None]:
    """Which needs of one account are over a cap, as a textbook counts them.

    Parameters
    ----------
    days
        The days of all caps; for one model and channel they do not overlap.
    channel
        Number of the account's channel.
    needs
        Instant (microseconds since the start) and number of the model of each need, in order of time; at one instant
        the owner's first.

    Yields
    ------
    bool or None
        For each need whether the account has had its needs of the day; None where no cap holds for it.
    """
    mine = [(number, day) for number, day in enumerate(days) if channel in day.channels]
    had: Counter[int] = Counter()
    for time, model in needs:
        over = None
        for number, day in mine:
            if day.model == model and any(start <= time < end for start, end in day.spans):
                over = had[number] >= day.per_day
                had[number] += 1
        yield over
