"""What the reference writes down: how each need ended, and at last the ledger."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatesim.engine.reference_desk import Case
from gatesim.law.law import Law
from gatesim.measures.ledger import NO_REASON, PENDING, Ledger
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.world.people import Account


class Record:
    """A row for each need, in the order of the ledger: account, body, need.

    Attributes
    ----------
    document
        For each row the kind presented, -1 where none was.
    cases
        The row of each need that opened a check, and its case.
    """

    def __init__(self, scenario: Scenario, law: Law, people: Sequence[Account]) -> None:
        self._scenario, self._law = scenario, law
        self._who = [(account, body) for account in people for body in account.bodies for _ in body.needs]
        self._needs = [need for account in people for body in account.bodies for need in body.needs]
        self._outcome = [PENDING] * len(self._needs)
        self._reason = [NO_REASON] * len(self._needs)
        self._end_us = [scenario.length] * len(self._needs)
        self.document = [-1] * len(self._needs)
        self.cases: list[tuple[int, Case]] = []

    def ends(self, row: int, outcome: int, reason: int, time_us: int) -> None:
        """A need ends."""
        self._outcome[row], self._reason[row], self._end_us[row] = outcome, reason, time_us

    def ledger(self) -> Ledger:
        """All rows; the law judges each need at the instant it arose."""
        who, needs, epochs = self._who, self._needs, self._law.epochs
        channels = [CHANNELS.index(segment.channel) for segment in self._scenario.segments.values()]
        time_us = np.array([need.time_us for need in needs], dtype=np.int64)
        model = np.array([need.model for need in needs], dtype=np.int16)
        region = np.array([need.region for need in needs], dtype=np.int16)
        segment = np.array([body.segment for _, body in who], dtype=np.int16)
        owner_segment = np.array([account.segment for account, _ in who], dtype=np.int16)
        channel = np.array(channels)[owner_segment]
        epoch = np.searchsorted([e.start_us for e in epochs], time_us, side="right") - 1
        asked = np.zeros(len(needs), dtype=np.bool_)
        joined_us = np.full(len(needs), -1, dtype=np.int64)
        begun_us = np.full(len(needs), -1, dtype=np.int64)
        for row, case in self.cases:
            asked[row], joined_us[row], begun_us[row] = True, case.joined_us, case.begun_us
        return Ledger(
            account=np.array([account.number for account, _ in who], dtype=np.int64),
            body=np.array([body.slot for _, body in who], dtype=np.int16),
            need=np.array([need.number for need in needs], dtype=np.int64),
            segment=segment,
            owner_segment=owner_segment,
            time_us=time_us,
            end_us=np.array(self._end_us, dtype=np.int64),
            model=model,
            region=region,
            cell=np.array([need.cell for need in needs], dtype=np.int64),
            measured=np.array([e.named for e in epochs])[epoch, model],
            restricted=np.array([e.restricted for e in epochs])[epoch, segment, region, model, channel],
            outcome=np.array(self._outcome, dtype=np.int8),
            reason=np.array(self._reason, dtype=np.int8),
            asked=asked,
            document=np.array(self.document, dtype=np.int16),
            joined_us=joined_us,
            begun_us=begun_us,
        )
