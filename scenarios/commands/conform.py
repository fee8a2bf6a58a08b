"""`slabrace conform`: did a real kernel do what the model would have done."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from slabrace.runtime.errors import UsageError
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.conform.conformance import ConformanceError, check, render

__all__ = ["conform"]

CONFORMS, DEVIATES, UNREADABLE = 0, 1, 2
STDIN = "-"


def conform(
    *traces: Annotated[
        str, Help("ftrace text, plain, .gz or .zst; - is stdin.", allow_leading_hyphen=True)
    ],
    json: AsJson = False,
) -> int:
    """Check recordings of real kernels. Exit code 0: every line is explained; 1: not every one."""
    if not traces:
        raise UsageError(
            "conform needs at least one recording: a file of ftrace text, plain, .gz or .zst, or "
            "- for stdin"
        )
    for trace in traces:
        if trace.startswith("-") and trace != STDIN:
            raise UsageError(f"unknown option {trace} of `conform`; it has --json and no other")
    reports = []
    broken: list[str] = []
    for trace in traces:
        try:
            report = check(sys.stdin if trace == STDIN else trace, trace)
        except ConformanceError as error:
            broken.append(str(error))
            continue
        reports.append(report)
        if not json:
            print(render(report), flush=True)
    if json:
        document: dict[str, Any] = {"files": [report.to_json() for report in reports]}
        if broken:
            document["error"] = "; ".join(broken)
        print_json(document)
    else:
        for complaint in broken:
            say(complaint)
    if broken:
        return UNREADABLE
    return DEVIATES if any(report.unexplained for report in reports) else CONFORMS
