"""Rows of the window, of places, models and people."""

from __future__ import annotations

from tests.inputs.rows import (
    CARVE_OUT,
    NO_USERS,
    SCALE,
    SHARED,
    SHARES,
    STAY,
    TRIPS,
    VPN,
    WHAT,
    WITH_ACCOUNTS,
    YOUNG,
    Default,
    Input,
    Same,
    Under,
)


def segments() -> list[Input]:
    """Rows of people."""
    age = 'policies.old={ family = "listed", age_at_least = "90d" }'
    close = 'policies.close={ family = "shutdown", channels = ["team"] }'
    form = 'signals.form={ observes = "declared" }'
    by_form = 'policies.by_form={ family = "single", signal = "form" }'

    row = Under("segments.*")
    return [
        row(
            "share",
            ("segments.natives.share=0.2", "segments.foreigners.share=0.6"),
            "open.leak_share",
            True,
            SHARES,
        ),
        row("status", ('segments.visitors.status="protected"',), "open.leaks", False, WHAT),
        row(
            "citizenship",
            ('segments.visitors.citizenship=["IN"]',),
            "open.leaks",
            False,
            Same(('segments.visitors.citizenship=["IN"]',)),  # readings by status alone
            ('readings.person.restricts=[{ citizenship = ["GB"] }]',),
        ),
        row("home", ('segments.foreigners.home="US"',), "by_ip.leak_rate", True, WHAT),
        row("channel", ('segments.visitors.channel="consumer"',), "close.leaks", True, WHAT, (close,)),
        row(
            "role",
            ('segments.foreigners.role="adversary"',),
            "open.leaks@role=ordinary",
            False,
            Default('segments.foreigners.role="ordinary"'),
        ),
        row(
            "organisation",
            ('segments.foreigners.organisation="lab"',),
            "open.leaks",
            False,
            Same(('segments.natives.organisation="lab"',)),  # no signal, no order goes by it
            (CARVE_OUT % (14, 'organisations = ["lab"]'),),
        ),
        row(
            "account_age",
            ('segments.natives.account_age="10d"',),
            "old.served_entitled",
            False,
            Same(('segments.natives.account_age="9999d"',), (age,)),  # the same age band
            (age,),
        ),
        row("needs_per_day", ("segments.foreigners.needs_per_day=2.0",), "open.leak_share", True, SCALE),
        row(
            "activity.multipliers",
            ("segments.foreigners.activity={ multipliers = [0.1, 1.9], shares = [0.5, 0.5] }",),
            "by_ip.accounts_leaked",
            False,
            Same(("segments.foreigners.activity={ multipliers = [1.0, 1.0], shares = [0.5, 0.5] }",)),
            WITH_ACCOUNTS,
        ),
        row(
            "activity.shares",
            ("segments.foreigners.activity={ multipliers = [0.5, 5.5], shares = [0.9, 0.1] }",),
            "by_ip.accounts_leaked",
            False,
            Default("segments.foreigners.activity={ multipliers = [1.0], shares = [1.0] }"),
            (
                *WITH_ACCOUNTS,
                "segments.foreigners.activity={ multipliers = [0.5, 1.5], shares = [0.5, 0.5] }",
            ),
        ),
        row("card", ("segments.foreigners.card={ US = 0.6, other = 0.4 }",), "any.leak_rate", True, SHARES),
        row(
            "declared",
            ("segments.foreigners.declared={ US = 0.6, other = 0.4 }",),
            "by_form.leak_rate",
            True,
            Same(("segments.foreigners.declared={ US = 0.6, other = 0.4 }",)),  # no signal reads it
            (form, by_form),
        ),
        row(
            "vpn.users",
            ("segments.natives.vpn.users=0.8",),
            "by_ip.false_block_rate",
            True,
            NO_USERS,
            VPN,
        ),
        row("vpn.on", ("segments.natives.vpn.on=0.9",), "by_ip.false_block_rate", True, NO_USERS, VPN),
        row(
            "vpn.exits",
            ("segments.natives.vpn.exits={ US = 0.1, other = 0.9 }",),
            "by_ip.false_block_rate",
            True,
            NO_USERS,
            VPN,
        ),
        row(
            "trips.every",
            ('segments.natives.trips.every="10d"',),
            "by_ip.false_block_rate",
            True,
            STAY,
            TRIPS,
        ),
        row(
            "trips.length",
            ('segments.natives.trips.length="20d"',),
            "by_ip.false_block_rate",
            True,
            STAY,
            TRIPS,
        ),
        row(
            "trips.to",
            ("segments.natives.trips.to={ GB = 1.0 }",),
            "by_ip.false_block_rate",
            False,
            STAY,
            (*TRIPS, 'signals.ip.accuracy={ GB = 0.5, "*" = 0.9 }'),
        ),
        row("models", ("segments.foreigners.models={ new = 1.0 }",), "open.leak_share", True, SHARES),
        row(
            "documents",
            ("segments.natives.documents.passport=0.9",),
            "ask.served_entitled",
            True,
            Same(("segments.visitors.documents.passport=0.0",)),
        ),
        row(
            "never_answers",
            ("segments.natives.never_answers=0.3",),
            "ask.false_block_rate",
            True,
            Default("segments.natives.never_answers=0.0"),
        ),
        row(
            "gives_up",
            ("segments.natives.gives_up=0.3",),
            "ask.false_block_rate",
            True,
            Default("segments.natives.gives_up=0.0"),
        ),
        row(
            "presents_forged",
            ("segments.visitors.presents_forged=0.5",),
            "ask.leak_rate",
            True,
            Default("segments.visitors.presents_forged=0.0"),
        ),
        row(
            "presents_borrowed",
            ("segments.visitors.presents_borrowed=0.5",),
            "ask.leak_rate",
            True,
            Default("segments.visitors.presents_borrowed=0.0"),
        ),
        row(
            "co_users.*.present",
            ("segments.natives.co_users.foreigners.present=0.9",),
            "open.leak_share",
            True,
            Same(("segments.natives.co_users={ foreigners = { present = 0.0, share = 0.3 } }",)),
            SHARED,
        ),
        row(
            "co_users.*.share",
            ("segments.natives.co_users.foreigners.share=0.6",),
            "open.leak_share",
            True,
            Same(("segments.natives.co_users={ foreigners = { present = 0.0, share = 0.6 } }",)),
            SHARED,
        ),
    ]


