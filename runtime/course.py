"""Course: a run as somebody wants it to go, in a form that can be edited.

A schedule says of each delivery which one it is; after an edit most of that would be wrong. A
course says less: whose turn it is and for how long, and what is chosen in it.

    Block("writer0", "counter", 2)       two deliveries from this lane, then somebody else
    Block("writer1", "counter", None)    as many as there are, until this lane has to wait

So a course has a meaning in every world: a block whose lane has nothing to deliver is passed over,
and after the last block the run goes on as it likes (strategies/lenient.py). A block that ends
although its lane could go on costs a *preemption*, one that ends by itself is free.

What is chosen goes by place, not by time: the lane that had its turn, and the label. The n-th
choice there gets the n-th value; all that is not listed is 0, the plain case.

Values only. How they are made smaller is reductions.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from slabrace.runtime.errors import UsageError
from slabrace.runtime.pick import Choice, Delivery, Pick, Skip

__all__ = ["Block", "Course", "LaneName", "Pause", "Place", "course_of"]

LaneName = tuple[str, str]
"""Owner and key of a lane; ``("", "")`` is nobody's, before the first delivery."""

Place = tuple[str, str, str]
"""Where something is chosen: owner and key of the lane that has its turn, and the label."""


class Block(NamedTuple):
    """The lane ``owner``/``key`` has its turn, for ``length`` deliveries; None: while it can."""

    owner: str
    key: str
    length: int | None

    @property
    def lane(self) -> LaneName:
        """The lane's name."""
        return self.owner, self.key


class Pause(NamedTuple):
    """Virtual time moves by ``nanoseconds``."""

    nanoseconds: int


@dataclass(frozen=True)
class Course:
    """See the head of this file. ``values`` is sorted by place, without zeros at the end."""

    blocks: tuple[Block | Pause, ...]
    values: tuple[tuple[Place, tuple[int, ...]], ...] = ()

    def with_blocks(self, blocks: Iterable[Block | Pause]) -> Course:
        """The same choices in another order of turns; neighbours of one lane become one block."""
        return Course(joined(blocks), self.values)

    def with_values(self, values: Mapping[Place, Iterable[int]]) -> Course:
        """The same turns with other choices."""
        return Course(self.blocks, listed(values))


def joined(blocks: Iterable[Block | Pause]) -> tuple[Block | Pause, ...]:
    """``blocks``, of which those that follow one of the same lane are part of that."""
    result: list[Block | Pause] = []
    for block in blocks:
        last = result[-1] if result else None
        if isinstance(last, Block) and isinstance(block, Block) and last.lane == block.lane:
            open_end = last.length is None or block.length is None
            count = None if open_end else (last.length or 0) + (block.length or 0)
            result[-1] = Block(*block.lane, count)
        else:
            result.append(block)
    return tuple(result)


def listed(values: Mapping[Place, Iterable[int]]) -> tuple[tuple[Place, tuple[int, ...]], ...]:
    """``values`` in the form in which equal ones are equal."""
    result = []
    for place, chosen in sorted(values.items()):
        plain = list(chosen)
        while plain and not plain[-1]:
            plain.pop()
        if plain:
            result.append((place, tuple(plain)))
    return tuple(result)


def course_of(picks: Iterable[Pick]) -> Course:
    """The course that takes exactly these picks, as far as the world offers them."""
    blocks: list[Block | Pause] = []
    values: dict[Place, list[int]] = {}
    lane: LaneName = ("", "")
    for pick in picks:
        if isinstance(pick, Delivery):
            lane = (pick.owner, pick.key)
            blocks.append(Block(*lane, 1))
        elif isinstance(pick, Choice):
            values.setdefault((*lane, pick.label), []).append(pick.value)
        elif isinstance(pick, Skip):
            blocks.append(Pause(pick.nanoseconds))
        else:
            raise UsageError(
                f"this run depends on {pick}: what comes from outside the machine comes when it "
                "comes, so its order cannot be edited. Replay the run as it is"
            )
    return Course(joined(blocks), listed(values))
