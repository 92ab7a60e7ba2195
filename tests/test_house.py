"""The house keeps its own rules: one version, lock files for any machine."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

from gatesim._version import __version__

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["run", "dev", "bench"]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def locked(lock: str) -> dict[str, str]:
    """Name -> version of every package in a lock file."""
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", text(f"requirements/{lock}.txt"), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower().replace("_", "-") for line in requirements}


def test_version_has_one_source() -> None:
    assert importlib.metadata.version("gatesim") == __version__
    entries = re.findall(r"^## \[(.+?)\]", text("CHANGELOG.md"), re.MULTILINE)
    assert next(entry for entry in entries if entry != "Unreleased") == __version__


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_address_and_no_path(lock: str) -> None:
    for line in text(f"requirements/{lock}.txt").splitlines():
        assert re.fullmatch(r"[a-z0-9.-]+==[^/]+|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock: str) -> None:
    packages = re.split(r"^(?=\S)", text(f"requirements/{lock}.txt"), flags=re.MULTILINE)[1:]
    assert packages
    assert [package for package in packages if "--hash=" not in package] == []


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads(text("pyproject.toml"))
    base = project["project"]["dependencies"] + project["build-system"]["requires"]
    dev = [line for line in project["dependency-groups"]["dev"] if isinstance(line, str)]
    extras = [line for lines in project["project"]["optional-dependencies"].values() for line in lines]
    assert names(base) <= locked("run").keys()
    assert names(base + dev + extras) - {"gatesim"} <= locked("dev").keys()
    assert names(project["dependency-groups"]["bench"]) <= locked("bench").keys()


def test_dev_lock_pins_what_the_run_lock_pins() -> None:
    assert locked("run").items() <= locked("dev").items()
    shared = locked("run").keys() & locked("bench").keys()
    assert {name: locked("bench")[name] for name in shared} == {name: locked("run")[name] for name in shared}
