"""Record: what `run --save` and `explore --save` leave beside the schedules: how often it was.

A schedule is one run. That it was the 3rd of 20,000, that 17 others broke the same law, and that
nothing new was seen since run 9,000 is known when a campaign ends, and to nobody later. So it is
written then, in a small file of its own:

    D2_put_before_lock.5f3c9a01.campaign

It is JSON, but is not called so: ``DIR/*.json`` are the schedules. The name has a digest of what
was asked, so that the same campaign, made again, replaces its record, and another one of the same
scenario does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

import slabrace
from slabrace.runtime.errors import UsageError
from slabrace.runtime.exploration import Exploration
from slabrace.runtime.result import Result

__all__ = ["SCHEMA", "SUFFIX", "Asked", "Record", "Seen", "read", "record", "save"]

SCHEMA: Final = "slabrace.campaign/1"
SUFFIX: Final = ".campaign"


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What was typed, as far as it decides what is found. ``strategies`` take turns."""

    command: Literal["run", "explore"]
    scenario: str
    parameters: dict[str, Any]
    strategies: list[str]
    seed: int = 0
    first: int = 0
    host: str = "engine"
    delays: list[str] = []
    added: list[str] = []
    max_steps: int | None = None
    keep_going: bool = True


class Seen(msgspec.Struct, forbid_unknown_fields=True):
    """One bug: ``count`` runs had it, the first of them was run ``first`` (from 1)."""

    law: str
    message: str
    signature: str
    count: int
    first: int
    made_by: str
    file: str | None
    """The schedule, in the same directory."""


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """What a campaign or a search amounts to.

    ``pairs``: after so many runs, so many pairs of conflicting deliveries were seen, and so many of
    them in both orders; ``traces``: after so many, the runs drawn at random had so many different
    traces. Both are of a search, and empty for `run`.
    """

    schema: str
    slabrace: str
    asked: Asked
    expected: str
    observed: str
    held: bool
    how: str
    why: str
    runs: int
    positive: int
    bound: int
    deliveries: int
    seconds: float
    interrupted: bool
    stopped: bool
    """At the first violation."""
    pairs: list[tuple[int, int, int]]
    traces: list[tuple[int, int]]
    found: list[Seen]


class Head(msgspec.Struct):
    """What is looked at first: another version may have written another document."""

    schema: str = "none"


def record(result: Result, asked: Asked, files: Mapping[str, Path]) -> Record:
    """The record of ``result``; ``files`` are the schedules that were saved, by signature."""
    search = result if isinstance(result, Exploration) else None
    return Record(
        SCHEMA,
        slabrace.__version__,
        asked,
        result.scenario.verdict.value,
        result.observed.value,
        result.held,
        result.how,
        search.trust.why if search is not None else "",
        result.runs,
        result.positive,
        result.bound,
        result.deliveries,
        round(result.seconds, 6),
        result.interrupted,
        search is not None and search.stopped,
        search.curve if search is not None else [],
        search.distinct if search is not None else [],
        [
            Seen(
                each.law,
                each.message,
                each.signature,
                each.count,
                each.first,
                each.made_by,
                files[each.signature].name if each.signature in files else None,
            )
            for each in result.found.values()
        ],
    )


def save(told: Record, scenario: str, folder: Path) -> Path:
    """Write it; ``scenario`` is the name that a file can have."""
    digest = hashlib.blake2b(msgspec.json.encode(told.asked), digest_size=4).hexdigest()
    path = folder / f"{scenario}.{digest}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
    except OSError as error:
        raise UsageError(
            f"cannot write what the runs amount to to {path}: {error.strerror or error}"
        ) from error
    return path


def read(data: bytes) -> Record:
    """The record in ``data``; a UsageError if there is none that can be read."""
    try:
        head = msgspec.json.decode(data, type=Head)
        if head.schema != SCHEMA:
            raise UsageError(f"it has schema {head.schema}; expected {SCHEMA}")
        told = msgspec.json.decode(data, type=Record)
    except msgspec.DecodeError as error:
        raise UsageError(f"it is no record of a campaign: {error}") from error
    check("pairs", told.pairs)
    check("traces", told.traces)
    return told


def check(name: str, curve: Sequence[tuple[int, ...]]) -> None:
    """No curve goes back, or below nothing: a page that draws it relies on that."""
    runs = [point[0] for point in curve]
    if any(value < 0 for point in curve for value in point) or runs != sorted(runs):
        raise UsageError(f"it is no record of a campaign: {name} goes back or below 0")
