"""The exact engine under a changing parameter: what does not change is worked out once.

Needs in the rows of `gatesim.exact.rows` are *linear* in most parameters: the accuracy or coverage of one signal, the
share of people with a VPN. Then the rows at the ends of the range say all in between. That is known from the form of
the key, and checked by numbers at two points inside. Other parameters take the rows of each changed scenario anew.

What a policy with memory serves is no linear function, but a smooth one as long as its tables stay: then values at a
few points say all in between (see `gatesim.exact.smooth`).

A policy's tables are compiled once where they follow from its own parameters. Those of ``posterior`` follow from the
needs themselves, and are compared with its thresholds at every value.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.corners import SAME, corners, inside, weights
from gatesim.exact.evaluate import World
from gatesim.exact.expected import END_LATE, END_SERVED
from gatesim.exact.rows import ENTITLED, RESTRICTED, Decided, Layout, aligned, decided, passes_of, rows_of
from gatesim.exact.smooth import Smooth, smooth
from gatesim.exact.states import has_memory
from gatesim.exact.tabled import over_points
from gatesim.gates.bounds import Check
from gatesim.gates.compile import compile_gate
from gatesim.gates.policies.posterior import never_looks_again
from gatesim.gates.tables import ALLOW, BLOCK, CHECK, Tables
from gatesim.law.law import Law
from gatesim.scenario.parameter import Parameter, changed
from gatesim.scenario.policies import Best, ByChannel, Posterior
from gatesim.scenario.schema import Scenario

Floats = NDArray[np.float64]

_INSIDE_PIECE = 1e-6
"""So far inside, in parts of the range, the tables of a piece hold for certain, whatever the rounding."""

_WORLDS = 40
"""Worlds at other values that are kept for the next policy."""

_MOST_PIECES = 12
"""With more changes of its tables, a policy with memory is evaluated anew at each value."""

_ANSWERS = (
    "gives_up",
    "never_answers",
    "presents_forged",
    "presents_borrowed",
    "documents",
)
"""Keys of a segment that say how its owners answer a check."""

_UNMOVED = ("policies", "verdict", "documents", "checkers", "desk", "reactions", "people", "seed")
"""Tables of a scenario on which no needs depend."""


class OwnServed(NamedTuple):
    """What a gate serves as one order by itself counts.

    Attributes
    ----------
    leaks
        Needs served that the order restricts.
    served
        Needs served that it measures.
    restricted
        All needs that it restricts.
    """

    leaks: float
    served: float
    restricted: float


@dataclass(frozen=True)
class Served:
    """What a gate serves over the time in force, of all accounts represented.

    Attributes
    ----------
    entitled, restricted
        Entitled needs served, and leaks.
    all_entitled, all_restricted
        All entitled and all restricted needs.
    own
        The same as each order by itself counts, where that is asked for.
    """

    entitled: float
    restricted: float
    all_entitled: float
    all_restricted: float
    own: tuple[OwnServed, ...] = ()

    @classmethod
    def of(cls, served: Floats, total: Floats) -> Served:
        """From float64[kind] of needs served, and of all needs; kinds as in `gatesim.exact.rows.Rows`."""
        done, every = served.tolist(), total.tolist()
        own = tuple(OwnServed(done[kind], done[kind + 1], every[kind]) for kind in range(2, len(done), 2))
        return cls(done[0], done[1], every[0], every[1], own)

    @property
    def served_entitled(self) -> float | None:
        """Share of entitled needs served; None where there are none."""
        return self.entitled / self.all_entitled if self.all_entitled > 0 else None

    @property
    def leak_rate(self) -> float | None:
        """Leaks for each restricted need; None where there are none."""
        return self.restricted / self.all_restricted if self.all_restricted > 0 else None

    @property
    def leak_share(self) -> float | None:
        """Leaks for each served need; None where nothing is served."""
        served = self.entitled + self.restricted
        return self.restricted / served if served > 0 else None

    def base(self, ratio: str) -> float:
        """The denominator of a leak ratio."""
        return self.all_restricted if ratio == "leak_rate" else self.entitled + self.restricted


def moves_answers(parameter: Parameter) -> bool:
    """Whether how checks come out depends on a parameter."""
    return any(
        path[0] in ("documents", "checkers")
        or (path[0] == "segments" and len(path) > 2 and path[2] in _ANSWERS)
        for path in parameter.paths
    )


def leaves_needs_alone(parameter: Parameter) -> bool:
    """Whether no need, and no reading of one, depends on a parameter."""
    return all(
        path[0] in _UNMOVED
        or (path[0] == "segments" and len(path) > 2 and path[2] in _ANSWERS)
        or (path[0] == "orders" and "standard" in path)
        for path in parameter.paths
    )


def is_linear(scenario: Scenario, parameter: Parameter) -> bool:
    """Whether needs are linear in a parameter, by the form of its key.

    A need's readings are products over signals, and within a signal sums over what it may read: linear in the
    accuracy, or in the coverage, of one signal that no cause ties to others. A VPN is on with the product of two
    shares, so needs are linear in either.
    """
    tied = {name for cause in scenario.causes.values() for name in cause.signals}
    kinds = set()
    for path in parameter.paths:
        if path[0] == "signals":
            fields = {str(name) for name in path[2:]} & {"accuracy", "coverage"}
            if path[1] in tied or len(fields) != 1:
                return False
            kinds.add(("signals", path[1], *fields))
        elif path[0] == "segments" and path[2:3] == ("vpn",) and path[3:] in (("users",), ("on",)):
            kinds.add(("vpn", path[3]))
        else:
            return False
    return len(kinds) == 1


class Varied:
    """A scenario under one reading, with one or more of its numbers varied.

    Parameters
    ----------
    scenario
        The scenario.
    law_of
        The law of a changed scenario.
    parameters
        What is varied; none is allowed.
    policies
        Names of the policies that will be asked for; by default all.
    own_of
        Of a changed scenario and its law, the laws in which one order alone counts; by default none. Gates go by the
        law of all orders, and their needs are counted by each of these as well.
    """

    def __init__(
        self,
        scenario: Scenario,
        law_of: Callable[[Scenario], Law],
        parameters: Sequence[Parameter] = (),
        policies: Iterable[str] | None = None,
        own_of: Callable[[Scenario, Law], Sequence[Law]] = lambda scenario, law: (),
    ) -> None:
        self.scenario, self.parameters = scenario, tuple(parameters)
        self._law_of, self._own_of = law_of, own_of
        self.law = law_of(scenario)
        self.own = tuple(own_of(scenario, self.law))
        moving = [p for p in self.parameters if not leaves_needs_alone(p)]
        self._moving = moving
        self._moves = [p in moving for p in self.parameters]
        self._law_moves = any(p.table in ("orders", "length", "start") for p in moving)
        self.linear = all(is_linear(scenario, p) for p in moving)
        if self.linear:
            self._at_corners()
        if self.linear and moving and not self._agrees():
            self.linear = False
        self._worlds = lru_cache(maxsize=_WORLDS)(self._worlds_of)
        """The worlds at some values (a tuple), all orders' first: the same for all policies."""
        self._kept: tuple[tuple[float, ...], Layout, Floats] | None = None
        self._same_zeros: dict[tuple[str, bytes, tuple[float | None, ...]], tuple[float, ...]] = {}
        names = scenario.policies if policies is None else policies
        self._gates = {name: _Gate(self, name) for name in names}

    def _at_corners(self) -> None:
        scenarios = (changed(self.scenario, self._moving, corner) for corner in corners(self._moving))
        self.layout, needs = aligned([rows_of(other, self.law, own=self.own) for other in scenarios])
        self.corners: Floats = np.stack(needs)
        """float64[corner, kind, row, segment]; of several parameters the last varies fastest."""
        self.corners_by_row: Floats = self.corners.sum(axis=3)
        self._by_row_flat = self.corners_by_row.reshape(len(self.corners), -1)
        self._totals: Floats = self.corners_by_row.sum(axis=2)

    def weights(self, values: Sequence[float]) -> Floats:
        """How much each corner counts at some values: float64[corner]."""
        if len(self._moving) < len(self.parameters):
            values = [value for value, moves in zip(values, self._moves, strict=True) if moves]
        return weights(self._moving, values)

    def _agrees(self) -> bool:
        """Whether the rows in between are what the corners say."""
        for values in inside(self.parameters):
            layout, (real,) = aligned([rows_of(self.at(values), self.law, own=self.own)])
            number = {key: row for row, key in enumerate(self.layout.key)}
            if any(key not in number for key in layout.key):
                return False
            said = np.tensordot(self.weights(values), self.corners, axes=1)
            off = said.copy()
            off[:, [number[key] for key in layout.key]] -= real
            if np.abs(off).max(initial=0.0) > SAME * max(said[:2].sum(), 1.0):
                return False
        return True

    def at(self, values: Sequence[float]) -> Scenario:
        """The scenario at some values of the parameters."""
        return changed(self.scenario, self.parameters, values) if self.parameters else self.scenario

    def law_at(self, scenario: Scenario) -> Law:
        """The law of the scenario at some values."""
        return self._law_of(scenario) if self._law_moves else self.law

    def laws_at(self, scenario: Scenario) -> tuple[Law, tuple[Law, ...]]:
        """The law of the scenario at some values, and those in which one order alone counts."""
        if not self._law_moves:
            return self.law, self.own
        law = self._law_of(scenario)
        return law, tuple(self._own_of(scenario, law))

    def needs(self, values: Sequence[float]) -> tuple[Layout, Floats]:
        """The rows, and float64[kind, row, segment] of needs in them, at some values."""
        if self.linear:
            return self.layout, np.tensordot(self.weights(values), self.corners, axes=1)
        key = tuple(values)
        if self._kept is None or self._kept[0] != key:
            scenario = self.at(values)
            law, own = self.laws_at(scenario)
            rows = rows_of(scenario, law, own=own)
            self._kept = (key, rows.layout, rows.needs)
        return self._kept[1], self._kept[2]

    def by_row(self, values: Sequence[float]) -> Floats:
        """float64[kind, row]: needs at some values."""
        if self.linear:
            found: Floats = (self.weights(values) @ self._by_row_flat).reshape(self.corners_by_row.shape[1:])
            return found
        summed: Floats = self.needs(values)[1].sum(axis=2)
        return summed

    def totals(self, values: Sequence[float]) -> Floats:
        """float64[kind]: all entitled, all restricted needs at some values, and those of each order."""
        if self.linear:
            found: Floats = self.weights(values) @ self._totals
            return found
        found = self.by_row(values).sum(axis=1)
        return found

    def remembers(self, policy: str) -> bool:
        """Whether a policy has a memory, so that each evaluation takes the whole engine."""
        return self._gates[policy].remembers

    def may_hide_leaks(self, policy: str) -> bool:
        """Whether a policy may leak though what it serves says that it does not.

        Without memory and checks that is a sum of what is never negative, with nothing left out. Of a case that waits
        when the gate opens for it the engine says nothing, and products of many small probabilities may end as zero.
        """
        gate = self._gates[policy]
        return gate.remembers or gate.check is not None

    def same_zeros(self, policy: str, values: Sequence[float]) -> tuple[float, ...]:
        """Values at which the same needs, however improbable, may be served by a policy; often the same ones for many.

        What is a plain number of signals or segments is zero, or all, at an end of its range or nowhere.
        """
        plain = all(
            p.scale is None and not p.whole and p.table in ("signals", "segments") for p in self.parameters
        )
        tables = self._gates[policy].tables_at(values) if plain and not self._law_moves else None
        if tables is None:
            return tuple(values)
        ends = tuple(
            None if p.low < value < p.high else value
            for p, value in zip(self.parameters, values, strict=True)
        )
        return self._same_zeros.setdefault((policy, tables, ends), tuple(values))

    def is_fixed(self, policy: str) -> bool:
        """Whether a policy does the same at all values, so that what it serves is linear as well."""
        return self._gates[policy].fixed is not None

    def served(self, policy: str, values: Sequence[float] = ()) -> Served:
        """What a policy serves at some values of the parameters.

        Raises
        ------
        CannotDo
            If the exact engine cannot do a policy with a memory.
        """
        gate = self._gates[policy]
        if gate.remembers:
            found = gate.smoothly(values)
            return Served.of(*(self._by_world(policy, values) if found is None else np.maximum(found, 0.0)))
        return Served.of(gate.served(values), self.totals(values))

    def served_at(self, policy: str, grid: Floats) -> Floats:
        """What a policy serves at many values: float64[point, kind].

        Parameters
        ----------
        policy
            Its name; `is_fixed`.
        grid
            float64[point, parameter].
        """
        gate = self._gates[policy]
        assert gate.fixed is not None
        weights = np.ones((len(grid), 1))
        for number, parameter in enumerate(self.parameters):
            if self._moves[number]:
                part = (grid[:, number] - parameter.low) / (parameter.high - parameter.low)
                pair = np.stack([1.0 - part, part], axis=1)
                weights = (weights[:, :, None] * pair[:, None, :]).reshape(len(grid), -1)
        found: Floats = weights @ gate.fixed
        return found

    def remembering_at(self, policy: str, grid: Floats) -> Floats | None:
        """What a policy with a memory serves at many values of two parameters: float64[point, kind].

        None where a few points do not say it: where the rows are not linear in what moves its tables, where these are
        many, where what it serves is not smooth.

        Parameters
        ----------
        policy
            Its name.
        grid
            float64[point, parameter].

        Raises
        ------
        CannotDo
            If the exact engine cannot do the policy.
        """
        gate = self._gates[policy]
        return gate.smoothly_at(grid) if gate.pieces is not None else gate.by_tables_at(grid)

    def is_smooth(self, policy: str) -> bool:
        """Whether a few points say what a policy with memory serves at all values."""
        return self._gates[policy].pieces is not None

    def breakpoints(self, policy: str) -> list[float]:
        """Values of the only parameter at which a policy's tables change, where these can be told."""
        return self._gates[policy].breakpoints()

    @cached_property
    def needs_at_most(self) -> float:
        """All needs, for a measure of how far two numbers may be apart."""
        return max(float(self.totals([p.low for p in self.parameters])[:2].sum()), 1.0)

    def _worlds_of(self, values: tuple[float, ...]) -> tuple[World, ...]:
        scenario = self.at(values)
        law, own = self.laws_at(scenario)
        return tuple(World(scenario, each) for each in (law, *own))

    def _by_world(
        self, policy: str, values: Sequence[float], gate: tuple[Tables, ...] | None = None
    ) -> Floats:
        """Float64[2, kind]: needs served, and all needs; with other tables than its own there, if they are given."""
        first, *own = self._worlds(tuple(values))
        scenario, known = first.scenario, self._gates[policy].tables
        if gate is None:
            # Where nothing varies the tables are made already.
            gate = known if known and not self.parameters else compile_gate(scenario, policy, first.law)
        scale = scenario.represents / scenario.people
        sums: list[Floats] = []
        for world in (first, *own):
            ends = world.evaluate(gate, policy, daily=False).counts.sum(axis=(0, 1, 2)) * scale
            both = np.stack([ends[:, [END_SERVED, END_LATE]].sum(axis=1), ends.sum(axis=1)])
            # Of an order by itself what it restricts, and all that it measures.
            sums.append(both if world is first else np.stack([both[:, RESTRICTED], both.sum(axis=1)], axis=1))
        return np.concatenate(sums, axis=1)


