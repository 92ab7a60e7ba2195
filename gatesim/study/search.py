"""Somebody of whom there is something to tell: the first of a run who was refused wrongly, or let through."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from gatesim.engine.fast import Lives
from gatesim.law.law import Law
from gatesim.measures.ledger import BY_GATE, FALLBACK, LOST, REFUSED, SERVED, SERVED_LATE, WAITING, Ledger
from gatesim.measures.numbers import format_accounts
from gatesim.measures.tally import judged
from gatesim.scenario.errors import Problem, ScenarioError
from gatesim.scenario.schema import Scenario

Needs = NDArray[np.bool_]

STEP = 2_000
"""So many accounts are looked through at once."""


def _refused(rows: Ledger) -> Needs:
    by_gate = np.isin(rows.outcome, (REFUSED, FALLBACK)) & np.isin(rows.reason, BY_GATE)
    return np.asarray(by_gate & ~rows.restricted, dtype=np.bool_)


def _leaked(rows: Ledger) -> Needs:
    return np.asarray(np.isin(rows.outcome, (SERVED, SERVED_LATE)) & rows.restricted, dtype=np.bool_)


def _waiting(rows: Ledger) -> Needs:
    return np.asarray((rows.joined_us >= 0) | (rows.reason == WAITING), dtype=np.bool_)


def _asked(rows: Ledger) -> Needs:
    return rows.asked


def _late(rows: Ledger) -> Needs:
    return np.asarray(rows.outcome == SERVED_LATE, dtype=np.bool_)


def _lost(rows: Ledger) -> Needs:
    return np.asarray(rows.outcome == LOST, dtype=np.bool_)


SOUGHT: Mapping[str, tuple[str, Callable[[Ledger], Needs]]] = {
    "refused": ("whom the gate refuses wrongly", _refused),
    "leaked": ("who is restricted and served", _leaked),
    "waiting": ("who waits for the check", _waiting),
    "asked": ("who is asked for a document", _asked),
    "late": ("who is served late", _late),
    "lost": ("who has left by the time of a need", _lost),
}
"""What can be looked for -> in words, and which needs are of the kind; only needs that an order is about count."""


class NobodyError(ScenarioError):
    """There is nobody of the kind that is looked for."""


def first_person(
    scenario: Scenario,
    lives: Lives,
    law: Law,
    what: str,
    policy: str,
    progress: Callable[[float], None] | None = None,
) -> tuple[int, int]:
    """The first of a kind.

    Parameters
    ----------
    scenario, lives, law
        The scenario, what the policy does to the people of the run, and the law to judge by.
    what
        One of `SOUGHT`.
    policy
        The policy's name, for the error.
    progress
        Called now and then with the share of the accounts that is looked through, from 0 to 1.

    Returns
    -------
    tuple of int
        Number of the account and slot of the body; the lowest account that has one, and on it the lowest slot.

    Raises
    ------
    NobodyError
        If there is nobody of the kind.
    """
    words, of_kind = SOUGHT[what]
    for begin in range(0, scenario.people, STEP):
        rows = judged(lives.ledger(begin, min(begin + STEP, scenario.people)), scenario, law)
        found = np.flatnonzero(rows.measured & of_kind(rows))
        if len(found):
            return int(rows.account[found[0]]), int(rows.body[found[0]])
        if progress is not None:
            progress(min(begin + STEP, scenario.people) / scenario.people)
    message = (
        f"there is nobody {words} under {policy} among the {format_accounts(scenario.people)} of the run"
    )
    raise NobodyError(
        [Problem("--find", None, what, message, "try another policy, or more people (--people N)")]
    )
