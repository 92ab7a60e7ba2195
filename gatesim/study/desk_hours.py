"""The desk hour by hour, as it is expected: cases that come, what reviewers can do, how long a case would wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.waits import LEVELS, WaitTable, wait_table
from gatesim.exact.expected import CannotDo
from gatesim.exact.inflow import cases_per_hour
from gatesim.law.roster import reviewers_by_hour, staffed
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import HOUR
from gatesim.study.gates import jobs, laws

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DeskHours:
    """What is expected of the desk under one policy, at its real size.

    Attributes
    ----------
    cases
        float64[hours]: cases that join in each hour of the window.
    capacity
        float64[hours]: cases that the reviewers on shift can decide in each.
    wait
        float64[hours]: hours that a case which joins then waits on average if it has endless patience; infinite
        where its turn does not come within the window.
    in_force
        When the first order comes into force, in hours from the window's start; None where none does.
    note
        What was simplified, in words; empty where nothing was.
    """

    cases: Floats
    capacity: Floats
    wait: Floats
    in_force: float | None
    note: str


def desk_hours(scenario: Scenario, policies: Iterable[str], reading: str) -> dict[str, DeskHours]:
    """The desk hour by hour under each policy that sends it cases.

    It is what the table of waits rests on (docs/desk.md): the expected inflow of the exact engine, which knows neither
    queue nor reactions, and the waits of M/M/c+M or, where more cases come than can be reviewed, of a fluid queue.

    Parameters
    ----------
    scenario
        The scenario.
    policies
        Names of policies, or of the operator's strategy.
    reading
        How the orders are read. Random ends of orders and licences are as drawn for the first replication.

    Returns
    -------
    dict
        Policy -> its hours; without policies that send nobody to the desk, and those whose inflow the exact engine
        cannot work out. Empty where there is no desk.
    """
    desk = scenario.desk
    if desk is None:
        return {}
    reviewers, _ = reviewers_by_hour(staffed(scenario), scenario.length)
    known = [name for name in policies if name in scenario.policies or name == OPERATOR]
    found = {}
    for job in jobs(scenario, known, laws(scenario, scenario.seed, 0, (reading,))):
        try:
            inflow = cases_per_hour(scenario, job.law, job.gate)
        except CannotDo:
            continue
        if inflow.cases.any():
            waits = mean_waits(wait_table(scenario, inflow.cases, reviewers))
            capacity = reviewers * (HOUR / max(desk.service, 1))
            begins = None if job.law.in_force_us is None else job.law.in_force_us / HOUR
            found[job.policy] = DeskHours(inflow.cases, capacity, waits, begins, inflow.note)
    return found


def mean_waits(table: WaitTable) -> Floats:
    """The mean of the wait that a table offers, in hours.

    Parameters
    ----------
    table
        The table.

    Returns
    -------
    numpy.ndarray
        float64[hours]. Between levels the quantile runs straight, and beyond the last it stays, as `WaitTable` draws.
    """
    inside = (np.diff(LEVELS) * 0.5 * (table.waits_us[:, 1:] + table.waits_us[:, :-1])).sum(axis=1)
    where_one = inside + (1.0 - LEVELS[-1]) * table.waits_us[:, -1]
    return np.where(table.p_wait > 0, table.p_wait * where_one, 0.0) / HOUR
