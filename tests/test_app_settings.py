"""What is set on the page: address, differences, file; without a browser and without Streamlit."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

import gatesim
from gatesim.cli.main import call
from gatesim.scenario import Loaded, ScenarioError, load, shipped
from gatesim.scenario.merge import merged
from gatesim.scenario.write import differences, toml_text
from gatesim.show.app import parts
from gatesim.show.app.levers import GROUPS, LIMIT, Lever, axis_of, levers_of
from gatesim.show.app.orders import frontier_title
from gatesim.show.app.settings import Panel, Settings, known_words, notices
from gatesim.show.app.sliders import meant, shown, slider
from gatesim.show.called import lever_words
from gatesim.show.run import policies_table
from gatesim.study.glance import Glance, Kept, glance, glances
from gatesim.study.run import run
from gatesim.study.shutdown_map import names_of
from tests.scenarios import SMALL

FLAGSHIP = "june-2026"
QUICK = "licence-is-not-status"
"""All its policies take the exact engine some milliseconds."""


@pytest.fixture(scope="module")
def flagship() -> Panel:
    return Panel(FLAGSHIP, load(FLAGSHIP), FLAGSHIP)


@pytest.fixture(scope="module")
def quick() -> Panel:
    return Panel(QUICK, load(QUICK), QUICK)


PANEL = Panel(FLAGSHIP, load(FLAGSHIP), FLAGSHIP)
SMALL_PANEL = Panel(QUICK, load(QUICK), QUICK)
PANELS = {name: Panel(name, load(name), name) for name in ("two-governments", "channels", "attestation")}
TWO = PANELS["two-governments"]
"""Several orders, each of which counts its own leaks."""


def any_value(lever: Lever) -> some.SearchStrategy[float]:
    low, high = lever.limits
    if lever.parameter.whole:
        return some.integers(int(low), int(high)).map(float)
    return some.floats(low, high, allow_nan=False)


@some.composite
def any_settings(draw: some.DrawFn, panel: Panel = PANEL) -> Settings:
    found = Settings()
    for name in draw(some.lists(some.sampled_from([lever.name for lever in panel.levers]), max_size=6)):
        found = panel.moved(found, name, draw(any_value(panel.by_name[name])))
    return panel.chosen(
        found,
        draw(some.sampled_from(list(panel.choices["reading"]))),
        draw(some.sampled_from(list(panel.choices["ratio"]))),
    )


def settings_of(name: str) -> some.SearchStrategy[tuple[Panel, Settings]]:
    """A panel with settings, as far as sliders and people tell numbers apart: none is next to nothing."""
    panel = PANELS[name]

    def rounded(found: Settings) -> Settings:
        return dataclasses.replace(
            found, values={key: round(value, 6) for key, value in found.values.items()}
        )

    return any_settings(panel).map(lambda found: (panel, rounded(found)))


# --- The address ---


@given(any_settings())
@hypothesis_settings(max_examples=120, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_an_address_carries_the_settings(wanted: Settings) -> None:
    query = PANEL.query(wanted)
    found, wrong = PANEL.read({name: [value] for name, value in query.items()})
    assert wrong == []
    assert found == wanted
    assert PANEL.query(found) == query


@given(some.dictionaries(some.text(max_size=60), some.lists(some.text(max_size=60), max_size=3), max_size=8))
@hypothesis_settings(max_examples=120, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_nothing_in_an_address_does_harm(query: dict[str, list[str]]) -> None:
    found, wrong = PANEL.read(query)
    assert not found
    assert len(wrong) == len([name for name in query if name != "scenario"])
    assert len(notices(wrong)) < 1500


@pytest.mark.parametrize(
    "text",
    ["", "x", "nan", "inf", "-inf", "1e999", "2", "-0.1", "0x1", "1_0", "0.5 ", "٣", "1" * 400, "<b>", "0,5"],
)
def test_wrong_values_are_left_out_and_named(flagship: Panel, text: str) -> None:
    found, wrong = flagship.read({"signals.payment.accuracy": [text], "floor": ["0.4"]})
    assert found == Settings({"floor": 0.4}), "what is right beside it is kept"
    assert len(wrong) == 1
    assert "signals.payment.accuracy" in wrong[0]


def test_a_half_reviewer_and_an_unknown_reading_are_left_out(flagship: Panel) -> None:
    found, wrong = flagship.read({"desk.shifts.0.reviewers": ["10.5"], "reading": ["persom"], "ratio": ["x"]})
    assert not found
    assert ["whole" in line for line in wrong] == [True, False, False]
    assert 'nearest: "person"' in wrong[1]


def test_the_last_of_several_values_counts_and_the_base_is_no_difference(flagship: Panel) -> None:
    found, wrong = flagship.read({"floor": ["0.4", "0.3"], "limit": ["0.001"], "reading": ["person"]})
    assert (found, wrong) == (Settings({"floor": 0.3}), [])


def test_whose_frontier_is_drawn_is_in_the_address_and_changes_nothing_else() -> None:
    panel = Panel("two-governments", load("two-governments"), "two-governments")
    found, wrong = panel.read({"order": ["2"], "floor": ["0.4"]})
    assert (found, wrong) == (Settings({"floor": 0.4}, order="2"), [])
    assert panel.query(found) == {"scenario": "two-governments", "order": "2", "floor": "0.4"}
    assert panel.order(found) == 1
    assert panel.order(Settings()) is None
    assert not Settings(order="2"), "nothing differs from the base"
    same = Settings({"floor": 0.4})
    assert panel.sets(found) == panel.sets(same)
    assert panel.saved(found) == panel.saved(same)
    assert panel.differing(found) == panel.differing(same)
    assert panel.without_question(found) == panel.without_question(same)
    for text in ("0", "3", "-1", "", "The Union's order"):
        found, wrong = panel.read({"order": [text]})
        assert (panel.order(found), len(wrong)) == (None, 1), text
        assert '"1"' in wrong[0], "what there is"
    assert "order" not in SMALL_PANEL.choices
    assert SMALL_PANEL.read({"order": ["1"]})[1] == ['"order" is nothing that can be set here']


def test_many_wrong_things_are_counted_not_listed() -> None:
    said = notices([f"thing {n}" for n in range(20)])
    assert said.startswith("Left out of the address: thing 0;")
    assert said.endswith("thing 4; and 15 more.")
    assert notices([]) == ""


# --- The scenario and its file ---


@given(any_settings())
@hypothesis_settings(max_examples=15, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_any_settings_make_a_scenario_and_its_file_says_the_same(wanted: Settings) -> None:
    now = PANEL.scenario(wanted)
    text = PANEL.saved(wanted)
    stated = tomllib.loads(text)
    assert stated.pop("base") == FLAGSHIP
    stated.pop("title")
    stated.pop("expected")
    data = merged(PANEL.loaded.data, stated)
    data["title"], data["expected"] = now.data["title"], now.data["expected"]
    assert data == now.data
    assert set(stated) - {"schema"} == {
        path.split(".")[0] for path in (one.partition("=")[0] for one in PANEL.sets(wanted))
    } - _unchanged(wanted, now)


def _unchanged(wanted: Settings, now: Loaded) -> set[str]:
    """Tables that are set to what they say already, as 1 where the base leaves 1 to its default, are none of these."""
    return {name for name in now.data if now.data[name] == PANEL.loaded.data.get(name)}


@given(any_settings(SMALL_PANEL))
@hypothesis_settings(max_examples=8, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_a_saved_file_gives_the_same_numbers(
    tmp_path_factory: pytest.TempPathFactory, wanted: Settings
) -> None:
    path = tmp_path_factory.mktemp("saved") / SMALL_PANEL.file_name(wanted)
    path.write_text(SMALL_PANEL.saved(wanted), encoding="utf-8")
    on_screen = glance(
        SMALL_PANEL.scenario(wanted), SMALL_PANEL.question(SMALL_PANEL.scenario(wanted), wanted)
    )
    saved = load(path)
    panel = Panel("saved", saved, "saved")
    again = glance(saved, panel.question(saved, Settings()))
    assert numbers(again) == numbers(on_screen)


def numbers(found: Glance) -> object:
    return (
        [(one.policy, one.served, one.outcome) for one in found.candidates],
        found.frontier.points,
        found.a,
        found.b,
        found.with_desk,
        found.sentence,
    )


QUICK_ONES = [
    "attestation",
    "audit-from-abroad",
    "channels",
    "expatriates-year",
    "licence-is-not-status",
    "perfect-place",
    "travellers-month",
    "two-governments",
    "weekend-desk",
    "who-waits",
]
"""Shipped scenarios of which the exact engine takes less than a second."""


def cells_of(table: str) -> dict[str, list[str]]:
    """What the table of policies says of each."""
    rows = re.findall(r'<th scope="row">([\w-]+)<.*?</th>(.*?)</tr>', table)
    return {name: re.findall(r"<td[^>]*>(.*?)</td>", cells) for name, cells in rows}


@pytest.mark.parametrize("name", QUICK_ONES)
def test_the_table_says_what_the_exact_engine_says_of_each_policy(name: str) -> None:
    panel = Panel(name, load(name), name)
    found = glance(panel.loaded, panel.question(panel.loaded, Settings()))
    policies = [one for one in panel.loaded.scenario.policies if one not in found.cannot]
    result = run(panel.loaded, engine="exact", policies=policies)
    said = cells_of(parts.policies(found))
    for one in policies:
        measures = result.policies[one].measures
        rates = (
            ("leak_share", "leak_rate")
            if found.together.ratio == "leak_share"
            else ("leak_rate", "leak_share")
        )
        names = (rates[0], "served_entitled", rates[1])
        shown_there = [parts.rate(measures[measure].value) for measure in names]
        assert [cell for cell in said[one] if "%" in cell or cell == "undefined"] == shown_there, one
    (own,) = [one for one in result.verdict.own if one.reading == result.reading]
    assert own.together is not None
    assert found.best.outcome == own.together.outcome
    assert found.best.name == own.together.best
    assert [one.policy for one in found.candidates] == [one.policy for one in own.together.policies]


def test_a_policy_that_closes_one_channel_only_is_a_candidate() -> None:
    panel = Panel("channels", load("channels"), "channels")
    found = glance(panel.loaded, panel.question(panel.loaded, Settings()))
    assert "close_cloud" in {one.policy for one in found.candidates}
    assert "close_cloud" in {one.policy for one in found.frontier.policies}
    assert "shutdown" not in {one.policy for one in found.frontier.policies}
    assert "6 policies listed" in found.sentence


def best_of_run(loaded: Loaded) -> tuple[str, str | None]:
    """The outcome of the orders' own standards, and the policy that it is about."""
    result = run(loaded, engine="exact")
    (own,) = [one.together for one in result.verdict.own if one.reading == result.reading]
    assert own is not None
    return own.outcome, own.best


