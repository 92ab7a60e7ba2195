"""Run every notebook from top to bottom and keep what it shows, and nothing of the machine that ran it."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent


def keep(path: Path) -> None:
    """Put into a notebook what it shows now. One that fails stays as it was.

    Parameters
    ----------
    path
        The notebook. Its metadata stay.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell raised.
    """
    book = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    kept = book.metadata.copy()
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            book,
            timeout=240,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        client.execute(env={**os.environ, "PYTHONPATH": str(ROOT)})
    book.metadata = kept
    nbformat.write(book, path)


if __name__ == "__main__":
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        print(path.relative_to(ROOT), file=sys.stderr)
        keep(path)
