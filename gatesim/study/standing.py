"""What remains under a limit: the outcome for the policies listed, and for all gates that a bound is about.

Everything is expected values of the exact engine, which leaves out the desk and what refused people do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.structure import may_leak
from gatesim.exact.varied import Served, Varied
from gatesim.gates.bounds import Standard
from gatesim.gates.bounds.most import Dense, most_value
from gatesim.gates.bounds.program import Program
from gatesim.gates.bounds.several import Several, most_value_within
from gatesim.gates.compile import compile_gate
from gatesim.law.law import Law
from gatesim.law.standards import Limits
from gatesim.measures.best import Contender, best_contender
from gatesim.measures.finding import OwnLeak
from gatesim.measures.judgement import OUTCOMES, RATIOS, Outcome, of_bound_b
from gatesim.measures.verdict import first_order
from gatesim.scenario.orders import Order
from gatesim.scenario.parameter import Parameter
from gatesim.scenario.schema import Scenario
from gatesim.study.ceilings import CeilingA, CeilingB
from gatesim.study.ceilings_of_orders import CeilingOfOrders
from gatesim.study.gates import laws
from gatesim.study.own_limits import OwnLimit, own_laws, own_limits

Ints = NDArray[np.int64]

SIDES = ("list", "bound_A", "bound_B")

BOUNDS: Mapping[str, Literal["A", "B"]] = {"bound_A": "A", "bound_B": "B"}

_NEXT_TO_NOTHING = 1e-300
"""So much more than nothing leaks where the value is zero and a restricted need may be served all the same."""

_NOBODY = 1e-15
"""A bound that serves a smaller part of entitled needs serves nobody."""


@dataclass(frozen=True)
class Question:
    """What is asked: under which reading, limit and floor, on which date, of which policies.

    Attributes
    ----------
    reading, ratio, limit
        The reading of the orders; ``leak_rate`` or ``leak_share``; its limit.
    floor
        The least share of entitled needs to serve.
    date
        The date on which a policy has to be ready.
    policies
        Names of the candidates: listed policies but shutting down.
    own
        Whether limit and floor are the scenario's own, so that they move with it.
    each
        Limits that hold at once, each on what its order counts by itself; then ``ratio`` and ``limit`` do not count.
        Empty: one limit, on what all orders in force restrict together.
    order
        The number of the only order whose own leaks are limited; None: those of all.
    left_out
        What orders ask for besides, from which no known limit on leaks follows, in words.
    """

    reading: str
    ratio: str
    limit: float
    floor: float
    date: datetime
    policies: tuple[str, ...]
    own: bool = True
    each: tuple[OwnLimit, ...] = ()
    order: int | None = None
    left_out: tuple[str, ...] = ()

    @property
    def standards(self) -> list[Standard]:
        """The limits of each order, as bounds take them."""
        return [one.standard for one in self.each]

    @property
    def standard(self) -> Standard:
        """The limit as a bound takes it."""
        return Standard.of_ratio(self.ratio, self.limit)

    @property
    def limits(self) -> tuple[float, ...]:
        """All limits that hold."""
        return tuple(one.standard.limit for one in self.each) or (self.limit,)

    def rooms(self, served: Served, structure: Callable[[], Sequence[bool]]) -> list[float]:
        """How far what is served is within each limit, as a share of all needs: negative where more leaks.

        Parameters
        ----------
        served
            What a policy serves.
        structure
            At a limit of zero leaks may be none by their value and some all the same. This says, for each limit,
            whether a need that it counts may be served, however improbable; for none where the value says so.
        """
        needs = max(served.all_entitled + served.all_restricted, 1e-300)
        if self.each:
            rooms = [one.room(own) / needs for one, own in zip(self.each, served.own, strict=True)]
        else:
            rooms = [(self.limit * served.base(self.ratio) - served.restricted) / needs]
        if any(limit == 0 and room >= 0 for limit, room in zip(self.limits, rooms, strict=True)):
            for number, may_leak in enumerate(structure()):
                if self.limits[number] == 0 and may_leak:
                    rooms[number] = min(rooms[number], -_NEXT_TO_NOTHING)
        return rooms


def question(
    scenario: Scenario,
    *,
    reading: str | None = None,
    limit: float | None = None,
    ratio: str | None = None,
    floor: float | None = None,
    policies: Iterable[str] | None = None,
    each: bool = False,
    number: int | None = None,
) -> Question:
    """What is asked by default: the first order's reading and standard, the verdict's floor and date.

    Parameters
    ----------
    scenario, reading, limit, ratio, floor, policies
        The scenario, and what takes the place of what it says.
    each
        Whether the limits of all orders hold at once, each on what its order counts by itself.
    number
        Of an order: only its own leaks are limited. It counts where ``each``. Before it is in force it asks nothing:
        the date is no earlier than that.

    Raises
    ------
    ValueError
        If there is no order, its limit is no known ratio, or a limit or floor is no share.
    """
    order = first_order(scenario)
    if order is None:
        raise ValueError("there is no order: nothing can be judged")
    own, left_out = own_limits(scenario, number, ratio, limit) if each else ((), ())
    chosen = Limits.of(order.standard.limit).known if limit is None else limit
    kind = order.standard.kind if ratio is None else ratio
    if own:
        kind, chosen = own[0].standard.kind, own[0].standard.limit
    elif kind not in RATIOS or not isinstance(chosen, float | int):
        raise ValueError(
            "the first order's standard is no leak ratio with a known limit: give ratio and limit"
        )
    else:
        Standard.of_ratio(kind, chosen)
    least = scenario.verdict.floor if floor is None else floor
    if not 0 <= least <= 1:
        raise ValueError(f"floor: {least:.6g} is no share: write 0.5 for one half")
    names = scenario.policies if policies is None else policies
    return Question(
        reading or order.reading,
        kind,
        chosen,
        least,
        _date(scenario, order, number if each else None),
        tuple(name for name in names if not scenario.policies[name].is_shutdown),
        limit is None and ratio is None and floor is None,
        own,
        number,
        left_out,
    )


def _date(scenario: Scenario, first: Order, number: int | None) -> datetime:
    """The verdict's date, else from when the first order is in force; not before the one asked about is."""
    chosen = first if number is None else scenario.orders[number]
    begins = chosen.issued + timedelta(microseconds=chosen.grace)
    at = scenario.verdict.at
    return begins if at is None else at if number is None else max(at, begins)


