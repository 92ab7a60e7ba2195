"""Gates from outside: installed or handed over, in all engines, and held to the shape of tables."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatesim
from gatesim.cli.main import call
from gatesim.scenario import ScenarioError
from gatesim.scenario.types import FOREVER
from tests.scenarios import SMALL

EXAMPLE = Path(__file__).resolve().parent / "plugin_example"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example package, as an installer would lay it out, in a folder of its own."""
    folder = tmp_path / "site"
    shutil.copytree(EXAMPLE, folder)
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    yield folder
    sys.modules.pop("gatesim_example_gate", None)


def with_policy(tmp_path: Path, plug_in: str = "mine", more: str = "") -> Path:
    path = tmp_path / "with.toml"
    policy = f'\n[policies.outside]\nfamily = "plug_in"\nplug_in = "{plug_in}"\n{more}\n'
    path.write_text(SMALL.read_text(encoding="utf-8") + policy, encoding="utf-8")
    return path


def readings(source: Path, policy: str, **given: Any) -> dict[str, Any]:
    """What is found for a policy under each reading."""
    found = gatesim.run(source, policies=[policy], **given).to_dict()
    return {reading: policies[policy] for reading, policies in found["readings"].items()}


def any_foreign(parameters: dict[str, Any], context: Any) -> np.ndarray:
    """What the family ``k_of_n`` does with k = "any", written out again."""
    table = np.zeros(context.space.shape, dtype=int)
    for cell in range(context.space.size):
        parts = context.space.parts(cell)
        read = [names[n] for names, n in zip(context.space.readings, parts, strict=False)]
        table.flat[cell] = 2 if any(name != context.home for name in read) else 0
    return table


