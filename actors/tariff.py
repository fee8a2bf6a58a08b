"""KernelTariff: what each message and each function of the kernel model costs a CPU.

What it knows of a message: whether it reads or writes its line, or needs none (percpu references),
and which function of the kernel it belongs to. What it knows of a function: the work it does beside
its accesses. How much, costs.py says; who has which line, cache_lines.py; nothing here knows how
often anything happens.

Kernel threads that serve no CPU under test (RCU's, kworkers' waiting) take their time from
``delay``: it is latency, not load.
"""

from __future__ import annotations

from collections.abc import Callable
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from slabrace.actors import messages as m
from slabrace.actors.cache_lines import Cache
from slabrace.actors.srcu import SrcuStruct
from slabrace.actors.symbols import OUT_OF_LINE, stack_of
from slabrace.runtime.message import DEFERRED
from slabrace.runtime.perf import Profile

if TYPE_CHECKING:
    from slabrace.actors.cache_lines import Line
    from slabrace.actors.costs import Costs
    from slabrace.actors.cpu_timed import TimedCpu
    from slabrace.actors.kernel import Kernel
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.perf import Stack
    from slabrace.runtime.task import Task

__all__ = ["KernelTariff"]

READ: Final = None
SCAN: Final = Cache.read
NO_LINE: Final = Cache.spare

Use = Callable[[Cache, "Actor", int], int]
"""How a message uses its line: when it is done with it. None reads it."""

KINDS: Final[dict[type, Use]] = {
    # percpu references: no line is shared
    m.CssTryget: NO_LINE, m.CssPut: NO_LINE, m.CssGet: NO_LINE,
    # machinery whose time is latency
    m.SynchronizeRcu: NO_LINE, m.CallRcu: NO_LINE, m.KvfreeCallRcu: NO_LINE,
    m.RcuBarrier: NO_LINE, m.SynchronizeSrcu: NO_LINE, m.SynchronizeSrcuExpedited: NO_LINE,
    m.CallSrcu: NO_LINE,
    m.QuiescentState: NO_LINE, m.NextWork: NO_LINE, m.WaitEvent: NO_LINE,
    m.SrcuReadLock: NO_LINE, m.SrcuReadUnlock: NO_LINE,
    m.Store: Cache.store, m.RefcountSet: Cache.store,
    m.FindNextBit: SCAN,
    m.DownReadTrylock: Cache.write_twice,
}  # fmt: skip
"""What is not here reads or writes its line, as its class says."""

LINE_BITS: Final = 512


class Rules(dict[type, tuple[Use | None, str | None]]):
    """Message type -> how it uses its line, and the function of the kernel that it is by itself."""

    def __missing__(self, kind: type[m.Access]) -> tuple[Use | None, str | None]:
        use = KINDS.get(kind, READ if kind.writes is False else Cache.write)
        self[kind] = rule = (use, OUT_OF_LINE.get(kind))
        return rule


class Scans(dict[tuple[int, int], int]):
    """Words of a map that are looked at, lines of it after the first -> nanoseconds."""

    def __init__(self, costs: Costs) -> None:
        super().__init__()
        self.costs = costs

    def __missing__(self, size: tuple[int, int]) -> int:
        words, more = size
        costs = self.costs
        self[size] = ns = round(words * costs.word + more * costs.stream * costs.refill)
        return ns


