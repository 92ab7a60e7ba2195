"""From a policy's parameters to its tables, for each reading and epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gatesim.gates import plugins
from gatesim.gates.policies import (
    attested,
    best,
    by_channel,
    constant,
    k_of_n,
    listed,
    posterior,
    rules,
    score,
    single,
)
from gatesim.gates.tables import CHECK, Tables
from gatesim.law.law import Epoch, Law
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace

COMPILERS: dict[str, Callable[[Any, Scenario, CellSpace, str, Epoch], Tables]] = {
    "open": constant.compile,
    "shutdown": constant.compile,
    "k_of_n": k_of_n.compile,
    "single": single.compile,
    "score": score.compile,
    "posterior": posterior.compile,
    "rules": rules.compile,
    "listed": listed.compile,
    "best": best.compile,
    "attested": attested.compile,
    "by_channel": by_channel.compile,
    "plug_in": plugins.compile,
}
"""For each family: (policy, scenario, its cells, name of the reading, epoch) -> tables."""


def compile_policy(scenario: Scenario, name: str, reading: str, epoch: Epoch) -> Tables:
    """Compile a policy for one reading and one epoch.

    Parameters
    ----------
    scenario
        The scenario.
    name
        Name of one of its policies.
    reading
        Name of the reading under which the policy is judged.
    epoch
        The law of that reading in some stretch of time.

    Returns
    -------
    Tables
        What is decided in each cell, for each state of an account.

    Raises
    ------
    KeyError
        If the scenario has no such policy.
    ValueError
        If a belief of the policy does not fit the scenario.
    """
    policy = scenario.policies[name]
    return COMPILERS[policy.family](policy, scenario, CellSpace.of(scenario), reading, epoch)


def _same_tables(a: Tables, b: Tables) -> bool:
    return (
        a.documents == b.documents
        and a.is_shutdown == b.is_shutdown
        and a.kills == b.kills
        and np.array_equal(a.actions, b.actions)
        and np.array_equal(a.acts, b.acts)
        and np.array_equal(a.durations_us, b.durations_us)
        and np.array_equal(a.false_reject, b.false_reject)
        and np.array_equal(a.false_accept, b.false_accept)
        and np.array_equal(a.false_match, b.false_match)
    )


def compile_gate(scenario: Scenario, name: str, law: Law) -> tuple[Tables, ...]:
    """Compile a policy for every epoch of a law.

    Returns
    -------
    tuple of Tables
        One an epoch; epochs whose tables are equal share one object.
    """
    found: list[Tables] = []
    by_law: dict[tuple[bytes, bytes], Tables] = {}
    for epoch in law.epochs:
        key = (epoch.restricted.tobytes(), epoch.clears.tobytes())
        if key not in by_law:
            tables = compile_policy(scenario, name, law.reading, epoch)
            by_law[key] = next((t for t in found if _same_tables(t, tables)), tables)
        found.append(by_law[key])
    return tuple(found)


def _asks(tables: Tables) -> bool:
    """Whether a check can be opened at all."""
    return bool(((tables.actions == CHECK) & tables.acts).any())


def same_gate(a: tuple[Tables, ...], law_a: Law, b: tuple[Tables, ...], law_b: Law) -> bool:
    """Whether a policy does the same under two readings, so that one run serves both.

    Parameters
    ----------
    a, b
        The policy compiled under each reading, one an epoch.
    law_a, law_b
        The law under each reading.

    Returns
    -------
    bool
        True if the gate is open at the same times, all tables are equal, and, where checks can be opened, the
        same proven statuses count. Who is restricted may differ: it is judged afterwards.
    """
    if [(e.start_us, e.end_us) for e in law_a.epochs] != [(e.start_us, e.end_us) for e in law_b.epochs]:
        return False
    return all(
        _same_tables(tables_a, tables_b)
        and np.array_equal(epoch_a.named, epoch_b.named)
        and np.array_equal(epoch_a.gated, epoch_b.gated)
        and (not _asks(tables_a) or np.array_equal(epoch_a.clears, epoch_b.clears))
        for tables_a, epoch_a, tables_b, epoch_b in zip(a, law_a.epochs, b, law_b.epochs, strict=True)
    )
