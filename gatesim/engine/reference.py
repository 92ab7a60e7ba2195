"""The model as a textbook writes it: one SimPy process a person. Read it beside docs/model.md, sections 4-5.

Accounts have a state, bodies come with their needs, and every need becomes a session that the gate decides. A
check that takes time becomes a case (`gatesim.engine.reference_desk`); while it runs, its account waits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial

import simpy

from gatesim.engine.reference_clock import END_OF_SERVICE, LAW, LEAVING, SESSION, Moment, Who, priority
from gatesim.engine.reference_desk import Case, Desk, DrawnWaits, Reviews, Stage, Tell
from gatesim.engine.reference_documents import Presented, presented_by
from gatesim.engine.reference_record import Record
from gatesim.engine.waits import WaitTable
from gatesim.gates.tables import (
    ALLOW,
    ALLOWED,
    BLOCK,
    BLOCKED,
    CHECK_FAILED,
    CLEARED,
    FRESH,
    Tables,
)
from gatesim.law.law import Epoch, Law
from gatesim.measures.ledger import (
    FAILED_CHECK,
    FALLBACK,
    GAVE_UP,
    LEFT_QUEUE,
    LOST,
    NO_ANSWER,
    NO_DOCUMENT,
    NO_REASON,
    OUTCOMES,
    REASONS,
    REFUSED,
    RULE,
    SERVED,
    SERVED_LATE,
    SHUTDOWN,
    STANDING_BLOCK,
    WAITING,
    Ledger,
)
from gatesim.scenario.people import CHANNELS, STATUSES, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER
from gatesim.world import draws
from gatesim.world.draws import check_key, exponential_us, need_word, uniform
from gatesim.world.people import Account, Body, Need, mean_us

_PROGRESS_STEPS = 50


@dataclass(slots=True, eq=False)
class _Holder:
    """An account as it lives through the window: its state, and the case it waits for.

    ``until_us`` is the instant at which the state falls back to fresh.
    """

    number: int
    owner: Segment
    channel: int
    state: int = FRESH
    until_us: int = FOREVER
    waits_for: _Check | None = None


@dataclass(slots=True, eq=False)
class _Person:
    """A body as it lives through the window.

    ``first_row`` is the row of its first need in the ledger, ``gone_until_us`` the instant of its return.
    """

    body: Body
    account: _Holder
    first_row: int
    gone_until_us: int = 0


@dataclass(slots=True, eq=False)
class _Check:
    """A case, and the need that opened it."""

    case: Case
    person: _Person
    need: Need
    row: int


class Simulation:
    """One run of a gate over a population; see `simulate`."""

    def __init__(
        self,
        scenario: Scenario,
        law: Law,
        gate: Sequence[Tables],
        people: Sequence[Account],
        *,
        seed: int,
        replication: int,
        waits: WaitTable | None = None,
        tell: Tell | None = None,
    ) -> None:
        if len(gate) != len(law.epochs):
            raise ValueError(f"the law has {len(law.epochs)} epochs, but there are {len(gate)} tables")
        self.scenario, self.gate, self.people = scenario, gate, people
        self.seed, self.replication = check_key(seed, replication)
        self.tell = tell
        self.env = simpy.Environment()
        self.documents = list(scenario.documents.values())
        self.document_names = list(scenario.documents)
        self.has_fallback = [model.fallback is not None for model in scenario.models.values()]
        self.accounts: dict[int, _Holder] = {}
        self.record = Record(scenario, law, people)
        self.desk = self._open_desk(waits)
        self._epoch_begins(law.epochs[0], gate[0])
        for epoch, tables in zip(law.epochs[1:], gate[1:], strict=True):
            Moment(self.env, epoch.start_us, priority(LAW), partial(self.law_changes, epoch, tables))
        self._settle_people()

    def _open_desk(self, waits: WaitTable | None) -> Reviews | None:
        if self.scenario.desk is None:
            for tables in self.gate:
                for d in tables.documents:
                    if self.documents[d].to_desk > 0:
                        raise ValueError(f"{self.document_names[d]} goes to a desk, and there is none")
            return None
        if waits is None:
            return Desk(self.env, self.scenario, len(self.people), self.verdict_of_desk, self.tell)
        key = (self.seed, self.replication)
        length = self.scenario.length
        return DrawnWaits(self.env, waits, *key, length, self.verdict_of_desk, self.tell)

    def _settle_people(self) -> None:
        segments = list(self.scenario.segments.values())
        first_row = 0
        for account in self.people:
            owner = segments[account.segment]
            holder = _Holder(account.number, owner, CHANNELS.index(owner.channel))
            self.accounts[account.number] = holder
            for body in account.bodies:
                self.env.process(self.life(_Person(body, holder, first_row)))
                first_row += len(body.needs)

    def run(self, progress: Callable[[float], None] | None = None) -> Ledger:
        """Live through the window, and say what happened to every need."""
        length = self.scenario.length
        for step in range(1, _PROGRESS_STEPS + 1):
            # SimPy stops before the events of the instant given, and goes on with them at the next step.
            until = length * step // _PROGRESS_STEPS
            if until > self.env.now:
                self.env.run(until=until)
            if progress is not None:
                progress(step / _PROGRESS_STEPS)
        return self.record.ledger()

    # --- a person's life, need by need ----------------------------------------------------------------------

    def life(self, person: _Person) -> Generator[Moment, None, None]:
        """A person: needs arise one after the other, and each becomes a session."""
        place = priority(SESSION, (person.account.number, person.body.slot, 0))
        for row, need in enumerate(person.body.needs, person.first_row):
            yield Moment(self.env, need.time_us, place + need.number)
            self.session(person, need, row)

    def session(self, person: _Person, need: Need, row: int) -> None:
        """The gate decides a session: the first that applies (section 4)."""
        account = person.account
        if need.time_us < person.gone_until_us:
            self.ends(person, need, row, LOST)
        elif self.gate_is_open(account, need):
            self.ends(person, need, row, SERVED)
        elif account.waits_for is not None:
            self.refuse(person, need, row, WAITING)
        else:
            state = self.state_of(account)
            action = self.tables.actions[state, need.cell]
            if action == ALLOW:
                self.ends(person, need, row, SERVED)
                if state == FRESH:
                    self.enter(account, ALLOWED)
            elif action == BLOCK:
                self.refuse(person, need, row, self.reason_of_block(state))
                if state == FRESH:
                    self.enter(account, BLOCKED)
            else:
                self.open_check(person, need, row)

    def gate_is_open(self, account: _Holder, need: Need) -> bool:
        """Whether a session is served without a decision and leaves no trace."""
        return not (self.gated[need.model][account.channel] and self.tables.acts[need.cell])

    def reason_of_block(self, state: int) -> int:
        """Why a block refuses."""
        if self.tables.is_shutdown:
            return SHUTDOWN
        return STANDING_BLOCK if state in (BLOCKED, CHECK_FAILED) else RULE

    # --- the state of an account ----------------------------------------------------------------------------

    def state_of(self, account: _Holder) -> int:
        """The state of an account now; one whose duration has run out has fallen back to fresh."""
        if account.state != FRESH and self.env.now >= account.until_us:
            account.state = FRESH
        return account.state

    def enter(self, account: _Holder, state: int) -> None:
        """An account enters a state for its duration; a state without duration is never entered."""
        duration = int(self.tables.durations_us[state])
        if duration > 0:
            account.state, account.until_us = state, int(self.env.now) + duration

    # --- the law --------------------------------------------------------------------------------------------

    def _epoch_begins(self, epoch: Epoch, tables: Tables) -> None:
        self.epoch, self.tables = epoch, tables
        self.gated: list[list[bool]] = epoch.gated.tolist()
        self.clears = frozenset(status for s, status in enumerate(STATUSES) if epoch.clears[s])

    def law_changes(self, epoch: Epoch, tables: Tables) -> None:
        """The columns of the table of section 5 for a change of law and for a switch of policy."""
        # A switch cuts an epoch in two that say the same, in the same arrays.
        same_law = epoch.restricted is self.epoch.restricted
        self._epoch_begins(epoch, tables)
        self.say(None, "the policy changes" if same_law else "the law changes")
        withdrawn = []
        for account in self.accounts.values():
            if account.state != CLEARED:
                account.state = FRESH
            check = account.waits_for
            if check is not None and self.gate_is_open(account, check.need):
                account.state, account.waits_for = FRESH, None
                self.ends(check.person, check.need, check.row, SERVED_LATE)
                withdrawn.append(check.case)
            elif check is not None and tables.kills and tables.actions[FRESH, check.need.cell] == BLOCK:
                account.state, account.waits_for = FRESH, None
                self.refuse(check.person, check.need, check.row, self.reason_of_block(FRESH))
                withdrawn.append(check.case)
        if self.desk is not None:
            self.desk.withdraw(withdrawn)
        for case in withdrawn:  # those without a desk
            case.stage = Stage.OVER

    # --- checks ---------------------------------------------------------------------------------------------

    def open_check(self, person: _Person, need: Need, row: int) -> None:
        """A check: the owner is asked, and answers or not (section 4, steps 1 to 5)."""
        account = person.account
        owner, who = account.owner, (account.number, person.body.slot, need.number)
        request = need.number * 64 + person.body.slot
        check = _Check(Case(who, account.channel, need.time_us, False, request), person, need, row)
        self.record.cases.append((row, check.case))
        self.say(who, "a check opens")
        if self.uniform(account.number, draws.NEVER_ANSWERS, 0) < owner.never_answers:
            self.fail(check, NO_ANSWER)
        elif (
            self.word(account.number + person.body.slot * draws.SLOT, draws.GIVES_UP, need.number)
            < owner.gives_up
        ):
            self.fail(check, GAVE_UP)
        else:
            key = (self.seed, self.replication)
            presented = presented_by(account.number, owner, self.scenario, self.tables, self.clears, key)
            if presented is None:
                self.fail(check, NO_DOCUMENT)
            else:
                self.examine(check, presented)

    def examine(self, check: _Check, presented: Presented) -> None:
        """The document is collected; the automatic part runs, and the desk may follow (steps 4 to 6)."""
        case, owner, opened = check.case, check.case.who[0], check.case.opened_us
        case.passed = presented.passed
        self.record.document[check.row] = presented.document
        self.say(case.who, f"presents {self.document_names[presented.document]}{presented.how}")
        check.person.account.waits_for = check
        document = self.documents[presented.document]
        to_desk = self.uniform(owner, draws.TO_DESK, presented.document) < document.to_desk
        if to_desk:
            desk = self.scenario.desk
            assert desk is not None, "looked at when the simulation was set up"
            case.service_us = self.time(owner, draws.SERVICE, case.request, desk.service)
            patience = self.time(owner, draws.PATIENCE, case.request, desk.patience)
            self.at(opened + patience, LEAVING, case.who, partial(self.patience_runs_out, check))
        if document.automatic_time > 0:
            end = opened + document.automatic_time
            self.at(end, END_OF_SERVICE, case.who, partial(self.automatic_part_ends, check, to_desk))
        else:
            self.automatic_part_ends(check, to_desk)

    def automatic_part_ends(self, check: _Check, to_desk: bool) -> None:
        """The case joins the desk, or the verdict falls."""
        if check.case.stage is not Stage.AUTOMATIC:
            return
        if to_desk and self.desk is not None:
            self.desk.join(check.case)
        else:
            self.verdict(check)

    def patience_runs_out(self, check: _Check) -> None:
        """The case leaves if its review has not begun."""
        if check.case.stage in (Stage.AUTOMATIC, Stage.QUEUE):
            self.fail(check, LEFT_QUEUE)

    def verdict_of_desk(self, case: Case) -> None:
        """The review of a case has ended: one of an account that waits for it."""
        check = self.accounts[case.who[0]].waits_for
        assert check is not None
        assert check.case is case
        self.verdict(check)

    def verdict(self, check: _Check) -> None:
        """The verdict on what was presented."""
        if not check.case.passed:
            self.fail(check, FAILED_CHECK)
            return
        account = check.person.account
        check.case.stage, account.waits_for = Stage.OVER, None
        late = self.env.now > check.case.opened_us
        self.ends(check.person, check.need, check.row, SERVED_LATE if late else SERVED)
        self.enter(account, CLEARED)

    def fail(self, check: _Check, reason: int) -> None:
        """A check ends without success, whatever the reason."""
        account = check.person.account
        check.case.stage, account.waits_for = Stage.OVER, None
        self.refuse(check.person, check.need, check.row, reason)
        self.enter(account, CHECK_FAILED)

    # --- how a need ends ------------------------------------------------------------------------------------

    def refuse(self, person: _Person, need: Need, row: int, reason: int) -> None:
        """A need is refused now; the person may take the older model, and may leave."""
        reactions, number = self.scenario.reactions, person.body.person
        falls_back = (
            self.has_fallback[need.model]
            and self.uniform(number, draws.FALL_BACK, need.number) < reactions.fall_back
        )
        self.ends(person, need, row, FALLBACK if falls_back else REFUSED, reason)
        if self.uniform(number, draws.LEAVE, need.number) < reactions.leave:
            back = int(self.env.now) + self.time(number, draws.RETURN, need.number, reactions.away)
            # Who is gone already, refused again through a case of before, comes back at the later instant.
            person.gone_until_us = max(person.gone_until_us, back)
            self.say((person.account.number, person.body.slot, need.number), "leaves")

    def ends(self, person: _Person, need: Need, row: int, outcome: int, reason: int = NO_REASON) -> None:
        """A need ends now."""
        self.record.ends(row, outcome, reason, int(self.env.now))
        if self.tell is not None:
            because = "" if reason == NO_REASON else f": {REASONS[reason]}"
            self.say((person.account.number, person.body.slot, need.number), OUTCOMES[outcome] + because)

    # --- small things ---------------------------------------------------------------------------------------

    def uniform(self, person: int, purpose: int, index: int) -> float:
        """The uniform number of a question."""
        return uniform(self.seed, self.replication, person, purpose, index)

    def word(self, person: int, purpose: int, need: int) -> float:
        """The uniform number of a question about a need, of one word."""
        return need_word(self.seed, self.replication, person, purpose, need, 0)

    def time(self, person: int, purpose: int, index: int, mean: int) -> int:
        """The exponential time of a question."""
        return exponential_us(self.seed, self.replication, person, purpose, index, mean_us(mean))

    def at(self, time_us: int, rank: int, who: Who, then: Callable[[], None]) -> None:
        """Do something at a later instant, if the window reaches that far."""
        if time_us < self.scenario.length:
            Moment(self.env, time_us, priority(rank, who), then)

    def say(self, who: Who | None, event: str) -> None:
        """Tell of an event, if anybody listens."""
        if self.tell is not None:
            self.tell(int(self.env.now), who, event)


def simulate(
    scenario: Scenario,
    law: Law,
    gate: Sequence[Tables],
    people: Sequence[Account],
    *,
    seed: int,
    replication: int,
    waits: WaitTable | None = None,
    progress: Callable[[float], None] | None = None,
    tell: Tell | None = None,
) -> Ledger:
    """What a gate does to a population: the reference.

    Parameters
    ----------
    scenario
        The scenario.
    law
        The law over the window, under one reading.
    gate
        The policy's tables, one for each epoch of the law.
    people
        The accounts, in the order of their numbers; `gatesim.world.people.populate` makes them. The desk is
        scaled to their number.
    seed, replication
        Key of the draws: the one the people were made with.
    waits
        Draw waits for the desk from this table instead of simulating it (`gatesim.engine.waits.choose_desk`).
    progress
        Called now and then with the part of the window that is done, from 0 to 1.
    tell
        Told of each event in order: the instant, account, body and need, and what happens.

    Returns
    -------
    Ledger
        Sorted by account, body, need.

    Raises
    ------
    ValueError
        If the tables do not match the epochs, if a document of the policy goes to a desk that is not there,
        or if seed or replication is out of range.
    """
    simulation = Simulation(
        scenario, law, gate, people, seed=seed, replication=replication, waits=waits, tell=tell
    )
    return simulation.run(progress)
