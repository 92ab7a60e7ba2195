"""What a run leaves in its folder."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gatesim._version import __version__
from gatesim.measures.axes import SPLITS
from gatesim.scenario.schema import SCHEMA
from gatesim.study.folder import sha256, write_json, write_table
from gatesim.study.result import RESULT_SCHEMA, Result
from gatesim.study.stored import KEPT, MANIFEST, OWN_HASH, RESULTS, kept, manifest_hash
from gatesim.world.draws import DRAWS_VERSION

LIBRARIES = ("numpy", "numba", "scipy", "simpy", "pandas", "pyarrow", "pydantic")


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "unknown"


def write_run(result: Result, folder: Path) -> None:
    """Write measures, days, the result as a whole and a manifest with their hashes and its own, to be read back.

    Parameters
    ----------
    result
        What to write.
    folder
        An existing folder, in the making (see `gatesim.study.folder.whole_folder`).
    """
    import pandas as pd

    (folder / KEPT).write_bytes(kept(result))
    write_json(folder / "result.json", result.to_dict())
    parts = [result.to_frame(by) for by in ("all", *(by for by in SPLITS if by != "day"), "reason")]
    write_table(folder / "measures.parquet", pd.concat(parts, ignore_index=True))
    write_table(folder / "daily.parquet", result.to_frame("day"))
    manifest = {
        "gatesim": __version__,
        "result_schema": RESULT_SCHEMA,
        "scenario_schema": SCHEMA,
        "draws": DRAWS_VERSION,
        "libraries": {library: _version(library) for library in LIBRARIES},
        "engine": result.engine,
        "seed": result.seed,
        "replications": result.reps,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": [{"name": name, "sha256": digest} for name, digest in result.loaded.files],
        "sets": list(result.loaded.sets),
        "policies": list(result.policies),
        "results": {name: sha256(folder / name) for name in RESULTS},
        "scenario": result.loaded.data,
    }
    write_json(folder / MANIFEST, {**manifest, OWN_HASH: manifest_hash(manifest)})
