"""A scenario at a glance: what the exact engine and the bounds say of it under its own reading, quickly.

What `gatesim.study.frontier.frontier` finds for one reading, with what the verdict needs. A policy that the exact
engine cannot do is named with the reason, and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gatesim.exact.expected import CannotDo
from gatesim.exact.varied import Served
from gatesim.gates.bounds import most_served, program_a
from gatesim.gates.bounds.program import Program
from gatesim.measures.finding import Best, Claim, full_sentence
from gatesim.scenario import Loaded
from gatesim.scenario.assumptions import count_guesses, rests_on
from gatesim.scenario.schema import Scenario
from gatesim.study.claim import best_at, claim_from
from gatesim.study.frontier import Frontier, curves, limits_shown, listed_point, programs
from gatesim.study.points import Point
from gatesim.study.progress import Progress
from gatesim.study.standing import Candidate, Question, Standings, question


@dataclass(frozen=True)
class Glance:
    """What is seen at a glance.

    Attributes
    ----------
    loaded, asked
        The scenario, and what is asked of it.
    together
        The same with one limit, on what all orders restrict together: the frontier is about it. Where orders do not
        count each by itself, there is no other.
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
        within the limit, or there is no desk, or orders count each by itself.
    served
        What each policy serves; the limit, the floor and the desk have no part in it.
    waiting
        Policies that are not looked at yet: see `glances`.
    """

    loaded: Loaded
    asked: Question
    together: Question
    candidates: tuple[Candidate, ...]
    serve_nobody: tuple[str, ...]
    cannot: Mapping[str, str]
    frontier: Frontier
    claim: Claim
    a: Best
    b: Best
    with_desk: float | None
    served: Mapping[str, Served]
    waiting: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return full_sentence(self.claim)

    @property
    def best(self) -> Best:
        """The listed policy that the outcome is about."""
        return self.claim.listed


@dataclass
class Kept:
    """What was worked out under other settings of the same scenario, and what of it holds under others.

    Attributes
    ----------
    standings, bounds
        The needs, the gates' tables and the programs of both bounds: they hold under another limit, ratio, floor or
        desk.
    history
        The program of bound B alone: it holds under whatever is known to leave it alone
        (`gatesim.study.few_programs.leaves_b_alone`).
    """

    standings: Standings | None = None
    bounds: Mapping[str, Program] | None = None
    history: Program | None = None


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
    *_, whole = glances(loaded, asked, progress, known)
    return whole


def glances(
    loaded: Loaded,
    asked: Question,
    progress: Progress | None = None,
    known: Mapping[str, Served] | None = None,
    kept: Kept | None = None,
) -> Iterator[Glance]:
    """What `glance` sees, in two parts: first without the policies that remember, which take longest; then with all.

    Where no policy has to be waited for, the second is the only one. For parameters and errors see `glance`; ``kept``
    is what still holds of what was worked out before, and is given what is worked out now.
    """
    say = progress or (lambda done, doing: None)
    known, kept = known or {}, kept or Kept()
    say(0.0, "bounds")
    if kept.standings is None:
        kept.standings = Standings(loaded.scenario, asked, (), known)
    first = kept.standings.asking(loaded.scenario, asked)
    made = kept.bounds = kept.bounds or programs(first, kept.history)
    kept.history = made["bound_B"]
    with_desk, counts = _with_desk(first), count_guesses(rests_on(loaded))
    together = _together(loaded.scenario, asked)
    limits = limits_shown(loaded.scenario.verdict.limits, (), together.limit)
    # No policy has a part in them.
    both = tuple(curves(first, made, together.ratio, limits, pays=False))
    around = _Around(made, together, both, with_desk, counts)
    waiting = tuple(name for name in first.remembering if name not in known)
    plain = tuple(name for name in asked.policies if name not in waiting)
    if waiting and plain:
        yield replace(_seen(loaded, first.among(plain), around, say), waiting=waiting)
    yield _seen(loaded, first, around, say)


def _together(scenario: Scenario, asked: Question) -> Question:
    """What is asked, with the first order's limit on what all restrict together."""
    if not asked.each:
        return asked
    return question(scenario, reading=asked.reading, floor=asked.floor, policies=asked.policies)


@dataclass(frozen=True)
class _Around:
    """What is seen whatever the policies.

    The bounds' programs and curves, what these are about, the desk's share, numbers of inputs.
    """

    made: Mapping[str, Program]
    together: Question
    curves: tuple[Point, ...]
    with_desk: float | None
    counts: tuple[int, int]


def _seen(loaded: Loaded, standings: Standings, around: _Around, say: Progress) -> Glance:
    """What is seen of some policies."""
    standings, cannot = _doable(standings, say)
    asked, made = standings.asked, around.made
    together = replace(around.together, policies=asked.policies)
    listed = tuple(listed_point(standings, name, made, together.ratio) for name in asked.policies)
    claim = claim_from(loaded, standings, made, counts=around.counts)
    found = Frontier(
        loaded,
        together.ratio,
        asked.reading,
        around.curves,
        listed,
        {which: program.scope for which, program in made.items()},
        made["bound_B"].told_apart,
        {asked.reading: full_sentence(claim)},
        claim.guesses,
        claim.inputs,
    )
    candidates = tuple(standings.candidates(()))
    serving = {candidate.policy for candidate in candidates}
    return Glance(
        loaded,
        asked,
        together,
        candidates,
        tuple(name for name in asked.policies if name not in serving),
        cannot,
        found,
        claim,
        claim.a,
        claim.b or best_at(standings, made, "bound_B"),
        around.with_desk,
        {name: standings.served(name, ()) for name in asked.policies},
    )


def _doable(standings: Standings, say: Progress) -> tuple[Standings, dict[str, str]]:
    """Standings of the policies that the exact engine can do, and why it cannot do the others."""
    asked, cannot = standings.asked, {}
    for number, name in enumerate(asked.policies):
        say(number / len(asked.policies), name)
        try:
            standings.served(name, ())
        except CannotDo as why:
            cannot[name] = str(why)
    if not cannot:
        return standings, {}
    return standings.among([name for name in asked.policies if name not in cannot]), cannot


def _with_desk(standings: Standings) -> float | None:
    if standings.scenario.desk is None or standings.asked.each:
        return None
    program = program_a(standings.scenario, standings.varied.law, desk=True)
    return most_served(program, standings.asked.standard).value
