"""Live door: calls to the outside, on a host that has one.

Each call runs in a task of its own, which the host starts; this file needs no event loop of its
own. What the call returned is turned into JSON and back at once, so that the run itself already
sees what its replay will see.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from slabrace.runtime.errors import MachineError
from slabrace.runtime.message import Envelope
from slabrace.runtime.outside import Door, Failure
from slabrace.runtime.pick import Arrival

if TYPE_CHECKING:
    from slabrace.runtime.world import World

__all__ = ["LiveDoor"]


class LiveDoor(Door):
    """``start`` starts a task of the host."""

    def __init__(self, world: World, start: Callable[..., None]) -> None:
        super().__init__(world)
        self._start = start

    def begin(
        self,
        envelope: Envelope,
        function: Callable[..., Awaitable[Any]],
        arguments: tuple[Any, ...],
    ) -> None:
        """Start the call."""
        self._start(self._run, envelope, function, arguments)

    async def _run(
        self,
        envelope: Envelope,
        function: Callable[..., Awaitable[Any]],
        arguments: tuple[Any, ...],
    ) -> None:
        result: Any
        try:
            result = await function(*arguments)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the caller's
            result = Failure(type(error).__name__, str(error))
        else:
            try:
                result = msgspec.json.decode(msgspec.json.encode(result))
            except (TypeError, ValueError) as error:
                raise MachineError(
                    f"{envelope.message.function}(), called outside by {envelope.sender.name}, "
                    f"returned a {type(result).__name__}, which a schedule cannot record: {error}. "
                    "Return what JSON can hold"
                ) from error
        self.bring(envelope.message.number, result)

    @property
    def awaited(self) -> bool:
        """Whether a call is under way that the run has to wait for."""
        return any(not envelope.sender.daemon for envelope in self.calls.values())

    def arrival(self, envelope: Envelope, result: object) -> Arrival:
        """The pick that delivers the ``result`` of a call."""
        number = envelope.message.number
        if type(result) is Failure:
            return Arrival(envelope.sender.name, number, failure=[result.kind, result.text])
        return Arrival(envelope.sender.name, number, result)

    def arrive(self) -> bool:
        """What comes in comes in by itself."""
        return False
