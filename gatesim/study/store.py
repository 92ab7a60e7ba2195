"""What a run leaves in its folder."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gatesim._version import __version__
from gatesim.measures.axes import SPLITS
from gatesim.scenario.schema import SCHEMA
from gatesim.study.folder import write_json, write_table
from gatesim.study.result import RESULT_SCHEMA, Result
from gatesim.study.stored import KEPT, MANIFEST, kept
from gatesim.world.draws import DRAWS_VERSION

LIBRARIES = ("numpy", "numba", "scipy", "simpy", "pandas", "pyarrow", "pydantic")


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "unknown"


def write_run(result: Result, folder: Path) -> None:
    """Write manifest, measures, days and the result as a whole into a folder: to be read, and to be read back.

    Parameters
    ----------
    result
        What to write.
    folder
        An existing folder, in the making (see `gatesim.study.folder.whole_folder`).
    """
    packed = kept(result)
    (folder / KEPT).write_bytes(packed)
    write_json(
        folder / MANIFEST,
        {
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
            "kept": sha256(packed).hexdigest(),
            "scenario": result.loaded.data,
        },
    )
    write_json(folder / "result.json", result.to_dict())
    import pandas as pd

    parts = [result.to_frame(by) for by in ("all", *(by for by in SPLITS if by != "day"), "reason")]
    write_table(folder / "measures.parquet", pd.concat(parts, ignore_index=True))
    write_table(folder / "daily.parquet", result.to_frame("day"))
