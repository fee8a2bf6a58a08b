"""Legend: what the kernel's events mean to whoever draws them; see runtime/legend.py.

Names of events are the kernel's tracepoints where there is one, so the table serves recordings of
real kernels as well.

Sources: include/trace/events/{vmscan,rcu,lock,kmem,cgroup}.h, v6.7.
"""

from __future__ import annotations

from typing import Final

from slabrace.runtime.legend import Legend, SpanRule, Stage

__all__ = ["LEGEND"]

GRACE_PERIOD: Final = "grace period"
READ_SIDE: Final = "read-side section"

LEGEND: Final = Legend(
    spans=(
        SpanRule(READ_SIDE, "rcu_read_lock", "rcu_read_unlock"),
        SpanRule(
            GRACE_PERIOD,
            "rcu_grace_period",
            "rcu_grace_period",
            same=("actor", "rcuname"),
            when_begin={"gpevent": "start"},
            when_end={"gpevent": "end"},
        ),
        SpanRule(
            GRACE_PERIOD,
            "srcu_grace_period",
            "srcu_grace_period",
            same=("actor", "rcuname"),
            when_begin={"gpevent": "start"},
            when_end={"gpevent": "end"},
        ),
        SpanRule("shrink_slab", "memcg_walk_begin", "memcg_walk_end"),
        SpanRule("shrink", "mm_shrink_slab_start", "mm_shrink_slab_end", same=("actor", "shr")),
        SpanRule(
            "reclaim", "mm_vmscan_memcg_reclaim_begin", "mm_vmscan_memcg_reclaim_end"
        ),
        SpanRule(
            "contention", "contention_begin", "contention_end", same=("lock", "waiter"),
            lane="waiter",
        ),
    ),
    lifetimes=(
        Stage("allocated", "kmalloc", "object"),
        Stage("published", "shrinker_registered", "shrinker"),
        Stage("published", "shrinker_info_published", "info"),
        Stage("published", "cgroup_mkdir", "memcg"),
        Stage("retired", "cgroup_rmdir", "memcg"),
        Stage("retired", "shrinker_gone", "shrinker"),
        Stage("retired", "rcu_callback", "rhp"),
        Stage("retired", "rcu_kfree_callback", "rhp"),
        Stage("freed", "kfree", "object"),
    ),
    order=(
        "cpu", "task", "rcu", "srcu_struct", "mem_cgroup", "mem_cgroup_per_node", "shrinker",
        "nr_deferred", "super_block", "shrinker_info", "shrinker_info_unit", "list_lru",
        "list_lru_node", "list_lru_one", "mutex", "rwsem", "spinlock",
    ),
    kinds={
        "cpu": "a CPU and what it runs",
        "task": "a task of the recorded kernel",
        "rcu": "grace periods and callbacks of RCU",
        "srcu_struct": "a domain of SRCU",
        "mem_cgroup": "struct mem_cgroup",
        "mem_cgroup_per_node": "struct mem_cgroup_per_node: where its shrinker_info hangs",
        "shrinker": "struct shrinker",
        "nr_deferred": "shrinker->nr_deferred: what earlier calls left undone",
        "super_block": "a mount, and its shrinker",
        "shrinker_info": "struct shrinker_info: which shrinkers have objects in a memcg",
        "shrinker_info_unit": "struct shrinker_info_unit: 64 bits of it",
        "list_lru": "struct list_lru",
        "list_lru_one": "the objects of one memcg on one node",
    },
    columns={
        "cpu": ("cpu",),
        "memcg": ("memcg",),
        "nid": ("nid",),
        "shrinker": ("shrinker", "shr"),  # the tracepoints call it shr
    },
)  # fmt: skip
"""The kernel's."""
