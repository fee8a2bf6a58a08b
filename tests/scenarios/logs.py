"""Logs of real runs, made once and read by many tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import pytest

from slabrace.runtime.log_reader import Record, read
from slabrace.scenarios.cli import main

__all__ = ["kept", "needs_duckdb", "records_of", "save", "written"]


def written(path: Path, *words: str) -> Path:
    """The log of a command."""
    assert main([*words, "--log", str(path)]) in {0, 1}
    return path


def kept(folder: Path) -> Path:
    """A log of three runs of a scenario with locks, sections, shrinks, grace periods."""
    return written(folder / "runs.jsonl", "run", "expand_vs_reclaim", "--runs", "3")


def records_of(path: Path) -> list[dict[str, Any]]:
    return [line.fields for line in read(path) if isinstance(line, Record)]


def save(path: Path, *records: dict[str, Any]) -> Path:
    """A log of records that were written by hand."""
    head = {"schema": "slabrace.log/2", "scenario": "s", "parameters": {}}
    path.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in (head, *records)))
    return path


needs_duckdb = pytest.mark.skipif(
    importlib.util.find_spec("duckdb") is None,
    reason="DuckDB is an extra and not installed: pip install 'slabrace[query]'",
)
