"""Gates from outside: found by name, asked for their tables, and held to the shape that tables have.

A plug-in is a callable ``(parameters, context) -> decisions``. It comes by an entry point of the group
``gatesim.policies``, or is handed to the API. What it answers is copied into tables of our own, so all engines treat
it as they treat the families of the house; worker processes get the finished tables, never the plug-in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import extract_tb
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.frame import make_tables
from gatesim.gates.tables import CHECK, STATES, Tables
from gatesim.law.law import Epoch
from gatesim.scenario.errors import Finding, UnplacedError, nearest, shown
from gatesim.scenario.policies import Plugin
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import FOREVER
from gatesim.world.space import CellSpace

GROUP = "gatesim.policies"
"""The group of entry points."""

_ACTIONS = "0 is allow, 1 check, 2 block"
_NONE: Mapping[str, Any] = MappingProxyType({})
_handed: ContextVar[Mapping[str, Any]] = ContextVar("plug-ins handed to the API", default=_NONE)


@dataclass(frozen=True)
class Context:
    """What a plug-in may know: what a gate sees, and the law; never who makes a need.

    Attributes
    ----------
    space
        The cells: ``space.signals``, ``space.readings``, ``space.models``, ``space.shape``, ``space.index``.
    home
        The region that the orders are relative to.
    reading
        Name of the reading under which the gate is judged.
    named
        bool[model]: whether an order in force names it.
    restricted_given_cell
        float64[cell]: the probability that a need is restricted, given its cell, as the scenario has it; NaN in cells
        that no need shows. Worked out when it is asked for.
    """

    space: CellSpace
    home: str
    reading: str
    named: NDArray[np.bool_]
    _scenario: Scenario
    _epoch: Epoch

    @property
    def restricted_given_cell(self) -> NDArray[np.float64]:
        from gatesim.gates.policies.posterior import restricted_given_cell

        return restricted_given_cell(self._scenario, self._epoch)


@dataclass(frozen=True)
class Decisions:
    """What a plug-in answers.

    Attributes
    ----------
    fresh
        For an account of which nothing is known the action in each cell: 0 allow, 1 check, 2 block; shape (cells,)
        or ``space.shape``.
    allowed, blocked, cleared, check_failed
        The same in the other states; None: served where allowed or cleared, refused where blocked or failed.
    durations
        How long each of these states holds, in microseconds, by its name; those left out are as the policy says
        (``allow_lasts``, ``block_lasts``, ``clearance``, ``ask_again_after``).
    """

    fresh: Any
    allowed: Any = None
    blocked: Any = None
    cleared: Any = None
    check_failed: Any = None
    durations: Mapping[str, int] | None = None


@contextmanager
def handed(plugins: Mapping[str, Any] | None) -> Iterator[None]:
    """Let plug-ins be found by these names, before those that are installed."""
    token = _handed.set({**_handed.get(), **(plugins or {})})
    try:
        yield
    finally:
        _handed.reset(token)


class _WrongError(Exception):
    """What is wrong with a plug-in, and what would be right."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)


def _raised(error: BaseException, plug_in: object = None) -> str:
    """An exception in one line, with the last line of the plug-in's own file that led to it."""
    code = getattr(plug_in, "__code__", None)
    own = [
        frame.lineno
        for frame in extract_tb(error.__traceback__)
        if code is not None and frame.filename == code.co_filename
    ]
    where = f", {Path(code.co_filename).name}:{own[-1]}" if code is not None and own else ""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}{f': {words}' if words else ''}{where}"


def _find(policy: Plugin) -> Callable[..., Any]:
    """The plug-in of a policy."""
    found = _handed.get().get(policy.plug_in)
    if found is None:
        from importlib.metadata import entry_points

        installed = {entry.name: entry for entry in entry_points(group=GROUP)}
        if policy.plug_in not in installed:
            known = [*_handed.get(), *installed]
            hint = (
                nearest(policy.plug_in, known, "there are") if known else "none is installed or handed over"
            )
            raise _WrongError(f"there is none of this name (entry points of the group {GROUP})", hint)
        try:
            found = installed[policy.plug_in].load()
        except (Exception, SystemExit) as error:
            raise _WrongError(f"cannot be loaded: {_raised(error)}") from error
    if not callable(found):
        raise _WrongError(f"is no function but {shown(found)}", "it takes (parameters, context)")
    return found  # type: ignore[no-any-return]


