"""Expected numbers of a gate on a world: the door to the exact engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.expected import (
    END_REFUSED,
    Expected,
    needs_of_makers,
    number_of_accounts,
    what_is_left_out,
)
from gatesim.exact.lasting import Lasting
from gatesim.exact.memoryless import PlainSums
from gatesim.exact.states import has_memory, refuse_other_durations
from gatesim.gates.tables import Tables
from gatesim.law.law import Law
from gatesim.scenario.schema import Scenario
from gatesim.world.makers import makers

_ALONE = Lock()
"""Places are remembered from one evaluation to the next, and are filled meanwhile: one thread at a time."""


class World:
    """A scenario under one reading, prepared so that many gates can be evaluated on it.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under one reading (random ends drawn).
    accounts
        Number of accounts by owner segment, to condition on what came out in a simulation; by default the
        scenario's ``people`` times each segment's share.

    Raises
    ------
    ValueError
        If ``accounts`` is not one number for each segment.
    """

    def __init__(
        self, scenario: Scenario, law: Law, accounts: Sequence[int] | NDArray[np.int_] | None = None
    ) -> None:
        self.scenario, self.law = scenario, law
        self.accounts = number_of_accounts(scenario, accounts)
        found = makers(scenario)
        owner = [maker.owner for maker in found]
        self.people = self.accounts[owner] * np.array([maker.present for maker in found])
        self._owner = owner

    @cached_property
    def _sums(self) -> PlainSums:
        needs = self.accounts[self._owner] * needs_of_makers(self.scenario)
        return PlainSums(self.scenario, self.law, needs)

    def evaluate(self, gate: tuple[Tables, ...], policy: str = "", daily: bool = True) -> Expected:
        """Expected numbers under a gate; see `evaluate`."""
        if has_memory(self.scenario, self.law, gate):
            refuse_other_durations(self.scenario, self.law, gate, policy)
            with _ALONE:
                lasting = Lasting(self.scenario, self.law, gate)
                counts, asked, presented = lasting.evaluate(self.accounts, daily)
        else:
            counts, asked, presented = self._sums.evaluate(gate, daily)
        documents = sorted({d for tables in gate for d in tables.documents}) if asked.any() else ()
        refuses = bool(counts[..., END_REFUSED[1] :].any())
        return Expected(
            counts=counts,
            asked=asked,
            collected=presented.sum(axis=1),
            cost=presented @ np.array([kind.cost for kind in self.scenario.documents.values()]),
            by_document=presented.sum(axis=0),
            accounts=self.accounts,
            people=self.people,
            left_out=what_is_left_out(self.scenario, documents, refuses, any(t.kills for t in gate)),
        )


def evaluate(
    scenario: Scenario,
    law: Law,
    gate: tuple[Tables, ...],
    *,
    accounts: Sequence[int] | NDArray[np.int_] | None = None,
    policy: str = "",
    daily: bool = True,
) -> Expected:
    """Expected numbers of needs, by how they end, under a gate; no chance in them.

    Every check is decided at once. The part of the passed checks that would take time (an automatic part,
    or the desk) is counted as `served_late`, the rest as `served`. To evaluate many gates, make a `World`
    once.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under one reading (random ends drawn).
    gate
        The gate's tables for each epoch of the law.
    accounts
        Number of accounts by owner segment, to condition on what came out in a simulation; by default the
        scenario's ``people`` times each segment's share.
    policy
        Name of the policy, for messages.
    daily
        Whether to tell the days apart; otherwise the axis of days has length 1, which is quicker.

    Returns
    -------
    Expected
        Its ``left_out`` names what of the scenario is not in the numbers.

    Raises
    ------
    CannotDo
        If a state of the policy lasts neither no time nor at least the rest of the window, a check is
        opened by accounts that are not fresh, or there are too many classes of accounts.
    """
    return World(scenario, law, accounts).evaluate(gate, policy, daily)
