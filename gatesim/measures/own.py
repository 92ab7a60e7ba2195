"""What the orders' own standards come to, all of them together: by reading, over limits that nobody has stated.

Where a limit is unknown, the outcome is a step function of it: it changes at the policies' break-even limits only.
So the probability of each outcome is a sum of probabilities of pieces between these limits, without sampling. The
same over several unknown limits (independent of each other), and over readings with weights.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

from gatesim.law.standards import Demand
from gatesim.measures.definitions import Measure
from gatesim.measures.demands import Held, cuts, held, within_demand
from gatesim.measures.judgement import (
    FLOOR,
    OUTCOMES,
    Answer,
    Judgement,
    NoLeak,
    Outcome,
    PolicyResult,
    judgement_of,
    most_needed,
    outcome_if,
)
from gatesim.measures.rows import Row, make_row

TOGETHER = "together"
"""In place of a kind of standard: all of the orders' standards at once."""


@dataclass(frozen=True)
class Situation:
    """What judging needs to know besides the policies.

    Attributes
    ----------
    floor, issued, date
        The least share served; the order's issue; the verdict's date.
    accounts, represents
        Accounts simulated (None: computed without chance), and represented.
    """

    floor: float
    issued: datetime
    date: datetime
    accounts: int | None
    represents: int


@dataclass(frozen=True)
class BreakEven:
    """From which limit on a policy is within a demand whose limit is unknown.

    Attributes
    ----------
    policy, demand
        Which.
    leak
        Its break-even limit: its leak ratio, or its number of leaks in one period, with the interval.
    """

    policy: str
    demand: Demand
    leak: Measure


@dataclass(frozen=True)
class Combined:
    """The orders' own standards under one reading.

    Attributes
    ----------
    reading
        Its name.
    weight
        How likely the reading is; without weights 1 for that of the first order, else 0.
    rows
        For each standard with a known limit its outcome by itself.
    together
        The outcome of all standards together, where all limits are known; else None.
    outcomes
        The probability of each outcome over the unknown limits; 1 for a single one where all are known.
    meets
        Policy -> the probabilities, over the unknown limits, that it meets all standards, that it does not, and
        that noise leaves it open.
    serves_floor
        Policy -> whether it serves the floor.
    break_even
        For each unknown limit the limit from which on each candidate is within.
    """

    reading: str
    weight: float
    rows: tuple[Row, ...]
    together: Row | None
    outcomes: Mapping[Outcome, float]
    meets: Mapping[str, Mapping[Answer, float]]
    serves_floor: Mapping[str, Answer]
    break_even: tuple[BreakEven, ...]

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "reading": self.reading,
            "weight": self.weight,
            "rows": [row.to_dict() for row in self.rows],
            "together": None if self.together is None else self.together.to_dict(),
            "outcomes": dict(self.outcomes),
            "meets": {policy: dict(chances) for policy, chances in self.meets.items()},
            "serves_floor": dict(self.serves_floor),
            "break_even": [
                {"policy": one.policy, "kind": one.demand.kind, "models": list(one.demand.models)}
                | {"leak": one.leak.to_dict()}
                for one in self.break_even
            ],
        }


def combine(
    reading: str,
    weight: float,
    demands: Sequence[Demand],
    candidates: Sequence[PolicyResult],
    situation: Situation,
) -> Combined:
    """What the orders' own standards come to under one reading.

    Parameters
    ----------
    reading, weight
        The reading, and how likely it is.
    demands
        What the orders demand; at least one.
    candidates
        Listed policies that serve somebody, shutting down left out.
    situation
        What else there is to know.
    """
    simulated = situation.accounts is not None
    have = [[held(policy, reading, one, simulated) for one in demands] for policy in candidates]
    known = [d for d, one in enumerate(demands) if one.limits.known is not None]
    rows = tuple(_row_of(reading, demands[d], candidates, [h[d] for h in have], situation) for d in known)
    together = None
    if len(known) == len(demands):
        together = rows[0] if len(rows) == 1 else _together(reading, demands, candidates, rows, situation)
    plain = _before_limits(reading, candidates, have, situation)
    outcomes, meets = _over_limits(demands, plain, have, situation)
    break_even = tuple(
        BreakEven(policy.name, demand, _in_one_period(h[d].leak, demand))
        for policy, h in zip(candidates, have, strict=True)
        for d, demand in enumerate(demands)
        if demand.limits.known is None
    )
    serves = {one.policy: one.serves_floor for one in plain}
    return Combined(reading, weight, rows, together, outcomes, meets, serves, break_even)


def over_readings(combined: Sequence[Combined]) -> dict[Outcome, float]:
    """The probability of each outcome over readings and limits; only positive ones, in the order of `OUTCOMES`."""
    sums = {o: math.fsum(one.weight * one.outcomes.get(o, 0.0) for one in combined) for o in OUTCOMES}
    return {outcome: chance for outcome, chance in sums.items() if chance > 0}


