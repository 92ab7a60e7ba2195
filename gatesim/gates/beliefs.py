"""The scenario as the operator of a policy believes it to be."""

from __future__ import annotations

import json

from gatesim.scenario.beliefs import believed_findings
from gatesim.scenario.errors import dotted
from gatesim.scenario.policies import Posterior
from gatesim.scenario.schema import Scenario
from gatesim.world.kept import kept


@kept
def _believed(scenario: Scenario, beliefs: str) -> Scenario:
    result, found = believed_findings(scenario, json.loads(beliefs))
    if result is None:
        first = found[0]
        hint = f"; {first.hint}" if first.hint else ""
        raise ValueError(f"{dotted(('beliefs', *first.path))}: {first.message}{hint}")
    return result


def believed(scenario: Scenario, policy: Posterior) -> Scenario:
    """The scenario as the operator of a policy believes it to be.

    Returns
    -------
    Scenario
        The scenario itself where the policy has no beliefs.

    Raises
    ------
    ValueError
        If a belief does not fit; the message begins with its key.
    """
    return _believed(scenario, json.dumps(policy.beliefs, default=str)) if policy.beliefs else scenario
