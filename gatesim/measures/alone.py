"""What each order by itself comes to, where several name the same model: a table by limit, and break-even limits.

An order is held against the needs that it restricts itself, while it is in force. What must be served is of the
needs that no order restricts, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatesim.law.standards import demands
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import RATIOS, PolicyResult, judge
from gatesim.measures.own import Situation
from gatesim.measures.rows import Row, make_row
from gatesim.scenario.schema import Scenario


@dataclass(frozen=True)
class Alone:
    """The outcomes for one order by itself.

    Attributes
    ----------
    rows
        For every reading, ratio and limit; those of the order's own standard are marked. None for a reading under
        which no need was measured while the order is in force.
    break_even
        Reading -> policy -> ratio -> the least limit at which the policy would be within: its own leak ratio.
    """

    rows: tuple[Row, ...]
    break_even: Mapping[str, Mapping[str, Mapping[str, Measure]]]

    def row(self, reading: str, ratio: str, limit: float) -> Row:
        """The row of a reading, ratio and limit.

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
            "rows": [row.to_dict() for row in self.rows],
            "break_even": {
                reading: {
                    policy: {ratio: measure.to_dict() for ratio, measure in ratios.items()}
                    for policy, ratios in policies.items()
                }
                for reading, policies in self.break_even.items()
            },
        }


def own_limits(scenario: Scenario, number: int) -> set[tuple[str, float]]:
    """Ratio and limit of the standards that an order has for all the models that it names."""
    return {
        (one.kind, one.limits.known)
        for one in demands(scenario)
        if one.order == number and one.of_order and one.kind in RATIOS and one.limits.known is not None
    }


def order_alone(
    scenario: Scenario,
    number: int,
    candidates: Sequence[PolicyResult],
    readings: Sequence[str],
    situation: Situation,
) -> Alone:
    """What one order by itself comes to.

    Parameters
    ----------
    scenario, number
        The scenario, and the number of an order that is counted apart.
    candidates
        Listed policies, shutting down left out, that were told of the order (`PolicyResult.by_order`).
    readings
        Names of the readings.
    situation
        What else judging needs.
    """
    own = own_limits(scenario, number)
    limits = sorted({(ratio, limit) for ratio in RATIOS for limit in scenario.verdict.limits} | own)
    rows: list[Row] = []
    for reading in readings:
        told = {one.name: one.by_order[reading][number] for one in candidates}
        if not any(one.measures[ratio].denominator > 0 for one in told.values() for ratio in RATIOS):
            continue
        serving = [one for one in candidates if one.serves_somebody(reading)]
        for ratio, limit in limits:
            judged = tuple(
                judge(
                    one,
                    {**one.measures[reading], **told[one.name].measures},
                    told[one.name].may_leak,
                    ratio,
                    limit,
                    situation.floor,
                    situation.issued,
                    situation.date,
                    situation.accounts,
                )
                for one in serving
            )
            key = (reading, ratio, limit, (ratio, limit) in own)
            rows.append(make_row(judged, key, ("", ""), situation.floor, situation.accounts))
    break_even = {
        reading: {
            one.name: {ratio: one.by_order[reading][number].measures[ratio] for ratio in RATIOS}
            for one in candidates
        }
        for reading in readings
    }
    return Alone(tuple(rows), break_even)
