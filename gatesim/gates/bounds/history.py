"""Program B: gates with a memory of an account's own history.

What such a gate could come to know of an account in the end, it is told at once; docs/bounds.md says why no gate can
know more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, product
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.answers import all_answers
from gatesim.gates.bounds.one_need import PEOPLE, clears_at_some_time, stretches
from gatesim.gates.bounds.program import ALLOW, Part, Program, TooLarge
from gatesim.gates.bounds.requests import useful_kinds
from gatesim.gates.bounds.words import WORDS, are_tied, followed, over_time, words_of
from gatesim.law.law import Law
from gatesim.scenario.people import CHANNELS, Channel, Segment
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.cells import device_weights

Floats = NDArray[np.float64]

MAX_ROWS = 3_000_000
"""The most rows of a program."""

MOST_OF_WORDS = 200_000
"""So many rows of a class may come from telling apart for how long a customer's word has stood; where more would, it
is told sooner whether it is false."""

SCOPE = (
    "gates with any memory of an account's own history, and of nothing else; they are told all that is drawn once for "
    "the account (channel, age, organisation, card, form, rate, who shares it, VPNs), where everybody on it is, how "
    "every request for a document would be passed or not, the place, network and time of each session, what customers "
    "say and whether it has shown to be false, never status, citizenship or what documents show; requests are answered "
    "at once, so that nobody waits for a reviewer; " + PEOPLE
)

TOLD = frozenset({"device", "network", "network_kind", "card", "declared", "organisation"})
"""Attributes whose true values the gates are told. Should a signal observe another one, its readings could tell who
is on an account: then all segments of owners are told apart."""

_DIGITS = 12
"""Probabilities that agree to so many digits tell a gate nothing."""


@dataclass(frozen=True)
class _Body:
    """The laws of somebody on an account, all of which a gate can come to know.

    Attributes
    ----------
    home, trips, models
        Where they live, how they travel, what they use.
    share
        Their share of the account's needs.
    """

    home: str
    trips: tuple[object, ...]
    models: tuple[tuple[str, float], ...]
    share: float


@dataclass(frozen=True)
class _Laws:
    """What a gate knows of an account for certain; the owner's segment only where all are told apart."""

    channel: Channel
    age: int
    organisation: str | None
    gives_up: float
    bodies: tuple[_Body, ...]
    segment: str


@dataclass(frozen=True)
class _Kind:
    """Accounts of one owner segment with certain people on them.

    Attributes
    ----------
    owner
        Name of the owner's segment.
    bodies
        Segments of the people, the owner first.
    accounts
        Number of such accounts, of all represented.
    """

    owner: str
    bodies: tuple[Segment, ...]
    accounts: float


def program_b(scenario: Scenario, law: Law, *, whole: bool = False) -> Program:
    """The program of all gates with a memory of an account's own history.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under one reading (random ends drawn).
    whole
        Whether rows of which all kinds of accounts are restricted alike keep what is known of the account, so that
        the rows are the same whoever is restricted.

    Returns
    -------
    Program
        A row for each class of accounts that such a gate can tell apart, and each kind of session. It leaves the desk
        out: every request is answered at once. What is known of a limit with the desk: docs/bounds.md.

    Raises
    ------
    TooLarge
        If there are too many classes, or too many ways in which owners can answer.
    """
    parts: list[Part] = []
    total, unasked = np.zeros(2), np.zeros(2)
    alone: dict[str, bool] = {}
    size = 0
    for laws, kinds in _classes(scenario, clears_at_some_time(law)).items():
        found = _Class(scenario, law, laws, kinds)
        for kind, is_alone in zip(kinds, found.alone(), strict=True):
            alone[kind.owner] = alone.get(kind.owner, True) and is_alone
        total += found.total
        unasked += found.unasked
        more = found.parts(whole)
        parts += more
        size += sum(len(part) for part in more)
        if size > MAX_ROWS:
            raise TooLarge(
                f"accounts and sessions fall into more than {MAX_ROWS} classes: leave out kinds of documents, "
                "co-users, regions, or differences among cards, forms and VPN exits"
            )
    return Program(
        "B",
        law.reading,
        tuple(parts),
        (ALLOW,),
        float(total[0]),
        float(total[1]),
        float(unasked[0]),
        float(unasked[1]),
        None,
        SCOPE,
        tuple(name for name, is_alone in alone.items() if is_alone),
    )


