"""The result of a run as text: the verdict first, then the tables it rests on."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from gatesim.law.law import counted_apart
from gatesim.law.staff import lead_time as with_staff_away
from gatesim.measures.numbers import format_accounts, format_date, format_limit, format_rate, is_wide
from gatesim.measures.parts import part_words, parts_of
from gatesim.measures.remains import Side
from gatesim.measures.sentence import KINDS
from gatesim.measures.verdict import RATIOS, Row
from gatesim.measures.wording import how_read, orders_read, own_words_note, waiting_note
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import about_duration
from gatesim.show.answer import rests_words
from gatesim.show.by_channel import channel_tables
from gatesim.show.caps import caps_table
from gatesim.show.certain import certain
from gatesim.show.outcomes import AT_BEST, noisy, outcome_words, rate
from gatesim.show.own import own_tables
from gatesim.show.page import page, say
from gatesim.show.people import UNCOUNTED, people_table
from gatesim.show.sides import OUTCOMES, SIDES, SPEAK_FOR
from gatesim.show.tables import LEFT, Column, Table, compact, print_table
from gatesim.study.result import Found, Result
from gatesim.study.strategy import Dark
from gatesim.study.who_can import who_can


def policies_table(result: Result) -> Table:
    """Each policy: what it serves, whom it refuses wrongly, what slips through."""
    scenario, own = result.loaded.scenario, result.own_row
    limits = {} if own is None else {own.ratio: own.limit}
    rows = []
    for name, found in result.policies.items():
        m = {**found.measures, **certain(result, name)}
        rows.append(
            (
                name,
                lead_time(scenario, name),
                noisy(m["served_entitled"], threshold=result.verdict.floor),
                rate(m["refused_by_gate"]),
                rate(m["not_served"]),
                *(noisy(m[ratio], not found.may_leak, limits.get(ratio)) for ratio in RATIOS),
            )
        )
    columns = (
        Column("policy", LEFT),
        Column("ready after"),
        Column("entitled needs served"),
        Column("refused by gate"),
        Column("not served otherwise"),
        Column("leak rate"),
        Column("leak share"),
    )
    return Table(
        f"Each policy, the {orders_read(scenario, result.reading)}",
        columns,
        tuple(rows),
        _policies_note(result, any("(" in cell for row in rows for cell in row[2:])),
    )


def lead_time(scenario: Scenario, policy: str) -> str:
    """Time from the order until a policy could be in place; a strategy is a course of policies."""
    if policy == OPERATOR:
        return "step by step"
    lead = with_staff_away(scenario, policy)
    return "at once" if lead == 0 else about_duration(lead)


def _policies_note(result: Result, brackets: bool) -> str:
    words = (
        "Served, refused, not served: shares of entitled needs. Leak rate: leaks in restricted needs; leak share: "
        "leaks in served needs."
    )
    if result.engine == "exact":
        waiting = [
            name
            for name, found in result.policies.items()
            if found.may_leak and found.measures["leak_rate"].value == 0
        ]
        words += " Expected values; no chance in them."
        return f"{words} {waiting_note(waiting)}".strip()
    words += " Digits as the simulation's noise (95 %, by person) allows"
    words += (
        "; in brackets the 95 % interval, where it is wide or the floor or the limit lies in it."
        if brackets
        else "."
    )
    return f"{words} {_expected(result)}".strip()


def _expected(result: Result) -> str:
    """What noise hides and the exact engine knows, for policies of which it leaves nothing out; and of the one that the
    verdict is about, which goes by what is expected."""
    own = result.own_row
    judged = None if own is None else own.best
    said = []
    for name, measures in result.expected.items():
        found, share, of_all = result.policies[name], measures["leak_share"], measures["leak_rate"]
        seen = found.measures["leak_share"]
        hidden = not seen.value or is_wide(seen.value, seen.low, seen.high)
        if found.may_leak and (hidden or name == judged):
            parts = [f"{rate(share)} of served needs"] * (share.value is not None)
            said.append(f"{name} leaks {' and '.join([*parts, f'{rate(of_all)} of restricted ones'])}")
    return f"Expected, without noise: {'; '.join(said)}." if said else ""


def titles_table(result: Result) -> Table | None:
    """What each policy is; None where none has a title."""
    policies = result.loaded.scenario.policies
    rows = [
        (name, policies[name].title) for name in result.policies if name in policies and policies[name].title
    ]
    if not rows:
        return None
    return Table("The policies", (Column("policy", LEFT), Column("what it does", LEFT)), tuple(rows))


def verdict_table(result: Result, ratio: str) -> Table:
    """The outcome for each limit and reading, for one leak ratio."""
    readings = list(result.found)
    rows = [row for row in result.verdict.rows if row.ratio == ratio]
    limits = sorted({row.limit for row in rows})
    found = {(row.limit, row.reading): row for row in rows}
    body = []
    for limit in limits:
        mark = " *" if any(row.own for row in rows if row.limit == limit) else ""
        cells = [outcome_words(found[limit, r]) if (limit, r) in found else "-" for r in readings]
        body.append((format_limit(limit) + mark, *cells))
    what = {"leak_rate": "leak rate (of restricted needs)", "leak_share": "leak share (of served needs)"}[
        ratio
    ]
    columns = (Column("limit"), *(Column(reading, LEFT) for reading in readings))
    note = _cannot_tell(result, rows)
    does = "complies"
    if counted_apart(result.loaded.scenario):
        does = "would do under one limit on all orders"
        note = f"All orders are counted together; the verdict goes by each order's own. {note}".strip()
    if ratio == RATIOS[-1]:
        note += (" " if note else "") + (
            "A name: that listed policy is within the limit, serves the floor and is ready. Not ready: it would do, "
            "but later. Below floor: it is within the limit but serves too few. None: every listed policy leaks "
            "more; shutting down is what remains of the list."
        )
        note += " * The scenario's own limit." * any(row.own for row in result.verdict.rows)
        own = own_words_note(result.loaded.scenario)
        note += f" {own}" if own else ""
    return Table(
        f"Which listed policy {does}, by {what} and reading of the order", columns, tuple(body), note
    )


def _cannot_tell(result: Result, rows: Sequence[Row]) -> str:
    """What "cannot tell" means, and how many accounts it would take; empty where it does not occur."""
    those = [row for row in rows if row.outcome == "cannot_tell"]
    if not those:
        return ""
    words = []
    if any(row.at_best not in AT_BEST for row in those):
        words.append(
            "Cannot tell: the simulation's noise decides whether a policy is within the limit and serves the floor."
        )
    if any(row.at_best in AT_BEST for row in those):
        words.append(
            "At best: no policy does, whatever the noise; it decides whether one comes even so near."
        )
    note = " ".join(words)
    mine = [row for row in those if row.reading == result.reading]
    needed = [
        f"{format_accounts(row.accounts_needed)} at {format_limit(row.limit)}"
        for row in sorted(mine, key=lambda row: row.limit)
        if row.accounts_needed is not None
    ]
    if needed:
        read = how_read(result.loaded.scenario, result.reading)
        note += f" Read {read} it would take about {', '.join(needed)} (--people N)."
    if any(row.accounts_needed is None for row in mine):
        note += " Where a policy is right at a limit, no number would do."
    return note


def _side_words(side: Side) -> str:
    """The outcome of a side; of a list of which noise leaves it open what is sure all the same."""
    words = OUTCOMES[side.best.outcome]
    return AT_BEST.get(side.at_best or "", words) if side.best.outcome == "cannot_tell" else words


def remains_table(result: Result) -> Table | None:
    """The list beside what bounds A and B allow, under the scenario's own limit; None where they are not known."""
    found = result.remains
    if found is None:
        return None
    rows = []
    for name, side in (("list", found.listed), ("bound_A", found.a), ("bound_B", found.b)):
        best = side.best
        within = best.outcome not in ("no_gate_meets_limit", "cannot_tell")
        rows.append(
            (
                SIDES[name],
                _side_words(side) + (f": {best.name}" if within and best.name else ""),
                format_rate(best.served, *(side.served_within or ())) if within else "-",
                _least_leak(side),
            )
        )
    columns = (
        Column("gates", LEFT),
        Column("within the limit, serving the floor", LEFT),
        Column("most served within"),
        Column("least leak at the floor"),
    )
    note = (
        f"Most served: of entitled needs, by a gate within the limit. Least leak: {KINDS[found.ratio]}, of gates that "
        f"serve {format_limit(found.floor)}{'' if found.listed.at_floor else ' (?: of this one noise cannot tell)'}. "
        f"{SPEAK_FOR}. B shows no gate: it can "
        "only rule out. Bounds are expected values, without the queue; whether such a gate could be ready is not asked."
    )
    return Table(
        f"What remains within {format_limit(found.limit)}, the {orders_read(result.loaded.scenario, found.reading)}",
        columns,
        tuple(rows),
        note,
    )


