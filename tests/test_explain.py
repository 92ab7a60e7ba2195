"""A person's story: the same events as the reference tells, and what was read beside what was true."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gatesim
from gatesim.cli.main import call
from gatesim.engine import fast, reference
from gatesim.engine.waits import WaitTable, choose_desk
from gatesim.exact.inflow import cases_per_hour
from gatesim.exact.states import CannotDo
from gatesim.gates.compile import compile_gate
from gatesim.gates.strategy import switches
from gatesim.gates.tables import CHECK, Tables
from gatesim.law.law import Law, make_law
from gatesim.measures.ledger import LOST, NO_REASON, OUTCOMES, REASONS, RULE, SHUTDOWN, Ledger
from gatesim.scenario import Loaded, ScenarioError, load
from gatesim.scenario.schema import Scenario
from gatesim.show.explain import facts, print_story, span, story_html, summary, timeline
from gatesim.study import search
from gatesim.study.explain import explain
from gatesim.study.replay import ENDS, LAW_CHANGES, LEAVES, POLICY_CHANGES, PRESENTS, RETURNS, Event, Replay
from gatesim.study.search import SOUGHT
from gatesim.study.story import Story, Told
from gatesim.world.people import populate
from tests.lively_scenarios import lively_scenario, some_waits
from tests.scenarios import SMALL, small_data
from tests.switching import switching_case

LIVELY = 30
SWITCHING = 20

# --- the same events as the reference -----------------------------------------------------------------------------


def asks(gate: Sequence[Tables]) -> bool:
    return any(bool(((tables.actions[0] == CHECK) & tables.acts).any()) for tables in gate)


def chosen(scenario: Scenario, reading: str, rng: np.random.Generator) -> str:
    """A policy, mostly one that asks for documents."""
    law = make_law(scenario, reading)
    names = [str(name) for name in rng.permutation(list(scenario.policies))]
    if rng.random() < 0.8:
        names.sort(key=lambda name: not asks(compile_gate(scenario, name, law)))
    return names[0]


def reference_events(
    scenario: Scenario,
    policy: str,
    reading: str,
    waits: WaitTable | None,
    replication: int,
    compiled: tuple[Law, tuple[Tables, ...]] | None = None,
) -> dict[int, list[tuple[Any, ...]]]:
    """What the reference tells of each account: (instant, body, need, what happens)."""
    law = make_law(scenario, reading)
    law, gate = compiled or (law, compile_gate(scenario, policy, law))
    heard: list[tuple[int, Any, str]] = []
    people = populate(scenario, scenario.seed, replication, scenario.people)
    reference.simulate(
        scenario,
        law,
        gate,
        people,
        seed=scenario.seed,
        replication=replication,
        waits=waits,
        tell=lambda time, who, event: heard.append((time, who, event)),
    )
    told: dict[int, list[tuple[Any, ...]]] = {account.number: [] for account in people}
    for time, who, event in heard:
        if who is not None:
            told[who[0]].append((time, who[1], who[2], event))
        elif event in (LAW_CHANGES, POLICY_CHANGES):
            for events in told.values():
                events.append((time, None, None, event))
    return told


def in_words(event: Event) -> tuple[Any, ...]:
    """An event of a story as the reference words it."""
    words = {ENDS: event.words, PRESENTS: f"presents {event.words}"}.get(event.what, event.what)
    return event.time_us, event.body, event.need, words


def retold(events: Sequence[Event]) -> list[tuple[Any, ...]]:
    """What a story tells, without what the reference says nothing of."""
    return [in_words(event) for event in events if event.what != RETURNS]


@pytest.mark.no_cover  # others cover the same lines; watching these would take minutes
def test_replays_tell_what_the_reference_tells() -> None:
    seen: Counter[str] = Counter()
    for number in range(LIVELY):
        rng = np.random.default_rng([23, number])
        scenario = lively_scenario(rng)
        reading = str(rng.choice(list(scenario.readings)))
        policy = chosen(scenario, reading, rng)
        waits, law = some_waits(scenario, rng), make_law(scenario, reading)
        gate = compile_gate(scenario, policy, law)
        lives = fast.Population(scenario, scenario.seed, 3, scenario.people).under(law, gate, waits)
        for account, expected in reference_events(scenario, policy, reading, waits, 3).items():
            rows = lives.ledger(account, account + 1)
            replay = Replay(scenario, law, gate, rows, scenario.seed, 3)
            assert retold(replay.events) == expected, (number, policy, reading, account)
            assert [event.time_us for event in replay.events] == sorted(e.time_us for e in replay.events)
            decisions_fit(rows, replay)
            gone_while_lost(rows, replay)
            seen.update(fate.decision for fate in replay.fates)
            seen.update(event.what for event in replay.events)
            seen.update(fate.enters for fate in replay.fates)
            seen["withdrawn"] += sum(fate.withdrawn for fate in replay.fates)
            seen["how"] += sum("," in fate.presented for fate in replay.fates)
    print(dict(seen))
    states = ("allowed", "blocked", "cleared", "check_failed")
    decisions = ("allow", "check", "block", "open", "waiting", "gone")
    events = ("joins the desk", "review begins", LEAVES, RETURNS, LAW_CHANGES)
    assert all(seen[what] >= 50 for what in (*states, *decisions, *events, "how"))
    assert seen["withdrawn"] >= 3


@pytest.mark.no_cover
def test_replays_of_a_strategy_tell_what_the_reference_tells() -> None:
    """Switches that kill, withdraw, let go on; told from the ledger alone, and by the reference as they happen."""
    because = ("no policy is in place yet", "the policy in place is open")
    wanted = ("withdrawn", "killed", LAW_CHANGES, POLICY_CHANGES, *because)
    seen: Counter[str] = Counter()
    for number in range(SWITCHING):
        case = switching_case([47, number])
        scenario, steps = case.scenario, switches(case.scenario)
        told = reference_events(scenario, case.policy, case.reading, case.waits, 3, case.compiled)
        lives = fast.Population(scenario, scenario.seed, 3, scenario.people).under(
            case.law, case.gate, case.waits
        )
        for account, expected in told.items():
            rows = lives.ledger(account, account + 1)
            replay = Replay(scenario, case.law, case.gate, rows, scenario.seed, 3, steps)
            assert retold(replay.events) == expected, (number, account)
            ended = [rows.reason[row] for row, fate in enumerate(replay.fates) if fate.withdrawn]
            seen["withdrawn"] += ended.count(NO_REASON)
            seen["killed"] += len(ended) - ended.count(NO_REASON)
            seen.update(event.what for event in replay.events if event.body is None)
            seen.update(fate.open_because for fate in replay.fates)
        if number >= 7 and all(seen[what] for what in wanted):
            break
    print(number, dict(seen))
    assert all(seen[what] for what in wanted), seen


def decisions_fit(rows: Ledger, replay: Replay) -> None:
    """What the replay says was decided is what the ledger says came of it."""
    for row, fate in enumerate(replay.fates):
        outcome, reason = OUTCOMES[rows.outcome[row]], REASONS[rows.reason[row]]
        assert rows.asked[row] == (fate.decision == "check")
        assert (outcome == "lost") == (fate.decision == "gone")
        assert (
            (reason == "waiting")
            == (fate.decision == "waiting")
            == (fate.state == "waiting" and fate.decision not in ("open", "gone"))
        )
        if fate.decision in ("allow", "open"):
            assert outcome == "served"
        if fate.decision == "block":
            standing = fate.state in ("blocked", "check_failed")
            assert reason in ("shutdown", "standing_block" if standing else "rule")
        assert bool(fate.open_because) == (fate.decision == "open")
        assert fate.until_us is None or fate.until_us > rows.time_us[row]


def gone_while_lost(rows: Ledger, replay: Replay) -> None:
    """Needs are lost exactly between a departure and the return."""
    for body in set(rows.body.tolist()):
        away = False
        for event in replay.events:
            if event.body != body:
                continue
            if event.what in (LEAVES, RETURNS):
                away = event.what == LEAVES
            elif event.what == ENDS and event.need is not None:
                row = int(np.flatnonzero((rows.body == body) & (rows.need == event.need))[0])
                if event.time_us == rows.time_us[row]:
                    assert (rows.outcome[row] == LOST) == away


def as_loaded(scenario: Scenario) -> Loaded:
    return Loaded(scenario, {}, (("made up", "0" * 64),), {}, ())


def the_desk(scenario: Scenario, policy: str, reading: str) -> WaitTable | None:
    law = make_law(scenario, reading)
    cases = cases_per_hour(scenario, law, compile_gate(scenario, policy, law)).cases
    return choose_desk(scenario, scenario.people, cases) if cases.any() else None


@pytest.mark.slow
def test_stories_from_the_full_run_tell_what_the_reference_tells() -> None:
    """With the desk that the run takes: everybody in it, or its table of waits."""
    seen: Counter[str] = Counter()
    for number in range(20):
        rng = np.random.default_rng([29, number])
        scenario = lively_scenario(rng)
        reading = str(rng.choice(list(scenario.readings)))
        policy = chosen(scenario, reading, rng)
        try:
            waits = the_desk(scenario, policy, reading)
        except CannotDo:
            continue
        told = reference_events(scenario, policy, reading, waits, 2)
        # The three of whom there is most to tell, and everybody on their accounts.
        most = sorted(told, key=lambda account: -len({event[3] for event in told[account]}))[:3]
        for account in populate(scenario, scenario.seed, 2, scenario.people):
            if account.number not in most:
                continue
            for body in account.bodies:
                story = explain(
                    as_loaded(scenario),
                    person=f"{account.number}.{body.slot}",
                    policy=policy,
                    reading=reading,
                    replication=2,
                )
                expected = told[account.number]
                got = retold(story.events)
                mine = (None, body.slot)
                assert [event for event in got if event[1] in mine] == [e for e in expected if e[1] in mine]
                assert [e for e in expected if e in got] == got, "nothing is told that did not happen"
                opened = {e[1:3] for e in expected if e[3] == "a check opens"}
                assert opened <= {(need.body, need.number) for need in story.needs}, "checks of all are told"
                assert len(story.own) == len(body.needs)
                seen["stories"] += 1
                seen["of co-users"] += body.slot > 0
                seen["needs of others"] += len(story.needs) - len(story.own)
                seen["at a desk with everybody"] += waits is None and any(n.begun_us for n in story.needs)
                seen["from a table"] += waits is not None and any(n.begun_us for n in story.needs)
                truth_is_kept(scenario, story)
                no_need_is_hidden(story)
    print(dict(seen))
    assert seen["stories"] >= 70
    least = {"of co-users": 10, "needs of others": 10, "at a desk with everybody": 10, "from a table": 1}
    assert all(seen[what] >= count for what, count in least.items()), seen


def truth_is_kept(scenario: Scenario, story: Story) -> None:
    """What is told of the person fits what is told of the needs."""
    person, needs = story.person, story.own
    assert person.needs_per_day >= 0
    for need in needs:
        trips = [t for t in person.trips if t.begin_us <= need.time_us < (t.end_us or 2**62)]
        assert need.away == bool(trips)
        assert need.region == (trips[0].region if trips else person.home)
        assert need.vpn is None or need.vpn == person.vpn
        if need.presented and need.body == 0:
            document, _, how = need.presented.partition(", ")
            if how in ("", "which shows too little"):
                assert person.documents[document]
        if need.reason == "no_answer":
            assert person.never_answers
    assert story.counts.needs == len(needs)


# --- what was read beside what was true ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def all_attributes() -> dict[str, Any]:
    """A signal for each attribute, right or wrong as a test says."""
    names = ("device", "network", "network_kind", "card", "declared", "organisation")
    return {f"by_{name}": {"observes": name, "accuracy": 1.0, "refresh": "session"} for name in names}


def with_signals(signals: dict[str, Any], **changes: Any) -> Loaded:
    data = small_data(**changes)
    data["signals"] = signals
    data["policies"] = {
        "ask": {"family": "single", "signal": "by_network", "then": "check", "documents": ["passport"]}
    }
    data["assumptions"] = {}
    return as_loaded(Scenario.model_validate(data))


def read_of(loaded: Loaded, persons: Sequence[str]) -> list[Told]:
    return [need for person in persons for need in explain(loaded, person=person).needs]


PERSONS = [str(number) for number in range(25)]


@pytest.mark.no_cover  # others cover the same lines
def test_perfect_signals_read_what_was_true(all_attributes: dict[str, Any]) -> None:
    """So what is told to be true is what the engine took for true: with VPNs, trips, co-users, organisations."""
    vpn = {"users": 0.8, "on": 0.5, "exits": {"US": 0.5, "other": 0.5}}
    trips = {"every": "3d", "length": "2d", "to": {"other": 1.0}}
    loaded = with_signals(all_attributes, segments__natives={"vpn": vpn, "trips": trips})
    needs = read_of(loaded, PERSONS)
    assert not any(need.misread for need in needs)
    assert all(reading.read == reading.true for need in needs for reading in need.readings)
    true = {(reading.signal, reading.true) for need in needs for reading in need.readings}
    kinds = {("by_network_kind", "vpn"), ("by_network_kind", "direct"), ("by_organisation", "lab")}
    places = {(f"by_{a}", r) for a in ("device", "network", "card", "declared") for r in ("US", "other")}
    assert kinds | places <= true
    assert any(need.vpn and need.away for need in needs)


def test_signals_that_are_always_wrong_are_told_to_be(all_attributes: dict[str, Any]) -> None:
    wrong = {name: signal | {"accuracy": 0.0} for name, signal in all_attributes.items()}
    needs = read_of(with_signals(wrong), PERSONS[:10])
    assert len(needs) > 50
    assert all(reading.wrong for need in needs for reading in need.readings)


def test_unknown_is_not_wrong(all_attributes: dict[str, Any]) -> None:
    blind = {name: signal | {"coverage": 0.0} for name, signal in all_attributes.items()}
    needs = read_of(with_signals(blind), PERSONS[:10])
    assert {reading.read for need in needs for reading in need.readings} == {"unknown"}
    assert not any(need.misread for need in needs)


# --- the run's own ledger -----------------------------------------------------------------------------------------


@pytest.mark.no_cover  # others cover the same lines
def test_a_story_is_that_of_the_run_with_the_same_options(tmp_path: Path) -> None:
    options: dict[str, Any] = {"people": 120, "seed": 11, "sets": ["signals.ip.accuracy=0.9"]}
    gatesim.run(SMALL, policies=["careful"], reps=2, out=tmp_path / "x", ledger=True, **options)
    found = {path.name: path for path in (tmp_path / "x").glob("ledger*.1.parquet")}
    for reading in ("person", "national"):
        file = next(
            path for name, path in found.items() if reading in name or name == "ledger.careful.1.parquet"
        )
        whole = pd.read_parquet(file)
        asked = whole[whole.asked & (whole.joined_us >= 0)].account.unique()
        assert len(asked) >= 2, "somebody met the desk"
        for account in [*asked[:4].tolist(), 0, 1, 2]:
            story = gatesim.explain(
                SMALL, person=account, policy="careful", reading=reading, replication=1, **options
            )
            rows = whole[(whole.account == account) & (whole.body == 0)].sort_values("need")
            own = story.own
            assert [need.time_us for need in own] == rows.time_us.tolist()
            assert [need.end_us for need in own] == [
                end if outcome != "pending" else None
                for end, outcome in zip(rows.end_us, rows.outcome, strict=True)
            ]
            assert [need.outcome for need in own] == rows.outcome.tolist()
            assert [need.reason or "none" for need in own] == rows.reason.tolist()
            assert [need.joined_us or -1 for need in own] == rows.joined_us.tolist()
            assert [need.begun_us or -1 for need in own] == rows.begun_us.tolist()
            assert [need.restricted for need in own] == rows[f"restricted_{reading}"].tolist()
            assert [need.measured for need in own] == rows.measured.tolist()


# --- what the policy made of it -----------------------------------------------------------------------------------


def weighed(policy: str, sets: Sequence[str] = ()) -> list[Told]:
    loaded = load(SMALL, sets)
    needs = [need for n in range(30) for need in explain(loaded, person=n, policy=policy).needs]
    return [need for need in needs if need.evidence is not None]


@pytest.mark.no_cover  # others cover the same lines
def test_the_evidence_of_a_posterior_is_on_the_right_side_of_its_thresholds() -> None:
    needs = weighed("careful")
    assert {need.decision for need in needs} == {"allow", "check", "block"}
    for need in needs:
        assert need.evidence is not None
        probability = need.evidence.probability
        assert probability is not None
        assert need.decision == ("block" if probability > 0.8 else "check" if probability > 0.05 else "allow")


def test_votes_are_those_that_the_gate_counts() -> None:
    needs = weighed("any_foreign")
    assert {need.decision for need in needs} == {"allow", "block"}
    for need in needs:
        assert need.evidence is not None
        assert need.evidence.counted == 2
        foreign = sum(reading.read != "US" for reading in need.readings)  # unknown counts as foreign here
        assert need.evidence.foreign == foreign
        assert need.decision == ("block" if foreign else "allow")
    ignoring = weighed("any_foreign", ['policies.any_foreign.unknown="ignore"'])
    assert {need.evidence.counted for need in ignoring if need.evidence} == {1, 2}


def test_families_without_a_number_have_no_evidence() -> None:
    assert weighed("shutdown") == []


# --- the law in words ---------------------------------------------------------------------------------------------


def test_changes_of_the_law_are_named() -> None:
    title = "A letter"
    sets = [f'orders.0.title="{title}"', 'orders.0.carve_outs.0.title="Friends"']
    story = explain(load(SMALL, sets), person=0, policy="open")
    said = {str(story.at(time)): words for time, words in story.law.items()}
    assert said == {
        "2026-06-12 17:21:00-04:00": ("A letter is in force, for new",),
        "2026-06-16 00:00:00-04:00": ("A letter is narrowed. Friends",),
        "2026-06-18 00:00:00-04:00": ("A letter is lifted",),
    }
    assert [event.time_us for event in story.events if event.what == LAW_CHANGES] == list(story.law)


def test_what_holds_from_the_start_and_what_is_drawn_is_told() -> None:
    sets = [
        "orders.0.issued=2026-06-10T00:00:00-04:00",
        "orders.0.carve_outs=[]",
        'orders.0.ends=[{ kind = "lapsed", after = "3d" }, { kind = "stayed", after = "3d" }]',
    ]
    kinds = set()
    for replication in range(8):
        story = explain(load(SMALL, sets), person=0, policy="open", replication=replication)
        changes = [event.time_us for event in story.events if event.what == LAW_CHANGES]
        told = [time for time in story.law if time > 0]
        assert told == changes
        assert story.law[0] == ("the order is in force, for new",)
        kinds |= {story.law[time] for time in told}
    assert kinds == {("the order lapses",), ("the order is stayed",)}


def test_a_strategy_has_no_one_table() -> None:
    with pytest.raises(ScenarioError, match=r"no one table; name a policy of its ladder \(shutdown, ask\)"):
        gatesim.explain(load(SMALL, LADDER), policy="operator")


LADDER = (
    "operator = { ladder = ['shutdown', 'ask'], in_flight = 'kill' }",
    "policies.shutdown = { family = 'shutdown', lead_time = '0h' }",
    "policies.ask.lead_time = '2d'",
)


def test_a_strategy_tells_which_policy_comes_into_place(capsys: pytest.CaptureFixture[str]) -> None:
    """Off at the letter, a gate two days later: the story has both switches, and what each need met between them."""
    story = explain(load(SMALL, LADDER), person=0, policy="operator")
    issued, later = "2026-06-12 17:21:00-04:00", "2026-06-14 17:21:00-04:00"
    assert {str(story.at(time)): name for time, name in story.switches.items()} == {
        issued: "shutdown",
        later: "ask",
    }
    at = {str(story.at(event.time_us)): event.what for event in story.events if event.body is None}
    assert at[issued] == LAW_CHANGES
    assert at[later] == POLICY_CHANGES
    frame = story.to_frame("events").set_index("event")
    assert frame.loc[POLICY_CHANGES, "words"] == "ask comes into place"
    data = json.loads(story.to_json())
    assert [switch["policy"] for switch in data["switches"]] == ["shutdown", "ask"]
    print_story(story)
    text = capsys.readouterr().out
    assert "The operator: shutdown comes into place." in text
    assert "The operator: ask comes into place." in text


def test_what_a_switch_kills_is_told() -> None:
    """Of twenty cases two are known to kill: the need ends at the switch, refused, and its account is fresh."""
    words = set()
    for number in range(SWITCHING):
        case = switching_case([47, number])
        if case.inflow or case.scenario.operator is None or case.scenario.operator.in_flight != "kill":
            continue
        ledger, at = case.ledger, [step.at_us for step in switches(case.scenario)]
        rows = ledger.asked & np.isin(ledger.reason, (RULE, SHUTDOWN)) & np.isin(ledger.end_us, at)
        for account in np.unique(ledger.account[rows]).tolist():
            story = explain(
                as_loaded(case.scenario),
                person=account,
                policy="operator",
                reading=case.reading,
                replication=3,
            )
            ends = [need for need in story.needs if need.withdrawn and need.reason]
            assert ends
            assert all(need.end_us in story.switches and not need.enters for need in ends)
            words |= {line for _, line, _ in timeline(story, True).rows if "the switch ends" in line.lower()}
        if words:
            return
    raise AssertionError("no case kills")


def test_a_story_says_what_licences_somebody_has_a_part_in() -> None:
    """One granted and one refused for the lab, where the visitors work; one for others."""
    applied = "applied = 2026-06-13T00:00:00-04:00, decided_after = '1d', at_least = '1d'"
    sets = [
        "orders.0.carve_outs = []",
        f"orders.0.licences = [{{ title = 'Given', {applied}, granted = 1.0, organisations = ['lab'] }}, "
        f"{{ title = 'Not given', {applied}, granted = 0.0, organisations = ['lab'] }}, "
        f"{{ title = 'Of others', {applied}, granted = 1.0, segments = ['natives'] }}]",
    ]
    loaded = load(SMALL, sets)
    found: dict[str, Story] = {}
    for number in range(50):
        if {"visitors", "natives"} <= found.keys():
            break
        story = explain(loaded, person=number, policy="open")
        found.setdefault(story.person.segment, story)
    own = found["visitors"]
    given, refused = own.person.licences
    assert (given.title, str(own.at(given.from_us or 0))) == ("Given", "2026-06-14 00:00:00-04:00")
    assert (refused.title, refused.from_us) == ("Not given", None)
    said = [words for name, words in facts(own).rows if name == "licence"]
    assert said == ["Given (new): granted, from Sun 14 Jun 00:00", "Not given (new): refused"]
    assert [one.title for one in found["natives"].person.licences] == ["Of others"]
    data = json.loads(own.to_json())["person"]["licences"]
    assert [(one["title"], one["from"]) for one in data] == [
        ("Given", "2026-06-14T00:00:00-04:00"),
        ("Not given", None),
    ]
    inside = [n for n in own.own if n.time_us >= (given.from_us or 0) and n.measured]
    assert not any(need.restricted for need in inside)


# --- as text ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long() -> Story:
    """Somebody with co-users, checks, the desk and very many needs."""
    sets = ["segments.foreigners.needs_per_day=12.0", "segments.foreigners.co_users.visitors.present=1.0"]
    loaded = load(SMALL, [*sets, "reactions.away=1d"])
    stories = (explain(loaded, person=number, policy="ask") for number in range(300))
    return next(s for s in stories if len(s.needs) - len(s.own) > 5 and len(s.own) > 60)


def more(text: str) -> int:
    found = re.findall(r"(\d+) more needs", text)
    return sum(map(int, found))


def no_need_is_hidden(story: Story) -> None:
    """Each need has a line of its own, or is counted in one that folds it; each change of the law is shown."""
    short, whole = timeline(story).rows, timeline(story, everything=True).rows
    wants = [row for row in whole if re.search("[Ww]ants ", row[1])]
    assert len(wants) == len(story.needs)
    left = [row for row in short if re.search("[Ww]ants ", row[1])]
    assert len(left) + sum(more(row[1]) for row in short) == len(story.needs)
    assert set(left) <= set(wants)
    assert not any(more(row[1]) == 1 for row in short)
    assert [row for row in short if "The law" in row[1]] == [row for row in whole if "The law" in row[1]]
    for leaves in ("eaves ", "omes back"):
        assert [row for row in short if leaves in row[1]] == [row for row in whole if leaves in row[1]]
    verdicts = [row for row in whole if " after the need." in row[1]]
    late = [need for need in story.needs if need.end_us is not None and need.end_us > need.time_us]
    assert len(verdicts) == len(late)


def test_folding_hides_no_need(long: Story) -> None:
    no_need_is_hidden(long)
    assert len(timeline(long).rows) < len(timeline(long, everything=True).rows) / 2


def test_a_folded_line_says_how_its_needs_ended(long: Story) -> None:
    for row in timeline(long).rows:
        count = more(row[1])
        counts = re.findall(r"(?:^|; )(\d+) ", row[2])
        assert count == 0 or not counts or sum(map(int, counts)) == count
        models = re.search(r"until .*?: (.*?)(;|\.$)", row[1])
        assert count == 0 or (models and sum(map(int, re.findall(r"(\d+) for", models[1]))) == count)


def test_a_story_fits_the_page_and_begins_with_its_sum(
    long: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    print_story(long)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    assert "\x1b" not in out
    assert out.startswith(f'The story of the owner of account {long.person.account} under "ask"')
    words = " ".join(out.split())
    assert summary(long) in words
    counts = long.counts
    assert words.index(summary(long)) < words.index("Who it is"), "what came of it stands first"
    assert summary(long).startswith(f"{counts.needs} needs: {counts.served + counts.served_late} served")
    assert " 0 " not in summary(long), "what did not happen is not counted"
    ends = (counts.served, counts.served_late, counts.fallback, counts.refused, counts.lost, counts.pending)
    assert sum(ends) == counts.needs == len(long.own)
    assert sum(counts.reasons.values()) == counts.fallback + counts.refused
    for need in long.own:
        served = need.outcome in ("served", "served_late")
        leak = need.measured and need.restricted and served
        block = need.measured and not need.restricted and not served and need.outcome != "pending"
        assert need.judgement == ("leak" if leak else "false_block" if block else "")


def test_a_check_is_told_from_the_request_to_the_verdict() -> None:
    """Of account 74 of the small world: it leaves the queue on a Saturday, and is cleared on Wednesday."""
    rows = timeline(explain(SMALL, person=74, policy="careful")).rows
    said = "\n".join(" | ".join(row) for row in rows)
    story = (
        r"Sat 13 Jun 09:14 \| Wants new, on a trip in the rest of the world\. "
        r"Read: ip other, payment US\. Account fresh, "
        r"restricted with 14\.7 %: check\. Presents passport\. \| waits\n"
        r"Sat 13 Jun 09:18 \| The case joins the desk\. \| \n"
        r"Sat 13 Jun 10:08 \| Patience runs out, 54 min 20 s after the need\. Account check failed until "
        r"Sat 13 Jun 22:08\. \| older model instead: left queue \(entitled: false block\)\n"
        r"Tue 16 Jun 00:00 \| The law: the order is narrowed\. Taken out: organisations lab\. \| \n"
        r"Wed 17 Jun 01:43 .* \| waits\n"
        r"Wed 17 Jun 01:47 \| The case joins the desk\. \| \n"
        r"Wed 17 Jun 09:22 \| A reviewer takes it after 7 h 35 min\. \| \n"
        r"Wed 17 Jun 09:27 \| The check is passed, 7 h 43 min after the need\. Account cleared until "
        r"Mon 22 Jun 09:27\. \| served late \(entitled\)\n"
        r"Thu 18 Jun 00:00 \| The law: the order is lifted\. \| "
    )
    assert re.search(story, said), said
    blocked = (
        "Sat 13 Jun 07:21",
        "Wants new, at home in US. Read: ip US, payment US. Account check failed: block.",
        "refused: standing block (restricted)",
    )
    assert blocked in timeline(explain(SMALL, person=9, policy="careful")).rows


def test_those_who_leave_come_back_or_not() -> None:
    def said(away: str) -> str:
        sets = ["reactions.leave=1.0", f'reactions.away="{away}"']
        loaded = load(SMALL, sets)
        return "\n".join(
            r[1] for n in range(12) for r in timeline(explain(loaded, person=n, policy="shutdown")).rows
        )

    assert "Leaves for good." in said("forever")
    assert "Comes back." not in said("forever")
    assert "Has left." in said("forever")
    assert "Comes back." in said("3h")


def test_facts_say_who_it_is(long: Story) -> None:
    shown = dict(facts(long).rows)
    assert shown["status"] == "nonresident; citizenship IN"
    assert shown["documents"] == "has no passport"
    assert "the co-user in slot 1 (visitors), 30 % of needs" in shown["also there"]
    co_user = explain(long.loaded, person=f"{long.person.account}.1", policy="ask")
    shown = dict(facts(co_user).rows)
    assert shown["is"] == "visitors"
    assert shown["documents"] == "has no passport (the owner's)"
    assert "the owner (foreigners), 70 % of needs" in shown["also there"]
    assert co_user.person.needs_per_day == pytest.approx(3 / 7 * long.person.needs_per_day)


def test_facts_of_the_flagship() -> None:
    """An outsider on the account of somebody at a vetted organisation, and a defender with a VPN."""
    outsider = explain("june-2026", person="1673.1", policy="passport_or_card", people=2000)
    shown = dict(facts(outsider).rows)
    assert shown["status"] == "nonresident; citizenship another country"
    assert shown["account"] == "team account of vetted_home"
    assert shown["belongs to"] == "no organisation"
    assert shown["documents"].startswith("holds home_passport; has no enhanced_licence, ")
    assert any(
        row[1].startswith("Of the owner (vetted_home): the check is passed")
        for row in timeline(outsider).rows
    )
    assert summary(outsider) == "8 needs: all served. 7 leaks, no false block."
    defender = explain("june-2026", person=137, policy="careful", people=2000)
    shown = dict(facts(defender).rows)
    assert (shown["role"], shown["belongs to"]) == ("defender", "vetted")
    assert shown["VPN"] == "comes out in rest, on in 30 % of sessions"
    assert any("restricted with <0.1 %: allow." in row[1] for row in timeline(defender).rows)


def test_a_window_over_new_year_shows_years() -> None:
    rows = timeline(explain("expatriates-year", person=12, policy="passport_check")).rows
    assert rows[0][0] == "Fri 12 Jun 2026 00:00"
    assert more(rows[-1][1]) == 77
    assert "until Thu 10 Jun 2027 02:41: 77 for model; 77 with a check." in rows[-1][1]
    assert rows[-1][2] == "refused: no document (entitled: false block)"


def test_trips_are_facts() -> None:
    story = explain(SMALL, person=74, policy="careful")
    assert (
        dict(facts(story).rows)["trips"] == "the rest of the world, from before the start to Mon 29 Jun 14:10"
    )
    assert all(need.away and need.region == "other" for need in story.needs)
    assert "other: the rest of the world." in timeline(story).note
    at_home = explain(SMALL, person=9, policy="careful")
    assert "rest of the world" not in timeline(at_home).note


def test_a_gate_that_a_carve_out_opens_is_told() -> None:
    sets = ['orders.0.carve_outs=[{ at = 2026-06-13T00:00:00-04:00, channels = ["consumer"] }]']
    story = explain(load(SMALL, sets), person=216, policy="shutdown")
    assert {need.open_because for need in story.needs} >= {"a carve-out takes it out", "no order in force"}
    assert all(need.outcome == "served" for need in story.needs if need.open_because)


def test_html_escapes_and_says_the_same(long: Story) -> None:
    attack = "<script>alert('x')</script>"
    loaded = load(
        SMALL, [f'title="{attack}"', f'segments.natives.title="{attack}"', f'orders.0.title="{attack}"']
    )
    text = story_html(explain(loaded, person=0, policy="careful"))
    assert "<script>" not in text
    assert html.escape(attack) in text
    assert gatesim.Story is Story  # which says how it looks in a notebook
    assert html.escape(summary(long)) in (long._repr_html_() or "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.3, "less than 1 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3599.9, "1 h"),
        (5400, "1 h 30 min"),
        (86400 * 2 + 3600, "2 d 1 h"),
    ],
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert span(round(seconds * 1e6)) == words


# --- as data ------------------------------------------------------------------------------------------------------


def test_frames_have_all(long: Story) -> None:
    needs, events = long.to_frame(), long.to_frame("events")
    assert len(needs) == len(long.needs)
    assert needs.own.sum() == len(long.own)
    assert str(needs.time.dtype) == "datetime64[us, UTC-04:00]"
    assert (needs.time.iloc[0] - long.loaded.scenario.start) // timedelta(microseconds=1) == long.needs[
        0
    ].time_us
    assert needs.true_payment.tolist() == [need.readings[1].true for need in long.needs]
    assert needs.read_payment.tolist() == [need.readings[1].read for need in long.needs]
    assert len(events) == len(long.events)
    assert events.time.is_monotonic_increasing
    with pytest.raises(ValueError, match="there are needs, events, lock_outs"):
        long.to_frame("days")


def test_somebody_without_needs_has_a_story_too() -> None:
    nobody = "{ multipliers = [0.0, 2.0], shares = [0.5, 0.5] }"
    loaded = load(
        SMALL, [f"segments.{name}.activity={nobody}" for name in ("natives", "visitors", "foreigners")]
    )
    story = next(s for n in range(50) if not (s := explain(loaded, person=n, policy="open")).needs)
    assert story.person.needs_per_day == 0
    assert list(story.to_frame().columns) == list(explain(SMALL, person=3, policy="open").to_frame().columns)
    assert summary(story) == "No need within the window."


def test_json_has_all(capsys: pytest.CaptureFixture[str], long: Story) -> None:
    assert call(["explain", str(SMALL), "-p", "careful", "--person", "74", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["explains"], found["name"], found["policy"], found["people"]) == (
        "person",
        "74",
        "careful",
        300,
    )
    assert len(found["needs"]) == found["counts"]["needs"] == 6
    late = next(need for need in found["needs"] if need["outcome"] == "served_late")
    assert late["begun"].startswith("2026-06-17T09:22")
    assert late["readings"][0] == {"signal": "ip", "read": "other", "true": "other", "wrong": False}
    assert late["enters"] == "cleared"
    assert [event["event"] for event in found["events"] if event["need"] == late["number"]] == [
        "a check opens",
        "presents",
        "joins the desk",
        "review begins",
        "ends",
    ]
    assert json.loads(long.to_json())["counts"]["needs"] == len(long.own)


# --- what is asked for --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--person", "3"], '--policy: say which policy; there are: "open", '),
        (["--person", "3", "-p", "carefull"], 'nearest: "careful"'),
        (["--person", "3", "-p", "open", "--reading", "persn"], 'nearest: "person"'),
        (["--person", "300", "-p", "open"], "the run has accounts 0 to 299"),
        (["--person", "20", "-p", "open", "--people", "20"], "the run has accounts 0 to 19"),
        (["--person=-1", "-p", "open"], "is no person"),
        (["--person", "three", "-p", "open"], "is no person; write the number of an account, such as 17"),
        (["--person", "3.", "-p", "open"], "is no person"),
        (["--person", "0.1", "-p", "open"], "nobody but its owner, 0, uses it"),
        (["--person", "3", "-p", "open", "--rep", "-1"], "--rep"),
        (["--person", "3", "-p", "open", "--set", "orders=[]"], "there is no order"),
    ],
)
def test_wrong_input_is_named(args: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["explain", str(SMALL), *args]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_slot_that_is_not_there_names_those_that_are(long: Story) -> None:
    with pytest.raises(ScenarioError, match=rf"there are: {long.person.account}\.1 \(visitors\)"):
        explain(long.loaded, person=f"{long.person.account}.2", policy="ask")


@pytest.mark.parametrize("person", [17.2, -1, "1e3", "٣"])
def test_what_is_no_person_is_refused(person: Any) -> None:
    with pytest.raises(ScenarioError, match=r"person|account"):
        explain(SMALL, person=person, policy="open")


def test_the_only_policy_need_not_be_named() -> None:
    data = small_data()
    data["policies"] = {"shutdown": {"family": "shutdown"}}
    story = explain(as_loaded(Scenario.model_validate(data)), person=np.int64(3))  # type: ignore[arg-type]
    assert story.policy == "shutdown"
    assert repr(story) == "<Story of person 3 under 'shutdown': 7 needs>"


def test_the_command_prints_a_story(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["explain", str(SMALL), "-p", "careful", "--person", "216", "--all"]) == 0
    everything = capsys.readouterr().out
    assert everything.count("Wants") == 11
    assert call(["explain", str(SMALL), "-p", "careful", "--person", "216"]) == 0
    assert "3 more needs until Fri 12 Jun 06:29: 2 for new" in " ".join(capsys.readouterr().out.split())


# --- somebody to tell of ------------------------------------------------------------------------------------------


def sought_by_hand(policy: str, what: str, accounts: int) -> tuple[int, int] | None:
    """The first of a kind, from the reference engine's ledger, need by need."""
    loaded = load(SMALL, [f"people={accounts}"])
    scenario = loaded.scenario
    reading = scenario.orders[0].reading
    law = make_law(scenario, reading)
    gate = compile_gate(scenario, policy, law)
    waits = choose_desk(scenario, accounts, cases_per_hour(scenario, law, gate)[0])
    people = populate(scenario, scenario.seed, 0, accounts)
    rows = reference.simulate(scenario, law, gate, people, seed=scenario.seed, replication=0, waits=waits)
    for row in range(len(rows)):
        outcome, reason = OUTCOMES[rows.outcome[row]], REASONS[rows.reason[row]]
        served, allowed = outcome in ("served", "served_late"), not rows.restricted[row]
        by_gate = reason in ("rule", "check_failed", "no_document", "standing_block", "shutdown")
        if (
            rows.measured[row]
            and {
                "refused": allowed and not served and by_gate,
                "leaked": served and not allowed,
                "waiting": rows.joined_us[row] >= 0 or reason == "waiting",
                "asked": bool(rows.asked[row]),
                "late": outcome == "served_late",
                "lost": outcome == "lost",
            }[what]
        ):
            return int(rows.account[row]), int(rows.body[row])
    return None


