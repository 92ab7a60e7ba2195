"""Rows of documents, the desk, and reactions."""

from __future__ import annotations

from tests.inputs.rows import (
    DESK,
    NO_CASES,
    NOBODY_SHOWS_IT,
    QUIET_SHIFT,
    SHIFTS,
    WEEK,
    Default,
    Input,
    Same,
    Sets,
)


def checks() -> list[Input]:
    """Rows of documents, the desk, and reactions."""
    leaves = ('reactions={ leave = 0.5, away = "1d" }',)
    card = ('policies.ask.documents=["passport", "card"]', "segments.visitors.documents.card=0.5")
    proves = 'documents.card.proves={ permanent = "permanent", temporary = "%s" }'

    def desk(name: str, moved: str, measure: str, up: bool, neutral: Same, given: Sets = ()) -> Input:
        return Input(f"desk.{name}", (moved,), measure, up, neutral, (*DESK, *given), "reference")

    return [
        Input(
            "checkers.*.false_reject",
            ("checkers.typical.false_reject=0.3",),
            "ask.false_block_rate",
            True,
            NOBODY_SHOWS_IT,
        ),
        Input(
            "checkers.*.false_accept",
            ("checkers.typical.false_accept=0.5",),
            "ask.leak_rate",
            True,
            NOBODY_SHOWS_IT,
        ),
        Input(
            "checkers.*.false_match",
            ("checkers.typical.false_match=0.5",),
            "ask.leak_rate",
            True,
            NOBODY_SHOWS_IT,
            ("segments.foreigners.presents_borrowed=0.5",),
        ),
        Input(
            "documents.*.proves",
            (proves % "permanent",),
            "ask.leak_rate",
            True,
            NOBODY_SHOWS_IT,
            (proves % "temporary", *card),
        ),
        Input(
            "documents.*.checker",
            ('documents.passport.checker="poor"',),
            "ask.false_block_rate",
            True,
            NOBODY_SHOWS_IT,
        ),
        Input(
            "documents.*.automatic_time",
            ('documents.passport.automatic_time="20h"',),
            "ask.not_served",
            True,
            Default('documents.passport.automatic_time="0s"'),
            engine="reference",
        ),
        Input(
            "documents.*.to_desk",
            ("documents.passport.to_desk=1.0",),
            "ask.not_served",
            True,
            Default("documents.passport.to_desk=0.0"),
            (*DESK, "documents.passport.to_desk=0.1"),
            "reference",
        ),
        Input(
            "documents.*.cost",
            ("documents.passport.cost=1.5",),
            "ask.cost",
            True,
            Default("documents.passport.cost=0.0"),
        ),
        desk(
            "shifts.*.days",
            SHIFTS % ('"mon"', "09:00", "17:00", 3) + "]",
            "ask.not_served",
            True,
            QUIET_SHIFT,
        ),
        desk(
            "shifts.*.start", SHIFTS % (WEEK, "16:00", "17:00", 3) + "]", "ask.not_served", True, QUIET_SHIFT
        ),
        desk(
            "shifts.*.end",
            SHIFTS % (WEEK, "09:00", "12:00", 1) + "]",
            "ask.not_served",
            True,
            QUIET_SHIFT,
            (SHIFTS % (WEEK, "09:00", "24:00", 1) + "]",),
        ),
        desk(
            "shifts.*.reviewers",
            SHIFTS % (WEEK, "09:00", "17:00", 1) + "]",
            "ask.not_served",
            True,
            QUIET_SHIFT,
        ),
        desk("service", 'desk.service="9h"', "ask.not_served", True, NO_CASES),
        desk("patience", 'desk.patience="1d"', "ask.left the queue", True, NO_CASES),
        desk(
            "priority",
            'desk.priority=["team"]',
            "all.not_served@channel=team",
            False,
            NO_CASES,
            (
                'policies.all={ family = "rules", rules = [{ then = "check" }], otherwise = "allow", '
                'documents = ["passport", "card"] }',
                "documents.card.to_desk=1.0",
                SHIFTS % (WEEK, "09:00", "17:00", 1) + "]",
            ),
        ),
        Input(
            "reactions.fall_back",
            ("reactions.fall_back=0.5",),
            "shutdown.fallback_share",
            True,
            Default("reactions.fall_back=0.0"),
            ('models.new.fallback="old"',),
        ),
        Input(
            "reactions.leave",
            ("reactions.leave=0.9",),
            "by_ip.lost_share",
            True,
            Same(('reactions={ leave = 0.0, away = "2d" }',)),
            ("reactions.leave=0.1", 'reactions.away="1d"'),
            "reference",
        ),
        Input(
            "reactions.away",
            ('reactions.away="5d"',),
            "by_ip.lost_share",
            True,
            Same(('reactions={ leave = 0.0, away = "2d" }',)),
            leaves,
            "reference",
        ),
    ]
