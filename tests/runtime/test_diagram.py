"""The diagram shows a race as a commit message would."""

from pathlib import Path

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Violation
from slabrace.runtime.exporters.diagram import WIDTH, diagram
from slabrace.runtime.exporters.events import lines
from slabrace.runtime.message import DEFERRED, Message
from slabrace.runtime.monitor import Event, Monitor, watches
from slabrace.runtime.scenario import abandon
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.trace import Trace
from slabrace.runtime.witness import Witness
from slabrace.runtime.world import World
from slabrace.scenarios.scripts import from_path

script = from_path(Path(__file__).parents[1] / "data" / "lost_update.py")


class Take(Message, frozen=True):
    pass


class Drop(Message, frozen=True):
    pass


class Poke(Message, frozen=True):
    pass


class Pass(Message, frozen=True):
    what: Actor


class Lock(Actor):
    taken = False

    @handles(Take)
    def take(self, message: Take) -> object:
        if self.taken:
            self.defer()
            return DEFERRED
        self.taken = True
        return None

    @handles(Drop)
    def drop(self, message: Drop) -> None:
        self.note("dropped")

    @handles(Poke)
    def poke(self, message: Poke) -> None:
        pass

    @handles(Pass)
    def keep(self, message: Pass) -> None:
        pass


class NoDrop(Monitor):
    law = "no_drop"

    @watches("dropped")
    def dropped(self, event: Event) -> None:
        self.violated(f"{event.actor.name} was dropped", event.actor)


class Grabber(Actor):
    def __init__(self, *locks: Lock) -> None:
        self.locks = locks

    async def run(self) -> None:
        self.note("function", name="grab_all")
        for lock in self.locks:
            await self.ask(lock, Take())


class Dropper(Actor):
    def __init__(self, lock: Lock, other: Lock, pokes: int) -> None:
        self.lock, self.other, self.pokes = lock, other, pokes

    async def run(self) -> None:
        self.note("function", name="prepare")
        await self.ask(self.other, Pass(self.lock))
        for _ in range(self.pokes):
            await self.ask(self.other, Poke())
        self.note("function", name="Drop")
        await self.ask(self.lock, Drop())


def drawn(world: World, trace: Trace, picks: list[int] | None = None) -> str:
    strategy = RoundRobin() if picks is None else RawReplay(picks)
    strategy.begin(world)
    outcome = Engine(world, strategy, tell=trace.tell).run()
    (violation,) = outcome.violations
    return diagram(trace, violation, lambda column, actor: f"CPU{column} ({actor})")


def lost_update(writers: int = 2) -> str:
    world = World()
    trace = Trace(world)
    script.populate(world, writers, atomic=False)
    return drawn(world, trace)


def dropped(pokes: int) -> str:
    world = World()
    trace = Trace(world)
    lock, other = world.add(Lock(), "lock"), world.add(Lock(), "other")
    world.judge(NoDrop())
    world.spawn(Dropper(lock, other, pokes), name="dropper")
    return drawn(world, trace)


def test_a_lost_update_is_drawn_as_in_a_commit_message() -> None:
    assert lost_update() == (
        "CPU0 (writer0)                      CPU1 (writer1)\n"
        "----                                ----\n"
        "increment()\n"
        "                                    increment()\n"
        "  Load(counter) = 0\n"
        "                                      Load(counter) = 0\n"
        "  Store(counter, 1)\n"
        "                                      Store(counter, 1)\n"
        "\n"
        "*** no_update_lost: 2 expected, 1 found"
    )


def test_no_line_is_wider_than_a_mail() -> None:
    for writers in (2, 3, 4, 5, 8):
        assert max(len(line) for line in lost_update(writers).splitlines()) <= WIDTH


def test_three_actors_have_three_columns() -> None:
    assert lost_update(3).splitlines()[0].split() == [
        "CPU0", "(writer0)", "CPU1", "(writer1)", "CPU2", "(writer2)",
    ]  # fmt: skip


def test_titles_take_two_lines_where_one_is_too_narrow() -> None:
    first, second, rule, *_ = lost_update(5).splitlines()
    assert first.split() == [f"CPU{number}" for number in range(5)]
    assert second.split() == [f"(writer{number})" for number in range(5)]
    assert set(rule.split()) == {"----"}


