"""lockdep: locks in the wrong order, twice, or given back by who has none.

Layouts: kernel/locking/lockdep.c, v6.7: print_circular_bug(), print_deadlock_bug(),
print_unlock_imbalance_bug(), lockdep_sys_exit(). The chain is found again from the locks that were
taken in this run, each edge with the stack of the task that made it first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from slabrace.actors.locks import Mutex, RwSem
from slabrace.actors.scene import Scene, where
from slabrace.runtime.trace import Note

__all__ = ["balance", "order"]

Edge = tuple[Any, Note]
"""The lock that was taken, and the note of it."""


def order(scene: Scene, note: Note) -> Iterator[str]:
    """A cycle of classes, or one class inside itself."""
    lock, held, actor = note.fields["lock"], note.fields["held"], note.actor
    for one in held:
        if one is lock or one.lock_class == lock.lock_class:
            yield from framed(scene, "possible recursive locking detected")
            yield from trying(scene, note, one)
            yield "other info that might help us debug this:"
            yield from recursive(lock)
            break
        chain = path(edges(scene, note), lock.lock_class, one.lock_class)
        if chain:
            yield from framed(scene, "possible circular locking dependency detected")
            yield from trying(scene, note, one)
            yield "which lock already depends on the new lock."
            yield ""
            yield "the existing dependency chain (in reverse order) is:"
            for number, (taken, made) in zip(
                range(len(chain), -1, -1), [*reversed(chain), (lock, note)], strict=True
            ):
                yield ""
                yield f"-> #{number} ({scene.lock_class(taken)}:"
                yield from (f"      {line}" for line in scene.lines(made.calls))
            yield ""
            yield "other info that might help us debug this:"
            yield from circular(lock, [taken for taken, _ in chain])
            break
    yield ""
    yield from scene.holding(actor)
    yield from backtrace(scene, note)


def framed(scene: Scene, what: str) -> Iterator[str]:
    """The headline between its rules."""
    title = f"WARNING: {what}"
    yield "=" * len(title)
    yield title
    yield scene.banner()
    yield "-" * len(title)


def trying(scene: Scene, note: Note, held: Mutex | RwSem) -> Iterator[str]:
    """Who wants which lock, and has which."""
    at = next((where(call) for call in note.calls[1:]), "")
    had = scene.taken_at(note.actor, held)
    yield f"{scene.task(note.actor)} is trying to acquire lock:"
    yield f"{scene.lock(note.fields['lock'])}{f', at: {at}' if at else ''}"
    yield ""
    yield "but task is already holding lock:"
    yield f"{scene.lock(held)}{f', at: {had}' if had else ''}"
    yield ""


def recursive(lock: Mutex | RwSem) -> Iterator[str]:
    """One CPU is enough."""
    yield " Possible unsafe locking scenario:"
    yield ""
    yield "       CPU0"
    yield "       ----"
    yield f"  lock({lock.lock_class});"
    yield f"  lock({lock.lock_class});"
    yield ""
    yield " *** DEADLOCK ***"
    yield ""
    yield " May be due to missing lock nesting notation"


def circular(source: Mutex | RwSem, chain: Sequence[Any]) -> Iterator[str]:
    """Two CPUs that would wait for each other."""
    classes = [source.lock_class, *(lock.lock_class for lock in chain)]
    if len(classes) > 2:
        yield ""
        yield "Chain exists of:"
        yield f"  {' --> '.join(classes)}"
        yield ""
    left = f"lock({classes[-1]});"
    yield " Possible unsafe locking scenario:"
    yield ""
    yield "       CPU0                    CPU1"
    yield "       ----                    ----"
    yield f"  {left}"
    yield f"                               lock({classes[-2]});"
    yield f"                               {left}"
    yield f"  lock({source.lock_class});"
    yield ""
    yield " *** DEADLOCK ***"


def balance(scene: Scene, note: Note) -> Iterator[str]:
    """A lock, or a section, that was left by who was not inside, or not left at all."""
    if note.event == "lock_imbalance":
        actor, step = note.fields["by"].name, scene.steps[-1]
        lock, lines = note.fields["lock"].lock_class, scene.stack(step.envelope)
        at = lines[1:] or lines
    else:
        actor, lock, lines = note.actor, "rcu_read_lock", scene.lines(note.calls)
        at = lines
    if note.event == "rcu_imbalance" and note.fields["what"].startswith("returned"):
        yield from framed(scene, "lock held when returning to user space!")
        yield f"{scene.task(actor)} is leaving the kernel with locks still held!"
        yield from scene.holding(actor)
        return
    yield from framed(scene, "bad unlock balance detected!")
    yield f"{scene.task(actor)} is trying to release lock ({lock}) at:"
    yield from (line.strip() for line in at[:1])
    yield "but there are no more locks to release!"
    yield ""
    yield "other info that might help us debug this:"
    yield from scene.holding(actor)
    yield ""
    yield "stack backtrace:"
    yield from scene.head(actor)
    yield from scene.trace_of(lines, actor)


def backtrace(scene: Scene, note: Note) -> Iterator[str]:
    """Where it happened."""
    yield ""
    yield "stack backtrace:"
    yield from scene.head(note.actor)
    yield from scene.trace_of(scene.lines(note.calls), note.actor)


def edges(scene: Scene, until: Note) -> dict[str, dict[str, Edge]]:
    """Class -> the classes that were taken under it before, each with the first to do so."""
    found: dict[str, dict[str, Edge]] = {}
    for note in scene.notes("lock_acquire"):
        if note is until:
            break
        for one in note.fields["held"]:
            lock = note.fields["lock"]
            found.setdefault(one.lock_class, {}).setdefault(lock.lock_class, (lock, note))
    return found


def path(after: dict[str, dict[str, Edge]], start: str, goal: str) -> list[Edge]:
    """The edges by which ``goal`` comes to be taken under ``start``; the fewest there are."""
    todo: list[tuple[str, list[Edge]]] = [(start, [])]
    seen = {start}
    while todo:
        at, made = todo.pop(0)
        for following, edge in after.get(at, {}).items():
            if following == goal:
                return [*made, edge]
            if following not in seen:
                seen.add(following)
                todo.append((following, [*made, edge]))
    return []
