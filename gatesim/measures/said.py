"""The second half of the sentence: what no gate at all can do, by the bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gatesim.measures.numbers import format_limit, format_rate
from gatesim.scenario.schema import Scenario


class Limited(Protocol):
    """A limit on a leak ratio."""

    @property
    def kind(self) -> str: ...

    @property
    def limit(self) -> float: ...


class Attained(Protocol):
    """What a bound's best gate serves and leaks."""

    @property
    def value(self) -> float | None: ...

    @property
    def leak_rate(self) -> float | None: ...

    @property
    def leak_share(self) -> float | None: ...


def signals_in_words(scenario: Scenario) -> str:
    """The signals that a gate reads, such as "ip, payment and account"."""
    names = list(scenario.signals)
    if not names:
        return "channel and model (there are no signals)"
    return " and ".join(", ".join(names).rsplit(", ", 1))


def second_half(
    scenario: Scenario,
    standard: Limited,
    floor: float,
    bounds: Mapping[str, Attained],
    outcomes: Mapping[str, str],
    remembering: Sequence[str],
    worlds: tuple[int, int] | None = None,
) -> str:
    """What bounds A and B say, after what is true of the list.

    Parameters
    ----------
    scenario
        The scenario.
    standard, floor
        The limit, and the least share of entitled needs to serve.
    bounds, outcomes
        ``bound_A`` and ``bound_B``: what each attains, and its outcome.
    remembering
        Listed policies that remember: bound A does not hold for them.
    worlds
        In how many of how many sets of plausible assumptions the outcomes are the same; None where none were tried.
    """
    a, b = bounds["bound_A"], bounds["bound_B"]
    shown = format_limit(floor)
    gate = f"gate that decides from one session's {signals_in_words(scenario)}, with any documents it may ask for"
    parts = []
    if outcomes["bound_A"] == "gate_available":
        parts.append(
            f"A {gate}, could serve at least {shown} within that limit: the best {_does(a, standard)}."
        )
    elif outcomes["bound_A"] == "only_below_floor":
        parts.append(f"No {gate}, serves at least {shown} within that limit: the best {_does(a, standard)}.")
    else:
        parts.append(f"No {gate}, serves anybody within that limit.")
    if b.value is None or outcomes["bound_B"] == "no_gate_meets_limit":
        parts.append("No gate that remembers its accounts' own history does either.")
    else:
        most = format_rate(b.value)
        parts.append(
            f"A gate that remembers its accounts' own history, whatever it makes of it, serves at most {most} within "
            f"that limit; whether one attains that is not known."
        )
    if remembering:
        count = len(remembering)
        parts.append(
            f"{count} of the listed policies {'keeps' if count == 1 else 'keep'} something about accounts: for "
            f"{'it' if count == 1 else 'them'} only the latter holds."
        )
    if worlds is not None:
        parts.append(f"This holds in {worlds[0]:,} of {worlds[1]:,} sets of plausible assumptions.")
    return " ".join(parts)


def _does(bound: Attained, standard: Limited) -> str:
    leak = bound.leak_rate if standard.kind == "leak_rate" else bound.leak_share
    base = "restricted needs" if standard.kind == "leak_rate" else "served needs"
    leaks = "leaks nothing" if leak is None or leak == 0 else f"leaks {format_rate(leak)} of {base}"
    return f"{leaks} and serves {format_rate(bound.value)} of entitled needs"
