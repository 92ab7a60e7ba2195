"""The sentence that says what was found, for whom it holds, and what it does not say.

This is its first half: what is true of the policies listed. What no gate at all can do takes the bounds.
"""

from __future__ import annotations

from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import RATIOS, Judgement
from gatesim.measures.numbers import format_date, format_limit, format_rate
from gatesim.measures.verdict import Row, Verdict
from gatesim.scenario.schema import Scenario

KINDS = {
    "leak_rate": "leaks as a share of restricted needs",
    "leak_share": "leaks as a share of served needs",
}
"""What a limit is a limit of."""

_BASES = dict(zip(RATIOS, ("restricted needs", "served needs"), strict=True))

DISCLAIMER = "It describes this model, not any company's conduct or legal position, and is not legal advice."


def _rate(measure: Measure) -> str:
    return format_rate(measure.value, measure.low, measure.high)


def _leaks(row: Row, one: Judgement) -> str:
    if one.structural_zero:
        return "leaks nothing, by its structure,"
    return f"leaks {_rate(one.leak)} of {_BASES[row.ratio]}"


def _serves(one: Judgement) -> str:
    return f"{_rate(one.served)} of entitled needs"


def _does(row: Row, one: Judgement) -> str:
    """What a policy leaks and serves: "leaks 2 % of served needs and serves 40 % of entitled needs"."""
    return f"{_leaks(row, one)} and serves {_serves(one)}"


def _least(row: Row, one: Judgement | None) -> str:
    if one is None:
        return "No listed policy serves anybody."
    if one.serves_floor == "yes":
        return f"Of those that serve that much, {one.policy} leaks least: it {_does(row, one)}."
    return f"None of them is sure to serve that much; {one.policy} leaks least: it {_does(row, one)}."


def _number(count: int, word: str = "policy", words: str = "policies") -> str:
    return f"{count} {word if count == 1 else words}"


def _finding(row: Row, floor: str, date: str) -> str:
    """What was found, in one to three sentences."""
    n = len(row.policies)
    listed = f"the {_number(n)} listed (shutting down is not counted, nor is a policy that serves nobody)"
    none = (
        f"none of {listed} serves at least {floor} of entitled needs within that limit on {date}."
        if n
        else f"no listed policy but shutting down serves anybody, within that limit or not, on {date}."
    )
    best = None if row.best is None else row.judgement(row.best)
    if row.outcome == "no_gate_meets_limit" or best is None:
        return none if best is None else f"{none} None is within the limit at all. {_least(row, best)}"
    if row.outcome == "gate_available":
        good = [j for j in row.policies if j.within == "yes" and j.serves_floor == "yes" and j.is_ready]
        names = " and ".join(", ".join(j.policy for j in good).rsplit(", ", 1))
        verb = "serves" if len(good) == 1 else "serve"
        most = "It" if len(good) == 1 else f"Of these, {best.policy} serves most: it"
        return (
            f"{len(good)} of {listed} {verb} at least {floor} of entitled needs within that limit on {date}: "
            f"{names}. {most} {_does(row, best)}."
        )
    if row.outcome == "only_not_ready":
        when = (
            "and would never be ready"
            if best.ready is None
            else f"but is ready on {format_date(best.ready)} only"
        )
        return (
            f"{none} The first listed policy that would, {best.policy}, {_does(row, best)}, {when} "
            "(the order's issue and an assumed lead time)."
        )
    if row.outcome == "only_below_floor":
        return (
            f"{none} The best listed policy within the limit, {best.policy}, {_leaks(row, best)} but "
            f"serves only {_serves(best)}."
        )
    accounts = f"{row.accounts:,}" if row.accounts is not None else "these"
    needed = (
        "no number of accounts would settle it at this limit"
        if row.accounts_needed is None
        else f"about {row.accounts_needed:,} would be needed"
    )
    names = " and ".join(", ".join(row.deciding).rsplit(", ", 1))
    return (
        f"{accounts} simulated accounts cannot tell whether one of {listed} serves at least {floor} of "
        f"entitled needs within that limit on {date}: the noise of {names} decides, and {needed}."
    )


def write_sentence(scenario: Scenario, verdict: Verdict, row: Row, guesses: int, inputs: int) -> str:
    """The sentence for one reading, ratio and limit.

    Parameters
    ----------
    scenario
        The scenario.
    verdict, row
        The verdict, and the row of it that is told.
    guesses, inputs
        How many inputs the result rests on, and how many of these are guesses.

    Returns
    -------
    str
        Some sentences in one line; every number with as many digits as its interval supports.

    Raises
    ------
    ValueError
        If the verdict has no date, as no order does.
    """
    if verdict.date is None:
        raise ValueError("without an order there is nothing to say")
    title = scenario.readings[row.reading].title
    reading = f"“{row.reading}”" + (f" ({title[0].lower()}{title[1:]})" if title else "")
    part = f", for the {row.by} {row.which} alone" if row.by else ""
    return (
        f"Reading the order as {reading}{part}, with an assumed limit of {format_limit(row.limit)} "
        f"({KINDS[row.ratio]}; the order states none), "
        f"{_finding(row, format_limit(verdict.floor), format_date(verdict.date))} "
        f"{guesses} of {inputs} inputs {'is a guess' if guesses == 1 else 'are guesses'}. {DISCLAIMER}"
    )


def sentence(scenario: Scenario, verdict: Verdict, guesses: int, inputs: int) -> str:
    """The sentence for the reading and the standard of the scenario's first order.

    Parameters
    ----------
    scenario, verdict, guesses, inputs
        As in `write_sentence`.

    Returns
    -------
    str
        As there; or, where no order is in force within the window or nobody wanted what it names, a sentence
        that says so.
    """
    if verdict.date is None or not scenario.orders:
        return f"The scenario has no order: nothing is restricted, and every policy complies. {DISCLAIMER}"
    order = scenario.orders[0]
    for row in verdict.rows:
        if (row.reading, row.ratio, row.limit) == (order.reading, order.standard.kind, order.standard.limit):
            return write_sentence(scenario, verdict, row, guesses, inputs)
    return (
        f"Nobody wanted what the order names while it was in force: there is nothing to judge. {DISCLAIMER}"
    )
