"""Decision tables: what every policy compiles to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STATES = ("fresh", "allowed", "blocked", "cleared", "check_failed")
FRESH, ALLOWED, BLOCKED, CLEARED, CHECK_FAILED = range(len(STATES))

ACTIONS = ("allow", "check", "block")
ALLOW, CHECK, BLOCK = range(len(ACTIONS))


@dataclass(frozen=True)
class Tables:
    """A policy, compiled for one reading and one epoch.

    Attributes
    ----------
    actions
        int8[state, cell]: what is decided (`ALLOW`, `CHECK`, `BLOCK`).
    acts
        bool[cell]: whether the policy acts on the cell at all; where it does not, the session is served and
        leaves no trace. (The gate is open, too, where the law says so: see docs/model.md.)
    durations_us
        int64[state]: how long each state holds; 0: it is never entered; ``FOREVER``: to the end of the window.
        The entry of ``fresh`` is unused.
    documents
        Numbers of the kinds of documents that a check accepts, in the order in which they are tried.
    false_reject, false_accept, false_match
        float64[document]: the checker's errors for each kind in the file.
    is_shutdown
        Whether a block is a shutdown.
    kills
        Whether the tables, as they come into place, end the cases of accounts that wait and would be blocked.
    """

    actions: NDArray[np.int8]
    acts: NDArray[np.bool_]
    durations_us: NDArray[np.int64]
    documents: tuple[int, ...]
    false_reject: NDArray[np.float64]
    false_accept: NDArray[np.float64]
    false_match: NDArray[np.float64]
    is_shutdown: bool = False
    kills: bool = False
