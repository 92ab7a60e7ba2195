"""One person's story as text: who it is, what happened when, what came of it."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from gatesim.gates.tables import CLEARED, STATES
from gatesim.measures.numbers import format_accounts, format_rate
from gatesim.measures.wording import orders_read
from gatesim.scenario.operator import OPERATOR
from gatesim.scenario.types import DAY, HOUR, MINUTE, SECOND
from gatesim.show.caps import cap_words
from gatesim.show.decisions import CONTRIBUTES, contribution
from gatesim.show.lines import broken_lines
from gatesim.show.page import page, say
from gatesim.show.tables import LEFT, Column, Table, print_table, table_html
from gatesim.study.replay import (
    BEGINS,
    ENDS,
    GONE,
    JOINS,
    LAW_CHANGES,
    LEAVES,
    OPEN,
    POLICY_CHANGES,
    WAITING,
    Event,
)
from gatesim.study.search import SOUGHT
from gatesim.study.story import Licensed, Person, Story, Told, Trip
from gatesim.study.strategy import late_words
from gatesim.study.why import FACTS, Why

OFTEN = 3
"""So often a check that reaches the desk, or clears the account, is shown before it is folded."""

_THE_LAW = "The law: "

OVER_CAP = ", and over the cap on usage"
"""What is said of a need that a cap on usage refuses, beside how it ends for the gate."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Line = tuple[str, str, str]
"""When, what happens, what came of it."""


# --- words ------------------------------------------------------------------------------------------------------


def plain(name: str) -> str:
    """A name of the program as words."""
    return name.replace("_", " ")


def stamp(story: Story, time_us: int, width: int = 0) -> str:
    """An instant, such as ``"Sat 13 Jun 08:10"``; with the year where the window sees more than one."""
    at, scenario = story.at(time_us), story.loaded.scenario
    years = {scenario.start.year, story.at(scenario.length - 1).year, at.year}
    year = f" {at.year}" if len(years) > 1 else ""
    return f"{_DAYS[at.weekday()]} {at.day:{width}} {_MONTHS[at.month - 1]}{year} {at:%H:%M}"


def _when(story: Story, time_us: int) -> str:
    """An instant, for a column of them."""
    return stamp(story, time_us, width=2)


