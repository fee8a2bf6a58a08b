"""Workers: where shares are made: here, one after the other, or in other processes, side by side.

Whoever asks gets its shares in the order in which it asked. A member that goes through a tree has
one process for good, since that is where its tree is; the shares of the others go to whoever has
least to do.

A process is begun anew (``spawn``: threads and event loops of ours do not come along), so what it
needs must be found again there: ``loader`` is a picklable function that makes a Workshop.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Final, NamedTuple, Protocol, Self

from slabrace.runtime.errors import MachineError
from slabrace.runtime.member import Share, Workshop

__all__ = ["Asked", "Here", "Loader", "Processes", "Task", "Workers"]

Loader = Callable[[], Workshop]
Task = tuple[int, int, int, float | None]
"""Number of the member, its first run, how many, deadline: the arguments of `Workshop.share`."""


class Asked(Protocol):
    """A share that was asked for."""

    def share(self) -> Share:
        """Wait for it."""

    def cancel(self) -> bool:
        """Do without it; False if it was begun."""


class Workers(Protocol):
    """Makes shares."""

    def ask(self, task: Task, *, pinned: bool = False) -> Asked:
        """Begin a share. ``pinned``: where the last one of this member was."""

    def state(self, member: int) -> Any:
        """Where a member stands."""

    def abandon(self) -> None:
        """Nobody wants what is under way."""


class Here:
    """In our own process: a share is made when somebody waits for it."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    def ask(self, task: Task, *, pinned: bool = False) -> Asked:
        """Nothing is begun yet."""
        return Later(self.workshop, task)

    def state(self, member: int) -> Any:
        """Where a member stands."""
        return self.workshop.state(member)

    def abandon(self) -> None:
        """Nothing is under way."""


class Later(NamedTuple):
    """A share that nobody has begun."""

    workshop: Workshop
    task: Task

    def share(self) -> Share:
        """Make it."""
        return self.workshop.share(*self.task)

    def cancel(self) -> bool:
        """Do not make it."""
        return True


class Elsewhere(NamedTuple):
    """A share that another process makes."""

    future: Future[Share]

    def share(self) -> Share:
        """Wait for it."""
        try:
            return self.future.result()
        except BrokenProcessPool as error:
            raise MachineError(
                "a process that took part in the search is gone: it was killed, or had no memory "
                "left. Try fewer --jobs; the same seed gives the same result"
            ) from error

    def cancel(self) -> bool:
        """Do without it, if it was not begun."""
        return self.future.cancel()


_OURS: Final[list[Workshop]] = []
"""The workshop of a worker process."""


def open_shop(loader: Loader, states: Mapping[int, Any]) -> None:
    """Begin a worker process. Ctrl-C is for whoever asked it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    workshop = loader()
    workshop.states.update(states)
    _OURS[:] = [workshop]


def make_share(task: Task) -> Share:
    """A share, in a worker process."""
    return _OURS[0].share(*task)


def tell_state(member: int) -> Any:
    """Where a member stands, in a worker process."""
    return _OURS[0].state(member)


class Processes:
    """``jobs`` processes of one worker each; a context manager. ``states``: as in a Workshop."""

    def __init__(self, loader: Loader, jobs: int, states: Mapping[int, Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pools = [
            ProcessPoolExecutor(1, context, initializer=open_shop, initargs=(loader, states))
            for _ in range(jobs)
        ]
        self._homes: dict[int, int] = {}
        self._asked: list[list[Future[Share]]] = [[] for _ in range(jobs)]

    def ask(self, task: Task, *, pinned: bool = False) -> Asked:
        """Begin a share."""
        member = task[0]
        if pinned:
            home = self._homes.setdefault(member, len(self._homes) % len(self.pools))
        else:
            home = min(range(len(self.pools)), key=self._waiting)
        future = self.pools[home].submit(make_share, task)
        self._asked[home].append(future)
        return Elsewhere(future)

    def _waiting(self, home: int) -> int:
        """How many shares a process has still to make. Where one is made changes nothing else."""
        asked = self._asked[home]
        asked[:] = [each for each in asked if not each.done()]
        return len(asked)

    def state(self, member: int) -> Any:
        """Where a member stands."""
        home = self._homes.get(member)
        return None if home is None else self.pools[home].submit(tell_state, member).result()

    def abandon(self) -> None:
        """End the processes in the middle of what they do."""
        for child in multiprocessing.active_children():
            child.terminate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for pool in self.pools:
            pool.shutdown(wait=True, cancel_futures=True)
