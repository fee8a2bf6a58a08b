"""The laws of strays, as monitors: pointers, names and bits that should not be where they are.

Numbers of kernel.md have none of them. An address that nobody allocated, a directory under a name
that is taken, a bit that leads nowhere because there is no kmem accounting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from slabrace.actors.shrinker import Shrinker
from slabrace.runtime.monitor import Event, Monitor, watches

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel

__all__ = ["DebugfsName", "KmemOffBit", "WildPointer"]


class Stray(Monitor):
    """A law about one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel


class WildPointer(Stray):
    """No pointer is followed, or freed, that nobody has stored: uninitialised memory (KASAN)."""

    law: ClassVar[str] = "wild_pointer"

    @watches("wild_free")
    def freed(self, event: Event) -> None:
        thing, by = event.fields["object"], event.fields["by"]
        self.violated(f"BUG: KASAN: invalid-free: {by.name} frees {thing.name}", thing, by)

    @watches("wild_access")
    def accessed(self, event: Event) -> None:
        thing, access, by = (event.fields[k] for k in ("object", "access", "by"))
        self.violated(
            f"BUG: KASAN: wild-memory-access: {by.name}: {access} of {thing.name}", thing, by
        )


class DebugfsName(Stray):
    """No directory of debugfs is made under a name that is taken: the shrinker would have none."""

    law: ClassVar[str] = "debugfs_name"

    @watches("debugfs_present")
    def present(self, event: Event) -> None:
        parent, entry, by = (event.fields[k] for k in ("parent", "entry", "by"))
        self.violated(
            f"debugfs: Directory '{entry}' with parent 'shrinker' already present! ({by.name})",
            parent, by,
        )  # fmt: skip


class KmemOffBit(Stray):
    """At rest, with kmem accounting off, no memcg has the bit of a slab shrinker set.

    Objects are on no memcg's list then, so such a bit is set for nothing, every time anew, and no
    walk may run the shrinker for it. NONSLAB shrinkers account for something else and are exempt;
    so is the bit of an id that nobody has any more.
    """

    law: ClassVar[str] = "kmem_off_bit"

    def at_quiescence(self) -> None:
        if self.kernel.kmem:
            return
        shrinkers = [
            (id_, shrinker)
            for id_, shrinker in sorted(self.kernel.shrinker_idr.entries.items())
            if isinstance(shrinker, Shrinker) and not shrinker.nonslab
        ]
        for memcg in self.kernel.descendants(self.kernel.root_mem_cgroup):
            for pernode in memcg.nodeinfo:
                info = pernode.shrinker_info
                for id_, shrinker in shrinkers:
                    if info is not None and info.bit(id_):
                        self.violated(
                            f"kmem accounting is off and bit {id_} of {memcg.name} is set for the "
                            f"slab shrinker {shrinker.name}",
                            memcg, shrinker,
                        )  # fmt: skip