def _classes(scenario: Scenario, clears: Sequence[tuple[bool, ...]]) -> dict[_Laws, list[_Kind]]:
    """All accounts with needs, by what a gate knows of them for certain."""
    asks = bool(useful_kinds(scenario, clears))
    told = TOLD if are_tied(scenario) else TOLD | WORDS
    apart = any(signal.observes not in told for signal in scenario.signals.values())
    found: defaultdict[_Laws, list[_Kind]] = defaultdict(list)
    for name, owner in scenario.segments.items():
        if owner.share * owner.needs_per_day == 0:
            continue
        entries = [
            (scenario.segments[other], entry)
            for other, entry in owner.co_users.items()
            if entry.present * entry.share > 0
        ]
        for count in range(len(entries) + 1):
            for there in combinations(range(len(entries)), count):
                chance = prod(
                    entry.present if k in there else 1.0 - entry.present
                    for k, (_, entry) in enumerate(entries)
                )
                if chance == 0:
                    continue
                people = [entries[k] for k in there]
                rest = 1.0 - sum(entry.share for _, entry in people)
                bodies = [
                    _body(owner, rest),
                    *(_body(segment, entry.share) for segment, entry in people),
                ]
                laws = _Laws(
                    owner.channel,
                    owner.account_age,
                    owner.organisation,
                    owner.gives_up if asks else 0.0,
                    tuple(bodies),
                    name if apart else "",
                )
                accounts = scenario.represents * owner.share * chance
                found[laws].append(_Kind(name, (owner, *(segment for segment, _ in people)), accounts))
    return dict(found)


def _body(segment: Segment, share: float) -> _Body:
    trips = segment.trips
    travels = trips.length > 0
    return _Body(
        segment.home,
        (trips.every, trips.length, *sorted(item for item in trips.to.items() if item[1] > 0))
        if travels
        else (),
        tuple(sorted(item for item in segment.models.items() if item[1] > 0)),
        share,
    )


@dataclass(frozen=True)
class _Session:
    """A kind of session.

    Attributes
    ----------
    region
        Number of the device's region.
    makers
        Who may have made it, by their number on the account, and what share of the account's sessions are theirs
        and of this kind while everybody is where they are.
    """

    region: int
    makers: tuple[tuple[int, float], ...]


class _Row(NamedTuple):
    """Sessions of one kind for one model: float64[kind of accounts] of entitled and restricted needs.

    The needs are those of accounts with one need a day; what is drawn once for the account multiplies them.
    """

    entitled: Floats
    restricted: Floats
    session: _Session
    model: str
    epochs: tuple[int, ...]


