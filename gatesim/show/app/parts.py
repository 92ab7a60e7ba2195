"""Parts of the page as HTML. All text is escaped: a scenario's author may have written it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from gatesim.law.law import counted_apart
from gatesim.measures.finding import Best, own_leaks
from gatesim.measures.numbers import format_date, format_limit, format_rate
from gatesim.measures.wording import and_list, orders_read
from gatesim.show.app.settings import Difference
from gatesim.show.run import lead_time
from gatesim.show.tables import Table
from gatesim.study.asking import no_single_ratio
from gatesim.study.frontier import Frontier
from gatesim.study.glance import Glance
from gatesim.study.standing import Candidate, Question

OF = {"leak_rate": "of restricted needs", "leak_share": "of served needs"}

STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding: 3.5rem 2rem 3rem; max-width: 80rem; }
[data-testid="stVegaLiteChart"] canvas,
[data-testid="stVegaLiteChart"] svg { max-width: 100%; height: auto !important; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: #555; opacity: 1; }
.gs { color: #222; line-height: 1.45; }
.gs h1 { font-size: 1.2rem; line-height: 1.3; margin: 0 0 .3rem; padding: 0; font-weight: 600; }
.gs h3 { font-size: 1.1rem; line-height: 1.3; margin: .8rem 0 0; padding: 0; font-weight: 600; }
.gs h2 { font-size: 1.6rem; line-height: 1.3; margin: 0 0 .4rem; padding: 0; }
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-told"]) {
  position: absolute; width: 1px !important; overflow: hidden;
}
.gs .aloud { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
/* The room of the chart, before it comes and while it is drawn. */
.st-key-frontier { max-width: min(564px, 100%); aspect-ratio: 564 / 373; }
.st-key-narrow { display: none; max-width: min(354px, 100%); aspect-ratio: 354 / 373; }
[data-testid="stLayoutWrapper"]:has(> .st-key-narrow), .gs .on-narrow { display: none; }
.gs .swipe, [data-testid="stElementContainer"]:has(.gs > .swipe:only-child) { display: none; }
/* Where there is little room, as on a phone, the frontier is a narrower one. */
[data-testid="stColumn"]:has(.st-key-narrow) { container-type: inline-size; }
@container (max-width: 500px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-frontier), .gs .on-wide { display: none; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-narrow), .st-key-narrow { display: flex; }
  .gs .on-narrow { display: inline; }
}
[data-testid="stLayoutWrapper"]:has(> .st-key-simulated_phone) { display: none; }
/* On a phone the simulated policies are a narrower chart, too, where their names leave room; other charts keep their
   size and scroll sideways: shrunk, their words could not be read. What scrolls holds the chart's own buttons too, so
   that the keyboard gets there. */
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 3.5rem 1rem 3rem; }
  .st-key-map_chart, .st-key-simulated_chart { overflow-x: auto; }
  :is(.st-key-map_chart, .st-key-simulated_chart) :is(canvas, svg) { max-width: none; }
  .gs .swipe, [data-testid="stElementContainer"]:has(.gs > .swipe:only-child) { display: block; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-simulated_phone) { display: flex; }
  .st-key-simulated_charts:has(.st-key-simulated_phone) > :not(:has(> .st-key-simulated_phone)) { display: none; }
  .st-key-simulated_charts:has(.st-key-simulated_phone) .swipe { display: none; }
}
.gs p { margin: 0 0 .5rem; }
.gs h1, .gs h2, .gs p, .gs .tile { overflow-wrap: anywhere; }
.gs small, .gs .small { color: #555; font-size: .85rem; }
.gs .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; margin: .5rem 0; }
.gs .tile { border: 1px solid #ccc; border-left: 6px solid #666; border-radius: .3rem; padding: .5rem .75rem; }
.gs .tile.gate_available, .gs .tile.not_ruled_out { border-left-color: #009E73; }
.gs .tile.only_not_ready { border-left-color: #E69F00; }
.gs .tile.only_below_floor, .gs .tile.none_at_floor { border-left-color: #E69F00; border-left-style: double; }
.gs .tile.no_gate_meets_limit { border-left-color: #D55E00; }
.gs .tile b { display: block; font-size: 1.15rem; }
.gs .wide {
  overflow-x: auto;
  background: linear-gradient(270deg, #fff 40%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(270deg, #aaa, transparent) right / .7rem 100% no-repeat scroll;
}
.gs table { border-collapse: collapse; width: 100%; font-size: .95rem; font-variant-numeric: tabular-nums; }
.gs caption { text-align: left; font-weight: 600; padding: 0 0 .3rem; caption-side: top; color: #222; }
.gs th { text-align: right; vertical-align: bottom; border-bottom: 2px solid #444; padding: .25rem .6rem; }
.gs td { text-align: right; vertical-align: top; border-bottom: 1px solid #ddd; padding: .25rem .6rem; }
.gs td { white-space: nowrap; }
.gs td.l { white-space: normal; }
.gs th.l, .gs td.l, .gs th[scope=row] { text-align: left; }
.gs th[scope=row] { font-weight: 600; border-bottom: 1px solid #ddd; vertical-align: top; }
.gs th[scope=row] small { display: block; font-weight: 400; }
.gs th[scope=row] { min-width: 11rem; max-width: 16rem; overflow-wrap: anywhere; }
.gs tr.best { background: #eef5f2; }
/* Each number with its interval below it, and long names over several lines: else what is limited is out of sight. */
.gs .simulated td { white-space: pre-line; }
.gs .simulated td:first-child { min-width: 8rem; max-width: 14rem; overflow-wrap: anywhere; }
.gs #differs ul { margin: 0; padding-left: 1.1rem; }
.gs #differs li { margin: 0 0 .4rem; overflow-wrap: anywhere; }
.gs #differs li small { display: block; }
@media (max-width: 40rem) {
  .gs table { font-size: .82rem; }
  .gs th, .gs td { padding: .2rem .4rem; }
  .gs th:first-child, .gs td:first-child {
    position: sticky; left: 0; background: #fff; min-width: 7.5rem; max-width: 8rem; white-space: normal;
    overflow-wrap: anywhere;
  }
  .gs tr.best > :first-child { background: #eef5f2; }
  .gs td.l { min-width: 5rem; max-width: 6.5rem; overflow-wrap: anywhere; }
}
</style>
"""


