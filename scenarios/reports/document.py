"""Document: a report as plain data: what `--json` prints, what report.json has, what pages show.

Nothing here is counted twice or guessed. A count is a record's; where there is none, it is null.
There is no date in it: the same folder makes the same report.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import msgspec

import slabrace
from slabrace.runtime.scenario import Scenario, Verdict
from slabrace.scenarios.bugs import NOT_HERE
from slabrace.scenarios.commands.output import command
from slabrace.scenarios.reports.failures import Failure, Sizing
from slabrace.scenarios.reports.folder import Folder, Skipped, printable
from slabrace.scenarios.reports.record import Asked, Record

__all__ = ["SCHEMA", "Campaign", "Document", "Failing", "Known", "Times", "document", "name_of"]

SCHEMA: Final = "slabrace.report/1"
LONGEST: Final = 4096
"""Characters of a token that are still worth copying."""

Status = Literal["found", "another law", "not found", "not searched", "no scenario"]


class Campaign(msgspec.Struct):
    """One run or search: what was asked, what came of it. ``failures`` by run: first seen."""

    file: str
    asked: Asked
    expected: str
    observed: str
    held: bool
    how: str
    why: str
    runs: int
    positive: int
    bound: int
    deliveries: int
    seconds: float
    interrupted: bool
    stopped: bool
    pairs: list[tuple[int, int, int]]
    traces: list[tuple[int, int]]
    failures: list[tuple[int, int]]


class Times(msgspec.Struct):
    """How often one campaign saw a failure: ``count`` of ``runs``, the first time in ``first``."""

    campaign: str
    count: int
    runs: int
    first: int
    stopped: bool


class Failing(msgspec.Struct):
    """One failure. ``unexpected``: the scenario's verdict is that this never happens.

    ``before``: preemptions and deliveries as saved, if it was made small here.
    """

    name: str
    scenario: str
    reference: str
    summary: str
    kind: str
    bug: str | None
    verdict: str
    unexpected: bool
    law: str
    message: str
    signature: str
    parameters: dict[str, Any]
    made_by: str
    count: int | None
    runs: int | None
    seen: list[Times]
    files: list[str]
    sizing: Sizing
    picks: int
    deliveries: int | None
    preemptions: int | None
    exact: bool | None
    before: tuple[int, int] | None
    remark: str
    cause: str
    diagram: str
    page: str
    picture: str
    schedule: str
    token: str | None
    interactive: str | None = None


class Known(msgspec.Struct):
    """A row of the catalogue. ``failures`` are those of its scenario, by name."""

    id: str
    scenario: str | None
    kind: str
    title: str
    verdict: str | None
    laws: list[str]
    status: Status
    runs: int
    failures: list[str]


class Lost(msgspec.Struct):
    """A failure that a record tells of, and no schedule shows."""

    scenario: str
    law: str
    message: str
    signature: str
    count: int
    campaign: str


class Document(msgspec.Struct):
    """See the head of this file."""

    schema: str
    slabrace: str
    directory: str
    failures: list[Failing]
    campaigns: list[Campaign]
    catalogue: list[Known]
    lost: list[Lost]
    skipped: list[Skipped]
    files: list[str] = []


def document(
    folder: Folder, failures: Sequence[Failure], scenarios: Sequence[Scenario]
) -> Document:
    """All of it, in the order in which it is shown."""
    failing = [entry(each, folder) for each in failures]
    failing.sort(key=lambda each: (not each.unexpected, -(each.count or 0), each.name))
    return Document(
        SCHEMA,
        slabrace.__version__,
        printable(folder.path),
        failing,
        [campaign(name, folder.records[name]) for name in sorted(folder.records)],
        [*known(scenarios, failing, list(folder.records.values())), *absent()],
        list(lost(folder, failures)),
        sorted(folder.skipped, key=lambda each: each.file),
    )


def campaign(name: str, record: Record) -> Campaign:
    """A record, with the failures it saw as a curve."""
    first = sorted(each.first for each in record.found)
    curve = [(run, number) for number, run in enumerate(first, 1)]
    fields = {each: getattr(record, each) for each in Campaign.__struct_fields__[1:-1]}
    return Campaign(file=name, **fields, failures=curve)


def entry(failure: Failure, folder: Folder) -> Failing:
    """A failure, as it is told."""
    scenario, schedule, small = failure.scenario, failure.schedule, failure.small
    violation = failure.violation
    name = name_of(failure)
    token = schedule.token()
    seen = [
        Times(
            where, times.count, folder.records[where].runs, times.first,
            folder.records[where].stopped,
        )
        for where, times in sorted(failure.seen.items())
    ]  # fmt: skip
    return Failing(
        name,
        scenario.name,
        schedule.scenario,
        scenario.summary,
        scenario.kind,
        scenario.bug,
        scenario.verdict.value,
        scenario.verdict is Verdict.NEVER,
        violation.law,
        violation.message,
        failure.signature,
        schedule.parameters,
        schedule.made_by,
        sum(each.count for each in seen) if seen else None,
        sum(each.runs for each in seen) if seen else None,
        seen,
        sorted(failure.files),
        failure.sizing,
        len(failure.picks),
        small.deliveries if small else None,
        small.preemptions if small else None,
        small.exact if small and failure.sizing == "here" else None,
        small.before if small and failure.sizing == "here" else None,
        failure.remark,
        str(failure.cause) if failure.cause is not None else "",
        failure.drawing,
        f"{name}.html",
        f"pictures/{name}.svg",
        f"schedules/{name}.json",
        command("replay", token, *failure.words) if len(token) <= LONGEST else None,
    )


def name_of(failure: Failure) -> str:
    """What its files are called: the same in every report, and a name in any file system."""
    key = f"{failure.schedule.scenario}\n{failure.signature}"
    digest = hashlib.blake2b(key.encode(errors="replace"), digest_size=4).hexdigest()
    told = f"{failure.scenario.name}-{failure.violation.law}"
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '_', told)[:80]}-{digest}"


def known(
    scenarios: Sequence[Scenario], failing: Sequence[Failing], records: Sequence[Record]
) -> list[Known]:
    """Every bug and suspect there is a scenario of, and whether it was found here."""
    rows = []
    for scenario in scenarios:
        if scenario.kind == "scenario":
            continue
        own = [each for each in failing if each.reference == scenario.name]
        runs = [each.runs for each in records if each.asked.scenario == scenario.name]
        if any(each.law in scenario.laws or not scenario.laws for each in own):
            status: Status = "found"
        elif own:
            status = "another law"
        else:
            status = "not found" if runs else "not searched"
        rows.append(
            Known(
                scenario.bug or "",
                scenario.name,
                scenario.kind,
                scenario.summary,
                scenario.verdict.value,
                list(scenario.laws),
                status,
                sum(runs),
                [each.name for each in own],
            )
        )
    return sorted(rows, key=lambda row: (natural(row.id), row.scenario or ""))


def absent() -> Iterator[Known]:
    """Known bugs that there is no scenario of, with the reason."""
    for bug in sorted(NOT_HERE, key=natural):
        yield Known(bug, None, "bug", NOT_HERE[bug], None, [], "no scenario", 0, [])


def natural(name: str) -> tuple[str, int]:
    """B2 before B10.

    >>> natural("B10")
    ('B', 10)
    """
    letters = name.rstrip("0123456789")
    number = name[len(letters) :]
    return letters, int(number or 0)


def lost(folder: Folder, failures: Sequence[Failure]) -> Iterator[Lost]:
    """What records tell of and nothing shows."""
    told = {(name, seen.signature) for each in failures for name, seen in each.seen.items()}
    for name in sorted(folder.records):
        record = folder.records[name]
        for each in record.found:
            if (name, each.signature) not in told:
                yield Lost(
                    record.asked.scenario, each.law, each.message, each.signature, each.count, name
                )
