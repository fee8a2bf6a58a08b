"""What a recording says of itself, in the comments above its events.

Theory. Three writers, three prefaces: the kernel names its tracer and counts the entries that its
ring buffer still held and that were ever written to it; trace-cmd says how many CPUs there were;
perf, if asked for a header, which kernel it was. What is understood goes into the log's header, so
that whoever reads the log knows what is missing from it.

This file must not know what an event is.

Source: kernel/trace/trace.c:print_trace_header(), print_event_info(), v6.12.
"""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["Preface"]

_ENTRIES: Final = re.compile(
    r"# entries-in-buffer/entries-written: (\d{1,18})/(\d{1,18})(?:\s+#P:(\d{1,7}))?", re.ASCII
)
_WORDS: Final = {
    "tracer": re.compile(r"# tracer: (\S.{0,80})"),
    "release": re.compile(r"# os release : (\S.{0,80})"),
    "cpus": re.compile(r"(?:cpus=|# nrcpus online : )(\d{1,7})", re.ASCII),
}


class Preface:
    """Gathers from comments what `said` holds."""

    def __init__(self) -> None:
        self.said: dict[str, Any] = {}

    def feed(self, comment: str) -> None:
        """Take the next comment."""
        for name, pattern in _WORDS.items():
            if found := pattern.match(comment):
                self.said[name] = int(found[1]) if name == "cpus" else found[1].strip()
        if found := _ENTRIES.match(comment):
            entries, written = int(found[1]), int(found[2])
            self.said["entries"], self.said["written"] = entries, written
            if written > entries:
                self.said["overwritten"] = written - entries
            if found[3]:
                self.said["cpus"] = int(found[3])
