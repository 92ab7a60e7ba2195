"""Gates that remember whatever they like of an account's own history, and what they come to: a plain simulation.

People and their needs are those of the library; how gates decide, how owners answer requests and what is counted is
told here anew, by docs/model.md. Requests take no time, and nobody leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gatesim.law.law import Law
from gatesim.scenario.people import CHANNELS, STATUSES
from gatesim.scenario.schema import Scenario
from gatesim.world.people import populate
from gatesim.world.space import CellSpace

Ask = Callable[[Sequence[str]], bool]
"""Ask the owner for one of some kinds of documents: whether the request is passed."""


@dataclass
class Memory:
    """What a gate has written down of an account, and the channel, which it knows exactly."""

    channel: str = ""
    sessions: int = 0
    at_home: int = 0
    away: int = 0
    asked: int = 0
    passed: bool = False
    last_home_us: int = -1
    revoked: bool = False
    seen: set[tuple[str, ...]] = field(default_factory=set)
    answers: dict[tuple[str, ...], bool] = field(default_factory=dict)


Gate = Callable[[Scenario, Memory, dict[str, str], int, Ask], bool]
"""From memory, readings by signal, time and a way to ask: whether the session is served."""


def _reads_home(scenario: Scenario, readings: dict[str, str]) -> bool:
    return all(
        reading in (scenario.home, "direct", "unknown", "lab", "agency", "vouched", "standing")
        for reading in readings.values()
    )


def counts_needs(scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask) -> bool:
    """Serves an account from its third need on."""
    return memory.sessions >= 3


def asks_again_and_again(
    scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask
) -> bool:
    """Asks for each kind in turn at every need, until one request is passed; then serves for good."""
    kinds = list(scenario.documents)
    if not memory.passed:
        memory.passed = ask([kinds[memory.asked % len(kinds)]])
        memory.asked += 1
    return memory.passed


def waits_for_the_home_network(
    scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask
) -> bool:
    """Serves once the account has read home three times in a row, and as long as it does."""
    return memory.at_home >= 3 and memory.away == 0


def keeps_the_majority(
    scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask
) -> bool:
    """Serves while most of what was ever read is home, and each reading was seen before."""
    return memory.at_home > memory.away and len(memory.seen) <= memory.sessions / 2 + 1


def plays_lists_against_each_other(
    scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask
) -> bool:
    """Asks for every pair of kinds in both orders: who forges passes only with the first kind of a list."""
    kinds = list(scenario.documents)
    orders = [(a, b) for a in kinds for b in kinds if a != b] or [(kinds[0],)]
    for order in orders:
        if not memory.answers.get(order, False):
            memory.answers[order] = ask(order)
            break
    return len(memory.answers) == len(orders) and all(memory.answers.values())


def trusts_for_a_day(
    scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask
) -> bool:
    """Serves for a day after a session that read home, whatever is read then; else asks for anything."""
    if memory.last_home_us >= 0 and time - memory.last_home_us < 86_400_000_000:
        return True
    return ask(list(scenario.documents))


def trusts_a_word_until_it_is_found_false(
    scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask
) -> bool:
    """Serves while the customer's word stands; once it was ever found false, asks for anything, for good."""
    if "revoked" in readings.values() or memory.revoked:
        return ask(list(scenario.documents))
    return "vouched" in readings.values()


def waits_for_a_word_to_last(
    scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask
) -> bool:
    """Serves a vouched account from its fifth need on, if none before showed the word to be false."""
    return "vouched" in readings.values() and memory.sessions >= 4 and not memory.revoked


def has_a_rule_for_each_channel(
    scenario: Scenario, memory: Memory, readings: dict[str, str], time: int, ask: Ask
) -> bool:
    """Asks again and again on one channel, trusts words on another, waits for the home network on the rest."""
    known = dict.fromkeys(segment.channel for segment in scenario.segments.values())
    gates = (asks_again_and_again, trusts_a_word_until_it_is_found_false, waits_for_the_home_network)
    return gates[list(known).index(memory.channel) % 3](scenario, memory, readings, time, ask)  # type: ignore[arg-type]


