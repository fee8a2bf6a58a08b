"""Wild: what a pointer leads to that was read from uninitialised memory.

kmalloc() gives memory with its last owner's contents. Somebody who takes a word of it for a pointer
has one that was never stored there; what it points to was not allocated for this, if at all.
Counterpart in the kernel: KASAN's wild-memory-access and invalid-free.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slabrace.actors.messages import Kfree
from slabrace.actors.object import KernelObject
from slabrace.runtime.actor import HandlerTable
from slabrace.runtime.message import Message

if TYPE_CHECKING:
    from slabrace.runtime.world import World

__all__ = ["Wild"]


class WildTable(HandlerTable):
    """Whatever is sent here is reported; nothing answers."""

    def __missing__(self, key: type) -> Callable[[Any, Any], Any]:
        self[key] = report
        return report


def report(wild: KernelObject, message: Message) -> None:
    """Tell the law."""
    event = "wild_free" if isinstance(message, Kfree) else "wild_access"
    wild.note(event, object=wild, access=message, by=wild.sender)


class Wild(KernelObject):
    """An address that nobody allocated; ``where`` says where it was found."""

    __slots__ = ()
    kind = "wild pointer"

    def __init__(self, world: World, where: str) -> None:
        self.publish_in(world, f"garbage in {where}")


Wild.handlers = WildTable(Wild)
