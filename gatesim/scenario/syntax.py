"""What is probably meant where a file is no TOML: a hint, from the line at which reading it failed."""

from __future__ import annotations

import re

_EXAMPLE = "2026-06-12T17:21:00-04:00"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}|\b\d{{1,2}}\.?\s+{_MONTH}\b|\b{_MONTH}\s+\d",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"""^((?:[^"'#]|"(?:[^"\\]|\\.)*"|'[^']*')*)#.*$""")
_KEY = r"""[\w."'*-]+(?:\s*\.\s*[\w."'*-]+)*"""


def hint(text: str, line: int | None) -> str:
    """What would be right, where that is obvious.

    Parameters
    ----------
    text
        The text of the file.
    line
        The line at which reading it failed, from 1; None where that is not known.

    Returns
    -------
    str
        A few words; empty where nothing is obvious.
    """
    lines = text.splitlines()
    if line is None or not 0 < line <= len(lines):
        return ""
    here = _COMMENT.sub(r"\1", lines[line - 1]).strip()
    opened = _still_open(lines[: line - 1])
    if opened is not None:
        return f"the bracket {opened[1]} that opens in line {opened[0]} is not closed"
    if here.startswith("["):
        return _of_a_header(here)
    if "=" not in here:
        return _without_equals(here)
    key, _, value = (part.strip() for part in here.partition("="))
    return _of_a_value(key, value)


def _of_a_header(here: str) -> str:
    doubled = here.startswith("[[")
    name = here.strip("[] ")
    if re.fullmatch(_KEY, name):
        right = f"[[{name}]]" if doubled else f"[{name}]"
        if right != here:
            return f"write the name of a table in brackets: {right}"
    return ""


def _without_equals(here: str) -> str:
    found = re.fullmatch(rf"({_KEY})\s*(?::|\s)\s*(.+)", here)
    if found:
        return f"write = between key and value: {found[1]} = {_quoted(found[2])}"
    if re.fullmatch(_KEY, here):
        return f"write = and a value after the key: {here} = ..."
    return ""


def _quoted(value: str) -> str:
    """A value as it probably is meant."""
    if re.fullmatch(r"[-+]?[\d_.]+(?:e[-+]?\d+)?|true|false|[\"'\[{].*", value):
        return value
    return f'"{value}"'


def _of_a_value(key: str, value: str) -> str:
    if not re.fullmatch(_KEY, key):
        return f'write a key with odd characters in quotes: "{key}" = ...' if '"' not in key else ""
    if not value:
        return f"write a value after the =: {key} = ..."
    if any(quote in value for quote in "“”„‘’«»"):
        return 'write straight quotes around a text: "..."'
    if value.startswith("="):
        return f"write one =: {key} = {value.lstrip('= ')}"
    unclosed = _unclosed(value)
    if unclosed:
        return unclosed
    if _DATE.match(value):
        return f"write a date and time with its zone: {_EXAMPLE}"
    if re.fullmatch(r"[-+]?\d+\s*,\s*\d+", value):
        whole, decimals = value.split(",")
        return f"write a decimal point: {whole.strip()}.{decimals.strip()}"
    if re.fullmatch(r"[-+]?\d+(?:\.\d+)?\s*%", value, re.ASCII):
        return f"write a share in place of a percentage: {float(value.rstrip('% ')) / 100:.12g}"
    if re.fullmatch(r"[-+]?\.\d+", value):
        return f"write a digit before the point: {value.replace('.', '0.', 1)}"
    if re.fullmatch(r"[-+]?\d+\.", value):
        return f"write a digit after the point: {value}0"
    if re.fullmatch(r"0\d+", value):
        return f"write a number without noughts before it: {value.lstrip('0') or '0'}"
    if value.lower() in ("true", "yes", "on", "false", "no", "off"):
        return f"write {'true' if value.lower() in ('true', 'yes', 'on') else 'false'}"
    if value.lower() in ("null", "none", "nil"):
        return f'leave the key out: without = ["{key}"] takes away what a base has'
    if re.fullmatch(r"[^\s\"'\[{][^\"]*", value) and not re.fullmatch(r"[-+\d._]+", value):
        return f'write a text, or a duration, in quotes: {key} = "{value}"'
    return ""


def _unclosed(value: str) -> str:
    for quote in ('"', "'"):
        if (
            value.startswith(quote)
            and not value.startswith(quote * 3)
            and not re.match(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}", value)
        ):
            return f"close the quotes: {value}{quote}"
    for opening, closing in (("[", "]"), ("{", "}")):
        if value.startswith(opening) and not value.endswith(closing):
            space = " " if opening == "{" else ""
            return f"close the bracket in the same line: {value.rstrip(', ')}{space}{closing}"
    return ""


def _still_open(lines: list[str]) -> tuple[int, str] | None:
    """The line and the kind of an array that is open after some lines; None where none is.

    Texts over several lines are not looked into: where one begins, nothing is said.
    """
    open_at: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if '"""' in line or "'''" in line:
            return None
        plain = re.sub(r""""(?:[^"\\]|\\.)*"|'[^']*'""", "", line).split("#")[0]
        if not open_at and plain.strip().startswith("["):
            continue  # the name of a table
        for character in plain.partition("=")[2] if not open_at else plain:
            if character in "[{":
                open_at.append((number, character))
            elif character in "]}" and open_at:
                open_at.pop()
    return open_at[-1] if open_at else None
