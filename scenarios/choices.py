"""Types and limits of scenario parameters that many scenarios share."""

from __future__ import annotations

from typing import Literal

from slabrace.actors.memory import Memory
from slabrace.runtime.errors import UsageError

__all__ = ["Memory", "Version", "at_least", "at_most"]

Version = Literal["rwsem_flat", "srcu", "rwsem", "refcount_rcu", "refcount_rcu_fixed"]
"""A version of the walk, oldest first: the names of actors/shrink_slab."""


def at_least(minimum: int, **values: int) -> None:
    """Refuse values below ``minimum``, by the parameter's name."""
    for name, value in values.items():
        if value < minimum:
            raise UsageError(f"{name}={value}: expected {minimum} or more")


def at_most(limit: str, maximum: int, **values: int) -> None:
    """Refuse values above ``maximum``, which is what ``limit`` (in words) allows."""
    for name, value in values.items():
        if value > maximum:
            raise UsageError(f"{name}={value}: expected at most {maximum}, {limit}")
