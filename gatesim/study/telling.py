"""Put one person's story together: what happened on the account beside what was true of everybody on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from gatesim.gates.strategy import Switch, in_place
from gatesim.gates.tables import ACTIONS, BLOCK, CHECK, FRESH, STATES, Tables
from gatesim.law.caps import cap_days, over_caps
from gatesim.law.law import Law, licence_from_us, microseconds
from gatesim.measures.ledger import NO_REASON, OUTCOMES, PENDING, REASONS, Ledger
from gatesim.scenario import Loaded
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.people import CHANNELS, Segment
from gatesim.scenario.policies import Open
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import ATTESTATIONS, NETWORK_KINDS, NO_ORGANISATION, REVOCATIONS
from gatesim.scenario.types import DAY, FOREVER
from gatesim.study.evidence import Evidence, evidence
from gatesim.study.law_changes import LawChange, law_changes
from gatesim.study.licences import has_part, licence_title
from gatesim.study.replay import LAW_CHANGES, POLICY_CHANGES, Event, Fate, Replay
from gatesim.study.story import Companion, Licensed, Person, SignalRead, Story, Told, Trip
from gatesim.study.why import Why, why
from gatesim.world.draws import HOLDS_DOCUMENT, NEVER_ANSWERS, uniform
from gatesim.world.licences import draw_licences
from gatesim.world.noise import DIRECT, VPN
from gatesim.world.people import Account, Body, People
from gatesim.world.space import CellSpace, word_for

_CALENDAR = 7000 * 365 * DAY
"""Times from here on are beyond every date: they never come."""


def tell(
    loaded: Loaded,
    policy: str,
    law: Law,
    gate: Sequence[Tables],
    replication: int,
    world: People,
    account: Account,
    body: Body,
    rows: Ledger,
    desk: str,
    steps: Sequence[Switch] = (),
) -> Story:
    """The story of one body.

    Parameters
    ----------
    loaded, policy, law, gate, replication
        The run: scenario, name of the policy or of the strategy, law under the reading (for a strategy cut at its
        switches), the tables, which population.
    world, account, body
        The people of the run, one account, and one body of it.
    rows
        The account's rows of the run's ledger, judged by the law.
    desk
        How the desk was worked out, in words.
    steps
        The switches of a strategy, in order of time.
    """
    scenario = loaded.scenario
    replay = Replay(scenario, law, gate, rows, scenario.seed, replication, steps)
    steps = steps or (Switch(0, policy),)
    teller = _Teller(scenario, steps, law, world, account, rows)
    told = [teller.tell(row, fate) for row, fate in enumerate(replay.fates)]
    needs = [need for need in told if need.body == body.slot or need.asked or need.enters]
    needs.sort(key=lambda need: (need.time_us, need.body, need.number))
    return Story(
        loaded,
        policy,
        law.reading,
        replication,
        desk,
        _who(scenario, world, account, body, steps, replication),
        tuple(needs),
        _about(replay.events, needs, body.slot),
        _in_words(law_changes(scenario, replication)),
        _switches(scenario, steps) if policy == OPERATOR else {},
        _opens(scenario, law, gate, rows, body.slot, steps),
    )


# --- what happened ----------------------------------------------------------------------------------------------


def _about(events: Sequence[Event], needs: Sequence[Told], slot: int) -> tuple[Event, ...]:
    """The events of a story: the law's, switches, those of its needs, and the person's own returns."""
    told = {(need.body, need.number) for need in needs}
    return tuple(
        event
        for event in events
        if event.what in (LAW_CHANGES, POLICY_CHANGES)
        or (event.body == slot if event.need is None else (event.body, event.need) in told)
    )


class _Teller:
    """Puts what happened beside what was true, need by need.

    Parameters
    ----------
    scenario, steps, law
        The scenario, which policy is in place from when on, and the law.
    world, account
        The people of the run, and one account of them.
    rows
        The account's rows of the run's ledger.
    """

    def __init__(
        self,
        scenario: Scenario,
        steps: Sequence[Switch],
        law: Law,
        world: People,
        account: Account,
        rows: Ledger,
    ) -> None:
        self._scenario, self._steps, self._law = scenario, steps, law
        self._world, self._account, self._rows = world, account, rows
        self._regions, self._models = list(scenario.regions), list(scenario.models)
        self._space = CellSpace.of(scenario)
        self._bodies = {body.slot: body for body in account.bodies}
        self._trips = {b.slot: world.trips(b.person, b.segment) for b in account.bodies}
        self._exits = {b.slot: world.vpn_exit(b.person, b.segment) for b in account.bodies}
        self._weighs: dict[int, Callable[[int], Evidence | None]] = {}
        self._reasons: dict[tuple[int, int], Why] = {}
        self._over_caps = _over_caps(scenario, law, account, rows)

    def tell(self, row: int, fate: Fate) -> Told:
        """A need, and what became of it."""
        rows = self._rows
        slot, number, time = int(rows.body[row]), int(rows.need[row]), int(rows.time_us[row])
        region, vpn, cell = self._regions[rows.region[row]], self._vpn(slot, number), int(rows.cell[row])
        reason, joined, begun = int(rows.reason[row]), int(rows.joined_us[row]), int(rows.begun_us[row])
        return Told(
            body=slot,
            number=number,
            time_us=time,
            end_us=None if rows.outcome[row] == PENDING else int(rows.end_us[row]),
            model=self._models[rows.model[row]],
            away=any(trip.begin_us <= time < trip.end_us for trip in self._trips[slot]),
            region=region,
            vpn=vpn,
            readings=self._readings(region, vpn, cell),
            measured=bool(rows.measured[row]),
            restricted=bool(rows.restricted[row]),
            state=fate.state,
            until_us=fate.until_us,
            decision=fate.decision,
            open_because=fate.open_because,
            evidence=self._weighed(time, cell, fate),
            why=self._why(time, cell, fate),
            outcome=OUTCOMES[rows.outcome[row]],
            reason="" if reason == NO_REASON else REASONS[reason],
            asked=bool(rows.asked[row]),
            presented=fate.presented,
            joined_us=None if joined < 0 else joined,
            begun_us=None if begun < 0 else begun,
            withdrawn=fate.withdrawn,
            enters=fate.enters,
            enters_until_us=fate.enters_until_us,
            leaves=fate.gone_until_us is not None,
            gone_until_us=_dated(fate.gone_until_us),
            over_cap=self._over_caps[row],
        )

    def _vpn(self, slot: int, need: int) -> str | None:
        """Where the VPN comes out at a need; None where it is off."""
        found, body = self._exits[slot], self._bodies[slot]
        if found is None or not self._world.vpn_and_model(body.person, body.segment, need)[0]:
            return None
        return self._regions[found]

    def _readings(self, device: str, vpn: str | None, cell: int) -> tuple[SignalRead, ...]:
        """What each signal read, beside the true value of what it observes."""
        owner = list(self._scenario.segments.values())[self._account.segment]
        true = {
            "device": device,
            "network": vpn or device,
            "network_kind": NETWORK_KINDS[VPN if vpn else DIRECT],
            "card": self._regions[self._account.card],
            "declared": self._regions[self._account.declared],
            "organisation": owner.organisation or NO_ORGANISATION,
            "attestation": ATTESTATIONS[word_for(self._scenario, owner)],
            "revocation": REVOCATIONS[word_for(self._scenario, owner)],
        }
        space, parts = self._space, self._space.parts(cell)
        return tuple(
            SignalRead(name, read[number], true[self._scenario.signals[name].observes])
            for name, read, number in zip(space.signals, space.readings, parts, strict=False)
        )

    def _weighed(self, time: int, cell: int, fate: Fate) -> Evidence | None:
        """What the policy made of the readings, where its table for unknown accounts was asked."""
        if fate.state != STATES[FRESH] or fate.decision not in ACTIONS:
            return None
        epoch = self._law.epoch_at(time)
        if epoch not in self._weighs:
            policy = self._scenario.policies[self._in_place(epoch)]
            self._weighs[epoch] = evidence(self._scenario, policy, self._law.epochs[epoch])
        return self._weighs[epoch](cell)

    def _why(self, time: int, cell: int, fate: Fate) -> Why | None:
        """Why an account that nothing is known of was not just served."""
        if fate.state != STATES[FRESH] or fate.decision not in (ACTIONS[CHECK], ACTIONS[BLOCK]):
            return None
        key = self._law.epoch_at(time), cell
        if key not in self._reasons:
            epoch, known = self._law.epochs[key[0]], dict(enumerate(self._space.parts(cell)))
            self._reasons[key] = why(self._scenario, self._in_place(key[0]), epoch, known)
        return self._reasons[key]

    def _in_place(self, epoch: int) -> str:
        """The policy whose table was asked in an epoch."""
        policy = in_place(self._steps, self._law.epochs[epoch].start_us)
        assert policy is not None, "a table was asked"
        return policy


def _over_caps(scenario: Scenario, law: Law, account: Account, rows: Ledger) -> list[bool | None]:
    """For each row whether a cap on usage refuses the need; None where none holds for it."""
    found: list[bool | None] = [None] * len(rows)
    if scenario.usage_caps:
        channel = CHANNELS.index(list(scenario.segments.values())[account.segment].channel)
        order = np.lexsort((rows.body, rows.time_us)).tolist()
        needs = ((int(rows.time_us[row]), int(rows.model[row])) for row in order)
        for row, over in zip(order, over_caps(cap_days(scenario, law), channel, needs), strict=True):
            found[row] = over
    return found


def _dated(time_us: int | None) -> int | None:
    """An instant that has a date; None for one that never comes."""
    return None if time_us is None or time_us >= _CALENDAR else time_us


# --- who it is --------------------------------------------------------------------------------------------------


def _who(
    scenario: Scenario,
    world: People,
    account: Account,
    body: Body,
    steps: Sequence[Switch],
    replication: int,
) -> Person:
    names, regions = list(scenario.segments), list(scenario.regions)
    own, owner = scenario.segments[names[body.segment]], scenario.segments[names[account.segment]]
    vpn_exit = world.vpn_exit(body.person, body.segment)
    shares = _shares(owner, account)
    kinds = list(scenario.documents)
    # Each kind once, in the order in which policies first ask for it.
    wanted = tuple(dict.fromkeys(kind for step in steps for kind in scenario.policies[step.policy].documents))

    def draw(purpose: int, index: int) -> float:
        return uniform(scenario.seed, replication, account.number, purpose, index)

    return Person(
        account=account.number,
        slot=body.slot,
        segment=names[body.segment],
        title=own.title,
        owner_segment=names[account.segment],
        status=own.status,
        citizenship=own.citizenship,
        home=own.home,
        role=own.role,
        organisation=own.organisation,
        channel=owner.channel,
        account_age_us=None if owner.account_age >= FOREVER else owner.account_age,
        needs_per_day=account.rate * shares[body.slot],
        card=regions[account.card],
        declared=regions[account.declared],
        documents={
            kind: owner.status in scenario.documents[kind].proves
            and draw(HOLDS_DOCUMENT, kinds.index(kind)) < owner.documents.get(kind, 0.0)
            for kind in wanted
        },
        never_answers=draw(NEVER_ANSWERS, 0) < owner.never_answers if wanted else None,
        vpn=None if vpn_exit is None else regions[vpn_exit],
        vpn_on=own.vpn.on if vpn_exit is not None else 0.0,
        trips=tuple(
            Trip(trip.begin_us, _dated(trip.end_us), regions[trip.region])
            for trip in world.trips(body.person, body.segment)
        ),
        others=tuple(
            Companion(
                other.slot,
                names[other.segment],
                scenario.segments[names[other.segment]].title,
                shares[other.slot],
            )
            for other in account.bodies
            if other.slot != body.slot
        ),
        licences=tuple(_licensed(scenario, names[body.segment], owner.channel, replication)),
    )


def _licensed(scenario: Scenario, segment: str, channel: str, replication: int) -> Iterator[Licensed]:
    """The licences that people of a segment have a part in, on accounts of a channel."""
    drawn = draw_licences(scenario, scenario.seed, replication)
    for o, order in enumerate(scenario.orders):
        for n, licence in enumerate(order.licences):
            if not has_part(licence, segment, scenario.segments[segment], channel):
                continue
            start = licence_from_us(scenario, licence, drawn[o][n])
            expires = FOREVER if licence.until is None else microseconds(scenario, licence.until)
            yield Licensed(
                licence_title(licence, n),
                licence.models or order.models,
                _dated(start),
                _dated(expires),
            )


def _shares(owner: Segment, account: Account) -> dict[int, float]:
    """Part of the account's needs that each body makes, by slot."""
    entries = list(owner.co_users.values())
    shares = {body.slot: entries[body.slot - 1].share for body in account.bodies[1:]}
    return {0: 1.0 - sum(shares.values())} | shares


