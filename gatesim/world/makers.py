"""Who makes needs: the owner of an account, or a co-user of it."""

from __future__ import annotations

from dataclasses import dataclass

from gatesim.scenario.schema import Scenario


@dataclass(frozen=True)
class Maker:
    """Bodies of one kind on accounts of one segment.

    Attributes
    ----------
    owner, segment
        Numbers of the segment of the account's owner and of the body's own.
    body
        0 for the owner, else 1 + the position of the co-user's entry.
    present
        The probability that an account of the segment has this body.
    """

    owner: int
    segment: int
    body: int
    present: float


def makers(scenario: Scenario) -> tuple[Maker, ...]:
    """Every kind of maker, in the order of the file: each segment's owner, then its co-users.

    This order is the first axis of tallies.
    """
    names = list(scenario.segments)
    found = []
    for number, segment in enumerate(scenario.segments.values()):
        found.append(Maker(number, number, 0, 1.0))
        for position, (name, co_user) in enumerate(segment.co_users.items()):
            found.append(Maker(number, names.index(name), position + 1, co_user.present))
    return tuple(found)
