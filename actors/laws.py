"""The laws of state, as monitors: leaks, idle refcounts, lost bits, deferred counts, grace periods.

Most are judged at rest, when nothing is under way and every callback has run. Numbers are those of
kernel.md 6.G. What is benign there is not flagged: bits that are set for nothing, a parent's
nr_items below zero during reparenting, a shrinker skipped before its refcount is set, counts that
are hints, and 1 object freed for a contended lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from slabrace.actors.object import KernelObject, is_freed, reachable
from slabrace.actors.shrinker import Shrinker
from slabrace.runtime.monitor import Event, Monitor, watches

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.memcg import Memcg, MemcgPerNode

__all__ = [
    "DeferredConservation",
    "DeferredOnce",
    "GracePeriodRule",
    "IdleRefcount",
    "InfoCoversIds",
    "Leak",
    "LostBit",
]


class StateLaw(Monitor):
    """A law about one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel


class Leak(StateLaw):
    """I3: at rest whatever is allocated can be reached from the kernel's roots (kmemleak)."""

    law: ClassVar[str] = "leak"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.ledger: dict[KernelObject, int] = {}

    @watches("kmalloc")
    def allocated(self, event: Event) -> None:
        self.ledger[event.fields["object"]] = event.step

    @watches("kfree")
    def freed(self, event: Event) -> None:
        self.ledger.pop(event.fields["object"], None)

    def at_quiescence(self) -> None:
        if not self.ledger:
            return
        known = reachable(self.kernel)
        lost = [thing for thing in self.ledger if thing not in known]
        if lost:
            first = lost[0]
            self.violated(
                f"unreferenced {first.kind} {first.name}, allocated at pick {self.ledger[first]}"
                + (f", and {len(lost) - 1} more" if len(lost) > 1 else ""),
                first,
            )


class IdleRefcount(StateLaw):
    """I4: at rest a registered shrinker's refcount is 1: nobody runs it."""

    law: ClassVar[str] = "refcount"

    def at_quiescence(self) -> None:
        if self.kernel.version.embedded_shrinker:
            return  # no refcount before v6.7
        node = self.kernel.shrinker_list.next
        while isinstance(node, Shrinker):
            if node.refcount != 1:
                self.violated(
                    f"{node.name} is idle and its refcount is {node.refcount}, not 1", node
                )
            node = node.next or self.kernel.shrinker_list


class LostBit(StateLaw):
    """I5: at rest a memcg whose list holds objects has the shrinker's bit set; root exempt."""

    law: ClassVar[str] = "lost_bit"

    def at_quiescence(self) -> None:
        for lru in self.kernel.list_lrus.lrus:
            shrinker = lru.shrinker
            if shrinker is None or not shrinker.registered:
                continue
            for lists in lru.xa.values():
                for one in lists:
                    memcg = one.memcg
                    if memcg is None or memcg.parent is None or not one.items or is_freed(memcg):
                        continue
                    info = memcg.nodeinfo[one.nid].shrinker_info
                    if info is not None and not info.bit(shrinker.id):
                        self.violated(
                            f"{one.name} holds {len(one.items)} objects and bit {shrinker.id} of "
                            f"{memcg.name} is clear: they will never be reclaimed",
                            one, memcg, info.line_of(shrinker.id), shrinker,
                            self.kernel.shrinker_idr,
                        )  # fmt: skip


class DeferredConservation(StateLaw):
    """I10: deferred work is neither lost nor doubled by expansion and reparenting.

    Tolerance: what a walk takes from or gives to a memcg that is being reparented is judged as the
    code does it (the child's count is copied, not moved: kernel.md L4); the memcg's own books close
    when it is freed. Sums do not depend on the order of their terms, so events commute.
    """

    law: ClassVar[str] = "deferred_conservation"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.expected: dict[tuple[Memcg, int, int], int] = {}
        self.own: dict[tuple[Shrinker, int], int] = {}  # counts that are the shrinker's own

    @watches("nr_deferred_add", "nr_deferred_reparent")
    def added(self, event: Event) -> None:
        fields = event.fields
        key = (fields["memcg"], fields["nid"], fields["id"])
        self.expected[key] = self.expected.get(key, 0) + fields["nr"]

    @watches("nr_deferred_take")
    def taken(self, event: Event) -> None:
        fields = event.fields
        key = (fields["memcg"], fields["nid"], fields["id"])
        self.expected[key] = self.expected.get(key, 0) - fields["nr"]

    @watches("own_nr_deferred_add")
    def added_to_its_own(self, event: Event) -> None:
        key = (event.fields["shrinker"], event.fields["nid"])
        self.own[key] = self.own.get(key, 0) + event.fields["nr"]

    @watches("own_nr_deferred_take")
    def taken_from_its_own(self, event: Event) -> None:
        key = (event.fields["shrinker"], event.fields["nid"])
        self.own[key] = self.own.get(key, 0) - event.fields["nr"]

    def at_quiescence(self) -> None:
        for (shrinker, nid), expected in self.own.items():
            if shrinker.registered and shrinker.own_nr_deferred.counts[nid] != expected:
                self.violated(
                    f"{shrinker.name} node {nid}: {expected} objects were deferred and not taken, "
                    f"{shrinker.own_nr_deferred.counts[nid]} are there",
                    shrinker.own_nr_deferred,
                )
        for (memcg, nid, id_), expected in self.expected.items():
            info = memcg.nodeinfo[nid].shrinker_info
            if is_freed(memcg) or info is None or not memcg.css_online:
                continue
            found = info.deferred(id_)
            if found != expected:
                self.violated(
                    f"{memcg.name} node {nid} shrinker {id_}: {expected} objects were deferred and "
                    f"not taken, {found} are there",
                    memcg, info,
                )  # fmt: skip


