"""The number of Mazurkiewicz traces of programs for which it is known: that many runs, none twice.

All sequentially consistent: one actor a variable, every access one delivery.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import comb, factorial, perm, prod

import pytest
from tests.quality.orders import Orders
from tests.quality.programs import (
    Cell,
    Gate,
    Give,
    Number,
    Populate,
    Read,
    Take,
    Thread,
    Write,
    each_run,
    threads,
)

from slabrace.runtime.outcome import End
from slabrace.runtime.strategies.dpor import Dpor
from slabrace.runtime.trust import Trust
from slabrace.runtime.world import World


def traces(populate: Populate) -> int:
    """How many runs the search makes of it: each a trace of its own, none for nothing."""
    search = Dpor()
    orders = Orders(search)
    found = []
    for outcome in each_run(populate, orders):
        assert outcome.end is not End.REDUNDANT
        found.append(orders.order())
    assert len(set(found)) == len(found)
    assert search.blocked == 0
    assert search.runs == len(found)
    assert search.estimate() == pytest.approx(len(found))
    assert search.trust() == Trust(
        "exhaustive", f"{len(found):,} trace{'s' if len(found) != 1 else ''}"
    )
    return len(found)


# -- the table -------------------------------------------------------------------------


def writers(world: World, n: int) -> None:
    x = world.add(Cell(), "x")

    async def write(self: Thread) -> None:
        await self.ask(x, Write(1))

    threads(world, *[write] * n)


def readers(world: World, n: int) -> None:
    x = world.add(Cell(), "x")

    async def write(self: Thread) -> None:
        await self.ask(x, Write(1))

    async def read(self: Thread) -> None:
        await self.ask(x, Read())

    threads(world, write, *[read] * n)


def lastzero(world: World, n: int) -> None:
    a = [world.add(Cell(), f"a{i}") for i in range(n + 1)]

    async def walk(self: Thread) -> None:
        i = n
        while await self.ask(a[i], Read()) != 0:
            i -= 1

    async def count(self: Thread, j: int) -> None:
        value = await self.ask(a[j - 1], Read())
        await self.ask(a[j], Write(value + 1))

    world.spawn(Thread(walk), name="t0")
    for j in range(1, n + 1):
        world.spawn(Thread(count, j), name=f"t{j}")


def fib(world: World, n: int, *, third: bool = False) -> None:
    i, j = world.add(Cell(), "i"), world.add(Cell(), "j")

    async def add(self: Thread, mine: Cell, other: Cell) -> None:
        for _ in range(n):
            value = await self.ask(other, Read())
            await self.ask(mine, Write(value))

    async def look(self: Thread) -> None:
        await self.ask(i, Read())
        await self.ask(j, Read())

    world.spawn(Thread(add, i, j), name="A")
    world.spawn(Thread(add, j, i), name="B")
    if third:
        world.spawn(Thread(look), name="C")


def fib_with_a_third_thread(world: World, n: int) -> None:
    fib(world, n, third=True)


TABLE = {
    writers: {3: 6, 5: 120, 7: 5040},
    readers: {2: 4, 5: 32, 8: 256, 10: 1024},
    lastzero: {3: 12, 5: 64, 8: 704},
    fib: {1: 3, 2: 19, 3: 141},
    fib_with_a_third_thread: {1: 11, 2: 140, 3: 1698},
}


@pytest.mark.parametrize(
    ("program", "n", "wanted"),
    [(program, n, wanted) for program, counts in TABLE.items() for n, wanted in counts.items()],
)
def test_the_table(program: Callable[[World, int], None], n: int, wanted: int) -> None:
    assert traces(lambda world: program(world, n)) == wanted


# -- litmus tests: which of the outcomes are possible ----------------------------------

LITMUS = {
    "SB": ("Wx Ry | Wy Rx", 3),  # of 4, both reads before both writes is a cycle
    "MP": ("Wx Wy | Ry Rx", 3),
    "LB": ("Rx Wy | Ry Wx", 3),
    "2+2W": ("Wx Wy | Wy Wx", 3),
    "WRC": ("Wx | Rx Wy | Ry Rx", 7),
    "IRIW": ("Wx | Wy | Rx Ry | Ry Rx", 15),
    "CoRR": ("Wx | Rx Rx", 3),
    "apart": ("Wx Rx | Wy Ry | Wz Rz", 1),
    "reads": ("Rx Ry | Ry Rx | Rx Rx", 1),
}


def straight(program: str) -> Populate:
    """A program as text: threads apart by bars, W and R of a cell."""

    def populate(world: World) -> None:
        cells = {name: world.add(Cell(), name) for name in "xyz"}

        def steps(text: str) -> Callable[[Thread], object]:
            async def run(self: Thread) -> None:
                for each in text.split():
                    await self.ask(cells[each[1]], Write(1) if each[0] == "W" else Read())

            return run

        for number, text in enumerate(program.split("|")):
            world.spawn(Thread(steps(text)), name=f"t{number}")  # type: ignore[arg-type]  # it is a coroutine function

    return populate


def acyclic(program: str) -> int:
    """How many ways there are to order what conflicts, and the threads, without a cycle."""
    events = [
        (number, place, each)
        for number, text in enumerate(program.split("|"))
        for place, each in enumerate(text.split())
    ]
    size = range(len(events))
    fixed = [
        (a, b) for a in size for b in size
        if events[a][0] == events[b][0] and events[a][1] < events[b][1]
    ]  # fmt: skip
    free = [
        (a, b) for a in size for b in range(a)
        if events[a][0] != events[b][0] and events[a][2][1] == events[b][2][1]
        and "W" in (events[a][2][0], events[b][2][0])
    ]  # fmt: skip
    return sum(
        is_order(
            len(events),
            fixed + [pair if turn else pair[::-1] for pair, turn in zip(free, turns, strict=True)],
        )
        for turns in product((False, True), repeat=len(free))
    )


def is_order(size: int, pairs: list[tuple[int, int]]) -> bool:
    left = set(range(size))
    while left:
        free = {each for each in left if not any(b == each and a in left for a, b in pairs)}
        if not free:
            return False
        left -= free
    return True


@pytest.mark.parametrize(("program", "wanted"), LITMUS.values(), ids=LITMUS)
def test_litmus_tests(program: str, wanted: int) -> None:
    assert acyclic(program) == wanted
    assert traces(straight(program)) == wanted


@pytest.mark.parametrize(
    "program",
    [
        "Wx Ry Wz | Wz Rx Wy | Ry Rz",
        "Rx Wx | Rx Wx | Rx Wx",
        "Wx Wx | Rx Ry | Wy Wx",
        "Rx Wy Rz | Ry Wz Rx | Rz Wx Ry",
        "Wx | Wx | Rx | Rx Wy | Ry",
    ],
)
def test_straight_programs_have_as_many_traces_as_acyclic_orders(program: str) -> None:
    assert traces(straight(program)) == acyclic(program)


@pytest.mark.parametrize(("w", "r"), [(1, 3), (2, 2), (2, 3), (3, 2), (3, 3)])
def test_writers_and_readers(w: int, r: int) -> None:
    """The writers in any order, and each reader anywhere between them."""
    program = " | ".join(["Wx"] * w + ["Rx"] * r)
    assert traces(straight(program)) == factorial(w) * (w + 1) ** r


# -- choices ---------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(2,), (3, 2), (2, 3, 4)], ids=str)
def test_every_value_once(options: tuple[int, ...]) -> None:
    async def choose(self: Thread) -> None:
        for number, each in enumerate(options):
            self.choose(f"value {number}", each)

    assert traces(lambda world: threads(world, choose)) == prod(options)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_writers_that_may_not_write(n: int) -> None:
    """Any of them do, in any order."""

    def populate(world: World) -> None:
        x = world.add(Cell(), "x")

        async def maybe(self: Thread) -> None:
            if self.choose("write", 2):
                await self.ask(x, Write(1))

        threads(world, *[maybe] * n)

    assert traces(populate) == sum(perm(n, k) for k in range(n + 1))


@pytest.mark.parametrize(("n", "values"), [(2, 2), (3, 2), (2, 3), (3, 3)])
def test_a_choice_in_each_delivery(n: int, values: int) -> None:
    """Writers in any order, and each has something to choose when it has written."""

    def populate(world: World) -> None:
        x = world.add(Cell(), "x")

        async def write(self: Thread) -> None:
            await self.ask(x, Write(1))
            self.choose("value", values)

        threads(world, *[write] * n)

    assert traces(populate) == factorial(n) * values**n


def test_a_choice_that_only_one_order_has() -> None:
    """The one that comes second may choose: two orders, two values each."""

    def populate(world: World) -> None:
        x = world.add(Cell(), "x")

        async def write(self: Thread) -> None:
            if await self.ask(x, Read()):
                self.choose("value", 3)
            await self.ask(x, Write(1))

        threads(world, write, write)

    # both read 0: R R W W in two orders; or one after the other: 2 orders, 3 values
    assert traces(populate) == 2 + 2 * 3


# -- answers that come later -----------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_gate_that_all_pass(n: int) -> None:
    """They come in any order and leave in that order; comings and leavings mix as brackets do."""

    def populate(world: World) -> None:
        gate = world.add(Gate(), "gate")

        async def go(self: Thread) -> None:
            await self.ask(gate, Take())
            self.send(gate, Give())

        threads(world, *[go] * n)

    assert traces(populate) == factorial(n) * comb(2 * n, n) // (n + 1)


def test_what_is_done_behind_a_gate_needs_no_order_of_its_own() -> None:
    def populate(world: World) -> None:
        gate, x = world.add(Gate(), "gate"), world.add(Cell(), "x")

        async def go(self: Thread) -> None:
            await self.ask(gate, Take())
            value = await self.ask(x, Read())
            await self.ask(x, Write(value + 1))
            await self.ask(gate, Give())

        threads(world, go, go, go)

    assert traces(populate) == factorial(3) * 5


def philosophers(world: World, n: int) -> None:
    forks = [world.add(Gate(), f"fork{number}") for number in range(n)]

    async def eat(self: Thread, seat: int) -> None:
        mine = (forks[seat], forks[(seat + 1) % n])
        for fork in mine:
            await self.ask(fork, Take())
        for fork in mine:
            await self.ask(fork, Give())

    for seat in range(n):
        world.spawn(Thread(eat, seat), name=f"t{seat}")


@pytest.mark.parametrize(("n", "wanted"), [(2, 5), (3, 37)])
def test_philosophers_starve_in_one_trace(n: int, wanted: int) -> None:
    """The counts are those of the tree of all runs (test_dpor_against_brute_force.py)."""
    ends = [outcome.end for outcome in each_run(lambda world: philosophers(world, n), Dpor())]
    assert ends.count(End.VIOLATION) == 1
    assert traces(lambda world: philosophers(world, n)) == wanted


# -- listening -------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "heard"), [(1, 1), (3, 3), (4, 4), (3, 1), (3, 2), (4, 2), (2, 0)])
def test_producers_and_one_who_listens(n: int, heard: int) -> None:
    """Which are heard, and in which order."""

    def populate(world: World) -> None:
        async def listen(self: Thread) -> None:
            for _ in range(heard):
                await self.receive()

        consumer = world.spawn(Thread(listen), name="consumer")

        async def produce(self: Thread) -> None:
            self.send(consumer, Number(1))

        threads(world, *[produce] * n)

    assert traces(populate) == perm(n, heard)


@pytest.mark.parametrize(("n", "each"), [(2, 2), (2, 3), (3, 2)])
def test_what_one_producer_sends_stays_in_order(n: int, each: int) -> None:
    def populate(world: World) -> None:
        async def listen(self: Thread) -> None:
            for _ in range(n * each):
                await self.receive()

        consumer = world.spawn(Thread(listen), name="consumer")

        async def produce(self: Thread) -> None:
            for number in range(each):
                self.send(consumer, Number(number))

        threads(world, *[produce] * n)

    assert traces(populate) == factorial(n * each) // factorial(each) ** n


@pytest.mark.parametrize(("n", "consumers"), [(2, 2), (3, 2), (2, 3)])
def test_every_consumer_has_its_own_order(n: int, consumers: int) -> None:
    def populate(world: World) -> None:
        async def listen(self: Thread) -> None:
            for _ in range(n):
                await self.receive()

        each = [world.spawn(Thread(listen), name=f"consumer{c}") for c in range(consumers)]

        async def produce(self: Thread) -> None:
            for consumer in each:
                self.send(consumer, Number(1))

        threads(world, *[produce] * n)

    assert traces(populate) == factorial(n) ** consumers