class _Class:
    """Accounts whose laws a gate cannot tell apart."""

    def __init__(self, scenario: Scenario, law: Law, laws: _Laws, kinds: Sequence[_Kind]) -> None:
        self._scenario, self._law, self._laws, self._kinds = scenario, law, laws, kinds
        self._regions = list(scenario.regions)
        self.total, self.unasked = np.zeros(2), np.zeros(2)
        self._rows: list[_Row] = []
        owners = [scenario.segments[kind.owner] for kind in kinds]
        self._words = words_of(scenario, laws.channel, owners)
        self._values, self._rate_of_value = self._account()
        self._known = _without_parallels(self._values)
        self._collect()

    def alone(self) -> list[bool]:
        """For each kind of accounts whether what is drawn once, or shows at once, tells them from all others."""
        has = self._known > 0
        if self._words.show_in_time and self._words.stands == 0:
            has = np.concatenate(
                [has * self._words.is_false[:, None], has * ~self._words.is_false[:, None]], axis=1
            )
        return [not (has[number] & np.delete(has, number, axis=0)).any() for number in range(len(has))]

    def parts(self, whole: bool) -> list[Part]:
        """Rows in which it matters what is known of the account (all, if they are to be whole), and the others."""
        plain: list[_Row] = []
        telling: list[_Row] = []
        for row in self._rows:
            (telling if whole or _differ(row.entitled, row.restricted) else plain).append(row)
        found = []
        if plain:
            rates = self._known.sum(axis=1)
            sums = [(float(row.entitled @ rates), float(row.restricted @ rates)) for row in plain]
            found.append(self._part(np.array(sums), plain, 1))
        if telling:
            owners = [self._scenario.segments[kind.owner] for kind in self._kinds]
            answers = all_answers(self._scenario, clears_at_some_time(self._law), owners)
            for rows, known in self._by_time(telling, answers.shape[1]):
                told = _without_parallels((known[:, :, None] * answers[:, None, :]).reshape(len(owners), -1))
                entitled = np.array([row.entitled for row in rows]) @ told
                restricted = np.array([row.restricted for row in rows]) @ told
                both = np.stack([entitled.ravel(), restricted.ravel()], axis=1)
                found.append(self._part(both, rows, told.shape[1]))
        return found

    def _by_time(self, rows: Sequence[_Row], answers: int) -> Iterator[tuple[list[_Row], Floats]]:
        """Rows with what is known of the account in them, which grows in time where a word shows to be false."""
        if not self._words.show_in_time:
            yield list(rows), self._known
            return
        groups: defaultdict[tuple[int, ...], list[_Row]] = defaultdict(list)
        for row in rows:
            groups[row.epochs].append(row)
        most = MOST_OF_WORDS // (len(rows) * self._values.shape[1] * answers)
        for epochs, group in groups.items():
            spans = [(self._law.epochs[e].start_us / DAY, self._law.epochs[e].end_us / DAY) for e in epochs]
            sessions = followed(self._words, float(self._rate_of_value.max()), spans[-1][1], most)
            known = over_time(self._words, self._values, self._rate_of_value, spans, sessions)
            yield group, _without_parallels(known)

    def _part(
        self,
        needs: Floats,
        rows: Sequence[_Row],
        known: int,
    ) -> Part:
        occur = np.flatnonzero(needs.any(axis=1))

        def describe(row: int) -> Mapping[str, str]:
            number, told = divmod(int(occur[row]), known)
            _, _, session, model, epochs = rows[number]
            names = dict.fromkeys(
                self._name(kind.bodies[b]) for kind in self._kinds for b, _ in session.makers
            )
            where = {
                "channel": self._laws.channel,
                "model": model,
                "place": self._regions[session.region],
                "made by": " or ".join(names),
                "account of": " or ".join(dict.fromkeys(kind.owner for kind in self._kinds)),
            }
            if known > 1:
                where["what is known"] = f"case {told + 1} of {known}"
            return where | {"epochs": ", ".join(str(e + 1) for e in epochs)}

        one = np.ones((1, 1))
        return Part(
            np.ascontiguousarray(needs[occur, :1]),
            np.ascontiguousarray(needs[occur, 1:]),
            one,
            0.0 * one,
            np.zeros(1, dtype=np.int64),
            (" or ".join(dict.fromkeys(kind.owner for kind in self._kinds)),),
            describe,
        )

    def _name(self, segment: Segment) -> str:
        return next(name for name, known in self._scenario.segments.items() if known is segment)

    def _account(self) -> tuple[Floats, Floats]:
        """What is drawn once for the account: [kind of accounts, value], probability times rate of needs; the rates."""
        values: dict[tuple[object, ...], int] = {}
        rates: list[float] = []
        entries = []
        for number, kind in enumerate(self._kinds):
            owner = kind.bodies[0]
            for multiplier, chance in zip(owner.activity.multipliers, owner.activity.shares, strict=True):
                rate = owner.needs_per_day * multiplier
                said = enumerate(self._words.said[number])
                for (card, p), (form, q), (word, w) in product(
                    owner.card.items(), owner.declared.items(), said
                ):
                    if rate * chance * p * q * w == 0:
                        continue
                    key = (rate, card, form, word)
                    if key not in values:
                        values[key] = len(values)
                        rates.append(rate)
                    entries.append((number, values[key], rate * chance * p * q * w))
        found = np.zeros((len(self._kinds), len(values)))
        for number, value, weight in entries:
            found[number, value] += weight
        return found, np.array(rates)

    def _collect(self) -> None:
        """Fill in the rows: needs for each kind of accounts, before what is drawn once for the account."""
        rates = self._known.sum(axis=1)
        channel = CHANNELS.index(self._laws.channel)
        numbers = {id(segment): k for k, segment in enumerate(self._scenario.segments.values())}
        who = np.array([[numbers[id(segment)] for segment in kind.bodies] for kind in self._kinds])
        accounts = np.array([kind.accounts for kind in self._kinds])
        sessions = list(self._sessions())
        for model, name in enumerate(self._scenario.models):
            uses = [dict(body.models).get(name, 0.0) for body in self._laws.bodies]
            if not any(uses):
                continue
            for stretch in stretches(self._law, model, channel):
                for session, chance in sessions:
                    needs = np.array([share * uses[b] for b, share in session.makers])
                    makers = who[:, [b for b, _ in session.makers]]
                    restricted = stretch.restricted[makers, session.region]
                    each = (accounts * chance * stretch.days)[:, None] * needs
                    split = (np.where(restricted, 0.0, each).sum(axis=1), (each * restricted).sum(axis=1))
                    sums = np.array([float(part @ rates) for part in split])
                    self.total += sums
                    if not stretch.gated:
                        self.unasked += sums
                    elif sums.any():
                        self._rows.append(_Row(*split, session, name, stretch.epochs))

    def _sessions(self) -> Iterator[tuple[_Session, Floats]]:
        """Kinds of sessions, and the probability that people and VPNs are so: float64[kind of accounts].

        Cases in which VPNs tell the same of the kinds of accounts are put together.
        """
        found: defaultdict[tuple[_Session, bytes], Floats] = defaultdict(lambda: np.zeros(len(self._kinds)))
        everybody = [self._states(b) for b in range(len(self._laws.bodies))]
        alone = len(self._kinds) == 1
        for states in product(*everybody):
            chance = reduce(np.multiply, [state[2] for state in states])
            if not chance.any():
                continue
            # Of one kind of accounts there is nothing to tell.
            direction = b"" if alone else np.round(chance / chance.sum(), _DIGITS).tobytes()
            by_sign: defaultdict[tuple[int, str | None], list[tuple[int, float]]] = defaultdict(list)
            for b, (region, vpn, _) in enumerate(states):
                share = self._laws.bodies[b].share
                if vpn is None:
                    by_sign[region, None].append((b, share))
                else:
                    exit_, on = vpn
                    if on < 1:
                        by_sign[region, None].append((b, share * (1.0 - on)))
                    by_sign[region, exit_].append((b, share * on))
            for (region, _), makers in by_sign.items():
                found[_Session(region, tuple(makers)), direction] += chance
        for (session, _), chance in found.items():
            yield session, chance

    def _states(self, b: int) -> list[tuple[int, tuple[str, float] | None, Floats]]:
        """Where somebody is, their VPN (its exit, how often it is on) or None, and the probabilities."""
        places = device_weights(self._scenario, self._kinds[0].bodies[b])
        vpns: dict[tuple[str, float] | None, Floats] = {}
        for number, kind in enumerate(self._kinds):
            vpn = kind.bodies[b].vpn
            users = vpn.users if vpn.on > 0 else 0.0
            for key, chance in (
                (None, 1.0 - users),
                *(((e, vpn.on), users * p) for e, p in vpn.exits.items()),
            ):
                if chance > 0:
                    vpns.setdefault(key, np.zeros(len(self._kinds)))[number] += chance
        return [
            (region, vpn, places[region] * chance)
            for region in np.flatnonzero(places).tolist()
            for vpn, chance in vpns.items()
        ]


def _differ(entitled: Floats, restricted: Floats) -> bool:
    """Whether kinds of accounts differ in the share of restricted needs."""
    total = entitled + restricted
    occur = total > 0
    shares = restricted[occur] / total[occur]
    return bool(len(shares) and np.ptp(shares) > 0)


def _without_parallels(columns: Floats) -> Floats:
    """Add up columns that are multiples of each other: they say the same of the rows.

    They stay in the order in which they come, so that a little more or less of a probability moves none of them.
    """
    columns = columns[:, columns.any(axis=0)]
    if columns.shape[1] == 0:
        return columns
    if len(columns) == 1:
        total: Floats = columns.sum(axis=1, keepdims=True)
        return total
    direction = np.round(columns / columns.sum(axis=0), _DIGITS)
    numbers: dict[bytes, int] = {}
    which = [numbers.setdefault(column.tobytes(), len(numbers)) for column in direction.T.copy()]
    found: Floats = np.zeros((len(columns), len(numbers)))
    for row, values in zip(found, columns, strict=True):
        np.add.at(row, which, values)
    return found
