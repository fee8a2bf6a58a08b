"""WorkQueue and Kworker: work that somebody else runs later.

One worker per queue, as cgroup_destroy_wq has (``max_active`` 1, kernel/cgroup/cgroup.c): the
offlining and freeing of memcgs is serialised there. WaitQueue is wait_event/wake_up.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from slabrace.actors.cpu import Cpu
from slabrace.actors.messages import NextWork, QueueWork, WaitEvent, WakeUp
from slabrace.actors.object import KernelObject
from slabrace.runtime.actor import handles
from slabrace.runtime.message import DEFERRED, Envelope

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel

__all__ = ["Kworker", "WaitQueue", "WorkQueue"]


class WorkQueue(KernelObject):
    """A FIFO of work items."""

    __slots__ = ("items", "waiting")
    kind = "workqueue"

    def __init__(self) -> None:
        self.items: deque[QueueWork] = deque()
        self.waiting: Envelope | None = None

    @handles(QueueWork)
    def queue_work(self, message: QueueWork) -> None:
        if self.waiting is not None:
            waiting, self.waiting = self.waiting, None
            self.answer(waiting, message)
        else:
            self.items.append(message)

    @handles(NextWork)
    def next_work(self, message: NextWork) -> object:
        if self.items:
            return self.items.popleft()
        self.waiting = self.defer()
        return DEFERRED


class Kworker(Cpu):
    """Runs the items of one queue, one after the other, for ever."""

    daemon = True

    def __init__(self, kernel: Kernel, queue: WorkQueue) -> None:
        super().__init__(kernel)
        self.queue = queue

    async def main(self) -> None:
        while True:
            work = await self.ask(self.queue, NextWork())
            await work.function(self, *work.arguments)


class WaitQueue(KernelObject):
    """Sleepers that the next wake_up() wakes; one that finds nobody is remembered."""

    __slots__ = ("pending", "sleepers")
    kind = "waitqueue"

    def __init__(self) -> None:
        self.pending = False
        self.sleepers: list[Envelope] = []

    @handles(WaitEvent)
    def wait_event(self, message: WaitEvent) -> object:
        if self.pending:
            self.pending = False
            return None
        self.sleepers.append(self.defer())
        return DEFERRED

    @handles(WakeUp)
    def wake_up(self, message: WakeUp) -> None:
        sleepers, self.sleepers = self.sleepers, []
        self.pending = not sleepers
        for sleeper in sleepers:
            self.answer(sleeper)
