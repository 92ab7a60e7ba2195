"""Places as a gate treats them: what it does with a session that comes from there, and who is restricted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.different import different
from gatesim.exact.expected import counted_epochs
from gatesim.exact.memoryless import OPEN
from gatesim.exact.states import entered
from gatesim.exact.sticky import StickyLaw, noises_of
from gatesim.gates.tables import FRESH, STATES, Tables
from gatesim.law.law import Law
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace

if TYPE_CHECKING:
    from gatesim.exact.plan_of_classes import Plan
    from gatesim.exact.spent import Spent

_ONE_HOT = np.eye(4)

_GATES = 24
"""Gates whose places are remembered."""

_MOST_KNOWN = 1000
"""With more places a gate begins anew: most of them would be those of numbers that have moved on."""

_BITS = 42
"""Probabilities that agree to this many significant bits count as equal."""


def _rounded(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers rounded to `_BITS` significant bits, so that rounding errors do not tell two laws apart."""
    mantissa, exponent = np.frexp(numbers)
    found: NDArray[np.float64] = np.ldexp(np.round(mantissa * 2.0**_BITS), exponent - _BITS) + 0.0
    return found


@dataclass(frozen=True)
class Place:
    """How sessions from a place of a body fare; places that are alike are one.

    Attributes
    ----------
    restricted
        bool[counted epoch, model].
    actions
        float64[counted epoch, state, model, action or `OPEN`]: probabilities, over the noise and the VPN of a
        single session. Zero for models that the body does not use.
    """

    restricted: NDArray[np.bool_]
    actions: NDArray[np.float64]


class _Who(NamedTuple):
    """Bodies of a segment in a region, on accounts of a channel: all about them that makes a place.

    Attributes
    ----------
    uses
        bool[model]: whether they use it.
    restricted
        bool[counted epoch, model].
    name
        The same for those that do not differ.
    """

    uses: NDArray[np.bool_]
    restricted: NDArray[np.bool_]
    name: bytes


