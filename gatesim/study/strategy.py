"""The course of the operator's strategy: what is in place when, and how long the service is dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from gatesim.gates.strategy import compile_strategy, switches
from gatesim.gates.tables import BLOCK, FRESH, Tables
from gatesim.law.law import Law, order_end_us
from gatesim.measures.numbers import format_date
from gatesim.measures.rows import Row
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY
from gatesim.study.plan import plan


@dataclass(frozen=True)
class Step:
    """From an instant on a policy is in place."""

    at: datetime
    policy: str


@dataclass(frozen=True)
class Review:
    """What the operator believes at a review: the weight of each world, and for each policy that is ready the
    probability that it is within the limit."""

    at: datetime
    weights: dict[str, float]
    within: dict[str, float]


@dataclass(frozen=True)
class Dark:
    """How long a model is refused to everybody.

    Attributes
    ----------
    model
        Its name.
    days
        Time in the window during which an account that nothing is known of is refused the model in every cell.
    fallback
        The model that is served instead, if any.
    tolerated_days
        What the operator's contract tolerates; None where there is no contract.
    broken
        The instant at which more dark time has passed than the contract tolerates; None where it has not.
    """

    model: str
    days: float
    fallback: str | None
    tolerated_days: float | None
    broken: datetime | None


@dataclass(frozen=True)
class Course:
    """What a strategy does.

    Attributes
    ----------
    steps
        Switches before the end of the window, in order.
    dark
        Dark time of each model that an order names.
    possible
        The instant from which a policy of the ladder other than a shutdown is ready, and in truth within the limit
        and above the floor; None where there is none within the window, or where it is not `dated`.
    known
        For `best`: the first review at which the operator believes so of one.
    dated
        Whether it was found out when that is possible: for `best`; else where all of the ladder was judged, and
        neither noise nor an unknown limit leaves it open.
    reviews
        For `best`: each review in the window.
    """

    steps: tuple[Step, ...]
    dark: tuple[Dark, ...]
    possible: datetime | None = None
    known: datetime | None = None
    dated: bool = False
    reviews: tuple[Review, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "steps": [{"at": step.at.isoformat(), "policy": step.policy} for step in self.steps],
            "dark": [
                asdict(one) | {"broken": None if one.broken is None else one.broken.isoformat()}
                for one in self.dark
            ],
            "possible": None if self.possible is None else self.possible.isoformat(),
            "known": None if self.known is None else self.known.isoformat(),
            "dated": self.dated,
            "reviews": [asdict(one) | {"at": one.at.isoformat()} for one in self.reviews],
        }


def course(scenario: Scenario, law: Law, row: Row | None = None) -> Course:
    """The course of the operator's strategy under one reading.

    Parameters
    ----------
    scenario, law
        A scenario with an operator, and its law under the reading.
    row
        What the listed policies come to under all standards of the orders; None where that is not known.

    Raises
    ------
    ValueError
        If the scenario has no operator.
    """
    planned = plan(scenario)
    steps = tuple(
        Step(scenario.start + timedelta(microseconds=step.at_us), step.policy)
        for step in planned.steps
        if step.at_us < scenario.length
    )
    stretches, gate = compile_strategy(scenario, law, planned.steps)
    named = [name for name in scenario.models if any(name in order.models for order in scenario.orders)]
    dated = bool(planned.reviews)
    possible = _instant(scenario, planned.possible_us)
    if not dated:
        dated, possible = _possible(scenario, row)
    return Course(
        steps,
        tuple(_dark(scenario, stretches, gate, name) for name in named),
        possible,
        _instant(scenario, planned.known_us),
        dated,
        tuple(
            Review(scenario.start + timedelta(microseconds=one.at_us), dict(one.weights), dict(one.within))
            for one in planned.reviews
        ),
    )


def _possible(scenario: Scenario, row: Row | None) -> tuple[bool, datetime | None]:
    """Whether it is known from when on a policy of the ladder other than a shutdown would do; and the instant."""
    assert scenario.operator is not None, "there is a strategy"
    if row is None:
        return False, None
    judged = {one.policy: one for one in row.policies}
    gates = [name for name in scenario.operator.ladder if not scenario.policies[name].is_shutdown]
    over = scenario.start + timedelta(microseconds=_over_us(scenario))
    able = [judged[name] for name in gates if name in judged]
    ready = [one for one in able if one.ready is not None and one.ready < over]
    sure = [one.ready for one in ready if one.within == "yes" and one.serves_floor == "yes" and one.ready]
    open_still = [one.ready for one in ready if one.undecided and "no" not in {one.within, one.serves_floor}]
    first = min(sure, default=None)
    if any(at is not None and (first is None or at < first) for at in open_still):
        return False, None
    return True, first


def _over_us(scenario: Scenario) -> int:
    """The end of the orders, or of the window. Ends that are drawn are not counted as ends."""
    ends = [
        order_end_us(scenario, order.model_copy(update={"ends": tuple(e for e in order.ends if e.at)}))
        for order in scenario.orders
    ]
    return min(max(ends, default=0), scenario.length)


def _instant(scenario: Scenario, at_us: int | None) -> datetime | None:
    return None if at_us is None else scenario.start + timedelta(microseconds=at_us)


def _dark(scenario: Scenario, law: Law, gate: Sequence[Tables], name: str) -> Dark:
    model = list(scenario.models).index(name)
    assert scenario.operator is not None, "there is a strategy"
    contract = scenario.operator.contract
    fallback = scenario.models[name].fallback
    total, broken_us = 0, None
    for epoch, tables in zip(law.epochs, gate, strict=True):
        spared = contract is not None and contract.fallback_counts and fallback is not None
        if spared or not _refuses_all(scenario, tables, model, epoch.gated[model].all()):
            continue
        if contract is not None and broken_us is None and total + epoch.length_us > contract.tolerates:
            broken_us = epoch.start_us + contract.tolerates - total
        total += epoch.length_us
    broken = None if broken_us is None else scenario.start + timedelta(microseconds=broken_us)
    tolerated = None if contract is None else contract.tolerates / DAY
    return Dark(name, total / DAY, fallback, tolerated, broken)


def _refuses_all(scenario: Scenario, tables: Tables, model: int, gated: bool) -> bool:
    """Whether the gate refuses a model in every cell of every channel that somebody uses."""
    used = sorted({CHANNELS.index(s.channel) for s in scenario.segments.values() if s.share > 0})
    shape = (-1, len(CHANNELS), len(scenario.models), len(scenario.age_bands) + 1)
    blocks = (tables.acts & (tables.actions[FRESH] == BLOCK)).reshape(shape)
    return bool(gated and blocks[:, used, model].all())


def late_words(scenario: Scenario, policy: str | None = None) -> tuple[str, ...]:
    """For each policy of a ladder that is ready only when no order is in force within the window any more: that it is
    of no use there, whatever the strategy. Ends that are drawn are not counted as ends.

    Parameters
    ----------
    scenario
        The scenario; without an operator nothing is late.
    policy
        One of the ladder's policies, or ``operator``; by default all of them.
    """
    if scenario.operator is None:
        return ()
    over = _over_us(scenario)
    wanted = scenario.operator.ladder if policy in (None, OPERATOR) else (policy,)
    late = [step for step in switches(scenario) if step.at_us >= over and step.policy in wanted]
    dates = [scenario.start + timedelta(microseconds=step.at_us) for step in late]
    return tuple(
        f'"{step.policy}" of the operator\'s ladder is ready on {format_date(at.replace(second=0, microsecond=0))}, '
        "when no order is in force within the window any more: it changes nothing."
        for step, at in zip(late, dates, strict=True)
    )
