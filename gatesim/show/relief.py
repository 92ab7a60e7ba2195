"""Relief as text: which narrowing of the order leaves something else than shutting down, and what it lets through."""

from __future__ import annotations

from gatesim.measures.judgement import Outcome
from gatesim.measures.numbers import format_limit, format_rate
from gatesim.show.answer import answer_html, print_answer
from gatesim.show.sides import NOT_RULED_OUT
from gatesim.show.tables import LEFT, Column, Table, compact
from gatesim.study.relief import Gate, Relief, Reliefs

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
    return "" if share is None else f"({format_rate(share)})"


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
    ends = [_row(one) for one in found.found if one.ends("list") or one.ends("bound_A")]
    others = [_row(one) for one in found.found if not (one.ends("list") or one.ends("bound_A"))]
    asked = found.asked
    note = (
        f"Whether a gate serves {format_limit(asked.floor)} of entitled needs within the limit: of the list, of all "
        "that keep nothing (A), of all that remember (B; not ruled out: at most so many are served, whether by any "
        "gate is not known). Needs gained: what A's best gate serves more of needs that the narrowed order allows. "
        "Added leaks: needs that it serves, which the order as it is restricts and the narrowed one does not."
    )
    title = f'Narrowings that leave a gate, read as "{asked.reading}": needs gained for each added leak'
    tables = [Table(title, columns, (now, *ends), note)]
    if others:
        tables.append(Table("Narrowings that leave none", columns, tuple(others)))
    return tables


def small_print(found: Reliefs) -> list[str]:
    """What else has to be said."""
    lines = []
    if not any(one.ends("list") or one.ends("bound_A") for one in found.found):
        lines.append("No narrowing by one thing leaves a gate that serves the floor within the limit.")
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
    """Print the sentence, then the tables."""
    print_answer(found.loaded.scenario.title, relief_tables(found), found.sentence, small_print(found))


def relief_html(found: Reliefs) -> str:
    """As a notebook shows it. All text is escaped."""
    return answer_html(found.loaded.scenario.title, relief_tables(found), found.sentence, small_print(found))