class DeferredOnce(DeferredConservation):
    """I10 without the tolerance: each deferred object is somewhere, once, where it can be taken.

    Over all memcgs together: what was given less what was taken is, at rest, what the memcgs that
    are online hold. Reparenting moves, and neither gives nor takes. Not among LAWS, since the
    kernel as it is breaks it (L4).
    """

    law: ClassVar[str] = "deferred_once"

    @watches("nr_deferred_add")
    def added(self, event: Event) -> None:
        super().added(event)

    def at_quiescence(self) -> None:
        owed: dict[tuple[int, int], int] = {}
        for (_, nid, id_), expected in self.expected.items():
            owed[nid, id_] = owed.get((nid, id_), 0) + expected
        memcgs = list(self.kernel.descendants(self.kernel.root_mem_cgroup))
        for (nid, id_), expected in owed.items():
            infos = {memcg: memcg.nodeinfo[nid].shrinker_info for memcg in memcgs}
            held = {memcg: info for memcg, info in infos.items() if info is not None}
            found = sum(info.deferred(id_) for memcg, info in held.items() if memcg.css_online)
            if found != expected:
                what = "lost" if found < expected else "there twice"
                self.violated(
                    f"node {nid} shrinker {id_}: {expected} objects were deferred and not taken, "
                    f"{found} are there: {abs(found - expected)} {what}",
                    *(info.line_of(id_) for memcg, info in held.items() if memcg.parent),
                )


class InfoCoversIds(StateLaw):
    """I14: map_nr_max never shrinks, and every node of an online memcg covers all ids.

    Who publishes holds the lock of the writers, so there is no order of events to declare.
    """

    law: ClassVar[str] = "info_covers_ids"

    @watches("shrinker_info_published")
    def published(self, event: Event) -> None:
        pernode: MemcgPerNode = event.fields["pernode"]
        new, old = event.fields["info"], pernode.shrinker_info
        if old is not None and new.map_nr_max < old.map_nr_max:
            self.violated(
                f"{pernode.name}: map_nr_max goes from {old.map_nr_max} to {new.map_nr_max}",
                pernode.memcg, new,
            )  # fmt: skip

    def at_quiescence(self) -> None:
        wanted = self.kernel.globals.shrinker_nr_max
        for memcg in self.kernel.descendants(self.kernel.root_mem_cgroup):
            if not memcg.css_online:
                continue
            for pernode in memcg.nodeinfo:
                info = pernode.shrinker_info
                if info is None or info.map_nr_max < wanted:
                    self.violated(
                        f"{pernode.name} covers {info.map_nr_max if info else 0} ids, "
                        f"shrinker_nr_max is {wanted}",
                        memcg,
                    )


class GracePeriodRule(StateLaw):
    """I15: no grace period ends while a section that was under way at its beginning still is.

    Judged from the readers themselves, not from what the RcuManager believes of them. Its beginning
    and the sections depend on each other without that (``in_rcu_section()``); its end comes after
    the sections' through the reports of the readers, unless the manager is broken: a search by
    partial orders is not promised to find out whether it is.
    """

    law: ClassVar[str] = "grace_period"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.readers: dict[tuple[str, int], list[tuple[Cpu, int]]] = {}

    @watches("rcu_grace_period")
    def moved(self, event: Event) -> None:
        key = (event.fields["rcuname"], event.fields["gp_seq"])
        if event.fields["gpevent"] == "start":
            self.readers[key] = [
                (cpu, number)
                for cpu in self.kernel.rcu.cpus
                for number in cpu.rcu_sections_under_way()
            ]
        elif event.fields["gpevent"] == "end":
            for cpu, section in self.readers.pop(key, ()):
                if section in cpu.rcu_sections_under_way():
                    self.violated(
                        f"{key[0]} grace period {key[1]} ends while {cpu.name} is still in the "
                        "read-side section that it was in at its beginning",
                        cpu,
                    )
