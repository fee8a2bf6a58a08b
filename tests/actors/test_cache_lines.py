"""Cache lines: who has one, what an access costs, and who stands in line for it."""

from slabrace.actors.cache_lines import Cache, Line
from slabrace.actors.costs import Costs
from slabrace.runtime.actor import Actor

HIT, REFILL, TRANSFER, RMW, CAPACITY = 1, 20, 100, 5, 4
X, Y = Actor(), Actor()


def machine() -> list[Cache]:
    """The caches of four CPUs."""
    lines: dict[Actor, Line] = {}
    costs = Costs(
        hit=HIT, refill=REFILL, transfer=TRANSFER, rmw=RMW, capacity=CAPACITY, trylock=0.5
    )
    return [Cache(costs, lines, number) for number in range(4)]


def test_the_first_access_fetches_the_line_and_the_next_one_hits() -> None:
    cpus = machine()
    assert cpus[0].read(X, 1_000) == 1_000 + REFILL
    assert cpus[0].read(X, 2_000) == 2_000 + HIT
    assert cpus[0].write(X, 3_000) == 3_000 + HIT + RMW
    assert cpus[0].stalled == 0


def test_a_line_that_another_has_changed_is_transferred() -> None:
    cpus = machine()
    assert cpus[0].write(X, 0) == REFILL + RMW
    assert cpus[1].read(X, 1_000) == 1_000 + TRANSFER
    assert cpus[0].write(X, 2_000) == 2_000 + TRANSFER + RMW  # 1 has a copy that must go
    assert cpus[1].write(X, 3_000) == 3_000 + TRANSFER + RMW
    assert cpus[1].stalled == 0


def test_readers_share_a_line_and_nobody_waits() -> None:
    cpus = machine()
    for cpu in cpus[:3]:
        assert cpu.read(X, 1_000) == 1_000 + REFILL
    for cpu in cpus[:3]:
        assert cpu.read(X, 2_000) == 2_000 + HIT
    assert [cpu.stalled for cpu in cpus] == [0] * 4


def test_a_writer_takes_the_copies_of_all_readers() -> None:
    cpus = machine()
    for cpu in cpus[:3]:
        cpu.read(X, 0)
    cpus[1].write(X, 1_000)
    assert cpus[1].write(X, 2_000) == 2_000 + HIT + RMW  # it is his alone now
    assert cpus[0].read(X, 3_000) == 3_000 + TRANSFER
    assert cpus[2].read(X, 4_000) == 4_000 + REFILL  # written back: nobody has to give it up
    assert cpus[1].read(X, 5_000) == 5_000 + HIT


def test_who_wants_a_line_that_is_being_served_stands_in_line() -> None:
    cpus = machine()
    cpus[0].write(X, 0)
    first = cpus[1].write(X, 1_000)
    assert (first, cpus[1].stalled) == (1_000 + TRANSFER + RMW, 0)
    second = cpus[2].write(X, 1_010)
    assert (second, cpus[2].stalled) == (first + TRANSFER + RMW, first - 1_010)
    third = cpus[3].read(X, 1_020)
    assert (third, cpus[3].stalled) == (second + TRANSFER, second - 1_020)
    assert cpus[3].write(Y, 1_030) == 1_030 + REFILL + RMW  # another line is another queue
    assert cpus[3].stalled == 0


def test_whose_the_line_is_does_not_stand_in_line() -> None:
    cpus = machine()
    end = cpus[0].write(X, 0)
    assert cpus[0].write(X, end - 10) == end - 10 + HIT + RMW
    assert cpus[0].stalled == 0


def test_a_line_is_pushed_out_by_as_many_others_as_there_is_room_for() -> None:
    cpus = machine()
    cpus[0].read(X, 0)
    for _ in range(CAPACITY - 1):
        cpus[0].read(Actor(), 0)
    assert cpus[0].read(X, 1_000) == 1_000 + HIT  # just
    for _ in range(CAPACITY + 1):
        cpus[0].read(Actor(), 0)
    assert cpus[0].read(X, 2_000) == 2_000 + REFILL
    assert cpus[0].read(X, 3_000) == 3_000 + HIT


def test_a_line_of_its_own_that_was_pushed_out_is_refilled_and_not_transferred() -> None:
    cpus = machine()
    cpus[0].write(X, 0)
    for _ in range(CAPACITY + 1):
        cpus[0].write(Actor(), 0)
    assert cpus[0].write(X, 1_000) == 1_000 + REFILL + RMW


def test_what_a_cpu_fetches_pushes_out_nothing_of_another() -> None:
    cpus = machine()
    cpus[0].read(X, 0)
    for _ in range(9):
        cpus[1].read(Actor(), 0)
    assert cpus[0].read(X, 1_000) == 1_000 + HIT


def test_who_reads_before_it_writes_may_lose_the_line_between() -> None:
    cpus = machine()
    cpus[0].write(X, 0)
    alone = cpus[1].write_twice(X, 1_000)
    assert (alone, cpus[1].stalled) == (1_000 + TRANSFER + RMW, 0)  # nobody is there to take it
    contended = cpus[2].write_twice(X, alone - 40)
    assert cpus[2].stalled == 40 + 20
    assert contended == alone + TRANSFER + RMW + TRANSFER // 2 + 20
    assert cpus[3].read(X, contended) == contended + TRANSFER
