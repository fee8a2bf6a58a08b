"""The memory models, by litmus tests: every run of each, and what can be seen at its end.

What is expected of TSO and PSO is published (SPARC V8, appendix K; Sewell et al., x86-TSO, 2010);
of sequential consistency it is the interleavings.
"""

from functools import cache

import pytest
from tests.actors.laboratory import Page, Program, boot, every_run, mutex, page, start

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import Mutex
from slabrace.actors.memory import Memory, model
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import UsageError
from slabrace.runtime.message import Envelope
from slabrace.runtime.outcome import End
from slabrace.runtime.strategies.dpor import Dpor

MODELS: tuple[Memory, ...] = ("sc", "tso", "pso")
State = frozenset[tuple[str, int]]


class Machine:
    """Cells x, y and z, two mutexes, and registers; ``program`` makes a CPU's program of a text.

    ``x=1`` stores, ``x<=1`` stores with release, ``x++`` adds and returns, ``r0=x`` loads; ``mb``,
    ``wmb``, ``lock``, ``unlock``, ``rcu`` and ``urcu`` (a section), ``gp`` (synchronize_rcu()).
    ``r0~x`` sends a load here, and waits for it at the end of the program.
    """

    def __init__(self, memory: Memory) -> None:
        self.kernel = boot(memory=memory, laws=True)
        self.cells = {name: page(self.kernel, name) for name in "xyz"}
        self.locks: dict[str, Mutex] = {n: mutex(self.kernel, f"m{n}") for n in ("", "2")}
        self.registers: dict[str, int] = {}

    def program(self, text: str) -> Program:
        async def run(cpu: Cpu) -> None:
            early: dict[str, Envelope] = {}
            for step in text.split():
                register, tilde, cell = step.partition("~")
                if tilde:
                    early[register] = cpu.read_once(self.cells[cell], "value")
                else:
                    await self.step(cpu, step)
            for register, load in early.items():
                self.registers[register] = await load

        return run

    async def step(self, cpu: Cpu, step: str) -> None:
        fences = {"mb": cpu.smp_mb, "wmb": cpu.smp_wmb, "rmb": cpu.smp_rmb}
        if step in fences:
            await fences[step]()
        elif step.startswith("lock"):
            await cpu.mutex_lock(self.locks[step[4:]])
        elif step.startswith("unlock"):
            cpu.mutex_unlock(self.locks[step[6:]])
        elif step == "rcu":
            cpu.rcu_read_lock()
        elif step == "urcu":
            cpu.rcu_read_unlock()
        elif step == "gp":
            await cpu.synchronize_rcu()
        elif step.endswith("++"):
            await cpu.atomic_add_return(self.cells[step[0]], "value", 1)
        elif "<=" in step:
            cpu.smp_store_release(self.cells[step[0]], "value", int(step[3:]))
        elif step[0] in self.cells:
            cpu.write_once(self.cells[step[0]], "value", int(step[2:]))
        else:
            register, cell = step.split("=")
            self.registers[register] = await cpu.read_once(self.cells[cell], "value")

    def state(self) -> State:
        cells: dict[str, Page] = self.cells
        return frozenset(
            {**self.registers, **{name: cell.value for name, cell in cells.items()}}.items()
        )


@cache
def states(memory: Memory, *texts: str) -> frozenset[State]:
    """The final states of all runs."""
    found: set[State] = set()
    machine = Machine(memory)

    def build() -> Kernel:
        nonlocal machine
        machine = Machine(memory)
        start(machine.kernel, *(machine.program(text) for text in texts))
        return machine.kernel

    for _, outcome in every_run(build):
        assert outcome.end is End.QUIET, outcome.violations
        found.add(machine.state())
    return frozenset(found)


def states_by_partial_orders(memory: Memory, *texts: str) -> tuple[frozenset[State], Dpor]:
    """The same, one run for each trace."""
    found: set[State] = set()
    search = Dpor()
    while True:
        machine = Machine(memory)
        start(machine.kernel, *(machine.program(text) for text in texts))
        world = machine.kernel.world
        if not search.begin(world):
            return frozenset(found), search
        outcome = Engine(world, search).run()
        search.end(outcome)
        if outcome.end is not End.REDUNDANT:  # a look ahead is no run
            assert outcome.end is End.QUIET, outcome.violations
            found.add(machine.state())


