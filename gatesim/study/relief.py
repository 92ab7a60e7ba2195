"""Relief: which narrowing of the order would leave something else than shutting down, and what it would let through.

A narrowing is judged twice. Under the narrowed order: which outcome holds for the list and for both bounds, and how
many needs the best gate of each serves. Under the order as it is: how many of the needs that it restricts are served
now (*added leaks*: what the narrowing takes out, as far as the gate serves it). Needs gained for each added leak rank
the narrowings.

Where no single thing that is taken out leaves a gate, two together are looked at; on request more, or what is in two
things at once.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatesim._version import __version__
from gatesim.law.law import Law
from gatesim.measures.judgement import Outcome
from gatesim.measures.relieved import Left, ReliefClaim, Taken, relief_sentence
from gatesim.scenario import Loaded, ScenarioError, loaded_from
from gatesim.scenario.errors import Problem
from gatesim.scenario.schema import Scenario
from gatesim.study.asking import ask
from gatesim.study.claim import sentence_of
from gatesim.study.combined import MOST, Numbers, how_many, least_sufficient
from gatesim.study.narrowed import Gate, a_may_end, law_of, narrowed, under
from gatesim.study.narrowings import Narrowing, narrower, narrowings, together
from gatesim.study.own_limits import limits_as_json
from gatesim.study.placing import placing
from gatesim.study.progress import Progress
from gatesim.study.shown import Shown
from gatesim.study.standing import Question, Standings

if TYPE_CHECKING:
    import pandas as pd

_LESS = 0.99
"""What is in two things at once is listed if it adds fewer leaks than this part of those of one that does alone."""


@dataclass(frozen=True)
class Relief:
    """A narrowing and what follows from it.

    Attributes
    ----------
    narrowing
        What is taken out of the order.
    freed
        Needs that it takes out.
    list, bound_A
        The best of each under the narrowed order.
    bound_B
        The outcome for gates that remember, and the most that they serve.
    gain
        Needs that bound A's best gate serves more than under the order as it is.
    per_leak
        Gain for each added leak; None where no leak is added.
    """

    narrowing: Narrowing
    freed: float
    list: Gate
    bound_A: Gate  # noqa: N815 -- the name that every result has for it
    bound_B: tuple[Outcome, float | None]  # noqa: N815
    gain: float
    per_leak: float | None

    def ends(self, side: str) -> bool:
        """Whether something else than shutting down is left for the list, or for bound A or B."""
        outcome = self.bound_B[0] if side == "bound_B" else getattr(self, side).outcome
        return outcome in ("gate_available", "not_ruled_out")


@dataclass(frozen=True)
class Looked:
    """What was looked at besides narrowings by one thing.

    Attributes
    ----------
    size
        Up to how many things were taken out together.
    combinations
        How many such combinations of two and more were looked at: those that contain none that leaves a gate, and
        take out what no smaller one does.
    narrower
        How many narrowings by what is in two things at once were looked at.
    """

    size: int = 1
    combinations: int = 0
    narrower: int = 0


@dataclass(frozen=True)
class Reliefs(Shown):
    """The answer of `relief`.

    Attributes
    ----------
    now
        The best of the list and of bound A under the order as it is; for B outcome and most served.
    found
        All narrowings by one thing that take something out, and those by several that leave a gate: first those after
        which a gate of the list or of bound A serves the floor within the limit, by needs gained for each added leak;
        then the others in the same way.
    idle
        Narrowings that take nothing out under the reading.
    left_out
        Listed policies that remember and were not evaluated.
    looked
        What was looked at besides narrowings by one thing.
    finding
        What was found, in words.
    sentence
        The sentence under the order as it is.
    """

    loaded: Loaded
    asked: Question
    now: tuple[Gate, Gate, tuple[Outcome, float | None]]
    found: tuple[Relief, ...]
    idle: tuple[Narrowing, ...]
    left_out: tuple[str, ...]
    looked: Looked
    finding: str
    sentence: str

    def __repr__(self) -> str:
        return f"<Reliefs of {self.loaded.scenario.title!r}: {len(self.found)} narrowings>"

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each narrowing."""
        import pandas as pd

        return pd.DataFrame([_flat(one) for one in self.found])

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "schema": 1,
            "scenario": self.loaded.scenario.title,
            "engine": "exact",
            "version": __version__,
            "reading": self.asked.reading,
            "ratio": self.asked.ratio,
            "limit": self.asked.limit,
            "floor": self.asked.floor,
            **limits_as_json(self.asked),
            "now": {
                "list": self.now[0].to_dict(),
                "bound_A": self.now[1].to_dict(),
                "bound_B": {"outcome": self.now[2][0], "served": self.now[2][1]},
            },
            "narrowings": [_flat(one) for one in self.found],
            "idle": [one.words for one in self.idle],
            "looked_at": asdict(self.looked),
            "left_out": list(self.left_out),
            "verdict": {"finding": self.finding, "sentence": self.sentence},
            "warnings": list(self.loaded.warnings),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)


