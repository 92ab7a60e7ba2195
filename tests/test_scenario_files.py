"""A scenario file says what differs from its base, and nothing in it goes unnoticed."""

import hashlib
import json
import pickle
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gatesim.scenario import ScenarioError, build, load, places, rests_on, seeds, shipped
from gatesim.scenario.files import shipped_titles
from gatesim.scenario.json_schema import json_schema
from tests.scenarios import SMALL, small, small_data

Write = Callable[..., Path]
HEAD = 'schema = 1\nbase = "small.toml"\ntitle = "A variation"\n'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file beside a copy of the small scenario."""
    (tmp_path / "small.toml").write_bytes(SMALL.read_bytes())

    def write(text: str, name: str = "top.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(source: str | Path, *sets: str) -> list[str]:
    """What is wrong, without the folder of the file."""
    with pytest.raises(ScenarioError) as caught:
        load(source, sets)
    assert caught.value.problems
    folder = f"{Path(source).parent}/"
    return [str(problem).replace(folder, "") for problem in caught.value.problems]


def problem(source: str | Path, *sets: str) -> str:
    (only,) = problems(source, *sets)
    return only


def test_a_file_is_read_as_it_stands() -> None:
    loaded = load(SMALL)
    assert loaded.scenario == small()
    assert loaded.data == small_data()
    assert loaded.files == ((str(SMALL), hashlib.sha256(SMALL.read_bytes()).hexdigest()),)
    assert loaded.warnings == ()


def test_the_resolved_data_make_the_same_scenario_again() -> None:
    loaded = load(SMALL, ["people=77"])
    assert build(loaded.data) == loaded.scenario
    assert build(loaded.scenario.model_dump(by_alias=True)) == loaded.scenario


@pytest.mark.parametrize("name", list(shipped()))
@pytest.mark.no_cover  # others cover the same lines
def test_every_shipped_scenario_loads_by_its_name(name: str) -> None:
    loaded = load(name)
    assert loaded.files[-1][0] == f"scenarios/{name}.toml"
    assert loaded.scenario.title


def test_a_wheel_finds_its_data_in_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("seeds", "scenarios"):
        (tmp_path / "gatesim" / "_data" / kind).mkdir(parents=True)
    (tmp_path / "gatesim/_data/scenarios/small.toml").write_bytes(SMALL.read_bytes())
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "gatesim")
    assert list(shipped()) == ["small"]
    assert dict(seeds()) == {}
    assert load("small").scenario == small()


def test_a_shipped_name_that_is_mistyped_brings_the_nearest() -> None:
    assert "no shipped scenario" in problem("june-2027")
    assert '"june-2026"' in problem("june-2027")


def test_where_no_scenario_is_found_it_is_said_what_lists_them() -> None:
    assert problem("zzz").endswith("gatesim check lists all that are shipped")


def test_a_folder_is_no_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its bare name as by a path; a shipped scenario of the same name comes first."""
    for name in ("mine", "june-2026"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    for said in ("mine", "./mine"):
        assert problem(said) == "mine: is a directory, not a scenario file; name a file in it"
    assert load("june-2026").scenario.orders


def test_every_shipped_scenario_is_listed_with_its_title() -> None:
    titles = shipped_titles()
    assert list(titles) == list(shipped())
    assert all(titles.values())
    assert titles["two-governments"] == load("two-governments").scenario.title


def test_a_seed_is_no_scenario() -> None:
    assert "is a seed" in problem("us-2026")


# --- Bases ---


def test_tables_are_merged_and_all_else_is_replaced(write: Write) -> None:
    top = write(HEAD + 'seed = 8\nage_bands = ["5d", "9d"]\n[segments.natives]\ngives_up = 0.3\n')
    loaded = load(top)
    expected = small_data(
        title="A variation", seed=8, age_bands=["5d", "9d"], segments__natives__gives_up=0.3
    )
    assert loaded.data == expected
    assert [Path(file).name for file, _ in loaded.files] == ["small.toml", "top.toml"]


def test_every_value_knows_the_file_that_gave_it(write: Write) -> None:
    top = write(HEAD + "seed = 7\n[segments.natives]\ngives_up = 0.3\ncard = { US = 0.98, other = 0.02 }\n")
    origin = {
        key: Path(file).name for key, file in load(top, ["people=5", "orders.0.grace=1h"]).origin.items()
    }
    assert origin["segments.natives.gives_up"] == "top.toml"
    assert origin["segments.natives.share"] == "small.toml"
    assert origin["people"] == "--set"
    assert origin["orders.0.grace"] == "--set"
    assert origin["orders.0.issued"] == "small.toml"
    # What a file merely repeats still comes from its base.
    assert origin["seed"] == origin["segments.natives.card.US"] == "small.toml"


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("segments.natives.card", {"other": 1.0}),
        ("segments.natives.vpn.exits", {"other": 1.0}),
        ("segments.natives.trips.to", {}),
        ("segments.natives.models", {"old": 1.0}),
        ("signals.ip.accuracy", {"*": 0.9}),
        ("signals.payment.accuracy", {"US": 0.9, "*": 0.8}),
    ],
)
def test_what_is_one_value_is_replaced_whole(write: Write, key: str, table: dict[str, float]) -> None:
    inline = ", ".join(f'"{name}" = {value}' for name, value in table.items())
    text = HEAD + f"{key} = {{ {inline} }}\n"
    if not table:
        text += 'segments.natives.trips.length = "0d"\n'
    data: Any = load(write(text)).data
    for name in key.split("."):
        data = data[name]
    assert data == table


