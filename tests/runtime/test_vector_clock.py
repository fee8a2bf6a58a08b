"""Vector clocks: what a delivery knows is what can be reached from it, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime.vector_clock import START, Cells, Moment, Sender, tell


class Happened(NamedTuple):
    """A delivery; ``back`` says how many before it its message was sent."""

    sender: str
    back: int
    addressee: str
    part: str | None
    writes: bool


deliveries = st.lists(
    st.builds(
        Happened,
        st.sampled_from("abc"),
        st.integers(0, 6),
        st.sampled_from("xy"),
        st.sampled_from([None, "p", "q"]),
        st.booleans(),
    ),
    max_size=25,
)


def moments(happened: Sequence[Happened]) -> list[Moment]:
    """The clocks of a run; the first is that of the time before it."""
    senders: dict[str, Sender] = {}
    cells: dict[str, Cells] = {}
    told = [START]
    for step, one in enumerate(happened, 1):
        now = Moment(step)
        tell(
            now,
            told[max(0, step - 1 - one.back)],
            senders.setdefault(one.sender, Sender(one.sender)),
            cells.setdefault(one.addressee, Cells()),
            one.part,
            one.writes,
        )
        told.append(now)
    return told


def reached(happened: Sequence[Happened]) -> list[set[int]]:
    """For each step, by the definition: which were before it."""
    before: list[set[int]] = [set()]
    for step, one in enumerate(happened, 1):
        near = {max(0, step - 1 - one.back)}
        for earlier, other in enumerate(happened[: step - 1], 1):
            same = other.addressee == one.addressee
            overlap = None in (one.part, other.part) or one.part == other.part
            clash = same and overlap and (one.writes or other.writes)
            if other.sender == one.sender or clash:
                near.add(earlier)
        near.discard(0)
        before.append(near.union(*(before[each] for each in near)))
    return before


@given(deliveries)
def test_what_is_known_is_the_latest_that_can_be_reached(happened: list[Happened]) -> None:
    before = reached(happened)
    for now in moments(happened)[1:]:
        latest: dict[str, int] = {}
        for step in sorted(before[now.step]):
            latest[happened[step - 1].sender] = step
        latest.pop(now.sender, None)  # its own component is the step itself
        assert now.others == latest


@given(deliveries)
def test_what_is_known_reads_as_json(happened: list[Happened]) -> None:
    for now in moments(happened):
        assert msgspec.json.decode('{"":0' + now.told + "}") == {"": 0, **now.others}


def test_a_part_that_shows_up_late_knows_who_touched_all() -> None:
    *_, last = moments([Happened("a", 0, "x", None, True), Happened("b", 9, "x", "p", False)])
    assert last.others == {"a": 1}


def test_two_parts_are_not_ordered() -> None:
    *_, last = moments([Happened("a", 0, "x", "q", True), Happened("b", 9, "x", "p", True)])
    assert last.others == {}
