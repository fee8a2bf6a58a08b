"""The command line, called in this process, and what it answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slabrace.scenarios.cli import main

__all__ = ["Command", "Said", "process", "talkative"]


@dataclass
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str | Path) -> Said:
        code = main([str(word) for word in words])
        captured = self._capsys.readouterr()
        return Said(code, captured.out, captured.err)


def process(words: Sequence[str | Path], **options: Any) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "slabrace", *words],
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=options.pop("stderr", subprocess.PIPE),
        text=True,
        **options,
    )


TALKATIVE = """
import sys
from slabrace.scenarios.commands import search_meter
from slabrace.scenarios.cli import main
search_meter.SECONDS_LINE = 0.0
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def talkative(words: Sequence[str | Path], folder: Path) -> subprocess.Popen[str]:
    """The same, telling of its progress after each share; its stdout goes to a file.

    Returns when it has told of it once.
    """
    script = folder / "talkative.py"
    script.write_text(TALKATIVE)
    with (folder / "stdout").open("w") as out:
        running = subprocess.Popen(
            [sys.executable, script, *words],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
    assert running.stderr is not None
    first = running.stderr.readline()
    assert " runs, " in first or " run, " in first, first + running.stderr.read()
    return running
