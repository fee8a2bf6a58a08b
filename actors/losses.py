"""The laws of silent loss, as monitors: no memory is touched wrongly, and yet something is gone.

A shrinker that no walk can find, a memcg that nobody can free, an object on a list that was freed,
a count that is a negative number in disguise. None of it crashes where it happens: a machine with
such a bug is slow or out of memory weeks later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from slabrace.actors.list_lru import ListLruOne
from slabrace.actors.shrinker import Shrinker
from slabrace.runtime.monitor import Event, Monitor, watches

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel

__all__ = ["CountRange", "NeverCalled", "StrandedObject", "ZombieMemcg"]


class Loss(Monitor):
    """A law about one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel


class NeverCalled(Loss):
    """At rest the id of every registered, memcg aware shrinker leads to it.

    Where it does not, no walk of a memcg will ever call it, whatever bits are set: the part of I13
    that needs no fair schedule.
    """

    law: ClassVar[str] = "never_called"

    def at_quiescence(self) -> None:
        idr = self.kernel.shrinker_idr
        node = self.kernel.shrinker_list.next
        while isinstance(node, Shrinker):
            found = idr.entries.get(node.id)
            if node.memcg_aware and found is not node:
                self.violated(
                    f"{node.name} is registered and idr_find({node.id}) finds "
                    f"{found.name if found is not None else 'nothing'}: no memcg walk will call it",
                    node, idr,
                )  # fmt: skip
            node = node.next or self.kernel.shrinker_list


class ZombieMemcg(Loss):
    """At rest a memcg that was removed, and has no children left, is freed.

    Nobody holds a reference any more then, so one that is still counted was leaked. It is no leak
    to kmemleak, since the memcg is still linked below its parent.
    """

    law: ClassVar[str] = "zombie_memcg"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.removed: set[int] = set()

    @watches("cgroup_rmdir")
    def rmdir(self, event: Event) -> None:
        self.removed.add(event.fields["id"])

    def at_quiescence(self) -> None:
        for memcg in self.kernel.descendants(self.kernel.root_mem_cgroup):
            if memcg.id in self.removed and not memcg.css_online and not memcg.serials:
                self.violated(
                    f"{memcg.name} was removed and is never freed: its css refcnt is "
                    f"{memcg.refcnt}",
                    memcg,
                )


class StrandedObject(Loss):
    """No list of a list_lru is freed with objects on it: their next list_del() writes to it."""

    law: ClassVar[str] = "stranded_object"

    @watches("kfree")
    def freed(self, event: Event) -> None:
        one = event.fields["object"]
        if isinstance(one, ListLruOne) and one.items:
            self.violated(f"{one.name} is freed with {len(one.items)} objects on it", one)


class CountRange(Loss):
    """count_objects() answers a count, not the unsigned of a negative number."""

    law: ClassVar[str] = "count_range"

    @watches("negative_count")
    def counted(self, event: Event) -> None:
        shrinker, cpu, count = (event.fields[key] for key in ("shrinker", "cpu", "count"))
        self.violated(
            f"{shrinker.name} counts {count} objects for {cpu.name}, which is {count - 2**64}",
            shrinker, cpu,
        )  # fmt: skip
