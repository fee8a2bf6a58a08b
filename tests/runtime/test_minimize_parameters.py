"""Numbers of a scenario become as small as the bug lets them."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.runtime.failing import fails, lost_update

from slabrace.runtime.errors import UsageError
from slabrace.runtime.minimize import Minimized, again, minimize
from slabrace.runtime.minimize_parameters import Smaller, below, minimize_parameters
from slabrace.runtime.scenario import SOMETIMES, scenario
from slabrace.runtime.world import World


@scenario(verdict=SOMETIMES)
def updates(
    world: World, *, writers: int = 3, rounds: int = 2, bystanders: int = 1, name: str = "x"
) -> None:
    """Only its signature is asked for here."""


def smallest(**parameters: Any) -> Smaller:
    def build(values: Mapping[str, Any]) -> World:
        if values["writers"] < 1:
            raise UsageError("at least 1")
        return lost_update(values["writers"], values["rounds"], values["bystanders"])()

    arguments = updates.arguments(parameters)
    known = minimize(lambda: build(arguments), fails(lambda: build(arguments)).picks)
    return minimize_parameters(
        updates, arguments, known, lambda tried: again(lambda: build(tried), known)
    )


def test_every_number_becomes_as_small_as_it_can() -> None:
    small = smallest()
    assert small.parameters == {"writers": 2, "rounds": 1, "bystanders": 0, "name": "x"}
    assert (small.minimized.preemptions, small.minimized.deliveries) == (1, 4)


def test_what_is_smallest_stays() -> None:
    small = smallest(writers=2, rounds=1, bystanders=0)
    assert small.parameters == {"writers": 2, "rounds": 1, "bystanders": 0, "name": "x"}


@pytest.mark.parametrize(
    ("value", "tried"),
    [(0, []), (1, [0]), (3, [0, 1, 2]), (20, [0, 1, 2, 3, 5, 10, 19]), (-1, []), (True, [])],
)
def test_smaller_numbers_are_tried_least_first(value: object, tried: list[int]) -> None:
    assert list(below(value)) == tried


def test_a_run_that_is_worse_is_not_taken() -> None:
    known = minimize(lost_update(), fails(lost_update()).picks)

    def worse(_: Mapping[str, Any]) -> Minimized:
        return Minimized(
            known.before, known.picks, known.described, known.outcome, known.signature,
            known.preemptions + 1, 1, known.exact, 1,
        )  # fmt: skip

    small = minimize_parameters(updates, {"writers": 3}, known, worse)
    assert small.parameters["writers"] == 3
    assert small.minimized is known
