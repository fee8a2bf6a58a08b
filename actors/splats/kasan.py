"""KASAN: use after free, double free, out of bounds, as mm/kasan/report.c lays them out (v6.8).

Who allocated the memory is known if that was in the run, and not before it; who freed it, from the
delivery that did; who queued the freeing, from the callback that RCU was given.
"""

from __future__ import annotations

from collections.abc import Iterator

from slabrace.actors.messages import DeferredRead, FindNextBit, IdrFind, Load, NextChild, ReadUnit
from slabrace.actors.object import KernelObject
from slabrace.actors.scene import Scene
from slabrace.runtime.actor import Actor
from slabrace.runtime.message import Message
from slabrace.runtime.trace import Note

__all__ = ["kasan"]

RULE = "=" * 66
READS = (DeferredRead, FindNextBit, IdrFind, Load, NextChild, ReadUnit)
QUEUED = ("rcu_callback", "rcu_kfree_callback")
FREES = ("kfree", "kvfree_call_rcu")
NEWS = ("double_free", "unit_out_of_range", "use_after_free")
MICROSECOND = 1_000


def kasan(scene: Scene) -> Iterator[str]:
    """The report, line by line."""
    note = scene.notes(*NEWS)[-1]
    step = scene.steps[-1]
    if note.event == "unit_out_of_range":
        thing, by, lines = note.fields["info"], note.actor, scene.lines(note.calls)
        at, told = out_of_bounds(scene, note)
        what = "slab-out-of-bounds"
    else:
        thing, by, lines = note.fields["object"], step.sender, scene.stack(step.envelope)
        what = "double-free" if note.event == "double_free" else "slab-use-after-free"
        at, told = scene.address(thing), "Free of"
        if note.event == "use_after_free":
            at += touched(scene, thing, step.message)
            told = f"{'Read' if isinstance(step.message, READS) else 'Write'} of size 8 at"
    yield RULE
    yield f"BUG: KASAN: {what} in {culprit(lines)}"
    yield f"{told} addr {at:016x} by task {scene.task(by)}"
    yield ""
    yield from scene.head(by)
    yield from scene.trace_of(lines, by)
    yield from life(scene, thing)
    yield from place(scene, thing, at)
    yield RULE


def culprit(lines: list[str]) -> str:
    """The innermost function that is not the freeing itself."""
    for line in lines:
        if line.split()[0] not in FREES:
            return line.strip()
    return lines[0].strip() if lines else "?"


def touched(scene: Scene, thing: KernelObject, message: Message) -> int:
    """Bytes from the beginning of the object to what was accessed first."""
    word = "map_nr_max" if isinstance(message, ReadUnit) else getattr(message, "word", None)
    return scene.offset(thing, word or message.shows)


def out_of_bounds(scene: Scene, note: Note) -> tuple[int, str]:
    """Where that is, beyond the end of a shrinker_info, and what is done there."""
    info, index = note.fields["info"], note.fields["index"]
    if hasattr(info, "unit"):
        return scene.address(info) + scene.offset(info, "unit", index), "Read of size 8 at"
    beyond = (index - info.map_nr_max) // 64 * 8  # set_bit() in a long behind the map
    return scene.address(info) + scene.size(info) + beyond, "Write of size 8 at"


def life(scene: Scene, thing: KernelObject) -> Iterator[str]:
    """Allocated, freed, queued: as far as the run knows."""
    allocated = next((n for n in scene.notes("kmalloc") if n.fields["object"] is thing), None)
    if allocated is not None:
        yield ""
        yield f"Allocated by task {stamp(scene, allocated.actor, allocated.time)}:"
        yield from scene.lines(allocated.calls)
    freed = next((n for n in scene.notes("kfree") if n.fields["object"] is thing), None)
    owner: Actor = thing
    if freed is not None:
        step = scene.step_at(freed.index)
        if step is not None:
            owner = step.envelope.addressee  # what it was embedded in
            yield ""
            yield f"Freed by task {stamp(scene, step.sender, step.time)}:"
            yield from scene.stack(step.envelope)
    queued = [n for n in scene.notes(*QUEUED) if n.fields["rhp"] in (thing, owner)]
    for which, note in zip(("Last", "Second to last"), reversed(queued), strict=False):
        step = scene.step_at(note.index)
        if step is not None:
            yield ""
            yield f"{which} potentially related work creation:"
            yield from scene.stack(step.envelope)


def stamp(scene: Scene, actor: str, nanoseconds: int) -> str:
    """``102 on cpu 1 at 0.000031s``."""
    cpu = scene.cpus.get(actor)
    on = f" on cpu {cpu.number}" if cpu is not None else ""
    microseconds = nanoseconds // MICROSECOND
    return f"{scene.pid(actor)}{on} at {microseconds // 1_000_000}.{microseconds % 1_000_000:06}s"


def place(scene: Scene, thing: KernelObject, at: int) -> Iterator[str]:
    """Which object that is, and where in or behind it the access was."""
    start, size = scene.address(thing), scene.size(thing)
    end = start + size
    distance, side = (at - start, "inside") if at < end else (at - end, "to the right")
    freed = any(note.fields["object"] is thing for note in scene.notes("kfree"))
    yield ""
    yield f"The buggy address belongs to the object at {start:016x}"
    yield f" which belongs to the cache {thing.kind} of size {size}"
    yield f"The buggy address is located {distance} bytes {side} of"
    yield f" {'freed' if freed else 'allocated'} {size}-byte region [{start:016x}, {end:016x})"
    yield ""
    yield f"The object is {thing.name}."
