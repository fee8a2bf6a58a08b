"""Plug-ins: scenarios, laws and actors that others bring.

Two ways in: an installed distribution registers an entry point in the group ``slabrace.plugins``,
and ``--plugin path.py`` or ``--plugin module:name`` does the same for one command. What is named is
a module or one object, and it brings

 - its scenarios: they are listed and can be run by name;
 - its monitors: those that can be made without arguments judge every run (the others are its
   scenarios' own);
 - its actors: ``--actor NAME`` spawns one beside a scenario.

A plug-in that does not work is one line that says whose it is. One that was installed must not keep
others from working; one that was asked for must.
"""

from __future__ import annotations

import importlib.metadata
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

from slabrace.runtime.actor import Actor
from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.monitor import Monitor
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.world import World
from slabrace.scenarios.scripts import ScriptError, is_path, load

__all__ = ["GROUP", "Plugins"]

GROUP: Final = "slabrace.plugins"

Furnish = Callable[[World], None]


@dataclass
class Plugins:
    """All that plug-ins brought, by name. ``complaints`` are the lines about broken ones."""

    scenarios: dict[str, Scenario] = field(default_factory=dict)
    monitors: dict[str, type[Monitor]] = field(default_factory=dict)
    actors: dict[str, type[Actor]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def add_installed(self) -> None:
        """Take in every entry point of the group."""
        for entry in importlib.metadata.entry_points(group=GROUP):
            owner = entry.dist.name if entry.dist is not None else "an unknown distribution"
            try:
                self.add(entry.load(), entry.value)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is theirs
                reason = str(error).strip().replace("\n", " ") or "no reason given"
                self.complaints.append(
                    f"plug-in {entry.name!r} of {owner} ({entry.value}) is left out: "
                    f"{type(error).__name__}: {reason}"
                )

    def add_given(self, spec: str) -> None:
        """Take in what ``--plugin`` names."""
        self.add(load(spec)[1], spec)

    def add(self, thing: Any, origin: str) -> None:
        """Take in a module or one object."""
        found = list(members(thing)) if isinstance(thing, ModuleType) else [thing]
        for each in found:
            if isinstance(each, Scenario):
                self.scenarios[each.name] = each
            elif isinstance(each, type) and issubclass(each, Monitor):
                self.monitors[each.__name__] = each
            elif isinstance(each, type) and issubclass(each, Actor):
                self.actors[each.__name__] = each
            else:
                raise UsageError(
                    f"{origin} is {each!r}; expected a module, a scenario, or a subclass of "
                    "Monitor or Actor"
                )
        if not found:
            raise UsageError(f"{origin} brings no scenario, no Monitor and no Actor")

    def furnish(self, monitors: Iterable[str], actors: Iterable[str]) -> list[Furnish]:
        """What to add to each world: the laws of all plug-ins, and what was asked for by name."""
        laws = {name: law for name, law in self.monitors.items() if is_free(law)}
        for spec in monitors:
            law = pick("--monitor", spec, Monitor, self.monitors)
            laws[law.__name__] = law
        guests = [pick("--actor", spec, Actor, self.actors) for spec in actors]
        return [*(judging(law) for law in laws.values()), *(spawning(guest) for guest in guests)]


def members(module: ModuleType) -> Iterator[Any]:
    """The scenarios, monitors and actors that ``module`` defines (not those it imports)."""
    for name, thing in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(thing, Scenario):
            home = thing.function.__module__
        elif isinstance(thing, type) and issubclass(thing, Monitor | Actor):
            home = thing.__module__
        else:
            continue
        if home == module.__name__:
            yield thing


def pick(flag: str, spec: str, base: type[Any], known: dict[str, Any]) -> type[Any]:
    """The subclass of ``base`` that ``spec`` names: by path, by module, or a plug-in's by name."""
    if spec in known:
        found: type[Any] = known[spec]
        return found
    if not is_path(spec) and ":" not in spec:
        raise UsageError(
            f"{flag} {spec}: no plug-in brings it; {nearest(spec, known)}. "
            "Or give path/to/file.py::Name or module:Name."
        )
    module, thing = load(spec)
    if isinstance(thing, type) and issubclass(thing, base):
        return thing
    names = [each.__name__ for each in members(module) if isinstance(each, type)]
    raise UsageError(
        f"{flag} {spec}: expected a subclass of {base.__name__}, found {thing!r}; "
        f"this file defines: {', '.join(names) or 'none'}"
    )


def is_free(law: type[Monitor]) -> bool:
    """Whether a monitor can be made without arguments."""
    try:
        inspect.signature(law).bind()
    except TypeError:
        return False
    return True


def judging(law: type[Monitor]) -> Furnish:
    """Attach a monitor to each world."""
    return lambda world: world.judge(made(law))


def spawning(guest: type[Actor]) -> Furnish:
    """Let an actor join each world: by its own ``join(world)``, or spawned as it is."""
    join: Furnish | None = getattr(guest, "join", None)
    if join is not None:
        return join

    def spawn(world: World) -> None:
        world.spawn(made(guest))

    return spawn


def made(kind: type[Any]) -> Any:
    """An instance, made without arguments."""
    try:
        return kind()
    except TypeError as error:
        how = "" if issubclass(kind, Monitor) else ", or give it a classmethod join(world)"
        raise ScriptError(
            f"{kind.__name__} is made without arguments here: {error}. Give them defaults{how}."
        ) from error
