"""Directory: who is who in a run that is written down: names, columns, and both as JSON.

What an actor is does not change during a run, so it is looked up once. Which columns there are the
application says; an actor fills those that it has an attribute for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slabrace.runtime.plain import SIMPLE, encoded, of_kind, plain

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor

__all__ = ["Columns", "Directory", "Known"]

Columns = Mapping[str, Sequence[str]]
"""Column -> the fields of an event that may fill it; if none does, such an attribute does."""

KEPT: Final = 256
"""Notes of one field that are remembered of each."""
TAKEN: Final = frozenset({"run", "step", "vt", "event", "actor"})


@dataclass(slots=True, eq=False)
class Known:
    """An actor: its name, the columns that it fills by what it is, and both as JSON."""

    name: str
    columns: dict[str, Any]
    quoted: str  # "teller0"
    fields: str  # "actor":"teller0", and columns
    notes: dict[tuple[str, str], str] = field(default_factory=dict)  # of one field, by that


class Plan(NamedTuple):
    """Where the fields of a note go, told by their names."""

    columns: list[tuple[str, tuple[str, ...]]]  # what may fill it, the best first
    own: list[tuple[str, str]]  # as it is called in the line, and in the note


class Directory(dict["Actor", Known]):
    """Those who have been looked up."""

    def __init__(self, columns: Columns) -> None:
        super().__init__()
        self.columns = [(column, tuple(names)) for column, names in columns.items()]
        self._placed = frozenset(columns)
        self._plans: dict[tuple[str, ...], Plan] = {}

    def add(self, actor: Actor) -> Known:
        """Look ``actor`` up."""
        columns = {}
        for column, _ in self.columns:
            value = of_kind(getattr(actor, column, None), column)
            if value is not None and type(value) in SIMPLE:
                columns[column] = value
        name = actor.name
        fields = encoded({"actor": name, **columns})[1:-1]
        known = self[actor] = Known(name, columns, encoded(name), fields)
        return known

    def fields(self, known: Known, fields: Mapping[str, Any]) -> str:
        """Who noted it, the columns, and ``fields``; what of these fills a column comes there."""
        if len(fields) != 1:
            return self._told(known, fields)
        (key,) = fields.items()
        if type(key[1]) is not str:
            return self._told(known, fields)
        told = known.notes.get(key)  # mostly a function that was entered, again
        if told is None:
            if len(known.notes) >= KEPT:
                known.notes.clear()
            told = known.notes[key] = self._told(known, fields)
        return told

    def _told(self, known: Known, fields: Mapping[str, Any]) -> str:
        names = tuple(fields)
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plans[names] = self._plan(names)
        record = {"actor": known.name, **known.columns}
        for column, fillers in plan.columns:
            for name in fillers:
                value = fields[name]
                if value is not None:
                    value = of_kind(value, column)
                    if type(value) in SIMPLE:
                        record[column] = value
                    break
        for key, name in plan.own:
            value = fields[name]
            record[key] = value if type(value) in SIMPLE else plain(value)
        return encoded(record)[1:-1]

    def _plan(self, names: tuple[str, ...]) -> Plan:
        """What becomes of fields that are called ``names``."""
        columns = [
            (column, tuple(name for name in fillers if name in names))
            for column, fillers in self.columns
        ]
        own: dict[str, str] = {}
        for name in names:
            if name not in self._placed:  # a name that the schema has taken makes room for it
                own[f"{name}_" if name in TAKEN or name in own else name] = name
        return Plan([each for each in columns if each[1]], list(own.items()))
