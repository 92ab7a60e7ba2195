"""A scenario at a glance: what the exact engine and the bounds say of it under its own reading, quickly.

What `gatesim.study.frontier.frontier` finds for one reading, with what the verdict needs. A policy that the exact
engine cannot do is named with the reason, and left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gatesim.exact.expected import CannotDo
from gatesim.exact.varied import Served
from gatesim.gates.bounds import most_served, program_a
from gatesim.measures.finding import Best, Claim, full_sentence
from gatesim.scenario import Loaded
from gatesim.scenario.assumptions import count_guesses, rests_on
from gatesim.study.claim import best_bound, bound_at, claim_from
from gatesim.study.frontier import Frontier, curves, limits_shown, listed_point, programs
from gatesim.study.progress import Progress
from gatesim.study.standing import Candidate, Question, Standings


@dataclass(frozen=True)
class Glance:
    """What is seen at a glance.

    Attributes
    ----------
    loaded, asked
        The scenario, and what is asked of it.
    candidates
        The listed policies that serve at least one need, in the order of the file.
    serve_nobody
        Those that serve none.
    cannot
        Policy -> why the exact engine cannot do it.
    frontier
        Curves and points under the reading that is asked about.
    claim
        What can be said.
    a, b
        The best gate that bound A, bound B allows within the limit.
    with_desk
        The most that bound A lets be served where the desk's capacity counts, as mean flow; None where nothing is
        within the limit, or there is no desk.
    served
        What each policy serves; the limit, the floor and the desk have no part in it.
    """

    loaded: Loaded
    asked: Question
    candidates: tuple[Candidate, ...]
    serve_nobody: tuple[str, ...]
    cannot: Mapping[str, str]
    frontier: Frontier
    claim: Claim
    a: Best
    b: Best
    with_desk: float | None
    served: Mapping[str, Served]

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return full_sentence(self.claim)

    @property
    def best(self) -> Best:
        """The listed policy that the outcome is about."""
        return self.claim.listed


def glance(
    loaded: Loaded,
    asked: Question,
    progress: Progress | None = None,
    known: Mapping[str, Served] | None = None,
) -> Glance:
    """What is seen of a scenario at a glance.

    Parameters
    ----------
    loaded
        The scenario.
    asked
        What is asked of it.
    progress
        Called with the share of the work that is done and what is being done.
    known
        What policies serve, where it is known already (`Glance.served`): of the same scenario under the same reading,
        with another limit, ratio, floor or desk.

    Raises
    ------
    TooLarge
        If the signals have too many joint readings for the bounds.
    """
    say = progress or (lambda done, doing: None)
    say(0.0, "bounds")
    standings, cannot = _doable(loaded, asked, say, known)
    asked = standings.asked
    made = programs(standings)
    limits = limits_shown(loaded.scenario.verdict.limits, (), asked, asked.ratio)
    points = curves(standings, made, asked.ratio, limits)
    listed = tuple(listed_point(standings, name, made, asked.ratio) for name in asked.policies)
    claim = claim_from(loaded, standings, made)
    guesses, inputs = count_guesses(rests_on(loaded))
    found = Frontier(
        loaded,
        asked.ratio,
        asked.reading,
        tuple(points),
        listed,
        {which: program.scope for which, program in made.items()},
        made["bound_B"].told_apart,
        {asked.reading: full_sentence(claim)},
        guesses,
        inputs,
    )
    candidates = tuple(standings.candidates(()))
    serving = {candidate.policy for candidate in candidates}
    return Glance(
        loaded,
        asked,
        candidates,
        tuple(name for name in asked.policies if name not in serving),
        cannot,
        found,
        claim,
        best_bound(asked, bound_at(asked, made["bound_A"])),
        best_bound(asked, bound_at(asked, made["bound_B"])),
        _with_desk(standings),
        {name: standings.served(name, ()) for name in asked.policies},
    )


def _doable(
    loaded: Loaded, asked: Question, say: Progress, known: Mapping[str, Served] | None
) -> tuple[Standings, dict[str, str]]:
    """Standings of the policies that the exact engine can do, and why it cannot do the others."""
    standings = Standings(loaded.scenario, asked, (), known)
    cannot = {}
    for number, name in enumerate(asked.policies):
        say(number / len(asked.policies), name)
        try:
            standings.served(name, ())
        except CannotDo as why:
            cannot[name] = str(why)
    if not cannot:
        return standings, {}
    rest = replace(asked, policies=tuple(name for name in asked.policies if name not in cannot))
    return Standings(loaded.scenario, rest, (), known), cannot


def _with_desk(standings: Standings) -> float | None:
    if standings.scenario.desk is None:
        return None
    program = program_a(standings.scenario, standings.varied.law, desk=True)
    return most_served(program, standings.asked.standard).value
