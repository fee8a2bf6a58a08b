"""Event log: what happened in a run, one JSON object a line. The only door to structlog.

The schema is ``slabrace.log/1``, described in docs/log-schema.md: a header line that says which
runs these are, then one line per event. The same runs give the same bytes: virtual time only, no
clock, no process id, no memory address. What an event is called and which fields it has is up to
the actor that noted it. Some deserve a place of their own: such a column is filled by the first
field of the event that it names, or else by such an attribute of the actor who noted it.

A log is heavy (a line costs several deliveries). Runs that look for something keep none; the one
that found it is replayed with a log.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from slabrace.runtime.actor import Address
from slabrace.runtime.line_file import LineFile
from slabrace.runtime.message import Envelope, Message
from slabrace.runtime.monitor import Event

if TYPE_CHECKING:
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["SCHEMA", "EventLog"]

SCHEMA: Final = "slabrace.log/1"

NO_COLUMNS: Final[Mapping[str, Sequence[str]]] = {}
SIMPLE: Final = frozenset({int, str, bool, float, type(None)})
ENCODER: Final = msgspec.json.Encoder()


class EventLog:
    """A log of the runs of one campaign. Use it as a context manager, so that it is closed.

    ``header`` says which runs these are (scenario, parameters, host, strategy, seed, ...); a run is
    named by a hash of it and its number. ``columns`` maps a column to the fields that may fill it.
    ``started`` is the one place for a wall time, if wanted.
    """

    def __init__(
        self,
        path: Path,
        header: Mapping[str, Any],
        *,
        columns: Mapping[str, Sequence[str]] = NO_COLUMNS,
        deliveries: bool = False,
        started: str | None = None,
    ) -> None:
        self.columns = [(column, tuple(names)) for column, names in columns.items()]
        self._placed = frozenset(columns)
        self.deliveries = deliveries
        self._identity = msgspec.json.encode(header, order="deterministic")
        self.file = LineFile(path)
        self._log = structlog.wrap_logger(
            structlog.BytesLogger(self.file),  # type: ignore[arg-type]  # it has write() and flush()
            processors=[self._arrange, render],
            wrapper_class=structlog.BoundLogger,
            context_class=dict,
        ).bind()
        first = {"schema": SCHEMA, **header}
        if started is not None:
            first["started"] = started
        self.file.write(ENCODER.encode(first) + b"\n")
        try:
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
        """Log what happens in ``world``, which is run ``number``; what to call on a delivery."""
        info = self._log.bind(run=self.run_id(number)).info

        def noted(event: Event) -> None:
            info(event.name, at=event)

        def delivered(envelope: Envelope) -> None:
            fields = {
                "from": envelope.sender,
                "to": envelope.addressee,
                "message": envelope.message,
                "answer": envelope.answer,
            }
            step, now = len(world.picks), world.clock.now
            info("deliver", at=Event(step, now, envelope.sender, "deliver", fields))

        world.tap(noted)
        return delivered if self.deliveries else None

    def end(self, world: World, number: int, outcome: Outcome) -> None:
        """Log how run ``number`` ended, and what was broken in it."""
        step, now = len(world.picks), world.clock.now
        info = self._log.bind(run=self.run_id(number), step=step, vt=now).info
        for violation in outcome.violations:
            info(
                "violation", law=violation.law, message=violation.message, parties=violation.parties
            )
        info("end", how=outcome.end, deliveries=outcome.deliveries)

    def close(self) -> None:
        """Write what waits and let go of the file."""
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

    def _arrange(self, _logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        """Processor: the columns of the schema first, in its order, then the event's own fields."""
        at = line.pop("at", None)
        record = {"run": line.pop("run"), "step": None, "vt": None, "event": line.pop("event")}
        if at is None:
            record.update((name, plain(value)) for name, value in line.items())
            return record
        actor, fields = at.actor, at.fields
        record["step"], record["vt"], record["actor"] = at.step, at.time, actor.label
        for column, names in self.columns:
            for name in names:
                value = fields.get(name)
                if value is not None:
                    break
            else:
                value = getattr(actor, column, None)
            if isinstance(value, Address):  # an actor may say what it is in a column of its kind
                own = getattr(value, column, None)
                value = value.label if own is None or type(own) not in SIMPLE else own
            if value is not None and type(value) in SIMPLE:
                record[column] = value
        for name, value in fields.items():
            if name not in self._placed:  # a name that the schema has taken makes room for it
                key = f"{name}_" if name in record else name
                record[key] = value if type(value) in SIMPLE else plain(value)
        return record


def render(_logger: WrappedLogger, _method: str, record: EventDict) -> bytes:
    """Processor, the last one: a line."""
    return ENCODER.encode(record)


def plain(value: Any) -> Any:
    """``value`` as JSON knows it; an actor by its name, and nothing that differs between runs."""
    if type(value) in SIMPLE:
        return value
    if isinstance(value, Address):
        return value.label
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name
    if isinstance(value, Message):
        return str(value)
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(item) for name, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, type):
        return value.__name__
    text = repr(value)
    return type(value).__name__ if " at 0x" in text else text
