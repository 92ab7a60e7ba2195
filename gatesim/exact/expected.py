"""What the exact engine returns, and what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatesim.law.law import Law
from gatesim.measures.ledger import ENDS, FALLBACK, NO_REASON, REASONS, REFUSED, SERVED, SERVED_LATE
from gatesim.scenario.schema import Scenario
from gatesim.world.kept import kept
from gatesim.world.makers import makers

END_SERVED = ENDS.index((SERVED, NO_REASON))
END_LATE = ENDS.index((SERVED_LATE, NO_REASON))
END_REFUSED = tuple(ENDS.index((REFUSED, r)) if r != NO_REASON else -1 for r in range(len(REASONS)))
"""For each reason the end of a need that is refused for it."""
END_FALLBACK = tuple(ENDS.index((FALLBACK, r)) if r != NO_REASON else -1 for r in range(len(REASONS)))
"""For each reason the end of a need that is met by the fallback instead."""


class CannotDo(Exception):  # noqa: N818 -- reads as a statement where it is raised
    """The exact engine cannot evaluate this policy; the message says why, and which key to change."""


@dataclass(frozen=True)
class Expected:
    """Expected numbers of needs and requests; no chance in them.

    Attributes
    ----------
    counts
        float64[maker, model, day, restricted, end] over measured needs. Makers as in `gatesim.world.makers`,
        calendar days of the window (a single one for the whole window where days were not asked for),
        ``restricted`` 0 or 1, ends as in `gatesim.measures.ledger.ENDS`.
    asked, collected, cost
        float64[owner segment]: requests for a document, documents presented, US dollars.
    by_document
        float64[kind of document]: documents presented.
    accounts
        float64[owner segment]: accounts for which the numbers hold.
    people
        float64[maker]: people (accounts times the probability that the account has the body).
    left_out
        In words, what of the model is not in these numbers.
    """

    counts: NDArray[np.float64]
    asked: NDArray[np.float64]
    collected: NDArray[np.float64]
    cost: NDArray[np.float64]
    by_document: NDArray[np.float64]
    accounts: NDArray[np.float64]
    people: NDArray[np.float64]
    left_out: tuple[str, ...]


def counted_epochs(law: Law) -> tuple[int, ...]:
    """Numbers of the epochs in which an order names a model: only their needs are measured."""
    return tuple(number for number, epoch in enumerate(law.epochs) if epoch.named.any())


def number_of_accounts(
    scenario: Scenario, accounts: Sequence[int] | NDArray[np.int_] | None
) -> NDArray[np.float64]:
    """Accounts by owner segment: the numbers given, or the scenario's ``people`` times each share."""
    if accounts is None:
        return np.array([scenario.people * segment.share for segment in scenario.segments.values()])
    found = np.asarray(accounts, dtype=np.float64)
    if found.shape != (len(scenario.segments),):
        raise ValueError(
            f"accounts: {found.shape} is not one number for each of {len(scenario.segments)} segments"
        )
    return found


@kept
def needs_of_makers(scenario: Scenario) -> NDArray[np.float64]:
    """Needs a day of each kind of maker, for one account of the owner's segment (co-users where present).

    Not writeable.
    """
    segments = list(scenario.segments.values())
    rates = []
    for maker in makers(scenario):
        owner = segments[maker.owner]
        mean = sum(m * s for m, s in zip(owner.activity.multipliers, owner.activity.shares, strict=True))
        entries = list(owner.co_users.values())
        if maker.body == 0:
            part = 1.0 - sum(entry.present * entry.share for entry in entries)
        else:
            part = entries[maker.body - 1].present * entries[maker.body - 1].share
        rates.append(owner.needs_per_day * mean * part)
    found = np.array(rates)
    found.flags.writeable = False
    return found


def with_fallback(scenario: Scenario, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Split refusals of models that have a fallback, in place.

    Parameters
    ----------
    scenario
        The scenario.
    counts
        [maker, model, ..., end] in which nothing ends as fallback yet.
    """
    share = scenario.reactions.fall_back
    if share > 0:
        # Ends are laid out so that all refusals, and all fallbacks, stand together.
        refusals = slice(END_REFUSED[1], END_REFUSED[-1] + 1)
        fallbacks = slice(END_FALLBACK[1], END_FALLBACK[-1] + 1)
        for number, model in enumerate(scenario.models.values()):
            if model.fallback is not None:
                counts[:, number, ..., fallbacks] = share * counts[:, number, ..., refusals]
                counts[:, number, ..., refusals] *= 1.0 - share
    return counts


def what_is_left_out(
    scenario: Scenario, documents: Sequence[int], refuses: bool, kills: bool = False
) -> tuple[str, ...]:
    """In words, what the exact engine leaves out under a policy that asks for documents and may refuse.

    ``kills``: a switch may end cases in progress; here no case is ever in progress.
    """
    kinds = list(scenario.documents.values())
    asked = [kinds[number] for number in documents]
    found = []
    if any(kind.to_desk > 0 for kind in asked):
        found.append(
            "the desk: every review ends at once, nobody waits, is refused while waiting or leaves the queue"
        )
    if any(kind.automatic_time > 0 for kind in asked):
        found.append("the time of the automatic part of a check: every verdict falls at once")
    if found and kills:
        found.append("in-flight work: no case is in progress at a switch, so none is killed")
    if refuses and scenario.reactions.leave > 0:
        found.append("leaving: refused people stay and go on having needs that reach the gate")
    return tuple(found)