def _least_leak(side: Side) -> str:
    """The least leak at the floor, marked where noise cannot tell whether its gate serves that much."""
    if side.least_leak is None:
        return "-"
    return format_rate(side.least_leak, *(side.leak_within or ())) + ("" if side.at_floor else " ?")


def whom_table(result: Result) -> Table:
    """For each policy, the segments that it refuses wrongly and lets through most."""
    rows, can = [], who_can(result, "segment")
    for name, found in result.policies.items():
        refused = _most(found, "false_blocks", can)
        through = _through(result, name, can)
        rows.append((name, refused, through))
    columns = (
        Column("policy", LEFT),
        Column("refuses wrongly, mostly", LEFT),
        Column("lets through, mostly", LEFT),
    )
    note = (
        "Of the policy's false blocks the share that falls on the segment; of its leaks the share that it makes. "
        f"{_noise_of_whom(result)} {_glossed(result, ' '.join(cell for _, *cells in rows for cell in cells))}"
    ).rstrip()
    return Table("Whom each policy refuses wrongly, and whom it lets through", columns, tuple(rows), note)


def _noise_of_whom(result: Result) -> str:
    """Whether these shares have noise, and where it is told."""
    if result.engine == "exact":
        return "Expected values; no chance in them."
    return (
        "From where to where: as far as chance may have moved a share (95 %), where that is more than five points "
        "either way. Where people meet at a desk that is simulated once, that is not known."
    )