class _Gate:
    """A policy under a changing parameter."""

    def __init__(self, varied: Varied, name: str) -> None:
        self._varied, self._name = varied, name
        policy = varied.scenario.policies[name]
        self._policy = policy
        parts = {name, *(policy.parts.values() if isinstance(policy, ByChannel) else ())}
        own = [
            p
            for p in varied.parameters
            if any(q[0] == "policies" and q[1:2] and q[1] in parts for q in p.paths)
        ]
        self._own = own
        follows_needs = any(isinstance(varied.scenario.policies[part], Posterior | Best) for part in parts)
        thresholds = all(q[2:] in (("block_above",), ("check_above",)) for p in own for q in p.paths)
        self._by_threshold = isinstance(policy, Posterior) and not policy.beliefs and thresholds
        self.check = Check(policy.documents, policy.checker) if policy.documents else None
        # What moves the tables: the policy's own numbers, and, where they follow from needs, whatever moves these.
        moves = bool(own) or (follows_needs and bool(varied.parameters))
        self._passes_move = any(map(moves_answers, varied.parameters)) and self.check is not None
        self.tables = None if moves else compile_gate(varied.scenario, name, varied.law)
        self.remembers = self._has_memory()
        self.fixed: Floats | None = None
        self._acts: NDArray[np.bool_] | None = None
        self._passes: Floats | None = None
        if self.remembers:
            return
        if varied.linear and not moves and not self._passes_move:
            does = self._decided(varied.scenario, varied.law, varied.layout)
            self.fixed = np.stack([does.of(needs) for needs in varied.corners])
        elif varied.linear and self._by_threshold:
            gate = compile_gate(varied.scenario, name, varied.law)
            self._acts = gate[0].acts[varied.layout.cell] & varied.layout.gated
            if self.check is not None and not self._passes_move:
                self._passes = passes_of(varied.scenario, varied.layout, self.check)

    @cached_property
    def pieces(self) -> tuple[list[float], list[Smooth]] | None:
        """Of a policy with memory where its tables change, and what it serves in between; None where this is unknown.

        As ends of a piece of the only parameter serve points just inside: at a change itself either tables may hold.
        """
        varied = self._varied
        if not self.remembers or not 1 <= len(varied.parameters) <= 2 or varied._law_moves:
            return None
        if any(p.whole for p in varied.parameters):
            return None
        breaks: list[float] = []
        if self.tables is None:
            if not (self._by_threshold and varied.linear and len(varied.parameters) == 1):
                return None
            (one,) = varied.parameters
            # Rows of which one is as likely to be restricted as the other cross at one place, up to rounding.
            for jump in self.breakpoints():
                if not breaks or jump - breaks[-1] > SAME * (one.high - one.low):
                    breaks.append(jump)
            if len(breaks) > _MOST_PIECES:
                return None
        low, high = [p.low for p in varied.parameters], [p.high for p in varied.parameters]
        found = []
        for begin, end in pairwise([None, *breaks, None]):
            margin = _INSIDE_PIECE * (high[0] - low[0])
            lower = low if begin is None else [begin + margin]
            upper = high if end is None else [end - margin]
            if not all(a < b for a, b in zip(lower, upper, strict=True)):
                return None
            piece = smooth(self._by_world, lower, upper, SAME * varied.needs_at_most)
            if piece is None:
                return None
            found.append(piece)
        return breaks, found

    def _by_world(self, values: tuple[float, ...]) -> Floats:
        return self._varied._by_world(self._name, values).ravel()

    def smoothly(self, values: Sequence[float]) -> Floats | None:
        """Float64[2, kind]: needs served, and all needs, interpolated; None where they cannot be."""
        if self.pieces is None:
            return None
        breaks, pieces = self.pieces
        return pieces[bisect_left(breaks, values[0])].at(values).reshape(2, -1)

    def smoothly_at(self, grid: Floats) -> Floats:
        """float64[point, kind]: needs served, interpolated."""
        assert self.pieces is not None
        breaks, pieces = self.pieces
        which = np.searchsorted(breaks, grid[:, 0], side="left")
        kinds = 2 + 2 * len(self._varied.own)
        found = np.empty((len(grid), kinds))
        for number, piece in enumerate(pieces):
            found[which == number] = np.maximum(piece.at(grid[which == number])[:, :kinds], 0.0)
        return found

    def by_tables_at(self, grid: Floats) -> Floats | None:
        """float64[point, kind]: needs served where the tables move; None where that takes too long.

        Which tables hold follows from which rows are above which threshold, if the same says what is done with
        accounts that are cleared.
        """
        varied = self._varied
        if self._acts_where_told is None or len(varied.parameters) != 2 or varied._law_moves:
            return None
        if any(p.whole for p in varied.parameters):
            return None
        found = over_points(
            grid,
            [self.tables_at(values) or b"" for values in grid.tolist()],
            lambda values: compile_gate(varied.at(values), self._name, varied.law),
            lambda gate, values: varied._by_world(self._name, values, gate).ravel(),
            ([p.low for p in varied.parameters], [p.high for p in varied.parameters]),
            SAME * varied.needs_at_most,
        )
        return None if found is None else np.maximum(found[:, : 2 + 2 * len(varied.own)], 0.0)

    @cached_property
    def _acts_where_told(self) -> NDArray[np.bool_] | None:
        """bool[row]: where a policy acts whose tables follow from which rows are above which threshold; else None."""
        varied = self._varied
        if not (self._by_threshold and varied.linear):
            return None
        assert isinstance(self._policy, Posterior)
        if not never_looks_again(self._policy, varied.scenario, varied.law):
            return None
        gate = compile_gate(varied.scenario, self._name, varied.law)
        found: NDArray[np.bool_] = gate[0].acts[varied.layout.cell] & varied.layout.gated
        return found

    def tables_at(self, values: Sequence[float]) -> bytes | None:
        """What tells the tables at some values from those at others, under the same law; None where that is unknown."""
        if self.tables is not None:
            return b""
        acts = self._acts_where_told
        return None if acts is None else self._actions(values, acts, self._varied.by_row(values)).tobytes()

    def _has_memory(self) -> bool:
        varied = self._varied
        if self.tables is not None:
            return has_memory(varied.scenario, varied.law, self.tables)
        # Which cells are checked may differ from value to value, so that any state that lasts counts.
        policy = self._policy
        lasts = {policy.allow_lasts, policy.block_lasts}
        if self.check is not None:
            lasts |= {policy.clearance, policy.ask_again_after}
        timed = any(p.scale is not None and path[-1] != "lead_time" for p in self._own for path in p.paths)
        return timed or any(each > 0 for each in lasts)

    def _decided(self, scenario: Scenario, law: Law, layout: Layout) -> Decided:
        # Other laws have other epochs, for which the tables must be made anew.
        kept = self.tables if law is self._varied.law else None
        return decided(scenario, kept or compile_gate(scenario, self._name, law), layout, self.check)

    def served(self, values: Sequence[float]) -> Floats:
        """float64[kind]: needs served."""
        varied = self._varied
        if self.fixed is not None:
            found: Floats = varied.weights(values) @ self.fixed
            return found
        if self._acts is not None:
            return self._by_posterior(values)
        scenario = varied.at(values)
        layout, needs = varied.needs(values)
        return self._decided(scenario, varied.law_at(scenario), layout).of(needs)

    def _actions(self, values: Sequence[float], acts: NDArray[np.bool_], by_row: Floats) -> NDArray[np.int8]:
        """What a posterior does with an account of which nothing is known in each row where it acts; else allow."""
        varied, policy = self._varied, self._policy
        if self._own:
            policy = varied.at(values).policies[self._name]
        assert isinstance(policy, Posterior)
        with np.errstate(invalid="ignore"):
            restricted = by_row[RESTRICTED] / (by_row[ENTITLED] + by_row[RESTRICTED])
        found = np.full(len(restricted), ALLOW, dtype=np.int8)
        if policy.check_above is not None:
            found[acts & (restricted > policy.check_above)] = CHECK
        if policy.block_above is not None:
            found[acts & (restricted > policy.block_above)] = BLOCK
        return found

    def _by_posterior(self, values: Sequence[float]) -> Floats:
        varied = self._varied
        assert self._acts is not None
        by_row = varied.by_row(values)
        does = self._actions(values, self._acts, by_row)
        served: Floats = by_row @ (does == ALLOW)
        checks = does == CHECK
        if self.check is not None and checks.any():
            _, needs = varied.needs(values)
            passes = self._passes
            if passes is None:
                passes = passes_of(varied.at(values), varied.layout, self.check)
            served = served + np.einsum("krs,rs->k", needs[:, checks], passes[checks])
        return served

    def breakpoints(self) -> list[float]:
        """Where a row's probability of being restricted crosses a threshold: it is a ratio of linear functions."""
        varied, policy = self._varied, self._policy
        if not varied.linear or len(varied.parameters) != 1 or not isinstance(policy, Posterior):
            return []
        (parameter,) = varied.parameters
        if self._own:
            by_row = varied.corners_by_row[0]
            with np.errstate(invalid="ignore"):
                found = by_row[RESTRICTED] / by_row[:2].sum(axis=0)
        elif self._by_threshold and any(varied._moves):
            thresholds = [t for t in (policy.block_above, policy.check_above) if t is not None]
            low, high = varied.corners_by_row
            found = np.concatenate([_roots(low, high, t) for t in thresholds] or [np.zeros(0)])
            found = parameter.low + found * (parameter.high - parameter.low)
        else:
            return []
        inside = found[np.isfinite(found) & (found > parameter.low) & (found < parameter.high)]
        return sorted(set(inside.tolist()))


def _roots(low: Floats, high: Floats, threshold: float) -> Floats:
    """Where on the way from one end to the other restricted needs are the threshold's part of all needs."""
    at_low, at_high = ((1.0 - threshold) * end[RESTRICTED] - threshold * end[ENTITLED] for end in (low, high))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = at_low / (at_low - at_high)
    return found