OPEN_LATE = [f"policies.{name}.lead_time=3d" for name in ("open", "by_place", "close_cloud")]
CARD_LATER = [f"policies.{name}.lead_time=2d" for name in ("by_place_or_card", "close_what_hides")]
LATE = [*OPEN_LATE, *CARD_LATER]


@pytest.mark.parametrize(
    ("limit", "sets", "best"),
    [
        (0.35, [], "by_place_or_card"),
        (0.11, [], "by_place_or_card"),
        (0.08, [], "close_what_hides"),
        (0.313, [*LATE, "policies.close_cloud.lead_time=0s"], "close_cloud"),
        (0.35, LATE, "by_place_or_card"),
        (0.35, ["policies.open.lead_time=1d", *LATE[1:]], "open"),
    ],
)
def test_the_best_policy_is_the_runs_also_of_those_that_serve_as_much(
    limit: float, sets: list[str], best: str
) -> None:
    panel = Panel("channels", load("channels", sets), "channels")
    wanted = Settings({"limit": limit, "floor": 0.9})
    loaded = panel.scenario(wanted)
    found = glance(loaded, panel.question(loaded, wanted)).best
    assert (found.outcome, found.name) == best_of_run(loaded)
    assert found.name == best


@pytest.mark.parametrize("limit", [0.02, 0.01, 0.06, 0.0])
def test_where_orders_count_their_own_leaks_the_page_judges_as_a_run_does(limit: float) -> None:
    wanted = Settings({"limit": limit})
    loaded = TWO.scenario(wanted)
    found = glance(loaded, TWO.question(loaded, wanted))
    assert (found.best.outcome, found.best.name) == best_of_run(loaded)
    assert "the limits of all orders, each by its own count" in parts.headline(found)
    (row,) = [one.together for one in run(loaded, engine="exact").verdict.own if one.reading == "person"]
    assert row is not None
    assert {one.policy: one.within for one in found.candidates} == {
        one.policy: one.within == "yes" for one in row.policies
    }
    # The frontier is about one limit on what all restrict together, and says so; bounds go by all limits at once.
    assert (found.together.each, found.together.limit) == ((), limit)
    point = gatesim.frontier(loaded).within
    assert point is not None
    most = {one.bound: one.served for one in point.points if one.reading == "person" and one.limit is None}
    assert found.a.served == pytest.approx(most["bound_A"], abs=1e-9)
    assert found.b.served == pytest.approx(most["bound_B"], abs=1e-9)


