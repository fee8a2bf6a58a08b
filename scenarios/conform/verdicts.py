"""The verdicts of one judge, counted per callback, the telling ones kept word for word.

Theory. A pair is concluded once and falls into one class; what a reader wants to see of
it (the first line that does not fit, who added how much on which CPU) is kept then and
there, within bounds, because the call itself is forgotten.

This file must not judge: a call comes with its faults and explanations on it.
"""

from __future__ import annotations

from typing import Final

from slabrace.scenarios.conform.deferred import Account, Call
from slabrace.scenarios.conform.report import EXAMPLES, Finding, Tally

CALLBACKS: Final = 4096
"""Callbacks with a tally of their own; a kernel has some hundred."""
SPELLED: Final = 3
"""Possible numbers of seeks that are still listed."""


class Verdicts:
    """A tally per callback."""

    def __init__(self) -> None:
        self.unexplained = 0
        self.callbacks: dict[str, Tally] = {}
        self.explanations: list[str] = []

    def of(self, callback: str) -> Tally:
        """The tally of a callback."""
        tally = self.callbacks.get(callback)
        if tally is None:
            if len(self.callbacks) >= CALLBACKS:
                callback = "(others)"
            tally = self.callbacks.setdefault(callback, Tally())
        return tally

    def count(self, account: Account) -> None:
        """Counts a shrinker with the seeks that fit all its lines."""
        tally = self.of(account.callback)
        tally.shrinkers += 1
        label = either(account.seeks)
        tally.seeks[label] = tally.seeks.get(label, 0) + 1

    def conclude(self, call: Call) -> None:
        """Puts a pair into its class."""
        tally = self.of(call.start.callback)
        if call.faults:
            self.unexplained += 1
            tally.unexplained += 1
            _quote(call, tally)
        elif call.blind:
            tally.blind += 1
            return
        elif call.amounts or call.merged:
            tally.explained += 1
            tally.merged += call.merged
            self._explain(call, tally)
        else:
            tally.matched += 1
            tally.first_seen += call.first_seen
        tally.pairs += 1

    def _explain(self, call: Call, tally: Tally) -> None:
        for amount, cpus in call.amounts:
            tally.overlap(call.start.cpu, cpus, amount)
        if len(self.explanations) < EXAMPLES:
            added = [f"{n} by CPU {', '.join(map(str, cpus))}" for n, cpus in call.amounts]
            self.explanations.append(
                f"lines {call.line} to {call.end_line}, CPU {call.start.cpu}, "
                f"{call.start.callback} {call.start.shrinker}: "
                + "; ".join([*added, *(["the counts of a removed memcg"] if call.merged else [])])
            )


def _quote(call: Call, tally: Tally) -> None:
    known = tally.first_unexplained
    if known is None or known.line > call.line:
        reason = "; ".join(call.faults)
        tally.first_unexplained = Finding(
            call.line, call.text.strip(), call.end_line, call.end_text.strip(), reason
        )


def either(seeks: tuple[int, ...]) -> str:
    """The numbers of seeks still possible, in words."""
    return " or ".join(map(str, sorted(seeks))) if len(seeks) <= SPELLED else "any"
