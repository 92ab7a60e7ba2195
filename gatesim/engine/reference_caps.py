"""Which needs are over a cap on usage, as a textbook counts them: account by account, need by need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatesim.law.caps import CapDay, over_caps
from gatesim.measures.caps import CappedNeeds
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.world.people import Account


def capped_needs(scenario: Scenario, days: Sequence[CapDay], people: Sequence[Account]) -> CappedNeeds:
    """The needs that arise while a cap holds, and whether the account has had its needs of the day.

    Parameters
    ----------
    scenario, days
        The scenario, and the days of its caps.
    people
        Everybody, with the needs of the whole window.
    """
    rows: list[tuple[int, int, int, int, int, bool]] = []
    channels = [CHANNELS.index(segment.channel) for segment in scenario.segments.values()]
    for account in people:
        everything = sorted(
            (need.time_us, body.slot, body.segment, need.model)
            for body in account.bodies
            for need in body.needs
        )
        found = over_caps(
            days, channels[account.segment], ((time, model) for time, _, _, model in everything)
        )
        rows += [
            (account.number, account.segment, slot, segment, model, over)
            for (_, slot, segment, model), over in zip(everything, found, strict=True)
            if over is not None
        ]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    accounts, owners, slots, makers, models, beyond = columns
    return CappedNeeds(accounts, owners, slots, makers, models, beyond.astype(np.bool_))