def _in_one_period(leak: Measure, demand: Demand) -> Measure:
    if demand.kind != "leak_count" or demand.periods == 1.0:
        return leak
    n = demand.periods
    ends = (None if x is None else x / n for x in (leak.value, leak.low, leak.high))
    value, low, high = ends
    return replace(leak, value=value, low=low, high=high, scale=leak.scale / n)


def _judged(
    policy: PolicyResult, has: Held, within: Answer, to_tell: float | None, situation: Situation
) -> Judgement:
    return judgement_of(
        policy,
        has.leak,
        within,
        to_tell,
        has.served,
        has.may_leak is False,
        situation.floor,
        situation.issued,
        situation.date,
        situation.accounts,
    )


def _part(demand: Demand) -> tuple[str, str]:
    return ("", "") if demand.whole else ("model", " and ".join(demand.models))


def _row_of(
    reading: str,
    demand: Demand,
    candidates: Sequence[PolicyResult],
    have: Sequence[Held],
    situation: Situation,
) -> Row:
    """The outcome of one standard whose limit is known."""
    limit = demand.limits.known
    assert limit is not None
    judged = []
    for policy, has in zip(candidates, have, strict=True):
        answer = within_demand(has, demand, limit, situation.accounts, situation.represents)
        judged.append(_judged(policy, has, *answer, situation))
    key = (reading, demand.kind, limit, True)
    return make_row(tuple(judged), key, _part(demand), situation.floor, situation.accounts, (demand,))


def _together(
    reading: str,
    demands: Sequence[Demand],
    candidates: Sequence[PolicyResult],
    rows: Sequence[Row],
    situation: Situation,
) -> Row:
    """The outcome of several standards, all limits known: a policy must meet each, and serve the floor of all."""
    judged = []
    for number, policy in enumerate(candidates):
        each = [row.policies[number] for row in rows]
        within = _all([one.within for one in each])
        met = sum(one.within == "yes" for one in each)
        standards = Measure("standards", met, len(each), met / len(each))
        needed = most_needed([one.accounts_needed for one in each if one.within == "undecided"])
        whole = policy.measures[reading]
        zero = policy.may_leak.get(reading) is False
        has = Held(standards, whole[FLOOR], not zero, NoLeak(None), 0.0)
        judged.append(_judged(policy, has, within, needed, situation))
    key = (reading, TOGETHER, 0.0, True)
    return make_row(tuple(judged), key, ("", ""), situation.floor, situation.accounts, tuple(demands))


def _all(answers: Sequence[Answer]) -> Answer:
    """Whether all hold."""
    if "no" in answers:
        return "no"
    return "undecided" if "undecided" in answers else "yes"


def _before_limits(
    reading: str,
    candidates: Sequence[PolicyResult],
    have: Sequence[Sequence[Held]],
    situation: Situation,
) -> list[Judgement]:
    """Candidates as they are whatever the limits: readiness and the floor; ``within`` is yet to be filled in."""
    # One standard is about what is served of its own models, several about all.
    return [
        _judged(
            policy,
            h[0] if len(h) == 1 else replace(h[0], served=policy.measures[reading][FLOOR]),
            "yes",
            None,
            situation,
        )
        for policy, h in zip(candidates, have, strict=True)
    ]


def _over_limits(
    demands: Sequence[Demand],
    plain: Sequence[Judgement],
    have: Sequence[Sequence[Held]],
    situation: Situation,
) -> tuple[dict[Outcome, float], dict[str, dict[Answer, float]]]:
    """Probabilities of outcomes, and of what each policy comes to, over the unknown limits."""
    by_demand: list[dict[tuple[Answer, ...], float]] = []
    for d, demand in enumerate(demands):
        points = [point for h in have for point in cuts(h[d], demand)]
        found: defaultdict[tuple[Answer, ...], float] = defaultdict(float)
        for limit, weight in demand.limits.pieces(points):
            answers = tuple(
                within_demand(h[d], demand, limit, situation.accounts, situation.represents)[0] for h in have
            )
            found[answers] += weight
        by_demand.append(dict(found))
    outcomes: defaultdict[Outcome, float] = defaultdict(float)
    meets: dict[str, dict[Answer, float]] = {
        one.policy: dict.fromkeys(("yes", "no", "undecided"), 0.0) for one in plain
    }
    for chosen in product(*(entries.items() for entries in by_demand)):
        weight = math.prod(w for _, w in chosen)
        both = [_all([of[k] for of, _ in chosen]) for k in range(len(plain))]
        judged = [replace(one, within=answer) for one, answer in zip(plain, both, strict=True)]
        best, worst = outcome_if(judged, [one.policy for one in judged]), outcome_if(judged, ())
        outcomes[best if best == worst else "cannot_tell"] += weight
        for one in judged:
            meets[one.policy][one.within] += weight
    return {o: min(outcomes[o], 1.0) for o in OUTCOMES if o in outcomes}, meets
