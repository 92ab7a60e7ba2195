"""docs/speed.md from the results. Run ``python -m benchmarks.page`` after a change of profile.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.expected import FAR, deviations, observed

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PROFILE = HERE / "profile.md"
PAGE = HERE.parent / "docs" / "speed.md"

Line = dict[str, Any]
Show = Callable[[float], str]

NAMES = {
    "simpy": "plain SimPy",
    "mesa": "Mesa",
    "salabim": "salabim",
    "ciw": "Ciw",
    "gatesim": "gatesim",
    "floor": "the floor",
}

HOW = {
    "simpy": "one process a person, `random`, dicts and small objects, a `Resource` for the desk.",
    "mesa": "one agent a person, needs as events of its `DEVSimulator`. It has no queue: the desk is written by hand.",
    "salabim": "one component a person, one a case, a `Resource`; trace and monitors are off.",
    "ciw": "a network of queues whose customers are needs. It has no people who come again: they are kept beside it. "
    "Patience runs from joining the desk, not from the need.",
    "gatesim": "the fast engine, with all counts that its measures and intervals need; one policy, one reading.",
    "floor": "for each need a number is drawn, the action looked up, and counted. No time, no memory, no desk.",
}
"""How each contender is written, and what it leaves out."""


class Runs:
    """The runs of a section, in the order they were made."""

    def __init__(self, results: Line, section: str) -> None:
        self._all = [line for line in results["runs"] if line["section"] == section]

    def of(self, label: str, people: int | None = None) -> list[Line]:
        """Runs of a label (of a size, where one is given) that came to an end."""
        return [
            x for x in self._all if x["label"] == label and people in (None, x["people"]) and "error" not in x
        ]

    def why_not(self, label: str) -> str:
        """Why there is no run of a label."""
        return next(
            (line["error"] for line in self._all if line["label"] == label and "error" in line), "not run"
        )

    def sizes(self, label: str) -> list[int]:
        """The numbers of people a label was run with, also where it failed."""
        return sorted({line["people"] for line in self._all if line["label"] == label})

    def people(self, label: str) -> str:
        """The largest of them."""
        return f"{max(self.sizes(label), default=0):,}"

    def ratio(self, over: str, under: str, of: Callable[[Line], float]) -> list[float]:
        """What one label has in multiples of another, round by round."""
        below = {line["round"]: of(line) for line in self.of(under)}
        return [of(line) / below[line["round"]] for line in self.of(over) if line["round"] in below]


def per_need(line: Line) -> float:
    """CPU seconds a need."""
    return float(line["cpu_s"] / line["needs"])


def per_person(line: Line) -> float:
    """Bytes a person: the peak, less what the process held after a tiny run."""
    return float((line["peak_rss_bytes"] - line["baseline_rss_bytes"]) / line["people"])


def per_case(line: Line) -> float:
    """CPU seconds a case."""
    return float(line["cpu_s"] / line["joined"])


def ten_over_one(line: Line) -> float:
    """CPU of all policies at once, in multiples of the mean of one by itself."""
    return float(line["cpu_s"] * len(line["apart_cpu_s"]) / sum(line["apart_cpu_s"]))


def digits(value: float) -> str:
    """About two digits, never in powers of ten."""
    size = abs(value)
    if size >= 100:
        return f"{round(value, -1 if size >= 1000 else 0):,.0f}"
    return f"{value:.0f}" if size >= 20 or size == 0 else f"{value:.1f}" if size >= 1 else f"{value:.2f}"


def seconds(value: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{digits(value / size)} {unit}"
    return f"{digits(value / 1e-9)} ns"


def middle(values: Iterable[float], show: Show = digits) -> str:
    """The median."""
    found = list(values)
    return show(median(found)) if found else "-"


def spread(values: Sequence[float], show: Show = digits) -> str:
    """The median, and the range over the rounds."""
    if not values:
        return "not measured"
    return f"{show(median(values))} ({show(min(values))} to {show(max(values))})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; all but the first column flush right."""
    marks = ["---"] + ["--:"] * (len(head) - 1)
    return [f"| {' | '.join(cells)} |" for cells in (head, marks, *rows)]


