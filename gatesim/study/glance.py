"""A scenario at a glance: what the exact engine and the bounds say of it under its own reading, quickly.

What `gatesim.study.frontier.frontier` finds for one reading, with what the verdict needs. A policy that the exact
engine cannot do is named with the reason, and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatesim.exact.expected import CannotDo
from gatesim.exact.varied import Served
from gatesim.gates.bounds import Program, most_served, program_a
from gatesim.measures.finding import Best, Claim, full_sentence
from gatesim.scenario import Loaded
from gatesim.study.claim import best_bound, bound_at, claim_from
from gatesim.study.frontier import Frontier, Point, curves, limits_shown, listed_point
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
        The best gate that bound A, bound B allows within the limit; of B None while it is not worked out.
    with_desk
        The most that bound A lets be served where the desk's capacity counts, as mean flow; None where nothing is
        within the limit, or there is no desk.
    served
        What each policy serves; the limit, the floor and the desk have no part in it.
    pending
        Policies that are not worked out yet, for they have a memory.
    """

    loaded: Loaded
    asked: Question
    candidates: tuple[Candidate, ...]
    serve_nobody: tuple[str, ...]
    cannot: Mapping[str, str]
    frontier: Frontier
    claim: Claim
    a: Best
    b: Best | None
    with_desk: float | None
    served: Mapping[str, Served]
    pending: tuple[str, ...] = ()

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
    (whole,) = glances(loaded, asked, progress, known, at_once=False)
    return whole


def glances(
    loaded: Loaded,
    asked: Question,
    progress: Progress | None = None,
    known: Mapping[str, Served] | None = None,
    *,
    at_once: bool = True,
) -> Iterator[Glance]:
    """The same in two steps: first what has no memory, which is quick, then all.

    Parameters
    ----------
    loaded, asked, progress, known
        As for `glance`.
    at_once
        Whether to give what has no memory at once. It is left out as well where the rest is known.

    Yields
    ------
    Glance
        The policies without memory and bound A, the others `pending`; then the whole.

    Raises
    ------
    TooLarge
        If the signals have too many joint readings for the bounds.
    """
    say = progress or (lambda done, doing: None)
    say(0.0, "bounds")
    standings = Standings(loaded.scenario, asked, (), known)
    made = {"bound_A": standings.a.program()}
    curve = _curve_of(standings, made)
    desk = _with_desk(standings)
    pending = tuple(name for name in standings.remembering if name not in (known or {}))
    if at_once and pending:
        plain = standings.of(name for name in asked.policies if name not in standings.remembering)
        yield _seen(loaded, plain, made, curve, desk, {}, standings.remembering)
    standings, cannot = _doable(standings, say)
    made["bound_B"] = standings.b.program()
    curve += _curve_of(standings, {"bound_B": made["bound_B"]})
    yield _seen(loaded, standings, made, curve, desk, cannot, ())


def _curve_of(standings: Standings, made: Mapping[str, Program]) -> list[Point]:
    asked = standings.asked
    limits = limits_shown(standings.scenario.verdict.limits, (), asked, asked.ratio)
    return curves(standings, made, asked.ratio, limits)


def _seen(
    loaded: Loaded,
    standings: Standings,
    made: Mapping[str, Program],
    curve: Sequence[Point],
    with_desk: float | None,
    cannot: Mapping[str, str],
    pending: tuple[str, ...],
) -> Glance:
    """All that follows from standings; of bound B only if its program is made."""
    asked = standings.asked
    claim = claim_from(loaded, standings, made)
    b = made.get("bound_B")
    found = Frontier(
        loaded,
        asked.ratio,
        asked.reading,
        tuple(curve),
        tuple(listed_point(standings, name, made, asked.ratio) for name in asked.policies),
        {which: program.scope for which, program in made.items()},
        b.told_apart if b else (),
        {asked.reading: full_sentence(claim)},
        claim.guesses,
        claim.inputs,
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
        claim.a,
        (claim.b or best_bound(asked, bound_at(asked, b))) if b else None,
        with_desk,
        {name: standings.served(name, ()) for name in asked.policies},
        pending,
    )


def _doable(standings: Standings, say: Progress) -> tuple[Standings, dict[str, str]]:
    """Standings of the policies that the exact engine can do, and why it cannot do the others."""
    names, cannot = standings.asked.policies, {}
    for number, name in enumerate(names):
        say(number / len(names), name)
        try:
            standings.served(name, ())
        except CannotDo as why:
            cannot[name] = str(why)
    return (standings.of(name for name in names if name not in cannot) if cannot else standings), cannot


def _with_desk(standings: Standings) -> float | None:
    if standings.scenario.desk is None:
        return None
    program = program_a(standings.scenario, standings.varied.law, desk=True)
    return most_served(program, standings.asked.standard).value