def test_what_does_not_matter_is_an_ellipsis() -> None:
    rows = [line.split() for line in dropped(pokes=20).splitlines()[2:-2]]
    assert [row[0] for row in rows] == ["prepare()", "Pass(other,", "...", "Drop(lock)"]


def test_a_law_about_the_state_at_rest_marks_no_step() -> None:
    assert "<--" not in lost_update()


def test_the_delivery_in_which_the_law_broke_is_shown() -> None:
    assert dropped(pokes=0).splitlines()[-3].split() == ["Drop(lock)", "<--"]


def test_a_function_that_is_the_access_itself_has_no_line_of_its_own() -> None:
    assert "Drop()" not in dropped(pokes=1)


def test_who_waits_in_a_deadlock_is_marked() -> None:
    world = World()
    trace = Trace(world)
    one, two = world.add(Lock(), "one"), world.add(Lock(), "two")
    world.spawn(Grabber(one, two), name="up")
    world.spawn(Grabber(two, one), name="down")
    text = drawn(world, trace)
    marked = [line.split() for line in text.splitlines() if line.endswith("<--")]
    assert marked == [["Take(two)", "<--"], ["Take(one)", "<--"]]


def test_a_run_without_a_violation_is_drawn_whole() -> None:
    world = World()
    trace = Trace(world)
    script.populate(world, 1, atomic=False)
    strategy = RoundRobin()
    strategy.begin(world)
    Engine(world, strategy, tell=trace.tell).run()
    assert diagram(trace).splitlines() == [
        "writer0",
        "----",
        "increment()",
        "  Load(counter) = 0",
        "  Store(counter, 1)",
    ]


def test_what_breaks_before_anything_is_sent_is_its_violation_alone() -> None:
    world = World()
    one, two = world.spawn(Lock(), name="one"), world.spawn(Lock(), name="two")
    world.spawn(Grabber(one, two), name="grabber")  # not done: nothing is at rest
    trace = Trace(world)
    violation = Violation("null_deref", "no nodeinfo")
    drawn = diagram(trace, violation)
    abandon(world)
    assert drawn.split("\n") == ["", "*** null_deref: no nodeinfo"]


class Breaker(Actor):
    """Drops a lock that it never asked for, before it sends anything."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock

    async def run(self) -> None:
        await self.grab()

    async def grab(self) -> None:
        self.note("dropped")
        await self.ask(self.lock, Take())


def test_where_it_breaks_before_anything_is_sent_is_known_to_a_witness() -> None:
    world = World()
    trace = Trace(world, Witness(world))
    world.judge(NoDrop())
    world.spawn(Breaker(world.add(Lock(), "lock")), name="breaker")
    assert [line.split() for line in drawn(world, trace).splitlines()] == [
        ["CPU0", "(breaker)"],
        ["----"],
        ["grab()"],
        ["***", "no_drop", "<--"],
        [],
        ["***", "no_drop:", "breaker", "was", "dropped"],
    ]


def test_a_long_story_is_told_from_its_end() -> None:
    world = World()
    trace = Trace(world)
    counter = world.spawn(script.Counter(), name="counter")
    world.spawn(script.Spinner(counter), name="spinner")
    strategy = RoundRobin()
    strategy.begin(world)
    Engine(world, strategy, tell=trace.tell, max_steps=500).run()
    text = diagram(trace, Violation("a_law", "counter was looked at", ["counter"]))
    assert text.count("Load(counter)") == 40


def test_events_are_listed_in_the_order_in_which_they_happened() -> None:
    world = World()
    trace = Trace(world)
    script.populate(world, 1, atomic=False)
    strategy = RoundRobin()
    strategy.begin(world)
    Engine(world, strategy, tell=trace.tell).run()
    assert [line.split(maxsplit=4) for line in lines(trace)] == [
        ["STEP", "TIME", "ACTOR", "EVENT", "WHAT"],
        ["0", "0.000us", "writer0", "function", "name='increment'"],
        ["1", "1.000us", "writer0", "deliver", "-> counter: Load() = 0"],
        ["2", "2.000us", "writer0", "deliver", "-> counter: Store(1) = None"],
        ["2", "2.000us", "writer0", "counted", "value=1 counter=counter"],
    ]
