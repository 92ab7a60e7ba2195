"""What the orders say, instant by instant: pure functions of a scenario and a reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.scenario.orders import ABROAD, CarveOut, Clause, Licence, Order, is_drawn
from gatesim.scenario.people import CHANNELS, STATUSES, Segment, Status
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER


def microseconds(scenario: Scenario, instant: datetime) -> int:
    """Microseconds from the scenario's start to an instant (negative before it)."""
    return (instant - scenario.start) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Epoch:
    """A stretch of time in which the law is constant.

    Attributes
    ----------
    start_us, end_us
        The stretch ``[start_us, end_us)`` in microseconds.
    named
        bool[model]: an order in force names the model.
    gated
        bool[model, channel]: somebody might be restricted who uses the model through the channel.
    restricted
        bool[segment of the maker, region of the device, model, channel of the account].
    clears
        bool[status]: a proof of the status is a proof of being entitled.
    only
        bool[model]: only needs for these are measured; None: those for all that are named (see `of_one_order`).
    kind
        Bounds put epochs of which the law says the same together; not those of different kinds.
    """

    start_us: int
    end_us: int
    named: NDArray[np.bool_]
    gated: NDArray[np.bool_]
    restricted: NDArray[np.bool_]
    clears: NDArray[np.bool_]
    only: NDArray[np.bool_] | None = None
    kind: int = 0

    @property
    def measured(self) -> NDArray[np.bool_]:
        """bool[model]: needs for it are measured."""
        return self.named if self.only is None else self.only

    @property
    def length_us(self) -> int:
        """Length of the stretch in microseconds."""
        return self.end_us - self.start_us


@dataclass(frozen=True)
class Law:
    """The law over the window, under one reading.

    Attributes
    ----------
    reading
        Name of the reading.
    epochs
        Stretches in order; together they cover the window.
    in_force_us
        The first instant at which an order is in force, or None where none is within the window.
    issued_us
        The instant at which the first order was issued (it may lie before the window).
    """

    reading: str
    epochs: tuple[Epoch, ...]
    in_force_us: int | None
    issued_us: int | None

    def epoch_at(self, time_us: int) -> int:
        """Index of the epoch that holds at an instant of the window."""
        for index, epoch in enumerate(self.epochs):
            if time_us < epoch.end_us:
                return index
        raise ValueError(f"{time_us} microseconds lies after the window")


def order_end_us(scenario: Scenario, order: Order, drawn: Sequence[float] = ()) -> int:
    """The instant at which an order ends.

    Parameters
    ----------
    scenario, order
        The order and the scenario it belongs to.
    drawn
        For each of the order's ends a draw of the standard exponential distribution; needed where an end is
        given by its mean time (``after``).

    Returns
    -------
    int
        Microseconds since the start; ``FOREVER`` where the order does not end.

    Raises
    ------
    ValueError
        If an end is random and no draw was given.
    """
    in_force = microseconds(scenario, order.issued) + order.grace
    ends = [FOREVER]
    for number, end in enumerate(order.ends):
        if end.at is not None:
            ends.append(microseconds(scenario, end.at))
        elif end.after is not None and end.after < FOREVER:
            if number >= len(drawn):
                raise ValueError("the end of an order is random: its draws are needed")
            ends.append(in_force + round(min(end.after * drawn[number], FOREVER / 4)))
    return min(ends)


def has_random_end(scenario: Scenario) -> bool:
    """Whether an order ends at an instant that is drawn."""
    return any(end.after is not None for order in scenario.orders for end in order.ends)


def has_random_licence(scenario: Scenario) -> bool:
    """Whether the decision on a licence is drawn, or its instant."""
    return any(is_drawn(order, licence) for order in scenario.orders for licence in order.licences)


def has_random_dates(scenario: Scenario) -> bool:
    """Whether the law differs by replication: an end, or a licence, is drawn."""
    return has_random_end(scenario) or has_random_licence(scenario)


