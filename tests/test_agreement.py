"""The exact engine agrees with those that simulate: two hundred random scenarios, counted and computed.

One in eight is lived by the reference, the others by the fast engine, which gives the same ledger in less time.

The account is the unit (needs of one person, and of people on one account, are correlated), and expectations
are conditional on the numbers of accounts by segment that came out. Three tests, each with a false alarm of
1e-6 over all that it looks at:

* where at least 100 events are expected, and these are worth at least 100 independent ones, a normal bound
  with the accounts' own variance, by segment;
* otherwise Bennett's inequality, which holds for every sample size. It stands in for Poisson tails, which would
  be wrong here: events of one account come in bunches. It needs a bound M on the events of an account, and uses
  that their variance is then at most M times their mean;
* the relative deviation of each ratio (leaks in restricted needs, and so on), pooled over all scenarios with
  weights by precision; the standard error of those of leaks and of served needs must be at most 0.15 %. Small
  errors that all scenarios share cannot hide in their noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from gatesim.engine import fast
from gatesim.engine.arrays import world_arrays
from gatesim.engine.needs import owner_of
from gatesim.engine.reference import simulate
from gatesim.exact.evaluate import evaluate
from gatesim.gates.compile import compile_gate
from gatesim.law.law import make_law
from gatesim.measures.ledger import BY_GATE, ENDS, FALLBACK, SERVED, SERVED_LATE, Ledger
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.draws import SHIFT, uniform
from gatesim.world.people import populate
from tests.random_scenarios import random_scenario

SCENARIOS = 200
ACCOUNTS = 2000
FALSE_ALARM = 1e-6
NO_NOISE = 1e-12
EVENTS = ("leaks", "false_blocks", "refused_by_gate", "served", "fallback", "asked")
BASES = {"leaks": "restricted", "false_blocks": "entitled", "refused_by_gate": "entitled"}
"""What an event is a share of; of all measured needs where nothing is said."""


def events(ledger: Ledger) -> dict[str, NDArray[np.bool_]]:
    """What is counted, need by need."""
    served = (ledger.outcome == SERVED) | (ledger.outcome == SERVED_LATE)
    measured = ledger.measured
    return {
        "leaks": measured & ledger.restricted & served,
        "false_blocks": measured & ~ledger.restricted & ~served,
        "refused_by_gate": measured & ~ledger.restricted & np.isin(ledger.reason, BY_GATE),
        "served": measured & served,
        "fallback": measured & (ledger.outcome == FALLBACK),
        "asked": measured & ledger.asked,
        "restricted": measured & ledger.restricted,
        "entitled": measured & ~ledger.restricted,
        "needs": measured,
    }


def expectations(counts: NDArray[np.float64], asked: NDArray[np.float64]) -> dict[str, float]:
    """The same, computed."""
    outcome = np.array([end[0] for end in ENDS])
    reason = np.array([end[1] for end in ENDS])
    by_end = counts.sum(axis=(0, 1, 2))
    served = (outcome == SERVED) | (outcome == SERVED_LATE)
    return {
        "leaks": by_end[1, served].sum(),
        "false_blocks": by_end[0, ~served].sum(),
        "refused_by_gate": by_end[0, np.isin(reason, BY_GATE)].sum(),
        "served": by_end[:, served].sum(),
        "fallback": by_end[:, outcome == FALLBACK].sum(),
        "asked": asked.sum(),
        "restricted": by_end[1].sum(),
        "entitled": by_end[0].sum(),
        "needs": by_end.sum(),
    }


@dataclass
class Compared:
    """One kind of event in one scenario: counted, expected, variance of the count, bound on an account's events;
    and relative deviation and variance of its ratio."""

    where: str
    what: str
    counted: float
    expected: float
    variance: float
    most: float
    deviation: float
    ratio_variance: float

    @property
    def sharp(self) -> bool:
        """Whether there are at least a hundred events, worth at least a hundred independent ones."""
        return self.expected >= 100 and self.expected**2 >= 100 * self.variance > 0


def variance(per_account: NDArray[np.float64], segment: NDArray[np.int64]) -> float:
    """Variance of a total over independent accounts, by segment."""
    total = 0.0
    for number in np.unique(segment):
        own = per_account[segment == number]
        if len(own) > 1:
            total += len(own) * own.var(ddof=1)
    return total


def owners(scenario: Scenario) -> NDArray[np.int64]:
    """The segment of each account's owner."""
    shift = uniform(scenario.seed, 0, 0, SHIFT, 0)
    segments = world_arrays(scenario).segments
    return np.array([owner_of(account, shift, segments) for account in range(ACCOUNTS)])


