"""Story: the few steps of a run that matter to a violation, and the functions they were made in.

A run of a thousand steps has a handful that matter: the deliveries to the objects the violation
speaks of, those that carry such an object (how did they get it?), and what nobody answered. A
function is whatever an actor notes as the event ``function`` with a ``name`` when it enters it;
that it leaves is not noted, so the last one entered is taken as the one it is in.

This file chooses; diagram.py draws. It reads a trace and knows neither actors nor laws.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slabrace.runtime.actor import Address
from slabrace.runtime.errors import Violation
from slabrace.runtime.message import UNANSWERED, Envelope
from slabrace.runtime.trace import Note, Step, Trace, canonical
from slabrace.runtime.world import World

__all__ = ["Row", "acts", "at_rest", "compose", "delivered", "matter", "waiting"]

ROWS: Final = 40
"""Deliveries shown; of more that matter, the last ones."""
LEFT_OUT: Final = "..."


@dataclass(frozen=True)
class Row:
    """A line of the story: who, what, how deep it is indented, and whether it is the point."""

    actor: str
    text: str
    depth: int = 0
    marked: bool = False


def delivered(trace: Trace) -> list[Step]:
    """The steps of the run, with the one in which it broke off, which nobody could tell of."""
    steps = list(trace.steps)
    world = trace.world
    last: Envelope | None = getattr(world, "delivery", None)
    if last is not None and (not steps or steps[-1].envelope is not last):
        lane = world.lanes[max(world.picks[-1], 0)].name
        steps.append(Step(len(world.picks) - 1, world.clock.now, lane, last, ""))
    return steps


def at_rest(world: World) -> bool:
    """Whether everybody was done: then the law was broken by the state, not by the last step."""
    return not world.ready and all(task.done or task.daemon for task in world.tasks)


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
    objects = named(steps, violation) | {steps[number].addressee for number in stuck}
    shown = {number for number, step in enumerate(steps) if touches(step, objects)} | marked
    return set(sorted(shown or everything)[-ROWS:])


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
    if step.addressee in objects:
        return True
    message = step.message
    carried = [getattr(message, name) for name in message.__struct_fields__]
    return any(is_one(value, objects) for value in [*carried, step.answer])


def is_one(value: Any, objects: set[str]) -> bool:
    """Whether ``value`` is the address of one of ``objects``."""
    return isinstance(value, Address) and value.name in objects


# -- composing -------------------------------------------------------------------------


def compose(
    steps: Sequence[Step], shown: set[int], marked: set[int], notes: Sequence[Note]
) -> Iterator[Row]:
    """The rows: each delivery that is shown, below the function in which it was sent."""
    entered = [note for note in notes if note.event == "function"]
    inside = functions(steps, shown, entered)
    wanted = {id(note) for note in inside.values()}
    events: list[tuple[int, int, Step | Note]] = [(step.index, 0, step) for step in steps] + [
        (note.index, 1, note) for note in entered if id(note) in wanted
    ]
    events.sort(key=lambda event: event[:2])
    numbers = {id(step): number for number, step in enumerate(steps)}
    skipped: dict[str, int] = {}
    current: dict[str, Note] = {}
    for _, _, event in events:
        if isinstance(event, Note):
            skipped.pop(event.actor, None)
            current[event.actor] = event
            yield Row(event.actor, f"{event.fields['name']}()")
            continue
        number = numbers[id(event)]
        sender = event.sender
        if number not in shown:
            skipped[sender] = skipped.get(sender, 0) + 1
            continue
        home = inside.get(number)
        if home is not None and current.get(sender) is not home:  # back from another function
            current[sender] = home
            skipped.pop(sender, None)
            yield Row(sender, f"{home.fields['name']}()")
        if skipped.pop(sender, 0) and sender in current:
            yield Row(sender, LEFT_OUT, 1)
        yield Row(sender, written(event), 1, number in marked)


def functions(steps: Sequence[Step], shown: set[int], entered: Sequence[Note]) -> dict[int, Note]:
    """Number of a shown step -> the function in which it was sent, where one is known.

    A function that is nothing but an access of its name is not worth a line of its own.
    """
    accesses = {str(step.message).partition("(")[0] for step in steps}
    notes = [note for note in entered if note.fields["name"] not in accesses]
    inside: dict[int, Note] = {}
    now: dict[str, Note] = {}
    upcoming = iter([*notes, None])
    note = next(upcoming)
    for number, step in enumerate(steps):
        while note is not None and note.index < step.index:
            now[note.actor] = note
            note = next(upcoming)
        if number in shown and step.sender in now:
            inside[number] = now[step.sender]
    return inside


def written(step: Step) -> str:
    """``Load(counter, word) = 0``: the message with its addressee as its first argument."""
    name, parenthesis, rest = str(step.message).partition("(")
    between = "" if rest in ("", ")") else ", "
    text = f"{name}({step.addressee}{between}{rest if parenthesis else ')'}"
    answer = step.answer
    if answer is UNANSWERED or answer is None:
        return text
    told = step.answered if step.answered != "deferred" else canonical(answer)
    return f"{text} = {told}"
