"""Pick: one decision of a run, recorded by what it decides.

A run is its picks; nothing else is undetermined. There are five kinds, one currency:

    Delivery    the head of this lane was delivered
    Choice      this label got this value
    Skip        the clock moved by so much, because a message was held or a real timer ran out
    Arrival     what was called outside the machine returned this
    Departure   an actor awaited something foreign: a replay cannot follow it there

A delivery is told by names, not by numbers: the owner and key of the lane, sender, addressee and
class of the message. That the head is *this* message and not the one after it needs no record: a
lane is a FIFO, so the order of picks says it. A replay that finds other names has left the path,
and knows it at that pick.

Values only: who records them and who follows them lives elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane

__all__ = ["Arrival", "Choice", "Delivery", "Departure", "Pick", "Skip", "delivery_of"]


class Delivery(msgspec.Struct, frozen=True, array_like=True, tag="deliver"):
    """The head of lane ``owner``/``key`` is delivered."""

    owner: str
    key: str
    sender: str
    addressee: str
    message: str

    @property
    def lane(self) -> str:
        """As ``Lane.name`` prints it."""
        return f"{self.owner}/{self.key}" if self.key else self.owner

    def __str__(self) -> str:
        return f"{self.message} from {self.sender} to {self.addressee} in lane {self.lane}"


class Choice(msgspec.Struct, frozen=True, array_like=True, tag="choose"):
    """``label`` gets ``value``."""

    label: str
    value: int

    def __str__(self) -> str:
        return f"the choice {self.label} = {self.value}"


class Skip(msgspec.Struct, frozen=True, array_like=True, tag="skip"):
    """Virtual time moves by ``nanoseconds``, and timers that are due then fire.

    ``timer``: on a live host a timer ran out in real time. It may have done so while nobody could
    move. The engine lets the next timer fire then and needs no pick for it.
    """

    nanoseconds: int
    timer: bool = False

    def __str__(self) -> str:
        return f"the clock to skip {self.nanoseconds} ns"


class Arrival(msgspec.Struct, frozen=True, array_like=True, tag="arrive"):
    """Call ``number`` of ``outside()``, made by ``actor``, returned ``value`` or failed."""

    actor: str
    number: int
    value: Any = None
    failure: list[str] = []  # msgspec copies it; [class name, text] of an exception

    def __str__(self) -> str:
        return f"the result of call {self.number} of {self.actor} outside the machine"


class Departure(msgspec.Struct, frozen=True, array_like=True, tag="leave"):
    """``actor`` awaited something that is not the machine's, on a live host."""

    actor: str

    def __str__(self) -> str:
        return f"{self.actor} to await something that is not the machine's"


Pick = Delivery | Choice | Skip | Arrival | Departure


def delivery_of(lane: Lane) -> Delivery:
    """Describe the delivery of the head of ``lane``."""
    head = lane[0]
    return Delivery(
        lane.owner.label,
        lane.key,
        head.sender.label,
        head.addressee.label,
        type(head.message).__name__,
    )
