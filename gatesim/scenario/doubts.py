"""What is allowed in a scenario, and is more often a slip than meant: said as a warning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from gatesim.scenario.errors import Finding
from gatesim.scenario.schema import Scenario

LONG_BEFORE = timedelta(days=180)
"""An order that is issued so long before the window is likelier a slip in the year than meant (a guess)."""


def doubts(scenario: Scenario) -> Iterator[Finding]:
    """What looks like a slip."""
    for number, order in enumerate(scenario.orders):
        before = scenario.start - order.issued
        if before >= LONG_BEFORE:
            yield Finding(
                ("orders", number, "issued"),
                f"the order is issued {before.days} days before the window begins, on "
                f"{scenario.start.isoformat(timespec='minutes')}; with a shorter lead time a policy counts as ready",
                "is the year right?",
            )
