"""Types of scenario parameters that many scenarios share."""

from __future__ import annotations

from typing import Literal

__all__ = ["Version"]

Version = Literal["rwsem_flat", "rwsem", "refcount_rcu", "refcount_rcu_fixed"]
"""A version of the walk, oldest first: the names of actors/shrink_slab."""