def section(*parts: str, live: bool = False) -> str:
    """Parts as one; what is ``live`` is read out by a screen reader when it changes."""
    said = ' aria-live="polite"' if live else ""
    return f'<div class="gs"{said}>{"".join(parts)}</div>'


def rate(value: float | None) -> str:
    """A share in percent; what sums leave beside 0 or 1 by rounding is neither."""
    if value is not None and abs(value - round(value)) < 1e-12:
        value = float(round(value))
    return format_rate(value)


def escaped(text: object) -> str:
    return html.escape(str(text))


def headline(found: Glance) -> str:
    """The verdict in one line, about the listed policies."""
    asked, best = found.asked, found.best
    limit, within = f"{format_limit(asked.limit)} {OF[asked.ratio]}", "a limit of "
    if asked.each:
        limit, within = _limits_of_all(asked), ""
    elif counted_apart(found.loaded.scenario):
        limit += ", all orders counted together,"
    served = rate(best.served)
    if best.outcome == "gate_available":
        return f"{best.name} keeps leaks within {limit} and serves {served} of entitled needs"
    if best.outcome == "only_not_ready":
        day = best.ready and best.ready.replace(hour=0, minute=0, second=0, microsecond=0)
        when = f"before {format_date(day)}" if day else "in any time to come"
        return f"{best.name} would keep leaks within {limit.rstrip(',')}, but is not ready {when}"
    if best.outcome == "only_below_floor":
        return f"Within {within}{limit} the best listed gate, {best.name}, serves {served} of entitled needs"
    count = len(found.candidates)
    if not count:
        return "No listed gate serves anybody"
    return f"None of {count} listed gates keeps leaks within {limit.rstrip(',')}"


def _limits_of_all(asked: Question) -> str:
    """Several limits that hold at once, in words."""
    orders = len({one.order for one in asked.each})
    return "the limits of all orders, each by its own count," if orders > 1 else "all limits of the order"


