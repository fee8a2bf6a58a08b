"""Conservation of the deferred count: what is taken was left, what is found was added.

Theory. The counter is emptied by a start and added to by an end. So a start takes what
was left, and an end finds, beside its own share, exactly what others added since. Where
the ledger does not show the value, in this order: a call in flight may have left it and
not yet printed so (a Debt, paid by its end line or lost with it); a removed memcg's
count was merged in by reparenting; a start may have taken a value from before the
recording. Nothing else explains anything.

This file must not know the arithmetic, nor pair lines: it is given calls by judge.py.

Source: mm/shrinker.c:xchg_nr_deferred(), add_nr_deferred(), reparent_shrinker_deferred().
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from slabrace.scenarios.conform.deferred import (
    ANY,
    LATE,
    Account,
    Call,
    Deposit,
    Ledger,
    Place,
    may_share,
)
from slabrace.scenarios.conform.ftrace import End, Kind, Mark

DEBTS: Final = 1024
"""Open at a time; more means that ends were lost."""
MERGED: Final = 8
"""Counts of removed memcgs in one value; more could explain anything."""

MEMCG_AWARE: Final = frozenset(
    {
        "super_cache_scan",  # fs/super.c
        "scan_shadow_nodes",  # mm/workingset.c
        "deferred_split_scan",  # mm/huge_memory.c
        "zswap_shrinker_scan",  # mm/zswap.c
        "nfs4_xattr_cache_scan",  # fs/nfs/nfs42xattr.c, and the next
        "nfs4_xattr_entry_scan",
    }
)
"""Callbacks of NUMA and memcg-aware shrinkers: a counter per node and memcg, reparented."""


class Debt(Struct, eq=False):
    """A value seen before the line of the call that left it."""

    owner: Call
    account: Account
    value: int
    waiting: list[Call]  # calls in flight, of which one may have left it
    at_end: bool  # found by an end; else taken by a start


class Conservation:
    """The law, applied to one stretch of recording."""

    def __init__(self, conclude: Callable[[Call], None]) -> None:
        self.ledger = Ledger()
        self._conclude = conclude  # told when the last debt of an ended call is settled
        self._debts: list[Debt] = []
        self._removed = 0  # memcgs: by rmdir, or by reparenting once that is recorded
        self._sees_reparenting = False
        self._removed_line = 0
        self._gap_line = 0  # the ring buffer last lost events here

    def mark(self, mark: Mark, line: int) -> None:
        """Takes note of removed memcgs and lost events."""
        if mark.kind is Kind.REPARENT:
            self._removed = self._removed + 1 if self._sees_reparenting else 1
            self._sees_reparenting = True
            self._removed_line = line
        elif mark.kind is Kind.RMDIR and not self._sees_reparenting:
            self._removed += 1
            self._removed_line = line
        elif mark.kind is Kind.LOST:
            self._gap_line = line
            for account in self.ledger.accounts.values():
                for place in [place for place in account.places if account.is_exact(place)]:
                    self.ledger.deposits -= sum(map(len, account.places.pop(place).values()))

    # -- a start -----------------------------------------------------------------------

    def take(self, call: Call, account: Account, *, first_round: bool) -> None:
        """Judges what a start took, and takes it."""
        value, place = call.start.nr, call.place
        exact = account.is_exact(place)
        known = place in account.places
        gap = self._gap_line > (account.since if account.born else account.last_line)
        if self.ledger.forgot_line >= account.since or gap:
            call.may_be_first = True
        elif not account.born:
            call.may_be_first = not known if exact else first_round
        account.places.setdefault(place, {})
        if value == 0:
            left = account.holds(place) if exact else None
            if left is not None and not (self._late(call, left) or self._gone(call, left)):
                call.faults.append(f"took 0, but line {left.line} left {left.value}")
        else:
            call.took = account.take(place, value)
            if call.took is None and self._join_nodes(account, call, value):
                place = call.place
                call.took = account.take(place, value)
            if call.took is not None:
                self.ledger.deposits -= 1
            elif not self._owe(call, account, value, at_end=False):
                self._take_unseen(call, account)
        if exact and account.holds(place):
            self.ledger.deposits -= sum(map(len, account.places[place].values()))
            account.clear(place)

    @staticmethod
    def _late(call: Call, left: Deposit) -> bool:
        """Whether a deposit may have come after the call's xchg, but before its start line."""
        return left.task != call.start.task and left.time >= call.start.time - LATE

    def _gone(self, call: Call, left: Deposit) -> bool:
        """Whether a deposit may be that of a removed memcg, whose id came back."""
        return call.place[1] != ANY and self._removed_line > left.line

    def _take_unseen(self, call: Call, account: Account) -> None:
        value, budget = call.start.nr, self._budget(call, account)
        parts = account.sum_of(call.place[0], value, budget + 1) if budget > 0 else None
        if parts:
            self._merge(call, account, max(len(parts) - 1, 1))
            if not account.is_exact(call.place):  # one of them was the parent's own, now taken
                account.remove(call.place, max(parts, key=lambda part: part.line))
                self.ledger.deposits -= 1
        elif call.may_be_first:
            call.first_seen = True
        else:
            call.faults.append(f"took {value}, which no earlier end of this shrinker and node left")

    # -- an end ------------------------------------------------------------------------

    def give(self, call: Call, account: Account, end: End, line: int, planned: int) -> None:
        """Judges what an end found in the counter beside its own `planned` share, and adds it."""
        excess = end.new - planned
        cpus: tuple[int, ...] = (end.cpu,)
        account.inflight.remove(call)
        paid = self._pay(call, end)
        if excess < 0:
            call.faults.append(f"new scan count {end.new}: {planned} were to be given back")
        elif excess > 0:
            cpus += self._find(call, account, excess)
        elif not paid:
            self._keeps(call, account)
        if not paid:
            deposit = Deposit(
                end.new, line, end.time, end.task, tuple(dict.fromkeys(cpus)),
                call.line, call.start.time, call.took,
            )  # fmt: skip
            self.ledger.deposits += account.add(call.place, deposit)
        self.abandon(call)

    def _keeps(self, call: Call, account: Account) -> None:
        """With no excess, a counter known for sure must have been empty."""
        left = account.holds(call.place) if account.is_exact(call.place) else None
        if left is not None and not self._gone(call, left):
            call.faults.append(f"line {left.line} left {left.value}, which this add lost")

    def orphan(self, account: Account, place: Place, end: End, line: int) -> None:
        """Keeps what an end left whose start was not recorded."""
        deposit = Deposit(end.new, line, end.time, end.task, (end.cpu,))
        self.ledger.deposits += account.add(place, deposit)

    def _find(self, call: Call, account: Account, excess: int) -> tuple[int, ...]:
        deposit = account.overlapping(call.place, excess, call)
        if deposit is None and self._join_nodes(account, call, excess):
            deposit = account.overlapping(call.place, excess, call)
        if deposit is not None:
            account.remove(call.place, deposit)
            self.ledger.deposits -= 1
            call.amounts.append((excess, deposit.cpus))
            return deposit.cpus
        if not self._owe(call, account, excess, at_end=True):
            self._find_unseen(call, account, excess)
        return ()

    def _find_unseen(self, call: Call, account: Account, excess: int) -> None:
        # Only a removal that this call saw: what an earlier one merges belongs to a start.
        budget = self._budget(call, account) if self._removed_line > call.line else 0
        parts = account.sum_of(call.place[0], excess, budget)
        if parts:
            self._merge(call, account, len(parts))
        elif self._gap_line > call.line:
            call.blind = True
        else:
            call.faults.append(
                f"{excess} more in the counter than given back, and no overlapping call added that"
            )

    # -- reparenting, nodes ------------------------------------------------------------

    def _budget(self, call: Call, account: Account) -> int:
        """How many counts of removed memcgs may still have been merged on this node."""
        if account.exact or account.name not in MEMCG_AWARE:
            return 0
        return min(self._removed - account.merges.get(call.place[0], 0), MERGED)

    def _merge(self, call: Call, account: Account, children: int) -> None:
        """The parent's counter got the children's counts; theirs stay, for they are not zeroed."""
        node = call.place[0]
        account.merges[node] = account.merges.get(node, 0) + children
        call.merged = True

    def _join_nodes(self, account: Account, call: Call, value: int) -> bool:
        """Whether a value lies on another node, of a shrinker that need not be NUMA_AWARE."""
        if not account.by_node or account.name in MEMCG_AWARE:
            return False
        _, memcg = call.place
        if not any(value in held for (_, m), held in account.places.items() if m == memcg):
            return False
        account.join_nodes()
        call.place = (0, memcg)
        return True

    # -- debts -------------------------------------------------------------------------

    def _owe(self, call: Call, account: Account, value: int, *, at_end: bool) -> bool:
        waiting = [
            other
            for other in account.inflight
            if other.place == call.place
            and other.start.task != call.start.task
            and (not at_end or may_share(call, other.line, other.start.time, other.took))
        ]
        if waiting:
            if len(self._debts) >= DEBTS:
                self._fail(self._debts[0])
            self._debts.append(Debt(call, account, value, waiting, at_end))
            call.debts += 1
        return bool(waiting)

    def _pay(self, call: Call, end: End) -> bool:
        """Whether what this end left had already been taken or found."""
        for debt in self._debts:
            if debt.value == end.new and call in debt.waiting:
                debt.owner.amounts.append((debt.value, (end.cpu,)))
                self._settle(debt)
                return True
        return False

    def abandon(self, call: Call) -> None:
        """The call is over, seen to end or not: it pays no debt any more."""
        for debt in [debt for debt in self._debts if call in debt.waiting]:
            debt.waiting.remove(call)
            if not debt.waiting:
                self._fail(debt)

    def _fail(self, debt: Debt) -> None:
        """No call in flight left the value."""
        if debt.at_end:
            self._find_unseen(debt.owner, debt.account, debt.value)
        else:
            self._take_unseen(debt.owner, debt.account)
        self._settle(debt)

    def _settle(self, debt: Debt) -> None:
        self._debts.remove(debt)
        debt.owner.debts -= 1
        if debt.owner.ended and not debt.owner.debts:
            self._conclude(debt.owner)
