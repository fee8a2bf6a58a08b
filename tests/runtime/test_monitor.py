"""A monitor judges from the events that actors note."""

import pytest

from slabrace.runtime.actor import Actor
from slabrace.runtime.engine import Engine
from slabrace.runtime.monitor import Event, Monitor, watches
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World


class Noter(Actor):
    def __init__(self, *values: int) -> None:
        self.values = values

    async def run(self) -> None:
        for value in self.values:
            self.note("counted", value=value)
            await self.sleep(1)
        self.note("ended")


class NeverNegative(Monitor):
    law = "never_negative"

    def __init__(self) -> None:
        self.seen: list[int] = []

    @watches("counted")
    def counted(self, event: Event) -> None:
        self.seen.append(event.fields["value"])
        if event.fields["value"] < 0:
            self.violated(f"value is {event.fields['value']}", event.actor)


class EvenInTheEnd(Monitor):
    law = "even_in_the_end"

    @watches("counted")
    def counted(self, event: Event) -> None:
        self.last = event.fields["value"]

    def at_quiescence(self) -> None:
        if self.last % 2:
            self.violated(f"ends with {self.last}")


def run(monitor: Monitor, *values: int) -> Outcome:
    world = World()
    world.judge(monitor)
    world.spawn(Noter(*values))
    return Engine(world, RoundRobin()).run()


def test_a_kept_law_is_silent() -> None:
    assert run(NeverNegative(), 1, 2).end is End.QUIET


def test_a_broken_law_ends_the_run_where_it_is_broken() -> None:
    monitor = NeverNegative()
    outcome = run(monitor, 1, -2, -3)
    assert outcome.end is End.VIOLATION
    assert [str(each) for each in outcome.violations] == ["never_negative: value is -2"]
    assert outcome.violations[0].parties == ("noter0",)
    assert monitor.seen == [1, -2]


def test_a_law_may_speak_of_the_end() -> None:
    assert run(EvenInTheEnd(), 1, 2).end is End.QUIET
    (violation,) = run(EvenInTheEnd(), 2, 1).violations
    assert violation.signature == "even_in_the_end"


def test_every_law_broken_in_the_end_is_reported() -> None:
    world = World()
    world.judge(EvenInTheEnd(), EvenInTheEnd())
    world.spawn(Noter(1))
    assert len(Engine(world, RoundRobin()).run().violations) == 2


def test_a_deadlock_is_reported_before_laws_about_the_end() -> None:
    class Stuck(Noter):
        async def run(self) -> None:
            self.note("counted", value=1)
            await self.receive()

    world = World()
    world.judge(EvenInTheEnd())
    world.spawn(Stuck())
    (violation,) = Engine(world, RoundRobin()).run().violations
    assert violation.law == "deadlock"


def test_an_event_nobody_watches_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.judge(NeverNegative())
    made: list[str] = []
    monkeypatch.setattr(world, "tell", lambda *event: made.append(event[1]))
    world.spawn(Noter(1))
    Engine(world, RoundRobin()).run()
    assert made == ["counted"]


def test_a_tap_sees_every_event_once_whoever_came_first() -> None:
    world = World()
    early: list[str] = []
    late: list[str] = []
    world.tap(lambda event: early.append(event.name))
    world.judge(NeverNegative())
    world.tap(lambda event: late.append(event.name))
    world.spawn(Noter(1, 2))
    Engine(world, RoundRobin()).run()
    assert early == late == ["counted", "counted", "ended"]


def test_an_event_says_when_and_who() -> None:
    world = World()
    events: list[Event] = []
    world.watch("counted", events.append)
    world.spawn(Noter(4, 5))
    Engine(world, RoundRobin()).run()
    first, second = events
    assert (first.step, first.actor.name, first.fields) == (0, "noter0", {"value": 4})
    assert (second.step, repr(second)) == (1, "[1] noter0 counted {'value': 5}")


@pytest.mark.parametrize("value", [1, -1])
def test_watching_changes_nothing(value: int) -> None:
    world = World()
    world.spawn(Noter(value))
    alone = Engine(world, RoundRobin()).run()
    assert run(Monitor(), value).picks == alone.picks
