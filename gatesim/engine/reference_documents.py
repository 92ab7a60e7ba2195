"""What an owner presents when asked for a document, and whether it passes: docs/model.md, section 4."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from gatesim.gates.tables import Tables
from gatesim.scenario.checks import Document
from gatesim.scenario.people import STATUSES, Segment, Status
from gatesim.scenario.schema import Scenario
from gatesim.world.draws import BORROWS, CHECK_ERROR, FORGES, HOLDS_DOCUMENT, uniform

NOTHING = "nothing"
"""What a document shows that proves no status; a policy that accepts it asks for no more."""


class Presented(NamedTuple):
    """What the owner shows.

    Attributes
    ----------
    document
        Number of its kind.
    how
        ``""``, ``", borrowed"``, ``", forged"`` or ``", which shows too little"``.
    passed
        Whether it is passed.
    """

    document: int
    how: str
    passed: bool


def suffices(document: Document, status: Status, clears: Set[str]) -> bool:
    """Whether a holder's genuine document shows a status that clears, or ``nothing`` where that is enough."""
    shown = document.proves.get(status)
    return shown is not None and (shown == NOTHING or shown in clears)


def presented_by(
    account: int,
    owner: Segment,
    scenario: Scenario,
    tables: Tables,
    clears: Set[str],
    key: tuple[int, int],
) -> Presented | None:
    """What the owner of an account presents.

    Parameters
    ----------
    account, owner
        The account's number and its owner's segment.
    scenario, tables
        The scenario, and the policy's tables for the law that is in force.
    clears
        Statuses a proof of which is a proof of being entitled, under that law.
    key
        Seed and replication.

    Returns
    -------
    Presented or None
        None where the owner has nothing to show.
    """
    kinds = list(scenario.documents.items())

    def draw(purpose: int, document: int) -> float:
        return uniform(*key, account, purpose, document)

    def holds(document: int) -> bool:
        name, kind = kinds[document]
        can_hold = owner.status in kind.proves
        return can_hold and draw(HOLDS_DOCUMENT, document) < owner.documents.get(name, 0.0)

    acceptable = [
        d for d in tables.documents if any(suffices(kinds[d][1], status, clears) for status in STATUSES)
    ]
    held = [d for d in tables.documents if holds(d)]
    for d in acceptable:
        if d in held and suffices(kinds[d][1], owner.status, clears):
            return Presented(d, "", bool(draw(CHECK_ERROR, d) >= tables.false_reject[d]))
    if acceptable:
        first = acceptable[0]
        if draw(BORROWS, first) < owner.presents_borrowed:
            return Presented(first, ", borrowed", bool(draw(CHECK_ERROR, first) < tables.false_match[first]))
        if draw(FORGES, first) < owner.presents_forged:
            return Presented(first, ", forged", bool(draw(CHECK_ERROR, first) < tables.false_accept[first]))
    if held:
        return Presented(held[0], ", which shows too little", False)
    return None