class Places:
    """All places that occur under one gate, numbered as they are met.

    Parameters
    ----------
    scenario, law, gate
        The world, its law, and the gate's tables for each epoch.
    states
        States that accounts can be in; by default those that a fresh account can be put into. In the others a
        place's actions mean nothing.
    only_fresh
        Look at fresh accounts only, and do not tell places apart by who is restricted there.
    """

    def __init__(
        self,
        scenario: Scenario,
        law: Law,
        gate: Sequence[Tables],
        states: Sequence[int] | None = None,
        *,
        only_fresh: bool = False,
    ) -> None:
        self._law, self._gate = law, gate
        self.epochs = counted_epochs(law)
        self.known: list[Place] = []
        self.plans: dict[Hashable, Plan] = {}
        """What can be under the gate, by `Drawn.outline`."""
        self.spent: dict[Hashable, tuple[Spent, ...]] = {}
        """Times that cases spend in each state, by all that they follow from (see `gatesim.exact.lasting`)."""
        self.last: dict[int, Hashable] = {}
        """By owner segment what its bodies' places followed from when the gate was last evaluated."""
        self.moved: set[int] = set()
        """Owner segments of which this has changed since the gate was first evaluated."""
        self._places: dict[tuple[bytes, bytes], int] = {}
        self._numbers: dict[tuple[object, ...], int] = {}
        self._known_who: dict[tuple[int, int, int], _Who] = {}
        self._mixed: dict[tuple[object, ...], int] = {}
        self._laws: list[NDArray[np.float64]] = []
        self._law_numbers: dict[bytes, int] = {}
        self._by_reading: dict[tuple[object, ...], NDArray[np.int64]] = {}
        self._actions: NDArray[np.float64] | None = None
        self._only_fresh = only_fresh
        self._states = _states(scenario, law, gate, states, only_fresh)
        self._uses = _uses(scenario)
        space = CellSpace.of(scenario)
        self._axes = (len(CHANNELS), len(space.models), space.bands)
        lengths = [len(r) for r in space.readings]
        parts = np.array(np.unravel_index(np.arange(int(np.prod(lengths))), lengths or (1,)))
        signals = noises_of(scenario).signals
        session = [j for j, signal in enumerate(signals) if signal.refresh == "session"]
        self._base = (
            np.flatnonzero((parts[session] == 0).all(axis=0)) if session else np.arange(parts.shape[1])
        )

    @property
    def actions(self) -> NDArray[np.float64]:
        """What is done at all places known by now: float64[place, counted epoch, state, model, action or `OPEN`]."""
        if self._actions is None or len(self._actions) < len(self.known):
            self._actions = np.stack([place.actions for place in self.known])
        return self._actions

    @property
    def restricted(self) -> NDArray[np.bool_]:
        """Who is restricted at all places known by now: bool[place, counted epoch, model]."""
        return np.stack([place.restricted for place in self.known])

    def laws_by_reading(self, channel: int, band: int, anew: StickyLaw) -> NDArray[np.int64]:
        """The number of a session's law, for the readings that stick (flat index, the other readings 0).

        Parameters
        ----------
        channel, band
            Numbers of the account's channel and age band.
        anew
            The law of the readings that are drawn anew for each session.
        """
        key = (channel, band, anew.offsets.tobytes(), anew.weights.tobytes())
        if key not in self._by_reading:
            codes = self._codes(channel, band)
            shape = codes.shape[:3]
            # What is done with all the readings that a session may bring: [base, reading of the session, ...].
            taken = np.moveaxis(codes[..., self._base[:, None] + anew.offsets.ravel()], (3, 4), (0, 1))
            first, which = different(taken.reshape(len(self._base), -1))
            total = np.einsum("bo...a,o->b...a", _ONE_HOT[taken[first]], anew.weights)
            flat = _rounded(total.reshape(len(first), -1))
            begin, again = different(flat)
            order = np.lexsort(flat[begin].T[::-1])
            numbers = np.empty(len(begin), dtype=np.int64)
            numbers[order] = [self._law_number(total[k].reshape(*shape, 4)) for k in begin[order]]
            found = np.full(codes.shape[-1], -1, dtype=np.int64)
            found[self._base] = numbers[again][which]
            self._by_reading[key] = found
        return self._by_reading[key]

    def place(self, segment: int, channel: int, region: int, direct: int, vpn: int | None, on: float) -> int:
        """The number of a place.

        Parameters
        ----------
        segment, channel, region
            Numbers of the body's segment, the account's channel, the region of the device.
        direct, vpn
            Numbers of the session's law with the VPN off and on (None: the body has no VPN).
        on
            The probability that the VPN is on.
        """
        key = (segment, channel, region, direct, vpn, on)
        found = self._mixed.get(key)
        if found is None:
            who = self._who(segment, channel, region)
            alike = (who.name, direct, vpn, on)
            if alike not in self._numbers:
                self._numbers[alike] = self._number(who, direct, vpn, on)
            found = self._mixed[key] = self._numbers[alike]
        return found

    def _number(self, who: _Who, direct: int, vpn: int | None, on: float) -> int:
        """The number of the place of some bodies that share a law."""
        law = self._laws[direct]
        if vpn is not None:
            law = on * self._laws[vpn] + (1.0 - on) * law
        law = law * who.uses[:, None]
        name = (b"" if self._only_fresh else who.restricted.tobytes(), _rounded(law).tobytes())
        if name not in self._places:
            self._places[name] = len(self.known)
            self.known.append(Place(who.restricted, law))
        return self._places[name]

    def _who(self, segment: int, channel: int, region: int) -> _Who:
        """Whose needs come from a region."""
        key = (segment, channel, region)
        if key not in self._known_who:
            used = self._uses[segment]
            restricted = np.array(
                [self._law.epochs[e].restricted[segment, region, :, channel] for e in self.epochs]
            )
            restricted &= np.array([self._law.epochs[e].named for e in self.epochs]) & used
            self._known_who[key] = _Who(used, restricted, used.tobytes() + restricted.tobytes())
        return self._known_who[key]

    def _law_number(self, law: NDArray[np.float64]) -> int:
        name = _rounded(law).tobytes()
        if name not in self._law_numbers:
            self._law_numbers[name] = len(self._laws)
            self._laws.append(law)
        return self._law_numbers[name]

    def _codes(self, channel: int, band: int) -> NDArray[np.int8]:
        """What the gate does: int8[counted epoch, state, model, readings]; in states never entered `OPEN`."""
        readings = int(self._gate[0].acts.size // np.prod(self._axes))
        codes = np.full((len(self.epochs), len(STATES), self._axes[1], readings), OPEN, dtype=np.int8)
        for row, e in enumerate(self.epochs):
            tables = self._gate[e]
            acts = tables.acts.reshape(readings, *self._axes)[:, channel, :, band]
            acts = acts & self._law.epochs[e].gated[:, channel]
            for state in self._states:
                actions = tables.actions[state].reshape(readings, *self._axes)[:, channel, :, band]
                codes[row, state] = np.where(acts, actions, OPEN).T
        return codes


def _states(
    scenario: Scenario, law: Law, gate: Sequence[Tables], states: Sequence[int] | None, only_fresh: bool
) -> tuple[int, ...]:
    """See `Places`."""
    if only_fresh:
        states = ()
    elif states is None:
        states = [s for e in counted_epochs(law) for s in entered(scenario, law, gate, e)]
    return tuple(sorted({FRESH, *states}))


def _uses(scenario: Scenario) -> NDArray[np.bool_]:
    """Which models people use: bool[segment, model]."""
    everybody = scenario.segments.values()
    return np.array([[each.models.get(name, 0.0) > 0 for name in scenario.models] for each in everybody])


_recent: OrderedDict[tuple[object, ...], Places] = OrderedDict()


def places_of(scenario: Scenario, law: Law, gate: Sequence[Tables]) -> Places:
    """The places under a gate (see `Places`), with all that are known already of the last gates like it.

    They depend on tables, on who is restricted, and on which models people use, but neither on how well signals read
    nor on how many people there are: as these move, the places stay.

    Of laws that agree to `_BITS` bits the one that was met first stands for all: what is worked out with places that
    are known already may differ in the 13th digit. What a simulation draws from must not; it makes its own `Places`.
    """
    epochs = counted_epochs(law)
    states = _states(scenario, law, gate, None, only_fresh=False)
    key: tuple[object, ...] = (
        states,
        epochs,
        CellSpace.of(scenario),
        tuple(signal.refresh for signal in scenario.signals.values()),
        tuple(scenario.signals),
        _uses(scenario).tobytes(),
        *(
            part.tobytes()
            for e in epochs
            for part in (
                law.epochs[e].restricted,
                law.epochs[e].named,
                law.epochs[e].gated,
                gate[e].acts,
                gate[e].actions[list(states)],
            )
        ),
    )
    found = _recent.pop(key, None)
    if found is None or len(found.known) > _MOST_KNOWN or len(found.plans) > _MOST_KNOWN:
        found = Places(scenario, law, gate, states)
    _recent[key] = found
    while len(_recent) > _GATES:
        _recent.popitem(last=False)
    return found
