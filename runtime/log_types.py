"""Log types: what a line of a log is, as types; docs/slabrace.log-2.schema.json is made from them.

Nothing is built from these while a run is written down (scribe.py makes dictionaries, for speed);
tests hold the two together. Every line may have more fields than are named here: an application's
columns, and what actors note.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

__all__ = ["LINES", "SCHEMA", "json_schema"]

SCHEMA: Final = "slabrace.log/2"

Step = Annotated[
    int, Meta(ge=0, description="Picks made up to this delivery; 0 is before the first.")
]
Nanoseconds = Annotated[
    int, Meta(ge=0, description="Virtual time in nanoseconds since the run began.")
]
Run = Annotated[str, Meta(description="Which run: a hash of the header and the run's number.")]
Name = Annotated[str, Meta(description="An actor, by its name.")]


class Header(msgspec.Struct):
    """The first line: which runs follow."""

    schema: Literal["slabrace.log/2"]
    scenario: Annotated[str, Meta(description="What to give to `slabrace run`.")] | UnsetType = (
        UNSET
    )
    parameters: dict[str, Any] | UnsetType = UNSET
    host: (
        Annotated[
            str,
            Meta(description="Who turned it: engine, timed, trio, asyncio; or what was recorded."),
        ]
        | UnsetType
    ) = UNSET
    strategy: str | UnsetType = UNSET
    delays: list[str] | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    schedule: (
        Annotated[str, Meta(description="The token that makes this run again.")] | UnsetType
    ) = UNSET
    versions: dict[str, str] | UnsetType = UNSET
    started: (
        Annotated[str, Meta(description="A wall time; may differ between equal runs.")] | UnsetType
    ) = UNSET


class Line(msgspec.Struct):
    """What every event has."""

    run: Run
    step: Step
    vt: Nanoseconds


class Introduction(Line):
    """Who somebody is, before the first line that needs it."""

    event: Literal["actor"]
    actor: Name
    kind: str
    active: Annotated[bool, Meta(description="It has a coroutine, and acts by itself.")]
    state: (
        Annotated[dict[str, Any], Meta(description="What it holds, by word; if asked for.")]
        | UnsetType
    ) = UNSET


class Delivery(Line):
    """A message was handled: one for each step."""

    event: Literal["deliver"]
    actor: Annotated[str, Meta(description="The sender.")]
    to: Annotated[str, Meta(description="The addressee.")]
    message: str
    type: Annotated[str, Meta(description="The class of the message.")]
    writes: Annotated[bool, Meta(description="It may have changed the addressee.")]
    cause: Annotated[
        int, Meta(ge=0, description="The step of the delivery after which it was sent.")
    ]
    clock: Annotated[
        dict[str, int],
        Meta(description="Sender -> step of its latest delivery that happened before, or this."),
    ]
    answer: Any = UNSET
    deferred: Annotated[bool, Meta(description="The answer comes later.")] | UnsetType = UNSET
    broken: (
        Annotated[bool, Meta(description="The run broke off in it: there is no answer.")]
        | UnsetType
    ) = UNSET
    changes: (
        Annotated[dict[str, Any], Meta(description="What the addressee holds now; if asked for.")]
        | UnsetType
    ) = UNSET


class Answer(Line):
    """A delivery that was not answered at once is answered."""

    event: Literal["answer"]
    actor: Annotated[str, Meta(description="Who answers.")]
    to: Annotated[str, Meta(description="Who had asked.")]
    of: Annotated[int, Meta(ge=0, description="The step of the delivery that it answers.")]
    answer: Any


class Violation(Line):
    """A law was broken."""

    event: Literal["violation"]
    law: str
    message: str
    parties: list[str]


class End(Line):
    """The run is over."""

    event: Literal["end"]
    how: str
    deliveries: int
    number: Annotated[int, Meta(ge=0, description="Of the run, for `run --first`.")] = 0


class Note(Line):
    """An actor noted something: the event's name is its own, and so are all other fields."""

    event: Annotated[str, Meta(pattern="^(?!(?:actor|deliver|answer|violation|end)$)")]
    actor: Name | UnsetType = UNSET


LINES: Final = (Introduction, Delivery, Answer, Violation, End, Note)
"""Of these, one fits each line after the first."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one line."""
    (*refs,), components = msgspec.json.schema_components(
        (Header, *LINES), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        "description": "One line of a structured log of slabrace: the header, or an event.",
        "anyOf": refs,
        "$defs": components,
    }