def _flat(one: Relief) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": one.narrowing.kind,
        "name": one.narrowing.name,
        "words": one.narrowing.words,
        "needs_taken_out": one.freed,
        "gain": one.gain,
        "gain_per_added_leak": one.per_leak,
    }
    for side, gate in (("list", one.list), ("bound_A", one.bound_A)):
        found |= {f"{side}_{name}": value for name, value in gate.to_dict().items()}
    return found | {"bound_B_outcome": one.bound_B[0], "bound_B_served": one.bound_B[1]}


@placing
def relief(
    source: str | Path | Loaded,
    *,
    sets: Sequence[str] = (),
    reading: str | None = None,
    ratio: str | None = None,
    limit: float | None = None,
    floor: float | None = None,
    policies: Sequence[str] | None = None,
    memory: bool = True,
    conditions: int | None = None,
    at_once: bool = False,
    order: str | None = None,
    progress: Progress | None = None,
) -> Reliefs:
    """Say which narrowing of the order would leave something else than shutting down, and what it would let through.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    sets
        Keys to set, each ``KEY=VALUE``.
    reading, ratio, limit, floor
        What is asked; by default the first order's reading and standard, and the verdict's floor.
    policies
        Names of the candidates; by default all.
    memory
        Whether listed policies that remember are evaluated as well: they take longest.
    conditions
        Up to how many things are taken out together. By default one, and two where nothing less leaves a gate.
        Combinations that contain a smaller one that leaves a gate are passed over.
    at_once
        Whether to look at what is in two things at once as well, such as a status within a channel.
    order
        The place in the file (from 1), or the title, of an order whose own leaks alone are limited; by default those
        of all orders at once, where they differ. What is taken out is taken out of every order all the same.
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    Reliefs
        The narrowings, ranked.

    Raises
    ------
    ScenarioError
        If the scenario is wrong or has no order, what is asked for does not exist, or there are too many combinations.
    CannotDo
        If the exact engine cannot do a policy.
    TooLarge
        If the signals have too many joint readings.
    """
    if conditions is not None and conditions < 1:
        problem = Problem("--conditions", None, "", f"{conditions} is no number of things: write 1 or more")
        raise ScenarioError([problem])
    loaded = loaded_from(source, sets)
    asked = ask(
        loaded,
        reading=reading,
        ratio=ratio,
        limit=limit,
        floor=floor,
        policies=policies,
        each=True,
        order=order,
    )
    say = progress or (lambda done, doing: None)
    standings = Standings(loaded.scenario, asked)
    judged = replace(asked, policies=asked.policies if memory else standings.plain)
    sentence = sentence_of(loaded, standings)
    search = _Search(loaded.scenario, judged, memory, say)
    singles = search.each(list(narrowings(loaded.scenario)))
    idle = [one for one in search.every if one not in [relief.narrowing for relief in singles]]
    several = search.at_once(singles) if at_once else []
    most = conditions
    if most is None:
        most = 1 if search.now_ends or any(map(ends, [*singles, *several])) else 2
    several += search.together(singles, most)
    found = tuple(sorted([*singles, *several], key=_rank))
    looked = Looked(most, search.combinations, search.narrower)
    return Reliefs(
        loaded,
        asked,
        search.now,
        found,
        tuple(idle),
        tuple(name for name in standings.remembering if not memory),
        looked,
        relief_sentence(_claim(judged, search.now, found, looked)),
        sentence,
    )


def ends(one: Relief) -> bool:
    """Whether a narrowing leaves a gate of the list or of bound A."""
    return one.ends("list") or one.ends("bound_A")


def _rank(one: Relief) -> tuple[bool, bool, float, float, str]:
    """First those that end it; of these first what gains without any added leak; then by gain for each.

    Two narrowings may come to the same: what rounding leaves between them, which is not the same in every process, is
    no order.
    """
    free = one.per_leak is None and one.gain > 0
    return (
        not ends(one),
        not free,
        -_whole(one.per_leak or 0.0),
        _whole(one.bound_A.added),
        one.narrowing.words,
    )


def _whole(number: float) -> float:
    """A number without the last of its digits, which rounding leaves."""
    return float(f"{number:.11g}")


def _claim(
    asked: Question,
    now: tuple[Gate, Gate, tuple[Outcome, float | None]],
    found: Iterable[Relief],
    looked: Looked,
) -> ReliefClaim:
    """What the finding says."""
    found = tuple(found)
    singles = [one for one in found if one.narrowing.manner == "one"]
    return ReliefClaim(
        asked.ratio,
        asked.limit,
        asked.floor,
        _left(now[0], now[1]),
        len(asked.policies),
        tuple(
            Taken(
                one.narrowing.words,
                _left(one.list, one.bound_A),
                one.bound_A.added,
                one.gain,
                one.bound_A.served,
            )
            for one in found
        ),
        looked.combinations,
        looked.size,
        looked.narrower,
        sum(one.ends("bound_B") for one in singles),
        tuple(one.words for one in asked.each),
    )


