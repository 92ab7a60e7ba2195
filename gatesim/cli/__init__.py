"""The commands: thin, and quick to start."""

from gatesim.cli.main import main

__all__ = ["main"]
