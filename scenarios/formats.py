"""Formats: in which forms a run can be exported, who opens them, and what each is made from.

    log     one run of a log; of a schedule, that of the run made again
    story   the same, and the race in columns of text, where a schedule is made again
    trace   a run made again with a witness (picturing.py): no log knows in which function something
            was done

Exporters are imported when they are used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, Literal, NamedTuple

__all__ = ["FORMATS", "Format"]


class Format(NamedTuple):
    """``place`` is where it is written, ``opens`` who opens it."""

    place: str
    opens: str
    source: Literal["log", "story", "trace"] = "log"

    @property
    def write(self) -> Callable[..., list[str]]:
        """Writes it; answers what was left out, one remark each."""
        module, _, name = self.place.partition(":")
        function: Any = getattr(import_module(f"slabrace.{module}"), name)
        return function  # type: ignore[no-any-return]  # by name


RUNTIME: Final = "runtime.exporters"
KERNEL: Final = "actors.exporters"

FORMATS: Final[dict[str, Format]] = {
    "html": Format(f"{RUNTIME}.html:write", "any browser, offline", "story"),
    "svg": Format(f"{RUNTIME}.svg:write", "browsers, LaTeX, Inkscape", "trace"),
    "png": Format(f"{RUNTIME}.png:write", "slides", "trace"),
    "perfetto": Format(f"{RUNTIME}.perfetto:write", "ui.perfetto.dev, trace_processor"),
    "chrome": Format(f"{RUNTIME}.chrome:write", "chrome://tracing, Perfetto, speedscope"),
    "ftrace": Format(f"{KERNEL}.ftrace:write", "people, grep, Perfetto, slabrace conform"),
    "tracedat": Format(f"{KERNEL}.tracedat:write", "trace-cmd report, KernelShark"),
    "shiviz": Format(f"{RUNTIME}.shiviz:write", "ShiViz"),
    "mermaid": Format(f"{RUNTIME}.mermaid:write", "mermaid, GitHub, GitLab"),
    "plantuml": Format(f"{RUNTIME}.plantuml:write", "PlantUML"),
    "otlp-json": Format(f"{RUNTIME}.otlp_json:write", "OpenTelemetry collectors, Jaeger"),
}
