"""A desk scaled down to the people simulated: five times as many people leave its waits where they are."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from gatesim.engine.fast import Job, Population
from gatesim.engine.waits import TOLERANCE, choose_desk
from gatesim.measures.tally import DeskTally
from gatesim.scenario.people import Trips, Vpn
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import HOUR
from gatesim.study.gates import jobs, laws
from gatesim.study.simulate import desk_for
from tests.scenarios import Whole, small

# A test here raises a false alarm with a probability of less than one in a million.
FALSE_ALARM = 1e-6
REPLICATIONS = 12
HOURS = 120
ALWAYS = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "24:00"}


def world(people: int, represents: int, reviewers: int, load: float, **desk: Any) -> Scenario:
    """Accounts whose needs all go to the desk; of the real size ``load`` cases come in an hour."""
    scenario = small(
        length=f"{HOURS}h",
        people=people,
        represents=represents,
        signals=Whole(),
        reactions=Whole(),
        desk=Whole(
            {"service": "1h", "patience": "2h", "shifts": [{**ALWAYS, "reviewers": reviewers}], **desk}
        ),
        documents__passport={"automatic_time": "0s", "to_desk": 1.0},
        orders=[
            {
                "issued": "2026-06-10T00:00:00-04:00",
                "models": ["new"],
                "reading": "person",
                "standard": {"limit": 0.01},
            }
        ],
        policies=Whole(
            ask={
                "family": "rules",
                "rules": [{"then": "check"}],
                "otherwise": "check",
                "documents": ["passport"],
                "clearance": "0s",
            }
        ),
    )
    native = scenario.segments["natives"].model_copy(
        update={
            "share": 1.0,
            "needs_per_day": 24 * load / represents,
            "vpn": Vpn(),
            "trips": Trips(),
            "models": {"new": 1.0},
            "gives_up": 0.0,
            "documents": {"passport": 1.0},
        }
    )
    return scenario.model_copy(update={"segments": {"natives": native}})


def desks(scenario: Scenario) -> list[DeskTally]:
    """What the desk did, scaled down whether that is right or not, in each of some replications."""
    by_reading = {"person": laws(scenario, scenario.seed, 0)["person"]}
    (job,) = jobs(scenario, ["ask"], by_reading)
    found = []
    for replication in range(REPLICATIONS):
        population = Population(scenario, scenario.seed, replication, scenario.people)
        ((tally,),) = population.tallies([Job(list(job.laws.values()), job.gate)])
        found.append(tally.desk)
    return found


def mean_wait(desk: DeskTally) -> float:
    """Hours in the queue, of those who were reviewed and those who left."""
    return (desk.wait_reviewed_us + desk.wait_left_us) / (desk.reviewed + desk.left) / HOUR


def surely_further_apart(a: list[float], b: list[float], part: float) -> bool:
    """Whether two means surely differ by more than a part of the second (Welch's test, one-sided)."""
    x, y = np.array(a), (1.0 + part * np.sign(np.mean(a) - np.mean(b))) * np.array(b)
    sign = np.sign(np.mean(a) - np.mean(b))
    found = stats.ttest_ind(sign * x, sign * y, equal_var=False, alternative="greater")
    return bool(found.pvalue < FALSE_ALARM)


SIZE = 20_000


@pytest.mark.no_cover  # others cover the same lines
@pytest.mark.parametrize(("reviewers", "load"), [(300, 900.0), (200, 300.0)])
def test_where_the_desk_is_scaled_down_five_times_as_many_people_wait_as_long(
    reviewers: int, load: float
) -> None:
    waits, leaving = [], []
    for people in (SIZE // 10, SIZE // 2):
        scenario = world(people, SIZE, reviewers, load)
        (job,) = jobs(scenario, ["ask"], {"person": laws(scenario, scenario.seed, 0)["person"]})
        assert desk_for(scenario, job)[1] == "simulated, with reviewers scaled down to the people simulated"
        done = desks(scenario)
        waits.append([mean_wait(desk) for desk in done])
        leaving.append([desk.left / desk.joined for desk in done])
    for few, many in (waits, leaving):
        assert not surely_further_apart(few, many, TOLERANCE)
        assert abs(np.mean(few) / np.mean(many) - 1) < 2 * TOLERANCE


def test_where_it_may_not_be_scaled_down_it_would_have_mattered() -> None:
    """Ninety-five cases an hour for a hundred reviewers: in the small, people would surely wait longer."""
    assert choose_desk(world(SIZE // 10, SIZE, 100, 95.0), SIZE // 10, np.full(HOURS, 95.0)) is not None
    few, many = (
        [mean_wait(desk) for desk in desks(world(people, SIZE, 100, 95.0))]
        for people in (SIZE // 10, SIZE // 2)
    )
    assert surely_further_apart(few, many, TOLERANCE)
