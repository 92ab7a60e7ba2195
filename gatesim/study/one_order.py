"""The frontier of one order: its own leaks are limited, as it counts them, while the other orders keep their limits.

Where orders restrict different people, or at different times, each counts its own leaks. Then a curve is about one of
them: at each of its limits a gate has to keep the known limits of all others as well, unless it is asked for alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatesim.gates.bounds import Standard
from gatesim.gates.bounds.limit_prices import limit_price
from gatesim.gates.bounds.several import Several, most_value_within, most_within, several
from gatesim.law.law import counted_apart
from gatesim.law.standards import Limits
from gatesim.measures.judgement import RATIOS
from gatesim.measures.wording import and_list, order_name
from gatesim.scenario import Loaded
from gatesim.scenario.errors import Problem, ScenarioError
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import ask
from gatesim.study.own_limits import OwnLimit, own_limits
from gatesim.study.points import COARSE, ListedPoint, Point, most_refused, point_of
from gatesim.study.standing import BOUNDS, Question, Standings, question


@dataclass(frozen=True)
class OneOrder:
    """The order whose own leaks are limited, and what the others ask for.

    Attributes
    ----------
    number, name
        The order, numbered from 0, and how it is called.
    ratio
        The leak ratio of its own that is limited.
    limit
        Its own limit of that ratio; None where it states none that is known, or one for each of several models.
    others
        Whether there are other orders.
    alone
        Whether their limits are left out.
    kept
        The limits of the others that are kept; none where it is alone.
    not_kept
        What the others ask for besides, in words: no known limit on expected leaks follows from it.
    """

    number: int
    name: str
    ratio: str
    limit: float | None
    others: bool
    alone: bool
    kept: tuple[OwnLimit, ...]
    not_kept: tuple[str, ...]

    @property
    def while_words(self) -> str:
        """What the others do meanwhile: "while the other order keeps its limit"; empty where none has one."""
        count = len({one.order for one in self.kept})
        if not count:
            return ""
        return (
            "while the other order keeps its limit"
            if count == 1
            else "while the other orders keep their limits"
        )

    @property
    def kept_words(self) -> str:
        """Which limits of the others are kept, as a sentence or two; empty where there are no others."""
        if not self.others:
            return ""
        if self.alone:
            words = "The limits of all other orders are left out."
        elif self.kept:
            words = f"Kept meanwhile: {and_list([one.words for one in self.kept])}."
        else:
            words = "No other order has a known limit that could be kept: the curves are those of this order alone."
        if self.not_kept:
            words += (
                f" Not kept, since no known limit on leaks follows from it: {and_list(list(self.not_kept))}."
            )
        return words

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "order": self.number,
            "name": self.name,
            "limit": self.limit,
            "alone": self.alone,
            "kept": [one.to_dict() for one in self.kept],
            "not_kept": list(self.not_kept),
        }


def one_order(loaded: Loaded, number: int, ratio: str | None = None, alone: bool = False) -> OneOrder:
    """The order that is asked about.

    Parameters
    ----------
    loaded
        The scenario.
    number
        Its number, from 0 (`gatesim.study.within_orders.find_order`).
    ratio
        The leak ratio; by default that of its standard.
    alone
        Whether to leave out the limits of the others.

    Raises
    ------
    ScenarioError
        If its standard is no leak ratio and none is given.
    """
    scenario = loaded.scenario
    stated = scenario.orders[number]
    chosen = ratio or stated.standard.kind
    if chosen not in RATIOS:
        message = f"its standard is {chosen}, and a curve is over the limits of one leak ratio"
        key = f"orders.{number}.standard"
        raise ScenarioError(
            [Problem(loaded.files[-1][0], None, key, message, "say which: --ratio leak_share")]
        )
    same = stated.standard.kind == chosen and not stated.standards
    kept: list[OwnLimit] = []
    not_kept: list[str] = []
    for other in range(len(scenario.orders)) if not alone else ():
        if other == number or _says_the_same(scenario, number, other):
            continue
        limits, left_out = own_limits(scenario, other, None, None)
        kept += limits
        not_kept += [f"{words} (“{order_name(scenario, other)}”)" for words in left_out]
    return OneOrder(
        number,
        order_name(scenario, number),
        chosen,
        Limits.of(stated.standard.limit).known if same else None,
        len(scenario.orders) > 1,
        alone,
        tuple(kept),
        tuple(not_kept),
    )


def _says_the_same(scenario: Scenario, number: int, other: int) -> bool:
    """Whether two orders differ in nothing that counts, so that their limits are one."""
    one, two = scenario.orders[number], scenario.orders[other]
    asks = (one.models, one.standard, one.standards) == (two.models, two.standard, two.standards)
    return asks and number not in counted_apart(scenario)


def question_of_order(
    loaded: Loaded,
    one: OneOrder,
    *,
    limits: Sequence[float] = (),
    policies: Sequence[str] | None = None,
) -> Question:
    """What is asked: the order's limit first, then those that the others keep.

    Where the order has no limit of its own it is the first of ``limits``, else one that limits nothing.

    Raises
    ------
    ScenarioError
        If a name is unknown.
    """
    limit = one.limit if one.limit is not None else limits[0] if limits else 1.0
    asked = ask(loaded, ratio=one.ratio, limit=limit, policies=policies)
    own = OwnLimit(one.number, one.name, (), Standard.of_ratio(one.ratio, limit))
    if one.alone:
        alone = question(loaded.scenario, ratio=one.ratio, limit=limit, each=True, number=one.number)
        asked = replace(asked, date=alone.date, order=one.number)
    return replace(asked, each=(own, *one.kept), left_out=one.not_kept)


def question_of_sentence(loaded: Loaded, one: OneOrder, asked: Question, limits: Sequence[float]) -> Question:
    """What the sentence is about: the order's own standards, of whatever kind, and the limits that the others keep.

    Where the order has no known limit it is the first of ``limits``; where there is none, those of the others alone.

    Raises
    ------
    ScenarioError
        If there is no known limit at all.
    """
    own, left_out = own_limits(loaded.scenario, one.number, None, None)
    if not own:
        own = asked.each[:1] if limits else ()
    each = (*own, *one.kept)
    if not each:
        message = "no known limit on leaks is among what is asked for"
        key = f"orders.{one.number}"
        raise ScenarioError([Problem(loaded.files[-1][0], None, key, message, "say which: --limit 0.001")])
    first = each[0].standard
    return replace(asked, ratio=first.kind, limit=first.limit, each=each, left_out=(*left_out, *one.not_kept))


def programs_of_order(standings: Standings) -> dict[str, Several]:
    """The programs of both bounds, with the sums of the order's limit first, then those of the limits kept."""
    varied = standings.varied
    return {
        "bound_A": several(standings.scenario, varied.law, varied.own, BOUNDS["bound_A"]),
        "bound_B": standings.of_orders["bound_B"].sums(),
    }


