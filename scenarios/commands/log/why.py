"""`slabrace log why`: the chain of causes back from an event, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_calls import calls
from slabrace.runtime.log_chain import Link, NoDeliveriesError, Reasons, links, reasons
from slabrace.runtime.log_filter import Filter
from slabrace.runtime.log_reader import Header, Record
from slabrace.scenarios.commands.log.lines import File, Lines, microseconds, text
from slabrace.scenarios.commands.log.paint import Paint
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, columns, print_json, say

__all__ = ["why"]

COMMON: Final = frozenset({"run", "step", "vt", "event", "actor", "cpu"})


def why(
    file: File,
    step: Annotated[int | None, Help("The event's step. Default: where a law was broken.")] = None,
    /,
    *,
    limit: Annotated[int, Help("At most so many deliveries.")] = 40,
    run: Annotated[str | None, Help("Of this run. Default: the first that has the step.")] = None,
    json: AsJson = False,
) -> int:
    """Tell why something happened: the chain of causes back from a step, the latest first.

    Each delivery is followed to the one in which its message was sent (cause), and to the one that
    had left what it found (saw): the last write of the same word of the same object. Between them
    are the functions that were entered on the way. In a recording of a kernel, which has no
    deliveries, it is the chain of calls.
    """
    if limit < 1:
        raise UsageError(f"--limit {limit}: expected 1 or more")
    only = Filter([("run", run)] if run is not None else [])
    reader = Lines(file)
    asked = step
    try:
        found, step = reasons(wanted(reader, only), asked)
    except NoDeliveriesError:
        reader.conclude()
        if asked is None:
            raise
        return show_calls(wanted(Quiet(file), only), asked, json=json)
    reader.conclude()
    steps = found.back(step, limit)
    chain = links(wanted(Quiet(file), only), found, steps)
    reaches_start = len(steps) < limit
    if json:
        document = {
            "run": found.run, "step": step, "chain": msgspec.to_builtins(chain),
            "complete": reaches_start, **reader.remarks(),
        }  # fmt: skip
        print_json(document)
        return 0
    show(found, chain)
    if not reaches_start:
        say(f"these are the latest {limit} deliveries of the chain; --limit shows more")
    return 0


class Quiet(Lines):
    """The same lines once more: what is wrong with them has been said."""

    def complain(self, _problem: object) -> None:
        """Say nothing."""


def wanted(lines: Lines, only: Filter) -> Iterator[Header | Record]:
    """The lines of the run that is asked for."""
    return (line for line in lines if isinstance(line, Header) or only(line.fields))


def show(found: Reasons, chain: list[Link]) -> None:
    """Print the chain, the latest line first."""
    paint = Paint()
    rows: list[tuple[str, str, str, str]] = []
    styles: list[str] = []
    waiting: dict[tuple[int, str], list[str]] = {}  # functions, by when they were entered

    def add(event: str, step: int, vt: int, what: str, reason: str = "") -> None:
        rows.append((str(step), microseconds(vt), what, reason))
        styles.append(event)

    def enter(until: int) -> None:
        for entered, actor in sorted(waiting, reverse=True):
            if entered >= until:
                for name in reversed(waiting.pop((entered, actor))):
                    add("function", entered, times.get(entered, 0), f"{name}() entered by {actor}")

    times = {link.step: link.vt for link in chain}
    for fields in reversed(found.events):
        add(fields["event"], fields["step"], fields["vt"], told(fields))
    for link in chain:
        enter(link.step)
        reason = f"after {link.cause}" if link.cause else "after the start"
        if link.saw is not None and link.saw != link.cause:
            reason += f", saw {link.saw}"
        add("deliver", link.step, link.vt, f"{text(link.access)} by {text(link.actor)}", reason)
        if link.entered and link.cause in {0, *times}:
            waiting[link.cause, text(link.actor)] = [text(name) for name in link.entered]
    enter(0)
    print(paint("run", f"run {text(found.run)}"))
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for (step, time, what, reason), style in zip(rows, styles, strict=True):
        row = f"{step:>{widths[0]}}  {time:>{widths[1]}}  {what:<{widths[2]}}  {reason}"
        print(paint(style, row.rstrip()))


def show_calls(lines: Iterable[Header | Record], step: int, *, json: bool) -> int:
    """Print how an event of a recording was come to."""
    fields, chain = calls(lines, step)
    if json:
        found = [
            {"step": call.step, "vt": call.vt, "name": call.name, "caller": call.caller}
            for call in chain
        ]
        print_json({"run": fields["run"], "step": step, "event": fields, "calls": found})
        return 0
    rows = []
    if fields["event"] != "function":
        rows.append((str(step), microseconds(fields["vt"]), told(fields)))
    for number, call in enumerate(chain):
        by = f" called by {text(call.caller)}()" if call.caller is not None else ""
        cut = " (not recorded)" if by and number == len(chain) - 1 else ""
        what = f"{text(call.name)}() entered by {text(fields.get('actor', ''))}{by}{cut}"
        rows.append((str(call.step), microseconds(call.vt), what))
    print(Paint()("run", f"run {text(fields['run'])}"))
    print(columns(rows))
    return 0


def told(fields: Mapping[str, Any]) -> str:
    """What was noted, on one line."""
    if fields["event"] == "violation":
        return f"{text(fields.get('law', ''))}: {text(fields.get('message', ''))}"
    rest = (f" {text(name)}={text(value)}" for name, value in fields.items() if name not in COMMON)
    return f"{text(fields['event'])}{''.join(rest)}"
