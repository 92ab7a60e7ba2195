"""How long somebody is locked out of a model: from a refused entitled need until served, or the gate opens."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatesim.study.story import Told


@dataclass(frozen=True)
class LockOut:
    """A time in which the gate was closed to entitled needs for a model that somebody had, and none was served.

    Attributes
    ----------
    model
        Name of the model.
    from_us
        When the first entitled need arose that was refused, or answered by an older model.
    until_us
        When the person was next served the model, on whatever ground, or when the gate opened; None: neither within
        the run.
    length_us
        How long it lasts; to the end of the run where it has no end.
    false_blocks
        False blocks within it, the first included, and those that were lost because the person had left.
    opened
        Whether it ended because the gate opened: no order in force binds it for the model and the account's channel,
        or the policy in place does not act on them.
    """

    model: str
    from_us: int
    until_us: int | None
    length_us: int
    false_blocks: int
    opened: bool = False


def lock_outs(needs: Sequence[Told], end_us: int, opens: Mapping[str, Sequence[int]]) -> tuple[LockOut, ...]:
    """The lock-outs of one person, in the order in which they begin.

    Parameters
    ----------
    needs
        All needs of the person. What a cap on usage refuses is not served.
    end_us
        When the run ends.
    opens
        Model -> the instants at which the gate opens for it, after having been closed.
    """
    found = []
    for model in dict.fromkeys(need.model for need in needs):
        own = [need for need in needs if need.model == model]
        served = {need.served_us for need in own if need.served_us is not None}
        ends = sorted(served.union(opens.get(model, ())))
        blocks: dict[int | None, list[int]] = {}
        for need in sorted(own, key=lambda need: need.time_us):
            if need.judgement != "false_block":
                continue
            later = bisect_right(ends, need.time_us)
            until = ends[later] if later < len(ends) else None
            if until in blocks or need.outcome != "lost":
                blocks.setdefault(until, []).append(need.time_us)
        for until, times in blocks.items():
            length = (end_us if until is None else until) - times[0]
            opened = until is not None and until not in served
            found.append(LockOut(model, times[0], until, length, len(times), opened))
    return tuple(sorted(found, key=lambda one: (one.from_us, one.model)))
