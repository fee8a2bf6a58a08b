"""Reductions: the ways in which a course can be made smaller.

Each takes a course and yields others, the boldest first; which of them still do what they should,
and whether that is better, is not known here (minimize.py). Together they move whatever can be
moved: actors, blocks, ends of turns, values.

    without_an_owner      an actor does not get its turn at all
    without_switches      turns that are cut short go on until they end by themselves
    without_blocks        turns are left out, halves first (delta debugging: A. Zeller,
                          R. Hildebrandt: Simplifying and Isolating Failure-Inducing Input,
                          IEEE TSE 28(2), 2002)
    side_by_side          two turns of a lane are made one (N. Jalbert, K. Sen: A Trace
                          Simplification Technique for Effective Debugging of Concurrent
                          Programs, FSE 2010)
    elsewhere             a turn comes earlier or later
    shorter_turns         a turn that is cut short is cut shorter
    plainer_values        data choices become 0, or less
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from slabrace.runtime.course import Block, Course

__all__ = ["REDUCTIONS", "Reduction"]

Reduction = Callable[[Course], Iterator[Course]]

FEW: Final = 16
"""Blocks of which each is tried at every place; of more, only with its neighbours."""
SHORT: Final = 64
"""Deliveries of a turn of which every shorter one is tried; of longer turns some."""


def without_an_owner(course: Course) -> Iterator[Course]:
    """Leave an actor out. It gets its turn after the last block, if the run lasts so long."""
    owners = dict.fromkeys(block.owner for block in course.blocks if isinstance(block, Block))
    for owner in owners:
        yield course.with_blocks(
            block for block in course.blocks if not isinstance(block, Block) or block.owner != owner
        )


def without_switches(course: Course) -> Iterator[Course]:
    """Let turns go on until they end by themselves."""
    cut = [
        place
        for place, block in enumerate(course.blocks)
        if isinstance(block, Block) and block.length is not None
    ]
    for part in parts(len(cut)):
        chosen = set(cut[part])
        yield course.with_blocks(
            Block(*block.lane, None) if place in chosen and isinstance(block, Block) else block
            for place, block in enumerate(course.blocks)
        )


def without_blocks(course: Course) -> Iterator[Course]:
    """Leave turns and pauses out."""
    blocks = course.blocks
    for part in parts(len(blocks)):
        yield course.with_blocks(blocks[: part.start] + blocks[part.stop :])


def side_by_side(course: Course) -> Iterator[Course]:
    """Bring a turn and the next one of the same lane together, at either's place."""
    blocks = course.blocks
    for place, block in enumerate(blocks):
        if not isinstance(block, Block):
            continue
        later = next(
            (
                other
                for other in range(place + 1, len(blocks))
                if isinstance(blocks[other], Block) and blocks[other][:2] == block[:2]
            ),
            None,
        )
        if later is not None:
            between = blocks[place + 1 : later]
            pair = (block, blocks[later])
            yield course.with_blocks((*blocks[:place], *pair, *between, *blocks[later + 1 :]))
            yield course.with_blocks((*blocks[:place], *between, *pair, *blocks[later + 1 :]))


def elsewhere(course: Course) -> Iterator[Course]:
    """Move one turn."""
    blocks = course.blocks
    count = len(blocks)
    for place in range(count):
        rest = blocks[:place] + blocks[place + 1 :]
        targets = range(count) if count <= FEW else range(max(0, place - 1), min(count, place + 2))
        for target in targets:
            if target != place:
                yield course.with_blocks((*rest[:target], blocks[place], *rest[target:]))


def shorter_turns(course: Course) -> Iterator[Course]:
    """Cut a turn shorter that somebody else's cuts short."""
    blocks = course.blocks
    for place, block in enumerate(blocks):
        if not isinstance(block, Block) or block.length is None:
            continue
        count = block.length
        counts = range(1, count) if count <= SHORT else (count // 4, count // 2, count - 1)
        for fewer in counts:
            shorter = Block(*block.lane, fewer)
            yield course.with_blocks((*blocks[:place], shorter, *blocks[place + 1 :]))


def plainer_values(course: Course) -> Iterator[Course]:
    """Choose 0 everywhere, at one place, once; or something less."""
    values = dict(course.values)
    if values:
        yield course.with_values({})
    for place in values:
        yield course.with_values({each: told for each, told in values.items() if each != place})
    for place, told in values.items():
        for number, value in enumerate(told):
            for less in dict.fromkeys((0, value // 2, value - 1)):
                if 0 <= less < value:
                    chosen = (*told[:number], less, *told[number + 1 :])
                    yield course.with_values({**values, place: chosen})


REDUCTIONS: Final[tuple[Reduction, ...]] = (
    without_an_owner,
    without_switches,
    without_blocks,
    side_by_side,
    shorter_turns,
    plainer_values,
    elsewhere,
)
"""In the order in which they are tried: those that take away most first."""


def parts(length: int) -> Iterator[slice]:
    """All of ``length`` things, the halves, the quarters, ... each one."""
    size = length
    while size:
        for start in range(0, length, size):
            yield slice(start, min(start + size, length))
        size //= 2