def _glossed(result: Result, named: str) -> str:
    """The segments that are named, in the words of the scenario where it has some."""
    said = [
        f"{name}: {' '.join(segment.title.split()).rstrip('.')}"
        for name, segment in result.loaded.scenario.segments.items()
        if segment.title and re.search(rf"(?<!\w){re.escape(name)} \d", named)
    ]
    return f"{'; '.join(said)}." if said else ""


def _through(result: Result, name: str, can: Mapping[str, Collection[str]]) -> str:
    """Whom a policy lets through mostly; that chance let nobody through is said, with what is expected."""
    found = result.policies[name]
    if not found.may_leak:
        return "nobody"
    through = _most(found, "leaks", can)
    if through != "nobody" or result.engine == "exact":
        return through
    expected = result.expected.get(name, {}).get("leak_share")
    if expected is None or not expected.value:
        return "nobody in this simulation"
    return f"nobody in this simulation (expected: {rate(expected)} of served needs)"


def _most(found: Found, count: str, can: Mapping[str, Collection[str]], at_most: int = 2) -> str:
    """The segments with most of a count, and their parts of it; ``can``: those that can have any."""
    groups = {name: group[count] for name, group in found.by["segment"].items() if name in can[count]}
    parts = parts_of(groups, found.measures[count])
    first = sorted(parts.items(), key=lambda item: -item[1].value)[:at_most]
    return ", ".join(f"{name} {part_words(part)}" for name, part in first if part.value >= 0.005) or "nobody"


def heading(result: Result) -> str:
    """What was run, in one line."""
    scenario = result.loaded.scenario
    if result.engine == "exact":
        return f"exact engine, for {format_accounts(scenario.represents)}"
    reps = f", {result.reps} replications" if result.reps > 1 else ""
    return (
        f"{format_accounts(scenario.people)} simulated for {scenario.represents:,}{reps}, seed {scenario.seed}, "
        f"{result.engine} engine"
    )


