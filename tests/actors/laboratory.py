"""What the tests of the kernel model share: short programs, one run of them, and all runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Final, TypeVar

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import Mutex
from slabrace.actors.memcg import Memcg
from slabrace.actors.object import KernelObject
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.actor import Address
from slabrace.runtime.engine import Engine, Tell
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import Envelope
from slabrace.runtime.monitor import Event
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

Program = Callable[[Cpu], Coroutine[Any, Any, Any]]
R = TypeVar("R")

BOOTED: Final[list[World]] = []
"""The worlds of the test that runs; conftest.py lets go of those it did not turn."""

PREEMPTION: Final = "from=* for=20..100 p=0.1"
"""Every tenth message is held up."""


class Page(KernelObject):
    """An object with one word."""

    __slots__ = ("value",)
    kind = "page"

    def __init__(self, value: int = 0) -> None:
        self.value = value


class Ops:
    """Callbacks of a shrinker: ``counts`` are answered in turn, the last one for ever.

    ``scans`` likewise; None frees what was asked for. ``scanned`` is what sc->nr_scanned becomes.
    """

    def __init__(
        self,
        *counts: int,
        scans: Sequence[int | None] = (None,),
        scanned: int | None = None,
    ) -> None:
        self.counts = list(counts)
        self.scans = list(scans)
        self.scanned = scanned
        self.asked: list[int] = []  # sc->nr_to_scan of every scan
        self.nids: list[int] = []

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        self.nids.append(sc.nid)
        return self.counts.pop(0) if len(self.counts) > 1 else self.counts[0]

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        self.asked.append(sc.nr_to_scan)
        answer = self.scans.pop(0) if len(self.scans) > 1 else self.scans[0]
        if self.scanned is not None:
            sc.nr_scanned = self.scanned
        return sc.nr_to_scan if answer is None else answer


def boot(version: type[Version] = RefcountRcu, **options: Any) -> Kernel:
    """A kernel in a world of its own."""
    kernel = Kernel(World(), version, **options)
    BOOTED.append(kernel.world)
    return kernel


def page(kernel: Kernel, name: str = "page", value: int = 0) -> Page:
    """A page that was there before the run."""
    it = Page(value)
    it.publish_in(kernel.world, name)
    return it


def start(kernel: Kernel, *programs: Program) -> list[Script]:
    """One CPU for each program."""
    cpus = [Script(kernel, program) for program in programs]
    if cpus:
        kernel.world.spawn(*cpus)
    return cpus


def turn(
    kernel: Kernel,
    *programs: Program,
    strategy: Strategy | None = None,
    tell: Tell | None = None,
) -> Outcome:
    """Run ``programs``, one CPU each, to the end. Without a strategy they take turns."""
    start(kernel, *programs)
    strategy = strategy or RoundRobin()
    strategy.begin(kernel.world)
    return Engine(kernel.world, strategy, tell=tell).run()


def quiet(kernel: Kernel, *programs: Program, strategy: Strategy | None = None) -> Outcome:
    """The same, and nothing is wrong."""
    outcome = turn(kernel, *programs, strategy=strategy)
    assert outcome.violations == []
    assert outcome.end is End.QUIET
    return outcome


def deliveries(kernel: Kernel, *programs: Program) -> list[str]:
    """What was delivered to whom, as a kernel developer would write it; nothing went wrong."""
    told: list[str] = []

    def tell(envelope: Envelope) -> None:
        told.append(f"{envelope.addressee.name}: {envelope.message}")

    assert turn(kernel, *programs, tell=tell).violations == []
    return told


def value_of(kernel: Kernel, program: Callable[[Cpu], Coroutine[Any, Any, R]]) -> R:
    """What ``program`` returns when it runs alone and nothing goes wrong."""
    answers: list[R] = []

    async def run(cpu: Cpu) -> None:
        answers.append(await program(cpu))

    quiet(kernel, run)
    return answers[0]


def pause(cpu: Cpu, turns: int = 1) -> Envelope:
    """``await pause(cpu)``: everybody else gets as far as they can, or 100 picks far."""
    return cpu.sleep(turns * 100_000)


def laws(outcome: Outcome) -> list[str]:
    """The laws that a run broke."""
    return [violation.law for violation in outcome.violations]


def seeds(runs: int, build: Callable[[], Kernel], *delays: str) -> Iterator[tuple[Kernel, Outcome]]:
    """``runs`` random walks of what ``build`` populates."""
    walk = Delayed(RandomWalk(), [Delay.parse(text) for text in delays])
    for _ in range(runs):
        kernel = build()
        walk.begin(kernel.world)
        yield kernel, Engine(kernel.world, walk).run()


class DepthFirst:
    """All schedules, one after the other: the last decision that has an alternative is changed.

    Lanes of ``settled`` owners are not decided about: their messages go as soon as they can.
    """

    def __init__(self, *settled: str) -> None:
        self.settled = settled
        self.trail: list[list[int]] = []  # [taken, how many there were]
        self.at = 0
        self.runs = 0

    def begin(self, world: World) -> bool:
        if self.runs:
            while self.trail and self.trail[-1][0] + 1 == self.trail[-1][1]:
                self.trail.pop()
            if not self.trail:
                return False
            self.trail[-1][0] += 1
        self.at = 0
        self.runs += 1
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        for index, lane in enumerate(ready):
            if lane.owner.name in self.settled:
                return index
        return self._take(len(ready))

    def choose(self, label: str, options: int, /) -> int:
        return self._take(options)

    def end(self, outcome: Outcome) -> None:
        """Nothing is learnt."""

    def describe(self) -> str:
        return "depth first"

    def _take(self, options: int) -> int:
        if self.at == len(self.trail):
            self.trail.append([0, options])
        assert self.trail[self.at][1] == options, "the same picks led to another place"
        self.at += 1
        return self.trail[self.at - 1][0]


def every_run(build: Callable[[], Kernel]) -> Iterator[tuple[Kernel, Outcome]]:
    """All runs of what ``build`` populates, but for the kworker, who goes to sleep first."""
    search = DepthFirst("kworker")
    while True:
        kernel = build()
        if not search.begin(kernel.world):
            for task in kernel.world.tasks:
                task.close()
            return
        yield kernel, Engine(kernel.world, search).run()


class Story:
    """The events of a run by name, in order; ``fields`` of the last one of each."""

    def __init__(self, world: World, *names: str) -> None:
        self.events: list[Event] = []
        for name in names:
            world.watch(name, self.events.append)

    def names(self) -> list[str]:
        return [event.name for event in self.events]

    def all(self, name: str, *fields: str) -> list[Any]:
        """What these fields were at each event called ``name``."""
        found = [[told(e.fields[f]) for f in fields] for e in self.events if e.name == name]
        return [values[0] for values in found] if len(fields) == 1 else found


def told(value: Any) -> Any:
    """Actors by name."""
    return value.name if isinstance(value, Address) else value


def functions(world: World, *wanted: str) -> list[str]:
    """Kernel functions in the order of entry: a list that fills as the run goes."""
    called: list[str] = []

    def note(event: Event) -> None:
        name = event.fields["name"]
        if not wanted or name in wanted:
            called.append(name)

    world.watch("function", note)
    return called


async def shrinker(
    cpu: Cpu, ops: Any, *, name: str = "test", register: bool = True, **flags: Any
) -> Shrinker:
    """A shrinker, registered unless told otherwise."""
    version = cpu.kernel.version
    made = await version.shrinker_alloc(cpu, name, ops, **flags)
    assert made is not None
    if register:
        await version.shrinker_register(cpu, made)
    return made


def mutex(kernel: Kernel, name: str = "m", lock_class: str = "") -> Mutex:
    """A mutex of its own, and of its own class unless told otherwise."""
    lock = Mutex(lock_class or name)
    lock.publish_in(kernel.world, name)
    return lock


async def walk(cpu: Cpu, memcg: Memcg, *, nid: int = 0, priority: int = 0) -> int:
    """shrink_slab() of one memcg; the caller's reference on it is the test's."""
    version = cpu.kernel.version
    return await version.shrink_slab(cpu, "GFP_KERNEL", nid, memcg, priority)
