"""Perf script: a profile as `perf script` prints samples, for all that reads them.

    walker0     1 [000]     0.000000100:        100 clock:k:
            ffffffff81001000 inner+0x0 ([image])
            ffffffff81000000 outer+0x0 ([image])

stackcollapse-perf.pl sums up periods, so its sums are exact; the Firefox profiler counts samples,
so each stands for the same time, but for the last one of a stack, which has what is left. A profile
is a sum, not a recording: each actor's samples stand in the order of its stacks, one after the
other, and a time line shows how much, not when. Addresses are made up, one for each function.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slabrace.runtime.perf import UNKNOWN, Profile

__all__ = ["SAMPLES", "lines"]

SAMPLES: Final = 10_000
"""About as many as are printed, all actors together."""
TEXT: Final = 0xFFFF_FFFF_8100_0000
"""Where the first function is."""
APART: Final = 0x1000


def lines(profile: Profile, *, event: str, image: str, title: str = "") -> Iterator[str]:
    """All samples; ``event`` is what was counted, ``image`` whose functions they are."""
    yield "# ========"
    yield f"# {title or 'slabrace'}"
    yield "# sums of nanoseconds of virtual time: the order of the samples means nothing"
    yield "# ========"
    yield "#"
    period = max(1, profile.total() // SAMPLES)
    addresses: dict[str, int] = {}
    for number, actor in enumerate(profile.actors()):
        time = 0
        task = "_".join(actor.split())
        for stack in profile.stacks():
            left = stack.own(actor)
            if not left:
                continue
            frames = [
                f"\t{addresses.setdefault(each, TEXT + APART * len(addresses)):x} "
                f"{each}+0x0 ({image})"
                for each in reversed(stack.symbols or (UNKNOWN,))
            ]
            while left:
                taken = min(period, left)
                left -= taken
                time += taken
                yield (
                    f"{task} {number + 1:5} [{number:03}] {time // 10**9:5}.{time % 10**9:09}: "
                    f"{taken:10} {event}: "
                )
                yield from frames
                yield ""
