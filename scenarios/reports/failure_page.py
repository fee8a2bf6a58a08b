"""Failure page: one failure, to be understood without anything else at hand."""

from __future__ import annotations

from collections.abc import Iterator

from slabrace.runtime.exporters import svg
from slabrace.runtime.exporters.picture import Picture
from slabrace.scenarios.commands.output import command, counted
from slabrace.scenarios.reports.document import Document, Failing
from slabrace.scenarios.reports.page import code, link, page, pre, scrolling, text
from slabrace.scenarios.scripts import is_path

__all__ = ["brief", "failure_page", "rate"]


def failure_page(document: Document, each: Failing, picture: Picture, words: list[str]) -> str:
    """The page of ``each``; ``words`` are the options that a replay needs."""
    header = [
        f"<nav>{link('index.html', 'All failures')}</nav>",
        f"<h1>{text(each.law)} in {text(each.scenario)}</h1>",
        f"<p>{text(each.summary)}</p>",
    ]
    return page(f"{each.law} in {each.scenario}", header, body(document, each, picture, words))


def body(document: Document, each: Failing, picture: Picture, words: list[str]) -> Iterator[str]:
    """What is below the title."""
    if each.unexpected:
        yield (
            '<p class="alarm"><strong>This was not to be found.</strong> The verdict of '
            f"{code(each.scenario)} is Never: either the scenario has a bug that nobody knows of, "
            "or a fix does not hold.</p>"
        )
    yield f'<p class="bad">{text(f"{each.law}: {each.message}")}</p>'
    yield "<h2>The race</h2>"
    drawing = "\n".join(svg.lines(picture))
    yield f"<figure>{scrolling(drawing, 'the race, step by step')}<figcaption>"
    yield "Time runs downwards, one lane to an actor. "
    yield f"The picture alone: {link(each.picture, text(each.picture))}.</figcaption></figure>"
    if each.interactive is not None:
        yield (
            f"<p>{link(each.interactive, 'The whole run, to step through')}: every delivery, every "
            "object at every step.</p>"
        )
    yield "<details><summary>The same as text, for a mail</summary>"
    yield f'<div class="draw">{scrolling(pre(each.diagram), "the race as text", bare=True)}</div>'
    yield f"{pre(each.cause) if each.cause else ''}</details>"
    yield "<h2>Replay it</h2>"
    where = "In the directory of this report"
    if is_path(each.reference):  # it is looked up from where one is
        where = (
            f"Where {code(each.reference)} can be found, with the way to this report before "
            "<code>schedules/</code>"
        )
    yield f"<p>{where}:</p>"
    yield pre(replay(each, words))
    if each.token is not None:
        yield "<details><summary>Without any file</summary>"
        yield f"{pre(each.token)}</details>"
    yield "<h2>What is known</h2>"
    yield "<dl>"
    for name, told in facts(document, each):
        yield f"<dt>{text(name)}</dt><dd>{told}</dd>"
    yield "</dl>"


def replay(each: Failing, words: list[str]) -> str:
    """The command that shows it again."""
    return command("replay", each.schedule, *words, "--as", "diagram")


def facts(document: Document, each: Failing) -> Iterator[tuple[str, str]]:
    """Name and markup of each."""
    kind = f"{each.kind} {each.bug}" if each.bug else each.kind
    yield "Scenario", f"{code(each.reference)} ({text(kind)}), verdict {text(each.verdict)}"
    if each.parameters:
        told = ", ".join(f"{name}={value}" for name, value in each.parameters.items())
        yield "Parameters", code(told)
    yield "Signature", code(each.signature)
    yield "Size", text(size(each))
    if each.remark:
        yield "Remark", text(each.remark)
    yield "Found by", code(each.made_by)
    for times in each.seen:
        told = f"{times.campaign}: {rate(times.count, times.runs)}, first in run {times.first:,}"
        yield "Seen", text(told + ("; it ended there" if times.stopped else ""))
    if not each.seen:
        yield "Seen", "not recorded: the schedule was saved without a record of its campaign"
    yield "Files", ", ".join(code(file) for file in each.files)
    yield "Directory", code(document.directory)


def rate(count: int, runs: int) -> str:
    """``3 of 20,000 runs``, with what that is in percent where it says more."""
    share = f" ({100 * count / runs:.2g}\u00a0%)" if runs >= 100 and count < runs else ""
    return f"{count:,} of {counted(runs, 'run')}{share}"


def size(each: Failing) -> str:
    """How small it is, and how far that can be trusted."""
    told = brief(each)
    if each.exact:
        told += ", and no run has fewer preemptions"
    if each.before is not None:
        told += f"; it was saved with {measured(*each.before)}"
    elif each.sizing == "before":
        told += "; it was saved as small as that"
    return told


def brief(each: Failing) -> str:
    """The same, shorter."""
    if each.deliveries is None or each.preemptions is None:
        return f"{counted(each.picks, 'pick')}, not made small"
    return measured(each.preemptions, each.deliveries)


def measured(preemptions: int, deliveries: int) -> str:
    """``22 deliveries, 1 preemption``."""
    noun = "delivery" if deliveries == 1 else "deliveries"
    return f"{deliveries:,} {noun}, {counted(preemptions, 'preemption')}"
