"""What an operator believes of the people and the signals, where it differs from the scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.errors import Finding, dotted, nearest
from gatesim.scenario.merge import merged
from gatesim.scenario.policies import Posterior
from gatesim.scenario.schema import Scenario
from gatesim.scenario.wording import findings
from gatesim.world.kept import kept

TABLES = ("segments", "signals", "causes")
"""The tables of a scenario that beliefs can be about: what a cell says about a person."""

JUDGED = ("status", "citizenship", "organisation")
"""Keys of a segment that the law goes by. Who is restricted is no matter of belief; how many there are is."""


def _misplaced(scenario: Scenario, beliefs: Mapping[str, Any]) -> Iterator[Finding]:
    """Keys that may stand in a scenario, and not in beliefs."""
    for table, entries in beliefs.items():
        if table not in TABLES:
            yield Finding(
                (table,), "is nothing that a gate's beliefs are about", nearest(table, TABLES, "they are")
            )
        for name, entry in entries.items() if isinstance(entries, Mapping) else ():
            path = (table, name)
            # A cause that only the operator believes in changes neither cells nor the law: it may be new.
            if table in ("segments", "signals") and name not in getattr(scenario, table):
                hint = nearest(name, getattr(scenario, table), "there are")
                yield Finding(path, "is not in the scenario: beliefs are about what is there", hint)
            for key in JUDGED:
                if table == "segments" and isinstance(entry, Mapping) and key in entry:
                    message = "is what the law goes by, and no matter of belief"
                    yield Finding((*path, key), message, "change the shares of segments instead")


def believed_findings(
    scenario: Scenario, beliefs: Mapping[str, Any]
) -> tuple[Scenario | None, list[Finding]]:
    """The scenario as somebody believes it to be, or what is wrong with the beliefs.

    Parameters
    ----------
    scenario
        The scenario.
    beliefs
        What is believed otherwise: a table of the same shape as the scenario's, with `TABLES` only; merged
        into it as a scenario is into its base.

    Returns
    -------
    tuple
        The believed scenario (same regions and cells, no policies), or None; and the findings, their key
        paths within ``beliefs``, empty where there is a scenario.
    """
    found = list(_misplaced(scenario, beliefs))
    if found:
        return None, found
    data = merged(scenario.model_dump(by_alias=True, exclude={"policies"}), beliefs)
    try:
        result = Scenario.model_validate(data)
    except ValidationError as error:
        return None, findings(error, data)
    for name in result.signals:
        if result.signals[name].observes != scenario.signals[name].observes:
            message = "is no matter of belief: the readings would be others"
            found.append(Finding(("signals", name, "observes"), message))
    found += [finding for finding in inconsistencies(result) if finding.path[0] in beliefs]
    return (None, found) if found else (result, [])


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


def check_beliefs(scenario: Scenario) -> list[Finding]:
    """What is wrong with the beliefs of all policies of a scenario.

    Returns
    -------
    list of Finding
        With whole key paths; empty where all is well.
    """
    wrong = []
    for name, policy in scenario.policies.items():
        if isinstance(policy, Posterior) and policy.beliefs:
            _, found = believed_findings(scenario, policy.beliefs)
            place = ("policies", name, "beliefs")
            wrong += [Finding((*place, *f.path), f.message, f.hint) for f in found]
    return wrong