class LicenceDraw(NamedTuple):
    """What chance decides about a licence.

    Attributes
    ----------
    beyond
        A draw of the standard exponential distribution, for the time of the decision.
    granted
        A uniform draw: the licence is granted where it is below the probability.
    desk_us
        Microseconds from the application until the government's desk is done with it.
    """

    beyond: float
    granted: float
    desk_us: int = 0


def licence_from_us(scenario: Scenario, licence: Licence, drawn: LicenceDraw) -> int | None:
    """The instant from which a licence holds.

    Parameters
    ----------
    scenario, licence
        The licence and its scenario.
    drawn
        What chance decides.

    Returns
    -------
    int or None
        Microseconds since the start: the application, plus the time before the desk, plus ``at_least``, plus the draw
        times what the mean time is above it. None where it is refused.
    """
    if drawn.granted >= licence.granted:
        return None
    beyond = round(min((licence.decided_after - licence.at_least) * drawn.beyond, FOREVER / 4))
    return microseconds(scenario, licence.applied) + drawn.desk_us + licence.at_least + beyond


@dataclass(frozen=True)
class _Narrowing:
    """A carve-out, or a granted licence, and the time in which it holds."""

    start_us: int
    end_us: int
    what: CarveOut


def _narrowings(scenario: Scenario, order: Order, drawn: Sequence[LicenceDraw]) -> Iterator[_Narrowing]:
    for carve_out in order.carve_outs:
        yield _Narrowing(microseconds(scenario, carve_out.at), FOREVER, carve_out)
    for number, licence in enumerate(order.licences):
        if number >= len(drawn) and is_drawn(order, licence):
            raise ValueError("the decision on a licence is random: its draws are needed")
        start = licence_from_us(
            scenario, licence, drawn[number] if number < len(drawn) else LicenceDraw(0.0, 0.0)
        )
        end = FOREVER if licence.until is None else microseconds(scenario, licence.until)
        if start is not None and start < end:
            what = CarveOut(
                at=licence.applied,
                segments=licence.segments,
                organisations=licence.organisations,
                channels=licence.channels,
                models=licence.models,
            )
            yield _Narrowing(start, end, what)


def _meets(clause: Clause, segment: Segment, region: str, home: str) -> bool:
    located = clause.located
    return (
        (not clause.status or segment.status in clause.status)
        and (not clause.citizenship or segment.citizenship[0] in clause.citizenship)
        and (not located or region in located or (ABROAD in located and region != home))
        and (not clause.entity or segment.organisation in clause.entity)
    )


def _takes_out(
    carve_out: CarveOut, name: str, segment: Segment, region: str, model: str, channel: str
) -> bool:
    return (
        (not carve_out.statuses or segment.status in carve_out.statuses)
        and (not carve_out.citizenships or segment.citizenship[0] in carve_out.citizenships)
        and (not carve_out.regions or region in carve_out.regions)
        and (not carve_out.segments or name in carve_out.segments)
        and (not carve_out.organisations or segment.organisation in carve_out.organisations)
        and (not carve_out.models or model in carve_out.models)
        and (not carve_out.channels or channel in carve_out.channels)
    )


def _visible_only(carve_out: CarveOut) -> bool:
    """Whether the gate can see for certain, of every need, if the carve-out matches it."""
    hidden = (
        carve_out.statuses,
        carve_out.citizenships,
        carve_out.regions,
        carve_out.segments,
        carve_out.organisations,
    )
    return not any(hidden)


def _shows_entitled(
    scenario: Scenario,
    orders: Sequence[Order],
    carve_outs: dict[int, list[CarveOut]],
    status: Status,
    clauses: Sequence[Sequence[Clause]],
) -> bool:
    """Whether somebody of a status, at home, of nobody in particular, is free of every order."""
    met = [
        any(
            (not clause.status or status in clause.status)
            and not clause.citizenship
            and (not clause.located or scenario.home in clause.located)
            and not clause.entity
            for clause in own
        )
        for own in clauses
    ]
    return all(
        any(
            (not c.statuses or status in c.statuses)
            and (not c.regions or scenario.home in c.regions)
            and not (c.citizenships or c.segments or c.organisations)
            and (not c.models or model in c.models)
            and (not c.channels or channel in c.channels)
            for c in carve_outs[number]
        )
        for number, order in enumerate(orders)
        if met[number]
        for model in order.models
        for channel in CHANNELS
    )


