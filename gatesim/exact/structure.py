"""Structural zeros: whether a gate can leak at all, however improbable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gatesim.exact.answers import NOTHING, Answer, answers
from gatesim.exact.classes import Classes
from gatesim.exact.evident import evident_leaks, refuses_all_restricted
from gatesim.exact.expected import counted_epochs
from gatesim.exact.memoryless import OPEN
from gatesim.exact.places import Places
from gatesim.gates.tables import ALLOW, ALLOWED, BLOCK, BLOCKED, CHECK, CHECK_FAILED, CLEARED, FRESH, Tables
from gatesim.law.law import Law
from gatesim.scenario.people import Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER


def may_leak(scenario: Scenario, law: Law, gate: Sequence[Tables]) -> bool:
    """Whether a restricted need can be served at all; see `may_leak_by_epoch`."""
    return any(may_leak_by_epoch(scenario, law, gate))


def may_leak_by_epoch(scenario: Scenario, law: Law, gate: Sequence[Tables]) -> tuple[bool, ...]:
    """Whether a restricted need can be served, epoch by epoch.

    For every class of accounts (everything drawn once), every way in which its owner can answer and every
    state that such an account can reach, it asks whether a restricted need may be served: because the table
    allows it or the gate is open for it, because the check that it opens may be passed, or because its case
    may still wait when a change of the law opens the gate for it. Durations may be of any length: what
    matters is whether a state is entered at all, and whether a clearance can reach into a later epoch.
    Needs of people who have none (a rate or share of zero) do not count.

    Parameters
    ----------
    scenario, law, gate
        The scenario, its law, and the gate's tables for each epoch.

    Returns
    -------
    tuple of bool
        For each epoch of the law whether a need that arises in it may leak.

    Raises
    ------
    CannotDo
        If there are too many classes of accounts to go through.
    """
    lasting = [
        s for s in (ALLOWED, BLOCKED, CLEARED, CHECK_FAILED) if any(t.durations_us[s] > 0 for t in gate)
    ]
    evident = evident_leaks(scenario, law, gate)
    if evident == set(counted_epochs(law)) or refuses_all_restricted(scenario, law, gate, lasting):
        return tuple(e in evident for e in range(len(law.epochs)))
    places = Places(scenario, law, gate, lasting)
    classes = Classes(scenario, places)
    reach = _Reach(scenario, law, gate, places)
    found = [False] * len(law.epochs)
    epochs = [law.epochs[e] for e in places.epochs]
    tables = [gate[e] for e in places.epochs]
    for owner, segment in enumerate(scenario.segments.values()):
        if segment.share * segment.needs_per_day == 0:
            continue
        entries = list(segment.co_users.values())
        everywhere = {
            frozenset(
                place
                for number, kind in zip(account.bodies, account.types, strict=True)
                if number == 0 or entries[number - 1].share > 0
                for place in classes.types[kind].places
            )
            for account, _ in classes.of_owner(owner)
        }
        ways = list(answers(scenario, segment, epochs, tables))
        for together in everywhere:
            for way in ways:
                for row in reach.leaks(segment, together, way):
                    found[places.epochs[row]] = True
        # Nothing more can be found than that every epoch leaks.
        if all(found[e] for e in places.epochs):
            break
    return tuple(found)


@dataclass(frozen=True)
class _Reach:
    """Which states an account can reach, and what it can be served there."""

    scenario: Scenario
    law: Law
    gate: Sequence[Tables]
    places: Places

    def leaks(self, segment: Segment, together: Iterable[int], way: Sequence[Answer]) -> set[int]:
        """Counted epochs in which an account with such places and such an owner can leak."""
        found = set()
        known = [self.places.known[place] for place in together]
        carried: defaultdict[int, set[int]] = defaultdict(set)
        for row, e in enumerate(self.places.epochs):
            answer = way[row]
            possible = [place.actions[row] > 0 for place in known]
            passes = answer.passes and segment.gives_up < 1
            fails = not answer.passes or segment.gives_up > 0
            states = self._closure(
                {FRESH} | carried[e], np.any(possible, axis=(0, 2)), self.gate[e], passes, fails
            )
            if CLEARED in states:
                self._carry_clearance(carried, e, e)
            waits = self._may_wait(segment, answer)
            for place, can in zip(known, possible, strict=True):
                for state in states:
                    served = can[state, :, ALLOW] | can[state, :, OPEN] | (can[state, :, CHECK] & passes)
                    if (served & place.restricted[row]).any():
                        found.add(row)
                    for m in np.flatnonzero(can[state, :, CHECK]) if waits > 0 else ():
                        killed = np.delete(place.actions[:, FRESH, m], BLOCK, axis=-1).sum(axis=-1) == 0
                        opens = self._wait(
                            carried, place.actions[:, state, m, OPEN], killed, e, waits, passes, fails
                        )
                        if opens and place.restricted[row, m]:
                            found.add(row)
        return found

    def _closure(
        self,
        states: set[int],
        possible: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
        tables: Tables,
        passes: bool,
        fails: bool,
    ) -> set[int]:
        """All states that can be reached within an epoch; ``possible`` is bool[state, action]."""
        lasts = tables.durations_us > 0
        while True:
            more = set(states)
            for state in states:
                if state == FRESH and possible[state, ALLOW] and lasts[ALLOWED]:
                    more.add(ALLOWED)
                if state == FRESH and possible[state, BLOCK] and lasts[BLOCKED]:
                    more.add(BLOCKED)
                if possible[state, CHECK] and passes and lasts[CLEARED]:
                    more.add(CLEARED)
                if possible[state, CHECK] and fails and lasts[CHECK_FAILED]:
                    more.add(CHECK_FAILED)
            if more == states:
                return states
            states = more

    def _carry_clearance(self, carried: defaultdict[int, set[int]], opened: int, verdict: int) -> None:
        """Note the later epochs that a clearance given in an epoch can reach."""
        lasts = int(self.gate[opened].durations_us[CLEARED])
        for later in range(verdict + 1, len(self.law.epochs)):
            if self._between(verdict, later) < lasts:
                carried[later].add(CLEARED)

    def _may_wait(self, segment: Segment, answer: Answer) -> int:
        """How long a case may wait, in microseconds; 0 where every verdict falls at once."""
        if answer.document == NOTHING or segment.gives_up == 1:
            return 0
        kind = list(self.scenario.documents.values())[answer.document]
        return FOREVER if kind.to_desk > 0 else kind.automatic_time

    def _wait(
        self,
        carried: defaultdict[int, set[int]],
        opens: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
        killed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
        epoch: int,
        waits: int,
        passes: bool,
        fails: bool,
    ) -> bool:
        """Follow a waiting case: note what its verdict brings in later epochs; whether the gate opens for it.

        ``opens`` is the probability, in each counted epoch, that the gate is open for such a need; ``killed`` says
        whether a switch that kills would surely end its case, because its tables block all such needs in `FRESH`.
        """
        rows = {e: row for row, e in enumerate(self.places.epochs)}
        for later in range(epoch + 1, len(self.law.epochs)):
            if self._between(epoch, later) >= waits:
                return False
            if later not in rows or opens[rows[later]] > 0:
                return True
            if self.gate[later].kills and killed[rows[later]]:
                return False
            if passes and self.gate[epoch].durations_us[CLEARED] > 0:
                carried[later].add(CLEARED)
                self._carry_clearance(carried, epoch, later)
            if fails and self.gate[epoch].durations_us[CHECK_FAILED] > 0:
                carried[later].add(CHECK_FAILED)
        return False

    def _between(self, earlier: int, later: int) -> int:
        """Time between two epochs."""
        return self.law.epochs[later].start_us - self.law.epochs[earlier].end_us
