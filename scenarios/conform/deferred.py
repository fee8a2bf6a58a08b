"""The deferred counts of a recording: who left what, and who may take it.

Theory. Behind each line stands a counter: one per shrinker and node, and since v5.13
one per memcg too. A start empties its counter (xchg), an end adds to it and prints the
result. So what a counter holds is what the last end printed: a Deposit, on one account
per shrinker. Older formats do not print the memcg; then the deposits of a node are a
multiset, and of equal values the oldest is taken first, because whatever a young one
could explain later, the old one could not (Account.overlapping()).

Lines are not the atomics they report: a tracepoint runs after its xchg or add, and
another CPU may come in between. LATE says how far that is believed.

Memory: at most DEPOSITS and ACCOUNTS; beyond that the older half is forgotten, and
what was forgotten is counted, since it may be missed.

This file must not judge: it holds, finds and gives back. conformance.py judges.

Source: mm/shrinker.c:xchg_nr_deferred(), add_nr_deferred(), reparent_shrinker_deferred().
"""

from __future__ import annotations

from collections import deque
from statistics import median_low
from typing import Final

from msgspec import Struct, field

from slabrace.scenarios.conform.ftrace import Start

LATE: Final = 50e-6
"""Seconds that a tracepoint may lag behind the atomic it reports (an interrupt between)."""
DEPOSITS: Final = 1 << 16
ACCOUNTS: Final = 1 << 14
_TRIES: Final = 2000
ANY: Final = -1
"""In a Place: the format does not print the memcg."""

Place = tuple[int, int]
"""Node, and memcg or ANY."""


class Deposit(Struct, frozen=True):
    """What a counter holds since an end line printed it."""

    value: int  # objects
    line: int  # of the end
    time: float
    task: int
    cpus: tuple[int, ...]  # that added to it, the last one first
    began: int = 0  # line of the call's start; 0 if it began before the recording
    began_time: float = 0.0
    took: int | None = None  # youngest deposit that the call may have taken; None for 0


class Call(Struct, eq=False):
    """A do_shrink_slab() whose start line was read."""

    start: Start
    line: int
    text: str
    place: Place
    took: int | None = None
    ended: bool = False
    end_line: int = 0
    end_text: str = ""
    faults: list[str] = field(default_factory=list)
    blind: bool = False  # lost events may have hidden what explains it
    amounts: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)  # added by whom
    merged: bool = False
    first_seen: bool = False
    may_be_first: bool = False  # its value may be from before the recording
    debts: int = 0  # values that a call in flight has yet to account for


