"""A directory as `run` and `explore` leave it, of scenarios that are quick."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from slabrace.scenarios.cli import main

__all__ = ["HOSTILE", "LOST", "quietly", "save"]

DATA = Path(__file__).parents[2] / "data"
LOST = f"{DATA / 'lost_update.py'}::lost_update"
CLAIM = f"{DATA / 'lost_update.py'}::wrong_claim"
HOSTILE = f"{DATA / 'hostile_names.py'}::hostile"


def quietly(*words: str | Path) -> int:
    """A command whose output nobody reads."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return main([str(word) for word in words])


def save(folder: Path, *names: str, runs: int = 40) -> Path:
    """A search of each, that does not stop at the first failure, and one campaign of the first."""
    for name in names:
        words = ["--keep-going", "--strategy", "random", "--runs", str(runs)]
        quietly("explore", name, *words, "--save", folder)
    quietly("run", names[0], "--runs", "20", "--save", folder / "runs")
    return folder
