"""Context: what may not be done where it was done. PROVE_RCU and might_sleep().

Layouts: kernel/locking/lockdep.c:lockdep_rcu_suspicious(), kernel/sched/core.c:__might_resched();
v6.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from slabrace.actors.scene import Scene
from slabrace.runtime.trace import Note

__all__ = ["sleeping", "suspicious"]

USAGE = {
    "suspicious_rcu_usage": "rcu_dereference_check",
    "lock_not_held": "rcu_dereference_protected",
}


def suspicious(scene: Scene, note: Note) -> Iterator[str]:
    """A pointer was dereferenced outside a section, or without the lock that protects it."""
    if note.event == "lock_not_held" and "where" not in note.fields:
        yield from asserted(scene, note)
        return
    yield "============================="
    yield "WARNING: suspicious RCU usage"
    yield scene.banner()
    yield "-----------------------------"
    yield f"{site(note)} suspicious {USAGE[note.event]}() usage!"
    yield ""
    yield "other info that might help us debug this:"
    yield ""
    if note.event == "lock_not_held":
        yield f"{scene.lock(note.fields['lock'])} is not held"
        yield ""
    yield from scene.holding(note.actor)
    yield ""
    yield "stack backtrace:"
    yield from scene.head(note.actor)
    yield from scene.trace_of(scene.lines(note.calls), note.actor)


def asserted(scene: Scene, note: Note) -> Iterator[str]:
    """lockdep_assert_held() of a lock that is not."""
    function = f" {note.calls[0].function}" if note.calls else ""
    cpu = scene.cpus[note.actor].number
    yield f"WARNING: CPU: {cpu} PID: {scene.pid(note.actor)} at {site(note)}{function}"
    yield f"{scene.lock(note.fields['lock'])} is not held"
    yield from scene.holding(note.actor)
    yield from scene.head(note.actor)
    yield from scene.trace_of(scene.lines(note.calls), note.actor)


def sleeping(scene: Scene, note: Note) -> Iterator[str]:
    """Something that may sleep was called in a section or under a spinlock."""
    nesting, spinlocks = note.fields["nesting"], note.fields["spinlocks"]
    yield f"BUG: sleeping function called from invalid context at {site(note)}"
    yield (
        f"in_atomic(): {int(spinlocks > 0)}, irqs_disabled(): 0, non_block: 0, "
        f"pid: {scene.pid(note.actor)}, name: {note.actor}"
    )
    yield f"preempt_count: {spinlocks}, expected: 0"
    yield f"RCU nest depth: {nesting}, expected: 0"
    yield from scene.holding(note.actor)
    yield from scene.head(note.actor)
    yield from scene.trace_of(scene.lines(note.calls), note.actor)


def site(note: Note) -> str:
    """File and line."""
    return f"{note.calls[0].file}:{note.calls[0].line}" if note.calls else str(note.fields["cpu"])
