"""The ledger: one flat record a need, and what a need can end as."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

OUTCOMES = ("served", "served_late", "fallback", "refused", "lost", "pending")
SERVED, SERVED_LATE, FALLBACK, REFUSED, LOST, PENDING = range(len(OUTCOMES))

REASONS = (
    "none",
    "rule",
    "waiting",
    "check_failed",
    "no_document",
    "no_answer",
    "gave_up",
    "left_queue",
    "standing_block",
    "shutdown",
)
(
    NO_REASON,
    RULE,
    WAITING,
    FAILED_CHECK,
    NO_DOCUMENT,
    NO_ANSWER,
    GAVE_UP,
    LEFT_QUEUE,
    STANDING_BLOCK,
    SHUTDOWN,
) = range(len(REASONS))

ENDS: tuple[tuple[int, int], ...] = (
    (SERVED, NO_REASON),
    (SERVED_LATE, NO_REASON),
    (LOST, NO_REASON),
    (PENDING, NO_REASON),
    *((REFUSED, reason) for reason in range(1, len(REASONS))),
    *((FALLBACK, reason) for reason in range(1, len(REASONS))),
)
"""Every combination of outcome and reason that a need can end with: the last axis of tallies."""

BY_GATE = (RULE, FAILED_CHECK, NO_DOCUMENT, STANDING_BLOCK, SHUTDOWN)
"""Reasons that make a false block one that the gate is responsible for: ``refused_by_gate``."""


@dataclass(frozen=True)
class Ledger:
    """What happened to every need of a run, sorted by account, body, need.

    Attributes
    ----------
    account, body, need
        int64, int16, int64: who, and the number of the body's need.
    segment, owner_segment
        int16: numbers of the maker's segment and of the account owner's.
    time_us, end_us
        int64: when the need arose, and when it ended (the window's end where pending).
    model, region
        int16: the model, and the region of the device.
    cell
        int64: what the gate saw.
    measured, restricted
        bool: an order in force named the model; the law restricted the need.
    outcome, reason
        int8: see `OUTCOMES` and `REASONS`.
    asked
        bool: the need opened a check.
    document
        int16: the kind presented, -1 where none was.
    joined_us, begun_us
        int64: when the case joined the desk and when its review began; -1 where it did not.
    """

    account: NDArray[np.int64]
    body: NDArray[np.int16]
    need: NDArray[np.int64]
    segment: NDArray[np.int16]
    owner_segment: NDArray[np.int16]
    time_us: NDArray[np.int64]
    end_us: NDArray[np.int64]
    model: NDArray[np.int16]
    region: NDArray[np.int16]
    cell: NDArray[np.int64]
    measured: NDArray[np.bool_]
    restricted: NDArray[np.bool_]
    outcome: NDArray[np.int8]
    reason: NDArray[np.int8]
    asked: NDArray[np.bool_]
    document: NDArray[np.int16]
    joined_us: NDArray[np.int64]
    begun_us: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.account)

    def where(self, rows: NDArray[np.bool_]) -> Ledger:
        """The rows for which ``rows`` is true."""
        return Ledger(**{name: getattr(self, name)[rows] for name in self.columns()})

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(field.name for field in fields(cls))
