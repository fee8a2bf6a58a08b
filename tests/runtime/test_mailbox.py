"""A lane is a FIFO; a mailbox lists the lanes whose head may be delivered."""

from slabrace.runtime.actor import Actor
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import Envelope, Message
from slabrace.runtime.world import World


class Hello(Message, frozen=True, gc=False):
    number: int


def put(world: World, sender: Actor, to: Actor, number: int, key: str = "") -> Lane:
    lane = world.lane(sender, key)
    world.ready.put(Envelope(sender, to, Hello(number)), lane)
    return lane


def three() -> tuple[World, Actor, Actor, Actor]:
    world = World()
    a, b, c = (world.add(Actor(), name) for name in "abc")
    for actor in (a, b, c):
        actor.parked = []
    return world, a, b, c


def test_a_lane_keeps_its_order() -> None:
    world, a, b, _ = three()
    lane = put(world, a, b, 1)
    put(world, a, b, 2)
    assert [envelope.message.number for envelope in lane] == [1, 2]


def test_a_lane_is_listed_once() -> None:
    world, a, b, _ = three()
    lane = put(world, a, b, 1)
    put(world, a, b, 2)
    assert world.ready == [lane]


def test_a_lane_is_called_after_its_owner_and_its_key() -> None:
    world, a, *_ = three()
    assert world.lane(a).name == "a"
    assert world.lane(a, "stores").name == "a/stores"


def test_lanes_are_numbered_in_the_order_of_their_first_use() -> None:
    world, a, b, _ = three()
    assert [world.lane(b).number, world.lane(a).number, world.lane(b).number] == [0, 1, 0]


def test_every_listed_lane_knows_its_slot() -> None:
    world, a, b, c = three()
    lanes = [put(world, owner, c, 1, key) for owner in (a, b) for key in ("x", "y")]
    world.ready.drop(lanes[0])
    world.ready.drop(lanes[2])
    assert [lane.slot for lane in world.ready] == [0, 1]
    assert lanes[0].slot < 0


def test_the_last_lane_fills_the_gap() -> None:
    world, a, b, c = three()
    lanes = [put(world, owner, c, 1, key) for owner in (a, b) for key in ("x", "y")]
    world.ready.drop(lanes[0])
    assert world.ready == [lanes[3], lanes[1], lanes[2]]


def test_a_message_to_a_deaf_actor_is_parked() -> None:
    world, a, b, _ = three()
    b.deaf = True
    lane = put(world, a, b, 1)
    assert (world.ready, b.parked, lane.parked) == ([], [lane], True)


def test_hearing_again_lists_what_was_parked() -> None:
    world, a, b, c = three()
    b.deaf = True
    lanes = [put(world, a, b, 1), put(world, c, b, 2)]
    world.ready.hear(b)
    assert world.ready == lanes
    assert b.parked == []


def test_becoming_deaf_parks_what_was_listed_for_that_actor_alone() -> None:
    world, a, b, c = three()
    to_b, to_c = put(world, a, b, 1), put(world, b, c, 2)
    world.ready.deafen(b)
    assert world.ready == [to_c]
    assert b.parked == [to_b]


def test_a_message_behind_one_to_a_deaf_actor_waits() -> None:
    world, a, b, c = three()
    b.deaf = True
    put(world, a, b, 1)
    put(world, a, c, 2)
    assert world.ready == []


def test_heads_are_the_messages_that_may_be_delivered() -> None:
    world, a, b, c = three()
    put(world, a, b, 1)
    put(world, a, b, 2)
    put(world, c, b, 3)
    assert [envelope.message.number for envelope in world.ready.heads()] == [1, 3]


def test_a_lane_is_itself_and_not_its_content() -> None:
    world, a, b, _ = three()
    assert world.lane(a) != world.lane(b)
    assert len({world.lane(a), world.lane(b)}) == 2
