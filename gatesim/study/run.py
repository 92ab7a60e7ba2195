"""Run the policies of a scenario, each by itself, and judge them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from gatesim.gates.plugins import handed
from gatesim.law.law import counted_apart, has_random_end, has_random_licence
from gatesim.law.roster import staffed
from gatesim.law.staff import lead_time
from gatesim.measures.definitions import Measure
from gatesim.measures.judgement import Together
from gatesim.measures.measured import DeskTime, Splits, Unit, false_blocks_by_reason, measures
from gatesim.measures.numbers import round_up
from gatesim.measures.sentence import sentence
from gatesim.measures.tally import Tally
from gatesim.measures.verdict import PolicyResult, Row, Verdict, make_verdict
from gatesim.measures.wording import and_list
from gatesim.scenario import Loaded, ScenarioError, loaded_from
from gatesim.scenario.assumptions import count_guesses, rests_on
from gatesim.scenario.consistency import REFERENCE, Footprint, refuse_if_too_large
from gatesim.scenario.errors import Problem
from gatesim.scenario.operator import INTERIM, OPERATOR
from gatesim.scenario.schema import Scenario
from gatesim.study.audits import audited
from gatesim.study.caps import capped
from gatesim.study.conservation import refuse_losses
from gatesim.study.exactly import find, without_noise
from gatesim.study.folder import whole_folder
from gatesim.study.gates import Job, jobs, laws
from gatesim.study.licences import licence_words
from gatesim.study.never import asks_for_zero, no_leaks
from gatesim.study.orders_apart import (
    ByOrder,
    apart_words,
    counted_together,
    exactly_apart,
    jobs_apart,
    jobs_together,
    of_order,
    of_some,
    orders_first,
    told,
)
from gatesim.study.placing import placing
from gatesim.study.progress import Progress
from gatesim.study.remains import remains
from gatesim.study.result import Found, Result
from gatesim.study.simulate import Done, Task, carry_out, share_networks
from gatesim.study.store import write_run
from gatesim.study.strategy import course, late_words
from gatesim.study.transition import transition
from gatesim.world.makers import makers

ENGINES = ("fast", "reference", "exact")


FAST = Footprint(64, 0)
"""Bytes for an account in the fast engine, which keeps only those that wait for a reviewer."""

FAST_BY_LEDGER = Footprint(64, 500)
"""The same where people share causes by network: the whole ledger is counted at once."""


class _Clock:
    """How long the parts of the work took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


