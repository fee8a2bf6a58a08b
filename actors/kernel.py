"""Kernel: one machine, booted: its globals, its locks, its version of the shrinker.

    kernel = Kernel(world, version=RefcountRcu, nodes=1)
    memcg = kernel.boot_memcg("A")                  # there before the run begins
    world.spawn(Reclaimer(kernel, memcg))

``unit_bits`` is SHRINKER_UNIT_BITS (64; 2 makes expansion happen at the third id), ``kmem`` False
is cgroup.memory=nokmem, ``mem_cgroup_disabled`` cgroup_disable=memory (a root and no iterator),
``faults`` how many allocations of one run may fail and ``failing`` which (a pattern of their names,
as a failslab filter would have). ``memory`` is a model of memory.py: sc, tso or pso. ``calls``
counts kernel functions, ``stats`` what a person would ask for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, TypeVar

from slabrace.actors.cpu_timed import TimedCpu, put_on_the_clock, timed
from slabrace.actors.cpu_weak import WeakCpu, equip, weak
from slabrace.actors.idr import Idr
from slabrace.actors.list_lru import Item, ObjCgroup
from slabrace.actors.list_lrus import ListLrus
from slabrace.actors.locks import Mutex, RwSem
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_life import MemcgLife
from slabrace.actors.memory import Memory, model
from slabrace.actors.object import KernelObject, Part
from slabrace.actors.rcu import RcuManager
from slabrace.actors.sanitizers import LAWS
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.shrink_slab.refcount_rcu_fixed import FixedListLrus
from slabrace.actors.shrinker import ListHead, Shrinker
from slabrace.actors.superblock import SuperBlock
from slabrace.actors.version import Version
from slabrace.actors.workqueue import Kworker, WorkQueue

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.world import World

__all__ = ["Globals", "Kernel"]

K = TypeVar("K", bound=KernelObject)


KTHREADS: Final = 64
"""The number of the first CPU that runs a kernel thread: out of the way of those under test."""


class Globals(Part):
    """Words that belong to no structure."""

    __slots__ = ("shrinker_nr_max",)
    kind = "globals"

    def __init__(self) -> None:
        self.shrinker_nr_max = 0


class Kernel:
    """See the head of this file."""

    uncounted = ("calls", "loops", "stats", "world", "_cpus", "_infos")  # no part of a state

    def __init__(
        self,
        world: World,
        version: type[Version] = RefcountRcu,
        *,
        nodes: int = 1,
        unit_bits: int = 64,
        kmem: bool = True,
        mem_cgroup_disabled: bool = False,
        faults: int = 0,
        failing: str = "*",
        list_lrus: type[ListLrus] | None = None,
        rcu: type[RcuManager] = RcuManager,
        lives: type[MemcgLife] = MemcgLife,
        memory: Memory = "sc",
        laws: bool = True,
    ) -> None:
        self.world = world
        if world.tariff is not None:
            world.tariff.kernel = self
        self.nodes = nodes
        self.unit_bits = unit_bits
        self.mem_cgroup_disabled = mem_cgroup_disabled
        self.kmem = self.memcg_kmem_online = kmem and not mem_cgroup_disabled
        self.faults = faults  # how many may still fail
        self.faulty = faults > 0
        self.failing = failing
        self.memory = model(memory)
        self.fits_out = self.memory is not None or world.tariff is not None
        self.calls: dict[str, int] = defaultdict(int)
        self.stats: dict[str, int] = defaultdict(int)
        self.loops: list[dict[str, int]] = []  # calls of each round of drop_caches
        self._memcg_ids = 0
        self._cpus = {False: 0, True: KTHREADS}
        self.objcgs: dict[Memcg, list[ObjCgroup]] = {}  # the first is the memcg's own
        self.superblocks: dict[SuperBlock, None] = {}
        self.rcu = world.add(rcu(), "rcu")
        self.rcu.kernel = self
        self.cgroup_mutex = self._part(Mutex("cgroup_mutex"), "cgroup_mutex")
        self.shrinker_mutex = self._part(Mutex("shrinker_mutex"), "shrinker_mutex")
        self.shrinker_rwsem = self._part(RwSem("shrinker_rwsem"), "shrinker_rwsem")
        self.list_lrus_mutex = self._part(Mutex("list_lrus_mutex"), "list_lrus_mutex")
        self.shrinker_idr = self._part(Idr(), "shrinker_idr")
        self.shrinker_list = self._part(ListHead(), "shrinker_list")
        self.globals = self._part(Globals(), "globals")
        self.cgroup_destroy_wq = self._part(WorkQueue(), "cgroup_destroy_wq")
        self.version = version(self)
        fixed = FixedListLrus if issubclass(version, RefcountRcuFixed) else ListLrus
        self.list_lrus = (list_lrus or fixed)(self)
        self.lives = lives(self)
        self.root_mem_cgroup = self.boot_memcg("root", None)
        if laws:
            for law in LAWS:
                world.judge(law(self))
        world.spawn(Kworker(self, self.cgroup_destroy_wq), name="kworker")

    # -- CPUs and functions ------------------------------------------------------------

    def outfit(self, live: type[Cpu]) -> type[Cpu]:
        """What a CPU of class ``live`` is here: with a store buffer, counted, or both."""
        if self.memory is not None and not issubclass(live, WeakCpu):
            live = weak(live)
        if self.world.tariff is not None and not issubclass(live, TimedCpu):
            live = timed(live)
        return live

    def bring_up(self, cpu: Cpu) -> int:
        """Take a CPU in; its number. Those that run kernel threads count from KTHREADS on."""
        number = self._cpus[cpu.daemon]
        if self.fits_out:
            fitted = self.outfit(type(cpu))
            if fitted is not type(cpu):  # its maker named us too late, see MemoryVerbs.__new__()
                cpu.__class__ = fitted
            if self.memory is not None and isinstance(cpu, WeakCpu):
                equip(cpu, self.memory)
            if isinstance(cpu, TimedCpu):
                put_on_the_clock(cpu, self.world.tariff, number)
        self.rcu.cpus.append(cpu)
        self._cpus[cpu.daemon] = number + 1
        return number

    def ftrace(self, actor: Actor, function: str) -> None:
        """``function`` is entered by something that is not a CPU (a callback)."""
        self.calls[function] += 1
        actor.note("function", name=function)

    # -- memory ------------------------------------------------------------------------

    def allocate(self, cpu: Actor, make: Callable[[], K], what: str) -> K | None:
        """What ``make`` returns, or None where the strategy lets the allocation fail."""
        if self.faulty and fnmatchcase(what, self.failing):
            self.world.touch("faults", write=False)
            if self.faults and cpu.choose(f"kzalloc {what} fails", 2):
                self.world.touch("faults")
                self.faults -= 1
                self.stats["failed_allocations"] += 1
                cpu.note("kmalloc_failed", what=what)
                return None
        return self.allocate_always(cpu, make())

    def allocate_always(self, cpu: Actor, thing: K) -> K:
        """Enter ``thing`` into the ledger."""
        if not hasattr(thing, "world"):
            thing.publish_in(self.world)
        cpu.note("kmalloc", object=thing, kind=thing.kind)
        return thing

    def roots(self) -> Iterator[KernelObject]:
        """What reachability starts from."""
        yield self.root_mem_cgroup
        yield from self.shrinker_idr.entries.values()
        node: Any = self.shrinker_list.next
        while isinstance(node, Shrinker):
            yield node
            node = node.next
        yield from self.superblocks
        for lru in self.list_lrus.lrus:
            yield from lru.references()
        for objcgs in self.objcgs.values():
            yield from objcgs

    def _part(self, part: K, name: str) -> K:
        part.publish_in(self.world)
        return self.world.add(part, name)

    # -- things the model makes --------------------------------------------------------

    def new_memcg(self, parent: Memcg | None, name: str) -> Memcg:
        """A memcg that is in memory and nowhere else."""
        memcg = Memcg(parent, self.nodes)
        self.world.touch("memcg ids")
        memcg.id = memcg.serial = self._memcg_ids
        self._memcg_ids += 1
        memcg.publish_in(self.world, self._unused(name))
        for pernode in memcg.nodeinfo:
            pernode.publish_in(self.world)
        objcg = ObjCgroup(memcg)
        objcg.publish_in(self.world)
        memcg.objcg = objcg
        self.objcgs[memcg] = [objcg]
        return memcg

    def new_shrinker(self, name: str, shrinker: Shrinker) -> Shrinker:
        """Name a shrinker and its counts."""
        shrinker.publish_in(self.world, self._unused(name))
        return shrinker

    def new_superblock(self, name: str, kind: type[SuperBlock] = SuperBlock) -> SuperBlock:
        """A superblock of a kind of file system, not born yet."""
        sb = kind(self, self.nodes)
        sb.publish_in(self.world, self._unused(name))
        return sb

    def new_item(self, memcg: Memcg, nid: int) -> Item:
        """An object charged to ``memcg``, or to the nearest ancestor that is not gone."""
        charged = memcg
        self.world.touch(("objcgs", charged.name), write=False)
        while charged not in self.objcgs and charged.parent is not None:
            charged = charged.parent
            self.world.touch(("objcgs", charged.name), write=False)
        return Item(self.objcgs[charged][0], nid)

    def _unused(self, name: str) -> str:
        """``name``, or ``name.2`` and so on if it was used before."""
        self.world.touch(("name", name))
        names = self.world.names
        count = names[name] = names.get(name, 0) + 1
        return name if count == 1 else f"{name}.{count}"

    # -- there before the run begins ---------------------------------------------------

    def boot_memcg(self, name: str, parent: Memcg | None = None) -> Memcg:
        """A memcg that was created and onlined long ago; no delivery is spent on it."""
        first = not hasattr(self, "root_mem_cgroup")
        above = None if first else parent or self.root_mem_cgroup
        memcg = self.new_memcg(above, name)
        memcg.css_online = True
        memcg.online_cnt = 1
        if above is not None:
            above.refcnt += 1
            above.online_cnt += 1
            above.serials.append(memcg.serial)
            above.children[memcg.serial] = memcg
            memcg.kmemcg_id = memcg.id if self.kmem else -1
        for pernode in memcg.nodeinfo:
            pernode.shrinker_info = self.version.boot_info(pernode)
        return memcg

    # -- for laws and reports ----------------------------------------------------------

    def descendants(self, memcg: Memcg) -> Iterator[Memcg]:
        """``memcg`` and all that is linked below it, in pre-order."""
        yield memcg
        for serial in memcg.serials:
            yield from self.descendants(memcg.children[serial])

    def level(self, memcg: Memcg) -> int:
        """Depth below the root, which is 0."""
        return 0 if memcg.parent is None else 1 + self.level(memcg.parent)

    def path(self, memcg: Memcg) -> str:
        """The cgroup's path."""
        if memcg.parent is None:
            return "/"
        return f"{self.path(memcg.parent).rstrip('/')}/{memcg.label}"
