"""A policy's decision table, and one cell of it, as text."""

from __future__ import annotations

import html
from collections import defaultdict

from gatesim.measures.numbers import format_date, format_rate
from gatesim.measures.wording import and_list, orders_read
from gatesim.show.page import page, say
from gatesim.show.tables import LEFT, Column, Table, least_width, print_table, table_html
from gatesim.study.decisions import OPEN, Cell, CellStory, DecisionTable
from gatesim.study.strategy import late_words
from gatesim.study.why import FACTS, Part, Why

SHOWN = 20
"""So many cells are shown, unless all are wanted."""


def _rate(share: float | None) -> str:
    return "-" if share is None else format_rate(share)


def probability(share: float | None) -> str:
    """A probability in percent; what is nearly sure is said to be no less than that."""
    return ">99.9 %" if share is not None and 0.999 < share < 1 else _rate(share)


def _heading(found: DecisionTable | CellStory) -> list[str]:
    scenario = found.loaded.scenario
    title = scenario.policies[found.policy].title
    span = f"from {format_date(found.start)} to {format_date(found.end)}"
    return [
        *([f"{title}."] if title else []),
        f"{scenario.title}. The {orders_read(scenario, found.reading)}; the law as it is {span}.",
        *late_words(scenario, found.policy),
    ]


# --- the table --------------------------------------------------------------------------------------------------


def decisions_finding(found: DecisionTable) -> str:
    """What is decided about entitled and about restricted needs, in a sentence."""
    about = []
    for whose in ("entitled", "restricted"):
        shares = [(getattr(flow, whose), flow.action) for flow in found.flows]
        said = [f"{_rate(share)} {_DONE.get(action, action)}" for share, action in shares if share]
        about.append(f"of {whose} needs {and_list(said)}" if said else f"no {whose} need comes")
    words = ", and ".join(about)
    return f"At first sight, {words}."


_DONE = {"allow": "are served", "check": "are checked", "block": "are refused", OPEN: "are let through"}
"""What is done to needs by an action."""


def flows_table(found: DecisionTable) -> Table:
    """What each action is done to."""
    columns = (
        Column("decision", LEFT),
        Column("cells"),
        Column("of all needs"),
        Column("of restricted needs"),
        Column("of entitled needs"),
    )
    rows = tuple(
        (flow.action, f"{flow.cells:,}", _rate(flow.needs), _rate(flow.restricted), _rate(flow.entitled))
        for flow in found.flows
    )
    return Table("What is decided, for an account that nothing is known of", columns, rows, _memory(found))


def _memory(found: DecisionTable) -> str:
    parts = ["Needs for models that an order names."]
    if any(flow.action == OPEN for flow in found.flows):
        parts.append("Open: the policy does not act there; whoever comes is served.")
    if found.documents:
        parts.append(f"A check accepts: {', '.join(found.documents)}.")
    lasting = [
        f"{state.replace('_', ' ')} for {time}"
        for state, time in found.durations.items()
        if time != "forever"
    ]
    lasting += [
        f"{state.replace('_', ' ')} for good" for state, time in found.durations.items() if time == "forever"
    ]
    if lasting and any(flow.action not in ("allow", OPEN) for flow in found.flows):
        parts.append(f"What it remembers of an account: {', '.join(lasting)}.")
    return " ".join(parts)


