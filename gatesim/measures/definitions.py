"""The measures: what each is called, what it means, what it is a ratio of, and how it is computed.

Every measure is ``scale * numerator / denominator``. Numerators and denominators are weighted sums of the
components that a tally counts (see `gatesim.measures.axes`), so a simulation's counts and the exact engine's
expected counts go through the same definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """What a measure is.

    Attributes
    ----------
    name, title
        How files and how people call it.
    meaning
        One sentence.
    numerator, denominator
        In words.
    unit
        ``"share"``, ``"count"`` (for all accounts represented), ``"hours"``, ``"cases"`` or ``"US dollars"``.
    over, under
        Weights of components in the numerator and the denominator; ``accounts`` are the accounts simulated.
        None where they depend on the scenario (cost, documents) or come from the desk.
    """

    name: str
    title: str
    meaning: str
    numerator: str
    denominator: str
    unit: str = "share"
    over: Mapping[str, float] | None = None
    under: Mapping[str, float] | None = None


ACCOUNTS_SIMULATED = {"accounts": 1.0}
_ENTITLED, _RESTRICTED, _SERVED, _ALL = "entitled needs", "restricted needs", "served needs", "all needs"
_SCALED = "accounts simulated, times the accounts represented"

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "false_block_rate",
        "False blocks",
        "The share of entitled needs that were not served, for whatever reason.",
        "entitled needs not served",
        _ENTITLED,
        over={"false_blocks": 1},
        under={"entitled": 1},
    ),
    Definition(
        "refused_by_gate",
        "Refused by the gate",
        "The share of entitled needs that the gate refused: by a rule, a failed check, a missing document, a "
        "standing block or a shutdown.",
        "entitled needs refused by the gate",
        _ENTITLED,
        over={"refused_by_gate": 1},
        under={"entitled": 1},
    ),
    Definition(
        "not_served",
        "Not served otherwise",
        "The share of entitled needs that were not served though the gate had not refused them: the person "
        "waited, did not answer, gave up, left the queue, or was lost.",
        "entitled needs not served for other reasons",
        _ENTITLED,
        over={"false_blocks": 1, "refused_by_gate": -1},
        under={"entitled": 1},
    ),
    Definition(
        "served_entitled",
        "Entitled needs served",
        "The share of entitled needs that were served, at once or late.",
        "entitled needs served",
        _ENTITLED,
        over={"entitled": 1, "false_blocks": -1},
        under={"entitled": 1},
    ),
    Definition(
        "leak_rate",
        "Leak rate",
        "The share of restricted needs that were served.",
        "leaks",
        _RESTRICTED,
        over={"leaks": 1},
        under={"restricted": 1},
    ),
    Definition(
        "leak_share",
        "Leak share",
        "The share of served needs that were restricted.",
        "leaks",
        _SERVED,
        over={"leaks": 1},
        under={"served": 1},
    ),
    Definition(
        "fallback_share",
        "Met by the fallback",
        "The share of needs that were refused and met by the model's fallback; they do not count as served.",
        "needs met by the fallback",
        _ALL,
        over={"fallback": 1},
        under={"needs": 1},
    ),
    Definition(
        "lost_share",
        "Lost",
        "The share of needs of people who had left by then.",
        "needs of people who had left",
        _ALL,
        over={"lost": 1},
        under={"needs": 1},
    ),
    Definition(
        "leaks",
        "Leaks",
        "Restricted needs served, among all represented accounts.",
        "leaks counted",
        _SCALED,
        "count",
        {"leaks": 1},
        ACCOUNTS_SIMULATED,
    ),
    Definition(
        "false_blocks",
        "False blocks, number",
        "Entitled needs not served, among all represented accounts.",
        "false blocks counted",
        _SCALED,
        "count",
        {"false_blocks": 1},
        ACCOUNTS_SIMULATED,
    ),
    Definition(
        "people_leaked",
        "People leaked to",
        "People with at least one leak, among all represented accounts.",
        "people with a leak",
        _SCALED,
        "count",
        {"people_leaked": 1},
        ACCOUNTS_SIMULATED,
    ),
    Definition(
        "people_blocked",
        "People falsely blocked",
        "People with at least one entitled need that was not served, among all represented accounts.",
        "people with a false block",
        _SCALED,
        "count",
        {"people_blocked": 1},
        ACCOUNTS_SIMULATED,
    ),
    Definition(
        "people_locked_out",
        "People locked out",
        "People with entitled needs of whom none was served, among all represented accounts.",
        "people with entitled needs and none served",
        _SCALED,
        "count",
        {"people_locked_out": 1},
        ACCOUNTS_SIMULATED,
    ),
    Definition(
        "accounts_leaked",
        "Accounts leaked to",
        "Accounts with at least one leak, whoever on them it was, among all represented accounts.",
        "accounts with a leak",
        _SCALED,
        "count",
        {"accounts_leaked": 1},
        ACCOUNTS_SIMULATED,
    ),
    Definition(
        "people_asked_for_documents",
        "People asked for documents",
        "Owners of accounts who were asked for a document at least once, among all represented accounts.",
        "owners asked",
        _SCALED,
        "count",
        {"people_asked_for_documents": 1},
        ACCOUNTS_SIMULATED,
    ),
    Definition(
        "document_requests",
        "Requests for documents",
        "How often a document was asked for, among all represented accounts.",
        "checks opened",
        _SCALED,
        "count",
        {"document_requests": 1},
        ACCOUNTS_SIMULATED,
    ),
    Definition(
        "documents_collected",
        "Documents collected",
        "Documents presented, genuine or not, among all represented accounts.",
        "documents presented",
        _SCALED,
        "count",
    ),
    Definition(
        "cost",
        "Cost of checks",
        "What the documents presented cost to check, among all represented accounts.",
        "documents presented, each with the cost of its kind",
        _SCALED,
        "US dollars",
    ),
    Definition(
        "desk_wait",
        "Wait at the desk",
        "Mean time in the queue of cases that were reviewed or left it.",
        "hours in the queue of these cases",
        "cases reviewed or left",
        "hours",
    ),
    Definition(
        "desk_abandonment",
        "Cases that left the queue",
        "The share of cases whose person's patience ran out in the queue.",
        "cases left",
        "cases reviewed or left",
    ),
    Definition(
        "desk_utilisation",
        "Utilisation of the desk",
        "The share of reviewers' time on shift that reviews took; above 1 where they run past its end.",
        "time of reviews",
        "time of reviewers on shift",
    ),
    Definition(
        "desk_queue",
        "Queue at the desk",
        "Mean number of cases that wait for a review, over the window, at the simulated size of the desk.",
        "time in the queue of all cases",
        "length of the window",
        "cases",
    ),
)

BY_NAME: Mapping[str, Definition] = {definition.name: definition for definition in DEFINITIONS}


@dataclass(frozen=True)
class Measure:
    """A measure's value.

    Attributes
    ----------
    name
        See `DEFINITIONS`.
    numerator, denominator
        What was counted (in a simulation) or expected; not scaled.
    value
        ``scale * numerator / denominator``; None where the denominator is empty.
    low, high
        The interval for simulation noise; None where there is none.
    one_sided
        Whether one end of the interval is a bound because nothing, or everything, was counted.
    note
        What is special about the interval, or why there is none.
    scale
        1, or for amounts the number of accounts represented.
    """

    name: str
    numerator: float
    denominator: float
    value: float | None
    low: float | None = None
    high: float | None = None
    one_sided: bool = False
    note: str = ""
    scale: float = 1.0

    def to_dict(self) -> dict[str, object]:
        """As JSON has it: no NaN, None where undefined."""
        return dict(vars(self))
