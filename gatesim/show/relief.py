"""Relief as text: which narrowing of the order leaves something else than shutting down, and what it lets through."""

from __future__ import annotations

from gatesim.measures.judgement import Outcome
from gatesim.measures.numbers import format_limit, format_rate
from gatesim.measures.wording import how_read
from gatesim.show.answer import answer_html, print_answer
from gatesim.show.sides import limits_words
from gatesim.show.tables import LEFT, Column, Table, compact, three
from gatesim.study.narrowed import Gate
from gatesim.study.relief import Relief, Reliefs, ends

SHORT = {
    "gate_available": "yes",
    "only_not_ready": "not ready",
    "only_below_floor": "below floor",
    "no_gate_meets_limit": "none",
    "not_ruled_out": "not ruled out",
    "none_at_floor": "none at floor",
}
"""An outcome in a word or two."""


def _row(one: Relief) -> tuple[str, ...]:
    return (
        one.narrowing.words,
        _listed(one.list),
        _most(one.bound_A.outcome, one.bound_A.served),
        _most(*one.bound_B),
        _signed(one.gain),
        compact(one.bound_A.added),
        "-" if one.per_leak is None else three(one.per_leak),
    )


def _listed(gate: Gate) -> str:
    return SHORT[gate.outcome] + (
        f": {gate.policy}" if gate.policy and gate.outcome != "no_gate_meets_limit" else ""
    )


def _most(outcome: Outcome, share: float | None) -> str:
    """The most that a bound lets serve."""
    return SHORT[outcome] if share is None else format_rate(share)


def _signed(needs: float) -> str:
    return f"+{compact(needs)}" if needs > 0 else f"-{compact(-needs)}" if needs < 0 else "0"


def relief_tables(found: Reliefs) -> list[Table]:
    """Narrowings that end the shutdown, then those that do not."""
    columns = (
        Column("taken out of the order", LEFT),
        Column("listed policies", LEFT),
        Column("A serves"),
        Column("B at most"),
        Column("needs gained"),
        Column("added leaks"),
        Column("gained for each"),
    )
    listed, a, b = found.now
    now = (
        "nothing: as it is",
        _listed(listed),
        _most(a.outcome, a.served),
        _most(*b),
        *("",) * 3,
    )
    leave_one = [_row(one) for one in found.found if ends(one)]
    others = [_row(one) for one in found.found if not ends(one)]
    asked = found.asked
    note = (
        f"Of entitled needs, within the limit; a gate does from {format_limit(asked.floor)} on. A serves: the best "
        "gate that keeps nothing; it may ask for documents. B at most: no gate that remembers serves more, with "
        "requests answered at once; whether one serves that much is not known. Needs gained: what A's best gate "
        "serves more of needs that the narrowed order allows. Added leaks: needs that it serves, which the order as it "
        "is restricts and the narrowed one does not. Gained for each: needs gained for each added leak. Each share is "
        "of what the order so narrowed allows, which is more: it can fall although more needs are served. A listed "
        "policy too goes by the narrowed order, serves more by it, and may leak more."
    )
    if asked.each:
        note += f" The limit: {limits_words(asked)}. What is taken out is taken out of every order."
    read = how_read(found.loaded.scenario, asked.reading)
    title = f"Narrowings that leave a gate, read {read}: needs gained for each added leak"
    tables = [Table(title, columns, (now, *leave_one), note)]
    if others:
        tables.append(Table("Narrowings that leave none", columns, tuple(others)))
    return tables


def small_print(found: Reliefs) -> list[str]:
    """What else has to be said."""
    lines = []
    looked = found.looked
    if looked.combinations:
        things = "two things" if looked.size == 2 else f"up to {looked.size} things"
        lines.append(
            f"Besides, {looked.combinations} combinations of {things} taken out together were looked at; shown are "
            "those that leave a gate and contain nothing smaller that does."
        )
    if looked.narrower:
        lines.append(
            f"Besides, {looked.narrower} narrowings by what is in two things at once were looked at; shown are those "
            "that leave a gate, with fewer added leaks than either of the two that leaves one alone."
        )
    if found.idle:
        lines.append(f"Takes nothing out under this reading: {', '.join(one.words for one in found.idle)}.")
    if found.left_out:
        lines.append(
            f"Not among the list here, because they remember: {', '.join(found.left_out)} (--memory takes them in)."
        )
    lines.append(
        "Expected values of the exact engine, without the queue; people do not adapt to the narrowing."
    )
    return lines


def print_relief(found: Reliefs) -> None:
    """Print what was found and the sentence, then the tables."""
    title = found.loaded.scenario.title
    print_answer(title, relief_tables(found), found.sentence, small_print(found), found.finding)


def relief_html(found: Reliefs) -> str:
    """As a notebook shows it. All text is escaped."""
    title = found.loaded.scenario.title
    return answer_html(title, relief_tables(found), found.sentence, small_print(found), found.finding)