def cells_table(found: DecisionTable, everything: bool = False, together: bool = False) -> Table:
    """The cells by their share of needs; those that differ in the model alone share a row.

    Parameters
    ----------
    found
        The table.
    everything
        Show all; by default the `SHOWN` with most needs.
    together
        What the signals read in one column, for a narrow page.
    """
    rows = _merged(found)
    shown = rows if everything else rows[:SHOWN]
    signals = list(found.cells[0].readings) if found.cells else []
    bands = len(found.loaded.scenario.age_bands) > 0
    reasons = any(cell.by for cell in found.cells)
    columns = (
        *([Column(", ".join(signals), LEFT)] if together else [Column(signal, LEFT) for signal in signals]),
        Column("channel", LEFT),
        Column("model", LEFT),
        *([Column("age band")] if bands else []),
        Column("decision", LEFT),
        *([Column("by", LEFT)] if reasons else []),
        Column("restricted"),
        *([Column("as believed")] if found.beliefs else []),
        Column("of needs"),
    )
    body = tuple(
        (
            *([", ".join(cell.readings.values())] if together else cell.readings.values()),
            cell.channel,
            models,
            *([str(cell.age_band)] if bands else []),
            cell.action,
            *([cell.by] if reasons else []),
            probability(cell.restricted),
            *([probability(cell.believed)] if found.beliefs else []),
            _rate(cell.share),
        )
        for cell, models in shown
    )
    return Table(
        "Cells, by their share of needs", columns, body, _cells_note(rows, len(shown), len(found.cells))
    )


def _cells_note(rows: list[tuple[Cell, str]], shown: int, cells: int) -> str:
    words = "Restricted: the probability that a need which shows the cell is restricted (Bayes)."
    if len(rows) < cells:
        words += " A row is one cell, or several that differ in the model alone: "
        words += f"{cells:,} cells make {len(rows):,} rows."
    rest = sum(cell.share for cell, _ in rows[shown:])
    if len(rows) > shown:
        words += f" {len(rows) - shown:,} more rows with {format_rate(rest)} of the needs: --all shows them."
    return words


def _merged(found: DecisionTable) -> list[tuple[Cell, str]]:
    """Cells with the names of their models; those that fare alike whatever the model are one."""
    groups: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
    for cell in found.cells:
        groups[(*cell.readings.values(), cell.channel, cell.age_band, cell.action, cell.by)].append(cell)
    rows = []
    for cells in groups.values():
        share = sum(cell.share for cell in cells)
        restricted = sum(cell.restricted * cell.share for cell in cells) / share
        known = [(cell.believed, cell.share) for cell in cells if cell.believed is not None]
        weight = sum(part for _, part in known)
        believed = sum(belief * part for belief, part in known) / weight if weight > 0 else None
        first = cells[0]
        merged = Cell(
            first.readings,
            first.channel,
            first.model,
            first.age_band,
            first.action,
            restricted,
            believed,
            share,
            first.by,
        )
        rows.append((merged, ", ".join(cell.model for cell in cells)))
    return sorted(rows, key=lambda row: -row[0].share)


def print_decisions(found: DecisionTable, everything: bool = False) -> None:
    """Print a policy's decision table."""
    console = page()
    say(console, f'What "{found.policy}" decides', "bold")
    for line in _heading(found):
        say(console, line, "dim")
    console.print()
    say(console, decisions_finding(found), after=True)
    print_table(console, flows_table(found))
    cells = cells_table(found, everything)
    narrow = least_width(cells) > console.width
    print_table(console, cells_table(found, everything, together=True) if narrow else cells)


def decisions_html(found: DecisionTable) -> str:
    """A policy's decision table as HTML; all text is escaped."""
    return "\n".join(
        [
            f"<h4>What {html.escape(found.policy)} decides</h4>",
            *(f"<p><small>{html.escape(line)}</small></p>" for line in _heading(found)),
            f"<p>{html.escape(decisions_finding(found))}</p>",
            table_html(flows_table(found)),
            table_html(cells_table(found)),
        ]
    )


# --- why --------------------------------------------------------------------------------------------------------


def contribution(kind: str, part: Part) -> str:
    """What a signal contributes, as a number."""
    if part.value is None:
        return "-"
    return f"{part.value:+.2f}" if kind == "log_likelihood_ratio" else f"{part.value:.6g}"


