"""Results that are worked out once for a scenario and kept as long as it lives."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from functools import wraps
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

from gatesim.scenario.schema import Scenario

P = ParamSpec("P")
Result = TypeVar("Result")

_RECENT = 4
"""Different worlds whose results are remembered while scenarios come and go."""


def kept(function: Callable[Concatenate[Scenario, P], Result]) -> Callable[Concatenate[Scenario, P], Result]:
    """Make a pure function of a scenario remember its results for as long as the scenario exists.

    A scenario is never changed once read, but holds tables and so cannot be a key by its value: it is one by
    its identity. The further arguments must be hashable. A result must not hold the scenario itself, or
    neither would ever be freed.
    """
    results: dict[int, dict[Hashable, Result]] = {}

    @wraps(function)
    def remembering(scenario: Scenario, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        own = results.get(id(scenario))
        if own is None:
            own = results[id(scenario)] = {}
            weakref.finalize(scenario, results.pop, id(scenario), None)
        key = (args, tuple(sorted(kwargs.items())))
        if key not in own:
            own[key] = function(scenario, *args, **kwargs)
        return own[key]

    return remembering


def kept_by(
    *tables: str,
) -> Callable[[Callable[Concatenate[Scenario, P], Result]], Callable[Concatenate[Scenario, P], Result]]:
    """Make a pure function that looks at some tables of a scenario only remember its results.

    Scenarios that agree in these tables, and in the order of their entries, by which results are numbered, share them,
    whatever else differs: a limit, a law, a policy. Only the last few different ones are known. Any thread may ask.

    Parameters
    ----------
    tables
        Names of the tables, as `Scenario` has them.
    """

    def decorate(
        function: Callable[Concatenate[Scenario, P], Result],
    ) -> Callable[Concatenate[Scenario, P], Result]:
        recent: deque[tuple[tuple[object, ...], dict[Hashable, Result]]] = deque(maxlen=_RECENT)
        looking = Lock()

        @kept
        def shared(scenario: Scenario) -> dict[Hashable, Result]:
            parts = tuple(getattr(scenario, table) for table in tables)
            with looking:
                for known, results in recent:
                    if known == parts and _in_one_order(known, parts):
                        return results
                recent.appendleft((parts, {}))
                return recent[0][1]

        @wraps(function)
        def remembering(scenario: Scenario, /, *args: P.args, **kwargs: P.kwargs) -> Result:
            own = shared(scenario)
            key = (args, tuple(sorted(kwargs.items())))
            if key not in own:
                own[key] = function(scenario, *args, **kwargs)
            return own[key]

        return remembering

    return decorate


_PLAIN = frozenset({str, int, float, bool, type(None), datetime})
"""Types of entries that hold no others."""


def _in_one_order(one: object, other: object) -> bool:
    """Whether the entries of two equal tables stand in the same order, at any depth."""
    if one is other or type(one) in _PLAIN:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(
            key == its_key and _in_one_order(entry, its_entry)
            for (key, entry), (its_key, its_entry) in zip(one.items(), other.items(), strict=True)
        )
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return all(map(_in_one_order, one, other))
    fields, its_fields = getattr(one, "__dict__", None), getattr(other, "__dict__", None)
    return not fields or not its_fields or all(map(_in_one_order, fields.values(), its_fields.values()))
