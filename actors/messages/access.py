"""Access: one atomic access to one cache line, and how kernel developers would write it."""

from __future__ import annotations

from typing import Any

from slabrace.runtime.message import Message, shown

__all__ = ["Access", "show"]


class Access(Message, frozen=True, gc=False):
    """An access to shared memory. ``name`` is the kernel's word for it."""

    @property
    def name(self) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        fields = ", ".join(show(getattr(self, f)) for f in self.__struct_fields__)
        return f"{self.name}({fields})"


def show(value: Any) -> str:
    """A field of a message for a reader: actors by name, everything else as it is."""
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else shown(value)
