"""One formula held against one recording: pairs the lines and judges each pair.

Theory. A Judge is fed starts, ends and marks in the order of the lines. Per task, starts
and ends pair like brackets. At the start the plan must follow (delta for one number of
seeks, the same for the whole life of a shrinker; total_scan); at the end the plan's loss
was scanned, and the rest given back. Whether the counts were there is conservation.py's.

An address may come back as another shrinker. That is believed if the callback changes,
or if seeks change between the two kinds of superblock (0 and DEFAULT_SEEKS) while
nothing is in flight and nothing deferred; and if the recording shows shrinkers being
freed at all, only if one was freed since the address was last seen.

This file must not know the layout of a line; it quotes lines.

Source: mm/shrinker.c:do_shrink_slab(), v6.12; mm/vmscan.c:do_shrink_slab(), v6.1 and before.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from slabrace.actors.arithmetic import DEFAULT_SEEKS, SUPER_BLOCK_BATCH, Formula, can_scan
from slabrace.scenarios.conform.conservation import Conservation
from slabrace.scenarios.conform.deferred import Account, Call
from slabrace.scenarios.conform.ftrace import End, Kind, Mark, Start
from slabrace.scenarios.conform.verdicts import Verdicts, either

SEEKS: Final = (DEFAULT_SEEKS, 0, 1, *range(4, 129, 4))
"""What shrinkers ask for; md/raid5 multiplies by its disks, KVM's MMU by ten."""
ONE_COUNTER: Final = frozenset({"kfree_rcu_shrink_scan", "vmap_node_shrink_scan"})
"""Callbacks of shrinkers without flags: one counter, held to the last object."""
VISITS: Final = 64
"""Tasks whose last visit an account remembers."""
DEPTH: Final = 4
"""Calls of one task in flight: reclaim within a scan callback nests, but not deeply."""
BACK: Final = 1.0
"""Seconds; ftrace text is in order of time, so this far back is another recording."""
TASKS: Final = 1 << 15
"""Tasks remembered."""


class Task(Struct):
    """What one task is in the middle of."""

    stack: list[Call] = field(default_factory=list)
    walk: int = 0  # counts its walks over the memcgs
    priority: int = -1  # of its last start


