"""What the workload should give: expected values, and how far chance may take a contender from them."""

from __future__ import annotations

from math import sqrt

from benchmarks.workload import FILE, UTILISATION, Segment, Workload, read
from gatesim.engine.queueing import erlang_a
from gatesim.scenario import load
from gatesim.study.exactly import find
from gatesim.study.gates import jobs, laws

FAR = 5.5
"""Standard errors by which no contender that is right will be off: once in twenty-five million comparisons."""

Law = dict[str, tuple[float, float]]


def expected(people: int) -> Law:
    """Leak rate, requests for a document a need, utilisation of the desk: expected value and standard error.

    The first two are those of gatesim's exact engine. It knows no queue: the utilisation is that of stationary
    M/M/c+M (Erlang A).

    Parameters
    ----------
    people
        How many.
    """
    scenario = load(FILE, [f"people={people}", f"represents={people}"]).scenario
    (job,) = jobs(scenario, list(scenario.policies), laws(scenario, scenario.seed, 0))
    exact = find(scenario, job.law, job.gate, job.policy).measures
    leaks, requests = exact["leak_rate"], exact["document_requests"]
    world = read()
    restricted = [one for one in world.segments if not one.entitled]
    leak_rate = leaks.numerator / leaks.denominator
    asked = requests.numerator / (people * sum(one.share * _needs(one, world) for one in world.segments))
    reviewers, review = world.size_of_desk(people)
    cases = people * world.cases_a_person()
    leaving = erlang_a(reviewers, cases / world.length, 1 / review, 1 / world.patience).p_abandon
    return {
        "leak rate": (leak_rate, _error(world, "allow", leak_rate, restricted, people)),
        "requests a need": (asked, _error(world, "check", asked, world.segments, people)),
        # The time that reviewers are busy is a sum of so many exponential times.
        "utilisation": (UTILISATION * (1 - leaving), UTILISATION * sqrt(2 / cases)),
    }


def _needs(one: Segment, world: Workload) -> float:
    return one.needs_per_day * world.length


def _error(world: Workload, action: str, rate: float, among: list[Segment], people: int) -> float:
    """Standard error of the share of needs that meet an action.

    Needs of a person are correlated, for card and form stick. Given them, a need meets the action with probability
    p, and the number of needs is Poisson with mean m. What the person adds to the numerator, less ``rate`` for each
    need, has the variance (p - rate)^2 (m^2 + m) + p (1 - p) m. (An account that is cleared is not asked again:
    for requests this is a little too large.)
    """
    needs = variance = 0.0
    for one in among:
        mean = _needs(one, world)
        needs += one.share * mean
        for payment, account, likely in world.sticky(one):
            p = sum(q for ip, q in world.ip.law(one.home) if world.gate[ip, payment, account] == action)
            variance += one.share * likely * ((p - rate) ** 2 * (mean**2 + mean) + p * (1 - p) * mean)
    return sqrt(variance / people) / needs


def observed(line: dict[str, float]) -> dict[str, float]:
    """The same measures of a contender, those of them that it has; the floor knows no desk and no clearance."""
    found = {"leak rate": line["leaks"] / line["restricted"]}
    if "utilisation" in line:
        found["requests a need"] = line["requests"] / line["needs"]
        found["utilisation"] = line["utilisation"]
    return found


def deviations(line: dict[str, float], law: Law) -> dict[str, float]:
    """How many standard errors a contender is off, by measure."""
    return {name: (value - law[name][0]) / law[name][1] for name, value in observed(line).items()}
