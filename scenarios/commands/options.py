"""Options that several commands share, and the scenario's own parameters given as options."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

import slabrace
from slabrace.actors.costs import Costs
from slabrace.actors.legend import LEGEND
from slabrace.runtime.errors import MachineError, SlabraceError, UsageError, nearest
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.world import World
from slabrace.scenarios.commands.output import say
from slabrace.scenarios.plugins import Plugins
from slabrace.scenarios.scripts import ScriptError, blames, cut

if TYPE_CHECKING:
    from slabrace.runtime.log import EventLog

__all__ = ["Extras", "Help", "Log", "Prices", "blaming", "opened", "settings_in"]


def Help(text: str, **more: Any) -> Parameter:  # noqa: N802  # reads as the annotation it is
    """The line of `--help` about an option."""
    return Parameter(help=text, show_default=False, **more)


@Parameter(name="*")
@dataclass
class Extras:
    """What is added beside the scenario."""

    plugin: Annotated[
        list[str], Help("A file or module:name that brings scenarios, laws, actors. Repeatable.")
    ] = field(default_factory=list)
    monitor: Annotated[
        list[str], Help("A law of your own, path.py::Class, that judges each run. Repeatable.")
    ] = field(default_factory=list)
    actor: Annotated[
        list[str], Help("An actor of your own, path.py::Class, that joins each run. Repeatable.")
    ] = field(default_factory=list)

    @cached_property
    def plugins(self) -> Plugins:
        """All plug-ins, installed and given; broken installed ones are told of once."""
        plugins = Plugins()
        plugins.add_installed()
        for complaint in plugins.complaints:
            say(complaint)
        for spec in self.plugin:
            plugins.add_given(spec)
        return plugins

    def furnish(self) -> list[Callable[[World], None]]:
        """What to add to each world."""
        return self.plugins.furnish(self.monitor, self.actor)

    @property
    def words(self) -> list[str]:
        """These options as they are typed."""
        groups = (("--plugin", self.plugin), ("--monitor", self.monitor), ("--actor", self.actor))
        return [word for flag, specs in groups for spec in specs for word in (flag, spec)]


@Parameter(name="*")
@dataclass
class Log:
    """What is logged, and where."""

    log: Annotated[
        Path | None,
        Help("Write a structured log: .jsonl, .gz, .zst, .parquet."),
    ] = None
    log_notes_only: Annotated[
        bool, Help("Log what actors note, and none of the messages between them.")
    ] = False
    log_state: Annotated[
        bool, Help("Log what each object holds, too; takes several times as long.")
    ] = False


@Parameter(name="*")
@dataclass
class Prices:
    """What takes how long; see actors/costs.py."""

    costs: Annotated[
        Path | None, Help("A TOML file with costs: name = nanoseconds, one a line.")
    ] = None
    set_cost: Annotated[
        list[str], Help("One cost: name=value. Repeatable; the last one of a name counts.")
    ] = field(default_factory=list)

    def read(self) -> Costs:
        """All costs."""
        return Costs.of(self.costs, self.set_cost)


@contextlib.contextmanager
def opened(options: Log, header: dict[str, Any]) -> Iterator[EventLog | None]:
    """The log that was asked for, if any; closed whatever happens."""
    if options.log is None:
        yield None
        return
    from slabrace.runtime.log import EventLog  # a search's other processes need none

    header["versions"] = {"slabrace": slabrace.__version__}
    from slabrace.scenarios.commands.log.convert import drafted

    with drafted(options.log) as path, EventLog(
        path, header, columns=LEGEND.columns, deliveries=not options.log_notes_only,
        state=options.log_state,
    ) as log:  # fmt: skip
        yield log


@contextlib.contextmanager
def blaming() -> Iterator[None]:
    """While code of the user's runs: its errors are shown as theirs, with their traceback."""
    try:
        yield
    except MachineError as error:
        if blames(error):
            raise ScriptError(f"the run broke off:\n{cut(error)}") from error
        raise
    except SlabraceError:
        raise
    except Exception as error:
        if blames(error):
            raise ScriptError(f"the run broke off:\n{cut(error)}") from error
        raise


def settings_in(words: Sequence[str], scenario: Scenario, command: str = "run") -> Iterable[str]:
    """``--full --memcgs 40 mounts=3``, as far as no command knows them, as ``name=value`` each.

    A parameter of the scenario may be given as an option of its own; a flag is one of type bool.
    """
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            if "=" not in word:
                raise UsageError(
                    f"{word!r} is too much; parameters are --name value or --set name=value"
                )
            yield word
            continue
        name, equals, text = word.removeprefix("--").partition("=")
        name = name.replace("-", "_")
        if name.startswith("no_") and name not in scenario.parameters:
            name, equals, text = name.removeprefix("no_"), "=", "false"
        if name not in scenario.parameters:
            known = [f"--{each.replace('_', '-')}" for each in scenario.parameters]
            raise UsageError(
                f"unknown option {word}; {nearest(word, known)} (the parameters of "
                f"{scenario.name}), and what `slabrace {command} --help` lists"
            )
        if not equals and scenario.parameters[name].type is bool:
            text = "true"
        elif not equals and not waiting:
            raise UsageError(f"{word} needs a value: {scenario.parameters[name].type_name}")
        elif not equals:
            text = waiting.pop(0)
        yield f"{name}={text}"
