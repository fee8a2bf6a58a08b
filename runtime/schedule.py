"""Schedule: the picks of one run, and what they were picked from, as text.

Two forms, one content. A token is short enough for a command line or a bug report; a file is JSON
that a person can read and a diff can show:

    slabrace1:eNqrVkrLz1eyUkpKLFKqBQA....5f3c9a01        body.checksum
    {"schema": "slabrace.schedule/1", "scenario": ..., "table": [...], "picks": [0, 1, 0, ...]}

A run of a million picks takes few distinct ones, so they stand in a table once and the run is a
list of indices into it. The number after ``slabrace`` and after the slash is the version of the
form: it goes up when an older slabrace could no longer read what is written.

This file knows how a schedule is written and read. What a pick means is pick.py; following one is
strategies/replay.py.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

import slabrace
from slabrace.runtime.engine import MAX_STEPS
from slabrace.runtime.errors import ScheduleError
from slabrace.runtime.outcome import End
from slabrace.runtime.pick import Arrival, Pick

__all__ = ["Schedule"]

VERSION: Final = 1
SCHEMA: Final = f"slabrace.schedule/{VERSION}"
PREFIX: Final = f"slabrace{VERSION}:"
LINE: Final = 100


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """What is written."""

    schema: str
    slabrace: str
    scenario: str
    parameters: dict[str, Any]
    host: str
    made_by: str
    max_steps: int
    end: End | None
    table: list[Pick]
    picks: list[int]


class Schedule:
    """See the head of this file.

    ``made_by`` is the strategy, as a person would type it; ``end`` how the run ended, if known: a
    replay needs it to tell a run that was cut off from one that has come to rest. ``table`` and
    ``indices`` are the two halves of ``picks``.
    """

    def __init__(
        self,
        scenario: str,
        parameters: Mapping[str, Any],
        picks: Iterable[Pick],
        made_by: str,
        *,
        host: str = "engine",
        max_steps: int = MAX_STEPS,
        end: End | None = None,
        version: str = slabrace.__version__,
    ) -> None:
        self.scenario = scenario
        self.parameters = dict(parameters)
        self.made_by = made_by
        self.host = host
        self.max_steps = max_steps
        self.end = end
        self.version = version
        self.table: list[Pick] = []
        self.indices: list[int] = []
        places: dict[Any, int] = {}
        for pick in picks:
            # A result from outside may be unhashable; it is its own entry anyway.
            key = len(self.table) if type(pick) is Arrival else pick
            place = places.get(key)
            if place is None:
                place = places[key] = len(self.table)
                self.table.append(pick)
            self.indices.append(place)

    @property
    def picks(self) -> list[Pick]:
        """Every pick of the run, in order."""
        table = self.table
        return [table[index] for index in self.indices]

    def __len__(self) -> int:
        return len(self.indices)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self._document() == other._document()

    __hash__ = None  # type: ignore[assignment]  # holds lists

    def __repr__(self) -> str:
        return f"<Schedule of {self.scenario}, {len(self)} picks, by {self.made_by}>"

    # -- writing -----------------------------------------------------------------------

    def token(self) -> str:
        """One line without spaces."""
        packed = zlib.compress(self._encode(self._document()), 9)
        body = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        return f"{PREFIX}{body}.{checksum(body)}"

    def save(self, path: str | Path) -> None:
        """Write the readable form to ``path``."""
        document = self._document()
        head = msgspec.to_builtins(document)
        del head["table"], head["picks"]
        lines = [f'  "{name}": {self._encode(value).decode()},' for name, value in head.items()]
        table = ",\n".join(f"    {self._encode(pick).decode()}" for pick in self.table)
        picks = self._encode(self.indices).decode()[1:-1]
        rows = re.findall(rf"\d.{{0,{LINE - 10}}}(?:,|$)", picks)
        lines += ['  "table": [', table, "  ],", '  "picks": [']
        lines += [f"    {row}" for row in rows]
        lines += ["  ]"]
        Path(path).write_text("\n".join(["{", *(line for line in lines if line), "}", ""]))

    def _document(self) -> Document:
        return Document(
            SCHEMA,
            self.version,
            self.scenario,
            self.parameters,
            self.host,
            self.made_by,
            self.max_steps,
            self.end,
            self.table,
            self.indices,
        )

    def _encode(self, value: Any) -> bytes:
        try:
            return msgspec.json.encode(value)
        except (TypeError, ValueError) as error:
            raise ScheduleError(
                f"a schedule of {self.scenario} cannot be written: {error}. Its parameters and "
                "what outside() returns must be what JSON can hold: text, numbers, true, false, "
                "null, lists, and objects with text keys"
            ) from error

    # -- reading -----------------------------------------------------------------------

    @classmethod
    def read(cls, text: str) -> Schedule:
        """Read a token, or the file that ``text`` is the path of."""
        if re.match(r"\s*slabrace\d+:", text):
            return cls.parse(text)
        return cls.load(text)

    @classmethod
    def load(cls, path: str | Path) -> Schedule:
        """Read a file: the readable form, or one that holds a token."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise ScheduleError(
                f"{path} is neither a token (it does not begin with {PREFIX}) nor a file that can "
                f"be read ({error.strerror or error})"
            ) from error
        if re.match(rb"\s*slabrace\d+:", data):
            return cls.parse(data.decode(errors="replace"), name=str(path))
        return cls._decode(data, str(path))

    @classmethod
    def parse(cls, text: str, name: str = "schedule token") -> Schedule:
        """Read a token. White space in it, as a mailer or a terminal leaves, does not matter."""
        token = re.sub(r"\s+", "", text)
        found = re.match(r"slabrace(\d+):", token)
        if found is None:
            raise ScheduleError(
                f"{name}: not a schedule: expected {PREFIX}..., found {token[:20] or 'nothing'!r}"
            )
        if int(found[1]) != VERSION:
            raise ScheduleError(f"{name}: {unknown_version(found[1])}")
        body, dot, given = token[found.end() :].partition(".")
        computed = checksum(body)
        if not dot or (len(given) < len(computed) and computed.startswith(given)):
            raise ScheduleError(
                f"{name}: truncated: it ends after {len(token)} characters, within or before its "
                "checksum (a dot and 8 digits); copy it whole"
            )
        if given != computed:
            raise ScheduleError(
                f"{name}: bad checksum at character {len(token) - len(given)}: found {given}, but "
                f"the {len(body)} characters before it give {computed}; copy it again"
            )
        try:
            data = zlib.decompress(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except (ValueError, zlib.error) as error:
            raise ScheduleError(f"{name}: not made by slabrace: {error}") from error
        return cls._decode(data, name)

    @classmethod
    def _decode(cls, data: bytes, name: str) -> Schedule:
        try:
            schema = msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get("schema")
            if schema is None or not bytes(schema).startswith(b'"slabrace.schedule/'):
                raise ScheduleError(
                    f"{name}: not a schedule: expected a JSON object with "
                    f'"schema": "{SCHEMA}", found {bytes(schema or b"none").decode()}'
                )
            version = msgspec.json.decode(schema, type=str).partition("/")[2]
            if version != str(VERSION):
                raise ScheduleError(f"{name}: {unknown_version(version)}")
            document = msgspec.json.decode(data, type=Document)
        except msgspec.ValidationError as error:
            raise ScheduleError(f"{name}: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ScheduleError(f"{name}: not JSON: {error}") from error
        size = len(document.table)
        for place, index in enumerate(document.picks):
            if not 0 <= index < size:
                raise ScheduleError(
                    f"{name}: expected an index into the table of {size}, found {index} "
                    f"- at `$.picks[{place}]`"
                )
        schedule = cls(
            document.scenario,
            document.parameters,
            (),
            document.made_by,
            host=document.host,
            max_steps=document.max_steps,
            end=document.end,
            version=document.slabrace,
        )
        schedule.table = document.table
        schedule.indices = document.picks
        return schedule


def checksum(body: str) -> str:
    """Eight digits that change with any change of ``body``."""
    return f"{zlib.crc32(body.encode()):08x}"


def unknown_version(found: str) -> str:
    """The complaint about a form of a version that is not ours."""
    return (
        f"schedule of version {found}; slabrace {slabrace.__version__} reads version {VERSION}. "
        "Install the slabrace that wrote it, or a newer one"
    )
