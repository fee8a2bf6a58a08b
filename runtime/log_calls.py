"""Log calls: how somebody came to do something, where only functions were recorded.

A recording of a real machine has no messages, so no causes; but who entered a function also says
whose ``caller`` it was. Back from an event: the function that its actor entered last, the last
entry of that one's caller, and so on. A caller that is not recorded ends the chain.

The log is read once. Kept is the last entry of each function of each actor, with its chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import Header, Record

__all__ = ["Call", "calls"]

DEEPEST: Final = 64
"""Calls of a chain; functions that call one another in a ring would make it endless."""


class Call(msgspec.Struct):
    """A function that was entered; ``caller`` is who called it, ``by`` that one's own entry."""

    step: int
    vt: int
    name: str
    caller: str | None
    by: Call | None = None
    depth: int = 0


def calls(lines: Iterable[Header | Record], step: int) -> tuple[dict[str, Any], list[Call]]:
    """The event at ``step``, and the calls that led to it, the last one first."""
    entered: dict[tuple[str, str], Call] = {}
    last: dict[str, Call] = {}
    run = None
    for line in lines:
        fields = line.fields
        if isinstance(line, Header) or fields["event"] == "actor":
            continue
        if fields["run"] != run:
            run = fields["run"]
            entered.clear()
            last.clear()
        actor = str(fields.get("actor"))
        if fields["event"] == "function":
            call = last[actor] = called(fields, actor, entered)
            entered[actor, call.name] = call
        if fields["step"] == step:
            return fields, chain(last.get(actor))
    raise UsageError(f"no event at step {step}; `slabrace log show` lists those there are")


def called(fields: dict[str, Any], actor: str, entered: dict[tuple[str, str], Call]) -> Call:
    """One more call, tied to its caller's entry."""
    caller = fields.get("caller")
    call = Call(fields["step"], fields["vt"], str(fields.get("name")), caller)
    by = None if caller is None else entered.get((actor, str(caller)))
    if by is not None and by.depth < DEEPEST:
        call.by, call.depth = by, by.depth + 1
    return call


def chain(call: Call | None) -> list[Call]:
    """``call`` and those it came from."""
    found = []
    while call is not None:
        found.append(call)
        call = call.by
    return found
