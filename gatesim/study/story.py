"""One person's story from inside a run, as data: who it is, what happened, what a gate saw and what was true."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gatesim._version import __version__
from gatesim.measures.ledger import BY_GATE, OUTCOMES, REASONS
from gatesim.measures.wording import region_in_words
from gatesim.scenario import Loaded
from gatesim.scenario.signals import UNKNOWN
from gatesim.scenario.types import DAY
from gatesim.study.evidence import Evidence
from gatesim.study.lock_out import LockOut, lock_outs
from gatesim.study.replay import LAW_CHANGES, POLICY_CHANGES, Event
from gatesim.study.shown import Shown
from gatesim.study.strategy import late_words
from gatesim.study.why import Why
from gatesim.world.draws import DRAWS_VERSION

if TYPE_CHECKING:
    import pandas as pd

STORY_SCHEMA = 1
"""The number of the format of stories."""

SERVED_ENDS = ("served", "served_late")
_BY_GATE = {REASONS[reason] for reason in BY_GATE}


@dataclass(frozen=True)
class SignalRead:
    """What a signal read, and what was true."""

    signal: str
    read: str
    true: str

    @property
    def wrong(self) -> bool:
        """Whether it read something that is not so; ``unknown`` is not wrong."""
        return self.read not in (self.true, UNKNOWN)


@dataclass(frozen=True)
class Told:
    """A need, and what became of it.

    Attributes
    ----------
    body, number
        Slot of who makes it (0: the owner), and the how-manieth need of that body, from 0.
    time_us, end_us
        When it arose, and when it ended; None where it is pending at the window's end.
    model
        Name of the model.
    away, region
        Whether the maker is on a trip, and the region of the device.
    vpn
        The region in which the VPN comes out; None where it is off.
    readings
        What each signal read.
    measured
        An order in force named the model.
    restricted
        The law, as read, restricted the need.
    state, until_us
        The account's state as the session found it, and until when it would hold; None: no end.
    decision
        ``allow``, ``check``, ``block``; or ``open``, ``waiting``, ``gone``, where no table was asked.
    open_because
        Why the gate was open.
    evidence
        What the policy made of the readings; None where it was not asked, or where the family has no such number.
    why
        Why it did not just serve, signal by signal; None where it did, or where no table for unknown accounts was
        asked.
    outcome, reason
        How the need ended; see `gatesim.measures.ledger`.
    asked
        The need opened a check.
    presented
        The document presented, and how where it is not the owner's genuine one; empty where none was.
    joined_us, begun_us
        When the case joined the desk, and when its review began; None where it did not.
    withdrawn
        The check ended because the law, or a switch of policy, opened the gate, or because a switch killed it.
    enters, enters_until_us
        The state that the account enters when the need ends (empty: none), and until when it would hold; None: no end.
    leaves, gone_until_us
        Whether the maker leaves after the refusal, and until when; None: stays, or leaves for good.
    over_cap
        Whether a cap on usage refuses it, whatever a gate did: the account has had its needs of the day; None where
        no cap holds for it.
    """

    body: int
    number: int
    time_us: int
    end_us: int | None
    model: str
    away: bool
    region: str
    vpn: str | None
    readings: tuple[SignalRead, ...]
    measured: bool
    restricted: bool
    state: str
    until_us: int | None
    decision: str
    open_because: str
    evidence: Evidence | None
    why: Why | None
    outcome: str
    reason: str
    asked: bool
    presented: str
    joined_us: int | None
    begun_us: int | None
    withdrawn: bool
    enters: str
    enters_until_us: int | None
    leaves: bool
    gone_until_us: int | None
    over_cap: bool | None

    @property
    def judgement(self) -> str:
        """``leak``, ``false_block`` or empty: whether the gate did what the order asks."""
        served = self.outcome in SERVED_ENDS
        if not self.measured or self.outcome == "pending" or self.restricted != served:
            return ""
        return "leak" if served else "false_block"

    @property
    def served_us(self) -> int | None:
        """When it was served; None where it was not, be it for a cap on usage."""
        return self.end_us if self.outcome in SERVED_ENDS and self.over_cap is not True else None

    @property
    def by_gate(self) -> bool:
        """Whether the gate itself is the reason why it was not served."""
        return self.reason in _BY_GATE

    @property
    def misread(self) -> bool:
        """Whether a signal read something that is not so."""
        return any(reading.wrong for reading in self.readings)


INSTANTS = ("time", "end", "from", "until", "enters_until", "joined", "begun", "gone_until")
COUNTS = ("body", "need", "number", "foreign", "counted")
"""Columns of tables that are instants, and whole numbers, where there is one."""

EVENT_COLUMNS = ("time", "event", "body", "own", "need", "words")

LOCK_OUT_COLUMNS = ("model", "from", "until", "days", "false_blocks", "opened")

NEED_COLUMNS = (
    "own",
    *(
        field.name.removesuffix("_us")
        for field in fields(Told)
        if field.name not in ("readings", "evidence", "why")
    ),
    "judgement",
)


@dataclass(frozen=True)
class Trip:
    """A time away from home, and where; it never ends where ``end_us`` is None."""

    begin_us: int
    end_us: int | None
    region: str


@dataclass(frozen=True)
class Licensed:
    """A licence that somebody has a part in; it was refused where ``from_us`` is None, or has no end where
    ``until_us`` is None."""

    title: str
    models: tuple[str, ...]
    from_us: int | None
    until_us: int | None


@dataclass(frozen=True)
class Companion:
    """Somebody else on the account."""

    slot: int
    segment: str
    title: str
    share: float


@dataclass(frozen=True)
class Person:
    """Who it is: facts of the model, of which a gate sees the channel and the account's age, and nothing else.

    Attributes
    ----------
    account, slot
        Number of the account, and which body of it; 0 is the owner.
    segment, title
        The person's own segment.
    owner_segment
        That of the account's owner.
    status, citizenship, home, role, organisation
        For the law; organisation is None where there is none.
    channel, account_age_us
        Of the account; the age at the start of the window, None where older than any window.
    needs_per_day
        The person's own mean rate.
    card, declared
        Regions of the owner's card and of the account form.
    documents
        For each kind that the policy asks for whether the owner holds a genuine one.
    never_answers
        Whether the owner leaves every request for a document unanswered; None where the policy asks for none.
    vpn, vpn_on
        Where the person's VPN comes out (None: has none), and how often it is on.
    trips
        Those that touch the window.
    others
        Everybody else on the account.
    licences
        Those that the person has a part in, granted or refused.
    """

    account: int
    slot: int
    segment: str
    title: str
    owner_segment: str
    status: str
    citizenship: tuple[str, ...]
    home: str
    role: str
    organisation: str | None
    channel: str
    account_age_us: int | None
    needs_per_day: float
    card: str
    declared: str
    documents: Mapping[str, bool]
    never_answers: bool | None
    vpn: str | None
    vpn_on: float
    trips: tuple[Trip, ...]
    others: tuple[Companion, ...]
    licences: tuple[Licensed, ...] = ()

    @property
    def name(self) -> str:
        """As ``--person`` takes it."""
        return f"{self.account}.{self.slot}" if self.slot else str(self.account)


@dataclass(frozen=True)
class Counts:
    """How the person's own needs ended.

    Attributes
    ----------
    needs
        All of them; the next six add up to it.
    leaks, false_blocks
        Restricted needs that were served, entitled ones that were not (pending ones are neither).
    refused_by_gate
        False blocks that the gate itself is the reason of.
    reasons
        Needs refused or answered by a fallback, by reason.
    capped, over_cap
        Needs that arise while a cap on usage holds, however they ended, and those of them over it.
    """

    needs: int
    served: int
    served_late: int
    fallback: int
    refused: int
    lost: int
    pending: int
    leaks: int
    false_blocks: int
    refused_by_gate: int
    reasons: Mapping[str, int]
    capped: int
    over_cap: int


@dataclass(frozen=True)
class Story(Shown):
    """The story of one person from inside a run.

    Attributes
    ----------
    loaded
        The scenario.
    policy, reading
        The gate (``operator``: the operator's strategy), and the reading of the orders under which it is judged.
    replication
        Which population.
    desk
        How the desk was worked out, in words; empty where no case joins it.
    person
        Who it is.
    needs
        The person's needs, and those of others on the account that opened a check or changed the account's state,
        in order of time.
    events
        All that happened: changes of the law, switches of policy, and what these needs met.
    law
        For each instant at which the law changes what changes, in words; 0: what holds from the start.
    switches
        Of a strategy: for each switch the policy that comes into place; 0: what is in place from the start.
    opens
        Model that the person wants -> the instants at which the gate opens for it on the account's channel.
    sought
        What the person was looked for as (see `gatesim.study.search.SOUGHT`); empty where it was named.
    """

    loaded: Loaded
    policy: str
    reading: str
    replication: int
    desk: str
    person: Person
    needs: tuple[Told, ...]
    events: tuple[Event, ...]
    law: Mapping[int, tuple[str, ...]]
    switches: Mapping[int, str] = field(default_factory=dict)
    opens: Mapping[str, Sequence[int]] = field(default_factory=dict)
    sought: str = ""

    def at(self, time_us: int) -> datetime:
        """An instant, in the zone of the scenario's start."""
        return self.loaded.scenario.start + timedelta(microseconds=time_us)

    def changes(self, time_us: int) -> tuple[str, ...]:
        """What changes in the law, and which policy comes into place, at an instant."""
        switched = self.switches.get(time_us)
        return (*self.law.get(time_us, ()), *([f"{switched} comes into place"] if switched else []))

    def place(self, region: str) -> str:
        """A region in words."""
        return region_in_words(self.loaded.scenario, region)

    def is_own(self, body: int | None) -> bool:
        """Whether something is about the person, and not about somebody else on the account."""
        return body == self.person.slot

    @property
    def own(self) -> tuple[Told, ...]:
        """The person's own needs."""
        return tuple(need for need in self.needs if self.is_own(need.body))

    @property
    def counts(self) -> Counts:
        """How the person's own needs ended."""
        own = self.own
        ends = {outcome: sum(need.outcome == outcome for need in own) for outcome in OUTCOMES}
        why = [need.reason for need in own if need.reason]
        judged = [need.judgement for need in own]
        return Counts(
            needs=len(own),
            **ends,
            leaks=judged.count("leak"),
            false_blocks=judged.count("false_block"),
            refused_by_gate=sum(need.judgement == "false_block" and need.by_gate for need in own),
            reasons={reason: why.count(reason) for reason in REASONS if reason in why},
            capped=sum(need.over_cap is not None for need in own),
            over_cap=sum(need.over_cap is True for need in own),
        )

    @property
    def lock_outs(self) -> tuple[LockOut, ...]:
        """From when until when the person was locked out of a model, in the order in which it begins."""
        return lock_outs(self.own, self.loaded.scenario.length, self.opens)

    def to_frame(self, by: str = "needs") -> pd.DataFrame:
        """A table.

        Parameters
        ----------
        by
            ``needs``: a row for each need, with a column for each signal and one for what was true; ``events``: a
            row for all that happened, in order of time; ``lock_outs``: a row for each time in which the person was
            locked out of a model, with its length in days.

        Raises
        ------
        ValueError
            If there is no such table.
        """
        if by == "events":
            return self._frame([self._event(event) for event in self.events], EVENT_COLUMNS)
        if by == "lock_outs":
            return self._frame([self._lock_out(one) for one in self.lock_outs], LOCK_OUT_COLUMNS)
        if by != "needs":
            raise ValueError(f"by = {by!r}: there are needs, events, lock_outs")
        signals = list(self.loaded.scenario.signals)
        columns = [
            *NEED_COLUMNS,
            *Evidence._fields,
            *(f"{kind}_{s}" for s in signals for kind in ("read", "true")),
        ]
        rows = []
        for need in self.needs:
            row = self._need(need)
            row |= row.pop("evidence") or {}
            for reading in row.pop("readings"):
                row[f"read_{reading['signal']}"], row[f"true_{reading['signal']}"] = (
                    reading["read"],
                    reading["true"],
                )
            rows.append(row)
        return self._frame(rows, columns)

    def _frame(self, rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
        """Rows as a table, instants in the zone of the scenario's start."""
        import pandas as pd

        instant = pd.DatetimeTZDtype("us", self.loaded.scenario.start.tzinfo)
        kinds = dict.fromkeys(INSTANTS, instant) | dict.fromkeys(COUNTS, pd.Int64Dtype())
        frame = pd.DataFrame(rows, columns=list(columns))
        return frame.astype({name: kinds[name] for name in columns if name in kinds})

    def _event(self, event: Event) -> dict[str, Any]:
        words = event.words
        if event.what in (LAW_CHANGES, POLICY_CHANGES):
            words = "; ".join(self.changes(event.time_us))
        return {
            "time": self.at(event.time_us),
            "event": event.what,
            "body": event.body,
            "own": event.body is None or self.is_own(event.body),
            "need": event.need,
            "words": words,
        }

    def _lock_out(self, one: LockOut) -> dict[str, Any]:
        return {
            "model": one.model,
            "from": self.at(one.from_us),
            "until": None if one.until_us is None else self.at(one.until_us),
            "days": one.length_us / DAY,
            "false_blocks": one.false_blocks,
            "opened": one.opened,
        }

    def _need(self, need: Told) -> dict[str, Any]:
        """A need as plain data; instants as dates."""
        data: dict[str, Any] = {"own": self.is_own(need.body)}
        for name, value in asdict(need).items():
            if name.endswith("_us"):
                data[name[:-3]] = None if value is None else self.at(value)
            else:
                data[name] = value
        data["readings"] = [asdict(reading) | {"wrong": reading.wrong} for reading in need.readings]
        data["evidence"] = None if need.evidence is None else need.evidence._asdict()
        data["judgement"] = need.judgement
        return data

    def to_dict(self) -> dict[str, Any]:
        """The story as plain data, as ``--json`` prints it."""
        scenario, person = self.loaded.scenario, asdict(self.person)
        age = person.pop("account_age_us")
        person["account_age_days"] = None if age is None else age / DAY
        person["trips"] = [
            {
                "begin": self.at(trip.begin_us),
                "end": None if trip.end_us is None else self.at(trip.end_us),
                "region": trip.region,
            }
            for trip in self.person.trips
        ]
        person["licences"] = [
            {
                "title": one.title,
                "models": one.models,
                "from": None if one.from_us is None else self.at(one.from_us),
                "until": None if one.until_us is None else self.at(one.until_us),
            }
            for one in self.person.licences
        ]
        return {
            "schema": STORY_SCHEMA,
            "explains": "person",
            "scenario": scenario.title,
            "version": __version__,
            "draws": DRAWS_VERSION,
            "files": [{"name": name, "sha256": digest} for name, digest in self.loaded.files],
            "engine": "fast",
            "seed": scenario.seed,
            "replication": self.replication,
            "people": scenario.people,
            "represents": scenario.represents,
            "policy": self.policy,
            "reading": self.reading,
            "desk": self.desk,
            "name": self.person.name,
            "find": self.sought,
            "person": person,
            "law": [{"time": self.at(time), "changes": list(words)} for time, words in self.law.items()],
            "switches": [{"time": self.at(time), "policy": name} for time, name in self.switches.items()],
            "needs": [self._need(need) for need in self.needs],
            "events": [self._event(event) for event in self.events],
            "counts": asdict(self.counts),
            "lock_outs": [self._lock_out(one) for one in self.lock_outs],
            "notes": list(late_words(scenario, self.policy)),
            "warnings": list(self.loaded.warnings),
        }

    def to_json(self) -> str:
        """One JSON object; instants in ISO 8601, what is not there is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, default=_plain)

    def __repr__(self) -> str:
        return f"<Story of person {self.person.name} under {self.policy!r}: {len(self.own)} needs>"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
