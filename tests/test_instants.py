"""At every instant people add up: an account waits for one verdict at most, and reviewers have a case each at most."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gatesim.engine import fast
from gatesim.engine.queueing import scaled_reviewers
from gatesim.law.roster import staffed
from gatesim.measures.ledger import PENDING, REASONS, Ledger
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import jobs, laws
from tests.lively_scenarios import lively_scenario

CASES = 8


def ledgers(number: int) -> tuple[Scenario, list[Ledger]]:
    """What each policy of a lively scenario does, with its desk simulated."""
    scenario = lively_scenario(np.random.default_rng([61, number]))
    reading = next(iter(scenario.readings))
    given = {reading: laws(scenario, scenario.seed, 0)[reading]}
    population = fast.Population(scenario, scenario.seed, 0, scenario.people)
    made = jobs(scenario, list(scenario.policies), given)
    return scenario, [population.under(job.law, job.gate).ledger() for job in made]


def until(rows: Ledger, scenario: Scenario) -> np.ndarray:
    """int64[need]: when each need ends; what is pending goes on to the end of the window."""
    return np.where(rows.outcome == PENDING, scenario.length, rows.end_us)


@pytest.mark.no_cover  # others cover the same lines
def test_people_add_up_at_every_instant() -> None:
    seen: Counter[str] = Counter()
    for number in range(CASES):
        scenario, of_policies = ledgers(number)
        for rows in of_policies:
            end = until(rows, scenario)
            waits = np.flatnonzero(rows.asked & (end > rows.time_us))
            for account in np.unique(rows.account[waits]):
                own = waits[rows.account[waits] == account]
                own = own[np.argsort(rows.time_us[own])]
                assert (rows.time_us[own][1:] >= end[own][:-1]).all(), "it waits for two verdicts at once"
            told_to_wait = rows.reason == REASONS.index("waiting")
            for row in np.flatnonzero(told_to_wait):
                own = waits[rows.account[waits] == rows.account[row]]
                open_then = (rows.time_us[own] <= rows.time_us[row]) & (rows.time_us[row] <= end[own])
                assert open_then.any(), "who is told to wait has a case that is not over"
            joined = rows.joined_us >= 0
            begun = joined & (rows.begun_us >= 0)
            assert (rows.joined_us[joined] >= rows.time_us[joined]).all()
            assert (rows.begun_us[begun] >= rows.joined_us[begun]).all()
            for row in np.flatnonzero(begun):
                now = int(rows.begun_us[row])
                reviewed = int((begun & (rows.begun_us <= now) & (now < end)).sum())
                real = [here for at, here in staffed(scenario) if at <= now][-1]
                assert reviewed <= scaled_reviewers(real, scenario.people, scenario.represents)[0]
            seen["waits"] += len(waits)
            seen["told to wait"] += int(told_to_wait.sum())
            seen["reviews"] += int(begun.sum())
    assert min(seen["waits"], seen["told to wait"], seen["reviews"]) >= 100, seen
