"""A policy's table and one cell of it: what is decided, how likely a need is restricted, and why."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import gatesim
from gatesim.cli.main import call
from gatesim.gates.compile import compile_policy
from gatesim.gates.policies.posterior import restricted_given_cell
from gatesim.gates.tables import ACTIONS, FRESH
from gatesim.law.law import Epoch, make_law
from gatesim.scenario import Loaded, ScenarioError, load
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.policies import KOfN, Listed, Posterior, Rules, Score, Single
from gatesim.scenario.schema import Scenario
from gatesim.show.decisions import SHOWN, cell_words, cells_table, print_decisions
from gatesim.study.decisions import OPEN, CellStory, DecisionTable, parse_cell
from gatesim.study.explain import explain
from gatesim.study.run import run
from gatesim.study.why import Why, restricted_and_entitled, why
from gatesim.world.space import CellSpace
from tests.inputs.rows import BASE
from tests.lively_scenarios import lively_scenario
from tests.scenarios import SMALL

TWO = """
schema = 1
base = "licence-is-not-status"
title = "Two signals <b>that err</b>"
without = ["policies", "segments", "orders", "documents", "checkers", "assumptions", "models"]

[models.model]
[models.spare]

[segments.citizen]
share = 0.6
status = "citizen"
citizenship = ["US"]
home = "US"
needs_per_day = 0.5
card = { US = 0.9, rest = 0.1 }
declared = { US = 1.0 }
models = { model = 0.5, spare = 0.5 }

[segments.foreign]
share = 0.4
status = "nonresident"
citizenship = ["*"]
home = "rest"
needs_per_day = 1.0
card = { US = 0.2, rest = 0.8 }
declared = { rest = 1.0 }
models = { model = 1.0 }

[signals.ip]
observes = "network"
accuracy = { US = 0.95, rest = 0.9 }
refresh = "place"

[signals.card]
observes = "card"
accuracy = 1.0
coverage = 0.75
refresh = "account"

[[orders]]
issued = 2026-06-12T00:00:00-04:00
models = ["model"]
reading = "person"
standard = { kind = "leak_share", limit = 0.001 }

[policies.bayes]
family = "posterior"
block_above = 0.5
[policies.sure]
family = "posterior"
block_above = 0.5
beliefs = { signals = { ip = { accuracy = 1.0 } } }
[policies.both]
family = "k_of_n"
signals = ["ip", "card"]
k = "all"
unknown = "ignore"
[policies.elsewhere]
family = "single"
signal = "ip"
channels = ["consumer"]
models = ["spare"]
[policies.shutdown]
family = "shutdown"
"""

RESTRICTED, ENTITLED = 0.4 * 1.0, 0.6 * 0.5 * 0.5
"""Needs a day for the model, by hand: 0.4 and 0.15."""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Two segments and two signals, so that everything can be worked out by hand."""
    path = tmp_path_factory.mktemp("two") / "two.toml"
    path.write_text(TWO, encoding="utf-8")
    return load(path)


def in_force(scenario: Scenario, reading: str) -> Epoch | None:
    law = make_law(scenario, reading, [[1.0] * len(order.ends) for order in scenario.orders])
    return None if law.in_force_us is None else law.epochs[law.epoch_at(law.in_force_us)]


# --- by hand ------------------------------------------------------------------------------------------------------


def test_a_table_worked_out_by_hand(two: Loaded) -> None:
    found = explain(two, policy="bayes")
    assert isinstance(found, DecisionTable)
    cells = {tuple(cell.readings.values()): cell for cell in found.cells}
    assert set(cells) == {(ip, card) for ip in ("US", "rest") for card in ("US", "rest", "unknown")}
    for (ip, card), cell in cells.items():
        bad = RESTRICTED * {"US": 0.1, "rest": 0.9}[ip] * {"US": 0.15, "rest": 0.6, "unknown": 0.25}[card]
        good = ENTITLED * {"US": 0.95, "rest": 0.05}[ip] * {"US": 0.675, "rest": 0.075, "unknown": 0.25}[card]
        assert cell.restricted == pytest.approx(bad / (bad + good), abs=1e-12)
        assert cell.share == pytest.approx((bad + good) / (RESTRICTED + ENTITLED), abs=1e-12)
        assert cell.action == ("block" if bad > good else "allow")
        assert (cell.channel, cell.model, cell.believed) == (
            "consumer",
            "model",
            pytest.approx(cell.restricted),
        )
    assert [cell.share for cell in found.cells] == sorted((cell.share for cell in found.cells), reverse=True)


