"""The world as an operator believes it to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.errors import Finding, nearest
from gatesim.scenario.merge import merged
from gatesim.scenario.policies import Posterior
from gatesim.scenario.schema import Scenario
from gatesim.scenario.shape import Beliefs, fields
from gatesim.scenario.wording import findings

JUDGED = ("status", "citizenship", "organisation")
"""Keys of a segment that the law goes by. Who is restricted is no matter of belief; how many there are is."""


def believed_findings(
    scenario: Scenario, beliefs: Mapping[str, Any]
) -> tuple[Scenario | None, list[Finding]]:
    """The scenario as somebody believes it to be, or what is wrong with the beliefs.

    Parameters
    ----------
    scenario
        The truth.
    beliefs
        What is believed otherwise of segments, signals and causes: plain data of the same shape, merged as a
        file is with its base.

    Returns
    -------
    tuple
        The believed scenario (same regions and cells, no policies, no operator), or None; and the findings, their key
        paths within ``beliefs``, empty where there is a scenario.
    """
    found = list(_misplaced(scenario, beliefs))
    if found:
        return None, found
    data = merged(scenario.model_dump(by_alias=True, exclude={"policies", "operator"}), beliefs)
    try:
        result = Scenario.model_validate(data)
    except ValidationError as error:
        return None, findings(error, data)
    for name, signal in result.signals.items():
        if signal.observes != scenario.signals[name].observes:
            message = "is no matter of belief: the readings would be others"
            found.append(Finding(("signals", name, "observes"), message))
    found += inconsistencies(result)
    return (None, found) if found else (result, [])


def _misplaced(scenario: Scenario, beliefs: Mapping[str, Any]) -> Iterator[Finding]:
    """Keys that may stand in a scenario, and not in beliefs."""
    known = list(fields(Beliefs))
    for table, entries in beliefs.items():
        if table not in known:
            yield Finding(
                (table,), "is nothing that beliefs are about", nearest(table, known, "they are about")
            )
            continue
        for name, entry in entries.items() if isinstance(entries, Mapping) else ():
            # A cause that only the operator believes in changes neither cells nor the law: it may be new.
            there = getattr(scenario, table)
            if table != "causes" and name not in there:
                message = "is not in the scenario: beliefs are about what is there"
                yield Finding((table, name), message, nearest(name, there, "there are"))
            for key in JUDGED:
                if table == "segments" and isinstance(entry, Mapping) and key in entry:
                    message = "is what the law goes by, and no matter of belief"
                    yield Finding((table, name, key), message, "change the shares of segments instead")


def belief_rules(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with the beliefs of policies and of the operator; key paths lead into them."""
    worlds = scenario.operator.beliefs if scenario.operator is not None else {}
    for name, belief in worlds.items():
        for finding in believed_findings(scenario, belief.world)[1]:
            path = ("operator", "beliefs", name, "world", *finding.path)
            yield Finding(path, finding.message, finding.hint)
    for name, policy in scenario.policies.items():
        if isinstance(policy, Posterior) and policy.beliefs:
            for finding in believed_findings(scenario, policy.beliefs)[1]:
                path = ("policies", name, "beliefs", *finding.path)
                yield Finding(path, finding.message, finding.hint)
