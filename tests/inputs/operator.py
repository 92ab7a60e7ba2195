"""Rows of the strategy, and of what is known about inputs."""

from __future__ import annotations

from tests.inputs.rows import DESK, Default, Input, Same, Sets, Under

BELIEFS = (
    "operator.beliefs.many={ weight = %g, world = { segments = { natives = { share = 0.2 }, "
    "foreigners = { share = 0.6 } } } }"
)


def operator() -> list[Input]:
    """Rows of the strategy."""
    ladder = 'operator={ ladder = [%s], strategy = "%s"%s }'
    plain = ladder % ('"shutdown"', "listed", "")
    two = ladder % ('"shutdown", "any"', "best", "")
    met = 'orders.0.standard={ kind = "leak_share", limit = 0.3 }'
    learns = (
        met,
        'policies.any.lead_time="24h"',
        ladder % ('"shutdown", "any"', "best", ', reviews = "1d", sessions = 12, confidence = 0.9'),
        BELIEFS % 0.6,
        "operator.beliefs.as_it_is={ weight = 0.4 }",
    )
    certain = Same(
        (
            'operator={ ladder = ["shutdown", "any"], strategy = "best", reviews = "2d", sessions = 7, '
            "confidence = 0.5, beliefs = { as_it_is = { weight = 1.0 } } }",
        ),
        (met, two),
        ("course",),
    )
    # A gate that asks everybody brings to light what makes the next one leak.
    brings = (
        'orders.0.standard={ kind = "leak_share", limit = %g }',
        'policies.all={ family = "rules", rules = [{ then = "check" }], otherwise = "check", '
        'documents = ["passport"], clearance = "0s" }',
        'operator={ ladder = ["all", "%s"], strategy = "best", reviews = "1d", sessions = 0, confidence = 0.9 }',
        "operator.beliefs.many={ weight = 0.6, world = { segments = { %s } } }",
        "operator.beliefs.as_it_is={ weight = 0.4 }",
    )

    def learning(limit: float, second: str, world: str) -> Sets:
        return (brings[0] % limit, brings[1], brings[2] % second, brings[3] % world, brings[4])

    by_checks = learning(0.4, "ask", "natives = { share = 0.2 }, foreigners = { share = 0.6 }")
    by_audits = (
        'orders.0.audits=[{ segments = { foreigners = 60 }, every = "1d" }]',
        *learning(0.27, "any", "foreigners = { presents_forged = 0.9, card = { US = 0.6, other = 0.4 } }"),
    )
    away = 'operator={ ladder = ["ask"], strategy = "fixed"%s }'
    absent = Same((away % ", staff = { back = 2026-06-16T00:00:00-04:00 }",), (away % "",))
    later = ('policies.ask.lead_time="1d"', away % ", staff = { builders = 0.4 }")
    few = ("documents.passport.to_desk=1.0", *DESK[1:], away % ", staff = { reviewers = 0.5 }")
    contract = (
        'models.new.fallback="old"',
        ladder % ('"shutdown"', "fixed", ', contract = { tolerates = "%s"%s }'),
    )

    row = Under("operator")
    decides_nothing = Same((plain[:-2] + ', contract = { tolerates = "1d" } }',), (plain,), ("course",))
    return [
        row(
            "ladder",
            ('operator.ladder=["shutdown", "any"]',),
            "operator.leaks",
            True,
            Same(
                ('operator.ladder=["shutdown", "any"]',),
                (plain, 'policies.any.lead_time="7d"'),
                ("notes", "course"),
            ),
            (plain, 'policies.any.lead_time="1d"'),
        ),
        row(
            "strategy",
            ('operator.strategy="listed"',),
            "operator.leaks",
            True,
            Same(('operator.strategy="listed"',), (ladder % ('"any"', "fixed", ""),)),
            (two, 'policies.any.lead_time="1d"'),
        ),
        row("reviews", ('operator.reviews="3d"',), "operator.served_entitled", False, certain, learns),
        row("confidence", ("operator.confidence=0.5",), "operator.served_entitled", True, certain, learns),
        row("sessions", ("operator.sessions=60",), "operator.served_entitled", True, certain, learns),
        row(
            "checks",
            ("operator.checks=60",),
            "operator.served_entitled",
            True,
            Default("operator.checks=0", by_checks),
            by_checks,
        ),
        row(
            "audits",
            ("operator.audits=true",),
            "operator.served_entitled",
            True,
            Default("operator.audits=false", by_audits),
            by_audits,
        ),
        row(
            "beliefs.*.weight",
            (BELIEFS % 0.99, "operator.beliefs.as_it_is.weight=0.01"),
            "operator.served_entitled",
            False,
            certain,
            learns,
        ),
        row(
            "beliefs.*.world",
            (
                "operator.beliefs.many.world={ segments = { natives = { share = 0.35 }, foreigners.share = 0.45 } }",
            ),
            "operator.served_entitled",
            True,
            certain,
            (*learns, "operator.confidence=0.99"),
        ),
        row(
            "in_flight",
            ('operator.in_flight="kill"',),
            "operator.served_entitled",
            False,
            Same(
                ('operator.in_flight="kill"',),
                (ladder % ('"ask", "shutdown"', "listed", ""), 'policies.shutdown.lead_time="3d"'),
            ),
            (
                ladder % ('"ask", "shutdown"', "listed", ""),
                'policies.shutdown.lead_time="3d"',
                'documents.passport.automatic_time="20h"',
                "people=200",
            ),
            "reference",
        ),
        row("staff.builders", ("operator.staff.builders=0.8",), "operator.leaks", True, absent, later),
        row(
            "staff.reviewers",
            ("operator.staff.reviewers=0.95",),
            "operator.not_served",
            True,
            absent,
            few,
            "reference",
        ),
        row(
            "staff.back",
            ("operator.staff.back=2026-06-13T00:00:00-04:00",),
            "operator.leaks",
            False,
            absent,
            later,
        ),
        row(
            "contract.tolerates",
            ('operator.contract.tolerates="30d"',),
            "contracts broken",
            False,
            decides_nothing,
            (contract[1] % ("1d", ""),),
        ),
        row(
            "contract.fallback_counts",
            ("operator.contract.fallback_counts=true",),
            "contracts broken",
            False,
            decides_nothing,
            (contract[0], contract[1] % ("1d", "")),
        ),
    ]


