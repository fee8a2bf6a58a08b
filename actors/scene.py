"""Scene: a run that broke a law, in the terms of a kernel's log: tasks, pids, addresses, stacks.

All of it follows from the replayed trace. What a model does not have is made up in one way and said
to be: an address is hashed from the object's name, a word is 8 bytes in the order of the class's
``__slots__``, pids count tasks from 100, and an actor that is no task (rcu) has pid 0. Same run,
same text, in any process.

A stack is the functions in which something was sent or noted, as `decode_stacktrace.sh` would leave
it: with file and line, which are the model's. What nobody knows is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import slabrace
from slabrace.actors.cpu import Cpu
from slabrace.actors.locks import Mutex, RwSem, SpinLock
from slabrace.actors.messages import DownRead, DownReadTrylock
from slabrace.actors.object import KernelObject
from slabrace.runtime.errors import Violation
from slabrace.runtime.exporters.story import delivered
from slabrace.runtime.message import UNANSWERED, Envelope
from slabrace.runtime.trace import Note, Step, Trace
from slabrace.runtime.witness import Call

__all__ = ["MODEL", "Scene", "where", "words"]

MODEL: Final = "a model; addresses, sizes, pids and times are its own"
BASE: Final = 0xFFFF888000000000
"""Where the direct mapping of x86-64 begins, so that an address looks like one."""
LINE: Final = 64
WORD: Final = 8
FIRST_PID: Final = 100
ARRAY: Final = "unit"
"""The flexible array of a shrinker_info."""


class Scene:
    """See the head of this file."""

    def __init__(self, trace: Trace, violation: Violation) -> None:
        self.trace = trace
        self.violation = violation
        self.steps = delivered(trace)
        self.cpus = {
            task.actor.name: task.actor for task in trace.world.tasks if isinstance(task.actor, Cpu)
        }
        self._pids = {
            task.actor.name: number for number, task in enumerate(trace.world.tasks, FIRST_PID)
        }

    # -- who ---------------------------------------------------------------------------

    def pid(self, actor: str) -> int:
        """The pid of a task; 0 for what runs between tasks."""
        return self._pids.get(actor, 0)

    def task(self, actor: str) -> str:
        """``umounter0/102``."""
        return f"{actor}/{self.pid(actor)}"

    def banner(self) -> str:
        """What is running: where a kernel tells its version and whether it is tainted."""
        versions = dict.fromkeys(cpu.kernel.version.name for cpu in self.cpus.values())
        return " ".join(["slabrace", slabrace.__version__, *versions])

    def head(self, actor: str) -> Iterator[str]:
        """The lines that stand above a call trace."""
        cpu = self.cpus.get(actor)
        number = f"CPU: {cpu.number} " if cpu is not None else ""
        yield f"{number}PID: {self.pid(actor)} Comm: {actor} {self.banner()}"
        yield f"Hardware name: {MODEL}"

    # -- where -------------------------------------------------------------------------

    def address(self, thing: KernelObject) -> int:
        """Where ``thing`` would be."""
        digest = hashlib.blake2b(thing.name.encode(), digest_size=4).digest()
        return BASE + int.from_bytes(digest, "big") // LINE * LINE

    def size(self, thing: KernelObject) -> int:
        """Bytes of ``thing``: its words, and those of the array at its end."""
        array = getattr(thing, ARRAY, None)
        tail = len(array) - 1 if isinstance(array, Sequence) else 0
        return WORD * max(1, len(words(thing)) + tail)

    def offset(self, thing: KernelObject, word: str, index: int = 0) -> int:
        """Where in ``thing`` that word is; 0 if it has none of that name."""
        names = words(thing)
        return WORD * (names.index(word) + index) if word in names else 0

    # -- how it came to that -----------------------------------------------------------

    def notes(self, *events: str) -> list[Note]:
        """All notes of these events, in order."""
        return [note for note in self.trace.notes if note.event in events]

    def step_at(self, index: int) -> Step | None:
        """The delivery that was pick number ``index``."""
        return next((step for step in self.steps if step.index == index), None)

    def stack(self, envelope: Envelope) -> list[str]:
        """The functions in which it was sent; for a callback, what ran it."""
        witness = self.trace.witness
        calls = witness.senders.get(envelope, ()) if witness is not None else ()
        if calls:
            return self.lines(calls)
        told = [envelope.message]
        while witness is not None and envelope in witness.causes and envelope.sender.run is None:
            envelope = witness.causes[envelope]
            told.append(envelope.message)
            if envelope.sender is envelope.addressee or envelope.sender.run is not None:
                break
        return [f" {message.name}" for message in told]

    def lines(self, calls: Sequence[Call]) -> list[str]:
        """A stack, the innermost function first."""
        return [f" {where(call)}" for call in calls]

    def trace_of(self, lines: Sequence[str], actor: str) -> Iterator[str]:
        """The current call trace: of a task, or of what runs between tasks."""
        mark = "TASK" if self.pid(actor) else "IRQ"
        yield "Call Trace:"
        yield f" <{mark}>"
        yield from lines
        yield f" </{mark}>"

    # -- locks -------------------------------------------------------------------------

    def lock(self, lock: Mutex | RwSem) -> str:
        """``ffff... (shrinker_mutex){+.+.}-{3:3}``, as lockdep writes a lock."""
        return f"{self.address(lock):016x} ({self.lock_class(lock)}"

    def lock_class(self, lock: Mutex | RwSem) -> str:
        """The class with its usage and its wait type, less the first parenthesis."""
        return f"{lock.lock_class}){{{self.usage(lock)}}}-{{{wait_type(lock)}}}"

    def usage(self, lock: Mutex | RwSem) -> str:
        """Taken with interrupts on, which is all there is: for writing, for reading, or both."""
        kinds = {
            isinstance(step.message, DownRead | DownReadTrylock)
            for step in self.steps
            if step.envelope.addressee is lock
        }
        if len(kinds) == 2:
            return "++++"
        return ".+.+" if kinds == {True} else "+.+."

    def held(self, actor: str) -> list[str]:
        """The locks that a task holds now, the first taken first, and where it took them."""
        cpu = self.cpus.get(actor)
        if cpu is None:
            return []
        found = []
        for lock in cpu.held:
            at = self.taken_at(actor, lock)
            found.append(f"{self.lock(lock)}{f', at: {at}' if at else ''}")
        if cpu.rcu_nesting:
            found.append("(rcu_read_lock){....}-{1:2}")
        return found

    def holding(self, actor: str) -> Iterator[str]:
        """The same, as a splat tells it."""
        held = self.held(actor)
        if not held:
            yield f"no locks held by {self.task(actor)}."
            return
        yield f"{len(held)} lock{'s' * (len(held) > 1)} held by {self.task(actor)}:"
        yield from (f" #{number}: {each}" for number, each in enumerate(held))

    def taken_at(self, actor: str, lock: Mutex | RwSem) -> str:
        """The function that took ``lock`` last."""
        for step in reversed(self.steps):
            taken = step.sender == actor and step.envelope.addressee is lock
            if taken and step.answer is not UNANSWERED and step.answer is not False:
                return caller(step.calls, step.message.name)
        return ""


def words(thing: KernelObject) -> list[str]:
    """The words of an object, in the order in which its classes name them."""
    found = [
        word
        for kind in reversed(type(thing).__mro__)
        if issubclass(kind, KernelObject)
        for word in vars(kind).get("__slots__", ())
    ]
    found = found or [name for name in getattr(thing, "__dict__", {}) if name != "world"]
    return sorted(found, key=lambda word: word == ARRAY)  # an array is at the end


def wait_type(lock: Any) -> str:
    """What may be waited for inside: spinning or sleeping (include/linux/lockdep_types.h)."""
    return "2:2" if isinstance(lock, SpinLock) else "3:3"


def where(call: Call) -> str:
    """``shrink_slab (actors/version.py:101)``."""
    return f"{call.function} ({call.file}:{call.line})"


def caller(calls: Sequence[Call], access: str) -> str:
    """The innermost function that is not the access itself."""
    return next((where(call) for call in calls if call.function != access), "")
