"""What is there before the run begins: mounts and objects that no delivery was spent on.

A small scenario is about one race. Everything that came about long before it, in peace, is put in
place here, in the state that the kernel's own functions would have left it in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.list_lru import Item, ListLruOne
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.shrinker_debug import ShrinkerDebug
from slabrace.actors.superblock import SuperBlock

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.shrinker import ShrinkerOps

__all__ = [
    "deferred", "linked", "lists_of", "mounted", "object_of", "preallocated", "registered",
    "room_for", "set_bit", "stale_bit",
]  # fmt: skip


def mounted(
    kernel: Kernel, name: str, kind: type[SuperBlock] = SuperBlock, *, born: bool = True
) -> SuperBlock:
    """A superblock that was mounted long ago; every memcg has room for its id."""
    sb, shrinker = preallocated(kernel, name, kind)
    if shrinker.memcg_aware:
        kernel.shrinker_idr.entries[shrinker.id] = shrinker
    register(kernel, shrinker)
    sb.sb_born = born
    kernel.superblocks[sb] = None
    return sb


def registered(
    kernel: Kernel, name: str, ops: ShrinkerOps, *, memcg_aware: bool = False
) -> Shrinker:
    """A shrinker of anybody's, registered long ago; every memcg has room for its id, if any."""
    shrinker = Shrinker(
        ops, memcg_aware=memcg_aware, numa_aware=False, nonslab=False, seeks=2, batch=0
    )
    kernel.new_shrinker(name, shrinker)
    kernel.version.boot_deferred(shrinker)
    if memcg_aware:
        shrinker.id = len(kernel.shrinker_idr.entries)
        kernel.shrinker_idr.entries[shrinker.id] = shrinker
        room_for(kernel, shrinker.id)
    register(kernel, shrinker)
    if isinstance(kernel.version, ShrinkerDebug):
        kernel.version.boot_debugfs(shrinker, name)
    return shrinker


def register(kernel: Kernel, shrinker: Shrinker) -> None:
    """What registration leaves."""
    head = kernel.shrinker_list
    last = head.prev
    shrinker.next, shrinker.prev = head, last
    last.next = head.prev = shrinker
    shrinker.registered = True
    shrinker.refcount = 0 if kernel.version.embedded_shrinker else 1
    shrinker.note("shrinker_registered", shrinker=shrinker)


def preallocated(
    kernel: Kernel, name: str, kind: type[SuperBlock] = SuperBlock
) -> tuple[SuperBlock, Shrinker]:
    """What alloc_super() leaves: a superblock whose shrinker has an id and is not registered."""
    sb = kernel.new_superblock(name, kind)
    aware = not kernel.mem_cgroup_disabled
    shrinker = Shrinker(sb, memcg_aware=aware, numa_aware=True, nonslab=False, seeks=2, batch=1024)
    kernel.new_shrinker(f"sb-{name}", shrinker)
    kernel.version.boot_deferred(shrinker)
    if aware:
        idr = kernel.shrinker_idr
        shrinker.id = len(idr.entries)
        idr.entries[shrinker.id] = kernel.version.idr_entry(shrinker)
        room_for(kernel, shrinker.id)
    sb.s_shrink = sb.dentry_lru.shrinker = sb.inode_lru.shrinker = shrinker
    sb.embedded = shrinker if kernel.version.embedded_shrinker else None
    kernel.list_lrus.lrus.update({sb.dentry_lru: None, sb.inode_lru: None})
    return sb, shrinker


def room_for(kernel: Kernel, id_: int) -> None:
    """Let the info of every memcg cover ``id_``."""
    bits = kernel.unit_bits
    words = kernel.globals
    if id_ >= words.shrinker_nr_max:
        words.shrinker_nr_max = (id_ // bits + 1) * bits
        for memcg in kernel.descendants(kernel.root_mem_cgroup):
            for pernode in memcg.nodeinfo:
                kernel.version.boot_grow(pernode)


def stale_bit(kernel: Kernel, memcg: Memcg, id_: int = 0) -> None:
    """``memcg`` has the bit of a shrinker that is gone: shrinker_free() leaves bits alone."""
    room_for(kernel, id_)
    for pernode in memcg.nodeinfo:
        if pernode.shrinker_info is not None:
            pernode.shrinker_info.boot_set_bit(id_)


def linked(kernel: Kernel, name: str) -> Memcg:
    """A memcg below the root that the iterator sees already and that is not online yet."""
    root = kernel.root_mem_cgroup
    memcg = kernel.new_memcg(root, name)
    root.refcnt += 1
    root.serials.append(memcg.serial)
    root.children[memcg.serial] = memcg
    return memcg


def object_of(kernel: Kernel, sb: SuperBlock, memcg: Memcg, nid: int = 0) -> Item:
    """An inode of ``sb``, charged to ``memcg``, on its list since long; the bit is set."""
    item = kernel.new_item(memcg, nid)
    kernel.list_lrus.boot_add(lists_of(kernel, sb, memcg)[nid], item)
    set_bit(kernel, sb, memcg, nid)
    return item


def lists_of(kernel: Kernel, sb: SuperBlock, memcg: Memcg) -> list[ListLruOne]:
    """The lists of ``memcg`` in ``sb``'s inode lru; made, for the ancestors too, if missing."""
    lru = sb.inode_lru
    if memcg.kmemcg_id < 0:
        return [node.root for node in lru.node]
    if memcg.parent is not None:
        lists_of(kernel, sb, memcg.parent)
    lists = lru.xa.get(memcg.kmemcg_id)
    if lists is None:
        new_one = kernel.list_lrus.new_one
        lists = lru.xa[memcg.kmemcg_id] = [new_one(lru, memcg, n) for n in range(kernel.nodes)]
        for one in lists:
            one.publish_in(kernel.world)
    return lists


def set_bit(kernel: Kernel, sb: SuperBlock, memcg: Memcg, nid: int = 0) -> None:
    """Set the bit of ``sb`` in ``memcg``, with or without an object to show for it."""
    info = memcg.nodeinfo[nid].shrinker_info
    if memcg is not kernel.root_mem_cgroup and info is not None and sb.s_shrink is not None:
        info.boot_set_bit(sb.s_shrink.id)


def deferred(sb: SuperBlock, nr: int, nid: int = 0) -> None:
    """Earlier passes over ``sb`` left ``nr`` objects, where the count is its shrinker's own."""
    shrinker = sb.s_shrink
    if shrinker is not None:
        shrinker.own_nr_deferred.counts[nid] += nr
        shrinker.note("own_nr_deferred_add", shrinker=shrinker, nid=nid, nr=nr)
