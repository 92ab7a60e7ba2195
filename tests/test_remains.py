"""What remains besides shutting down: the words for each case, and the bounds beside a run's list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gatesim
from gatesim.measures.definitions import Measure
from gatesim.measures.finding import Best
from gatesim.measures.judgement import Answer, Outcome
from gatesim.measures.numbers import format_interval, format_limit, format_rate, is_wide
from gatesim.measures.parts import Part
from gatesim.measures.remains import NOT_TOLD, Remains, Side, bounds_words, side_of_list
from gatesim.scenario import load
from gatesim.show.charts.who_pays import _finding
from gatesim.show.options import lines
from gatesim.show.options import tables as options_tables
from gatesim.show.run import policies_table, remains_table, tables, titles_table, verdict_table, whom_table
from gatesim.show.tables import LEFT, Column, Table, whole_width
from gatesim.study import remains as study
from gatesim.study.asking import ask
from gatesim.study.frontier import frontier
from gatesim.study.glance import glance
from gatesim.study.result import Result
from tests.scenarios import SMALL

PLAIN = ["open", "any_foreign"]
"""Policies that keep nothing, which the exact engine can do."""


@pytest.fixture(scope="module")
def result() -> Result:
    return gatesim.run(SMALL, engine="exact", policies=PLAIN)


def remaining(listed: Outcome, a: Outcome, b: Outcome) -> Remains:
    return Remains(
        "person",
        "leak_share",
        0.001,
        0.5,
        ("ip", "payment"),
        Side(Best(listed, "some", 0.6, 0.0004), 0.0004),
        Side(Best(a, "", 0.212, 0.001), 0.02),
        Side(Best(b, "", 0.599, 0.001), 0.01),
    )


GATE = "gate that decides from one session's ip and payment"
BOUND_B = "(bound B, with requests answered at once)"
MEMORY = "one that remembers an account's own history"


@pytest.mark.parametrize(
    ("listed", "a", "b", "words"),
    [
        (
            "only_not_ready",
            "only_below_floor",
            "not_ruled_out",
            f"Nor is there any {GATE} that serves the floor within that limit: the best serves 21.2 % (bound A). "
            f"{MEMORY[0].upper()}{MEMORY[1:]} serves at most 59.9 % {BOUND_B}.",
        ),
        (
            "gate_available",
            "gate_available",
            "not_ruled_out",
            f"Within that limit the best {GATE} serves 21.2 % (bound A), and {MEMORY} at most 59.9 % {BOUND_B}.",
        ),
        (
            "gate_available",
            "no_gate_meets_limit",
            "no_gate_meets_limit",
            f"Within that limit the best {GATE} serves nobody (bound A), and {MEMORY} nobody {BOUND_B}.",
        ),
        (
            "only_not_ready",
            "gate_available",
            "not_ruled_out",
            f"Gates that are not listed are another matter: the best {GATE} serves 21.2 % within that limit "
            f"(bound A; when it could be ready is not asked), and {MEMORY} at most 59.9 % {BOUND_B}.",
        ),
        (
            "only_below_floor",
            "only_below_floor",
            "not_ruled_out",
            f"Nor is there any {GATE} that serves the floor within that limit: the best serves 21.2 % (bound A). "
            f"That {MEMORY} could is not ruled out: it serves at most 59.9 % {BOUND_B}.",
        ),
        (
            "no_gate_meets_limit",
            "only_below_floor",
            "none_at_floor",
            f"Nor is there any {GATE} that serves the floor within that limit: the best serves 21.2 % (bound A). "
            f"Nor could {MEMORY}: it serves at most 59.9 % {BOUND_B}.",
        ),
        (
            "cannot_tell",
            "no_gate_meets_limit",
            "no_gate_meets_limit",
            f"There is no {GATE} that serves anybody within that limit (bound A). "
            f"Nor could {MEMORY}: none within it serves anybody {BOUND_B}.",
        ),
    ],
)
def test_each_case_has_its_words(listed: Outcome, a: Outcome, b: Outcome, words: str) -> None:
    assert bounds_words(remaining(listed, a, b)) == words


def test_a_gate_without_signals_decides_from_the_session_alone() -> None:
    found = replace(remaining("gate_available", "gate_available", "not_ruled_out"), signals=())
    assert "the best gate that decides from one session alone, without any signal serves" in bounds_words(
        found
    )


def test_that_a_gate_may_ask_for_documents_is_said(result: Result) -> None:
    found = replace(remaining("gate_available", "gate_available", "not_ruled_out"), documents=True)
    asks = "best gate that may ask for documents and decides from one session's ip and payment serves"
    assert asks in bounds_words(found)
    assert result.remains is not None
    assert result.remains.documents
    assert "gate that may ask for documents and decides" in glance(result.loaded, ask(result.loaded)).sentence


def test_a_run_has_both_bounds_beside_its_list(result: Result) -> None:
    """They are what the glance, and the frontier, say of the same question."""
    found = result.remains
    assert found is not None
    seen = glance(result.loaded, ask(result.loaded, policies=PLAIN))
    assert found.a.best == seen.a
    assert found.b.best == seen.b
    points = {
        p.bound: p.served for p in frontier(result.loaded, policies=PLAIN).points if p.limit == found.limit
    }
    assert (found.a.best.served, found.b.best.served) == (points["bound_A"], points["bound_B"])
    assert found.listed.best.outcome == seen.claim.listed.outcome
    assert found.listed.best.name == seen.claim.listed.name
    for side in (found.a, found.b):
        assert side.least_leak is not None
        # Within the limit the floor is served exactly where the floor takes no more leaks than the limit.
        within = side.best.outcome in ("gate_available", "not_ruled_out")
        assert (side.least_leak <= found.limit) == within


def test_the_least_leak_of_the_list_is_marked_where_noise_leaves_the_floor_open(result: Result) -> None:
    """Who may serve the floor counts, as without noise it might; who surely does not, does not."""
    row = next(row for row in result.verdict.rows if row.own and row.reading == result.reading)
    found = side_of_list(row)
    surely = sorted(
        (one for one in row.policies if one.serves_floor == "yes"), key=lambda one: one.leak.value or 0.0
    )
    assert len(surely) > 1
    assert (found.least_leak, found.at_floor) == (surely[0].leak.value, True)
    assert result.remains is not None
    answers: tuple[tuple[Answer, int, bool], ...] = (("undecided", 0, False), ("no", 1, True))
    for answer, which, sure in answers:
        policies = tuple(
            replace(one, serves_floor=answer) if one is surely[0] else one for one in row.policies
        )
        other = side_of_list(replace(row, policies=policies))
        assert (other.least_leak, other.at_floor) == (surely[which].leak.value, sure)
        assert other.to_dict()["surely_at_floor"] is sure
        table = remains_table(replace(result, remains=replace(result.remains, listed=other)))
        assert table is not None
        assert table.rows[0][-1].endswith(" ?") is not sure
        assert ("?: of this one noise cannot tell" in table.note) is not sure


def test_what_leaks_nothing_by_its_structure_has_no_bound_of_noise(result: Result) -> None:
    """The table had "<80 %" for it, two lines below "leaks nothing, by its structure"."""
    row = next(row for row in result.verdict.rows if row.own and row.reading == result.reading)
    one = next(one for one in row.policies if one.serves_floor == "yes")
    seen = replace(one, leak=replace(one.leak, value=0.0, low=0.0, high=0.776), structural_zero=False)
    never = replace(seen, structural_zero=True)
    assert result.remains is not None
    for policies, words in (((seen,), "<80 %"), ((never,), "0 %"), ((seen, never), "0 %")):
        listed = side_of_list(replace(row, best=None, policies=policies))
        table = remains_table(replace(result, remains=replace(result.remains, listed=listed)))
        assert table is not None
        assert table.rows[0][-1] == words


def test_the_list_beside_the_bounds_is_no_better_than_they(result: Result) -> None:
    found = result.remains
    assert found is not None
    assert found.listed.least_leak is not None
    assert found.b.least_leak is not None
    assert found.b.least_leak <= found.listed.least_leak + 1e-12


def test_whether_shutting_down_is_what_is_left_is_said_and_kept(result: Result, tmp_path: Path) -> None:
    words = result.shutting_down
    assert "hutting down is" in words
    assert "(bound A" in words
    assert BOUND_B in words
    verdict = result.to_dict()["verdict"]
    assert verdict["shutting_down"] == words
    assert set(verdict["remains"]) >= {"list", "bound_A", "bound_B"}
    table = remains_table(result)
    assert table is not None
    assert tables(result)[0] == table
    assert [row[0].split(":")[0] for row in table.rows] == ["policies listed", "bound A", "bound B"]
    gatesim.run(SMALL, engine="exact", policies=PLAIN, out=tmp_path / "kept")
    again = gatesim.read_run(tmp_path / "kept")
    assert again.remains is not None
    assert again.shutting_down == gatesim.run(SMALL, engine="exact", policies=PLAIN).shutting_down


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            "orders.0.standard={ kind = 'leak_count', limit = 5.0, per = '7d' }",
            "here its standard is leak_count",
        ),
        (
            "orders.0.standard={ kind = 'leak_share', limit = { distribution = 'uniform', low = 0.0, high = 0.1 } }",
            "here its limit is not known",
        ),
    ],
)
def test_where_there_is_no_single_ratio_the_run_says_so(change: str, why: str) -> None:
    found = gatesim.run(load(SMALL, [change]), engine="exact", policies=PLAIN)
    assert found.remains is None
    assert remains_table(found) is None
    assert any(why in note for note in found.notes)
    assert "hutting down" in found.shutting_down
    assert found.shutting_down.endswith(NOT_TOLD)
    assert not any("gatesim relief" in note for note in found.notes), "it has no bounds there either"


def test_of_several_limits_the_run_says_which_commands_have_bounds() -> None:
    found = gatesim.run("two-governments", engine="exact", policies=["open", "any_status"])
    assert found.remains is None
    assert found.shutting_down.endswith(NOT_TOLD)
    assert "is not told" not in found.shutting_down, "a report and a command tell it"
    assert any("gatesim frontier and gatesim relief have bounds" in note for note in found.notes)


def test_unknown_limits_give_a_probability() -> None:
    """Uniform from 0 to twice a policy's own leak share: the others out of the way, it is within with one half."""
    with_one = ["any_foreign"]
    known = gatesim.run(load(SMALL, ["verdict.floor=0"]), engine="exact", policies=with_one)
    leak = known.policies["any_foreign"].measures["leak_share"].value
    assert leak is not None
    limit = f"{{ distribution = 'uniform', low = 0.0, high = {2 * leak!r} }}"
    sets = [f"orders.0.standard={{ kind = 'leak_share', limit = {limit} }}", "verdict.floor=0"]
    found = gatesim.run(load(SMALL, sets), engine="exact", policies=with_one)
    assert found.shutting_down == (
        "Shutting down is the only compliant option left, among the policies listed that serve the floor and are "
        f"ready, with a probability of 50.0 %. {NOT_TOLD}"
    )


