"""What happened on one account inside a run, told from its ledger: docs/model.md, sections 4 and 5.

The ledger says how each need ended. In which state each session found the account, what the gate decided, who left
and came back, follows from the ledger, the gate's tables and the draws of the run. So nothing need be simulated anew
to tell a story, and the waits at the desk are those of the run, with everybody in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gatesim.engine.reference_documents import presented_by
from gatesim.gates.strategy import Switch, in_place
from gatesim.gates.tables import (
    ACTIONS,
    ALLOW,
    ALLOWED,
    BLOCK,
    BLOCKED,
    CHECK_FAILED,
    CLEARED,
    FRESH,
    STATES,
    Tables,
)
from gatesim.law.law import Law
from gatesim.measures.ledger import LEFT_QUEUE, NO_REASON, OUTCOMES, PENDING, REASONS, Ledger
from gatesim.scenario.people import CHANNELS, STATUSES
from gatesim.scenario.policies import Open
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER
from gatesim.world.draws import LEAVE, RETURN, SLOT, exponential_us, uniform
from gatesim.world.people import mean_us

GONE, OPEN, WAITING = "gone", "open", "waiting"
"""Decisions that no table makes: the person is gone, the gate is open, the account waits for a verdict."""

LAW_CHANGES = "the law changes"
POLICY_CHANGES = "the policy changes"
ASKED = "a check opens"
PRESENTS = "presents"
JOINS = "joins the desk"
BEGINS = "review begins"
ENDS = "ends"
LEAVES = "leaves"
RETURNS = "comes back"
EVENTS = (LAW_CHANGES, POLICY_CHANGES, ASKED, PRESENTS, JOINS, BEGINS, ENDS, LEAVES, RETURNS)
"""What can happen. A need that opens no check has one event: it ends at the instant it arises. A switch of policy at
an instant at which the law changes is one event with it."""

# Ranks at one instant (docs/model.md, section 5).
_LAW, _END_OF_SERVICE, _LEAVING, _SESSION = range(4)
# What a moment is about, in the order in which it comes to one case.
_LAW_MOMENT, _JOIN, _BEGIN, _END, _ARISES = range(5)


class Event(NamedTuple):
    """Something that happens.

    Attributes
    ----------
    time_us
        The instant.
    what
        One of `EVENTS`.
    body, need
        Slot of the body and number of its need that it is about; None for the law and for a switch, and no need for
        a return.
    words
        The document presented, or how a need ends: its outcome and reason.
    """

    time_us: int
    what: str
    body: int | None = None
    need: int | None = None
    words: str = ""


@dataclass
class Fate:
    """What a session met.

    Attributes
    ----------
    state, until_us
        The account's state as the session found it (one of `STATES`, or `WAITING`), and until when that state
        holds; None where it has no end.
    decision
        What the table of the state says (one of `ACTIONS`), or `GONE`, `OPEN`, `WAITING`.
    open_because
        Why the gate was open.
    presented
        What was presented in a check; empty where nothing was.
    enters, enters_until_us
        The state that the account enters by this need, at the instant at which the need ends, and until when it would
        hold; empty, and None, where there is none.
    withdrawn
        A change of the law, or a switch of policy, ended the check.
    gone_until_us
        Until when its maker is gone who leaves after it was refused; None where nobody leaves.
    """

    state: str = ""
    until_us: int | None = None
    decision: str = ""
    open_because: str = ""
    presented: str = ""
    enters: str = ""
    enters_until_us: int | None = None
    withdrawn: bool = False
    gone_until_us: int | None = None


class Replay:
    """The life of an account, from its rows of a run's ledger.

    Parameters
    ----------
    scenario, law, gate
        The scenario, the law under one reading, and the policy's tables, one an epoch.
    rows
        All needs of one account, and of no other, as the run ended them.
    seed, replication
        Key of the run's draws.
    steps
        The switches of a strategy, in order of time; none where one policy is in place throughout.

    Attributes
    ----------
    fates
        What each need of the ledger met, in the order of the ledger.
    events
        All that happened, in the order in which it happened.
    """

    def __init__(
        self,
        scenario: Scenario,
        law: Law,
        gate: Sequence[Tables],
        rows: Ledger,
        seed: int,
        replication: int,
        steps: Sequence[Switch] = (),
    ) -> None:
        self._scenario, self._law, self._gate, self._rows = scenario, law, gate, rows
        self._steps = steps
        self._key = (seed, replication)
        self._epoch = 0
        self._state, self._until = FRESH, FOREVER
        self._waits_for: int | None = None
        self._gone: dict[int, int] = {}
        self.fates = [Fate() for _ in range(len(rows))]
        self.events: list[Event] = []
        if len(rows) > 0:
            self._owner = list(scenario.segments.values())[int(rows.owner_segment[0])]
            self._channel = CHANNELS.index(self._owner.channel)
        for time, rank, _, _, about, row in sorted(self._moments()):
            self._come_back(time)
            if rank == _LAW:
                self._law_changes(row)
            elif about == _ARISES:
                self._arises(row)
            elif self._waits_for == row:
                self._goes_on(row, about, time)
        self._come_back(scenario.length - 1)

    def _moments(self) -> list[tuple[int, int, int, int, int, int]]:
        """Instant, rank, body, need, what it is about, and the row of the ledger or the number of the epoch."""
        found = [
            (epoch.start_us, _LAW, 0, 0, _LAW_MOMENT, number)
            for number, epoch in enumerate(self._law.epochs)
            if number > 0
        ]
        rows = self._rows
        for row in range(len(rows)):
            body, need, arose = int(rows.body[row]), int(rows.need[row]), int(rows.time_us[row])
            found.append((arose, _SESSION, body, need, _ARISES, row))
            ends_rank = _LEAVING if rows.reason[row] == LEFT_QUEUE else _END_OF_SERVICE
            later = (
                (int(rows.joined_us[row]), _END_OF_SERVICE, _JOIN),
                (int(rows.begun_us[row]), _END_OF_SERVICE, _BEGIN),
                (self._end(row), ends_rank, _END),
            )
            found += [(time, rank, body, need, about, row) for time, rank, about in later if time > arose]
        return found

    def _end(self, row: int) -> int:
        """When a need ended; -1 where it did not."""
        return -1 if self._rows.outcome[row] == PENDING else int(self._rows.end_us[row])

    def _say(self, time: int, what: str, row: int, words: str = "") -> None:
        self.events.append(Event(time, what, int(self._rows.body[row]), int(self._rows.need[row]), words))

    # --- what happens -----------------------------------------------------------------------------------------

    def _law_changes(self, epoch: int) -> None:
        # A switch cuts an epoch in two that say the same, in the same arrays.
        same_law = self._law.epochs[epoch].restricted is self._law.epochs[self._epoch].restricted
        self._epoch = epoch
        at = self._law.epochs[epoch].start_us
        self.events.append(Event(at, POLICY_CHANGES if same_law else LAW_CHANGES))
        if self._state != CLEARED:
            self._state, self._until = FRESH, FOREVER
        row = self._waits_for
        if row is not None and (self._open_because(row) or self._killed(row)):
            self.fates[row].withdrawn = True
            self._state, self._until = FRESH, FOREVER
            self._ends(row)

    def _killed(self, row: int) -> bool:
        """Whether the switch to the present tables ends the case of a need that waits."""
        tables = self._gate[self._epoch]
        return tables.kills and bool(tables.actions[FRESH, self._rows.cell[row]] == BLOCK)

    def _arises(self, row: int) -> None:
        """A session: the first that applies."""
        rows, fate, now = self._rows, self.fates[row], int(self._rows.time_us[row])
        if now >= self._until:
            self._state, self._until = FRESH, FOREVER
        fate.state = STATES[self._state] if self._waits_for is None else WAITING
        fate.until_us = self._until if self._until < FOREVER and self._waits_for is None else None
        if now < self._gone.get(int(rows.body[row]), 0):
            fate.decision = GONE
        elif because := self._open_because(row):
            fate.decision, fate.open_because = OPEN, because
        elif self._waits_for is not None:
            fate.decision = WAITING
        else:
            action = int(self._gate[self._epoch].actions[self._state, rows.cell[row]])
            fate.decision = ACTIONS[action]
            if action == ALLOW and self._state == FRESH:
                self._enter(row, ALLOWED, now)
            elif action == BLOCK and self._state == FRESH:
                self._enter(row, BLOCKED, now)
        if rows.asked[row]:
            self._asks(row, now)
        else:
            self._ends(row)

    def _asks(self, row: int, now: int) -> None:
        """A check opens; one that takes no time is over at once."""
        self._say(now, ASKED, row)
        if self._rows.document[row] >= 0:
            epoch = self._law.epochs[self._epoch]
            clears = {status for number, status in enumerate(STATUSES) if epoch.clears[number]}
            account = int(self._rows.account[row])
            tables = self._gate[self._epoch]
            presented = presented_by(account, self._owner, self._scenario, tables, clears, self._key)
            assert presented is not None, "the ledger says that a document was presented"
            self.fates[row].presented = list(self._scenario.documents)[presented.document] + presented.how
            self._say(now, PRESENTS, row, self.fates[row].presented)
        self._waits_for = row
        for about, time in ((_JOIN, self._rows.joined_us[row]), (_BEGIN, self._rows.begun_us[row])):
            if time == now:
                self._goes_on(row, about, now)
        if self._end(row) == now:
            self._goes_on(row, _END, now)

    def _goes_on(self, row: int, about: int, now: int) -> None:
        """The case that the account waits for comes to the desk, or to a reviewer, or to its end."""
        if about == _JOIN:
            self._say(now, JOINS, row)
        elif about == _BEGIN:
            self._say(now, BEGINS, row)
        else:
            refused = self._rows.reason[row] != NO_REASON
            self._ends(row)
            self._enter(row, CHECK_FAILED if refused else CLEARED, now)

    def _ends(self, row: int) -> None:
        """A need ends; whoever is refused may leave."""
        rows, end = self._rows, self._end(row)
        if self._waits_for == row:
            self._waits_for = None
        because = f": {REASONS[rows.reason[row]]}" if rows.reason[row] != NO_REASON else ""
        self._say(end, ENDS, row, OUTCOMES[rows.outcome[row]] + because)
        if not because:
            return
        body, need, reactions = int(rows.body[row]), int(rows.need[row]), self._scenario.reactions
        person = int(rows.account[row]) + body * SLOT
        if uniform(*self._key, person, LEAVE, need) < reactions.leave:
            back = end + exponential_us(*self._key, person, RETURN, need, mean_us(reactions.away))
            self._gone[body] = max(self._gone.get(body, 0), back)
            self.fates[row].gone_until_us = self._gone[body]
            self._say(end, LEAVES, row)

    def _enter(self, row: int, state: int, now: int) -> None:
        """The account enters a state for its duration; one without duration is never entered."""
        duration = int(self._gate[self._epoch].durations_us[state])
        if duration > 0:
            self._state, self._until = state, min(now + duration, FOREVER)
            self.fates[row].enters = STATES[state]
            self.fates[row].enters_until_us = self._until if self._until < FOREVER else None

    def _come_back(self, now: int) -> None:
        """Those whose time away is over by now."""
        for until, body in sorted((until, body) for body, until in self._gone.items() if until <= now):
            self.events.append(Event(until, RETURNS, body))
            del self._gone[body]

    def _open_because(self, row: int) -> str:
        """Why the gate is open for a need in the present epoch; empty where it is not."""
        epoch, model = self._law.epochs[self._epoch], int(self._rows.model[row])
        if not epoch.named.any():
            return "no order in force"
        if not epoch.named[model]:
            return "no order names the model"
        if not epoch.gated[model, self._channel]:
            return "a carve-out takes it out"
        if self._gate[self._epoch].acts[self._rows.cell[row]]:
            return ""
        if self._steps:
            policy = in_place(self._steps, epoch.start_us)
            if policy is None:
                return "no policy is in place yet"
            if isinstance(self._scenario.policies[policy], Open):
                return "the policy in place is open"
        return "the policy does not act on it"
