"""Published: profiles that others have measured, for what a model says to stand beside them.

Facts, and how near to them something is; nothing here is read by the model.

Source: 50d09da8e119 (v6.7), the perf top of the stress script before and after the patch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

__all__ = ["LEFT_OUT", "PROFILES", "SOURCE", "Beside", "beside", "rank_correlation"]

SOURCE: Final = "commit 50d09da8e119 (v6.7)"

PROFILES: Final[Mapping[str, Mapping[str, Mapping[str, float]]]] = {
    "stress": {
        "rwsem_flat": {
            "down_read_trylock": 33.15,
            "shrink_slab": 25.38,
            "up_read": 21.75,
            "_find_next_bit": 4.45,
            "do_shrink_slab": 2.27,
            "intel_idle_irq": 1.80,
            "shrink_lruvec": 1.79,
            "xas_descend": 0.67,
            "mem_cgroup_iter": 0.41,
            "shrink_node": 0.40,
            "list_lru_count_one": 0.38,
        },
        "refcount_rcu": {
            "shrink_slab": 64.56,
            "do_shrink_slab": 12.18,
            "__rcu_read_unlock": 3.30,
            "shrink_lruvec": 2.61,
            "__rcu_read_lock": 2.49,
            "intel_idle_irq": 1.93,
            "shrink_node": 0.89,
            "mem_cgroup_iter": 0.81,
            "mem_cgroup_calculate_protection": 0.77,
            "list_lru_count_one": 0.66,
        },
    },
}
"""Scenario -> version of the walk -> symbol -> percent. Before the patch, and after it."""

LEFT_OUT: Final = (
    "intel_idle_irq: no CPU of the model is ever idle",
    "user space: only the kernel is modelled",
    "the page LRUs: they are one number, so all of their reclaim is one shrink_lruvec()",
)
"""What the model has nothing of; the profiles do."""

NOT_MODELLED: Final = frozenset({"intel_idle_irq"})


class Beside(NamedTuple):
    """One symbol: published percent, the model's, and by how much that is off.

    None where the model leaves the symbol out.
    """

    symbol: str
    published: float
    model: float | None
    error: float | None


def beside(published: Mapping[str, float], model: Mapping[str, float]) -> list[Beside]:
    """Both, symbol by symbol, in the published order."""
    found = []
    for symbol, percent in published.items():
        if symbol in NOT_MODELLED:
            found.append(Beside(symbol, percent, None, None))
        else:
            has = model.get(symbol, 0.0)
            found.append(Beside(symbol, percent, has, has - percent))
    return found


def rank_correlation(published: Mapping[str, float], model: Mapping[str, float]) -> float | None:
    """Spearman's, over the symbols that both have: 1 if they are in the same order.

    Pearson's correlation of the ranks; equal shares share their ranks. None of fewer than two, or
    where one of them makes no difference between any.
    """
    both = [symbol for symbol in published if model.get(symbol)]
    xs = ranks([published[symbol] for symbol in both])
    ys = ranks([model[symbol] for symbol in both])
    if not both:
        return None
    mean = (len(both) + 1) / 2
    covariance = sum((x - mean) * (y - mean) for x, y in zip(xs, ys, strict=True))
    spread = sum((x - mean) ** 2 for x in xs) * sum((y - mean) ** 2 for y in ys)
    return covariance / float(spread**0.5) if spread else None


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each, from 1; equal values have the mean of the ranks they take up."""
    return [
        1
        + sum(other < value for other in values)
        + (sum(other == value for other in values) - 1) / 2
        for value in values
    ]
