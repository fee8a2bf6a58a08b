"""Log chain: why something happened, followed back through a log.

    why, step = reasons(records, 41)
    links(records, why, why.back(step, limit=40))      the latest first

A delivery has up to two reasons that a log can name. Its ``cause``: the delivery during which its
message was sent, or that let its sender go on. And the one that had left what it found: the last
write of the same word of the same addressee. That counts where the answer tells what was found, and
for the delivery that is asked about. Which word it is, is read off the message: its first argument,
if that is a name; a message without one touches all there is. Where a log tells which words a
delivery changed, it is those. Beside each delivery stand the functions that its sender entered on
the way to it.

The log is read twice: once for the reasons (two numbers for each delivery are kept, and for each
word the last write), once for the lines that are told.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any, Final

import msgspec

from slabrace.runtime.by_step import BySteps
from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import Header, Record

__all__ = ["Link", "NoDeliveriesError", "Reasons", "access", "links", "reasons", "word_of"]

Lines = Iterable[Header | Record]

APART: Final = frozenset({"deliver", "function", "actor"})
"""Events that have their own place."""
CALL: Final = re.compile(r"(?P<name>[^(]*)\((?P<first>[^,)]*)(?P<rest>.*)\)", re.DOTALL)
NAME: Final = re.compile(r"[^\W\d](?:\w|->|[.\[\]])*")
NOBODY: Final[AbstractSet[str]] = frozenset()


class NoDeliveriesError(UsageError):
    """Nobody knows what caused what in this log."""


class Link(msgspec.Struct):
    """One delivery of the chain, and what it came from.

    ``entered`` are the functions that its sender entered since ``cause``, in their order.
    """

    step: int
    vt: int
    actor: str
    access: str
    cause: int
    saw: int | None = None
    entered: list[str] = []


class Reasons:
    """Of each delivery of one run: its cause, and the write that it saw."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.events: list[dict[str, Any]] = []
        """What was noted at the step that is asked for."""
        self.names: set[str] = set()
        """Of actors."""
        self._causes = BySteps()
        self._saw = BySteps()
        self._writes: dict[str, dict[str, int]] = {}  # addressee -> word -> step
        self._last: dict[str, int] = {}  # addressee -> the last write of any word
        self._found: tuple[int, int | None] = (0, None)
        """The last delivery, and the write that it found."""

    def add(self, fields: Mapping[str, Any]) -> None:
        """One more delivery."""
        step = fields["step"]
        cause = fields.get("cause")
        self._causes[step] = cause if isinstance(cause, int) and 0 <= cause < step else 0
        whom = str(fields.get("to"))
        word = word_of(str(fields.get("message")))
        latest = self._latest(whom, word)
        self._found = (step, latest)
        if latest is not None and fields.get("answer") is not None:
            self._saw[step] = latest
        if fields.get("writes", True):
            changes = fields.get("changes")
            for each in changes if changes and isinstance(changes, dict) else (word,):
                self._writes.setdefault(whom, {})[each] = step
                self._last[whom] = step

    def _latest(self, whom: str, word: str) -> int | None:
        if not word:
            return self._last.get(whom)
        writes = self._writes.get(whom, {})
        steps = [writes[each] for each in (word, "") if each in writes]
        return max(steps, default=None)

    def ask(self, step: int) -> None:
        """It is asked for: what came before it counts, even if it looked at nothing."""
        at, latest = self._found
        if at == step and latest is not None:
            self._saw[step] = latest

    def __contains__(self, step: int) -> bool:
        return step in self._causes

    def cause(self, step: int) -> int:
        """During which delivery the message of this one was sent; 0 is the start."""
        return self._causes[step] or 0

    def saw(self, step: int) -> int | None:
        """Which delivery had left what this one found, if one had."""
        return self._saw[step]

    def back(self, step: int, limit: int) -> list[int]:
        """The steps of the chain, the latest first; at most ``limit``."""
        waiting = [-step]
        found: list[int] = []
        met = {step}
        while waiting and len(found) < limit:
            at = -heapq.heappop(waiting)
            found.append(at)
            for reason in (self.cause(at), self.saw(at)):
                if reason is not None and reason in self and reason not in met:
                    met.add(reason)
                    heapq.heappush(waiting, -reason)
        return found


def reasons(lines: Lines, step: int | None) -> tuple[Reasons, int]:
    """The reasons in the first run that has ``step``, and that step.

    Without a step, it is where the first law was broken.
    """
    found: Reasons | None = None
    deliveries = 0
    for line in lines:
        fields = line.fields
        if isinstance(line, Header):
            continue
        run, event = fields["run"], fields["event"]
        if found is None or run != found.run:
            if found is not None and step is not None and step in found:
                break
            found = Reasons(run)
        if step is not None and fields["step"] > step:
            break
        if event == "actor":
            found.names.add(str(fields.get("actor")))
        elif event == "deliver":
            deliveries += 1
            found.add(fields)
        elif event == "violation" and step is None:
            step = fields["step"]
        if step == fields["step"] and event not in APART:
            found.events.append(fields)
    if not deliveries:
        raise NoDeliveriesError(
            "this log has no deliveries, so no cause is known; `run` and `replay` write them "
            "with --log"
        )
    if step is None:
        raise UsageError("no law is broken in this log; say which step is asked for")
    if found is None or step not in found:
        raise UsageError(f"no delivery at step {step}; `slabrace log show` lists those there are")
    found.ask(step)
    return found, step


def links(lines: Lines, why: Reasons, steps: list[int]) -> list[Link]:
    """What is told of each of ``steps``, in that order."""
    wanted = set(steps)
    causes = {why.cause(step) for step in steps}
    entered: dict[tuple[str, int], list[str]] = {}
    found: dict[int, Link] = {}
    for line in lines:
        fields = line.fields
        if isinstance(line, Header) or fields["run"] != why.run:
            continue
        step, event = fields["step"], fields["event"]
        if event == "deliver" and step in wanted:
            actor = str(fields.get("actor"))
            told = access(fields, why.names)
            link = Link(step, fields["vt"], actor, told, why.cause(step), why.saw(step))
            link.entered = entered.get((actor, link.cause), [])
            found[step] = link
        elif event == "function" and step in causes:
            key = (str(fields.get("actor")), step)
            entered.setdefault(key, []).append(str(fields.get("name")))
        if len(found) == len(wanted):
            break
    return [found[step] for step in steps if step in found]


@lru_cache(maxsize=4096)
def word_of(message: str) -> str:
    """The word of the addressee that a message is about; empty: all there is."""
    call = CALL.fullmatch(message)
    first = call["first"].strip() if call is not None else ""
    return first if NAME.fullmatch(first) else ""


def access(fields: Mapping[str, Any], names: AbstractSet[str] = NOBODY) -> str:
    """A delivery as a diagram writes it: ``READ(counter->value) = 3``.

    What is in ``names`` is an actor, and no word of another.
    """
    message, whom = str(fields.get("message", "")), str(fields.get("to"))
    call = CALL.fullmatch(message)
    if call is None:
        told = f"{message}({whom})"
    elif word_of(message) and call["first"] not in names:
        told = f"{call['name']}({whom}->{call['first']}{call['rest']})"
    else:
        between = ", " if call["first"] else ""
        told = f"{call['name']}({whom}{between}{call['first']}{call['rest']})"
    if fields.get("deferred"):
        return f"{told} (no answer yet)"
    answer = fields.get("answer")
    if answer is None:
        return told
    value = answer if isinstance(answer, str) else msgspec.json.encode(answer).decode()
    return f"{told} = {value}"
