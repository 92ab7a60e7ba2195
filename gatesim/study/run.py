"""Run the policies of a scenario, each by itself, and judge them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from gatesim.engine.roster import roster
from gatesim.engine.waits import WaitTable, choose_desk
from gatesim.exact.inflow import cases_per_hour
from gatesim.exact.structure import may_leak
from gatesim.law.law import has_random_end
from gatesim.measures.axes import SPLITS
from gatesim.measures.measured import DeskTime, Unit, false_blocks_by_reason, measures, split
from gatesim.measures.numbers import round_up
from gatesim.measures.sentence import sentence
from gatesim.measures.tally import Tally
from gatesim.measures.verdict import PolicyResult, make_verdict
from gatesim.scenario import Loaded, ScenarioError, load
from gatesim.scenario.assumptions import count_guesses, rests_on
from gatesim.scenario.consistency import refuse_if_too_large
from gatesim.scenario.errors import Problem
from gatesim.scenario.schema import Scenario
from gatesim.study.exactly import find, without_noise
from gatesim.study.folder import whole_folder
from gatesim.study.gates import jobs, laws
from gatesim.study.result import Found, Result
from gatesim.study.simulate import Task, carry_out
from gatesim.study.store import write_run
from gatesim.study.transition import transition
from gatesim.world.makers import makers

ENGINES = ("reference", "exact")

Progress = Callable[[float, str], None]


class _Clock:
    """How long the parts of the work took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


