"""A file to start from: a scenario that runs as it is, with every key explained beside it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from gatesim.scenario.errors import Problem, ScenarioError, nearest, shown
from gatesim.scenario.files import Loaded, load
from gatesim.scenario.places import seeds, shipped
from gatesim.scenario.types import format_duration

WHOLE = "us-2026"
"""The seed that a file with an order and policies of its own builds on."""

_WIDTH = 96

_ON_A_SEED = """\
# A scenario: an order, the policies that might comply with it, and what differs from a base.
# It runs as it is; change one thing at a time:
#   gatesim run {file}      which policies comply, whom they refuse wrongly, who slips through
#   gatesim check {file}    every input that it rests on, with its source
# A key that is not written here has the value that the base gives it. Lines that begin with "# " and a key
# are examples: take the mark away to use them. All keys: docs/scenario-files.md, or gatesim schema.

# The number of the file format. It comes first.
schema = 1

# What this file builds on: who uses the service, what its signals read, what documents prove.
# Also possible: a shipped scenario, or the path of a file of yours, seen from this file.
base = "us-2026"

# One line that says what the scenario is about. It heads every result.
title = "An order against foreign persons, with a grace of three days"

# What you expect to come out. Write it before the first run: a surprise is then seen as one.
expected = \"\"\"
Not written yet.
\"\"\"

# The window that is simulated: its first instant, with its zone (quotes are not needed), and its length.
# Durations are text with a unit: "90m", "36h", "30d", "2w", "1y", "forever".
start = 2026-06-09T00:00:00-04:00
length = "21d"

# Accounts that are simulated. More give less noise and take longer.
people = 20_000

# Real accounts that these stand for: leaks and false blocks are counted among them.
represents = 100_000_000

# The seed of the random numbers: the same seed gives the same people with the same needs.
seed = 1

# A value of the base that differs here; the rest of the signal stays as it is.
# [signals.ip]
# accuracy = {{ US = 0.99, asia = 0.985, rest = 0.99 }}  # how often it is right, by the true region

# --- The order ---
# Each [[orders]] is one order; write it again for a second one that holds at the same time.

[[orders]]
# When it was issued, and how long after that it comes into force. Lead times run from the issue.
issued = 2026-06-12T17:21:00-04:00
grace = "72h"

# The models that nobody restricted may use: names from [models] of the base.
models = ["fable-5", "mythos-5"]

# Who is meant: "national" (every non-citizen), "person" (not citizens, permanent residents and protected
# persons) or "person_or_destination" (also anything sent abroad). Results show all; this one comes first.
reading = "person"

# The limit that leaks are held against. Orders as a rule state none: it is your choice, and results show
# others beside it. leak_share: leaks in served needs; leak_rate: leaks in restricted needs.
standard = {{ kind = "leak_share", limit = 0.001 }}

# A narrowing: from its instant on, needs that meet all that is written here are not restricted.
# [[orders.carve_outs]]
# at = 2026-06-20T12:00:00-04:00
# organisations = ["vetted"]  # or statuses, citizenships, regions, segments, channels, models

# The end of the order. Without one it holds to the end of the window.
# [[orders.ends]]
# kind = "lifted"  # or "stayed", "lapsed"
# at = 2026-06-25T00:00:00-04:00

# --- The verdict ---

[verdict]
# The least share of entitled needs that a gate must serve to count as more than a shutdown.
floor = 0.5

# --- Policies ---
# Each [policies.NAME] is run by itself, as if it had been there from the first instant. Its family says how
# it decides; docs/policies.md lists the families and their keys.

[policies.open]
# What it is, in one line.
title = "Serve everybody"
family = "open"

[policies.majority]
title = "Block if most of address, card and form say abroad"
family = "k_of_n"
signals = ["ip", "payment", "account"]  # the signals that are counted
k = "majority"                          # how many must read foreign: a number, "any", "majority", "all"
then = "block"                          # what is done then: "block", or "check" (ask for a document)
unknown = "ignore"                      # what "unknown" counts as: "foreign", "home", or not at all
lead_time = "7d"                        # from the issue of the order until it could be in place: a guess

