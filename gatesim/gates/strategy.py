"""From the operator's strategy to tables: which policy is in place in which stretch of time.

A switch of policy is a cut of the window like a change of law. The epochs of the law are cut at the switches, and
each stretch has the tables of the policy then in place; before the first switch the gate is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gatesim.gates.compile import compile_gate
from gatesim.gates.tables import Tables
from gatesim.law.law import Law, cut, microseconds, only_until
from gatesim.law.staff import lead_time
from gatesim.scenario.policies import Open
from gatesim.scenario.schema import Scenario


@dataclass(frozen=True)
class Switch:
    """A policy comes into place.

    Attributes
    ----------
    at_us
        When, in microseconds since the start; it may lie before the window or after it.
    policy
        Its name.
    """

    at_us: int
    policy: str


def switches(scenario: Scenario) -> tuple[Switch, ...]:
    """The switches of a ladder that is climbed in its own order, in order of time.

    Parameters
    ----------
    scenario
        A scenario with orders and an operator.

    Returns
    -------
    tuple of Switch
        Each policy of the ladder at the issue of the first order plus its lead time.

    Raises
    ------
    ValueError
        If the scenario has no operator.
    """
    operator = scenario.operator
    if operator is None:
        raise ValueError("the scenario has no operator")
    issued = min(microseconds(scenario, order.issued) for order in scenario.orders)
    # A policy that stands after another is ready later: the rules of a scenario see to it.
    return tuple(Switch(issued + lead_time(scenario, name), name) for name in operator.ladder)


def in_place(steps: Sequence[Switch], time_us: int) -> str | None:
    """The policy in place at an instant; None before the first of some switches in order of time."""
    return next((step.policy for step in reversed(steps) if step.at_us <= time_us), None)


def _nothing(tables: Tables) -> Tables:
    """Tables like these that act nowhere: sessions are served, and leave no trace."""
    acts = np.zeros_like(tables.acts)
    acts.flags.writeable = False
    return replace(tables, acts=acts)


def compile_strategy(
    scenario: Scenario, law: Law, steps: Sequence[Switch] | None = None
) -> tuple[Law, tuple[Tables, ...]]:
    """Compile the operator's strategy for one reading.

    Parameters
    ----------
    scenario, law
        A scenario with an operator, and its law under the reading.
    steps
        The switches, in order of time; by default those of a ladder climbed in its own order.

    Returns
    -------
    law : Law
        The same law, cut at the switches.
    gate : tuple of Tables
        One for each of its stretches. Before the first switch, and while a policy of the family ``open`` is in
        place, the gate is open and leaves no trace. With ``in_flight = "kill"`` the first stretch after a switch
        has tables that kill.
    """
    steps = switches(scenario) if steps is None else steps
    assert scenario.operator is not None, "there is a ladder"
    stretches = cut(law, [step.at_us for step in steps])
    used = {step.policy for step in steps} or {scenario.operator.ladder[0]}
    compiled = {name: compile_gate(scenario, name, stretches) for name in sorted(used)}
    idle = _idle(compiled)
    gate: list[Tables] = []
    for number, epoch in enumerate(stretches.epochs):
        policy = in_place(steps, epoch.start_us)
        if policy is None or isinstance(scenario.policies[policy], Open):
            gate.append(idle)
            continue
        tables = compiled[policy][number]
        switched_now = number > 0 and any(step.at_us == epoch.start_us for step in steps)
        kills = switched_now and scenario.operator.in_flight == "kill"
        gate.append(replace(tables, kills=True) if kills else tables)
    return stretches, tuple(gate)


def first_switch_us(scenario: Scenario, steps: Sequence[Switch]) -> int:
    """The first instant at which a policy other than an open one is in place; at most the window's end.

    Until then the gate is open, and what is restricted is served.
    """
    gating = [s.at_us for s in steps if not isinstance(scenario.policies[s.policy], Open)]
    return min([*gating, scenario.length])


def compile_interim(scenario: Scenario, law: Law, steps: Sequence[Switch]) -> tuple[Law, tuple[Tables, ...]]:
    """The time before the first switch by itself, for one reading: the gate is open, nothing is measured later.

    Returns
    -------
    law : Law
        The same law up to the first switch; from then on no model is named.
    gate : tuple of Tables
        One for each of its stretches; they act nowhere.
    """
    assert scenario.operator is not None, "there is a ladder"
    interim = only_until(law, first_switch_us(scenario, steps))
    idle = _nothing(compile_gate(scenario, scenario.operator.ladder[0], law)[0])
    return interim, (idle,) * len(interim.epochs)


def _idle(compiled: Mapping[str, tuple[Tables, ...]]) -> Tables:
    return _nothing(next(iter(compiled.values()))[0])
