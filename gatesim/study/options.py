"""What there is to choose from on a date: which policies are ready, what they serve and leak, and the outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gatesim.law.law import Law, microseconds
from gatesim.law.staff import lead_time
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import FLOOR, explain_outcome
from gatesim.measures.numbers import format_date
from gatesim.measures.own import Combined
from gatesim.scenario import Loaded, ScenarioError, load
from gatesim.scenario.errors import Problem, nearest
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import laws
from gatesim.study.placing import placing
from gatesim.study.progress import Progress
from gatesim.study.result import RESULT_SCHEMA, Result
from gatesim.study.run import run
from gatesim.study.shown import Shown
from gatesim.study.transition import transition

if TYPE_CHECKING:
    import pandas as pd


Phase = Literal["before_issue", "grace", "in_force", "between", "over", "before_window", "after_window"]

Standing = Literal[
    "available",
    "not_ready",
    "below_floor",
    "not_within",
    "depends",
    "cannot_tell",
    "serves_nobody",
    "not_asked",
]
"""What a policy comes to on a date, by all standards of the orders: within all of them, serving the floor and ready;
the first two but later; within them only; not within one of them; it depends on a limit that nobody has stated; noise
decides; no need is served; no order holds on the date, so nothing is asked."""


@dataclass(frozen=True)
class Option:
    """One policy on the date.

    Attributes
    ----------
    policy, title, family
        Its name, what it is, its family.
    lead_time_us
        Time from the issue of the first order until it could be in place.
    ready
        The instant at which it could be in place; None where it never is.
    is_ready
        Whether it is, on the date.
    served, leak_rate, leak_share
        What it serves of entitled needs and what it leaks, as if it had been in place from the first instant.
    may_leak
        Whether a restricted need can be served at all, by the structure of the model.
    standing
        What it comes to, under the orders' own standards.
    chance
        The probability that it is within all of them, over limits that nobody has stated; None where noise leaves
        it open, or nothing is asked.
    """

    policy: str
    title: str
    family: str
    lead_time_us: int
    ready: datetime | None
    is_ready: bool
    served: Measure
    leak_rate: Measure
    leak_share: Measure
    may_leak: bool
    standing: Standing
    chance: float | None


@dataclass(frozen=True)
class Options(Shown):
    """The answer of `options`.

    Attributes
    ----------
    at
        The date.
    phase
        Where the date lies: before the first order's issue, in its grace, while an order is in force, between two
        orders, after the last; or outside the window.
    words
        The same in words.
    reading
        How the orders are read.
    options
        The listed policies.
    own
        What the orders' own standards come to under the reading: each, all together, over unknown limits; None
        where no order is in force or about to be.
    result
        The run that the numbers are from; its verdict is for the date where that lies in the window.
    """

    at: datetime
    phase: Phase
    words: str
    reading: str
    options: tuple[Option, ...]
    own: Combined | None
    result: Result

    def __repr__(self) -> str:
        return f"<Options of {self.result.loaded.scenario.title!r}: {len(self.options)} policies>"

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each policy."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "policy": option.policy,
                    "ready": option.ready,
                    "is_ready": option.is_ready,
                    "served_entitled": option.served.value,
                    "leak_rate": option.leak_rate.value,
                    "leak_share": option.leak_share.value,
                    "standing": option.standing,
                    "chance": option.chance,
                }
                for option in self.options
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        transition = self.result.transition
        return {
            "schema": RESULT_SCHEMA,
            "scenario": self.result.loaded.scenario.title,
            "engine": self.result.engine,
            "at": self.at.isoformat(),
            "phase": self.phase,
            "words": self.words,
            "reading": self.reading,
            "options": [_as_data(option) for option in self.options],
            "outcomes": [
                {"outcome": outcome, "probability": chance, "explanation": explain_outcome(outcome)}
                for outcome, chance in (self.own.outcomes if self.own else {}).items()
            ],
            "remains": None if self.result.remains is None else self.result.remains.to_dict(),
            "best": self.own.together.best if self.own and self.own.together else None,
            "transition": None if transition is None else vars(transition),
            "warnings": list(self.result.loaded.warnings),
            "notes": list(self.result.notes),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, default=str)


def _as_data(option: Option) -> dict[str, Any]:
    return {
        "policy": option.policy,
        "title": option.title,
        "family": option.family,
        "lead_time_us": option.lead_time_us,
        "ready": None if option.ready is None else option.ready.isoformat(),
        "is_ready": option.is_ready,
        FLOOR: option.served.to_dict(),
        "leak_rate": option.leak_rate.to_dict(),
        "leak_share": option.leak_share.to_dict(),
        "may_leak": option.may_leak,
        "standing": option.standing,
        "chance": option.chance,
    }


@placing
def options(
    source: str | Path | Loaded,
    *,
    at: str | date | datetime,
    policies: Sequence[str] | None = None,
    reading: str | None = None,
    sets: Sequence[str] = (),
    engine: str = "exact",
    progress: Progress | None = None,
    workers: int | None = None,
    plugins: Mapping[str, Any] | None = None,
) -> Options:
    """Say what there is to choose from on a date.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    at
        The date. A date without time is 00:00 in the zone of the scenario's start; a date with time says its zone.
    policies
        Names of the policies; by default all.
    reading
        The reading of the orders; by default that of the first order.
    sets
        Keys to set, each ``KEY=VALUE``.
    engine, progress, workers, plugins
        As for `gatesim.run`.

    Returns
    -------
    Options
        For each policy when it is ready, what it serves and leaks, and what it comes to.

    Raises
    ------
    ScenarioError
        If the scenario, the date, a policy or the reading is wrong.
    CannotDo
        If the exact engine cannot do a policy.

    Notes
    -----
    Ready is the issue of the first order plus the lead time, as for the verdict. What a policy serves and leaks is
    for all the time that an order is in force, as in a run: each as if it had been in place from the first instant.
    """
    loaded = (
        (source.with_sets(sets) if sets else source) if isinstance(source, Loaded) else load(source, sets)
    )
    when = instant(loaded.scenario, at)
    chosen = _reading(loaded, reading)
    law = laws(loaded.scenario, loaded.scenario.seed, 0)[chosen]
    phase, words = _phase(loaded.scenario, law, when)
    if not phase.endswith("_window"):
        loaded = loaded.with_sets([f"verdict.at={when.isoformat()}"])
    listed = list(loaded.scenario.policies)
    if loaded.scenario.operator is not None and OPERATOR in (policies or ()):
        message = "a strategy is a course of several policies, and no option by itself"
        raise ScenarioError([Problem("--policy", None, OPERATOR, message, nearest("", listed, "there are"))])
    result = run(
        loaded,
        policies=listed if policies is None else policies,
        engine=engine,
        progress=progress,
        workers=workers,
        plugins=plugins,
    )
    asked = phase in ("grace", "in_force")
    judged = next((one for one in result.verdict.own if one.reading == chosen), None)
    own = judged if asked else None
    if chosen != result.reading and loaded.scenario.orders:
        # A run tells it of the first order's reading.
        measured = {name: one.measures for name, one in result.found[chosen].items()}
        result = replace(result, transition=transition(loaded.scenario, law, judged, measured))
    found = tuple(_option(result, chosen, name, when, own) for name in result.found[chosen])
    return Options(when, phase, words, chosen, found, own, result)


# --- the date ---------------------------------------------------------------------------------------------------


def instant(scenario: Scenario, at: str | date | datetime) -> datetime:
    """The instant of a date as it is given to a command.

    Raises
    ------
    ScenarioError
        If it is no date, or has a time and no zone.
    """
    zone = scenario.start.tzinfo
    found = at
    if isinstance(at, str):
        try:
            found = date.fromisoformat(at.strip())
        except ValueError:
            try:
                found = datetime.fromisoformat(at.strip())
            except ValueError:
                raise _no_date(scenario, at, "is no date") from None
    if isinstance(found, datetime):
        if found.tzinfo is None:
            raise _no_date(scenario, str(at), "has a time and no zone")
        return found.astimezone(zone)
    if isinstance(found, date):
        return datetime.combine(found, time(), zone)
    raise _no_date(scenario, str(at), "is no date")


def _no_date(scenario: Scenario, at: str, message: str) -> ScenarioError:
    example = scenario.start.isoformat(timespec="minutes")
    hint = f"write {example[:10]} for 00:00 of that day in the scenario's zone, or {example}"
    return ScenarioError([Problem("--at", None, at[:60], message, hint)])


def _phase(scenario: Scenario, law: Law, at: datetime) -> tuple[Phase, str]:
    """Where a date lies, and the words for it."""
    orders = scenario.orders
    if not orders:
        return "over", "The scenario has no order."
    end = scenario.start + timedelta(microseconds=scenario.length)
    if at < scenario.start:
        return "before_window", (
            f"The date lies before the window, which begins on {format_date(scenario.start)}: nothing is said of "
            "what orders ask then."
        )
    if at >= end:
        return "after_window", (
            f"The date lies after the window, which ends on {format_date(end)}: nothing is said of what orders ask "
            "then. Make the window longer (length) to look there."
        )
    now = microseconds(scenario, at)
    epoch = law.epochs[law.epoch_at(now)]
    if epoch.named.any():
        return "in_force", f"An order is in force on {format_date(at)}."
    issued = min(order.issued for order in orders)
    later = [e.start_us for e in law.epochs if e.start_us > now and e.named.any()]
    earlier = any(e.named.any() for e in law.epochs if e.start_us < now)
    if at < issued:
        return "before_issue", (
            f"No order is issued yet: the first one is on {format_date(issued)}, and lead times run from it. "
            "Until an order is in force nothing is asked of a gate."
        )
    if earlier and later:
        begins = scenario.start + timedelta(microseconds=later[0])
        return "between", (
            f"No order is in force: one has ended, and the next is in force from {format_date(begins)}. "
            "Nothing is asked of a gate on this date."
        )
    if later:
        begins = scenario.start + timedelta(microseconds=later[0])
        return "grace", (
            f"The order is issued, and in force from {format_date(begins)}. Whatever is served before is no leak; "
            "the outcome is that of a switch on this date."
        )
    if earlier:
        over = max(e.end_us for e in law.epochs if e.named.any())
        ended = scenario.start + timedelta(microseconds=over)
        return "over", (
            f"No order is in force any more: the last one ended on {format_date(ended)}. Nothing is asked of a gate."
        )
    return "over", "No order comes into force within the window: nothing is asked of a gate."


# --- the policies -----------------------------------------------------------------------------------------------


def _reading(loaded: Loaded, reading: str | None) -> str:
    scenario = loaded.scenario
    if not scenario.orders:
        file = loaded.files[-1][0]
        raise ScenarioError([Problem(file, None, "orders", "there is no order: nothing can be judged")])
    if reading is not None and reading not in scenario.readings:
        from gatesim.scenario.errors import nearest

        hint = nearest(reading, scenario.readings, "there are")
        raise ScenarioError([Problem("--reading", None, reading, "the scenario has no such reading", hint)])
    return reading or scenario.orders[0].reading


def _option(result: Result, reading: str, name: str, at: datetime, own: Combined | None) -> Option:
    scenario = result.loaded.scenario
    policy, found = scenario.policies[name], result.found[reading][name]
    issued = min(order.issued for order in scenario.orders)
    needed = lead_time(scenario, name)
    try:
        ready: datetime | None = issued + timedelta(microseconds=needed)
    except OverflowError:
        ready = None
    is_ready = ready is not None and ready <= at
    standing, chance = _standing(own, name, is_ready)
    return Option(
        name,
        policy.title,
        policy.family,
        needed,
        ready,
        is_ready,
        found.measures[FLOOR],
        found.measures["leak_rate"],
        found.measures["leak_share"],
        found.may_leak,
        standing,
        chance,
    )


def _standing(own: Combined | None, name: str, is_ready: bool) -> tuple[Standing, float | None]:
    """What a policy comes to, and how surely it is within all standards; who serves nobody is no candidate."""
    if own is None:
        return "not_asked", None
    if name not in own.meets:
        return "serves_nobody", None
    meets, serves = own.meets[name], own.serves_floor[name]
    chance = None if meets["undecided"] > 0 else meets["yes"]
    if chance is not None and 0 < chance < 1:
        return "depends", chance
    if chance == 0:
        return "not_within", chance
    if serves == "no":
        return ("below_floor" if chance else "cannot_tell"), chance
    if chance is None or serves == "undecided":
        return "cannot_tell", chance
    return ("available" if is_ready else "not_ready"), chance
