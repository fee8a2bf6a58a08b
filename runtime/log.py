"""Event log: what happened in a run, one JSON object a line. The only door to structlog.

The schema is ``slabrace.log/2``, described in docs/log-schema.md: a header line that says which
runs these are, then one line per event. The same runs give the same bytes: virtual time only, no
clock, no process id, no memory address. What is in a line a scribe says (scribe.py); this file says
where it goes.

A log is heavy: a line costs as much as a delivery. Runs that look for something keep none; the one
that found it is replayed with a log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from slabrace.runtime.directory import Columns
from slabrace.runtime.line_file import LineFile
from slabrace.runtime.log_types import SCHEMA
from slabrace.runtime.scribe import Scribe

if TYPE_CHECKING:
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["EventLog"]


LIVE: Final = ("trio", "asyncio")
"""Hosts on which actors are tasks among others."""
ENCODER: Final = msgspec.json.Encoder()


class EventLog:
    """A log of the runs of one campaign. Use it as a context manager, so that it is closed.

    ``header`` says which runs these are (scenario, parameters, host, strategy, seed, ...); a run is
    named by a hash of it and its number. For ``columns``, ``deliveries`` and ``state`` see
    scribe.py. ``started`` is the one place for a wall time, if wanted.

    Lines of the engine's runs are written as they come. Those of a live host go through structlog,
    like whatever else the tasks of a live run log, and in the same form.
    """

    def __init__(
        self,
        path: Path,
        header: Mapping[str, Any],
        *,
        columns: Columns | None = None,
        deliveries: bool = True,
        state: bool = False,
        started: str | None = None,
    ) -> None:
        self.columns = columns
        self.deliveries = deliveries
        self.state = state
        self._identity = msgspec.json.encode(header, order="deterministic")
        self._scribe: Scribe | None = None
        self.file = LineFile(path)
        if header.get("host") in LIVE:
            self._write = structured(self.file)
        else:
            self._write = self._join
        first = {"schema": SCHEMA, **header}
        if started is not None:
            first["started"] = started
        try:
            self.file.write(ENCODER.encode(first) + b"\n")
            self.file.drain()  # a log that cannot be written is told of before the runs
        except BaseException:
            self.file.close()
            raise

    def run_id(self, number: int) -> str:
        """The name of run ``number``: the same whenever and wherever it is made again."""
        digest = hashlib.blake2b(self._identity, digest_size=6)
        digest.update(b"%d" % number)
        return digest.hexdigest()

    def begin(self, world: World, number: int) -> Callable[[Envelope], None] | None:
        """Log what happens in ``world``, which is run ``number``; what to call on a delivery.

        ``world`` is still empty.
        """
        scribe = self._scribe = Scribe(
            world, self.run_id(number), self._write, columns=self.columns,
            deliveries=self.deliveries, state=self.state,
        )  # fmt: skip
        return scribe.delivered if self.deliveries else None

    def end(self, number: int, outcome: Outcome) -> None:
        """Log how run ``number``, which began last, ended, and what was broken in it."""
        if self._scribe is not None:
            self._scribe.end(outcome, number)

    def close(self) -> None:
        """Write what waits and let go of the file."""
        try:
            if self._scribe is not None:  # of a run that was broken off
                self._scribe.flush()
        finally:
            self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _join(self, lines: list[str]) -> None:
        self.file.write("".join(lines).encode(), len(lines))


def structured(file: LineFile) -> Callable[[list[str]], None]:
    """What writes lines to ``file`` by way of structlog."""
    info = (
        structlog.wrap_logger(
            structlog.BytesLogger(file),  # type: ignore[arg-type]  # it has write() and flush()
            processors=[render],
            wrapper_class=structlog.BoundLogger,
            context_class=dict,
        )
        .bind()
        .info
    )

    def write(lines: list[str]) -> None:
        for line in lines:
            info("line", line=line[:-1])  # structlog ends it

    return write


def render(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    """Processor, the only one: a line is rendered already."""
    line: str = event["line"]
    return line.encode()