def test_likelihood_ratios_of_independent_signals(two: Loaded) -> None:
    """Given who makes a need the two signals are independent: each ratio is that of its own probabilities."""
    found = explain(two, policy="bayes", cell="ip=rest, card=US")
    assert isinstance(found, CellStory)
    ip, card = found.why.parts
    assert found.why.start == pytest.approx(RESTRICTED / (RESTRICTED + ENTITLED), abs=1e-12)
    assert ip.value == pytest.approx(math.log(0.9 / 0.05), abs=1e-9)
    assert card.value == pytest.approx(math.log(0.15 / 0.675), abs=1e-9)
    assert ip.words == "18 times likelier restricted"
    assert card.words == "4.5 times likelier entitled"
    odds = RESTRICTED / ENTITLED * (0.9 / 0.05) * (0.15 / 0.675)
    assert found.why.total == pytest.approx(odds / (1 + odds), abs=1e-12)
    assert found.restricted == pytest.approx(found.why.total, abs=1e-12)


def test_what_is_not_given_is_summed_over(two: Loaded) -> None:
    found = explain(two, policy="bayes", cell="card=US")
    bad, good = RESTRICTED * 0.15, ENTITLED * 0.675
    assert not found.whole
    assert found.restricted == pytest.approx(bad / (bad + good), abs=1e-12)
    assert found.share == pytest.approx((bad + good) / (RESTRICTED + ENTITLED), abs=1e-12)
    blocked = (0.9 * bad + 0.05 * good) / (bad + good)
    assert found.actions == pytest.approx({"allow": 1 - blocked, "block": blocked}, abs=1e-12)
    assert {one.segment: one.share for one in found.made_by} == pytest.approx(
        {"citizen": good / (bad + good), "foreign": bad / (bad + good)}, abs=1e-12
    )
    assert {one.segment: one.restricted for one in found.made_by} == {"citizen": 0.0, "foreign": 1.0}


def test_beliefs_are_shown_beside_the_truth(two: Loaded) -> None:
    """Who believes that the address never errs takes every address from abroad for a restricted need."""
    found = explain(two, policy="sure")
    assert found.beliefs
    for cell in found.cells:
        assert cell.believed == (1.0 if cell.readings["ip"] == "rest" else 0.0)
        assert 0 < cell.restricted < 1
    one = explain(two, policy="sure", cell="ip=rest,card=US")
    assert one.why.parts[0].words == "no entitled need reads this"
    assert one.why.parts[0].value is None
    assert one.why.total == 1.0
    assert "as believed" in [column.title for column in cells_table(found).columns]


def test_a_policy_that_acts_elsewhere_is_open_here(two: Loaded) -> None:
    found = explain(two, policy="elsewhere")
    assert {cell.action for cell in found.cells} == {OPEN}
    (flow,) = found.flows
    assert (flow.needs, flow.restricted, flow.entitled) == pytest.approx((1.0, 1.0, 1.0))


def test_a_model_that_no_order_names_is_no_part_of_it(two: Loaded) -> None:
    found = explain(two, policy="bayes", cell="model=spare")
    assert found.restricted is None
    assert found.share == 0.0
    assert "No need for a model that an order names" in " ".join(cell_words(found))
    json.loads(found.to_json())


# --- against the engines, the tables and Bayes --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["perfect-place", "licence-is-not-status"])
def test_flows_are_the_rates_of_the_exact_engine(name: str) -> None:
    """Where nothing is remembered and nobody asked, what is allowed is what is served."""
    loaded = load(name)
    checked = {policy for policy in loaded.scenario.policies if "check" in policy}
    plain = [policy for policy in loaded.scenario.policies if policy not in checked and "or_" not in policy]
    ran = run(loaded, policies=plain, engine="exact")
    for policy in plain:
        served = [flow for flow in explain(loaded, policy=policy).flows if flow.action in ("allow", OPEN)]
        measures = ran.policies[policy].measures
        for measure, kind in (("leak_rate", "restricted"), ("served_entitled", "entitled")):
            expected = measures[measure].value
            found = sum(getattr(flow, kind) or 0.0 for flow in served)
            assert found == pytest.approx(expected or 0.0, abs=1e-9), (policy, measure)


