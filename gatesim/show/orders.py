"""What each order by itself comes to, as two short tables, where several name the same model."""

from __future__ import annotations

from gatesim.measures.judgement import RATIOS
from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.wording import how_read, order_name
from gatesim.show.outcomes import IN_BRACKETS, dollars, outcome_words
from gatesim.show.tables import LEFT, Column, Table
from gatesim.study.result import Result

RATIO_WORDS = {"leak_rate": "leak rate", "leak_share": "leak share"}


def order_tables(result: Result) -> list[Table]:
    """The tables by limit, the break-even limits and the exposure of each order by itself; none where none is."""
    if not any(alone.rows for alone in result.verdict.by_order.values()):
        return []
    return [limits_table(result), break_even_table(result)]


def _orders_note(result: Result) -> str:
    scenario = result.loaded.scenario
    names = ", ".join(
        f'({place}) "{order_name(scenario, number)}"'
        for place, number in enumerate(result.verdict.by_order, start=1)
    )
    return (
        f"{names}. Leaks are of the needs that the order restricts itself, while it is in force; what is served is of "
        "needs that no order restricts."
    )


def limits_table(result: Result) -> Table:
    """Which listed policy complies with each order by itself, for each limit, under the scenario's own reading."""
    columns = [Column("limit")]
    limits = sorted(
        {
            row.limit
            for alone in result.verdict.by_order.values()
            for row in alone.rows
            if row.reading == result.reading
        }
    )
    cells = {limit: [format_limit(limit)] for limit in limits}
    starred = False
    for place, alone in enumerate(result.verdict.by_order.values(), start=1):
        found = {(row.ratio, row.limit): row for row in alone.rows if row.reading == result.reading}
        for ratio in RATIOS:
            columns.append(Column(f"({place}) {RATIO_WORDS[ratio]}", LEFT))
            for limit in limits:
                row = found.get((ratio, limit))
                starred = starred or (row is not None and row.own)
                cells[limit].append("-" if row is None else outcome_words(row) + " *" * row.own)
    note = _orders_note(result) + " * The order's own limit." * starred
    rows = tuple(tuple(row) for row in cells.values())
    read = how_read(result.loaded.scenario, result.reading)
    return Table(
        f"Which listed policy complies with each order by itself, read {read}",
        tuple(columns),
        rows,
        note,
    )


def break_even_table(result: Result) -> Table:
    """For each order the limits from which on each policy is within, and what the law can ask for its leaks."""
    columns = [Column("policy", LEFT)]
    cells: dict[str, list[str]] = {}
    amounts, exposed = result.loaded.scenario.exposure, result.exposure_by_order
    for place, (number, alone) in enumerate(result.verdict.by_order.items(), start=1):
        columns += [Column(f"({place}) {RATIO_WORDS[ratio]}") for ratio in RATIOS]
        if amounts is not None:
            columns.append(Column(f"({place}) civil penalties"))
        for policy, ratios in alone.break_even.get(result.reading, {}).items():
            row = cells.setdefault(policy, [policy])
            sure = not result.by_order[number][result.reading][policy].may_leak
            for ratio in RATIOS:
                one = ratios[ratio]
                known = one.value is not None
                row.append("-" if not known else "0 %" if sure else format_rate(one.value, one.low, one.high))
            if amounts is not None:
                bound = exposed[number][policy].get(amounts.unit)
                row.append("-" if bound is None else "$0" if sure else dollars(bound.civil))
    note = "From which limit on a policy is within the order: its own leak ratio."
    if amounts is not None:
        note += f" Civil penalties: at most, if each {amounts.unit} with a leak is one violation."
        if any("\n" in cell for row in cells.values() for cell in row):
            note += f" {IN_BRACKETS}"
    rows = tuple(tuple(row) for row in cells.values())
    return Table("Break-even limits of each order by itself", tuple(columns), rows, note)
