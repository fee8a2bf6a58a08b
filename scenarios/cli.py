"""The command line: `slabrace`.

Exit codes: 0 the verdict held; 1 it did not; 2 the input cannot be used; 3 slabrace itself broke;
130 interrupted; 141 nobody reads our output any more. Data goes to stdout, all else to stderr; with
``--json`` stdout is one JSON document, also when something went wrong.

Each command is a module of commands/, imported when it is used: `--help` waits for no kernel. This
file knows what can go wrong, and no command.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final

import cyclopts
import msgspec

import slabrace
from slabrace.runtime.errors import SlabraceError

__all__ = ["app", "main"]

USAGE: Final = 2
BROKEN: Final = 3
INTERRUPTED: Final = 130
UNREAD: Final = 141

app = cyclopts.App(
    name="slabrace",
    help="A race laboratory for the Linux kernel's slab shrinker: populate a world of actors, "
    "turn it in many orders, and replay the one that breaks a law. "
    "`slabrace --version` tells the version.",
    version_flags=[],  # --version is the name of many a scenario's parameter: see main()
    help_flags=["--help", "-h"],
    help_format="plaintext",
    result_action="return_value",
    default_parameter=cyclopts.Parameter(negative=()),
)
COMMANDS: Final = {
    "list": ("list:list_scenarios", "every scenario there is, with its verdict and its parameters"),
    "run": ("run:run", "run a scenario and see whether its verdict holds"),
    "explore": (
        "explore:explore",
        "search a scenario for a run that breaks a law, or show there is none",
    ),
    "replay": ("replay:replay", "run one schedule again: the same events, the same violation"),
    "minimize": ("minimize:minimize", "make a failing schedule small, and name its cause"),
    "report": (
        "report_dir:report",
        "what `run --save` and `explore --save` left in a directory, as pages for a browser",
    ),
    "perf": ("perf:perf", "what a profiler would see of a scenario, under virtual time"),
    "compare": (
        "compare:compare",
        "what two versions of the walk cost on the same scenario, and their races",
    ),
    "scaling": (
        "scaling:scaling",
        "two versions of the walk, as more CPUs reclaim at once",
    ),
    "growth": (
        "growth:growth",
        "one drop_caches with and without the map of memcgs, as both memcgs and mounts grow",
    ),
    "calibrate": (
        "calibrate:calibrate",
        "fit costs to the published profile of the old walk, and predict the new one's",
    ),
    "export": (
        "export:export",
        "one run as a page, a picture or a viewer's file",
    ),
    "log": ("log:app", "read a structured log"),
    "conform": ("conform:conform", "check recordings of real kernels against the model"),
    "import": ("import_:import_", "turn a recording of a real kernel into a structured log"),
}
for name, (place, summary) in COMMANDS.items():
    app.command(f"slabrace.scenarios.commands.{place}", name=name, help=summary)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = list(sys.argv[1:] if words is None else words)
    as_json = "--json" in arguments
    if arguments[:1] == ["--version"]:
        print(slabrace.__version__)
        return 0
    try:
        code = app(arguments, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except cyclopts.CycloptsError as error:
        return fail(f"{error} See `slabrace --help`.", as_json=as_json)
    except SlabraceError as error:
        return fail(str(error), as_json=as_json)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except KeyboardInterrupt:
        return fail("interrupted", as_json=as_json, code=INTERRUPTED)
    except Exception:  # noqa: BLE001  # the last line of defence
        told = traceback.format_exc()
        hint = "slabrace itself broke; this is a bug of ours. Please report it with this text."
        return fail(f"{told}{hint}", as_json=as_json, code=BROKEN)
    return code if isinstance(code, int) else 0


def fail(message: str, *, as_json: bool, code: int = USAGE) -> int:
    """Say what went wrong, on the channel the caller reads."""
    if as_json:
        print(msgspec.json.encode({"error": message}).decode())
    else:
        print(f"slabrace: {message}", file=sys.stderr)
    return code