def run(
    source: str | Path | Loaded,
    *,
    policies: Sequence[str] | None = None,
    people: int | None = None,
    reps: int = 1,
    seed: int | None = None,
    sets: Sequence[str] = (),
    engine: str = "reference",
    out: Path | None = None,
    ledger: bool = False,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Result:
    """Run the policies of a scenario and say what can be concluded.

    Each policy is run by itself, as if it had been in place from the instant the order is in force.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    policies
        Names of the policies to run; by default all.
    people
        Accounts to simulate, instead of the scenario's number.
    reps
        Replications: independent populations of that many accounts.
    seed
        Seed of the draws, instead of the scenario's.
    sets
        Keys to set, each ``KEY=VALUE``.
    engine
        ``reference`` (simulates need by need) or ``exact`` (computes expected values; leaves out queues and
        reactions, and says so).
    out
        A folder to write the results into; it must not exist.
    ledger
        Write the ledger of every run into the folder as well.
    progress
        Called with the share of the work that is done and what is being done.
    workers
        Processes; by default as many as there are cores where that is worth it. Results do not depend on it.

    Returns
    -------
    Result
        Measures by policy and reading, and the verdict.

    Raises
    ------
    ScenarioError
        If the scenario, a policy's name or the number of people is wrong.
    ValueError
        If there is no such engine, no replication, or a ledger is wanted where there can be none.
    CannotDo
        If the exact engine cannot do a policy.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine = {engine!r}: there are {', '.join(ENGINES)}")
    if reps < 1:
        raise ValueError(f"reps = {reps}: at least one replication")
    if ledger and (out is None or engine == "exact"):
        raise ValueError("a ledger needs a folder to write it into (out), and an engine that simulates")
    given = [f"people={people}"] * (people is not None) + [f"seed={seed}"] * (seed is not None)
    given = [*sets, *given]  # all at once: one may be right only with another
    loaded = source if isinstance(source, Loaded) and not given else _reload(source, given)
    scenario = loaded.scenario
    names = _chosen(loaded, policies)
    if engine == "reference":
        refuse_if_too_large(scenario, scenario.people)
    clock, say = _Clock(), progress or (lambda done, doing: None)
    with ExitStack() as stack:
        folder = stack.enter_context(whole_folder(out)) if out is not None else None
        if engine == "exact":
            found, notes, desk = _exactly(scenario, names, clock, say)
        else:
            found, notes, desk = _simulated(
                scenario, names, reps, folder if ledger else None, workers, clock, say
            )
        result = _judged(loaded, engine, reps, names, found, notes, desk, clock)
        if folder is not None:
            write_run(result, folder)
    return result


def _reload(source: str | Path | Loaded, sets: Sequence[str]) -> Loaded:
    return source.with_sets(sets) if isinstance(source, Loaded) else load(source, sets)


def _chosen(loaded: Loaded, policies: Sequence[str] | None) -> list[str]:
    """The policies to run, in the order of the file."""
    known = list(loaded.scenario.policies)
    problems = []
    for name in policies or ():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f'nearest: "{near[0]}"' if near else f"there are: {', '.join(known)}"
            problems.append(Problem("--policy", None, name, "the scenario has no such policy", hint))
    if not known or (policies is not None and not policies):
        problems.append(Problem(str(loaded.files[-1][0]), None, "policies", "there is no policy to run", ""))
    if problems:
        raise ScenarioError(problems)
    return [name for name in known if policies is None or name in policies]


def _left_out_of_all(found: dict[str, dict[str, Found]]) -> tuple[str, ...]:
    said = [text for policies in found.values() for entry in policies.values() for text in entry.left_out]
    what = "; ".join(dict.fromkeys(said))
    return (f"Left out by the exact engine: {what}.",) if what else ()


def _exactly(
    scenario: Scenario, names: Sequence[str], clock: _Clock, say: Progress
) -> tuple[dict[str, dict[str, Found]], tuple[str, ...], dict[str, str]]:
    by_reading = laws(scenario, scenario.seed, 0)
    found: dict[str, dict[str, Found]] = {reading: {} for reading in by_reading}
    for number, name in enumerate(names):
        say(number / len(names), name)
        with clock.part("exact"):
            for job in jobs(scenario, [name], by_reading):
                for reading, law in job.laws.items():
                    found[reading][name] = find(scenario, law, job.gate, name)
    drawn = "The end of an order is random: it is taken as drawn for the first replication."
    return found, _left_out_of_all(found) + (drawn,) * has_random_end(scenario), {}


def _simulated(
    scenario: Scenario,
    names: Sequence[str],
    reps: int,
    ledgers: Path | None,
    workers: int | None,
    clock: _Clock,
    say: Progress,
) -> tuple[dict[str, dict[str, Found]], tuple[str, ...], dict[str, str]]:
    seed = scenario.seed
    with clock.part("compile"):
        tasks, desk = _tasks(scenario, names, reps, ledgers, say)
    tallies: dict[tuple[str, str], dict[int, Tally]] = {}
    with clock.part("simulate"):
        say(0.02, "making people")
        for number, done in enumerate(carry_out(scenario, seed, tasks, workers)):
            for reading, tally in done.tallies.items():
                tallies.setdefault((reading, done.policy), {})[done.replication] = tally
            say((number + 1) / len(tasks), done.policy)
    found: dict[str, dict[str, Found]] = {reading: {} for reading in scenario.readings}
    with clock.part("measure"):
        for reading in scenario.readings:
            for name in names:
                each = [tally for _, tally in sorted(tallies[reading, name].items())]
                mine = [task for task in tasks if task.job.policy == name and reading in task.job.laws]
                coupled = any(task.waits is None for task in mine) and any(
                    tally.desk.joined for tally in each
                )
                # Where an order's end is drawn, the law is another one in each replication.
                worlds = mine if has_random_end(scenario) else mine[:1]
                leaks = any(may_leak(scenario, task.job.laws[reading], task.job.gate) for task in worlds)
                found[reading][name] = _measured(scenario, each, coupled, leaks)
    return found, _small_segments(scenario), desk


def _small_segments(scenario: Scenario) -> tuple[str, ...]:
    """A warning about segments of which too few people are simulated to say anything of them."""
    shares = np.zeros(len(scenario.segments))
    segments = list(scenario.segments.values())
    for maker in makers(scenario):
        shares[maker.segment] += segments[maker.owner].share * maker.present
    few = {
        name: share
        for name, share in zip(scenario.segments, shares, strict=True)
        if 0 < share * scenario.people < 10
    }
    if not few:
        return ()
    names = ", ".join(f"{name} ({share * scenario.people:.2g})" for name, share in few.items())
    needed = round_up(10 / min(few.values()))
    return (
        f"Fewer than ten people are simulated of {names}: what is said of them is mostly chance. "
        f"It takes {needed:,} accounts (--people {needed}) to have ten of each; or the exact engine.",
    )


def _tasks(
    scenario: Scenario, names: Sequence[str], reps: int, ledgers: Path | None, say: Progress
) -> tuple[list[Task], dict[str, str]]:
    """What to simulate, and how each policy's desk is worked out."""
    tasks: list[Task] = []
    desk: dict[str, str] = {}
    for replication in range(reps):
        for job in jobs(scenario, names, laws(scenario, scenario.seed, replication)):
            say(0.0, f"compiling {job.policy}")
            table = None
            if scenario.desk is not None:
                cases, note = cases_per_hour(scenario, job.law, job.gate)
                if cases.any():
                    table = choose_desk(scenario, scenario.people, cases)
                    words = _desk_words(table, note)
                    said = desk.setdefault(job.policy, words)
                    if words not in said:
                        desk[job.policy] = f"{said}; or, for another reading or replication, {words}"
            path = None
            if ledgers is not None:
                readings = "" if len(job.laws) == len(scenario.readings) else "." + "+".join(job.laws)
                path = ledgers / f"ledger.{job.policy}{readings}.{replication}.parquet"
            tasks.append(Task(replication, job, table, path))
    return tasks, desk


def _desk_words(table: WaitTable | None, note: str) -> str:
    if table is None:
        return "simulated, with reviewers scaled down to the people simulated"
    words = "waits drawn from a table by hour, computed at real size from the expected inflow"
    return f"{words}; {note}" if note else words


def _measured(scenario: Scenario, each: Sequence[Tally], coupled: bool, leaks: bool) -> Found:
    total = reduce(add, each)
    unit: Unit = "replication" if coupled else "cluster"
    time_of_desk = _desk_time(scenario, len(each)) if coupled else None
    return Found(
        measures(scenario, total, unit=unit, replications=each, desk=time_of_desk),
        {kind: split(scenario, total, kind, unit=unit, replications=each) for kind in SPLITS},
        false_blocks_by_reason(scenario, total, unit=unit, replications=each),
        leaks,
        (),
    )


def _desk_time(scenario: Scenario, reps: int) -> DeskTime:
    """Reviewers' time on shift, at the simulated size (scaling keeps their speed times their number)."""
    assert scenario.desk is not None
    steps = roster(scenario.desk, scenario.start, scenario.length)
    times = np.array([at for at, _ in steps] + [scenario.length], dtype=np.float64)
    real = float(np.diff(times) @ np.array([number for _, number in steps], dtype=np.float64))
    return DeskTime(real * scenario.people / scenario.represents * reps, float(scenario.length) * reps)


def _without_noise_words(names: Sequence[str], sure: Mapping[tuple[str, str], Found]) -> tuple[str, ...]:
    those = [name for name in names if any(name == policy for _, policy in sure)]
    if not those:
        return ()
    return (
        f"The verdict on {', '.join(those)} rests on expected values, without noise: these policies keep nothing "
        "and ask for nothing that takes time, and the exact engine leaves nothing out of them.",
    )


def _judged(
    loaded: Loaded,
    engine: str,
    reps: int,
    names: Sequence[str],
    found: dict[str, dict[str, Found]],
    notes: tuple[str, ...],
    desk: dict[str, str],
    clock: _Clock,
) -> Result:
    scenario = loaded.scenario
    decided = found
    if engine != "exact":
        with clock.part("exact"):
            sure = without_noise(scenario, jobs(scenario, names, laws(scenario, scenario.seed, 0)))
        decided = {r: {name: sure.get((r, name), found[r][name]) for name in names} for r in found}
        notes += _without_noise_words(names, sure)
    results = []
    for name in names:
        policy = scenario.policies[name]
        results.append(
            PolicyResult(
                name,
                {reading: decided[reading][name].measures for reading in decided},
                policy.lead_time,
                policy.family == "shutdown",
                {reading: found[reading][name].may_leak for reading in found},
                {reading: decided[reading][name].by for reading in decided},
            )
        )
    accounts = None if engine == "exact" else scenario.people * reps
    verdict = make_verdict(scenario, results, accounts)
    inputs = rests_on(loaded)
    guesses, uncertain = count_guesses(inputs)
    reading = scenario.orders[0].reading if scenario.orders else next(iter(found))
    return Result(
        loaded,
        engine,
        scenario.seed,
        reps,
        reading,
        found,
        verdict,
        sentence(scenario, verdict, guesses, uncertain),
        transition(scenario, laws(scenario, scenario.seed, 0)[reading]) if scenario.orders else None,
        inputs,
        guesses,
        desk,
        notes,
        dict(clock.seconds),
    )
