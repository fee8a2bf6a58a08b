"""The timed host's mailbox: lanes by the moment at which their head arrives."""

from slabrace.runtime.actor import Actor
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import Envelope, Message
from slabrace.runtime.timetable import Timetable
from slabrace.runtime.world import World


class Hello(Message, frozen=True, gc=False):
    number: int = 0


class Slow(Hello, frozen=True, gc=False):
    pass


class Post:
    """Slow messages take as long as they say."""

    slow: frozenset[type] = frozenset({Slow})

    def delay(self, envelope: Envelope) -> int:
        delay: int = envelope.message.number
        return delay


def four() -> tuple[World, Timetable, list[Actor]]:
    world = World()
    table = world.ready = Timetable(Post())
    actors = [world.add(Actor(), name) for name in "abcd"]
    for actor in actors:
        actor.parked = []
    return world, table, actors


def put(world: World, sender: Actor, to: Actor, message: Message) -> Lane:
    lane = world.lane(sender)
    world.ready.put(Envelope(sender, to, message), lane)
    return lane


def order(table: Timetable) -> list[tuple[int, str]]:
    """What has a place, in the order in which it is served."""
    return [(time, lane.name) for time, number, lane in sorted(table.heap) if lane.slot == number]


def test_a_lane_arrives_at_the_moment_at_which_it_is_sent_into() -> None:
    world, table, (a, b, c, d) = four()
    table.now = 7
    put(world, b, d, Hello())
    table.now = 5  # whoever acts now is not yet as far as the one before
    put(world, a, d, Hello())
    table.now = 9
    put(world, c, d, Hello())
    assert order(table) == [(5, "a"), (7, "b"), (9, "c")]


def test_two_at_once_are_served_in_the_order_of_sending() -> None:
    world, table, (a, b, c, d) = four()
    for sender in (c, a, b):
        put(world, sender, d, Hello())
    assert order(table) == [(0, "c"), (0, "a"), (0, "b")]


def test_what_takes_its_time_on_the_way_arrives_later() -> None:
    world, table, (a, b, c, _) = four()
    table.now = 10
    put(world, a, c, Slow(30))
    put(world, b, c, Hello(30))
    assert order(table) == [(10, "b"), (40, "a")]


def test_a_lane_that_is_on_its_way_is_not_admitted_again() -> None:
    world, table, (a, b, *_) = four()
    put(world, a, b, Hello(1))
    table.now = 3
    put(world, a, b, Hello(2))
    assert order(table) == [(0, "a")]


def test_it_is_empty_when_nothing_is_on_its_way() -> None:
    world, table, (a, b, *_) = four()
    assert not table
    put(world, a, b, Hello())
    assert table


def test_an_entry_of_a_lane_that_has_left_counts_for_nothing() -> None:
    world, table, (a, b, *_) = four()
    lane = put(world, a, b, Hello())
    table.drop(lane)
    assert order(table) == []
    table.now = 4
    table.admit(lane)
    assert order(table) == [(4, "a")]


def test_a_message_to_a_deaf_actor_waits_until_it_listens() -> None:
    world, table, (a, b, *_) = four()
    b.deaf = True
    put(world, a, b, Hello())
    assert (order(table), [lane.name for lane in b.parked]) == ([], ["a"])
    table.now = 12
    table.hear(b)
    assert (order(table), b.parked) == ([(12, "a")], [])


def test_who_stops_listening_has_what_is_on_its_way_wait_in_the_order_of_arrival() -> None:
    world, table, (a, b, c, d) = four()
    table.now = 8
    put(world, a, d, Hello())
    table.now = 6
    put(world, b, d, Hello())
    put(world, c, a, Hello())
    table.deafen(d)
    assert order(table) == [(6, "c")]
    assert [lane.name for lane in d.parked] == ["b", "a"]
    assert list(table.awaited) == [d]
    table.now = 20
    table.hear(d)
    assert order(table) == [(6, "c"), (20, "b"), (20, "a")]


def test_waiting_for_a_deaf_actor_and_being_on_the_way_go_on_at_once() -> None:
    world, table, (a, b, _, d) = four()
    put(world, a, d, Slow(30))  # on its way already
    table.deafen(d)
    table.now = 10
    put(world, b, d, Slow(5))  # sent to somebody who is deaf
    table.now = 20
    table.hear(d)
    assert order(table) == [(20, "b"), (30, "a")]


def test_nothing_arrives_before_it_was_sent() -> None:
    world, table, (a, b, _, d) = four()
    d.deaf = True
    table.now = 50
    put(world, a, d, Hello())
    table.now = 40  # whoever lets d listen is not yet as far as a
    table.hear(d)
    put(world, b, d, Hello())
    assert order(table) == [(40, "b"), (50, "a")]


# -- what stands behind another in its lane -------------------------------------------------------


def behind(second: Message, sent: int, end: int) -> list[tuple[int, str]]:
    """Two messages of a to d; the first is served until ``end``."""
    world, table, (a, _, _, d) = four()
    lane = put(world, a, d, Hello())
    table.now = sent
    put(world, a, d, second)
    table.drop(lane)
    lane.popleft()
    table.follow(lane, end)
    assert (table.now, table.sent) == (sent, {})
    return order(table)


def test_the_next_one_arrives_when_the_first_is_done() -> None:
    assert behind(Hello(), sent=3, end=10) == [(10, "a")]


def test_and_not_before_it_was_sent() -> None:
    assert behind(Hello(), sent=30, end=10) == [(30, "a")]


def test_and_if_it_is_slow_it_is_on_its_way_from_then_on() -> None:
    assert behind(Slow(5), sent=3, end=10) == [(15, "a")]


def test_if_its_addressee_is_deaf_it_waits() -> None:
    world, table, (a, b, _, d) = four()
    lane = put(world, a, b, Hello())
    put(world, a, d, Hello())
    d.deaf = True
    table.drop(lane)
    lane.popleft()
    table.follow(lane, 10)
    assert (order(table), d.parked) == ([], [lane])
    table.now = 4
    table.hear(d)
    assert order(table) == [(10, "a")]


def test_the_entry_of_who_is_served_makes_place_for_the_next_one() -> None:
    world, table, (a, b, c, d) = four()
    served = put(world, a, d, Hello())
    table.now = 5
    put(world, b, d, Hello())
    served.popleft()
    served.slot = -1
    table.served = True
    put(world, c, d, Hello())
    assert order(table) == [(5, "b"), (5, "c")]
    assert (len(table.heap), table.served) == (2, False)


def test_nobody_is_ready_when_all_that_is_left_is_being_served() -> None:
    world, table, (a, *_, d) = four()
    put(world, a, d, Hello())
    assert table
    table.served = True
    assert not table