[policies.careful]
title = "Block the likely, ask the doubtful for a passport"
family = "posterior"
block_above = 0.5                       # block where a need is restricted with more than this probability
check_above = 0.02                      # ask for a document where it is above this
documents = ["home_passport"]           # the documents that a check accepts: names from [documents]
clearance = "forever"                   # how long an account that passed stays cleared
lead_time = "45d"

[policies.shutdown]
title = "Serve nobody"
family = "shutdown"
lead_time = "4h"

# --- What is known about your numbers ---
# A number that no entry covers is shown as a guess; one that the base covers, and you changed, as your choice.

[assumptions."represents"]
title = "Real accounts that these stand for"
unit = "accounts"
range = [10_000_000, 1_000_000_000]     # plausible; a value outside it brings a warning
grade = "guess"                         # or measured, published, reported, proxy, vendor, derived, choice
# sources = ["Where the number is from"]

[assumptions."policies.*.lead_time"]
title = "Time from the order until a gate could be in place"
unit = "days"
range = [0, 120]
grade = "guess"
"""

_ON_A_SCENARIO = """\
# A scenario that differs from a shipped one. It runs as it is; change one thing at a time:
#   gatesim run {file}      which policies comply, whom they refuse wrongly, who slips through
#   gatesim check {file}    every input that it rests on, with its source
# A key that is not written here has the value that the base gives it. Lines that begin with "# " and a key
# are examples: take the mark away to use them. All keys: docs/scenario-files.md, or gatesim schema.

# The number of the file format. It comes first.
schema = 1

# What this file builds on. What it brings:
{brings}
base = "{base}"

# One line that says what the scenario is about. It heads every result.
title = {title}

# What you expect to come out. Write it before the first run: a surprise is then seen as one.
expected = \"\"\"
Not written yet.
\"\"\"

# Take away what you do not want of the base.
# without = ["policies.{policy}"]

# The window that is simulated: its first instant, with its zone (quotes are not needed), and its length.
# Durations are text with a unit: "90m", "36h", "30d", "2w", "1y", "forever".
start = {start}
length = "{length}"

# Accounts that are simulated. More give less noise and take longer.
people = {people:_}

# Real accounts that these stand for: leaks and false blocks are counted among them.
represents = {represents:_}

# The seed of the random numbers: the same seed gives the same people with the same needs.
seed = {seed}

# A value of the base that differs here; what is not written stays as it is.
# [signals.NAME]
# accuracy = 0.99  # how often the signal is right; docs/scenario-files.md says more

[verdict]
# The least share of entitled needs that a gate must serve to count as more than a shutdown.
floor = {floor!r}

# --- A policy of your own, beside those of the base ---
# Each [policies.NAME] is run by itself, as if it had been there from the first instant. Its family says how
# it decides; docs/policies.md lists the families and their keys.

[policies.mine]
# What it is, in one line.
title = "Block whoever is more likely restricted than not"
family = "posterior"
block_above = 0.5  # block where a need is restricted with more than this probability
lead_time = "30d"  # from the issue of the order until it could be in place: a guess
# To act on accounts of some channels, or on some models only; others are served:
# channels = ["consumer"]
# models = ["NAME"]

