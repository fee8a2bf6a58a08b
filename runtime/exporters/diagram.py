"""Diagram: a race as people write it in commit messages.

    CPU0 (writer0)                      CPU1 (writer1)
    ----                                ----
    increment()
      Load(counter) = 0
                                        increment()
                                          Load(counter) = 0
                                          Store(counter, 1)
      Store(counter, 1)                                           <--

    *** no_update_lost: 2 increments, the counter says 1

One column per actor that does something, time downwards, 72 columns. A run of a thousand steps has
a handful that matter: the deliveries to the objects the violation speaks of, those that carry such
an object (how did they get it?), what nobody answered, and the functions all this was sent in; the
rest is ``...``. A function is whatever an actor notes as the event ``function`` with a ``name``
when it enters it; that it leaves is not noted, so the last one entered is taken as the one it is
in.

This file chooses and draws. It reads a trace and knows neither actors nor laws.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slabrace.runtime.actor import Address
from slabrace.runtime.errors import Violation
from slabrace.runtime.message import UNANSWERED, Envelope
from slabrace.runtime.trace import Note, Step, Trace, canonical

__all__ = ["WIDTH", "diagram"]

WIDTH: Final = 72
ROWS: Final = 40
"""Deliveries shown; of more that matter, the last ones."""
RIGHTMOST: Final = 30
"""Characters that the last column keeps for itself."""
MARK: Final = "<--"


@dataclass
class Row:
    """A line of the diagram: who, what, and how deep it is indented."""

    actor: str
    text: str
    depth: int = 0
    mark: str = ""


def diagram(
    trace: Trace,
    violation: Violation | None = None,
    title: Callable[[int, str], str] = lambda _column, actor: actor,
) -> str:
    """The run of ``trace``; ``title`` names a column by its number and its actor."""
    steps = delivered(trace)
    shown = matter(steps, trace, violation)
    rows = list(compose(steps, shown, trace.notes))
    if violation is not None and rows:
        marked = [row for row in rows if row.mark] or [row for row in rows if row.depth]
        marked[-1].mark = MARK
    actors = list(dict.fromkeys(row.actor for row in rows))
    lines = [*header(actors, title), *(draw(row, actors) for row in rows)]
    if violation is not None:
        told = f"*** {violation.law}: {violation.message}"
        lines += ["", *textwrap.wrap(told, WIDTH, subsequent_indent="    ")]
    return "\n".join(line.rstrip() for line in lines)


# -- what matters ---------------------------------------------------------------------------------


def delivered(trace: Trace) -> list[Step]:
    """The steps of the run, with the one in which it broke off, which nobody could tell of."""
    steps = list(trace.steps)
    world = trace.world
    last: Envelope | None = getattr(world, "delivery", None)
    if last is not None and (not steps or steps[-1].envelope is not last):
        lane = world.lanes[max(world.picks[-1], 0)].name
        steps.append(Step(len(world.picks) - 1, world.clock.now, lane, last, ""))
    return steps


def matter(steps: Sequence[Step], trace: Trace, violation: Violation | None) -> set[int]:
    """The numbers in ``steps`` of those that are shown."""
    if violation is None:
        return set(range(len(steps)))
    parties = set(violation.parties)
    waiting = {
        number
        for number, step in enumerate(steps)
        if step.envelope.answer is UNANSWERED and step.envelope.waiter is not None
    }
    objects = named(steps, violation)
    objects |= {steps[number].addressee for number in waiting if steps[number].sender in parties}
    shown = {number for number, step in enumerate(steps) if touches(step, objects)}
    shown |= {number for number in waiting if steps[number].addressee in objects}
    if trace.world.ready and steps:  # others could still move: the last delivery broke the law
        shown.add(len(steps) - 1)
    return set(sorted(shown)[-ROWS:])


def named(steps: Sequence[Step], violation: Violation) -> set[str]:
    """The names of the objects that the violation speaks of: who answers, not who asks."""
    words = set(re.findall(r"[\w./:-]*\w", violation.message)) | set(violation.parties)
    active = {step.sender for step in steps if acts(step)}
    return {step.addressee for step in steps if step.addressee in words} - active


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


# -- composing ------------------------------------------------------------------------------------


def compose(steps: Sequence[Step], shown: set[int], notes: Sequence[Note]) -> Iterator[Row]:
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
            yield Row(sender, "...", 1)
        waits = event.answer is UNANSWERED and event.envelope.waiter is not None
        yield Row(sender, written(event), 1, MARK if waits else "")


def functions(steps: Sequence[Step], shown: set[int], entered: Sequence[Note]) -> dict[int, Note]:
    """Number of a shown step -> the function in which it was sent, where one is known.

    A function that is nothing but the access itself is not worth a line of its own.
    """
    inside: dict[int, Note] = {}
    now: dict[str, Note] = {}
    upcoming = iter([*entered, None])
    note = next(upcoming)
    leaves: dict[str, Note] = {}
    for number, step in enumerate(steps):
        while note is not None and note.index < step.index:
            if note.actor in leaves:
                now[note.actor] = leaves.pop(note.actor)
            leaves[note.actor] = note
            note = next(upcoming)
        sender = step.sender
        leaf = leaves.pop(sender, None)
        if leaf is not None and not str(step.message).startswith(f"{leaf.fields['name']}("):
            now[sender] = leaf
        if number in shown and sender in now:
            inside[number] = now[sender]
    return inside


def written(step: Step) -> str:
    """``Load(counter, word) = 0``: the message with its addressee as its first argument."""
    name, parenthesis, rest = str(step.message).partition("(")
    between = "" if rest in ("", ")") else ", "
    text = f"{name}({step.addressee}{between}{rest if parenthesis else ')'}"
    answer = step.answer
    if answer is UNANSWERED or answer is None:
        return text
    return f"{text} = {canonical(answer)}"


# -- drawing --------------------------------------------------------------------------------------


def pitch(columns: int) -> int:
    """Characters from one column to the next; a row has one cell, which may run to the right."""
    return WIDTH // 2 if columns < 3 else (WIDTH - RIGHTMOST) // (columns - 1)


def header(actors: Sequence[str], title: Callable[[int, str], str]) -> Iterator[str]:
    """The titles, on two lines if they are too long for one, and a rule."""
    step = pitch(len(actors))
    titles = [title(column, actor) for column, actor in enumerate(actors)]
    if any(len(text) >= step for text in titles[:-1]):
        parts = [text.partition(" ") for text in titles]
        yield "".join(f"{first[: step - 1]:<{step}}" for first, _, _ in parts)
        titles = [rest for _, _, rest in parts]
    if any(titles):
        yield "".join(f"{text[: step - 1]:<{step}}" for text in titles)
    yield "".join(f"{'----'[: step - 1]:<{step}}" for _ in actors)


def draw(row: Row, actors: Sequence[str]) -> str:
    """One line, no longer than it may be."""
    line = " " * (pitch(len(actors)) * actors.index(row.actor) + 2 * row.depth) + row.text
    room = WIDTH - len(row.mark) - 1 if row.mark else WIDTH
    if len(line) > room:
        line = f"{line[: room - 3]}..."
    return f"{line:<{room}} {row.mark}" if row.mark else line
