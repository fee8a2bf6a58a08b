"""The conformance check: a real kernel computes what the model computes, or not.

Theory. Each mm_shrink_slab_start/end pair is recomputed with the arithmetic that the
kernel model itself uses (actors/arithmetic.py). At the start: delta must follow for one
number of seeks, the same for all lines of a shrinker; total_scan must follow; the value
taken must have been left. At the end: what the plan lost was scanned; the counter must
hold next_deferred, plus what overlapping calls added to it. That excess is never just
allowed: it must be exactly the value that the last overlapping add printed (deferred.py),
or will print, if its line comes late: a Debt, which waits for the calls in flight.

A formula is a kernel version. Where the format leaves a choice, all that it allows are
tried side by side, and the one that explains most is reported.

Memory is bounded: calls in flight, and the ledger's own bounds.

This file judges; it must not parse (ftrace.py), read files (recordings/source.py) or print
(report.py).

Source: mm/shrinker.c:do_shrink_slab(), v6.12; mm/vmscan.c:do_shrink_slab(), v6.1 and before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TextIO

from slabrace.actors.arithmetic import FORMULAS
from slabrace.scenarios.conform.ftrace import Mark, Parser, Start
from slabrace.scenarios.conform.judge import Judge
from slabrace.scenarios.conform.report import Report, render
from slabrace.scenarios.recordings.source import HOW_TO_RECORD, lines_of
from slabrace.scenarios.recordings.source import RecordingError as ConformanceError

__all__ = ["Checker", "ConformanceError", "Report", "check", "render"]

HOPELESS: Final = 256
"""Unexplained pairs more than the best formula, after which one is no longer tried."""


class Checker:
    """Fed line by line; `report()` ends it."""

    def __init__(self) -> None:
        self._parser = Parser()
        self._judges = [Judge(formula) for formula in FORMULAS]
        self._lost = 0

    def feed(self, line: str) -> None:
        """Takes the next line of the recording."""
        record = self._parser.feed(line)
        if record is None:
            return
        number = self._parser.lines
        if isinstance(record, Mark):
            self._lost += record.amount
            for judge in self._judges:
                judge.mark(record, number)
            return
        if isinstance(record, Start) and self._parser.starts == 1:
            old = record.priority is None
            self._judges = [judge for judge in self._judges if judge.formula.pressed == old]
        for judge in self._judges:
            judge.judge(record, line, number)
        if len(self._judges) > 1:
            best = min(judge.verdicts.unexplained for judge in self._judges)
            self._judges = [j for j in self._judges if j.verdicts.unexplained <= best + HOPELESS]

    def report(self, name: str) -> Report:
        """Ends the check; raises ConformanceError if there was nothing to check."""
        parser = self._parser
        if not (parser.starts or parser.ends):
            found = "an empty file" if not parser.lines else f"none in {parser.lines} lines"
            if parser.broken:
                found += f" that can be read ({parser.broken[0]})"
            raise ConformanceError(
                name, "mm_shrink_slab_start and mm_shrink_slab_end lines", found, HOW_TO_RECORD
            )
        for judge in self._judges:
            judge.finish()
        best = min(self._judges, key=lambda judge: judge.verdicts.unexplained)
        report = Report(
            path=name,
            lines=parser.lines,
            skipped=parser.skipped,
            lost_events=self._lost,
            forgotten=best.forgotten,
            formula=best.formula.name,
            versions=best.formula.versions,
            passed=parser.passed,
            broken=parser.broken,
            callbacks=best.verdicts.callbacks,
            explanations=best.verdicts.explanations,
        )
        report.add_up()
        return report


def check(path: str | Path | TextIO, name: str) -> Report:
    """Checks one recording (a path, or an open text such as stdin), plain, .gz or .zst."""
    checker = Checker()
    for line in lines_of(path, name):
        checker.feed(line)
    return checker.report(name)
