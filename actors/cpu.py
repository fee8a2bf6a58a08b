"""Cpu: one CPU and what it runs, with the kernel's verbs.

What cannot switch is a plain call (``rcu_read_lock()``, ``write_once()``: a store only enters the
store buffer); what can is awaited (``read_once()``, ``mutex_lock()``). The verbs are in
cpu_memory.py, cpu_rcu.py and cpu_locks.py.

A CPU runs one thing from beginning to end and may be held up anywhere between two deliveries:
preemption, an interrupt and a slow hypervisor look the same from outside.

Not here: what the slab shrinker does with these verbs.
"""

from __future__ import annotations

from typing import ClassVar

from slabrace.actors.cpu_locks import LockVerbs
from slabrace.actors.cpu_rcu import RcuVerbs
from slabrace.actors.verbs import OURS

__all__ = ["Cpu"]


class Cpu(LockVerbs, RcuVerbs):
    """One CPU of ``kernel``. Subclasses override ``main()``."""

    kind = "cpu"
    helpers: ClassVar[frozenset[str]] = OURS

    @property
    def cpu(self) -> int:
        """The number, for logs."""
        return self.number

    async def run(self) -> None:
        """Run ``main()``; whoever returns inside a section or with a lock is told."""
        self.program = self.world.lane(self)
        await self.main()
        if self.rcu_nesting or self.held:
            held = ", ".join(lock.name for lock in self.held)
            self.note(
                "rcu_imbalance",
                cpu=self,
                what=f"returned with nesting {self.rcu_nesting}, holding [{held}]",
            )

    async def main(self) -> None:
        """What this CPU runs."""
