"""Random cases of one kind: coverage watches the first few, since the others pass the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

FIRST = 4


def watched(seeds: Sequence[int]) -> list[Any]:
    """Seeds as parameters of a test; all but the first few run without coverage, in half the time."""
    rest = [pytest.param(seed, marks=pytest.mark.no_cover) for seed in seeds[FIRST:]]
    return [*seeds[:FIRST], *rest]
