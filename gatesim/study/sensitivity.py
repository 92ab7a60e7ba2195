"""Sensitivity: what one point of each signal, each kind of document and one more reviewer is worth at bound A."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatesim._version import __version__
from gatesim.gates.bounds import Worth, worths, worths_of_orders
from gatesim.scenario import Loaded, loaded_from
from gatesim.study.asking import ask
from gatesim.study.claim import sentence_of
from gatesim.study.gates import laws
from gatesim.study.own_limits import limits_as_json, own_laws
from gatesim.study.placing import placing
from gatesim.study.progress import Progress
from gatesim.study.shown import Shown
from gatesim.study.standing import Question, Standings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sensitivity(Shown):
    """The answer of `sensitivity`.

    Attributes
    ----------
    asked
        The reading, limit and floor.
    found
        What each change is worth, those worth most in entitled needs served first; see
        `gatesim.gates.bounds.worth.Worth`.
    desk
        Whether the desk limits the reviews in these numbers.
    sentence
        The sentence, as assumed.
    """

    loaded: Loaded
    asked: Question
    found: tuple[Worth, ...]
    desk: bool
    sentence: str

    def __repr__(self) -> str:
        return f"<Sensitivity of {self.loaded.scenario.title!r}: {len(self.found)} changes>"

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each change."""
        import pandas as pd

        return pd.DataFrame([one._asdict() for one in self.found], columns=list(Worth._fields))

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
            "desk": self.desk,
            "worth": [one._asdict() for one in self.found],
            "verdict": {"sentence": self.sentence},
            "warnings": list(self.loaded.warnings),
        }

    def to_json(self) -> str:
        """One JSON object; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)


@placing
def sensitivity(
    source: str | Path | Loaded,
    *,
    sets: Sequence[str] = (),
    reading: str | None = None,
    ratio: str | None = None,
    limit: float | None = None,
    floor: float | None = None,
    order: str | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Say what a little more of each signal, document and reviewer is worth to the best gate that keeps nothing.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    sets
        Keys to set, each ``KEY=VALUE``.
    reading, ratio, limit, floor
        What is asked; by default the first order's reading and standard, and the verdict's floor.
    order
        The place in the file (from 1), or the title, of an order whose own leaks alone are limited; by default those
        of all orders at once, where they differ.
    progress
        Called with the share of the work that is done and what is being done.

    Returns
    -------
    Sensitivity
        Differences of bound A (not derivatives): its program is solved anew with each change. The desk limits
        reviews by its mean flow.

    Raises
    ------
    ScenarioError
        If the scenario is wrong or has no order, or what is asked for does not exist.
    TooLarge
        If the signals have too many joint readings.
    """
    loaded = loaded_from(source, sets)
    asked = ask(loaded, reading=reading, ratio=ratio, limit=limit, floor=floor, each=True, order=order)
    scenario, say = loaded.scenario, progress or (lambda done, doing: None)
    say(0.0, "each signal, document and reviewer")
    law = laws(scenario, scenario.seed, 0)[asked.reading]
    if asked.each:
        own = own_laws(scenario, law, asked.each)
        found = worths_of_orders(scenario, law, own, asked.standards, asked.floor)
    else:
        found = worths(scenario, law, asked.standard, asked.floor)
    say(0.7, "what is true as assumed")
    sentence = sentence_of(loaded, Standings(scenario, asked))
    return Sensitivity(loaded, asked, found, scenario.desk is not None, sentence)
