"""Rows of what narrows an order, and of its audits."""

from __future__ import annotations

from tests.inputs.rows import (
    AUDIT,
    CARVE_OUT,
    DAILY,
    FIRST_AUDIT,
    LICENCE,
    TOUCHES_NOTHING,
    WEEK,
    Input,
    NoneNeutral,
    Same,
    Sets,
)


def audits() -> list[Input]:
    """Rows of an audit."""

    def row(name: str, moved: str, measure: str, up: bool, before: Sets = FIRST_AUDIT) -> Input:
        key = f"orders.*.audits.*.{name}"
        return Input(key, (moved,), measure, up, TOUCHES_NOTHING, before)

    daily = (*FIRST_AUDIT, DAILY)
    return [
        row("segments", AUDIT % (6, 2, ""), "by_ip.finds", True),
        row(
            "needs",
            AUDIT % (3, 4, ", alike = 0.0"),
            "by_ip.finds",
            True,
            (*FIRST_AUDIT, AUDIT % (3, 2, ", alike = 0.0")),
        ),
        row("at", AUDIT % (3, 2, ', every = "1d", at = 2026-06-15T00:00:00-04:00'), "rounds", False, daily),
        row("every", AUDIT % (3, 2, ', every = "2d"'), "rounds", False, daily),
        row("accounts", AUDIT % (3, 2, ', every = "1d", accounts = "kept"'), "test accounts", False, daily),
        row(
            "alike",
            AUDIT % (3, 2, ", alike = 1.0"),
            "by_ip.finds",
            False,
            (*FIRST_AUDIT, AUDIT % (3, 2, ", alike = 0.0")),
        ),
        row("level", AUDIT % (3, 2, ", level = 0.5"), "by_ip.objects", True),
    ]


def carve_outs() -> list[Input]:
    """Rows of a carve-out. One for people who are free anyway, from the force on, changes nothing."""

    def row(name: str, one: str, more: str, of_the_free: str) -> Input:
        free = CARVE_OUT % (12, f'statuses = ["citizen"]{of_the_free}')
        return Input(
            f"orders.*.carve_outs.*.{name}",
            (CARVE_OUT % (14, more),),
            "open.leaks",
            False,
            Same((free,), ('segments.natives.organisation="empty"',)),
            (CARVE_OUT % (14, one), 'orders.0.models=["new", "old"]'),
        )

    def named(name: str, one: str, more: str, of_the_free: str) -> Input:
        free = f", {name} = [{of_the_free}]" if name != "statuses" else ""
        return row(name, f"{name} = [{one}]", f"{name} = [{one}, {more}]", free)

    return [
        Input(
            "orders.*.carve_outs.*.at",
            (CARVE_OUT % (13, 'statuses = ["temporary"]'),),
            "open.leaks",
            False,
            NoneNeutral(
                "an instant; after the end of its order, where it would change nothing, it is an error"
            ),
            (CARVE_OUT % (15, 'statuses = ["temporary"]'),),
        ),
        named("statuses", '"temporary"', '"nonresident"', '"citizen"'),
        named("citizenships", '"GB"', '"IN"', '"US"'),
        named("regions", '"US"', '"other"', '"US"'),
        named("segments", '"visitors"', '"foreigners"', '"natives"'),
        row(
            "organisations",
            'segments = ["visitors"], organisations = ["lab"]',
            'segments = ["visitors", "foreigners"]',
            ', organisations = ["empty"]',
        ),
        named("channels", '"team"', '"consumer"', '"consumer"'),
        named("models", '"old"', '"new"', '"new"'),
    ]


def licences() -> list[Input]:
    """Rows of a licence. One that is refused is none."""
    when = 'applied = 2026-06-%02dT00:00:00-04:00, decided_after = "%s", at_least = "%s", granted = %g'
    all_of = ', segments = ["visitors", "foreigners"]'
    narrow = ', segments = ["visitors"]'

    def row(name: str, before: str, moved: str, up: bool) -> Input:
        refused = LICENCE % (when % (12, "1d", "1d", 0) + all_of)
        return Input(
            f"orders.*.licences.*.{name}",
            (LICENCE % moved,),
            "open.leaks",
            up,
            Same((refused,), apart=("notes",)),  # a note says that it was refused
            (LICENCE % before, 'orders.0.models=["new", "old"]'),
        )

    plain = when % (12, "1d", "1d", 1)
    until = ", until = 2026-06-15T00:00:00-04:00"
    return [
        row("applied", plain + all_of, when % (14, "1d", "1d", 1) + all_of, True),
        row("decided_after", when % (12, "2d", "0d", 1) + all_of, when % (12, "4d", "0d", 1) + all_of, True),
        # Half of the mean time is no longer drawn: later, where what is drawn is below its mean, as for this seed.
        row("at_least", when % (12, "4d", "0d", 1) + all_of, when % (12, "4d", "2d", 1) + all_of, True),
        row("granted", plain + all_of, when % (12, "1d", "1d", 0) + all_of, True),
        row("until", plain + all_of, plain + until + all_of, True),
        row("segments", plain + all_of, plain + narrow, True),
        row("organisations", plain + all_of, plain + all_of + ', organisations = ["lab"]', True),
        row("channels", plain + all_of, plain + all_of + ', channels = ["team"]', True),
        row("models", plain + all_of, plain + all_of + ', models = ["new"]', True),
    ]


def licence_desk() -> list[Input]:
    """Rows of the government's desk. Where no application takes time it is as if there were none."""
    licence = (
        LICENCE
        % 'applied = 2026-06-12T12:00:00-04:00, decided_after = "0d", granted = 1, channels = ["team"]'
    )
    desk = "orders.0.licence_desk={ %s }"
    hours = ', hours = [{ days = [%s], start = "%s", end = "%s" }]'
    certain = 'officers = 1, service = "1d", service_at_least = "1d"'
    behind = certain + ", backlog = 2"
    office = hours % (WEEK, "09:00", "17:00")

    def row(name: str, before: str, moved: str, up: bool) -> Input:
        """Licensed later, there are more leaks."""
        nothing = desk % (moved.replace('"1d"', '"0d"').replace('"2d"', '"0d"').replace('"2h"', '"0h"'))
        return Input(
            f"orders.*.licence_desk.{name}",
            (desk % moved,),
            "open.leaks",
            up,
            Same((nothing,), (licence,)),
            (licence, desk % before),
        )

    short = certain.replace("1d", "2h")
    return [
        row("officers", behind, behind.replace("officers = 1", "officers = 2"), False),
        row("service", behind, behind.replace('service = "1d"', 'service = "2d"'), True),
        # What is no longer drawn: longer, where what is drawn is below its mean, as for this seed.
        row(
            "service_at_least",
            'officers = 1, service = "2d"',
            'officers = 1, service = "2d", service_at_least = "2d"',
            True,
        ),
        row("others_per_day", certain, certain + ", others_per_day = 6", True),
        row("backlog", certain, behind, True),
        row("hours.*.days", short + office, short + hours % ('"sun"', "09:00", "17:00"), True),
        row("hours.*.start", short + office, short + hours % (WEEK, "15:00", "17:00"), True),
        row("hours.*.end", short + hours % (WEEK, "09:00", "13:00"), short + office, False),
    ]
