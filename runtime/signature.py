"""Signature: what makes two violations the same bug: law, parties, pair of conflicting deliveries.

Law and parties a violation says itself. The pair is a guess, the same for every run that hits one
bug (cause.py: ``last_conflict``), made out by making the run once more, with a witness.
"""

from __future__ import annotations

from collections.abc import Callable

from slabrace.runtime.cause import last_conflict, witnessed
from slabrace.runtime.errors import Divergence
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.world import World

__all__ = ["pairs_of"]


def pairs_of(build: Callable[[], World], outcome: Outcome) -> list[str]:
    """`` [first < second]`` for each violation of ``outcome``; empty where there is no pair."""
    none = [""] * len(outcome.violations)
    try:
        happened, again = witnessed(build, RawReplay(outcome.picks), len(outcome.picks) + 1)
    except Divergence:
        return none  # whoever makes the schedule says so
    if not happened or len(again.violations) != len(none):
        return none
    at_rest = not happened[-1].lane.owner.world.ready
    delivered = [(each.lane, each.envelope) for each in happened]
    pairs = (last_conflict(delivered, each, at_rest=at_rest) for each in again.violations)
    return [f" [{pair.first} < {pair.second}]" if pair is not None else "" for pair in pairs]
