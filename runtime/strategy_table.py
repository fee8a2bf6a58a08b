"""Strategies by name: what a person types, and what comes of it.

An option that a strategy does not take is an error and not ignored: whoever asks for a bound should
not believe that it holds. ``seed`` is taken by all, and means nothing to those that draw nothing.

The command line and campaigns choose here; no strategy knows its name's neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.strategies.delay_bounded import DELAYS, DelayBounded, DelaySampled
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.dpor import Dpor
from slabrace.runtime.strategies.pct import DEPTH, PCT
from slabrace.runtime.strategies.pos import POS
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategy import Strategy

__all__ = ["STRATEGIES", "Kind", "Options", "build"]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be said to a strategy. None, False or a ``first`` of 0: nothing was said.

    ``first`` is the number of the first run, ``depth`` that of the bugs PCT aims at, ``length`` the
    deliveries it expects in a run, ``sampled`` draws the points of delays instead of trying all.
    """

    seed: int = 0
    first: int = 0
    depth: int | None = None
    length: int | None = None
    preemptions: int | None = None
    delays: int | None = None
    steps: int | None = None
    sampled: bool = False


LEAST: Final = {
    "first": 0,
    "depth": 1,
    "length": 1,
    "preemptions": 0,
    "delays": 0,
    "steps": 1,
}


class Kind(NamedTuple):
    """How a strategy is made, and the options it takes beside ``seed``."""

    make: Callable[[Options], Strategy]
    takes: tuple[str, ...] = ()


def given(value: int | None, default: int) -> int:
    """``value``, if there is one."""
    return default if value is None else value


def delay(options: Options) -> Strategy:
    """Delay-bounded search: all placements, or drawn ones."""
    delays = given(options.delays, DELAYS)
    if options.sampled:
        refuse("delay --sampled", options, ("first", "length", "delays", "sampled"))
        return DelaySampled(options.seed, options.first, delays, options.length)
    refuse("delay without --sampled", options, ("delays", "steps"))
    return DelayBounded(delays, options.steps)


STRATEGIES: Final[Mapping[str, Kind]] = {
    "random": Kind(lambda options: RandomWalk(options.seed, options.first), ("first",)),
    "round_robin": Kind(lambda _options: RoundRobin(), ("first",)),  # each run is the first
    "pct": Kind(
        lambda options: PCT(
            options.seed, options.first, given(options.depth, DEPTH), options.length
        ),
        ("first", "depth", "length"),
    ),
    "pos": Kind(lambda options: POS(options.seed, options.first), ("first",)),
    "delay": Kind(delay, ("first", "length", "delays", "steps", "sampled")),
    "dpor": Kind(lambda _options: Dpor()),
    "dfs": Kind(
        lambda options: DFS(options.preemptions, options.delays, options.steps),
        ("preemptions", "delays", "steps"),
    ),
}


def build(name: str, options: Options | None = None) -> Strategy:
    """The strategy called ``name``; a UsageError for what makes no sense."""
    options = options or Options()
    kind = STRATEGIES.get(name)
    if kind is None:
        raise UsageError(f"unknown strategy {name!r}; {nearest(name, STRATEGIES)}")
    for option, least in LEAST.items():
        value = getattr(options, option)
        if value is not None and value < least:
            raise UsageError(f"{option} is {value}; it must be at least {least}")
    refuse(name, options, kind.takes)
    return kind.make(options)


def refuse(name: str, options: Options, takes: tuple[str, ...]) -> None:
    """A UsageError for an option that was given and is not among those that ``name`` takes."""
    taken = ("seed", *takes)
    for field in msgspec.structs.fields(options):
        if field.name not in taken and getattr(options, field.name) != field.default:
            raise UsageError(
                f"{name} takes no {field.name}; it takes {', '.join(taken)}. "
                f"Taken by: {takers(field.name)}"
            )


def takers(option: str) -> str:
    """The strategies that take ``option``."""
    return ", ".join(sorted(name for name, kind in STRATEGIES.items() if option in kind.takes))