GATES: dict[str, Gate] = {
    gate.__name__: gate
    for gate in (
        counts_needs,
        asks_again_and_again,
        waits_for_the_home_network,
        keeps_the_majority,
        plays_lists_against_each_other,
        trusts_for_a_day,
    )
}

GATES_FOR_WORDS: dict[str, Gate] = {
    gate.__name__: gate
    for gate in (
        trusts_a_word_until_it_is_found_false,
        waits_for_a_word_to_last,
        has_a_rule_for_each_channel,
    )
}
"""Gates for worlds in which customers give their word."""


def simulate(
    scenario: Scenario, law: Law, gate: Gate, accounts: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Entitled and restricted needs that are served: float64[account] each.

    Needs for which the law leaves the gate open are served, and no gate hears of them.
    """
    rng = np.random.default_rng(seed)
    space = CellSpace.of(scenario)
    segments = list(scenario.segments.values())
    models = list(scenario.models)
    found = np.zeros((accounts, 2))
    for number, account in enumerate(populate(scenario, seed, 0, accounts)):
        owner = segments[account.segment]
        channel = CHANNELS.index(owner.channel)
        drawn = {
            kind: (
                *rng.random(3),
                rng.random() < owner.documents.get(kind, 0.0) * (owner.status in document.proves),
            )
            for kind, document in scenario.documents.items()
        }
        never = rng.random() < owner.never_answers
        memory = Memory(owner.channel)
        sessions = sorted(
            (need.time_us, body.slot, need.number, need, body.segment)
            for body in account.bodies
            for need in body.needs
        )
        for time, _, _, need, segment in sessions:
            epoch = law.epochs[law.epoch_at(time)]
            if not epoch.named[need.model]:
                continue
            served = True
            if epoch.gated[need.model, channel]:

                def ask(
                    kinds: Sequence[str],
                    clears: NDArray[np.bool_] = epoch.clears,
                    drawn: dict[str, tuple[float, ...]] = drawn,
                    never: bool = never,
                    account: int = account.segment,
                ) -> bool:
                    return _passes(scenario, account, kinds, clears, drawn, never, rng.random())

                parts = space.parts(need.cell)
                readings = {
                    signal: names[part]
                    for signal, names, part in zip(space.signals, space.readings, parts, strict=False)
                }
                served = gate(scenario, memory, readings, time, ask)
                _remember(scenario, memory, readings, models[need.model], time)
            if served:
                found[number, int(epoch.restricted[segment, need.region, need.model, channel])] += 1
    return found[:, 0], found[:, 1]


def _remember(scenario: Scenario, memory: Memory, readings: dict[str, str], model: str, time: int) -> None:
    memory.sessions += 1
    memory.seen.add((*readings.values(), model))
    memory.revoked |= "revoked" in readings.values()
    if _reads_home(scenario, readings):
        memory.at_home += 1
        memory.away = 0
        memory.last_home_us = time
    else:
        memory.away += 1


def _passes(
    scenario: Scenario,
    owner: int,
    kinds: Sequence[str],
    clears: NDArray[np.bool_],
    drawn: dict[str, tuple[float, ...]],
    never: bool,
    gives_up: float,
) -> bool:
    """How one request comes out; ``drawn``: by kind numbers for error, borrowing and forging, and the holding."""
    segment = list(scenario.segments.values())[owner]
    if never or gives_up < segment.gives_up:
        return False

    def counts(shown: str) -> bool:
        return shown == "nothing" or bool(clears[STATUSES.index(shown)])  # type: ignore[arg-type]

    accepted = [
        kind for kind in kinds if any(counts(shown) for shown in scenario.documents[kind].proves.values())
    ]
    for kind in accepted:
        proves = scenario.documents[kind].proves
        if drawn[kind][3] and counts(proves[segment.status]):
            return drawn[kind][0] >= scenario.checkers[scenario.documents[kind].checker].false_reject
    if accepted:
        checker = scenario.checkers[scenario.documents[accepted[0]].checker]
        error, borrows, forges = drawn[accepted[0]][:3]
        if borrows < segment.presents_borrowed:
            return error < checker.false_match
        if forges < segment.presents_forged:
            return error < checker.false_accept
    return False
