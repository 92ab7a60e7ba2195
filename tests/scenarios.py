"""A small scenario for the tests, and variations of it."""

import copy
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatesim.scenario.schema import Scenario

DATA = Path(__file__).resolve().parent / "data"
SMALL = DATA / "small.toml"

LASTING = [
    "policies.careful.clearance=forever",
    "policies.careful.ask_again_after=0s",
    "policies.ask.allow_lasts=0s",
    "policies.ask.block_lasts=0s",
    "policies.ask.clearance=forever",
    "policies.ask.ask_again_after=0s",
]
"""Sets after which the exact engine can do the small scenario: it follows states that last no time or to the end."""


class Whole(dict[str, Any]):
    """A table that replaces the one it stands for, instead of being merged into it."""


def small_data(**changes: Any) -> dict[str, Any]:
    """The plain data of the small scenario, with changes.

    Tables are merged, everything else (and a `Whole`) replaces what is there; None takes a key away. A key
    may be a path with ``__`` between its names: ``small_data(signals__ip__accuracy=1.0)``.
    """
    data = tomllib.loads(SMALL.read_text(encoding="utf-8"))
    for key, value in changes.items():
        *tables, last = key.split("__")
        place = data
        for name in tables:
            place = place.setdefault(name, {})
        _change(place, last, value)
    return data


def small(**changes: Any) -> Scenario:
    """The small scenario, with changes as `small_data` takes them; it need not be consistent.

    Examples
    --------
    >>> small(people=50, desk=None, signals__ip=Whole(observes="network", accuracy=1.0)).people
    50
    """
    return Scenario.model_validate(small_data(**changes))


def _change(place: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        place.pop(key, None)
    elif isinstance(value, Whole):
        place[key] = copy.deepcopy(dict(value))
    elif isinstance(value, Mapping) and isinstance(place.get(key), dict):
        for name, entry in value.items():
            _change(place[key], name, entry)
    else:
        place[key] = copy.deepcopy(value)
