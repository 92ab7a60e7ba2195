"""Many simulations, on the cores that there are."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from gatesim.engine import fast
from gatesim.engine.waits import WaitTable, choose_desk
from gatesim.exact.inflow import cases_per_hour
from gatesim.exact.structure import may_leak
from gatesim.law.law import as_measured
from gatesim.measures.ledger import Ledger
from gatesim.measures.tally import Tally, from_ledger, judged, over
from gatesim.scenario.consistency import bodies_and_needs
from gatesim.scenario.schema import Scenario
from gatesim.study.folder import write_ledger
from gatesim.study.gates import Job
from gatesim.study.progress import Progress
from gatesim.world.people import Account, populate

ENGINES = ("fast", "reference")

WORTH_A_THREAD = 100_000
"""Expected needs, over all tasks, from which a second core is worth its start in the fast engine."""

WORTH_A_PROCESS = 30_000
"""The same in the reference engine."""

MOST_VIEWS = 64
"""Readings of gates that are counted at once: each takes some megabytes."""

LEDGER_ROWS = 2_000_000
"""Needs of a ledger that are counted at once, where it is: they take some hundred megabytes."""


@dataclass(frozen=True)
class Task:
    """One job in one replication.

    Attributes
    ----------
    replication, job
        What to simulate.
    engine
        One of `ENGINES`; both give the same.
    ledger
        The file to write the ledger to, or None.
    """

    replication: int
    job: Job
    engine: str
    ledger: Path | None


@dataclass(frozen=True)
class Done:
    """What came of a task.

    Attributes
    ----------
    policy, replication
        Which.
    tallies
        A tally for each reading of the job.
    may_leak
        Whether a restricted need can be served at all, by reading.
    desk
        How the desk was worked out, in words; empty where no case joins it.
    coupled
        Whether people met at a simulated desk.
    """

    policy: str
    replication: int
    tallies: dict[str, Tally]
    may_leak: dict[str, bool]
    desk: str
    coupled: bool


def desk_for(scenario: Scenario, job: Job) -> tuple[WaitTable | None, str]:
    """The table of waits, where the desk is not simulated, and what is done in words (empty: nobody joins it)."""
    if scenario.desk is None:
        return None, ""
    cases, note = cases_per_hour(scenario, job.law, job.gate)
    if not cases.any():
        return None, ""
    table = choose_desk(scenario, scenario.people, cases)
    if table is None:
        return None, "simulated, with reviewers scaled down to the people simulated"
    words = "waits drawn from a table by hour, computed at real size from the expected inflow"
    return table, f"{words}; {note}" if note else words


def share_networks(scenario: Scenario) -> bool:
    """Whether people share causes of errors by network: then networks are the units of intervals."""
    return any(cause.scope == "network" for cause in scenario.causes.values())


def carry_out(
    scenario: Scenario,
    seed: int,
    tasks: Sequence[Task],
    workers: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Done]:
    """Carry out tasks, all of one engine; give each result as soon as it is there.

    Parameters
    ----------
    scenario, seed
        The world of all tasks.
    tasks
        What to do. Results do not depend on who does what.
    workers
        Cores to use at most, fewer where more are not worth it: threads in the fast engine, processes in the
        reference. By default as many as there are in the fast engine, one in the reference.
    progress
        Called now and then with the part that is done, from 0 to 1, and what is being done.

    Yields
    ------
    Done
        In no particular order.
    """
    if not tasks:
        return
    say = progress or (lambda part, doing: None)
    quick = tasks[0].engine == "fast"
    if workers is None:
        workers = (os.cpu_count() or 1) if quick else 1
    _, needs = bodies_and_needs(scenario, scenario.people)
    worth = needs * len(tasks) / (WORTH_A_THREAD if quick else WORTH_A_PROCESS)
    workers = max(1, min(workers, int(worth)))
    if quick:
        yield from _fast(scenario, seed, tasks, workers, say)
    else:
        for number, done in enumerate(_reference(scenario, seed, tasks, min(workers, len(tasks)))):
            say((number + 1) / len(tasks), done.policy)
            yield done


def _leaks(scenario: Scenario, job: Job) -> dict[str, bool]:
    return {reading: may_leak(scenario, law, job.gate) for reading, law in job.laws.items()}


# --- the fast engine: all gates of a replication meet the same people -------------------------------------------


def _fast(
    scenario: Scenario, seed: int, tasks: Sequence[Task], threads: int, say: Progress
) -> Iterator[Done]:
    finished = 0
    for replication, group in groupby(tasks, lambda task: task.replication):
        population = fast.Population(scenario, seed, replication, scenario.people)
        for some in _portions(list(group)):

            def part_done(part: float, before: int = finished, now: int = len(some)) -> None:
                say((before + part * now) / len(tasks), "simulating")

            yield from _together(population, some, threads, part_done)
            finished += len(some)


def _measured(task: Task) -> list[tuple[int, list[bool]]]:
    """From when on needs for which models are measured."""
    return [(epoch.start_us, epoch.measured.tolist()) for epoch in task.job.law.epochs]


def _portions(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Tasks to count at once: their laws must change at the same instants, where a strategy cuts its own, and measure
    the same needs, which the time before its first switch does not."""
    portion: list[Task] = []
    views = 0
    for task in tasks:
        full = views + len(task.job.laws) > MOST_VIEWS
        if portion and (full or _measured(portion[-1]) != _measured(task)):
            yield portion
            portion, views = [], 0
        portion.append(task)
        views += len(task.job.laws)
    yield portion


