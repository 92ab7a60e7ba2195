"""The verdict: what can be concluded from the measures of the listed policies.

It takes data only: measures by reading, when each policy would be ready, and whether it can leak at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from gatesim.law.law import counted_apart
from gatesim.law.standards import Demand, demands
from gatesim.measures.alone import Alone, order_alone
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import (
    FLOOR,
    RATIOS,
    Judgement,
    Outcome,
    PolicyResult,
    Split,
    explain_outcome,
    judge,
    serves_somebody,
)
from gatesim.measures.own import Combined, Situation, combine, over_readings
from gatesim.measures.rows import Row, make_row
from gatesim.scenario.orders import Order
from gatesim.scenario.schema import Scenario

__all__ = [
    "RATIOS",
    "Judgement",
    "Outcome",
    "PolicyResult",
    "Row",
    "Split",
    "Verdict",
    "explain_outcome",
    "first_order",
    "make_verdict",
]

SPLIT_BY = ("channel", "model")


@dataclass(frozen=True)
class Verdict:
    """All outcomes for a date.

    Attributes
    ----------
    date
        The date; None where there is no order.
    floor
        The least share of entitled needs that a gate must serve.
    rows
        For the whole service: every reading, ratio and limit (and each order's own standard). None for a
        reading under which no need was measured.
    splits
        The same by channel and by model.
    break_even
        Reading -> policy -> ratio -> the least limit at which the policy would be within: its own leak ratio.
    own
        What the orders' own standards come to, by reading.
    chances
        The probability of each outcome of the orders' own standards, over unknown limits and readings.
    by_order
        Number of the order -> what it comes to by itself, for orders that are counted apart.
    """

    date: datetime | None
    floor: float
    rows: tuple[Row, ...]
    splits: tuple[Row, ...]
    break_even: Mapping[str, Mapping[str, Mapping[str, Measure]]]
    own: tuple[Combined, ...] = ()
    chances: Mapping[Outcome, float] = field(default_factory=dict)
    by_order: Mapping[int, Alone] = field(default_factory=dict)

    def row(self, reading: str, ratio: str, limit: float) -> Row:
        """The row of a reading, ratio and limit, for the whole service.

        Raises
        ------
        KeyError
            If there is none.
        """
        for row in self.rows:
            if (row.reading, row.ratio, row.limit) == (reading, ratio, limit):
                return row
        raise KeyError((reading, ratio, limit))

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "date": None if self.date is None else self.date.isoformat(),
            "floor": self.floor,
            "rows": [row.to_dict() for row in self.rows],
            "splits": [row.to_dict() for row in self.splits],
            "break_even": {
                reading: {
                    policy: {ratio: measure.to_dict() for ratio, measure in ratios.items()}
                    for policy, ratios in policies.items()
                }
                for reading, policies in self.break_even.items()
            },
            "own": [combined.to_dict() for combined in self.own],
            "chances": dict(self.chances),
            "by_order": {str(number): one.to_dict() for number, one in self.by_order.items()},
        }


def first_order(scenario: Scenario) -> Order | None:
    """The order that comes into force first."""
    dated = [
        (order.issued + timedelta(microseconds=order.grace), n) for n, order in enumerate(scenario.orders)
    ]
    return scenario.orders[min(dated)[1]] if dated else None


def _limits(scenario: Scenario) -> list[tuple[str, float, bool]]:
    """Ratio, limit, and whether an order sets it: the verdict's limits for both ratios, and orders' own."""
    own = {(one.kind, limit) for one in demands(scenario) if (limit := _swept(one)) is not None}
    both = set(chain(((ratio, limit) for ratio in RATIOS for limit in scenario.verdict.limits), own))
    return [(ratio, limit, (ratio, limit) in own) for ratio, limit in sorted(both)]


def _swept(demand: Demand) -> float | None:
    """The limit of a demand that is a row of the whole service's table: a known limit of a ratio, of all orders."""
    return demand.limits.known if demand.whole and not demand.apart and demand.kind in RATIOS else None


def _has_needs(found: Mapping[str, Measure]) -> bool:
    return found[FLOOR].denominator + found["leak_rate"].denominator > 0


def make_verdict(scenario: Scenario, policies: Sequence[PolicyResult], accounts: int | None) -> Verdict:
    """Judge the listed policies, for every reading, ratio and limit.

    Parameters
    ----------
    scenario
        Its orders, its ``verdict`` choices.
    policies
        Results of the listed policies, for the same readings; `splits` of all candidates or of none.
    accounts
        Accounts simulated, all replications together; None where there is no chance in the measures.

    Returns
    -------
    Verdict
        Without rows where the scenario has no order or no need was measured.

    Notes
    -----
    A policy is surely within the limit if its interval ends at or below it, surely above if the interval
    begins above it, else undecided; in the same way for the floor. Without an interval the value decides. A
    limit of zero is decided by structure where that is known: a policy that may leak is not within it,
    whatever was seen.
    """
    verdict, order = scenario.verdict, first_order(scenario)
    if order is None:
        return Verdict(verdict.at, verdict.floor, (), (), {})
    date = verdict.at or order.issued + timedelta(microseconds=order.grace)
    issued = min(each.issued for each in scenario.orders)
    candidates = [policy for policy in policies if not policy.is_shutdown]
    readings = list(dict.fromkeys(reading for policy in policies for reading in policy.measures))

    def rows(reading: str, by: str, which: str) -> list[Row]:
        found = {
            policy.name: policy.splits[reading][by][which] if by else policy.measures[reading]
            for policy in (candidates if by else policies)
        }
        if not any(_has_needs(entry) for entry in found.values()):
            return []
        made = []
        for ratio, limit, own in _limits(scenario):
            judged = []
            for policy in candidates:
                if not serves_somebody(found[policy.name]):
                    continue
                may_leak = policy.may_leak.get(reading)
                # That a policy may leak somewhere does not say that it may leak here.
                structure = None if by and may_leak else may_leak
                judged.append(
                    judge(
                        policy,
                        found[policy.name],
                        structure,
                        ratio,
                        limit,
                        verdict.floor,
                        issued,
                        date,
                        accounts,
                    )
                )
            made.append(
                make_row(tuple(judged), (reading, ratio, limit, own), (by, which), verdict.floor, accounts)
            )
        return made

    whole = [row for reading in readings for row in rows(reading, "", "")]
    split = []
    for reading in readings:
        for by in SPLIT_BY:
            parts = [policy.splits.get(reading, {}).get(by, {}) for policy in candidates]
            for which in dict.fromkeys(chain.from_iterable(parts)):
                split += rows(reading, by, which)
    break_even = {
        reading: {
            policy.name: {ratio: policy.measures[reading][ratio] for ratio in RATIOS} for policy in candidates
        }
        for reading in readings
    }
    situation = Situation(verdict.floor, issued, date, accounts, scenario.represents)
    asked = [reading for reading in readings if any(_has_needs(one.measures[reading]) for one in policies)]
    own = _own(scenario, candidates, asked, situation)
    alone = {
        number: order_alone(scenario, number, candidates, readings, situation)
        for number in counted_apart(scenario)
        if all(number in one.by_order.get(reading, {}) for one in candidates for reading in readings)
    }
    return Verdict(
        date, verdict.floor, tuple(whole), tuple(split), break_even, own, over_readings(own), alone
    )


def _own(
    scenario: Scenario, candidates: Sequence[PolicyResult], readings: Sequence[str], situation: Situation
) -> tuple[Combined, ...]:
    """What the orders' own standards come to, for readings under which somebody needs what they name."""
    weights = scenario.verdict.readings or {scenario.orders[0].reading: 1.0}
    asked = demands(scenario)
    return tuple(
        combine(
            reading,
            weights.get(reading, 0.0),
            asked,
            [one for one in candidates if one.serves_somebody(reading)],
            situation,
        )
        for reading in readings
    )
