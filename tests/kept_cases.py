"""Cases for both simulating engines, and how one is kept as a file.

A case is a scenario and what else a run needs. Where the engines differ on one, it is written to `tests/cases/`; every
file there is run again by the tests. The scenario stands in a file complete, so that a default that changes later does
not change the case.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from gatesim.engine import fast, reference
from gatesim.engine.waits import WaitTable, wait_table
from gatesim.gates.compile import compile_gate
from gatesim.gates.strategy import compile_strategy
from gatesim.gates.tables import Tables
from gatesim.law.law import Law
from gatesim.law.roster import reviewers_by_hour, staffed
from gatesim.measures.ledger import Ledger
from gatesim.scenario.files import build
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import laws
from gatesim.world.people import Account, populate

FOLDER = Path(__file__).resolve().parent / "cases"

MOST_PEOPLE = 200
MOST_NEEDS = 5000
"""Sizes that no random case exceeds: owners and co-users, and needs of all of them."""


class LedgersDifferError(AssertionError):
    """The two simulating engines do not give the same ledger."""


@dataclass(frozen=True)
class Case:
    """What both engines are run on.

    Attributes
    ----------
    scenario, policy, reading, replication
        The run; seed and number of accounts are the scenario's. The policy ``operator`` is its strategy.
    inflow
        Cases that join the desk in each hour (repeated to the window's length): waits come from the table that
        belongs to them. Empty: the desk is simulated.
    """

    scenario: Scenario
    policy: str
    reading: str
    replication: int = 3
    inflow: tuple[float, ...] = ()
    shows: tuple[str, ...] = ()

    @cached_property
    def compiled(self) -> tuple[Law, tuple[Tables, ...]]:
        law = laws(self.scenario, self.scenario.seed, self.replication, [self.reading])[self.reading]
        if self.policy == OPERATOR:
            return compile_strategy(self.scenario, law)
        return law, compile_gate(self.scenario, self.policy, law)

    @property
    def law(self) -> Law:
        return self.compiled[0]

    @property
    def gate(self) -> tuple[Tables, ...]:
        return self.compiled[1]

    @cached_property
    def people(self) -> list[Account]:
        return populate(self.scenario, self.scenario.seed, self.replication, self.scenario.people)

    @cached_property
    def waits(self) -> WaitTable | None:
        if not self.inflow or self.scenario.desk is None:
            return None
        reviewers, _ = reviewers_by_hour(staffed(self.scenario), self.scenario.length)
        return wait_table(self.scenario, np.resize(self.inflow, len(reviewers)), reviewers)

    @cached_property
    def ledger(self) -> Ledger:
        """The reference engine's."""
        return reference.simulate(
            self.scenario,
            self.law,
            self.gate,
            self.people,
            seed=self.scenario.seed,
            replication=self.replication,
            waits=self.waits,
        )

    def fast_ledger(self) -> Ledger:
        """The fast engine's."""
        return fast.simulate(
            self.scenario,
            self.law,
            self.gate,
            self.scenario.people,
            seed=self.scenario.seed,
            replication=self.replication,
            waits=self.waits,
        )


def hold_together(case: Case) -> None:
    """Hold the ledgers of the two engines to each other: every column of every need, times at the desk among them.

    Raises
    ------
    LedgersDifferError
        If they differ; it names the columns and the first need.
    """
    slow, quick = case.ledger, case.fast_ledger()
    if len(slow) != len(quick):
        raise LedgersDifferError(f"the reference has {len(slow)} needs, the fast engine {len(quick)}")
    unlike = {name: getattr(slow, name) != getattr(quick, name) for name in Ledger.columns()}
    columns = [name for name, rows in unlike.items() if rows.any()]
    if columns:
        row = min(int(np.argmax(unlike[name])) for name in columns)
        who = f"account {slow.account[row]}, body {slow.body[row]}, need {slow.need[row]}"
        values = ", ".join(
            f"{name} {getattr(slow, name)[row]} | {getattr(quick, name)[row]}" for name in columns
        )
        raise LedgersDifferError(f"the ledgers differ in {', '.join(columns)}; first at {who}: {values}")


def keep(case: Case, name: str, why: str, folder: Path = FOLDER) -> Path:
    """Write a case to a file; ``why`` becomes the comment at its top."""
    document = tomlkit.document()
    for line in why.splitlines():
        document.add(tomlkit.comment(line))
    document |= {"policy": case.policy, "reading": case.reading, "replication": case.replication}
    if case.inflow:
        document["inflow"] = list(case.inflow)
    if case.shows:
        document["shows"] = list(case.shows)
    document["scenario"] = _plain(case.scenario.model_dump(by_alias=True))
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    return path


def load_case(path: Path) -> Case:
    """Read a kept case."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return Case(
        build(data["scenario"], path.name),
        data["policy"],
        data["reading"],
        data["replication"],
        tuple(data.get("inflow", ())),
        tuple(data.get("shows", ())),
    )


def _plain(value: Any) -> Any:
    """As TOML has it: lists for tuples, and nothing where there is nothing."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value