# --- the operator -------------------------------------------------------------------------------------------------


def _switches(scenario: Scenario, steps: Sequence[Switch]) -> Mapping[int, str]:
    """Which policy comes into place at each instant within the window; 0: what is in place from the start."""
    found = {max(step.at_us, 0): step.policy for step in steps if step.at_us < scenario.length}
    return dict(sorted(found.items()))


def _opens(
    scenario: Scenario,
    law: Law,
    gate: Sequence[Tables],
    rows: Ledger,
    slot: int,
    steps: Sequence[Switch],
) -> Mapping[str, tuple[int, ...]]:
    """Model that a body wants -> the instants at which the gate opens for it, after having been closed."""
    own, found = np.flatnonzero(rows.body == slot), {}
    for row in own[np.unique(rows.model[own], return_index=True)[1]]:
        # Whether a policy acts on a cell goes by model and channel only: those of one need are those of all.
        model, cell = int(rows.model[row]), int(rows.cell[row])
        channel = CHANNELS.index(list(scenario.segments.values())[rows.owner_segment[row]].channel)
        closed = [
            bool(epoch.named[model] and epoch.gated[model, channel] and tables.acts[cell])
            and not _is_open(scenario, in_place(steps, epoch.start_us))
            for epoch, tables in zip(law.epochs, gate, strict=True)
        ]
        found[list(scenario.models)[model]] = tuple(
            epoch.start_us
            for epoch, before, now in zip(law.epochs[1:], closed, closed[1:], strict=False)
            if before and not now
        )
    return found


def _is_open(scenario: Scenario, policy: str | None) -> bool:
    """Whether what is in place serves everybody."""
    return policy is None or isinstance(scenario.policies[policy], Open)


# --- the law ----------------------------------------------------------------------------------------------------


def _in_words(changes: Sequence[LawChange]) -> Mapping[int, tuple[str, ...]]:
    """Instant -> what changes in the law, in words; 0: what holds from the start."""
    found: dict[int, tuple[str, ...]] = {}
    for change in changes:
        found[change.at_us] = (*found.get(change.at_us, ()), change.words)
    return found
