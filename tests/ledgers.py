"""Ledgers for the tests: made of random numbers, or need by need."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatesim.law.law import make_law
from gatesim.measures.ledger import ENDS, SERVED, SERVED_LATE, Ledger
from gatesim.measures.tally import judged
from gatesim.scenario.schema import Scenario
from gatesim.scenario.types import HOUR

DTYPES = {name: kind.split("np.")[1].rstrip("_]") for name, kind in Ledger.__annotations__.items()}


def ledger_of(rows: list[dict[str, Any]]) -> Ledger:
    """A ledger of needs as given, sorted; what is left out has a plain default."""
    default: dict[str, Any] = dict.fromkeys(Ledger.columns(), 0)
    default |= {"measured": True, "document": -1, "joined_us": -1, "begun_us": -1}
    full = [default | row for row in rows]
    full.sort(key=lambda row: (row["account"], row["body"], row["need"]))
    return Ledger(
        **{name: np.array([row[name] for row in full], dtype=DTYPES[name]) for name in Ledger.columns()}
    )


def random_ledger(scenario: Scenario, seed: int, needs: int, accounts: int) -> tuple[Ledger, np.ndarray]:
    """A ledger without sense but without contradiction, and the accounts by segment."""
    rng = np.random.default_rng(seed)
    segments = list(scenario.segments.values())
    owners = rng.integers(0, len(segments), accounts)
    account = rng.integers(0, accounts, needs)
    owner = owners[account]
    co_users = np.array([len(segment.co_users) for segment in segments])
    body = rng.integers(0, 1 + co_users[owner])
    order = np.lexsort((body, account))
    account, owner, body = account[order], owner[order], body[order]
    names = list(scenario.segments)
    own = [[i, *(names.index(name) for name in s.co_users)] for i, s in enumerate(segments)]
    segment = np.array([own[o][b] for o, b in zip(owner, body, strict=True)], dtype=np.int16)
    end = np.array(ENDS)[rng.integers(0, len(ENDS), needs)].reshape(needs, 2)
    time = rng.integers(0, scenario.length, needs)
    late = (end[:, 0] != SERVED) & (rng.random(needs) < 0.3)
    joined = np.where(late, time + HOUR, -1)
    begun = np.where(late & ((end[:, 0] == SERVED_LATE) | (rng.random(needs) < 0.5)), joined + HOUR, -1)
    asked = late | (rng.random(needs) < 0.2)
    ledger = Ledger(
        account=account,
        body=body.astype(np.int16),
        need=np.arange(needs),
        segment=segment,
        owner_segment=owner.astype(np.int16),
        time_us=time,
        end_us=time + np.where(late, 3 * HOUR, 0),
        model=rng.integers(0, len(scenario.models), needs).astype(np.int16),
        region=rng.integers(0, len(scenario.regions), needs).astype(np.int16),
        cell=np.zeros(needs, dtype=np.int64),
        measured=rng.random(needs) < 0.8,
        restricted=rng.random(needs) < 0.5,
        outcome=end[:, 0].astype(np.int8),
        reason=end[:, 1].astype(np.int8),
        asked=asked,
        document=np.where(asked & (rng.random(needs) < 0.5), 0, -1).astype(np.int16),
        joined_us=joined,
        begun_us=begun,
    )
    return ledger, np.bincount(owners, minlength=len(segments))


def judged_by(scenario: Scenario, ledger: Ledger, reading: str) -> Ledger:
    """The ledger under a reading of the scenario."""
    return judged(ledger, scenario, make_law(scenario, reading))
