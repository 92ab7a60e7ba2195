"""Ten lines of the fast engine, each changed in turn: the equality test must notice every one. `make mutations`.

A copy of the package gets one changed line. Then the cases of `tests.test_equality` are run on it and held to the
reference, in the same order, up to the first on which the ledgers differ. Only a difference of ledgers counts: a crash
does not. An unchanged copy runs too, and must pass. The compiler is off: the lines are the same, compiling each copy
would take longer than running it.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("gatesim", "tests", "seeds", "scenarios")
WORKERS = 2
TIMEOUT_S = 900

PASSED, DIFFER = 0, 3
"""How a run of the cases on a copy exits; whatever else is a crash."""


@dataclass(frozen=True)
class Mutation:
    """One line of a file, as it stands (without indentation), what takes its place, and what that breaks."""

    file: str
    line: str
    instead: str
    breaks: str


MUTATIONS = (
    Mutation(
        "gatesim/engine/life.py",
        "if law_at <= case_at:",
        "if law_at < case_at:",
        "a verdict that falls as the law changes comes before it",
    ),
    Mutation(
        "gatesim/engine/life.py",
        "if state != FRESH and now >= until:",
        "if state != FRESH and now > until:",
        "a state still holds at the instant at which it runs out",
    ),
    Mutation(
        "gatesim/engine/journeys.py",
        "while time >= change:",
        "while time > change:",
        "somebody is at home at the instant at which their trip begins",
    ),
    Mutation(
        "gatesim/engine/life.py",
        "leaves = now + exponential_us(seed, replication, account, PATIENCE, asks, g.patience)",
        "leaves = ready + exponential_us(seed, replication, account, PATIENCE, asks, g.patience)",
        "patience counts from the end of the automatic part",
    ),
    Mutation(
        "gatesim/engine/life.py",
        "person, number = account + body * SLOT, need",
        "person, number = account, need",
        "a co-user's reactions are drawn as if they were the owner's",
    ),
    Mutation(
        "gatesim/engine/life.py",
        "if ends_how == VERDICT and passed:",
        "if ends_how == VERDICT:",
        "who fails a check is cleared",
    ),
    Mutation(
        "gatesim/engine/life.py",
        "return max(gone, now + exponential_us(seed, replication, person, RETURN, number, g.away))",
        "return now + exponential_us(seed, replication, person, RETURN, number, g.away)",
        "who leaves a second time returns at the earlier of the two instants",
    ),
    Mutation(
        "gatesim/engine/fast_desk.py",
        "if stage == IN_REVIEW:",
        "if stage == OVER:",
        "a case that the law withdraws does not free its reviewer",
    ),
    Mutation(
        "gatesim/engine/fast_desk.py",
        "heappush(queue, (best, now, cases[case, D_ACCOUNT], tie, case))",
        "heappush(queue, (np.int64(0), now, cases[case, D_ACCOUNT], tie, case))",
        "no channel has priority",
    ),
    Mutation(
        "gatesim/engine/fast_desk.py",
        "LAW, SHIFT, END_OF_SERVICE, LEAVING, SESSION = range(5)",
        "LAW, END_OF_SERVICE, SHIFT, LEAVING, SESSION = range(5)",
        "a reviewer who is free as a shift changes takes the next case before the change",
    ),
)


def mutated(mutation: Mutation, root: Path) -> str:
    """The text of a file with its line changed.

    Raises
    ------
    ValueError
        If the line does not stand there exactly once.
    """
    lines = (root / mutation.file).read_text(encoding="utf-8").splitlines()
    places = [number for number, line in enumerate(lines) if line.strip() == mutation.line]
    if len(places) != 1:
        raise ValueError(f"{mutation.file} has this line {len(places)} times, not once: {mutation.line}")
    lines[places[0]] = lines[places[0]].replace(mutation.line, mutation.instead)
    return "\n".join(lines) + "\n"


def _hold(cases: Path) -> int:
    """Inside a copy: hold its engine to the ledgers of the reference, up to the first case on which they differ."""
    import gatesim
    from tests.kept_cases import LedgersDifferError, hold_together

    assert Path(gatesim.__file__).is_relative_to(Path.cwd()), "the copy must be what runs"
    for number, case in enumerate(pickle.loads(cases.read_bytes())):
        try:
            hold_together(case)
        except LedgersDifferError as error:
            print(f"case {number}: {error}")
            return DIFFER
    return PASSED


def _run(mutation: Mutation | None, cases: Path, folder: Path) -> tuple[bool, str]:
    """Whether a copy behaves as it must (a mutation is caught; no mutation, no difference), and what came out."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    if mutation is not None:
        try:
            text = mutated(mutation, folder)
        except ValueError as error:
            return False, str(error)
        (folder / mutation.file).write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.mutations", str(cases)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"no end after {TIMEOUT_S} s"
    finally:
        shutil.rmtree(folder)
    if done.returncode not in (PASSED, DIFFER):
        return False, f"crashed: {done.stderr.strip().splitlines()[-1:]}"
    if mutation is None:
        return done.returncode == PASSED, done.stdout.strip() or "no difference, as it must be"
    return done.returncode == DIFFER, done.stdout.strip() or "survives: no case notices"


def main() -> int:
    """Run all; 1 where a mutation survives, crashes or finds no line to change."""
    from tests.lively_scenarios import lively_case
    from tests.test_equality import CASES, STREAM

    with tempfile.TemporaryDirectory(prefix="gatesim-mutations-") as name:
        folder = Path(name)
        made = [lively_case([STREAM, number]) for number in range(CASES)]
        for case in made:
            case.ledger, case.gate, case.waits  # noqa: B018  (made here, once; a copy need not make them again)
        cases = folder / "cases.pickle"
        cases.write_bytes(pickle.dumps(made))
        print(f"{CASES} cases and their ledgers of the reference are made", flush=True)
        failed = 0
        with ThreadPoolExecutor(WORKERS) as pool:
            jobs = [
                (m, pool.submit(_run, m, cases, folder / str(n))) for n, m in enumerate((None, *MUTATIONS))
            ]
            for mutation, job in jobs:
                good, what = job.result()
                failed += not good
                title = "nothing is changed" if mutation is None else f"{mutation.breaks} ({mutation.file})"
                print(f"{'ok  ' if good else 'FAIL'}  {title}\n      {what}", flush=True)
    print(f"{failed} of {1 + len(MUTATIONS)} are not as they must be" if failed else "All are caught.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(_hold(Path(sys.argv[1])) if len(sys.argv) > 1 else main())
