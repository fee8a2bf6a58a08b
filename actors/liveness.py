"""The laws of what must happen at last: shrinker_free() and umount return, grace periods end.

Numbers are those of kernel.md 6.G. These laws are not among LAWS: they look at states while they
are hot, which costs a hundred times what a delivery does. A scenario that is about one of them
asks for it: ``world.judge(FreeReturns(kernel))``.

 - I12 is three hot monitors (liveness.py of the runtime): FreeReturns, UmountEnds, GracePeriodEnds.
 - I13 is a hot monitor that presupposes that the memcg is walked again and again: ObjectsScanned.
   At rest it judges two whole walks that passed the objects by.
 - I6 can be judged at rest, from the walks that were made: SpuriousBits.

I6 and I13 speak of walks that visit whatever has its bit set. Under the rwsem any walk may be
skipped, so they judge nothing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from slabrace.runtime.liveness import HotMonitor
from slabrace.runtime.monitor import Event, watches

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel

__all__ = ["FreeReturns", "GracePeriodEnds", "UmountEnds"]


class KernelLiveness(HotMonitor):
    """A law of liveness about one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel


class FreeReturns(KernelLiveness):
    """I12: shrinker_free() (unregister_shrinker() before v6.7) returns."""

    law: ClassVar[str] = "free_returns"

    @watches("function")
    def entered(self, event: Event) -> None:
        if event.fields["name"] in {"shrinker_free", "unregister_shrinker"}:
            cpu = event.actor
            self.must(cpu, f"{event.fields['name']}() returns on {cpu.name}", cpu)

    @watches("shrinker_gone")
    def gone(self, event: Event) -> None:
        self.happened(event.actor)


class UmountEnds(KernelLiveness):
    """I12: umount ends, once it has made the mount invisible."""

    law: ClassVar[str] = "umount_ends"

    @watches("function")
    def entered(self, event: Event) -> None:
        if event.fields["name"] == "deactivate_super":
            self.must(event.actor, f"umount ends on {event.actor.name}", event.actor)

    @watches("super_block_gone")
    def gone(self, event: Event) -> None:
        self.happened(event.actor)


class GracePeriodEnds(KernelLiveness):
    """I12: a grace period that is needed begins and ends."""

    law: ClassVar[str] = "grace_period_ends"

    @watches("rcu_grace_period")
    def moved(self, event: Event) -> None:
        flavour = event.fields["rcuname"]
        if event.fields["gpevent"] == "newreq":
            self.must(flavour, f"the grace period of {flavour} ends", event.actor)
        elif event.fields["gpevent"] == "end":
            self.happened(flavour)
