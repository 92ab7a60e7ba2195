"""Words that the tables of list, bound A and bound B share."""

from __future__ import annotations

from collections.abc import Sequence

from gatesim.measures.finding import OwnLeak, own_leaks
from gatesim.measures.numbers import format_date, format_limit, format_rate
from gatesim.measures.sentence import KINDS
from gatesim.measures.wording import and_list, orders_read
from gatesim.scenario.schema import Scenario
from gatesim.study.standing import Question

SIDES = {
    "list": "policies listed",
    "bound_A": "bound A: any gate without memory",
    "bound_B": "bound B: any gate with memory",
}

NOT_RULED_OUT = "not ruled out"
"""What bound B, which no gate need attain, says where it allows one."""

OUTCOMES = {
    "gate_available": "a gate does",
    "only_not_ready": "would, but not ready",
    "only_below_floor": "only below the floor",
    "no_gate_meets_limit": "none",
    "cannot_tell": "cannot tell",
    "not_ruled_out": NOT_RULED_OUT,
    "none_at_floor": "none at the floor",
}
"""An outcome in a few words: whether a gate is within the limit and serves the floor; the last two are bound B's."""


SPEAK_FOR = (
    "Bound A speaks for every gate that decides each need from its own cell and keeps nothing; B for every gate that "
    "remembers its accounts' own history, with requests answered at once"
)
"""Which gates the bounds are about."""

BOUNDS_NOTE = (
    f"{SPEAK_FOR}. B shows no gate: it can only fail to rule one out. Neither asks when a "
    "gate would be ready. Expected values: the desk's queue and what refused people do are left out; people do not "
    "adapt."
)


def leaks_words(leak: float | None, leaks: Sequence[OwnLeak]) -> str:
    """What leaks, by each order's own count where they count each by itself."""
    return own_leaks(leaks) if leaks else rate(leak)


def rate(value: float | None) -> str:
    """A share in percent; a dash where it is undefined."""
    return "-" if value is None else format_rate(value)


def limits_words(asked: Question) -> str:
    """The limits of several orders that hold at once, in words, and what else they ask for."""
    what = (
        "the limit of"
        if len(asked.each) == 1
        else "all limits at once, each on what its order counts by itself:"
    )
    beside = f" (not limited here: {'; '.join(asked.left_out)})" if asked.left_out else ""
    return f"{what} {and_list([one.words for one in asked.each])}{beside}"


def asked_words(scenario: Scenario, asked: Question) -> str:
    """What is asked, in one line."""
    if asked.each:
        limit = f"within {limits_words(asked)}"
    else:
        limit = f"limit {format_limit(asked.limit)} ({KINDS[asked.ratio]})"
    return (
        f"The {orders_read(scenario, asked.reading)}; {limit}; floor "
        f"{format_limit(asked.floor)} of entitled needs; on {format_date(asked.date)}; exact engine."
    )