@given(some.sampled_from(["two-governments", "channels", "attestation"]).flatmap(settings_of))
@hypothesis_settings(max_examples=15, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_whatever_is_moved_the_verdict_is_that_of_the_run(made: tuple[Panel, Settings]) -> None:
    panel, wanted = made
    loaded = panel.scenario(wanted)
    found = glance(loaded, panel.question(loaded, wanted))
    assert (found.best.outcome, found.best.name or None) == best_of_run(loaded)


def test_the_map_of_several_orders_goes_by_each_orders_own_limit() -> None:
    axes = [axis_of(TWO.by_name[name], TWO.by_name[name].base) for name in ("limit", "floor")]
    asked = TWO.question(TWO.loaded, Settings())
    found = gatesim.shutdown_map(TWO.loaded, vary=axes, steps=3, policies=asked.policies)
    assert found.asked.each == asked.each
    seen = glance(TWO.loaded, asked)
    outcomes = {"list": seen.best.outcome, "bound_A": seen.a.outcome, "bound_B": seen.b.outcome}
    assert {side: names_of(side)[rank] for side, rank in found.here.items()} == outcomes


def test_what_is_counted_together_says_so_where_it_stands() -> None:
    loaded = TWO.scenario(Settings({"limit": 0.02}))
    found = glance(loaded, TWO.question(loaded, Settings()))
    assert parts.headline(found) == (
        "citizens_only would keep leaks within the limits of all orders, each by its own count, but is not ready "
        "before 11 June 2026"
    )
    asked = parts.question(found, "A title")
    assert "2 % of served needs under “The Union&#x27;s order” and 1 % of served needs under" in asked
    table = parts.policies(found)
    assert "leaks of all orders counted together</caption>" in table
    assert cells_of(table)["any_status"][0] == "leaks too much under “The other government&#x27;s order”"
    assert cells_of(table)["open"][0].count("order”") == 2
    assert frontier_title(TWO, Settings()).endswith("within each limit on leaks, all orders together")
    assert frontier_title(TWO, Settings(order="2")).endswith(", order 2 by itself")
    assert frontier_title(SMALL_PANEL, Settings()).endswith("each limit on leaks")
    assert "all orders together" in parts.frontier_key(found.frontier, "", "")
    assert lever_words(TWO.by_name["limit"]) == "Limit on leaks (“The Union's order”)"
    # Beside what the orders ask for, one limit is on the leaks of all together: the heading says so.
    count = 'orders.0.standard={ kind = "leak_count", limit = 5 }'
    panel = Panel("of-a-count", load("two-governments", [count]), "of-a-count")
    beside = glance(panel.loaded, panel.question(panel.loaded, Settings()))
    assert "0.1 % of served needs, all orders counted together, " in parts.headline(beside)
    assert "by which gatesim run judges: its standard is leak_count." in parts.question(beside, "A title")


@pytest.mark.parametrize("name", ["travellers-month", QUICK])
def test_the_command_beside_the_file_runs_it_with_the_policies_of_the_page(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    panel = Panel(name, load(name), name)
    wanted = Settings({"floor": 0.4})
    found = glance(panel.scenario(wanted), panel.question(panel.scenario(wanted), wanted))
    command = panel.command(wanted, found.cannot)
    monkeypatch.chdir(tmp_path)
    Path(panel.file_name(wanted)).write_text(panel.saved(wanted), encoding="utf-8")
    program, *given_there = shlex.split(command)
    assert program == "gatesim"
    assert call([*given_there, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["policies"]) == set(panel.loaded.scenario.policies) - set(
        found.cannot
    )
    assert panel.command(Settings()) == f"gatesim run {name}-copy.toml --engine exact"
    assert panel.command(Settings(), panel.loaded.scenario.policies) == f"gatesim run {name}-copy.toml"


@pytest.mark.parametrize("name", [*QUICK_ONES, FLAGSHIP])
def test_every_slider_goes_to_its_hard_limits_and_the_model_takes_them(name: str) -> None:
    panel = Panel(name, load(name), name)
    for lever in panel.levers:
        for end in (*lever.limits, lever.parameter.low, lever.parameter.high):
            value = float(int(end)) if lever.parameter.whole else end
            panel.scenario(panel.moved(Settings(), lever.name, value))
    words = {"attestation", "revocation"}
    of_words = [name for name, one in panel.loaded.scenario.signals.items() if one.observes in words]
    assert [name for name in of_words if f"signals.{name}.accuracy" in panel.by_name] == []


def test_what_the_desk_does_is_named_by_what_it_is_with_its_unit_and_sensible_ends() -> None:
    panel = Panel("weekend-desk", load("weekend-desk"), "weekend-desk")
    staff = [lever for lever in panel.levers if lever.group == "staff"]
    assert [(lever_words(lever), lever.parameter.unit, lever.limits) for lever in staff] == [
        ("Reviewers at work (mon-fri, 09:00-17:00)", "people", (0.0, 400.0)),
        ("Mean time of one review", "minutes", (0.15, 240.0)),
        ("Mean patience of somebody who waits", "days", (0.125, 200.0)),
    ]
    far = [slider(lever, lever.base, wide=True).high for lever in PANEL.levers if lever.group == "staff"]
    assert far == [50_000, 50_000, 200, 70], "of the flagship's reviewers, minutes and days"


@pytest.mark.no_cover  # others cover the same lines
def test_the_flagships_file_gives_the_numbers_of_the_exact_engine(flagship: Panel, tmp_path: Path) -> None:
    query = {"signals.ip.accuracy.US": ["0.97"], "vpn.users.home": ["0.4"], "reading": ["national"]}
    wanted, wrong = flagship.read(query | {"limit": ["0.02"], "desk.shifts.0.reviewers": ["900"]})
    assert wrong == []
    found = glance(flagship.scenario(wanted), flagship.question(flagship.scenario(wanted), wanted))
    path = tmp_path / "saved.toml"
    path.write_text(flagship.saved(wanted), encoding="utf-8")
    result = run(path, engine="exact", policies=["ip_block", "majority", "passport_check"])
    assert result.reading == "national"
    by_name = {one.policy: one for one in found.candidates}
    for name, policy in result.policies.items():
        for measure, value in (
            ("served_entitled", by_name[name].served.served_entitled),
            ("leak_rate", by_name[name].served.leak_rate),
            ("leak_share", by_name[name].served.leak_share),
        ):
            assert policy.measures[measure].value == pytest.approx(value, rel=1e-9)
    order = result.loaded.scenario.orders[0]
    assert (order.standard.limit, order.reading) == (0.02, "national")
    assert result.loaded.scenario.desk is not None
    assert result.loaded.scenario.desk.shifts[0].reviewers == 900


@pytest.mark.no_cover  # others cover the same lines
def test_a_file_on_ones_own_file_names_it_by_its_whole_path(tmp_path: Path) -> None:
    own = tmp_path / 'odd "name".toml'
    own.write_text(
        'schema = 1\nbase = "june-2026"\ntitle = "Mine"\n[verdict]\nfloor = 0.3\n', encoding="utf-8"
    )
    panel = Panel(own.name, load(own), str(own))
    path = tmp_path / "elsewhere" / "saved.toml"
    path.parent.mkdir()
    path.write_text(panel.saved(panel.moved(Settings(), LIMIT, 0.05)), encoding="utf-8")
    saved = load(path).scenario
    assert (saved.verdict.floor, saved.orders[0].standard.limit) == (0.3, 0.05)
    assert saved.title == "Mine (1 changed on the page)"


def test_a_title_cannot_break_out_of_the_file(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'schema = 1\nbase = "june-2026"\ntitle = "a\\nb = 1 # \\"\\"\\" <script>"\n', encoding="utf-8"
    )
    panel = Panel(own.name, load(own), str(own))
    assert tomllib.loads(panel.saved(Settings(), 'x\n"""y'))["title"] == 'x\n"""y'
    assert tomllib.loads(panel.saved(Settings()))["title"].startswith("a\nb = 1")


@pytest.mark.parametrize("name", list(shipped()))
@pytest.mark.no_cover  # others cover the same lines
def test_every_shipped_scenario_can_be_written_whole_and_has_levers(name: str) -> None:
    loaded = load(name)
    stated = tomllib.loads(toml_text("none", loaded.data, ["a\nb"]))
    assert stated.pop("base") == "none"
    assert stated == loaded.data
    assert differences(loaded.data, loaded.data) == {}
    panel = Panel(name, loaded, name)
    assert len(panel.by_name) == len(panel.levers)
    assert {lever.group for lever in panel.levers} <= set(GROUPS)
    for lever in panel.levers:
        # Its slider stands where the scenario does, and the base's own value is no difference.
        for wide in (False, True):
            look = slider(lever, lever.base, wide)
            assert look.low <= look.at <= look.high
            assert meant(lever, look.at) == pytest.approx(lever.base, rel=1e-11, abs=1e-12)
            assert look.at in look.options or not look.options
        assert not panel.moved(Settings(), lever.name, meant(lever, shown(lever, lever.base)))
        assert known_words(lever)


def test_what_a_base_has_more_cannot_be_said_by_differences() -> None:
    with pytest.raises(ValueError, match="floor"):
        differences({"verdict": {"floor": 0.5, "limits": [0.0]}}, {"verdict": {"limits": [0.0]}})


@pytest.mark.no_cover  # others cover the same lines
def test_levers_stand_for_what_the_file_says(flagship: Panel) -> None:
    """Each lever (every sixth is tried), moved alone, changes its own table and no other."""
    for lever in flagship.levers[::6]:
        low, high = lever.limits
        target = high if lever.base != high else low
        if lever.parameter.whole or lever.parameter.scale:
            target = lever.base + 1
        now = flagship.scenario(flagship.moved(Settings(), lever.name, target))
        changed = differences(flagship.loaded.data, now.data)
        assert set(changed) == {lever.parameter.table}, lever.name


def test_levers_are_derived_from_the_scenario(flagship: Panel) -> None:
    ip = flagship.by_name["signals.ip.accuracy.US"]
    assert (ip.base, ip.parameter.low, ip.parameter.high, ip.limits) == (0.985, 0.95, 0.995, (0, 1))
    assert known_words(ip).startswith("plausible 95 to 99.5 %; a proxy: Own comparison of IP databases")
    home = flagship.by_name["vpn.users.home"]
    segments = flagship.loaded.scenario.segments
    assert all(segments[str(path[1])].home == "US" for path in home.parameter.paths)
    assert {flagship.by_name[f"vpn.users.{where}"].base for where in ("home", "abroad")} == {0.32, 0.25}
    # A limit is nobody's estimate; a number that a file set itself is its author's choice, whatever the seed knew.
    assert flagship.by_name["limit"].parameter.grade == "choice"
    changed = flagship.loaded.with_sets(["signals.payment.accuracy=0.96"])
    moved = next(lever for lever in levers_of(changed) if lever.name == "signals.payment.accuracy")
    assert (moved.parameter.grade, moved.sources, moved.parameter.low) == ("choice", (), 0.95)


def test_what_differs_is_listed_with_range_and_source(flagship: Panel) -> None:
    wanted, _ = flagship.read({"signals.ip.accuracy.US": ["0.9"], "limit": ["0.05"], "ratio": ["leak_rate"]})
    ratio, limit, ip = flagship.differing(wanted)
    assert (ratio.base, ratio.now) == ("of served needs (leak share)", "of restricted needs (leak rate)")
    assert (limit.base, limit.now, limit.known) == ("0.1 %", "5 %", "a choice")
    assert (ip.base, ip.now, ip.plausible) == ("98.5 %", "90 %", False)
    assert "IP databases" in ip.known


def test_a_standard_that_is_no_ratio_is_asked_about_and_left_in_the_file() -> None:
    panel = Panel("a-number-of-leaks", load("a-number-of-leaks"), "a-number-of-leaks")
    assert "standards of their own" in panel.only_asks
    wanted, wrong = panel.read({"limit": ["0.02"], "ratio": ["leak_rate"]})
    assert wrong == []
    asked = panel.question(panel.scenario(wanted), wanted)
    assert (asked.ratio, asked.limit, asked.own) == ("leak_rate", 0.02, False)
    assert panel.sets(wanted) == ()
    assert "the order keeps its own standard" in panel.saved(wanted)
    assert "orders" not in tomllib.loads(panel.saved(wanted))


def test_nothing_to_judge_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    path.write_text('schema = 1\nbase = "june-2026"\nwithout = ["orders"]\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="there is no order"):
        Panel("none", load(path), str(path))


# --- The parts ---


def test_what_an_author_wrote_is_escaped(quick: Panel) -> None:
    nasty = '<script>alert("x")</script>' + "y" * 260
    loaded = quick.loaded.with_sets(
        [f"title={json.dumps(nasty)}", f"policies.open.title={json.dumps(nasty)}"]
        if "open" in quick.loaded.scenario.policies
        else [f"title={json.dumps(nasty)}"]
    )
    found = glance(loaded, quick.question(loaded, Settings()))
    difference = [dataclasses.replace(d, label=nasty) for d in quick.differing(Settings({"floor": 0.2}))]
    page = "".join(
        [
            parts.question(found, loaded.scenario.title),
            parts.verdict(found),
            parts.policies(found),
            parts.differing(difference, nasty),
            parts.paragraphs([nasty]),
        ]
    )
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\\<script\\>" in parts.plain(nasty)
    assert parts.plain("a_b [x](y) $z$ :red[w] # www.x") == r"a_b \[x\](y) \$z\$ \:red\[w\] \# www\.x"
    assert parts.plain("1. _a_\n- b: c") == r"1\. \_a\_ - b: c"
    assert parts.plain("Floor: entitled needs (50 %)") == "Floor: entitled needs (50 %)"


def test_the_headline_says_the_outcome(quick: Panel) -> None:
    def line(**values: float) -> str:
        wanted = Settings(values)
        loaded = quick.scenario(wanted)
        return parts.headline(glance(loaded, quick.question(loaded, wanted)))

    assert (
        line()
        == "passport_or_enhanced keeps leaks within 0.1 % of served needs and serves 53.2 % of entitled needs"
    )
    assert line(floor=0.9) == (
        "Within a limit of 0.1 % of served needs the best listed gate, passport_or_enhanced, serves 53.2 % of "
        "entitled needs"
    )


def test_what_is_limited_stands_beside_the_names_and_what_would_do_comes_second() -> None:
    result = run(QUICK, engine="exact")
    table = policies_table(result)
    share = [column.title for column in table.columns].index("leak share")
    moved = parts.limited_first(table, "leak_share")
    assert [column.title for column in moved.columns[:3]] == ["policy", "leak share", "ready after"]
    for row, other in zip(moved.rows, table.rows, strict=True):
        assert (row[0], row[1]) == (other[0], other[share])
        assert sorted(row) == sorted(other)
    assert parts.limited_first(table, "leak_count") == table
    found = glance(SMALL_PANEL.loaded, SMALL_PANEL.question(SMALL_PANEL.loaded, Settings()))
    heads = re.findall(r'<th[^>]*scope="col">(.*?)</th>', parts.policies(found))
    limited = found.together.ratio.replace("_", " ")
    assert heads[:4] == ["policy", "within the limit?", limited, "entitled needs served"]


def test_rounding_beside_the_ends_is_not_shown() -> None:
    assert parts.rate(1 - 2e-16) == "100 %"
    assert parts.rate(1e-18) == "0 %"
    assert parts.rate(None) == "undefined"
    assert parts.rate(0.99999) != "100 %"


def test_policies_that_the_exact_engine_cannot_do_are_named() -> None:
    panel = Panel("travellers-month", load("travellers-month"), "travellers-month")
    found = glance(panel.loaded, panel.question(panel.loaded, Settings()))
    assert set(found.cannot) == {"sticky_block", "sticky_allow"}
    assert "ip_block" in {one.policy for one in found.candidates}
    table = parts.policies(found)
    assert table.count("only by simulation") == 2
    assert "block_lasts" in table


# --- The command ---


def test_without_the_extra_the_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "streamlit", None)
    assert call(["app"]) == 2
    said = capsys.readouterr().err
    assert "streamlit" in said
    assert 'pip install "gatesim[app]"' in said


def test_a_wrong_file_is_refused_before_anything_is_served(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("gatesim.show.app.serve.serve", lambda *given: pytest.fail("served"))
    path = tmp_path / "wrong.toml"
    path.write_text('schema = 1\nbase = "june-2026"\n[verdict]\nflor = 0.3\n', encoding="utf-8")
    assert call(["app", str(path)]) == 2
    said = capsys.readouterr()
    assert 'nearest: "floor"' in said.err
    assert f"{path}:4" in said.err
    assert said.out == ""
    assert call(["app", "june-2062"]) == 2
    assert call(["app", "--port", "0"]) == 2


def test_a_busy_port_is_named_and_without_one_the_next_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import socket

    served = []
    monkeypatch.setattr("gatesim.show.app.serve.serve", lambda *given: served.append(given))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert call(["app", "--port", str(port)]) == 2
        assert f"port {port} is in use" in capsys.readouterr().err
        assert served == []
        monkeypatch.setattr("gatesim.show.app.serve.FIRST_PORT", port)
        assert call(["app", QUICK]) == 0
    ((chosen, scenario),) = served
    assert chosen > port
    assert scenario == QUICK
    assert f"http://127.0.0.1:{chosen}" in capsys.readouterr().out


def test_the_page_is_served_to_this_machine_only_and_tells_nobody() -> None:
    from gatesim.show.app.serve import arguments

    line = arguments(8501, "a.toml")
    assert {
        "--server.address=127.0.0.1",
        "--browser.gatherUsageStats=false",
        "--server.headless=true",
    } <= set(line)
    assert line[-2:] == ["--", "a.toml"]


@given(any_settings(SMALL_PANEL), any_settings(SMALL_PANEL))
@hypothesis_settings(max_examples=6, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_what_is_served_is_kept_while_only_the_question_or_the_desk_moves(
    one: Settings, other: Settings
) -> None:
    panel = SMALL_PANEL
    asks = {n: v for n, v in other.values.items() if panel.by_name[n].group in ("asked", "staff")}
    rest = {n: v for n, v in one.values.items() if panel.by_name[n].group not in ("asked", "staff")}
    again = Settings({**rest, **asks}, one.reading, other.ratio)
    assert panel.without_question(again) == panel.without_question(one)
    first = glance(panel.scenario(one), panel.question(panel.scenario(one), one))
    loaded = panel.scenario(again)
    kept = glance(loaded, panel.question(loaded, again), known=first.served)
    assert numbers(kept) == numbers(glance(loaded, panel.question(loaded, again)))


@given(any_settings(SMALL_PANEL), any_settings(SMALL_PANEL))
@hypothesis_settings(max_examples=6, deadline=None)
@pytest.mark.no_cover  # others cover the same lines
def test_what_is_kept_of_one_look_changes_nothing_in_another(one: Settings, other: Settings) -> None:
    panel = SMALL_PANEL
    asks = {n: v for n, v in other.values.items() if panel.by_name[n].group in ("asked", "staff")}
    rest = {n: v for n, v in one.values.items() if panel.by_name[n].group not in ("asked", "staff")}
    kept = Kept()
    for wanted in (Settings(rest, one.reading, one.ratio), Settings({**rest, **asks}, one.reading)):
        loaded = panel.scenario(wanted)
        *_, found = glances(loaded, panel.question(loaded, wanted), kept=kept)
        assert numbers(found) == numbers(glance(loaded, panel.question(loaded, wanted)))


def test_bound_b_is_kept_while_what_signals_read_moves_and_not_while_people_do() -> None:
    panel = Panel("small", load(SMALL), str(SMALL))
    kept = Kept()
    *_, first = glances(panel.loaded, panel.question(panel.loaded, Settings()), kept=kept)
    moves = {lever.group: (lever, sum(lever.limits) / 2) for lever in panel.levers}
    for group, alone in (("accuracy", True), ("vpn", False)):
        lever, value = moves[group]
        wanted = panel.moved(Settings(), lever.name, value)
        assert (panel.for_bound_b(wanted) == Settings()) is alone
        if alone:
            loaded = panel.scenario(wanted)
            *_, found = glances(loaded, panel.question(loaded, wanted), kept=Kept(history=kept.history))
            assert numbers(found) == numbers(glance(loaded, panel.question(loaded, wanted)))
            assert numbers(found) != numbers(first)


def test_the_limit_is_no_mere_question_to_a_policy_that_follows_it() -> None:
    best = 'policies.follows={ family = "best" }'
    panel = Panel(QUICK, load(QUICK, [best]), QUICK)
    base, moved = Settings(), panel.moved(Settings(), "limit", 0.2)
    served = []
    for wanted in (base, moved):
        loaded = panel.scenario(wanted)
        served.append(glance(loaded, panel.question(loaded, wanted)).served["follows"])
    assert served[0] != served[1]
    assert panel.without_question(base) != panel.without_question(moved)
    assert SMALL_PANEL.without_question(SMALL_PANEL.moved(base, "limit", 0.2)) == base


def test_a_first_look_leaves_out_the_policies_that_remember_and_the_second_is_whole() -> None:
    panel = SMALL_PANEL
    asked = panel.question(panel.loaded, Settings())
    first, whole = glances(panel.loaded, asked)
    assert first.waiting, "some of these policies remember"
    assert set(first.waiting) == set(asked.policies) - set(first.served)
    assert whole.waiting == ()
    assert set(whole.served) == set(asked.policies)
    assert numbers(whole) == numbers(glance(panel.loaded, asked))
    assert (first.a, first.b, first.frontier.points) == (whole.a, whole.b, whole.frontier.points)
    for name, served in first.served.items():
        assert served == whole.served[name]
    # What is known need not be waited for.
    (only,) = glances(panel.loaded, asked, known=whole.served)
    assert numbers(only) == numbers(whole)


def test_a_first_look_says_what_follows() -> None:
    first, whole = glances(SMALL_PANEL.loaded, SMALL_PANEL.question(SMALL_PANEL.loaded, Settings()))
    early, late = parts.verdict(first), parts.verdict(whole)
    for name in first.waiting:
        assert name in early
    assert 'id="waiting"' in early
    assert 'id="sentence"' not in early, "a sentence is about the whole list"
    assert 'id="waiting"' not in late
    assert 'id="sentence"' in late
    assert parts.policies(first).count(">follows<") == len(first.waiting)
    assert ">follows<" not in parts.policies(whole)


@pytest.mark.parametrize("name", ["two-governments", "june-2026", "attestation", "channels"])
def test_no_two_sliders_of_a_group_read_alike(name: str) -> None:
    panel = Panel(name, load(name), name)
    shown = [(lever.group, lever.label, lever.about) for lever in panel.levers]
    assert sorted(set(shown)) == sorted(shown)
