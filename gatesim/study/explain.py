"""Explain what a policy does: its decision table, one cell of it, or one person from inside the full run."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, overload

from gatesim.gates.plugins import handed
from gatesim.law.law import Epoch, Law, microseconds
from gatesim.measures.numbers import format_accounts
from gatesim.measures.tally import judged
from gatesim.scenario import Loaded, ScenarioError, loaded_from
from gatesim.scenario.consistency import refuse_if_too_large
from gatesim.scenario.errors import Problem, nearest
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.study.decisions import CellStory, DecisionTable, cell_story, decision_table, parse_cell
from gatesim.study.gates import jobs, laws
from gatesim.study.options import instant
from gatesim.study.placing import placing
from gatesim.study.plan import plan
from gatesim.study.progress import Progress
from gatesim.study.run import FAST
from gatesim.study.search import SOUGHT, first_person
from gatesim.study.simulate import desk_for
from gatesim.study.story import Story
from gatesim.study.telling import tell
from gatesim.world.people import Account, Body, People


@overload
def explain(
    source: str | Path | Loaded,
    *,
    person: int | str,
    policy: str | None = None,
    reading: str | None = None,
    people: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    replication: int = 0,
    progress: Progress | None = None,
    plugins: Mapping[str, Any] | None = None,
) -> Story: ...


@overload
def explain(
    source: str | Path | Loaded,
    *,
    find: str,
    policy: str | None = None,
    reading: str | None = None,
    people: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    replication: int = 0,
    progress: Progress | None = None,
    plugins: Mapping[str, Any] | None = None,
) -> Story: ...


@overload
def explain(
    source: str | Path | Loaded,
    *,
    cell: str,
    policy: str | None = None,
    reading: str | None = None,
    at: str | date | datetime | None = None,
    sets: Sequence[str] = (),
    progress: Progress | None = None,
    plugins: Mapping[str, Any] | None = None,
) -> CellStory: ...


@overload
def explain(
    source: str | Path | Loaded,
    *,
    policy: str | None = None,
    reading: str | None = None,
    at: str | date | datetime | None = None,
    sets: Sequence[str] = (),
    progress: Progress | None = None,
    plugins: Mapping[str, Any] | None = None,
) -> DecisionTable: ...


@placing
def explain(
    source: str | Path | Loaded,
    *,
    person: int | str | None = None,
    find: str | None = None,
    cell: str | None = None,
    policy: str | None = None,
    reading: str | None = None,
    at: str | date | datetime | None = None,
    people: int | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    replication: int = 0,
    progress: Progress | None = None,
    plugins: Mapping[str, Any] | None = None,
) -> Story | CellStory | DecisionTable:
    """Explain what a policy does: its decision table, one cell of it, or one person from inside the full run.

    The person meets the gate among everybody else: where a desk is simulated, it is worked out with all accounts
    of the run, and where waits come from a table, it is the run's table.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    person
        Number of the account, from 0: its owner. ``"17.2"`` is the co-user in slot 2 of account 17.
    find
        Instead of a number: the first person of the run whom the gate refuses wrongly (``refused``), who is restricted
        and served (``leaked``), who waits for the check (``waiting``), is asked for a document (``asked``), is served
        ``late``, or has left by the time of a need (``lost``).
    cell
        Instead of a person: what the signals read, such as ``"ip=US,payment=US,channel=consumer"``. ``model`` and
        ``age_band`` can be given, too; what is left out is summed over. Without person and cell it is the whole table.
    policy
        Name of the policy, or ``operator`` for the operator's strategy; it may be left out where the scenario has
        only one.
    reading
        The reading of the orders; by default that of the first order.
    at
        For the table and the cell: the date whose law is looked at, as for `gatesim.options`; by default the instant
        at which the first order comes into force.
    sets
        As for `gatesim.run`.
    people, seed, replication
        For the person: as for `gatesim.run`, and which population of a run with several, from 0.
    progress
        Called with the share of the work that is done and what is being done.
    plugins
        As for `gatesim.run`.

    Returns
    -------
    Story, CellStory or DecisionTable
        Of a person who it is, and every need with what each signal read beside what was true. Of a cell how likely it
        is restricted, who makes the needs there, what happens and why. Of a policy all cells.

    Raises
    ------
    ScenarioError
        If the scenario, the policy, the reading, the person, the cell or the date is wrong, or nobody is found.
    ValueError
        If the replication is out of range, both ``person`` and ``find`` are given, or either with ``cell`` or ``at``.
    """
    if (person is not None or find is not None) and (cell is not None or at is not None):
        raise ValueError("a person's story has no one cell and no one date: give person alone")
    if person is not None and find is not None:
        raise ValueError("find looks for a person: give either of person and find")
    given = [f"people={people}"] * (people is not None) + [f"seed={seed}"] * (seed is not None)
    loaded = loaded_from(source, [*sets, *given])
    scenario = loaded.scenario
    policy, reading = _chosen(loaded, policy, reading)
    if person is None and find is None and policy == OPERATOR:
        raise _no_one_table(scenario)
    if person is None and find is None:
        with handed(plugins):
            return _table(
                loaded, policy, laws(scenario, scenario.seed, replication)[reading], cell, at, progress
            )
    from gatesim.engine.fast import Population

    who = None if person is None else _person(person, scenario.people)
    if find is not None and find not in SOUGHT:
        hint = nearest(find, SOUGHT, "there are")
        raise ScenarioError([Problem("--find", None, find, "is nothing to look for", hint)])
    refuse_if_too_large(scenario, scenario.people, FAST)
    say = progress or (lambda done, doing: None)
    world = People(scenario, scenario.seed, replication)
    if who is not None:
        _body(scenario, world.account(who[0]), who[1])  # a wrong person is said before anything is worked out
    say(0.0, "compiling the policy")
    by_reading = laws(scenario, scenario.seed, replication)
    with handed(plugins):
        job = next(job for job in jobs(scenario, [policy], by_reading) if reading in job.laws)
        steps = plan(scenario).steps if policy == OPERATOR else ()
    law = job.laws[reading]
    say(0.05, "working out the desk")
    waits, desk = desk_for(scenario, job)
    looks_from = (
        0.5 if who is None else 0.9
    )  # who is looked for may be in no account: that takes as long as the run
    run = _within(say, 0.1, looks_from, f"the run of {format_accounts(scenario.people)}")
    lives = Population(scenario, scenario.seed, replication, scenario.people).under(
        job.law, job.gate, waits, progress=run
    )
    if who is None:
        assert find is not None
        who = first_person(
            scenario, lives, law, find, policy, _within(say, looks_from, 0.9, "looking for somebody")
        )
    say(0.9, "telling the story")
    number, slot = who
    account = world.account(number)
    rows = judged(lives.ledger(number, number + 1), scenario, law)
    body = _body(scenario, account, slot)
    story = tell(loaded, policy, law, job.gate, replication, world, account, body, rows, desk, steps)
    return replace(story, sought=find or "")


def _within(say: Progress, begin: float, end: float, doing: str) -> Callable[[float], None]:
    """Say of a part of the work how far it is, as a part of the whole."""
    say(begin, doing)
    return lambda part: say(begin + (end - begin) * part, doing)


# --- what is asked for ------------------------------------------------------------------------------------------


def _chosen(loaded: Loaded, policy: str | None, reading: str | None) -> tuple[str, str]:
    """The policy and the reading."""
    scenario, file = loaded.scenario, loaded.files[-1][0]
    policies, readings = list(scenario.policies), list(scenario.readings)
    if scenario.operator is not None:
        policies.append(OPERATOR)
    problems = []
    if not policies:
        problems.append(Problem(file, None, "policies", "there is no policy to explain"))
    elif policy is None and len(policies) > 1:
        problems.append(Problem("--policy", None, "", "say which policy", nearest("", policies, "there are")))
    elif policy is not None and policy not in policies:
        hint = nearest(policy, policies, "there are")
        problems.append(Problem("--policy", None, policy, "the scenario has no such policy", hint))
    if not scenario.orders:
        problems.append(Problem(file, None, "orders", "there is no order: nothing can be judged"))
    if reading is not None and reading not in readings:
        hint = nearest(reading, readings, "there are")
        problems.append(Problem("--reading", None, reading, "the scenario has no such reading", hint))
    if problems:
        raise ScenarioError(problems)
    return policy or policies[0], reading or scenario.orders[0].reading


def _no_one_table(scenario: Scenario) -> ScenarioError:
    """A strategy has a table for each policy of its ladder."""
    assert scenario.operator is not None, "there is a strategy"
    hint = f"name a policy of its ladder ({', '.join(scenario.operator.ladder)}), or a person (--person)"
    return ScenarioError([Problem("--policy", None, OPERATOR, "a strategy has no one table", hint)])


def _person(person: int | str, accounts: int) -> tuple[int, int]:
    """Number of the account, and slot of the body."""

    def wrong(message: str, hint: str = "") -> ScenarioError:
        return ScenarioError([Problem("--person", None, str(person), message, hint)])

    how = 'write the number of an account, such as 17, or "17.2" for the co-user in its slot 2'
    if isinstance(person, str):
        account, dot, slot = person.strip().partition(".")
        parts = (account, slot) if dot else (account,)
        if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
            raise wrong("is no person", how)
        number, body = int(account), int(slot) if dot else 0
    else:
        try:
            number, body = operator.index(person), 0
        except TypeError:
            raise wrong("is no person", how) from None
    if not 0 <= number < accounts:
        raise wrong("there is no such account", f"the run has accounts 0 to {accounts - 1:,}")
    return number, body


def _body(scenario: Scenario, account: Account, slot: int) -> Body:
    """The body in a slot of an account."""
    for body in account.bodies:
        if body.slot == slot:
            return body
    names = list(scenario.segments)
    there = [f"{account.number}.{body.slot} ({names[body.segment]})" for body in account.bodies[1:]]
    hint = f"there are: {', '.join(there)}" if there else f"nobody but its owner, {account.number}, uses it"
    message = f"nobody is in slot {slot} of account {account.number}"
    raise ScenarioError([Problem("--person", None, f"{account.number}.{slot}", message, hint)])


# --- tables -----------------------------------------------------------------------------------------------------


def _table(
    loaded: Loaded,
    policy: str,
    law: Law,
    cell: str | None,
    at: str | date | datetime | None,
    progress: Progress | None,
) -> CellStory | DecisionTable:
    """The decision table, or one cell of it."""
    given = None if cell is None else parse_cell(loaded.scenario, cell)
    epoch = _epoch(loaded, law, at)
    if given is None:
        return decision_table(loaded, policy, law, epoch, progress)
    return cell_story(loaded, policy, law, epoch, given, progress)


def _epoch(loaded: Loaded, law: Law, at: str | date | datetime | None) -> Epoch:
    """The law of a date on which an order is in force; by default of the first instant at which one is."""
    scenario = loaded.scenario
    if law.in_force_us is None:
        message = "no order is in force within the window: the gate is never asked"
        raise ScenarioError([Problem(loaded.files[-1][0], None, "orders", message)])
    if at is None:
        return law.epochs[law.epoch_at(law.in_force_us)]
    when = instant(scenario, at)
    now = microseconds(scenario, when)
    if 0 <= now < scenario.length and law.epochs[law.epoch_at(now)].named.any():
        return law.epochs[law.epoch_at(now)]
    first = (scenario.start + timedelta(microseconds=law.in_force_us)).isoformat(timespec="minutes")
    message = "no order is in force on that date: the gate is not asked"
    raise ScenarioError([Problem("--at", None, str(at)[:60], message, f"the first is from {first} on")])
