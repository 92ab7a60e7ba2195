"""Random scenarios with everything that takes time: a desk, automatic parts, expiring states, people who leave.

They are `random_scenarios` with what the exact engine cannot follow put back in; both simulating engines can.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gatesim.engine.roster import reviewers_by_hour
from gatesim.engine.waits import WaitTable, wait_table
from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.schema import Scenario
from tests.random_scenarios import random_scenario

TIMES = ("0s", "1s", "3h", "1d", "30d", "forever")


def lively_scenario(rng: np.random.Generator) -> Scenario:
    """A consistent scenario in which things take time."""
    data = random_scenario(rng).model_dump(by_alias=True)
    accounts = int(rng.integers(20, 200))
    data |= {
        "people": accounts,
        "represents": accounts * int(rng.choice([1, 1, 7])),
        "age_bands": data["age_bands"],
    }
    for document in data["documents"].values():
        document["automatic_time"] = str(rng.choice(["0s", "0s", "5m", "9h"]))
        document["to_desk"] = float(rng.choice([0.0, 0.4, 1.0], p=[0.2, 0.3, 0.5]))
    data["desk"] = _desk(rng)
    data["reactions"] = {
        "fall_back": float(rng.choice([0.0, 0.5, 1.0])),
        "leave": float(rng.choice([0.0, 0.1, 0.6])),
        "away": str(rng.choice(["2h", "3d", "forever"])),
    }
    for policy in data["policies"].values():
        for key in ("clearance", "ask_again_after", "allow_lasts", "block_lasts"):
            policy[key] = str(rng.choice(TIMES))
    if rng.random() < 0.3:
        # Time in steps of hours: needs of many people at the same microsecond as shifts and laws.
        for segment in data["segments"].values():
            segment["needs_per_day"] = float(rng.choice([0.0, 2.0, 6.0]))
    if all(segment["needs_per_day"] == 0 or segment["share"] == 0 for segment in data["segments"].values()):
        next(iter(data["segments"].values()))["needs_per_day"] = 2.0
    scenario = Scenario.model_validate(data)
    found = [str(finding) for finding in inconsistencies(scenario)]
    assert not found, found
    return scenario


def _desk(rng: np.random.Generator) -> dict[str, Any]:
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    shifts = []
    for _ in range(int(rng.integers(1, 4))):
        begin = int(rng.integers(0, 20))
        shifts.append(
            {
                "days": [day for day in days if rng.random() < 0.7] or ["mon"],
                "start": f"{begin:02}:00",
                "end": f"{int(rng.integers(begin + 1, 25)):02}:00",
                "reviewers": int(rng.choice([0, 1, 1, 2, 30])),
            }
        )
    return {
        "shifts": shifts,
        "service": str(rng.choice(["10m", "2h", "9h", "9h"])),
        "patience": str(rng.choice(["1s", "5h", "2d", "forever"])),
        "priority": [str(rng.choice(["consumer", "team", "api"]))] if rng.random() < 0.5 else [],
    }


def some_waits(scenario: Scenario, rng: np.random.Generator) -> WaitTable | None:
    """Now and then a table of waits instead of the desk."""
    if rng.random() < 0.8:
        return None
    assert scenario.desk is not None
    reviewers, _ = reviewers_by_hour(scenario.desk, scenario.start, scenario.length)
    return wait_table(scenario, rng.choice([0.0, 3.0, 50.0], size=len(reviewers)), reviewers)