def _read(found: Glance) -> str:
    return escaped(orders_read(found.loaded.scenario, found.asked.reading, "“”"))


def question(found: Glance, title: str) -> str:
    """The head of the page: the scenario, and what is asked of it."""
    asked = found.asked
    most = f"at most {format_limit(asked.limit)} {OF[asked.ratio]} may be leaks"
    if asked.each:
        most = f"leaks limited to {and_list([one.words for one in asked.each])}, each by its own count"
    words = (
        f"The {_read(found)}; {escaped(most)}, at least {format_limit(asked.floor)} of entitled needs served; "
        f"on {format_date(asked.date)}. Exact engine."
    )
    if asked.left_out:
        left_out = and_list(list(asked.left_out))
        words += escaped(f" Not looked at, since no known limit on leaks follows from it: {left_out}.")
    why = "" if asked.each else no_single_ratio(found.loaded.scenario)
    if why:
        words += escaped(f" Asked beside what the order asks, by which gatesim run judges: {why}.")
    return section(f"<h1>{escaped(title)}</h1>", f"<p><small>{words}</small></p>")


SWIPE = '<p class="swipe small" aria-hidden="true">Swipe sideways for all of the chart&nbsp;&#8594;</p>'
"""Above a chart, on a phone: that there is more of it."""


def heading(text: str, *more: str) -> str:
    """The heading of a part of the page, and what goes with it."""
    return section(f"<h3>{escaped(text)}</h3>", *more)


FRONTIER = "Line chart of the frontier; what it shows is told before it."
MAP = "Map of outcomes; what it shows is told before it."
"""The names of the charts for those who do not see them."""


def aloud(text: str) -> str:
    """A text for screen readers alone."""
    return section(f'<p class="aloud">{escaped(text)}</p>')


def frontier_key(found: Frontier, numbers: str, narrow: str) -> str:
    """What is what in the chart of a frontier.

    ``numbers`` are those that stand for names that found no room, ``narrow`` the same on a phone.
    """
    from gatesim.show.charts.frontier import ARROW, is_beyond

    of = found.of_order
    dashed = "Dotted:" if of is not None and of.limit is None else "Dashed: the limit; dotted:"
    words = [
        f"Lines: any gate without memory (A), with memory (B). Dots: the listed policies. {dashed} the floor."
    ]
    if any(one.breaks for one in found.policies):
        words.append(
            "Rings: policies that break another order's limit, so that they may stand above the lines."
        )
    if any(is_beyond(one) for one in found.policies):
        words.append(f"{ARROW.capitalize()}.")
    if of is None and counted_apart(found.loaded.scenario):
        words.append("Leaks: of all orders together; the limit is that of the order first in force.")
    if of is not None:
        words += [f"Leaks: of the needs that “{of.name}” restricts itself.", of.kept_words]
    named = (
        f'<span class="on-{which}">{escaped(_together(text))}.</span>'
        for which, text in (("wide", numbers), ("narrow", narrow))
        if text
    )
    return section(f"<p><small>{escaped(' '.join(words))} {''.join(named)}</small></p>")


def _together(text: str) -> str:
    """A text in which a number stays with the name that it stands for."""
    return re.sub(r"(?<=\d:) ", "\N{NO-BREAK SPACE}", text)


def frontier_words(found: Frontier) -> str:
    """What the chart of a frontier shows, for those who do not see it."""
    points = [p for p in found.points if p.own and p.served is not None]
    at = "; ".join(
        f"{'A' if point.bound == 'bound_A' else 'B'} at {format_limit(point.limit)}: {rate(point.served)}"
        for point in points
    )
    listed = "; ".join(
        f"{one.policy} leaks {rate(one.leak)}, serves {rate(one.served)}"
        + (f", breaks the limit of {and_list(list(one.breaks))}" if one.breaks else "")
        for one in found.policies
    )
    whose = "" if found.of_order is None else f" under “{found.of_order.name}”"
    return (
        f"Line chart: the most entitled needs served (upwards) for each limit on leaks {OF[found.ratio]}{whose} "
        f"(across, by factors of ten). {at}. Listed policies: {listed}."
    )


