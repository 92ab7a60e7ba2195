"""How sure it is that nothing leaks at all, for orders that ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatesim.exact.evaluate import evaluate
from gatesim.exact.expected import CannotDo
from gatesim.exact.leakless import no_leak_at_all
from gatesim.exact.structure import may_leak
from gatesim.law.law import has_random_end
from gatesim.law.standards import demands
from gatesim.measures.judgement import NoLeak
from gatesim.scenario.schema import Scenario
from gatesim.study.gates import Job

Found = Mapping[tuple[str, str], Mapping[tuple[str, ...], NoLeak]]
"""Reading and policy -> models -> how sure."""


def asks_for_zero(scenario: Scenario) -> bool:
    """Whether an order has the standard ``zero``."""
    return any(demand.kind == "zero" for demand in demands(scenario))


def no_leaks(scenario: Scenario, jobs: Sequence[Job], *, leave_out: bool) -> Found:
    """The probability of no leak among all represented accounts, for each demand of the kind ``zero``.

    Parameters
    ----------
    scenario, jobs
        The scenario, and its gates.
    leave_out
        Whether a probability counts that leaves something of the model out (and says so): where the measures
        come from the exact engine, as they leave out the same; not where they were simulated with it.

    Returns
    -------
    mapping
        Without a probability, and with the reason, where the exact engine cannot do the policy.
    """
    asked = [one.models for one in demands(scenario) if one.kind == "zero" and not one.apart]
    return {
        (reading, job.policy): {
            models: no_leak(scenario, job, reading, models, leave_out) for models in asked
        }
        for job in jobs
        for reading in job.laws
    }


def no_leak(scenario: Scenario, job: Job, reading: str, models: tuple[str, ...], leave_out: bool) -> NoLeak:
    """The probability of no leak among all represented accounts in the use of some models, under one reading."""
    law = job.laws[reading]
    if has_random_end(scenario) and not leave_out:
        return NoLeak(None, "the end of an order is random")
    try:
        left_out = evaluate(scenario, law, job.gate, policy=job.policy, daily=False).left_out
        if left_out and not leave_out:
            return NoLeak(None, f"the exact engine leaves out {'; '.join(left_out)}")
        if not may_leak(scenario, law, job.gate):
            return NoLeak(1.0, "")
        probability = no_leak_at_all(scenario, law, job.gate, job.policy, models)
    except CannotDo as error:
        return NoLeak(None, f"the exact engine cannot do it: {error}")
    return NoLeak(probability, f"without {'; '.join(left_out)}" if left_out else "")
