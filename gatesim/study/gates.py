"""What there is to run: each policy compiled for each reading, readings that share a run together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gatesim.gates.compile import compile_gate, same_gate
from gatesim.gates.strategy import compile_interim, compile_strategy
from gatesim.gates.tables import Tables
from gatesim.law.law import Law, has_random_end, has_random_licence, make_law
from gatesim.scenario.operator import INTERIM, OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.study.plan import plan
from gatesim.world.licences import draw_licences
from gatesim.world.order_ends import draw_order_ends


@dataclass(frozen=True)
class Job:
    """One policy, and the readings of the orders under which its gate is the same.

    Attributes
    ----------
    policy
        Its name; ``operator`` for the operator's strategy.
    laws
        For each reading the law; a need is judged by each. For a strategy it is cut at the switches.
    gate
        Its tables, one an epoch, compiled for the first of these readings.
    """

    policy: str
    laws: dict[str, Law]
    gate: tuple[Tables, ...]

    @property
    def law(self) -> Law:
        """The law that the gate was compiled for."""
        return next(iter(self.laws.values()))


def laws(
    scenario: Scenario, seed: int, replication: int, readings: Iterable[str] | None = None
) -> dict[str, Law]:
    """The law under each reading, or some; random ends of orders and licences are as drawn for the replication."""
    drawn = draw_order_ends(scenario, seed, replication) if has_random_end(scenario) else ()
    licences = draw_licences(scenario, seed, replication) if has_random_licence(scenario) else ()
    wanted = scenario.readings if readings is None else readings
    return {reading: make_law(scenario, reading, drawn, licences) for reading in wanted}


def jobs(scenario: Scenario, policies: Sequence[str], by_reading: dict[str, Law]) -> list[Job]:
    """Everything to run for some policies: a job for each gate that differs.

    Parameters
    ----------
    scenario
        The scenario.
    policies
        Names of its policies; `OPERATOR` is the operator's strategy, `INTERIM` the time before its first switch.
    by_reading
        The law under each reading (see `laws`).

    Returns
    -------
    list of Job
        In the order of the policies.
    """
    found: list[Job] = []
    for policy in policies:
        mine: list[Job] = []
        for reading, uncut in by_reading.items():
            law, gate = _compiled(scenario, policy, uncut)
            for job in mine:
                if same_gate(job.gate, job.law, gate, law):
                    job.laws[reading] = law
                    break
            else:
                mine.append(Job(policy, {reading: law}, gate))
        found += mine
    return found


def _compiled(scenario: Scenario, policy: str, law: Law) -> tuple[Law, tuple[Tables, ...]]:
    """What a policy does under a law; a strategy cuts the law at its switches."""
    if policy == OPERATOR:
        return compile_strategy(scenario, law, plan(scenario).steps)
    if policy == INTERIM:
        return compile_interim(scenario, law, plan(scenario).steps)
    return law, compile_gate(scenario, policy, law)