@pytest.mark.parametrize("what", list(SOUGHT))
def test_somebody_is_found_as_the_reference_finds_them(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of each kind, also where it takes several looks to come to them."""
    monkeypatch.setattr(search, "STEP", 7)
    first = sought_by_hand("careful", what, 150)
    if first is None:
        with pytest.raises(ScenarioError, match="there is nobody"):
            explain(SMALL, find=what, policy="careful", people=150)
        return
    story = explain(SMALL, find=what, policy="careful", people=150)
    assert (story.person.account, story.person.slot) == first
    assert story.sought == what
    named = explain(SMALL, person=story.person.name, policy="careful", people=150)
    assert named.needs == story.needs
    assert story.to_dict()["find"] == what


def test_whom_nobody_resembles_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["explain", str(SMALL), "-p", "open", "--find", "refused", "--people", "20"]) == 2
    said = capsys.readouterr().err
    assert "there is nobody whom the gate refuses wrongly under open among the 20 accounts of the run" in said
    assert call(["explain", str(SMALL), "-p", "careful", "--find", "asked", "--people", "150"]) == 0
    assert "The first of the run who is asked for a document." in " ".join(capsys.readouterr().out.split())
    assert call(["explain", str(SMALL), "-p", "open", "--find", "asked", "--person", "3"]) == 2
    assert call(["explain", str(SMALL), "-p", "open", "--find", "asked", "--at", "2026-06-13"]) == 2
    with pytest.raises(ScenarioError, match="is nothing to look for"):
        explain(SMALL, find="anybody", policy="open")
    with pytest.raises(ValueError, match="either of person and find"):
        explain(SMALL, find="asked", person=3, policy="open")  # type: ignore[call-overload]
