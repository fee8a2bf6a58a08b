"""Log filter: which events of a log are wanted, told by globs and ranges.

    wanted = Filter([("actor", "writer*")], steps="10..200", times="1us..2ms")
    [record for record in records if wanted(record.fields)]

`Around` is what ``grep -C`` is: some wanted lines on each side of a step, whichever they are. Both
look at one line at a time and keep none, or as few as they were told to.

What a field means is not known here, except that some name actors.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import translate
from typing import Any, Final, TypeVar

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import Header, Record

__all__ = ["Filter", "around"]

Line = TypeVar("Line", bound=Header | Record)

PARTIES: Final = ("actor", "to")
"""The fields in which an actor may be named."""

UNITS: Final = {"": 1, "ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
"""Nanoseconds of each."""

EVERYTHING: Final = (0, float("inf"))


class Filter:
    """Which events are wanted: globs by field, all of which must hold, and two ranges.

    The ends of a range belong to it.
    """

    def __init__(
        self, globs: Iterable[tuple[str, str]] = (), steps: str = "..", times: str = ".."
    ) -> None:
        self._globs = [
            (PARTIES if name == "actor" else (name,), re.compile(translate(glob)).match)
            for name, glob in globs
        ]
        self._first, self._last = step_range(steps)
        self._from, self._until = time_range(times)

    def __call__(self, fields: Mapping[str, Any]) -> bool:
        """Whether this event is wanted."""
        if not self._first <= fields["step"] <= self._last:
            return False
        if not self._from <= fields["vt"] <= self._until:
            return False
        return all(
            any(name in fields and match(str(fields[name])) for name in names)
            for names, match in self._globs
        )


def around(lines: Iterable[Line], step: int, context: int) -> Iterator[Line]:
    """In each run the lines of ``step`` and the ``context`` ones before and after them."""
    before: deque[Line] = deque(maxlen=context)
    after = 0
    run = None
    for line in lines:
        if isinstance(line, Header):
            yield line
            continue
        if line.fields["run"] != run:
            run = line.fields["run"]
            before.clear()
            after = context
        at = line.fields["step"]
        if at < step:
            before.append(line)
            continue
        yield from before
        before.clear()
        if at == step:
            yield line
        elif after:
            after -= 1
            yield line
    # a run that ended before the step has nothing around it


def step_range(text: str) -> tuple[float, float]:
    """``10..200``, ``10..``, ``..200`` or ``17``, as numbers."""
    found = re.fullmatch(r"(\d*)(\.\.)?(\d*)", text)
    if found is None or not text:
        raise UsageError(f"--steps {text}: expected first..last, first.., ..last or one number")
    first, dots, last = found.groups()
    if not dots:
        return int(first), int(first)
    return (int(first or 0), int(last) if last else EVERYTHING[1])


def time_range(text: str) -> tuple[float, float]:
    """``1us..2ms``, ``1us..`` or ``..2ms``, in nanoseconds."""
    first, dots, last = text.partition("..")
    if not dots:
        raise UsageError(f"--time {text}: expected from..until, as in 1us..2ms, 1us.. or ..2ms")
    return (nanoseconds(text, first, EVERYTHING[0]), nanoseconds(text, last, EVERYTHING[1]))


def nanoseconds(whole: str, text: str, default: float) -> float:
    """One end of the range ``whole``."""
    if not text:
        return default
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(ns|us|ms|s)?", text)
    if found is None:
        raise UsageError(
            f"--time {whole}: expected a number and ns, us, ms or s at each end, found {text!r}"
        )
    number, unit = found.groups()
    return float(number) * UNITS[unit or ""]