@dataclass(frozen=True)
class Candidate:
    """A listed policy at some values.

    Attributes
    ----------
    policy
        Its name.
    served
        What it serves and leaks.
    leak
        Its leak ratio; None where it is undefined.
    within, serves_floor
        Whether it is within the limit, serves the floor.
    days
        Days before the date at which it is in place; negative where it is not.
    leaks
        Where orders count each by itself, what leaks by each count.
    broken
        There, numbers of the limits that it breaks.
    """

    policy: str
    served: Served
    leak: float | None
    within: bool
    serves_floor: bool
    days: float
    leaks: tuple[OwnLeak, ...] = ()
    broken: tuple[int, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether it is in place on the date."""
        return self.days >= 0

    @property
    def _badness(self) -> float:
        """What is held against the limit, as a run does: a leak, or of several standards those that are failed."""
        if len(self.leaks) > 1:
            return len(self.broken) / len(self.leaks)
        return (self.leaks[0].value if self.leaks else self.leak) or 0.0

    @property
    def contender(self) -> Contender:
        """As far as it counts for who of several is best."""
        share = self.served.served_entitled
        return Contender(
            self.policy, self.within, self.serves_floor, self.is_ready, -self.days, share, self._badness
        )

    @property
    def outcome(self) -> Outcome:
        """What would be concluded if it were the only one."""
        if not self.within:
            return "no_gate_meets_limit"
        if not self.serves_floor:
            return "only_below_floor"
        return "gate_available" if self.is_ready else "only_not_ready"


def candidate(
    asked: Question, policy: str, served: Served, rooms: Sequence[float], days: float
) -> Candidate | None:
    """What a policy comes to; None where it serves no need, so that it is no candidate.

    Parameters
    ----------
    asked, policy, served
        What is asked, the policy, and what it serves.
    rooms
        How far it is within each limit, as a share of all needs.
    days
        Days before the date at which it is in place.
    """
    if served.entitled + served.restricted <= 0:
        return None
    share = served.served_entitled
    leak = served.leak_rate if asked.ratio == "leak_rate" else served.leak_share
    return Candidate(
        policy,
        served,
        None if asked.each else leak,
        min(rooms) >= 0,
        asked.floor <= 0 or share is None or share >= asked.floor,
        days,
        tuple(one.leak(own) for one, own in zip(asked.each, served.own, strict=True)),
        tuple(number for number, room in enumerate(rooms) if room < 0) if asked.each else (),
    )


def first_of(outcomes: Iterable[Outcome]) -> Outcome:
    """The first outcome that holds; that no gate meets the limit where there is no candidate."""
    return OUTCOMES[min((OUTCOMES.index(each) for each in outcomes), default=3)]


def outcome_of_most(side: str, most: float | None, floor: float) -> Outcome:
    """What follows from the most that any gate of a bound serves within the limit; ``side`` is which."""
    if most is None or most <= _NOBODY:
        return "no_gate_meets_limit"
    found: Outcome = "gate_available" if most >= floor else "only_below_floor"
    return of_bound_b(found) if side == "bound_B" else found


def _days_before(scenario: Scenario, policy: str, date: datetime) -> float:
    """Days before a date at which a policy is in place."""
    issued = min(order.issued for order in scenario.orders)
    return (date - issued) / timedelta(days=1) - scenario.policies[policy].lead_time / 86_400e6


class Standings:
    """Outcomes of a scenario with some of its numbers varied.

    Parameters
    ----------
    scenario
        The scenario.
    asked
        What is asked.
    parameters
        What is varied.
    known
        What policies serve as assumed, where it is known already: from the same scenario with another limit or floor.
    history
        The program of bound B as assumed, where it is made already.
    """

    def __init__(
        self,
        scenario: Scenario,
        asked: Question,
        parameters: Sequence[Parameter] = (),
        known: Mapping[str, Served] | None = None,
        history: Program | None = None,
    ) -> None:
        self._known = known or {}
        self.scenario, self.asked, self.parameters = scenario, asked, tuple(parameters)
        self.varied = Varied(scenario, self._law, parameters, asked.policies, self._own_laws)
        self.a, self.b = CeilingA(self.varied), CeilingB(self.varied, history)
        self.of_orders = {side: CeilingOfOrders(self.varied, bound) for side, bound in BOUNDS.items()}
        self.plain = tuple(name for name in asked.policies if not self.varied.remembers(name))
        self.remembering = tuple(name for name in asked.policies if self.varied.remembers(name))
        self._choices_move = any(p.table in ("orders", "verdict", "policies") for p in self.parameters)
        self._ready: dict[tuple[str, datetime], float] = {}
        """Days before a date at which a policy is in place, where neither moves."""
        self._last: dict[str, tuple[Dense, Standard, float | None]] = {}
        """By side the program solved last: where it is the same object, so is the answer."""
        self._near: dict[str, list[float]] = {}
        """By side where the search for it ended last."""
        self._last_of_orders: dict[str, tuple[Several, list[Standard], float | None]] = {}
        self._near_of_orders: dict[str, list[Ints]] = {}
        """By side the tables at which the search for it ended."""
        self.served = lru_cache(maxsize=20_000)(self._served)
        """What a policy serves at some values (a tuple); kept."""
        self.most = lru_cache(maxsize=20_000)(self._most)
        """The most that any gate of ``bound_A`` or ``bound_B`` serves at some values (a tuple); kept."""
        self._leaks = lru_cache(maxsize=5_000)(self._may_leak)

    def among(self, policies: Sequence[str]) -> Standings:
        """The same of some of the policies; what is worked out by one is known to the other."""
        some = copy(self)
        some.asked = replace(self.asked, policies=tuple(policies))
        some.plain = tuple(name for name in self.plain if name in policies)
        some.remembering = tuple(name for name in self.remembering if name in policies)
        return some

    def asking(self, scenario: Scenario, asked: Question) -> Standings:
        """The same needs and gates, asked about another limit, floor or desk; nothing else may differ.

        Parameters
        ----------
        scenario
            The same but for limits, the floor and the desk.
        asked
            What is asked of it.
        """
        other = copy(self)
        other.scenario, other.asked = scenario, asked
        # What was kept is about the other question.
        other._last, other._last_of_orders, other._near, other._near_of_orders = {}, {}, {}, {}
        other.most = lru_cache(maxsize=20_000)(other._most)
        return other

    def closely(self, policy: str) -> bool:
        """Whether a policy can be looked at in as many values as one likes: each takes the whole engine otherwise."""
        return not self.varied.remembers(policy) or self.varied.is_smooth(policy)

    def _law(self, scenario: Scenario) -> Law:
        return laws(scenario, scenario.seed, 0, (self.asked.reading,))[self.asked.reading]

    def asked_at(self, values: Sequence[float]) -> Question:
        """What is asked at some values: where the scenario's own limit, floor or date moves, it moves along."""
        if not self._choices_move or not self.asked.own:
            return self.asked
        return question(
            self.varied.at(values),
            reading=self.asked.reading,
            policies=self.asked.policies,
            each=bool(self.asked.each),
            number=self.asked.order,
        )

    def _served(self, policy: str, values: tuple[float, ...]) -> Served:
        if not values and policy in self._known:
            return self._known[policy]
        return self.varied.served(policy, values)

    def _most(self, side: str, values: tuple[float, ...]) -> float | None:
        asked = self.asked_at(values)
        if asked.each:
            return self._most_of_orders(side, values, asked.standards)
        ceiling = self.a if side == "bound_A" else self.b
        if side == "bound_A" and self.a.by_desk is not None:
            return self.a.by_desk.value(values, asked.standard)
        dense = ceiling.dense(values)
        last = self._last.get(side)
        if last is None or dense is not last[0] or asked.standard != last[1]:
            near = self._near.setdefault(side, [])
            last = self._last[side] = (dense, asked.standard, most_value(dense, asked.standard, near))
        return last[2]

    def _most_of_orders(
        self, side: str, values: tuple[float, ...], standards: list[Standard]
    ) -> float | None:
        program = self.of_orders[side].sums(values)
        last = self._last_of_orders.get(side)
        if last is None or program is not last[0] or standards != last[1]:
            near = self._near_of_orders.setdefault(side, [])
            found = (program, standards, most_value_within(program, standards, near))
            last = self._last_of_orders[side] = found
        return last[2]

    def _own_laws(self, scenario: Scenario, law: Law) -> Sequence[Law]:
        return own_laws(scenario, law, self.asked.each)

    def room(self, policy: str, values: tuple[float, ...]) -> float:
        """How far a policy is within the limit, as a share of all needs: negative where it leaks more.

        Where orders count each by itself it is the limit that leaves least.
        """
        return min(self._rooms(policy, values, self.served(policy, values), self.asked_at(values)))

    def _rooms(self, policy: str, values: tuple[float, ...], served: Served, asked: Question) -> list[float]:
        return asked.rooms(served, partial(self._structure, policy, values))

    def _structure(self, policy: str, values: tuple[float, ...]) -> Sequence[bool]:
        """For each limit whether a need that it counts may be served, where what is served does not say it."""
        if not self.varied.may_hide_leaks(policy):
            return ()
        return self._leaks(policy, self.varied.same_zeros(policy, values))

    def broken(self, policy: str, values: tuple[float, ...]) -> tuple[int, ...]:
        """Numbers of the limits that a policy breaks, where orders count each by itself."""
        rooms = self._rooms(policy, values, self.served(policy, values), self.asked_at(values))
        return tuple(number for number, room in enumerate(rooms) if room < 0)

    def above_floor(self, policy: str, values: tuple[float, ...]) -> float:
        """How far a policy is above the floor, in shares of entitled needs."""
        share = self.served(policy, values).served_entitled
        floor = self.asked_at(values).floor
        return 1.0 - floor if share is None else share - floor

    def most_above(self, side: str, values: tuple[float, ...], floor: float | None = None) -> float:
        """How far the most that any gate serves is above the floor (or another share)."""
        most = self.most(side, values)
        least = self.asked_at(values).floor if floor is None else floor
        return (-1.0 if most is None else most) - least

    def ready(self, policy: str, values: Sequence[float], asked: Question | None = None) -> float:
        """Days before the date at which a policy is in place; negative where it is not.

        ``asked`` is what is asked at these values, where that is known.
        """
        date = (asked or self.asked_at(values)).date
        if self._choices_move:
            return _days_before(self.varied.at(values), policy, date)
        key = policy, date
        if key not in self._ready:
            self._ready[key] = _days_before(self.scenario, policy, date)
        return self._ready[key]

    def _may_leak(self, policy: str, values: tuple[float, ...]) -> tuple[bool, ...]:
        """For each limit whether a need that it counts may be served at all."""
        scenario = self.varied.at(values)
        law, own = self.varied.laws_at(scenario)
        gate = compile_gate(scenario, policy, law)
        return tuple(may_leak(scenario, each, gate) for each in own or (law,))

    def candidate(
        self, policy: str, values: tuple[float, ...], served: Served, asked: Question
    ) -> Candidate | None:
        """What a policy comes to that serves so much; None where it serves no need.

        Parameters
        ----------
        policy, values, served
            The policy, the values of the parameters, and what it serves there.
        asked
            What is asked there.
        """
        rooms = self._rooms(policy, values, served, asked)
        return candidate(asked, policy, served, rooms, self.ready(policy, values, asked))

    def candidates(self, values: tuple[float, ...], policies: Iterable[str] | None = None) -> list[Candidate]:
        """The listed policies that serve at least one need."""
        asked = self.asked_at(values)
        every = asked.policies if policies is None else policies
        found = (self.candidate(policy, values, self.served(policy, values), asked) for policy in every)
        return [one for one in found if one is not None]

    def outcome(self, side: str, values: tuple[float, ...]) -> Outcome:
        """The outcome of one side at some values."""
        if side == "list":
            # Policies with a memory take longest, and are not asked where nothing can become better.
            quick = first_of(candidate.outcome for candidate in self.candidates(values, self.plain))
            if quick == OUTCOMES[0] or not self.remembering:
                return quick
            return first_of((quick, *(each.outcome for each in self.candidates(values, self.remembering))))
        return outcome_of_most(side, self.most(side, values), self.asked_at(values).floor)

    def outcomes(self, values: tuple[float, ...]) -> Mapping[str, Outcome]:
        """The outcome of each side at some values."""
        return {side: self.outcome(side, values) for side in SIDES}


def best_of(candidates: Sequence[Candidate]) -> Candidate | None:
    """The candidate that the outcome is about, by the rule of a run (`gatesim.measures.best.best_contender`)."""
    outcome = first_of(one.outcome for one in candidates)
    best = best_contender([one.contender for one in candidates], outcome)
    return next((one for one in candidates if one.policy == best), None)
