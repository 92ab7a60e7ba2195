"""Keys that are for people only."""

from __future__ import annotations

from tests.inputs.rows import AUDIT, CARVE_OUT, CAUSE, DAILY, LICENCE, SURE, TITLE, WORD, Sets

ENDED = 'orders.0.ends=[{ kind = "%s", at = 2026-06-18T00:00:00-04:00 }]'


CAPPED = 'usage_caps=[{ models = ["new"], per_day = 1, at = 2026-06-18T00:00:00-04:00, length = "1d" }]'


def words_only() -> dict[str, tuple[str, Sets, Sets]]:
    """Keys that move no measure: the reason, settings on which they mean something, and a setting that changes them.

    That they move nothing is tested: results are the same, bit for bit.
    """
    word = (
        'assumptions."signals.*.accuracy"={ title = "%s", grade = "derived", sources = ["%s"], note = "%s" }'
    )
    known, said = (word % ("One", "one", "one"),), (word % ("Two", "two", "two"),)

    def title(place: str, *given: str) -> tuple[str, Sets, Sets]:
        return TITLE, given, (f'{place}.title="Other words"',)

    return {
        "title": (TITLE, (), ('title="Other words"',)),
        "expected": (TITLE, (), ('expected="Other words"',)),
        "models.*.title": title("models.new"),
        "organisations.*.title": title("organisations.lab"),
        "segments.*.title": title("segments.natives"),
        "signals.*.title": title("signals.ip"),
        "causes.*.title": title("causes.shared", *CAUSE),
        "attestation.*.title": title("attestation.team", *WORD),
        "checkers.*.title": title("checkers.typical"),
        "documents.*.title": title("documents.passport"),
        "readings.*.title": title("readings.person"),
        "controls.*.title": title("controls.a", "controls.a={}"),
        "orders.*.title": title("orders.0"),
        "orders.*.audits.*.title": (TITLE, (DAILY,), (AUDIT % (3, 2, ', every = "1d", title = "Words"'),)),
        "orders.*.carve_outs.*.title": title(
            "orders.0.carve_outs.0", CARVE_OUT % (14, 'channels = ["team"]')
        ),
        "orders.*.licences.*.title": title("orders.0.licences.0", LICENCE % SURE),
        "usage_caps.*.title": title("usage_caps.0", CAPPED),
        "policies.*.title": title("policies.ask"),
        "assumptions.*.title": (TITLE, known, said),
        "assumptions.*.sources": (TITLE, known, said),
        "assumptions.*.note": (TITLE, known, said),
        "orders.*.ends.*.kind": (
            "lifted, stayed or lapsed: the word that a person's story says; an end is an end",
            (ENDED % "lifted",),
            (ENDED % "stayed",),
        ),
        "policies.attested.signal": (
            "names the signal that hears the word: all that hear it hear the same",
            ('signals.whisper={ observes = "attestation", refresh = "account" }', *WORD),
            ('policies.word.signal="whisper"',),
        ),
        "seed": ("names a stream of chance: what is expected does not go by it", (), ("seed=8",)),
    }


SCHEMA = "schema"
"""The number of the format: this version reads one."""
