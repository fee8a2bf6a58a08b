"""Early: questions that are asked in one delivery and awaited in another.

    early = self.ask(x, Load())           # sent here
    await self.ask(y, Load())
    await early                           # and waited for where y, or where x, was delivered

Whoever asked so goes on when both have come. The two deliveries commute, and what is sent next is
sent in whichever was the later: it happens after both. So the later one *joins* the earlier one
(``Happening.joined``).

What is sent is all that may tell one order from the other. If more is done where they are joined
(a value is chosen, something is touched, somebody begins to listen), the two are *tied*: they count
as dependent from then on.

A question goes by the number of its lane and its place in it. This file knows who joins whom;
what happens before what is causality.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from slabrace.runtime.dependence import Touch
from slabrace.runtime.message import UNANSWERED, Envelope
from slabrace.runtime.task import Task

if TYPE_CHECKING:
    from slabrace.runtime.causality import Causality, Happening

__all__ = ["Early", "Question"]


class Question(NamedTuple):
    """The message at ``place`` of ``lane``."""

    lane: int
    place: int

    @property
    def touch(self) -> Touch:
        """What the two deliveries touch once they are tied."""
        return self, None, True


class Early:
    """Of one search: ``begin`` a run, tell what was ``sent``, and ``settle`` each event."""

    def __init__(self) -> None:
        self.tied: set[Question] = set()
        self.joined: list[Envelope] = []  # awaited in the event under way, and answered before
        self._awaited: dict[Question, int] = {}  # in which event
        self._answered: dict[Question, int] = {}
        self.open: dict[Envelope, Question] = {}  # asked; not awaited in the same event
        self._over: dict[Envelope, Question] = {}  # of those, what was answered and not awaited

    def __getstate__(self) -> dict[str, object]:
        """What is of more than one run: a search that is broken off keeps that."""
        lasting = {name: vars(self)[name] for name in ("tied", "_awaited", "_answered")}
        return {**lasting, "joined": [], "open": {}, "_over": {}}

    def begin(self, kept: int) -> None:
        """A run begins, of which so many events will be repeated."""
        self.joined.clear()
        self.open.clear()
        self._over.clear()
        if self._awaited or self._answered:
            for times in (self._awaited, self._answered):
                for question in [each for each, event in times.items() if event >= kept]:
                    del times[question]

    def sent(self, envelope: Envelope, lane: int, place: int) -> None:
        """It was asked in the event that is settled now, and is not awaited."""
        self.open[envelope] = Question(lane, place)

    # -- what is repeated --------------------------------------------------------------

    def repeat(self, envelope: Envelope, question: Question) -> None:
        """It is delivered in an event that is repeated."""
        self.open[envelope] = question

    def resume(self, envelope: Envelope, lane: int, place: int) -> None:
        """It is still undelivered where the repetition ends."""
        asked_early = type(envelope.waiter) is not Task and envelope.sender.run is not None
        if asked_early or (self._awaited and (lane, place) in self._awaited):
            self.open[envelope] = Question(lane, place)

    def resumed(self) -> None:
        """All that was repeated is known."""
        self.joined.clear()
        if not self.open:
            return
        for envelope in [each for each in self.open if each.answer is not UNANSWERED]:
            question = self.open.pop(envelope)
            if question not in self._awaited:
                self._over[envelope] = question

    # -- what is new -------------------------------------------------------------------

    def settle(self, event: Happening, head: Envelope | None, causality: Causality) -> None:
        """``event``, the delivery of ``head``, is over and is about to be appended."""
        index = len(causality.events)
        mine = []
        joined: dict[Question, int] = {}
        if head in self.open:
            event.question = self.open[head]
            mine.append(event.question)
        for envelope, question in list(self.open.items()):
            awaited = type(envelope.waiter) is Task
            if awaited and question not in self._awaited:
                self._awaited[question] = index
                mine.append(question)
            if envelope.answer is not UNANSWERED:
                del self.open[envelope]
                self._answered[question] = index
                if awaited:
                    joined[question] = self._awaited[question]
                else:
                    self._over[envelope] = question
        for envelope in self.joined:
            if envelope in self._over:
                question = self._over.pop(envelope)
                self._awaited[question] = index
                joined[question] = self._answered[question]
        self.joined.clear()
        others = {question: at for question, at in joined.items() if at != index}
        event.joined = tuple(others.values())
        if others and (event.choices or event.opened or len(event.footprint) > 1):
            self._tie(others, causality)
        tied = {question for question in (*mine, *others) if question in self.tied}
        event.footprint = (*event.footprint, *(question.touch for question in tied))

    def _tie(self, joined: dict[Question, int], causality: Causality) -> None:
        """Count these deliveries and the one that joins them as dependent, from now on."""
        for question, at in joined.items():
            if question not in self.tied:
                self.tied.add(question)
                causality.add_touch(at, question.touch)
