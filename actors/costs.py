"""Costs: what takes how long, one number each, with its unit and where it is from.

Few numbers, and none of them a share of anything: who is slow, and how slow, comes out of who waits
for whom. Three kinds of origin:

    a source    measured by others on hardware of the kind, or a constant of the kernel
    fitted      found by `slabrace calibrate`, from the profile *before* the patch alone
    assumed     nobody has published it; said where it matters

Memory of a CPU: a line is in its own cache (``hit``), in another's (``transfer``), or in neither
any more (``refill``: the last level cache), where it was pushed out by ``capacity`` other lines.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slabrace.runtime.errors import UsageError, nearest

__all__ = ["Costs", "Origin", "origin", "origins"]


@dataclass(frozen=True)
class Origin:
    """Unit, source and meaning of one number."""

    unit: str
    source: str
    meaning: str


def cost(value: float, unit: str, source: str, meaning: str) -> Any:
    """A field of `Costs`."""
    return dataclasses.field(default=value, metadata={"origin": Origin(unit, source, meaning)})


INTEL = "Intel, Optimization Reference Manual: latencies of a server core at about 3.5 GHz"
MOLKA = "Molka et al., ICPP 2015: Haswell-EP, same socket"
FOG = "Fog, Instruction tables: lock prefix, Skylake-X"


@dataclass(frozen=True)
class Costs:
    """See the head of this file. Names are what `--set-cost` and a TOML file take."""

    # -- lines -------------------------------------------------------------------------
    hit: float = cost(1, "ns", INTEL, "an access to a line in the CPU's own cache: 5 cycles")
    refill: float = cost(22, "ns", INTEL, "a line from the last level cache")
    transfer: float = cost(60, "ns", MOLKA, "a line from another core's cache, modified there")
    capacity: float = cost(16_384, "lines", INTEL, "what a CPU's own cache holds (1 MiB)")
    rmw: float = cost(7, "ns", FOG, "an atomic read-modify-write, the line at hand")
    store: float = cost(1, "ns", INTEL, "a store, for the CPU: it goes to the store buffer")

    # -- work of the walks -------------------------------------------------------------
    word: float = cost(0.6, "ns", FOG, "_find_next_bit(), per word of the map: load, test, branch")
    stream: float = cost(
        0.54, "refills", "fitted", "a line of a map, or the next unit's, fetched ahead"
    )
    walk: float = cost(14.4, "ns", "fitted", "shrink_slab(), per memcg, beside its accesses")
    visit: float = cost(1.2, "ns", "fitted", "do_shrink_slab(), per call")
    rcu_read_lock: float = cost(1, "ns", "assumed: a call and an increment", "__rcu_read_lock()")
    rcu_read_unlock: float = cost(1, "ns", "assumed: as the lock", "__rcu_read_unlock()")
    count: float = cost(1, "ns", "fitted", "list_lru_count_one(), per call")
    super_count: float = cost(4, "ns", "assumed", "super_cache_count(), per call")
    trylock: float = cost(
        0.56, "per call", "fitted", "down_read_trylock(): the line is gone between load and cmpxchg"
    )
    lruvec: float = cost(0, "ns", "fitted", "shrink_lruvec(), per memcg")
    node: float = cost(0.2, "ns", "fitted", "shrink_node(), per memcg")
    iter: float = cost(16, "ns", "fitted", "mem_cgroup_iter(), per step, beside its accesses")
    protection: float = cost(10, "ns", "assumed", "mem_cgroup_calculate_protection(), per memcg")

    # -- sleeping ----------------------------------------------------------------------
    switch: float = cost(2_000, "ns", "Li, Ding, Shen, ExpCS 2007", "a context switch")
    wake: float = cost(
        12_000, "ns", "intel_idle: C1E is left in 10 us", "from a wakeup to the woken task running"
    )
    mount: float = cost(
        89_000,
        "ns",
        "0day, before: 251.56 s of system time / 1,408,764 ops / 2",
        "what a mount, or an umount, has to do beside all that is modelled",
    )

    # -- grace periods -----------------------------------------------------------------
    jiffy: float = cost(4_000_000, "ns", "HZ=250", "a jiffy")
    gp_start: float = cost(1, "jiffies", "assumed", "from a request to the start")
    gp_end: float = cost(2, "jiffies", "recordings: 12 ms", "from the last reader to the end")
    exp_start: float = cost(10_000, "ns", "assumed", "an expedited one: IPIs to all CPUs")
    exp_end: float = cost(30_000, "ns", "assumed", "an expedited one: the last report")
    srcu_start: float = cost(
        1.5,
        "jiffies",
        "SRCU_INTERVAL=1: a timer of one ends after one to two",
        "SRCU: to the start",
    )
    srcu_end: float = cost(
        1.5, "jiffies", "SRCU_INTERVAL=1, as above", "SRCU: from the scan to its callbacks"
    )
    srcu_exp: float = cost(
        20_000, "ns", "assumed: a work item", "SRCU expedited: to the start, and to the callbacks"
    )
    kvfree_drain: float = cost(
        5e9, "ns", "KFREE_DRAIN_JIFFIES = 5 s, v6.6", "kvfree_rcu(): a batch waits to be drained"
    )

    @classmethod
    def of(cls, file: Path | None = None, settings: Iterable[str] = ()) -> Costs:
        """The default, then what ``file`` (TOML) says, then ``name=value``; the last one counts."""
        values: dict[str, float] = {}
        if file is not None:
            values |= read(file)
        for setting in settings:
            name, equals, text = setting.partition("=")
            if not equals:
                raise UsageError(f"{setting!r} is no cost: expected name=value")
            values[name.strip()] = number(name.strip(), text)
        for name in values:
            if name not in NAMES:
                raise UsageError(f"there is no cost {name!r}; {nearest(name, NAMES)}")
        return dataclasses.replace(cls(), **values)

    def changed(self) -> dict[str, float]:
        """The costs that are not the default."""
        default = Costs()
        return {
            name: getattr(self, name)
            for name in NAMES
            if getattr(self, name) != getattr(default, name)
        }


NAMES = tuple(each.name for each in dataclasses.fields(Costs))


def origins() -> dict[str, Origin]:
    """Where each number is from."""
    return {each.name: each.metadata["origin"] for each in dataclasses.fields(Costs)}


def origin(name: str) -> Origin:
    """Where the number called ``name`` is from."""
    return origins()[name]


def number(name: str, value: object) -> float:
    """A finite number that is not negative."""
    try:
        found = float(value)  # type: ignore[arg-type]  # what is none raises
    except (TypeError, ValueError):
        found = -1.0
    if isinstance(value, bool) or not 0 <= found < float("inf"):
        raise UsageError(f"cost {name}: {value!r} is not a number of 0 or more")
    return found


def read(file: Path) -> dict[str, float]:
    """The costs that a TOML file sets, ``name = value`` at its top level."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} is no TOML: {error}") from error
    return {name: number(name, value) for name, value in found.items()}