def _actions(policy: Plugin, name: str, given: Any, space: CellSpace) -> NDArray[np.int8]:
    try:
        table = np.asarray(given)
        numbers = table.astype(np.float64)
    except (TypeError, ValueError):
        raise _WrongError(f"its table {name} is no array of numbers") from None
    if table.shape not in ((space.size,), space.shape):
        message = f"its table {name} has the shape {table.shape}"
        raise _WrongError(
            message, f"it must be {(space.size,)} (cells) or {space.shape} (context.space.shape)"
        )
    flat = numbers.reshape(-1)
    if np.isnan(flat).any():
        message = f"its table {name} has NaN in {int(np.isnan(flat).sum()):,} of {flat.size:,} cells"
        raise _WrongError(message, _ACTIONS)
    if not np.isin(flat, (0.0, 1.0, 2.0)).all():
        strange = flat[~np.isin(flat, (0.0, 1.0, 2.0))][0]
        raise _WrongError(f"its table {name} has the action {strange:g}", _ACTIONS)
    if (flat == CHECK).any() and not policy.documents:
        message = f"its table {name} checks, but the policy accepts no documents"
        raise _WrongError(message, 'add documents = ["..."] to the policy')
    return flat.astype(np.int8).reshape(space.shape)


def _durations(policy: Plugin, given: Mapping[str, int] | None) -> dict[int, int]:
    table: object = given
    if table is not None and not isinstance(table, Mapping):
        raise _WrongError(f"its durations are no table by state but {shown(given)}")
    found = {}
    for name, value in (given or {}).items():
        if name not in STATES[1:]:
            raise _WrongError(f'it gives a duration for "{name}"', f"the states are {', '.join(STATES[1:])}")
        number: object = value
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if not whole or not 0 <= value <= FOREVER:
            message = f"its duration of {name} is {shown(value)}"
            raise _WrongError(message, "microseconds: a whole number from 0 to 2**62 (forever)")
        found[STATES.index(name)] = int(value)
    return found


def compile(policy: Plugin, scenario: Scenario, space: CellSpace, reading: str, epoch: Epoch) -> Tables:
    """The tables of a plug-in, checked and copied.

    Raises
    ------
    ScenarioError
        If it is not there, raises, or answers what is no table; the message names the plug-in and the policy's key.
    """
    try:
        context = Context(space, scenario.home, reading, epoch.named.copy(), scenario, epoch)
        return _compiled(policy, scenario, space, context)
    except _WrongError as error:
        name = next((name for name, one in scenario.policies.items() if one is policy), policy.plug_in)
        message, hint = error.args
        path = "policies", name, "plug_in"
        raise UnplacedError(Finding(path, f'plug-in "{policy.plug_in}": {message}', hint)) from error


def _compiled(policy: Plugin, scenario: Scenario, space: CellSpace, context: Context) -> Tables:
    plug_in = _find(policy)
    try:
        answer = plug_in(dict(policy.parameters), context)
    except (Exception, SystemExit) as error:
        raise _WrongError(f"failed with {_raised(error, plug_in)}") from error
    if not isinstance(answer, Decisions):
        answer = Decisions(answer)
    tables = {"fresh": _actions(policy, "fresh", answer.fresh, space)}
    for name in STATES[1:]:
        given = getattr(answer, name)
        if given is not None:
            tables[name] = _actions(policy, name, given, space)
    made = make_tables(policy, scenario, space, **tables)  # type: ignore[arg-type]
    durations = made.durations_us.copy()
    for state, value in _durations(policy, answer.durations).items():
        durations[state] = value
    durations.flags.writeable = False
    return replace(made, durations_us=durations)
