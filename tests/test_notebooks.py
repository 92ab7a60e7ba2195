"""The notebooks run from top to bottom, show their pictures, and are kept with what they showed."""

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 400_000


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code(book: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def outputs(book: NotebookNode) -> list[NotebookNode]:
    return [output for cell in code(book) for output in cell.outputs]


def texts(book: NotebookNode) -> Iterator[str]:
    """Everything a book shows that can be read."""
    for output in outputs(book):
        yield output.get("text", "")
        yield from (text for kind, text in sorted(output.get("data", {}).items()) if kind.startswith("text/"))


def assert_shown(book: NotebookNode) -> None:
    assert any("image/png" in output.get("data", {}) for output in outputs(book))
    assert [output for output in outputs(book) if output.output_type in {"stream", "error"}] == []
    for text in texts(book):
        assert "Traceback" not in text
        assert "Warning" not in text


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} >= {"compare_policies", "tweak_accuracy"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_shows_in_any_folder_what_it_is_kept_with(path: Path, tmp_path: Path) -> None:
    """`make notebooks` keeps it anew, after a change to what is shown."""
    book = read(path)
    kept = list(texts(book))
    for cell in code(book):
        cell.outputs = []
    client = NotebookClient(
        book, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert_shown(book)
    assert list(texts(book)) == kept
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_with_what_it_showed_and_nothing_of_a_machine(path: Path) -> None:
    book = read(path)
    assert_shown(book)
    assert [cell.execution_count for cell in code(book)] == list(range(1, len(code(book)) + 1))
    assert [cell.metadata for cell in book.cells if cell.metadata] == []
    assert path.stat().st_size < LARGEST
    said = path.read_text(encoding="utf-8")
    assert [name for name in ("/home/", "/root/", "/tmp/", "/work/", "C:\\\\") if name in said] == []
