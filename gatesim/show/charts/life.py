"""One person's life as a strip: where they were, in which state the account was, what became of each need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import cycle
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from gatesim.measures.wording import orders_read
from gatesim.show.charts.grammar import (
    BLOCKED,
    INK,
    LEAKED,
    PHONE,
    altair,
    finished,
    inline,
    nothing,
    short_title,
    unchecked,
)
from gatesim.show.charts.law_lines import law_lines, law_small, law_words
from gatesim.study.story import Story, Told

if TYPE_CHECKING:
    from altair import HConcatChart

KINDS = {
    "leak": ("let through (a leak)", LEAKED, "triangle-up"),
    "false_block": ("refused wrongly", BLOCKED, "square"),
    "served": ("served rightly", "#7A7A7A", "circle"),
    "late": ("served rightly, but late", "#E69F00", "diamond"),
    "refused": ("refused rightly", INK, "cross"),
    "other": ("not about the order, or pending", "#BBBBBB", "stroke"),
}

STATES = {
    "fresh": "#FFFFFF",
    "allowed": "#E4E4E4",
    "cleared": "#8FC7EA",
    "waiting": "#D9942B",
    "blocked": "#6E6E6E",
    "check_failed": "#3F3F3F",
}
"""The account's states; they differ in lightness as well."""

HOME, TRIPS = "#CFE3CF", ("#6FA46F", "#2F5F2F", "#9DBF9D")
"""Places: home, and where trips go, in turn; they differ in lightness as well."""

WIDTH, LANE = 720, 34

THIN = 3
"""Points that a state of the account, or a stay, takes at least, so that it is seen."""


def kind(need: Told) -> str:
    """What became of a need, as the strip shows it."""
    if need.judgement:
        return need.judgement
    if not need.measured or need.outcome == "pending":
        return "other"
    if need.restricted:
        return "refused"
    return "late" if need.outcome == "served_late" else "served"


def _states(story: Story) -> list[tuple[int, int, str]]:
    """Begin, end and name of the account's states, in order; ``fresh`` where there is none."""
    end = story.loaded.scenario.length
    found: list[tuple[int, int, str]] = []
    entries = sorted(
        (need.end_us, need.enters_until_us, need.enters)
        for need in story.needs
        if need.enters and need.end_us is not None
    )
    waits = [
        (need.time_us, need.end_us if need.end_us is not None else end, "waiting")
        for need in story.needs
        if need.asked
    ]
    for number, (begin, until, name) in enumerate(entries):
        following = entries[number + 1][0] if number + 1 < len(entries) else end
        found.append((begin, min(following, end if until is None else until), name))
    return sorted((begin, min(stop, end), name) for begin, stop, name in (*found, *waits) if begin < stop)


def life_finding(story: Story) -> str:
    """What became of the person's needs, as a title."""
    counts, person = story.counts, story.person
    who = f"Person {person.name} ({person.segment.replace('_', ' ')}) under {story.policy}"
    measured = [need for need in story.own if kind(need) != "other"]
    if not measured:
        return f"{who}: no need that the order is about"
    wrong = []
    if counts.false_blocks:
        wrong.append(f"{counts.false_blocks} refused wrongly")
    if counts.leaks:
        wrong.append(f"{counts.leaks} let through")
    number = f"{len(measured)} need{'' if len(measured) == 1 else 's'} that the order is about"
    late = sum(kind(need) == "late" for need in measured)
    rightly = "all were decided rightly" + (f", {late} of them late" if late else "")
    if not wrong:
        return f"{who}: of {number} {rightly}"
    return f"{who}: of {number}, {' and '.join(wrong)}"