@pytest.mark.parametrize("engine", ["exact", "fast", "reference"])
@pytest.mark.no_cover  # others cover the same lines
def test_a_gate_handed_to_the_api_is_what_the_family_is(tmp_path: Path, engine: str) -> None:
    path = with_policy(tmp_path)
    own = (
        '\n[policies.house]\nfamily = "k_of_n"\nsignals = ["ip", "form"]\nk = "any"\n'
        if "[signals.form]" in SMALL.read_text(encoding="utf-8")
        else f'\n[policies.house]\nfamily = "k_of_n"\nsignals = {signals()}\nk = "any"\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + own, encoding="utf-8")
    size = {} if engine == "exact" else {"people": 150}
    outside = readings(path, "outside", engine=engine, plugins={"mine": any_foreign}, **size)
    assert outside == readings(path, "house", engine=engine, **size)


def signals() -> str:
    import json

    return json.dumps(list(gatesim.load(SMALL).scenario.signals))


@pytest.mark.parametrize("engine", ["exact", "fast", "reference"])
@pytest.mark.no_cover  # others cover the same lines
def test_an_installed_package_is_found(tmp_path: Path, installed: Path, engine: str) -> None:
    path = with_policy(tmp_path, "worst_cells", "parameters = { above = 0.3 }")
    path.write_text(
        path.read_text(encoding="utf-8") + '\n[policies.house]\nfamily = "posterior"\nblock_above = 0.3\n',
        encoding="utf-8",
    )
    size = {} if engine == "exact" else {"people": 150}
    assert readings(path, "outside", engine=engine, **size) == readings(path, "house", engine=engine, **size)


@pytest.mark.no_cover  # others cover the same lines
def test_worker_processes_get_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gatesim.study import simulate

    monkeypatch.setattr(simulate, "WORTH_A_PROCESS", 1)
    path = with_policy(tmp_path)

    def no_process_could_get_me(parameters: dict[str, Any], context: Any) -> np.ndarray:
        return any_foreign(parameters, context)

    plugins = {"mine": no_process_could_get_me}
    given: dict[str, Any] = {"engine": "reference", "people": 40, "reps": 2, "plugins": plugins}
    assert readings(path, "outside", workers=2, **given) == readings(path, "outside", workers=1, **given)


def test_parameters_and_durations_reach_the_gate(tmp_path: Path, installed: Path) -> None:
    many, few = (
        readings(
            with_policy(tmp_path, "trusting", f"parameters = {{ need = {need} }}"), "outside", engine="exact"
        )["person"]["measures"]["served_entitled"]["value"]
        for need in (2, 1)
    )
    assert many < few

    def blocks_for_good(parameters: dict[str, Any], context: Any) -> gatesim.Decisions:
        return gatesim.Decisions(any_foreign(parameters, context), durations={"blocked": FOREVER})

    lasting = with_policy(tmp_path, "mine", 'block_lasts = "forever"')
    by_policy = readings(lasting, "outside", engine="exact", plugins={"mine": any_foreign})
    plain = with_policy(tmp_path)
    assert readings(plain, "outside", engine="exact", plugins={"mine": blocks_for_good}) == by_policy
    assert readings(plain, "outside", engine="exact", plugins={"mine": any_foreign}) != by_policy


def _raises(parameters: Any, context: Any) -> Any:
    raise KeyError("above")


def _quits(parameters: Any, context: Any) -> Any:
    raise ZeroDivisionError("division by zero")


def _says_much(parameters: Any, context: Any) -> Any:
    raise ValueError("two\nlines")


WRONG: dict[str, tuple[Any, str]] = {
    "raises": (_raises, "failed with KeyError"),
    "divides": (_quits, r"failed with ZeroDivisionError: division by zero, test_plugins.py:\d+$"),
    "exits": (lambda p, c: sys.exit(3), "failed with SystemExit: 3"),
    "two lines": (_says_much, "failed with ValueError: two lines, test_plugins"),
    "nan": (lambda p, c: np.full(c.space.size, np.nan), "has NaN in .* cells; 0 is allow, 1 check, 2 block"),
    "small": (lambda p, c: np.zeros(3), r"has the shape \(3,\)"),
    "large": (lambda p, c: np.zeros((c.space.size, 2)), "has the shape"),
    "words": (lambda p, c: ["allow"] * c.space.size, "is no array of numbers"),
    "ragged": (lambda p, c: [[0], [0, 1]], "is no array of numbers"),
    "nothing": (lambda p, c: None, "is no array of numbers|has the shape"),
    "action": (lambda p, c: np.full(c.space.size, 7), "has the action 7"),
    "half": (lambda p, c: np.full(c.space.size, 0.5), "has the action 0.5"),
    "state": (
        lambda p, c: gatesim.Decisions(np.zeros(c.space.size), cleared=np.zeros(2)),
        "its table cleared has the shape",
    ),
    "time": (
        lambda p, c: gatesim.Decisions(np.zeros(c.space.size), durations={"blocked": -1}),
        "its duration of blocked is -1",
    ),
    "unit": (
        lambda p, c: gatesim.Decisions(np.zeros(c.space.size), durations={"blocked": "1d"}),
        "its duration of blocked",
    ),
    "name": (
        lambda p, c: gatesim.Decisions(np.zeros(c.space.size), durations={"bloked": 1}),
        'a duration for "bloked"',
    ),
    "papers": (lambda p, c: np.ones(c.space.size), "accepts no documents"),
    "no function": (7, "is no function"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_a_plug_in_gets_wrong_is_said_by_its_name(tmp_path: Path, case: str) -> None:
    plug_in, says = WRONG[case]
    with pytest.raises(ScenarioError, match=says) as caught:
        gatesim.run(with_policy(tmp_path), policies=["outside"], engine="exact", plugins={"mine": plug_in})
    path = with_policy(tmp_path)
    line = 1 + path.read_text(encoding="utf-8").splitlines().index('plug_in = "mine"')
    assert str(caught.value).startswith(f'{path}:{line}: policies.outside.plug_in: plug-in "mine": ')


@pytest.mark.parametrize("name", ["mine", "trustin"])
def test_the_command_says_that_there_is_none(
    tmp_path: Path, installed: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert call(["run", str(with_policy(tmp_path, name)), "-p", "outside", "--engine", "exact"]) == 2
    said = capsys.readouterr().err
    assert "with.toml:" in said
    assert f'policies.outside.plug_in: plug-in "{name}"' in said
    assert "Traceback" not in said
    assert name != "trustin" or "trusting" in said


def test_what_is_set_from_outside_is_placed_there(capsys: pytest.CaptureFixture[str]) -> None:
    plug_in = 'policies.outside={ family = "plug_in", plug_in = "mine" }'
    assert call(["run", str(SMALL), "-p", "outside", "--engine", "exact", "--set", plug_in]) == 2
    assert capsys.readouterr().err.startswith(
        '--set: policies.outside.plug_in: plug-in "mine": there is none'
    )
    with pytest.raises(ScenarioError, match=r'^--set: policies\.outside\.plug_in: plug-in "mine": there is'):
        gatesim.run(SMALL, sets=[plug_in], policies=["outside"], engine="exact")


def test_a_package_that_cannot_be_imported_is_named(
    tmp_path: Path, installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (installed / "gatesim_example_gate.py").write_text("import no_such_module\n", encoding="utf-8")
    assert call(["run", str(with_policy(tmp_path, "trusting")), "-p", "outside", "--engine", "exact"]) == 2
    assert "cannot be loaded: ModuleNotFoundError" in capsys.readouterr().err


def test_handed_gates_are_forgotten_after_the_run(tmp_path: Path) -> None:
    path = with_policy(tmp_path)
    gatesim.run(path, policies=["outside"], engine="exact", plugins={"mine": any_foreign})
    with pytest.raises(ScenarioError, match="there is none of this name"):
        gatesim.run(path, policies=["outside"], engine="exact")
