"""gatesim's fast engine: what `gatesim run` does in its part "simulate", for one reading of the order.

`simulate` is all that touches the inside of gatesim.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

import numpy as np

from benchmarks.contender import cpu_seconds, forget_peak, peak_rss
from benchmarks.workload import read
from gatesim.law.roster import roster
from gatesim.measures.tally import Tally
from gatesim.scenario import load
from gatesim.scenario.consistency import bodies_and_needs
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import jobs, laws
from gatesim.study.simulate import Task, carry_out

WARM = 3_000
"""People in the runs that compile, and from whose memory the rest is counted: enough that some meet the desk.

Where so few stand for many, waits may come from a table: there is a second run, in which the desk is simulated."""


def simulate(scenario: Scenario, policies: Sequence[str], workers: int) -> list[Tally]:
    """Run policies under the reading of the first order; a tally each, in no particular order."""
    reading = scenario.orders[0].reading
    law = laws(scenario, scenario.seed, 0, [reading])
    tasks = [Task(0, job, "fast", None) for job in jobs(scenario, policies, law)]
    return [done.tallies[reading] for done in carry_out(scenario, scenario.seed, tasks, workers)]


def sized(people: int) -> list[str]:
    """What to set in workload.toml for so many people."""
    reviewers, review = read().size_of_desk(people)
    service = f'desk.service="{review * 86400:.6f}s"'
    return [f"represents={people}", service, f"desk.shifts.0.reviewers={reviewers}"]


def totals(scenario: Scenario, tally: Tally) -> dict[str, float]:
    """What the other contenders give: see `benchmarks.contender.totals`.

    ``needs`` are those of the window. Where the order does not cover all of it, or not all models, a tally knows
    only some of them, and their expected number is taken.
    """
    counted = tally.moments["all"]
    sums = dict(zip(counted.components, counted.first.sum(axis=0).tolist(), strict=True))
    found = {name: sums[name] for name in ("served", "restricted", "leaks", "entitled", "false_blocks")}
    found["requests"], found["asked"] = sums["document_requests"], sums["people_asked_for_documents"]
    covered = len(scenario.models) == 1 and scenario.orders[0].issued <= scenario.start
    found["needs"] = (
        int(tally.counts.sum()) if covered else round(bodies_and_needs(scenario, scenario.people)[1])
    )
    desk = tally.desk
    found["joined"] = desk.joined
    found["desk_wait_hours"] = desk.wait_reviewed_us / max(1, desk.reviewed) / 3.6e9
    waited = desk.wait_reviewed_us + desk.wait_left_us + desk.wait_other_us
    found["waiting_at_once"] = waited / scenario.length
    found["utilisation"] = desk.service_us / reviewers_time(scenario)
    return found


def reviewers_time(scenario: Scenario) -> float:
    """Microseconds that reviewers are on shift, scaled to the people simulated."""
    assert scenario.desk is not None
    steps = roster(scenario.desk, scenario.start, scenario.length)
    times = np.array([at for at, _ in steps] + [scenario.length], dtype=np.float64)
    return float(np.diff(times) @ [number for _, number in steps]) * scenario.people / scenario.represents


def main() -> None:
    """Warm up, run, print a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", help="a shipped name, or a file")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--policy", action="append", help="by default all")
    parser.add_argument("--set", action="append", default=[], dest="sets")
    parser.add_argument(
        "--sized", action="store_true", help="it is the workload: set the desk for the people"
    )
    parser.add_argument("--apart", action="store_true", help="before, run each policy by itself")
    given = parser.parse_args()

    def scenario(people: int, *more: str) -> Scenario:
        own = sized(people) if given.sized else []
        sets = [f"people={people}", f"seed={given.seed}", *own, *given.sets, *more]
        return load(given.scenario, sets).scenario

    def timed(policies: Sequence[str]) -> tuple[float, float, list[Tally]]:
        cpu, wall = cpu_seconds(), time.perf_counter()
        tallies = simulate(world, policies, workers=1)
        return cpu_seconds() - cpu, time.perf_counter() - wall, tallies

    world = scenario(given.people)
    names = given.policy or list(world.policies)
    few = min(WARM, given.people)
    simulate(scenario(few), names, workers=1)
    simulate(scenario(few, f"represents={few}"), names, workers=1)
    apart = [timed([name])[0] for name in names] if given.apart else []
    baseline = forget_peak()
    cpu, wall, tallies = timed(names)
    line = {"contender": "gatesim", "people": given.people, "seed": given.seed, "cpu_s": cpu, "wall_s": wall}
    line |= {
        "baseline_rss_bytes": baseline,
        "peak_rss_bytes": peak_rss(),
        "policies": len(names),
        "apart_cpu_s": apart,
    }
    print(json.dumps(line | totals(world, tallies[-1])))


if __name__ == "__main__":
    main()
