"""Who pays: by segment or channel for one policy, by reason for all."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from gatesim.measures.best import Contender, best_contender
from gatesim.measures.definitions import Measure
from gatesim.measures.numbers import about_rate, format_interval, format_rate, is_wide
from gatesim.measures.parts import Part, is_wide_part, largest, part_words, parts_of
from gatesim.measures.sentence import chances_to_meet
from gatesim.measures.wording import and_list
from gatesim.show.certain import certain, without_noise
from gatesim.show.charts.grammar import (
    BLOCKED,
    LEAKED,
    PHONE,
    altair,
    finished,
    inline,
    nothing,
    small_print,
    unchecked,
)
from gatesim.show.charts.panels import label_room, narrow_width, rows_panel, shares_end, side_by_side
from gatesim.show.charts.policies import OF, serves_some
from gatesim.study.result import Found, Result
from gatesim.study.who_can import who_can

if TYPE_CHECKING:
    from altair import HConcatChart

BY = ("segment", "channel", "reason")

DARK = 0.92
"""From this share on white letters are read better than black ones; either way the contrast is at least 4.5."""

REASONS = {
    "lost": "had left",
    "rule": "gate's rule",
    "waiting": "waiting",
    "check_failed": "check failed",
    "no_document": "no document",
    "no_answer": "no answer",
    "gave_up": "gave up",
    "left_queue": "left the queue",
    "standing_block": "standing block",
    "shutdown": "shut down",
}


def shown_policy(result: Result) -> tuple[str, str]:
    """The policy that a picture of one is about, and why this one, in words.

    The one that would do, if there is one; where a limit or the reading is unknown the one that most likely does. Else
    the nearest to it that refuses some and serves some: of those that surely serve the floor, as the verdict judges
    them, the one that leaks least; if none surely does, the one that serves most. A strict one that is within the limit
    because it serves hardly anybody says little about who would pay.
    """
    own = next((one for one in result.verdict.own if one.reading == result.reading), None)
    row = own.together if own is not None and own.weight == 1.0 else None
    if row is not None and row.best is not None and row.outcome in ("gate_available", "only_not_ready"):
        return row.best, ", the one that would do" if row.outcome == "gate_available" else ", were it ready"
    judged = {} if own is None else own.serves_floor
    surely = "surely " if "undecided" in judged.values() else ""
    those = f", of those that {surely}serve the floor the one that"
    chances = chances_to_meet(result.verdict) if row is None else {}
    if chances and max(chances.values()) > 0:
        return max(chances, key=chances.__getitem__), f"{those} most likely meets what is asked"
    together = None if own is None else own.together
    ratio = together.ratio if together is not None and together.ratio in OF else "leak_share"
    some = []
    for name in judged:
        # What the verdict rests on: expected values, where these are known.
        measures = result.expected.get(name, result.policies[name].measures)
        if serves_some(measures):
            leak, served = measures[ratio].value, measures["served_entitled"].value
            sure = judged[name] == "yes"
            some.append(Contender(name, False, sure, False, None, served, 1.0 if leak is None else leak))
    if any(one.serves_floor for one in some):
        by = " by the verdict, which takes what is expected where it is known" if result.expected else ""
        return best_contender(some, "no_gate_meets_limit") or "", f"{those} leaks least{by}"
    if some:
        most = max(some, key=attrgetter("most_served"))
        return most.policy, ", which serves most of those that refuse some"
    return next(iter(result.policies)), ""


@unchecked()
def who_pays_chart(
    result: Result, by: str = "segment", policy: str | None = None, narrow: bool = False
) -> HConcatChart:
    """Whom a policy refuses wrongly and whom it lets through; or why policies refuse.

    Parameters
    ----------
    result
        The result of a run.
    by
        ``segment`` or ``channel``: a row for each, of one policy. ``reason``: a row for each policy.
    policy
        Which; by default the one that would do, or the nearest to it (see `shown_policy`).
    narrow
        For a phone: one panel below the other. Reasons have no narrower form.

    Returns
    -------
    altair chart
        By segment or channel: dots are rates within the group, lines their 95 % intervals; in brackets the group's
        part of all of the policy's false blocks, or leaks.

    Raises
    ------
    ValueError
        If there is no such split or policy.
    """
    if by not in BY:
        raise ValueError(f"by = {by!r}: there are {', '.join(BY)}")
    if policy is not None and policy not in result.policies:
        raise ValueError(f"policy = {policy!r}: there are {', '.join(result.policies)}")
    if by == "reason":
        return _reasons(result, [policy] if policy is not None else list(result.policies))
    name, why = shown_policy(result) if policy is None else (policy, "")
    return _groups(result, by, name, why, narrow)


def _cell(measure: Measure, part: Part | None, may: bool, few: bool) -> dict[str, Any]:
    """What a panel shows of a group; ``few``: too few are simulated to know the noise."""
    if measure.value is None:
        return {"": None, "_low": None, "_high": None, "_text": ""}
    none = measure.value == 0 and not may
    text = "none" if none else format_rate(measure.value, measure.low, measure.high)
    if few and 0 < measure.value < 1:
        text = f"{about_rate(measure.value)}, too few to tell"
    return {
        "": measure.value,
        "_low": measure.value if measure.low is None or none else measure.low,
        "_high": measure.value if measure.high is None or none else measure.high,
        "_text": text + (f" ({part_words(part)} of all)" if part is not None and part.value >= 0.005 else ""),
    }


def _groups(result: Result, by: str, policy: str, why: str, narrow: bool) -> HConcatChart:
    import pandas as pd

    alt = altair()
    found = result.policies[policy]
    groups = found.by[by]
    parts = {
        count: parts_of({name: groups[name][count] for name in groups if name in can}, found.measures[count])
        for count, can in zip(("false_blocks", "leaks"), who_can(result, by).values(), strict=True)
    }
    records = []
    for name, measures in groups.items():
        rates = measures["false_block_rate"], measures["leak_rate"]
        if all(rate.value is None for rate in rates):
            continue
        mine = [of_group.get(name) for of_group in parts.values()]
        record: dict[str, Any] = {
            "group": name.replace("_", " "),
            "sort": tuple(0.0 if part is None else -part.value for part in mine),
        }
        for column, rate, part, may in zip(
            ("blocked", "leaked"), rates, mine, (True, found.may_leak), strict=True
        ):
            few = result.engine != "exact" and rate.low is None
            record |= {column + end: value for end, value in _cell(rate, part, may, few).items()}
        records.append(record)
    ranges = any(is_wide_part(part) for of_count in parts.values() for part in of_count.values())
    small = small_print(
        result,
        f"policy {policy}{why}; only groups with needs that the order is about"
        + ("; in brackets a part of all, from where to where it may be by chance" if ranges else ""),
    )
    if not records:
        return nothing(f"Who pays under {policy}", small, "No need was measured: no order is in force.")
    records.sort(key=lambda record: record["sort"])
    segments = result.loaded.scenario.segments if by == "segment" else {}
    title = _finding(found, policy, parts, {name: one.title for name, one in segments.items()})
    frame = pd.DataFrame(records).drop(columns="sort")
    names = list(frame["group"])
    width = narrow_width(names) if narrow else 330
    axis = {"format": "~%", "values": [0, 0.5, 1.0] if narrow else [0, 0.25, 0.5, 0.75, 1.0]}
    scale = alt.Scale(domain=[0, shares_end(width, 110)], nice=False)
    panels = [
        rows_panel(
            frame[frame[column].notna()] if narrow else frame,
            column,
            colour,
            words,
            scale,
            alt.Axis(**axis),
            row="group",
            labelled=first or narrow,
            width=width,
            narrow=narrow,
        )
        for column, colour, words, first in (
            ("blocked", BLOCKED, f"refused wrongly: share of the {by}'s entitled needs", True),
            ("leaked", LEAKED, f"let through: share of the {by}'s restricted needs", False),
        )
    ]
    says = "; ".join(
        f"{one['group']}: refused wrongly {one['blocked_text'] or 'nobody entitled'}, "
        f"let through {one['leaked_text'] or 'nobody restricted'}"
        for one in records
    )
    wide = PHONE if narrow else 680 + label_room(names)
    return finished(side_by_side(panels, narrow), title, small, wide, says)


SHORT_TITLE = 45
"""Letters of a segment's title that finds room in the title of a chart."""


