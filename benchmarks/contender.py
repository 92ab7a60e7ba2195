"""What every contender does around its simulation: count, time itself, print one line of JSON."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.workload import Workload

TINY = 100
"""People in the run that warms everything up, and from whose memory the rest is counted."""


@dataclass
class Counts:
    """What a contender counts: enough for leak rate and false blocks by segment and by day.

    Attributes
    ----------
    needs
        By segment's name, day and how the need ended (``served``, ``served late``, or why it was not served).
    requests, asked
        Requests for a document, and people who were asked at least once.
    joined, reviewed, left
        Cases that joined the desk, whose review began, that left the queue.
    wait, busy
        Days in the queue of those whose review began, and days that reviewers spent within the window.
    reviewers
        How many there are.
    """

    reviewers: int
    needs: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    requests: int = 0
    asked: int = 0
    joined: int = 0
    reviewed: int = 0
    left: int = 0
    wait: float = 0.0
    busy: float = 0.0


def totals(counts: Counts, world: Workload) -> dict[str, float]:
    """The sums that the suite compares."""
    may_be_served = {segment.name for segment in world.segments if segment.entitled}
    served = restricted = entitled = leaks = 0
    for (segment, _, end), number in counts.needs.items():
        got = number if end in ("served", "served late") else 0
        served += got
        if segment in may_be_served:
            entitled += number
        else:
            restricted += number
            leaks += got
    return {
        "needs": entitled + restricted,
        "served": served,
        "restricted": restricted,
        "leaks": leaks,
        "entitled": entitled,
        "false_blocks": entitled - (served - leaks),
        "requests": counts.requests,
        "asked": counts.asked,
        "joined": counts.joined,
        "desk_wait_hours": 24 * counts.wait / counts.reviewed if counts.reviewed else 0.0,
        "utilisation": counts.busy / (counts.reviewers * world.length),
    }


def forget_peak() -> int:
    """Bytes of memory that this process holds now; where the system can, its peak counts from here on."""
    if sys.platform != "linux":
        return peak_rss()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def peak_rss() -> int:
    """The most bytes of memory that this process has held so far, or since `forget_peak`."""
    if sys.platform == "linux":
        return _status("VmHWM")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _status(name: str) -> int:
    text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return next(1024 * int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))


def cpu_seconds() -> float:
    """Processor seconds of this process, all its threads, and of the children it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def contend(name: str, run: Callable[[int, int], dict[str, float]]) -> None:
    """Warm up, run once for ``--people`` and ``--seed``, print the line.

    Parameters
    ----------
    name
        The contender's.
    run
        Takes people and seed, gives back what `totals` does. Timed from nothing to the counts: the people's making
        is in it, the import of libraries and the compiling of code are not.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    run(TINY, given.seed)
    baseline, cpu, wall = forget_peak(), cpu_seconds(), time.perf_counter()
    found = run(given.people, given.seed)
    cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
    line = {"contender": name, "people": given.people, "seed": given.seed, "cpu_s": cpu, "wall_s": wall}
    print(json.dumps(line | {"baseline_rss_bytes": baseline, "peak_rss_bytes": peak_rss()} | found))
