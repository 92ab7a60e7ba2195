"""Every number that a scenario rests on is listed once, with its grade; the implausible brings a warning."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatesim.scenario import Input, ScenarioError, count_guesses, load, rests_on, set_words, shipped
from gatesim.scenario.errors import dotted
from gatesim.scenario.keys import leaves, parse_key
from gatesim.scenario.schema import SCHEMA
from tests.scenarios import SMALL

Make = Callable[..., Any]
PASS_RATE = """
[assumptions."segments.*.gives_up"]
title = "People who give up"
unit = "share"
range = [0.1, 0.5]
limits = [0.0, 0.9]
grade = "reported"
sources = ["a survey"]
"""


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Load the small scenario with lines added to it, below one that builds on it, with values set."""

    def make(below: str, above: str = "", *sets: str) -> Any:
        (tmp_path / "base.toml").write_text(SMALL.read_text(encoding="utf-8") + below, encoding="utf-8")
        top = tmp_path / "top.toml"
        top.write_text(f'schema = {SCHEMA}\nbase = "base.toml"\n{above}', encoding="utf-8")
        return load(top, sets)

    return make


def found(loaded: Any, key: str) -> Input:
    (only,) = [entry for entry in rests_on(loaded) if entry.key == key]
    return only


def plain(loaded: Any) -> list[str]:
    """The warnings without the folder."""
    folder = f"{Path(loaded.files[-1][0]).parent}/"
    return [warning.replace(folder, "") for warning in loaded.warnings]


@pytest.mark.parametrize("name", ["small", *shipped()])
@pytest.mark.no_cover  # others cover the same lines
def test_every_number_of_the_data_stands_in_exactly_one_input(name: str) -> None:
    loaded = load(SMALL if name == "small" else name)
    listed = [key for entry in rests_on(loaded) for key in entry.values]
    assert len(listed) == len(set(listed))
    numbers = {
        dotted(path)
        for path, value in leaves(loaded.data)
        if isinstance(value, int | float) and not isinstance(value, bool) and path[0] != "assumptions"
    }
    sizes = {"people", "represents", "seed", "schema"}
    assert numbers - sizes <= set(listed)
    assert {"segments.*.card", "schema"}.isdisjoint(listed)


def test_an_assumption_vouches_for_the_values_that_it_covers() -> None:
    accuracy = found(load(SMALL), "signals.*.accuracy")
    assert accuracy.title == "How often a signal is right"
    assert accuracy.values == {
        "signals.ip.accuracy.US": 0.985,
        "signals.ip.accuracy.other": 0.99,
        "signals.payment.accuracy": 0.98,
    }
    assert (accuracy.grade, accuracy.range, accuracy.limits) == ("proxy", (0.95, 0.995), (0.5, 1.0))
    assert accuracy.origin == str(SMALL)
    assert not accuracy.overridden


def test_what_nothing_covers_is_a_guess_under_its_key() -> None:
    inputs = {entry.key: entry for entry in rests_on(load(SMALL))}
    assert inputs["segments.*.card"].grade == "guess"
    assert inputs["segments.*.card"].title == "segments.*.card"
    assert len(inputs["segments.*.card"].values) == 6
    assert inputs["segments.*.trips.every"].values == {"segments.natives.trips.every": "60d"}
    assert inputs["desk.shifts.*.reviewers"].values == {"desk.shifts.0.reviewers": 4}
    assert inputs["policies.*.lead_time"].grade == "guess"


def test_what_somebody_sets_by_nature_is_a_choice() -> None:
    inputs = {entry.key: entry.grade for entry in rests_on(load(SMALL))}
    for key in ("policies.*.check_above", "orders.*.standard.limit", "verdict.floor", "age_bands"):
        assert inputs[key] == "choice"


def test_guesses_are_counted_among_what_is_no_choice() -> None:
    inputs = rests_on(load(SMALL))
    guesses, uncertain = count_guesses(inputs)
    assert uncertain == sum(entry.grade != "choice" for entry in inputs)
    assert guesses == uncertain - 1  # all but the accuracy of signals


