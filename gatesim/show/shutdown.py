"""The shutdown point as text: every change of the outcome, or that nothing in the range changes it."""

from __future__ import annotations

from gatesim.measures.judgement import OUTCOMES as NAMES
from gatesim.measures.wording import and_list
from gatesim.show.called import key_words
from gatesim.show.page import page, say
from gatesim.show.sides import (
    BOUNDS_NOTE,
    NOT_RULED_OUT,
    OUTCOMES,
    SIDES,
    asked_words,
    leaks_words,
    rate,
)
from gatesim.show.tables import LEFT, Column, Table, print_table
from gatesim.study.shutdown_map import ShutdownMap, names_of
from gatesim.study.shutdown_point import Half, ShutdownPoint

MOST_NAMED = 3
"""Values at which the outcome changes that a title names one by one."""


_ALWAYS = {
    "gate_available": "a listed policy does throughout",
    "only_not_ready": "a listed policy would do throughout, but is not ready",
    "only_below_floor": "listed policies within the limit serve too little throughout",
    "no_gate_meets_limit": "no listed policy is within the limit anywhere",
}
"""What holds in the whole range, of the policies listed."""


def shutdown_finding(found: ShutdownPoint, name: str) -> str:
    """Where the outcome changes, as short as a chart's title; the number that moves has a name."""
    if not found.changes:
        low, _ = found.ends["list"]
        return f"Nothing in the range of “{name}” changes the outcome; {_ALWAYS[low.outcome]}"
    words = {"list": "the policies listed", "bound_A": "bound A", "bound_B": "bound B"}
    changed = [f"at {_values(found, side)} for {words[side]}" for side in SIDES if found.of(side)]
    never = [words[side] for side in SIDES if not found.of(side)]
    but = f", but never for {and_list(never)}" if never else ""
    return f"As “{name}” moves, the outcome changes {', '.join(changed)}{but}"


def _values(found: ShutdownPoint, side: str) -> str:
    """The values at which the outcome of a side changes; of many how many there are and between which."""
    at = [found.in_words(change.value) for change in found.of(side)]
    return and_list(at) if len(at) <= MOST_NAMED else f"{len(at)} values from {at[0]} to {at[-1]}"


def map_finding(found: ShutdownMap) -> str:
    """In what part of the map some gate would do, in one sentence."""
    shares = {side: of.get(names_of(side)[0], 0.0) for side, of in found.shares().items()}
    if not found.policies and found.left_out:
        return (
            "No listed policy can be looked at on the map; some gate without memory serves enough within the limit "
            f"{_on_the_map(shares['bound_A'], short=True)}"
        )
    if not any(shares.values()):
        return "Nowhere on the map is any gate within the limit and above the floor" + _but(found)
    listed, plain, remembering = shares.values()
    ready = "a listed gate that is ready" + _but(found)
    left = (
        "nowhere ruled out" if remembering == 1 else f"not ruled out {_on_the_map(remembering, short=True)}"
    )
    if listed == plain == 0:
        return (
            f"Nowhere on the map does {ready}, or any gate without memory, serve enough within the limit; one that "
            f"remembers is {left}"
        )
    if listed == 1:
        return f"Everywhere on the map {ready} serves enough within the limit"
    return (
        f"Within the limit {ready} serves enough {_on_the_map(listed)}, and some gate without memory "
        f"{_on_the_map(plain, short=True)}; one that remembers is {left}"
    )


def _but(found: ShutdownMap) -> str:
    """How many of the list are not looked at, where that is so."""
    return f" ({len(found.left_out)} listed are not looked at)" if found.left_out else ""


def _on_the_map(share: float, short: bool = False) -> str:
    """In what part of the map; ``short``: after it was said that it is about the map."""
    if share in (0, 1):
        return ("nowhere", "everywhere")[int(share)] + ("" if short else " on the map")
    percent = "less than 1" if share < 0.005 else "more than 99" if share > 0.995 else f"{100 * share:.0f}"
    return f"on {percent} % of {'it' if short else 'the map'}"


def _half(half: Half, side: str) -> str:
    words = OUTCOMES[half.outcome]
    who = half.best if side == "list" and half.best else "best"
    if half.served is None:
        return words
    leaks = leaks_words(half.leak, half.leaks)
    return f"{words} ({who}: serves {rate(half.served)}, leaks {leaks}; binds: {half.binds})"


def changes_table(found: ShutdownPoint) -> Table:
    """A row for each change; for a side without any what holds in the whole range."""
    rows = []
    for side, words in SIDES.items():
        changes = found.of(side)
        if not changes:
            low, high = found.ends[side]
            rows.append((words, "no change", _half(low, side), _half(high, side)))
        for change in changes:
            jump = " (jump)" if change.is_jump else ""
            rows.append(
                (
                    words,
                    found.in_words(change.value) + jump,
                    _half(change.below, side),
                    _half(change.above, side),
                )
            )
    columns = (
        Column("for", LEFT, 2),
        Column("changes at", LEFT),
        Column("below it", LEFT, 4),
        Column("above it", LEFT, 4),
    )
    title = f"Where the outcome changes as {found.parameter.key} moves"
    note = "Below and above: just beside the change. No change: what holds at both ends of the range."
    return Table(title, columns, tuple(rows), f"{note} {BOUNDS_NOTE}")


def range_words(found: ShutdownPoint) -> str:
    """What is varied, over which range."""
    p = found.parameter
    now = f"; as assumed {found.in_words(p.now)}" if p.now is not None else "; as assumed several values"
    low, high = found.in_words(p.low), found.in_words(p.high)
    stands = f" ({len(p.paths)} values, all the same)" if len(p.paths) > 1 else ""
    title = "" if p.title == p.key else f" ({p.title})"
    return f"{key_words(found.loaded.scenario, p)}{title}{stands} from {low} to {high}{found.unit}: {p.why}{now}."


