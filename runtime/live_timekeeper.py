"""Timekeeper: the virtual timers of a world, fired by real time on the live host.

A timer set for so many virtual nanoseconds runs out after as much real time, scaled. Then the
virtual clock skips to when it was due, which is recorded: so the virtual time of a live run is
that of its replay, to the nanosecond, while real time is what it is. Timers fire in the order of
virtual time; one may fire late but never early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.runtime.clock import TICK

if TYPE_CHECKING:
    from anyio import Event

    from slabrace.runtime.live import Live
    from slabrace.runtime.message import Envelope

__all__ = ["Timekeeper"]


class Timekeeper:
    """Sleeps until the next timer; is told by ``look`` that there is a new one."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._changed: Event | None = None
        self._due: dict[Envelope, float] = {}

    def look(self) -> None:
        """A timer was set: note when it runs out in real time."""
        live = self._live
        clock = live.world.clock
        now = live.now()
        for due, _, _, envelope in clock.timers:
            if envelope not in self._due:
                self._due[envelope] = now + (due - clock.now) / live.second
        if self._changed is None:
            self._changed = live.event()
            live.start(self._run)
        self._changed.set()

    async def _run(self) -> None:
        live = self._live
        clock = live.world.clock
        while True:
            changed = self._changed = live.event()
            if not clock.timers or clock.timers[0][3] not in self._due:
                await changed.wait()
                continue
            due, _, _, envelope = clock.timers[0]
            await live.nap(self._due[envelope] - live.now(), changed)
            if changed.is_set():
                continue
            await live.take()
            if clock.timers and clock.timers[0][3] is envelope:
                if due > clock.now:
                    live.skip(max(0, due - clock.now - TICK))
                else:
                    clock.fire()
                waiting = {timer[3] for timer in clock.timers}
                self._due = {each: due for each, due in self._due.items() if each in waiting}
            live.go_on()
