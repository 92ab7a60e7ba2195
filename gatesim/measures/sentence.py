"""The sentence that says what was found, for whom it holds, and what it does not say.

This is its first half: what is true of the policies listed. What no gate at all can do takes the bounds.
"""

from __future__ import annotations

from gatesim.law.standards import demands
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import RATIOS, Judgement, Outcome, badness, meets_words
from gatesim.measures.numbers import format_accounts, format_date, format_limit, format_rate
from gatesim.measures.own import Combined
from gatesim.measures.verdict import Row, Verdict
from gatesim.measures.wording import (
    BY_WAITING,
    NOT_ACCEPTED,
    ONLY_REFUTED,
    and_list,
    by_themselves,
    does,
    has,
    phrases,
    read_as,
    reading_in_words,
    standards,
)
from gatesim.scenario.schema import Scenario

KINDS = {
    "leak_rate": "leaks as a share of restricted needs",
    "leak_share": "leaks as a share of served needs",
}
"""What a limit is a limit of."""

DISCLAIMER = "It describes this model, not any company's conduct or legal position, and is not legal advice."


def _rate(measure: Measure) -> str:
    return format_rate(measure.value, measure.low, measure.high)


def _leaks(row: Row, one: Judgement) -> str:
    if one.structural_zero and row.ratio in (*RATIOS, "leak_count", "zero"):
        return "leaks nothing, by its structure,"
    return f"{does(one.leak)}{_yet(row, one)}"


def _yet(row: Row, one: Judgement) -> str:
    """Why one of which no leak was found is not within a limit of zero; empty where that is not so."""
    if one.leak.value != 0 or one.within != "no" or row.ratio not in (*RATIOS, "leak_count"):
        return ""
    if row.accounts is None:
        return f" (but can leak {BY_WAITING})"
    return " (none was seen, but it can leak)"


def _serves(one: Judgement) -> str:
    return f"{_rate(one.served)} of entitled needs"


def _does(row: Row, one: Judgement) -> str:
    """What a policy leaks and serves: "leaks 2 % of served needs and serves 40 % of entitled needs"."""
    return f"{_leaks(row, one)} and serves {_serves(one)}"


def _least(row: Row, one: Judgement | None) -> str:
    if one is None:
        return "No listed policy serves anybody."
    least = phrases(row.ratio).least
    if one.serves_floor == "yes":
        sure = any(badness(j) < badness(one) for j in row.policies if j.serves_floor == "undecided")
        those = "are sure to serve" if sure else "serve"
        return f"Of those that {those} that much, {one.policy} {least}: it {_does(row, one)}."
    return f"None of them is sure to serve that much; {one.policy} {least}: it {_does(row, one)}."


def _number(count: int, word: str = "policy", words: str = "policies") -> str:
    return f"{count} {word if count == 1 else words}"


def _finding(row: Row, floor: str, date: str) -> str:
    """What was found, in one to three sentences."""
    n = len(row.policies)
    say = phrases(row.ratio)
    counted = "(shutting down is not counted, nor is a policy that serves nobody)"
    those = f"the {_number(n)} listed {counted}" if n != 1 else f"the only policy listed {counted}"
    enough = f"at least {floor} of entitled needs {say.within} on {date}"
    none = (
        f"{those} does not serve {enough}."
        if n == 1
        else f"none of {those} serves {enough}."
        if n
        else f"no listed policy but shutting down serves anybody, {say.within} or not, on {date}."
    )
    best = None if row.best is None else row.judgement(row.best)
    if row.outcome == "no_gate_meets_limit" or best is None:
        if best is None:
            return none
        if n == 1:
            return f"{none} It is {best.policy}, which {_does(row, best)}."
        return f"{none} {say.none} {_least(row, best)}"
    if row.outcome == "gate_available":
        good = [j for j in row.policies if j.within == "yes" and j.serves_floor == "yes" and j.is_ready]
        names = and_list(j.policy for j in good)
        verb = "serves" if len(good) == 1 else "serve"
        most = "It" if len(good) == 1 else f"Of these, {best.policy} serves most: it"
        which = f"{those} serves" if n == 1 else f"{len(good)} of {those} {verb}"
        return f"{which} {enough}: {names}. {most} {_does(row, best)}."
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
        return f"{none} {say.best}, {best.policy}, {_leaks(row, best)} but serves only {_serves(best)}."
    simulated = "simulated account"
    accounts = f"these {simulated}s" if row.accounts is None else format_accounts(row.accounts, simulated)
    needed = (
        "no number of accounts would settle it at this limit"
        if row.accounts_needed is None
        else f"about {row.accounts_needed:,} would be needed"
    )
    names = and_list(row.deciding)
    one_of = those if n == 1 else f"one of {those}"
    if row.ratio == "zero":
        notes = "; ".join(dict.fromkeys(row.judgement(name).leak.note for name in row.deciding))
        open_still = "it cannot be told whether"
        why = f"of {names} not enough leaks were seen to refute it, and no simulation could show it ({notes})"
    else:
        open_still = f"{accounts} cannot tell whether"
        why = f"the noise of {names} decides, and {needed}"
    if row.at_best == "gate_available":
        return f"{open_still} {one_of} serves {enough}: {why}."
    which = f"one of {names}" if len(row.deciding) > 1 else names
    short = (
        f"{which}, which serves less,"
        if row.at_best == "only_below_floor"
        else f"{which}, which is not ready,"
    )
    would = meets_words(row.ratio) if row.at_best == "only_below_floor" else "would"
    return f"{none} {open_still[0].upper()}{open_still[1:]} {short} {would}: {why}."


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
    read = _read(scenario, row.reading)
    part = f", for the {row.by} {row.which} alone" if row.by else ""
    if row.ratio in KINDS and not any(not one.whole for one in row.demands):
        limit = (
            f"with an assumed limit of {format_limit(row.limit)} ({KINDS[row.ratio]}; the order states none)"
        )
    else:
        limit, part = standards(scenario, row.demands), ""
    beside = f" {NOT_ACCEPTED}" if any(one.kind == "process" for one in row.demands) else ""
    return (
        f"{read}{part}, {limit}, "
        f"{_finding(row, format_limit(verdict.floor), format_date(verdict.date))}{beside} "
        f"{_ending(guesses, inputs)}"
    )