def seen(memory: Memory, exists: str, *texts: str) -> bool:
    """Whether a run ends in a state that ``exists`` describes: ``r0=1 x=2``."""
    wanted = {(name, int(value)) for name, value in (each.split("=") for each in exists.split())}
    return any(wanted <= state for state in states(memory, *texts))


LITMUS = {
    # name: (final state, programs, the models that allow it)
    "SB": ("r0=0 r1=0", ["x=1 r0=y", "y=1 r1=x"], "tso pso"),
    "SB+mbs": ("r0=0 r1=0", ["x=1 mb r0=y", "y=1 mb r1=x"], ""),
    "SB+mb+po": ("r0=0 r1=0", ["x=1 mb r0=y", "y=1 r1=x"], "tso pso"),
    "SB+wmbs": ("r0=0 r1=0", ["x=1 wmb r0=y", "y=1 wmb r1=x"], "tso pso"),
    "SB+releases": ("r0=0 r1=0", ["x<=1 r0=y", "y<=1 r1=x"], "tso pso"),
    "SB+atomics": ("r0=0 r1=0", ["x++ r0=y", "y++ r1=x"], ""),
    "SB+atomic between": ("r0=0 r1=0", ["x=1 z++ r0=y", "y=1 z++ r1=x"], ""),
    "SB+rfi": ("r0=1 r1=0 r2=1 r3=0", ["x=1 r0=x r1=y", "y=1 r2=y r3=x"], "tso pso"),
    "MP": ("r0=1 r1=0", ["x=1 y=1", "r0=y r1=x"], "pso"),
    "MP+wmb+rmb": ("r0=1 r1=0", ["x=1 wmb y=1", "r0=y rmb r1=x"], ""),
    "MP+mb": ("r0=1 r1=0", ["x=1 mb y=1", "r0=y r1=x"], ""),
    "MP+release": ("r0=1 r1=0", ["x=1 y<=1", "r0=y r1=x"], ""),
    "MP+release+po": ("r0=1 r1=0", ["x<=1 y=1", "r0=y r1=x"], "pso"),
    "MP+lock between": ("r0=1 r1=0", ["x=1 lock unlock y=1", "r0=y r1=x"], "pso"),
    "MP+unlock lock between": ("r0=1 r1=0", ["x=1 lock unlock lock unlock y=1", "r0=y r1=x"], ""),
    "MP+unlock and another lock": (
        "r0=1 r1=0", ["lock x=1 unlock lock2 y=1 unlock2", "r0=y r1=x"], "",
    ),
    "MP+wmb before the store": ("r0=1 r1=0", ["wmb x=1 y=1", "r0=y r1=x"], "pso"),
    "MP+locks": ("r0=1 r1=0", ["lock x=1 y=1 unlock", "lock r0=y r1=x unlock"], ""),
    "MP+unlock+lock": ("r0=1 r1=0", ["x=1 lock y=1 unlock", "lock r0=y unlock r1=x"], ""),
    "MP+atomic": ("r0=1 r1=0", ["x=1 y++", "r0=y r1=x"], ""),
    "R": ("y=2 r0=0", ["x=1 y=1", "y=2 r0=x"], "tso pso"),
    "R+mbs": ("y=2 r0=0", ["x=1 mb y=1", "y=2 mb r0=x"], ""),
    "R+po+mb": ("y=2 r0=0", ["x=1 y=1", "y=2 mb r0=x"], "pso"),
    "R+mb+po": ("y=2 r0=0", ["x=1 mb y=1", "y=2 r0=x"], "tso pso"),
    "S": ("x=2 r0=1", ["x=2 y=1", "r0=y x=1"], "pso"),
    "S+wmb": ("x=2 r0=1", ["x=2 wmb y=1", "r0=y x=1"], ""),
    "S+release": ("x=2 r0=1", ["x=2 y<=1", "r0=y x=1"], ""),
    "LB": ("r0=1 r1=1", ["r0=x y=1", "r1=y x=1"], ""),
    "2+2W": ("x=1 y=1", ["x=1 y=2", "y=1 x=2"], "pso"),
    "2+2W+wmbs": ("x=1 y=1", ["x=1 wmb y=2", "y=1 wmb x=2"], ""),
    "2+2W+releases": ("x=1 y=1", ["x=1 y<=2", "y=1 x<=2"], ""),
    "CoRR": ("r0=1 r1=0", ["x=1", "r0=x r1=x"], ""),
    "CoWW": ("x=1", ["x=1 x=2"], ""),
    "CoWR": ("r0=0", ["x=1 r0=x"], ""),
    "CoRW": ("r0=1", ["r0=x x=1"], ""),
    "CoWW+release first": ("x=1", ["y=1 x<=1 x=2"], ""),
    "CoWA": ("x=1", ["x=1 x++"], ""),
    "WRC": ("r0=1 r1=1 r2=0", ["x=1", "r0=x y=1", "r1=y r2=x"], ""),
    "ISA2+po+release": ("r0=1 r1=1 r2=0", ["x=1 y=1", "r0=y z<=1", "r1=z r2=x"], "pso"),
    "RCU+sync+read": ("r0=1 r1=0", ["rcu r0=x r1=y urcu", "y=1 gp x=1"], ""),
    "RCU+sync+free": ("r0=0 r1=1", ["rcu r0=x r1=y urcu", "x=1 gp y=1"], ""),
    "RCU-MP without a grace period": ("r0=1 r1=0", ["rcu r0=x r1=y urcu", "y=1 x=1"], "pso"),
    "a grace period is a fence": ("r0=0 r1=0", ["x=1 gp r0=y", "y=1 mb r1=x"], ""),
    "RW-G+RW-R": ("r0=1 r1=1", ["r0=x gp y=1", "rcu r1=y x=1 urcu"], ""),
    "WR-G+WR-R": ("r0=0 r1=0", ["x=1 gp r0=y", "rcu y=1 r1=x urcu"], ""),
    "WW-G+WW-R": ("x=1 y=1", ["x=1 gp y=2", "rcu y=1 x=2 urcu"], ""),
    "WR-G+WR-R+WR-R": (
        "r0=0 r1=0 r2=0", ["x=1 gp r0=y", "rcu y=1 r1=z urcu", "rcu z=1 r2=x urcu"], "tso pso",
    ),
    "LB+loads not awaited": ("r0=1 r1=1", ["r0~x y=1", "r1~y x=1"], ""),
    "MP+loads not awaited": ("r0=1 r1=0", ["x=1 y=1", "r0~y r1~x"], "pso"),
    "CoRW+load not awaited": ("r0=1", ["r0~x x=1"], ""),
    "SB+loads not awaited+mbs": ("r0=0 r1=0", ["r2~z x=1 mb r0=y", "r3~z y=1 mb r1=x"], ""),
    "RCU+sync+read, not awaited": ("r0=1 r1=0", ["rcu r0~x r1~y urcu", "y=1 gp x=1"], ""),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("memory", MODELS)
def test_two_grace_periods_forbid_what_one_reader_allows(memory: Memory) -> None:
    texts = ["x=1 gp r0=y", "y=1 gp r1=z", "rcu z=1 r2=x urcu"]
    assert not seen(memory, "r0=0 r1=0 r2=0", *texts)


@pytest.mark.parametrize("memory", MODELS)
@pytest.mark.parametrize("name", LITMUS)
def test_a_litmus_test_ends_as_published(name: str, memory: Memory) -> None:
    exists, texts, allowed = LITMUS[name]
    assert seen(memory, exists, *texts) == (memory in allowed.split())


@pytest.mark.parametrize("memory", MODELS)
@pytest.mark.parametrize("name", LITMUS)
def test_partial_orders_see_every_state_and_no_run_is_blocked(name: str, memory: Memory) -> None:
    _, texts, _ = LITMUS[name]
    found, search = states_by_partial_orders(memory, *texts)
    assert found == states(memory, *texts)
    assert search.blocked == 0


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="'tsu'"):
        model("tsu")