class Judge:
    """Verdicts under one formula."""

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self.verdicts = Verdicts()
        self._forgotten = 0
        self._begin()

    def _begin(self) -> None:
        self._law = Conservation(self.verdicts.conclude)
        self._tasks: dict[int, Task] = {}
        self._freed_line = 0
        self._clock = 0.0

    @property
    def forgotten(self) -> int:
        """Values dropped to keep memory bounded."""
        return self._forgotten + self._law.ledger.forgotten

    def finish(self) -> None:
        """The recording ends, with whatever is in flight."""
        for task in self._tasks.values():
            for call in task.stack:
                self._open(call)
        for account in self._law.ledger.accounts.values():
            self.verdicts.count(account)
        self._forgotten += self._law.ledger.forgotten
        self._begin()

    def mark(self, mark: Mark, line: int) -> None:
        """Takes a line that is neither start nor end."""
        if mark.kind is Kind.RESTART:
            self.finish()
        elif mark.kind is Kind.FREE:
            self._freed_line = line
        elif mark.kind is Kind.WALK:
            self._task(mark.task).priority = -1
        else:
            self._law.mark(mark, line)

    def judge(self, record: Start | End, text: str, line: int) -> None:
        """Takes the next start or end; `text` is its line, to be quoted."""
        if record.time < self._clock - BACK:
            self.finish()  # another recording, without a header
        self._clock = record.time
        self.verdicts.of(record.callback).lines += 1
        if isinstance(record, Start):
            self._start(record, text, line)
        else:
            self._end(record, text, line)

    # -- starts ------------------------------------------------------------------------

    def _start(self, start: Start, text: str, line: int) -> None:
        task = self._task(start.task)
        priority = start.priority or 0
        if priority > task.priority:
            task.walk += 1
        task.priority = priority
        account = self._account(start, line)
        call = Call(start, line, text, account.place(start.nid, start.memcg))
        account = self._plan(call, account)
        walk, highest = account.visited.get(start.task, (0, 0))
        again = walk == task.walk  # this walk was here before
        self._law.take(call, account, first_round=not (again and highest > priority))
        if not again:
            if len(account.visited) >= VISITS:
                del account.visited[next(iter(account.visited))]
            account.visited[start.task] = (task.walk, priority)
        account.inflight.append(call)
        account.last_line = line
        task.stack.append(call)
        if len(task.stack) > DEPTH:
            self._open(task.stack.pop(0))
        for dropped in self._law.ledger.trim():
            self.verdicts.count(dropped)

    def _plan(self, call: Call, account: Account) -> Account:
        """Judges delta and total_scan; the account may turn out to be another shrinker's."""
        start, formula = call.start, self.formula
        fits = self._fits(start, account.seeks)
        if not fits:
            fits = self._fits(start, SEEKS)
            if not fits:
                call.faults.append(f"delta {start.delta} follows from no number of seeks")
            elif self._reusable(account, start, fits):
                account = self._renew(start, call.line)
                call.place = account.place(start.nid, start.memcg)
            else:
                call.faults.append(
                    f"delta {start.delta} is that of seeks {either(fits)}, "
                    f"but this shrinker has {either(account.seeks)}"
                )
                fits = ()
        account.seeks = fits or account.seeks
        total = formula.total_scan(start.nr, start.delta, start.freeable, start.priority or 0)
        if total != start.total_scan:
            call.faults.append(f"total_scan {start.total_scan}: expected {total}")
        return account

    def _fits(self, start: Start, seeks: tuple[int, ...]) -> tuple[int, ...]:
        rest = (start.priority or 0, start.pgs_scanned or 0, start.lru_pgs or 0)
        priority, pgs, lru = rest
        delta = self.formula.delta
        return tuple(
            n for n in seeks if delta(start.freeable, priority, n, pgs, lru) == start.delta
        )

    def _account(self, start: Start | End, line: int) -> Account:
        account = self._law.ledger.accounts.get(start.shrinker)
        if account is None:
            return self._new_account(start, line, born=False)
        if account.callback != start.callback and isinstance(start, Start):
            return self._renew(start, line)
        return account

    def _new_account(self, start: Start | End, line: int, *, born: bool) -> Account:
        account = Account(start.callback, line, SEEKS, born=born)
        account.exact = not self.formula.per_memcg or account.name in ONE_COUNTER
        self._law.ledger.accounts[start.shrinker] = account
        return account

    def _reusable(self, account: Account, start: Start, fits: tuple[int, ...]) -> bool:
        freed = not self._freed_line or self._freed_line > account.last_line
        kinds = {0, DEFAULT_SEEKS}
        changes = kinds & set(fits) and kinds & set(account.seeks)
        return bool(freed and changes and not start.nr and not account.inflight)

    def _renew(self, start: Start, line: int) -> Account:
        """Another shrinker lives at this address now."""
        old = self._law.ledger.accounts.pop(start.shrinker)
        self._law.ledger.deposits -= old.deposits()
        self.verdicts.count(old)
        self.verdicts.of(start.callback).reused += 1
        return self._new_account(start, line, born=True)

    # -- ends --------------------------------------------------------------------------

    def _end(self, end: End, text: str, line: int) -> None:
        stack = self._task(end.task).stack
        account = self._account(end, line)
        while stack and not _pairs(stack[-1].start, end):
            if not any(_pairs(call.start, end) for call in stack):
                break
            self._open(stack.pop())  # its end was not recorded: the outer call has ended
        if not stack or not _pairs(stack[-1].start, end):
            self.verdicts.of(end.callback).orphaned += 1
            if account.callback == end.callback:
                self._law.orphan(account, account.place(end.nid, end.memcg), end, line)
            return
        call = stack.pop()
        call.ended, call.end_line, call.end_text = True, line, text
        start = call.start
        if end.nr != start.nr:
            call.faults.append(f"unused scan count {end.nr}: the start took {start.nr}")
        scanned = start.total_scan - end.total_scan
        if scanned < 0:
            call.faults.append(f"total_scan grew from {start.total_scan} to {end.total_scan}")
        elif not scanned and end.freed:
            call.faults.append(f"freed {end.freed} without scanning")
        elif account.name == "super_cache_scan":
            self._super_cache_scan(call, scanned, end.freed)
        planned = self.formula.next_deferred(start.nr, start.delta, scanned, start.freeable)
        self._law.give(call, account, end, line, planned)
        account.last_line = line
        if not call.debts:
            self.verdicts.conclude(call)

    def _super_cache_scan(self, call: Call, scanned: int, freed: int) -> None:
        """Whole batches; at most one more than asked of dentries, inodes and fs objects each."""
        start = call.start
        if not can_scan(scanned, start.total_scan, start.freeable, SUPER_BLOCK_BATCH):
            call.faults.append(f"scanned {scanned} of {start.total_scan}: no number of batches")
        if not 0 <= freed <= scanned + 3 * -(-scanned // SUPER_BLOCK_BATCH):
            call.faults.append(f"freed {freed} of {scanned} scanned")

    # -- what is over ------------------------------------------------------------------

    def _open(self, call: Call) -> None:
        """A start whose end did not come; if it is wrong by itself, that counts."""
        account = self._law.ledger.accounts.get(call.start.shrinker)
        if account is not None and call in account.inflight:
            account.inflight.remove(call)
        self._law.abandon(call)
        if call.faults:
            self.verdicts.conclude(call)
        else:
            self.verdicts.of(call.start.callback).open += 1

    def _task(self, pid: int) -> Task:
        task = self._tasks.get(pid)
        if task is None:
            if len(self._tasks) >= TASKS:
                self._forget_tasks()
            task = self._tasks[pid] = Task()
        return task

    def _forget_tasks(self) -> None:
        """Drops the idle ones, and of the others the older ones: their ends were lost."""
        self._tasks = {key: task for key, task in self._tasks.items() if task.stack}
        for key in list(self._tasks)[: -TASKS // 2]:
            for call in self._tasks.pop(key).stack:
                self._open(call)


def _pairs(start: Start, end: End) -> bool:
    return (start.shrinker, start.nid, start.callback, start.memcg) == (
        end.shrinker, end.nid, end.callback, end.memcg,
    )  # fmt: skip
