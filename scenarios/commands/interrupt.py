"""Interrupt: Ctrl-C while a search is under way.

The first one asks: the run under way is finished, so that the search stands somewhere and can be
resumed. Whoever presses it again, or whose run takes longer than `GRACE`, gets the ordinary
KeyboardInterrupt, wherever that hits.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final, Self

from slabrace.scenarios.commands.output import say

__all__ = ["GRACE", "Interrupt"]

GRACE: Final = 1.0
"""Seconds for the run under way, if nobody else makes it."""


class Interrupt:
    """A context manager; called, it says whether somebody wants the search to end."""

    def __init__(self, grace: float | None = GRACE) -> None:
        self.grace = grace
        self.asked = False
        self._before: Any = None
        self._timer: threading.Timer | None = None

    def __call__(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.asked

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # nobody else gets signals
            self._before = signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _pressed(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        say("stopping after the run under way; Ctrl-C again breaks it off")
        if self.grace is not None:
            self._timer = threading.Timer(self.grace, press)
            self._timer.daemon = True
            self._timer.start()


def press() -> None:
    """Ctrl-C, as if it came from the keyboard."""
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)