def curves_of_order(
    standings: Standings,
    one: OneOrder,
    made: Mapping[str, Several],
    asked: Sequence[float],
    *,
    pays: bool = True,
) -> list[Point]:
    """Both curves under one reading, at the limits that are asked for and those of the grid.

    Parameters
    ----------
    standings, one, made
        What is asked (`question_of_order`), of which order, and the programs.
    asked
        Limits besides those of the grid.
    pays
        Whether to say who pays, what stops a gate and, at the limits that are asked for, what a point more would bring;
        each value then has its proof. It takes some ten times longer.
    """
    return [
        point
        for which, program in made.items()
        for point in _curve(standings.asked.reading, one, which, program, asked, pays)
    ]


def _curve(
    reading: str, one: OneOrder, which: str, program: Several, asked: Sequence[float], pays: bool
) -> list[Point]:
    kept = [each.standard for each in one.kept]
    whose = [f"“{one.name}”", *(each.whose for each in one.kept)]
    near: list[Any] = []
    found = []
    for limit in sorted({*asked, *COARSE}):
        held = [Standard.of_ratio(one.ratio, limit), *kept]
        if not pays:
            value = most_value_within(program, held, near)
            found.append(Point(reading, which, limit, limit in asked, value, (), None, ()))
            continue
        within = most_within(program, held)
        # Prices take longest: they are told where somebody asked.
        price = limit_price(program, held, 0).up if limit in asked and within.value is not None else None
        refused = {} if within.value is None else program.refused(within.shares)
        found.append(
            Point(
                reading,
                which,
                limit,
                limit in asked,
                within.value,
                tuple(name for name, row in zip(whose, within.limits, strict=False) if row.binds),
                None if price is None else 0.01 * price,
                most_refused(refused, program.entitled),
            )
        )
    return found


def listed_point_of_order(
    standings: Standings, one: OneOrder, name: str, made: Mapping[str, Several]
) -> ListedPoint:
    """Where a listed policy stands by the order's own leaks, and whose limit it breaks.

    The order's own limit is none of these: the point shows on which side of it the policy stands.
    """
    served = standings.served(name, ())
    own = served.own[0]
    base = own.restricted if one.ratio == "leak_rate" else own.served
    leak = own.leaks / base if base > 0 else None
    kept = [each.standard for each in one.kept]
    broken = [standings.asked.each[number] for number in standings.broken(name, ()) if number > 0]
    return point_of(
        standings.asked.reading,
        name,
        served.served_entitled,
        leak,
        standings.varied.remembers(name),
        lambda which, at: most_value_within(made[which], [Standard.of_ratio(one.ratio, at), *kept]),
        tuple(each.whose for each in broken),
    )
