"""Rows of what every policy may say, and of each family."""

from __future__ import annotations

from tests.inputs.rows import ORDER, WHAT, WORD, YOUNG, Default, Input, NoneNeutral, Same, Under

RULES = 'policies.rules={ family = "rules", otherwise = "allow", rules = [%s] }'

MIXED = 'policies.mixed={ family = "by_channel", parts = { %s } }'

LISTED = 'policies.listed={ family = "listed", %s }'

MAIL = 'signals.mail={ observes = "organisation" }'


def policies() -> list[Input]:
    """Rows of what every policy may say, and of each family's own keys."""
    both = ('orders.0.models=["new", "old"]',)
    asks = 'documents = ["passport"]'
    score = 'policies.score={ family = "score", weights = { ip = 1.0 }, block_at = 1.0, ' + asks + " }"
    posterior = 'policies.bayes={ family = "posterior", block_above = 0.7, ' + asks + " }"
    mild = 'policies.bayes={ family = "posterior", check_above = 0.5, ' + asks + " }"
    best = 'policies.best={ family = "best", %s }'
    plain = 'policies.best={ family = "best" }'
    # Two orders restrict different people: each one's own leaks are fewer than those of both together.
    order = (
        '{ issued = 2026-06-12T00:00:00-04:00, models = ["new"], reading = "person", '
        'standard = { kind = "leak_share", limit = 0.3 }, ends = [{ kind = "lifted", at = 2026-06-18T00:00:00-04:00 }]'
    )
    two_orders = (
        f"orders=[{order}, restricts = [{{ status = ['nonresident'] }}] }}, "
        f"{order}, restricts = [{{ status = ['temporary'] }}] }}]",
        best % 'ratio = "leak_share", limit = 0.1',
    )
    covered = ("signals.payment.coverage=1.0",)
    by_ip_rule = '{ when = { readings = { ip = ["other"] } }, then = "block" }'
    idle_rule = Same(
        (
            RULES
            % f'{by_ip_rule}, {{ when = {{ readings = {{ ip = ["GB"] }}, channels = ["team"], models = ["new"], '
            'age_at_least = "90d" }, then = "allow" }',
        ),
        (RULES % by_ip_rule,),
    )
    process = (ORDER % ('"new"', 'standard = { kind = "process", controls = ["a"] }'), "controls.a={}")

    common, own = Under("policies.*"), Under("policies")

    def rule(name: str, before: str, moved: str, up: bool) -> Input:
        return own(
            f"rules.rules.*.{name}", (RULES % moved,), "rules.leaks", up, idle_rule, (YOUNG, RULES % before)
        )

    return [
        common(
            "channels",
            ('policies.by_ip.channels=["team"]',),
            "by_ip.leaks",
            True,
            Same(('policies.by_ip.channels=["consumer", "team"]',)),
        ),
        common(
            "models",
            ('policies.by_ip.models=["new"]',),
            "by_ip.leaks",
            True,
            Same(('policies.by_ip.models=["new"]',)),
            both,
        ),
        common(
            "lead_time",
            tuple(f'policies.{name}.lead_time="3d"' for name in ("shutdown", "any", "by_ip", "ask")),
            "leaks in transition",
            True,
            Default('policies.any.lead_time="0s"'),
            (
                'policies.shutdown.lead_time="1d"',
                *(f'policies.{name}.lead_time="2d"' for name in ("any", "by_ip", "ask")),
            ),
        ),
        common(
            "documents",
            ('policies.ask.documents=["passport", "card"]',),
            "ask.served_entitled",
            True,
            Same(('policies.by_ip.documents=["passport"]',)),
        ),
        common(
            "checker",
            ('policies.ask.checker="poor"',),
            "ask.false_block_rate",
            True,
            Same(('policies.ask.checker="typical"',)),
        ),
        common(
            "clearance",
            ('policies.ask.clearance="forever"',),
            "ask.served_entitled",
            True,
            Default('policies.ask.clearance="forever"'),
            ('policies.ask.clearance="0s"', "segments.natives.gives_up=0.5"),
        ),
        common(
            "ask_again_after",
            ('policies.ask.ask_again_after="forever"',),
            "ask.served_entitled",
            False,
            Default('policies.ask.ask_again_after="0s"'),
            ("segments.natives.gives_up=0.5",),
        ),
        common(
            "allow_lasts",
            ('policies.by_ip.allow_lasts="forever"',),
            "by_ip.leaks",
            True,
            Default('policies.by_ip.allow_lasts="0s"'),
        ),
        common(
            "block_lasts",
            ('policies.by_ip.block_lasts="forever"',),
            "by_ip.served_entitled",
            False,
            Default('policies.by_ip.block_lasts="0s"'),
        ),
        common(
            "controls",
            ('policies.any.controls=["a"]',),
            "any.meets",
            True,
            Same(('policies.any.controls=["a"]',), ("controls.a={}",)),
            process,
        ),
        own(
            "open.family",
            ('policies.one={ family = "open" }',),
            "one.leaks",
            True,
            WHAT,
            ('policies.one={ family = "shutdown" }',),
        ),
        own(
            "shutdown.family",
            ('policies.one={ family = "shutdown" }',),
            "one.leaks",
            False,
            WHAT,
            ('policies.one={ family = "open" }',),
        ),
        own("k_of_n.signals", ('policies.any.signals=["ip"]',), "any.false_block_rate", False, WHAT),
        own("k_of_n.k", ("policies.any.k=2",), "any.false_block_rate", False, Same(("policies.any.k=1",))),
        own(
            "k_of_n.then",
            ('policies.any.then="check"',),
            "any.served_entitled",
            True,
            WHAT,
            ('policies.any.documents=["passport"]',),
        ),
        own(
            "k_of_n.unknown",
            ('policies.any.unknown="home"',),
            "any.false_block_rate",
            False,
            Same(('policies.any.unknown="ignore"',), covered),
        ),
        own(
            "single.signal",
            ('policies.by_ip.signal="payment"',),
            "by_ip.leak_rate",
            False,
            WHAT,
            ("signals.ip.accuracy=0.7",),
        ),
        own(
            "single.then",
            ('policies.by_ip.then="check"',),
            "by_ip.served_entitled",
            True,
            WHAT,
            ('policies.by_ip.documents=["passport"]',),
        ),
        own(
            "single.unknown",
            ('policies.by_ip.unknown="home"',),
            "by_ip.false_block_rate",
            False,
            Same(('policies.by_ip.unknown="home"',)),
            ("signals.ip.coverage=0.8",),
        ),
        own(
            "score.weights",
            ("policies.score.weights={ ip = 1.0, payment = 1.0 }",),
            "score.false_block_rate",
            True,
            Same(("policies.score.weights={ ip = 1.0, payment = 0.0 }",), (score,)),
            (score,),
        ),
        own(
            "score.unknown_weights",
            ("policies.score.unknown_weights={ payment = 1.0 }",),
            "score.false_block_rate",
            True,
            Same(("policies.score.unknown_weights={ ip = 0.0 }",), (score,)),
            (score, "policies.score.weights={ ip = 1.0, payment = 0.5 }"),
        ),
        own(
            "score.check_at",
            ("policies.score.check_at=0.5",),
            "score.false_block_rate",
            True,
            Same(("policies.score.check_at=0.5",), (score,)),
            (score, "policies.score.weights={ ip = 1.0, payment = 0.5 }"),
        ),
        own(
            "score.block_at",
            ("policies.score.block_at=0.5",),
            "score.false_block_rate",
            True,
            Same(
                ("policies.score.block_at=9",),
                (
                    'policies.score={ family = "score", weights = { ip = 1.0 }, check_at = 1.0, '
                    + asks
                    + " }",
                ),
            ),
            (score, "policies.score.weights={ ip = 1.0, payment = 0.5 }"),
        ),
        own(
            "posterior.check_above",
            ("policies.bayes.check_above=0.1",),
            "bayes.leaks",
            False,
            NoneNeutral("without it nothing is checked; a threshold of 1 would stand above that of blocking"),
            (posterior,),
        ),
        own(
            "posterior.block_above",
            ("policies.bayes.block_above=0.1",),
            "bayes.false_block_rate",
            True,
            Same(("policies.bayes.block_above=1.0",), (mild,)),
            (posterior,),
        ),
        own(
            "posterior.beliefs",
            ("policies.bayes.beliefs.signals.ip.accuracy=0.34",),
            "bayes.leaks",
            True,
            Same(("policies.bayes.beliefs.signals.ip.accuracy=0.9",), (posterior,)),
            (posterior,),
        ),
        own(
            "rules.otherwise",
            ('policies.rules.otherwise="block"',),
            "rules.leaks",
            False,
            Same(('policies.rules.otherwise="block"',), (RULES % '{ then = "allow" }',)),
            (RULES % by_ip_rule,),
        ),
        rule(
            "when.readings",
            '{ when = { readings = { payment = ["other"] } }, then = "block" }',
            '{ when = { readings = { payment = ["other", "GB"] } }, then = "block" }',
            False,
        ),
        rule(
            "when.channels",
            '{ when = { channels = ["team"] }, then = "block" }',
            '{ when = { channels = ["team", "consumer"] }, then = "block" }',
            False,
        ),
        rule(
            "when.models",
            '{ when = { models = ["new"] }, then = "block" }',
            '{ when = { models = ["old"] }, then = "block" }',
            True,
        ),
        rule(
            "when.age_at_least",
            '{ then = "block" }',
            '{ when = { age_at_least = "90d" }, then = "block" }',
            True,
        ),
        rule("then", by_ip_rule, '{ when = { readings = { ip = ["other"] } }, then = "allow" }', True),
        own(
            "listed.signal",
            ('policies.listed.signal="rumour"',),
            "listed.leaks",
            False,
            WHAT,
            (
                MAIL,
                'signals.rumour={ observes = "organisation", accuracy = 0.5, errors_to = { none = 1.0 } }',
                LISTED % 'signal = "mail", organisations = ["lab"]',
            ),
        ),
        own(
            "listed.organisations",
            ('policies.listed.organisations=["lab", "empty"]',),
            "listed.leaks",
            True,
            Same(
                ('policies.listed.organisations=["lab", "empty"]',),
                (MAIL, LISTED % 'signal = "mail", organisations = ["lab"]'),
            ),
            (
                MAIL,
                'segments.foreigners.organisation="empty"',
                LISTED % 'signal = "mail", organisations = ["lab"]',
            ),
        ),
        own(
            "listed.age_at_least",
            ('policies.listed.age_at_least="90d"',),
            "listed.served_entitled",
            True,
            Same(
                ('policies.listed.age_at_least="9999d"',),
                ('age_bands=["90d", "9999d"]', LISTED % "staff = true"),
            ),
            (LISTED % "staff = true",),
        ),
        own(
            "listed.staff",
            ("policies.listed.staff=true",),
            "listed.leaks",
            True,
            Same(("policies.listed.staff=true",), (LISTED % 'age_at_least = "90d"',)),
            (YOUNG, 'segments.foreigners.channel="internal"', LISTED % 'age_at_least = "90d"'),
        ),
        own(
            "listed.otherwise",
            ('policies.listed.otherwise="check"', 'policies.listed.documents=["card"]'),
            "listed.served_entitled",
            True,
            WHAT,
            ('segments.residents.account_age="10d"', LISTED % 'age_at_least = "90d"'),
        ),
        own(
            "best.ratio",
            ('policies.best.ratio="leak_share"',),
            "best.served_entitled",
            False,
            Same(('policies.best.ratio="leak_share"',), (best % "limit = 0.3",)),
            (best % 'ratio = "leak_rate", limit = 0.2',),
        ),
        own(
            "best.limit",
            ("policies.best.limit=0.3",),
            "best.served_entitled",
            True,
            Same(("policies.best.limit=0.01",), (plain,)),
            (best % "limit = 0.1",),
        ),
        own(
            "best.floor",
            ("policies.best.floor=0.9",),
            "best.leak_rate",
            True,
            NoneNeutral("it asks another question than the limit"),
            (best % "floor = 0.5",),
        ),
        own(
            "best.each_order",
            ("policies.best.each_order=true",),
            "best.served_entitled",
            True,
            Default("policies.best.each_order=false", two_orders),
            two_orders,
        ),
        own(
            "best.clearance",
            ('policies.best.clearance="forever"',),
            "best.served_entitled",
            True,
            Same(('policies.best.clearance="forever"',), (best % "limit = 0.2",)),
            (best % f"limit = 0.2, {asks}", "segments.natives.gives_up=0.5"),
        ),
        own(
            "attested.revocation",
            ('policies.word.revocation="watch"',),
            "word.leaks@channel=team",
            False,
            Same(
                ('policies.word.revocation="watch"',),
                (
                    *WORD[1:3],
                    "attestation.team={ honest = 0.5 }",
                    'policies.word={ family = "attested", signal = "word" }',
                ),
            ),
            (*WORD[:3], 'policies.word={ family = "attested", signal = "word" }'),
        ),
        own(
            "attested.otherwise",
            ('policies.word.otherwise="check"', 'policies.word.documents=["card"]'),
            "word.served_entitled",
            True,
            WHAT,
            WORD,
        ),
        own(
            "attested.block_lasts",
            ('policies.word.block_lasts="0s"',),
            "word.leaks@channel=team",
            True,
            Default('policies.word.block_lasts="forever"', WORD),
            WORD,
        ),
        own(
            "by_channel.parts",
            (MIXED % 'consumer = "by_ip", team = "shutdown"',),
            "mixed.leaks",
            False,
            Same((MIXED % 'consumer = "by_ip", team = "open"',), (MIXED % 'consumer = "by_ip"',)),
            (MIXED % 'consumer = "by_ip"',),
        ),
        own(
            "plug_in.plug_in",
            ('policies.outside.plug_in="nobody"',),
            "outside.leaks",
            False,
            WHAT,
            ('policies.outside={ family = "plug_in", plug_in = "above" }',),
        ),
        own(
            "plug_in.parameters",
            ("policies.outside.parameters={ share = 0.1 }",),
            "outside.leaks",
            False,
            NoneNeutral("what they mean is the plug-in's own matter"),
            ('policies.outside={ family = "plug_in", plug_in = "above", parameters = { share = 0.9 } }',),
        ),
    ]