def _together(
    population: fast.Population, tasks: Sequence[Task], threads: int, part_done: fast.Progress
) -> Iterator[Done]:
    scenario = population.scenario
    desks = [desk_for(scenario, task.job) for task in tasks]
    jobs = [
        fast.Job([as_measured(law) for law in task.job.laws.values()], task.job.gate, waits)
        for task, (waits, _) in zip(tasks, desks, strict=True)
    ]
    if share_networks(scenario):
        found = [_by_ledger(population, job, threads) for job in jobs]
    else:
        found = population.tallies(jobs, threads, part_done)
    for task, job, tallies, (waits, words) in zip(tasks, jobs, found, desks, strict=True):
        if task.ledger is not None:
            _write_ledger(population, task, job, threads)
        by_reading = dict(zip(task.job.laws, tallies, strict=True))
        coupled = waits is None and any(tally.desk.joined for tally in tallies)
        leaks = _leaks(scenario, task.job)
        yield Done(task.job.policy, task.replication, by_reading, leaks, words, coupled)


def _by_ledger(population: fast.Population, job: fast.Job, threads: int) -> list[Tally]:
    """Tallies whose clusters are networks: counted from the ledger, a part of it at a time."""
    scenario, accounts = population.scenario, population.by_segment()
    lives = population.under(job.laws[0], job.gate, job.waits, threads)
    total: list[Tally] = []
    for part in whole_clusters(scenario, lives.parts(threads=threads)):
        found = [from_ledger(scenario, judged(part, scenario, law), accounts) for law in job.laws]
        total = [one + other for one, other in zip(total, found, strict=True)] if total else found
        accounts = np.zeros_like(accounts)
    return total


def whole_clusters(scenario: Scenario, parts: Iterable[Ledger], rows: int = LEDGER_ROWS) -> Iterator[Ledger]:
    """A ledger that comes in parts, in other parts that split no cluster.

    Parameters
    ----------
    scenario
        The scenario.
    parts
        The ledger, account by account.
    rows
        How many needs are gathered before those of complete clusters are passed on.

    Yields
    ------
    Ledger
        At least one, sorted by account. What is held back are clusters that go on: at most one of each region.
    """
    held: list[Ledger] = []
    number, enough = 0, rows
    for part in parts:
        held.append(part)
        number += len(part)
        if number >= enough:
            gathered = fast.joined(held)
            complete = over(scenario, gathered)
            yield gathered.where(complete)
            held = [gathered.where(~complete)]
            number = len(held[0])
            enough = max(rows, 2 * number)
    yield fast.joined(held)


def _write_ledger(population: fast.Population, task: Task, job: fast.Job, threads: int) -> None:
    assert task.ledger is not None
    lives = population.under(job.laws[0], job.gate, job.waits, threads)
    parts = (_under_all(population.scenario, task.job, part) for part in lives.parts(threads=threads))
    write_ledger(population.scenario, parts, task.ledger)


def _under_all(scenario: Scenario, job: Job, ledger: Ledger) -> dict[str, Ledger]:
    """A ledger as each reading of a job judges it."""
    return {
        reading: ledger if number == 0 else judged(ledger, scenario, law)
        for number, (reading, law) in enumerate(job.laws.items())
    }


# --- the reference: one gate after the other, or a process for each ----------------------------------------------


class Worker:
    """Carries out tasks on one world with the reference; the people of a replication are made once."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self._made: int | None = None
        self._people: list[Account] = []

    def do(self, task: Task) -> Done:
        """Simulate, count, and write the ledger where that is wanted."""
        from gatesim.engine.reference import simulate  # and SimPy with it, only where it is wanted

        if self._made != task.replication:
            self._people = []  # the old world goes before the new one comes
            self._people = populate(self.scenario, self.seed, task.replication, self.scenario.people)
            self._made = task.replication
        job = task.job
        waits, words = desk_for(self.scenario, job)
        whole = simulate(
            self.scenario,
            as_measured(job.law),
            job.gate,
            self._people,
            seed=self.seed,
            replication=task.replication,
            waits=waits,
        )
        ledgers = _under_all(self.scenario, job, whole)
        if task.ledger is not None:
            write_ledger(self.scenario, [ledgers], task.ledger)
        segments = np.array([account.segment for account in self._people], dtype=np.int64)
        accounts = np.bincount(segments, minlength=len(self.scenario.segments))
        tallies = {reading: from_ledger(self.scenario, own, accounts) for reading, own in ledgers.items()}
        coupled = waits is None and any(tally.desk.joined for tally in tallies.values())
        return Done(job.policy, task.replication, tallies, _leaks(self.scenario, job), words, coupled)


_worker: Worker | None = None


def _begin(scenario: Scenario, seed: int) -> None:
    global _worker  # noqa: PLW0603 (the one thing that a worker process keeps between its tasks)
    _worker = Worker(scenario, seed)


def _do(task: Task) -> Done:
    assert _worker is not None
    return _worker.do(task)


def _reference(scenario: Scenario, seed: int, tasks: Sequence[Task], workers: int) -> Iterator[Done]:
    if workers == 1:
        worker = Worker(scenario, seed)
        yield from map(worker.do, tasks)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(scenario, seed))
    try:
        for future in as_completed([pool.submit(_do, task) for task in tasks]):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
