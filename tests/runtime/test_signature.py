"""Two violations are one bug if law, parties and the conflicting deliveries are the same."""

from tests.runtime.toys import turn

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import Message
from slabrace.runtime.monitor import Event, Monitor, watches
from slabrace.runtime.signature import pairs_of
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.world import World


class Open(Message, frozen=True):
    pass


class Shut(Message, frozen=True):
    pass


class Lock(Message, frozen=True):
    pass


class Door(Actor):
    """Must not be opened once it was shut, nor once it was locked."""

    closed = False

    @handles(Open)
    def open(self, message: Open) -> None:
        if self.closed:
            self.note("forced", door=self)

    @handles(Shut)
    def shut(self, message: Shut) -> None:
        self.closed = True

    @handles(Lock)
    def lock(self, message: Lock) -> None:
        self.closed = True


class Hand(Actor):
    def __init__(self, door: Door, message: Message) -> None:
        self.door = door
        self.message = message

    async def run(self) -> None:
        await self.ask(self.door, self.message)


class Unforced(Monitor):
    law = "unforced"

    @watches("forced")
    def forced(self, event: Event) -> None:
        self.violated("somebody forced the door", event.fields["door"])


def doors(world: World, *closing: type[Message]) -> None:
    door = world.spawn(Door(), name="door")
    world.spawn(Hand(door, Open()), name="opener")
    for number, each in enumerate(closing):
        world.spawn(Hand(door, each()), name=f"closer{number}")
    world.judge(Unforced())


def pairs(*closing: type[Message]) -> set[str]:
    """What tells the violations of all runs apart."""

    def populate(world: World) -> None:
        doors(world, *closing)

    def build() -> World:
        world = World()
        populate(world)
        return world

    found = set()
    search = DFS()
    while (outcome := turn(search, populate)) is not None:
        found |= set(pairs_of(build, outcome))
    return found


def test_one_race_is_one_pair_in_every_run() -> None:
    assert pairs(Shut, Shut) == {" [Shut(door) < Open(door)]"}


def test_two_races_of_one_law_are_two_pairs() -> None:
    assert pairs(Shut, Lock) == {" [Shut(door) < Open(door)]", " [Lock(door) < Open(door)]"}


def test_a_run_that_breaks_nothing_has_no_pair() -> None:
    assert pairs() == set()
