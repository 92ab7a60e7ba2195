"""Results that are worked out once for a scenario and kept as long as it lives."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from functools import wraps
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

from gatesim.scenario.schema import Scenario

P = ParamSpec("P")
Result = TypeVar("Result")

_RECENT = 4
"""Different worlds whose results are remembered while scenarios come and go."""


_PLAIN = {str, int, float, bool, type(None)}
"""Types without entries."""


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
        recent: deque[tuple[object, dict[Hashable, Result]]] = deque(maxlen=_RECENT)
        looking = Lock()

        @kept
        def shared(scenario: Scenario) -> dict[Hashable, Result]:
            parts = tuple(getattr(scenario, table) for table in tables)
            key = (parts, _order(parts))
            with looking:
                for known, results in recent:
                    if known == key:
                        return results
                recent.appendleft((key, {}))
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


def _order(value: object) -> object:
    """In which order the entries of tables stand, at any depth: tables that are equal may differ in it."""
    if type(value) in _PLAIN:
        return None
    if isinstance(value, Mapping):
        return tuple((key, _order(entry)) for key, entry in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(_order, value))
    fields = getattr(value, "__dict__", None)
    return tuple(map(_order, fields.values())) if fields else None