def agrees(scenario: Scenario, policy: str, epoch: Epoch, cell: int, reasons: Why, action: str) -> None:
    """What the reasons say is what the table does."""
    one = scenario.policies[policy]
    if isinstance(one, Posterior):
        total = math.inf if reasons.total is None else reasons.total
        decided = "allow"
        if one.check_above is not None and total > one.check_above:
            decided = "check"
        if one.block_above is not None and total > one.block_above:
            decided = "block"
        assert decided == action
        if reasons.total is not None and all(part.value is not None for part in reasons.parts):
            assert reasons.start is not None
            if 0 < reasons.start < 1 and 0 < reasons.total < 1:
                summed = logit(reasons.start) + sum(part.value or 0.0 for part in reasons.parts)
                assert summed == pytest.approx(logit(reasons.total), abs=1e-6)
    elif isinstance(one, KOfN | Single):
        k = one.k if isinstance(one, KOfN) else 1
        votes = [part.value for part in reasons.parts if part.value is not None]
        found, counted = sum(votes), len(votes)
        acts = {
            "any": found >= 1,
            "all": found == counted > 0,
            "majority": 2 * found > counted,
        }.get(k, isinstance(k, int) and found >= k)
        assert action == (one.then if acts else "allow")
        assert reasons.total == found
    elif isinstance(one, Score):
        total = reasons.total or 0.0
        assert total == pytest.approx(sum(part.value or 0.0 for part in reasons.parts))
        if one.block_at is not None and total >= one.block_at - 1e-6:
            assert action == "block"
        elif one.check_at is not None and total >= one.check_at - 1e-6:
            assert action == "check"
        else:
            assert action == "allow"
    elif isinstance(one, Listed):
        assert reasons.words.endswith(f": {action}.")
        assert reasons.words.startswith("On no list") is (action != "allow")
    elif isinstance(one, Rules):
        assert reasons.words.endswith(f": {action}.")


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def test_reasons_say_what_the_tables_do() -> None:
    """In random scenarios, for random cells of every policy."""
    seen: set[str] = set()
    for number in range(25):
        rng = np.random.default_rng([41, number])
        scenario = lively_scenario(rng)
        reading = str(rng.choice(list(scenario.readings)))
        epoch = in_force(scenario, reading)
        if epoch is None:
            continue
        space = CellSpace.of(scenario)
        restricted, entitled = restricted_and_entitled(scenario, epoch)
        shown = np.flatnonzero(restricted + entitled > 0)
        for policy, one in scenario.policies.items():
            table = compile_policy(scenario, policy, reading, epoch)
            for cell in rng.choice(shown, min(10, len(shown)), replace=False) if len(shown) else ():
                known = dict(enumerate(space.parts(int(cell))))
                reasons = why(scenario, policy, epoch, known)
                agrees(scenario, policy, epoch, int(cell), reasons, ACTIONS[table.actions[FRESH, cell]])
                seen.add(one.family)
    assert {"posterior", "k_of_n", "single", "score", "rules", "listed"} <= seen, seen


