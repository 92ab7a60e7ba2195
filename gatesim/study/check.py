"""What a scenario rests on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatesim.scenario import Loaded, loaded_from
from gatesim.scenario.assumptions import Input, count_guesses, rests_on
from gatesim.study.settable import Key, settable
from gatesim.study.shown import Shown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Check(Shown):
    """A scenario that is in order, and the inputs that it rests on."""

    loaded: Loaded
    inputs: tuple[Input, ...]

    def __repr__(self) -> str:
        return f"<Check of {self.loaded.scenario.title!r}: {len(self.inputs)} inputs>"

    @property
    def guesses(self) -> tuple[int, int]:
        """How many inputs are guesses, and how many inputs there are."""
        return count_guesses(self.inputs)

    def settable(self, prefix: str = "") -> tuple[Key, ...]:
        """The keys that can be set, or those that begin with a prefix or contain it: see `gatesim.study.settable`."""
        return settable(self.loaded, self.inputs, prefix)

    def to_frame(self, keys: str | None = None) -> pd.DataFrame:
        """A table with a row an input; or, where a prefix is given, with a row for each key that begins so."""
        import pandas as pd

        if keys is not None:
            return pd.DataFrame([one.to_dict() for one in self.settable(keys)])

        return pd.DataFrame([_as_row(entry) for entry in self.inputs])

    def to_json(self, keys: str | None = None) -> str:
        """One JSON object; where a prefix is given, with the keys that begin so in place of the inputs."""
        if keys is not None:
            return json.dumps(
                {
                    "schema": 1,
                    "scenario": self.loaded.scenario.title,
                    "keys": [one.to_dict() for one in self.settable(keys)],
                    "warnings": list(self.loaded.warnings),
                },
                indent=2,
                default=str,
            )
        guesses, inputs = self.guesses
        return json.dumps(
            {
                "schema": 1,
                "scenario": self.loaded.scenario.title,
                "files": [{"name": name, "sha256": digest} for name, digest in self.loaded.files],
                "guesses": guesses,
                "inputs": inputs,
                "rests_on": [_as_row(entry) for entry in self.inputs],
                "warnings": list(self.loaded.warnings),
            },
            indent=2,
            default=str,
        )


def _as_row(entry: Input) -> dict[str, object]:
    return {
        "key": entry.key,
        "title": entry.title,
        "unit": entry.unit,
        "values": entry.values,
        "range": entry.range,
        "grade": entry.grade,
        "sources": entry.sources,
        "origin": entry.origin,
    }


def check(source: str | Path | Loaded, *, sets: tuple[str, ...] = ()) -> Check:
    """Check a scenario and list what it rests on.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    sets
        Keys to set, each ``KEY=VALUE``.

    Returns
    -------
    Check
        Its inputs, each with value, plausible range, grade and sources.

    Raises
    ------
    ScenarioError
        If the scenario is wrong.
    """
    loaded = loaded_from(source, sets)
    return Check(loaded, rests_on(loaded))
