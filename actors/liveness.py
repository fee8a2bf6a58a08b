"""The laws of what must happen at last: shrinker_free() and umount return, grace periods end.

Numbers are those of kernel.md 6.G. These laws are not among LAWS: they look at states while they
are hot, which costs a hundred times what a delivery does. A scenario that is about one of them
asks for it: ``world.judge(FreeReturns(kernel))``.

 - I12 is three hot monitors (liveness.py of the runtime): FreeReturns, UmountEnds, GracePeriodEnds.
   At rest they are judged too: what has not come by then never will.
 - I13 is a hot monitor that presupposes that the memcg is walked again and again: ObjectsScanned.
   At rest nobody walks, so it says nothing there; what is lost for good by then is I5.
 - I6 is judged at rest, from the walks that were made: SpuriousBits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.runtime.liveness import HotMonitor
from slabrace.runtime.monitor import Event, Monitor, watches

if TYPE_CHECKING:
    from collections.abc import Hashable

    from slabrace.actors.kernel import Kernel
    from slabrace.actors.list_lru import ListLruOne
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.shrinker import Shrinker
    from slabrace.runtime.actor import Actor

__all__ = ["FreeReturns", "GracePeriodEnds", "ObjectsScanned", "SpuriousBits", "UmountEnds"]

PASSES: Final = 2
"""Whole walks within which a bit that is set for nothing is cleared (kernel.md 6.G, I6)."""


class KernelLiveness(HotMonitor):
    """A law of liveness about one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel


class FreeReturns(KernelLiveness):
    """I12: shrinker_free() (unregister_shrinker() before v6.7) returns."""

    law: ClassVar[str] = "free_returns"

    @watches("function")
    def entered(self, event: Event) -> None:
        if event.fields["name"] in {"shrinker_free", "unregister_shrinker"}:
            cpu = event.actor
            self.must(cpu, f"{event.fields['name']}() returns on {cpu.name}", cpu)

    @watches("shrinker_gone")
    def gone(self, event: Event) -> None:
        self.happened(event.actor)


class UmountEnds(KernelLiveness):
    """I12: umount ends, once it has made the mount invisible."""

    law: ClassVar[str] = "umount_ends"

    @watches("function")
    def entered(self, event: Event) -> None:
        if event.fields["name"] == "deactivate_super":
            self.must(event.actor, f"umount ends on {event.actor.name}", event.actor)

    @watches("super_block_gone")
    def gone(self, event: Event) -> None:
        self.happened(event.actor)


class GracePeriodEnds(KernelLiveness):
    """I12: a grace period that is needed begins and ends."""

    law: ClassVar[str] = "grace_period_ends"

    @watches("rcu_grace_period")
    def moved(self, event: Event) -> None:
        flavour = event.fields["rcuname"]
        if event.fields["gpevent"] == "newreq":
            self.must(flavour, f"the grace period of {flavour} ends", event.actor)
        elif event.fields["gpevent"] == "end":
            self.happened(flavour)


