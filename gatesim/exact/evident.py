"""What can be said of structural zeros at first sight, without going through all that can happen to an account.

Nearly every gate leaks to somebody of whom it knows nothing yet, and one that refuses everybody leaks to nobody.
Both show in the tables. What is said here is sure; where nothing is said, `gatesim.exact.structure` finds out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.exact.answers import answers
from gatesim.exact.expected import counted_epochs, needs_of_makers
from gatesim.gates.tables import ALLOW, BLOCK, CHECK, FRESH, Tables
from gatesim.law.law import Law
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.schema import Scenario
from gatesim.world.cells import cells_of, model_mix, readings_given
from gatesim.world.kept import kept
from gatesim.world.makers import makers
from gatesim.world.space import CellSpace

LIKELY = 1e-6
"""Probability, given who makes it, from which a need of some readings surely occurs: far above what rounding does
to sums of probabilities."""


class _Needs(NamedTuple):
    """Kinds of needs that surely occur: who makes them, where, what the signals read.

    Attributes
    ----------
    owner, segment, channel, region
        int64[kind of need]: numbers of the owner's segment, the maker's segment, the account's channel, the
        region of the device.
    cells
        int64[kind of need, model]: what the gate sees.
    uses
        bool[kind of need, model]: whether the maker uses the model.
    """

    owner: NDArray[np.int64]
    segment: NDArray[np.int64]
    channel: NDArray[np.int64]
    region: NDArray[np.int64]
    cells: NDArray[np.int64]
    uses: NDArray[np.bool_]


@kept
def _likely_needs(scenario: Scenario) -> _Needs | None:
    """All kinds of needs that surely occur; None where the signals have too many readings to list them."""
    try:
        given = readings_given(scenario)
    except ValueError:
        return None
    everybody = makers(scenario)
    has_needs = needs_of_makers(scenario) > 0
    has_needs &= (
        np.array([segment.share for segment in scenario.segments.values()])[[m.owner for m in everybody]] > 0
    )
    maker, region, reading = np.nonzero((given > LIKELY) & has_needs[:, None, None])
    owners = np.array([m.owner for m in everybody])
    channels = np.array([CHANNELS.index(s.channel) for s in scenario.segments.values()])
    cells = np.empty((len(maker), len(scenario.models)), dtype=np.int64)
    for number, one in enumerate(everybody):
        cells[maker == number] = cells_of(scenario, one.owner)[reading[maker == number]]
    return _Needs(
        owners[maker],
        np.array([m.segment for m in everybody])[maker],
        channels[owners[maker]],
        region,
        cells,
        model_mix(scenario)[maker] > 0,
    )


def evident_leaks(scenario: Scenario, law: Law, gate: Sequence[Tables]) -> set[int]:
    """Epochs in which the first need of an account surely may leak.

    That is so where a restricted need that occurs is allowed, or the gate is open for it, or where it opens a
    check that the owner may pass.

    Parameters
    ----------
    scenario, law, gate
        The scenario, its law, and the gate's tables for each epoch.

    Returns
    -------
    set of int
        Numbers of epochs; there may be others.
    """
    needs = _likely_needs(scenario)
    if needs is None:
        return set()
    epochs = counted_epochs(law)
    found, checked = set(), {}
    for e in epochs:
        epoch, tables = law.epochs[e], gate[e]
        restricted = (
            epoch.restricted[needs.segment, needs.region, :, needs.channel] & needs.uses & epoch.named
        )
        acts = tables.acts[needs.cells] & epoch.gated.T[needs.channel]
        actions = tables.actions[FRESH][needs.cells]
        if (restricted & (~acts | (actions == ALLOW))).any():
            found.add(e)
        else:
            checked[e] = np.unique(needs.owner[(restricted & acts & (actions == CHECK)).any(axis=1)])
    segments = list(scenario.segments.values())
    for owner in sorted({owner for owners in checked.values() for owner in owners.tolist()}):
        if segments[owner].gives_up < 1:
            ways = answers(
                scenario, segments[owner], [law.epochs[e] for e in epochs], [gate[e] for e in epochs]
            )
            found |= {
                e
                for row, e in enumerate(epochs)
                if owner in checked.get(e, ()) and any(way[row].passes for way in ways)
            }
        if len(found) == len(epochs):
            break
    return found


def refuses_all_restricted(
    scenario: Scenario, law: Law, gate: Sequence[Tables], states: Collection[int]
) -> bool:
    """Whether accounts in some states are blocked whatever the gate sees, wherever somebody is restricted.

    Parameters
    ----------
    scenario, law, gate
        The scenario, its law, and the gate's tables for each epoch.
    states
        Numbers of states besides `FRESH`.

    Returns
    -------
    bool
        If so, no restricted need is served.
    """
    shape = CellSpace.of(scenario).shape[-3:]
    for e in counted_epochs(law):
        epoch, tables = law.epochs[e], gate[e]
        concerned = epoch.restricted.any(axis=(0, 1)) & epoch.named[:, None]
        blocks = tables.acts & (tables.actions[[FRESH, *states]] == BLOCK).all(axis=0)
        everywhere = blocks.reshape(-1, *shape).all(axis=(0, 3)) & epoch.gated.T
        if (concerned.T & ~everywhere).any():
            return False
    return True
