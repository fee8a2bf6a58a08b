"""`slabrace log diff`: two runs of one scenario, where they part and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_diff import Difference, Ending, Parting, compared, same_scenario
from slabrace.runtime.log_reader import Header, Record
from slabrace.scenarios.commands.log.lines import File, Lines, text
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, columns, counted, print_json, say

__all__ = ["diff"]

TOLD: Final = 10
"""Actors and notes that are told of each kind; --json has all."""

COMMON: Final = frozenset({"step", "event", "actor", "times"})


def diff(
    a: File,
    b: Annotated[Path, Help("Another, or the same: two of its runs may be compared.")],
    /,
    *,
    run_a: Annotated[str | None, Help("Which run of A. Default: that which broke a law.")] = None,
    run_b: Annotated[str | None, Help("Which run of B.")] = None,
    json: AsJson = False,
) -> int:
    """Compare two runs of one scenario: it passes with this order and fails with that.

    Told are the first delivery that differs, and in consequence: where each actor went another
    way or got another answer, what only one of them noted, how each ended. Without --run-a and
    --run-b it is the first run that broke a law, or else the first. Exit code: 0 the same, 1 they
    differ, 2 they cannot be compared.
    """
    one, other = Side(a, run_a), Side(b, run_b)
    same_scenario(one.header, other.header)
    found = compared(one, other)
    for side in (one, other):
        side.lines.conclude()
    if json:
        differ = bool(found)
        print_json({"same": not differ, "scenario": one.header.get("scenario"),
                    **msgspec.to_builtins(found)})  # fmt: skip
    elif not found:
        print(f"the same: {ending(found.a)}")
    else:
        show(found)
    return 1 if found else 0


class Side:
    """One run of a log."""

    def __init__(self, file: Path, run: str | None) -> None:
        self.header, self.run = self._choose(file, run)
        self.lines = Lines(file)

    def _choose(self, file: Path, run: str | None) -> tuple[dict[str, Any], str]:
        """The header and the name of the run: the first that broke a law, or else the first."""
        first: tuple[dict[str, Any], str] | None = None
        header: dict[str, Any] = {}
        for line in Quiet(file):
            fields = line.fields
            if isinstance(line, Header):
                header = fields
                continue
            if run is not None:
                if fields["run"] == run:
                    return header, run
                continue
            first = first or (header, fields["run"])
            if fields["event"] == "violation":
                return header, fields["run"]
        if first is None:
            what = "no event" if run is None else f"no run {run}"
            raise UsageError(f"{file} has {what}; `slabrace log show` lists what is in it")
        return first

    def __iter__(self) -> Iterator[Header | Record]:
        return (
            line
            for line in self.lines
            if isinstance(line, Record) and line.fields["run"] == self.run
        )


class Quiet(Lines):
    """The lines of a log, before they are read in earnest."""

    def complain(self, _problem: object) -> None:
        """Say nothing yet."""


def show(found: Difference) -> None:
    """Print what differs."""
    print(columns([("A", ending(found.a)), ("B", ending(found.b))]))
    if found.first is not None:
        print("\nfirst pick that differs")
        print(sides(found.first, sender=True))
    elif found.a.deliveries:
        print("\nno pick differs")
    if found.actors:
        print("\nthen, for each actor")
        for name, parting in some(list(found.actors.items()), "actors"):
            print(f"  {text(name)}\n{sides(parting, indent='    ')}")
    for side, notes in (("A", found.only_a), ("B", found.only_b)):
        if notes:
            print(f"\nonly {side} noted")
            rows = [note(each) for each in some(notes, f"notes of {side}")]
            print(columns(rows, "  "))
    if not found.complete:
        say("more differs than is kept; the notes of only one are not all there are")


def some(items: Sequence[Any], what: str) -> Sequence[Any]:
    """The first of ``items``; how many are left out is said."""
    if len(items) > TOLD:
        say(f"{len(items) - TOLD} more {what} differ; --json tells all")
    return items[:TOLD]


def ending(side: Ending) -> str:
    """How a run ended, in a line."""
    broken = "; ".join(f"{text(each['law'])}: {text(each['message'])}" for each in side.violations)
    how = text(side.how) if side.how is not None else "no end in this log"
    return (
        f"run {text(side.run)}, {counted(side.deliveries, 'delivery')}".replace(
            "deliverys", "deliveries"
        )
        + f", {how}{f': {broken}' if broken else ''}"
    )


def sides(parting: Parting, *, sender: bool = False, indent: str = "  ") -> str:
    """A delivery of A, and that of B in its place."""
    rows = []
    for side, told in (("A", parting.a), ("B", parting.b)):
        if told is None:
            rows.append((side, "", "no more deliveries"))
            continue
        by = f" by {text(told['actor'])}" if sender else ""
        rows.append((side, f"step {told['step']}", f"{text(told['told'])}{by}"))
    return columns(rows, indent)


def note(told: dict[str, Any]) -> tuple[str, str, str]:
    """What only one noted."""
    rest = " ".join(
        f"{text(name)}={text(value)}" for name, value in told.items() if name not in COMMON
    )
    times = f"  ({told['times']} times)" if told["times"] > 1 else ""
    who = f" by {text(told['actor'])}" if "actor" in told else ""
    return f"step {told['step']}", text(told["event"]), f"{rest}{who}{times}"