@placing
def run(
    source: str | Path | Loaded,
    *,
    policies: Sequence[str] | None = None,
    people: int | None = None,
    reps: int = 1,
    seed: int | None = None,
    sets: Sequence[str] = (),
    engine: str = "fast",
    out: str | Path | None = None,
    ledger: bool = False,
    progress: Progress | None = None,
    workers: int | None = None,
    plugins: Mapping[str, Any] | None = None,
) -> Result:
    """Run the policies of a scenario and say what can be concluded.

    Each policy is run by itself, as if it had been in place from the instant the order is in force. Where the
    scenario has an operator, its strategy is run as well, under the name ``operator``, with the interim in it.

    Parameters
    ----------
    source
        A scenario: a path, a shipped name, or one already loaded.
    policies
        Names of the policies to run; by default all, and the operator's strategy.
    people
        Accounts to simulate, instead of the scenario's number.
    reps
        Replications: independent populations of that many accounts.
    seed
        Seed of the draws, instead of the scenario's.
    sets
        Keys to set, each ``KEY=VALUE``.
    engine
        ``fast`` (simulates need by need), ``reference`` (the same, slowly, in plain Python) or ``exact`` (computes
        expected values; leaves out queues and reactions, and says so).
    out
        A folder to write the results into; it must not exist.
    ledger
        Write the ledger of every run into the folder as well.
    progress
        Called with the share of the work that is done and what is being done.
    workers
        Cores to use at most; results do not depend on it. By default all that there are in the fast engine
        (threads), and one in the reference, where each is a process: a script that asks for more than one must
        start its work under ``if __name__ == "__main__"``, since each process reads it again.

    plugins
        Gates from outside, by the name that policies of the family ``plug_in`` give; see docs/plug-ins.md.

    Returns
    -------
    Result
        Measures by policy and reading, and the verdict.

    Raises
    ------
    ScenarioError
        If the scenario, a policy's name or the number of people is wrong.
    ValueError
        If there is no such engine, no replication, or a ledger is wanted where there can be none.
    CannotDo
        If the exact engine cannot do a policy.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine = {engine!r}: there are {', '.join(ENGINES)}")
    if reps < 1:
        raise ValueError(f"reps = {reps}: at least one replication")
    if ledger and (out is None or engine == "exact"):
        raise ValueError("a ledger needs a folder to write it into (out), and an engine that simulates")
    given = [f"people={people}"] * (people is not None) + [f"seed={seed}"] * (seed is not None)
    given = [*sets, *given]  # all at once: one may be right only with another
    loaded = loaded_from(source, given)
    scenario = loaded.scenario
    names = _chosen(loaded, policies)
    if not scenario.orders:
        file = loaded.files[-1][0]
        raise ScenarioError([Problem(file, None, "orders", "there is no order: nothing can be judged", "")])
    if engine != "exact":
        refuse_if_too_large(scenario, scenario.people, footprint(scenario, engine))
    clock, say = _Clock(), progress or (lambda done, doing: None)
    with ExitStack() as stack:
        stack.enter_context(handed(plugins))
        folder = stack.enter_context(whole_folder(Path(out))) if out is not None else None
        if engine == "exact":
            found, notes, desk = _exactly(scenario, names, clock, say)
            apart = _exactly_apart(scenario, names, clock)
            together = {}
        else:
            found, notes, desk = _simulated(
                scenario, names, reps, engine, folder if ledger else None, workers, clock, say
            )
            apart = _simulated_apart(scenario, names, reps, engine, workers, clock, say)
            together = _simulated_together(scenario, names, reps, engine, workers, clock, say)
        refused = None
        if scenario.usage_caps:
            with clock.part("caps"):
                refused = capped(scenario, engine, reps, workers, say)
        judged = _judged(loaded, engine, reps, names, found, apart, together, notes, desk, clock)
        result = replace(judged, caps=refused)
        if folder is not None:
            write_run(result, folder)
    return result


def footprint(scenario: Scenario, engine: str) -> Footprint:
    """The memory that an engine takes for a scenario."""
    if engine == "reference":
        return REFERENCE
    return FAST_BY_LEDGER if share_networks(scenario) else FAST


def _chosen(loaded: Loaded, policies: Sequence[str] | None) -> list[str]:
    """The policies to run, in the order of the file."""
    known = list(loaded.scenario.policies)
    if loaded.scenario.operator is not None:
        known.append(OPERATOR)
    problems = []
    for name in policies or ():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f'nearest: "{near[0]}"' if near else f"there are: {', '.join(known)}"
            problems.append(Problem("--policy", None, name, "the scenario has no such policy", hint))
    if not known or (policies is not None and not policies):
        problems.append(Problem(str(loaded.files[-1][0]), None, "policies", "there is no policy to run", ""))
    if problems:
        raise ScenarioError(problems)
    return [name for name in known if policies is None or name in policies]


def _left_out_of_all(found: dict[str, dict[str, Found]]) -> tuple[str, ...]:
    said = [text for policies in found.values() for entry in policies.values() for text in entry.left_out]
    what = "; ".join(dict.fromkeys(said))
    return (f"Left out by the exact engine: {what}.",) if what else ()


def _exactly(
    scenario: Scenario, names: Sequence[str], clock: _Clock, say: Progress
) -> tuple[dict[str, dict[str, Found]], tuple[str, ...], dict[str, str]]:
    by_reading = laws(scenario, scenario.seed, 0)
    found: dict[str, dict[str, Found]] = {reading: {} for reading in by_reading}
    wanted = _with_interim(names)
    for number, name in enumerate(wanted):
        say(number / len(wanted), name)
        with clock.part("exact"):
            for job in jobs(scenario, [name], by_reading):
                for reading, law in job.laws.items():
                    found[reading][name] = find(scenario, law, job.gate, name)
    _put_interim(found)
    notes = _left_out_of_all(found)
    for random, what in ((has_random_end, "The end of an order"), (has_random_licence, "A licence")):
        if random(scenario):
            notes += (f"{what} is random: it is taken as drawn for the first replication.",)
    return found, notes, {}


def _with_interim(names: Sequence[str]) -> list[str]:
    """What to work out for some policies: for a strategy also the time before its first switch."""
    return [*names, INTERIM] if OPERATOR in names else list(names)


def _put_interim(found: dict[str, dict[str, Found]]) -> None:
    """Make what leaked before the first switch a measure of the strategy: ``transition_leaks``."""
    for policies in found.values():
        interim = policies.pop(INTERIM, None)
        if interim is not None:
            leaks = replace(interim.measures["leaks"], name="transition_leaks")
            policies[OPERATOR].measures["transition_leaks"] = leaks


def _simulated(
    scenario: Scenario,
    names: Sequence[str],
    reps: int,
    engine: str,
    ledgers: Path | None,
    workers: int | None,
    clock: _Clock,
    say: Progress,
) -> tuple[dict[str, dict[str, Found]], tuple[str, ...], dict[str, str]]:
    wanted = _with_interim(names)
    with clock.part("compile"):
        tasks = _tasks(scenario, wanted, reps, engine, ledgers, say)
    done: dict[tuple[str, str], dict[int, Done]] = {}
    with clock.part("simulate"):
        for one in carry_out(scenario, scenario.seed, tasks, workers, say):
            for reading in one.tallies:
                done.setdefault((reading, one.policy), {})[one.replication] = one
    refuse_losses(scenario, done)
    found: dict[str, dict[str, Found]] = {reading: {} for reading in scenario.readings}
    desk: dict[str, str] = {}
    with clock.part("measure"):
        for reading in scenario.readings:
            for name in wanted:
                each = [one for _, one in sorted(done[reading, name].items())]
                found[reading][name] = _measured(
                    scenario,
                    [one.tallies[reading] for one in each],
                    any(one.coupled for one in each),
                    any(one.may_leak[reading] for one in each),
                )
                for words in dict.fromkeys(one.desk for one in each if one.desk):
                    said = desk.setdefault(name, words)
                    if words not in said:
                        desk[name] = f"{said}; or, for another reading or replication, {words}"
    _put_interim(found)
    return found, _small_segments(scenario), desk


def _small_segments(scenario: Scenario) -> tuple[str, ...]:
    """A warning about segments of which too few people are simulated to say anything of them."""
    shares = np.zeros(len(scenario.segments))
    segments = list(scenario.segments.values())
    for maker in makers(scenario):
        shares[maker.segment] += segments[maker.owner].share * maker.present
    few = {
        name: share
        for name, share in zip(scenario.segments, shares, strict=True)
        if 0 < share * scenario.people < 10
    }
    if not few:
        return ()
    names = ", ".join(f"{name} ({share * scenario.people:.2g})" for name, share in few.items())
    needed = round_up(10 / min(few.values()))
    return (
        f"Fewer than ten people are simulated of {names}: what is said of them is mostly chance. "
        f"It takes {needed:,} accounts (--people {needed}) to have ten of each; or the exact engine.",
    )


def _tasks(
    scenario: Scenario, names: Sequence[str], reps: int, engine: str, ledgers: Path | None, say: Progress
) -> list[Task]:
    """What to simulate."""
    tasks: list[Task] = []
    for replication in range(reps):
        say(0.0, "compiling policies")
        for job in jobs(scenario, names, laws(scenario, scenario.seed, replication)):
            path = None
            if ledgers is not None and job.policy != INTERIM:
                readings = "" if len(job.laws) == len(scenario.readings) else "." + "+".join(job.laws)
                path = ledgers / f"ledger.{job.policy}{readings}.{replication}.parquet"
            tasks.append(Task(replication, job, engine, path))
    return tasks


def _exactly_apart(scenario: Scenario, names: Sequence[str], clock: _Clock) -> ByOrder:
    """What the exact engine finds for each order by itself, where several name the same model."""
    if not counted_apart(scenario):
        return {}
    with clock.part("exact"):
        listed = [name for name in names if name != OPERATOR]
        return exactly_apart(scenario, jobs(scenario, listed, laws(scenario, scenario.seed, 0)))


def _simulated_apart(
    scenario: Scenario,
    names: Sequence[str],
    reps: int,
    engine: str,
    workers: int | None,
    clock: _Clock,
    say: Progress,
) -> ByOrder:
    """What a simulation finds for each order by itself: the same people under the same gates, counted anew."""
    again = _Again(scenario, names, reps, engine, workers, clock, say)
    found: ByOrder = {}
    for number in counted_apart(scenario):
        words = f"counted for order {number + 1} alone"

        def under(jobs: Sequence[Job], replication: int, number: int = number) -> list[Job]:
            return [one.job for one in jobs_apart(scenario, jobs, replication, (number,))]

        for key, measured in again.count(under, words).items():
            found.setdefault(key, {})[number] = of_order(measured)
    return found


def _simulated_together(
    scenario: Scenario,
    names: Sequence[str],
    reps: int,
    engine: str,
    workers: int | None,
    clock: _Clock,
    say: Progress,
) -> dict[tuple[str, str], dict[Together, dict[str, Measure]]]:
    """What a simulation finds for several models whose needs a standard counts as one, by reading and policy."""
    again = _Again(scenario, names, reps, engine, workers, clock, say)
    found: dict[tuple[str, str], dict[Together, dict[str, Measure]]] = {}
    for wanted in counted_together(scenario):

        def under(jobs: Sequence[Job], replication: int, wanted: Together = wanted) -> list[Job]:
            return list(jobs_together(scenario, jobs, replication, wanted))

        for key, measured in again.count(under, f"counted for {and_list(wanted[1])}").items():
            found.setdefault(key, {})[wanted] = measured.measures
    return found


@dataclass(frozen=True)
class _Again:
    """The same people under the same gates, counted anew under other laws; the parameters are those of a run."""

    scenario: Scenario
    names: Sequence[str]
    reps: int
    engine: str
    workers: int | None
    clock: _Clock
    say: Progress

    def count(
        self, under: Callable[[Sequence[Job], int], list[Job]], words: str
    ) -> dict[tuple[str, str], Found]:
        """What is found by reading and policy.

        Parameters
        ----------
        under
            From jobs and the number of a replication those to carry out, one reading each.
        words
            What it is counted for.
        """
        scenario = self.scenario
        policies = [name for name in self.names if name != OPERATOR]
        tasks = [
            Task(replication, job, self.engine, None)
            for replication in range(self.reps)
            for job in under(
                jobs(scenario, policies, laws(scenario, scenario.seed, replication)), replication
            )
        ]
        done: dict[tuple[str, str], dict[int, Done]] = {}
        with self.clock.part("simulate"):
            for one in carry_out(
                scenario,
                scenario.seed,
                tasks,
                self.workers,
                lambda part, doing: self.say(part, f"{doing}, {words}"),
            ):
                (reading,) = one.tallies
                done.setdefault((reading, one.policy), {})[one.replication] = one
        refuse_losses(scenario, done)
        found = {}
        with self.clock.part("measure"):
            for key, by_replication in done.items():
                each = [one for _, one in sorted(by_replication.items())]
                found[key] = _measured(
                    scenario,
                    [one.tallies[key[0]] for one in each],
                    any(one.coupled for one in each),
                    any(one.may_leak[key[0]] for one in each),
                )
        return found


def _measured(scenario: Scenario, each: Sequence[Tally], coupled: bool, leaks: bool) -> Found:
    total = reduce(add, each)
    unit: Unit = "replication" if coupled else "cluster"
    time_of_desk = _desk_time(scenario, len(each)) if coupled else None
    return Found(
        measures(scenario, total, unit=unit, replications=each, desk=time_of_desk),
        Splits(scenario, total, unit=unit, replications=each),
        false_blocks_by_reason(scenario, total, unit=unit, replications=each),
        leaks,
        (),
    )


def _of_the_ladder(scenario: Scenario, verdict: Verdict, reading: str, ran: Sequence[str]) -> Row | None:
    """What all standards together come to, where every policy of the operator's ladder was run."""
    assert scenario.operator is not None, "there is a strategy"
    if not set(scenario.operator.ladder) <= set(ran):
        return None
    return next((one.together for one in verdict.own if one.reading == reading), None)


