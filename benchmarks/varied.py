"""Exact evaluations of the flagship under a changing parameter, next to simulating the same.

Run ``python -m benchmarks.varied``; it prints one JSON object. Times are of one core (processor time of the process).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.gatesim_fast import simulate
from gatesim.exact.evaluate import World
from gatesim.exact.varied import Varied
from gatesim.gates.compile import compile_gate
from gatesim.gates.tables import Tables
from gatesim.law.law import Law
from gatesim.scenario import load
from gatesim.scenario.parameter import changed, find_parameter
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import laws
from gatesim.study.shutdown_map import shutdown_map
from gatesim.study.standing import Standings, question

SCENARIO = "june-2026"
KEYS = ("signals.ip.accuracy", "signals.payment.coverage", "segments.*.vpn.users", "segments.*.gives_up")
PLAIN = ("ip_block", "majority", "posterior_half", "posterior_strict")
MEMORY = ("careful", "licence_check", "identity_vendor", "passport_check", "passport_or_card")
TIMES = 2000


def _law(scenario: Scenario) -> Law:
    return laws(scenario, scenario.seed, 0)[scenario.orders[0].reading]


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _served(varied: Varied, policy: str, values: Sequence[float]) -> Callable[[], object]:
    return lambda: [varied.served(policy, [value]) for value in values]


def evaluations() -> dict[str, dict[str, float]]:
    """Evaluations a second, by key and policy without memory."""
    loaded = load(SCENARIO)
    found = {}
    for key in KEYS:
        one = find_parameter(loaded, key)
        varied = Varied(loaded.scenario, _law, [one], PLAIN)
        values = np.linspace(one.low, one.high, TIMES).tolist()
        found[key] = {policy: TIMES / _seconds(_served(varied, policy, values)) for policy in PLAIN}
    return found


def memory() -> dict[str, dict[str, float]]:
    """Of policies with memory: evaluations by the whole engine, each of another world; and interpolated ones.

    Before the interpolation stand some tens of the whole engine's, which are not in the second number.
    """
    loaded = load(SCENARIO)
    one = find_parameter(loaded, KEYS[0])
    values = np.linspace(one.low, one.high, 6).tolist()
    worlds = [World(changed(loaded.scenario, [one], [value]), _law(loaded.scenario)) for value in values]
    varied = Varied(loaded.scenario, _law, [one], MEMORY)
    found: dict[str, dict[str, float]] = {}
    for policy in MEMORY:
        gates = [compile_gate(world.scenario, policy, world.law) for world in worlds]
        worlds[0].evaluate(gates[0], policy, daily=False)
        whole = _seconds(partial(_evaluate, worlds[1:], gates[1:], policy))
        varied.is_smooth(policy)
        quick = np.linspace(one.low, one.high, TIMES).tolist()
        found[policy] = {
            "the whole engine": (len(worlds) - 1) / whole,
            "interpolated": TIMES / _seconds(_served(varied, policy, quick)),
        }
    return found


def _evaluate(worlds: Sequence[World], gates: Sequence[tuple[Tables, ...]], policy: str) -> None:
    for world, gate in zip(worlds, gates, strict=True):
        world.evaluate(gate, policy, daily=False)


def bounds() -> dict[str, float]:
    """Values of bounds a second, with the program at each value of the first key."""
    loaded = load(SCENARIO)
    one = find_parameter(loaded, KEYS[0])
    standings = Standings(loaded.scenario, question(loaded.scenario, policies=PLAIN), [one])
    values = np.linspace(one.low, one.high, 300).tolist()
    return {side: 300 / _seconds(partial(_most, standings, side, values)) for side in ("bound_A", "bound_B")}


def _most(standings: Standings, side: str, values: Sequence[float]) -> None:
    for value in values:
        standings.most(side, (value,))


def main() -> None:
    """Measure and print."""
    loaded = load(SCENARIO)
    simulate(loaded.scenario, ["majority"], 1)  # compiles
    print(
        json.dumps(
            {
                "evaluations a second, without memory": evaluations(),
                "evaluations a second, with memory": memory(),
                "bounds a second": bounds(),
                "seconds of a map of 50 x 50": _seconds(
                    lambda: shutdown_map(loaded, vary=KEYS[:2], policies=PLAIN)
                ),
                f"seconds to simulate one policy once, {loaded.scenario.people} accounts": _seconds(
                    lambda: simulate(loaded.scenario, ["majority"], 1)
                ),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
