"""What is none or all of a policy's needs by the model, and not by chance: a bound of noise would say too little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gatesim.measures.definitions import BY_NAME, Measure
from gatesim.scenario.policies import Open
from gatesim.study.result import Result

DECIDED = ("served_entitled", "false_block_rate", "leak_rate")
"""Shares of entitled, or of restricted needs: whoever is drawn, serving all or none of them makes them 1 or 0."""


def certain(result: Result, policy: str) -> dict[str, Measure]:
    """Measures of a policy that are 0 or 1 whatever chance does, by name; without an interval.

    They are those that are expected to be so, where that is known. And of opening and closing for all, which decide
    without looking at anybody, the shares of a kind of needs that are served.
    """
    found = result.policies[policy].measures
    expected = result.expected.get(policy, {})
    sure = {name: one for name, one in expected.items() if _is_certain(one)}
    if decides_alike(result, policy):
        sure |= {name: without_noise(found[name]) for name in DECIDED if found[name].value in (0.0, 1.0)}
    return sure


def _is_certain(expected: Measure) -> bool:
    """Whether nothing is expected of it, or, of a share, all."""
    return expected.value == 0.0 or (expected.value == 1.0 and BY_NAME[expected.name].unit == "share")


def certain_in_parts(result: Result, policy: str, part: Mapping[str, Measure]) -> dict[str, Measure]:
    """The same of a part of the needs, such as a channel's: what holds of all of them holds of each part."""
    whole = certain(result, policy)
    return {
        name: without_noise(one) for name, one in part.items() if name in whole and one.value in (0.0, 1.0)
    }


def decides_alike(result: Result, policy: str) -> bool:
    """Whether a policy decides all needs alike: it serves everybody, or nobody at all."""
    one = result.loaded.scenario.policies.get(policy)
    return one is not None and (isinstance(one, Open) or one.is_shutdown)


def without_noise(measure: Measure) -> Measure:
    """A measure without its interval."""
    return replace(measure, low=None, high=None, one_sided=False)
