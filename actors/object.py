"""KernelObject: memory with a lifetime, and the ledger of what is allocated.

An object is one cache line: it answers one access at a time. It is allocated, published by storing
a reference to it somewhere, and freed; a freed object is poisoned. Poisoning exchanges the class
for one whose handler table answers *every* message with a report, so the check for a use after
free costs nothing while the object lives.

Counterpart in the kernel: slab memory under KASAN and kmemleak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from slabrace.actors.messages import (
    AddReturn,
    ForwardedLoad,
    Kfree,
    Late,
    Load,
    SplitRmw,
    Store,
    StoreRelease,
)
from slabrace.runtime.actor import Actor, HandlerTable, handles
from slabrace.runtime.message import Message

if TYPE_CHECKING:
    from slabrace.actors.cpu_weak import WeakCpu
    from slabrace.actors.kernel import Kernel
    from slabrace.runtime.world import World

__all__ = ["KernelObject", "Part", "is_freed"]


class KernelObject(Actor):
    """Base of everything in the kernel's memory. Its words are its attributes."""

    __slots__ = ()
    kind = "object"

    def publish_in(self, world: World, name: str = "") -> None:
        """Give the object its place in ``world``; an empty name is worked out when asked for."""
        self.world = world
        self.label = name

    def references(self) -> Iterator[KernelObject]:
        """Objects that this one keeps reachable: what kmemleak would find by scanning it."""
        return iter(())

    @handles(Load)
    def load(self, message: Load) -> Any:
        return getattr(self, message.word)

    @handles(Store, StoreRelease)
    def store(self, message: Store) -> None:
        setattr(self, message.word, message.value)

    @handles(AddReturn)
    def add_return(self, message: AddReturn) -> int:
        value: int = getattr(self, message.word) + message.delta
        setattr(self, message.word, value)
        return value

    @handles(Kfree)
    def kfree(self, message: Kfree) -> None:
        """Free and poison. Parts of the object that have their own line go with it."""
        self.note("kfree", object=self, kind=self.kind)
        for part in self.parts():
            self.world.touch(part)
            part.note("kfree", object=part, kind=part.kind)
            poison(part)
        poison(self)

    def parts(self) -> Iterator[KernelObject]:
        """Objects embedded in this one."""
        return iter(())

    # -- accesses of a CPU with a store buffer (memory.py) -------------------------------

    @handles(ForwardedLoad)
    def forwarded_load(self, message: ForwardedLoad) -> Any:
        cpu: WeakCpu = self.sender  # type: ignore[assignment]  # nobody else sends these three
        return cpu.peek(self, message.word)

    @handles(SplitRmw)
    def split_rmw(self, message: SplitRmw) -> Any:
        cpu: WeakCpu = self.sender  # type: ignore[assignment]  # see above
        before = cpu.peek(self, message.word)
        cpu.buffer.take(self, message.access)
        return before

    @handles(Late)
    def late(self, message: Late) -> None:
        retire(self, message)


def retire(addressee: Actor, message: Late) -> None:
    """A store leaves the buffer of its CPU: ``addressee`` hears of it as of any other."""
    cpu: WeakCpu = addressee.sender  # type: ignore[assignment]  # nobody else sends it
    addressee.handlers[type(message.access)](addressee, message.access)
    cpu.buffer.retire(addressee.world.delivery)


class Part(KernelObject):
    """An object embedded in another: freed with it, never alone, and not in the ledger."""

    __slots__ = ()
    kind = "part"


class PoisonTable(HandlerTable):
    """Whatever is sent to freed memory is reported; then the stale contents answer."""

    def __init__(self, live: type[KernelObject]) -> None:
        super().__init__(live)
        self.live = live

    def __missing__(self, key: type) -> Callable[[Any, Any], Any]:
        stale = self.live.handlers[key]
        if key is Late:  # what it carries is reported
            self[key] = stale
            return stale

        def report(freed: KernelObject, message: Message) -> Any:
            event = "double_free" if isinstance(message, Kfree) else "use_after_free"
            freed.note(event, object=freed, access=message, by=freed.sender)
            return None if isinstance(message, Kfree) else stale(freed, message)

        self[key] = report
        return report


_POISONED: dict[type[KernelObject], type[KernelObject]] = {}


def poison(freed: KernelObject) -> None:
    """Mark ``freed`` as freed memory."""
    live = type(freed)
    if live in _POISONED.values():
        return
    dead = _POISONED.get(live)
    if dead is None:
        dead = type(f"Freed{live.__name__}", (live,), {"__slots__": ()})
        dead.handlers = PoisonTable(live)
        _POISONED[live] = dead
    freed.__class__ = dead


def is_freed(thing: KernelObject) -> bool:
    """Whether ``thing`` was freed."""
    return isinstance(type(thing).handlers, PoisonTable)


def reachable(kernel: Kernel) -> set[KernelObject]:
    """Everything that the kernel's roots reach, for the search for leaks."""
    found: set[KernelObject] = set()
    todo = list(kernel.roots())
    while todo:
        thing = todo.pop()
        if thing not in found:
            found.add(thing)
            todo.extend(thing.references())
    return found
