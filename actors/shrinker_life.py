"""How a shrinker comes and goes: RefcountLife (v6.7) and RwsemLife (up to v6.6).

v6.7:  alloc (the idr slot is visible) -> register (list, refcount 1) -> ... -> free: put the first
       reference, wait for the last user, unlink, remove the id, and free after a grace period.
v6.6:  prealloc -> register_prepared (list, REGISTERED) -> ... -> unregister: all under the write
       lock that excludes every walk, so the owner may free the shrinker at once.

Source: mm/shrinker.c (v6.7): shrinker_alloc(), shrinker_register(), shrinker_free(); mm/vmscan.c
(v6.1): prealloc_shrinker(), register_shrinker_prepared(), unregister_shrinker().
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slabrace.actors.messages import (
    Complete,
    IdrAlloc,
    IdrRemove,
    RefcountDecAndTest,
    RefcountIncNotZero,
    RefcountSet,
    ShrinkerFreeRcuCb,
    Store,
    WaitForCompletion,
)
from slabrace.actors.rculist import list_add_tail_rcu, list_del_rcu
from slabrace.actors.shrinker import NrDeferred, Shrinker, ShrinkerOps
from slabrace.actors.version import Version

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu

__all__ = ["RefcountLife", "RwsemLife"]

INC_NOT_ZERO: Final = RefcountIncNotZero()
DEC_AND_TEST: Final = RefcountDecAndTest()


class ShrinkerLife(Version):
    """What both lives share: allocation, with the id."""

    alloc_function = "shrinker_alloc"

    async def shrinker_alloc(
        self, cpu: Cpu, name: str, ops: ShrinkerOps, *, memcg_aware: bool = False,
        numa_aware: bool = False, nonslab: bool = False, seeks: int = 2, batch: int = 0,
    ) -> Shrinker | None:  # fmt: skip
        """Allocate, and take an id; None for -ENOMEM. Not to be run before it is registered."""
        cpu.ftrace(self.alloc_function)
        shrinker = cpu.kzalloc(
            lambda: self.kernel.new_shrinker(
                name,
                Shrinker(
                    ops, memcg_aware=memcg_aware, numa_aware=numa_aware, nonslab=nonslab,
                    seeks=seeks, batch=batch,
                ),
            ),
            "shrinker",
        )  # fmt: skip
        if shrinker is None or await self.prealloc_shrinker(cpu, shrinker, name):
            return shrinker
        cpu.kfree(shrinker)
        return None

    async def prealloc_shrinker(self, cpu: Cpu, shrinker: Shrinker, name: str) -> bool:
        """What it needs beside its own memory: an id, or counts of its own; False for -ENOMEM."""
        if shrinker.memcg_aware:
            return await self.shrinker_memcg_alloc(cpu, shrinker)
        nodes = self.kernel.nodes if shrinker.numa_aware else 1
        shrinker.nr_deferred = cpu.kzalloc(lambda: NrDeferred(shrinker, nodes), "nr_deferred")
        return shrinker.nr_deferred is not None

    async def shrinker_memcg_alloc(self, cpu: Cpu, shrinker: Shrinker) -> bool:
        """Take the lowest free id; room for it is made in every memcg."""
        await self.lock_shrinkers(cpu)
        id_: int = await cpu.ask(self.kernel.shrinker_idr, IdrAlloc(self.idr_entry(shrinker)))
        nr_max: int = await cpu.read_once(self.kernel.globals, "shrinker_nr_max")
        if id_ >= nr_max and not await self.expand_shrinker_info(cpu, id_):
            cpu.ask(self.kernel.shrinker_idr, IdrRemove(id_))
            self.unlock_shrinkers(cpu)
            return False
        await cpu.ask(shrinker, Store("id", id_))  # the caller looks at once
        self.unlock_shrinkers(cpu)
        return True

    # -- the lock is held --------------------------------------------------------------

    async def link_shrinker(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Onto the list."""
        await list_add_tail_rcu(cpu, shrinker, self.kernel.shrinker_list)
        self.mark_registered(cpu, shrinker)

    def mark_registered(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """SHRINKER_REGISTERED, for shrinker_free(): no walk looks at it since v6.7."""
        cpu.write_once(shrinker, "registered", True)

    async def unlink_shrinker(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Off the list and out of the idr."""
        if cpu.peek(shrinker, "registered"):
            await list_del_rcu(cpu, shrinker)
            cpu.write_once(shrinker, "registered", False)
        if shrinker.memcg_aware:
            await cpu.ask(self.kernel.shrinker_idr, IdrRemove(shrinker.id))

    async def shrinker_unlink(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """The same, and takes the lock for it."""
        await self.lock_shrinkers(cpu)
        await self.unlink_shrinker(cpu, shrinker)
        self.unlock_shrinkers(cpu)


class RefcountLife(ShrinkerLife):
    """v6.7: the refcount says who may run a shrinker, RCU keeps its memory."""

    async def shrinker_alloc(
        self, cpu: Cpu, name: str, ops: ShrinkerOps, *, memcg_aware: bool = False,
        numa_aware: bool = False, nonslab: bool = False, seeks: int = 2, batch: int = 0,
    ) -> Shrinker | None:  # fmt: skip
        """And what its caller does next: set the callbacks. The id is visible by then."""
        shrinker = await super().shrinker_alloc(
            cpu, name, ops, memcg_aware=memcg_aware, numa_aware=numa_aware, nonslab=nonslab,
            seeks=seeks, batch=batch,
        )  # fmt: skip
        if shrinker is not None:
            cpu.initialised(shrinker, "ops")
        return shrinker

    async def shrinker_register(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Link it and open the gate."""
        cpu.ftrace("shrinker_register")
        await self.lock_shrinkers(cpu)
        await self.link_shrinker(cpu, shrinker)
        self.unlock_shrinkers(cpu)
        cpu.note("shrinker_registered", shrinker=shrinker)
        await self.open_gate(cpu, shrinker)

    async def open_gate(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """refcount_set(&shrinker->refcount, 1): a try_get succeeds from here on.

        The only gate, and a relaxed store: it waits for none of the stores before it (L3).
        """
        await cpu.ask(shrinker, RefcountSet(1))

    async def shrinker_try_get(self, cpu: Cpu, shrinker: Shrinker) -> bool:
        """Take a reference for running it; False before registration and while it goes."""
        taken: bool = await cpu.ask(shrinker, INC_NOT_ZERO)
        return taken

    async def shrinker_put(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Drop a reference; the last one lets shrinker_free() go on."""
        if await cpu.ask(shrinker, DEC_AND_TEST):
            await cpu.ask(shrinker, Complete())

    async def shrinker_free(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """References first, then the list, then the id, then a grace period. The order matters."""
        cpu.ftrace("shrinker_free")
        self.kernel.world.touch(("registered", shrinker.name), write=False)
        if cpu.peek(shrinker, "registered"):
            await self.close_gate(cpu, shrinker)
            await self.wait_for_users(cpu, shrinker)
        await self.shrinker_unlink(cpu, shrinker)
        cpu.note("shrinker_gone", shrinker=shrinker)
        self.free_shrinker_memory(cpu, shrinker)

    async def close_gate(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Drop the first reference: once the last one is gone, no try_get succeeds any more."""
        await self.shrinker_put(cpu, shrinker)

    async def wait_for_users(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """wait_for_completion(&shrinker->done): pairs with the complete() of the last put."""
        cpu.might_sleep("wait_for_completion()")
        await cpu.ask(shrinker, WaitForCompletion())

    def free_shrinker_memory(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """call_rcu(&shrinker->rcu, shrinker_free_rcu_cb)."""
        cpu.call_rcu(shrinker, ShrinkerFreeRcuCb())


class RwsemLife(ShrinkerLife):
    """Up to v6.6: whoever holds shrinker_rwsem for writing is alone."""

    alloc_function = "prealloc_shrinker"
    embedded_shrinker = True

    async def shrinker_register(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """register_shrinker_prepared()."""
        cpu.ftrace("register_shrinker_prepared")
        await self.lock_shrinkers(cpu)
        await self.link_shrinker(cpu, shrinker)
        cpu.note("shrinker_registered", shrinker=shrinker)
        self.unlock_shrinkers(cpu)

    async def link_shrinker(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Onto the list, and the id leads to it."""
        await list_add_tail_rcu(cpu, shrinker, self.kernel.shrinker_list)
        await self.publish_id(cpu, shrinker)
        self.mark_registered(cpu, shrinker)

    async def publish_id(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Nothing to do since v5.13: the id leads to the shrinker already."""

    async def shrinker_free(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """unregister_shrinker(): the shrinker itself is freed with its owner."""
        if not await cpu.read_once(shrinker, "registered"):
            await self.free_prealloced_shrinker(cpu, shrinker)
            return
        cpu.ftrace("unregister_shrinker")
        await self.shrinker_unlink(cpu, shrinker)
        await self.wait_for_walks(cpu)
        cpu.note("shrinker_gone", shrinker=shrinker)
        cpu.kfree(shrinker.nr_deferred)

    async def wait_for_walks(self, cpu: Cpu) -> None:
        """No walk can have it any more: whoever holds the lock for writing is alone."""

    async def free_prealloced_shrinker(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """A shrinker that was never registered: give its id back."""
        cpu.ftrace("free_prealloced_shrinker")
        if shrinker.memcg_aware:
            await self.lock_shrinkers(cpu)
            await cpu.ask(self.kernel.shrinker_idr, IdrRemove(shrinker.id))
            self.unlock_shrinkers(cpu)
        cpu.kfree(shrinker.nr_deferred)
