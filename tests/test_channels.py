"""Channels: what each hides, a policy that closes one, and what is wrong with channels and co-users."""

from __future__ import annotations

from pathlib import Path

import pytest

import gatesim
from gatesim.measures.numbers import format_interval, is_wide
from gatesim.scenario import ScenarioError, load
from gatesim.scenario.people import CHANNELS
from gatesim.show.by_channel import channel_tables
from gatesim.show.run import tables
from gatesim.world.space import CellSpace
from tests.kept_cases import Case, hold_together

TEXT = (Path(gatesim.__file__).parents[1] / "scenarios" / "channels.toml").read_text(encoding="utf-8")
RESTRICTED, ENTITLED = 0.32, 0.68


@pytest.fixture(scope="module")
def found() -> gatesim.Result:
    return gatesim.run("channels", engine="exact")


@pytest.mark.parametrize(
    ("policy", "leaks", "blocks"),
    [
        ("by_place", 0.12, 0.0),
        ("by_place_or_card", 0.08, 0.0),
        ("close_cloud", 0.28, 0.06),
        ("close_what_hides", 0.035, 0.085),
        ("consumer_only", 0.0, 0.28),
    ],
)
def test_leaks_and_false_blocks_add_up_from_the_channels(
    found: gatesim.Result, policy: str, leaks: float, blocks: float
) -> None:
    measures = found.policies[policy].measures
    assert measures["leak_rate"].value == pytest.approx(leaks / RESTRICTED, rel=1e-9)
    assert measures["false_block_rate"].value == pytest.approx(blocks / ENTITLED, rel=1e-9)
    assert measures["leak_share"].value == pytest.approx(leaks / (leaks + ENTITLED - blocks), rel=1e-9)


def test_a_run_shows_what_each_policy_does_on_each_channel(found: gatesim.Result) -> None:
    served, leaks = channel_tables(found)
    assert [column.title for column in served.columns] == ["policy", *CHANNELS]
    shown = {row[0]: dict(zip(CHANNELS, row[1:], strict=True)) for row in served.rows}
    assert shown["close_cloud"] == dict.fromkeys(CHANNELS, "100 %") | {"cloud": "0 %"}
    shown = {row[0]: dict(zip(CHANNELS, row[1:], strict=True)) for row in leaks.rows}
    assert shown["close_cloud"] == dict.fromkeys(CHANNELS, "100 %") | {"cloud": "0 %"}
    assert shown["by_place"] == dict.fromkeys(CHANNELS, "100 %") | {"consumer": "0 %"}
    assert served in tables(found)
    assert leaks in tables(found)


def test_channels_without_needs_are_not_shown() -> None:
    """One channel alone has no tables; of the flagship's six nobody uses the reseller's."""
    assert channel_tables(gatesim.run("perfect-place", engine="exact")) == []
    served, leaks = channel_tables(gatesim.run("june-2026", policies=["open", "ip_block"], engine="exact"))
    for table in (served, leaks):
        assert [column.title for column in table.columns] == ["policy", *CHANNELS[:4], "internal"]
    simulated = gatesim.run("june-2026", policies=["open"], engine="fast", people=2000)
    served, leaks = channel_tables(simulated)
    assert {cell for row in served.rows for cell in row[1:]} == {"100 %"}, "whatever chance did"
    assert {cell for row in leaks.rows for cell in row[1:]} == {"100 %"}


def test_a_channels_ratio_has_its_interval_where_that_is_wide() -> None:
    found = gatesim.run("june-2026", policies=["careful"], engine="fast", people=3000)
    for table, name in zip(channel_tables(found), ("served_entitled", "leak_rate"), strict=True):
        (row,) = table.rows
        for channel, cell in zip([column.title for column in table.columns][1:], row[1:], strict=True):
            one = found.policies["careful"].by["channel"][channel][name]
            if one.value is None:
                assert cell == "-"
            elif one.low is None or one.high is None:
                assert cell.startswith("about ")
                assert cell.endswith("(noise unknown)")
            elif is_wide(one.value, one.low, one.high):
                assert cell.endswith(f"({format_interval(one.low, one.high)})")


def test_closing_a_channel_closes_that_one_alone(found: gatesim.Result) -> None:
    by_channel = found.policies["close_cloud"].by["channel"]
    assert by_channel["cloud"]["leaks"].value == 0
    assert by_channel["cloud"]["served_entitled"].value == 0
    for channel, measures in by_channel.items():
        if channel != "cloud":
            assert measures["false_block_rate"].value == 0, channel


