"""BySteps: a number for each step of a run, in eight bytes each.

Steps of a run follow one another with few gaps, so they are places in an array. A log that was
damaged may name a step far away from all others; that must not cost the memory of all between, so
what is beyond a gap is kept beside.
"""

from __future__ import annotations

from array import array
from typing import Final

__all__ = ["BySteps"]

GAP: Final = 1 << 16
NONE: Final = -1


class BySteps:
    """A mapping from steps to numbers, none of which is negative."""

    def __init__(self) -> None:
        self._near = array("q")
        self._far: dict[int, int] = {}

    def __setitem__(self, step: int, number: int) -> None:
        near = self._near
        missing = step - len(near)
        if not missing:
            near.append(number)
        elif missing > GAP:
            self._far[step] = number
        else:
            if missing > 0:
                near.extend([NONE] * (missing + 1))
            near[step] = number

    def __getitem__(self, step: int) -> int | None:
        """The number at ``step``, if there is one."""
        if step < len(self._near):
            number = self._near[step]
            if number != NONE:
                return number
        return self._far.get(step) if self._far else None

    def __contains__(self, step: int) -> bool:
        return self[step] is not None
