"""Story: the few steps of a run that matter to a violation.

A run of a thousand steps has a handful that matter: the deliveries to the objects the violation
speaks of, those that carry such an object (how did they get it?), and what nobody answered. Of
those, what could have come in any order without a difference is left out: an access to a part of an
object that nobody else uses, or that everybody only reads.

This file chooses; outline.py writes and diagram.py draws. It reads a trace and knows neither actors
nor laws.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any, Final

from slabrace.runtime.actor import Address
from slabrace.runtime.errors import Violation
from slabrace.runtime.message import UNANSWERED, Envelope
from slabrace.runtime.trace import Note, Step, Trace
from slabrace.runtime.world import World

__all__ = ["acts", "at_rest", "culprit", "delivered", "ended", "matter", "waiting"]

ROWS: Final = 40
"""Deliveries shown; of more that matter, the last ones."""


def delivered(trace: Trace) -> list[Step]:
    """The steps of the run, with the one in which it broke off, which nobody could tell of."""
    steps = list(trace.steps)
    world = trace.world
    last: Envelope | None = getattr(world, "delivery", None)
    if last is not None and (not steps or steps[-1].envelope is not last):
        lane = world.lanes[max(world.picks[-1], 0)].name
        steps.append(trace.step(len(world.picks) - 1, world.clock.now, lane, last, ""))
    return steps


def at_rest(world: World) -> bool:
    """Whether everybody was done: then the law was broken by the state, not by the last step."""
    return not world.ready and all(task.done or task.daemon for task in world.tasks)


def ended(trace: Trace, steps: Sequence[Step], stuck: set[int]) -> list[str]:
    """Of a run in which some are ``stuck`` for ever, those that came to the end of what they do."""
    if not stuck or trace.world.ready or len(steps) > len(trace.steps):
        return []
    return [task.actor.name for task in trace.world.tasks if task.done and not task.daemon]


def culprit(trace: Trace, steps: Sequence[Step]) -> Note | None:
    """Where the law was broken, if by what an actor did after the last delivery to anybody."""
    if not trace.notes or not trace.notes[-1].calls:
        return None
    note = trace.notes[-1]
    if not steps:
        return note
    last = steps[-1]
    if note.index < last.index:
        return None
    there = last.sender == note.actor and last.calls
    return None if there and last.calls[0].activation == note.calls[0].activation else note


def waiting(steps: Sequence[Step], violation: Violation | None) -> set[int]:
    """The numbers of the steps that parties of the violation still wait to be answered."""
    parties = violation.parties if violation is not None else ()
    return {
        number
        for number, step in enumerate(steps)
        if step.sender in parties
        and step.envelope.answer is UNANSWERED
        and step.envelope.waiter is not None
    }


def matter(
    steps: Sequence[Step], stuck: set[int], violation: Violation | None, marked: set[int]
) -> set[int]:
    """The numbers in ``steps`` of those that are shown; all, if nothing can be told to matter."""
    everything = set(range(len(steps)))
    if violation is None:
        return everything
    own = {number for number in everything if steps[number].sender in violation.parties}
    objects = named(steps, violation) | {steps[number].addressee for number in stuck}
    touching = {number for number, step in enumerate(steps) if touches(step, objects)} | marked
    shown = {n for n in touching if n in marked or carries(steps[n], objects)}
    shown |= contended(steps, touching)
    if not touching - marked:  # nothing but who did it is known
        shown = own
    return set(sorted(shown or touching or everything)[-ROWS:])


def contended(steps: Sequence[Step], among: set[int]) -> set[int]:
    """Of ``among``, the steps whose order can make a difference: another actor's conflicts."""
    uses: dict[tuple[str, Hashable], set[tuple[str, bool]]] = {}
    for step in steps:
        message = step.message
        uses.setdefault((step.addressee, message.part()), set()).add((step.sender, message.writes))

    def conflicts(step: Step) -> bool:
        part = step.message.part()
        if part is None:
            return True
        return any(
            sender != step.sender and (writes or step.message.writes)
            for sender, writes in uses[step.addressee, part]
        )

    return {number for number in among if conflicts(steps[number])}


def named(steps: Sequence[Step], violation: Violation) -> set[str]:
    """The names of the objects that the violation speaks of: who answers, not who asks."""
    active = {step.sender for step in steps if acts(step)}
    known = {step.addressee for step in steps} - active
    return {
        name
        for name in known
        if name in violation.parties
        or re.search(rf"(?<![\w.\[:/-]){re.escape(name)}(?![\w\[:/-]|\.\w)", violation.message)
    }


def acts(step: Step) -> bool:
    """Whether the sender is an actor with a coroutine of its own."""
    return step.envelope.sender.run is not None


def touches(step: Step, objects: set[str]) -> bool:
    """Whether ``step`` is a delivery to one of ``objects``, or carries one there or back."""
    return step.addressee in objects or carries(step, objects)


def carries(step: Step, objects: set[str]) -> bool:
    """Whether ``step`` brings the address of one of ``objects`` there or back."""
    message = step.message
    carried = [getattr(message, name) for name in message.__struct_fields__]
    return any(is_one(value, objects) for value in [*carried, step.answer])


def is_one(value: Any, objects: set[str]) -> bool:
    """Whether ``value`` is the address of one of ``objects``."""
    return isinstance(value, Address) and value.name in objects
