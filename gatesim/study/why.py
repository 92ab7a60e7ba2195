"""Why a gate decides as it does for an account that nothing is known of: signal by signal, by family."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.beliefs import believed
from gatesim.gates.foreign import foreign, reads_foreign
from gatesim.gates.frame import at_least_as_old, on_channels, on_models
from gatesim.gates.policies.score import slack
from gatesim.law.law import Epoch
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.policies import (
    Attested,
    Best,
    ByChannel,
    KOfN,
    Listed,
    Plugin,
    Posterior,
    Rules,
    Score,
    Single,
    When,
)
from gatesim.scenario.schema import Scenario
from gatesim.scenario.signals import NO_ORGANISATION, UNKNOWN
from gatesim.scenario.types import format_duration
from gatesim.world.cells import needs_by_cell
from gatesim.world.kept import kept
from gatesim.world.makers import makers
from gatesim.world.space import CellSpace

Known = Mapping[int, int]
"""Axis of the cells -> number on it: what is known of a need. A cell knows all; what is left out is summed over."""

NOT_GIVEN = "by what is not given"
"""In place of what decides, where it depends on something that is not known of the need."""

FACTS = "account and model"
"""In place of a signal: what the service knows exactly."""


@dataclass(frozen=True)
class Part:
    """What one signal contributes.

    Attributes
    ----------
    signal, read
        Which, and what it reads.
    value
        Its contribution: a log likelihood ratio (``posterior``), a vote (``k_of_n``, ``single``: 1 or 0), a weight
        (``score``); None where there is no number, or it is infinite.
    words
        The same in words.
    """

    signal: str
    read: str
    value: float | None
    words: str


@dataclass(frozen=True)
class Why:
    """Why a gate decides as it does, for one combination of readings.

    Attributes
    ----------
    kind
        What the parts are: ``log_likelihood_ratio``, ``votes``, ``weights``, ``list``, ``rule``, ``word`` (a
        customer's), or ``none`` where a family does not go by signals.
    parts
        One for each signal that the family looks at, in the order of the file.
    start
        Of ``posterior``: the probability of being restricted before any signal is read.
    total
        What is compared: a probability (``posterior``), a number of votes, a score; None where there is none.
    words
        The comparison in words.
    by
        What decided, in a few words: which list, which rule, which number; empty for constant gates, and for
        ``posterior``, whose number is a probability that stands in the table anyway.
    """

    kind: str
    parts: tuple[Part, ...]
    start: float | None
    total: float | None
    words: str
    by: str = ""


@kept
def _restricted_and_entitled(
    scenario: Scenario, restricted: bytes, named: bytes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shape = (len(scenario.segments), len(scenario.regions), len(scenario.models), len(CHANNELS))
    table = np.frombuffer(restricted, dtype=np.bool_).reshape(shape)
    owners = list(scenario.segments.values())
    law = np.array(
        [table[m.segment, :, :, CHANNELS.index(owners[m.owner].channel)] for m in makers(scenario)]
    )
    wanted = np.frombuffer(named, dtype=np.bool_)
    cells = CellSpace.of(scenario).shape
    found = (
        needs_by_cell(scenario, law & wanted).reshape(cells),
        needs_by_cell(scenario, ~law & wanted).reshape(cells),
    )
    for needs in found:
        needs.flags.writeable = False
    return found


def restricted_and_entitled(
    scenario: Scenario, epoch: Epoch
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected restricted and entitled needs for models that an order names, by cell.

    Returns
    -------
    tuple of ndarray
        Needs a day for each account of the whole service: two tables of the shape `CellSpace.shape`. Not writeable.
    """
    return _restricted_and_entitled(scenario, epoch.restricted.tobytes(), epoch.named.tobytes())


def summed(needs: NDArray[np.float64], known: Known) -> float:
    """Needs of all cells that fit what is known."""
    index = tuple(known.get(axis, slice(None)) for axis in range(needs.ndim))
    return float(np.sum(needs[index]))


def why(scenario: Scenario, policy: str, epoch: Epoch, known: Known) -> Why:
    """Why a policy decides as it does where an account is fresh.

    Parameters
    ----------
    scenario, policy
        The scenario, and the name of one of its policies.
    epoch
        The law.
    known
        The cell, or a part of it: signals that are not in it are left out, or (``posterior``) summed over.

    Returns
    -------
    Why
        For ``posterior`` by the chain rule of likelihood ratios: each signal's is given those before it, so that the
        logarithms add up to the log odds that are compared.
    """
    one = scenario.policies[policy]
    space = CellSpace.of(scenario)
    match one:
        case Posterior():
            return _posterior(believed(scenario, one), one, epoch, space, known)
        case KOfN() | Single():
            return _votes(scenario, one, space, known)
        case Score():
            return _score(scenario, one, space, known)
        case Listed():
            return _listed(scenario, one, space, known)
        case Rules():
            return _rules(scenario, one, space, known)
        case Attested():
            return _attested(one, space, known)
        case ByChannel():
            return _by_channel(scenario, one, epoch, space, known)
        case Best():
            words = (
                "Its table is the best that there is for its limit or floor: it weighs all cells together."
            )
            return Why("none", (), None, None, words, "its table")
        case Plugin():
            words = f'The table of the plug-in "{one.plug_in}" says so; a plug-in gives no reasons.'
            return Why("none", (), None, None, words, "the table says")
    constant = {"open": "It serves everybody.", "shutdown": "It serves nobody."}
    return Why("none", (), None, None, constant[one.family])


def _readings(space: CellSpace, known: Known) -> Iterator[tuple[int, str, str]]:
    """Number and name of each signal that is known, and what it reads."""
    for axis, (signal, names) in enumerate(zip(space.signals, space.readings, strict=True)):
        if axis in known:
            yield axis, signal, names[known[axis]]


# --- posterior --------------------------------------------------------------------------------------------------


def _posterior(belief: Scenario, policy: Posterior, epoch: Epoch, space: CellSpace, known: Known) -> Why:
    restricted, entitled = restricted_and_entitled(belief, epoch)
    signals = len(space.signals)
    so_far: dict[int, int] = {axis: number for axis, number in known.items() if axis >= signals}
    before = summed(restricted, so_far), summed(entitled, so_far)
    start = _share(*before)
    parts = []
    for axis, signal, read in _readings(space, known):
        so_far[axis] = known[axis]
        after = summed(restricted, so_far), summed(entitled, so_far)
        parts.append(Part(signal, read, *_ratio(before, after)))
        before = after
    total = _share(*before)
    if total is None:
        words = (
            "By the operator's beliefs no need shows this: it gets the strictest action that the policy has."
        )
        return Why("log_likelihood_ratio", tuple(parts), start, None, words)
    limits = [
        f"{what} above {_percent(limit)}"
        for what, limit in (("check", policy.check_above), ("block", policy.block_above))
        if limit is not None
    ]
    words = f"Restricted with {_percent(total)}; the policy says: {', '.join(limits)}."
    return Why("log_likelihood_ratio", tuple(parts), start, total, words)


def _share(restricted: float, entitled: float) -> float | None:
    return restricted / (restricted + entitled) if restricted + entitled > 0 else None


def _ratio(before: tuple[float, float], after: tuple[float, float]) -> tuple[float | None, str]:
    """The log likelihood ratio of a reading given those before it, and what it says."""
    if before[0] <= 0 or before[1] <= 0:
        return 0.0 if sum(after) > 0 else None, "nothing more to learn" if sum(after) > 0 else "cannot be"
    given = after[0] / before[0], after[1] / before[1]
    if given[0] <= 0 and given[1] <= 0:
        return None, "cannot be"
    if given[0] <= 0:
        return None, "no restricted need reads this"
    if given[1] <= 0:
        return None, "no entitled need reads this"
    times = given[0] / given[1]
    what = "times likelier restricted" if times >= 1 else "times likelier entitled"
    factor = times if times >= 1 else 1 / times
    return math.log(times), "says nothing" if factor < 1.005 else f"{_factor(factor)} {what}"


def _factor(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 100 else f"{factor:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


# --- votes, weights ---------------------------------------------------------------------------------------------


def _votes(scenario: Scenario, policy: KOfN | Single, space: CellSpace, known: Known) -> Why:
    names = policy.signals if isinstance(policy, KOfN) else (policy.signal,)
    parts, found, counted = [], 0, 0
    for axis, signal, read in _readings(space, known):
        if signal not in names:
            continue
        reads, counts = (mask.ravel() for mask in foreign(scenario, space, signal, policy.unknown))
        vote, counts_here = bool(reads[known[axis]] and counts[known[axis]]), bool(counts[known[axis]])
        found, counted = found + vote, counted + counts_here
        words = "foreign" if vote else "home" if counts_here else "does not count"
        parts.append(Part(signal, read, float(vote) if counts_here else None, words))
    k = policy.k if isinstance(policy, KOfN) else 1
    needed = {"any": "one", "all": "all that count", "majority": "more than half of those that count"}
    wanted = needed[k] if isinstance(k, str) else str(k)
    words = f"{found} of {counted} read foreign; the policy acts ({policy.then}) on {wanted}."
    return Why("votes", tuple(parts), None, float(found), words, f"{found} of {counted} foreign")


def _score(scenario: Scenario, policy: Score, space: CellSpace, known: Known) -> Why:
    parts, total = [], 0.0
    for axis, signal, read in _readings(space, known):
        if signal not in policy.weights and signal not in policy.unknown_weights:
            continue
        if read == UNKNOWN:
            value, words = policy.unknown_weights.get(signal, 0.0), "unknown"
        else:
            is_foreign = bool(reads_foreign(scenario, space, signal)[known[axis]])
            value = policy.weights.get(signal, 0.0) if is_foreign else 0.0
            words = "foreign" if is_foreign else "home"
        total += value
        parts.append(Part(signal, read, value, words))
    thresholds = [
        (what, at) for what, at in (("check", policy.check_at), ("block", policy.block_at)) if at is not None
    ]
    limits = [f"{what} from {at:.6g} on" for what, at in thresholds]
    reached = [at for _, at in thresholds if total >= at - slack(policy)]
    stands = f"at least {reached[-1]:.6g}" if reached else f"below {thresholds[0][1]:.6g}"
    by = f"score {total:.6g}, {stands}"
    words = f"The score is {total:.6g}; the policy says: {', '.join(limits)}."
    return Why("weights", tuple(parts), None, total, words, by)


# --- words, lists, rules --------------------------------------------------------------------------------------------


def _attested(policy: Attested, space: CellSpace, known: Known) -> Why:
    read = {signal: read for _, signal, read in _readings(space, known)}
    parts = [
        Part(signal, read[signal], None, words[read[signal] == good])
        for signal, good, words in (
            (policy.signal, "vouched", ("nobody vouches for it", "its customer vouches for it")),
            (policy.revocation, "revoked", ("the word stands", "the word was found false")),
        )
        if signal is not None and signal in read
    ]
    if policy.signal not in read:
        words, by = "It goes by the customer's word, which is not given.", NOT_GIVEN
    elif read[policy.signal] != "vouched":
        words, by = f"Without a word: {policy.otherwise}.", "no word"
    elif policy.revocation is not None and policy.revocation not in read:
        words, by = "Whether the word was found false is not given.", NOT_GIVEN
    elif policy.revocation is not None and read[policy.revocation] == "revoked":
        words, by = "A word that was found false: block.", "word found false"
    else:
        words, by = "By the customer's word: allow.", "customer's word"
    return Why("word", tuple(parts), None, None, words, by)


def _by_channel(scenario: Scenario, policy: ByChannel, epoch: Epoch, space: CellSpace, known: Known) -> Why:
    channel = known.get(len(space.signals))
    if channel is None:
        words = "Each channel has its own policy, and the channel is not given."
        return Why("none", (), None, None, words, NOT_GIVEN)
    name = policy.parts.get(CHANNELS[channel])
    if name is None:
        return Why("none", (), None, None, f"It leaves the channel {CHANNELS[channel]} open.")
    part = why(scenario, name, epoch, known)
    words = f"On the channel {CHANNELS[channel]} it does as {name}. {part.words}"
    return replace(part, words=words, by=f"{name}: {part.by}" if part.by else name)


def _listed(scenario: Scenario, policy: Listed, space: CellSpace, known: Known) -> Why:
    parts: list[Part] = []
    on: dict[str, str] = {}
    """Lists that the account is on: in words, and in few."""
    open_questions: list[str] = []
    read = {signal: read for _, signal, read in _readings(space, known)}
    channel, band = known.get(len(space.signals)), known.get(len(space.shape) - 1)
    if policy.signal is not None and policy.signal in read:
        name = read[policy.signal]
        listed = name in policy.organisations
        on |= {f"the list of organisations ({name})": f"{name} listed"} if listed else {}
        what = "no organisation" if name in (UNKNOWN, NO_ORGANISATION) else "not on the list"
        parts.append(Part(policy.signal, name, None, "on the list" if listed else what))
    elif policy.signal is not None:
        open_questions.append(policy.signal)
    if policy.age_at_least is not None and band is not None:
        old = bool(at_least_as_old(scenario, space, policy.age_at_least).ravel()[band])
        age = format_duration(policy.age_at_least)
        on |= {"the list of old accounts": f"at least {age}"} if old else {}
        parts.append(Part("account age", "", None, f"{'at least' if old else 'less than'} {age}"))
    elif policy.age_at_least is not None:
        open_questions.append("the account's age")
    if policy.staff and channel is not None:
        internal = CHANNELS[channel] == "internal"
        on |= {"the list of the lab's own staff": "staff"} if internal else {}
        parts.append(Part("channel", CHANNELS[channel], None, "staff" if internal else "no staff"))
    elif policy.staff:
        open_questions.append("the channel")
    if on:
        words = f"On {' and '.join(on)}: allow."
        return Why("list", tuple(parts), None, None, words, ", ".join(on.values()))
    if open_questions:
        words = f"On no list by what is given; not given: {', '.join(open_questions)}."
        return Why("list", tuple(parts), None, None, words, NOT_GIVEN)
    return Why("list", tuple(parts), None, None, f"On no list: {policy.otherwise}.", "on no list")


def _holds(scenario: Scenario, space: CellSpace, when: When, known: Known) -> bool | None:
    """Whether a rule's condition holds; None where what is known does not settle it."""
    signals = len(space.signals)
    tests = [
        (space.signals.index(name), np.isin(space.readings[space.signals.index(name)], names))
        for name, names in when.readings.items()
    ]
    tests.append((signals, on_channels(space, when.channels).ravel()))
    tests.append((signals + 1, on_models(space, when.models).ravel()))
    tests.append((signals + 2, at_least_as_old(scenario, space, when.age_at_least).ravel()))
    unsettled = False
    for axis, mask in tests:
        if axis in known:
            if not mask[known[axis]]:
                return False
        elif not mask.all():
            unsettled = True
    return None if unsettled else True


def _condition(when: When) -> str:
    """A rule's condition in words."""
    parts = [f"{signal} reads {' or '.join(names)}" for signal, names in when.readings.items()]
    parts += [f"channel {' or '.join(when.channels)}"] * bool(when.channels)
    parts += [f"model {' or '.join(when.models)}"] * bool(when.models)
    parts += [f"account of at least {format_duration(when.age_at_least)}"] * (when.age_at_least > 0)
    return ", ".join(parts) or "always"


def _rules(scenario: Scenario, policy: Rules, space: CellSpace, known: Known) -> Why:
    looked_at = {signal for rule in policy.rules for signal in rule.when.readings}
    there = [(signal, read) for _, signal, read in _readings(space, known) if signal in looked_at]

    def reasons(decides: When | None, words: str, by: str) -> Why:
        """What was read; what the rule that decides goes by is marked."""
        marked = set(decides.readings) if decides is not None else set()
        parts = (Part(s, read, None, "as the rule says" if s in marked else "") for s, read in there)
        return Why("rule", tuple(parts), None, None, words, by)

    for number, rule in enumerate(policy.rules, start=1):
        holds = _holds(scenario, space, rule.when, known)
        which = f"Rule {number} ({_condition(rule.when)})"
        if holds is None:
            return reasons(None, f"{which} may hold or not, by what is not given.", NOT_GIVEN)
        if holds:
            return reasons(rule.when, f"{which} holds first: {rule.then}.", f"rule {number}")
    return reasons(None, f"No rule holds; otherwise: {policy.otherwise}.", "no rule")
