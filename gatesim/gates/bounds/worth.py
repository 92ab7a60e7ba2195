"""What a little more of something is worth: accuracy and coverage of signals, kinds of documents, reviewers.

Each is the difference between bound A as it is and bound A solved anew with the change, not a derivative: what
one point brings where the cells that pay change on the way is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, TypeVar, cast

from gatesim.gates.bounds.bound import Bound
from gatesim.gates.bounds.desk import reviews_possible
from gatesim.gates.bounds.one_need import clears_at_some_time, program_a
from gatesim.gates.bounds.program import Program
from gatesim.gates.bounds.requests import Check, all_checks, useful_kinds
from gatesim.gates.bounds.several import Several, least_multiple, most_within, several
from gatesim.gates.bounds.solve import least_leak, most_served
from gatesim.gates.bounds.standards import Standard
from gatesim.law.law import Law
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import Accuracy, Coverage, Noise, Signal
from gatesim.world.space import value_space

POINT = 0.01
"""One point of accuracy or coverage."""

_NOTHING = 1e-12
"""Differences below this are rounding."""

Leak = Literal["leak_rate", "leak_share", "leak_count"]
AnyProgram = TypeVar("AnyProgram", Program, Several)


class Worth(NamedTuple):
    """What a change is worth.

    Attributes
    ----------
    key
        What is changed: ``signals.NAME.accuracy``, ``signals.NAME.coverage``, ``documents.NAME``, ``desk.reviewers``.
    change
        How, in words.
    served
        By how much the most share of entitled needs served within the limit rises; None where it is undefined.
    leak
        By how much the least leak at the floor rises (below zero: it falls); None where it is undefined.
    why
        In words, why both are zero; empty where one is not.
    """

    key: str
    change: str
    served: float | None
    leak: float | None
    why: str


class _Value(NamedTuple):
    """A share or a number; None where it is undefined, and why."""

    value: float | None
    note: str


class _Bounds(NamedTuple):
    served: Bound | _Value
    leak: Bound | _Value


Solve = Callable[[Scenario, Literal["all"] | Sequence[Check]], _Bounds]
"""What the best gate of a scenario does that may make all requests, or some."""


def worths(
    scenario: Scenario, law: Law, standard: Standard, floor: float, *, desk: bool = True
) -> tuple[Worth, ...]:
    """What one point of each signal, each kind of document and one more reviewer is worth at bound A.

    Parameters
    ----------
    scenario, law
        The scenario, and its law under one reading.
    standard
        The limit within which entitled needs are served. The leak that is made small is of the same kind.
    floor
        The share of entitled needs at which leaks are made small.
    desk
        Whether the desk limits the reviews.

    Returns
    -------
    tuple of Worth
        Those worth most in entitled needs served first, then those that take most off the least leak.
    """
    leak: Leak = "leak_count" if standard.kind == "zero" else standard.kind

    def both(program: Program) -> _Bounds:
        return _Bounds(most_served(program, standard), least_leak(program, leak, floor))

    def solve(changed: Scenario, checks: Literal["all"] | Sequence[Check]) -> _Bounds:
        made = program_a(changed, law, checks=checks, desk=desk)
        # Without any check there is no desk to count.
        return both(made if checks else replace(made, capacity=None))

    program = program_a(scenario, law, desk=desk)
    return _all_worths(scenario, law, both(program), solve, _more(scenario, law, program, both))


def worths_of_orders(
    scenario: Scenario,
    law: Law,
    own: Sequence[Law],
    standards: Sequence[Standard],
    floor: float,
) -> tuple[Worth, ...]:
    """The same within the limits of several orders at once, each on what its order counts by itself.

    Parameters
    ----------
    scenario, law, floor
        As for `worths`; the law is that of all orders.
    own, standards
        For each limit the law in which its order alone counts, and the limit.

    Returns
    -------
    tuple of Worth
        ``leak`` is by how much the least multiple of all limits rises at which the floor can be served (below zero: it
        falls).
    """

    def both(program: Several) -> _Bounds:
        most = most_within(program, standards)
        multiple = least_multiple(program, standards, floor)
        note = "no multiple of the limits lets a gate serve the floor" if multiple is None else ""
        return _Bounds(
            _Value(most.value, most.note), _Value(None if multiple is None else round(multiple, 9), note)
        )

    def solve(changed: Scenario, checks: Literal["all"] | Sequence[Check]) -> _Bounds:
        return both(several(changed, law, own, "A", checks, desk=True))

    program = several(scenario, law, own, "A", desk=True)
    return _all_worths(scenario, law, both(program), solve, _more(scenario, law, program, both))


def _more(
    scenario: Scenario, law: Law, program: AnyProgram, both: Callable[[AnyProgram], _Bounds]
) -> _Bounds | None:
    """What the best gate does with one more reviewer on each shift; None without a desk."""
    if program.capacity is None:
        return None
    return both(replace(program, capacity=reviews_possible(_one_more_reviewer(scenario), law)))


def _all_worths(
    scenario: Scenario, law: Law, now: _Bounds, solve: Solve, more: _Bounds | None
) -> tuple[Worth, ...]:
    """All that may be worth something; ``more`` is what one more reviewer brings, if there is a desk."""
    found = [
        _worth(key, "+1 point", now, solve(changed, "all"), "no row that pays depends on it")
        if changed is not None
        else Worth(key, "+1 point", 0.0, 0.0, "it is perfect already")
        for key, changed in _better_signals(scenario)
    ]
    found += _documents(scenario, law, now, solve)
    if more is not None:
        found.append(_worth("desk.reviewers", "one more on each shift", now, more, "the desk does not bind"))
    return tuple(sorted(found, key=lambda worth: (-(worth.served or 0.0), worth.leak or 0.0, worth.key)))


def _worth(key: str, change: str, before: _Bounds, after: _Bounds, why: str) -> Worth:
    served = _difference(before.served.value, after.served.value)
    leak = _difference(before.leak.value, after.leak.value)
    if served or leak:
        return Worth(key, change, served, leak, "")
    undefined = [bound.note for bound in (before.served, before.leak) if bound.value is None]
    return Worth(key, change, served, leak, undefined[0] if len(undefined) == 2 else why)


def _difference(before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    return after - before if abs(after - before) > _NOTHING * max(1.0, abs(before)) else 0.0


def _documents(
    scenario: Scenario,
    law: Law,
    now: _Bounds,
    solve: Solve,
) -> Iterator[Worth]:
    """What it is worth that a kind of document can be asked for."""
    clears = clears_at_some_time(law)
    everything, useful = all_checks(scenario, clears), useful_kinds(scenario, clears)
    for kind in scenario.documents:
        key = f"documents.{kind}"
        if not any(kind in check.documents for check in everything):
            why = "nobody holds one" if kind in useful else "it clears nobody under this reading"
            yield Worth(key, "can be asked for", 0.0, 0.0, why)
            continue
        less = solve(scenario, all_checks(scenario, clears, without=kind))
        yield _worth(key, "can be asked for", less, now, "the best gates do as well without it")


def _one_more_reviewer(scenario: Scenario) -> Scenario:
    assert scenario.desk is not None
    shifts = tuple(
        shift.model_copy(update={"reviewers": shift.reviewers + 1}) for shift in scenario.desk.shifts
    )
    return scenario.model_copy(update={"desk": scenario.desk.model_copy(update={"shifts": shifts})})


def _better_signals(scenario: Scenario) -> Iterator[tuple[str, Scenario | None]]:
    """Scenarios in which one signal is a point better, in all that is said of it; None where it cannot be."""
    for name, signal in scenario.signals.items():
        values = value_space(scenario, signal.observes)
        for key in ("accuracy", "coverage"):
            better = _better(signal, key, values)
            changed = None
            if better != signal:
                changed = scenario.model_copy(update={"signals": {**scenario.signals, name: better}})
            yield f"signals.{name}.{key}", changed


def _better(signal: Signal, key: str, values: Sequence[str]) -> Signal:
    def of(noise: Noise) -> Noise:
        number = getattr(noise, key)
        return noise if number is None else noise.model_copy(update={key: _point_more(number, values)})

    return signal.model_copy(
        update={
            key: _point_more(getattr(signal, key), values),
            "vpn": of(signal.vpn),
            "channels": {channel: of(noise) for channel, noise in signal.channels.items()},
        }
    )


def _point_more(number: Accuracy | Coverage, values: Sequence[str]) -> Accuracy | Coverage:
    """A point more of a probability, of each of a table, or of the truth in each row of a confusion matrix."""
    if not isinstance(number, Mapping):
        return min(1.0, number + POINT)
    rows = {name: row for name, row in number.items() if isinstance(row, Mapping)}
    if not rows:
        table = cast(Mapping[str, float], number)
        return {name: min(1.0, each + POINT) for name, each in table.items()}
    matrix = {}
    for truth in values:
        row = dict(rows.get(truth, rows.get("*", {})))
        right = row.get(truth, 0.0)
        better = min(1.0, right + POINT)
        scale = (1.0 - better) / (1.0 - right) if right < 1 else 0.0
        matrix[truth] = {name: each * scale for name, each in row.items() if name != truth} | {truth: better}
    # Written as it was where nothing changed, so that a perfect matrix is seen to be one.
    return cast(
        Accuracy, rows if all(matrix[v] == dict(rows.get(v, rows.get("*", {}))) for v in values) else matrix
    )
