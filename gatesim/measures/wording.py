"""Standards in words: what each asks, and what a policy is or does that meets it or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gatesim.law.standards import Demand, Limits
from gatesim.measures.definitions import Measure
from gatesim.measures.numbers import format_count, format_limit, format_rate
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import format_duration

NOT_ACCEPTED = "No court or agency has accepted this list for hosted models."
"""Stands beside every standard of the kind ``process``."""

ONLY_REFUTED = "Simulation can only refute that nothing leaks."

BY_WAITING = (
    "by waiting alone, which is not in expected values: a case may still wait when the law changes, "
    "and be served then"
)
"""How a gate can leak of which the exact engine, in which nobody waits, finds no leak."""

BASES = {"leak_rate": "restricted needs", "leak_share": "served needs"}


class Phrases(NamedTuple):
    """How a sentence speaks of a kind of standard.

    Attributes
    ----------
    within
        Ends "serves enough ...".
    none
        That no policy is within.
    best
        Begins "..., X, serves only": the best of those within.
    least
        Ends "X ...": it comes nearest.
    """

    within: str
    none: str
    best: str
    least: str


_LIMIT = Phrases(
    "within that limit",
    "None is within the limit at all.",
    "The best listed policy within the limit",
    "leaks least",
)
PHRASES = {
    "zero": Phrases(
        "so surely without a leak",
        "None is so surely without a leak at all.",
        "The best listed policy so surely without a leak",
        "is the surest",
    ),
    "process": Phrases(
        "with these controls",
        "None has them all.",
        "The best listed policy with these controls",
        "has most of them",
    ),
    "together": Phrases(
        "within all of these",
        "None meets all of them.",
        "The best listed policy that meets them all",
        "meets most",
    ),
}


def phrases(kind: str) -> Phrases:
    """How a sentence speaks of a kind of standard."""
    return PHRASES.get(kind, _LIMIT)


def and_list(names: Iterable[str]) -> str:
    """Names as a list in words: "a, b and c"."""
    return " and ".join(", ".join(names).rsplit(", ", 1))


def amount(kind: str, limit: float) -> str:
    """A limit, exactly as it was set: a percentage, or a number of leaks."""
    return f"{limit:,.12g} leaks" if kind == "leak_count" else format_limit(limit)


def has(measure: Measure) -> str:
    """What a policy has that is held against a limit: "0.8 %", "12,300", "97 %", "2 of 3"."""
    if measure.name in ("controls", "standards"):
        return f"{measure.numerator:.0f} of {measure.denominator:.0f}"
    if measure.name == "leaks":
        return format_count(measure.value, measure.low, measure.high)
    if measure.name == "no_leak":
        return "not known" if measure.value is None else format_rate(measure.value)
    return format_rate(measure.value, measure.low, measure.high)


def does(measure: Measure) -> str:
    """The same as what a policy does: "leaks 0.8 % of served needs"."""
    if measure.name == "controls":
        return f"has {has(measure)} controls"
    if measure.name == "standards":
        return f"meets {has(measure)} standards"
    if measure.name == "leaks":
        return f"leaks {has(measure)} needs in all the time in force"
    if measure.name == "no_leak":
        if measure.value is None:
            return f"leaks nothing with a probability that is not known ({measure.note})"
        return f"leaks nothing at all with a probability of {has(measure)}"
    return f"leaks {has(measure)} of {BASES[measure.name]}"


def unknown_limit(kind: str, limits: Limits) -> str:
    """A limit that nobody has stated, in words."""
    if not limits.shape:
        return and_list(
            f"{amount(kind, x)} (with {format_limit(w)})"
            for x, w in zip(limits.points, limits.weights, strict=True)
        )
    scale = "" if limits.shape == "uniform" else " on a logarithmic scale"
    return (
        f"anywhere from {amount(kind, limits.low)} to {amount(kind, limits.high)}, all equally likely{scale}"
    )


def asked(scenario: Scenario, demand: Demand) -> str:
    """What a standard asks, in a few words: "at most 1 % of served needs leak".

    Where several orders name the same model, it says whose standard it is: that order's own needs are counted.
    """
    words = _asked(scenario, demand)
    if not demand.apart:
        return words
    return f'{words}, as "{order_name(scenario, demand.order)}" alone counts them'


def order_name(scenario: Scenario, number: int) -> str:
    """How an order is called: its title, or its place in the file."""
    return scenario.orders[number].title or f"order {number + 1}"


def region_in_words(scenario: Scenario, region: str) -> str:
    """A region, by its name; abroad the one that has all countries that stand in no other is no name of a place."""
    is_rest = "*" in scenario.regions[region] and region != scenario.home
    return "the rest of the world" if is_rest else region


def reading_in_words(scenario: Scenario, reading: str) -> str:
    """A reading as a sentence shows it."""
    title = scenario.readings[reading].title
    return f"“{reading}”" + (f" ({title[0].lower()}{title[1:]})" if title else "")


def by_themselves(scenario: Scenario) -> tuple[str, ...]:
    """The orders that say themselves whom they restrict, whatever the reading: as shown."""
    return tuple(
        f"“{order_name(scenario, number)}”" for number, order in enumerate(scenario.orders) if order.restricts
    )


def no_reading_counts(scenario: Scenario) -> bool:
    """Whether all orders, and there are some, say themselves whom they restrict: then no reading matters."""
    return bool(scenario.orders) and all(order.restricts for order in scenario.orders)


def read_as(reading: str, orders: int, own: Sequence[str] = ()) -> str:
    """How so many orders are read: "Reading the order as “person”".

    Parameters
    ----------
    reading
        The reading, in words.
    orders
        How many orders there are.
    own
        Those of them that say themselves whom they restrict, as shown: no reading makes a difference to them.
    """
    one, all_ = (
        ("order", "its own words on whom it restricts"),
        ("orders", "their own words on whom they restrict"),
    )
    which, _ = one if orders == 1 else all_
    if not own:
        return f"Reading the {which} as {reading}"
    words = (one if len(own) == 1 else all_)[1]
    if len(own) == orders:
        return f"Reading the {which} by {words}"
    others = "order" if orders - len(own) == 1 else "orders"
    return f"Reading {and_list(own)} by {words}, and the other {others} as {reading}"


def how_read(scenario: Scenario, reading: str, marks: str = '""') -> str:
    """How titles say that the orders are read: 'as "person"', or 'by its own words', whatever the reading.

    Parameters
    ----------
    scenario
        The scenario whose orders they are.
    reading
        The name of the reading.
    marks
        Quotation marks for it, the opening one and the closing one.
    """
    own = by_themselves(scenario)
    if no_reading_counts(scenario):
        return f"by {_their(own)} own words"
    words = f"as {marks[0]}{reading}{marks[1]}"
    return f"{words}, but {and_list(own)} by {_their(own)} own words" if own else words


def orders_read(scenario: Scenario, reading: str, marks: str = '""') -> str:
    """The same with what is read: 'order read as "person"'."""
    which = "orders" if len(scenario.orders) > 1 else "order"
    return f"{which} read {how_read(scenario, reading, marks)}"


def own_words_note(scenario: Scenario) -> str:
    """Beside several readings: which orders go by their own words under each of them; empty where none does."""
    own = by_themselves(scenario)
    if not own:
        return ""
    return (
        f"Under every reading {and_list(own)} {'goes' if len(own) == 1 else 'go'} by {_their(own)} own words."
    )


def waiting_note(names: Sequence[str]) -> str:
    """Beside expected leaks of zero: which policies can leak all the same; empty where none can."""
    if not names:
        return ""
    return f"Though 0 % is said of {'it' if len(names) == 1 else 'them'}, {and_list(names)} can leak {BY_WAITING}."


def _their(own: Sequence[str]) -> str:
    return "its" if len(own) == 1 else "their"


def _asked(scenario: Scenario, demand: Demand) -> str:
    models = "" if demand.whole else f" for {and_list(demand.models)}"
    if demand.kind == "process":
        return f"these controls stand{models}: {and_list(demand.controls)}"
    if demand.kind == "zero":
        return (
            f"none of {scenario.represents:,} accounts leaks{models}, with a probability of at least "
            f"{format_limit(demand.probability)}"
        )
    known = demand.limits.known
    limit = unknown_limit(demand.kind, demand.limits) if known is None else amount(demand.kind, known)
    if demand.kind == "leak_count":
        counted = f"among {scenario.represents:,} accounts{models} {_period(demand)}"
        if known is None:
            return f"no more needs leak {counted} than a number that is unknown, {limit}"
        return f"at most {limit} are to be expected {counted}"
    if known is None:
        return f"no larger share of {BASES[demand.kind]} leaks{models} than one that is unknown, {limit}"
    return f"at most {limit} of {BASES[demand.kind]} leak{models}"


def _period(demand: Demand) -> str:
    if demand.per_us is None:
        return "in all the time in force"
    return f"in {format_duration(demand.per_us)} (it is in force for {demand.periods:.3g} times that)"


def standards(scenario: Scenario, demands: Sequence[Demand]) -> str:
    """What the orders ask, as the middle of a sentence."""
    if len(demands) == 1:
        return f"with the assumed standard that {asked(scenario, demands[0])} (the order states none)"
    each = "; ".join(f"({number}) {asked(scenario, one)}" for number, one in enumerate(demands, start=1))
    return f"with {len(demands)} standards assumed together, {each} (the orders state none)"
