"""Tracepoints: those of the kernel's that the model's events are named after, field by field.

A recording of a kernel has the bytes of an event, a reader prints them by the event's format. The
table says of each tracepoint its fields, in the order of TP_STRUCT__entry, and its TP_printk, both
as the kernel fills it in (for text) and as it describes it (for trace.dat). What an event of ours
does not know (how many bytes were allocated, on which node) is 0.

Layouts are those of v6.12, but rcu_kfree_callback's name and fields, which newer kernels call
rcu_kvfree_callback.

Source: include/trace/events/{vmscan,rcu,kmem,cgroup,lock}.h.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

__all__ = ["ALL_GFP", "CONTENTION", "GFP", "TRACEPOINTS", "Field", "Tracepoint"]


class Field(NamedTuple):
    """``kind`` says how the value becomes bytes and text; ``of`` is our field, if called otherwise.

    Kinds: object, function and symbol (pointers; %p, %pS, %ps), text (a pointer to a constant),
    string (__data_loc), gfp and lcb (flags), and numbers: int, long, ulong, u64.
    """

    declared: str
    kind: str
    of: str = ""

    @property
    def name(self) -> str:
        """The kernel's name of it."""
        return self.declared.replace("[]", "").split()[-1]

    def value(self, record: Mapping[str, Any]) -> Any:
        """What our event has in its place."""
        return record.get(self.of or self.name)


class Tracepoint(NamedTuple):
    """``text`` is the TP_printk over names of fields; ``printk`` and ``args`` are the kernel's."""

    system: str
    fields: Sequence[Field]
    text: str
    printk: str
    args: str


GFP: Final = {
    "GFP_HIGHUSER_MOVABLE": 0x1100CCA,
    "GFP_HIGHUSER": 0x100CC2,
    "GFP_KERNEL_ACCOUNT": 0x400CC0,
    "GFP_USER": 0x100CC0,
    "GFP_KERNEL": 0xCC0,
    "GFP_NOFS": 0xC40,
    "GFP_ATOMIC": 0x820,
    "GFP_NOIO": 0xC00,
    "GFP_NOWAIT": 0x800,
}
"""Larger ones first: a reader takes away the bits of each that it finds."""

CONTENTION: Final = ["SPIN", "READ", "WRITE", "RT", "PERCPU", "MUTEX"]
"""LCB_F_*: the bits of contention_begin's flags, the lowest first."""
ALL_GFP: Final = "$GFP"
"""Stands in a format for the names of all flags that a run has."""
SHOWN: Final = f'(REC->gfp_flags) ? __print_flags(REC->gfp_flags,"|",{ALL_GFP}) : "none"'
LOCK_FLAGS: Final = ",".join(f'{{{1 << bit:#x},"{name}"}}' for bit, name in enumerate(CONTENTION))

SHRINKER: Final = Field("struct shrinker * shr", "object")
CALLBACK: Final = Field("void * shrink", "function")
NID: Final = Field("int nid", "int")
RCUNAME: Final = Field("const char * rcuname", "text")
CGROUP: Final = (
    Field("int root", "int"),
    Field("int level", "int"),
    Field("u64 id", "u64"),
    Field("__data_loc char[] path", "string"),
)