def test_bounds_that_would_take_long_are_left_to_another_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "MOST_CELLS", 10)
    found = gatesim.run(SMALL, engine="exact", policies=["open"])
    assert found.remains is None
    assert any("gatesim frontier works them out" in note for note in found.notes)


def test_who_pays_says_whether_there_is_noise_in_it(result: Result, simulated: Result) -> None:
    assert "no chance in them" in whom_table(result).note
    assert "as far as chance may have moved a share" in whom_table(simulated).note
    for found in simulated.policies.values():
        for one in found.by["segment"].values():
            if one["false_blocks"].numerator:
                assert one["false_blocks"].low is not None


# --- noise beside the numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.0053, 0.0203, "0.5-2.0"),
        (0.0009, 0.0034, "0.1-0.3"),
        (0.0002, 0.0035, "0.02-0.35"),
        (0.0618, 0.2988, "6-30"),
        (0.0, 0.02, "0-2"),
        (0.5, 0.5, "50"),
    ],
)
def test_an_interval_has_the_digits_of_its_half_width(low: float, high: float, text: str) -> None:
    assert format_interval(low, high) == text


@given(st.floats(1e-6, 1.0), st.floats(1e-6, 1.0))
def test_an_interval_that_begins_above_nought_never_begins_with_it(a: float, b: float) -> None:
    assert float(format_interval(min(a, b), max(a, b)).split("-")[0]) > 0


