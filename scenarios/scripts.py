"""Scripts: Python that is not ours, loaded from a path or by its module's name.

A spec is ``path/to/file.py``, ``path/to/file.py::name``, ``module`` or ``module:name``. What goes
wrong in it is told as its author wants to see it: their own traceback, cut to their own frames.
This file knows nothing of what it loads.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import sysconfig
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from slabrace.runtime.errors import UsageError, nearest

__all__ = ["ScriptError", "blames", "cut", "from_path", "is_path", "load"]

OURS: Final = Path(__file__).resolve().parents[1]
"""Where our own folders are, installed or in a checkout."""
FOLDERS: Final = ("actors", "runtime", "scenarios")
PYTHON: Final = Path(sysconfig.get_path("stdlib")).resolve()
HIDDEN: Final = ("<frozen importlib", "/anyio/", "/asyncio/", "/structlog/", "/trio/")


class ScriptError(UsageError):
    """A script of the user's that does not work: their traceback follows."""


def is_path(spec: str) -> bool:
    """Whether ``spec`` names a file rather than a module or something known by name."""
    return spec.partition("::")[0].endswith(".py")


def load(spec: str) -> tuple[ModuleType, Any]:
    """The module that ``spec`` names and what it names in it (the module itself, if nothing)."""
    place, _, name = spec.partition("::") if is_path(spec) else spec.partition(":")
    module = from_path(Path(place)) if is_path(spec) else from_name(place)
    if not name:
        return module, module
    if not hasattr(module, name):
        known = [each for each in vars(module) if not each.startswith("_")]
        raise UsageError(f"{place} has no {name!r}; {nearest(name, known)}")
    return module, getattr(module, name)


def from_path(path: Path) -> ModuleType:
    """Run the file as a module, once; it may import what lies beside it, and be imported by that.

    So it goes by its own name, unless that is the name of something else that can be imported.
    """
    if not path.is_file():
        raise UsageError(f"no file {path} (looked for it in {Path.cwd()})")
    path = path.resolve()
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    name = path.stem
    importlib.invalidate_caches()
    found = importlib.util.find_spec(name) if name.isidentifier() else None
    if found is None or found.origin is None or Path(found.origin).resolve() != path:
        digest = hashlib.blake2b(str(path).encode(), digest_size=4).hexdigest()
        name = f"slabrace_script_{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # annotations are looked up here
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ScriptError(f"{path} cannot be loaded:\n{cut(error)}") from error
    return module


def from_name(name: str) -> ModuleType:
    """Import a module that is installed or on the path."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise UsageError(
                f"no module {name!r}; expected one that can be imported, or a path ending in .py"
            ) from error
        raise ScriptError(f"module {name} cannot be loaded:\n{cut(error)}") from error
    except Exception as error:
        raise ScriptError(f"module {name} cannot be loaded:\n{cut(error)}") from error


def cut(error: BaseException) -> str:
    """The traceback of ``error`` without the frames that are ours."""
    told = traceback.TracebackException.from_exception(error)
    pending: list[traceback.TracebackException | None] = [told]
    while pending:
        link = pending.pop()
        if link is None:
            continue
        kept = [frame for frame in link.stack if not is_machinery(frame.filename)]
        link.stack = traceback.StackSummary.from_list(kept)
        pending += [link.__cause__, link.__context__]
    return "".join(told.format()).rstrip()


def blames(error: BaseException) -> bool:
    """Whether code that is neither ours nor Python's had a hand in ``error``."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(not is_machinery(frame.filename) for frame in frames)


def is_machinery(filename: str) -> bool:
    """Whether a frame in ``filename`` is ours, a library's of ours, or Python's."""
    if any(part in filename for part in HIDDEN):
        return True
    path = Path(filename).resolve()
    if path.is_relative_to(PYTHON) and "site-packages" not in path.parts:
        return True
    return any(path.is_relative_to((OURS / folder).resolve()) for folder in FOLDERS)
