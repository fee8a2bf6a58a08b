"""Perfetto: TrackEvent, the format that Perfetto's own traces have, as protocol buffers.

A trace is a sequence of packets: descriptors of tracks, events on them, and once for each name its
number, so that events carry numbers. Slices of a row are written in the order in which they begin
and end; ``flow_ids`` begin an arrow and ``terminating_flow_ids`` end it. What never ended has no
end: the viewer shows it to the end of the trace.

Written by hand (packets.py), because it needs a dozen fields of a schema of thousands: the
``perfetto`` package would be one more thing to install, and its builder takes as long for the
packets alone as this does for the whole file (benchmarks/export.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Final

from slabrace.runtime.exporters.packets import Packets
from slabrace.runtime.exporters.timeline import Point, Slice, timeline
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["write"]

ROOT: Final = 1
"""The number of the track that all others hang from, so that they keep their order."""


def write(run: RunLog, legend: Legend, out: BinaryIO) -> list[str]:
    """Write ``run`` to ``out``; nothing is cut."""
    told = timeline(run, legend)
    packets = Packets(out)
    packets.track(ROOT, told.name, ordered=True)
    number = ROOT
    happened: list[tuple[int, Point]] = []
    if told.violations:
        number += 1
        packets.track(number, "violations", parent=ROOT, rank=0)
        happened += [(number, point) for point in told.violations]
    for rank, track in enumerate(told.tracks, 1):
        rows = track.rows() or [[]]
        number += 1
        own = number
        packets.track(own, track.name, parent=ROOT, rank=rank, about=track.kind)
        slices(packets, own, rows[0])
        happened += [(own, point) for point in track.points]
        for more in rows[1:]:
            number += 1
            packets.track(number, track.name, parent=ROOT, rank=rank)
            slices(packets, number, more)
    happened.sort(key=in_order)
    for own, one in happened:
        packets.instant(own, one.at, one.name, one.fields, one.leaves, one.arrives)
    packets.close()
    return []


def in_order(placed: tuple[int, Point]) -> tuple[int, bool]:
    """By time; an arrow begins before it ends, be it at the same instant."""
    return placed[1].at, placed[1].arrives > 0


def slices(packets: Packets, track: int, row: Iterable[Slice]) -> None:
    """The begins and ends of slices that nest, in order."""
    open_: list[int] = []
    for one in row:
        while open_ and open_[-1] <= one.begin:
            packets.end(track, open_.pop())
        packets.begin(track, one.begin, one.name, one.fields, one.leaves)
        if one.end is not None:
            open_.append(one.end)
    while open_:
        packets.end(track, open_.pop())