def world() -> list[Input]:
    """Rows of the window, of places and of models."""
    best = ('policies.best={ family = "best", ratio = "leak_rate", limit = 0.3 }',)
    grown = tuple(
        f'segments.{name}.account_age="900d"' for name in ("natives", "visitors", "residents", "foreigners")
    )
    return [
        Input("start", ("start=2026-06-14T00:00:00-04:00",), "open.leaks", False, SCALE),
        Input("length", ('length="4d"',), "open.leaks", False, SCALE),
        Input("people", ("people=150",), "by_ip.width of leak_rate", False, SCALE, engine="reference"),
        Input("represents", ("represents=12000",), "open.leaks", True, SCALE),
        Input("home", ('home="other"',), "by_ip.false_block_rate", True, WHAT),
        Input(
            "age_bands",
            ('age_bands=["90d"]',),
            "best.served_entitled",
            True,
            Same(('age_bands=["90d"]',), ("age_bands=[]", *grown)),
            ("age_bands=[]", YOUNG, *best),
        ),
        Input(
            "regions",
            ('regions={ US = ["US"], GB = ["GB", "IN"], other = ["*"] }',),
            "narrowings",
            False,
            Same(
                ('regions={ US = ["US"], GB = ["GB", "IN"], other = ["*"] }',)
            ),  # a gate reads regions, no countries
        ),
        Input(
            "models.*.fallback",
            ('models.new.fallback="old"',),
            "shutdown.fallback_share",
            True,
            Same(('models.new.fallback="old"',)),  # nobody falls back
            ("reactions.fall_back=0.5",),
        ),
    ]
