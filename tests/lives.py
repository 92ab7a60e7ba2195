"""One account's life, told a second time: an independent simulation for tests of the exact engine.

It follows docs/model.md with ordinary random numbers, for worlds in which checks take no time and nobody
leaves. Slow and plain: nothing here is shared with the engines but the law, the tables and the rows of
noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.tables import ALLOW, ALLOWED, BLOCK, BLOCKED, CHECK_FAILED, CLEARED, FRESH, Tables
from gatesim.law.law import Law
from gatesim.measures.ledger import ENDS, FALLBACK, NO_REASON, REASONS, REFUSED, SERVED
from gatesim.scenario.people import CHANNELS, STATUSES
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.world.noise import cumulative, noise_rows, value_at
from gatesim.world.space import CellSpace, age_band, value_space

VPN_PLACE = -1


class Lives:
    """Simulates accounts of one owner segment under one gate."""

    def __init__(self, scenario: Scenario, law: Law, gate: Sequence[Tables], owner: int) -> None:
        self.scenario, self.law, self.gate = scenario, law, gate
        self.names = list(scenario.segments)
        self.owner = scenario.segments[self.names[owner]]
        self.kinds = [owner, *(self.names.index(name) for name in self.owner.co_users)]
        self.people = [scenario.segments[self.names[k]] for k in self.kinds]
        self.channel = CHANNELS.index(self.owner.channel)
        self.band = age_band(scenario, self.owner)
        self.regions, self.models = list(scenario.regions), list(scenario.models)
        self.space = CellSpace.of(scenario)
        self.signals = list(scenario.signals.values())
        self.sums = [cumulative(noise_rows(scenario, signal)) for signal in self.signals]
        self.cause = [
            next((q for q, c in enumerate(scenario.causes.values()) if name in c.signals), None)
            for name in scenario.signals
        ]
        self.causes = list(scenario.causes.values())
        self.documents = list(scenario.documents.items())

    def simulate(self, accounts: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Counts by account: [account, body, restricted, end] of measured needs."""
        found = np.zeros((accounts, len(self.kinds), 2, len(ENDS)))
        for a in range(accounts):
            self._life(found[a], rng)
        return found

    def _life(self, counts: NDArray[np.float64], rng: np.random.Generator) -> None:
        choose = lambda d: list(d)[rng.choice(len(d), p=list(d.values()))]  # noqa: E731
        number = cache(lambda *key: rng.random())
        owner, days = self.owner, self.scenario.length / DAY
        activity = owner.activity.multipliers[rng.choice(len(owner.activity.shares), p=owner.activity.shares)]
        truth = {
            "card": self.regions.index(choose(owner.card)),
            "declared": self.regions.index(choose(owner.declared)),
            "organisation": value_space(self.scenario, "organisation").index(owner.organisation or "none"),
        }
        present = [True, *(rng.random() < c.present for c in owner.co_users.values())]
        shares = [0.0, *(c.share * p for c, p in zip(owner.co_users.values(), present[1:], strict=True))]
        shares[0] = 1.0 - sum(shares)
        needs: list[tuple[float, int]] = []
        trips: list[list[tuple[float, float, int]]] = []
        exits: list[int | None] = []
        for b, person in enumerate(self.people):
            count = rng.poisson(owner.needs_per_day * activity * shares[b] * days) if present[b] else 0
            needs += [(t, b) for t in rng.random(count) * days]
            trips.append(self._trips(person, days, rng, choose))
            uses = rng.random() < person.vpn.users
            exits.append(self.regions.index(choose(person.vpn.exits)) if uses else None)
        state, since = FRESH, -1
        for t, b in sorted(needs):
            e = self.law.epoch_at(int(t * DAY))
            epoch, tables = self.law.epochs[e], self.gate[e]
            if e != since:
                state, since = (state if state == CLEARED else FRESH), e
            person = self.people[b]
            trip = next((k for k, (begin, end, _) in enumerate(trips[b]) if begin <= t < end), None)
            region = self.regions.index(person.home) if trip is None else trips[b][trip][2]
            out = exits[b] if exits[b] is not None and rng.random() < person.vpn.on else None
            m = self.models.index(choose(person.models))
            if not epoch.named[m]:
                continue
            place: Any = VPN_PLACE if out is not None else "home" if trip is None else trip
            truth |= {
                "device": region,
                "network": region if out is None else out,
                "network_kind": int(out is not None),
            }
            readings = [self._reads(j, truth, b, place, t, number) for j in range(len(self.signals))]
            cell = self.space.index(readings, self.channel, m, self.band)
            end, reason = SERVED, NO_REASON
            if tables.acts[cell] and epoch.gated[m, self.channel]:
                action = tables.actions[state, cell]
                was = state
                enters = None
                if action == ALLOW:
                    enters = ALLOWED if was == FRESH else None
                elif action == BLOCK:
                    standing = was in (BLOCKED, CHECK_FAILED)
                    reason = REASONS.index(
                        "shutdown" if tables.is_shutdown else "standing_block" if standing else "rule"
                    )
                    enters = BLOCKED if was == FRESH else None
                else:
                    reason = self._check(tables, epoch.clears, number, rng)
                    enters = CLEARED if reason == NO_REASON else CHECK_FAILED
                if enters is not None and tables.durations_us[enters] > 0:
                    state = enters
                if reason != NO_REASON:
                    falls = (
                        self.scenario.models[self.models[m]].fallback
                        and rng.random() < self.scenario.reactions.fall_back
                    )
                    end = FALLBACK if falls else REFUSED
            restricted = int(epoch.restricted[self.kinds[b], region, m, self.channel])
            counts[b, restricted, ENDS.index((end, reason))] += 1

    def _trips(
        self, person: Any, days: float, rng: np.random.Generator, choose: Any
    ) -> list[tuple[float, float, int]]:
        every, length = person.trips.every / DAY, person.trips.length / DAY
        found: list[tuple[float, float, int]] = []
        if length == 0:
            return found
        t = 0.0 if rng.random() < length / (length + every) else rng.exponential(every)
        while t < days:
            end = t + rng.exponential(length)
            found.append((t, end, self.regions.index(choose(person.trips.to))))
            t = end + rng.exponential(every)
        return found

    def _reads(self, j: int, truth: dict[str, int], body: int, place: Any, t: float, number: Any) -> int:
        signal = self.signals[j]
        unit = {"account": ("account",), "place": (body, place), "session": (body, t)}[signal.refresh]
        u = number("own", j, *unit)
        q = self.cause[j]
        if q is not None:
            if self.causes[q].scope == "network" and place == "home":
                unit = ("network", self.people[body].home)
            if number("acts", q, *unit) < self.causes[q].probability:
                u = number("common", q, *unit)
        v = truth[signal.observes]
        sums = self.sums[j][self.channel, truth["network_kind"], v]
        p = int(np.searchsorted(sums, u, side="right"))
        return value_at(v, p) if p < len(sums) - 1 else p

    def _check(self, tables: Tables, clears: NDArray[np.bool_], number: Any, rng: np.random.Generator) -> int:
        """Reason for which a check fails, or none."""
        owner = self.owner
        if number("never") < owner.never_answers:
            return REASONS.index("no_answer")
        if rng.random() < owner.gives_up:
            return REASONS.index("gave_up")
        good = lambda shows: shows == "nothing" or bool(clears[STATUSES.index(shows)])  # noqa: E731
        kinds = [kind for _, kind in self.documents]
        holds = [
            number("holds", d) < owner.documents.get(name, 0.0) for d, (name, _) in enumerate(self.documents)
        ]
        accepted = [d for d in tables.documents if any(good(shows) for shows in kinds[d].proves.values())]
        mine = [d for d in accepted if holds[d] and good(kinds[d].proves[owner.status])]
        if mine:
            passes = number("error", mine[0]) >= tables.false_reject[mine[0]]
        elif accepted and number("borrows", accepted[0]) < owner.presents_borrowed:
            passes = number("error", accepted[0]) < tables.false_match[accepted[0]]
        elif accepted and number("forges", accepted[0]) < owner.presents_forged:
            passes = number("error", accepted[0]) < tables.false_accept[accepted[0]]
        elif any(holds[d] for d in tables.documents):
            passes = False
        else:
            return REASONS.index("no_document")
        return NO_REASON if passes else REASONS.index("check_failed")
