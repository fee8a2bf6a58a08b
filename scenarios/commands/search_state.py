"""Where a search stands, as a file: what it amounts to so far, and the place of each member.

JSON, so that it can be read; tied to the words that were typed, so that another search does not go
on with it by mistake.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

import slabrace
from slabrace.runtime.errors import UsageError
from slabrace.runtime.exploration import Exploration, Standing
from slabrace.runtime.result import Found
from slabrace.scenarios.commands.search_worker import Shop

__all__ = ["load", "save"]

SCHEMA: Final = "slabrace.search/1"


class Place(msgspec.Struct, forbid_unknown_fields=True):
    """One member: what it has done, and where it stands."""

    planned: int
    turns: int
    runs: int
    positive: int
    seconds: float
    finished: bool
    missed: float
    numbers: list[int]
    state: Any


class Bug(msgspec.Struct, forbid_unknown_fields=True):
    """One violation that was found."""

    law: str
    message: str
    signature: str
    run: int
    picks: list[int]
    count: int
    made_by: str


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """What is written."""

    schema: str
    slabrace: str
    search: list[Any]
    runs: int
    positive: int
    bound: int
    deliveries: int
    seconds: float
    finder: str | None
    reached: list[str]
    orders: list[tuple[str, str]]
    curve: list[tuple[int, int, int]]
    members: list[Place]
    found: list[Bug]


def words(shop: Shop) -> list[Any]:
    """What makes a search this one and no other."""
    members = msgspec.to_builtins(shop.members)
    return [shop.name, list(shop.settings), members, shop.extras.words, shop.until_violation]


def save(result: Exploration, shop: Shop, folder: Path | None) -> Path:
    """Write where the search stands; the path."""
    stem = Path(shop.name.replace("::", "-")).name
    path = (folder or Path()) / f"{stem}.search.json"
    document = Document(
        SCHEMA,
        slabrace.__version__,
        words(shop),
        result.runs,
        result.positive,
        result.bound,
        result.deliveries,
        result.seconds,
        result.finder,
        list(result.reached),
        list(result.orders),
        result.curve,
        [
            Place(
                each.planned, each.turns, each.runs, each.positive, each.seconds, each.finished,
                each.missed, each.numbers, each.state,
            )
            for each in result.members
        ],
        [
            Bug(each.law, each.message, each.signature, each.run, each.picks, each.count,
                each.made_by)
            for each in result.found.values()
        ],
    )  # fmt: skip
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1))
    except OSError as error:
        raise UsageError(f"cannot write where the search stands to {path}: {error}") from error
    return path


def load(path: Path, shop: Shop) -> Exploration:
    """What an earlier search amounts to; a UsageError if it was another one."""
    try:
        document = msgspec.json.decode(path.read_bytes(), type=Document)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} does not say where a search stands: {error}") from error
    if document.schema != SCHEMA:
        raise UsageError(f"{path} has schema {document.schema}; expected {SCHEMA}")
    if document.search != msgspec.to_builtins(words(shop)):
        raise UsageError(
            f"{path} is of another search ({document.search}); give the same scenario, parameters, "
            "strategy, options and seed, or begin a new one without --resume"
        )
    standings = [
        Standing(
            member,
            planned=place.planned,
            turns=place.turns,
            state=place.state,
            runs=place.runs,
            positive=place.positive,
            seconds=place.seconds,
            finished=place.finished,
            missed=place.missed,
            numbers=place.numbers,
        )
        for member, place in zip(shop.members, document.members, strict=True)
    ]
    return Exploration(
        shop.scenario,
        sampled=True,
        runs=document.runs,
        positive=document.positive,
        bound=document.bound,
        deliveries=document.deliveries,
        earlier=document.seconds,
        finder=document.finder,
        reached=dict.fromkeys(document.reached),
        orders=dict.fromkeys(document.orders),
        curve=document.curve,
        members=standings,
        found={
            bug.signature: Found(
                bug.law, bug.message, bug.signature, bug.run, bug.picks,
                count=bug.count, made_by=bug.made_by,
            )
            for bug in document.found
        },
    )  # fmt: skip
