"""Many simulations, on the cores that there are."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gatesim.engine.reference import simulate
from gatesim.engine.waits import WaitTable
from gatesim.measures.tally import Tally, from_ledger, judged
from gatesim.scenario.schema import Scenario
from gatesim.study.folder import write_ledger
from gatesim.study.gates import Job
from gatesim.world.people import Account, populate

WORTH_A_PROCESS = 300_000
"""Expected needs, over all tasks, from which a second process is worth its start."""


@dataclass(frozen=True)
class Task:
    """One job in one replication.

    Attributes
    ----------
    replication, job
        What to simulate.
    waits
        The table of waits, where the desk is not simulated.
    ledger
        The file to write the ledger to, or None.
    """

    replication: int
    job: Job
    waits: WaitTable | None
    ledger: Path | None


@dataclass(frozen=True)
class Done:
    """What came of a task: a tally for each reading of its job."""

    policy: str
    replication: int
    tallies: dict[str, Tally]


class Worker:
    """Carries out tasks on one world; the people of a replication are made once."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self._replication = -1
        self._people: list[Account] = []

    def do(self, task: Task) -> Done:
        """Simulate, count, and write the ledger where that is wanted."""
        if task.replication != self._replication:
            self._people = []  # the old world goes before the new one comes
            self._people = populate(self.scenario, self.seed, task.replication, self.scenario.people)
            self._replication = task.replication
        job = task.job
        ledger = simulate(
            self.scenario,
            job.law,
            job.gate,
            self._people,
            seed=self.seed,
            replication=task.replication,
            waits=task.waits,
        )
        ledgers = {
            reading: ledger if number == 0 else judged(ledger, self.scenario, law)
            for number, (reading, law) in enumerate(job.laws.items())
        }
        if task.ledger is not None:
            write_ledger(self.scenario, ledgers, task.ledger)
        segments = np.array([account.segment for account in self._people], dtype=np.int64)
        accounts = np.bincount(segments, minlength=len(self.scenario.segments))
        tallies = {reading: from_ledger(self.scenario, own, accounts) for reading, own in ledgers.items()}
        return Done(job.policy, task.replication, tallies)


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
