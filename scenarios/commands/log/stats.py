"""`slabrace log stats`: what a log is made of, in figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

from slabrace.runtime.log_filter import Filter
from slabrace.runtime.log_reader import Record
from slabrace.runtime.log_stats import Statistics
from slabrace.scenarios.commands.log.lines import File, Lines, microseconds, text
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, counted, print_json

__all__ = ["stats"]

WAITS: Final = {"contention": "lock"}
"""Spans that are waits, and the field that says for what."""

LONGEST: Final = 5
"""Of the longest of each span, how many a table shows."""


def stats(
    file: File,
    /,
    *,
    run: Annotated[str | None, Help("Of this run. Default: of all.")] = None,
    json: AsJson = False,
) -> int:
    """Count a log: events, rates, latencies, the longest spans, the most contended objects.

    A second is one of virtual time, or of real time in a recording of a kernel.
    """
    from slabrace.actors.legend import LEGEND

    reader = Lines(file)
    wanted = None if run is None else Filter([("run", run)])
    statistics = Statistics(LEGEND, WAITS)
    for line in reader:
        if isinstance(line, Record) and (wanted is None or wanted(line.fields)):
            statistics.add(line.fields)
    reader.conclude()
    document = statistics.document()
    if json:
        print_json({**document, **reader.remarks()})
    else:
        show(document)
    return 0


def show(figures: Mapping[str, Any]) -> None:
    """Print what there is, a paragraph for each kind of figure."""
    events = figures["events"]
    print(
        f"{counted(figures['runs'], 'run')}, {counted(figures['actors'], 'actor')}, "
        f"{counted(figures['steps'], 'step')}, {microseconds(figures['time_ns'])}: "
        f"{counted(events['count'], 'event')}, {ratio(events['per_step'])} a step, "
        f"{ratio(events['per_second'])} a second"
    )
    table(
        ("EVENT", "COUNT", "A STEP", "A SECOND"),
        (
            (each["event"], each["count"], ratio(each["per_step"]), ratio(each["per_second"]))
            for each in figures["by_event"]
        ),
    )
    ranks = {"message": figures["message_latency_ns"]} if "message_latency_ns" in figures else {}
    ranks |= figures["spans"]
    table(
        ("DURATION", "COUNT", "P50", "P90", "P99", "MAX", "OPEN"),
        (
            (name, each["count"], *map(time, map(each.get, RANKS)), each.get("unfinished", 0))
            for name, each in ranks.items()
        ),
    )
    if any(each.get("rounded") for each in ranks.values()):
        print("\nRanks are rounded down, by less than 0.1 %: there are too many different times.")
    table(
        ("LONGEST", "TIME", "WHO", "STEPS"),
        (
            (name, time(each["ns"]), each["who"], f"{each['begin']}..{each['end']}")
            for name, measured in figures["spans"].items()
            for each in measured["longest"][:LONGEST]
        ),
    )
    table(
        ("WAITED FOR", "KIND", "WAITS", "WAITERS", "TOTAL"),
        (
            (each["object"], each["kind"], each["waits"], each["waiters"], time(each["total_ns"]))
            for each in figures["waited_for"]
        ),
    )
    table(
        ("SPOKEN TO", "KIND", "SENDERS", "DELIVERIES"),
        (
            (each["object"], each["kind"], each["senders"], each["deliveries"])
            for each in figures["spoken_to"]
        ),
    )
    table(
        ("ACTOR", "KIND", "EVENTS"),
        ((each["actor"], each["kind"], each["events"]) for each in figures["by_actor"]),
    )


RANKS: Final = ("p50", "p90", "p99", "max")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print an aligned table: the first column and texts to the left, numbers to the right."""
    cells = [[cell(value) for value in row] for row in rows]
    if not cells:
        return
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    right = [all(row[at][:1].isdigit() or not row[at] for row in cells) for at in range(len(head))]
    print()
    for row in (head, *cells):
        aligned = (
            f"{text:>{width}}" if number else f"{text:<{width}}"
            for text, width, number in zip(row, widths, right, strict=True)
        )
        print("  ".join(aligned).rstrip())


def cell(value: Any) -> str:
    """A figure, or a name."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else text(value)


def time(nanoseconds: int | None) -> str:
    """A duration, if there is one."""
    return "" if nanoseconds is None else microseconds(nanoseconds)


def ratio(value: float | None) -> str:
    """A rate in three digits."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
