"""Deadlock: nobody can move and somebody waits. Who waits for what, and whether in a ring."""

from __future__ import annotations

from collections.abc import Sequence

from slabrace.runtime.errors import Violation
from slabrace.runtime.message import Envelope
from slabrace.runtime.task import Task

__all__ = ["deadlock"]


def deadlock(stuck: Sequence[Task]) -> Violation:
    """The report of a deadlock among ``stuck`` tasks, one line for each."""
    lines = [f"{task.actor.name} waits for {wait_of(task)}" for task in stuck]
    return Violation(
        "deadlock",
        "nobody can move; " + "; ".join(lines),
        [task.actor.name for task in stuck],
    )


def wait_of(task: Task) -> str:
    """What ``task`` waits for, in words."""
    awaited = task.awaiting
    if isinstance(awaited, Envelope):
        return awaited.addressee.explain_wait(awaited)
    return "a message"
