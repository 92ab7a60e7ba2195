"""What the orders themselves ask, as tables: standards of every kind, unknown limits and readings, audits, exposure."""

from __future__ import annotations

from gatesim.law.standards import Demand, demands
from gatesim.measures.audits import Power
from gatesim.measures.exposure import Unit
from gatesim.measures.judgement import OUTCOMES, Answer, Judgement
from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.own import Combined
from gatesim.measures.sentence import OUTCOME_WORDS
from gatesim.measures.wording import NOT_ACCEPTED, ONLY_REFUTED, asked, has, how_read, orders_read
from gatesim.show.orders import order_tables
from gatesim.show.outcomes import IN_BRACKETS, dollars
from gatesim.show.tables import LEFT, Column, Table, compact
from gatesim.study.result import Result

_MEETS: dict[Answer, str] = {"yes": "yes", "no": "no", "undecided": "cannot tell"}


def own_tables(result: Result) -> list[Table]:
    """Tables of what the orders ask, where it is more than a row of the tables by limit; audits and exposure."""
    scenario, found = result.loaded.scenario, []
    asks = demands(scenario)
    if result.verdict.own and not _in_the_other_tables(result, asks):
        if any(one.meets for one in result.verdict.own):  # somebody is served by a listed policy
            found.append(standards_table(result, asks))
        if _is_unknown(result):
            found.append(chances_table(result))
    found += order_tables(result)
    if result.audits:
        found.append(audits_table(result))
    if result.exposure:
        found.append(exposure_table(result))
    return found


def _is_unknown(result: Result) -> bool:
    return any(one.together is None or 0 < one.weight < 1 for one in result.verdict.own)


def _in_the_other_tables(result: Result, asks: tuple[Demand, ...]) -> bool:
    """Whether all that the orders ask is a starred limit in the tables by limit."""
    (*others, first) = asks
    return (
        not others
        and first.whole
        and first.kind in ("leak_rate", "leak_share")
        and first.limits.known is not None
        and not _is_unknown(result)
    )


def standards_table(result: Result, asks: tuple[Demand, ...]) -> Table:
    """Each policy against each standard, under the scenario's own reading."""
    one = next(own for own in result.verdict.own if own.reading == result.reading)
    rows = []
    for policy in one.meets:
        cells = [_against(one, demand, policy) for demand in asks]
        rows.append((policy, *cells, _meets(one, policy)))
    names = [f"({number})" for number in range(1, len(asks) + 1)] if len(asks) > 1 else ["what it has"]
    columns = (
        Column("policy", LEFT),
        *(Column(name) for name in names),
        Column("meets it" if len(asks) == 1 else "meets all", LEFT),
    )
    return Table(
        f"What the order asks, read {how_read(result.loaded.scenario, result.reading)}",
        columns,
        tuple(rows),
        _legend(result, asks),
    )


def _legend(result: Result, asks: tuple[Demand, ...]) -> str:
    scenario = result.loaded.scenario
    if len(asks) == 1:
        parts = [f"Asked: {asked(scenario, asks[0])}."]
    else:
        parts = [f"({number}) {asked(scenario, one)}." for number, one in enumerate(asks, start=1)]
    kinds = {one.kind for one in asks}
    if "leak_count" in kinds:
        parts.append("Numbers of leaks are expected ones, in one of the standard's periods.")
    if "zero" in kinds:
        parts.append("For no leak at all: the probability of it, computed without simulation.")
        parts += [ONLY_REFUTED] if result.engine != "exact" else []
    if "process" in kinds:
        parts.append(NOT_ACCEPTED)
    return " ".join(parts)


def _judgement(one: Combined, demand: Demand, policy: str) -> Judgement | None:
    for row in one.rows:
        if row.demands == (demand,):
            return row.judgement(policy)
    return None


def _against(one: Combined, demand: Demand, policy: str) -> str:
    judged = _judgement(one, demand, policy)
    if judged is None:
        leak = next(e.leak for e in one.break_even if e.policy == policy and e.demand == demand)
        return has(leak)
    if judged.structural_zero and demand.kind != "process":
        return "100 %" if demand.kind == "zero" else "0"
    if demand.kind == "leak_count" and judged.leak.value is not None:
        return compact(judged.leak.value / demand.periods)
    return has(judged.leak)


def _meets(one: Combined, policy: str) -> str:
    chances = one.meets[policy]
    for answer, chance in chances.items():
        if chance >= 1.0 - 1e-12:
            return _MEETS[answer]
    open_ = f", open {format_rate(chances['undecided'])}" if chances["undecided"] > 0 else ""
    return f"with {format_rate(chances['yes'])}{open_}"