def how_fine(found: ShutdownPoint) -> str:
    """How closely was looked."""
    if found.linear:
        first = (
            "Needs are linear in it, so that no change is missed of a policy without memory; of bounds, two changes "
            "closer than a sixty-fourth of the range could be."
        )
    else:
        first = "Two changes closer than a sixty-fourth of the range could be missed."
    if found.coarse:
        first += (
            f" Of {', '.join(found.coarse)}, which remember, a few values do not say all in between: they were looked "
            "at in nine places."
        )
    return first


def uncertain_table(found: ShutdownPoint) -> Table | None:
    """The same in other worlds."""
    worlds = found.uncertain
    if worlds is None:
        return None
    rows = []
    for side, words in SIDES.items():
        interval, share = worlds.interval(side), worlds.share(side)
        where = "-" if interval is None else " to ".join(found.in_words(end) for end in interval)
        rows.append((words, OUTCOMES[worlds.here[side]], rate(share), where))
    columns = (
        Column("for", LEFT),
        Column("as assumed", LEFT),
        Column("worlds with a change"),
        Column("first change, 90 % of these", LEFT),
    )
    note = (
        f"{len(worlds.worlds)} worlds: a Latin hypercube over the plausible ranges of {worlds.assumptions} "
        f"assumptions; choices do not move. In {worlds.held} of them list and bound A have the outcomes assumed. "
        f"Policies: {', '.join(worlds.policies) or 'none'}."
    )
    if worlds.unseen:
        note += f" Not looked at, for they have a memory: {', '.join(worlds.unseen)}."
    if worlds.left_out:
        note += f" {worlds.left_out} further worlds made no scenario in order."
    return Table("Under other plausible assumptions", columns, tuple(rows), note)


def shutdown_tables(found: ShutdownPoint) -> list[Table]:
    """All tables, in reading order."""
    more = uncertain_table(found)
    return [changes_table(found)] + ([more] if more else [])


def print_shutdown_point(found: ShutdownPoint) -> None:
    """Print the shutdown point."""
    console = page()
    say(console, found.loaded.scenario.title, "bold", after=True)
    say(console, found.finding, "bold", after=True)
    say(console, found.sentence, after=True)
    say(console, asked_words(found.loaded.scenario, found.asked), "dim")
    say(console, range_words(found), "dim", after=True)
    for table in shutdown_tables(found):
        print_table(console, table)
    say(console, how_fine(found), "dim")


MARKS = {0: "#", 1: "+", 2: "-", 3: "."}
"""How a map in text shows an outcome, by its place."""


def map_text(found: ShutdownMap, side: str, most: int = 60) -> str:
    """A map in text: a character for each point, the second parameter upwards; one line where all are the same."""
    ranks = found.ranks[side]
    if (ranks == ranks[0, 0]).all():
        return f"  {MARKS[int(ranks[0, 0])]} everywhere"
    across = range(0, ranks.shape[0], -(-ranks.shape[0] // most))
    up = range(0, ranks.shape[1], -(-ranks.shape[1] // 25))
    return "\n".join("  " + "".join(MARKS[int(ranks[i, j])] for i in across) for j in reversed(up))


def marks_words(found: ShutdownMap) -> str:
    """What the marks on the maps stand for, of those that are there."""
    there = sorted({int(rank) for ranks in found.ranks.values() for rank in set(ranks.ravel())})
    return ", ".join(f"{MARKS[rank]} {mark_words(rank)}" for rank in there)


def mark_words(rank: int) -> str:
    """What a mark stands for; bound B shows no gate, and says less where it allows one."""
    words = OUTCOMES[NAMES[rank]]
    return f"{words} (bound B: {NOT_RULED_OUT})" if NAMES[rank] == "gate_available" else words


def map_table(found: ShutdownMap) -> Table:
    """How much of the map has each outcome."""
    shares = found.shares()
    rows = [
        (words, *(rate(shares[side].get(outcome, 0.0)) for outcome in names_of(side)[:4]))
        for side, words in SIDES.items()
    ]
    columns = (
        Column("for", LEFT),
        *(Column(f"{mark_words(k)} {MARKS[k]}") for k in range(4)),
    )
    note = BOUNDS_NOTE
    if found.left_out:
        note += (
            " Left out, for they remember and were not asked for, or a few points do not say what they serve at all "
            f"others: {', '.join(found.left_out)}."
        )
    return Table("How much of the map has each outcome", columns, tuple(rows), note)


def print_shutdown_map(found: ShutdownMap) -> None:
    """Print a map."""
    console = page()
    say(console, found.loaded.scenario.title, "bold", after=True)
    say(console, f"{map_finding(found)}.", "bold", after=True)
    say(console, found.sentence, after=True)
    say(console, asked_words(found.loaded.scenario, found.asked), "dim")
    first, second = found.parameters
    across, upwards = (key_words(found.loaded.scenario, p) for p in (first, second))
    axes = (
        f"To the right: {across} from {first.low:g} to {first.high:g}. Upwards: {upwards} from "
        f"{second.low:g} to {second.high:g}."
    )
    say(console, axes, "dim", after=True)
    say(console, f"A point of the map: {marks_words(found)}.", "dim", after=True)
    for side, words in SIDES.items():
        say(console, words, "bold")
        say(console, map_text(found, side), after=True)
    print_table(console, map_table(found))
