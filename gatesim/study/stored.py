"""A run's folder read back: the result as it was, so that it can be shown without running anything again."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gatesim._version import __version__
from gatesim.measures.axes import SPLITS
from gatesim.measures.definitions import Measure
from gatesim.measures.remains import Remains
from gatesim.measures.verdict import Verdict
from gatesim.scenario import Input, Loaded, ScenarioError, build
from gatesim.study.audits import Audited
from gatesim.study.caps import Capped
from gatesim.study.folder import sha256
from gatesim.study.result import RESULT_SCHEMA, Found, Result
from gatesim.study.strategy import Course
from gatesim.study.transition import Transition

MANIFEST, KEPT = "manifest.json", "kept.json.gz"

OWN_HASH = "sha256"
"""The key of a manifest's hash of itself."""

RESULTS = (KEPT, "result.json", "measures.parquet", "daily.parquet")
"""What every run leaves beside its manifest, which has their hashes: the result as it was, and for others to read."""


class InputError(ValueError):
    """A folder that cannot be read as a run's, or a place where its report cannot be; the message says what to do."""


@dataclass(frozen=True)
class Kept:
    """All of a result but its scenario; see `Result` and `Loaded` for what each is."""

    engine: str
    seed: int
    reps: int
    reading: str
    found: dict[str, dict[str, Found]]
    verdict: Verdict
    sentence: str
    transition: Transition | None
    course: Course | None
    inputs: tuple[Input, ...]
    guesses: int
    desk: dict[str, str]
    notes: tuple[str, ...]
    seconds: dict[str, float]
    audits: tuple[Audited, ...]
    files: tuple[tuple[str, str], ...]
    origin: dict[str, str]
    warnings: tuple[str, ...]
    sets: tuple[str, ...]
    by_order: dict[int, dict[str, dict[str, Found]]] = field(default_factory=dict)
    caps: Capped | None = None
    remains: Remains | None = None
    expected: dict[str, dict[str, Measure]] = field(default_factory=dict)


_OF_LOADED = ("files", "origin", "warnings", "sets")


def kept(result: Result) -> bytes:
    """A result as it is kept in its folder: JSON, packed; the same bytes for the same result."""
    found = {
        reading: {
            policy: replace(
                one, by={by: {name: dict(of) for name, of in one.by[by].items()} for by in SPLITS}
            )
            for policy, one in policies.items()
        }
        for reading, policies in result.found.items()
    }
    values: dict[str, Any] = {
        one.name: getattr(result.loaded if one.name in _OF_LOADED else result, one.name)
        for one in fields(Kept)
    }
    values |= {"found": found, "desk": dict(result.desk), "seconds": dict(result.seconds)}
    return gzip.compress(TypeAdapter(Kept).dump_json(Kept(**values), warnings=False), mtime=0)


def manifest_hash(manifest: Mapping[str, Any]) -> str:
    """The hash of a manifest: of its JSON without blanks, keys in order, without the hash itself."""
    data = {key: value for key, value in manifest.items() if key != OWN_HASH}
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a run's folder says of itself.

    Raises
    ------
    InputError
        If it is no such folder, of another version, or not as it was written.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        raise InputError(f"{folder}: {what}; give a folder that gatesim run --out DIR made")
    if not (folder / MANIFEST).exists():
        raise InputError(f"{folder}: has no {MANIFEST}; give a folder that gatesim run --out DIR made")
    _refuse_no_file(folder / MANIFEST)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise InputError(f"{folder / MANIFEST}: is no JSON: the folder is damaged; run it again") from None
    number = manifest.get("result_schema") if isinstance(manifest, dict) else None
    if number != RESULT_SCHEMA:
        by = manifest.get("gatesim", "something else") if isinstance(manifest, dict) else "something else"
        raise InputError(
            f"{folder / MANIFEST}: result_schema is {number!r} (written by gatesim {by}), and gatesim {__version__} "
            f"reads {RESULT_SCHEMA}; run the scenario again with --out"
        )
    assert isinstance(manifest, dict)
    if manifest.get(OWN_HASH) != manifest_hash(manifest):
        raise InputError(
            f"{folder / MANIFEST}: is not as it was written: it was changed or damaged, or written by an earlier "
            "gatesim; run it again with --out"
        )
    return manifest


def _refuse_no_file(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is no ordinary file: the folder is damaged; run it again with --out")


def read_run(folder: str | Path) -> Result:
    """The result of a run, from its folder.

    Parameters
    ----------
    folder
        As ``gatesim run --out`` made it.

    Returns
    -------
    Result
        Equal to the one that was written.

    Raises
    ------
    InputError
        If the folder is not there, incomplete, damaged or of another version.
    OSError
        If it cannot be read.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    _held_whole(folder, manifest)
    try:
        read = TypeAdapter(Kept).validate_json(gzip.decompress((folder / KEPT).read_bytes()))
        data = _with_dates(manifest["scenario"])
        scenario = build(data, str(folder / MANIFEST))
    except (OSError, EOFError, zlib.error, ValidationError, KeyError, ScenarioError) as error:
        raise InputError(
            f"{folder}: cannot be read by gatesim {__version__} (written by {manifest.get('gatesim')}): "
            f"{str(error).splitlines()[0]}; run it again with --out"
        ) from None
    loaded = Loaded(scenario, data, read.files, read.origin, read.warnings, read.sets)
    values = {one.name: getattr(read, one.name) for one in fields(Kept) if one.name not in _OF_LOADED}
    return Result(loaded, **values)


def _held_whole(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a folder in which not every result is as it was written; ledgers may be moved away, they are large."""
    hashes = manifest.get("results")
    for name in RESULTS:
        _refuse_no_file(folder / name)
        try:
            digest = sha256(folder / name)
        except FileNotFoundError:
            raise InputError(
                f"{folder}: has no {name}: it is incomplete, or written by an earlier gatesim; "
                "run it again with --out"
            ) from None
        if not isinstance(hashes, dict) or digest != hashes.get(name):
            raise InputError(
                f"{folder / name}: is not the file that {MANIFEST} was written with: the folder is damaged, or "
                "written by an earlier gatesim; run it again with --out"
            )


def _with_dates(data: Any) -> Any:
    """Data of a scenario from JSON: what is written as a date and time with a zone is one."""
    if isinstance(data, dict):
        return {key: _with_dates(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_with_dates(value) for value in data]
    if isinstance(data, str) and len(data) in range(25, 33) and data[4:5] == data[7:8] == "-":
        try:
            return datetime.fromisoformat(data)
        except ValueError:
            return data
    return data
