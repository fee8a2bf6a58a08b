"""The relation, in its two forms, is the one sentence in the head of the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime.actor import Actor
from slabrace.runtime.dependence import Access, access, conflicting, overlap, racing
from slabrace.runtime.message import Envelope, Message
from slabrace.runtime.world import World


class Load(Message, frozen=True, gc=False):
    where: int | None = None
    writes = False

    def part(self) -> int | None:
        return self.where


class Store(Load, frozen=True, gc=False):
    writes = True


class Passive(Actor):
    pass


class Active(Actor):
    async def run(self) -> None:
        pass


WORLD = World()
ONE, OTHER = WORLD.add(Passive(), "one"), WORLD.add(Passive(), "other")
BUSY = WORLD.add(Active(), "busy")


def of(to: Passive | Active, message: Message) -> Envelope:
    return Envelope(ONE, to, message)


envelopes = st.builds(
    lambda to, kind, where: of(to, kind(where)),
    st.sampled_from([ONE, OTHER, BUSY]),
    st.sampled_from([Load, Store]),
    st.sampled_from([None, 1, 2]),
)


@pytest.mark.parametrize(
    ("one", "other", "races"),
    [
        (of(ONE, Store(1)), of(ONE, Load(1)), True),
        (of(ONE, Store(1)), of(ONE, Store()), True),
        (of(ONE, Store(1)), of(ONE, Store(2)), False),
        (of(ONE, Load(1)), of(ONE, Load()), False),
        (of(ONE, Store(1)), of(OTHER, Store(1)), False),
        (of(BUSY, Load(1)), of(BUSY, Load(2)), True),
    ],
    ids=str,
)
def test_who_races(one: Envelope, other: Envelope, races: bool) -> None:
    assert racing(one, other) == races


@given(envelopes, envelopes)
def test_both_forms_agree_and_are_symmetric(one: Envelope, other: Envelope) -> None:
    races = racing(one, other)
    assert races == racing(other, one) == overlap(access(one), access(other))
    assert races == conflicting([access(one)], [Access("state", None, True), access(other)])
