"""Catalogue: where scenarios are found.

Our own live one or more to a module, in this folder, in bugs/ and in suspects/; a scenario that
has the name of its module is found without importing the others. Then those of plug-ins, and
``path/to/file.py::name`` for one of the user's own.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.scenario import Scenario
from slabrace.scenarios.plugins import members
from slabrace.scenarios.scripts import from_path, is_path

__all__ = ["Catalogue"]

HERE: Final = Path(__file__).parent
SHELVES: Final = ("", "bugs", "suspects")
NOT_STORIES: Final = ("__init__", "catalogue", "choices", "cli", "plugins", "scripts", "small")


class Catalogue:
    """Scenarios by name: our own, and ``brought`` by plug-ins."""

    def __init__(self, brought: Mapping[str, Scenario] | None = None) -> None:
        self._brought = dict(brought or {})

    def find(self, name: str) -> Scenario:
        """The scenario called ``name``, or the one that a path names."""
        if is_path(name):
            return in_file(name)
        if name in self._brought:
            return self._brought[name]
        for shelf in SHELVES:
            if (HERE / shelf / f"{name}.py").is_file() and name not in NOT_STORIES:
                for scenario in in_module(shelf, name):
                    if scenario.name == name:
                        return scenario
        known = {scenario.name: scenario for scenario in self}
        if name in known:
            return known[name]
        raise UsageError(
            f"unknown scenario {name!r}; {nearest(name, known)}. A scenario of your own is "
            "path/to/file.py::name."
        )

    def __iter__(self) -> Iterator[Scenario]:
        """All of them, sorted by name."""
        found: dict[str, Scenario] = {}
        for shelf in SHELVES:
            for path in sorted((HERE / shelf).glob("*.py")):
                if path.stem not in NOT_STORIES:
                    found |= {scenario.name: scenario for scenario in in_module(shelf, path.stem)}
        for name, scenario in self._brought.items():
            if name in found:
                raise UsageError(
                    f"a plug-in brings a scenario called {name!r}, and so do we: rename it"
                )
            found[name] = scenario
        return iter(sorted(found.values(), key=lambda scenario: scenario.name))


def in_module(shelf: str, stem: str) -> list[Scenario]:
    """The scenarios of one module of ours."""
    dotted = ".".join(part for part in ("slabrace.scenarios", shelf, stem) if part)
    module = importlib.import_module(dotted)
    return [each for each in members(module) if isinstance(each, Scenario)]


def in_file(spec: str) -> Scenario:
    """``path/to/file.py::name``; the name may be left out if there is only one."""
    path, _, name = spec.partition("::")
    module = from_path(Path(path))
    known = {each.name: each for each in members(module) if isinstance(each, Scenario)}
    if not name and len(known) == 1:
        return next(iter(known.values()))
    thing = known.get(name, vars(module).get(name))
    if isinstance(thing, Scenario):
        return thing
    listed = ", ".join(sorted(known)) or "none (mark a function @scenario(verdict=...))"
    if name:
        raise UsageError(f"{path} has no scenario {name!r}; {nearest(name, known)}")
    raise UsageError(f"which scenario of {path}? Write {path}::name; this file defines: {listed}")
