"""Rows of signals, causes and customers' words."""

from __future__ import annotations

from tests.inputs.rows import (
    CAUSE,
    IDLE_CAUSE,
    ON_NETWORKS,
    UNHEARD,
    VPN,
    WHAT,
    WITH_ACCOUNTS,
    WORD,
    Default,
    Input,
    NoneNeutral,
    Same,
)


def signals() -> list[Input]:
    """Rows of what the gate sees."""
    errs = ("signals.ip.errors_to={ US = 0.5, other = 0.5 }",)
    perfect = ("signals.ip.accuracy=1.0",)
    own_noise = "signals.ip.%s={ accuracy = 0.9, coverage = 1.0 }"
    rows = [
        Input(
            "signals.*.observes",
            ('signals.ip.observes="device"',),
            "by_ip.false_block_rate",
            False,
            WHAT,
            VPN,
        ),
        Input(
            "signals.*.accuracy",
            ("signals.ip.accuracy=0.95",),
            "by_ip.leak_rate",
            False,
            NoneNeutral("1 is perfect, not absent"),
        ),
        Input(
            "signals.*.errors_to",
            ("signals.ip.errors_to={ GB = 0.5, other = 0.5 }",),
            "by_ip.leak_rate",
            False,
            Same(errs, perfect),  # nothing errs
            errs,
        ),
        Input(
            "signals.*.coverage",
            ("signals.payment.coverage=1.0",),
            "any.false_block_rate",
            False,
            Default("signals.ip.coverage=1.0"),
        ),
        Input(
            "signals.*.refresh",
            ('signals.ip.refresh="account"',),
            "by_ip.accounts_leaked",
            False,
            Same(('signals.ip.refresh="account"',), perfect),
            WITH_ACCOUNTS,
        ),
        Input(
            "signals.*.vpn.accuracy",
            ("signals.ip.vpn.accuracy=0.5",),
            "by_ip.false_block_rate",
            True,
            Same((own_noise % "vpn",), VPN),
            ("segments.natives.vpn={ users = 0.4, on = 0.5, exits = { US = 1.0 } }",),
        ),
        Input(
            "signals.*.vpn.coverage",
            ("signals.ip.vpn.coverage=0.5",),
            "by_ip.false_block_rate",
            True,
            Same((own_noise % "vpn",), VPN),
            ("segments.natives.vpn={ users = 0.4, on = 0.5, exits = { US = 1.0 } }",),
        ),
        Input(
            "signals.*.channels.*.accuracy",
            ("signals.ip.channels.team.accuracy=0.5",),
            "by_ip.false_block_rate",
            True,
            Same((own_noise % "channels.team",)),
        ),
        Input(
            "signals.*.channels.*.coverage",
            ("signals.ip.channels.team.coverage=0.5",),
            "by_ip.false_block_rate",
            True,
            Same((own_noise % "channels.team",)),
        ),
        Input(
            "causes.*.signals",
            ('causes.shared.signals=["ip", "payment"]',),
            "any.leak_rate",
            True,
            IDLE_CAUSE,
            ('causes.shared={ signals = ["ip"], probability = 0.5 }',),
        ),
        Input(
            "causes.*.probability",
            ("causes.shared.probability=1.0",),
            "any.leak_rate",
            True,
            IDLE_CAUSE,
            CAUSE,
        ),
        Input(
            "causes.*.scope",
            ('causes.shared.scope="network"', "causes.shared.people_per_network=50"),
            "by_ip.width of leak_rate",
            True,
            IDLE_CAUSE,
            (
                'signals.ip.refresh="place"',
                'causes.shared={ signals = ["ip"], probability = 1.0, scope = "person" }',
                "people=200",
            ),
            "reference",
        ),
        Input(
            "causes.*.people_per_network",
            ("causes.shared.people_per_network=50",),
            "by_ip.width of leak_rate",
            True,
            IDLE_CAUSE,
            ON_NETWORKS,
            "reference",
        ),
    ]
    for name, moved, measure, up in (
        ("statuses", 'statuses=["citizen"]', "word.served_entitled", False),
        ("given", "given=0.4", "word.leaks@channel=team", False),
        ("honest", "honest=0.9", "word.leaks@channel=team", False),
        ("enforced", "enforced=1.0", "word.leaks@channel=team", False),
        ("revoked_after", 'revoked_after="1d"', "word.leaks@channel=team", False),
    ):
        rows.append(
            Input(f"attestation.*.{name}", (f"attestation.team.{moved}",), measure, up, UNHEARD, WORD)
        )
    return rows
