"""Signature: what makes two violations the same bug: law, parties, pair of conflicting deliveries.

Law and parties a violation says itself. The pair is a guess, the same for every run that hits one
bug (cause.py: ``last_conflict``); it is made out by making the run once more, so a search asks for
it only for some.
"""

from __future__ import annotations

from collections.abc import Callable

from slabrace.runtime.cause import last_conflict, witnessed
from slabrace.runtime.errors import Divergence
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.world import World

__all__ = ["pair_of"]


def pair_of(build: Callable[[], World], outcome: Outcome) -> str:
    """`` [first < second]`` for the first violation of ``outcome``; empty if there is no pair."""
    try:
        happened, again = witnessed(build, RawReplay(outcome.picks), len(outcome.picks) + 1)
    except Divergence:
        return ""  # the campaign says so, when it makes the schedule
    if not again.violations or not happened:
        return ""
    at_rest = not happened[-1].lane.owner.world.ready
    delivered = [(each.lane, each.envelope) for each in happened]
    pair = last_conflict(delivered, again.violations[0], at_rest=at_rest)
    return f" [{pair.first} < {pair.second}]" if pair is not None else ""
