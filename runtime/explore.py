"""Explore: search a scenario for a run that breaks a law, or show that there is none.

A search has one member or several (a portfolio), which take turns in shares that grow from turn to
turn: a bug that any of them finds soon is found soon. Shares are made here or side by side in
several processes (workers.py) and are taken in the order of the turns, so the same seed gives the
same result for any number of jobs. It ends at the first violation, unless told to go on; when a
member has seen everything; or when the budget is spent.

Here a wall clock is read, for the budget and for people.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.exploration import Exploration, Standing
from slabrace.runtime.member import Furnish, Member, Share, Workshop
from slabrace.runtime.outcome import End
from slabrace.runtime.pick import Pick
from slabrace.runtime.replaying import verified
from slabrace.runtime.result import Found
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategy_table import Options
from slabrace.runtime.workers import Asked, Here, Loader, Processes, Task, Workers

__all__ = ["PORTFOLIO", "RUNS", "explore", "members_of"]

RUNS: Final = 20_000
"""Runs of a search that is given neither a number nor a time."""
FIRST: Final = 8
"""Runs of a member's first share; each is twice the one before,"""
LARGEST: Final = 512
"""and none is larger."""
WORK: Final = 40_000
"""Deliveries that a share should not have many more of."""

PORTFOLIO: Final = ("dpor", "random", "pct", "delay", "pos")
FAIR: Final = ("random", "pos", "pct")
"""Where no lane may wait for long; what goes through a tree would leave traces out."""

Told = Callable[[Exploration], None]


def members_of(
    strategy: str,
    options: Options,
    delays: Sequence[str] = (),
    *,
    fair: int | None = None,
    checked: bool = False,
    after: str | None = None,
) -> tuple[Member, ...]:
    """The members of a search by ``strategy``: one, or those of the portfolio.

    ``delays`` are the scenario's: they help a random walk, and nobody else. ``fair`` and
    ``checked`` are what is wrapped around each member, and ``after`` is a schedule that each of
    their runs follows first.
    """
    if fair is not None and fair < 1:
        raise UsageError(f"fair={fair}: expected 1 or more picks that a lane may wait")
    if fair is not None and strategy in {"dpor", "dfs", "delay"}:
        raise UsageError(
            f"{strategy} goes through all schedules, and of those that are fair to every lane it "
            f"cannot say which it has left out; expected {', '.join(FAIR)} or portfolio"
        )
    portfolio = PORTFOLIO if fair is None else FAIR
    names = portfolio if strategy == "portfolio" else (strategy,)
    if strategy == "portfolio":
        given = msgspec.structs.asdict(options)
        plain = msgspec.structs.asdict(Options(seed=options.seed))
        refused = [name for name in plain if given[name] != plain[name]]
        if refused:
            raise UsageError(f"portfolio takes no {refused[0]}; choose one strategy for it")
    return tuple(
        Member(name, options, tuple(delays) if name == "random" else (), fair, checked, after)
        for name in names
    )


