"""The commands, as a user calls them."""

import io
import json
import os
import runpy
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from gatesim import __version__
from gatesim.cli.main import COMMANDS, call
from gatesim.cli.options import progress
from gatesim.scenario import shipped
from gatesim.show.extras import install
from tests.scenarios import SMALL

HEAVY = ("numpy", "pandas", "numba", "scipy", "simpy", "pydantic", "altair", "rich")


def gatesim(*args: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gatesim", *args], capture_output=True, text=True, check=False, **more
    )  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def helped() -> dict[str, tuple[list[str], int]]:
    """By command, what is imported once its help has been shown, and the exit code; "" is gatesim itself."""
    code = (
        "import json, sys\n"
        "from gatesim.cli.main import call\n"
        "found = {}\n"
        f"for words in {[[], *([name] for name in COMMANDS)]!r}:\n"
        "    code = call([*words, '--help'])\n"
        f"    found[' '.join(words)] = [name for name in {HEAVY!r} if name in sys.modules], code\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name: tuple(said) for name, said in json.loads(done.stdout.splitlines()[-1]).items()}


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_imports_nothing_heavy(name: str, helped: dict[str, tuple[list[str], int]]) -> None:
    assert helped[name] == ([], 0)


def test_importing_gatesim_imports_nothing_heavy() -> None:
    code = f"import sys, gatesim; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["runn"]) == 2
    assert 'Did you mean "run"?' in capsys.readouterr().err
    assert call(["xyzzy"]) == 2
    assert "Commands: run" in capsys.readouterr().err


def test_a_wrong_option_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", str(SMALL), "--people", "0"]) == 2
    assert "--people" in capsys.readouterr().err
    assert call(["run", str(SMALL), "--engine", "warp"]) == 2
    assert call(["run"]) == 2
    assert call(["--nonsense"]) == 2


def test_a_missing_scenario_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "june-2062"]) == 2
    said = capsys.readouterr().err
    assert "june-2026" in said
    assert "Traceback" not in said


def test_a_wrong_policy_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "june-2026", "--policy", "majorty", "--people", "100"]) == 2
    assert 'nearest: "majority"' in capsys.readouterr().err


