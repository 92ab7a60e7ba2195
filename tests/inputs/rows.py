"""What a row of the table of inputs says, and the settings that many rows share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parents[1] / "data" / "inputs.toml"

Sets = tuple[str, ...]


@dataclass(frozen=True)
class Same:
    """A neutral value: with ``with_it`` all results are those of ``without``, bit for bit.

    Attributes
    ----------
    with_it
        Settings that give the key its neutral value.
    without
        Settings of both scenarios.
    apart
        Parts of a result that only repeat what was written (a list of reviews, of audits), and are not compared.
    engine
        Which engine says so.
    """

    with_it: Sets
    without: Sets = ()
    apart: Sets = ()
    engine: str = "exact"


@dataclass(frozen=True)
class Default:
    """A neutral value that is the default: written out it is the same scenario, hence the same result."""

    written: str
    without: Sets = ()


@dataclass(frozen=True)
class NoneNeutral:
    """Why a key has no value at which it says nothing."""

    why: str


@dataclass(frozen=True)
class Input:
    """One key, and what must be true of it.

    Attributes
    ----------
    key
        As `tests.test_inputs.keys` writes it: ``*`` for a free name or a number.
    moved
        Settings that move it.
    measure
        ``POLICY.MEASURE``, ``POLICY.MEASURE@SPLIT=GROUP``, or a name in `tests.test_inputs.NAMED` for what is no
        measure of a policy.
    up
        Whether that goes up.
    given
        Settings of both scenarios.
    neutral
        The neutral value.
    engine
        ``exact``; ``reference`` with a few people for what takes time.
    """

    key: str
    moved: Sets
    measure: str
    up: bool
    neutral: Same | Default | NoneNeutral
    given: Sets = ()
    engine: str = "exact"


@dataclass(frozen=True)
class Under:
    """Makes the rows of keys that stand under one place of the schema."""

    place: str

    def __call__(
        self,
        name: str,
        moved: Sets,
        measure: str,
        up: bool,
        neutral: Same | Default | NoneNeutral,
        given: Sets = (),
        engine: str = "exact",
    ) -> Input:
        """The row of ``PLACE.name``; for the rest see `Input`."""
        return Input(f"{self.place}.{name}", moved, measure, up, neutral, given, engine)


TITLE = "a name or a text for people: no engine reads it"

SCALE = NoneNeutral("it sets the scale or the place of all else")

WHAT = NoneNeutral("it says what is meant: any value means something")

SHARES = NoneNeutral("shares add up to one: some value or other has them")

WITH_ACCOUNTS = ('exposure={ unit = "account", civil_penalty = 1 }', "represents=60")
"""The exact engine counts accounts with a leak where they are what a violation is."""

WEEK = '"mon","tue","wed","thu","fri"'

SHIFT = '{ days = [%s], start = "%s", end = "%s", reviewers = %d }'

SHIFTS = f"desk.shifts=[{SHIFT}"
"""The first shift of a desk; who uses it closes the bracket."""

DESK = (
    "documents.passport.to_desk=1.0",
    'desk={ service = "3h", shifts = [' + SHIFT % (WEEK, "09:00", "17:00", 3) + "] }",
    "represents=60",
)
"""A desk on working days; the order comes into force at midnight before a Friday."""

QUIET_SHIFT = Same(
    (SHIFTS % (WEEK, "09:00", "17:00", 3) + ", " + SHIFT % ('"sun"', "03:00", "21:00", 0) + "]",),
    DESK,
    engine="reference",
)

NO_CASES = Same(
    (
        'desk={ service = "9h", patience = "1h", priority = ["team"], shifts = [{ days = ["mon"], '
        'start = "09:00", end = "10:00", reviewers = 1 }] }',
    ),
    engine="reference",
)
"""A desk that no case goes to."""

WORD = (
    'attestation.team={ honest = 0.5, given = 0.8, enforced = 0.8, revoked_after = "3d" }',
    'signals.word={ observes = "attestation", refresh = "account" }',
    'signals.watch={ observes = "revocation", refresh = "session" }',
    'policies.word={ family = "attested", signal = "word", revocation = "watch" }',
)

UNHEARD = Same(('attestation.team={ honest = 0.1, given = 0.3, revoked_after = "1d", enforced = 0.2 }',))
"""A word that no signal reads."""

NOBODY_SHOWS_IT = Same(
    (
        "checkers.other={ false_reject = 0.9, false_accept = 0.9, false_match = 0.9 }",
        'documents.unused={ proves = { citizen = "citizen", temporary = "citizen" }, checker = "other" }',
    )
)
"""A checker, and a kind of document, that no policy accepts."""

CAUSE = ('causes.shared={ signals = ["ip", "payment"], probability = 0.5 }',)

ON_NETWORKS = (
    'signals.ip.refresh="place"',
    'causes.shared={ signals = ["ip"], probability = 1.0, scope = "network", people_per_network = 1 }',
    "people=200",
)

IDLE_CAUSE = Same(
    ('causes.shared={ signals = ["ip"], probability = 0.0, scope = "network", people_per_network = 9 }',),
    ('signals.ip.refresh="place"',),
)

STATUS = 'status = ["temporary", "without_status", "nonresident"]'

YOUNG = 'segments.foreigners.account_age="10d"'

NATIONAL = 'readings.national.restricts=[{ status = ["permanent", "temporary", "nonresident"] }]'

ANYBODY = 'readings.anybody.restricts=[{ located = ["US", "GB", "other"] }]'

TRIPS = ('segments.natives.trips={ every = "20d", length = "10d", to = { other = 1.0 } }',)

STAY = Same(('segments.natives.trips={ every = "60d", length = "0d", to = { other = 1.0 } }',))

VPN = ("segments.natives.vpn={ users = 0.4, on = 0.5, exits = { US = 0.5, other = 0.5 } }",)

NO_USERS = Same(("segments.natives.vpn={ users = 0.0, on = 0.5, exits = { US = 0.5, other = 0.5 } }",))

SHARED = ("segments.natives.co_users={ foreigners = { present = 0.3, share = 0.3 } }",)

ORDER = (
    'orders=[{ issued = 2026-06-12T00:00:00-04:00, models = [%s], reading = "person", '
    'ends = [{ kind = "lifted", at = 2026-06-18T00:00:00-04:00 }], %s }]'
)

AUDIT = "orders.0.audits=[{ segments = { foreigners = %d }, needs = %d%s }]"

FIRST_AUDIT = (AUDIT % (3, 2, ""), 'orders.0.standard={ kind = "leak_rate", limit = 0.2 }')

DAILY = AUDIT % (3, 2, ', every = "1d"')

TOUCHES_NOTHING = Same((DAILY,), ('orders.0.standard={ kind = "leak_rate", limit = 0.2 }',), ("audits",))
"""An audit tells what an auditor would find: it changes nothing of what a gate does."""

SURE = 'applied = 2026-06-12T00:00:00-04:00, decided_after = "1d", at_least = "1d", granted = 1.0, channels = ["team"]'

CARVE_OUT = "orders.0.carve_outs=[{ at = 2026-06-%02dT00:00:00-04:00, %s }]"

LICENCE = "orders.0.licences=[{ %s }]"
