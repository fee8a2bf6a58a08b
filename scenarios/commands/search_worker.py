"""Shop: what a process needs to take part in a search: everything that was typed.

A scenario is a function in a module that another process has not imported, so it is looked up there
again, by the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from slabrace.runtime.member import Member, Share, Workshop
from slabrace.runtime.scenario import Scenario
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras, blaming

__all__ = ["Shop"]


class Room(Workshop):
    """A workshop that shows an error of the user's as theirs: no traceback leaves a process."""

    def share(self, number: int, first: int, size: int, deadline: float | None = None) -> Share:
        """The same, blaming whom it should."""
        with blaming():
            return super().share(number, first, size, deadline)


@dataclass(frozen=True)
class Shop:
    """``name`` and ``settings`` of the scenario, and what else a search is told."""

    name: str
    settings: tuple[str, ...]
    members: tuple[Member, ...]
    extras: Extras
    max_steps: int | None = None
    until_violation: bool = True

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario, looked up."""
        return Catalogue(self.extras.plugins.scenarios).find(self.name)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Its parameters, read."""
        return self.scenario.parse(self.settings)

    def __call__(self) -> Workshop:
        """A workshop in this process."""
        return Room(
            self.scenario,
            self.parameters,
            self.members,
            furnish=self.extras.furnish(),
            max_steps=self.max_steps,
            until_violation=self.until_violation,
        )

    def __getstate__(self) -> dict[str, Any]:
        """What was looked up stays here."""
        fields = ("name", "settings", "members", "max_steps", "until_violation")
        state = {name: getattr(self, name) for name in fields}
        given = self.extras
        return state | {"extras": Extras(given.plugin, given.monitor, given.actor)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
