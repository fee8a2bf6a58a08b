"""I15: no grace period ends while a section that was under way at its beginning still is."""

import pytest
from tests.actors.laboratory import boot, every_run, laws, page, start, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import CallRcu, Kfree, KvfreeCallRcu, QuiescentState
from slabrace.actors.rcu import Flavour, RcuManager
from slabrace.runtime.actor import handles
from slabrace.runtime.outcome import Outcome


def only(outcome: Outcome, law: str) -> str:
    assert laws(outcome) == [law]
    return outcome.violations[0].message


# -- I15: grace periods ----------------------------------------------------------------


class Hasty(RcuManager):
    """Ends a grace period as soon as it began."""

    @handles(QuiescentState)
    def quiescent_state(self, message: QuiescentState) -> None:
        """Too late."""

    def _end_if_quiescent(self, flavour: Flavour) -> None:
        flavour.holdouts = []
        super()._end_if_quiescent(flavour)


def section_against_a_grace_period(rcu: type[RcuManager]) -> list[list[str]]:
    def build() -> Kernel:
        kernel = boot(rcu=rcu)
        it = page(kernel)

        async def reader(cpu: Cpu) -> None:
            cpu.rcu_read_lock()
            await cpu.rcu_dereference(it, "value")
            await cpu.rcu_dereference(it, "value")
            cpu.rcu_read_unlock()

        async def updater(cpu: Cpu) -> None:
            await cpu.synchronize_rcu()

        start(kernel, reader, updater)
        return kernel

    return [laws(outcome) for _, outcome in every_run(build)]


def test_i15_a_grace_period_that_ends_early_is_caught_in_every_schedule_where_it_does() -> None:
    runs = section_against_a_grace_period(Hasty)
    # Its request has 2 places before its beginning between the loads; its end follows there.
    assert sum(each == ["grace_period"] for each in runs) == 2


def test_i15_a_grace_period_that_waits_is_silent_in_every_schedule() -> None:
    runs = section_against_a_grace_period(RcuManager)
    assert runs == [[]] * 8


@pytest.mark.parametrize("message", [CallRcu, KvfreeCallRcu])
def test_i15_speaks_of_callbacks_too(message: type) -> None:
    kernel = boot(rcu=Hasty)
    it, doomed = page(kernel, "it"), page(kernel, "doomed")

    async def reader(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")
        await cpu.sleep(1_000_000)
        cpu.rcu_read_unlock()

    async def updater(cpu: Cpu) -> None:
        await cpu.sleep(100_000)
        if message is CallRcu:
            cpu.call_rcu(doomed, Kfree())
        else:
            cpu.kvfree_rcu(doomed)

    assert only(turn(kernel, reader, updater), "grace_period") == (
        "rcu_sched grace period 1 ends while script0 is still in the read-side section "
        "that it was in at its beginning"
    )