def span(time_us: int) -> str:
    """A length of time in its two largest units, such as ``"1 h 20 min"``."""
    sizes = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))
    for (size, unit), (less, lesser) in pairwise(sizes):
        whole, rest = divmod(round(time_us / less), size // less)
        if whole:
            return f"{whole} {unit} {rest} {lesser}" if rest else f"{whole} {unit}"
    return f"{round(time_us / SECOND)} s" if time_us >= SECOND else "less than 1 s"


def _about(story: Story, body: int | None, words: str) -> str:
    """A sentence, and whose it is where it is not the person's own."""
    if body is None or story.is_own(body):
        return words[0].upper() + words[1:]
    other = next(other for other in story.person.others if other.slot == body)
    return f"Of {_companion(other.segment, body)}: {words}"


def _companion(segment: str, slot: int) -> str:
    return f"the owner ({segment})" if slot == 0 else f"the co-user in slot {slot} ({segment})"


def _wish(story: Story, need: Told) -> str:
    """The model, and from where."""
    place = story.place(need.region)
    where = f"on a trip in {place}" if need.away else f"at home in {place}"
    vpn = f", VPN out in {need.vpn}" if need.vpn else ""
    return f"wants {need.model}, {where}{vpn}."


def _read(need: Told) -> str:
    """What the signals read, with the truth where they read something else."""
    parts = [
        f"{reading.signal} {reading.read}" + (f" (truly {reading.true})" if reading.wrong else "")
        for reading in need.readings
    ]
    return f" Read: {', '.join(parts)}." if parts else ""


def _evidence(need: Told) -> str:
    found = need.evidence
    if found is None:
        return ""
    if found.counted is not None:
        return f", {found.foreign} of {found.counted} read foreign"
    if found.probability is None:
        return ", a cell that nobody should show"
    return f", restricted with {_share(found.probability)}"


def _share(probability: float) -> str:
    """A probability in percent; what is nearly sure is said to be no more than that."""
    if 0 < probability < 0.001:
        return "<0.1 %"
    return ">99.9 %" if 0.999 < probability < 1 else format_rate(probability)


def _decided(need: Told) -> str:
    """The account's state, and what the gate decides."""
    if need.decision == OPEN:
        return f" Gate open: {need.open_because}."
    if need.decision == GONE:
        return " Has left."
    if need.decision == WAITING:
        return " The account waits for a verdict."
    return f" Account {plain(need.state)}{_evidence(need)}: {need.decision}."


def _judged(need: Told) -> str:
    if not need.measured:
        return ""
    kind = "restricted" if need.restricted else "entitled"
    return f" ({kind}{': ' + plain(need.judgement) if need.judgement else ''})"


def _end(need: Told) -> str:
    """How a need ended, and how that is judged."""
    words = {
        "served": "served",
        "served_late": "served late",
        "fallback": "older model instead",
        "refused": "refused",
        "lost": "lost",
        "pending": "pending at the end",
    }[need.outcome]
    because = f": {plain(need.reason)}" if need.reason else ""
    return f"{words}{because}{_judged(need)}{OVER_CAP if need.over_cap else ''}"


def _entered(story: Story, need: Told) -> str:
    """The state that the account enters."""
    if not need.enters:
        return ""
    until = "" if need.enters_until_us is None else f" until {stamp(story, need.enters_until_us)}"
    return f" Account {plain(need.enters)}{until}."


# --- the timeline -----------------------------------------------------------------------------------------------


def _asked(need: Told) -> str:
    """What came of the request itself."""
    if not need.asked:
        return ""
    what = {"no_answer": "does not answer", "gave_up": "gives up"}.get(
        need.reason, f"presents {need.presented or 'nothing'}"
    )
    return f" The owner {what}." if need.body else f" {what[0].upper()}{what[1:]}."


def _at_once(need: Told) -> bool:
    """Whether a need ended at the instant at which it arose."""
    return need.end_us == need.time_us


def _arises(story: Story, need: Told) -> Line:
    """A need, up to what is known at once."""
    words = _wish(story, need) + ("" if need.decision == GONE else _read(need))
    what = _about(story, need.body, words + _decided(need) + _asked(need))
    if _at_once(need):
        return _when(story, need.time_us), what + _entered(story, need), _end(need)
    return _when(story, need.time_us), what, "waits" if need.end_us is not None else _end(need)


def _later(story: Story, event: Event, need: Told) -> Line | None:
    """What comes to a need after it arose; None where its own line says it."""
    if event.what == JOINS:
        words = "the case joins the desk."
    elif event.what == BEGINS:
        waited = event.time_us - (need.joined_us or 0)
        words = f"a reviewer takes it {f'after {span(waited)}' if waited >= SECOND else 'at once'}."
    elif event.what == LEAVES:
        until = "for good" if need.gone_until_us is None else f"until {stamp(story, need.gone_until_us)}"
        words = f"leaves {until}."
    elif event.what == ENDS and not _at_once(need):
        waited = event.time_us - need.time_us
        words = f"{_over(need)}, {span(waited)} after the need.{_entered(story, need)}"
        return _when(story, event.time_us), _about(story, need.body, words), _end(need)
    else:
        return None
    return _when(story, event.time_us), _about(story, need.body, words), ""


def _over(need: Told) -> str:
    """How a check that took time was over."""
    if need.withdrawn:
        return "the switch ends the check" if need.reason else "the check is withdrawn"
    return {"": "the check is passed", "left_queue": "patience runs out"}.get(
        need.reason, "the document is not accepted"
    )


def _law(story: Story, time_us: int) -> Line:
    words = "; ".join(story.law.get(time_us, ())) or "nothing that concerns any model"
    return _when(story, time_us), f"{_THE_LAW}{words}.", ""


def _switch(story: Story, time_us: int) -> Line:
    return _when(story, time_us), f"The operator: {story.switches[time_us]} comes into place.", ""


def _changes(story: Story, time_us: int, law: bool) -> list[Line]:
    """What changes at an instant: the law, the policy in place, or both."""
    found = [_law(story, time_us)] if law else []
    return found + ([_switch(story, time_us)] if time_us in story.switches else [])


@dataclass
class _Episode:
    """A need with what comes to it next, or one other event.

    Attributes
    ----------
    lines
        As they stand in the timeline.
    need
        The need that they are about; None for the law and for returns.
    arises
        Whether the need arises here: lines that come to it after others have come between are episodes of their own.
    is_law
        Whether the law, or the policy in place, changes here.
    """

    lines: list[Line]
    need: Told | None = None
    arises: bool = False
    is_law: bool = False


def _episodes(story: Story) -> list[_Episode]:
    """The story in order of time."""
    needs = {(need.body, need.number): need for need in story.needs}
    first = _changes(story, 0, law=0 in story.law)
    found = [_Episode(first, is_law=True)] if first else []
    arisen: set[tuple[int, int]] = set()
    for event in story.events:
        if event.what in (LAW_CHANGES, POLICY_CHANGES):
            lines = _changes(story, event.time_us, law=event.what == LAW_CHANGES)
            found.append(_Episode(lines, is_law=True))
        elif event.body is None or event.need is None:
            line = _when(story, event.time_us), _about(story, event.body, f"{event.what}."), ""
            found.append(_Episode([line]))
        else:
            key = event.body, event.need
            need = needs[key]
            if key not in arisen:
                arisen.add(key)
                found.append(_Episode([_arises(story, need)], need, arises=True))
            later = _later(story, event, need)
            if later is not None and found[-1].need is need:
                found[-1].lines.append(later)
            elif later is not None:
                found.append(_Episode([later], need))
    return found


def _kind(need: Told) -> tuple[object, ...]:
    """What makes a need like another."""
    return (
        need.body,
        need.state,
        need.decision,
        need.outcome,
        need.reason,
        need.judgement,
        need.presented,
        need.over_cap is True,
    )


def _repeats(need: Told, seen: Counter[tuple[object, ...]]) -> bool:
    """Whether a need only repeats what was shown since the law last changed.

    Who leaves is always shown; what reaches the desk, or clears the account, is shown a few times.
    """
    if need.leaves or need.end_us is None:
        return False
    weighty = need.joined_us is not None or need.enters == STATES[CLEARED]
    return seen[_kind(need)] >= (OFTEN if weighty else 1)


def _folds(episodes: Sequence[_Episode]) -> dict[tuple[int, int], list[Told]]:
    """For each need that is folded (by body and number) all those that share its line."""
    seen: Counter[tuple[object, ...]] = Counter()
    runs: list[list[Told]] = [[]]
    hidden: set[tuple[int, int]] = set()
    for episode in episodes:
        need = episode.need
        if need is not None and not episode.arises and (need.body, need.number) in hidden:
            continue
        if need is not None and episode.arises and _repeats(need, seen):
            if runs[-1] and runs[-1][-1].body != need.body:
                runs.append([])
            runs[-1].append(need)
            hidden.add((need.body, need.number))
            continue
        runs.append([])
        if episode.is_law:
            seen.clear()
        elif need is not None and episode.arises:
            seen[_kind(need)] += 1
    return {(need.body, need.number): run for run in runs if len(run) > 1 for need in run}


def _folded(story: Story, needs: Sequence[Told]) -> Line:
    """One line for needs that repeat what was shown."""
    misread, away = sum(need.misread for need in needs), sum(need.away for need in needs)
    vpn, asked = sum(need.vpn is not None for need in needs), sum(need.asked for need in needs)
    counts = (
        (vpn, "through the VPN"),
        (away, "on a trip"),
        (misread, "with a reading that is wrong"),
        (asked, "with a check"),
    )
    notes = [f"{number} {what}" for number, what in counts if number]
    details = f"; {', '.join(notes)}" if notes else ""
    models = Counter(need.model for need in needs)
    which = ", ".join(f"{number} for {model}" for model, number in models.items())
    until = stamp(story, needs[-1].time_us)
    what = _about(story, needs[0].body, f"{len(needs)} more needs until {until}: {which}{details}.")
    ends = Counter(_end(need) for need in needs)
    came = (
        "; ".join(f"{number} {end}" for end, number in ends.most_common())
        if len(ends) > 1
        else _end(needs[0])
    )
    return _when(story, needs[0].time_us), what, came


def timeline(story: Story, everything: bool = False) -> Table:
    """What happened, in order of time.

    Parameters
    ----------
    story
        The story.
    everything
        Show each need; by default those that only repeat what was shown since the law last changed are folded, where
        several follow one another.
    """
    rows: list[Line] = []
    episodes = _episodes(story)
    folds = {} if everything else _folds(episodes)
    for episode in episodes:
        need = episode.need
        together = None if need is None else folds.get((need.body, need.number))
        if together is None:
            rows += episode.lines
        elif episode.arises and together[0] is need:
            rows.append(_folded(story, together))
    zone, year = f"{story.loaded.scenario.start:%z}", story.loaded.scenario.start.year
    years = "" if str(year) in stamp(story, 0) else f", {year}"
    columns = (Column("when", LEFT), Column("what happens", LEFT, 5), Column("what came of it", LEFT, 2))
    note = (
        f"Times in UTC{zone[:3]}:{zone[3:]}{years}. Read: what the signals said; truly: what was true, where a signal "
        "said something else. Fresh: the gate keeps nothing about the account."
    )
    for region in story.loaded.scenario.regions:
        if story.place(region) != region and any(f" {region}" in words for _, words, _ in rows):
            note += f" {region}: {story.place(region)}."
    if any(need.evidence is not None and need.evidence.probability is not None for need in story.needs):
        note += " Restricted with x %: what the operator believes, given what was read."
    if any(need.over_cap for need in story.needs):
        note += " Over the cap: the account has had its needs of the day; this one is refused whatever the gate says."
    return Table("What happened", columns, tuple(rows), note)


# --- who it is --------------------------------------------------------------------------------------------------


def _facts(story: Story) -> Iterator[tuple[str, str]]:
    person = story.person
    yield "is", f"{person.title} ({person.segment})" if person.title else person.segment
    citizen = ", ".join("another country" if country == "*" else country for country in person.citizenship)
    yield "status", f"{plain(person.status)}; citizenship {citizen}"
    place = story.place(person.home)
    yield "lives in", person.home if place == person.home else f"{person.home} ({place})"
    if person.role != "ordinary":
        yield "role", person.role
    yield "belongs to", person.organisation or "no organisation"
    owner = " (the owner's)" if person.slot else ""
    whose = f" of {person.owner_segment}" if person.slot else ""
    for licence in person.licences:
        yield "licence", _licence(story, licence)
    yield "account", f"{person.channel} account{whose}{_age(person)}"
    yield "card, form", f"card issued in {person.card}; the form says {person.declared}{owner}"
    if person.documents:
        yield "documents", _documents(person) + owner
    yield (
        "VPN",
        f"comes out in {person.vpn}, on in {_percent(person.vpn_on)} of sessions" if person.vpn else "none",
    )
    yield "trips", "; ".join(_trip(story, trip) for trip in person.trips) or "none"
    yield "needs", f"{person.needs_per_day:.3g} a day on average"
    for cap in story.loaded.scenario.usage_caps:
        if not cap.channels or person.channel in cap.channels:
            yield "usage cap", f"{cap_words(cap)[:-1]}, while no order names the model."
    if person.others:
        yield (
            "also there",
            "; ".join(
                f"{_companion(o.segment, o.slot)}, {_percent(o.share)} of needs" for o in person.others
            ),
        )


def _licence(story: Story, licence: Licensed) -> str:
    if licence.from_us is None:
        return f"{licence.title} ({', '.join(licence.models)}): refused"
    until = ""
    if licence.until_us is not None:
        late = licence.from_us >= licence.until_us
        until = f"{', after it expires,' if late else ' until'} {stamp(story, licence.until_us)}"
    return (
        f"{licence.title} ({', '.join(licence.models)}): granted, from {stamp(story, licence.from_us)}{until}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _age(person: Person) -> str:
    return "" if person.account_age_us is None else f", {span(person.account_age_us)} old at the start"


def _documents(person: Person) -> str:
    held = [kind for kind, holds in person.documents.items() if holds]
    lacks = [kind for kind, holds in person.documents.items() if not holds]
    parts = [f"holds {', '.join(held)}"] * bool(held) + [f"has no {', '.join(lacks)}"] * bool(lacks)
    return "; ".join(parts + ["never answers a request"] * bool(person.never_answers))


def _trip(story: Story, trip: Trip) -> str:
    begin = stamp(story, trip.begin_us) if trip.begin_us > 0 else "from before the start"
    end = "and stays" if trip.end_us is None else f"to {stamp(story, trip.end_us)}"
    return f"{story.place(trip.region)}, {begin} {end}"


def facts(story: Story) -> Table:
    """Who it is."""
    columns = (Column("", LEFT), Column("", LEFT, 1))
    note = (
        "Facts of the model. The gate is told the channel and the account's age; of the rest it has what its "
        "signals read."
    )
    return Table("Who it is", columns, tuple(_facts(story)), note)


# --- why --------------------------------------------------------------------------------------------------------

REASONS_SHOWN = 3
"""So many combinations of readings are explained, unless all are wanted."""


def why_table(story: Story, everything: bool = False) -> Table | None:
    """Why the gate did not just serve the person, signal by signal, for each combination of readings.

    Parameters
    ----------
    story
        The story.
    everything
        Show all combinations; by default the `REASONS_SHOWN` with most needs.

    Returns
    -------
    Table or None
        None where it always did, or knew the account.
    """
    groups: dict[tuple[object, ...], list[Told]] = {}
    for need in story.own:
        if need.why is not None:
            groups.setdefault((need.why, need.decision, need.readings), []).append(need)
    most = sorted(groups.values(), key=lambda needs: (-len(needs), needs[0].time_us))
    if not most:
        return None
    shown = most if everything else most[:REASONS_SHOWN]
    numbers = CONTRIBUTES[_reasons(shown[0][0]).kind]
    rows = [row for needs in shown for row in _why_rows(story, needs)]
    keep = [0, 1, 2, *([3] if numbers else []), 4]
    columns = (
        Column("needs", LEFT, 2),
        Column("signal", LEFT),
        Column("reads", LEFT),
        Column(numbers),
        Column("which says", LEFT, 3),
    )
    note = "For an account that the gate keeps nothing of."
    if _reasons(shown[0][0]).kind == "log_likelihood_ratio":
        note += (
            " Each signal is weighed given those above it: the logarithms add up to the log odds, as the operator "
            "believes."
        )
    if len(most) > len(shown):
        hidden = sum(len(needs) for needs in most[len(shown) :])
        note += f" {_number(hidden, 'more need')} with other readings: --all shows them."
    return Table(
        "Why the gate did not just serve",
        tuple(columns[number] for number in keep),
        tuple(tuple(row[number] for number in keep) for row in rows),
        note,
    )


def _reasons(need: Told) -> Why:
    assert need.why is not None
    return need.why


def _why_rows(story: Story, needs: Sequence[Told]) -> Iterator[tuple[str, str, str, str, str]]:
    """The lines of needs that the gate saw alike: each signal, and what it comes to."""
    first, reasons = needs[0], _reasons(needs[0])
    when = f"{_number(len(needs), 'need')}, {'the first ' * (len(needs) > 1)}{stamp(story, first.time_us)}"
    if reasons.start is not None:
        yield when, FACTS, "", "", f"{_percent(reasons.start)} restricted before any signal is read"
        when = ""
    wrong = {reading.signal: reading for reading in first.readings if reading.wrong}
    for part in reasons.parts:
        read = f"{part.read} (truly {wrong[part.signal].true})" if part.signal in wrong else part.read
        yield when, part.signal, read, contribution(reasons.kind, part), part.words
        when = ""
    yield when, "", "", "", f"{reasons.words} So: {first.decision}."


# --- the whole --------------------------------------------------------------------------------------------------


def title(story: Story) -> str:
    """Whose story, and under which gate."""
    person = story.person
    who = f"the owner of account {person.account}"
    if person.slot:
        who = f"the co-user in slot {person.slot} of account {person.account}"
    return f'The story of {who} under "{story.policy}"'


def heading(story: Story) -> str:
    """Which run it is from."""
    scenario = story.loaded.scenario
    what = "The operator's strategy" if story.policy == OPERATOR else scenario.policies[story.policy].title
    parts = [f"{what}."] if what else []
    parts.append(f"{scenario.title}.")
    run = f"the run of {format_accounts(scenario.people)}, seed {scenario.seed}, replication {story.replication}"
    parts.append(f"From {run}; the {orders_read(scenario, story.reading)}.")
    if story.sought:
        parts.append(f"The first of the run {SOUGHT[story.sought][0]}.")
    parts += late_words(scenario, story.policy)
    return " ".join(parts)


def summary(story: Story) -> str:
    """How the person's needs ended, in one line: what did not happen is not listed, but for the two kinds of error."""
    counts = story.counts
    if not counts.needs:
        return "No need within the window."
    served = counts.served + counts.served_late
    late = f" ({counts.served_late} of them late)" if counts.served_late else ""
    parts = [f"{served} served{late}"] if served else []
    if counts.fallback:
        parts.append(f"{counts.fallback} answered by the older model{_why(story, 'fallback')}")
    if counts.refused:
        parts.append(f"{counts.refused} refused{_why(story, 'refused')}")
    rest = ((counts.lost, "lost"), (counts.pending, "pending at the end"))
    parts += [f"{number} {words}" for number, words in rest if number]
    ends = f"all {parts[0].split(' ', 1)[1]}" if len(parts) == 1 and counts.needs > 1 else ", ".join(parts)
    capped = ""
    if counts.over_cap:
        capped = (
            f" A cap on usage refuses {counts.over_cap} of the {counts.capped} that arise while it holds."
        )
    return f"{_number(counts.needs, 'need')}: {ends}. {_errors(story)}{_locked_out(story)}{capped}"


def _errors(story: Story) -> str:
    """How often the gate let through what the order restricts, and refused what it allows."""
    counts = story.counts
    if not any(need.measured for need in story.own):
        return "None of them is one that an order is about."
    if not counts.leaks and not counts.false_blocks:
        return "No leak, and no false block."
    leaks = _number(counts.leaks, "leak") if counts.leaks else "No leak"
    blocks = _number(counts.false_blocks, "false block") if counts.false_blocks else "no false block"
    return f"{leaks}, {blocks}."


def _locked_out(story: Story) -> str:
    """How long the person was locked out of a model, at the longest."""
    found = story.lock_outs
    if not found:
        return ""
    one = max(found, key=lambda one: one.length_us)
    which = "Locked out" if len(found) == 1 else f"Locked out {len(found)} times, at the longest"
    if one.until_us is None:
        until = "to the end of the run"
    else:
        ends = "the gate opens" if one.opened else "the next need served"
        until = f"until {ends}, {stamp(story, one.until_us)}"
    return f" {which} of {one.model} for {span(one.length_us)}: from {stamp(story, one.from_us)} {until}."


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _why(story: Story, outcome: str) -> str:
    """The reasons of an outcome, the most frequent first."""
    reasons = Counter(plain(need.reason) for need in story.own if need.outcome == outcome)
    return (
        f" ({', '.join(f'{number} {reason}' for reason, number in reasons.most_common())})" if reasons else ""
    )


def _desk(story: Story) -> str:
    return f"Desk: {story.desk}." if story.desk else ""


def print_story(story: Story, everything: bool = False) -> None:
    """Print a story."""
    console = page()
    say(console, title(story), "bold")
    say(console, heading(story), "dim", after=True)
    say(console, summary(story), after=True)
    _print_facts(console, facts(story))
    print_table(console, timeline(story, everything))
    reasons = why_table(story, everything)
    if reasons is not None:
        print_table(console, reasons)
    if story.desk:
        say(console, _desk(story), "dim")


def _print_facts(console: Console, table: Table) -> None:
    """A table of two columns without their heading."""
    say(console, table.title, "bold")
    grid = RichTable.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    room = console.width - 2 - max(len(name) for name, _ in table.rows)
    for name, words in table.rows:
        grid.add_row(Text(name, style="dim"), Text("\n".join(broken_lines(words, room))))
    console.print(grid)
    say(console, table.note, "dim", after=True)


def _unbroken(table: Table) -> Table:
    """The same with instants that a browser does not break."""
    return replace(table, rows=tuple((when.replace(" ", "\u00a0"), *rest) for when, *rest in table.rows))


def story_html(story: Story) -> str:
    """A story as HTML; all text is escaped."""
    parts = [
        f"<h4>{html.escape(title(story))}</h4>",
        f"<p><small>{html.escape(heading(story))}</small></p>",
        f"<p>{html.escape(summary(story))}</p>",
        table_html(facts(story)),
        table_html(_unbroken(timeline(story))),
        *(table_html(table) for table in (why_table(story),) if table is not None),
        f"<p><small>{html.escape(_desk(story))}</small></p>" if story.desk else "",
    ]
    return "\n".join(parts)