TRACEPOINTS: Final[Mapping[str, Tracepoint]] = {
    "mm_shrink_slab_start": Tracepoint(
        "vmscan",
        (
            SHRINKER,
            CALLBACK,
            NID,
            Field("long nr_objects_to_shrink", "long"),
            Field("unsigned long gfp_flags", "gfp"),
            Field("unsigned long cache_items", "ulong"),
            Field("unsigned long long delta", "u64"),
            Field("unsigned long total_scan", "ulong"),
            Field("int priority", "int"),
        ),
        "{shrink} {shr}: nid: {nid} objects to shrink {nr_objects_to_shrink} gfp_flags {gfp_flags}"
        " cache items {cache_items} delta {delta} total_scan {total_scan} priority {priority}",
        "%pS %p: nid: %d objects to shrink %ld gfp_flags %s cache items %ld delta %lld"
        " total_scan %ld priority %d",
        "REC->shrink, REC->shr, REC->nid, REC->nr_objects_to_shrink, "
        f"{SHOWN}, REC->cache_items, REC->delta, REC->total_scan, REC->priority",
    ),
    "mm_shrink_slab_end": Tracepoint(
        "vmscan",
        (
            SHRINKER,
            NID,
            CALLBACK,
            Field("long unused_scan", "long"),
            Field("long new_scan", "long"),
            Field("int retval", "int"),
            Field("long total_scan", "long"),
        ),
        "{shrink} {shr}: nid: {nid} unused scan count {unused_scan} new scan count {new_scan}"
        " total_scan {total_scan} last shrinker return val {retval}",
        "%pS %p: nid: %d unused scan count %ld new scan count %ld total_scan %ld"
        " last shrinker return val %d",
        "REC->shrink, REC->shr, REC->nid, REC->unused_scan, REC->new_scan, REC->total_scan, "
        "REC->retval",
    ),
    "mm_vmscan_memcg_reclaim_begin": Tracepoint(
        "vmscan",
        (Field("int order", "int"), Field("unsigned long gfp_flags", "gfp")),
        "order={order} gfp_flags={gfp_flags}",
        "order=%d gfp_flags=%s",
        f"REC->order, {SHOWN}",
    ),
    "mm_vmscan_memcg_reclaim_end": Tracepoint(
        "vmscan",
        (Field("unsigned long nr_reclaimed", "ulong"),),
        "nr_reclaimed={nr_reclaimed}",
        "nr_reclaimed=%lu",
        "REC->nr_reclaimed",
    ),
    "rcu_utilization": Tracepoint("rcu", (Field("const char * s", "text"),), "{s}", "%s", "REC->s"),
    "rcu_grace_period": Tracepoint(
        "rcu",
        (RCUNAME, Field("long gp_seq", "long"), Field("const char * gpevent", "text")),
        "{rcuname} {gp_seq} {gpevent}",
        "%s %ld %s",
        "REC->rcuname, REC->gp_seq, REC->gpevent",
    ),
    "rcu_callback": Tracepoint(
        "rcu",
        (RCUNAME, Field("void * rhp", "object"), Field("void * func", "symbol"),
         Field("long qlen", "long")),
        "{rcuname} rhp={rhp} func={func} {qlen}",
        "%s rhp=%p func=%ps %ld",
        "REC->rcuname, REC->rhp, REC->func, REC->qlen",
    ),
    "rcu_kfree_callback": Tracepoint(
        "rcu",
        (RCUNAME, Field("void * rhp", "object"), Field("unsigned long offset", "ulong"),
         Field("long qlen", "long")),
        "{rcuname} rhp={rhp} func={offset} {qlen}",
        "%s rhp=%p func=%ld %ld",
        "REC->rcuname, REC->rhp, REC->offset, REC->qlen",
    ),
    "kmalloc": Tracepoint(
        "kmem",
        (
            Field("unsigned long call_site", "function"),
            Field("const void * ptr", "object", "object"),
            Field("size_t bytes_req", "ulong"),
            Field("size_t bytes_alloc", "ulong"),
            Field("unsigned long gfp_flags", "gfp"),
            Field("int node", "int", "nid"),
        ),
        "call_site={call_site} ptr={ptr} bytes_req={bytes_req} bytes_alloc={bytes_alloc}"
        " gfp_flags={gfp_flags} node={node} accounted=false",
        "call_site=%pS ptr=%p bytes_req=%zu bytes_alloc=%zu gfp_flags=%s node=%d accounted=%s",
        f"(void *)REC->call_site, REC->ptr, REC->bytes_req, REC->bytes_alloc, {SHOWN}, "
        'REC->node, (REC->gfp_flags & 0x400000UL) ? "true" : "false"',
    ),
    "kfree": Tracepoint(
        "kmem",
        (Field("unsigned long call_site", "function"),
         Field("const void * ptr", "object", "object")),
        "call_site={call_site} ptr={ptr}",
        "call_site=%pS ptr=%p",
        "(void *)REC->call_site, REC->ptr",
    ),
    **dict.fromkeys(
        ("cgroup_mkdir", "cgroup_rmdir"),
        Tracepoint(
            "cgroup",
            CGROUP,
            "root={root} id={id} level={level} path={path}",
            "root=%d id=%llu level=%d path=%s",
            "REC->root, REC->id, REC->level, __get_str(path)",
        ),
    ),
    "contention_begin": Tracepoint(
        "lock",
        (Field("void * lock_addr", "object", "lock"), Field("unsigned int flags", "lcb")),
        "{lock_addr} (flags={flags})",
        "%p (flags=%s)",
        f'REC->lock_addr, __print_flags(REC->flags,"|",{LOCK_FLAGS})',
    ),
    "contention_end": Tracepoint(
        "lock",
        (Field("void * lock_addr", "object", "lock"), Field("int ret", "int")),
        "{lock_addr} (ret={ret})",
        "%p (ret=%d)",
        "REC->lock_addr, REC->ret",
    ),
}  # fmt: skip
