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
from slabrace.runtime.odds import Odds
from slabrace.runtime.result import Found, How
from slabrace.runtime.trust import Trust
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
    trust: tuple[How, str] | None
    odds: Odds | None
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
    first: int = 0


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """What is written. ``search`` is what was typed."""

    schema: str
    slabrace: str
    search: dict[str, Any]
    runs: int
    positive: int
    bound: int
    cut: int
    deliveries: int
    seconds: float
    finder: str | None
    reached: list[str]
    orders: list[tuple[str, str]]
    curve: list[tuple[int, int, int]]
    members: list[Place]
    found: list[Bug]
    distinct: list[tuple[int, int]] = []


class Head(msgspec.Struct):
    """What is looked at first: another version may have written another document."""

    schema: str = "none"
    slabrace: str = "none"


def words(shop: Shop) -> dict[str, Any]:
    """What makes a search this one and no other, as JSON has it."""
    typed = {
        "scenario": shop.name,
        "parameters": shop.settings,
        "members": shop.members,
        "added": shop.extras.words,
        "max_steps": shop.max_steps,
        "keep_going": not shop.until_violation,
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(typed))
    return plain


def save(result: Exploration, shop: Shop, folder: Path | None) -> Path:
    """Write where the search stands; the path."""
    path = (folder or Path()) / f"{shop.scenario.name}.search.json"
    document = Document(
        SCHEMA,
        slabrace.__version__,
        words(shop),
        result.runs,
        result.positive,
        result.bound,
        result.cut,
        result.deliveries,
        result.seconds,
        result.finder,
        list(result.reached),
        list(result.orders),
        result.curve,
        [place_of(each) for each in result.members],
        [
            Bug(each.law, each.message, each.signature, each.run, each.picks, each.count,
                each.made_by, each.first)
            for each in result.found.values()
        ],
        result.distinct,
    )  # fmt: skip
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(document))
    except OSError as error:
        raise UsageError(
            f"cannot write where the search stands to {path}: {error.strerror or error}"
        ) from error
    return path


def place_of(standing: Standing) -> Place:
    """What is written of a member."""
    trust = standing.trust
    return Place(
        standing.planned,
        standing.turns,
        standing.runs,
        standing.positive,
        standing.seconds,
        standing.finished,
        (trust.how, trust.why) if trust is not None else None,
        standing.odds,
        standing.numbers,
        standing.state,
    )


def load(path: Path, shop: Shop) -> Exploration:
    """What an earlier search amounts to; a UsageError if it was another one."""
    document = read(path)
    typed = words(shop)
    differing = [key for key in typed if typed[key] != document.search.get(key)]
    if differing or len(document.members) != len(shop.members):
        told = "; ".join(
            f"{key}: there {shown(document.search.get(key))}, here {shown(typed[key])}"
            for key in differing
        )
        raise UsageError(
            f"{path} is of another search ({told or 'its members'}). Give the same scenario, "
            "parameters, strategy, options and seed, or begin anew without --resume"
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
            trust=Trust(*place.trust) if place.trust is not None else None,
            odds=place.odds,
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
        cut=document.cut,
        deliveries=document.deliveries,
        earlier=document.seconds,
        finder=document.finder,
        reached=dict.fromkeys(document.reached),
        orders=dict.fromkeys(document.orders),
        curve=document.curve,
        distinct=document.distinct,
        traces={number for place in document.members for number in place.numbers},
        members=standings,
        found={
            bug.signature: Found(
                bug.law, bug.message, bug.signature, bug.run, bug.picks,
                count=bug.count, made_by=bug.made_by, first=bug.first,
            )
            for bug in document.found
        },
    )  # fmt: skip


def read(path: Path) -> Document:
    """What is in the file; a UsageError if it is none of ours."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        head = msgspec.json.decode(data, type=Head)
        if head.schema != SCHEMA:
            raise UsageError(f"{path} has schema {head.schema}; expected {SCHEMA}")
        if head.slabrace != slabrace.__version__:
            raise UsageError(
                f"{path} was written by slabrace {head.slabrace}, and this is "
                f"{slabrace.__version__}, whose runs may be others: begin anew without --resume"
            )
        return msgspec.json.decode(data, type=Document)
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} does not say where a search stands: {error}") from error


def shown(value: Any) -> str:
    """A part of what was typed, short enough for a line."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return " ".join(member_words(each) for each in value)
    return str(value)


def member_words(member: dict[str, Any]) -> str:
    """``dfs(seed 0, steps 3)``: a member by what was said to it."""
    options = {**member.get("options", {}), "fair": member.get("fair")}
    said = [f"{key} {value}" for key, value in options.items() if value or key == "seed"]
    return f"{member.get('strategy')}({', '.join(said)})"
