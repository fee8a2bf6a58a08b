"""Verbs: the functions of a CPU that are ours, so that a story does not take them for the kernel's.

The model cuts kernel functions into verbs, for a version or a bug to override one of them, and
writes what the kernel has as macros and inline functions as methods. In a call trace, and above the
accesses of a diagram, stand the kernel's functions alone. tests/actors/test_verbs.py sees to it
that each name is still somewhere in actors/.

A function with a leading underscore is left out without being listed.
"""

from __future__ import annotations

from typing import Final

__all__ = ["OURS"]

OURS: Final = frozenset(
    {
        # a CPU and what it runs
        "run", "main", "ask", "ftrace", "mkdir", "add",
        # macros and inline functions
        "read_once", "write_once", "atomic_add_return", "smp_mb", "might_sleep", "cond_resched",
        "rcu_dereference", "srcu_dereference", "rcu_dereference_protected", "lockdep_assert_held",
        "report_quiescent_state",
        # memory
        "allocate", "allocate_always", "publish_info", "note_deferred",
        # a shrinker's life
        "wait_for_users", "wait_for_walks", "shrinker_unlink", "free_shrinker_memory",
        "prealloc_shrinker", "link_shrinker", "unlink_shrinker",
        # a shrinker's directory
        "prealloc_failed", "path_of", "read_count", "write_scan", "leave", "count_memcgs",
        "shrinker_count", "call_scan_objects", "scan_objects_of",
        # a memcg's life, and its lists
        "mem_cgroup_alloc_done", "css_create_failed", "list_lru_add_memcg",
        # shrinker_info
        "lock_shrinkers", "unlock_shrinkers", "lock_reparent", "unlock_reparent",
        "alloc_shrinker_info_failed", "teardown", "copy_info", "info_protected", "kvzalloc_info",
        "alloc_larger_info", "memcg_unit", "expand_all", "complete_and_publish", "replace_info",
        "free_old_info", "info_of_walk", "note_null_unit", "kfree_units", "mark",
        "unit_of", "unit_to_mark",
        # the walks
        "shrink_slab_global", "next_unit", "shrink_one", "shrinker_get", "forget", "skip_kmem_off",
        "clear_and_recheck", "contended", "leave_shrinker", "may_run", "next_id", "visit",
        "walk_bits", "walk_from",
        # weak memory: barriers, a store buffer, and what opens a gate and closes it
        "smp_wmb", "smp_rmb", "smp_store_release", "peek", "initialised", "access", "take", "issue",
        "report", "retire", "late", "split_rmw", "open_gate", "close_gate",
        "mark_registered", "mb_before_set_bit", "mb_after_clear_bit",
        # list_lrus
        "bit_owner", "dispose", "new_lists", "new_one", "lock_of", "take_from_child",
        # whoever uses the file system
        "cache_object", "touch", "set_born",
    }
)  # fmt: skip
"""Names of functions in actors/ that the kernel does not have, or not as functions."""
