"""What the schema alone cannot see: that every name refers to something, that numbers fit together.

`inconsistencies` takes a typed scenario and lists what is wrong with it. The rules stand in six files:
`rules_people` (regions, segments), `rules_signals`, `rules_gates` (documents, desk, policies), `rules_law`
(orders, time), `rules_operator` and `rules_caps`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from gatesim.scenario.errors import Finding, Problem, ScenarioError
from gatesim.scenario.rules_caps import cap_rules
from gatesim.scenario.rules_gates import gate_rules
from gatesim.scenario.rules_law import law_rules
from gatesim.scenario.rules_operator import operator_rules
from gatesim.scenario.rules_people import people_rules
from gatesim.scenario.rules_signals import signal_rules
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import DAY


def inconsistencies(scenario: Scenario) -> Iterator[Finding]:
    """What does not fit together in a scenario.

    Parameters
    ----------
    scenario
        A typed scenario.

    Yields
    ------
    Finding
        One thing that is wrong, with its key path; none where all is well.
    """
    yield from chain(
        people_rules(scenario),
        signal_rules(scenario),
        gate_rules(scenario),
        law_rules(scenario),
        operator_rules(scenario),
        cap_rules(scenario),
    )
    yield from _people(scenario)


def _people(scenario: Scenario) -> Iterator[Finding]:
    if scenario.people > scenario.represents:
        yield Finding(
            ("people",),
            f"{scenario.people:,} accounts cannot stand for {scenario.represents:,}",
            "people must be at most represents",
            (("represents",),),
        )
    message = too_large(scenario, scenario.people, LEAST)
    if message:
        yield Finding(("people",), message)


class Footprint(NamedTuple):
    """Memory that an engine takes, in bytes."""

    person: int
    """For each person."""
    need: int
    """For each need."""


REFERENCE = Footprint(2000, 400)
"""An estimate for the reference engine: a process a person, objects a need."""
LEAST = Footprint(200, 0)
"""What no simulating engine can do without: one record a person."""


def bodies_and_needs(scenario: Scenario, people: int) -> tuple[float, float]:
    """How many bodies and needs to expect when so many accounts are simulated."""
    days = scenario.length / DAY
    bodies = needs = 0.0
    for segment in scenario.segments.values():
        bodies += segment.share * (1.0 + sum(co_user.present for co_user in segment.co_users.values()))
        needs += segment.share * segment.needs_per_day * days
    return people * bodies, people * needs


def memory_of_this_machine() -> int | None:
    """Bytes of memory that this process may use; None where the system does not say."""
    try:
        limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, ValueError, OSError):
        return None
    for group in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(group).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.isdigit():
            limits.append(int(text))
    return min(limits) if min(limits) > 0 else None


def too_large(scenario: Scenario, people: int, footprint: Footprint) -> str | None:
    """Why so many accounts do not fit into memory; None where they do, or nobody knows."""
    bodies, needs = bodies_and_needs(scenario, people)
    takes = footprint.person * bodies + footprint.need * needs
    there_is = memory_of_this_machine()
    if there_is is None or takes <= there_is:
        return None
    enough = int(people * there_is / takes)
    return (
        f"{people:,} accounts would take about {_bytes(takes)} of memory, "
        f"this machine has {_bytes(there_is)}: at most about {enough:,} fit"
    )


def refuse_if_too_large(scenario: Scenario, people: int, footprint: Footprint = REFERENCE) -> None:
    """Refuse a population that does not fit into memory, before any of it is taken.

    Parameters
    ----------
    scenario
        The scenario.
    people
        Accounts to simulate.
    footprint
        What the engine takes; by default an estimate for the reference.

    Raises
    ------
    ScenarioError
        If there are none, or it would take more memory than this machine has; the message says how much.
    """
    if people < 1:
        message = f"must be at least 1, is {people:,}"
    else:
        message = too_large(scenario, people, footprint) or ""
    if message:
        raise ScenarioError([Problem("people", None, "", message)])


def _bytes(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:,.0f} PB"
