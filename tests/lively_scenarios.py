"""Random scenarios with everything that takes time: a desk, automatic parts, expiring states, people who leave.

They are `random_scenarios` with what the exact engine cannot follow put back in; both simulating engines can.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gatesim.engine.waits import WaitTable
from gatesim.gates.compile import compile_gate
from gatesim.gates.tables import CHECK
from gatesim.law.law import make_law
from gatesim.scenario.consistency import bodies_and_needs, inconsistencies
from gatesim.scenario.schema import Scenario
from tests.kept_cases import MOST_NEEDS, MOST_PEOPLE, Case
from tests.random_scenarios import random_scenario
from tests.ties import AT_THE_DESK, MOVES, with_tie

TIMES = ("0s", "1s", "3h", "1d", "30d", "forever")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def lively_scenario(rng: np.random.Generator) -> Scenario:
    """A consistent scenario in which things take time."""
    data = random_scenario(rng).model_dump(by_alias=True)
    accounts = int(rng.integers(20, MOST_PEOPLE + 1))
    data |= {
        "people": accounts,
        "represents": accounts * int(rng.choice([1, 1, 7])),
        "age_bands": data["age_bands"],
    }
    for document in data["documents"].values():
        document["automatic_time"] = str(rng.choice(["0s", "0s", "5m", "9h"]))
        document["to_desk"] = float(rng.choice([0.0, 0.4, 1.0], p=[0.15, 0.25, 0.6]))
    data["desk"] = _desk(rng)
    if rng.random() < 0.3:
        _make_busy(data, rng)
    data["reactions"] = {
        "fall_back": float(rng.choice([0.0, 0.5, 1.0])),
        "leave": float(rng.choice([0.0, 0.1, 0.6])),
        "away": str(rng.choice(["2h", "3d", "forever"])),
    }
    for policy in data["policies"].values():
        for key in ("clearance", "ask_again_after", "allow_lasts", "block_lasts"):
            policy[key] = str(rng.choice(TIMES))
    _zeros(data, rng)
    if all(segment["needs_per_day"] == 0 or segment["share"] == 0 for segment in data["segments"].values()):
        next(iter(data["segments"].values()))["needs_per_day"] = 2.0
    scenario = Scenario.model_validate(data)
    bodies, needs = bodies_and_needs(scenario, accounts)
    fits = min(
        1.0, 0.85 * MOST_PEOPLE / bodies, 0.7 * MOST_NEEDS / needs
    )  # what is expected; leave room for chance
    scenario = scenario.model_copy(update={"people": int(accounts * fits)})
    found = [str(finding) for finding in inconsistencies(scenario)]
    assert not found, found
    return scenario


def _desk(rng: np.random.Generator) -> dict[str, Any]:
    shifts = []
    for _ in range(int(rng.integers(1, 4))):
        begin = int(rng.integers(0, 20))
        shifts.append(
            {
                "days": [day for day in DAYS if rng.random() < 0.7] or ["mon"],
                "start": f"{begin:02}:00",
                "end": f"{int(rng.integers(begin + 1, 25)):02}:00",
                "reviewers": int(rng.choice([0, 1, 1, 2, 30], p=[0.25, 0.25, 0.25, 0.15, 0.1])),
            }
        )
    return {
        "shifts": shifts,
        # So quick that many reviews end at one microsecond when a shift begins, or so slow that a queue builds up.
        "service": str(rng.choice(["0.000001s", "10m", "2h", "9h", "9h"])),
        "patience": str(rng.choice(["1s", "5h", "2d", "2d", "forever"])),
        "priority": [str(rng.choice(["consumer", "team", "api"]))] if rng.random() < 0.5 else [],
    }


def _make_busy(data: dict[str, Any], rng: np.random.Generator) -> None:
    """One reviewer for all, day and night, so that it matters who comes first."""
    channels = sorted({segment["channel"] for segment in data["segments"].values()})
    data["desk"] = {
        "shifts": [{"days": list(DAYS), "start": "00:00", "end": "24:00", "reviewers": 1}],
        "service": str(rng.choice(["2h", "9h", "1d"])),
        "patience": str(rng.choice(["9h", "2d", "forever"])),
        "priority": [str(rng.choice(channels))],
    }
    for document in data["documents"].values():
        document["to_desk"] = 1.0
        document["automatic_time"] = str(rng.choice(["0s", "0s", "1h"]))


def _zeros(data: dict[str, Any], rng: np.random.Generator) -> None:
    """Shares and rates of zero, here and there."""
    for segment in data["segments"].values():
        if rng.random() < 0.1:
            segment["needs_per_day"] = 0.0
        away = {region: 0.0 for region in data["regions"] if region != segment["home"]}
        nowhere = dict.fromkeys(data["regions"], 0.0)
        for shares, zeros in (
            (segment["card"], nowhere),
            (segment["declared"], nowhere),
            (segment["vpn"]["exits"], nowhere),
            (segment["trips"]["to"], away),
            (segment["models"], dict.fromkeys(data["models"], 0.0)),
        ):
            if shares and rng.random() < 0.3:
                shares.update(zeros | shares)
        for co_user in segment["co_users"].values():
            if rng.random() < 0.15:
                co_user[str(rng.choice(["present", "share"]))] = 0.0


def some_waits(scenario: Scenario, rng: np.random.Generator) -> WaitTable | None:
    """Now and then a table of waits instead of the desk."""
    inflow = tuple(rng.choice([0.0, 3.0, 50.0], size=48).tolist()) if rng.random() < 0.2 else ()
    return Case(scenario, "", "", inflow=inflow).waits


def lively_case(seed: Sequence[int]) -> Case:
    """A case for both simulating engines, with a tie or two; mostly of a policy that asks for documents.

    Parameters
    ----------
    seed
        What its random numbers start from.
    """
    rng = np.random.default_rng(list(seed))
    scenario = lively_scenario(rng)
    reading = str(rng.choice(list(scenario.readings)))
    inflow = tuple(rng.choice([0.0, 3.0, 50.0], size=48).tolist()) if rng.random() < 0.18 else ()
    case = Case(scenario, _policy(scenario, reading, rng), reading, inflow=inflow)
    moves = {move: often for move, often in MOVES.items() if not inflow or move not in AT_THE_DESK}
    weights = np.array(list(moves.values())) / sum(moves.values())
    for number in rng.choice(len(moves), int(rng.integers(0, 6)), replace=False, p=weights):
        case = with_tie(case, list(moves)[number], rng)
    return case


def _policy(scenario: Scenario, reading: str, rng: np.random.Generator) -> str:
    law = make_law(scenario, reading)
    names = [str(name) for name in rng.permutation(list(scenario.policies))]

    def asks(name: str) -> bool:
        gate = compile_gate(scenario, name, law)
        return any(bool((tables.actions[0] == CHECK).any()) for tables in gate)

    return min(names, key=lambda name: not asks(name)) if rng.random() < 0.97 else names[0]