def _called(name: str, titles: Mapping[str, str]) -> str:
    """A group by its title, where that is short, and by the name that its row has."""
    plain, title = name.replace("_", " "), titles.get(name, "")
    return f"“{title}” ({plain})" if 0 < len(title) <= SHORT_TITLE else plain


def _finding(
    found: Found, policy: str, parts: Mapping[str, Mapping[str, Part]], titles: Mapping[str, str]
) -> str:
    """On whom most of the false blocks fall, and from whom most of the leaks come, as a title.

    Nobody is named whom chance may have put first.
    """
    words, unclear = [], 0
    for count, of_count in parts.items():
        refused = count == "false_blocks"
        first = max(of_count, key=lambda name: of_count[name].value, default="")
        if not of_count:
            # What is possible, and was not met with, is chance.
            chance = " in this simulation" if not refused and found.may_leak else ""
            words.append(f"nobody {'is refused wrongly' if refused else 'slips through'}{chance}")
        elif of_count[first].known and largest(of_count) is None:
            unclear += 1
            which = "on whom most false blocks fall" if refused else "from whom most leaks come"
            words.append(f"the simulation cannot tell {which}")
        else:
            seen = "" if of_count[first].known else " in this simulation"
            verb = "of the false blocks fall on" if refused else "of the leaks come from"
            words.append(f"{part_words(of_count[first])} {verb} {_called(first, titles)}{seen}")
    if unclear == len(words):
        return f"Too few needs are simulated to say whom {policy} refuses and lets through most"
    return f"Under {policy}, {words[0]} and {words[1]}"


