"""The commands, as a user calls them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatesim.cli.main import COMMANDS, call
from tests.scenarios import SMALL

HEAVY = ("numpy", "pandas", "numba", "scipy", "simpy", "pydantic", "altair", "rich")


def gatesim(*args: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gatesim", *args], capture_output=True, text=True, check=False, **more
    )  # type: ignore[call-overload]


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS)])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    code = (
        "import sys\n"
        "from gatesim.cli.main import call\n"
        f"code = call([*{words!r}, '--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_importing_gatesim_imports_nothing_heavy() -> None:
    code = f"import sys, gatesim; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["runn"]) == 2
    assert 'Did you mean "run"?' in capsys.readouterr().err
    assert call(["frobnicate"]) == 2
    assert "Commands: run" in capsys.readouterr().err


def test_a_wrong_option_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", str(SMALL), "--people", "0"]) == 2
    assert "--people" in capsys.readouterr().err
    assert call(["run", str(SMALL), "--engine", "warp"]) == 2


def test_a_missing_scenario_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "june-2062"]) == 2
    said = capsys.readouterr().err
    assert "june-2026" in said
    assert "Traceback" not in said


def test_a_wrong_policy_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "june-2026", "--policy", "majorty", "--people", "100"]) == 2
    assert 'nearest: "majority"' in capsys.readouterr().err


def test_run_prints_the_verdict_first_and_fits_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "june-2026", "--people", "200"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].startswith("June 2026")
    assert (
        out.index("Reading the order as")
        < out.index("Each policy")
        < out.index("Which listed policy complies")
    )
    assert max(len(line.rstrip()) for line in lines) <= 100
    assert "\x1b" not in out
    assert "is not legal advice" in " ".join(out.split())


def test_run_prints_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "june-2026", "--people", "200", "-p", "open", "-p", "shutdown", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"schema", "scenario", "engine", "policies", "verdict", "timing"} <= set(found)
    assert list(found["policies"]) == ["open", "shutdown"]
    leak = found["policies"]["open"]["leak_rate"]
    assert set(leak) == {"numerator", "denominator", "value", "low", "high"}
    assert leak["value"] == 1.0
    assert found["policies"]["shutdown"]["leak_share"]["value"] is None, "nothing served: undefined, not zero"
    assert found["policies"]["shutdown"]["served_entitled"]["value"] == 0.0


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def numbers(seed: str) -> object:
        assert call(["run", "june-2026", "--people", "300", "-p", "majority", "--json", "--seed", seed]) == 0
        return json.loads(capsys.readouterr().out)["policies"]

    assert numbers("5") == numbers("5")
    assert numbers("5") != numbers("6")


def test_set_changes_a_key_and_a_wrong_key_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["check", "june-2026", "--set", "signals.payment.accuracy=0.95", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert any(0.95 in entry["values"].values() for entry in found["rests_on"])
    assert call(["check", "june-2026", "--set", "signals.paymnt.accuracy=0.95"]) == 2
    assert "payment" in capsys.readouterr().err


def test_a_value_outside_its_plausible_range_warns_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["who", "june-2026", "--set", "documents.home_passport.cost=50.0"]) == 0
    err = capsys.readouterr().err
    assert err.count("warning:") == 1
    assert "documents.home_passport.cost" in err


def test_who_lists_segments_and_readings(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["who", "june-2026", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    by_name = {row["segment"]: row for row in found["segments"]}
    permanent = by_name["permanent"]["readings"]
    assert permanent["national"]["share_of_needs"] == 1.0
    assert permanent["person"]["share_of_needs"] == 0.0
    assert 0 < permanent["person_or_destination"]["share_of_needs"] < 0.05
    assert call(["who", "june-2026"]) == 0
    assert "without_status" in capsys.readouterr().out


def test_check_says_what_a_scenario_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["check", "june-2026"]) == 0
    out = capsys.readouterr().out
    assert "inputs are guesses." in out
    assert "Pew Research 2025" in out.replace("\n", " ")


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].endswith("2020-12/schema")


def test_the_exact_engine_says_what_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "june-2026", "--engine", "exact", "-p", "majority", "-p", "passport_check"]) == 0
    assert "Left out by the exact engine" in capsys.readouterr().out


def test_out_writes_a_whole_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pandas as pd

    target = tmp_path / "results"
    args = [
        "run",
        "june-2026",
        "--people",
        "200",
        "-p",
        "open",
        "-p",
        "majority",
        "--out",
        str(target),
        "--ledger",
    ]
    assert call(args) == 0
    names = {path.name for path in target.iterdir()}
    assert {"manifest.json", "result.json", "measures.parquet", "daily.parquet"} <= names
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["scenario"]["people"] == 200
    ledger = pd.read_parquet(target / "ledger.majority.0.parquet")
    frame = pd.read_parquet(target / "measures.parquet")
    row = frame.query(
        "policy == 'majority' and measure == 'leak_rate' and by == 'all' and reading == 'person'"
    )
    measured = ledger[ledger.measured & ledger.restricted]
    served = measured.outcome.isin(["served", "served_late"])
    assert row.denominator.item() == len(measured)
    assert row.numerator.item() == served.sum()
    assert call(args) == 2, "the folder exists now"
    assert "names a folder" in capsys.readouterr().err.replace("name a folder", "names a folder")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_out_never_overwrites(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "there"
    if kind == "folder":
        target.mkdir()
    else:
        target.write_text("mine")
    assert call(["run", "june-2026", "--people", "100", "--out", str(target)]) == 2
    assert kind in capsys.readouterr().err
    assert target.is_dir() if kind == "folder" else target.read_text() == "mine"


def test_out_below_a_file_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert (
        call(["run", "june-2026", "--people", "100", "-p", "open", "--out", str(tmp_path / "file" / "x")])
        == 1
    )
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "file" in said


def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "measures.parquet")

    monkeypatch.setattr("gatesim.study.store.write_table", full)
    assert call(["run", "june-2026", "--people", "100", "-p", "open", "--out", str(tmp_path / "x")]) == 1
    assert "No space left" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m gatesim check june-2026 | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("June 2026")
    assert done.stderr == ""


def test_ledger_needs_a_folder_and_a_simulation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "june-2026", "--ledger"]) == 2
    assert "--out" in capsys.readouterr().err
    assert call(["run", "june-2026", "--ledger", "--engine", "exact", "--out", str(tmp_path / "x")]) == 2


def test_an_interrupt_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gatesim.study.run.run", stop)
    assert call(["run", "june-2026"]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_a_defect_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("gatesim.study.run.run", broken)
    with pytest.raises(ZeroDivisionError):
        call(["run", "june-2026"])


def test_it_runs_as_a_module_from_an_empty_folder(tmp_path: Path) -> None:
    done = gatesim("--version", cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert done.returncode == 0
    assert done.stdout.startswith("gatesim")
