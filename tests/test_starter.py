"""A file to start from runs as it is, explains itself, and never writes over anything."""

import os
import re
import stat
import tomllib
from pathlib import Path

import pytest

import gatesim
from gatesim.cli.main import call
from gatesim.scenario import ScenarioError, load, shipped
from gatesim.scenario import starter as module
from gatesim.scenario.starter import new, starter

BASES = ["us-2026", *shipped()]


def with_examples(text: str) -> str:
    """The text with its example lines taken out of their comments."""
    return re.sub(r"(?m)^# ((?:\[|[a-z_]+ = ).*)$", r"\1", text)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.no_cover  # others cover the same lines
def test_it_loads_as_it_is(base: str, tmp_path: Path) -> None:
    loaded = load(new(tmp_path / "mine.toml", base=base))
    assert not loaded.warnings
    assert any(file.endswith(f"/{base}.toml") for file, _ in loaded.files)
    assert list(loaded.scenario.policies)


def test_it_runs_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    assert call(["new", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    assert call(["run", str(path), "--engine", "exact"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(load(path).scenario.title)
    assert list(load(path).scenario.policies) == ["open", "majority", "careful", "shutdown"]


def test_on_a_scenario_only_the_new_policy_differs(tmp_path: Path) -> None:
    before = load("june-2026").scenario
    after = load(new(tmp_path / "mine.toml", base="june-2026")).scenario
    assert set(after.policies) - set(before.policies) == {"mine"}
    same = {"policies": before.policies, "title": before.title, "expected": before.expected}
    assert after.model_copy(update=same) == before


@pytest.mark.parametrize("base", ["us-2026", "june-2026"])
@pytest.mark.no_cover  # others cover the same lines
def test_its_examples_work_when_the_mark_is_taken_away(base: str, tmp_path: Path) -> None:
    text = with_examples(starter(base))
    text = text.replace("[signals.NAME]", "[signals.ip]").replace('["NAME"]', '["fable-5"]')
    if base == "us-2026":
        examples = {"signals", "carve_outs", "ends", "sources"}
    else:
        examples = {"without", "signals", "channels", "models", "assumptions"}
    assert all(any(name in line for line in text.splitlines()) for name in examples)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    loaded = load(path)
    assert loaded.scenario.signals["ip"].accuracy != load("june-2026").scenario.signals["ip"].accuracy
    assert text.count("\n# ") < starter(base).count("\n# ")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.no_cover  # others cover the same lines
def test_every_key_is_explained(base: str) -> None:
    """Each key has a comment beside it, on the line before, or stands in a policy like one explained above."""
    lines = starter(base).splitlines()
    explained: set[str] = set()
    for number, line in enumerate(lines):
        key = re.match(r"([a-z_]+) *=", line)
        if key is None:
            continue
        above = lines[number - 1]
        if "#" in line or above.startswith("#") or key[1] in explained or re.match(r"[a-z_]+ *=", above):
            explained.add(key[1])
        else:
            assert re.match(r"\[", above), f"{key[1]} is not explained"
    top = set(tomllib.loads(starter(base)))
    assert {"schema", "base", "title", "expected", "start", "length", "people", "seed"} <= top
    assert {"schema", "base", "title", "expected", "start", "people", "represents", "seed"} <= explained


def test_a_file_that_exists_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("mine", encoding="utf-8")
    assert call(["new", str(path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "mine"
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "nowhere.toml")
    assert call(["new", str(link)]) == 2
    assert not (tmp_path / "nowhere.toml").exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link.toml", "mine.toml"]


def test_whoever_comes_first_keeps_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody writes the file after we looked: theirs stays."""
    path = tmp_path / "mine.toml"
    real = module.starter

    def slow(base: str, file: str) -> str:
        text = real(base, file)
        monkeypatch.setattr(os.path, "lexists", lambda name: False)
        path.write_text("theirs", encoding="utf-8")
        return text

    monkeypatch.setattr(module, "starter", slow)
    with pytest.raises(ScenarioError, match="exists already"):
        new(path)
    assert path.read_text(encoding="utf-8") == "theirs"


def test_nothing_is_left_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        new(tmp_path / "mine.toml")
    assert list(tmp_path.iterdir()) == []


def test_without_links_it_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*args: object, **more: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", none)
    path = gatesim.new(tmp_path / "mine.toml")
    assert path.read_text(encoding="utf-8") == starter(file=str(path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.toml"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("name", "base", "said"),
    [
        ("mine", "us-2026", "ends in .toml"),
        ("not/there.toml", "us-2026", "there is no folder"),
        ("mine.toml", "june-2062", 'nearest: "june-2026"'),
        ("mine.toml", "common", "says nothing of who uses the service"),
    ],
)
def test_wrong_input_is_said(
    name: str, base: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["new", str(tmp_path / name), "--base", base]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
