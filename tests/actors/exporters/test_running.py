"""Which task did it, and on which CPU."""

from typing import Any

from tests.actors.exporters.kernel_log import recorded

from slabrace.actors.exporters.running import MOST_CPUS, Running, Task
from slabrace.runtime.run_log import RunLog


def at(run: RunLog, *wanted: str) -> list[tuple[Task, int]]:
    running = Running(run)
    places = [(record["event"], running.at(record)) for record in run.records]
    return [place for event, place in places if event in wanted]


def test_what_an_object_notes_is_done_by_who_sent_to_it() -> None:
    told = at(recorded(), "contention_begin", "contention_end")
    assert [(task.comm, cpu) for task, cpu in told] == [("reclaimer0", 0), ("mounter0", 1)]


def test_who_has_no_cpu_is_on_the_first() -> None:
    assert {(task.comm, cpu) for task, cpu in at(recorded(), "rcu_grace_period")} == {("rcu", 0)}


def test_before_anybody_sent_anything_nobody_ran() -> None:
    records = [note(0, "actor", "x", kind="x", active=False), note(0, "kfree", "x")]
    assert at(RunLog({}, "r", records), "kfree") == [(Task(0, "<idle>"), 0)]


def test_a_cpu_that_no_kernel_has_is_none() -> None:
    run = RunLog({}, "r", [note(0, "lost", "a", cpu=MOST_CPUS), note(1, "lost", "a", cpu=3)])
    assert [cpu for _, cpu in at(run, "lost")] == [0, 3]


def note(step: int, event: str, actor: str, **fields: Any) -> dict[str, Any]:
    return {"run": "r", "step": step, "vt": step, "event": event, "actor": actor, **fields}