def usage_caps() -> list[Input]:
    """Rows of a cap on usage. What a gate does, and all that is said of orders, goes by none of its keys."""
    cap = (
        "usage_caps=[{ models = [%s], channels = [%s], per_day = %d, at = 2026-06-%dT00:00:00-04:00, "
        'length = "%s" }]'
    )
    plain = cap % ('"new"', '"consumer"', 2, 18, "1d")

    long = cap % ('"new"', '"consumer"', 2, 18, "36h")

    def row(name: str, moved: str, up: bool, given: str = plain) -> Input:
        apart = Same((moved,))
        return Input(f"usage_caps.*.{name}", (moved,), "needs over a cap", up, apart, (given,))

    return [
        row("models", cap % ('"new", "old"', '"consumer"', 2, 18, "1d"), True),
        row("channels", cap % ('"new"', '"consumer", "team"', 2, 18, "1d"), True),
        row("per_day", cap % ('"new"', '"consumer"', 3, 18, "1d"), False),
        # The order names the model until the 18th: half a day is left of the cap.
        row("at", cap % ('"new"', '"consumer"', 2, 17, "36h"), False, long),
        row("length", cap % ('"new"', '"consumer"', 2, 18, "36h"), True),
    ]


def assumptions() -> list[Input]:
    """Rows of what is known about an input: nothing that is computed goes by it."""
    known = 'assumptions."signals.*.accuracy"={ title = "How often a signal is right", %s }'
    plain = known % 'grade = "derived", range = [0.8, 0.99]'
    lead = 'assumptions."policies.*.lead_time"={ title = "Time", grade = "guess", unit = "%s", range = [0.0, 50.0] }'
    none = Same(
        (
            known
            % 'grade = "derived", range = [0.85, 0.99], limits = [0.1, 1.0], shape = "triangular", unit = "share"',
        )
    )

    def row(name: str, moved: str, measure: str, up: bool, given: Sets = (plain,)) -> Input:
        return Input(f"assumptions.*.{name}", (moved,), measure, up, none, given)

    return [
        row("unit", lead % "days", "warnings", False, ('policies.any.lead_time="3d"', lead % "hours")),
        row("range", known % 'grade = "derived", range = [0.92, 0.99]', "warnings", True),
        row(
            "shape",
            known % 'grade = "derived", range = [0.8, 0.99], shape = "loguniform"',
            "a quarter of the range",
            False,
        ),
        row("limits", known % 'grade = "derived", range = [0.8, 0.99], limits = [0.92, 1.0]', "errors", True),
        row("grade", known % 'grade = "guess", range = [0.8, 0.99]', "guesses", True),
    ]
