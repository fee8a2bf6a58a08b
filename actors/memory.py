"""Memory models: SC, TSO, PSO: which lane an access of a CPU takes, and what it waits for.

    sc    one lane for all that a CPU does: program order is delivery order (cpu_memory.py as it is)
    tso   a second lane for its stores, in their order (x86 without its instructions)
    pso   a lane of stores for each location: stores to two locations are not ordered

A location is a word of an object, not the object: structures of the kernel span cache lines, and
a flag is most often published beside what it announces. Loads stay in program order in all three.
What the model gives up against LKMM is therefore what needs a load to be early (decision 0013).

What an access is, says ``ORDERS``; what is not there is fully ordered, which is never too weak:

    READ     a load, or a percpu reference: no order of its own
    ACQUIRE  a read-modify-write that returns a value, relaxed or acquire: refcount_inc_not_zero(),
             mutex_lock(). tso: locked, waits for all stores; pso: for those to its own location
    STORE    nobody waits for it: WRITE_ONCE(), refcount_set(), list_del_rcu()
    ATOMIC   a read-modify-write without a value: set_bit(), clear_bit(). tso: locked, fully
             ordered; pso: like a STORE (what an LSE atomic without a result is on arm64)
    RELEASE  a STORE that waits for all earlier stores, makes no later one wait, and nobody waits
             for it: smp_store_release(), rcu_assign_pointer(), unlocks. Also what is sent to
             machinery that publishes it so: kfree(), call_rcu(), kvfree_rcu(), xa_store()
             An unlock and a later lock of the same CPU, of whatever lock, order stores before
             the one and after the other (LKMM's po-unlock-lock-po)
    RMW      a plain ``word++`` under a lock: reads in program order, stores like a STORE
    FULL     waits for all stores before it; whatever comes later waits for it: xchg(),
             atomic_add_return(), refcount_dec_and_test(), complete(), queue_work(), waiting

Sources: Documentation/memory-barriers.txt, Documentation/atomic_t.txt,
tools/memory-model/Documentation/explanation.txt; v6.6. SPARC Architecture Manual 8, appendix K, for
TSO and PSO.

Not here: how stores wait (store_buffer.py), the verbs (cpu_weak.py).
"""

from __future__ import annotations

import enum
from typing import Any, ClassVar, Final, Literal, NamedTuple, get_args

from slabrace.actors import messages as m
from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.message import Message

__all__ = [
    "LOCKS",
    "MODELS",
    "ORDERS",
    "UNLOCKS",
    "WORDS",
    "Location",
    "Memory",
    "Model",
    "Order",
    "model",
    "word_of",
]

Memory = Literal["sc", "tso", "pso"]


class Order(enum.Enum):
    """See the head of this file."""

    READ = "read"
    ACQUIRE = "acquire"
    STORE = "store"
    ATOMIC = "atomic"
    RELEASE = "release"
    RMW = "rmw"
    FULL = "full"


class Orders(dict[type[Any], Order]):
    """Message type -> order; a type that is missing is what its base is, or FULL."""

    def __missing__(self, key: type[Message]) -> Order:
        known = [self[base] for base in key.__mro__[1:] if dict.__contains__(self, base)]
        order = known[0] if known else Order.READ if key.writes is False else Order.FULL
        self[key] = order
        return order


KINDS: Final[dict[Order, tuple[type[Message], ...]]] = {
    Order.READ: (
        m.Load, m.ReadUnit, m.FindNextBit, m.DeferredRead, m.IdrFind, m.XaLoad, m.NextChild,
        m.IsContended, m.CssTryget, m.CssGet,
    ),
    Order.ACQUIRE: (
        m.RefcountIncNotZero, m.MutexLock, m.Lock, m.DownRead, m.DownReadTrylock, m.DownWrite,
    ),
    Order.STORE: (m.Store, m.RefcountSet, m.UnlinkChild),
    Order.ATOMIC: (m.SetBit, m.ClearBit),
    Order.RELEASE: (
        m.StoreRelease, m.MutexUnlock, m.Unlock, m.UpRead, m.UpWrite, m.LinkChild, m.XaStore,
        m.Kfree, m.CallRcu, m.KvfreeCallRcu, m.CallSrcu,
    ),
    Order.RMW: (m.LruAdd,),
}  # fmt: skip
ORDERS: Final = Orders({kind: order for order, kinds in KINDS.items() for kind in kinds})

LOCKS: Final = (m.MutexLock, m.Lock, m.DownRead, m.DownReadTrylock, m.DownWrite)
UNLOCKS: Final = (m.MutexUnlock, m.Unlock, m.UpRead, m.UpWrite)

WORDS: Final[dict[type, str]] = {
    m.SetBit: "map",
    m.ClearBit: "map",
    m.FindNextBit: "map",
    m.ReadUnit: "unit",
    m.RefcountSet: "refcount",
    m.RefcountIncNotZero: "refcount",
    m.CssTryget: "refcnt",
    m.CssGet: "refcnt",
    m.LinkChild: "children",
    m.UnlinkChild: "children",
    m.NextChild: "children",
    m.XaLoad: "xa",
    m.XaStore: "xa",
    m.LruAdd: "nr_items",
}
"""The word that an access is about, where its message does not say so. The rest: all of them."""


class Location(NamedTuple):
    """``word`` of ``where``; None is all of it."""

    where: Any
    word: str | None

    def overlaps(self, other: Location) -> bool:
        """Whether accesses to both are kept in order by coherence."""
        return self.where is other.where and (
            self.word is None or other.word is None or self.word == other.word
        )


def word_of(message: Message) -> str | None:
    """The word that ``message`` is about; None is all of its addressee."""
    word = WORDS.get(type(message))
    return word if word is not None else getattr(message, "word", None)


class Model:
    """What TSO and PSO differ in."""

    name: ClassVar[str]
    waits_for_all: ClassVar[frozenset[Order]]
    """Accesses in program order that wait for every earlier store."""
    buffered: ClassVar[frozenset[Order]]
    """Accesses that go to the store buffer."""
    fifo: ClassVar[bool]
    """All stores of a CPU are delivered in the order in which it issued them."""

    def lane_of(self, location: Location) -> str:
        """The lane that a store to ``location`` takes."""
        raise NotImplementedError


class Tso(Model):
    """One lane for the stores of a CPU."""

    name = "tso"
    waits_for_all = frozenset({Order.ACQUIRE, Order.ATOMIC, Order.FULL})
    buffered = frozenset({Order.STORE, Order.RELEASE})
    fifo = True

    def lane_of(self, location: Location) -> str:
        return "stores"


class Pso(Model):
    """A lane for each location that a CPU stores to."""

    name = "pso"
    waits_for_all = frozenset({Order.FULL})
    buffered = frozenset({Order.STORE, Order.ATOMIC, Order.RELEASE})
    fifo = False

    def lane_of(self, location: Location) -> str:
        name: str = location.where.name
        return f"stores {name}.{location.word}" if location.word else f"stores {name}"


MODELS: Final[dict[str, Model | None]] = {"sc": None, "tso": Tso(), "pso": Pso()}
"""Model by name; under sc there is no store buffer."""


def model(name: str) -> Model | None:
    """The model called ``name``."""
    if name not in MODELS:
        raise UsageError(f"no memory model is called {name!r}; {nearest(name, get_args(Memory))}")
    return MODELS[name]
