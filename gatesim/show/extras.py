"""What to do where an extra is not installed: the command, for the very Python that runs."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def install(extra: str) -> str:
    """The command that adds an extra, such as ``.venv/bin/python -m pip install "gatesim[charts]"``.

    A plain ``pip`` may belong to another Python: that of this process is named, from the folder where it runs.
    """
    python = Path(sys.executable or "python")
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return f'{shlex.quote(str(python))} -m pip install "gatesim[{extra}]"'


def no_charts() -> str:
    """What is said where charts cannot be drawn."""
    return f"charts need Altair and vl-convert: {install('charts')}"