class ObjectsScanned(KernelLiveness):
    """I13: a shrinker with objects of a memcg is called for it, if that is walked for ever.

    Events of all CPUs are compared, so each that is watched depends on every other.
    """

    law: ClassVar[str] = "objects_scanned"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.walks: dict[Actor, tuple[Memcg, int]] = {}
        self.ended: dict[tuple[Memcg, int], int] = {}  # at which pick the last walk did

    @watches("memcg_walk_begin", relates="")
    def began(self, event: Event) -> None:
        memcg, nid = event.fields["memcg"], event.fields["nid"]
        self.walks[event.actor] = (memcg, nid)
        for shrinker in self.waiting(memcg, nid):
            what = f"{shrinker.name}, which has objects of {memcg.name}, is called for it"
            self.must((memcg, nid, shrinker), what, memcg, shrinker)

    @watches("shrinker_called", relates="")
    def called(self, event: Event) -> None:
        walk = self.walks.get(event.actor)
        if walk is not None:
            self.happened((*walk, event.fields["shrinker"]))

    @watches("memcg_walk_end", relates="")
    def end(self, event: Event) -> None:
        walk = self.walks.pop(event.actor)
        self.ended[walk] = event.step
        waiting = list(self.waiting(*walk))
        for key in [key for key in self.due if isinstance(key, tuple) and key[:2] == walk]:
            if key[2] not in waiting:  # the objects went another way, or the shrinker did
                self.happened(key)

    def waiting(self, memcg: Memcg, nid: int) -> Iterator[Shrinker]:
        """The registered shrinkers that have objects of ``memcg``."""
        for one in lists_of_memcg(self.kernel, memcg, nid):
            shrinker = one.owner.shrinker
            if one.items and shrinker is not None and shrinker.registered:
                yield shrinker

    def presupposed(self, key: Hashable, since: int) -> bool:
        """The memcg was walked."""
        return isinstance(key, tuple) and self.ended.get(key[:2], -1) > since

    def at_quiescence(self) -> None:
        """Nobody walks any more."""


class SpuriousBits(Monitor):
    """I6: a bit that is set for nothing is cleared within two whole walks of its memcg.

    At rest: such a bit that two walks have passed by since anybody set one. Exempt are superblocks
    that are not born, whose count of 0 says nothing, and versions with a lock, which skip walks.
    """

    law: ClassVar[str] = "spurious_bits"

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.walks: dict[Actor, tuple[Memcg, int, list[int]]] = {}
        self.passed: dict[tuple[Memcg, int, int], int] = {}  # walks that left the bit as it was

    @watches("memcg_walk_begin", relates="")
    def began(self, event: Event) -> None:
        memcg, nid = event.fields["memcg"], event.fields["nid"]
        self.walks[event.actor] = (memcg, nid, list(self.spurious(memcg, nid)))

    @watches("function", relates="")
    def entered(self, event: Event) -> None:
        """Somebody sets a bit: the walks up to now count no more."""
        if event.fields["name"] == "set_shrinker_bit":
            self.passed.clear()
            for _, _, seen in self.walks.values():
                seen.clear()

    @watches("memcg_walk_end", relates="")
    def ended(self, event: Event) -> None:
        memcg, nid, seen = self.walks.pop(event.actor)
        now = list(self.spurious(memcg, nid))
        for id_ in seen:
            if id_ in now:
                key = (memcg, nid, id_)
                self.passed[key] = self.passed.get(key, 0) + 1

    def spurious(self, memcg: Memcg, nid: int) -> Iterator[int]:
        """Ids whose bit is set in ``memcg`` with no object to show for it."""
        info = memcg.nodeinfo[nid].shrinker_info
        if info is None:
            return
        busy = {
            one.owner.shrinker_id for one in lists_of_memcg(self.kernel, memcg, nid) if one.items
        }
        unborn = {
            sb.s_shrink.id
            for sb in self.kernel.superblocks
            if sb.s_shrink is not None and not sb.sb_born
        }
        for id_ in range(info.map_nr_max):
            if info.bit(id_) and id_ not in busy and id_ not in unborn:
                yield id_

    def at_quiescence(self) -> None:
        if not isinstance(self.kernel.version, RefcountRcu):
            return
        for (memcg, nid, id_), walks in self.passed.items():
            if walks >= PASSES and memcg.css_online and id_ in self.spurious(memcg, nid):
                self.violated(
                    f"bit {id_} of {memcg.name} is set for nothing, and {walks} walks left it so",
                    memcg,
                )


def lists_of_memcg(kernel: Kernel, memcg: Memcg, nid: int) -> Iterator[ListLruOne]:
    """The lists of ``memcg`` itself, of every list_lru."""
    for lru in kernel.list_lrus.lrus:
        for lists in lru.xa.values():
            if lists[nid].memcg is memcg:
                yield lists[nid]