def test_documents_that_people_hold_are_merged(write: Write) -> None:
    card = 'documents.card = { proves = { citizen = "citizen" }, checker = "typical" }\n'
    top = write(HEAD + card + "segments.natives.documents = { card = 0.1 }\n")
    assert load(top).data["segments"]["natives"]["documents"] == {"passport": 0.5, "card": 0.1}


def test_a_policy_of_another_family_keeps_nothing(write: Write) -> None:
    top = write(HEAD + '[policies.careful]\nfamily = "open"\n[policies.ask]\nblock_lasts = "2d"\n')
    policies = load(top).data["policies"]
    assert policies["careful"] == {"family": "open"}
    assert policies["ask"] == {**small_data()["policies"]["ask"], "block_lasts": "2d"}


def test_without_takes_inherited_keys_away(write: Write) -> None:
    top = write(HEAD + 'without = ["policies.careful", "segments.natives.vpn", "orders"]\n')
    loaded = load(top)
    assert "careful" not in loaded.scenario.policies
    assert loaded.scenario.orders == ()
    assert loaded.scenario.segments["natives"].vpn.users == 0
    assert not any(key.startswith("segments.natives.vpn") for key in loaded.origin)


def test_without_and_anew_replaces_a_table_whole(write: Write) -> None:
    top = write(HEAD + 'without = ["policies.ask"]\n[policies.ask]\nfamily = "single"\nsignal = "ip"\n')
    assert load(top).data["policies"]["ask"] == {"family": "single", "signal": "ip"}


def test_without_what_is_not_there_brings_the_nearest_name(write: Write) -> None:
    top = write('schema = 1\nbase = "small.toml"\nwithout = [\n  "desk",\n  "policies.carefull",\n]\n')
    assert problem(top) == (
        'top.toml:5: without.1: "policies.carefull" is not in the base; nearest: "policies.careful"'
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("without = 3", "must be an array of keys"),
        ("without = [3]", "must be a key in quotes"),
        ('without = ["a b"]', "is no key"),
        ('without = ["title.x"]', "is not in the base"),
    ],
)
def test_without_is_a_list_of_keys(write: Write, line: str, message: str) -> None:
    assert message in problem(write(f'schema = 1\nbase = "small.toml"\n{line}\n'))


def test_without_needs_a_base(write: Write) -> None:
    assert "no base" in problem(write('schema = 1\nwithout = ["desk"]\n'))


def test_bases_may_stand_on_bases(write: Write) -> None:
    write('schema = 1\nbase = "small.toml"\ntitle = "Middle"\npeople = 40\n', "middle.toml")
    loaded = load(write('schema = 1\nbase = "middle.toml"\ntitle = "Top"\n'))
    assert loaded.scenario.people == 40
    assert [Path(file).name for file, _ in loaded.files] == ["small.toml", "middle.toml", "top.toml"]


def test_a_circle_of_bases_is_named(write: Write) -> None:
    write('schema = 1\nbase = "top.toml"\n', "other.toml")
    top = write('schema = 1\n\nbase = "other.toml"\n')
    assert problem(top) == (
        "other.toml:2: base: the bases go round in a circle: top.toml -> other.toml -> top.toml"
    )


