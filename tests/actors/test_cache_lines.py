"""Cache lines: who has one, what an access costs, and who stands in line for it."""

from slabrace.actors.cache_lines import CacheLines
from slabrace.actors.costs import Costs
from slabrace.runtime.actor import Actor

HIT, REFILL, TRANSFER, RMW, CAPACITY = 1, 20, 100, 5, 4
X, Y = Actor(), Actor()


def lines() -> CacheLines:
    return CacheLines(Costs(hit=HIT, refill=REFILL, transfer=TRANSFER, rmw=RMW, capacity=CAPACITY))


def test_the_first_access_fetches_the_line_and_the_next_one_hits() -> None:
    cache = lines()
    assert cache.read(X, 0, 1_000) == 1_000 + REFILL
    assert cache.read(X, 0, 2_000) == 2_000 + HIT
    assert cache.write(X, 0, 3_000) == 3_000 + HIT + RMW
    assert cache.stalled == 0


def test_a_line_that_another_has_changed_is_transferred() -> None:
    cache = lines()
    assert cache.write(X, 0, 0) == REFILL + RMW
    assert cache.read(X, 1, 1_000) == 1_000 + TRANSFER
    assert cache.write(X, 0, 2_000) == 2_000 + TRANSFER + RMW  # 1 has a copy that must go
    assert cache.write(X, 1, 3_000) == 3_000 + TRANSFER + RMW
    assert cache.stalled == 0


def test_readers_share_a_line_and_nobody_waits() -> None:
    cache = lines()
    for cpu in range(3):
        assert cache.read(X, cpu, 1_000) == 1_000 + REFILL
    for cpu in range(3):
        assert cache.read(X, cpu, 2_000) == 2_000 + HIT
    assert cache.stalled == 0


def test_a_writer_takes_the_copies_of_all_readers() -> None:
    cache = lines()
    for cpu in range(3):
        cache.read(X, cpu, 0)
    cache.write(X, 1, 1_000)
    assert cache.write(X, 1, 2_000) == 2_000 + HIT + RMW  # it is his alone now
    assert cache.read(X, 0, 3_000) == 3_000 + TRANSFER
    assert cache.read(X, 2, 4_000) == 4_000 + REFILL  # written back: nobody has to give it up
    assert cache.read(X, 1, 5_000) == 5_000 + HIT


def test_who_wants_a_line_that_is_being_served_stands_in_line() -> None:
    cache = lines()
    cache.write(X, 0, 0)
    first = cache.write(X, 1, 1_000)
    assert (first, cache.stalled) == (1_000 + TRANSFER + RMW, 0)
    second = cache.write(X, 2, 1_010)
    assert (second, cache.stalled) == (first + TRANSFER + RMW, first - 1_010)
    third = cache.read(X, 3, 1_020)
    assert (third, cache.stalled) == (second + TRANSFER, second - 1_020)
    assert cache.write(Y, 3, 1_030) == 1_030 + REFILL + RMW  # another line is another queue
    assert cache.stalled == 0


def test_whose_the_line_is_does_not_stand_in_line() -> None:
    cache = lines()
    end = cache.write(X, 0, 0)
    assert cache.write(X, 0, end - 10) == end - 10 + HIT + RMW
    assert cache.stalled == 0


def test_a_line_is_pushed_out_by_as_many_others_as_there_is_room_for() -> None:
    cache = lines()
    cache.read(X, 0, 0)
    for _ in range(CAPACITY - 1):
        cache.read(Actor(), 0, 0)
    assert cache.read(X, 0, 1_000) == 1_000 + HIT  # just
    for _ in range(CAPACITY + 1):
        cache.read(Actor(), 0, 0)
    assert cache.read(X, 0, 2_000) == 2_000 + REFILL
    assert cache.read(X, 0, 3_000) == 3_000 + HIT


def test_a_line_of_its_own_that_was_pushed_out_is_refilled_and_not_transferred() -> None:
    cache = lines()
    cache.write(X, 0, 0)
    for _ in range(CAPACITY + 1):
        cache.write(Actor(), 0, 0)
    assert cache.write(X, 0, 1_000) == 1_000 + REFILL + RMW


def test_what_a_cpu_fetches_pushes_out_nothing_of_another() -> None:
    cache = lines()
    cache.read(X, 0, 0)
    for _ in range(9):
        cache.read(Actor(), 1, 0)
    assert cache.read(X, 0, 1_000) == 1_000 + HIT


def test_who_reads_before_it_writes_may_lose_the_line_between() -> None:
    cache = lines()
    cache.write(X, 0, 0)
    alone = cache.write_twice(X, 1, 1_000, 0.5)
    assert (alone, cache.stalled) == (1_000 + TRANSFER + RMW, 0)  # nobody is there to take it
    contended = cache.write_twice(X, 2, alone - 40, 0.5)
    assert cache.stalled == 40 + 20
    assert contended == alone + TRANSFER + RMW + TRANSFER // 2 + 20
    assert cache.read(X, 3, contended) == contended + TRANSFER