def test_a_list_and_a_score_are_explained(tmp_path: Path) -> None:
    path = tmp_path / "more.toml"
    path.write_text(
        'schema = 1\nbase = "june-2026"\nage_bands = ["90d"]\n'
        '[policies.scored]\nfamily = "score"\nweights = { ip = 2.0, payment = 1.0 }\n'
        "unknown_weights = { payment = 0.25 }\ncheck_at = 1.0\nblock_at = 2.2\n"
        'documents = ["home_passport"]\n'
        '[policies.old]\nfamily = "listed"\nage_at_least = "90d"\n',
        encoding="utf-8",
    )
    loaded = load(path)
    scored = explain(loaded, policy="scored", cell="ip=rest,payment=unknown,account=US,channel=consumer")
    assert [(part.signal, part.value, part.words) for part in scored.why.parts] == [
        ("ip", 2.0, "foreign"),
        ("payment", 0.25, "unknown"),
    ]
    assert scored.why.total == 2.25
    assert scored.actions == {"block": 1.0}
    listed = explain(loaded, policy="vetted_only", cell="organisation=vetted,channel=team")
    assert listed.why.parts[0].words == "on the list"
    assert listed.actions == {"allow": 1.0}
    old = explain(loaded, policy="old", cell="age_band=0,model=fable-5")
    assert old.why.words == "On no list: block."
    assert old.actions == {"block": 1.0}
    assert explain(loaded, policy="old", cell="age_band=1").why.words == "On the list of old accounts: allow."
    rule = explain(loaded, policy="passport_check", cell="ip=US")
    assert rule.why.words == "Rule 1 (always) holds first: check."
    assert explain(loaded, policy="shutdown", cell="ip=US").why.words == "It serves nobody."


def test_the_posterior_is_that_of_the_gate() -> None:
    """For whole cells the table's probability is the one that the family compares with its thresholds."""
    loaded = load("june-2026")
    found = explain(loaded, policy="posterior_half")
    epoch = in_force(loaded.scenario, "person")
    assert epoch is not None
    expected = restricted_given_cell(loaded.scenario, epoch)
    space = CellSpace.of(loaded.scenario)
    for cell in found.cells[::7]:
        readings = [
            names.index(cell.readings[s]) for s, names in zip(space.signals, space.readings, strict=True)
        ]
        index = space.index(
            readings, CHANNELS.index(cell.channel), space.models.index(cell.model), cell.age_band
        )
        assert cell.restricted == pytest.approx(expected[index], abs=1e-12)
    assert sum(cell.share for cell in found.cells) == pytest.approx(1.0, abs=1e-9)
    for kind in ("needs", "restricted", "entitled"):
        assert sum(getattr(flow, kind) for flow in found.flows) == pytest.approx(1.0, abs=1e-9)


def test_the_law_of_another_date_can_be_asked_for() -> None:
    """From 26 June on the vetted organisations are exempt for one model."""
    cell = "organisation=vetted,channel=team,model=mythos-5"
    before = explain("june-2026", policy="vetted_only", cell=cell)
    after = explain("june-2026", policy="vetted_only", cell=cell, at="2026-06-27")
    assert before.restricted is not None
    assert after.restricted is not None
    assert after.restricted < before.restricted / 10
    with pytest.raises(ScenarioError, match="no order is in force on that date"):
        explain("june-2026", policy="vetted_only", at="2026-06-10")


# --- the command --------------------------------------------------------------------------------------------------


