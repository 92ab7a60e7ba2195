"""Every key of a scenario: what moves with it, and the value at which it says nothing.

A row moves one key of `BASE`. What a reader needs to know of a row stands in it: the settings on which the key means
something, the value that moves it, the measure and the direction. Then the neutral value, with the scenario to which
it must come down bit for bit; or why there is none. `tests/test_inputs.py` holds the table to the schema.
"""

from __future__ import annotations

from tests.inputs.checks import checks
from tests.inputs.law import law
from tests.inputs.operator import assumptions, operator, usage_caps
from tests.inputs.people import segments, world
from tests.inputs.policies import policies
from tests.inputs.rows import Input
from tests.inputs.signals import signals


def table() -> list[Input]:
    """All rows."""
    return [
        *world(),
        *segments(),
        *signals(),
        *checks(),
        *law(),
        *policies(),
        *operator(),
        *usage_caps(),
        *assumptions(),
    ]
