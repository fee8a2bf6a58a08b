"""Shape: what pytest is to see of a test that is explored.

A test takes a world, which is ours to make, and parameters with defaults, which are the scenario's
own. pytest is shown a function that takes the rest: fixtures, and whatever ``parametrize`` sets.

Loaded with pytest_plugin.py, so it imports nothing of ours.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, Final

import pytest

__all__ = ["MARK", "shaped", "takes_world", "unwrapped"]

MARK: Final = "explore"


def unwrapped(obj: Any) -> tuple[Any, list[pytest.MarkDecorator]]:
    """The test itself, and the marks that were put around it.

    pytest cannot put a mark on a `Scenario`: what it leaves in its place is the mark, with the
    scenario as its argument.
    """
    outer = []
    while isinstance(obj, pytest.MarkDecorator) and len(obj.args) == 1:
        outer.append(getattr(pytest.mark, obj.name).with_args(**obj.kwargs))
        obj = obj.args[0]
    return obj, outer


def takes_world(obj: object) -> bool:
    """Whether a test of a class or module that is marked as a whole is one of ours."""
    return inspect.isfunction(obj) and "world" in inspect.signature(obj).parameters


def shaped(test: Any, outer: list[pytest.MarkDecorator]) -> Any:
    """A function with the marks of ``test`` that takes what pytest has to fill in, no more."""
    function = getattr(test, "function", test)
    declared = inspect.signature(function).parameters
    if "world" not in declared:
        raise pytest.UsageError(
            f"{function.__qualname__} is marked explore and takes no world; expected "
            f"def {function.__name__}(world: World, *, ...)"
        )

    @functools.wraps(function)
    def shape(**_: object) -> None:
        """Never called: see pytest_pyfunc_call()."""

    for mark in reversed(outer):
        mark(shape)
    wanted = parametrized(getattr(shape, "pytestmark", []))
    shape.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            each.replace(default=each.empty)
            for each in declared.values()
            if each.name != "world" and (each.default is each.empty or each.name in wanted)
        ]
    )
    return shape


def parametrized(marks: list[pytest.Mark]) -> set[str]:
    """The parameters that ``parametrize`` sets."""
    names: set[str] = set()
    for mark in marks:
        if mark.name == "parametrize":
            given = mark.args[0] if mark.args else mark.kwargs["argnames"]
            names |= {each.strip() for each in given.split(",")} if type(given) is str else {*given}
    return names
