"""Log order: what happened before what, read off the vector clocks in a log.

Theory. Each delivery carries, for every sender, the step of that sender's latest delivery that
happened before it, its own included. So one number decides: *e* happened before *f* if and only
if *f*'s clock, at *e*'s sender, has reached *e*'s step. Two deliveries of which neither happened
before the other are concurrent: another order of picks could have turned them round.

What is noted at a step has the clock of the delivery at that step. Step 0, the start, is before
all.

Of the log itself nothing is kept but the lines of one step, so a cone of any log can be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import Header, Record

__all__ = ["Moment", "cone", "happened_before", "moment"]

Line = TypeVar("Line", bound=Header | Record)

DELIVERY: Final = "deliver"


class Moment(msgspec.Struct, frozen=True):
    """A delivery as a place in the order."""

    run: str
    step: int
    actor: str
    clock: dict[str, int]

    def is_before(self, other: Moment) -> bool:
        """Whether it happened before ``other``, or is it."""
        return other.clock.get(self.actor, 0) >= self.step


def happened_before(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether delivery ``one`` happened before ``other`` of the same run, or is it."""
    return bool(other["clock"].get(one["actor"], 0) >= one["step"])


def moment(lines: Iterable[Header | Record], step: int, option: str) -> Moment:
    """The delivery at ``step``, of the first run that has one; ``option`` asked for it."""
    below = above = None
    deliveries = 0
    for line in lines:
        fields = line.fields
        if isinstance(line, Header) or fields["event"] != DELIVERY:
            continue
        deliveries += 1
        at = fields["step"]
        if at == step:
            return placed(fields, option)
        if at < step:
            below = at if below is None else max(below, at)
        elif above is None or at < above:
            above = at
    if not deliveries:
        raise UsageError(
            f"{option} {step}: this log has no deliveries, so nothing in it is known to have "
            "happened before anything else; recordings of real machines have none, and "
            "`run` and `replay` write them with --log"
        )
    near = " and ".join(str(each) for each in (below, above) if each is not None)
    raise UsageError(f"{option} {step}: no delivery at this step; the nearest are at {near}")


def placed(fields: Mapping[str, Any], option: str) -> Moment:
    """A delivery that must have a clock."""
    try:
        return msgspec.convert(fields, Moment)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{option} {fields['step']}: the delivery at this step has no vector clock that can be "
            f"read ({error})"
        ) from error


def cone(
    lines: Iterable[Line], *, before: Moment | None = None, after: Moment | None = None
) -> Iterator[Line]:
    """The lines that happened ``before`` one delivery, ``after`` one, or between the two."""
    runs = {each.run for each in (before, after) if each is not None}
    for group in by_step(lines):
        first = group[0]
        if isinstance(first, Header):
            yield first
        elif {first.fields["run"]} == runs:
            if before is not None and first.fields["step"] > before.step:
                return  # nothing that comes later was before
            if inside(group, before, after):
                yield from group


def by_step(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines of each step together; a header for itself."""
    group: list[Line] = []
    key: Any = None
    for line in lines:
        fields = line.fields
        now = None if isinstance(line, Header) else (fields["run"], fields["step"])
        if group and (now is None or now != key):
            yield group
            group = []
        group.append(line)
        key = now
    if group:
        yield group


def inside(group: list[Line], before: Moment | None, after: Moment | None) -> bool:
    """Whether the delivery of this step is where it should be."""
    for line in group:
        fields = line.fields
        if fields["event"] == DELIVERY:
            clock = fields.get("clock")
            if not isinstance(clock, dict):
                return False
            known = 0 if after is None else clock.get(after.actor, 0)
            early = (
                before is None or before.clock.get(str(fields.get("actor")), 0) >= fields["step"]
            )
            return early and isinstance(known, int) and (after is None or known >= after.step)
    return group[0].fields["step"] == 0 and after is None
