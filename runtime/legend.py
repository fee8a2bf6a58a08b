"""Legend: what an application says of its events, so that whoever draws them need not know it.

The machine knows deliveries and notes. Which two notes are the beginning and the end of something,
which say that an object is made or freed, and in what order actors are shown, only the application
can say. It does so in one table, and every log, query, picture and export reads that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["STAGES", "Legend", "SpanRule", "Stage"]

STAGES: Final = ("allocated", "published", "retired", "freed")
"""What an object goes through: it is there; others can find it; no new one can; it is gone."""


@dataclass(frozen=True)
class SpanRule:
    """Two notes, ``begin`` and ``end``, that are one thing with a duration.

    They belong together if they agree in all fields of ``same``; of several that are open, the one
    that began last ends first. ``when_begin`` and ``when_end`` are what fields must be, too.
    ``lane`` is the field that says on whose lane it lies.
    """

    name: str
    begin: str
    end: str
    same: Sequence[str] = ("actor",)
    when_begin: Mapping[str, Any] = field(default_factory=dict)
    when_end: Mapping[str, Any] = field(default_factory=dict)
    lane: str = "actor"


@dataclass(frozen=True)
class Stage:
    """The note ``event`` says that the object named in ``field`` is ``stage`` (see STAGES)."""

    stage: str
    event: str
    field: str


@dataclass(frozen=True)
class Legend:
    """See the head of this file. ``order`` are kinds of actors; those of no kind named come last.

    ``kinds`` says in a few words what a kind is, for people. ``columns`` are the fields that get a
    place of their own in a log, and what may fill them (scribe.py).
    """

    spans: Sequence[SpanRule] = ()
    lifetimes: Sequence[Stage] = ()
    order: Sequence[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def rank(self, kind: str) -> int:
        """Where lanes of actors of this kind stand among the others."""
        return self.order.index(kind) if kind in self.order else len(self.order)
