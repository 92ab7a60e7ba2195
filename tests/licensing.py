"""Cases of a strategy under orders with licences, some of them before a government's desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gatesim.law.law import microseconds, order_end_us
from gatesim.measures.ledger import NO_REASON, SERVED_LATE
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.orders import Order
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, HOUR, format_duration
from tests.kept_cases import Case
from tests.switching import switching_case

Ints = NDArray[np.int64]

LEAST = {
    "a licence begins or expires": 0.5,
    "somebody waits at it": 0.2,
    "it opens the gate to somebody who waits": 0.1,
    "somebody who waits goes on waiting": 0.12,
    "served under it who is refused without": 0.25,
}
"""What must really happen, and in which part of the cases at least: some two thirds of what other seeds gave."""

TRIES = 20


def licensed_case(seed: Sequence[int]) -> Case:
    """A case of `tests.switching`, with licences for its orders.

    Parameters
    ----------
    seed
        What its random numbers start from.
    """
    case = switching_case(seed)
    rng = np.random.default_rng([*seed, 1])
    ledger = case.ledger
    late = ledger.asked & (ledger.end_us > ledger.time_us + 1)
    waiting = np.stack([ledger.time_us, ledger.end_us], axis=1)[late]
    return replace(case, scenario=_with_licences(case.scenario, waiting, rng))


def _with_licences(scenario: Scenario, waiting: Ints, rng: np.random.Generator) -> Scenario:
    for _ in range(TRIES):
        data = scenario.model_dump(by_alias=True)
        for order, plain in zip(data["orders"], scenario.orders, strict=True):
            number = int(rng.integers(1, 3))
            order["licences"] = [_licence(scenario, plain, waiting, rng) for _ in range(number)]
            if rng.random() < 0.2:
                order["licence_desk"] = {"officers": 1, "service": "4h", "backlog": int(rng.integers(0, 6))}
        changed = Scenario.model_validate(data)
        if not list(inconsistencies(changed)):
            return changed
    return scenario


def _licence(scenario: Scenario, order: Order, waiting: Ints, rng: np.random.Generator) -> dict[str, Any]:
    """A licence; most are decided while somebody waits for the verdict of a check."""
    issued = microseconds(scenario, order.issued)
    end = min(scenario.length, order_end_us(scenario, order, [1.0] * len(order.ends)))
    applied = int(rng.integers(max(issued, 0), max(issued, 0) + max(1, (end - max(issued, 0)) // 2)))
    after = int(rng.integers(0, max(1, (end - applied) // 2)))
    certain = rng.random() < 0.5
    fit = waiting[(waiting[:, 1] > applied + 1) & (waiting[:, 0] < end)]
    if len(fit) and rng.random() < 0.8:
        begin, over = rng.choice(fit).tolist()
        after, certain = int(rng.integers(max(begin, applied), min(over, end))) - applied, True
    segments = scenario.segments
    channels = sorted({segment.channel for segment in segments.values()})
    licence: dict[str, Any] = {
        "applied": _instant(scenario, applied),
        "decided_after": format_duration(after),
        "at_least": format_duration(after if certain else after // 2),
        "granted": float(rng.choice([1.0, 1.0, 0.5])),
    }
    if rng.random() < 0.6:
        licence["channels"] = [str(rng.choice(channels))]
    else:
        licence["segments"] = [str(rng.choice(list(segments)))]
    if rng.random() < 0.4:
        licence["until"] = _instant(scenario, applied + after + int(rng.integers(HOUR, 3 * DAY)))
    return licence


def _instant(scenario: Scenario, at_us: int) -> datetime:
    return scenario.start + timedelta(microseconds=at_us)


def happenings(case: Case) -> Counter[str]:
    """How often each thing happens that the cases must reach."""
    without = case.scenario.model_copy(
        update={"orders": tuple(order.model_copy(update={"licences": ()}) for order in case.scenario.orders)}
    )
    plain = replace(case, scenario=without)
    known = {epoch.start_us for epoch in plain.law.epochs}
    at = [epoch.start_us for epoch in case.law.epochs if epoch.start_us not in known]
    ledger, other = case.ledger, plain.ledger
    late = ledger.asked & (ledger.end_us > ledger.time_us)
    found: Counter[str] = Counter()
    found["a licence begins or expires"] = len(at)
    for one in at:
        waits = late & (ledger.time_us < one) & (ledger.end_us >= one)
        found["somebody waits at it"] += int(waits.sum())
        found["it opens the gate to somebody who waits"] += int(
            (waits & (ledger.end_us == one) & (ledger.outcome == SERVED_LATE)).sum()
        )
        found["somebody who waits goes on waiting"] += int((waits & (ledger.end_us > one)).sum())
    refused = (other.reason != NO_REASON) & (ledger.reason == NO_REASON)
    found["served under it who is refused without"] = int(refused.sum())
    return +found
