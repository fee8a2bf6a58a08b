"""Scenario: a function that populates a world, and the verdict it carries.

    @scenario(verdict=NEVER)
    def lost_update(world: World, *, writers: int = 2) -> None:
        '''Two writers, one counter: no update is lost.'''
        ...

The verdict is a claim over all runs, in the words of litmus tests: a violation happens NEVER,
SOMETIMES or ALWAYS. The command line, a test and a campaign all take the decorated object as it is.
A scenario stages; it does not know who turns its world or how often.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from slabrace.runtime.engine import MAX_STEPS
from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.parameter import Parameter, parameters_of, written
from slabrace.runtime.world import World

__all__ = ["ALWAYS", "NEVER", "SOMETIMES", "Scenario", "Verdict", "abandon", "scenario"]

Function = Callable[..., None]
Kind = Literal["scenario", "bug", "suspect"]


class Verdict(enum.Enum):
    """In how many of all possible runs a law is broken."""

    NEVER = "Never"
    SOMETIMES = "Sometimes"
    ALWAYS = "Always"


NEVER: Final = Verdict.NEVER
SOMETIMES: Final = Verdict.SOMETIMES
ALWAYS: Final = Verdict.ALWAYS


@dataclass(frozen=True)
class Scenario:
    """See the head of this file.

    ``runs``, ``max_steps``, ``strategy`` and ``delays`` are what `run` uses unless told otherwise.
    ``laws`` are the ones of which one must be broken for SOMETIMES and ALWAYS to hold (any, if none
    is named); ``fixed`` names the look-alike that stays silent. ``reach`` are events that a search
    must have met in some run before its Never means anything (goal.py): ``closed``, or with fields
    that have to fit a pattern, ``closed kind=door`` and ``function name=close*``. ``fair`` is for
    what must happen at last (liveness.py): a search lets no lane wait for more than so many picks.
    ``perf`` are settings that a profile begins with: what is measured is not what is searched.
    """

    name: str
    function: Function
    parameters: Mapping[str, Parameter]
    verdict: Verdict
    kind: Kind = "scenario"
    bug: str | None = None
    runs: int = 1
    max_steps: int = MAX_STEPS
    strategy: str = "random"
    delays: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    fixed: str | None = None
    reach: tuple[str, ...] = ()
    fair: int | None = None
    perf: tuple[str, ...] = ()

    @property
    def doc(self) -> str:
        """The docstring."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.doc.partition("\n")[0]

    def __call__(self, world: World, **values: Any) -> None:
        """Populate ``world``, as the function itself would: a scenario may build on another."""
        try:
            self.function(world, **self.arguments(values))
        except BaseException:
            abandon(world)
            raise

    def build(self, **values: Any) -> World:
        """A world of its own, populated and ready to be turned."""
        world = World()
        self(world, **values)
        return world

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """``values`` checked, with the defaults filled in, in the order of the signature."""
        for name in values:
            self.parameter(name)
        return {
            name: parameter.accept(values[name]) if name in values else parameter.default
            for name, parameter in self.parameters.items()
        }

    def stored(self, values: Mapping[str, Any]) -> dict[str, bool | int | float | str | None]:
        """The arguments as a schedule, a log or a person writes them; ``arguments`` reads them."""
        return {name: written(value) for name, value in self.arguments(values).items()}

    def parameter(self, name: str) -> Parameter:
        """The parameter called ``name``."""
        if name in self.parameters:
            return self.parameters[name]
        raise UsageError(
            f"scenario {self.name} has no parameter {name!r}; {nearest(name, self.parameters)}"
        )

    def parse(self, settings: Iterable[str]) -> dict[str, Any]:
        """Read texts of the form ``name=value``; the last one of a name counts."""
        values = {}
        for setting in settings:
            name, equals, text = setting.partition("=")
            if not equals:
                raise UsageError(f"{setting!r} is no setting: expected name=value")
            values[name] = self.parameter(name).parse(text)
        return values


def abandon(world: World) -> None:
    """Let go of a world that will not be turned: Python complains of coroutines never awaited."""
    for task in world.tasks:
        task.coroutine.close()


def scenario(
    *,
    verdict: Verdict,
    name: str | None = None,
    kind: Kind | None = None,
    bug: str | None = None,
    runs: int = 1,
    max_steps: int = MAX_STEPS,
    strategy: str = "random",
    delays: Iterable[str] = (),
    law: str | Iterable[str] = (),
    fixed: str | None = None,
    reach: str | Iterable[str] = (),
    fair: int | None = None,
    perf: Iterable[str] = (),
) -> Callable[[Function], Scenario]:
    """Make a scenario of a function; the fields of `Scenario` say what each argument means."""

    def decorate(function: Function) -> Scenario:
        return Scenario(
            name=name or function.__name__,
            function=function,
            parameters=parameters_of(function),
            verdict=verdict,
            kind=kind or ("bug" if bug else "scenario"),
            bug=bug,
            runs=runs,
            max_steps=max_steps,
            strategy=strategy,
            delays=tuple(delays),
            laws=(law,) if isinstance(law, str) else tuple(law),
            fixed=fixed,
            reach=(reach,) if isinstance(reach, str) else tuple(reach),
            fair=fair,
            perf=tuple(perf),
        )

    return decorate