def _read(scenario: Scenario, reading: str) -> str:
    return read_as(reading_in_words(scenario, reading), len(scenario.orders), by_themselves(scenario))


def _ending(guesses: int, inputs: int) -> str:
    return f"{guesses} of {inputs} inputs {'is a guess' if guesses == 1 else 'are guesses'}. {DISCLAIMER}"


def sentence(scenario: Scenario, verdict: Verdict, guesses: int, inputs: int) -> str:
    """The sentence for what the orders themselves ask, by the reading of the first.

    Parameters
    ----------
    scenario, verdict, guesses, inputs
        As in `write_sentence`.

    Returns
    -------
    str
        As there; where limits or the reading are unknown, the probability of each outcome; where no order is in
        force within the window, nobody wanted what it names or no gate was run, a sentence that says so.
    """
    if verdict.date is None or not scenario.orders:
        return f"The scenario has no order: nothing is restricted, and every policy complies. {DISCLAIMER}"
    if not verdict.break_even:
        return (
            "Only the operator's strategy was run, which is a course of several gates and none by itself: no gate is "
            f"judged. {DISCLAIMER}"
        )
    certain = [one for one in verdict.own if one.weight == 1.0]
    if len(certain) == 1 and certain[0].together is not None:
        return write_sentence(scenario, verdict, certain[0].together, guesses, inputs)
    if not any(one.weight > 0 for one in verdict.own):
        return f"Nobody wanted what the order names while it was in force: there is nothing to judge. {DISCLAIMER}"
    return f"{_unknown(scenario, verdict)} {_ending(guesses, inputs)}"


OUTCOME_WORDS: dict[Outcome, str] = {
    "gate_available": "a listed policy is available",
    "only_not_ready": "one would do but is not ready",
    "only_below_floor": "only one that serves less than the floor would do",
    "no_gate_meets_limit": "none would do",
    "cannot_tell": "the simulation's noise leaves it open",
}
"""What an outcome says of the listed policies, in a few words."""


def _unknown(scenario: Scenario, verdict: Verdict) -> str:
    """What can be said where limits or the reading are unknown."""
    assert verdict.date is not None
    those = [one for one in verdict.own if one.weight > 0]
    weight = sum(one.weight for one in those)
    chances = and_list(
        f"{OUTCOME_WORDS[outcome]} with a probability of {format_rate(chance / weight)}"
        for outcome, chance in verdict.chances.items()
    )
    beside = f" {NOT_ACCEPTED}" if any(one.kind == "process" for one in demands(scenario)) else ""
    refuted = any(one.kind == "zero" for one in demands(scenario)) and "cannot_tell" in verdict.chances
    return (
        f"{_readings(scenario, those)}, {standards(scenario, demands(scenario))}: of the listed policies on "
        f"{format_date(verdict.date)}, with a floor of {format_limit(verdict.floor)} of entitled needs, {chances}. "
        f"{_likeliest(verdict, those)}{beside}{f' {ONLY_REFUTED}' if refuted else ''}"
    )


def _readings(scenario: Scenario, those: list[Combined]) -> str:
    own = by_themselves(scenario)
    if len(those) == 1 or len(own) == len(scenario.orders):
        return _read(scenario, those[0].reading)
    weights = and_list(f"“{one.reading}” with {format_limit(one.weight)}" for one in those)
    if own:
        which = (
            f"but for {and_list(own)}, the {'order' if len(scenario.orders) - len(own) == 1 else 'orders'}"
        )
        which = f"{which[0].upper()}{which[1:]}"
    else:
        which = "The order" if len(scenario.orders) == 1 else "The orders"
    return f"{which} can be read in {len(those)} ways, {weights}"


def chances_to_meet(verdict: Verdict) -> dict[str, float]:
    """Policy -> how likely it meets what is asked and surely serves the floor, over limits and readings."""
    chance: dict[str, float] = {}
    for one in verdict.own:
        for policy, meets in one.meets.items():
            serves = one.serves_floor[policy] == "yes"
            chance[policy] = chance.get(policy, 0.0) + one.weight * meets["yes"] * serves
    return chance


def _likeliest(verdict: Verdict, those: list[Combined]) -> str:
    """Which policy most likely meets what is asked, and from which limit on."""
    chance = chances_to_meet(verdict)
    if not chance or max(chance.values()) <= 0:
        return "None that serves the floor is sure to meet it at any limit."
    best = max(chance, key=lambda name: chance[name])
    limits = [
        f"from a limit of {has(entry.leak)} on" + (f" as “{one.reading}”" if len(those) > 1 else "")
        for one in those
        for entry in one.break_even
        if entry.policy == best
    ]
    weight = sum(one.weight for one in those)
    likely = format_rate(chance[best] / weight)
    unsure = any("undecided" in one.serves_floor.values() for one in those)
    which = "are sure to serve" if unsure else "serve"
    text = f"Of those that {which} the floor, {best} meets it most likely, with a probability of {likely}"
    return f"{text} ({'; '.join(limits)})." if limits else f"{text}."
