"""The walks in a kernel with CONFIG_SHRINKER_DEBUG: the same, and a directory for each shrinker.

Not among ``VERSIONS``: what debugfs adds to registering and freeing costs deliveries, and a
scenario about something else has no use for them.
"""

from __future__ import annotations

from slabrace.actors.shrink_slab.refcount_rcu import RefcountRcu
from slabrace.actors.shrink_slab.refcount_rcu_fixed import RefcountRcuFixed
from slabrace.actors.shrink_slab.rwsem_flat import RwsemFlat
from slabrace.actors.shrinker_debug import RwsemShrinkerDebug, ShrinkerDebug, ShrinkerDebugFixed

__all__ = ["DebugRefcountRcu", "DebugRefcountRcuFixed", "DebugRwsemFlat"]


class DebugRwsemFlat(RwsemShrinkerDebug, RwsemFlat):
    """V6.4 to v6.6."""


class DebugRefcountRcu(ShrinkerDebug, RefcountRcu):
    """v6.7 as merged."""


class DebugRefcountRcuFixed(ShrinkerDebugFixed, RefcountRcuFixed):
    """v6.7 and its fixes, those of the debugfs files among them."""
