"""The one door to the compiler.

Every function that numba compiles is decorated with `compiled` from this module, for three reasons.
mypy sees the function's own type instead of numba's untyped decorator. The on-disk cache lands in a folder
that belongs to the user and is named after everything the machine code was made of. And a place where
nothing can be written costs a recompilation, never a crash.

Numba itself looks at one source file only, the one a function stands in: a changed callee or a changed
constant in another file would go unnoticed. So the folder's name is a hash over all files that use
`compiled` and over all files of this package which those import, directly or not.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, overload

import numba
from llvmlite import binding

__all__ = ["cache_folder", "compiled", "source_hash", "used_folder"]

Function = TypeVar("Function", bound=Callable[..., Any])

# Some releases of numba describe a part of themselves to mypy, others nothing.
_njit: Any = numba.njit
_config: Any = numba.config

_PACKAGE = Path(__file__).resolve().parent.parent
_THIS_MODULE = __name__
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<origin>\.*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]*))",
    re.MULTILINE,
)
_COMMENT = re.compile(r"#[^\n]*")


def _imports(module: str, is_package: bool, text: str) -> set[str]:
    """Every dotted name `text` may import (a name after `import` may be a module or not: both are kept)."""
    found: set[str] = set()
    for match in _IMPORT.finditer(text):
        if match["plain"] is not None:
            found.update(part.split(" as ")[0].strip() for part in match["plain"].split(","))
            continue
        origin = match["origin"]
        dots = len(origin) - len(origin.lstrip("."))
        if dots:
            # One dot is the package the module stands in, each further dot one room up.
            parents = module.split(".")
            keep = len(parents) - dots + (1 if is_package else 0)
            origin = ".".join([*parents[:keep], *filter(None, [origin.lstrip(".")])])
        found.add(origin)
        names = _COMMENT.sub("", match["names"]).strip("() \t\n")
        found.update(f"{origin}.{part.split(' as ')[0].strip()}" for part in names.split(","))
    return found


def source_hash(package: Path = _PACKAGE) -> str:
    """Hash of all that the machine code depends on.

    Parameters
    ----------
    package
        Root folder of the package (its name is the package's name).

    Returns
    -------
    str
        32 hexadecimal digits: over the contents of the files that import this module and of all files of
        the package they import in turn, numba's version, and the processor (machine code of one model may
        not run on another that shares the home folder).
    """
    texts: dict[str, bytes] = {}
    imports: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        try:
            content = path.read_bytes()
        except OSError:
            continue
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        texts[module] = content
        imports[module] = _imports(module, is_package, content.decode("utf-8", "replace"))
    waiting = [module for module, names in imports.items() if _THIS_MODULE in names]
    reached: set[str] = {_THIS_MODULE}
    while waiting:
        module = waiting.pop()
        if module in texts and module not in reached:
            reached.add(module)
            waiting.extend(imports[module])
    digest = hashlib.sha256()
    for part in (numba.__version__, sys.platform, binding.get_host_cpu_name()):
        digest.update(part.encode() + b"\0")
    digest.update(binding.get_host_cpu_features().flatten().encode() + b"\0")
    for module in sorted(reached & texts.keys()):
        digest.update(module.encode() + b"\0" + hashlib.sha256(texts[module]).digest())
    return digest.hexdigest()[:32]


def _user_caches() -> Path | None:
    """The folder where this platform keeps a user's caches, or None where there is no home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(named):
        return Path(named)
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"])
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"


def _writable(folder: Path) -> bool:
    """Whether a file can be made in `folder` (made itself where it is missing)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _private(folder: Path) -> bool:
    """Whether `folder` is a real folder that only this user can write to.

    Loading a cache executes it. In a temporary folder that all users share, somebody else could have laid
    one out under the expected name.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        seen = os.lstat(folder)
    except OSError:
        return False
    if not stat.S_ISDIR(seen.st_mode):
        return False
    return sys.platform == "win32" or (seen.st_uid == os.getuid() and not seen.st_mode & 0o022)


def cache_folder() -> Path | None:
    """Choose the folder for machine code.

    Returns
    -------
    Path or None
        ``<user caches>/gatesim/numba/<source_hash()>``; where that cannot be written, a folder of that name
        below a private one in the temporary folder (kept for the next process), or a fresh one (deleted at
        exit); None where nothing can be written at all.
    """
    name = source_hash()
    caches = _user_caches()
    if caches is not None and _writable(caches / "gatesim" / "numba" / name):
        return caches / "gatesim" / "numba" / name
    try:
        user = str(os.getuid()) if sys.platform != "win32" else "user"
        shared = Path(tempfile.gettempdir()) / f"gatesim-numba-{user}"
        if _private(shared) and _writable(shared / name):
            return shared / name
        own = Path(tempfile.mkdtemp(prefix="gatesim-numba-"))
    except OSError:
        return None
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def _decorate(function: Function, signature: str | None, options: dict[str, Any]) -> Function:
    """Hand `function` to numba with the cache folder in place; without a cache if that fails."""
    arguments = () if signature is None else (signature,)
    before = _config.CACHE_DIR
    folder = before
    if not before and _FOLDER and _writable(Path(_FOLDER)):
        # Asked anew each time: where its folder fails, numba silently takes the source tree, whose cache does
        # not notice changes in other files.
        folder = _FOLDER
    if folder:
        try:
            # A function's cache path is fixed when it is decorated. The setting is put back afterwards, so
            # that numba functions of whoever imports gatesim stay where they belong.
            _config.CACHE_DIR = folder
            made: Function = _njit(*arguments, cache=True, **options)(function)
            return made
        except (OSError, EOFError, pickle.UnpicklingError, RuntimeError):
            # A full or failing disk, a damaged file, no usable folder ("no locator available"). An error that
            # lies in the function itself comes up again below.
            pass
        finally:
            _config.CACHE_DIR = before
    plain: Function = _njit(*arguments, **options)(function)
    return plain


@overload
def compiled(signature: Function) -> Function: ...


@overload
def compiled(signature: str | None = None, **options: Any) -> Callable[[Function], Function]: ...


def compiled(signature: Any = None, **options: Any) -> Any:
    """Compile a function (``@compiled``, ``@compiled("int64(int64)")`` or ``@compiled(..., nogil=True)``).

    Parameters
    ----------
    signature
        Numba signature as a string. Given, the function is compiled (or loaded) when its module is imported
        and accepts nothing else; left out, at its first call with each new combination of types. Prefer to
        give it, and one only: numba's cache is not safe against two processes that store different
        signatures of one function at the same time.
    **options
        Passed on to ``numba.njit``. Never ``fastmath``: results would differ from plain Python.

    Returns
    -------
    callable
        The compiled function, typed as the original. With ``NUMBA_DISABLE_JIT=1`` the original itself.
        A cache folder the user chose (``NUMBA_CACHE_DIR``) is respected.
    """
    if callable(signature):
        return _decorate(signature, None, options)
    return lambda function: _decorate(function, signature, options)


def _start() -> str:
    """The cache folder of this process; empty where the user chose one, nothing is compiled or written."""
    if _config.CACHE_DIR or _config.DISABLE_JIT:
        return ""
    folder = cache_folder()
    return "" if folder is None else str(folder)


_FOLDER = _start()


def used_folder() -> Path | None:
    """The folder in which machine code of this process is kept: the user's own choice, else `cache_folder`."""
    chosen = _config.CACHE_DIR or _FOLDER
    return Path(chosen) if chosen else None