@pytest.mark.parametrize(
    ("general", "special"),
    [
        ("segments.*.vpn", "segments.*.vpn.users"),
        ("segments.*.vpn.users", "segments.natives.vpn.users"),
        ("segments.natives", "segments.*.vpn"),
        ("*.natives.vpn.users", "segments.*.vpn.users"),
        ("segments", "segments.natives"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_most_specific_pattern_wins(make: Make, general: str, special: str, swapped: bool) -> None:
    keys = [special, general] if swapped else [general, special]
    loaded = make("".join(f'[assumptions."{key}"]\ntitle = "x"\ngrade = "guess"\n' for key in keys))
    assert "segments.natives.vpn.users" in found(loaded, special).values


def test_a_pattern_may_name_odd_keys(make: Make) -> None:
    loaded = make(
        '[assumptions."signals.ip.accuracy.*"]\ntitle = "x"\ngrade = "guess"\n',
        'signals.ip.accuracy = { US = 0.97, "*" = 0.98 }\n',
    )
    values = [entry.values for entry in rests_on(loaded) if entry.key == "signals.ip.accuracy.*"]
    assert values == [{"signals.ip.accuracy.US": 0.97, 'signals.ip.accuracy."*"': 0.98}]


# --- Overridden values ---


def test_a_value_changed_above_its_assumption_is_a_choice(make: Make) -> None:
    loaded = make(PASS_RATE, "segments.natives.gives_up = 0.3\nsegments.visitors.gives_up = 0.2\n")
    entry = found(loaded, "segments.*.gives_up")
    assert (entry.grade, entry.sources, entry.overridden) == ("choice", (), True)
    assert entry.values == {"segments.natives.gives_up": 0.3, "segments.visitors.gives_up": 0.2}
    assert entry.origin.endswith("top.toml")


def test_a_value_set_on_the_command_line_is_a_choice(make: Make) -> None:
    entry = found(make(PASS_RATE, "", "segments.natives.gives_up=0.3"), "segments.*.gives_up")
    assert (entry.grade, entry.origin, entry.overridden) == ("choice", "--set", True)


def test_a_number_set_in_place_of_a_table_is_a_choice_and_outputs_say_why_fewer_are_counted() -> None:
    """It takes the place of what three assumptions say, so that these are gone; it is no guess itself."""
    loaded = load("june-2026")
    plain = count_guesses(rests_on(loaded))
    assert set_words(rests_on(loaded)) == ""
    one = loaded.with_sets(["signals.ip.accuracy.US=0.97"])
    assert count_guesses(rests_on(one)) == (plain[0], plain[1] - 1)
    assert set_words(rests_on(one)) == "One number that was set (--set) is a choice, and no longer counted."
    for set_ in ("people=20000", "seed=3", "verdict.floor=0.4", "orders.0.standard.limit=0.02"):
        other = loaded.with_sets([set_])
        assert count_guesses(rests_on(other)) == plain, "a choice in place of a choice"
        assert set_words(rests_on(other)) == "", set_
    whole = loaded.with_sets(["signals.ip.accuracy=0.97", "signals.ip.coverage=0.99"])
    entry = found(whole, "signals.ip.accuracy")
    assert (entry.grade, entry.overridden, entry.origin) == ("choice", True, "--set")
    assert count_guesses(rests_on(whole))[0] <= plain[0]
    assert set_words(rests_on(whole)).startswith("2 numbers that were set (--set) are choices")


def test_values_that_were_not_changed_keep_their_grade(make: Make) -> None:
    entries = [
        entry
        for entry in rests_on(make(PASS_RATE, "segments.visitors.gives_up = 0.3\n"))
        if entry.key == "segments.*.gives_up"
    ]
    assert {(tuple(entry.values), entry.grade) for entry in entries} == {
        (("segments.natives.gives_up",), "reported"),
        (("segments.visitors.gives_up",), "choice"),
    }


def test_a_value_that_is_repeated_is_not_changed(make: Make) -> None:
    entry = found(make(PASS_RATE, "segments.natives.gives_up = 0.2\n"), "segments.*.gives_up")
    assert (entry.grade, entry.overridden) == ("reported", False)


def test_a_file_that_restates_the_assumption_vouches_for_its_own_value(make: Make) -> None:
    above = "segments.natives.gives_up = 0.3\n" + PASS_RATE.replace("reported", "measured")
    entry = found(make(PASS_RATE, above), "segments.*.gives_up")
    assert (entry.grade, entry.sources, entry.overridden) == ("measured", ("a survey",), False)
    # Also where it restates it word for word.
    entry = found(make(PASS_RATE, "segments.natives.gives_up = 0.3\n" + PASS_RATE), "segments.*.gives_up")
    assert (entry.grade, entry.overridden) == ("reported", False)


# --- Ranges and limits ---


def test_a_plausible_value_brings_no_warning(make: Make) -> None:
    assert make(PASS_RATE).warnings == ()


def test_each_value_outside_its_plausible_range_brings_one_warning(make: Make) -> None:
    above = "[segments.natives]\ngives_up = 0.6\n[segments.visitors]\ngives_up = 0.05\n"
    assert plain(make(PASS_RATE, above)) == [
        "top.toml:4: segments.natives.gives_up: 0.6 is outside its plausible range, 0.1 to 0.5 share "
        "(People who give up; reported)",
        "top.toml:6: segments.visitors.gives_up: 0.05 is outside its plausible range, 0.1 to 0.5 share "
        "(People who give up; reported)",
    ]


def test_a_warning_names_what_was_set(make: Make) -> None:
    (warning,) = make(PASS_RATE, "", "segments.natives.gives_up=0.7").warnings
    assert warning.startswith("--set: segments.natives.gives_up: 0.7 is outside its plausible range")


@pytest.mark.parametrize("value", [0.1, 0.5])
def test_the_ends_of_a_range_are_in_it(make: Make, value: float) -> None:
    assert make(PASS_RATE, "", f"segments.natives.gives_up={value}").warnings == ()


def test_a_value_outside_its_hard_limits_is_an_error(make: Make) -> None:
    with pytest.raises(
        ScenarioError, match=r"--set: segments.natives.gives_up: 0.95 is outside its limits, 0 to 0.9"
    ):
        make(PASS_RATE, "", "segments.natives.gives_up=0.95")


@pytest.mark.parametrize(
    ("unit", "bounds", "fits"),
    [
        ("minutes", "[5, 7]", True),
        ("minutes a review", "[5, 7]", True),
        ("m", "[6, 6]", True),
        ("hours", "[0.1, 0.1]", True),
        ("hours", "[5, 7]", False),
        ("seconds", "[359, 361]", True),
        ("days", "[0, 0.004]", False),
    ],
)
def test_a_duration_is_compared_in_the_unit_of_its_assumption(
    make: Make, unit: str, bounds: str, fits: bool
) -> None:
    known = f'[assumptions."desk.service"]\ntitle = "x"\nunit = "{unit}"\nrange = {bounds}\ngrade = "guess"\n'
    assert (make(known).warnings == ()) is fits


def test_forever_is_outside_every_range(make: Make) -> None:
    known = '[assumptions."desk.patience"]\ntitle = "x"\nunit = "days"\nrange = [0, 1e9]\ngrade = "guess"\n'
    assert make(known).warnings == ()
    assert len(make(known, "", "desk.patience=forever").warnings) == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            '[assumptions."desk.service"]\ntitle = "x"\nrange = [1, 2]\ngrade = "guess"\n',
            "write the unit as seconds",
        ),
        (
            '[assumptions."desk.sevice"]\ntitle = "x"\ngrade = "guess"\n',
            'no scenario has the key "sevice" there; nearest: "service"',
        ),
        ('[assumptions."segments.*.vpn.user"]\ntitle = "x"\ngrade = "guess"\n', 'nearest: "users"'),
        ('[assumptions."orders.*.grac"]\ntitle = "x"\ngrade = "guess"\n', 'nearest: "grace"'),
        ('[assumptions."policies.*.block_abov"]\ntitle = "x"\ngrade = "guess"\n', 'nearest: "block_above"'),
        ('[assumptions."desk..service"]\ntitle = "x"\ngrade = "guess"\n', "is no key"),
        ('[assumptions.""]\ntitle = "x"\ngrade = "guess"\n', "is no key"),
        (
            '[assumptions."verdict.floor"]\ntitle = "x"\ngrade = "measured"\n',
            'the grade "measured" needs a source',
        ),
        (
            '[assumptions."verdict.floor"]\ntitle = "x"\nrange = [0, 2]\nlimits = [0, 1]\ngrade = "guess"\n',
            "outside the hard limits",
        ),
        (
            '[assumptions."verdict.floor"]\ntitle = "x"\nrange = [0, 1]\nshape = '
            '"loguniform"\ngrade = "guess"\n',
            "begins above zero",
        ),
        (
            '[assumptions."verdict.floor"]\ntitle = "x"\ngrade = "sure"\n',
            '"sure" is none of the values allowed',
        ),
    ],
)
def test_an_assumption_that_can_hold_for_nothing_is_an_error(make: Make, lines: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        make(lines)
    assert message in str(caught.value)
    assert "base.toml:" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("signals.*.accuracy", ("signals", "*", "accuracy")),
        ("*.title", ("*", "title")),
        ("signals . * . accuracy", ("signals", "*", "accuracy")),
        ('assumptions."signals.*.accuracy".grade', ("assumptions", "signals.*.accuracy", "grade")),
        ("assumptions.'*.share'.title", ("assumptions", "*.share", "title")),
    ],
)
def test_a_star_is_a_name_and_one_in_quotes_is_left_alone(text: str, names: tuple[str, ...]) -> None:
    assert parse_key(text) == names


def test_an_assumption_can_be_stated_anew_from_outside() -> None:
    sets = ['assumptions."signals.*.accuracy".grade="guess"', "signals.ip.accuracy=0.97"]
    (known,) = [one for one in rests_on(load(SMALL, sets)) if one.key == "signals.*.accuracy"]
    assert known.grade == "guess", "whoever states it anew vouches for the value"
    assert not known.overridden