def test_the_page_has_the_largest_cells_or_all(two: Loaded, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["explain", "june-2026", "-p", "careful"]) == 0
    out = capsys.readouterr().out
    few = len(out.splitlines())
    assert "What is decided" in out
    assert "--all shows them" in " ".join(out.split())
    table = explain("june-2026", policy="careful")
    merged = len(cells_table(table, everything=True).rows)
    assert sum(flow.cells for flow in table.flows) == len(table.cells) > merged
    assert f"{len(table.cells):,} cells make {merged:,} rows" in " ".join(out.split())
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 100
    assert call(["explain", "june-2026", "-p", "careful", "--all"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > few + 100
    assert len(cells_table(explain("june-2026", policy="careful")).rows) == SHOWN
    print_decisions(explain(two, policy="both"))
    out = capsys.readouterr().out
    assert "more rows" not in out
    assert "A row is one cell" not in out, "of one model none is merged"


def test_a_cell_as_a_page_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", "june-2026", "-p", "posterior_half", "--cell", "ip=US,payment=US,account=rest"]
    assert call(words) == 0
    out = capsys.readouterr().out
    assert "Who makes the needs there" in out
    assert "times likelier restricted" in " ".join(out.split())
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 100
    assert call([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["explains"] == "cell"
    assert found["given"] == {"ip": "US", "payment": "US", "account": "rest"}
    assert [part["signal"] for part in found["why"]["parts"]] == ["ip", "payment", "account"]
    assert call(["explain", "june-2026", "-p", "majority", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["explains"] == "policy"
    assert {"readings", "channel", "model", "action", "restricted", "share"} <= set(table["cells"][0])


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("ip", "is no SIGNAL=READING"),
        ("", "is no SIGNAL=READING"),
        ("ipp=US", 'nearest: "ip"'),
        ("ip=USA", 'nearest: "US"'),
        ("ip=US,ip=rest", "stands here twice"),
        ("channel=consumers", 'nearest: "consumer"'),
        ("age_band=7", "is never read"),
    ],
)
def test_a_wrong_cell_is_said(cell: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["explain", "june-2026", "-p", "majority", "--cell", cell]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.startswith("--cell: ")
    assert "Traceback" not in err


def test_options_that_do_not_go_together_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["--person", "3", "--cell", "ip=US"],
        ["--person", "3", "--at", "2026-06-13"],
        ["--seed", "3"],
    ):
        assert call(["explain", "june-2026", "-p", "majority", *words]) == 2
        assert "--person" in capsys.readouterr().err
    assert call(["explain", "june-2026"]) == 2
    assert "say which policy" in capsys.readouterr().err
    with pytest.raises(ValueError, match="give person alone"):
        explain("june-2026", policy="majority", person=1, cell="ip=US")  # type: ignore[call-overload]


def test_parts_of_a_cell_may_be_spaced(two: Loaded) -> None:
    assert parse_cell(two.scenario, " ip = US , channel=api") == {"ip": "US", "channel": "api"}


def test_frames_and_notebooks(two: Loaded) -> None:
    table, cell = gatesim.explain(two, policy="bayes"), gatesim.explain(two, policy="bayes", cell="ip=US")
    frame = table.to_frame()
    assert len(frame) == len(table.cells)
    assert {"reads_ip", "reads_card", "action", "restricted", "share"} <= set(frame.columns)
    assert list(cell.to_frame().columns) == ["signal", "read", "value", "words"]
    for found in (table, cell):
        html = found._repr_html_()
        assert html is not None
        assert "<table>" in html
        assert "&lt;b&gt;" in html
        assert "<b>" not in html


# --- one person ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "kind"), [("careful", "log_likelihood_ratio"), ("any_foreign", "votes")])
@pytest.mark.no_cover  # others cover the same lines
def test_a_story_says_why_signal_by_signal(policy: str, kind: str) -> None:
    """The reasons of a refused need are those of its cell, and come to what the story says the gate compared."""
    from gatesim.show.explain import why_table

    explained = 0
    for person in range(40):
        story = explain(SMALL, policy=policy, person=person, people=60)
        refused = [
            need for need in story.own if need.state == "fresh" and need.decision in ("check", "block")
        ]
        for need in story.own:
            assert (need.why is not None) is (need in refused)
        for need in refused:
            assert need.why is not None
            assert need.why.kind == kind
            read = {reading.signal: reading.read for reading in need.readings}
            assert {part.signal: part.read for part in need.why.parts} == read
            assert need.evidence is not None
            if policy == "careful":
                assert need.why.total == pytest.approx(need.evidence.probability, abs=1e-9)
            else:
                assert need.why.total == need.evidence.foreign
        table = why_table(story, everything=True)
        assert (table is not None) is bool(refused)
        if table is not None:
            assert sum(int(row[0].split()[0]) for row in table.rows if row[0]) == len(refused)
            explained += 1
            json.loads(story.to_json())
    assert explained >= 5


# --- families that ask others -------------------------------------------------------------------------------------


def test_a_customers_word_and_a_closed_channel_are_explained() -> None:
    loaded = load("attestation")
    policies = loaded.scenario.policies
    name = next(name for name, one in policies.items() if one.family == "attested")
    signal = policies[name].signal  # type: ignore[union-attr]
    for word, said in (("vouched", "its customer vouches for it"), ("unknown", "nobody vouches for it")):
        found = explain(loaded, policy=name, cell=f"{signal}={word}")
        assert found.why.parts[0].words == said
        assert found.why.kind == "word"


@pytest.mark.no_cover  # others cover the same lines
def test_each_channel_has_the_reasons_of_its_policy(tmp_path: Path) -> None:
    path = tmp_path / "split.toml"
    path.write_text(
        'schema = 1\nbase = "june-2026"\n[policies.split]\nfamily = "by_channel"\n'
        'parts = { consumer = "majority", api = "shutdown" }\n',
        encoding="utf-8",
    )
    cell = "ip=rest,payment=rest,account=US"
    alone = explain(path, policy="majority", cell=f"{cell},channel=consumer")
    consumer = explain(path, policy="split", cell=f"{cell},channel=consumer")
    assert consumer.why.parts == alone.why.parts
    assert consumer.why.words == f"On the channel consumer it does as majority. {alone.why.words}"
    api = explain(path, policy="split", cell=f"{cell},channel=api")
    assert api.why.words == "On the channel api it does as shutdown. It serves nobody."
    assert api.actions == {"block": 1.0}
    team = explain(path, policy="split", cell=f"{cell},channel=team")
    assert team.why.words == "It leaves the channel team open."
    assert team.actions == {OPEN: 1.0}
    assert "the channel is not given" in explain(path, policy="split", cell=cell).why.words


def test_the_reasons_of_a_word_are_those_of_the_table() -> None:
    loaded = load("attestation")
    scenario = loaded.scenario
    epoch = in_force(scenario, scenario.orders[0].reading)
    assert epoch is not None
    space = CellSpace.of(scenario)
    for name, one in scenario.policies.items():
        if one.family != "attested":
            continue
        actions = compile_policy(scenario, name, scenario.orders[0].reading, epoch).actions[FRESH]
        for cell in range(space.size):
            reasons = why(scenario, name, epoch, dict(enumerate(space.parts(cell))))
            assert reasons.words.endswith(f": {ACTIONS[actions[cell]]}.")


def test_a_plug_in_handed_over_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "outside.toml"
    path.write_text(
        f'schema = 1\nbase = "{SMALL}"\n[policies.outside]\nfamily = "plug_in"\nplug_in = "mine"\n',
        encoding="utf-8",
    )
    blocks = {"mine": lambda parameters, context: np.full(context.space.shape, 2)}
    table = gatesim.explain(path, policy="outside", plugins=blocks)
    assert {cell.action for cell in table.cells} == {"block"}
    cell = gatesim.explain(path, policy="outside", cell="ip=US", plugins=blocks)
    assert 'the plug-in "mine"' in cell.why.words
    found = gatesim.options(path, at="2026-06-13", policies=["outside"], plugins=blocks)
    assert [option.policy for option in found.options] == ["outside"]
    assert found.options[0].served.value == 0.0


WHAT_DECIDES = """
schema = 1
base = "%s"
[signals.mail]
observes = "organisation"
[policies.listed]
family = "listed"
signal = "mail"
organisations = ["lab"]
staff = true
[policies.score]
family = "score"
weights = { ip = 1.0, payment = 0.5 }
check_at = 0.5
block_at = 1.5
documents = ["passport"]
[policies.rules]
family = "rules"
otherwise = "allow"
rules = [
    { when = { readings = { ip = ["other"] } }, then = "block" },
    { when = { channels = ["team"] }, then = "block" },
]
[policies.split]
family = "by_channel"
parts = { consumer = "any", team = "listed" }
[policies.outside]
family = "plug_in"
plug_in = "mine"
[policies.ideal]
family = "best"
limit = 0.2
[policies.bayes]
family = "posterior"
block_above = 0.5
"""


def test_the_table_says_what_decides_in_each_cell(tmp_path: Path) -> None:
    path = tmp_path / "what.toml"
    path.write_text(WHAT_DECIDES % BASE, encoding="utf-8")
    loaded = load(path)
    plugins = {"mine": lambda parameters, context: np.full(context.space.shape, 2)}

    def decided(policy: str) -> set[tuple[str, str]]:
        found = gatesim.explain(loaded, policy=policy, plugins=plugins)
        columns = [column.title for column in cells_table(found).columns]
        assert ("by" in columns) is any(cell.by for cell in found.cells)
        return {(cell.by, cell.action) for cell in found.cells}

    assert decided("listed") == {("lab listed", "allow"), ("on no list", "block")}
    assert decided("score") == {
        ("score 0, below 0.5", "allow"),
        ("score 0.5, at least 0.5", "check"),
        ("score 1, at least 0.5", "check"),
        ("score 1.5, at least 1.5", "block"),
    }
    assert decided("rules") == {("rule 1", "block"), ("rule 2", "block"), ("no rule", "allow")}
    votes = {(f"{n} of 2 foreign", "allow" if n == 0 else "block") for n in range(3)}
    assert decided("any") == votes
    listed = {("listed: lab listed", "allow"), ("listed: on no list", "block")}
    assert decided("split") == {(f"any: {by}", action) for by, action in votes} | listed
    assert decided("outside") == {("the table says", "block")}
    assert decided("ideal") == {("its table", "allow"), ("its table", "block")}
    assert {by for policy in ("open", "shutdown", "bayes") for by, _ in decided(policy)} == {""}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("mail=lab", "On the list of organisations (lab): allow."),
        ("mail=none", "On no list by what is given; not given: the channel."),
        ("channel=team", "On no list by what is given; not given: mail."),
        ("mail=none,channel=team", "On no list: block."),
    ],
)
def test_a_list_that_is_not_settled_by_what_is_given_says_so(tmp_path: Path, cell: str, words: str) -> None:
    path = tmp_path / "what.toml"
    path.write_text(WHAT_DECIDES % BASE, encoding="utf-8")
    assert explain(load(path), policy="listed", cell=cell).why.words == words


def test_a_rule_is_told_with_its_condition(tmp_path: Path) -> None:
    path = tmp_path / "what.toml"
    path.write_text(WHAT_DECIDES % BASE, encoding="utf-8")
    first = explain(load(path), policy="rules", cell="ip=other,payment=US").why
    assert first.words == "Rule 1 (ip reads other) holds first: block."
    assert [(part.signal, part.words) for part in first.parts] == [("ip", "as the rule says")]
    second = explain(load(path), policy="rules", cell="ip=US,channel=team").why
    assert second.words == "Rule 2 (channel team) holds first: block."
    assert [part.words for part in second.parts] == [""]
    assert explain(load(path), policy="rules", cell="ip=US").why.by == "by what is not given"


def test_of_the_best_table_there_is_a_word_and_no_reason_by_signal(tmp_path: Path) -> None:
    path = tmp_path / "ideal.toml"
    text = TWO.replace("[policies.bayes]", '[policies.ideal]\nfamily = "best"\n[policies.bayes]')
    path.write_text(text, encoding="utf-8")
    found = explain(load(path), policy="ideal", cell="ip=US,card=US")
    assert (found.why.kind, found.why.parts) == ("none", ())
    assert found.why.words.startswith("Its table is the best that there is")


def test_every_family_has_a_why(two: Loaded) -> None:
    """None is forgotten: those of the schema, each by an example that the rules accept."""
    from gatesim.scenario.policies import FAMILIES

    examples = {
        "open": {},
        "shutdown": {},
        "single": {"signal": "ip"},
        "k_of_n": {"signals": ["ip", "card"], "k": "all"},
        "score": {"weights": {"ip": 1.0}, "block_at": 1.0},
        "posterior": {"block_above": 0.5},
        "rules": {"rules": [{"then": "block"}], "otherwise": "allow"},
        "listed": {"signal": "ip", "organisations": ["one"], "otherwise": "block"},
        "best": {},
        "attested": {"signal": "ip"},
        "by_channel": {"parts": {"consumer": "bayes"}},
        "plug_in": {"plug_in": "somebody's"},
    }
    assert set(examples) == set(FAMILIES)
    data = two.scenario.model_dump(by_alias=True)
    for family, keys in examples.items():
        data["policies"]["one"] = {"family": family, **keys}
        scenario = Scenario.model_validate(data)
        epoch = in_force(scenario, "person")
        assert epoch is not None
        assert why(scenario, "one", epoch, {0: 0, 1: 0}).words