@pytest.fixture(scope="module")
def simulated() -> Result:
    """Few people: much noise, and of some policies nothing seen."""
    return gatesim.run(SMALL, engine="reference", people=60, policies=PLAIN)


def test_wide_intervals_stand_below_their_numbers(simulated: Result) -> None:
    rows = {row[0]: row for row in policies_table(simulated).rows}
    for name, found in simulated.policies.items():
        for cell, measure in zip(
            (rows[name][2], *rows[name][5:]), ("served_entitled", "leak_rate", "leak_share"), strict=True
        ):
            one = found.measures[measure]
            wide = found.may_leak or measure == "served_entitled"
            wide = wide and is_wide(one.value, one.low, one.high)
            assert ("\n(" in cell) == wide
            if wide:
                assert one.low is not None
                assert one.high is not None
                assert cell.endswith(f"\n({format_interval(one.low, one.high)})")
    assert any("\n(" in cell for row in rows.values() for cell in row)
    assert "in brackets the 95 % interval" in policies_table(simulated).note
    assert "in brackets" not in policies_table(gatesim.run(SMALL, engine="exact", policies=PLAIN)).note


def test_a_simulation_keeps_what_is_expected(simulated: Result, result: Result) -> None:
    """Policies that keep nothing have, without noise, what the exact engine gives."""
    assert set(simulated.expected) == {"open"}, "any_foreign keeps who was refused"
    for name, measures in simulated.expected.items():
        for measure in ("served_entitled", "leak_rate", "leak_share"):
            value = result.policies[name].measures[measure].value
            assert value is not None
            assert measures[measure].value == pytest.approx(value, rel=1e-12)
    assert not result.expected