def test_an_endless_chain_of_bases_is_refused(write: Write) -> None:
    for number in range(30):
        write(f'schema = 1\nbase = "{number + 1}.toml"\n', f"{number}.toml")
    assert "more than 20 files" in problem(write('schema = 1\nbase = "0.toml"\n'))


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ('"us-2025"', 'nearest: "us-2026"'),
        ('"nowhere/x.toml"', "there is no file"),
        ("3", "must be a name or a path in quotes, is 3"),
        ('""', "must be a name"),
        ('"a\\u0000.toml"', "base: holds U+0000"),
    ],
)
def test_a_base_that_is_not_there(write: Write, base: str, message: str) -> None:
    assert message in problem(write(f"schema = 1\nbase = {base}\n"))


def test_a_shipped_seed_serves_as_base_by_its_name(write: Write) -> None:
    top = write('schema = 1\nbase = "us-2026"\ntitle = "x"\npeople = -1\n')
    assert "top.toml:4: people: must be at least 1, is -1" in problems(top)


# --- --set ---


@pytest.mark.parametrize(
    ("one", "key", "value"),
    [
        ("people=12", ("people",), 12),
        ("length=3d", ("length",), 3 * 86_400_000_000),
        ('length="3d"', ("length",), 3 * 86_400_000_000),
        ("orders.0.grace=6h", ("orders", 0, "grace"), 6 * 3_600_000_000),
        ("orders.0.standard.limit=0.25", ("orders", 0, "standard", "limit"), 0.25),
        ("title=What if: a = b", ("title",), "What if: a = b"),
        ("segments.natives.card={other=1.0}", ("segments", "natives", "card"), {"other": 1.0}),
        (
            "signals.payment.accuracy={US=0.9, '*'=0.8}",
            ("signals", "payment", "accuracy"),
            {"US": 0.9, "*": 0.8},
        ),
        ("signals.ip.accuracy=0.5", ("signals", "ip", "accuracy"), 0.5),
        ('"people" = 9', ("people",), 9),
        ("desk.shifts.0.days=['sun']", ("desk", "shifts", 0, "days"), ("sun",)),
        ("policies.new={family='open'}", ("policies", "new", "family"), "open"),
    ],
)
def test_set_changes_one_value(one: str, key: tuple[str | int, ...], value: object) -> None:
    found: Any = load(SMALL, [one]).scenario
    for name in key:
        found = found[name] if isinstance(found, dict | tuple) else getattr(found, str(name))
    assert found == value


def test_set_goes_on_top_of_what_was_set() -> None:
    loaded = load(SMALL, ["people=10", "seed=3"]).with_sets(["people=20"])
    assert (loaded.scenario.people, loaded.scenario.seed) == (20, 3)
    assert loaded.sets == ("people=10", "seed=3", "people=20")
    assert loaded == load(SMALL, loaded.sets)


@pytest.mark.parametrize(
    ("one", "message"),
    [
        ("peple=3", '--set: peple: unknown key; nearest: "people"'),
        ("people", '--set: "people" is no KEY=VALUE'),
        ("a b=3", '--set: "a b" is no key: write names with dots between them, odd ones in quotes'),
        ("=3", '--set: "" is no key: write names with dots between them, odd ones in quotes'),
        ("people=many", '--set: people: must be a whole number, is "many"'),
        ("people=nan", "--set: people: must be a finite number, is nan"),
        ("people=99999999999999999999", "--set: people: is a whole number beyond 64 bits"),
        ("orders.1.grace=1h", '--set: orders.1: this array has no element "1": elements are numbered 0 to 0'),
        ("title.x=1", '--set: title.x: there is no table here but "A small world"; set it whole: title=...'),
        (
            "signals.payment.accuracy.US=0.9",
            "--set: signals.payment.accuracy.US: there is no table here but 0.98; "
            "set it whole: signals.payment.accuracy=...",
        ),
        (
            "segments.natives.card.US=0.9",
            "--set: segments.natives.card: adds up to 0.92: the shares must add up to 1",
        ),
        (
            "segments.natives.share=0.6",
            "--set: segments: the shares of the segments add up to 1.1: they must add up to 1",
        ),
        ("people=[1", '--set: people: "[1" is no valid TOML'),
        ("schema=2", "--set: schema: cannot be set: it belongs into a file"),
        ("base=x", "--set: base: cannot be set: it belongs into a file"),
        (
            "segments.*.vpn.users=0",
            '--set: segments."*".vpn.users: "*" stands for all entries where a key is varied, not where it is set; '
            "name one, such as natives",
        ),
        ("without=[]", "--set: without: cannot be set: it belongs into a file"),
        ("home=EU", '--set: home: there is no region "EU"; nearest: "US"'),
    ],
)
def test_set_is_as_strict_as_a_file(one: str, message: str) -> None:
    assert message in problems(SMALL, one)