# --- What is known about your numbers ---
# A number that no entry covers is shown as a guess; one that the base covers, and you changed, as your choice.
# [assumptions."policies.mine.lead_time"]
# title = "Time from the order until the gate could be in place"
# unit = "days"
# range = [7, 90]   # plausible; a value outside it brings a warning
# grade = "guess"   # or measured, published, reported, proxy, vendor, derived, choice
# sources = ["Where the number is from"]
"""


def starter(base: str = WHOLE, file: str = "FILE") -> str:
    """The text of a file to start from.

    Parameters
    ----------
    base
        The seed ``us-2026`` (the file then has an order and policies of its own), or a shipped scenario (it
        then has what differs).
    file
        Name of the file, for the commands in its comments.

    Returns
    -------
    str
        TOML with comments; it loads as it is.

    Raises
    ------
    ScenarioError
        If there is no such base, or it is a seed that says nothing of who uses the service.
    """
    if base == WHOLE:
        return _ON_A_SEED.format(file=file)
    if base in shipped():
        return _on_a_scenario(base, load(base), file)
    known = [WHOLE, *shipped()]
    if base in seeds():
        message = "says nothing of who uses the service: a file cannot run on it as it is"
        raise ScenarioError([Problem("--base", None, base, message, nearest("", known, "there are"))])
    message = f"there is no seed and no shipped scenario {shown(base)}"
    raise ScenarioError([Problem("--base", None, "", message, nearest(base, known, "there are"))])


def _on_a_scenario(base: str, loaded: Loaded, file: str) -> str:
    scenario = loaded.scenario
    return _ON_A_SCENARIO.format(
        file=file,
        base=base,
        brings="\n".join(_brings(loaded)),
        title=json.dumps(f"{scenario.title[:280]}, changed", ensure_ascii=False),
        policy=next(iter(scenario.policies), "NAME"),
        start=scenario.start.isoformat(),
        length=format_duration(scenario.length),
        people=scenario.people,
        represents=scenario.represents,
        seed=scenario.seed,
        floor=scenario.verdict.floor,
    )


def _brings(loaded: Loaded) -> Iterable[str]:
    """Comments that name what a base has."""
    scenario = loaded.scenario
    things: Mapping[str, Iterable[str]] = {
        "policies": scenario.policies,
        "models": scenario.models,
        "signals": scenario.signals,
        "documents": scenario.documents,
        "segments": scenario.segments,
        "readings": scenario.readings,
    }
    for what, names in things.items():
        line, lines = f"#   {what}:", []
        for number, name in enumerate(list(names)):
            word = f" {name}" if number == 0 else f", {name}"
            if len(line) + len(word) > _WIDTH:
                lines.append(f"{line},")
                line, word = "#    ", f" {name}"
            line += word
        yield from (*lines, line) if list(names) else ()


def new(path: str | Path, *, base: str = WHOLE) -> Path:
    """Write a file to start from.

    Parameters
    ----------
    path
        The file; it must not exist, its folder must.
    base
        As for `starter`.

    Returns
    -------
    Path
        The file. It is there whole, or not at all.

    Raises
    ------
    ScenarioError
        If the name is no name of a scenario file, the file exists, or there is no such base.
    OSError
        If it cannot be written.
    """
    target = Path(path)
    shown_as = str(target)
    if target.suffix != ".toml":
        message = "a scenario file ends in .toml"
        hint = f"for example {target.name or 'scenario'}.toml"
        raise ScenarioError([Problem(shown_as, None, "", message, hint)])
    text = starter(base, shown_as if shown_as.isprintable() else "FILE")
    if os.path.lexists(target):
        raise _exists(shown_as)
    if not target.parent.is_dir():
        raise ScenarioError([Problem(shown_as, None, "", f"there is no folder {shown(str(target.parent))}")])
    _write_whole(target, text)
    return target


def _exists(file: str) -> ScenarioError:
    return ScenarioError(
        [Problem(file, None, "", "exists already, and is left as it is", "name a file that does not")]
    )


def _write_whole(target: Path, text: str) -> None:
    """Write beside the target, then give it its name, unless somebody was quicker."""
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(draft, 0o644)
        try:
            os.link(draft, target)
        except FileExistsError:
            raise _exists(str(target)) from None
        except (OSError, NotImplementedError):
            # A file system without links: the file is whole before it gets its name here as well.
            if os.path.lexists(target):
                raise _exists(str(target)) from None
            os.replace(draft, target)
    finally:
        if os.path.lexists(draft):
            os.unlink(draft)