@unchecked()
def life_chart(story: Story, narrow: bool = False) -> HConcatChart:
    """One person's life in the window as a strip.

    Parameters
    ----------
    story
        From `gatesim.explain`.
    narrow
        For a phone.

    Returns
    -------
    altair chart
        Lanes over time: needs by what became of them, the account's state, trips. Vertical lines, each with a word:
        the law changes.
    """
    alt = altair()
    person, scenario = story.person, story.loaded.scenario
    width = PHONE - 64 if narrow else WIDTH
    least = scenario.length * THIN // width
    needs = _marks(story, least)
    is_wider = any(end - begin < least for _, begin, end, _ in _stretches(story))
    small = (
        f"{short_title(story.loaded)}; seed {scenario.seed}, replication {story.replication}; "
        f"{orders_read(scenario, story.reading)}; status {person.status.replace('_', ' ')}, "
        f"home {story.place(person.home)}, channel {person.channel}; {law_small(scenario)}"
        + ("; what lasts too short to be seen is drawn wider" if is_wider else "")
        + (
            "; needs alike that lie too close to be told apart are one mark"
            if len(needs) < len(story.own)
            else ""
        )
    )
    if not story.own:
        return nothing(life_finding(story), small, "This person has no need in the window.")
    axis = alt.Axis(format="%-d %b", grid=False, tickCount=4 if narrow else 8, labelOverlap=True)
    ends = [_wall(story, 0), _wall(story, scenario.length)]
    x_scale = alt.Scale(type="utc", domain=ends, nice=False)
    lanes = ["needs", "account", "place"]
    y = alt.Y(
        "lane:N",
        sort=lanes,
        scale=alt.Scale(domain=lanes, paddingInner=0.25),
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelPadding=8),
    )
    bands = _bands(story, least)
    names = list(dict.fromkeys(band["name"] for band in bands))
    fills = alt.Scale(domain=names, range=_fills(names))
    shown = [entry for entry in KINDS.values() if any(need["what"] == entry[0] for need in needs)]
    domain = [words for words, _, _ in shown]
    key = alt.Legend(orient="bottom", columns=1 if narrow else 3, title=None, symbolOpacity=1)
    x, x_of_law = (alt.X(f"{of}:T", title=None, scale=x_scale, axis=axis) for of in ("begin", "at"))
    height = LANE * len(lanes)
    law = law_lines(
        law_words(scenario, story.replication),
        partial(_wall, story),
        x_of_law,
        (0, scenario.length),
        (width, height),
    )
    layers = [
        alt.Chart(inline(bands))
        .mark_rect(stroke="#FFFFFF", strokeWidth=0.5)
        .encode(
            x=x,
            x2=alt.X2("end:T"),
            y=y,
            color=alt.Color(
                "name:N",
                scale=fills,
                legend=alt.Legend(
                    orient="top",
                    title=None,
                    columns=2 if narrow else 6,
                    symbolType="square",
                    symbolStrokeColor="#999999",
                ),
            ),
        ),
        *law,
        alt.Chart(inline(needs))
        .mark_point(filled=True, size=60, opacity=0.85)
        .encode(
            x=x,
            y=y,
            shape=alt.Shape(
                "what:N", scale=alt.Scale(domain=domain, range=[shape for _, _, shape in shown]), legend=key
            ),
            fill=alt.Fill(
                "what:N", scale=alt.Scale(domain=domain, range=[hue for _, hue, _ in shown]), legend=key
            ),
            stroke=alt.Stroke(
                "what:N", scale=alt.Scale(domain=domain, range=[hue for _, hue, _ in shown]), legend=key
            ),
        ),
    ]
    strip = alt.layer(*layers, width=width, height=height)
    every = Counter(KINDS[kind(need)][0] for need in story.own)
    says = ", ".join(f"{words}: {every[words]}" for words in domain)
    return finished(alt.hconcat(strip), life_finding(story), small, PHONE if narrow else WIDTH + 60, says)


def _fills(names: Sequence[str]) -> list[str]:
    """A colour for each state of the account and each place."""
    trips = cycle(TRIPS)
    return [STATES.get(name) or (HOME if name.startswith("at home") else next(trips)) for name in names]


def _marks(story: Story, least: int) -> list[dict[str, Any]]:
    """The needs as rows; of those alike within so short a time the first one alone."""
    last: dict[str, int] = {}
    rows = []
    for need in sorted(story.own, key=attrgetter("time_us")):
        what = KINDS[kind(need)][0]
        if need.time_us - last.get(what, -least) >= least:
            last[what] = need.time_us
            rows.append({"begin": _wall(story, need.time_us), "lane": "needs", "what": what})
    return rows


def _wall(story: Story, time_us: int) -> str:
    """An instant by the clock of the scenario's start, as if that were UTC: the axis shows it as it is."""
    return story.at(time_us).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _stretches(story: Story) -> list[tuple[str, int, int, str]]:
    """What lies in the lanes of account and place: lane, begin, end, name."""
    end = story.loaded.scenario.length
    found = [("account", *state) for state in _states(story)]
    at = 0
    for trip in story.person.trips:
        begin, stop = max(trip.begin_us, 0), end if trip.end_us is None else min(trip.end_us, end)
        if begin > at:
            found.append(("place", at, begin, f"at home ({story.place(story.person.home)})"))
        found.append(("place", begin, stop, f"on a trip ({story.place(trip.region)})"))
        at = max(at, stop)
    if at < end:
        found.append(("place", at, end, f"at home ({story.place(story.person.home)})"))
    return found


def _bands(story: Story, least: int) -> list[dict[str, Any]]:
    """The same as rows, each at least so long; the shortest last, so that they lie on top.

    Of what is alike, what is shorter than that and follows in less is one with what it follows.
    """
    end = story.loaded.scenario.length
    joined: list[tuple[str, int, int, str]] = []
    latest: dict[tuple[str, str], int] = {}
    for lane, begin, stop, name in sorted(_stretches(story), key=itemgetter(1)):
        at = latest.get((lane, name))
        if at is not None and stop - begin < least and begin - joined[at][2] < least:
            joined[at] = (lane, joined[at][1], max(joined[at][2], stop), name)
        else:
            latest[lane, name] = len(joined)
            joined.append((lane, begin, stop, name))
    return [
        {
            "lane": lane,
            "begin": _wall(story, min(begin, end - least)),
            "end": _wall(story, max(stop, min(begin + least, end))),
            "name": name,
        }
        for lane, begin, stop, name in sorted(joined, key=lambda one: one[1] - one[2])
    ]