def test_users_on_one_account_are_told_apart_only_by_their_place(found: gatesim.Result) -> None:
    """Behind the firm's server they look like it: half of what a reseller sells goes abroad, under every gate."""
    leaks = found.policies["by_place_or_card"].by["channel"]["reseller"]["leak_rate"].value
    assert leaks == 1
    seen = gatesim.run(
        "channels",
        engine="exact",
        policies=["by_place"],
        sets=["signals.ip.channels.reseller.accuracy=1.0"],
    )
    assert seen.policies["by_place"].by["channel"]["reseller"]["leak_rate"].value == 0


@pytest.mark.no_cover  # others cover the same lines
def test_engines_agree_to_the_last_count() -> None:
    fast, slow = (
        gatesim.run("channels", people=400, seed=2, engine=e).to_dict() for e in ("fast", "reference")
    )
    assert fast["readings"] == slow["readings"]


def test_a_list_of_the_staff_serves_internal_accounts_alone() -> None:
    sets = ['policies.staff={ family = "listed", staff = true }']
    found = gatesim.run("channels", engine="exact", policies=["staff"], sets=sets).policies["staff"]
    assert found.measures["leak_rate"].value == pytest.approx(0.005 / RESTRICTED, rel=1e-9)
    assert found.measures["served_entitled"].value == pytest.approx(0.015 / ENTITLED, rel=1e-9)
    assert found.by["channel"]["internal"]["served_entitled"].value == 1


def test_a_gate_put_together_does_on_each_channel_what_its_part_does(found: gatesim.Result) -> None:
    parts = {
        "consumer": "by_place",
        "cloud": "close_cloud",
        "reseller": "close_what_hides",
        "internal": "shutdown",
    }
    table = ", ".join(f'{channel} = "{name}"' for channel, name in parts.items())
    sets = [f'policies.mixed={{ family = "by_channel", parts = {{ {table} }} }}']
    mixed = gatesim.run("channels", engine="exact", policies=["mixed"], sets=sets).policies["mixed"]
    for channel, measures in mixed.by["channel"].items():
        part = found.policies[parts.get(channel, "open")].by["channel"][channel]
        for name in ("leak_rate", "false_block_rate", "served_entitled", "leaks"):
            assert measures[name].value == part[name].value, (channel, name)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ('{ consumer = "by_plaice" }', 'there is no policy "by_plaice"'),
        ('{ consumer = "mixed" }', "itself put together by channel"),
        ('{ shop = "open" }', "shop"),
    ],
)
def test_parts_that_are_none_are_refused(parts: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        load("channels", [f'policies.mixed={{ family = "by_channel", parts = {parts} }}'])


def test_parts_that_check_need_documents_of_the_whole() -> None:
    parts = 'parts = { team = "word_or_papers" }'
    with pytest.raises(ScenarioError, match="which documents does it accept"):
        load("attestation", [f'policies.mixed={{ family = "by_channel", {parts} }}'])
    papers = 'documents = ["home_passport", "residence_card"]'
    sets = [f'policies.mixed={{ family = "by_channel", {parts}, {papers} }}']
    run = gatesim.run("attestation", engine="exact", policies=["word_or_papers", "mixed"], sets=sets)
    whole, part = (run.policies[name].measures for name in ("mixed", "word_or_papers"))
    assert whole["leak_rate"] == part["leak_rate"]
    assert whole["false_block_rate"] == part["false_block_rate"]


@pytest.mark.parametrize("refresh", ["account", "place", "session"])
def test_ledgers_are_equal_where_a_reading_is_surely_wrong(refresh: str) -> None:
    """Whoever is behind the server reads as being where it stands, at each refresh."""
    scenario = load("channels", ["people=150", f'signals.ip.refresh="{refresh}"']).scenario
    case = Case(scenario, "by_place", "person")
    hold_together(case)
    space = CellSpace.of(scenario)
    reads = [space.parts(int(cell))[0] for cell in case.ledger.cell[case.ledger.owner_segment == 7]]
    assert reads
    assert {space.readings[0][number] for number in reads} == {"US"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('channels = ["cloud"]\n', 'channels = ["clouds"]\n', "clouds"),
        (
            "co_users = { resold_abroad = { present = 1.0, share = 0.5 } }",
            "co_users = { nobody = { present = 1.0, share = 0.5 } }",
            'there is no segment "nobody"',
        ),
        (
            'channel = "reseller"\nneeds_per_day = 1.0\ncard = { rest = 1.0 }\n',
            'channel = "reseller"\nneeds_per_day = 1.0\ncard = { rest = 1.0 }\n'
            "co_users = { reseller_us = { present = 1.0, share = 0.1 } }\n",
            'circular.*; leave its co_users out, or give "resold_abroad" a share$',
        ),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    path = tmp_path / "bad.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScenarioError, match=says):
        load(path)


def test_a_channel_that_no_segment_uses_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r'policies\.x\.channels.*no segment uses the channel "cloud"'):
        load("licence-is-not-status", ['policies.x={ family = "shutdown", channels = ["cloud"] }'])