class Account:
    """The counters of one shrinker, as far as the recording shows them."""

    def __init__(self, callback: str, line: int, seeks: tuple[int, ...], *, born: bool) -> None:
        self.callback = callback
        self.name = callback.partition("+")[0]
        self.born = born  # the shrinker was made within the recording: all counters were 0
        self.exact = False  # one counter per node, not one per memcg
        self.since = line
        self.last_line = 0
        self.seeks = seeks  # still possible
        self.by_node = True  # until a value shows up on another node
        self.inflight: list[Call] = []
        self.visited: dict[int, tuple[int, int]] = {}  # task: walk, highest priority in it
        self.merges: dict[int, int] = {}  # node: reparented counts used as explanation
        self.places: dict[Place, dict[int, deque[Deposit]]] = {}

    def place(self, nid: int, memcg: int | None) -> Place:
        """Where a call's counter is; nid counts only for NUMA_AWARE shrinkers."""
        return (nid if self.by_node else 0, ANY if memcg is None else memcg)

    def is_exact(self, place: Place) -> bool:
        """Whether a place is one counter, not a multiset of those of all memcgs."""
        return self.exact or place[1] != ANY

    def add(self, place: Place, deposit: Deposit) -> int:
        """Puts a deposit; returns by how many their number grew."""
        values = self.places.setdefault(place, {})
        grown = 1
        if self.is_exact(place):
            grown -= sum(map(len, values.values()))
            values.clear()
        if deposit.value:
            values.setdefault(deposit.value, deque()).append(deposit)
            return grown
        return grown - 1

    def holds(self, place: Place) -> Deposit | None:
        """What the one counter of an exact place holds, None for 0."""
        for queue in self.places.get(place, {}).values():
            return queue[-1]
        return None

    def clear(self, place: Place) -> None:
        """Empties a place."""
        self.places[place] = {}

    def take(self, place: Place, value: int) -> int | None:
        """Takes the oldest deposit of a value; the line of the youngest it may have been."""
        queue = self.places.get(place, {}).get(value)
        if not queue:
            return None
        youngest = queue[-1].line
        self.remove(place, queue[0])
        return youngest

    def remove(self, place: Place, deposit: Deposit) -> None:
        """Takes one deposit out. The place stays known."""
        values = self.places[place]
        queue = values[deposit.value]
        queue.remove(deposit)
        if not queue:
            del values[deposit.value]

    def overlapping(self, place: Place, value: int, call: Call) -> Deposit | None:
        """The deposit of a value that a call overlapping `call` may have left on its counter."""
        queue = self.places.get(place, {}).get(value, ())
        for deposit in reversed(queue):
            late = deposit.task != call.start.task and deposit.time >= call.start.time - LATE
            if deposit.line < call.line and not late:
                return None
            if may_share(call, deposit.began, deposit.began_time, deposit.took):
                return deposit
        return None

    def deposits(self) -> int:
        """How many there are."""
        return sum(len(queue) for held in self.places.values() for queue in held.values())

    def join_nodes(self) -> None:
        """All nodes share one counter: the shrinker is not NUMA_AWARE after all."""
        self.by_node = False
        joined: dict[Place, dict[int, deque[Deposit]]] = {}
        for (_, memcg), values in self.places.items():
            target = joined.setdefault((0, memcg), {})
            for value, queue in values.items():
                both = [*target.get(value, ()), *queue]
                target[value] = deque(sorted(both, key=lambda deposit: deposit.line))
        self.places = joined
        for call in self.inflight:
            call.place = (0, call.place[1])

    def sum_of(self, nid: int, total: int, most: int) -> list[Deposit] | None:
        """At most `most` deposits of a node, of any memcg, that add up to `total`; None if none."""
        have = [
            queue[-i - 1]
            for (node, _), values in self.places.items()
            if node == nid
            for value, queue in values.items()
            if value <= total
            for i in range(min(len(queue), most, total // value))
        ]
        have.sort(key=lambda deposit: (-deposit.value, -deposit.line))
        tries = 0

        def search(first: int, left: int, most: int) -> list[Deposit] | None:
            nonlocal tries
            for index in range(first, len(have)):
                tries += 1
                deposit = have[index]
                if tries > _TRIES or deposit.value * most < left:
                    return None
                if deposit.value == left:
                    return [deposit]
                if most > 1 and deposit.value < left:
                    rest = search(index + 1, left - deposit.value, most - 1)
                    if rest is not None:
                        return [deposit, *rest]
            return None

        return search(0, total, most) if most > 0 else None


def may_share(call: Call, began: int, began_time: float, took: int | None) -> bool:
    """Whether two overlapping calls can have used one counter.

    The first of them emptied it. So the second took 0, or what was left after the first
    began; if all it can have taken is older, the two counters were different ones.
    """
    if began and abs(began_time - call.start.time) <= LATE:
        return True
    if began > call.line:
        return took is None or took > call.line
    return call.took is None or call.took > began


class Ledger:
    """All accounts of a recording, within bounds."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.deposits = 0
        self.forgotten = 0
        self.forgot_line = 0  # deposits up to this line may be missing

    def trim(self) -> list[Account]:
        """Forgets the older half if there is too much; returns the accounts dropped."""
        dropped: list[Account] = []
        if self.deposits > DEPOSITS:
            self._forget_deposits()
        if len(self.accounts) > ACCOUNTS:
            middle = median_low(account.last_line for account in self.accounts.values())
            for key, account in list(self.accounts.items()):
                if account.last_line <= middle and not account.inflight:
                    dropped.append(self.accounts.pop(key))
                    held = account.deposits()
                    self.deposits -= held
                    self.forgotten += held
            self.forgot_line = max(self.forgot_line, middle)
        return dropped

    def _forget_deposits(self) -> None:
        accounts = self.accounts.values()
        lines = [d.line for a in accounts for v in a.places.values() for q in v.values() for d in q]
        middle = median_low(lines)
        self.forgot_line = max(self.forgot_line, middle)
        for account in accounts:
            for place, values in list(account.places.items()):
                young = {
                    value: deque(deposit for deposit in queue if deposit.line > middle)
                    for value, queue in values.items()
                }
                account.places[place] = {value: queue for value, queue in young.items() if queue}
                if not account.places[place]:
                    del account.places[place]
        kept = sum(account.deposits() for account in accounts)
        self.forgotten += len(lines) - kept
        self.deposits = kept
