"""list_add_tail_rcu() and list_del_rcu() over words ``next`` and ``prev``.

Writers hold a lock; readers follow ``next`` under RCU. A deleted node keeps its ``next``, so that a
reader who stands on it can go on, and loses its ``prev``.

Source: include/linux/rculist.h (v6.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.shrinker import ListHead, Shrinker

__all__ = ["list_add_tail_rcu", "list_del_rcu"]


async def list_add_tail_rcu(cpu: Cpu, node: Shrinker, head: ListHead) -> None:
    """Link ``node`` before ``head``."""
    last: ListHead | Shrinker = await cpu.read_once(head, "prev")
    cpu.write_once(node, "next", head)
    cpu.write_once(node, "prev", last)
    cpu.rcu_assign_pointer(last, "next", node)  # release: pairs with the walk's rcu_dereference
    cpu.write_once(head, "prev", node)


async def list_del_rcu(cpu: Cpu, node: Shrinker) -> None:
    """Unlink ``node``; its ``next`` stays, its ``prev`` is poisoned."""
    following: ListHead | Shrinker = await cpu.read_once(node, "next")
    before: ListHead | Shrinker = await cpu.read_once(node, "prev")
    cpu.write_once(following, "prev", before)
    cpu.write_once(before, "next", following)
    cpu.write_once(node, "prev", None)