def aims(results: Line) -> list[str]:
    """What was aimed at, and what came out."""
    main, growth, ten, backlog, command = (
        Runs(results, name) for name in ("main", "growth", "ten", "backlog", "command")
    )
    rows: list[list[str]] = []

    def row(
        what: str, aim: str, values: Sequence[float], met: Callable[[float], bool], show: Show = digits
    ) -> None:
        answer = "" if not values else "yes" if met(median(values)) else "**no**"
        rows.append([what, aim, spread(values, show), answer])

    row(
        f"CPU a need of the workload, desk included, {main.people('gatesim')} people: plain SimPy "
        f"with {main.people('simpy')} takes so many times as much",
        "at least 300",
        main.ratio("simpy", "gatesim", per_need),
        lambda times: times >= 300,
    )
    for policy in ("careful", "passport_check"):
        row(
            f"the same, every mechanism on: june-2026, policy `{policy}`, {main.people(policy)} people",
            "at least 150",
            main.ratio("simpy", policy, per_need),
            lambda times: times >= 150,
        )
    rows.append(
        [
            "CPU a need of the workload, in multiples of the floor",
            "",
            spread(main.ratio("gatesim", "floor", per_need)),
            "",
        ]
    )
    for label, name in (("gatesim", "the workload"), ("flagship", "june-2026, policy `careful`")):
        row(
            f"bytes a person: {name}, {growth.people(label)} people",
            "at most 64" if label == "gatesim" else "at most 64, and 8 for each mechanism that needs more",
            [per_person(line) for line in growth.of(label, max(growth.sizes(label), default=0))],
            lambda size: size <= 64,
        )
    row(
        "CPU of ten policies, in multiples of one",
        "below 8",
        [ten_over_one(line) for line in ten.of("gatesim")],
        lambda times: times < 8,
    )
    row(
        "CPU a case where all wait at once, in multiples of that where few do",
        "1, to a tenth",
        backlog.ratio("one queue", "short queues", per_case),
        lambda times: times <= 1.1,
        lambda times: f"{times:.2f}",
    )
    row(
        f"`gatesim run june-2026`, all policies, {command.people('flagship')} people, by the clock, "
        f"{results['machine']['cores']} cores",
        "10 s",
        [line["wall_s"] for line in command.of("flagship")],
        lambda wall: wall <= 10,
        seconds,
    )
    return [
        *table(["", "aim", "measured", "met"], rows),
        "",
        "june-2026 stands for so many accounts that its waits are drawn from a table (see [the desk](desk.md)); the "
        "workload's desk is simulated.",
    ]


def workload(results: Line) -> list[str]:
    """The contenders."""
    rows = []
    sizes = (
        ("main", ("simpy", "gatesim", "floor")),
        ("others", ("simpy", "mesa", "salabim", "ciw", "gatesim")),
    )
    for section, labels in sizes:
        runs = Runs(results, section)
        for label in labels:
            lines = runs.of(label)
            rows.append(
                [
                    NAMES[label] + ("" if lines else f": {runs.why_not(label)}"),
                    runs.people(label),
                    middle(map(per_need, lines), seconds),
                    middle(runs.ratio(label, "gatesim", per_need)),
                    middle(map(per_person, lines)) if label != "floor" else "-",
                ]
            )
    return [
        "People have half a need a day each, for 30 days. Three signals; a gate that holds the probability of being "
        "restricted, by Bayes' rule, against two thresholds; about three people in a hundred go before a desk whose "
        "reviewers are busy four fifths of the time (`benchmarks/workload.toml`). Libraries that would take minutes "
        "for a hundred thousand people run with ten thousand; the others do so once more, for comparison.",
        "",
        *table(["contender", "people", "CPU a need", "gatesim = 1", "bytes a person"], rows),
        "",
        "Fewer people are cheaper for plain Python, for they fit into the processor's caches; and dearer for gatesim, "
        "which has costs that do not go with their number, the expected inflow of the desk above all.",
        "",
        *[f"* *{NAMES[label]}*: {how}" for label, how in HOW.items()],
        "",
        "Those in plain Python share the person, the readings and the gate's look-up (`benchmarks/plain.py`), and "
        "count needs by segment, day and end. Without Python's garbage collector plain SimPy is hardly faster.",
    ]


def growth(results: Line) -> list[str]:
    """CPU and memory by the number of people."""
    runs, main = Runs(results, "growth"), Runs(results, "main")
    rows = []
    for people in sorted({*runs.sizes("gatesim"), *runs.sizes("simpy"), *main.sizes("simpy")}):
        row = [f"{people:,}"]
        for label in ("gatesim", "simpy"):
            lines = runs.of(label, people) or main.of(label, people)
            row += [middle(map(per_need, lines), seconds), middle(map(per_person, lines))]
        rows.append(row)
    flagship = runs.of("flagship")
    return [
        *table(
            ["people", "gatesim: CPU a need", "bytes a person", "plain SimPy: CPU a need", "bytes a person"],
            rows,
        ),
        "",
        f"june-2026, policy `careful`, {runs.people('flagship')} people: "
        f"{middle(map(per_need, flagship), seconds)} a need, {middle(map(per_person, flagship))} bytes a person. Bytes "
        "are the peak of the process less what it held after a tiny run: libraries and compiled code are not in them, "
        "the room that the engine works in is.",
    ]


