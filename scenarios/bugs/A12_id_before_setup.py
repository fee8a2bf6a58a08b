"""A12: a memcg can be found by its id before it is set up.

"memcontrol: ensure memcg acquired by id is properly set up", 6f0df8e16eb5 (v6.6), fixes
f78dfc7b77d5 (v6.5-rc), the first to walk up from a memcg found by an id that may be a former one's.

    page fault on an evicted page           mkdir B, which got that id
                                              mem_cgroup_alloc
                                                idr_replace(id, B)
      workingset_test_recent
        B = mem_cgroup_from_id(id)
        mem_cgroup_get_nr_swap_pages(B)
          parent_mem_cgroup(B): NULL
                                              init_and_link_css: B->css.parent
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_ids import MemcgIds, workingset_test_recent
from slabrace.actors.memcg_life import MemcgLife
from slabrace.actors.shrink_slab import RefcountRcuFixed
from slabrace.actors.tasks import MemcgCreator, Script
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION

__all__ = ["A12_id_before_setup", "A12_id_before_setup_fixed"]

FIRST_ID = 0


class PublishedFirst(MemcgIds):
    """Up to v6.5: the id leads to the memcg when it has its memory."""

    async def mem_cgroup_alloc_done(self, cpu: Cpu, memcg: Memcg) -> None:
        await self.publish_id(cpu, memcg)


def page_comes_back_in_a_mkdir(world: World, lives: type[MemcgLife]) -> None:
    """A page comes back that was evicted from a memcg long gone; its id is the new memcg's."""
    kernel = Kernel(world, RefcountRcuFixed, lives=lives)

    async def fault(cpu: Cpu) -> None:
        await workingset_test_recent(cpu, FIRST_ID)

    world.spawn(MemcgCreator(kernel, kernel.root_mem_cgroup, "B"))
    world.spawn(Script(kernel, fault), name="refault")


REACH = "function name=mem_cgroup_get_nr_swap_pages"


@scenario(
    verdict=SOMETIMES, bug="A12", law="null_deref", runs=500, delays=PREEMPTION,
    fixed="A12_id_before_setup_fixed", reach=REACH,
)  # fmt: skip
def A12_id_before_setup(world: World) -> None:
    """A lookup by id finds a memcg that has no parent yet (v6.5)."""
    page_comes_back_in_a_mkdir(world, PublishedFirst)


@scenario(verdict=NEVER, runs=500, delays=PREEMPTION, reach=REACH)
def A12_id_before_setup_fixed(world: World) -> None:
    """The same with the pointer stored when the memcg is online."""
    page_comes_back_in_a_mkdir(world, MemcgIds)