def _epoch(
    scenario: Scenario,
    spans: Sequence[tuple[Order, Sequence[_Narrowing]]],
    start: int,
    end: int,
    clauses: Sequence[Clause],
) -> Epoch:
    models, regions = list(scenario.models), list(scenario.regions)
    orders = [order for order, _ in spans]
    by_order = [order.restricts or clauses for order in orders]
    in_force = {
        number: [one.what for one in narrowings if one.start_us <= start < one.end_us]
        for number, (_, narrowings) in enumerate(spans)
    }
    named = np.zeros(len(models), dtype=np.bool_)
    gated = np.zeros((len(models), len(CHANNELS)), dtype=np.bool_)
    restricted = np.zeros((len(scenario.segments), len(regions), len(models), len(CHANNELS)), dtype=np.bool_)
    for number, order in enumerate(orders):
        carve_outs = in_force[number]
        visible = [c for c in carve_outs if _visible_only(c)]
        met = [
            (s, r, name, segment, region)
            for s, (name, segment) in enumerate(scenario.segments.items())
            for r, region in enumerate(regions)
            if any(_meets(clause, segment, region, scenario.home) for clause in by_order[number])
        ]
        for model in order.models:
            m = models.index(model)
            named[m] = True
            for h, channel in enumerate(CHANNELS):
                out = any(
                    (not c.models or model in c.models) and (not c.channels or channel in c.channels)
                    for c in visible
                )
                gated[m, h] |= not out
                for s, r, name, segment, region in met:
                    if not any(_takes_out(c, name, segment, region, model, channel) for c in carve_outs):
                        restricted[s, r, m, h] = True
    clears = np.array([_shows_entitled(scenario, orders, in_force, status, by_order) for status in STATUSES])
    for array in (named, gated, restricted, clears):
        array.flags.writeable = False
    return Epoch(start, end, named, gated, restricted, clears)


def make_law(
    scenario: Scenario,
    reading: str,
    drawn: Sequence[Sequence[float]] = (),
    licences: Sequence[Sequence[LicenceDraw]] = (),
) -> Law:
    """The law over the window, all orders read in the same way.

    Parameters
    ----------
    scenario
        The scenario.
    reading
        Name of one of the scenario's readings.
    drawn
        For each order, for each of its ends, a draw of the standard exponential distribution (see
        `order_end_us`); needed only where an end is random.
    licences
        For each order, for each of its licences, what chance decides about it; needed only where one is random.

    Returns
    -------
    Law
        Its epochs cover ``[0, length)``.

    Raises
    ------
    KeyError
        If the scenario has no such reading.
    ValueError
        If an order's end or a licence is random and its draws are not given.
    """
    clauses = scenario.readings[reading].restricts
    spans = []
    for number, order in enumerate(scenario.orders):
        begin = microseconds(scenario, order.issued) + order.grace
        end = order_end_us(scenario, order, drawn[number] if number < len(drawn) else ())
        own = licences[number] if number < len(licences) else ()
        spans.append((begin, end, order, tuple(_narrowings(scenario, order, own))))
    cuts = {0}
    for begin, end, _, narrowings in spans:
        instants = {at for one in narrowings for at in (one.start_us, one.end_us)}
        cuts |= {begin, end} | {at for at in instants if begin <= at < end}
    inside = sorted(cut for cut in cuts if 0 <= cut < scenario.length)
    epochs = []
    for start, end in zip(inside, [*inside[1:], scenario.length], strict=True):
        orders = [(order, narrowings) for begin, until, order, narrowings in spans if begin <= start < until]
        epochs.append(_epoch(scenario, orders, start, end, clauses))
    starts = [max(begin, 0) for begin, end, _, _ in spans if max(begin, 0) < min(end, scenario.length)]
    issued = [microseconds(scenario, order.issued) for order in scenario.orders]
    return Law(reading, tuple(epochs), min(starts, default=None), min(issued, default=None))


