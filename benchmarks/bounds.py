"""How many bounds are solved a second, and what it takes to prepare one. Run ``python -m benchmarks.bounds``.

CPU seconds, for one core. `--simulate` puts simulating one gate of the same scenario beside it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds import Program, Standard, frontier_of, least_leak, most_served, program_a, program_b
from gatesim.gates.bounds.limit_prices import limit_prices
from gatesim.gates.bounds.several import most_value_within, most_within, several
from gatesim.law.law import Law, make_law, of_one_order
from gatesim.scenario import load
from gatesim.scenario.orders import Clause
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import Attribute, Signal

FLAGSHIP = "june-2026"
READING = "person"


class Speed(NamedTuple):
    """What one thing takes.

    Attributes
    ----------
    what
        In words.
    seconds
        CPU seconds for one, the median of several goes.
    """

    what: str
    seconds: float


def timed(what: str, do: Callable[[int], object], goes: int = 5, each: int = 1) -> Speed:
    """Time something; ``do`` is given a number that differs each time."""
    found = []
    for go in range(goes):
        begin = time.process_time()
        for number in range(each):
            do(go * each + number)
        found.append((time.process_time() - begin) / each)
    return Speed(what, float(np.median(found)))


def flagship() -> tuple[Scenario, Law]:
    """The flagship and its law."""
    scenario = load(FLAGSHIP).scenario
    return scenario, make_law(scenario, READING)


def limits(number: int) -> Standard:
    """A limit that no other call has."""
    return Standard("leak_share", 0.0005 + 1e-6 * number)


def solved(program: Program, what: str, goes: int = 5, each: int = 200) -> Speed:
    """Solve a prepared program for one limit after the other."""
    frontier_of(program)
    most_served(program, limits(0))
    return timed(what, lambda number: most_served(program, limits(number + 1)), goes, each)


def of_two_orders(scenario: Scenario, bound: Literal["A", "B"]) -> list[Speed]:
    """Solve a bound within the limits of two orders, the second against whoever is abroad, for some days."""
    first = scenario.orders[0]
    second = first.model_copy(
        update={
            "issued": first.issued + timedelta(days=4),
            "restricts": (Clause(located=("abroad",)),),
            "carve_outs": (),
        }
    )
    both = scenario.model_copy(update={"orders": (first, second)})
    law = make_law(both, READING)
    program = several(both, law, [of_one_order(both, law, number) for number in (0, 1)], bound)
    near: list[NDArray[np.int64]] = []

    def at(number: int) -> list[Standard]:
        return [limits(number), Standard("leak_share", 0.02 - 1e-6 * number)]

    return [
        timed(f"{bound} solved, two orders", lambda n: most_value_within(program, at(n), near), 5, 40),
        timed(f"{bound} solved and proved, two orders", lambda n: most_within(program, at(n)), 5, 4),
        timed(
            f"{bound}, prices of two orders with their ranges", lambda n: limit_prices(program, at(n)), 3, 2
        ),
    ]


def changed(number: int) -> object:
    """A bound of the flagship with another accuracy: nothing is prepared."""
    scenario = load(FLAGSHIP, [f"signals.payment.accuracy={0.9 + 1e-4 * number}"]).scenario
    begin = time.process_time()
    law = make_law(scenario, READING)
    most_served(program_a(scenario, law, desk=False), limits(0))
    return time.process_time() - begin


def five_by_five() -> Scenario:
    """The flagship's people, five regions, five signals that err alike: 6^5 joint readings."""
    scenario = load(FLAGSHIP).scenario
    regions = {"US": ("US",), "asia": ("IN", "JP", "KR"), "eu": ("DE", "FR"), "uk": ("GB",), "rest": ("*",)}
    attributes: tuple[Attribute, ...] = ("network", "device", "network", "card", "declared")
    signals = {
        f"signal-{number}": Signal(observes=observes, accuracy=0.9 + 0.01 * number, coverage=0.95)
        for number, observes in enumerate(attributes)
    }
    return scenario.model_copy(update={"regions": regions, "signals": signals, "causes": {}, "policies": {}})


def from_nothing(scenario: Scenario) -> float:
    """CPU seconds for a bound of a scenario of which nothing is known yet."""
    fresh = scenario.model_copy()
    begin = time.process_time()
    most_served(program_a(fresh, make_law(fresh, READING)), limits(0))
    return time.process_time() - begin


def measure() -> list[Speed]:
    """All that is measured."""
    scenario, law = flagship()
    program_a(scenario, law)  # what is worked out once for a scenario
    plain, checked = program_a(scenario, law, checks="none"), program_a(scenario, law, desk=False)
    desk, memory = program_a(scenario, law), program_b(scenario, law)
    five = five_by_five()
    return [
        timed(
            "A prepared: every list of documents", lambda _: frontier_of(program_a(scenario, law, desk=False))
        ),
        timed("A prepared: no checks", lambda _: frontier_of(program_a(scenario, law, checks="none"))),
        timed("B prepared", lambda _: frontier_of(program_b(scenario, law)), 3),
        solved(plain, "A solved, no checks"),
        solved(checked, "A solved, every list of documents"),
        solved(desk, "A solved, the desk binds too", 5, 20),
        solved(memory, "B solved"),
        timed(
            "A, least leak at a floor", lambda n: least_leak(checked, "leak_share", 0.2 + 1e-4 * n), 5, 200
        ),
        Speed(
            "A of a scenario with another accuracy, nothing prepared",
            float(np.median([changed(n) for n in range(5)])),
        ),
        Speed("A of five signals and five regions, nothing prepared", from_nothing(five)),
        timed("A proved in exact fractions", lambda n: most_served(checked, limits(n)).verification),
        *of_two_orders(scenario, "A"),
        *of_two_orders(scenario, "B"),
    ]


def simulated(people: int) -> Speed:
    """The fast engine on one gate of the flagship, compiled before."""
    from gatesim.study.run import run

    run(FLAGSHIP, policies=["careful"], people=1000)
    return timed(
        f"one gate simulated, {people:,} accounts",
        lambda _: run(FLAGSHIP, policies=["careful"], people=people),
        1,
    )


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulate", type=int, metavar="N", help="also simulate N accounts")
    chosen = parser.parse_args()
    found = measure()
    if chosen.simulate:
        found.append(simulated(chosen.simulate))
    for speed in found:
        print(f"{speed.what:62} {speed.seconds * 1e3:10.3f} ms {1 / speed.seconds:12,.0f} a second")


if __name__ == "__main__":
    main()
