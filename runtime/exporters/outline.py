"""Outline: the deliveries of a story below the functions in which they were sent.

    update()
      Load(x) = 0
      next()
        Load(counter) = 1

A witness (runtime/witness.py) knows exactly in which functions a message was sent. Without one, a
function is whatever an actor notes as the event ``function`` with a ``name`` when it enters it;
that it leaves is not noted, so the last one entered is taken as the one it is in.

Functions that only lead to one other are left out, and so is one that is nothing but the access of
its name. This file writes rows; what is worth one is chosen in story.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from slabrace.runtime.message import UNANSWERED, Message
from slabrace.runtime.trace import Note, Step, canonical
from slabrace.runtime.witness import Call

__all__ = ["Point", "Row", "compose", "written"]

LEFT_OUT: Final = "..."
RETURNED: Final = "return"

Kind = Literal["function", "access", "left_out", "point"]


@dataclass(frozen=True)
class Row:
    """A line of the story: who, what, how deep it is indented, and whether it is the point.

    ``step`` is the number of the delivery that it tells of, if it tells of one.
    """

    actor: str
    text: str
    depth: int = 0
    marked: bool = False
    kind: Kind = "access"
    step: int | None = None


class Point(NamedTuple):
    """What the story comes to: said where an actor noted something, after all deliveries."""

    note: Note
    text: str


def compose(
    steps: Sequence[Step],
    shown: set[int],
    marked: set[int],
    notes: Sequence[Note],
    point: Point | None = None,
    ended: Sequence[str] = (),
) -> Iterator[Row]:
    """The rows in the order of time; ``point`` is the last. Of who has ``ended`` it is said."""
    homes = chains(steps, shown, notes, point)
    actors = [steps[number].sender for number in sorted(shown)]
    timed: list[tuple[int, Row]] = []
    for actor in dict.fromkeys([*actors, *([point.note.actor] if point else [])]):
        timed += Column(actor, steps, homes).rows(shown, marked, point, actor in ended)
    timed.sort(key=lambda each: each[0])
    return (row for _, row in timed)


class Column:
    """What one actor does: rows, each with the pick at which it belongs."""

    def __init__(self, actor: str, steps: Sequence[Step], homes: dict[int, list[Call]]) -> None:
        self.actor = actor
        self.steps = steps
        self.homes = homes
        self.own = [number for number, step in enumerate(steps) if step.sender == actor]
        self.path: list[Call] = []
        self.now = -1  # the pick of the row before
        self.since = -1  # the pick up to which nothing was left out

    def rows(
        self, shown: set[int], marked: set[int], point: Point | None, ended: bool
    ) -> Iterator[tuple[int, Row]]:
        """All of them."""
        for number in self.own:
            if number in shown:
                step = self.steps[number]
                yield from self.below(self.homes.get(number, []), step.index)
                yield step.index, self.row(written(step), number in marked, step=number)
                self.now = self.since = step.index
        if point is not None and point.note.actor == self.actor:
            end = len(self.steps) and self.steps[-1].index + 1
            yield from self.below(self.homes[len(self.steps)], end)
            yield end, self.row(point.text, True, "point")
        elif ended and self.path:
            end = self.steps[self.own[-1]].index
            self.path = self.path[:1]
            yield from self.left_out(end + 1)
            yield end, self.row(RETURNED)

    def below(self, chain: list[Call], index: int) -> Iterator[tuple[int, Row]]:
        """The functions that have to be written before what is done in the last of ``chain``."""
        common = 0
        for old, new in zip(self.path, chain, strict=False):
            if old.activation != new.activation:
                break
            common += 1
        for depth, call in enumerate(chain[common:], common):
            self.now = max(self.now, min(call.seen, index))
            self.since = max(self.since, call.seen)
            yield self.now, Row(self.actor, f"{call.function}()", depth, kind="function")
        self.path = chain
        yield from self.left_out(index)

    def left_out(self, index: int) -> Iterator[tuple[int, Row]]:
        """An ellipsis, if something before pick ``index`` is not shown."""
        skipped = [self.steps[n].index for n in self.own]
        if self.path and any(self.since < each < index for each in skipped):
            yield index - 1, self.row(LEFT_OUT, kind="left_out")

    def row(
        self, text: str, marked: bool = False, kind: Kind = "access", step: int | None = None
    ) -> Row:
        """A line inside the functions of ``path``."""
        return Row(self.actor, text, len(self.path), marked, kind, step)


def chains(
    steps: Sequence[Step], shown: set[int], notes: Sequence[Note], point: Point | None
) -> dict[int, list[Call]]:
    """Number of a shown step -> the functions it stands below, the outermost first.

    The number after the last step's is the point's.
    """
    accesses = {str(step.message).partition("(")[0] for step in steps}
    if point is not None or any(step.calls for step in steps):
        calls = {number: steps[number].calls for number in shown}
        if point is not None:
            calls[len(steps)] = point.note.calls
        return compressed(
            {
                number: [call for call in inside[::-1] if call.function not in accesses]
                for number, inside in calls.items()
            }
        )
    return last_entered(steps, shown, [n for n in notes if n.fields.get("name") not in accesses])


def compressed(found: dict[int, list[Call]]) -> dict[int, list[Call]]:
    """Without the functions that have nothing of their own and lead to one other only."""
    below: dict[int, set[int]] = {}
    for chain in found.values():
        for outer, inner in zip(chain, [*chain[1:], None], strict=False):
            # 0 stands for an access of its own: activations are told apart by 1, 2, ...
            below.setdefault(outer.activation, set()).add(inner.activation + 1 if inner else 0)
    return {
        number: [call for call in chain if len(kinds := below[call.activation]) > 1 or 0 in kinds]
        for number, chain in found.items()
    }


def last_entered(
    steps: Sequence[Step], shown: set[int], notes: Sequence[Note]
) -> dict[int, list[Call]]:
    """The function that was noted last before each step, where there is one."""
    inside: dict[int, list[Call]] = {}
    now: dict[str, Call] = {}
    entered = [note for note in notes if note.event == "function"]
    upcoming = iter([*enumerate(entered), None])
    following = next(upcoming)
    for number, step in enumerate(steps):
        while following is not None and following[1].index < step.index:
            activation, note = following
            now[note.actor] = Call(note.fields["name"], activation=activation, seen=note.index)
            following = next(upcoming)
        if number in shown and step.sender in now:
            inside[number] = [now[step.sender]]
    return inside


def written(step: Step) -> str:
    """``Load(counter, word) = 0``: the message with its addressee, and what came of it."""
    text: str = step.message.told(step.addressee)
    if step.change is not None and step.change[0] != step.change[1]:
        return f"{text}  {' -> '.join(step.change)}"
    answer = step.answer
    if answer is UNANSWERED or answer is None:
        return text
    if isinstance(answer, Message):
        return f"{text} = {answer}"
    told = step.answered if step.answered != "deferred" else canonical(answer)
    return f"{text} = {told}"