def of_one_order(
    scenario: Scenario,
    law: Law,
    number: int,
    drawn: Sequence[Sequence[float]] = (),
    licences: Sequence[Sequence[LicenceDraw]] = (),
) -> Law:
    """A law of several orders, of which one alone says which needs are measured, and which are restricted.

    What a gate does under it is what it does under all the orders: which models and channels are gated, and which
    proofs clear, stays as it is.

    Parameters
    ----------
    scenario, law
        A scenario, and its law under a reading.
    number
        Number of the order.
    drawn, licences
        As for `make_law`; those that ``law`` was made with.

    Returns
    -------
    Law
        With the epochs of ``law``. Measured are needs for models that the order names, while it is in force;
        restricted are those that it restricts, whatever other orders say.
    """
    alone = make_law(
        scenario.model_copy(update={"orders": (scenario.orders[number],)}),
        law.reading,
        drawn[number : number + 1],
        licences[number : number + 1],
    )
    epochs = []
    for epoch in law.epochs:
        own = alone.epochs[alone.epoch_at(epoch.start_us)]
        epochs.append(replace(epoch, restricted=own.restricted, only=own.named))
    return replace(law, epochs=tuple(epochs))


def of_models(scenario: Scenario, law: Law, models: Sequence[str]) -> Law:
    """The same law, under which only needs for some models are measured; what a gate does under it stays.

    Parameters
    ----------
    scenario, law
        A scenario, and one of its laws.
    models
        Names of the models.

    Returns
    -------
    Law
        Measured are the needs for these models that ``law`` measures.
    """
    among = np.array([name in models for name in scenario.models])
    return replace(law, epochs=tuple(replace(e, only=e.measured & among) for e in law.epochs))


def as_measured(law: Law) -> Law:
    """The same law with only the measured models named, as the simulating engines count by what is named."""
    if all(epoch.only is None for epoch in law.epochs):
        return law
    return replace(law, epochs=tuple(replace(e, named=e.measured, only=None) for e in law.epochs))


def counted_apart(scenario: Scenario) -> tuple[int, ...]:
    """Numbers of the orders that name a model which another order names as well, for other people or another time.

    Their own standards are about what they themselves restrict, while they are in force.
    """
    whom = ("issued", "grace", "models", "restricts", "carve_outs", "ends", "licences", "licence_desk")
    orders = scenario.orders
    return tuple(
        number
        for number, one in enumerate(orders)
        if any(
            set(one.models) & set(other.models)
            and any(getattr(one, key) != getattr(other, key) for key in whom)
            for other in orders
        )
    )


def cut(law: Law, instants: Sequence[int]) -> Law:
    """The same law with its epochs cut at further instants, as a switch of policy needs them.

    Parameters
    ----------
    law
        The law.
    instants
        Microseconds since the start; those outside the window, and those at which an epoch begins already, cut
        nothing.

    Returns
    -------
    Law
        At every instant it says what ``law`` says.
    """
    epochs: list[Epoch] = []
    for epoch in law.epochs:
        inside = sorted({at for at in instants if epoch.start_us < at < epoch.end_us})
        begins, ends = [epoch.start_us, *inside], [*inside, epoch.end_us]
        epochs += [replace(epoch, start_us=a, end_us=b) for a, b in zip(begins, ends, strict=True)]
    return replace(law, epochs=tuple(epochs))


def only_until(law: Law, instant: int) -> Law:
    """The same law, under which no model is named from an instant on: needs that arise later are not measured."""
    nothing = np.zeros_like(law.epochs[0].named)
    nothing.flags.writeable = False
    return replace(
        law,
        epochs=tuple(
            epoch if epoch.start_us < instant else replace(epoch, named=nothing)
            for epoch in cut(law, [instant]).epochs
        ),
    )
