"""Random cases of a strategy, whose switches of policy meet people in every state; and what really happens in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gatesim.gates.strategy import switches
from gatesim.law.law import microseconds
from gatesim.measures.ledger import PENDING, RULE, SERVED, SERVED_LATE, SHUTDOWN, STANDING_BLOCK
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.policies import Open
from gatesim.scenario.rules_gates import can_check
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import format_duration
from tests.kept_cases import Case
from tests.lively_scenarios import lively_scenario

LEAST = {
    "two policies in place one after the other": 0.6,
    "served before the first switch": 0.6,
    "somebody waits at a switch": 0.25,
    "a switch kills": 0.08,
    "a switch withdraws": 0.08,
    "goes on after a switch": 0.08,
    "cleared before a switch": 0.18,
    "a standing block after a switch": 0.4,
    "a session at a switch": 0.12,
    "a verdict at a switch": 0.08,
    "a switch as the law changes": 0.04,
}
"""What must really happen, and in which part of the cases at least: some two thirds of what other seeds gave."""


def switching_case(seed: Sequence[int]) -> Case:
    """A case of a strategy; every other one has a switch at the instant of something else.

    Parameters
    ----------
    seed
        What its random numbers start from.
    """
    rng = np.random.default_rng(list(seed))
    scenario = _with_ladder(lively_scenario(rng), rng)
    inflow = tuple(rng.choice([0.0, 3.0, 50.0], size=48).tolist()) if rng.random() < 0.15 else ()
    case = Case(scenario, OPERATOR, str(rng.choice(list(scenario.readings))), inflow=inflow)
    return _with_tie(case, rng) if rng.random() < 0.6 else case


def _with_ladder(scenario: Scenario, rng: np.random.Generator) -> Scenario:
    """A ladder of policies that ask, block or are open, all in place within the window."""
    asking = [name for name, policy in scenario.policies.items() if can_check(policy)]
    others = ["shutdown", "shutdown", "open", *scenario.policies]
    ladder: list[str] = []
    for number in range(int(rng.integers(2, 5))):
        names = [name for name in (others if number % 2 else asking) if name not in ladder]
        if names:
            ladder.append(str(rng.choice(names)))
    issued = min(microseconds(scenario, order.issued) for order in scenario.orders)
    lead_times = max(0, -issued) + np.sort(rng.integers(0, scenario.length - max(issued, 0), len(ladder)))
    return _checked(
        scenario,
        {
            name: int(lead) + number
            for number, (name, lead) in enumerate(zip(ladder, lead_times, strict=True))
        },
        {"ladder": ladder, "in_flight": str(rng.choice(["drain", "kill", "kill"]))},
    )


def _checked(scenario: Scenario, lead_times: dict[str, int], operator: dict[str, Any]) -> Scenario:
    data = scenario.model_dump(by_alias=True)
    for name, lead in lead_times.items():
        data["policies"][name]["lead_time"] = format_duration(lead)
    data["operator"] = operator
    changed = Scenario.model_validate(data)
    found = [str(finding) for finding in inconsistencies(changed)]
    assert not found, found
    return changed


def _with_tie(case: Case, rng: np.random.Generator) -> Case:
    """One switch moved to the instant of a session, of the end of a case, of its review, or of a change of law."""
    scenario, ledger = case.scenario, case.ledger
    assert scenario.operator is not None
    steps = switches(scenario)
    number = int(rng.integers(len(steps)))
    late = ledger.asked & (ledger.end_us > ledger.time_us) & (ledger.outcome != PENDING)
    instants = [
        ledger.time_us,
        ledger.end_us[late],
        ledger.end_us[late],
        ledger.joined_us[ledger.joined_us >= 0],
        ledger.begun_us[ledger.begun_us >= 0],
        np.array([epoch.start_us for epoch in case.law.epochs]),
    ]
    before = steps[number - 1].at_us if number else -1
    after = steps[number + 1].at_us if number + 1 < len(steps) else scenario.length
    for which in rng.permutation(len(instants)).tolist():
        fit = instants[which][(instants[which] > before) & (instants[which] < after)]
        if len(fit):
            issued = steps[number].at_us - scenario.policies[steps[number].policy].lead_time
            lead = int(rng.choice(fit)) - issued
            if lead >= 0:
                moved = _checked(scenario, {steps[number].policy: lead}, scenario.operator.model_dump())
                return replace(case, scenario=moved)
    return case


def happenings(case: Case) -> Counter[str]:
    """How often each thing happens that the cases must reach."""
    ledger, scenario = case.ledger, case.scenario
    steps = switches(scenario)
    at = np.array([step.at_us for step in steps])
    law_us = {
        epoch.start_us for epoch in Case(scenario, next(iter(scenario.policies)), case.reading).law.epochs
    }
    gating = [step.at_us for step in steps if not isinstance(scenario.policies[step.policy], Open)]
    late = ledger.asked & (ledger.end_us > ledger.time_us)
    refused = np.isin(ledger.reason, (RULE, SHUTDOWN))
    served = np.isin(ledger.outcome, (SERVED, SERVED_LATE))
    across = [
        (ledger.time_us < one) & (ledger.end_us > one) & ledger.asked & (ledger.outcome != PENDING)
        for one in at
    ]
    found: Counter[str] = Counter()
    in_force = case.law.in_force_us or 0
    placed = [np.searchsorted(at, t, side="right") for t in ledger.time_us[ledger.measured].tolist()]
    found["two policies in place one after the other"] = int(len(set(placed) - {0}) > 1)
    before = ledger.measured & (ledger.time_us < min(gating, default=0)) & (ledger.time_us >= in_force)
    found["served before the first switch"] = int((before & served).sum())
    assert not (before & ~served & (ledger.end_us < min(gating, default=0))).any()
    found["somebody waits at a switch"] = int(
        sum(((ledger.time_us < one) & (ledger.end_us >= one) & ledger.asked).sum() for one in at)
    )
    found["a switch kills"] = int((late & refused & np.isin(ledger.end_us, at)).sum())
    only_switch = [one for one in at.tolist() if one not in law_us]
    found["a switch withdraws"] = int(
        (late & (ledger.outcome == SERVED_LATE) & np.isin(ledger.end_us, only_switch)).sum()
    )
    found["goes on after a switch"] = int(sum(rows.sum() for rows in across))
    found["cleared before a switch"] = int(
        sum((ledger.asked & served & (ledger.end_us < one)).any() for one in at)
    )
    found["a standing block after a switch"] = int(
        ((ledger.reason == STANDING_BLOCK) & (ledger.time_us > at[0])).sum()
    )
    found["a session at a switch"] = int(np.isin(ledger.time_us, at).sum())
    found["a verdict at a switch"] = int((late & ~refused & np.isin(ledger.end_us, at)).sum())
    found["a switch as the law changes"] = int(np.isin(at, sorted(law_us - {0})).sum())
    return +found
