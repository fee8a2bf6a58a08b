"""The walks: one file a version of shrink_slab(), all under the protocol of ``version.py``."""

from slabrace.actors.shrink_slab.refcount_rcu import RefcountRcu
from slabrace.actors.shrink_slab.refcount_rcu_fixed import RefcountRcuFixed
from slabrace.actors.shrink_slab.rwsem import Rwsem
from slabrace.actors.shrink_slab.rwsem_flat import RwsemFlat
from slabrace.actors.shrink_slab.rwsem_map import RwsemMap
from slabrace.actors.shrink_slab.srcu import Srcu

__all__ = ["VERSIONS", "RefcountRcu", "RefcountRcuFixed", "Rwsem", "RwsemFlat", "RwsemMap", "Srcu"]

VERSIONS = {
    version.name: version for version in (RwsemFlat, Srcu, Rwsem, RefcountRcu, RefcountRcuFixed)
}
"""Version by name, oldest first. RwsemMap is older still, and there for the bugs of its years."""