def _left(listed: Gate, a: Gate) -> Left | None:
    """The gate that is left: one of the list, if there is one."""
    for gate in (listed, a):
        if gate.outcome == "gate_available":
            return Left(gate.policy, gate.served, gate.leak, gate.leaks)
    return None


class _Search:
    """Narrowings of one scenario, each looked at once.

    Parameters
    ----------
    scenario, asked, memory
        The scenario, what is asked, whether policies that remember are among those asked about.
    say
        Called with the share of the work that is done and what is being done.
    """

    def __init__(self, scenario: Scenario, asked: Question, memory: bool, say: Progress) -> None:
        self._scenario, self._asked, self._memory, self._say = scenario, asked, memory, say
        self._before = law_of(scenario, asked)
        self.now = under(narrowed(scenario, asked, self._before))[1:]
        self.every: list[Narrowing] = []
        self.combinations = self.narrower = 0
        self._signs: dict[Hashable, bool] = {_sign(self._before): False}
        """What has been looked at, and whether it leaves a gate."""

    @property
    def now_ends(self) -> bool:
        """Whether the order as it is leaves a gate."""
        return any(gate.outcome == "gate_available" for gate in self.now[:2])

    def each(self, every: list[Narrowing]) -> list[Relief]:
        """All narrowings by one thing; those that take nothing out are dropped."""
        self.every = every
        found = []
        for number, narrowing in enumerate(every):
            self._say(number / len(every), narrowing.words)
            one = self._relief(narrowing)
            if one.freed > 0:
                found.append(one)
                self._signs[_sign(law_of(narrowing.of(self._scenario), self._asked))] = ends(one)
        return found

    def at_once(self, singles: Sequence[Relief]) -> list[Relief]:
        """What is in two things at once, where it leaves a gate and fewer added leaks than either that does alone."""
        alone = {one.narrowing.words: one.bound_A.added for one in singles if ends(one)}
        every = list(narrower(one.narrowing for one in singles))
        found = []
        for number, narrowing in enumerate(every):
            self._say(number / len(every), f"two at once: {narrowing.words}")
            sign = _sign(law_of(narrowing.of(self._scenario), self._asked))
            if sign in self._signs:
                continue
            self.narrower += 1
            most = min((alone[part.words] for part in narrowing.parts if part.words in alone), default=inf)
            one = self._if_it_ends(narrowing)
            listed = one is not None and one.bound_A.added < _LESS * most
            if one is None or listed:
                # One that suffices and is not listed must not stand for a combination that takes out the same.
                self._signs[sign] = listed
            if one is not None and listed:
                found.append(one)
        return found

    def together(self, singles: Sequence[Relief], most: int) -> list[Relief]:
        """Several things together that leave a gate, where no fewer of them do.

        Raises
        ------
        ScenarioError
            If there are too many combinations.
        """
        things = [one.narrowing for one in singles if not ends(one)]
        count = how_many(len(things), most)
        if count > MOST:
            message = (
                f"{len(things)} things can be taken out, in {count:,} combinations of up to {most}; at most {MOST:,} "
                "are gone through: ask for fewer"
            )
            raise ScenarioError([Problem("--conditions", None, "", message)])
        found: dict[Numbers, Relief | None] = {}

        def sign(numbers: Numbers) -> Hashable:
            narrowed = together(things[k] for k in numbers).of(self._scenario)
            return _sign(law_of(narrowed, self._asked))

        def suffices(numbers: Numbers) -> bool:
            narrowing = together(things[k] for k in numbers)
            self._say(self.combinations / count, f"together: {narrowing.words}")
            self.combinations += 1
            found[numbers] = self._if_it_ends(narrowing)
            return found[numbers] is not None

        sufficient = least_sufficient(len(things), most, sign, suffices, self._signs)
        return [one for numbers in sufficient if (one := found[numbers]) is not None]

    def _if_it_ends(self, narrowing: Narrowing) -> Relief | None:
        """The narrowing, if it leaves a gate.

        Plain policies are among bound A's gates: where none of these is left, none of the list is.
        """
        if not self._memory and not self._a_may_end(narrowing):
            return None
        one = self._relief(narrowing)
        return one if ends(one) else None

    def _a_may_end(self, narrowing: Narrowing) -> bool:
        return a_may_end(narrowed(narrowing.of(self._scenario), self._asked, self._before))

    def _relief(self, narrowing: Narrowing) -> Relief:
        freed, listed, a, b = under(narrowed(narrowing.of(self._scenario), self._asked, self._before))
        gain = a.needs - self.now[1].needs
        per_leak = gain / a.added if a.added > 0 else None
        return Relief(narrowing, freed, listed, a, b, gain, per_leak)


def _sign(law: Law) -> Hashable:
    """What a law says: whom it restricts, where gates act, what clears."""
    return tuple(
        (e.start_us, e.named.tobytes(), e.gated.tobytes(), e.restricted.tobytes(), e.clears.tobytes())
        for e in law.epochs
    )
