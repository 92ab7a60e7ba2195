"""Start the page: on this machine only, without telemetry, on a port that is free."""

from __future__ import annotations

import os
import socket
from pathlib import Path

HOST = "127.0.0.1"
FIRST_PORT = 8501
PORTS = 50
"""So many ports are tried, from the first, where none is asked for."""

OPTIONS = {
    "server.address": HOST,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.enableStaticServing": "false",
    "server.showEmailPrompt": "false",
    "browser.serverAddress": HOST,
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "global.developmentMode": "false",
    "logger.hideWelcomeMessage": "true",
    "logger.level": "warning",
    "theme.base": "light",
    "theme.primaryColor": "#0072B2",
}
"""What Streamlit is told; it goes before anything in a settings file of the user's."""


def is_free(port: int) -> bool:
    """Whether nothing listens on a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            # A port whose last user has just gone is free, too.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int | None:
    """The first port that is free; None where none is."""
    return next((port for port in range(FIRST_PORT, FIRST_PORT + PORTS) if is_free(port)), None)


def arguments(port: int, file: str | None) -> list[str]:
    """The command line of Streamlit."""
    script = Path(__file__).with_name("script.py")
    options = [f"--{name}={value}" for name, value in {**OPTIONS, "server.port": str(port)}.items()]
    return ["run", str(script), *options, "--", *([file] if file is not None else [])]


def serve(port: int, file: str | None) -> None:
    """Serve the page until somebody ends it.

    Parameters
    ----------
    port
        The port; it is free.
    file
        A scenario to begin with: a path or a shipped name; None for the flagship.
    """
    from streamlit.web import cli

    cli.main(arguments(port, file), prog_name="streamlit", standalone_mode=False)
