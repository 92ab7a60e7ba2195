"""Rows of readings, orders, standards, exposure and the verdict."""

from __future__ import annotations

from tests.inputs.law_details import audits, carve_outs, licence_desk, licences
from tests.inputs.rows import ANYBODY, NATIONAL, ORDER, STATUS, WHAT, Default, Input, NoneNeutral, Same


def clauses(place: str, given: str) -> list[Input]:
    """Rows of a clause; ``place`` is the key, ``given`` the same with ``%s`` for further clauses."""
    key = f"{place}.restricts.*"
    wider = f"{{ {STATUS} }}%s"

    def row(name: str, moved: str, up: bool, nobody: str) -> Input:
        """A clause with one condition more or another, and one that nobody meets."""
        return Input(
            f"{key}.{name}",
            (given % moved,),
            "open.leak_share",
            up,
            Same((given % (wider % nobody),), (given % (wider % ""),)),
            (given % (wider % ""),),
        )

    return [
        row(
            "status",
            '{ status = ["temporary", "nonresident", "permanent"] }',
            True,
            ', { status = ["protected"] }',
        ),
        row("citizenship", f'{{ {STATUS}, citizenship = ["GB"] }}', False, ', { citizenship = ["AQ"] }'),
        row("located", f'{{ {STATUS}, located = ["abroad"] }}', False, ', { located = ["GB"] }'),
        row("entity", f'{{ {STATUS}, entity = ["lab"] }}', False, ', { entity = ["empty"] }'),
    ]


def standards(key: str, order: str) -> list[Input]:
    """Rows of a standard; ``order`` has a place for it. ``meets`` is the probability that a policy meets all."""
    limit = order % '{ kind = "leak_share", limit = %s }'
    spread = order % '{ kind = "leak_share", limit = { distribution = "%s", low = %g, high = %g } }'
    points = order % '{ kind = "leak_share", limit = { limits = [%g, %g], weights = [%g, %g] } }'
    count = order % '{ kind = "leak_count", limit = 1e5%s }'
    known = Same((spread % ("uniform", 0.6, 0.6),), (limit % "0.6",))
    one = Same((limit % "{ limits = [0.6], weights = [1.0] }",), (limit % "0.6",))

    def row(name: str, before: str, moved: str, up: bool, neutral: Same | NoneNeutral) -> Input:
        return Input(f"{key}.{name}", (moved,), "by_ip.meets", up, neutral, (before,))

    zero = order % '{ kind = "zero", probability = %g }'
    process = order % '{ kind = "process", controls = [%s] }'
    have = ("controls={ a = {}, b = {} }", 'policies.any.controls=["a"]')
    return [
        row("kind", limit % "0.4", order % '{ kind = "leak_count", limit = 0.4 }', False, WHAT),
        row(
            "limit",
            limit % "0.01",
            limit % "0.9",
            True,
            NoneNeutral("a limit of all is none: that of `open`"),
        ),
        row(
            "limit.distribution",
            spread % ("uniform", 0.05, 0.9),
            spread % ("loguniform", 0.05, 0.9),
            False,
            known,
        ),
        row("limit.low", spread % ("uniform", 0.05, 0.9), spread % ("uniform", 0.1, 0.9), True, known),
        row("limit.high", spread % ("uniform", 0.05, 0.9), spread % ("uniform", 0.05, 0.6), False, known),
        row("limit.limits", points % (0.05, 0.1, 0.5, 0.5), points % (0.05, 0.9, 0.5, 0.5), True, one),
        row("limit.weights", points % (0.05, 0.9, 0.5, 0.5), points % (0.05, 0.9, 0.8, 0.2), False, one),
        row(
            "per",
            count % ', per = "6d"',
            count % ', per = "60000d"',
            False,
            Same((count % ', per = "6d"',), (count % "",), ("demands",)),  # six days in force
        ),
        Input(
            f"{key}.probability",
            (zero % 0.95,),
            "by_ip.meets",
            False,
            NoneNeutral("it must be above 0: at any value something is asked for"),
            ("people=1", "represents=1", zero % 0.1),
        ),
        Input(
            f"{key}.controls",
            (process % '"a", "b"',),
            "any.meets",
            False,
            NoneNeutral("a standard of controls names at least one"),
            (*have, process % '"a"'),
        ),
    ]


