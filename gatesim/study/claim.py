"""From standings to the sentence: who is best on each side, and how much it rests on guesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from gatesim.gates.bounds import Bound, Program, least_leak, most_served
from gatesim.gates.bounds.several import Within, most_within
from gatesim.measures.finding import Best, Claim, full_sentence
from gatesim.measures.wording import by_themselves, reading_in_words
from gatesim.scenario import Loaded
from gatesim.scenario.assumptions import count_guesses, rests_on
from gatesim.study.own_limits import leaks_of
from gatesim.study.standing import Question, Standings, best_of, first_of, outcome_of_most


def best_listed(standings: Standings, values: tuple[float, ...]) -> tuple[Best, int]:
    """The listed policy that the outcome is about, and how many candidates there are."""
    candidates = standings.candidates(values)
    outcome = first_of(candidate.outcome for candidate in candidates)
    best = best_of(candidates)
    if best is None:
        return Best(outcome), 0
    scenario = standings.varied.at(values)
    issued = min(order.issued for order in scenario.orders)
    ready = None
    if not best.is_ready:
        try:
            ready = issued + timedelta(microseconds=scenario.policies[best.policy].lead_time)
        except OverflowError:
            ready = None
    return (
        Best(outcome, best.policy, best.served.served_entitled, best.leak, ready, best.leaks),
        len(candidates),
    )


def bound_at(asked: Question, program: Program) -> Bound:
    """What a program can do within the limit that is asked about."""
    return most_served(program, asked.standard)


def best_bound(asked: Question, bound: Bound) -> Best:
    """The gate of a bound that serves most within the limit; of bound B what no gate exceeds."""
    leak = bound.leak_rate if asked.ratio == "leak_rate" else bound.leak_share
    return Best(
        outcome_of_most(f"bound_{bound.program.name}", bound.value, asked.floor),
        "",
        bound.served_entitled,
        leak,
    )


def within_at(standings: Standings, side: str, values: tuple[float, ...]) -> Within:
    """What a bound can do within the limits of all orders at once, where these count each by itself."""
    standards = standings.asked_at(values).standards
    return most_within(standings.of_orders[side].sums(values), standards)


def best_within(asked: Question, within: Within) -> Best:
    """The gate of a bound that serves most within the limits of all orders at once."""
    outcome = outcome_of_most(f"bound_{within.bound}", within.value, asked.floor)
    return Best(outcome, "", within.value, leaks=leaks_of(asked.each, within))


def best_at(
    standings: Standings, made: Mapping[str, Program], side: str, values: tuple[float, ...] = ()
) -> Best:
    """The gate of a bound that serves most within all limits; ``made`` are the programs of the bounds.

    Where orders count each by itself, none of these is needed.
    """
    asked = standings.asked_at(values)
    if asked.each:
        return best_within(asked, within_at(standings, side, values))
    return best_bound(asked, bound_at(asked, made[side]))


def least_at_floor(asked: Question, program: Program) -> Bound:
    """The least leak at which any gate of a program serves the floor."""
    return least_leak(program, "leak_rate" if asked.ratio == "leak_rate" else "leak_share", asked.floor)


def claim_of(
    loaded: Loaded,
    standings: Standings,
    values: Sequence[float] = (),
    held: int | None = None,
    worlds: int | None = None,
) -> Claim:
    """What can be said at some values of the parameters."""
    at = tuple(values)
    if standings.asked.each:
        return claim_from(loaded, standings, {}, at, held, worlds)
    made = {"bound_A": standings.a.program(at)}
    if standings.remembering:
        made["bound_B"] = standings.b.program(at)
    return claim_from(loaded, standings, made, at, held, worlds)


def claim_from(
    loaded: Loaded,
    standings: Standings,
    made: Mapping[str, Program],
    at: tuple[float, ...] = (),
    held: int | None = None,
    worlds: int | None = None,
    counts: tuple[int, int] | None = None,
) -> Claim:
    """The same, where the programs of the bounds are made already; of bound B only if a policy remembers.

    Where orders count each by itself, none is needed.

    ``counts`` are those of guesses and of inputs, where they are known.
    """
    asked = standings.asked_at(at)
    listed, count = best_listed(standings, at)
    a = best_at(standings, made, "bound_A", at)
    b = best_at(standings, made, "bound_B", at) if standings.remembering else None
    guesses, inputs = counts or count_guesses(rests_on(loaded))
    return Claim(
        reading_in_words(loaded.scenario, asked.reading),
        asked.ratio,
        asked.limit,
        asked.floor,
        asked.date,
        count,
        listed,
        a,
        b,
        tuple(loaded.scenario.signals),
        guesses,
        inputs,
        held,
        worlds,
        tuple(one.words for one in asked.each),
        bool(loaded.scenario.documents),
        len(loaded.scenario.orders),
        by_themselves(loaded.scenario),
    )


def sentence_of(
    loaded: Loaded,
    standings: Standings,
    values: Sequence[float] = (),
    held: int | None = None,
    worlds: int | None = None,
) -> str:
    """The sentence at some values of the parameters."""
    return full_sentence(claim_of(loaded, standings, values, held, worlds))
