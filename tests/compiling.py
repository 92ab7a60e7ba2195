"""Compile the fast engine: processes that start together would each do so. `make test` runs it before the suite."""

from __future__ import annotations

import tempfile
from pathlib import Path

import gatesim
from gatesim.engine import fast
from gatesim.gates.compile import compile_gate
from tests.lively_scenarios import lively_case


def main() -> None:
    """Run what uses each part of the compiled code: counts and a ledger, with waits from a table, then at a desk."""
    with tempfile.TemporaryDirectory() as folder:
        gatesim.run(
            "june-2026", people=100, policies=["open", "careful"], out=Path(folder) / "run", ledger=True
        )
    case = lively_case([7, 0])
    population = fast.Population(case.scenario, 1, 0, case.scenario.people)
    gates = [compile_gate(case.scenario, policy, case.law) for policy in case.scenario.policies]
    population.tallies([fast.Job([case.law], gate) for gate in gates])


if __name__ == "__main__":
    main()