@pytest.mark.no_cover  # others cover the same lines
def test_run_prints_the_verdict_first_and_fits_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    few = [word for name in ("majority", "posterior_strict", "licence_check") for word in ("-p", name)]
    assert call(["run", "june-2026", "--people", "100", *few]) == 0
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
    assert call(["run", str(SMALL), "--people", "100", "-p", "open", "-p", "shutdown", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"schema", "scenario", "engine", "policies", "verdict", "timing"} <= set(found)
    assert list(found["policies"]) == ["open", "shutdown"]
    leak = found["policies"]["open"]["leak_rate"]
    assert set(leak) == {"numerator", "denominator", "value", "low", "high"}
    assert leak["value"] == 1.0
    assert found["policies"]["shutdown"]["leak_share"]["value"] is None, "nothing served: undefined, not zero"
    assert found["policies"]["shutdown"]["served_entitled"]["value"] == 0.0


@pytest.mark.no_cover  # others cover the same lines
def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def numbers(seed: str) -> object:
        assert call(["run", str(SMALL), "-p", "any_foreign", "--json", "--seed", seed]) == 0
        return json.loads(capsys.readouterr().out)["policies"]

    assert numbers("5") == numbers("5")
    assert numbers("5") != numbers("6")


def test_set_changes_a_key_and_a_wrong_key_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["check", "june-2026", "--set", "signals.payment.accuracy=0.95", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert any(0.95 in entry["values"].values() for entry in found["rests_on"])
    assert call(["check", "june-2026", "--set", "signals.payment.acuracy=0.95"]) == 2
    assert 'nearest: "accuracy"' in capsys.readouterr().err


def test_a_value_outside_its_plausible_range_warns_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["who", "june-2026", "--set", "documents.home_passport.cost=50.0"]) == 0
    err = capsys.readouterr().err
    assert err.count("warning:") == 1
    assert "documents.home_passport.cost" in err


@pytest.mark.no_cover  # others cover the same lines
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


def test_check_without_a_scenario_lists_those_that_are_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["check"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    names = {line.split()[0] for line in out.splitlines() if line.strip()}
    assert names >= set(shipped())
    assert call(["check", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in found["scenarios"]] == list(shipped())
    assert call(["check", "--keys"]) == 2
    assert "name one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("0.1%", "write 0.001"),
        ("5 %", "write 0.05"),
        ("x%", "such as 0.001 for 0.1 %"),
        ("much", "such as 0.001"),
    ],
)
@pytest.mark.parametrize("words", [("frontier", "--limit"), ("relief", "--limit"), ("relief", "--floor")])
def test_a_share_in_percent_is_told_how_to_be_written(
    words: tuple[str, str], text: str, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, option = words
    assert call([command, str(SMALL), option, text]) == 2
    said = capsys.readouterr().err
    assert option in said
    assert "is no number" in said
    assert how in " ".join(said.split())


def test_a_wrong_order_is_an_error_and_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """What is said of tables of several orders is said where there are some."""
    assert call(["frontier", "two-governments", "--order", "3"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("--order: 3: the scenario has no such order")
    assert call(["frontier", "two-governments", "--limit", "0.01", "-p", "open"]) == 0
    assert "several orders count leaks each by itself" in capsys.readouterr().err


def test_an_extra_is_installed_by_the_python_that_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = tmp_path / "a venv" / "bin" / "python"
    monkeypatch.setattr(sys, "executable", str(made))
    assert install("app") == f"'{made}' -m pip install \"gatesim[app]\""
    monkeypatch.chdir(tmp_path)
    assert install("app") == "'a venv/bin/python' -m pip install \"gatesim[app]\""


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].endswith("2020-12/schema")


def test_the_exact_engine_says_what_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", str(SMALL), "--engine", "exact", "-p", "open", "-p", "any_foreign"]) == 0
    assert "Left out by the exact engine" in capsys.readouterr().out


def test_out_writes_a_whole_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pandas as pd

    target = tmp_path / "results"
    args = [
        "run",
        str(SMALL),
        "--people",
        "100",
        "-p",
        "open",
        "-p",
        "any_foreign",
        "--out",
        str(target),
        "--ledger",
    ]
    assert call(args) == 0
    names = {path.name for path in target.iterdir()}
    assert {"manifest.json", "result.json", "measures.parquet", "daily.parquet"} <= names
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["scenario"]["people"] == 100
    ledger = pd.read_parquet(target / "ledger.any_foreign.0.parquet")
    frame = pd.read_parquet(target / "measures.parquet")
    row = frame.query(
        "policy == 'any_foreign' and measure == 'leak_rate' and by == 'all' and reading == 'person'"
    )
    measured = ledger[ledger.measured & ledger.restricted_person & (ledger.outcome != "pending")]
    served = measured.outcome.isin(["served", "served_late"])
    assert row.denominator.item() == len(measured)
    assert row.numerator.item() == served.sum()
    capsys.readouterr()
    assert call(args) == 2, "the folder exists now"
    assert "is a folder that exists: name a folder that does not exist yet" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_out_never_overwrites(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "there"
    if kind == "folder":
        target.mkdir()
    else:
        target.write_text("mine")
    assert call(["run", str(SMALL), "--people", "20", "--out", str(target)]) == 2
    assert kind in capsys.readouterr().err
    assert target.is_dir() if kind == "folder" else target.read_text() == "mine"


def test_out_below_a_file_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert (
        call(["run", str(SMALL), "--people", "20", "-p", "open", "--out", str(tmp_path / "file" / "x")]) == 1
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
    assert call(["run", str(SMALL), "--people", "20", "-p", "open", "--out", str(tmp_path / "x")]) == 1
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


def test_people_and_values_that_fit_only_together_are_set_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of the file's 300 accounts 100 may not stand for 50."""
    assert call(["run", str(SMALL), "--people", "50", "--set", "represents=50", "-p", "open", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["people"], found["represents"]) == (50, 50)
    assert call(["run", str(SMALL), "--set", "represents=50", "-p", "open"]) == 2
    assert "300 accounts cannot stand for 50" in capsys.readouterr().err


def test_what_the_exact_engine_cannot_do_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", str(SMALL), "--engine", "exact"]) == 2
    assert "policies.careful.clearance = 5d" in capsys.readouterr().err


def test_no_memory_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def too_much(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("gatesim.study.run.run", too_much)
    assert call(["run", str(SMALL)]) == 1
    assert "--people" in capsys.readouterr().err


def test_out_says_where_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "x"
    assert call(["run", str(SMALL), "--people", "20", "-p", "open", "--out", str(target)]) == 0
    assert capsys.readouterr().out.rstrip().endswith(f"Written to {target}")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["-h"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name}" in out for name in COMMANDS)
    assert "gatesim run june-2026" in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    "words", [("frontier", str(SMALL)), ("shutdown-point", str(SMALL), "--vary", "signals.ip.accuracy")]
)
def test_a_chart_without_the_extra_is_refused_before_any_work(
    words: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    assert call([*words, "--chart", str(tmp_path / "x.png")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert 'pip install "gatesim[charts]"' in err
    assert list(tmp_path.iterdir()) == []


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_main_exits_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["gatesim", "runn"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("gatesim", run_name="__main__")
    assert stop.value.code == 2


def test_a_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError

    put: list[tuple[int, int]] = []
    monkeypatch.setattr(sys.modules["gatesim.cli.main"], "cli", closed)
    monkeypatch.setattr(os, "open", lambda *_: 77)
    monkeypatch.setattr(os, "dup2", lambda old, new: put.append((old, new)))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(fileno=lambda: 1))
    assert call([]) == 0
    assert put == [(77, 1)], "what is still to be written goes nowhere"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_progress_on_a_terminal_is_one_line_that_goes_away(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = _Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress() as shown:
        shown(0.1, "too early")
        clock[0] += 3
        shown(0.25, "majority")
        shown(0.26, "too soon after")
        clock[0] += 1
        shown(0.5, "x" * 200)
    said = screen.getvalue()
    assert "too" not in said
    assert "\n" not in said
    assert "\r 25 %  majority" in said
    assert max(len(line) for line in said.split("\r")) <= 79
    assert said.endswith("\r" + " " * 79 + "\r")


def test_progress_in_a_log_is_a_line_now_and_then(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress() as shown:
        clock[0] += 3
        shown(0.25, "majority")
        clock[0] += 3
        shown(0.3, "too soon after")
        clock[0] += 10
        shown(1.0, "open")
    assert capsys.readouterr().err.splitlines() == [" 25 %  majority", "100 %  open"]


def test_quick_work_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as shown:
        shown(0.5, "majority")
    assert capsys.readouterr().err == ""