class KernelTariff:
    """See the head of this file. ``kernel`` is that of the world, once it is populated."""

    kernel: Kernel

    def __init__(self, costs: Costs, profile: Profile | None = None) -> None:
        self.costs = costs
        self.profile = profile or Profile()
        self.lines: dict[Actor, Line] = {}
        self.slow = frozenset(self._latencies())
        self._rules = Rules()
        self._hit = round(costs.hit)
        self._ahead = round((1 - costs.stream) * costs.refill)
        self._scans = Scans(costs)
        self._asleep: dict[Task, tuple[int, Stack]] = {}
        self.read_lock = ("__rcu_read_lock", round(costs.rcu_read_lock))
        self.read_unlock = ("__rcu_read_unlock", round(costs.rcu_read_unlock))
        self.work: dict[str, tuple[tuple[str, int], ...]] = {
            function: tuple((symbol, round(ns)) for symbol, ns in parts)
            for function, parts in {
                "shrink_slab": (("shrink_slab", costs.walk),),
                "do_shrink_slab": (("do_shrink_slab", costs.visit),),
                "super_cache_count": (("super_cache_count", costs.super_count),),
                "list_lru_count_one": (("list_lru_count_one", costs.count),),
                "shrink_lruvec": (("shrink_lruvec", costs.lruvec),),
                "alloc_super": (("vfs_get_tree", costs.mount),),
                "deactivate_locked_super": (("deactivate_locked_super", costs.mount),),
                "mem_cgroup_iter": (("mem_cgroup_iter", costs.iter),),
                "mem_cgroup_calculate_protection": (
                    ("mem_cgroup_calculate_protection", costs.protection),
                    ("shrink_node", costs.node),
                ),
            }.items()
        }

    # -- what the host asks ------------------------------------------------------------

    def serve(self, envelope: Envelope, answer: Any, time: int) -> int:
        """When the sender can go on; what it cost is booked to the function it is in.

        The hot half of a timed run: what is most frequent, a line at hand, is told here at once.
        """
        cpu: TimedCpu = envelope.sender  # type: ignore[assignment]  # or it has no cache
        try:
            cache = cpu.cache
        except AttributeError:
            return time
        name = cpu.label
        # what is sent in passing comes from where the CPU stood before; mostly, all else does, too
        frame, stack, _ = cpu.inner
        if envelope.waiter is not None and type(frame.cr_await) is not GeneratorType:
            stack = stack_of(cpu)
        pending = cpu.pending
        if pending:
            places = stack.places
            for function, ns in pending:
                places[function].service[name] += ns
            pending.clear()
        use, symbol = self._rules[type(envelope.message)]
        if symbol is not None:
            stack = stack.places[symbol]
        where = envelope.addressee
        if use is READ:
            line = self.lines.get(where)
            if line is not None and line.sharers & cache.bit and line.age >= cache.oldest:
                line.age = cache.filled
                hit = self._hit
                stack.service[name] += hit
                return time + hit
            end = cache.fetch(where, line, time)
        elif use is SCAN:
            filled = cache.filled
            end = cache.read(where, time)
            width: int | None = getattr(where, "map_nr_max", None)
            if width is None:  # a unit: fetched ahead, like the next line of a long map
                if cache.filled > filled and where.index:  # type: ignore[attr-defined]  # it is one
                    end -= self._ahead
            elif width:  # somebody has mounted something: there is a word to look at
                ns = self._scan(envelope.message, answer if answer >= 0 else width)
                stack.places["_find_next_bit"].service[name] += ns
                time += ns
                end += ns
        else:
            end = use(cache, where, time)
        stalled = cache.stalled
        if stalled:
            stack.stall[name] += stalled
        stack.service[name] += end - time - stalled
        if answer is DEFERRED:
            self._asleep[cpu.task] = (end, stack)
        return end

    def wake(self, envelope: Envelope, time: int) -> int:
        """The waker has called; the woken one runs when a CPU has switched to it."""
        task = envelope.waiter
        end = time + round(self.costs.wake)
        slept = self._asleep.pop(task, None)
        if slept is not None:
            since, stack = slept
            end = max(end, since)
            name = task.actor.label
            stack.sleep[name] += end - since
            stack.under("schedule").service[name] += round(self.costs.switch)
            end += round(self.costs.switch)
        return end

    def delay(self, envelope: Envelope) -> int:
        """How long a message of RCU or SRCU to itself is on its way, or what they free at last."""
        kind = type(envelope.message)
        if kind is m.Kfree and envelope.sender is not self.kernel.rcu:
            return 0
        domain = envelope.addressee
        if not isinstance(domain, SrcuStruct):
            return self._delays[kind]
        if domain.expedited:
            return round(self.costs.srcu_exp)
        c = self.costs
        return round((c.srcu_start if kind is m.GpStart else c.srcu_end) * c.jiffy)

    # -- details -----------------------------------------------------------------------

    def _latencies(self) -> dict[type, int]:
        c = self.costs
        self._delays: dict[type, int] = {
            m.GpStart: round(c.gp_start * c.jiffy),
            m.GpEnd: round(c.gp_end * c.jiffy),
            m.ExpGpStart: round(c.exp_start),
            m.ExpGpEnd: round(c.exp_end),
            m.Kfree: round(c.kvfree_drain),
        }
        return self._delays

    def _scan(self, message: m.FindNextBit, last: int) -> int:
        """How long the words of a map up to bit ``last`` take, the first line being there.

        One word is looked at where it is needed, more are _find_next_bit()'s. Words that are
        looked at one after the other do not depend on each other: a CPU fetches them ahead, whether
        they are a long map or one unit each.
        """
        first = message.start
        return self._scans[(last >> 6) - (first >> 6) + 1, last // LINE_BITS - first // LINE_BITS]
