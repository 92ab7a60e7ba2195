"""Which groups can have false blocks or leaks at all, by the law and by who uses the service."""

from __future__ import annotations

from gatesim.law.law import has_random_dates
from gatesim.measures.axes import makers_groups, split_names
from gatesim.scenario.people import CHANNELS
from gatesim.study.gates import laws
from gatesim.study.result import Result
from gatesim.world.makers import makers


def who_can(result: Result, by: str) -> dict[str, set[str]]:
    """False blocks, leaks -> groups that can have any: entitled needs that an order is about, or restricted ones."""
    scenario = result.loaded.scenario
    names, groups = split_names(scenario, by), makers_groups(scenario, by)
    entitled, restricted = set(), set()
    for replication in range(result.reps if has_random_dates(scenario) else 1):
        law = laws(scenario, scenario.seed, replication, (result.reading,))[result.reading]
        for maker, group in zip(makers(scenario), groups.tolist(), strict=True):
            channel = CHANNELS.index(list(scenario.segments.values())[maker.owner].channel)
            for epoch in law.epochs:
                those = epoch.restricted[maker.segment, :, epoch.measured, channel]
                entitled |= {names[group]} if not those.all() else set()
                restricted |= {names[group]} if those.any() else set()
    return {"false_blocks": entitled, "leaks": restricted}
