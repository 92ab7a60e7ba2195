"""The notebooks run from top to bottom, show their pictures, are kept with what they showed, and say nothing else."""

import html
import os
import re
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


# --- Every number that the words quote is shown ---

COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
COUNTED = "needs|policies|limits|readings|inputs|narrowings"
NUMBER = r"(?<![\w.,:-])\d[\d,]*(?:\.\d+)?(?![\w:]|[.,]\d)"
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
NO_FINDINGS = (
    r"(?s)```.*?```",
    r"(?m)^ {4}.*$",
    r"`[^`]*`",
    r"\]\([^)]*\)",
    rf"\b\d+ (?:{MONTHS})(?: \d{{4}})?|\b(?:{MONTHS}) \d{{4}}",
    r"\b\d+:\d\d\b",
    r"\b\d+ (?:USC|CFR) [\d.]+(?:\(\d+\))?",
)
"""In words: code, addresses, dates, times of day, sections of the law."""


def numbers(words: str) -> list[tuple[str, str]]:
    """Every number, as it is written, and its unit or what it counts; of "46 to 57 %" both are per cents."""
    for count, word in enumerate(COUNTS, start=2):
        words = re.sub(rf"(?i)\b{word} (?=(?:other |listed )?(?:{COUNTED})\b)", f"{count} ", words)
    some = rf"{NUMBER}(?:(?:,| to| and| or) {NUMBER})*"
    units = rf"(?P<unit>(?:%|[kMBTh]|days)(?!\w))|(?:other |listed )?(?P<what>{COUNTED})\b"
    return [
        (number, found["unit"] or found["what"] or "")
        for found in re.finditer(rf"({some})(?: ?(?:{units}))?", words)
        for number in re.findall(NUMBER, found[1])
    ]


def is_one(quoted: tuple[str, str], shown: tuple[str, str]) -> bool:
    """Whether a number is one that is shown, or, where it has a unit, that one rounded."""
    (said, unit), (number, its_unit) = quoted, shown
    if not unit:
        return said == number
    digits = len(said.partition(".")[2])
    exact = its_unit == unit and unit in COUNTED.split("|")
    there = number if exact else f"{float(number.replace(',', '')):.{digits}f}"
    return its_unit == unit and said.replace(",", "") == there.replace(",", "")


def unfounded(words: str, shown: str) -> list[str]:
    """The numbers in some words that are nowhere in what is shown."""
    for pattern in NO_FINDINGS:
        words = re.sub(pattern, " ", words)
    there = set(numbers(shown))
    return [" ".join(one).strip() for one in numbers(words) if not any(is_one(one, other) for other in there)]


def seen(book: NotebookNode) -> str:
    """What a reader sees of the outputs, a line for each cell of a table."""
    return html.unescape(re.sub(r"<[^>]*>", "\n", "\n".join(texts(book))))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_number_that_the_words_quote_is_in_an_output(path: Path) -> None:
    book = read(path)
    words = "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert unfounded(words, seen(book)) == []


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ("Four needs fall into the time of the order, and all four are refused.", ["4 needs"]),
        ("All 8 needs are refused.", []),
        ("9 of them are.", ["9"]),
        ("It leaks 8.1 %, or 8 %, and between 8 and 59 %.", []),
        ("It leaks 8.2 %, 8.101 % or 58 %; 8.1 M.", ["8.2 %", "8.101 %", "58 %", "8.1 M"]),
        ("After 58.8 h, 6.2 M of 1,234 had.", []),
        ("On 12 June 2026 at 17:21, under 50 USC 4801(5), `people=77`, [see](a/99.html).", []),
    ],
)
def test_a_number_that_is_not_shown_is_found(words: str, missing: list[str]) -> None:
    shown = (
        "Of 8 needs that the order is about, 8 refused: 8.10 %.\n58.8 %\nThe wait is 58.8 h; 6.23 M\n1,234"
    )
    assert unfounded(words, shown) == missing
