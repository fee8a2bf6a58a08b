"""Index page: a campaign at a glance: failures, campaigns with their curves, the catalogue.

Rates are those of the runs that were made. A systematic search does not draw its runs, so its
rates are no chances; and one that ends at its first violation sees one failure, however many there
are. The page says so where it shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slabrace.scenarios.commands.output import counted
from slabrace.scenarios.reports.chart import Curve, chart
from slabrace.scenarios.reports.document import Campaign, Document, Failing, Known
from slabrace.scenarios.reports.failure_page import brief, rate
from slabrace.scenarios.reports.page import code, link, page, table, text

__all__ = ["index_page"]

MANY: Final = 200
"""Files that are named as skipped; of more, how many there are."""
POINTS: Final = 3
"""A curve with fewer points is no curve."""


def index_page(document: Document) -> str:
    """The page."""
    title = f"Report of {document.directory}"
    data = link("report.json", "report.json")
    header = [
        f"<h1>{text(title)}</h1>",
        f'<p class="soft">slabrace {text(document.slabrace)}; the same as data: {data}</p>',
        f'<ul class="sum">{"".join(figures(document))}</ul>',
    ]
    body = [
        *failures(document),
        *campaigns(document),
        *curves(document),
        *catalogue(document),
        *skipped(document),
    ]
    return page(title, header, body)


def figures(document: Document) -> Iterator[str]:
    """The few that one looks for first."""
    bugs = {row.id for row in document.catalogue if row.scenario and row.kind == "bug"}
    found = {row.id for row in document.catalogue if row.status == "found" and row.kind == "bug"}
    for number, told in (
        (f"{len(document.failures):,}", "failures"),
        (f"{sum(each.unexpected for each in document.failures):,}", "not to be found"),
        (f"{sum(each.runs for each in document.campaigns):,}", "runs"),
        (f"{sum(each.deliveries for each in document.campaigns):,}", "deliveries"),
        (f"{len(found)} of {len(bugs)}", "known bugs found"),
    ):
        yield f"<li><b>{number}</b>{told}</li>"


def failures(document: Document) -> Iterator[str]:
    """The failures by signature."""
    yield "<h2>Failures</h2>"
    unexpected = [each for each in document.failures if each.unexpected]
    if unexpected:
        names = ", ".join(link(each.page, text(each.scenario)) for each in unexpected)
        yield (
            f'<p class="alarm"><strong>Not to be found:</strong> {names}. The verdict of each is '
            "Never.</p>"
        )
    if not document.failures:
        yield "<p>No run broke a law, as far as anything was saved.</p>"
        return
    yield "<p>One row to a signature: law, parties, and the pair of deliveries that clash.</p>"
    yield table(
        "failures",
        ["Failure", "Scenario", "Seen", "#First in run", "Minimised", "What it is"],
        map(failure, document.failures),
    )
    if document.lost:
        yield "<h3>Recorded, with no schedule that shows them</h3>"
        yield table(
            "failures without a schedule",
            ["Law", "Scenario", "#Runs", "Message", "Record"],
            (
                (code(each.law), code(each.scenario), f"{each.count:,}", text(each.message),
                 code(each.campaign))
                for each in document.lost
            ),
        )  # fmt: skip


def failure(each: Failing) -> list[str]:
    """A row."""
    kind = f"{each.kind} {each.bug}" if each.bug else each.kind
    if each.unexpected:
        kind = f'<span class="bad">{text(kind)}, verdict Never</span>'
    else:
        kind = text(f"{kind}, verdict {each.verdict}")
    small = text(brief(each))
    if each.interactive is not None:
        small += f"<br>{link(each.interactive, 'the run, to step through')}"
    seen = "not recorded"
    if each.count is not None and each.runs is not None:
        seen = rate(each.count, each.runs)
    return [
        f'{link(each.page, code(each.law))}<br><span class="soft m">{text(each.signature)}</span>',
        f'{code(each.scenario)}<br><span class="soft">{kind}</span>',
        text(seen),
        f"{min(times.first for times in each.seen):,}" if each.seen else "",
        small,
        text(each.message),
    ]


def campaigns(document: Document) -> Iterator[str]:
    """What was run, and what it said."""
    yield "<h2>Campaigns</h2>"
    if not document.campaigns:
        yield (
            "<p>Nothing is recorded of how many runs were made: these schedules were saved by "
            "themselves. <code>slabrace run --save</code> and <code>slabrace explore --save</code> "
            "leave a record beside them.</p>"
        )
        return
    yield (
        "<p>Rates are those of the runs that were made. Only runs drawn at random make them a "
        "chance; a search that ended at its first violation has seen one failure, whatever else "
        "there is.</p>"
    )
    yield table(
        "campaigns",
        ["Scenario", "Who picks", "#Runs", "#Broke a law", "Verdict", "How far to trust it"],
        map(campaign, document.campaigns),
    )


def campaign(each: Campaign) -> list[str]:
    """A row."""
    asked = each.asked
    settings = ", ".join(f"{name}={value}" for name, value in asked.parameters.items())
    held = "holds" if each.held else "does not hold"
    if not each.held and each.how == "inconclusive":
        held = "is open"
    trust = f"{each.how}: {each.why}" if each.why else each.how
    trust += "; interrupted" if each.interrupted else ""
    trust += f"; {counted(each.bound, 'run')} cut off" if each.bound else ""
    kind = "good" if each.held else "bad"
    return [
        f'{code(asked.scenario)}<br><span class="soft m">{text(settings)}</span>',
        text(f"{asked.command}, {', '.join(asked.strategies)}, seed {asked.seed}"),
        f"{each.runs:,}",
        f"{each.positive:,}",
        f'<span class="{kind}">{text(each.expected)} {held}</span>',
        text(trust),
    ]


def curves(document: Document) -> Iterator[str]:
    """How much was new, run by run; of campaigns that were long enough to tell."""
    drawn = [(each, list(charts(each))) for each in document.campaigns]
    if not document.campaigns:
        return
    yield "<h2>Coverage</h2>"
    yield (
        "<p>How much was new, run by run: a curve that has gone flat says that more runs of the "
        "same kind will show little more.</p>"
    )
    for each, some in drawn:
        if some:
            who = f"{', '.join(each.asked.strategies)}, seed {each.asked.seed}"
            yield f'<h3>{code(each.asked.scenario)} <span class="soft">{text(who)}</span></h3>'
            yield f'<div class="charts">{"".join(some)}</div>'
    short = [each.asked.scenario for each, some in drawn if not some]
    if short:
        told = ", ".join(map(code, dict.fromkeys(short)))
        yield f"<p>Too short for a curve, or not measured: {told}.</p>"


def charts(each: Campaign) -> Iterator[str]:
    """The curves of one campaign."""
    if len(each.pairs) >= POINTS:
        seen = Curve("pairs", [(run, pairs) for run, pairs, _ in each.pairs])
        both = Curve("both ways", [(run, both) for run, _, both in each.pairs], dashed=True)
        yield figure("Pairs of deliveries that conflict, and those seen in both orders", each,
                     [seen, both])  # fmt: skip
    if len(each.traces) >= POINTS:
        title = "Different traces among the runs drawn at random"
        yield figure(title, each, [Curve("traces", each.traces, sloping=True)])
    if each.failures and not each.stopped:
        yield figure("Different failures", each, [Curve("failures", each.failures)])


def figure(title: str, each: Campaign, some: list[Curve]) -> str:
    """A chart with its title below."""
    return f"<figure>{chart(title, each.runs, some)}<figcaption>{text(title)}</figcaption></figure>"


def catalogue(document: Document) -> Iterator[str]:
    """All that is known, and whether it was found here."""
    yield "<h2>Catalogue</h2>"
    yield "<p>Every known bug and every suspect, and whether it was found in this directory.</p>"
    names = {each.name: each for each in document.failures}
    yield table(
        "catalogue",
        ["Id", "Scenario", "Title", "Verdict", "Found here"],
        (known(row, names) for row in document.catalogue),
    )


def known(row: Known, names: dict[str, Failing]) -> list[str]:
    """A row."""
    told = {
        "found": '<span class="good">yes</span>',
        "another law": '<span class="bad">another law broke</span>',
        "not found": f'<span class="bad">no</span>, in {counted(row.runs, "run")}',
        "not searched": '<span class="soft">not searched</span>',
        "no scenario": '<span class="soft">no scenario</span>',
    }[row.status]
    links = ", ".join(link(names[each].page, code(names[each].law)) for each in row.failures)
    return [
        text(row.id),
        code(row.scenario) if row.scenario else "",
        text(row.title),
        text(row.verdict or ""),
        f"{told}: {links}" if links else told,
    ]


def skipped(document: Document) -> Iterator[str]:
    """What nothing was made of."""
    if not document.skipped:
        return
    yield "<h2>Skipped</h2>"
    yield f"<p>Nothing was made of {counted(len(document.skipped), 'file')}.</p>"
    rows = ([code(each.file), text(each.why)] for each in document.skipped[:MANY])
    yield table("files that were skipped", ["File", "Why"], rows)
    if len(document.skipped) > MANY:
        yield f"<p>And {len(document.skipped) - MANY:,} more; report.json names them all.</p>"
