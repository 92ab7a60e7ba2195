"""One file, read with care: size, kind and encoding first, then TOML, then what no scenario may hold."""

from __future__ import annotations

import hashlib
import math
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatesim.scenario.errors import SHOWN_PROBLEMS, Finding, KeyPath, Problem, ScenarioError, shown
from gatesim.scenario.schema import SCHEMA
from gatesim.scenario.syntax import hint

LARGEST = 1_000_000
"""Bytes that a scenario file may have."""
DEEPEST = 24
"""Tables within tables, at most; the schema needs ten."""

NOT_THERE = "there is no such file"

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# A key of more parts than any table is deep: tomllib takes time that grows with the square of their number.
_ENDLESS_KEY = re.compile(r"""(?<![\w"'-])(?:[\w"'-]{1,200}[ \t]*\.[ \t]*){100}""", re.ASCII)
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_LONG_NUMBER = re.compile(r"[0-9_]{4000}")
# Control characters but tab and end of line, halves of characters, what turns the order of reading, and the codes that
# Unicode keeps free of characters.
_NO_TEXT = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069\\ufdd0-\\ufdef"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)


@dataclass(frozen=True)
class Layer:
    """One file of a chain of bases.

    Attributes
    ----------
    file
        The file as shown to the user.
    text
        Its text.
    data
        Its plain data.
    sha256
        The hash of its bytes, in hex.
    """

    file: str
    text: str
    data: dict[str, Any]
    sha256: str


def read_layer(path: Path, file: str) -> Layer:
    """Read one file.

    Parameters
    ----------
    path
        The file.
    file
        Its name in messages.

    Raises
    ------
    ScenarioError
        If it cannot be read, is no TOML, or holds what no scenario may hold.
    """
    content = _read(path, file)
    text = _decode(content, file)
    data = parse(text, file)
    layer = Layer(file, text, data, hashlib.sha256(content).hexdigest())
    _check_schema_number(layer)
    return layer


def _wrong(file: str, message: str, hint: str = "", line: int | None = None) -> ScenarioError:
    return ScenarioError([Problem(file, line, "", message, hint)])


def _read(path: Path, file: str) -> bytes:
    """The bytes of an ordinary file of at most `LARGEST` bytes; never more of it, never from a pipe."""
    # Without O_NONBLOCK, opening a pipe would wait for somebody to write.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        kind = os.stat(path)
        if stat.S_ISDIR(kind.st_mode):
            raise _wrong(file, "is a directory, not a scenario file", "name a file in it")
        if not stat.S_ISREG(kind.st_mode):
            raise _wrong(file, "is no ordinary file")
        with open(os.open(path, flags), "rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise _wrong(file, NOT_THERE) from None
    except PermissionError:
        raise _wrong(file, "may not be read: permission denied") from None
    except OSError as error:
        raise _wrong(file, f"cannot be read: {error.strerror or 'an error of the system'}") from None
    except ValueError:
        raise _wrong(file, "is no name that a file can have") from None
    if len(content) > LARGEST or kind.st_size > LARGEST:
        size = max(len(content), kind.st_size)
        raise _wrong(file, f"is too large for a scenario: {size:,} bytes, at most {LARGEST:,} are read")
    return content


def _decode(content: bytes, file: str) -> str:
    if content.startswith(_UTF_16):
        raise _wrong(file, "is written in UTF-16: save it as UTF-8")
    if b"\0" in content:
        raise _wrong(file, "is no text: it holds zero bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _wrong(file, "is not written in UTF-8: save it as UTF-8", line=line) from None
    if not text.strip():
        raise _wrong(file, "is empty", f"a scenario begins with: schema = {SCHEMA}")
    return text


def parse(text: str, file: str) -> dict[str, Any]:
    """The plain data of TOML text.

    Raises
    ------
    ScenarioError
        If it is no TOML, too deep, or holds nan, inf, a whole number beyond 64 bits or what is no text.
    """
    endless = _ENDLESS_KEY.search(text)
    if endless:
        raise _wrong(file, "has a key of more than a hundred parts", line=_line(text, endless.start()))
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = _syntax(str(error), text)
        obvious = hint(text, line) if message.startswith(_NO_TOML) else ""
        raise _wrong(file, message, obvious, line) from None
    except RecursionError:
        raise _wrong(file, "is nested too deeply: brackets within brackets without end") from None
    except ValueError:
        found = _LONG_NUMBER.search(text)
        where = _line(text, found.start()) if found else None
        raise _wrong(file, "holds a number with thousands of digits", line=where) from None
    findings = list(impossible(data))
    if findings:
        from gatesim.scenario.positions import Positions

        positions = Positions(text)
        first = findings[:SHOWN_PROBLEMS]
        problems = [positions.problem(file, finding) for finding in first]
        raise ScenarioError(problems, len(findings) - len(first))
    return data


_NO_TOML = "is no valid TOML"


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _syntax(message: str, text: str) -> tuple[str, int | None]:
    """tomllib's message in our words, and the line it names."""
    found = _WHERE.search(message)
    line = None
    if found:
        line = int(found[1]) if found[1] else text.rstrip().count("\n") + 1
        message = message[: found.start()]
    if message.startswith("Cannot overwrite a value"):
        return "a key is given a second time", line
    if message.startswith("Cannot declare"):
        return "a table is declared a second time", line
    message = " ".join(message.split())[:200]
    return f"{_NO_TOML}: {message[:1].lower()}{message[1:]}", line


def impossible(data: object, path: KeyPath = ()) -> Iterator[Finding]:
    """What TOML allows and no scenario may hold: nan, inf, numbers beyond 64 bits, depth without end, no text."""
    if len(path) > DEEPEST:
        yield Finding(path[:DEEPEST], "is nested too deeply: tables within tables without end")
    elif isinstance(data, dict):
        for name, value in data.items():
            if no_text(str(name)):
                yield Finding((*path, name), f"the key {no_text(str(name))}")
            yield from impossible(value, (*path, name))
    elif isinstance(data, str):
        if no_text(data):
            yield Finding(path, no_text(data))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from impossible(value, (*path, number))
    elif isinstance(data, float) and not math.isfinite(data):
        yield Finding(path, f"must be a finite number, is {shown(data)}")
    elif isinstance(data, int) and not -(2**63) <= data < 2**63:
        yield Finding(path, "is a whole number beyond 64 bits")


def no_text(text: str) -> str:
    """What a text holds that no text of a scenario may; empty where there is nothing of the kind.

    Such a character is not seen, upsets a terminal, is no character of a page, or turns the words around it.
    """
    found = _NO_TEXT.search(text)
    if found is None:
        return ""
    code = ord(found[0])
    turns = code in range(0x202A, 0x202F) or code in range(0x2066, 0x206A)
    what = "which turns the order in which text is read" if turns else "which is no letter and no sign"
    return f"holds U+{code:04X}, {what}: leave it out; a text may hold letters, signs, tabs and ends of lines"


def _check_schema_number(layer: Layer) -> None:
    number = layer.data.get("schema")
    if type(number) is int and number == SCHEMA:
        return
    if number is None:
        message, hint = "is missing", f"write, as the first line: schema = {SCHEMA}"
    elif type(number) is int and number > SCHEMA:
        message = f"schema = {number} is newer than this gatesim, which reads {SCHEMA}"
        hint = "upgrade it: pip install --upgrade gatesim"
    else:
        message, hint = f"schema = {shown(number)} is unknown", f"this gatesim reads schema = {SCHEMA}"
    from gatesim.scenario.positions import Positions

    raise ScenarioError([Positions(layer.text).problem(layer.file, Finding(("schema",), message, hint))])
