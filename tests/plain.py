"""The plainest of worlds for closed forms: one kind of people, one model, an order in force all the time."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta, timezone
from typing import Any

from gatesim.scenario.schema import Scenario

START = datetime(2026, 6, 9, tzinfo=timezone(timedelta(hours=-4)))
DAYS = 10
PEOPLE = 100
RATE = 0.7

SOMEBODY: dict[str, Any] = {
    "share": 1.0,
    "status": "citizen",
    "citizenship": ["US"],
    "home": "US",
    "needs_per_day": RATE,
    "card": {"US": 1.0},
    "declared": {"US": 1.0},
    "models": {"new": 1.0},
}
FOREIGNER = SOMEBODY | {"status": "nonresident", "citizenship": ["IN"]}


def order(after_days: float = 0.0, **changes: Any) -> dict[str, Any]:
    """An order for the model ``new``, in force some days after the start."""
    return {
        "issued": START + timedelta(days=after_days),
        "models": ["new"],
        "reading": "person",
        "standard": {"kind": "leak_share", "limit": 0.01},
        **changes,
    }


def plain(policy: dict[str, Any], **changes: Any) -> Scenario:
    """A world with one policy, called ``gate``; changes replace whole tables."""
    data: dict[str, Any] = {
        "schema": 1,
        "title": "A plain world",
        "start": START,
        "length": f"{DAYS}d",
        "people": PEOPLE,
        "represents": 10_000,
        "home": "US",
        "regions": {"US": ["US"], "other": ["*"]},
        "models": {"new": {}, "old": {}},
        "organisations": {"lab": {}},
        "segments": {"somebody": SOMEBODY},
        "signals": {},
        "checkers": {"typical": {"false_reject": 0.0, "false_accept": 0.25, "false_match": 0.0}},
        "documents": {"passport": {"proves": {"citizen": "citizen"}, "checker": "typical", "cost": 2.0}},
        "readings": {
            "person": {"restricts": [{"status": ["temporary", "without_status", "nonresident"]}]},
            "place": {"restricts": [{"located": ["abroad"]}]},
        },
        "orders": [order()],
        "policies": {"gate": {"documents": ["passport"], **policy}},
    }
    return Scenario.model_validate(copy.deepcopy(data | changes))


def rules(then: str, **more: Any) -> dict[str, Any]:
    """A policy that does the same with everybody."""
    return {"family": "rules", "rules": [{"then": then}], "otherwise": then, **more}
