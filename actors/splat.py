"""Splat: a broken law, told as the kernel would tell it in dmesg.

    print(splat("kasan", trace, violation))

A kernel has a voice for each kind of fault. A law that has none in the voice that is asked for is
told in another form; the error says which. The trace must have had a witness: without stacks there
is nothing to tell. How each voice lays a report out is in splats/, what it can know in scene.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from slabrace.actors.scene import Scene
from slabrace.actors.splats.context import sleeping, suspicious
from slabrace.actors.splats.hung_task import hung_task
from slabrace.actors.splats.kasan import kasan
from slabrace.actors.splats.lockdep import balance, order
from slabrace.runtime.errors import UsageError, Violation
from slabrace.runtime.trace import Note, Trace

__all__ = ["VOICES", "splat"]

VOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "kasan": ("use_after_free", "double_free", "unit_index"),
    "lockdep": ("lock_order", "rcu_usage", "sleep_in_atomic", "deadlock"),
}
"""Form -> the laws that it can tell of."""
ALWAYS: Final = ("events", "diagram")
"""Forms in which any run can be told."""

NOTED: Final[Mapping[str, Callable[[Scene, Note], Iterator[str]]]] = {
    "lock_acquire": order,
    "lock_imbalance": balance,
    "rcu_imbalance": balance,
    "suspicious_rcu_usage": suspicious,
    "lock_not_held": suspicious,
    "sleeping_in_atomic": sleeping,
}
"""Event in which a law of lockdep was broken -> its report."""


def splat(form: str, trace: Trace, violation: Violation | None) -> str:
    """The report of ``violation`` in ``form``; a UsageError that names the forms that fit."""
    law = violation.law if violation is not None else None
    if violation is None or law not in VOICES[form]:
        broken = f"the law {law} was broken" if law else "no law was broken"
        fitting = [each for each, laws in VOICES.items() if law in laws]
        raise UsageError(
            f"--as {form} tells of {', '.join(VOICES[form])}; in this run {broken}. "
            f"Forms that fit: {', '.join([*ALWAYS, *fitting])}"
        )
    scene = Scene(trace, violation)
    if form == "kasan":
        return "\n".join(kasan(scene))
    if law == "deadlock":
        return "\n".join(hung_task(scene))
    note = scene.notes(*NOTED)[-1]
    return "\n".join(NOTED[note.event](scene, note))
