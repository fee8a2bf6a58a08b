"""A world is populated, turned and thrown away; it decides nothing."""

import gc
import weakref

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import MachineError
from slabrace.runtime.message import DEFERRED, Envelope, Message
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World


class Ring(Message, frozen=True, gc=False):
    pass


class Passive(Actor):
    pass


class Active(Actor):
    async def run(self) -> None:
        pass


def test_actors_are_numbered_by_class() -> None:
    world = World()
    names = [world.add(kind()).name for kind in (Passive, Active, Passive)]
    assert names == ["passive0", "active0", "passive1"]


def test_a_name_may_be_given() -> None:
    assert World().add(Passive(), "p").name == "p"


def test_two_actors_of_one_name_are_refused() -> None:
    world = World()
    world.add(Passive(), "p")
    with pytest.raises(MachineError, match="two actors are called 'p'"):
        world.add(Passive(), "p")


def test_spawn_starts_only_what_acts() -> None:
    world = World()
    world.spawn(Passive(), Active())
    assert [task.actor.name for task in world.tasks] == ["active0"]
    world.tasks[0].close()


def test_spawn_takes_in_what_was_added_before() -> None:
    world = World()
    active = world.add(Active(), "a")
    assert world.spawn(active) is active
    assert world.tasks[0].actor.name == "a"
    world.tasks[0].close()


def test_spawn_returns_the_last_one() -> None:
    world = World()
    last = Passive()
    assert world.spawn(Passive(), last) is last


def test_spawn_of_nothing_is_refused() -> None:
    with pytest.raises(MachineError, match="at least one actor"):
        World().spawn()


def test_a_lane_is_made_at_its_first_use() -> None:
    world = World()
    actor = world.add(Passive())
    assert world.lane(actor, "x") is world.lane(actor, "x")
    assert world.lane(actor, "x") is not world.lane(actor, "y")
    assert [lane.key for lane in world.lanes] == ["x", "y"]


def test_every_world_has_a_clock() -> None:
    assert World().clock.name == "clock"


def test_a_discarded_world_leaves_nothing_to_the_garbage_collector() -> None:
    def run(*, discard: bool) -> int:
        world = World()
        world.spawn(Active(), Active())
        Engine(world, RoundRobin()).run()
        world.spawn(Active())  # which never begins
        if discard:
            world.discard()
        else:
            world.tasks[-1].close()
        del world
        return gc.collect()

    gc.collect()
    gc.disable()
    try:
        assert run(discard=True) == 0
        assert run(discard=False) > 0
    finally:
        gc.enable()


class Keeper(Actor):
    """Never answers, and remembers whom."""

    def __init__(self) -> None:
        self.kept: list[Envelope] = []

    @handles(Ring)
    def ring(self, message: Ring) -> object:
        self.kept.append(self.defer())
        return DEFERRED


class Asker(Actor):
    daemon = True

    def __init__(self, keeper: Actor) -> None:
        self.keeper = keeper

    async def run(self) -> None:
        await self.ask(self.keeper, Ring())


def test_a_world_in_which_somebody_still_waits_is_not_kept_for_ever() -> None:
    world = World()
    keeper = world.add(Keeper())
    world.spawn(Asker(keeper))
    Engine(world, RoundRobin()).run()
    assert len(keeper.kept) == 1
    seen = weakref.ref(keeper)
    world.discard()
    del world, keeper
    gc.collect()
    assert seen() is None


def test_the_engine_has_no_door() -> None:
    assert World().door is None


class Bell(Actor):
    """Answers whatever it is told."""

    @handles(Ring)
    def ring(self, message: Ring) -> str:
        return "rang"


class Ringer(Actor):
    """Rings; whether it waits for the answer is up to the test."""

    def __init__(self, bell: Bell, *, waits: bool) -> None:
        self.bell = bell
        self.waits = waits

    async def run(self) -> None:
        ringing = self.ask(self.bell, Ring())
        self.world.touch_at(ringing, "the bell")
        if self.waits:
            await ringing


def touched(*, waits: bool) -> list[tuple[object, bool]]:
    world = World()
    world.footprint = []
    world.spawn(Ringer(world.add(Bell()), waits=waits))
    Engine(world, RoundRobin()).run()
    assert world.tasks[0].done
    return world.footprint


def test_nobody_who_asks_means_that_no_touch_is_kept() -> None:
    world = World()
    world.touch("a word")
    assert world.footprint is None


def test_a_touch_says_what_and_whether_it_was_written() -> None:
    world = World()
    world.footprint = []
    world.touch("a word", write=False)
    world.touch(("a", "pair"))
    assert world.footprint == [("a word", False), (("a", "pair"), True)]


def test_a_delivery_that_nobody_awaits_can_touch_something() -> None:
    assert touched(waits=False) == [("the bell", True)]


def test_whoever_awaits_a_delivery_tells_for_themselves() -> None:
    assert touched(waits=True) == []