def compare(number: int) -> list[Compared]:
    """Simulate and compute one random scenario under one of its policies and readings."""
    rng = np.random.default_rng([2026, number])
    scenario = random_scenario(rng)
    reading = str(rng.choice(list(scenario.readings)))
    law = make_law(scenario, reading)
    policies = [
        name for name in scenario.policies if scenario.policies[name].family not in {"open", "shutdown"}
    ]
    policy = policies[number % len(policies)]
    gate = compile_gate(scenario, policy, law)
    key = {"seed": scenario.seed, "replication": 0}
    if number % 8 == 0:
        people = populate(scenario, scenario.seed, 0, ACCOUNTS)
        ledger = simulate(scenario, law, gate, people, **key)
        segment = np.array([account.segment for account in people])
    else:
        ledger = fast.simulate(scenario, law, gate, ACCOUNTS, **key)
        segment = owners(scenario)
    accounts = np.bincount(segment, minlength=len(scenario.segments))
    found = evaluate(scenario, law, gate, accounts=accounts, policy=policy)
    expected = expectations(found.counts, found.asked)
    most = most_needs(scenario)
    compared = []
    happened = {
        what: np.bincount(ledger.account, weights=which, minlength=ACCOUNTS)
        for what, which in events(ledger).items()
    }
    for what in EVENTS:
        base = BASES.get(what, "needs")
        top, bottom, mean = happened[what], happened[base], expected[what]
        ratio = mean / expected[base] if expected[base] > 0 else 0.0
        spread = variance(top - ratio * bottom, segment)
        off = top.sum() - ratio * bottom.sum()
        compared.append(
            Compared(
                f"{number} {policy} {reading}",
                what,
                top.sum(),
                mean,
                variance(top, segment),
                most,
                off / mean if mean > 0 else 0.0,
                spread / mean**2 if mean > 0 else 0.0,
            )
        )
    return compared


def most_needs(scenario: Scenario) -> float:
    """Needs that an account has at most, but for a probability of 1e-12."""
    rate = max(s.needs_per_day * max(s.activity.multipliers) for s in scenario.segments.values())
    return float(stats.poisson.isf(1e-12, rate * scenario.length / DAY)) if rate > 0 else 1.0


def bennett(deviation: float, variance_bound: float, most: float) -> float:
    """Probability, at most, of a deviation from the mean of a sum of independent terms in [0, most]."""
    x = most * abs(deviation) / variance_bound
    return 2 * np.exp(-variance_bound / most**2 * ((1 + x) * np.log1p(x) - x))


def all_compared() -> list[Compared]:
    found: list[Compared] = []
    for number in range(SCENARIOS):
        found += compare(number)
    return found


# One test, so that a parallel run makes the scenarios once.
@pytest.mark.timeout(900)
@pytest.mark.no_cover  # other tests cover the same lines; watching these would take minutes
def test_exact_and_simulated_counts_agree() -> None:
    compared = all_compared()
    some = [one for one in compared if one.expected >= 1e-9]
    assert not [one for one in compared if one.expected < 1e-9 and one.counted], "what cannot happen happened"
    sharp = [one for one in some if one.sharp]
    assert len(sharp) > 0.7 * len(some), "most comparisons must be sharp ones"

    level = FALSE_ALARM / len(some)
    bound = stats.norm.isf(level / 2)
    assert not [one for one in sharp if abs(one.counted - one.expected) > bound * one.variance**0.5]
    blunt = [one for one in some if not one.sharp]
    assert not [
        one for one in blunt if bennett(one.counted - one.expected, one.most * one.expected, one.most) < level
    ]

    # A ratio that is the same in every account (all restricted needs are served) has no noise.
    assert not [one for one in sharp if one.ratio_variance < NO_NOISE and abs(one.deviation) > 1e-9]
    for what in EVENTS:
        those = [one for one in sharp if one.what == what and one.ratio_variance >= NO_NOISE]
        weight = np.array([1 / one.ratio_variance for one in those])
        deviation = np.array([one.deviation for one in those])
        error = weight.sum() ** -0.5
        pooled = (weight * deviation).sum() / weight.sum()
        print(f"{what}: {pooled:+.4%} with a standard error of {error:.4%}, {len(those)} scenarios")
        assert abs(pooled) < stats.norm.isf(FALSE_ALARM / (2 * len(EVENTS))) * error
        if what in {"leaks", "served"}:
            assert error <= 0.0015
