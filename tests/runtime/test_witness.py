"""A witness knows where a message was sent from, and what a word held before."""

from typing import Any

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.exporters.diagram import diagram
from slabrace.runtime.message import Message
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.trace import Trace
from slabrace.runtime.witness import Witness
from slabrace.runtime.world import World


class Add(Message, frozen=True):
    amount: int
    shows = "value"


class Counter(Actor):
    value = 0

    @handles(Add)
    def add(self, message: Add) -> None:
        self.value += message.amount


class Clerk(Actor):
    helpers = frozenset({"run", "pass_on"})

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    async def run(self) -> None:
        await self.book(1)
        await self.book(2)
        await self.ask(self.counter, Add(0))

    async def book(self, amount: int) -> None:
        await self.deep(amount)
        self.pass_on(amount)  # not waited for: it is delivered when book() is long over

    async def deep(self, amount: int) -> None:
        self.note("function", name="well")
        await self.ask(self.counter, Add(amount))

    def pass_on(self, amount: int) -> None:
        self.send(self.counter, Add(10 * amount))


def seen(witnessed: bool = True) -> Trace:
    world = World()
    trace = Trace(world, Witness(world) if witnessed else None)
    counter = world.add(Counter(), "counter")
    world.spawn(Clerk(counter), name="clerk")
    strategy = RoundRobin()
    strategy.begin(world)
    Engine(world, strategy, tell=trace.tell).run()
    return trace


def functions(trace: Trace) -> list[list[str]]:
    return [[call.function for call in step.calls] for step in trace.steps]


def test_a_function_bears_the_name_under_which_it_was_noted() -> None:
    assert functions(seen()) == [["well", "book"], ["book"], ["well", "book"], ["book"], []]


def test_calls_of_one_function_are_told_apart() -> None:
    first, second, third, fourth, _ = (step.calls[-1:] for step in seen().steps)
    assert first[0].activation == second[0].activation
    assert third[0].activation == fourth[0].activation
    assert first[0].activation != third[0].activation


def test_a_call_says_where_it_stood() -> None:
    inner, outer = seen().steps[0].calls
    assert inner.file == outer.file == "test_witness.py"
    assert inner.line > outer.line


def test_a_word_is_shown_before_and_after() -> None:
    changes: list[Any] = [step.change for step in seen().steps]
    assert changes == [("0", "1"), ("1", "11"), ("11", "13"), ("13", "33"), ("33", "33")]


def test_the_run_is_the_same_with_a_witness_and_without() -> None:
    assert seen().lines() == seen(witnessed=False).lines()


def test_who_is_not_watched_by_a_witness_has_no_calls() -> None:
    assert {step.calls for step in seen(witnessed=False).steps} == {()}


def test_a_diagram_nests_the_functions_it_knows_of() -> None:
    assert diagram(seen()).splitlines() == [
        "clerk",
        "----",
        "book()",
        "  well()",
        "    Add(counter, 1)  0 -> 1",
        "  Add(counter, 10)  1 -> 11",
        "book()",
        "  well()",
        "    Add(counter, 2)  11 -> 13",
        "  Add(counter, 20)  13 -> 33",
        "Add(counter, 0)",
    ]
