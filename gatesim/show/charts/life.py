"""One person's life as a strip: where they were, in which state the account was, what became of each need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatesim.measures.wording import orders_read
from gatesim.show.charts.grammar import (
    BLOCKED,
    INK,
    LEAKED,
    LIMIT,
    altair,
    finished,
    inline,
    nothing,
    short_title,
    unchecked,
)
from gatesim.study.story import Story, Told

if TYPE_CHECKING:
    from altair import HConcatChart

KINDS = {
    "leak": ("let through (a leak)", LEAKED, "triangle-up"),
    "false_block": ("refused wrongly", BLOCKED, "square"),
    "served": ("served rightly", "#7A7A7A", "circle"),
    "refused": ("refused rightly", INK, "cross"),
    "other": ("not about the order, or pending", "#BBBBBB", "stroke"),
}

STATES = {
    "fresh": "#FFFFFF",
    "allowed": "#D9D9D9",
    "cleared": "#C6E6F8",
    "waiting": "#F4D79A",
    "blocked": "#6E6E6E",
    "check_failed": "#3F3F3F",
}

WIDTH, LANE = 720, 34


def kind(need: Told) -> str:
    """What became of a need, as the strip shows it."""
    if need.judgement:
        return need.judgement
    if not need.measured or need.outcome == "pending":
        return "other"
    return "refused" if need.restricted else "served"


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
    return f"{who}: of {number} {' and '.join(wrong) or 'all were decided rightly'}"


@unchecked()
def life_chart(story: Story) -> HConcatChart:
    """One person's life in the window as a strip.

    Parameters
    ----------
    story
        From `gatesim.explain`.

    Returns
    -------
    altair chart
        Lanes over time: needs by what became of them, the account's state, trips. Vertical lines: the law changes.
    """
    alt = altair()
    person, scenario = story.person, story.loaded.scenario
    small = (
        f"{short_title(story.loaded)}; seed {scenario.seed}, replication {story.replication}; "
        f"{orders_read(scenario, story.reading)}; status {person.status.replace('_', ' ')}, home {person.home}, "
        f"channel {person.channel}; dashed: the law changes"
    )
    if not story.own:
        return nothing(life_finding(story), small, "This person has no need in the window.")
    axis = alt.Axis(format="%-d %b", grid=False, tickCount=8, labelOverlap=True)
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
    bands = _bands(story)
    names = list(dict.fromkeys(band["name"] for band in bands))
    fills = alt.Scale(domain=names, range=[STATES.get(name, "#B8D8B8") for name in names])
    needs = [
        {"begin": _wall(story, need.time_us), "lane": "needs", "what": KINDS[kind(need)][0]}
        for need in story.own
    ]
    shown = [entry for entry in KINDS.values() if any(need["what"] == entry[0] for need in needs)]
    domain = [words for words, _, _ in shown]
    key = alt.Legend(orient="bottom", columns=3, title=None, symbolOpacity=1)
    law = [{"begin": _wall(story, at)} for at in story.law if 0 < at < scenario.length]
    x = alt.X("begin:T", title=None, scale=x_scale, axis=axis)
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
                    orient="top", title=None, columns=6, symbolType="square", symbolStrokeColor="#999999"
                ),
            ),
        ),
        alt.Chart(inline(law)).mark_rule(color=LIMIT, strokeDash=[4, 3]).encode(x=x),
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
    strip = alt.layer(*layers, width=WIDTH, height=LANE * len(lanes))
    says = ", ".join(f"{words}: {sum(need['what'] == words for need in needs)}" for words in domain)
    return finished(alt.hconcat(strip), life_finding(story), small, WIDTH + 60, says)


def _wall(story: Story, time_us: int) -> str:
    """An instant by the clock of the scenario's start, as if that were UTC: the axis shows it as it is."""
    return story.at(time_us).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _bands(story: Story) -> list[dict[str, Any]]:
    """What lies in the lanes of account and place."""
    end = story.loaded.scenario.length
    rows: list[dict[str, Any]] = [
        {"lane": "account", "begin": begin, "end": stop, "name": name} for begin, stop, name in _states(story)
    ]
    at = 0
    for trip in story.person.trips:
        begin, stop = max(trip.begin_us, 0), end if trip.end_us is None else min(trip.end_us, end)
        if begin > at:
            rows.append(
                {"lane": "place", "begin": at, "end": begin, "name": f"at home ({story.person.home})"}
            )
        rows.append({"lane": "place", "begin": begin, "end": stop, "name": f"on a trip ({trip.region})"})
        at = max(at, stop)
    if at < end:
        rows.append({"lane": "place", "begin": at, "end": end, "name": f"at home ({story.person.home})"})
    return [row | {"begin": _wall(story, row["begin"]), "end": _wall(story, row["end"])} for row in rows]