def explore(
    scenario: Scenario,
    parameters: Mapping[str, Any] | None = None,
    *,
    members: Sequence[Member] | None = None,
    reference: str | None = None,
    seed: int = 0,
    runs: int | None = None,
    seconds: float | None = None,
    jobs: int = 1,
    loader: Loader | None = None,
    max_steps: int | None = None,
    furnish: Iterable[Furnish] = (),
    until_violation: bool = True,
    resume: Exploration | None = None,
    told: Told | None = None,
    stop: Callable[[], bool] = bool,
) -> Exploration:
    """Search ``scenario``; the portfolio unless ``members`` are given.

    ``runs`` bounds the runs, ``seconds`` the time; with neither it is `RUNS` runs. More than one
    job needs a ``loader`` that makes the same workshop in another process. ``resume`` is what an
    earlier, interrupted search amounts to. ``told`` is called after each share. ``stop`` is asked
    after each run whether somebody wants it to end: such a search can be resumed. One that was
    broken off by a KeyboardInterrupt outside of a run cannot (``broken``).
    """
    for name, value, least in (("runs", runs, 0), ("seconds", seconds, 0), ("jobs", jobs, 1)):
        if value is not None and value < least:
            raise UsageError(f"{name} is {value}; it must be at least {least}")
    if members is None:
        members = members_of("portfolio", Options(seed=seed), scenario.delays, fair=scenario.fair)
    if runs is None and seconds is None:
        runs = RUNS
    workshop = Workshop(
        scenario,
        parameters or {},
        members,
        furnish=furnish,
        max_steps=max_steps,
        until_violation=until_violation,
        states={number: each.state for number, each in enumerate(resume.members)} if resume else {},
        stop=stop,
    )
    result = resume or Exploration(scenario, sampled=True, members=[Standing(m) for m in members])
    result.interrupted = result.broken = False
    result.jobs = jobs
    began = time.perf_counter()
    deadline = None if seconds is None else time.monotonic() + seconds
    place: AbstractContextManager[Workers] = nullcontext(Here(workshop))
    if jobs > 1:
        if loader is None:
            raise UsageError(f"jobs={jobs}: another process cannot find this scenario; use jobs=1")
        place = Processes(loader, jobs, workshop.states)

    def decided() -> bool:
        return result.exhausted or (until_violation and result.positive > 0)

    def ended() -> bool:
        late = deadline is not None and time.monotonic() >= deadline
        return result.interrupted or (result.runs > 0 and (late or stop()))

    with place as workers:
        try:
            plan = partial(turns, result, workshop.length(), runs, deadline)
            ahead = 2 * jobs if jobs > 1 else 1
            for share in shares(plan, workers, result, ahead, ended):
                result.take(share)
                result.seconds = result.earlier + time.perf_counter() - began
                if told is not None:
                    told(result)
                if decided():
                    break
            if not decided():  # or else nobody goes on from there
                for number, standing in enumerate(result.members):
                    if standing.member.in_order and not standing.finished:
                        standing.state = workers.state(number)
                result.interrupted |= stop()
        except KeyboardInterrupt:
            result.interrupted = result.broken = True
            workers.abandon()
    result.stopped = until_violation and result.positive > 0 and not result.exhausted
    result.seconds = result.earlier + time.perf_counter() - began
    for found in result.found.values():
        write = written(found, scenario, workshop, reference)
        found.schedule = verified(found, write, workshop.build)
    return result


def turns(
    result: Exploration, length: int, runs: int | None, deadline: float | None
) -> Iterator[Task]:
    """Who makes how many runs, turn by turn, where a run has about ``length`` deliveries.

    It follows from the budget and from who is there at its beginning, and not from when a member
    is known to have finished meanwhile: that depends on the jobs.
    """
    largest = max(1, min(LARGEST, WORK // max(1, length)))
    planned = [standing.planned for standing in result.members]
    number_of = [standing.turns for standing in result.members]
    members = [each for each in enumerate(result.members) if not each[1].finished]
    while not all(standing.finished for _, standing in members):
        for number, standing in members:
            size = min(largest, FIRST << number_of[number])
            if runs is not None:
                size = min(size, runs - sum(planned))
                if size <= 0:
                    return
            first = planned[number]
            planned[number] += size
            number_of[number] += 1
            if not standing.finished:
                yield number, first, size, deadline


def shares(
    plan: Callable[[], Iterator[Task]],
    workers: Workers,
    result: Exploration,
    ahead: int,
    ended: Callable[[], bool],
) -> Iterator[Share]:
    """The shares of a plan in its order, ``ahead`` of them under way, until it has ``ended``.

    What members that have finished leave of the budget is planned anew, for the others. A share
    that was begun by a member which goes through a tree is waited for even at the end: the member
    has gone on, and stands where that share ends.
    """
    tasks = plan()
    under_way: deque[tuple[bool, Asked]] = deque()
    while True:
        while len(under_way) < ahead and not ended():
            task = next(tasks, None)
            if task is None and not under_way:
                tasks = plan()
                task = next(tasks, None)
            if task is None:
                break
            pinned = result.members[task[0]].member.in_order
            under_way.append((pinned, workers.ask(task, pinned=pinned)))
        if not under_way:
            return
        pinned, asked = under_way.popleft()
        if not ended() or (pinned and not asked.cancel()):
            yield asked.share()


def written(
    found: Found, scenario: Scenario, workshop: Workshop, reference: str | None
) -> Callable[[list[Pick]], Schedule]:
    """How the picks of ``found`` become a schedule."""

    def schedule(picks: list[Pick]) -> Schedule:
        return Schedule(
            reference or scenario.name,
            scenario.stored(workshop.arguments),
            picks,
            found.made_by,
            max_steps=workshop.max_steps,
            end=End.VIOLATION,
        )

    return schedule
