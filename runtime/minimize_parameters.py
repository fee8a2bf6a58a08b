"""Minimize parameters: the smallest numbers of a scenario with which a bug is still to be seen.

Fewer actors, fewer objects, shorter lists: every parameter that is a whole number is made smaller,
one after the other, as long as a run can be found that breaks the law and is no worse than the one
before (more preemptions, or as many and more deliveries). What a scenario refuses is passed over.

How such a run is found is the caller's business (``find``): ``again()`` of minimize.py follows the
turns of the run that is known; a search would do as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slabrace.runtime.minimize import Minimized
from slabrace.runtime.scenario import Scenario

__all__ = ["Smaller", "minimize_parameters"]

FEW: Final = 4
"""Values from 0 on that are tried first."""


@dataclass
class Smaller:
    """The smallest parameters that were found, and the run with them."""

    parameters: dict[str, Any]
    minimized: Minimized


def minimize_parameters(
    scenario: Scenario,
    parameters: Mapping[str, Any],
    minimized: Minimized,
    find: Callable[[Mapping[str, Any]], Minimized | None],
) -> Smaller:
    """The smallest ``parameters``, beginning with those of the run ``minimized``.

    ``find`` gives the smallest run with other parameters that breaks the same law, or None.
    """
    best = Smaller(scenario.arguments(parameters), minimized)
    helped = True
    while helped:
        helped = False
        for name, value in list(best.parameters.items()):
            for less in below(value):
                tried = {**best.parameters, name: less}
                found = attempt(find, tried)
                if found is not None and size(found) <= size(best.minimized):
                    best = Smaller(tried, found)
                    helped = True
                    break
    return best


def below(value: Any) -> Iterator[int]:
    """What is tried instead of ``value``, the least first; nothing if it is no positive number."""
    if type(value) is int and value > 0:
        halves = (value >> shift for shift in range(value.bit_length() - 1, 0, -1))
        candidates = {*range(min(FEW, value)), *halves, value - 1}
        yield from sorted(candidates)


def attempt(
    find: Callable[[Mapping[str, Any]], Minimized | None], parameters: Mapping[str, Any]
) -> Minimized | None:
    """What ``find`` finds; None if the scenario does not want these parameters."""
    try:
        return find(parameters)
    except Exception:  # noqa: BLE001  # not every script that cannot do with 0 refuses it politely
        return None


def size(minimized: Minimized) -> tuple[int, int]:
    """What makes a run worse."""
    return minimized.preemptions, minimized.deliveries