def test_that_chance_let_nobody_through_is_no_finding(simulated: Result) -> None:
    """Nobody by structure is nobody; nobody among sixty people is nobody in this simulation."""
    unlucky = replace(
        simulated,
        found={
            simulated.reading: {
                name: replace(
                    one, by={"segment": {s: _without_leaks(m) for s, m in one.by["segment"].items()}}
                )
                for name, one in simulated.policies.items()
            }
        },
    )
    through = {row[0]: row[2] for row in whom_table(unlucky).rows}
    share = simulated.expected["open"]["leak_share"].value
    assert through["open"] == f"nobody in this simulation (expected: {format_rate(share)} of served needs)"
    assert "nobody in this simulation" in whom_table(replace(unlucky, expected={})).rows[0][2]


def _without_leaks(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    return {
        name: replace(one, numerator=0.0, value=0.0) if name == "leaks" else one
        for name, one in measures.items()
    }


def test_cannot_tell_says_what_it_means_and_how_many_accounts_it_takes() -> None:
    asking = gatesim.run(SMALL, engine="reference", people=60, policies=["ask", "careful"])
    for ratio in ("leak_rate", "leak_share"):
        rows = [row for row in asking.verdict.rows if row.ratio == ratio]
        open_still = [row for row in rows if row.outcome == "cannot_tell"]
        note = verdict_table(asking, ratio).note
        available = [row for row in open_still if row.at_best == "gate_available"]
        assert ("Cannot tell:" in note) == bool(available)
        assert ("At best:" in note) == (len(available) < len(open_still))
        for row in open_still:
            if row.reading == asking.reading and row.accounts_needed is not None:
                assert f"{row.accounts_needed:,} accounts at {format_limit(row.limit)}" in note
    assert any(row.outcome == "cannot_tell" for row in asking.verdict.rows)


def test_titles_stand_below_where_there_are_any(result: Result) -> None:
    table = titles_table(result)
    titles = {name: one.title for name, one in result.loaded.scenario.policies.items() if name in PLAIN}
    assert (table is None) == (not any(titles.values()))
    named = load(SMALL, ['policies.open.title="Serve everybody, whoever it is"'])
    table = titles_table(gatesim.run(named, engine="exact", policies=["open"]))
    assert table is not None
    assert table.rows == (("open", "Serve everybody, whoever it is"),)


def test_two_lines_of_a_cell_do_not_make_its_column_wide() -> None:
    """The width of a column is that of its widest line, so that headings are broken to fit it."""
    table = Table(
        "t", (Column("policy", LEFT), Column("entitled needs served")), (("a", "1.0 %\n(0.8-1.3)"),)
    )
    assert whole_width(table) == len("policy") + 2 + len("(0.8-1.3)")


def test_the_title_of_a_chart_tells_chance_from_structure(simulated: Result) -> None:
    """Nobody slips through a gate that cannot leak; through one that can, nobody does in this simulation."""
    found = simulated.policies["open"]
    lucky = replace(found, by={"segment": {s: _without_leaks(m) for s, m in found.by["segment"].items()}})
    parts = {"false_blocks": {"native": Part(1.0, 1.0, 1.0)}, "leaks": {}}
    assert "nobody slips through in this simulation" in _finding(lucky, "open", parts, {})
    shut = replace(lucky, may_leak=False)
    assert _finding(shut, "open", parts, {}).endswith("nobody slips through")


def test_options_say_what_is_asked_then_the_outcome_and_have_the_bounds_beside(result: Result) -> None:
    found = gatesim.options(SMALL, at=result.verdict.date.isoformat(), policies=PLAIN)  # type: ignore[union-attr]
    asked, outcome, *_ = lines(found)
    assert asked.startswith("An order is in force on"), "whose limit the outcome speaks of"
    assert "hutting down is" in outcome
    assert outcome.endswith(f"{BOUND_B}.")
    assert [table.title.split(" ")[0] for table in options_tables(found)] == ["What", "What"]
    assert options_tables(found)[1] == remains_table(found.result)
    assert found.to_dict()["remains"] == found.result.remains.to_dict()  # type: ignore[union-attr]
    before = gatesim.options(SMALL, at="2026-06-10", policies=PLAIN)
    assert len(options_tables(before)) == 1, "nothing is asked before an order is issued"