def chances_table(result: Result) -> Table:
    """The probability of each outcome, by reading and over all."""
    weighted = [one for one in result.verdict.own if one.weight > 0]
    several = len(weighted) > 1
    rows = []
    for outcome in OUTCOMES:
        cells = [one.outcomes.get(outcome, 0.0) for one in result.verdict.own]
        over = result.verdict.chances.get(outcome, 0.0)
        if any(cells):
            rows.append((OUTCOME_WORDS[outcome], *map(format_rate, cells), *[format_rate(over)] * several))
    columns = (
        Column("outcome", LEFT),
        *(Column(one.reading) for one in result.verdict.own),
        *[Column("all readings")] * several,
    )
    note = "Probabilities over the limits that are possible, from the policies' break-even limits, not from samples."
    if several:
        note += " Weights of readings: " + ", ".join(
            f"{one.reading} {format_limit(one.weight)}" for one in weighted
        )
        note += "."
    return Table("What comes of it, with what probability", columns, tuple(rows), note)


def power_words(power: Power) -> str:
    """A power, or the span of what it can be."""
    if power.value is None:
        return "-"
    if power.low is None or power.high is None:
        return format_rate(power.value)
    low, high = format_rate(power.low), format_rate(power.high)
    return low if low == high else f"{low} to {high}"


def audits_table(result: Result) -> Table:
    """The power of each audit against each policy."""
    columns, cells = [Column("policy", LEFT)], {policy: [policy] for policy in result.policies}
    notes = []
    for number, one in enumerate(result.audits, start=1):
        mark = f"({number}) " if len(result.audits) > 1 else ""
        columns.append(Column(f"{mark}sees a leak"))
        if one.objects:
            columns.append(Column(f"{mark}objects"))
        for policy, row in cells.items():
            row.append(power_words(one.finds[result.reading][policy]))
            if one.objects:
                row.append(power_words(one.objects[result.reading][policy]))
        times = f"{one.rounds} times" if one.rounds > 1 else "once"
        size = f"{_counted(one.accounts, 'test account')}, {_counted(one.needs, 'need')}, {times}"
        text = f"{mark}{one.title}: {size}."
        if one.limit is not None:
            text += (
                f" It objects to a leak rate above {format_limit(one.limit)} from {_counted(one.least, 'leak')} on."
                if one.least is not None
                else f" It is too small to object to a leak rate above {format_limit(one.limit)}."
            )
        notes.append(text)
    notes.append(
        "The probability that the audit finds it, from the leak rates of the segments that its accounts are of. A "
        "span: noise of the simulation, and needs of one account that fare alike or not."
    )
    rows = tuple(tuple(row) for row in cells.values())
    return Table(
        f"Audits by test accounts, the {orders_read(result.loaded.scenario, result.reading)}",
        tuple(columns),
        rows,
        " ".join(notes),
    )


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


UNITS: dict[Unit, str] = {"need": "each leak", "person": "each person", "account": "each account"}


def exposure_table(result: Result) -> Table:
    """The most that the law can ask, by what counts as one violation."""
    amounts = result.loaded.scenario.exposure
    assert amounts is not None
    units = [unit for unit in UNITS if any(unit in of for of in result.exposure.values())]
    rows = []
    for policy, of in result.exposure.items():
        sure = not result.policies[policy].may_leak
        cells = ["$0" if sure else dollars(of[unit].civil) if unit in of else "-" for unit in units]
        rows.append((policy, *cells))
    mark = {unit: " *" if unit == amounts.unit else "" for unit in units}
    columns = (Column("policy", LEFT), *(Column(f"{UNITS[unit]}{mark[unit]}") for unit in units))
    fixed, double = amounts.civil_penalty, amounts.transaction_multiple * amounts.transaction
    note = (
        f"At most ${max(fixed, double):,.0f} for each violation (the larger of ${fixed:,.0f} and "
        f"{amounts.transaction_multiple:g} times the transaction); what one violation is, is unsettled. An upper "
        "bound: every violation at the most that the law can ask, which is no forecast. * The scenario's "
        f"choice. Wilful violations besides: up to ${amounts.criminal_penalty:,.0f} each."
    )
    if any("\n" in cell for _, *cells in rows for cell in cells):
        note += f" {IN_BRACKETS}"
    return Table("Civil penalties at most, by what counts as one violation", columns, tuple(rows), note)
