"""``gatesim app``."""

from __future__ import annotations

import click


@click.command("app")
@click.argument("scenario", metavar="[SCENARIO]", required=False)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="Serve on this port.  [default: the first that is free, from 8501 on]",
)
def command(scenario: str | None, port: int | None) -> None:
    """Open a page on this machine on which SCENARIO (a file, or a shipped name) can be moved.

    Sliders for accuracy, coverage, VPN use, documents, staff, limit, reading and floor; the table, the frontier and
    the map follow from the exact engine. It needs the extra app.
    """
    from importlib.util import find_spec

    missing = [name for name in ("streamlit", "altair", "tomlkit") if find_spec(name) is None]
    if missing:
        from gatesim.show.extras import install

        raise click.UsageError(f"the page needs {' and '.join(missing)}: {install('app')}")
    from gatesim.scenario import load
    from gatesim.show.app.serve import HOST, free_port, is_free, serve
    from gatesim.show.app.settings import Panel
    from gatesim.show.page import warn

    if scenario is not None:
        loaded = load(scenario)
        Panel(scenario, loaded, scenario)
        warn(loaded.warnings)
    if port is None:
        port = free_port()
        if port is None:
            raise click.UsageError("no port from 8501 on is free: name one with --port")
    elif not is_free(port):
        raise click.UsageError(
            f"port {port} is in use (or may not be used): name another with --port, or none: then a free one is found"
        )
    click.echo(f"The page is at http://{HOST}:{port} (this machine only). Ctrl-C ends it.")
    serve(port, scenario)
