"""Page: the sheet of paper that every page of a report is written on, and its small parts.

Plain HTML: headings, tables with heads, links; no script, and nothing is loaded, which the page
forbids itself. It is light or dark as the reader's system is, prints in black, and whatever comes
from a scenario (names, messages) is text and never markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from slabrace.runtime.exporters.lettering import plain

__all__ = ["code", "link", "page", "pre", "scrolling", "table", "text"]

LIGHT: Final = (
    "--paper:#fff;--card:#f6f8fa;--edge:#c3ccd5;--ink:#1b2027;--soft:#57606a;--link:#00558f;"
    "--bad:#a84300;--tint:#fdebdd;--head:#e7ecf1;--lane:#f6f8fa;--pair:#00558f;--good:#1a5e3a"
)
DARK: Final = (
    "--paper:#15191e;--card:#1d232a;--edge:#3d4752;--ink:#e4e9ee;--soft:#a3aeb9;--link:#7cc0f5;"
    "--bad:#ffa970;--tint:#3a2618;--head:#2a323b;--lane:#1a2026;--pair:#7cc0f5;--good:#7fd6a4"
)
ROLES: Final = ("paper", "lane", "head", "edge", "ink", "soft", "bad", "tint", "pair")
STYLE: Final = f"""
:root{{color-scheme:light dark;{LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",Helvetica,Arial,sans-serif}}
main,header,footer{{max-width:1180px;margin:0 auto;padding:0 24px}}
header{{padding-top:28px}}footer{{padding-bottom:32px;color:var(--soft)}}
h1{{font-size:1.7rem;line-height:1.25;margin:0 0 6px;overflow-wrap:anywhere}}
h2{{font-size:1.25rem;margin:36px 0 10px}}
h3{{font-size:1rem;margin:22px 0 6px;overflow-wrap:anywhere}}
p{{margin:8px 0;max-width:75ch}}
a{{color:var(--link)}}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{{
outline:3px solid var(--link);outline-offset:2px}}
code,pre,.m{{font-family:"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;
font-size:.875rem}}
code,.m{{overflow-wrap:anywhere}}
th code,td code,th .m{{overflow-wrap:break-word}}
pre{{background:var(--card);border:1px solid var(--edge);border-radius:6px;padding:12px 14px;
margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere}}
.draw pre{{white-space:pre}}
.scroll{{overflow-x:auto;border:1px solid var(--edge);border-radius:6px;margin:8px 0}}
.scroll.bare{{border:0;border-radius:0}}
table{{border-collapse:collapse;width:100%}}
th,td{{text-align:left;vertical-align:top;padding:7px 12px;border-top:1px solid var(--edge)}}
thead th{{border-top:0;background:var(--head);white-space:nowrap}}
tbody th{{font-weight:600}}tbody th .soft{{font-weight:400}}
.n{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
.soft{{color:var(--soft)}}.bad{{color:var(--bad);font-weight:600}}
.good{{color:var(--good);font-weight:600}}
.alarm{{background:var(--tint);border-left:5px solid var(--bad);padding:10px 16px;margin:14px 0}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:10px 0}}
dt{{color:var(--soft)}}dd{{margin:0;overflow-wrap:anywhere}}
.sum{{display:flex;flex-wrap:wrap;gap:14px;list-style:none;margin:18px 0 0;padding:0}}
.sum li{{background:var(--card);border:1px solid var(--edge);border-radius:6px;
padding:8px 18px;min-width:130px}}
.sum b{{display:block;font-size:1.5rem;line-height:1.3}}
.charts{{display:flex;flex-wrap:wrap;gap:18px}}
figure{{margin:0}}figcaption{{color:var(--soft);font-size:.9rem;margin-top:4px}}
.charts figcaption{{max-width:340px}}
svg.race{{display:block;width:100%;min-width:820px;height:auto}}
svg.chart{{display:block;max-width:100%;height:auto}}
details{{margin:8px 0}}summary{{cursor:pointer;color:var(--link)}}
{"".join(f".f-{each}{{fill:var(--{each})}}.s-{each}{{stroke:var(--{each})}}" for each in ROLES)}
@media print{{:root{{color-scheme:light;{LIGHT}}}body{{font-size:11pt}}
.scroll{{overflow:visible;border:0}}svg.race{{min-width:0}}nav{{display:none}}
main,header,footer{{max-width:none;padding:0}}h2,h3{{break-after:avoid}}
tr,figure,pre,.alarm{{break-inside:avoid}}a{{color:inherit}}}}
"""
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, header: Iterable[str], body: Iterable[str]) -> str:
    """A whole page."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{text(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            "<header>",
            *header,
            "</header>",
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def text(told: object) -> str:
    """``told`` as it is read: nothing in it is markup, and nothing cannot be seen."""
    return escape(plain(str(told)))


def code(told: object) -> str:
    """A name or a line of a program."""
    return f"<code>{text(told)}</code>"


def pre(told: str, label: str = "") -> str:
    """Lines as they stand."""
    name = f' role="region" tabindex="0" aria-label="{text(label)}"' if label else ""
    return f"<pre{name}>{escape(plain(told, keep=chr(10)))}</pre>"


def link(address: str, told: str) -> str:
    """A link; ``told`` is markup already."""
    return f'<a href="{escape(address)}">{told}</a>'


def scrolling(inside: str, label: str, *, bare: bool = False) -> str:
    """What may be wider than the window: it scrolls by itself, by keyboard too."""
    kind = "scroll bare" if bare else "scroll"
    return (
        f'<div class="{kind}" role="region" tabindex="0" aria-label="{text(label)}">{inside}</div>'
    )


def table(label: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names its rows; cells are markup, a head with ``#`` numbers."""
    numbers = [head.startswith("#") for head in heads]
    kinds = [' class="n"' if number else "" for number in numbers]
    top = "".join(
        f'<th scope="col"{kind}>{text(head.removeprefix("#"))}</th>'
        for head, kind in zip(heads, kinds, strict=True)
    )
    lines = []
    for row in rows:
        first, *rest = row
        cells = "".join(
            f"<td{kind}>{cell}</td>" for cell, kind in zip(rest, kinds[1:], strict=True)
        )
        lines.append(f'<tr><th scope="row"{kinds[0]}>{first}</th>{cells}</tr>')
    inside = f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return scrolling(inside, label)