def small_print(result: Result, *, people: bool = True) -> list[str]:
    """What else has to be said about a result; ``people``: whether it is also shown by people, where it can be."""
    lines = []
    for words in dict.fromkeys(result.desk.values()):
        names = ", ".join(name for name, said in result.desk.items() if said == words)
        lines.append(f"Desk ({names}): {words}.")
    lines += result.notes
    if people and result.engine == "exact":
        lines.append(UNCOUNTED)
    lines.append(rests_words(result.uncertain, result.guesses, result.inputs))
    return lines


def transition_words(result: Result) -> str:
    """What is served before any listed policy could be in place; empty where one is at once."""
    found = result.transition
    if found is None:
        return ""
    none = "No policy but an open one" if found.but_open else "No policy"
    if found.until is None:
        words = f"{none} is ever ready"
    else:
        words = f"{none} could be in place before {format_date(found.until)}, when {found.policy} could be"
    if found.unless_open:
        words += " (whether an open one complies is not sure here)"
    if found.over is None:
        then = "until then"
    else:
        words += f", and within the window no order is in force from {format_date(found.over)} on"
        then = "in all that time"
    return (
        f"{words}: {then} about {compact(found.leaks)} restricted needs are served under any of them. "
        "The table shows each policy as if it had been there from the first instant."
    )


def course_table(result: Result) -> Table | None:
    """What the operator's strategy puts in place when; None where it was not run."""
    found = result.course
    if found is None:
        return None
    begin = "before the first switch"
    rows = [
        (begin, "nothing: the gate is open"),
        *((format_date(step.at), step.policy) for step in found.steps),
    ]
    leaks = result.policies[OPERATOR].measures["transition_leaks"]
    counted = "-" if leaks.value is None else compact(leaks.value)
    note = (
        f"Served between the order and the first switch that gates: {counted} restricted needs (transition leaks; "
        "they are in the strategy's numbers). "
    )
    note += " ".join(dark_words(one) for one in found.dark)
    if found.dated:
        possible, known = (
            "at no time" if at is None else f"from {format_date(at)} on"
            for at in (found.possible, found.known)
        )
        knows = (
            f"the operator could know it {known}"
            if found.reviews
            else "the operator goes by its list, and learns nothing of it"
        )
        note += f" A gate of the ladder other than shutting down would do {possible}; {knows}."
    columns = (Column("from", LEFT), Column("in place", LEFT))
    return Table("The operator's strategy", columns, tuple(rows), note.strip())


def dark_words(one: Dark) -> str:
    """How long a model was refused to everybody, and what a contract says to it."""
    days = f"for {one.days:.1f} days" if one.days >= 0.05 else "for less than 0.1 days"
    said = f"{one.model} is {f'dark {days}' if one.days > 0 else 'never dark'} (off for everybody)"
    if one.tolerated_days is None:
        return f"{said}."
    if one.broken is None:
        return f"{said}; the contract tolerates {one.tolerated_days:.1f}."
    return (
        f"{said}; the contract tolerates {one.tolerated_days:.1f} and is broken on {format_date(one.broken)}."
    )


def tables(result: Result) -> list[Table]:
    """All tables of a result, in reading order."""
    verdicts = [verdict_table(result, ratio) for ratio in RATIOS] if result.verdict.rows else []
    every = (
        remains_table(result),
        policies_table(result),
        people_table(result),
        titles_table(result),
        course_table(result),
        whom_table(result),
        *channel_tables(result),
        *verdicts,
        *own_tables(result),
        caps_table(result),
    )
    return [table for table in every if table is not None]


def print_run(result: Result) -> None:
    """Print a result."""
    console = page()
    say(console, result.loaded.scenario.title, "bold")
    say(console, heading(result), "dim", after=True)
    say(console, result.sentence, after=True)
    for words in (result.shutting_down, transition_words(result)):
        if words:
            say(console, words, after=True)
    for table in tables(result):
        print_table(console, table)
    for line in small_print(result):
        say(console, line, "dim")
