"""Log statistics: what a log is made of, counted in one pass.

Counts by event and by actor, the time messages took from sending to delivery, who was spoken to
most and by how many, who was waited for longest. What has a beginning and an end comes as spans
from exporters/spans.py, which knows what they are from a legend; here they are only measured.

Kept are eight bytes for each delivery of one run, the time at which it was; all else is bounded by
how many actors and runs there are, and ranks as distribution.py says. Times are virtual
nanoseconds, or real ones where the log is a recording.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from slabrace.runtime.by_step import BySteps
from slabrace.runtime.distribution import Distribution
from slabrace.runtime.exporters.spans import WAIT, Span, Spans
from slabrace.runtime.legend import Legend

__all__ = ["Statistics"]

TOLD: Final = 10
"""Lines of each table of the greatest."""


class Statistics:
    """Of all runs of a log together.

    ``waits`` says which spans of the legend are waits for an object, and which field names it; it
    counts where a log has no messages that were answered late, which say the same.
    """

    def __init__(self, legend: Legend, waits: Mapping[str, str]) -> None:
        self.events: Counter[str] = Counter()
        self.runs: dict[str, tuple[int, int]] = {}  # run -> its last step and time
        self.actors: Counter[str] = Counter()
        self.kinds: dict[str, str] = {}
        self.latencies = Distribution()
        self.received: Counter[str] = Counter()
        self._senders: dict[str, set[str]] = {}
        self._times = BySteps()  # of deliveries of the run under way
        self._run: str | None = None
        self._step = self._time = 0  # the latest of it
        self._legend = legend
        self._finder = Spans(legend.spans)
        self._spans: dict[str, Measured] = {}
        self._waits = {WAIT: "at", **waits}

    def add(self, fields: Mapping[str, Any]) -> None:
        """One more event."""
        run, step, time, event = fields["run"], fields["step"], fields["vt"], fields["event"]
        self.events[event] += 1
        if run != self._run:
            self._conclude()
            self._run = run
            self._step, self._time = self.runs.get(run, (0, 0))
            self._times = BySteps()
            self._finder = Spans(self._legend.spans)
        self._step = max(self._step, step)
        self._time = max(self._time, time)
        actor = fields.get("actor")
        if actor is not None:
            self.actors[str(actor)] += 1
        if event == "actor":
            self.kinds[str(actor)] = str(fields.get("kind"))
        elif event == "deliver":
            self._delivery(fields, step, time)
        try:
            ended = self._finder.feed(fields)
        except (KeyError, TypeError):
            return  # an event that is not what its name promises is counted and no more
        for span in ended:
            self._measured(span).add(run, span, self._waits.get(span.name))

    def _delivery(self, fields: Mapping[str, Any], step: int, time: int) -> None:
        self._times[step] = time
        cause = fields.get("cause")
        if isinstance(cause, int) and cause >= 0:
            sent = self._times[cause] if cause else 0
            if sent is not None:
                self.latencies.add(time - sent)
        whom = str(fields.get("to"))
        self.received[whom] += 1
        senders = self._senders.get(whom)
        if senders is None:
            senders = self._senders[whom] = set()
        senders.add(str(fields.get("actor")))

    def _conclude(self) -> None:
        """A run is over: what is still open never ended."""
        if self._run is not None:
            self.runs[self._run] = (self._step, self._time)
        for span in self._finder.rest():
            self._measured(span).unfinished += 1

    def _measured(self, span: Span) -> Measured:
        return self._spans.setdefault(span.name, Measured())

    def document(self) -> dict[str, Any]:
        """All figures, when all is read."""
        self._conclude()
        self._finder = Spans(())
        steps = sum(last for last, _ in self.runs.values())
        time = sum(until for _, until in self.runs.values())
        figures: dict[str, Any] = {
            "runs": len(self.runs),
            "actors": len(self.actors),
            "steps": steps,
            "time_ns": time,
            "events": rates(self.events.total(), steps, time),
            "by_event": [
                {"event": event, **rates(number, steps, time)}
                for event, number in self.events.most_common()
            ],
            "by_actor": [
                {"actor": actor, "kind": self.kinds.get(actor), "events": number}
                for actor, number in self.actors.most_common(TOLD)
            ],
            "spans": {name: measured.document() for name, measured in self._spans.items()},
            "waited_for": self.waited_for(),
            "spoken_to": self.spoken_to(),
        }
        latency = self.latencies.document()
        if latency["count"]:
            figures["message_latency_ns"] = latency
        return figures

    def waited_for(self) -> list[dict[str, Any]]:
        """Those that others waited for longest, and how many did."""
        names = [WAIT] if WAIT in self._spans else list(self._waits)
        found: list[dict[str, Any]] = [
            {"object": at, "kind": self.kinds.get(at), "waits": wait.number,
             "waiters": len(wait.waiters), "total_ns": wait.total}
            for name in names if name in self._spans
            for at, wait in self._spans[name].waits.items()
        ]  # fmt: skip
        return sorted(found, key=lambda each: (-each["total_ns"], each["object"]))[:TOLD]

    def spoken_to(self) -> list[dict[str, Any]]:
        """Those to which most others sent something, and how much that was."""
        names = sorted(
            self.received, key=lambda name: (-len(self._senders[name]), -self.received[name], name)
        )
        return [
            {"object": name, "kind": self.kinds.get(name), "senders": len(self._senders[name]),
             "deliveries": self.received[name]}
            for name in names[:TOLD]
        ]  # fmt: skip


class Wait:
    """How long others waited for one object."""

    def __init__(self) -> None:
        self.number = 0
        self.total = 0
        self.waiters: set[str] = set()


class Measured:
    """All spans of one name: how long they were, and which were the longest."""

    def __init__(self) -> None:
        self.unfinished = 0
        self.waits: dict[str, Wait] = {}
        self._durations = Distribution()
        self._longest: list[tuple[int, int, str, Span]] = []
        self._ticket = count(0, -1)  # of two that are as long, the first

    def add(self, run: str, span: Span, at: str | None) -> None:
        """One more, of ``run``; its field ``at`` names what was waited for, if anything was."""
        if span.end is None:
            return
        duration = span.end.vt - span.begin.vt
        self._durations.add(duration)
        entry = (duration, next(self._ticket), run, span)
        if len(self._longest) < TOLD:
            heapq.heappush(self._longest, entry)
        else:
            heapq.heappushpop(self._longest, entry)
        if at is not None:
            wait = self.waits.setdefault(str(span.fields.get(at)), Wait())
            wait.number += 1
            wait.total += duration
            wait.waiters.add(span.lane)

    def document(self) -> dict[str, Any]:
        """The figures."""
        longest = [
            {"ns": duration, "who": span.lane, "run": run, "begin": span.begin.step,
             "end": None if span.end is None else span.end.step}
            for duration, _, run, span in sorted(self._longest, reverse=True)
        ]  # fmt: skip
        return {**self._durations.document(), "unfinished": self.unfinished, "longest": longest}


def rates(number: int, steps: int, time: int) -> dict[str, Any]:
    """How many, and how many in a step and in a second."""
    return {
        "count": number,
        "per_step": number / steps if steps else None,
        "per_second": number * 1e9 / time if time else None,
    }
