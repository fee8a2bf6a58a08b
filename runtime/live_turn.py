"""Turn: one coroutine of the machine, driven inside a task of an event loop.

The coroutine yields two kinds of traps. The machine's own (an envelope, RECEIVE) end its turn: it
gives up the baton, sleeps, and is woken with the baton and what it waited for. Anything else is a
foreign library talking to the event loop: it is handed on, and the machine goes on without this
actor until it comes back and gets the baton again.

A cancel scope of the actor's own may end either wait. Then the exception goes into the coroutine,
which runs on: real cancellation. What a replay cannot follow is marked in the record.
"""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from slabrace.runtime.message import Envelope
from slabrace.runtime.task import RECEIVE, Task

if TYPE_CHECKING:
    from anyio import Event

    from slabrace.runtime.live import Live

__all__ = ["Turn"]


class Turn:
    """``wake`` is what the task sleeps on, if it does; ``value`` is handed over with the baton."""

    __slots__ = ("handed", "live", "task", "value", "wake")

    def __init__(self, live: Live, task: Task) -> None:
        self.live = live
        self.task = task
        self.value: object = None
        self.handed = True
        self.wake: Event | None = None

    def hand(self, value: object) -> None:
        """Give the baton to this task, and what it waited for."""
        self.value = value
        self.handed = True
        if self.wake is not None:
            self.wake.set()

    @types.coroutine
    def drive(self) -> Generator[Any, Any, None]:
        """Let the coroutine run from trap to trap. Begins with the baton."""
        live = self.live
        task = self.task
        thrown: BaseException | None = None
        value: object = None
        while True:
            try:
                trap = task.send(value) if thrown is None else task.coroutine.throw(thrown)
            except StopIteration:
                task.done = True
                task.awaiting = None
                break
            ours = type(trap) is Envelope or trap is RECEIVE
            if ours and live.over:  # it cleans up and asks the machine, which has stopped
                task.close()
                return
            value = thrown = None
            try:
                if ours:
                    self.handed = False
                    self.wake = None
                    task.awaiting = trap
                    if trap is RECEIVE:
                        live.world.ready.hear(task.actor)
                    else:
                        trap.waiter = task
                    live.go_on()
                    yield from live.pause()  # as types.coroutine allows
                    if not self.handed:
                        self.wake = live.event()
                        yield from self.wake.wait()
                    value = self.value
                    continue
                self._leave()
                value = yield trap
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001  # it goes into the coroutine
                thrown = error
            if not ours:
                live.abroad -= not task.daemon
            if not live.over and not (ours and self.handed):
                yield from self._come_back(cancelled=ours)
        if not live.over:
            live.go_on()

    def _leave(self) -> None:
        """The coroutine awaits something foreign: the machine goes on without it."""
        task = self.task
        task.awaiting = None
        self.live.abroad += not task.daemon
        if not self.live.over:
            self.live.mark(task.actor)
            self.live.go_on()

    def _come_back(self, *, cancelled: bool) -> Generator[Any, Any, None]:
        """Get the baton again. ``cancelled``: it did not leave, its wait for the machine ended."""
        task = self.task
        awaited, task.awaiting = task.awaiting, None
        if awaited is RECEIVE:
            self.live.world.ready.deafen(task.actor)
        elif isinstance(awaited, Envelope):
            awaited.waiter = None
        yield from self.live.retake().__await__()
        if cancelled and not self.live.over:
            self.live.mark(task.actor)