def verdict(found: Glance) -> str:
    """The verdict: headline, three tiles, the whole sentence."""
    # A first look at some policies is not read out, and makes no sentence.
    whole = not found.waiting
    sentence = f'<p id="sentence" class="small">{escaped(found.sentence)}</p>' if whole else ""
    return section(
        f'<h2 id="verdict">{escaped(headline(found))}</h2>',
        "" if whole else f'<p id="waiting">{escaped(waiting_words(found))}</p>',
        '<div class="tiles">',
        _tile(
            "Policies listed", found.best.outcome, _listed_words(found), _leak_words(found.best, found.asked)
        ),
        _tile("Any gate without memory (bound A)", found.a.outcome, *_bound_words(found.a, found, "serves")),
        _tile("Any gate with memory (bound B)", found.b.outcome, *_bound_words(found.b, found, "may serve")),
        "</div>",
        sentence,
        live=whole,
    )


def waiting_words(found: Glance) -> str:
    """What a first look does not show yet."""
    return f"Of the listed gates that keep nothing. Those that remember follow: {', '.join(found.waiting)}."


def _tile(title: str, outcome: str, words: str, small: str) -> str:
    words, small = (text.replace(" %", "\N{NO-BREAK SPACE}%") for text in (words, small))
    inside = f'{escaped(title)}<b>{escaped(words)}</b><span class="small">{escaped(small)}</span>'
    return f'<div class="tile {outcome}">{inside}</div>'


def _listed_words(found: Glance) -> str:
    best = found.best
    return {
        "gate_available": f"{best.name} would do",
        "only_not_ready": f"{best.name}, not ready",
        "only_below_floor": f"below the floor: {rate(best.served)}",
        "no_gate_meets_limit": "none within the limit",
        "cannot_tell": "cannot tell",
    }[best.outcome]


def _leak_words(best: Best, asked: Question) -> str:
    if not best.name:
        return ""
    if best.leaks:
        closest = "closest: " if best.outcome == "no_gate_meets_limit" else ""
        return f"{closest}{best.name} leaks {own_leaks(best.leaks)}, serves {rate(best.served)}"
    if best.leak is None:
        return f"{best.name} serves nobody"
    within = "" if best.outcome != "no_gate_meets_limit" else "closest: "
    return f"{within}{best.name} leaks {rate(best.leak)} {OF[asked.ratio]}, serves {rate(best.served)}"


def _bound_words(best: Best, found: Glance, verb: str) -> tuple[str, str]:
    if best.served is None or best.outcome == "no_gate_meets_limit":
        return "serves nobody within the limit", ""
    below = best.outcome in ("only_below_floor", "none_at_floor")
    small = "below the floor" if below else "the floor or more"
    if verb == "serves" and found.with_desk is not None:
        small += f"; with the desk as staffed {rate(found.with_desk)}"
    if verb != "serves":
        small += "; it shows no gate, it can only fail to rule one out"
    return f"{verb} at most {rate(best.served)}", small


def standing_words(candidate: Candidate, ready: str, asked: Question) -> str:
    """Whether a listed policy would do, in a word or two."""
    much = "leaks too much" if candidate.served.leak_rate else "may leak by waiting"
    if candidate.broken:
        much += f" under {and_list([asked.each[number].whose for number in candidate.broken])}"
    return {
        "gate_available": "would do",
        "only_not_ready": f"not ready; {ready}",
        "only_below_floor": "below the floor"
        if candidate.is_ready
        else f"not ready; {ready}; below the floor",
        "no_gate_meets_limit": much,
        "cannot_tell": "cannot tell",
    }[candidate.outcome]