def further(results: Line) -> list[str]:
    """Ten policies; a backlog."""
    ten, backlog = Runs(results, "ten"), Runs(results, "backlog")
    rows = []
    for label in ("short queues", "one queue"):
        lines = backlog.of(label)
        rows.append(
            [
                label,
                middle((line["joined"] for line in lines), lambda number: f"{number:,.0f}"),
                middle((line["waiting_at_once"] for line in lines), lambda number: f"{number:,.0f}"),
                middle(line["desk_wait_hours"] for line in lines),
                middle(map(per_case, lines), seconds),
            ]
        )
    without = middle((line["cpu_s"] for line in backlog.of("no desk")), seconds)
    within = middle((line["cpu_s"] for line in backlog.of("one queue")), seconds)
    return [
        f"Ten gates that differ in a threshold, on the workload with {ten.people('gatesim')} people: "
        f"{spread([ten_over_one(line) for line in ten.of('gatesim')])} times the CPU of one of them.",
        "",
        f"A backlog: {backlog.people('one queue')} people are all asked at their first need, and every case goes "
        "before a reviewer. With short queues the desk opens for a minute every few minutes, so that at first about a "
        "hundred wait at once; with one queue it opens on the seventh day only, when nineteen people in twenty wait. "
        "Both review every case.",
        "",
        *table(
            ["", "cases", "waiting, mean", "hours of wait, mean", "CPU a case, its person's needs included"],
            rows,
        ),
        "",
        f"Where a machine decides instead of the desk, the same needs take {without} in all, against {within} with one "
        "queue.",
    ]


def agreement(results: Line) -> list[str]:
    """Whether all ran the same model."""
    rows, far = [], []
    names: list[str] = []
    for section in ("main", "others"):
        for label, name in NAMES.items():
            for line in Runs(results, section).of(label)[:1]:
                law = {
                    key: (mean, error)
                    for key, (mean, error) in results["expected"][str(line["people"])].items()
                }
                off, found = deviations(line, law), observed(line)
                names = list(law)
                cells = [f"{found[key]:.4f} ({off[key]:+.1f})" if key in found else "-" for key in names]
                rows.append([name, f"{line['people']:,}", *cells])
                if max(map(abs, off.values())) > FAR:
                    far.append(f"{name} with {line['people']:,} people")
    return [
        "The first run of each. In brackets: standard errors from the expected value, which for leak rate and requests "
        "is that of gatesim's exact engine, for the desk's utilisation that of Erlang A.",
        "",
        *table(["contender", "people", *names], rows),
        "",
        f"**Further off than chance allows: {', '.join(far)}.**"
        if far
        else "None is further off than chance allows.",
    ]


def circumstances(results: Line) -> list[str]:
    """Machine, versions, date."""
    machine = results["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    failed = [x for x in results["runs"] if "error" in x]
    said = [f"{x['section']}, {x['label']}, {x['people']:,} people: {x['error']}" for x in failed]
    return [
        f"{results['date']}: {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {machine['python']}; {versions}. {len(results['runs'])} runs in "
        f"{results['minutes']} minutes" + (f"; failed: {'; '.join(said)}." if said else ", none failed."),
        "",
        "Run it with `make bench` (`make bench QUICK=1` for a short version, which is shown and not kept). It adds the "
        "other libraries to the environment from `requirements/bench.txt`.",
    ]


def page(results: Line) -> str:
    """The page."""
    parts = [
        "# Speed",
        "<!-- Made by make bench from benchmarks/results.json and benchmarks/profile.md. -->",
        "",
        "How fast the fast engine is, next to other ways to run the same model. Speed is told as a ratio: what is "
        "compared ran in the same minutes, in turns, each in a process of its own. Numbers are medians over the "
        "rounds, in brackets their range. Times are CPU seconds, of all threads, from nothing to the counts: the "
        "making of the people is in them, imports and compiling are not.",
        "",
    ]
    if results["quick"]:
        parts += [
            "**From a short suite, with a tenth of the people and few rounds: the numbers are rough.**",
            "",
        ]
    parts += aims(results)
    for title, text in (
        ("The same workload, written in other ways", workload(results)),
        ("Growth", growth(results)),
        ("Many policies, long queues", further(results)),
        ("Where the time goes", [PROFILE.read_text(encoding="utf-8").strip()]),
        ("Do they agree?", agreement(results)),
        ("How it was measured", circumstances(results)),
    ):
        parts += ["", f"## {title}", "", *text]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write the page anew from the results that are kept."""
    PAGE.write_text(page(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
