"""Expected work for the desk, hour by hour, at its real size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.expected import counted_epochs, needs_of_makers
from gatesim.exact.lasting import Lasting
from gatesim.exact.memoryless import PlainSums, overlap
from gatesim.exact.states import KEYS, acting_cells, entered, has_memory, refuse_other_durations
from gatesim.gates.tables import CHECK, CLEARED, FRESH, Tables
from gatesim.law.law import Law
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY, FOREVER, HOUR, format_duration
from gatesim.world.makers import makers


class Inflow(NamedTuple):
    """Expected cases that join the desk."""

    cases: NDArray[np.float64]
    """float64[hour]: cases in each hour since the scenario's start, for all accounts that it represents."""
    note: str
    """In words, what was simplified; empty where nothing was."""


def cases_per_hour(scenario: Scenario, law: Law, gate: tuple[Tables, ...]) -> Inflow:
    """Expected cases that join the desk in each hour of the window.

    Verdicts take no time in it, and nobody leaves. A state that lasts neither no time nor the rest of the
    window is taken to last no time where it is shorter than the geometric mean of the mean time between two
    needs of an account and the window's length, otherwise forever: of the two the one that is nearer on a
    logarithmic scale, for a state shorter than a gap between needs goes unnoticed as one of no time does.

    Parameters
    ----------
    scenario, law, gate
        The scenario, its law, and the gate's tables for each epoch.

    Returns
    -------
    Inflow
        Its note names every duration that was replaced.

    Raises
    ------
    CannotDo
        If a check is opened by accounts that are not fresh, or there are too many classes of accounts.
    """
    gate, note = _with_simple_durations(scenario, law, gate)
    hours = -(-scenario.length // HOUR)
    accounts = np.array([scenario.represents * segment.share for segment in scenario.segments.values()])
    remembers = has_memory(scenario, law, gate)
    if remembers:
        refuse_other_durations(scenario, law, gate)
    if not _asks_for_reviews(scenario, law, gate):
        return Inflow(np.zeros(hours), note)
    if not remembers:
        return Inflow(_plain(scenario, law, gate, accounts, hours), note)
    lasting = Lasting(scenario, law, gate, only_fresh=True)
    cuts = [_hour_cuts(law, e) for e in lasting.epochs]
    cases = np.zeros(hours)
    for (_, first), joining in zip(
        cuts, lasting.joining(accounts, [edges for edges, _ in cuts]), strict=True
    ):
        cases[first : first + len(joining)] += joining
    return Inflow(cases, note)


def _asks_for_reviews(scenario: Scenario, law: Law, gate: Sequence[Tables]) -> bool:
    """Whether the gate asks a fresh account, in some cell, for a document that may go to the desk."""
    kinds = list(scenario.documents.values())
    return any(
        any(kinds[d].to_desk > 0 for d in gate[e].documents)
        and bool((acting_cells(scenario, law, gate, e) & (gate[e].actions[FRESH] == CHECK)).any())
        for e in counted_epochs(law)
    )


def _plain(
    scenario: Scenario, law: Law, gate: Sequence[Tables], accounts: NDArray[np.float64], hours: int
) -> NDArray[np.float64]:
    """The inflow under a policy without memory: constant within an epoch."""
    owner = [maker.owner for maker in makers(scenario)]
    sums = PlainSums(scenario, law, accounts[owner] * needs_of_makers(scenario))
    epochs = counted_epochs(law)
    rates = np.zeros(len(epochs))
    for number, taken in enumerate(sums.by_action(gate)):
        checked = taken[..., CHECK].sum(axis=(1, 2))
        if checked.any():
            desk = np.array([check.desk for check in sums.check_laws(gate, number)])
            rates[number] = checked @ desk[owner]
    inflow: NDArray[np.float64] = rates @ overlap(law, epochs, HOUR, hours)
    return inflow


def _hour_cuts(law: Law, epoch: int) -> tuple[NDArray[np.float64], int]:
    """Full hours within an epoch, with its ends, in days since its start; and the hour in which it starts."""
    start, end = law.epochs[epoch].start_us, law.epochs[epoch].end_us
    first = start // HOUR
    inside = np.arange(first + 1, -(-end // HOUR)) * HOUR
    return (np.concatenate([[start], inside, [end]]) - start) / DAY, first


def _with_simple_durations(
    scenario: Scenario, law: Law, gate: tuple[Tables, ...]
) -> tuple[tuple[Tables, ...], str]:
    """The gate with durations that the exact engine can follow, and what was changed."""
    rate = sum(segment.share * segment.needs_per_day for segment in scenario.segments.values())
    border = sqrt(scenario.length * DAY / rate) if rate > 0 else 0.0
    notes: dict[str, None] = {}
    changed = list(gate)
    for e in counted_epochs(law):
        durations = gate[e].durations_us.copy()
        for state in entered(scenario, law, gate, e):
            duration = int(durations[state])
            needed = scenario.length - law.epochs[e].start_us if state == CLEARED else law.epochs[e].length_us
            if duration < needed:
                durations[state] = 0 if duration < border else FOREVER
                taken = format_duration(int(durations[state]))
                notes[
                    f"{KEYS[state]} = {format_duration(duration)} is taken as {taken} for the desk's inflow"
                ] = None
        changed[e] = replace(gate[e], durations_us=durations)
    return tuple(changed), "; ".join(notes)
