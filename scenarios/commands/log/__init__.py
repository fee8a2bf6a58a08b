"""`slabrace log`: read a structured log. One file for each command; each is imported when used."""

from __future__ import annotations

from typing import Final

import cyclopts

__all__ = ["app"]

COMMANDS: Final = {
    "show": ("show:show", "its events as a table: filtered, around a step, before and after one"),
    "query": ("query:query", "ask it in SQL: events, messages, sections, locks, lifetimes"),
    "why": ("why:why", "the chain of causes back from an event"),
    "diff": ("diff:diff", "two runs of one scenario: where they part, and what comes of it"),
    "stats": ("stats:stats", "counts, rates, latencies, the longest spans, the most contended"),
    "convert": ("convert:convert", "JSON lines, plain or packed, to Parquet and back"),
    "schema": ("schema:schema", "the JSON Schema of a line"),
}

app = cyclopts.App(name="log", help="Read a structured log: plain, .gz, .zst or .parquet.")
for name, (place, summary) in COMMANDS.items():
    app.command(f"slabrace.scenarios.commands.log.{place}", name=name, help=summary)
