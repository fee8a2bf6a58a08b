"""A run of the kernel's as a log tells of it, with every tracepoint that has a layout here.

RECORDING is what a real kernel would print, `imported()` the log that `import` makes of it.
"""

import json
from typing import Any

from slabrace.runtime.run_log import RunLog
from slabrace.scenarios.recordings.importer import Importer

__all__ = ["RECORDING", "imported", "recorded"]


def recorded() -> RunLog:
    """Two CPUs and a manager of grace periods: a shrink, a contended lock, an info replaced."""
    told: list[dict[str, Any]] = []

    def add(step: int, event: str, actor: str, **fields: Any) -> None:
        told.append(
            {"run": "r", "step": step, "vt": 1000 * step, "event": event, "actor": actor, **fields}
        )

    for number, name in enumerate(("reclaimer0", "mounter0")):
        add(0, "actor", name, cpu=number, kind="cpu", active=True)
    add(0, "actor", "rcu", kind="rcu", active=True)
    add(0, "actor", "sb-S", kind="shrinker", active=False)
    add(0, "actor", "shrinker_mutex", kind="mutex", active=False)
    add(0, "kmalloc", "mounter0", cpu=1, object="A.info0.1", kind="shrinker_info")
    add(0, "cgroup_mkdir", "mounter0", cpu=1, root=0, id=2, level=1, path="/A")
    add(0, "mm_vmscan_memcg_reclaim_begin", "reclaimer0", cpu=0, order=0, gfp_flags="GFP_USER")
    add(1, "deliver", "mounter0", cpu=1, to="shrinker_mutex", message="mutex_lock()", cause=0)
    add(2, "deliver", "reclaimer0", cpu=0, to="shrinker_mutex", message="mutex_lock()", cause=0,
        deferred=True)  # fmt: skip
    add(2, "contention_begin", "shrinker_mutex", lock="shrinker_mutex", waiter="reclaimer0")
    add(2, "rcu_kfree_callback", "rcu", rcuname="rcu_sched", rhp="A.info0.1")
    add(2, "rcu_callback", "rcu", rcuname="rcu_sched", rhp="sb-S", func="shrinker_free_rcu_cb",
        qlen=1)  # fmt: skip
    add(2, "rcu_grace_period", "rcu", rcuname="rcu_sched", gp_seq=-3, gpevent="start", holdouts=[])
    add(3, "deliver", "mounter0", cpu=1, to="shrinker_mutex", message="mutex_unlock()", cause=1)
    add(3, "contention_end", "shrinker_mutex", lock="shrinker_mutex", waiter="reclaimer0")
    add(3, "answer", "shrinker_mutex", to="reclaimer0", of=2, answer=None)
    add(4, "function", "reclaimer0", cpu=0, name="shrink_slab")
    add(5, "mm_shrink_slab_start", "reclaimer0", cpu=0, memcg="A", nid=1, shr="sb-S",
        shrink="super_cache_scan", nr_objects_to_shrink=7, gfp_flags="GFP_HIGHUSER_MOVABLE",
        cache_items=57, delta=28, total_scan=35, priority=12)  # fmt: skip
    add(6, "mm_shrink_slab_end", "reclaimer0", cpu=0, memcg="A", nid=1, shr="sb-S",
        shrink="super_cache_scan", unused_scan=7, new_scan=35, total_scan=-2, retval=11,
        )  # fmt: skip
    add(7, "mm_vmscan_memcg_reclaim_end", "reclaimer0", cpu=0, nr_reclaimed=11)
    add(8, "rcu_grace_period", "rcu", rcuname="rcu_sched", gp_seq=1, gpevent="end", holdouts=[])
    add(8, "kfree", "A.info0.1", object="A.info0.1", kind="shrinker_info")
    add(9, "cgroup_rmdir", "mounter0", cpu=1, root=0, id=2, level=1, path="/A")
    add(9, "mm_shrink_slab_start", "mounter0", cpu=1, nid=0, shr="sb-T",
        shrink="scan_objects", nr_objects_to_shrink=0, gfp_flags="GFP_STRANGE|__GFP_ODD",
        cache_items=1, delta=0, total_scan=0, priority=0)  # fmt: skip
    return RunLog({"scenario": "kernel", "host": "engine"}, "r", told)


RECORDING = """\
# tracer: function
#
# entries-in-buffer/entries-written: 5/12   #P:4
#
         kswapd0-60      [002] d..1.     1.000000: mm_shrink_slab_start: \
super_cache_scan+0x0/0x1a0 \
ffff888003e89d20: nid: 1 objects to shrink 8 gfp_flags GFP_KERNEL cache items 100 delta 5 \
total_scan 13 priority 12
         kswapd0-60      [002] .....     1.000010: list_lru_add.isra.0 <-d_lru_add
CPU:2 [LOST 3 EVENTS]
CPU:1 [LOST EVENTS]
         kswapd0-60      [002] .....     1.000020: mm_shrink_slab_end: super_cache_scan+0x0/0x1a0 \
ffff888003e89d20: nid: 1 unused scan count 8 new scan count 13 total_scan 0 \
last shrinker return val 2
             sh-7        [001] .....     1.000030: sched_waking: cpu=3 comm=a step=4
             sh-7        [001] .....     1.000040: tracing_mark_write: hello
"""


def imported(text: str) -> RunLog:
    """What `slabrace import` makes of ``text``."""
    told = bytearray()
    importer = Importer(
        {"schema": "slabrace.log/2", "host": "kernel"}, lambda data, _lines: told.extend(data)
    )
    for line in text.splitlines():
        importer.feed(line)
    importer.finish()
    header, *records = (json.loads(each) for each in told.splitlines())
    return RunLog(header, records[0]["run"], records)
