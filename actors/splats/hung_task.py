"""Hung task: who waits for ever, where, and which locks are held meanwhile.

Layout: kernel/hung_task.c:check_hung_task(), v6.7. Time is counted in picks: a task is blocked for
as many as were made after it had begun to wait, until nobody could move any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from slabrace.actors.scene import MODEL, Scene
from slabrace.runtime.exporters.story import waiting
from slabrace.runtime.trace import Step

__all__ = ["hung_task"]

COMM = 15
"""Characters that the kernel keeps for the name of a task."""


def hung_task(scene: Scene) -> Iterator[str]:
    """One block for each task that waits, then the locks."""
    picks = len(scene.trace.world.picks)
    for number in sorted(waiting(scene.steps, scene.violation)):
        step = scene.steps[number]
        actor = step.sender
        blocked = picks - 1 - step.index
        counted = "1 pick" if blocked == 1 else f"{blocked} picks"
        yield f"INFO: task {actor}:{scene.pid(actor)} blocked for more than {counted}."
        yield f"      {scene.banner()}"
        yield f"Hardware name: {MODEL}"
        yield f"task:{actor:<{COMM}} state:D pid:{scene.pid(actor)}"
        yield from scene.trace_of(stack(scene, step), actor)
        yield ""
    yield "Showing all locks held in the system:"
    for actor in scene.cpus:
        if scene.held(actor):
            yield from scene.holding(actor)
    yield ""
    yield from scene.violation.message.split("; ")[1:]


def stack(scene: Scene, step: Step) -> list[str]:
    """The function it waits in on top, whether or not the model has it as a function."""
    lines = scene.stack(step.envelope)
    name = step.message.name
    return lines if lines and lines[0].split()[0] == name else [f" {name}", *lines]
