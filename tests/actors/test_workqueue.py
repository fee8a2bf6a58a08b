"""Work is done in order by one worker; a wake-up that finds nobody is remembered."""

from tests.actors.laboratory import boot, laws, pause, quiet, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.messages import QueueWork, WaitEvent, WakeUp
from slabrace.actors.workqueue import WaitQueue


def test_work_is_done_one_after_the_other_in_the_order_in_which_it_was_queued() -> None:
    kernel = boot()
    log: list[str] = []

    async def work(cpu: Cpu, name: str) -> None:
        log.append(f"{cpu.name} begins {name}")
        await pause(cpu)
        log.append(f"{cpu.name} ends {name}")

    async def program(cpu: Cpu) -> None:
        for name in ("a", "b"):
            cpu.ask(kernel.cgroup_destroy_wq, QueueWork(work, (name,)))

    quiet(kernel, program)
    assert log == [f"kworker {what} {name}" for name in ("a", "b") for what in ("begins", "ends")]


def test_a_worker_that_is_idle_is_no_deadlock() -> None:
    assert laws(turn(boot())) == []


def waitqueue() -> tuple[WaitQueue, list[str]]:
    return WaitQueue(), []


def test_a_wake_up_wakes_all_who_sleep() -> None:
    kernel = boot()
    wait, log = waitqueue()
    wait.publish_in(kernel.world, "wait")

    async def sleeper(cpu: Cpu) -> None:
        await cpu.ask(wait, WaitEvent())
        log.append(cpu.name)

    async def waker(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.ask(wait, WakeUp())

    quiet(kernel, sleeper, sleeper, waker)
    assert log == ["script0", "script1"]


def test_a_wake_up_that_finds_nobody_is_remembered_once() -> None:
    kernel = boot()
    wait, log = waitqueue()
    wait.publish_in(kernel.world, "wait")

    async def program(cpu: Cpu) -> None:
        await cpu.ask(wait, WakeUp())
        await cpu.ask(wait, WakeUp())
        await cpu.ask(wait, WaitEvent())
        log.append("woken")
        await cpu.ask(wait, WaitEvent())

    assert laws(turn(kernel, program)) == ["deadlock"]
    assert log == ["woken"]
