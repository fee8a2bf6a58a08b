"""Folded: a profile as flame graphs are drawn from: ``outermost;inner;innermost nanoseconds``.

One line for each stack that cost anything, stalls included, as a profiler sees it. Whatever reads
Brendan Gregg's format reads this: flamegraph.pl, inferno, speedscope. In it a frame has no ``;``,
and what follows the last space is the number.
"""

from __future__ import annotations

from collections.abc import Iterator

from slabrace.runtime.perf import UNKNOWN, Profile

__all__ = ["lines"]


def lines(profile: Profile, *, apart: bool = False, below: str = "") -> Iterator[str]:
    """All stacks, sorted.

    ``apart`` keeps the actors apart, each as an outermost frame; ``below`` is one above all others.
    """
    actors = profile.actors() if apart else [None]
    found = []
    for stack in profile.stacks():
        for actor in actors:
            own = stack.own(actor)
            if own:
                outer = [each for each in (below, actor) if each]
                found.append(f"{joined(*outer, *(stack.symbols or (UNKNOWN,)))} {own}")
    return iter(sorted(found))


def joined(*frames: str) -> str:
    """The frames, without what would end one."""
    return ";".join(" ".join(frame.replace(";", ":").split()) for frame in frames)
