"""Everything that can go wrong, said in one place.

An error says what was expected, what was found and what to do next. Three families:

- ``UsageError``: the caller gave something that cannot be used (exit code 2 on the command line).
- ``Violation``: the run did what it must never do. Raised by whoever judges; ends the run.
- ``MachineError``: actor code used the machine in a way that has no meaning.

This file knows no actor and no host.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Literal

__all__ = [
    "Divergence",
    "ForeignAwait",
    "MachineError",
    "Overdue",
    "ScheduleError",
    "SlabraceError",
    "UsageError",
    "Violation",
    "nearest",
]


class SlabraceError(Exception):
    """Base of every error that slabrace raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as it is: another process may have raised it, and what made it is not there."""
        return restored, (type(self), self.args, self.__dict__)


class UsageError(SlabraceError):
    """Input that cannot be used: an unknown name, a value of the wrong type, an unreadable file."""


class ScheduleError(UsageError):
    """A schedule that cannot be read: corrupt, of another version, or of another scenario."""


class Divergence(SlabraceError):
    """A replay met a scenario that no longer offers what the schedule recorded.

    ``pick`` is the index (from 0) of the first pick that could not be followed, ``expected`` what
    it is, ``found`` what there was instead.
    """

    def __init__(self, pick: int, expected: str, found: str) -> None:
        super().__init__(
            f"replay diverged at pick {pick}: the schedule expects {expected}; found {found}. "
            "The scenario, its parameters or the code changed since the schedule was recorded: "
            "replay it with that version, or search again."
        )
        self.pick = pick
        self.expected = expected
        self.found = found


class MachineError(SlabraceError):
    """Actor code used the machine in a way that has no meaning (a message nobody handles, ...)."""


class ForeignAwait(MachineError):
    """An actor awaited something that is not the machine's, on a host that cannot serve it."""

    def __init__(self, actor: str, what: str) -> None:
        super().__init__(
            f"actor {actor} awaited {what}, which is not the machine's: the engine drives "
            "coroutines by hand and has no event loop. Await asks, sleep() and receive() of the "
            "actor itself, or run this scenario on a live host (--host trio or --host asyncio)."
        )
        self.actor = actor


class Violation(SlabraceError):
    """A law was broken.

    ``law`` names it, ``signature`` tells one bug from another (law and the parties, no numbers
    that vary from run to run), ``parties`` are the names of the actors that matter to it.
    """

    def __init__(self, law: str, message: str, parties: Iterable[str] = ()) -> None:
        super().__init__(f"{law}: {message}")
        self.law = law
        self.message = message
        self.parties = tuple(parties)

    @property
    def signature(self) -> str:
        """Law and parties, the same for every run that hits the same bug."""
        return ":".join((self.law, *self.parties))


class Overdue(Violation):
    """Something that must happen has not: ``how`` it is known, and the ``loop`` if it is a lasso.

    ``loop`` are the deliveries, as texts, that lead from a state back to itself.
    """

    def __init__(
        self,
        law: str,
        message: str,
        parties: Iterable[str],
        *,
        how: Literal["lasso", "bound"],
        loop: Iterable[str] = (),
    ) -> None:
        super().__init__(law, message, parties)
        self.how = how
        self.loop = tuple(loop)


def restored(kind: type[SlabraceError], args: tuple[Any, ...], fields: dict[str, Any]) -> Any:
    """An error of another process."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the tail of an error about an unknown name: the nearest names, then all accepted ones.

    >>> nearest("strss", ["stress", "phases"])
    "did you mean 'stress'? Accepted: phases, stress"
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = "did you mean " + " or ".join(f"'{c}'" for c in close) + "? " if close else ""
    return f"{hint}Accepted: {', '.join(names) if names else 'none'}"