def _commonest(cells: list[dict[str, Any]]) -> str:
    """For which reason most needs are not served, as a title; if chance may have put it first, those that may be."""
    most = max(cells, key=itemgetter("value"))
    low = most["low"]
    near = [cell for cell in cells if cell["policy"] == most["policy"] and cell["high"] >= low]
    if len(near) == 1:
        share = most.get("range", "").replace("-", " to ") or most["text"]
        return f'Under {most["policy"]} the commonest reason is "{most["reason"]}": {share} of entitled needs'
    names = and_list(f'"{cell["reason"]}"' for cell in sorted(near, key=itemgetter("value"), reverse=True))
    return f"The simulation cannot tell which reason is the commonest under {most['policy']}: {names} may be"


def _range(measure: Measure) -> str:
    """The interval of a cell, where it is wide."""
    if measure.low is None or measure.high is None or not is_wide(measure.value, measure.low, measure.high):
        return ""
    return f"{format_interval(measure.low, measure.high)} %"


def _reasons(result: Result, policies: list[str]) -> HConcatChart:
    alt = altair()
    cells: list[dict[str, Any]] = []
    for name in policies:
        for reason, counted in result.policies[name].reasons.items():
            all_of_them = counted.value == 1 and "refused_by_gate" in certain(result, name)
            measure = without_noise(counted) if all_of_them else counted
            unknown = measure.low is None and result.engine != "exact" and not all_of_them
            if measure.value:
                cells.append(
                    {
                        "policy": name,
                        "reason": REASONS.get(reason, reason.replace("_", " ")),
                        "value": measure.value,
                        "low": 0.0 if unknown else measure.value if measure.low is None else measure.low,
                        "high": 1.0 if unknown else measure.value if measure.high is None else measure.high,
                        "text": format_rate(measure.value, measure.low, measure.high),
                        "range": _range(measure),
                        "dark": measure.value > DARK,
                    }
                )
    ranges = any(cell["range"] for cell in cells)
    small = small_print(
        result,
        "each cell: the part of the policy's entitled needs not served for that reason"
        + (", and below it its 95 % interval of simulation noise, where that is wide" if ranges else ""),
        noise="",
    )
    title = "Why entitled needs are not served"
    if not cells:
        return nothing(title, small, "No entitled need was refused under any of these policies.")
    order = [words for words in REASONS.values() if any(cell["reason"] == words for cell in cells)]
    order += sorted({cell["reason"] for cell in cells} - set(order))
    about = policies[0] if len(policies) == 1 else shown_policy(result)[0]
    own = [cell for cell in cells if cell["policy"] == about] or cells
    title = _commonest([cell for cell in own if cell["reason"] != "shut down"] or own)
    base = alt.Chart(inline(cells)).encode(
        x=alt.X(
            "reason:N",
            sort=order,
            title=None,
            axis=alt.Axis(
                orient="top",
                labelAngle=0,
                ticks=False,
                domain=False,
                labelExpr="split(datum.label, ' ')",
                # The first of several lines is where a single one would be: leave room for the others.
                labelPadding=4 + 13 * max((reason.count(" ") for reason in order), default=0),
            ),
        ),
        y=alt.Y(
            "policy:N",
            sort=policies,
            scale=alt.Scale(domain=policies),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=8),
        ),
    )
    boxes = base.mark_rect(stroke="#FFFFFF", strokeWidth=1).encode(
        color=alt.Color("value:Q", scale=alt.Scale(domain=[0, 1], range=["#F2F8FC", BLOCKED]), legend=None)
    )
    hue = alt.condition("datum.dark", alt.value("#FFFFFF"), alt.value("#000000"))
    layers = [boxes]
    for column, wanted, dy, size in (
        ("text", "datum.range === ''", 0, 10),
        ("text", "datum.range !== ''", -6, 10),
        ("range", "datum.range !== ''", 7, 9),
    ):
        words = base.transform_filter(wanted).mark_text(fontSize=size, dy=dy)
        layers.append(words.encode(text=alt.Text(f"{column}:N"), color=hue))
    row = 32 if ranges else 22
    chart = alt.layer(*layers, width=78 * len(order), height=row * len(policies))
    says = "; ".join(
        f"{cell['policy']}, {cell['reason']}: {cell['text']}"
        + (f" ({cell['range']})" if cell["range"] else "")
        for cell in cells
    )
    wide = max(420.0, 78 * len(order) + label_room(policies))
    return finished(alt.hconcat(chart), title, small, wide, says)
