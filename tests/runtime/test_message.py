"""A message is a value; an envelope carries it there and the answer back."""

import pytest

from slabrace.runtime.actor import Actor
from slabrace.runtime.message import DEFERRED, UNANSWERED, Envelope, Message
from slabrace.runtime.world import World


class Load(Message, frozen=True, gc=False):
    name: str


class Store(Message, frozen=True, gc=False):
    name: str


def envelope() -> Envelope:
    world = World()
    return Envelope(world.add(Actor(), "a"), world.add(Actor(), "b"), Load("x"))


def test_messages_are_equal_by_type_and_fields() -> None:
    assert Load("x") == Load("x")
    assert Load("x") != Load("y")


def test_messages_of_two_types_with_the_same_fields_differ() -> None:
    messages: list[Message] = [Load("x"), Store("x")]
    assert messages[0] != messages[1]


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Load("x").name = "y"  # type: ignore[misc]


def test_a_message_prints_as_it_is_written() -> None:
    assert str(Load("x")) == "Load(x)"


def test_an_envelope_prints_who_says_what_to_whom() -> None:
    assert repr(envelope()) == "a -> b: Load(x)"


def test_the_marks_print_as_their_names() -> None:
    assert repr(UNANSWERED) == "UNANSWERED"
    assert repr(DEFERRED) == "DEFERRED"


def test_an_unanswered_envelope_yields_itself_to_the_host() -> None:
    sent = envelope()
    assert next(sent.__await__()) is sent


def test_an_answered_envelope_does_not_switch() -> None:
    sent = envelope()
    sent.answer = 7
    with pytest.raises(StopIteration) as stop:
        next(sent.__await__())
    assert stop.value.value == 7


def test_two_envelopes_are_never_equal() -> None:
    assert envelope() != envelope()


def test_a_field_without_a_text_of_its_own_is_shown_by_its_type() -> None:
    assert str(Load(object())) == "Load(object)"  # type: ignore[arg-type]
