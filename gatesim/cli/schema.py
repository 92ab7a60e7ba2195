"""``gatesim schema``."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files, for editors and other programs."""
    from gatesim.scenario.json_schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
