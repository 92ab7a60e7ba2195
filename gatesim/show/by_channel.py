"""What each policy serves and leaks on each channel, as tables."""

from __future__ import annotations

from gatesim.measures.numbers import about_rate
from gatesim.scenario.people import CHANNELS
from gatesim.show.certain import certain_in_parts
from gatesim.show.outcomes import noisy
from gatesim.show.tables import LEFT, Column, Table
from gatesim.study.result import Result

_WHAT = {
    "served_entitled": "Entitled needs served, by channel of the account",
    "leak_rate": "Leak rate, by channel of the account",
}


def channel_tables(result: Result) -> list[Table]:
    """Of entitled needs what is served, and of restricted ones what leaks; none where there is one channel alone."""
    channels = [channel for channel in CHANNELS if _has_needs(result, channel)]
    if len(channels) < 2:
        return []
    columns = (Column("policy", LEFT), *(Column(channel) for channel in channels))
    noise, none = "Expected values; no chance in them.", "it has no such needs"
    if result.engine != "exact":
        none = "no such need was simulated"
        noise = "In brackets the 95 % interval of the simulation's noise, where it is wide."
    notes = {"leak_rate": f"Leak rate: of the channel's restricted needs. -: {none}. {noise}"}
    return [
        Table(
            title,
            columns,
            tuple(
                (name, *(_cell(result, name, channel, measure) for channel in channels))
                for name in result.policies
            ),
            notes.get(measure, ""),
        )
        for measure, title in _WHAT.items()
    ]


def _has_needs(result: Result, channel: str) -> bool:
    """Whether anybody on a channel has a need for a model that an order names."""
    found = (one.by["channel"].get(channel, {}) for one in result.policies.values())
    return any(one[measure].value is not None for one in found for measure in _WHAT if measure in one)


def _cell(result: Result, policy: str, channel: str, measure: str) -> str:
    """A ratio, and below it in brackets its interval, where that is wide; a leak that cannot be is 0."""
    found = result.policies[policy]
    part = found.by["channel"].get(channel, {})
    one = (dict(part) | certain_in_parts(result, policy, part)).get(measure)
    if one is None or one.value is None:
        return "-"
    if result.engine != "exact" and one.low is None and 0 < one.value < 1:
        return f"{about_rate(one.value)}\n(noise unknown)"
    return noisy(one, measure == "leak_rate" and not found.may_leak)
