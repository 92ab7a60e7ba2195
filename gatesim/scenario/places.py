"""Where the shipped seeds and scenarios are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(kind: str) -> Path:
    """The folder of the shipped ``seeds`` or ``scenarios``: package data, or a folder of the source tree."""
    packed = _PACKAGE / "_data" / kind
    return packed if packed.is_dir() else _PACKAGE.parent / kind


def _files(kind: str) -> Mapping[str, Path]:
    return MappingProxyType({path.stem: path for path in sorted(folder(kind).glob("*.toml"))})


def shipped() -> Mapping[str, Path]:
    """The scenarios that come with gatesim: name -> file."""
    return _files("scenarios")


def seeds() -> Mapping[str, Path]:
    """The seeds that come with gatesim: name -> file."""
    return _files("seeds")
