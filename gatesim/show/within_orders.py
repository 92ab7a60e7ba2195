"""What can be served within the limits of several orders at once, as two tables."""

from __future__ import annotations

from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.wording import how_read
from gatesim.scenario.schema import Scenario
from gatesim.show.tables import LEFT, Column, Table, compact
from gatesim.study.within_orders import WithinOrders, WithinPoint, limits_words

WORDS = {"leak_rate": "leak rate", "leak_share": "leak share"}


def within_tables(scenario: Scenario, found: WithinOrders, reading: str) -> list[Table]:
    """The bounds at each limit, the least leaks at the floor, and the listed policies, under one reading."""
    read = f"read {how_read(scenario, reading)}"
    return [
        _bounds_table(found, reading, read),
        *_least_table(found, reading, read),
        _policies_table(found, reading, read),
    ]


def _bounds_table(found: WithinOrders, reading: str, read: str) -> Table:
    at = {(one.bound, one.limit): one for one in found.points if one.reading == reading}
    limits = sorted({limit for _, limit in at if limit is not None})
    whose = "the order's own" if len(found.orders) == 1 else "each order's own"
    rows = [
        (format_limit(limit), *_cells(at.get(("bound_A", limit)), at.get(("bound_B", limit))))
        for limit in limits
    ]
    own = [at.get((bound, None)) for bound in ("bound_A", "bound_B")]
    if any(one is not None for one in own):
        rows.append(("standards", *_cells(*own)))
    columns = (
        Column("limit"),
        Column("A keeps nothing"),
        Column("B remembers"),
        Column("what stops A", LEFT, 1),
    )
    note = "Served: entitled needs, those that no order restricts."
    if found.standards:
        note += " Standards: " + "; ".join(found.standards) + "."
    note += "".join(
        f" {text[0].upper()}{text[1:]}." for text in dict.fromkeys(one.note for one in at.values()) if text
    )
    if found.left_out:
        note += " Not among them: " + "; ".join(found.left_out) + "."
    return Table(
        f"The most that can be served within {whose} {WORDS[found.ratio]}, {read}",
        columns,
        tuple(rows),
        note,
    )


def _least_table(found: WithinOrders, reading: str, read: str) -> list[Table]:
    """What each order would have to allow; nothing where no standard counts."""
    least = [
        next(
            (
                one.least
                for one in found.points
                if (one.reading, one.bound, one.limit) == (reading, bound, None)
            ),
            (),
        )
        for bound in ("bound_A", "bound_B")
    ]
    if not any(least) or found.floor <= 0:
        return []

    def cell(values: tuple[float | None, ...], number: int) -> str:
        value = values[number] if values else None
        if value is None:
            return "-"
        return (
            f"{compact(value)} leaks" if found.kinds[number] in ("leak_count", "zero") else format_rate(value)
        )

    rows = tuple(
        (words, *(cell(values, number) for values in least)) for number, words in enumerate(found.standards)
    )
    return [
        Table(
            f"The least leak at which {format_limit(found.floor)} of entitled needs can be served, by the count of "
            f"each standard alone, {read}",
            (Column("standard", LEFT, 1), Column("A keeps nothing"), Column("B remembers")),
            rows,
            "While the other standards are met; -: they leave no such gate, whatever this one allows.",
        )
    ]


def _cells(a: WithinPoint | None, b: WithinPoint | None) -> tuple[str, str, str]:
    return _served(a), _served(b), "-" if a is None else limits_words(a)


def _served(point: WithinPoint | None) -> str:
    return "-" if point is None or point.served is None else format_rate(point.served)


def _policies_table(found: WithinOrders, reading: str, read: str) -> Table:
    places = {number: f"({place})" for place, number in enumerate(found.orders, start=1)}
    rows = tuple(
        (
            one.policy,
            *("-" if leak is None else format_rate(leak) for leak in one.leaks.values()),
            "-" if one.served is None else format_rate(one.served),
            "-" if one.meets is None else "yes" if one.meets else "no",
        )
        for one in found.policies
        if one.reading == reading
    )
    columns = (
        Column("policy", LEFT),
        *(Column(f"{places[number]} leaks") for number in found.orders),
        Column("serves"),
        Column("meets the standards" if len(found.standards) > 1 else "meets the standard", LEFT),
    )
    names = ", ".join(f'{places[number]} "{name}"' for number, name in found.orders.items())
    note = f"{names}. Leaks: the {WORDS[found.ratio]} of the needs that the order restricts itself."
    return Table(f"The listed policies, as each order counts, {read}", columns, rows, note)