def law() -> list[Input]:
    """Rows of readings, orders, exposure and the verdict."""
    ends = 'orders.0.ends=[{ kind = "lifted", at = 2026-06-%02dT00:00:00-04:00 }%s]'
    after = 'orders.0.ends=[{ kind = "lifted", after = "%s" }]'
    amounts = (
        "exposure={ civil_penalty = %g, transaction = %g, transaction_multiple = %g, criminal_penalty = %g }"
    )
    no_amounts = Same((amounts % (1, 2, 3, 4),), apart=("exposure",))

    def exposure(name: str, moved: str, measure: str = "open.civil") -> Input:
        return Input(f"exposure.{name}", (moved,), measure, True, no_amounts, (amounts % (5, 1, 2, 5),))

    return [
        *clauses("readings.*", "readings.person.restricts=[%s]"),
        *clauses("orders.*", "orders.0.restricts=[%s]"),
        Input("orders.*.issued", ("orders.0.issued=2026-06-14T00:00:00-04:00",), "open.leaks", False, WHAT),
        Input(
            "orders.*.grace", ('orders.0.grace="48h"',), "open.leaks", False, Default('orders.0.grace="0h"')
        ),
        Input("orders.*.models", ('orders.0.models=["new", "old"]',), "open.leaks", True, WHAT),
        Input(
            "orders.*.reading", ('orders.0.reading="national"',), "open.leak_share", True, WHAT, (NATIONAL,)
        ),
        *standards("orders.*.standard", ORDER % ('"new"', "standard = %s")),
        *standards(
            "orders.*.standards.*",
            ORDER % ('"new", "old"', 'standard = { kind = "leak_share", limit = 1.0 }, standards.old = %s'),
        ),
        *audits(),
        *carve_outs(),
        Input(
            "orders.*.ends.*.at",
            (ends % (19, ""),),
            "open.leaks",
            True,
            Same((ends % (18, ', { kind = "lapsed", at = 2026-07-30T00:00:00-04:00 }'),)),  # after the window
        ),
        Input(
            "orders.*.ends.*.after",
            (after % "5d",),
            "open.leaks",
            True,
            Same(
                (ends % (18, ', { kind = "lapsed", after = "forever" }'),), apart=("notes",)
            ),  # it says it is drawn
            (after % "2d",),
        ),
        *licences(),
        *licence_desk(),
        exposure("unit", 'exposure={ unit = "account", civil_penalty = 5 }', "ways to count a violation"),
        exposure("civil_penalty", amounts % (9, 1, 2, 5)),
        exposure("transaction", amounts % (5, 9, 2, 5)),
        exposure("transaction_multiple", amounts % (5, 1, 9, 5)),
        exposure("criminal_penalty", amounts % (5, 1, 2, 9), "open.criminal"),
        Input(
            "verdict.floor",
            ("verdict.floor=0.95",),
            "any.serves the floor",
            False,
            NoneNeutral("0 asks for nothing, and is another verdict than the default"),
        ),
        Input("verdict.limits", ("verdict.limits=[0.0, 0.5]",), "rows of the verdict", True, WHAT),
        Input(
            "verdict.at",
            ("verdict.at=2026-06-16T00:00:00-04:00",),
            "a gate is available",
            True,
            Same(("verdict.at=2026-06-12T00:00:00-04:00",)),  # the instant in force
            ('policies.any.lead_time="3d"', 'orders.0.standard={ kind = "leak_share", limit = 0.3 }'),
        ),
        Input(
            "verdict.readings",
            ("verdict.readings={ person = 0.5, anybody = 0.5 }",),
            "a gate is available",
            False,
            Same(("verdict.readings={ person = 1.0 }",)),
            (
                'orders.0.standard={ kind = "leak_share", limit = 0.3 }',
                ANYBODY,
            ),
        ),
    ]
