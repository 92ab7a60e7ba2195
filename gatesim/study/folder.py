"""The folder of a run: there whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatesim.measures.ledger import OUTCOMES, REASONS, Ledger
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write into, which gets its name when everything is in it.

    Parameters
    ----------
    target
        The folder wanted; it must not exist.

    Yields
    ------
    Path
        A folder beside it. If the body fails, it is removed.

    Raises
    ------
    FileExistsError
        If the target exists.
    OSError
        If it cannot be written.
    """
    if target.exists():
        raise FileExistsError(17, "exists already; name a folder that does not", str(target))
    parent = target.resolve().parent
    parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=parent))
    try:
        yield draft
        draft.chmod(0o755)
        os.rename(draft, target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write an object as JSON: no NaN, dates as ISO 8601."""
    path.write_text(json.dumps(data, indent=2, allow_nan=False, default=str) + "\n", encoding="utf-8")


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as Parquet."""
    frame.to_parquet(path, index=False)


def write_ledger(scenario: Scenario, parts: Iterable[Mapping[str, Ledger]], path: Path) -> None:
    """Write a ledger as Parquet, names instead of numbers, one row a need.

    Parameters
    ----------
    scenario
        The scenario.
    parts
        The ledger in parts, one after the other; each for each reading of the orders, judged by it. Who is
        restricted is a column for each, such as ``restricted_person``.
    path
        The file. The readings that the gate saw are columns of their own, named after their signals.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: pq.ParquetWriter | None = None
    try:
        for ledgers in parts:
            table = pa.Table.from_pandas(_with_names(scenario, ledgers), preserve_index=False)
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _with_names(scenario: Scenario, ledgers: Mapping[str, Ledger]) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    def named(codes: Any, names: tuple[str, ...]) -> pd.Categorical:
        return pd.Categorical.from_codes(np.asarray(codes), categories=list(names))

    segments, space = tuple(scenario.segments), CellSpace.of(scenario)
    ledger = next(iter(ledgers.values()))
    columns: dict[str, Any] = {
        name: getattr(ledger, name) for name in Ledger.columns() if name != "restricted"
    }
    columns |= {f"restricted_{reading}": own.restricted for reading, own in ledgers.items()}
    columns["segment"] = named(ledger.segment, segments)
    columns["owner_segment"] = named(ledger.owner_segment, segments)
    columns["model"] = named(ledger.model, tuple(scenario.models))
    columns["region"] = named(ledger.region, tuple(scenario.regions))
    columns["outcome"] = named(ledger.outcome, OUTCOMES)
    columns["reason"] = named(ledger.reason, REASONS)
    columns["document"] = named(ledger.document, tuple(scenario.documents))
    codes_of = np.unravel_index(ledger.cell, space.shape)
    for signal, readings, codes in zip(space.signals, space.readings, codes_of, strict=False):
        columns[f"reads_{signal}"] = named(codes, readings)
    return pd.DataFrame(columns)


def sha256(path: Path) -> str:
    """Hash of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
