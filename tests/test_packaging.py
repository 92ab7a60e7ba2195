"""The wheel carries all it needs: it works in an empty folder, and so does an editable install."""

import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from gatesim._version import __version__

ROOT = Path(__file__).resolve().parent.parent
FLAGSHIP = ["run", "june-2026", "--people", "2000", "--json"]
A_FEW = ["run", "june-2026", "--people", "40", "--json"]


def run(*command: str | Path, cwd: Path, home: Path | None = None, **more: str) -> str:
    """Run a command without the caller's Python settings but those in ``more``; its standard output."""
    kept = {"PATH", "LANG", "TMPDIR", "SYSTEMROOT"} | (set() if home else {"HOME"})
    env = {name: value for name, value in os.environ.items() if name in kept}
    if home:
        env["HOME"] = str(home)
    env |= more
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and the wheel that was made from it."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return out


def shipped(folder: str) -> set[str]:
    return {path.name for path in (ROOT / folder).glob("*.toml")}


@pytest.mark.parametrize("folder", ["seeds", "scenarios"])
def test_wheel_and_source_archive_hold_every_seed_and_scenario(dist: Path, folder: str) -> None:
    (wheel,) = dist.glob("*.whl")
    (source,) = dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {Path(n) for n in archive.namelist()}
    with tarfile.open(source) as archive:
        in_source = {Path(*Path(n).parts[1:]) for n in archive.getnames()}
    assert shipped(folder)
    assert {Path("gatesim/_data", folder, name) for name in shipped(folder)} <= in_wheel
    assert {Path(folder, name) for name in shipped(folder)} <= in_source
    assert Path("gatesim/py.typed") in in_wheel
    assert {path.parts[0] for path in in_wheel} == {"gatesim", f"gatesim-{__version__}.dist-info"}


# In an empty home the fast engine is compiled first, for about a minute: with the compiler off its code runs as it is.
@pytest.mark.parametrize(
    ("command", "compiler"),
    [
        pytest.param(A_FEW, {"NUMBA_DISABLE_JIT": "1"}, id="compiler off"),
        pytest.param(FLAGSHIP, {}, id="compiled", marks=pytest.mark.slow),
    ],
)
def test_wheel_in_an_empty_folder_runs_the_flagship(
    command: list[str], compiler: dict[str, str], dist: Path, tmp_path: Path
) -> None:
    (wheel,) = dist.glob("*.whl")
    room, folder, home = tmp_path / "venv", tmp_path / "folder", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    venv.create(room, with_pip=False)
    python = room / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(room)}))
    run(
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python),
        *("install", "--quiet", "--no-index", "--no-deps", wheel),
        cwd=folder,
    )
    # The libraries are those of this environment. A line of a .pth file adds a folder, not the .pth files
    # in it, so an editable gatesim there stays out of sight.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")

    where = run(python, "-c", "import gatesim; print(gatesim.__file__)", cwd=folder, home=home).strip()
    assert Path(where).is_relative_to(site)
    assert "verdict" in json.loads(run(room / "bin" / "gatesim", *command, cwd=folder, home=home, **compiler))
    assert not list(folder.iterdir())


def test_editable_install_runs_the_flagship_from_anywhere(tmp_path: Path) -> None:
    origin = importlib.metadata.distribution("gatesim").read_text("direct_url.json")
    if origin is None or not json.loads(origin).get("dir_info", {}).get("editable"):
        pytest.skip("gatesim is not installed editable here; `make test` does so")
    gatesim = Path(sysconfig.get_path("scripts"), "gatesim")
    where = run(sys.executable, "-c", "import gatesim; print(gatesim.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(ROOT)
    assert "verdict" in json.loads(run(gatesim, *FLAGSHIP, cwd=tmp_path))