def test_set_names_a_segment_that_it_made() -> None:
    found = problems(SMALL, "segments.new.share=0.0")
    assert "--set: segments.new.status: is missing: this key must be given" in found


@pytest.mark.parametrize(
    "one", ["x=" + "9" * 5000, "people=" + "[" * 5000, "a" * 5000 + "=1", ".".join("a" * 900) + "=1"]
)
def test_set_refuses_what_is_out_of_all_bounds(one: str) -> None:
    assert all(len(line) < 400 for line in problems(SMALL, one))


# --- The JSON Schema ---


def as_json(path: Path) -> Any:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return json.loads(json.dumps(data, default=lambda instant: instant.isoformat()))


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", [SMALL, *shipped().values(), *seeds().values()], ids=lambda path: path.stem)
@pytest.mark.no_cover  # others cover the same lines
def test_every_shipped_file_fits_the_json_schema(validator: Any, path: Path) -> None:
    assert [error.message for error in validator.iter_errors(as_json(path))] == []


@pytest.mark.parametrize(
    "text",
    [
        "schema = 2",
        "people = 1",
        "schema = 1\npeople = 0",
        "schema = 1\npeeple = 3",
        "schema = 1\nlength = 30",
        'schema = 1\nlength = "30 days"',
        "schema = 1\n[segments.x]\nshar = 1",
        'schema = 1\n[segments."a b"]\nshare = 1',
        "schema = 1\n[segments.x]\nshare = 1.5",
        'schema = 1\n[policies.x]\nfamily = "magic"',
        'schema = 1\n[policies.x]\nfamily = "open"\nk = 1',
        "schema = 1\n[[orders]]\nmodels = []",
        'schema = 1\n[policies.x]\nfamily = "posterior"\nbeliefs = { people = 3 }',
    ],
)
def test_the_json_schema_refuses_what_load_refuses(validator: Any, text: str) -> None:
    assert list(validator.iter_errors(tomllib.loads(text)))


@pytest.mark.parametrize(
    "text",
    [
        'schema = 1\nbase = "us-2026"\nwithout = ["desk"]',
        'schema = 1\n[policies.x]\nlead_time = "3d"',
        'schema = 1\n[policies.x]\nfamily = "posterior"\nbeliefs = { signals = { ip = { accuracy = 0.9 } } }',
        "schema = 1\n[segments.x]\nvpn = { users = 0.1 }",
    ],
)
def test_the_json_schema_takes_a_file_that_says_only_what_differs(validator: Any, text: str) -> None:
    assert not list(validator.iter_errors(tomllib.loads(text)))


def test_the_json_schema_describes_its_keys() -> None:
    schema = json_schema()
    assert schema["$defs"]["Segment"]["properties"]["card"]["description"].startswith(
        "Region in which the card"
    )
    assert schema["$defs"]["Order"]["properties"]["grace"]["default"] == "0d"
    json.dumps(schema)


MOVES = (
    ["signals.ip.accuracy.US=0.97"],
    ["signals.ip.accuracy.US=0.6"],
    ["people=50", "orders.0.grace=1h"],
    ['assumptions."signals.*.coverage"={title="c", grade="guess", range=[0.1, 0.2]}'],
    ["seed=9"],
    ["policies.open.lead_time=3d", "policies.open.lead_time=0s"],
    ["represents=2000000"],
)


def test_what_is_set_after_something_else_was_is_as_if_it_were_read_anew() -> None:
    one = load(SMALL)
    for sets in MOVES * 2:
        moved, fresh = one.with_sets(sets), load(SMALL, sets)
        assert moved == fresh
        assert list(moved.origin.items()) == list(fresh.origin.items())
        assert moved.warnings == fresh.warnings
        assert rests_on(moved) == rests_on(fresh)
        assert pickle.loads(pickle.dumps(moved)).with_sets(["seed=3"]) == load(SMALL, [*sets, "seed=3"])
    assert one == load(SMALL), "nothing of the base was changed"
    assert any(one.with_sets(sets).warnings for sets in MOVES), "some of them are implausible"


def test_only_the_table_that_is_set_is_read_anew() -> None:
    one = load(SMALL)
    moved = one.with_sets(["signals.ip.accuracy.US=0.97"])
    assert [name for name in one.tables if moved.tables[name] is not one.tables[name]] == ["signals"]