CONTRIBUTES = {
    "log_likelihood_ratio": "log likelihood ratio",
    "votes": "vote",
    "weights": "weight",
    "list": "",
    "rule": "",
    "word": "",
    "none": "",
}


def why_table(reasons: Why) -> Table:
    """The signals that a policy looks at, and what each contributes."""
    numbers = CONTRIBUTES[reasons.kind]
    rows = []
    if reasons.start is not None:
        rows.append((FACTS, "", "", f"{100 * reasons.start:.3g} % are restricted before any signal is read"))
    rows += [(part.signal, part.read, contribution(reasons.kind, part), part.words) for part in reasons.parts]
    keep = [0, 1, *([2] if numbers else []), 3]
    columns = (Column("signal", LEFT), Column("reads", LEFT), Column(numbers), Column("which says", LEFT))
    return Table(
        "Why, signal by signal",
        tuple(columns[number] for number in keep),
        tuple(tuple(row[number] for number in keep) for row in rows),
        why_note(reasons),
    )


def why_note(reasons: Why) -> str:
    """What the parts add up to."""
    if reasons.kind == "log_likelihood_ratio":
        return (
            f"{reasons.words} Each signal is weighed given those above it: the logarithms add up to the log odds, "
            "as the operator believes."
        )
    return reasons.words


# --- one cell ---------------------------------------------------------------------------------------------------


def cell_words(found: CellStory) -> list[str]:
    """What there is to say of a cell before its tables."""
    given = ", ".join(f"{name}={value}" for name, value in found.given.items())
    what = "The cell" if found.whole else "All cells with"
    lines = [f"{what} {given}."]
    if found.restricted is None:
        lines.append("No need for a model that an order names shows it, in the law of this time.")
    else:
        lines.append(
            f"A need that shows {'it' if found.whole else 'one of them'} is restricted with "
            f"{probability(found.restricted)}; {format_rate(found.share)} of all needs do."
        )
    if len(found.actions) == 1:
        lines.append(f"What happens to an account that nothing is known of: {next(iter(found.actions))}.")
    else:
        parts = ", ".join(f"{action} {format_rate(share)}" for action, share in found.actions.items())
        lines.append(f"What happens to accounts that nothing is known of, by what is not given: {parts}.")
    return lines


def makers_table(found: CellStory) -> Table:
    """Who makes the needs of a cell."""
    shown = [one for one in found.made_by if one.share >= 0.0005] or list(found.made_by)
    rest = sum(one.share for one in found.made_by) - sum(one.share for one in shown)
    rows = tuple(
        (one.segment, one.status, _rate(one.share), probability(one.restricted), one.title) for one in shown
    )
    columns = (
        Column("segment", LEFT),
        Column("status", LEFT),
        Column("of these needs"),
        Column("restricted"),
        Column("who", LEFT, 1),
    )
    note = f"Others make {format_rate(rest)}." if rest > 1e-12 else ""
    return Table("Who makes the needs there", columns, rows, note)


def print_cell(found: CellStory) -> None:
    """Print what a policy does with a cell, and why."""
    console = page()
    say(console, f'One cell under "{found.policy}"', "bold")
    for line in _heading(found):
        say(console, line, "dim")
    console.print()
    for line in cell_words(found):
        say(console, line, after=True)
    if found.made_by:
        print_table(console, makers_table(found))
    if found.why.parts or found.why.start is not None:
        print_table(console, why_table(found.why))
    else:
        say(console, why_note(found.why))


def cell_html(found: CellStory) -> str:
    """What a policy does with a cell as HTML; all text is escaped."""
    return "\n".join(
        [
            f"<h4>One cell under {html.escape(found.policy)}</h4>",
            *(f"<p><small>{html.escape(line)}</small></p>" for line in _heading(found)),
            *(f"<p>{html.escape(line)}</p>" for line in cell_words(found)),
            table_html(makers_table(found)) if found.made_by else "",
            table_html(why_table(found.why)),
        ]
    )
