"""Write the pages that follow from the code: commands, policies, measures, assumptions, scenarios.

Run ``python docs/generate.py`` (or ``make docs``); a test holds the pages against the code.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gatesim.cli.main import COMMANDS, cli
from gatesim.measures.definitions import DEFINITIONS
from gatesim.scenario import load, rests_on, shipped
from gatesim.scenario.policies import (
    Attested,
    Best,
    ByChannel,
    KOfN,
    Listed,
    Open,
    Plugin,
    Policy,
    Posterior,
    Rules,
    Score,
    Shutdown,
    Single,
)
from gatesim.scenario.types import FOREVER, format_duration
from gatesim.show.check import plain_number, values

DOCS = Path(__file__).resolve().parent
FAMILIES: tuple[type[Policy], ...] = (
    Open,
    Shutdown,
    Single,
    KOfN,
    Score,
    Posterior,
    Rules,
    Listed,
    Best,
    Attested,
    ByChannel,
    Plugin,
)
MADE = "<!-- Made by docs/generate.py; change the code, not this page. -->"


def commands() -> str:
    """The page of commands: what ``--help`` says."""
    parts = [
        "# Commands",
        MADE,
        "",
        "Exit codes: 0 done, 1 something failed, 2 the input is wrong, 130 interrupted.",
    ]
    context = click.Context(cli, info_name="gatesim", **cli.context_settings)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        with click.Context(command, parent=context, info_name=name, max_content_width=100) as own:
            parts += ["", f"## gatesim {name}", "", "```", command.get_help(own), "```"]
    return "\n".join(parts) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and "Duration" in str(field.metadata):
        return format_duration(value)
    if value == FOREVER:
        return '"forever"'
    return "none" if value in (None, (), {}, "") else repr(value).replace("'", '"')


def _fields(model: type[BaseModel], leave: set[str]) -> list[str]:
    rows = ["| key | default | what it is |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if name in leave:
            continue
        text = " ".join((field.description or field.title or "").split())
        rows.append(f"| `{name}` | {_default(field)} | {text} |")
    return rows


def _is_common(model: type[Policy], name: str) -> bool:
    return bool(model.model_fields[name].default == Policy.model_fields[name].default)


def policies() -> str:
    """The page of policy families."""
    parts = [
        "# Policies",
        MADE,
        "",
        "A policy is a family of gates with its parameters, its checks and its memory, under a name: "
        "`[policies.NAME]` in a scenario file. How a family decides is compiled to tables over cells "
        "(see [the model](model.md), section 4). What every policy may say:",
        "",
        *_fields(Policy, set()),
    ]
    for model in FAMILIES:
        # A family may have another default for what every policy has.
        common = {name for name in Policy.model_fields if _is_common(model, name)} | {"family"}
        family = model.model_json_schema()["properties"]["family"]["const"]
        parts += ["", f"## {family}", "", " ".join((model.__doc__ or "").split())]
        if set(model.model_fields) - common:
            parts += ["", *_fields(model, common)]
    return "\n".join(parts) + "\n"


def measures() -> str:
    """The page of measures."""
    parts = [
        "# Measures",
        MADE,
        "",
        "Every measure is a ratio over the needs for models that an order names, arising while it is in force, "
        "whoever made them, carve-outs included. Needs that are still pending at the end are in neither part. "
        "An empty denominator makes a measure undefined (`null` in files). How intervals are made is said in "
        "[intervals](intervals.md).",
        "",
        "| name | title | numerator | denominator | unit | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for d in DEFINITIONS:
        parts.append(f"| `{d.name}` | {d.title} | {d.numerator} | {d.denominator} | {d.unit} | {d.meaning} |")
    return "\n".join(parts) + "\n"


def assumptions() -> str:
    """The page of assumptions: those of the shipped flagship."""
    loaded = load("june-2026")
    parts = [
        "# Assumptions",
        MADE,
        "",
        "What the flagship, `june-2026`, rests on. The same list for any scenario, with `--set` and differences: "
        "`gatesim check FILE`. How derived numbers were derived is said in [sources](sources.md).",
        "",
        "| input | key | value | plausible | unit | grade | source or note |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in rests_on(loaded):
        plausible = " to ".join(map(plain_number, entry.range))
        source = "; ".join(entry.sources) or entry.note
        cells = (
            entry.title,
            f"`{entry.key}`",
            values(entry.values),
            plausible,
            entry.unit,
            entry.grade,
            source,
        )
        parts.append(
            "| " + " | ".join(" ".join(str(cell).split()).replace("|", "/") for cell in cells) + " |"
        )
    return "\n".join(parts) + "\n"


def scenarios() -> str:
    """The page of shipped scenarios: what was expected of each, and what came out."""
    parts = ["# Scenarios", MADE, "", "Shipped with the package; run any of them with `gatesim run NAME`."]
    for name in sorted(shipped()):
        scenario = load(name).scenario
        parts += ["", f"## {name}", "", scenario.title, "", *scenario.expected.strip().splitlines()]
    return "\n".join(parts) + "\n"


PAGES = {
    "commands.md": commands,
    "policies.md": policies,
    "measures.md": measures,
    "assumptions.md": assumptions,
    "scenarios.md": scenarios,
}


def main() -> None:
    """Write the pages; with ``--check`` only say which are out of date."""
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run python docs/generate.py")


if __name__ == "__main__":
    main()
