"""Many simulations, on the cores that there are."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gatesim.engine.fast import Population
from gatesim.engine.reference import simulate
from gatesim.engine.waits import WaitTable, choose_desk
from gatesim.exact.inflow import cases_per_hour
from gatesim.exact.structure import may_leak
from gatesim.measures.ledger import Ledger
from gatesim.measures.tally import Tally, from_ledger, judged
from gatesim.scenario.schema import Scenario
from gatesim.study.folder import write_ledger
from gatesim.study.gates import Job
from gatesim.world.people import Account, populate

WORTH_A_PROCESS = 300_000
"""Expected needs, over all tasks, from which a second process is worth its start."""


ENGINES = ("fast", "reference")


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


class Worker:
    """Carries out tasks on one world; the people of a replication are made once."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self._made: tuple[str, int] | None = None
        self._people: list[Account] = []
        self._population: Population | None = None

    def do(self, task: Task) -> Done:
        """Simulate, count, and write the ledger where that is wanted."""
        self._make(task.engine, task.replication)
        job = task.job
        waits, desk = self._desk(job)
        tallies = self._tallies(task, waits)
        leaks = {reading: may_leak(self.scenario, law, job.gate) for reading, law in job.laws.items()}
        met = any(tally.desk.joined for tally in tallies.values())
        return Done(job.policy, task.replication, tallies, leaks, desk, waits is None and met)

    def _make(self, engine: str, replication: int) -> None:
        if self._made == (engine, replication):
            return
        self._people, self._population = [], None  # the old world goes before the new one comes
        if engine == "fast":
            self._population = Population(self.scenario, self.seed, replication, self.scenario.people)
            self._accounts = self._population.by_segment()
        else:
            self._people = populate(self.scenario, self.seed, replication, self.scenario.people)
            segments = np.array([account.segment for account in self._people], dtype=np.int64)
            self._accounts = np.bincount(segments, minlength=len(self.scenario.segments))
        self._made = (engine, replication)

    def _desk(self, job: Job) -> tuple[WaitTable | None, str]:
        """The table of waits, where the desk is not simulated, and what is done in words."""
        if self.scenario.desk is None:
            return None, ""
        cases, note = cases_per_hour(self.scenario, job.law, job.gate)
        if not cases.any():
            return None, ""
        table = choose_desk(self.scenario, self.scenario.people, cases)
        if table is None:
            return None, "simulated, with reviewers scaled down to the people simulated"
        words = "waits drawn from a table by hour, computed at real size from the expected inflow"
        return table, f"{words}; {note}" if note else words

    def _tallies(self, task: Task, waits: WaitTable | None) -> dict[str, Tally]:
        """The tally for each reading; the ledger is written where that is wanted."""
        job = task.job
        networks = any(cause.scope == "network" for cause in self.scenario.causes.values())
        if self._population is not None and task.ledger is None and not networks:
            lives = self._population.under(job.law, job.gate, waits)
            return dict(zip(job.laws, lives.tallies(list(job.laws.values())), strict=True))
        whole = self._ledger(task, waits)
        ledgers = {
            reading: whole if number == 0 else judged(whole, self.scenario, law)
            for number, (reading, law) in enumerate(job.laws.items())
        }
        if task.ledger is not None:
            write_ledger(self.scenario, ledgers, task.ledger)
        return {reading: from_ledger(self.scenario, own, self._accounts) for reading, own in ledgers.items()}

    def _ledger(self, task: Task, waits: WaitTable | None) -> Ledger:
        job = task.job
        if self._population is not None:
            return self._population.under(job.law, job.gate, waits).ledger()
        return simulate(
            self.scenario,
            job.law,
            job.gate,
            self._people,
            seed=self.seed,
            replication=task.replication,
            waits=waits,
        )


_worker: Worker | None = None


def _begin(scenario: Scenario, seed: int) -> None:
    global _worker  # noqa: PLW0603 (the one thing that a worker process keeps between its tasks)
    _worker = Worker(scenario, seed)


def _do(task: Task) -> Done:
    assert _worker is not None
    return _worker.do(task)


def expected_needs(scenario: Scenario) -> float:
    """Expected number of needs in the window, all accounts simulated together."""
    days = scenario.length / (24 * 3600 * 1e6)
    return scenario.people * days * sum(s.share * s.needs_per_day for s in scenario.segments.values())


def carry_out(
    scenario: Scenario, seed: int, tasks: Sequence[Task], workers: int | None = None
) -> Iterator[Done]:
    """Carry out tasks; give each result as soon as it is there.

    Parameters
    ----------
    scenario, seed
        The world of all tasks.
    tasks
        What to do. Results do not depend on who does what.
    workers
        Processes; by default as many as there are cores where that is worth it.

    Yields
    ------
    Done
        In no particular order.
    """
    if workers is None:
        worth = expected_needs(scenario) * len(tasks) / WORTH_A_PROCESS
        workers = max(1, min(os.cpu_count() or 1, len(tasks), int(worth)))
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
