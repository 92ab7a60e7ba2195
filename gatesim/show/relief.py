"""Relief as text: which narrowing of the order leaves something else than shutting down, and what it lets through."""

from __future__ import annotations

from gatesim.measures.judgement import Outcome
from gatesim.measures.numbers import format_limit, format_rate
from gatesim.show.answer import answer_html, print_answer
from gatesim.show.sides import NOT_RULED_OUT, limits_words
from gatesim.show.tables import LEFT, Column, Table, compact
from gatesim.study.relief import Gate, Relief, Reliefs, ends

SHORT = {
    "gate_available": "yes",
    "only_not_ready": "not ready",
    "only_below_floor": "below floor",
    "no_gate_meets_limit": "none",
}
"""An outcome in a word or two."""


def _row(one: Relief) -> tuple[str, ...]:
    return (
        one.narrowing.words,
        _listed(one.list),
        f"{SHORT[one.bound_A.outcome]} {_rate(one.bound_A.served)}",
        _of_b(*one.bound_B),
        _signed(one.gain),
        compact(one.bound_A.added),
        "-" if one.per_leak is None else f"{one.per_leak:.3g}",
    )


def _of_b(outcome: Outcome, most: float | None) -> str:
    """What bound B allows."""
    return f"{NOT_RULED_OUT if outcome == 'gate_available' else SHORT[outcome]} {_rate(most)}"


def _listed(gate: Gate) -> str:
    return SHORT[gate.outcome] + (
        f": {gate.policy}" if gate.policy and gate.outcome != "no_gate_meets_limit" else ""
    )


def _rate(share: float | None) -> str:
    """A share in brackets; what is everybody but for rounding is everybody."""
    if share is None:
        return ""
    return f"({format_rate(1.0 if share > 1.0 - 1e-12 else share)})"


def _signed(needs: float) -> str:
    return f"+{compact(needs)}" if needs > 0 else f"-{compact(-needs)}" if needs < 0 else "0"


def relief_tables(found: Reliefs) -> list[Table]:
    """Narrowings that end the shutdown, then those that do not."""
    columns = (
        Column("taken out of the order", LEFT),
        Column("list", LEFT),
        Column("A (serves)", LEFT),
        Column("B (serves)", LEFT),
        Column("needs gained"),
        Column("added leaks"),
        Column("gained for each"),
    )
    listed, a, b = found.now
    now = (
        "nothing: as it is",
        _listed(listed),
        f"{SHORT[a.outcome]} {_rate(a.served)}",
        _of_b(*b),
        *("",) * 3,
    )
    leave_one = [_row(one) for one in found.found if ends(one)]
    others = [_row(one) for one in found.found if not ends(one)]
    asked = found.asked
    note = (
        f"Whether a gate serves {format_limit(asked.floor)} of entitled needs within the limit: of the list, of all "
        "that keep nothing (A), of all that remember (B; not ruled out: at most so many are served, whether by any "
        "gate is not known). Needs gained: what A's best gate serves more of needs that the narrowed order allows. "
        "Added leaks: needs that it serves, which the order as it is restricts and the narrowed one does not."
    )
    if asked.each:
        note += f" The limit: {limits_words(asked)}. What is taken out is taken out of every order."
    title = f'Narrowings that leave a gate, read as "{asked.reading}": needs gained for each added leak'
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
