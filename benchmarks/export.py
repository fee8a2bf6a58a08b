"""What an export costs: a long run in each form that is made from a log, beside writing JSON.

A log of the stress script of some 50,000 events, and a recording imported: of shared/traces/ if it
is there, else none. The baseline encodes the same records as JSON, a line each, which is the least
that a form with everything in it can cost. In turns, the best of each counts, in processor time;
reading the log is not counted. Diagrams keep the end of a run (their remarks say so): their bytes
per event are few, and no merit.

If the package ``perfetto`` is installed, its builder makes the packets of the same Perfetto file
anew, from values that are there already; our exporter's time is for all that it does.

    PYTHONPATH=src python benchmarks/export.py
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from slabrace.actors.legend import LEGEND
from slabrace.runtime.engine import Engine
from slabrace.runtime.line_file import LineFile
from slabrace.runtime.log import EventLog
from slabrace.runtime.run_log import RunLog
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.world import World
from slabrace.scenarios.formats import FORMATS
from slabrace.scenarios.recordings.importer import Importer
from slabrace.scenarios.recordings.source import lines_of
from slabrace.scenarios.stress import stress

ROUNDS = 3
SIZE = 45
LINES = 20_000
SECONDS = 5.0
"""What a form may take for a recording of LINES lines."""
SHARED = Path(os.environ.get("SLABRACE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
RECORDING = SHARED / "traces" / "linux-6.12-churn-functions.txt.gz"
ENCODER = msgspec.json.Encoder()
BASELINE = "JSON lines"

Write = Callable[[RunLog, BinaryIO], Any]


def stressed(path: Path) -> RunLog:
    """A run of the stress script."""
    world = World()
    strategy = RandomWalk(seed=0)
    with EventLog(
        path, {"scenario": "stress", "host": "engine"}, columns=LEGEND.columns, deliveries=True
    ) as log:
        tell = log.begin(world, 0)
        stress(world, memcgs=SIZE, mounts=SIZE, touches=SIZE)
        strategy.begin(world)
        log.end(0, Engine(world, strategy, tell=tell).run())
    return RunLog.read(path)


def imported(path: Path) -> RunLog:
    """The first LINES lines of a recording of a real kernel."""
    file = LineFile(path)
    importer = Importer({"schema": "slabrace.log/2", "host": "kernel"}, file.write)
    for number, line in enumerate(lines_of(RECORDING, "x")):
        if number >= LINES:
            break
        importer.feed(line)
    importer.finish()
    file.close()
    return RunLog.read(path)


def lines(run: RunLog, out: BinaryIO) -> None:
    """The baseline."""
    out.writelines(ENCODER.encode(record) + b"\n" for record in run.records)


def exporter(write: Callable[..., list[str]]) -> Write:
    """An exporter, with the kernel's legend."""
    return lambda run, out: write(run, LEGEND, out)


def writers() -> dict[str, Write]:
    """The baseline, and each form that is made from a log."""
    forms: dict[str, Write] = {BASELINE: lines}
    for name, form in FORMATS.items():
        if form.source != "trace":
            forms[name] = exporter(form.write)
    return forms


def measured(run: RunLog, forms: dict[str, Write]) -> dict[str, tuple[float, int]]:
    """Seconds and bytes of each form."""
    best: dict[str, tuple[float, int]] = {}
    for _ in range(ROUNDS):
        for name, write in forms.items():
            out = BytesIO()
            began = time.process_time()
            write(run, out)
            seconds = time.process_time() - began
            if name not in best or seconds < best[name][0]:
                best[name] = seconds, out.tell()
    return best


def built(data: bytes) -> tuple[int, float] | None:
    """How many packets the events of a Perfetto file are, and seconds that the package takes."""
    if importlib.util.find_spec("perfetto") is None:
        return None
    package = importlib.import_module("perfetto.trace_builder.proto_builder")
    source = package.TraceProtoBuilder()
    source.trace.ParseFromString(data)
    values = []
    for packet in source.trace.packet:
        event = packet.track_event
        notes = [
            (each.name_iid, which, getattr(each, which))
            for each in event.debug_annotations
            if (which := each.WhichOneof("value")) is not None
        ]
        values.append((packet.timestamp, event.type, event.track_uuid, event.name_iid,
                       list(event.flow_ids), list(event.terminating_flow_ids), notes))  # fmt: skip
    began = time.process_time()
    builder = package.TraceProtoBuilder()
    for at, kind, track, name, flows, ends, notes in values:
        packet = builder.add_packet()
        packet.timestamp, packet.trusted_packet_sequence_id = at, 1
        event = packet.track_event
        event.type, event.track_uuid, event.name_iid = kind, track, name
        event.flow_ids.extend(flows)
        event.terminating_flow_ids.extend(ends)
        for number, which, value in notes:
            note = event.debug_annotations.add()
            note.name_iid = number
            setattr(note, which, value)
    builder.serialize()
    return len(values), time.process_time() - began


def report(what: str, run: RunLog, best: dict[str, tuple[float, int]]) -> None:
    """A table."""
    events = len(run.records)
    print(f"{what}: {events:,} events")
    print(f"{'':<12}{'s':>7}{'events/s':>12}{'bytes/event':>13}{'times JSON lines':>18}")
    for name, (seconds, size) in best.items():
        print(
            f"{name:<12}{seconds:>7.2f}{events / seconds:>12,.0f}{size / events:>13.1f}"
            f"{seconds / best[BASELINE][0]:>18.1f}"
        )


def main() -> int:
    forms = writers()
    with tempfile.TemporaryDirectory() as name:
        run = stressed(Path(name) / "stress.jsonl")
        report("stress", run, measured(run, forms))
        out = BytesIO()
        forms["perfetto"](run, out)
        if (package := built(out.getvalue())) is not None:
            print(f"package perfetto: {package[0]:,} packets in {package[1]:.2f} s")
        if not RECORDING.exists():
            print(f"no recording: {RECORDING.name} is not there")
            return 0
        run = imported(Path(name) / "recording.jsonl")
    best = measured(run, forms)
    report(RECORDING.name, run, best)
    slow = [name for name, (seconds, _) in best.items() if seconds > SECONDS]
    print(f"target: {LINES:,} lines within {SECONDS:g} s: {', '.join(slow) or 'ok'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
