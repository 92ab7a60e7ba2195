"""Run all contenders, each in a process of its own; keep what they say; write docs/speed.md.

What is compared runs in turns, round after round, so that a slow minute of the machine slows all of it. Only CPU
seconds are compared, except where a wall clock is what matters.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

ENOUGH = 14 * 60
"""Seconds after which no further round begins: one of each section is always run."""

LONGEST = 400
"""Seconds after which a run is given up."""

WORKLOAD = (HERE / "workload.toml", "--sized")

FLAGSHIP = ("careful", "passport_check")
"""Policies of june-2026 that use all there is; the second asks everybody."""

LIBRARIES = ("gatesim", "simpy", "ciw", "mesa", "salabim", "numba", "numpy")

Line = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """What is run in turns.

    Attributes
    ----------
    name
        As in the results.
    rounds
        How often.
    runs
        Label, module and arguments of each run of a round.
    """

    name: str
    rounds: int
    runs: list[tuple[str, str, list[str]]] = field(default_factory=list)

    def run(self, label: str, module: str, *arguments: object) -> None:
        """Add a run."""
        self.runs.append((label, module, [str(argument) for argument in arguments]))


def sections(quick: bool) -> list[Section]:
    """All there is to run; a quick suite has a tenth of the people, and two rounds."""
    rounds, k = (2, 10) if quick else (5, 1)
    few = min(3, rounds)

    main = Section("main", rounds)
    main.run("simpy", "simpy_plain", "--people", 100_000 // k)
    main.run("gatesim", "gatesim_fast", *WORKLOAD, "--people", 1_000_000 // k)
    main.run("floor", "floor", "--people", 10_000_000 // k)
    for policy in FLAGSHIP:
        main.run(policy, "gatesim_fast", "june-2026", "--people", 1_000_000 // k, "--policy", policy)

    others = Section("others", few)
    for label, module in (
        ("simpy", "simpy_plain"),
        ("mesa", "mesa_agents"),
        ("salabim", "salabim_people"),
        ("ciw", "ciw_network"),
    ):
        others.run(label, module, "--people", 10_000 // min(k, 5))
    others.run("gatesim", "gatesim_fast", *WORKLOAD, "--people", 10_000 // min(k, 5))

    growth = Section("growth", few)
    for people in (1_000, 10_000):  # a hundred thousand are in the first section
        growth.run("simpy", "simpy_plain", "--people", people // k)
    for people in (10_000, 100_000, 1_000_000, 10_000_000):
        growth.run("gatesim", "gatesim_fast", *WORKLOAD, "--people", people // k)
    growth.run("flagship", "gatesim_fast", "june-2026", "--people", 10_000_000 // k, "--policy", FLAGSHIP[0])

    ten = Section("ten", few)
    ten.run("gatesim", "gatesim_fast", HERE / "ten.toml", "--sized", "--apart", "--people", 1_000_000 // k)

    backlog = Section("backlog", rounds)
    people = 106_000 // k
    here = (HERE / "backlog.toml", "--people", people, "--set", f"represents={people}")
    backlog.run("one queue", "gatesim_fast", *here)
    backlog.run("short queues", "gatesim_fast", *here, "--set", f"desk.shifts={often(4 * k)}")
    backlog.run("no desk", "gatesim_fast", *here, "--set", "documents.passport.to_desk=0.0")

    command = Section("command", few)
    command.run("flagship", "command", "run", "june-2026", "--people", 200_000 // k)
    return [main, others, growth, ten, backlog, command]


def often(closed: int) -> str:
    """Shifts of a minute every so many minutes, round the clock: cases gather in between."""
    days = '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
    starts = range(closed, 24 * 60, closed + 1)
    shifts = [
        f'{{ days = {days}, start = "{_clock(minute)}", end = "{_clock(minute + 1)}", reviewers = 500 }}'
        for minute in starts
    ]
    return f"[{', '.join(shifts)}]"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def carry_out(module: str, arguments: list[str]) -> Line:
    """One run in a process of its own; an ``error`` in place of its numbers where it fails."""
    whole = module == "command"
    command = [sys.executable, "-m", *(["gatesim"] if whole else [f"benchmarks.{module}"]), *arguments]
    before, began = os.times(), time.perf_counter()
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"gave up after {LONGEST} s"}
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return {"error": f"exit {done.returncode}"}
    if not whole:
        found: Line = json.loads(done.stdout.splitlines()[-1])
        return found
    wall, after = time.perf_counter() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"contender": "gatesim", "cpu_s": cpu, "wall_s": wall}


def run_all(quick: bool) -> list[Line]:
    """Every run of every section, round after round; what is said is kept."""
    began = time.perf_counter()
    lines: list[Line] = []
    plan = sections(quick)
    print("compiling, which is no part of what is measured", file=sys.stderr)
    for module, arguments in (
        ("command", ["run", "june-2026", "--people", "2000"]),
        ("gatesim_fast", [*map(str, WORKLOAD), "--people", "3000"]),
        ("floor", ["--people", "1000"]),
    ):
        carry_out(module, arguments)
    for section in plan:
        for number in range(section.rounds):
            if number and time.perf_counter() - began > ENOUGH:
                print(f"{section.name}: stopped after {number} rounds, for time", file=sys.stderr)
                break
            for label, module, arguments in section.runs:
                line = carry_out(module, arguments)
                people = int(arguments[arguments.index("--people") + 1])
                lines.append(
                    {"section": section.name, "round": number, "label": label, "people": people} | line
                )
                said = line.get("error") or f"{line['cpu_s']:.2f} s of CPU"
                print(
                    f"{section.name} {number + 1}/{section.rounds}: {label} {people:,}: {said}",
                    file=sys.stderr,
                )
    return lines


def machine() -> Line:
    """What the numbers were measured on, without names."""
    model, memory = platform.processor() or platform.machine(), 0
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Of gatesim and the libraries; those that are not there are left out."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    """Run, keep, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer people; print the page and keep nothing")
    parser.add_argument("--keep", action="store_true", help="keep what a quick suite found")
    given = parser.parse_args()
    began = time.perf_counter()
    lines = run_all(given.quick)
    minutes = (time.perf_counter() - began) / 60
    from benchmarks.expected import expected  # only now: its libraries would weigh on every child's start
    from benchmarks.page import PAGE, RESULTS, page

    sizes = sorted({line["people"] for line in lines if line["section"] in {"main", "others"}})
    results = {
        "date": date.today().isoformat(),
        "quick": given.quick,
        "minutes": round(minutes, 1),
        "machine": machine(),
        "versions": versions(),
        "expected": {str(people): expected(people) for people in sizes},
        "runs": lines,
    }
    text = page(results)
    print(text)
    if given.keep or not given.quick:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