def policies(found: Glance) -> str:
    """The table of policies."""
    scenario = found.loaded.scenario
    by_name = {candidate.policy: candidate for candidate in found.candidates}
    # What is limited comes first: on a phone the last columns are out of sight.
    order = (2, 0, 1) if found.together.ratio == "leak_share" else (1, 0, 2)
    rows = []
    for name, policy in scenario.policies.items():
        head = f'<th scope="row">{escaped(name)}<small>{escaped(policy.title)}</small></th>'
        ready = lead_time(scenario, name)
        if name in by_name:
            one = by_name[name]
            cells = [
                rate(one.served.served_entitled),
                rate(one.served.leak_rate),
                rate(one.served.leak_share),
            ]
            words = standing_words(one, f"after {ready}", found.asked)
        elif name in found.waiting:
            cells, words = ["\N{HORIZONTAL ELLIPSIS}"] * 3, "follows"
        elif name in found.cannot:
            cells, words = ["-"] * 3, "only by simulation"
        else:
            cells, words = [*_of_nothing(found), "undefined"], "serves nobody"
        best = (
            ' class="best"' if name == found.best.name and found.best.outcome != "no_gate_meets_limit" else ""
        )
        numbers = "".join(f"<td>{escaped(cell)}</td>" for cell in (*(cells[n] for n in order), ready))
        rows.append(f'<tr{best}>{head}<td class="l">{escaped(words)}</td>{numbers}</tr>')
    apart = "; leaks of all orders counted together" if counted_apart(scenario) else ""
    heads = ("entitled needs served", "leak rate", "leak share")
    titles = (*(heads[number] for number in order), "ready after")
    head = "".join(f'<th scope="col">{escaped(words)}</th>' for words in titles)
    return section(
        '<div class="wide" tabindex="0" role="region" aria-label="Table of policies">',
        f'<table id="policies"><caption>Each policy, the {_read(found)}{apart}</caption>',
        f'<thead><tr><th class="l" scope="col">policy</th><th class="l" scope="col">within the limit?</th>{head}</tr>',
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>",
        f"<p><small>{escaped(_note(found))}</small></p>",
    )


def _of_nothing(found: Glance) -> list[str]:
    """The shares of entitled and of restricted needs served where nobody is: undefined where there are none."""
    any_ = next(iter(found.served.values()), None)
    totals = (1.0, 1.0) if any_ is None else (any_.all_entitled, any_.all_restricted)
    return [rate(0.0 if total > 0 else None) for total in totals]


def _note(found: Glance) -> str:
    words = (
        "Leak rate: leaks in restricted needs; leak share: leaks in served needs. Expected values without chance; the "
        "desk's queue and what refused people do are left out: simulate to see them."
    )
    for name, why in found.cannot.items():
        words += f" {name}: {why}."
    return words


def differing(found: Sequence[Difference], base: str) -> str:
    """What differs from the base."""
    if not found:
        return section(
            f"<p><b>Nothing differs from {escaped(base)} yet.</b></p>",
            "<p>Move something in the panel on the left (on a phone: the arrows at the top).</p>",
        )
    rows = "".join(
        f"<li><b>{escaped(one.label)}</b>: base {escaped(one.base)}, now <b>{escaped(one.now)}</b>"
        f"<small>{escaped(one.known)}{'' if one.plausible else ' <b>outside it</b>'}</small></li>"
        for one in found
    )
    return section(f'<div id="differs"><p><b>What differs from {escaped(base)}</b></p><ul>{rows}</ul></div>')


def limited_first(table: Table, ratio: str) -> Table:
    """A table of what each policy does, in which what is limited stands beside the names."""
    titles = [column.title for column in table.columns]
    title = ratio.replace("_", " ")
    if title not in titles:
        return table
    place = titles.index(title)

    def moved(row: Sequence[Any]) -> tuple[Any, ...]:
        return (row[0], row[place], *row[1:place], *row[place + 1 :])

    return replace(table, columns=moved(table.columns), rows=tuple(moved(row) for row in table.rows))


def paragraphs(lines: Iterable[str]) -> str:
    """Small print."""
    return section(*(f"<p><small>{escaped(line)}</small></p>" for line in lines))


_MARKS = re.compile(
    r"[\\`*\[\]<>#$~|&]"  # marks wherever they stand
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore within a word marks nothing
    r"|:(?=\S)|(?<=www)\."  # a colour, a picture, a link
    r"|^[-+](?=\s)|(?<=^\d)[.)]|(?<=^\d\d)[.)]"  # a list
)


def plain(text: str) -> str:
    """A text in which Markdown finds nothing to mark. Little is added: a screen reader reads it out."""
    return _MARKS.sub(lambda found: f"\\{found[0]}", " ".join(text.split()))