def _desk_time(scenario: Scenario, reps: int) -> DeskTime:
    """Reviewers' time on shift, at the simulated size (scaling keeps their speed times their number)."""
    assert scenario.desk is not None
    steps = staffed(scenario)
    times = np.array([at for at, _ in steps] + [scenario.length], dtype=np.float64)
    real = float(np.diff(times) @ np.array([number for _, number in steps], dtype=np.float64))
    return DeskTime(real * scenario.people / scenario.represents * reps, float(scenario.length) * reps)


def _without_noise_words(names: Sequence[str], sure: Mapping[tuple[str, str], Found]) -> tuple[str, ...]:
    those = [name for name in names if any(name == policy for _, policy in sure)]
    if not those:
        return ()
    keep, ask, them = (
        ("this policy keeps", "asks", "it") if len(those) == 1 else ("these policies keep", "ask", "them")
    )
    return (
        f"The verdict on {', '.join(those)} rests on expected values, without noise: {keep} nothing "
        f"and {ask} for nothing that takes time, and the exact engine leaves nothing out of {them}.",
    )


def _judged(
    loaded: Loaded,
    engine: str,
    reps: int,
    names: Sequence[str],
    found: dict[str, dict[str, Found]],
    apart: ByOrder,
    together: Mapping[tuple[str, str], Mapping[Together, Mapping[str, Measure]]],
    notes: tuple[str, ...],
    desk: dict[str, str],
    clock: _Clock,
) -> Result:
    scenario = loaded.scenario
    # A strategy is no candidate: it has the interim in it.
    listed = [name for name in names if name != OPERATOR]
    decided, decided_apart = found, apart
    sure: Mapping[tuple[str, str], Found] = {}
    reading = scenario.orders[0].reading if scenario.orders else next(iter(found))
    expected: dict[str, dict[str, Measure]] = {}
    by_reading = laws(scenario, scenario.seed, 0)
    with clock.part("exact"):
        needed = engine != "exact" or apart or asks_for_zero(scenario)
        gates = jobs(scenario, listed, by_reading) if needed else []
    if engine != "exact":
        with clock.part("exact"):
            sure = without_noise(scenario, gates)
            if apart and sure:
                decided_apart = apart | exactly_apart(scenario, of_some(gates, sure))
        decided = {r: {name: sure.get((r, name), found[r][name]) for name in names} for r in found}
        expected = {name: one.measures for (r, name), one in sure.items() if r == reading}
        notes += _without_noise_words(names, sure)
    results = []
    with clock.part("exact"):
        never = no_leaks(scenario, gates, leave_out=engine == "exact") if asks_for_zero(scenario) else {}
        told_of = told(scenario, gates, decided_apart, leave_out=engine == "exact")
    for name in listed:
        policy = scenario.policies[name]
        results.append(
            PolicyResult(
                name,
                {reading: decided[reading][name].measures for reading in decided},
                lead_time(scenario, name),
                policy.is_shutdown,
                {reading: found[reading][name].may_leak for reading in found},
                {reading: decided[reading][name].by for reading in decided},
                {reading: never.get((reading, name), {}) for reading in decided},
                policy.controls,
                {reading: told_of.get((reading, name), {}) for reading in decided},
                # Expected values are put together by model: they have no noise.
                {r: together.get((r, name), {}) for r in decided if (r, name) not in sure},
            )
        )
    accounts = None if engine == "exact" else scenario.people * reps
    verdict = make_verdict(scenario, results, accounts)
    own = next((one for one in verdict.own if one.reading == reading), None)
    by_order = orders_first(apart)
    notes += licence_words(scenario, reps) + late_words(scenario) + apart_words(scenario)
    inputs = rests_on(loaded)
    guesses, uncertain = count_guesses(inputs)
    with clock.part("bounds"):
        what_remains, no_bounds = remains(scenario, by_reading[reading], reading, verdict)
    notes += (no_bounds,) * bool(no_bounds)
    return Result(
        loaded,
        engine,
        scenario.seed,
        reps,
        reading,
        found,
        verdict,
        sentence(scenario, verdict, guesses, uncertain),
        transition(
            scenario,
            by_reading[reading],
            own,
            {name: one.measures for name, one in decided[reading].items()},
        )
        if scenario.orders
        else None,
        course(scenario, by_reading[reading], _of_the_ladder(scenario, verdict, reading, listed))
        if OPERATOR in names
        else None,
        inputs,
        guesses,
        desk,
        notes,
        dict(clock.seconds),
        audited(
            scenario,
            _leak_rates_by_segment(scenario, decided, found),
            {
                n: _leak_rates_by_segment(scenario, own, by_order[n])
                for n, own in orders_first(decided_apart).items()
            },
        ),
        by_order,
        remains=what_remains,
        expected=expected,
    )


def _leak_rates_by_segment(
    scenario: Scenario, decided: Mapping[str, Mapping[str, Found]], found: Mapping[str, Mapping[str, Found]]
) -> dict[str, dict[str, tuple[dict[str, Measure], bool]]]:
    """What audits meet: reading -> policy -> leak rates by segment, and whether the policy cannot leak."""
    if not any(order.audits for order in scenario.orders):
        return {}
    return {
        reading: {
            policy: (
                {name: measures["leak_rate"] for name, measures in one.by["segment"].items()},
                not found[reading][policy].may_leak,
            )
            for policy, one in policies.items()
        }
        for reading, policies in decided.items()
    }
